/*
 * Files of sources (G12): the inbox as a list, taking one, and one file: its sums beside what it
 * says itself, its faults, the way to have it released by two, other files of its day.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "finance/intake_keep.h"
#include "finance/intake_release.h"
#include "http/form.h"
#include "http/multipart.h"
#include "web/input.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

#define BEGINNING_BYTES 2000
#define BESIDE_MAX      20

enum {
    COL_NAME,
    COL_SOURCE,
    COL_DAY,
    COL_STATE,
    COL_FORM,
    COL_SEQ,
    COL_REVISION,
    COL_LINES,
    COL_GROSS,
    COL_RECEIVED,
    COL_ACTOR
};
static const struct table_column columns[] = {
    [COL_NAME] = { .name = "name", .text = "files.name", .kind = TABLE_LINK, .wraps = true },
    [COL_SOURCE] = { .name = "source", .text = "files.source", .kind = TABLE_TEXT },
    [COL_DAY] = { .name = "day", .text = "files.day", .kind = TABLE_DAY },
    [COL_STATE] = { .name = "state", .text = "files.state", .kind = TABLE_STATE },
    [COL_FORM] = { .name = "form", .text = "files.form", .kind = TABLE_TEXT },
    [COL_SEQ] = { .name = "seq", .text = "files.seq", .kind = TABLE_COUNT, .wide_only = true },
    [COL_REVISION] = { .name = "revision",
                       .text = "files.revision",
                       .kind = TABLE_COUNT,
                       .wide_only = true },
    [COL_LINES] = { .name = "lines", .text = "files.lines", .kind = TABLE_COUNT },
    [COL_GROSS] = { .name = "gross", .text = "files.gross", .kind = TABLE_MONEY },
    [COL_RECEIVED] = { .name = "received", .text = "files.received", .kind = TABLE_TIME },
    [COL_ACTOR] = { .name = "actor", .text = "files.actor", .kind = TABLE_TEXT, .wide_only = true },
};
static const struct table_filter filters[] = {
    { .name = "state",
      .text = "files.state",
      .kind = TABLE_BY_CHOICE,
      .choices = "accepted quarantined superseded",
      .choice_text = "finance.file_state." },
};

static enum table_look look_of(const struct settlement_file *f)
{
    static const enum table_look looks[SETTLEMENT_STATE_COUNT] = {
        [SETTLEMENT_RECEIVED] = TABLE_WARN,
        [SETTLEMENT_ACCEPTED] = TABLE_GOOD,
        [SETTLEMENT_SUPERSEDED] = TABLE_PLAIN,
        [SETTLEMENT_QUARANTINED] = TABLE_BAD,
    };

    return looks[f->state];
}

static struct str state_text(const struct ctx *c, const struct settlement_file *f)
{
    return officer_text(c, "finance.file_state.", str_c(settlement_state_name(f->state)));
}

static struct str page_of(const struct ctx *c, int64_t n)
{
    return str_fmt(c->arena, "/finance/files/%lld", (long long)n);
}

static struct str name_of(const struct ctx *c, const struct settlement_file *f)
{
    return f->name.n > 0 ? f->name : str_fmt(c->arena, "#%lld", (long long)f->n);
}

/* The place of a row: "<received>-<number>". */
static bool place_read(struct str after, struct intake_query *q)
{
    struct str ms, n;

    return after.n == 0 || (str_cut(after, '-', &ms, &n) && str_to_i64(ms, &q->before_ms) &&
                            str_to_i64(n, &q->before_n));
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    struct intake_query ask = { .most = q->most };
    struct settlement_file *list;
    size_t n;

    ask.has_state = q->values[0].is_set && settlement_state_find(q->values[0].text, &ask.state);
    if (!place_read(q->after, &ask))
        return fail_field(e, ERR_INVALID, "after", "no place of this list");
    TRY(intake_list(&c->app->office, &ask, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const struct settlement_file *f = &list[i];
        struct table_row *row = table_row(
            rows, str_fmt(c->arena, "%lld-%lld", (long long)f->received_ms, (long long)f->n));

        table_link(row, COL_NAME, name_of(c, f), page_of(c, f->n));
        table_text(row, COL_SOURCE, f->source_id);
        table_day(row, COL_DAY, date_iso(c->arena, f->day));
        table_state(row, COL_STATE, look_of(f), state_text(c, f));
        table_text(row, COL_FORM, str_c(settlement_form_name(f->form)));
        if (f->has_chain)
            table_number(row, COL_SEQ, f->seq);
        table_number(row, COL_REVISION, f->revision);
        table_number(row, COL_LINES, f->lines);
        table_number(row, COL_GROSS, f->gross_vnd);
        table_time(row, COL_RECEIVED, f->received_ms);
        table_text(row, COL_ACTOR, officer_who(c, f->actor));
    }
    return OK;
}

static const struct table files = { .name = "files",
                                    .title = "files.title",
                                    .columns = columns,
                                    .column_count = LEN(columns),
                                    .filters = filters,
                                    .filter_count = LEN(filters),
                                    .rows = find_rows,
                                    .empty = "files.none" };

static result put_missing(struct ctx *c, struct json *data, struct err *e)
{
    struct json *rows = json_array();
    struct file_missing *list;
    size_t n;

    json_put(data, "missing", rows);
    TRY(file_missing_list(&c->app->office, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_str(o, "source", view_either(c, list[i].source->name_vi, list[i].source->name_en));
        json_put_str(o, "day", date_vn(c->arena, list[i].day));
        json_put_str(o, "deadline", clock_vn(c->arena, list[i].deadline_ms));
        json_put_bool(o, "late", list[i].is_late);
        json_add(rows, o);
    }
    return OK;
}

static void put_sources(struct ctx *c, struct json *data)
{
    const struct date today = clock_local(c->now_ms).date;
    struct json *rows = json_array();
    const struct source *s;

    for (size_t i = 0; (s = source_each(c->app->office.sources, today, i)) != NULL; i++) {
        struct json *o = json_object();

        json_put_str(o, "id", s->id);
        json_put_str(o, "name", view_either(c, s->name_vi, s->name_en));
        json_add(rows, o);
    }
    json_put(data, "sources", rows);
    json_put_bool(data, "may_load", c->staff.role >= STAFF_OFFICER);
}

/* GET /finance/files */
result page_files(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct table_page page = {
        .table = &files, .tab = "files", .page = "finance_files", .data = data
    };

    TRY(put_missing(c, data, e));
    put_sources(c, data);
    return table_answer(c, rq, rs, &page, e);
}

static struct str part_text(const struct multipart *parts, const char *name)
{
    const struct part *p = multipart_find(parts, name);

    return p != NULL ? str_trim(p->bytes) : STR("");
}

static result upload_read(struct ctx *c, const struct multipart *parts, struct intake_file *in,
                          struct err *e)
{
    const struct part *file = multipart_find(parts, "file");
    struct str day = part_text(parts, "day");
    struct date on = clock_local(c->now_ms).date;

    if (file == NULL || file->bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "no file was sent");
    if (day.n > 0)
        TRY(input_date(day, "day", &in->day, e));
    if (in->day.y != 0)
        on = in->day;
    in->source = source_find(c->app->office.sources, part_text(parts, "source"), on);
    if (in->source == NULL)
        return fail_field(e, ERR_INVALID, "source", "no source of that name on that day");
    in->name = file->file_name;
    in->bytes = file->bytes;
    in->jws = part_text(parts, "signature");
    in->actor = str_cat(c->arena, STR("staff:"), c->staff.name);
    return OK;
}

/* POST /finance/files */
result files_upload(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct intake_file in = { .source = NULL };
    struct intake_result taken;
    struct multipart parts;

    TRY(multipart_read(c->arena, request_header(rq, "Content-Type"), rq->body, &parts, e));
    TRY(upload_read(c, &parts, &in, e));
    TRY(intake_file(&c->app->office, &in, c->arena, &taken, e));
    view_redirect(rs, page_of(c, taken.file.n));
    return OK;
}

static result put_beside(struct ctx *c, struct json *data, const struct settlement_file *f,
                         struct err *e)
{
    struct json *rows = json_array();
    struct settlement_file *list;
    size_t n;

    json_put(data, "beside", rows);
    TRY(intake_of_day(&c->app->office, &f->key, BESIDE_MAX, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *o;

        if (list[i].n == f->n)
            continue;
        o = json_object();
        json_put_str(o, "url", page_of(c, list[i].n));
        json_put_str(o, "name", name_of(c, &list[i]));
        json_put_str(o, "state", state_text(c, &list[i]));
        json_put_int(o, "revision", list[i].revision);
        json_put_int(o, "more_lines", f->lines - list[i].lines);
        view_put_money(c, o, "more", f->moved_vnd - list[i].moved_vnd);
        json_add(rows, o);
    }
    return OK;
}

/* The first bytes as they came: what a person recognises a file by. Not of a spreadsheet. */
static result put_beginning(struct ctx *c, struct json *data, const struct settlement_file *f,
                            struct err *e)
{
    struct str bytes;

    if (f->form == SETTLEMENT_XLSX || c->staff.role < STAFF_OFFICER)
        return OK;
    TRY(intake_read_bytes(&c->app->office, f, 0, BEGINNING_BYTES, c->arena, &bytes, e));
    while (bytes.n > 0 && !utf8_is_valid(bytes) && bytes.n + 4 > BEGINNING_BYTES)
        bytes.n--; /* a letter that was cut */
    if (utf8_is_valid(bytes))
        json_put_str(data, "beginning", bytes);
    return OK;
}

static void put_file(struct ctx *c, struct json *data, const struct settlement_file *f)
{
    static const char *const looks[] = { "", "good", "warn", "bad" };

    json_put_str(data, "name", name_of(c, f));
    json_put_str(data, "url", page_of(c, f->n));
    json_put_str(data, "source", f->source_id);
    json_put_str(data, "account", f->key.account);
    json_put_str(data, "day", date_vn(c->arena, f->day));
    json_put_str(data, "form", str_c(settlement_form_name(f->form)));
    json_put_str(data, "look", str_c(looks[look_of(f)]));
    json_put_str(data, "state", state_text(c, f));
    json_put_str(data, "sha256", f->sha256);
    json_put_int(data, "bytes", f->bytes);
    json_put_int(data, "lines", f->lines);
    json_put_int(data, "revision", f->revision);
    view_put_money(c, data, "gross", f->gross_vnd);
    view_put_money(c, data, "moved", f->moved_vnd);
    if (f->has_chain) {
        json_put_int(data, "seq", f->seq);
        view_put_money(c, data, "opening", f->opening_vnd);
        view_put_money(c, data, "closing", f->closing_vnd);
    }
    json_put_bool(data, "is_signed", f->is_signed);
    json_put_bool(data, "crlf", f->crlf);
    json_put_str(data, "faults", f->faults);
    json_put_str(data, "actor", officer_who(c, f->actor));
    json_put_str(data, "received", clock_vn(c->arena, f->received_ms));
    json_put_str(data, "released_by", officer_who(c, f->released_by));
    json_put_str(data, "proposal", f->proposal_id);
    json_put_bool(data, "may_release",
                  f->state == SETTLEMENT_QUARANTINED && c->staff.role >= STAFF_OFFICER);
}

static result number_read(const struct request *rq, int64_t *n, struct err *e)
{
    if (!str_to_i64(request_param(rq, "n"), n) || *n < 1)
        return fail(e, ERR_NOT_FOUND, "no such file");
    return OK;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, const struct err *why,
                   struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct settlement_file f;
    int64_t n;

    TRY(number_read(rq, &n, e));
    TRY(intake_load(&c->app->office, n, c->arena, &f, e));
    put_file(c, data, &f);
    TRY(put_beside(c, data, &f, e));
    TRY(put_beginning(c, data, &f, e));
    if (why != NULL)
        officer_put_mistake(c, data, why);
    officer_put_tabs(c, data, "files");
    return view_page(c, rq, rs, "finance_file", "files.title", data, e);
}

/* GET /finance/files/{n} */
result page_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show(c, rq, rs, NULL, e);
}

/* POST /finance/files/{n} */
result file_release(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct err why = { 0 };
    struct proposal p;
    struct form form;
    int64_t n;

    TRY(number_read(rq, &n, e));
    TRY(form_body(rq, &form, e));
    if (!intake_release(&c->app->office, n, form_get(&form, "remark"), &by, &p, c->arena, &why)
             .failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/approvals/"), p.id));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, &why, e);
    *e = why;
    return (result){ true };
}
