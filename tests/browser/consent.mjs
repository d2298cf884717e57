// The questions that a portal's request may lead to, and the pages that tell why it goes no further:
// both languages, a telephone and a desk, axe on every page.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { here, inspect, open, stack, systems, under, visitor } from "./browser.mjs";

const browser = await open();
for (const [id, ...more] of [["asks-portal", "--consent", "true"], ["acts-portal", "--acting", "must"]])
    execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "client", "add", id, "--profile", "oidc", "--public",
        "--name-vi", "Cổng thử", "--name-en", "Test portal", "--redirect", `${systems}/${id}`, "--scopes", "openid profile email phone address vn_id", ...more]);
await new Promise((resolve) => setTimeout(resolve, 2500)); // CLIENT_FRESH_MS
const ask = (id, more = {}) => `${here}/authorize?${new URLSearchParams({
    client_id: id, redirect_uri: `${systems}/${id}`, response_type: "code", scope: "openid profile email phone address vn_id", state: "s",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more })}`;

for (const width of [390, 1280]) {
    for (const language of ["vi", "en"]) {
        const page = await visitor(browser, { width, language });
        await page.goto(ask("asks-portal", { ui_locales: `fr ${language}` }));
        assert.equal(await page.getAttribute("html", "lang"), language, "as the portal asked");
        const login = page.url();
        await page.click('a[href^="/login/vneid/start"]');
        await page.waitForURL(under(`${systems}/vneid/authorize`));
        await page.click('button.person:has-text("Nguyễn Văn Thử")');
        await page.waitForURL(under(`${here}/login/vneid/callback`));
        await inspect(page, "consent");
        assert.ok((await page.locator("main li").count()) >= 10, "claim by claim");
        assert.equal(await page.locator("main input:checked").count(), 0, "nothing is pre-ticked");
        await page.goto(login);
        await inspect(page, "sign-in-done");
        assert.equal(await page.locator(`main a[href="${systems}/"]`).count(), 1, "the way back to the portal");
        await page.goto(ask("acts-portal"));
        await page.waitForURL(under(`${here}/act?`));
        await inspect(page, "act");
        await page.goto(ask("acts-portal", { redirect_uri: "https://evil.example/" }));
        await inspect(page, "authorize-error");
        assert.equal(await page.locator(`main a[href="${systems}/"]`).count(), 1, "the way back to the portal");
        await page.context().close();
    }
}
await browser.close();
console.log("consent: questions and refusals, in both languages, at both widths");
