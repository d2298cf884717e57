// Bad input at every public endpoint: a clear error with a fitting status, never a 5xx, no crash, and
// afterwards the books and the log are whole and nothing has been added to them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";

const { hostname, port } = new URL(process.env.MOTCUA_URL);
const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`,
    ["--conf", `${process.env.STACK}/motcua.conf`, ...args], { encoding: "utf8" });

function call(method, path, headers = {}, body = undefined) {
    return new Promise((resolve, reject) => {
        const request = http.request({ hostname, port, method, path, headers, agent: false }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }));
        });
        // A server that refuses a body early may close before all of it was sent.
        request.on("error", (error) => (["ECONNRESET", "EPIPE"].includes(error.code) ? resolve({ status: "closed" }) : reject(error)));
        request.end(body);
    });
}

const rows = motcua("routes").split("\n").map((line) => line.match(/^\| (\w+) `([^`]+)` \| .* \| (\w+) \| (\w+) \| (\w+) \| (\w+) \| (\w+) \| (\d+) \|$/))
    .filter(Boolean).map(([, method, path, who, csrf, rate, pool, face, bytes]) => ({ method, path, who, csrf, rate, pool, face, bytes: Number(bytes) }));
assert.ok(rows.length >= 40, `${rows.length} routes`);
const filled = (path) => path.replace(/\{date\}/, "2026-11-23").replace(/\{[a-z]+\}/, "nothing-by-this-name");
const before = { audit: motcua("audit", "verify"), books: motcua("ledger", "verify") };
const form = { "Content-Type": "application/x-www-form-urlencoded" };
const staff = ["VIEWER", "OFFICER", "AUDITOR", "ADMIN"];
const refused = (answer, allowed, what) => {
    assert.ok(allowed.includes(answer.status), `${what}: ${answer.status} ${answer.text?.slice(0, 300)}`);
    if (answer.status !== "closed" && answer.status >= 400) assert.ok(answer.text.length > 0, `${what}: an empty error`);
};

// Every row without a session or a token gives the refusal that its row declares.
for (const row of rows) {
    const answer = await call(row.method, filled(row.path), row.method === "POST" ? form : {});
    const what = `${row.method} ${row.path} by a stranger`;
    if (row.who === "CITIZEN" && row.method === "GET") {
        refused(answer, [303], what);
        assert.match(answer.headers.location, /^\/login\?id=/, what);
    } else if (staff.includes(row.who) && row.method === "GET") {
        refused(answer, [303], what);
        assert.equal(answer.headers.location, "/staff/sign-in", what);
    } else if (["CITIZEN", "CLIENT", ...staff].includes(row.who)) {
        refused(answer, [401], what);
    } else if (row.csrf === "FORM") {
        refused(answer, [403], what);
    } else {
        assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
    }
    for (const header of ["content-security-policy", "x-content-type-options", "referrer-policy", "x-request-id"])
        assert.ok(answer.headers[header], `${what}: no ${header}`);
    if (row.face === "PAGE" && answer.status !== 303)
        assert.match(answer.headers["content-security-policy"], /frame-ancestors 'none'/, what);
}

// The wrong method, a body that is too large, text that is no UTF-8, an address that is too long.
const methods = new Map();
for (const row of rows) methods.set(row.path, [...(methods.get(row.path) ?? []), row.method]);
for (const [path, known] of methods) {
    const wrong = ["PUT", "DELETE", "POST", "GET"].find((method) => !known.includes(method));
    const answer = await call(wrong, filled(path), { "Content-Length": 0 });
    refused(answer, [405], `${wrong} ${path}`);
    assert.ok(answer.headers.allow.includes(known[0]), `${wrong} ${path}: Allow`);
}
for (const row of rows) {
    const what = `${row.method} ${row.path}`;
    if (["POST", "PUT"].includes(row.method))
        refused(await call(row.method, filled(row.path), { ...form, "Content-Length": row.bytes + 1 }), [413, "closed"], `${what} too large`);
    else
        refused(await call(row.method, filled(row.path), { "Content-Length": 5 }, "hello"), [400, 413, "closed"], `${what} with a body`);
    refused(await call(row.method, `${filled(row.path)}?a=${"x".repeat(5000)}`), [414, 431, "closed"], `${what} too long`);
    refused(await call(row.method, `${filled(row.path)}?a=%00`), [400, "closed"], `${what} with NUL`);
}
for (const path of ["/authorize", "/login", "/login/vneid/callback", "/verify", "/fees", "/v1/fees", "/pay/return", "/logout"]) {
    refused(await call("GET", `${path}?client_id=%ff%fe&id=%ff&code=%ff&on=%ff&MaThamChieu=%ff`), [400], `${path} with bad UTF-8`);
    refused(await call("GET", `${path}?on=2026-01-01&on=2026-01-01&id=1&id=1&state=1&state=2`), [400], `${path} with repeated fields`);
}
refused(await call("POST", "/token", { "Content-Type": "application/json" }, "{}"), [415], "/token with JSON");
refused(await call("POST", "/token", form, "grant_type=password&username=a&password=b"), [400, 401], "/token by password");
refused(await call("POST", "/token", form, "grant_type=client_credentials&client_id=nobody&client_secret=x"), [401], "/token by a stranger");
refused(await call("GET", "/userinfo", { Authorization: "Bearer " + "a.".repeat(3) }), [401], "/userinfo with nonsense");
refused(await call("GET", "/authorize?client_id=nobody&redirect_uri=https://evil.example/&response_type=code&scope=openid"), [400, 401], "/authorize by a stranger");
for (const redirect of ["https://evil.example/", "//evil.example", `${process.env.SANDBOX_URL}/portal/callback/../x`, `${process.env.SANDBOX_URL}/portal/callback?x=1`]) {
    const answer = await call("GET", `/authorize?client_id=demo-portal&redirect_uri=${encodeURIComponent(redirect)}&response_type=code&scope=openid&state=s`);
    refused(answer, [400], `/authorize back to ${redirect}`);
    assert.equal(answer.headers.location, undefined);
}
for (const body of ["", "{", "[]", "{\"LoaiBanTin\":1}", "{}", "\xff", "{\"MaLoi\":\"00\",\"MaLoi\":\"00\"}", "x".repeat(60000)]) {
    const answer = await call("POST", "/DvcPayment/Confirm", { "Content-Type": "application/json" }, body);
    refused(answer, [200], "CONFIRM of nonsense");
    assert.equal(JSON.parse(answer.text).MaLoi, "99");
}

// The fee interface: each field by itself.
const secret = readFileSync(`${process.env.STACK}/secrets/demo_onestop`, "utf8").trim();
const granted = await call("POST", "/token", form, `grant_type=client_credentials&client_id=demo-onestop&client_secret=${encodeURIComponent(secret)}&scope=payments:write payments:read`);
assert.equal(granted.status, 200, granted.text);
const bearer = { Authorization: `Bearer ${JSON.parse(granted.text).access_token}`, "Content-Type": "application/json" };
const good = { reference: "H56.14-261123-0001", agency_id: "H56.14", procedure: "1.004873.000.00.00.H56", received_on: "2026-11-23", channel: "online" };
let key = 0;
const ask = (body, headers = {}) => call("POST", "/v1/payments", { ...bearer, "Idempotency-Key": `bad-${key++}`, ...headers }, typeof body === "string" ? body : JSON.stringify(body));
const cases = [
    [{ ...good, more: 1 }, 400, "more"], [{ ...good, reference: undefined }, 400, "reference"], [{ ...good, reference: 7 }, 400, "reference"],
    [{ ...good, reference: "x".repeat(51) }, 400, "reference"], [{ ...good, reference: "a|b" }, 400, "reference"],
    [{ ...good, agency_id: "H99" }, 400, "agency_id"], [{ ...good, procedure: "0.0" }, 400, "procedure"],
    [{ ...good, received_on: "2026-02-30" }, 400, "received_on"], [{ ...good, received_on: "23/11/2026" }, 400, "received_on"],
    [{ ...good, channel: "phone" }, 400, "channel"], [{ ...good, items: {} }, 400, "items"], [{ ...good, items: [1] }, 400, "items"],
    [{ ...good, items: [{ fee: "no_such_fee" }] }, 400, "fee"], [{ ...good, items: [{ fee: "marital_status", quantity: 0 }] }, 400, "quantity"],
    [{ ...good, items: [{ fee: "marital_status", quantity: 1.5 }] }, 400, "quantity"], [{ ...good, items: [{ fee: "marital_status", base_vnd: -1 }] }, 400, "base_vnd"],
    [{ ...good, payer: "me" }, 400, "payer"], [{ ...good, payer: { nick: "x" } }, 400, "nick"], [{ ...good, return_url: "javascript:alert(1)" }, 400, "return_url"],
    [{ ...good, return_url: "http://evil.example/" }, 400, "return_url"], [{ ...good, locale: "fr" }, 400, "locale"], [{ ...good, subject_token: "x.y.z" }, 400, "subject_token"],
];
for (const [body, status, field] of cases) {
    const answer = await ask(body);
    assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.text}`);
    assert.equal(answer.headers["content-type"], "application/problem+json");
    assert.equal(JSON.parse(answer.text).field, field, answer.text);
}
refused(await ask("{"), [400], "half a body");
refused(await ask("[]"), [400], "a list");
refused(await ask(good, { "Content-Type": "text/plain" }), [415], "text");
refused(await call("POST", "/v1/payments", bearer, JSON.stringify(good)), [400], "no Idempotency-Key");
refused(await ask(good, { "Idempotency-Key": "x".repeat(256) }), [400], "a long Idempotency-Key");
refused(await ask(good, { Authorization: "Bearer x" }), [401], "a wrong token");
refused(await call("GET", "/v1/payments/pay_NOTHING", bearer), [404], "an unknown order");

assert.equal((await call("GET", "/readyz")).status, 200, "alive");
assert.equal(motcua("ledger", "verify"), before.books, "no journal and no order came of it");
motcua("audit", "verify");
console.log(`bad input: ${rows.length} routes, ${cases.length} fields`);
