/* Signing out at the edge: the logout endpoint, our own button, and the page that says how far the
 * portals are told. The rules are auth/oidc_logout.h's. */
#include "auth/oidc_logout.h"
#include "auth/outgoing.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "web/guard.h"
#include "web/view.h"

/* OpenID Connect: the first language of the list that we speak. */
static void choose_language(struct ctx *c, const struct form *f)
{
    struct str rest = form_get(f, "ui_locales"), word;

    while (str_next(&rest, ' ', &word)) {
        if (!str_starts(word, STR("vi")) && !str_starts(word, STR("en")))
            continue;
        c->language = str_sub(word, 0, 2);
        return;
    }
}

static result ask_logout(struct ctx *c, struct request *rq, struct response *rs,
                         const struct logout_reply *reply, struct err *e)
{
    const struct str upstream = logout_upstream_url(&c->app->auth, c->arena, STR(""));
    DEFER(json_close) struct json *data = json_object();
    struct str origins =
        view_origins(c, reply->client.post_logout_uris, reply->client.post_logout_count);

    json_put_str(data, "request", reply->request);
    json_put_bool(data, "upstream", upstream.n > 0 && c->signed_in);
    if (reply->client.id.n > 0)
        json_put_str(data, "portal", client_name(&reply->client, c->language));
    if (upstream.n > 0)
        origins = str_fmt(c->arena, "%.*s %.*s", STR_ARG(origins), STR_ARG(app_origin(upstream)));
    view_policy(c, rs, origins);
    return view_page(c, rq, rs, "logout", "sign_out.title", data, e);
}

/* How far the telling of one portal is. */
static result put_portal(struct ctx *c, struct json *list, const struct outgoing_row *row,
                         bool *waiting, struct err *e)
{
    static const struct {
        const char *state, *look, *key;
    } words[] = {
        { "delivered", "good", "sign_out.portal.delivered" },
        { "waiting", "warn", "sign_out.portal.waiting" },
        { "untold", "warn", "sign_out.portal.untold" },
        { "dead", "bad", "sign_out.portal.dead" },
    };
    struct json *o = json_object();
    struct client client = { .id = STR("") };
    struct str state = row->state;

    json_add(list, o);
    if (client_load(&c->app->auth, c->arena, row->client_id, &client, e).failed &&
        e->code != ERR_NOT_FOUND)
        return (result){ true };
    json_put_str(o, "portal", client.id.n > 0 ? client_name(&client, c->language) : row->client_id);
    if (str_is(state, "waiting") && client.backchannel_logout_uri.n == 0)
        state = STR("untold"); /* the job will find the same */
    *waiting |= str_is(state, "waiting");
    for (size_t i = 0; i < LEN(words); i++) {
        if (!str_is(state, words[i].state))
            continue;
        json_put_str(o, "look", str_c(words[i].look));
        json_put_str(o, "text", view_text(c, words[i].key));
    }
    return OK;
}

static result put_portals(struct ctx *c, struct json *data, struct str sid, struct err *e)
{
    struct json *list = json_array();
    struct outgoing_row *rows;
    bool waiting = false;
    size_t count;

    json_put(data, "portals", list);
    TRY(outgoing_of_session(&c->app->auth, c->arena, sid, &rows, &count, e));
    for (size_t i = 0; i < count; i++)
        TRY(put_portal(c, list, &rows[i], &waiting, e));
    json_put_bool(data, "any_portal", count > 0);
    json_put_bool(data, "waiting", waiting);
    return OK;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, struct str ticket,
                   const struct logout_ticket *t, bool offer_upstream, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct str upstream =
        offer_upstream ? logout_upstream_url(&c->app->auth, c->arena, ticket) : STR("");
    struct client client;

    if (t->sid.n > 0)
        TRY(put_portals(c, data, t->sid, e));
    if (upstream.n > 0)
        json_put_str(data, "upstream_url", upstream);
    json_put_str(data, "ticket", ticket);
    if (t->back.n > 0 && !client_load(&c->app->auth, c->arena, t->client_id, &client, e).failed) {
        json_put_str(data, "back_to", t->back);
        json_put_str(data, "back_name", client_name(&client, c->language));
    }
    return view_page(c, rq, rs, "sign_out", "sign_out.title", data, e);
}

/* Signed out: away to VNeID if the person wants that too, back to the portal, or a page. */
static result signed_out(struct ctx *c, struct request *rq, struct response *rs,
                         const struct logout_ticket *t, bool to_upstream, struct err *e)
{
    struct str ticket = STR(""), url = t->back, upstream = STR("");

    view_cookie(c, rs, SESSION_COOKIE, STR(""), -1);
    c->signed_in = false;
    if (t->sid.n > 0 && (to_upstream || url.n == 0))
        TRY(logout_ticket_make(&c->app->auth, &c->visit, t, &ticket, e));
    if (to_upstream && ticket.n > 0)
        upstream = logout_upstream_url(&c->app->auth, c->arena, ticket);
    if (upstream.n > 0)
        url = upstream;
    if (url.n == 0)
        return show(c, rq, rs, ticket, t, ticket.n > 0 && !to_upstream, e);
    view_redirect(rs, url);
    return OK;
}

static result logout(struct ctx *c, struct request *rq, struct response *rs,
                     const struct form *form, const struct form *confirmation, struct err *e)
{
    const bool to_upstream =
        confirmation != NULL && str_is(form_get(confirmation, "upstream"), "yes");
    struct logout_reply reply = { 0 };
    struct logout_ticket t;

    choose_language(c, form);
    TRY(oidc_logout(&c->app->auth, &c->visit, form, c->signed_in ? &c->session : NULL,
                    confirmation != NULL, &reply, e));
    if (reply.kind == LOGOUT_CONFIRM)
        return ask_logout(c, rq, rs, &reply, e);
    if (reply.kind == LOGOUT_PAGE) {
        *e = reply.error;
        return (result){ true };
    }
    t = (struct logout_ticket){ .sid = reply.sid, .client_id = reply.client.id, .back = reply.url };
    return signed_out(c, rq, rs, &t, to_upstream, e);
}

result oidc_logout_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    TRY(form_query(rq, &form, e));
    return logout(c, rq, rs, &form, NULL, e);
}

/* Both the portal's own POST and our confirmation page, which carries the request as one field and
 * is believed only with the session's token. */
result oidc_logout_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form, request;

    TRY(form_body(rq, &form, e));
    if (!form_has(&form, "csrf"))
        return logout(c, rq, rs, &form, NULL, e);
    if (c->signed_in && !guard_csrf_is(c, form_get(&form, "csrf")))
        return fail(e, ERR_BAD_CSRF, "the confirmation's token is not the session's");
    TRY(form_read(c->arena, form_get(&form, "request"), &request, e));
    return logout(c, rq, rs, &request, &form, e);
}

/* The button of every page. */
result page_sign_out(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct logout_ticket t = { 0 };

    if (c->signed_in) {
        TRY(session_end(&c->app->auth, &c->visit, &c->session, e));
        t.sid = c->session.sid;
    }
    return signed_out(c, rq, rs, &t, false, e);
}

/* Looked at again, and back from VNeID, which gives the ticket as `state`. */
result page_signed_out(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct logout_ticket t;
    struct form query;
    struct str ticket;

    TRY(form_query(rq, &query, e));
    ticket = form_has(&query, "state") ? form_get(&query, "state") : form_get(&query, "id");
    TRY(logout_ticket_read(&c->app->auth, &c->visit, ticket, &t, e));
    return show(c, rq, rs, ticket, &t, !form_has(&query, "state"), e);
}
