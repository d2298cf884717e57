/* The authorization endpoint at the edge: bytes to rules (auth/oidc_authorize.h) and back. */
#include "auth/acting.h"
#include "auth/client.h"
#include "auth/oidc_authorize.h"
#include "auth/oidc_request.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "web/authorize.h"
#include "web/call.h"
#include "web/view.h"

static result authorize(struct ctx *c, struct request *rq, struct response *rs,
                        const struct form *form, struct err *e)
{
    struct authorize_reply reply = { 0 };

    TRY(oidc_authorize(&c->app->auth, &c->visit, form, c->signed_in ? &c->session : NULL, &reply,
                       e));
    return authorize_answer(c, rq, rs, &reply, e);
}

result oidc_authorize_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    TRY(form_query(rq, &form, e));
    return authorize(c, rq, rs, &form, e);
}

result oidc_authorize_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    TRY(form_body(rq, &form, e));
    return authorize(c, rq, rs, &form, e);
}

/* What comes from the client itself, before a browser is sent (RFC 9126). */
result oidc_par_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct api_call call;
    struct form form;
    struct str json;

    TRY(call_read(c, rq, rs, &form, &call, e));
    TRY(call_answer(&call, rs, request_push(&c->app->auth, &c->visit, &call, &json, e), e));
    view_json_text(rs, 201, "application/json", json);
    return OK;
}

result oidc_consent(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct authorize_reply reply = { 0 };
    struct form form;
    struct str id;

    TRY(form_body(rq, &form, e));
    TRY(form_need(&form, "id", 128, &id, e));
    TRY(oidc_authorize_consent(&c->app->auth, &c->visit, &c->session, id,
                               str_is(form_get(&form, "answer"), "yes"), &reply, e));
    return authorize_answer(c, rq, rs, &reply, e);
}

static struct json *acting_row(const struct ctx *c, const struct acting *as)
{
    struct json *o = json_object();
    const struct str key = str_cat(c->arena, STR("act.role."), as->role);

    json_put_str(o, "organisation", as->organisation);
    json_put_str(o, "name", as->name);
    json_put_str(o, "code", as->code);
    json_put_str(o, "role", view_text(c, str_cstr(c->arena, key)));
    if (as->valid_until_ms > 0)
        json_put_str(o, "until", date_vn(c->arena, clock_local(as->valid_until_ms - 1).date));
    return o;
}

/* For whom: oneself, or one of the organisations. An organisation that may only pay is not offered
 * to portals. */
result oidc_act_page(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct acting *list = arena_array(c->arena, struct acting, ACTING_MAX);
    struct json *rows = json_array();
    struct authorize_reply reply = { 0 };
    struct client client;
    struct form form;
    struct str id;
    size_t count;
    bool incomplete, oneself, alone;

    json_put(data, "organisations", rows);
    TRY(form_query(rq, &form, e));
    TRY(form_need(&form, "id", 128, &id, e));
    TRY(oidc_authorize_act_find(&c->app->auth, &c->visit, &c->session, id, &client, e));
    view_offer_portal(c, &client);
    TRY(acting_list(&c->app->auth, &c->visit, &c->session, &client, list, &count, &incomplete, e));
    for (size_t i = 0; i < count; i++)
        if (list[i].organisation.n > 0 && !list[i].pay_only)
            json_add(rows, acting_row(c, &list[i]));
    alone = json_count(rows) == 0 && !incomplete;
    /* An organisation's account is for the organisation, where there is one. */
    oneself = client.acting != CLIENT_ACTING_MUST && (c->session.kind == VNEID_CITIZEN || alone);
    if (oneself && alone) { /* nothing to choose */
        TRY(oidc_authorize_act(&c->app->auth, &c->visit, &c->session, id, STR(""), &reply, e));
        return authorize_answer(c, rq, rs, &reply, e);
    }
    json_put_str(data, "id", id);
    json_put_str(data, "portal", client_name(&client, c->language));
    json_put_bool(data, "oneself", oneself);
    json_put_bool(data, "any", oneself || json_count(rows) > 0);
    /* Chosen beforehand only where there is nothing to choose. */
    json_put_bool(data, "only", json_count(rows) + oneself == 1);
    json_put_bool(data, "none", json_count(rows) == 0);
    json_put_bool(data, "incomplete", incomplete);
    view_policy(c, rs, view_origins(c, client.redirect_uris, client.redirect_count));
    return view_page(c, rq, rs, "act", "act.title", data, e);
}

result oidc_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct authorize_reply reply = { 0 };
    struct client client;
    struct form form;
    struct str id, whom;

    TRY(form_body(rq, &form, e));
    TRY(form_need(&form, "id", 128, &id, e));
    TRY(oidc_authorize_act_find(&c->app->auth, &c->visit, &c->session, id, &client, e));
    view_offer_portal(c, &client);
    if (form_has(&form, "refuse")) {
        TRY(oidc_authorize_act_refuse(&c->app->auth, &c->visit, &c->session, id, &reply, e));
        return authorize_answer(c, rq, rs, &reply, e);
    }
    TRY(form_need(&form, "whom", 64, &whom, e));
    TRY(oidc_authorize_act(&c->app->auth, &c->visit, &c->session, id,
                           str_is(whom, "oneself") ? STR("") : whom, &reply, e));
    return authorize_answer(c, rq, rs, &reply, e);
}
