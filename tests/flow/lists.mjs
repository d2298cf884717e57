// Lists of the workplace: filters, pages by place, totals of the whole filter, files of it in three
// forms, filters that are kept, and what of a person stands on screen and in files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { hidden, hire, signInOfficer } from "./desk.mjs";
import { api, count, dossier, order, THU } from "../fault/stage.mjs";

const here = process.env.MOTCUA_URL, stack = process.env.STACK;
const officer = await signInOfficer(), viewer = await hire("xem.so", "viewer");
const list = "/finance/transactions";

// Names that a spreadsheet would run.
const names = ["=HYPERLINK(\"http://a.b\",\"x\")", "+84 123", "-2+3+cmd(' /C calc')!A0", "@SUM(A1:A9)", "Nguyễn \"Văn\" Thử, Hà Nội"];
const made = [];
for (const name of names) made.push(await order({ ...THU, name }));
for (let i = 0; i < 50; i++) made.push(await order(THU));
const whole = await officer(`${list}?all=1`);
assert.equal(whole.status, 200, whole.text);

// Pages by place: fifty, then the rest, none twice.
const dossiers = (text) => [...text.matchAll(/<th scope="row"[^>]*><a href="\/finance\/[a-z]+\/(pay_[^"]+)"/g)].map((m) => m[1]);
const next = whole.text.match(/href="([^"]+)" accesskey="n"/)[1].replaceAll("&amp;", "&");
const rest = await officer(next);
const seen = [...dossiers(whole.text), ...dossiers(rest.text)];
assert.equal(dossiers(whole.text).length, 50);
assert.equal(new Set(seen).size, seen.length);
assert.equal(seen.length, made.length);
assert.match(rest.text, /accesskey="p"/);
const up = await officer(`${list}?sort=made`);
assert.deepEqual(dossiers(up.text).slice(0, 5), [...seen].reverse().slice(0, 5));
assert.match(up.text, /aria-sort="ascending"/);

// Totals are those of the filter, not of the page.
const dong = (n) => n.toString().replace(/\B(?=(\d{3})+$)/g, ".") + " đ";
const due = made.reduce((sum, o) => sum + o.total, 0);
assert.ok(whole.text.match(/<tfoot>.*<\/tfoot>/s)[0].includes(dong(due)), dong(due));
assert.match(whole.text, new RegExp(`${made.length} dòng`));

// One number finds its own; a wrong value finds nothing and says so; an unknown name is refused.
const one = await officer(`${list}?q=${encodeURIComponent(made[3].dossier)}`);
assert.deepEqual(dossiers(one.text), [made[3].id]);
assert.equal(dossiers((await officer(`${list}?q=${THU.id}`)).text).length, 50);
const wrong = await officer(`${list}?made_from=2026-13-45`);
assert.equal(wrong.status, 422);
assert.equal(dossiers(wrong.text).length, 0);
assert.match(wrong.text, /role="alert"/);
assert.equal((await officer(`${list}?state=nothing`)).status, 422);
assert.equal((await officer(`${list}?stat=paid`)).status, 400, "a mistyped filter shows nothing");
assert.equal((await officer(`${list}?as=doc`)).status, 400);
const none = await officer(`${list}?due_from=999.999.999.999`);
assert.equal(none.status, 200);
assert.match(none.text, /Không có dòng nào khớp/);

// Files: the whole filter, the columns of the role, masked as on the page, written down.
async function file(visit, query) {
    const answer = await visit(`${list}?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer;
}
const csv = await file(officer, "as=csv&sort=made");
const lines = csv.text.replace(/^\uFEFF/, "").trimEnd().split("\r\n");
assert.equal(lines.length, made.length + 1);
const cells = (line) => [...line.matchAll(/"((?:[^"]|"")*)"/g)].map((m) => m[1].replaceAll('""', '"'));
const column = cells(lines[0]).indexOf("Người nộp"), money = cells(lines[0]).indexOf("Phải thu");
assert.ok(column > 0);
assert.equal(lines.slice(1).reduce((sum, line) => sum + Number(cells(line)[money]), 0), due);
const shown = process.env.MOTCUA_FINANCE_PERSONAL_ROLE === "officer";
for (const [i, name] of names.entries()) {
    const cell = cells(lines[i + 1])[column];
    if (shown) assert.equal(cell, /^[=+\-@]/.test(name) ? `'${name}` : name);
    else assert.doesNotMatch(cell, /HYPERLINK|calc|SUM|Nguyễn/);
}
for (const line of lines) for (const cell of cells(line)) assert.doesNotMatch(cell, /^[=+@\t\r]|^-\D/);
assert.ok(!cells((await file(viewer, "as=csv")).text.split("\r\n")[0]).includes("Người nộp"), "a viewer has no such column");
assert.equal(count("SELECT COUNT(*) FROM audit_log WHERE action = 'list.export'"), 2);

// The same rows and totals in a spreadsheet and on paper.
const bytes = async (as) => {
    const jar = await officer.cookies();
    const answer = await fetch(`${here}${list}?as=${as}`, { headers: { Cookie: jar } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-disposition"), new RegExp(`attachment; filename="transactions_\\d{8}.${as}"`));
    writeFileSync(`${stack}/list.${as}`, Buffer.from(await answer.arrayBuffer()));
};
await bytes("xlsx");
await bytes("pdf");
execFileSync("qpdf", ["--check", `${stack}/list.pdf`]);
const paper = execFileSync("pdftotext", ["-layout", `${stack}/list.pdf`, "-"], { encoding: "utf8" });
assert.ok(paper.includes(dong(due)), "the total stands on paper");
assert.match(paper, /Trang 1/);
assert.match(paper, /UTC\+7/);
// Another program opens the spreadsheet, and sees the same totals.
execFileSync("soffice", ["--headless", `-env:UserInstallation=file://${stack}/office`, "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", `${stack}/opened`, `${stack}/list.xlsx`], { stdio: "ignore" });
const opened = execFileSync("cat", [`${stack}/opened/list.csv`], { encoding: "utf8" }).trimEnd().split("\n");
assert.equal(opened.length, made.length + 2, "head, rows, totals");
assert.ok(opened.at(-1).includes(String(due)), opened.at(-1));

// Filters that are kept are the officer's own; one may be how the list opens.
const kept = await officer(`${list}?state=open&sort=-due`);
const keep = (fields) => officer("/finance/filters", { csrf: kept.csrf, list: "transactions", path: list, query: "?state=open&sort=-due", ...fields });
const after = await keep({ do: "keep", name: "Còn phải thu" });
assert.match(after.text, />Còn phải thu/);
assert.equal((await keep({ do: "open", name: "Còn phải thu" })).status, 200);
assert.match((await officer(list)).url, /state=open/);
assert.doesNotMatch((await officer(`${list}?all=1`)).url, /state=open/);
assert.doesNotMatch((await viewer(list)).text, />Còn phải thu/);
assert.equal((await keep({ do: "keep", name: "x", path: "https://a.b/finance" })).status, 400);
assert.equal((await keep({ do: "keep", name: "x", query: "?a=b\r\nSet-Cookie: c" })).status, 400);
assert.equal((await keep({ do: "keep", name: "" })).status, 400);
for (let i = 0; i < 19; i++) assert.equal((await keep({ do: "keep", name: `Lọc ${i}` })).status, 200);
assert.equal((await keep({ do: "keep", name: "một nữa" })).status, 429);
await keep({ do: "drop", name: "Còn phải thu" });
assert.doesNotMatch((await officer(`${list}?all=1`)).text, />Còn phải thu/);
console.log("lists: pages, totals, files, kept filters");
