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
#include "web/view.h"

#define DAYS_SHOWN   60
#define DIGEST_SHOWN 16

/* Word, and look (a class of the style sheet): state is never told by colour alone. */
static void put_verdict(struct ctx *c, struct json *o, const struct reconcile_day *day)
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
    put_verdict(c, row, day);
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

static void put_exceptions(struct ctx *c, struct json *data, const struct reconcile_day *day)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < day->exception_count; i++) {
        const struct exception *x = &day->exceptions[i];
        struct json *row = json_object();

        json_put_str(row, "class", str_c(match_name(x->class)));
        json_put_str(row, "class_text", view_text(c, match_text(x->class)));
        json_put_str(row, "reference", x->reference.n > 0 ? x->reference : x->portal_txn);
        view_put_money(c, row, "ours", x->ours_vnd);
        view_put_money(c, row, "theirs", x->theirs_vnd);
        view_put_money(c, row, "difference", x->difference_vnd);
        if (x->line > 0)
            json_put_int(row, "line", x->line);
        json_add(rows, row);
    }
    json_put(data, "exceptions", rows);
}

static void put_files(struct ctx *c, struct json *data, const struct reconcile_day *day)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < day->file_list_count; i++) {
        const struct settlement_file *f = &day->files[i];
        struct json *row = json_object();

        json_put_str(row, "form", str_c(settlement_form_name(f->form)));
        json_put_str(row, "name", f->name);
        json_put_str(row, "state",
                     view_text(c, str_cstr(c->arena, str_fmt(c->arena, "finance.file_state.%s",
                                                             settlement_state_name(f->state)))));
        json_put_int(row, "lines", f->lines);
        json_put_str(row, "digest", str_sub(f->sha256, 0, DIGEST_SHOWN));
        json_put_str(row, "faults", f->faults);
        json_add(rows, row);
    }
    json_put(data, "files", rows);
}

static void put_day(struct ctx *c, struct json *data, const struct reconcile_day *day)
{
    json_put_str(data, "date", date_iso(c->arena, day->day));
    json_put_str(data, "date_text", date_vn(c->arena, day->day));
    put_verdict(c, data, day);
    view_put_money(c, data, "captured", day->captured_vnd);
    json_put_int(data, "captured_count", day->captured_count);
    view_put_money(c, data, "in_file", day->file_vnd);
    json_put_int(data, "file_count", day->file_count);
    view_put_money(c, data, "matched", day->matched_vnd);
    json_put_int(data, "matched_count", day->matched_count);
    view_put_money(c, data, "residual", day->residual_vnd);
    put_exceptions(c, data, day);
    put_files(c, data, day);
    json_put_bool(data, "may_load", c->staff.role >= STAFF_OFFICER);
}

/* What the redirect after a file says: ?told=loaded, same, quarantined or absent. */
static void put_message(struct ctx *c, struct json *data, const struct request *rq)
{
    static const char *const known[] = { "loaded", "same", "quarantined", "absent" };
    struct form query;

    if (form_query(rq, &query, NULL).failed)
        return;
    for (size_t i = 0; i < LEN(known); i++) {
        if (!str_is(form_get(&query, "told"), known[i]))
            continue;
        json_put_str(
            data, "message",
            view_text(c, str_cstr(c->arena, str_fmt(c->arena, "finance.told.%s", known[i]))));
        json_put_str(data, "message_look", i < 2 ? STR("good") : STR("bad"));
    }
}

static result read_day(const struct request *rq, struct date *day, struct err *e)
{
    return input_date(request_param(rq, "date"), "date", day, e);
}

/* GET /finance/{date} */
result page_finance_day(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct reconcile_day day;
    struct date date;

    TRY(read_day(rq, &date, e));
    TRY(reconcile_day(&c->app->till, date, c->arena, &day, e));
    put_day(c, data, &day);
    put_message(c, data, rq);
    officer_put_tabs(c, data, "days");
    return view_page(c, rq, rs, "finance_day", "finance.title", data, e);
}

static void tell(struct ctx *c, struct response *rs, struct date day, const char *what)
{
    view_redirect(
        rs, str_fmt(c->arena, "/finance/%.*s?told=%s", STR_ARG(date_iso(c->arena, day)), what));
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
    struct intake_result taken;
    struct multipart parts;
    const struct part *file;
    struct date day;

    TRY(read_day(rq, &day, e));
    TRY(multipart_read(c->arena, request_header(rq, "Content-Type"), rq->body, &parts, e));
    file = multipart_find(&parts, "file");
    if (file == NULL || file->bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "no file was sent");
    TRY(intake_take(&c->app->till, day, file->file_name, file->bytes, actor_of(c), c->arena, &taken,
                    e));
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
