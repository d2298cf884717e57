// My fees, receipts and refunds, paying by a dossier's code, and the waiting page: on a telephone,
// on a desk, and on a desk at 200 % zoom; with axe on every page, and by the keyboard alone.
import assert from "node:assert/strict";
import { Browser, THU, api, dossier, order, pay, truthOf } from "../fault/stage.mjs";
import { here, inspect, open, signIn, under, visitor } from "./browser.mjs";

const THO = { name: "Lê Đức Thọ", id: "038075000078" };
async function extract(payer) {
    const body = { ...dossier(), procedure: "2.000635.000.00.00.H56", items: [{ fee: "civil_extract", quantity: 3 }], payer };
    const answer = await api("POST", "/v1/payments", body, body.reference);
    assert.equal(answer.status, 201, answer.text);
    return { id: answer.body.id, dossier: body.reference, total: answer.body.total_vnd, bill: answer.body.next_url };
}
// Tab after Tab until the element has the focus, which is seen.
async function tabTo(page, selector) {
    for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        const there = await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector);
        if (!there) continue;
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.notEqual(outline, "none", `${selector}: the focus is seen`);
        return;
    }
    assert.fail(`${selector} is not reached by Tab`);
}

const citizen = await new Browser().signIn();
const browser = await open();
for (const [width, language, zoom] of [[390, "vi"], [1280, "en"], [640, "vi", "zoom"]]) {
    const tag = (name) => zoom ? `${name}-zoom` : name;
    const paid = await order(THU), due = await order(THU), free = await extract(THU), waiting = await order(THU);
    await citizen.startPaying(paid);
    await pay((await truthOf(paid.dossier))[0].reference);
    await citizen.comeBack(paid);

    const page = await visitor(browser, { width, language, script: true });
    if (zoom) await page.setViewportSize({ width: 640, height: 450 }); // 1280 x 900 at 200 %
    await signIn(page, THU.name);
    await page.goto(`${here}/?lang=${language}`);
    await page.click('main a[href="/me/payments"]');
    await inspect(page, tag("me-payments"));
    await page.selectOption("#state", "paid");
    await page.click("main form button");
    assert.equal(await page.locator(`h3:has-text("${paid.dossier}")`).count(), 1);
    assert.equal(await page.locator(`h3:has-text("${due.dossier}")`).count(), 0);
    await page.goto(`${here}/me/payments`);
    await tabTo(page, `h3 a[href="${new URL(due.bill).pathname}"]`);
    await page.keyboard.press("Enter");
    await page.waitForURL(due.bill);
    await inspect(page, tag("pay-open"));
    await page.goto(free.bill);
    assert.equal(await page.locator(".note.good").count(), 2, "the price of level 2 is told, and that nothing is due");
    await inspect(page, tag("pay-cheaper"));
    await page.goto(`${here}/me/receipts`);
    await inspect(page, tag("me-receipts"));
    await page.goto(`${here}/me/refunds`);
    await inspect(page, tag("me-refunds"));

    // Somebody who begins to pay and comes back before the provider knows.
    await page.goto(waiting.bill);
    await tabTo(page, 'input[name="channel"]');
    await tabTo(page, 'form[action$="/start"] button');
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => !url.href.startsWith(here));
    await page.goto(`${waiting.bill}/return`);
    await page.waitForURL(under(waiting.bill));
    assert.match((await page.reload()).headers().refresh ?? "", /^(5|10|30)$/);
    assert.equal(await page.locator(".state.bad").count(), 0, "nothing failed");
    await inspect(page, tag("pay-waiting"));
    await tabTo(page, 'a[href$="?refresh=off"]');
    await page.keyboard.press("Enter");
    await page.waitForURL(under(`${waiting.bill}?refresh=off`));
    assert.equal((await page.reload()).headers().refresh, undefined, "it was turned off");
    await inspect(page, tag("pay-waiting-off"));
    await page.context().close();

    // Level 1: a bill of level 0 keeps its price; without a sign-in: by code, without script.
    const other = await extract(THO);
    const guest = await visitor(browser, { width, language });
    if (zoom) await guest.setViewportSize({ width: 640, height: 450 });
    await guest.goto(`${here}/pay?lang=${language}`);
    await inspect(guest, tag("pay-code"));
    await tabTo(guest, "#agency");
    await guest.selectOption("#agency", "H56.14");
    await tabTo(guest, "#code");
    await guest.keyboard.type(other.dossier);
    await tabTo(guest, "#proof");
    await guest.keyboard.type("9999");
    await guest.keyboard.press("Enter");
    await guest.waitForSelector('[role="alert"]');
    await inspect(guest, tag("pay-code-wrong"));
    assert.equal(await guest.inputValue("#code"), other.dossier, "what was typed is kept");
    await guest.fill("#proof", "24.000");
    await guest.click('form[action="/pay"] button');
    await guest.waitForURL(`${here}/pay/code`);
    await inspect(guest, tag("pay-code-seen"));
    assert.equal(await guest.locator('form[action="/pay/code/start"]').count(), 0);
    await guest.goto(`${here}/pay`);
    await guest.selectOption("#agency", "H56.14");
    await guest.fill("#code", other.dossier);
    await guest.fill("#proof", "0078");
    await guest.click('form[action="/pay"] button');
    await guest.waitForURL(`${here}/pay/code`);
    assert.equal(await guest.locator('form[action="/pay/code/start"]').count(), 1);
    assert.ok(!(await guest.innerText("body")).includes(THO.name));
    await inspect(guest, tag("pay-code-open"));
    await guest.context().close();
}
await browser.close();
console.log("citizen pages by clicks and keys: ok");
