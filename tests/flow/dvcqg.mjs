// A portal that was built for the national portal's SSO moves by changing addresses: no PKCE, no
// nonce, acr_values=LoA1, the secret in the body, userinfo by POST with an empty or foreign body, and
// tokens checked by token=...&state=0 with a bearer. Other clients get nothing at these addresses.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Browser, here, motcua, until } from "../fault/stage.mjs";
import * as m from "./machine.mjs";

const secret = "mot-bi-mat-du-dai-cho-cong-cu-cua-tinh";
writeFileSync(`${process.env.STACK}/secrets/old_portal`, `${secret}\n`, { mode: 0o600 });
const add = (id, scopes, ...more) => motcua("client", "add", id, "--profile", "dvcqg-compat", "--name-vi", "Cổng cũ của tỉnh",
    "--redirect", m.callback, "--scopes", scopes, "--secret-file", `${process.env.STACK}/secrets/old_portal`, ...more);
add("old-portal", "openid profile vn_profile vn_id");
add("modest-portal", "openid vn_profile");
const old = { client_id: "old-portal", client_secret: secret };
const modest = { client_id: "modest-portal", client_secret: secret };
const state = "aHR0cHM6Ly9jb25nLmV4YW1wbGUudm4vdHJhbmctY2h1"; // an address, as they do it: echoed, never followed
const start = (client_id, path = "/oauth2/authorize") => `${here}${path}?${new URLSearchParams({
    response_type: "code", client_id, redirect_uri: m.callback, scope: "openid", acr_values: "LoA1", state })}`;
const bearer = (token) => ["Authorization", `Bearer ${token}`];
const JSON_ = ["Content-Type", "application/json"];

const browser = await new Browser().signIn();
await until(async () => (await browser.visit(start("modest-portal"))).status === 303, 5000);
async function tokens(who) {
    const back = new URL((await browser.visit(start(who.client_id))).next);
    assert.equal(back.origin + back.pathname, m.callback);
    assert.equal(back.searchParams.get("state"), state);
    const made = await m.post("/oauth2/token", { ...who, grant_type: "authorization_code", code: back.searchParams.get("code"), redirect_uri: m.callback });
    assert.equal(made.status, 200, made.text);
    assert.equal(made.json.token_type, "Bearer");
    return made.json;
}

const made = await tokens(old);
assert.ok(made.id_token && made.expires_in > 0);
for (const [method, lines, body] of [
    ["POST", [JSON_], ""], ["POST", [JSON_], "{}"], ["POST", [JSON_], "not json"], ["POST", [], ""],
    ["POST", [["Content-Type", "text/plain"]], "x"], ["GET", [], ""],
]) {
    const said = await m.raw(method, "/oauth2/userinfo", [bearer(made.access_token), ...lines], body);
    assert.equal(said.status, 200, `${method} ${lines} ${said.text}`);
    assert.equal(said.json.HoVaTen, "Nguyễn Văn Thử");
    assert.equal(said.json.SoDinhDanh, "001087123456");
    assert.equal(said.json.LoaiTaiKhoan, "1");
    assert.equal(said.json.TechID, said.json.sub, "no number by which portals could join their records");
    assert.match(said.json.NgayThangNamSinh, /^\d{8}$/);
}
// The names by default, the number only where it is registered.
const little = await tokens(modest);
const said = (await m.raw("POST", "/oauth2/userinfo", [bearer(little.access_token), JSON_])).json;
assert.equal(said.HoVaTen, "Nguyễn Văn Thử");
assert.equal(said.SoDinhDanh, undefined);

// A token is checked with a token of the same client.
const check = (token, by) => m.post("/oauth2/introspect", { token, state: "0" }, by ? [bearer(by)] : []);
const alive = (await check(made.access_token, made.access_token)).json;
assert.equal(alive.active, true);
assert.equal(alive.client_id, "old-portal");
assert.ok(alive.exp > m.now());
assert.deepEqual((await check(made.access_token, little.access_token)).json, { active: false });
assert.deepEqual((await check("x", made.access_token)).json, { active: false });
assert.equal((await check(made.access_token)).status, 401);
assert.equal((await check(made.access_token, "x")).status, 401);
assert.equal((await m.post("/oauth2/introspect", { state: "0" }, [bearer(made.access_token)])).status, 400);

// Nobody else gets anything here.
assert.equal((await browser.visit(start("demo-portal"))).status, 404);
assert.equal((await browser.visit(start("no-such-portal"))).status, 404);
const refused = await m.post("/oauth2/token", { ...m.portal, grant_type: "authorization_code", code: "x", redirect_uri: m.callback });
assert.deepEqual([refused.status, refused.json.error], [401, "invalid_client"]);
const strict = (await m.redeem(await m.code(browser))).json.access_token;
for (const path of ["/oauth2/userinfo", "/oauth2/introspect"]) {
    const answer = await m.post(path, { token: strict }, [bearer(strict)]);
    assert.equal(answer.status, 401, path);
    assert.match(answer.headers["www-authenticate"], /invalid_token/);
}
console.log("dvcqg: an old portal moves by its addresses; nobody else goes that way");
