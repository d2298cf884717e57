/* VNPAY: what leaves is signed as published, what comes is believed only signed, and IPN moves no
 * money by itself. The gateway is simulated over memory. */
#include <string.h>

#include "crypto/partner.h"
#include "crypto/random.h"
#include "http/form.h"
#include "payments/channel.h"
#include "payments/poll.h"
#include "payments/proposal.h"
#include "payments/vnpay.h"
#include "tests/payments/vnpay_gateway.h"

static struct vnpay_pay vector(void)
{
    return (struct vnpay_pay){ .reference = STR("H29.17-261006-0001"),
                               .amount_vnd = 25000,
                               .info = STR("Thanh toan le phi ho so H29.17-261006-0001"),
                               .create = STR("20261006143000"),
                               .expire = STR("20261006144500"),
                               .payer_ip = STR("203.113.1.9"),
                               .return_url = STR("https://motcua.example.vn/return?x=1") };
}

TEST(the_published_vector_is_the_end_of_the_payment_url)
{
    const struct vnpay *v = gateway_client();
    const struct vnpay_pay in = vector();
    struct str url;
    struct err e = { .code = ERR_NONE };

    check_ok(vnpay_pay_url(v, &in, test_arena(), &url, &e), e);
    check(str_starts(url, STR(GATEWAY_PAGE "?vnp_Amount=2500000&vnp_Command=pay&vnp_CreateDate=")));
    check(str_has(url, STR("&vnp_OrderInfo=Thanh+toan+le+phi+ho+so+H29.17-261006-0001&")));
    check(str_ends(url, STR("&vnp_SecureHash="
                            "64e837b47d3d666276e77489b249a9881b1b158f0b7d345d438ee8968110302d"
                            "2235189fed8251737b52e5b392d778f1a5e8e7605667167be1de122a89da5c2d")));
}

/* Defects 6 and 13 of systems in the field, and the separator. */
TEST(amounts_beyond_32_bits_travel_whole_and_no_address_is_made_up)
{
    static const int64_t amounts[] = { 1, 2147483648, 4294967296, 9007199254740991 };
    static const char *const texts[] = { "100", "214748364800", "429496729600",
                                         "900719925474099100" };
    const struct vnpay *v = gateway_client();
    struct vnpay_pay in = vector();
    struct str url;
    struct err e;

    for (size_t i = 0; i < LEN(amounts); i++) {
        in.amount_vnd = amounts[i];
        check_ok(vnpay_pay_url(v, &in, test_arena(), &url, &e), e);
        check(str_has(url, str_fmt(test_arena(), "?vnp_Amount=%s&", texts[i])));
    }
    in.amount_vnd = 9007199254740992;
    check_fails(vnpay_pay_url(v, &in, test_arena(), &url, &e), e, ERR_INVALID);
    in = vector();
    in.payer_ip = STR("");
    check_fails(vnpay_pay_url(v, &in, test_arena(), &url, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "vnp_IpAddr");
    in = vector();
    in.info = STR("a|b");
    check_fails(vnpay_pay_url(v, &in, test_arena(), &url, &e), e, ERR_INVALID);
    in = vector();
    in.create = STR("2026100614300");
    check_fails(vnpay_pay_url(v, &in, test_arena(), &url, &e), e, ERR_INVALID);
}

/* Defect 14. */
TEST(a_payment_page_at_a_foreign_origin_or_without_tls_does_not_open)
{
    static const char *const urls[] = { "https://evil.example/pay", "http://pay.vnpay.vn/x",
                                        "https://pay.vnpay.vn@evil.example/x", "" };
    struct vnpay_config c = gateway_settings();
    struct vnpay *v = NULL;
    struct err e;

    c.pay_origins = STR("https://pay.vnpay.vn,http://pay.vnpay.vn");
    for (size_t i = 0; i < LEN(urls); i++) {
        c.pay_url = str_c(urls[i]);
        check_fails(vnpay_open_over(&c, gateway_serve, NULL, &v, &e), e, ERR_CONFIG);
    }
    c.pay_url = STR("https://pay.vnpay.vn/paymentv2/vpcpay.html");
    check_ok(vnpay_open_over(&c, gateway_serve, NULL, &v, &e), e);
    vnpay_close(&v);
    c.tmn_code = STR("A|B");
    check_fails(vnpay_open_over(&c, gateway_serve, NULL, &v, &e), e, ERR_CONFIG);
}

TEST_STORE(the_payer_is_sent_with_a_signed_address_and_comes_back_to_the_same)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);

    check_int(gateway.calls, 0); /* the address is made here */
    check_int(counter_attempt(c, ref), ATTEMPT_REDIRECTED);
    gateway.code = "91"; /* VNPAY has not seen it: the payer may still open it */
    check_same(gateway_start(c, &o), ref);
    check_int(gateway.calls, 1);
    check(str_has(str_c(gateway.last), STR("\"vnp_TransactionDate\":\"20261123090000\"")));
    counter_forward(c, 901);
    gateway_ask(c, ref);
    check(counter_attempt(c, ref) != ATTEMPT_FAILED); /* said once only */
    counter_forward(c, 21);
    gateway_ask(c, ref);
    check_int(counter_attempt(c, ref), ATTEMPT_FAILED);
    check(!str_eq(gateway_start(c, &o), ref));
}

TEST_STORE(what_querydr_says_is_what_happens)
{
    static const struct {
        const char *code, *status;
        enum attempt_state state;
        const char *mismatch;
    } rows[] = {
        { "00", "00", ATTEMPT_CAPTURED, NULL },     { "00", "01", ATTEMPT_PROCESSING, NULL },
        { "00", "02", ATTEMPT_FAILED, NULL },       { "00", "04", ATTEMPT_PROCESSING, "REV" },
        { "00", "07", ATTEMPT_PROCESSING, "HELD" }, { "00", "05", ATTEMPT_PROCESSING, "REV" },
        { "00", "42", ATTEMPT_REDIRECTED, NULL },   { "02", "00", ATTEMPT_REDIRECTED, NULL },
        { "94", "00", ATTEMPT_REDIRECTED, NULL },   { "97", "00", ATTEMPT_REDIRECTED, NULL },
        { "99", "00", ATTEMPT_REDIRECTED, NULL },
    };
    struct counter *c = gateway_counter();

    for (size_t i = 0; i < LEN(rows); i++) {
        struct order o = counter_order(c);
        struct str ref = gateway_start(c, &o);

        gateway.code = rows[i].code;
        gateway.status = rows[i].status;
        gateway_ask(c, ref);
        check_int(counter_attempt(c, ref), rows[i].state);
        check_int(counter_receipts(c, &o), rows[i].state == ATTEMPT_CAPTURED ? 2 : 0);
        if (rows[i].mismatch != NULL)
            check(counter_has_mismatch(c, &o, rows[i].mismatch));
    }
    counter_books_hold(c);
}

/* The gateway tells of the latest request: a refund that succeeded is no payment of ours. */
TEST_STORE(money_that_came_and_went_before_we_knew_is_not_captured)
{
    static const char *const types[] = { "02", "03" };
    struct counter *c = gateway_counter();

    for (size_t i = 0; i < LEN(types); i++) {
        struct order o = counter_order(c);
        struct str ref = gateway_start(c, &o);

        gateway.type = types[i];
        gateway.vnd = i == 0 ? COUNTER_ORDER : 1000;
        gateway_ask(c, ref);
        check_int(counter_attempt(c, ref), ATTEMPT_PROCESSING);
        check_int(counter_state(c, &o), ORDER_OPEN);
        check(counter_has_mismatch(c, &o, "REV"));
        check_int(counter_receipts(c, &o), 0);
    }
}

TEST_STORE(a_reply_without_a_type_is_held_to_the_amount)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);

    gateway.type = "";
    gateway.vnd = 1000;
    gateway_ask(c, ref);
    check_int(counter_state(c, &o), ORDER_OPEN);
    check(counter_has_mismatch(c, &o, "AMT"));
}

/* Defects 1, 3, 4 and 7 of this channel: a reply is proven, and about this payment. */
TEST_STORE(a_reply_that_is_forged_or_about_something_else_is_no_answer)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);

    gateway.forged = true;
    gateway_ask(c, ref);
    gateway.forged = false;
    gateway.tmn = "ANOTHER1";
    gateway_ask(c, ref);
    gateway.tmn = NULL;
    gateway.reference = "H5614L01XXXXXXXX";
    gateway_ask(c, ref);
    gateway.reference = NULL;
    gateway.command = "refund";
    gateway_ask(c, ref);
    gateway.command = NULL;
    gateway.down = true;
    gateway_ask(c, ref);
    gateway.down = false;
    check_int(counter_attempt(c, ref), ATTEMPT_REDIRECTED);
    gateway.amount = "57800001"; /* a fraction of a dong */
    gateway_ask(c, ref);
    check(counter_has_mismatch(c, &o, "AMT"));
    gateway.amount = "578000"; /* divided once too often */
    gateway_ask(c, ref);
    check_int(counter_receipts(c, &o), 0);
    gateway.amount = NULL;
    gateway_ask(c, ref);
    check_int(counter_state(c, &o), ORDER_PAID);
}

static void ipn(struct counter *c, struct str reference, struct gateway_ipn with, const char *code)
{
    check_str(gateway_ipn(c, gateway_ipn_query(reference, with)).code, code);
}

TEST_STORE(an_ipn_is_answered_to_the_letter_and_only_querydr_pays)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);

    gateway.status = "01";
    check_str(gateway_ipn(c, gateway_ipn_query(ref, (struct gateway_ipn){ .txn = NULL })).body,
              "{\"RspCode\":\"00\",\"Message\":\"Confirm Success\"}");
    check_int(counter_state(c, &o), ORDER_OPEN); /* the IPN said paid, querydr not yet */
    gateway.status = "00";
    ipn(c, ref, (struct gateway_ipn){ .code = "24", .status = "02" },
        "00"); /* says cancelled; asks */
    check_int(counter_state(c, &o), ORDER_PAID);
    ipn(c, ref, (struct gateway_ipn){ .txn = NULL }, "02");
    ipn(c, ref, (struct gateway_ipn){ .txn = NULL }, "02");
    ipn(c, ref, (struct gateway_ipn){ .code = "24", .status = "02", .txn = "15" }, "02");
    check(counter_has_mismatch(c, &o, "STA"));
    ipn(c, ref, (struct gateway_ipn){ .txn = "16" }, "02");
    check(counter_has_mismatch(c, &o, "DUP_PAY"));
    check_int(counter_receipts(c, &o), 2);
    check_int(counter_journals(c, &o, "J2"), 1);
    counter_books_hold(c);
}

TEST_STORE(money_that_was_taken_back_is_disputed_once_and_two_persons_decide)
{
    const struct gateway_ipn reversed = { .status = "04" };
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);
    struct proposal *list;
    struct err e = { .code = ERR_NONE };
    size_t n;

    ipn(c, ref, (struct gateway_ipn){ .txn = NULL }, "00");
    check_int(counter_state(c, &o), ORDER_PAID);
    ipn(c, ref, reversed, "02"); /* querydr knows nothing of it */
    check(counter_has_mismatch(c, &o, "STA"));
    check_int(counter_balance(c, 1180), 0);
    gateway.down = true;
    ipn(c, ref, reversed, "99"); /* so that it comes again */
    check_int(counter_balance(c, 1180), 0);
    gateway.down = false;
    gateway.status = "04";
    ipn(c, ref, reversed, "02");
    ipn(c, ref, reversed, "02");
    check(counter_has_mismatch(c, &o, "REV"));
    check_int(counter_balance(c, 1180), COUNTER_ORDER);
    check_int(counter_state(c, &o), ORDER_PAID); /* nothing is undone yet */
    check_ok(proposal_list_subject(&c->till, ref, test_arena(), &list, &n, &e), e);
    check_int(n, 1);
    check_int(list[0].kind, PROPOSAL_REVERSAL);
    check_int(list[0].state, PROPOSAL_OPEN);
    check_str(list[0].maker, "system");
    counter_books_hold(c);
    const struct proposal_decision no = {
        .id = list[0].id, .verdict = PROPOSAL_REJECTED, .hash = list[0].hash, .remark = STR("x")
    };
    const struct proposal_actor officer = { .name = STR("staff:b"), .limit_vnd = INT64_MAX };
    check_ok(proposal_decide(&c->till, &no, &officer, test_arena(), &list[0], &e), e);
    check_int(counter_balance(c, 1180), 0);
    ipn(c, ref, reversed, "02"); /* decided is decided */
    check_ok(proposal_list_subject(&c->till, ref, test_arena(), &list, &n, &e), e);
    check_int(n, 1);
    counter_books_hold(c);
}

/* Same as defect 1 for every adapter. */
TEST_STORE(defect_01_04_07_an_ipn_that_does_not_verify_or_fit_changes_nothing)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c), other = counter_order(c);
    struct str ref = gateway_start(c, &o), portal = counter_start(c, &other);
    const int64_t before = counter_events(c, &o);

    ipn(c, ref, (struct gateway_ipn){ .secret = "guess" }, "97");
    check_str(gateway_ipn(c, STR("vnp_TxnRef=A")).code, "97");
    check_str(
        gateway_ipn(c, str_cat(test_arena(),
                               gateway_ipn_query(ref, (struct gateway_ipn){ .secret = "guess" }),
                               STR("&vnp_SecureHashType=HMACSHA512")))
            .code,
        "97");
    check_str(gateway_ipn(c, STR("vnp_TxnRef=A&vnp_TxnRef=B")).code, "99");
    check_str(gateway_ipn(c, STR("")).code, "97");
    ipn(c, ref, (struct gateway_ipn){ .tmn = "ANOTHER1" }, "99");
    ipn(c, STR("H5614L01XXXXXXXX"), (struct gateway_ipn){ .txn = NULL }, "01");
    ipn(c, portal, (struct gateway_ipn){ .txn = NULL }, "01"); /* another provider's reference */
    check_int(counter_events(c, &o), before);
    ipn(c, ref, (struct gateway_ipn){ .amount = "57800100" }, "04");
    ipn(c, ref, (struct gateway_ipn){ .amount = "578000" }, "04");
    check(counter_has_mismatch(c, &o, "AMT"));
    check_int(counter_attempt(c, ref), ATTEMPT_REDIRECTED);
    check_int(gateway.calls, 0);
    c->till.vnpay = NULL;
    ipn(c, ref, (struct gateway_ipn){ .txn = NULL }, "99");
    check_int(counter_receipts(c, &o), 0);
}

/* And the other way round: the portal's key has no say about VNPAY's payments. */
TEST_STORE(a_notice_of_the_portal_about_a_vnpay_payment_is_refused)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);
    const int64_t before = counter_events(c, &o);

    check(!counter_confirm(c, ref, (struct confirm){ .amount = "578000", .txn = "G" }).accepted);
    check_int(counter_events(c, &o), before);
    check_int(gateway.calls, 0);
}

TEST_STORE(ten_thousand_mutated_ipns_change_nothing)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);
    const struct str good = gateway_ipn_query(ref, (struct gateway_ipn){ .txn = NULL });
    const int64_t before = counter_events(c, &o);
    char text[2048];

    check(good.n < sizeof(text));
    for (int i = 0; i < 10000; i++) {
        unsigned char dice[4];
        size_t n = good.n;

        random_fill(dice, sizeof(dice));
        memcpy(text, good.p, n);
        const size_t at = ((size_t)dice[0] << 8 | dice[1]) % n;

        if (dice[3] % 3 == 0)
            n = at;
        else
            text[at] = (char)(text[at] ^ (1 + dice[2] % 127));
        if (n == good.n && good.p[at] == '+' && text[at] == ' ')
            continue; /* two ways to write a space: the same message */
        const struct vnpay_reply r = gateway_ipn(c, str_of(text, n));

        check(str_is(r.code, "97") || str_is(r.code, "99"));
    }
    check_int(counter_events(c, &o), before);
    check_int(counter_attempt(c, ref), ATTEMPT_REDIRECTED);
    check_int(gateway.calls, 0);
    check_str(gateway_ipn(c, good).code, "00");
}

static struct attempt attempt(struct counter *c, struct str reference)
{
    struct attempt at;
    struct err e;

    check_ok(attempt_load(&c->till, reference, test_arena(), &at, &e), e);
    return at;
}

TEST_STORE(refunds_are_asked_for_in_vnpays_words_and_believed_as_signed)
{
    static const struct {
        const char *code, *status;
        enum channel_result result;
        enum channel_state state;
    } rows[] = {
        { "00", "05", CHANNEL_OK, CHANNEL_PENDING },
        { "00", "06", CHANNEL_OK, CHANNEL_PENDING },
        { "00", "09", CHANNEL_OK, CHANNEL_UNPAID },
        { "94", "", CHANNEL_OK, CHANNEL_PENDING },
        { "95", "", CHANNEL_REFUSED, 0 },
        { "91", "", CHANNEL_REFUSED, 0 },
        { "97", "", CHANNEL_REFUSED, 0 },
        { "99", "", CHANNEL_NO_ANSWER, 0 },
    };
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);
    struct channel_answer got;
    struct err e;

    gateway_ask(c, ref);
    const struct attempt paid = attempt(c, ref);
    struct channel_refund r = { .reference = STR("rfd0000000001"),
                                .paid = &paid,
                                .amount_vnd = 78000,
                                .time = STR("20261124080000"),
                                .by = STR("officer"),
                                .info = STR("Hoan phi") };

    check_int(paid.captured_vnd, COUNTER_ORDER);
    for (size_t i = 0; i < LEN(rows); i++) {
        gateway.code = rows[i].code;
        gateway.status = rows[i].status;
        check_ok(channel_vnpay.refund(&c->till, &r, test_arena(), &got, &e), e);
        check_int(got.result, rows[i].result);
        if (got.result == CHANNEL_OK)
            check_int(got.state, rows[i].state);
    }
    check(str_has(str_c(gateway.last), STR("\"vnp_TransactionType\":\"03\"")));
    check(str_has(str_c(gateway.last), STR("\"vnp_Amount\":\"7800000\"")));
    check(str_has(str_c(gateway.last), STR("\"vnp_TransactionNo\":\"14226112\"")));
    check(str_has(str_c(gateway.last), STR("\"vnp_TransactionDate\":\"20261123090000\"")));
    gateway.forged = true;
    gateway.code = "95";
    check_ok(channel_vnpay.refund(&c->till, &r, test_arena(), &got, &e), e);
    check_int(got.result, CHANNEL_NO_ANSWER);
    gateway.forged = false;
    r.amount_vnd = COUNTER_ORDER;
    check_ok(channel_vnpay.refund(&c->till, &r, test_arena(), &got, &e), e);
    check(str_has(str_c(gateway.last), STR("\"vnp_TransactionType\":\"02\"")));
    r.amount_vnd++;
    check_fails(channel_vnpay.refund(&c->till, &r, test_arena(), &got, &e), e, ERR_INVALID);
    r.amount_vnd = 78000;
    r.by = STR("a|b");
    check_fails(channel_vnpay.refund(&c->till, &r, test_arena(), &got, &e), e, ERR_INVALID);
}

TEST_STORE(a_refund_is_looked_up_by_its_type_and_its_amount)
{
    static const struct {
        const char *type, *status;
        int64_t vnd;
        enum channel_state state;
    } rows[] = {
        { "01", "00", COUNTER_ORDER, CHANNEL_NOT_FOUND },
        { "03", "00", 78000, CHANNEL_PAID },
        { "03", "05", 78000, CHANNEL_PENDING },
        { "03", "06", 78000, CHANNEL_PENDING },
        { "03", "09", 78000, CHANNEL_UNPAID },
        { "03", "00", 1000, CHANNEL_NOT_FOUND },
    };
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = gateway_start(c, &o);
    struct channel_answer got;
    struct err e;

    gateway_ask(c, ref);
    const struct attempt paid = attempt(c, ref);
    const struct channel_refund r = { .reference = STR("rfd0000000001"),
                                      .paid = &paid,
                                      .amount_vnd = 78000,
                                      .time = STR("20261124080000"),
                                      .by = STR("officer"),
                                      .info = STR("Hoan phi") };

    for (size_t i = 0; i < LEN(rows); i++) {
        gateway.type = rows[i].type;
        gateway.status = rows[i].status;
        gateway.vnd = rows[i].vnd;
        check_ok(channel_vnpay.refund_ask(&c->till, &r, test_arena(), &got, &e), e);
        check_int(got.result, CHANNEL_OK);
        check_int(got.state, rows[i].state);
    }
    /* None of it is a contradiction of the capture. */
    gateway_ask(c, ref);
    check(!counter_has_mismatch(c, &o, "STA"));
}

TEST_STORE(a_second_way_is_begun_only_when_the_payer_says_so)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o), second;
    struct attempt_choice choice = *counter_by("vnpay");
    struct attempt_way way;
    struct attempt *all;
    size_t n;
    struct err e = { .code = ERR_NONE };

    check_ok(attempt_start(&c->till, &o, &choice, counter_cause(), test_arena(), &way, &e), e);
    check(!way.redirect);
    check_str(way.beside, "portal");
    check_int(counter_deal(c, ref)->queries, 1); /* the truth comes first */
    choice.confirmed = true;
    check_ok(attempt_start(&c->till, &o, &choice, counter_cause(), test_arena(), &way, &e), e);
    check(way.redirect);
    check_ok(attempt_list(&c->till, &o, test_arena(), &all, &n, &e), e);
    check_int(n, 2);
    second = all[1].reference;
    check_str(all[1].channel, "vnpay");
    counter_pay(c, ref);
    gateway_ask(c, ref);
    gateway_ask(c, second); /* both were paid: one receipt of each kind, the rest is held */
    check_int(counter_state(c, &o), ORDER_OVERPAID);
    check_int(counter_receipts(c, &o), 2);
    check(counter_has_mismatch(c, &o, "DUP_PAY"));
    counter_books_hold(c);
}

TEST_STORE(a_way_that_was_paid_meanwhile_needs_no_second_one)
{
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct attempt_way way;
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    check_ok(
        attempt_start(&c->till, &o, counter_by("vnpay"), counter_cause(), test_arena(), &way, &e),
        e);
    check(!way.redirect);
    check_int(way.state, ATTEMPT_CAPTURED);
    check_int(way.beside.n, 0);
    check_int(counter_state(c, &o), ORDER_PAID);
}

TEST_STORE(a_channel_that_is_off_or_unknown_is_no_choice)
{
    static const char *const names[] = { "vnpay", "", "cash", "PORTAL" };
    struct counter *c = gateway_counter();
    struct order o = counter_order(c);
    struct attempt_way way;
    struct err e;

    c->till.vnpay = NULL;
    for (size_t i = 0; i < LEN(names); i++) {
        check_fails(attempt_start(&c->till, &o, counter_by(names[i]), counter_cause(), test_arena(),
                                  &way, &e),
                    e, ERR_INVALID);
        check_str(str_c(e.field), "channel");
    }
}
