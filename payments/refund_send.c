/*
 * Refunds that a channel pays back itself. Attacker: a network that loses answers, a process that
 * dies at any moment, two jobs at once; promise: the reference and the time are committed before
 * the channel hears them, another reference is never made, and an answer that cannot be believed,
 * or that may be about another refund of the same amount, leads to a question, not to a conclusion.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "payments/channel.h"
#include "payments/refund.h"
#include "payments/refund_row.h"
#include "store/sql.h"

#define REFERENCE_LETTERS 24 /* of the digest of its id: unique, and the same for ever */

struct sending {
    const struct till *t;
    struct arena *a;
    struct str id;
    bool found, send; /* send: say it for the first time; else ask */
    bool alike;       /* another refund of this capture, of the same amount, was sent, too */
    struct refund r;
    struct attempt at;
    struct channel_answer answer;
};

static const struct order_cause system_cause = { .actor = { "system", 6 },
                                                 .source = { "poll", 4 } };

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct sending *s = arg;
    const int64_t now_ms = clock_now_ms(s->t->clock);
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REFUND_CLAIM, &rows, e, sql_i(now_ms),
                 sql_i(now_ms + s->t->lease_s * 1000)));
    TRY(sql_next(rows, &s->found, e));
    if (s->found)
        s->id = sql_text(rows, 0, s->a);
    return OK;
}

static bool is_with_channel(enum refund_state s)
{
    return s == REFUND_SUBMITTING || s == REFUND_SUBMITTED || s == REFUND_UNKNOWN;
}

static bool is_stuck(const struct sending *s)
{
    int64_t sent_ms;

    return clock_read_stamp14(s->r.sent_time, &sent_ms) &&
           clock_now_ms(s->t->clock) - sent_ms > s->t->query_horizon_s * 1000;
}

static result alike_find(struct sql *db, struct sending *s, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REFUND_ALIKE, &rows, e, sql_t(s->r.agency_id), sql_t(s->r.order_id),
                 sql_i(s->r.attempt_n), sql_i(s->r.amount_vnd), sql_t(s->r.id)));
    TRY(sql_one(rows, e));
    s->alike = sql_int(rows, 0) > 0;
    return OK;
}

/* What was approved is submitted; what was submitted is asked about, for as long as it may take. */
static result prepare(struct sql *db, void *arg, struct err *e)
{
    struct sending *s = arg;
    struct refund *r = &s->r;
    struct order o;

    TRY(refund_take(db, s->t, s->id, s->a, &o, r, &s->at, e));
    s->send = r->state == REFUND_APPROVED;
    if (s->send) {
        r->reference =
            str_fmt(s->a, "R%.*s",
                    STR_ARG(str_sub(digest_hex(s->a, digest_sha256(r->id)), 0, REFERENCE_LETTERS)));
        r->sent_time = clock_stamp14(s->a, clock_now_ms(s->t->clock));
        return refund_step(db, s->t, &o, r, REFUND_EV_SUBMIT, &system_cause, s->a, e);
    }
    if (!is_with_channel(r->state)) {
        const enum refund_state from = r->state;

        r->next_ms = 0; /* it ended otherwise */
        return refund_save(db, r, from, e);
    }
    if (is_stuck(s)) {
        r->failure = STR("stuck");
        return refund_step(db, s->t, &o, r, REFUND_EV_STUCK, &system_cause, s->a, e);
    }
    return alike_find(db, s, e);
}

static enum refund_event event_of(const struct channel_answer *w)
{
    if (w->result == CHANNEL_REFUSED)
        return REFUND_EV_UNPAID;
    if (w->result == CHANNEL_NO_ANSWER)
        return REFUND_EV_NO_ANSWER;
    switch (w->state) {
    case CHANNEL_PAID:
        return REFUND_EV_PAID;
    case CHANNEL_UNPAID:
    case CHANNEL_REVERSED:
        return REFUND_EV_UNPAID;
    case CHANNEL_NOT_FOUND: /* it never arrived: it is said again, not concluded */
        return REFUND_EV_NO_ANSWER;
    default:
        return REFUND_EV_ACCEPTED;
    }
}

/* PAID of another amount is no answer to this refund. */
static bool is_mine(const struct sending *s)
{
    return s->answer.result != CHANNEL_OK || s->answer.state != CHANNEL_PAID ||
           s->answer.amount_vnd == s->r.amount_vnd;
}

static result apply(struct sql *db, void *arg, struct err *e)
{
    struct sending *s = arg;
    struct order_cause cause = system_cause;
    enum refund_event event = is_mine(s) ? event_of(&s->answer) : REFUND_EV_NO_ANSWER;
    struct attempt at;
    struct refund r;
    struct order o;

    TRY(refund_take(db, s->t, s->id, s->a, &o, &r, &at, e));
    if (!is_with_channel(r.state))
        return OK; /* somebody was faster */
    cause.evidence = s->answer.evidence;
    if (event == REFUND_EV_PAID)
        r.txn = s->answer.txn;
    else
        r.failure = s->answer.code;
    return refund_step(db, s->t, &o, &r, event, &cause, s->a, e);
}

static bool is_yes(const struct channel_answer *w)
{
    return w->result == CHANNEL_OK && w->state == CHANNEL_PAID;
}

static bool is_no(const struct channel_answer *w)
{
    return w->result == CHANNEL_REFUSED ||
           (w->result == CHANNEL_OK &&
            (w->state == CHANNEL_UNPAID || w->state == CHANNEL_REVERSED));
}

static result call(struct sending *s, struct err *e)
{
    const struct channel_refund rf = {
        .reference = s->r.reference,
        .paid = &s->at,
        .amount_vnd = s->r.amount_vnd,
        .time = s->r.sent_time,
        .by = STR("motcua"),    /* whoever approved it is no business of the provider */
        .ip = STR("127.0.0.1"), /* no person is at it */
        .info = str_fmt(s->a, "Hoan tra %.*s", STR_ARG(s->r.reference)),
    };
    const struct channel *ch;

    TRY(channel_of(&s->at, &ch, e));
    if ((ch->can & CHANNEL_REFUNDS) == 0)
        return fail(e, ERR_INTERNAL, "channel %s pays nothing back", ch->name);
    if (!ch->calls->is_enabled(s->t)) {
        channel_no_answer(&s->answer, STR("off")); /* its key is not here: a later start knows it */
        return OK;
    }
    if (s->send)
        return ch->calls->refund(s->t, &rf, s->a, &s->answer, e);
    TRY(ch->calls->refund_ask(s->t, &rf, s->a, &s->answer, e));
    if (s->answer.result == CHANNEL_OK && s->answer.state == CHANNEL_NOT_FOUND) {
        TRY(ch->calls->refund(s->t, &rf, s->a, &s->answer, e));
        /* What was said first may have arrived, and be why this one is refused. */
        if (is_no(&s->answer))
            channel_no_answer(&s->answer, s->answer.code);
    } else if (s->alike && s->answer.result == CHANNEL_OK &&
               (is_no(&s->answer) || is_yes(&s->answer))) {
        s->answer.state = CHANNEL_PENDING; /* of which of the two? a human finds out */
    }
    return OK;
}

result refund_poll(const struct till *t, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    struct sending s = { .t = t, .a = a };

    TRY(sql_transact(t->store, claim, &s, e));
    *did = s.found;
    if (!s.found)
        return OK;
    TRY(sql_transact(t->store, prepare, &s, e));
    if (!is_with_channel(s.r.state))
        return OK;
    TRY(call(&s, e));
    return sql_transact(t->store, apply, &s, e);
}
