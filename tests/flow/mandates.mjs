// Acting for a firm: the register's word, a mandate given, accepted, used in a token and to pay, and
// ended while it is in use: the refresh is refused, the access token is dead, the portal is told.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { api, Browser, call, dossier, form, here, motcua, until } from "../fault/stage.mjs";

const FIRM = "9900000016", FIRM_NAME = "Công ty TNHH Thử Nghiệm Một";
const THU = "001087123456", THU_NAME = "Nguyễn Văn Thử";

const heard = [];
const ear = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => { heard.push({ url: request.url, token: new URLSearchParams(body).get("logout_token") }); response.writeHead(200).end(); });
});
await new Promise((resolve) => ear.listen(0, "127.0.0.1", resolve));
const portal = `http://127.0.0.1:${ear.address().port}`;
const secret = randomBytes(24).toString("base64url");
writeFileSync(`${process.env.STACK}/secrets/rp`, secret, { mode: 0o600 });
for (const id of ["portal-firms", "portal-other"])
    motcua("client", "add", id, "--profile", "oidc", "--acting", "may", "--redirect", `${portal}/${id}/callback`, "--grants", "authorization_code refresh_token",
        "--scopes", "openid profile vn_id authority representee_list", "--secret-file", `${process.env.STACK}/secrets/rp`,
        "--backchannel-logout", `${portal}/${id}/logout`);
await until(async () => (await call(`${here}/authorize?client_id=portal-other`)).text.includes("redirect_uri"), 5000);
const keys = createRemoteJWKSet(new URL(`${here}/jwks`));

const field = (page, name) => page.text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1].replaceAll("&amp;", "&");
// Sends the form of a page of ours.
async function send(browser, from, to, fields) {
    const page = await browser.visit(here + from);
    assert.equal(page.status, 200, `${from}: ${page.status} ${page.text.slice(-1200)}`);
    return browser.visit(here + to, form({ csrf: field(page, "csrf"), ...fields }));
}
const claim = (browser, code) => send(browser, "/me/organisations", "/me/organisations", { code });

// The register of this installation tells names only: that is not enough by itself.
const thu = await new Browser().signIn("thu"), dai = await new Browser().signIn("daidien");
assert.equal((await claim(thu, FIRM)).status, 403, "not among the representatives");
assert.equal((await claim(dai, FIRM)).status, 403, "a namesake might say so too");
assert.equal((await claim(dai, "9900000017")).status, 400, "no tax code");
await new Browser().signIn("congty"); // VNeID: that account of the firm is the same person's
const claimed = await claim(dai, FIRM);
assert.equal(claimed.next, `${here}/me/organisations?told=claimed`, claimed.text);
const mine = await dai.visit(claimed.next);
assert.ok(mine.text.includes(FIRM_NAME) && mine.text.includes(FIRM));
const organisation = mine.text.match(/\/me\/mandates\/new\?organisation=([^"]*)"/)[1];

// The form: nothing pre-ticked, mistakes are told beside what was typed.
const blank = `/me/mandates/new?organisation=${organisation}`;
assert.ok(!/ checked/.test((await dai.visit(here + blank)).text), "nothing is pre-ticked");
assert.equal((await thu.visit(here + blank)).status, 403, "not thu's to give");
const good = { organisation, number: THU, name: THU_NAME, sign_in: "yes", pay: "yes", limit: "100.000", from: "01/11/2026", until: "31/12/2027", functions: "" };
const give = (fields) => send(dai, blank, "/me/mandates", { ...good, ...fields });
for (const [wrong, part] of [[{ number: "079080000296" }, "của chính bạn"], [{ until: "31/12/2019" }, "Ngày kết thúc"], [{ limit: "nhiều" }, "Hạn mức phải"], [{ sign_in: "", pay: "" }, "ít nhất một phạm vi"]]) {
    const answer = await give(wrong);
    assert.equal(answer.status, 400, JSON.stringify(wrong));
    assert.ok(answer.text.includes(part), part);
    assert.ok(answer.text.includes(`value="${THU_NAME}"`), "what was typed stays");
    assert.equal(answer.text.match(/<p class="wrong" id="wrong">([^<]*)/)?.[1].includes(part), true, "it stands at the field");
    assert.match(answer.text, wrong.pay === "" ? /<fieldset aria-describedby="wrong">/ : new RegExp(`id="${Object.keys(wrong)[0]}"[^>]*aria-invalid="true"`));
}
assert.equal((await give({})).next, `${here}/me/mandates?told=given`);
assert.ok((await dai.visit(`${here}/me/mandates`)).text.includes("Chờ người nhận"));

// Before it is accepted there is no choice; a stranger does not even see it.
const address = (id, more) => `${here}/authorize?${new URLSearchParams({ client_id: id, redirect_uri: `${portal}/${id}/callback`, response_type: "code", scope: "openid profile vn_id authority representee_list", state: "s", nonce: "n", ...more })}`;
const choice = async (browser, id, more) => browser.follow(await browser.visit(address(id, more)));
assert.ok(!(await choice(thu, "portal-firms")).text.includes(FIRM_NAME));
const stranger = await new Browser().signIn("sai");
assert.ok((await choice(stranger, "portal-firms")).url.startsWith(`${portal}/portal-firms/callback?code=`), "who has no choice is not asked");
const account = await choice(await new Browser().signIn("congty"), "portal-firms");
assert.ok(account.text.includes(FIRM_NAME) && !account.text.includes('value="oneself"') && / checked/.test(account.text), "a firm's account is the firm's");
assert.ok(!(await stranger.visit(`${here}/me/mandates`)).text.includes(FIRM_NAME));
const received = await thu.visit(`${here}/me/mandates`);
const id = received.text.match(/\/me\/mandates\/(mnd_[^/"]*)\/answer/)[1];
assert.equal((await send(stranger, "/me/mandates", `/me/mandates/${id}/answer`, { answer: "accept" })).status, 404, "meant for somebody else");
assert.equal((await send(thu, "/me/mandates", `/me/mandates/${id}/answer`, { answer: "accept" })).next, `${here}/me/mandates?told=accepted`);

// Signing in to a portal: for whom is asked, nothing is chosen beforehand.
async function signIn(browser, client, whom) {
    const code_verifier = randomBytes(32).toString("base64url");
    const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
    const page = await choice(browser, client, { code_challenge, code_challenge_method: "S256" });
    assert.equal(page.status, 200, page.text);
    assert.ok(!/ checked/.test(page.text), "nothing is chosen beforehand");
    assert.ok(page.text.indexOf('value="oneself"') < page.text.indexOf(`value="${organisation}"`), "oneself comes first");
    const answer = await browser.visit(`${here}/act`, form({ csrf: field(page, "csrf"), id: field(page, "id"), whom }));
    assert.ok(answer.next?.startsWith(`${portal}/${client}/callback`), `${answer.status} ${answer.text}`);
    const code = new URL(answer.next).searchParams.get("code");
    const tokens = await call(`${here}/token`, form({ grant_type: "authorization_code", code, redirect_uri: `${portal}/${client}/callback`, client_id: client, client_secret: secret, code_verifier }));
    assert.equal(tokens.status, 200, tokens.text);
    const body = JSON.parse(tokens.text);
    return { ...body, client, claims: (await jwtVerify(body.id_token, keys, { issuer: here, audience: client })).payload };
}
const userinfo = async (tokens) => call(`${here}/userinfo`, { headers: { Authorization: `Bearer ${tokens.access_token}` } });
const refresh = async (tokens) => call(`${here}/token`, form({ grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: tokens.client, client_secret: secret }));

const own = await signIn(thu, "portal-other", "oneself");
const acting = await signIn(thu, "portal-firms", organisation);
assert.equal(own.claims.act, undefined);
assert.equal(acting.claims.sub_type, "organisation");
assert.deepEqual([acting.claims.vn_account_level, acting.claims.act.vn_account_level, acting.claims.act.role], ["org", "02", "authorised"]);
assert.notEqual(acting.claims.sub, acting.claims.act.sub);
assert.ok(!JSON.stringify(acting.claims).includes(FIRM) && !JSON.stringify(acting.claims).includes(THU_NAME), "an ID token says no more than it must");
const told = JSON.parse((await userinfo(acting)).text);
assert.deepEqual([told.sub, told.org.tax_code, told.org.name, told.act.name, told.name], [acting.claims.sub, FIRM, FIRM_NAME, THU_NAME, FIRM_NAME]);
const { permission, granted_by } = told.verified_claims.claims.authority;
assert.deepEqual([permission[0].role, permission[0].budget, granted_by.method], ["authorised", { value: 100000, currency: "VND" }, "delegated"]);
assert.deepEqual(told.representee_list, { status: "CURRENT", list: [{ sub: acting.claims.sub, type: "organisation", name: FIRM_NAME }] });
assert.equal((await refresh(acting)).status, 200);
const other = await signIn(dai, "portal-firms", organisation);
assert.deepEqual([other.claims.sub, other.claims.act.role], [acting.claims.sub, "legal_representative"], "one firm, whoever acts");

// The firm's bills: within the limit she pays, above it she reads why not; a stranger sees neither.
async function bill(more) {
    const body = { ...dossier(), payer: { name: FIRM_NAME, id: FIRM }, ...more };
    const answer = await api("POST", "/v1/payments", body, body.reference);
    assert.equal(answer.status, 201, answer.text);
    return { bill: answer.body.next_url, total: answer.body.total_vnd };
}
const small = await bill({ items: [{ fee: "land_change", quantity: 1 }] });
const large = await bill({ items: [{ fee: "land_appraisal", quantity: 1, base_vnd: 850000000000 }] });
assert.ok(small.total <= 100000 && large.total > 100000, `${small.total} ${large.total}`);
const asked = await api("POST", "/v1/payments", { ...dossier(), reference: "H56.20-261123-7001", subject_token: acting.access_token, items: [{ fee: "land_change", quantity: 1 }] }, "acting");
assert.equal(asked.status, 201, asked.text);
const hers = { bill: asked.body.next_url };
const sees = async (browser, b) => browser.follow(await browser.visit(b.bill));
const fits = await sees(thu, small);
assert.ok(fits.text.includes(FIRM_NAME) && fits.text.includes("/start\""), fits.text.slice(-1500));
const start = (page, b) => thu.visit(`${b.bill}/start`, form({ csrf: field(page, "csrf"), channel: "portal" }));
const over = await sees(thu, large);
assert.ok(over.text.includes("vượt hạn mức") && !over.text.includes("/start\""), over.text.slice(-1500));
assert.equal((await start(over, large)).status, 403, "the server says so too");
assert.ok([303, 302].includes((await start(fits, small)).status));
assert.equal((await sees(stranger, small)).status, 403);
assert.ok((await sees(thu, hers)).text.includes(FIRM_NAME), "asked for by her, owed by the firm");
assert.equal((await sees(stranger, hers)).status, 403);
assert.ok((await sees(dai, large)).text.includes("/start\""), "the representative has no limit");

// Ended while in use.
heard.length = 0;
assert.equal((await send(dai, "/me/mandates", `/me/mandates/${id}/revoke`, {})).next, `${here}/me/mandates?told=revoked`);
const refused = await refresh(acting);
assert.deepEqual([refused.status, JSON.parse(refused.text).error], [400, "invalid_grant"]);
assert.equal((await userinfo(acting)).status, 401, "the access token ends at once");
assert.ok(await until(() => heard.length > 0, 8000, 20), "the portal is told");
const { payload } = await jwtVerify(heard[0].token, keys, { issuer: here, audience: "portal-firms", typ: "logout+jwt" });
assert.equal(payload.sub, acting.claims.sub);
assert.equal((await userinfo(own)).status, 200, "what she does for herself goes on");
assert.equal((await refresh(own)).status, 200);
assert.equal((await userinfo(other)).status, 200, "so does what the representative does");
assert.equal((await refresh(other)).status, 200);
assert.equal((await sees(thu, small)).status, 403, "the firm's bills are closed to her");
assert.equal((await sees(thu, hers)).status, 403, "also the one that she asked for");
assert.ok(!(await choice(thu, "portal-firms")).text.includes(FIRM_NAME));
assert.ok((await thu.visit(`${here}/me/mandates`)).text.includes("Đã chấm dứt"));
assert.deepEqual(heard.map((h) => h.url).filter((url) => url.includes("logout")), ["/portal-firms/logout"], "once, and nobody else");

// By an officer, in another process: the running service finishes it.
assert.equal((await give({})).next, `${here}/me/mandates?told=given`);
const second = (await thu.visit(`${here}/me/mandates`)).text.match(/\/me\/mandates\/(mnd_[^/"]*)\/answer/)[1];
await send(thu, "/me/mandates", `/me/mandates/${second}/answer`, { answer: "accept" });
const again = await signIn(thu, "portal-firms", organisation);
const listed = motcua("mandate", "list");
assert.ok(listed.includes(`${second} | accepted`) && listed.includes(`${id} | revoked`) && !listed.includes(THU_NAME), listed);
motcua("mandate", "revoke", second);
assert.match(motcua("mandate", "show", second), /revoked by staff/);
assert.equal((await refresh(again)).status, 400);
assert.ok(await until(async () => (await userinfo(again)).status === 401, 8000), "its access token, too");
assert.match(motcua("audit", "verify"), /\d/);
ear.close();
console.log("mandates: given, accepted, used, ended");
