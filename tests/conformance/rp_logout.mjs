// rp_logout.mjs - OpenID Connect RP-Initiated Logout 1.0.
import { b64, decode, random, spoil } from "./core/jwt.mjs";
import { verifyMetadata } from "./config.mjs";

// Signs somebody in, then asks for the end of the session. Returns what the browser met.
export async function endSession(t, params, intent = {}, role = "first") {
    const rp = await t.rp(role).signIn();
    const uri = rp.client.post_logout_redirect_uri;
    const state = random(10);
    const asked = Object.fromEntries(Object.entries(params({ hint: rp.got.id_token, uri, state })).filter(([, value]) => value !== undefined));
    const url = new URL(t.meta.end_session_endpoint);
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    const first = intent.post ? { url: t.meta.end_session_endpoint, method: "POST", form: asked, origin: new URL(uri).origin } : url.href;
    const back = await rp.browser.walk(first, new URL(uri).origin, intent);
    return { rp, back, uri, state };
}
export async function mustBeOut(t, rp) {
    rp.error(await rp.silent(), ["login_required", "interaction_required"]);
}
async function mustBeIn(t, rp) {
    rp.code(await rp.silent());
}
// Back at the client's address, with the state that was sent and nothing else.
export function backWith(t, { back, uri, state }, withState = true) {
    t.need(back.kind === "redirect", `the browser was not sent back: ${back.last.brief}`);
    t.check([302, 303].includes(back.redirect.status), `status ${back.redirect.status}`);
    t.check(back.url === (withState ? `${uri}?state=${state}` : uri), `sent to ${back.url}`);
}
const staysHere = (t, back) => t.need(back.kind === "page", `the browser was sent to ${back.url}`);
// No redirect, whatever the person answers.
const refused = (change) => async (t) => {
    const done = await endSession(t, change);
    staysHere(t, done.back);
    return done;
};

export const modules = {
    "oidcc-rp-initiated-logout-discovery-endpoint-verification": async (t) => {
        const meta = await verifyMetadata(t);
        t.check(typeof meta.end_session_endpoint === "string" && meta.end_session_endpoint.startsWith("https://"), `end_session_endpoint is ${meta.end_session_endpoint}`);
    },
    "oidcc-rp-initiated-logout": async (t) => {
        const done = await endSession(t, ({ hint, uri, state }) => ({ id_token_hint: hint, post_logout_redirect_uri: uri, state }));
        backWith(t, done);
        await mustBeOut(t, done.rp);
        // The same by POST: a long hint does not fit into an address.
        const posted = await endSession(t, ({ hint, uri, state }) => ({ id_token_hint: hint, post_logout_redirect_uri: uri, state }), { post: true });
        backWith(t, posted);
        await mustBeOut(t, posted.rp);
    },
    "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": refused(({ hint, uri, state }) => ({ id_token_hint: hint, post_logout_redirect_uri: `${uri}/unregistered`, state })),
    "oidcc-rp-initiated-logout-modified-id-token-hint": async (t) => {
        // Unsigned: what anybody can write.
        await refused(({ hint, uri, state }) => ({ id_token_hint: `${b64(JSON.stringify({ ...decode(hint).header, alg: "none" }))}.${hint.split(".")[1]}.`, post_logout_redirect_uri: uri, state }))(t);
        // Another's sub under the old signature.
        await refused(({ hint, uri, state }) => {
            const [head, , mac] = hint.split(".");
            return { id_token_hint: `${head}.${b64(JSON.stringify({ ...decode(hint).claims, sub: "somebody-else" }))}.${mac}`, post_logout_redirect_uri: uri, state };
        })(t);
    },
    "oidcc-rp-initiated-logout-no-id-token-hint": async (t) => {
        // Without a hint anybody may have made the link: the person is asked, and stays signed in until then.
        const { rp, back } = await endSession(t, ({ uri, state }) => ({ post_logout_redirect_uri: uri, state }), { stay: true });
        staysHere(t, back);
        await mustBeIn(t, rp);
    },
    "oidcc-rp-initiated-logout-no-params": async (t) => {
        const { rp, back } = await endSession(t, () => ({}));
        staysHere(t, back);
        t.check(back.last.status === 200, `status ${back.last.status}`);
        await mustBeOut(t, rp);
    },
    "oidcc-rp-initiated-logout-no-post-logout-redirect-uri": async (t) => {
        const { rp, back } = await endSession(t, ({ hint, state }) => ({ id_token_hint: hint, state }));
        staysHere(t, back);
        t.check(back.last.status === 200, `status ${back.last.status}`);
        await mustBeOut(t, rp);
    },
    "oidcc-rp-initiated-logout-no-state": async (t) => {
        const done = await endSession(t, ({ hint, uri }) => ({ id_token_hint: hint, post_logout_redirect_uri: uri }));
        backWith(t, done, false);
        await mustBeOut(t, done.rp);
    },
    "oidcc-rp-initiated-logout-only-state": async (t) => {
        const { rp, back } = await endSession(t, ({ state }) => ({ state }));
        staysHere(t, back);
        t.check(back.last.status === 200, `status ${back.last.status}`);
        await mustBeOut(t, rp);
    },
    "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": refused(({ hint, uri, state }) => ({ id_token_hint: hint, post_logout_redirect_uri: `${uri}?foo=bar`, state })),
    "oidcc-rp-initiated-logout-bad-id-token-hint": async (t) => {
        await refused(({ hint, uri, state }) => ({ id_token_hint: spoil(hint), post_logout_redirect_uri: uri, state }))(t);
        await refused(({ uri, state }) => ({ id_token_hint: "no.token.atall", post_logout_redirect_uri: uri, state }))(t);
        // Another client's good hint does not carry this client's address.
        const other = await t.rp("second").signIn();
        await refused(({ uri, state }) => ({ id_token_hint: other.got.id_token, post_logout_redirect_uri: uri, state }))(t);
    },
};
