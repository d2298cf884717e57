// plan.mjs --plan NAME [--profile oidc|fapi2] [options of run.mjs]: inside tests/tls_stack.sh, registers the clients of the plan at
// the motcua of this stack, writes their configuration beside its own, and runs the plan.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { call, sleep } from "../core/http.mjs";
import { newKey, random } from "../core/jwt.mjs";
import { options, run } from "../run.mjs";

const { STACK: stack, MOTCUA_URL: issuer, MOTCUA_BIN: bin } = process.env;
const program = `${bin}/motcua`, conf = `${stack}/motcua.conf`;
const motcua = (...words) => execFileSync(program, ["--conf", conf, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const SCOPES = "openid profile email address phone";

const file = (name, text) => {
    writeFileSync(`${stack}/${name}`, text, { mode: 0o600 });
    return `${stack}/${name}`;
};
const addresses = (host) => ({ redirect_uri: `https://${host}.conformance.example/callback`, post_logout_redirect_uri: `https://${host}.conformance.example/signed-out` });
function add(client, ...words) {
    motcua("client", "add", client.client_id, "--redirect", client.redirect_uri, "--post-logout", client.post_logout_redirect_uri, "--scopes", SCOPES,
        "--grants", "authorization_code refresh_token", ...words);
    return client;
}
// A client with a secret, as common libraries are.
function withSecret(host, more = {}, ...words) {
    const client = { client_id: `conformance-${host}`, client_secret: random(32), ...addresses(host), auth: "client_secret_basic", ...more };
    return add(client, "--profile", "oidc", "--auth", client.auth, "--secret-file", file(`${host}.secret`, client.client_secret), ...words);
}
// A client of FAPI 2.0, with a key of its own.
async function withKey(host, alg, more = {}, ...words) {
    const key = await newKey(alg), shown = { ...key.jwk, kid: key.kid, use: "sig", ...(more.bare ? {} : { alg }) };
    const client = {
        client_id: `conformance-${host}`, ...addresses(host), auth: "private_key_jwt", profile: "fapi2", par: true, dpop: true,
        id_token_signed_response_alg: "ES256", jwk: { ...key.secretJwk, kid: key.kid, alg }, ...more,
    };
    return add(client, "--jwks-file", file(`${host}.jwks`, JSON.stringify({ keys: [shown] })), ...words);
}
// A system without people: its tokens are bound as well, and the payment API takes them with a proof.
async function withKeyForPayments(host) {
    const key = await newKey(), client_id = `conformance-${host}`;
    motcua("client", "add", client_id, "--scopes", "payments:read payments:write", "--grants", "client_credentials",
        "--jwks-file", file(`${host}.jwks`, JSON.stringify({ keys: [{ ...key.jwk, kid: key.kid, alg: "ES256", use: "sig" }] })));
    return { client_id, auth: "private_key_jwt", profile: "fapi2", par: true, dpop: true, jwk: { ...key.secretJwk, kid: key.kid, alg: "ES256" } };
}
// Who asks for somebody who sits elsewhere: kiosks with a secret, counters with a key and bound tokens.
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code", CIBA = "urn:openid:params:grant-type:ciba";
function kiosk(host) {
    const client = { client_id: `conformance-${host}`, client_secret: random(32), auth: "client_secret_basic", id_token_signed_response_alg: "RS256" };
    motcua("client", "add", client.client_id, "--profile", "oidc", "--scopes", SCOPES, "--grants", `${DEVICE} refresh_token`,
        "--secret-file", file(`${host}.secret`, client.client_secret));
    return client;
}
async function counter(host, more = {}, ...words) {
    const key = await newKey(), client_id = `conformance-${host}`;
    motcua("client", "add", client_id, "--scopes", SCOPES, "--grants", CIBA, ...words,
        "--jwks-file", file(`${host}.jwks`, JSON.stringify({ keys: [{ ...key.jwk, kid: key.kid, alg: "ES256", use: "sig" }] })));
    return { client_id, auth: "private_key_jwt", profile: "fapi2", dpop: true, id_token_signed_response_alg: "ES256", jwk: { ...key.secretJwk, kid: key.kid, alg: "ES256" }, ...more };
}
const backchannel = async () => `http://127.0.0.1:${await freePort()}/told`;
const told = (uri) => [{ backchannel_logout_uri: uri, backchannel_logout_session_required: true }, "--backchannel-logout", uri, "--backchannel-sid", "true"];
const sets = {
    oidc: async () => ({
        first: withSecret("rp1", ...told(await backchannel())), second: withSecret("rp2"), post: withSecret("rp3", { auth: "client_secret_post" }),
    }),
    fapi2: async () => ({
        first: await withKey("fapi1", "ES256", ...told(await backchannel())), second: await withKey("fapi2", "ES256"), rsa: await withKey("fapi3", "PS256"),
        rsa_bare: await withKey("fapi4", "PS256", { bare: true }),
        system: await withKeyForPayments("system"),
    }),
    remote: async () => {
        const told = await backchannel();
        return {
            kiosk: kiosk("kiosk1"), kiosk2: kiosk("kiosk2"), counter: await counter("counter1"), counter2: await counter("counter2"),
            pinged: await counter("counter3", { backchannel_client_notification_endpoint: told }, "--ciba-mode", "ping", "--ciba-notify", told),
        };
    },
    signing: async () => ({
        signed: await withKey("fapi1", "ES256", {}, "--signed-request", "true"), second: await withKey("fapi2", "ES256"),
        signed_rsa: await withKey("fapi3", "PS256", {}, "--signed-request", "true"),
    }),
};
// Nobody listens there yet: the module does when it runs.
const freePort = () => new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
        const { port } = server.address();
        server.close(() => resolve(port));
    });
});

// The clients: those that the plan is about, or --profile oidc|fapi2.
const words = process.argv.slice(2), at = words.indexOf("--profile");
const profile = at < 0 ? undefined : words.splice(at, 2)[1];
const given = options(words);
const set = profile ?? { "fapi2": "fapi2", "message-signing": "signing", "device": "remote", "ciba": "remote" }[given.plan] ?? "oidc";
const config = {
    issuer, driver: new URL("driver.mjs", import.meta.url).pathname, driver_options: { persona: "conformance", program, conf },
    code_ttl_s: Number(process.env.CONFORMANCE_CODE_TTL_S ?? 60), refresh_again_s: Number(process.env.CONFORMANCE_REFRESH_AGAIN_S ?? 30),
    resources: [{ name: "payment API", client: "system", url: `${issuer}/v1/payments/none-of-that-name`, scope: "payments:read", ok: [404] }],
    login_hint: "0900000033", ciba: { login_hint: "046090000285", requests: `${issuer}/me/requests`, approval: "/approve", expiry_least_s: 30 }, clients: await sets[set](), mixed_profiles: true,
};
// Registration is open in this stack (auth.registration), by invitation.
if (given.plan === "dynamic") config.initial_access_token = motcua("client", "invite", "--profile", "oidc", "--scopes", SCOPES, "--uses", "1000").match(/[A-Za-z0-9_-]{40,}/)[0];
writeFileSync(`${stack}/conformance.json`, JSON.stringify(config, null, 4), { mode: 0o600 });
// The service looks for changes of its clients every few seconds (CLIENT_FRESH_MS).
const known = async () => {
    for (const { client_id, redirect_uri } of Object.values(config.clients).filter((client) => client.redirect_uri)) {
        const answer = await call(`${issuer}/authorize?${new URLSearchParams({ client_id, redirect_uri, response_type: "none" })}`);
        if (answer.status === 400) return false;
    }
    return true;
};
for (let i = 0; i < 200 && !await known(); i++) await sleep(50);
process.exit(await run(given, config, stack));
