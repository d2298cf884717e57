/* The page of a list. Files are table_file.c's, what was asked for table_ask.c's. */
#include "web/table.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/saved_filter.h"
#include "web/officer.h"
#include "web/table_ask.h"
#include "web/view.h"

static const char *const looks[] = { "plain", "good", "warn", "bad" };

static struct str cell_class(struct ctx *c, const struct table_column *col)
{
    return str_fmt(c->arena, "%s%s%s", table_is_number(col->kind) ? "n" : "",
                   col->wraps ? " text" : "", col->wide_only ? " wide-only" : "");
}

static struct json *cell_json(struct ctx *c, const struct table_column *col,
                              const struct table_cell *of, bool head)
{
    struct json *o = json_object();

    json_put_str(o, "text", table_cell_words(c, col, of));
    json_put_str(o, "url", of->url);
    json_put_str(o, "label", view_text(c, col->text));
    json_put_str(o, "class", cell_class(c, col));
    json_put_bool(o, "head", head);
    json_put_bool(o, "is_state", col->kind == TABLE_STATE && of->is_set);
    json_put_str(o, "look", str_c(looks[of->look]));
    return o;
}

static struct json *row_json(struct ctx *c, const struct table_ask *ask,
                             const struct table_row *row)
{
    const struct table *t = ask->page->table;
    struct json *o = json_object(), *cells = json_array();
    size_t seen[TABLE_COLUMNS_MAX];
    const size_t n = table_columns_seen(c, t, seen);
    const char *picks = ask->page->picks;
    bool had_head = false;

    for (size_t i = 0; i < n; i++) {
        const struct table_column *col = &t->columns[seen[i]];
        const bool head = !had_head && col->kind == TABLE_LINK;

        had_head |= head;
        json_add(cells, cell_json(c, col, &row->cells[seen[i]], head));
        if (head && picks != NULL && row->pick.n > 0) {
            struct json *cell = json_at(cells, i);

            json_put_str(cell, "pick", row->pick);
            json_put_str(cell, "picks", str_c(picks));
        }
    }
    json_put(o, "cells", cells);
    json_put_str(o, "mark", row->look == TABLE_PLAIN ? STR("") : str_c(looks[row->look]));
    return o;
}

static struct json *head_json(struct ctx *c, const struct table_ask *ask, size_t column)
{
    const struct table_column *col = &ask->page->table->columns[column];
    const bool by = ask->query.sort == column;
    struct json *o = json_object();

    json_put_str(o, "text", view_text(c, col->text));
    json_put_str(o, "class", cell_class(c, col));
    json_put_str(o, "sorted",
                 !by                     ? STR("")
                 : ask->query.descending ? STR("descending")
                                         : STR("ascending"));
    json_put_str(o, "arrow", !by ? STR("") : ask->query.descending ? STR("▼") : STR("▲"));
    json_put_str(o, "url",
                 !col->sortable
                     ? STR("")
                     : table_ask_url(c, ask, "sort",
                                     str_fmt(c->arena, "%s%s",
                                             by && !ask->query.descending ? "-" : "", col->name)));
    return o;
}

static void put_totals(struct ctx *c, struct json *o, const struct table_ask *ask,
                       const struct table_totals *totals)
{
    const struct table *t = ask->page->table;
    struct json *cells = json_array();
    size_t seen[TABLE_COLUMNS_MAX];
    const size_t n = table_columns_seen(c, t, seen);
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        const struct table_cell of = { .is_set = totals->columns[seen[i]].is_set,
                                       .n = totals->columns[seen[i]].n };
        struct json *cell = cell_json(c, &t->columns[seen[i]], &of, false);

        any |= of.is_set;
        json_put_bool(cell, "blank", !of.is_set);
        json_put_bool(cell, "first", i == 0 && !of.is_set);
        json_add(cells, cell);
    }
    json_put(o, "totals", cells);
    json_put_bool(o, "has_totals", any);
}

static void put_count(struct ctx *c, struct json *o, const struct table_totals *totals)
{
    const struct str n[] = { money_print_bare(c->arena, totals->count) };

    json_put_str(o, "count",
                 view_fill(c, totals->at_least ? "table.count_more" : "table.count", n, 1));
}

static struct str typed(struct ctx *c, const struct table_ask *ask, const char *name,
                        const char *suffix)
{
    return form_get(&ask->form, str_cstr(c->arena, str_fmt(c->arena, "%s%s", name, suffix)));
}

static result put_choices(struct ctx *c, struct json *o, const struct table_ask *ask, size_t i,
                          struct err *e)
{
    struct table_choices *list = arena_new(c->arena, struct table_choices);
    struct json *rows = json_array();

    json_put(o, "choices", rows);
    TRY(table_choices_find(c, ask->page, i, list, e));
    for (size_t k = 0; k < list->n; k++) {
        struct json *row = json_object();

        json_put_str(row, "value", list->list[k].value);
        json_put_str(row, "word", list->list[k].word);
        json_put_bool(row, "chosen", str_eq(list->list[k].value, ask->query.values[i].text));
        json_add(rows, row);
    }
    return OK;
}

static result filter_json(struct ctx *c, const struct table_ask *ask, size_t i, struct json *o,
                          struct err *e)
{
    const struct table_filter *f = &ask->page->table->filters[i];

    json_put_str(o, "name", str_c(f->name));
    json_put_str(o, "label", view_text(c, f->text));
    json_put_str(o, "value", typed(c, ask, f->name, ""));
    json_put_str(o, "from", typed(c, ask, f->name, "_from"));
    json_put_str(o, "to", typed(c, ask, f->name, "_to"));
    json_put_bool(o, "wrong", ask->is_wrong[i]);
    json_put_str(o, "hint", f->hint == NULL ? STR("") : view_text(c, f->hint));
    json_put_bool(o, "by_text", f->kind == TABLE_BY_TEXT || f->kind == TABLE_BY_OWNER);
    json_put_bool(o, "by_choice", f->kind == TABLE_BY_CHOICE);
    json_put_bool(o, "by_days", f->kind == TABLE_BY_DAYS);
    json_put_bool(o, "by_amount", f->kind == TABLE_BY_AMOUNT);
    return f->kind == TABLE_BY_CHOICE ? put_choices(c, o, ask, i, e) : OK;
}

/* A filter that is set, and the list without it. */
static result chip_json(struct ctx *c, const struct table_ask *ask, size_t i, struct json *chips,
                        struct err *e)
{
    const struct table_filter *f = &ask->page->table->filters[i];
    struct table_ask less = *ask;
    struct json *o;
    struct str words;

    TRY(table_value_words(c, ask, i, &words, e));
    if (words.n == 0)
        return OK;
    for (size_t k = 0; k < less.form.count; k++) {
        const struct str name = less.form.fields[k].name;

        if (str_is(name, f->name) || str_eq(name, str_fmt(c->arena, "%s_from", f->name)) ||
            str_eq(name, str_fmt(c->arena, "%s_to", f->name)))
            less.form.fields[k].value = STR("");
    }
    o = json_object();
    json_put_str(o, "label", view_text(c, f->text));
    json_put_str(o, "words", words);
    json_put_str(o, "url", table_ask_url(c, &less, "as", STR("")));
    json_add(chips, o);
    return OK;
}

static result put_filters(struct ctx *c, struct json *o, const struct table_ask *ask, struct err *e)
{
    const struct table *t = ask->page->table;
    struct json *first = json_array(), *more = json_array(), *chips = json_array();
    bool had_first = false;

    json_put(o, "first", first);
    json_put(o, "more", more);
    json_put(o, "chips", chips);
    for (size_t i = 0; i < t->filter_count; i++) {
        struct json *one = json_object();
        const bool leads = !had_first && t->filters[i].kind == TABLE_BY_TEXT;

        had_first |= leads;
        json_add(leads ? first : more, one);
        TRY(filter_json(c, ask, i, one, e));
        TRY(chip_json(c, ask, i, chips, e));
    }
    json_put_bool(o, "has_filters", t->filter_count > 0);
    json_put_bool(o, "has_first", had_first);
    json_put_bool(o, "has_more", json_count(more) > 0);
    json_put_bool(o, "open", ask->has_mistake || (!had_first && t->filter_count > 0));
    return OK;
}

static result put_saved(struct ctx *c, struct json *o, const struct table_ask *ask, struct err *e)
{
    struct json *rows = json_array();
    const struct str kept = table_ask_kept(c, ask);
    struct saved_filter *list;
    size_t n;

    json_put(o, "saved", rows);
    json_put_str(o, "kept", kept);
    json_put_bool(o, "may_keep", kept.n > 0 && !ask->has_mistake);
    TRY(saved_filter_list(c->app->stores.sql, c->staff.name, str_c(ask->page->table->name),
                          c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "saved_name", list[i].name);
        json_put_str(row, "url", str_cat(c->arena, list[i].path, list[i].query));
        json_put_bool(row, "opens", list[i].is_default);
        json_put_bool(row, "here", str_eq(list[i].query, kept) && str_eq(list[i].path, ask->path));
        json_add(rows, row);
    }
    json_put_bool(o, "has_saved", n > 0);
    return OK;
}

static void put_links(struct ctx *c, struct json *o, const struct table_ask *ask)
{
    json_put_str(o, "csv", table_ask_url(c, ask, "as", STR("csv")));
    json_put_str(o, "xlsx", table_ask_url(c, ask, "as", STR("xlsx")));
    json_put_str(o, "pdf", table_ask_url(c, ask, "as", STR("pdf")));
    json_put_str(o, "first_url",
                 ask->query.after.n > 0 ? table_ask_url(c, ask, "after", STR("")) : STR(""));
    json_put_str(o, "all_url", str_cat(c->arena, ask->path, STR("?all=1")));
    json_put_str(o, "path", ask->path);
    json_put_str(o, "list", str_c(ask->page->table->name));
    json_put_str(o, "caption", view_text(c, ask->page->table->title));
    json_put_str(o, "sort", form_get(&ask->form, "sort"));
}

static void put_heads(struct ctx *c, struct json *o, const struct table_ask *ask)
{
    struct json *heads = json_array();
    size_t seen[TABLE_COLUMNS_MAX];
    const size_t n = table_columns_seen(c, ask->page->table, seen);

    for (size_t i = 0; i < n; i++)
        json_add(heads, head_json(c, ask, seen[i]));
    json_put(o, "heads", heads);
}

static result put_rows(struct ctx *c, struct json *o, const struct table_ask *ask, struct err *e)
{
    struct json *list = json_array();
    struct table_totals totals = { 0 };
    struct table_rows rows;

    json_put(o, "rows", list);
    TRY(table_rows_find(c, &ask->query, &rows, e));
    for (size_t i = 0; i < rows.n && i < TABLE_ROWS_SHOWN; i++)
        json_add(list, row_json(c, ask, &rows.list[i]));
    if (rows.n > TABLE_ROWS_SHOWN)
        json_put_str(o, "next_url",
                     table_ask_url(c, ask, "after", rows.list[TABLE_ROWS_SHOWN - 1].after));
    json_put_bool(o, "none", rows.n == 0);
    if (ask->page->table->totals == NULL)
        return OK;
    TRY(ask->page->table->totals(c, &ask->query, &totals, e));
    put_count(c, o, &totals);
    if (rows.n > 0)
        put_totals(c, o, ask, &totals);
    return OK;
}

/* What a list could not find out is told in its place; the page around it stands. */
static result fill(struct ctx *c, struct json *o, const struct table_ask *ask, bool too_many,
                   struct err *e)
{
    const char *empty = ask->page->table->empty;

    put_links(c, o, ask);
    put_heads(c, o, ask);
    TRY(put_filters(c, o, ask, e));
    TRY(put_saved(c, o, ask, e));
    json_put_str(o, "empty",
                 view_text(c, ask->has_filter ? "table.none_of_filter"
                              : empty != NULL ? empty
                                              : "table.none"));
    if (ask->has_mistake) {
        json_put_str(o, "wrong_text", view_text(c, "table.wrong"));
        json_put_bool(o, "none", true);
        return OK;
    }
    if (too_many) {
        const struct str most[] = { money_print_bare(
            c->arena, ask->as == TABLE_AS_PDF ? TABLE_PDF_ROWS : TABLE_FILE_ROWS) };

        json_put_str(o, "wrong_text", view_fill(c, "table.too_many", most, 1));
    }
    return put_rows(c, o, ask, e);
}

/* A list that opens with a filter of the officer's own. */
static result find_default(struct ctx *c, const struct table_ask *ask, struct str *url,
                           struct err *e)
{
    struct saved_filter *list;
    size_t n;

    *url = STR("");
    for (size_t i = 0; i < ask->form.count; i++)
        if (!str_is(ask->form.fields[i].name, "lang"))
            return OK;
    TRY(saved_filter_list(c->app->stores.sql, c->staff.name, str_c(ask->page->table->name),
                          c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        if (list[i].is_default && str_eq(list[i].path, ask->path))
            *url = str_cat(c->arena, list[i].path, list[i].query);
    return OK;
}

static result show(struct ctx *c, struct request *rq, struct response *rs,
                   const struct table_ask *ask, bool too_many, struct err *e)
{
    const struct table_page *page = ask->page;
    DEFER(json_close) struct json *own = page->data == NULL ? json_object() : NULL;
    struct json *data = page->data == NULL ? own : page->data, *o = json_object();

    json_put(data, "table", o);
    TRY(fill(c, o, ask, too_many, e));
    if (page->tab != NULL)
        officer_put_tabs(c, data, page->tab);
    TRY(view_page(c, rq, rs, page->page == NULL ? "list" : page->page, page->table->title, data,
                  e));
    view_status(rs, ask->has_mistake || too_many ? 422 : 200);
    return OK;
}

result table_answer(struct ctx *c, struct request *rq, struct response *rs,
                    const struct table_page *page, struct err *e)
{
    struct table_ask *ask = arena_new(c->arena, struct table_ask);
    bool too_many = false;
    struct str url;

    TRY(table_ask_read(c, rq, page, ask, e));
    TRY(find_default(c, ask, &url, e));
    if (url.n > 0) {
        view_redirect(rs, url);
        return OK;
    }
    if (ask->as != TABLE_AS_PAGE && !ask->has_mistake) {
        TRY(table_file(c, rs, ask, &too_many, e));
        if (!too_many)
            return OK;
    }
    return show(c, rq, rs, ask, too_many, e);
}
