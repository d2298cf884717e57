// Clients that prove themselves by a TLS certificate (RFC 8705), through nginx: by the subject of a
// chain that nginx checked, or by a registered key; what such a client gets is bound to the
// certificate.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import https from "node:https";
import { Browser, here, motcua } from "../fault/stage.mjs";
import { verifier } from "./machine.mjs";
import { ask, door, query, settled } from "./pushing.mjs";

const { STACK, TLS, CA } = process.env;
const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });
const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
function kept(name) {
    const cert = readFileSync(`${STACK}/${name}.crt`), x509 = new X509Certificate(cert);
    return { cert, key: readFileSync(`${STACK}/${name}.key`), x5t: createHash("sha256").update(x509.raw).digest("base64url"), jwk: x509.publicKey.export({ format: "jwk" }) };
}
function chained(name, subject, ...names) {
    writeFileSync(`${STACK}/${name}.ext`, names.length ? `subjectAltName=${names.join(",")}\n` : "");
    openssl("req", ...EC, "-subj", subject, "-keyout", `${STACK}/${name}.key`, "-out", `${STACK}/${name}.csr`);
    openssl("x509", "-req", "-in", `${STACK}/${name}.csr`, "-CA", CA, "-CAkey", `${TLS}/root.key`, "-CAcreateserial", "-days", "2", "-extfile", `${STACK}/${name}.ext`, "-out", `${STACK}/${name}.crt`);
    return kept(name);
}
function own(name, subject) {
    openssl("req", "-x509", ...EC, "-days", "2", "-subj", subject, "-keyout", `${STACK}/${name}.key`, "-out", `${STACK}/${name}.crt`);
    return kept(name);
}
function send(cert, method, path, lines = [], body = "") {
    return new Promise((resolve, reject) => {
        const length = body ? { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) } : {};
        const request = https.request(new URL(path, here), { method, agent: false, ca: readFileSync(CA), cert: cert?.cert, key: cert?.key, headers: { ...length, ...Object.fromEntries(lines) } }, (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (part) => { text += part; });
            answer.on("end", () => {
                let json = null;
                try { json = JSON.parse(text); } catch { /* not JSON */ }
                resolve({ status: answer.statusCode, text, json });
            });
        });
        request.on("error", reject);
        request.end(body);
    });
}
const post = (cert, path, fields, lines) => send(cert, "POST", path, lines, new URLSearchParams(fields).toString());
const userinfo = (cert, token, scheme = "Bearer") => send(cert, "GET", "/userinfo", [["Authorization", `${scheme} ${token}`]]);

const subject = "/C=VN/O=Cong thu/CN=mtls-portal";
const good = chained("good", subject), renewed = chained("renewed", subject);
const stranger = chained("stranger", "/C=VN/O=Cong thu/CN=another"), forged = own("forged", subject);
const named = chained("named", "/CN=x", "DNS:named.example.vn", "URI:https://named.example.vn/", "IP:203.0.113.7", "email:van-thu@example.vn");
const misnamed = chained("misnamed", "/CN=named.example.vn", "DNS:other.example.vn"); // the name stands elsewhere
const mine = own("mine", "/CN=self"), thief = own("thief", "/CN=self");
const common = ["--profile", "fapi2", "--name-vi", "Cổng thử", "--dpop", "false", "--tls-bound", "true", "--scopes", "openid profile", "--grants", "authorization_code refresh_token client_credentials"];
motcua("client", "add", "mtls-portal", ...common, "--redirect", "https://mtls-portal.example.vn/cb", "--auth", "tls_client_auth", "--tls-subject", "CN=mtls-portal,O=Cong thu,C=VN");
for (const [kind, name] of [["dns", "named.example.vn"], ["uri", "https://named.example.vn/"], ["ip", "203.0.113.7"], ["email", "van-thu@example.vn"]])
    motcua("client", "add", `mtls-${kind}`, ...common, "--redirect", `https://mtls-${kind}.example.vn/cb`, "--auth", "tls_client_auth", `--tls-${kind}`, name);
assert.throws(() => motcua("client", "add", "mtls-both", ...common, "--redirect", "https://mtls-both.example.vn/cb", "--auth", "tls_client_auth", "--tls-dns", "a.example.vn", "--tls-ip", "203.0.113.7"));
writeFileSync(`${STACK}/mine.jwks`, JSON.stringify({ keys: [{ ...mine.jwk, kid: "mine", use: "sig", alg: "ES256" }] }));
motcua("client", "add", "mtls-self", ...common, "--redirect", "https://mtls-self.example.vn/cb", "--auth", "self_signed_tls_client_auth", "--jwks-file", `${STACK}/mine.jwks`);
await settled();

const discovery = (await send(null, "GET", "/.well-known/openid-configuration")).json;
assert.equal(discovery.tls_client_certificate_bound_access_tokens, true);
for (const list of ["token", "introspection", "revocation"])
    for (const way of ["tls_client_auth", "self_signed_tls_client_auth"])
        assert.ok(discovery[`${list}_endpoint_auth_methods_supported`].includes(way), `${list}: ${way}`);

for (const kind of ["uri", "ip", "email"]) { // the same door; the other names of the certificate
    const p = { id: `mtls-${kind}`, callback: `https://mtls-${kind}.example.vn/cb` };
    assert.equal((await post(named, "/par", ask(p))).status, 201, kind);
    assert.equal((await post(misnamed, "/par", ask(p))).status, 401, kind);
}

const browser = await new Browser().signIn();
const clients = [
    { id: "mtls-portal", certificate: good, bad: { "no certificate": null, "another subject": stranger, "the subject without a chain": forged, "a client with its own": mine } },
    { id: "mtls-dns", certificate: named, bad: { "no certificate": null, "the name as its subject": misnamed } },
    { id: "mtls-self", certificate: mine, bad: { "no certificate": null, "the same subject, another key": thief, "a good chain": good } },
];
for (const { id, certificate, bad } of clients) {
    const p = { id, callback: `https://${id}.example.vn/cb` };
    const refusedFor = async (what, path, fields) => {
        for (const [who, cert] of Object.entries(bad)) {
            const answer = await post(cert, path, fields);
            assert.equal(answer.status, 401, `${id}, ${what}, ${who}: ${answer.text}`);
            assert.equal(answer.json.error, "invalid_client", `${id}, ${what}, ${who}`);
        }
    };
    // Pushed: only with the certificate, which no header of the client's own stands for.
    await refusedFor("pushed", "/par", ask(p));
    const header = (cert) => [["Client-Cert", `:${new X509Certificate(cert.cert).raw.toString("base64")}:`], ["Client-Cert-Verified", "SUCCESS"]];
    assert.equal((await post(null, "/par", ask(p), header(certificate))).status, 401, "a header says nothing");
    assert.equal((await post(certificate, "/par", { ...ask(p), client_secret: "guess" })).status, 401, "a secret beside it");
    const pushed = await post(certificate, "/par", ask(p));
    assert.equal(pushed.status, 201, pushed.text);
    const back = await browser.follow(await browser.visit(door(p, pushed.json.request_uri)), 0);
    const { code } = query(back.next);
    assert.ok(code, `${back.status} ${back.next} ${back.text.slice(-400)}`);

    // Redeemed: refused for the others, and the code lives on.
    const redeem = { grant_type: "authorization_code", client_id: id, code, redirect_uri: p.callback, code_verifier: verifier };
    await refusedFor("redeemed", "/token", redeem);
    const tokens = await post(certificate, "/token", redeem);
    assert.equal(tokens.status, 200, tokens.text);
    assert.equal(tokens.json.token_type, "Bearer");
    const claims = JSON.parse(Buffer.from(tokens.json.access_token.split(".")[1], "base64url"));
    assert.deepEqual(claims.cnf, { "x5t#S256": certificate.x5t });

    // Used: with this very certificate.
    const info = await userinfo(certificate, tokens.json.access_token);
    assert.equal(info.status, 200, info.text);
    assert.equal(info.json.name, "Nguyễn Văn Thử");
    for (const [who, cert] of Object.entries({ ...bad, "the next certificate of the same subject": renewed })) {
        const answer = await userinfo(cert, tokens.json.access_token);
        assert.equal(answer.status, 401, `${id}, userinfo, ${who}: ${answer.text}`);
    }
    assert.equal((await send(null, "GET", "/userinfo", [["Authorization", `Bearer ${tokens.json.access_token}`], ...header(certificate)])).status, 401);
    assert.equal((await userinfo(certificate, tokens.json.access_token, "DPoP")).status, 401, "bound to a certificate, not to a key");

    // Told about and refreshed; a refresh token goes nowhere without the certificate.
    const refresh = { grant_type: "refresh_token", client_id: id, refresh_token: tokens.json.refresh_token };
    await refusedFor("refreshed", "/token", refresh);
    const again = await post(certificate, "/token", refresh);
    assert.equal(again.status, 200, again.text);
    await refusedFor("introspected", "/introspect", { client_id: id, token: again.json.access_token });
    const told = await post(certificate, "/introspect", { client_id: id, token: again.json.access_token });
    assert.deepEqual([told.json.active, told.json.cnf["x5t#S256"]], [true, certificate.x5t]);
    await refusedFor("revoked", "/revoke", { client_id: id, token: again.json.access_token });
    assert.equal((await post(certificate, "/revoke", { client_id: id, token: again.json.access_token })).status, 200);
    assert.equal((await userinfo(certificate, again.json.access_token)).status, 401, "given back");
}

// A renewed certificate of the same subject is the same client, but not what the grant is bound to.
const machine = { grant_type: "client_credentials", client_id: "mtls-portal" };
const own_ = await post(renewed, "/token", machine);
assert.equal(own_.status, 200, own_.text);
const p = { id: "mtls-portal", callback: "https://mtls-portal.example.vn/cb" };
const { code } = query((await browser.visit(door(p, (await post(good, "/par", ask(p))).json.request_uri))).next);
const tokens = await post(good, "/token", { grant_type: "authorization_code", client_id: p.id, code, redirect_uri: p.callback, code_verifier: verifier });
const moved = await post(renewed, "/token", { grant_type: "refresh_token", client_id: p.id, refresh_token: tokens.json.refresh_token });
assert.deepEqual([moved.status, moved.json.error], [400, "invalid_grant"], moved.text);
console.log("certificates prove clients at /par, /token, /introspect and /revoke, and bind what they get");
process.exit(0);
