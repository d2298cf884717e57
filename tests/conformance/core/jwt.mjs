// jwt.mjs - signing by hand, since tests must make what a library rightly refuses to: no alg, a wrong
// signature, private keys in headers, alg none. Verification of what the provider sends is jose's.
import { constants, createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign as rawSign, webcrypto } from "node:crypto";
import { calculateJwkThumbprint } from "jose";

globalThis.crypto ??= webcrypto; // Node.js 18

export const b64 = (data) => Buffer.from(data).toString("base64url");
export const sha256 = (text) => createHash("sha256").update(text).digest("base64url");
export const random = (bytes = 32) => randomBytes(bytes).toString("base64url");
export const now = () => Math.floor(Date.now() / 1000);

const kinds = {
    ES256: ["ec", { namedCurve: "P-256" }], RS256: ["rsa", { modulusLength: 2048 }], PS256: ["rsa", { modulusLength: 2048 }],
    EdDSA: ["ed25519", {}],
};
export async function newKey(alg = "ES256") {
    const { privateKey, publicKey } = generateKeyPairSync(...kinds[alg]);
    const jwk = publicKey.export({ format: "jwk" });
    return { alg, privateKey, jwk, secretJwk: privateKey.export({ format: "jwk" }), kid: (await calculateJwkThumbprint(jwk)).slice(0, 16), jkt: await calculateJwkThumbprint(jwk) };
}
export async function keyFromJwk(jwk) {
    const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
    const open = createPublicKey(privateKey).export({ format: "jwk" });
    return { alg: jwk.alg ?? "ES256", privateKey, jwk: open, secretJwk: privateKey.export({ format: "jwk" }), kid: jwk.kid, jkt: await calculateJwkThumbprint(open) };
}
function mac(alg, input, key) {
    switch (alg) {
    case "none": return Buffer.alloc(0);
    case "HS256": return createHmac("sha256", key).update(input).digest();
    case "ES256": return rawSign("sha256", input, { key, dsaEncoding: "ieee-p1363" });
    case "RS256": return rawSign("sha256", input, key);
    case "PS256": return rawSign("sha256", input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case "EdDSA": return rawSign(null, input, key);
    default: throw new Error(`no such algorithm: ${alg}`);
    }
}
// `alg` may differ from what the header says.
export function sign(header, claims, key, alg = header.alg) {
    const input = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(claims))}`;
    return `${input}.${mac(alg, Buffer.from(input), key?.privateKey ?? key).toString("base64url")}`;
}
export function decode(token) {
    const [head, body] = token.split(".");
    return { header: JSON.parse(Buffer.from(head, "base64url")), claims: JSON.parse(Buffer.from(body, "base64url")) };
}
// The same token with one bit of its signature changed.
export function spoil(token) {
    const parts = token.split(".");
    const bytes = Buffer.from(parts[2], "base64url");
    bytes[5] ^= 1;
    return `${parts[0]}.${parts[1]}.${bytes.toString("base64url")}`;
}
export const without = (object, ...names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
