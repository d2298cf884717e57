// The unmodified npm oauth4webapi, which leaves every step to its caller and checks each answer: both
// profiles, from discovery to logout.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Browser, here, isSignedIn, listen, register, secret, signIn } from "./party.mjs";
const oauth = await import("oauth4webapi");

const http = { [oauth.allowInsecureRequests]: true };
const portal = await listen((rq, rs) => rs.end("portal"));
const redirect_uri = `${portal.base}/callback`, goodbye = `${portal.base}/bye`;
const issuer = new URL(here);
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));

// What both profiles do once there is a code.
async function rest(client, auth, end, flow, more = {}) {
    const parameters = oauth.validateAuthResponse(as, client, new URL(end.url), flow.state);
    const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, redirect_uri, flow.verifier, { ...http, ...more });
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: flow.nonce, requireIdToken: true });
    await oauth.validateApplicationLevelSignature(as, answer, http);
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    const info = await oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, tokens.access_token, { ...http, ...more }));
    assert.equal(info.name, "Nguyễn Văn Thử");
    const again = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, { ...http, ...more }));
    assert.notEqual(again.access_token, tokens.access_token);
    const state = await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, again.access_token, http));
    assert.ok(state.active && state.sub === sub);
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, again.access_token, http));
    assert.equal((await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, again.access_token, http))).active, false);
    return tokens;
}

async function flowOf() {
    const verifier = oauth.generateRandomCodeVerifier();
    return { verifier, challenge: await oauth.calculatePKCECodeChallenge(verifier), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
}
const asked = (id, flow) => ({ client_id: id, redirect_uri, response_type: "code", scope: "openid profile", state: flow.state, nonce: flow.nonce,
    code_challenge: flow.challenge, code_challenge_method: "S256" });

// Profile oidc.
await register("webapi", "--redirect", redirect_uri, "--post-logout", goodbye, "--grants", "authorization_code refresh_token");
{
    const client = { client_id: "webapi" }, auth = oauth.ClientSecretBasic(secret), flow = await flowOf(), browser = new Browser();
    const end = await signIn(browser, `${as.authorization_endpoint}?${new URLSearchParams(asked("webapi", flow))}`);
    const tokens = await rest(client, auth, end, flow);
    assert.ok(await isSignedIn(browser));
    const out = await browser.follow(await browser.visit(`${as.end_session_endpoint}?${new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: goodbye, state: "bye" })}`));
    assert.equal(out.url, `${goodbye}?state=bye`);
    assert.ok(!await isSignedIn(browser));
}

// Profile fapi2: pushed request, private_key_jwt, DPoP.
const keys = await oauth.generateKeyPair("ES256", { extractable: true });
const jwk = { ...await crypto.subtle.exportKey("jwk", keys.publicKey), kid: "one", alg: "ES256", use: "sig" };
delete jwk.key_ops; delete jwk.ext;
writeFileSync(`${process.env.STACK}/webapi-fapi.jwks`, JSON.stringify({ keys: [jwk] }));
await registerFapi();
async function registerFapi() {
    const { execFileSync } = await import("node:child_process");
    execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${process.env.STACK}/motcua.conf`, "client", "add", "webapi-fapi", "--profile", "fapi2",
        "--name-vi", "Cổng FAPI", "--scopes", "openid profile", "--grants", "authorization_code refresh_token", "--redirect", redirect_uri,
        "--jwks-file", `${process.env.STACK}/webapi-fapi.jwks`]);
    await new Promise((resolve) => setTimeout(resolve, 150));
}
{
    const client = { client_id: "webapi-fapi" }, flow = await flowOf(), browser = new Browser();
    const auth = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: "one" });
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
    const pushed = await oauth.processPushedAuthorizationResponse(as, client,
        await oauth.pushedAuthorizationRequest(as, client, auth, new URLSearchParams(asked("webapi-fapi", flow)), { ...http, DPoP }));
    const end = await signIn(browser, `${as.authorization_endpoint}?${new URLSearchParams({ client_id: "webapi-fapi", request_uri: pushed.request_uri })}`);
    const tokens = await rest(client, auth, end, flow, { DPoP });
    assert.equal(tokens.token_type, "dpop");
}
portal.server.close();
console.log("oauth4webapi: both profiles");
