// browser.mjs - a person's browser without JavaScript: cookies by host, redirects one by one, forms and
// links of a page. What a page means is the driver's business; where answers to the client end is ours.
import { call } from "./http.mjs";

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", "#39": "'", "#x27": "'", "#x2F": "/", "#x3D": "=", "#x60": "`" };
export const plain = (text) => text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name) => {
    if (entities[name]) return entities[name];
    if (/^#x/i.test(name)) return String.fromCodePoint(parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    return whole;
});
const attribute = (tag, name) => {
    const found = tag.match(new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i"));
    return found ? plain(found[1] ?? found[2] ?? found[3]) : null;
};
// Forms of a page: where they go, their hidden and filled fields, the buttons' values by name.
export function forms(html, base) {
    return [...html.matchAll(/<form\b[^>]*>[^]*?<\/form>/gi)].map(([text]) => {
        const head = text.match(/^<form\b[^>]*>/i)[0];
        const fields = {}, buttons = {};
        for (const [tag] of text.matchAll(/<input\b[^>]*>/gi)) {
            const name = attribute(tag, "name"), type = (attribute(tag, "type") ?? "text").toLowerCase();
            if (name && !["submit", "checkbox", "radio", "image"].includes(type)) fields[name] = attribute(tag, "value") ?? "";
        }
        for (const [tag] of text.matchAll(/<button\b[^>]*>/gi)) {
            const name = attribute(tag, "name");
            if (name) (buttons[name] ??= []).push(attribute(tag, "value") ?? "");
        }
        const action = attribute(head, "action");
        return { action: action === null ? base : new URL(action, base).href, method: (attribute(head, "method") ?? "get").toUpperCase(), fields, buttons };
    });
}
export const links = (html, base) => [...html.matchAll(/<a\b[^>]*>/gi)]
    .map(([tag]) => attribute(tag, "href")).filter((to) => to !== null).map((to) => new URL(to, base).href);

const MOST_STEPS = 30;

export class Browser {
    constructor(driver) {
        this.driver = driver;
        this.jar = new Map();
        this.seen = []; // every answer, for the checks
    }
    async visit(url, { method = "GET", form, origin } = {}) {
        const at = new URL(url);
        const cookies = this.jar.get(at.hostname) ?? new Map();
        this.jar.set(at.hostname, cookies);
        const headers = { Accept: "text/html", "User-Agent": "Mozilla/5.0 (conformance)" };
        if (cookies.size) headers.Cookie = [...cookies].map(([k, v]) => `${k}=${v}`).join("; ");
        if (method === "POST") headers.Origin = origin ?? this.origin ?? at.origin;
        const answer = await call(at.href, { method, headers, form });
        for (const line of answer.all("set-cookie")) {
            const [pair, ...attributes] = line.split(";");
            const cut = pair.indexOf("="), name = pair.slice(0, cut).trim();
            const age = attributes.map((a) => a.trim().toLowerCase()).find((a) => a.startsWith("max-age="));
            if ((age && Number(age.slice(8)) <= 0) || /expires=[^;]*1970/i.test(line)) cookies.delete(name);
            else cookies.set(name, pair.slice(cut + 1));
        }
        this.seen.push(answer);
        this.origin = at.origin;
        return answer;
    }
    // Walks from an authorization URL (or a form posted to it) to an address that starts with `stop` (or one of several), or to
    // a page that the driver has no answer for. intent.reject: the person says no.
    async walk(first, stop, intent = {}) {
        const back = { pages: 0, signIns: 0 };
        const stops = [stop ?? []].flat();
        let next = typeof first === "string" ? { url: first } : first;
        for (let i = 0; i < MOST_STEPS; i++) {
            const answer = await this.visit(next.url, next);
            back.last = answer;
            if (answer.location) {
                back.redirect = answer;
                if (stops.some((one) => answer.location.startsWith(one))) return { ...back, kind: "redirect", url: answer.location };
                next = { url: this.driver.redirect ? this.driver.redirect(answer.location, intent) : answer.location };
                continue;
            }
            const posted = stops.length > 0 && forms(answer.text, answer.url).find((form) => stops.some((one) => form.action === one || form.action.startsWith(`${one}?`)));
            if (posted) return { ...back, kind: "form_post", url: posted.action, form: posted };
            back.pages++;
            const step = answer.status === 200 ? await this.driver.page(answer, intent) : null;
            if (!step) return { ...back, kind: "page" };
            if (step.signIn) back.signIns++;
            next = step;
        }
        throw new Error(`the browser goes round in circles: ${next.url}`);
    }
}
