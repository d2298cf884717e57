// The authorization endpoint's other ways: an answer posted by a form, a person asked before data is
// shared, a person who gives up, and pages that show who is signed in.
import assert from "node:assert/strict";
import { Browser, form, here, systems } from "../fault/stage.mjs";

const callback = `${systems}/portal/callback`;
const ask = (more = {}) => `${here}/authorize?${new URLSearchParams({
    client_id: "demo-portal", redirect_uri: callback, response_type: "code", scope: "openid profile", state: "s-1", nonce: "n-1",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more, // RFC 7636, appendix B
})}`;
const field = (page, name) => page.text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
const query = (url) => Object.fromEntries(new URL(url).searchParams);
const policy = (page) => page.headers.get("content-security-policy");

// Giving up on the sign-in page tells the portal.
const shy = new Browser();
const page = await shy.follow(await shy.visit(ask()));
assert.equal(page.status, 200);
const way = page.text.match(/href="(\/login\/cancel[^"]*)"/)[1].replaceAll("&amp;", "&");
const refused = await shy.visit(here + way);
assert.equal(refused.status, 303);
assert.ok(refused.next.startsWith(callback), refused.next);
assert.deepEqual({ error: query(refused.next).error, state: query(refused.next).state, iss: query(refused.next).iss },
    { error: "access_denied", state: "s-1", iss: here });

// VNeID's own refusal does, too.
const denied = new Browser();
const door = await denied.toVneid(ask());
const back = await denied.visit(`${door}&persona=tuchoi`);
const told = await denied.visit(back.next);
assert.equal(query(told.next).error, "access_denied");

const browser = await new Browser().signIn();
const home = await browser.visit(`${here}/?lang=en`);
assert.match(home.text, /Nguyễn Văn Thử/);
assert.match(home.text, /Level 02/);
assert.match(home.text, /Matches the national population database/);

// response_mode=form_post: the answer is a form for the client's address alone.
const posted = await browser.visit(ask({ response_mode: "form_post" }));
assert.equal(posted.status, 200, posted.text);
assert.match(posted.text, new RegExp(`action="${callback}"`));
assert.equal(field(posted, "state"), "s-1");
assert.equal(field(posted, "iss"), here);
assert.ok(field(posted, "code").length >= 22);
assert.ok(policy(posted).includes(systems), "the form may go there");
assert.ok(!posted.text.includes("<script>"), "no script of its own");

// prompt=consent: nothing is pre-chosen, both answers are honoured, and an answer counts once.
for (const [answer, want] of [["no", "error"], ["yes", "code"]]) {
    const question = await browser.visit(ask({ prompt: "consent" }));
    assert.equal(question.status, 200, question.text);
    assert.ok(policy(question).includes(systems), "agreeing may lead on to the portal");
    assert.ok(!/checked/.test(question.text), "nothing is pre-ticked");
    const fields = { csrf: field(question, "csrf"), id: field(question, "id"), answer };
    const stranger = await new Browser().signIn("sai");
    assert.equal((await stranger.visit(`${here}/consent`, form(fields))).status, 403, "another's session");
    const answered = await browser.visit(`${here}/consent`, form(fields));
    assert.equal(answered.status, 303, answered.text);
    assert.ok(query(answered.next)[want], `${answer}: ${answered.next}`);
    if (answer === "no") assert.equal(query(answered.next).error, "access_denied");
    assert.equal((await browser.visit(`${here}/consent`, form(fields))).status, 404, "an answer counts once");
}

// prompt=none asks nobody; prompt=login asks again although there is a session.
assert.equal(query((await new Browser().visit(ask({ prompt: "none" }))).next).error, "login_required");
assert.ok((await browser.visit(ask({ prompt: "login" }))).next.startsWith(`${here}/login?id=`));
const gone = await browser.visit(`${here}/sign-out`, form({ csrf: field(await browser.visit(`${here}/`), "csrf") }));
assert.equal(gone.status, 200);
assert.equal(query((await browser.visit(ask({ prompt: "none" }))).next).error, "login_required");
// The first page leads whoever is signed in to all of their own pages, and nobody else.
const mine = ["/me", "/me/sessions", "/me/history", "/me/registry", "/me/organisations", "/me/mandates", "/me/requests"];
const person = await new Browser().signIn();
for (const [who, has] of [[person, true], [new Browser(), false]]) {
    const { text } = await who.visit(`${here}/`);
    for (const path of mine) assert.equal(text.includes(`href="${path}"`), has, path);
}
for (const path of mine) assert.equal((await person.visit(here + path)).status, 200, path);

// An address that is not registered: a page, and in a simulation what differs.
const near = await browser.visit(ask({ redirect_uri: `${callback}/` }));
assert.equal(near.status, 400);
assert.equal(near.next, null);
assert.match(near.text, /lang="en">[^<]*byte/);
assert.ok(near.text.includes(callback), near.text);
console.log("authorize: gives up, is refused, form_post, consent, prompts");
