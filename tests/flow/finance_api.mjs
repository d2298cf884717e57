// The finance workplace for systems and on the command line, over two days: a file handed in, what did
// not agree proposed by a system and decided by an officer, a day closed by two, what was paid over,
// and a slip into the budget from draft to the treasury's word.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, createPublicKey, randomUUID, verify } from "node:crypto";
import { decide, hidden, hire } from "./desk.mjs";
import { Browser, THU, call, count, form, here, motcua, order, secret, systems, truthOf, until } from "../fault/stage.mjs";

const approver = await hire("duyet.ngay", "treasurer");
const clients = { "he-thong-tai-chinh": ["finance:read finance:write", []], "he-thong-mot-co-quan": ["finance:read", ["--agencies", "H56.14"]] };
const tokens = {};
for (const [id, [scopes, more]] of Object.entries(clients)) {
    motcua("client", "add", id, "--profile", "oidc", "--name-vi", "Tài chính", "--scopes", scopes, "--grants", "client_credentials",
        ...more, "--secret-file", `${process.env.STACK}/secrets/demo_onestop`);
    tokens[id] = await until(async () => {
        const answer = await call(`${here}/token`, form({ grant_type: "client_credentials", client_id: id, client_secret: secret("demo_onestop"), scope: scopes }));
        return answer.status === 200 ? JSON.parse(answer.text).access_token : null;
    }, 5000, 200);
    assert.ok(tokens[id], id);
}
const [whole, one] = Object.values(tokens);
async function ask(method, path, { body, key, bearer = whole, status = 200, code, field } = {}) {
    const headers = { Authorization: `Bearer ${bearer}`, ...(key ? { "Idempotency-Key": key } : {}),
        ...(body === undefined ? {} : { "Content-Type": body instanceof Uint8Array ? "application/octet-stream" : "application/json" }) };
    const answer = await call(`${here}/v1/${path}`, { method, headers, body: body instanceof Uint8Array || body === undefined ? body : JSON.stringify(body) });
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    const said = JSON.parse(answer.text);
    if (code) assert.equal(said.code, code, answer.text);
    if (field) assert.equal(said.field, field, answer.text);
    return said;
}
const read = (path, more) => ask("GET", path, more);

// Paid three and two days ago (yesterday's file may be fetched by itself); the later file names one more dong than was paid.
async function paid(days, mismatch) {
    const o = await order(THU), citizen = await new Browser().signIn();
    await citizen.startPaying(o);
    o.attempt = (await truthOf(o.dossier))[0].reference;
    const headers = { "Content-Type": "application/json", "X-Sandbox-Fault": [`portal_days_ago=${days}`, mismatch].filter(Boolean).join(",") };
    const answer = await call(`${systems}/admin/transactions/${o.attempt}/pay`, { method: "POST", headers, body: '{"outcome":"paid"}' });
    assert.equal(answer.status, 200, answer.text);
    await citizen.comeBack(o);
    return o;
}
const dayOf = (ago) => new Date(Date.now() + 7 * 3600000 - ago * 86400000).toISOString().slice(0, 10);
const good = [await paid(3), await paid(3)], more = await paid(2, "settle_amt_more=500");
const fileOf = async (ago) => new Uint8Array(await (await fetch(`${systems}/pp/settlement/${dayOf(ago).replaceAll("-", "")}.mc1`)).arrayBuffer());

// A file is taken once; what is wrong with a call changes nothing.
const bytes = await fileOf(3), upload = `settlement-files?source=PP&day=${dayOf(3)}&name=ngay.mc1`;
await ask("POST", "settlement-files?source=nobody", { body: bytes, status: 400, code: "invalid", field: "source" });
await ask("POST", "settlement-files?source=PP&day=2026-02-30", { body: bytes, status: 400, code: "invalid", field: "day" });
await ask("POST", "settlement-files?source=PP&more=1", { body: bytes, status: 400, code: "unknown_field", field: "more" });
await ask("POST", upload, { body: new Uint8Array(0), status: 400, code: "invalid", field: "file" });
await ask("POST", upload, { body: bytes, bearer: one, status: 403, code: "scope" });
const taken = await ask("POST", upload, { body: bytes });
assert.deepEqual([taken.known, taken.file.state, taken.file.day, taken.file.lines, taken.file.by], [false, "accepted", dayOf(3), 2, "client:he-thong-tai-chinh"]);
assert.equal(taken.file.sha256, createHash("sha256").update(bytes).digest("hex"));
const again = await ask("POST", upload, { body: bytes });
assert.deepEqual([again.known, again.file.n], [true, taken.file.n]);
const bad = await ask("POST", upload, { body: new TextEncoder().encode(new TextDecoder().decode(bytes).replace("THAM", "THAN").slice(0, -9)) });
assert.equal(bad.file.state, "quarantined");
assert.ok(bad.file.faults.length > 0 && bad.file.faults.every((fault) => /^[A-Z]+\b.*: /.test(fault) && !fault.includes("`")), JSON.stringify(bad.file.faults));
assert.deepEqual((await read(`settlement-files/${taken.file.n}`)), taken.file);
await read("settlement-files/0", { status: 404, code: "not_found" });
await read("settlement-files/x", { status: 404, code: "not_found" });
await read(`settlement-files/${taken.file.n}`, { bearer: one, status: 403, code: "forbidden" });
assert.deepEqual((await read("settlement-files?state=quarantined")).data.map((f) => f.n), [bad.file.n]);
assert.equal((await read(`settlement-files?source=PP&day=${dayOf(3)}`)).data.length, 2);
await read("settlement-files?source=PP", { status: 400, code: "invalid", field: "day" });
const page = await read("settlement-files?limit=1"), rest = await read(`settlement-files?limit=1&cursor=${page.next_cursor}`);
assert.deepEqual([page.data[0].n, rest.data[0].n], [bad.file.n, taken.file.n]);
assert.equal((await read("settlement-files?limit=100")).next_cursor, undefined);
await read(`settlement-files?state=accepted&cursor=${page.next_cursor}`, { status: 400, code: "invalid", field: "cursor" });

// What did not agree: found, proposed by the system, decided by an officer.
const second = await ask("POST", `settlement-files?source=PP&day=${dayOf(2)}`, { body: await fileOf(2) });
assert.equal(second.file.state, "accepted", JSON.stringify(second));
const found = (await read("exceptions")).data;
assert.deepEqual(found.map((x) => [x.class, x.reference, x.payment_id]), [["AMT_MORE", more.dossier, more.id]]);
const x = found[0];
assert.equal(x.theirs_vnd - x.ours_vnd, 500);
for (const query of [`tab=refund`, `class=AMT_MORE&day_from=${dayOf(2)}&day_to=${dayOf(2)}`, `reference=${more.dossier}`, `transaction=${more.attempt}`, "stage=open&min_vnd=500&max_vnd=500", "which=all"])
    assert.deepEqual((await read(`exceptions?${query}`)).data.map((row) => row.id), [x.id], query);
for (const query of ["tab=doubt", "class=UNKEY", "stage=closed", "min_vnd=501", `day_to=${dayOf(3)}`]) assert.deepEqual((await read(`exceptions?${query}`)).data, [], query);
await read("exceptions?class=NONE", { status: 400, code: "invalid", field: "class" });
await read("exceptions?tab=none", { status: 400, code: "invalid", field: "tab" });
await read("exceptions?limit=0", { status: 400, code: "invalid", field: "limit" });
await read("exceptions", { bearer: one, status: 403, code: "forbidden", field: "agency_id" });
assert.equal((await read(`exceptions/${x.id}`)).events[0].event, "found");
assert.equal((await read(`exceptions/${x.id}`, { bearer: one })).agency_id, "H56.14");
await read(`exceptions/${"0".repeat(32)}`, { status: 404, code: "not_found" });
const wish = { action: "excess", remark: "Người nộp chuyển thừa" }, proposals = `exceptions/${x.id}/proposals`;
await ask("POST", proposals, { body: wish, status: 400, code: "invalid", field: "Idempotency-Key" });
await ask("POST", proposals, { body: { ...wish, action: "keep" }, key: randomUUID(), status: 400, code: "invalid", field: "action" });
await ask("POST", proposals, { body: { ...wish, action: "reverse" }, key: randomUUID(), status: 400, code: "invalid", field: "action" });
await ask("POST", proposals, { body: { action: "excess" }, key: randomUUID(), status: 400, code: "invalid", field: "remark" });
await ask("POST", proposals, { body: wish, key: randomUUID(), bearer: one, status: 403, code: "scope" });
const clerk = await hire("lap.lech", "officer"), ticks = async (fields) => clerk("/finance/exceptions/ticked", { csrf: hidden((await clerk("/finance/exceptions?all=1")).text, "csrf"), ...fields });
assert.match((await clerk("/finance/exceptions?all=1")).text, new RegExp(`<input type="checkbox" class="pick" form="ticked" name="x_${x.id}"`));
assert.doesNotMatch((await clerk("/finance/exceptions?all=1&as=csv")).text, /x_/);
assert.equal((await ticks({ do: "assign" })).status, 400, "none is ticked");
assert.equal((await ticks({ [`x_${x.id}`]: "1", do: "propose", action: "reverse", remark: "Không đúng loại" })).status, 422);
assert.equal((await ticks({ [`x_${x.id}`]: "1", [`x_${"0".repeat(32)}`]: "1", do: "propose", action: "excess", remark: "Một dòng lạ" })).status, 422, "all or none");
assert.equal((await read(`exceptions/${x.id}`)).stage, "open");
assert.equal((await approver("/finance/exceptions/ticked", { csrf: "x" })).status, 403);
const made = await ask("POST", proposals, { body: wish, key: "excess-1", status: 202 });
assert.deepEqual(await ask("POST", proposals, { body: wish, key: "excess-1", status: 202 }), made);
await ask("POST", proposals, { body: wish, key: "excess-2", status: 409 });
const side = (name) => made.postings.filter((row) => row.side === name).reduce((sum, row) => sum + row.amount_vnd, 0);
assert.ok(made.amount_vnd === 500 && side("debit") === 500 && side("credit") === 500, JSON.stringify(made));
const proposed = await read(`exceptions/${x.id}`);
assert.deepEqual([proposed.stage, proposed.owner, proposed.proposal_id], ["proposed", "client:he-thong-tai-chinh", made.id]);
await decide(approver, `/finance/approvals/${made.id}`, "approve");
assert.equal((await read(`exceptions/${x.id}`)).stage, "closed");
assert.deepEqual((await read("exceptions")).data, []);

// The first day is closed by two, and is paid over.
assert.deepEqual((await read("payouts")).data, []);
const day = motcua("runs", "show", "PP", dayOf(3)), hash = day.match(/[0-9a-f]{64}/)[0];
motcua("runs", "submit", "PP", dayOf(3), hash, "--remark", "Khớp đủ", "--by", "officer");
assert.equal(count("SELECT COUNT(*) FROM audit_log WHERE action = 'proposal.made' AND actor = 'staff:officer' AND request_id LIKE 'command line, OS user %'"), 1);
const closing = (await approver("/finance/approvals")).text.match(/\/finance\/approvals\/ppl_[A-Za-z0-9_-]+/)[0];
await decide(approver, closing, "approve");
const [payout] = (await read("payouts")).data;
assert.ok(payout, motcua("runs", "show", "PP", dayOf(3)));
assert.deepEqual([payout.agency_id, payout.day, payout.state, payout.payments], ["H56.14", dayOf(3), "open", 2]);
for (const query of ["agency_id=H56.14", "state=open", `from=${dayOf(3)}&to=${dayOf(3)}`, "provider=PP"]) assert.equal((await read(`payouts?${query}`)).data.length, 1, query);
for (const query of ["agency_id=H56.20", "state=reversed", `from=${dayOf(2)}`]) assert.deepEqual((await read(`payouts?${query}`)).data, [], query);
await read("payouts?state=lost", { status: 400, code: "invalid", field: "state" });
await read("payouts", { bearer: one, status: 403, code: "forbidden", field: "agency_id" });
assert.equal((await read("payouts?agency_id=H56.14", { bearer: one })).data.length, 1);
const shown = await read(`payouts/${payout.id}`);
assert.deepEqual(shown.items.map((item) => item.payment_id).sort(), good.map((o) => o.id).sort());
assert.equal(shown.items.reduce((sum, item) => sum + item.amount_vnd, 0), payout.gross_vnd);
const [first] = (await read(`payouts/${payout.id}?limit=1`)).items;
assert.deepEqual((await read(`payouts/${payout.id}?after=${first.line}`)).items.map((item) => item.line), [shown.items[1].line]);
await read("payouts/po99.H56.14", { status: 404, code: "not_found" });

// That day and its source: bridge, exceptions, manifest with signature and key.
const days = await read(`reconciliations?from=${dayOf(4)}`);
assert.deepEqual(days.data.map((row) => [row.day, row.state]), [[dayOf(2), "review"], [dayOf(3), "closed"]]);
const latest = await read(`reconciliations?limit=1&source=PP`), older = await read(`reconciliations?limit=1&source=PP&cursor=${latest.next_cursor}`);
assert.deepEqual([latest.data[0].day, older.data[0].day, older.next_cursor], [dayOf(2), dayOf(3), undefined]);
assert.deepEqual((await read("reconciliations?source=NAPAS")).data, []);
for (const [query, field] of [["from=2026-02-30", "from"], ["limit=0", "limit"], ["from=2020-01-01&to=2026-01-01", "from"], ["cursor=x", "cursor"]]) await read(`reconciliations?${query}`, { status: 400, code: "invalid", field });
const closed = await read(`reconciliations/PP/${dayOf(3)}`);
assert.deepEqual([closed.state, closed.residual_vnd, closed.matched, closed.outcome_sha256 !== hash || closed.files.some((f) => f.sha256 === taken.file.sha256)], ["closed", 0, 2, true]);
const bridge = await read(`reconciliations/PP/${dayOf(3)}/bridge`);
assert.deepEqual([bridge.residual_vnd, bridge.difference_vnd - bridge.lines.reduce((sum, line) => sum + line.amount_vnd, 0)], [0, 0]);
assert.deepEqual((await read(`reconciliations/PP/${dayOf(2)}/exceptions?which=all`)).data.map((row) => row.id), [x.id]);
assert.deepEqual((await read(`reconciliations/PP/${dayOf(2)}/exceptions`)).data, []);
await read(`reconciliations/PP/${dayOf(2)}/exceptions?which=some`, { status: 400, code: "invalid", field: "which" });
const signed = await read(`reconciliations/PP/${dayOf(3)}/manifest`);
assert.equal(createHash("sha256").update(signed.manifest).digest("hex"), signed.sha256);
const [jws, , mark] = signed.signature.split(".");
assert.ok(verify("sha256", Buffer.from(`${jws}.${Buffer.from(signed.manifest).toString("base64url")}`), { key: createPublicKey({ key: JSON.parse(signed.signer), format: "jwk" }), dsaEncoding: "ieee-p1363" }, Buffer.from(mark, "base64url")), "the key that was kept checks the signature");
for (const path of [`PP/${dayOf(2)}/manifest`, "PP/2026-01-01", "PP/2026-02-30", "nobody/2026-11-01", "PP/2026-01-01/bridge"]) await read(`reconciliations/${path}`, { status: 404, code: "not_found" });
for (const path of ["", `/PP/${dayOf(3)}`, `/PP/${dayOf(3)}/bridge`, `/PP/${dayOf(3)}/exceptions`, `/PP/${dayOf(3)}/manifest`]) await read(`reconciliations${path}`, { bearer: one, status: 403, code: "forbidden", field: "agency_id" });
assert.equal((await approver(`/finance/days/PP/${dayOf(3)}/manifest.jwk`)).text, signed.signer);

// The command line tells the same.
const lines = (text) => text.split("\n").filter(Boolean);
const told = (...args) => JSON.parse(motcua(...args, "--json"));
const refused = (pattern, ...args) => assert.throws(() => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${process.env.STACK}/motcua.conf`, ...args], { stdio: "pipe" }), (e) => pattern.test(String(e.stderr)), args.join(" "));
assert.deepEqual(told("payouts", "list").map((row) => [row.id, row.net_vnd]), [[payout.id, payout.net_vnd]]);
assert.deepEqual(told("payouts", "list", "--state", "reversed"), []);
assert.match(lines(motcua("payouts", "list"))[0], new RegExp(`^${payout.id} .*open`));
assert.deepEqual(told("payouts", "show", payout.id).items.length, 2);
assert.equal(lines(motcua("payouts", "show", payout.id)).length, 3);
refused(/NOT_FOUND/, "payouts", "show", "po99.H56.14");
refused(/no such state/, "payouts", "list", "--state", "lost");

// A slip: drafted, submitted, approved by another, sent, confirmed.
assert.deepEqual((await read("remittances")).data, []);
const draft = ["remittances", "draft", "H56.14", dayOf(3), dayOf(2), "--by", "officer", "--json"];
refused(/by/, ...draft.filter((word) => word !== "--by" && word !== "officer"));
refused(/NOT_FOUND/, "remittances", "draft", "H56.14", "2026-01-01", "2026-01-02", "--by", "officer");
const [slip] = JSON.parse(motcua(...draft));
assert.equal(slip.state, "draft");
assert.deepEqual((await read("remittances?agency_id=H56.14&state=draft", { bearer: one })).data.map((row) => [row.id, row.total_vnd]), [[slip.id, slip.total_vnd]]);
await read("remittances", { bearer: one, status: 403, code: "forbidden", field: "agency_id" });
await read("remittances?state=lost", { status: 400, code: "invalid", field: "state" });
await read("remittances/rmt_none", { status: 404, code: "not_found" });
const whole_slip = await read(`remittances/${slip.id}`);
assert.equal(whole_slip.lines.reduce((sum, line) => sum + line.amount_vnd, 0), slip.total_vnd);
assert.equal(told("remittances", "show", slip.id).lines.length, whole_slip.lines.length);
refused(/NOT_FOUND/, "remittances", "show", "rmt_none");
refused(/STALE/, "remittances", "submit", slip.id, "--document", "0".repeat(64), "--remark", "Nộp theo kỳ", "--by", "officer");
refused(/remark/, "remittances", "submit", slip.id, "--document", whole_slip.document_sha256, "--by", "officer");
const submitted = told("remittances", "submit", slip.id, "--document", whole_slip.document_sha256, "--remark", "Nộp theo kỳ", "--by", "officer");
await decide(approver, `/finance/approvals/${submitted.proposal}`, "approve");
refused(/WRONG_STATE/, "remittances", "settle", slip.id, "--number", "KB-1", "--remark", "Chứng từ đã xác nhận", "--day", dayOf(0), "--amount", String(slip.total_vnd), "--by", "officer");
assert.equal(told("remittances", "send", slip.id, "--by", "officer").state, "sent");
refused(/number/, "remittances", "settle", slip.id, "--number", "kho bạc", "--remark", "Chứng từ đã xác nhận", "--day", dayOf(0), "--amount", String(slip.total_vnd), "--by", "officer");
refused(/amount_vnd/, "remittances", "settle", slip.id, "--number", "KB-1", "--remark", "Chứng từ đã xác nhận", "--day", dayOf(0), "--amount", "1", "--by", "officer");
const word = told("remittances", "settle", slip.id, "--number", "KB-1", "--remark", "Chứng từ đã xác nhận", "--day", dayOf(0), "--amount", String(slip.total_vnd), "--by", "officer");
assert.equal(word.state, "sent", "one person's word is not enough");
await decide(approver, `/finance/approvals/${word.proposal}`, "approve");
assert.deepEqual([(await read(`remittances/${slip.id}`)).treasury_reference, told("remittances", "list", "--state", "confirmed").length], ["KB-1", 1]);
assert.match(lines(motcua("remittances", "list"))[0], new RegExp(`^${slip.id} .*confirmed`));
assert.ok(motcua("remittances", "print", slip.id, "--form", "csv").includes(whole_slip.lines[0].sub_item));
assert.ok(motcua("remittances", "print", slip.id).startsWith("%PDF"));
refused(/form/, "remittances", "print", slip.id, "--form", "doc");
// Receipts of all systems, and whose numbers are used how far.
const receipts = await read("receipts?agency_id=H56.14", { bearer: one }), newest = receipts.data[0];
assert.deepEqual([receipts.count, receipts.total_vnd], [receipts.data.length, receipts.data.reduce((sum, row) => sum + row.amount_vnd, 0)]);
assert.ok([...good, more].every((o) => receipts.data.some((row) => row.payment_id === o.id && row.reference === o.dossier)), JSON.stringify(receipts));
for (const q of [`${newest.serial}-${newest.number}`, newest.id]) assert.deepEqual((await read(`receipts?q=${q}`)).data, [newest]);
assert.ok((await read(`receipts?q=${good[0].dossier}&state=issued`)).data.every((row) => row.payment_id === good[0].id));
assert.deepEqual((await read(`receipts?issued_to=2026-01-01T00:00:00Z`)).data, []);
const turned = await read("receipts?limit=1");
assert.notEqual((await read(`receipts?limit=1&cursor=${turned.next_cursor}`)).data[0].id, turned.data[0].id);
await read(`receipts?state=issued&cursor=${turned.next_cursor}`, { status: 400, code: "invalid", field: "cursor" });
await read("receipts?state=deleted", { status: 400, code: "invalid", field: "state" });
await read("receipts", { bearer: one, status: 403, code: "forbidden", field: "agency_id" });
const numbers = (await read("receipt-ranges?agency_id=H56.14", { bearer: one })).data;
assert.deepEqual(numbers.map((row) => [row.agency_id, row.unit, row.used, row.gaps]), [["H56.14", undefined, receipts.count, 0]]);
assert.deepEqual((await read("receipt-ranges?year=2025")).data, []);
await read("receipt-ranges?year=x", { status: 400, code: "invalid", field: "year" });
await read("receipt-ranges", { bearer: one, status: 403, code: "forbidden", field: "agency_id" });
// The books by the accounts of public service units.
const units = (await read("hcsn-balances?agency_id=H56.14", { bearer: one })).data, total = (name) => units.reduce((sum, row) => sum + row[name], 0);
assert.ok(units.some((row) => row.account === "3332" && row.ours === "2110, 2120") && units.every((row) => row.account), JSON.stringify(units));
assert.deepEqual([total("debit_vnd"), total("closing_debit_vnd")], [total("credit_vnd"), total("closing_credit_vnd")]);
await read("hcsn-balances?from=2026-02-30", { status: 400, code: "invalid", field: "from" });
await read("hcsn-balances?from=2026-02-03&to=2026-02-01", { status: 400, code: "invalid", field: "to" });
await read("hcsn-balances", { bearer: one, status: 403, code: "forbidden", field: "agency_id" });
// Four balances against what stands behind them.
const residuals = (await read("residuals")).data;
assert.deepEqual(residuals.map((row) => [row.account, row.left_vnd]), [["1110", 0], ["2140", 0], ["2150", 0], ["2160", 0]]);
assert.ok(residuals[0].rows > 0 && residuals[2].listed_vnd === 500, JSON.stringify(residuals));
await read("residuals", { bearer: one, status: 403, code: "forbidden", field: "agency_id" });
const viewer = await hire("xem.so", "viewer");
for (const [page, words] of [["receipts", new RegExp(`${newest.serial}-${newest.number}`)], ["ranges", /Liên tục, không thiếu số/]]) {
    const answer = await viewer(`/finance/${page}`);
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.text, words);
    assert.equal((await viewer(`/finance/${page}?year=x`)).status, page === "ranges" ? 422 : 400);
    assert.match((await viewer(`/finance/${page}?as=csv`)).text, page === "ranges" ? /"H56|"0000001"/ : new RegExp(newest.number));
}

assert.match((await viewer("/finance/hcsn?as=csv")).text, /"3332"/);
assert.match((await viewer("/finance")).text, /href="\/finance\/residuals\/1110"/);
assert.match((await viewer("/finance/residuals/1110")).text, new RegExp(`/finance/orders/${more.id}`));
assert.match((await viewer("/finance/residuals/2150?as=csv")).text, /"500"/);
assert.equal((await viewer("/finance/residuals/1120")).status, 404);
motcua("ledger", "verify");
motcua("audit", "verify");
console.log("finance for systems and on the command line: from the file to the treasury");
