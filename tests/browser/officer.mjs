// An officer's day: yesterday's file comes in, one exception is taken, proposed and decided by two
// officers, another is carried; on a telephone in Vietnamese by touch, on a desk in English, and there
// once by keyboard alone. Refusals are read: taken by another, decided by its maker, shown before it
// changed, a role that was taken away meanwhile.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { Browser, THU, call, order, systems, truthOf } from "../fault/stage.mjs";
import { here, inspect, open, stack, under, visitor } from "./browser.mjs";

const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
const password = "Mat-khau-2026!";
writeFileSync(`${stack}/password`, password, { mode: 0o600 });
for (const [name, role] of [["can.bo", "officer"], ["thu.quy", "treasurer"], ["phe.duyet", "treasurer"]]) {
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
    await page.waitForURL((url) => /^\/finance/.test(url.pathname));
}
async function tabTo(page, selector) {
    for (let i = 0; i < 150; i++) {
        if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
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
const told = async (page, pattern, what) => {
    const text = await page.locator('[role="alert"], main h1, main .note').allInnerTexts();
    assert.match(text.join(" | "), pattern, what);
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
const dayOf = (ago) => new Date(Date.now() + 7 * 3600000 - ago * 86400000).toISOString().slice(0, 10);

// All days first: each file names the one before it.
for (const ago of [3, 2, 1])
    for (const mismatch of [null, null, "settle_mis_ours", "settle_amt_more=500", "settle_unkey"]) await paid(ago, mismatch);

const browser = await open();
for (const [width, language, ago, keys] of [[390, "vi", 3, false], [1280, "en", 2, false], [1280, "vi", 1, true]]) {
    const day = dayOf(ago), touch = press(keys), type = write(keys), name = (page) => `day${ago}-${page}`;
    // The maker: the file in, the day as it stands.
    const maker = await visitor(browser, { width, language });
    await enter(maker, "can.bo");
    await inspect(maker, name("today"));
    await maker.goto(`${here}/finance/${day}`);
    await touch(maker, `form[action="/finance/${day}/fetch"] button`);
    await maker.waitForURL(under(`${here}/finance/${day}`));
    assert.ok(await maker.locator("table tbody tr").count() >= 3, await maker.innerText("main"));
    await inspect(maker, name("day"));
    for (const code of ["MIS_OURS", "AMT_MORE", "UNKEY"])
        assert.ok((await maker.innerText("main")).includes(code), `${code} is on the day`);

    // One exception: taken, both records read, what to do shown and proposed.
    await maker.goto(`${here}/finance/exceptions`);
    await inspect(maker, name("exceptions"));
    await maker.goto(`${here}/finance/exceptions?class=UNKEY&day_from=${day}&day_to=${day}`);
    const way = await maker.locator('main tbody a[href^="/finance/exceptions/"]').first().getAttribute("href");
    assert.ok(way, "an exception to work on");
    await maker.goto(here + way);
    await inspect(maker, name("exception"));

    // Another officer has the same page open and takes it second.
    const other = await visitor(browser, { width, language });
    await enter(other, "thu.quy");
    await other.goto(here + way);
    await touch(maker, 'button[name="do"][value="take"]');
    await maker.locator('button[value="release"]').waitFor();
    await other.locator('button[name="do"][value="take"]').click();
    await told(other, language === "vi" ? /người khác|đã/i : /another|somebody|already/i, "the second one is told");
    await inspect(other, name("taken"));

    const actions = await maker.$$eval('#act input[name="action"]', (all) => all.map((one) => one.value));
    assert.ok(actions.length > 0, "something may be done");
    const action = "accept";
    await touch(maker, `#act input[name="action"][value="assign"]`);
    await type(maker, "#remark", "Chưa chọn khoản thu");
    await touch(maker, '#act button[value="preview"]');
    await maker.locator('[role="alert"]').waitFor(); // to which payment?
    await inspect(maker, name("no-target"));
    // Arrow keys go through the choices of a group.
    if (keys) {
        await tabTo(maker, '#act input[name="action"]:checked');
        for (let i = 0; i < actions.length && !await maker.locator(`#act input[value="${action}"]`).isChecked(); i++) await maker.keyboard.press("ArrowDown");
        await maker.locator("#remark").evaluate((box) => { box.value = ""; });
    } else await touch(maker, `#act input[name="action"][value="${action}"]`);
    await type(maker, "#remark", "Theo sao kê của ngân hàng");
    await touch(maker, '#act button[value="preview"]');
    await maker.waitForLoadState("load");
    await inspect(maker, name("preview"));
    await touch(maker, 'button[value="propose"]');
    await maker.waitForURL(under(`${here}/finance/`));
    if (!maker.url().includes("/approvals/")) await maker.locator('a[href^="/finance/approvals/ppl_"]').first().click();
    const decision = maker.url();
    await inspect(maker, name("own"));
    assert.equal(await maker.locator('button[value="approve"]').count(), 0, "its maker is not offered to approve");
    // ... and may not by hand either.
    const csrf = await maker.locator('input[name="csrf"]').first().getAttribute("value");
    const hash = (await maker.innerText("code.long")).trim();
    const answer = await maker.context().request.post(decision, { form: { csrf, hash, act: "approve", remark: "" }, headers: { Origin: here }, maxRedirects: 0 });
    assert.ok([400, 403, 409, 422].includes(answer.status()), `self-approval: ${answer.status()}`);

    // The checker: what, why, the postings, the hash. One whose role is taken away meanwhile may not.
    const checker = await visitor(browser, { width, language });
    await enter(checker, "phe.duyet");
    await checker.goto(`${here}/finance/approvals`);
    await inspect(checker, name("approvals"));
    await checker.goto(decision);
    await inspect(checker, name("decision"));
    motcua("staff", "role", "phe.duyet", "viewer");
    await checker.locator('button[value="approve"]').click();
    await checker.waitForLoadState("load");
    assert.equal(await checker.locator('button[value="approve"]').count(), 0, "a viewer decides on nothing");
    await inspect(checker, name("role-gone"));
    motcua("staff", "role", "phe.duyet", "treasurer");
    await checker.context().close();

    await other.goto(decision);
    await touch(other, 'button[value="approve"]');
    await other.waitForURL(under(decision));
    await inspect(other, name("approved"));
    assert.equal(await other.locator('button[value="approve"]').count(), 0, "decided once");

    // What cannot be told yet is carried, with a day and a reason.
    await maker.goto(`${here}/finance/exceptions?class=MIS_OURS&day_from=${day}&day_to=${day}`);
    await maker.goto(here + await maker.locator('main tbody a[href^="/finance/exceptions/"]').first().getAttribute("href"));
    await touch(maker, 'button[name="do"][value="take"]');
    await maker.locator("#break_on").waitFor();
    await maker.fill("#break_on", dayOf(-7));
    await type(maker, "#carry-remark", "Đã hỏi cổng thanh toán");
    await touch(maker, 'button[value="carry"]');
    await maker.waitForLoadState("load");
    assert.ok((await maker.innerText("main")).includes("Đã hỏi cổng thanh toán"), "the history says why");
    await inspect(maker, name("carried"));

    // Every list of the workplace reads well that day.
    for (const path of await maker.$$eval('nav.desk a[href^="/finance"]', (all) => [...new Set(all.map((a) => a.getAttribute("href")))])) {
        await maker.goto(here + path);
        await inspect(maker, name(`list${path.replaceAll("/", "-")}`));
    }
    await maker.context().close();
    await other.context().close();
}
await browser.close();
console.log("an officer's day: ok");
