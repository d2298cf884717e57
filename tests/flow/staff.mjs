// Officers and administrators over HTTP: a second factor before anything else, codes and links that
// count once, an area that only administrators enter, two of them for what touches one of them, and
// a stranger who cannot lock an officer out. The stack believes X-Forwarded-For (CMakeLists.txt).
import { setCookies } from "../cookies.mjs";
import { otp } from "../otp.mjs";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { Browser, until } from "../fault/stage.mjs";

const here = process.env.MOTCUA_URL, stack = process.env.STACK;
const password = "Mat-khau-2026!";
const officerPassword = readFileSync(`${stack}/secrets/officer`, "utf8").trim();
const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
const hidden = (text, name) => text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];

function browser(ip = "203.0.113.7") {
    const jar = new Map();
    return async function visit(path, fields) {
        let url = new URL(path, here).href;
        let init = fields ? { method: "POST", body: new URLSearchParams(fields) } : {};
        for (let hops = 0; hops < 8; hops++) {
            const headers = { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "), "X-Forwarded-For": ip };
            const answer = await fetch(url, { redirect: "manual", headers, ...init });
            for (const line of setCookies(answer.headers)) {
                const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
                if (/Max-Age=0/.test(line)) jar.delete(name); else jar.set(name, value);
            }
            const text = await answer.text();
            if (answer.status !== 303) return { url: url.slice(here.length), status: answer.status, text, csrf: hidden(text, "csrf"), type: answer.headers.get("content-type") };
            url = new URL(answer.headers.get("location"), url).href;
            init = {};
        }
        throw new Error(`too many redirects at ${url}`);
    };
}
async function passwordStep(visit, name, secret = password) {
    const { csrf } = await visit("/staff/sign-in");
    return visit("/staff/sign-in", { csrf, name, password: secret });
}
async function codeStep(visit, page, code) {
    return visit("/staff/step", { csrf: page.csrf, code });
}
// Signs in and enrols with the secret that the page shows.
async function enrol(visit, name, secret = password) {
    let page = await passwordStep(visit, name, secret);
    assert.equal(page.url, "/staff/step", page.text);
    const shown = page.text.match(/<code>([A-Z2-7 ]+)<\/code>/)?.[1];
    assert.ok(shown, "the page shows the secret for typing");
    assert.match(page.text, /src="data:image\/svg\+xml;base64,/, "and as a symbol");
    writeFileSync(`${stack}/secrets/${name}_otp`, shown.replaceAll(" ", ""));
    assert.equal((await visit("/finance")).url, "/staff/sign-in", "a password alone opens nothing");
    page = await codeStep(visit, page, otp(name));
    assert.equal(page.status, 200, page.text);
    return [...page.text.matchAll(/<code>([0-9A-Z]{5}-[0-9A-Z]{5})<\/code>/g)].map((row) => row[1]);
}

// The first sign-in enrols, recovery codes count once.
writeFileSync(`${stack}/password`, password, { mode: 0o600 });
motcua("staff", "add", "quan.tri", "--role", "administrator", "--password-file", `${stack}/password`);
const admin = browser();
const codes = await enrol(admin, "quan.tri");
assert.equal(new Set(codes).size, 10);
assert.equal((await admin("/admin")).url, "/admin");
for (const [used, want] of [[codes[0], "/admin"], [codes[0], "/staff/step"], [codes[1].toLowerCase().replace("-", " "), "/admin"]]) {
    const visit = browser();
    assert.equal((await codeStep(visit, await passwordStep(visit, "quan.tri"), used)).url, want, used);
}

// Officers see nothing of the area, strangers are asked to sign in, auditors read the log only.
const officer = browser();
assert.equal((await codeStep(officer, await passwordStep(officer, "officer", officerPassword), otp("officer"))).url, "/finance");
for (const path of ["/admin", "/admin/staff", "/admin/staff/officer", "/admin/clients", "/admin/clients/demo-portal", "/admin/keys", "/admin/people", "/admin/mandates", "/admin/notices", "/admin/audit", "/admin/audit/export"]) {
    assert.equal((await officer(path)).status, 403, path);
    assert.equal((await browser()(path)).url, "/staff/sign-in", path);
    assert.equal((await admin(path)).status, 200, path);
}
const { csrf: officerCsrf } = await officer("/staff/account");
assert.equal((await officer("/admin/staff/officer", { csrf: officerCsrf, act: "role", role: "administrator" })).status, 403);
assert.equal((await officer("/finance")).url, "/finance");

// An invitation makes an account, once; a role of two.
let { csrf } = await admin("/admin/staff");
let page = await admin("/admin/staff", { csrf, name: "kiem.tra", display_name: "Kiểm tra", role: "auditor" });
assert.match(page.text, /\/admin\/staff\/kiem\.tra"[^]*?>–<\/td>/, "an account that nobody used has no last use");
const link = page.text.match(/\/staff\/invitation\/[\w-]{40,}/)[0];
const invited = browser();
page = await invited(link);
assert.equal((await invited(link, { csrf: page.csrf, password: "ngan" })).status, 400);
assert.equal((await invited(link, { csrf: page.csrf, password })).url, "/staff/sign-in?told=changed");
assert.equal((await invited(link)).status, 404, "a link counts once");
await enrol(invited, "kiem.tra");
assert.equal((await invited("/staff/sign-in")).url, "/admin/audit", "an auditor's work");
assert.equal((await invited("/admin/audit")).status, 200);
assert.equal((await invited("/admin/staff")).status, 403);

page = await admin("/admin/staff/kiem.tra", { csrf, act: "role", role: "administrator" });
assert.match(page.text, /role="status"/, page.text);
assert.equal((await invited("/admin/staff")).status, 403, "one administrator alone makes none");
page = await admin("/admin/staff");
const request = page.text.match(/\/admin\/staff\/requests\/([\w-]+)/)[0];
assert.equal((await admin(request, { csrf, answer: "yes" })).status, 403, "nor confirms the own request");
motcua("staff", "add", "quan.tri.2", "--role", "administrator", "--password-file", `${stack}/password`);
const second = browser();
await enrol(second, "quan.tri.2");
({ csrf } = await second("/admin/staff"));
assert.equal((await second(request, { csrf, answer: "yes" })).status, 200);
assert.equal((await invited("/admin/audit")).url, "/staff/sign-in", "the changed account's session ended");
assert.match(motcua("staff", "list"), /^kiem\.tra \| Kiểm tra \| administrator$/m);
assert.equal((await second(request, { csrf, answer: "yes" })).status, 404, "a request is done once");
assert.equal((await second("/admin/staff/quan.tri.2", { csrf, act: "disable" })).status, 403, "nobody changes the own account");

// A client, registered and changed by form; an address that differs by one letter.
page = await second("/admin/clients", { csrf, client_id: "cong-dvc", profile: "oidc", client_name: "Cổng thử", redirect_uris: "https://cong.example.vn/back", scope: "openid profile" });
assert.equal(page.status, 200, page.text);
assert.ok(page.text.match(/<code class="long">([\w-]{43})<\/code>/), "the secret is shown");
page = await second("/admin/clients/cong-dvc?address=https%3A%2F%2Fcong.example.vn%2FBack");
assert.match(page.text, /<mark>B<\/mark>[^]*<mark>b<\/mark>/, page.text);
page = await second("/admin/clients/cong-dvc", { csrf, act: "change", client_name: "Cổng mới", redirect_uris: "https://cong.example.vn/back\nhttps://cong.example.vn/back2", scope: "openid" });
assert.equal(page.status, 200, page.text);
assert.match(motcua("client", "show", "cong-dvc", "--json"), /back2/);
page = await second("/admin/clients/cong-dvc", { csrf, act: "change", redirect_uris: "http://cong.example.vn/back" });
assert.equal(page.status, 400);
assert.match(page.text, /redirect_uris/);
await second("/admin/clients/cong-dvc", { csrf, act: "disable" });
assert.match(motcua("client", "list", "--json"), /"cong-dvc"[^]*"disabled":\s*true/);

// People are found by a number, masked; nobody by another. (The browser walk signs a citizen in.)
page = await second("/admin/people", { csrf, number: "001087000000" });
assert.equal(page.status, 200);
assert.ok(!page.text.includes("001087000000"), "what was typed is not shown again");
assert.equal((await second("/admin/people/acc_nobody", { csrf, act: "end" })).status, 404);
assert.equal((await second("/admin/mandates/mnd_nobody", { csrf })).status, 404);

// A blocked account: its session ends, no other begins, until it is let in again; here or by command.
const citizen = await new Browser().signIn("mai");
const signedIn = async () => (await citizen.visit(`${here}/me`)).status === 200;
assert.ok(await signedIn());
page = await second("/admin/people", { csrf, number: "027149000103" });
const account = page.text.match(/\/admin\/people\/(acc_[\w-]+)/)?.[1];
assert.ok(account, page.text);
assert.ok(!page.text.includes('value="unblock"'));
page = await second(`/admin/people/${account}`, { csrf, act: "block" });
assert.match(page.text, /value="unblock"/, page.text);
assert.ok(!await signedIn(), "the session is over");
const refused = await citizen.visit(await citizen.toCallback("mai"));
assert.equal(refused.status, 403, refused.text);
assert.match(refused.text, /đã bị khóa/);
assert.ok(!await signedIn());
assert.match(motcua("person", "unblock", account), /unblocked/);
await citizen.signIn("mai");
assert.ok(await signedIn());
assert.match(motcua("person", "block", account), /^blocked/);
assert.ok(await until(async () => !await signedIn(), 5000), "out within seconds, in the serving process too");
await second(`/admin/people/${account}`, { csrf, act: "unblock" });
assert.match((await second(`/admin/audit?by=subject&value=${account}`)).text, /account\.unblock/);

// Keys: rotated only when the next one was published for long enough, and shown with their states.
page = await second("/admin/keys");
assert.equal(page.text.match(/name="alg" value="ES256"/g).length, 1);
page = await second("/admin/keys", { csrf, alg: "ES256" });
assert.equal(page.status, 409, page.text);
assert.equal((await second("/admin/keys", { csrf, alg: "EdDSA" })).status, 400);
const signing = () => motcua("keys", "list").match(/^active +ES256 (\S+)/m)[1];
const upcoming = motcua("keys", "list").match(/^next +ES256 (\S+)/m)[1];
const before = signing();
for (const file of readdirSync(`${stack}/keys`).filter((name) => name.startsWith(upcoming)))
    utimesSync(`${stack}/keys/${file}`, new Date(0), new Date(Date.now() - 40 * 86400000));
page = await second("/admin/keys", { csrf, alg: "ES256" });
assert.deepEqual([page.status, page.url], [200, "/admin/keys?told=rotated"], page.text);
assert.notEqual(signing(), before);
assert.equal(signing(), upcoming);
assert.ok(page.text.includes(before), "yesterday's stays published");
const published = JSON.parse(await (await fetch(`${here}/jwks`)).text()).keys.map((key) => key.kid);
assert.ok(published.includes(before) && published.includes(upcoming));
assert.equal((await officer("/admin/keys", { csrf: officerCsrf, alg: "ES256" })).status, 403);
assert.equal((await second("/admin/notices/out_nobody", { csrf })).status, 404);

// All of it is in the audit log with actor, address and port; the file is safe for spreadsheets.
page = await second("/admin/audit?by=actor&value=staff:quan.tri.2");
assert.match(page.text, /staff\.confirm/);
assert.match(page.text, /client\.add/);
assert.match(page.text, /203\.0\.113\.7 : \d+/);
page = await second("/admin/audit/export?by=subject&value=staff:kiem.tra");
assert.match(page.type, /^text\/csv/);
assert.match(page.text, /"staff\.role","staff:kiem\.tra"/);
assert.ok(!/(^|,)[=+@-]/m.test(page.text));
// A file that is full says so and where the rest is; the files together are all of it, each row once.
assert.ok(!page.text.includes("audit.older"), "a whole file");
const whole = (await second("/admin/audit/export?by=actor&value=staff:quan.tri.2")).text.trim().split("\r\n").slice(1);
const parts = [];
for (let next = "/admin/audit/export?by=actor&value=staff:quan.tri.2", files = 0; next && files < 500; files++) {
    const lines = (await second(`${next}&rows=3`)).text.trim().split("\r\n").slice(1);
    next = lines.at(-1)?.match(/"audit\.older","([^"]*)"/)?.[1].replace(here, "");
    if (next) lines.pop();
    assert.ok(lines.length <= 3);
    parts.push(...lines);
}
const told_of = new Set(parts);
assert.equal(told_of.size, parts.length, "no row twice");
for (const line of whole) assert.ok(told_of.has(line), line);
assert.equal((await second("/admin/audit/export?rows=5001")).status, 400);

// A stranger fails hundreds of times; the officer, elsewhere, signs in; the stranger does not, also with
// the right password.
const stranger = browser("198.51.100.66");
const { csrf: strange } = await stranger("/staff/sign-in");
const statuses = new Map();
for (let i = 0; i < 300; i++) {
    const { status } = await stranger("/staff/sign-in", { csrf: strange, name: i % 3 ? "officer" : `nobody${i % 7}`, password: `wrong-${i}` });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
}
assert.deepEqual([...statuses.keys()].sort(), [401, 429]);
assert.ok(statuses.get(429) > 200, "most were not even looked at");
assert.equal((await stranger("/staff/sign-in", { csrf: strange, name: "officer", password: officerPassword })).status, 429);
const owner = browser("192.0.2.10");
assert.equal((await codeStep(owner, await passwordStep(owner, "officer", officerPassword), otp("officer"))).url, "/finance");
console.log("staff: second factor, recovery, invitation, two administrators, clients, audit, lock-out");
