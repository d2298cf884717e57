// Agreement to share (Law 91/2025): asked of the client that must ask, claim by claim, once; and for
// whom somebody acts, at a portal for organisations.
import assert from "node:assert/strict";
import { Browser, form, here, motcua, sleep } from "../fault/stage.mjs";
import * as m from "./machine.mjs";
import { ask, query, settled } from "./pushing.mjs";

const add = (id, ...more) => {
    motcua("client", "add", id, "--profile", "oidc", "--public", "--name-vi", "Cổng thử", "--redirect", `https://${id}.example.vn/cb`,
        "--scopes", "openid profile email", ...more);
    return { id, callback: `https://${id}.example.vn/cb` };
};
const url = (p, more) => `${here}/authorize?${new URLSearchParams(ask(p, more))}`;
const field = (page, name) => page.text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
const p = add("consent-portal", "--consent", "true", "--grants", "authorization_code refresh_token");
const firms = add("acting-portal", "--acting", "may");
const musts = add("acting-must", "--acting", "must");
await settled();
const browser = await new Browser().signIn();
const answer = async (page, word) => browser.visit(`${here}/consent`, form({ csrf: field(page, "csrf"), id: field(page, "id"), answer: word }));
assert.equal(query((await browser.visit(url(p, { prompt: "none" }))).next).error, "consent_required");
const page = await browser.visit(url(p));
assert.equal(page.status, 200);
assert.match(page.text, /Họ và tên/);
assert.match(page.text, /Ngày sinh/);
assert.ok(!/Thư điện tử/.test(page.text), "only what is asked");
assert.ok(!/type="checkbox"|checked/.test(page.text), "nothing is pre-ticked");
assert.equal(page.headers.get("x-frame-options"), "DENY");
const no = await answer(page, "no");
assert.deepEqual([query(no.next).error, query(no.next).state, query(no.next).iss], ["access_denied", "inside", here]);
assert.ok(query((await answer(await browser.visit(url(p)), "yes")).next).code);
assert.ok(query((await browser.visit(url(p))).next).code, "asked once");
assert.ok(query((await browser.visit(url(p, { prompt: "none" }))).next).code);
const more = await browser.visit(url(p, { claims: JSON.stringify({ userinfo: { email: null } }) }));
assert.match(more.text, /Thư điện tử/);
assert.equal((await browser.visit(url(p, { scope: "openid email" }))).status, 200, "more is asked again");

// Taken back: from now on nothing of what was given opens anything, and the person is asked again.
const redeem = (code) => m.post("/token", { grant_type: "authorization_code", client_id: p.id, code, redirect_uri: p.callback, code_verifier: m.verifier });
const refresh = (tokens) => m.post("/token", { grant_type: "refresh_token", client_id: p.id, refresh_token: tokens.json.refresh_token });
const shows = async (tokens) => (await m.userinfo([["Authorization", `Bearer ${tokens.json.access_token}`]])).status;
const code = async () => query((await browser.visit(url(p))).next).code;
const before = await redeem(await code());
assert.equal(before.status, 200, before.text);
assert.equal(await shows(before), 200);
assert.equal((await refresh(before)).status, 200);
const waiting = await code(); // not redeemed yet
const me = await browser.visit(`${here}/me`);
const withdrawal = me.text.match(/<form[^>]*action="(\/me\/consents[^"]*)"[^]*?<\/form>/);
assert.ok(withdrawal, "the page offers to take it back");
const gone = await browser.visit(here + withdrawal[1], form({ csrf: withdrawal[0].match(/name="csrf" value="([^"]*)"/)[1], client: p.id, client_id: p.id }));
assert.equal(gone.status, 303, gone.text);
assert.equal(await shows(before), 401, "the access token");
for (const [what, answer_] of [["the refresh token", await refresh(before)], ["the code", await redeem(waiting)]])
    assert.deepEqual([answer_.status, answer_.json.error], [400, "invalid_grant"], `${what}: ${answer_.text}`);
await sleep(1100); // what is given within the second of the withdrawal counts as given before
const anew = await answer(await browser.visit(url(p)), "yes");
const after = await redeem(query(anew.next).code);
assert.equal(after.status, 200, after.text);
assert.deepEqual([await shows(after), (await refresh(after)).status], [200, 200]);
assert.equal((await refresh(before)).status, 400, "the old one stays worthless");

// A portal for organisations; a citizen without one goes on for oneself, where that is allowed.
assert.ok(query((await browser.visit(url(firms, { prompt: "none" }))).next).code);
const alone = await browser.follow(await browser.visit(url(firms)), 1);
assert.ok(query(alone.next).code, `${alone.status} ${alone.url}`);
const choice = await browser.follow(await browser.visit(url(musts)), 1);
assert.equal(choice.status, 200, choice.text);
assert.match(choice.url, /\/act\?id=/);
assert.ok(!choice.text.includes('value="oneself"'));
const choose = (fields) => browser.visit(`${here}/act`, form({ csrf: field(choice, "csrf"), id: field(choice, "id"), ...fields }));
const other = await new Browser().signIn("mai");
assert.equal((await other.visit(choice.url)).status, 404, "another's question");
assert.equal((await choose({ csrf: "x", whom: "oneself" })).status, 403);
assert.equal((await choose({ whom: "org_unknown" })).status, 403);
assert.equal((await choose({ whom: "oneself" })).status, 403, "for organisations only");
assert.equal(query((await browser.visit(url(musts, { prompt: "none" }))).next).error, "interaction_required");
assert.equal(query((await choose({ refuse: "yes" })).next).error, "access_denied");
assert.equal((await choose({ refuse: "yes" })).status, 404, "answered");
console.log("consent: claim by claim, once; for whom, at portals for organisations");
