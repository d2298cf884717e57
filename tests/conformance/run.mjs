// run.mjs --plan NAME [--module NAME]... --issuer URL --config FILE [--jobs N] [--debug] [--list]
// Asks a provider the questions of one plan. Each module is one line: PASS, FAIL, WARNING or SKIPPED, and
// why. The exit status is 1 when one failed or warned, 2 when the question could not be put at all.
// How clients and the sign-in of the provider look like is in FILE: see README.md.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { call } from "./core/http.mjs";
import { keyFromJwk } from "./core/jwt.mjs";
import { runModule } from "./core/module.mjs";

export const plans = {
    "config": { file: "config.mjs", plan: "oidcc-config-certification-test-plan" },
    "basic": { file: "basic.mjs", plan: "oidcc-basic-certification-test-plan" },
    "formpost": { file: "formpost.mjs", plan: "oidcc-formpost-basic-certification-test-plan" },
    "rp-logout": { file: "rp_logout.mjs", plan: "oidcc-rp-initiated-logout-certification-test-plan" },
    "backchannel": { file: "backchannel.mjs", plan: "oidcc-backchannel-rp-initiated-logout-certification-test-plan" },
    "dynamic": { file: "dynamic.mjs", plan: "oidcc-dynamic-certification-test-plan" },
    "message-signing": { file: "message_signing.mjs", plan: "fapi2-message-signing-final-test-plan" },
    "fapi2": { file: "fapi2.mjs", plan: "fapi2-security-profile-final-test-plan" },
    "device": { file: "device.mjs", plan: "RFC 8628, no public plan" },
    "ciba": { file: "ciba.mjs", plan: "fapi-ciba-id1-test-plan, poll and ping" },
};

export function options(words) {
    const given = { modules: [], jobs: 6 };
    for (let i = 0; i < words.length; i++) {
        const need = () => words[++i] ?? (() => { throw new Error(`${words[i - 1]} wants a value`); })();
        switch (words[i]) {
        case "--plan": given.plan = need(); break;
        case "--module": given.modules.push(need()); break;
        case "--issuer": given.issuer = need(); break;
        case "--config": given.config = need(); break;
        case "--jobs": given.jobs = Number(need()); break;
        case "--debug": given.debug = true; break;
        case "--list": given.list = true; break;
        default: throw new Error(`unknown option ${words[i]}`);
        }
    }
    if (!plans[given.plan]) throw new Error(`--plan is one of ${Object.keys(plans).join(", ")}`);
    return given;
}

// What all modules share: the provider's metadata, the registrations with their keys, the driver.
async function openWorld(config, folder) {
    const driver = await (await import(pathToFileURL(resolve(folder, config.driver)))).default(config.driver_options ?? {});
    const answer = await call(`${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    if (answer.status !== 200 || !answer.json) throw new Error(`no metadata: ${answer.brief}`);
    const clients = {};
    for (const [role, client] of Object.entries(config.clients))
        clients[role] = { role, ...client, key: client.jwk ? await keyFromJwk(client.jwk) : undefined };
    return { config, driver, meta: answer.json, discovery: answer, origin: new URL(config.issuer).origin, client: (role) => clients[role] };
}

// Slow modules wait for most of their time; they begin first and the others pass them by.
async function inParallel(items, jobs, each) {
    const rest = [...items];
    await Promise.all(Array.from({ length: jobs }, async () => {
        for (let item; (item = rest.shift());) await each(item);
    }));
}

export async function run(given, config, folder, log = console.log) {
    const { modules, slow = [], variant = {} } = await import(`./${plans[given.plan].file}`);
    const names = given.modules.length ? given.modules : Object.keys(modules);
    for (const name of names) if (!modules[name]) throw new Error(`plan ${given.plan} has no module ${name}`);
    if (given.list) {
        for (const name of names) log(name);
        return 0;
    }
    const world = await openWorld({ ...config, debug: given.debug }, folder);
    const done = new Map();
    const quick = names.filter((name) => !slow.includes(name));
    const one = async (name) => done.set(name, await runModule(name, modules[name], world, variant));
    await Promise.all([...names.filter((name) => slow.includes(name)).map(one), inParallel(quick, given.jobs, one)]);
    const count = { PASS: 0, FAIL: 0, WARNING: 0, SKIPPED: 0 };
    for (const name of names) {
        const t = done.get(name);
        count[t.verdict]++;
        log(`${t.verdict.padEnd(7)} ${name} (${t.seconds.toFixed(1)} s)`);
        for (const reason of t.reasons) log(`          ${reason}`);
    }
    log(`${plans[given.plan].plan}: ${names.length} modules, ${Object.entries(count).map(([word, n]) => `${n} ${word}`).join(", ")}`);
    await world.driver.close?.();
    return count.FAIL + count.WARNING > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    try {
        const given = options(process.argv.slice(2));
        if (!given.config && !given.list) throw new Error("--config FILE is missing");
        const config = given.list ? { clients: {} } : JSON.parse(readFileSync(given.config, "utf8"));
        if (given.issuer) config.issuer = given.issuer;
        process.exitCode = await run(given, config, given.config ? dirname(resolve(given.config)) : ".");
    } catch (error) {
        console.error(error.message);
        process.exitCode = 2;
    }
    process.exit(); // connections that are kept alive would hold the process
}
