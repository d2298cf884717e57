// The unmodified npm openid-client against a client of profile fapi2, behind TLS: pushed request,
// private_key_jwt, PKCE, DPoP at every step, refresh, introspection, revocation, logout.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Browser, here, isSignedIn, signIn, sleep } from "./party.mjs";

const client = await import("openid-client");
const redirect_uri = "https://portal.example.vn/callback", goodbye = "https://portal.example.vn/bye";
const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
writeFileSync(`${process.env.STACK}/fapi.jwks`, JSON.stringify({ keys: [{ kty, crv, x, y, kid: "one", alg: "ES256", use: "sig" }] }));
execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${process.env.STACK}/motcua.conf`, "client", "add", "fapi", "--name-vi", "Cổng FAPI", "--scopes", "openid profile",
    "--grants", "authorization_code refresh_token", "--redirect", redirect_uri, "--post-logout", goodbye, "--jwks-file", `${process.env.STACK}/fapi.jwks`]);
await sleep(150);

const config = await client.discovery(new URL(here), "fapi", undefined, client.PrivateKeyJwt({ key: keys.privateKey, kid: "one" }));
client.enableNonRepudiationChecks(config);
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const verifier = client.randomPKCECodeVerifier(), state = client.randomState(), nonce = client.randomNonce();
const asked = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri, scope: "openid profile", state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
}, { DPoP });
assert.deepEqual([...asked.searchParams.keys()].sort(), ["client_id", "request_uri"]);

// The portal's own host is not there: the browser stops before it.
const browser = new Browser();
const visit = browser.visit.bind(browser);
browser.visit = (url, init) => (url.startsWith(redirect_uri) ? { status: 0, url, text: "", headers: new Headers(), next: null } : visit(url, init));
const back = await signIn(browser, asked.href);
const tokens = await client.authorizationCodeGrant(config, new URL(back.url), { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }, undefined, { DPoP });
assert.equal(tokens.token_type, "dpop");
const { sub } = tokens.claims();
assert.equal((await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP })).name, "Nguyễn Văn Thử");

// The token alone, or with another key, opens nothing.
await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub));
await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) }));
const again = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) }));
await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token));
const seen = await client.tokenIntrospection(config, again.access_token);
assert.ok(seen.active && seen.cnf.jkt && seen.sub === sub);
await client.tokenRevocation(config, again.access_token);
assert.equal((await client.tokenIntrospection(config, again.access_token)).active, false);

// A request is not answered without having been pushed.
const plain = client.buildAuthorizationUrl(config, { redirect_uri, scope: "openid", state, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" });
assert.match((await browser.visit(plain.href)).next ?? "", /error=/);

assert.ok(await isSignedIn(browser));
const out = await browser.visit(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: goodbye, state: "bye" }).href);
assert.equal(out.next, `${goodbye}?state=bye`);
assert.ok(!await isSignedIn(browser));
await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP }));
console.log("openid-client, fapi2: pushed request, private_key_jwt, DPoP, refresh, introspection, revocation, logout");
process.exit(0);
