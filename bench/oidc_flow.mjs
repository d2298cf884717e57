// oidc_flow.mjs - started by oidc_flow.sh inside tests/stack.sh: server CPU of a sign-in over a session
// that the browser has, motcua and its peers in turn, the same client for both.
import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { Client, Jar, discover, keyOf, median, run, send, signIn, usage } from "./oidc_client.mjs";

const { STACK: stack, MOTCUA_URL: issuer, MOTCUA_BIN: bin } = process.env;
const flows = Number(process.env.BENCH_FLOWS ?? 2000), rounds = Number(process.env.BENCH_ROUNDS ?? 3), width = Number(process.env.BENCH_WIDTH ?? 8);
const motcua = (...args) => execFileSync(`${bin}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
const key = (name) => ({ ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), kid: name, alg: "ES256", use: "sig" });
const redirect = "https://portal.example.vn/callback", secret = "a secret of this measurement, for one run only";

// The same two clients at both: a confidential one as most are, and one of FAPI 2.0.
const assertionKey = key("assertion"), dpop = keyOf(key("dpop"));
const { d, ...assertionPublic } = assertionKey;
writeFileSync(`${stack}/bench.jwks`, JSON.stringify({ keys: [assertionPublic] }));
writeFileSync(`${stack}/bench.secret`, secret, { mode: 0o600 });
const clients = {
    oidc: { id: "bench-oidc", redirect, secret },
    fapi: { id: "bench-fapi", redirect, key: keyOf(assertionKey) },
};
writeFileSync(`${stack}/bench.clients`, JSON.stringify([
    { client_id: "bench-oidc", client_secret: secret, redirect_uris: [redirect], id_token_signed_response_alg: "ES256" },
    { client_id: "bench-fapi", redirect_uris: [redirect], id_token_signed_response_alg: "ES256", token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "ES256", jwks: { keys: [assertionPublic] }, dpop_bound_access_tokens: true, require_pushed_authorization_requests: true },
]));
motcua("client", "add", "bench-oidc", "--profile", "oidc", "--name-vi", "Đo", "--redirect", redirect, "--id-token-alg", "ES256", "--secret-file", `${stack}/bench.secret`);
motcua("client", "add", "bench-fapi", "--profile", "fapi2", "--name-vi", "Đo", "--redirect", redirect, "--jwks-file", `${stack}/bench.jwks`);

// A process looks for new clients about once a second.
for (let i = 0; i < 100; i++) {
    const { status } = await send("GET", `${issuer}/authorize?${new URLSearchParams({ client_id: "bench-oidc", redirect_uri: redirect, response_type: "code", scope: "openid" })}`);
    if (status !== 400) break;
    await new Promise((later) => setTimeout(later, 100));
}

const freePort = () => new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => { const { port } = probe.address(); probe.close(() => done(port)); });
});
const children = [];
const started = async (name, ...args) => {
    const child = spawn(name, args, { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, NODE_ENV: "production" } });
    children.push(child);
    await new Promise((ready, fail) => { child.stdout.once("data", ready); child.once("exit", fail); child.once("error", fail); });
    return child;
};
// Bare, and with what a peer needs to do what motcua does: signed tokens, and a store that outlives it.
async function peer(name, ...more) {
    const port = await freePort();
    const { pid } = await started(process.execPath, "--no-warnings", new URL("peer.mjs", import.meta.url).pathname, port, `${stack}/bench.clients`, ...more);
    return { name, provider: await discover(`http://127.0.0.1:${port}`), pid };
}
try {
    const socket = `${stack}/peer.sock`;
    await started("redis-server", "--port", "0", "--unixsocket", socket, "--dir", stack, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec");
    const servers = [
        { name: "motcua", provider: await discover(issuer), pid: Number(process.env.MOTCUA_PID) },
        await peer("peer, bare"),
        await peer("peer, like ours", socket),
    ];
    const kinds = process.env.BENCH_ONLY === "fapi" ? [] : [["code + PKCE", "oidc"]];
    if (servers[0].provider.pushed_authorization_request_endpoint) kinds.push(["FAPI 2.0", "fapi"]);
    else console.log("motcua has no PAR yet: FAPI 2.0 is left out");

    console.log(`${flows} flows a round, ${rounds} rounds, ${width} at a time, over a session; medians`);
    console.log(`${"flow".padEnd(14)}${"server".padEnd(18)}${"CPU ms/flow".padStart(12)}${"flows/s".padStart(10)}${"RSS MiB".padStart(9)}`);
    for (const [title, kind] of kinds) {
        const results = [];
        for (const server of servers) {
            const client = new Client(server.provider, clients[kind], kind === "fapi" ? { fapi: true, dpop } : {});
            const jars = Array.from({ length: width }, () => new Jar());
            for (const jar of jars) await client.flow(jar, signIn(client));
            await run(client, jars, Math.min(flows, 300)); // warm
            results.push({ ...server, client, jars, cpu: [], rate: [] });
        }
        for (let i = 0; i < rounds; i++)
            for (const one of results) {
                const before = usage(one.pid), start = performance.now();
                await run(one.client, one.jars, flows);
                one.rate.push(flows / (performance.now() - start) * 1000);
                one.cpu.push((usage(one.pid).cpu - before.cpu) / flows);
            }
        for (const one of results)
            console.log(`${title.padEnd(14)}${one.name.padEnd(18)}${median(one.cpu).toFixed(3).padStart(12)}${median(one.rate).toFixed(0).padStart(10)}${(usage(one.pid).rss / 1024).toFixed(0).padStart(9)}`);
        for (const one of results.slice(1))
            console.log(`${title.padEnd(14)}${`to ${one.name}`.padEnd(18)}${(median(one.cpu) / median(results[0].cpu)).toFixed(2).padStart(12)}`);
    }
} finally {
    for (const child of children) child.kill("SIGTERM");
}
process.exit(0); // kept connections would hold the loop
