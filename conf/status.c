#include "conf/status.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/dated.h"

struct entry {
    struct status status;
    struct date from, to;
};

struct statuses {
    struct entry *rows;
    size_t n;
};

static bool rule_read(struct str text, enum status_rule *out)
{
    static const char *const names[] = { [STATUS_ALLOW] = "allow",
                                         [STATUS_WARN] = "warn",
                                         [STATUS_PAY_ONLY] = "pay_only",
                                         [STATUS_REFUSE] = "refuse" };

    for (size_t i = 0; i < LEN(names); i++)
        if (str_is(text, names[i])) {
            *out = (enum status_rule)i;
            return true;
        }
    return false;
}

static result read_entry(const struct dated *d, const struct dated_row *row, struct entry *out,
                         struct err *e)
{
    out->from = row->from;
    out->to = row->to;
    out->status = (struct status){
        .known = true, .code = row->cells[0], .name_vi = row->cells[1], .name_en = row->cells[2]
    };
    if (out->status.code.n != 2 || !str_digits(out->status.code))
        return fail(e, ERR_CONFIG, "%s:%d: a code has 2 digits", d->name, d->line);
    if (out->status.name_vi.n == 0 || out->status.name_en.n == 0)
        return fail(e, ERR_CONFIG, "%s:%d: no name", d->name, d->line);
    if (!rule_read(row->cells[3], &out->status.rule))
        return fail(e, ERR_CONFIG, "%s:%d: allow, warn, pay_only or refuse", d->name, d->line);
    return OK;
}

static result check_taken(const struct dated *d, const struct statuses *s, const struct entry *x,
                          struct err *e)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->rows[i].status.code, x->status.code) &&
            date_cmp(s->rows[i].from, x->to) <= 0 && date_cmp(x->from, s->rows[i].to) <= 0)
            return fail(e, ERR_CONFIG, "%s:%d: the code is taken on these days", d->name, d->line);
    return OK;
}

result statuses_load(struct arena *a, struct str path, struct statuses **out, struct err *e)
{
    struct statuses *s = arena_new(a, struct statuses);
    struct dated_row row;
    struct dated d;
    bool found = true;

    TRY(dated_open(a, str_cstr(a, path), "code,name_vi,name_en,rule,valid_from,valid_to", &d, e));
    s->rows = arena_array(a, struct entry, dated_rows_max(&d));
    for (;;) {
        TRY(dated_next(&d, &row, &found, e));
        if (!found)
            break;
        TRY(read_entry(&d, &row, &s->rows[s->n], e));
        TRY(check_taken(&d, s, &s->rows[s->n], e));
        s->n++;
    }
    *out = s;
    return OK;
}

struct status status_find(const struct statuses *s, struct str code, struct date on)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->rows[i].status.code, code) && dated_holds(s->rows[i].from, s->rows[i].to, on))
            return s->rows[i].status;
    return (struct status){ .known = false, .code = code, .rule = STATUS_ALLOW };
}
