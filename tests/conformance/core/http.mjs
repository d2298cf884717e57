// http.mjs - a client that hides nothing: no redirect is followed, no header is joined or renamed, and
// every answer keeps what was on the wire. Node's fetch does all of that and would hide faults.
import http from "node:http";
import https from "node:https";

const agents = { "http:": new http.Agent({ keepAlive: true }), "https:": new https.Agent({ keepAlive: true }) };
const TIMEOUT_MS = 30000;

export class Answer {
    constructor(url, method, message, body) {
        this.url = url;
        this.method = method;
        this.status = message.statusCode;
        this.raw = message.rawHeaders;
        this.bytes = body;
        this.text = body.toString("utf8");
    }
    // All values of a header, in their order.
    all(name) {
        const values = [];
        for (let i = 0; i < this.raw.length; i += 2)
            if (this.raw[i].toLowerCase() === name.toLowerCase()) values.push(this.raw[i + 1]);
        return values;
    }
    header(name) { return this.all(name)[0] ?? null; }
    get type() { return (this.header("content-type") ?? "").split(";")[0].trim().toLowerCase(); }
    get location() {
        const to = this.header("location");
        return to === null ? null : new URL(to, this.url).href;
    }
    get json() {
        try { return JSON.parse(this.text); } catch { return undefined; }
    }
    // For reasons: what came, short and on one line.
    get brief() {
        const body = this.type === "text/html" ? "(a page)" : this.text.slice(0, 200).replace(/\s+/g, " ");
        return `${this.method} ${this.url.split("?")[0]} answered ${this.status} ${body}`;
    }
}

// headers: { name: value | [values] }, names sent in the case they are written in. form: an object (undefined
// members are left out), an array of pairs, or URLSearchParams.
export function call(url, { method = "GET", headers = {}, form, body } = {}) {
    const all = { Accept: "application/json", ...headers };
    if (form) {
        body = String(form instanceof URLSearchParams ? form : new URLSearchParams(
            Array.isArray(form) ? form : Object.entries(form).filter(([, value]) => value !== undefined && value !== null)));
        all["Content-Type"] ??= "application/x-www-form-urlencoded";
    }
    if (body !== undefined) all["Content-Length"] = Buffer.byteLength(body);
    const at = new URL(url);
    const door = at.protocol === "https:" ? https : http;
    return new Promise((resolve, reject) => {
        const request = door.request(at, { method, headers: all, agent: agents[at.protocol], timeout: TIMEOUT_MS }, (message) => {
            const parts = [];
            message.on("data", (part) => parts.push(part));
            message.on("error", reject);
            message.on("end", () => resolve(new Answer(at.href, method, message, Buffer.concat(parts))));
        });
        request.on("timeout", () => request.destroy(new Error(`${method} ${at.href}: no answer in ${TIMEOUT_MS} ms`)));
        request.on("error", reject);
        request.end(body);
    });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
