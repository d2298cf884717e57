// Exceptions by clicks, on a telephone in Vietnamese and on a desk in English, with axe on each page:
// a strange line of a file is taken, looked at, assigned by two persons; lists and sheets.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { THU, order } from "../fault/stage.mjs";
import { go, here, inspect, open, stack, under, visitor } from "./browser.mjs";

const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
const password = "Mat-khau-2026!";
writeFileSync(`${stack}/password`, password, { mode: 0o600 });
motcua("staff", "add", "thu.quy", "--role", "treasurer", "--password-file", `${stack}/password`);
writeFileSync(`${stack}/secrets/thu.quy_otp`, motcua("staff", "otp", "thu.quy").match(/^secret (.*)$/m)[1]);

async function enter(page, name, secret) {
    await page.goto(`${here}/staff/sign-in?lang=${page.look.language}`);
    await page.fill("#name", name);
    await page.fill("#password", secret);
    await page.click('form[action="/staff/sign-in"] button');
    await page.waitForURL(`${here}/staff/step`);
    await page.fill("#code", otp(name));
    await page.click('form[action="/staff/step"] button');
    await page.waitForURL((url) => /^\/(finance|admin)/.test(url.pathname));
}
// No key of a text and no code of a state stands where words should.
async function look(page, name) {
    await inspect(page, name);
    for (const text of (await page.locator("main dt, main th, main .state, main button, main caption").allInnerTexts()))
        assert.doesNotMatch(text.trim(), /^[a-z]+([_.][a-z_0-9]+)+$/, `${name}: ${text}`);
}
const dayOf = (ms) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }).format(new Date(ms));
function fileOf(day, amounts) {
    const [y, m, d] = day.split("-");
    return Buffer.from(JSON.stringify({ reconcileDate: `${d}/${m}/${y}`, bankCode: "PP", bankName: "PP", unitCode: "DT01", unitName: "Sở",
        totalTransaction: amounts.length, totalAmount: amounts.reduce((a, b) => a + b, 0),
        transactions: amounts.map((amount, i) => ({ transId: `LA-${day}-${i}`, toKhaiId: `KHONG-RO-${day}-${i}`, amount, status: "SUCCESS",
            payTime: `${d}/${m}/${y} 09:0${i}:00`, sendToKBNNStatus: "NOT_SENT", remark: "" })) }));
}

const browser = await open();
let days = 1;
for (const [width, language] of [[390, "vi"], [1280, "en"]]) {
    const day = dayOf(Date.now() - 86400000 * days++);
    const o = await order(THU);
    const officer = await visitor(browser, { width, language });
    await enter(officer, "officer", readFileSync(`${stack}/secrets/officer`, "utf8").trim());
    const due = 578000; // what THU costs
    await officer.goto(`${here}/finance/${day}`);
    await officer.setInputFiles('form[enctype="multipart/form-data"] input[type="file"]', { name: "b.json", mimeType: "application/json", buffer: fileOf(day, [due, 200000]) });
    await officer.click('form[enctype="multipart/form-data"] button');
    await officer.waitForLoadState();

    await officer.goto(`${here}/finance/exceptions?tab=unidentified`);
    await look(officer, "exceptions");
    assert.ok(await officer.locator("main table.rows tbody tr").count() >= 2);
    await officer.goto(`${here}/finance/transfers`);
    await look(officer, "transfers");
    await officer.goto(`${here}/finance/exceptions?txn=LA-${day}-0`);
    await officer.click('main table.rows tbody th a');
    await officer.waitForURL(under(`${here}/finance/exceptions/`));
    const one = officer.url();
    await look(officer, "exception-open");

    await officer.click('button[value="take"]');
    await officer.waitForURL(one);
    await officer.fill("#q", o.dossier);
    await officer.click('form[role="search"] button');
    await look(officer, "exception-candidates");
    await officer.click('main a[href*="?pick="]');
    assert.equal(await officer.inputValue("#target_1"), o.id);
    await officer.fill("#remark", "Đúng số tiền và mã hồ sơ");
    await officer.click('button[value="preview"]');
    await officer.waitForSelector("#preview");
    await look(officer, "exception-preview");
    await officer.click('button[value="propose"]');
    await officer.waitForURL(under(`${here}/finance/approvals/ppl_`));
    const decision = officer.url();
    await look(officer, "exception-proposal");

    const treasurer = await visitor(browser, { width, language });
    await enter(treasurer, "thu.quy", password);
    await treasurer.goto(decision);
    await look(treasurer, "exception-decision");
    await treasurer.click('button[value="approve"]');
    await treasurer.waitForURL(decision);
    await officer.goto(one);
    await look(officer, "exception-closed");
    assert.ok(await officer.locator('button[value="reopen"]').count() === 1, "it is closed");
    await officer.goto(`${here}/finance/orders/${o.id}`);
    await look(officer, "exception-order");

    // A sheet with a mistake proposes nothing and says where.
    await go(officer, "/finance/exceptions");
    await officer.click("details.card > summary");
    await officer.setInputFiles("#file", { name: "x.csv", mimeType: "text/csv", buffer: Buffer.from("exception,action,target,remark\nkhong-co,accept,,x\n") });
    await officer.click('button[value="csv"]');
    await officer.waitForSelector("main table");
    await look(officer, "exceptions-told");
    assert.match(await officer.innerText("main table tbody"), /2/);
    for (const page of [officer, treasurer]) {
        assert.deepEqual(page.problems, []);
        await page.context().close();
    }
}
await browser.close();
console.log("exceptions: taken, looked at, proposed and approved in both languages");
