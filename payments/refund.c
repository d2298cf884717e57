/*
 * The states of a refund and what each change does to the order and the books. Attacker: whoever
 * can cause events out of order, twice or at once; promise: only a listed pair changes anything,
 * the change, its journals and its history commit together or not at all, and under the order's
 * lock no more is paid back than was captured. Deliberately not done: telling whether who gets the
 * money is who paid it; two persons decide on that.
 */
#include "payments/refund.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/channel.h"
#include "payments/poll.h"
#include "payments/refund_row.h"
#include "payments/webhook.h"
#include "store/audit.h"
#include "store/sql.h"

#define QUESTIONS_BEFORE_LATER 2 /* the channel took it: the schedule is entered at 60 s */

enum refund_action {
    REFUND_DO_NOTHING,
    REFUND_DO_RESERVE,
    REFUND_DO_RELEASE,
    REFUND_DO_ROUTE,
    REFUND_DO_SEND,
    REFUND_DO_ASK_SOON,
    REFUND_DO_ASK_LATER,
    REFUND_DO_ASK_ON,
    REFUND_DO_STOP,
    REFUND_DO_ORDER,
    REFUND_DO_PAY,
    REFUND_DO_RESTORE,
    REFUND_DO_CONTRADICT
};

static const char *const state_names[REFUND_STATE_COUNT] = {
    "none",      "requested", "rejected", "cancelled", "approved", "submitting",
    "submitted", "unknown",   "manual",   "succeeded", "failed",   "returned",
};
static const char *const event_names[REFUND_EV_COUNT] = {
    "request",   "reject", "cancel", "approve", "submit", "accepted",
    "no_answer", "paid",   "unpaid", "stuck",   "order",  "return",
};
static const char *const route_names[REFUND_ROUTE_COUNT] = { "channel", "bank", "treasury" };

static const struct {
    enum refund_state from;
    enum refund_event event;
    enum refund_state to;
    enum refund_action action;
    const char *action_name;
} moves[] = {
#define MOVE(from, event, to, action)                                                              \
    { REFUND_##from, REFUND_EV_##event, REFUND_##to, REFUND_DO_##action, #action },
#include "payments/refund.def"
#undef MOVE
};

const char *refund_state_name(enum refund_state s)
{
    return state_names[s];
}

const char *refund_event_name(enum refund_event ev)
{
    return event_names[ev];
}

const char *refund_route_name(enum refund_route r)
{
    return route_names[r];
}

bool refund_state_find(struct str name, enum refund_state *out)
{
    for (size_t i = 0; i < REFUND_STATE_COUNT; i++) {
        if (str_is(name, state_names[i])) {
            *out = (enum refund_state)i;
            return true;
        }
    }
    return false;
}

bool refund_is_open(enum refund_state s)
{
    return s != REFUND_NONE && s != REFUND_REJECTED && s != REFUND_CANCELLED &&
           s != REFUND_SUCCEEDED && s != REFUND_FAILED;
}

static size_t move_find(enum refund_state s, enum refund_event ev)
{
    size_t i = 0;

    while (i < LEN(moves) && (moves[i].from != s || moves[i].event != ev))
        i++;
    return i;
}

bool refund_move(enum refund_state s, enum refund_event ev, enum refund_state *next,
                 const char **action)
{
    const size_t i = move_find(s, ev);

    if (i == LEN(moves))
        return false;
    *next = moves[i].to;
    *action = moves[i].action_name;
    return true;
}

/* Cash of a desk is paid back by a bank document, too: the desk's own cash is counted against what
 * it took. What was applied to a bill and then sent to the treasury comes back from there only;
 * what was held never went. The portal nets from what it has not yet paid over. */
enum refund_route refund_route_of(const struct attempt *at, bool gone, enum ledger_account *account)
{
    const struct channel *ch = channel_find(at->channel);

    *account = at->settled_day.n > 0 || channel_can(at->channel, CHANNEL_COUNTER) ? LEDGER_1120
               : ch != NULL ? channel_account(ch, at)
                            : LEDGER_1110;
    if (gone)
        return REFUND_BY_TREASURY;
    return channel_can(at->channel, CHANNEL_REFUNDS) ? REFUND_BY_CHANNEL : REFUND_BY_BANK;
}

static void ask_after(struct refund *r, const struct till *t, int64_t tries)
{
    r->tries = tries;
    r->next_ms = clock_now_ms(t->clock) + poll_delay_s(t, tries) * 1000;
}

static void schedule(const struct till *t, struct refund *r, enum refund_action action)
{
    switch (action) {
    case REFUND_DO_ROUTE: /* a job submits it; documents are made by people */
        r->next_ms = r->route == REFUND_BY_CHANNEL ? clock_now_ms(t->clock) : 0;
        break;
    case REFUND_DO_SEND: /* by then the call has ended, or its process has */
        r->next_ms =
            clock_now_ms(t->clock) + 2 * channel_timeout_ms(r->channel, t) + t->lease_s * 1000;
        break;
    case REFUND_DO_ASK_SOON:
        ask_after(r, t, 0);
        break;
    case REFUND_DO_ASK_LATER:
        ask_after(r, t, QUESTIONS_BEFORE_LATER);
        break;
    case REFUND_DO_ASK_ON:
        ask_after(r, t, r->tries + 1);
        break;
    case REFUND_DO_NOTHING:
    case REFUND_DO_CONTRADICT:
        break;
    default:
        r->next_ms = 0;
        break;
    }
}

static result reserve(struct sql *db, const struct till *t, struct order *o, struct refund *r,
                      const struct order_cause *cause, struct arena *a, struct err *e)
{
    int64_t excess_vnd;

    TRY(order_reserve(db, t, o, cause, &excess_vnd, a, e));
    if (excess_vnd != r->excess_vnd)
        return fail(e, ERR_INTERNAL, "refund %.*s: its parts are not its journal's",
                    STR_ARG(r->id));
    return OK;
}

static result action_run(struct sql *db, const struct till *t, struct order *o, struct refund *r,
                         enum refund_action action, const struct order_cause *cause,
                         struct arena *a, struct err *e)
{
    switch (action) {
    case REFUND_DO_RESERVE:
        return reserve(db, t, o, r, cause, a, e);
    case REFUND_DO_RELEASE:
        return order_release(db, t, o, cause, a, e);
    case REFUND_DO_ORDER:
        return r->route == REFUND_BY_TREASURY ? order_refund_ordered(db, t, o, cause, a, e) : OK;
    case REFUND_DO_PAY:
        return order_refunded(db, t, o, cause, a, e);
    case REFUND_DO_RESTORE:
        return order_refund_returned(db, t, o, cause, a, e);
    default:
        return OK;
    }
}

static result audit_put(struct sql *db, const struct till *t, const struct refund *r,
                        enum refund_event event, const struct order_cause *cause, struct arena *a,
                        struct err *e)
{
    const struct audit_event ev = { .actor = cause->actor,
                                    .action = str_fmt(a, "refund.%s", event_names[event]),
                                    .subject = r->id,
                                    .request_id = cause->request_id,
                                    .ip = cause->ip };

    return audit_append(db, clock_now_ms(t->clock), &ev, e);
}

result refund_step(struct sql *db, const struct till *t, struct order *o, struct refund *r,
                   enum refund_event event, const struct order_cause *cause, struct arena *a,
                   struct err *e)
{
    const enum refund_state from = r->state;
    const size_t i = move_find(from, event);
    struct order_cause money = *cause;

    if (i == LEN(moves))
        return fail(e, ERR_WRONG_STATE, "refund is %s: no %s", state_names[from],
                    event_names[event]);
    const enum refund_action action = moves[i].action;
    const char *const what[] = { event_names[event], state_names[from], state_names[moves[i].to] };

    money.refund_id = r->id;
    money.amount_vnd = r->amount_vnd;
    money.attempt_n = r->attempt_n;
    money.account = r->account;
    money.evidence = (struct str){ "", 0 }; /* stands with the refund's own event */
    TRY(refund_note(db, t, r, what,
                    action == REFUND_DO_CONTRADICT ? STR("STA")
                    : action == REFUND_DO_RESTORE  ? STR("REV")
                                                   : STR(""),
                    cause, a, e));
    r->state = moves[i].to;
    r->updated_ms = clock_now_ms(t->clock);
    schedule(t, r, action);
    if (from != REFUND_NONE) /* else its row was inserted with the state it goes to */
        TRY(refund_save(db, r, from, e));
    TRY(action_run(db, t, o, r, action, &money, a, e));
    const struct webhook_subject told = { o->agency_id, o->client_id, "refund", r->id };

    TRY(webhook_step_of(db, t, &told, what[1], what[2], a, e));
    return audit_put(db, t, r, event, cause, a, e);
}

struct looking {
    const struct till *t;
    struct str id;
    const struct order_cause *cause;
    struct arena *a;
    struct refund *out;
};

static result cancel(struct sql *db, void *arg, struct err *e)
{
    const struct looking *k = arg;
    struct attempt at;
    struct order o;

    TRY(refund_take(db, k->t, k->id, k->a, &o, k->out, &at, e));
    if (k->out->state == REFUND_REQUESTED)
        return fail(e, ERR_WRONG_STATE, "refund is still to be decided on");
    return refund_step(db, k->t, &o, k->out, REFUND_EV_CANCEL, k->cause, k->a, e);
}

result refund_cancel(const struct till *t, struct str id, const struct order_cause *cause,
                     struct arena *a, struct refund *out, struct err *e)
{
    struct looking k = { t, id, cause, a, out };

    return sql_transact(t->store, cancel, &k, e);
}

struct settling {
    const struct till *t;
    struct str id;
    const struct refund_word *w;
    struct order_cause cause;
    struct arena *a;
    struct refund *out;
};

static result settle(struct sql *db, void *arg, struct err *e)
{
    const struct settling *k = arg;
    struct refund *r = k->out;
    struct attempt at;
    struct order o;

    TRY(refund_take(db, k->t, k->id, k->a, &o, r, &at, e));
    /* A channel is asked about what it has; people tell what they have. */
    if (r->state != REFUND_MANUAL && r->state != REFUND_SUCCEEDED && r->state != REFUND_RETURNED)
        return fail(e, ERR_WRONG_STATE, "refund is %s", state_names[r->state]);
    if (r->state == REFUND_SUCCEEDED && k->w->event != REFUND_EV_RETURN)
        return fail(e, ERR_WRONG_STATE, "refund is paid");
    if (k->w->event == REFUND_EV_PAID)
        r->txn = k->w->number;
    else
        r->failure = k->w->why;
    return refund_step(db, k->t, &o, r, k->w->event, &k->cause, k->a, e);
}

result refund_settle(const struct till *t, struct str id, const struct refund_word *w,
                     const struct order_cause *cause, struct arena *a, struct refund *out,
                     struct err *e)
{
    struct settling k = { t, id, w, *cause, a, out };

    must(w->event == REFUND_EV_PAID || w->event == REFUND_EV_UNPAID ||
         w->event == REFUND_EV_RETURN);
    if (str_trim(w->number).n == 0 || w->number.n > 64)
        return fail_field(e, ERR_INVALID, "number", "1 to 64 bytes");
    if (w->event != REFUND_EV_PAID && (str_trim(w->why).n == 0 || w->why.n > 200))
        return fail_field(e, ERR_INVALID, "why", "1 to 200 bytes");
    k.cause.evidence = w->number;
    return sql_transact(t->store, settle, &k, e);
}
