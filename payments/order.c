/*
 * The states of an order and what each change does to the books. Attacker: whoever can cause
 * events out of order or twice; promise: only a listed pair changes anything, the change, its
 * journal, its receipts and its history commit together or not at all, and a captured amount is
 * never lost. Deliberately not done yet: refunds and reversals, which need two persons.
 */
#include "payments/order.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/ledger.h"
#include "payments/order_row.h"
#include "payments/receipt.h"
#include "store/audit.h"
#include "store/sql.h"

enum order_action {
    ORDER_DO_NOTHING,
    ORDER_DO_ASSESS,
    ORDER_DO_WITHDRAW,
    ORDER_DO_COLLECT,
    ORDER_DO_HOLD,
    ORDER_DO_REVIVE
};

struct order_change {
    const struct till *t;
    struct order *o;
    const struct order_cause *cause;
    int64_t seq;
    int64_t now_ms;
    struct arena *a;
};

static const char *const state_names[ORDER_STATE_COUNT] = {
    "none", "open", "exempt", "paid", "overpaid", "expired", "cancelled",
};
static const char *const event_names[ORDER_EV_COUNT] = {
    "assessed", "waived", "attempted", "captured", "cancel", "expire",
};

static const struct {
    enum order_state from;
    enum order_event event;
    enum order_state to;
    enum order_action action;
    const char *action_name;
} moves[] = {
#define MOVE(from, event, to, action)                                                              \
    { ORDER_##from, ORDER_EV_##event, ORDER_##to, ORDER_DO_##action, #action },
#include "payments/order.def"
#undef MOVE
};

const char *order_state_name(enum order_state s)
{
    return state_names[s];
}

const char *order_event_name(enum order_event ev)
{
    return event_names[ev];
}

bool order_state_find(struct str name, enum order_state *out)
{
    for (size_t i = 0; i < ORDER_STATE_COUNT; i++) {
        if (str_is(name, state_names[i])) {
            *out = (enum order_state)i;
            return true;
        }
    }
    return false;
}

static size_t move_find(enum order_state s, enum order_event ev)
{
    size_t i = 0;

    while (i < LEN(moves) && (moves[i].from != s || moves[i].event != ev))
        i++;
    return i;
}

bool order_move(enum order_state s, enum order_event ev, enum order_state *next,
                const char **action)
{
    const size_t i = move_find(s, ev);

    if (i == LEN(moves))
        return false;
    *next = moves[i].to;
    *action = moves[i].action_name;
    return true;
}

static result journal_post(struct sql *db, const struct order_change *c, struct ledger_journal *j,
                           struct err *e)
{
    if (j->count == 0)
        return OK; /* nothing due and nothing waived */
    j->order_id = c->o->id;
    j->day = clock_local(c->now_ms).date;
    return ledger_post(db, c->now_ms, j, c->a, e);
}

static struct str source_make(const struct order_change *c, const char *what, int64_t n)
{
    return str_fmt(c->a, "%s:%.*s:%lld", what, STR_ARG(c->o->id), (long long)n);
}

static result assess(struct sql *db, const struct order_change *c, struct err *e)
{
    struct ledger_journal *j = arena_new(c->a, struct ledger_journal);

    *j = ledger_journal_make(c->o->agency_id, "J1", source_make(c, "assess", c->seq));
    ledger_put_assess(j, &c->o->bill);
    return journal_post(db, c, j, e);
}

static result withdraw(struct sql *db, const struct order_change *c, struct err *e)
{
    struct ledger_journal *j = arena_new(c->a, struct ledger_journal);

    *j = ledger_journal_make(c->o->agency_id, "J1R", source_make(c, "withdraw", c->seq));
    j->corrects = source_make(c, "assess", 1); /* an order is assessed by its first event */
    ledger_put_withdraw(j, &c->o->bill);
    return journal_post(db, c, j, e);
}

static result collect(struct sql *db, const struct order_change *c, struct err *e)
{
    struct ledger_journal *j = arena_new(c->a, struct ledger_journal);

    if (c->cause->amount_vnd != c->o->bill.total_vnd)
        return fail(e, ERR_INTERNAL, "order %.*s: captured is not what is due", STR_ARG(c->o->id));
    *j = ledger_journal_make(c->o->agency_id, "J2", source_make(c, "capture", c->cause->attempt_n));
    j->attempt_n = c->cause->attempt_n;
    ledger_put_capture(j, &c->o->bill);
    TRY(journal_post(db, c, j, e));
    return receipt_issue(db, c->t, c->o, c->cause->portal_txn, c->a, e);
}

static result hold(struct sql *db, const struct order_change *c, struct err *e)
{
    struct ledger_journal *j = arena_new(c->a, struct ledger_journal);

    *j =
        ledger_journal_make(c->o->agency_id, "J2c", source_make(c, "capture", c->cause->attempt_n));
    j->attempt_n = c->cause->attempt_n;
    ledger_put_held(j, c->cause->amount_vnd);
    return journal_post(db, c, j, e);
}

static result action_run(struct sql *db, const struct order_change *c, enum order_action action,
                         struct err *e)
{
    switch (action) {
    case ORDER_DO_NOTHING:
        return OK;
    case ORDER_DO_ASSESS:
        return assess(db, c, e);
    case ORDER_DO_WITHDRAW:
        return withdraw(db, c, e);
    case ORDER_DO_COLLECT:
        return collect(db, c, e);
    case ORDER_DO_HOLD:
        return hold(db, c, e);
    case ORDER_DO_REVIVE:
        TRY(assess(db, c, e));
        return collect(db, c, e);
    }
    return fail(e, ERR_INTERNAL, "order action");
}

static struct str mismatch_of(enum order_action action)
{
    if (action == ORDER_DO_HOLD)
        return STR("DUP_PAY");
    return action == ORDER_DO_REVIVE ? STR("LATE") : STR("");
}

static result audit_put(struct sql *db, const struct order_change *c, enum order_event event,
                        struct err *e)
{
    const struct audit_event ev = { .actor = c->cause->actor,
                                    .action = str_fmt(c->a, "order.%s", event_names[event]),
                                    .subject = c->o->id,
                                    .request_id = c->cause->request_id,
                                    .ip = c->cause->ip };

    return audit_append(db, c->now_ms, &ev, e);
}

result order_step(struct sql *db, const struct till *t, struct order *o, enum order_event event,
                  const struct order_cause *cause, struct arena *a, struct err *e)
{
    const size_t i = move_find(o->state, event);
    struct order_change c = { t, o, cause, 0, clock_now_ms(t->clock), a };
    const int64_t captured_vnd = event == ORDER_EV_CAPTURED ? cause->amount_vnd : 0;
    int64_t changed;

    if (i == LEN(moves))
        return fail(e, ERR_WRONG_STATE, "order is %s: no %s", state_names[o->state],
                    event_names[event]);
    const struct order_note note = { cause->attempt_n, event_names[event], state_names[o->state],
                                     state_names[moves[i].to], mismatch_of(moves[i].action) };

    TRY(order_note_put(db, t, o, &note, cause, &c.seq, a, e));
    /* Of NONE: its row was inserted with the state it goes to. */
    TRY(sql_run_count(db, SQL_ORDER_SET_STATE, &changed, e, sql_t(o->agency_id), sql_t(o->id),
                      sql_t(str_c(note.to)), sql_i(captured_vnd), sql_i(c.now_ms),
                      sql_t(str_c(o->state == ORDER_NONE ? note.to : note.from))));
    if (changed != 1)
        return fail(e, ERR_RETRY, "order %.*s changed meanwhile", STR_ARG(o->id));
    o->captured_vnd += captured_vnd;
    TRY(action_run(db, &c, moves[i].action, e));
    o->state = moves[i].to;
    o->updated_ms = c.now_ms;
    return audit_put(db, &c, event, e);
}
