// mutants.mjs [NAME]... [--list] [--check] [--dir FOLDER] [--jobs N]: do the tests see a broken payment?
// mutants/table.mjs has the faults. All of them are planted at once in a copy of the tree, each behind a
// switch (mutants/mutant.h), the copy is compiled once, and MOTCUA_MUTANT wakes one at a time: the tests
// named for it must then fail, which all of them pass while every fault sleeps. Nothing of it can reach a
// binary that anybody runs. A run over all faults writes docs/mutants.md. --check builds nothing: each
// fault still finds its place once, each test still exists, the page is that of the table.
// The tests need MOTCUA_TEST_POSTGRESQL and MOTCUA_TEST_REDIS, as `./test` sets them.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { mutants } from "./mutants/table.mjs";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "../.."), page = join(top, "docs/mutants.md");
const words = process.argv.slice(2);
const flag = (name) => words.includes(name) && words.splice(words.indexOf(name), 1).length > 0;
const option = (name) => (words.includes(name) ? words.splice(words.indexOf(name), 2)[1] : undefined);
const listing = flag("--list"), checking = flag("--check"), jobs = Number(option("--jobs") ?? 2);
const dir = resolve(option("--dir") ?? join(top, "build/mutants_payments"));
for (const word of words) if (!mutants.some((mutant) => mutant.name === word)) throw new Error(`no mutant ${word}`);
const chosen = words.length ? mutants.filter((mutant) => words.includes(mutant.name)) : mutants;
const src = join(dir, "src"), build = join(dir, "build");
const SECONDS_MAX = 120;

function pagePrint() {
    const lines = ["# Seeded bugs", "",
        "Each fault below was planted in a copy of the code, and the named tests failed because of it; without it they pass.",
        "Written by `node tests/payments/mutants.mjs` after a run in which every fault was seen; `--check` of the same compares",
        "this page, the places of the faults and the names of the tests with the tree. Those of sign-in are in",
        "`tests/conformance/mutants/table.mjs`.", ""];
    for (const area of new Set(mutants.map((mutant) => mutant.area))) {
        const rows = mutants.filter((mutant) => mutant.area === area);
        lines.push(`## ${area}`, "", "| mutant | what it does | where | killed by |", "|---|---|---|---|");
        for (const { name, what, edits, tests } of rows)
            lines.push(`| \`${name}\` | ${what} | ${[...new Set(edits.map((edit) => `\`${edit.file}\``))].join(" ")} | ${tests.map((test) => `\`${test}\``).join(" ")} |`);
        lines.push("");
    }
    return `${lines.join("\n")}${mutants.length} faults.\n`;
}

// "payments/order.a_sentence@sqlite": the file that holds it, its line there, its program.
function testFind(test) {
    const [, room, noun, sentence, engine] = /^(\w+)\/(\w+)\.(\w+?)(?:@(\w+))?$/.exec(test) ?? [];
    const file = join(top, `tests/${room}/test_${noun}.c`), kind = { sqlite: "TEST_STORE", postgresql: "TEST_STORE", memory: "TEST_KV", redis: "TEST_KV" }[engine] ?? "TEST";
    return { program: `test_${room}_${noun}`, argument: engine ? `${sentence}@${engine}` : sentence,
        exists: existsSync(file) && readFileSync(file, "utf8").includes(`\n${kind}(${sentence})`) };
}

// The text of a file with its faults planted; what does not find its place exactly once is told.
function plant(file, told) {
    let text = readFileSync(join(top, file), "utf8");
    const right = text;
    for (const { name, edits } of mutants)
        for (const edit of edits.filter((one) => one.file === file)) {
            const here = right.split(edit.find).length - 1, now = text.split(edit.find).length - 1;
            if (here !== 1 || now !== 1) told(`${name}: ${here} places in ${file} (${now} beside the other faults) instead of one: ${edit.find}`);
            text = text.replace(edit.find, () => edit.put.replaceAll("MUTANT", `mutant_is("${name}")`));
        }
    return file.endsWith(".c") ? `#include "tests/payments/mutants/mutant.h"\n#line 1 "${file}"\n${text}` : text;
}
const files = [...new Set(mutants.flatMap((mutant) => mutant.edits.map((edit) => edit.file)))];

if (listing) {
    for (const { name, what, tests } of mutants) console.log(`${name}: ${what}\n    ${tests.join(" ")}`);
    process.exit();
}
let bad = 0;
const tell = (line) => { console.log(line); bad++; };
for (const file of files) plant(file, tell);
for (const { name, edits, tests } of mutants) {
    if (mutants.filter((other) => other.name === name).length > 1) tell(`${name}: two of that name`);
    if (edits.every((edit) => !edit.put.includes("MUTANT"))) tell(`${name}: nothing wakes it`);
    if (tests.length === 0) tell(`${name}: no test`);
    for (const test of tests) if (!testFind(test).exists) tell(`${name}: no test ${test}`);
}
if (checking && (!existsSync(page) || readFileSync(page, "utf8") !== pagePrint())) tell("docs/mutants.md is not that of the table: run the faults again");
if (checking || bad) process.exit(bad ? 1 : 0);

// Only what changed is written, so that a second run compiles no more than it must.
function put(path, bytes) {
    if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
}
function copyTree(from, to) {
    mkdirSync(to, { recursive: true });
    const names = readdirSync(from).filter((name) => !["build", "node_modules", ".git", "var"].includes(name));
    for (const name of readdirSync(to)) if (!names.includes(name)) rmSync(join(to, name), { recursive: true });
    for (const name of names) {
        const a = join(from, name), b = join(to, name);
        if (statSync(a).isDirectory()) copyTree(a, b);
        else if (!files.includes(a.slice(top.length + 1))) put(b, readFileSync(a));
    }
}
copyTree(top, src);
for (const file of files) put(join(src, file), Buffer.from(plant(file, tell)));
copyFileSync(join(top, "tests/payments/mutants/mutant.h"), join(src, "tests/payments/mutants/mutant.h"));
if (!existsSync(join(build, "build.ninja")))
    execFileSync("cmake", ["-S", src, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DMOTCUA_FUZZ=OFF"], { stdio: ["ignore", "ignore", "inherit"] });
const programs = [...new Set(mutants.flatMap((mutant) => mutant.tests.map((test) => testFind(test).program)))];
const made = spawnSync("ninja", ["-C", build, "-j", String(jobs), ...programs], { encoding: "utf8" });
if (made.status !== 0) {
    console.log(made.stdout.split("\n").filter((line) => /error|FAILED/.test(line)).slice(0, 20).join("\n") || made.stderr);
    process.exit(1);
}

// One test, with one fault awake or none: whether it passed, and the first thing it said.
function run(test, mutant = "") {
    const { program, argument } = testFind(test);
    return new Promise((done) => {
        const child = spawn(join(build, "bin", program), [argument], { env: { ...process.env, MOTCUA_MUTANT: mutant } });
        let said = "";
        const late = setTimeout(() => child.kill("SIGKILL"), SECONDS_MAX * 1000);
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => { said = (said + bytes).slice(0, 4000); });
        child.on("close", (code, signal) => {
            clearTimeout(late);
            done({ passed: code === 0, line: said.trim().split("\n").filter((line) => line.includes(":")).pop() ?? `${signal ?? code}` });
        });
    });
}
async function each(list, work) {
    const left = [...list];
    await Promise.all(Array.from({ length: jobs }, async () => { while (left.length) await work(left.shift()); }));
}
await each([...new Set(chosen.flatMap((mutant) => mutant.tests))], async (test) => {
    const { passed, line } = await run(test);
    if (!passed) tell(`BAD      ${test} fails by itself: ${line}`);
});
if (bad) process.exit(1);
await each(chosen, async ({ name, what, tests }) => {
    for (const test of tests) {
        const { passed, line } = await run(test, name);
        if (passed) tell(`SURVIVED ${name}: ${what}; ${test} passes`);
        else console.log(`killed   ${name}: ${test}\n             ${line.slice(0, 160)}`);
    }
});
console.log(`${chosen.length} faults, ${bad} not seen`);
if (!bad && !words.length) writeFileSync(page, pagePrint());
process.exitCode = bad ? 1 : 0;
