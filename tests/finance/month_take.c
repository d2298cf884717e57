#include "tests/finance/month_take.h"

#include "finance/source.h"
#include "tests/finance/shop.h"

#define MONTH     "2026-10"
#define NOT_ASKED "FEE TRS " /* the portal has no tariff and no treasury's term here */

struct month_world *month_paid(uint64_t seed, int days, int paid)
{
    struct shop *s = shop_open(seed);

    for (int d = 1; d <= days; d++)
        shop_day(s, (struct date){ 2026, 10, d }, paid);
    return month_world((int64_t)seed, MONTH, shop_ours(s));
}

/* As intake_take has it, with a map. */
static const struct source *portal(const struct month_world *w, const char *form)
{
    static const struct calendar every_day = { .id = { "every_day", 9 } };
    struct source *s = arena_new(test_arena(), struct source);

    *s = (struct source){ .id = STR(SOURCE_PORTAL),
                          .provider = STR(SOURCE_PORTAL),
                          .account = counter_open()->till.account,
                          .channels = { STR("portal") },
                          .channel_count = 1,
                          .map = month_map(w, form),
                          .calendar = &every_day,
                          .cut_off_s = 86400 };
    return s;
}

struct intake_result month_take(const struct month_world *w, const char *form,
                                const struct json *file)
{
    struct counter *c = counter_open();
    const struct str name = month_text(file, "file");
    const struct office here = { .till = &c->till };
    const struct intake_file in = {
        .source = portal(w, form),
        .day = month_day(file),
        .name = name,
        .bytes = month_bytes(w, str_fmt(test_arena(), "%s/%.*s", form, STR_ARG(name))),
        .jws = STR(""),
        .actor = STR("staff:1"),
    };
    struct intake_result r;
    struct err e = { 0 };

    check(clock_read_rfc3339(month_text(file, "arrives_at"), &c->clock.fixed_ms));
    check_ok(intake_file(&here, &in, test_arena(), &r, &e), e);
    return r;
}

struct reconcile_day month_outcome(struct date day)
{
    struct reconcile_day d;
    struct err e = { 0 };

    check_ok(reconcile_day(&counter_open()->till, day, test_arena(), &d, &e), e);
    return d;
}

struct str month_found(const struct reconcile_day *d)
{
    struct buf b = buf_make(test_arena(), (size_t)1 << 20);

    for (size_t i = 0; i < d->exception_count; i++) {
        const struct exception *x = &d->exceptions[i];
        buf_fmt(&b, "%s %lld %.*s %lld\n", match_name(x->class), (long long)x->line,
                STR_ARG(x->reference), (long long)x->theirs_vnd);
    }
    return month_sorted(buf_str(&b));
}

const struct json *month_day_truth(const struct month_world *w, struct date day)
{
    const struct json *days = json_member(w->truth, "days");

    for (size_t i = 0; i < json_count(days); i++)
        if (date_cmp(month_day(json_at(days, i)), day) == 0)
            return json_at(days, i);
    return NULL;
}

/* I11: what was captured less what the file moved is what the exceptions explain. */
void month_check(const struct month_world *w, const char *form, struct date day)
{
    const struct reconcile_day d = month_outcome(day);
    const struct json *truth = month_day_truth(w, day), *told = json_member(truth, form);
    const struct str want = month_expected(w, day, form, NOT_ASKED), got = month_found(&d);
    int64_t sum_vnd = 0;

    if (!str_eq(want, got))
        test_fail(__FILE__, __LINE__, "%s %.*s\n-- planted\n%.*s-- found\n%.*s", form,
                  STR_ARG(date_iso(test_arena(), day)), STR_ARG(want), STR_ARG(got));
    for (size_t i = 0; i < d.exception_count; i++)
        sum_vnd += d.exceptions[i].difference_vnd;
    check_int(d.captured_vnd, month_int(truth, "captured_vnd"));
    check_int(d.captured_count, month_int(truth, "captured_count"));
    check_int(d.file_vnd, month_int(told, "file_vnd"));
    check_int(d.file_count, month_int(told, "lines"));
    check_int(d.captured_vnd - d.file_vnd - sum_vnd, 0);
    check_int(d.residual_vnd, 0);
    check_same(str_c(reconcile_verdict_name(d.verdict)), month_text(told, "verdict"));
}
