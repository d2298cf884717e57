// The interface of one-stop systems against its own document: the OpenAPI document is valid, every
// operation in it is called with good and bad input, and every answer fits its schema. Then the rules
// of each call: keys, tags, cursors, and events that are signed, repeated and sent again.
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import http from "node:http";
import { Browser, call, dossier, form, here, motcua, pay, secret, truthOf, until } from "../fault/stage.mjs";

const { Validator } = await import("@seriousme/openapi-schema-validator");
const { default: Ajv } = await import("ajv/dist/2020.js");
const { default: formats } = await import("ajv-formats");

// The document, by itself.
const document = JSON.parse((await call(`${here}/v1/openapi.json`)).text);
const verdict = await new Validator().validate(structuredClone(document));
assert.ok(verdict.valid, JSON.stringify(verdict.errors, null, 1));
assert.equal(document.openapi, "3.1.0");
const operations = new Map();
for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
        assert.ok(!operation["x-missing"], `${method} ${path} has no OPERATION in web/api.def`);
        operations.set(operation.operationId, { ...operation, path, method: method.toUpperCase(), called: 0, refused: 0 });
    }

// Answers are held to their schemas, and to nothing beside them.
const strict = structuredClone(document);
for (const [name, schema] of Object.entries(strict.components.schemas))
    if (schema.properties && Object.keys(schema.properties).length > 0 && name !== "anything") schema.additionalProperties = false;
const ajv = formats(new Ajv({ strict: false, allErrors: true }));
ajv.addSchema({ $id: "doc", ...strict });
const fits = (pointer, body, what) => {
    const check = ajv.getSchema(`doc#${pointer}`) ?? ajv.compile({ $ref: `doc#${pointer}` });
    assert.ok(check(body), `${what}: ${JSON.stringify(check.errors)} ${JSON.stringify(body).slice(0, 800)}`);
};

async function tokenOf(client, name, scope) {
    const answer = await call(`${here}/token`, form({ grant_type: "client_credentials", client_id: client, client_secret: name, scope }));
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse(answer.text).access_token;
}
const token = await tokenOf("demo-onestop", secret("demo_onestop"), "payments:write payments:read webhooks");

// One call of an operation. `to` fills in the path, `query`, `body`, `key`, `headers`, `bearer`.
async function ask(id, { to = {}, query = {}, body, key, headers = {}, bearer = token } = {}) {
    const operation = operations.get(id);
    assert.ok(operation, `${id} is in the document`);
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(to[name]));
    const search = new URLSearchParams(query).toString();
    const answer = await call(`${here}${path}${search ? `?${search}` : ""}`, {
        method: operation.method, body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
        headers: { ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}), ...(body === undefined ? {} : { "Content-Type": "application/json" }),
            ...(key ? { "Idempotency-Key": key } : {}), ...headers } });
    const type = answer.headers.get("content-type");
    const said = answer.status === 304 ? null : /json/.test(type) ? JSON.parse(answer.text) : answer.text;
    const what = `${id} ${answer.status}`;
    if (answer.status < 300) {
        const schema = operation.responses[answer.status]?.content[type]?.schema.$ref;
        assert.ok(schema, `${what} is a documented answer: ${answer.text}`);
        fits(schema.slice(1), said, what);
        operation.called++;
    } else if (answer.status >= 400) {
        assert.equal(answer.headers.get("content-type"), "application/problem+json", what);
        fits("/components/schemas/problem", said, what);
        assert.equal(said.status, answer.status);
        assert.equal(said.instance, `urn:motcua:request:${said.request_id}`);
        assert.equal((await call(said.type)).status, 200, `${said.type} explains itself`);
        operation.refused++;
    }
    return { ...answer, body: said };
}
const refusal = async (id, init, status, code, field) => {
    const answer = await ask(id, init);
    assert.equal(answer.status, status, `${id}: ${answer.text}`);
    assert.equal(answer.body.code, code, answer.text);
    if (field) assert.equal(answer.body.field, field, answer.text);
    return answer;
};

// Whoever has no token, or not the scope, is refused by every operation that wants one.
motcua("client", "add", "other-onestop", "--profile", "oidc", "--name-vi", "Khác", "--scopes", "payments:read", "--grants", "client_credentials",
    "--secret-file", `${process.env.STACK}/secrets/demo_onestop`);
const otherToken = await until(() => tokenOf("other-onestop", secret("demo_onestop"), "payments:read").catch(() => null), 5000, 200);
for (const [id, operation] of operations) {
    if (operation.security.length === 0) continue;
    const to = { id: "nothing" };
    await refusal(id, { to, bearer: null }, 401, "not_signed_in");
    await refusal(id, { to, bearer: "x.y.z" }, 401, "bad_token");
    if (!operation.security[0].oauth2.includes("payments:read")) await refusal(id, { to, bearer: otherToken }, 403, "scope");
}

// Summaries of a day: of the agencies that a client is registered for.
motcua("client", "add", "thue-bao-cao", "--profile", "oidc", "--name-vi", "Báo cáo", "--scopes", "reports:read", "--grants", "client_credentials",
    "--agencies", "H56.14", "--secret-file", `${process.env.STACK}/secrets/demo_onestop`);
const reports = await until(() => tokenOf("thue-bao-cao", secret("demo_onestop"), "reports:read").catch(() => null), 5000, 200);
assert.deepEqual((await ask("listDailySummaries", { query: { day: "2026-01-02" }, bearer: reports })).body, { day: "2026-01-02", data: [] });
await refusal("listDailySummaries", { query: { agency: "H99.1" }, bearer: reports }, 403, "forbidden", "agency");
await refusal("listDailySummaries", { query: { day: "2026-02-30" }, bearer: reports }, 400, "invalid", "day");

// Figures, of the agencies that a client is registered for; dossiers that the indicators count.
const today = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);
const tellable = { agency_id: "H56.14", reference: "H56.14-260101-7777", procedure: "1.004873.000.00.00.H56", received_on: today, fees: [{ amount_vnd: 15000 }],
    paid_online: 1, verified: true };
assert.deepEqual((await ask("tellDossiers", { body: { dossiers: [tellable] } })).body, { taken: 1 });
await refusal("tellDossiers", { body: { dossiers: [{ ...tellable, received_on: "2026-02-30" }] } }, 400, "invalid", "received_on");
await refusal("tellDossiers", { body: { dossiers: [{ ...tellable, payer: "x" }] } }, 400, "unknown_field", "payer");
const of766 = (await ask("getReport", { to: { report: "qd766" }, query: { agency: "H56.14", from: today, to: today }, bearer: reports })).body;
const paidOnline = of766.rows.map((row) => row.cells).find((cells) => cells[0] === "3.6");
assert.equal(paidOnline[of766.columns.indexOf("numerator")], "1", JSON.stringify(of766));
assert.equal(paidOnline[of766.columns.indexOf("denominator")], "1");
await refusal("getReport", { to: { report: "qd766" }, query: {}, bearer: reports }, 403, "forbidden", "agency");
await refusal("getReport", { to: { report: "nothing" }, query: { agency: "H56.14" }, bearer: reports }, 404, "not_found");
await refusal("getReport", { to: { report: "match" }, query: { agency: "H56.14", by: "agency" }, bearer: reports }, 400, "invalid", "by");
for (const [format, start] of [["csv", "\ufeff"], ["pdf", "%PDF"], ["svg", "<svg"], ["png", ""], ["xlsx", "PK"]]) {
    const file = await call(`${here}/v1/reports/collections?agency=H56.14&format=${format}`, { headers: { Authorization: `Bearer ${reports}` } });
    assert.equal(file.status, 200, file.text);
    assert.ok(file.text.startsWith(start) || format === "csv", `${format}: ${file.text.slice(0, 20)}`);
}

// A receiver of events.
const events = [];
let answerWith = 200;
const receiver = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
        events.push({ signature: request.headers["motcua-signature"], type: request.headers["content-type"], text: Buffer.concat(parts).toString() });
        response.writeHead(answerWith).end("thank you");
    });
});
await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${receiver.address().port}/events`;
const marks = (event, key) => {
    const [time, ...given] = event.signature.split(",");
    assert.ok(Math.abs(Number(time.slice(2)) - Date.now() / 1000) < 300, "a time of now");
    const wanted = createHmac("sha256", key).update(`${time.slice(2)}.${event.text}`).digest("hex");
    return { count: given.length, good: given.some((mark) => mark === `v1=${wanted}`) };
};
const heard = async (type, id) => {
    const found = await until(() => events.find((event) => { const e = JSON.parse(event.text); return e.type === type && e.resource_id === id; }), 15000, 50);
    assert.ok(found, `${type} of ${id} is told; told: ${events.map((event) => JSON.parse(event.text).type)}`);
    return found;
};

// Endpoints.
for (const [body, field] of [[{}, "url"], [{ url, more: 1 }, "more"], [{ url: "https://elsewhere.example/" }, "url"], [{ url: "https://10.0.0.1/" }, "url"],
    [{ url: "ftp://127.0.0.1/" }, "url"], [{ url, events: ["payment.no"] }, "events"], [{ url, events: "payment.paid" }, "events"]])
    await refusal("createWebhookEndpoint", { body, key: randomUUID() }, 400, field === "more" ? "unknown_field" : "invalid", field);
await refusal("createWebhookEndpoint", { body: { url } }, 400, "invalid", "Idempotency-Key");
const endpoint = (await ask("createWebhookEndpoint", { body: { url }, key: "hook-1" })).body;
assert.match(endpoint.secret, /^whsec_.{40,}$/);
const again = await ask("createWebhookEndpoint", { body: { url }, key: "hook-1" });
assert.equal(again.status, 201);
assert.equal(again.headers.get("idempotent-replay"), "true");
assert.deepEqual(again.body, endpoint);
assert.equal((await ask("getWebhookEndpoint", { to: endpoint })).body.secret, undefined);
assert.equal((await ask("listWebhookEndpoints")).body.data.length, 1);
for (let i = 0; i < 9; i++) await ask("createWebhookEndpoint", { body: { url, events: ["payment.superseded"] }, key: `hook-more-${i}` });
// A refusal by a rule is stored: told again, and its key serves no other body.
const full = await refusal("createWebhookEndpoint", { body: { url }, key: "hook-full" }, 422, "business_rule");
assert.equal((await refusal("createWebhookEndpoint", { body: { url }, key: "hook-full" }, 422, "business_rule")).text, full.text);
await refusal("createWebhookEndpoint", { body: { url, events: [] }, key: "hook-full" }, 409, "key_reused", "Idempotency-Key");
for (const one of (await ask("listWebhookEndpoints")).body.data.slice(1)) {
    await refusal("deleteWebhookEndpoint", { to: one, headers: { "If-Match": '"old"' } }, 412, "stale", "If-Match");
    assert.equal((await ask("deleteWebhookEndpoint", { to: one })).body.state, "deleted");
    await refusal("getWebhookEndpoint", { to: one }, 404, "not_found");
}

// A payment.
const wish = { ...dossier(), metadata: { branch: "Phường Thử Nghiệm", "case.no": "7" }, return_url: `${here}/`, locale: "en" };
const bad = [[{ ...wish, metadata: { a: 1 } }, "metadata"], [{ ...wish, metadata: { "a b": "c" } }, "metadata"], [{ ...wish, return_url: "https://elsewhere.example/" }, "return_url"],
    [{ ...wish, items: [{ fee: "land_change", base_vnd: "1.000" }] }, "base_vnd"], [{ ...wish, items: Array(51).fill({ fee: "land_change" }) }, "items"], [{ ...wish, locale: "fr" }, "locale"]];
for (const [body, field] of bad) await refusal("createPayment", { body, key: randomUUID() }, 400, "invalid", field);
await refusal("createPayment", { body: wish }, 400, "invalid", "Idempotency-Key");
await refusal("createPayment", { body: "{", key: "syntax" }, 400, "malformed");
wish.items[0].base_vnd = String(wish.items[0].base_vnd); // money as text
const made = await ask("createPayment", { body: wish, key: "syntax" }); // a syntax error left the key free
assert.equal(made.status, 201);
const id = made.body.id;
assert.deepEqual(made.body.metadata, wish.metadata);
assert.equal(made.body.total_vnd, 578000);
assert.ok(made.body.lines.every((line) => line.explain.length > 0 && line.retained_vnd + line.budget_vnd === line.net_vnd));
const replay = await ask("createPayment", { body: wish, key: "syntax" });
assert.deepEqual([replay.status, replay.text, replay.headers.get("idempotent-replay")], [201, made.text, "true"]);
await refusal("createPayment", { body: { ...wish, locale: "vi" }, key: "syntax" }, 409, "key_reused", "Idempotency-Key");
const first = await heard("payment.created", id);
assert.deepEqual(marks(first, endpoint.secret), { count: 1, good: true });
assert.equal(marks(first, "whsec_wrong").good, false);
assert.equal(first.type, "application/json");
assert.deepEqual(Object.keys(JSON.parse(first.text)), ["id", "type", "created", "resource", "resource_id"]);

// Tags.
const seen = await ask("getPayment", { to: { id } });
const tag = seen.headers.get("etag");
assert.equal((await ask("getPayment", { to: { id }, headers: { "If-None-Match": tag } })).status, 304);
assert.equal((await ask("getPayment", { to: { id }, headers: { "If-None-Match": `"x", W/${tag}` } })).status, 304);
assert.equal((await ask("getPayment", { to: { id }, headers: { "If-None-Match": '"x"' } })).status, 200);
await refusal("cancelPayment", { to: { id }, headers: { "If-Match": '"x"' } }, 412, "stale", "If-Match");
await refusal("getPayment", { to: { id }, bearer: otherToken }, 404, "not_found");
assert.equal(seen.body.DuocThanhToanTrucTuyen, 0);
assert.deepEqual(seen.body.Danhsachphilephi.map((fee) => fee.LoaiPhiLePhi), [1, 2]);

// Two secrets, then paid.
const rotated = (await ask("rotateWebhookSecret", { to: endpoint, body: { keep_s: 3600 }, key: "rotate" })).body;
assert.notEqual(rotated.secret, endpoint.secret);
await refusal("rotateWebhookSecret", { to: endpoint, body: { keep_s: -1 }, key: "r2" }, 400, "invalid", "keep_s");
const browser = await new Browser().signIn();
await browser.startPaying({ bill: made.body.next_url });
const reference = await until(async () => (await truthOf(wish.reference))[0]?.reference, 5000);
await pay(reference);
const queried = await ask("queryPayment", { to: { id }, key: "query-1" });
assert.equal(queried.body.state, "paid", queried.text);
assert.equal((await ask("queryPayment", { to: { id }, key: "query-1" })).text, queried.text);
await refusal("queryPayment", { to: { id: "pay_none" } }, 404, "not_found");
const told = await heard("payment.paid", id);
assert.deepEqual([marks(told, rotated.secret), marks(told, endpoint.secret)], [{ count: 2, good: true }, { count: 2, good: true }]);
const paid = (await ask("getPayment", { to: { id } })).body;
assert.equal(paid.DuocThanhToanTrucTuyen, 1);
assert.deepEqual(paid.refund_summary, { available_vnd: 578000, submitted_vnd: 0, refunded_vnd: 0 });
assert.ok(paid.settlement_summary.captured_at.endsWith("+07:00"));
await refusal("cancelPayment", { to: { id } }, 409, "wrong_state");
const history = (await ask("listPaymentEvents", { to: { id } })).body.data;
assert.ok(history.length >= 4 && history.every((row, i) => row.seq === i + 1), JSON.stringify(history));
assert.ok(history.some((row) => row.by === "citizen") && !JSON.stringify(history).includes("acc_"));
await refusal("listPaymentEvents", { to: { id: "pay_none" } }, 404, "not_found");
const receipt = (await ask("getReceipt", { to: { id: paid.receipts[0].id } })).body;
assert.equal(receipt.payment_id, id);
await heard("receipt.issued", receipt.id);
await refusal("getReceipt", { to: { id: paid.receipts[0].id }, bearer: otherToken }, 404, "not_found");
await refusal("getReceipt", { to: { id: "rct_none" } }, 404, "not_found");
for (const [name, start] of [["getReceiptPdf", "%PDF"], ["getReceiptXml", "<"]]) {
    assert.ok((await ask(name, { to: receipt })).text.startsWith(start), name);
    await refusal(name, { to: receipt, bearer: otherToken }, 404, "not_found");
}

// Lists: five payments in pages of two, none twice, none missing; a cursor is for its own list only.
const ids = [id];
for (let i = 0; i < 4; i++) ids.push((await ask("createPayment", { body: dossier(), key: randomUUID() })).body.id);
const pages = [];
let cursor = "";
do {
    const page = (await ask("listPayments", { query: { limit: 2, ...(cursor ? { cursor } : {}) } })).body;
    pages.push(...page.data.map((row) => row.id));
    cursor = page.next_cursor;
} while (cursor && pages.length < 50);
assert.deepEqual(pages, [...ids].reverse());
const open = (await ask("listPayments", { query: { state: "open", limit: 1 } })).body.next_cursor;
for (const query of [{ cursor: open }, { state: "paid", cursor: open }, { state: "open", cursor: `${open.slice(0, -2)}AA` }, { cursor: "x" }])
    await refusal("listPayments", { query }, 400, "invalid", "cursor");
await refusal("listPayments", { query: { state: "gone" } }, 400, "invalid", "state");
await refusal("listPayments", { query: { limit: 101 } }, 400, "invalid", "limit");
await refusal("listPayments", { query: { created_from: "yesterday" } }, 400, "invalid", "created_from");
await refusal("listPayments", { query: { more: 1 } }, 400, "unknown_field", "more");
const listed = async (query) => (await ask("listPayments", { query })).body.data.map((row) => row.id);
assert.deepEqual(await listed({ state: "paid" }), [id]);
assert.deepEqual(await listed({ reference: wish.reference }), [id]);
assert.deepEqual(await listed({ captured_from: paid.created_at }), [id]);
assert.deepEqual(await listed({ captured_to: paid.created_at }), []);
assert.deepEqual(await listed({ amount_from: 578001 }), []);
assert.equal((await listed({ amount_from: "578000", amount_to: 578000, agency_id: "H56.14" })).length, 5);
assert.deepEqual(await listed({ agency_id: "H99" }), []);
assert.deepEqual(await listed({ created_to: paid.created_at }), []);
assert.deepEqual((await ask("listPayments", { bearer: otherToken })).body.data, []);

// What does not arrive is kept, and sent again by hand; what is switched off is sent nothing.
assert.ok(await until(async () => (await ask("listWebhookDeliveries", { query: { state: "waiting" } })).body.data.length === 0, 15000, 200), "all told");
answerWith = 500;
const cancelled = await ask("cancelPayment", { to: { id: ids[1] }, body: {}, key: "cancel-1" });
assert.equal(cancelled.body.state, "cancelled");
assert.equal((await ask("cancelPayment", { to: { id: ids[1] }, body: {}, key: "cancel-1" })).headers.get("idempotent-replay"), "true");
await refusal("cancelPayment", { to: { id: ids[1] }, body: { why: "x" } }, 400, "unknown_field", "why");
const failed = await until(async () => {
    const rows = (await ask("listWebhookDeliveries", { query: { resource_id: ids[1], type: "payment.cancelled" } })).body.data;
    return rows[0]?.tries === 1 ? rows[0] : null;
}, 10000, 200);
assert.equal(failed?.state, "waiting");
const shown = await until(async () => { const d = (await ask("getWebhookDelivery", { to: failed })).body; return d.attempts.length === 1 ? d : null; }, 5000, 100);
assert.deepEqual([shown.attempts[0].status, shown.attempts[0].by_hand], [500, false]);
assert.ok(Date.parse(shown.next_at) - Date.now() > 40000, "after a minute");
answerWith = 204;
await ask("retryWebhookDelivery", { to: failed });
const arrived = await until(async () => { const d = (await ask("getWebhookDelivery", { to: failed })).body; return d.state === "succeeded" ? d : null; }, 10000, 100);
assert.deepEqual(arrived?.attempts.map((row) => [row.n, row.status, row.by_hand]), [[2, 204, true], [1, 500, false]]);
await refusal("getWebhookDelivery", { to: { id: "whd_none" } }, 404, "not_found");
await refusal("retryWebhookDelivery", { to: { id: "whd_none" } }, 404, "not_found");
await refusal("listWebhookDeliveries", { query: { state: "lost" } }, 400, "invalid", "state");
assert.equal((await ask("listWebhookDeliveries", { query: { limit: 1, endpoint_id: endpoint.id } })).body.data.length, 1);
assert.equal((await ask("disableWebhookEndpoint", { to: endpoint })).body.state, "disabled");
const before = (await ask("listWebhookDeliveries", { query: { limit: 100 } })).body.data.length;
// A bill that was wrong: the corrected one takes its place, once, and only while no money is held.
const wrong = (await ask("createPayment", { body: { ...dossier(), reference: "H56.14-261123-7707" }, key: "wrong-1" })).body;
const right = { ...dossier(), reference: "H56.14-261123-7707", items: [{ fee: "land_change" }], replaces: wrong.id };
await refusal("createPayment", { body: { ...right, replaces: "pay_none" }, key: randomUUID() }, 400, "invalid", "replaces");
await refusal("createPayment", { body: { ...right, replaces: id }, key: randomUUID() }, 400, "invalid", "replaces"); // of another dossier
await refusal("createPayment", { body: { ...right, reference: wish.reference, replaces: id }, key: randomUUID() }, 422, "business_rule", "replaces"); // paid
const corrected = (await ask("createPayment", { body: right, key: "right-1" })).body;
const replaced = (await ask("getPayment", { to: wrong })).body;
assert.deepEqual([corrected.state, replaced.state, replaced.superseded_by], ["open", "superseded", corrected.id]);
await refusal("createPayment", { body: right, key: randomUUID() }, 409, "wrong_state"); // it ended
await refusal("cancelPayment", { to: wrong }, 409, "wrong_state");
await ask("cancelPayment", { to: { id: ids[2] } });
assert.equal((await ask("listWebhookDeliveries", { query: { limit: 100 } })).body.data.length, before);
assert.equal((await ask("enableWebhookEndpoint", { to: endpoint })).body.state, "enabled");
for (const name of ["enableWebhookEndpoint", "disableWebhookEndpoint", "deleteWebhookEndpoint"]) await refusal(name, { to: { id: "whe_none" } }, 404, "not_found");
assert.ok(!events.some((event) => /Thử|001087/.test(event.text)), "events hold nobody's name");

// Quotes: priced as the payment would be, and good for one.
const quoted = { agency_id: "H56.14", procedure: wish.procedure, received_on: wish.received_on, items: wish.items };
const quote = (await ask("createFeeQuote", { body: quoted })).body;
assert.equal(quote.total_vnd, 578000);
await refusal("createFeeQuote", { body: { ...quoted, payer: {} } }, 400, "unknown_field", "payer");
await ask("createPayment", { body: { reference: "H56.20-261123-8001", quote_id: quote.id }, key: "by-quote" });

// The public ones.
await ask("getFees", { query: { on: "2026-11-23" }, bearer: null });
await refusal("getFees", { query: { on: "x" }, bearer: null }, 400, "invalid", "on");
operations.get("getOpenapi").called++; // at the top
// A payment that the system begins for the payer.
const begun = (await ask("createPayment", { body: dossier(), key: randomUUID() })).body;
const attempt = (await ask("createAttempt", { to: { id: begun.id }, body: { channel: "portal", payer_ip: "203.0.113.7" }, key: "attempt-1" })).body;
assert.equal(attempt.state, "redirected");
assert.ok(attempt.next_url.startsWith("http"), JSON.stringify(attempt));
assert.deepEqual((await ask("createAttempt", { to: { id: begun.id }, body: { channel: "portal", payer_ip: "203.0.113.7" }, key: "attempt-1" })).body, attempt);
await refusal("createAttempt", { to: { id: begun.id }, body: { channel: "cash", payer_ip: "203.0.113.7" }, key: "attempt-2" }, 400, "invalid", "channel");
await refusal("createAttempt", { to: { id: begun.id }, body: { channel: "portal", payer_ip: "203.0.113.7" } }, 400, "invalid", "Idempotency-Key");
await refusal("createAttempt", { to: { id }, body: { channel: "portal", payer_ip: "203.0.113.7" }, key: "attempt-3" }, 409, "wrong_state");
await refusal("createAttempt", { to: { id: begun.id }, body: { channel: "portal", payer_ip: "203.0.113.7" }, key: "attempt-4", bearer: otherToken }, 403, "scope");

operations.get("getOpenapi").refused++; // nothing to refuse
for (const lang of ["vi", "en"]) {
    const page = await call(`${here}/developers/api?lang=${lang}`);
    assert.equal(page.status, 200);
    for (const name of operations.keys()) assert.ok(page.text.includes(`id="${name}"`), `${name} on the page in ${lang}`);
}

// Whoever adds an operation adds its good and its bad call here (or in a story of its own, listed here).
const elsewhere = new Map(["createRefund", "listRefunds", "getRefund", "approveRefund", "rejectRefund", "cancelRefund"].map((name) => [name, "tests/flow/refunds.mjs"])
    .concat([["createCounterPayment", "tests/flow/counter.mjs"]])
    .concat(["listSettlementFiles", "getSettlementFile", "takeSettlementFile", "listExceptions", "getException", "proposeForException", "listPayouts", "getPayout", "listRemittances", "getRemittance",
        "listReceipts", "listReceiptRanges", "listResiduals", "listHcsnBalances",
        "listReconciliations", "getReconciliation", "getReconciliationBridge", "listReconciliationExceptions", "getReconciliationManifest"]
        .map((name) => [name, "tests/flow/finance_api.mjs"])));
for (const [name, operation] of operations)
    if (!elsewhere.has(name)) {
        assert.ok(operation.called > 0, `${name}: call it in tests/flow/api.mjs, or name the story that does in "elsewhere"`);
        assert.ok(operation.refused > 0, `${name}: refuse it something in tests/flow/api.mjs`);
    }
receiver.close();
console.log(`api: ${operations.size} operations, ${events.length} events, every answer as documented`);
