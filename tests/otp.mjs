// otp.mjs - the next one-time code of an account whose secret lies in the stack's folder. It may wait
// for the next half minute: each code counts once.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../deploy/otp.sh", import.meta.url));
export function otp(name, file = `${process.env.STACK}/secrets/${name}_otp`) {
    return execFileSync("bash", [script, file], { encoding: "utf8" }).trim();
}
