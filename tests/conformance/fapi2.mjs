// fapi2.mjs - FAPI 2.0 Security Profile Final: private_key_jwt, DPoP, PAR, PKCE, with OpenID Connect.
import tls from "node:tls";
import { answerOf, errorPage, jsonAnswer, refusal, resourceRefusal } from "./core/checks.mjs";
import { verifyMetadata } from "./config.mjs";
import { call, sleep } from "./core/http.mjs";
import { newKey, now, random, sha256, spoil } from "./core/jwt.mjs";

const NO_CLIENT = ["invalid_client", "invalid_request"];
const NO_PROOF = ["invalid_dpop_proof", "invalid_request", "invalid_grant"];
const par = (t) => t.meta.pushed_authorization_request_endpoint;

// The whole flow and the resource.
const works = (params = {}, how = {}) => async (t) => {
    const rp = await t.rp().signIn(typeof params === "function" ? params() : params, how);
    await rp.userinfo();
    return rp;
};
// The authorization endpoint must not go on: a page, or an error to the client.
function frontRefuses(t, rp, back, errors, what) {
    if (back.kind === "page") return errorPage(t, back, what);
    const fields = Object.fromEntries(new URL(back.url).searchParams);
    t.need(fields.error !== undefined, `${what}: a code was issued`);
    t.check(errors.includes(fields.error), `${what}: the error is ${fields.error}, expected ${errors.join(" or ")}`);
    t.check(fields.iss === t.meta.issuer, `${what}: iss is ${fields.iss}`);
    return undefined;
}
// At PAR already, or at the latest when the browser comes.
const parRefuses = (params, errors) => async (t) => {
    const rp = t.rp();
    rp.prepare(params);
    const answer = await rp.post(par(t), rp.sent, { dpop: false });
    if (answer.status !== 201) return refusal(t, answer, [400], errors);
    const back = await rp.send(rp.frontUrl({ client_id: rp.client.client_id, request_uri: answer.json.request_uri }), { stop: rp.client.redirect_uri });
    return frontRefuses(t, rp, back, errors, "a request that PAR took");
};
// An assertion that must open nothing, at the endpoint named.
const assertionFails = (where, auth, errors = NO_CLIENT) => async (t) => {
    const rp = t.rp();
    const change = auth(t, now(), rp);
    if (where === "par") {
        rp.prepare();
        await rp.pushFails(rp.sent, { auth: change }, errors, [400, 401]);
        return;
    }
    const code = await rp.authorize();
    refusal(t, await rp.tryCode(code, { auth: change }), [400, 401], errors);
};
async function refreshToken(t) {
    const offline = t.meta.scopes_supported?.includes("offline_access");
    const rp = await t.rp().signIn(offline ? { scope: "openid offline_access", prompt: "consent" } : {});
    if (!rp.got.refresh_token && !t.meta.grant_types_supported?.includes("refresh_token")) t.skip("the provider issues no refresh tokens, and says so");
    t.need(rp.got.refresh_token !== undefined, "no refresh_token although grant_types_supported has it");
    return rp;
}

// FAPI 2.0 5.2.2: TLS 1.2 or later, and of TLS 1.2 only what BCP 195 recommends.
function handshake(url, options) {
    const { hostname, port } = new URL(url);
    return new Promise((resolve) => {
        const socket = tls.connect({ host: hostname, port: port || 443, servername: hostname, ...options }, () => {
            resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
            socket.end();
        });
        socket.on("error", () => resolve(null));
    });
}
async function secureTransport(t, url) {
    if (new URL(url).protocol !== "https:") return;
    for (const version of ["TLSv1", "TLSv1.1"])
        t.check(await handshake(url, { minVersion: version, maxVersion: version, ciphers: "ALL@SECLEVEL=0" }) === null, `${url} speaks ${version}`);
    const weak = ["AES128-SHA", "AES256-SHA256", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384"];
    const got = await handshake(url, { maxVersion: "TLSv1.2", ciphers: `${weak.join(":")}:@SECLEVEL=0` });
    t.check(got === null, `${url} agrees to ${got}, which BCP 195 does not recommend`);
    t.check(await handshake(url, { minVersion: "TLSv1.2" }) !== null, `${url} speaks neither TLS 1.2 nor 1.3`);
    const answer = await call(url, { method: "GET" });
    t.check(/^max-age=\d+/.test(answer.header("strict-transport-security") ?? ""), `${url}: no Strict-Transport-Security`);
}

// RFC 9449 4.3, one case a line: what is wrong with the proof, and whether the resource must refuse,
// accept, should refuse or should accept.
async function proofCases(rp, resource) {
    const { key } = rp, { url, method = "GET", token } = resource, at = now();
    const other = await newKey("ES256");
    const fresh = (change = {}) => rp.proof(method, url, { token, ...change });
    const good = async () => ({ raw: await fresh() });
    const upper = new URL(url);
    const port = upper.port || (upper.protocol === "https:" ? "443" : "80");
    const odd = url.replace(`${upper.protocol}//${upper.host}`, `${upper.protocol.toUpperCase()}//${upper.hostname.toUpperCase()}:${port}`);
    return [
        ["a valid proof", "accept", await good()],
        ["the header in capitals", "should accept", { headers: { DPOP: await fresh() } }],
        ["two proofs in two headers", "refuse", { headers: { DPoP: [await fresh(), await fresh()] } }],
        ["two proofs in one header", "refuse", { raw: `${await fresh()}, ${await fresh()}` }],
        ["no JWT", "refuse", { raw: "this-is-no-jwt" }],
        ["a JWT of two parts", "refuse", { raw: (await fresh()).split(".").slice(0, 2).join(".") }],
        ["an empty proof", "refuse", { raw: "" }],
        ["no typ", "refuse", { header: { typ: null } }],
        ["no alg", "refuse", { header: { alg: null }, alg: key.alg }],
        ["no jwk", "refuse", { header: { jwk: null } }],
        ["no jti", "refuse", { claims: { jti: null } }],
        ["no htm", "refuse", { claims: { htm: null } }],
        ["no htu", "refuse", { claims: { htu: null } }],
        ["no iat", "refuse", { claims: { iat: null } }],
        ["no ath", "refuse", { claims: { ath: null } }],
        ["typ is JWT", "refuse", { header: { typ: "JWT" } }],
        ["alg none", "refuse", { header: { alg: "none" } }],
        ["alg HS256 keyed with the public key", "refuse", { header: { alg: "HS256" }, key: { ...key, privateKey: JSON.stringify(key.jwk) } }],
        ["a bad signature", "refuse", { raw: spoil(await fresh()) }],
        ["a private key in the header", "refuse", { header: { jwk: { ...key.jwk, d: key.secretJwk.d } } }],
        ["a symmetric key in the header", "refuse", { header: { jwk: { kty: "oct", k: "AAAA" }, alg: "HS256" }, key: { ...key, privateKey: Buffer.from("AAAA", "base64url") } }],
        ["htm is PUT", "refuse", { claims: { htm: "PUT" } }],
        ["htu with query and fragment", "accept", { claims: { htu: `${url}?a=1#b` } }],
        ["another htu", "refuse", { claims: { htu: `${new URL(url).origin}/elsewhere` } }],
        ["htu of another host", "refuse", { claims: { htu: url.replace(upper.host, "other.example") } }],
        ["htu without path", "refuse", { claims: { htu: `${new URL(url).origin}/` } }],
        ["iat an hour ahead", "refuse", { claims: { iat: at + 3600 } }],
        ["iat an hour ago", "refuse", { claims: { iat: at - 3600 } }],
        ["iat in milliseconds", "refuse", { claims: { iat: at * 1000 } }],
        ["ath of another token", "refuse", { claims: { ath: sha256("another") } }],
        ["ath is the token itself", "refuse", { claims: { ath: token.slice(0, 43) } }],
        ["another key", "refuse", { key: other }],
        ["another key's thumbprint under this key", "refuse", { header: { jwk: other.jwk } }],
        ["more members than there need be", "accept", { header: { extra: "x" }, claims: { extra: { a: [1] } } }],
        ["htu with scheme and host in capitals and the port", "should accept", { claims: { htu: odd } }],
        ["a valid proof afterwards", "accept", await good()],
    ];
}
async function tryProofs(t, rp, resource) {
    const { url, method = "GET", ok = [200, 201], token, name } = resource;
    const ask = (dpop, more = {}) => rp.resource(url, { method, token, dpop, ...more });
    const judge = (what, answer, rule) => {
        const accepted = ok.includes(answer.status);
        if (rule === "accept") t.check(accepted, `${name}: ${what}: ${answer.brief}: expected success`);
        else if (rule === "should accept") t.warn(accepted, `${name}: ${what}: ${answer.brief}: should succeed`);
        else resourceRefusal(t, answer, `${name}: ${what}`);
    };
    for (const [what, rule, dpop] of await proofCases(rp, resource)) judge(what, await ask(dpop), rule);
    // A jti works once, also when both come at the same time.
    const again = { raw: await rp.proof(method, url, { token }) };
    judge("first use of a jti", await ask(again), "accept");
    t.warn([400, 401].includes((await ask(again)).status), `${name}: a proof was accepted twice`);
    const rush = { raw: await rp.proof(method, url, { token }) };
    const rushed = await Promise.all(Array.from({ length: 8 }, () => ask(rush)));
    t.warn(rushed.filter((answer) => ok.includes(answer.status)).length === 1, `${name}: one proof 8 times at once was accepted ${rushed.filter((answer) => ok.includes(answer.status)).length} times`);
    judge("no proof", await ask(false), "refuse");
    judge("Bearer and no proof", await ask(false, { scheme: "Bearer" }), "refuse");
    judge("Bearer with a proof", await ask({}, { scheme: "Bearer" }), "refuse");
    judge("a valid proof at the end", await ask({}), "accept");
}

const jktMismatch = (bind) => async (t) => {
    const rp = t.rp();
    rp.key = await newKey();
    const code = await rp.authorize(bind.params ? bind.params(rp.key) : {}, { push: bind.push });
    rp.key = await newKey();
    refusal(t, await rp.tryCode(code), [400], NO_PROOF);
};
const iatOff = (seconds) => async (t) => {
    const rp = t.rp();
    const code = await rp.authorize();
    await rp.redeem(code, { dpop: { claims: { iat: now() + seconds } } });
    await rp.userinfo({ dpop: { claims: { iat: now() + seconds } } });
};

const all = {
    "discovery-end-point-verification": async (t) => {
        const meta = await verifyMetadata(t);
        t.need(typeof par(t) === "string", "no pushed_authorization_request_endpoint");
        t.check(meta.require_pushed_authorization_requests === true || t.world.config.mixed_profiles === true, "require_pushed_authorization_requests is not true");
        t.check(meta.authorization_response_iss_parameter_supported === true, "authorization_response_iss_parameter_supported is not true");
        t.check(meta.code_challenge_methods_supported?.includes("S256") && !meta.code_challenge_methods_supported.includes("plain"), "code_challenge_methods_supported");
        t.check(meta.response_types_supported?.includes("code"), "response_types_supported lacks code");
        const good = ["PS256", "ES256", "EdDSA", "Ed25519"];
        t.check(meta.token_endpoint_auth_methods_supported?.some((one) => ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"].includes(one)), "token_endpoint_auth_methods_supported has none of FAPI 2.0");
        t.need(Array.isArray(meta.dpop_signing_alg_values_supported), "no dpop_signing_alg_values_supported");
        t.check(meta.dpop_signing_alg_values_supported.every((one) => good.includes(one)), `dpop_signing_alg_values_supported has others than ${good}`);
        t.check(meta.token_endpoint_auth_signing_alg_values_supported?.some((one) => good.includes(one)), "token_endpoint_auth_signing_alg_values_supported");
        t.check(meta.id_token_signing_alg_values_supported?.some((one) => good.includes(one)), "id_token_signing_alg_values_supported");
        t.check(meta.grant_types_supported === undefined || (meta.grant_types_supported.includes("authorization_code") && !meta.grant_types_supported.includes("password")), "grant_types_supported");
    },
    "happy-flow": async (t) => {
        const rp = await works()(t);
        const claims = rp.claims;
        t.check(claims.acr === undefined || typeof claims.acr === "string", "acr");
        const query = new URL(t.meta.userinfo_endpoint);
        query.searchParams.set("access_token", rp.got.access_token);
        const answer = await rp.resource(query.href, { place: "query" });
        t.check(answer.status >= 400 && answer.status < 500, `the token in the address: ${answer.brief} (FAPI 2.0 5.3.4)`);
        const second = await t.rp("second").signIn();
        await second.userinfo();
        for (const url of [par(t), t.meta.token_endpoint, t.meta.userinfo_endpoint]) await secureTransport(t, url);
        const open = await call(t.meta.authorization_endpoint, { headers: { Origin: "https://rp.example" } });
        t.check(open.header("access-control-allow-origin") === null, "the authorization endpoint allows cross-origin reading (FAPI 2.0 5.3.2.2)");
    },
    "user-rejects-authentication": async (t) => {
        const rp = t.rp();
        rp.error(await rp.send(await rp.ask(), { reject: true }), ["access_denied"]);
    },
    "test-claims-parameter-identity-claims": async (t) => {
        if (t.meta.claims_parameter_supported !== true) t.skip("claims_parameter_supported is not true");
        const names = ["name", "birthdate", "gender"].filter((name) => t.meta.claims_supported?.includes(name));
        const ask = Object.fromEntries(names.map((name, i) => [name, i ? null : { essential: true }]));
        const rp = await t.rp().signIn({ claims: JSON.stringify({ id_token: ask, userinfo: { [names[0]]: null } }) });
        for (const name of names) t.warn(rp.claims[name] !== undefined, `the ID token lacks ${name}, which the claims parameter asked for`);
        t.check((await rp.userinfo())[names[0]] !== undefined, `userinfo lacks ${names[0]}, which the claims parameter asked for`);
    },
    "ensure-authorization-request-without-state-success": works({ state: null }),
    "ensure-authorization-request-without-nonce-success": async (t) => {
        const rp = await works({ nonce: null })(t);
        t.check(rp.claims.nonce === undefined, "a nonce that nobody sent");
    },
    "ensure-authorization-request-with-64-char-nonce-success": works(() => ({ nonce: random(48) })),
    "ensure-other-scope-order-succeeds": works({ scope: "profile openid" }),
    "access-token-type-header-case-sensitivity": async (t) => {
        const rp = await t.rp().signIn();
        for (const scheme of ["dpop", "DPoP", "DPOP", "dPoP"]) await rp.userinfo({ scheme });
    },
    "check-dpop-proof-nbf-exp": async (t) => {
        const rp = t.rp(), window = () => ({ nbf: now(), exp: now() + 300 });
        await rp.redeem(await rp.authorize(), { dpop: { claims: window() } });
        await rp.userinfo({ dpop: { claims: window() } });
        // RFC 7519 4.1.4: what has expired is not accepted, whatever kind of JWT it is.
        resourceRefusal(t, await rp.resource(t.meta.userinfo_endpoint, { dpop: { claims: { iat: now() - 20, exp: now() - 15 } } }), "a proof that has expired");
        resourceRefusal(t, await rp.resource(t.meta.userinfo_endpoint, { dpop: { claims: { nbf: now() + 120 } } }), "a proof that is not valid yet");
    },
    "ensure-dpopproof-with-iat-10seconds-before-succeeds": iatOff(-10),
    "ensure-dpopproof-with-iat-10seconds-after-succeeds": iatOff(10),
    "ensure-mismatched-dpop-jkt-fails": async (t) => {
        const rp = t.rp(), other = await newKey();
        rp.prepare({ dpop_jkt: other.jkt });
        await rp.pushFails(rp.sent, { dpop: {} }, NO_PROOF);
    },
    "ensure-token-endpoint-fails-with-mismatched-dpop-jkt": jktMismatch({ params: (key) => ({ dpop_jkt: key.jkt }) }),
    "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt": jktMismatch({ push: { dpop: {} } }),
    "ensure-dpopproof-at-par-endpoint-binding-success": works({}, { push: { dpop: {} } }),
    "ensure-dpop-auth-code-binding-success": async (t) => {
        const rp = t.rp();
        rp.key = await newKey();
        await rp.signIn({ dpop_jkt: rp.key.jkt });
        await rp.userinfo();
        // Both ways at once, of the same key.
        const both = t.rp();
        both.key = await newKey();
        await both.signIn({ dpop_jkt: both.key.jkt }, { push: { dpop: {} } });
    },
    "ensure-different-nonce-inside-and-outside-request-object": works({}, { outside: { nonce: "outside-nonce" } }),
    "ensure-different-state-inside-and-outside-request-object": works({}, { outside: { state: "outside-state" } }),
    "ensure-authorization-request-with-long-nonce": async (t) => {
        const rp = t.rp();
        rp.prepare({ nonce: random(288) });
        const answer = await rp.post(par(t), rp.sent, { dpop: false });
        if (answer.status !== 201) return refusal(t, answer, [400], ["invalid_request"]);
        return works({ nonce: random(288) })(t); // the ID token must have all of it
    },
    "ensure-authorization-request-with-long-state": works(() => ({ state: random(900) })),
    "state-only-outside-request-object-not-used": works({ state: null }, { outside: { state: "outside-state" } }),
    "ensure-unsigned-authorization-request-without-using-par-fails": async (t) => {
        const rp = t.rp();
        const back = await rp.send(await rp.ask({}, { par: false }));
        frontRefuses(t, rp, back, ["invalid_request", "unauthorized_client", "invalid_request_uri"], "a request without PAR");
    },
    "ensure-request-object-without-redirect-uri-fails": parRefuses({ redirect_uri: null }, ["invalid_request", "invalid_request_object"]),
    "ensure-redirect-uri-in-authorization-request": async (t) => {
        // Missing in the pushed request: what stands beside request_uri must not stand in for it.
        const rp = t.rp();
        rp.prepare({ redirect_uri: null });
        const answer = await rp.post(par(t), rp.sent, { dpop: false });
        if (answer.status !== 201) return refusal(t, answer, [400], ["invalid_request", "invalid_request_object"]);
        const back = await rp.send(rp.frontUrl({ client_id: rp.client.client_id, request_uri: answer.json.request_uri, redirect_uri: rp.client.redirect_uri }));
        return errorPage(t, back, "redirect_uri outside PAR only");
    },
    "ensure-registered-redirect-uri": async (t) => {
        const rp = t.rp();
        rp.prepare({ redirect_uri: `${rp.client.redirect_uri}/${random(8)}` });
        const answer = await rp.post(par(t), rp.sent, { dpop: false });
        if (answer.status === 201) t.skip("the provider takes addresses that are not registered from authenticated clients (RFC 9126 2.4)");
        refusal(t, answer, [400], ["invalid_request", "invalid_request_object", "invalid_redirect_uri"]);
    },
    "plain-fapi-tolerate-unregistered-redirect-uri": async (t) => {
        // RFC 9126 2.4 allows both; what PAR took must be kept, and what it refused must stay refused.
        const rp = t.rp(), where = `${rp.client.redirect_uri}/${random(8)}`;
        rp.prepare({ redirect_uri: where });
        const answer = await rp.post(par(t), rp.sent, { dpop: false });
        if (answer.status !== 201) {
            refusal(t, answer, [400], ["invalid_request", "invalid_request_object", "invalid_redirect_uri"]);
            errorPage(t, await rp.send(rp.frontUrl(rp.sent), { stop: where }), "an address that is not registered");
            return;
        }
        await rp.redeem(rp.code(await rp.send(rp.frontUrl({ client_id: rp.client.client_id, request_uri: answer.json.request_uri }))));
    },
    "ensure-response-type-code-idtoken-fails": parRefuses({ response_type: "code id_token" }, ["unsupported_response_type", "invalid_request", "unauthorized_client"]),
    "ensure-response-type-token-fails": parRefuses({ response_type: "token" }, ["unsupported_response_type", "invalid_request", "unauthorized_client"]),
    "ensure-client-id-in-token-endpoint": async (t) => {
        // The first client's key under the second client's name (RFC 7521 4.2), in each of its forms.
        const rp = t.rp(), second = t.world.client("second").client_id;
        const code = await rp.authorize();
        const under = { claims: { iss: second, sub: second } };
        refusal(t, await rp.tryCode(code, { auth: under, change: { client_id: second } }), [400, 401], ["invalid_client", "invalid_grant"]);
        const next = t.rp();
        refusal(t, await next.tryCode(await next.authorize(), { change: { client_id: second } }), [400, 401], ["invalid_client", "invalid_grant", "invalid_request"]);
        const named = t.rp();
        await named.redeem(await named.authorize(), { change: { client_id: named.client.client_id } });
    },
    "ensure-holder-of-key-required": async (t) => {
        const rp = t.rp();
        refusal(t, await rp.tryCode(await rp.authorize(), { dpop: false }), [400, 401], NO_PROOF);
        await secureTransport(t, t.meta.token_endpoint);
    },
    "ensure-authorization-code-is-bound-to-client": async (t) => {
        const rp = t.rp(), thief = t.rp("second");
        const code = await rp.authorize();
        Object.assign(thief, { sent: rp.sent, verifier: rp.verifier });
        refusal(t, await thief.tryCode(code), [400], ["invalid_grant"]);
        thief.sent = { ...rp.sent, redirect_uri: thief.client.redirect_uri };
        refusal(t, await thief.tryCode(code), [400], ["invalid_grant"]);
    },
    "attempt-reuse-authorization-code-after-one-second": async (t) => {
        const rp = t.rp();
        const code = await rp.authorize();
        await rp.redeem(code);
        await rp.userinfo();
        await sleep(1000);
        refusal(t, await rp.tryCode(code), [400], ["invalid_grant"]);
        const after = await rp.resource(t.meta.userinfo_endpoint);
        t.warn([400, 401].includes(after.status), "the access token still works although its code was used twice (RFC 6749 4.1.2)");
    },
    "ensure-token-endpoint-fails-with-expired-auth-code": async (t) => {
        const rp = t.rp();
        const code = await rp.authorize();
        await sleep(((t.world.config.code_ttl_s ?? 60) + 2) * 1000);
        refusal(t, await rp.tryCode(code), [400], ["invalid_grant"]);
    },
    "ensure-client-assertion-in-token-endpoint": async (t) => {
        const rp = t.rp();
        const code = await rp.authorize();
        refusal(t, await rp.tryCode(code, { auth: false, change: { client_id: rp.client.client_id } }), [400, 401], NO_CLIENT);
        // An assertion works once (RFC 7523 3): the one of PAR is spent.
        const spent = t.rp(), assertion = spent.assertion();
        spent.prepare();
        await spent.push(spent.sent, { auth: { assertion } });
        const again = await spent.post(par(t), spent.sent, { dpop: false, auth: { assertion } });
        t.warn([400, 401].includes(again.status), "an assertion was accepted twice");
    },
    "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails": assertionFails("token", (t, at) => ({ claims: { iat: at - 360, nbf: at - 360, exp: at - 300 } })),
    "ensure-client-assertion-with-wrong-aud-fails": assertionFails("token", () => ({ claims: { aud: "https://elsewhere.example" } })),
    "ensure-client-assertion-with-no-sub-fails": assertionFails("token", () => ({ claims: { sub: null } })),
    "ensure-signed-client-assertion-with-RS256-fails": async (t) => {
        if (!t.has("rsa")) t.skip("no client with an RSA key is configured");
        await t.rp("rsa").signIn();
        const rp = t.rp("rsa");
        refusal(t, await rp.tryCode(await rp.authorize(), { auth: { header: { alg: "RS256" } } }), [400, 401], NO_CLIENT);
        if (t.has("rsa_bare")) { // registered without alg: what was not said must not be RS256
            const bare = t.rp("rsa_bare");
            bare.prepare();
            await bare.pushFails(bare.sent, { auth: { header: { alg: "RS256" } } }, NO_CLIENT, [400, 401]);
        }
        const none = t.rp();
        none.prepare();
        await none.pushFails(none.sent, { auth: { header: { alg: "none" } } }, NO_CLIENT, [400, 401]);
        const mac = t.rp();
        mac.prepare();
        const pem = t.world.client("first").key.privateKey;
        await mac.pushFails(mac.sent, { auth: { header: { alg: "HS256" }, key: { privateKey: (await import("node:crypto")).createPublicKey(pem).export({ type: "spki", format: "pem" }) } } }, NO_CLIENT, [400, 401]);
    },
    "dpop-negative-tests": async (t) => {
        const rp = await t.rp().signIn();
        await tryProofs(t, rp, { name: "userinfo", url: t.meta.userinfo_endpoint, token: rp.got.access_token });
        // RS256 with the very key that the token is bound to.
        if (t.meta.dpop_signing_alg_values_supported?.includes("PS256")) {
            const rsa = t.rp();
            rsa.key = await newKey("PS256");
            await rsa.signIn();
            await rsa.userinfo();
            resourceRefusal(t, await rsa.resource(t.meta.userinfo_endpoint, { dpop: { header: { alg: "RS256" } } }), "alg RS256");
        }
        for (const resource of t.world.config.resources ?? []) {
            const system = t.rp(resource.client);
            const got = jsonAnswer(t, await system.post(t.meta.token_endpoint, { grant_type: "client_credentials", scope: resource.scope }));
            t.need(got.access_token !== undefined, `${resource.name}: no token: ${got.error}`);
            await tryProofs(t, system, { ...resource, token: got.access_token });
        }
    },
    "refresh-token": async (t) => {
        const rp = await refreshToken(t), token = rp.got.refresh_token, before = rp.claims;
        const got = rp.tokens(await rp.tryRefresh(token));
        if (got.id_token) {
            const claims = await rp.idToken(got.id_token, got.access_token, { refreshed: true });
            t.check(claims.sub === before.sub && claims.iss === before.iss, "another sub");
        }
        rp.got = got;
        await rp.userinfo();
        refusal(t, await rp.tryRefresh(token, { auth: false, change: { client_id: rp.client.client_id } }), [400, 401], NO_CLIENT);
        refusal(t, await rp.tryRefresh(token, { dpop: false }), [400, 401], NO_PROOF);
        refusal(t, await t.rp("second").tryRefresh(token), [400], ["invalid_grant"]);
        // FAPI 2.0 5.3.2.1: if it was replaced at all, a client that missed the answer must not be locked out.
        await sleep((t.world.config.refresh_again_s ?? 30) * 1000);
        rp.got = rp.tokens(await rp.tryRefresh(token));
        await rp.userinfo();
    },
    "par-attempt-reuse-request_uri": async (t) => {
        const rp = t.rp();
        const url = await rp.ask();
        rp.code(await rp.send(url));
        frontRefuses(t, rp, await rp.send(url), ["invalid_request_uri", "invalid_request"], "a request_uri that was used");
        const other = t.rp("first");
        other.sent = rp.sent;
        frontRefuses(t, other, await other.send(url), ["invalid_request_uri", "invalid_request"], "a used request_uri in another browser");
    },
    "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds": async (t) => {
        const rp = t.rp();
        const url = await rp.ask();
        await rp.browser.visit(url); // the page is loaded, left, and loaded again
        await t.browser().visit(url); // something looks at the link first
        await rp.redeem(rp.code(await rp.send(url)));
    },
    "par-attempt-to-use-expired-request_uri": async (t) => {
        const rp = t.rp();
        const url = await rp.ask();
        t.check(rp.pushed.expires_in < 600, `expires_in is ${rp.pushed.expires_in}`);
        if (rp.pushed.expires_in > 120) t.skip(`a request_uri lives ${rp.pushed.expires_in} s: too long to wait`);
        await sleep((rp.pushed.expires_in + 2) * 1000);
        frontRefuses(t, rp, await rp.send(url), ["invalid_request_uri", "invalid_request"], "a request_uri that has expired");
    },
    "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted": async (t) => {
        const rp = t.rp();
        rp.prepare();
        await rp.push(rp.sent, { auth: { claims: { nbf: now() + 8, iat: now() + 8 } } });
    },
    "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails": assertionFails("par", (t, at) => ({ claims: { nbf: at + 70, iat: at + 70, exp: at + 130 } })),
    "par-attempt-to-use-request_uri-for-different-client": async (t) => {
        const rp = t.rp();
        await rp.ask();
        const { client_id, redirect_uri } = t.world.client("second");
        const back = await rp.send(rp.frontUrl({ client_id, request_uri: rp.pushed.request_uri }), { stop: [redirect_uri, rp.client.redirect_uri] });
        frontRefuses(t, rp, back, ["invalid_request", "invalid_request_uri", "invalid_client", "unauthorized_client"], "another client's request_uri");
    },
    "par-authorization-request-containing-request_uri-form-param": async (t) => {
        const rp = t.rp();
        await rp.ask();
        await rp.pushFails({ ...rp.prepare(), request_uri: rp.pushed.request_uri }, {}, ["invalid_request", "invalid_request_object"]);
    },
    "par-attempt-invalid-http-method": async (t) => {
        const rp = t.rp();
        for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
            const form = { ...rp.prepare() };
            await rp.authenticate(form, {});
            const answer = method === "GET" ? await call(`${par(t)}?${new URLSearchParams(form)}`) : await call(par(t), { method, form });
            answerOf(t, answer);
            t.check(answer.status >= 400 && answer.status < 500, `${answer.brief}: expected 405`);
            t.check(answer.json?.request_uri === undefined, `${method}: a request_uri was made`);
        }
    },
    "par-ensure-pkce-required": parRefuses({ code_challenge: null, code_challenge_method: null }, ["invalid_request"]),
    "ensure-pkce-code-verifier-required": async (t) => {
        const rp = t.rp();
        refusal(t, await rp.tryCode(await rp.authorize(), { form: { code_verifier: null } }), [400], ["invalid_grant", "invalid_request"]);
    },
    "incorrect-pkce-code-verifier-rejected": async (t) => {
        const rp = t.rp();
        refusal(t, await rp.tryCode(await rp.authorize(), { form: { code_verifier: random(32) } }), [400], ["invalid_grant"]);
    },
    "par-plain-pkce-rejected": async (t) => {
        const verifier = random(32);
        await parRefuses({ code_challenge: verifier, code_challenge_method: "plain" }, ["invalid_request"])(t);
        await parRefuses({ code_challenge: verifier, code_challenge_method: null }, ["invalid_request"])(t);
    },
    "par-without-duplicate-parameters": async (t) => {
        const rp = t.rp();
        const url = await rp.ask();
        t.check([...new URL(url).searchParams.keys()].sort().join() === "client_id,request_uri", "the runner sends more");
        await rp.redeem(rp.code(await rp.send(url)));
        await rp.userinfo();
        // RFC 6749 3.1: a parameter that comes twice is refused where it is read.
        const twice = t.rp();
        twice.prepare();
        const answer = await twice.post(par(t), twice.sent, { dpop: false, pairs: (form) => [...Object.entries(form), ["scope", form.scope]] });
        refusal(t, answer, [400], ["invalid_request"]);
    },
    "par-test-array-as-audience-fails": assertionFails("par", (t) => ({ claims: { aud: [t.meta.issuer, t.meta.token_endpoint] } })),
    "par-test-par-endpoint-url-as-audience-fails": assertionFails("par", (t) => ({ claims: { aud: par(t) } })),
    "par-test-token-endpoint-url-as-audience-fails": assertionFails("par", (t) => ({ claims: { aud: t.meta.token_endpoint } })),
};

const PREFIX = "fapi2-security-profile-final-";
const named = (name) => PREFIX + name;
export const modules = Object.fromEntries(Object.entries(all).map(([name, module]) => [named(name), module]));
export const slow = ["ensure-token-endpoint-fails-with-expired-auth-code", "par-attempt-to-use-expired-request_uri", "refresh-token"].map(named);
