// SIGHUP under traffic: keys rotate and nothing fails; what was signed before still verifies; a
// broken configuration keeps the old one and says what is wrong with it.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { Browser, call, conf, form, here, log, motcua, secret, signal, sleep, start, stop, systems, until } from "./stage.mjs";


const keys = async () => JSON.parse((await call(`${here}/jwks`)).text);
const kids = async () => (await keys()).keys.map((key) => key.kid).sort();
const seen = (event) => log().split(`"event":"${event}"`).length - 1;
async function reload(event) { // SIGHUP, and the line that it must leave
    const before = seen(event);
    signal("SIGHUP");
    assert.ok(await until(() => seen(event) > before, 30000, 10), `"${event}" is logged`);
}
// A portal's sign-in by hand: code + PKCE, the token response.
async function signIn(browser) {
    const asked = new URL(`${here}/authorize`);
    asked.search = new URLSearchParams({ client_id: "demo-portal", redirect_uri: `${systems}/portal/callback`, response_type: "code", scope: "openid profile", state: "s", nonce: "n",
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" }); // RFC 7636, appendix B
    let answer = await browser.visit(asked.href);
    if (answer.next?.includes("/login")) {
        answer = await browser.visit(`${await browser.toVneid(answer.next)}&persona=thu`);
        answer = await browser.visit(answer.next);
    }
    const code = answer.next && new URL(answer.next).searchParams.get("code");
    assert.ok(code, `a code: ${answer.status} ${answer.next} ${answer.text.slice(0, 300)}`);
    const granted = await call(`${here}/token`, form({ grant_type: "authorization_code", code, redirect_uri: `${systems}/portal/callback`, client_id: "demo-portal",
        client_secret: secret("demo_portal"), code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" }));
    assert.equal(granted.status, 200, granted.text);
    return JSON.parse(granted.text);
}
const verify = async (token) => jwtVerify(token, createLocalJWKSet(await keys()), { issuer: here, audience: "demo-portal", algorithms: ["ES256"] });

await stop();
await start();
const browser = new Browser();
const old = await signIn(browser);
const before = await kids();
assert.equal(before.length, 4, "active and next of ES256 and RS256 are published");

// Traffic: people, systems and caches that read the keys. None may notice.
let running = true, requests = 0;
const verified = new Set();
const loop = async (step) => { while (running) { await step(); requests++; await sleep(5); } };
const traffic = [
    loop(async () => assert.equal((await keys()).keys.length >= 2, true)),
    loop(async () => { const { id_token } = await signIn(browser); await verify(id_token); verified.add(decodeProtectedHeader(id_token).kid); }),
    loop(async () => assert.equal((await call(`${here}/token`, form({ grant_type: "client_credentials", client_id: "demo-onestop", client_secret: secret("demo_onestop"), scope: "payments:read" }))).status, 200)),
    loop(async () => assert.equal((await call(`${here}/fees`)).status, 200)),
];
await until(() => verified.size > 0 && requests > 8, 30000);
motcua("keys", "rotate", "--alg", "ES256", "--now");
await reload("reloaded");
await until(() => verified.size > 1, 30000);
const after = await kids();
assert.equal(after.length, 5, "active, next and retired are published");
assert.ok(before.every((kid) => after.includes(kid)), "what caches know is still there");
assert.ok(verified.size === 2 && [...verified].every((kid) => before.includes(kid)), "the new active key was published before it signed");
await verify(old.id_token);
assert.equal((await call(`${here}/userinfo`, { headers: { Authorization: `Bearer ${old.access_token}` } })).status, 200, "access tokens from before");

// A broken configuration: every mistake is told, nothing changes.
const good = readFileSync(conf, "utf8");
appendFileSync(conf, "[auth]\ncode_ttl_s = 99999\n[nonsense]\nx = 1\n");
await reload("reload.failed");
assert.match(log(), /"event":"reload.mistakes"[^\n]*code_ttl_s/);
assert.match(log(), /"event":"reload.mistakes"[^\n]*nonsense/);
assert.deepEqual(await kids(), after);

// A good one again: its change is in force.
writeFileSync(conf, good.replace("[service]", "[service]\nhotline = 19001234"));
await reload("reloaded");
assert.match((await call(`${here}/fees`)).text, /19001234/);
running = false;
await Promise.all(traffic);
assert.ok(requests > 50, `${requests} requests`);
assert.equal(await stop(), 0);
console.log(`reload: ${requests} requests under two reloads and one refusal, ${verified.size} signing keys`);
