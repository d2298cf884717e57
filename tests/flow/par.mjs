// Pushed authorization requests (RFC 9126; FAPI 2.0): what is pushed is what counts, once, for the
// client that pushed it; everything that is wrong is told there and then.
import assert from "node:assert/strict";
import { Browser, call, form, here, motcua, sleep } from "../fault/stage.mjs";
import * as m from "./machine.mjs";
import { ask, assertion, door, portal, push, pushed, query, redeem, settled } from "./pushing.mjs";

const p = await portal("par-portal");
const other = await portal("par-other");
motcua("client", "add", "par-short", "--profile", "oidc", "--name-vi", "Cổng", "--redirect", "https://par-short.example.vn/cb", "--public");
await settled();
const citizen = await new Browser().signIn();
const errorPage = async (browser, url, status, what) => {
    const answer = await browser.visit(url);
    assert.equal(answer.status, status, `${what}: ${answer.next}`);
    assert.equal(answer.next, null, what);
    assert.match(answer.text, /par-(portal|other)\.example\.vn|href="\/"/, `${what}: a way on`);
    return answer;
};

// The endpoint: 201, a reference that cannot be guessed, short; POST alone.
const first = await push(p, ask(p));
assert.equal(first.status, 201, first.text);
assert.match(first.headers["content-type"], /^application\/json/);
assert.match(first.headers["cache-control"], /no-store/);
assert.ok(Number.isInteger(first.json.expires_in) && first.json.expires_in > 0 && first.json.expires_in < 600);
assert.match(first.json.request_uri, /^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}$/);
for (const method of ["GET", "PUT", "DELETE"]) {
    const answer = await m.raw(method, "/par");
    assert.equal(answer.status, 405, method);
}
const discovery = JSON.parse((await call(`${here}/.well-known/openid-configuration`)).text);
assert.equal(discovery.pushed_authorization_request_endpoint, `${here}/par`);

// What could not be authorized is refused here.
const refused = async (what, fields, error, status = 400) => {
    const answer = await push(p, fields);
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
    assert.equal(answer.json.error, error, what);
};
const without = (name) => { const fields = ask(p); delete fields[name]; return fields; };
await refused("a reference", ask(p, { request_uri: first.json.request_uri }), "invalid_request");
await refused("no redirect_uri", without("redirect_uri"), "invalid_request");
await refused("another redirect_uri", ask(p, { redirect_uri: `${p.callback}/` }), "invalid_request");
await refused("no PKCE", { ...without("code_challenge"), code_challenge_method: "" }, "invalid_request");
await refused("plain PKCE", ask(p, { code_challenge_method: "plain" }), "invalid_request");
await refused("token", ask(p, { response_type: "token" }), "unsupported_response_type");
await refused("hybrid", ask(p, { response_type: "code id_token" }), "unsupported_response_type");
await refused("no openid", ask(p, { scope: "profile" }), "invalid_scope");
await refused("an unregistered resource", ask(p, { resource: "https://api.example.vn" }), "invalid_target");
for (const [what, more] of [["array", { aud: [here] }], ["this endpoint", { aud: `${here}/par` }], ["too old", { exp: m.now() - 300, iat: m.now() - 400 }]]) {
    const answer = await m.post("/par", { ...ask(p), ...(await assertion(p, more)) });
    assert.equal(answer.status, 401, `${what}: ${answer.text}`);
    assert.equal(answer.json.error, "invalid_client", what);
}
assert.equal((await m.post("/par", ask(p))).status, 401, "nobody");
const twice = await m.raw("POST", "/par", [["Content-Type", "application/x-www-form-urlencoded"]], `${new URLSearchParams({ ...ask(p), ...(await assertion(p)) })}&scope=openid`);
assert.equal(twice.status, 400, "a parameter that is sent twice");

// A client of this profile comes in no other way.
const direct = await citizen.visit(`${here}/authorize?${new URLSearchParams(ask(p))}`);
assert.equal(query(direct.next).error, "invalid_request");
assert.equal(query(direct.next).iss, here);

// Loading the page uses nothing up; what stands outside counts for nothing; a code does.
const uri = await pushed(p, ask(p));
const stranger = new Browser();
assert.match((await stranger.visit(door(p, uri))).next, /\/login\?id=/);
assert.match((await stranger.visit(door(p, uri))).next, /\/login\?id=/);
await errorPage(citizen, door(other, uri), 400, "another client's");
const done = await citizen.visit(door(p, uri, { state: "outside", nonce: "outside", redirect_uri: "https://evil.example" }));
assert.equal(done.status, 303, done.text);
assert.ok(done.next.startsWith(`${p.callback}?`), done.next);
assert.deepEqual([query(done.next).state, query(done.next).iss], ["inside", here]);
await errorPage(citizen, door(p, uri), 400, "used");
await errorPage(citizen, door(p, `${uri.slice(0, -1)}-`), 400, "unknown");

// The stranger signs in from the page of before: the request was completed meanwhile.
const late = await stranger.visit(`${await stranger.toVneid(door(p, await pushed(p, ask(p))))}&persona=mai`);
const in_ = await stranger.visit(late.next);
assert.ok(query(in_.next).code, `${in_.status} ${in_.next}`);

// Refusing uses it up, too.
const shy = new Browser();
const no = await pushed(p, ask(p));
const page = await shy.follow(await shy.visit(door(p, no)));
const cancelled = await shy.visit(here + page.text.match(/href="(\/login\/cancel[^"]*)"/)[1].replaceAll("&amp;", "&"));
assert.deepEqual([query(cancelled.next).error, query(cancelled.next).state, query(cancelled.next).iss], ["access_denied", "inside", here]);
await errorPage(shy, door(p, no), 400, "refused");

// The key of the proof, or the one that dpop_jkt names, binds the code.
const key = await m.keyPair(), wrong = await m.keyPair();
const prove = async (k) => [["DPoP", await m.proof(k, "POST", `${here}/par`)]];
const mismatch = await push(p, ask(p, { dpop_jkt: wrong.jkt }), await prove(key));
assert.deepEqual([mismatch.status, mismatch.json.error], [400, "invalid_request"], mismatch.text);
const bad = await push(p, ask(p), [["DPoP", await m.proof(key, "POST", `${here}/token`)]]);
assert.equal(bad.json.error, "invalid_dpop_proof", bad.text);
for (const [fields, proven] of [[ask(p), true], [ask(p, { dpop_jkt: key.jkt }), false], [ask(p, { dpop_jkt: key.jkt }), true]]) {
    const code = async () => query((await citizen.visit(door(p, await pushed(p, fields, proven ? await prove(key) : [])))).next).code;
    const bound = await redeem(p, await code(), wrong);
    assert.equal(bound.status, 400, bound.text);
    const good = await redeem(p, await code(), key);
    assert.equal(good.status, 200, good.text);
    assert.equal(good.json.token_type, "DPoP");
}

// It ends.
const short = { id: "par-short", callback: "https://par-short.example.vn/cb" };
const open = await m.post("/par", ask(short));
assert.equal(open.status, 201, `a public client may push: ${open.text}`);
await sleep((open.json.expires_in + 1) * 1000);
await errorPage(citizen, door(short, open.json.request_uri), 400, "too old");
assert.equal((await call(`${here}/par`, form({}))).status, 401);
console.log("par: pushed, once, for its own client, bound to its key");
