// An officer registers a passkey and signs in with it, in Chromium with an authenticator that is not
// there (WebAuthn.addVirtualAuthenticator): each of the three algorithms, and what must be refused.
// MOTCUA_CEREMONIES=<file> keeps the bytes, for tests/crypto/test_passkey.c.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import assert from "node:assert/strict";
import { here, inspect, open, stack, visitor } from "./browser.mjs";
import { otp } from "../otp.mjs";

const browser = await open();
const password = readFileSync(`${stack}/secrets/officer`, "utf8").trim();
const ceremonies = [];

async function withPassword(page) {
    await page.goto(`${here}/staff/sign-in`);
    await page.fill("#name", "officer");
    await page.fill("#password", password);
    await page.click('form[action="/staff/sign-in"] button');
    await page.fill("#code", otp("officer"));
    await page.click('form[action="/staff/step"] button');
    await page.waitForURL(`${here}/finance`);
}
async function authenticator(page, options = {}) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options: {
        protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
        isUserVerified: true, automaticPresenceSimulation: true, ...options } });
    return { cdp, authenticatorId };
}
// What the form sends, kept for the unit tests and for replaying it.
function listen(page, path, sent) {
    page.on("request", (request) => {
        if (request.method() === "POST" && request.url() === here + path)
            sent.push(Object.fromEntries(new URLSearchParams(request.postData())));
    });
}
async function signOut(page) {
    await page.click('form[action="/staff/sign-out"] button');
    await page.waitForURL(`${here}/staff/sign-in`);
}
async function enter(page) {
    await page.goto(`${here}/staff/passkey`);
    await page.click("#passkey button");
}

async function registersAndEnters(alg, language) {
    const page = await visitor(browser, { width: language === "en" ? 390 : 1280, language });
    const { cdp, authenticatorId } = await authenticator(page);
    const made = [], shown = [];
    listen(page, "/staff/passkeys", made);
    listen(page, "/staff/passkey", shown);
    await page.addInitScript((only) => { // the authenticator takes the first algorithm that it knows
        const create = navigator.credentials.create.bind(navigator.credentials);
        navigator.credentials.create = (ask) => {
            ask.publicKey.pubKeyCredParams = [{ type: "public-key", alg: only }];
            return create(ask);
        };
    }, alg);
    await withPassword(page);
    await page.goto(`${here}/staff/passkeys?lang=${language}`);
    await page.fill("#label", `Máy cơ quan ${alg}`);
    await page.click("#passkey button");
    await page.locator("form.card b", { hasText: `Máy cơ quan ${alg}` }).waitFor();
    await inspect(page, "passkeys");
    await signOut(page);
    await enter(page);
    await page.waitForURL(`${here}/finance`);
    await signOut(page);
    await page.goto(`${here}/staff/passkey`);
    await inspect(page, "passkey");
    ceremonies.push({ alg, made: made.at(-1), shown: shown.at(-1) });

    // The same bytes again are refused; so is a finger that is not the officer's, and a copy.
    const csrf = await page.getAttribute('#passkey input[name="csrf"]', "value");
    const again = await page.request.post(`${here}/staff/passkey`, { form: { ...shown.at(-1), csrf }, headers: { Origin: here }, maxRedirects: 0 });
    assert.equal(again.status(), 401, "a ceremony counts once");
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await enter(page);
    await page.locator("#passkey_failed:not([hidden])").waitFor();
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    const { credentials: [credential] } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
    await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
    await cdp.send("WebAuthn.addCredential", { authenticatorId, credential: { ...credential, signCount: 0 } });
    await enter(page);
    await page.locator(".note.bad[role=alert] >> visible=true").waitFor();
    assert.equal(page.url(), `${here}/staff/passkey`, "a counter that goes back is a copy");
    await page.context().close();
}

// One that is removed no longer opens.
async function removed() {
    const page = await visitor(browser);
    await authenticator(page);
    await withPassword(page);
    await page.goto(`${here}/staff/passkeys`);
    const before = await page.locator('input[value="remove"]').count();
    await page.fill("#label", "Sắp xóa");
    await page.click("#passkey button");
    await page.waitForFunction((n) => document.querySelectorAll('input[value="remove"]').length === n, before + 1);
    await page.locator("form.card", { hasText: "Sắp xóa" }).locator("button").click();
    await page.waitForURL(`${here}/staff/sign-in`);
    await enter(page);
    await page.locator(".note.bad[role=alert] >> visible=true").waitFor();
    assert.equal(page.url(), `${here}/staff/passkey`);
    await page.context().close();
}

try {
    await registersAndEnters(-7, "vi");
    await registersAndEnters(-257, "en");
    await registersAndEnters(-8, "vi");
    await removed();
} finally {
    await browser.close();
}
if (process.env.MOTCUA_CEREMONIES) writeFileSync(process.env.MOTCUA_CEREMONIES, JSON.stringify({ here, ceremonies }, null, 1));
console.log("passkeys: three algorithms, replay, no verification, a copy, removal");
