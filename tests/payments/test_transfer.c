/* Transfers: the code is found as banks write it, money counts once and for what it is. */
#include <string.h>

#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "payments/channel.h"
#include "payments/transfer.h"
#include "store/sql.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

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

TEST(a_code_is_found_as_banks_write_it_and_not_when_a_letter_is_wrong)
{
    static const char *const ways[] = { "%s",
                                        "MBVCB.4711.123456.%s.CT tu 0123 NGUYEN THI HOA toi 1133",
                                        "Nguyễn Thị Hòa chuyển tiền %s nộp phí",
                                        "%s-CHUYEN TIEN-OQCH0001", "IBFT%s" };
    struct arena *a = test_arena();

    for (int i = 0; i < 200; i++) {
        const struct str code = transfer_code_make(a);
        char text[TRANSFER_CODE_BYTES + 1] = { 0 };
        struct str found;

        check(transfer_code_is(code));
        memcpy(text, code.p, code.n);
        for (size_t w = 0; w < LEN(ways); w++) {
            const struct str said = str_fmt(a, ways[w], text);

            check(transfer_code_find(a, said, &found));
            check_same(found, code);
            check(transfer_code_find(a, str_lower(a, said), &found));
            check_same(found, code);
        }
        check(transfer_code_find(a, str_fmt(a, "%.5s %.6s.%s", text, text + 5, text + 11), &found));
        check_same(found, code);
        for (size_t at = 0; at < TRANSFER_CODE_BYTES; at++) {
            const char was = text[at];

            text[at] = was == 'X' ? 'Y' : 'X';
            check(!transfer_code_find(a, str_c(text), &found));
            text[at] = was;
        }
        check(!transfer_code_find(a, str_sub(code, 0, code.n - 1), &found));
        check(!transfer_code_find(a, str_fmt(a, "%s %.*s", text, STR_ARG(transfer_code_make(a))),
                                  &found));
        check(transfer_code_find(a, str_fmt(a, "%s %s", text, text), &found));
    }
}

TEST(what_was_misread_is_read_as_it_was_meant)
{
    struct arena *a = test_arena();
    struct str code, found;
    char text[TRANSFER_CODE_BYTES];

    do {
        code = transfer_code_make(a);
    } while (str_find(code, '0') == code.n || str_find(code, '1') == code.n);
    for (size_t i = 0; i < code.n; i++)
        text[i] = code.p[i] == '0' ? 'O' : code.p[i] == '1' ? 'l' : code.p[i];
    check(transfer_code_find(a, str_of(text, sizeof(text)), &found));
    check_same(found, code);
}

TEST_STORE(a_transfer_pays_the_order_once_however_often_it_is_told)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct str code = start(c, &o);

    check_same(start(c, &o), code); /* the same symbol again */
    check_int(arrive(c, code, COUNTER_ORDER, "FT1"), TRANSFER_CAPTURED);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(arrive(c, code, COUNTER_ORDER, "FT1"), TRANSFER_KNOWN);
    check_int(counter_receipts(c, &o), 2);
    check_same(counter_method_said(c, &o), STR("Chuyển khoản ngân hàng bằng mã VietQR"));
    check_int(counter_journals(c, &o, "J2"), 1);
    counter_books_hold(c);
}

TEST_STORE(less_is_held_and_the_rest_completes_it_more_is_held)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct str code = start(c, &o);

    check_int(arrive(c, code, 500000, "FT1"), TRANSFER_CAPTURED);
    check_int(counter_state(c, &o), ORDER_UNDERPAID);
    check_int(counter_receipts(c, &o), 0);
    check_int(arrive(c, code, 100000, "FT2"), TRANSFER_CAPTURED); /* the same symbol, again */
    check_int(counter_state(c, &o), ORDER_OVERPAID);
    check_int(counter_receipts(c, &o), 2);
    check_int(arrive(c, code, 5000, "FT3"), TRANSFER_CAPTURED); /* and once more, by mistake */
    check_int(counter_state(c, &o), ORDER_OVERPAID);
    check_int(counter_receipts(c, &o), 2);
    counter_books_hold(c);
}

TEST_STORE(the_rest_is_asked_for_by_a_symbol_of_its_own)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct attempt at;
    struct err e;

    check_int(arrive(c, start(c, &o), 500000, "FT1"), TRANSFER_CAPTURED);
    check_ok(attempt_load(&c->till, start(c, &o), test_arena(), &at, &e), e);
    check_int(at.amount_vnd, COUNTER_ORDER - 500000);
    check_int(arrive(c, at.reference, at.amount_vnd, "FT2"), TRANSFER_CAPTURED);
    check_int(counter_state(c, &o), ORDER_PAID);
    counter_books_hold(c);
}

TEST_STORE(what_cannot_be_told_is_kept_and_moves_nothing)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c), other = counter_order(c);
    struct str code = start(c, &o), second = start(c, &other);
    const int64_t before = counter_events(c, &o);
    struct transfer in = { .account = STR("999999"),
                           .bank_txn = STR("FT4"),
                           .amount_vnd = COUNTER_ORDER,
                           .currency = STR("VND"),
                           .at_ms = c->clock.fixed_ms,
                           .narrative = code };
    enum transfer_outcome out;
    struct err e = { .code = ERR_NONE };

    check_int(arrive(c, STR("nop phi"), COUNTER_ORDER, "FT1"), TRANSFER_UNRECOGNISED);
    check_int(arrive(c, transfer_code_make(test_arena()), COUNTER_ORDER, "FT2"),
              TRANSFER_UNRECOGNISED);
    check_int(arrive(c, str_fmt(test_arena(), "%.*s %.*s", STR_ARG(code), STR_ARG(second)),
                     COUNTER_ORDER, "FT3"),
              TRANSFER_UNRECOGNISED);
    check_ok(transfer_recognise(&c->till, &in, "bank_notice", test_arena(), &out, &e), e);
    check_int(out, TRANSFER_UNRECOGNISED); /* another account than was shown */
    in.account = STR(ACCOUNT);
    in.bank_txn = STR("FT5");
    in.currency = STR("USD");
    check_ok(transfer_recognise(&c->till, &in, "bank_notice", test_arena(), &out, &e), e);
    check_int(out, TRANSFER_UNRECOGNISED);
    check_int(counter_events(c, &o), before);
    check_int(arrive(c, STR("nop phi"), COUNTER_ORDER, "FT1"), TRANSFER_KNOWN);
    in.currency = STR("VND");
    in.bank_txn = STR("FT1");
    in.amount_vnd = 1;
    check_fails(transfer_recognise(&c->till, &in, "bank_notice", test_arena(), &out, &e), e,
                ERR_CONFLICT);
    in.bank_txn = STR("");
    check_fails(transfer_recognise(&c->till, &in, "bank_notice", test_arena(), &out, &e), e,
                ERR_INVALID);
}

TEST_STORE(a_payer_who_transfers_without_end_stops_nothing_but_their_own_order)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct str code = start(c, &o);

    for (int i = 0; i < 100; i++)
        check_int(
            arrive(c, code, 1, str_cstr(test_arena(), str_fmt(test_arena(), "FT%d", 1000 + i))),
            TRANSFER_CAPTURED);
    check_int(arrive(c, code, 1, "FT1100"), TRANSFER_UNRECOGNISED);
    check_int(arrive(c, code, 1, "FT1100"), TRANSFER_KNOWN);
    check_int(counter_state(c, &o), ORDER_UNDERPAID);
    counter_books_hold(c);
}

TEST_STORE(money_that_comes_after_the_time_is_late_and_counts)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct str code = start(c, &o);
    struct err e = { .code = ERR_NONE };

    check_ok(order_cancel(&c->till, o.id, counter_cause(), &e), e); /* nobody can be asked */
    check_int(counter_attempt(c, code), ATTEMPT_EXPIRED);
    check_int(arrive(c, code, COUNTER_ORDER, "FT1"), TRANSFER_CAPTURED);
    check_int(counter_state(c, &o), ORDER_PAID);
    check(counter_has_mismatch(c, &o, "LATE"));
    counter_books_hold(c);
}

TEST_STORE(the_symbol_says_account_amount_and_code)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct attempt at;
    struct str text;
    struct err e;

    check_ok(attempt_load(&c->till, start(c, &o), test_arena(), &at, &e), e);
    check_ok(channel_vietqr.qr(&c->till, &at, test_arena(), &text, &e), e);
    check(str_has(text, STR("0006970415011211336666888802")));
    check(str_has(text, STR("5406578000")));
    check(str_has(text, str_fmt(test_arena(), "62190815%.*s6304", STR_ARG(at.reference))));
    check_int(at.query_next_ms, 0); /* nobody is asked */
}

static struct str notice_body(struct str code, const char *txn)
{
    return str_fmt(test_arena(),
                   "{\"account\":\"" ACCOUNT "\",\"transaction\":\"%s\",\"amount_vnd\":578000,"
                   "\"currency\":\"VND\",\"time\":\"20261123090500\",\"bank\":\"CTG\","
                   "\"narrative\":\"MBVCB %.*s\"}",
                   txn, STR_ARG(code));
}

static struct str sign(struct str body, const char *secret)
{
    return digest_hex(test_arena(), digest_hmac(str_c(secret), body));
}

TEST_STORE(a_notification_is_believed_signed_and_whole)
{
    struct counter *c = open_counter();
    struct order o = counter_order(c);
    struct str code = start(c, &o), body = notice_body(code, "FT9");
    enum transfer_outcome out;
    struct err e = { .code = ERR_NONE };

    check_fails(transfer_notice_take(&c->till, body, sign(body, "guess"), test_arena(), &out, &e),
                e, ERR_BAD_SIGNATURE);
    check_fails(transfer_notice_take(&c->till, body, STR(""), test_arena(), &out, &e), e,
                ERR_BAD_SIGNATURE);
    check_fails(
        transfer_notice_take(&c->till, STR("{}"), sign(STR("{}"), SECRET), test_arena(), &out, &e),
        e, ERR_INVALID);
    for (size_t i = 0; i < body.n; i++) {
        char changed[1024];

        memcpy(changed, body.p, body.n);
        changed[i] ^= 1;
        check_fails(transfer_notice_take(&c->till, str_of(changed, body.n), sign(body, SECRET),
                                         test_arena(), &out, &e),
                    e, ERR_BAD_SIGNATURE);
    }
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_ok(transfer_notice_take(&c->till, body, sign(body, SECRET), test_arena(), &out, &e), e);
    check_int(out, TRANSFER_CAPTURED);
    check_ok(transfer_notice_take(&c->till, body, sign(body, SECRET), test_arena(), &out, &e), e);
    check_int(out, TRANSFER_KNOWN);
    check_int(counter_state(c, &o), ORDER_PAID);
    c->till.bank_secret = NULL;
    check_fails(transfer_notice_take(&c->till, body, sign(body, SECRET), test_arena(), &out, &e), e,
                ERR_NOT_FOUND);
}
