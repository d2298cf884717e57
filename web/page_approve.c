/* Approving on one's own device what a kiosk or a counter asks for. The rules are
 * auth/approval.h's. */
#include "auth/approval.h"
#include "auth/approval_code.h"
#include "auth/login.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "http/form.h"
#include "web/claim_text.h"
#include "web/view.h"

/* A sign-in that comes back to this page; fresh when somebody is signed in already. */
static result sign_in(struct ctx *c, struct request *rq, struct response *rs, int acr,
                      struct err *e)
{
    const struct login_ask ask = {
        .browser =
            request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, LOGIN_COOKIE))),
        .return_path = rq->query.n == 0
                           ? rq->path
                           : str_fmt(c->arena, "%.*s?%.*s", STR_ARG(rq->path), STR_ARG(rq->query)),
        .language = c->language,
        .fresh = c->signed_in,
        .acr = acr,
        .after_s = c->signed_in ? c->session.auth_time_s : 0,
    };
    struct login login;
    struct str browser;

    TRY(login_start(&c->app->auth, &c->visit, &ask, &login, &browser, e));
    view_cookie(c, rs, LOGIN_COOKIE, browser, c->app->conf.auth.login_ttl_s);
    view_redirect(rs, str_cat(c->arena, STR("/login?id="), login.id));
    return OK;
}

/* `shown`: what must stand on the other screen. */
static result show_request(struct ctx *c, struct request *rq, struct response *rs,
                           const struct approval *ap, struct str shown, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct client client;

    TRY(client_load(&c->app->auth, c->arena, ap->client_id, &client, e));
    json_put_str(data, "id", ap->id);
    json_put_str(data, "portal", client_name(&client, c->language));
    json_put_str(data, "binding", shown);
    json_put_bool(data, "device", str_is(str_c(ap->kind), "device"));
    json_put(data, "claims", claim_texts(c, ap->scope, STR("")));
    return view_page(c, rq, rs, "approve", "approve.title", data, e);
}

static result show_code_form(struct ctx *c, struct request *rq, struct response *rs,
                             struct str typed, const char *message, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put_str(data, "user_code", typed);
    if (message != NULL)
        json_put_str(data, "message", view_text(c, message));
    TRY(view_page(c, rq, rs, "device", "device.title", data, e));
    if (message != NULL)
        view_status(rs, 400);
    return OK;
}

/* The code is typed, or comes with the address behind the QR symbol on the kiosk: either way the
 * person compares it on the next page. */
result page_device(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct approval ap;
    struct err why = { 0 };
    struct form query;
    struct str typed;

    TRY(form_query(rq, &query, e));
    typed = str_sub(form_get(&query, "user_code"), 0, 20);
    if (!c->signed_in)
        return sign_in(c, rq, rs, 0, e);
    if (typed.n == 0)
        return show_code_form(c, rq, rs, typed, NULL, e);
    if (!approval_find(&c->app->auth, &c->visit, &c->session, typed, &ap, &why).failed) {
        view_redirect(rs, str_fmt(c->arena, "/approve?id=%.*s&user_code=%.*s", STR_ARG(ap.id),
                                  STR_ARG(approval_code(c->arena, typed))));
        return OK;
    }
    if (why.code == ERR_NOT_FOUND) {
        log_err("device.code", &why);
        return show_code_form(c, rq, rs, typed, "device.unknown", e);
    }
    *e = why;
    return (result){ true };
}

/* A kiosk's request is shown beside its code (RFC 8628 5.4): who was sent here by somebody else's
 * link sees that no screen before them shows it. So an address that names another code shows
 * nothing. */
static result show_device(struct ctx *c, struct request *rq, struct response *rs,
                          const struct approval *ap, struct str typed, struct err *e)
{
    struct approval found;
    struct err why = { 0 };

    if (typed.n > 0 &&
        approval_find(&c->app->auth, &c->visit, &c->session, typed, &found, &why).failed &&
        why.code != ERR_NOT_FOUND) {
        *e = why;
        return (result){ true };
    }
    if (typed.n == 0 || why.code == ERR_NOT_FOUND || !str_eq(found.id, ap->id)) {
        view_redirect(rs, STR("/device"));
        return OK;
    }
    return show_request(c, rq, rs, ap, approval_code(c->arena, typed), e);
}

result page_approve(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct approval ap;
    struct err why = { 0 };
    struct form query;
    struct str id;

    TRY(form_query(rq, &query, e));
    TRY(form_need(&query, "id", 64, &id, e));
    TRY(approval_load(&c->app->auth, c->arena, id, &ap, e));
    if (!c->signed_in)
        return sign_in(c, rq, rs, ap.acr, e);
    if (!approval_check(&c->app->auth, &c->session, &ap, &why).failed)
        return str_is(str_c(ap.kind), "device")
                   ? show_device(c, rq, rs, &ap, str_sub(form_get(&query, "user_code"), 0, 20), e)
                   : show_request(c, rq, rs, &ap, ap.binding, e);
    if (why.code == ERR_WEAK_SIGN_IN)
        return sign_in(c, rq, rs, ap.acr, e);
    *e = why;
    return (result){ true };
}

result approve_answer(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct approval ap;
    struct form form;
    struct str id;
    bool yes;

    TRY(form_body(rq, &form, e));
    TRY(form_need(&form, "id", 64, &id, e));
    yes = str_is(form_get(&form, "answer"), "yes");
    TRY(approval_load(&c->app->auth, c->arena, id, &ap, e));
    TRY(approval_answer(&c->app->auth, &c->visit, &c->session, &ap, yes, e));
    json_put_bool(data, "yes", yes);
    return view_page(c, rq, rs, "approved", yes ? "approved.title" : "approved.no_title", data, e);
}

result page_requests(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *list = json_array();
    struct approval *found;
    size_t count;

    json_put(data, "requests", list);
    TRY(approval_list(&c->app->auth, c->arena, &c->session, &found, &count, e));
    for (size_t i = 0; i < count; i++) {
        struct json *row = json_object();
        struct client client;

        json_add(list, row);
        TRY(client_load(&c->app->auth, c->arena, found[i].client_id, &client, e));
        json_put_str(row, "id", found[i].id);
        json_put_str(row, "portal", client_name(&client, c->language));
        json_put_str(row, "binding", found[i].binding);
    }
    json_put_bool(data, "none", count == 0);
    json_put_bool(data, "at_requests", true);
    return view_page(c, rq, rs, "requests", "requests.title", data, e);
}
