#include "tests/finance/shop.h"

#include <stdio.h>

#include "payments/fee.h"

#define ACCOUNT "3713.0.1234567.00000" /* portal.account */

static uint64_t dice(struct shop *s)
{
    s->rng = s->rng * 6364136223846793005U + 1442695040888963407U;
    return s->rng >> 33;
}

struct shop *shop_open(uint64_t seed)
{
    static struct shop s;

    s = (struct shop){ .c = counter_open(), .rng = seed };
    s.c->till.account = STR(ACCOUNT);
    s.ours = buf_make(test_arena(), (size_t)8 << 20);
    buf_puts(&s.ours, "kind,reference,portal_txn,original,order,dossier,procedure,body,account,"
                      "bank,amount_vnd,state,at,late,twice\n");
    return &s;
}

static struct order order_make(struct shop *s, struct date day)
{
    struct order_request rq = counter_request();

    rq.agency_id = dice(s) % 2 ? STR("H56.14") : STR("H56.15");
    rq.received_on = day;
    rq.reference = str_fmt(test_arena(), "%.*s-%.*s-%05d", STR_ARG(rq.agency_id), 6,
                           date_compact(test_arena(), day).p + 2, ++s->count);
    return counter_order_for(s->c, &rq);
}

static void ask(struct shop *s, struct str reference)
{
    struct err e = { 0 };

    check_ok(attempt_ask(&s->c->till, reference, counter_cause(), &e), e);
}

static void pay(struct shop *s, struct str reference, int64_t at_ms)
{
    counter_pay(s->c, reference);
    (void)snprintf(counter_deal(s->c, reference)->time, 16, "%.*s",
                   STR_ARG(clock_stamp14(test_arena(), at_ms)));
    ask(s, reference);
    check_int(counter_attempt(s->c, reference), ATTEMPT_CAPTURED);
}

static void fail_there(struct shop *s, struct str reference)
{
    counter_fail(s->c, reference);
    ask(s, reference);
    check_int(counter_attempt(s->c, reference), ATTEMPT_FAILED);
}

static void row_put(struct shop *s, const struct order *o, struct str reference, const char *state,
                    int64_t at_ms, bool late, bool twice)
{
    struct fee_agency agency;
    struct attempt at;
    struct err e = { 0 };

    check_ok(attempt_load(&s->c->till, reference, test_arena(), &at, &e), e);
    check_ok(fee_agency_find(s->c->fees, o->agency_id, clock_local(at_ms).date, &agency, &e), e);
    buf_fmt(&s->ours, "payment,%.*s,%.*s,,%.*s,%.*s,%.*s,", STR_ARG(reference),
            STR_ARG(at.portal_txn), STR_ARG(o->id), STR_ARG(o->reference),
            STR_ARG(counter_request().procedure));
    buf_fmt(&s->ours, "%.*s,%.*s,VCB,%lld,%s,%.*s,%d,%d\n", STR_ARG(o->agency_id),
            STR_ARG(agency.account), (long long)at.amount_vnd, state,
            STR_ARG(clock_rfc3339(test_arena(), at_ms)), late, twice);
}

/* Paid after it was cancelled. */
static void late_one(struct shop *s, const struct order *o, struct str reference, int64_t at_ms)
{
    struct err e = { 0 };

    fail_there(s, reference);
    check_ok(order_cancel(&s->c->till, o->id, counter_cause(), &e), e);
    pay(s, reference, at_ms);
    row_put(s, o, reference, "captured", at_ms, true, false);
}

/* The first attempt succeeds after the second one has. */
static void twice_one(struct shop *s, const struct order *o, struct str first, int64_t at_ms)
{
    struct str second;

    fail_there(s, first);
    second = counter_start(s->c, o);
    pay(s, second, at_ms);
    row_put(s, o, second, "captured", at_ms, false, false);
    pay(s, first, at_ms + 1000);
    row_put(s, o, first, "captured", at_ms + 1000, true, true);
}

static void payment_make(struct shop *s, struct date day, int64_t at_ms)
{
    const uint64_t what = dice(s) % 16;
    struct order o;
    struct str reference;

    s->c->clock.fixed_ms = at_ms;
    o = order_make(s, day);
    reference = counter_start(s->c, &o);
    if (what == 0) {
        late_one(s, &o, reference, at_ms);
    } else if (what == 1) {
        twice_one(s, &o, reference, at_ms);
    } else if (what == 2) {
        row_put(s, &o, reference, "waiting", at_ms, false, false);
    } else if (what == 3) {
        fail_there(s, reference);
        row_put(s, &o, reference, "failed", at_ms, false, false);
    } else {
        pay(s, reference, at_ms);
        row_put(s, &o, reference, "captured", at_ms, false, false);
    }
}

void shop_day(struct shop *s, struct date day, int payments)
{
    const int64_t start_ms = clock_day_start_ms(day) + 8 * 3600000LL;

    for (int i = 0; i < payments; i++)
        payment_make(s, day, start_ms + i * (12 * 3600000LL / payments) / 1000 * 1000);
}

const char *shop_ours(struct shop *s)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/ours.csv", test_folder()));
    FILE *f = fopen(path, "w");

    check(f != NULL);
    check(fwrite(s->ours.p, 1, s->ours.n, f) == s->ours.n);
    check(fclose(f) == 0);
    return path;
}
