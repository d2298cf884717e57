/*
 * Reading the fee tables. A mistake in a fee is money taken wrongly from citizens, so that nothing
 * is guessed: unknown members, unknown fees, rates out of range and two rules that would both apply
 * are all refused, each named by file, row and field, and all at once.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "payments/fee_read.h"

#define TABLE_BYTES_MAX (64 << 20)
#define ROUND_TO_MAX    1000000
#define SALARY_MAX_VND  1000000000

/* One row of a list: checks it and puts it into the table. */
typedef result row_read(struct fee_reader *r, const struct json *o, struct err *e);

static void mistake_put(struct fee_reader *r, struct str where, const char *field, const char *why)
{
    r->bad++;
    if (r->mistakes == NULL)
        return;
    buf_fmt(r->mistakes, "%.*s: %.*s%s%s: %s\n", STR_ARG(r->file), STR_ARG(where),
            where.n > 0 && field[0] != '\0' ? "." : "", field, why);
}

static result text_read(struct fee_reader *r, const struct json *o, const char *name,
                        struct str *out, struct err *e)
{
    struct str s;

    TRY(json_need_str(o, name, LIMIT_NAME_BYTES, &s, e));
    if (s.n == 0 || !utf8_is_text(s))
        return fail_field(e, ERR_INVALID, name, "empty or not text");
    *out = str_dup(r->t->arena, s);
    return OK;
}

/* Names that go into ids, messages to the portal and hashes. */
static result code_read(struct fee_reader *r, const struct json *o, const char *name,
                        struct str *out, struct err *e)
{
    TRY(text_read(r, o, name, out, e));
    if (out->n > 60 ||
        !str_all_in(*out, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"))
        return fail_field(e, ERR_INVALID, name, "letters, digits, . _ - only, at most 60");
    return OK;
}

static result date_want(const struct json *o, const char *name, struct date *out, struct err *e)
{
    struct str s = { NULL, 0 };

    TRY(json_want_str(o, name, 10, &s, e));
    if (s.p == NULL)
        return OK;
    if (s.n != 10 || !date_read(s, out) || !date_is_valid(*out))
        return fail_field(e, ERR_INVALID, name, "not a date yyyy-MM-dd");
    return OK;
}

static result names_want(struct fee_reader *r, const struct json *o, const char *name,
                         struct fee_names *out, struct err *e)
{
    const struct json *list = json_member(o, name);

    if (list == NULL)
        return OK;
    if (!json_is_array(list) || json_count(list) == 0 || json_count(list) > FEE_NAMES_MAX)
        return fail_field(e, ERR_INVALID, name, "not a list of 1 to %d names", FEE_NAMES_MAX);
    out->names = arena_array(r->t->arena, struct str, json_count(list));
    for (size_t i = 0; i < json_count(list); i++) {
        struct str s;

        if (!json_str(json_at(list, i), &s) || s.n == 0 || s.n > 60)
            return fail_field(e, ERR_INVALID, name, "item %zu is not a name", i);
        if (fee_names_has(out, s))
            return fail_field(e, ERR_INVALID, name, "item %zu is repeated", i);
        out->names[out->count++] = str_dup(r->t->arena, s);
    }
    return OK;
}

static result mask_want(struct fee_reader *r, const struct json *o, const char *name,
                        const char *const words[2], unsigned *out, struct err *e)
{
    struct fee_names names = { NULL, 0 };

    TRY(names_want(r, o, name, &names, e));
    for (size_t i = 0; i < names.count; i++) {
        if (str_is(names.names[i], words[0]))
            *out |= 1u;
        else if (str_is(names.names[i], words[1]))
            *out |= 2u;
        else
            return fail_field(e, ERR_INVALID, name, "neither %s nor %s", words[0], words[1]);
    }
    return OK;
}

static result dates_read(const struct json *o, struct fee_scope *s, struct err *e)
{
    TRY(date_want(o, "from", &s->from, e));
    TRY(date_want(o, "to", &s->to, e));
    if (s->from.d == 0)
        return fail_field(e, ERR_INVALID, "from", "missing: rates are dated");
    if (s->to.d != 0 && date_cmp(s->to, s->from) < 0)
        return fail_field(e, ERR_INVALID, "to", "before from");
    return OK;
}

static result scope_read(struct fee_reader *r, const struct json *o, struct fee_scope *s,
                         struct err *e)
{
    static const char *const areas[2] = { "ward", "other" };
    static const char *const channels[2] = { "counter", "online" };

    TRY(dates_read(o, s, e));
    TRY(names_want(r, o, "places", &s->places, e));
    TRY(mask_want(r, o, "areas", areas, &s->areas, e));
    return mask_want(r, o, "channels", channels, &s->channels, e);
}

static result fee_row(struct fee_reader *r, const struct json *o, struct err *e)
{
    static const char *const members[] = { "code", "kind", "name_vi", "name_en", NULL };
    struct fee_name f = { .kind = FEE_PHI };
    struct str kind;

    TRY(json_only(o, members, e));
    TRY(code_read(r, o, "code", &f.code, e));
    TRY(text_read(r, o, "kind", &kind, e));
    if (str_is(kind, "le_phi"))
        f.kind = FEE_LE_PHI;
    else if (!str_is(kind, "phi"))
        return fail_field(e, ERR_INVALID, "kind", "neither phi nor le_phi");
    TRY(text_read(r, o, "name_vi", &f.name_vi, e));
    TRY(text_read(r, o, "name_en", &f.name_en, e));
    if (fee_name_find(r->t, f.code) != NULL)
        return fail_field(e, ERR_INVALID, "code", "defined twice");
    r->t->fees[r->t->fee_count++] = f;
    return OK;
}

static bool id_is_used(const struct fee_rows *t, struct str id)
{
    for (size_t i = 0; i < t->rule_count; i++)
        if (str_eq(t->rules[i].id, id))
            return true;
    for (size_t i = 0; i < t->preference_count; i++)
        if (str_eq(t->preferences[i].id, id))
            return true;
    for (size_t i = 0; i < t->salary_count; i++)
        if (str_eq(t->salaries[i].id, id))
            return true;
    return false;
}

static result round_want(const struct json *o, enum fee_round *out, struct err *e)
{
    static const char *const words[] = {
        [FEE_HALF_UP] = "half_up", [FEE_UP] = "up", [FEE_DOWN] = "down"
    };
    struct str s = STR("half_up");

    TRY(json_want_str(o, "round", 10, &s, e));
    for (size_t i = 0; i < LEN(words); i++) {
        if (str_is(s, words[i])) {
            *out = (enum fee_round)i;
            return OK;
        }
    }
    return fail_field(e, ERR_INVALID, "round", "none of half_up, up, down");
}

static result rule_amounts(const struct json *o, struct fee_rule *f, struct err *e)
{
    f->amount_vnd = -1;
    f->rate_ppm = -1;
    f->round_to_vnd = 1;
    f->refund_if_refused = true;
    TRY(json_want_int(o, "amount_vnd", 0, MONEY_MAX_VND, &f->amount_vnd, e));
    TRY(json_want_int(o, "rate_ppm", 1, 1000000, &f->rate_ppm, e));
    TRY(json_want_int(o, "least_vnd", 0, MONEY_MAX_VND, &f->least_vnd, e));
    TRY(json_want_int(o, "most_vnd", 1, MONEY_MAX_VND, &f->most_vnd, e));
    TRY(json_want_int(o, "free_days", 1, 36500, &f->free_days, e));
    TRY(json_want_int(o, "retained_ppm", 0, 1000000, &f->retained_ppm, e));
    TRY(json_want_int(o, "round_to_vnd", 1, ROUND_TO_MAX, &f->round_to_vnd, e));
    TRY(round_want(o, &f->round, e));
    TRY(json_want_bool(o, "refund_if_refused", &f->refund_if_refused, e));
    if ((f->amount_vnd < 0) == (f->rate_ppm < 0))
        return fail_field(e, ERR_INVALID, "amount_vnd", "either amount_vnd or rate_ppm");
    if (f->most_vnd > 0 && f->most_vnd < f->least_vnd)
        return fail_field(e, ERR_INVALID, "most_vnd", "below least_vnd");
    f->by_rate = f->rate_ppm > 0;
    return OK;
}

static result rule_row(struct fee_reader *r, const struct json *o, struct err *e)
{
    static const char *const members[] = { "id",
                                           "fee",
                                           "places",
                                           "areas",
                                           "channels",
                                           "from",
                                           "to",
                                           "amount_vnd",
                                           "rate_ppm",
                                           "least_vnd",
                                           "most_vnd",
                                           "free_days",
                                           "retained_ppm",
                                           "round_to_vnd",
                                           "round",
                                           "sample",
                                           "refund_if_refused",
                                           "authority",
                                           "basis",
                                           NULL };
    static const char *const samples[2] = { "rate", "retained" };
    struct fee_rule f = { .file = r->file };

    TRY(json_only(o, members, e));
    TRY(mask_want(r, o, "sample", samples, &f.sample, e));
    TRY(code_read(r, o, "id", &f.id, e));
    TRY(code_read(r, o, "fee", &f.fee, e));
    TRY(scope_read(r, o, &f.scope, e));
    TRY(rule_amounts(o, &f, e));
    TRY(text_read(r, o, "authority", &f.authority, e));
    TRY(text_read(r, o, "basis", &f.basis, e));
    if (id_is_used(r->t, f.id))
        return fail_field(e, ERR_INVALID, "id", "used twice");
    r->t->rules[r->t->rule_count++] = f;
    return OK;
}

static result preference_row(struct fee_reader *r, const struct json *o, struct err *e)
{
    static const char *const members[] = { "id",
                                           "fees",
                                           "places",
                                           "areas",
                                           "channels",
                                           "from",
                                           "to",
                                           "level_least",
                                           "categories_all",
                                           "categories_any",
                                           "authority",
                                           "basis",
                                           "reduction_ppm",
                                           "reduction_most_vnd",
                                           "reduction_most_salaries",
                                           "once_a_year",
                                           "net_least_vnd",
                                           "net_most_vnd",
                                           NULL };
    struct fee_preference f = { .file = r->file };

    TRY(json_only(o, members, e));
    TRY(code_read(r, o, "id", &f.id, e));
    TRY(names_want(r, o, "fees", &f.fees, e));
    if (f.fees.count == 0)
        return fail_field(e, ERR_INVALID, "fees", "missing");
    TRY(scope_read(r, o, &f.scope, e));
    TRY(json_want_int(o, "level_least", 1, 2, &f.level_least, e));
    TRY(names_want(r, o, "categories_all", &f.all, e));
    TRY(names_want(r, o, "categories_any", &f.any, e));
    TRY(json_need_int(o, "reduction_ppm", 1, 1000000, &f.reduction_ppm, e));
    TRY(json_want_int(o, "reduction_most_vnd", 1, MONEY_MAX_VND, &f.reduction_most_vnd, e));
    TRY(json_want_int(o, "reduction_most_salaries", 1, 1000, &f.reduction_most_salaries, e));
    if (json_member(o, "once_a_year") != NULL)
        TRY(code_read(r, o, "once_a_year", &f.once_a_year, e));
    TRY(json_want_int(o, "net_least_vnd", 1, MONEY_MAX_VND, &f.net_least_vnd, e));
    TRY(json_want_int(o, "net_most_vnd", 1, MONEY_MAX_VND, &f.net_most_vnd, e));
    if (f.net_most_vnd > 0 && f.net_most_vnd < f.net_least_vnd)
        return fail_field(e, ERR_INVALID, "net_most_vnd", "below net_least_vnd");
    TRY(text_read(r, o, "authority", &f.authority, e));
    TRY(text_read(r, o, "basis", &f.basis, e));
    if (id_is_used(r->t, f.id))
        return fail_field(e, ERR_INVALID, "id", "used twice");
    r->t->preferences[r->t->preference_count++] = f;
    return OK;
}

static bool dates_meet(const struct fee_scope *x, const struct fee_scope *y)
{
    return (x->to.d == 0 || date_cmp(y->from, x->to) <= 0) &&
           (y->to.d == 0 || date_cmp(x->from, y->to) <= 0);
}

static result agency_row(struct fee_reader *r, const struct json *o, struct err *e)
{
    static const char *const members[] = { "id",      "from",    "to",           "place",
                                           "area",    "name_vi", "name_en",      "tax_code",
                                           "address", "account", "account_name", "bank",
                                           NULL };
    struct fee_agency_row row = { 0 };
    struct fee_agency *g = &row.agency;
    enum fee_area area;

    TRY(json_only(o, members, e));
    TRY(code_read(r, o, "id", &g->id, e));
    TRY(dates_read(o, &row.scope, e));
    TRY(code_read(r, o, "place", &g->place, e));
    TRY(text_read(r, o, "area", &g->area, e));
    if (!fee_area_find(g->area, &area))
        return fail_field(e, ERR_INVALID, "area", "neither ward nor other");
    TRY(text_read(r, o, "name_vi", &g->name_vi, e));
    TRY(text_read(r, o, "name_en", &g->name_en, e));
    TRY(code_read(r, o, "tax_code", &g->tax_code, e));
    TRY(text_read(r, o, "address", &g->address, e));
    TRY(code_read(r, o, "account", &g->account, e));
    TRY(text_read(r, o, "account_name", &g->account_name, e));
    TRY(code_read(r, o, "bank", &g->bank, e));
    for (size_t i = 0; i < r->t->agency_count; i++)
        if (str_eq(r->t->agencies[i].agency.id, g->id) &&
            dates_meet(&r->t->agencies[i].scope, &row.scope))
            return fail_field(e, ERR_INVALID, "id", "defined twice for the same day");
    r->t->agencies[r->t->agency_count++] = row;
    return OK;
}

static result procedure_row(struct fee_reader *r, const struct json *o, struct err *e)
{
    static const char *const members[] = {
        "code", "from", "to", "name_vi", "name_en", "fees", NULL
    };
    struct fee_procedure_row row = { .file = r->file };

    TRY(json_only(o, members, e));
    TRY(code_read(r, o, "code", &row.procedure.code, e));
    TRY(dates_read(o, &row.scope, e));
    TRY(text_read(r, o, "name_vi", &row.procedure.name_vi, e));
    TRY(text_read(r, o, "name_en", &row.procedure.name_en, e));
    TRY(names_want(r, o, "fees", &row.fees, e));
    for (size_t i = 0; i < r->t->procedure_count; i++)
        if (str_eq(r->t->procedures[i].procedure.code, row.procedure.code) &&
            dates_meet(&r->t->procedures[i].scope, &row.scope))
            return fail_field(e, ERR_INVALID, "code", "defined twice for the same day");
    r->t->procedures[r->t->procedure_count++] = row;
    return OK;
}

static result salary_row(struct fee_reader *r, const struct json *o, struct err *e)
{
    static const char *const members[] = { "id",        "from",  "to", "amount_vnd",
                                           "authority", "basis", NULL };
    struct fee_salary s = { .to = { 0, 0, 0 } };
    struct fee_scope days = { .from = { 0, 0, 0 } };

    TRY(json_only(o, members, e));
    TRY(code_read(r, o, "id", &s.id, e));
    TRY(dates_read(o, &days, e));
    TRY(json_need_int(o, "amount_vnd", 1, SALARY_MAX_VND, &s.amount_vnd, e));
    TRY(text_read(r, o, "authority", &s.authority, e));
    TRY(text_read(r, o, "basis", &s.basis, e));
    s.from = days.from;
    s.to = days.to;
    if (id_is_used(r->t, s.id))
        return fail_field(e, ERR_INVALID, "id", "used twice");
    for (size_t i = 0; i < r->t->salary_count; i++) {
        const struct fee_scope other = { .from = r->t->salaries[i].from,
                                         .to = r->t->salaries[i].to };

        if (dates_meet(&other, &days))
            return fail_field(e, ERR_INVALID, "from", "another base salary holds on these days");
    }
    r->t->salaries[r->t->salary_count++] = s;
    return OK;
}

static void list_read(struct fee_reader *r, const struct json *root, const char *name, size_t have,
                      row_read *read)
{
    const struct json *list = json_member(root, name);

    if (list == NULL)
        return;
    if (!json_is_array(list) || json_count(list) > FEE_ROWS_MAX - have) {
        mistake_put(r, str_c(name), "", "not a list, or too long");
        return;
    }
    for (size_t i = 0; i < json_count(list); i++) {
        struct err e = { .code = ERR_NONE };
        const struct json *o = json_at(list, i);
        char where[64];
        int n = snprintf(where, sizeof(where), "%s[%zu]", name, i);

        if (!json_is_object(o))
            mistake_put(r, str_of(where, (size_t)n), "", "not an object");
        else if (read(r, o, &e).failed)
            mistake_put(r, str_of(where, (size_t)n), e.field, e.detail);
    }
}

static void text_parse(struct fee_reader *r, struct str text)
{
    static const char *const members[] = { "fees",       "rules",         "preferences", "agencies",
                                           "procedures", "base_salaries", NULL };
    DEFER(json_close) struct json *root = NULL;
    struct err e = { .code = ERR_NONE };

    if (json_read(text, &root, &e).failed || json_only(root, members, &e).failed) {
        mistake_put(r, (struct str){ "", 0 }, e.field, e.detail);
        return;
    }
    list_read(r, root, "fees", r->t->fee_count, fee_row);
    list_read(r, root, "rules", r->t->rule_count, rule_row);
    list_read(r, root, "preferences", r->t->preference_count, preference_row);
    list_read(r, root, "base_salaries", r->t->salary_count, salary_row);
    list_read(r, root, "agencies", r->t->agency_count, agency_row);
    list_read(r, root, "procedures", r->t->procedure_count, procedure_row);
}

/* What can be known only once every file has been read. */

static bool masks_meet(unsigned x, unsigned y)
{
    return x == 0 || y == 0 || (x & y) != 0;
}

static bool places_meet(const struct fee_names *x, const struct fee_names *y)
{
    for (size_t i = 0; i < x->count; i++)
        if (fee_names_has(y, x->names[i]))
            return true;
    return x->count == 0 || y->count == 0;
}

/* Two rules of one fee that are equally narrow and could hold for the same dossier. */
static bool rules_clash(const struct fee_rule *x, const struct fee_rule *y)
{
    return str_eq(x->fee, y->fee) && fee_scope_rank(&x->scope) == fee_scope_rank(&y->scope) &&
           dates_meet(&x->scope, &y->scope) && masks_meet(x->scope.areas, y->scope.areas) &&
           masks_meet(x->scope.channels, y->scope.channels) &&
           places_meet(&x->scope.places, &y->scope.places);
}

static void mistake_say(struct fee_reader *r, struct str file, struct str id, const char *field,
                        const char *why)
{
    r->file = file;
    mistake_put(r, id, field, why);
}

static void rules_check(struct fee_reader *r)
{
    const struct fee_rows *t = r->t;

    for (size_t i = 0; i < t->rule_count; i++) {
        const struct fee_rule *f = &t->rules[i];
        const struct fee_name *name = fee_name_find(t, f->fee);

        if (name == NULL)
            mistake_say(r, f->file, f->id, "fee", "no such fee");
        else if (name->kind == FEE_LE_PHI && f->retained_ppm > 0)
            mistake_say(r, f->file, f->id, "retained_ppm", "le phi goes to the budget in full");
        for (size_t j = 0; j < i; j++)
            if (rules_clash(f, &t->rules[j]))
                mistake_say(r, f->file, f->id, "from", "another rule holds for the same dossiers");
    }
}

static void names_check(struct fee_reader *r, struct str file, struct str id,
                        const struct fee_names *fees)
{
    for (size_t i = 0; i < fees->count; i++)
        if (fee_name_find(r->t, fees->names[i]) == NULL)
            mistake_say(r, file, id, "fees", "no such fee");
}

/* A cap in base salaries wants one on the first day; later ones are asked for when they come. */
static void salaries_check(struct fee_reader *r)
{
    const struct fee_rows *t = r->t;

    for (size_t i = 0; i < t->preference_count; i++) {
        const struct fee_preference *f = &t->preferences[i];

        if (f->reduction_most_salaries > 0 && fee_salary_on(t, f->scope.from) == 0)
            mistake_say(r, f->file, f->id, "reduction_most_salaries", "no base salary that day");
    }
}

result fee_reader_end(struct fee_reader *r, struct err *e)
{
    const struct fee_rows *t = r->t;

    rules_check(r);
    salaries_check(r);
    for (size_t i = 0; i < t->preference_count; i++)
        names_check(r, t->preferences[i].file, t->preferences[i].id, &t->preferences[i].fees);
    for (size_t i = 0; i < t->procedure_count; i++)
        names_check(r, t->procedures[i].file, t->procedures[i].procedure.code,
                    &t->procedures[i].fees);
    return r->bad == 0 ? OK : fail(e, ERR_CONFIG, "fee tables: %zu mistakes", r->bad);
}

void fee_reader_take(struct fee_reader *r, struct str file, struct str text)
{
    r->file = str_dup(r->t->arena, file);
    text_parse(r, text);
}

struct fee_reader fee_reader_make(struct buf *mistakes)
{
    struct arena *a = arena_open(TABLE_BYTES_MAX);
    struct fee_rows *t = arena_new(a, struct fee_rows);

    t->arena = a;
    t->fees = arena_array(a, struct fee_name, FEE_ROWS_MAX);
    t->rules = arena_array(a, struct fee_rule, FEE_ROWS_MAX);
    t->preferences = arena_array(a, struct fee_preference, FEE_ROWS_MAX);
    t->agencies = arena_array(a, struct fee_agency_row, FEE_ROWS_MAX);
    t->procedures = arena_array(a, struct fee_procedure_row, FEE_ROWS_MAX);
    t->salaries = arena_array(a, struct fee_salary, FEE_ROWS_MAX);
    return (struct fee_reader){ .t = t, .mistakes = mistakes };
}
