// npm vnpay and vietqr-ts as oracles: 10,000 random cases each way. What they build we build to the
// byte, what they sign we believe, what we sign they believe, and what is changed nobody believes.
// vietqr-ts drops `message` without a word: `purpose` is what reaches the symbol.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateVietQR, parse, verifyCRC } from "vietqr-ts";
import { VNPay, HashAlgorithm, ignoreLogger } from "vnpay";

const CASES = Number(process.env.MOTCUA_ORACLE_CASES ?? 10000);
const secret = "TESTSECRET0123456789ABCDEF";
const folder = mkdtempSync(join(tmpdir(), "motcua-oracle-"));
writeFileSync(join(folder, "secret"), secret + "\n", { mode: 0o600 });

const pick = (from) => from[randomInt(from.length)];
const text = (from, least, most) => Array.from({ length: randomInt(least, most + 1) }, () => pick(from)).join("");
const alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ascii = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter((c) => c !== "|").join("");
const two = (n) => String(n).padStart(2, "0");
const stamp = () => `20${two(randomInt(26, 40))}${two(randomInt(1, 13))}${two(randomInt(1, 29))}${two(randomInt(24))}${two(randomInt(60))}${two(randomInt(60))}`;
const amount = () => pick([() => randomInt(1, 1000), () => randomInt(1000, 2 ** 31), () => randomInt(2 ** 31, 90000000000000)])();

const theirs = new VNPay({ tmnCode: "MOTCUA01", secureSecret: secret, vnpayHost: "https://sandbox.vnpayment.vn",
    hashAlgorithm: HashAlgorithm.SHA512, enableLog: false, loggerFn: ignoreLogger });

const cases = [], expected = [];
for (let i = 0; i < CASES; i++) {
    const p = { kind: "pay", reference: text(alnum + "-._", 1, 60), amount: amount(), info: text(ascii + "   ", 1, 100), create: stamp(),
        expire: stamp(), ip: `203.0.113.${randomInt(256)}`, return_url: `https://motcua.example.vn/pay/return?${text(alnum + "&=%+~*", 1, 30)}`,
        locale: pick(["vn", "en"]) };
    cases.push(p);
    expected.push(theirs.buildPaymentUrl({ vnp_Amount: p.amount, vnp_TxnRef: p.reference, vnp_OrderInfo: p.info, vnp_OrderType: "other",
        vnp_CreateDate: Number(p.create), vnp_ExpireDate: Number(p.expire), vnp_IpAddr: p.ip, vnp_ReturnUrl: p.return_url, vnp_Locale: p.locale }));
}
for (let i = 0; i < CASES; i++) {
    // What VNPAY would send, signed by the oracle's own builder: an IPN has the fields of a payment URL and more.
    const p = { reference: text(alnum, 1, 60), amount: amount(), code: pick(["00", "24", "07"]) };
    const url = new URL(theirs.buildPaymentUrl({ vnp_Amount: p.amount, vnp_TxnRef: p.reference, vnp_OrderInfo: text(ascii + "   ", 1, 80),
        vnp_OrderType: "other", vnp_CreateDate: Number(stamp()), vnp_IpAddr: "203.0.113.7", vnp_ReturnUrl: "https://a.example/",
        vnp_ResponseCode: p.code, vnp_TransactionStatus: p.code, vnp_BankCode: pick(["NCB", ""]) }));
    const forged = i % 4 === 0;
    if (forged) url.searchParams.set("vnp_Amount", String((p.amount + 1) * 100));
    cases.push({ kind: "ipn", query: url.search.slice(1) });
    expected.push(forged ? "refused" : `${p.reference} ${p.amount} ${p.code === "00" ? "paid" : "not paid"}`);
}
for (let i = 0; i < CASES; i++) {
    const card = randomInt(3) === 0, dynamic = randomInt(4) > 0;
    const p = { kind: "vietqr", bin: text("0123456789", 6, 6), [card ? "card" : "account"]: text(alnum, 1, 19), amount: dynamic ? amount() % 9999999999999 + 1 : 0,
        bill: randomInt(2) ? text(alnum + "-_", 1, 25) : "", purpose: randomInt(5) ? text(ascii, 1, 1) + text(ascii + " ", 0, 23) + text(ascii, 1, 1) : "" };
    cases.push(p);
    expected.push(generateVietQR({ bankBin: p.bin, accountNumber: p.account, cardNumber: p.card, serviceCode: card ? "QRIBFTTC" : "QRIBFTTA",
        initiationMethod: dynamic ? "12" : "11", amount: dynamic ? String(p.amount) : undefined, billNumber: p.bill || undefined,
        purpose: p.purpose || undefined }).rawData);
}

const run = spawnSync(process.argv[2], { input: [join(folder, "secret"), ...cases.map((c) => JSON.stringify(c))].join("\n") + "\n",
    encoding: "utf8", maxBuffer: 1 << 28 });
rmSync(folder, { recursive: true });
assert.equal(run.status, 0, run.stderr);
const said = run.stdout.trim().split("\n").map((line) => JSON.parse(line).said);
assert.equal(said.length, cases.length);
let forged = 0;
for (const [i, c] of cases.entries()) {
    assert.equal(said[i], expected[i], JSON.stringify(c));
    if (c.kind === "pay") {
        const query = Object.fromEntries(new URL(said[i]).searchParams);
        assert.ok(theirs.verifyReturnUrl(query).isVerified, said[i]);
        assert.ok(!theirs.verifyReturnUrl({ ...query, vnp_Amount: "1" }).isVerified);
    } else if (c.kind === "ipn") {
        forged += said[i] === "refused" ? 1 : 0;
    } else {
        assert.ok(verifyCRC(said[i]), said[i]);
        const read = parse(said[i]);
        assert.ok(read.success, said[i]);
        assert.equal(read.data.bankCode, c.bin);
        assert.equal(read.data.accountNumber, c.account ?? c.card);
        assert.equal(read.data.amount, c.amount ? String(c.amount) : undefined);
        assert.equal(read.data.message ?? "", c.purpose);
    }
}
assert.ok(forged > 0, "some were forged");
console.log(`${cases.length} cases, ${forged} of them forged: equal both ways`);
