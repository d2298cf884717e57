/*
 * The officer's day: what was captured here, what the payment portal's file says, and what differs.
 * The figures and the verdict are finance/reconcile.h's; these pages show them and take files.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/intake_fetch.h"
#include "finance/reconcile.h"
#include "http/form.h"
#include "http/multipart.h"
#include "web/input.h"
#include "web/officer.h"
#include "web/page_run.h"
#include "web/view.h"

#define DAYS_SHOWN 60

/* Word, and look (a class of the style sheet): state is never told by colour alone. */
void finance_put_verdict(struct ctx *c, struct json *o, const struct reconcile_day *day)
{
    static const char *const looks[] = {
        [RECONCILE_NO_VERDICT] = "warn",   [RECONCILE_INCOMPLETE] = "bad",
        [RECONCILE_BREAKS] = "bad",        [RECONCILE_WITH_WARNINGS] = "warn",
        [RECONCILE_WITH_PENDING] = "warn", [RECONCILE_RECONCILED] = "good",
    };
    const struct str key =
        str_fmt(c->arena, "finance.verdict_text.%s", reconcile_verdict_name(day->verdict));

    _Static_assert(LEN(looks) == RECONCILE_VERDICT_COUNT, "a look for each verdict");
    json_put_str(o, "verdict_look", str_c(looks[day->verdict]));
    json_put_str(o, "verdict_text", view_text(c, str_cstr(c->arena, key)));
    if (day->reason.n > 0)
        json_put_str(o, "verdict_note",
                     view_text(c, str_cstr(c->arena, str_cat(c->arena, STR("finance.reason."),
                                                             day->reason))));
}

static struct json *day_row(struct ctx *c, const struct reconcile_day *day)
{
    struct json *row = json_object();

    json_put_str(row, "date", date_iso(c->arena, day->day));
    json_put_str(row, "date_text", date_vn(c->arena, day->day));
    finance_put_verdict(c, row, day);
    view_put_money(c, row, "captured", day->captured_vnd);
    view_put_money(c, row, "in_file", day->file_vnd);
    json_put_int(row, "open", day->open_count);
    return row;
}

/* GET /finance */
result page_finance(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    struct reconcile_day *days;
    size_t n;

    json_put(data, "days", rows);
    TRY(reconcile_days(&c->app->till, DAYS_SHOWN, c->arena, &days, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(rows, day_row(c, &days[i]));
    officer_put_tabs(c, data, "days");
    return view_page(c, rq, rs, "finance", "finance.title", data, e);
}

static result read_day(const struct request *rq, struct date *day, struct err *e)
{
    return input_date(request_param(rq, "date"), "date", day, e);
}

/* GET /finance/{date}: where the day of the portal was shown before. */
result page_finance_day(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct date date;

    TRY(read_day(rq, &date, e));
    view_redirect(rs, str_fmt(c->arena, "/finance/days/" SETTLEMENT_PROVIDER "/%.*s",
                              STR_ARG(date_iso(c->arena, date))));
    return OK;
}

static void tell(struct ctx *c, struct response *rs, struct date day, const char *what)
{
    view_redirect(rs, str_fmt(c->arena, "/finance/days/" SETTLEMENT_PROVIDER "/%.*s?told=%s",
                              STR_ARG(date_iso(c->arena, day)), what));
}

static void tell_taken(struct ctx *c, struct response *rs, struct date day,
                       const struct intake_result *taken)
{
    tell(c, rs, day, taken->known ? "same" : taken->quarantined ? "quarantined" : "loaded");
}

static struct str actor_of(const struct ctx *c)
{
    return str_cat(c->arena, STR("staff:"), c->staff.name);
}

/* POST /finance/{date}/file */
result finance_upload(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct intake_file in;
    struct intake_result taken;
    struct multipart parts;
    const struct part *file;
    struct date day;

    TRY(read_day(rq, &day, e));
    TRY(multipart_read(c->arena, request_header(rq, "Content-Type"), rq->body, &parts, e));
    file = multipart_find(&parts, "file");
    if (file == NULL || file->bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "no file was sent");
    in = (struct intake_file){ .source =
                                   source_find(c->app->office.sources, STR(SOURCE_PORTAL), day),
                               .day = day,
                               .name = file->file_name,
                               .bytes = file->bytes,
                               .jws = STR(""),
                               .actor = actor_of(c) };
    if (in.source == NULL)
        return fail_field(e, ERR_INVALID, "source", "no source " SOURCE_PORTAL " on that day");
    TRY(intake_file(&c->app->office, &in, c->arena, &taken, e));
    tell_taken(c, rs, day, &taken);
    return OK;
}

/* POST /finance/{date}/fetch */
result finance_fetch(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct intake_result taken;
    struct intake_ask ask;
    struct date day;
    result r;

    TRY(read_day(rq, &day, e));
    ask = (struct intake_ask){ source_find(c->app->office.sources, STR(SOURCE_PORTAL), day), day,
                               actor_of(c) };
    r = ask.source != NULL ? intake_fetch(&c->app->office, &ask, c->arena, &taken, e)
                           : fail(e, ERR_NOT_FOUND, "no source of that day");
    if (r.failed && e->code == ERR_NOT_FOUND) {
        tell(c, rs, day, "absent");
        return OK;
    }
    TRY(r);
    tell_taken(c, rs, day, &taken);
    return OK;
}
