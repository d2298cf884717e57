// device.mjs - the Device Authorization Grant (RFC 8628): a kiosk shows a code, a person answers on a telephone.
// No public certification plan asks these questions; they are those of the RFC, in its order.
import { jsonAnswer, refusal, unguessable } from "./core/checks.mjs";
import { random } from "./core/jwt.mjs";
import { answerAt, pending, pollUntil, tokenRefused } from "./remote.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const form = (device_code) => ({ grant_type: GRANT, device_code });
const ask = (t, rp, fields = {}, how = {}) => rp.post(t.meta.device_authorization_endpoint, { scope: "openid", ...fields }, { dpop: false, ...how });

// 3.2: what the kiosk is told.
async function start(t, rp, fields) {
    const answer = await ask(t, rp, fields), body = jsonAnswer(t, answer);
    t.need(answer.status === 200, `${answer.brief}: expected 200`);
    t.check(/no-store/.test(answer.header("cache-control") ?? ""), "the answer may be cached");
    unguessable(t, "device_code", body.device_code);
    t.check(typeof body.user_code === "string" && body.user_code.replace(/\W/g, "").length >= 8, `user_code ${body.user_code} (6.1: 8 letters of 20 are 34 bits)`);
    t.check(new URL(body.verification_uri).protocol === "https:", `verification_uri ${body.verification_uri}`);
    t.check(!body.verification_uri.includes(body.device_code), "verification_uri holds the device code");
    if (body.verification_uri_complete) t.check(body.verification_uri_complete.includes(body.user_code), "verification_uri_complete lacks the code");
    t.check(Number.isInteger(body.expires_in) && body.expires_in > 0, `expires_in ${body.expires_in}`);
    t.check(body.interval === undefined || (Number.isInteger(body.interval) && body.interval > 0), `interval ${body.interval}`);
    return { interval: 5, ...body };
}
const at = (body, code = body.user_code) => {
    const url = new URL(body.verification_uri);
    url.searchParams.set("user_code", code);
    return url.href;
};
// The ID token of a flow without a browser has no nonce.
async function tokens(t, rp, answer) {
    rp.sent = {};
    rp.got = rp.tokens(answer);
    t.need(typeof rp.got.id_token === "string", "no id_token although openid was asked for");
    rp.claims = await rp.idToken(rp.got.id_token, rp.got.access_token);
    await rp.userinfo();
}

export const modules = {
    "device-discovery": async (t) => {
        t.check(new URL(t.meta.device_authorization_endpoint).protocol === "https:", "device_authorization_endpoint");
        t.check(t.meta.grant_types_supported?.includes(GRANT), "grant_types_supported lacks the grant");
    },
    "device-happy-flow": async (t) => {
        const rp = t.rp("kiosk"), body = await start(t, rp);
        await pending(t, rp, form(body.device_code));
        await answerAt(t, rp.browser, body.verification_uri_complete ?? at(body));
        await tokens(t, rp, await pollUntil(t, rp, form(body.device_code), body.interval));
    },
    "device-user-code-as-people-type-it": async (t) => {
        const rp = t.rp("kiosk"), body = await start(t, rp);
        await answerAt(t, rp.browser, at(body, ` ${body.user_code.toLowerCase().replaceAll("-", " ")} `));
        await tokens(t, rp, await pollUntil(t, rp, form(body.device_code), body.interval));
    },
    "device-refresh-token": async (t) => {
        const rp = t.rp("kiosk"), body = await start(t, rp);
        await answerAt(t, rp.browser, at(body));
        await tokens(t, rp, await pollUntil(t, rp, form(body.device_code), body.interval));
        t.need(rp.got.refresh_token !== undefined, "no refresh_token although the client may have one");
        rp.got = rp.tokens(await rp.tryRefresh(rp.got.refresh_token));
        await rp.userinfo();
    },
    "device-user-rejects": async (t) => {
        const rp = t.rp("kiosk"), body = await start(t, rp);
        await answerAt(t, rp.browser, at(body), { reject: "answer", person: "other" }); // one person may type so many codes only
        refusal(t, await pollUntil(t, rp, form(body.device_code), body.interval), [400], ["access_denied"]);
    },
    "device-slow-down": async (t) => {
        const rp = t.rp("kiosk"), body = await start(t, rp);
        await pending(t, rp, form(body.device_code));
        await tokenRefused(t, rp, form(body.device_code), ["slow_down"]);
    },
    "device-code-used-twice": async (t) => {
        const rp = t.rp("kiosk"), body = await start(t, rp);
        await answerAt(t, rp.browser, at(body));
        await tokens(t, rp, await pollUntil(t, rp, form(body.device_code), body.interval));
        await tokenRefused(t, rp, form(body.device_code), ["invalid_grant"]);
    },
    "device-code-of-another-client": async (t) => {
        const rp = t.rp("kiosk"), body = await start(t, rp);
        await tokenRefused(t, t.rp("kiosk2"), form(body.device_code), ["invalid_grant"]);
        await pending(t, rp, form(body.device_code)); // and its owner has lost nothing
    },
    "device-code-that-is-none": async (t) => {
        await tokenRefused(t, t.rp("kiosk"), form(random(32)), ["invalid_grant"]);
        await tokenRefused(t, t.rp("kiosk"), { grant_type: GRANT }, ["invalid_request"]);
    },
    "device-user-code-that-is-none": async (t) => {
        const rp = t.rp("kiosk"), body = await start(t, rp);
        const back = await rp.browser.walk(at(body, "BBBB-BBBB"));
        t.check(back.kind === "page" && back.last.status >= 400 && back.last.status < 500, `a wrong code was answered ${back.last.brief}`);
        await pending(t, rp, form(body.device_code));
    },
    "device-client-authentication": async (t) => {
        refusal(t, await ask(t, t.rp("kiosk"), {}, { auth: false }), [400, 401], ["invalid_client", "invalid_request"]);
        const rp = t.rp("kiosk"), body = await start(t, rp);
        await answerAt(t, rp.browser, at(body), { person: "other" });
        refusal(t, await rp.post(t.meta.token_endpoint, { ...form(body.device_code), client_id: rp.client.client_id }, { auth: false }), [400, 401], ["invalid_client"]);
        await tokens(t, rp, await pollUntil(t, rp, form(body.device_code), body.interval));
    },
    "device-client-that-may-not": async (t) => {
        refusal(t, await ask(t, t.rp("counter")), [400], ["unauthorized_client"]);
    },
    "device-scope-that-is-none": async (t) => {
        const rp = t.rp("kiosk"), answer = await ask(t, rp, { scope: "openid everything" });
        if (answer.status !== 200) return refusal(t, answer, [400], ["invalid_scope"]);
        await answerAt(t, rp.browser, at(answer.json), { person: "other" });
        await tokens(t, rp, await pollUntil(t, rp, form(answer.json.device_code), answer.json.interval ?? 5));
        t.check(rp.got.scope !== undefined && !rp.got.scope.split(" ").includes("everything"), `scope ${rp.got.scope} (RFC 6749 3.3: it differs, so it is told)`);
    },
};
