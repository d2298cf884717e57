/*
 * What one item costs. Attacker: a client that asks for a rate or a preference that does not hold;
 * promise: only the dated tables decide, the same input gives the same line, and the line tells
 * why. Deliberately not done: proof of a category is the agency's, and the "once a year" quotas of
 * Circular 117/2026 come as a category that the agency has checked.
 */
#include "payments/fee.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "payments/fee_table.h"

bool fee_area_find(struct str name, enum fee_area *out)
{
    if (str_is(name, "ward"))
        *out = FEE_WARD;
    else if (str_is(name, "other"))
        *out = FEE_OTHER_AREA;
    else
        return false;
    return true;
}

const struct fee_name *fee_name_find(const struct fee_table *t, struct str code)
{
    for (size_t i = 0; i < t->fee_count; i++)
        if (str_eq(t->fees[i].code, code))
            return &t->fees[i];
    return NULL;
}

bool fee_names_has(const struct fee_names *n, struct str name)
{
    for (size_t i = 0; i < n->count; i++)
        if (str_eq(n->names[i], name))
            return true;
    return false;
}

bool fee_in_force(const struct fee_scope *s, struct date on)
{
    return date_cmp(s->from, on) <= 0 && (s->to.d == 0 || date_cmp(on, s->to) <= 0);
}

int fee_scope_rank(const struct fee_scope *s)
{
    return (s->places.count > 0 ? 4 : 0) + (s->areas != 0 ? 2 : 0) + (s->channels != 0 ? 1 : 0);
}

struct str fee_kind_name(enum fee_kind k)
{
    return k == FEE_PHI ? STR("phi") : STR("le_phi");
}

result fee_agency_find(const struct fee_table *t, struct str id, struct date on,
                       struct fee_agency *out, struct err *e)
{
    for (size_t i = 0; i < t->agency_count; i++) {
        if (str_eq(t->agencies[i].agency.id, id) && fee_in_force(&t->agencies[i].scope, on)) {
            *out = t->agencies[i].agency;
            return OK;
        }
    }
    return fail_field(e, ERR_INVALID, "agency_id", "no such agency on that day");
}

static const struct fee_procedure_row *procedure_row(const struct fee_table *t, struct str code,
                                                     struct date on)
{
    for (size_t i = 0; i < t->procedure_count; i++)
        if (str_eq(t->procedures[i].procedure.code, code) &&
            fee_in_force(&t->procedures[i].scope, on))
            return &t->procedures[i];
    return NULL;
}

result fee_procedure_find(const struct fee_table *t, struct str code, struct date on,
                          struct fee_procedure *out, struct err *e)
{
    const struct fee_procedure_row *row = procedure_row(t, code, on);

    if (row == NULL)
        return fail_field(e, ERR_INVALID, "procedure", "no such procedure on that day");
    *out = row->procedure;
    return OK;
}

result fee_default_items(const struct fee_table *t, const struct fee_case *c, struct arena *a,
                         struct fee_item **items, size_t *count, struct err *e)
{
    const struct fee_procedure_row *row = procedure_row(t, c->procedure, c->received_on);

    if (row == NULL || row->fees.count == 0)
        return fail_field(e, ERR_NOT_FOUND, "procedure", "no default fees on that day");
    *items = arena_array(a, struct fee_item, row->fees.count);
    *count = row->fees.count;
    for (size_t i = 0; i < row->fees.count; i++)
        (*items)[i] = (struct fee_item){ .fee = row->fees.names[i], .quantity = 1 };
    return OK;
}

/* One pricing under way. */
struct pricing {
    const struct fee_table *t;
    const struct fee_case *c;
    const struct fee_item *item;
    struct arena *a;
    struct str place;
    enum fee_area area;
    struct str *explain;
    size_t explain_count;
};

static void explain(struct pricing *p, struct str id, struct str why)
{
    p->explain[p->explain_count++] = str_fmt(p->a, "%.*s: %.*s", STR_ARG(id), STR_ARG(why));
}

/* Why a row does not hold here, or the empty slice. */
static struct str scope_objection(const struct pricing *p, const struct fee_scope *s)
{
    if (date_cmp(p->c->received_on, s->from) < 0)
        return str_cat(p->a, STR("from "), date_iso(p->a, s->from));
    if (s->to.d != 0 && date_cmp(s->to, p->c->received_on) < 0)
        return str_cat(p->a, STR("until "), date_iso(p->a, s->to));
    if (s->places.count > 0 && !fee_names_has(&s->places, p->place))
        return STR("another place");
    if (s->areas != 0 && (s->areas & (1u << p->area)) == 0)
        return STR("another area");
    if (s->channels != 0 && (s->channels & (1u << p->c->channel)) == 0)
        return p->c->channel == FEE_ONLINE ? STR("at the counter only") : STR("online only");
    return (struct str){ "", 0 };
}

static const struct fee_rule *rule_find(struct pricing *p)
{
    const struct fee_rule *best = NULL;

    for (size_t i = 0; i < p->t->rule_count; i++) {
        const struct fee_rule *r = &p->t->rules[i];
        struct str why;

        if (!str_eq(r->fee, p->item->fee))
            continue;
        why = scope_objection(p, &r->scope);
        if (why.n > 0) {
            explain(p, r->id, why);
        } else if (best == NULL || fee_scope_rank(&best->scope) < fee_scope_rank(&r->scope)) {
            if (best != NULL)
                explain(p, best->id, STR("a narrower rule holds"));
            best = r;
        } else {
            explain(p, r->id, STR("a narrower rule holds"));
        }
    }
    return best;
}

static bool within_free_days(const struct pricing *p, const struct fee_rule *r)
{
    const struct date event = p->item->event_on;

    return r->free_days > 0 && event.d != 0 &&
           date_cmp(p->c->received_on, date_add_days(event, (int)r->free_days)) <= 0;
}

static result gross_make(const struct pricing *p, const struct fee_rule *r, int64_t *gross_vnd,
                         struct err *e)
{
    const struct fee_item *item = p->item;
    int64_t vnd;

    if (within_free_days(p, r)) {
        *gross_vnd = 0;
        return OK;
    }
    if (r->by_rate) {
        if (item->base_vnd <= 0)
            return fail_field(e, ERR_INVALID, "base_vnd", "this fee is a rate of a value");
        TRY(money_rate(item->base_vnd, r->rate_ppm, &vnd, e));
        TRY(money_times(vnd, item->quantity, &vnd, e));
    } else {
        TRY(money_times(r->amount_vnd, item->quantity, &vnd, e));
    }
    vnd = vnd < r->least_vnd ? r->least_vnd : vnd;
    vnd = r->most_vnd > 0 && vnd > r->most_vnd ? r->most_vnd : vnd;
    if (vnd > MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "quantity", "amount too large");
    *gross_vnd = vnd;
    return OK;
}

static bool case_has(const struct fee_case *c, struct str category)
{
    for (size_t i = 0; i < c->category_count; i++)
        if (str_eq(c->categories[i], category))
            return true;
    return false;
}

static struct str preference_objection(const struct pricing *p, const struct fee_preference *f)
{
    struct str why = scope_objection(p, &f->scope);
    bool any = f->any.count == 0;

    if (why.n > 0)
        return why;
    if (p->c->level < f->level_least)
        return str_fmt(p->a, "needs identity level %d", (int)f->level_least);
    for (size_t i = 0; i < f->all.count; i++)
        if (!case_has(p->c, f->all.names[i]))
            return str_fmt(p->a, "needs category %.*s", STR_ARG(f->all.names[i]));
    for (size_t i = 0; i < f->any.count; i++)
        any = any || case_has(p->c, f->any.names[i]);
    return any ? (struct str){ "", 0 } : STR("needs a category of the list");
}

static result reduction_make(const struct fee_preference *f, int64_t gross_vnd, int64_t *out,
                             struct err *e)
{
    int64_t cut, net;

    TRY(money_rate(gross_vnd, f->reduction_ppm, &cut, e));
    if (f->reduction_most_vnd > 0 && cut > f->reduction_most_vnd)
        cut = f->reduction_most_vnd;
    net = gross_vnd - cut;
    if (f->net_most_vnd > 0 && net > f->net_most_vnd)
        net = f->net_most_vnd;
    if (net < f->net_least_vnd)
        net = f->net_least_vnd < gross_vnd ? f->net_least_vnd : gross_vnd;
    *out = gross_vnd - net;
    return OK;
}

/* The largest reduction; of equal ones the first of the table. */
static result preference_find(struct pricing *p, struct fee_line *line, struct err *e)
{
    const struct fee_preference *best = NULL;

    for (size_t i = 0; i < p->t->preference_count; i++) {
        const struct fee_preference *f = &p->t->preferences[i];
        struct str why;
        int64_t cut;

        if (!fee_names_has(&f->fees, p->item->fee))
            continue;
        why = preference_objection(p, f);
        if (why.n > 0) {
            explain(p, f->id, why);
            continue;
        }
        TRY(reduction_make(f, line->gross_vnd, &cut, e));
        if (cut <= line->reduction_vnd) {
            explain(p, f->id, STR("not more than another"));
            continue;
        }
        if (best != NULL)
            explain(p, best->id, STR("a larger one applies"));
        best = f;
        line->reduction_vnd = cut;
    }
    if (best != NULL) {
        explain(p, best->id, STR("applies"));
        line->reduction_id = best->id;
        line->reduction_text = best->basis;
    }
    return OK;
}

static result item_check(const struct fee_table *t, const struct fee_item *item,
                         const struct fee_agency *agency, enum fee_area *area, struct err *e)
{
    if (fee_name_find(t, item->fee) == NULL)
        return fail_field(e, ERR_INVALID, "fee", "no such fee");
    if (item->quantity < 1 || item->quantity > 100000)
        return fail_field(e, ERR_INVALID, "quantity", "not within 1 to 100000");
    if (item->base_vnd < 0 || item->base_vnd > MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "base_vnd", "out of range");
    if (item->event_on.d != 0 && !date_is_valid(item->event_on))
        return fail_field(e, ERR_INVALID, "event_on", "no such day");
    if (!fee_area_find(item->area.n > 0 ? item->area : agency->area, area))
        return fail_field(e, ERR_INVALID, "area", "neither ward nor other");
    return OK;
}

static void line_fill(struct fee_line *line, const struct pricing *p, const struct fee_rule *r)
{
    const struct fee_name *name = fee_name_find(p->t, p->item->fee);

    *line = (struct fee_line){ .fee = name->code,
                               .kind = name->kind,
                               .name_vi = name->name_vi,
                               .name_en = name->name_en,
                               .quantity = p->item->quantity,
                               .base_vnd = p->item->base_vnd,
                               .basis = r->id,
                               .basis_text = r->basis };
}

result fee_price(const struct fee_table *t, const struct fee_case *c, const struct fee_item *item,
                 struct arena *a, struct fee_line *out, struct err *e)
{
    struct pricing p = { .t = t, .c = c, .item = item, .a = a };
    struct fee_agency agency;
    struct fee_line line;
    const struct fee_rule *r;

    if (!date_is_valid(c->received_on))
        return fail_field(e, ERR_INVALID, "received_on", "no such day");
    TRY(fee_agency_find(t, c->agency_id, c->received_on, &agency, e));
    TRY(item_check(t, item, &agency, &p.area, e));
    p.place = agency.place;
    p.explain = arena_array(a, struct str, t->rule_count + t->preference_count + 1);
    r = rule_find(&p);
    if (r == NULL)
        return fail_field(e, ERR_BUSINESS_RULE, "fee", "no rate of %.*s is in force there",
                          STR_ARG(item->fee));
    explain(&p, r->id,
            within_free_days(&p, r) ? STR("applies: free within the time limit") : STR("applies"));
    line_fill(&line, &p, r);
    TRY(gross_make(&p, r, &line.gross_vnd, e));
    TRY(preference_find(&p, &line, e));
    line.net_vnd = line.gross_vnd - line.reduction_vnd;
    if (line.kind == FEE_PHI)
        TRY(money_share(line.net_vnd, r->retained_ppm, &line.retained_vnd, e));
    line.budget_vnd = line.net_vnd - line.retained_vnd;
    line.explain = p.explain;
    line.explain_count = p.explain_count;
    *out = line;
    return OK;
}
