// Threats to codes, tokens and the clients that ask for them: T2, T3, T8 to T11, T14, T15, T17, T23,
// T26 and T31. The stack lets codes live for ten seconds (CMakeLists.txt).
import { end, forged, honest, isIn, issued, keepSecret, ownKey, query, redirects, register, threat } from "./threat.mjs";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { Browser, call, here, log, secret, sleep, until } from "../fault/stage.mjs";
import * as m from "../flow/machine.mjs";
import * as f from "../flow/pushing.mjs";

const p = await f.portal("threat-fapi", ["--grants", "authorization_code refresh_token"]);
const other = await f.portal("threat-other", ["--grants", "authorization_code refresh_token"]);
const me = register("threat-rp", "--redirect", m.callback, "--grants", "authorization_code refresh_token");
const he = register("threat-he", "--redirect", m.callback, "--grants", "authorization_code refresh_token");
await f.settled();
const browser = await new Browser().signIn();
const key = await m.keyPair(), stranger = await m.keyPair();
const proven = async (path, by = key, access) => [["DPoP", await m.proof(by, path === "/userinfo" ? "GET" : "POST", here + path, access)]];
const opens = async (access) => (await m.raw("GET", "/userinfo", [["Authorization", `Bearer ${access}`]])).status;
const outcome = (answer) => [answer.status, answer.json?.error];
const ask = { client_id: me.client_id };
const good = (answer, what) => { assert.equal(answer.status, 200, `${what}: ${answer.text}`); return answer.json; };

await threat("t02_code_injection_and_replay", "a code is its client's, its address's, its verifier's, its key's, once and briefly", async () => {
    for (const [what, more] of [["another client", he], ["another address", { redirect_uri: `${m.callback}/` }], ["no address", { redirect_uri: "" }], ["another verifier", { code_verifier: "x".repeat(43) }], ["no verifier", { code_verifier: "" }]])
        assert.equal((await m.redeem(await m.code(browser, ask), { ...me, ...more })).status, 400, what);
    const bound = query((await browser.visit(f.door(p, await f.pushed(p, f.ask(p, { dpop_jkt: key.jkt }))))).next).code;
    assert.equal((await f.redeem(p, bound, stranger)).status, 400, "another key");
    const old = await m.code(browser, ask), fresh = await m.code(browser, ask);
    const won = good(await m.redeem(fresh, me), "the code itself");
    assert.equal(await opens(won.access_token), 200);
    assert.deepEqual(outcome(await m.redeem(fresh, me)), [400, "invalid_grant"], "again");
    assert.equal(await opens(won.access_token), 401, "what the first use gave is taken back");
    assert.deepEqual(outcome(await m.token({ ...me, grant_type: "refresh_token", refresh_token: won.refresh_token })), [400, "invalid_grant"]);
    await sleep(10500);
    assert.deepEqual(outcome(await m.redeem(old, me)), [400, "invalid_grant"], "too old");
});

await threat("t03_pkce_downgrade", "no challenge, no verifier; never plain; the strict profile always", async () => {
    const bare = { client_id: me.client_id, code_challenge: "", code_challenge_method: "" };
    good(await m.redeem(await m.code(browser, bare), { ...me, code_verifier: "" }), "without either, for a confidential client");
    assert.deepEqual(outcome(await m.redeem(await m.code(browser, bare), me)), [400, "invalid_grant"], "the challenge was stripped");
    const plain = await browser.visit(`${here}/authorize?${new URLSearchParams({ client_id: me.client_id, redirect_uri: m.callback, response_type: "code", scope: "openid", state: "s", nonce: "n", code_challenge: m.verifier, code_challenge_method: "plain" })}`);
    assert.equal(query(plain.next).error, "invalid_request", plain.next);
    for (const more of [{ code_challenge: "", code_challenge_method: "" }, { code_challenge_method: "plain" }])
        assert.deepEqual(outcome(await f.push(p, f.ask(p, more))), [400, "invalid_request"]);
    assert.equal((await f.push(p, f.ask(p))).status, 201);
});

// A second process with the same stores, as a second server behind the same proxy.
async function second() {
    const port = await new Promise((done) => { const s = createServer().listen(0, "127.0.0.1", () => { const { port: free } = s.address(); s.close(() => done(free)); }); });
    const to = openSync(`${process.env.STACK}/motcua2.log`, "a");
    const child = spawn(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${process.env.STACK}/motcua.conf`, "serve"],
        { stdio: ["ignore", to, to], env: { ...process.env, MOTCUA_HTTP_LISTEN: `127.0.0.1:${port}` } });
    assert.ok(await until(async () => (await call(`http://127.0.0.1:${port}/readyz`)).status === 200, 15000), "a second process");
    return { url: `http://127.0.0.1:${port}`, stop: () => new Promise((done) => { child.once("exit", done); child.kill("SIGTERM"); }) };
}
const granted = { grant_type: "refresh_token", refresh_token: "none" }; // a client that is believed: invalid_grant
await threat("t08_client_assertion_replay", "an assertion counts once, at every process, and for five minutes at most", async () => {
    const one = await f.assertion(p);
    assert.equal((await m.token({ ...granted, ...one }, await proven("/token"))).json.error, "invalid_grant", "believed once");
    assert.deepEqual(outcome(await m.token({ ...granted, ...one }, await proven("/token"))), [401, "invalid_client"], "again");
    assert.deepEqual(outcome(await m.post("/par", { ...f.ask(p), ...one })), [401, "invalid_client"], "at another endpoint");
    for (const more of [{ exp: m.now() + 3600 }, { exp: m.now() - 120, iat: m.now() - 180 }, { exp: undefined }, { jti: undefined }])
        assert.deepEqual(outcome(await m.token({ ...granted, ...(await f.assertion(p, more)) }, await proven("/token"))), [401, "invalid_client"], JSON.stringify(more));
    if (process.env.MOTCUA_KV_ENGINE !== "redis") return "one process: the stores are its own";
    const twin = await second();
    try {
        const send = async (fields) => JSON.parse((await call(`${twin.url}/token`, { method: "POST", body: new URLSearchParams(fields), headers: { DPoP: await m.proof(key, "POST", `${here}/token`) } })).text).error;
        assert.equal(await send({ ...granted, ...(await f.assertion(p)) }), "invalid_grant", "the second process believes a new one");
        assert.equal(await send({ ...granted, ...one }), "invalid_client", "and not the one that the first has seen");
    } finally { await twin.stop(); }
    return "two processes";
});

await threat("t09_audience_injection", "the audience is the issuer, as a text", async () => {
    for (const aud of [[here], [here, "https://evil.example"], `${here}/token`, `${here}/par`, `${here}/`, "https://evil.example", "", undefined])
        assert.deepEqual(outcome(await m.token({ ...granted, ...(await f.assertion(p, { aud })) }, await proven("/token"))), [401, "invalid_client"], JSON.stringify(aud));
    assert.equal((await m.token({ ...granted, ...(await f.assertion(p, { aud: here })) }, await proven("/token"))).json.error, "invalid_grant");
});

// A token that is bound to `key`, for the next ones.
const bound = good(await f.redeem(p, query((await browser.visit(f.door(p, await f.pushed(p, f.ask(p))))).next).code, key), "a bound token");
const at = (access, proof) => m.raw("GET", "/userinfo", [["Authorization", `DPoP ${access}`], ["DPoP", proof]]);
const proofOf = (options) => m.proof(key, "GET", `${here}/userinfo`, bound.access_token, options);
await threat("t10_dpop_replay_and_pre_generation", "of thirty-two uses of a proof one passes, and a proof is of this minute", async () => {
    const one = await proofOf();
    const all = await Promise.all(Array.from({ length: 32 }, () => at(bound.access_token, one)));
    assert.equal(all.filter((answer) => answer.status === 200).length, 1);
    for (const [iat, status] of [[-90, 401], [-30, 200], [5, 200], [60, 401], [3600, 401]])
        assert.equal((await at(bound.access_token, await proofOf({ claims: { iat: m.now() + iat } }))).status, status, `iat ${iat}`);
    for (const claims of [{ ath: m.hash("x") }, { htm: "POST" }, { htu: `${here}/token` }, { jti: undefined }])
        assert.equal((await at(bound.access_token, await proofOf({ claims }))).status, 401, JSON.stringify(claims));
});

await threat("t11_dpop_downgrade", "a bound token is no bearer's token, and who asks is told of the binding", async () => {
    assert.equal((await at(bound.access_token, await proofOf())).status, 200);
    assert.equal(await opens(bound.access_token), 401, "as a bearer token");
    assert.equal((await m.raw("GET", "/userinfo", [["Authorization", `Bearer ${bound.access_token}`], ["DPoP", await proofOf()]])).status, 401, "with a proof beside it");
    assert.equal((await m.post("/userinfo", { access_token: bound.access_token })).status, 401, "in a form");
    assert.equal((await m.raw("GET", "/userinfo", [["Authorization", `DPoP ${bound.access_token}`]])).status, 401, "without a proof");
    assert.equal((await at(bound.access_token, await m.proof(stranger, "GET", `${here}/userinfo`, bound.access_token))).status, 401, "another's proof");
    const free = query((await browser.visit(f.door(p, await f.pushed(p, f.ask(p))))).next).code;
    assert.equal((await f.redeem(p, free, null)).status, 400, "this profile gets none without a proof");
    assert.deepEqual((await m.post("/introspect", { token: bound.access_token, ...(await f.assertion(p)) })).json?.cnf, { jkt: key.jkt });
});

// The doors through which a JWT comes in: what a good one is answered, and all others must not be.
const plain = good(await m.redeem(await m.code(browser, ask), me), "a bearer's token");
const system = good(await m.token({ ...m.onestop, grant_type: "client_credentials", scope: "payments:read" }), "a system's token");
const parts = (jwt) => jwt.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
const portalKey = { privateKey: (await import("node:crypto")).KeyObject.from(p.key.privateKey), kid: p.kid, alg: "ES256" };
const proofKey = { privateKey: (await import("node:crypto")).KeyObject.from(key.privateKey), alg: "ES256" };
const ownToken = (jwt) => { const [{ alg, ...head }, claims] = parts(jwt); return { key: ownKey(head.kid, alg), head, claims: () => claims }; };
const silent = { client_id: me.client_id, redirect_uri: m.callback, response_type: "code", scope: "openid", state: "s", nonce: "n", prompt: "none" };
const bearer = async (path, jwt) => (await m.raw("GET", path, [["Authorization", `Bearer ${jwt}`]])).status;
const doors = {
    client_assertion: { key: portalKey, head: { kid: p.kid, typ: "JWT" }, good: "invalid_grant",
        claims: () => ({ iss: p.id, sub: p.id, aud: here, jti: randomUUID(), iat: m.now(), exp: m.now() + 60 }),
        send: async (jwt) => (await m.token({ ...granted, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion: jwt }, await proven("/token"))).json.error },
    dpop: { key: proofKey, head: { typ: "dpop+jwt", jwk: key.jwk }, good: 200,
        claims: () => ({ jti: randomUUID(), htm: "GET", htu: `${here}/userinfo`, iat: m.now(), ath: m.hash(bound.access_token) }),
        send: async (jwt) => (await at(bound.access_token, jwt)).status },
    request_object: { key: portalKey, head: { kid: p.kid }, good: 201,
        claims: () => ({ iss: p.id, aud: here, nbf: m.now() - 5, exp: m.now() + 300, ...f.ask(p) }),
        send: async (jwt) => (await f.push(p, { client_id: p.id, request: jwt })).status },
    id_token_hint: { ...ownToken(plain.id_token), good: true,
        send: async (jwt) => { const { next } = await browser.visit(`${here}/authorize?${new URLSearchParams({ ...silent, id_token_hint: jwt })}`); return Boolean(next && query(next).code); } },
    access_token_at_userinfo: { ...ownToken(plain.access_token), good: 200, send: (jwt) => bearer("/userinfo", jwt) },
    access_token_at_payments: { ...ownToken(system.access_token), good: 404, send: (jwt) => bearer("/v1/payments/none", jwt) },
};
async function corpus(part) {
    let tried = 0;
    for (const [door, d] of Object.entries(doors)) {
        assert.equal(await d.send(honest(d.key, d.head, d.claims())), d.good, `${door}: the good token`);
        const rows = (await forged(d.key, d.head, d.claims()))[part];
        for (const [name, token] of rows) {
            // An empty or absent hint or proof is another request; sent as an HTTP header, a space
            // before a value is none of the value.
            if (name === "a space before" && /^(dpop|access)/.test(door)) continue;
            // An ID token and an access token are known by their whole text: nobody else makes them.
            const said = await d.send(token);
            assert.notEqual(said, d.good, `${door}: ${name} is taken`);
            assert.ok(typeof said !== "number" || (said >= 400 && said < 500), `${door}: ${name}: ${said}`);
            tried++;
        }
        assert.equal(await d.send(honest(d.key, d.head, d.claims())), d.good, `${door}: the good token afterwards`);
    }
    return `${tried} tokens at ${Object.keys(doors).length} doors`;
}
await threat("t14_algorithm_confusion", "no door lets a token choose how it is verified", () => corpus("algorithms"));
await threat("t15_header_and_json_tricks", "no header, no spelling and no depth changes what a token means", () => corpus("headers"));

await threat("t17_refresh_theft_and_race", "a refresh token is its client's and its key's, and sixteen at once all work", async () => {
    const refresh = (who, more = {}, lines = []) => m.token({ ...who, grant_type: "refresh_token", refresh_token: plain.refresh_token, ...more }, lines);
    assert.deepEqual(outcome(await refresh(he)), [400, "invalid_grant"], "another client");
    assert.deepEqual(outcome(await refresh({ client_id: me.client_id })), [401, "invalid_client"], "nobody");
    const own = { ...(await f.assertion(p)), refresh_token: bound.refresh_token };
    assert.deepEqual(outcome(await refresh({}, own, await proven("/token", stranger))), [400, "invalid_grant"], "another key");
    good(await refresh({}, { ...own, ...(await f.assertion(p)) }, await proven("/token")), "its own key");
    assert.deepEqual(outcome(await refresh({}, { ...(await f.assertion(other)), refresh_token: bound.refresh_token }, await proven("/token"))), [400, "invalid_grant"], "another client with the stolen key");
    const many = await Promise.all(Array.from({ length: 16 }, () => refresh(me)));
    for (const answer of many) assert.equal(answer.json.refresh_token, plain.refresh_token, answer.text);
});

await threat("t23_loose_decoding", "one value has one spelling", async () => {
    const basic = (text) => ["Authorization", `Basic ${text}`];
    const sent = async (lines, fields = {}) => (await m.token({ ...granted, ...fields }, lines)).status;
    const name = Buffer.from(`${me.client_id}:${me.client_secret}`).toString("base64");
    assert.equal(await sent([basic(name)]), 400, "good: believed, and the grant is none");
    const bare = name.replace(/=+$/, "");
    for (const [what, text] of [["a blank inside", `${name.slice(0, 8)} ${name.slice(8)}`], ["padding too much", `${bare}====`], ["a star", `${name}*`], ["of the URL's alphabet", Buffer.from(`${me.client_id}:\xfb\xff\xbf`, "latin1").toString("base64url")],
        ["NUL in it", Buffer.from(`${me.client_id}\0:${me.client_secret}`).toString("base64")], ["escaped NUL", Buffer.from(`${me.client_id}%00:${me.client_secret}`).toString("base64")],
        ["no colon", Buffer.from(me.client_id).toString("base64")], ["not UTF-8", Buffer.from(`${me.client_id}:\xff`, "latin1").toString("base64")]])
        assert.ok([400, 401].includes(await sent([basic(text)])) && (await m.token(granted, [basic(text)])).json.error !== "invalid_grant", what);
    // The last character of a signature of 64 bytes holds four bits that count for nothing.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const jwt of [plain.access_token, system.access_token]) {
        const path = jwt === plain.access_token ? "/userinfo" : "/v1/payments/none";
        const last = alphabet.indexOf(jwt.at(-1));
        assert.notEqual(await bearer(path, jwt), 401);
        for (const bits of [1, 2, 3]) assert.equal(await bearer(path, jwt.slice(0, -1) + alphabet[last ^ bits]), 401, `${path} ${bits}`);
        for (const more of ["=", "==", ".", "%00"]) assert.equal(await bearer(path, jwt + more), 401, more);
        assert.equal(await bearer(path, Buffer.from(jwt.split(".")[0], "base64url").toString("base64") + jwt.slice(jwt.indexOf("."))) === 401 || !/[-_]/.test(jwt.split(".")[0]), true);
    }
    const FORM = ["Content-Type", "application/x-www-form-urlencoded"];
    const start = `grant_type=refresh_token&client_id=${me.client_id}&client_secret=${me.client_secret}&refresh_token=`;
    good(await m.raw("POST", "/token", [FORM], start + plain.refresh_token), "a form");
    for (const tail of ["%00", "%", "%4", "%zz", "%ff", "%c0%af", "%20", "+"])
        assert.equal((await m.raw("POST", "/token", [FORM], start + plain.refresh_token + tail)).status, 400, tail);
});

await threat("t31_token_in_query_and_cors", "an address opens nothing, and scripts of others do not read authorizations", async () => {
    assert.equal(await opens(plain.access_token), 200);
    assert.equal((await m.raw("GET", `/userinfo?access_token=${plain.access_token}`)).status, 401);
    assert.equal((await m.raw("GET", `/v1/payments/none?access_token=${system.access_token}`)).status, 401);
    const origin = [["Origin", "https://evil.example"]];
    assert.equal((await m.raw("GET", "/jwks", origin)).headers["access-control-allow-origin"], "*");
    for (const path of [`/authorize?${new URLSearchParams(silent)}`, "/login", "/logout", "/", "/par", "/v1/payments/none", "/me/sessions", "/staff/sign-in"])
        for (const method of ["GET", "OPTIONS"])
            assert.equal((await m.raw(method, path, origin)).headers["access-control-allow-origin"], undefined, `${method} ${path}`);
});

// The last of the file: it looks at what all the others left behind.
await threat("t26_leaks_by_log_and_referer", "no log holds what opens a door or who came, and no page tells where it was reached", async () => {
    for (const path of ["/", "/login", "/authorize", "/logout", "/errors/invalid", "/nothing", "/staff/sign-in"])
        assert.equal((await m.raw("GET", path)).headers["referrer-policy"], "same-origin", `${path}: nothing to others`);
    for (const text of [m.verifier, me.client_secret, m.portal.client_secret, secret("demo_onestop")]) keepSecret(text);
    for (const pair of [...browser.jar.get(new URL(here).host)].filter(([name]) => name !== "motcua_lang")) keepSecret(pair[1]);
    assert.ok(issued.size > 60, `${issued.size} values`);
    const logs = readdirSync(process.env.STACK).filter((name) => name.startsWith("motcua") && name.endsWith(".log")).map((name) => readFileSync(`${process.env.STACK}/${name}`, "utf8")).join("\n");
    assert.ok(logs.includes('"event":"request"') && log().length > 10000, "there is a log");
    for (const text of [...issued, "001087123456", "Nguyễn Văn Thử"]) assert.ok(!logs.includes(text), `a log holds ${text.slice(0, 12)}... of ${text.length} letters`);
    assert.ok(await isIn(browser) && redirects.length > 20);
    return `${issued.size} values in ${logs.length} bytes`;
});
end();
