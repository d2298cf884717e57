// Officers of the flow tests: a browser of their own, signed in with both factors. A form with a file
// is given as FormData.
import { setCookies } from "../cookies.mjs";
import { otp } from "../otp.mjs";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const here = process.env.MOTCUA_URL, stack = process.env.STACK;
const motcua = (...args) => execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, ...args], { encoding: "utf8" });
export const hidden = (text, name) => text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];

export function desk() {
    const jar = new Map();
    const visit = async (path, fields) => {
        let url = new URL(path, here).href;
        let init = fields ? { method: "POST", body: fields instanceof FormData ? fields : new URLSearchParams(fields) } : {};
        for (let hops = 0; hops < 8; hops++) {
            const headers = { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
            const answer = await fetch(url, { redirect: "manual", headers, ...init });
            for (const line of setCookies(answer.headers)) {
                const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
                if (/Max-Age=0/.test(line)) jar.delete(name); else jar.set(name, value);
            }
            const text = await answer.text();
            if (answer.status !== 303) return { url: url.slice(here.length), status: answer.status, text, csrf: hidden(text, "csrf"), type: answer.headers.get("content-type") };
            url = new URL(answer.headers.get("location"), url).href;
            init = {};
        }
        throw new Error(`too many redirects at ${url}`);
    };
    visit.cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    return visit;
}
export async function signIn(name, password) {
    const visit = desk();
    const { csrf } = await visit("/staff/sign-in");
    const page = await visit("/staff/sign-in", { csrf, name, password });
    await visit("/staff/step", { csrf: page.csrf, code: otp(name) });
    assert.equal((await visit("/finance/refunds")).status, 200, name);
    return visit;
}
// The officer that the installation has.
export const signInOfficer = () => signIn("officer", readFileSync(`${stack}/secrets/officer`, "utf8").trim());
// Another, made for the test.
export async function hire(name, role) {
    const password = "Mat-khau-2026!";
    writeFileSync(`${stack}/password`, password, { mode: 0o600 });
    motcua("staff", "add", name, "--role", role, "--password-file", `${stack}/password`);
    writeFileSync(`${stack}/secrets/${name}_otp`, motcua("staff", "otp", name).match(/^secret (.*)$/m)[1]);
    return signIn(name, password);
}
// Decides on what the page of a proposal shows.
export async function decide(visit, path, act, remark = "Đồng ý") {
    const page = await visit(path);
    const hash = page.text.match(/<code class="long">([0-9a-f]{64})</)[1];
    const answer = await visit(path, { csrf: page.csrf, act, hash, remark });
    assert.equal(answer.status, 200, answer.text);
    return answer;
}
