/*
 * The day's summaries 01/TH-BLDT for the tax authority: what was made, what waits for its
 * confirmation, and until when. An officer takes the file, hands it over and enters that it was
 * confirmed; both are audited, since no interface of the authority tells it.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/receipt_summary.h"
#include "store/audit.h"
#include "web/input.h"
#include "web/officer.h"
#include "web/view.h"

#define HOUR_S 3600
#define HASH_N 12

static struct str look_of(const struct receipt_summary *s)
{
    return s->acked_ms > 0 ? STR("good") : STR("warn");
}

static const char *state_of(const struct receipt_summary *s)
{
    return s->acked_ms > 0 ? "confirmed" : s->sent_ms > 0 ? "sent" : "made";
}

static struct json *summary_row(struct ctx *c, const struct receipt_summary *s)
{
    struct json *o = json_object();
    struct date day;

    json_put_str(o, "agency", s->agency_id);
    json_put_str(o, "day", s->day);
    if (date_read(s->day, &day))
        json_put_str(o, "day_text", date_vn(c->arena, day));
    json_put_int(o, "n", s->n);
    json_put_str(o, "made", clock_vn(c->arena, s->made_ms));
    json_put_int(o, "lines", s->lines);
    view_put_money(c, o, "total", s->total_vnd);
    json_put_str(o, "state", officer_text(c, "summary.state.", str_c(state_of(s))));
    json_put_str(o, "look", look_of(s));
    json_put_bool(o, "signed", s->signed_ms > 0);
    json_put_str(o, "hash", str_sub(s->sha256, 0, HASH_N));
    if (s->sent_ms > 0)
        json_put_str(o, "sent", clock_vn(c->arena, s->sent_ms));
    if (s->acked_ms > 0)
        json_put_str(o, "acked", clock_vn(c->arena, s->acked_ms));
    json_put_str(o, "acked_by", officer_who(c, s->acked_by));
    json_put_bool(o, "may", c->staff.role >= STAFF_OFFICER && s->acked_ms == 0);
    return o;
}

/* How many are open, and how long there is for the oldest. */
static result put_deadline(struct ctx *c, struct json *data, struct err *e)
{
    int64_t count, left_s, shown_s;

    TRY(receipt_summary_open(&c->app->till, &count, &left_s, e));
    shown_s = left_s < 0 ? -left_s : left_s;
    const struct str told[] = { str_i64(c->arena, count), str_i64(c->arena, shown_s / HOUR_S),
                                str_i64(c->arena, shown_s % HOUR_S / 60) };

    json_put_str(data, "open_look",
                 count == 0   ? STR("good")
                 : left_s < 0 ? STR("bad")
                              : STR("warn"));
    json_put_str(data, "open_text",
                 view_fill(c,
                           count == 0   ? "summary.all_done"
                           : left_s < 0 ? "summary.too_late"
                                        : "summary.time_left",
                           told, LEN(told)));
    return OK;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, struct date day,
                   const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    struct receipt_summary *list;
    size_t n;

    json_put(data, "summaries", rows);
    TRY(receipt_summary_list(&c->app->till, day, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(rows, summary_row(c, &list[i]));
    json_put_str(data, "day", date_iso(c->arena, day));
    json_put_str(data, "day_text", date_vn(c->arena, day));
    json_put_str(data, "before", date_iso(c->arena, date_add_days(day, -1)));
    if (date_cmp(day, clock_today(c->app->clock)) < 0)
        json_put_str(data, "after", date_iso(c->arena, date_add_days(day, 1)));
    TRY(put_deadline(c, data, e));
    officer_put_mistake(c, data, why);
    officer_put_tabs(c, data, "summaries");
    TRY(view_page(c, rq, rs, "finance_summaries", "summary.title", data, e));
    view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/summaries?day= */
result page_summaries(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };
    struct date day = clock_today(c->app->clock);
    struct form query;

    TRY(form_query(rq, &query, e));
    if (form_get(&query, "day").n > 0)
        TRY(input_date(form_get(&query, "day"), "day", &day, e));
    return show(c, rq, rs, day, &none, e);
}

static result find(struct ctx *c, const struct request *rq, struct str number, struct date *day,
                   struct receipt_summary *out, struct err *e)
{
    int64_t n;

    TRY(input_date(request_param(rq, "date"), "date", day, e));
    if (!str_to_i64(number, &n))
        return fail(e, ERR_NOT_FOUND, "no such summary");
    return receipt_summary_load(&c->app->till, request_param(rq, "agency"), *day, n, c->arena, out,
                                e);
}

static result audit(struct ctx *c, const struct receipt_summary *s, const char *what, struct err *e)
{
    const struct order_cause by = officer_cause(c);
    const struct audit_event ev = { .actor = by.actor,
                                    .action = str_c(what),
                                    .subject =
                                        str_fmt(c->arena, "%.*s %.*s %lld", STR_ARG(s->agency_id),
                                                STR_ARG(s->day), (long long)s->n),
                                    .request_id = by.request_id,
                                    .ip = by.ip };

    return audit_write(c->app->till.store, c->now_ms, &ev, e);
}

/* GET /finance/summaries/{agency}/{date}/{file}: "1.xml", "1.csv", "1.xlsx" */
result summary_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char sheet[] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    const struct str file = request_param(rq, "file");
    const char *type = "application/xml";
    struct receipt_summary s;
    struct str number, form, bytes;
    struct date day;

    if (!str_cut(file, '.', &number, &form))
        return fail(e, ERR_NOT_FOUND, "no such file");
    TRY(find(c, rq, number, &day, &s, e));
    bytes = s.xml;
    if (str_is(form, "csv")) {
        type = "text/csv; charset=utf-8";
        TRY(receipt_summary_csv(&c->app->till, &s, c->arena, &bytes, e));
    } else if (str_is(form, "xlsx")) {
        type = sheet;
        TRY(receipt_summary_xlsx(&c->app->till, &s, c->arena, &bytes, e));
    } else if (!str_is(form, "xml")) {
        return fail(e, ERR_NOT_FOUND, "no such file");
    }
    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "attachment; filename=\"01-TH-BLDT_%.*s_%.*s_%lld.%.*s\"",
                            STR_ARG(s.agency_id), STR_ARG(s.day), (long long)s.n, STR_ARG(form)));
    response_body(rs, 200, type, bytes);
    return OK;
}

static result act(struct ctx *c, const struct form *form, const struct receipt_summary *s,
                  struct err *e)
{
    const struct till *t = &c->app->till;
    const struct str what = form_get(form, "act");

    if (s->acked_ms > 0)
        return fail(e, ERR_WRONG_STATE, "confirmed already");
    if (str_is(what, "sent")) {
        TRY(receipt_summary_sent(t, s, e));
        return audit(c, s, "receipt_summary.sent", e);
    }
    if (!str_is(what, "confirmed"))
        return fail_field(e, ERR_INVALID, "act", "no such act");
    TRY(receipt_summary_ack(t, s, officer_cause(c).actor, e));
    return audit(c, s, "receipt_summary.confirmed", e);
}

/* POST /finance/summaries/{agency}/{date}/{file}: {file} is its number */
result summary_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct receipt_summary s;
    struct form form;
    struct date day;

    TRY(form_body(rq, &form, e));
    TRY(find(c, rq, request_param(rq, "file"), &day, &s, e));
    if (!act(c, &form, &s, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/summaries?day="), s.day));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, day, &why, e);
    *e = why;
    return (result){ true };
}
