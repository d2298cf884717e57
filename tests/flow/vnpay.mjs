// VNPAY and its refunds from end to end: each way a payer leaves its page and each way its messages
// fail; refunds that two persons decide and a job sends, once each, whatever becomes of the answers;
// and money that VNPAY took back, which is in dispute until two persons decide.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { decide, hire, signInOfficer } from "./desk.mjs";
import { Browser, THU, assertBooks, call, calm, count, fault, form, here, order, secret, state, systems, until } from "../fault/stage.mjs";

const stack = process.env.STACK;
const answer = await call(`${here}/token`, form({ grant_type: "client_credentials", client_id: "demo-onestop", client_secret: secret("demo_onestop"), scope: "payments:read refunds:write" }));
const bearer = JSON.parse(answer.text).access_token;
async function api(method, path, body, key) {
    const headers = { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json", ...(key ? { "Idempotency-Key": key } : {}) };
    const said = await call(here + path, { method, headers, body: body && JSON.stringify(body) });
    return { ...said, body: JSON.parse(said.text) };
}
const truth = async (reference) => JSON.parse((await call(`${systems}/admin/vnpay`)).text).transactions.find((row) => row.reference === reference);
// A bill, and its payer at VNPAY.
async function atVnpay() {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    const { next } = await citizen.startPaying(o, "vnpay");
    assert.ok(next?.startsWith(`${systems}/vnpay/paymentv2/vpcpay.html?`), next);
    return { o, citizen, address: next, reference: new URL(next).searchParams.get("vnp_TxnRef") };
}
// Chooses there; `faults` act on this payment.
async function choose(choice, faults = "") {
    const at = await atVnpay();
    const page = await at.citizen.visit(at.address);
    assert.equal(page.status, 200, page.text);
    const action = page.text.match(/action="(\/vnpay\/pay\/[^"]*)"/)[1];
    const back = await at.citizen.visit(systems + action, { ...form({ choice, bank: "NCB" }), headers: { "X-Sandbox-Fault": faults } });
    assert.ok(back.next?.startsWith(`${here}/pay/return?`), `${back.status} ${back.text}`);
    return { ...at, back };
}
const is = (o, what) => async () => (await state(o)).state === what;
const comes = async (o, what) => assert.ok(await until(is(o, what), 15000), `${what}, not ${(await state(o)).state}`);

// An address that was touched is no payment.
const first = await atVnpay();
for (const touched of [first.address.replace(/vnp_Amount=\d+/, "vnp_Amount=100"), first.address.replace(/&vnp_SecureHash=.*/, "")])
    assert.notEqual((await first.citizen.visit(touched)).status, 200);
assert.equal(await truth(first.reference), undefined);

// The payer pays and comes back; the IPN alone is enough; so is coming back, when the IPN is lost.
const paid = await choose("pay");
await comes(paid.o, "paid");
assert.ok(await until(async () => (await truth(paid.reference)).told === "confirmed", 5000), "VNPAY sends no more");
const lost = await choose("pay", "ipn_lost");
assert.equal((await state(lost.o)).state, "open");
await lost.citizen.follow(lost.back);
await comes(lost.o, "paid");
// Twice, late and in the wrong order: paid once. Forged, or of another amount: not by this message.
const thrice = await choose("pay", "ipn_duplicated=3,ipn_delayed=200");
await comes(thrice.o, "paid");
assert.equal(count(`SELECT count(*) FROM journal WHERE kind='J2' AND order_id='${thrice.o.id}'`), 1);
for (const spoiled of ["ipn_forged", "ipn_amount=1000"]) {
    const one = await choose("pay", spoiled);
    assert.ok(await until(async () => (await truth(one.reference)).told === "spoiled", 5000));
    assert.equal((await state(one.o)).state, "open", spoiled);
    await one.citizen.follow(one.back);
    await comes(one.o, "paid");
}

// Not paid: said at once, and the bill may be paid again. A late success is accepted.
for (const choice of ["cancel", "fail", "expire"]) {
    const one = await choose(choice);
    await one.citizen.follow(one.back);
    assert.equal((await one.citizen.page(one.o)).says, "failed", choice);
    assert.ok((await one.citizen.page(one.o)).mayPay, choice);
}
const late = await choose("fail", "vnpay_late_success=800");
await late.citizen.follow(late.back);
assert.equal((await state(late.o)).state, "open");
await comes(late.o, "paid");
// Debited, and suspected: held, and nobody may pay again meanwhile.
const held = await choose("pay", "vnpay_suspected");
await held.citizen.follow(held.back);
assert.equal((await held.citizen.page(held.o)).says, "held");
assert.equal((await state(held.o)).state, "open");

// Refunds. What is to be asked about later is asked about now.
const officer = await signInOfficer();
const treasurer = await hire("thu.quy", "treasurer");
function hurry() {
    const sql = "UPDATE refund SET next_ms = 1 WHERE next_ms > 0";
    if (process.env.MOTCUA_STORE_ENGINE === "postgresql") execFileSync("psql", ["-qAt", process.env.MOTCUA_STORE_POSTGRESQL, "-c", sql]);
    else execFileSync("sqlite3", ["-cmd", ".timeout 5000", `${stack}/motcua.db`, sql]);
}
let asked = 0;
async function ask(o, amount_vnd) {
    const available = (await state(o)).refund_summary.available_vnd;
    const made = await api("POST", `/v1/payments/${o.id}/refunds`, { amount_vnd, refund_amount_available: available, reason: "wrong_fee", remark: "Thu nhầm mức" }, `vnpay-${asked++}`);
    assert.equal(made.status, 202, made.text);
    const page = await officer(`/finance/refunds/${made.body.id}`);
    const proposal = page.text.match(/\/finance\/approvals\/ppl_\w+/)[0];
    await decide(treasurer, proposal, "approve");
    return made.body.id;
}
const refund = async (id) => (await api("GET", `/v1/refunds/${id}`)).body;
async function ends(id, what) {
    const got = await until(async () => { hurry(); return (await refund(id)).state === what; }, 20000, 200);
    assert.ok(got, `${what}, not ${(await refund(id)).state}`);
}
const left = async (o) => (await state(o)).refund_summary.available_vnd;

// A part, then the rest: sent once each, with the references that are told.
const part = await ask(paid.o, 100000);
await ends(part, "succeeded");
const rest = await ask(paid.o, paid.o.total - 100000);
await ends(rest, "succeeded");
let there = (await truth(paid.reference)).refunds;
assert.deepEqual(there.map((row) => [row.type, row.amount_vnd]), [["03", 100000], ["03", paid.o.total - 100000]]);
assert.equal((await state(paid.o)).state, "refunded");
const whole = await ask(thrice.o, thrice.o.total);
await ends(whole, "succeeded");
assert.equal((await truth(thrice.reference)).refunds[0].type, "02");

// Refused at once: the money is available again, and officers see why.
await fault("vnpay_refund_refused", { reference: lost.reference, count: 1 });
const refused = await ask(lost.o, 100000);
await ends(refused, "failed");
assert.equal(await left(lost.o), lost.o.total);
assert.equal((await truth(lost.reference)).refunds.length, 0);
assert.match((await officer(`/finance/refunds/${refused}`)).text, />95</);
assert.match((await officer("/finance/refunds?state=failed")).text, new RegExp(refused));
// Taken, and rejected by the bank days later. Another amount: of two that are alike VNPAY's answer does not
// say which one it means, and a person finds out.
await fault("vnpay_refund_rejected", { reference: lost.reference, count: 1 });
const rejected = await ask(lost.o, 110000);
await ends(rejected, "failed");
assert.equal(await left(lost.o), lost.o.total);

// The answer is lost: unknown, asked about, and never a second refund. Nothing arrived: said again,
// with the same reference.
await fault("vnpay_refund_lost", { reference: lost.reference, count: 1 });
const unknown = await ask(lost.o, 120000);
assert.ok(await until(async () => (await refund(unknown)).state === "unknown", 5000, 20), (await refund(unknown)).state);
await ends(unknown, "succeeded");
await fault("vnpay_error", { reference: lost.reference, count: 3 });
const again = await ask(lost.o, 130000);
assert.ok(await until(async () => (await refund(again)).state === "unknown", 5000, 20), (await refund(again)).state);
await ends(again, "succeeded");
await calm();
there = (await truth(lost.reference)).refunds;
assert.deepEqual(there.map((row) => [row.amount_vnd, row.rejected]), [[110000, true], [120000, false], [130000, false]]);
assert.equal(new Set(there.map((row) => row.request)).size, 3);
assert.equal(await left(lost.o), lost.o.total - 250000);
assertBooks();

// The simulated VNPAY answers by its documentation; signed here by hand, in the orders that it gives.
const hmac = (text, by = secret("vnpay")) => createHmac("sha512", by).update(text).digest("hex");
async function say(fields, order, by) {
    const body = { ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`vnp_${name}`, value])) };
    body.vnp_SecureHash = hmac(order.map((name) => fields[name]).join("|"), by);
    const said = JSON.parse((await call(`${systems}/vnpay/merchant_webapi/api/transaction`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).text);
    const signed = ["ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate", "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo",
        ...(fields.Command === "querydr" ? ["PromotionCode", "PromotionAmount"] : [])];
    assert.equal(said.vnp_SecureHash, hmac(signed.map((name) => said[`vnp_${name}`]).join("|")));
    return said;
}
const made = await truth(thrice.reference);
const question = { RequestId: "q1", Version: "2.1.0", Command: "querydr", TmnCode: "MOTCUA01", TxnRef: thrice.reference, TransactionDate: made.created, CreateDate: made.created, IpAddr: "127.0.0.1", OrderInfo: "Hoi" };
const refundOf = (row, vnd, more) => ({ RequestId: "r1", Version: "2.1.0", Command: "refund", TmnCode: "MOTCUA01", TransactionType: "03", TxnRef: row.reference, Amount: String(vnd * 100),
    TransactionNo: "0", TransactionDate: row.created, CreateBy: "thu", CreateDate: row.created, IpAddr: "127.0.0.1", OrderInfo: "Hoan", ...more });
const code = async (fields, by) => (await say(fields, Object.keys(fields), by)).vnp_ResponseCode;
const [partly, failing] = [await truth(lost.reference), await truth(late.reference)];
assert.equal(await code(question), "00");
assert.equal(await code(question, "guess"), "97");
assert.equal(await code({ ...question, TmnCode: "ANOTHER1" }), "02");
assert.equal(await code({ ...question, TxnRef: "NONE" }), "91");
assert.equal(await code({ ...question, TransactionDate: "20200101000000" }), "91");
assert.equal(await code({ ...question, Version: "1.0.0" }), "03");
assert.equal(await code(refundOf(partly, partly.amount_vnd)), "95", "that is all of it, and not type 02");
assert.equal(await code(refundOf(partly, partly.amount_vnd, { TransactionType: "02" })), "95", "less is left");
assert.equal(await code(refundOf(partly, 1000, { RequestId: partly.refunds[1].request })), "94");
assert.equal(await code(refundOf(await truth(held.reference), 1000)), "95", "not paid");
assert.equal(await code(refundOf(failing, 1000, { Amount: "1" })), "03");

// Money that VNPAY took back: in dispute at once, undone by two persons; not undone when they say no.
const proposals = () => count("SELECT count(*) FROM proposal WHERE kind='reversal'");
for (const [act, ending] of [["reject", "paid"], ["approve", "open"]]) {
    const before = proposals();
    const one = await choose("pay", "vnpay_reversed=1");
    await comes(one.o, "paid");
    assert.ok(await until(() => proposals() === before + 1, 8000), "a reversal is proposed");
    assert.ok(await until(async () => (await truth(one.reference)).told_reversed === "confirmed", 5000));
    assert.equal((await state(one.o)).state, "paid");
    const list = await treasurer("/finance/approvals");
    const path = list.text.match(/\/finance\/approvals\/ppl_\w+/)[0];
    assert.match((await treasurer(path)).text, new RegExp(one.reference));
    await decide(treasurer, path, act, "Đã hỏi VNPAY");
    assert.equal((await state(one.o)).state, ending);
    assert.equal(proposals(), before + 1);
    assertBooks();
}
console.log("vnpay: paid, not paid, held, paid back, refused, lost and taken back");
