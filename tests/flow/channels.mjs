// The ways to pay beside the portal: a VietQR symbol that a reader reads, paid by a bank's signed
// notification, or found in its file; VNPAY by an address that is signed; and two ways at once only
// when asked for.
import { setCookies } from "../cookies.mjs";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { signInOfficer } from "./desk.mjs";

const here = process.env.MOTCUA_URL, systems = process.env.SANDBOX_URL;
const secret = (name) => readFileSync(`${process.env.STACK}/secrets/${name}`, "utf8").trim();
const hidden = (page, name) => page.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1].replaceAll("&amp;", "&");

const jars = new Map();
async function visit(url, { fields, stop } = {}) {
    let init = fields ? { method: "POST", body: new URLSearchParams(fields) } : {};
    for (let hops = 0; hops < 15; hops++) {
        const origin = new URL(url).origin;
        const jar = jars.get(origin) ?? jars.set(origin, new Map()).get(origin);
        const headers = { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
        const answer = await fetch(url, { redirect: "manual", headers, ...init });
        for (const line of setCookies(answer.headers)) {
            const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
            if (/Max-Age=0/.test(line)) jar.delete(name); else jar.set(name, value);
        }
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (answer.status !== 303 && answer.status !== 302)
            return { url, status: answer.status, type: answer.headers.get("content-type"), bytes, text: bytes.toString() };
        url = new URL(answer.headers.get("location"), url).href;
        init = {};
        if (stop && url.startsWith(stop)) return { url, status: 0, text: "" };
    }
    throw new Error(`too many redirects at ${url}`);
}

const basic = `Basic ${Buffer.from(`demo-onestop:${encodeURIComponent(secret("demo_onestop"))}`).toString("base64")}`;
const token = (await (await fetch(`${here}/token`, { method: "POST", headers: { Authorization: basic },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "payments:write payments:read" }) })).json()).access_token;
async function bill(n) {
    const answer = await fetch(`${here}/v1/payments`, { method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": `channels-${n}` },
        body: JSON.stringify({ reference: `H56.14-261123-010${n}`, agency_id: "H56.14", procedure: "1.004873.000.00.00.H56", received_on: "2026-11-23", channel: "online" }) });
    assert.equal(answer.status, 201, await answer.clone().text());
    return answer.json();
}
const state = async (b) => (await (await fetch(`${here}/v1/payments/${b.id}`, { headers: { Authorization: `Bearer ${token}` } })).json()).state;
const start = (page, b, more) => visit(`${b.next_url}/start`, { fields: { csrf: hidden(page.text, "csrf"), ...more }, stop: `${systems}/vnpay/` });

// VietQR: the page shows everything in words, the symbol says the same, the bank's word pays.
const first = await bill(1);
let page = await visit(first.next_url);
page = await visit(here + page.text.match(/\/login\/vneid\/start\?id=[^"]*/)[0].replaceAll("&amp;", "&"));
page = await visit(`${page.url}&persona=001087123456`);
assert.equal(page.url, first.next_url, page.text);
for (const channel of ["portal", "vnpay", "vietqr"]) assert.ok(page.text.includes(`name="channel" value="${channel}"`), channel);
assert.equal((await visit(`${first.next_url}/qr.png`)).status, 404, "nothing to scan yet");
assert.equal((await start(page, first, { channel: "cash" })).status, 400);
page = await start(page, first, { channel: "vietqr" });
assert.equal(page.url, first.next_url, page.text);
const code = page.text.match(/MTC[0-9A-Z]{12}/)[0];
const image = await visit(`${first.next_url}/qr.png`);
assert.equal(image.type, "image/png");
const read = spawnSync("zbarimg", ["-q", "--nodbus", "--raw", "-"], { input: image.bytes, encoding: "utf8" });
assert.match(read.stdout, new RegExp(`0006970415011211336666888802.*62190815${code}6304`), read.stderr);
assert.match((await visit(`${first.next_url}/qr.svg`)).text, /^<svg/);
const total = first.total_vnd;
// A payer's transfer; the bank writes the narrative in its own way.
async function transfer(narrative, amount, faults = "") {
    const answer = await fetch(`${systems}/bank`, { method: "POST", headers: { Accept: "application/json", "X-Sandbox-Fault": faults },
        body: new URLSearchParams({ account: "113366668888", amount: String(amount), narrative }) });
    assert.equal(answer.status, 201, await answer.clone().text());
    return answer.json();
}
const told = async (txn) => (await (await fetch(`${systems}/admin/transfers`)).json()).transfers.find((row) => row.txn === txn).told;
async function until(ask) {
    for (let i = 0; i < 200; i++) {
        if (await ask()) return true;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
}
const tell = async (body, by = secret("bank")) => {
    const answer = await fetch(`${here}/bank/transfers`, { method: "POST", body,
        headers: { "Content-Type": "application/json", "X-Signature": createHmac("sha256", by).update(body).digest("hex") } });
    return { status: answer.status, ...(await answer.json()) };
};
const credit = (row) => JSON.stringify({ account: row.account, transaction: row.txn, amount_vnd: row.amount_vnd, currency: "VND", time: "20261123090500", bank: row.bank, narrative: row.narrative });
const forged = await transfer(code, total, "bank_forged");
assert.ok(await until(async () => (await told(forged.txn)) === "spoiled"));
const cut = await transfer(`nop phi ${code}`, total, "bank_cut=30");
assert.ok(!cut.narrative.includes(code) && await until(async () => (await told(cut.txn)) === "confirmed"), "told, and not recognised");
assert.equal(await state(first), "open");
const right = await transfer(`nộp phí ${code.toLowerCase()} Nguyễn Thị Hoa`, total, "bank_duplicated=3");
assert.match(right.narrative, new RegExp(`^MBVCB\\.\\d+\\.NOP PHI ${code} NGUYEN THI HOA$`));
assert.ok(await until(async () => (await state(first)) === "paid"), await state(first));
assert.equal((await tell(credit(right))).status, "known");
assert.ok((await tell(credit({ ...right, txn: "FT1" }), "guess")).status >= 400);
assert.equal((await tell(credit({ ...right, txn: "FT2", narrative: "nop phi" }))).status, "unrecognised");
assert.equal(await state(first), "paid");
page = await visit(first.next_url);
assert.ok(!page.text.includes("qr.png") && page.text.includes("/receipts/"), page.text);

// VNPAY: sent with a signed address; the IPN asks, and the answer pays.
const second = await bill(2);
page = await visit(second.next_url);
page = await start(page, second, { channel: "vnpay" });
const address = page.url;
const sent = new URL(address).searchParams;
assert.ok(address.startsWith(`${systems}/vnpay/paymentv2/vpcpay.html?vnp_Amount=`), address);
assert.equal(sent.get("vnp_SecureHash"), createHmac("sha512", secret("vnpay")).update(new URL(address).search.slice(1).replace(/&vnp_SecureHash=.*/, "")).digest("hex"));
page = await visit(second.next_url);
page = await visit(`${second.next_url}/start`, { fields: { csrf: hidden(page.text, "csrf"), channel: "vietqr" } });
assert.equal(hidden(page.text, "beside"), "yes", "a second way is asked about first");
const ipn = async (fields, by = secret("vnpay")) => {
    const form = new URLSearchParams(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))).toString();
    const hash = createHmac("sha512", by).update(form).digest("hex");
    return (await fetch(`${here}/vnpay/ipn?${form}&vnp_SecureHash=${hash}`)).json();
};
const paid = { vnp_TmnCode: "MOTCUA01", vnp_Amount: sent.get("vnp_Amount"), vnp_BankCode: "NCB", vnp_OrderInfo: "Thanh toan", vnp_PayDate: "20261123090500",
    vnp_ResponseCode: "00", vnp_TransactionNo: "14226112", vnp_TransactionStatus: "00", vnp_TxnRef: sent.get("vnp_TxnRef") };
assert.deepEqual(await ipn(paid, "guess"), { RspCode: "97", Message: "Invalid Checksum" });
assert.deepEqual(await ipn({ ...paid, vnp_TxnRef: "NONE" }), { RspCode: "01", Message: "Order not found" });
assert.deepEqual(await ipn({ ...paid, vnp_Amount: "100" }), { RspCode: "04", Message: "Invalid amount" });
assert.equal((await ipn(paid)).RspCode, "00");
assert.equal(await state(second), "open", "the IPN alone is not believed");
page = await visit(address);
page = await visit(systems + page.text.match(/action="(\/vnpay\/pay\/[^"]*)"/)[1], { fields: { choice: "pay", bank: "NCB" } });
assert.equal(page.url, second.next_url);
assert.ok(await until(async () => (await state(second)) === "paid"));
assert.deepEqual(await ipn(paid), { RspCode: "02", Message: "Order already confirmed" });

// Nobody told of a transfer: the bank's file of the day has it.
const third = await bill(3);
page = await visit(third.next_url);
page = await start(page, third, { channel: "vietqr" });
const lost = await transfer(page.text.match(/MTC[0-9A-Z]{12}/)[0], total, "bank_lost");
const day = new Date(Date.now() + 7 * 3600000).toISOString().slice(0, 10);
const file = await (await fetch(`${systems}/bank/statement/${day.replaceAll("-", "")}.bj1`)).text();
assert.deepEqual(JSON.parse(file).transactions.filter((row) => row.transId === lost.txn).map((row) => [row.amount, row.remark]), [[total, lost.narrative]]);
assert.equal(JSON.parse(file).totalAmount, total * 4);
assert.equal(await state(third), "open");
const officer = await signInOfficer();
const upload = new FormData();
upload.set("csrf", (await officer(`/finance/${day}`)).csrf);
upload.set("file", new Blob([file]), "bank.json");
await officer(`/finance/${day}/file`, upload);
assert.equal(await state(third), "paid", "found in the file");
console.log("channels: a symbol that was scanned, an address that was signed, one of two ways, a file");
