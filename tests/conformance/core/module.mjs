// module.mjs - one module is one question; its answer is PASS, FAIL, WARNING or SKIPPED with reasons.
import { Browser } from "./browser.mjs";
import { Rp } from "./rp.mjs";

class Stop extends Error {}
class Skip extends Error {}

export class Test {
    constructor(name, world, variant) {
        Object.assign(this, { name, world, variant, failures: [], warnings: [], skipped: null });
    }
    check(ok, text) { if (!ok && !this.failures.includes(text)) this.failures.push(text); return ok; }
    warn(ok, text) { if (!ok && !this.warnings.includes(text)) this.warnings.push(text); return ok; }
    need(ok, text) { if (!this.check(ok, text)) throw new Stop(text); }
    skip(reason) { throw new Skip(reason); }
    get meta() { return this.world.meta; }
    browser() { return new Browser(this.world.driver); }
    has(role) { return this.world.config.clients[role] !== undefined; }
    // A relying party with one of the configured registrations; each has a browser of its own unless given.
    rp(role = "first", browser = this.browser()) {
        const client = this.world.client(role);
        if (!client) this.skip(`no client is configured as "${role}"`);
        return new Rp(this, client, browser);
    }
    get verdict() {
        if (this.failures.length) return "FAIL";
        if (this.skipped !== null) return "SKIPPED";
        return this.warnings.length ? "WARNING" : "PASS";
    }
    get reasons() { return [...this.failures, ...this.warnings.map((w) => `warning: ${w}`), ...(this.skipped ? [this.skipped] : [])]; }
}
export async function runModule(name, module, world, variant) {
    const t = new Test(name, world, variant);
    const from = Date.now();
    try {
        await module(t);
    } catch (error) {
        if (error instanceof Skip) t.skipped = error.message;
        else if (!(error instanceof Stop)) t.failures.push(world.config.debug ? error.stack : String(error.message ?? error));
    }
    t.seconds = (Date.now() - from) / 1000;
    return t;
}
