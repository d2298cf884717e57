/*
 * Money without a payment of ours. Attacker: an officer who books one movement twice, or gives it
 * to an order of theirs; promise: each movement has its journals once, by its key and by its number
 * at the bank, and only the transaction of a decision by two persons gets here. Deliberately not
 * done: choosing the order; people do.
 */
#include "payments/assign.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/attempt_row.h"
#include "payments/order_row.h"
#include "payments/transfer.h"
#include "store/sql.h"

static struct ledger_journal *journal_make(const struct till *t, const struct assign_movement *m,
                                           const char *kind, const char *what, struct str agency_id,
                                           struct arena *a)
{
    struct ledger_journal *j = arena_new(a, struct ledger_journal);

    *j = ledger_journal_make(agency_id, kind, str_fmt(a, "%s:%.*s", what, STR_ARG(m->key)));
    j->day = clock_today(t->clock);
    return j;
}

static result post(struct sql *db, const struct till *t, const struct ledger_journal *j,
                   struct arena *a, struct err *e)
{
    return ledger_post(db, clock_now_ms(t->clock), j, a, e);
}

result assign_hold(struct sql *db, const struct till *t, const struct assign_movement *m,
                   struct str agency_id, int64_t amount_vnd, struct arena *a, struct err *e)
{
    struct ledger_journal *j = journal_make(t, m, "J7", "unidentified", agency_id, a);

    ledger_put_unidentified(j, m->at, amount_vnd);
    return post(db, t, j, a, e);
}

result assign_sent_back(struct sql *db, const struct till *t, const struct assign_movement *m,
                        struct str agency_id, int64_t amount_vnd, struct arena *a, struct err *e)
{
    struct ledger_journal *j = journal_make(t, m, "J7", "sent_back", agency_id, a);

    ledger_put_sent_back(j, m->at, amount_vnd);
    return post(db, t, j, a, e);
}

result assign_written_off(struct sql *db, const struct till *t, const struct assign_movement *m,
                          struct str agency_id, int64_t amount_vnd, struct arena *a, struct err *e)
{
    struct ledger_journal *j = journal_make(t, m, "J10", "write_off", agency_id, a);

    ledger_put_written_off(j, m->at, amount_vnd);
    return post(db, t, j, a, e);
}

result assign_charged(struct sql *db, const struct till *t, const struct assign_movement *m,
                      struct str agency_id, int64_t amount_vnd, struct arena *a, struct err *e)
{
    struct ledger_journal *j = journal_make(t, m, "J11", "charge", agency_id, a);

    ledger_put(j, LEDGER_6110, LEDGER_DEBIT, amount_vnd, STR(""));
    ledger_put(j, m->at, LEDGER_CREDIT, amount_vnd, STR(""));
    return post(db, t, j, a, e);
}

result assign_is_free(struct sql *db, const struct assign_movement *m, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    if (m->txn.n == 0)
        return OK;
    TRY(sql_find(db, SQL_ATTEMPT_CAPTURED_TXN, &rows, e, sql_t(m->txn)));
    TRY(sql_next(rows, &more, e));
    return more ? fail(e, ERR_CONFLICT, "that movement is a capture already") : OK;
}

static result pay(struct sql *db, const struct till *t, const struct assign_movement *m,
                  struct order *o, struct attempt *at, const struct order_cause *cause,
                  struct arena *a, struct err *e)
{
    TRY(attempt_step(db, t, o, at, ATTEMPT_EV_CREATED, cause, a, e));
    TRY(attempt_step(db, t, o, at, ATTEMPT_EV_SENT, cause, a, e));
    at->portal_txn = m->txn;
    at->bank = m->bank;
    at->portal_time = clock_stamp14(a, m->at_ms);
    at->captured_vnd = at->amount_vnd;
    return attempt_step(db, t, o, at, ATTEMPT_EV_PAID, cause, a, e);
}

result assign_capture(struct sql *db, const struct till *t, const struct assign_movement *m,
                      struct str order_id, int64_t amount_vnd, bool held,
                      const struct order_cause *cause, struct arena *a, struct err *e)
{
    const int64_t now_ms = clock_now_ms(t->clock);
    struct order_cause c = *cause;
    struct attempt *all, at;
    struct order seen, o;
    size_t count;

    TRY(order_find(db, t, order_id, a, &seen, e));
    TRY(order_take(db, t, seen.agency_id, seen.id, a, &o, e));
    TRY(assign_is_free(db, m, e));
    TRY(attempts_find(db, &o, a, &all, &count, e));
    if (count >= ATTEMPTS_MAX)
        return fail(e, ERR_WRONG_STATE, "too many payments of one order");
    at = (struct attempt){ .agency_id = o.agency_id,
                           .order_id = o.id,
                           .n = (int64_t)count + 1,
                           .reference = transfer_code_make(a),
                           .state = ATTEMPT_NONE,
                           .channel = STR("assigned"),
                           .info = m->at == LEDGER_1120 ? STR("transfer") : STR(""),
                           .amount_vnd = amount_vnd,
                           .init_time = clock_stamp14(a, now_ms),
                           .created_ms = now_ms };
    if (held)
        TRY(assign_hold(db, t, m, o.agency_id, amount_vnd, a, e));
    c.account = held ? LEDGER_2160 : m->at;
    return pay(db, t, m, &o, &at, &c, a, e);
}
