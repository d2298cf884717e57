// An officer asks for a refund and a treasurer decides, by clicks, on a telephone in Vietnamese and
// on a desk in English, with axe on every page.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { Browser, THU, order, pay, truthOf } from "../fault/stage.mjs";
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
    await page.waitForURL(`${here}/finance`);
}

const browser = await open();
for (const [width, language] of [[390, "vi"], [1280, "en"]]) {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    await citizen.startPaying(o);
    await pay((await truthOf(o.dossier))[0].reference);
    await citizen.comeBack(o);

    const officer = await visitor(browser, { width, language });
    await enter(officer, "officer", readFileSync(`${stack}/secrets/officer`, "utf8").trim());
    await go(officer, "/finance/orders");
    await inspect(officer, "finance-orders");
    await officer.fill("#q", o.id);
    await officer.click("main form button");
    await officer.waitForURL(`${here}/finance/orders/${o.id}`);
    await inspect(officer, "finance-order");
    await officer.fill("#amount", "100.000");
    await officer.selectOption("#reason", "paid_twice");
    await officer.fill("#payee_name", "Nguyễn Văn Thử");
    await officer.fill("#payee_bank", "VCB");
    await officer.fill("#payee_account", "0011001234567");
    await officer.fill("#remark", "Thu nhầm mức");
    await officer.click('form[action$="/refund"] button');
    assert.equal(await officer.locator('[role="alert"]').count(), 1, "nothing was paid twice");
    await inspect(officer, "finance-order-refused");
    await officer.selectOption("#reason", "wrong_fee");
    await officer.click('form[action$="/refund"] button');
    await officer.waitForURL(under(`${here}/finance/refunds/rfd_`));
    const refund = officer.url();
    await inspect(officer, "finance-refund");
    await officer.click('main a[href^="/finance/approvals/ppl_"]');
    await inspect(officer, "finance-approval-own");
    const decision = officer.url();
    assert.equal(await officer.locator('button[value="approve"]').count(), 0);
    await officer.goto(`${here}/finance/approvals`);
    await inspect(officer, "finance-approvals");

    const treasurer = await visitor(browser, { width, language });
    await enter(treasurer, "thu.quy", password);
    await treasurer.goto(decision);
    await inspect(treasurer, "finance-approval");
    await treasurer.fill("#remark", "Đồng ý");
    await treasurer.click('button[value="approve"]');
    await treasurer.waitForURL(decision);
    assert.equal(await treasurer.locator(".state.good").count(), 1);

    await officer.goto(refund);
    await officer.click('button[value="order"]');
    await officer.waitForURL(refund);
    await inspect(officer, "finance-refund-manual");
    await officer.fill("#number", "FT2632700123");
    await officer.click('button[value="paid"]');
    await officer.waitForURL(refund);
    assert.equal(await officer.locator("main > p .state.good").count(), 1);
    await inspect(officer, "finance-refund-paid");
    await go(officer, "/finance/refunds");
    await inspect(officer, "finance-refunds");
    await officer.context().close();
    await treasurer.context().close();
}
await browser.close();
console.log("refunds by clicks: ok");
