// The workplace of officers of money: lists, Today, ledger, settings and audit log, on a telephone in
// Vietnamese and on a desk in English, with axe on each; once by keyboard alone, once without a script.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { Browser, THU, order, pay, truthOf } from "../fault/stage.mjs";
import { go, here, inspect, open, stack, under, visitor } from "./browser.mjs";

const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
const password = "Mat-khau-2026!";
writeFileSync(`${stack}/password`, password, { mode: 0o600 });
motcua("staff", "add", "kiem.toan", "--role", "auditor", "--password-file", `${stack}/password`);
writeFileSync(`${stack}/secrets/kiem.toan_otp`, motcua("staff", "otp", "kiem.toan").match(/^secret (.*)$/m)[1]);
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
async function tabTo(page, selector) {
    for (let i = 0; i < 120; i++) {
        if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
        await page.keyboard.press("Tab");
    }
    assert.fail(`${selector} is not reached by the keyboard`);
}
const look = async (page, name) => {
    await inspect(page, name);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name} is ${wide} px wider than the screen`);
    for (const text of (await page.locator("main dt, main th, main td, main summary, main .state, main button").allInnerTexts()))
        assert.doesNotMatch(text.trim(), /^(nav|table|txn|today|ledger|receipts|office|audit|setting|proposal)\.[a-z_.0-9]+$/, `${name}: ${text}`);
};
const secret = readFileSync(`${stack}/secrets/officer`, "utf8").trim();

const browser = await open();
for (const [width, language] of [[390, "vi"], [1280, "en"]]) {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    await citizen.startPaying(o);
    await pay((await truthOf(o.dossier))[0].reference);
    await citizen.comeBack(o);
    for (let i = 0; i < 30; i++) await order(THU);

    const officer = await visitor(browser, { width, language });
    await enter(officer, "officer", secret);
    await look(officer, "lists-today");
    await go(officer, "/finance/transactions");
    await look(officer, "lists-transactions");
    if (width > 1000) {
        const tops = await officer.locator("nav.desk > *").evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
        assert.equal(new Set(tops).size, 1, "the navigation is one line");
        await officer.locator("nav.desk summary").nth(2).click();
        await look(officer, "lists-menu");
    }
    await officer.locator(".filters summary").click();
    await officer.selectOption("#f-state", "paid");
    await officer.locator(".filters .actions button").click();
    await officer.waitForURL(/state=paid/);
    assert.equal(await officer.locator(".chip").count(), 1);
    await look(officer, "lists-filtered");
    await officer.locator(".keep summary").click();
    await officer.fill("#keep-name", `Đã thu ${width}`);
    await officer.locator('.keep button[value="keep"]').click();
    await officer.locator(".saved a[aria-current]").first().waitFor();
    await look(officer, "lists-kept");
    await officer.goto(`${here}/finance/transactions?all=1&made_from=2026-02-31`);
    await look(officer, "lists-wrong");
    await officer.goto(`${here}/finance/transactions?all=1&due_from=999999999`);
    await look(officer, "lists-none");
    // One field of one payment is unmasked, with a reason.
    await officer.goto(`${here}/finance/orders/${o.id}`);
    await look(officer, "lists-payment");
    assert.doesNotMatch(await officer.innerText("main"), /Nguyễn Văn Thử/);
    await officer.locator(".unmask summary").first().click();
    await officer.fill("#why-payer_name", "Đối chiếu với sao kê");
    await officer.locator(".unmask button").first().click();
    await officer.waitForURL(`${here}/finance/orders/${o.id}`);
    assert.match(await officer.innerText("main"), /Nguyễn Văn Thử/);
    assert.doesNotMatch(await officer.innerText("main"), new RegExp(THU.id));
    await look(officer, "lists-unmasked");

    // The books: balance, statement, journal, and proving them.
    await go(officer, "/finance/ledger");
    await look(officer, "lists-ledger");
    await officer.click('main a[href^="/finance/ledger/1110"]');
    await look(officer, "lists-statement");
    await go(officer, "/finance/journals");
    await look(officer, "lists-journals");
    await officer.locator('main a[href^="/finance/journals/"]').first().click();
    await look(officer, "lists-journal");
    await officer.goto(`${here}/finance/ledger`);
    await officer.click(".prove button");
    await officer.waitForURL(under(`${here}/finance/work/wrk_`));
    await officer.locator("main .state.good").waitFor({ timeout: 30000 });
    await look(officer, "lists-proved");
    await go(officer, "/finance/settings");
    await look(officer, "lists-settings");
    await officer.close();

    const auditor = await visitor(browser, { width, language });
    await enter(auditor, "kiem.toan", password);
    await auditor.goto(`${here}/finance/audit?action=personal`);
    assert.match(await auditor.innerText("table.rows tbody"), /payer_name/);
    await look(auditor, "lists-audit");
    await auditor.click(".prove button");
    await auditor.locator("main .state.good").waitFor({ timeout: 30000 });
    await auditor.close();
}

// By keyboard alone: to the list by the navigation, down the rows, into one.
const keys = await visitor(browser, { width: 1280, language: "vi" });
await enter(keys, "officer", secret);
await tabTo(keys, 'nav.desk details:has(a[href="/finance/transactions"]) > summary');
await keys.keyboard.press("Enter");
await tabTo(keys, 'nav.desk a[href="/finance/transactions"]');
await keys.keyboard.press("Enter");
await keys.waitForURL(under(`${here}/finance/transactions`));
await keys.keyboard.press("j");
await keys.keyboard.press("j");
await keys.keyboard.press("k");
await keys.keyboard.press("j");
const second = await keys.locator("table.rows tbody tr").nth(1).locator("a").first().getAttribute("href");
assert.equal(await keys.evaluate(() => document.activeElement.getAttribute("href")), second);
await keys.keyboard.press("Enter");
await keys.waitForURL(`${here}${second}`);
await keys.close();

// Without a script the same list is filtered and turned.
const plain = await visitor(browser, { width: 1280, language: "vi", script: false });
await enter(plain, "officer", secret);
await go(plain, "/finance/transactions");
await plain.locator(".turn a[rel=next]").click();
await plain.waitForURL(/after=/);
assert.ok(await plain.locator("table.rows tbody tr").count() >= 1);
await plain.close();
await browser.close();
console.log("lists: read well, by keys and without a script");
