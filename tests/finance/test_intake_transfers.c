/* Bank transfers that a bank tells of in its file only. */
#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "finance/intake.h"
#include "payments/channel.h"
#include "payments/transfer.h"
#include "store/sql.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"
#include <string.h>

#define ACCOUNT "113366668888"
#define SECRET  "bi-mat-cua-ngan-hang"

static struct counter *open_counter(void)
{
    static struct secret secret;
    struct counter *c = counter_open();
    struct err e;

    check_ok(secret_set(&secret, STR(SECRET), &e), e);
    c->till.vietqr_bin = STR("970415");
    c->till.vietqr_account = STR(ACCOUNT);
    c->till.bank_secret = &secret;
    return c;
}

static struct str start(struct counter *c, const struct order *o)
{
    struct attempt_way way;
    struct attempt *all;
    size_t n;
    struct err e = { .code = ERR_NONE };

    check_ok(
        attempt_start(&c->till, o, counter_by("vietqr"), counter_cause(), test_arena(), &way, &e),
        e);
    check(!way.redirect);
    check_int(way.state, ATTEMPT_REDIRECTED);
    check_ok(attempt_list(&c->till, o, test_arena(), &all, &n, &e), e);
    check_str(all[n - 1].channel, "vietqr");
    check_str(all[n - 1].account, ACCOUNT);
    return all[n - 1].reference;
}

static enum transfer_outcome arrive(struct counter *c, struct str narrative, int64_t vnd,
                                    const char *txn)
{
    const struct transfer in = { .account = STR(ACCOUNT),
                                 .bank_txn = str_c(txn),
                                 .bank = STR("CTG"),
                                 .amount_vnd = vnd,
                                 .currency = STR("VND"),
                                 .at_ms = c->clock.fixed_ms,
                                 .narrative = narrative };
    enum transfer_outcome out;
    struct err e = { .code = ERR_NONE };

    check_ok(transfer_recognise(&c->till, &in, "bank_notice", test_arena(), &out, &e), e);
    return out;
}

static struct str bank_file(struct str code)
{
    return str_fmt(
        test_arena(),
        "{\"reconcileDate\":\"23/11/2026\",\"bankCode\":\"CTG\",\"bankName\":\"CTG\","
        "\"unitCode\":\"H56\",\"unitName\":\"H56\",\"totalTransaction\":2,"
        "\"totalAmount\":583000,\"transactions\":["
        "{\"transId\":\"FT77\",\"toKhaiId\":\"\",\"amount\":578000,\"status\":\"SUCCESS\","
        "\"payTime\":\"2026-11-23 09:01:00\",\"sendToKBNNStatus\":\"NOT_SENT\","
        "\"remark\":\"MBVCB.1 %.*s chuyen khoan\"},"
        "{\"transId\":\"FT78\",\"toKhaiId\":\"\",\"amount\":5000,\"status\":\"SUCCESS\","
        "\"payTime\":\"2026-11-23 09:02:00\",\"sendToKBNNStatus\":\"NOT_SENT\","
        "\"remark\":\"ung ho\"}]}",
        STR_ARG(code));
}

static void take_file(struct counter *c, struct str file)
{
    struct intake_result got;
    struct err e = { .code = ERR_NONE };

    check_ok(intake_take(&c->till, (struct date){ 2026, 11, 23 }, STR("bank.bj1"), file,
                         STR("staff:x"), test_arena(), &got, &e),
             e);
    if (got.quarantined)
        check_str(got.file.faults, "");
}

/* Pass 6: a bank's file brings the code in its own words. */
TEST_STORE(a_line_of_the_banks_file_pays_and_matches)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct str code = start(c, &o);

    take_file(c, bank_file(code));
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_attempt(c, code), ATTEMPT_CAPTURED);
    check_int(arrive(c, code, COUNTER_ORDER, "FT77"), TRANSFER_KNOWN); /* and told once more */
    counter_books_hold(c);
}

TEST_STORE(a_line_that_contradicts_an_earlier_notification_keeps_no_file_from_being_taken)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct str code = start(c, &o);

    check_int(arrive(c, code, 1000, "FT77"), TRANSFER_CAPTURED);
    take_file(c, bank_file(code));
    check_int(counter_state(c, &o), ORDER_UNDERPAID); /* of the two, the first is in the books */
    counter_books_hold(c);
}
