// What can become of messages between motcua and the payment portal, one switch of the simulated
// portal after the other. After each the order is paid once, or kept with what does not fit, or
// first unknown and then right; one receipt per kind; the books hold.
import assert from "node:assert/strict";
import { Browser, THU, assertBooks, assertTruth, call, calm, count, fault, here, metric, order, pay, sleep, start, state, stop, truthOf, truths, until } from "./stage.mjs";

const SETTLED_MS = 20000;
const onInit = { person: THU.id, count: 1 }; // before there is a reference
await stop();
await start();
const browser = await new Browser().signIn();
const paid = (o) => until(async () => (await state(o)).state === "paid", SETTLED_MS);
const says = (o, what) => until(async () => (await browser.page(o)).says === what, SETTLED_MS, 100);
const refs = async (o) => (await truthOf(o.dossier)).map((row) => row.reference);
const exceptions = (o) => count(`SELECT count(*) FROM order_event WHERE order_id='${o.id}' AND mismatch<>''`);
async function toPortal(o) {
    const way = await browser.startPaying(o);
    assert.match(way.next ?? way.text, /\/pp\/pay\//);
    return (await refs(o)).at(-1);
}
// The payer pays under these switches; CONFIRM must not have moved anything unless it may.
async function paysUnder(o, switches, outcome = "paid") {
    const reference = await toPortal(o);
    for (const [name, more] of Object.entries(switches)) await fault(name, { reference, ...more });
    await pay(reference, outcome);
    return reference;
}
const stillOpen = async (o, ms) => { await sleep(ms); assert.equal((await state(o)).state, "open"); };

const stories = {
    async "no fault at all"(o) { await paysUnder(o, {}); },
    async "CONFIRM is lost and the payer comes back"(o) { await paysUnder(o, { confirm_lost: {} }); await stillOpen(o, 200); await browser.comeBack(o); },
    async "CONFIRM is late"(o) { await paysUnder(o, { confirm_delayed: { arg: 700 } }); await stillOpen(o, 200); },
    async "CONFIRM comes five times"(o) { await paysUnder(o, { confirm_duplicated: { arg: 5 } }); },
    async "CONFIRM comes after later ones"(o) { await paysUnder(o, { confirm_reordered: { arg: 1500 } }); },
    async "a success is followed by an older failure"(o) {
        await paysUnder(o, { confirm_contradicted: {} });
        assert.ok(await until(() => exceptions(o) > 0, 5000), "the contradiction is kept");
    },
    async "CONFIRM is forged"(o) {
        const refused = await metric('motcua_callback_total{result="refused"}');
        await paysUnder(o, { confirm_forged: {} });
        assert.ok(await until(async () => (await metric('motcua_callback_total{result="refused"}')) > refused, 5000), "it is counted");
        await stillOpen(o, 300);
        assert.equal(exceptions(o), 0, "and nothing is written about the order");
        await browser.comeBack(o); // the truth was paid: QUERY tells
    },
    async "CONFIRM is cut in half"(o) { await paysUnder(o, { confirm_truncated: {} }); await stillOpen(o, 300); await browser.comeBack(o); },
    async "CONFIRM comes byte by byte"(o) {
        await paysUnder(o, { confirm_dripped: { arg: 2 } });
        const begin = Date.now();
        assert.equal((await call(`${here}/readyz`)).status, 200);
        assert.ok(Date.now() - begin < 1000, "others are served meanwhile");
    },
    async "CONFIRM tells another amount"(o) { await paysUnder(o, { confirm_amount: {} }); await stillOpen(o, 200); assert.ok(await until(() => exceptions(o) > 0, 5000)); await browser.comeBack(o); },
    async "CONFIRM tells another currency"(o) { await paysUnder(o, { confirm_currency: {} }); await stillOpen(o, 200); assert.ok(await until(() => exceptions(o) > 0, 5000)); await browser.comeBack(o); },
    async "CONFIRM is for another partner"(o) { await paysUnder(o, { confirm_partner: {} }); await stillOpen(o, 300); await browser.comeBack(o); },
    async "QUERY says pending several times"(o) {
        await paysUnder(o, { confirm_lost: {}, portal_pending: { count: 4 } });
        await browser.comeBack(o);
        const page = await browser.page(o);
        assert.deepEqual([page.says, page.receipts], ["waiting", 0]);
        for (let i = 0; i < 4; i++) await browser.comeBack(o); // each asks, and so does the background
    },
    async "QUERY fails, then answers"(o) {
        await paysUnder(o, { portal_error: { count: 2 } }); // CONFIRM is taken, its QUERY is not answered
        await stillOpen(o, 300);
    },
    async "QUERY answers nonsense, then sense"(o) { await paysUnder(o, { portal_garbage: { count: 2 } }); await stillOpen(o, 300); },
    async "the portal's clock is an hour off"(o) { await paysUnder(o, { portal_clock: {} }); },
    async "a bare reply instead of the wrapper"(o) { await fault("portal_bare", onInit); await paysUnder(o, { portal_bare: {} }); },
    async "the payer's bank pays twice"(o) { // two CONFIRMs at once; what is too much is the settlement file's to find
        await paysUnder(o, { portal_pay_twice: {} });
        assert.equal((await truthOf(o.dossier))[0].captures.length, 2);
    },
    async "another beneficiary account"(o) { await fault("portal_account_swapped", onInit); await paysUnder(o, {}); },
    async "a late success after a failure"(o) {
        await paysUnder(o, { portal_late_success: { arg: 1500 } }, "failed");
        assert.ok(await says(o, "failed"), "first it has failed");
        assert.equal((await state(o)).receipts.length, 0);
        await paid(o);
        assert.ok(exceptions(o) > 0, "and the change is kept for the officer");
    },
    async "failed, and the second attempt succeeds"(o) {
        await paysUnder(o, {}, "failed");
        assert.ok(await says(o, "failed"));
        await paysUnder(o, {});
        assert.equal((await refs(o)).length, 2);
    },
    async "cancelled, and the second attempt succeeds"(o) { await paysUnder(o, {}, "cancelled"); assert.ok(await says(o, "failed")); await paysUnder(o, {}); },
    async "INIT is committed and answered with 500"(o) {
        await fault("portal_error_after", onInit);
        assert.doesNotMatch((await browser.startPaying(o)).next, /\/pp\/pay\//);
        assert.equal((await browser.page(o)).says, "waiting", "nothing is claimed");
        await paysUnder(o, {});
        assert.equal((await refs(o)).length, 1, "the same reference again");
    },
    async "INIT is answered after we stopped waiting"(o) {
        await fault("portal_slow", { arg: 2000, ...onInit });
        await browser.startPaying(o);
        await paysUnder(o, {});
        assert.equal((await refs(o)).length, 1);
    },
    async "INIT never arrives, then the portal is back"(o) {
        await fault("portal_down", onInit);
        await browser.startPaying(o);
        assert.equal((await browser.page(o)).says, "waiting");
        assert.equal((await refs(o)).length, 0);
        assert.ok(await until(async () => (await browser.startPaying(o)).next?.includes("/pp/pay/"), SETTLED_MS, 700), "a new attempt after the old is known to be dead");
        await pay((await refs(o))[0]);
    },
    async "INIT is refused"(o) {
        await fault("portal_refused", onInit);
        assert.ok((await browser.startPaying(o)).status >= 400);
        assert.equal((await browser.page(o)).says, "failed");
        await paysUnder(o, {});
    },
    async "the payment address is a stranger's"(o) {
        await fault("portal_other_origin", onInit);
        assert.doesNotMatch((await browser.startPaying(o)).next ?? "", /127\.0\.0\.2/);
        await paysUnder(o, {});
    },
};

const orders = [];
for (const [what, go] of Object.entries(stories)) {
    const byPerson = /INIT|address|bare|account/.test(what);
    const o = await order(byPerson ? THU : null);
    const begin = Date.now();
    await go(o).catch((error) => { error.message = `${what}: ${error.message}`; throw error; });
    if (process.env.FAULT_SHOW) console.log(`${Date.now() - begin} ms  ${what}`);
    if (byPerson) { // its last QUERY must not use up the next one's switch
        await paid(o);
        await until(async () => (await truthOf(o.dossier)).every((row) => row.captures.every((one) => one.notice)), SETTLED_MS);
        await sleep(100);
    }
    orders.push({ ...o, what });
}
for (const o of orders) {
    assert.ok(await paid(o), `${o.what}: not paid: ${JSON.stringify([await state(o), await truthOf(o.dossier)])}`);
    await assertTruth(browser, o, o.what);
}
// QUERY itself tells another amount: nothing is posted, a human is asked, the page says so.
const held = await order();
await paysUnder(held, { portal_query_amount: {}, confirm_lost: {} });
await browser.comeBack(held);
assert.deepEqual([(await browser.page(held)).says, (await state(held)).state, (await state(held)).receipts.length], ["held", "open", 0]);
assert.ok(exceptions(held) > 0);
await browser.comeBack(held);
assert.equal(exceptions(held), 1, "told once");

await calm();
const books = assertBooks();
assert.equal(books.journals, 2 * orders.length + 1);
assert.equal(books.receipts, 2 * orders.length);
assert.equal(await stop(), 0);
console.log(`lost: ${orders.length + 1} stories, ${(await truths()).length} attempts, ${books.journals} journals, ${books.receipts} receipts`);
