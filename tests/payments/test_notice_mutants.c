/* CONFIRM, altered in every way that one can think of: a hundred thousand times nothing happens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "crypto/secret.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

#define MUTANTS  50000 /* of each seed: a fixed and a fresh one */
#define BODY_MAX 4096

static const char *const names[] = { "MaLoi",      "MaDoiTac",         "MaThamChieu", "SoTien",
                                     "MaTienTe",   "MaGiaoDich",       "MaNganHang",  "ThoiGianGD",
                                     "LoaiBanTin", "ThongTinGiaoDich", "MaXacThuc" };

struct mutating {
    struct counter *c;
    uint64_t x;
    struct str bodies[2]; /* true messages of two orders */
    char bytes[BODY_MAX];
    struct str body;
    struct arena *a; /* emptied after each message */
};

static uint64_t next(struct mutating *m)
{
    m->x ^= m->x << 13;
    m->x ^= m->x >> 7;
    m->x ^= m->x << 17;
    return m->x;
}

static size_t below(struct mutating *m, size_t n)
{
    return (size_t)(next(m) % n);
}

static void body_set(struct mutating *m, struct str s)
{
    const size_t n = s.n < BODY_MAX ? s.n : BODY_MAX;

    memcpy(m->bytes, s.p, n);
    m->body = (struct str){ m->bytes, n };
}

static void flip_bits(struct mutating *m)
{
    for (size_t i = below(m, 4) + 1; i > 0; i--)
        m->bytes[below(m, m->body.n)] ^= (char)(1 << below(m, 8));
}

static void cut(struct mutating *m)
{
    m->body.n = below(m, m->body.n);
}

static void repeat(struct mutating *m)
{
    const size_t from = below(m, m->body.n), n = below(m, m->body.n - from);

    if (m->body.n + n > BODY_MAX)
        return;
    memmove(m->bytes + from + n, m->bytes + from, m->body.n - from);
    m->body.n += n;
}

/* The text values of two members change places, or one comes from the other order's message. */
static void swap_fields(struct mutating *m)
{
    const char *to = names[below(m, LEN(names))], *from = names[below(m, LEN(names))];
    DEFER(json_close) struct json *o = NULL, *other = NULL;
    struct str value;

    if (json_read(m->bodies[0], &o, NULL).failed || json_read(m->bodies[1], &other, NULL).failed ||
        !json_str(json_member(below(m, 2) == 0 ? o : other, from), &value))
        return;
    value = str_dup(m->a, value);
    json_put_str(o, to, value);
    body_set(m, json_print(m->a, o));
}

/* Signed, but not with our secret. */
static void sign_anew(struct mutating *m, struct str reference)
{
    static const char *const secrets[] = { "guess", COUNTER_SECRET "x", "bi-mat-thu-nghie", "0" };
    static const char *const amounts[] = { NULL, "1", "578001", "5780000", "57800000000000000" };
    const struct confirm with = { .secret = secrets[below(m, LEN(secrets))],
                                  .amount = amounts[below(m, LEN(amounts))],
                                  .currency = below(m, 3) == 0 ? "USD" : NULL,
                                  .partner = below(m, 3) == 0 ? "KHAC" : NULL };

    body_set(m, counter_confirm_body(m->c, reference, with));
}

static void mutate(struct mutating *m, struct str reference)
{
    body_set(m, m->bodies[0]);
    switch (below(m, 32)) {
    case 0:
        sign_anew(m, reference); /* costs more than the others */
        break;
    case 1:
    case 2:
    case 3:
    case 4:
        cut(m);
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        repeat(m);
        flip_bits(m);
        break;
    default:
        if (below(m, 2) == 0)
            swap_fields(m);
        else
            flip_bits(m);
    }
}

static struct str said(struct mutating *m, const struct json *o, const char *name)
{
    struct str s = STR("");
    int64_t n;

    if (json_int(json_member(o, name), &n))
        return str_i64(m->a, n);
    (void)json_str(json_member(o, name), &s);
    return s;
}

/* Whether it still says the same, hash included: then it is no mutant. By its members, and not by
 * asking the reader, which is what is tried here. */
static bool is_true(struct mutating *m)
{
    DEFER(json_close) struct json *o = NULL, *right = NULL;

    if (json_read(m->body, &o, NULL).failed || json_read(m->bodies[0], &right, NULL).failed)
        return false;
    for (size_t i = 0; i < LEN(names); i++)
        if (!str_eq(said(m, o, names[i]), said(m, right, names[i])))
            return false;
    return true;
}

static void mutants_are_refused(struct mutating *m, const struct order *o, struct str reference,
                                uint64_t seed)
{
    int tried = 0;

    m->x = seed | 1;
    for (int i = 0; i < MUTANTS; i++) {
        struct notice_reply reply;
        struct err why;

        arena_reset(m->a);
        mutate(m, reference);
        if (is_true(m))
            continue;
        tried++;
        notice_take(&m->c->till, m->body, STR("198.51.100.1"), STR("rq"), m->a, &reply, &why);
        if (reply.accepted || reply.status != 200)
            test_fail(__FILE__, __LINE__, "seed %llu, message %d: %.*s", (unsigned long long)seed,
                      i, STR_ARG(m->body));
        if (i % 5000 == 0 && counter_state(m->c, o) != ORDER_OPEN)
            test_fail(__FILE__, __LINE__, "seed %llu, message %d", (unsigned long long)seed, i);
    }
    check(tried > MUTANTS / 2);
}

TEST(a_hundred_thousand_mutants_of_a_notice_change_nothing)
{
    struct counter *c = counter_open();
    struct mutating *m = arena_new(test_arena(), struct mutating);
    struct order o = counter_order(c), other = counter_order(c);
    const struct str ref = counter_start(c, &o), other_ref = counter_start(c, &other);
    const uint64_t fresh = (uint64_t)time(NULL);
    const int64_t events = counter_events(c, &o), others = counter_events(c, &other);
    const int calls = c->calls;

    m->c = c;
    m->a = arena_open(1 << 20);
    m->bodies[0] = counter_confirm_body(c, ref, (struct confirm){ .txn = "GD1" });
    m->bodies[1] = counter_confirm_body(c, other_ref, (struct confirm){ .txn = "GD2" });
    (void)printf("fresh seed %llu\n", (unsigned long long)fresh);
    mutants_are_refused(m, &o, ref, 20261123);
    mutants_are_refused(m, &o, ref, fresh);
    arena_close(&m->a);
    check_int(c->calls, calls); /* the portal was not even asked */
    check_int(counter_events(c, &o), events);
    check_int(counter_events(c, &other), others);
    check_int(counter_balance(c, 1110), 0);
    check_int(c->till.counts->quarantined, 1000); /* the rest is counted only */
    check(c->till.counts->notice_refused > MUTANTS);
    counter_books_hold(c);
    /* And the true message is still believed. */
    counter_pay(c, ref);
    check(counter_confirm(c, ref, (struct confirm){ 0 }).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
}

/* Signed by the portal, and yet not what it says: another amount, currency or partner. */
TEST_STORE(authentic_notices_that_do_not_fit_are_evidence_and_move_nothing)
{
    static const struct confirm odd[] = { { .amount = "1", .txn = "G" },
                                          { .amount = "578001", .txn = "G" },
                                          { .currency = "USD", .txn = "G" },
                                          { .partner = "KHAC", .txn = "G" } };
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    const struct str ref = counter_start(c, &o);

    for (size_t i = 0; i < LEN(odd); i++)
        for (int again = 0; again < 3; again++)
            check(!counter_confirm(c, ref, odd[i]).accepted);
    check(!counter_confirm(c, STR("UNKNOWNREF"), (struct confirm){ .txn = "G" }).accepted);
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_int(counter_attempt(c, ref), ATTEMPT_REDIRECTED);
    check_int(counter_receipts(c, &o), 0);
    check(counter_has_mismatch(c, &o, "AMT") && counter_has_mismatch(c, &o, "CUR"));
    counter_books_hold(c);
}

/* The payer's bank paid twice by one reference, and both notices came before QUERY answered. */
TEST_STORE(two_transactions_told_before_the_capture_are_a_double_payment)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    const struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    c->query_down = true;
    check(counter_confirm(c, ref, (struct confirm){ 0 }).accepted);
    check(counter_confirm(c, ref, (struct confirm){ .txn = "ANOTHER" }).accepted);
    check(!counter_has_mismatch(c, &o, "DUP_PAY"));
    c->query_down = false;
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_int(counter_state(c, &o), ORDER_PAID);
    check(counter_has_mismatch(c, &o, "DUP_PAY"));
    counter_books_hold(c);
}
