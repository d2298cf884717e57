// The demo portal's back-channel logout: whoever leaves here is out there too, and no token but ours
// ends a session. Bad tokens are signed with motcua's own key, so that the signature is not why.
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, SignJWT } from "jose";
import { Browser, call, form, here, systems, until } from "../fault/stage.mjs";
import { code, redeem } from "./machine.mjs";

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const back = `${systems}/portal/backchannel-logout`;
const published = JSON.parse((await call(`${here}/jwks`)).text).keys;
const keys = [];
for (const file of readdirSync(`${process.env.STACK}/keys`).filter((name) => name.endsWith(".pem"))) {
    const key = createPrivateKey(readFileSync(`${process.env.STACK}/keys/${file}`));
    const print = await calculateJwkThumbprint(await exportJWK(createPublicKey(key)));
    for (const jwk of published) if (await calculateJwkThumbprint(jwk) === print) keys.push({ key, kid: jwk.kid, alg: jwk.alg });
}
const ours = keys.find((one) => one.alg === "ES256");
assert.ok(ours, "motcua signs with ES256");
const other = { key: (await generateKeyPair("ES256")).privateKey, kid: ours.kid, alg: "ES256" };

async function signIn(person, browser = new Browser()) {
    let answer = await browser.visit(`${systems}/portal/sign-in`);
    for (let i = 0; i < 14; i++) {
        if (answer.url?.endsWith("/portal/dossiers")) break;
        if (answer.next) answer = await browser.visit(answer.next.startsWith(`${systems}/vneid/authorize`) ? `${answer.next}&persona=${person}` : answer.next);
        else {
            const way = answer.text.match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1];
            if (!way) break;
            answer = await browser.visit(here + way.replaceAll("&amp;", "&"));
        }
    }
    assert.ok(await isIn(browser), `${answer.status} ${answer.url} ${answer.text.slice(0, 400)}`);
    return browser;
}
const isIn = async (browser) => (await browser.visit(`${systems}/portal/dossiers`)).status === 200;
const tell = (logout_token) => call(back, form({ logout_token }));
async function logoutToken(claims = {}, head = {}, by = ours) {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: here, aud: "demo-portal", iat: now, exp: now + 120, jti: randomUUID(), events: { [EVENT]: {} }, sid, ...claims };
    for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
    return new SignJWT(all).setProtectedHeader({ typ: "logout+jwt", alg: by.alg, kid: by.kid, ...head }).sign(by.key);
}

// 1. Leaving motcua: the portal hears it and forgets the person; another person's browser stays in.
const thu = await signIn("thu");
const another = await signIn("hoa");
const page = await thu.visit(`${here}/logout`);
const said = (name) => page.text.match(new RegExp(`name="${name}" value="([^"]*)"`))[1].replaceAll("&amp;", "&");
const left = await thu.visit(`${here}/logout`, form({ csrf: said("csrf"), request: said("request") }));
assert.ok([200, 303].includes(left.status), `${left.status} ${left.text.slice(0, 400)}`);
assert.ok(await until(async () => !await isIn(thu), 10000), "the portal heard of it");
assert.ok(await isIn(another));

// 2. Tokens that end nothing, though they name the person's session.
const { sid, sub } = decodeJwt((await redeem(await code(another))).json.id_token);
const now = Math.floor(Date.now() / 1000);
const bad = {
    "of another issuer": logoutToken({ iss: `${here}/x` }),
    "for another client": logoutToken({ aud: "demo-onestop" }),
    "without the event": logoutToken({ events: undefined }),
    "with another event": logoutToken({ events: { "urn:other": {} } }),
    "with an event that is no object": logoutToken({ events: { [EVENT]: true } }),
    "with a nonce": logoutToken({ nonce: "n" }),
    "without sub and sid": logoutToken({ sid: undefined }),
    "without jti": logoutToken({ jti: undefined }),
    "without iat": logoutToken({ iat: undefined }),
    "without exp": logoutToken({ exp: undefined }),
    "over its time": logoutToken({ iat: now - 100, exp: now - 60 }),
    "old": logoutToken({ iat: now - 3600 }),
    "of tomorrow": logoutToken({ iat: now + 3600, exp: now + 7200 }),
    "with the type of another": logoutToken({}, { typ: "at+jwt" }),
    "without a type": logoutToken({}, { typ: undefined }),
    "signed by another": logoutToken({}, {}, other),
    "unsigned": (async () => {
        const [, body] = (await logoutToken()).split(".");
        return `${Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString("base64url")}.${body}.`;
    })(),
    "no token": Promise.resolve("x"),
};
for (const [name, token] of Object.entries(bad)) {
    const answer = await tell(await token);
    assert.equal(answer.status, 400, `${name}: ${answer.text}`);
    assert.equal(JSON.parse(answer.text).error, "invalid_request", name);
}
assert.equal((await call(back, form({}))).status, 400);
assert.ok(await isIn(another), "none of them ended it");

// 3. A good one works once, and for whom it names only; whoever signs in again afterwards is in.
const nobody = await logoutToken({ sid: "of-nobody", sub });
const heard = await tell(nobody);
assert.equal(heard.status, 200, heard.text);
assert.match(heard.headers.get("cache-control") ?? "", /no-store/);
assert.equal((await tell(await logoutToken({ sub: "nobody" }))).status, 200);
assert.equal((await tell(await logoutToken({ sid: undefined, sub: "nobody" }))).status, 200);
assert.ok(await isIn(another));
for (const claims of [{}, { sub }, { sid: undefined, sub }]) {
    const once = await logoutToken(claims);
    assert.equal((await tell(once)).status, 200);
    assert.ok(!await isIn(another), JSON.stringify(claims));
    await signIn("hoa", another);
    assert.equal((await tell(once)).status, 400, "used before");
    assert.ok(await isIn(another));
}
console.log("demo_logout ok");
