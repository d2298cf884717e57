// A day at a desk: a shift is opened, cash is taken with change, once; a transfer's number counts
// once; a payment begun on the telephone is asked about; one-stop systems take by the interface; the
// shift is counted, a difference confirmed by another person, and the cash brought to the bank.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Browser, THU, assertBooks, count, order, state } from "../fault/stage.mjs";
import { decide, hidden, hire, signInOfficer } from "./desk.mjs";

const here = process.env.MOTCUA_URL, stack = process.env.STACK;
const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });

const officer = await signInOfficer();
const treasurer = await hire("thu.quy", "treasurer");
const viewer = await hire("xem", "viewer");
assert.equal((await viewer("/counter")).status, 403, "who only looks collects nothing");

// The shift.
let page = await officer("/counter");
assert.match(page.text, /name="desk"/);
const opening = { csrf: page.csrf, agency: "H56.14", desk: "Quầy 1", float: "200.000" };
assert.notEqual((await officer("/counter", { ...opening, csrf: "x" })).status, 200, "csrf");
assert.equal((await officer("/counter", { ...opening, float: "1,5" })).status, 400);
page = await officer("/counter", opening);
assert.equal(page.status, 200, page.text);
assert.equal((await officer("/counter", { ...opening, desk: "Quầy 2" })).status, 409, "one shift each");
const shift = (await officer("/counter/shift")).url;
assert.match(shift, /^\/counter\/shift\/shf_/);

// Cash: found by what the payer's telephone shows, too little is refused, change is shown first.
const first = await order(THU);
page = await officer(`/counter?q=${encodeURIComponent(first.bill)}`);
assert.equal(page.url, `/counter/orders/${first.id}`);
assert.equal((await officer(`/counter?q=${encodeURIComponent(first.dossier)}`)).url, page.url);
assert.equal((await officer("/counter?q=khong-co")).status, 404);
const received = String(first.total + 22000);
const at = `/counter/orders/${first.id}`;
assert.equal((await officer(at, { csrf: page.csrf, act: "preview", method: "cash", received: String(first.total - 1) })).status, 422);
page = await officer(at, { csrf: page.csrf, act: "preview", method: "cash", received });
assert.match(page.text, /22\.000/);
assert.equal((await state(first)).state, "open", "nothing is taken yet");
const take = { csrf: page.csrf, act: "take", method: "cash", received, due: hidden(page.text, "due"), key: hidden(page.text, "key") };
const [one, two] = await Promise.all([officer(at, take), officer(at, take)]);
assert.equal(one.status, 200, one.text);
assert.equal(two.status, 200, two.text);
assert.equal(count("SELECT count(*) FROM counter_take"), 1, "the same form takes once");
assert.equal((await officer(at, { ...take, key: "other" })).status, 409, "it is paid");
const told = await state(first);
assert.equal(told.state, "paid");
assert.equal(told.DuocThanhToanTrucTuyen, 0);
const receipt = one.text.match(/\/counter\/receipts\/rct_\w+/)[0];
assert.equal((await officer(receipt)).type, "application/pdf");
assert.equal((await viewer(receipt)).status, 403);

// Begun on the telephone: asked about, and taken beside it only when said so.
const second = await order(THU);
await (await new Browser().signIn()).startPaying(second);
page = await officer(`/counter/orders/${second.id}`);
const transfer = { csrf: page.csrf, method: "transfer", received: String(second.total), bank_ref: "FT2632700123" };
page = await officer(`/counter/orders/${second.id}`, { ...transfer, act: "preview" });
assert.equal(hidden(page.text, "beside"), "yes", page.text);
const sure = { ...transfer, act: "take", due: hidden(page.text, "due"), key: hidden(page.text, "key") };
page = await officer(`/counter/orders/${second.id}`, sure);
assert.equal(hidden(page.text, "beside"), "yes", "not without saying so");
assert.equal((await state(second)).state, "open");
page = await officer(`/counter/orders/${second.id}`, { ...sure, beside: "yes" });
assert.equal(page.status, 200, page.text);
assert.equal((await state(second)).state, "paid");

// By the interface.
motcua("client", "add", "quay-mot-cua", "--profile", "oidc", "--name-vi", "Quầy", "--name-en", "Desk", "--scopes", "counter payments:read",
    "--grants", "client_credentials", "--secret-file", `${stack}/secrets/demo_onestop`);
async function system(client_id, scope) {
    const client_secret = readFileSync(`${stack}/secrets/demo_onestop`, "utf8").trim();
    const { access_token } = await (await fetch(`${here}/token`, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret, scope }) })).json();
    return async (body, key) => {
        const answer = await fetch(`${here}/v1/counter-payments`, { method: "POST", body: JSON.stringify(body),
            headers: { Authorization: `Bearer ${access_token}`, "Content-Type": "application/json", ...(key ? { "Idempotency-Key": key } : {}) } });
        return { status: answer.status, replay: answer.headers.get("Idempotent-Replay"), body: await answer.json() };
    };
}
const third = await order(THU);
const ask = { payment_id: third.id, desk: "Quầy 1", method: "cash", received_vnd: third.total + 1000 };
const onestop = await system("demo-onestop", "counter");
assert.equal((await (await system("demo-onestop", "payments:read"))(ask, randomUUID())).status, 403, "no scope");
assert.equal((await (await system("quay-mot-cua", "counter"))(ask, randomUUID())).status, 404, "another's payment");
assert.equal((await onestop(ask)).status, 400, "no key");
assert.equal((await onestop({ ...ask, desk: "Quầy 9" }, randomUUID())).status, 409, "no shift at that desk");
assert.equal((await onestop({ ...ask, received_vnd: 1 }, randomUUID())).status, 422);
assert.equal((await onestop({ ...ask, method: "exempt", received_vnd: 0 }, randomUUID())).status, 409);
assert.equal((await onestop({ ...ask, method: "transfer", received_vnd: third.total, bank_reference: "FT2632700123" }, randomUUID())).status, 409, "counted before");
const key = randomUUID();
const made = await onestop(ask, key);
assert.equal(made.status, 201, JSON.stringify(made.body));
assert.equal(made.body.change_vnd, 1000);
assert.equal(made.body.state, "paid");
assert.equal((await onestop(ask, key)).replay, "true");

// The count is short: another person confirms it. Then the cash is brought to the bank.
page = await officer(shift);
assert.equal((await treasurer(shift, { csrf: (await treasurer(shift)).csrf, act: "close", total: "1" })).status, 403, "another's shift");
const drawer = 200000 + first.total + third.total;
assert.equal((await officer(shift, { csrf: page.csrf, act: "close", total: "" })).status, 400);
assert.equal((await officer(shift, { csrf: page.csrf, act: "close", total: String(drawer - 2000) })).status, 400, "a difference has a reason");
page = await officer(shift, { csrf: page.csrf, act: "close", total: String(drawer - 2000), remark: "Trả nhầm tiền thừa" });
assert.equal(page.status, 200, page.text);
assert.match(page.text, /class="wrong">[^<]*2\.000/);
assert.equal((await officer(`/counter/orders/${third.id}`)).status, 200);
await decide(treasurer, page.text.match(/\/finance\/approvals\/ppl_\w+/)[0], "approve");
page = await officer(shift);
assert.doesNotMatch(page.text, /value="close"/, "closed for ever");
assert.equal((await officer(shift, { csrf: page.csrf, act: "close", total: String(drawer) })).status, 409);
const left = first.total + third.total;
assert.equal((await officer(shift, { csrf: page.csrf, act: "deposit", amount: String(left + 1), slip: "GNT-1" })).status, 422);
for (let i = 0; i < 2; i++) // the same slip twice
    assert.equal((await officer(shift, { csrf: page.csrf, act: "deposit", amount: String(left - 2000), slip: "GNT-1" })).status, 200);
assert.equal(count("SELECT sum(amount_vnd) FROM counter_deposit"), left - 2000);
assert.equal((await onestop({ ...ask, payment_id: (await order(THU)).id }, randomUUID())).status, 409, "a closed shift takes nothing");
assertBooks();
console.log("counter: change, one of two, a difference, a slip");
