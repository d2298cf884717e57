/*
 * Reports: the figures of a period with their plots, each report by itself as a list, the dossiers
 * behind the indicators, and reports that were kept. What a figure means stands in
 * finance/report.h.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/report_766.h"
#include "finance/report_file.h"
#include "finance/report_kept.h"
#include "http/form.h"
#include "payments/fee.h"
#include "store/audit.h"
#include "web/input.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

#define DAYS_FIRST  30 /* what is shown when nothing was chosen */
#define KEPT_DAYS   62
#define HASH_N      12
#define BESIDE_ROWS 40 /* of the table beside a plot; the report's own page has all */

static const char *const asked[] = { "from", "to", "agency", "procedure", "by", "why", NULL };

struct asking {
    struct form form;
    struct report_query query;
};

static result read_days(struct ctx *c, struct asking *k, struct err *e)
{
    const struct str from = form_get(&k->form, "from"), to = form_get(&k->form, "to");
    const struct date today = clock_local(c->now_ms).date;

    k->query.to = today;
    if (to.n > 0)
        TRY(input_date(to, "to", &k->query.to, e));
    k->query.from = date_add_days(k->query.to, 1 - DAYS_FIRST);
    if (from.n > 0)
        TRY(input_date(from, "from", &k->query.from, e));
    return OK;
}

static result read_query(struct ctx *c, const struct request *rq, struct asking *k, struct err *e)
{
    *k = (struct asking){ .query = { .language = c->language } };
    TRY(form_query(rq, &k->form, e));
    TRY(read_days(c, k, e));
    k->query.agency = form_get(&k->form, "agency");
    k->query.procedure = form_get(&k->form, "procedure");
    return OK;
}

/* The first breakdown, or the one that was asked for. */
static result read_by(struct asking *k, struct err *e)
{
    const struct str by = form_get(&k->form, "by");

    for (enum report_by i = REPORT_BY_DAY; i <= REPORT_BY_KIND; i++)
        if (report_has_by(k->query.name, i)) {
            k->query.by = i;
            break;
        }
    if (by.n > 0 && !report_by_find(by, &k->query.by))
        return fail_field(e, ERR_INVALID, "by", "no such breakdown");
    return OK;
}

/* "?from=..&to=..&by=..": codes of agencies and procedures are letters, digits, dots and hyphens,
 * and what is none is left out. */
static struct str query_text(struct ctx *c, const struct report_query *q)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    struct str s =
        str_fmt(c->arena, "?from=%.*s&to=%.*s&by=%s", STR_ARG(date_iso(c->arena, q->from)),
                STR_ARG(date_iso(c->arena, q->to)), report_by_name(q->by));

    if (q->agency.n > 0 && str_all_in(q->agency, safe))
        s = str_fmt(c->arena, "%.*s&agency=%.*s", STR_ARG(s), STR_ARG(q->agency));
    if (q->procedure.n > 0 && str_all_in(q->procedure, safe))
        s = str_fmt(c->arena, "%.*s&procedure=%.*s", STR_ARG(s), STR_ARG(q->procedure));
    return s;
}

static void put_choices(struct ctx *c, struct json *data, const struct report_query *q)
{
    struct json *agencies = json_array(), *procedures = json_array();
    struct fee_procedure *all;
    struct fee_agency agency;
    size_t n;

    for (size_t i = 0; fee_agency_at(c->app->fees, i, q->to, &agency); i++) {
        struct json *o = json_object();

        json_put_str(o, "id", agency.id);
        json_put_str(o, "name", view_either(c, agency.name_vi, agency.name_en));
        json_put_bool(o, "here", str_eq(agency.id, q->agency));
        json_add(agencies, o);
    }
    fee_procedures(c->app->fees, q->to, c->arena, &all, &n);
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_str(o, "code", all[i].code);
        json_put_str(o, "name", view_either(c, all[i].name_vi, all[i].name_en));
        json_put_bool(o, "here", str_eq(all[i].code, q->procedure));
        json_add(procedures, o);
    }
    json_put(data, "agencies", agencies);
    json_put(data, "procedures", procedures);
    json_put_str(data, "from", date_iso(c->arena, q->from));
    json_put_str(data, "to", date_iso(c->arena, q->to));
}

static void put_table(struct ctx *c, struct json *o, const struct report_table *t)
{
    struct json *heads = json_array(), *rows = json_array();
    const size_t shown = t->row_count <= BESIDE_ROWS ? t->row_count : BESIDE_ROWS;

    for (size_t i = 0; i < t->column_count; i++) {
        struct json *h = json_object();

        json_put_str(h, "text", officer_text(c, "report.col.", str_c(t->columns[i].name)));
        json_put_bool(h, "number", t->columns[i].kind >= REPORT_MONEY);
        json_add(heads, h);
    }
    for (size_t r = 0; r < shown; r++) {
        struct json *row = json_object(), *cells = json_array();

        for (size_t i = 0; i < t->column_count; i++) {
            struct json *cell = json_object();

            json_put_str(cell, "text", report_cell_text(t, r, i, view_catalog(c), c->arena));
            json_put_str(cell, "label", officer_text(c, "report.col.", str_c(t->columns[i].name)));
            json_put_bool(cell, "number", t->columns[i].kind >= REPORT_MONEY);
            json_put_bool(cell, "first", i == 0);
            json_add(cells, cell);
        }
        json_put(row, "cells", cells);
        json_put_bool(row, "total", t->has_total && r + 1 == t->row_count);
        json_add(rows, row);
    }
    json_put(o, "heads", heads);
    json_put(o, "rows", rows);
    json_put_bool(o, "cut", shown < t->row_count);
}

static void put_links(struct ctx *c, struct json *o, const struct report_query *q)
{
    const struct str query = query_text(c, q);

    json_put_str(o, "query", query);
    json_put_str(o, "name", q->name);
    json_put_str(o, "title", officer_text(c, "report.name.", q->name));
    json_put_str(o, "by_text", officer_text(c, "report.by.", str_c(report_by_name(q->by))));
}

static result put_card(struct ctx *c, struct json *cards, const struct report_query *q,
                       struct err *e)
{
    struct json *o;
    struct report_table t;

    TRY(report_make(&c->app->office, q, c->arena, &t, e));
    o = json_object();
    put_links(c, o, q);
    json_put_bool(o, "plot", report_has_plot(&t));
    json_put_bool(o, "indicators", str_is(q->name, "qd766"));
    put_table(c, o, &t);
    json_add(cards, o);
    return OK;
}

static const struct {
    const char *name;
    enum report_by by;
} shown[] = { { "collections", REPORT_BY_DAY },     { "collections", REPORT_BY_AGENCY },
              { "collections", REPORT_BY_CHANNEL }, { "counter", REPORT_BY_AGENCY },
              { "qd766", REPORT_BY_KIND },          { "online", REPORT_BY_AGENCY },
              { "match", REPORT_BY_DAY },           { "ageing", REPORT_BY_KIND },
              { "capture", REPORT_BY_DAY } };

static result put_kept(struct ctx *c, struct json *data, struct err *e)
{
    const struct date today = clock_local(c->now_ms).date;
    struct json *rows = json_array();
    struct report_kept *list;
    size_t n;

    json_put(data, "kept", rows);
    TRY(report_kept_list(&c->app->till, date_add_days(today, -KEPT_DAYS), today, c->arena, &list,
                         &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_str(o, "kind", str_c(report_kept_kind_name(list[i].kind)));
        json_put_str(
            o, "kind_text",
            officer_text(c, "report.kept_kind.", str_c(report_kept_kind_name(list[i].kind))));
        json_put_str(o, "from", date_iso(c->arena, list[i].from));
        json_put_str(o, "period",
                     list[i].kind == REPORT_OF_DAY ? date_vn(c->arena, list[i].from)
                                                   : str_from(date_vn(c->arena, list[i].from), 3));
        json_put_int(o, "revision", list[i].revision);
        json_put_str(o, "made", clock_vn(c->arena, list[i].made_ms));
        json_put_str(o, "by", officer_who(c, list[i].made_by));
        json_put_str(o, "hash", str_sub(list[i].sha256, 0, HASH_N));
        json_add(rows, o);
    }
    json_put_bool(data, "may_make", c->staff.role >= STAFF_OFFICER);
    json_put_str(data, "yesterday", date_iso(c->arena, date_add_days(today, -1)));
    return OK;
}

/* Everything of one period; a mistake in the period is told above the form, with no figures. */
static result overview(struct ctx *c, struct asking *k, struct json *data, struct err *e)
{
    struct json *cards = json_array();
    struct report_rules rules;

    json_put(data, "cards", cards);
    TRY(report_rules_on(c->app->office.reports, k->query.to, &rules, e));
    json_put_str(data, "source", rules.source);
    for (size_t i = 0; i < LEN(shown); i++) {
        k->query.name = str_c(shown[i].name);
        k->query.by = shown[i].by;
        TRY(put_card(c, cards, &k->query, e));
    }
    return OK;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, struct err *why,
                   struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct asking k;
    const bool asked_well = !read_query(c, rq, &k, why).failed;

    if (why->code == ERR_NONE && asked_well && overview(c, &k, data, why).failed &&
        !officer_is_mistake(why)) {
        *e = *why;
        return (result){ true };
    }
    put_choices(c, data, &k.query);
    TRY(put_kept(c, data, e));
    if (why->code != ERR_NONE)
        json_put_str(data, "message", view_text(c, "report.wrong"));
    officer_put_tabs(c, data, "reports");
    TRY(view_page(c, rq, rs, "finance_reports", "report.title", data, e));
    view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/reports */
result page_reports(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { .code = ERR_NONE };

    return show(c, rq, rs, &why, e);
}

/* ---- one report ---- */

static const enum table_kind kinds[] = {
    [REPORT_TEXT] = TABLE_TEXT,   [REPORT_WORD] = TABLE_TEXT,   [REPORT_DAY] = TABLE_DAY,
    [REPORT_MONEY] = TABLE_MONEY, [REPORT_COUNT] = TABLE_COUNT, [REPORT_RATE] = TABLE_TEXT
};

static result list_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const struct report_table *t = q->user;
    const size_t end = t->row_count - (t->has_total ? 1 : 0);
    int64_t from = 0;

    if (q->after.n > 0 && (!str_to_i64(q->after, &from) || from < 0))
        return fail_field(e, ERR_INVALID, "after", "no place in the list");
    for (size_t r = (size_t)from; r < end; r++) {
        struct table_row *row = table_row(rows, str_i64(c->arena, (int64_t)r + 1));

        if (row == NULL)
            break;
        for (size_t i = 0; i < t->column_count; i++) {
            const struct report_cell *cell = report_cell(t, r, i);

            if (kinds[t->columns[i].kind] == TABLE_DAY)
                table_day(row, i, cell->text);
            else if (kinds[t->columns[i].kind] == TABLE_TEXT)
                table_text(row, i, report_cell_text(t, r, i, view_catalog(c), c->arena));
            else
                table_number(row, i, cell->n);
        }
    }
    return OK;
}

static result list_totals(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                          struct err *e)
{
    const struct report_table *t = q->user;

    (void)c;
    (void)e;
    totals->count = (int64_t)(t->row_count - (t->has_total ? 1 : 0));
    for (size_t i = 0; t->has_total && i < t->column_count; i++)
        if (t->columns[i].kind == REPORT_MONEY || t->columns[i].kind == REPORT_COUNT)
            table_sum(totals, i, report_cell(t, t->row_count - 1, i)->n);
    return OK;
}

static void put_breakdowns(struct ctx *c, struct json *data, const struct report_query *q)
{
    struct json *list = json_array();
    struct report_query other = *q;

    for (enum report_by by = REPORT_BY_DAY; by <= REPORT_BY_KIND; by++) {
        struct json *o;

        if (!report_has_by(q->name, by))
            continue;
        o = json_object();
        other.by = by;
        json_put_str(o, "text", officer_text(c, "report.by.", str_c(report_by_name(by))));
        json_put_str(o, "query", query_text(c, &other));
        json_put_bool(o, "here", by == q->by);
        json_add(list, o);
    }
    json_put(data, "breakdowns", list);
}

static result one(struct ctx *c, struct request *rq, struct response *rs,
                  const struct report_query *q, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct table_column *columns = arena_array(c->arena, struct table_column, REPORT_COLUMNS_MAX);
    struct report_table t;

    TRY(report_make(&c->app->office, q, c->arena, &t, e));
    for (size_t i = 0; i < t.column_count; i++)
        columns[i] = (struct table_column){
            .name = t.columns[i].name,
            .text = str_cstr(c->arena, str_fmt(c->arena, "report.col.%s", t.columns[i].name)),
            .kind = kinds[t.columns[i].kind],
            .wraps = i == 1 && t.columns[i].kind == REPORT_TEXT,
        };
    const struct table list = {
        .name = t.name,
        .title = str_cstr(c->arena, str_fmt(c->arena, "report.name.%s", t.name)),
        .columns = columns,
        .column_count = t.column_count,
        .rows = list_rows,
        .totals = list_totals,
    };
    const struct table_page page = { .table = &list,
                                     .tab = "reports",
                                     .page = "finance_report",
                                     .data = data,
                                     .user = &t,
                                     .keep = asked };

    put_links(c, data, q);
    put_choices(c, data, q);
    put_breakdowns(c, data, q);
    json_put_bool(data, "plot", report_has_plot(&t));
    json_put_bool(data, "indicators", str_is(q->name, "qd766") || str_is(q->name, "procedures"));
    json_put_str(data, "meaning", officer_text(c, "report.meaning.", q->name));
    return table_answer(c, rq, rs, &page, e);
}

/* "collections.svg": pictures and files under one name. */
static result file(struct ctx *c, struct response *rs, const struct report_query *q,
                   struct str ending, struct err *e)
{
    struct report_print print = { .query = q, .texts = view_catalog(c), .made_ms = c->now_ms };
    enum report_form form;
    struct report_table t;
    struct str bytes;

    if (!report_form_find(ending, &form))
        return fail(e, ERR_NOT_FOUND, "no such form");
    TRY(report_make(&c->app->office, q, c->arena, &t, e));
    print.table = &t;
    TRY(report_file(&print, form, c->arena, &bytes, e));
    /* Pictures too: a page shows them all the same, and a link to one keeps it as a file. */
    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "attachment; filename=\"%s_%.*s_%.*s.%.*s\"", t.name,
                            STR_ARG(date_iso(c->arena, q->from)),
                            STR_ARG(date_iso(c->arena, q->to)), STR_ARG(ending)));
    response_body(rs, 200, report_form_type(form), bytes);
    return OK;
}

/* ---- the dossiers behind the indicators ---- */

enum { D_REFERENCE, D_AGENCY, D_PROCEDURE, D_RECEIVED, D_STARTED, D_WHY, D_FEE, D_VERIFIED };
static const struct table_column dossier_columns[] = {
    [D_REFERENCE] = { .name = "reference", .text = "report.col.reference", .kind = TABLE_LINK },
    [D_AGENCY] = { .name = "agency", .text = "report.col.agency", .kind = TABLE_TEXT },
    [D_PROCEDURE] = { .name = "procedure", .text = "report.col.procedure", .kind = TABLE_TEXT },
    [D_RECEIVED] = { .name = "received", .text = "report.col.received", .kind = TABLE_DAY },
    [D_STARTED] = { .name = "started", .text = "report.col.started", .kind = TABLE_DAY },
    [D_WHY] = { .name = "why", .text = "report.col.why", .kind = TABLE_STATE },
    [D_FEE] = { .name = "in_catalogue", .text = "report.col.in_catalogue", .kind = TABLE_TEXT },
    [D_VERIFIED] = { .name = "verified", .text = "report.col.verified", .kind = TABLE_TEXT },
};

static enum table_look look_of(struct str why)
{
    if (str_is(why, "portal") || str_is(why, "own"))
        return TABLE_GOOD;
    return str_is(why, "zero") ? TABLE_PLAIN : TABLE_WARN;
}

static void put_dossier(struct ctx *c, struct table_row *row, const struct report_dossier_row *d)
{
    table_text(row, D_REFERENCE, d->reference);
    table_text(row, D_AGENCY, d->agency_id);
    table_text(row, D_PROCEDURE, d->procedure);
    table_day(row, D_RECEIVED, d->received_on);
    table_day(row, D_STARTED, d->started_on);
    table_state(row, D_WHY, look_of(d->why), officer_text(c, "report.word.why_", d->why));
    table_text(
        row, D_FEE,
        officer_text(c, "report.word.", d->has_fee ? STR("has_fee") : STR("not_in_catalogue")));
    table_text(row, D_VERIFIED,
               officer_text(c, "report.word.", d->verified ? STR("yes") : STR("no")));
}

static result dossier_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                           struct err *e)
{
    struct report_dossier_ask ask = *(const struct report_dossier_ask *)q->user;
    struct report_dossier_row *list;
    struct str rest = q->after;
    size_t n;

    ask.most = q->most;
    if (rest.n > 0 &&
        (!str_next(&rest, '~', &ask.after_day) || !str_next(&rest, '~', &ask.after_agency)))
        return fail_field(e, ERR_INVALID, "after", "no place in the list");
    ask.after_reference = rest;
    TRY(report_dossiers(&c->app->office, &ask, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        put_dossier(
            c,
            table_row(rows,
                      str_fmt(c->arena, "%.*s~%.*s~%.*s",
                              STR_ARG(ask.by_start ? list[i].started_on : list[i].received_on),
                              STR_ARG(list[i].agency_id), STR_ARG(list[i].reference))),
            &list[i]);
    return OK;
}

static result dossiers(struct ctx *c, struct request *rq, struct response *rs,
                       const struct asking *k, struct err *e)
{
    static const struct table list = { .name = "dossiers",
                                       .title = "report.dossiers",
                                       .columns = dossier_columns,
                                       .column_count = LEN(dossier_columns),
                                       .rows = dossier_rows };
    static const char *const whys[] = { "portal",    "own",    "counter", "refunded",
                                        "withdrawn", "unpaid", "zero",    "no_fee" };
    DEFER(json_close) struct json *data = json_object();
    struct json *choices = json_array();
    struct report_rules rules;
    struct report_dossier_ask ask = { .query = k->query, .why = form_get(&k->form, "why") };
    const struct table_page page = { .table = &list,
                                     .tab = "reports",
                                     .page = "finance_dossiers",
                                     .data = data,
                                     .user = &ask,
                                     .keep = asked };

    TRY(report_rules_on(c->app->office.reports, k->query.to, &rules, e));
    ask.by_start = rules.of[REPORT_36].by_start;
    json_put(data, "whys", choices);
    for (size_t i = 0; i < LEN(whys); i++) {
        struct json *o = json_object();

        json_put_str(o, "why", str_c(whys[i]));
        json_put_str(o, "text", officer_text(c, "report.word.why_", str_c(whys[i])));
        json_put_bool(o, "here", str_is(ask.why, whys[i]));
        json_add(choices, o);
    }
    TRY(report_follow_all(&c->app->till, e));
    put_choices(c, data, &k->query);
    json_put_str(data, "query", query_text(c, &k->query));
    return table_answer(c, rq, rs, &page, e);
}

/* GET /finance/reports/{name}: "collections", "collections.svg", "dossiers" */
result page_report(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str path = request_param(rq, "name");
    struct str name = path, ending = STR("");
    struct asking k;

    (void)str_cut(path, '.', &name, &ending);
    TRY(read_query(c, rq, &k, e));
    if (str_is(path, "dossiers"))
        return dossiers(c, rq, rs, &k, e);
    k.query.name = name;
    TRY(read_by(&k, e));
    if (ending.n > 0)
        return file(c, rs, &k.query, ending, e);
    return one(c, rq, rs, &k.query, e);
}

/* ---- kept ---- */

static result audit(struct ctx *c, const char *what, const struct report_kept *k, struct err *e)
{
    const struct order_cause by = officer_cause(c);
    const struct audit_event ev = {
        .actor = by.actor,
        .action = str_c(what),
        .subject = str_fmt(c->arena, "%s %.*s %lld", report_kept_kind_name(k->kind),
                           STR_ARG(date_iso(c->arena, k->from)), (long long)k->revision),
        .request_id = by.request_id,
        .ip = by.ip
    };

    return audit_write(c->app->till.store, c->now_ms, &ev, e);
}

/* POST /finance/reports: makes a day's or month's report anew */
result report_keep(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    enum report_kept_kind kind;
    struct err why = { .code = ERR_NONE };
    struct report_kept kept;
    struct date day;
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(input_date(form_get(&form, "day"), "day", &day, e));
    if (!report_kept_kind_find(form_get(&form, "kind"), &kind))
        return fail_field(e, ERR_INVALID, "kind", "day or month");
    if (!report_kept_make(&c->app->office, kind, day, officer_cause(c).actor, c->arena, &kept, &why)
             .failed) {
        TRY(audit(c, "report.kept", &kept, e));
        view_redirect(rs, STR("/finance/reports#kept"));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, &why, e);
    *e = why;
    return (result){ true };
}

/* GET /finance/reports/kept/{kind}/{date}/{revision} */
result report_kept_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    enum report_kept_kind kind;
    struct report_kept kept;
    struct date from;
    int64_t revision;

    TRY(input_date(request_param(rq, "date"), "date", &from, e));
    if (!report_kept_kind_find(request_param(rq, "kind"), &kind) ||
        !str_to_i64(request_param(rq, "revision"), &revision) || revision < 1)
        return fail(e, ERR_NOT_FOUND, "no such report");
    TRY(report_kept_load(&c->app->till, kind, from, revision, c->arena, &kept, e));
    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "attachment; filename=\"%s_%.*s_%lld.json\"",
                            report_kept_kind_name(kind), STR_ARG(date_iso(c->arena, from)),
                            (long long)revision));
    response_body(rs, 200, "application/json", kept.body);
    return OK;
}
