/*
 * Security: the attacker has an old token, a token of another service, an ID token, a token of its
 * own making, or a stolen token that is bound to a key it has not. Promised: algorithm fixed by our
 * own keys, type at+jwt required, issuer and audience are ourselves, time, revocation, session and
 * binding checked at every call (RFC 9068 4); a bound token without its proof is refused in every
 * scheme. When the short-lived store does not answer, nobody gets in. Tokens in the query are never
 * looked at. What is sealed in a token is sealed for that token alone.
 */
#include "auth/access.h"

#include <stdio.h>

#include "auth/acr.h"
#include "auth/claims.h"
#include "auth/client.h"
#include "auth/consent.h"
#include "auth/dpop.h"
#include "auth/grant.h"
#include "auth/record.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "http/form.h"
#include "store/kv.h"

#define ACCESS_TEXT_BYTES_MAX 2000
#define ACR_PREFIX            "urn:vn:loa:"

/* What is sealed. */
static const struct record_field hidden_fields[] = {
    RECORD(struct access, acting),
    RECORD(struct access, mandate),
    RECORD(struct access, claims),
};

static struct str revoked_key(struct arena *a, struct str jti)
{
    return auth_key(a, "revoked", jti);
}

result access_revoke(struct auth *au, struct arena *a, struct str jti, struct err *e)
{
    return kv_put(au->kv, revoked_key(a, jti), STR("1"),
                  au->conf->auth.access_ttl_s + au->conf->auth.clock_skew_s + 1, e);
}

struct str access_x5t(struct arena *a, struct str certificate)
{
    return certificate.n > 0 ? digest_base64url(a, digest_sha256(certificate)) : STR("");
}

static struct str hidden_place(struct arena *a, struct str jti)
{
    return str_cat(a, STR("access/"), jti);
}

static void put_text(struct json *o, const char *name, struct str s)
{
    if (s.n > 0)
        json_put_str(o, name, s);
}

static void put_binding(struct json *o, const struct access *acc)
{
    struct json *cnf;

    if (acc->jkt.n == 0 && acc->x5t.n == 0)
        return;
    cnf = json_object();
    put_text(cnf, "jkt", acc->jkt);
    put_text(cnf, "x5t#S256", acc->x5t);
    json_put(o, "cnf", cnf);
}

static void put_actor(struct json *o, const struct access *acc)
{
    struct json *act;

    if (acc->act_sub.n == 0)
        return;
    act = json_object();
    json_put_str(act, "sub", acc->act_sub);
    json_put(o, "act", act);
}

void access_put(struct auth *au, struct arena *a, const struct access *acc, struct json *claims)
{
    json_put_str(claims, "sub", acc->sub);
    json_put_str(claims, "client_id", acc->client_id);
    json_put_str(claims, "jti", acc->jti);
    json_put_str(claims, "scope", acc->scope);
    put_text(claims, "sid", acc->sid);
    put_text(claims, "grant_id", acc->grant);
    if (acc->auth_time_s > 0)
        json_put_int(claims, "auth_time", acc->auth_time_s);
    if (acc->acr > 0)
        json_put_str(claims, "acr", claims_acr(acc->acr));
    put_binding(claims, acc);
    put_actor(claims, acc);
    if (acc->acting.n > 0 || acc->mandate.n > 0 || acc->claims.n > 0)
        json_put_str(
            claims, "ctx",
            base64url_encode(a, seal_put(a, au->seal, hidden_place(a, acc->jti),
                                         record_print(a, hidden_fields, LEN(hidden_fields), acc))));
}

static result hidden_read(struct auth *au, struct arena *a, struct str text, struct access *acc,
                          struct err *e)
{
    struct str sealed, plain;

    acc->acting = acc->mandate = acc->claims = STR("");
    if (text.n == 0)
        return OK;
    if (!base64url_decode(a, text, &sealed))
        return fail(e, ERR_BAD_TOKEN, "access token: ctx");
    TRY(seal_get(a, au->seal, hidden_place(a, acc->jti), sealed, &plain, e));
    return record_read(a, hidden_fields, LEN(hidden_fields), plain, acc, e);
}

struct texts {
    struct str acr, ctx;
};

/* Members that a token may lack are empty then. */
static result texts_read(struct arena *a, const struct json *claims, struct access *acc,
                         struct texts *t, struct err *e)
{
    const struct json *cnf = json_member(claims, "cnf"), *act = json_member(claims, "act");
    const struct {
        const struct json *from;
        const char *name;
        struct str *to;
        bool needed;
    } wanted[] = {
        { claims, "client_id", &acc->client_id, true },
        { claims, "sub", &acc->sub, true },
        { claims, "jti", &acc->jti, true },
        { claims, "scope", &acc->scope, true },
        { claims, "sid", &acc->sid, false },
        { claims, "grant_id", &acc->grant, false },
        { claims, "acr", &t->acr, false },
        { claims, "ctx", &t->ctx, false },
        { cnf, "jkt", &acc->jkt, false },
        { cnf, "x5t#S256", &acc->x5t, false },
        { act, "sub", &acc->act_sub, false },
    };

    for (size_t i = 0; i < LEN(wanted); i++) {
        struct str s = STR("");
        const struct json *from = wanted[i].from;
        const bool there = from != NULL && json_member(from, wanted[i].name) != NULL;

        if (there && !json_str(json_member(from, wanted[i].name), &s))
            return fail(e, ERR_BAD_TOKEN, "access token: %s is no text", wanted[i].name);
        if (wanted[i].needed && !there)
            return fail(e, ERR_BAD_TOKEN, "access token: %s is missing", wanted[i].name);
        *wanted[i].to = str_dup(a, s);
    }
    return OK;
}

/* It has been checked by now. */
static struct str audiences(struct arena *a, const struct json *aud)
{
    struct str all = STR(""), one;

    if (json_str(aud, &one))
        return str_dup(a, one);
    for (size_t i = 0; i < json_count(aud); i++)
        if (json_str(json_at(aud, i), &one))
            all =
                all.n == 0 ? str_dup(a, one) : str_fmt(a, "%.*s %.*s", STR_ARG(all), STR_ARG(one));
    return all;
}

static result claims_read(struct auth *au, struct arena *a, const struct json *claims,
                          struct access *out, struct err *e)
{
    struct access acc = { .account = STR("") };
    struct texts t;

    TRY(texts_read(a, claims, &acc, &t, e));
    acc.aud = audiences(a, json_member(claims, "aud"));
    acc.acr = acr_read(t.acr, false);
    if (json_want_int(claims, "auth_time", 0, INT64_MAX, &acc.auth_time_s, e).failed ||
        json_want_int(claims, "iat", 0, INT64_MAX, &acc.iat_s, e).failed ||
        json_want_int(claims, "exp", 0, INT64_MAX, &acc.exp_s, e).failed ||
        hidden_read(au, a, t.ctx, &acc, e).failed)
        return fail(e, ERR_BAD_TOKEN, "access token: a claim cannot be read");
    *out = acc;
    return OK;
}

/* What a signature cannot say: that it was taken back. One mark covers all tokens of a grant. */
static result access_alive(struct auth *au, struct arena *a, struct access *acc, struct err *e)
{
    struct session_sid by_sid;
    struct str ignored;
    bool found;

    TRY(client_token_check(au, acc->client_id, acc->iat_s, e)); /* asks no store */
    if (acc->grant.n > 0)
        TRY(grant_is_revoked(au, a, acc->grant, &found, e));
    else
        TRY(kv_get(au->kv, a, revoked_key(a, acc->jti), &found, &ignored, e));
    if (found)
        return fail(e, ERR_BAD_TOKEN, "access token: revoked");
    if (acc->sid.n == 0) {
        if (!str_eq(acc->sub, acc->client_id))
            return fail(e, ERR_BAD_TOKEN, "access token: of a person, but of no session");
        return OK;
    }
    TRY(session_by_sid(au, a, acc->sid, &found, &by_sid, e));
    if (!found)
        return fail(e, ERR_BAD_TOKEN, "access token: its session is over");
    TRY(consent_taken_back(au, a, by_sid.account, acc->client_id, acc->iat_s, &found, e));
    if (found)
        return fail(e, ERR_BAD_TOKEN, "access token: the person's consent was withdrawn");
    acc->account = by_sid.account;
    acc->level = by_sid.level;
    return OK;
}

static result token_read(struct auth *au, struct arena *a, struct str token, struct str audience,
                         struct access *out, struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;
    DEFER(key_set_close) struct key_set *keys = NULL;
    const struct token_expect expect = {
        .typ = "at+jwt",
        .ours = true,
        .issuer = au->conf->service.issuer,
        .audience = audience,
        .now_s = clock_now_s(au->clock),
        .skew_s = au->conf->auth.clock_skew_s,
    };
    struct access acc;

    if (token.n == 0 || token.n > LIMIT_TOKEN_BYTES)
        return fail(e, ERR_BAD_TOKEN, "access token: empty or too long");
    keys = keyring_public(au->keys);
    TRY(token_verify(a, keys, token, &expect, &claims, e));
    TRY(claims_read(au, a, claims, &acc, e));
    TRY(access_alive(au, a, &acc, e));
    *out = acc;
    return OK;
}

/* One of the audiences that a token names: it counts only when the token then verifies. */
static bool audience_peek(struct arena *a, struct str token, struct str *out)
{
    DEFER(json_close) struct json *o = NULL;
    struct str head, rest, payload, signature, bytes, one;
    const struct json *aud;

    if (token.n > LIMIT_TOKEN_BYTES || !str_cut(token, '.', &head, &rest) ||
        !str_cut(rest, '.', &payload, &signature) || !base64url_decode(a, payload, &bytes) ||
        json_read(bytes, &o, NULL).failed || !json_is_object(o))
        return false;
    aud = json_member(o, "aud");
    if (!json_str(json_is_array(aud) ? json_at(aud, 0) : aud, &one) || one.n == 0)
        return false;
    *out = str_dup(a, one);
    return true;
}

result access_read(struct auth *au, struct arena *a, struct str token, struct access *out,
                   struct err *e)
{
    struct str audience;

    if (!audience_peek(a, token, &audience))
        return fail(e, ERR_BAD_TOKEN, "not a token of ours");
    return token_read(au, a, token, audience, out, e);
}

static result own_token(struct auth *au, struct arena *a, struct str token, struct access *out,
                        struct err *e)
{
    return token_read(au, a, token, au->conf->service.issuer, out, e);
}

/* What the request has proven must be what the token is bound to. */
static result binding_check(const struct access *acc, struct str jkt, struct str x5t, struct err *e)
{
    if (acc->jkt.n > 0 && !secret_equal(acc->jkt, jkt))
        return fail(e, ERR_BAD_TOKEN, "access token: bound to a key that is not proven");
    if (acc->x5t.n > 0 && !secret_equal(acc->x5t, x5t))
        return fail(e, ERR_BAD_TOKEN, "access token: bound to another certificate");
    return OK;
}

result access_check_subject(struct auth *au, struct arena *a, struct str token,
                            const struct access *by, struct access *out, struct err *e)
{
    struct access acc;

    TRY(own_token(au, a, token, &acc, e));
    TRY(binding_check(&acc, by->jkt, by->x5t, e));
    *out = acc;
    return OK;
}

static result bearer_check(struct auth *au, const struct visit *v, const struct api_call *call,
                           struct str token, struct access *out, struct err *e)
{
    struct access acc;

    TRY(own_token(au, v->arena, token, &acc, e));
    TRY(binding_check(&acc, STR(""), access_x5t(v->arena, call->certificate), e));
    *out = acc;
    return OK;
}

static result proof_check(struct auth *au, const struct visit *v, const struct api_call *call,
                          struct str token, struct access *out, struct err *e)
{
    struct access acc;
    struct str jkt;

    TRY(own_token(au, v->arena, token, &acc, e));
    if (acc.jkt.n == 0)
        return fail(e, ERR_BAD_TOKEN, "access token: no key stands in it");
    TRY(dpop_check(au, v, call, token, acc.jkt, &jkt, e));
    if (jkt.n == 0)
        return fail(e, ERR_BAD_PROOF, "access token: no proof came with it");
    TRY(binding_check(&acc, jkt, access_x5t(v->arena, call->certificate), e));
    *out = acc;
    return OK;
}

result access_check(struct auth *au, const struct visit *v, const struct api_call *call,
                    struct access *out, struct err *e)
{
    const bool in_form = call->body != NULL && form_has(call->body, "access_token");
    struct str scheme, token;

    if (call->authorization.n == 0 && in_form)
        return bearer_check(au, v, call, form_get(call->body, "access_token"), out, e);
    if (in_form)
        return fail(e, ERR_INVALID, "access token: in the header and in the form");
    if (call->authorization.n == 0)
        return fail(e, ERR_NOT_SIGNED_IN, "no Authorization header");
    if (!str_cut(call->authorization, ' ', &scheme, &token))
        return fail(e, ERR_BAD_TOKEN, "Authorization has no token");
    if (str_eq_nocase(scheme, STR("Bearer")))
        return bearer_check(au, v, call, token, out, e);
    if (str_eq_nocase(scheme, STR("DPoP")))
        return proof_check(au, v, call, token, out, e);
    return fail(e, ERR_BAD_TOKEN, "Authorization is neither Bearer nor DPoP");
}

result access_need_scope(const struct access *acc, const char *scope, struct err *e)
{
    if (!client_list_has(acc->scope, str_c(scope)))
        return fail_field(e, ERR_SCOPE, scope, "the token lacks the scope");
    return OK;
}

result access_need_acr(const struct access *acc, int least, struct err *e)
{
    char wanted[48];

    must(least >= 0 && least <= 4);
    if (acc->acr >= least)
        return OK;
    (void)snprintf(wanted, sizeof(wanted), "acr_values=" ACR_PREFIX "%d", least);
    return fail_field(e, ERR_WEAK_SIGN_IN, wanted, "signed in with less");
}

result access_need_fresh(struct auth *au, const struct access *acc, int64_t max_age_s,
                         struct err *e)
{
    char wanted[48];

    if (clock_now_s(au->clock) - acc->auth_time_s <= max_age_s)
        return OK;
    (void)snprintf(wanted, sizeof(wanted), "max_age=%lld", (long long)max_age_s);
    return fail_field(e, ERR_WEAK_SIGN_IN, wanted, "signed in too long ago");
}
