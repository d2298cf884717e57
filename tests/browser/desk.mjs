// An officer's day at a desk by clicks, on a telephone in Vietnamese and on a screen in English, with
// axe on every page.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { Browser, THU, order } from "../fault/stage.mjs";
import { here, inspect, open, stack, under, visitor } from "./browser.mjs";

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
    await page.waitForURL(`${here}/finance`);
}

const browser = await open();
for (const [width, language] of [[390, "vi"], [1280, "en"]]) {
    const cash = await order(THU), begun = await order(THU);
    await (await new Browser().signIn()).startPaying(begun);

    const page = await visitor(browser, { width, language });
    await enter(page, "officer", readFileSync(`${stack}/secrets/officer`, "utf8").trim());
    await page.click('header a[href="/counter"]');
    await inspect(page, "desk-closed");
    await page.fill("#desk", "Quầy 1");
    await page.fill("#float", "200.000");
    await page.click('form[action="/counter"] button');
    await page.waitForSelector("#q");
    await inspect(page, "desk-open");
    await page.fill("#q", "không có");
    await page.click('form[action="/counter"] button');
    await page.waitForSelector('[role="alert"]');
    await inspect(page, "desk-not-found");
    await page.fill("#q", cash.bill); // as a reader of QR symbols types it
    await page.click('form[action="/counter"] button');
    await page.waitForURL(`${here}/counter/orders/${cash.id}`);
    await inspect(page, "desk-order");
    await page.fill("#received", "1.000");
    await page.click('form:has(#received) button');
    await page.waitForSelector('[role="alert"]');
    await inspect(page, "desk-order-short");
    await page.fill("#received", "1.000.000");
    await page.click('form:has(#received) button');
    await page.waitForSelector('button[value="take"]');
    await inspect(page, "desk-change");
    await page.click('button[value="take"]');
    await page.waitForSelector('a[href^="/counter/receipts/"]');
    await inspect(page, "desk-collected");

    await page.goto(`${here}/counter/orders/${begun.id}`);
    await page.fill("#arrived", String(begun.total));
    await page.fill("#bank_ref", `FT-${width}`);
    await page.click('form:has(#arrived) button');
    await page.waitForSelector('[name="beside"]', { state: "attached" });
    await inspect(page, "desk-beside");
    await page.click('button[value="take"]');
    await page.waitForSelector('a[href^="/counter/receipts/"]');

    await page.goto(`${here}/counter/shift`);
    await page.waitForURL(under(`${here}/counter/shift/shf_`));
    const shift = page.url();
    await inspect(page, "desk-shift");
    await page.fill("#notes_500000", "1");
    await page.fill("#remark", "Thiếu, đã đếm hai lần");
    await page.click('button[value="close"]');
    await page.waitForSelector(".wrong");
    assert.equal(await page.locator('button[value="deposit"]').count(), 0, "not while it is being confirmed");
    await inspect(page, "desk-shift-difference");
    const decision = await page.locator('a[href^="/finance/approvals/ppl_"]').getAttribute("href");

    const treasurer = await visitor(browser, { width, language });
    await enter(treasurer, "thu.quy", password);
    await treasurer.goto(here + decision);
    await inspect(treasurer, "desk-approval");
    await treasurer.click('button[value="approve"]');
    await treasurer.waitForURL(here + decision);
    await treasurer.context().close();

    await page.goto(shift);
    await page.fill("#amount", String(cash.total - 100000));
    await page.fill("#slip", `GNT-${width}`);
    await page.click('button[value="deposit"]');
    await page.waitForSelector(`text=GNT-${width}`);
    await inspect(page, "desk-shift-closed");
    await page.goto(`${here}/counter`);
    await inspect(page, "desk-again");
    await page.context().close();
}
await browser.close();
console.log("a day at the desk by clicks: ok");
