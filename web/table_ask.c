/*
 * Attacker: whoever makes an officer open an address. Promised: a name that is no filter's is
 * refused, so that a mistyped filter never shows more than was meant; a wrong value finds nothing
 * and says so; columns that the role may not see cannot be sorted by.
 */
#include "web/table_ask.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "web/view.h"

#define DAY_MS      86400000
#define VALUE_BYTES 200

static const char *const own_names[] = { "sort", "after", "as", "lang", "told", "all", NULL };

static bool is_in(const char *const *names, struct str name)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

static bool is_range(const struct table_filter *f)
{
    return f->kind == TABLE_BY_DAYS || f->kind == TABLE_BY_AMOUNT;
}

static bool is_filter(const struct table_filter *f, struct str name)
{
    struct str rest = name;

    if (!is_range(f))
        return str_is(name, f->name);
    if (str_ends(name, STR("_from")))
        rest = str_sub(name, 0, name.n - 5);
    else if (str_ends(name, STR("_to")))
        rest = str_sub(name, 0, name.n - 3);
    else
        return false;
    return str_is(rest, f->name);
}

static bool is_any_filter(const struct table *t, struct str name)
{
    for (size_t i = 0; i < t->filter_count; i++)
        if (is_filter(&t->filters[i], name))
            return true;
    return false;
}

static result check_names(const struct table_ask *ask, struct err *e)
{
    for (size_t i = 0; i < ask->form.count; i++) {
        const struct str name = ask->form.fields[i].name;

        if (!is_in(own_names, name) && !is_in(ask->page->keep, name) &&
            !is_any_filter(ask->page->table, name))
            return fail_field(e, ERR_UNKNOWN_FIELD, "query", "no such filter");
    }
    return OK;
}

static struct str typed(struct ctx *c, const struct table_ask *ask, const struct table_filter *f,
                        const char *suffix)
{
    return str_trim(
        form_get(&ask->form, str_cstr(c->arena, str_fmt(c->arena, "%s%s", f->name, suffix))));
}

static bool read_days(struct ctx *c, const struct table_ask *ask, const struct table_filter *f,
                      struct table_value *v)
{
    const struct str from = typed(c, ask, f, "_from"), to = typed(c, ask, f, "_to");
    struct date day;

    v->from_day = STR("0000-00-00");
    v->to_day = STR("9999-12-31");
    v->to_ms = INT64_MAX;
    v->is_set = from.n > 0 || to.n > 0;
    if (from.n > 0) {
        if (!date_read(from, &day) || !date_is_valid(day))
            return false;
        v->from_ms = clock_day_start_ms(day);
        v->from_day = date_iso(c->arena, day);
    }
    if (to.n > 0) {
        if (!date_read(to, &day) || !date_is_valid(day))
            return false;
        v->to_ms = clock_day_start_ms(day) + DAY_MS;
        v->to_day = date_iso(c->arena, day);
    }
    return true;
}

static bool read_amounts(struct ctx *c, const struct table_ask *ask, const struct table_filter *f,
                         struct table_value *v)
{
    const struct str least = typed(c, ask, f, "_from"), most = typed(c, ask, f, "_to");

    v->most_vnd = INT64_MAX;
    v->is_set = least.n > 0 || most.n > 0;
    return (least.n == 0 || !money_read(least, &v->least_vnd, NULL).failed) &&
           (most.n == 0 || !money_read(most, &v->most_vnd, NULL).failed);
}

static void read_owner(struct ctx *c, struct table_value *v)
{
    if (str_is(v->text, "me"))
        v->text = str_cat(c->arena, STR("staff:"), c->staff.name);
    else if (str_is(v->text, "none"))
        v->text = STR("-");
    else if (v->text.n > 0)
        v->text = str_cat(c->arena, STR("staff:"), str_lower(c->arena, v->text));
}

static result read_choice(struct ctx *c, const struct table_page *page, size_t filter,
                          struct table_value *v, bool *right, struct err *e)
{
    struct table_choices *list = arena_new(c->arena, struct table_choices);

    *right = true;
    if (v->text.n == 0)
        return OK;
    TRY(table_choices_find(c, page, filter, list, e));
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->list[i].value, v->text))
            return OK;
    *right = false;
    return OK;
}

static result read_value(struct ctx *c, struct table_ask *ask, size_t i, bool *right, struct err *e)
{
    const struct table_filter *f = &ask->page->table->filters[i];
    struct table_value *v = &ask->query.values[i];

    *right = true;
    *v = (struct table_value){ .to_ms = INT64_MAX, .most_vnd = INT64_MAX };
    if (f->kind == TABLE_BY_DAYS) {
        *right = read_days(c, ask, f, v);
        return OK;
    }
    if (f->kind == TABLE_BY_AMOUNT) {
        *right = read_amounts(c, ask, f, v);
        return OK;
    }
    v->text = typed(c, ask, f, "");
    v->is_set = v->text.n > 0;
    if (v->text.n > VALUE_BYTES) {
        *right = false;
        return OK;
    }
    if (f->kind == TABLE_BY_OWNER)
        read_owner(c, v);
    if (f->kind == TABLE_BY_CHOICE)
        return read_choice(c, ask->page, i, v, right, e);
    return utf8_key(c->arena, v->text, &v->key, e);
}

/* The column, when there is one of that name that this officer may sort by. */
static bool find_sort(const struct ctx *c, const struct table *t, struct str name, size_t *out)
{
    for (size_t i = 0; i < t->column_count; i++) {
        const struct table_column *col = &t->columns[i];

        if (str_is(name, col->name) && col->sortable && c->staff.role >= col->least) {
            *out = i;
            return true;
        }
    }
    return false;
}

static void read_sort(const struct ctx *c, struct table_ask *ask)
{
    const struct table *t = ask->page->table;
    const struct str asked = form_get(&ask->form, "sort"), own = str_c(t->sort);
    const struct str tries[] = { asked, own };

    for (size_t i = 0; i < LEN(tries); i++) {
        const bool down = str_starts(tries[i], STR("-"));

        if (!find_sort(c, t, str_from(tries[i], down ? 1 : 0), &ask->query.sort))
            continue;
        ask->query.descending = down;
        return;
    }
    ask->query.sort = t->column_count;
    ask->query.descending = true;
}

static result read_as(struct table_ask *ask, struct err *e)
{
    static const char *const names[] = { "", "csv", "xlsx", "pdf" };
    const struct str as = form_get(&ask->form, "as");

    for (size_t i = 0; i < LEN(names); i++)
        if (str_is(as, names[i])) {
            ask->as = (enum table_as)i;
            return OK;
        }
    return fail_field(e, ERR_INVALID, "as", "csv, xlsx or pdf");
}

result table_ask_read(struct ctx *c, const struct request *rq, const struct table_page *page,
                      struct table_ask *out, struct err *e)
{
    const struct table *t = page->table;
    bool right;

    must(t->column_count <= TABLE_COLUMNS_MAX && t->filter_count <= TABLE_FILTERS_MAX);
    *out = (struct table_ask){ .page = page, .path = rq->path };
    TRY(form_query(rq, &out->form, e));
    TRY(check_names(out, e));
    TRY(read_as(out, e));
    out->query.table = t;
    out->query.user = page->user;
    out->query.most = TABLE_ROWS_SHOWN + 1;
    out->query.after = form_get(&out->form, "after");
    read_sort(c, out);
    for (size_t i = 0; i < t->filter_count; i++) {
        TRY(read_value(c, out, i, &right, e));
        out->is_wrong[i] = !right;
        out->has_mistake |= !right;
        out->has_filter |= out->query.values[i].is_set;
    }
    return OK;
}

static bool is_passing(struct str name) /* says nothing about what the list is */
{
    return str_is(name, "lang") || str_is(name, "told") || str_is(name, "as") ||
           str_is(name, "all");
}

struct str table_ask_url(struct ctx *c, const struct table_ask *ask, const char *name,
                         struct str value)
{
    struct pair fields[LIMIT_FORM_FIELDS + 1];
    const bool turns = str_is(str_c(name), "after"), file = str_is(str_c(name), "as");
    size_t n = 0;

    for (size_t i = 0; i < ask->form.count; i++) {
        const struct pair *f = &ask->form.fields[i];

        if (f->value.n == 0 || is_passing(f->name) || str_is(f->name, name) ||
            (!turns && str_is(f->name, "after")))
            continue;
        fields[n++] = *f;
    }
    if (value.n > 0)
        fields[n++] = (struct pair){ str_c(name), value };
    else if (n == 0 && !file)
        fields[n++] = (struct pair){ STR("all"), STR("1") };
    return url_with(c->arena, ask->path, fields, n);
}

struct str table_ask_kept(struct ctx *c, const struct table_ask *ask)
{
    struct pair fields[LIMIT_FORM_FIELDS];
    size_t n = 0;

    for (size_t i = 0; i < ask->form.count; i++) {
        const struct pair *f = &ask->form.fields[i];

        if (f->value.n > 0 && !is_passing(f->name) && !str_is(f->name, "after"))
            fields[n++] = *f;
    }
    return url_with(c->arena, STR(""), fields, n);
}

void table_choice(struct table_choices *list, struct str value, struct str word)
{
    if (list->n == LEN(list->list))
        return; /* what is beyond can still be typed into a text filter */
    list->list[list->n].value = value;
    list->list[list->n++].word = word;
}

result table_choices_find(struct ctx *c, const struct table_page *page, size_t filter,
                          struct table_choices *out, struct err *e)
{
    const struct table_filter *f = &page->table->filters[filter];
    struct str rest = str_c(f->choices), one;

    out->n = 0;
    if (f->choices == NULL)
        return page->table->choose(c, filter, out, e);
    while (str_next(&rest, ' ', &one))
        table_choice(
            out, one,
            view_text(c, str_cstr(c->arena, str_cat(c->arena, str_c(f->choice_text), one))));
    return OK;
}

static struct str range_words(struct ctx *c, struct str from, struct str to)
{
    if (from.n > 0 && to.n > 0)
        return str_fmt(c->arena, "%.*s – %.*s", STR_ARG(from), STR_ARG(to));
    return from.n > 0 ? str_cat(c->arena, STR("≥ "), from) : str_cat(c->arena, STR("≤ "), to);
}

static result choice_word(struct ctx *c, const struct table_ask *ask, size_t filter,
                          struct str *out, struct err *e)
{
    struct table_choices *list = arena_new(c->arena, struct table_choices);

    TRY(table_choices_find(c, ask->page, filter, list, e));
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->list[i].value, ask->query.values[filter].text))
            *out = list->list[i].word;
    return OK;
}

static struct str day_word(struct ctx *c, struct str iso)
{
    struct date day;

    return date_read(iso, &day) && date_is_valid(day) ? date_vn(c->arena, day) : iso;
}

result table_value_words(struct ctx *c, const struct table_ask *ask, size_t filter, struct str *out,
                         struct err *e)
{
    const struct table_filter *f = &ask->page->table->filters[filter];
    const struct str from = typed(c, ask, f, "_from"), to = typed(c, ask, f, "_to");

    *out = STR("");
    if (!ask->query.values[filter].is_set)
        return OK;
    if (f->kind == TABLE_BY_DAYS)
        *out = range_words(c, day_word(c, from), day_word(c, to));
    else if (f->kind == TABLE_BY_AMOUNT)
        *out = range_words(c, from, to);
    else
        *out = typed(c, ask, f, "");
    return f->kind == TABLE_BY_CHOICE ? choice_word(c, ask, filter, out, e) : OK;
}

result table_ask_words(struct ctx *c, const struct table_ask *ask, struct str *out, struct err *e)
{
    const struct table *t = ask->page->table;
    struct buf b = buf_make(c->arena, LIMIT_FORM_BYTES);
    struct str value;

    for (size_t i = 0; i < t->filter_count; i++) {
        TRY(table_value_words(c, ask, i, &value, e));
        if (value.n == 0)
            continue;
        if (b.n > 0)
            buf_puts(&b, "; ");
        buf_put(&b, view_text(c, t->filters[i].text));
        buf_puts(&b, ": ");
        buf_put(&b, value);
    }
    if (b.n == 0)
        buf_put(&b, view_text(c, "table.everything"));
    return buf_end(&b, out, e);
}
