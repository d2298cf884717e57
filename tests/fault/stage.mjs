// What the stories of this folder have in common: a browser, the one-stop system, the payment
// portal's truth and switches, and motcua as a process that may be killed and started again.
// tests/stack.sh has started both programs; the first start of motcua is its own.
import { setCookies } from "../cookies.mjs";
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";

export const here = process.env.MOTCUA_URL;
export const systems = process.env.SANDBOX_URL;
const stack = process.env.STACK;
const program = `${process.env.MOTCUA_BIN}/motcua`;
export const conf = `${stack}/motcua.conf`;
export const secret = (name) => readFileSync(`${stack}/secrets/${name}`, "utf8").trim();
export const log = () => readFileSync(`${stack}/motcua.log`, "utf8");
export const motcua = (...args) => execFileSync(program, ["--conf", conf, ...args], { encoding: "utf8" }).trim();
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Asks until the answer is truthy; the last answer after `ms`, so that an assertion can show it.
export async function until(ask, ms, pause = 50) {
    const end = Date.now() + ms;
    for (;;) {
        const answer = await ask();
        if (answer || Date.now() > end) return answer;
        await sleep(pause);
    }
}

// A failure of the network is an answer too: motcua may be dead at any moment.
export async function call(url, init = {}) {
    try {
        const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(30000), ...init });
        return { status: answer.status, headers: answer.headers, text: await answer.text() };
    } catch (error) {
        return { status: 0, headers: new Headers(), text: String(error.cause ?? error) };
    }
}
const json = { "Content-Type": "application/json" };
export const form = (fields) => ({ method: "POST", body: new URLSearchParams(fields) });

// motcua as a process.
let pid = Number(process.env.MOTCUA_PID);
let child = null;
export function signal(name) { process.kill(pid, name); }
export async function kill() {
    process.kill(pid, "SIGKILL");
    if (child) await child.ended; else await until(() => isZombie() || isGone(), 5000, 2);
}
const stat = () => { try { return readFileSync(`/proc/${pid}/stat`, "utf8"); } catch { return ""; } };
const isGone = () => stat() === "";
const isZombie = () => / Z /.test(stat()); // the first one is stack.sh's to bury
export async function start(env = {}) {
    const to = openSync(`${stack}/motcua.log`, "a");
    const process_ = spawn(program, ["--conf", conf, "serve"], { stdio: ["ignore", to, to], env: { ...process.env, ...env } });
    pid = process_.pid;
    child = { ended: new Promise((resolve) => process_.on("exit", (code, by) => resolve(code ?? by))) };
    writeFileSync(`${stack}/motcua.pid`, String(pid)); // stack.sh ends it when we do not
    const ready = await until(async () => (await call(`${here}/readyz`)).status === 200, 20000, 10);
    assert.ok(ready, "motcua is ready again");
}
// SIGTERM: the exit status of a process that start() made, null for stack.sh's own.
export async function stop() {
    process.kill(pid, "SIGTERM");
    if (child) {
        const status = await child.ended;
        rmSync(`${stack}/motcua.pid`, { force: true });
        return status;
    }
    assert.ok(await until(() => isZombie() || isGone(), 40000, 5), "motcua ends");
    return null;
}
// A story that fails must not wait for the process that it started.
process.on("uncaughtException", (error) => {
    console.error(error);
    if (child) process.kill(pid, "SIGKILL");
    process.exit(1);
});

// The simulated systems.
export async function fault(name, more = {}) {
    const answer = await call(`${systems}/admin/faults`, { method: "POST", headers: json, body: JSON.stringify({ fault: name, ...more }) });
    assert.equal(answer.status, 201, `${name}: ${answer.text}`);
}
export const calm = () => call(`${systems}/admin/faults`, { method: "DELETE" });
export const truths = async () => JSON.parse((await call(`${systems}/admin/transactions`)).text).transactions;
export const truthOf = async (dossier) => (await truths()).filter((row) => row.dossier === dossier);
export async function pay(reference, outcome = "paid") {
    const answer = await call(`${systems}/admin/transactions/${reference}/pay`, { method: "POST", headers: json, body: JSON.stringify({ outcome }) });
    assert.equal(answer.status, 200, answer.text);
}

// The one-stop system.
let token = "";
async function bearer() {
    const answer = await call(`${here}/token`, form({ grant_type: "client_credentials", client_id: "demo-onestop", client_secret: secret("demo_onestop"), scope: "payments:write payments:read" }));
    assert.equal(answer.status, 200, answer.text);
    token = JSON.parse(answer.text).access_token;
}
export async function api(method, path, body, key) {
    for (let i = 0; i < 2; i++) {
        if (!token) await bearer();
        const headers = { ...json, Authorization: `Bearer ${token}`, ...(key ? { "Idempotency-Key": key } : {}) };
        const answer = await call(here + path, { method, headers, body: body && JSON.stringify(body) });
        if (answer.status !== 401) return { ...answer, body: answer.text.startsWith("{") ? JSON.parse(answer.text) : null };
        token = "";
    }
    throw new Error("the one-stop system is not let in");
}
export const THU = { name: "Nguyễn Văn Thử", id: "001087123456" };
let dossiers = 0;
export const dossier = () => ({
    reference: `H56.20-261123-${String(++dossiers).padStart(4, "0")}`, agency_id: "H56.14", received_on: "2026-11-23", channel: "online",
    procedure: "2.000889.000.00.00.H56", // a phi and a le phi: two receipts
    items: [{ fee: "land_appraisal", quantity: 1, base_vnd: 850000000 }, { fee: "land_change", quantity: 1 }],
});
// `payer`: a person of the sandbox, whose number switches can be set for before there is a reference.
export async function order(payer = null) {
    const body = { ...dossier(), ...(payer ? { payer } : {}) };
    const answer = await api("POST", "/v1/payments", body, body.reference);
    assert.equal(answer.status, 201, answer.text);
    return { id: answer.body.id, dossier: body.reference, total: answer.body.total_vnd, bill: answer.body.next_url };
}
export const state = async (o) => (await api("GET", `/v1/payments/${o.id}`)).body;

// A citizen's browser.
export class Browser {
    constructor() { this.jar = new Map(); }
    async visit(url, init = {}) {
        const { host } = new URL(url);
        const cookies = this.jar.get(host) ?? new Map();
        const headers = { Cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join("; "), Accept: "text/html", ...init.headers };
        const answer = await call(url, { ...init, headers });
        for (const line of setCookies(answer.headers)) {
            const [pair] = line.split(";");
            const at = pair.indexOf("=");
            if (/max-age=0|1970/i.test(line)) cookies.delete(pair.slice(0, at));
            else cookies.set(pair.slice(0, at), pair.slice(at + 1));
        }
        this.jar.set(host, cookies);
        return { ...answer, url, next: answer.headers.has("location") ? new URL(answer.headers.get("location"), url).href : null };
    }
    async follow(answer, most = 12) {
        for (let i = 0; i < most && answer.next; i++) answer = await this.visit(answer.next);
        return answer;
    }
    // To VNeID's door; leave() goes through it as a person of the sandbox and stops at `stopAt`.
    async toVneid(from = `${here}/login`) {
        let answer = await this.follow(await this.visit(from));
        const way = answer.text.match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1]?.replaceAll("&amp;", "&");
        assert.ok(way, `a sign-in page: ${answer.status} ${answer.url} ${answer.text.slice(0, 300)}`);
        answer = await this.visit(here + way);
        assert.ok(answer.next?.startsWith(`${systems}/vneid/authorize`), `on to VNeID: ${answer.status} ${answer.text.slice(-900)}`);
        return answer.next;
    }
    async toCallback(person) {
        const answer = await this.visit(`${await this.toVneid()}&persona=${person}`);
        assert.ok(answer.next?.startsWith(`${here}/login/vneid/callback`), `back from VNeID: ${answer.status}`);
        return answer.next;
    }
    async signIn(person = "thu") {
        const answer = await this.visit(await this.toCallback(person));
        assert.equal(answer.status, 303, answer.text.slice(0, 2000));
        return this;
    }
    // Presses "pay": where the browser is sent.
    async startPaying(o, channel = "portal") {
        const page = await this.visit(o.bill);
        const csrf = page.text.match(/action="\/pay\/[^"]*\/start"[^]*?name="csrf" value="([^"]*)"/)?.[1];
        assert.ok(csrf, `a bill that may be paid: ${page.status} ${page.next} ${page.text.slice(-1500)}`);
        return this.visit(`${o.bill}/start`, form({ csrf, channel }));
    }
    comeBack(o) { return this.visit(`${o.bill}/return`); }
    // What the bill's page says: paid, waiting, held, failed, open, and how many receipts.
    async page(o) {
        const { status, text } = await this.visit(o.bill);
        const note = text.match(/class="note[^"]*" role="\w+"><span class="state (good|warn|bad)">(.)/);
        const says = { "✓": "paid", "…": "waiting", "!": "held", "✗": "failed" }[note?.[2]] ?? (note ? "closed" : "open");
        return { status, says, receipts: (text.match(/href="\/receipts\//g) ?? []).length, mayPay: /\/start"/.test(text) };
    }
}

export async function metric(name) {
    const { text } = await call(`${here}/metrics`);
    return Number(text.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ").pop());
}

// One count of the database, whichever engine keeps it.
export function count(sql) {
    const said = process.env.MOTCUA_STORE_ENGINE === "postgresql"
        ? execFileSync("psql", ["-qAt", process.env.MOTCUA_STORE_POSTGRESQL, "-c", sql], { encoding: "utf8" })
        : execFileSync("sqlite3", [`${stack}/motcua.db`, sql], { encoding: "utf8" });
    return Number(said.trim());
}

// The order against the portal's truth: paid once means one J2, one receipt per kind, one page.
export async function assertTruth(browser, o, what) {
    const captured = (await truthOf(o.dossier)).flatMap((row) => row.captures).length;
    const now = await state(o);
    const page = await browser.page(o);
    const posted = count(`SELECT count(*) FROM journal WHERE kind='J2' AND order_id='${o.id}'`);
    assert.equal(now.state === "paid", captured > 0, `${what}: the portal has ${captured} captures, the order is ${now.state}`);
    assert.equal(page.says === "paid", captured > 0, `${what}: the page says ${page.says}`);
    assert.equal(now.captured_vnd, captured > 0 ? o.total : 0, `${what}: captured`);
    assert.deepEqual(now.receipts.map((row) => row.kind).sort(), captured > 0 ? ["le_phi", "phi"] : [], `${what}: receipts`);
    assert.equal(page.receipts, now.receipts.length, `${what}: receipts on the page`);
    assert.equal(posted, captured > 0 ? 1 : 0, `${what}: J2`);
    return { now, page };
}
export function assertBooks() {
    const numbers = (text) => text.match(/\d+/g).map(Number);
    const [journals, , orders, attempts, receipts] = numbers(motcua("ledger", "verify"));
    assert.ok(numbers(motcua("audit", "verify"))[0] > 0, "the audit log has rows");
    return { journals, orders, attempts, receipts };
}
