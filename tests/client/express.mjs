// The unmodified npm express-openid-connect: sign-in, refresh, userinfo, logout here and at motcua, and
// the back-channel logout that reaches it when the person signs out elsewhere.
import assert from "node:assert/strict";
import express from "express";
import eoc from "express-openid-connect";
import { Browser, here, isSignedIn, listen, register, secret, signIn, sleep } from "./party.mjs";

const portal = await listen();
await register("express", "--redirect", `${portal.base}/callback`, "--post-logout", portal.base, "--post-logout", `${portal.base}/`,
    "--grants", "authorization_code refresh_token", "--backchannel-logout", `${portal.base}/backchannel-logout`);
const app = express();
app.use(eoc.auth({
    issuerBaseURL: here, baseURL: portal.base, clientID: "express", clientSecret: secret, secret: "khoa-phien-cua-cong-du-dai-32-ky-tu-tro-len",
    authRequired: false, idpLogout: true, idTokenSigningAlg: "RS256", backchannelLogout: { store: memory() },
    authorizationParams: { response_type: "code", scope: "openid profile email" },
}));
// What a portal keeps of logout tokens.
function memory() {
    const kept = new Map();
    return { get: (k, done) => done(null, kept.get(k)), set: (k, v, done) => (kept.set(k, v), done?.(null)), destroy: (k, done) => (kept.delete(k), done?.(null)) };
}
app.get("/", (rq, rs) => rs.send(rq.oidc.isAuthenticated() ? `in:${rq.oidc.user.sub}` : "out"));
app.get("/info", async (rq, rs) => rs.json(await rq.oidc.fetchUserInfo()));
app.get("/refresh", async (rq, rs) => {
    const before = rq.oidc.accessToken.access_token;
    const { access_token } = await rq.oidc.accessToken.refresh();
    rs.json({ fresh: access_token !== before });
});
app.use((error, rq, rs, next) => rs.status(500).send(String(error.stack)));
portal.handle(app);

const browser = new Browser();
let end = await signIn(browser, `${portal.base}/login`);
end = await browser.follow(await postForm(browser, end));
// form_post and code alike: the page that posts itself needs a script, which this browser is not.
async function postForm(visitor, page) {
    const action = page.text.match(/<form method="post" action="([^"]+)"/)?.[1];
    if (!action) return page;
    const fields = Object.fromEntries([...page.text.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, k, v]) => [k, v]));
    return visitor.visit(action, { method: "POST", body: new URLSearchParams(fields) });
}
const seen = await browser.visit(`${portal.base}/`);
assert.match(seen.text, /^in:/, seen.text + end.text.slice(0, 500));
const info = JSON.parse((await browser.visit(`${portal.base}/info`)).text);
assert.equal(info.name, "Nguyễn Văn Thử");
assert.equal(`in:${info.sub}`, seen.text);
assert.deepEqual(JSON.parse((await browser.visit(`${portal.base}/refresh`)).text), { fresh: true });
end = await browser.follow(await browser.visit(`${portal.base}/logout`));
assert.equal(end.text, "out", `${end.url} ${end.text.slice(0, 300)}`);
assert.ok(!await isSignedIn(browser), "signed out at motcua too");

// Signing out at motcua reaches the portal, though its own cookie is still there.
await postForm(browser, await signIn(browser, `${portal.base}/login`));
assert.match((await browser.visit(`${portal.base}/`)).text, /^in:/);
const csrf = (await browser.visit(`${here}/`)).text.match(/name="csrf" value="([^"]*)"/)[1];
await browser.visit(`${here}/sign-out`, { method: "POST", body: new URLSearchParams({ csrf }) });
let said = "";
for (let i = 0; i < 60 && said !== "out"; i++) {
    await sleep(100);
    said = (await browser.visit(`${portal.base}/`)).text;
}
assert.equal(said, "out", "told over the back channel");
portal.server.close();
console.log("express-openid-connect: sign-in, refresh, userinfo, logout both ways");
process.exit(0);
