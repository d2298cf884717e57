// Every page of the workplace, of administration and for developers, as the table of routes has them,
// with something in each: axe finds nothing, nothing is wider than the screen, no code stands where
// words should. Arguments: width and language, or 1280 and en; and which half, or both.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Browser, THU, call, order, systems, truthOf } from "../fault/stage.mjs";
import { decide, hire } from "../flow/desk.mjs";
import { here, inspect, open, visitor } from "./browser.mjs";

const width = Number(process.argv[2] ?? 1280), language = process.argv[3] ?? "en";
const dayOf = (ago) => new Date(Date.now() + 7 * 3600000 - ago * 86400000).toISOString().slice(0, 10);
async function paid(days, mismatch) {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    await citizen.startPaying(o);
    const [{ reference }] = await truthOf(o.dossier);
    const headers = { "Content-Type": "application/json", "X-Sandbox-Fault": [`portal_days_ago=${days}`, mismatch].filter(Boolean).join(",") };
    assert.equal((await call(`${systems}/admin/transactions/${reference}/pay`, { method: "POST", headers, body: '{"outcome":"paid"}' })).status, 200);
    await citizen.comeBack(o);
    return o;
}

// A day that is closed, one with exceptions, and what follows from them.
const maker = await hire("can.bo", "treasurer"), checker = await hire("thu.quy", "treasurer");
const auditor = await hire("kiem.toan", "auditor"), admin = await hire("quan.tri", "administrator");
const closed = dayOf(2), open_ = dayOf(1);
const o = await paid(2), second = await paid(2);
for (const mismatch of [null, "settle_mis_ours", "settle_amt_more=500", "settle_unkey"]) await paid(1, mismatch);
// A form of a page, with what it carries unseen.
const post = async (path, fields, from = path) => {
    const page = await maker(from), form = page.text.match(new RegExp(`<form[^>]* action="${path}[^>]*>[^]*?</form>`))?.[0] ?? page.text;
    const unseen = Object.fromEntries([...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map((m) => [m[1], m[2]]));
    const answer = await maker(path, { ...unseen, ...fields });
    assert.equal(answer.status, 200, `${path}: ${answer.text.match(/role="alert">[^]*?<\/div>/)?.[0] ?? answer.text}`);
    return answer;
};
const proposal = (page) => (page.url + page.text).match(/\/finance\/approvals\/ppl_\w+/)[0];
const dayPage = `/finance/days/PP/${closed}`;
await post(`/finance/${closed}/fetch`, {}, dayPage);
await decide(checker, proposal(await post(dayPage, { act: "submit", remark: "Đủ" })), "approve");
await post(`/finance/${open_}/fetch`, {}, `/finance/days/PP/${open_}`);
const payout = (await maker("/finance/payouts")).text.match(/\/finance\/payouts\/po[^"]+/)[0];
const net = (await maker(payout)).text.match(/class="amount">([^<]*)/)[1].replace(/\D/g, "");
await post(payout, { number: "FT1", day: dayOf(0), amount: net });
const slips = await post("/finance/remittances", { agency: "H56.14", from: closed, to: closed });
const slip = (slips.url + slips.text).match(/\/finance\/remittances\/rmt_\w+/)[0];
const submitted = await post(slip, { act: "submit", remark: "Nộp đúng kỳ" });
await decide(checker, proposal(submitted), "approve");
const refund = await post(`/finance/orders/${second.id}/refund`, { amount: "10.000", reason: "wrong_fee", payee_name: "Nguyễn Văn Thử", payee_bank: "VCB", payee_account: "0011001234567", remark: "Thu nhầm" }, `/finance/orders/${second.id}`);
assert.match(refund.url, /^\/finance\/refunds\/rfd_/);
await post("/counter", { agency: "H56.14", desk: "1", float: "0" });
const shift = (await maker("/counter/shift")).url;
const broken = new FormData();
broken.set("csrf", (await maker("/finance/files")).csrf);
broken.set("source", "BIDV-3713");
const [year, month, date] = dayOf(4).split("-");
broken.set("file", new Blob([JSON.stringify({ reconcileDate: `${date}/${month}/${year}`, bankCode: "BIDV", bankName: "x", unitCode: "x", unitName: "x", totalTransaction: 1, totalAmount: 9,
    transactions: [{ transId: "A1", toKhaiId: "REFA1", amount: 1000, status: "SUCCESS", payTime: `${date}/${month}/${year} 09:00:00`, sendToKBNNStatus: "NOT_SENT", remark: "x" }] })]), "hong.json");
assert.match((await maker("/finance/files", broken)).url, /\/finance\/files\/\d+/);
const work = (await post("/finance/ledger/verify", {}, "/finance/ledger")).url;

const code = `/errors/${(await maker("/errors")).text.match(/id="([a-z_]+)" aria/)[1]}`;

// Where a name in a path is not on the list above it.
const known = {
    "/finance/days/{source}/{date}": [dayPage, `/finance/days/PP/${open_}`], "/finance/{date}": [`/finance/${open_}`],
    "/finance/ledger/{account}": ["/finance/ledger/1110"], "/finance/residuals/{account}": ["/finance/residuals/1110"],
    "/finance/orders/{id}": [`/finance/orders/${o.id}`, `/finance/orders/${second.id}`],
    "/finance/work/{id}": [work], "/finance/payouts/{id}": [payout], "/finance/remittances/{id}": [slip], "/finance/refunds/{id}": [refund.url],
    "/finance/reports/{name}": ["collections", "counter", "capture", "match", "ageing", "online", "qd766", "procedures", "dossiers"].map((name) => `/finance/reports/${name}`),
    "/counter/shift/{id}": [shift], "/counter/orders/{id}": [`/counter/orders/${o.id}`], "/errors/{code}": [code], "/admin/staff/{name}": ["/admin/staff/can.bo"],
    "/finance/exceptions": ["", ...["mismatch", "unidentified", "refund", "doubt"].map((tab) => `?tab=${tab}`)].map((q) => `/finance/exceptions${q}`),
    "/finance/approvals": ["/finance/approvals", "/finance/approvals?state=approved"],
};
// Answers that are no page; passkeys need a site with a name (passkey.mjs).
const papers = /^\/staff\/passkeys$|\{file\}|\{revision\}|\/order$|\/export$|\/counter\/receipts\//;
const people = { VIEWER: maker, OFFICER: maker, TREASURER: maker, AUDITOR: auditor, ADMIN: admin, ANYONE: maker };
const routes = readFileSync(new URL("../../docs/routes.md", import.meta.url), "utf8").split("\n")
    .map((line) => line.match(/^\| GET `(\/(?:finance|admin|counter|developers|errors|staff\/(?:account|passkeys))[^`]*)` \|[^|]*\| (\w+) \|.*\| PAGE \|/)).filter(Boolean);
const browser = await open(), pages = {};
async function pageOf(role) {
    const visit = people[role];
    assert.ok(visit, role);
    if (!pages[role]) {
        pages[role] = await visitor(browser, { width, language });
        await pages[role].context().addCookies([...visit.cookies().split("; ").map((c) => c.split(/=(.*)/s)).map(([name, value]) => ({ name, value, url: here }))]);
        await pages[role].goto(`${here}/staff/account?lang=${language}`);
    }
    return pages[role];
}
// No key of a text, no code of a state, no day as machines write it.
async function words(page, what) {
    if (/^\/(developers|errors|admin)/.test(what)) return;
    for (const text of await page.locator("main dt, main th, main .state, main button, main caption, main option, main h1, main h2").allInnerTexts())
        assert.doesNotMatch(text.trim(), /^(?!.*\.json$)[a-z]+([_.][a-z_0-9]+)+$/, `${what}: ${text}`);
    if (what === "/finance/audit") return; // what it keeps is kept as it was
    const shown = await page.locator("main").evaluate((main) => { const copy = main.cloneNode(true);
        copy.querySelectorAll("pre, code").forEach((o) => o.remove());
        return copy.textContent; });
    assert.doesNotMatch(shown, /(?<![\w-])20\d\d-\d\d-\d\d(?![\w-])/, `${what}: a day as machines write it`);
    assert.doesNotMatch(shown, /staff:/, `${what}: a name with its prefix`);
}
let seen = 0, wrong = [];
const half = process.argv[4] ? Number(process.argv[4]) : null;
for (const [i, [, route, role]] of routes.entries()) {
    if (papers.test(route) || half !== null && i % 2 !== half) continue;
    const page = await pageOf(role);
    let paths = known[route] ?? [route];
    if (paths[0].includes("{")) {
        const list = route.slice(0, route.indexOf("/{"));
        await page.goto(here + list);
        const link = page.locator(`main a[href^="${list}/"]`);
        if (!await link.count()) {
            wrong.push(`${route}: nothing on ${list} leads there`);
            continue;
        }
        paths = [await link.first().getAttribute("href")];
    }
    for (const path of paths) {
        const answer = await page.goto(here + path);
        seen++;
        try {
            assert.equal(answer.status(), 200, path);
            await inspect(page, `all-${path.slice(1).replaceAll(/[/?=:.]+/g, "-").slice(0, 60)}`, { names: /audit|^\/developers/.test(path) });
            await words(page, path);
        } catch (error) { wrong.push(`${path}: ${error.message.slice(0, 600)}`); page.problems.length = 0; }
    }
}
assert.ok(seen > (half === null ? 60 : 25), `${seen} pages`);
assert.deepEqual(wrong, []);
await browser.close();
console.log(`${seen} pages at ${width} px in ${language}: ok`);
