// The citizen's side of fees: a bill priced anew at sign-in, lists, and paying by a dossier's code
// without a sign-in.
import assert from "node:assert/strict";
import { Browser, api, call, dossier, form, here, order, pay, state, truthOf, until } from "../fault/stage.mjs";

const THO = { name: "Lê Đức Thọ", id: "038075000078" }; // level 1
const THU = { name: "Nguyễn Văn Thử", id: "001087123456" }; // level 2
const csrfOf = (text, action) => text.match(new RegExp(`action="${action}"[^]*?name="csrf" value="([^"]*)"`))?.[1];

async function extract(payer, n = 3) {
    const body = { ...dossier(), procedure: "2.000635.000.00.00.H56", items: [{ fee: "civil_extract", quantity: n }], payer };
    const answer = await api("POST", "/v1/payments", body, body.reference);
    assert.equal(answer.status, 201, answer.text);
    return { id: answer.body.id, dossier: body.reference, total: answer.body.total_vnd, bill: answer.body.next_url };
}

const thu = await new Browser().signIn("thu");
const tho = await new Browser().signIn("tho");

// Level 2 pays nothing for what a portal asked for without a level; the payment keeps its id.
const free = await extract(THU);
assert.equal(free.total, 24000);
const etag = (await api("GET", `/v1/payments/${free.id}`)).headers.get("etag");
const shown = await thu.visit(free.bill);
assert.equal(shown.status, 200);
assert.match(shown.text, /note good" role="status"><p>[^<]*24\.000/);
const now = await api("GET", `/v1/payments/${free.id}`);
assert.equal(now.body.state, "exempt");
assert.equal(now.body.total_vnd, 0);
assert.notEqual(now.headers.get("etag"), etag);
assert.deepEqual((await api("GET", `/v1/payments/${free.id}/events`)).body.data.map((row) => row.event).filter((name) => name === "waived"), ["waived"]);
// Level 1 does not, and neither does somebody whose bill it is not.
const full = await extract(THO);
assert.doesNotMatch((await tho.visit(full.bill)).text, /note good/);
assert.equal((await state(full)).total_vnd, 24000);
assert.equal((await thu.visit(full.bill)).status, 403);
assert.equal((await state(full)).total_vnd, 24000);
// A bill that names nobody is priced for nobody in particular.
const anyones = await extract(undefined);
assert.equal((await thu.visit(anyones.bill)).status, 200);
assert.equal((await state(anyones)).total_vnd, 24000);

// Paid once, then the lists.
const paid = await order(THU);
await thu.startPaying(paid);
await pay((await truthOf(paid.dossier))[0].reference);
await thu.comeBack(paid);
assert.ok(await until(async () => (await state(paid)).state === "paid", 10000));
const open = await order(THU);
const fees = await thu.visit(`${here}/me/payments`);
assert.equal(fees.status, 200, fees.text.slice(0, 400));
const at = (o) => fees.text.indexOf(`>${o.dossier}<`);
assert.ok(at(open) > 0 && at(open) < at(paid) && at(open) < at(free), "what is to be paid comes first");
assert.equal(at(full), -1, "another's bill");
assert.equal(at(anyones), -1, "nobody's bill");
assert.doesNotMatch((await thu.visit(`${here}/me/payments?state=paid`)).text, new RegExp(open.dossier));
assert.match((await thu.visit(`${here}/me/payments?state=paid`)).text, new RegExp(paid.dossier));
for (const wrong of ["state=paidd", "year=1999", "from=x", "from=2.1.a", "for=org_none"])
    assert.ok((await thu.visit(`${here}/me/payments?${wrong}`)).status >= 400, wrong);
const receipts = await thu.visit(`${here}/me/receipts`);
const files = [...receipts.text.matchAll(/href="(\/receipts\/[^"]+)"/g)].map((m) => m[1]);
assert.equal(files.length, 4, "phi and le phi, PDF and XML");
assert.doesNotMatch((await tho.visit(`${here}/me/receipts`)).text, /href="\/receipts\//);
assert.equal((await tho.visit(here + files[0])).status, 403);
assert.equal((await thu.visit(`${here}/me/refunds`)).status, 200);
for (const page of ["payments", "receipts", "refunds"])
    assert.equal((await call(`${here}/me/${page}`)).status, 303, "asks who it is");

// Pages of twenty, without a gap and without a repeat.
const many = [];
for (let i = 0; i < 23; i++) many.push((await order(THO)).dossier);
const seen = [];
for (let next = "/me/payments"; next;) {
    assert.ok(seen.length < 60, "the pages end");
    const { text } = await tho.visit(here + next);
    seen.push(...[...text.matchAll(/<h3><a href="\/pay\/[^"]+">([^<]+)</g)].map((m) => m[1]));
    next = text.match(/class="button second" href="(\/me\/payments\?[^"]*from=[^"]*)"/)?.[1].replaceAll("&amp;", "&");
}
assert.equal(seen.length, 24);
assert.deepEqual([...seen].sort(), [...many, full.dossier].sort());

// By the dossier's code, without a sign-in.
const agency = "H56.14";
async function ask(browser, code, proof) {
    const page = await browser.visit(`${here}/pay`);
    const began = Date.now();
    const answer = await browser.visit(`${here}/pay`, form({ csrf: csrfOf(page.text, "/pay"), agency, code, proof }));
    return { ...answer, ms: Date.now() - began };
}
const stranger = new Browser();
assert.match((await stranger.visit(`${here}/pay/code`)).text, /name="proof"/, "nothing was found yet");
assert.equal((await call(`${here}/pay`, form({ agency, code: open.dossier, proof: "3456" }))).status, 403, "no csrf");
// A wrong code and a wrong proof are the same answer after the same time.
const wrong = await ask(stranger, open.dossier, "9999");
const none = await ask(stranger, "H56.14-000000-0000", "9999");
const bare = (answer) => answer.text.replaceAll(open.dossier, "").replaceAll("H56.14-000000-0000", "").replace(/name="csrf" value="[^"]*"/g, "");
assert.equal(wrong.status, none.status);
assert.equal(bare(wrong), bare(none));
assert.ok(wrong.ms >= 390 && none.ms >= 390, `${wrong.ms} and ${none.ms} ms`);
assert.equal((await stranger.visit(`${here}/pay/code/qr.png`)).status, 404);
// The amount shows the bill and names nobody; the digits let pay.
const amount = await ask(stranger, open.dossier, open.total.toLocaleString("vi-VN"));
assert.equal(amount.next, `${here}/pay/code`);
const guest = await stranger.follow(amount);
assert.match(guest.text, new RegExp(open.dossier));
for (const secret of [THU.name, THU.id, "3456", open.bill.split("/").pop()]) assert.ok(!guest.text.includes(secret), `shows ${secret}`);
assert.doesNotMatch(guest.text, /\/pay\/code\/start/);
assert.equal((await stranger.visit(`${here}/pay/code/start`, form({ csrf: csrfOf((await stranger.visit(`${here}/pay`)).text, "/pay"), channel: "portal" }))).status, 403);
const digits = await stranger.follow(await ask(stranger, open.dossier, "3456"));
const begun = await stranger.visit(`${here}/pay/code/start`, form({ csrf: csrfOf(digits.text, "/pay/code/start"), channel: "portal" }));
assert.equal(begun.status, 303, begun.text.slice(0, 400));
await pay((await truthOf(open.dossier))[0].reference);
const back = await stranger.visit(`${open.bill}/return`);
assert.equal(back.next, `${here}/pay/code`);
assert.ok(await until(async () => (await state(open)).state === "paid", 10000));
const result = await stranger.visit(`${here}/pay/code`);
assert.match(result.text, /class="state good"/);
assert.doesNotMatch(result.text, /href="\/receipts\//, "a receipt names its payer");
assert.match(result.text, /href="\/verify\//);
assert.equal((await new Browser().visit(`${here}/pay/code`)).text.includes(open.dossier), false, "another browser");
// A bill that names nobody is paid by its amount.
const nobody = await stranger.follow(await ask(stranger, anyones.dossier, "24.000"));
assert.match(nobody.text, /\/pay\/code\/start/);
// Few tries for one code, whether or not it exists.
for (const code of [full.dossier, "H56.14-000000-0001"]) {
    for (let i = 0; i < 5; i++) assert.equal((await ask(stranger, code, String(1000 + i))).status, 200);
    assert.equal((await ask(stranger, code, "0078")).status, 429);
}
console.log("citizen pages: ok");
