// What the portals of this folder have in common: registration at motcua, a browser that signs in at
// the simulated VNeID, and a place to listen.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { Browser, here, systems } from "../fault/stage.mjs";

export { Browser, here, systems };
export const secret = "mot-bi-mat-du-dai-cho-cac-cong-thu-nghiem";
const stack = process.env.STACK;
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Registers a client as an operator does.
export async function register(id, ...options) {
    const given = options.includes("--public") ? [] : ["--secret-file", `${stack}/${id}.secret`];
    writeFileSync(`${stack}/${id}.secret`, secret, { mode: 0o600 });
    execFileSync(`${process.env.MOTCUA_BIN}/motcua`, ["--conf", `${stack}/motcua.conf`, "client", "add", id,
        "--name-vi", `Cổng ${id}`, "--profile", "oidc", "--scopes", "openid profile email", ...options, ...given]);
    await sleep(150);
}

export async function listen(app) {
    const server = createServer(app);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, base: `http://127.0.0.1:${server.address().port}`, handle(next) { server.removeAllListeners("request").on("request", next); } };
}

// A browser goes where the portal sends it, signs in as `person`, and arrives where it ends.
export async function signIn(browser, start, person = "thu") {
    let page = await browser.follow(await browser.visit(start));
    const way = page.text.match(/href="(\/login\/vneid\/start[^"]*)"/)?.[1]?.replaceAll("&amp;", "&");
    assert.ok(way, `a sign-in page: ${page.status} ${page.url} ${page.text.slice(0, 300)}`);
    page = await browser.visit(here + way);
    return browser.follow(await browser.visit(`${page.next}&persona=${person}`));
}

// Whether the person is still signed in at motcua.
export const isSignedIn = async (browser) => (await browser.visit(`${here}/`)).text.includes('action="/sign-out"');
