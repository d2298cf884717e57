// shrink.mjs SEED STEPS [sqlite|postgresql]: the few steps of a failing walk of test_model.c that are enough to fail.
// Steps are left out by halves, quarters and so on (delta debugging), as long as the same mistake is still told: the
// last line without its numbers and names. Those that stay keep their dice (MOTCUA_MODEL_TRACE, MOTCUA_MODEL_DICE in test_model.c).
// MOTCUA_MODEL_WIDE=1: of a walk through VNPAY and the desks too. MOTCUA_MODEL_BIN: the test program, built with the release preset for speed; PostgreSQL: MOTCUA_TEST_POSTGRESQL.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [seed, steps, engine = "sqlite"] = process.argv.slice(2);
if (!/^\d+$/.test(seed ?? "") || !/^\d+$/.test(steps ?? "")) throw new Error("shrink.mjs SEED STEPS [sqlite|postgresql]");
const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const program = process.env.MOTCUA_MODEL_BIN ?? join(top, "build/release/bin/test_payments_model");
const test = process.env.MOTCUA_MODEL_WIDE ? "a_random_walk_through_all_channels_and_desks_agrees_with_the_model"
    : "a_random_walk_agrees_with_the_model_after_every_step";
const dir = mkdtempSync(join(tmpdir(), "shrink-")), dice = join(dir, "dice"), trace = join(dir, "trace");

function walk(env) {
    const run = spawnSync(program, [`${test}@${engine}`], {
        encoding: "utf8", maxBuffer: 1 << 28,
        env: { ...process.env, MOTCUA_MODEL_SEED: seed, MOTCUA_MODEL_STEPS: steps, ...env },
    });
    if (run.error) throw run.error;
    const lines = run.stderr.trimEnd().split("\n");
    return { failed: run.status !== 0, log: lines, mistake: lines.at(-1).replace(/-?\b\w*\d\w*\b/g, "#") };
}

function replay(kept) {
    writeFileSync(dice, kept.map((line) => `${line}\n`).join(""));
    return walk({ MOTCUA_MODEL_DICE: dice });
}

try {
    const whole = walk({ MOTCUA_MODEL_TRACE: trace });
    if (!whole.failed) {
        console.log(`seed ${seed}: ${steps} steps without a mistake`);
        process.exit(1);
    }
    let kept = readFileSync(trace, "utf8").trimEnd().split("\n"), runs = 0;
    const begun = kept.length, fails = (some) => (runs++, replay(some).mistake === whole.mistake);
    if (!fails(kept)) throw new Error("the walk does not fail again with the same dice");
    for (let size = Math.ceil(kept.length / 2); ; size = Math.ceil(size / 2)) {
        for (let at = 0; at < kept.length;) {
            const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
            if (rest.length > 0 && fails(rest)) kept = rest;
            else at += size;
        }
        if (size === 1) break;
    }
    console.log(replay(kept).log.join("\n"));
    console.log(`${kept.length} of ${begun} steps, ${runs} walks`);
} finally {
    rmSync(dir, { recursive: true });
}
