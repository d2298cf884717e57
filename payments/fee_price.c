/*
 * What one item costs. Attacker: a client that asks for a rate or a preference that does not hold;
 * promise: only the dated tables decide, the same input gives the same line, and the line tells
 * why. What is granted once a year is counted by fee_quota.h; here it is given what is used up.
 * Deliberately not done: proof of a category is the agency's.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "payments/fee.h"
#include "payments/fee_table.h"

#define QUANTITY_MAX     100000
#define DETAIL_BYTES_MAX 500
#define NAMES_SHOWN      8

/* One pricing under way. */
struct pricing {
    const struct fee_rows *r;
    const struct fee_case *c;
    const struct fee_item *item;
    struct arena *a;
    struct str place;
    enum fee_area area;
    struct fee_explain *explain;
    size_t explain_count;
};

/* Why a row does not hold; FEE_WHY_APPLIES: it does. */
struct objection {
    enum fee_reason reason;
    struct str detail;
};

static const struct objection none = { FEE_WHY_APPLIES, { "", 0 } };

static void explain(struct pricing *p, struct str id, struct str basis, struct objection o)
{
    p->explain[p->explain_count++] = (struct fee_explain){ .rule = id,
                                                           .applied = o.reason == FEE_WHY_APPLIES ||
                                                                      o.reason == FEE_WHY_FREE_DAYS,
                                                           .reason = o.reason,
                                                           .detail = o.detail,
                                                           .basis = basis };
}

static struct str names_print(struct arena *a, const struct fee_names *n)
{
    struct buf b = buf_make(a, DETAIL_BYTES_MAX);

    for (size_t i = 0; i < n->count && i < NAMES_SHOWN; i++) {
        buf_puts(&b, i > 0 ? ", " : "");
        buf_put(&b, n->names[i]);
    }
    return buf_str(&b);
}

static struct objection scope_objection(const struct pricing *p, const struct fee_scope *s)
{
    const struct str nothing = STR("");

    if (date_cmp(p->c->received_on, s->from) < 0)
        return (struct objection){ FEE_WHY_NOT_YET, date_iso(p->a, s->from) };
    if (s->to.d != 0 && date_cmp(s->to, p->c->received_on) < 0)
        return (struct objection){ FEE_WHY_NO_LONGER, date_iso(p->a, s->to) };
    if (s->places.count > 0 && !fee_names_has(&s->places, p->place))
        return (struct objection){ FEE_WHY_OTHER_PLACE, names_print(p->a, &s->places) };
    if (s->areas != 0 && (s->areas & (1u << p->area)) == 0)
        return (struct objection){ FEE_WHY_OTHER_AREA, nothing };
    if (s->channels != 0 && (s->channels & (1u << p->c->channel)) == 0)
        return (struct objection){ p->c->channel == FEE_ONLINE ? FEE_WHY_COUNTER_ONLY
                                                               : FEE_WHY_ONLINE_ONLY,
                                   nothing };
    return none;
}

static bool within_free_days(const struct pricing *p, const struct fee_rule *r)
{
    const struct date event = p->item->event_on;

    return r->free_days > 0 && event.d != 0 &&
           date_cmp(p->c->received_on, date_add_days(event, (int)r->free_days)) <= 0;
}

/* Of the rules that hold, the narrowest; the reader has refused two that are equally narrow. */
static const struct fee_rule *rule_best(const struct pricing *p)
{
    const struct fee_rule *best = NULL;

    for (size_t i = 0; i < p->r->rule_count; i++) {
        const struct fee_rule *r = &p->r->rules[i];

        if (str_eq(r->fee, p->item->fee) &&
            scope_objection(p, &r->scope).reason == FEE_WHY_APPLIES &&
            (best == NULL || fee_scope_rank(&best->scope) < fee_scope_rank(&r->scope)))
            best = r;
    }
    return best;
}

static const struct fee_rule *rule_find(struct pricing *p)
{
    const struct fee_rule *best = rule_best(p);

    for (size_t i = 0; i < p->r->rule_count; i++) {
        const struct fee_rule *r = &p->r->rules[i];
        struct objection why;

        if (!str_eq(r->fee, p->item->fee))
            continue;
        why = scope_objection(p, &r->scope);
        if (r == best)
            why.reason = within_free_days(p, r) ? FEE_WHY_FREE_DAYS : FEE_WHY_APPLIES;
        else if (why.reason == FEE_WHY_APPLIES)
            why.reason = FEE_WHY_NARROWER;
        explain(p, r->id, r->basis, why);
    }
    return best;
}

/* To a whole number of the rule's unit. */
static int64_t rounded(const struct fee_rule *r, int64_t vnd)
{
    const int64_t unit = r->round_to_vnd, over = vnd % unit;

    if (over == 0)
        return vnd;
    if (r->round == FEE_DOWN || (r->round == FEE_HALF_UP && over < unit - over))
        return vnd - over;
    return vnd - over + unit;
}

static int64_t clamped(int64_t vnd, int64_t least, int64_t most)
{
    vnd = most > 0 && vnd > most ? most : vnd;
    return vnd < least ? least : vnd;
}

static result gross_make(const struct pricing *p, const struct fee_rule *r, int64_t *gross_vnd,
                         struct err *e)
{
    const struct fee_item *item = p->item;
    int64_t vnd = r->amount_vnd;

    if (within_free_days(p, r)) {
        *gross_vnd = 0;
        return OK;
    }
    if (r->by_rate) {
        if (item->base_vnd <= 0)
            return fail_field(e, ERR_INVALID, "base_vnd", "this fee is a rate of a value");
        TRY(money_rate(item->base_vnd, r->rate_ppm, &vnd, e));
    }
    TRY(money_times(vnd, item->quantity, &vnd, e));
    if (vnd > MONEY_MAX_VND && r->most_vnd == 0)
        return fail_field(e, ERR_INVALID, "quantity", "amount too large");
    vnd = clamped(vnd, r->least_vnd, r->most_vnd);
    vnd = clamped(rounded(r, vnd), r->least_vnd, r->most_vnd);
    if (vnd > MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "quantity", "amount too large");
    *gross_vnd = vnd;
    return OK;
}

static bool list_has(const struct str *list, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], name))
            return true;
    return false;
}

static struct objection category_objection(const struct pricing *p, const struct fee_preference *f)
{
    const struct fee_case *c = p->c;
    bool any = f->any.count == 0;

    for (size_t i = 0; i < f->all.count; i++)
        if (!list_has(c->categories, c->category_count, f->all.names[i]))
            return (struct objection){ FEE_WHY_CATEGORY, f->all.names[i] };
    for (size_t i = 0; i < f->any.count; i++)
        any = any || list_has(c->categories, c->category_count, f->any.names[i]);
    return any ? none : (struct objection){ FEE_WHY_ANY_CATEGORY, names_print(p->a, &f->any) };
}

static struct objection preference_objection(const struct pricing *p,
                                             const struct fee_preference *f)
{
    struct objection why = scope_objection(p, &f->scope);

    if (why.reason != FEE_WHY_APPLIES)
        return why;
    if (p->c->level < f->level_least)
        return (struct objection){ FEE_WHY_LEVEL, str_i64(p->a, f->level_least) };
    why = category_objection(p, f);
    if (why.reason != FEE_WHY_APPLIES)
        return why;
    if (f->reduction_most_salaries > 0 && fee_salary_on(p->r, p->c->received_on) == 0)
        return (struct objection){ FEE_WHY_SALARY, STR("") };
    if (f->once_a_year.n > 0 && !p->c->citizen_known)
        return (struct objection){ FEE_WHY_CITIZEN, f->once_a_year };
    if (f->once_a_year.n > 0 && list_has(p->c->used, p->c->used_count, f->once_a_year))
        return (struct objection){ FEE_WHY_QUOTA, f->once_a_year };
    return none;
}

static result reduction_make(const struct pricing *p, const struct fee_rule *r,
                             const struct fee_preference *f, int64_t gross_vnd, int64_t *out,
                             struct err *e)
{
    int64_t cut, net, cap;

    TRY(money_rate(gross_vnd, f->reduction_ppm, &cut, e));
    if (f->reduction_most_vnd > 0 && cut > f->reduction_most_vnd)
        cut = f->reduction_most_vnd;
    if (f->reduction_most_salaries > 0) {
        TRY(money_times(fee_salary_on(p->r, p->c->received_on), f->reduction_most_salaries, &cap,
                        e));
        cut = cut > cap ? cap : cut;
    }
    net = clamped(gross_vnd - cut, f->net_least_vnd, f->net_most_vnd);
    net = clamped(rounded(r, net), f->net_least_vnd, f->net_most_vnd);
    *out = net < gross_vnd ? gross_vnd - net : 0;
    return OK;
}

/* The largest reduction; of equal ones the first of the table. */
static result preference_best(const struct pricing *p, const struct fee_rule *r,
                              struct fee_line *line, const struct fee_preference **out,
                              struct err *e)
{
    *out = NULL;
    for (size_t i = 0; i < p->r->preference_count; i++) {
        const struct fee_preference *f = &p->r->preferences[i];
        int64_t cut;

        if (!fee_names_has(&f->fees, p->item->fee) ||
            preference_objection(p, f).reason != FEE_WHY_APPLIES)
            continue;
        TRY(reduction_make(p, r, f, line->gross_vnd, &cut, e));
        if (cut <= line->reduction_vnd)
            continue;
        *out = f;
        line->reduction_vnd = cut;
    }
    return OK;
}

static result preference_find(struct pricing *p, const struct fee_rule *r, struct fee_line *line,
                              struct err *e)
{
    const struct fee_preference *best;

    TRY(preference_best(p, r, line, &best, e));
    for (size_t i = 0; i < p->r->preference_count; i++) {
        const struct fee_preference *f = &p->r->preferences[i];
        struct objection why;

        if (!fee_names_has(&f->fees, p->item->fee))
            continue;
        why = preference_objection(p, f);
        if (why.reason == FEE_WHY_APPLIES && f != best)
            why.reason = FEE_WHY_NOT_LARGER;
        explain(p, f->id, f->basis, why);
    }
    if (best != NULL) {
        line->reduction_id = best->id;
        line->reduction_text = best->basis;
        line->quota = best->once_a_year;
    }
    return OK;
}

static result item_check(const struct pricing *p, const struct fee_agency *agency,
                         enum fee_area *area, struct err *e)
{
    const struct fee_item *item = p->item;

    if (fee_name_find(p->r, item->fee) == NULL)
        return fail_field(e, ERR_INVALID, "fee", "no such fee");
    if (item->quantity < 1 || item->quantity > QUANTITY_MAX)
        return fail_field(e, ERR_INVALID, "quantity", "not within 1 to %d", QUANTITY_MAX);
    if (item->base_vnd < 0 || item->base_vnd > MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "base_vnd", "out of range");
    if (item->event_on.d != 0 && !date_is_valid(item->event_on))
        return fail_field(e, ERR_INVALID, "event_on", "no such day");
    if (item->event_on.d != 0 && date_cmp(p->c->received_on, item->event_on) < 0)
        return fail_field(e, ERR_INVALID, "event_on", "after the dossier was received");
    if (!fee_area_find(item->area.n > 0 ? item->area : agency->area, area))
        return fail_field(e, ERR_INVALID, "area", "neither ward nor other");
    return OK;
}

static void line_fill(struct fee_line *line, const struct pricing *p, const struct fee_rule *r)
{
    const struct fee_name *name = fee_name_find(p->r, p->item->fee);

    *line = (struct fee_line){ .fee = name->code,
                               .kind = name->kind,
                               .name_vi = name->name_vi,
                               .name_en = name->name_en,
                               .quantity = p->item->quantity,
                               .base_vnd = p->item->base_vnd,
                               .refundable = r->refund_if_refused,
                               .basis = r->id,
                               .basis_text = r->basis };
}

result fee_price(const struct fee_table *t, const struct fee_case *c, const struct fee_item *item,
                 struct arena *a, struct fee_line *out, struct err *e)
{
    struct pricing p = { .r = fee_rows_of(t), .c = c, .item = item, .a = a };
    struct fee_agency agency;
    struct fee_line line;
    const struct fee_rule *r;

    if (!date_is_valid(c->received_on))
        return fail_field(e, ERR_INVALID, "received_on", "no such day");
    TRY(fee_agency_find(t, c->agency_id, c->received_on, &agency, e));
    TRY(item_check(&p, &agency, &p.area, e));
    p.place = agency.place;
    p.explain = arena_array(a, struct fee_explain, p.r->rule_count + p.r->preference_count + 1);
    r = rule_find(&p);
    if (r == NULL)
        return fail_field(e, ERR_BUSINESS_RULE, "fee", "no rate of %.*s is in force there",
                          STR_ARG(item->fee));
    line_fill(&line, &p, r);
    TRY(gross_make(&p, r, &line.gross_vnd, e));
    TRY(preference_find(&p, r, &line, e));
    line.net_vnd = line.gross_vnd - line.reduction_vnd;
    must(line.net_vnd >= 0 && line.reduction_vnd >= 0);
    if (line.kind == FEE_PHI)
        TRY(money_share(line.net_vnd, r->retained_ppm, &line.retained_vnd, e));
    line.budget_vnd = line.net_vnd - line.retained_vnd;
    line.explain = p.explain;
    line.explain_count = p.explain_count;
    *out = line;
    return OK;
}
