/*
 * Security: the attacker is a counter that asks people who do not stand before it, or has a person
 * approve somebody else's request. Promised: only clients registered for it may ask; a request is
 * shown to that person alone, with the client's name and the message that must stand on the other
 * screen; a person who never signed in here is unknown. That a number has an account is told to
 * such clients: they hold the paper with it. The ping carries the client's own token, kept sealed,
 * and an id that opens nothing without the client's authentication.
 */
#include "auth/oidc_ciba.h"

#include "auth/account.h"
#include "auth/approval.h"
#include "auth/oidc_remote.h"
#include "auth/oidc_token.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/idno.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "crypto/seal.h"
#include "http/form.h"
#include "store/sql.h"

#define HINT_BYTES_MAX    8192
#define BINDING_BYTES_MAX 200
#define TOKEN_BYTES_LEAST 22 /* 128 bits in base64url */
#define TOKEN_BYTES_MOST  1024
#define EXPIRY_LEAST_S    30

static const char token_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

struct looking {
    struct arena *arena;
    struct str index, account;
    bool found;
};

static result person_known(struct sql *db, void *arg, struct err *e)
{
    struct looking *l = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_APPROVAL_PERSON, &rows, e, sql_t(l->index)));
    return sql_next(rows, &l->found, e);
}

static result number_read(struct auth *au, struct arena *a, struct str hint, struct str *index,
                          struct err *e)
{
    struct idno id;

    if (idno_read(hint, clock_today(au->clock).y, &id, NULL).failed)
        return fail_field(e, ERR_INVALID, "login_hint", "no personal identification number");
    *index = seal_index(a, au->seal, STR("idno"), str_c(id.text));
    return OK;
}

/* Of an ID token only its session leads to the account: the subject is one-way. */
static result token_hint_read(struct auth *au, const struct visit *v, const struct client *c,
                              struct str token, struct str *index, struct err *e)
{
    struct account account;
    struct session_sid by_sid;
    struct oidc_hint hint;
    bool found;

    TRY(oidc_hint_read(au, v->arena, token, &hint, e));
    if (!str_eq(hint.client_id, c->id))
        return fail_field(e, ERR_INVALID, "id_token_hint", "no ID token of this client");
    TRY(session_by_sid(au, v->arena, hint.sid, &found, &by_sid, e));
    if (!found)
        return fail_field(e, ERR_UNKNOWN_USER, "id_token_hint", "its session is over");
    TRY(account_load(au, v->arena, by_sid.account, &account, e));
    *index = account.id_index;
    return OK;
}

/* CIBA 7.1: exactly one hint. */
static result hint_read(struct auth *au, const struct visit *v, const struct client *c,
                        const struct form *f, struct approval *ap, struct err *e)
{
    struct looking l = { .arena = v->arena };
    const bool by_token = form_has(f, "id_token_hint");

    if (form_has(f, "login_hint_token"))
        return fail_field(e, ERR_INVALID, "login_hint_token", "not supported");
    if (by_token == form_has(f, "login_hint"))
        return fail_field(e, ERR_INVALID, "login_hint", "not exactly one hint");
    if (by_token)
        TRY(token_hint_read(au, v, c, form_get(f, "id_token_hint"), &l.index, e));
    else
        TRY(number_read(au, v->arena, form_get(f, "login_hint"), &l.index, e));
    TRY(sql_read(au->sql, person_known, &l, e));
    if (!l.found)
        return fail_field(e, ERR_UNKNOWN_USER, "login_hint", "nobody of that number has signed in");
    ap->person = l.index;
    return OK;
}

static result binding_read(const struct form *f, struct approval *ap, struct err *e)
{
    const struct str text = form_get(f, "binding_message");

    if (text.n == 0 || text.n > BINDING_BYTES_MAX || !utf8_is_text(text) ||
        utf8_count(text) > CIBA_BINDING_CHARS)
        return fail_field(e, ERR_BAD_BINDING, "binding_message", "missing, or over %d characters",
                          CIBA_BINDING_CHARS);
    ap->binding = text;
    return OK;
}

static result delivery_read(struct auth *au, const struct client *c, const struct form *f,
                            struct approval *ap, struct err *e)
{
    const struct str token = form_get(f, "client_notification_token");
    const struct str expiry = form_get(f, "requested_expiry");
    int64_t expiry_s = APPROVAL_TTL_S;

    if (expiry.n > 0 && (!str_digits(expiry) || !str_to_i64(expiry, &expiry_s) ||
                         expiry_s < EXPIRY_LEAST_S || expiry_s > APPROVAL_TTL_S))
        return fail_field(e, ERR_INVALID, "requested_expiry", "not %d to %d", EXPIRY_LEAST_S,
                          APPROVAL_TTL_S);
    ap->expires_ms = clock_now_ms(au->clock) + expiry_s * 1000;
    if (!c->ciba_ping)
        return OK;
    if (token.n < TOKEN_BYTES_LEAST || token.n > TOKEN_BYTES_MOST ||
        !str_all_in(token, token_letters))
        return fail_field(e, ERR_INVALID, "client_notification_token", "missing or no token");
    ap->notify = token;
    return OK;
}

result oidc_ciba_start(struct auth *au, const struct visit *v, const struct api_call *call,
                       struct str *json, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct approval ap = { .kind = "ciba" };
    struct str bearer, unused = STR("");
    struct client client = { 0 };

    TRY(oidc_remote_read(au, v, call, CIBA_GRANT, &client, &ap, e));
    TRY(binding_read(call->body, &ap, e));
    TRY(delivery_read(au, &client, call->body, &ap, e));
    TRY(hint_read(au, v, &client, call->body, &ap, e));
    TRY(approval_make(au, v, &ap, &bearer, &unused, e));
    json_put_str(o, "auth_req_id", bearer);
    json_put_int(o, "expires_in", (ap.expires_ms - ap.created_ms + 999) / 1000); /* as was asked */
    json_put_int(o, "interval", APPROVAL_INTERVAL_S);
    *json = json_print(v->arena, o);
    return OK;
}

result oidc_ciba_ping(struct auth *au, struct arena *a, const struct outgoing *o,
                      struct outgoing_verdict *out, struct err *e)
{
    DEFER(json_close) struct json *body = json_object();
    struct outgoing_post post = { .content_type = STR("application/json") };
    struct approval ap;
    struct client c;

    *out = (struct outgoing_verdict){ .untold = true };
    if (client_load(au, a, o->client_id, &c, e).failed ||
        approval_load(au, a, o->sid, &ap, e).failed)
        return e->code == ERR_NOT_FOUND ? OK : (result){ true };
    if (c.ciba_notify_uri.n == 0)
        return OK;
    json_put_str(body, "auth_req_id", ap.ping_id);
    post.url = c.ciba_notify_uri;
    post.body = json_print(a, body);
    post.authorization = str_cat(a, STR("Bearer "), ap.notify);
    outgoing_post(au, a, &post, out);
    return OK;
}
