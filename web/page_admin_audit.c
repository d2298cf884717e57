/*
 * The audit log, for auditors and administrators: by time, by whom, about what, and as a file for a
 * spreadsheet. A cell that a spreadsheet would take for a formula gets an apostrophe.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/audit_view.h"
#include "web/input.h"
#include "web/view.h"

#define ROWS_SHOWN    50
#define ROWS_EXPORTED 5000 /* of one file: about 1.5 MB */
#define DAY_MS        86400000

struct ask {
    struct str by, value, from, to, before;
    struct audit_query query;
};

static result read_place(struct str text, struct audit_place *out, struct err *e)
{
    struct str at, rest, slot, seq;

    if (!str_cut(text, '.', &at, &rest) || !str_cut(rest, '.', &slot, &seq) ||
        !str_to_i64(at, &out->at_ms) || !str_to_i64(slot, &out->slot) ||
        !str_to_i64(seq, &out->seq))
        return fail_field(e, ERR_INVALID, "before", "no place in the log");
    return OK;
}

static result read_times(struct ctx *c, struct ask *a, struct err *e)
{
    struct date day;

    a->query.before = audit_place_at(c->now_ms + 1);
    if (a->from.n > 0) {
        TRY(input_date(a->from, "from", &day, e));
        a->query.from_ms = clock_day_start_ms(day);
    }
    if (a->to.n > 0) {
        TRY(input_date(a->to, "to", &day, e));
        a->query.before = audit_place_at(clock_day_start_ms(day) + DAY_MS);
    }
    return a->before.n > 0 ? read_place(a->before, &a->query.before, e) : OK;
}

static result read_ask(struct ctx *c, const struct request *rq, size_t rows_max, struct ask *out,
                       struct err *e)
{
    struct ask a = { .by = STR("") };
    int64_t rows = 0;
    struct form f;

    TRY(form_query(rq, &f, e));
    a.by = form_get(&f, "by");
    a.value = str_trim(form_get(&f, "value"));
    a.from = form_get(&f, "from");
    a.to = form_get(&f, "to");
    a.before = form_get(&f, "before");
    a.query.rows_max = rows_max;
    if (form_has(&f, "rows")) { /* fewer */
        if (!str_to_i64(form_get(&f, "rows"), &rows) || rows < 1 || rows > (int64_t)rows_max)
            return fail_field(e, ERR_INVALID, "rows", "1 to %zu", rows_max);
        a.query.rows_max = (size_t)rows;
    }
    if (str_is(a.by, "subject"))
        a.query.subject = a.value;
    else
        a.query.actor = a.value;
    TRY(read_times(c, &a, e));
    *out = a;
    return OK;
}

static struct str more_url(struct ctx *c, const struct ask *a, const char *path,
                           const struct audit_place *from)
{
    struct pair fields[5] = {
        { STR("by"), a->by },
        { STR("value"), a->value },
        { STR("from"), a->from },
        { STR("to"), a->to },
    };
    size_t n = 4;

    if (from != NULL)
        fields[n++] = (struct pair){ STR("before"),
                                     str_fmt(c->arena, "%lld.%lld.%lld", (long long)from->at_ms,
                                             (long long)from->slot, (long long)from->seq) };
    return url_with(c->arena, str_c(path), fields, n);
}

static struct json *row_shown(struct ctx *c, const struct audit_row *r)
{
    struct json *row = json_object();

    json_put_str(row, "at", clock_vn(c->arena, r->place.at_ms));
    json_put_str(row, "actor", r->actor);
    json_put_str(row, "action", r->action);
    json_put_str(row, "subject", r->subject);
    if (r->ip.n > 0)
        json_put_str(row, "from",
                     str_fmt(c->arena, "%.*s : %lld", STR_ARG(r->ip), (long long)r->port));
    json_put_str(row, "detail", r->detail);
    return row;
}

static void put_form(struct json *data, const struct ask *a)
{
    json_put_bool(data, "by_subject", str_is(a->by, "subject"));
    json_put_str(data, "value", a->value);
    json_put_str(data, "from", a->from);
    json_put_str(data, "to", a->to);
}

/* GET /admin/audit */
result page_admin_audit(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    struct audit_row *list;
    struct ask a;
    size_t n;

    json_put(data, "rows", rows);
    TRY(read_ask(c, rq, ROWS_SHOWN, &a, e));
    TRY(audit_view(c->app->stores.sql, c->arena, &a.query, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(rows, row_shown(c, &list[i]));
    put_form(data, &a);
    if (n == a.query.rows_max)
        json_put_str(data, "older", more_url(c, &a, "/admin/audit", &list[n - 1].place));
    json_put_str(data, "export_most", str_i64(c->arena, ROWS_EXPORTED));
    json_put_str(data, "export", more_url(c, &a, "/admin/audit/export", NULL));
    return view_page(c, rq, rs, "admin_audit", "admin.audit", data, e);
}

static void put_cell(struct buf *b, struct str text, char after)
{
    buf_csv(b, text);
    buf_putc(b, after);
}

static void put_line(struct ctx *c, struct buf *b, const struct audit_row *r)
{
    put_cell(b, clock_rfc3339(c->arena, r->place.at_ms), ',');
    put_cell(b, r->actor, ',');
    put_cell(b, r->action, ',');
    put_cell(b, r->subject, ',');
    put_cell(b, r->request_id, ',');
    put_cell(b, r->ip, ',');
    put_cell(b, str_i64(c->arena, r->port), ',');
    put_cell(b, r->detail, '\r');
    buf_putc(b, '\n');
}

/* The last line of a file that is full: where the rest is, so that nobody takes a part for all. */
static void put_rest(struct ctx *c, struct buf *b, const struct ask *a,
                     const struct audit_place *last)
{
    const struct str url = str_cat(c->arena, c->app->auth.conf->service.issuer,
                                   more_url(c, a, "/admin/audit/export", last));

    put_cell(b, clock_rfc3339(c->arena, last->at_ms), ',');
    put_cell(b, STR(""), ',');
    put_cell(b, STR("audit.older"), ',');
    put_cell(b, url, ',');
    put_cell(b, STR(""), ',');
    put_cell(b, STR(""), ',');
    put_cell(b, STR(""), ',');
    put_cell(b, view_text(c, "admin.export_rest"), '\r');
    buf_putc(b, '\n');
}

/* GET /admin/audit/export: written down before anything is told. */
result admin_audit_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct buf b = buf_make(c->arena, LIMIT_PAGE_BYTES);
    struct audit_row *list;
    struct str file;
    struct ask a;
    size_t n;

    TRY(read_ask(c, rq, ROWS_EXPORTED, &a, e));
    TRY(auth_audit(&c->app->auth, &c->visit, str_cat(c->arena, STR("staff:"), c->staff.name),
                   "audit.export", a.value.n > 0 ? a.value : STR("all"), NULL, e));
    TRY(audit_view(c->app->stores.sql, c->arena, &a.query, &list, &n, e));
    buf_puts(&b, "\xEF\xBB\xBFtime,actor,action,subject,request,ip,port,detail\r\n");
    for (size_t i = 0; i < n; i++)
        put_line(c, &b, &list[i]);
    if (n == a.query.rows_max)
        put_rest(c, &b, &a, &list[n - 1].place);
    TRY(buf_end(&b, &file, e));
    response_header(rs, "Content-Disposition", STR("attachment; filename=\"audit.csv\""));
    response_body(rs, 200, "text/csv; charset=utf-8", file);
    return OK;
}
