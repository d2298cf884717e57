// checks.mjs - what every module looks at, whatever its own question is.
import { plain } from "./browser.mjs";

// Shannon's entropy of the characters, times the length: a measured lower bound, not the true one.
export function entropyBits(text) {
    const counts = new Map();
    for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    let bits = 0;
    for (const n of counts.values()) bits -= (n / text.length) * Math.log2(n / text.length);
    return bits * text.length;
}
// At least 128 bits by length (6 bits a letter at most), at least 96 measured.
export function unguessable(t, what, value) {
    t.check(typeof value === "string" && value.length >= 22, `${what} has ${value?.length} characters: less than 128 bits`);
    if (typeof value === "string" && value.length > 0)
        t.check(entropyBits(value) >= 96, `${what}: measured entropy ${entropyBits(value).toFixed(0)} bits, less than 96`);
}
// RFC 6749 4.1.2.1 and 5.2: %x20-21 / %x23-5B / %x5D-7E.
export function errorText(t, where, members) {
    for (const name of ["error", "error_description"])
        if (members[name] !== undefined)
            t.check(typeof members[name] === "string" && /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(members[name]), `${where}: ${name} has characters that RFC 6749 excludes`);
    if (members.error_uri !== undefined)
        t.check(/^[\x21\x23-\x5b\x5d-\x7e]*$/.test(members.error_uri), `${where}: error_uri is no URI reference`);
}
// Any answer of the provider.
export function answerOf(t, answer) {
    t.check(answer.status < 500, `${answer.brief}: a fault of the server`);
    t.check(![307, 308].includes(answer.status), `${answer.brief}: a redirect that repeats the body (RFC 9700 4.12)`);
    t.check(answer.all("date").length === 1, `${answer.brief}: no Date header`);
    if (answer.location && answer.method === "POST") t.check(answer.status === 303, `${answer.brief}: after POST only 303 is safe`);
    t.check(answer.all("location").length <= 1 && answer.all("content-type").length <= 1, `${answer.brief}: repeated header`);
}
// An answer of an endpoint for machines.
export function jsonAnswer(t, answer) {
    answerOf(t, answer);
    t.check(answer.type === "application/json", `${answer.brief}: content type ${answer.header("content-type")}`);
    t.check(answer.json !== undefined && answer.json !== null && typeof answer.json === "object", `${answer.brief}: no JSON object`);
    return answer.json ?? {};
}
export function refusal(t, answer, statuses, errors) {
    const body = jsonAnswer(t, answer);
    t.check(statuses.includes(answer.status), `${answer.brief}: expected ${statuses.join(" or ")}`);
    t.check(errors.includes(body.error), `${answer.brief}: error is ${body.error}, expected ${errors.join(" or ")}`);
    errorText(t, answer.url, body);
    t.check(body.access_token === undefined && body.id_token === undefined && body.request_uri === undefined, `${answer.brief}: an error with a credential`);
}
// RFC 6750 3, RFC 9449 7.1: 401 (or 400) and why.
export function resourceRefusal(t, answer, what) {
    answerOf(t, answer);
    t.check([400, 401].includes(answer.status), `${what}: ${answer.brief}: expected 401 or 400`);
    if (answer.status === 401) t.check(answer.all("www-authenticate").length > 0, `${what}: ${answer.brief}: no WWW-Authenticate`);
}
export function publicKeys(t, jwks) {
    t.need(Array.isArray(jwks?.keys) && jwks.keys.length > 0, "the JWK set has no keys");
    const kids = jwks.keys.map((key) => key.kid);
    t.check(kids.every((kid) => typeof kid === "string" && kid.length > 0), "a key without kid");
    t.check(new Set(kids).size === kids.length, "two keys have the same kid");
    for (const key of jwks.keys) {
        for (const part of ["d", "p", "q", "dp", "dq", "qi", "k", "oth"]) t.check(key[part] === undefined, `key ${key.kid}: ${part} is a private part`);
        t.check(["RSA", "EC", "OKP"].includes(key.kty), `key ${key.kid}: kty ${key.kty}`);
        if (key.kty === "RSA") t.check(Buffer.from(key.n ?? "", "base64url").length >= 256, `key ${key.kid}: less than 2048 bits`);
        if (key.kty === "EC") t.check(["P-256", "P-384", "P-521"].includes(key.crv), `key ${key.kid}: curve ${key.crv}`);
        for (const part of ["n", "e", "x", "y"])
            if (key[part] !== undefined) t.check(/^[A-Za-z0-9_-]+$/.test(key[part]), `key ${key.kid}: ${part} is no base64url`);
        t.check(key.use === undefined || ["sig", "enc"].includes(key.use), `key ${key.kid}: use ${key.use}`);
    }
}
// OIDC Core 5.1: claims that tell who somebody is; 5.4: the scopes that ask for them.
export const scopeClaims = {
    profile: ["name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"],
    email: ["email", "email_verified"],
    address: ["address"],
    phone: ["phone_number", "phone_number_verified"],
};
export const personClaims = Object.values(scopeClaims).flat();
const shapes = {
    email_verified: "boolean", phone_number_verified: "boolean", updated_at: "number", address: "object",
};
export function claimShapes(t, where, claims) {
    for (const name of personClaims) {
        if (claims[name] === undefined) continue;
        t.check(typeof claims[name] === (shapes[name] ?? "string") && claims[name] !== null, `${where}: ${name} is a ${typeof claims[name]}`);
        t.check(claims[name] !== "", `${where}: ${name} is empty`);
    }
    if (claims.birthdate !== undefined) t.check(/^\d{4}(-\d\d-\d\d)?$/.test(claims.birthdate), `${where}: birthdate ${claims.birthdate}`);
    if (claims.address) for (const [name, value] of Object.entries(claims.address)) t.check(typeof value === "string", `${where}: address.${name} is no string`);
    if (claims.email !== undefined) t.check(/^[^@\s]+@[^@\s]+$/.test(claims.email), `${where}: email`);
}
// A page that explains an error to the person and leads nowhere.
export function errorPage(t, back, what) {
    t.need(back.kind === "page", `${what}: expected a page of the provider, but the browser was sent to ${back.url}`);
    t.check(back.last.status >= 400 && back.last.status < 500, `${what}: the page has status ${back.last.status}`);
    t.check(back.last.type === "text/html", `${what}: the page is ${back.last.type}`);
    t.check(plain(back.last.text.replace(/<[^>]*>/g, " ")).trim().length > 20, `${what}: the page says nothing`);
}
