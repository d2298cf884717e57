// dynamic.mjs - OpenID Connect Dynamic Client Registration 1.0 (RFC 7591), and keys that change.
import { answerOf, errorPage, jsonAnswer, publicKeys, refusal } from "./core/checks.mjs";
import { call, sleep } from "./core/http.mjs";
import { decode, newKey, random } from "./core/jwt.mjs";
import { Rp } from "./core/rp.mjs";

const HOST = "https://dynamic.conformance.example";

// Asks to be registered. An initial access token is used where the provider wants one.
async function ask(t, metadata) {
    if (!t.meta.registration_endpoint) t.skip("the provider has no registration_endpoint");
    const { initial_access_token } = t.world.config;
    const headers = { "Content-Type": "application/json" };
    if (initial_access_token) headers.Authorization = `Bearer ${initial_access_token}`;
    const answer = await call(t.meta.registration_endpoint, { method: "POST", headers, body: JSON.stringify({
        redirect_uris: [`${HOST}/${random(6)}`], response_types: ["code"], grant_types: ["authorization_code", "refresh_token"],
        token_endpoint_auth_method: "client_secret_basic", id_token_signed_response_alg: "RS256", scope: "openid profile email", ...t.world.config.registration, ...metadata,
    }) });
    answerOf(t, answer);
    return answer;
}
// A relying party with the registration that came of it.
async function register(t, metadata = {}, more = {}) {
    const answer = await ask(t, metadata), body = jsonAnswer(t, answer);
    t.need(answer.status === 201, `registration: ${answer.brief}: expected 201`);
    t.check(/no-store/.test(answer.header("cache-control") ?? ""), "registration: the answer may be cached");
    t.need(typeof body.client_id === "string", "registration: no client_id");
    if (body.client_secret !== undefined) t.check(Number.isInteger(body.client_secret_expires_at), "registration: client_secret without client_secret_expires_at");
    // RFC 7591 2: members that mean nothing to a provider are left out; the others are said back as they count.
    for (const [name, value] of Object.entries(metadata)) if (body[name] !== undefined || !shownOnly.includes(name)) t.check(JSON.stringify(body[name]) === JSON.stringify(value), `registration: ${name} came back as ${JSON.stringify(body[name])}`);
    t.check(body.registration_access_token === undefined || typeof body.registration_client_uri === "string", "registration: registration_access_token without registration_client_uri");
    return new Rp(t, {
        client_id: body.client_id, client_secret: body.client_secret, auth: body.token_endpoint_auth_method ?? "client_secret_basic",
        redirect_uri: body.redirect_uris[0], id_token_signed_response_alg: body.id_token_signed_response_alg, userinfo_signed_response_alg: body.userinfo_signed_response_alg, registration: body, ...more,
    }, t.browser());
}
const shownOnly = ["logo_uri", "policy_uri", "tos_uri"];
const registers = (metadata) => async (t) => {
    const rp = await register(t, metadata);
    await rp.signIn();
    for (const name of Object.keys(metadata)) if (rp.client.registration[name] === undefined) t.skip(`the provider has no use for ${name}, and says so by leaving it out`);
};
const refused = async (t, metadata, errors) => {
    const answer = await ask(t, metadata), body = jsonAnswer(t, answer);
    t.check(answer.status === 400, `registration: ${answer.brief}: expected 400`);
    t.check(errors.includes(body.error), `registration: error is ${body.error}, expected ${errors.join(" or ")}`);
};

export const slow = ["oidcc-refresh-token-rp-key-rotation"];
export const modules = {
    "oidcc-idtoken-rs256": async (t) => {
        const rp = await (await register(t, { id_token_signed_response_alg: "RS256" })).signIn();
        t.check(decode(rp.got.id_token).header.alg === "RS256", "registered for RS256");
    },
    "oidcc-userinfo-rs256": async (t) => {
        const rp = await (await register(t, { userinfo_signed_response_alg: "RS256" })).signIn();
        await rp.userinfo();
    },
    "oidcc-ensure-redirect-uri-in-authorization-request": async (t) => {
        const rp = await register(t);
        errorPage(t, await rp.send(await rp.ask({ redirect_uri: null }), { stop: HOST }), "redirect_uri is missing");
    },
    "oidcc-redirect-uri-query-OK": async (t) => {
        const rp = await register(t, { redirect_uris: [`${HOST}/with?foo=bar`] });
        const back = await rp.send(await rp.ask());
        t.check(back.kind === "redirect" && new URL(back.url).searchParams.get("foo") === "bar", "the address's own query is lost");
        await rp.redeem(rp.code(back));
    },
    "oidcc-redirect-uri-query-mismatch": async (t) => {
        const rp = await register(t, { redirect_uris: [`${HOST}/with?foo=bar`] });
        errorPage(t, await rp.send(await rp.ask({ redirect_uri: `${HOST}/with?foo=baz` }), { stop: HOST }), "another query");
    },
    "oidcc-redirect-uri-query-added": async (t) => {
        const rp = await register(t, { redirect_uris: [`${HOST}/plain`] });
        errorPage(t, await rp.send(await rp.ask({ redirect_uri: `${HOST}/plain?foo=bar` }), { stop: HOST }), "a query that is not registered");
    },
    "oidcc-redirect-uri-regfrag": (t) => refused(t, { redirect_uris: [`${HOST}/with#fragment`] }, ["invalid_redirect_uri", "invalid_client_metadata"]),
    "oidcc-registration-logo-uri": registers({ logo_uri: `${HOST}/logo.png` }),
    "oidcc-registration-policy-uri": registers({ policy_uri: `${HOST}/policy` }),
    "oidcc-registration-tos-uri": registers({ tos_uri: `${HOST}/tos` }),
    "oidcc-registration-sector-bad": (t) => refused(t, { sector_identifier_uri: "https://sector.conformance.example/none", redirect_uris: [`${HOST}/a`] }, ["invalid_client_metadata"]),
    "oidcc-server-rotate-keys": async (t) => {
        if (!t.world.driver.rotateKeys) t.skip("the driver cannot rotate the provider's keys");
        const rp = await t.rp().signIn();
        const before = await rp.keys();
        publicKeys(t, before);
        await t.world.driver.rotateKeys();
        const fresh = (set) => set.keys.filter((key) => !before.keys.some((old) => old.kid === key.kid));
        let after = await rp.keys();
        for (let i = 0; i < 100 && fresh(after).length === 0; i++) {
            await sleep(100);
            after = await rp.keys();
        }
        publicKeys(t, after);
        t.check(fresh(after).length > 0, "no new key after the rotation");
        for (const { kid } of before.keys) t.warn(after.keys.some((key) => key.kid === kid), `key ${kid} is gone although tokens of it live`);
        // Whoever cached the old set knows the new tokens' key; whoever has an old token can check it still.
        const again = await t.rp().signIn();
        t.warn(before.keys.some((key) => key.kid === decode(again.got.id_token).header.kid), "a key signs that was not published before its use");
        await rp.verify(rp.got.id_token, "an ID token from before the rotation", "RS256");
        await rp.userinfo();
    },
    "oidcc-refresh-token-rp-key-rotation": async (t) => {
        // The client changes its own key (RFC 7592): from then on the new one proves it, and the old one does not.
        const [old, next] = [await newKey("ES256"), await newKey("ES256")];
        const metadata = { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [shown(old)] } };
        const rp = await register(t, metadata, { key: old, auth: "private_key_jwt" });
        await rp.signIn();
        t.need(rp.got.refresh_token !== undefined, "no refresh_token although it is registered for it");
        const { registration_client_uri, registration_access_token } = rp.client.registration;
        if (!registration_client_uri) t.skip("a registration cannot be changed by its client");
        const headers = { "Content-Type": "application/json", Authorization: `Bearer ${registration_access_token}` };
        const now = await call(registration_client_uri, { headers });
        t.need(now.status === 200, `reading the registration: ${now.brief}`);
        const body = { ...now.json, ...metadata, jwks: { keys: [shown(next)] } };
        for (const name of ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"]) delete body[name];
        const changed = await call(registration_client_uri, { method: "PUT", headers, body: JSON.stringify(body) });
        t.need(changed.status === 200, `changing the registration: ${changed.brief}`);
        await sleep(3000); // what other processes remember of the old key
        refusal(t, await rp.tryRefresh(rp.got.refresh_token), [400, 401], ["invalid_client"]);
        rp.client.key = next;
        rp.tokens(await rp.tryRefresh(rp.got.refresh_token));
    },
};
const shown = (key) => ({ ...key.jwk, kid: key.kid, alg: key.alg, use: "sig" });
