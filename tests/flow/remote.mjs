// Kiosks (device authorization) and counters (CIBA, by poll and by ping): a person approves on their
// own telephone what another device asks for.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { Browser } from "../fault/stage.mjs";

const here = process.env.MOTCUA_URL;
const secret = "mot-bi-mat-du-dai-cho-cac-may-thu-nghiem";
const device = "urn:ietf:params:oauth:grant-type:device_code", ciba = "urn:openid:params:grant-type:ciba";
const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${process.env.STACK}/motcua.conf`, ...args], { encoding: "utf8" });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const pings = [];
const listener = createServer((rq, rs) => {
    let body = "";
    rq.on("data", (piece) => (body += piece)).on("end", () => { pings.push({ authorization: rq.headers.authorization, body }); rs.writeHead(204).end(); });
});
await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));

writeFileSync(`${process.env.STACK}/remote.secret`, secret, { mode: 0o600 });
const add = (id, ...more) => motcua("client", "add", id, "--profile", "oidc", "--scopes", "openid profile vn_id", "--secret-file", `${process.env.STACK}/remote.secret`, ...more);
add("kiosk", "--name-vi", "Máy tự phục vụ", "--name-en", "Kiosk of ward 7", "--grants", `${device} refresh_token`);
add("counter", "--name-vi", "Quầy số 7", "--name-en", "Counter 7", "--grants", ciba);
add("pinged", "--name-vi", "Quầy số 8", "--grants", ciba, "--ciba-mode", "ping", "--ciba-notify", `http://127.0.0.1:${listener.address().port}/ping`);
add("portal-only", "--redirect", "https://portal.example.vn/cb");

await sleep(150); // another process has added them

const post = async (path, id, fields) => {
    const answer = await fetch(`${here}${path}`, { method: "POST", body: new URLSearchParams(fields),
        headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` } });
    return { status: answer.status, store: answer.headers.get("cache-control"), ...(await answer.json()) };
};
const poll = (id, grant, value) => post("/token", id, grant === device ? { grant_type: grant, device_code: value } : { grant_type: grant, auth_req_id: value });
const keys = createRemoteJWKSet(new URL(`${here}/jwks`));
const field = (html, name) => html.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];

// A telephone on which somebody signs in when a page needs it.
async function open(browser, url, person) {
    let page = await browser.follow(await browser.visit(url));
    const way = page.text.match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1]?.replaceAll("&amp;", "&");
    if (!way) return page;
    page = await browser.visit(here + way);
    return browser.follow(await browser.visit(`${page.next}&persona=${person}`));
}
async function answer(browser, page, said) {
    return browser.visit(`${here}/approve`, { method: "POST", body: new URLSearchParams({ csrf: field(page.text, "csrf"), id: field(page.text, "id"), answer: said }) });
}

// Whoever tries Basic in vain is asked for Basic, as at every endpoint where clients authenticate.
for (const path of ["/device_authorization", "/bc-authorize"]) {
    const answer = await fetch(here + path, { method: "POST", body: new URLSearchParams({ scope: "openid" }), headers: { Authorization: `Basic ${Buffer.from("kiosk:wrong").toString("base64")}` } });
    assert.equal(answer.status, 401, path);
    assert.equal(answer.headers.get("www-authenticate"), 'Basic realm="motcua"', path);
}

// A kiosk, from the code on its screen to tokens of the person's.
const shown = await post("/device_authorization", "kiosk", { scope: "openid profile" });
assert.equal(shown.status, 200, JSON.stringify(shown));
assert.match(shown.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
assert.ok(shown.device_code.length >= 43 && shown.interval === 5 && shown.expires_in === 600 && shown.verification_uri_complete.includes(shown.user_code));
assert.equal((await poll("kiosk", device, shown.device_code)).error, "authorization_pending");
assert.equal((await poll("kiosk", device, shown.device_code)).error, "slow_down", "asked again at once");
assert.equal((await poll("counter", device, shown.device_code)).error, "unauthorized_client");
const phone = new Browser();
let page = await open(phone, `${here}/device?user_code=${shown.user_code.toLowerCase().replace("-", " ")}`, "thu");
assert.ok(page.text.includes("Máy tự phục vụ"), page.text);
assert.equal((await answer(phone, page, "yes")).status, 200);
await sleep(10500); // 5 s, and 5 s more for having asked too soon
const tokens = await poll("kiosk", device, shown.device_code);
assert.equal(tokens.status, 200, JSON.stringify(tokens));
assert.ok(tokens.store.includes("no-store") && tokens.refresh_token && tokens.token_type === "Bearer");
const { payload } = await jwtVerify(tokens.id_token, keys, { issuer: here, audience: "kiosk" });
const userinfo = async (token) => fetch(`${here}/userinfo`, { headers: { Authorization: `Bearer ${token}` } });
assert.equal((await (await userinfo(tokens.access_token)).json()).sub, payload.sub);
assert.equal((await post("/token", "kiosk", { grant_type: "refresh_token", refresh_token: tokens.refresh_token })).status, 200);

// Leaving the telephone leaves the kiosk signed in.
await phone.visit(`${here}/sign-out`, { method: "POST", body: new URLSearchParams({ csrf: field((await phone.visit(`${here}/`)).text, "csrf") }) });
assert.equal((await userinfo(tokens.access_token)).status, 200);

// The same code again: somebody else has it, so everything is taken back.
assert.equal((await poll("kiosk", device, shown.device_code)).error, "invalid_grant");
assert.equal((await userinfo(tokens.access_token)).status, 401);
assert.equal((await post("/token", "kiosk", { grant_type: "refresh_token", refresh_token: tokens.refresh_token })).error, "invalid_grant");

// A kiosk that is refused, and codes that are none.
const second = await post("/device_authorization", "kiosk", { scope: "openid" });
page = await open(phone, `${here}/device`, "thu");
assert.ok(page.text.includes('name="user_code"'));
page = await phone.visit(`${here}/device?user_code=BBBB-BBBB`);
assert.equal(page.status, 400);
page = await phone.follow(await phone.visit(`${here}/device?user_code=${second.user_code}`));
await answer(phone, page, "no");
assert.equal((await poll("kiosk", device, second.device_code)).error, "access_denied");
let refused = 0;
for (let i = 0; i < 12; i++) refused += (await phone.visit(`${here}/device?user_code=BBBB-BBB${"BCDFGHJKLMNP"[i]}`)).status === 429;
assert.ok(refused > 0, "an account may guess only so often");

// A counter: the person of that number, and nobody else, sees the request.
for (const [fields, error] of [
    [{ login_hint: "001087123456" }, "invalid_binding_message"],
    [{ binding_message: "Q7 4821" }, "invalid_request"],
    [{ binding_message: "Q7 4821", login_hint: "001299123456" }, "invalid_request"],
    [{ binding_message: "Q7 4821", login_hint: "079200000002" }, "unknown_user_id"],
    [{ binding_message: "Q7 4821", login_hint: "001087123456", login_hint_token: "x" }, "invalid_request"],
    [{ binding_message: "Q7 4821", login_hint: "001087123456", requested_expiry: "99999" }, "invalid_request"],
    [{ binding_message: "Q7 4821", login_hint: "001087123456", resource: "https://elsewhere.example.vn" }, "invalid_target"],
    [{ binding_message: "Q7 4821", login_hint: "001087123456", scope: "profile" }, "invalid_scope"],
]) assert.equal((await post("/bc-authorize", "counter", { scope: "openid vn_id", ...fields })).error, error, JSON.stringify(fields));
assert.equal((await post("/bc-authorize", "portal-only", { scope: "openid", binding_message: "x", login_hint: "001087123456" })).error, "unauthorized_client");
const asked = await post("/bc-authorize", "counter", { scope: "openid vn_id", binding_message: "Quầy 7: 4821", login_hint: "001087123456", requested_expiry: "120" });
assert.equal(asked.status, 200, JSON.stringify(asked));
assert.equal(asked.expires_in, 120);
assert.equal((await poll("counter", ciba, asked.auth_req_id)).error, "authorization_pending");
const stranger = new Browser();
page = await open(stranger, `${here}/me/requests`, "079301000001");
assert.ok(!page.text.includes("4821"), "asked of somebody else");
const own = new Browser();
page = await open(own, `${here}/me/requests`, "thu");
assert.ok(page.text.includes("Quầy 7: 4821") && page.text.includes("Quầy số 7"));
const link = page.text.match(/\/approve\?id=[\w-]+/)[0];
assert.equal((await stranger.visit(here + link)).status, 404);
page = await own.visit(here + link);
assert.equal((await answer(own, page, "yes")).status, 200);
await sleep(5100);
const known = await poll("counter", ciba, asked.auth_req_id);
assert.equal(known.status, 200, JSON.stringify(known));
assert.equal((await (await userinfo(known.access_token)).json()).SoDinhDanh, "001087123456");

// A counter that is told.
const mine = "ping-token-cua-quay-so-8-du-dai-va-ngau-nhien";
assert.equal((await post("/bc-authorize", "pinged", { scope: "openid", binding_message: "Q8", login_hint: "001087123456" })).error, "invalid_request");
const told = await post("/bc-authorize", "pinged", { scope: "openid", binding_message: "Q8", login_hint: "001087123456", client_notification_token: mine });
assert.equal(told.status, 200, JSON.stringify(told));
page = await own.visit(`${here}/me/requests`);
page = await own.visit(here + page.text.match(/\/approve\?id=[\w-]+/)[0]);
await answer(own, page, "yes");
for (let i = 0; i < 100 && pings.length === 0; i++) await sleep(100);
assert.deepEqual(pings, [{ authorization: `Bearer ${mine}`, body: JSON.stringify({ auth_req_id: told.auth_req_id }) }]);
assert.equal((await poll("pinged", ciba, told.auth_req_id)).status, 200);
listener.close();
console.log("a kiosk, a counter that polls, and one that is told");
