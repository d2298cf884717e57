// timing.mjs - does the time of a refusal tell which part of a secret was wrong? Answers of pairs of
// requests are timed in turns; the median of their differences is compared with four of its standard
// errors. That a client exists is no secret: its name stands in addresses. Started by timing.sh.
import { webcrypto } from "node:crypto";
import http from "node:http";
import { readFileSync } from "node:fs";

globalThis.crypto ??= webcrypto; // Node.js 18
const rounds = Number(process.env.BENCH_ROUNDS ?? 1500);
const { hostname, port } = new URL(process.env.MOTCUA_URL);
const secret = readFileSync(`${process.env.STACK}/secrets/demo_onestop`, "utf8").trim();
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
function post(fields) {
    const body = new URLSearchParams(fields).toString();
    return new Promise((resolve, reject) => {
        const began = process.hrtime.bigint();
        const request = http.request({ hostname, port, agent, method: "POST", path: "/token",
            headers: { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": body.length } }, (answer) => {
            answer.resume().on("end", () => resolve({ us: Number(process.hrtime.bigint() - began) / 1000, status: answer.statusCode }));
        });
        request.on("error", reject).end(body);
    });
}
const who = (client_id, client_secret) => ({ grant_type: "client_credentials", client_id, client_secret });
const pairs = {
    "first letter wrong / last letter wrong": [who("demo-onestop", `#${secret.slice(1)}`), who("demo-onestop", `${secret.slice(0, -1)}#`)],
    "unknown client / wrong secret": [who("nobody-here", "#".repeat(secret.length)), who("demo-onestop", "#".repeat(secret.length))],
    "short secret / long secret": [who("demo-onestop", "#"), who("demo-onestop", "#".repeat(secret.length))],
};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
let worst = 0;
for (const [name, [a, b]] of Object.entries(pairs)) {
    const times = [[], []];
    for (let i = 0; i < rounds; i++) {
        for (const side of i % 2 ? [0, 1] : [1, 0]) {
            const { us, status } = await post(side ? b : a);
            if (status !== 401) throw new Error(`${name}: ${status}`);
            if (i >= rounds / 10) times[side].push(us);
        }
    }
    const pairwise = times[0].map((us, i) => us - times[1][i]), difference = median(pairwise);
    const spread = 1.4826 * median(pairwise.map((us) => Math.abs(us - difference)));
    const noise = 4 * 1.2533 * spread / Math.sqrt(pairwise.length); // four standard errors of a median
    worst = Math.max(worst, Math.abs(difference) / noise);
    console.log(`${name}: ${median(times[0]).toFixed(1)} and ${median(times[1]).toFixed(1)} us, difference ${difference.toFixed(1)}, noise ${noise.toFixed(1)}`);
}
agent.destroy();
console.log(worst <= 1 ? "no difference beyond noise" : `a difference of ${worst.toFixed(1)} times the noise`);
