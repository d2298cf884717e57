/* Steps of the random walk by which money goes back: refunds, and captures that are taken back. */
#include "base/arena.h"
#include "crypto/digest.h"
#include "payments/refund_order.h"
#include "payments/reversal.h"
#include "tests/payments/walk_steps.h"

/* Refunds. */

static struct proposal_actor person(struct walk *w, const char *name)
{
    (void)w;
    return (struct proposal_actor){ .name = str_c(name),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-3"),
                                    .ip = STR("203.0.113.9") };
}

void walk_refund(struct walk *w)
{
    static const char *const reasons[] = { "wrong_fee", "exempt", "paid_twice", "overpaid",
                                           "withdrawn" };
    struct walk_order *x = walk_pick(w);
    const struct proposal_actor by = person(w, "staff:an");
    const int64_t available = model_available(&x->m);
    struct refund_request rq = { .order_id = str_c(x->id),
                                 .available_vnd = available,
                                 .reason = STR("wrong_fee"),
                                 .remark = STR("as the dossier says"),
                                 .payee = { STR("Nguyễn Thị Hòa"), STR("VCB"),
                                            STR("0011001234567") } };
    struct refund r;
    struct err e = { .code = ERR_NONE };

    for (int tries = 0; tries < 6 && x->m.captured_vnd == 0; tries++)
        x = walk_pick(w);
    if (x->m.refund_count > MODEL_REFUNDS - 2)
        return;
    rq.order_id = str_c(x->id);
    rq.available_vnd = model_available(&x->m);
    rq.amount_vnd = walk_chance(w, 40) ? rq.available_vnd : walk_below(w, rq.available_vnd + 2);
    const bool over = walk_chance(w, 5), stale = walk_chance(w, 5), any = walk_chance(w, 30);

    if (over)
        rq.amount_vnd = rq.available_vnd + 1 + walk_below(w, 1000);
    if (stale)
        rq.available_vnd += 1;
    if (any)
        rq.reason = str_c(reasons[walk_below(w, LEN(reasons))]);
    w->c->clock.fixed_ms++; /* refunds are told apart by when they were made */
    walk_note(w, " %d: %lld of %lld", (int)(x - w->orders), (long long)rq.amount_vnd,
              (long long)rq.available_vnd);
    const result got = refund_request(&w->c->till, &rq, &by, "page", w->a, &r, &e);

    if (over || stale || rq.amount_vnd <= 0 || walk_disputed(x))
        walk_must(w, got, false, &e);
    else
        walk_told(w, got, &e);
    /* The whole of the only capture, of which nothing was asked back: nothing stands against it. */
    if (!any && !over && !stale && !w->hit && got.failed && x->m.attempt_count == 1 &&
        x->m.carried_vnd == 0 && x->m.refund_count == 0 && !walk_disputed(x) && rq.amount_vnd > 0 &&
        rq.amount_vnd <= rq.available_vnd)
        walk_fail(w, "no refund: %s %s %s", err_name(e.code), e.field, e.detail);
    walk_sync(w, x, MAY_REFUND);
}

static struct walk_order *pick_refund(struct walk *w, int *i)
{
    for (int tries = 0; tries < 20; tries++) {
        struct walk_order *x = walk_pick(w);

        if (x->m.refund_count == 0)
            continue;
        *i = (int)walk_below(w, x->m.refund_count);
        if (refund_is_open(x->m.refunds[*i].state) || walk_chance(w, 30))
            return x;
    }
    return NULL;
}

static void refund_decide(struct walk *w, struct walk_order *x, int i, const struct refund *r)
{
    const int64_t kind = walk_below(w, 10);
    const struct proposal_actor by =
        person(w, kind < 2 ? "staff:an" : "staff:binh"); /* the maker, or another */
    struct proposal_decision d = { .id = r->proposal_id,
                                   .verdict = kind < 7   ? PROPOSAL_APPROVED
                                              : kind < 9 ? PROPOSAL_REJECTED
                                                         : PROPOSAL_WITHDRAWN,
                                   .remark = STR("seen") };
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(proposal_load(&w->c->till, r->proposal_id, w->a, &p, &e), e);
    d.hash = p.hash;
    if (kind == 2)
        d.hash = digest_hex(w->a, digest_sha256(STR("what was shown before")));
    walk_note(w, " %d: decided %d", (int)(x - w->orders), (int)kind);
    const bool ok = p.state == PROPOSAL_OPEN && kind > 2 && kind != 9;
    const result got = proposal_decide(&w->c->till, &d, &by, w->a, &p, &e);

    walk_must(w, got, ok, &e);
    walk_sync(w, x, MAY_REFUND);
    if (ok && !got.failed &&
        x->m.refunds[i].state != (kind < 7 ? REFUND_APPROVED : REFUND_REJECTED))
        walk_fail(w, "decided, and the refund is %s", refund_state_name(x->m.refunds[i].state));
}

static void refund_word(struct walk *w, struct walk_order *x, int i)
{
    const struct refund_word word = { walk_chance(w, 60)   ? REFUND_EV_PAID
                                      : walk_chance(w, 50) ? REFUND_EV_UNPAID
                                                           : REFUND_EV_RETURN,
                                      STR("FT26327001"), STR("account closed") };
    const enum refund_state was = x->m.refunds[i].state;
    struct refund out;
    struct err e = { .code = ERR_NONE };
    const bool ok = was == REFUND_MANUAL      ? word.event != REFUND_EV_RETURN
                    : was == REFUND_SUCCEEDED ? word.event == REFUND_EV_RETURN
                    : was == REFUND_RETURNED  ? word.event != REFUND_EV_RETURN
                                              : false;

    walk_note(w, " %d: %s is told %s", (int)(x - w->orders), refund_state_name(was),
              refund_event_name(word.event));
    walk_must(
        w, refund_settle(&w->c->till, str_c(x->refunds[i]), &word, counter_cause(), w->a, &out, &e),
        ok, &e);
    walk_sync(w, x, MAY_REFUND);
}

void walk_refund_on(struct walk *w)
{
    int i = 0;
    struct walk_order *x = pick_refund(w, &i);
    struct refund r;
    struct err e = { .code = ERR_NONE };

    if (x == NULL)
        return;
    check_ok(refund_load(&w->c->till, str_c(x->refunds[i]), STR(""), w->a, &r, &e), e);
    if (r.state == REFUND_REQUESTED || walk_chance(w, 5)) {
        refund_decide(w, x, i, &r);
        return;
    }
    if (r.state != REFUND_APPROVED || walk_chance(w, 5)) {
        refund_word(w, x, i);
        return;
    }
    walk_note(w, " %d: approved", (int)(x - w->orders));
    if (walk_chance(w, 20))
        walk_must(w, refund_cancel(&w->c->till, r.id, counter_cause(), w->a, &r, &e), true, &e);
    else
        walk_must(w, refund_order_make(&w->c->till, r.id, counter_cause(), w->a, &r, &e),
                  r.route != REFUND_BY_CHANNEL, &e);
    walk_sync(w, x, MAY_REFUND);
}

/* Reversals. */

static void reversal_decide(struct walk *w, struct walk_order *x, int i)
{
    const int64_t kind = walk_below(w, 8);
    const struct proposal_actor by = person(w, kind == 0 || kind == 7 ? "staff:an" : "staff:binh");
    struct proposal_decision d = { .id = str_c(x->dispute[i]),
                                   .verdict = kind < 5    ? PROPOSAL_APPROVED
                                              : kind == 7 ? PROPOSAL_WITHDRAWN
                                                          : PROPOSAL_REJECTED,
                                   .remark = STR("seen") };
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(proposal_load(&w->c->till, d.id, w->a, &p, &e), e);
    d.hash = p.hash;
    walk_note(w, " %d.%d: decided %d", (int)(x - w->orders), i + 1, (int)kind);
    walk_must(w, proposal_decide(&w->c->till, &d, &by, w->a, &p, &e), kind != 0, &e);
    walk_sync(w, x, MAY_DISPUTE);
}

void walk_reverse(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    const int i = walk_pick_attempt(w, x, NULL);
    const struct proposal_actor by = person(w, "staff:an");
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    if (i < 0 || walk_chance(w, 40))
        return;
    if (x->dispute[i][0] != '\0' && walk_chance(w, 80)) {
        reversal_decide(w, x, i);
        return;
    }
    const bool ok = x->m.attempts[i].state == ATTEMPT_CAPTURED && x->dispute[i][0] == '\0' &&
                    x->m.reserved_vnd == 0 && x->m.refunded_vnd == 0 && !x->m.superseded;

    walk_note(w, " %d.%d", (int)(x - w->orders), i + 1);
    walk_must(w,
              reversal_propose(&w->c->till, str_c(x->refs[i]), STR("line 7 of the file"), &by, w->a,
                               &p, &e),
              ok, &e);
    walk_sync(w, x, MAY_DISPUTE);
}
