// ciba.mjs - OpenID Connect Client-Initiated Backchannel Authentication Core 1.0, poll and ping: a counter asks, the
// person answers on a telephone. Named after the modules of the certification plan for FAPI-CIBA where it has the question.
import { createServer } from "node:http";
import { jsonAnswer, refusal, unguessable } from "./core/checks.mjs";
import { links } from "./core/browser.mjs";
import { sleep } from "./core/http.mjs";
import { random } from "./core/jwt.mjs";
import { answerAt, pending, pollUntil, tokenRefused } from "./remote.mjs";

const GRANT = "urn:openid:params:grant-type:ciba";
const WAIT_MS = 20000;
const form = (auth_req_id) => ({ grant_type: GRANT, auth_req_id });
const ask = (t, rp, fields = {}, how = {}) => rp.post(t.meta.backchannel_authentication_endpoint, {
    scope: "openid", login_hint: t.world.config.ciba.login_hint, binding_message: `Q7 ${random(3).replace(/\W/g, "x")}`, ...fields,
}, { dpop: false, ...how });

// 7.3: what the counter is told. Only who has been here can be asked.
async function start(t, rp, fields) {
    await answerAt(t, rp.browser, t.world.config.ciba.requests, { stay: true });
    const answer = await ask(t, rp, fields), body = jsonAnswer(t, answer);
    t.need(answer.status === 200, `${answer.brief}: expected 200`);
    t.check(/no-store/.test(answer.header("cache-control") ?? ""), "the answer may be cached");
    unguessable(t, "auth_req_id", body.auth_req_id);
    t.check(/^[A-Za-z0-9._-]+$/.test(body.auth_req_id), `auth_req_id ${body.auth_req_id}`);
    t.check(Number.isInteger(body.expires_in) && body.expires_in > 0, `expires_in ${body.expires_in}`);
    t.check(body.interval === undefined || (Number.isInteger(body.interval) && body.interval > 0), `interval ${body.interval}`);
    return { interval: 5, ...body };
}
// The person opens what waits for them, and answers the request with these words.
async function answerRequest(t, browser, words, intent) {
    const list = await answerAt(t, browser, t.world.config.ciba.requests, { stay: true });
    for (const to of links(list.text, list.url).filter((one) => new URL(one).pathname === t.world.config.ciba.approval)) {
        const page = await browser.visit(to);
        if (page.text.includes(words)) return answerAt(t, browser, to, intent);
    }
    t.need(false, "the request is not among those that wait for the person");
}
async function tokens(t, rp, answer) {
    rp.sent = {};
    rp.got = rp.tokens(answer);
    t.need(typeof rp.got.id_token === "string", "no id_token");
    rp.claims = await rp.idToken(rp.got.id_token, rp.got.access_token);
    t.check(rp.claims["urn:openid:params:jwt:claim:auth_req_id"] === undefined, "ID token: auth_req_id is for push only");
    await rp.userinfo();
}
async function listen(uri) {
    const at = new URL(uri), calls = [];
    const server = createServer((request, response) => {
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => {
            calls.push({ method: request.method, url: request.url, type: request.headers["content-type"] ?? "", authorization: request.headers.authorization, body: Buffer.concat(parts).toString() });
            response.writeHead(204).end();
        });
    });
    await new Promise((resolve, reject) => server.once("error", reject).listen(Number(at.port), at.hostname, resolve));
    return { calls, close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections?.(); }) };
}
const refused = (fields, errors, role = "counter") => async (t) => {
    refusal(t, await ask(t, t.rp(role), fields), [400], errors);
};
export const slow = ["fapi-ciba-id1-auth-req-id-expired"];
const words = () => `Q${random(6).replace(/\W/g, "x")}`;

export const modules = {
    "fapi-ciba-id1-discovery-end-point-verification": async (t) => {
        t.check(new URL(t.meta.backchannel_authentication_endpoint).protocol === "https:", "backchannel_authentication_endpoint");
        t.check(t.meta.grant_types_supported?.includes(GRANT), "grant_types_supported lacks the grant");
        const modes = t.meta.backchannel_token_delivery_modes_supported;
        t.need(Array.isArray(modes) && modes.includes("poll"), `backchannel_token_delivery_modes_supported ${JSON.stringify(modes)}`);
        t.check(!modes.includes("push"), "push, which FAPI-CIBA forbids, is offered");
    },
    "fapi-ciba-id1": async (t) => {
        const rp = t.rp("counter"), said = words(), body = await start(t, rp, { binding_message: said });
        await pending(t, rp, form(body.auth_req_id));
        await answerRequest(t, rp.browser, said);
        await tokens(t, rp, await pollUntil(t, rp, form(body.auth_req_id), body.interval));
    },
    "fapi-ciba-id1-user-rejects-authentication": async (t) => {
        const rp = t.rp("counter"), said = words(), body = await start(t, rp, { binding_message: said });
        await answerRequest(t, rp.browser, said, { reject: "answer" });
        refusal(t, await pollUntil(t, rp, form(body.auth_req_id), body.interval), [400, 403], ["access_denied"]);
    },
    "fapi-ciba-id1-multiple-call-to-token-endpoint": async (t) => {
        const rp = t.rp("counter"), body = await start(t, rp);
        await pending(t, rp, form(body.auth_req_id));
        await tokenRefused(t, rp, form(body.auth_req_id), ["slow_down"]);
    },
    "fapi-ciba-id1-ensure-auth-req-id-is-used-once": async (t) => {
        const rp = t.rp("counter"), said = words(), body = await start(t, rp, { binding_message: said });
        await answerRequest(t, rp.browser, said);
        await tokens(t, rp, await pollUntil(t, rp, form(body.auth_req_id), body.interval));
        await tokenRefused(t, rp, form(body.auth_req_id), ["invalid_grant"]);
    },
    "fapi-ciba-id1-auth-req-id-expired": async (t) => {
        const rp = t.rp("counter"), least = t.world.config.ciba.expiry_least_s ?? 1;
        const body = await start(t, rp, { requested_expiry: String(least) });
        t.check(body.expires_in <= least, `expires_in is ${body.expires_in}, asked for was ${least}`);
        await sleep((body.expires_in + 1) * 1000);
        await tokenRefused(t, rp, form(body.auth_req_id), ["expired_token"]);
    },
    "fapi-ciba-id1-ensure-wrong-client-id-in-token-endpoint-request": async (t) => {
        const rp = t.rp("counter"), body = await start(t, rp);
        await tokenRefused(t, t.rp("counter2"), form(body.auth_req_id), ["invalid_grant"]);
        await pending(t, rp, form(body.auth_req_id));
    },
    "fapi-ciba-id1-ensure-auth-req-id-is-none": async (t) => {
        await tokenRefused(t, t.rp("counter"), form(random(32)), ["invalid_grant"]);
        await tokenRefused(t, t.rp("counter"), { grant_type: GRANT }, ["invalid_request"]);
    },
    "fapi-ciba-id1-ensure-client-assertion-in-backchannel-authorization-request": async (t) => {
        refusal(t, await ask(t, t.rp("counter"), {}, { auth: false }), [400, 401], ["invalid_client", "invalid_request"]);
        refusal(t, await ask(t, t.rp("counter"), {}, { auth: { claims: { aud: "https://elsewhere.example" } } }), [400, 401], ["invalid_client"]);
    },
    "fapi-ciba-id1-ensure-no-hint-fails": refused({ login_hint: undefined }, ["invalid_request"]),
    "fapi-ciba-id1-ensure-two-hints-fail": refused({ login_hint_token: "x" }, ["invalid_request"]),
    "fapi-ciba-id1-ensure-unknown-person-fails": refused({ login_hint: "079200000002" }, ["unknown_user_id"]),
    "fapi-ciba-id1-ensure-scope-without-openid-fails": refused({ scope: "profile" }, ["invalid_scope", "invalid_request"]),
    "fapi-ciba-id1-ensure-binding-message-that-cannot-be-shown-fails": refused({ binding_message: "x".repeat(2000) }, ["invalid_binding_message"]),
    "fapi-ciba-id1-ensure-requested-expiry-that-is-no-number-fails": refused({ requested_expiry: "soon" }, ["invalid_request"]),
    "fapi-ciba-id1-ensure-client-that-may-not-fails": refused({}, ["unauthorized_client"], "kiosk"),
    "fapi-ciba-id1-ping-without-notification-token-fails": refused({}, ["invalid_request"], "pinged"),
    "fapi-ciba-id1-ping": async (t) => {
        const rp = t.rp("pinged"), said = words(), client_notification_token = random(32);
        const { backchannel_client_notification_endpoint: uri } = rp.client;
        const ear = await listen(uri);
        try {
            const body = await start(t, rp, { binding_message: said, client_notification_token });
            await answerRequest(t, rp.browser, said);
            for (const end = Date.now() + WAIT_MS; Date.now() < end && ear.calls.length === 0;) await sleep(50);
            t.need(ear.calls.length > 0, `nobody pinged in ${WAIT_MS / 1000} s`);
            const [ping] = ear.calls;
            t.check(ping.method === "POST" && ping.url === new URL(uri).pathname, `${ping.method} ${ping.url}`);
            t.check(ping.authorization === `Bearer ${client_notification_token}`, "the ping lacks the token that was given for it");
            t.check(/^application\/json/.test(ping.type), `content type ${ping.type}`);
            t.check(JSON.stringify(JSON.parse(ping.body)) === JSON.stringify({ auth_req_id: body.auth_req_id }), "the ping says more, or less, than auth_req_id");
            await tokens(t, rp, await rp.post(t.meta.token_endpoint, form(body.auth_req_id)));
        } finally {
            await ear.close();
        }
    },
};
