// Giving tokens back and asking about them, over HTTP, with the unmodified openid-client and by hand.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Browser, here, motcua, until } from "../fault/stage.mjs";
import * as m from "./machine.mjs";

const client = await import("openid-client");
const secret = "mot-bi-mat-du-dai-cho-bai-thu-tra-lai";
writeFileSync(`${process.env.STACK}/secrets/giver`, `${secret}\n`, { mode: 0o600 });
motcua("client", "add", "giver", "--profile", "oidc", "--name-vi", "Cổng trả lại", "--redirect", m.callback, "--scopes", "openid profile",
    "--grants", "authorization_code refresh_token client_credentials", "--secret-file", `${process.env.STACK}/secrets/giver`);
motcua("client", "add", "checker", "--profile", "oidc", "--name-vi", "Máy chủ tài nguyên", "--scopes", "introspect",
    "--grants", "client_credentials", "--secret-file", `${process.env.STACK}/secrets/giver`);
const me = { client_id: "giver", client_secret: secret };
const checker = { client_id: "checker", client_secret: secret };
const ask = { client_id: "giver" };
const about = (token, who = me) => m.post("/introspect", { ...who, token });
const giveBack = (token, who = me, more = {}) => m.post("/revoke", { ...who, token, ...more });
const opens = async (token) => (await m.raw("GET", "/userinfo", [["Authorization", `Bearer ${token}`]])).status;

await until(async () => (await about("x")).status === 200, 5000);
const browser = await new Browser().signIn();
const set = async () => (await m.redeem(await m.code(browser, ask), me)).json;
const nothing = { active: false };

// Who may ask, and what is told.
const one = await set();
for (const who of [me, checker]) {
    const told = (await about(one.access_token, who)).json;
    assert.equal(told.active, true);
    assert.equal(told.client_id, "giver");
    assert.equal(told.scope, "openid profile");
    assert.equal(told.token_type, "Bearer");
    assert.ok(told.exp > m.now() && told.iat <= m.now() + 1 && told.auth_time <= m.now() + 1 && told.sub && told.acr);
}
assert.equal((await about(one.refresh_token)).json.active, true);
assert.deepEqual((await about(one.refresh_token, checker)).json, nothing);
assert.deepEqual((await about(one.access_token, m.portal)).json, nothing, "another client's token");
assert.deepEqual((await about(one.id_token)).json, nothing, "an ID token is no access token");
assert.deepEqual((await about("nothing.at.all")).json, nothing);
assert.equal((await about(one.access_token, { client_id: "giver" })).status, 401);
assert.equal((await m.post("/introspect", me)).status, 400);
assert.equal((await m.raw("GET", `/introspect?token=${one.access_token}`)).status, 405);

// A bound token's key is told.
const key = await m.keyPair();
const bound = (await m.redeem(await m.code(browser, ask), me, [["DPoP", await m.proof(key, "POST", `${here}/token`)]])).json;
const told = (await about(bound.access_token)).json;
assert.deepEqual([told.token_type, told.cnf], ["DPoP", { jkt: key.jkt }]);

// Another's hand does nothing; the own takes all of the grant back; the answer is the same each time.
for (const [kind, hint] of [["access_token", "access_token"], ["refresh_token", "refresh_token"], ["access_token", "refresh_token"], ["refresh_token", "x"]]) {
    const tokens = await set();
    for (const [who, status] of [[m.portal, 200], [me, 401], [me, 401]]) {
        const answer = await giveBack(tokens[kind], who, { token_type_hint: hint });
        assert.deepEqual([answer.status, answer.text], [200, "{}"]);
        assert.match(answer.headers["content-type"], /^application\/json/);
        assert.equal(await opens(tokens.access_token), status, `${kind} ${hint}`);
    }
    assert.equal((await m.token({ ...me, grant_type: "refresh_token", refresh_token: tokens.refresh_token })).json.error, "invalid_grant");
    assert.deepEqual((await about(tokens.access_token)).json, nothing);
}
assert.equal((await giveBack("never-was-one")).text, "{}");
assert.equal((await giveBack("x", { ...me, client_secret: "wrong" })).json.error, "invalid_client");
assert.equal(await opens(one.access_token), 200, "other grants are not touched");

// Systems' own tokens, by an unmodified client.
const config = await client.discovery(new URL(here), "giver", secret, undefined, { execute: [client.allowInsecureRequests] });
const own = await client.clientCredentialsGrant(config);
assert.equal((await client.tokenIntrospection(config, own.access_token)).active, true);
await client.tokenRevocation(config, own.access_token);
assert.equal((await client.tokenIntrospection(config, own.access_token)).active, false);
const again = await client.refreshTokenGrant(config, one.refresh_token);
assert.equal(again.claims().sub, (await about(again.access_token)).json.sub);
await client.tokenRevocation(config, one.refresh_token);
await assert.rejects(client.refreshTokenGrant(config, one.refresh_token), (error) => error.error === "invalid_grant");
console.log("revoke: told to whom it concerns, given back whole, by hand and by openid-client");
