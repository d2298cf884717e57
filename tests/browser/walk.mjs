// A citizen pays and an officer closes the day, by clicks, in both languages, on a telephone and on a
// desk, with axe on every page; and once without any script.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
import { otp } from "../otp.mjs";
import { here, inspect, open, signIn, stack, systems, under, visitor } from "./browser.mjs";

const browser = await open();
const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }).format(new Date());

async function pay(page, procedure, look) {
    await page.goto(`${systems}/portal/dossiers?lang=${page.look.language}`);
    if (look) await inspect(page, "portal-dossiers");
    await page.selectOption("#procedure", procedure);
    await page.click('main form[action="/portal/dossiers"] button');
    await page.waitForURL(under(`${systems}/portal/dossiers/`));
    if (look) await inspect(page, "portal-dossier");
    await page.click('form[action$="/pay"] button');
    await page.waitForURL(under(`${here}/pay/`));
    const bill = page.url();
    if (look) await inspect(page, "pay");
    await page.click('form[action$="/start"] button');
    await page.waitForURL(under(`${systems}/pp/pay/`));
    if (look) await inspect(page, "portal-pay");
    await page.click('button[name="choice"][value="pay"]');
    await page.waitForURL(under(`${here}/pay/`));
    for (let i = 0; i < 50 && !(await page.locator(".note.good > .state.good").count()); i++) {
        await page.waitForTimeout(200);
        await page.goto(bill);
    }
    assert.equal(await page.locator(".note.good > .state.good").count(), 1, "the bill is paid");
    if (look) await inspect(page, "pay-result");
    return bill;
}

// My own pages; another browser of the same person is ended from here.
async function mine(page, person) {
    const { width, language } = page.look;
    const other = await visitor(browser, { width, language });
    await signIn(other, person);
    await page.click('main a[href="/me"]');
    await inspect(page, "me");
    assert.equal(await page.locator('nav.tabs [aria-current="page"]').count(), 1);
    await page.click('nav.tabs a[href="/me/sessions"]');
    await inspect(page, "me-sessions");
    const before = await page.locator("main section.card").count();
    assert.ok(before >= 2, `${before} browsers`);
    await page.locator('form[action="/me/sessions/end"] button').first().click();
    await page.waitForURL(`${here}/me/sessions`);
    assert.equal(await page.locator("main section.card").count(), before - 1, "one has ended");
    while (await page.locator('form[action="/me/sessions/end-others"]').count())
        await page.click('form[action="/me/sessions/end-others"] button');
    await other.goto(`${here}/`);
    assert.equal(await other.locator('header form[action="/sign-out"]').count(), 0, "the other browser is out");
    await other.context().close();
    await page.click('nav.tabs a[href="/me/history"]');
    await inspect(page, "me-history");
    assert.ok(await page.locator("main tbody tr").count() >= 2);
    await page.click('nav.tabs a[href="/me/registry"]');
    await inspect(page, "me-registry");
    assert.ok(await page.locator("main tbody tr").count() >= 1);
    await page.goto(`${here}/`);
}

async function citizen(width, language, person) {
    const page = await visitor(browser, { width, language });
    await page.goto(`${here}/?lang=${language}`);
    await inspect(page, "home");
    await page.goto(`${here}/fees?lang=${language}`);
    await inspect(page, "fees");
    await page.goto(`${here}/fees/2.000635.000.00.00.H56?agency=H56.14&level=1&channel=online&quantity=3`);
    await inspect(page, "fee-case");
    await signIn(page, person, { look: true });
    await pay(page, "2.000889.000.00.00.H56", true);
    await page.click('a[href^="/verify/"]');
    await page.waitForURL(under(`${here}/verify/`));
    await inspect(page, "verify");
    const address = page.url(); // as printed below the QR symbol
    await page.goto(`${here}/verify`);
    assert.equal(await page.locator("main .state").count(), 0, "nothing was asked yet");
    await page.fill("#code", ` ${address} `);
    await page.click('form[action="/verify"] button');
    await page.waitForURL(address);
    assert.equal(await page.locator("main .note.good > .state.good").count(), 1, "the address will do for a code");
    await page.goto(`${here}/verify?code=${encodeURIComponent("không có")}`);
    assert.equal(await page.locator("main .state.bad").count(), 1, "an odd code is an unknown one");
    await page.goto(`${here}/verify/not-a-receipt`);
    await inspect(page, "verify-unknown");
    await page.goto(`${here}/`);
    await inspect(page, "home-signed-in");
    await mine(page, person);
    await page.goto(`${here}/nothing-here`);
    await inspect(page, "error");
    await page.goto(`${here}/logout`);
    await inspect(page, "logout");
    await page.click('form[action="/logout"] button');
    await inspect(page, "signed-out");
    await page.context().close();
}

// An account of its own for each: a one-time code counts once, and nobody waits for the next.
function hire(name) {
    const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
    writeFileSync(`${stack}/secrets/${name}`, "Mat-khau-2026!", { mode: 0o600 });
    motcua("staff", "add", name, "--role", "officer", "--password-file", `${stack}/secrets/${name}`);
    writeFileSync(`${stack}/secrets/${name}_otp`, motcua("staff", "otp", name).match(/^secret (.*)$/m)[1]);
    return name;
}

async function officer(width, language, name) {
    const page = await visitor(browser, { width, language });
    await page.goto(`${here}/finance`);
    await page.goto(`${here}/staff/sign-in?lang=${language}`);
    await inspect(page, "staff");
    await page.fill("#name", name);
    await page.fill("#password", "wrong");
    await page.click('form[action="/staff/sign-in"] button');
    await inspect(page, "staff-refused");
    await page.fill("#name", name);
    await page.fill("#password", readFileSync(`${stack}/secrets/${name}`, "utf8").trim());
    await page.click('form[action="/staff/sign-in"] button');
    await page.waitForURL(`${here}/staff/step`);
    await inspect(page, "staff-code");
    await page.fill("#code", otp(name));
    await page.click('form[action="/staff/step"] button');
    await page.waitForURL(`${here}/finance`);
    await inspect(page, "finance");
    await page.goto(`${here}/finance/${today}`);
    await inspect(page, "finance-before");
    await page.click('form[action$="/fetch"] button');
    await page.waitForURL(under(`${here}/finance/days/PP/${today}?told=`));
    await inspect(page, "finance-day");
    assert.equal(await page.locator("main .state.good").count(), 1, "the day is reconciled");
    const file = await (await fetch(`${systems}/pp/settlement/${today.replaceAll("-", "")}.fw1`)).arrayBuffer();
    await page.setInputFiles("#file", { name: "ngày.txt", mimeType: "text/plain", buffer: Buffer.from(file).subarray(0, Math.floor(file.byteLength * (width > 500 ? 0.6 : 0.4))) });
    await page.click('form[action$="/file"] button');
    await page.waitForURL(`${here}/finance/days/PP/${today}?told=quarantined`);
    await inspect(page, "finance-quarantined");
    await page.context().close();
}

// An administrator enrols at the first sign-in, invites an officer, looks at clients and at the log.
async function administrator(width, language) {
    const name = `quan.tri.${width}`;
    writeFileSync(`${stack}/password`, "Mat-khau-2026!", { mode: 0o600 });
    execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "staff", "add", name, "--role", "administrator", "--password-file", `${stack}/password`]);
    const page = await visitor(browser, { width, language });
    await page.goto(`${here}/staff/sign-in?lang=${language}`);
    await page.fill("#name", name);
    await page.fill("#password", "Mat-khau-2026!");
    await page.click('form[action="/staff/sign-in"] button');
    await page.waitForURL(`${here}/staff/step`);
    await inspect(page, "staff-enrol");
    writeFileSync(`${stack}/secrets/${name}_otp`, (await page.innerText("main code")).replaceAll(" ", ""));
    await page.fill("#code", otp(name));
    await page.click('form[action="/staff/step"] button');
    await inspect(page, "staff-recovery");
    assert.equal(await page.locator(".codes li").count(), 10);
    await page.click("main a.button");
    await page.waitForURL((url) => /^\/(finance|admin)/.test(url.pathname));
    await page.click('a[href="/staff/account"]');
    await inspect(page, "staff-account");
    await page.click('a[href="/admin"]');
    await inspect(page, "admin");
    await page.click('a[href="/admin/staff"]');
    await page.fill("#name", `an.nguyen.${width}`);
    await page.fill("#display_name", "Nguyễn Thị An");
    await page.selectOption("#role", "administrator");
    await page.click('form[action="/admin/staff"] button');
    await inspect(page, "admin-staff");
    const link = await page.innerText("code.long");
    assert.equal(await page.locator('form[action^="/admin/staff/requests/"]').count(), width === 1280 ? 1 : 2);
    await page.click(`a[href="/admin/staff/an.nguyen.${width}"]`);
    await inspect(page, "admin-officer");
    await page.goto(`${here}/admin/clients`);
    await inspect(page, "admin-clients");
    await page.click('a[href="/admin/clients/demo-portal"]');
    await page.fill("#address", `${systems}/portal/Callback`);
    await page.click('form[method="get"] button');
    await inspect(page, "admin-client");
    assert.deepEqual(await page.locator("details.theme").evaluateAll((all) => all.map((one) => one.open)), [true, false, false, false, false]);
    const closed = page.locator("details.theme:not([open]) > summary");
    for (let i = 0; i < 4; i++) await closed.first().click();
    assert.equal(await closed.count(), 0);
    await inspect(page, "admin-client-open");
    await page.fill('[name="jwks"]', "no key"); // a mistake opens its part of the form, and no other
    await page.click('form[method="post"].card:not(.narrow) button');
    await page.locator(".note.bad").waitFor();
    assert.deepEqual(await page.locator("details.theme").evaluateAll((all) => all.map((one) => one.open)), [true, true, false, false, false]);
    assert.equal(await page.locator('[aria-invalid="true"]').getAttribute("name"), "jwks");
    assert.deepEqual(await page.locator('[name="jwks"], [name="application_type"], [name="acting"]').evaluateAll((all) => all.map((one) => one.value)), ["web", "no key", "no"], "what was typed stays");
    await inspect(page, "admin-client-wrong");
    await page.goto(`${here}/admin/clients/demo-portal`);
    await page.fill("#address", `${systems}/portal/Callback`);
    await page.click('form[method="get"] button');
    assert.equal(await page.locator("mark").first().innerText(), "C");
    await page.goto(`${here}/admin/keys`);
    await inspect(page, "admin-keys");
    await page.goto(`${here}/admin/mandates`);
    await inspect(page, "admin-mandates");
    assert.ok(!(await page.textContent("main")).includes("00:00:00"), "mandates have days, and the last one is theirs");
    await page.goto(`${here}/admin/notices`);
    await inspect(page, "admin-notices");
    assert.ok(!/untold|delivered|dead/.test(await page.textContent("main")), "states are told in words of the language");
    const citizen = await visitor(browser);
    await signIn(citizen, "001087123456");
    await page.goto(`${here}/admin/people`);
    await page.fill("#number", "001087123456");
    await page.click('form[action="/admin/people"] button');
    await inspect(page, "admin-people");
    assert.equal(await page.locator("main h2").innerText(), "N… V… T…");
    await page.click('button[value="show"]');
    assert.equal(await page.locator("main h2").innerText(), "Nguyễn Văn Thử");
    await page.click('button[value="end"]');
    await page.locator(".note.good").waitFor();
    await citizen.goto(`${here}/`);
    assert.equal(await citizen.locator('form[action="/sign-out"]').count(), 0, "the citizen's session ended");
    await citizen.context().close();
    await page.goto(`${here}/admin/audit`); // its actions have names like those of texts
    await page.selectOption("#by", "subject");
    await page.fill("#value", `staff:an.nguyen.${width}`);
    await page.click('form[action="/admin/audit"] button');
    assert.match(await page.innerText("tbody"), /staff\.invite/);
    await inspect(page, "admin-audit");
    await page.context().close();
    const invited = await visitor(browser, { width, language });
    await invited.goto(`${link}?lang=${language}`);
    await inspect(invited, "staff-invitation");
    await invited.context().close();
}

// A portal that takes people for themselves and for their firms.
execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "client", "add", "portal-firms", "--profile", "oidc", "--acting", "may",
    "--name-vi", "Cổng doanh nghiệp", "--redirect", `${systems}/firms`, "--scopes", "openid", "--secret-file", `${stack}/secrets/demo_portal`]);

// A representative gives a mandate, the receiver accepts it: forms with nothing pre-ticked.
async function mandates(width, language) {
    const enter = async (person) => {
        const page = await visitor(browser, { width, language });
        await page.goto(`${here}/login?lang=${language}`);
        await page.click('a[href^="/login/vneid/start"]');
        await page.waitForURL(under(`${systems}/vneid/authorize`));
        await page.goto(`${page.url()}&persona=${person}`);
        await page.goto(`${here}/me/organisations?lang=${language}`);
        return page;
    };
    await (await enter("congty")).context().close(); // the firm's account: VNeID vouches for its holder
    const receiver = await enter("thu");
    await inspect(receiver, "organisations-none");
    await receiver.fill("#code", "9900000016");
    await receiver.click('form[action="/me/organisations"] button');
    await inspect(receiver, "organisations-refused");
    const giver = await enter("daidien");
    await giver.fill("#code", "9900000016");
    await giver.click('form[action="/me/organisations"] button');
    await giver.waitForURL(under(`${here}/me/organisations?told=claimed`));
    await inspect(giver, "organisations");
    await giver.click('a[href^="/me/mandates/new"]');
    await inspect(giver, "mandate-new");
    assert.equal(await giver.locator("main input:checked").count(), 0, "nothing is pre-ticked");
    await giver.fill("#number", "001087123456");
    await giver.fill("#name", "Nguyễn Văn Thử");
    await giver.check('input[name="pay"]');
    await giver.fill("#limit", "5.000.000");
    await giver.fill("#from", "01/11/2026");
    await giver.fill("#until", "01/10/2026");
    await giver.click('form[action="/me/mandates"] button');
    await inspect(giver, "mandate-wrong");
    assert.equal(await giver.inputValue("#limit"), "5.000.000", "what was typed stays");
    await giver.fill("#until", "31/12/2027");
    await giver.click('form[action="/me/mandates"] button');
    await giver.waitForURL(under(`${here}/me/mandates?told=given`));
    await inspect(giver, "mandates-given");
    await receiver.goto(`${here}/me/mandates`);
    await inspect(receiver, "mandates-received");
    await receiver.click('button[value="accept"]');
    await receiver.waitForURL(under(`${here}/me/mandates?told=accepted`));
    await inspect(receiver, "mandates-accepted");
    await receiver.click('form[action$="/revoke"] button');
    await receiver.waitForURL(under(`${here}/me/mandates?told=revoked`));
    await inspect(receiver, "mandates-ended");
    await receiver.context().close();
    await giver.goto(`${here}/authorize?${new URLSearchParams({ client_id: "portal-firms", redirect_uri: `${systems}/firms`, response_type: "code", scope: "openid",
        state: "s", nonce: "n", code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" })}`); // RFC 7636, appendix B
    await giver.waitForURL(under(`${here}/act?`));
    await inspect(giver, "act");
    assert.equal(await giver.locator("main input:checked").count(), 0, "nothing is chosen beforehand");
    await giver.context().close();
}

// A kiosk and a counter ask; the person says yes on the own telephone.
for (const [id, grant, ...more] of [["kiosk", "urn:ietf:params:oauth:grant-type:device_code", "--public"],
    ["counter", "urn:openid:params:grant-type:ciba", "--secret-file", `${stack}/secrets/demo_portal`]])
    execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "client", "add", id, "--profile", "oidc", "--name-vi", "Nơi yêu cầu",
        "--grants", grant, "--scopes", "openid profile vn_id", ...more]);

async function ask(path, fields, headers = {}) {
    const answer = await fetch(`${here}${path}`, { method: "POST", headers, body: new URLSearchParams({ scope: "openid profile vn_id", ...fields }) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
}

async function remote(width, language) {
    const page = await visitor(browser, { width, language });
    await signIn(page, "001087123456");
    const { user_code } = await ask("/device_authorization", { client_id: "kiosk" });
    await page.goto(`${here}/`);
    await page.click('a[href="/device"]');
    await inspect(page, "device");
    await page.fill("#user_code", "BBBB-BBBB");
    await page.click('form[action="/device"] button');
    await inspect(page, "device-unknown");
    await page.fill("#user_code", user_code);
    await page.click('form[action="/device"] button');
    await page.waitForURL(under(`${here}/approve?`));
    await inspect(page, "approve-kiosk");
    await page.click('button[value="yes"]');
    await inspect(page, "approved");
    const secret = readFileSync(`${stack}/secrets/demo_portal`, "utf8").trim();
    await ask("/bc-authorize", { login_hint: "001087123456", binding_message: `Q1-${width}` },
        { Authorization: `Basic ${Buffer.from(`counter:${secret}`).toString("base64")}` });
    await page.goto(`${here}/me`);
    await page.click('nav.tabs a[href="/me/requests"]');
    await inspect(page, "requests");
    await page.click('main a[href^="/approve?"]');
    assert.match(await page.innerText("main"), new RegExp(`Q1-${width}`));
    await inspect(page, "approve-counter");
    await page.click('button[value="no"]');
    await inspect(page, "approved-not");
    await page.context().close();
}

// Whom the register refuses reads why, and finds the way back to the portal that asked.
async function refused() {
    const page = await visitor(browser, { width: 390 });
    await page.goto(`${systems}/portal/sign-in`);
    await page.click('a[href^="/login/vneid/start"]');
    await page.click('button.person:has-text("031050000151")');
    await page.waitForURL(under(`${here}/login/vneid/callback`));
    await inspect(page, "refused");
    assert.equal(await page.locator('a[href^="/login/vneid/start"]').count(), 0, "no second attempt");
    await page.click('a[href^="/login/cancel"]');
    await page.waitForURL(under(`${systems}/portal/callback?error=access_denied`));
    await page.context().close();
}

// A payment that the bank took twice: the day has an exception, and a telephone shows all of it.
async function exception(name) {
    const citizen = await visitor(browser);
    await signIn(citizen, "068085000375");
    await pay(citizen, "1.004873.000.00.00.H56", false);
    await citizen.context().close();
    const page = await visitor(browser, { width: 390 });
    await page.goto(`${here}/staff/sign-in`);
    await page.fill("#name", name);
    await page.fill("#password", readFileSync(`${stack}/secrets/${name}`, "utf8").trim());
    await page.click('form[action="/staff/sign-in"] button');
    await page.waitForURL(`${here}/staff/step`);
    await page.fill("#code", otp(name));
    await page.click('form[action="/staff/step"] button');
    await page.waitForURL(`${here}/finance`);
    await page.goto(`${here}/finance/${today}`);
    await page.click('form[action$="/fetch"] button');
    await page.waitForURL(`${here}/finance/days/PP/${today}?told=loaded`);
    assert.match(await page.innerText("main"), /DUP_PAY/);
    await inspect(page, "finance-exception");
    await page.context().close();
}

// A portal at an address of its own: browsers hold the whole way to it against the form at VNeID.
async function elsewhere() {
    const portal = createServer((_, answer) => answer.end("arrived")).listen(0, "127.0.0.1");
    await new Promise((resolve) => portal.once("listening", resolve));
    const callback = `http://127.0.0.1:${portal.address().port}/callback`;
    execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "client", "add", "portal-elsewhere", "--profile", "oidc", "--name-vi", "Cổng khác",
        "--redirect", callback, "--scopes", "openid", "--secret-file", `${stack}/secrets/demo_portal`]);
    const page = await visitor(browser);
    await page.goto(`${here}/authorize?${new URLSearchParams({ client_id: "portal-elsewhere", redirect_uri: callback, response_type: "code", scope: "openid", state: "s", nonce: "n",
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" })}`);
    await page.click('a[href^="/login/vneid/start"]');
    await page.click('button.person:has-text("040200000001")');
    await page.waitForURL(under(`${callback}?`));
    assert.match(page.url(), /[?&]code=/);
    await page.context().close();
    portal.close();
}

// Keyboard only: the sign-in page's button is reached by Tab, after the link that skips to the content.
async function keyboard() {
    const page = await visitor(browser);
    await page.goto(`${systems}/portal/sign-in`);
    await page.waitForURL(under(`${here}/login?`));
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    for (let i = 0; i < 8 && !(await page.evaluate(() => document.activeElement.matches("a.button"))); i++)
        await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(under(`${systems}/vneid/`));
    await page.context().close();
}

async function withoutScript() {
    const page = await visitor(browser, { width: 390, script: false });
    await signIn(page, "037153000257");
    await pay(page, "1.004873.000.00.00.H56", false);
    await page.context().close();
}

// In three parts, each within its limit.
const parts = {
    async citizens() {
        await citizen(1280, "vi", "001087123456");
        await citizen(390, "en", "079301000001");
        await refused();
        await elsewhere();
        await keyboard();
    },
    async acting() {
        await mandates(390, "vi");
        await remote(390, "vi");
        await remote(1280, "en");
    },
    async desks() {
        await withoutScript(); // what is paid is on the day's file
        await mandates(1280, "en");
        await officer(1280, "vi", "officer");
        await officer(390, "en", hire("can.bo"));
        await administrator(1280, "vi");
        await administrator(390, "en");
        await exception(hire("ke.toan"));
    },
};
try {
    for (const part of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)) await parts[part]();
} finally {
    await browser.close();
}
console.log(`browser: ${process.argv.slice(2).join(" ") || "citizens, acting, desks"}: ok`);
