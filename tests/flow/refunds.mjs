// Refunds from end to end: a one-stop system asks with what it believes to be available, another
// decides on the hash, officers pay it out by bank; officers ask too, nobody decides on their own,
// and the citizen's bill tells.
import { randomBytes } from "node:crypto";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { hidden, hire, signInOfficer } from "./desk.mjs";
import { Browser, THU, assertBooks, count, order, pay, state, truthOf } from "../fault/stage.mjs";

const here = process.env.MOTCUA_URL, stack = process.env.STACK;
const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });

// The systems.
writeFileSync(`${stack}/secrets/kiem_soat`, randomBytes(32).toString("base64url"), { mode: 0o600 });
motcua("client", "add", "kiem-soat", "--profile", "oidc", "--name-vi", "Hệ thống kiểm soát chi", "--name-en", "Spending control",
    "--scopes", "payments:read refunds:approve", "--grants", "client_credentials", "--secret-file", `${stack}/secrets/kiem_soat`);
async function system(id, scope) {
    const secret = readFileSync(`${stack}/secrets/${id.replace("-", "_")}`, "utf8").trim();
    const answer = await fetch(`${here}/token`, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret, scope }) });
    assert.equal(answer.status, 200, await answer.clone().text());
    const { access_token } = await answer.json();
    return async (method, path, body, key) => {
        const headers = { Authorization: `Bearer ${access_token}`, "Content-Type": "application/json", ...(key ? { "Idempotency-Key": key } : {}) };
        const said = await fetch(here + path, { method, headers, body: body && JSON.stringify(body) });
        const text = await said.text();
        return { status: said.status, text, body: text ? JSON.parse(text) : null, replay: said.headers.get("Idempotent-Replay") };
    };
}
const onestop = await system("demo-onestop", "payments:read refunds:write");
const control = await system("kiem-soat", "payments:read refunds:approve");

async function paid() {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    await citizen.startPaying(o);
    await pay((await truthOf(o.dossier))[0].reference);
    await citizen.comeBack(o);
    assert.equal((await state(o)).state, "paid");
    return { o, citizen };
}
const payee = { name: "Nguyễn Văn Thử", bank: "VCB", account: "0011001234567" };
const { o, citizen } = await paid();
const ask = { amount_vnd: 100000, refund_amount_available: o.total, reason: "wrong_fee", remark: "Thu nhầm mức", payee };
const refunds = `/v1/payments/${o.id}/refunds`;

// What is not right is refused, and reserves nothing.
assert.equal((await onestop("POST", refunds, ask)).status, 400, "no key");
assert.equal((await control("POST", refunds, ask, "k0")).status, 403, "no scope");
assert.equal((await onestop("POST", refunds, { ...ask, refund_amount_available: o.total - 1 }, "k1")).status, 412);
assert.equal((await onestop("POST", refunds, { ...ask, amount_vnd: o.total + 1 }, "k2")).status, 422);
assert.equal((await onestop("POST", refunds, { ...ask, amount_vnd: -1 }, "k3")).status, 400);
assert.equal((await onestop("POST", refunds, { ...ask, reason: "paid_twice" }, "k4")).status, 422, "nothing was paid twice");
assert.equal((await state(o)).refund_summary.available_vnd, o.total);

// One is asked for, once.
const made = await onestop("POST", refunds, ask, "k5");
assert.equal(made.status, 202, made.text);
const again = await onestop("POST", refunds, ask, "k5");
assert.equal(again.body.id, made.body.id);
assert.equal(again.replay, "true");
assert.equal((await state(o)).refund_summary.available_vnd, o.total - 100000);
assert.equal(made.body.payee, "VCB •••567", "no account number in full");
const one = `/v1/refunds/${made.body.id}`;
assert.deepEqual((await onestop("GET", "/v1/refunds?state=requested")).body.data.map((row) => row.id), [made.body.id]);
assert.deepEqual((await control("GET", "/v1/refunds")).body.data, [], "another's are not listed");

// Another decides, on exactly this, once.
assert.equal((await onestop("POST", `${one}/approve`, { hash: made.body.hash })).status, 403, "no scope");
assert.equal((await control("POST", `${one}/approve`, { hash: "0".repeat(64) })).status, 412);
const seen = await control("GET", one);
assert.equal(seen.body.hash, made.body.hash);
const approved = await control("POST", `${one}/approve`, { hash: seen.body.hash, remark: "Đồng ý" });
assert.equal(approved.status, 200, approved.text);
assert.equal(approved.body.state, "approved");
assert.equal((await control("POST", `${one}/reject`, { hash: seen.body.hash, remark: "Không" })).status, 409);

// Officers.
const officer = await signInOfficer();
const treasurer = await hire("thu.quy", "treasurer");

let page = await officer(`/finance/refunds/${made.body.id}`);
page = await officer(`/finance/refunds/${made.body.id}`, { csrf: page.csrf, act: "order" });
assert.equal(page.status, 200, page.text);
const paper = await officer(`/finance/refunds/${made.body.id}/order`);
assert.equal(paper.type, "application/pdf");
assert.equal((await officer(`/finance/refunds/${made.body.id}`, { csrf: page.csrf, act: "paid", number: "" })).status, 400);
page = await officer(`/finance/refunds/${made.body.id}`, { csrf: page.csrf, act: "paid", number: "FT2632700123" });
assert.equal(page.status, 200, page.text);
assert.equal((await onestop("GET", one)).body.state, "succeeded");
assert.equal((await state(o)).refund_summary.refunded_vnd, 100000);

// An officer asks on the page of the payment, and cannot decide on it; a treasurer can.
page = await officer(`/finance/orders?q=${o.id}`);
assert.equal(page.url, `/finance/orders/${o.id}`);
const form = { csrf: page.csrf, available: hidden(page.text, "available"), amount: "50.000", reason: "wrong_fee", payee_name: payee.name, payee_bank: payee.bank, payee_account: payee.account, remark: "Còn thiếu" };
assert.equal((await officer(`/finance/orders/${o.id}/refund`, { ...form, available: "1" })).status, 412);
page = await officer(`/finance/orders/${o.id}/refund`, form);
assert.match(page.url, /^\/finance\/refunds\/rfd_/);
const decision = page.text.match(/\/finance\/approvals\/ppl_\w+/)[0];
page = await officer(decision);
assert.doesNotMatch(page.text, /value="approve"/, "one's own");
const hash = page.text.match(/<code class="long">([0-9a-f]{64})</)[1];
assert.equal((await officer(decision, { csrf: page.csrf, act: "approve", hash })).status, 403, "nor by hand");
page = await treasurer(decision);
assert.equal((await treasurer(decision, { csrf: page.csrf, act: "approve", hash: "0".repeat(64) })).status, 412);
assert.equal((await treasurer(decision, { csrf: page.csrf, act: "reject", hash })).status, 400, "a rejection has a reason");
page = await treasurer(decision, { csrf: page.csrf, act: "approve", hash, remark: "Đồng ý" });
assert.equal(page.status, 200, page.text);
assert.equal((await treasurer(decision, { csrf: page.csrf, act: "approve", hash })).status, 409, "once");

// A role that was taken away meanwhile decides nothing, though the page was open already.
const third = await paid();
page = await officer(`/finance/orders/${third.o.id}`);
page = await officer(`/finance/orders/${third.o.id}/refund`, { ...form, csrf: page.csrf, available: hidden(page.text, "available"), amount: "20.000" });
const waiting = page.text.match(/\/finance\/approvals\/ppl_\w+/)?.[0];
assert.ok(waiting, page.text);
page = await officer(waiting);
const undecided = page.text.match(/<code class="long">([0-9a-f]{64})</)[1];
page = await treasurer(waiting);
assert.match(page.text, /value="approve"/, "it could be decided on");
motcua("staff", "role", "thu.quy", "viewer");
const late = await treasurer(waiting, { csrf: page.csrf, act: "approve", hash: undecided, remark: "Đồng ý" });
assert.notEqual(late.status, 200, late.url);
assert.equal(count(`SELECT count(*) FROM proposal WHERE id='${waiting.split("/").pop()}' AND state='open'`), 1, "it waits as before");
await officer(waiting, { csrf: (await officer(waiting)).csrf, act: "withdraw" });
assert.equal((await state(third.o)).refund_summary.available_vnd, third.o.total, "nothing stays reserved");

// Two at once: one is reserved.
const second = await paid();
const both = await Promise.all([1, 2, 3, 4].map((n) => onestop("POST", `/v1/payments/${second.o.id}/refunds`, { ...ask, amount_vnd: second.o.total, refund_amount_available: second.o.total }, `both-${n}`)));
assert.equal(both.filter((answer) => answer.status === 202).length, 1, both.map((answer) => answer.status).join(" "));
assert.equal(count("SELECT count(*) FROM orders WHERE refunded_vnd + reserved_vnd > captured_vnd"), 0);

// The citizen's bill tells.
const bill = (await citizen.visit(o.bill)).text;
const told = [...bill.matchAll(/<p><b>([^<]*)<\/b> · ([^·<]*) · <span class="small">/g)].map(([, amount, what]) => `${amount.replaceAll("\u00a0", " ")}: ${what.trim()}`);
assert.equal(told.length, 2, bill);
assert.ok(told.every((line) => /^(100\.000|50\.000) đ: ./.test(line)), told.join("; "));
// Commands tell the same; no account number in full.
const listed = JSON.parse(motcua("refunds", "list", "--dossier", o.dossier, "--json"));
assert.deepEqual(listed.map((row) => [row.state, row.amount_vnd]), [["approved", 50000], ["succeeded", 100000]]);
const shown = JSON.parse(motcua("refunds", "show", listed[1].id, "--json"));
assert.deepEqual(shown.history.map((row) => row.to), ["requested", "approved", "manual", "succeeded"]);
assert.ok(!JSON.stringify([listed, shown]).includes(payee.account));
assertBooks();
console.log("refunds: ok");
