/* After a step: what is stored against what the model says. */
#include "tests/payments/walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "payments/ledger.h"
#include "store/audit.h"
#include "tests/payments/peek.h"
#include "tests/payments/walk_steps.h"

struct walk *walk_now;

/* splitmix64: the same on every machine. */
uint64_t walk_random(struct walk *w)
{
    uint64_t z = (w->rng += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t walk_below(struct walk *w, int64_t n)
{
    return (int64_t)(walk_random(w) % (uint64_t)n);
}

void walk_fail(struct walk *w, const char *fmt, ...)
{
    char text[1024];
    va_list va;

    va_start(va, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, va);
    va_end(va);
    for (int64_t i = w->step >= WALK_LOG ? w->step - WALK_LOG + 1 : 1; i <= w->step; i++)
        (void)fprintf(stderr, "%6lld %s\n", (long long)i, w->log[i % WALK_LOG]);
    test_fail(__FILE__, __LINE__, "seed %llu step %lld: %s", (unsigned long long)w->seed,
              (long long)w->step, text);
}

static void same(struct walk *w, const struct walk_order *x, const char *what, int64_t got,
                 int64_t want)
{
    if (got != want)
        walk_fail(w, "order %d (%s): %s is %lld, the model says %lld", (int)(x - w->orders), x->id,
                  what, (long long)got, (long long)want);
}

struct order walk_load(struct walk *w, const struct walk_order *x)
{
    struct order o;
    struct err e = { .code = ERR_NONE };

    check_ok(order_load(&w->c->till, str_c(x->id), STR(""), w->a, &o, &e), e);
    return o;
}

static void copy(char *to, size_t room, struct str s)
{
    check(s.n < room);
    memcpy(to, s.p, s.n);
    to[s.n] = '\0';
}

static void leave(struct walk *w, const struct walk_order *x, unsigned may, unsigned what,
                  const char *name)
{
    if ((may & what) == 0)
        walk_fail(w, "order %d: %s, and nobody may have", (int)(x - w->orders), name);
}

/* A capture that the provider does not know of is money from nowhere. */
static void truth_check(struct walk *w, const struct walk_order *x, const struct attempt *at)
{
    const struct deal *d = counter_deal(w->c, at->reference);

    if (str_is(at->channel, "vnpay"))
        walk_vnpay_truth(w, x, at);
    if (!str_is(at->channel, "portal"))
        return;
    if (d == NULL || d->state != 1 || !str_is(str_i64(w->a, at->captured_vnd), d->amount))
        walk_fail(w, "order %d: captured what the portal does not have", (int)(x - w->orders));
}

static void attempt_follow(struct walk *w, struct walk_order *x, const struct attempt *at,
                           unsigned may)
{
    struct model_attempt *m = &x->m.attempts[at->n - 1];

    if (at->n > x->m.attempt_count) {
        x->m.attempt_count = (int)at->n;
        copy(x->refs[at->n - 1], sizeof(x->refs[0]), at->reference);
        copy(x->channel[at->n - 1], sizeof(x->channel[0]), at->channel);
        m->account = str_is(at->channel, "vietqr")    ? 1120
                     : str_is(at->channel, "counter") ? w->desk_account
                                                      : 1110;
    }
    same(w, x, "the reference's name", strcmp(x->refs[at->n - 1], str_cstr(w->a, at->reference)),
         0);
    if (m->state == ATTEMPT_REVERSED ||
        (m->state == ATTEMPT_CAPTURED && at->state != ATTEMPT_CAPTURED &&
         at->state != ATTEMPT_REVERSED))
        same(w, x, "a captured attempt", at->state, m->state);
    if (at->state == ATTEMPT_REVERSED && m->state == ATTEMPT_CAPTURED) {
        leave(w, x, may, MAY_DISPUTE, "a capture was reversed");
        model_lose(&x->m, m);
        x->dispute[at->n - 1][0] = '\0';
    }
    if (at->state == ATTEMPT_CAPTURED && m->state != ATTEMPT_CAPTURED) {
        leave(w, x, may, MAY_CAPTURE, "money was captured");
        truth_check(w, x, at);
        model_capture(&x->m, m, at->captured_vnd);
    }
    m->state = at->state;
}

static void dispute_follow(struct walk *w, struct walk_order *x, int i)
{
    struct proposal *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(proposal_list_subject(&w->c->till, str_c(x->refs[i]), w->a, &all, &count, &e), e);
    x->dispute[i][0] = '\0';
    for (size_t k = 0; k < count; k++)
        if (all[k].state == PROPOSAL_OPEN)
            copy(x->dispute[i], sizeof(x->dispute[i]), all[k].id);
    x->m.attempts[i].disputed = x->dispute[i][0] != '\0';
}

static bool is_over(enum refund_state s)
{
    return s == REFUND_REJECTED || s == REFUND_CANCELLED || s == REFUND_FAILED;
}

static void refund_follow(struct walk *w, struct walk_order *x, int i, const struct refund *r,
                          unsigned may)
{
    struct model_refund *m = &x->m.refunds[i];

    if (i == x->m.refund_count) {
        leave(w, x, may, MAY_REFUND, "a refund was asked for");
        x->m.refund_count++;
        copy(x->refunds[i], sizeof(x->refunds[0]), r->id);
        *m = (struct model_refund){ .vnd = r->amount_vnd, .account = (int)r->account };
        model_reserve(&x->m, m);
    }
    same(w, x, "the refund's name", strcmp(x->refunds[i], str_cstr(w->a, r->id)), 0);
    same(w, x, "the refund's amount", r->amount_vnd, m->vnd);
    same(w, x, "the refund's excess", r->excess_vnd, m->excess_vnd);
    if (r->state != m->state)
        leave(w, x, may, MAY_REFUND, "a refund changed");
    if (is_over(m->state))
        same(w, x, "a refund that was over", r->state, m->state);
    if (m->reserved && is_over(r->state))
        model_release(&x->m, m);
    else if (m->reserved && r->state == REFUND_SUCCEEDED)
        model_pay(&x->m, m);
    else if (m->paid && r->state == REFUND_RETURNED)
        model_return(&x->m, m);
    m->state = r->state;
}

static void attempts_follow(struct walk *w, struct walk_order *x, const struct order *o,
                            unsigned may)
{
    struct attempt *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(attempt_list(&w->c->till, o, w->a, &all, &count, &e), e);
    check(count <= MODEL_ATTEMPTS);
    for (size_t i = 0; i < count; i++) {
        same(w, x, "number of an attempt", all[i].n, (int64_t)i + 1);
        attempt_follow(w, x, &all[i], may);
        if ((may & MAY_DISPUTE) != 0 && all[i].state == ATTEMPT_CAPTURED)
            dispute_follow(w, x, (int)i);
    }
}

static void refunds_follow(struct walk *w, struct walk_order *x, const struct order *o,
                           unsigned may)
{
    struct refund *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    if (x->m.captured_vnd == 0 && x->m.refund_count == 0)
        return;
    check_ok(refund_list_order(&w->c->till, o, w->a, &all, &count, &e), e);
    check(count <= MODEL_REFUNDS);
    same(w, x, "refunds", (int64_t)count >= x->m.refund_count, true);
    for (size_t i = 0; i < count; i++)
        refund_follow(w, x, (int)i, &all[i], may);
}

static void sums_compare(struct walk *w, const struct walk_order *x, const struct order *o)
{
    const struct model_order *m = &x->m;
    const char *broken = model_broken(m);

    if (broken != NULL)
        walk_fail(w, "order %d: %s", (int)(x - w->orders), broken);
    if (o->state != model_state(m))
        walk_fail(w, "order %d (%s) is %s, the model says %s", (int)(x - w->orders), x->id,
                  order_state_name(o->state), order_state_name(model_state(m)));
    same(w, x, "total", o->bill.total_vnd, m->total_vnd);
    same(w, x, "captured", o->captured_vnd, m->captured_vnd);
    same(w, x, "refunded", o->refunded_vnd, m->refunded_vnd);
    same(w, x, "reserved", o->reserved_vnd, m->reserved_vnd);
    same(w, x, "excess refunded", o->excess_refunded_vnd, m->excess_refunded_vnd);
    same(w, x, "excess reserved", o->excess_reserved_vnd, m->excess_reserved_vnd);
    same(w, x, "carried", o->carried_vnd, m->carried_vnd);
    same(w, x, "held", order_held_vnd(o), model_held(m));
    same(w, x, "available", order_available_vnd(o), model_available(m));
}

#define SUM(account, sign)                                                                         \
    "COALESCE(SUM(CASE WHEN p.account = " #account " THEN " sign "* p.amount_vnd ELSE 0 END), "    \
    "0), "
#define DR "(1 - 2 * p.side)"
#define CR "(2 * p.side - 1)"

/* Books of one order, journals by what they are about, lines of history, receipts: I1, I3 to I6,
 * I8, I15. */
static void books_compare(struct walk *w, const struct walk_order *x)
{
    const struct model_books b = model_books_of(&x->m);
    const struct str where =
        str_fmt(w->a, "agency_id = '%s' AND order_id = '%s'", x->agency, x->id);
    int64_t got[14], more[6], captures = 0, paid_once = 0;
    const struct str query = str_fmt(
        w->a,
        "SELECT " SUM(1110, DR) SUM(1120, DR) SUM(1130, DR) SUM(1180, DR) SUM(1190, DR)
            SUM(1140, DR) SUM(2100, CR) SUM(2140, CR) SUM(2150, CR) SUM(9100, DR) SUM(
                9101, CR) "COALESCE(SUM(CASE WHEN p.account IN (2110, 2120, 2130) THEN " CR
                          " * p.amount_vnd ELSE 0 END), 0), COALESCE(SUM(" DR
                          " * p.amount_vnd), 0), COALESCE(MIN(p.amount_vnd), 1)"
                          " FROM journal j JOIN posting p ON p.agency_id = j.agency_id AND p.slot "
                          "= j.slot"
                          " AND p.journal_n = j.n WHERE j.agency_id = '%s' AND j.order_id = '%s'",
        x->agency, x->id);

    peek_row(str_cstr(w->a, query), got, 14);
    same(w, x, "1110", got[0], b.a1110);
    same(w, x, "1120", got[1], b.a1120);
    same(w, x, "1130", got[2], b.a1130);
    same(w, x, "1180", got[3], b.a1180);
    same(w, x, "1190", got[4], b.a1190);
    same(w, x, "1140", got[5], b.a1140);
    same(w, x, "2100", got[6], b.a2100);
    same(w, x, "2140", got[7], b.a2140);
    same(w, x, "2150", got[8], b.a2150);
    same(w, x, "9100", got[9], b.a9100);
    same(w, x, "9101", got[10], b.a9101);
    same(w, x, "2110 + 2120 + 2130", got[11], b.bill);
    same(w, x, "debits less credits", got[12], 0);
    same(w, x, "a posting of nothing", got[13] > 0, true);
    for (int i = 0; i < x->m.attempt_count; i++)
        captures += x->m.attempts[i].captured_vnd > 0 ? 1 : 0;
    for (int i = 0; i < x->m.refund_count; i++)
        paid_once += x->m.refunds[i].paid ? 1 : 0;
    peek_row(str_cstr(w->a, str_fmt(w->a,
                                    "SELECT (SELECT COUNT(*) FROM journal WHERE %.*s AND source "
                                    "LIKE 'capture:%%' AND attempt_n > 0),"
                                    " (SELECT COALESCE(SUM(CASE WHEN kind = 'J6' THEN 1 WHEN kind "
                                    "= 'J6R' THEN -1 ELSE 0 END), 0) FROM journal WHERE %.*s),"
                                    " (SELECT COUNT(*) - MAX(seq) FROM order_event WHERE %.*s),"
                                    " (SELECT COALESCE(SUM(amount_vnd), 0) FROM receipt WHERE %.*s "
                                    "AND state = 'issued'),"
                                    " (SELECT COUNT(*) FROM receipt WHERE %.*s),"
                                    " (SELECT COUNT(DISTINCT revision) FROM receipt WHERE %.*s)",
                                    STR_ARG(where), STR_ARG(where), STR_ARG(where), STR_ARG(where),
                                    STR_ARG(where), STR_ARG(where))),
             more, 6);
    same(w, x, "journals of captures", more[0], captures);
    same(w, x, "journals of refunds", more[1], paid_once);
    same(w, x, "lines missing in the history", more[2], 0);
    same(w, x, "receipts in force", more[3], x->m.applied ? x->m.total_vnd : 0);
}

void walk_sync(struct walk *w, struct walk_order *x, unsigned may)
{
    const struct order o = walk_load(w, x);

    x->synced = w->step;
    if ((o.state == ORDER_CANCELLED || o.state == ORDER_EXPIRED) &&
        model_state(&x->m) == ORDER_OPEN) {
        leave(w, x, may, MAY_WITHDRAW, "a bill was withdrawn");
        model_withdraw(&x->m, o.state);
    }
    attempts_follow(w, x, &o, may);
    refunds_follow(w, x, &o, may);
    sums_compare(w, x, &o);
    books_compare(w, x);
}

/* I18: nothing personal and no secret where people and machines look. */
static void leaks_check(struct walk *w)
{
    static const char *const columns[] = { "audit_log.detail", "audit_log.subject",
                                           "audit_log.actor",  "proposal.content",
                                           "journal.source",   "order_event.actor" };
    static const char *const secrets[] = { "038190000001", "0011001234567", COUNTER_SECRET,
                                           "Nguyễn Thị Hòa", "113366668888" };

    for (size_t i = 0; i < LEN(columns); i++) {
        const char *dot = strchr(columns[i], '.');

        for (size_t k = 0; k < LEN(secrets); k++)
            if (peek_int(str_cstr(
                    w->a, str_fmt(w->a, "SELECT COUNT(*) FROM %.*s WHERE %s LIKE '%%%s%%'",
                                  (int)(dot - columns[i]), columns[i], dot + 1, secrets[k]))) != 0)
                walk_fail(w, "%s holds \"%s\"", columns[i], secrets[k]);
    }
}

static int64_t balance(const struct ledger_balance *all, size_t count, int account)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].account == account)
            return all[i].balance_vnd;
    return 0;
}

static void trial_check(struct walk *w)
{
    struct model_books sum = { 0 };
    struct ledger_balance *all;
    size_t n;
    struct err e = { .code = ERR_NONE };

    for (int i = 0; i < w->count; i++) {
        const struct model_books b = model_books_of(&w->orders[i].m);

        sum.a1110 += b.a1110;
        sum.a1120 += b.a1120;
        sum.a1130 += b.a1130;
        sum.a1140 += b.a1140;
        sum.a1180 += b.a1180;
        sum.a1190 += b.a1190;
        sum.bill += b.bill;
        sum.a2140 += b.a2140;
        sum.a2150 += b.a2150;
    }
    check_ok(ledger_trial_balance(w->c->till.store, STR(""), (struct date){ 2099, 1, 1 }, w->a,
                                  &all, &n, &e),
             e);
    check_int(balance(all, n, 1110), sum.a1110);
    check_int(balance(all, n, 1120), sum.a1120 + w->brought_vnd);
    check_int(balance(all, n, 1140), sum.a1140 - w->brought_vnd + w->over_vnd);
    check_int(balance(all, n, 2160), w->over_vnd);
    check_int(balance(all, n, 1130), sum.a1130);
    check_int(balance(all, n, 2100), sum.a1130);
    check_int(balance(all, n, 1180), sum.a1180);
    check_int(balance(all, n, 1190), 0);
    check_int(sum.a1190, 0);
    check_int(balance(all, n, 2110) + balance(all, n, 2120) + balance(all, n, 2130), sum.bill);
    check_int(balance(all, n, 2140), sum.a2140);
    check_int(balance(all, n, 2150), sum.a2150);
}

void walk_prove(struct walk *w)
{
    struct ledger_report report;
    int64_t rows;
    struct err e = { .code = ERR_NONE };

    for (int i = 0; i < w->count; i++) {
        arena_reset(w->a);
        walk_sync(w, &w->orders[i], MAY_CAPTURE | MAY_WITHDRAW | MAY_REFUND);
    }
    if (peek_int("SELECT COUNT(*) FROM orders") != w->count)
        walk_fail(w, "there are orders that nobody made");
    trial_check(w);
    leaks_check(w);
    if (ledger_verify(w->c->till.store, &report, &e).failed)
        walk_fail(w, "the books: %s", e.detail);
    if (audit_verify(w->c->till.store, &rows, &e).failed)
        walk_fail(w, "the audit chain: %s", e.detail);
    check_int(report.orders, w->count);
}

static void order_export(struct walk *w, struct buf *b, const struct walk_order *x)
{
    const struct order o = walk_load(w, x);
    const struct str where =
        str_fmt(w->a, "agency_id = '%s' AND order_id = '%s'", x->agency, x->id);

    buf_fmt(b, "%d %s %s %s total %lld captured %lld refunded %lld reserved %lld carried %lld\n",
            (int)(x - w->orders), x->agency, x->dossier, order_state_name(o.state),
            (long long)o.bill.total_vnd, (long long)o.captured_vnd, (long long)o.refunded_vnd,
            (long long)o.reserved_vnd, (long long)o.carried_vnd);
    buf_put(
        b, peek_text(
               w->a,
               str_cstr(
                   w->a,
                   str_fmt(
                       w->a,
                       "SELECT 'attempt', n, channel, state, amount_vnd, captured_vnd, captured_ms "
                       "FROM attempt WHERE %.*s ORDER BY n",
                       STR_ARG(where)))));
    buf_put(b,
            peek_text(w->a, str_cstr(w->a, str_fmt(w->a,
                                                   "SELECT 'refund', attempt_n, state, amount_vnd, "
                                                   "excess_vnd, account, created_ms "
                                                   "FROM refund WHERE %.*s ORDER BY created_ms, id",
                                                   STR_ARG(where)))));
    buf_put(
        b, peek_text(w->a, str_cstr(w->a, str_fmt(w->a,
                                                  "SELECT 'receipt', serial, number, kind, "
                                                  "revision, amount_vnd, state, issued_ms "
                                                  "FROM receipt WHERE %.*s ORDER BY kind, revision",
                                                  STR_ARG(where)))));
    buf_put(
        b,
        peek_text(
            w->a,
            str_cstr(
                w->a,
                str_fmt(
                    w->a,
                    "SELECT 'event', seq, at_ms, attempt_n, event, from_state, to_state, mismatch "
                    "FROM order_event WHERE %.*s ORDER BY seq",
                    STR_ARG(where)))));
    buf_put(
        b,
        peek_text(
            w->a,
            str_cstr(
                w->a,
                str_fmt(
                    w->a,
                    "SELECT j.kind, j.attempt_n, j.day, j.at_ms, p.account, p.side, p.fee, "
                    "p.amount_vnd FROM journal j JOIN posting p ON p.agency_id = j.agency_id AND "
                    "p.slot = j.slot AND p.journal_n = j.n WHERE j.agency_id = '%s' AND j.order_id "
                    "= '%s' ORDER BY j.at_ms, j.kind, j.attempt_n, j.total_vnd, p.account, p.side, "
                    "p.fee, p.amount_vnd",
                    x->agency, x->id))));
}

/* All that was done, without names that are random: the same walk gives the same bytes. */
struct str walk_export(struct walk *w, struct arena *a)
{
    struct buf b = buf_make(a, (size_t)256 << 20);

    for (int i = 0; i < w->count; i++) {
        arena_reset(w->a);
        order_export(w, &b, &w->orders[i]);
    }
    check(!b.overflow);
    return buf_str(&b);
}
