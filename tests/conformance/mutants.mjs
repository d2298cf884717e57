// mutants.mjs [NAME]... [--list] [--check] [--dir FOLDER]: breaks a copy of motcua in one place at a time, builds it and
// asks it the modules that should see it. Each must FAIL (or warn, where the specification only advises);
// the unbroken copy must pass all of them first. The faults are in mutants/table.mjs and touch the copy
// alone: nothing of them can reach a binary that anybody runs.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { mutants } from "./mutants/table.mjs";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const words = process.argv.slice(2);
const option = (name) => (words.includes(name) ? words.splice(words.indexOf(name), 2)[1] : undefined);
const dir = resolve(option("--dir") ?? join(top, "build/mutants"));
if (words.includes("--list")) {
    for (const { name, what, plan, modules } of mutants) console.log(`${name}: ${what}\n    ${plan}: ${modules.join(" ")}`);
    process.exit();
}
const chosen = words.filter((word) => word !== "--check").length ? mutants.filter((mutant) => words.includes(mutant.name)) : mutants;
for (const word of words) if (word !== "--check" && !mutants.some((mutant) => mutant.name === word)) throw new Error(`no mutant ${word}`);
// --check: whether each fault still finds its place; nothing is built.
if (words.includes("--check")) {
    let lost = 0;
    for (const { name, edits } of mutants)
        for (const { file, find } of edits) {
            const places = readFileSync(join(top, file), "utf8").split(find).length - 1;
            if (places !== 1 && ++lost) console.log(`${name}: ${places} places in ${file} instead of one: ${find}`);
        }
    process.exit(lost ? 1 : 0);
}
const src = join(dir, "src"), build = join(dir, "build"), bin = join(dir, "bin");

// Only what changed is copied, so that a second run compiles no more than it must.
function copyTree(from, to) {
    mkdirSync(to, { recursive: true });
    const names = readdirSync(from).filter((name) => !["build", "node_modules", ".git"].includes(name));
    for (const name of readdirSync(to)) if (!names.includes(name)) rmSync(join(to, name), { recursive: true });
    for (const name of names) {
        const a = join(from, name), b = join(to, name);
        if (statSync(a).isDirectory()) copyTree(a, b);
        else if (!existsSync(b) || !readFileSync(a).equals(readFileSync(b))) copyFileSync(a, b);
    }
}
function compile() {
    const run = spawnSync("ninja", ["-C", build, "motcua"], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stdout.split("\n").filter((line) => /error|FAILED/.test(line)).slice(0, 5).join("\n") || run.stderr);
}
// What each module said: { name: verdict }.
function ask(plan, modules, env = {}) {
    const args = [join(top, "tests/tls_stack.sh"), "node", join(top, "tests/conformance/motcua/plan.mjs"), "--plan", plan];
    const run = spawnSync("bash", [...args, ...modules.flatMap((name) => ["--module", name])], { encoding: "utf8", env: { ...process.env, MOTCUA_BIN: bin, ...env } });
    const said = Object.fromEntries([...run.stdout.matchAll(/^(PASS|FAIL|WARNING|SKIPPED) +(\S+)/gm)].map(([, verdict, name]) => [name, verdict]));
    if (modules.some((name) => !said[name])) throw new Error(`the plan did not run: ${run.stdout}${run.stderr}`.slice(0, 2000));
    return { said, reasons: run.stdout.split("\n").filter((line) => line.startsWith(" ")).map((line) => line.trim()) };
}
function apply(mutant) {
    for (const { file, find, put } of mutant.edits) {
        const path = join(src, file), text = readFileSync(path, "utf8");
        if (text.split(find).length !== 2) throw new Error(`${file}: ${text.split(find).length - 1} places instead of one: ${find}`);
        writeFileSync(path, text.replace(find, () => put));
    }
}
const restore = (mutant) => { for (const { file } of mutant.edits) copyFileSync(join(top, file), join(src, file)); };

// A fault may leave a name unused; that alone is no reason not to build it.
const idle = ["parameter", "variable", "function", "but-set-variable", "const-variable"].map((what) => `-Wno-error=unused-${what}`).join(" ");
copyTree(top, src);
if (!existsSync(join(build, "build.ninja")))
    execFileSync("cmake", ["-S", src, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DMOTCUA_TESTS=OFF", `-DCMAKE_C_FLAGS=${idle}`], { stdio: "ignore" });
const sane = spawnSync("ninja", ["-C", build, "motcua", "motcua-sandbox"], { encoding: "utf8" });
if (sane.status !== 0) throw new Error(sane.stdout.slice(-2000));
// The sandbox is never broken: it plays the rest of the world. A copy, for it is linked anew with a broken library.
rmSync(bin, { recursive: true, force: true });
mkdirSync(bin, { recursive: true });
copyFileSync(join(build, "bin/motcua-sandbox"), join(bin, "motcua-sandbox"));
symlinkSync(join(build, "bin/motcua"), join(bin, "motcua"));

let bad = 0;
const environments = new Map(); // plan and settings -> modules
for (const { plan, modules, env = {} } of chosen) {
    const key = JSON.stringify([plan, env]);
    environments.set(key, new Set([...(environments.get(key) ?? []), ...modules]));
}
for (const [key, modules] of environments) {
    const [plan, env] = JSON.parse(key);
    const { said, reasons } = ask(plan, [...modules], env);
    for (const [name, verdict] of Object.entries(said)) {
        if (verdict === "PASS") continue;
        console.log(`BAD     the unbroken motcua: ${name} is ${verdict}: ${reasons.join("; ")}`);
        bad++;
    }
}
if (bad) process.exit(1);
for (const mutant of chosen) {
    const { name, what, plan, modules, env, wants = "FAIL" } = mutant;
    try {
        apply(mutant);
        compile();
        const { said, reasons } = ask(plan, modules, env);
        const missed = modules.filter((module) => said[module] !== wants);
        bad += missed.length > 0 ? 1 : 0;
        console.log(`${missed.length ? "MISSED " : "caught "} ${name}: ${what}`);
        if (missed.length) console.log(`          ${missed.map((module) => `${module} is ${said[module]}`).join(", ")}`);
        else console.log(`          ${(reasons[0] ?? "").slice(0, 140)}`);
    } catch (error) {
        bad++;
        console.log(`BROKEN  ${name}: ${error.message}`);
    } finally {
        restore(mutant);
    }
}
compile();
console.log(`${chosen.length} mutants, ${chosen.length - bad} caught`);
process.exitCode = bad ? 1 : 0;
