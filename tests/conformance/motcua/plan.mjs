// plan.mjs --plan NAME [options of run.mjs]: inside tests/tls_stack.sh, registers the clients of the plan at
// the motcua of this stack, writes their configuration beside its own, and runs the plan.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { random } from "../core/jwt.mjs";
import { options, run } from "../run.mjs";

const { STACK: stack, MOTCUA_URL: issuer, MOTCUA_BIN: bin } = process.env;
const program = `${bin}/motcua`, conf = `${stack}/motcua.conf`;
const motcua = (...words) => execFileSync(program, ["--conf", conf, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const SCOPES = "openid profile email address phone";

// A client with a secret, as common libraries are.
function withSecret(id, host, more = {}) {
    const file = `${stack}/${id}.secret`, client_secret = random(32);
    writeFileSync(file, client_secret, { mode: 0o600 });
    const client = { client_id: id, client_secret, redirect_uri: `https://${host}/callback`, post_logout_redirect_uri: `https://${host}/signed-out`, auth: "client_secret_basic", ...more };
    motcua("client", "add", id, "--profile", "oidc", "--redirect", client.redirect_uri, "--post-logout", client.post_logout_redirect_uri, "--scopes", SCOPES,
        "--grants", "authorization_code", "--secret-file", file);
    return client;
}
const sets = {
    oidc: () => ({
        first: withSecret("conformance-first", "rp1.conformance.example"),
        second: withSecret("conformance-second", "rp2.conformance.example"),
        post: withSecret("conformance-post", "rp3.conformance.example", { auth: "client_secret_post" }),
    }),
};

const given = options(process.argv.slice(2));
const config = {
    issuer, driver: new URL("driver.mjs", import.meta.url).pathname, driver_options: { persona: "conformance", program, conf },
    login_hint: "0900000033", clients: sets[given.plan === "fapi2" ? "fapi2" : "oidc"](),
};
writeFileSync(`${stack}/conformance.json`, JSON.stringify(config, null, 4), { mode: 0o600 });
process.exit(await run(given, config, stack));
