// Signing out, as portals meet it: each way of the logout endpoint, the logout token that comes by the
// back door (read by jose, not by us), a portal that is down, an idle session, a session ended from
// another browser; and what the person sees of it.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify, decodeJwt } from "jose";
import { Browser, call, conf, form, here, kill, motcua, signal, start, stop, systems, until } from "../fault/stage.mjs";

// A portal of our own: its address is told on loopback.
const heard = [];
let portalSays = 200;
const ear = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
        heard.push({ method: request.method, url: request.url, type: request.headers["content-type"], body: new URLSearchParams(body), status: portalSays });
        response.writeHead(portalSays, { Location: "/elsewhere" }).end();
    });
});
await new Promise((resolve) => ear.listen(0, "127.0.0.1", resolve));
const portal = `http://127.0.0.1:${ear.address().port}`;
const secret = randomBytes(24).toString("base64url");
writeFileSync(`${process.env.STACK}/secrets/rp`, secret, { mode: 0o600 });
const register = (id, ...more) => motcua("client", "add", id, "--profile", "oidc", "--redirect", `${portal}/${id}/callback`, "--post-logout", `${portal}/${id}/bye`,
    "--scopes", "openid", "--secret-file", `${process.env.STACK}/secrets/rp`, ...more);
const hasRsa = async () => JSON.parse((await call(`${here}/jwks`)).text).keys.some((key) => key.kty === "RSA");
if (!await hasRsa()) {
    motcua("keys", "make", "--alg", "RS256");
    signal("SIGHUP");
    assert.ok(await until(hasRsa, 5000));
}
register("portal-one", "--backchannel-logout", `${portal}/one/logout?from=motcua`);
register("portal-two", "--backchannel-logout", `${portal}/two/logout`, "--id-token-alg", "ES256");
register("portal-quiet");
const meta = JSON.parse((await call(`${here}/.well-known/openid-configuration`)).text);
assert.ok(meta.backchannel_logout_supported && meta.backchannel_logout_session_supported);
const keys = createRemoteJWKSet(new URL(meta.jwks_uri));
await until(async () => (await call(`${here}/authorize?client_id=portal-quiet`)).text.includes("redirect_uri"), 5000);

const hidden = (page, name) => page.text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1].replaceAll("&amp;", "&");
const address = (id, more) => `${here}/authorize?${new URLSearchParams({ client_id: id, redirect_uri: `${portal}/${id}/callback`, response_type: "code", scope: "openid", state: "s", nonce: "n", ...more })}`;
async function toPortal(browser, answer, person) {
    for (let i = 0; i < 12; i++) {
        if (answer.next?.startsWith(portal)) return new URL(answer.next).searchParams;
        if (answer.next) answer = await browser.visit(answer.next.startsWith(`${systems}/vneid/authorize`) ? `${answer.next}&persona=${person}` : answer.next);
        else {
            const way = answer.text.match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1];
            assert.ok(way, `${answer.status} ${answer.url} ${answer.text.slice(0, 800)}`);
            answer = await browser.visit(here + way.replaceAll("&amp;", "&"));
        }
    }
    throw new Error("never at the portal");
}
async function signIn(browser, id, person = "thu") {
    const code_verifier = randomBytes(32).toString("base64url");
    const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
    const back = await toPortal(browser, await browser.visit(address(id, { code_challenge, code_challenge_method: "S256" })), person);
    const answer = await call(`${here}/token`, form({ grant_type: "authorization_code", code: back.get("code"), redirect_uri: `${portal}/${id}/callback`, client_id: id, client_secret: secret, code_verifier }));
    assert.equal(answer.status, 200, answer.text);
    const tokens = JSON.parse(answer.text);
    return { ...tokens, id, claims: (await jwtVerify(tokens.id_token, keys, { issuer: meta.issuer, audience: id })).payload };
}
const silent = async (browser) => toPortal(browser, await browser.visit(address("portal-one", { prompt: "none" })));
const isOut = async (browser) => (await silent(browser)).get("error") === "login_required";
const alive = async (tokens) => (await call(`${here}/userinfo`, { headers: { Authorization: `Bearer ${tokens.access_token}` } })).status === 200;
const leave = (browser, fields) => browser.visit(`${here}/logout?${new URLSearchParams(fields)}`);
const bye = (id) => `${portal}/${id}/bye`;

// OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.6, as a relying party checks it.
async function checkToken(call_, tokens, path) {
    assert.deepEqual([call_.method, call_.url, call_.type], ["POST", path, "application/x-www-form-urlencoded"]);
    assert.deepEqual([...call_.body.keys()], ["logout_token"]);
    const token = call_.body.get("logout_token");
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: meta.issuer, audience: tokens.id, typ: "logout+jwt", maxTokenAge: 60 });
    assert.equal(protectedHeader.alg, decodeProtectedHeader(tokens.id_token).alg, "the algorithm of its ID tokens");
    assert.deepEqual(Object.keys(payload).sort(), ["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"]);
    assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
    assert.deepEqual([payload.sub, payload.sid], [tokens.claims.sub, tokens.claims.sid]);
    assert.equal(typeof payload.aud, "string");
    return payload.jti;
}
const hears = async (n) => { assert.ok(await until(() => heard.length >= n, 8000, 20), `${heard.length} of ${n} heard`); return heard.splice(0); };

// oidcc-rp-initiated-logout, oidcc-backchannel-rp-initiated-logout: two portals are told at once.
{
    const browser = new Browser();
    const one = await signIn(browser, "portal-one"), two = await signIn(browser, "portal-two");
    assert.equal(one.claims.sid, two.claims.sid);
    const began = Date.now();
    const answer = await leave(browser, { id_token_hint: one.id_token, post_logout_redirect_uri: bye("portal-one"), state: "a b" });
    assert.deepEqual([answer.status, answer.next], [303, `${bye("portal-one")}?state=a%20b`]);
    const calls = (await hears(2)).sort((a, b) => a.url.localeCompare(b.url));
    assert.ok(Date.now() - began < 3000, "at once");
    const first = await checkToken(calls[0], one, "/one/logout?from=motcua");
    assert.notEqual(first, await checkToken(calls[1], two, "/two/logout"));
    assert.ok(await isOut(browser));
    assert.ok(!await alive(one) && !await alive(two));
}

// -bad-post-logout-redirect-uri, -query-added-..., -bad-id-token-hint, -modified-id-token-hint,
// -no-id-token-hint, -only-state: nobody is sent anywhere, and nobody is signed out by it (T4, T7, T20).
{
    const browser = new Browser();
    const one = await signIn(browser, "portal-one");
    const [head, payload, signature] = one.id_token.split(".");
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
    const uri = bye("portal-one");
    const cases = [
        [400, { id_token_hint: one.id_token, post_logout_redirect_uri: "https://evil.example/", state: "s" }],
        [400, { id_token_hint: one.id_token, post_logout_redirect_uri: `${uri}?a=b` }],
        [400, { id_token_hint: one.id_token, post_logout_redirect_uri: `${uri}/` }],
        [400, { id_token_hint: one.id_token, post_logout_redirect_uri: bye("portal-two") }],
        [400, { id_token_hint: one.id_token, client_id: "portal-two", post_logout_redirect_uri: uri }],
        [400, { post_logout_redirect_uri: uri, state: "s" }],
        [200, { id_token_hint: "a.b.c", client_id: "portal-one", post_logout_redirect_uri: uri }],
        [200, { id_token_hint: none, client_id: "portal-one", post_logout_redirect_uri: uri }],
        [200, { id_token_hint: `${head}.${payload}.${signature.slice(0, -4)}AAAA`, post_logout_redirect_uri: uri, client_id: "portal-one" }],
        [200, { client_id: "portal-one", post_logout_redirect_uri: uri, state: "s" }],
        [200, { state: "s" }],
        [200, {}],
    ];
    for (const [status, fields] of cases) {
        const answer = await leave(browser, fields);
        assert.deepEqual([answer.status, answer.next], [status, null], JSON.stringify(fields));
        assert.match(answer.text, /href="\/"/, "a way on");
        assert.equal(answer.headers.get("x-frame-options"), "DENY");
        assert.match(answer.headers.get("content-security-policy"), /frame-ancestors 'none'/);
    }
    assert.ok(!await isOut(browser));
    // A hint that does not verify: also the person's yes leads to no redirect.
    const page = await leave(browser, { id_token_hint: none, client_id: "portal-one", post_logout_redirect_uri: uri, state: "s" });
    const other = await browser.visit(`${here}/logout`, form({ csrf: "x".repeat(22), request: hidden(page, "request") }));
    assert.equal(other.status, 403, "a confirmation with another token");
    const said = await browser.visit(`${here}/logout`, form({ csrf: hidden(page, "csrf"), request: hidden(page, "request") }));
    assert.deepEqual([said.status, said.next], [200, null]);
    assert.ok(await isOut(browser));
    await hears(1);
}

// -no-id-token-hint and yes; -no-state; -no-post-logout-redirect-uri; ui_locales; without anybody.
{
    const browser = new Browser();
    await signIn(browser, "portal-one");
    const page = await leave(browser, { client_id: "portal-one", post_logout_redirect_uri: bye("portal-one"), logout_hint: "x", ui_locales: "fr en-GB" });
    assert.match(page.text, /<html lang="en">/);
    const back = await browser.visit(`${here}/logout`, form({ csrf: hidden(page, "csrf"), request: hidden(page, "request") }));
    assert.deepEqual([back.status, back.next], [303, bye("portal-one")]);
    assert.ok(await isOut(browser));
    await hears(1);
    const again = new Browser();
    const two = await signIn(again, "portal-two");
    const end = await leave(again, { id_token_hint: two.id_token });
    assert.deepEqual([end.status, end.next], [200, null]);
    assert.ok(await isOut(again));
    await hears(1);
    assert.equal((await leave(new Browser(), {})).status, 200);
}

// A portal's own POST, from another site and therefore without our cookie, with a hint too long for
// an address that some proxies take.
{
    const browser = new Browser();
    const one = await signIn(browser, "portal-one");
    const answer = await call(`${here}/logout`, { ...form({ id_token_hint: one.id_token, post_logout_redirect_uri: bye("portal-one"), state: "x".repeat(1500) }),
        headers: { Origin: portal, "Sec-Fetch-Site": "cross-site" } });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), `${bye("portal-one")}?state=${"x".repeat(1500)}`);
    assert.ok(await isOut(browser));
    await checkToken((await hears(1))[0], one, "/one/logout?from=motcua");
}

// A portal that is down, or sends us elsewhere, is told again, also when the process dies in between;
// the person sees how far it is.
{
    const browser = new Browser();
    const one = await signIn(browser, "portal-one");
    await signIn(browser, "portal-quiet");
    portalSays = 302;
    const home = await browser.visit(`${here}/?lang=en`);
    let page = await browser.visit(`${here}/sign-out`, form({ csrf: hidden(home, "csrf") }));
    const ticket = (await until(async () => heard.length > 0, 5000)) && page.text.match(/href="\/signed-out\?id=([^"]*)"/)?.[1];
    assert.ok(ticket, page.text);
    assert.match(page.text, /portal-one[^]*Being told/);
    const upstream = page.text.match(/href="([^"]*\/vneid\/logout[^"]*)"/)?.[1].replaceAll("&amp;", "&");
    assert.ok(upstream, "VNeID's session may be ended, too");
    assert.equal((await hears(1))[0].url, "/one/logout?from=motcua", "and is not followed elsewhere");
    portalSays = 200;
    await kill();
    await start();
    assert.ok(await until(() => heard.length > 0, 14000), "told again after 10 s");
    await checkToken((await hears(1))[0], one, "/one/logout?from=motcua");
    page = await until(async () => { const p = await browser.visit(`${here}/signed-out?id=${ticket}`); return /portal-one[^]*✓ Signed out/.test(p.text) && p; }, 3000);
    assert.ok(page, "the page says so");
    assert.match(page.text, /portal-quiet[^]*sign out there yourself/);
    assert.equal((await browser.visit(`${here}/signed-out?id=${one.claims.sid}`)).status, 404, "the sid is no ticket");
    // To VNeID and back.
    const back = await browser.visit(upstream);
    assert.ok(back.next?.startsWith(`${here}/signed-out?state=`), back.next);
    assert.equal((await browser.visit(back.next)).status, 200);
}

// Single sign-out with VNeID: the person says both; then back to the portal.
{
    const browser = new Browser();
    await signIn(browser, "portal-one");
    const page = await leave(browser, { client_id: "portal-one", post_logout_redirect_uri: bye("portal-one"), state: "z" });
    assert.match(page.text, /name="upstream" value="yes"(?! checked)/);
    const away = await browser.visit(`${here}/logout`, form({ csrf: hidden(page, "csrf"), request: hidden(page, "request"), upstream: "yes" }));
    assert.ok(away.next.startsWith(`${systems}/vneid/logout?`), away.next);
    const end = await browser.follow(away);
    assert.match(end.text, new RegExp(`href="${bye("portal-one")}\\?state=z"`));
    assert.ok(await isOut(browser));
    await hears(1);
}

// Ended from another browser, and by another person in the same one.
{
    const phone = new Browser(), desk = new Browser();
    const one = await signIn(phone, "portal-one");
    await signIn(desk, "portal-two");
    const list = await desk.visit(`${here}/me/sessions`);
    const buttons = [...list.text.matchAll(/action="\/me\/sessions\/end"[^]*?name="sid" value="([^"]*)"/g)].map((m) => m[1]);
    assert.ok(buttons.includes(one.claims.sid), list.text);
    assert.equal((await desk.visit(`${here}/me/sessions/end`, form({ sid: one.claims.sid, csrf: "x".repeat(22) }))).status, 403);
    assert.equal((await desk.visit(`${here}/me/sessions/end`, form({ sid: one.claims.sid, csrf: hidden(list, "csrf") }))).status, 303);
    await checkToken((await hears(1))[0], one, "/one/logout?from=motcua");
    assert.ok(await isOut(phone) && !await alive(one));
    assert.ok(!await isOut(desk));
    const stranger = new Browser();
    await signIn(stranger, "portal-quiet", "hoa");
    const theirs = await stranger.visit(`${here}/me/sessions`);
    const sid = (await signIn(desk, "portal-two")).claims.sid;
    assert.equal((await stranger.visit(`${here}/me/sessions/end`, form({ sid, csrf: hidden(theirs, "csrf") }))).status, 404, "another person's");
    assert.ok(!await isOut(desk));
}
// What the person may have from the operator, and an end by the operator, from another process.
{
    const browser = new Browser();
    const one = await signIn(browser, "portal-one");
    const find = (number) => spawnSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", conf, "person", "find"], { input: `${number}\n`, encoding: "utf8" });
    const account = find("001087123456").stdout.trim();
    assert.match(account, /^acc_/);
    assert.notEqual(find("001087123457").status, 0);
    const all = JSON.parse(motcua("person", "export", account));
    assert.equal(all.number, "001087123456");
    assert.ok(all.sign_ins.some((row) => row.what === "refused" || row.what === "in") && all.asked_registers.length > 0 && Array.isArray(all.consents));
    assert.ok(all.sessions.some((row) => row.portals.includes("portal-one")), JSON.stringify(all.sessions));
    assert.match(motcua("person", "sign-out", account), /^[1-9]\d* ended$/);
    // Every session of the person ends, in whichever order.
    const mine = await until(() => heard.find((call_) => decodeJwt(call_.body.get("logout_token")).sid === one.claims.sid), 8000, 20);
    assert.ok(mine, "told of this session too");
    await checkToken(mine, one, "/one/logout?from=motcua");
    assert.ok(await until(async () => await isOut(browser) && !await alive(one), 5000), "out within seconds, in the serving process too");
}
ear.close();
assert.equal(await stop(), 0);
console.log("logout: every way of the endpoint, and the back door");
process.exit(0);
