// machine.mjs - what the stories of the token endpoint share: calls whose header lines are sent as
// they are written, keys and proofs of possession made with jose, and a code for a browser.
import assert from "node:assert/strict";
import { createHash, randomUUID, webcrypto } from "node:crypto";
import http from "node:http";
import { here, secret, systems } from "../fault/stage.mjs";

const jose = await import("jose");
export const callback = `${systems}/portal/callback`;
export const portal = { client_id: "demo-portal", client_secret: secret("demo_portal") };
export const onestop = { client_id: "demo-onestop", client_secret: secret("demo_onestop") };
export const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
export const hash = (text) => createHash("sha256").update(text).digest("base64url");
export const now = () => Math.floor(Date.now() / 1000);

// `lines` are [name, value] pairs; names keep their letters and may come twice.
export function raw(method, path, lines = [], body = "") {
    return new Promise((resolve, reject) => {
        const url = new URL(path, here);
        const length = body ? [["Content-Length", String(Buffer.byteLength(body))]] : [];
        const headers = [["Host", url.host], ...length, ...lines].flat();
        const request = http.request({ host: url.hostname, port: url.port, path: url.pathname + url.search, method, headers, agent: false }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("end", () => {
                const text = Buffer.concat(parts).toString();
                let json = null;
                try { json = JSON.parse(text); } catch { /* not JSON */ }
                resolve({ status: answer.statusCode, headers: answer.headers, text, json });
            });
        });
        request.on("error", reject);
        request.end(body);
    });
}
const FORM = ["Content-Type", "application/x-www-form-urlencoded"];
export const post = (path, fields, lines = []) => raw("POST", path, [FORM, ...lines], new URLSearchParams(fields).toString());
export const token = (fields, lines = []) => post("/token", fields, lines);

export async function keyPair(alg = "ES256") {
    const pair = await jose.generateKeyPair(alg, { extractable: true });
    const jwk = await jose.exportJWK(pair.publicKey);
    return { ...pair, alg, jwk, secretJwk: await jose.exportJWK(pair.privateKey), jkt: await jose.calculateJwkThumbprint(jwk) };
}
// A proof; undefined in `head` or `claims` leaves the member out.
export async function proof(key, method, url, accessToken, { head = {}, claims = {}, by = key.privateKey } = {}) {
    const payload = { jti: randomUUID(), htm: method, htu: url, iat: now(), ...(accessToken ? { ath: hash(accessToken) } : {}), ...claims };
    const header = { typ: "dpop+jwt", alg: key.alg, jwk: key.jwk, ...head };
    return new jose.SignJWT(payload).setProtectedHeader(header).sign(by);
}
// The same without jose's own checks of the header.
export async function bareProof(key, method, url, accessToken, head, claims = {}) {
    const payload = { jti: randomUUID(), htm: method, htu: url, iat: now(), ath: hash(accessToken), ...claims };
    const text = [head, payload].map((part) => b64(JSON.stringify(part))).join(".");
    const signature = await webcrypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, Buffer.from(text));
    return `${text}.${b64(signature)}`;
}

export const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // RFC 7636, appendix B
export async function code(browser, more = {}, scope = "openid profile") {
    const url = `${here}/authorize?${new URLSearchParams({
        client_id: "demo-portal", redirect_uri: callback, response_type: "code", scope, state: "s", nonce: "n-1",
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more })}`;
    const answer = await browser.visit(url);
    assert.ok(answer.next?.startsWith(more.redirect_uri ?? callback), `${answer.status} ${answer.next} ${answer.text.slice(-600)}`);
    const query = new URL(answer.next).searchParams;
    assert.ok(query.get("code"), answer.next);
    return query.get("code");
}
export const redeem = (code_, more = {}, lines = []) => token({
    ...portal, grant_type: "authorization_code", code: code_, redirect_uri: callback, code_verifier: verifier, ...more }, lines);
export const userinfo = (lines, path = "/userinfo", method = "GET", body = "") => raw(method, path, lines, body);
