// million.mjs - started by million.sh inside tests/stack.sh: many sign-ins, then what the process and
// its store hold, beside what is still live.
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { Client, Jar, discover, send, signIn, usage } from "./oidc_client.mjs";

const { STACK: stack, MOTCUA_URL: issuer, MOTCUA_BIN: bin, MOTCUA_PID: pid } = process.env;
const total = Number(process.env.BENCH_FLOWS ?? 100000), width = Number(process.env.BENCH_WIDTH ?? 8), steps = Number(process.env.BENCH_STEPS ?? 5);
const wait_s = Number(process.env.BENCH_WAIT_S ?? 400), perBrowser = Number(process.env.BENCH_PER_BROWSER ?? 1);
const redirect = "https://portal.example.vn/callback";
const secret = execFileSync(`${bin}/motcua`, ["--conf", `${stack}/motcua.conf`, "client", "add", "bench-many", "--profile", "oidc", "--name-vi", "Đo",
    "--redirect", redirect, "--id-token-alg", "ES256", "--grants", "authorization_code refresh_token"], { encoding: "utf8" }).trim().split(/\s+/).pop();
const ask = (sql) => (process.env.MOTCUA_STORE_ENGINE === "postgresql"
    ? execFileSync("psql", ["-qAt", process.env.MOTCUA_STORE_POSTGRESQL, "-c", sql], { encoding: "utf8" })
    : execFileSync("sqlite3", ["-readonly", `${stack}/motcua.db`, sql], { encoding: "utf8" })).trim();
const tables = ask(process.env.MOTCUA_STORE_ENGINE === "postgresql"
    ? "SELECT table_name FROM information_schema.tables WHERE table_schema=current_schema() ORDER BY 1"
    : "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY 1").split("\n");
const rows = () => Object.fromEntries(tables.map((table) => [table, Number(ask(`SELECT count(*) FROM ${table}`))]));
const kilobytes = (file) => { try { return Math.round(statSync(`${stack}/${file}`).size / 1024); } catch { return 0; } };
// Live entries of the short-lived store by their kind, as its file tells (store/kv_journal.c).
const PUT = 1, DROP = 2, HEAD_BYTES = 12, BODY_HEAD_BYTES = 11;
function entries() {
    const kinds = {}, ends = new Map();
    let file = Buffer.alloc(0);
    try { file = readFileSync(`${stack}/kv.journal`); } catch { /* Redis */ }
    for (let at = file.indexOf("\n") + 1; at > 0 && at + HEAD_BYTES + BODY_HEAD_BYTES <= file.length;) {
        const body = at + HEAD_BYTES, key_n = file.readUInt16LE(body + 1);
        const key = file.toString("latin1", body + BODY_HEAD_BYTES, body + BODY_HEAD_BYTES + key_n);
        if (file[body] === DROP) ends.delete(key);
        else if (file[body] === PUT || ends.has(key)) ends.set(key, Number(file.readBigUInt64LE(body + 3)));
        at = body + file.readUInt32LE(at);
    }
    for (const [key, end] of ends) {
        const kind = key.slice(0, key.indexOf(":"));
        if (end > Date.now()) kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    return kinds;
}
const stored = () => ({ rows: rows(), entries: entries() });

for (let i = 0; i < 100; i++) { // a process looks for new clients about once a second
    const { status } = await send("GET", `${issuer}/authorize?${new URLSearchParams({ client_id: "bench-many", redirect_uri: redirect, response_type: "code", scope: "openid" })}`);
    if (status !== 400) break;
    await new Promise((later) => setTimeout(later, 100));
}
const client = new Client(await discover(issuer), { id: "bench-many", redirect, secret });
const people = ["thu", "conformance"];
let begun = 0;
// A browser signs in at VNeID (the sandbox's) once, at the portal as often as it is told over the session
// that it has then, and leaves its session behind.
let browsers = 0, failed = 0;
async function signIns(n) {
    const end = begun + n;
    await Promise.all(Array.from({ length: width }, async () => {
        while (begun < end) {
            const jar = new Jar(), step = signIn(client, people[browsers++ % people.length]);
            try {
                for (let i = 0; i < perBrowser && begun++ < end; i++) await client.flow(jar, i === 0 ? step : undefined);
            } catch (why) { // on a loaded machine a partner may be too slow once; not often
                if (++failed > total / 1000) throw why;
                console.error(`sign-in ${begun}: ${why.message.slice(0, 200)}`);
            }
        }
    }));
    begun = end;
}
// What grows by design: the log that the law wants kept, and for an hour what portals were told.
const KEPT = ["audit_log", "outgoing"];
await signIns(Math.min(200, total)); // caches, pools and tables take their size
const first = usage(pid), looks = [stored()];
const columns = [["sign-ins", 9], ["a second", 10], ["RSS MiB", 9], ["CPU ms/sign-in", 16], ["sessions", 10], ["kv entries", 12], ["other rows", 12],
    ["audit rows", 12], ["outgoing", 10], ["kv file KiB", 13]];
console.log(columns.map(([name, width]) => name.padStart(width)).join(""));
let used = first.cpu;
function tell(n, seconds) {
    const { cpu, rss } = usage(pid), look = stored(), count = Object.values(look.entries).reduce((x, y) => x + y, 0);
    const { session, audit_log, outgoing } = look.rows;
    const other = Object.entries(look.rows).reduce((sum, [name, rows]) => sum + (KEPT.includes(name) || name === "session" ? 0 : rows), 0);
    const cells = [begun, (n / seconds).toFixed(0), (rss / 1024).toFixed(1), n > 0 ? ((cpu - used) / n).toFixed(2) : "", session, count, other, audit_log,
        outgoing, kilobytes("kv.journal")];
    console.log(cells.map((cell, i) => String(cell).padStart(columns[i][1])).join(""));
    used = cpu;
    return look;
}
for (let i = 0; i < steps; i++) {
    const n = Math.round(total / steps), start = performance.now();
    await signIns(n);
    const look = tell(n, (performance.now() - start) / 1000);
    if (i === Math.floor(steps / 2) || i === steps - 1) looks.push(look);
}
// Now everything may end: the sessions by their idle limit, what hangs on them by its own.
await new Promise((later) => setTimeout(later, wait_s * 1000));
looks.push(tell(0, wait_s));

// What is live is the sessions that have not ended and the log that the law wants kept; everything else
// must not have grown, and must be gone when all has ended.
const grown = begun - Math.min(200, total);
function table(title, of) {
    const names = [...new Set(looks.flatMap((look) => Object.keys(of(look))))].sort();
    const changed = names.filter((name) => new Set(looks.map((look) => of(look)[name] ?? 0)).size > 1);
    console.log(`\n${title.padEnd(28)}${["before", "middle", "end", "all ended"].map((word) => word.padStart(11)).join("")}${"a sign-in".padStart(11)}`);
    for (const name of changed) {
        const counts = looks.map((look) => of(look)[name] ?? 0);
        console.log(`${name.padEnd(28)}${counts.map((n) => String(n).padStart(11)).join("")}${((counts[3] - counts[0]) / grown).toFixed(3).padStart(11)}`);
    }
    console.log(`${names.length - changed.length} of ${names.length} did not change`);
}
table("table", (look) => look.rows);
table("kind in kv", (look) => look.entries);
process.exit(0);
