// backchannel.mjs - OpenID Connect Back-Channel Logout 1.0: the client is told, server to server.
import { createServer } from "node:http";
import { backWith, endSession, mustBeOut } from "./rp_logout.mjs";
import { sleep } from "./core/http.mjs";
import { now } from "./core/jwt.mjs";
import { verifyMetadata } from "./config.mjs";

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const WAIT_MS = 20000;

// Listens where the client is registered to be told; collects what comes.
async function listen(uri) {
    const at = new URL(uri), calls = [];
    const server = createServer((request, response) => {
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => {
            calls.push({ method: request.method, url: request.url, type: (request.headers["content-type"] ?? "").split(";")[0], body: Buffer.concat(parts).toString() });
            response.writeHead(200, { "Cache-Control": "no-store" }).end();
        });
    });
    await new Promise((resolve, reject) => server.once("error", reject).listen(Number(at.port), at.hostname, resolve));
    return { calls, close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections?.(); }) };
}
async function until(done) {
    for (const end = Date.now() + WAIT_MS; Date.now() < end && !done();) await sleep(50);
}

export const modules = {
    "oidcc-backchannel-logout-discovery-endpoint-verification": async (t) => {
        const meta = await verifyMetadata(t);
        t.check(typeof meta.end_session_endpoint === "string", "no end_session_endpoint");
        t.check(meta.backchannel_logout_supported === true, "backchannel_logout_supported is not true");
        t.check(meta.backchannel_logout_session_supported === true, "backchannel_logout_session_supported is not true");
    },
    "oidcc-backchannel-rp-initiated-logout": async (t) => {
        const { backchannel_logout_uri: uri } = t.world.client("first");
        t.need(uri !== undefined, "the client has no backchannel_logout_uri");
        const ear = await listen(uri);
        try {
            const done = await endSession(t, ({ hint, uri: back, state }) => ({ id_token_hint: hint, post_logout_redirect_uri: back, state }));
            await until(() => ear.calls.length > 0);
            t.need(ear.calls.length > 0, `no logout token came in ${WAIT_MS / 1000} s`);
            const [{ method, url, type, body }] = ear.calls, { rp } = done;
            t.check(method === "POST" && url === new URL(uri).pathname + new URL(uri).search, `${method} ${url}`);
            t.check(type === "application/x-www-form-urlencoded", `content type ${type}`);
            const form = new URLSearchParams(body);
            t.check(form.getAll("logout_token").length === 1, "logout_token is missing or repeated");
            const token = form.get("logout_token");
            const claims = await rp.verify(token, "logout token", rp.client.id_token_signed_response_alg ?? "RS256");
            const { typ } = JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
            t.check(typ === undefined || ["logout+jwt", "JWT"].includes(typ), `logout token: typ is ${typ}`);
            t.check(claims.iss === t.meta.issuer, `logout token: iss is ${claims.iss}`);
            t.check([claims.aud].flat().length === 1 && [claims.aud].flat()[0] === rp.client.client_id, `logout token: aud is ${JSON.stringify(claims.aud)}`);
            t.check(Number.isInteger(claims.iat) && claims.iat <= now() + 10 && claims.iat > now() - 86400, `logout token: iat is ${claims.iat}`);
            t.check(Number.isInteger(claims.exp) && claims.exp > now(), `logout token: exp is ${claims.exp}`);
            t.check(typeof claims.jti === "string" && claims.jti.length > 0, "logout token: no jti");
            t.check(JSON.stringify(claims.events) === JSON.stringify({ [EVENT]: {} }), `logout token: events is ${JSON.stringify(claims.events)}`);
            t.check(claims.nonce === undefined, "logout token: nonce is forbidden");
            t.check(claims.sub !== undefined || claims.sid !== undefined, "logout token: neither sub nor sid");
            t.check(claims.sub === undefined || claims.sub === rp.claims.sub, "logout token: sub is not that of the ID token");
            t.check(claims.sid === undefined || claims.sid === rp.claims.sid, "logout token: sid is not that of the ID token");
            if (rp.client.backchannel_logout_session_required) t.check(claims.sid !== undefined, "logout token: no sid although the client requires it");
            t.check(JSON.stringify(rp.claims.sid) === undefined || claims.sid !== undefined, "logout token: the ID token has a sid, the logout token none");
            backWith(t, done);
            await mustBeOut(t, rp);
            t.check(ear.calls.length === 1, `told ${ear.calls.length} times`);
        } finally {
            await ear.close();
        }
    },
};
