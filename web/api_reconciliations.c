/*
 * Days of sources for systems: to read. Attacker: a registered system that reads other bodies'
 * money; promised: a day is of a whole source, so that only clients of the whole installation get
 * it.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/bridge.h"
#include "finance/manifest.h"
#include "finance/run.h"
#include "finance/source.h"
#include "web/api.h"
#include "web/api_exception.h"

#define DAYS_BACK 31
#define DAYS_MOST 366

static struct json *square_json(const struct ctx *c, const struct run_square *q)
{
    struct json *o = json_object();

    json_put_str(o, "source", q->key.provider);
    json_put_str(o, "account", q->key.account);
    json_put_str(o, "day", date_iso(c->arena, q->key.day));
    json_put_int(o, "revision", q->revision);
    json_put_str(o, "state", str_c(run_state_name(q->state)));
    json_put_str(o, "verdict", str_c(reconcile_verdict_name(q->verdict)));
    json_put_int(o, "captured", q->captured_count);
    json_put_int(o, "lines", q->file_count);
    json_put_int(o, "matched", q->matched_count);
    json_put_int(o, "open", q->open_count);
    json_put_int(o, "open_vnd", q->open_vnd);
    return o;
}

static result span_read(const struct ctx *c, const struct form *query, struct date *from,
                        struct date *to, struct err *e)
{
    const struct str first = form_get(query, "from"), last = form_get(query, "to");

    *to = clock_local(c->now_ms).date;
    if (last.n > 0 && !date_read(last, to))
        return fail_field(e, ERR_INVALID, "to", "not a day");
    *from = date_add_days(*to, -DAYS_BACK);
    if (first.n > 0 && !date_read(first, from))
        return fail_field(e, ERR_INVALID, "from", "not a day");
    if (date_cmp(*from, *to) > 0 || date_cmp(date_add_days(*from, DAYS_MOST), *to) < 0)
        return fail_field(e, ERR_INVALID, "from", "%d days at most", DAYS_MOST);
    return OK;
}

/* Newest first, after the place that a cursor names. */
static bool is_before(const struct api_place *from, struct arena *a, const struct run_square *q)
{
    const int64_t at = clock_day_start_ms(q->key.day);
    const struct str name =
        str_fmt(a, "%.*s.%.*s", STR_ARG(q->key.provider), STR_ARG(q->key.account));

    return from->id.n == 0 || at < from->at_ms ||
           (at == from->at_ms && str_cmp(name, from->id) < 0);
}

/* GET /v1/reconciliations */
result api_reconciliation_list(struct ctx *c, struct request *rq, struct response *rs,
                               struct err *e)
{
    const struct run_square *last = NULL;
    struct json *body, *data;
    struct run_square *list;
    struct api_place place;
    struct date from, to;
    struct form query;
    size_t n, most, put = 0;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_agency(c, STR(""), e));
    TRY(api_page(c, &query, &place, &most, e));
    TRY(span_read(c, &query, &from, &to, e));
    TRY(run_squares(&c->app->office, from, to, c->arena, &list, &n, e));
    body = json_object();
    data = json_array();
    json_put(body, "data", data);
    for (size_t i = n; i-- > 0;) {
        const struct str source = form_get(&query, "source");

        if (!is_before(&place, c->arena, &list[i]) ||
            (source.n > 0 && !str_eq(source, list[i].key.provider)))
            continue;
        if (put++ == most) {
            json_put_str(body, "next_cursor",
                         api_cursor(c, &query, clock_day_start_ms(last->key.day),
                                    str_fmt(c->arena, "%.*s.%.*s", STR_ARG(last->key.provider),
                                            STR_ARG(last->key.account))));
            break;
        }
        last = &list[i];
        json_add(data, square_json(c, last));
    }
    return api_send(c, rq, rs, body, e);
}

/* The source is found by its id; a day that is none or of which nothing is known is not there. */
static result key_read(struct ctx *c, const struct request *rq, struct run_key *k, struct err *e)
{
    const struct source *s;

    TRY(api_may(c, e));
    TRY(api_agency(c, STR(""), e));
    if (!date_read(request_param(rq, "date"), &k->day) || !date_is_valid(k->day))
        return fail(e, ERR_NOT_FOUND, "not a day");
    s = source_find(c->app->office.sources, request_param(rq, "source"), k->day);
    if (s == NULL)
        return fail(e, ERR_NOT_FOUND, "no such source");
    k->provider = s->provider;
    k->account = s->account;
    return OK;
}

static void put_inputs(struct json *o, const struct reconcile_day *d)
{
    struct json *files = json_array();

    for (size_t i = 0; i < d->file_list_count; i++) {
        struct json *one = json_object();

        json_put_int(one, "n", d->files[i].n);
        json_put_str(one, "state", str_c(settlement_state_name(d->files[i].state)));
        json_put_str(one, "sha256", d->files[i].sha256);
        json_add(files, one);
    }
    json_put(o, "files", files);
}

/* GET /v1/reconciliations/{source}/{date} */
result api_reconciliation_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct reconcile_day *d;
    struct run_view v;
    struct run_key k;
    struct json *o;

    TRY(key_read(c, rq, &k, e));
    TRY(run_load(&c->app->office, &k, c->arena, &v, e));
    d = &v.outcome;
    if (v.run.state == RUN_NONE && d->verdict == RECONCILE_NO_VERDICT)
        return fail(e, ERR_NOT_FOUND, "nothing is known of that day");
    o = json_object();
    json_put_str(o, "source", k.provider);
    json_put_str(o, "account", k.account);
    json_put_str(o, "day", date_iso(c->arena, k.day));
    json_put_int(o, "revision", v.run.revision);
    json_put_str(o, "state", str_c(run_state_name(v.run.state)));
    json_put_str(o, "verdict", str_c(reconcile_verdict_name(d->verdict)));
    api_put_text(o, "reason", d->reason);
    json_put_str(o, "may_close", str_c(run_bar_name(v.bar)));
    json_put_int(o, "captured", d->captured_count);
    json_put_int(o, "captured_vnd", d->captured_vnd);
    json_put_int(o, "lines", d->file_count);
    json_put_int(o, "lines_vnd", d->file_vnd);
    json_put_int(o, "matched", d->matched_count);
    json_put_int(o, "matched_vnd", d->matched_vnd);
    json_put_int(o, "residual_vnd", d->residual_vnd);
    json_put_int(o, "open", d->open_count);
    api_put_text(o, "outcome_sha256", d->manifest_hash);
    api_put_text(o, "proposal_id", v.run.proposal_id);
    api_put_text(o, "submitted_by", v.run.submitted_by);
    api_put_text(o, "closed_by", v.run.closed_by);
    api_put_time(c, o, "run_at", d->run_ms);
    api_put_time(c, o, "closed_at", v.run.closed_ms);
    json_put_bool(o, "newer_file", v.file_is_newer);
    put_inputs(o, d);
    return api_send(c, rq, rs, o, e);
}

/* GET /v1/reconciliations/{source}/{date}/bridge */
result api_reconciliation_bridge(struct ctx *c, struct request *rq, struct response *rs,
                                 struct err *e)
{
    const struct bridge *b;
    struct json *o, *lines;
    struct run_view v;
    struct run_key k;

    TRY(key_read(c, rq, &k, e));
    TRY(run_load(&c->app->office, &k, c->arena, &v, e));
    if (v.outcome.manifest_hash.n == 0)
        return fail(e, ERR_NOT_FOUND, "no run yet");
    b = &v.outcome.bridge;
    o = json_object();
    lines = json_array();
    json_put_int(o, "opening_vnd", b->opening_vnd);
    json_put_int(o, "captured_vnd", b->captured_vnd);
    json_put_int(o, "refunds_vnd", b->refunds_vnd);
    json_put_int(o, "payouts_vnd", b->payouts_vnd);
    json_put_int(o, "fees_vnd", b->fees_vnd);
    json_put_int(o, "other_vnd", b->other_vnd);
    json_put_int(o, "closing_vnd", b->closing_vnd);
    json_put_int(o, "theirs_closing_vnd", b->theirs_closing_vnd);
    json_put_int(o, "difference_vnd", b->difference_vnd);
    json_put_int(o, "explained_vnd", b->explained_vnd);
    json_put_int(o, "residual_vnd", b->residual_vnd);
    for (size_t i = 0; i < b->count; i++) {
        const struct bridge_line *l = &b->lines[i];
        struct json *one = json_object();

        json_put_str(one, "item", str_c(bridge_item_name(l->item)));
        api_put_text(one, "class", l->class);
        if (l->day.y > 0)
            json_put_str(one, "day", date_iso(c->arena, l->day));
        json_put_int(one, "count", l->count);
        json_put_int(one, "amount_vnd", l->vnd);
        json_add(lines, one);
    }
    json_put(o, "lines", lines);
    return api_send(c, rq, rs, o, e);
}

/* GET /v1/reconciliations/{source}/{date}/exceptions */
result api_reconciliation_exceptions(struct ctx *c, struct request *rq, struct response *rs,
                                     struct err *e)
{
    struct exception_filter f = { .tab = -1, .age = -1 };
    struct json *body, *data;
    struct exception *list;
    struct api_place from;
    struct run_key k;
    struct form query;
    size_t n, most;

    TRY(key_read(c, rq, &k, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_page(c, &query, &from, &most, e));
    f.provider = k.provider;
    f.account = k.account;
    f.day_from = f.day_to = date_iso(c->arena, k.day);
    f.closed_too = str_is(form_get(&query, "which"), "all");
    f.after = from.id;
    f.most = most + 1;
    TRY(exception_list(&c->app->till, &f, c->arena, &list, &n, NULL, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, api_exception_json(c, &list[i]));
    json_put(body, "data", data);
    if (n > most)
        json_put_str(body, "next_cursor",
                     api_cursor(c, &query, list[most - 1].first_seen_ms, list[most - 1].id));
    return api_send(c, rq, rs, body, e);
}

/* GET /v1/reconciliations/{source}/{date}/manifest: all that is needed to check it elsewhere */
result api_reconciliation_manifest(struct ctx *c, struct request *rq, struct response *rs,
                                   struct err *e)
{
    struct manifest m;
    struct run_key k;
    struct json *o;

    TRY(key_read(c, rq, &k, e));
    TRY(manifest_load(&c->app->office, &k, 0, c->arena, &m, e));
    o = json_object();
    json_put_str(o, "manifest", m.bytes);
    json_put_str(o, "sha256", m.hash);
    json_put_str(o, "signature", m.signature);
    json_put_str(o, "signer", m.signer);
    json_put_int(o, "revision", m.revision);
    return api_send(c, rq, rs, o, e);
}
