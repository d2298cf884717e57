/*
 * What each change of an order posts. Promise: every journal balances, names what it is about by a
 * source that exists once, and is committed with the change.
 */
#include "payments/order_books.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/ledger.h"
#include "payments/receipt.h"
#include "store/sql.h"

#define ROUNDS_MAX 100 /* a refund comes back that often at most */

static struct ledger_journal *journal_make(const struct order_change *c, const char *kind,
                                           struct str source)
{
    struct ledger_journal *j = arena_new(c->a, struct ledger_journal);

    *j = ledger_journal_make(c->o->agency_id, kind, source);
    j->order_id = c->o->id;
    j->attempt_n = c->cause->attempt_n;
    return j;
}

static result journal_post(struct sql *db, const struct order_change *c, struct ledger_journal *j,
                           struct err *e)
{
    if (j->count == 0)
        return OK; /* nothing due and nothing waived */
    j->day = clock_local(c->now_ms).date;
    return ledger_post(db, c->now_ms, j, c->a, e);
}

static struct str source_make(const struct order_change *c, const char *what, int64_t n)
{
    return str_fmt(c->a, "%s:%.*s:%lld", what, STR_ARG(c->o->id), (long long)n);
}

/* Money is named by its attempt; what moves without one by the event. */
static struct str money_source(const struct order_change *c, const char *what)
{
    if (c->cause->attempt_n > 0)
        return source_make(c, what, c->cause->attempt_n);
    return str_fmt(c->a, "%s:%.*s:e%lld", what, STR_ARG(c->o->id), (long long)c->seq);
}

static enum ledger_account account_of(const struct order_change *c)
{
    return c->cause->account != 0 ? c->cause->account : LEDGER_1110;
}

static result assess(struct sql *db, const struct order_change *c, struct err *e)
{
    struct ledger_journal *j = journal_make(c, "J1", source_make(c, "assess", c->seq));

    j->attempt_n = 0;
    ledger_put_assess(j, &c->o->bill);
    return journal_post(db, c, j, e);
}

static result assessed_find(struct sql *db, const struct order_change *c, struct str *source,
                            struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found;

    TRY(sql_find(db, SQL_LEDGER_LAST_ASSESSED, &rows, e, sql_t(c->o->agency_id), sql_t(c->o->id)));
    TRY(sql_next(rows, &found, e));
    *source = found ? sql_text(rows, 0, c->a) : STR("");
    return OK;
}

static result withdraw(struct sql *db, const struct order_change *c, struct err *e)
{
    struct ledger_journal *j = journal_make(c, "J1R", source_make(c, "withdraw", c->seq));

    TRY(assessed_find(db, c, &j->corrects, e));
    ledger_put_withdraw(j, &c->o->bill);
    return journal_post(db, c, j, e);
}

static result hold(struct sql *db, const struct order_change *c, const char *what, int64_t vnd,
                   struct err *e)
{
    struct ledger_journal *j =
        journal_make(c, c->event == ORDER_EV_SHORT ? "J2b" : "J2c", money_source(c, what));

    ledger_put_held(j, account_of(c), vnd);
    return journal_post(db, c, j, e);
}

/* J2: what was held is applied first, then what arrived; the rest of that is held. */
static result collect(struct sql *db, const struct order_change *c, struct err *e)
{
    const int64_t total_vnd = c->o->bill.total_vnd;
    const int64_t free_vnd = order_held_vnd(&c->before);
    const int64_t held_vnd = free_vnd < total_vnd ? free_vnd : total_vnd;
    const int64_t over_vnd = c->cause->amount_vnd - (total_vnd - held_vnd);
    struct ledger_journal *j = journal_make(c, "J2", money_source(c, "capture"));

    if (over_vnd < 0)
        return fail(e, ERR_INTERNAL, "order %.*s: less than what is due", STR_ARG(c->o->id));
    ledger_put_capture(j, &c->o->bill, account_of(c), held_vnd);
    TRY(journal_post(db, c, j, e));
    if (over_vnd > 0)
        TRY(hold(db, c, "excess", over_vnd, e));
    return receipt_issue(db, c->t, c->o, c->cause->portal_txn, c->a, e);
}

static result collect_or_hold(struct sql *db, const struct order_change *c, struct err *e)
{
    if (c->event == ORDER_EV_SHORT)
        return hold(db, c, "capture", c->cause->amount_vnd, e);
    return collect(db, c, e);
}

struct str order_refund_source(struct arena *a, const char *what, struct str refund_id, int64_t n)
{
    if (n <= 1)
        return str_fmt(a, "%s:%.*s", what, STR_ARG(refund_id));
    return str_fmt(a, "%s:%.*s:%lld", what, STR_ARG(refund_id), (long long)n);
}

static result posted(struct sql *db, const struct order *o, struct str source, struct arena *a,
                     struct ledger_journal *j, bool *found, struct err *e)
{
    struct err why = { .code = ERR_NONE };

    *found = !ledger_find(db, o->agency_id, source, a, j, &why).failed;
    if (*found || why.code == ERR_NOT_FOUND)
        return OK;
    if (e != NULL)
        *e = why;
    return (result){ true };
}

static int64_t posted_vnd(const struct ledger_journal *j, enum ledger_account account,
                          enum ledger_side side)
{
    int64_t vnd = 0;

    for (size_t i = 0; i < j->count; i++)
        if (j->postings[i].account == account && j->postings[i].side == side)
            vnd += j->postings[i].amount_vnd;
    return vnd;
}

result order_round(struct sql *db, const struct order *o, struct str refund_id, struct arena *a,
                   struct order_round *out, struct err *e)
{
    struct ledger_journal *j = arena_new(a, struct ledger_journal);
    bool found, back;

    *out = (struct order_round){ .n = 1 };
    TRY(ledger_find(db, o->agency_id, order_refund_source(a, "reserve", refund_id, 1), a, j, e));
    if (!str_eq(j->order_id, o->id))
        return fail(e, ERR_NOT_FOUND, "refund %.*s is of another order", STR_ARG(refund_id));
    out->vnd = posted_vnd(j, LEDGER_2140, LEDGER_CREDIT);
    out->excess_vnd = posted_vnd(j, LEDGER_2150, LEDGER_DEBIT);
    TRY(posted(db, o, order_refund_source(a, "release", refund_id, 1), a, j, &out->released, e));
    for (out->n = 1; out->n <= ROUNDS_MAX; out->n++) {
        TRY(posted(db, o, order_refund_source(a, "refund", refund_id, out->n), a, j, &found, e));
        if (!found)
            return OK;
        TRY(posted(db, o, order_refund_source(a, "bounce", refund_id, out->n), a, j, &back, e));
        out->paid = !back;
        if (out->paid)
            return OK;
    }
    return fail(e, ERR_TOO_MANY, "refund %.*s came back too often", STR_ARG(refund_id));
}

static struct str refund_source(const struct order_change *c, const char *what, int64_t n)
{
    return order_refund_source(c->a, what, c->cause->refund_id, n);
}

static result reserve(struct sql *db, const struct order_change *c, struct err *e)
{
    struct ledger_journal *j = journal_make(c, "J5", refund_source(c, "reserve", 1));
    struct ledger_split *left, *parts;
    size_t count;

    TRY(ledger_left(db, c->o->agency_id, c->o->id, c->a, &left, &count, e));
    parts = arena_array(c->a, struct ledger_split, count + 1);
    if (c->cause->amount_vnd > c->cause->excess_vnd)
        ledger_share(left, count, c->cause->amount_vnd - c->cause->excess_vnd, parts);
    else
        count = 0;
    ledger_put_reserved(j, parts, count, c->cause->excess_vnd);
    return journal_post(db, c, j, e);
}

static result reverse(struct sql *db, const struct order_change *c, const char *kind,
                      struct str source, struct str of_source, struct err *e)
{
    struct ledger_journal *of = arena_new(c->a, struct ledger_journal);
    struct ledger_journal *j = journal_make(c, kind, source);

    TRY(ledger_find(db, c->o->agency_id, of_source, c->a, of, e));
    ledger_put_reverse(j, of);
    return journal_post(db, c, j, e);
}

/* What the treasury was ordered to pay it paid; the rest went by the account. */
static result pay_out(struct sql *db, const struct order_change *c, struct err *e)
{
    struct ledger_journal *j, *ordered = arena_new(c->a, struct ledger_journal);
    struct order_round r;
    int64_t treasury_vnd = 0;
    bool found;

    TRY(order_round(db, c->o, c->cause->refund_id, c->a, &r, e));
    TRY(posted(db, c->o, refund_source(c, "treasury", 1), c->a, ordered, &found, e));
    if (found)
        treasury_vnd = posted_vnd(ordered, LEDGER_1150, LEDGER_DEBIT);
    j = journal_make(c, found ? "J6u" : "J6", refund_source(c, "refund", r.n));
    ledger_put_refunded(j, LEDGER_1150, treasury_vnd);
    ledger_put_refunded(j, account_of(c), r.vnd - treasury_vnd);
    return journal_post(db, c, j, e);
}

static result bounce(struct sql *db, const struct order_change *c, struct err *e)
{
    struct order_round r;

    TRY(order_round(db, c->o, c->cause->refund_id, c->a, &r, e));
    return reverse(db, c, "J6R", refund_source(c, "bounce", r.n), refund_source(c, "refund", r.n),
                   e);
}

static result unapply(struct sql *db, const struct order_change *c, struct ledger_journal *j,
                      enum ledger_account to, int64_t vnd, struct err *e)
{
    struct ledger_split *parts;
    size_t count;

    TRY(ledger_left(db, c->o->agency_id, c->o->id, c->a, &parts, &count, e));
    ledger_put_taken_back(j, parts, count, to, vnd);
    TRY(journal_post(db, c, j, e));
    return receipt_undo(db, c->t, c->o, c->a, e);
}

static result take_back(struct sql *db, const struct order_change *c, struct err *e)
{
    const enum ledger_account to = account_of(c);
    struct ledger_journal *j = journal_make(c, "J8a", money_source(c, "reversal"));

    if (order_is_collected(c->before.state) && !order_is_collected(c->o->state))
        return unapply(db, c, j, to, c->cause->amount_vnd, e);
    ledger_put_unheld(j, to, c->cause->amount_vnd);
    return journal_post(db, c, j, e);
}

static result carry(struct sql *db, const struct order_change *c, struct err *e)
{
    const int64_t vnd = c->before.captured_vnd - c->before.excess_refunded_vnd;
    struct ledger_journal *j = journal_make(c, "J9", source_make(c, "carry", c->seq));

    if (order_is_collected(c->before.state)) {
        TRY(unapply(db, c, j, LEDGER_1190, vnd, e));
    } else {
        ledger_put_unheld(j, LEDGER_1190, vnd);
        TRY(journal_post(db, c, j, e));
    }
    return withdraw(db, c, e);
}

/* The bill that was is withdrawn, and the new one assessed, in that order: each J1 is corrected by
 * at most one journal. */
static result reassess(struct sql *db, const struct order_change *c, struct err *e)
{
    struct order was = c->before;
    struct order_change old = *c;

    if (c->cause->bill == NULL)
        return fail(e, ERR_INTERNAL, "order %.*s: no new bill", STR_ARG(c->o->id));
    old.o = &was;
    TRY(withdraw(db, &old, e));
    return assess(db, c, e);
}

result order_books(struct sql *db, const struct order_change *c, struct err *e)
{
    switch (c->action) {
    case ORDER_DO_NOTHING:
        return OK;
    case ORDER_DO_ASSESS:
        return assess(db, c, e);
    case ORDER_DO_WITHDRAW:
        return withdraw(db, c, e);
    case ORDER_DO_COLLECT:
        return collect(db, c, e);
    case ORDER_DO_HOLD:
        return hold(db, c, "capture", c->cause->amount_vnd, e);
    case ORDER_DO_REVIVE:
        TRY(assess(db, c, e));
        return collect_or_hold(db, c, e);
    case ORDER_DO_RESERVE:
        return reserve(db, c, e);
    case ORDER_DO_RELEASE:
        return reverse(db, c, "J5R", refund_source(c, "release", 1), refund_source(c, "reserve", 1),
                       e);
    case ORDER_DO_PAY_OUT:
        return pay_out(db, c, e);
    case ORDER_DO_REOPEN:
        TRY(assess(db, c, e));
        return bounce(db, c, e);
    case ORDER_DO_BOUNCE:
        return bounce(db, c, e);
    case ORDER_DO_TAKE_BACK:
        return take_back(db, c, e);
    case ORDER_DO_CARRY:
        return carry(db, c, e);
    case ORDER_DO_REASSESS:
        return reassess(db, c, e);
    }
    return fail(e, ERR_INTERNAL, "order action");
}
