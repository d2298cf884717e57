// SIGTERM with requests under way: each that was accepted gets its whole answer, new ones are not
// taken, and the process ends with status 0 within its drain. Time from start to ready is told.
import assert from "node:assert/strict";
import http from "node:http";
import { Browser, assertBooks, assertTruth, fault, here, log, order, pay, signal, sleep, start, stop, truthOf, until } from "./stage.mjs";

const SIGN_INS = 32, PAYERS = 8;
// Connections of their own, so that each request is accepted or not by itself.
function open(url, headers, method = "GET", body = "") {
    return new Promise((resolve) => {
        const request = http.request(url, { method, headers: { ...headers, "Content-Length": Buffer.byteLength(body) }, agent: false }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("close", () => resolve({ status: answer.statusCode, whole: answer.complete, headers: answer.headers, text: Buffer.concat(parts).toString() }));
        });
        request.on("error", (error) => resolve({ status: 0, whole: false, text: error.code }));
        request.end(body);
    });
}
const cookies = (browser) => ({ Cookie: [...browser.jar.get(new URL(here).host)].map(([k, v]) => `${k}=${v}`).join("; "), Accept: "text/html" });

// The process under test is one that this test started, so that its exit status can be seen.
await stop();
await start({ MOTCUA_PORTAL_TIMEOUT_MS: "10000", MOTCUA_RATE_SIGN_IN: "100000" });
const payer = await new Browser().signIn();
const orders = [];
const starts = [];
for (let i = 0; i < PAYERS; i++) {
    const o = await order();
    const page = await payer.visit(o.bill);
    starts.push({ url: `${o.bill}/start`, body: new URLSearchParams({ csrf: page.text.match(/name="csrf" value="([^"]*)"(?=[^]*name="channel")/)[1], channel: "portal" }).toString() });
    orders.push(o);
}
const browsers = [];
for (let i = 0; i < SIGN_INS; i++) {
    const browser = new Browser();
    browsers.push({ browser, callback: await browser.toCallback("thu") });
}
// Only what names a person or a transaction is slow: discovery stays quick.
await fault("vneid_slow", { arg: 600, person: "thu" });
await fault("portal_slow", { arg: 600 });
const answers = [
    ...browsers.map(({ browser, callback }) => open(callback, cookies(browser))),
    ...starts.map(({ url, body }) => open(url, { ...cookies(payer), "Content-Type": "application/x-www-form-urlencoded" }, "POST", body)),
];
await sleep(400); // all are accepted, none of the sign-ins can have ended
const ended = stop();
const begin = Date.now();
const late = await until(async () => {
    const answer = await open(`${here}/healthz`, {});
    return answer.status === 0 || answer.status === 503 ? answer : null;
}, 3000, 20);
assert.ok(late, "a request after the signal is not taken");
const given = await Promise.all(answers);
const status = await ended;
const took_ms = Date.now() - begin;
for (const [i, answer] of given.entries()) {
    const what = i < SIGN_INS ? `sign-in ${i}` : `payer ${i - SIGN_INS}`;
    assert.ok(answer.whole, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
    assert.equal(answer.status, 303, `${what}: ${answer.text.slice(-600)}`);
    if (i < SIGN_INS) assert.ok(answer.headers["set-cookie"]?.length > 0, `${what}: a session`);
    else assert.match(answer.headers.location, /\/pp\/pay\//, what);
}
assert.equal(status, 0, "exit status");
assert.ok(took_ms < 25000, `within the drain: ${took_ms} ms`);
assert.match(log(), /"event":"stopped"/);

// What they began goes on with the next process.
await start();
const again = await new Browser().signIn();
for (const o of orders) await pay((await truthOf(o.dossier))[0].reference);
for (const o of orders) {
    await until(async () => (await again.page(o)).says === "paid", 10000, 50);
    await assertTruth(again, o, o.dossier);
}
assert.equal(assertBooks().journals, 2 * PAYERS);
assert.equal(await stop(), 0);
const ready = [...log().matchAll(/"event":"ready".*"took_ms":(\d+)/g)].map((found) => Number(found[1]));
console.log(`stop: ${given.length} requests answered whole in ${took_ms} ms; start to ready: ${ready.join(", ")} ms`);
