/* CONFIRM: what does not verify changes nothing; what verifies is believed as far as QUERY is. */
#include <string.h>

#include "base/json.h"
#include "crypto/partner.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "tests/payments/counter.h"

static const struct confirm right;

/* domain facts 6.4: the public vector of a CONFIRM. */
static const char vector[] =
    "{\"LoaiBanTin\":\"CONFIRM\",\"MaLoi\":\"00\",\"MaDoiTac\":\"DOITACTEST\",\"MaThamChieu\":"
    "\"H561426112300011\",\"SoTien\":\"150000\",\"MaTienTe\":\"VND\",\"MaGiaoDich\":\"GD0001\","
    "\"MaNganHang\":\"VCB\",\"ThoiGianGD\":\"20261123140630\",\"ThongTinGiaoDich\":"
    "\"Thanh toan ho so H56.14-261123-0001\",\"MaXacThuc\":"
    "\"0ce5659b6ac8cec32d23044217972b6f6f6a0a65f5c02d322b9e7706ed75e3d2\"}";

static struct secret secret_of(const char *text)
{
    struct secret s = { .n = 0 };
    struct err e;

    check_ok(secret_set(&s, str_c(text), &e), e);
    return s;
}

TEST(the_published_vector_verifies)
{
    const struct secret s = secret_of(COUNTER_SECRET);
    struct notice n;
    struct err e = { .code = ERR_NONE };

    check_ok(notice_read(str_c(vector), &s, test_arena(), &n, &e), e);
    check_str(n.reference, "H561426112300011");
    check_int(n.amount_vnd, 150000);
}

TEST(every_changed_byte_of_a_field_is_refused)
{
    const struct secret s = secret_of(COUNTER_SECRET);
    char body[sizeof(vector)];
    struct notice n;
    struct err e;

    for (size_t i = 0; i + 1 < sizeof(vector); i++) {
        memcpy(body, vector, sizeof(vector));
        body[i] ^= 1;
        check(notice_read(str_of(body, sizeof(vector) - 1), &s, test_arena(), &n, &e).failed);
    }
}

TEST(a_missing_field_a_wrong_type_and_a_long_field_are_named)
{
    const struct secret s = secret_of(COUNTER_SECRET);
    struct notice n;
    struct err e = { .code = ERR_NONE };

    check_fails(notice_read(STR("{}"), &s, test_arena(), &n, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "LoaiBanTin");
    check_fails(notice_read(STR("{\"LoaiBanTin\":[]}"), &s, test_arena(), &n, &e), e, ERR_INVALID);
    check_fails(notice_read(STR("[]"), &s, test_arena(), &n, &e), e, ERR_MALFORMED);
    check_fails(notice_read(STR("{\"a\":1,\"a\":1}"), &s, test_arena(), &n, &e), e, ERR_MALFORMED);
    check_fails(
        notice_read(str_of(arena_alloc(test_arena(), 20000), 20000), &s, test_arena(), &n, &e), e,
        ERR_TOO_LARGE);
}

TEST_STORE(a_paid_notice_pays_the_order_once)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    counter_pay(c, ref);
    check(counter_confirm(c, ref, right).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_attempt(c, ref), ATTEMPT_CAPTURED);
    check_int(counter_journals(c, &o, "J1"), 1);
    check_int(counter_journals(c, &o, "J2"), 1);
    check_int(counter_receipts(c, &o), 2);
    check_int(counter_balance(c, 1110), COUNTER_ORDER);
    check_int(counter_balance(c, 1130), 0);
    check_int(counter_balance(c, 2100), 0);
    check_int(counter_balance(c, 2110), COUNTER_LE_PHI);
    check_int(counter_balance(c, 2130), COUNTER_RETAINED);
    check_int(counter_balance(c, 2120), COUNTER_PHI - COUNTER_RETAINED);
    counter_books_hold(c);
}

TEST_STORE(a_repeated_notice_gets_the_same_bytes_and_changes_nothing)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct notice_reply first, again;
    int64_t events;

    counter_pay(c, ref);
    first = counter_confirm(c, ref, right);
    events = counter_events(c, &o);
    for (int i = 0; i < 5; i++) {
        again = counter_confirm(c, ref, right);
        check(again.accepted);
        check_same(again.body, first.body);
    }
    check_int(counter_events(c, &o), events);
    check_int(counter_journals(c, &o, "J2"), 1);
    check_int(counter_receipts(c, &o), 2);
}

TEST_STORE(the_reply_is_signed_by_its_own_fields)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o), hash, fields[5];
    static const char *const names[] = { "MaLoi", "MoTaLoi", "MaDoiTac", "MaThamChieu",
                                         "ThoiGianGD" };
    const struct secret s = secret_of(COUNTER_SECRET);
    struct json *reply = NULL, *sent = NULL;
    struct err e = { .code = ERR_NONE };
    struct str theirs;

    counter_pay(c, ref);
    check_ok(json_read(counter_confirm(c, ref, right).body, &reply, &e), e);
    for (size_t i = 0; i < LEN(names); i++)
        check(json_str(json_member(reply, names[i]), &fields[i]));
    check(json_str(json_member(reply, "MaXacThuc"), &hash));
    check_ok(partner_check(test_arena(), fields, 5, &s, hash, &e), e);
    check_ok(json_read(counter_confirm_body(c, ref, right), &sent, &e), e);
    check(json_str(json_member(sent, "MaXacThuc"), &theirs));
    check(!str_eq(hash, theirs));
    check_same(fields[3], ref);
    json_close(&reply);
    json_close(&sent);
}

TEST_STORE(what_does_not_fit_never_pays)
{
    static const struct {
        struct confirm with;
        const char *mismatch;
    } cases[] = {
        { { .amount = "578001" }, "AMT" },  { { .amount = "577999" }, "AMT" },
        { { .amount = "5780000" }, "AMT" }, { { .currency = "USD" }, "CUR" },
        { { .partner = "ANOTHER" }, NULL }, { { .secret = "another secret" }, NULL },
        { { .amount = "578.000" }, NULL },  { { .amount = "-578000" }, NULL },
    };
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    c->query_down = true; /* so that only the notice speaks */
    counter_pay(c, ref);
    for (size_t i = 0; i < LEN(cases); i++) {
        check(!counter_confirm(c, ref, cases[i].with).accepted);
        check_int(counter_state(c, &o), ORDER_OPEN);
        check_int(counter_attempt(c, ref), ATTEMPT_REDIRECTED);
        if (cases[i].mismatch != NULL)
            check(counter_has_mismatch(c, &o, cases[i].mismatch));
    }
    check_int(counter_receipts(c, &o), 0);
    check_int(counter_balance(c, 1110), 0);
}

TEST_STORE(an_unknown_reference_is_refused)
{
    struct counter *c = counter_open();

    check(!counter_confirm(c, STR("H5614NOSUCHREFERENCE"), right).accepted);
    check_int(c->till.counts->notice_refused, 1);
    check_int(c->till.counts->quarantined, 1);
}

TEST_STORE(what_was_quarantined_is_kept_for_a_year)
{
    struct counter *c = counter_open();

    for (int i = 0; i < 2; i++)
        check(!counter_confirm(c, STR("H5614NOSUCHREFERENCE"), right).accepted);
    check_int(counter_rows("quarantine"), 2);
    counter_forward(c, 364 * 86400);
    check(!counter_confirm(c, STR("H5614NOSUCHREFERENCE"), right).accepted);
    check_int(counter_rows("quarantine"), 3);
    counter_forward(c, 2 * 86400);
    check(!counter_confirm(c, STR("H5614NOSUCHREFERENCE"), right).accepted);
    check_int(counter_rows("quarantine"), 2);
}

TEST_STORE(a_success_notice_is_not_believed_against_query)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    check(counter_confirm(c, ref, (struct confirm){ .txn = "GD9" }).accepted); /* QUERY: 3 */
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_int(counter_attempt(c, ref), ATTEMPT_PROCESSING);
    counter_fail(c, ref);
    check(counter_confirm(c, ref, (struct confirm){ .txn = "GD10" }).accepted);
    check_int(counter_attempt(c, ref), ATTEMPT_FAILED);
    check_int(counter_receipts(c, &o), 0);
    counter_books_hold(c);
}

TEST_STORE(a_failure_notice_only_asks)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    counter_pay(c, ref); /* the truth is that it was paid */
    check(counter_confirm(c, ref, (struct confirm){ .code = "24" }).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
}

TEST_STORE(a_late_failure_does_not_undo_a_payment)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    counter_pay(c, ref);
    check(counter_confirm(c, ref, right).accepted);
    check(counter_confirm(c, ref, (struct confirm){ .code = "99" }).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_attempt(c, ref), ATTEMPT_CAPTURED);
    check(counter_has_mismatch(c, &o, "STA"));
}

TEST_STORE(a_second_transaction_of_one_reference_is_kept_as_evidence)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    counter_pay(c, ref);
    check(counter_confirm(c, ref, right).accepted);
    check(counter_confirm(c, ref, (struct confirm){ .txn = "GD7777" }).accepted);
    check(counter_has_mismatch(c, &o, "DUP_PAY"));
    check_int(counter_journals(c, &o, "J2"), 1);
}

TEST_STORE(when_query_is_down_the_notice_is_recorded_and_asked_about_later)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct attempt at;
    struct err e = { .code = ERR_NONE };

    c->query_down = true;
    counter_pay(c, ref);
    check(counter_confirm(c, ref, right).accepted);
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_ok(attempt_load(&c->till, ref, test_arena(), &at, &e), e);
    check(at.query_next_ms > 0 && at.query_next_ms <= c->clock.fixed_ms + 60000);
    c->query_down = false;
    check(counter_confirm(c, ref, right).accepted); /* the portal says it again */
    check_int(counter_state(c, &o), ORDER_PAID);
}

/* Ten thousand notices, each wrong in one random place. */
TEST_STORE(ten_thousand_mutated_notices_change_nothing)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o), good;
    struct arena *a = arena_open_clean((size_t)1 << 20);
    const int64_t events = counter_events(c, &o);
    unsigned char chance[8];
    char body[2048];
    int calls;

    counter_pay(c, ref);
    good = counter_confirm_body(c, ref, right);
    calls = c->calls;
    for (int i = 0; i < 10000; i++) {
        struct notice_reply reply;
        struct err why;
        size_t n = good.n, at;

        random_fill(chance, sizeof(chance));
        at = ((size_t)chance[0] << 8 | chance[1]) % good.n;
        memcpy(body, good.p, good.n);
        if (chance[2] % 8 == 0)
            n = at; /* cut */
        else
            body[at] = (char)(body[at] ^ (1 + chance[3] % 255));
        arena_reset(a);
        notice_take(&c->till, str_of(body, n), STR("198.51.100.1"), STR("rq"), a, &reply, &why);
        check(!reply.accepted);
    }
    arena_close(&a);
    check_int(c->calls, calls); /* not even a question */
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_int(counter_attempt(c, ref), ATTEMPT_REDIRECTED);
    check_int(counter_events(c, &o), events);
    check_int(c->till.counts->notice_refused, 10000);
    check(c->till.counts->quarantined == 1000); /* a flood is counted, not stored */
}

/* Longer than what is kept, so that the end falls within a letter. */
TEST_STORE(evidence_is_cut_between_letters)
{
    struct counter *c = counter_open();
    const struct order o = counter_order(c);
    const struct str ref = counter_start(c, &o);
    struct order_history *all;
    struct err e = { .code = ERR_NONE };
    char quotes[501] = { 0 };
    size_t count, noticed = 0;

    memset(quotes, '"', 500);
    for (int n = 440; n < 443; n++) {
        const struct str time = str_fmt(test_arena(), "%.*s%s", n, quotes, "ếếếếếếếếếếếếếếếế");
        const struct confirm long_one = {
            .code = quotes, .currency = quotes, .txn = quotes, .time = str_cstr(test_arena(), time)
        };

        check(!counter_confirm(c, ref, long_one).accepted);
    }
    check_ok(order_history(&c->till, &o, test_arena(), &all, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        noticed += str_is(all[i].event, "noticed") && str_is(all[i].mismatch, "CUR");
    check_int(noticed, 3);
}
