/*
 * Sending the payer to a provider, and their return. Promise: a reference is committed before the
 * provider hears it; an order has at most one attempt in a channel that may still be paid, and a
 * second channel beside it only when the payer said so; a payer who comes twice, or back, is never
 * charged twice by us. Attacker: whoever can name a channel; one that is off, or an officer's, is
 * no choice.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/attempt_row.h"
#include "payments/channel.h"
#include "payments/order_row.h"
#include "store/sql.h"

struct starting {
    const struct till *t;
    const struct order *asked;
    const struct attempt_choice *choice;
    const struct channel *channel;
    const struct order_cause *cause;
    struct arena *a;
    struct order o;
    struct attempt at;
    bool found;            /* an attempt of this channel that may still be paid is in `at` */
    struct attempt beside; /* one of another channel; without a reference: none */
};

static result attempt_make(struct sql *db, struct starting *s, int64_t n, struct err *e)
{
    const int64_t now_ms = clock_now_ms(s->t->clock);

    s->at = (struct attempt){ .agency_id = s->o.agency_id,
                              .order_id = s->o.id,
                              .n = n,
                              .state = ATTEMPT_NONE,
                              .channel = str_c(s->channel->name),
                              .amount_vnd = order_due_vnd(&s->o),
                              .init_time = clock_stamp14(s->a, now_ms),
                              .payer_ip = s->choice->payer_ip,
                              .created_ms = now_ms };
    TRY(s->channel->calls->prepare(s->t, &s->o, &s->at, s->a, e));
    TRY(order_step(db, s->t, &s->o, ORDER_EV_ATTEMPTED, s->cause, s->a, e));
    TRY(attempt_step(db, s->t, &s->o, &s->at, ATTEMPT_EV_CREATED, s->cause, s->a, e));
    return attempt_step(db, s->t, &s->o, &s->at, ATTEMPT_EV_SENT, s->cause, s->a, e);
}

/* Finds the attempts that may still be paid, or commits a new one that is about to be sent. */
static result attempt_choose(struct sql *db, void *arg, struct err *e)
{
    struct starting *s = arg;
    struct attempt *all;
    size_t count;

    s->found = false;
    s->beside = (struct attempt){ .state = ATTEMPT_NONE };
    TRY(order_take(db, s->t, s->asked->agency_id, s->asked->id, s->a, &s->o, e));
    TRY(order_may_pay(&s->o, clock_now_ms(s->t->clock), e));
    if (!channel_is_offered(s->channel, s->t, &s->o))
        return fail_field(e, ERR_INVALID, "channel", "not for the rest of a payment");
    TRY(attempts_find(db, &s->o, s->a, &all, &count, e));
    for (size_t i = 0; i < count; i++) {
        if (!attempt_is_live(all[i].state))
            continue;
        if (str_is(all[i].channel, s->channel->name)) {
            s->at = all[i];
            s->found = true;
        } else {
            s->beside = all[i];
        }
    }
    if (s->found || (s->beside.reference.n > 0 && !s->choice->confirmed))
        return OK;
    return attempt_make(db, s, (int64_t)count + 1, e);
}

struct applying {
    const struct starting *s;
    const struct channel_answer *answer;
    struct attempt at;
};

static result answer_apply(struct sql *db, void *arg, struct err *e)
{
    struct applying *p = arg;
    const struct starting *s = p->s;
    struct order_cause cause = *s->cause;
    enum attempt_event event = ATTEMPT_EV_NO_ANSWER;
    enum attempt_state next;
    const char *action;
    struct order o;

    TRY(attempt_take(db, s->t, s->at.reference, s->a, &o, &p->at, e));
    cause.evidence = p->answer->evidence;
    if (p->answer->result == CHANNEL_OK) {
        event = ATTEMPT_EV_ANSWERED;
        p->at.pay_url = p->answer->pay_url;
    } else {
        event = p->answer->result == CHANNEL_REFUSED ? ATTEMPT_EV_REFUSED : ATTEMPT_EV_NO_ANSWER;
        p->at.failure = p->answer->code;
    }
    /* A poll of another process may have learned more meanwhile: then this answer is old news. */
    if (!attempt_move(p->at.state, event, &next, &action))
        return OK;
    return attempt_step(db, s->t, &o, &p->at, event, &cause, s->a, e);
}

static result start_send(struct starting *s, struct attempt_way *way, struct err *e)
{
    struct channel_answer answer;
    struct applying p = { .s = s, .answer = &answer };

    TRY(s->channel->calls->start(s->t, &s->o, &s->at, s->a, &answer, e));
    TRY(sql_transact(s->t->store, answer_apply, &p, e));
    *way = (struct attempt_way){ .redirect = p.at.state == ATTEMPT_REDIRECTED && p.at.pay_url.n > 0,
                                 .url = p.at.pay_url,
                                 .state = p.at.state };
    if (p.at.state == ATTEMPT_FAILED)
        return fail(e, ERR_UPSTREAM_REFUSED, "start refused: %.*s", STR_ARG(answer.code));
    return OK;
}

/* One that may still be paid: first the truth, then the way back to where it was left. */
static result again(struct starting *s, struct attempt_way *way, struct err *e)
{
    struct channel_answer answer;

    TRY(attempt_ask_for(s->t, s->at.reference, false, s->cause, s->a, &answer, e));
    TRY(attempt_load(s->t, s->at.reference, s->a, &s->at, e));
    *way = (struct attempt_way){ .url = s->at.pay_url, .state = s->at.state };
    if (answer.result != CHANNEL_OK || !attempt_is_live(s->at.state))
        return OK;
    if (answer.state != CHANNEL_PENDING)
        return OK;
    if (s->at.pay_url.n > 0) {
        way->redirect = true;
        return OK;
    }
    /* Known there, but its address never reached us: the same INIT again, to the byte. */
    return start_send(s, way, e);
}

/* Another channel's attempt may still be paid: it is asked about, and if that leaves it as it is,
 * the payer is. True when something else may be done now. */
static result beside(struct starting *s, struct attempt_way *way, bool *done, struct err *e)
{
    struct channel_answer answer;
    struct attempt now;

    *done = true;
    TRY(attempt_ask_for(s->t, s->beside.reference, false, s->cause, s->a, &answer, e));
    TRY(attempt_load(s->t, s->beside.reference, s->a, &now, e));
    *way = (struct attempt_way){ .state = now.state };
    if (attempt_is_live(now.state))
        way->beside = now.channel;
    else
        *done = now.state == ATTEMPT_CAPTURED;
    return OK;
}

static result choose(struct starting *s, struct attempt_way *way, bool *done, struct err *e)
{
    *done = false;
    TRY(sql_transact(s->t->store, attempt_choose, s, e));
    if (s->found || s->beside.reference.n == 0 || s->choice->confirmed)
        return OK;
    TRY(beside(s, way, done, e));
    if (*done)
        return OK;
    TRY(sql_transact(s->t->store, attempt_choose, s, e));
    if (!s->found && s->beside.reference.n > 0) { /* several: one after the other */
        *way = (struct attempt_way){ .state = s->beside.state, .beside = s->beside.channel };
        *done = true;
    }
    return OK;
}

result attempt_start(const struct till *t, const struct order *o,
                     const struct attempt_choice *choice, const struct order_cause *cause,
                     struct arena *a, struct attempt_way *way, struct err *e)
{
    struct starting s = { .t = t, .asked = o, .choice = choice, .cause = cause, .a = a };
    bool done;

    s.channel = channel_find(choice->channel);
    if (s.channel == NULL || !channel_is_offered(s.channel, t, o))
        return fail_field(e, ERR_INVALID, "channel", "no such channel");
    TRY(choose(&s, way, &done, e));
    if (done)
        return OK;
    if (s.found) {
        TRY(again(&s, way, e));
        if (s.at.state != ATTEMPT_FAILED && s.at.state != ATTEMPT_EXPIRED)
            return OK;
        TRY(choose(&s, way, &done, e));
        if (done || s.found)
            return OK; /* another process was faster; its page will lead on */
    }
    return start_send(&s, way, e);
}

struct returning {
    const struct till *t;
    const struct order *asked;
    const struct order_cause *cause;
    struct arena *a;
    struct attempt *all;
    size_t count; /* of them: those that are to be asked about */
};

static result return_note(struct sql *db, void *arg, struct err *e)
{
    struct returning *r = arg;
    struct attempt *all;
    struct order o;
    size_t count;

    r->count = 0;
    TRY(order_take(db, r->t, r->asked->agency_id, r->asked->id, r->a, &o, e));
    TRY(attempts_find(db, &o, r->a, &all, &count, e));
    r->all = all;
    for (size_t i = 0; i < count; i++) {
        struct attempt at = all[i];

        if (!attempt_is_live(at.state) || !channel_can(at.channel, CHANNEL_ASKS))
            continue;
        all[r->count++] = at;
        if (at.state != ATTEMPT_REDIRECTED)
            continue; /* reloading the page is no news */
        TRY(attempt_step(db, r->t, &o, &at, ATTEMPT_EV_RETURNED, r->cause, r->a, e));
    }
    return OK;
}

result attempt_return(const struct till *t, const struct order *o, const struct order_cause *cause,
                      struct arena *a, enum order_state *state, struct err *e)
{
    struct returning r = { .t = t, .asked = o, .cause = cause, .a = a };
    struct channel_answer answer;
    struct order fresh;

    TRY(sql_transact(t->store, return_note, &r, e));
    for (size_t i = 0; i < r.count; i++)
        TRY(attempt_ask_for(t, r.all[i].reference, false, cause, a, &answer, e));
    TRY(order_load(t, o->id, (struct str){ "", 0 }, a, &fresh, e));
    *state = fresh.state;
    return OK;
}
