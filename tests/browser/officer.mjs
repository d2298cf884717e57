// An officer's day: yesterday's file comes in, one exception is taken, proposed and decided by two
// officers, the others are carried; the day is submitted, approved by another, its manifest is signed
// and verified, its payouts are seen, and two open it again. On a telephone in Vietnamese by touch, on
// a desk in English, and there once by keyboard alone. Refusals are read: taken by another, approved
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
for (const [name, role] of [["can.bo", "treasurer"], ["thu.quy", "treasurer"], ["phe.duyet", "treasurer"]]) {
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
// A day as a person types it into its field, in the order of the page's language (dd/mm/yyyy in both).
async function typeDay(page, keys, selector, day) {
    if (!keys) return page.fill(selector, day);
    await tabTo(page, selector);
    const [y, m, d] = day.split("-");
    await page.keyboard.type(`${d}${m}${y}`);
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
// Every screen of the workplace that has a route, with what is in it by now. What names one thing is
// opened from the list that has it; a list that says nothing of it is told in `without`.
const routes = readFileSync(new URL("../../docs/routes.md", import.meta.url), "utf8").split("\n")
    .map((line) => line.match(/^\| GET `(\/finance[^`]*)` \|.*\| PAGE \|/)?.[1]).filter(Boolean);
const files = new Set(["/finance/days/{source}/{date}/{file}", "/finance/refunds/{id}/order", "/finance/summaries/{agency}/{date}/{file}",
    "/finance/reports/kept/{kind}/{date}/{revision}", "/finance/remittances/{id}/{file}"]);
const elsewhere = new Set(["/finance/work/{id}", "/finance/refunds/{id}", "/finance/remittances/{id}", "/finance/audit"]); // finance, refunds, lists
async function every(page, name, day) {
    const known = { "/finance/days/{source}/{date}": `/finance/days/PP/${day}`, "/finance/{date}": `/finance/days/PP/${day}`, "/finance/reports/{name}": "/finance/reports/collections",
        "/finance/residuals/{account}": "/finance/residuals/1110" };
    const seen = [];
    for (const route of routes) {
        if (files.has(route) || elsewhere.has(route)) continue;
        let path = known[route] ?? route;
        if (path.includes("{")) {
            const list = path.slice(0, path.lastIndexOf("/"));
            await page.goto(here + list);
            path = await page.locator(`main tbody a[href^="${list}/"]`).first().getAttribute("href");
        }
        const answer = await page.goto(here + path);
        assert.equal(answer.status(), 200, path);
        await inspect(page, name(`all-${route.slice(1).replaceAll(/[/{}]+/g, "-")}`));
        seen.push(path);
    }
    assert.ok(seen.length > 20, seen.join());
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
    const wayOfDay = `${here}/finance/days/PP/${day}`;
    await reach(maker, keys, "/finance/calendar");
    if (!await maker.locator(`main a[href$="/${day}"]`).count()) await maker.goto(wayOfDay); // a day of last month, or no file yet
    else await touch(maker, `main a[href$="/${day}"]`);
    await touch(maker, `form[action="/finance/${day}/fetch"] button`);
    await maker.waitForURL(under(`${wayOfDay}?told=loaded`));
    assert.equal(await maker.locator("main form button:not(.second)").count(), 0, "taking the file again is not the main thing to do");
    await inspect(maker, name("day"));
    for (const code of ["MIS_OURS", "AMT_MORE", "UNKEY"])
        assert.ok((await maker.innerText("main")).includes(code), `${code} is on the day`);
    await told(maker, "run.bar.exceptions");

    // One exception: taken, both records read, what to do shown and proposed.
    await reach(maker, keys, "/finance/exceptions");
    await inspect(maker, name("exceptions"));
    await maker.goto(`${here}/finance/exceptions?class=UNKEY&day_from=${day}&day_to=${day}`);
    const way = await maker.locator('main tbody a[href^="/finance/exceptions/"]').first().getAttribute("href");
    assert.ok(way, "an exception to work on");
    await touch(maker, `main tbody a[href="${way}"]`);
    await maker.waitForURL(here + way);
    await inspect(maker, name("exception"));
    assert.equal(await maker.locator('#act input[value="charge"]').count(), 0, "what came in is no fee that the bank took");

    // Another officer has the same page open and takes it second.
    const other = await visitor(browser, { width, language });
    await enter(other, "thu.quy");
    await other.goto(here + way);
    await touch(maker, 'button[name="do"][value="take"]');
    await maker.locator('button[value="release"]').waitFor();
    await touch(other, 'button[name="do"][value="take"]');
    await told(other, "exception.taken");
    await inspect(other, name("taken"));

    const actions = await maker.$$eval('#act input[name="action"]', (all) => all.map((one) => one.value));
    assert.ok(actions.includes("assign") && actions.includes("accept"), actions.join());
    await choose(maker, keys, "assign", actions);
    await type(maker, "#remark", "Chưa chọn khoản thu");
    await touch(maker, '#act button[value="preview"]');
    await told(maker, "exception.need.orders");
    await inspect(maker, name("no-target"));
    const propose = async (remark) => {
        await maker.goto(here + way);
        await choose(maker, keys, "accept", actions);
        await type(maker, "#remark", remark);
        await touch(maker, '#act button[value="preview"]');
        await maker.locator("#preview").waitFor();
        await inspect(maker, name("preview"));
        await touch(maker, 'button[value="propose"]');
        await maker.waitForURL(under(`${here}/finance/approvals/ppl_`));
        return maker.url();
    };
    const first = await propose("Theo sao kê của ngân hàng");
    await inspect(maker, name("own"));
    assert.equal(await maker.locator('button[value="approve"]').count(), 0, "its maker is not offered to approve");
    await other.goto(first);
    await inspect(other, name("decision"));

    // Edited after it was shown: withdrawn and proposed anew. Who has the first one open approves nothing.
    await touch(maker, 'button[value="withdraw"]');
    await maker.locator('button[value="withdraw"]').waitFor({ state: "detached" });
    const decision = await propose("Theo sao kê của ngân hàng, trang 2");
    assert.notEqual(decision, first);
    await touch(other, 'button[value="approve"]');
    await told(other, "proposal.gone");
    await inspect(other, name("edited"));
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
    await inspect(maker, name("self"));

    // The checker: what, why, the postings, the hash. One whose role is taken away meanwhile may not.
    const checker = await visitor(browser, { width, language });
    await enter(checker, "phe.duyet");
    await reach(checker, keys, "/finance/approvals");
    await inspect(checker, name("approvals"));
    await touch(checker, `main a[href="${decision.slice(here.length)}"]`);
    await checker.waitForURL(decision);
    motcua("staff", "role", "phe.duyet", "viewer");
    await touch(checker, 'button[value="approve"]');
    await told(checker, "staff.ended");
    await inspect(checker, name("role-gone"));
    await touch(checker, 'main a[href="/staff/sign-in"]');
    await enter(checker, "phe.duyet");
    await checker.goto(decision);
    await told(checker, "proposal.role");
    await inspect(checker, name("viewer"));
    assert.equal(await checker.locator('button[value="approve"]').count(), 0, "a viewer decides on nothing");
    motcua("staff", "role", "phe.duyet", "treasurer");
    await checker.context().close();

    await other.goto(decision);
    await touch(other, 'button[value="approve"]');
    await other.waitForURL(decision);
    await inspect(other, name("approved"));
    assert.equal(await other.locator('button[value="approve"]').count(), 0, "decided once");

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
        if (left === 0) await inspect(maker, name("carried"));
    }

    // Submitted; who submitted does not approve; another does; the manifest is signed and verifies.
    await maker.goto(wayOfDay);
    assert.equal(await maker.locator("main form button:not(.second)").count(), 1, "one main thing to do");
    await inspect(maker, name("day-ready"));
    await type(maker, "#remark", "Đủ tệp, đủ sai lệch");
    await touch(maker, 'button[value="submit"]');
    await maker.waitForURL(under(`${wayOfDay}?told=submitted`));
    await inspect(maker, name("day-submitted"));
    await touch(maker, 'main a[href^="/finance/approvals/ppl_"]');
    await maker.waitForURL(under(`${here}/finance/approvals/ppl_`));
    assert.equal(await maker.locator('button[value="approve"]').count(), 0, "who submitted a day does not close it");
    await inspect(maker, name("closing-own"));
    const approve = async (decided) => {
        await other.goto(decided);
        await inspect(other, name("closing"));
        await touch(other, 'button[value="approve"]');
        await other.waitForURL(decided);
        assert.equal(await other.locator('[role="alert"]').count(), 0, await other.innerText("main"));
    };
    await approve(maker.url());
    await maker.goto(wayOfDay);
    await inspect(maker, name("day-closed"));
    await told(maker, "run.state.closed");
    const kept = {};
    for (const file of ["manifest.json", "manifest.jws"]) {
        const [download] = await Promise.all([maker.waitForEvent("download"), follow(maker, keys, `main a[href$="/${day}/${file}"]`)]);
        assert.match(download.suggestedFilename(), new RegExp(`^manifest_PP_${day}_1\\.(json|jws)$`));
        kept[file] = readFileSync(await download.path());
    }
    assert.equal(JSON.parse(kept["manifest.json"]).day ?? JSON.parse(kept["manifest.json"]).date, day);
    const [head, , signature] = kept["manifest.jws"].toString().trim().split(".");
    assert.equal(JSON.parse(Buffer.from(head, "base64url")).alg, "ES256");
    assert.equal(Buffer.from(signature, "base64url").length, 64, "a signature");
    motcua("runs", "verify");
    motcua("runs", "verify", "PP", day);
    await touch(maker, 'button[value="check"]');
    await maker.waitForURL(under(`${wayOfDay}?told=same_bytes`));
    await inspect(maker, name("day-same"));

    // The payouts of the day.
    await reach(maker, keys, "/finance/payouts");
    await inspect(maker, name("payouts"));
    await maker.goto(`${here}/finance/payouts?day_from=${day}&day_to=${day}`);
    await touch(maker, 'main tbody a[href^="/finance/payouts/po"]');
    await maker.waitForURL(under(`${here}/finance/payouts/po`));
    await inspect(maker, name("payout"));
    await every(maker, name, day);

    // Two persons open it again; what was closed before stays to be read.
    await maker.goto(wayOfDay);
    await type(maker, "#remark", "Cổng thanh toán gửi tệp thay thế");
    await touch(maker, 'button[value="reopen"]');
    await maker.waitForURL(under(`${wayOfDay}?told=`));
    await inspect(maker, name("day-reopening"));
    await reach(maker, keys, "/finance/approvals");
    await touch(maker, 'main tbody a[href^="/finance/approvals/ppl_"]');
    await maker.waitForURL(under(`${here}/finance/approvals/ppl_`));
    assert.equal(await maker.locator('button[value="approve"]').count(), 0, "who asked does not open it");
    await approve(maker.url());
    await maker.goto(wayOfDay);
    await inspect(maker, name("day-reopened"));
    assert.equal(await maker.locator('main a[href$="manifest.json"]').count(), 0, "it is not closed");

    // ... and close it again, so that the next day has one to follow.
    await type(maker, "#remark", "Tệp thay thế không khác");
    await touch(maker, 'button[value="submit"]');
    await maker.waitForURL(under(`${wayOfDay}?told=submitted`));
    await touch(maker, 'main a[href^="/finance/approvals/ppl_"]');
    await maker.waitForURL(under(`${here}/finance/approvals/ppl_`));
    await approve(maker.url());
    motcua("runs", "verify");
    await maker.context().close();
    await other.context().close();
}
await browser.close();
console.log("an officer's day: ok");
