/*
 * The states of an order and what each change does to the books. Attacker: whoever can cause
 * events out of order or twice; promise: only a listed pair changes anything, the change, its
 * journal, its receipts and its history commit together or not at all, and a captured amount is
 * never lost. Deliberately not done: refunds and reversals are not decided here, only carried out.
 */
#include "payments/order.h"

#include "base/err.h"
#include "base/str.h"
#include "payments/fee_quota.h"
#include "payments/order_books.h"
#include "payments/order_row.h"
#include "payments/webhook.h"
#include "store/audit.h"
#include "store/sql.h"

static const char *const state_names[ORDER_STATE_COUNT] = {
    "none",    "open",      "exempt",    "paid",     "overpaid",
    "expired", "cancelled", "underpaid", "refunded", "superseded",
};
static const char *const event_names[ORDER_EV_COUNT] = {
    "assessed",   "waived",   "attempted", "captured",    "short",     "over",
    "again",      "cancel",   "expire",    "reserved",    "released",  "paid_out",
    "excess_out", "all_out",  "bounced",   "excess_back", "lost_some", "lost_excess",
    "lost_part",  "lost_all", "supersede", "reassessed",
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

static bool arrives(enum order_event ev)
{
    return ev == ORDER_EV_CAPTURED || ev == ORDER_EV_SHORT || ev == ORDER_EV_OVER ||
           ev == ORDER_EV_AGAIN;
}

static struct str mismatch_of(const struct order_change *c)
{
    if (!arrives(c->event) || c->cause->account == LEDGER_1190)
        return STR("");
    if (c->action == ORDER_DO_REVIVE || c->before.state == ORDER_SUPERSEDED)
        return STR("LATE");
    if (c->event == ORDER_EV_AGAIN)
        return STR("DUP_PAY");
    return c->event == ORDER_EV_CAPTURED ? STR("") : STR("AMT");
}

static result audit_put(struct sql *db, const struct order_change *c, struct err *e)
{
    const struct audit_event ev = { .actor = c->cause->actor,
                                    .action = str_fmt(c->a, "order.%s", event_names[c->event]),
                                    .subject = c->o->id,
                                    .request_id = c->cause->request_id,
                                    .ip = c->cause->ip };

    return audit_append(db, c->now_ms, &ev, e);
}

/* What an event does to the sums of the order. */
static void sums_change(struct order *o, enum order_event event, const struct order_cause *cause)
{
    const int64_t vnd = cause->amount_vnd, excess_vnd = cause->excess_vnd;

    if (arrives(event)) {
        o->captured_vnd += vnd;
        o->carried_vnd += cause->account == LEDGER_1190 ? vnd : 0;
    }
    switch (event) {
    case ORDER_EV_RESERVED:
        o->reserved_vnd += vnd;
        o->excess_reserved_vnd += excess_vnd;
        break;
    case ORDER_EV_PAID_OUT:
    case ORDER_EV_EXCESS_OUT:
    case ORDER_EV_ALL_OUT:
        o->refunded_vnd += vnd;
        o->excess_refunded_vnd += excess_vnd;
        __attribute__((fallthrough));
    case ORDER_EV_RELEASED:
        o->reserved_vnd -= vnd;
        o->excess_reserved_vnd -= excess_vnd;
        break;
    case ORDER_EV_BOUNCED:
    case ORDER_EV_EXCESS_BACK:
        o->refunded_vnd -= vnd;
        o->excess_refunded_vnd -= excess_vnd;
        o->reserved_vnd += vnd;
        o->excess_reserved_vnd += excess_vnd;
        break;
    case ORDER_EV_LOST_SOME:
    case ORDER_EV_LOST_EXCESS:
    case ORDER_EV_LOST_PART:
    case ORDER_EV_LOST_ALL:
        o->captured_vnd -= vnd;
        break;
    case ORDER_EV_SUPERSEDE:
        o->superseded_by = cause->successor;
        o->carried_vnd -= o->captured_vnd - o->excess_refunded_vnd;
        o->captured_vnd = o->excess_refunded_vnd;
        break;
    case ORDER_EV_REASSESSED:
    case ORDER_EV_WAIVED:
        if (cause->bill != NULL)
            o->bill = *cause->bill;
        break;
    default:
        break;
    }
}

/* Who paid a part, or whose payment was reversed, gets time to pay the rest. */
static int64_t expiry_of(const struct order_change *c)
{
    const bool payable = c->o->state == ORDER_OPEN || c->o->state == ORDER_UNDERPAID;
    const int64_t fresh_ms = c->now_ms + c->t->order_ttl_s * 1000;

    if (!payable || c->event == ORDER_EV_ASSESSED || c->event == ORDER_EV_ATTEMPTED ||
        c->event == ORDER_EV_REASSESSED || c->o->expires_ms > fresh_ms)
        return c->o->expires_ms;
    return fresh_ms;
}

static result row_save(struct sql *db, const struct order_change *c, struct err *e)
{
    const struct order *was = &c->before, *o = c->o;

    /* Differences, so that nothing is lost even if it was not taken before. Of NONE: its row was
     * inserted with the state it goes to. */
    return sql_run_one(
        db, SQL_ORDER_SET_STATE, ERR_RETRY, e, sql_t(o->agency_id), sql_t(o->id),
        sql_t(str_c(state_names[o->state])), sql_i(c->now_ms),
        sql_i(o->captured_vnd - was->captured_vnd), sql_i(o->refunded_vnd - was->refunded_vnd),
        sql_i(o->reserved_vnd - was->reserved_vnd),
        sql_i(o->excess_refunded_vnd - was->excess_refunded_vnd),
        sql_i(o->excess_reserved_vnd - was->excess_reserved_vnd),
        sql_i(o->carried_vnd - was->carried_vnd), sql_t(o->superseded_by), sql_i(o->expires_ms),
        sql_t(str_c(state_names[was->state == ORDER_NONE ? o->state : was->state])), sql_i(c->seq));
}

result order_step(struct sql *db, const struct till *t, struct order *o, enum order_event event,
                  const struct order_cause *cause, struct arena *a, struct err *e)
{
    const size_t i = move_find(o->state, event);
    struct order_change c = { .t = t,
                              .o = o,
                              .before = *o,
                              .event = event,
                              .cause = cause,
                              .now_ms = clock_now_ms(t->clock),
                              .a = a };

    if (i == LEN(moves))
        return fail(e, ERR_WRONG_STATE, "order is %s: no %s", state_names[o->state],
                    event_names[event]);
    c.action = moves[i].action;
    const struct order_note note = { cause->attempt_n,      event_names[event],
                                     state_names[o->state], state_names[moves[i].to],
                                     mismatch_of(&c),       true };

    TRY(order_note_put(db, t, o, &note, cause, &c.seq, a, e));
    sums_change(o, event, cause);
    o->state = moves[i].to;
    o->expires_ms = expiry_of(&c);
    o->updated_ms = c.now_ms;
    TRY(row_save(db, &c, e));
    o->unwritten = false;
    TRY(order_books(db, &c, e));
    TRY(fee_quota_follow(db, t, o, o->state, e));
    TRY(webhook_step(db, t, o, event == ORDER_EV_REASSESSED ? note.event : note.from, note.to, a,
                     e));
    return audit_put(db, &c, e);
}
