// kill -9 between any two steps of a sign-in, and in the middle of the longest: after the new start
// the citizen goes on where they were and arrives at the portal; what was used stays used; whoever
// was signed out stays out. On the default stores all of this is in kv.journal.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Browser, assertBooks, call, form, here, kill, secret, sleep, start, stop, systems, until } from "./stage.mjs";

const callback = `${systems}/portal/callback`;
const basic = `Basic ${Buffer.from(`demo-portal:${encodeURIComponent(secret("demo_portal"))}`).toString("base64")}`;
let deaths = 0;
async function die() { await kill(); await start(); deaths++; }

function question(more = {}) {
    const verifier = randomBytes(32).toString("base64url");
    const query = new URLSearchParams({ client_id: "demo-portal", redirect_uri: callback, response_type: "code", scope: "openid", state: "s", nonce: "n",
        code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256", ...more });
    return { url: `${here}/authorize?${query}`, verifier };
}
const redeem = (code, verifier) => call(`${here}/token`, { ...form({ grant_type: "authorization_code", code, redirect_uri: callback, code_verifier: verifier }), headers: { Authorization: basic } });
const userinfo = (token) => call(`${here}/userinfo`, { headers: { Authorization: `Bearer ${token}` } });
const link = (page) => page.text.match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1]?.replaceAll("&amp;", "&");

// Follows redirects of motcua; answers consent; stops at the portal.
async function toPortal(browser, answer) {
    for (let i = 0; i < 8; i++) {
        if (answer.next?.startsWith(callback)) return new URL(answer.next).searchParams;
        if (answer.next) { answer = await browser.visit(answer.next); continue; }
        const id = answer.text.match(/action="\/consent"[^]*?name="id" value="([^"]*)"/)?.[1];
        if (!id) break;
        const csrf = answer.text.match(/action="\/consent"[^]*?name="csrf" value="([^"]*)"/)[1];
        answer = await browser.visit(`${here}/consent`, form({ csrf, id, answer: "yes" }));
    }
    throw new Error(`not at the portal: ${answer.status} ${answer.url} ${answer.text.slice(0, 900)}`);
}

// The whole way; `at` is told each step's name before it is taken.
async function story(at) {
    const browser = new Browser();
    const { url, verifier } = question();
    await at("before the portal asks");
    let answer = await browser.visit(url);
    await at("on the way to the sign-in page");
    const page = await browser.follow(answer);
    assert.ok(link(page), `${page.status} ${page.text.slice(0, 300)}`);
    await at("on the sign-in page");
    answer = await browser.visit(here + link(page));
    assert.ok(answer.next?.startsWith(`${systems}/vneid/`), `${answer.status} ${answer.text.slice(0, 900)}`);
    await at("at VNeID");
    answer = await browser.visit(`${answer.next}&persona=thu`);
    await at("on the way back from VNeID");
    const back = await toPortal(browser, await browser.visit(answer.next));
    assert.ok(back.get("code"), `${back}`);
    await at("at the portal, with a code");
    const tokens = await redeem(back.get("code"), verifier);
    assert.equal(tokens.status, 200, tokens.text);
    await at("with tokens");
    const { access_token } = JSON.parse(tokens.text);
    assert.equal((await userinfo(access_token)).status, 200);
    await at("when the code is tried again");
    assert.equal((await redeem(back.get("code"), verifier)).status, 400, "a code works once");
    await at("when another portal asks");
    const silent = await toPortal(browser, await browser.visit(question({ prompt: "none" }).url));
    assert.ok(silent.get("code"), `signed in already: ${silent}`);
    const home = await browser.visit(`${here}/`);
    const csrf = home.text.match(/action="\/sign-out"[^]*?name="csrf" value="([^"]*)"/)[1];
    await at("when the citizen signs out");
    const cookies = new Map(browser.jar.get(new URL(here).host));
    assert.equal((await browser.visit(`${here}/sign-out`, form({ csrf }))).status, 200);
    await at("after signing out");
    browser.jar.set(new URL(here).host, cookies); // whoever kept the cookie
    const out = await toPortal(browser, await browser.visit(question({ prompt: "none" }).url));
    assert.equal(out.get("error"), "login_required", `${out}`);
    assert.equal((await userinfo(access_token)).status, 401, "its tokens are out, too");
}

await die(); // from here on the process is ours
await story(async () => {});
await story(die);

// In the middle of the callback, which asks two national systems: whatever had happened, the citizen
// is told and has a way on, or is in.
for (const ms of [0, 2, 4, 6, 9, 12, 16, 25, 40]) {
    const browser = new Browser();
    const page = await browser.follow(await browser.visit(question().url));
    const vneid = await browser.visit(here + link(page));
    const back = (await browser.visit(`${vneid.next}&persona=thu`)).next;
    const first = browser.visit(back);
    await sleep(ms);
    await die();
    let answer = await first;
    if (!answer.next) answer = await browser.visit(back); // reload
    if (!answer.next && link(answer)) { // "try again"
        const way = here + link(answer);
        const again = await until(async () => { const to = await browser.visit(way); return to.next && to; }, 6000, 200);
        assert.ok(again?.next?.startsWith(`${systems}/vneid/`), "once more, when it is clear that nobody finishes it");
        answer = await browser.visit((await browser.visit(`${again.next}&persona=thu`)).next);
    }
    if (!answer.next) { // the portal is asked again
        const anew = await browser.follow(await browser.visit(question().url));
        answer = anew.next ? anew : link(anew)
            ? await browser.visit((await browser.visit(`${(await browser.visit(here + link(anew))).next}&persona=thu`)).next) : anew;
    }
    assert.ok((await toPortal(browser, answer)).get("code"), `killed after ${ms} ms`);
}
assertBooks();
assert.equal(await stop(), 0);
console.log(`sign-in: goes on after ${deaths} kills`);
