/*
 * Attacker: whoever can send a browser to the callback with a code of another, or stands between
 * portal and motcua. Promise: a session begins only with an ID token that motcua signed, for this
 * client, with the nonce of this browser. Not done: refresh.
 */
#include "sandbox/demo_client.h"

#include "base/codec.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/token.h"

#define URL_BYTES 1024
#define SKEW_S    10

static result get_json(struct sandbox *sb, struct arena *a, struct str url, struct str bearer,
                       struct json **out, struct err *e)
{
    const struct pair headers[] = {
        { STR("Authorization"), str_cat(a, STR("Bearer "), bearer) },
        { STR("Accept"), STR("application/json") },
    };
    const struct call call = { .method = METHOD_GET,
                               .path = url,
                               .headers = bearer.n ? headers : headers + 1,
                               .header_count = bearer.n ? 2 : 1,
                               .repeatable = true };
    struct answer answer;
    TRY(partner_call(sb->to_motcua, &call, a, &answer, e));
    if (answer.status != 200)
        return fail(e, ERR_UPSTREAM_BAD, "motcua answered %d", answer.status);
    return json_read(answer.body, out, e);
}

result demo_discover(struct sandbox *sb, struct arena *a, struct demo_endpoints *out, struct err *e)
{
    DEFER(json_close) struct json *doc = NULL;
    struct str *const fields[] = { &out->issuer,   &out->authorize, &out->token,
                                   &out->userinfo, &out->jwks,      &out->logout };
    static const char *const names[] = { "issuer",         "authorization_endpoint",
                                         "token_endpoint", "userinfo_endpoint",
                                         "jwks_uri",       "end_session_endpoint" };

    TRY(get_json(sb, a, STR("/.well-known/openid-configuration"), STR(""), &doc, e));
    for (size_t i = 0; i < LEN(fields); i++) {
        TRY(json_need_str(doc, names[i], URL_BYTES, fields[i], e));
        *fields[i] = str_dup(a, *fields[i]);
    }
    if (!str_eq(out->issuer, sb->motcua))
        return fail(e, ERR_UPSTREAM_BAD, "discovery names another issuer");
    return OK;
}

static result token_post(struct sandbox *sb, struct arena *a, struct str url, const char *client,
                         const struct secret *secret, struct str body, struct json **out,
                         struct err *e)
{
    struct str pair = str_fmt(a, "%s:%.*s", client, STR_ARG(percent_encode(a, secret_str(secret))));
    const struct pair headers[] = {
        { STR("Authorization"), str_cat(a, STR("Basic "), base64_encode(a, pair)) },
    };
    const struct call call = { .method = METHOD_POST,
                               .path = url,
                               .headers = headers,
                               .header_count = LEN(headers),
                               .content_type = STR("application/x-www-form-urlencoded"),
                               .body = body };
    struct answer answer;
    TRY(partner_call(sb->to_motcua, &call, a, &answer, e));
    if (answer.status != 200)
        return fail(e, ERR_UPSTREAM_BAD, "token endpoint answered %d", answer.status);
    return json_read(answer.body, out, e);
}

result demo_keys(struct sandbox *sb, struct arena *a, struct key_set **out, struct err *e)
{
    DEFER(json_close) struct json *jwks = NULL;
    struct demo_endpoints ep;

    TRY(demo_discover(sb, a, &ep, e));
    TRY(get_json(sb, a, ep.jwks, STR(""), &jwks, e));
    return key_set_read(jwks, out, e);
}

static result id_token_check(struct sandbox *sb, struct arena *a, const struct demo_endpoints *ep,
                             struct str token, struct str nonce, struct demo_session *out,
                             struct err *e)
{
    DEFER(json_close) struct json *jwks = NULL, *claims = NULL;
    DEFER(key_set_close) struct key_set *keys = NULL;
    const struct token_expect expect = { .issuer = ep->issuer,
                                         .audience = STR(DEMO_CLIENT_ID),
                                         .now_s = clock_now_s(&sb->clock),
                                         .skew_s = SKEW_S };
    struct str got, acr = STR(""), sid;

    TRY(get_json(sb, a, ep->jwks, STR(""), &jwks, e));
    TRY(key_set_read(jwks, &keys, e));
    TRY(token_verify(a, keys, token, &expect, &claims, e));
    TRY(json_need_str(claims, "nonce", 255, &got, e));
    if (!str_eq(got, nonce))
        return fail(e, ERR_BAD_TOKEN, "nonce of another sign-in");
    TRY(json_need_str(claims, "sub", 255, &got, e));
    TRY(json_want_str(claims, "acr", 64, &acr, e));
    TRY(json_need_str(claims, "sid", 255, &sid, e));
    out->sid = str_dup(a, sid);
    out->sub = str_dup(a, got);
    out->acr = str_dup(a, acr);
    return OK;
}

static result userinfo_read(struct sandbox *sb, struct arena *a, const struct demo_endpoints *ep,
                            struct demo_session *out, struct err *e)
{
    DEFER(json_close) struct json *doc = NULL;
    struct str sub, name = STR(""), number = STR("");

    TRY(get_json(sb, a, ep->userinfo, out->access_token, &doc, e));
    TRY(json_need_str(doc, "sub", 255, &sub, e));
    if (!str_eq(sub, out->sub))
        return fail(e, ERR_BAD_TOKEN, "userinfo of another sub");
    TRY(json_want_str(doc, "name", LIMIT_NAME_BYTES, &name, e));
    TRY(json_want_str(doc, "SoDinhDanh", 20, &number, e));
    out->name = str_dup(a, name.n ? name : sub);
    out->number = str_dup(a, number);
    return OK;
}

result demo_redeem(struct sandbox *sb, struct arena *a, struct str code, struct str verifier,
                   struct str nonce, struct demo_session *out, struct err *e)
{
    DEFER(json_close) struct json *doc = NULL;
    struct demo_endpoints ep;
    const struct pair fields[] = {
        { STR("grant_type"), STR("authorization_code") },
        { STR("code"), code },
        { STR("redirect_uri"), str_cat(a, sb->origin, STR("/portal/callback")) },
        { STR("code_verifier"), verifier },
    };

    TRY(demo_discover(sb, a, &ep, e));
    struct str body = str_from(url_with(a, STR(""), fields, LEN(fields)), 1);
    TRY(token_post(sb, a, ep.token, DEMO_CLIENT_ID, &sb->demo_portal, body, &doc, e));
    TRY(json_need_str(doc, "id_token", LIMIT_TOKEN_BYTES, &out->id_token, e));
    TRY(json_need_str(doc, "access_token", LIMIT_TOKEN_BYTES, &out->access_token, e));
    out->id_token = str_dup(a, out->id_token);
    out->access_token = str_dup(a, out->access_token);
    TRY(id_token_check(sb, a, &ep, out->id_token, nonce, out, e));
    return userinfo_read(sb, a, &ep, out, e);
}

/* The one-stop system's own token; asked for anew each time, as a demo may. */
static result onestop_token(struct sandbox *sb, struct arena *a, struct str *out, struct err *e)
{
    DEFER(json_close) struct json *doc = NULL;
    struct demo_endpoints ep;

    TRY(demo_discover(sb, a, &ep, e));
    TRY(token_post(sb, a, ep.token, DEMO_ONESTOP_ID, &sb->demo_onestop,
                   STR("grant_type=client_credentials&scope=payments%3Awrite%20payments%3Aread"),
                   &doc, e));
    TRY(json_need_str(doc, "access_token", LIMIT_TOKEN_BYTES, out, e));
    *out = str_dup(a, *out);
    return OK;
}

static result payment_body(struct arena *a, const struct clock *clock, const struct dossier *d,
                           const struct demo_session *s, struct json *o, struct err *e)
{
    const struct procedure *p = procedure_find(d->procedure);
    struct json *payer = json_object(), *items = NULL;

    must(p != NULL);
    json_put_str(payer, "name", s->name);
    if (s->number.n)
        json_put_str(payer, "id", s->number);
    json_put(o, "payer", payer);
    json_put_str(o, "reference", d->code);
    json_put_str(o, "agency_id", STR(DOSSIER_AGENCY));
    json_put_str(o, "procedure", d->procedure);
    json_put_str(o, "received_on", date_iso(a, clock_today(clock)));
    json_put_str(o, "channel", STR("online"));
    json_put_str(o, "subject_token", s->access_token);
    if (p->items[0])
        TRY(json_read(str_c(p->items), &items, e));
    json_put(o, "items", items);
    return OK;
}

result demo_payment_make(struct sandbox *sb, struct arena *a, const struct dossier *d,
                         const struct demo_session *s, struct str return_url, struct str locale,
                         struct json **out, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct answer answer;
    struct str token;

    TRY(onestop_token(sb, a, &token, e));
    TRY(payment_body(a, &sb->clock, d, s, o, e));
    json_put_str(o, "return_url", return_url);
    json_put_str(o, "locale", locale);
    /* One key for each time that a fee is asked for in a session: a double click makes one order.
     */
    struct digest session = digest_sha256(s->access_token);
    const struct pair headers[] = {
        { STR("Authorization"), str_cat(a, STR("Bearer "), token) },
        { STR("Idempotency-Key"), str_fmt(a, "%.*s-%lld-%.8s", STR_ARG(d->code),
                                          (long long)d->payments + 1, digest_hex(a, session).p) },
    };
    const struct call call = { .method = METHOD_POST,
                               .path = STR("/v1/payments"),
                               .headers = headers,
                               .header_count = LEN(headers),
                               .content_type = STR("application/json"),
                               .body = json_print(a, o),
                               .repeatable = true };
    TRY(partner_call(sb->to_motcua, &call, a, &answer, e));
    if (answer.status != 201 && answer.status != 200)
        return fail(e, ERR_UPSTREAM_BAD, "payments answered %d", answer.status);
    return json_read(answer.body, out, e);
}

result demo_payment_load(struct sandbox *sb, struct arena *a, struct str id, struct json **out,
                         struct err *e)
{
    struct str token;
    TRY(onestop_token(sb, a, &token, e));
    return get_json(sb, a, str_cat(a, STR("/v1/payments/"), percent_encode(a, id)), token, out, e);
}
