// The map of a bank's own table: from a sample to the JSON of a source, on a telephone in Vietnamese and
// on a desk in English, with axe on each; the preview follows by itself, and without a script by its button.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { here, inspect, open, stack, visitor } from "./browser.mjs";

const secret = readFileSync(`${stack}/secrets/officer`, "utf8").trim();
async function enter(page) {
    await page.goto(`${here}/staff/sign-in?lang=${page.look.language}`);
    await page.fill("#name", "officer");
    await page.fill("#password", secret);
    await page.click('form[action="/staff/sign-in"] button');
    await page.waitForURL(`${here}/staff/step`);
    await page.fill("#code", otp("officer"));
    await page.click('form[action="/staff/step"] button');
    await page.waitForURL((url) => url.pathname.startsWith("/finance"));
}
const statement = "Sao kê tài khoản <b>3713</b>\r\nNgày;Số GD;Nội dung;Số tiền;KQ\r\n" +
    "23/11/2026 09:05:00;F1;CK PAY001 le phi;1.500,00;OK\r\n31/11/2026 09:06:00;F2;PAY002;2.000,50;OK\r\n" +
    "24/11/2026 09:07:00;F3;khong ma;700;??\r\nCộng;;;4.200;\r\n";

async function choose(page) {
    const column = { txn: "2", narrative: "3", reference: "", amount: "4", time: "1", status: "5" };
    for (const [role, n] of Object.entries(column)) await page.selectOption(`#c_${role}`, n);
    await page.selectOption("#thousands", ".");
    await page.selectOption("#decimal", ",");
    await page.fill("#success", "OK");
}
async function saved(page, button) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
    return JSON.parse(readFileSync(await file.path(), "utf8"));
}

const browser = await open();
for (const [width, language, script] of [[390, "vi", true], [1280, "en", true], [1280, "vi", false]]) {
    const officer = await visitor(browser, { width, language, script });
    const look = async (name) => {
        if (script) await inspect(officer, `map-${name}`);
        assert.doesNotMatch(await officer.locator("main").innerText(), /\bmap\.[a-z]/i, name);
    };
    await enter(officer);
    await officer.goto(`${here}/finance/files`);
    await officer.click('main a[href="/finance/files/map"]');
    await look("empty");
    if (width < 1000) {
        await officer.setInputFiles("#file", { name: "sao-ke.csv", mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${statement}`) });
        await officer.click('form[enctype] button');
        assert.match(await officer.inputValue("#sample"), /^Sao kê/);
    } else {
        await officer.fill("#sample", statement);
        await officer.click('#map button[value="preview"] >> nth=0');
    }
    await officer.fill("#skip_top", "1");
    await officer.fill("#skip_bottom", "1");
    await officer.click('#map button[value="preview"] >> nth=0');
    await officer.waitForSelector("#c_amount");
    assert.equal(await officer.locator("#c_amount option").count(), 6, "five columns and none");
    assert.equal(await officer.inputValue("#c_amount"), "4", "the usual name of the amount is found");
    await look("columns");
    await choose(officer);
    if (!script) await officer.click('#columns button[value="preview"]');
    // Each cell tells what is wrong with it; the others are as they would be taken.
    await officer.locator("#preview tbody tr").nth(2).waitFor();
    await officer.locator("#preview tbody tr").nth(0).locator('td:has-text("1500")').waitFor();
    assert.equal(await officer.locator("#preview tbody tr").count(), 3, "titles and totals are left out");
    assert.equal(await officer.locator("#preview .wrong").count(), 3);
    assert.match(await officer.locator("#preview tbody tr").nth(1).innerText(), language === "vi" ? /không đúng dạng ngày giờ/ : /not in the chosen format/);
    assert.equal((await officer.locator("#preview mark").allInnerTexts()).sort().join("|"), "2.000,50|31/11/2026 09:06:00|??");
    await look("preview");
    // A part that is cut out, and what comes of it at once.
    await officer.selectOption("#c_narrative", "");
    await officer.selectOption("#c_reference", "3");
    await officer.locator("#columns details").nth(1).locator("summary").click();
    await officer.fill("#regex_reference", "(PAY[0-9]+)");
    if (!script) await officer.click('#columns button[value="preview"]');
    await officer.locator('#preview td:text-is("PAY001")').waitFor();
    assert.equal(await officer.locator("#preview .wrong").count(), 4);
    const map = await saved(officer, 'button[value="map"]');
    assert.deepEqual(map.columns.amount, { header: "Số tiền", thousands: ".", decimal: ",", sign: "plain" });
    assert.deepEqual(map.columns.reference, { header: "Nội dung", regex: "(PAY[0-9]+)" });
    assert.equal(map.skip_bottom, 1);
    // A source wants more; what is missing is told, and nothing typed is lost.
    const source = officer.locator("#map > .card:last-of-type details");
    await source.locator("summary").click();
    await officer.click('button[value="source"]');
    await officer.waitForSelector('#preview [role="alert"]');
    assert.match(await officer.locator("#preview .note.bad").innerText(), /sources\[0\]/);
    assert.equal(await officer.inputValue("#regex_reference"), "(PAY[0-9]+)");
    await look("no-source");
    await officer.locator("#map > .card:last-of-type summary").click();
    for (const [name, text] of Object.entries({ id: "ACB", name_vi: "ACB thu hộ", name_en: "ACB", provider: "ACB", account: "123", from: "2026-11-01" }))
        await officer.fill(`#${name}`, text);
    const made = await saved(officer, 'button[value="source"]');
    assert.equal(made.sources[0].map.columns.time.format, "dd/MM/yyyy HH:mm:ss");
    assert.equal(made.sources[0].deadline.days, 1);
    // What is missing in the map is said in the reader's language.
    await officer.selectOption("#c_amount", "");
    if (!script) await officer.click('#columns button[value="preview"]');
    await officer.locator("#preview .note.bad").filter({ hasText: language === "vi" ? "Chưa chọn cột số tiền." : "No column for the amount" }).waitFor();
    await officer.context().close();
}

await browser.close();
console.log("the map of a table: sample, columns, preview, source");
