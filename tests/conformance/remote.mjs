// remote.mjs - what device.mjs and ciba.mjs share: one side asks the token endpoint until a person, on a browser
// of their own, has answered.
import { refusal } from "./core/checks.mjs";
import { sleep } from "./core/http.mjs";

// Polls with this form, at the pace that was told, while the answer is that it waits. how: as for Rp.post.
export async function pollUntil(t, rp, form, interval, how = {}) {
    for (let i = 0; i < 12; i++) {
        const answer = await rp.post(t.meta.token_endpoint, form, how);
        if (answer.json?.error === "slow_down") interval += 5;
        if (!["authorization_pending", "slow_down"].includes(answer.json?.error)) return answer;
        await sleep(interval * 1000 + 200);
    }
    t.need(false, "still pending long after the person has answered");
}
// The person's browser goes there and answers what it is asked.
export async function answerAt(t, browser, url, intent = {}) {
    const back = await browser.walk(url, undefined, intent);
    t.need(back.kind === "page" && back.last.status === 200, `the person was shown ${back.last.brief}`);
    return back.last;
}
export async function pending(t, rp, form) {
    refusal(t, await rp.post(t.meta.token_endpoint, form), [400], ["authorization_pending"]);
}
export async function tokenRefused(t, rp, form, errors, statuses = [400]) {
    refusal(t, await rp.post(t.meta.token_endpoint, form), statuses, errors);
}
