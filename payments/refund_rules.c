#include "payments/refund_rules.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/dated.h"

#define RULES_BYTES ((size_t)4 << 20)

struct chapters {
    int64_t first, last;
    struct date from, to;
};

struct refund_rules {
    struct arena *a;
    struct chapters *chapters;
    size_t chapter_count;
    struct refund_treasury *treasuries;
    size_t treasury_count;
    struct refund_reason *reasons;
    size_t reason_count;
    struct refund_budget *budgets;
    size_t budget_count;
};

static bool rule_read(struct str text, enum refund_rule *out)
{
    static const char *const names[] = {
        [REFUND_EXCESS] = "excess", [REFUND_UNLESS_REFUSED] = "unless_refused", [REFUND_ANY] = "any"
    };

    for (size_t i = 0; i < LEN(names); i++)
        if (str_is(text, names[i])) {
            *out = (enum refund_rule)i;
            return true;
        }
    return false;
}

static bool overlaps(struct date a_from, struct date a_to, struct date b_from, struct date b_to)
{
    return date_cmp(a_from, b_to) <= 0 && date_cmp(b_from, a_to) <= 0;
}

static result reason_add(struct refund_rules *r, const struct dated *d, const struct dated_row *row,
                         struct err *e)
{
    struct refund_reason x = { .code = row->cells[0],
                               .name_vi = row->cells[1],
                               .name_en = row->cells[2],
                               .from = row->from,
                               .to = row->to };

    if (x.code.n == 0 || x.name_vi.n == 0 || x.name_en.n == 0)
        return fail(e, ERR_CONFIG, "%s:%d: code and both names", d->name, d->line);
    if (!rule_read(row->cells[3], &x.rule))
        return fail(e, ERR_CONFIG, "%s:%d: excess, unless_refused or any", d->name, d->line);
    for (size_t i = 0; i < r->reason_count; i++)
        if (str_eq(r->reasons[i].code, x.code) &&
            overlaps(r->reasons[i].from, r->reasons[i].to, x.from, x.to))
            return fail(e, ERR_CONFIG, "%s:%d: the code is taken on these days", d->name, d->line);
    r->reasons[r->reason_count++] = x;
    return OK;
}

static bool chapter_read(struct str s, int64_t *n)
{
    return s.n == 3 && str_digits(s) && str_to_i64(s, n);
}

static result chapter_add(struct refund_rules *r, const struct dated *d,
                          const struct dated_row *row, struct err *e)
{
    struct chapters x = { .from = row->from, .to = row->to };

    if (!chapter_read(row->cells[0], &x.first) || !chapter_read(row->cells[1], &x.last) ||
        x.first > x.last)
        return fail(e, ERR_CONFIG, "%s:%d: first and last have 3 digits", d->name, d->line);
    r->chapters[r->chapter_count++] = x;
    return OK;
}

/* On each of the days. */
static bool is_chapter(const struct refund_rules *r, struct str s, struct date from, struct date to)
{
    int64_t n;

    if (!chapter_read(s, &n))
        return false;
    for (size_t i = 0; i < r->chapter_count; i++)
        if (n >= r->chapters[i].first && n <= r->chapters[i].last &&
            dated_holds(r->chapters[i].from, r->chapters[i].to, from) &&
            dated_holds(r->chapters[i].from, r->chapters[i].to, to))
            return true;
    return false;
}

static result treasury_add(struct refund_rules *r, const struct dated *d,
                           const struct dated_row *row, struct err *e)
{
    const struct refund_treasury x = { .name = row->cells[0],
                                       .code = row->cells[1],
                                       .account = row->cells[2],
                                       .bank = row->cells[3],
                                       .from = row->from,
                                       .to = row->to };

    if (x.name.n == 0 || x.code.n == 0 || x.account.n == 0)
        return fail(e, ERR_CONFIG, "%s:%d: name, code and account", d->name, d->line);
    for (size_t i = 0; i < r->treasury_count; i++)
        if (str_eq(r->treasuries[i].name, x.name) &&
            overlaps(r->treasuries[i].from, r->treasuries[i].to, x.from, x.to))
            return fail(e, ERR_CONFIG, "%s:%d: the name is taken on these days", d->name, d->line);
    r->treasuries[r->treasury_count++] = x;
    return OK;
}

static result budget_add(struct refund_rules *r, const struct dated *d, const struct dated_row *row,
                         struct err *e)
{
    const struct refund_budget x = { .agency_id = row->cells[0],
                                     .fee = row->cells[1],
                                     .chapter = row->cells[2],
                                     .sub_item = row->cells[3],
                                     .locality = row->cells[4],
                                     .treasury = row->cells[5],
                                     .from = row->from,
                                     .to = row->to };
    struct refund_treasury unused;

    if (x.agency_id.n == 0 || x.fee.n == 0 || x.treasury.n == 0)
        return fail(e, ERR_CONFIG, "%s:%d: agency, fee and treasury", d->name, d->line);
    if (!is_chapter(r, x.chapter, x.from, x.to))
        return fail(e, ERR_CONFIG, "%s:%d: no chapter of chapters.csv on these days", d->name,
                    d->line);
    if (!refund_treasury_find(r, x.treasury, x.from, &unused))
        return fail(e, ERR_CONFIG, "%s:%d: no treasury of treasuries.csv on that day", d->name,
                    d->line);
    if (x.sub_item.n != 4 || !str_digits(x.sub_item))
        return fail(e, ERR_CONFIG, "%s:%d: a sub-item has 4 digits", d->name, d->line);
    if (x.locality.n < 2 || x.locality.n > 5 || !str_digits(x.locality))
        return fail(e, ERR_CONFIG, "%s:%d: a locality has 2 to 5 digits", d->name, d->line);
    for (size_t i = 0; i < r->budget_count; i++)
        if (str_eq(r->budgets[i].agency_id, x.agency_id) && str_eq(r->budgets[i].fee, x.fee) &&
            overlaps(r->budgets[i].from, r->budgets[i].to, x.from, x.to))
            return fail(e, ERR_CONFIG, "%s:%d: the fee is taken on these days", d->name, d->line);
    r->budgets[r->budget_count++] = x;
    return OK;
}

typedef result row_add(struct refund_rules *r, const struct dated *d, const struct dated_row *row,
                       struct err *e);

static result table_read(struct refund_rules *r, struct str folder, const char *file,
                         const char *header, row_add *add, struct err *e)
{
    const char *path = str_cstr(r->a, str_fmt(r->a, "%.*s/%s", STR_ARG(folder), file));
    struct dated_row row;
    struct dated d;
    bool found;

    TRY(dated_open(r->a, path, header, &d, e));
    const size_t most = dated_rows_max(&d) + 1;
    if (add == chapter_add)
        r->chapters = arena_array(r->a, struct chapters, most);
    else if (add == treasury_add)
        r->treasuries = arena_array(r->a, struct refund_treasury, most);
    else if (add == reason_add)
        r->reasons = arena_array(r->a, struct refund_reason, most);
    else
        r->budgets = arena_array(r->a, struct refund_budget, most);
    for (;;) {
        TRY(dated_next(&d, &row, &found, e));
        if (!found)
            return OK;
        TRY(add(r, &d, &row, e));
    }
}

result refund_rules_open(struct str folder, struct refund_rules **out, struct err *e)
{
    struct arena *a = arena_open(RULES_BYTES);
    struct refund_rules *r = arena_new(a, struct refund_rules);

    r->a = a;
    *out = r;
    TRY(table_read(r, folder, "chapters.csv", "first,last,level,valid_from,valid_to", chapter_add,
                   e));
    TRY(table_read(r, folder, "treasuries.csv", "name,code,account,bank,valid_from,valid_to",
                   treasury_add, e));
    TRY(table_read(r, folder, "reasons.csv", "code,name_vi,name_en,rule,valid_from,valid_to",
                   reason_add, e));
    return table_read(r, folder, "budget.csv",
                      "agency,fee,chapter,sub_item,locality,treasury,valid_from,valid_to",
                      budget_add, e);
}

void refund_rules_close(struct refund_rules **r)
{
    struct arena *a;

    if (*r == NULL)
        return;
    a = (*r)->a;
    *r = NULL;
    arena_close(&a);
}

bool refund_reason_find(const struct refund_rules *r, struct str code, struct date on,
                        struct refund_reason *out)
{
    for (size_t i = 0; i < r->reason_count; i++)
        if (str_eq(r->reasons[i].code, code) &&
            dated_holds(r->reasons[i].from, r->reasons[i].to, on)) {
            *out = r->reasons[i];
            return true;
        }
    return false;
}

size_t refund_reasons(const struct refund_rules *r, struct date on,
                      const struct refund_reason **out, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < r->reason_count && n < most; i++)
        if (dated_holds(r->reasons[i].from, r->reasons[i].to, on))
            out[n++] = &r->reasons[i];
    return n;
}

bool refund_budget_find(const struct refund_rules *r, struct str agency_id, struct str fee,
                        struct date on, struct refund_budget *out)
{
    bool found = false;

    for (size_t i = 0; i < r->budget_count; i++) {
        const struct refund_budget *b = &r->budgets[i];

        if (!str_eq(b->agency_id, agency_id) || !dated_holds(b->from, b->to, on))
            continue;
        if (str_eq(b->fee, fee)) {
            *out = *b;
            return true;
        }
        if (str_is(b->fee, "*")) {
            *out = *b;
            found = true;
        }
    }
    return found;
}

bool refund_treasury_find(const struct refund_rules *r, struct str name, struct date on,
                          struct refund_treasury *out)
{
    for (size_t i = 0; i < r->treasury_count; i++)
        if (str_eq(r->treasuries[i].name, name) &&
            dated_holds(r->treasuries[i].from, r->treasuries[i].to, on)) {
            *out = r->treasuries[i];
            return true;
        }
    return false;
}
