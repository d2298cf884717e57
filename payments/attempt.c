/*
 * The states of an attempt. Attacker: messages that come late, twice, in another order or against
 * each other; promise: a capture happens once, is never undone by a message, and whatever does not
 * fit is kept as evidence.
 */
#include "payments/attempt.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/attempt_row.h"
#include "payments/channel.h"
#include "payments/order_row.h"
#include "payments/outbox.h"
#include "payments/poll.h"
#include "store/sql.h"

enum attempt_action {
    ATTEMPT_DO_NOTHING,
    ATTEMPT_DO_WATCH,
    ATTEMPT_DO_ASK_SOON,
    ATTEMPT_DO_ASK_LATER,
    ATTEMPT_DO_ASK_ON,
    ATTEMPT_DO_STOP,
    ATTEMPT_DO_CAPTURE,
    ATTEMPT_DO_CORRECT,
    ATTEMPT_DO_CONTRADICT,
    ATTEMPT_DO_SUSPECT,
    ATTEMPT_DO_GIVE_UP,
    ATTEMPT_DO_TAKE_BACK
};

#define QUESTIONS_BEFORE_LATER 2 /* the schedule is entered at 60 s while the payer is paying */

static const char *const state_names[ATTEMPT_STATE_COUNT] = {
    "none",    "new",      "initiating", "redirected", "processing",
    "unknown", "captured", "failed",     "expired",    "reversed",
};
static const char *const event_names[ATTEMPT_EV_COUNT] = {
    "created",  "sent",    "answered", "refused",    "no_answer", "returned",
    "noticed",  "pending", "paid",     "unpaid",     "not_found", "overdue",
    "mismatch", "stuck",   "disputed", "undisputed", "reversed",
};

static const struct {
    enum attempt_state from;
    enum attempt_event event;
    enum attempt_state to;
    enum attempt_action action;
    const char *action_name;
} moves[] = {
#define MOVE(from, event, to, action)                                                              \
    { ATTEMPT_##from, ATTEMPT_EV_##event, ATTEMPT_##to, ATTEMPT_DO_##action, #action },
#include "payments/attempt.def"
#undef MOVE
};

const char *attempt_state_name(enum attempt_state s)
{
    return state_names[s];
}

const char *attempt_event_name(enum attempt_event ev)
{
    return event_names[ev];
}

bool attempt_state_find(struct str name, enum attempt_state *out)
{
    for (size_t i = 0; i < ATTEMPT_STATE_COUNT; i++) {
        if (str_is(name, state_names[i])) {
            *out = (enum attempt_state)i;
            return true;
        }
    }
    return false;
}

bool attempt_is_live(enum attempt_state s)
{
    return s == ATTEMPT_NEW || s == ATTEMPT_INITIATING || s == ATTEMPT_REDIRECTED ||
           s == ATTEMPT_PROCESSING || s == ATTEMPT_UNKNOWN;
}

static size_t move_find(enum attempt_state s, enum attempt_event ev)
{
    size_t i = 0;

    while (i < LEN(moves) && (moves[i].from != s || moves[i].event != ev))
        i++;
    return i;
}

bool attempt_move(enum attempt_state s, enum attempt_event ev, enum attempt_state *next,
                  const char **action)
{
    const size_t i = move_find(s, ev);

    if (i == LEN(moves))
        return false;
    *next = moves[i].to;
    *action = moves[i].action_name;
    return true;
}

static void ask_after(struct attempt *at, int64_t now_ms, int64_t delay_s, int64_t count)
{
    at->query_next_ms = now_ms + delay_s * 1000;
    at->query_count = count;
}

static void schedule(const struct till *t, struct attempt *at, enum attempt_action action,
                     int64_t now_ms)
{
    switch (action) {
    case ATTEMPT_DO_WATCH: /* by then the call has ended, or its process has */
        at->query_next_ms = now_ms + 2 * channel_timeout_ms(at->channel, t);
        break;
    case ATTEMPT_DO_ASK_SOON:
        ask_after(at, now_ms, poll_delay_s(t, 0), 0);
        break;
    case ATTEMPT_DO_ASK_LATER:
        ask_after(at, now_ms, poll_delay_s(t, QUESTIONS_BEFORE_LATER), QUESTIONS_BEFORE_LATER);
        break;
    case ATTEMPT_DO_ASK_ON:
    case ATTEMPT_DO_SUSPECT:
        ask_after(at, now_ms, poll_delay_s(t, at->query_count + 1), at->query_count + 1);
        break;
    case ATTEMPT_DO_STOP:
    case ATTEMPT_DO_CAPTURE:
    case ATTEMPT_DO_CORRECT:
    case ATTEMPT_DO_GIVE_UP:
    case ATTEMPT_DO_TAKE_BACK:
        at->query_next_ms = 0;
        break;
    case ATTEMPT_DO_NOTHING:
    case ATTEMPT_DO_CONTRADICT:
        break;
    }
}

/* Of a channel that tells nothing by itself nobody asks. */
static void schedule_if_asked(const struct till *t, struct attempt *at, enum attempt_action action,
                              int64_t now_ms)
{
    schedule(t, at, action, now_ms);
    if (!channel_can(at->channel, CHANNEL_ASKS))
        at->query_next_ms = 0;
}

static struct str mismatch_of(enum attempt_action action, const struct order_cause *cause)
{
    switch (action) {
    case ATTEMPT_DO_CORRECT:
        return STR("LATE");
    case ATTEMPT_DO_CONTRADICT:
        return str_is(cause->mismatch, "REV") ? cause->mismatch : STR("STA");
    case ATTEMPT_DO_GIVE_UP:
        return STR("STUCK");
    default:
        return cause->mismatch;
    }
}

static result capture(struct sql *db, const struct till *t, struct order *o, struct attempt *at,
                      const struct order_cause *cause, struct arena *a, struct err *e)
{
    const struct channel *channel;
    struct order_cause paid = *cause;

    TRY(channel_of(at, &channel, e));
    paid.amount_vnd = at->captured_vnd;
    paid.attempt_n = at->n;
    paid.portal_txn = at->portal_txn;
    paid.evidence = (struct str){ "", 0 }; /* stands with the attempt's own event */
    if (paid.account == 0)                 /* else it was held on 2160 before (assign.h) */
        paid.account = channel_account(channel, at);
    if (channel_can(at->channel, CHANNEL_BILLS))
        TRY(outbox_put(db, at->agency_id, "portal_bill", at->reference, clock_now_ms(t->clock), e));
    return order_captured(db, t, o, &paid, a, e);
}

/* What a notice that came before the capture says of another transaction than the captured one:
 * the payer's bank paid twice by one reference. */
static bool is_other_payment(struct str evidence, const struct attempt *at)
{
    DEFER(json_close) struct json *o = NULL;
    struct str code = { "", 0 }, txn = { "", 0 };

    if (json_read(evidence, &o, NULL).failed)
        return false; /* was cut: too long to be one of the portal's */
    (void)json_str(json_member(o, "MaLoi"), &code);
    (void)json_str(json_member(o, "MaGiaoDich"), &txn);
    return str_is(code, "00") && txn.n > 0 && !str_eq(txn, at->portal_txn);
}

result attempt_heard_read(struct sql *db, struct attempt *at, struct arena *a, struct err *e)
{
    struct attempt_heard *h = arena_new(a, struct attempt_heard);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_ORDER_EVENT_NOTICES, &rows, e, sql_t(at->agency_id), sql_t(at->order_id),
                 sql_i(at->n), sql_i(ATTEMPT_HEARD_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        h->hashes[h->count] = sql_text(rows, 0, a);
        h->mismatches[h->count] = sql_text(rows, 1, a);
        h->evidences[h->count++] = sql_text(rows, 2, a);
    }
    at->heard = h;
    return OK;
}

static void heard_add(struct attempt *at, struct str mismatch, const struct order_cause *cause,
                      struct arena *a)
{
    struct attempt_heard *h = at->heard;

    if (h == NULL || h->count == ATTEMPT_HEARD_MAX)
        return;
    h->hashes[h->count] = order_evidence_hash(cause, a);
    h->mismatches[h->count] = mismatch;
    h->evidences[h->count++] = order_evidence(cause);
}

static result others_find(struct sql *db, struct attempt *at, struct arena *a, struct str *found,
                          size_t *count, struct err *e)
{
    *count = 0;
    if (at->heard == NULL)
        TRY(attempt_heard_read(db, at, a, e));
    for (size_t i = 0; i < at->heard->count; i++)
        if (at->heard->mismatches[i].n == 0 && is_other_payment(at->heard->evidences[i], at))
            found[(*count)++] = at->heard->evidences[i];
    return OK;
}

static result others_note(struct sql *db, const struct till *t, struct order *o, struct attempt *at,
                          const struct order_cause *cause, struct arena *a, struct err *e)
{
    const char *state = state_names[ATTEMPT_CAPTURED];
    const struct order_note note = { at->n,          event_names[ATTEMPT_EV_NOTICED],
                                     state,          state,
                                     STR("DUP_PAY"), true };
    struct str *found = arena_array(a, struct str, ATTEMPT_HEARD_MAX);
    size_t count;
    int64_t seq;

    TRY(others_find(db, at, a, found, &count, e));
    for (size_t i = 0; i < count; i++) {
        struct order_cause other = *cause;

        other.evidence = found[i];
        TRY(order_note_put(db, t, o, &note, &other, &seq, a, e));
    }
    return OK;
}

static result take_back(struct sql *db, const struct till *t, struct order *o,
                        const struct attempt *at, const struct order_cause *cause, struct arena *a,
                        struct err *e)
{
    const struct channel *channel;
    struct order_cause lost = *cause;

    TRY(channel_of(at, &channel, e));
    lost.amount_vnd = at->captured_vnd;
    lost.attempt_n = at->n;
    lost.evidence = (struct str){ "", 0 };
    if (lost.account == 0)
        lost.account = channel_account(channel, at);
    return order_lose(db, t, o, &lost, a, e);
}

static bool moves_money(enum attempt_action action)
{
    return action == ATTEMPT_DO_CAPTURE || action == ATTEMPT_DO_CORRECT ||
           action == ATTEMPT_DO_TAKE_BACK;
}

static result money_move(struct sql *db, const struct till *t, struct order *o, struct attempt *at,
                         enum attempt_action action, const struct order_cause *cause,
                         struct arena *a, struct err *e)
{
    switch (action) {
    case ATTEMPT_DO_CAPTURE:
    case ATTEMPT_DO_CORRECT:
        TRY(others_note(db, t, o, at, cause, a, e));
        return capture(db, t, o, at, cause, a, e);
    case ATTEMPT_DO_TAKE_BACK:
        return take_back(db, t, o, at, cause, a, e);
    default:
        return OK;
    }
}

result attempt_step(struct sql *db, const struct till *t, struct order *o, struct attempt *at,
                    enum attempt_event event, const struct order_cause *cause, struct arena *a,
                    struct err *e)
{
    const enum attempt_state from = at->state;
    const size_t i = move_find(from, event);
    const int64_t now_ms = clock_now_ms(t->clock);
    int64_t seq;

    if (i == LEN(moves))
        return fail(e, ERR_WRONG_STATE, "attempt is %s: no %s", state_names[from],
                    event_names[event]);
    const enum attempt_action action = moves[i].action;
    const struct order_note note = { at->n,
                                     event_names[event],
                                     state_names[from],
                                     state_names[moves[i].to],
                                     mismatch_of(action, cause),
                                     moves_money(action) };

    TRY(order_note_put(db, t, o, &note, cause, &seq, a, e));
    if (event == ATTEMPT_EV_NOTICED)
        heard_add(at, note.mismatch, cause, a);
    schedule_if_asked(t, at, action, now_ms);
    at->state = moves[i].to;
    at->updated_ms = now_ms;
    if (action == ATTEMPT_DO_CAPTURE || action == ATTEMPT_DO_CORRECT) {
        at->captured_ms = now_ms;
        at->captured_vnd = at->captured_vnd > 0 ? at->captured_vnd : at->amount_vnd;
    }
    if (action == ATTEMPT_DO_TAKE_BACK)
        at->reversed_ms = now_ms;
    if (from == ATTEMPT_NONE)
        TRY(attempt_insert(db, at, e));
    else
        TRY(attempt_save(db, at, from, a, e));
    return money_move(db, t, o, at, action, cause, a, e);
}
