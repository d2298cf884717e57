// The go-live check against portals: one that does everything right with a common client library,
// and careless ones, each of which leaves out one check and must be found out by the round of that name.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import * as oidc from "openid-client";

const issuer = new URL(`${process.env.SANDBOX_URL}/golive`);
const secret = "mot-bi-mat-cua-cong-thu-nghiem-du-dai";

// A portal with sessions in memory. `finish(url, flow)` gives the name of who signed in, or throws.
async function portal(finish, { withState = true, without = "" } = {}) {
    const config = await oidc.discovery(issuer, "portal-under-test", secret, undefined, { execute: [oidc.allowInsecureRequests] });
    oidc.enableNonRepudiationChecks(config); // else the ID token's signature is not looked at
    const sessions = new Map();
    let base;
    const server = createServer(async (rq, rs) => {
        const url = new URL(rq.url, base);
        const sid = /sid=([\w-]+)/.exec(rq.headers.cookie ?? "")?.[1];
        const session = sessions.get(sid) ?? {};
        if (url.pathname === "/sign-in") {
            const flow = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce() };
            const id = randomBytes(16).toString("hex");
            sessions.set(id, { flow });
            const to = oidc.buildAuthorizationUrl(config, {
                redirect_uri: `${base}/callback`, scope: "openid profile", nonce: flow.nonce,
                code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier), code_challenge_method: "S256",
                ...(withState ? { state: flow.state } : {}),
            });
            rs.writeHead(302, { Location: to.href, "Set-Cookie": `sid=${id}; HttpOnly; Path=/` }).end();
        } else if (url.pathname === "/callback") {
            try {
                session.name = await finish(config, url, session.flow ?? {});
                sessions.set(sid, session);
                rs.writeHead(303, { Location: "/" }).end();
            } catch (error) {
                rs.writeHead(403).end("not signed in");
            }
        } else {
            rs.writeHead(200, { "Content-Type": "text/html" }).end(`<p>${session.name ?? "nobody"}</p>`);
        }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${server.address().port}`;
    return { base, close: () => server.close() };
}

async function check(base) {
    const answer = await fetch(`${process.env.SANDBOX_URL}/golive`, {
        method: "POST", headers: { Accept: "application/json" },
        body: new URLSearchParams({ start_url: `${base}/sign-in`, page_url: `${base}/` }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
}

async function careful(config, url, flow) {
    const tokens = await oidc.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: flow.verifier, expectedState: flow.state, expectedNonce: flow.nonce, idTokenExpected: true });
    return (await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).name;
}

// By hand, so that each check can be left out.
function careless(without) {
    return async (config, url, flow) => {
        const q = url.searchParams;
        if (without !== "denied" && q.has("error")) throw new Error("refused");
        if (without !== "state" && q.get("state") !== flow.state) throw new Error("state");
        if (without !== "iss" && q.get("iss") !== issuer.href) throw new Error("iss");
        const answer = await fetch(`${issuer.href}/token`, { method: "POST", body: new URLSearchParams({
            grant_type: "authorization_code", code: q.get("code"), redirect_uri: `${url.origin}/callback`, code_verifier: flow.verifier ?? "",
            client_id: "portal-under-test", client_secret: secret }) });
        if (!answer.ok) throw new Error("token");
        const tokens = await answer.json();
        const [, payload] = (tokens.id_token ?? "..").split(".");
        const claims = payload ? JSON.parse(Buffer.from(payload, "base64url")) : {};
        if (without !== "everything") {
            const { createRemoteJWKSet, jwtVerify } = await import("jose");
            await jwtVerify(tokens.id_token, createRemoteJWKSet(new URL(`${issuer.href}/jwks`)),
                without === "token" ? {} : { issuer: issuer.href, audience: "portal-under-test", requiredClaims: ["sub"] });
            if (without !== "nonce" && claims.nonce !== flow.nonce) throw new Error("nonce");
            if (Array.isArray(claims.aud) && claims.azp !== "portal-under-test") throw new Error("azp");
        }
        const user = await (await fetch(`${issuer.href}/userinfo`, { headers: { Authorization: `Bearer ${tokens.access_token}` } })).json();
        if (without !== "everything" && without !== "userinfo" && user.sub !== claims.sub) throw new Error("sub");
        return user.name;
    };
}

const good = await portal(careful);
const report = await check(good.base);
good.close();
assert.deepEqual(report.rounds.filter((r) => !r.passed), [], "a careful portal passes every round");
assert.ok(report.ready && report.sends_state && report.sends_nonce && report.sends_pkce);

const found = {
    everything: ["wrong_signature", "unsigned", "hs256", "unknown_key", "wrong_iss", "wrong_aud", "other_azp", "wrong_nonce", "no_nonce", "expired", "not_yet", "no_sub", "other_sub", "no_id_token"],
    token: ["wrong_iss", "wrong_aud"],
    nonce: ["wrong_nonce", "no_nonce"],
    userinfo: ["other_sub"],
    iss: ["wrong_response_iss"],
    state: ["wrong_state", "no_state"],
};
for (const [without, rounds] of Object.entries(found)) {
    const one = await portal(careless(without));
    const said = await check(one.base);
    one.close();
    assert.deepEqual(said.rounds.filter((r) => !r.passed).map((r) => r.round), rounds, `a portal without a check of ${without}`);
    assert.ok(!said.ready && said.passed === said.rounds_in_all - rounds.length);
}

// A portal whose requests carry no state, and addresses that are none.
const stateless = await portal(careless("state"), { withState: false });
assert.equal((await check(stateless.base)).sends_state, false);
stateless.close();
for (const start_url of ["ftp://127.0.0.1/", "http://portal.example.vn/", `${process.env.SANDBOX_URL}/admin`]) {
    const answer = await fetch(`${process.env.SANDBOX_URL}/golive`, { method: "POST", body: new URLSearchParams({ start_url }) });
    assert.equal(answer.status, 400, start_url);
}
console.log(`go-live: ${report.passed} of ${report.rounds_in_all} for a careful portal`);
