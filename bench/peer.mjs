// peer.mjs PORT CLIENTS [REDIS]: npm oidc-provider as the peer of oidc_flow.sh. Bare: its in-memory adapter
// and opaque access tokens, its defaults, which cost it less than ours cost us. With REDIS, the path of a
// socket: what must outlive it is kept there, and access tokens are signed (RFC 9068), as ours are; those
// of FAPI 2.0 stay opaque, since its userinfo takes no others. A sign-in is answered at once and consent
// is taken as given, so that what is measured is the protocol.
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { Provider } from "oidc-provider";

const [port, clients] = [Number(process.argv[2]), JSON.parse(readFileSync(process.argv[3], "utf8"))];
const issuer = `http://127.0.0.1:${port}`;
const key = { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" };
const api = `${issuer}/api`;
const redis = process.argv[4] ? new Redis(process.argv[4]) : null;
const signed = redis !== null;
const names = (kind, by, id) => `peer:${kind}:${by}:${id}`;

// What the provider asks of a store: https://github.com/panva/node-oidc-provider, "adapter".
class Kept {
    constructor(kind) { this.kind = kind; }
    key(id) { return names(this.kind, "id", id); }
    async upsert(id, payload, life_s) {
        const batch = redis.multi().set(this.key(id), JSON.stringify(payload), "EX", life_s);
        if (payload.uid) batch.set(names(this.kind, "uid", payload.uid), id, "EX", life_s);
        if (payload.grantId) batch.sadd(names("grant", "has", payload.grantId), this.key(id)).expire(names("grant", "has", payload.grantId), life_s, "GT");
        await batch.exec();
    }
    async find(id) {
        const text = await redis.get(this.key(id));
        return text ? JSON.parse(text) : undefined;
    }
    async findByUid(uid) {
        const id = await redis.get(names(this.kind, "uid", uid));
        return id ? this.find(id) : undefined;
    }
    async consume(id) {
        const payload = await this.find(id);
        if (payload) await redis.set(this.key(id), JSON.stringify({ ...payload, consumed: Math.floor(Date.now() / 1000) }), "KEEPTTL");
    }
    async destroy(id) { await redis.del(this.key(id)); }
    async revokeByGrantId(grant) {
        const all = names("grant", "has", grant);
        await redis.del(all, ...await redis.smembers(all));
    }
}

const provider = new Provider(issuer, {
    ...(redis ? { adapter: Kept } : {}),
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
            ? { enabled: true, defaultResource: (ctx, client) => (client.dpopBoundAccessTokens ? undefined : api), useGrantedResource: () => true,
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
