// Threats to the way in: T1, T4 to T7, T16, T18, T19, T21, T22, T25 and T33. The stack believes
// X-Forwarded-For, so that one stranger can be many (CMakeLists.txt).
import { end, hidden, isIn, query, redirects, register, secret as clientSecret, threat } from "./threat.mjs";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as client from "openid-client";
import { Browser, call, form, here, secret, systems } from "../fault/stage.mjs";
import * as m from "../flow/machine.mjs";
import * as f from "../flow/pushing.mjs";
import { otp } from "../otp.mjs";

const host = new URL(here).host;
const p = await f.portal("way-in");
const other = await f.portal("way-other");
const me = register("way-rp", "--redirect", m.callback, "--post-logout", `${systems}/portal/signed-out`);
const device = "urn:ietf:params:oauth:grant-type:device_code", ciba = "urn:openid:params:grant-type:ciba";
register("way-kiosk", "--name-vi", "Máy ở sảnh", "--grants", device);
register("way-counter", "--name-vi", "Quầy 7", "--grants", ciba);
const evil = `"><script>alert(1)</script>'\``;
register("way-evil", "--name-vi", evil, "--name-en", evil, "--redirect", m.callback, "--consent", "true");
await f.settled();
const address = (more = {}) => `${here}/authorize?${new URLSearchParams({ client_id: me.client_id, redirect_uri: m.callback, response_type: "code", scope: "openid profile", state: "s", nonce: "n-1",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more })}`;
const browser = await new Browser().signIn();
const session = (b) => b.jar.get(host)?.get("motcua_session");
const loginOf = (page) => page.text.match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1]?.replaceAll("&amp;", "&");

await threat("t01_mix_up", "every answer names its issuer, and a client that expects another one stops", async () => {
    const answers = [["a code", address()], ["nobody there", address({ prompt: "none" }), new Browser()], ["a bad scope", address({ scope: "nothing" })], ["a bad type", address({ response_type: "token" })],
        ["a bad prompt", address({ prompt: "none login" })], ["bad claims", address({ claims: "{" })], ["a request object by address", address({ request_uri: "https://evil.example/r" })], ["a level", address({ acr_values: "urn:vn:loa:4", prompt: "none" })]];
    for (const [what, url, by = browser] of answers) {
        const { next } = await by.visit(url);
        assert.ok(next?.startsWith(`${m.callback}?`), `${what}: ${next}`);
        assert.equal(query(next).iss, here, what);
        assert.ok(what === "a code" ? query(next).code : query(next).error, what);
    }
    const shy = new Browser();
    const cancel = (await shy.follow(await shy.visit(address()))).text.match(/href="(\/login\/cancel[^"]*)"/)[1].replaceAll("&amp;", "&");
    assert.equal(query((await shy.visit(here + cancel)).next).iss, here);
    assert.equal(hidden(await browser.visit(address({ response_mode: "form_post" })), "iss"), here);
    const config = await client.discovery(new URL(here), me.client_id, me.client_secret, undefined, { execute: [client.allowInsecureRequests] });
    assert.equal(config.serverMetadata().authorization_response_iss_parameter_supported, true);
    const second = new client.Configuration({ ...config.serverMetadata(), issuer: "https://evil.example" }, me.client_id, me.client_secret);
    client.allowInsecureRequests(second);
    const back = async () => new URL((await browser.visit(address())).next);
    const namesIssuer = (error) => /"iss"/.test(error.cause?.message);
    const checks = { pkceCodeVerifier: m.verifier, expectedNonce: "n-1", expectedState: "s" };
    await assert.rejects(client.authorizationCodeGrant(second, await back(), checks), namesIssuer);
    const stripped = await back();
    stripped.searchParams.delete("iss");
    await assert.rejects(client.authorizationCodeGrant(config, stripped, checks), namesIssuer);
    assert.ok((await client.authorizationCodeGrant(config, await back(), checks)).access_token, "the same with the right one");
});

await threat("t04_open_redirect", "nobody is sent to an address that is not registered byte for byte", async () => {
    const { origin, host: at } = new URL(m.callback);
    const corpus = (good) => ["https://evil.example/", "//evil.example", "///evil.example", "\\\\evil.example", `${origin}\\@evil.example/portal/callback`, `${origin}@evil.example/portal/callback`, `http://me@${at}/portal/callback`,
        `${origin}.evil.example/portal/callback`, `${origin}./portal/callback`, good.toUpperCase(), good.replace("http:", "HTTP:"), good.replace("http:", "https:"), `${good}/`, `${good}?x=1`, `${good}?`, `${good}#x`, `${good}#`, `${good}/../../evil`,
        `${origin}/portal/../portal/callback`, `${origin}/portal//callback`, `${origin}/%70ortal/callback`, `${good}%00`, `${good}%2f`, `${good}%0d%0aLocation:https://evil.example`, `${good}\u0430`, ` ${good}`, `${good} `, `${good}\t`, "javascript:alert(1)", "data:text/html,x", "", "/portal/callback",
        `${origin.replace(/:\d+$/, ":1")}/portal/callback`, `${good};evil.example`, `${good}\u2044`, `http://[::1]:${new URL(good).port}/portal/callback`, `http://localhost:${new URL(good).port}/portal/callback`];
    let tried = 0;
    for (const redirect_uri of corpus(m.callback)) {
        const answer = await browser.visit(address({ redirect_uri }));
        assert.deepEqual([answer.status, answer.next], [400, null], JSON.stringify(redirect_uri));
        tried++;
    }
    for (const post_logout_redirect_uri of corpus(`${systems}/portal/signed-out`).filter(Boolean)) {
        const answer = await browser.visit(`${here}/logout?${new URLSearchParams({ client_id: me.client_id, post_logout_redirect_uri })}`);
        assert.equal(answer.next, null, JSON.stringify(post_logout_redirect_uri));
        assert.ok([200, 400].includes(answer.status));
        tried++;
    }
    for (const name of ["next", "return", "return_to", "back", "url", "goto", "continue", "redirect", "target", "path", "callback_url"])
        for (const path of ["/login", "/", "/staff/sign-in", "/logout", "/signed-out", "/pay/return"]) {
            const { next } = await new Browser().visit(`${here}${path}?${name}=https://evil.example/`);
            assert.ok(next === null || (new URL(next).host === host && !next.includes("evil")), `${path}?${name}: ${next}`);
            tried++;
        }
    assert.deepEqual((await browser.visit(address({ client_id: "nobody" }))).next, null, "an unknown client");
    assert.ok((await browser.visit(address())).next.startsWith(`${m.callback}?`), "the registered one");
    assert.ok(await isIn(browser), "and nobody was signed out");
    return `${tried} addresses`;
});

await threat("t05_login_csrf_and_session_swapping", "a sign-in is finished where it was begun, and a form counts with its token from its own site", async () => {
    const victim = new Browser(), attacker = new Browser();
    const callback = await attacker.toCallback("sai"); // ends in the attacker's account
    const planted = await victim.visit(callback);
    assert.ok(planted.status >= 400 && !await isIn(victim), `${planted.status}`);
    assert.equal((await attacker.visit(callback)).status, 303, "where it was begun it goes on");
    assert.ok(await isIn(attacker));
    const page = await attacker.follow(await attacker.visit(address({ prompt: "login" })));
    assert.ok((await victim.visit(here + loginOf(page))).status >= 400, "another's sign-in page");
    const begun = await new Browser().visit(address({ state: "its own" }));
    assert.ok((await victim.visit(begun.next)).status >= 400, "another's request");
    const csrf = hidden(await attacker.visit(`${here}/`), "csrf");
    const out = (fields, headers = {}) => attacker.visit(`${here}/sign-out`, { ...form(fields), headers });
    const foreign = hidden(await browser.visit(`${here}/`), "csrf");
    for (const [what, fields, headers] of [["no token", {}], ["another's token", { csrf: foreign }], ["an empty token", { csrf: "" }], ["another site", { csrf }, { "Sec-Fetch-Site": "cross-site" }],
        ["a neighbour's site", { csrf }, { "Sec-Fetch-Site": "same-site" }], ["another origin", { csrf }, { Origin: "https://evil.example" }], ["no origin", { csrf }, { Origin: "null" }]]) {
        assert.equal((await out(fields, headers)).status, 403, what);
        assert.ok(await isIn(attacker), what);
    }
    assert.equal((await out({ csrf }, { "Sec-Fetch-Site": "same-origin", Origin: here })).status, 200);
    assert.ok(!await isIn(attacker));
});

await threat("t06_session_fixation", "what a browser had before signing in opens nothing afterwards, and again after a stronger sign-in", async () => {
    const known = randomBytes(32).toString("base64url");
    const victim = new Browser();
    victim.jar.set(host, new Map([["motcua_session", known]]));
    await victim.signIn();
    const first = session(victim);
    assert.ok(first && first !== known);
    const with_ = async (value) => { const b = new Browser(); b.jar.set(host, new Map([["motcua_session", value]])); return isIn(b); };
    assert.deepEqual([await with_(known), await with_(first)], [false, true]);
    const to = await victim.toVneid(address({ claims: JSON.stringify({ id_token: { acr: { essential: true, values: ["urn:vn:loa:3"] } } }) }));
    await victim.visit((await victim.visit(`${to}&persona=thu`)).next);
    assert.notEqual(session(victim), first);
    assert.deepEqual([await with_(first), await isIn(victim)], [false, true], "after a step up");
    await victim.signIn("sai");
    const last = session(victim);
    const csrf = hidden(await victim.visit(`${here}/`), "csrf");
    await victim.visit(`${here}/sign-out`, form({ csrf }));
    assert.equal(await with_(last), false, "after signing out");
});

await threat("t07_clickjacking", "no page may stand in a frame, errors least of all", async () => {
    const asks = await (await new Browser().signIn()).visit(address({ prompt: "consent" }));
    assert.ok(hidden(asks, "id"), asks.text);
    const paths = ["/", "/login", "/authorize", "/logout", "/signed-out", "/nothing", "/errors/invalid", "/device", "/staff/sign-in", "/me/sessions", "/consent", "/act", "/admin", "/pay/x"];
    const pages = [asks, await browser.visit(`${here}/logout`), await browser.visit(address({ redirect_uri: "x" })), await browser.visit(address({ response_mode: "form_post" })), await browser.visit(`${here}/me/sessions`)];
    for (const path of paths) pages.push(await browser.visit(here + path), await new Browser().visit(here + path));
    let frames = 0;
    for (const page of pages.filter((one) => one.status !== 303)) {
        assert.match(page.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/, page.url);
        assert.equal(page.headers.get("x-frame-options"), "DENY", page.url);
        frames++;
    }
    assert.ok(frames >= 20, `${frames}`);
    return `${frames} pages`;
});

await threat("t18_lower_level_by_single_sign_on", "a session gives no more than it has, and the highest level is always fresh", async () => {
    const essential = (n) => JSON.stringify({ id_token: { acr: { essential: true, values: [`urn:vn:loa:${n}`] } } });
    const b = await new Browser().signIn();
    assert.ok(query((await b.visit(address({ claims: essential(2), prompt: "none" }))).next).code, "what it has");
    for (const n of [3, 4]) {
        assert.equal(query((await b.visit(address({ claims: essential(n), prompt: "none" }))).next).error, "interaction_required", `${n}`);
        assert.match((await b.visit(address({ claims: essential(n) }))).next, /\/login\?id=/, `${n}`);
    }
    const weak = new Browser();
    const back = await weak.visit(`${await weak.toVneid(address({ claims: essential(3) }))}&persona=mai`);
    const end_ = query((await weak.visit(back.next)).next);
    assert.deepEqual([end_.error, end_.code], ["unmet_authentication_requirements", undefined], "who cannot gets no weaker token");
    for (const n of [1, 2]) { // twice: the first of level 4 gives no second one
        const four = await b.visit(`${await b.toVneid(address({ claims: essential(4) }))}&persona=thu`);
        assert.ok(query((await b.visit(four.next)).next).code, `${n}`);
        assert.equal(query((await b.visit(address({ claims: essential(4), prompt: "none" }))).next).error, "interaction_required");
    }
});

await threat("t19_repeated_and_conflicting_parameters", "a parameter that comes twice is refused wherever it comes", async () => {
    for (const [name, value] of [["scope", "openid"], ["state", "s"], ["redirect_uri", "https://evil.example/"], ["client_id", "demo-portal"], ["nonce", "n-1"], ["response_type", "code"], ["prompt", "none"]]) {
        const twice = name === "prompt" ? `${address({ prompt: "none" })}&prompt=none` : `${address()}&${name}=${encodeURIComponent(value)}`;
        const { status, next } = await browser.visit(twice);
        assert.ok((status === 400 && next === null) || (query(next).error === "invalid_request" && next.startsWith(`${m.callback}?`)), `${name}: ${status} ${next}`);
    }
    const FORM = ["Content-Type", "application/x-www-form-urlencoded"];
    const body = new URLSearchParams({ ...me, grant_type: "authorization_code", code: "x", redirect_uri: m.callback, code_verifier: m.verifier }).toString();
    assert.equal((await m.raw("POST", "/token", [FORM], body)).json.error, "invalid_grant");
    for (const name of ["grant_type", "code", "client_id", "client_secret", "redirect_uri", "code_verifier"])
        assert.deepEqual((await m.raw("POST", "/token", [FORM], `${body}&${name}=x`)).json.error, "invalid_request", name);
    const answer = await m.raw("POST", `/token?grant_type=client_credentials&client_id=evil`, [FORM], body);
    assert.ok(["invalid_grant", "invalid_request"].includes(answer.json.error), `query and body: ${answer.text}`);
    assert.equal((await m.raw("POST", "/token", [FORM], body.replace("grant_type", "Grant_Type"))).json.error, "invalid_request", "names have one case");
    assert.equal((await m.raw("POST", "/token", [FORM, ["Authorization", `Basic ${Buffer.from(`${me.client_id}:${clientSecret}`).toString("base64")}`]], body)).status, 400, "two ways of saying who it is");
    const uri = await f.pushed(p, f.ask(p));
    const done = await browser.visit(f.door(p, uri, { state: "outside", redirect_uri: "https://evil.example/", scope: "openid vn_id", nonce: "outside" }));
    assert.ok(done.next.startsWith(`${p.callback}?`), done.next);
    assert.equal(query(done.next).state, "inside");
});

await threat("t21_enumeration_and_lock_out", "names are not told apart, and a stranger's failures lock nobody else out", async () => {
    const sign = async (name, password, ip) => {
        const b = new Browser(), headers = { "X-Forwarded-For": ip };
        const page = await b.visit(`${here}/staff/sign-in`, { headers });
        return { b, page: await b.visit(`${here}/staff/sign-in`, { ...form({ csrf: hidden(page, "csrf"), name, password }), headers }) };
    };
    const clean = ({ page }) => [page.status, page.text.replaceAll(/value="[^"]*"|[0-9a-f]{24}/g, "")];
    assert.deepEqual(clean(await sign("nobody.here", "Wrong-2026!!", "198.51.100.1")), clean(await sign("officer", "Wrong-2026!!", "198.51.100.2")));
    for (let i = 0; i < 30; i++) await sign("officer", `Wrong-${i}-2026!`, "198.51.100.66");
    assert.equal((await sign("officer", secret("officer"), "198.51.100.66")).page.status, 429, "the stranger is stopped, whatever the password");
    const owner = await sign("officer", secret("officer"), "192.0.2.10");
    assert.equal(owner.page.next, `${here}/staff/step`, owner.page.text);
    const step = await owner.b.visit(owner.page.next);
    assert.equal((await owner.b.visit(`${here}/staff/step`, form({ csrf: hidden(step, "csrf"), code: otp("officer") }))).next, `${here}/finance`, "the owner gets in from elsewhere");
    const asked = async (client_id, client_secret) => { const { status, json } = await m.token({ client_id, client_secret, grant_type: "client_credentials" }); return [status, json.error, json.error_description]; };
    assert.deepEqual(await asked("nobody", "x"), await asked(me.client_id, "x"), "clients, too");
    for (const path of ["/me", "/me/organisations", "/me/mandates", "/me/sessions", "/me/registry"])
        assert.match((await new Browser().visit(here + path)).next ?? "", /\/login\?id=/, path);
});

await threat("t22_request_uri", "a pushed request cannot be guessed, is its client's, and is used up by an answer, not by a look", async () => {
    const uris = new Set();
    for (let i = 0; i < 20; i++) uris.add(await f.pushed(p, f.ask(p)));
    assert.equal(uris.size, 20);
    for (const uri of uris) assert.match(uri, /^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}$/); // 256 bits
    const [one, two] = uris;
    for (const by of [new Browser(), new Browser()]) assert.match((await by.visit(f.door(p, one))).next, /\/login\?id=/, "a scanner of links");
    assert.deepEqual((await browser.visit(f.door(other, one))).next, null, "another client's");
    assert.deepEqual((await browser.visit(f.door(p, `${one.slice(0, -1)}_`))).next, null, "guessed");
    const person = new Browser();
    const back = await person.visit(`${await person.toVneid(f.door(p, one))}&persona=thu`);
    assert.ok(query((await person.visit(back.next)).next).code, "after two looks the sign-in works");
    assert.deepEqual((await person.visit(f.door(p, one))).next, null, "used up");
    assert.ok(query((await person.visit(f.door(p, two))).next).code);
});

await threat("t25_reflected_text", "what strangers send is text on every page", async () => {
    const shown = [];
    const look = (page) => {
        assert.ok(!page.text.includes("<script>alert"), `${page.url}: ${page.text.match(/.{60}<script>alert.{20}/s)?.[0]}`);
        const policy = page.headers.get("content-security-policy");
        assert.ok(/default-src 'none'|default-src 'self'/.test(policy) && !/unsafe-inline|unsafe-eval/.test(policy), policy);
        if (page.text.includes("&lt;script&gt;")) shown.push(page.url);
    };
    const b = new Browser();
    const theirs = { client_id: "way-evil" };
    look(await b.follow(await b.visit(address(theirs))));
    look(await browser.visit(address(theirs))); // asks for consent
    look(await browser.visit(`${here}/logout?client_id=way-evil`));
    for (const more of [{ login_hint: evil }, { ui_locales: evil }, { state: evil, response_mode: "form_post" }, { nonce: evil, response_mode: "form_post" }, { scope: evil }, { redirect_uri: evil }, { client_id: evil }, { prompt: evil, redirect_uri: evil }, { claims: evil, redirect_uri: "x" }]) {
        for (const by of [browser, new Browser()]) {
            let page = await by.visit(address(more));
            if (page.next?.startsWith(here)) page = await by.follow(page);
            if (!page.next) look(page);
        }
    }
    for (const path of ["/login?id=", "/login/vneid/callback?state=x&error=", "/device?user_code=", "/verify?code=", "/fees?on=", "/errors/", "/signed-out?id=", "/pay/return?MaThamChieu=", "/admin?x=", "/?lang="])
        look(await browser.visit(here + path + encodeURIComponent(evil)));
    look(await browser.visit(`${here}/staff/sign-in`, form({ csrf: "x", name: evil, password: evil })));
    assert.ok(shown.length >= 3, `it was shown, as text: ${shown}`);
    return `shown as text at ${shown.length}`;
});

await threat("t33_consent_phishing_device_and_ciba", "nothing is approved by a link, by another person or unseen", async () => {
    const post = (path, id, fields) => m.post(path, { client_id: id, client_secret: clientSecret, ...fields });
    const shown = (await post("/device_authorization", "way-kiosk", { scope: "openid" })).json;
    const poll = () => post("/token", "way-kiosk", { grant_type: device, device_code: shown.device_code });
    const link = shown.verification_uri_complete;
    assert.match((await new Browser().visit(link)).next ?? "", /\/login\?id=/, "a person is needed");
    const page = await browser.follow(await browser.visit(link));
    assert.ok(page.text.includes("Máy ở sảnh") && page.text.includes(shown.user_code), "who asks and which code is told");
    assert.equal((await poll()).json.error, "authorization_pending", "looking approves nothing");
    const another = (await post("/device_authorization", "way-kiosk", { scope: "openid" })).json.user_code;
    for (const code of ["", another, "BBBB-BBBB"])
        assert.equal((await browser.visit(`${here}/approve?id=${hidden(page, "id")}&user_code=${code}`)).next, `${here}/device`, "a link that shows the code of another screen");
    const yes = { id: hidden(page, "id"), answer: "yes" };
    assert.equal((await browser.visit(`${here}/approve`, form(yes))).status, 403, "without the form's token");
    assert.equal((await browser.visit(`${here}/approve`, { ...form({ ...yes, csrf: hidden(page, "csrf") }), headers: { "Sec-Fetch-Site": "cross-site" } })).status, 403, "from another site");
    for (const [what, fields] of [["no message", { login_hint: "001087123456" }], ["nobody named", { binding_message: "Q7 4821" }]])
        assert.equal((await post("/bc-authorize", "way-counter", { scope: "openid", ...fields })).status, 400, what);
    const asked = (await post("/bc-authorize", "way-counter", { scope: "openid", binding_message: "Q7 4821", login_hint: "001087123456" })).json;
    assert.ok(asked.auth_req_id, JSON.stringify(asked));
    const mine = await browser.visit(`${here}/me/requests`);
    assert.ok(mine.text.includes("Q7 4821") && mine.text.includes("Quầy 7"), "what stands on the counter's screen stands here");
    const stranger = await new Browser().signIn("sai");
    const door = mine.text.match(/\/approve\?id=[\w-]+/)[0];
    assert.equal((await stranger.visit(here + door)).status, 404, "another person's");
    assert.ok(!(await stranger.visit(`${here}/me/requests`)).text.includes("4821"));
    assert.equal((await post("/token", "way-counter", { grant_type: ciba, auth_req_id: asked.auth_req_id })).json.error, "authorization_pending");
    const counter = await browser.visit(here + door);
    assert.equal((await browser.visit(`${here}/approve`, form({ csrf: hidden(counter, "csrf"), id: hidden(counter, "id"), answer: "yes" }))).status, 200, "the person's own yes");
});

await threat("t16_redirect_that_repeats_a_form", "a form is never sent on: every redirect is 303", async () => {
    const answer = await m.raw("POST", "/authorize", [["Content-Type", "application/x-www-form-urlencoded"]], address().split("?")[1]);
    assert.equal(answer.status, 303);
    const posted = redirects.filter((one) => one.method === "POST");
    assert.ok(posted.length >= 3 && redirects.length > 60, `${posted.length} of ${redirects.length}`);
    assert.deepEqual(redirects.filter((one) => one.status !== 303), []);
    for (const { to } of redirects.filter((one) => one.to.searchParams.has("code") || one.to.searchParams.has("error")))
        assert.ok(to.origin === new URL(systems).origin || to.href.startsWith(p.callback) || to.href.startsWith(here), to.href);
    return `${redirects.length} redirects, ${posted.length} after a form`;
});
end();
