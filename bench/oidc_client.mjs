// oidc_client.mjs - a light OpenID client for measuring providers: raw node:http with kept connections,
// keys made beforehand, no library, so that it takes as little of the machine as it can.
import assert from "node:assert/strict";
import { createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const random = (bytes = 24) => randomBytes(bytes).toString("base64url");
const b64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sha256 = (text) => createHash("sha256").update(text).digest("base64url");

export function send(method, url, headers = {}, body = "") {
    return new Promise((resolve, reject) => {
        const sent = request(url, { method, agent, headers: body ? { ...headers, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) } : headers }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }));
        });
        sent.on("error", reject);
        sent.end(body);
    });
}
const form = (fields) => new URLSearchParams(fields).toString();

// One browser's cookies, by host and port.
export class Jar {
    constructor() { this.hosts = new Map(); }
    async get(url) {
        const { host } = new URL(url);
        const cookies = this.hosts.get(host) ?? this.hosts.set(host, new Map()).get(host);
        const answer = await send("GET", url, { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "), Accept: "text/html" });
        for (const line of answer.headers["set-cookie"] ?? []) {
            const [pair] = line.split(";"), at = pair.indexOf("=");
            if (/max-age=0|1970/i.test(line)) cookies.delete(pair.slice(0, at));
            else cookies.set(pair.slice(0, at), pair.slice(at + 1));
        }
        return answer;
    }
}

function jws(key, head, claims) {
    const text = `${b64({ alg: "ES256", ...head })}.${b64(claims)}`;
    return `${text}.${sign("sha256", Buffer.from(text), { key: key.private, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}
export const keyOf = ({ d, ...jwk }) => ({ public: jwk, private: createPrivateKey({ key: { ...jwk, d }, format: "jwk" }) });

export class Client {
    constructor(provider, client, { fapi = false, dpop = null } = {}) {
        Object.assign(this, { provider, client, fapi, dpop });
        this.headers = fapi ? {} : { Authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` };
    }
    proof(method, url, token) {
        const now = Math.floor(Date.now() / 1000), { kty, crv, x, y } = this.dpop.public;
        return jws(this.dpop, { typ: "dpop+jwt", jwk: { kty, crv, x, y } },
            { jti: random(), htm: method, htu: url, iat: now, ...(token ? { ath: sha256(token) } : {}) });
    }
    assertion() {
        const now = Math.floor(Date.now() / 1000);
        return { client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            client_assertion: jws(this.client.key, { kid: this.client.key.public.kid }, { iss: this.client.id, sub: this.client.id, aud: this.provider.issuer, jti: random(), iat: now, exp: now + 60 }) };
    }
    async post(url, fields) {
        return send("POST", url, this.fapi ? { DPoP: this.proof("POST", url) } : this.headers,
            form(this.fapi ? { ...fields, client_id: this.client.id, ...this.assertion() } : fields));
    }
    // One whole flow over a session that the jar has: a code, tokens, and in FAPI 2.0 the claims.
    async flow(jar, step = () => {}) {
        const { provider, client } = this, verifier = random(32), state = random(16), nonce = random(16);
        let asked = { client_id: client.id, redirect_uri: client.redirect, response_type: "code", scope: "openid profile", state, nonce,
            code_challenge: sha256(verifier), code_challenge_method: "S256" };
        if (this.fapi) {
            const pushed = await this.post(provider.pushed_authorization_request_endpoint, asked);
            assert.equal(pushed.status, 201, pushed.text);
            asked = { client_id: client.id, request_uri: JSON.parse(pushed.text).request_uri };
        }
        const answer = await jar.get(`${provider.authorization_endpoint}?${form(asked)}`);
        const back = await step(answer, jar) ?? answer;
        assert.ok(back.headers.location?.startsWith(`${client.redirect}?`), `a code: ${back.status} ${back.headers.location} ${back.text.slice(0, 400)}`);
        const got = new URL(back.headers.location).searchParams;
        assert.equal(got.get("state"), state);
        assert.equal(got.get("iss"), provider.issuer);
        const granted = await this.post(provider.token_endpoint, { grant_type: "authorization_code", code: got.get("code"), redirect_uri: client.redirect, code_verifier: verifier });
        assert.equal(granted.status, 200, granted.text);
        const tokens = JSON.parse(granted.text);
        const claims = JSON.parse(Buffer.from(tokens.id_token.split(".")[1], "base64url"));
        assert.equal(claims.nonce, nonce);
        if (this.fapi) {
            const told = await send("GET", provider.userinfo_endpoint, { Authorization: `DPoP ${tokens.access_token}`, DPoP: this.proof("GET", provider.userinfo_endpoint, tokens.access_token) });
            assert.equal(told.status, 200, told.text);
            assert.equal(JSON.parse(told.text).sub, claims.sub);
        }
        return tokens;
    }
}

export async function discover(issuer) {
    const told = JSON.parse((await send("GET", `${issuer}/.well-known/openid-configuration`)).text);
    assert.equal(told.issuer, issuer);
    return told;
}

// What a process has used of the processor, in milliseconds, and its resident memory in KiB.
const TICK_MS = 10; // USER_HZ is 100 wherever Linux shows it
export function usage(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return { cpu: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rss: Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)[1]) };
}
export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// n flows, `jars.length` at a time.
export async function run(client, jars, n, step) {
    let left = n;
    await Promise.all(jars.map(async (jar) => { while (left-- > 0) await client.flow(jar, step); }));
}

// Follows a browser's way from an answer of /authorize to the client's redirect address: the sign-in of
// either provider; at motcua through VNeID, the sandbox's, as one of its people.
export function signIn(client, persona = "thu") {
    return async (answer, jar) => {
        let at = client.provider.issuer;
        for (let i = 0; i < 12 && !answer.headers.location?.startsWith(client.client.redirect); i++) {
            const way = answer.headers.location ?? answer.text.match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1]?.replaceAll("&amp;", "&");
            assert.ok(way, `a way on: ${answer.status} ${at} ${answer.text.slice(0, 400)}`);
            const to = new URL(way, at);
            if (to.pathname === "/vneid/authorize") to.searchParams.set("persona", persona);
            answer = await jar.get(at = to.href);
        }
        return answer;
    };
}
