/*
 * Security: the attacker makes a browser visit this endpoint, to sign somebody out or to use it as
 * an open redirect. Promised: without a hint that proves this very session the person is asked;
 * addresses match byte for byte and belong to the client that the hint or the confirmed request
 * names; a hint that does not verify ends in no redirect at all. What is shown after signing out
 * (which portals are told) needs a ticket that nobody can guess. Deliberately not done: refusing a
 * portal that signs its own visitor out by an old hint of a session that lives.
 */
#include "auth/oidc_logout.h"

#include "auth/oidc_authorize.h"
#include "auth/oidc_token.h"
#include "auth/record.h"
#include "auth/vneid.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "store/kv.h"

#define TICKET_BITS      256
#define TICKET_BYTES_MAX 64

static const struct record_field ticket_fields[] = {
    RECORD(struct logout_ticket, sid),
    RECORD(struct logout_ticket, client_id),
    RECORD(struct logout_ticket, back),
};

struct wish {
    struct oidc_hint hint;
    bool hint_given, hint_good;
    struct str uri, state;
    struct client client; /* id empty: none named */
};

static result client_named(struct auth *au, struct arena *a, const struct form *f, struct wish *w,
                           struct err *e)
{
    const struct str named = form_get(f, "client_id");
    const struct str id = w->hint_good ? w->hint.client_id : named;

    if (w->hint_good && named.n > 0 && !str_eq(named, id))
        return fail_field(e, ERR_INVALID, "client_id", "not the one of the hint");
    if (id.n == 0)
        return OK;
    if (client_load(au, a, id, &w->client, e).failed) {
        if (e->code != ERR_NOT_FOUND)
            return (result){ true };
        return fail_field(e, ERR_INVALID, "client_id", "unknown client");
    }
    return OK;
}

static result wish_read(struct auth *au, struct arena *a, const struct form *f, struct wish *w,
                        struct err *e)
{
    const struct str hint = form_get(f, "id_token_hint");

    w->hint_given = hint.n > 0;
    w->hint_good = w->hint_given && !oidc_hint_read(au, a, hint, &w->hint, NULL).failed;
    w->uri = form_get(f, "post_logout_redirect_uri");
    w->state = form_get(f, "state");
    if (w->state.n > AUTHORIZE_STATE_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "state", "longer than %d", AUTHORIZE_STATE_BYTES_MAX);
    TRY(client_named(au, a, f, w, e));
    if (w->hint_given && !w->hint_good)
        w->uri = STR("");
    if (w->uri.n > 0 && (w->client.id.n == 0 || !client_may_post_logout(&w->client, w->uri)))
        return fail_field(e, ERR_INVALID, "post_logout_redirect_uri", "not registered");
    return OK;
}

static struct str wish_form(struct arena *a, const struct form *f)
{
    static const char *const names[] = { "id_token_hint", "client_id",   "post_logout_redirect_uri",
                                         "state",         "logout_hint", "ui_locales" };
    struct pair fields[LEN(names)];

    for (size_t i = 0; i < LEN(names); i++)
        fields[i] = (struct pair){ str_c(names[i]), form_get(f, names[i]) };
    return auth_form(a, fields, LEN(fields));
}

static void reply_end(struct arena *a, const struct wish *w, struct logout_reply *out)
{
    const struct pair state = { STR("state"), w->state };

    out->kind = LOGOUT_DONE;
    if (w->uri.n == 0)
        return;
    out->kind = LOGOUT_REDIRECT;
    out->url = w->uri;
    if (w->state.n > 0)
        out->url = str_fmt(a, "%.*s%c%.*s", STR_ARG(w->uri), str_has(w->uri, STR("?")) ? '&' : '?',
                           STR_ARG(auth_form(a, &state, 1)));
}

/* A portal's POST comes without our cookie: then the hint says which session. */
static result sign_out(struct auth *au, const struct visit *v, const struct session *s,
                       const struct wish *w, struct str *sid, struct err *e)
{
    const enum session_why why = w->client.id.n > 0 ? SESSION_PORTAL : SESSION_LEFT;

    if (s != NULL) {
        *sid = s->sid;
        return session_end_as(au, v, s, why, e);
    }
    if (!w->hint_good)
        return OK;
    if (session_end_by(au, v, w->hint.sid, STR(""), why,
                       str_cat(v->arena, STR("client:"), w->client.id), e)
            .failed)
        return e->code == ERR_NOT_FOUND ? OK : (result){ true };
    *sid = w->hint.sid;
    return OK;
}

result oidc_logout(struct auth *au, const struct visit *v, const struct form *request,
                   const struct session *session, bool confirmed, struct logout_reply *out,
                   struct err *e)
{
    struct wish w = { 0 };
    struct err why = { 0 };
    bool proved;

    *out = (struct logout_reply){ 0 };
    if (wish_read(au, v->arena, request, &w, &why).failed) {
        if (err_status(why.code) >= 500)
            return fail(e, why.code, "%s", why.detail);
        out->kind = LOGOUT_PAGE;
        out->error = why;
        return OK;
    }
    out->client = w.client;
    proved = w.hint_good && (session == NULL || secret_equal(w.hint.sid, session->sid));
    if (!proved && !confirmed && (session != NULL || w.uri.n > 0)) {
        out->kind = LOGOUT_CONFIRM;
        out->request = wish_form(v->arena, request);
        return OK;
    }
    TRY(sign_out(au, v, session, &w, &out->sid, e));
    reply_end(v->arena, &w, out);
    return OK;
}

result logout_ticket_make(struct auth *au, const struct visit *v, const struct logout_ticket *t,
                          struct str *ticket, struct err *e)
{
    *ticket = random_token(v->arena, TICKET_BITS);
    return kv_put(au->kv, auth_key(v->arena, "signed_out", *ticket),
                  record_print(v->arena, ticket_fields, LEN(ticket_fields), t), LOGOUT_TICKET_TTL_S,
                  e);
}

result logout_ticket_read(struct auth *au, const struct visit *v, struct str ticket,
                          struct logout_ticket *out, struct err *e)
{
    struct str raw;
    bool found;

    if (ticket.n == 0 || ticket.n > TICKET_BYTES_MAX)
        return fail(e, ERR_NOT_FOUND, "no ticket");
    TRY(kv_get(au->kv, v->arena, auth_key(v->arena, "signed_out", ticket), &found, &raw, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no such ticket, or too late");
    return record_read(v->arena, ticket_fields, LEN(ticket_fields), raw, out, e);
}

struct str logout_upstream_url(struct auth *au, struct arena *a, struct str ticket)
{
    const struct str url = vneid_logout_url(au->vneid, a);
    const struct pair fields[] = {
        { STR("client_id"), au->conf->vneid.client_id },
        { STR("post_logout_redirect_uri"),
          str_cat(a, au->conf->service.issuer, STR("/signed-out")) },
        { STR("state"), ticket },
    };

    if (url.n == 0)
        return url;
    return str_fmt(a, "%.*s%c%.*s", STR_ARG(url), str_has(url, STR("?")) ? '&' : '?',
                   STR_ARG(auth_form(a, fields, LEN(fields))));
}
