// The unmodified npm openid-client against motcua behind TLS: discovery, code + PKCE, state, nonce,
// ID token signature, userinfo, client credentials, logout. No special settings: only the certificate
// authority of the test is given to Node.js.
import { setCookies } from "../cookies.mjs";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const client = await import("openid-client");

const here = process.env.MOTCUA_URL;
const systems = process.env.SANDBOX_URL;
const secret = (name) => readFileSync(`${process.env.STACK}/secrets/${name}`, "utf8").trim();
const callback = `${systems}/portal/callback`;
const jar = new Map(); // cookies by host, as a browser keeps them

async function visit(url) {
    const host = new URL(url).host;
    const cookies = jar.get(host) ?? new Map();
    const answer = await fetch(url, {
        redirect: "manual",
        headers: { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join("; "), accept: "text/html" },
    });
    for (const line of setCookies(answer.headers)) {
        const [pair] = line.split(";");
        const at = pair.indexOf("=");
        cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    jar.set(host, cookies);
    return answer;
}

// Follows redirects and the one link of the sign-in page until the portal's callback.
async function signIn(url, person) {
    for (let i = 0; i < 12; i++) {
        const answer = await visit(url);
        let next = answer.headers.get("location");
        if (answer.status === 200)
            next = (await answer.text()).match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1]?.replaceAll("&amp;", "&");
        assert.ok(next, `${answer.status} without a way on at ${url}`);
        assert.ok([200, 303, 302].includes(answer.status), `${answer.status}: never 307`);
        url = new URL(next, url).href;
        if (url.startsWith(callback)) return new URL(url);
        if (url.includes("/vneid/authorize")) url += `&persona=${person}`;
    }
    throw new Error("the sign-in does not end");
}

const config = await client.discovery(new URL(here), "demo-portal", secret("demo_portal"));
client.enableNonRepudiationChecks(config);
const metadata = config.serverMetadata();
assert.equal(metadata.issuer, here);
assert.deepEqual(metadata.code_challenge_methods_supported, ["S256"]);

// On https the browser is told to stay there, and cookies are this host's alone.
const front = await fetch(`${here}/login`, { redirect: "manual" });
assert.match(front.headers.get("strict-transport-security"), /^max-age=\d{8}/);
for (const line of setCookies(front.headers)) assert.match(line, /^__Host-[^;]*;.*Secure/i);
assert.ok(setCookies(front.headers).length > 0);

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const asked = client.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: "openid profile vn_id",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
});
const back = await signIn(asked.href, "001087123456");
assert.equal(back.searchParams.get("iss"), here);
const tokens = await client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
});
const claims = tokens.claims();
assert.equal(claims.iss, here);
assert.equal(claims.aud, "demo-portal");
assert.match(claims.acr, /^urn:vn:loa:[12]$/);
assert.ok(claims.auth_time <= Date.now() / 1000 + 5);
assert.equal(claims.name, undefined, "profile claims do not spill into the ID token");
const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
assert.equal(person.sub, claims.sub);
assert.ok(person.name.length > 0);
assert.equal(person.SoDinhDanh, "001087123456");

// The same browser again: the session answers without a page, with the same subject.
const again = client.buildAuthorizationUrl(config, {
    redirect_uri: callback, scope: "openid", prompt: "none", state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
});
const silent = await client.authorizationCodeGrant(config, await signIn(again.href), {
    pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce,
});
assert.equal(silent.claims().sub, claims.sub);
assert.equal(silent.claims().auth_time, claims.auth_time);
assert.equal((await client.fetchUserInfo(config, silent.access_token, claims.sub)).name, undefined);

// A code works once, and its second use ends the token of the first.
await assert.rejects(client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce,
}), (error) => error.error === "invalid_grant");
await assert.rejects(client.fetchUserInfo(config, tokens.access_token, claims.sub));

// Systems: client credentials, by the body as well as by the header.
for (const method of [client.ClientSecretPost, client.ClientSecretBasic]) {
    const system = await client.discovery(new URL(here), "demo-onestop", undefined, method(secret("demo_onestop")));
    const granted = await client.clientCredentialsGrant(system, { scope: "payments:write" });
    assert.equal(granted.scope ?? "payments:write", "payments:write");
}
const thief = await client.discovery(new URL(here), "demo-onestop", "wrong");
await assert.rejects(client.clientCredentialsGrant(thief, {}), (error) => error.error === "invalid_client");

// Signing out with the ID token ends the session: the next silent request needs a sign-in.
const end = client.buildEndSessionUrl(config, {
    id_token_hint: silent.id_token, post_logout_redirect_uri: `${systems}/portal/signed-out`, state: "bye",
});
const ended = await visit(end.href);
assert.equal(ended.status, 303);
assert.equal(ended.headers.get("location"), `${systems}/portal/signed-out?state=bye`);
const refused = await signIn(again.href);
assert.equal(refused.searchParams.get("error"), "login_required");
console.log("openid-client: discovery, code, PKCE, silent sign-in, reuse, credentials, logout");
