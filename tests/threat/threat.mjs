// threat.mjs - what the tests of threats share: named cases of which each tells its own outcome, a
// record of all that motcua answered, and tokens as an attacker makes them.
import assert from "node:assert/strict";
import { createHmac, createPrivateKey, createPublicKey, sign, webcrypto } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { call, here, motcua } from "../fault/stage.mjs";


// A case is named as its threat. All of a file run, so that one failure does not hide another.
const failed = [];
let told = 0;
export async function threat(name, sentence, test) {
    const began = Date.now();
    try {
        const said = await test();
        console.log(`ok ${name}: ${sentence}${said ? ` (${said})` : ""}, ${Date.now() - began} ms`);
    } catch (error) {
        failed.push(name);
        console.log(`FAILED ${name}: ${sentence}\n${error.stack}`);
    }
    told++;
}
export function end() {
    console.log(`${told} threats, ${failed.length} failed${failed.length ? `: ${failed.join(" ")}` : ""}`);
    process.exit(failed.length ? 1 : 0);
}

// Everything that motcua answers is written down: redirects, and what must never stand in a log.
export const redirects = []; // { method, path, status, to }
export const issued = new Set();
export const keepSecret = (text) => { if (typeof text === "string" && text.length >= 12) issued.add(text); };
function note(method, url, status, location, text) {
    if (!url.startsWith(here)) return;
    const to = location ? new URL(location, here) : null;
    if (status >= 300 && status < 400 && to) redirects.push({ method, path: new URL(url).pathname, status, to });
    for (const name of ["code", "access_token", "response"]) keepSecret(to?.searchParams.get(name));
    for (const [, , value] of text.matchAll(/"(access_token|refresh_token|id_token|device_code|auth_req_id)":\s*"([^"]*)"/g)) keepSecret(value);
}
const plainFetch = globalThis.fetch;
globalThis.fetch = async (url, init = {}) => {
    const answer = await plainFetch(url, init);
    note(init.method ?? "GET", String(url), answer.status, answer.headers.get("location"), await answer.clone().text());
    return answer;
};
const plainRequest = http.request;
http.request = (options, then) => plainRequest(options, (answer) => {
    const parts = [];
    answer.on("data", (part) => parts.push(part));
    answer.on("end", () => note(options.method ?? "GET", `http://${options.host}:${options.port}${options.path}`, answer.statusCode, answer.headers.location, Buffer.concat(parts).toString()));
    then(answer);
});

export const secret = "mot-bi-mat-du-dai-cho-cac-moi-de-doa";
export function register(id, ...more) {
    const file = `${process.env.STACK}/secrets/threat`;
    writeFileSync(file, secret, { mode: 0o600 });
    motcua("client", "add", id, "--profile", "oidc", "--scopes", "openid profile email", "--secret-file", file, ...more);
    return { client_id: id, client_secret: secret };
}
export const hidden = (page, name) => page.text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1].replaceAll("&amp;", "&");
export const query = (url) => Object.fromEntries(new URL(url).searchParams);
export const isIn = async (browser) => (await browser.visit(`${here}/`)).text.includes('action="/sign-out"');
export const alive = async () => assert.equal((await call(`${here}/readyz`)).status, 200, "alive");

// motcua's own signing key: no attacker has it, and a header that is wrong must not help even its owner.
export function ownKey(kid, alg) {
    const folder = `${process.env.STACK}/keys`;
    const name = readdirSync(folder).find((file) => file.startsWith(kid));
    assert.ok(name, `no key ${kid} in ${readdirSync(folder)}`);
    return { privateKey: createPrivateKey(readFileSync(`${folder}/${name}`)), kid, alg };
}

// Tokens that nobody may take, made of a key { privateKey, kid, alg } that the verifier believes,
// and of claims and a header that it takes: the corpus of tests/forged.h as a stranger sends it.
const b64 = (text) => Buffer.from(text).toString("base64url");
const join = (head, body) => `${b64(typeof head === "string" ? head : JSON.stringify(head))}.${b64(typeof body === "string" ? body : JSON.stringify(body))}`;
const signed = (key, text) => `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
const mac = (bytes, text) => `${text}.${createHmac("sha256", bytes).update(text).digest("base64url")}`;
export const honest = (key, head, claims) => signed(key.privateKey, join({ ...head, alg: key.alg }, claims));
export async function forged(key, head, claims) {
    const right = { ...head, alg: key.alg };
    const publicKey = createPublicKey(key.privateKey);
    const pem = publicKey.export({ type: "spki", format: "pem" }), der = publicKey.export({ type: "spki", format: "der" });
    const jwk = publicKey.export({ format: "jwk" });
    const kind = publicKey.asymmetricKeyType === "rsa" ? { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" } : { name: "ECDSA", namedCurve: "P-256" };
    const made = await webcrypto.subtle.generateKey(kind, true, ["sign", "verify"]);
    const other = createPrivateKey({ key: Buffer.from(await webcrypto.subtle.exportKey("pkcs8", made.privateKey)), format: "der", type: "pkcs8" });
    const text = JSON.stringify(claims);
    const hs = join({ ...head, alg: "HS256" }, claims);
    const algorithms = [
        ["HS256 with the public PEM", mac(pem, hs)], ["HS256 with the PEM without line end", mac(pem.trimEnd(), hs)],
        ["HS256 with the public DER", mac(der, hs)], ["HS256 with the public JWK", mac(JSON.stringify(jwk), hs)],
        ["HS256 with nothing", mac("", hs)], ["HS256 with the kid", mac(key.kid ?? "", hs)],
        ["HMAC named as the key's algorithm", mac(pem, join(right, claims))],
        ...["none", "None", "NONE", "nOnE"].flatMap((alg) => [[alg, `${join({ ...head, alg }, claims)}.`], [`${alg}, signed`, signed(key.privateKey, join({ ...head, alg }, claims))]]),
        ["no signature", `${join(right, claims)}.`], ["two parts", join(right, claims)], ["any bytes as signature", `${join(right, claims)}.${b64("x".repeat(64))}`],
        ["another's signature", signed(other, join(right, claims))], ["no alg", signed(key.privateKey, join(head, claims))],
        ...[null, "", 256, ["ES256", "RS256"], "ES384", "ES256K", "dir"].map((alg) => [`alg ${JSON.stringify(alg)}`, signed(key.privateKey, join({ ...head, alg }, claims))]),
        ["claims changed", `${honest(key, head, claims).split(".")[0]}.${b64(JSON.stringify({ ...claims, z: 1 }))}.${honest(key, head, claims).split(".")[2]}`],
    ];
    const raw = (headText, bodyText) => signed(key.privateKey, join(headText, bodyText));
    const rightText = JSON.stringify(right);
    const more = (member) => rightText.replace(/}$/, `,${member}}`);
    const headers = [
        ...['"crit":["exp"]', '"crit":[]', '"crit":null', '"zip":"DEF"', '"b64":false', '"b64":false,"crit":["b64"]', '"cty":"JWT"', '"alg":"none"', '"typ":"x"']
            .map((member) => [member, raw(more(member), text)]),
        ...[["jku", `${here}/nothing`], ["x5u", "file:///etc/passwd"], ["x5c", ["MIIB"]]].map(([name, value]) => [`${name} and another's key`, signed(other, join({ ...right, [name]: value }, claims))]),
        ["a claim twice", raw(rightText, text.replace(/^{/, '{"z":1,"z":2,'))], ["claims broken", raw(rightText, text.replace(/^{/, "{,"))],
        ["claims with NUL", raw(rightText, text.replace(/^{/, '{"z":"\\u0000",'))], ["claims a list", raw(rightText, "[]")],
        ["over 8 KiB", raw(rightText, text.replace(/^{/, `{"z":"${"1".repeat(9000)}",`))], ["deep claims", raw(rightText, text.replace(/^{/, `{"z":${"[".repeat(600)}${"]".repeat(600)},`))],
        ["padded", `${honest(key, head, claims)}=`], ["a space before", ` ${honest(key, head, claims)}`], ["a fourth part", `${honest(key, head, claims)}.AAAA`], ["dots", ".."],
    ];
    if (head.kid !== undefined) {
        headers.push(["jwk and another's key", signed(other, join({ ...right, jwk }, claims))], ["kid twice", raw(more('"kid":"x"'), text)]);
        for (const kid of ["../../../../dev/null", "x' UNION SELECT 'AAAA", "x|/bin/id", "", 0, [], "a\u0000b"])
            headers.push([`kid ${JSON.stringify(kid)}`, signed(key.privateKey, join({ ...right, kid }, claims))]);
        headers.push(["kid of a file of zeros", mac("", join({ ...right, alg: "HS256", kid: "/dev/null" }, claims))]);
    }
    return { algorithms, headers };
}
