// Choosing a way to pay, the symbol to scan, and the question before a second way, on a telephone and a
// desk, in both languages, axe on every page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { here, inspect, open, stack, systems, under, visitor } from "./browser.mjs";

const secret = readFileSync(`${stack}/secrets/demo_onestop`, "utf8").trim();
const token = (await (await fetch(`${here}/token`, { method: "POST",
    headers: { Authorization: `Basic ${Buffer.from(`demo-onestop:${encodeURIComponent(secret)}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "payments:write payments:read" }) })).json()).access_token;
const bill = async (reference) => (await (await fetch(`${here}/v1/payments`, { method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": reference },
    body: JSON.stringify({ reference, agency_id: "H56.14", procedure: "2.000889.000.00.00.H56", received_on: "2026-11-23", channel: "online" }) })).json()).next_url;

const browser = await open();
let n = 0;
for (const width of [390, 1280]) {
    for (const language of ["vi", "en"]) {
        const page = await visitor(browser, { width, language });
        const address = await bill(`H56.14-261123-020${n++}`);
        await page.goto(address);
        await page.click('a[href^="/login/vneid/start"]');
        await page.waitForURL(under(`${systems}/vneid/authorize`));
        await page.click('button.person:has-text("Nguyễn Văn Thử")');
        await page.waitForURL(under(`${here}/pay/`));
        await inspect(page, "pay-choose");
        assert.equal(await page.locator('input[name="channel"]').count(), 3);
        await page.check('input[value="vietqr"]');
        await page.click('form[action$="/start"] button');
        await page.waitForSelector("img.qr");
        assert.ok(await page.$eval("img.qr", (image) => image.complete && image.naturalWidth > 300), "the symbol is shown");
        await inspect(page, "pay-vietqr");
        await page.check('input[value="vnpay"]');
        await page.click('form[action$="/start"] button');
        await page.waitForSelector('input[name="beside"]', { state: "attached" });
        await inspect(page, "pay-beside");
        await page.click('a.button[href^="/pay/"]');
        await page.waitForSelector("img.qr");
        // The same transfer by hand, at the simulated bank; and VNPAY's page.
        const code = (await page.content()).match(/MTC[0-9A-Z]{12}/)[0];
        await page.goto(`${systems}/bank?lang=${language}`);
        await page.fill("#amount", "10.000");
        await page.fill("#narrative", `nộp phí ${code}`);
        await page.click('form[action="/bank"] button');
        await page.waitForURL(under(`${systems}/bank`));
        await inspect(page, "bank");
        await page.goto(address);
        await page.check('input[value="vnpay"]');
        await page.click('form[action$="/start"] button');
        if (await page.locator('input[name="beside"]').count()) await page.click('form[action$="/start"] button');
        await page.waitForURL(under(`${systems}/vnpay/`));
        await page.goto(`${page.url()}&lang=${language}`);
        await inspect(page, "vnpay");
        await page.click('button[value="cancel"]');
        await page.waitForURL(under(`${here}/pay/`));
        assert.equal(await page.locator(".note.bad > .state.bad").count(), 1, "cancelled there");
        await page.context().close();
    }
}
await browser.close();
console.log("channels: chosen, scanned and asked about, in both languages");
