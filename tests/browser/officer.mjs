// An officer's day: a file that was put aside is released by two, many exceptions get an owner and a
// proposal at once, yesterday's file comes in, one exception is taken, proposed and decided by two
// officers, the others are carried; the day is submitted, approved by another, its manifest is signed
// and verified; its payout arrives, is remitted, a part is asked back; figures are taken as files, two
// open the day again, and an auditor proves the log. `touch`: on a telephone in Vietnamese, `clicks`:
// on a desk in English, `keys`: there by keyboard alone. Refusals are read: taken by another, approved
// after it was proposed anew, decided by its maker, a role that was taken away meanwhile.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { Browser, THU, call, order, systems, truthOf } from "../fault/stage.mjs";
import { go, here, inspect, open, stack, under, visitor } from "./browser.mjs";

const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
const password = "Mat-khau-2026!";
writeFileSync(`${stack}/password`, password, { mode: 0o600 });
for (const [name, role] of [["can.bo", "treasurer"], ["thu.quy", "treasurer"], ["phe.duyet", "treasurer"], ["nguoi.xem", "viewer"], ["kiem.toan", "auditor"]]) {
    motcua("staff", "add", name, "--role", role, "--password-file", `${stack}/password`);
    writeFileSync(`${stack}/secrets/${name}_otp`, motcua("staff", "otp", name).match(/^secret (.*)$/m)[1]);
}
async function enter(page, name) {
    await page.goto(`${here}/staff/sign-in?lang=${page.look.language}`);
    await page.fill("#name", name);
    await page.fill("#password", password);
    await page.click('form[action="/staff/sign-in"] button');
    await page.waitForURL(`${here}/staff/step`);
    await page.fill("#code", otp(name));
    await page.click('form[action="/staff/step"] button');
    await page.waitForURL((url) => /^\/(finance|admin)/.test(url.pathname));
}
async function tabTo(page, selector) {
    for (let i = 0; i < 150; i++) {
        const at = await page.evaluate((s) => { const o = document.activeElement, style = getComputedStyle(o);
            return o.matches(s) ? { outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 } : null; }, selector);
        if (at) return assert.ok(at.outlined, `the focus is seen on ${selector}`);
        await page.keyboard.press("Tab");
    }
    assert.fail(`${selector} is not reached by the keyboard`);
}
// By touch or click, or by keyboard alone.
const press = (keys) => async (page, selector) => {
    if (!keys) return page.locator(selector).first().click();
    await tabTo(page, selector);
    if ((await page.evaluate(() => document.activeElement.type)) === "radio") return page.keyboard.press("Space");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
};
const write = (keys) => async (page, selector, text) => {
    if (!keys) return page.fill(selector, text);
    await tabTo(page, selector);
    await page.keyboard.type(text);
};
// What a refusal says, word by word in the language of the page.
const texts = Object.fromEntries(["vi", "en"].map((language) => [language, Object.fromEntries(
    readFileSync(new URL(`../../web/text/${language}.txt`, import.meta.url), "utf8").split("\n")
        .map((line) => line.match(/^([\w.]+) = (.*)$/)).filter(Boolean).map((m) => [m[1], m[2]]))]));
const told = async (page, key) => {
    const text = texts[page.look.language][key];
    assert.ok(text, key);
    await page.locator("main", { hasText: text }).waitFor({ timeout: 5000 }).catch(() => {});
    assert.ok((await page.innerText("main")).includes(text), `${key}: ${await page.innerText("main")}`);
};

// Paid so many days ago, with what the portal's file will have instead.
async function paid(days, mismatch) {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    await citizen.startPaying(o);
    o.reference = (await truthOf(o.dossier))[0].reference;
    const headers = { "Content-Type": "application/json", "X-Sandbox-Fault": [`portal_days_ago=${days}`, mismatch].filter(Boolean).join(",") };
    const answer = await call(`${systems}/admin/transactions/${o.reference}/pay`, { method: "POST", headers, body: '{"outcome":"paid"}' });
    assert.equal(answer.status, 200, answer.text);
    await citizen.comeBack(o);
    return o;
}
// A choice of a group: arrow keys go through it.
async function choose(page, keys, action, actions) {
    if (!keys) return page.locator(`#act input[name="action"][value="${action}"]`).click();
    await tabTo(page, '#act input[name="action"]:checked');
    for (let i = 0; i < actions.length && !await page.locator(`#act input[value="${action}"]`).isChecked(); i++) await page.keyboard.press("ArrowDown");
    assert.ok(await page.locator(`#act input[value="${action}"]`).isChecked(), `${action} is chosen`);
}
// A day as a person types it into its field, in the order that the browser's own language has.
async function typeDay(page, keys, selector, day) {
    if (!keys) return page.fill(selector, day);
    await tabTo(page, selector);
    const [y, m, d] = day.split("-");
    await page.keyboard.type(`${d}${m}${y}`);
    if (await page.inputValue(selector) !== day) {
        for (let part = 0; part < 2; part++) await page.keyboard.press("ArrowLeft");
        await page.keyboard.type(`${m}${d}${y}`);
    }
    assert.equal(await page.inputValue(selector), day, "the day that was typed");
}
// A page of the workplace by its navigation.
async function reach(page, keys, path) {
    if (!keys) return go(page, path);
    const group = `nav.desk details:has(a[href="${path}"])`;
    if (await page.locator(group).count()) {
        await tabTo(page, `${group} > summary`);
        if (!await page.locator(group).evaluate((o) => o.open)) await page.keyboard.press("Enter");
    }
    await tabTo(page, `nav.desk a[href="${path}"]`);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === path);
}
// A link that leads to a file: no page follows.
async function follow(page, keys, selector) {
    if (!keys) return page.locator(selector).click();
    await tabTo(page, selector);
    await page.keyboard.press("Enter");
}
const dayOf = (ago) => new Date(Date.now() + 7 * 3600000 - ago * 86400000).toISOString().slice(0, 10);
const vn = (day) => day.split("-").reverse().join("/");
// A day of work before `day`: banks send nothing of others.
function workday(day) {
    for (let at = new Date(`${day}T00:00:00Z`);;) {
        at = new Date(at - 86400000);
        if (![0, 6].includes(at.getUTCDay())) return at.toISOString().slice(0, 10);
    }
}
// A bank's statement whose total is not that of its lines.
const statement = (day) => Buffer.from(JSON.stringify({ reconcileDate: vn(day), bankCode: "BIDV", bankName: "BIDV", unitCode: "DT01", unitName: "Sở", totalTransaction: 2, totalAmount: 900000,
    transactions: [100000, 200000].map((amount, i) => ({ transId: `FT${day}-${i}`, toKhaiId: `KHONG-RO-${day}-${i}`, amount, status: "SUCCESS", payTime: `${vn(day)} 09:0${i}:00`, sendToKBNNStatus: "NOT_SENT", remark: "CHUYEN KHOAN" })) }));
async function attach(page, keys, selector, name, mimeType, buffer) {
    if (!keys) return page.setInputFiles(selector, { name, mimeType, buffer });
    await tabTo(page, selector);
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Space")]);
    await chooser.setFiles({ name, mimeType, buffer });
}
async function pick(page, keys, selector, value) {
    if (!keys) return page.selectOption(selector, value);
    await tabTo(page, selector);
    for (let i = 0; i < 20 && await page.inputValue(selector) !== value; i++) await page.keyboard.press("ArrowDown");
    assert.equal(await page.inputValue(selector), value);
}
async function unfold(page, keys, selector) {
    if (!keys) return page.locator(selector).click();
    await tabTo(page, selector);
    await page.keyboard.press("Enter");
}
// Once around by Tab: everything that can be used is reached, and nothing holds the focus.
async function tour(page) {
    const usable = await page.evaluate(() => [...document.querySelectorAll("a[href], button:not([disabled]), input:not([type=hidden]), select, textarea, summary")]
        .filter((o) => o.checkVisibility() && !(o.type === "radio" && !o.checked)).map((o) => (o.dataset.tour = "no") && o).length);
    for (let i = 0; i < usable * 4 + 20; i++) {
        await page.keyboard.press("Tab");
        await page.evaluate(() => { if (document.activeElement.dataset.tour) document.activeElement.dataset.tour = "yes"; });
        if (!await page.locator('[data-tour="no"]').count()) return;
    }
    assert.fail(`not reached by Tab: ${await page.locator('[data-tour="no"]').first().evaluate((o) => o.outerHTML)}`);
}

const [width, language, keys] = { touch: [390, "vi", false], clicks: [1280, "en", false], keys: [1280, "vi", true] }[process.argv[2] ?? "touch"];
const day = dayOf(1), bankDay = workday(dayOf(2)), touch = press(keys), type = write(keys);
const wayOfDay = `${here}/finance/days/PP/${day}`;
let pictures = 0;
// By keyboard nothing new is seen on a page: axe looks in the other walks.
const look = (page, name) => inspect(page, `${keys ? "keys" : "day"}-${String(++pictures).padStart(2, "0")}-${name}`, { quick: keys });
const orders = [];
for (const mismatch of [null, null, "settle_mis_ours", "settle_mis_ours", "settle_amt_more=500", "settle_unkey"]) orders.push(await paid(1, mismatch));
const browser = await open();
const person = async (name) => {
    const page = await visitor(browser, { width, language });
    await enter(page, name);
    return page;
};
const [maker, other] = [await person("can.bo"), await person("thu.quy")];
// What was proposed is decided by another, who sees it as it was proposed.
async function decide(by, way, name) {
    await by.goto(way);
    await look(by, name);
    await touch(by, 'button[value="approve"]');
    await by.waitForURL(way);
    assert.equal(await by.locator('[role="alert"]').count(), 0, await by.innerText("main"));
    assert.equal(await by.locator('button[value="approve"]').count(), 0, "decided once");
}
const proposed = (page) => page.waitForURL(under(`${here}/finance/approvals/ppl_`));

// Files: one with a wrong total is put aside, and two persons may want it all the same.
await look(maker, "today");
await reach(maker, keys, "/finance/files");
await pick(maker, keys, "#source", "BIDV-3713");
await attach(maker, keys, "#file", "sao-ke.json", "application/json", statement(bankDay));
await touch(maker, 'form[action="/finance/files"][method=post] .actions button');
await maker.waitForURL(/\/finance\/files\/\d+$/);
await look(maker, "file-quarantined");
assert.match(await maker.innerText("main"), /CTL/);
const wayOfFile = maker.url();
await type(maker, "#remark", "Ngân hàng xác nhận bằng công văn");
await touch(maker, `form[action="${wayOfFile.slice(here.length)}"] button`);
await proposed(maker);
assert.equal(await maker.locator('button[value="approve"]').count(), 0, "who asks for it does not release it");
await look(maker, "release-own");
await decide(other, maker.url(), "release");
await maker.goto(wayOfFile);
await maker.locator("main .state.good").first().waitFor();
await look(maker, "file-released");

// The day: its file comes in.
await reach(maker, keys, "/finance/calendar");
if (day.slice(0, 7) !== dayOf(0).slice(0, 7)) await touch(maker, 'main .actions a[href^="/finance/calendar?month="]');
await look(maker, "calendar");
await maker.goto(wayOfDay); // a day without a file has no square yet
await touch(maker, `form[action="/finance/${day}/fetch"] button`);
await maker.waitForURL(under(`${wayOfDay}?told=loaded`));
if (keys) await tour(maker);
assert.equal(await maker.locator("main form button:not(.second)").count(), 0, "taking the file again is not the main thing to do");
await look(maker, "day");
for (const code of ["MIS_OURS", "AMT_MORE", "UNKEY"])
    assert.ok((await maker.innerText("main")).includes(code), `${code} is on the day`);
await told(maker, "run.bar.exceptions");

// Two lines that nobody knows are given to one owner, and a sheet proposes to return both.
await maker.goto(`${here}/finance/exceptions?all=1&class=MIS_OURS&day_from=${day}&day_to=${day}`);
const strays = await maker.locator('main tbody th a[href^="/finance/exceptions/"]').evaluateAll((all) => all.map((a) => a.href.split("/").pop()));
assert.equal(strays.length, 2, "two lines that nobody knows");
await unfold(maker, keys, "details.card > summary");
await type(maker, "#ids", strays.join(" "));
await type(maker, "#owner", "can.bo");
await touch(maker, 'form:has(#ids) button[value="assign"]');
await maker.waitForURL((url) => url.pathname === "/finance/exceptions" && url.search === "");
await maker.goto(`${here}/finance/exceptions?all=1&owner=can.bo`);
assert.equal(await maker.locator("main table.rows tbody tr").count(), 2, "both have their owner");
assert.doesNotMatch(await maker.innerText("main table.rows"), /staff:/);
await look(maker, "bulk-assigned");
await unfold(maker, keys, "details.card > summary");
await attach(maker, keys, "#file", "de-xuat.csv", "text/csv", Buffer.from(`exception,action,target,remark\n${strays.map((id) => `${id},return,H56.14,Trả lại vì không có hồ sơ`).join("\n")}\n`));
await touch(maker, 'button[value="csv"]');
await maker.waitForLoadState();
assert.equal(maker.url(), `${here}/finance/approvals`, await maker.innerText("main"));
assert.equal(await maker.locator("main tr.own").count(), 2);
await look(maker, "bulk-proposed");
const many = await maker.locator("main tr.own a").evaluateAll((all) => all.map((a) => a.href));
for (const one of many) await decide(other, one, "return");
assert.ok(await other.locator("main table.lines tbody tr").count() >= 1, "the postings that were made are told");

// One exception: taken, both records read, what to do shown and proposed.
await reach(maker, keys, "/finance/exceptions");
await look(maker, "exceptions");
if (keys) await tour(maker);
await maker.goto(`${here}/finance/exceptions?class=UNKEY&day_from=${day}&day_to=${day}`);
const way = await maker.locator('main tbody a[href^="/finance/exceptions/"]').first().getAttribute("href");
await touch(maker, `main tbody a[href="${way}"]`);
await maker.waitForURL(here + way);
await look(maker, "exception");
assert.equal(await maker.locator('#act input[value="charge"]').count(), 0, "what came in is no fee that the bank took");

// Another officer has the same page open and takes it second.
await other.goto(here + way);
await touch(maker, 'button[name="do"][value="take"]');
await maker.locator('button[value="release"]').waitFor();
await touch(other, 'button[name="do"][value="take"]');
await told(other, "exception.taken");
await look(other, "taken");

const actions = await maker.$$eval('#act input[name="action"]', (all) => all.map((one) => one.value));
assert.ok(actions.includes("assign") && actions.includes("accept"), actions.join());
await choose(maker, keys, "assign", actions);
await type(maker, "#remark", "Chưa chọn khoản thu");
await touch(maker, '#act button[value="preview"]');
await told(maker, "exception.need.orders");
await look(maker, "no-target");
const propose = async (remark) => {
    await maker.goto(here + way);
    await choose(maker, keys, "accept", actions);
    await type(maker, "#remark", remark);
    await touch(maker, '#act button[value="preview"]');
    await maker.locator("#preview").waitFor();
    await look(maker, "preview");
    await touch(maker, 'button[value="propose"]');
    await proposed(maker);
    return maker.url();
};
const first = await propose("Theo sao kê của ngân hàng");
await look(maker, "own");
assert.doesNotMatch(await maker.innerText("main dl"), /\d{4}-\d\d-\d\d|staff:/, "days and names as people write them");
await other.goto(first);

// Edited after it was shown: withdrawn and proposed anew. Who has the first one open approves nothing.
await touch(maker, 'button[value="withdraw"]');
await maker.locator('button[value="withdraw"]').waitFor({ state: "detached" });
const decision = await propose("Theo sao kê của ngân hàng, trang 2");
assert.notEqual(decision, first);
await touch(other, 'button[value="approve"]');
await told(other, "proposal.gone");
await look(other, "edited");
await maker.goto(here + way);
await maker.locator(`main a[href="${decision.slice(here.length)}"]`).first().waitFor();

// Self-approval: who made it, even with the right to decide, and with the form that only others are offered.
await maker.goto(decision);
assert.equal(await maker.locator('button[value="approve"]').count(), 0, "its maker is not offered to approve");
await told(maker, "proposal.own");
await maker.evaluate(() => { const button = document.querySelector('button[value="withdraw"]'), form = button.form;
    const hash = document.createElement("input");
    Object.assign(hash, { type: "hidden", name: "hash", value: document.querySelector("code.long").innerText.trim() });
    form.append(hash);
    button.value = "approve"; });
await touch(maker, 'button[value="approve"]');
await told(maker, "err.self_approval");
await look(maker, "self");

// One whose role is taken away while the page is open may not, and one who only looks is not asked.
const checker = await person("phe.duyet");
await reach(checker, keys, "/finance/approvals");
await look(checker, "approvals");
await touch(checker, `main a[href="${decision.slice(here.length)}"]`);
await checker.waitForURL(decision);
motcua("staff", "role", "phe.duyet", "viewer");
await touch(checker, 'button[value="approve"]');
await told(checker, "staff.ended");
await look(checker, "role-gone");
await checker.context().close();
const viewer = await person("nguoi.xem");
await viewer.goto(decision);
await told(viewer, "proposal.role");
await look(viewer, "viewer");
assert.equal(await viewer.locator('main form[method="post"]').count(), 0, "a viewer decides on nothing");
await viewer.context().close();
await decide(other, decision, "decision");

// What cannot be told yet is carried, with a day and a reason.
for (let left = 0;; left++) {
    assert.ok(left < 12, "every exception is carried at some time");
    await maker.goto(`${here}/finance/exceptions?stage=open&day_from=${day}&day_to=${day}`);
    const next = maker.locator('main tbody a[href^="/finance/exceptions/"]');
    if (!await next.count()) break;
    await touch(maker, `main tbody a[href="${await next.first().getAttribute("href")}"]`);
    await touch(maker, 'button[name="do"][value="take"]');
    await maker.locator("#break_on").waitFor();
    await typeDay(maker, keys, "#break_on", dayOf(-7));
    await type(maker, "#carry-remark", "Đã hỏi cổng thanh toán");
    await touch(maker, 'button[value="carry"]');
    await maker.locator("main", { hasText: "Đã hỏi cổng thanh toán" }).waitFor();
    if (left === 0) await look(maker, "carried");
}

// Submitted; who submitted does not approve; another does; the manifest is signed and verifies.
async function submit(remark) {
    await maker.goto(wayOfDay);
    assert.equal(await maker.locator("main form button:not(.second)").count(), 1, await maker.innerText("main"));
    await look(maker, "day-ready");
    await type(maker, "#remark", remark);
    await touch(maker, 'button[value="submit"]');
    await maker.waitForURL(under(`${wayOfDay}?told=submitted`));
    await look(maker, "day-submitted");
    await touch(maker, 'main a[href^="/finance/approvals/ppl_"]');
    await proposed(maker);
    assert.equal(await maker.locator('button[value="approve"]').count(), 0, "who submitted a day does not close it");
    return maker.url();
}
await decide(other, await submit("Đủ tệp, đủ sai lệch"), "closing");
await maker.goto(wayOfDay);
await look(maker, "day-closed");
await told(maker, "run.state.closed");
const kept = {};
for (const file of ["manifest.json", "manifest.jws"]) {
    const [download] = await Promise.all([maker.waitForEvent("download"), follow(maker, keys, `main a[href$="/${day}/${file}"]`)]);
    assert.match(download.suggestedFilename(), new RegExp(`^manifest_PP_${day}_1\\.(json|jws)$`));
    kept[file] = readFileSync(await download.path());
}
assert.equal(JSON.parse(kept["manifest.json"]).day ?? JSON.parse(kept["manifest.json"]).date, day);
const [jose, , signature] = kept["manifest.jws"].toString().trim().split(".");
assert.equal(JSON.parse(Buffer.from(jose, "base64url")).alg, "ES256");
assert.equal(Buffer.from(signature, "base64url").length, 64, "a signature");
motcua("runs", "verify");
motcua("runs", "verify", "PP", day);
await touch(maker, 'button[value="check"]');
await maker.waitForURL(under(`${wayOfDay}?told=same_bytes`));
await look(maker, "day-same");

// The payout of the day is on the bank's statement: it arrived, and can be remitted.
await reach(maker, keys, "/finance/payouts");
await look(maker, "payouts");
if (keys) {
    await maker.keyboard.press("j");
    await Promise.all([maker.waitForNavigation(), maker.keyboard.press("Enter")]);
} else await touch(maker, 'main tbody a[href^="/finance/payouts/po"]');
await maker.waitForURL(under(`${here}/finance/payouts/po`));
await look(maker, "payout");
const net = (await maker.innerText("main .amount")).replace(/\D/g, "");
await type(maker, "#number", "FT26327001");
await type(maker, "#amount", net);
await touch(maker, 'form[action^="/finance/payouts/"] button');
await maker.locator("main .state.good").first().waitFor();
await look(maker, "payout-arrived");

// A slip into the budget: drafted, submitted, decided by another, sent, confirmed by the treasury.
await reach(maker, keys, "/finance/remittances");
await pick(maker, keys, "#draft-agency", "H56.14");
await typeDay(maker, keys, "#draft-from", day);
await typeDay(maker, keys, "#draft-to", day);
await touch(maker, 'form[action="/finance/remittances"] .actions button:not([class])');
if (!/rmt_/.test(maker.url())) await touch(maker, 'main tbody a[href^="/finance/remittances/rmt_"]');
await maker.waitForURL(under(`${here}/finance/remittances/rmt_`));
const slip = maker.url(), total = (await maker.innerText("main .amount")).replace(/\D/g, "");
await told(maker, "remittance.sum_holds");
await look(maker, "remittance-draft");
await type(maker, "#remark", "Nộp đúng kỳ");
await touch(maker, 'button[value="submit"]');
await maker.locator('main a[href^="/finance/approvals/ppl_"]').waitFor();
await touch(maker, 'main a[href^="/finance/approvals/ppl_"]');
await proposed(maker);
assert.equal(await maker.locator('button[value="approve"]').count(), 0, "who drafted it does not approve it");
await decide(other, maker.url(), "remittance-decision");
await maker.goto(slip);
await touch(maker, 'button[value="send"]');
await maker.locator("#number").waitFor();
await type(maker, "#number", "KB-2026-0001");
await type(maker, "#amount", total);
await type(maker, "#word-remark", "Theo liên Kho bạc trả lại");
await look(maker, "remittance-sent");
await Promise.all([maker.waitForResponse((answer) => answer.request().method() === "POST"), touch(maker, 'button[value="confirm"]')]);
await maker.waitForLoadState();
await maker.goto(`${here}/finance/approvals`);
await touch(maker, 'main tr.own a[href^="/finance/approvals/ppl_"]');
await proposed(maker);
assert.equal(await maker.locator('button[value="approve"]').count(), 0, "who read the treasury's answer does not believe it alone");
await decide(other, maker.url(), "remittance-word");
await maker.goto(slip);
await maker.locator("main .state.good").first().waitFor();
await look(maker, "remittance-confirmed");
const [paper] = await Promise.all([maker.waitForEvent("download"), follow(maker, keys, 'main a[href$="/slip.csv"]')]);
assert.match(readFileSync(await paper.path(), "utf8"), new RegExp(total));

// A refund of money that is at the treasury by now.
await reach(maker, keys, "/finance/orders");
await type(maker, "#q", orders[0].id);
await touch(maker, "main form button");
await maker.waitForURL(`${here}/finance/orders/${orders[0].id}`);
await look(maker, "payment");
await type(maker, "#amount", "50.000");
await pick(maker, keys, "#reason", "wrong_fee");
await type(maker, "#payee_name", "Nguyễn Văn Thử");
await type(maker, "#payee_bank", "VCB");
await type(maker, "#payee_account", "0011001234567");
await type(maker, 'form[action$="/refund"] textarea', "Thu nhầm mức");
await touch(maker, 'form[action$="/refund"] button');
await maker.waitForURL(under(`${here}/finance/refunds/rfd_`));
await look(maker, "refund");
await touch(maker, 'main a[href^="/finance/approvals/ppl_"]');
await proposed(maker);
await decide(other, maker.url(), "refund-decision");
await reach(maker, keys, "/finance/refunds");
await look(maker, "refunds");

// Figures, and the same as files and pictures.
await reach(maker, keys, "/finance/reports");
await look(maker, "reports");
await maker.goto(`${here}/finance/reports/collections?from=${dayOf(0)}&to=${dayOf(0)}`);
await look(maker, "report");
const begins = { csv: "\uFEFF", svg: "<", png: "\x89PNG" };
for (const [end, start] of Object.entries(begins)) {
    const link = end === "csv" ? '.take a:has-text("CSV")' : `figcaption a[href*=".${end}"]`;
    const href = await maker.locator(link).first().getAttribute("href");
    const [download] = await Promise.all([maker.waitForEvent("download"), follow(maker, keys, `main a[href="${href}"]`)]);
    const bytes = readFileSync(await download.path());
    assert.ok(bytes.toString(end === "png" ? "latin1" : "utf8").startsWith(start), `${end}: ${bytes.subarray(0, 20)}`);
}

// Two persons open the day again; what was closed before stays proven.
await maker.goto(wayOfDay);
await type(maker, "#remark", "Cổng thanh toán gửi tệp thay thế");
await touch(maker, 'button[value="reopen"]');
await maker.waitForURL(under(`${wayOfDay}?told=reopened`));
await look(maker, "day-reopening");
await reach(maker, keys, "/finance/approvals");
await touch(maker, 'main tr.own a[href^="/finance/approvals/ppl_"]');
await proposed(maker);
assert.equal(await maker.locator('button[value="approve"]').count(), 0, "who asked does not open it");
await decide(other, maker.url(), "reopening");
await maker.goto(wayOfDay);
await look(maker, "day-reopened");
assert.equal(await maker.locator('main a[href$="manifest.json"]').count(), 0, "it is not closed");
await told(maker, "run.state.open");
motcua("runs", "verify");
await touch(maker, 'button[value="match"]');
await maker.waitForURL(under(`${wayOfDay}?told=matched`));
await told(maker, "run.state.review");

// All of it is in the log, which an auditor reads and proves.
const auditor = await person("kiem.toan");
await auditor.goto(`${here}/finance/audit`); // auditors begin elsewhere
await look(auditor, "audit");
const shown = async (action, most) => {
    await auditor.goto(`${here}/finance/audit?all=1&action=${action}`);
    assert.ok(await auditor.locator("main table.rows tbody tr").count() >= most, await auditor.innerText("main"));
};
await shown("proposal", 8); // file, bulk, exceptions, day and its reopening: who asked, who decided
await shown("run", 1);
await touch(auditor, ".prove button");
await auditor.locator("main .state.good").waitFor({ timeout: 30000 });
await look(auditor, "audit-proved");
for (const page of [maker, other, auditor]) assert.deepEqual(page.problems, []);
await browser.close();
console.log(`an officer's day, ${process.argv[2]}: ok`);
