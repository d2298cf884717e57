// A channel takes a capture back: an officer proposes it on the page of the payment or by command,
// nobody decides on their own or on something else than was shown; approved, the bill is owed again,
// its receipts are notified as wrong, and it is paid anew.
import { setCookies } from "../cookies.mjs";
import { otp } from "../otp.mjs";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { Browser, THU, assertBooks, count, order, pay, state, truthOf } from "../fault/stage.mjs";

const here = process.env.MOTCUA_URL, stack = process.env.STACK;
const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const refused = (...args) => { try { motcua(...args); } catch (error) { return String(error.stderr); } return ""; };
const hidden = (text, name) => text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];

function desk() {
    const jar = new Map();
    return async (path, fields) => {
        let url = new URL(path, here).href;
        let init = fields ? { method: "POST", body: new URLSearchParams(fields) } : {};
        for (let hops = 0; hops < 8; hops++) {
            const headers = { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
            const answer = await fetch(url, { redirect: "manual", headers, ...init });
            for (const line of setCookies(answer.headers)) {
                const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
                if (/Max-Age=0/.test(line)) jar.delete(name); else jar.set(name, value);
            }
            const text = await answer.text();
            if (answer.status !== 303) return { url: url.slice(here.length), status: answer.status, text, csrf: hidden(text, "csrf") };
            url = new URL(answer.headers.get("location"), url).href;
            init = {};
        }
        throw new Error(`too many redirects at ${url}`);
    };
}
const password = "Mat-khau-2026!";
writeFileSync(`${stack}/password`, password, { mode: 0o600 });
async function account(name, role) {
    motcua("staff", "add", name, "--role", role, "--password-file", `${stack}/password`);
    writeFileSync(`${stack}/secrets/${name}_otp`, motcua("staff", "otp", name).match(/^secret (.*)$/m)[1]);
    return signIn(name, password);
}
async function signIn(name, secret) {
    const visit = desk();
    const { csrf } = await visit("/staff/sign-in");
    const page = await visit("/staff/sign-in", { csrf, name, password: secret });
    await visit("/staff/step", { csrf: page.csrf, code: otp(name) });
    assert.equal((await visit("/finance/orders")).status, 200, name);
    return visit;
}
const officer = await signIn("officer", readFileSync(`${stack}/secrets/officer`, "utf8").trim());
const treasurer = await account("thu.quy", "treasurer");
const approver = await account("duyet.chi", "approver");
const viewer = await account("xem.so", "viewer");

async function collect(o, citizen) {
    await citizen.startPaying(o);
    await pay((await truthOf(o.dossier)).at(-1).reference);
    await citizen.comeBack(o);
    assert.equal((await state(o)).state, "paid");
    return (await truthOf(o.dossier)).at(-1).reference;
}
async function paid() {
    const o = await order(THU);
    const citizen = await new Browser().signIn();
    return { o, citizen, reference: await collect(o, citizen) };
}
const { o, citizen, reference } = await paid();
const other = await paid();
const here_of = (one) => `/finance/orders/${one.id}`;
const journals = (kind, one = o) => count(`SELECT count(*) FROM journal WHERE kind='${kind}' AND order_id='${one.id}'`);
const issued = async (one, what) => (await state(one)).receipts.filter((row) => row.state === what).length;

// Who may propose, about what, and why must be said.
assert.doesNotMatch((await viewer(here_of(o))).text, /\/reversal"/, "a viewer has no form");
let page = await officer(here_of(o));
assert.match(page.text, /1180/, "what would be posted is shown");
const csrf = page.csrf;
const ask = (fields, one = o) => officer(`${here_of(one)}/reversal`, { csrf, reference, remark: "Dòng 7 tệp đối soát", ...fields });
assert.equal((await viewer(`${here_of(o)}/reversal`, { csrf: (await viewer(here_of(o))).csrf, reference, remark: "x" })).status, 403);
assert.equal((await ask({ remark: " " })).status, 400, "a reason must be given");
assert.equal((await ask({ reference: other.reference })).status, 404, "an attempt of another payment");
assert.equal(journals("J8"), 0, "nothing was posted");

// Proposed: the money is in dispute at once, and only once.
page = await ask({});
assert.match(page.url, /^\/finance\/approvals\/ppl_/);
const decision = page.url;
assert.doesNotMatch(page.text, /value="approve"/, "one's own");
assert.equal(journals("J8"), 1);
assert.equal((await state(o)).state, "paid", "nothing is decided");
const hash = page.text.match(/<code class="long">([0-9a-f]{64})</)[1];
assert.equal((await officer(decision, { csrf: page.csrf, act: "approve", hash })).status, 403, "nor by hand");
assert.match((await officer(here_of(o))).text, new RegExp(decision), "the payment's page tells");
assert.equal((await ask({})).status, 409, "once");

// Another decides, on exactly this.
page = await treasurer(decision);
for (const word of ["1180", "1110", o.dossier, reference]) assert.ok(page.text.includes(word), `${word} is shown`);
assert.doesNotMatch(page.text, /<dt>[a-z_]+<\/dt>/, "every member has a name");
assert.equal((await treasurer(decision, { csrf: page.csrf, act: "approve", hash: "0".repeat(64) })).status, 412, "stale");
assert.equal(journals("J8a"), 0);
page = await treasurer(decision, { csrf: page.csrf, act: "approve", hash, remark: "Đã đối chiếu" });
assert.equal(page.status, 200, page.text);
assert.equal((await state(o)).state, "open", "owed again");
assert.equal((await state(o)).captured_vnd, 0);
assert.equal(journals("J8a"), 1);
assert.equal(await issued(o, "notified"), 2, "both receipts are told to be wrong");
assert.equal((await treasurer(decision, { csrf: page.csrf, act: "approve", hash })).status, 409, "once");
assert.equal((await ask({})).status, 409, "what was taken back is not captured any more");

// Paid anew: fresh receipts take the place of the old ones.
const again = await collect(o, citizen);
assert.notEqual(again, reference);
assert.equal(await issued(o, "issued"), 2);
assert.equal(await issued(o, "replaced"), 2);

// By command, in an officer's name; rejected, the dispute is undone and nothing has changed.
assert.match(refused("orders", "reverse", other.reference, "--reason", "Tệp ngày 23"), /by/, "in nobody's name");
assert.match(refused("orders", "reverse", other.reference, "--reason", "Tệp ngày 23", "--by", "xem.so"), /by/, "in a viewer's");
assert.match(refused("orders", "reverse", other.reference, "--by", "officer"), /remark/, "without a reason");
const told = JSON.parse(motcua("orders", "reverse", other.reference, "--reason", "Tệp ngày 23", "--by", "thu.quy", "--json"));
const second = `/finance/approvals/${told.proposal}`;
page = await treasurer(second);
assert.equal((await treasurer(second, { csrf: page.csrf, act: "approve", hash: told.hash })).status, 403, "who may decide does not decide on their own");
page = await approver(second);
assert.equal((await approver(second, { csrf: page.csrf, act: "reject", hash: told.hash })).status, 400, "a rejection has a reason");
assert.equal((await approver(second, { csrf: page.csrf, act: "reject", hash: told.hash, remark: "Kênh trả lời đã thu" })).status, 200);
assert.equal((await state(other.o)).state, "paid");
assert.equal(count(`SELECT count(*) FROM journal WHERE kind='J8R'`), 1);
assert.equal(await issued(other.o, "issued"), 2);

// Commands that read tell the same as data.
assert.equal(JSON.parse(motcua("orders", "show", o.id, "--json")).attempts.filter((row) => row.state === "reversed").length, 1);
assert.equal(JSON.parse(motcua("ledger", "verify", "--json")).ok ?? true, true);
assert.deepEqual(JSON.parse(motcua("webhooks", "list", "--json")), []);
assertBooks();
console.log("reversals: ok");
