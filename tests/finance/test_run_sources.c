/* A second source with a settlement file has days of its own, by its row in conf/sources alone. */
#include <stdio.h>
#include <sys/stat.h>

#include "payments/attempt.h"
#include "tests/finance/closing.h"
#include "tests/fixture.h"
#include "tests/payments/vnpay_gateway.h"

static const struct date monday = { 2026, 11, 23 };

static const char gateway_row[] =
    "{\"sources\": [{\"id\": \"GW\", \"from\": \"2025-07-01\", \"name_vi\": \"Cổng\","
    " \"name_en\": \"Gateway\", \"role\": \"clearing\", \"provider\": \"GW\","
    " \"account\": \"MOTCUA01\", \"account_is\": \"merchant\", \"channels\": [\"vnpay\"],"
    " \"form\": \"mc1\", \"cut_off\": \"24:00\","
    " \"deadline\": {\"days\": 1, \"at\": \"10:00\"}, \"expected\": false}]}";

/* An office that knows the gateway besides the portal. */
static struct counter *desk(void)
{
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/sources", test_folder()));
    FILE *f;

    if (case_settings.finance.sources_dir.n == 0) {
        check_int(mkdir(dir, 0700), 0);
        f = fopen(str_cstr(test_arena(), str_fmt(test_arena(), "%s/gw.json", dir)), "w");
        check(f != NULL && fputs(gateway_row, f) >= 0 && fclose(f) == 0);
        case_settings.finance.sources_dir = str_c(dir);
    }
    (void)gateway_counter();
    (void)closing_room();
    return case_desk();
}

static const struct source *gateway_source(void)
{
    return source_find(case_office.sources, STR("GW"), monday);
}

static struct day_file gateway_file(void)
{
    struct day_file f = day_file_make(monday, 1);

    f.provider = "GW";
    f.account = "MOTCUA01";
    return f;
}

/* Captured by the gateway on monday; its line is added where `f` is given. */
static struct str paid_at_gateway(struct counter *c, struct day_file *f)
{
    const struct order o = case_ordered();
    const struct str reference = gateway_start(c, &o);
    struct err e = { .code = ERR_NONE };
    struct attempt at;

    gateway_ask(c, reference);
    check_ok(attempt_load(&c->till, reference, test_arena(), &at, &e), e);
    check_int(at.state, ATTEMPT_CAPTURED);
    if (f != NULL)
        day_file_add(f, at.portal_txn, reference, at.captured_vnd)->fee_vnd = 6738;
    return reference;
}

static void take(const struct day_file *f)
{
    const struct intake_file in = { .source = gateway_source(),
                                    .name = STR("gw"),
                                    .bytes = day_file_print(f, SETTLEMENT_MC1),
                                    .actor = STR("staff:1") };
    struct intake_result r;
    struct err e = { .code = ERR_NONE };

    check_ok(intake_file(&case_office, &in, test_arena(), &r, &e), e);
    if (r.quarantined)
        test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(r.file.faults));
    check(r.day != NULL);
}

static void reconciled(const struct source *s)
{
    closing_source = s;
    const struct run_view v = closing_shown(monday);

    check_int(v.outcome.verdict, RECONCILE_RECONCILED);
    check_int(v.outcome.captured_count, 1);
    check_int(v.outcome.matched_count, 1);
    check_int(v.outcome.bridge.captured_vnd, COUNTER_ORDER);
    check_int(v.outcome.bridge.closing_vnd, COUNTER_ORDER);
    check_int(v.outcome.bridge.residual_vnd, 0);
}

TEST_STORE(days_of_two_sources_close_apart_and_without_residual)
{
    struct counter *c = desk();
    struct day_file portal = day_file_make(monday, 1), gateway_day = gateway_file(), next;

    (void)closing_paid(&portal);
    (void)paid_at_gateway(c, &gateway_day);
    case_take(&portal);
    take(&gateway_day);
    reconciled(NULL);
    reconciled(gateway_source());
    closing_close(monday); /* of the gateway; the portal's is open */
    check_int(counter_balance(c, 1110), COUNTER_ORDER);
    check(closing_comes_out_the_same(monday));
    next = closing_follow(&gateway_day);
    counter_forward(c, 86400);
    take(&next);
    check_int(closing_shown(next.day).outcome.bridge.residual_vnd, 0);
    closing_source = NULL;
    check_int(closing_shown(monday).run.state, RUN_REVIEW);
    closing_close(monday);
    check_int(counter_balance(c, 1110), 0);
    check(closing_comes_out_the_same(monday));
    case_books_hold();
}

TEST_STORE(what_a_source_lacks_is_an_exception_of_its_own_day)
{
    struct counter *c = desk();
    struct day_file portal = day_file_make(monday, 1), gateway_day = gateway_file();

    (void)closing_paid(&portal);
    (void)paid_at_gateway(c, NULL);
    case_take(&portal);
    take(&gateway_day);
    reconciled(NULL);
    closing_source = gateway_source();
    check_same(case_only("MIS_THEIRS").provider, STR("GW"));
    check_int(closing_shown(monday).bar, RUN_BAR_EXCEPTION);
    check_int(closing_shown(monday).outcome.bridge.residual_vnd, 0);
    closing_source = NULL;
    check_int(closing_shown(monday).bar, RUN_MAY_CLOSE);
}
