/* The till takes its settings from the configuration and refuses what the law does not allow. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "payments/portal.h"
#include "payments/till.h"
#include "tests/test.h"

static struct conf settings(void)
{
    struct arena *a = test_arena();
    struct buf mistakes = buf_make(a, 8192);
    struct str path = str_fmt(a, "%s/secret", test_folder());
    struct conf c;
    FILE *f = fopen(str_cstr(a, path), "w");
    struct err e = { .code = ERR_NONE };

    check(f != NULL && fputs("s3cr3t\n", f) >= 0 && fclose(f) == 0);
    check(chmod(str_cstr(a, path), 0600) == 0);
    check_ok(conf_load(a, NULL, &c, &mistakes, &e), e);
    c.portal.secret_file = path;
    c.payments.refunds_dir = str_fmt(a, "%s/conf/refunds", test_source());
    return c;
}

TEST(the_till_opens_from_the_settings)
{
    const struct clock clock = clock_fixed(0);
    const struct conf c = settings();
    struct till t = { 0 };
    struct err e = { .code = ERR_NONE };

    check_ok(till_open(&c, NULL, NULL, &clock, NULL, &t, &e), e);
    check_str(portal_partner_code(t.portal), "DT01");
    check_int(t.order_ttl_s, 86400);
    check_str(t.receipt_form, "EBL01");
    check_int(t.counts->quarantined, 0);
    till_close(&t);
}

TEST(serial_letters_that_the_decree_does_not_list_are_refused)
{
    static const char *const bad[] = { "AI", "A", "AAA", "aa", "A0", "" };
    const struct clock clock = clock_fixed(0);

    for (size_t i = 0; i < LEN(bad); i++) {
        struct conf c = settings();
        struct till t = { 0 };
        struct err e = { .code = ERR_NONE };

        c.payments.receipt_serial_letters = str_c(bad[i]);
        check_fails(till_open(&c, NULL, NULL, &clock, NULL, &t, &e), e, ERR_CONFIG);
    }
}

TEST(without_the_shared_secret_nothing_opens)
{
    const struct clock clock = clock_fixed(0);
    struct conf c = settings();
    struct till t = { 0 };
    struct err e = { .code = ERR_NONE };

    c.portal.secret_file = STR("/nonexistent/secret");
    check_fails(till_open(&c, NULL, NULL, &clock, NULL, &t, &e), e, ERR_CONFIG);
}
