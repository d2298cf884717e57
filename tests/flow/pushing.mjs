// pushing.mjs - a portal of profile fapi2: it signs who it is, pushes what it asks for, and proves
// possession of its key.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { here, motcua, sleep } from "../fault/stage.mjs";
import * as m from "./machine.mjs";

const jose = await import("jose");
const JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// What another process registers is seen within two seconds (CLIENT_FRESH_MS).
export const settled = () => sleep(2500);
export async function portal(id, more = [], profile = "fapi2") {
    const key = await m.keyPair("ES256");
    const file = `${process.env.STACK}/${id}.jwks`;
    writeFileSync(file, JSON.stringify({ keys: [{ ...key.jwk, kid: `${id}-1`, use: "sig", alg: "ES256" }] }));
    motcua("client", "add", id, "--profile", profile, "--name-vi", "Cổng thử", "--redirect", `https://${id}.example.vn/cb`,
        "--auth", "private_key_jwt", "--jwks-file", file, "--scopes", "openid profile email", ...more);
    return { id, key, callback: `https://${id}.example.vn/cb`, kid: `${id}-1` };
}
const sign = (p, claims, header = {}) => new jose.SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: p.kid, ...header }).sign(p.key.privateKey);
export const assertion = async (p, more = {}) => ({
    client_assertion_type: JWT,
    client_assertion: await sign(p, { iss: p.id, sub: p.id, aud: here, jti: randomUUID(), iat: m.now(), exp: m.now() + 60, ...more }),
});
export const ask = (p, more = {}) => ({
    client_id: p.id, redirect_uri: p.callback, response_type: "code", scope: "openid profile", state: "inside", nonce: "n".repeat(64),
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more });
export const object = (p, claims, header) => sign(p, { iss: p.id, aud: here, nbf: m.now() - 5, exp: m.now() + 300, ...claims }, header);
export const push = async (p, fields, lines = []) => m.post("/par", { ...fields, ...(await assertion(p)) }, lines);
export async function pushed(p, fields, lines) {
    const answer = await push(p, fields, lines);
    assert.equal(answer.status, 201, answer.text);
    return answer.json.request_uri;
}
export const door = (p, request_uri, more = {}) => `${here}/authorize?${new URLSearchParams({ client_id: p.id, request_uri, ...more })}`;
export const query = (url) => Object.fromEntries(new URL(url).searchParams);
export const redeem = async (p, code, key, more = {}) => m.post("/token", {
    grant_type: "authorization_code", client_id: p.id, code, redirect_uri: p.callback, code_verifier: m.verifier, ...(await assertion(p)), ...more,
}, key ? [["DPoP", await m.proof(key, "POST", `${here}/token`)]] : []);
