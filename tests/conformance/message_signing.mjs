// message_signing.mjs - FAPI 2.0 Message Signing, signed authorization requests: the request object (RFC 9101)
// is pushed. The other modules of that plan are those of fapi2.mjs.
import { refusal } from "./core/checks.mjs";
import { newKey, now, random, sign, spoil } from "./core/jwt.mjs";

const HOUR_S = 3600;
const merge = (base, change) => Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, value]) => value !== null && value !== undefined));
const par = (t) => t.meta.pushed_authorization_request_endpoint;

// A pushed request object; what is changed of its header and claims, and the key that signs it.
function object(rp, { header = {}, claims = {}, key = rp.client.key, alg } = {}) {
    const at = now();
    return sign(merge({ typ: "oauth-authz-req+jwt", alg: rp.client.key.alg, kid: rp.client.key.kid }, header),
        merge({ iss: rp.client.client_id, aud: rp.meta.issuer, iat: at, nbf: at, exp: at + 300, jti: random(16), ...rp.sent }, claims), key, alg);
}
const works = (change = () => ({}), role = "signed") => async (t) => {
    const rp = t.rp(role);
    rp.prepare();
    const request_uri = await rp.push({ client_id: rp.client.client_id, request: object(rp, change(t, now(), rp)) });
    await rp.redeem(rp.code(await rp.send(rp.frontUrl({ client_id: rp.client.client_id, request_uri }))));
    await rp.userinfo();
};
const fails = (change, role = "signed") => async (t) => {
    const rp = t.rp(role);
    rp.prepare();
    const made = await change(t, now(), rp);
    const request = typeof made === "string" ? made : object(rp, made);
    refusal(t, await rp.post(par(t), { client_id: rp.client.client_id, request }, { dpop: false }), [400], ["invalid_request_object"]);
};

const all = {
    "ensure-request-object-with-multiple-aud-succeeds": works((t) => ({ claims: { aud: [t.meta.issuer, "https://other.example"] } })),
    "ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted": works((t, at) => ({ claims: { nbf: at + 8 } })),
    "ensure-request-object-without-exp-fails": fails(() => ({ claims: { exp: null } })),
    "ensure-request-object-without-nbf-fails": fails(() => ({ claims: { nbf: null } })),
    "ensure-expired-request-object-fails": fails((t, at) => ({ claims: { nbf: at - 420, iat: at - 420, exp: at - 300 } })),
    "ensure-request-object-with-bad-aud-fails": fails(() => ({ claims: { aud: "https://elsewhere.example" } })),
    "ensure-request-object-with-exp-over-60-fails": fails((t, at) => ({ claims: { exp: at + HOUR_S + 600 } })),
    "ensure-request-object-with-nbf-over-60-fails": fails((t, at) => ({ claims: { nbf: at - HOUR_S - 600, iat: at - HOUR_S - 600 } })),
    "ensure-signed-request-object-with-RS256-fails": async (t) => {
        if (!t.has("signed_rsa")) t.skip("no client with an RSA key is configured");
        await works(undefined, "signed_rsa")(t); // PS256 of the same key works
        await fails(() => ({ header: { alg: "RS256" } }), "signed_rsa")(t);
    },
    "ensure-request-object-signature-algorithm-is-not-none": fails(() => ({ header: { alg: "none" } })),
    "ensure-request-object-with-invalid-signature-fails": fails((t, at, rp) => spoil(object(rp))),
    "ensure-matching-key-in-authorization-request": fails(async (t, at, rp) => {
        // Another's key under this client's kid.
        const key = t.has("second") ? t.world.client("second").key : await newKey();
        return object(rp, { key });
    }),
    "ensure-unsigned-request-at-par-endpoint-fails": async (t) => {
        const rp = t.rp("signed");
        rp.prepare();
        refusal(t, await rp.post(par(t), rp.sent, { dpop: false }), [400], ["invalid_request", "invalid_request_object"]);
    },
    "par-authorization-request-containing-request_uri": fails(() => ({ claims: { request_uri: "urn:ietf:params:oauth:request_uri:of-another" } })),
};
export const modules = Object.fromEntries(Object.entries(all).map(([name, module]) => [`fapi2-security-profile-final-${name}`, module]));
