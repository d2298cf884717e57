/*
 * Reports for systems. Attacker: a registered system that reads another body's figures; promised:
 * only of agencies that it is registered for, with scope reports:read.
 */
#include "auth/client.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/report_dossier.h"
#include "finance/report_file.h"
#include "payments/receipt_summary.h"
#include "web/api.h"
#include "web/view.h"

static struct json *summary_json(const struct receipt_summary *s, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "agency_id", s->agency_id);
    json_put_str(o, "day", s->day);
    json_put_int(o, "number", s->n);
    json_put_str(o, "state",
                 s->acked_ms > 0  ? STR("confirmed")
                 : s->sent_ms > 0 ? STR("sent")
                                  : STR("made"));
    json_put_int(o, "lines", s->lines);
    json_put_int(o, "total_vnd", s->total_vnd);
    json_put_str(o, "sha256", s->sha256);
    json_put_bool(o, "signed", s->signed_ms > 0);
    json_put_str(o, "made_at", clock_rfc3339(a, s->made_ms));
    if (s->sent_ms > 0)
        json_put_str(o, "sent_at", clock_rfc3339(a, s->sent_ms));
    if (s->acked_ms > 0)
        json_put_str(o, "confirmed_at", clock_rfc3339(a, s->acked_ms));
    return o;
}

/* GET /v1/reports/th-bldt */
result api_report_summaries(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct date day = clock_today(c->app->clock);
    struct receipt_summary *list;
    struct json *body, *data;
    struct client client;
    struct form query;
    struct str agency;
    size_t n;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    agency = form_get(&query, "agency");
    if (form_get(&query, "day").n > 0 && !date_read(form_get(&query, "day"), &day))
        return fail_field(e, ERR_INVALID, "day", "not a day");
    TRY(client_load(&c->app->auth, c->arena, c->access.client_id, &client, e));
    if (agency.n > 0 && !client_may_agency(&client, agency))
        return fail_field(e, ERR_FORBIDDEN, "agency", "not registered for this agency");
    TRY(receipt_summary_list(&c->app->till, day, c->arena, &list, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n; i++)
        if (client_may_agency(&client, list[i].agency_id) &&
            (agency.n == 0 || str_eq(agency, list[i].agency_id)))
            json_add(data, summary_json(&list[i], c->arena));
    json_put_str(body, "day", date_iso(c->arena, day));
    json_put(body, "data", data);
    return api_send(c, rq, rs, body, e);
}

/* ---- figures ---- */

static result figures_query(struct ctx *c, const struct request *rq, const struct form *form,
                            struct report_query *q, struct err *e)
{
    const struct str by = form_get(form, "by"), from = form_get(form, "from");
    const struct str to = form_get(form, "to");

    *q = (struct report_query){ .name = request_param(rq, "report"),
                                .agency = form_get(form, "agency"),
                                .procedure = form_get(form, "procedure"),
                                .language = c->language,
                                .to = clock_today(c->app->clock) };
    if (to.n > 0 && !date_read(to, &q->to))
        return fail_field(e, ERR_INVALID, "to", "not a day");
    q->from = date_add_days(q->to, -29);
    if (from.n > 0 && !date_read(from, &q->from))
        return fail_field(e, ERR_INVALID, "from", "not a day");
    for (enum report_by i = REPORT_BY_DAY; i <= REPORT_BY_KIND; i++)
        if (report_has_by(q->name, i)) {
            q->by = i;
            break;
        }
    if (by.n > 0 && !report_by_find(by, &q->by))
        return fail_field(e, ERR_INVALID, "by", "no such breakdown");
    return OK;
}

static struct json *figures_json(const struct report_print *p, struct arena *a)
{
    DEFER(json_close) struct json *of = report_json(p->table, a);
    struct json *o = json_object(), *rows = json_array();

    for (size_t r = 0; r < p->table->row_count; r++) {
        const struct json *given = json_at(json_member(of, "rows"), r);
        struct json *row = json_object(), *cells = json_array();

        for (size_t i = 0; i < json_count(given); i++) {
            struct str text = STR("");
            int64_t n;

            if (json_int(json_at(given, i), &n))
                text = str_i64(a, n);
            else
                (void)json_str(json_at(given, i), &text);
            json_add_str(cells, text);
        }
        json_put(row, "cells", cells);
        json_add(rows, row);
    }
    json_put_str(o, "report", str_c(p->table->name));
    json_put_str(o, "from", date_iso(a, p->query->from));
    json_put_str(o, "to", date_iso(a, p->query->to));
    json_put(o, "columns", json_copy(json_member(of, "columns")));
    json_put(o, "rows", rows);
    json_put_bool(o, "has_total", p->table->has_total);
    return o;
}

/* GET /v1/reports/{report} */
result api_report(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    enum report_form form = REPORT_JSON;
    struct report_table table;
    struct report_query q;
    struct client client;
    struct form query;
    struct str bytes;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(figures_query(c, rq, &query, &q, e));
    TRY(client_load(&c->app->auth, c->arena, c->access.client_id, &client, e));
    if (client.agencies.n > 0 && (q.agency.n == 0 || !client_may_agency(&client, q.agency)))
        return fail_field(e, ERR_FORBIDDEN, "agency", "not registered for this agency");
    if (form_get(&query, "format").n > 0)
        (void)report_form_find(form_get(&query, "format"), &form);
    TRY(report_make(&c->app->office, &q, c->arena, &table, e));
    const struct report_print print = {
        .table = &table, .query = &q, .texts = view_catalog(c), .made_ms = c->now_ms
    };

    if (form == REPORT_JSON)
        return api_send(c, rq, rs, figures_json(&print, c->arena), e);
    TRY(report_file(&print, form, c->arena, &bytes, e));
    response_body(rs, 200, report_form_type(form), bytes);
    return OK;
}

/* ---- dossiers ---- */

static result dossier_read(const struct json *o, const struct client *client, struct dossier *d,
                           struct err *e)
{
    const struct json *fees = json_member(o, "fees");
    struct str received = STR(""), started = STR("");
    bool verified = false;

    *d = (struct dossier){ .status = -1, .online = -1, .verified = -1 };
    TRY(json_need_str(o, "agency_id", 32, &d->agency_id, e));
    TRY(json_need_str(o, "reference", 50, &d->reference, e));
    TRY(json_need_str(o, "procedure", 60, &d->procedure, e));
    TRY(json_need_str(o, "received_on", 10, &received, e));
    TRY(json_want_str(o, "started_on", 10, &started, e));
    if (!date_read(received, &d->received_on))
        return fail_field(e, ERR_INVALID, "received_on", "not a day");
    d->started_on = d->received_on;
    if (started.n > 0 && !date_read(started, &d->started_on))
        return fail_field(e, ERR_INVALID, "started_on", "not a day");
    TRY(json_want_int(o, "status", 0, 99, &d->status, e));
    TRY(json_want_int(o, "paid_online", 0, 2, &d->online, e));
    TRY(json_want_bool(o, "verified", &verified, e));
    if (json_member(o, "verified") != NULL)
        d->verified = verified ? 1 : 0;
    for (size_t i = 0; i < json_count(fees); i++) {
        int64_t vnd;

        if (!api_money(json_member(json_at(fees, i), "amount_vnd"), &vnd) || vnd < 0)
            return fail_field(e, ERR_INVALID, "amount_vnd", "not an amount");
        d->fee = vnd > 0 || d->fee == DOSSIER_TO_PAY ? DOSSIER_TO_PAY : DOSSIER_ALL_ZERO;
    }
    if (!client_may_agency(client, d->agency_id))
        return fail_field(e, ERR_FORBIDDEN, "agency_id", "not registered for this agency");
    return OK;
}

/* POST /v1/dossiers */
result api_dossiers(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    const struct json *list;
    struct dossier *dossiers;
    struct client client;
    struct json *told;

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(client_load(&c->app->auth, c->arena, c->access.client_id, &client, e));
    list = json_member(body, "dossiers");
    dossiers = arena_array(c->arena, struct dossier, json_count(list) + 1);
    for (size_t i = 0; i < json_count(list); i++)
        TRY(dossier_read(json_at(list, i), &client, &dossiers[i], e));
    TRY(dossiers_keep(&c->app->till, dossiers, json_count(list), e));
    told = json_object();
    json_put_int(told, "taken", (int64_t)json_count(list));
    return api_send(c, rq, rs, told, e);
}
