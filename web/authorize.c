#include "web/authorize.h"

#include "auth/oidc_authorize.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "web/claim_text.h"
#include "web/view.h"

/* Of the languages that the portal names, the first that we have (OIDC Core 3.1.2.1). */
static struct str language_of(const struct ctx *c, struct str ui_locales)
{
    struct str tag;

    while (str_next(&ui_locales, ' ', &tag)) {
        const struct str primary = str_sub(tag, 0, str_find(tag, '-'));

        if (str_eq_nocase(primary, STR("vi")))
            return STR("vi");
        if (str_eq_nocase(primary, STR("en")))
            return STR("en");
    }
    return c->language;
}

static result start_login(struct ctx *c, struct request *rq, struct response *rs,
                          const struct authorize_reply *reply, struct err *e)
{
    struct login_ask ask = reply->login;
    struct login login;
    struct str browser;

    ask.browser =
        request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, LOGIN_COOKIE)));
    ask.language = language_of(c, reply->ui_locales);
    TRY(login_start(&c->app->auth, &c->visit, &ask, &login, &browser, e));
    view_cookie(c, rs, LOGIN_COOKIE, browser, c->app->conf.auth.login_ttl_s);
    view_redirect(rs, str_fmt(c->arena, "/login?id=%.*s%s%.*s", STR_ARG(login.id),
                              reply->ui_locales.n > 0 ? "&lang=" : "",
                              STR_ARG(reply->ui_locales.n > 0 ? ask.language : STR(""))));
    return OK;
}

/* A page that posts itself to the client. */
static result post_form(struct ctx *c, struct request *rq, struct response *rs,
                        const struct authorize_reply *reply, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *fields = json_array();

    for (size_t i = 0; i < reply->field_count; i++) {
        struct json *field = json_object();

        json_put_str(field, "name", reply->fields[i].name);
        json_put_str(field, "value", reply->fields[i].value);
        json_add(fields, field);
    }
    json_put(data, "fields", fields);
    json_put_str(data, "action", reply->url);
    view_policy(c, rs, app_origin(reply->url));
    return view_page(c, rq, rs, "form_post", "form_post.title", data, e);
}

static result ask_consent(struct ctx *c, struct request *rq, struct response *rs,
                          const struct authorize_reply *reply, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put(data, "claims", claim_texts(c, reply->scope, reply->claims));
    json_put_bool(data, "later", client_list_has(reply->scope, STR("offline_access")));
    json_put_str(data, "id", reply->consent_id);
    json_put_str(data, "portal", client_name(&reply->client, c->language));
    view_policy(c, rs, view_origins(c, reply->client.redirect_uris, reply->client.redirect_count));
    return view_page(c, rq, rs, "consent", "consent.title", data, e);
}

result authorize_answer(struct ctx *c, struct request *rq, struct response *rs,
                        const struct authorize_reply *reply, struct err *e)
{
    if (reply->error.code != ERR_NONE && reply->kind != AUTHORIZE_PAGE)
        log_err("authorize.refused", &reply->error);
    switch (reply->kind) {
    case AUTHORIZE_PAGE:
        if (reply->client.id.n > 0)
            view_offer_portal(c, &reply->client);
        c->hint = reply->difference;
        *e = reply->error;
        return (result){ true };
    case AUTHORIZE_REDIRECT:
        view_redirect(rs, reply->url);
        return OK;
    case AUTHORIZE_FORM_POST:
        return post_form(c, rq, rs, reply, e);
    case AUTHORIZE_SIGN_IN:
        return start_login(c, rq, rs, reply, e);
    case AUTHORIZE_ACT:
        view_redirect(rs, str_cat(c->arena, STR("/act?id="), reply->act_id));
        return OK;
    case AUTHORIZE_CONSENT:
        return ask_consent(c, rq, rs, reply, e);
    }
    return fail(e, ERR_INTERNAL, "an authorization reply of no kind");
}
