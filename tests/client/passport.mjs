// The unmodified npm passport-openidconnect: endpoints set by hand, client_secret_post, no PKCE; it
// checks what the ID token says. Refresh through the OAuth client that it carries.
import assert from "node:assert/strict";
import express from "express";
import passport from "passport";
import Strategy from "passport-openidconnect";
import session from "express-session";
import { Browser, here, isSignedIn, listen, register, secret, signIn } from "./party.mjs";

const portal = await listen();
await register("passport", "--redirect", `${portal.base}/callback`, "--post-logout", `${portal.base}/bye`, "--grants", "authorization_code refresh_token");
let kept = {};
const strategy = new Strategy({
    issuer: here, authorizationURL: `${here}/authorize`, tokenURL: `${here}/token`, userInfoURL: `${here}/userinfo`,
    clientID: "passport", clientSecret: secret, callbackURL: `${portal.base}/callback`, scope: ["profile", "email"], maxAge: 3600, skipUserProfile: false,
}, (issuer, profile, context, idToken, accessToken, refreshToken, done) => {
    kept = { profile, idToken, accessToken, refreshToken };
    done(null, { name: profile.displayName });
});
passport.use(strategy);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));
const app = express();
app.use(session({ secret: "khoa-phien-thu", resave: false, saveUninitialized: false }), passport.initialize(), passport.session());
app.get("/login", passport.authenticate("openidconnect"));
app.get("/callback", passport.authenticate("openidconnect", { failureRedirect: "/failed" }), (rq, rs) => rs.redirect("/"));
app.get("/bye", (rq, rs) => rs.send("bye"));
app.get("/", (rq, rs) => rs.send(rq.user ? `in:${rq.user.name}` : "out"));
app.use((error, rq, rs, next) => rs.status(500).send(String(error.stack)));
portal.handle(app);

const browser = new Browser();
const end = await signIn(browser, `${portal.base}/login`);
assert.equal(end.text, "in:Nguyễn Văn Thử", end.text.slice(0, 600));
assert.ok(kept.refreshToken && kept.accessToken && kept.idToken);
const refreshed = await new Promise((resolve, reject) => strategy._getOAuth2Client
    ? strategy._getOAuth2Client({ clientID: "passport", clientSecret: secret, tokenURL: `${here}/token` }).getOAuthAccessToken(kept.refreshToken, { grant_type: "refresh_token" }, (error, token) => error ? reject(error) : resolve(token))
    : fetch(`${here}/token`, { method: "POST", body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: kept.refreshToken, client_id: "passport", client_secret: secret }) })
        .then((answer) => answer.json()).then((tokens) => resolve(tokens.access_token), reject));
assert.ok(refreshed && refreshed !== kept.accessToken);
const info = await (await fetch(`${here}/userinfo`, { headers: { Authorization: `Bearer ${refreshed}` } })).json();
assert.equal(info.sub, kept.profile.id);
const out = await browser.follow(await browser.visit(`${here}/logout?${new URLSearchParams({ id_token_hint: kept.idToken, post_logout_redirect_uri: `${portal.base}/bye` })}`));
assert.equal(out.text, "bye");
assert.ok(!await isSignedIn(browser));
portal.server.close();
console.log("passport-openidconnect: sign-in, refresh, userinfo, logout");
process.exit(0);
