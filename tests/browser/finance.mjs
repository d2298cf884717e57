// The pages of officers of money, on a telephone in Vietnamese and on a desk in English, with axe on
// each: a reversal by keyboard alone, receipts, summaries, fee tables, what approvals say; and how
// webhooks are administered.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { Browser, THU, order, pay, truthOf } from "../fault/stage.mjs";
import { go, here, inspect, open, stack, under, visitor } from "./browser.mjs";

const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
const password = "Mat-khau-2026!";
writeFileSync(`${stack}/password`, password, { mode: 0o600 });
for (const [name, role] of [["thu.quy", "treasurer"], ["quan.tri", "administrator"]]) {
    motcua("staff", "add", name, "--role", role, "--password-file", `${stack}/password`);
    writeFileSync(`${stack}/secrets/${name}_otp`, motcua("staff", "otp", name).match(/^secret (.*)$/m)[1]);
}
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
// Tab until the element has the focus, which must be seen.
async function tabTo(page, selector) {
    for (let i = 0; i < 120; i++) {
        if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
        await page.keyboard.press("Tab");
    }
    assert.fail(`${selector} is not reached by the keyboard`);
}
// No name of a member, no key of a text and no code of a state stands where words should.
async function words(page, what) {
    for (const text of (await page.locator("main dt, main th, main .state, main button").allInnerTexts()))
        assert.doesNotMatch(text.trim(), /^[a-z]+([_.][a-z_0-9]+)+$/, `${what}: ${text}`);
}
const look = async (page, name) => { await inspect(page, name); await words(page, name); };

// All tables as one text, as they are published, with one rule more than the shipped ones have.
const tables = {};
const folder = new URL("../../conf/fees/", import.meta.url);
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json")))
    for (const [key, value] of Object.entries(JSON.parse(readFileSync(new URL(file, folder)))))
        if (Array.isArray(value)) tables[key] = [...(tables[key] ?? []), ...value];

const browser = await open();
for (const [width, language] of [[390, "vi"], [1280, "en"]]) {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    await citizen.startPaying(o);
    await pay((await truthOf(o.dossier))[0].reference);
    await citizen.comeBack(o);
    motcua("receipts", "summary", "--make");

    const officer = await visitor(browser, { width, language });
    await enter(officer, "officer", readFileSync(`${stack}/secrets/officer`, "utf8").trim());
    await look(officer, "officer-finance");
    assert.equal(await officer.locator("nav.desk a[aria-current]").count(), 1);
    assert.equal(await officer.locator('nav.desk a[href="/finance/audit"]').count(), 0, "the log is for auditors and administrators");

    // A reversal, by keyboard alone.
    await tabTo(officer, 'nav.desk details:has(a[href="/finance/orders"]) > summary');
    await officer.keyboard.press("Enter");
    await tabTo(officer, 'nav.desk a[href="/finance/orders"]');
    await officer.keyboard.press("Enter");
    await officer.waitForURL(`${here}/finance/orders`);
    await tabTo(officer, "#q");
    await officer.keyboard.type(o.id);
    await officer.keyboard.press("Enter");
    await officer.waitForURL(`${here}/finance/orders/${o.id}`);
    await tabTo(officer, "details.card > summary");
    await officer.keyboard.press("Enter");
    await look(officer, "officer-reversal");
    await tabTo(officer, 'form[action$="/reversal"] textarea');
    await officer.keyboard.type("Dòng 7 tệp đối soát");
    await tabTo(officer, 'form[action$="/reversal"] button');
    await officer.keyboard.press("Enter");
    await officer.waitForURL(under(`${here}/finance/approvals/ppl_`));
    await look(officer, "officer-reversal-own");
    const decision = officer.url();
    await officer.goto(`${here}/finance/approvals`);
    assert.equal(await officer.locator("tr.own").count(), 1);
    await look(officer, "officer-approvals");
    await officer.goto(`${here}/finance/orders/${o.id}`);
    await look(officer, "officer-disputed");

    // A treasurer refuses it; the history of decisions has it.
    const treasurer = await visitor(browser, { width, language });
    await enter(treasurer, "thu.quy", password);
    await treasurer.goto(decision);
    await look(treasurer, "treasurer-reversal");
    await treasurer.fill("#remark", "Kênh trả lời đã thu");
    await treasurer.click('button[value="reject"]');
    await treasurer.waitForURL(decision);
    await treasurer.goto(`${here}/finance/approvals?state=rejected`);
    assert.ok(await treasurer.locator("main tbody tr").count() >= 1);
    await look(treasurer, "treasurer-decided");

    // Receipts, and a notice that somebody else decides on.
    await go(officer, "/finance/receipts");
    await look(officer, "officer-receipts");
    await officer.fill("#f-q", o.dossier);
    await officer.click("main form button");
    await officer.locator("main tbody a").first().click();
    await officer.waitForURL(under(`${here}/finance/receipts/`));
    await look(officer, "officer-receipt");
    await officer.fill("#why1", "Sai tên đường");
    await officer.locator('form[action^="/finance/receipts/"] button').first().click();
    await officer.click('main a[href^="/finance/approvals/ppl_"]');
    await look(officer, "officer-notice");
    await officer.click('button[value="withdraw"]');

    // Summaries.
    await go(officer, "/finance/summaries");
    await look(officer, "officer-summaries");
    const file = await officer.locator('main a[href$=".csv"]').first().getAttribute("href");
    const [download] = await Promise.all([officer.waitForEvent("download"), officer.locator(`main a[href="${file}"]`).click()]);
    assert.match(download.suggestedFilename(), /^01-TH-BLDT_.*\.csv$/);
    const waiting = await officer.locator('button[value="confirmed"]').count();
    await officer.locator('button[value="sent"]').first().click();
    await officer.waitForURL(under(`${here}/finance/summaries`));
    await officer.locator('button[value="confirmed"]').first().click();
    await officer.waitForURL(under(`${here}/finance/summaries`));
    assert.equal(await officer.locator('button[value="confirmed"]').count(), waiting - 1);
    await look(officer, "officer-summaries-confirmed");

    // Fee tables: mistakes by file and field, then a proposal with what differs.
    await go(officer, "/finance/fees");
    await officer.locator("details.card > summary").first().click();
    await look(officer, "officer-fees");
    const send = async (text) => {
        await officer.setInputFiles("#file", { name: "biểu.json", mimeType: "application/json", buffer: Buffer.from(text) });
        await officer.fill("#remark", "Nghị quyết 12/2026/NQ-HĐND");
        await officer.click('form[enctype="multipart/form-data"] button');
    };
    await send(JSON.stringify({ ...tables, rules: [{ ...tables.rules[0], id: "sai", fee: "no_such_fee" }, ...tables.rules] }));
    await officer.locator('[role="alert"] li').first().waitFor();
    assert.match(await officer.innerText('[role="alert"]'), /sai|rules/);
    await look(officer, "officer-fees-wrong");
    const last = tables.rules.at(-1);
    await send(JSON.stringify({ ...tables, rules: [...tables.rules.slice(0, -1), { ...last, to: "2027-06-30" }, { ...last, id: `moi.${width}`, from: "2027-07-01" }] }));
    await officer.waitForURL(under(`${here}/finance/approvals/ppl_`));
    assert.equal(await officer.locator(".diff ins").count(), 2);
    assert.equal(await officer.locator(".diff del").count(), 1, "what was is told beside what will be");
    await look(officer, "officer-fees-proposed");
    await officer.click('button[value="withdraw"]');
    await officer.locator('button[value="withdraw"]').waitFor({ state: "detached" });
    await go(officer, "/finance/refunds");
    await look(officer, "officer-refunds");
    await officer.context().close();
    await treasurer.context().close();

    // For whoever runs and builds systems.
    const admin = await visitor(browser, { width, language });
    await enter(admin, "quan.tri", password);
    await admin.goto(`${here}/admin/webhooks`);
    await look(admin, "admin-webhooks");
    await admin.goto(`${here}/verify`);
    await admin.setInputFiles('input[type="file"]', { name: "bien-lai.xml", mimeType: "application/xml", buffer: Buffer.from("<a/>") });
    await admin.click('form[enctype="multipart/form-data"] button');
    await look(admin, "verify-file");
    await admin.context().close();
}
await browser.close();
console.log("finance by clicks: ok");
