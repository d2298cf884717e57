// Proofs of possession at every endpoint that takes tokens or makes them: each case of the module
// dpop-negative-tests against userinfo and the fee interface, and what must pass.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Browser, here } from "../fault/stage.mjs";
import * as m from "./machine.mjs";

const key = await m.keyPair();
const other = await m.keyPair();
const browser = await new Browser().signIn();

// A client that brings a proof gets tokens bound to its key.
const made = await m.redeem(await m.code(browser), {}, [["DPoP", await m.proof(key, "POST", `${here}/token`)]]);
assert.equal(made.status, 200, made.text);
assert.equal(made.json.token_type, "DPoP");
assert.equal(made.headers["cache-control"], "no-store");
assert.match(made.headers["content-type"], /^application\/json/);
const claims = JSON.parse(Buffer.from(made.json.access_token.split(".")[1], "base64url"));
assert.deepEqual(claims.cnf, { jkt: key.jkt });
assert.ok(claims.exp - claims.iat <= 900);
const system = await m.token({ ...m.onestop, grant_type: "client_credentials" }, [["DPoP", await m.proof(key, "POST", `${here}/token`)]]);
assert.equal(system.json.token_type, "DPoP", system.text);

for (const [name, method, path, access, good] of [
    ["userinfo", "GET", "/userinfo", made.json.access_token, 200],
    ["userinfo", "POST", "/userinfo", made.json.access_token, 200],
    ["fees", "GET", "/v1/payments/none", system.json.access_token, 404],
]) {
    const url = here + path;
    const send = (lines) => m.raw(method, path, lines);
    const scheme = (word = "DPoP") => ["Authorization", `${word} ${access}`];
    const prove = (options) => m.proof(key, method, url, access, options);
    const refused = async (what, lines, error = "invalid_dpop_proof") => {
        const answer = await send(lines);
        assert.ok([400, 401].includes(answer.status), `${name} ${what}: ${answer.status} ${answer.text}`);
        assert.match(answer.headers["www-authenticate"], new RegExp(`error="${error}"`), `${name} ${what}`);
        assert.match(answer.headers["www-authenticate"], /DPoP .*algs="ES256 PS256 EdDSA"/, `${name} ${what}`);
    };
    const passes = async (what, lines) => {
        const answer = await send(lines);
        assert.equal(answer.status, good, `${name} ${what}: ${answer.text} ${answer.headers["www-authenticate"]}`);
        assert.ok(answer.headers.date, "Date");
    };

    await passes("a good proof", [scheme(), ["DPoP", await prove()]]);
    await refused("two headers", [scheme(), ["DPoP", await prove()], ["DPoP", await prove()]]);
    await refused("not a JWT", [scheme(), ["DPoP", "x"]]);
    for (const member of ["jti", "htm", "htu", "iat", "ath"])
        await refused(`no ${member}`, [scheme(), ["DPoP", await prove({ claims: { [member]: undefined } })]]);
    const head = { typ: "dpop+jwt", alg: "ES256", jwk: key.jwk };
    for (const member of ["typ", "alg", "jwk"])
        await refused(`no ${member}`, [scheme(), ["DPoP", await m.bareProof(key, method, url, access, { ...head, [member]: undefined })]]);
    await refused("another typ", [scheme(), ["DPoP", await m.bareProof(key, method, url, access, { ...head, typ: "JWT" })]]);
    const rsa = await m.keyPair("RS256");
    await refused("alg RS256", [scheme(), ["DPoP", await m.proof(rsa, method, url, access)]]);
    const text = (await m.bareProof(key, method, url, access, { ...head, alg: "none" })).split(".");
    await refused("alg none", [scheme(), ["DPoP", `${text[0]}.${text[1]}.`]]);
    await refused("alg none, signed", [scheme(), ["DPoP", text.join(".")]]);
    await refused("a bad signature", [scheme(), ["DPoP", await prove({ by: other.privateKey })]]);
    await refused("a private key", [scheme(), ["DPoP", await m.bareProof(key, method, url, access, { ...head, jwk: key.secretJwk })]]);
    await refused("another htm", [scheme(), ["DPoP", await prove({ claims: { htm: "PUT" } })]]);
    await refused("another htu", [scheme(), ["DPoP", await prove({ claims: { htu: `${here}/token` } })]]);
    await refused("another host", [scheme(), ["DPoP", await prove({ claims: { htu: `https://evil.example${path}` } })]]);
    for (const off of [-3600, 3600])
        await refused(`iat ${off}`, [scheme(), ["DPoP", await prove({ claims: { iat: m.now() + off } })]]);
    await refused("iat in milliseconds", [scheme(), ["DPoP", await prove({ claims: { iat: Date.now() } })]]);
    await refused("exp over", [scheme(), ["DPoP", await prove({ claims: { exp: m.now() - 60 } })]]);
    await refused("nbf to come", [scheme(), ["DPoP", await prove({ claims: { nbf: m.now() + 60 } })]]);
    await refused("another ath", [scheme(), ["DPoP", await prove({ claims: { ath: m.hash("x") } })]]);
    await refused("another key", [scheme(), ["DPoP", await m.proof(other, method, url, access)]]);
    await refused("no proof", [scheme()]);
    await refused("bearer without proof", [scheme("Bearer")], "invalid_token");
    await refused("bearer with proof", [scheme("Bearer"), ["DPoP", await prove()]], "invalid_token");

    for (const word of ["dpop", "DPOP", "Dpop"]) await passes(word, [scheme(word), ["DPoP", await prove()]]);
    for (const htu of [`${url}?a=b`, `${url}#part`, url.replace("http:", "HTTP:")])
        await passes(htu, [scheme(), ["DPoP", await prove({ claims: { htu } })]]);
    await passes("more claims", [scheme(), ["DPoP", await prove({ claims: { more: { of: "this" }, exp: m.now() + 300, nbf: m.now() } })]]);
    for (const line of ["DPOP", "dpop", "dPoP"]) await passes(line, [scheme(), [line, await prove()]]);
    for (const off of [-10, 10]) await passes(`iat ${off}`, [scheme(), ["DPoP", await prove({ claims: { iat: m.now() + off } })]]);

    // Once, also when thirty-two come at the same moment.
    const jti = randomUUID();
    await passes("the first use", [scheme(), ["DPoP", await prove({ claims: { jti } })]]);
    await refused("the second use", [scheme(), ["DPoP", await prove({ claims: { jti } })]]);
    const same = await prove();
    const answers = await Promise.all(Array.from({ length: 32 }, () => send([scheme(), ["DPoP", same]])));
    assert.equal(answers.filter((answer) => answer.status === good).length, 1, `${name}: one of thirty-two`);
    await passes("still a good proof", [scheme(), ["DPoP", await prove()]]);
}

// The token endpoint: a proof that fails is a standard error, and the code is not lost.
const code = await m.code(browser);
for (const [what, lines] of [
    ["another address", [["DPoP", await m.proof(key, "POST", `${here}/userinfo`)]]],
    ["two headers", [["DPoP", await m.proof(key, "POST", `${here}/token`)], ["DPoP", await m.proof(key, "POST", `${here}/token`)]]],
    ["too old", [["DPoP", await m.proof(key, "POST", `${here}/token`, null, { claims: { iat: m.now() - 120 } })]]],
]) {
    const answer = await m.redeem(code, {}, lines);
    assert.equal(answer.status, 400, `${what}: ${answer.text}`);
    assert.equal(answer.json.error, "invalid_dpop_proof");
    assert.match(answer.json.error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
}
assert.equal((await m.redeem(code, {}, [["DPoP", await m.proof(key, "POST", `${here}/token`)]])).status, 200);

// A token in the query opens nothing, in either scheme; a form's token is a bearer's.
const plain = (await m.redeem(await m.code(browser))).json.access_token;
assert.equal((await m.raw("GET", `/userinfo?access_token=${plain}`)).status, 401);
assert.equal((await m.post("/userinfo", { access_token: plain })).status, 200);
assert.equal((await m.post("/userinfo", { access_token: made.json.access_token })).status, 401);
assert.equal((await m.post("/userinfo", { access_token: plain }, [["Authorization", `Bearer ${plain}`]])).status, 400);
assert.equal((await m.raw("POST", "/userinfo", [["Authorization", `Bearer ${plain}`], ["Content-Type", "application/json"]], "{}")).status, 200);
assert.equal((await m.raw("POST", "/userinfo", [["Authorization", `Bearer ${plain}`], ["Content-Type", "application/json"]])).status, 200);

// Scripts of other origins: asked before, let in where tokens are made and used, nowhere else.
const preflight = [["Origin", "https://app.example"], ["Access-Control-Request-Method", "POST"], ["Access-Control-Request-Headers", "authorization,dpop"]];
for (const path of ["/token", "/userinfo", "/revoke", "/jwks", "/.well-known/openid-configuration"]) {
    const answer = await m.raw("OPTIONS", path, preflight);
    assert.equal(answer.status, 204, path);
    assert.equal(answer.headers["access-control-allow-origin"], "*");
    assert.match(answer.headers["access-control-allow-headers"], /authorization.*dpop/);
    assert.match(answer.headers["access-control-allow-methods"], /POST/);
}
for (const [method, path] of [["GET", "/userinfo"], ["POST", "/token"], ["POST", "/revoke"]]) {
    const answer = await m.raw(method, path, [["Origin", "https://app.example"]]);
    assert.equal(answer.headers["access-control-allow-origin"], "*", `${path}: errors are read too`);
    assert.match(answer.headers["access-control-expose-headers"], /DPoP-Nonce/);
}
for (const path of ["/authorize", "/introspect", "/logout", "/v1/payments"]) {
    const answer = await m.raw("OPTIONS", path, preflight);
    assert.equal(answer.status, 405, path);
    assert.equal(answer.headers["access-control-allow-origin"], undefined, path);
}
console.log("dpop: every case at userinfo and at the fee interface, once of thirty-two, CORS");
