/*
 * Finding rows of the fee tables, and the words of explain[]. Promise: only dated rows decide, and
 * what an order kept of its explanation reads back as it was.
 */
#include "payments/fee.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/fee_table.h"

#define EXPLAIN_MAX 8192 /* rules and preferences of one line that are read back */

static const char *const reason_names[FEE_REASON_COUNT] = {
#define REASON(name, code) [FEE_WHY_##name] = code,
#include "payments/fee_reason.def"
#undef REASON
};

const char *fee_reason_name(enum fee_reason r)
{
    return reason_names[r];
}

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

const struct fee_name *fee_name_find(const struct fee_rows *r, struct str code)
{
    for (size_t i = 0; i < r->fee_count; i++)
        if (str_eq(r->fees[i].code, code))
            return &r->fees[i];
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

int64_t fee_salary_on(const struct fee_rows *r, struct date on)
{
    for (size_t i = 0; i < r->salary_count; i++) {
        const struct fee_salary *s = &r->salaries[i];

        if (date_cmp(s->from, on) <= 0 && (s->to.d == 0 || date_cmp(on, s->to) <= 0))
            return s->amount_vnd;
    }
    return 0;
}

struct str fee_kind_name(enum fee_kind k)
{
    return k == FEE_PHI ? STR("phi") : STR("le_phi");
}

result fee_agency_find(const struct fee_table *t, struct str id, struct date on,
                       struct fee_agency *out, struct err *e)
{
    const struct fee_rows *r = fee_rows_of(t);

    for (size_t i = 0; i < r->agency_count; i++) {
        if (str_eq(r->agencies[i].agency.id, id) && fee_in_force(&r->agencies[i].scope, on)) {
            *out = r->agencies[i].agency;
            return OK;
        }
    }
    return fail_field(e, ERR_INVALID, "agency_id", "no such agency on that day");
}

bool fee_agency_at(const struct fee_table *t, size_t n, struct date on, struct fee_agency *out)
{
    const struct fee_rows *r = fee_rows_of(t);

    for (size_t i = 0; i < r->agency_count; i++) {
        if (!fee_in_force(&r->agencies[i].scope, on) || n-- > 0)
            continue;
        *out = r->agencies[i].agency;
        return true;
    }
    return false;
}

const struct fee_procedure_row *fee_procedure_row_find(const struct fee_rows *r, struct str code,
                                                       struct date on)
{
    for (size_t i = 0; i < r->procedure_count; i++)
        if (str_eq(r->procedures[i].procedure.code, code) &&
            fee_in_force(&r->procedures[i].scope, on))
            return &r->procedures[i];
    return NULL;
}

result fee_procedure_find(const struct fee_table *t, struct str code, struct date on,
                          struct fee_procedure *out, struct err *e)
{
    const struct fee_procedure_row *row = fee_procedure_row_find(fee_rows_of(t), code, on);

    if (row == NULL)
        return fail_field(e, ERR_INVALID, "procedure", "no such procedure on that day");
    *out = row->procedure;
    return OK;
}

void fee_procedures(const struct fee_table *t, struct date on, struct arena *a,
                    struct fee_procedure **out, size_t *count)
{
    const struct fee_rows *r = fee_rows_of(t);

    *out = arena_array(a, struct fee_procedure, r->procedure_count + 1);
    *count = 0;
    for (size_t i = 0; i < r->procedure_count; i++)
        if (fee_in_force(&r->procedures[i].scope, on))
            (*out)[(*count)++] = r->procedures[i].procedure;
}

void fee_agencies(const struct fee_table *t, struct date on, struct arena *a,
                  struct fee_agency **out, size_t *count)
{
    const struct fee_rows *r = fee_rows_of(t);

    *out = arena_array(a, struct fee_agency, r->agency_count + 1);
    *count = 0;
    for (size_t i = 0; i < r->agency_count; i++)
        if (fee_in_force(&r->agencies[i].scope, on))
            (*out)[(*count)++] = r->agencies[i].agency;
}

result fee_default_items(const struct fee_table *t, const struct fee_case *c, struct arena *a,
                         struct fee_item **items, size_t *count, struct err *e)
{
    const struct fee_procedure_row *row =
        fee_procedure_row_find(fee_rows_of(t), c->procedure, c->received_on);

    if (row == NULL || row->fees.count == 0)
        return fail_field(e, ERR_NOT_FOUND, "procedure", "no default fees on that day");
    *items = arena_array(a, struct fee_item, row->fees.count);
    *count = row->fees.count;
    for (size_t i = 0; i < row->fees.count; i++)
        (*items)[i] = (struct fee_item){ .fee = row->fees.names[i], .quantity = 1 };
    return OK;
}

struct json *fee_explain_json(const struct fee_line *l)
{
    struct json *list = json_array();

    for (size_t i = 0; i < l->explain_count; i++) {
        const struct fee_explain *x = &l->explain[i];
        struct json *o = json_object();

        json_put_str(o, "rule", x->rule);
        json_put_bool(o, "applied", x->applied);
        json_put_str(o, "reason", str_c(reason_names[x->reason]));
        if (x->detail.n > 0)
            json_put_str(o, "detail", x->detail);
        json_put_str(o, "basis", x->basis);
        json_add(list, o);
    }
    return list;
}

static bool reason_find(struct str name, enum fee_reason *out)
{
    for (size_t i = 0; i < FEE_REASON_COUNT; i++) {
        if (str_is(name, reason_names[i])) {
            *out = (enum fee_reason)i;
            return true;
        }
    }
    return false;
}

static bool explain_one(const struct json *o, struct arena *a, struct fee_explain *x)
{
    struct str text, reason, detail = STR("");

    if (json_str(o, &text)) { /* "<rule>: why" */
        x->reason = FEE_WHY_NOTED;
        x->rule = str_dup(a, str_sub(text, 0, str_find(text, ':')));
        x->detail = str_dup(a, text);
        x->applied = str_has(text, STR(": applies"));
        x->basis = STR("");
        return true;
    }
    if (!json_str(json_member(o, "rule"), &x->rule) ||
        !json_bool(json_member(o, "applied"), &x->applied) ||
        !json_str(json_member(o, "reason"), &reason) ||
        !json_str(json_member(o, "basis"), &x->basis) || !reason_find(reason, &x->reason))
        return false;
    (void)json_str(json_member(o, "detail"), &detail);
    x->rule = str_dup(a, x->rule);
    x->basis = str_dup(a, x->basis);
    x->detail = str_dup(a, detail);
    return true;
}

result fee_explain_read(struct str json, struct fee_line *l, struct arena *a, struct err *e)
{
    DEFER(json_close) struct json *list = NULL;
    struct fee_explain *all;
    size_t n;

    TRY(json_read(json, &list, e));
    n = json_count(list);
    if (!json_is_array(list) || n > EXPLAIN_MAX)
        return fail(e, ERR_STORE, "explanation of %.*s is unreadable", STR_ARG(l->fee));
    all = arena_array(a, struct fee_explain, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!explain_one(json_at(list, i), a, &all[i]))
            return fail(e, ERR_STORE, "explanation of %.*s is unreadable", STR_ARG(l->fee));
    l->explain = all;
    l->explain_count = n;
    return OK;
}

bool fee_is_refundable(const struct fee_table *t, struct str rule_id)
{
    const struct fee_rows *r = fee_rows_of(t);

    for (size_t i = 0; i < r->rule_count; i++)
        if (str_eq(r->rules[i].id, rule_id))
            return r->rules[i].refund_if_refused;
    return false;
}
