// Names, births and firms as they are in Viet Nam: what the person sees and what a portal is told.
// The vectors of numbers are in tests/base/test_idno.c, of names in tests/base/test_utf8.c, of what
// the population database is asked in tests/auth/test_person.c, of firms in tests/auth/test_business.c.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { Browser, calm, count, fault, form, here, motcua, start, stop, systems, until } from "../fault/stage.mjs";
import * as m from "./machine.mjs";

const vi = Object.fromEntries(readFileSync(new URL("../../web/text/vi.txt", import.meta.url), "utf8")
    .split("\n").map((line) => line.match(/^(\S+) = (.*)$/)).filter(Boolean).map(([, key, said]) => [key, said]));
const secret = "mot-bi-mat-du-dai-cho-nguoi-viet";
writeFileSync(`${process.env.STACK}/secrets/people`, secret, { mode: 0o600 });
const add = (id, ...more) => motcua("client", "add", id, "--profile", "oidc", "--redirect", m.callback, "--scopes", "openid profile vn_id authority",
    "--secret-file", `${process.env.STACK}/secrets/people`, ...more);
// The form of answers that has the numbers of representatives beside their names.
await stop();
await start({ MOTCUA_BUSINESS_SHAPE: "lgsp", MOTCUA_BUSINESS_URL: `${systems}/dkkd/lgsp` });
add("people");
add("firms", "--acting", "may");
const scope = "openid profile vn_id authority";
const hidden = (page, name) => page.text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));
async function told(client_id, code) {
    const made = await m.redeem(code, { client_id, client_secret: secret });
    assert.equal(made.status, 200, made.text);
    const info = await m.userinfo([["Authorization", `Bearer ${made.json.access_token}`]]);
    assert.equal(info.status, 200, info.text);
    return { ...info.json, id_token: claimsOf(made.json.id_token), bytes: info.text };
}

// Names come in composed form, as the person writes them; births as far as they are known.
const people = {
    thanh: ["Phạm Thị Thanh", "1953"], mai: ["Nguyễn Thị Mai", "1949"], // a year; a year and a month
    hoanfd: ["Nguyễn Thị Hòa", "1985-04-13"], // decomposed upstream
    hoa: ["Nguyễn Thị Hòa", "1985-03-12"], quy: ["Trần Văn Quý", "1980-10-19"], // tone marks in either place
    hhen: ["H'Hen Niê", "1992-06-15"], ybih: ["Y Bih Ka-Đăm", "1990-07-16"], dang: ["Đang", "1995-08-17"], // no family name first, or one word
    tram: ["Ðặng Thị Thuỳ Trâm", "1988-05-14"], khoang: ["Lò Văn Khoảng", "1988-07-07"], hoavn: ["LƯỜNG VĂN HOA", "1994-08-08"],
    la: ["Bùi Văn Lạ", "1987-03-03"], gioi: ["Hồ Thị Giới", "1989-02-12"], mot: ["Mã Văn Một", "2000-09-09"], // a number that disagrees with the person warns, no more
};
for (const [handle, [name, born]] of Object.entries(people)) {
    const browser = await new Browser().signIn(handle);
    const home = await browser.visit(`${here}/`);
    assert.ok(home.text.includes(name.replaceAll("'", "&#39;")), `${handle}: the page says ${home.text.match(/<h1>[^]*?<\/h1>/)?.[0]}`);
    const said = await told("people", await m.code(browser, { client_id: "people" }, scope));
    assert.deepEqual([said.name, said.birthdate, said.id_token.vn_register_check], [name, born, "confirmed"], handle);
    assert.equal(said.bytes, said.bytes.normalize("NFC"), handle);
    if (handle === "dang") assert.deepEqual([said.given_name, said.family_name], [undefined, undefined], "one word is not taken apart");
}

// Whom the register does not know as the same is told so, in words of their own, and gets no code.
for (const [handle, key] of [["mat", "person_deceased"], ["vang", "person_unknown"], ["lech", "person_unknown"], ["ngay", "person_unknown"], ["ctgiaithe", "business_status"]]) {
    const browser = new Browser();
    const page = await browser.visit(await browser.toCallback(handle));
    assert.equal(page.status, 403, `${handle}: ${page.status}`);
    assert.ok(page.text.includes(vi[`err.${key}`]), `${handle}: ${page.text.match(/role="alert"[^]*?<\/div>/)?.[0]}`);
    assert.ok(!(await browser.visit(`${here}/`)).text.includes('action="/sign-out"'), handle);
}

// A firm with three representatives: each by their own number, one firm, three who act.
async function claim(browser, code) {
    const page = await browser.visit(`${here}/me/organisations`);
    return browser.visit(`${here}/me/organisations`, form({ csrf: hidden(page, "csrf"), code }));
}
const ask = `${here}/authorize?${new URLSearchParams({ client_id: "firms", redirect_uri: m.callback, response_type: "code", scope, state: "s", nonce: "n",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" })}`;
async function act(browser, firm) {
    const page = await browser.follow(await browser.visit(ask), 1);
    const whom = page.text.match(new RegExp(`value="(org_[^"]*)"(?:(?!</label>)[^])*?${firm}`))?.[1];
    if (!whom) return { page };
    const next = (await browser.visit(`${here}/act`, form({ csrf: hidden(page, "csrf"), id: hidden(page, "id"), whom }))).next;
    const code = next && new URL(next).searchParams.get("code");
    return { page, next, said: code ? await told("firms", code) : null };
}
const three = "Công ty Cổ phần Ba Người Đại Diện";
const acting = [];
for (const handle of ["daidien", "dongdd", "thu"]) {
    const browser = await new Browser().signIn(handle);
    const claimed = await claim(browser, "9900000023");
    assert.equal(claimed.next, `${here}/me/organisations?told=claimed`, `${handle}: ${claimed.text}`);
    const { said } = await act(browser, three);
    assert.deepEqual([said.org.name, said.org.tax_code, said.id_token.sub_type, said.act.role], [three, "9900000023", "organisation", "legal_representative"], handle);
    acting.push(said);
}
assert.equal(new Set(acting.map((said) => said.sub)).size, 1, "one firm");
assert.equal(new Set(acting.map((said) => said.act.sub)).size, 3, "three people");
assert.deepEqual(acting.map((said) => said.act.name), ["Huỳnh Văn Đại", "Dương Thị Đồng", "Nguyễn Văn Thử"]);
assert.equal((await claim(await new Browser().signIn("sai"), "9900000023")).status, 403, "a fourth is none");

// What a status permits: a suspended firm acts and its status is told; one whose code is void or ended
// does not; one that may only pay is nobody for portals.
const dai = await new Browser().signIn("daidien");
const suspended = "Công ty TNHH Tạm Ngừng Kinh Doanh";
assert.equal((await claim(dai, "9900000087")).next, `${here}/me/organisations?told=claimed`);
const { said: paused } = await act(dai, suspended);
assert.deepEqual([paused.org.name, paused.org.status], [suspended, "05"]);
assert.ok((await dai.visit(`${here}/me/organisations`)).text.includes(suspended));
const dissolved = await claim(dai, "9900000062");
assert.equal(dissolved.status, 403, `${dissolved.next}`);
assert.ok(dissolved.text.includes(vi["err.business_status"]), dissolved.text.slice(-1500));
const bankrupt = await claim(dai, "9900000104");
const refused = await act(dai, "Công ty Cổ phần Chờ Phá Sản");
assert.ok(!refused.said, `${bankrupt.status} ${refused.next}`);
assert.equal(bankrupt.next, `${here}/me/organisations?told=claimed`, "its debts stay payable");
assert.ok(refused.next === null || refused.next === undefined, `${refused.next}`);

// The business register down, failing, or talking nonsense: a technical fault, told as one,
// nobody's judgement and nobody's ground.
const dong = await new Browser().signIn("dongdd");
const heard = [];
for (const name of ["business_down", "business_error", "business_garbage"]) {
    await fault(name);
    const page = await claim(dong, "9900000111");
    await calm();
    assert.ok([502, 503].includes(page.status), `${name}: ${page.status} ${page.next}`);
    assert.ok(["err.upstream_down", "err.upstream_bad"].some((key) => page.text.includes(vi[key])), `${name}: ${page.text.match(/role="alert"[^]*?<\/div>/)?.[0]}`);
    assert.ok(!page.text.includes(vi["err.not_representative"]) && !page.text.includes(vi["err.business_unknown"]), name);
    heard.push(page.status);
}
const healed = await until(async () => { const page = await claim(dong, "9900000111"); return page.next?.endsWith("told=claimed") && page; }, 30000, 500);
assert.ok(healed, "the same firm, once the register answers");
// The audit log: each question before it is asked, each answer after it, with what came of it.
const rows = (action, outcome) => count(`SELECT count(*) FROM audit_log WHERE action='${action}' AND detail LIKE '%"outcome":"${outcome}%'`);
assert.ok(rows("business.answer", "UPSTREAM_") >= heard.length, `${rows("business.answer", "UPSTREAM_")}`);
assert.ok(rows("business.answer", "MATCH") >= 5, `${rows("business.answer", "MATCH")}`);
assert.ok(count("SELECT count(*) FROM audit_log WHERE action='business.query'") >= rows("business.answer", ""), "none is asked in silence");
console.log(`vietnamese: ${Object.keys(people).length} names and births, three representatives, four states of a firm, ${heard.length} faults`);
assert.equal(await stop(), 0);
process.exit(0);
