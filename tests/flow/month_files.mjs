// motcua reconcile on a bare machine finds what motcua-sandbox month has planted: in each form a whole
// month against ours.csv, each difference with its payment and both amounts, and nothing besides.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";

const bin = process.env.MOTCUA_BIN, dir = mkdtempSync(`${tmpdir()}/motcua-month-`);
process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
execFileSync(`${bin}/motcua-sandbox`, ["month", "--seed", "7", "--month", "2026-10", "--out", dir]);
const truth = JSON.parse(readFileSync(`${dir}/truth.json`, "utf8"));

// Of all days at once another day is no difference; ours.csv has no fee, no expiry and no treasury.
const beside = new Set(["DATE", "FEE", "LATE", "TRS"]);
function expected(form) {
    const rows = [];
    for (const x of truth.found) {
        const here = x.forms.includes(form), code = here ? x.class : x.otherwise;
        if (code === null || beside.has(code) || (code === "DUP_PAY" && x.ours_vnd !== 0)) continue;
        rows.push(`${code} ${x.reference} ${x.ours_vnd} ${here ? x.theirs_vnd : x.otherwise_vnd}`);
    }
    return rows.sort();
}
// The file that stands in the end, of each day.
function standing(form) {
    const last = new Map();
    for (const file of truth.files[form]) if (file.expect === "accepted") last.set(file.day, `${form}/${file.file}`);
    return [...last.values()];
}
function cells(line) {
    return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) => cell.replace(/^"|"$/g, "").replaceAll('""', '"'));
}
function found(text) {
    const [head, ...rows] = text.trimEnd().split("\n").map(cells);
    const of = (row, name) => row[head.indexOf(name)];
    return rows.map((row) => `${of(row, "class")} ${of(row, "reference")} ${of(row, "ours_vnd")} ${of(row, "theirs_vnd")}`).sort();
}
for (const form of ["mc1", "csv", "xlsx", "fw1", "bj1"]) {
    const files = standing(form);
    assert.ok(files.length >= 30, form);
    const run = spawnSync(`${bin}/motcua`, ["reconcile", "ours.csv", ...files, "--out", `${form}.out`], { cwd: dir, encoding: "utf8" });
    assert.equal(run.status, 1, `${form}: ${run.stderr}`);
    assert.match(run.stdout, /^residual +0$/m, form);
    assert.deepEqual(found(readFileSync(`${dir}/${form}.out`, "utf8")), expected(form), form);
}
// What contradicts itself is used in no part, and no file is left.
for (const file of truth.files.mc1.filter((x) => x.class === "CTL")) {
    const run = spawnSync(`${bin}/motcua`, ["reconcile", "ours.csv", `mc1/${file.file}`, "--out", "none.out"], { cwd: dir, encoding: "utf8" });
    assert.equal(run.status, 2, run.stderr);
    assert.match(run.stderr, /CTL/);
    assert.throws(() => readFileSync(`${dir}/none.out`));
}
console.log("a month of files: what was planted is found, in five forms");
