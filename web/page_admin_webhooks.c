/*
 * Webhooks as administrators see them: where events of payments go, how deliveries went, and
 * sending one again. Nothing on the page is personal: ids of payments, types and times. What is
 * changed is in the audit log.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/webhook.h"
#include "web/page_admin.h"

#define ROWS_SHOWN 50

static const char *const states[] = { "waiting", "succeeded", "failed", "will_not_send" };

static struct str state_text(struct ctx *c, struct str state)
{
    return view_text(c, str_cstr(c->arena, str_cat(c->arena, STR("hooks."), state)));
}

static result put_endpoints(struct ctx *c, struct json *data, struct str client, struct err *e)
{
    struct json *rows = json_array();
    struct webhook_endpoint *list;
    size_t n;

    json_put(data, "endpoints", rows);
    TRY(webhook_list(&c->app->till, client, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const bool on = list[i].enabled;
        struct json *o = json_object();

        json_put_str(o, "id", list[i].id);
        json_put_str(o, "client", list[i].client_id);
        json_put_str(o, "url", list[i].url);
        json_put_str(o, "events", list[i].events);
        json_put_str(o, "state", view_text(c, on ? "hooks.enabled" : "hooks.disabled"));
        json_put_str(o, "to", on ? STR("disabled") : STR("enabled"));
        json_put_str(o, "turn", view_text(c, on ? "hooks.turn_off" : "hooks.turn_on"));
        json_add(rows, o);
    }
    return OK;
}

static result put_last(struct ctx *c, struct json *row, struct str id, struct err *e)
{
    struct webhook_attempt *list;
    struct json *o;
    size_t n;

    TRY(webhook_attempts(&c->app->till, id, c->arena, &list, &n, e));
    if (n == 0)
        return OK;
    o = json_object();
    json_put_str(o, "when", clock_vn(c->arena, list[0].at_ms));
    json_put_int(o, "took", list[0].took_ms);
    json_put_str(o, "what",
                 list[0].status > 0
                     ? str_fmt(c->arena, "HTTP %lld", (long long)list[0].status)
                     : str_fmt(c->arena, "%.*s (%.*s)", STR_ARG(view_text(c, "hooks.no_answer")),
                               STR_ARG(list[0].failure)));
    json_put(row, "last", o);
    return OK;
}

static result delivery_row(struct ctx *c, const struct webhook_delivery *d, struct json *rows,
                           struct err *e)
{
    struct json *o = json_object();

    json_add(rows, o);
    json_put_str(o, "id", d->id);
    json_put_str(o, "at", clock_vn(c->arena, d->created_ms));
    json_put_str(o, "client", d->client_id);
    json_put_str(o, "type", d->type);
    json_put_str(o, "resource_id", d->resource_id);
    json_put_str(o, "state", state_text(c, d->state));
    json_put_int(o, "tries", d->tries);
    return put_last(c, o, d->id, e);
}

static void put_states(struct ctx *c, struct json *data, struct str chosen)
{
    struct json *list = json_array();

    for (size_t i = 0; i < LEN(states); i++) {
        struct json *o = json_object();

        json_put_str(o, "value", str_c(states[i]));
        json_put_str(o, "text", state_text(c, str_c(states[i])));
        json_put_bool(o, "chosen", str_is(chosen, states[i]));
        json_add(list, o);
    }
    json_put(data, "states", list);
}

static struct str older_url(struct ctx *c, const struct webhook_filter *f,
                            const struct webhook_delivery *last)
{
    const struct pair fields[] = {
        { STR("client"), f->client_id },
        { STR("state"), f->state },
        { STR("before"), str_i64(c->arena, last->created_ms) },
        { STR("id"), last->id },
    };

    return url_with(c->arena, STR("/admin/webhooks"), fields, LEN(fields));
}

static result read_filter(const struct request *rq, struct webhook_filter *out, struct err *e)
{
    static const char *const fields[] = { "client", "state", "before", "id", "lang", NULL };
    struct form query;

    TRY(form_query(rq, &query, e));
    TRY(form_only(&query, fields, e));
    *out = (struct webhook_filter){ .client_id = str_trim(form_get(&query, "client")),
                                    .state = form_get(&query, "state"),
                                    .before_ms = INT64_MAX,
                                    .before_id = form_get(&query, "id") };
    if (form_has(&query, "before") && !str_to_i64(form_get(&query, "before"), &out->before_ms))
        return fail_field(e, ERR_INVALID, "before", "not a time");
    return OK;
}

/* GET /admin/webhooks */
result page_admin_webhooks(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    struct webhook_delivery *list;
    struct webhook_filter f;
    size_t n;

    json_put(data, "deliveries", rows);
    TRY(read_filter(rq, &f, e));
    TRY(put_endpoints(c, data, f.client_id, e));
    TRY(webhook_deliveries(&c->app->till, &f, ROWS_SHOWN + 1, c->arena, &list, &n, e));
    for (size_t i = 0; i < n && i < ROWS_SHOWN; i++)
        TRY(delivery_row(c, &list[i], rows, e));
    json_put_str(data, "client", f.client_id);
    put_states(c, data, f.state);
    if (n > ROWS_SHOWN)
        json_put_str(data, "older", older_url(c, &f, &list[ROWS_SHOWN - 1]));
    return view_page(c, rq, rs, "admin_webhooks", "hooks.title", data, e);
}

static result changed(struct ctx *c, struct response *rs, const char *what, struct str id,
                      struct err *e)
{
    TRY(auth_audit(&c->app->auth, &c->visit, auth_actor(&c->visit), what, id, NULL, e));
    view_redirect(rs, STR("/admin/webhooks"));
    return OK;
}

/* POST /admin/webhooks/endpoints/{id} */
result admin_webhook_turn(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "to", NULL };
    const struct till *t = &c->app->till;
    struct webhook_endpoint w;
    struct form form;
    struct str to;
    bool on;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "to", 16, &to, e));
    on = str_is(to, "enabled");
    if (!on && !str_is(to, "disabled"))
        return fail_field(e, ERR_INVALID, "to", "neither enabled nor disabled");
    TRY(webhook_load(t, STR(""), request_param(rq, "id"), c->arena, &w, e));
    TRY(webhook_enable(t, w.client_id, w.id, on, e));
    return changed(c, rs, on ? "webhook.enable" : "webhook.disable", w.id, e);
}

/* POST /admin/webhooks/deliveries/{id} */
result admin_webhook_again(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = request_param(rq, "id");

    TRY(webhook_retry(&c->app->till, STR(""), id, e));
    return changed(c, rs, "webhook.again", id, e);
}
