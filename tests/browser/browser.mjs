// browser.mjs - a Chromium that never leaves loopback, and what every page is checked for.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const program = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);

export const here = process.env.MOTCUA_URL;
export const systems = process.env.SANDBOX_URL;
export const stack = process.env.STACK;

export const under = (address) => (url) => url.href.startsWith(address);

export async function open() {
    return chromium.launch({
        executablePath: program,
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
}

// A visitor with a language and a width; page errors and policy violations fail the test.
export async function visitor(browser, { width = 1280, language = "vi", script = true } = {}) {
    const context = await browser.newContext({
        viewport: { width, height: width < 500 ? 844 : 900 },
        locale: language === "en" ? "en-GB" : "vi-VN",
        javaScriptEnabled: script,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    page.problems = [];
    page.on("pageerror", (error) => page.problems.push(String(error)));
    page.on("console", (message) => {
        if (message.type() === "error" && !/the server responded with a status of 4/.test(message.text()))
            page.problems.push(message.text());
    });
    page.look = { width, language };
    return page;
}

// axe finds nothing, nothing is wider than the screen, the language is said, no text key shows.
// `quick`: what axe looks for was looked for before; `names`: the page is about names of that kind.
export async function inspect(page, name, { quick = false, names = false } = {}) {
    const { width, language } = page.look;
    if (process.env.MOTCUA_SHOTS) {
        mkdirSync(process.env.MOTCUA_SHOTS, { recursive: true });
        await page.screenshot({ path: `${process.env.MOTCUA_SHOTS}/${name}-${width}-${language}.png`, fullPage: !names });
    }
    const where = `${name} at ${width} px in ${language}`;
    assert.equal(await page.getAttribute("html", "lang"), language, `${where}: lang`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${where}: ${overflow} px too wide`);
    const hidden = width < 500 ? await page.$$eval("main .scroll", (all) => all.some((o) => o.scrollWidth > o.clientWidth)) : false;
    assert.ok(!hidden, `${where}: part of a table is out of sight`);
    const text = await page.innerText("body");
    assert.ok(names || !/\b(t|err|pay|login|finance|verify|home|approve|claim|consent|device|requests)\.[a-z_]+\b/.test(text.replaceAll(/\S+@\S+|https?:\S+/g, "")),
        `${where}: a text key shows: ${text.match(/\b(t|err|pay|login|finance|verify|home|approve|claim|consent|device|requests)\.[a-z_]+\b/)?.[0]}`);
    assert.deepEqual(page.problems, [], `${where}: errors in the page`);
    if (quick) return;
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ; ")}`), [], `${where}: axe`);
}

export async function signIn(page, person, { look = false } = {}) {
    await page.goto(`${systems}/portal?lang=${page.look.language}`);
    if (look) await inspect(page, "portal-home");
    await page.click('a[href^="/portal/sign-in"]');
    await page.waitForURL(under(`${here}/login?`));
    if (look) await inspect(page, "sign-in");
    await page.click('a[href^="/login/vneid/start"]');
    await page.waitForURL(under(`${systems}/vneid/authorize`));
    if (look) await inspect(page, "vneid");
    await page.click(`button.person:has-text("${person}")`);
    await page.waitForURL(under(`${systems}/portal`));
}
// A page of the workplace by its navigation: its group is opened first, unless it stands alone.
export async function go(page, path) {
    const link = page.locator(`nav.desk a[href="${path}"]`), group = page.locator(`nav.desk details:has(a[href="${path}"])`);
    if (await group.count() && !await link.isVisible()) await group.locator("summary").click();
    await link.click();
    await page.waitForURL((url) => url.pathname === path);
}
