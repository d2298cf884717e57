// Levels of authentication (Decree 69/2024 art. 20): a stronger sign-in where it is needed, never a
// weaker token, and the highest level never from an earlier sign-in.
import assert from "node:assert/strict";
import { Browser, here } from "../fault/stage.mjs";
import { callback, redeem } from "./machine.mjs";

const loa = (n) => `urn:vn:loa:${n}`;
const essential = (...levels) => JSON.stringify({ id_token: { acr: { essential: true, values: levels.map(loa) } } });
const url = (more = {}) => `${here}/authorize?${new URLSearchParams({
    client_id: "demo-portal", redirect_uri: callback, response_type: "code", scope: "openid profile", state: "s", nonce: "n-1",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more })}`;
const query = (to) => Object.fromEntries(new URL(to).searchParams);
const claims = async (code) => {
    const made = await redeem(code);
    assert.equal(made.status, 200, made.text);
    return JSON.parse(Buffer.from(made.json.id_token.split(".")[1], "base64url"));
};
// Through VNeID again, which is told the level; what the portal then gets.
async function again(browser, more, person = "thu") {
    const to = await browser.toVneid(url(more));
    const back = await browser.visit(`${to}&persona=${person}`);
    return { asked: query(to), answer: await browser.visit(back.next) };
}

const browser = await new Browser().signIn();
const plain = await claims(query((await browser.visit(url())).next).code);
assert.equal(plain.acr, loa(2));
assert.equal(plain.vn_account_level, "02");

// 3 where 2 is there: asked anew, with strictly later auth_time; afterwards the session has it.
const three = await again(browser, { claims: essential(3) });
assert.equal(three.asked.acr_values, "LoA3");
assert.equal(three.asked.prompt, "login");
const better = await claims(query(three.answer.next).code);
assert.equal(better.acr, loa(3));
assert.deepEqual([...better.amr].sort(), ["face", "pwd"]);
assert.ok(better.auth_time > plain.auth_time, `${better.auth_time} after ${plain.auth_time}`);
assert.equal((await claims(query((await browser.visit(url({ claims: essential(3), prompt: "none" }))).next).code)).acr, loa(3));

// 4 is of this very request, whatever the session has.
const four = await again(browser, { claims: essential(4) });
const best = await claims(query(four.answer.next).code);
assert.equal(best.acr, loa(4));
assert.ok(Math.floor(Date.now() / 1000) - best.auth_time <= 60);
assert.equal(query((await browser.visit(url({ claims: essential(4), prompt: "none" }))).next).error, "interaction_required");
assert.match((await browser.visit(url({ claims: essential(4) }))).next, /\/login\?id=/);
assert.match((await browser.visit(url({ acr_values: loa(4) }))).next, /\/login\?id=/);
assert.equal((await claims(query((await browser.visit(url())).next).code)).acr, loa(3), "unasked it is not told either");

// Whoever cannot: no weaker token where it is essential, what was reached where it is a wish.
const weak = new Browser();
const failed = await again(weak, { claims: essential(3) }, "mai");
assert.deepEqual([query(failed.answer.next).error, query(failed.answer.next).iss], ["unmet_authentication_requirements", here]);
const wished = await again(new Browser(), { acr_values: loa(3) }, "mai");
assert.equal((await claims(query(wished.answer.next).code)).acr, loa(1));

// prompt=login and max_age: later, always.
const before = await claims(query((await browser.visit(url())).next).code);
const renewed = await claims(query((await again(browser, { prompt: "login" })).answer.next).code);
assert.ok(renewed.auth_time > before.auth_time);
const kept = await claims(query((await browser.visit(url({ prompt: "none" }))).next).code);
assert.equal(kept.auth_time, renewed.auth_time);
assert.equal(kept.sub, before.sub);
console.log("step_up: stronger when needed, never weaker than asked, the highest always fresh");
