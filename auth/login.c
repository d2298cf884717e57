/*
 * Security: the attacker starts a sign-in and has another person finish it (login CSRF, session
 * swapping), finishes one that another person started, sends a callback twice, or injects a code.
 * Promised: a sign-in belongs to one browser by a cookie kept as digest; login_step() moves it with
 * compare-and-swap, so of two callbacks one goes on; the session is made only after ID token,
 * userinfo and registers have agreed, under a new cookie, and the
 * old one opens nothing any more (fixation). The
 * way back to the portal is kept here and never read from the callback.
 */
#include "auth/login.h"

#include "auth/business.h"
#include "auth/client.h"
#include "auth/person.h"
#include "auth/record.h"
#include "auth/session_rows.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "store/kv.h"

#define LOGIN_ID_BITS        256
#define LOGIN_ID_BYTES       43 /* the same in base64url */
#define LOGIN_PATH_BYTES_MAX 1000
#define LOGIN_COOKIE_BYTES   43

static const struct {
    enum login_state state;
    enum login_event event;
    enum login_state next;
    enum login_action action;
} table[] = {
#define LOGIN(s, ev, next, action) { LOGIN_##s, LOGIN_EV_##ev, LOGIN_##next, LOGIN_DO_##action },
#include "auth/login.def"
#undef LOGIN
};

static const struct record_field login_fields[] = {
    RECORD(struct login, state),       RECORD(struct login, browser),
    RECORD(struct login, nonce),       RECORD(struct login, verifier),
    RECORD(struct login, request),     RECORD(struct login, client_id),
    RECORD(struct login, return_path), RECORD(struct login, language),
    RECORD(struct login, hint),        RECORD(struct login, fresh),
    RECORD(struct login, started_ms),  RECORD(struct login, moved_ms),
    RECORD(struct login, acr),         RECORD(struct login, after_s),
};

bool login_next(enum login_state s, enum login_event ev, enum login_state *next,
                enum login_action *action)
{
    for (size_t i = 0; i < LEN(table); i++) {
        if (table[i].state == s && table[i].event == ev) {
            *next = table[i].next;
            *action = table[i].action;
            return true;
        }
    }
    return false;
}

const char *login_state_name(enum login_state s)
{
    static const char *const names[] = { "STARTED", "SENT_TO_VNEID", "RETURNED", "IDENTIFIED",
                                         "CHECKED", "DONE",          "REFUSED",  "FAILED" };

    _Static_assert(LEN(names) == LOGIN_STATE_COUNT, "a name for each state");
    must(s < LOGIN_STATE_COUNT);
    return names[s];
}

static struct str login_print(struct arena *a, const struct login *l)
{
    return record_print(a, login_fields, LEN(login_fields), l);
}

static struct str browser_digest(struct arena *a, struct str browser)
{
    return digest_base64url(a, digest_sha256(browser));
}

/* What is left of the sign-in's time; at least a second, so that an ending can be told. */
static int64_t login_ttl_s(const struct auth *au, const struct login *l)
{
    const int64_t gone_s = (clock_now_ms(au->clock) - l->started_ms) / 1000;
    const int64_t left_s = au->conf->auth.login_ttl_s - gone_s;

    return left_s > 1 ? left_s : 1;
}

result login_step(struct auth *au, const struct visit *v, struct login *l, enum login_event ev,
                  enum login_action *action, struct err *e)
{
    struct login moved = *l;
    enum login_action next;
    bool swapped;

    must(l->id.n > 0 && l->raw.n > 0);
    if (!login_next(l->state, ev, &moved.state, &next))
        return fail(e, ERR_WRONG_STATE, "sign-in: event %d in state %s", (int)ev,
                    login_state_name(l->state));
    moved.moved_ms = clock_now_ms(au->clock);
    moved.raw = login_print(v->arena, &moved);
    TRY(kv_swap(au->kv, auth_key(v->arena, "login", l->id), l->raw, moved.raw, login_ttl_s(au, l),
                &swapped, e));
    if (!swapped)
        return fail(e, ERR_WRONG_STATE, "sign-in: moved meanwhile");
    *l = moved;
    *action = next;
    return OK;
}

static bool path_is_own(struct str path)
{
    if (path.n == 0)
        return true;
    if (path.n > LOGIN_PATH_BYTES_MAX || path.p[0] != '/' || str_starts(path, STR("//")))
        return false;
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] <= ' ' || path.p[i] > '~' || path.p[i] == '\\')
            return false;
    return true;
}

static const struct str hint_place = { "login.hint", sizeof("login.hint") - 1 };

static struct str hint_seal(const struct auth *au, struct arena *a, struct str hint)
{
    return hint.n == 0 ? hint : base64url_encode(a, seal_put(a, au->seal, hint_place, hint));
}

/* A hint that does not open is no hint. */
static struct str hint_open(const struct auth *au, struct arena *a, struct str sealed)
{
    struct str bytes, hint;

    if (sealed.n == 0 || !base64url_decode(a, sealed, &bytes) ||
        seal_get(a, au->seal, hint_place, bytes, &hint, NULL).failed)
        return STR("");
    return hint;
}

result login_start(struct auth *au, const struct visit *v, const struct login_ask *ask,
                   struct login *out, struct str *browser, struct err *e)
{
    struct arena *a = v->arena;
    const bool known = ask->browser.n == LOGIN_COOKIE_BYTES;
    const struct str cookie = known ? ask->browser : random_token(a, LOGIN_ID_BITS);
    struct login l = {
        .id = random_token(a, LOGIN_ID_BITS),
        .state = LOGIN_STARTED,
        .browser = browser_digest(a, cookie),
        .nonce = random_token(a, LOGIN_ID_BITS),
        .verifier = random_token(a, LOGIN_ID_BITS),
        .request = ask->request,
        .client_id = ask->client_id,
        .return_path = ask->return_path.n > 0 ? ask->return_path : STR("/"),
        .language = str_is(ask->language, "en") ? STR("en") : STR("vi"),
        .hint = hint_seal(au, a, ask->hint),
        .fresh = ask->fresh,
        .acr = ask->acr,
        .after_s = ask->after_s,
        .started_ms = clock_now_ms(au->clock),
        .moved_ms = clock_now_ms(au->clock),
    };

    must(l.id.n == LOGIN_ID_BYTES && cookie.n == LOGIN_COOKIE_BYTES);
    if (!path_is_own(ask->return_path))
        return fail_field(e, ERR_INVALID, "return_path", "no path of this service");
    l.raw = login_print(a, &l);
    TRY(kv_put(au->kv, auth_key(a, "login", l.id), l.raw, login_ttl_s(au, &l), e));
    *out = l;
    *browser = cookie;
    return OK;
}

result login_find(struct auth *au, const struct visit *v, struct str id, struct str browser,
                  struct login *out, struct err *e)
{
    struct login l = { .id = id };
    bool found;

    if (id.n != LOGIN_ID_BYTES)
        return fail(e, ERR_NOT_FOUND, "sign-in: no such id");
    TRY(kv_get(au->kv, v->arena, auth_key(v->arena, "login", id), &found, &l.raw, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "sign-in: unknown or over its time");
    if (record_read(v->arena, login_fields, LEN(login_fields), l.raw, &l, NULL).failed)
        return fail(e, ERR_NOT_FOUND, "sign-in: of a version that kept it otherwise");
    must(l.state < LOGIN_STATE_COUNT);
    if (!secret_equal(l.browser, browser_digest(v->arena, browser)))
        return fail(e, ERR_BAD_CSRF, "sign-in: of another browser");
    *out = l;
    return OK;
}

static struct vneid_ask upstream_ask(const struct auth *au, struct arena *a, const struct login *l)
{
    return (struct vneid_ask){
        .state = l->id,
        .nonce = l->nonce,
        .verifier = l->verifier,
        .redirect_uri = str_cat(a, au->conf->service.issuer, STR("/login/vneid/callback")),
        .ui_locales = l->language,
        .login_hint = hint_open(au, a, l->hint),
        .fresh = l->fresh,
        .acr = l->acr,
    };
}

static bool is_under_way(enum login_state s)
{
    return s == LOGIN_RETURNED || s == LOGIN_IDENTIFIED || s == LOGIN_CHECKED;
}

bool login_may_send(const struct login *l)
{
    enum login_state next;
    enum login_action action;

    return login_next(l->state, LOGIN_EV_SENT, &next, &action);
}

bool login_may_cancel(const struct login *l)
{
    enum login_state next;
    enum login_action action;

    return login_next(l->state, LOGIN_EV_CANCELLED, &next, &action);
}

result login_send(struct auth *au, const struct visit *v, struct login *l, struct str *url,
                  struct err *e)
{
    struct vneid_ask ask;
    struct str made;
    enum login_action action;

    if (is_under_way(l->state) && clock_now_ms(au->clock) - l->moved_ms < LOGIN_STALE_MS)
        return fail(e, ERR_WRONG_STATE, "sign-in: it is being finished");
    if (l->state == LOGIN_FAILED ||
        is_under_way(l->state)) { /* a new attempt: what was sent before must not fit */
        l->nonce = random_token(v->arena, LOGIN_ID_BITS);
        l->verifier = random_token(v->arena, LOGIN_ID_BITS);
    }
    ask = upstream_ask(au, v->arena, l);
    TRY(vneid_authorize_url(au->vneid, v->arena, &ask, &made, e));
    TRY(login_step(au, v, l, LOGIN_EV_SENT, &action, e));
    must(action == LOGIN_DO_SEND);
    *url = made;
    return OK;
}

static struct str login_subject(struct arena *a, const struct login *l)
{
    return str_cat(a, STR("login:"), browser_digest(a, l->id));
}

static result login_audit(struct auth *au, const struct visit *v, const struct login *l,
                          struct str account, const char *action, const char *why, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();

    json_put_str(detail, "client", l->client_id);
    json_put_str(detail, "why", str_c(why));
    json_put_str(detail, "agent", session_agent(v->arena, v->agent));
    return auth_audit(au, v, str_cat(v->arena, STR("citizen:"), account), action,
                      login_subject(v->arena, l), detail, e);
}

result login_cancel(struct auth *au, const struct visit *v, struct login *l, struct err *e)
{
    const bool is_refused = l->state == LOGIN_REFUSED; /* and is in the log, with the reason */
    enum login_action action;

    TRY(login_step(au, v, l, LOGIN_EV_CANCELLED, &action, e));
    return is_refused ? OK : login_audit(au, v, l, STR(""), "login.refused", "CANCELLED", e);
}

/* A "no" to the person ends the sign-in; a fault leaves the door open for another attempt. */
static bool is_denial(enum err_code code)
{
    switch (code) {
    case ERR_UPSTREAM_REFUSED:
    case ERR_PERSON_UNKNOWN:
    case ERR_PERSON_MISMATCH:
    case ERR_PERSON_DECEASED:
    case ERR_BUSINESS_UNKNOWN:
    case ERR_BUSINESS_STATUS:
    case ERR_NOT_REPRESENTATIVE:
    case ERR_BLOCKED:
        return true;
    default:
        return false;
    }
}

/* The upstream's error parameter as one of our codes. */
static result upstream_said(const struct form *query, struct err *e)
{
    const struct str name = form_get(query, "error");

    if (str_is(name, "temporarily_unavailable") || str_is(name, "server_error"))
        return fail(e, ERR_UPSTREAM_DOWN, "vneid: it says it cannot now");
    if (str_is(name, "access_denied") || str_is(name, "login_required") ||
        str_is(name, "interaction_required") || str_is(name, "consent_required"))
        return fail(e, ERR_UPSTREAM_REFUSED, "vneid: the person was refused, or refused");
    return fail(e, ERR_UPSTREAM_BAD, "vneid: an error that should not be");
}

static result callback_check(const struct auth *au, const struct form *query, struct err *e)
{
    const struct str iss = form_get(query, "iss");

    if (form_has(query, "iss") && !str_eq(iss, au->conf->vneid.issuer))
        return fail(e, ERR_UPSTREAM_BAD, "vneid: an answer of another issuer");
    if (form_has(query, "error"))
        return upstream_said(query, e);
    if (form_get(query, "code").n == 0)
        return fail_field(e, ERR_INVALID, "code", "missing");
    return OK;
}

/* prompt=login upstream: an old authentication is not what was asked for. */
static result fresh_check(const struct auth *au, const struct login *l,
                          const struct vneid_claims *c, struct err *e)
{
    const int64_t started_s = l->started_ms / 1000;
    const int64_t told_s = c->auth_time_s;

    if (!l->fresh || told_s <= 0)
        return OK;
    if (told_s < started_s - au->conf->auth.clock_skew_s ||
        (told_s <= l->after_s && l->after_s < started_s))
        return fail(e, ERR_UPSTREAM_BAD, "vneid: the person was not asked anew");
    return OK;
}

static result login_identify(struct auth *au, const struct visit *v, struct login *l,
                             struct str code, struct vneid_claims *claims, struct err *e)
{
    const struct vneid_ask ask = upstream_ask(au, v->arena, l);
    enum login_action action;

    TRY(vneid_redeem(au->vneid, v->arena, &ask, code, claims, e));
    TRY(fresh_check(au, l, claims, e));
    TRY(login_step(au, v, l, LOGIN_EV_IDENTIFIED, &action, e));
    must(action == LOGIN_DO_CHECK);
    return OK;
}

/* How much the portal wants the population database to confirm. */
static result policy_find(struct auth *au, struct arena *a, const struct login *l,
                          enum person_policy *out, struct err *e)
{
    struct client client;

    *out = PERSON_BY_SETTING;
    if (l->client_id.n == 0)
        return OK;
    TRY(client_load(au, a, l->client_id, &client, e));
    if (client.register_policy == CLIENT_REGISTER_REQUIRE)
        *out = PERSON_REQUIRE;
    else if (client.register_policy == CLIENT_REGISTER_PREFER)
        *out = PERSON_PREFER;
    return OK;
}

/* The registers. An organisation that is no enterprise stands in neither. */
static result login_confirm(struct auth *au, const struct visit *v, struct login *l,
                            struct account_seen *seen, struct err *e)
{
    const struct vneid_claims *c = seen->claims;
    struct person_question person = {
        .number = c->number,
        .old_card = c->old_card,
        .name = c->name,
        .birth = c->birth,
        .purpose = "login",
        .client_id = l->client_id,
    };
    const struct business_question business = {
        .code = c->business_code.n > 0 ? c->business_code : c->tax_code,
        .number = c->number,
        .name = c->name,
        .purpose = "login",
        .client_id = l->client_id,
    };
    struct person_answer known = { 0 };
    struct business_answer firm = { 0 };
    enum login_action action;

    TRY(policy_find(au, v->arena, l, &person.policy, e));
    if (c->kind != VNEID_ORGANISATION || c->number.n > 0)
        TRY(person_check(au, v, &person, &known, e));
    if (c->kind == VNEID_ENTERPRISE)
        TRY(business_check(au, v, &business, &firm, e));
    seen->checked = known.checked;
    seen->degraded = known.degraded;
    seen->checked_ms = known.at_ms;
    seen->pay_only = firm.pay_only;
    TRY(login_step(au, v, l, LOGIN_EV_CONFIRMED, &action, e));
    must(action == LOGIN_DO_ENTER);
    return OK;
}

static result enter_audit(struct auth *au, const struct visit *v, const struct login *l,
                          const struct login_done *done, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct account *acc = &done->account;

    json_put_str(detail, "client", l->client_id);
    json_put_int(detail, "kind", (int64_t)acc->kind);
    json_put_int(detail, "level", acc->level);
    json_put_bool(detail, "checked", acc->checked);
    json_put_bool(detail, "degraded", acc->degraded);
    json_put_str(detail, "session", done->session.sid);
    json_put_str(detail, "agent", session_agent(v->arena, v->agent));
    return auth_audit(au, v, str_cat(v->arena, STR("citizen:"), acc->id), "login.ok",
                      login_subject(v->arena, l), detail, e);
}

/* As the upstream told, else now; of a renewed sign-in later than the one before, also when both
 * happened within a second. */
static struct session_proof login_proof(const struct auth *au, const struct login *l,
                                        const struct vneid_claims *c)
{
    const int64_t now_s = clock_now_s(au->clock);
    const int64_t at_s = c->auth_time_s > 0 && c->auth_time_s < now_s ? c->auth_time_s : now_s;

    return (struct session_proof){
        .auth_time_s = l->fresh && at_s <= l->after_s ? l->after_s + 1 : at_s,
        .acr = c->acr,
        .amr = c->amr,
    };
}

static result login_enter(struct auth *au, const struct visit *v, struct login *l,
                          const struct account_seen *seen, struct str old_session,
                          struct login_done *out, struct err *e)
{
    const struct session_proof proof = login_proof(au, l, seen->claims);
    const struct session_entry entry = {
        .account = &out->account,
        .proof = &proof,
        .old_token = old_session,
        .client_id = l->client_id,
    };
    enum login_action action;

    TRY(account_save(au, v, seen, &out->account, e));
    TRY(session_enter(au, v, &entry, &out->session, &out->session_token, e));
    TRY(enter_audit(au, v, l, out, e));
    TRY(login_step(au, v, l, LOGIN_EV_ENTERED, &action, e));
    must(action == LOGIN_DO_CONTINUE);
    return OK;
}

static result login_finish(struct auth *au, const struct visit *v, const struct form *query,
                           struct str old_session, struct vneid_claims *claims,
                           struct login_done *out, struct err *e)
{
    struct account_seen seen = { .claims = claims };

    TRY(callback_check(au, query, e));
    TRY(login_identify(au, v, &out->login, form_get(query, "code"), claims, e));
    TRY(login_confirm(au, v, &out->login, &seen, e));
    return login_enter(au, v, &out->login, &seen, old_session, out, e);
}

/* Whose account somebody tried to sign in to: that person sees it in the list of sign-ins. */
static struct str account_tried(struct auth *au, const struct visit *v,
                                const struct vneid_claims *claims)
{
    struct str account = STR("");

    if (claims->tech_id.n > 0 && account_of_claims(au, v->arena, claims, &account, NULL).failed)
        return STR("");
    return account;
}

result login_return(struct auth *au, const struct visit *v, const struct form *query,
                    struct str browser, struct str old_session, struct login_done *out,
                    struct err *e)
{
    struct vneid_claims claims = { 0 };
    struct err why = { 0 };
    enum login_action action;

    *out = (struct login_done){ 0 };
    TRY(login_find(au, v, form_get(query, "state"), browser, &out->login, e));
    TRY(login_step(au, v, &out->login, LOGIN_EV_RETURNED, &action, e));
    must(action == LOGIN_DO_REDEEM);
    if (!login_finish(au, v, query, old_session, &claims, out, &why).failed)
        return OK;
    TRY(login_step(au, v, &out->login, is_denial(why.code) ? LOGIN_EV_DENIED : LOGIN_EV_FAILED,
                   &action, e));
    TRY(login_audit(au, v, &out->login, account_tried(au, v, &claims),
                    is_denial(why.code) ? "login.refused" : "login.failed", err_name(why.code), e));
    return fail_field(e, why.code, why.field, "%s", why.detail);
}
