/*
 * Attacker: a stranger, another site in a citizen's browser, or a registered system that asks for
 * more than its scope. Promised: no handler runs for anyone whom its row does not name; a form is
 * accepted only with the token of the session (or, before sign-in, of the browser's own cookie) and
 * only from our own pages (Origin). Not done here: whose bill it is (handlers ask
 * payments/order.h), and scopes (handlers name theirs).
 */
#include "web/guard.h"

#include "auth/login.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "http/multipart.h"
#include "http/proxy.h"
#include "store/kv.h"
#include "web/call.h"
#include "web/view.h"

#define CSRF_COOKIE "motcua_form"

static bool is_loopback(struct str ip)
{
    return str_starts(ip, STR("127.")) || str_is(ip, "::1");
}

static result check_rate(struct ctx *c, enum route_rate rate, struct err *e)
{
    static const char *const names[] = { "", "sign_in", "public" };
    const int64_t limits[] = { 0, c->app->conf.rate.sign_in, c->app->conf.rate.public };
    int64_t count;

    if (rate == RATE_NONE || is_loopback(c->visit.ip))
        return OK;
    TRY(kv_count(c->app->stores.kv,
                 str_fmt(c->arena, "rate:%s:%.*s", names[rate],
                         STR_ARG(proxy_counted(c->arena, c->visit.ip))),
                 60, &count, e));
    if (count > limits[rate])
        return fail(e, ERR_TOO_MANY, "%s: %lld in a minute", names[rate], (long long)count);
    return OK;
}

/* One system has many machines: its calls are counted together. */
static result check_client_rate(struct ctx *c, struct err *e)
{
    int64_t count;

    if (is_loopback(c->visit.ip))
        return OK;
    TRY(kv_count(c->app->stores.kv, str_cat(c->arena, STR("rate:client:"), c->access.client_id), 60,
                 &count, e));
    if (count > c->app->conf.rate.client)
        return fail(e, ERR_TOO_MANY, "client: %lld in a minute", (long long)count);
    return OK;
}

result guard_find_sessions(struct ctx *c, const struct request *rq, struct err *e)
{
    struct auth *auth = &c->app->auth;
    const struct str citizen =
        request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, SESSION_COOKIE)));
    const struct str officer =
        request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, STAFF_COOKIE)));

    if (citizen.n > 0)
        TRY(session_find(auth, &c->visit, citizen, &c->signed_in, &c->session, e));
    if (officer.n > 0)
        TRY(staff_find_session(auth, &c->visit, officer, &c->is_staff, &c->staff, e));
    if (c->is_staff)
        c->visit.officer = c->staff.name;
    return OK;
}

result guard_start_login(struct ctx *c, const struct request *rq, struct response *rs,
                         struct str path, struct err *e)
{
    const struct login_ask ask = {
        .browser =
            request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, LOGIN_COOKIE))),
        .return_path = path,
        .language = c->language,
    };
    struct login login;
    struct str browser;

    if (c->row->rate != RATE_sign_in) /* else it has been counted */
        TRY(check_rate(c, RATE_sign_in, e));
    TRY(login_start(&c->app->auth, &c->visit, &ask, &login, &browser, e));
    view_cookie(c, rs, LOGIN_COOKIE, browser, c->app->conf.auth.login_ttl_s);
    view_redirect(rs, str_cat(c->arena, STR("/login?id="), login.id));
    return OK;
}

static result need_citizen(struct ctx *c, struct request *rq, struct response *rs, bool *passed,
                           struct err *e)
{
    if (c->signed_in)
        return OK;
    if (rq->method != METHOD_GET && rq->method != METHOD_HEAD)
        return fail(e, ERR_NOT_SIGNED_IN, "no session");
    *passed = false;
    return guard_start_login(c, rq, rs, rq->path, e);
}

static result staff_check(const struct ctx *c, struct err *e)
{
    switch (c->row->who) {
    case WHO_ADMIN:
        return staff_may(&c->staff, STAFF_ADMINISTRATOR, e);
    case WHO_AUDITOR:
        return staff_may_audit(&c->staff, e);
    case WHO_OFFICER:
        return staff_may(&c->staff, STAFF_OFFICER, e);
    default:
        return staff_may(&c->staff, STAFF_VIEWER, e);
    }
}

static result need_staff(struct ctx *c, struct request *rq, struct response *rs, bool *passed,
                         struct err *e)
{
    if (c->is_staff)
        return staff_check(c, e);
    if (rq->method != METHOD_GET && rq->method != METHOD_HEAD)
        return fail(e, ERR_NOT_SIGNED_IN, "no staff session");
    *passed = false;
    view_redirect(rs, STR("/staff/sign-in"));
    return OK;
}

/* RFC 6750 2.2: a form may carry the token, but only where forms are expected. */
static result need_token(struct ctx *c, const struct request *rq, struct response *rs,
                         struct err *e)
{
    struct api_call call = call_make(c, rq, rs);
    struct form form;

    if (c->row->face == FACE_OAUTH && call_has_form(rq))
        TRY(call_read(c, rq, rs, &form, &call, e));
    TRY(access_check(&c->app->auth, &c->visit, &call, &c->access, e));
    return c->row->face == FACE_API ? check_client_rate(c, e) : OK;
}

static result check_who(struct ctx *c, struct request *rq, struct response *rs, bool *passed,
                        struct err *e)
{
    switch (c->row->who) {
    case WHO_ANYONE:
        return OK;
    case WHO_CITIZEN:
        return need_citizen(c, rq, rs, passed, e);
    case WHO_VIEWER:
    case WHO_OFFICER:
    case WHO_AUDITOR:
    case WHO_ADMIN:
        return need_staff(c, rq, rs, passed, e);
    case WHO_CLIENT:
        return need_token(c, rq, rs, e);
    case WHO_MACHINE:
        if (!is_loopback(c->visit.ip))
            return fail(e, ERR_FORBIDDEN, "only from the machine itself");
        return OK;
    }
    return fail(e, ERR_INTERNAL, "a row of the route table without a rule");
}

/* The token of forms before sign-in lives in a cookie of its own. */
static void find_form_csrf(struct ctx *c, const struct request *rq, struct response *rs)
{
    c->form_csrf =
        request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, CSRF_COOKIE)));
    if (c->form_csrf.n >= 22 || c->signed_in || c->is_staff || c->row->face != FACE_PAGE)
        return;
    c->form_csrf = random_token(c->arena, 128);
    view_cookie(c, rs, CSRF_COOKIE, c->form_csrf, 0);
}

bool guard_csrf_is(const struct ctx *c, struct str given)
{
    if (c->is_staff && staff_csrf_is(&c->staff, given))
        return true;
    if (c->signed_in && session_csrf_is(&c->session, given))
        return true;
    return !c->signed_in && !c->is_staff && c->form_csrf.n >= 22 &&
           secret_equal(given, c->form_csrf);
}

static result given_csrf(struct ctx *c, const struct request *rq, struct str *given, struct err *e)
{
    struct multipart parts;
    struct form form;

    *given = STR("");
    if (c->row->csrf == CSRF_FORM) {
        TRY(form_body(rq, &form, e));
        *given = form_get(&form, "csrf");
        return OK;
    }
    TRY(multipart_read(c->arena, request_header(rq, "Content-Type"), rq->body, &parts, e));
    if (multipart_find(&parts, "csrf") != NULL)
        *given = multipart_find(&parts, "csrf")->bytes;
    return OK;
}

static result check_csrf(struct ctx *c, const struct request *rq, struct err *e)
{
    const struct str origin = request_header(rq, "Origin");
    const struct str site = request_header(rq, "Sec-Fetch-Site");
    struct str given;

    if (c->row->csrf == CSRF_NONE)
        return OK;
    if (origin.n > 0 && !str_eq(origin, app_origin(c->app->conf.service.issuer)))
        return fail(e, ERR_BAD_CSRF, "a form from another origin");
    if (site.n > 0 && !str_is(site, "same-origin") && !str_is(site, "none"))
        return fail(e, ERR_BAD_CSRF, "a form from another site");
    TRY(given_csrf(c, rq, &given, e));
    if (!guard_csrf_is(c, given))
        return fail(e, ERR_BAD_CSRF, "the form's token is not the session's");
    return OK;
}

result guard_check(struct ctx *c, struct request *rq, struct response *rs, bool *passed,
                   struct err *e)
{
    *passed = true;
    TRY(check_rate(c, c->row->rate, e));
    if (c->row->face == FACE_PAGE)
        TRY(guard_find_sessions(c, rq, e));
    find_form_csrf(c, rq, rs);
    TRY(check_who(c, rq, rs, passed, e));
    if (!*passed)
        return OK;
    return check_csrf(c, rq, e);
}
