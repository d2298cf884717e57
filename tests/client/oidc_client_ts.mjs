// The unmodified npm oidc-client-ts in Chromium: a public client in a page of another origin, which
// needs CORS on discovery, keys, token, userinfo and revocation, and gets it nowhere else.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { open } from "../browser/browser.mjs";
import { here, listen, register, systems } from "./party.mjs";

const script = readFileSync(new URL("../node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", import.meta.url));
const page_ = `<!doctype html><html lang="vi"><title>portal</title><p id="said">...</p><script src="/oidc.js"></script>`;
const portal = await listen((rq, rs) => {
    if (rq.url === "/oidc.js") rs.writeHead(200, { "Content-Type": "text/javascript" }).end(script);
    else rs.writeHead(200, { "Content-Type": "text/html" }).end(page_);
});
await register("in-browser", "--public", "--redirect", `${portal.base}/callback`, "--post-logout", `${portal.base}/bye`, "--grants", "authorization_code refresh_token");

const browser = await open();
try {
    const page = await (await browser.newContext({ locale: "vi-VN" })).newPage();
    const settings = { authority: here, client_id: "in-browser", redirect_uri: `${portal.base}/callback`, post_logout_redirect_uri: `${portal.base}/bye`,
        scope: "openid profile", response_type: "code", loadUserInfo: true };
    const run = (work, ...given) => page.evaluate(([body, of, args]) => {
        window.manager ??= new oidc.UserManager(of);
        return new Function("manager", "args", `return (${body})(manager, ...args)`)(window.manager, args);
    }, [work.toString(), settings, given]);

    await page.goto(portal.base);
    await Promise.all([page.waitForURL(/\/login\?id=/), run((manager) => { manager.signinRedirect(); })]);
    const way = await page.locator('a[href^="/login/vneid/start"]').getAttribute("href");
    await page.goto(here + way);
    await page.goto(`${page.url()}&persona=thu`);
    await page.waitForURL(/\/callback/);
    const user = await run(async (manager) => { const u = await manager.signinCallback(); return { sub: u.profile.sub, name: u.profile.name, access: u.access_token, refresh: !!u.refresh_token }; });
    assert.equal(user.name, "Nguyễn Văn Thử");
    assert.ok(user.refresh);
    const refreshed = await run(async (manager) => (await manager.signinSilent()).access_token);
    assert.notEqual(refreshed, user.access);
    const from = (path, init) => page.evaluate(async ([url, more]) => { try { return (await fetch(url, more)).status; } catch { return "blocked"; } }, [here + path, init]);
    assert.equal(await from("/userinfo", { headers: { Authorization: `Bearer ${refreshed}` } }), 200);
    await run((manager) => manager.revokeTokens(["access_token"]));
    assert.equal(await from("/userinfo", { headers: { Authorization: `Bearer ${refreshed}` } }), 401);
    assert.equal(await from("/authorize", {}), "blocked", "no page of another origin reads the authorization endpoint");
    assert.equal(await from("/v1/fees", {}), "blocked");
    await Promise.all([page.waitForURL(/\/bye/), run((manager) => { manager.signoutRedirect(); })]);
    await page.goto(here);
    assert.equal(await page.locator('form[action="/sign-out"]').count(), 0, "signed out at motcua");
} finally {
    await browser.close();
    portal.server.close();
}
console.log("oidc-client-ts in Chromium: sign-in, refresh, userinfo, revocation, logout");
process.exit(0);
