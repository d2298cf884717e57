/*
 * Endpoints for events and how deliveries went. Attacker: a registered system that has us post to
 * others' machines, or reads on about others' payments. Promised: addresses are on hosts that our
 * operator registered for the client, asked again at each sending; a client sees its own only; a
 * secret is told once. Every change is in the audit log.
 */
#include "auth/client.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/url.h"
#include "payments/webhook.h"
#include "store/audit.h"
#include "web/api.h"
#include "web/api_webhook.h"
#include "web/view.h"

#define KEEP_S       86400
#define EVENTS_BYTES 2000

bool webhook_may(const struct app *app, struct arena *a, struct str client_id, struct str text)
{
    const bool simulated = str_is(app->conf.service.national_systems, "simulated");
    struct auth au = app->auth;
    struct client client;
    struct url url;

    if (!url_read(text, &url) || !(url.secure || (url.loopback && simulated)))
        return false;
    return !client_load(&au, a, client_id, &client, NULL).failed &&
           client_list_has(client.hosts, url.host.name);
}

static bool may(void *arg, struct arena *a, struct str client_id, struct str url)
{
    return webhook_may(arg, a, client_id, url);
}

result webhook_tell(const struct app *app, bool *did, struct err *e)
{
    struct app copy = *app;
    const struct webhook_ways ways = {
        .may = may,
        .arg = &copy,
        .loopback_ok = str_is(app->conf.service.national_systems, "simulated"),
    };

    return webhook_send(&app->till, &ways, did, e);
}

static struct json *words_json(struct str words)
{
    struct json *list = json_array();
    struct str word;

    while (str_next(&words, ' ', &word))
        if (word.n > 0)
            json_add_str(list, word);
    return list;
}

static struct json *endpoint_json(const struct webhook_endpoint *w, const char *state,
                                  bool with_secret, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", w->id);
    json_put_str(o, "url", w->url);
    json_put(o, "events", words_json(w->events));
    json_put_str(o, "state", str_c(state));
    if (with_secret)
        json_put_str(o, "secret", w->secret);
    if (w->old_secret.n > 0)
        json_put_str(o, "old_secret_until", clock_rfc3339(a, w->old_until_ms));
    json_put_str(o, "created_at", clock_rfc3339(a, w->created_ms));
    json_put_str(o, "updated_at", clock_rfc3339(a, w->updated_ms));
    return o;
}

static const char *state_of(const struct webhook_endpoint *w)
{
    return w->enabled ? "enabled" : "disabled";
}

static struct audit_event change_event(const struct ctx *c, const char *what, struct str id,
                                       struct arena *a)
{
    return (struct audit_event){ .actor = str_cat(a, STR("client:"), c->access.client_id),
                                 .action = str_c(what),
                                 .subject = id,
                                 .request_id = c->visit.request_id,
                                 .ip = c->visit.ip,
                                 .port = c->visit.port };
}

struct making {
    struct ctx *c;
    struct webhook_endpoint w;
    int64_t keep_s;
};

static result make(struct sql *db, void *arg, struct arena *a, struct idempotency_reply *out,
                   struct err *e)
{
    const struct making *m = arg;
    struct webhook_endpoint w = m->w;
    struct audit_event ev;

    TRY(webhook_add(db, &m->c->app->till, &w, a, e));
    ev = change_event(m->c, "webhook.add", w.id, a);
    TRY(audit_append(db, m->c->now_ms, &ev, e));
    return api_reply(m->c, endpoint_json(&w, "enabled", true, a), a, out, e);
}

static struct str events_read(struct ctx *c, const struct json *list)
{
    struct buf b = buf_make(c->arena, EVENTS_BYTES);
    struct str word;

    for (size_t i = 0; i < json_count(list); i++) {
        if (i > 0)
            buf_putc(&b, ' ');
        if (json_str(json_at(list, i), &word))
            buf_put(&b, word);
    }
    return buf_str(&b);
}

/* POST /v1/webhook-endpoints */
result api_webhook_make(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct making m = { .c = c };
    struct api_once once = { .work = make, .arg = &m };

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(json_need_str(body, "url", 500, &m.w.url, e));
    if (!webhook_may(c->app, c->arena, c->access.client_id, m.w.url))
        return fail_field(e, ERR_INVALID, "url", "not https on a registered host");
    m.w.client_id = c->access.client_id;
    m.w.events = events_read(c, json_member(body, "events"));
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}

static result rotate(struct sql *db, void *arg, struct arena *a, struct idempotency_reply *out,
                     struct err *e)
{
    const struct making *m = arg;
    struct webhook_endpoint w = m->w;
    const struct audit_event ev = change_event(m->c, "webhook.secret", w.id, a);

    TRY(webhook_rotate(db, &m->c->app->till, &w, m->keep_s, a, e));
    w.old_secret = m->keep_s > 0 ? m->w.secret : STR("");
    TRY(audit_append(db, m->c->now_ms, &ev, e));
    return api_reply(m->c, endpoint_json(&w, state_of(&w), true, a), a, out, e);
}

/* POST /v1/webhook-endpoints/{id}/secret */
result api_webhook_secret(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct making m = { .c = c, .keep_s = KEEP_S };
    struct api_once once = { .work = rotate, .arg = &m };

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(json_want_int(body, "keep_s", 0, 604800, &m.keep_s, e));
    TRY(webhook_load(&c->app->till, c->access.client_id, request_param(rq, "id"), c->arena, &m.w,
                     e));
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}

/* GET /v1/webhook-endpoints */
result api_webhook_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct webhook_endpoint *list;
    struct json *body, *data;
    size_t n;

    TRY(api_may(c, e));
    TRY(webhook_list(&c->app->till, c->access.client_id, c->arena, &list, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(data, endpoint_json(&list[i], state_of(&list[i]), false, c->arena));
    json_put(body, "data", data);
    return api_send(c, rq, rs, body, e);
}

/* GET /v1/webhook-endpoints/{id} */
result api_webhook_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct webhook_endpoint w;

    TRY(api_may(c, e));
    TRY(webhook_load(&c->app->till, c->access.client_id, request_param(rq, "id"), c->arena, &w, e));
    return api_send(c, rq, rs, endpoint_json(&w, state_of(&w), false, c->arena), e);
}

static result endpoint_changed(struct ctx *c, const char *what, struct str id, struct err *e)
{
    const struct audit_event ev = change_event(c, what, id, c->arena);

    return audit_write(c->app->stores.sql, c->now_ms, &ev, e);
}

/* DELETE /v1/webhook-endpoints/{id}: tells what is gone. */
result api_webhook_remove(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct till *t = &c->app->till;
    struct json *shown;
    struct webhook_endpoint w;
    result r;

    TRY(api_may(c, e));
    TRY(webhook_load(t, c->access.client_id, request_param(rq, "id"), c->arena, &w, e));
    shown = endpoint_json(&w, state_of(&w), false, c->arena);
    r = api_match(c, rq, api_tag(c, shown), e);
    json_close(&shown);
    if (r.failed)
        return r;
    TRY(webhook_remove(t, c->access.client_id, w.id, e));
    TRY(endpoint_changed(c, "webhook.remove", w.id, e));
    return api_send(c, rq, rs, endpoint_json(&w, "deleted", false, c->arena), e);
}

struct switching {
    struct ctx *c;
    struct str id;
    bool enables;
};

static result turn(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    const struct switching *s = arg;
    const struct till *t = &s->c->app->till;
    const struct str client_id = s->c->access.client_id;
    struct webhook_endpoint w;

    TRY(webhook_enable(t, client_id, s->id, s->enables, e));
    TRY(endpoint_changed(s->c, s->enables ? "webhook.enable" : "webhook.disable", s->id, e));
    TRY(webhook_load(t, client_id, s->id, a, &w, e));
    return api_reply(s->c, endpoint_json(&w, state_of(&w), false, a), a, out, e);
}

static result endpoint_turn(struct ctx *c, struct request *rq, struct response *rs, bool enables,
                            struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct switching s = { c, request_param(rq, "id"), enables };
    struct api_once once = { .slow = turn, .arg = &s };

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}

/* POST /v1/webhook-endpoints/{id}/disable */
result api_webhook_disable(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return endpoint_turn(c, rq, rs, false, e);
}

/* POST /v1/webhook-endpoints/{id}/enable */
result api_webhook_enable(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return endpoint_turn(c, rq, rs, true, e);
}

static struct json *delivery_json(const struct webhook_delivery *d, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", d->id);
    json_put_str(o, "endpoint_id", d->endpoint_id);
    json_put_str(o, "event_id", d->event_id);
    json_put_str(o, "type", d->type);
    json_put_str(o, "resource", d->resource);
    json_put_str(o, "resource_id", d->resource_id);
    json_put_str(o, "state", d->state);
    json_put_int(o, "tries", d->tries);
    if (str_is(d->state, "waiting"))
        json_put_str(o, "next_at", clock_rfc3339(a, d->due_ms));
    json_put_str(o, "created_at", clock_rfc3339(a, d->created_ms));
    if (d->done_ms > 0)
        json_put_str(o, "done_at", clock_rfc3339(a, d->done_ms));
    return o;
}

/* GET /v1/webhook-deliveries */
result api_delivery_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct webhook_filter f = { .client_id = c->access.client_id };
    struct webhook_delivery *rows;
    struct json *body, *data;
    struct api_place from;
    struct form query;
    size_t n, most;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_page(c, &query, &from, &most, e));
    f.state = form_get(&query, "state");
    f.type = form_get(&query, "type");
    f.endpoint_id = form_get(&query, "endpoint_id");
    f.resource_id = form_get(&query, "resource_id");
    f.before_ms = from.at_ms;
    f.before_id = from.id;
    TRY(webhook_deliveries(&c->app->till, &f, most + 1, c->arena, &rows, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, delivery_json(&rows[i], c->arena));
    json_put(body, "data", data);
    if (n > most)
        json_put_str(body, "next_cursor",
                     api_cursor(c, &query, rows[most - 1].created_ms, rows[most - 1].id));
    return api_send(c, rq, rs, body, e);
}

static struct json *attempt_json(const struct webhook_attempt *t, struct arena *a)
{
    struct json *o = json_object();

    json_put_int(o, "n", t->n);
    json_put_str(o, "at", clock_rfc3339(a, t->at_ms));
    json_put_int(o, "duration_ms", t->took_ms);
    if (t->status > 0)
        json_put_int(o, "status", t->status);
    if (t->failure.n > 0)
        json_put_str(o, "error", str_lower(a, t->failure));
    json_put_bool(o, "by_hand", t->by_hand);
    return o;
}

static result delivery_load(struct ctx *c, struct str id, struct json **out, struct err *e)
{
    const struct webhook_filter f = { .client_id = c->access.client_id,
                                      .id = id,
                                      .before_ms = INT64_MAX };
    struct webhook_delivery *rows;
    struct webhook_attempt *list;
    struct json *attempts;
    size_t n;

    TRY(webhook_deliveries(&c->app->till, &f, 1, c->arena, &rows, &n, e));
    if (n == 0)
        return fail(e, ERR_NOT_FOUND, "no such delivery");
    TRY(webhook_attempts(&c->app->till, rows[0].id, c->arena, &list, &n, e));
    attempts = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(attempts, attempt_json(&list[i], c->arena));
    *out = delivery_json(&rows[0], c->arena);
    json_put(*out, "attempts", attempts);
    return OK;
}

/* GET /v1/webhook-deliveries/{id} */
result api_delivery_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct json *body;

    TRY(api_may(c, e));
    TRY(delivery_load(c, request_param(rq, "id"), &body, e));
    return api_send(c, rq, rs, body, e);
}

static result again(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    const struct switching *s = arg;
    struct json *body;

    TRY(webhook_retry(&s->c->app->till, s->c->access.client_id, s->id, e));
    TRY(delivery_load(s->c, s->id, &body, e));
    return api_reply(s->c, body, a, out, e);
}

/* POST /v1/webhook-deliveries/{id}/retry */
result api_delivery_retry(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct switching s = { .c = c, .id = request_param(rq, "id") };
    struct api_once once = { .slow = again, .arg = &s };

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}
