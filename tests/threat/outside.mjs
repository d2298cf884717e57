// Threats from outside of the protocol: T12, T13, T20, T24, T27, T28, T30 and T32. What only C can
// prove has its tests there: T12 addresses in tests/http/test_guard.c and tests/auth/test_client_keys.c,
// T24 every form of head in tests/http/test_strict.c, T27 rotation under load in tests/flow/keys.mjs,
// T28 with a portal that is told in tests/flow/mandates.mjs, T32 mutation in tests/fuzz.
import { alive, end, hidden, honest, isIn, ownKey, register, threat } from "./threat.mjs";
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import net from "node:net";
import { Browser, call, form, here, log, motcua, signal, systems, until } from "../fault/stage.mjs";
import * as m from "../flow/machine.mjs";
import * as f from "../flow/pushing.mjs";

const stack = process.env.STACK, top = new URL("../..", import.meta.url).pathname;
const jose = await import("jose");

// A place where keys of clients are; what it is asked for is counted.
const asked = [];
const hoard = await m.keyPair();
const keySet = (kid) => JSON.stringify({ keys: [{ ...hoard.jwk, kid, use: "sig", alg: "ES256" }] });
const place = createServer((request, response) => {
    asked.push(request.url);
    if (request.url === "/away") response.writeHead(302, { Location: "/inside" }).end();
    else if (request.url === "/huge") response.writeHead(200, { "Content-Type": "application/json" }).end(`{"keys":[],"x":"${"x".repeat(100000)}"}`);
    else if (request.url === "/slow") response.writeHead(200, { "Content-Type": "application/json" }).write('{"keys":');
    else response.writeHead(200, { "Content-Type": "application/json" }).end(keySet("k-1"));
});
await new Promise((done) => place.listen(0, "127.0.0.1", done));
const at = `http://127.0.0.1:${place.address().port}`;
const fetching = (id, uri) => {
    motcua("client", "add", id, "--profile", "oidc", "--auth", "private_key_jwt", "--jwks-uri", uri, "--grants", "client_credentials", "--scopes", "payments:read");
    return { id, key: hoard, kid: "k-1" };
};
const system = { grant_type: "client_credentials", scope: "payments:read" };
const enters = async (p, kid = p.kid) => m.token({ ...system, ...(await f.assertion({ ...p, kid })) });

await threat("t12_jwks_uri_ssrf_and_poisoning", "keys are fetched from public places, whole, small, soon and seldom", async () => {
    const good = fetching("keys-good", `${at}/good`);
    const bad = { away: fetching("keys-away", `${at}/away`), huge: fetching("keys-huge", `${at}/huge`), slow: fetching("keys-slow", `${at}/slow`) };
    const inside = ["https://10.0.0.1/jwks", "https://169.254.169.254/latest/meta-data", "https://192.168.1.1/jwks", "https://[fd00::1]/jwks", "https://172.16.0.1/jwks", "https://100.64.0.1/jwks", "https://0.0.0.0/jwks"].map((uri, i) => fetching(`keys-inside-${i}`, uri));
    for (const uri of ["file:///etc/passwd", "http://keys.example.vn/jwks", "gopher://127.0.0.1/", "https://me@keys.example.vn/"])
        assert.throws(() => fetching("keys-none", uri), /jwks_uri/, uri);
    await f.settled();
    assert.equal((await enters(good)).status, 200, "a good place");
    for (const [name, p] of Object.entries(bad)) {
        const began = Date.now();
        const answer = await enters(p);
        assert.ok(answer.status >= 400 && !answer.json.access_token, `${name}: ${answer.text}`);
        assert.ok(Date.now() - began < 6000, `${name}: ${Date.now() - began} ms`);
    }
    assert.ok(asked.includes("/away") && !asked.includes("/inside"), "a redirect is not followed");
    for (const p of inside) {
        const began = Date.now();
        const answer = await enters(p);
        assert.ok(answer.status >= 400 && !answer.json.access_token && Date.now() - began < 2000, `${p.id}: ${answer.text} after ${Date.now() - began} ms`);
    }
    const before = asked.filter((url) => url === "/good").length;
    for (let i = 0; i < 20; i++) assert.equal((await enters(good, `unknown-${i}`)).status, 401);
    assert.ok(asked.filter((url) => url === "/good").length - before <= 1, "twenty unknown keys, one look at most");
    assert.equal((await enters(good)).status, 200, "and the known one goes on");
    return `${inside.length} addresses inside, ${asked.length} calls`;
});
place.closeAllConnections();
place.close();

await threat("t13_timing_on_secrets", "no code of auth and crypto compares bytes with an early end, and the rule that says so finds a breach", () => {
    const rule = (root) => spawnSync("sh", [`${top}tests/rules/words.sh`], { cwd: root, env: { ...process.env, ROOT: root }, encoding: "utf8" });
    const tree = mkdtempSync(`${stack}/rule-`);
    for (const room of ["auth", "crypto"]) cpSync(`${top}${room}`, `${tree}/${room}`, { recursive: true });
    assert.equal(rule(tree).status, 0, rule(tree).stdout);
    for (const room of ["auth", "crypto"]) for (const breach of ["return strcmp(given, secret) == 0;", "if (memcmp(a, b, 32) == 0)"]) {
        writeFileSync(`${tree}/${room}/bad.c`, `int f(void)\n{\n    ${breach}\n}\n`);
        assert.equal(rule(tree).status, 1, breach);
        rmSync(`${tree}/${room}/bad.c`);
    }
    // A bearer value is found by its digest; where two are compared, by one function.
    const found = execFileSync("grep", ["-rlE", "\\bsecret_equal\\(", `${top}auth`, `${top}web`, `${top}crypto`], { encoding: "utf8" }).trim().split("\n");
    assert.ok(found.length >= 5, found.join(" "));
    assert.match(readFileSync(`${top}crypto/secret.c`, "utf8"), /CRYPTO_memcmp/);
    return `${found.length} files compare by secret_equal`;
});

const me = register("out-rp", "--redirect", m.callback, "--post-logout", `${systems}/portal/signed-out`, "--grants", "authorization_code refresh_token");
const he = register("out-he", "--redirect", m.callback);
await f.settled();
const tokens = async (browser, who = me) => { const made = await m.redeem(await m.code(browser, { client_id: who.client_id }), who); assert.equal(made.status, 200, made.text); return made.json; };

await threat("t20_logout_csrf_and_forged_hint", "nobody is signed out by another's word, and sent on only with one that is true", async () => {
    const browser = await new Browser().signIn();
    const own = await tokens(browser), foreign = await tokens(browser, he);
    const uri = `${systems}/portal/signed-out`;
    const [{ alg, ...head }, claims] = own.id_token.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
    const key = ownKey(head.kid, alg);
    const [one, two, three] = own.id_token.split(".");
    const none = `${m.b64('{"alg":"none"}')}.${two}.`;
    const cases = [["nothing", {}], ["alg none", { id_token_hint: none }], ["no signature", { id_token_hint: `${one}.${two}.` }], ["another signature", { id_token_hint: `${one}.${two}.${three.slice(0, -6)}AAAAAA` }],
        ["an access token", { id_token_hint: own.access_token }], ["another issuer", { id_token_hint: honest(key, head, { ...claims, iss: "https://evil.example" }) }], ["another client's", { id_token_hint: foreign.id_token }], ["another session's", { id_token_hint: (await tokens(await new Browser().signIn("sai"))).id_token }]];
    for (const [what, fields] of cases) {
        const answer = await browser.visit(`${here}/logout?${new URLSearchParams({ client_id: me.client_id, post_logout_redirect_uri: uri, ...fields })}`);
        assert.equal(answer.next, null, what);
        assert.ok(await isIn(browser), `${what}: signed out`);
    }
    const page = await browser.visit(`${here}/logout?client_id=${me.client_id}`);
    for (const [what, fields] of [["no token", {}], ["another token", { csrf: "x".repeat(22) }], ["a stranger's token", { csrf: hidden(await (await new Browser().signIn("sai")).visit(`${here}/logout`), "csrf") }]]) {
        await browser.visit(`${here}/logout`, form({ request: hidden(page, "request"), ...fields }));
        assert.ok(await isIn(browser), what);
    }
    const old = honest(key, head, { ...claims, iat: claims.iat - 7200, exp: claims.exp - 7200 });
    const done = await browser.visit(`${here}/logout?${new URLSearchParams({ id_token_hint: old, post_logout_redirect_uri: uri, state: "z" })}`);
    assert.equal(done.next, `${uri}?state=z`, "a true one, although it is over");
    assert.ok(!await isIn(browser));
});

// Bytes as they are; how many answers came and which.
function wire(bytes, wait = 3000) {
    return new Promise((resolve) => {
        const parts = [];
        const socket = net.connect(Number(process.env.MOTCUA_PORT), "127.0.0.1", () => socket.write(Buffer.from(bytes, "latin1")));
        const over = (how) => { socket.destroy(); resolve({ how, text: Buffer.concat(parts).toString("latin1"), statuses: [...Buffer.concat(parts).toString("latin1").matchAll(/HTTP\/1\.1 (\d{3})/g)].map((row) => Number(row[1])) }); };
        socket.setTimeout(wait, () => over("open"));
        socket.on("data", (part) => parts.push(part));
        socket.on("error", () => over("reset"));
        socket.on("close", () => over("closed"));
    });
}
await threat("t24_smuggling_header_injection_and_oversize", "a request has one meaning and one end, or none", async () => {
    const head = "POST /token HTTP/1.1\r\nHost: motcua\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    const hides = "GET /healthz HTTP/1.1\r\nHost: motcua\r\n\r\n";
    const get = "GET /healthz HTTP/1.1\r\n";
    assert.deepEqual((await wire(`${get}Host: motcua\r\nConnection: close\r\n\r\n`)).statuses, [200], "a good one");
    const two = await wire(`${get}Host: motcua\r\n\r\n${get}Host: motcua\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(two.statuses, [200, 200], "two good ones");
    const rows = {
        "length and chunks": `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hides}`,
        "two lengths": `${head}Content-Length: 0\r\nContent-Length: ${hides.length}\r\n\r\n${hides}`, "a list of lengths": `${head}Content-Length: 0, ${hides.length}\r\n\r\n${hides}`,
        "a signed length": `${head}Content-Length: +0\r\n\r\n${hides}`, "a length in hex": `${head}Content-Length: 0x0\r\n\r\n${hides}`, "a negative length": `${head}Content-Length: -1\r\n\r\n${hides}`,
        "a blank before the colon": `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hides}`, "a coding in disguise": `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hides}`,
        "a tab in the coding": `${head}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${hides}`, "two codings": `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hides}`,
        "a folded line": `${get}Host: motcua\r\nX-A: b\r\n c: d\r\n\r\n`, "a line end alone": `${get}Host: motcua\nX-A: b\n\n`, "a return alone": `${get}Host: motcua\r\nX-A: b\rX-B: c\r\n\r\n`, "NUL in a header": `${get}Host: motcua\r\nX-A: b\0c\r\n\r\n`,
        "no host": `${get}\r\n`, "two hosts": `${get}Host: motcua\r\nHost: evil\r\n\r\n`, "a bad chunk": `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`, "a chunk's extension": `${head}Transfer-Encoding: chunked\r\n\r\n7;\nabcdefg\r\n0\r\n\r\n${hides}`,
        "another version": `GET /healthz HTTP/3.7\r\nHost: motcua\r\n\r\n`, "blanks in the address": `GET /healthz x HTTP/1.1\r\nHost: motcua\r\n\r\n`, "a head of a megabyte": `${get}Host: motcua\r\nX-A: ${"x".repeat(1 << 20)}\r\n\r\n`, "thousands of headers": `${get}Host: motcua\r\n${"X-A: b\r\n".repeat(5000)}\r\n`,
        "an endless address": `GET /${"x".repeat(100000)} HTTP/1.1\r\nHost: motcua\r\n\r\n`,
    };
    for (const [what, bytes] of Object.entries(rows)) {
        const answer = await wire(bytes);
        // The library's own 400 for a bad length has its head twice; what hides behind is not served.
        const heads = answer.text.includes("wrong value for <b>Content-Length") ? 2 : 1;
        assert.ok(answer.statuses.length <= heads && answer.statuses.every((status) => status >= 400), `${what}: ${answer.statuses}`);
        assert.ok(answer.statuses.length > 0 || answer.how !== "open", `${what}: ${answer.how}`);
    }
    const split = await wire(`GET /authorize?client_id=demo-portal&redirect_uri=${encodeURIComponent(m.callback)}&response_type=bad&state=${encodeURIComponent("a\r\nSet-Cookie: evil=1\r\n\r\n<p>")} HTTP/1.1\r\nHost: motcua\r\nConnection: close\r\n\r\n`);
    assert.ok(!/^Set-Cookie: evil/m.test(split.text) && !split.text.includes("<p>"), "nothing of a parameter becomes a header");
    const idle = Array.from({ length: 100 }, () => { const socket = net.connect(Number(process.env.MOTCUA_PORT), "127.0.0.1", () => socket.write("GET /healthz HTTP/1.1\r\nHost: m")); socket.on("error", () => {}); return socket; });
    await new Promise((done) => setTimeout(done, 300));
    const began = Date.now();
    await alive();
    assert.ok(Date.now() - began < 2000, "a hundred that never finish keep nobody out");
    const gone = until(() => idle.every((socket) => socket.closed || socket.destroyed), 6000);
    assert.ok(await gone, "and are let go (http.idle_ms is 2 s here)");
    return `${Object.keys(rows).length} requests`;
});

await threat("t27_keys_that_leak_or_turn_wrongly", "private keys are their owner's alone, published ones have no private part, and the old ones go on", async () => {
    for (const name of ["seal.key", ...readdirSync(`${stack}/keys`).map((file) => `keys/${file}`)])
        assert.equal(statSync(`${stack}/${name}`).mode & 0o077, 0, name);
    const published = async () => JSON.parse((await call(`${here}/jwks`)).text).keys;
    for (const key of await published())
        for (const part of ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]) assert.ok(!(part in key), part);
    const browser = await new Browser().signIn();
    const before = await tokens(browser, he);
    const kids = (await published()).map((key) => key.kid);
    motcua("keys", "rotate", "--now");
    signal("SIGHUP");
    assert.ok(await until(async () => (await published()).some((key) => !kids.includes(key.kid)), 8000), "a new next one is published");
    const after = await tokens(browser, he);
    const kid = (token) => jose.decodeProtectedHeader(token).kid;
    assert.notEqual(kid(after.access_token), kid(before.access_token));
    assert.ok(kids.includes(kid(after.access_token)), "a key signs that was published before");
    const set = jose.createLocalJWKSet({ keys: await published() });
    for (const token of [before, after]) {
        await jose.jwtVerify(token.id_token, set, { issuer: here, audience: he.client_id });
        assert.equal((await m.raw("GET", "/userinfo", [["Authorization", `Bearer ${token.access_token}`]])).status, 200);
    }
    const file = `${stack}/keys/${readdirSync(`${stack}/keys`).find((name) => name.endsWith(".active.pem"))}`;
    const check = () => spawnSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "check"], { encoding: "utf8" });
    assert.equal(check().status, 0, check().stderr);
    chmodSync(file, 0o644);
    const open = check();
    chmodSync(file, 0o600);
    assert.notEqual(open.status, 0, "a key that others may read is refused");
});

await threat("t28_stale_mandate", "a mandate that ended is over in every token, at the next refresh and at once", () => {
    const told = execFileSync("node", [`${top}tests/flow/mandates.mjs`], { encoding: "utf8", env: process.env, timeout: 120000 });
    assert.match(told, /mandates: given, accepted, used, ended/);
    return "tests/flow/mandates.mjs";
});

await threat("t30_sandbox_in_production", "what simulates the state's systems is no part of an installation that is real", () => {
    const run = (program, args, env = {}) => spawnSync(`${process.env.MOTCUA_BIN}/${program}`, args, { encoding: "utf8", timeout: 8000, env: { ...process.env, ...env } });
    const check = (env) => run("motcua", ["--conf", `${stack}/motcua.conf`, "check"], env);
    assert.equal(check().status, 0, "simulated, with simulated partners");
    const real = check({ MOTCUA_SERVICE_NATIONAL_SYSTEMS: "real" });
    assert.notEqual(real.status, 0);
    for (const name of ["vneid", "person", "business", "portal"]) assert.match(real.stdout + real.stderr, new RegExp(name), `${name} is named`);
    assert.notEqual(run("motcua", ["--conf", `${stack}/motcua.conf`, "serve"], { MOTCUA_SERVICE_NATIONAL_SYSTEMS: "real" }).status, 0, "and it does not start");
    assert.notEqual(check({ MOTCUA_SERVICE_ISSUER: "http://motcua.example.vn" }).status, 0, "nor without TLS");
    for (const listen of ["0.0.0.0:0", "192.0.2.1:8090", "[::]:8090"]) assert.notEqual(run("motcua-sandbox", ["--listen", listen]).status, 0, listen);
});

await threat("t32_memory_safety", "every file of the fuzzers' corpora, at the doors of the sanitized program, does no harm", async () => {
    const corpus = (name) => { const folder = `${top}tests/fuzz/corpus/${name}`; return readdirSync(folder).map((file) => [`${name}/${file}`, readFileSync(`${folder}/${file}`)]); };
    const targets = readdirSync(`${top}tests/fuzz`).filter((file) => file.startsWith("fuzz_")).map((file) => file.slice(5, -2));
    for (const name of ["authorize", "codec", "form", "headers", "json", "passkey", "request_head", "token", "xml"]) assert.ok(targets.includes(name), `a fuzzer of ${name}`);
    const send = (path, type, bytes, lines = []) => wire(Buffer.concat([Buffer.from(["POST " + path + " HTTP/1.1", "Host: motcua", "Connection: close", `Content-Type: ${type}`, `Content-Length: ${bytes.length}`, ...lines, "", ""].join("\r\n")), bytes]).toString("latin1"));
    const said = [];
    const FORM = "application/x-www-form-urlencoded";
    for (const [name, bytes] of [...corpus("form"), ...corpus("authorize"), ...corpus("codec"), ...corpus("token"), ...corpus("json")]) {
        for (const path of ["/token", "/par", "/authorize", "/introspect", "/revoke", "/bc-authorize", "/logout", "/staff/passkey"]) said.push([name, path, await send(path, FORM, bytes)]);
        const text = bytes.toString("latin1").replaceAll(/[\r\n\0]/g, "").slice(0, 4000);
        said.push([name, "Bearer", await wire(`GET /userinfo HTTP/1.1\r\nHost: motcua\r\nConnection: close\r\nAuthorization: Bearer ${text}\r\n\r\n`)]);
        said.push([name, "DPoP", await wire(`GET /userinfo HTTP/1.1\r\nHost: motcua\r\nConnection: close\r\nAuthorization: DPoP x\r\nDPoP: ${text}\r\n\r\n`)]);
    }
    for (const [name, bytes] of [...corpus("json"), ...corpus("notice"), ...corpus("xml")]) for (const path of ["/DvcPayment/Confirm", "/v1/payments", "/register"]) said.push([name, path, await send(path, "application/json", bytes)]);
    for (const [name, bytes] of [...corpus("request_head"), ...corpus("headers")]) said.push([name, "wire", await wire(bytes.toString("latin1"), 400)]);
    for (const [name, path, answer] of said) assert.ok(answer.statuses.every((status) => status < 500 || status === 505 || status === 501), `${name} at ${path}: ${answer.statuses}`);
    assert.ok(said.filter(([, , answer]) => answer.statuses.length > 0).length > said.length / 2, "most were answered");
    await alive();
    assert.ok(!/Sanitizer|runtime error/.test(log()), "stack.sh looks again at the end");

    return `${said.length} requests`;
});
end();
