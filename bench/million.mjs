// million.mjs - started by million.sh inside tests/stack.sh: many sign-ins, then what the process and
// its store hold, beside what is still live.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { Client, Jar, discover, send, signIn, usage } from "./oidc_client.mjs";

const { STACK: stack, MOTCUA_URL: issuer, MOTCUA_BIN: bin, MOTCUA_PID: pid } = process.env;
const total = Number(process.env.BENCH_FLOWS ?? 100000), width = Number(process.env.BENCH_WIDTH ?? 8), steps = Number(process.env.BENCH_STEPS ?? 5);
const redirect = "https://portal.example.vn/callback";
const secret = execFileSync(`${bin}/motcua`, ["--conf", `${stack}/motcua.conf`, "client", "add", "bench-many", "--profile", "oidc", "--name-vi", "Đo",
    "--redirect", redirect, "--id-token-alg", "ES256"], { encoding: "utf8" }).trim().split(/\s+/).pop();
const ask = (sql) => (process.env.MOTCUA_STORE_ENGINE === "postgresql"
    ? execFileSync("psql", ["-qAt", process.env.MOTCUA_STORE_POSTGRESQL, "-c", sql], { encoding: "utf8" })
    : execFileSync("sqlite3", ["-readonly", `${stack}/motcua.db`, sql], { encoding: "utf8" })).trim();
const tables = ask(process.env.MOTCUA_STORE_ENGINE === "postgresql"
    ? "SELECT table_name FROM information_schema.tables WHERE table_schema=current_schema() ORDER BY 1"
    : "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY 1").split("\n");
const rows = () => Object.fromEntries(tables.map((table) => [table, Number(ask(`SELECT count(*) FROM ${table}`))]));
const kilobytes = (file) => { try { return Math.round(statSync(`${stack}/${file}`).size / 1024); } catch { return 0; } };

for (let i = 0; i < 100; i++) { // a process looks for new clients about once a second
    const { status } = await send("GET", `${issuer}/authorize?${new URLSearchParams({ client_id: "bench-many", redirect_uri: redirect, response_type: "code", scope: "openid" })}`);
    if (status !== 400) break;
    await new Promise((later) => setTimeout(later, 100));
}
const client = new Client(await discover(issuer), { id: "bench-many", redirect, secret });
const people = ["thu", "conformance"];
let begun = 0;
// Each is a browser of its own that signs in at VNeID (the sandbox's) and leaves its session behind.
async function signIns(n) {
    const end = begun + n;
    await Promise.all(Array.from({ length: width }, async () => {
        while (begun < end) await client.flow(new Jar(), signIn(client, people[begun++ % people.length]));
    }));
}
await signIns(Math.min(200, total)); // caches, pools and tables take their size
const before = { rows: rows(), ...usage(pid) };
console.log(`${"sign-ins".padStart(9)}${"RSS MiB".padStart(9)}${"CPU ms/sign-in".padStart(16)}${"database KiB".padStart(14)}${"kv file KiB".padStart(13)}`);
let used = before.cpu;
for (let i = 0; i < steps; i++) {
    const n = Math.round(total / steps);
    await signIns(n);
    const { cpu, rss } = usage(pid);
    console.log(`${String(begun).padStart(9)}${(rss / 1024).toFixed(1).padStart(9)}${((cpu - used) / n).toFixed(2).padStart(16)}${String(kilobytes("motcua.db")).padStart(14)}${String(kilobytes("kv.journal")).padStart(13)}`);
    used = cpu;
}
// What is live is the sessions that have not ended and the log that the law wants kept; everything else
// must not have grown.
const after = rows(), grown = begun - Math.min(200, total);
console.log(`\n${"table".padEnd(28)}${"before".padStart(9)}${"after".padStart(9)}${"a sign-in".padStart(11)}`);
for (const table of tables)
    if (after[table] !== before.rows[table])
        console.log(`${table.padEnd(28)}${String(before.rows[table]).padStart(9)}${String(after[table]).padStart(9)}${((after[table] - before.rows[table]) / grown).toFixed(3).padStart(11)}`);
console.log(`${tables.filter((table) => after[table] === before.rows[table]).length} of ${tables.length} tables did not change`);
process.exit(0);
