/*
 * The public catalogue of fees: name, rate, who decided it and on what basis, exemptions (Law
 * 97/2015/QH13 art. 14(1)).
 */
#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/fee.h"
#include "payments/fee_table.h"

static void names_put(struct json *o, const char *member, const struct fee_names *names)
{
    struct json *list;

    if (names->count == 0)
        return;
    list = json_array();
    for (size_t i = 0; i < names->count; i++)
        json_add_str(list, names->names[i]);
    json_put(o, member, list);
}

static void mask_put(struct json *o, const char *member, unsigned mask, struct str low,
                     struct str high)
{
    struct json *list;

    if (mask == 0)
        return;
    list = json_array();
    if (mask & 1u)
        json_add_str(list, low);
    if (mask & 2u)
        json_add_str(list, high);
    json_put(o, member, list);
}

static void scope_put(struct json *o, const struct fee_scope *s, struct arena *a)
{
    names_put(o, "places", &s->places);
    mask_put(o, "areas", s->areas, STR("ward"), STR("other"));
    mask_put(o, "channels", s->channels, STR("counter"), STR("online"));
    json_put_str(o, "from", date_iso(a, s->from));
    if (s->to.d != 0)
        json_put_str(o, "to", date_iso(a, s->to));
}

static void positive_put(struct json *o, const char *member, int64_t n)
{
    if (n > 0)
        json_put_int(o, member, n);
}

static const char *const round_names[] = {
    [FEE_HALF_UP] = "half_up", [FEE_UP] = "up", [FEE_DOWN] = "down"
};

static struct json *rule_json(const struct fee_rule *r, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", r->id);
    if (r->by_rate)
        json_put_int(o, "rate_ppm", r->rate_ppm);
    else
        json_put_int(o, "amount_vnd", r->amount_vnd);
    positive_put(o, "least_vnd", r->least_vnd);
    positive_put(o, "most_vnd", r->most_vnd);
    positive_put(o, "free_days", r->free_days);
    positive_put(o, "retained_ppm", r->retained_ppm);
    if (r->round_to_vnd > 1 || r->round != FEE_HALF_UP) {
        json_put_int(o, "round_to_vnd", r->round_to_vnd);
        json_put_str(o, "round", str_c(round_names[r->round]));
    }
    json_put_bool(o, "refund_if_refused", r->refund_if_refused);
    mask_put(o, "sample", r->sample, STR("rate"), STR("retained"));
    scope_put(o, &r->scope, a);
    json_put_str(o, "authority", r->authority);
    json_put_str(o, "basis", r->basis);
    return o;
}

static struct json *preference_json(const struct fee_preference *f, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", f->id);
    json_put_int(o, "reduction_ppm", f->reduction_ppm);
    positive_put(o, "reduction_most_vnd", f->reduction_most_vnd);
    positive_put(o, "reduction_most_salaries", f->reduction_most_salaries);
    if (f->once_a_year.n > 0)
        json_put_str(o, "once_a_year", f->once_a_year);
    positive_put(o, "net_least_vnd", f->net_least_vnd);
    positive_put(o, "net_most_vnd", f->net_most_vnd);
    positive_put(o, "level_least", f->level_least);
    names_put(o, "categories_all", &f->all);
    names_put(o, "categories_any", &f->any);
    scope_put(o, &f->scope, a);
    json_put_str(o, "authority", f->authority);
    json_put_str(o, "basis", f->basis);
    return o;
}

static bool holds(const struct fee_scope *s, struct date on, struct str place)
{
    return fee_in_force(s, on) &&
           (place.n == 0 || s->places.count == 0 || fee_names_has(&s->places, place));
}

static struct json *fee_json(const struct fee_rows *t, const struct fee_name *f, struct date on,
                             struct str place, struct arena *a)
{
    struct json *o = json_object(), *rules = json_array(), *preferences = json_array();

    json_put_str(o, "fee", f->code);
    json_put_str(o, "kind", fee_kind_name(f->kind));
    json_put_str(o, "name_vi", f->name_vi);
    json_put_str(o, "name_en", f->name_en);
    for (size_t i = 0; i < t->rule_count; i++)
        if (str_eq(t->rules[i].fee, f->code) && holds(&t->rules[i].scope, on, place))
            json_add(rules, rule_json(&t->rules[i], a));
    for (size_t i = 0; i < t->preference_count; i++)
        if (fee_names_has(&t->preferences[i].fees, f->code) &&
            holds(&t->preferences[i].scope, on, place))
            json_add(preferences, preference_json(&t->preferences[i], a));
    json_put(o, "rules", rules);
    json_put(o, "preferences", preferences);
    return o;
}

static void salary_put(struct json *o, const struct fee_rows *r, struct date on)
{
    for (size_t i = 0; i < r->salary_count; i++) {
        const struct fee_salary *s = &r->salaries[i];
        struct json *one;

        if (date_cmp(s->from, on) > 0 || (s->to.d != 0 && date_cmp(on, s->to) > 0))
            continue;
        one = json_object();
        json_put_int(one, "amount_vnd", s->amount_vnd);
        json_put_str(one, "basis", s->basis);
        json_put(o, "base_salary", one);
    }
}

struct json *fee_catalogue(const struct fee_table *t, struct date on, struct str place,
                           struct str procedure)
{
    DEFER(arena_close) struct arena *a = arena_open(4 << 20);
    const struct fee_rows *r = fee_rows_of(t);
    const struct fee_procedure_row *row = fee_procedure_row_find(r, procedure, on);
    struct json *o = json_object(), *fees = json_array();

    json_put_str(o, "on", date_iso(a, on));
    json_put_int(o, "version", r->version);
    salary_put(o, r, on);
    for (size_t i = 0; i < r->fee_count; i++)
        if (procedure.n == 0 || (row != NULL && fee_names_has(&row->fees, r->fees[i].code)))
            json_add(fees, fee_json(r, &r->fees[i], on, place, a));
    json_put(o, "fees", fees);
    return o;
}
