// What strangers send beside the fields of forms: bytes that are no text in every header that is read,
// and more requests than one address may make. The stack trusts the loopback as a proxy, so that a
// Forwarded header makes the client another one.
import assert from "node:assert/strict";
import net from "node:net";

const { hostname, port } = new URL(process.env.MOTCUA_URL);

// Header lines as bytes: Node's own client refuses to send these.
function call(method, path, lines = [], body = "") {
    return new Promise((resolve, reject) => {
        const parts = [];
        const socket = net.connect(port, hostname, () => socket.write(Buffer.from(
            [`${method} ${path} HTTP/1.1`, "Host: motcua", "Connection: close", `Content-Length: ${body.length}`, ...lines, "", body].join("\r\n"), "latin1")));
        socket.setTimeout(20000, () => socket.destroy(new Error(`${path}: no answer`)));
        socket.on("data", (part) => parts.push(part));
        socket.on("error", reject);
        socket.on("close", () => {
            const text = Buffer.concat(parts).toString("latin1");
            const [head] = text.split("\r\n\r\n", 1);
            const headers = new Map(head.split("\r\n").slice(1).map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]));
            resolve({ status: Number(text.slice(9, 12)), headers, body: text.slice(head.length + 4) });
        });
    });
}
const form = "Content-Type: application/x-www-form-urlencoded";
const odd = ["\xff".repeat(43), "\xe1\xbb".repeat(30), "a\"b".repeat(20), "a\\b".repeat(20), "a,b c".repeat(10), "\t".repeat(43), "x".repeat(3000), "=".repeat(43)];

// Cookies.
for (const value of odd) {
    for (const name of ["motcua_form", "motcua_login", "motcua_session", "motcua_staff", "motcua_lang", "a"]) {
        for (const path of ["/", "/login", "/staff/sign-in", "/pay/x"]) {
            const answer = await call("GET", path, [`Cookie: ${name}=${value}`]);
            assert.ok(answer.status === 200 || answer.status === 303, `${path} with ${name}: ${answer.status} ${answer.body.slice(0, 200)}`);
        }
    }
}
// Headers that are read.
for (const value of odd) {
    const encoded = Buffer.from(`${value}:${value}`, "latin1").toString("base64");
    for (const line of [`Authorization: Basic ${encoded}`, `Authorization: Basic ${value}`, `Authorization: Bearer ${value}`]) {
        assert.equal((await call("POST", "/token", [form, line], "grant_type=client_credentials")).status, 401, `/token with ${line}`);
        assert.equal((await call("GET", "/userinfo", [line])).status, 401, `/userinfo with ${line}`);
        assert.equal((await call("GET", "/v1/payments/x", [line])).status, 401, `/v1/payments with ${line}`);
    }
    for (const name of ["Accept", "Accept-Language", "User-Agent", "Referer", "X-Request-Id", "Idempotency-Key"])
        assert.equal((await call("GET", "/", [`${name}: ${value}`])).status, 200, `/ with ${name}: ${value}`);
    for (const name of ["Origin", "Sec-Fetch-Site"])
        assert.equal((await call("POST", "/staff/sign-in", [form, `${name}: ${value}`], "csrf=x")).status, 403, `${name}: ${value}`);
    assert.equal((await call("POST", "/staff/sign-in", [`Content-Type: ${value}`], "csrf=x")).status, 415, `Content-Type: ${value}`);
}
// RFC 9110 15.5.2 and RFC 6750 3: who has no token is told which kind is wanted.
assert.equal((await call("GET", "/v1/payments/x")).headers.get("www-authenticate"), 'Bearer realm="motcua", DPoP algs="ES256 PS256 EdDSA"');
assert.match((await call("GET", "/v1/payments/x", ["Authorization: Bearer x"])).headers.get("www-authenticate"), /error="invalid_token"/);

// Numbers. Every page that starts a sign-in counts, and an IPv6 network counts as one address.
const limit = Number(process.env.MOTCUA_RATE_SIGN_IN);
async function count(path, from) {
    for (let i = 0; i < limit; i++)
        assert.equal((await call("GET", path, [`Forwarded: ${from(i)}`])).status, 303, `${path} number ${i}`);
    const answer = await call("GET", path, [`Forwarded: ${from(limit)}`]);
    assert.equal(answer.status, 429, `${path} over the limit`);
    assert.equal(answer.headers.get("retry-after"), "60");
}
await count("/login", () => "for=198.51.100.1");
await count("/pay/nothing", () => "for=198.51.100.2");
await count("/receipts/nothing", () => "for=198.51.100.3");
await count("/login", (i) => `for="[2001:db8:1:2:${i}::1]:40000"`);
assert.equal((await call("GET", "/login", ['Forwarded: for="[2001:db8:1:3::1]:40000"'])).status, 303, "another network");
assert.equal((await call("GET", "/metrics", ["Forwarded: for=198.51.100.1"])).status, 403, "figures for a visitor");

assert.equal((await call("GET", "/readyz")).status, 200, "alive");
console.log("strangers: every header, and numbers");
