/* The sign-in as pages: offer VNeID, go there, come back, give up. The rules are auth/login.h's. */
#include "auth/client.h"
#include "auth/login.h"
#include "auth/oidc_authorize.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "http/form.h"
#include "web/authorize.h"
#include "web/guard.h"
#include "web/view.h"

static struct str browser_cookie(struct ctx *c, const struct request *rq)
{
    return request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, LOGIN_COOKIE)));
}

static result find_login(struct ctx *c, const struct request *rq, struct login *login,
                         struct err *e)
{
    struct form query;
    struct str id;

    TRY(form_query(rq, &query, e));
    TRY(form_need(&query, "id", 128, &id, e));
    return login_find(&c->app->auth, &c->visit, id, browser_cookie(c, rq), login, e);
}

static result put_portal(struct ctx *c, struct json *data, struct str client_id, struct err *e)
{
    struct client client;

    if (client_id.n == 0)
        return OK;
    TRY(client_load(&c->app->auth, c->arena, client_id, &client, e));
    json_put_str(data, "portal", client_name(&client, c->language));
    return OK;
}

/* Errors from here on lead back to the portal that asked. */
static result offer_portal(struct ctx *c, struct str client_id, struct err *e)
{
    struct client client;

    if (client_id.n == 0)
        return OK;
    TRY(client_load(&c->app->auth, c->arena, client_id, &client, e));
    view_offer_portal(c, &client);
    return OK;
}

static const char *failure_text(const struct login *login, const struct err *why)
{
    if (why->code != ERR_WRONG_STATE)
        return err_text(why->code);
    return login->state == LOGIN_DONE ? "login.done" : "login.half_way";
}

/* A page that says why, with the ways on: again, or back to the portal. */
static result tell_failure(struct ctx *c, struct request *rq, struct response *rs,
                           const struct login *login, const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    log_err("login.failed", why);
    TRY(offer_portal(c, login->client_id, e));
    json_put_str(data, "message", view_text(c, failure_text(login, why)));
    json_put_str(data, "request_id", c->visit.request_id);
    json_put_str(data, "id", login->id);
    view_put_portal(c, data);
    json_put_bool(data, "may_retry", login->id.n > 0 && login_may_send(login));
    json_put_bool(data, "may_cancel",
                  login->id.n > 0 && login_may_cancel(login) &&
                      (login->state != LOGIN_REFUSED || login->request.n > 0));
    TRY(view_page(c, rq, rs, "login_failed",
                  login->state == LOGIN_DONE ? "login.done_title" : "login.failed_title", data, e));
    view_status(rs, err_status(why->code));
    return OK;
}

result page_login(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct err half_way = { .code = ERR_WRONG_STATE, .detail = "the page of a done sign-in" };
    struct login login;
    struct form query;

    TRY(form_query(rq, &query, e));
    if (!form_has(&query, "id"))
        return guard_start_login(c, rq, rs, STR("/"), e);
    TRY(find_login(c, rq, &login, e));
    if (!login_may_send(&login))
        return tell_failure(c, rq, rs, &login, &half_way, e);
    json_put_str(data, "id", login.id);
    TRY(put_portal(c, data, login.client_id, e));
    return view_page(c, rq, rs, "login", "login.title", data, e);
}

result login_go(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct login login;
    struct str url;

    TRY(find_login(c, rq, &login, e));
    TRY(offer_portal(c, login.client_id, e));
    TRY(login_send(&c->app->auth, &c->visit, &login, &url, e));
    view_redirect(rs, url);
    return OK;
}

result login_give_up(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct authorize_reply reply;
    struct login login;

    TRY(find_login(c, rq, &login, e));
    TRY(offer_portal(c, login.client_id, e));
    TRY(login_cancel(&c->app->auth, &c->visit, &login, e));
    if (login.request.n == 0) {
        view_redirect(rs, STR("/"));
        return OK;
    }
    TRY(oidc_authorize_refuse(&c->app->auth, &c->visit, &login, ERR_UPSTREAM_REFUSED, &reply, e));
    return authorize_answer(c, rq, rs, &reply, e);
}

static result go_on(struct ctx *c, struct request *rq, struct response *rs,
                    const struct login_done *done, struct err *e)
{
    struct authorize_reply reply;

    view_cookie(c, rs, SESSION_COOKIE, done->session_token, 0);
    c->session = done->session;
    c->signed_in = true;
    if (done->login.request.n == 0) {
        view_redirect(rs, done->login.return_path);
        return OK;
    }
    TRY(oidc_authorize_continue(&c->app->auth, &c->visit, done, &reply, e));
    return authorize_answer(c, rq, rs, &reply, e);
}

/* The citizen refused, or a register did: the portal that asked is told. */
static result tell_portal(struct ctx *c, struct request *rq, struct response *rs,
                          const struct login *login, const struct err *why, struct err *e)
{
    struct authorize_reply reply;

    log_err("login.refused", why);
    TRY(oidc_authorize_refuse(&c->app->auth, &c->visit, login, why->code, &reply, e));
    return authorize_answer(c, rq, rs, &reply, e);
}

result login_back(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct login_done done = { 0 };
    struct form query;
    struct err why = { 0 };
    const struct str old =
        request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, SESSION_COOKIE)));

    TRY(form_query(rq, &query, e));
    if (!login_return(&c->app->auth, &c->visit, &query, browser_cookie(c, rq), old, &done, &why)
             .failed)
        return go_on(c, rq, rs, &done, e);
    if (why.code == ERR_UPSTREAM_REFUSED && done.login.request.n > 0)
        return tell_portal(c, rq, rs, &done.login, &why, e);
    return tell_failure(c, rq, rs, &done.login, &why, e);
}
