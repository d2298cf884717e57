/*
 * What differs between two readings of the fee tables, told for those who approve. Promise: every
 * row that is not the same stands in the list, and every row that reaches into the past is counted.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/fee_table.h"
#include "payments/fee_version.h"

#define TOLD_BYTES_MAX 2000

/* A row of any list as what decides about it: its id, its days, and its print. */
struct dated {
    struct str id;
    struct date from, to; /* from.d 0: undated, so that it may change at any time */
    struct str told;      /* without the last day */
};

struct dated_list {
    struct dated *rows;
    size_t count;
};

static void put_names(struct buf *b, const char *what, const struct fee_names *n)
{
    if (n->count == 0)
        return;
    buf_fmt(b, "; %s", what);
    for (size_t i = 0; i < n->count; i++)
        buf_fmt(b, "%s%.*s", i > 0 ? "," : " ", STR_ARG(n->names[i]));
}

static void put_vnd(struct buf *b, const char *what, int64_t n)
{
    if (n > 0)
        buf_fmt(b, "; %s %lld", what, (long long)n);
}

static void put_scope(struct buf *b, const struct fee_scope *s)
{
    put_names(b, "places", &s->places);
    put_vnd(b, "areas", s->areas);
    put_vnd(b, "channels", s->channels);
}

static struct str rule_told(const struct fee_rule *r, struct arena *a)
{
    struct buf b = buf_make(a, TOLD_BYTES_MAX);

    buf_fmt(&b, "%.*s: ", STR_ARG(r->fee));
    if (r->by_rate)
        buf_fmt(&b, "%lld ppm", (long long)r->rate_ppm);
    else
        buf_fmt(&b, "%lld VND", (long long)r->amount_vnd);
    put_vnd(&b, "least", r->least_vnd);
    put_vnd(&b, "most", r->most_vnd);
    put_vnd(&b, "free days", r->free_days);
    put_vnd(&b, "retained ppm", r->retained_ppm);
    put_vnd(&b, "round", (int64_t)r->round * 10000000 + r->round_to_vnd - 1);
    put_vnd(&b, "sample", r->sample);
    put_scope(&b, &r->scope);
    buf_fmt(&b, "%s; %.*s; %.*s", r->refund_if_refused ? "" : "; not refunded",
            STR_ARG(r->authority), STR_ARG(r->basis));
    return buf_str(&b);
}

static struct str preference_told(const struct fee_preference *f, struct arena *a)
{
    struct buf b = buf_make(a, TOLD_BYTES_MAX);

    buf_fmt(&b, "-%lld ppm", (long long)f->reduction_ppm);
    put_names(&b, "of", &f->fees);
    put_vnd(&b, "at most", f->reduction_most_vnd);
    put_vnd(&b, "at most base salaries", f->reduction_most_salaries);
    put_vnd(&b, "net least", f->net_least_vnd);
    put_vnd(&b, "net most", f->net_most_vnd);
    put_vnd(&b, "level", f->level_least);
    put_names(&b, "all of", &f->all);
    put_names(&b, "any of", &f->any);
    if (f->once_a_year.n > 0)
        buf_fmt(&b, "; once a year for each %.*s", STR_ARG(f->once_a_year));
    put_scope(&b, &f->scope);
    buf_fmt(&b, "; %.*s; %.*s", STR_ARG(f->authority), STR_ARG(f->basis));
    return buf_str(&b);
}

static struct str agency_told(const struct fee_agency *g, struct arena *a)
{
    return str_fmt(a, "%.*s; %.*s; place %.*s %.*s; tax %.*s; account %.*s %.*s %.*s; %.*s",
                   STR_ARG(g->name_vi), STR_ARG(g->name_en), STR_ARG(g->place), STR_ARG(g->area),
                   STR_ARG(g->tax_code), STR_ARG(g->account), STR_ARG(g->account_name),
                   STR_ARG(g->bank), STR_ARG(g->address));
}

static struct str procedure_told(const struct fee_procedure_row *p, struct arena *a)
{
    struct buf b = buf_make(a, TOLD_BYTES_MAX);

    buf_fmt(&b, "%.*s; %.*s", STR_ARG(p->procedure.name_vi), STR_ARG(p->procedure.name_en));
    put_names(&b, "fees", &p->fees);
    return buf_str(&b);
}

static void dated_put(struct dated_list *l, struct str id, const struct fee_scope *days,
                      struct str told)
{
    l->rows[l->count++] =
        (struct dated){ .id = id, .from = days->from, .to = days->to, .told = told };
}

/* Ids of the lists are apart: "rule x" and "agency x" are two rows. Agencies and procedures may
 * stand more than once, on different days. */
static struct dated_list dated_make(const struct fee_rows *r, struct arena *a)
{
    struct dated_list l = { arena_array(a, struct dated,
                                        r->fee_count + r->rule_count + r->preference_count +
                                            r->agency_count + r->procedure_count + r->salary_count +
                                            1),
                            0 };

    for (size_t i = 0; i < r->fee_count; i++)
        dated_put(&l, str_cat(a, STR("fee "), r->fees[i].code),
                  &(const struct fee_scope){ .from = { 0, 0, 0 } },
                  str_fmt(a, "%.*s; %.*s; %.*s", STR_ARG(fee_kind_name(r->fees[i].kind)),
                          STR_ARG(r->fees[i].name_vi), STR_ARG(r->fees[i].name_en)));
    for (size_t i = 0; i < r->rule_count; i++)
        dated_put(&l, str_cat(a, STR("rule "), r->rules[i].id), &r->rules[i].scope,
                  rule_told(&r->rules[i], a));
    for (size_t i = 0; i < r->preference_count; i++)
        dated_put(&l, str_cat(a, STR("preference "), r->preferences[i].id),
                  &r->preferences[i].scope, preference_told(&r->preferences[i], a));
    for (size_t i = 0; i < r->salary_count; i++)
        dated_put(&l, str_cat(a, STR("base salary "), r->salaries[i].id),
                  &(const struct fee_scope){ .from = r->salaries[i].from, .to = r->salaries[i].to },
                  str_fmt(a, "%lld VND; %.*s; %.*s", (long long)r->salaries[i].amount_vnd,
                          STR_ARG(r->salaries[i].authority), STR_ARG(r->salaries[i].basis)));
    for (size_t i = 0; i < r->agency_count; i++)
        dated_put(&l,
                  str_fmt(a, "agency %.*s from %.*s", STR_ARG(r->agencies[i].agency.id),
                          STR_ARG(date_iso(a, r->agencies[i].scope.from))),
                  &r->agencies[i].scope, agency_told(&r->agencies[i].agency, a));
    for (size_t i = 0; i < r->procedure_count; i++)
        dated_put(&l,
                  str_fmt(a, "procedure %.*s from %.*s", STR_ARG(r->procedures[i].procedure.code),
                          STR_ARG(date_iso(a, r->procedures[i].scope.from))),
                  &r->procedures[i].scope, procedure_told(&r->procedures[i], a));
    return l;
}

static const struct dated *dated_find(const struct dated_list *l, struct str id)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->rows[i].id, id))
            return &l->rows[i];
    return NULL;
}

static struct str days_of(const struct dated *d, struct arena *a)
{
    if (d->from.d == 0)
        return STR("");
    return d->to.d == 0 ? str_fmt(a, " (from %.*s)", STR_ARG(date_iso(a, d->from)))
                        : str_fmt(a, " (%.*s to %.*s)", STR_ARG(date_iso(a, d->from)),
                                  STR_ARG(date_iso(a, d->to)));
}

/* Whether it has been in force on a day before today. */
static bool has_been(const struct dated *d, struct date today)
{
    return d->from.d != 0 && date_cmp(d->from, today) < 0;
}

/* A last day may be moved as long as both, the old one and the new, are yesterday or later. */
static bool ends_later(const struct dated *d, struct date today)
{
    return d->to.d == 0 || date_cmp(d->to, date_add_days(today, -1)) >= 0;
}

static bool changes_past(const struct dated *old, const struct dated *fresh, struct date today)
{
    if (old == NULL)
        return has_been(fresh, today);
    if (fresh == NULL)
        return has_been(old, today);
    if (!has_been(old, today) && !has_been(fresh, today))
        return false;
    return old->from.d != 0 &&
           (date_cmp(old->from, fresh->from) != 0 || !str_eq(old->told, fresh->told) ||
            !ends_later(old, today) || !ends_later(fresh, today));
}

static bool same(const struct dated *x, const struct dated *y)
{
    return date_cmp(x->from, y->from) == 0 && date_cmp(x->to, y->to) == 0 &&
           str_eq(x->told, y->told);
}

struct diffing {
    struct json *added, *changed, *removed;
    struct date today;
    struct buf *past;
    size_t past_count;
    struct arena *a;
};

static void diff_put(struct diffing *d, const struct dated *old, const struct dated *fresh)
{
    struct arena *a = d->a;
    const struct dated *one = fresh != NULL ? fresh : old;
    struct json *list = old == NULL ? d->added : fresh == NULL ? d->removed : d->changed;
    struct str text = str_fmt(a, "%.*s%.*s: %.*s", STR_ARG(one->id), STR_ARG(days_of(one, a)),
                              STR_ARG(one->told));

    if (old != NULL && fresh != NULL)
        text = str_fmt(a, "%.*s | was%.*s: %.*s", STR_ARG(text), STR_ARG(days_of(old, a)),
                       STR_ARG(old->told));
    json_add_str(list, text);
    if (!changes_past(old, fresh, d->today))
        return;
    d->past_count++;
    if (d->past != NULL)
        buf_fmt(d->past, "%.*s: changes what was in force before today\n", STR_ARG(one->id));
}

struct json *fee_version_diff(const struct fee_rows *old, const struct fee_rows *fresh,
                              struct date today, struct buf *past, size_t *past_count,
                              struct arena *a)
{
    const struct dated_list before = dated_make(old, a), after = dated_make(fresh, a);
    struct diffing d = { json_array(), json_array(), json_array(), today, past, 0, a };
    struct json *o = json_object();

    for (size_t i = 0; i < after.count; i++) {
        const struct dated *was = dated_find(&before, after.rows[i].id);

        if (was == NULL || !same(was, &after.rows[i]))
            diff_put(&d, was, &after.rows[i]);
    }
    for (size_t i = 0; i < before.count; i++)
        if (dated_find(&after, before.rows[i].id) == NULL)
            diff_put(&d, &before.rows[i], NULL);
    json_put(o, "added", d.added);
    json_put(o, "changed", d.changed);
    json_put(o, "removed", d.removed);
    *past_count = d.past_count;
    return o;
}
