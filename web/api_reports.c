/*
 * Reports for systems. Attacker: a registered system that reads another body's figures; promised:
 * only of agencies that it is registered for, with scope reports:read.
 */
#include "auth/client.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
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
