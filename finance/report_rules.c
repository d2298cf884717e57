#include "finance/report_rules.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/file.h"

#define BOOK_BYTES  65536
#define RULES_MAX   32
#define SOURCE_MAX  1000
#define POINTS_MAX  100
#define PERCENT_MAX 100

struct report_book {
    struct report_rules rules[RULES_MAX];
    size_t count;
};

static const char *const names[REPORT_INDICATOR_COUNT] = {
    [REPORT_35A] = "3.5a", [REPORT_35B] = "3.5b", [REPORT_36] = "3.6", [REPORT_45] = "4.5"
};

const char *report_indicator_name(enum report_indicator i)
{
    must(i < REPORT_INDICATOR_COUNT);
    return names[i];
}

static result day_read(const struct json *o, const char *name, struct date otherwise,
                       struct date *out, struct err *e)
{
    struct str text;

    TRY(json_need_str(o, name, 10, &text, e));
    *out = otherwise;
    if (text.n == 0 && otherwise.y > 0)
        return OK;
    return date_read(text, out) ? OK : fail_field(e, ERR_INVALID, name, "not a day");
}

static result indicator_read(const struct json *o, struct report_rules *r, bool *seen,
                             struct err *e)
{
    static const char *const members[] = { "id", "period", "max_points", "full_percent", NULL };
    struct report_rule rule = { 0 };
    struct str id, period;
    size_t i = 0;

    TRY(json_only(o, members, e));
    TRY(json_need_str(o, "id", 8, &id, e));
    TRY(json_need_str(o, "period", 16, &period, e));
    TRY(json_want_int(o, "max_points", 1, POINTS_MAX, &rule.max_points, e));
    TRY(json_want_int(o, "full_percent", 1, PERCENT_MAX, &rule.full_percent, e));
    while (i < LEN(names) && !str_is(id, names[i]))
        i++;
    if (i == LEN(names) || seen[i])
        return fail_field(e, ERR_INVALID, "id", "unknown, or told twice");
    if ((rule.max_points > 0) != (rule.full_percent > 0))
        return fail_field(e, ERR_INVALID, "max_points", "goes with full_percent");
    rule.by_start = str_is(period, "started");
    if (!rule.by_start && !str_is(period, "received"))
        return fail_field(e, ERR_INVALID, "period", "received or started");
    seen[i] = true;
    r->of[i] = rule;
    return OK;
}

static result rules_read(const struct json *o, struct report_book *b, struct arena *a,
                         struct err *e)
{
    static const char *const members[] = { "from", "to", "source", "indicators", NULL };
    struct report_rules *r = &b->rules[b->count];
    bool seen[REPORT_INDICATOR_COUNT] = { false };
    struct json *list;

    TRY(json_only(o, members, e));
    TRY(day_read(o, "from", (struct date){ 0 }, &r->from, e));
    TRY(day_read(o, "to", (struct date){ 9999, 12, 31 }, &r->to, e));
    TRY(json_need_str(o, "source", SOURCE_MAX, &r->source, e));
    TRY(json_need_array(o, "indicators", REPORT_INDICATOR_COUNT, &list, e));
    if (r->source.n == 0)
        return fail_field(e, ERR_INVALID, "source", "missing");
    r->source = str_dup(a, r->source);
    for (size_t i = 0; i < json_count(list); i++)
        TRY(indicator_read(json_at(list, i), r, seen, e));
    for (size_t i = 0; i < LEN(seen); i++)
        if (!seen[i])
            return fail_field(e, ERR_INVALID, names[i], "missing");
    for (size_t i = 0; i < b->count; i++)
        if (date_cmp(b->rules[i].from, r->to) <= 0 && date_cmp(r->from, b->rules[i].to) <= 0)
            return fail_field(e, ERR_INVALID, "from", "these days have rules already");
    b->count++;
    return OK;
}

static result book_read(struct str text, struct report_book *b, struct arena *a, struct err *e)
{
    static const char *const members[] = { "title", "rules", NULL };
    DEFER(json_close) struct json *root = NULL;
    struct json *list;

    TRY(json_read(text, &root, e));
    TRY(json_only(root, members, e));
    TRY(json_need_array(root, "rules", RULES_MAX, &list, e));
    for (size_t i = 0; i < json_count(list); i++)
        TRY(rules_read(json_at(list, i), b, a, e));
    return OK;
}

result report_book_read(struct str json, struct arena *a, struct report_book **out, struct err *e)
{
    struct report_book *b = arena_array(a, struct report_book, 1);
    struct err why = { .code = ERR_NONE };

    *b = (struct report_book){ .count = 0 };
    if (book_read(json, b, a, &why).failed)
        return fail(e, ERR_CONFIG, "qd766.json: %s %s", why.field, why.detail);
    *out = b;
    return OK;
}

result report_book_open(const char *dir, struct arena *a, struct report_book **out, struct err *e)
{
    struct str text;

    TRY(conf_file_load(a, str_cstr(a, str_fmt(a, "%s/qd766.json", dir)), BOOK_BYTES, &text, e));
    return report_book_read(text, a, out, e);
}

result report_rules_on(const struct report_book *b, struct date on, struct report_rules *out,
                       struct err *e)
{
    for (size_t i = 0; b != NULL && i < b->count; i++)
        if (date_cmp(b->rules[i].from, on) <= 0 && date_cmp(on, b->rules[i].to) <= 0) {
            *out = b->rules[i];
            return OK;
        }
    if (b == NULL)
        return fail(e, ERR_CONFIG, "finance.reports_dir is not set");
    return fail_field(e, ERR_INVALID, "to", "no rules of indicators on that day");
}
