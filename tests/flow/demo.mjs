// What ./run gives whoever signs in first (deploy/demo.sh): days with something to do. Both officers
// get in with the printed password and code, find it, and one of the decisions can be taken at once.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { decide, signIn } from "./desk.mjs";

const { STACK: stack, MOTCUA_BIN: bin, MOTCUA_URL: here, SANDBOX_URL: systems } = process.env;
const motcua = (...args) => execFileSync(`${bin}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
const dayOf = (ago) => new Date(Date.now() + 7 * 3600000 - ago * 86400000).toISOString().slice(0, 10);
const days = [4, 3, 2, 1].map(dayOf);

execFileSync(new URL("../../deploy/demo.sh", import.meta.url).pathname, [here, systems, stack, `${bin}/motcua`], { stdio: "inherit" });

// Four files, none of them put aside; the first day closed, the others open with what differs.
const files = motcua("files", "list").trim().split("\n").map((line) => JSON.parse(line));
assert.deepEqual(files.map((file) => `${file.day} ${file.state}`).sort(), days.map((day) => `${day} accepted`));
const runs = motcua("runs", "list").trim().split("\n").map((line) => line.trim().split(/\s+/));
assert.deepEqual(runs.map(([day, , , state, verdict]) => [day, state, verdict]),
    days.map((day, i) => (i === 0 ? [day, "closed", "reconciled"] : [day, "review", "breaks"])));
const open = motcua("exceptions", "list").trim().split("\n").map((line) => line.split(/\s+/));
assert.deepEqual(open.map(([, , code]) => code).sort(), ["ACC", "AMT_LESS", "AMT_MORE", "DUP_FILE", "MIS_OURS", "MIS_OURS", "MIS_OURS", "STA", "UNKEY"]);
assert.deepEqual(open.filter(([, , , stage]) => stage === "proposed").map(([, , code]) => code), ["AMT_LESS"]);

const password = (name) => readFileSync(`${stack}/secrets/${name}`, "utf8").trim();
const officer = await signIn("officer", password("officer")), checker = await signIn("checker", password("checker"));
assert.match((await officer("/finance/transfers")).text, /150\.000/, "a credit that nobody knows");
const drafts = [...new Set((await officer("/finance/remittances?state=draft&all=1")).text.match(/\/finance\/remittances\/(?!slip)[\w.]+(?=")/g))];
assert.equal(drafts.length, 1, "a draft for the treasury");
assert.equal((await officer(drafts[0])).status, 200);
const waiting = (await checker("/finance/approvals")).text.match(/\/finance\/approvals\/ppl_\w+/)?.[0];
assert.ok(waiting, "a decision waits for the second person");
await decide(checker, waiting, "approve");
assert.ok(!motcua("exceptions", "list").includes("AMT_LESS"), "what was decided is done");
assert.match(motcua("ledger", "verify"), /./);
console.log("demo data: found by both officers");
