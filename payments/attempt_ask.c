/*
 * Asking the provider what became of an attempt, and acting on it. Promise: only QUERY's word moves
 * money, only for the amount and currency that were asked for; no answer changes nothing but when
 * to ask again; the network call happens outside any transaction and its outcome is applied to
 * fresh, locked rows.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "payments/attempt.h"
#include "payments/attempt_row.h"
#include "payments/order_row.h"
#include "payments/poll.h"
#include "store/sql.h"

struct asking {
    const struct till *t;
    struct str reference;
    bool overdue;
    const struct order_cause *cause;
    const struct channel_answer *answer;
    struct arena *a;
    bool captured;
    const struct attempt_prelude *first; /* NULL: none */
};

static bool past_horizon(const struct asking *k, const struct attempt *at, int64_t now_ms)
{
    return now_ms - at->created_ms > k->t->query_horizon_s * 1000;
}

/* Nothing new: ask again later, without a line in the history. */
static result ask_again(struct sql *db, struct asking *k, struct order *o, struct attempt *at,
                        const struct order_cause *cause, struct err *e)
{
    const int64_t now_ms = clock_now_ms(k->t->clock);

    if (at->query_next_ms == 0)
        return OK; /* nobody waits for an answer */
    if (past_horizon(k, at, now_ms))
        return attempt_step(db, k->t, o, at, ATTEMPT_EV_STUCK, cause, k->a, e);
    at->query_count++;
    at->query_next_ms = now_ms + poll_delay_s(k->t, at->query_count) * 1000;
    return attempt_save(db, at, at->state, k->a, e);
}

static result not_found(struct sql *db, struct asking *k, struct order *o, struct attempt *at,
                        const struct order_cause *cause, struct err *e)
{
    const int64_t now_ms = clock_now_ms(k->t->clock);

    if (k->overdue && attempt_is_live(at->state))
        return attempt_step(db, k->t, o, at, ATTEMPT_EV_OVERDUE, cause, k->a, e);
    if (at->not_found_ms == 0)
        at->not_found_ms = now_ms;
    /* An INIT under way there may still arrive: said twice, two time-outs apart. */
    if (now_ms - at->not_found_ms < 2 * channel_timeout_ms(at->channel, k->t))
        return ask_again(db, k, o, at, cause, e);
    at->failure = STR("not_found");
    return attempt_step(db, k->t, o, at, ATTEMPT_EV_NOT_FOUND, cause, k->a, e);
}

/* The same message about the same state is one line of history, however often it comes. */
static result is_known(struct sql *db, const struct attempt *at, enum attempt_event event,
                       struct str evidence, struct arena *a, bool *known, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_ORDER_EVENT_KNOWN, &rows, e, sql_t(at->agency_id), sql_t(at->order_id),
                 sql_i(at->n), sql_t(str_c(attempt_event_name(event))),
                 sql_t(digest_hex(a, digest_sha256(evidence)))));
    TRY(sql_one(rows, e));
    *known = sql_int(rows, 0) > 0;
    return OK;
}

/* Money that is not where it should be: kept for a human, and asked about again. */
static result suspect(struct sql *db, struct asking *k, struct order *o, struct attempt *at,
                      struct order_cause *cause, struct str mismatch, struct err *e)
{
    bool known;

    TRY(is_known(db, at, ATTEMPT_EV_MISMATCH, cause->evidence, k->a, &known, e));
    if (known)
        return ask_again(db, k, o, at, cause, e);
    cause->mismatch = mismatch;
    if (at->state != ATTEMPT_CAPTURED && at->state != ATTEMPT_REVERSED)
        at->failure = mismatch; /* the page says that the money is held */
    return attempt_step(db, k->t, o, at, ATTEMPT_EV_MISMATCH, cause, k->a, e);
}

static result paid(struct sql *db, struct asking *k, struct order *o, struct attempt *at,
                   struct order_cause *cause, struct err *e)
{
    const struct channel_answer *w = k->answer;

    if (!str_is(w->currency, "VND"))
        return suspect(db, k, o, at, cause, STR("CUR"), e);
    if (w->amount_vnd != at->amount_vnd)
        return suspect(db, k, o, at, cause, STR("AMT"), e);
    if (at->state == ATTEMPT_CAPTURED)
        return OK;
    if (at->state == ATTEMPT_REVERSED)
        return suspect(db, k, o, at, cause, STR("STA"), e); /* not taken back after all */
    at->portal_txn = w->txn;
    at->bank = w->bank;
    at->portal_time = w->time;
    at->failure = (struct str){ "", 0 };
    TRY(attempt_step(db, k->t, o, at, ATTEMPT_EV_PAID, cause, k->a, e));
    k->captured = true;
    return OK;
}

/* QUERY said pending or failed. Only what changes the state, or contradicts a capture for the first
 * time, is a line of the history. */
static result settle(struct sql *db, struct asking *k, struct order *o, struct attempt *at,
                     struct order_cause *cause, enum attempt_event event, struct err *e)
{
    bool news = attempt_is_live(at->state);

    if (at->state == ATTEMPT_CAPTURED) {
        TRY(is_known(db, at, event, cause->evidence, k->a, &news, e));
        news = !news;
    } else if (event == ATTEMPT_EV_PENDING) {
        news = news && at->state != ATTEMPT_PROCESSING;
    }
    if (news) {
        at->failure = event == ATTEMPT_EV_UNPAID && at->state != ATTEMPT_CAPTURED ? k->answer->code
                                                                                  : at->failure;
        return attempt_step(db, k->t, o, at, event, cause, k->a, e);
    }
    if (event == ATTEMPT_EV_PENDING || at->query_next_ms == 0)
        return ask_again(db, k, o, at, cause, e);
    at->query_next_ms = 0; /* failed is what we knew */
    return attempt_save(db, at, at->state, k->a, e);
}

static result answer_judge(struct sql *db, struct asking *k, struct order *o, struct attempt *at,
                           struct err *e)
{
    struct order_cause cause = *k->cause;

    cause.evidence = k->answer->evidence;
    if (k->answer->result != CHANNEL_OK)
        return ask_again(db, k, o, at, &cause, e);
    switch (k->answer->state) {
    case CHANNEL_PAID:
        return paid(db, k, o, at, &cause, e);
    case CHANNEL_PENDING:
        at->not_found_ms = 0;
        if (past_horizon(k, at, clock_now_ms(k->t->clock)))
            return ask_again(db, k, o, at, &cause, e);
        return settle(db, k, o, at, &cause, ATTEMPT_EV_PENDING, e);
    case CHANNEL_UNPAID:
        return settle(db, k, o, at, &cause, ATTEMPT_EV_UNPAID, e);
    case CHANNEL_NOT_FOUND:
        return not_found(db, k, o, at, &cause, e);
    case CHANNEL_HELD:
        return suspect(db, k, o, at, &cause, STR("HELD"), e);
    case CHANNEL_REVERSED:
        return suspect(db, k, o, at, &cause, STR("REV"), e);
    }
    return fail(e, ERR_INTERNAL, "channel state");
}

/* What made us ask and the answer change both rows, which are written once. */
static result answer_apply(struct sql *db, void *arg, struct err *e)
{
    struct asking *k = arg;
    struct attempt at;
    struct order o;

    k->captured = false;
    TRY(attempt_take(db, k->t, k->reference, k->a, &o, &at, e));
    o.waits = at.waits = true;
    if (k->first != NULL)
        TRY(k->first->run(db, k->first->arg, &o, &at, e));
    TRY(answer_judge(db, k, &o, &at, e));
    TRY(attempt_write(db, &at, k->a, e));
    return order_write(db, &o, e);
}

static result answer_take(struct asking *k, struct err *e)
{
    struct till_counts *counts = k->t->counts;

    counts->query_total++;
    if (k->answer->result != CHANNEL_OK)
        counts->query_failed++;
    TRY(sql_transact(k->t->store, answer_apply, k, e));
    if (k->captured)
        counts->captured_total++;
    return OK;
}

result attempt_ask_for(const struct till *t, struct str reference, bool overdue,
                       const struct order_cause *cause, struct arena *a,
                       struct channel_answer *answer, struct err *e)
{
    struct asking k = { t, reference, overdue, cause, answer, a, false, NULL };
    struct attempt at;

    TRY(attempt_load(t, reference, a, &at, e));
    TRY(channel_ask(t, &at, overdue, a, answer, e));
    if (!channel_can(at.channel, CHANNEL_ASKS) && !overdue)
        return OK; /* nothing was learned */
    return answer_take(&k, e);
}

result attempt_ask_known(const struct till *t, const struct attempt *at,
                         const struct attempt_prelude *first, const struct order_cause *cause,
                         struct arena *a, struct err *e)
{
    struct channel_answer answer;
    struct asking k = { t, at->reference, false, cause, &answer, a, false, first };

    /* Whatever a provider does is an answer; a question that could not be put is none. */
    if (channel_ask(t, at, false, a, &answer, NULL).failed)
        answer = (struct channel_answer){ .result = CHANNEL_NO_ANSWER };
    return answer_take(&k, e);
}

result attempt_ask(const struct till *t, struct str reference, const struct order_cause *cause,
                   struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    struct channel_answer answer;

    return attempt_ask_for(t, reference, false, cause, a, &answer, e);
}
