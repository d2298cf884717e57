// Dynamic registration as a client's own library does it: closed by default, an invitation from the
// command line, a client with its own key (jose), tokens with it, and the end of all of them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { api, dossier, here } from "../fault/stage.mjs";

const stack = process.env.STACK, program = `${process.env.MOTCUA_BIN}/motcua`;
const motcua = (...words) => execFileSync(program, ["--conf", `${stack}/motcua.conf`, ...words], { encoding: "utf8" });
const invite = (...more) => motcua("client", "invite", ...more).match(/^invitation (\S+)/)[1];
const call = async (path, { token, body, method = body ? "POST" : "GET" } = {}) => {
    const answer = await fetch(here + path, { method, redirect: "manual", body: body && JSON.stringify(body),
        headers: { ...(body && { "content-type": "application/json" }), ...(token && { authorization: `Bearer ${token}` }) } });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, json: text ? JSON.parse(text) : undefined };
};
const back = ["https://moi.example.vn/callback"];

// Discovery names the endpoint where it is open.
const discovery = (await call("/.well-known/openid-configuration")).json;
assert.equal(discovery.registration_endpoint, `${here}/register`);
assert.ok(discovery.token_endpoint_auth_methods_supported.includes("private_key_jwt"));

// Nobody without an invitation.
assert.equal((await call("/register", { body: { redirect_uris: back } })).status, 401);
const guessed = await call("/register", { token: "guessed", body: { redirect_uris: back } });
assert.equal(guessed.status, 401);
assert.equal(guessed.json.error, "invalid_token");
assert.match(guessed.headers.get("www-authenticate"), /^Bearer/);

// A client with its own key.
const { publicKey, privateKey } = await generateKeyPair("ES256");
const jwk = { ...await exportJWK(publicKey), alg: "ES256", use: "sig" };
jwk.kid = await calculateJwkThumbprint(jwk);
const invitation = invite("--profile", "oidc", "--scopes", "openid payments:read", "--note", "flow");
const wrong = await call("/register", { token: invitation, body: { redirect_uris: ["http://moi.example.vn/"] } });
assert.deepEqual([wrong.status, wrong.json.error], [400, "invalid_redirect_uri"]);
const bad = await call("/register", { token: invitation, body: { redirect_uris: back, grant_types: ["password"] } });
assert.deepEqual([bad.status, bad.json.error], [400, "invalid_client_metadata"]);
assert.match(bad.json.error_description, /grant_types/);
const asked = { client_name: "Cổng mới", redirect_uris: back, grant_types: ["authorization_code", "client_credentials"],
    token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [jwk] }, scope: "openid payments:read" };
const made = await call("/register", { token: invitation, body: asked });
assert.equal(made.status, 201, JSON.stringify(made.json));
assert.equal(made.headers.get("cache-control"), "no-store");
const client = made.json;
for (const [name, value] of Object.entries(asked))
    assert.deepEqual(client[name], value, name);
assert.equal(client.client_secret, undefined);
assert.deepEqual(client.response_types, ["code"]);
assert.equal((await call("/register", { token: invitation, body: asked })).status, 401); // one use

// It proves itself with its key, once with each assertion.
let number = 0;
const assertion = () => new SignJWT({ jti: `${client.client_id}-${number++}` }).setProtectedHeader({ alg: "ES256", kid: jwk.kid })
    .setIssuer(client.client_id).setSubject(client.client_id).setAudience(here).setIssuedAt().setExpirationTime("1m").sign(privateKey);
const token = async (signed) => {
    const answer = await fetch(`${here}/token`, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials", scope: "payments:read",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion: signed }) });
    return { status: answer.status, json: await answer.json() };
};
const signed = await assertion();
const first = await token(signed);
assert.equal(first.status, 200, JSON.stringify(first.json));
const again = await token(signed);
assert.deepEqual([again.status, again.json.error], [401, "invalid_client"]);
const order = () => fetch(`${here}/v1/payments/ord_none`, { headers: { authorization: `Bearer ${first.json.access_token}` } });
assert.equal((await order()).status, 404);

// It keeps its registration in order.
const at = new URL(client.registration_client_uri).pathname, own = client.registration_access_token;
assert.deepEqual((await call(at, { token: own })).json.redirect_uris, back);
assert.equal((await call(at, { token: first.json.access_token })).status, 401);
const changed = await call(at, { token: own, method: "PUT", body: { ...asked, client_id: client.client_id, client_name: "Cổng khác" } });
assert.equal(changed.status, 200, JSON.stringify(changed.json));
assert.equal(changed.json.client_name, "Cổng khác");
assert.match(motcua("client", "show", client.client_id), /client_name: Cổng khác/);
assert.match(motcua("client", "check", client.client_id, "--redirect", back[0]), /are good/);

// Closed by the operator in another process: out within seconds, its tokens too.
motcua("client", "disable", client.client_id);
const until = Date.now() + 10_000;
while ((await order()).status !== 401)
    assert.ok(Date.now() < until, "a disabled client's token still works");
assert.equal((await token(await assertion())).status, 401);
motcua("client", "enable", client.client_id);
while ((await call(at, { token: own })).status !== 200)
    assert.ok(Date.now() < until, "an enabled client is still out");
assert.equal((await order()).status, 401); // what was made before stays refused

// And leaves.
assert.equal((await call(at, { token: own, method: "DELETE" })).status, 204);
assert.equal((await call(at, { token: own })).status, 401);
assert.equal((await token(await assertion())).json.error, "invalid_client");
// A one-stop system asks payments for its own agencies only.
const pays = async (agency_id) => {
    const body = { ...dossier(), agency_id };
    return api("POST", "/v1/payments", body, `${body.reference}-${agency_id}`);
};
motcua("client", "change", "demo-onestop", "--agencies", "H56.14 H56.15");
const soon = Date.now() + 10_000;
let other;
while ((other = await pays("H56.16")).status !== 403)
    assert.ok(Date.now() < soon, `another agency's payment is taken: ${other.status}`);
assert.equal(other.body.field, "agency_id", other.text);
assert.equal((await pays("H56.14")).status, 201);
// What is open is listed without its token, and taken back by its name.
assert.ok(!motcua("client", "invitations").includes("| flow"), "what is used up is not open");
const taken = invite("--profile", "oidc", "--note", "taken back"), kept = invite("--profile", "oidc", "--note", "kept");
const open = motcua("client", "invitations");
assert.ok(!open.includes(taken) && !open.includes(kept), "no token");
const [, name] = open.match(/^(\S{12}) 1 until 20\d\d-\d\d-\d\d oidc \| openid profile \| taken back$/m);
invite("--profile", "oidc", "--grants", "authorization_code", "--name", "Sở Thử", "--note", "narrow");
assert.match(motcua("client", "invitations"), / oidc \| openid profile; grants authorization_code; name Sở Thử \| narrow$/m);
motcua("client", "uninvite", name);
assert.throws(() => motcua("client", "uninvite", name));
assert.throws(() => motcua("client", "uninvite", ""));
assert.ok(!motcua("client", "invitations").includes("taken back"));
assert.match(motcua("client", "invitations"), /\| kept$/m);
const tries = async (token) => (await fetch(`${here}/register`, { method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ redirect_uris: ["https://taken.example.vn/cb"], client_name: "Cổng" }) })).status;
assert.equal(await tries(taken), 401);
assert.equal(await tries(kept), 201);
console.log("register: invited, registered, changed, closed and gone");
