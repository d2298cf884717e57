// Files of sources on the workplace: taken, judged, released by two, shown; the same bytes twice.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { decide, hire, signInOfficer } from "./desk.mjs";

const officer = await signInOfficer(), approver = await hire("duyet.tep", "approver"), viewer = await hire("xem.tep", "viewer");
const line = (id, amount) => ({ transId: id, toKhaiId: `REF${id}`, amount, status: "SUCCESS", payTime: "2026-11-20 09:00:00", sendToKBNNStatus: "NOT_SENT", remark: "PAY" });
const bank = (rows, total, code = "BIDV") => JSON.stringify({ reconcileDate: "20/11/2026", bankCode: code, bankName: "x", unitCode: "x", unitName: "x", totalTransaction: rows.length, totalAmount: total, transactions: rows });

async function take(source, text, name) {
    const form = new FormData();
    form.set("csrf", (await officer("/finance/files")).csrf);
    form.set("source", source);
    form.set("file", new Blob([text]), name);
    return officer("/finance/files", form);
}

// A bank's statement: the day is the one that it tells.
const good = await take("BIDV-3713", bank([line("A1", 1000), line("A2", 2000)], 3000), "good.json");
assert.equal(good.status, 200, good.text);
assert.match(good.url, /^\/finance\/files\/\d+$/);
assert.match(good.text, /đã nhận/);
assert.match(good.text, /20\/11\/2026/);
assert.match(good.text, /3\.000 đ/);
assert.equal((await take("BIDV-3713", bank([line("A1", 1000), line("A2", 2000)], 3000), "again.json")).url, good.url, "the same bytes are the same file");

// A total that is wrong is put aside, and two persons may want it all the same.
const bad = await take("BIDV-3713", bank([line("A1", 1000), line("A3", 2000)], 9000), "bad.json");
assert.match(bad.text, /bị giữ lại/);
assert.match(bad.text, /CTL/);
assert.equal((await viewer(bad.url)).text.includes("<textarea"), false, "a viewer proposes nothing");
const empty = await officer(bad.url, { csrf: bad.csrf, remark: "" });
assert.match(empty.text, /role="alert"/);
const proposal = await officer(bad.url, { csrf: bad.csrf, remark: "Ngân hàng xác nhận bằng công văn" });
assert.match(proposal.url, /^\/finance\/approvals\/ppl_/);
await decide(approver, proposal.url, "approve");
assert.match((await officer(bad.url)).text, /đã nhận/);
assert.match((await officer(good.url)).text, /đã thay bằng bản sau/);

// The treasury's file is not the bank's, and the other way round; a day off has no file.
assert.match((await take("BIDV-3713", bank([line("A1", 1000)], 1000, "KBNN"), "k.json")).text, /VER/);
assert.match((await take("KB", bank([line("A1", 1000)], 1000, "KBNN"), "k.json")).text, /đã nhận/);
assert.match((await take("KB", bank([line("A1", 1000)], 1000), "b.json")).text, /VER/);
assert.match((await take("BIDV-3713", bank([line("A1", 1)], 1).replace("20/11/2026", "22/11/2026"), "s.json")).text, /DATE/);
assert.ok((await take("NOBODY", "x", "x")).status >= 400);
assert.equal((await officer("/finance/files/999999")).status, 404);

// The list, by state.
const list = await officer("/finance/files?state=quarantined");
assert.equal(list.status, 200, list.text);
assert.ok(!list.text.includes("good.json") && list.text.includes("s.json"));
assert.ok((await officer("/finance/files")).text.includes("good.json"));
// The same by the command line.
const stack = process.env.STACK, motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
writeFileSync(`${stack}/cli.json`, bank([line("C1", 500)], 500).replace("20/11/2026", "19/11/2026"));
const taken = JSON.parse(motcua("files", "take", "BIDV-3713", `${stack}/cli.json`));
assert.deepEqual([taken.state, taken.day, taken.lines, taken.gross_vnd], ["accepted", "2026-11-19", 1, 500]);
assert.equal(JSON.parse(motcua("files", "list").split("\n")[0]).sha256, taken.sha256);
assert.throws(() => motcua("files", "take", "NOBODY", `${stack}/cli.json`));
console.log("files: taken, put aside, released by two");
