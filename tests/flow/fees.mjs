// Fees: the catalogue, a quote and the order by it, what a page calculates, and what the command line
// checks and proposes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { here } from "../fault/stage.mjs";
import { onestop, token } from "./machine.mjs";

const stack = process.env.STACK;
const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }).format(new Date());
const get = (path, headers = {}) => fetch(here + path, { headers });

// The catalogue is for everybody, is cached, and tells each legal basis.
const first = await get("/v1/fees?procedure=2.000635.000.00.00.H56&province=38");
assert.equal(first.status, 200);
assert.match(first.headers.get("cache-control"), /public/);
const etag = first.headers.get("etag");
const catalogue = await first.json();
assert.equal(catalogue.fees.length, 1);
assert.equal(catalogue.fees[0].rules[0].amount_vnd, 8000);
assert.ok(catalogue.fees[0].rules[0].basis);
assert.equal((await get("/v1/fees?procedure=2.000635.000.00.00.H56&province=38", { "If-None-Match": etag })).status, 304);
assert.notEqual((await get("/v1/fees?procedure=2.000635.000.00.00.H56&on=2027-03-01")).headers.get("etag"), etag);
assert.equal((await get("/v1/fees?surprise=1")).status, 400);
assert.equal((await get("/v1/fees?on=2026-02-30")).status, 400);

// A quote.
const bearer = (await token({ grant_type: "client_credentials", ...onestop, scope: "payments:write payments:read" })).json.access_token;
async function post(path, body, key) {
    const answer = await fetch(here + path, {
        method: "POST", body: JSON.stringify(body),
        headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json", ...(key ? { "Idempotency-Key": key } : {}) },
    });
    return { status: answer.status, json: await answer.json() };
}
const asked = { agency_id: "H56.14", procedure: "2.000635.000.00.00.H56", items: [{ fee: "civil_extract", quantity: 3 }] };
assert.equal((await fetch(`${here}/v1/fee-quotes`, { method: "POST" })).status, 401);
for (const [wrong, field] of [[{ agency_id: "H99" }, "agency_id"], [{ procedure: "9.9" }, "procedure"], [{ surprise: 1 }, "surprise"],
    [{ items: [{ fee: "no_such" }] }, "fee"], [{ subject_token: "x" }, "subject_token"]]) {
    const refused = await post("/v1/fee-quotes", { ...asked, ...wrong });
    assert.ok([400, 403, 422].includes(refused.status), JSON.stringify(refused));
    assert.equal(refused.json.field, field);
}
const quote = await post("/v1/fee-quotes", asked);
assert.equal(quote.status, 201, JSON.stringify(quote.json));
assert.equal(quote.json.total_vnd, 24000);
assert.equal(quote.json.level, 0);
const why = quote.json.lines[0].explain.find((one) => one.rule === "tt117-2026.2");
assert.ok(!why.applied && why.text_vi && why.text_en && why.basis);
if (today <= "2027-02-28") {
    assert.equal(why.reason, "needs_level");
    assert.deepEqual(quote.json.savings.map((one) => [one.level, one.saved_vnd, one.rule]), [[2, 24000, "tt117-2026.2"]]);
}

// An order by it costs the same, once; what it settles is not said again; another's is not found.
const dossier = `H56.14-${today.slice(2).replaceAll("-", "")}-7001`;
const twice = await post("/v1/payments", { quote_id: quote.json.id, reference: dossier, agency_id: "H56.14" }, "fees-1");
assert.equal(twice.status, 400);
assert.equal(twice.json.field, "agency_id");
assert.equal((await post("/v1/payments", { quote_id: "quo_none", reference: dossier }, "fees-2")).status, 404);
assert.equal((await post("/v1/payments", { reference: dossier }, "fees-3")).json.field, "agency_id");
const order = await post("/v1/payments", { quote_id: quote.json.id, reference: dossier }, "fees-4");
assert.equal(order.status, 201, JSON.stringify(order.json));
assert.equal(order.json.total_vnd, 24000);
assert.ok(order.json.lines[0].explain.length > 0);
assert.deepEqual((await post("/v1/payments", { quote_id: quote.json.id, reference: dossier }, "fees-4")).json, order.json);

// The pages: search, and a case that is described.
const list = await (await get("/fees?province=01&on=2026-11-23", { "Accept-Language": "vi" })).text();
assert.match(list, /Nghị quyết 78\/2026/);
assert.doesNotMatch(list, /th-sample|550\.000/);
const describe = async (query) => (await get(`/fees/2.000635.000.00.00.H56?agency=H56.14&channel=online&on=2026-11-23&${query}`, { "Accept-Language": "vi" })).text();
assert.match(await describe("level=1&quantity=3"), /24\.000 đ/);
assert.match(await describe("level=1&quantity=3"), /mức độ 2 bạn nộp ít hơn 24\.000 đ/);
assert.match(await describe("level=2&quantity=3"), /<p class="amount">0 đ/);
assert.match(await describe("level=2&quantity=x"), /role="alert"/);
assert.match(await (await get("/fees/2.000889.000.00.00.H56?agency=H26.01&on=2026-11-23", { "Accept-Language": "vi" })).text(), /theo tỷ lệ/);
assert.equal((await get("/fees/9.999999")).status, 404);

// The command line.
const motcua = (...words) => spawnSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...words], { encoding: "utf8" });
const folder = mkdtempSync(`${stack}/fees-`);
writeFileSync(`${folder}/bad.json`, JSON.stringify({ rules: [{ id: "x", fee: "none" }] }));
const bad = motcua("fees", "check", `${folder}/bad.json`, "--json");
assert.equal(bad.status, 1);
assert.equal(JSON.parse(bad.stdout).good, false);
assert.match(JSON.parse(bad.stdout).mistakes[0], /^bad\.json: rules\[0\]\./);
assert.equal(motcua("fees", "check", "--json").status, 0);
const told = motcua("fees", "quote", "2.000635.000.00.00.H56", "--agency", "H56.14", "--on", "2026-11-23", "--level", "1", "--quantity", "2", "--json");
assert.equal(told.status, 0, told.stderr);
assert.equal(JSON.parse(told.stdout).total_vnd, 16000);
assert.equal(JSON.parse(motcua("fees", "list", "2026-11-23", "--json").stdout).version, 0);

const shipped = new URL("../../conf/fees/", import.meta.url);
const all = {};
for (const name of ["agencies", "national", "procedures", "provinces"])
    for (const [member, rows] of Object.entries(JSON.parse(readFileSync(new URL(`${name}.json`, shipped), "utf8"))))
        all[member] = [...(all[member] ?? []), ...rows];
const passport = all.rules.find((rule) => rule.id === "tt25-2021.passport");
const tables = (until, from) => {
    const rules = [...all.rules.filter((rule) => rule !== passport), { ...passport, to: until }, { ...passport, id: "tt1.passport", from, amount_vnd: 250000 }];
    writeFileSync(`${folder}/all.json`, JSON.stringify({ ...all, rules }));
    return `${folder}/all.json`;
};
const past = motcua("fees", "publish", tables("2024-12-31", "2025-01-01"), "--by", "officer", "--remark", "thử", "--json");
assert.equal(past.status, 1, past.stdout);
assert.match(past.stdout + past.stderr, /changes what was in force/);
assert.equal(motcua("fees", "publish", tables("2098-12-31", "2099-01-01"), "--by", "nobody-here", "--remark", "thử").status, 1);
const proposed = motcua("fees", "publish", tables("2098-12-31", "2099-01-01"), "--by", "officer", "--remark", "thử", "--json");
assert.equal(proposed.status, 0, proposed.stderr);
assert.match(JSON.parse(proposed.stdout).content.added[0], /tt1\.passport \(from 2099-01-01\).*250000/);
console.log("fees: good");
