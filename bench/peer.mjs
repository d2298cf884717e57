// peer.mjs PORT CLIENTS: npm oidc-provider with its in-memory adapter, as the peer of oidc_flow.sh.
// Its tokens are its default, opaque ones, which cost it less than ours, signed (RFC 9068), cost us;
// PEER_TOKENS=jwt gives signed ones. A sign-in is answered at once and consent is taken as given, so
// that what is measured is the protocol.
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [port, clients] = [Number(process.argv[2]), JSON.parse(readFileSync(process.argv[3], "utf8"))];
const issuer = `http://127.0.0.1:${port}`;
const key = { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" };
const api = `${issuer}/api`;
const signed = process.env.PEER_TOKENS === "jwt";

const provider = new Provider(issuer, {
    clients,
    jwks: { keys: [key] },
    cookies: { keys: ["of this measurement only"] },
    claims: { openid: ["sub"], profile: ["name", "birthdate", "gender"] },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: "Nguyễn Văn Thử", birthdate: "1987-03-02", gender: "male" }) }),
    pkce: { required: () => true },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    async loadExistingGrant(ctx) {
        const id = ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
        if (id) return ctx.oidc.provider.Grant.find(id);
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
        grant.addOIDCScope("openid profile");
        if (signed) grant.addResourceScope(api, "openid profile");
        await grant.save();
        return grant;
    },
    features: {
        devInteractions: { enabled: false },
        dPoP: { enabled: true },
        pushedAuthorizationRequests: { enabled: true },
        resourceIndicators: signed
            ? { enabled: true, defaultResource: () => api, useGrantedResource: () => true,
                getResourceServerInfo: () => ({ scope: "openid profile", accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } }) }
            : { enabled: false },
    },
});
const serve = provider.callback();
createServer(async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return serve(request, response);
    await provider.interactionFinished(request, response, { login: { accountId: "ac_00000000000000000001" } });
}).listen(port, "127.0.0.1", () => console.log("ready"));
process.on("SIGTERM", () => process.exit(0));
