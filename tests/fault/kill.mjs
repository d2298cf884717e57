// kill -9 at eleven moments of a payment, then a new start: within a bounded time the order says
// what the payment portal says, with one J2 and one receipt per kind, and the page tells the truth.
// Moments are random within their window; FAULT_SEED repeats a run.
import assert from "node:assert/strict";
import { Browser, THU, api, assertBooks, assertTruth, calm, count, dossier, fault, kill, order, pay, sleep, start, state, stop, truthOf, truths, until } from "./stage.mjs";

const SETTLED_MS = 20000; // lease 5 s, schedule 1 s and 15 s, CONFIRM again after 1, 2, 4 s
let seed = Number(process.env.FAULT_SEED ?? 20261123);
console.log(`FAULT_SEED=${seed}`);
function chance(from, to) { // mulberry32
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), seed | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return from + (((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * (to - from);
}

let browser = await new Browser().signIn();
const soon = async (from, to) => { const ms = chance(from, to); await sleep(ms); return ms; };
const reference = async (o) => (await truthOf(o.dossier))[0].reference;
async function atPortal() { // an order whose payer is at the portal
    const o = await order();
    const way = await browser.startPaying(o);
    assert.match(way.next, /\/pp\/pay\//);
    return o;
}

// Each goes to its moment and returns the order; the kill follows at once.
const moments = {
    async "while the fee is asked for"() {
        const body = dossier();
        const asked = api("POST", "/v1/payments", body, body.reference).catch(() => null);
        await soon(0, 8);
        return { again: body, asked };
    },
    async "before INIT is sent"() {
        const o = await order();
        void browser.startPaying(o).catch(() => null);
        await soon(3, 12); // the page, then the form
        return o;
    },
    async "when INIT is there and not answered"() {
        const o = await order(THU);
        await fault("portal_slow", { arg: 700, person: THU.id });
        void browser.startPaying(o).catch(() => null);
        await soon(120, 450);
        return o;
    },
    async "when INIT was committed and answered with 500"() {
        const o = await order(THU);
        await fault("portal_error_after", { person: THU.id });
        void browser.startPaying(o).catch(() => null);
        await soon(5, 40);
        return o;
    },
    async "while the payer is at the portal, who then pays"() {
        const o = await atPortal();
        return { ...o, whileDead: async () => pay(await reference(o)) };
    },
    async "when CONFIRM arrives"() {
        const o = await atPortal();
        const ref = await reference(o);
        void pay(ref).catch(() => null);
        await soon(0, 6);
        return o;
    },
    async "between CONFIRM and its answer, during QUERY"() {
        const o = await atPortal();
        const ref = await reference(o);
        await fault("portal_slow", { arg: 700, count: 1, reference: ref });
        await fault("confirm_delayed", { arg: 50, count: 1, reference: ref });
        await pay(ref).catch(() => null);
        await soon(150, 550);
        return o;
    },
    async "during the QUERY of a payer who came back, CONFIRM being lost"() {
        const o = await atPortal();
        const ref = await reference(o);
        await fault("confirm_lost", { reference: ref });
        await pay(ref);
        await fault("portal_slow", { arg: 700, count: 1, reference: ref });
        void browser.comeBack(o);
        await soon(100, 500);
        return o;
    },
    async "during the QUERY of the background, CONFIRM being lost"() {
        const o = await atPortal();
        const ref = await reference(o);
        await fault("confirm_lost", { reference: ref });
        await fault("portal_pending", { reference: ref, count: 1 }); // the return learns nothing
        await pay(ref);
        await browser.comeBack(o);
        await fault("portal_slow", { arg: 700, reference: ref });
        await soon(900, 1600);
        return o;
    },
    async "right after the commit"() {
        const o = await atPortal();
        await pay(await reference(o));
        await until(() => count(`SELECT count(*) FROM journal WHERE kind='J2' AND order_id='${o.id}'`), 5000, 0);
        return o;
    },
    async "when the CONFIRM of a failure arrives"() {
        const o = await atPortal();
        const ref = await reference(o);
        void pay(ref, "failed").catch(() => null);
        await soon(0, 8);
        return { ...o, failsFirst: true };
    },
};

// The one-stop system repeats what was not answered: the same key gives the same order.
async function repeat(o) {
    await o.asked;
    const answer = await api("POST", "/v1/payments", o.again, o.again.reference);
    assert.ok([200, 201].includes(answer.status), answer.text);
    const twice = await api("POST", "/v1/payments", o.again, o.again.reference);
    assert.equal(twice.body.id, answer.body.id);
    return { id: answer.body.id, dossier: o.again.reference, total: answer.body.total_vnd, bill: answer.body.next_url };
}

// The citizen goes on: pays when the page offers it, at whatever address it leads to.
async function goOn(o, what) {
    if (o.failsFirst) {
        const failed = await until(async () => (await browser.page(o)).says === "failed", SETTLED_MS, 200);
        assert.ok(failed, `${what}: the page never says that the payment failed: ${JSON.stringify(await browser.page(o))}`);
        await assertTruth(browser, o, what);
    }
    if ((await truthOf(o.dossier)).some((row) => row.state === "paid")) return;
    const reached = await until(async () => {
        const page = await browser.page(o);
        return page.mayPay && (await browser.startPaying(o)).next?.includes("/pp/pay/");
    }, SETTLED_MS, 500);
    assert.ok(reached, `${what}: no way to the portal: ${JSON.stringify([await browser.page(o), await state(o), await truthOf(o.dossier)])}`);
    const waiting = (await truthOf(o.dossier)).filter((row) => row.state === "waiting");
    assert.equal(waiting.length, 1, `${what}: one transaction that may be paid: ${JSON.stringify(waiting)}`);
    await pay(waiting[0].reference);
}

const orders = [];
const begin = Date.now();
for (const [what, go] of Object.entries(moments)) {
    let o = await go();
    await kill();
    await calm();
    if (o.whileDead) await o.whileDead();
    await start();
    // Sessions outlive a process in Redis only.
    if (process.env.MOTCUA_KV_ENGINE !== "redis") browser = await new Browser().signIn();
    if (o.again) o = await repeat(o);
    await goOn(o, what);
    if (process.env.FAULT_SHOW) console.log(`${((Date.now() - begin) / 1000).toFixed(1)} s  ${what}`);
    orders.push({ ...o, what });
}
for (const o of orders) {
    const settled = await until(async () => (await state(o)).state === "paid", SETTLED_MS, 100);
    assert.ok(settled, `${o.what}: not paid in time: ${JSON.stringify(await state(o))}`);
    await assertTruth(browser, o, o.what);
}

const books = assertBooks();
const all = await truths();
assert.equal(all.flatMap((row) => row.captures).length, orders.length, "every order was paid once at the portal");
assert.equal(books.journals, 2 * orders.length, "one J1 and one J2 for each order");
assert.equal(books.receipts, 2 * orders.length);
assert.equal(await stop(), 0);
console.log(`kill: ${orders.length} moments, ${all.length} attempts, ${books.journals} journals, ${books.receipts} receipts`);
