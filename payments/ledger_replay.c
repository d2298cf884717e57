/*
 * Playing the histories again. Attacker: whoever changed a state, or took a line of a history away;
 * promise: every state is the end of a history whose every step is a row of order.def or
 * attempt.def. Lines of other kinds are left alone.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/ledger_row.h"
#include "payments/order.h"
#include "store/sql.h"

#define ATTEMPTS_MAX 100
#define ORDERS_EACH  1000 /* the arena is emptied after so many */

struct playing {
    struct str agency_id, id; /* of the order under way; id empty: none yet */
    int64_t seq, last_seq;
    enum order_state state;
    enum attempt_state attempts[ATTEMPTS_MAX + 1];
    struct str state_now, attempts_now[ATTEMPTS_MAX + 1];
    int orders;
};

static result odd(const struct playing *p, const char *why, struct err *e)
{
    return fail(e, ERR_BROKEN_CHAIN, "history of %.*s %.*s at %lld: %s", STR_ARG(p->agency_id),
                STR_ARG(p->id), (long long)p->seq, why);
}

static result order_end(const struct playing *p, struct err *e)
{
    if (p->id.n == 0)
        return OK;
    if (p->seq != p->last_seq)
        return odd(p, "its end is missing", e);
    if (!str_is(p->state_now, order_state_name(p->state)))
        return odd(p, "the order is in another state", e);
    for (int i = 1; i <= ATTEMPTS_MAX; i++)
        if (p->attempts[i] != ATTEMPT_NONE &&
            !str_is(p->attempts_now[i], attempt_state_name(p->attempts[i])))
            return odd(p, "an attempt is in another state", e);
    return OK;
}

static bool order_event_find(struct str name, enum order_event *out)
{
    for (int i = 0; i < ORDER_EV_COUNT; i++) {
        if (str_is(name, order_event_name((enum order_event)i))) {
            *out = (enum order_event)i;
            return true;
        }
    }
    return false;
}

static bool attempt_event_find(struct str name, enum attempt_event *out)
{
    for (int i = 0; i < ATTEMPT_EV_COUNT; i++) {
        if (str_is(name, attempt_event_name((enum attempt_event)i))) {
            *out = (enum attempt_event)i;
            return true;
        }
    }
    return false;
}

static result event_play(struct playing *p, struct sql_rows *rows, struct arena *a, struct err *e)
{
    const int64_t n = sql_int(rows, 3);
    const struct str name = sql_text(rows, 4, a);
    const struct str from = sql_text(rows, 5, a), to = sql_text(rows, 6, a);
    enum attempt_state attempt_next;
    enum attempt_event attempt_ev;
    enum order_state next;
    enum order_event ev;
    const char *action;

    if (n < 0 || n > ATTEMPTS_MAX)
        return odd(p, "no such attempt", e);
    p->attempts_now[n] = sql_text(rows, 9, a);
    if (order_event_find(name, &ev)) {
        if (!str_is(from, order_state_name(p->state)) ||
            !order_move(p->state, ev, &next, &action) || !str_is(to, order_state_name(next)))
            return odd(p, "not a step of an order", e);
        p->state = next;
    } else if (attempt_event_find(name, &attempt_ev)) {
        if (n == 0 || !str_is(from, attempt_state_name(p->attempts[n])) ||
            !attempt_move(p->attempts[n], attempt_ev, &attempt_next, &action) ||
            !str_is(to, attempt_state_name(attempt_next)))
            return odd(p, "not a step of an attempt", e);
        p->attempts[n] = attempt_next;
    }
    return OK;
}

/* The arena holds what the order under way needs: emptied between two orders only. */
static void order_begin(struct playing *p, struct sql_rows *rows, struct arena *page)
{
    if (++p->orders % ORDERS_EACH == 0)
        arena_reset(page);
    const int orders = p->orders;

    *p = (struct playing){ .agency_id = sql_text(rows, 0, page),
                           .id = sql_text(rows, 1, page),
                           .last_seq = sql_int(rows, 8),
                           .state_now = sql_text(rows, 7, page),
                           .orders = orders };
}

result ledger_replay(struct sql *db, struct arena *page, struct err *e)
{
    struct playing *p = NULL;
    DEFER(arena_close) struct arena *own = arena_open(1 << 20);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    arena_reset(page);
    p = arena_new(own, struct playing);
    TRY(sql_find_plain(db, SQL_LEDGER_REPLAY, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return order_end(p, e);
        const struct str id = sql_text(rows, 1, page);

        if (!str_eq(id, p->id)) {
            TRY(order_end(p, e));
            order_begin(p, rows, page);
        }
        if (sql_int(rows, 2) != p->seq + 1)
            return odd(p, "a line is missing", e);
        p->seq++;
        TRY(event_play(p, rows, page, e));
    }
}
