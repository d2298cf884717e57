// Refresh tokens over HTTP: the same one works again and again, also sixteen at once; it is its
// client's and its key's alone; what ends the session ends it, also in the middle of a refresh.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Browser, form, here, motcua, until } from "../fault/stage.mjs";
import * as m from "./machine.mjs";

const secret = "mot-bi-mat-du-dai-cho-bai-thu-lam-moi";
writeFileSync(`${process.env.STACK}/secrets/refresher`, `${secret}\n`, { mode: 0o600 });
for (const id of ["refresher", "refresher-too"])
    motcua("client", "add", id, "--profile", "oidc", "--name-vi", "Cổng làm mới", "--redirect", m.callback, "--scopes", "openid profile email",
        "--grants", "authorization_code refresh_token", "--secret-file", `${process.env.STACK}/secrets/refresher`);
const me = { client_id: "refresher", client_secret: secret };
const he = { client_id: "refresher-too", client_secret: secret };
const ask = { client_id: "refresher", scope: "openid profile email" };
const refresh = (refresh_token, who = me, more = {}, lines = []) => m.token({ ...who, grant_type: "refresh_token", refresh_token, ...more }, lines);
const opens = async (token) => (await m.raw("GET", "/userinfo", [["Authorization", `Bearer ${token}`]])).status;
const ended = { status: 400, error: "invalid_grant" };
const outcome = (answer) => ({ status: answer.status, error: answer.json?.error });

const browser = await new Browser().signIn();
await until(async () => (await m.token({ ...me, grant_type: "refresh_token", refresh_token: "x" })).json?.error === "invalid_grant", 5000);
const first = await m.redeem(await m.code(browser, ask, "openid profile email"), me);
assert.equal(first.status, 200, first.text);
assert.ok(first.json.refresh_token);

// The same token again and again; narrower when asked so, never wider.
for (let i = 0; i < 3; i++) {
    const next = await refresh(first.json.refresh_token);
    assert.equal(next.status, 200, next.text);
    assert.equal(next.headers["cache-control"], "no-store");
    assert.equal(next.json.refresh_token, first.json.refresh_token);
    assert.notEqual(next.json.access_token, first.json.access_token);
    assert.equal(await opens(next.json.access_token), 200);
    assert.equal(await opens(first.json.access_token), 200, "the older access token goes on");
}
assert.equal((await refresh(first.json.refresh_token, me, { scope: "openid" })).json.scope, "openid");
assert.deepEqual(outcome(await refresh(first.json.refresh_token, me, { scope: "openid vn_id" })), { status: 400, error: "invalid_scope" });

// Its client's alone, and only when the client says who it is.
assert.deepEqual(outcome(await refresh(first.json.refresh_token, he)), ended);
assert.deepEqual(outcome(await refresh(first.json.refresh_token, { client_id: "refresher" })), { status: 401, error: "invalid_client" });
assert.deepEqual(outcome(await refresh(first.json.refresh_token, { ...me, client_secret: "wrong" })), { status: 401, error: "invalid_client" });

// Its key's alone.
const key = await m.keyPair();
const prove = async (by = key) => [["DPoP", await m.proof(by, "POST", `${here}/token`)]];
const bound = await m.redeem(await m.code(browser, ask, "openid profile email"), me, await prove());
assert.equal(bound.json.token_type, "DPoP");
assert.deepEqual(outcome(await refresh(bound.json.refresh_token)), ended);
assert.deepEqual(outcome(await refresh(bound.json.refresh_token, me, {}, await prove(await m.keyPair()))), ended);
assert.equal((await refresh(bound.json.refresh_token, me, {}, await prove())).json.token_type, "DPoP");

// Sixteen at once.
const many = await Promise.all(Array.from({ length: 16 }, () => refresh(first.json.refresh_token)));
for (const answer of many) assert.equal(answer.status, 200, answer.text);
for (const answer of many) assert.equal(await opens(answer.json.access_token), 200);

// One code by sixty-four: one set of tokens at most gets out, and then none of it opens anything.
const code = await m.code(browser, ask, "openid profile email");
const race = await Promise.all(Array.from({ length: 64 }, () => m.redeem(code, me)));
assert.equal(race.filter((answer) => answer.status === 200).length, 1);
for (const answer of race.filter((each) => each.status !== 200)) assert.deepEqual(outcome(answer), ended);
const won = race.find((answer) => answer.status === 200).json;
assert.equal(await opens(won.access_token), 401);
assert.deepEqual(outcome(await refresh(won.refresh_token)), ended);
assert.equal(await opens(first.json.access_token), 200, "other grants of the session go on");

// Leaving in the middle of refreshes ends everything.
const csrf = (await browser.visit(`${here}/`)).text.match(/name="csrf" value="([^"]*)"/)[1];
const storm = Array.from({ length: 16 }, () => refresh(first.json.refresh_token));
const left = await browser.visit(`${here}/sign-out`, form({ csrf }));
assert.equal(left.status, 200, left.text);
for (const answer of await Promise.all(storm))
    if (answer.status === 200) assert.equal(await opens(answer.json.access_token), 401);
    else assert.deepEqual(outcome(answer), ended);
assert.equal(await opens(first.json.access_token), 401);
assert.deepEqual(outcome(await refresh(first.json.refresh_token)), ended);
console.log("refresh: the same again, bound, sixteen at once, sixty-four on one code, leaving in between");
