#include "payments/refund_rules.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/dated.h"

#define RULES_BYTES ((size_t)4 << 20)

struct refund_rules {
    struct arena *a;
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

/* Circular 130/2025/TT-BTC: central, provinces, communes; those of districts ended with 2025. */
static bool is_chapter(struct str s)
{
    int64_t n;

    return s.n == 3 && str_to_i64(s, &n) && ((n >= 1 && n <= 599) || (n >= 800 && n <= 989));
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

    if (x.agency_id.n == 0 || x.fee.n == 0 || x.treasury.n == 0)
        return fail(e, ERR_CONFIG, "%s:%d: agency, fee and treasury", d->name, d->line);
    if (!str_digits(x.chapter) || !is_chapter(x.chapter))
        return fail(e, ERR_CONFIG, "%s:%d: chapter is 001-599 or 800-989", d->name, d->line);
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

static result reasons_read(struct refund_rules *r, struct str folder, struct err *e)
{
    const char *path = str_cstr(r->a, str_cat(r->a, folder, STR("/reasons.csv")));
    struct dated_row row;
    struct dated d;
    bool found;

    TRY(dated_open(r->a, path, "code,name_vi,name_en,rule,valid_from,valid_to", &d, e));
    r->reasons = arena_array(r->a, struct refund_reason, dated_rows_max(&d) + 1);
    for (;;) {
        TRY(dated_next(&d, &row, &found, e));
        if (!found)
            return OK;
        TRY(reason_add(r, &d, &row, e));
    }
}

static result budgets_read(struct refund_rules *r, struct str folder, struct err *e)
{
    const char *path = str_cstr(r->a, str_cat(r->a, folder, STR("/budget.csv")));
    struct dated_row row;
    struct dated d;
    bool found;

    TRY(dated_open(r->a, path, "agency,fee,chapter,sub_item,locality,treasury,valid_from,valid_to",
                   &d, e));
    r->budgets = arena_array(r->a, struct refund_budget, dated_rows_max(&d) + 1);
    for (;;) {
        TRY(dated_next(&d, &row, &found, e));
        if (!found)
            return OK;
        TRY(budget_add(r, &d, &row, e));
    }
}

result refund_rules_open(struct str folder, struct refund_rules **out, struct err *e)
{
    struct arena *a = arena_open(RULES_BYTES);
    struct refund_rules *r = arena_new(a, struct refund_rules);

    r->a = a;
    *out = r;
    TRY(reasons_read(r, folder, e));
    return budgets_read(r, folder, e);
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
