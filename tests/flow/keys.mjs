// Rotation under load: two processes share the folder of keys and nobody restarts or signals them.
// Tokens signed before, during and after it verify with a client that caches the key set as jose's
// createRemoteJWKSet does; a key never signs before both published it. By command, then by schedule.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";


const stack = process.env.STACK, issuer = process.env.MOTCUA_URL, bin = process.env.MOTCUA_BIN;
const folder = `${stack}/keys`;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const until = async (what, ms = 15000) => {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) if (await what()) return true;
    return false;
};
const free = () => new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => done(port)); });
});
const motcua = (args, env = {}) => execFileSync(`${bin}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args],
    { encoding: "utf8", env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
const refused = (args) => { try { motcua(args); } catch (error) { return error.stderr; } return assert.fail(`${args} was accepted`); };
const files = (state) => readdirSync(folder).filter((name) => name.endsWith(`.${state}.pem`)).sort();
const kid = (name) => name.split(".")[0];

// The second process: the same folder, stores and issuer, and an address of its own. With one
// machine's stores (SQLite and memory) each has its own kv; what is tried here needs none of it.
const children = [];
const stop = async () => {
    for (const child of children.splice(0)) {
        const gone = new Promise((done) => child.once("exit", done));
        child.kill("SIGTERM");
        await gone;
    }
};
async function start(env) {
    const port = await free();
    const kv = process.env.MOTCUA_KV_ENGINE === "redis" ? {} : { MOTCUA_KV_MEMORY_FILE: `${stack}/kv-${port}.log` };
    const log = openSync(`${stack}/motcua2.log`, "a");
    const child = spawn(`${bin}/motcua`, ["--conf", `${stack}/motcua.conf`, "serve"],
        { stdio: ["ignore", log, log], env: { ...process.env, ...kv, ...env, MOTCUA_HTTP_LISTEN: `127.0.0.1:${port}` } });
    children.push(child);
    const url = `http://127.0.0.1:${port}`;
    assert.ok(await until(async () => (await fetch(`${url}/readyz`).catch(() => ({}))).status === 200, 15000), "the second process answers");
    return url;
}

const published = async (url) => {
    const answer = await fetch(`${url}/jwks`);
    assert.equal(answer.headers.get("cache-control"), "public, max-age=3600");
    const { keys } = await answer.json();
    for (const key of keys)
        assert.deepEqual(Object.keys(key).filter((name) => !["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"].includes(name)), [], "no private part");
    assert.equal(new Set(keys.map((key) => key.kid)).size, keys.length, "unique kids");
    return keys.map((key) => key.kid).sort();
};
const secret = readFileSync(`${stack}/secrets/demo_onestop`, "utf8").trim();
async function token(url) {
    const answer = await fetch(`${url}/token`, { method: "POST",
        body: new URLSearchParams({ grant_type: "client_credentials", client_id: "demo-onestop", client_secret: secret, scope: "payments:read" }) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).access_token;
}

let other, running = true, traffic = [];
try {
    other = await start();
    const both = [issuer, other];

    // What the folder has, as the commands say it.
    const listed = motcua(["keys", "list"]);
    for (const alg of ["ES256", "RS256"])
        for (const state of ["active ", "next   "])
            assert.equal(listed.split("\n").filter((line) => line.startsWith(`${state} ${alg} `)).length, 1, listed);
    assert.match(listed, /next rotation by command/);
    assert.match(refused(["keys", "rotate"]), /may sign from/, "published too short a time");
    assert.match(refused(["keys", "make"]), /active ES256 key is there/);
    assert.match(refused(["keys", "rotate", "--alg", "EdDSA"]), /not ES256, RS256 or PS256/);
    assert.match(refused(["keys", "rotate", "RS256"]), /takes options only/);

    // A portal: it caches the set and asks again for an unknown kid only after a cool-down. None of
    // what it sees may need that: every key was in the set that it read first, or in a read by age.
    const cached = both.map((url) => createRemoteJWKSet(new URL(`${url}/jwks`), { cooldownDuration: 60000, cacheMaxAge: 60000 }));
    const claims = (jwks, text) => jwtVerify(text, jwks, { issuer, typ: "at+jwt", algorithms: ["ES256"] });
    const old = await token(issuer);
    for (const jwks of cached) await claims(jwks, old);
    const known = await published(issuer);
    assert.deepEqual(await published(other), known);

    // Traffic at both, verified by portals that read the keys from either.
    let count = 0;
    const kids = new Set();
    traffic = both.map(async (url, i) => {
        for (; running; count++, await sleep(2)) {
            const text = await token(url);
            await claims(cached[i], text);
            await claims(cached[1 - i], text);
            kids.add(decodeProtectedHeader(text).kid);
            assert.ok((await published(url)).includes(decodeProtectedHeader(old).kid), "what signed before stays published");
        }
    });
    const rotated = async (act, what) => {
        const [active] = files("active").filter((name) => kid(name) === [...kids].at(-1));
        const next = files("next").map(kid);
        assert.ok(active, "the key that signs is the active one");
        act();
        for (const url of both)
            assert.ok(await until(async () => next.includes(decodeProtectedHeader(await token(url)).kid)), `${what}: ${url} signs with the key that was next`);
        assert.ok(files("retired").map(kid).includes(kid(active)), `${what}: the old key retired`);
        for (const jwks of cached) await claims(jwks, old);
    };
    await until(() => kids.size > 0);
    await rotated(() => motcua(["keys", "rotate", "--alg", "ES256", "--now"]), "by command");
    await until(() => kids.size > 1);
    assert.ok([...kids].every((one) => known.includes(one)), "no key signed that was not published before");
    const after = await published(issuer);
    assert.equal(after.length, known.length + 1);
    assert.ok(await until(async () => String(await published(other)) === String(after)), "both publish the same");
    assert.equal(await fetch(`${issuer}/jwks`).then((r) => r.status), 200);

    // A faulty file in the folder: both keep what they have.
    writeFileSync(`${folder}/x.active.pem`, "nonsense", { mode: 0o600 });
    await sleep(1500);
    assert.deepEqual(await published(issuer), after);
    rmSync(`${folder}/x.active.pem`);
    running = false;
    await Promise.all(traffic);
    assert.ok(count > 20, `${count} tokens`);

    // By schedule: two processes that both rotate, when the active key is old and the next is known.
    await stop();
    other = await start({ MOTCUA_CRYPTO_ROTATE_DAYS: "30" });
    const third = await start({ MOTCUA_CRYPTO_ROTATE_DAYS: "30" });
    const before = { active: files("active"), next: files("next"), retired: files("retired") };
    await sleep(1500);
    assert.deepEqual(files("active"), before.active, "nothing is due");
    const aged = Date.now() / 1000 - 31 * 86400;
    for (const name of [...before.active, ...before.next]) utimesSync(`${folder}/${name}`, aged, aged);
    utimesSync(folder, new Date(), new Date()); // as a copy would
    assert.ok(await until(() => files("active").length === 2 && files("active").every((name) => !before.active.includes(name)), 30000), "both algorithms rotated");
    assert.deepEqual(files("active").map(kid), before.next.map(kid), "the next keys sign");
    assert.ok(await until(() => files("next").length === 2, 30000), "each has a next key again"); // an RSA key takes a while
    await sleep(1500);
    assert.equal(files("retired").length, before.retired.length + 2, "and once only");
    assert.equal(files("next").length, 2);
    const all = await published(issuer);
    for (const url of [other, third]) assert.ok(await until(async () => String(await published(url)) === String(all)), "all publish the same");
    await claims(createRemoteJWKSet(new URL(`${other}/jwks`)), old);
    assert.match(motcua(["keys", "list"], { MOTCUA_CRYPTO_ROTATE_DAYS: "30" }), /active  ES256 \S+ since \S+, next rotation \d{4}/);

    // Data sealed from now on has a new key; what was sealed before opens.
    motcua(["seal", "add"]);
    assert.equal(readFileSync(`${stack}/seal.key`, "utf8").trim().split("\n").length, 2);
    console.log(`keys: ${count} tokens of two processes, ${kids.size} keys under load, one rotation by schedule`);
} finally {
    running = false;
    await Promise.allSettled(traffic);
    await stop();
}
