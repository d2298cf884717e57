// With auth.dpop_nonce on, proofs carry a nonce of ours: asked for by 400 where tokens are made and by
// 401 where they are used, told in every answer, and found by the unmodified openid-client by itself.
import assert from "node:assert/strict";
import { Browser, here } from "../fault/stage.mjs";
import * as m from "./machine.mjs";

const client = await import("openid-client");
const key = await m.keyPair();
const browser = await new Browser().signIn();
const code = await m.code(browser);

const asked = await m.redeem(code, {}, [["DPoP", await m.proof(key, "POST", `${here}/token`)]]);
assert.equal(asked.status, 400, asked.text);
assert.equal(asked.json.error, "use_dpop_nonce");
const nonce = asked.headers["dpop-nonce"];
assert.ok(nonce.length >= 22);
// The time is the nonce's, not the clock's.
const made = await m.redeem(code, {}, [["DPoP", await m.proof(key, "POST", `${here}/token`, null, { claims: { nonce, iat: m.now() - 3600 } })]]);
assert.equal(made.status, 200, made.text);
assert.ok(made.headers["dpop-nonce"]);
const access = made.json.access_token;
const lines = async (claims) => [["Authorization", `DPoP ${access}`], ["DPoP", await m.proof(key, "GET", `${here}/userinfo`, access, { claims })]];
for (const claims of [{}, { nonce: "mine" }]) {
    const refused = await m.raw("GET", "/userinfo", await lines(claims));
    assert.equal(refused.status, 401, refused.text);
    assert.match(refused.headers["www-authenticate"], /error="use_dpop_nonce"/);
    assert.ok(refused.headers["dpop-nonce"]);
}
assert.equal((await m.raw("GET", "/userinfo", await lines({ nonce }))).status, 200);

const config = await client.discovery(new URL(here), "demo-onestop", m.onestop.client_secret, undefined, { execute: [client.allowInsecureRequests] });
const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const tokens = await client.clientCredentialsGrant(config, { scope: "payments:read" }, { DPoP: handle });
assert.equal(tokens.token_type, "dpop");
const answer = await client.fetchProtectedResource(config, tokens.access_token, new URL(`${here}/v1/payments/none`), "GET", undefined, undefined, { DPoP: handle });
assert.equal(answer.status, 404);
console.log("dpop_nonce: asked for, told, kept");
