// Reports of supervision, on a telephone in Vietnamese and on a desk in English, with axe on each: the
// period, plots with their tables, one report as a list with its files, the dossiers behind the
// indicators, and a report that is kept.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { Browser, THU, order, pay, truthOf } from "../fault/stage.mjs";
import { go, here, inspect, open, stack, visitor } from "./browser.mjs";

const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
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
// No key of a text stands where words should.
async function words(page, what) {
    for (const text of (await page.locator("main dt, main th, main td, main h2, main .state, main button, main option").allInnerTexts()))
        assert.doesNotMatch(text.trim(), /^[a-z]+([_.][a-z_0-9]+)+$/, `${what}: ${text}`);
}
const look = async (page, name) => { await inspect(page, name); await words(page, name); };

const today = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);
writeFileSync(`${stack}/dossiers.csv`, "MaHoSo;MaTTHC;DonViXuLy;NgayTiepNhan;Gia;DuocThanhToanTrucTuyen\n" +
    `H56.14-260101-0901;1.004873.000.00.00.H56;H56.14;${today};0;0\nH56.14-260101-0902;1.004873.000.00.00.H56;H56.14;${today};15000;2\n`);
assert.match(motcua("reports", "import", `${stack}/dossiers.csv`), /^2 dossiers/);

const browser = await open();
for (const [width, language] of [[390, "vi"], [1280, "en"]]) {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    await citizen.startPaying(o);
    await pay((await truthOf(o.dossier))[0].reference);
    await citizen.comeBack(o);

    const officer = await visitor(browser, { width, language });
    await enter(officer, "officer", readFileSync(`${stack}/secrets/officer`, "utf8").trim());
    await go(officer, "/finance/reports");
    // Each picture is there, and the table beside it has rows.
    for (const image of await officer.locator("main img").all()) {
        assert.ok(await image.evaluate((i) => i.complete && i.naturalWidth > 0), await image.getAttribute("src"));
        assert.ok((await image.getAttribute("alt")).length > 10);
    }
    assert.ok(await officer.locator("main section.report img").count() >= 7);
    assert.ok(await officer.locator("main section.report table").count() >= 8);
    await officer.locator("main section.report summary").first().click();
    assert.match(await officer.locator("main section.report").first().innerText(), /578\.000|1\.156\.000/);
    await look(officer, "reports");

    // A shorter period, by the form; a wrong one is told.
    await officer.fill("#from", today);
    await officer.fill("#to", today);
    await officer.locator('form[action="/finance/reports"][method=get] button').click();
    await officer.waitForURL((url) => url.searchParams.get("from") === today);
    await officer.fill("#to", "2020-01-01");
    await officer.locator('form[action="/finance/reports"][method=get] button').click();
    assert.equal(await officer.locator('main [role="alert"]').count(), 1);

    // One report as a list, in its breakdowns and files.
    await officer.goto(`${here}/finance/reports/collections?from=${today}&to=${today}&by=agency`);
    await look(officer, "report-collections");
    for (const [end, type] of [["csv", "text/csv"], ["xlsx", "spreadsheetml"], ["pdf", "application/pdf"], ["svg", "image/svg+xml"], ["png", "image/png"],
        ["json", "application/json"]]) {
        const file = await officer.request.get(`${here}/finance/reports/collections.${end}?from=${today}&to=${today}&by=agency`);
        assert.equal(file.status(), 200, end);
        assert.ok(file.headers()["content-type"].includes(type), end);
        if (end === "csv") assert.match(await file.text(), /"H56\.14",.*,28000,55000,495000,0,578000|578000|1156000/);
    }
    for (const name of ["counter", "capture", "match", "ageing", "online", "qd766", "procedures"]) {
        await officer.goto(`${here}/finance/reports/${name}?from=${today}&to=${today}`);
        await look(officer, `report-${name}`);
    }
    // Behind an indicator.
    await officer.goto(`${here}/finance/reports/dossiers?from=${today}&to=${today}&why=own`);
    assert.match(await officer.locator("main tbody").innerText(), /H56\.14-260101-0902/);
    assert.doesNotMatch(await officer.locator("main tbody").innerText(), /0901/);
    await look(officer, "report-dossiers");

    // Kept, as the next revision; today is not over.
    await go(officer, "/finance/reports");
    await officer.locator('form[method="post"][action="/finance/reports"] button').click();
    await officer.waitForURL((url) => url.hash === "#kept");
    const href = await officer.locator('#kept a[href*="/kept/day/"]').first().getAttribute("href");
    const kept = await (await officer.request.get(here + href)).json();
    assert.equal(kept.kind, "day");
    assert.ok(kept.tables.collections_day.rows.length === 2);
    await officer.fill("#day", today);
    await officer.locator('form[method="post"][action="/finance/reports"] button').click();
    assert.equal(await officer.locator('main [role="alert"]').count(), 1);
    await look(officer, "reports-wrong");
}
await browser.close();
