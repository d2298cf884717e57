// driver.mjs - how a person signs in at motcua: the sign-in page, then VNeID, here the sandbox's, which takes
// the person's name with the request. A driver has page(answer, intent) -> the next request or null, and may
// have redirect(location, intent) -> where the browser really goes, people (["other"]: intent.person "other" signs
// in somebody else), rotateKeys() and close().
import { execFileSync } from "node:child_process";
import { forms, links } from "../core/browser.mjs";

export default async function driver({ persona = "conformance", other = "thu", program, conf }) {
    return {
        people: ["other"],
        redirect(location, intent) {
            const url = new URL(location);
            if (url.pathname !== "/vneid/authorize") return location;
            url.searchParams.set("persona", intent.person === "other" ? other : persona);
            return url.href;
        },
        page(answer, intent) {
            const ways = links(answer.text, answer.url).map((to) => new URL(to));
            const enter = ways.find((to) => to.pathname === "/login/vneid/start");
            const leave = ways.find((to) => to.pathname === "/login/cancel");
            if (enter) return { url: (intent.reject === true && leave ? leave : enter).href, signIn: true };
            const found = forms(answer.text, answer.url);
            const consent = found.find((form) => new URL(form.action).pathname === "/consent");
            if (consent) return { url: consent.action, method: "POST", form: { ...consent.fields, answer: intent.reject ? "no" : "yes" } };
            const approve = found.find((form) => new URL(form.action).pathname === "/approve");
            if (approve) return { url: approve.action, method: "POST", form: { ...approve.fields, answer: intent.reject === "answer" ? "no" : "yes" } };
            const logout = found.find((form) => new URL(form.action).pathname === "/logout");
            if (logout && !intent.stay) return { url: logout.action, method: "POST", form: logout.fields };
            return null;
        },
        // The next key was published when the stack began, and nobody here caches for a day: --now.
        rotateKeys() {
            for (const alg of ["ES256", "RS256"]) execFileSync(program, ["--conf", conf, "keys", "rotate", "--alg", alg, "--now"]);
        },
    };
}
