/*
 * Sending the payer to the portal, and their return. Promise: a reference is committed before the
 * portal hears it; an order has at most one attempt that may still be paid; a payer who comes
 * twice, or back, is never charged twice by us. Deliberately not done: choosing among several
 * portals.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/attempt_row.h"
#include "payments/order_row.h"
#include "payments/portal.h"
#include "store/sql.h"

#define INFO_BYTES_MAX 50

struct starting {
    const struct till *t;
    const struct order *asked;
    struct str payer_ip;
    const struct order_cause *cause;
    struct arena *a;
    struct order o;
    struct attempt at;
    bool found; /* an attempt that may still be paid is in `at` */
};

static struct str info_make(const struct order *o, struct arena *a)
{
    const struct str info = str_cat(a, STR("Thanh toan ho so "), o->reference);

    return info.n <= INFO_BYTES_MAX ? info : o->reference;
}

static result attempt_make(struct sql *db, struct starting *s, int64_t n, struct err *e)
{
    const int64_t now_ms = clock_now_ms(s->t->clock);

    s->at = (struct attempt){ .agency_id = s->o.agency_id,
                              .order_id = s->o.id,
                              .n = n,
                              .reference = portal_make_reference(s->a, s->o.reference, n),
                              .state = ATTEMPT_NONE,
                              .channel = STR("portal"),
                              .amount_vnd = s->o.bill.total_vnd,
                              .init_time = clock_stamp14(s->a, now_ms),
                              .info = info_make(&s->o, s->a),
                              .payer_ip = s->payer_ip,
                              .created_ms = now_ms };
    TRY(order_step(db, s->t, &s->o, ORDER_EV_ATTEMPTED, s->cause, s->a, e));
    TRY(attempt_step(db, s->t, &s->o, &s->at, ATTEMPT_EV_CREATED, s->cause, s->a, e));
    return attempt_step(db, s->t, &s->o, &s->at, ATTEMPT_EV_SENT, s->cause, s->a, e);
}

/* Finds the attempt that may still be paid, or commits a new one that is about to be sent. */
static result attempt_choose(struct sql *db, void *arg, struct err *e)
{
    struct starting *s = arg;
    struct attempt *all;
    size_t count;

    s->found = false;
    TRY(order_take(db, s->t, s->asked->agency_id, s->asked->id, s->a, &s->o, e));
    TRY(order_may_pay(&s->o, clock_now_ms(s->t->clock), e));
    TRY(attempts_find(db, &s->o, s->a, &all, &count, e));
    for (size_t i = 0; i < count; i++) {
        if (attempt_is_live(all[i].state)) {
            s->at = all[i];
            s->found = true;
            return OK;
        }
    }
    return attempt_make(db, s, (int64_t)count + 1, e);
}

struct applying {
    const struct starting *s;
    const struct portal_answer *answer;
    struct attempt at;
};

static result init_apply(struct sql *db, void *arg, struct err *e)
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
    if (p->answer->result == PORTAL_OK) {
        event = ATTEMPT_EV_ANSWERED;
        p->at.pay_url = p->answer->pay_url;
    } else {
        event = p->answer->result == PORTAL_REFUSED ? ATTEMPT_EV_REFUSED : ATTEMPT_EV_NO_ANSWER;
        p->at.failure = p->answer->code;
    }
    /* A poll of another process may have learned more meanwhile: then this answer is old news. */
    if (!attempt_move(p->at.state, event, &next, &action))
        return OK;
    return attempt_step(db, s->t, &o, &p->at, event, &cause, s->a, e);
}

static result init_call(struct starting *s, struct portal_answer *answer, struct err *e)
{
    struct fee_agency agency;
    const struct portal_init in = { .reference = s->at.reference,
                                    .amount_vnd = s->at.amount_vnd,
                                    .info = s->at.info,
                                    .time = s->at.init_time,
                                    .payer_ip = s->at.payer_ip,
                                    .dossier = s->o.reference,
                                    .procedure = s->o.procedure,
                                    .procedure_name = s->o.procedure_name_vi,
                                    .agency = &agency,
                                    .payer_name = s->o.payer.name,
                                    .payer_id = s->o.payer.id,
                                    .payer_address = s->o.payer.address,
                                    .bill = &s->o.bill };

    TRY(fee_agency_find(s->t->fees, s->o.agency_id, s->o.received_on, &agency, e));
    return portal_init(s->t->portal, &in, s->a, answer, e);
}

static result init_send(struct starting *s, struct attempt_way *way, struct err *e)
{
    struct portal_answer answer;
    struct applying p = { .s = s, .answer = &answer };

    TRY(init_call(s, &answer, e));
    TRY(sql_transact(s->t->store, init_apply, &p, e));
    *way = (struct attempt_way){ .redirect = p.at.state == ATTEMPT_REDIRECTED,
                                 .url = p.at.pay_url,
                                 .state = p.at.state };
    if (p.at.state == ATTEMPT_FAILED)
        return fail(e, ERR_UPSTREAM_REFUSED, "INIT refused: %.*s", STR_ARG(answer.code));
    return OK;
}

/* One that may still be paid: first the truth, then the way back to where it was left. */
static result again(struct starting *s, struct attempt_way *way, struct err *e)
{
    struct portal_answer answer;

    TRY(attempt_ask_for(s->t, s->at.reference, false, s->cause, s->a, &answer, e));
    TRY(attempt_load(s->t, s->at.reference, s->a, &s->at, e));
    *way = (struct attempt_way){ .url = s->at.pay_url, .state = s->at.state };
    if (answer.result != PORTAL_OK || !attempt_is_live(s->at.state))
        return OK;
    if (answer.state != PORTAL_PENDING)
        return OK;
    if (s->at.pay_url.n > 0) {
        way->redirect = true;
        return OK;
    }
    /* Known there, but its address never reached us: the same INIT again, to the byte. */
    return init_send(s, way, e);
}

result attempt_start(const struct till *t, const struct order *o, struct str payer_ip,
                     const struct order_cause *cause, struct arena *a, struct attempt_way *way,
                     struct err *e)
{
    struct starting s = { .t = t, .asked = o, .payer_ip = payer_ip, .cause = cause, .a = a };

    TRY(sql_transact(t->store, attempt_choose, &s, e));
    if (s.found) {
        TRY(again(&s, way, e));
        if (s.at.state != ATTEMPT_FAILED && s.at.state != ATTEMPT_EXPIRED)
            return OK;
        TRY(sql_transact(t->store, attempt_choose, &s, e));
        if (s.found)
            return OK; /* another process was faster; its page will lead on */
    }
    return init_send(&s, way, e);
}

struct returning {
    const struct till *t;
    const struct order *asked;
    const struct order_cause *cause;
    struct arena *a;
    struct str reference; /* to be asked about, or empty */
};

static result return_note(struct sql *db, void *arg, struct err *e)
{
    struct returning *r = arg;
    struct attempt *all;
    struct order o;
    size_t count;

    r->reference = (struct str){ "", 0 };
    TRY(order_take(db, r->t, r->asked->agency_id, r->asked->id, r->a, &o, e));
    TRY(attempts_find(db, &o, r->a, &all, &count, e));
    if (count == 0 || !attempt_is_live(all[count - 1].state))
        return OK;
    r->reference = all[count - 1].reference;
    if (all[count - 1].state != ATTEMPT_REDIRECTED)
        return OK; /* reloading the page is no news */
    return attempt_step(db, r->t, &o, &all[count - 1], ATTEMPT_EV_RETURNED, r->cause, r->a, e);
}

result attempt_return(const struct till *t, const struct order *o, const struct order_cause *cause,
                      struct arena *a, enum order_state *state, struct err *e)
{
    struct returning r = { .t = t, .asked = o, .cause = cause, .a = a };
    struct portal_answer answer;
    struct order fresh;

    TRY(sql_transact(t->store, return_note, &r, e));
    if (r.reference.n > 0)
        TRY(attempt_ask_for(t, r.reference, false, cause, a, &answer, e));
    TRY(order_load(t, o->id, (struct str){ "", 0 }, a, &fresh, e));
    *state = fresh.state;
    return OK;
}
