// The same day as MC1, fixed width, JSON and XLSX gives the same reconciliation, with differences
// planted that every form can show. Each form meets a copy of the same database.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { Browser, THU, call, order, pay, state, stop, systems, truthOf, until } from "../fault/stage.mjs";

const stack = process.env.STACK;
const planted = ["settle_amt_less", "settle_mis_theirs", "settle_sta", "settle_mis_ours", null, null];
const browser = await new Browser().signIn();
for (const fault of planted) {
    const one = await order(THU);
    const way = await browser.startPaying(one);
    assert.ok(way.next?.startsWith(`${systems}/pp/pay/`), way.text);
    const [{ reference }] = await truthOf(one.dossier);
    await pay(reference);
    assert.ok(await until(async () => (await state(one)).state === "paid", 10000), `${one.dossier} is paid`);
    if (!fault) continue;
    const answer = await call(`${systems}/admin/transactions/${reference}/mismatch`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ fault }),
    });
    assert.ok([200, 201].includes(answer.status), answer.text);
}
await stop(); // the database is a single file once nobody writes to it

const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }).format(new Date());
const outcomes = {};
for (const form of ["mc1", "fw1", "bj1", "xlsx"]) {
    const answer = await fetch(`${systems}/pp/settlement/${day.replaceAll("-", "")}.${form}`);
    assert.equal(answer.status, 200);
    writeFileSync(`${stack}/day.${form}`, Buffer.from(await answer.arrayBuffer()));
    copyFileSync(`${stack}/motcua.db`, `${stack}/${form}.db`);
    const run = spawnSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "reconcile", day, `${stack}/day.${form}`],
        { encoding: "utf8", env: { ...process.env, MOTCUA_STORE_SQLITE_FILE: `${stack}/${form}.db` } });
    assert.equal(run.status, 1, `${form}: differences are open: ${run.stdout}${run.stderr}`);
    // Lines have their own numbers in each form.
    outcomes[form] = run.stdout.replaceAll(/ line \d+ /g, " ").split("\n").filter((line) => line.startsWith("  ")).sort().join("\n") + "\n" +
        run.stdout.split("\n").filter((line) => !line.startsWith("  ")).join("\n");
}
assert.match(outcomes.mc1, /residual\s+0 dong/);
for (const klass of ["AMT_LESS", "MIS_THEIRS", "STA"]) assert.match(outcomes.mc1, new RegExp(`  ${klass} `), outcomes.mc1);
for (const form of ["fw1", "bj1", "xlsx"]) assert.equal(outcomes[form], outcomes.mc1, form);
execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "ledger", "verify"]);
console.log(outcomes.mc1);
