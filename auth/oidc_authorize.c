/*
 * Security: the attacker lures somebody into a request of theirs, or holds a session that is old,
 * weak, or another person's. Promised: nothing is sent anywhere before client and address are known
 * to be registered (RFC 9700 4.11); prompt=none never shows a page; a session made too long ago,
 * too weakly, or another person's, is not used where the portal says so; a level of authentication
 * is never raised without a sign-in, and the highest never comes from an earlier one; an enterprise
 * whose status allows paying only gets no code; nothing is shared that needs agreement and has
 * none; a pushed request ends in one answer only. Pending requests are kept here, bound to the
 * browser's sign-in or session, and never read from what the browser sends.
 */
#include "auth/oidc_authorize.h"

#include "auth/acr.h"
#include "auth/acting.h"
#include "auth/claims.h"
#include "auth/consent.h"
#include "auth/oidc_authorize_send.h"
#include "auth/oidc_request.h"
#include "auth/oidc_token.h"
#include "auth/record.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/kv.h"

#define PENDING_BITS 256
#define FOR_ONESELF  "-" /* a choice that is kept, and names no organisation */

struct asked {
    struct client client;
    struct oidc_request rq;
};

/* A request that waits for an answer of the person. */
struct pending {
    struct str sid, request;
};

static const struct record_field pending_fields[] = {
    RECORD(struct pending, sid),
    RECORD(struct pending, request),
};

/* Failures of our own stores are the caller's; everything else is about the request. */
static bool is_ours(enum err_code code)
{
    return err_status(code) >= 500;
}

static result client_named(struct auth *au, struct arena *a, struct str id, struct client *out,
                           struct err *e)
{
    struct err why = { .code = ERR_NONE };

    if (id.n == 0)
        return fail_field(e, ERR_INVALID, "client_id", "missing");
    if (!client_load(au, a, id, out, &why).failed)
        return OK;
    *out = (struct client){ 0 };
    if (why.code == ERR_NOT_FOUND)
        return fail_field(e, ERR_UNAUTHORIZED_CLIENT, "client_id", "unknown client");
    return fail(e, why.code, "%s", why.detail);
}

static result open_pushed(struct auth *au, struct arena *a, const struct form *form,
                          struct asked *q, struct err *e)
{
    const struct str uri = form_get(form, "request_uri");

    if (!str_starts(uri, STR(REQUEST_URI_PREFIX))) {
        (void)!request_read_address(&q->client, form, &q->rq, NULL).failed;
        return fail_field(e, ERR_REQUEST_URI, "request_uri", "none that was pushed here");
    }
    if (request_pushed(au, a, &q->client, uri, &q->rq, e).failed) {
        q->rq = (struct oidc_request){ .max_age_s = -1 };
        return (result){ true };
    }
    return request_check_way(&q->client, &q->rq, true, e);
}

/* With `request`, parameters outside serve for one thing: to tell the client that it is no good. */
static result open_signed(struct auth *au, struct arena *a, const struct form *form,
                          struct asked *q, struct err *e)
{
    struct form *within = arena_new(a, struct form);

    if (request_read_object(au, a, &q->client, form_get(form, "request"), within, e).failed) {
        (void)!request_read_address(&q->client, form, &q->rq, NULL).failed;
        return (result){ true };
    }
    TRY(request_read(au, a, &q->client, within, &q->rq, e));
    q->rq.is_signed = true;
    return request_check_way(&q->client, &q->rq, false, e);
}

static result asked_open(struct auth *au, struct arena *a, const struct form *form, struct asked *q,
                         struct err *e)
{
    TRY(client_named(au, a, form_get(form, "client_id"), &q->client, e));
    q->rq.client_id = q->client.id;
    if (form_has(form, "request_uri") && form_has(form, "request")) {
        (void)!request_read_address(&q->client, form, &q->rq, NULL).failed;
        return fail_field(e, ERR_INVALID, "request", "both by value and by reference");
    }
    if (form_has(form, "request_uri"))
        return open_pushed(au, a, form, q, e);
    if (form_has(form, "request"))
        return open_signed(au, a, form, q, e);
    TRY(request_read(au, a, &q->client, form, &q->rq, e));
    return request_check_way(&q->client, &q->rq, false, e);
}

/* A request that was kept: its client may have changed since. */
static result asked_again(struct auth *au, struct arena *a, struct str kept, struct asked *q,
                          struct err *e)
{
    TRY(request_parse(au, a, kept, &q->rq, e));
    TRY(client_named(au, a, q->rq.client_id, &q->client, e));
    if (!client_may_redirect(&q->client, q->rq.redirect_uri))
        return fail_field(e, ERR_INVALID, "redirect_uri", "no longer registered");
    return OK;
}

static void reply_page(const struct err *why, struct authorize_reply *out)
{
    out->kind = AUTHORIZE_PAGE;
    out->error = *why;
}

static result reply_error(struct auth *au, struct arena *a, const struct asked *q,
                          const struct err *why, struct authorize_reply *out, struct err *e)
{
    return authorize_send_error(au, a, &q->client, &q->rq, why, out, e);
}

/* What the session is worth for this request. The highest level is only ever of this very one. */
static int level_reached(const struct oidc_request *rq, const struct session *s)
{
    if (rq->signed_in)
        return rq->reached;
    return s->acr < ACR_EVER_FRESH ? s->acr : ACR_EVER_FRESH - 1;
}

/* Without this there is no token. */
static int level_needed(const struct asked *q)
{
    const int essential = acr_set_least(q->rq.acr_essential);

    return essential > q->client.acr_least ? essential : q->client.acr_least;
}

/* What to ask the upstream for; the first level needs no asking. */
static int level_to_ask(const struct asked *q)
{
    const int needed = level_needed(q);
    const int level = q->rq.acr_first > needed ? q->rq.acr_first : needed;

    return level > 1 ? level : 0;
}

enum fit {
    FIT_GOOD,
    FIT_NOBODY,  /* or another person, or too long ago */
    FIT_WEAK,    /* below what is needed */
    FIT_UNASKED, /* no register has confirmed what this portal wants confirmed */
    FIT_LESS     /* below what was wished for */
};

static struct str subject_of(struct auth *au, struct arena *a, const struct asked *q,
                             const struct session *s)
{
    return claims_sub(au, a, &q->client, q->rq.acting.n > 0 ? q->rq.acting : s->account);
}

static bool hint_fits(struct auth *au, struct arena *a, const struct asked *q,
                      const struct session *s)
{
    return q->rq.hint_sub.n == 0 || str_eq(q->rq.hint_sid, s->sid) ||
           str_eq(q->rq.hint_sub, subject_of(au, a, q, s));
}

/* A session that began at a portal with a laxer policy, or while the register did not answer. */
static bool register_fits(const struct client *c, const struct session *s)
{
    switch (c->register_policy) {
    case CLIENT_REGISTER_REQUIRE:
        return s->checked;
    case CLIENT_REGISTER_PREFER:
        return s->checked || s->degraded;
    case CLIENT_REGISTER_SKIP:
        break;
    }
    return true;
}

static enum fit session_fit(struct auth *au, struct arena *a, const struct asked *q,
                            const struct session *s)
{
    const struct oidc_request *rq = &q->rq;
    int reached;

    if (s == NULL)
        return FIT_NOBODY;
    /* Of a client for organisations the hint may name one: known once somebody has chosen. */
    if (q->client.acting == CLIENT_ACTING_NO && !hint_fits(au, a, q, s))
        return FIT_NOBODY;
    if (!rq->signed_in &&
        ((rq->prompt & REQUEST_PROMPT_LOGIN) != 0 ||
         (rq->max_age_s >= 0 && clock_now_s(au->clock) - s->auth_time_s > rq->max_age_s)))
        return FIT_NOBODY;
    if (!rq->signed_in && !register_fits(&q->client, s))
        return FIT_UNASKED;
    reached = level_reached(rq, s);
    if (reached < level_needed(q))
        return FIT_WEAK;
    return reached < acr_set_least(rq->acr_voluntary) ? FIT_LESS : FIT_GOOD;
}

static result reply_sign_in(struct auth *au, struct arena *a, const struct asked *q,
                            const struct session *s, enum fit fit, struct authorize_reply *out,
                            struct err *e)
{
    const struct err nobody = { .code = ERR_NOT_SIGNED_IN,
                                .detail = "nobody, or another person, is signed in" };
    const struct err weak = { .code = q->rq.signed_in ? ERR_UNMET_AUTH : ERR_NEED_ACTION,
                              .detail = "signed in below the level that is asked for" };
    const int level = level_to_ask(q);

    if ((q->rq.prompt & REQUEST_PROMPT_NONE) != 0 || q->rq.signed_in)
        return reply_error(au, a, q, fit == FIT_NOBODY ? &nobody : &weak, out, e);
    out->kind = AUTHORIZE_SIGN_IN;
    out->login = (struct login_ask){
        .request = request_print(au, a, &q->rq),
        .client_id = q->client.id,
        .hint = q->rq.login_hint,
        /* With somebody signed in already, VNeID must not silently say the same person again. */
        .fresh = (q->rq.prompt & REQUEST_PROMPT_LOGIN) != 0 || q->rq.max_age_s >= 0 ||
                 level >= ACR_EVER_FRESH ||
                 (s != NULL && (q->rq.hint_sub.n > 0 || (fit != FIT_NOBODY && fit != FIT_UNASKED))),
        .acr = level,
        .after_s = s != NULL ? s->auth_time_s : 0,
    };
    return OK;
}

static result pending_keep(struct auth *au, struct arena *a, const char *kind,
                           const struct asked *q, const struct session *s, struct str *id,
                           struct err *e)
{
    const struct pending p = { .sid = s->sid, .request = request_print(au, a, &q->rq) };

    *id = random_token(a, PENDING_BITS);
    return kv_put(au->kv, auth_key(a, kind, *id),
                  record_print(a, pending_fields, LEN(pending_fields), &p),
                  au->conf->auth.login_ttl_s, e);
}

static result pending_read(struct auth *au, struct arena *a, const char *kind, struct str raw,
                           const struct session *s, struct asked *q, struct err *e)
{
    struct pending p;

    TRY(record_read(a, pending_fields, LEN(pending_fields), raw, &p, e));
    if (!secret_equal(p.sid, s->sid))
        return fail(e, ERR_NOT_FOUND, "%s: of another session", kind);
    return asked_again(au, a, p.request, q, e);
}

/* It is taken by whoever comes, so that a guess has one try. */
static result pending_take(struct auth *au, struct arena *a, const char *kind, struct str id,
                           const struct session *s, struct asked *q, struct err *e)
{
    struct str raw;
    bool found;

    TRY(kv_take(au->kv, a, auth_key(a, kind, id), &found, &raw, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "%s: too late", kind);
    return pending_read(au, a, kind, raw, s, q, e);
}

/* It stays, so that a page can be shown again and a register asked once more. */
static result pending_find(struct auth *au, struct arena *a, const char *kind, struct str id,
                           const struct session *s, struct asked *q, struct err *e)
{
    struct str raw;
    bool found;

    TRY(kv_get(au->kv, a, auth_key(a, kind, id), &found, &raw, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "%s: too late", kind);
    return pending_read(au, a, kind, raw, s, q, e);
}

static struct consent consent_asked(struct arena *a, const struct asked *q)
{
    return (struct consent){
        .client_id = q->client.id,
        .scopes = q->rq.scope,
        .claims = request_claim_names(a, &q->client, &q->rq),
    };
}

static result consent_needed(struct auth *au, struct arena *a, const struct asked *q,
                             const struct session *s, bool *needed, struct err *e)
{
    const struct consent asked = consent_asked(a, q);
    bool covered;

    *needed = (q->rq.prompt & REQUEST_PROMPT_CONSENT) != 0 && !q->rq.consented;
    if (*needed || q->rq.consented || !q->client.asks_consent)
        return OK;
    TRY(consent_covers(au, a, s->account, &asked, &covered, e));
    *needed = !covered;
    return OK;
}

static result reply_consent(struct auth *au, struct arena *a, const struct asked *q,
                            const struct session *s, struct authorize_reply *out, struct err *e)
{
    const struct err silent = { .code = ERR_NEED_CONSENT, .detail = "nobody may be asked" };

    if ((q->rq.prompt & REQUEST_PROMPT_NONE) != 0)
        return reply_error(au, a, q, &silent, out, e);
    out->kind = AUTHORIZE_CONSENT;
    out->claims = request_claim_names(a, &q->client, &q->rq);
    return pending_keep(au, a, "consent", q, s, &out->consent_id, e);
}

/* The portal is told who it is, and the log says so: both or neither. */
static result code_note(struct auth *au, const struct visit *v, const struct asked *q,
                        const struct session *s, const struct grant *g, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event ev =
        auth_event(v, str_cat(v->arena, STR("citizen:"), g->account), "login.client",
                   str_cat(v->arena, STR("client:"), q->client.id), detail);
    const struct session_joining joining = { .client_id = q->client.id,
                                             .sub = subject_of(au, v->arena, q, s),
                                             .acting = g->acting,
                                             .event = &ev };

    json_put_str(detail, "scope", g->scope);
    json_put_int(detail, "acr", g->acr);
    if (g->acting.n > 0)
        json_put_str(detail, "acting", g->acting);
    return session_join_noted(au, s, &joining, e);
}

static struct grant grant_of(const struct asked *q, const struct session *s)
{
    const int reached = level_reached(&q->rq, s);
    const int named = acr_set_best(q->rq.acr_essential, reached);

    return (struct grant){
        .client_id = q->client.id,
        .redirect_uri = q->rq.redirect_uri,
        .scope = q->rq.scope,
        .challenge = q->rq.challenge,
        .nonce = q->rq.nonce,
        .account = s->account,
        .sid = s->sid,
        .amr = s->amr,
        .kind = s->kind,
        .level = s->level,
        .acr = named > 0 ? named : reached, /* an essential acr is told by one of its names */
        .auth_time_s = s->auth_time_s,
        .claims = q->rq.claims,
        .resources = q->rq.resources,
        .jkt = q->rq.jkt,
        .acting = q->rq.acting,
        .acting_role = q->rq.acting_role,
        .mandate = q->rq.mandate,
    };
}

static result reply_code(struct auth *au, const struct visit *v, const struct asked *q,
                         struct session *s, struct authorize_reply *out, struct err *e)
{
    const struct err another = { .code = ERR_NOT_SIGNED_IN, .detail = "not whom the hint names" };
    const struct grant g = grant_of(q, s);
    struct err why = { .code = ERR_NONE };
    struct str code;

    if (!hint_fits(au, v->arena, q, s))
        return reply_error(au, v->arena, q, &another, out, e);
    if (request_complete(au, v->arena, &q->rq, &why).failed) {
        if (is_ours(why.code))
            return fail(e, why.code, "%s", why.detail);
        reply_page(&why, out);
        return OK;
    }
    if (code_note(au, v, q, s, &g, e).failed) {
        if (e->code != ERR_NOT_SIGNED_IN)
            return (result){ true };
        return reply_sign_in(au, v->arena, q, NULL, FIT_NOBODY, out, e); /* it ended meanwhile */
    }
    TRY(oidc_code_make(au, v, &g, &code, e));
    return authorize_send(au, v->arena, &q->client, &q->rq, (struct pair){ STR("code"), code }, out,
                          e);
}

static struct str choice_key(struct arena *a, const struct asked *q, const struct session *s)
{
    return auth_key(a, "acting", str_fmt(a, "%.*s %.*s", STR_ARG(s->sid), STR_ARG(q->client.id)));
}

static void choice_take(struct oidc_request *rq, const struct acting *as)
{
    rq->acting_chosen = true;
    rq->acting = as->organisation;
    rq->acting_role = as->role;
    rq->mandate = as->mandate;
}

/* Nobody may be asked: what was chosen before in this session, if its ground still holds. */
static result choice_again(struct auth *au, const struct visit *v, struct asked *q,
                           const struct session *s, struct err *e)
{
    struct acting as = { 0 };
    struct str organisation = STR("");
    bool found;

    TRY(kv_get(au->kv, v->arena, choice_key(v->arena, q, s), &found, &organisation, e));
    if (!found || str_is(organisation, FOR_ONESELF))
        organisation = STR("");
    if (organisation.n > 0)
        TRY(acting_check(au, v, s->account, s->level, &q->client, organisation, &as, e));
    if (organisation.n == 0 && q->client.acting == CLIENT_ACTING_MUST)
        return OK;
    choice_take(&q->rq, &as);
    return OK;
}

static result reply_act(struct auth *au, const struct visit *v, struct asked *q,
                        const struct session *s, struct authorize_reply *out, struct err *e)
{
    out->kind = AUTHORIZE_ACT;
    return pending_keep(au, v->arena, "act", q, s, &out->act_id, e);
}

/* For whom: *open stays true when that is still to be asked, and *out says how. */
static result acting_settle(struct auth *au, const struct visit *v, struct asked *q,
                            const struct session *s, bool *open, struct authorize_reply *out,
                            struct err *e)
{
    const struct err silent = { .code = ERR_NEED_ACTION, .detail = "nobody may be asked for whom" };
    struct err why = { .code = ERR_NONE };

    *open = q->client.acting != CLIENT_ACTING_NO && !q->rq.acting_chosen;
    if (!*open)
        return OK;
    if ((q->rq.prompt & REQUEST_PROMPT_NONE) == 0)
        return reply_act(au, v, q, s, out, e);
    if (choice_again(au, v, q, s, &why).failed && is_ours(why.code))
        return fail(e, why.code, "%s", why.detail);
    *open = !q->rq.acting_chosen;
    return *open ? reply_error(au, v->arena, q, &silent, out, e) : OK;
}

/* What becomes of a request that is good. */
static result decide(struct auth *au, const struct visit *v, struct asked *q, struct session *s,
                     struct authorize_reply *out, struct err *e)
{
    const struct err pay_only = { .code = ERR_BUSINESS_STATUS,
                                  .detail = "its status allows paying only" };
    const enum fit fit = session_fit(au, v->arena, q, s);
    bool needed, open;

    out->client = q->client;
    out->scope = q->rq.scope;
    out->login_hint = q->rq.login_hint;
    out->ui_locales = q->rq.ui_locales;
    if (fit == FIT_NOBODY || fit == FIT_WEAK || fit == FIT_UNASKED ||
        (fit == FIT_LESS && !q->rq.signed_in))
        return reply_sign_in(au, v->arena, q, s, fit, out, e);
    if (s->pay_only)
        return reply_error(au, v->arena, q, &pay_only, out, e);
    TRY(acting_settle(au, v, q, s, &open, out, e));
    if (open)
        return OK;
    TRY(consent_needed(au, v->arena, q, s, &needed, e));
    if (needed)
        return reply_consent(au, v->arena, q, s, out, e);
    return reply_code(au, v, q, s, out, e);
}

/* A request that is no good: told to the client as far as it may be, else to the visitor. */
static result reply_no_good(struct auth *au, struct arena *a, const struct asked *q,
                            const struct err *why, struct authorize_reply *out, struct err *e)
{
    if (is_ours(why->code))
        return fail(e, why->code, "%s", why->detail);
    out->client = q->client;
    if (q->rq.redirect_uri.n > 0)
        return reply_error(au, a, q, why, out, e);
    reply_page(why, out);
    return OK;
}

/* What is registered is told to whoever tries an address, where nobody real is sent anywhere. */
static struct str difference(const struct auth *au, struct arena *a, const struct asked *q,
                             const struct form *request, const struct err *why)
{
    if (!str_is(au->conf->service.national_systems, "simulated") || q->client.id.n == 0 ||
        !str_is(str_c(why->field), "redirect_uri") || !form_has(request, "redirect_uri"))
        return STR("");
    return client_redirect_difference(a, &q->client, form_get(request, "redirect_uri"));
}

result oidc_authorize(struct auth *au, const struct visit *v, const struct form *request,
                      struct session *session, struct authorize_reply *out, struct err *e)
{
    struct asked q = { .rq = { .max_age_s = -1 } };
    struct err why = { .code = ERR_NONE };

    *out = (struct authorize_reply){ .kind = AUTHORIZE_PAGE };
    if (asked_open(au, v->arena, request, &q, &why).failed) {
        out->difference = difference(au, v->arena, &q, request, &why);
        return reply_no_good(au, v->arena, &q, &why, out, e);
    }
    return decide(au, v, &q, session, out, e);
}

result oidc_authorize_continue(struct auth *au, const struct visit *v,
                               const struct login_done *done, struct authorize_reply *out,
                               struct err *e)
{
    struct session session = done->session;
    struct err why = { .code = ERR_NONE };
    struct asked q = { .rq = { .max_age_s = -1 } };

    must(done->login.request.n > 0);
    *out = (struct authorize_reply){ .kind = AUTHORIZE_PAGE };
    if (asked_again(au, v->arena, done->login.request, &q, &why).failed) {
        q.rq.redirect_uri = STR("");
        return reply_no_good(au, v->arena, &q, &why, out, e);
    }
    q.rq.signed_in = true;
    q.rq.reached = acr_at_age(session.acr, clock_now_s(au->clock) - session.auth_time_s);
    return decide(au, v, &q, &session, out, e);
}

/* The person, or a register, said no: a pushed request is used up by that, too. */
static result refuse(struct auth *au, const struct visit *v, const struct asked *q,
                     enum err_code code, struct authorize_reply *out, struct err *e)
{
    const struct err refused = { .code = code };
    struct err why = { .code = ERR_NONE };

    *out = (struct authorize_reply){ .client = q->client };
    if (!request_complete(au, v->arena, &q->rq, &why).failed)
        return reply_error(au, v->arena, q, &refused, out, e);
    if (is_ours(why.code))
        return fail(e, why.code, "%s", why.detail);
    reply_page(&why, out);
    return OK;
}

result oidc_authorize_refuse(struct auth *au, const struct visit *v, const struct login *login,
                             enum err_code why, struct authorize_reply *out, struct err *e)
{
    struct asked q = { .rq = { .max_age_s = -1 } };

    must(login->request.n > 0);
    TRY(asked_again(au, v->arena, login->request, &q, e));
    return refuse(au, v, &q, why, out, e);
}

result oidc_authorize_consent(struct auth *au, const struct visit *v, struct session *session,
                              struct str consent_id, bool agreed, struct authorize_reply *out,
                              struct err *e)
{
    struct asked q = { .rq = { .max_age_s = -1 } };
    struct consent given;

    *out = (struct authorize_reply){ .kind = AUTHORIZE_PAGE };
    TRY(pending_take(au, v->arena, "consent", consent_id, session, &q, e));
    if (!agreed)
        return refuse(au, v, &q, ERR_CONSENT, out, e);
    given = consent_asked(v->arena, &q);
    TRY(consent_give(au, v, session->account, &given, e));
    q.rq.consented = true;
    return decide(au, v, &q, session, out, e);
}

result oidc_authorize_act_find(struct auth *au, const struct visit *v,
                               const struct session *session, struct str act_id, struct client *out,
                               struct err *e)
{
    struct asked q = { .rq = { .max_age_s = -1 } };

    TRY(pending_find(au, v->arena, "act", act_id, session, &q, e));
    *out = q.client;
    return OK;
}

result oidc_authorize_act(struct auth *au, const struct visit *v, struct session *session,
                          struct str act_id, struct str organisation, struct authorize_reply *out,
                          struct err *e)
{
    struct asked q = { .rq = { .max_age_s = -1 } };
    struct acting as = { 0 };

    *out = (struct authorize_reply){ .kind = AUTHORIZE_PAGE };
    TRY(pending_find(au, v->arena, "act", act_id, session, &q, e));
    if (organisation.n == 0 && q.client.acting == CLIENT_ACTING_MUST)
        return fail(e, ERR_NOT_REPRESENTATIVE, "this client is for organisations only");
    if (organisation.n > 0)
        TRY(acting_check(au, v, session->account, session->level, &q.client, organisation, &as, e));
    TRY(kv_put(au->kv, choice_key(v->arena, &q, session),
               organisation.n > 0 ? organisation : STR(FOR_ONESELF), au->conf->auth.session_max_s,
               e));
    choice_take(&q.rq, &as);
    TRY(kv_drop(au->kv, auth_key(v->arena, "act", act_id), e));
    return decide(au, v, &q, session, out, e);
}

result oidc_authorize_act_refuse(struct auth *au, const struct visit *v,
                                 const struct session *session, struct str act_id,
                                 struct authorize_reply *out, struct err *e)
{
    struct asked q = { .rq = { .max_age_s = -1 } };

    TRY(pending_take(au, v->arena, "act", act_id, session, &q, e));
    return refuse(au, v, &q, ERR_NOT_REPRESENTATIVE, out, e);
}
