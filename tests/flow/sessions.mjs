// Who may do what with which session, token and address: a citizen and an officer in one browser, a
// bill that names nobody, and a one-stop system that repeats a call when the citizen's token is over.
import { setCookies } from "../cookies.mjs";
import { otp } from "../otp.mjs";
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const here = process.env.MOTCUA_URL, systems = process.env.SANDBOX_URL;
const secret = (name) => readFileSync(`${process.env.STACK}/secrets/${name}`, "utf8").trim();
const hidden = (page, name) => page.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1].replaceAll("&amp;", "&");

// A browser: a jar for each origin; redirects are followed until `stop` begins the address.
function browser() {
    const jars = new Map();
    return async function visit(url, { fields, stop } = {}) {
        let init = fields ? { method: "POST", body: new URLSearchParams(fields) } : {};
        for (let hops = 0; hops < 15; hops++) {
            const origin = new URL(url).origin;
            const jar = jars.get(origin) ?? jars.set(origin, new Map()).get(origin);
            const headers = { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
            const answer = await fetch(url, { redirect: "manual", headers, ...init });
            for (const line of setCookies(answer.headers)) {
                const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
                if (/Max-Age=0/.test(line)) jar.delete(name); else jar.set(name, value);
            }
            const text = await answer.text();
            if (answer.status !== 303 && answer.status !== 302) return { url, status: answer.status, text };
            url = new URL(answer.headers.get("location"), url).href;
            init = {};
            if (stop && url.startsWith(stop)) return { url, status: 0, text: "" };
        }
        throw new Error(`too many redirects at ${url}`);
    };
}
async function choosePerson(visit, page, person, stop) {
    assert.match(page.url, /\/login\?id=/);
    const id = page.text.match(/\/login\/vneid\/start\?id=[^"]*/)[0].replaceAll("&amp;", "&");
    const choice = await visit(here + id);
    assert.ok(choice.url.startsWith(`${systems}/vneid/authorize`), choice.url);
    return visit(`${choice.url}&persona=${person}`, { stop });
}

// A citizen and an officer in one browser.
const visit = browser();
let page = await choosePerson(visit, await visit(`${systems}/portal/sign-in`), "001087123456");
assert.equal(page.status, 200, page.text);
page = await visit(`${here}/staff/sign-in`);
page = await visit(`${here}/staff/sign-in`, { fields: { csrf: hidden(page.text, "csrf"), name: "officer", password: secret("officer") } });
assert.equal(page.url, `${here}/staff/step`, page.text);
assert.equal((await visit(`${here}/finance`)).url, `${here}/staff/sign-in`, "a password alone opens nothing");
page = await visit(`${here}/staff/step`, { fields: { csrf: hidden(page.text, "csrf"), code: otp("officer") } });
assert.equal(page.url, `${here}/finance`, page.text);
page = await visit(`${here}/logout`);
assert.ok(hidden(page.text, "request") !== undefined, page.text);
page = await visit(`${here}/logout`, { fields: { csrf: "x".repeat(22), request: "" } });
assert.equal(page.status, 403, "signing out with another token");
page = await visit(`${here}/logout`);
page = await visit(`${here}/logout`, { fields: { csrf: hidden(page.text, "csrf"), request: hidden(page.text, "request") } });
assert.equal(page.status, 200, page.text);
page = await visit(`${here}/pay/nothing`);
assert.match(page.url, /\/login\?id=/, "the citizen has signed out");
assert.equal((await visit(`${here}/finance`)).url, `${here}/finance`, "the officer has not");

// What a one-stop system asks for.
const basic = (client, name) => ({ Authorization: `Basic ${Buffer.from(`${client}:${encodeURIComponent(secret(name))}`).toString("base64")}` });
const token = async (headers, fields) => {
    const answer = await fetch(`${here}/token`, { method: "POST", headers, body: new URLSearchParams(fields) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).access_token;
};
const system = await token(basic("demo-onestop", "demo_onestop"), { grant_type: "client_credentials", scope: "payments:write payments:read" });
const ask = async (key, body) => {
    const answer = await fetch(`${here}/v1/payments`, { method: "POST", body: JSON.stringify(body),
        headers: { Authorization: `Bearer ${system}`, "Content-Type": "application/json", "Idempotency-Key": key } });
    return { status: answer.status, body: await answer.json() };
};
const dossier = { reference: "H56.14-261123-0007", agency_id: "H56.14", procedure: "1.004873.000.00.00.H56", received_on: "2026-11-23", channel: "online" };
for (const url of ["http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://127.0.0.1@evil.example/", "https://", "https://me@evil.example/", "http://[::1].evil.example/", "https:///x"])
    assert.equal((await ask("return", { ...dossier, return_url: url })).body.field, "return_url", url);
assert.equal((await ask("return", { ...dossier, return_url: "https://portal.example/dossiers" })).body.field, "return_url", "a host that is not registered for the client");
assert.equal((await ask("return", { ...dossier, return_url: "https://localhost/dossiers?id=1#pay" })).status, 201);

// A bill that names no account or number is anyone's to pay who has its address, but whose name stands
// on it they are not told; the payment's reference is not its address.
const bill = (await ask("nobody", { ...dossier, reference: "H56.14-261123-0008", payer: { name: "Trần Thị Kín", address: "Phường Vắng" } })).body;
const payer = browser();
page = await visit(bill.next_url);
page = await choosePerson(payer, await payer(bill.next_url), "001087123456");
assert.equal(page.url, bill.next_url, page.text);
assert.ok(!page.text.includes("Trần Thị Kín"), "the payer's name is not for whoever holds the address");
page = await payer(`${bill.next_url}/start`, { fields: { csrf: hidden(page.text, "csrf"), channel: "portal" } });
assert.ok(page.url.startsWith(`${systems}/pp/pay/`), page.url);
const back = (await payer(page.url, { fields: { csrf: hidden(page.text, "csrf") ?? "", choice: "pay", bank: "VCB" }, stop: `${here}/pay/return` })).url;
assert.match(back, /MaThamChieu=/);
page = await browser()(back);
assert.equal(page.url, `${here}/`, "a stranger who knows the reference");
page = await payer(back);
assert.equal(page.url, bill.next_url, "the payer");

// The citizen's own token proves who pays; a repeated call gets its answer when that token is over.
const verifier = randomBytes(32).toString("base64url"), callback = `${systems}/portal/callback`;
const query = new URLSearchParams({ client_id: "demo-portal", redirect_uri: callback, response_type: "code", scope: "openid", state: "s", nonce: "n",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256" });
page = await payer(`${here}/authorize?${query}`, { stop: callback });
if (page.status === 200) // the person is asked once for each portal
    page = await payer(`${here}/consent`, { fields: { csrf: hidden(page.text, "csrf"), id: hidden(page.text, "id"), answer: "yes" }, stop: callback });
const code = new URL(page.url).searchParams.get("code");
assert.ok(code, `${page.url} ${page.text}`);
const subject_token = await token(basic("demo-portal", "demo_portal"), { grant_type: "authorization_code", code, redirect_uri: callback, code_verifier: verifier });
const named = { ...dossier, reference: "H56.14-261123-0009", subject_token };
const first = await ask("named", named);
assert.equal(first.status, 201, JSON.stringify(first.body));
assert.equal((await browser()(`${here}/pay/x`)).status, 200);
page = await payer(`${here}/logout`);
page = await payer(`${here}/logout`, { fields: { csrf: hidden(page.text, "csrf"), request: hidden(page.text, "request") } });
assert.equal((await ask("late", named)).body.field, "subject_token", "the token is over");
const again = await ask("named", named);
assert.deepEqual(again, first, "the same call");
assert.equal((await ask("named", { ...named, subject_token: "renewed" })).status, 201, "the same call with another token");
assert.equal((await ask("named", { ...named, channel: "counter" })).status, 409, "another call");
console.log("sessions: two people, two addresses, a token that is over");
