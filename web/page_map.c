/*
 * The map of a table (G13): a sample, which column is what, how its cells are written, and the
 * first rows as they would be taken. Nothing is kept: what comes of it is JSON for conf/sources,
 * which whoever runs the service puts in place with a date.
 *
 * Attacker: whoever wrote the sample. Promised: it is shown escaped, read like any table, and left
 * nowhere.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "finance/source.h"
#include "http/multipart.h"
#include "web/map_form.h"
#include "web/officer.h"
#include "web/view.h"

#define SAMPLE_BYTES 6000 /* a form may have ten times as many */
#define FILE_BYTES   4096

struct map_page {
    struct ctx *c;
    const struct form *form;
    struct json *data;
    struct csv_look *look;
    struct str sample;
    bool cut, has_columns;
    struct json *map; /* NULL: none that can be used */
    struct csv_form read;
};

static void map_page_close(const struct map_page *p)
{
    struct json *map = p->map;

    json_close(&map);
}

static void problem(struct map_page *p, const char *key, struct str detail)
{
    json_put_str(p->data, "problem", view_text(p->c, key));
    json_put_str(p->data, "problem_detail", detail);
}

static struct str role_text(const struct ctx *c, enum csv_role r)
{
    return officer_text(c, "map.role.", str_c(csv_role_name(r)));
}

/* A choice of several words: `name` of it becomes a list of {value, text, on}. */
static void put_choice(struct map_page *p, const char *name, const char *values)
{
    const struct str now = form_get(p->form, name);
    struct json *list = json_array();

    json_put(p->data, name, list);
    for (size_t i = 0; values[i] != '\0'; i++) {
        struct json *o = json_object();
        const struct str value = values[i] == '0' ? STR("") : str_of(&values[i], 1);
        const struct str shown = values[i] == '0'    ? view_text(p->c, "map.nothing")
                                 : values[i] == '\t' ? STR("Tab")
                                 : values[i] == ' '  ? view_text(p->c, "map.space")
                                                     : value;

        json_put_str(o, "value", value);
        json_put_str(o, "text", shown);
        json_put_bool(o, "on", form_has(p->form, name) && str_eq(now, value));
        json_add(list, o);
    }
}

static void put_words(struct map_page *p, const char *name, const char *const *words,
                      const char *prefix)
{
    const struct str now = form_get(p->form, name);
    struct json *list = json_array();

    json_put(p->data, name, list);
    for (size_t i = 0; words[i] != NULL; i++) {
        struct json *o = json_object();

        json_put_str(o, "value", str_c(words[i]));
        json_put_str(o, "text", officer_text(p->c, prefix, str_c(words[i])));
        json_put_bool(o, "on", str_is(now, words[i]));
        json_add(list, o);
    }
}

/* What was typed, or how the form begins. */
static void put_fields(struct map_page *p)
{
    static const char *const signs[] = { "plain", "reverse", "refund", NULL };
    static const char *const roles[] = { "bank", "clearing", "treasury", NULL };
    static const char *const typed[][2] = {
        { "skip_top", "0" },
        { "skip_bottom", "0" },
        { "time_format", "dd/MM/yyyy HH:mm:ss" },
        { "success", "" },
        { "failure", "" },
        { "k_PAY", "" },
        { "k_REFUND", "" },
        { "k_REVERSAL", "" },
        { "k_FEE", "" },
        { "k_ADJUST", "" },
        { "regex_reference", "" },
        { "regex_txn", "" },
        { "skip", "" },
        { "const_currency", "" },
        { "const_account", "" },
        { "const_body", "" },
        { "const_bank", "" },
        { "codes_body", "" },
        { "codes_treasury", "" },
        { "id", "" },
        { "name_vi", "" },
        { "name_en", "" },
        { "provider", "" },
        { "account", "" },
        { "from", "" },
        { "cut_off", "24:00" },
        { "days", "1" },
        { "at", "09:00" },
    };
    const bool first = !form_has(p->form, "sample");

    for (size_t i = 0; i < LEN(typed); i++)
        json_put_str(p->data, typed[i][0],
                     form_has(p->form, typed[i][0]) ? form_get(p->form, typed[i][0])
                                                    : str_c(typed[i][1]));
    put_choice(p, "separator", "0,;|\t");
    put_choice(p, "quote", "\"'0");
    put_choice(p, "thousands", "0., '");
    put_choice(p, "decimal", "0,.");
    put_words(p, "sign", signs, "map.sign.");
    put_words(p, "role", roles, "office.role.");
    json_put_bool(p->data, "header", first || form_has(p->form, "header"));
    json_put_bool(p->data, "upper", form_has(p->form, "upper"));
    json_put_bool(p->data, "cut", p->cut);
    json_put_str(p->data, "sample", p->sample);
}

/* Where the usual names are, while nothing was chosen yet. */
static void guess(const struct map_page *p, int at[CSV_ROLES])
{
    struct csv_row *row = arena_new(p->c->arena, struct csv_row);
    const struct csv_map usual = { .no_header = map_form_table(p->form).no_header };
    struct csv_layout found;

    row->count = p->look->fields;
    for (int i = 0; i < row->count; i++)
        row->fields[i] = p->look->names[i];
    if (csv_layout_make(&usual, row, &found, NULL).failed)
        return;
    for (int r = 0; r < CSV_ROLES; r++)
        at[r] = found.at[r] + 1;
}

static struct json *column_choice(const struct map_page *p, int chosen)
{
    struct json *list = json_array();

    for (int i = 1; i <= p->look->fields; i++) {
        struct json *o = json_object();

        json_put_int(o, "n", i);
        json_put_str(o, "name", p->look->names[i - 1]);
        json_put_bool(o, "on", i == chosen);
        json_add(list, o);
    }
    return list;
}

static bool is_begun(const struct map_page *p)
{
    bool begun = false;

    for (int r = 0; r < CSV_ROLES; r++)
        begun |= map_form_column(p->form, (enum csv_role)r) > 0;
    return begun;
}

static void put_roles(struct map_page *p)
{
    static const enum csv_role first[] = { CSV_REFERENCE, CSV_TXN,    CSV_NARRATIVE, CSV_AMOUNT,
                                           CSV_FEE,       CSV_STATUS, CSV_TIME,      CSV_KIND };
    struct json *roles = json_array(), *more = json_array();
    int at[CSV_ROLES] = { 0 };

    if (!is_begun(p))
        guess(p, at);
    for (int r = 0; r < CSV_ROLES; r++) {
        const enum csv_role role = (enum csv_role)r;
        struct json *o = json_object();
        bool is_first = false;

        for (size_t i = 0; i < LEN(first); i++)
            is_first |= first[i] == role;
        json_put_str(o, "role", str_c(csv_role_name(role)));
        json_put_str(o, "text", role_text(p->c, role));
        json_put(o, "columns",
                 column_choice(p, at[r] > 0 ? at[r] : map_form_column(p->form, role)));
        json_add(is_first ? roles : more, o);
    }
    json_put(p->data, "roles", roles);
    json_put(p->data, "more_roles", more);
}

static bool has(const struct map_page *p, enum csv_role r)
{
    return map_form_column(p->form, r) > 0;
}

/* What is missing most often, in the reader's language. NULL: nothing. */
static const char *missing(const struct map_page *p)
{
    if (!has(p, CSV_AMOUNT))
        return "map.need_amount";
    if (!has(p, CSV_REFERENCE) && !has(p, CSV_TXN) && !has(p, CSV_NARRATIVE))
        return "map.need_key";
    if (!has(p, CSV_TIME))
        return "map.need_time";
    if (has(p, CSV_STATUS) && str_trim(form_get(p->form, "success")).n == 0)
        return "map.need_success";
    for (int r = 0; r < CSV_ROLES; r++)
        for (int k = 0; k < r; k++)
            if (has(p, (enum csv_role)r) && map_form_column(p->form, (enum csv_role)r) ==
                                                map_form_column(p->form, (enum csv_role)k))
                return "map.column_twice";
    return NULL;
}

static void told(struct map_page *p, const char *key, const struct err *why)
{
    enum csv_role role;
    struct str name, rest;

    if (!str_cut(str_c(why->field), '.', &name, &rest))
        name = str_c(why->field);
    problem(p, key,
            str_fmt(p->c->arena, "%.*s%s%s",
                    STR_ARG(csv_role_find(name, &role) ? role_text(p->c, role) : name),
                    name.n > 0 ? ": " : "", why->detail));
}

static void map_make(struct map_page *p)
{
    const char *key = missing(p);
    struct err why = { 0 };

    if (key != NULL) {
        problem(p, key, STR(""));
        return;
    }
    p->map = map_form_json(p->form, p->look, p->c->arena);
    if (csv_form_read(p->map, p->c->arena, &p->read, &why).failed ||
        csv_look_rows(&p->read, p->sample, !p->cut, p->c->arena, p->look, &why).failed) {
        told(p, "map.mistake", &why);
        json_close(&p->map);
    }
}

static struct str taken_text(const struct map_page *p, const struct csv_look_row *row, int r)
{
    const struct csv_record *t = &row->taken;
    struct arena *a = p->c->arena;

    switch (r) {
    case CSV_AMOUNT:
        return str_i64(a, t->amount_vnd);
    case CSV_FEE:
        return t->has_fee ? str_i64(a, t->fee_vnd) : STR("");
    case CSV_NET:
        return t->text[r].n > 0 ? str_i64(a, t->net_vnd) : STR("");
    case CSV_TIME:
        return clock_vn(a, t->time_ms);
    case CSV_STATUS:
        return view_text(p->c, t->success ? "map.success" : "map.failure");
    case CSV_KIND:
        return officer_text(p->c, "map.kind.", str_c(settlement_kind_name(t->kind)));
    default:
        return t->text[r];
    }
}

static bool is_shown(const struct map_page *p, int r)
{
    const struct csv_rule *rule = &p->read.rules[r];

    return rule->column.header.n > 0 || rule->column.position > 0 || rule->constant.n > 0;
}

static struct json *cell_json(const struct map_page *p, const struct csv_look_row *row, int r)
{
    struct json *o = json_object();
    const struct str raw = row->raw[r];

    json_put_str(o, "label", role_text(p->c, (enum csv_role)r));
    json_put_bool(o, "number", map_form_is_amount((enum csv_role)r));
    if (row->why[r] == CSV_RIGHT) {
        json_put_str(o, "value", taken_text(p, row, r));
        return o;
    }
    json_put_str(o, "wrong", officer_text(p->c, "map.why.", str_c(csv_why_name(row->why[r]))));
    json_put_str(o, "raw", utf8_is_text(raw) ? raw : STR("?"));
    return o;
}

static struct json *row_json(const struct map_page *p, const struct csv_look_row *row)
{
    struct json *o = json_object(), *cells = json_array();

    json_put_int(o, "line", row->line);
    if (row->fault != NULL) {
        json_put_str(o, "fault", str_c(row->fault));
        json_put_str(o, "text", utf8_is_text(row->text) ? utf8_cut(row->text, 200) : STR("?"));
    }
    for (int r = 0; r < CSV_ROLES && row->fault == NULL; r++)
        if (is_shown(p, r))
            json_add(cells, cell_json(p, row, r));
    json_put(o, "cells", cells);
    return o;
}

/* The sample as a file: what is counted, and what of it is wrong. */
static result put_sums(struct map_page *p, struct err *e)
{
    const struct settlement_input in = { .bytes = p->sample, .map = &p->read };
    struct settlement_faults *faults = arena_new(p->c->arena, struct settlement_faults);
    struct settlement_head head;

    TRY(settlement_read_input(&in, p->c->arena, &head, faults, e));
    json_put_int(p->data, "lines", head.lines);
    json_put_int(p->data, "wrong_count", faults->total);
    view_put_money(p->c, p->data, "gross", head.gross_vnd);
    return OK;
}

static result put_preview(struct map_page *p, struct err *e)
{
    struct json *rows = json_array(), *heads = json_array();
    int shown = 0;

    for (int r = 0; r < CSV_ROLES; r++) {
        if (!is_shown(p, r))
            continue;
        struct json *o = json_object();
        json_put_str(o, "text", role_text(p->c, (enum csv_role)r));
        json_put_bool(o, "number", map_form_is_amount((enum csv_role)r));
        json_add(heads, o);
        shown++;
    }
    for (size_t i = 0; i < p->look->count; i++)
        json_add(rows, row_json(p, &p->look->rows[i]));
    json_put(p->data, "heads", heads);
    json_put(p->data, "rows", rows);
    json_put_int(p->data, "shown", shown);
    json_put_bool(p->data, "ready", true);
    return put_sums(p, e);
}

static void file_answer(const struct map_page *p, struct response *rs, const char *name,
                        const struct json *o)
{
    response_header(rs, "Content-Disposition",
                    str_fmt(p->c->arena, "attachment; filename=\"%s.json\"", name));
    response_body(rs, 200, "application/json", json_print(p->c->arena, o));
}

/* Whether the source would be read at the next start. */
static bool source_answer(struct map_page *p, struct response *rs)
{
    DEFER(json_close) struct json *o = map_form_source(p->form, json_copy(p->map));
    struct buf mistakes = buf_make(p->c->arena, FILE_BYTES);
    struct source_book book = { .rows = NULL };
    struct err why = { 0 };

    if (sources_read(&p->c->app->conf, p->c->arena, STR("source"), json_print(p->c->arena, o),
                     &mistakes, &book, &why)
            .failed) {
        problem(p, "map.no_source", str_trim(buf_str(&mistakes)));
        return false;
    }
    file_answer(p, rs, "source", o);
    return true;
}

static result show(struct map_page *p, struct request *rq, struct response *rs, struct err *e)
{
    put_fields(p);
    officer_put_tabs(p->c, p->data, "files");
    view_policy_asking(p->c, rs);
    return view_page(p->c, rq, rs, "finance_map", "map.title", p->data, e);
}

static result answer(struct map_page *p, struct request *rq, struct response *rs, struct err *e)
{
    const struct str todo = form_get(p->form, "do");
    struct csv_form table = map_form_table(p->form);

    p->look = arena_new(p->c->arena, struct csv_look);
    if (p->sample.n > 0 && !utf8_is_valid(p->sample))
        problem(p, "map.not_text", STR(""));
    else if (p->sample.n > 0)
        p->has_columns = csv_look_columns(&table, p->sample, p->c->arena, p->look);
    json_put_bool(p->data, "has_columns", p->has_columns);
    if (p->has_columns) {
        put_roles(p);
        if (is_begun(p))
            map_make(p);
    } else if (p->sample.n > 0 && utf8_is_valid(p->sample)) {
        problem(p, "map.no_table", STR(""));
    }
    if (p->map != NULL && str_is(todo, "map")) {
        file_answer(p, rs, "map", p->map);
        return OK;
    }
    if (p->map != NULL && str_is(todo, "source") && source_answer(p, rs))
        return OK;
    if (p->map != NULL)
        TRY(put_preview(p, e));
    return show(p, rq, rs, e);
}

/* GET /finance/files/map */
result page_map(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct form *nothing = arena_new(c->arena, struct form);
    struct map_page p = { .c = c, .form = nothing, .data = data, .sample = STR("") };

    return show(&p, rq, rs, e);
}

/* POST /finance/files/map */
result map_preview(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct form *form = arena_new(c->arena, struct form);
    DEFER(map_page_close) struct map_page p = { .c = c, .form = form, .data = data };

    TRY(form_body(rq, form, e));
    p.sample = form_get(form, "sample");
    p.cut = form_has(form, "cut");
    return answer(&p, rq, rs, e);
}

/* The first lines of a file, whole ones. */
static struct str beginning(struct str bytes, bool *cut)
{
    struct str s = str_sub(bytes, 0, SAMPLE_BYTES);

    *cut = s.n < bytes.n;
    while (*cut && s.n > 0 && s.p[s.n - 1] != '\n')
        s.n--;
    return s;
}

/* POST /finance/files/map/sample */
result map_sample(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    DEFER(map_page_close) struct map_page p = { .c = c, .data = data };
    struct form *form = arena_new(c->arena, struct form);
    const struct part *file;
    struct multipart parts;

    TRY(multipart_read(c->arena, request_header(rq, "Content-Type"), rq->body, &parts, e));
    file = multipart_find(&parts, "file");
    if (file == NULL || file->bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "no file was sent");
    p.form = form;
    p.sample = csv_skip_bom(beginning(file->bytes, &p.cut));
    form->fields[form->count++] = (struct pair){ STR("sample"), STR("") };
    form->fields[form->count++] = (struct pair){ STR("header"), STR("on") };
    form->fields[form->count++] = (struct pair){ STR("quote"), STR("\"") };
    return answer(&p, rq, rs, e);
}
