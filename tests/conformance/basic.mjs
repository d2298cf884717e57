// basic.mjs - OpenID Connect Core, code flow: what a confidential client with a secret may rely on.
import { errorPage, refusal, scopeClaims } from "./core/checks.mjs";
import { sleep } from "./core/http.mjs";
import { b64, decode, sha256 } from "./core/jwt.mjs";

const unsigned = (claims) => `${b64('{"alg":"none"}')}.${b64(JSON.stringify(claims))}.`;

// Scopes and where their claims are: in userinfo, and nothing of them in the ID token.
const scopes = (...names) => async (t) => {
    const rp = await t.rp().signIn({ scope: ["openid", ...names].join(" ") });
    const claims = await rp.userinfo();
    for (const scope of names) {
        const supported = scopeClaims[scope].filter((name) => t.meta.claims_supported?.includes(name));
        t.check(scopeClaims[scope].some((name) => claims[name] !== undefined), `userinfo has nothing of scope ${scope}`);
        for (const name of supported) t.warn(claims[name] !== undefined, `userinfo lacks ${name} of scope ${scope}, which claims_supported lists`);
        for (const name of scopeClaims[scope]) t.warn(rp.claims[name] === undefined, `the ID token carries ${name} of scope ${scope}`);
    }
    return rp;
};
// A parameter that must do no harm.
const accepted = (params) => async (t) => {
    const rp = await t.rp().signIn(params(t));
    await rp.userinfo();
};

// A request object without signature, or one by address: honoured in full, or refused by name.
async function requestObject(t, outside, how) {
    const rp = t.rp();
    rp.prepare();
    const inside = { ...rp.sent, state: "inside-the-object", nonce: "inside-the-object" };
    const params = { ...rp.sent, ...outside(inside) };
    const back = await rp.send(rp.frontUrl(params));
    if (back.kind === "page" && how.page) return t.check(back.last.status >= 400, `a page with status ${back.last.status}`);
    t.need(back.kind !== "page", `neither honoured nor refused: ${back.last.brief}`);
    const error = new URL(back.url).searchParams.get("error") ?? back.form?.fields.error;
    if (error) {
        rp.error(back, how.errors);
        return undefined;
    }
    t.check(t.meta[how.member] !== false, `${how.member} is false, yet the parameter was honoured`);
    rp.sent = inside;
    await rp.redeem(rp.code(back));
    return undefined;
}

// 6750 3.1: after a code's second use what came of the first must not work any longer.
const reuse = (seconds) => async (t) => {
    const rp = t.rp();
    const code = await rp.authorize();
    await rp.redeem(code);
    await rp.userinfo();
    await sleep(seconds * 1000);
    refusal(t, await rp.tryCode(code), [400], ["invalid_grant"]);
    const after = await rp.resource(t.meta.userinfo_endpoint);
    t.warn([400, 401].includes(after.status), "the access token still works although its code was used twice (RFC 6749 4.1.2)");
    if (rp.got.refresh_token) t.warn((await rp.tryRefresh(rp.got.refresh_token)).status === 400, "the refresh token still works although its code was used twice");
};

// The person must be asked again, and auth_time must say so.
async function asksAgain(t, params) {
    const first = await t.rp().signIn({ max_age: "10000" });
    await sleep(2100);
    const again = await t.rp("first", first.browser).signIn(params);
    t.check(again.back.pages > 0 || again.back.signIns > 0, "the person was not asked");
    t.need(again.claims.auth_time !== undefined && first.claims.auth_time !== undefined, "no auth_time");
    t.check(again.claims.auth_time > first.claims.auth_time, `auth_time ${again.claims.auth_time} is not later than ${first.claims.auth_time}`);
    t.check(again.claims.sub === first.claims.sub, "another sub");
}

export const slow = ["oidcc-codereuse-30seconds", "oidcc-refresh-token"];
export const modules = {
    "oidcc-server": async (t) => {
        const rp = await t.rp().signIn();
        await rp.userinfo();
    },
    "oidcc-response-type-missing": async (t) => {
        const rp = t.rp();
        const back = await rp.send(await rp.ask({ response_type: null }));
        if (back.kind === "page") errorPage(t, back, "response_type is missing");
        else rp.error(back, ["invalid_request", "unsupported_response_type"]);
    },
    "oidcc-idtoken-signature": async (t) => {
        const rp = await t.rp().signIn();
        const { header } = decode(rp.got.id_token);
        t.check(header.alg === "RS256", `the ID token is signed with ${header.alg}`);
        const { keys } = await rp.keys();
        t.check(keys.filter((key) => key.kid === header.kid).length === 1, "its kid is not that of one key");
    },
    "oidcc-idtoken-unsigned": async (t) => {
        if (!t.meta.id_token_signing_alg_values_supported.includes("none")) t.skip("the provider never issues unsigned ID tokens, and says so");
        const rp = await t.rp("unsigned").signIn();
        t.check(decode(rp.got.id_token).header.alg === "none", "registered for none");
    },
    "oidcc-userinfo-get": async (t) => { await (await t.rp().signIn()).userinfo(); },
    "oidcc-userinfo-post-header": async (t) => { await (await t.rp().signIn()).userinfo({ method: "POST", body: "" }); },
    "oidcc-userinfo-post-body": async (t) => {
        const rp = await t.rp().signIn();
        const answer = await rp.resource(t.meta.userinfo_endpoint, { method: "POST", place: "body" });
        t.warn(answer.status === 200 && answer.json?.sub === rp.claims.sub, `userinfo by POST with the token in the body: ${answer.brief}`);
    },
    "oidcc-ensure-request-without-nonce-succeeds-for-code-flow": async (t) => {
        const rp = await t.rp().signIn({ nonce: null });
        t.check(rp.claims.nonce === undefined, "a nonce that nobody sent");
    },
    "oidcc-scope-profile": scopes("profile"),
    "oidcc-scope-email": scopes("email"),
    "oidcc-scope-address": scopes("address"),
    "oidcc-scope-phone": scopes("phone"),
    "oidcc-scope-all": scopes("profile", "email", "address", "phone"),
    // The same request with its scopes and parameters in another order.
    "oidcc-alternate-happy-flow": async (t) => {
        const rp = t.rp();
        rp.prepare({ scope: "email openid" });
        rp.sent = Object.fromEntries(Object.entries(rp.sent).reverse());
        const back = await rp.send(rp.frontUrl(rp.sent));
        await rp.redeem(rp.code(back));
        const claims = await rp.userinfo();
        t.check(claims.email !== undefined, "userinfo lacks email");
    },
    "oidcc-display-page": accepted(() => ({ display: "page" })),
    "oidcc-display-popup": accepted(() => ({ display: "popup" })),
    "oidcc-prompt-login": (t) => asksAgain(t, { prompt: "login" }),
    "oidcc-prompt-none-not-logged-in": async (t) => {
        const rp = t.rp();
        rp.error(await rp.silent(), ["login_required", "interaction_required", "account_selection_required", "consent_required"]);
    },
    "oidcc-prompt-none-logged-in": async (t) => {
        const first = await t.rp().signIn({ max_age: "10000" });
        await sleep(1100);
        const again = t.rp("first", first.browser);
        await again.redeem(again.code(await again.silent({ max_age: "10000" })));
        t.check(again.claims.sub === first.claims.sub, "another sub");
        t.check(again.claims.auth_time === first.claims.auth_time, `auth_time moved from ${first.claims.auth_time} to ${again.claims.auth_time}`);
    },
    "oidcc-max-age-1": (t) => asksAgain(t, { max_age: "1" }),
    "oidcc-max-age-10000": async (t) => {
        const first = await t.rp().signIn({ max_age: "15000" });
        await sleep(1100);
        const again = await t.rp("first", first.browser).signIn({ max_age: "10000" });
        t.check(again.back.signIns === 0, "the person was asked again");
        t.check(again.claims.auth_time === first.claims.auth_time, `auth_time moved from ${first.claims.auth_time} to ${again.claims.auth_time}`);
        t.check(again.claims.sub === first.claims.sub, "another sub");
    },
    "oidcc-ensure-request-with-unknown-parameter-succeeds": accepted(() => ({ extra: "foobar", "x-y.z": "ü 1" })),
    "oidcc-id-token-hint": async (t) => {
        const first = await t.rp().signIn();
        const again = t.rp("first", first.browser);
        await again.redeem(again.code(await again.silent({ id_token_hint: first.got.id_token })));
        t.check(again.claims.sub === first.claims.sub, "another sub than that of the hint");
        // Somebody else sits at the browser: no tokens of theirs (OIDC Core 3.1.2.1).
        if (!t.world.driver.people?.includes("other")) return;
        const other = await t.rp().signIn({}, { intent: { person: "other" } });
        t.check(other.claims.sub !== first.claims.sub, "two people have the same sub");
        const silent = t.rp("first", other.browser);
        silent.error(await silent.silent({ id_token_hint: first.got.id_token }), ["login_required", "interaction_required", "account_selection_required"]);
    },
    "oidcc-login-hint": accepted((t) => ({ login_hint: t.world.config.login_hint ?? "somebody@example.com" })),
    "oidcc-ui-locales": accepted(() => ({ ui_locales: "se en vi" })),
    "oidcc-claims-locales": accepted(() => ({ claims_locales: "se en" })),
    "oidcc-ensure-request-with-acr-values-succeeds": async (t) => {
        const values = (t.meta.acr_values_supported ?? ["1", "2"]).slice(0, 2);
        const rp = await t.rp().signIn({ acr_values: values.join(" ") });
        t.warn(rp.claims.acr !== undefined, "the ID token has no acr although acr_values was sent");
    },
    "oidcc-codereuse": reuse(0),
    "oidcc-codereuse-30seconds": reuse(30),
    "oidcc-ensure-registered-redirect-uri": async (t) => {
        // Whatever begins like the registered one, looks like it, or leaves it out.
        const good = new URL(t.world.client("first").redirect_uri);
        for (const bad of [`${good}/unregistered`, `${good}?x=1`, `${good}/`, `${good.origin}/`, good.href.toUpperCase().replace(/^HTTPS?/, (s) => s.toLowerCase()), `${good}#f`, `https://evil.example${good.pathname}`]) {
            const rp = t.rp();
            const back = await rp.send(await rp.ask({ redirect_uri: bad }), { stop: bad.slice(0, bad.indexOf("/", 9)) });
            errorPage(t, back, `redirect_uri ${bad}`);
        }
    },
    "oidcc-ensure-post-request-succeeds": async (t) => { await (await t.rp().signIn({}, { intent: { post: true } })).userinfo(); },
    "oidcc-server-client-secret-post": async (t) => { await (await t.rp("post").signIn()).userinfo(); },
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": (t) =>
        requestObject(t, () => ({ request_uri: "https://rp.conformance.example/request.jwt" }), { errors: ["request_uri_not_supported"], member: "request_uri_parameter_supported" }),
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": (t) =>
        requestObject(t, (inside) => ({ request: unsigned(inside) }), { errors: ["request_not_supported"], member: "request_parameter_supported" }),
    "oidcc-claims-essential": async (t) => {
        const rp = await t.rp().signIn({ claims: '{"userinfo":{"name":{"essential":true}}}' });
        const claims = await rp.userinfo();
        t.check(claims.name !== undefined, "userinfo lacks name, which was asked for as essential");
        t.check(t.meta.claims_parameter_supported === true, "claims_parameter_supported is not true");
    },
    // The object's redirect_uri counts, not the one beside it, which nobody registered.
    "oidcc-ensure-request-object-with-redirect-uri": (t) =>
        requestObject(t, (inside) => ({ request: unsigned(inside), redirect_uri: `${inside.redirect_uri}/unregistered` }), { errors: ["request_not_supported"], member: "request_parameter_supported", page: true }),
    "oidcc-refresh-token": async (t) => {
        const offline = t.meta.scopes_supported?.includes("offline_access");
        const rp = await t.rp().signIn(offline ? { scope: "openid offline_access", prompt: "consent" } : {});
        const token = rp.got.refresh_token;
        if (!token && !t.meta.grant_types_supported?.includes("refresh_token")) t.skip("the provider issues no refresh tokens, and says so");
        t.need(token !== undefined, "no refresh_token although grant_types_supported has it");
        await sleep(1100);
        const before = rp.claims, first = rp.got;
        const got = rp.tokens(await rp.tryRefresh(token));
        t.check(got.access_token !== first.access_token, "the same access token again");
        if (got.id_token) {
            const claims = await rp.idToken(got.id_token, got.access_token, { refreshed: true });
            t.check(claims.sub === before.sub && claims.iss === before.iss, "another sub");
            t.check(JSON.stringify(claims.aud) === JSON.stringify(before.aud), "another aud");
            t.check(claims.auth_time === before.auth_time, "another auth_time");
            t.check(claims.iat > before.iat, "iat is not that of the refresh");
        }
        rp.got = got;
        await rp.userinfo();
        const latest = got.refresh_token ?? token;
        // Another client has nothing of it (RFC 6749 6).
        refusal(t, await t.rp("second").tryRefresh(latest), [400], ["invalid_grant"]);
        rp.tokens(await rp.tryRefresh(latest));
    },
    "oidcc-ensure-request-with-valid-pkce-succeeds": async (t) => {
        const rp = t.rp();
        rp.prepare();
        Object.assign(rp.sent, { code_challenge: sha256(rp.verifier), code_challenge_method: "S256" });
        const back = await rp.send(rp.frontUrl(rp.sent));
        await rp.redeem(rp.code(back));
        await rp.userinfo();
        // What the test is worth without it: a wrong verifier, and one that nobody promised, open nothing.
        const other = t.rp();
        other.prepare();
        Object.assign(other.sent, { code_challenge: sha256(other.verifier), code_challenge_method: "S256" });
        const code = other.code(await other.send(other.frontUrl(other.sent)));
        refusal(t, await other.tryCode(code, { change: { code_verifier: "x".repeat(43) } }), [400], ["invalid_grant"]);
        const bare = t.rp();
        refusal(t, await bare.tryCode(await bare.authorize(), { change: { code_verifier: "x".repeat(43) } }), [400], ["invalid_grant", "invalid_request"]);
    },
};
