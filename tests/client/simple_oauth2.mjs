// The unmodified npm simple-oauth2: code, refresh, userinfo, revocation (which throws when the answer
// is anything but JSON).
import assert from "node:assert/strict";
import oauth from "simple-oauth2";
import { Browser, here, listen, register, secret, signIn } from "./party.mjs";

const portal = await listen((rq, rs) => rs.end("portal"));
await register("simple", "--redirect", `${portal.base}/callback`, "--grants", "authorization_code refresh_token");
const client = new oauth.AuthorizationCode({
    client: { id: "simple", secret },
    auth: { tokenHost: here, tokenPath: "/token", authorizePath: "/authorize", revokePath: "/revoke" },
});

const browser = new Browser();
const redirect_uri = `${portal.base}/callback`;
const end = await signIn(browser, client.authorizeURL({ redirect_uri, scope: "openid profile", state: "a-state" }));
const back = new URL(end.url);
assert.equal(back.searchParams.get("state"), "a-state");
let token = await client.getToken({ code: back.searchParams.get("code"), redirect_uri });
assert.ok(!token.expired());
const userinfo = (access) => fetch(`${here}/userinfo`, { headers: { Authorization: `Bearer ${access}` } });
assert.equal((await (await userinfo(token.token.access_token)).json()).name, "Nguyễn Văn Thử");
const first = token.token.access_token;
token = await token.refresh();
assert.notEqual(token.token.access_token, first);
assert.equal((await userinfo(token.token.access_token)).status, 200);
await token.revoke("refresh_token");
assert.equal((await userinfo(token.token.access_token)).status, 401);
await assert.rejects(token.refresh());
portal.server.close();
console.log("simple-oauth2: code, refresh, userinfo, revocation");
