// rp.mjs - a relying party that checks everything it may: OIDC Core 3.1, RFC 6749, 7636, 9126, 9207, 9449.
// What it sends is right unless a module says otherwise: null leaves a parameter out.
import { compactVerify, createLocalJWKSet } from "jose";
import { createHash } from "node:crypto";
import { answerOf, claimShapes, errorText, jsonAnswer, personClaims, refusal, scopeClaims, unguessable } from "./checks.mjs";
import { call } from "./http.mjs";
import { b64, decode, newKey, now, random, sha256, sign } from "./jwt.mjs";

const merge = (base, change) => Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, value]) => value !== null && value !== undefined));
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

export class Rp {
    constructor(t, client, browser) {
        Object.assign(this, { t, client, browser, nonces: new Map() });
        this.fapi = client.profile === "fapi2";
    }
    get meta() { return this.t.world.meta; }

    // ---- proofs and assertions -------------------------------------------------------------------
    assertion({ header = {}, claims = {}, key = this.client.key, alg } = {}) {
        const at = now();
        return sign(merge({ alg: key.alg, kid: this.client.key.kid }, header), merge({
            iss: this.client.client_id, sub: this.client.client_id, aud: this.meta.issuer, jti: random(16), iat: at, exp: at + 60,
        }, claims), key, alg);
    }
    async proof(method, url, { token, key = this.key, header = {}, claims = {}, alg } = {}) {
        const nonce = this.nonces.get(new URL(url).origin);
        return sign(merge({ typ: "dpop+jwt", alg: key.alg, jwk: key.jwk }, header), merge({
            jti: random(16), htm: method, htu: url, iat: now(), ath: token ? sha256(token) : null, nonce: nonce ?? null,
        }, claims), key, alg);
    }
    // Adds the client's way of proving itself. auth: false leaves it out; { ... } changes the assertion.
    async authenticate(form, headers, auth = {}) {
        const { client } = this;
        if (auth === false) return;
        switch (client.auth) {
        case "client_secret_basic":
            headers.Authorization = `Basic ${Buffer.from(`${encodeURIComponent(client.client_id)}:${encodeURIComponent(client.client_secret)}`).toString("base64")}`;
            break;
        case "client_secret_post":
            Object.assign(form, { client_id: client.client_id, client_secret: client.client_secret });
            break;
        case "private_key_jwt":
            Object.assign(form, { client_assertion_type: JWT_BEARER, client_assertion: auth.assertion ?? this.assertion(auth) });
            break;
        default: form.client_id = client.client_id;
        }
    }
    // POST to an endpoint for machines. how.dpop: false sends no proof, { ... } changes it; how.form: changes
    // to the body after authentication; how.auth as above. A demanded nonce is used (RFC 9449 8).
    async post(url, form, how = {}) {
        const send = async () => {
            const body = { ...form }, headers = { ...how.headers };
            await this.authenticate(body, headers, how.auth);
            if (how.dpop !== false && (how.dpop || this.client.dpop) && how.proofs !== false) {
                this.key ??= await newKey(this.client.dpop_alg ?? "ES256");
                headers.DPoP = how.dpop?.raw ?? await this.proof("POST", url, how.dpop || {});
            }
            return call(url, { method: "POST", headers, form: how.pairs ? how.pairs(merge(body, how.form ?? {})) : merge(body, how.form ?? {}) });
        };
        let answer = await send();
        if (this.keepNonce(answer) && answer.json?.error === "use_dpop_nonce") {
            answer = await send();
            this.keepNonce(answer);
        }
        answerOf(this.t, answer);
        return answer;
    }
    keepNonce(answer) {
        const nonce = answer.header("dpop-nonce");
        if (nonce) this.nonces.set(new URL(answer.url).origin, nonce);
        return nonce !== null;
    }

    // ---- authorization request ---------------------------------------------------------------------
    // The parameters of a request; this.sent remembers them for the checks.
    prepare(params = {}) {
        const { client } = this;
        this.verifier = random(32);
        const base = {
            client_id: client.client_id, redirect_uri: client.redirect_uri, response_type: "code", scope: client.scope ?? "openid",
            state: random(12), nonce: random(12), response_mode: this.t.variant.response_mode ?? null,
        };
        if (client.pkce ?? this.fapi) Object.assign(base, { code_challenge: sha256(this.verifier), code_challenge_method: "S256" });
        this.sent = merge(base, params);
        return this.sent;
    }
    // 201 with a request_uri (RFC 9126 2.2).
    async push(params = this.sent, how = {}) {
        const answer = await this.post(this.meta.pushed_authorization_request_endpoint, params, { dpop: false, ...how });
        const { t } = this, body = jsonAnswer(t, answer);
        t.need(answer.status === 201, `PAR: ${answer.brief}: expected 201`);
        t.check(/no-store|no-cache/.test(answer.header("cache-control") ?? ""), "PAR: the answer may be cached");
        t.need(typeof body.request_uri === "string", "PAR: no request_uri");
        t.check(Number.isInteger(body.expires_in) && body.expires_in > 0, `PAR: expires_in is ${JSON.stringify(body.expires_in)}`);
        if (this.fapi) t.check(body.expires_in < 600, `PAR: expires_in ${body.expires_in} is not less than 600 (FAPI 2.0 5.3.2.2)`);
        unguessable(t, "request_uri", body.request_uri.replace(/^urn:ietf:params:oauth:request_uri:/, ""));
        this.pushed = body;
        return body.request_uri;
    }
    // Pushing must fail; or, where the rule may be kept later, the authorization endpoint must refuse.
    async pushFails(params, how, errors, statuses = [400]) {
        const answer = await this.post(this.meta.pushed_authorization_request_endpoint, params, { dpop: false, ...how });
        refusal(this.t, answer, statuses, errors);
        return answer;
    }
    // Where the browser is sent. how.outside: more parameters beside request_uri; how.push: as for push().
    async ask(params = {}, how = {}) {
        this.prepare(params);
        if (!(how.par ?? this.client.par)) return this.frontUrl({ ...this.sent, ...how.outside });
        const request_uri = await this.push(this.sent, how.push);
        return this.frontUrl({ client_id: this.client.client_id, request_uri, ...how.outside });
    }
    frontUrl(params) {
        const url = new URL(this.meta.authorization_endpoint);
        for (const [name, value] of Object.entries(params)) url.searchParams.append(name, value);
        return url.href;
    }
    // The browser goes there. intent.reject: the person refuses; intent.post: the request is posted.
    async send(url, intent = {}) {
        const at = new URL(url);
        const first = intent.post ? { url: at.origin + at.pathname, method: "POST", form: [...at.searchParams], origin: new URL(this.client.redirect_uri).origin } : url;
        const from = this.browser.seen.length;
        const back = await this.browser.walk(first, intent.stop ?? this.sent?.redirect_uri ?? this.client.redirect_uri, intent);
        for (const answer of this.browser.seen.slice(from)) if (answer.url.startsWith(this.t.world.origin)) answerOf(this.t, answer);
        return back;
    }
    // Reads the response: parameters once each, iss, state, the way it was asked for.
    response(back) {
        const { t } = this;
        t.need(back.kind !== "page", `no response came: ${back.last.brief} at ${back.last.url} (${back.last.text.match(/<h1>([^<]*)/)?.[1] ?? ""})`);
        const wanted = this.sent?.response_mode === "form_post" ? "form_post" : "redirect";
        t.check(back.kind === wanted, `the response came by ${back.kind}, asked was ${wanted}`);
        let pairs;
        if (back.kind === "form_post") {
            t.check(back.form.method === "POST", "form_post: the form's method is not POST");
            t.check(/no-store|no-cache/.test(back.last.header("cache-control") ?? ""), "form_post: the page may be cached");
            pairs = Object.entries(back.form.fields);
        } else {
            const url = new URL(back.url);
            t.check(url.hash === "", `the response has a fragment: ${url.hash}`);
            t.check([302, 303].includes(back.redirect.status), `the redirect has status ${back.redirect.status}`);
            if (this.fapi) t.check(back.redirect.status === 303, `the redirect has status ${back.redirect.status}, FAPI 2.0 5.3.2.2 wants 303`);
            pairs = [...url.searchParams];
        }
        const fields = Object.fromEntries(pairs);
        t.check(new Set(pairs.map(([name]) => name)).size === pairs.length, "a parameter of the response is repeated");
        errorText(t, "authorization response", fields);
        if (this.meta.authorization_response_iss_parameter_supported || this.fapi) t.check(fields.iss === this.meta.issuer, `iss of the response is ${fields.iss}, expected ${this.meta.issuer} (RFC 9207)`);
        if (this.sent) t.check(fields.state === this.sent.state, fields.state === undefined ? "the response has no state" : `the response's state differs: ${fields.state.slice(0, 40)}`);
        t.check((fields.code === undefined) !== (fields.error === undefined), "the response has neither or both of code and error");
        for (const name of ["access_token", "id_token", "token_type"]) t.check(fields[name] === undefined, `the response carries ${name}`);
        return fields;
    }
    code(back) {
        const fields = this.response(back);
        this.t.need(fields.code !== undefined, `the response is an error: ${fields.error} ${fields.error_description ?? ""}`);
        unguessable(this.t, "code", fields.code);
        return fields.code;
    }
    // An error by redirect, one of these.
    error(back, errors) {
        const fields = this.response(back);
        this.t.need(fields.error !== undefined, "the response is a code, expected an error");
        this.t.check(errors.includes(fields.error), `the error is ${fields.error}, expected ${errors.join(" or ")}`);
        return fields;
    }

    // ---- tokens --------------------------------------------------------------------------------------
    codeForm(code, change = {}) {
        return merge({ grant_type: "authorization_code", code, redirect_uri: this.sent.redirect_uri, code_verifier: this.sent.code_challenge ? this.verifier : null }, change);
    }
    tryCode(code, how = {}) { return this.post(this.meta.token_endpoint, this.codeForm(code, how.change), how); }
    tryRefresh(refresh_token, how = {}) { return this.post(this.meta.token_endpoint, merge({ grant_type: "refresh_token", refresh_token }, how.change), how); }
    tokens(answer) {
        const { t } = this, body = jsonAnswer(t, answer);
        t.need(answer.status === 200, `token endpoint: ${answer.brief}: expected 200`);
        t.check(/no-store/.test(answer.header("cache-control") ?? ""), "token endpoint: the answer lacks Cache-Control: no-store");
        t.check(typeof body.access_token === "string" && /^[\x20-\x7e]+$/.test(body.access_token), "access_token");
        t.check(body.token_type === (this.client.dpop ? "DPoP" : "Bearer"), `token_type is ${body.token_type}`);
        t.check(body.expires_in === undefined || (Number.isInteger(body.expires_in) && body.expires_in > 0), `expires_in is ${JSON.stringify(body.expires_in)}`);
        t.check(body.scope === undefined || typeof body.scope === "string", "scope is no string");
        unguessable(t, "access_token", body.access_token);
        if (body.refresh_token !== undefined) {
            t.check(/^[\x20-\x7e]+$/.test(body.refresh_token), "refresh_token has characters that RFC 6749 A.17 excludes");
            unguessable(t, "refresh_token", body.refresh_token);
        }
        return body;
    }
    async redeem(code, how = {}) {
        this.got = this.tokens(await this.tryCode(code, how));
        this.t.need(typeof this.got.id_token === "string", "no id_token");
        this.claims = await this.idToken(this.got.id_token, this.got.access_token);
        return this.got;
    }
    async keys() {
        const answer = await call(this.meta.jwks_uri);
        this.t.need(answer.status === 200 && Array.isArray(answer.json?.keys), answer.brief);
        return answer.json;
    }
    async verify(jws, what, alg) {
        const { header } = decode(jws), { t } = this;
        t.check(header.alg === alg, `${what}: alg is ${header.alg}, expected ${alg}`);
        t.check(header.alg !== "none", `${what}: unsigned`);
        t.check(typeof header.kid === "string", `${what}: no kid`);
        for (const name of ["jwk", "x5c", "x5u", "jku"]) t.check(header[name] === undefined, `${what}: header has ${name}`);
        try {
            await compactVerify(jws, createLocalJWKSet(await this.keys()));
        } catch (error) {
            t.check(false, `${what}: the signature does not verify: ${error.message}`);
        }
        return decode(jws).claims;
    }
    // OIDC Core 3.1.3.7 and what FAPI 2.0 adds. `refreshed`: of a refresh, where nonce may be missing.
    async idToken(jws, access_token, { refreshed } = {}) {
        const { t, client, sent } = this, at = now();
        const alg = client.id_token_signed_response_alg ?? "RS256";
        const claims = await this.verify(jws, "ID token", alg);
        t.check(claims.iss === this.meta.issuer, `ID token: iss is ${claims.iss}`);
        t.check([claims.aud].flat().includes(client.client_id), `ID token: aud is ${JSON.stringify(claims.aud)}`);
        t.check([claims.aud].flat().length === 1, "ID token: audiences that were not asked for");
        t.check(claims.azp === undefined || claims.azp === client.client_id, `ID token: azp is ${claims.azp}`);
        t.check(Number.isInteger(claims.exp) && claims.exp > at, `ID token: exp ${claims.exp}`);
        t.check(Number.isInteger(claims.iat) && Math.abs(claims.iat - at) < 300, `ID token: iat ${claims.iat}`);
        t.check(typeof claims.sub === "string" && /^[\x21-\x7e]{1,255}$/.test(claims.sub), "ID token: sub");
        t.check(claims.nonce === sent.nonce || (refreshed && claims.nonce === undefined), `ID token: nonce is ${String(claims.nonce).slice(0, 60)}, sent was ${String(sent.nonce).slice(0, 60)}`);
        if (sent.max_age !== undefined) t.check(claims.auth_time !== undefined, "ID token: no auth_time although max_age was sent");
        t.check(claims.auth_time === undefined || (Number.isInteger(claims.auth_time) && claims.auth_time <= at + 10), `ID token: auth_time ${claims.auth_time}`);
        t.check(claims.acr === undefined || typeof claims.acr === "string", "ID token: acr is no string");
        t.check(claims.amr === undefined || (Array.isArray(claims.amr) && claims.amr.every((one) => typeof one === "string")), "ID token: amr");
        if (claims.at_hash !== undefined && access_token) {
            const half = createHash("sha256").update(access_token).digest().subarray(0, 16);
            t.check(claims.at_hash === b64(half), "ID token: at_hash is not of this access token");
        }
        for (const name of ["c_hash", "s_hash"]) t.check(claims[name] === undefined, `ID token: ${name} without its response type`);
        const asked = sent.claims ? Object.keys(JSON.parse(sent.claims).id_token ?? {}) : [];
        for (const name of personClaims) t.warn(claims[name] === undefined || asked.includes(name), `ID token: ${name} was not asked for`);
        for (const [name, value] of Object.entries(claims)) t.check(value !== null && value !== "", `ID token: ${name} is null or empty`);
        claimShapes(t, "ID token", claims);
        return claims;
    }

    // ---- resources -------------------------------------------------------------------------------------
    // how.scheme: instead of DPoP or Bearer; how.dpop: as in post(); how.query: token in the address.
    async resource(url, { method = "GET", token = this.got.access_token, scheme, dpop, headers = {}, form, body, place = "header" } = {}) {
        const bound = this.client.dpop && dpop !== false;
        const send = async () => {
            const all = { ...headers };
            if (place === "header") all.Authorization = `${scheme ?? (this.client.dpop ? "DPoP" : "Bearer")} ${token}`;
            if (bound || dpop) Object.assign(all, dpop?.headers ?? { DPoP: dpop?.raw ?? await this.proof(method, url.split(/[?#]/)[0], { token, ...dpop }) });
            return call(url, { method, headers: all, form: place === "body" ? { access_token: token, ...form } : form, body });
        };
        let answer = await send();
        if (this.keepNonce(answer) && /use_dpop_nonce/.test(answer.header("www-authenticate") ?? "")) answer = await send();
        return answer;
    }
    async userinfo(how = {}) {
        const answer = await this.resource(this.meta.userinfo_endpoint, how), { t } = this;
        answerOf(t, answer);
        t.need(answer.status === 200, `userinfo: ${answer.brief}: expected 200`);
        let claims;
        if (this.client.userinfo_signed_response_alg) {
            t.check(answer.type === "application/jwt", `userinfo: content type ${answer.type}, expected application/jwt`);
            claims = await this.verify(answer.text, "userinfo", this.client.userinfo_signed_response_alg);
            t.check(claims.iss === this.meta.issuer && [claims.aud].flat().includes(this.client.client_id), "userinfo: iss and aud");
        } else {
            t.check(answer.type === "application/json", `userinfo: content type ${answer.type}`);
            claims = answer.json ?? {};
        }
        t.check(claims.sub === this.claims?.sub, "userinfo: sub is not that of the ID token");
        for (const [name, value] of Object.entries(claims)) t.check(value !== null && value !== "", `userinfo: ${name} is null or empty`);
        claimShapes(t, "userinfo", claims);
        const scopes = (this.sent?.scope ?? "").split(" ");
        const asked = this.sent?.claims ? Object.keys(JSON.parse(this.sent.claims).userinfo ?? {}) : [];
        for (const [scope, names] of Object.entries(scopeClaims))
            for (const name of names) t.check(claims[name] === undefined || scopes.includes(scope) || asked.includes(name), `userinfo: ${name} without its scope`);
        return claims;
    }
    async userinfoFails(how, what) {
        const answer = await this.resource(this.meta.userinfo_endpoint, how);
        this.t.check([400, 401].includes(answer.status), `${what}: ${answer.brief}: expected 401`);
        return answer;
    }

    // ---- all of it -----------------------------------------------------------------------------------
    async authorize(params = {}, how = {}) {
        const url = await this.ask(params, how);
        this.back = await this.send(url, how.intent);
        return this.code(this.back);
    }
    async signIn(params = {}, how = {}) {
        await this.redeem(await this.authorize(params, how), how.token);
        return this;
    }
    // Whether the provider still knows who sits at this browser.
    async silent(params = {}) {
        const back = await this.send(await this.ask({ prompt: "none", ...params }));
        this.t.check(back.pages === 0, "prompt=none showed a page");
        return back;
    }
}
