/* Steps of the random walk at the desks: cash with change, transfers, counts, money to the bank. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "payments/counter.h"
#include "payments/shift.h"
#include "tests/payments/walk_steps.h"

#define FLOAT_VND 200000

static const char *const agencies[WALK_DESKS] = { "H56.14", "H56.15", "H26.01" };
static const char *const officers[WALK_DESKS] = { "staff:quay1", "staff:quay2", "staff:quay3" };

static struct proposal_actor officer(int k)
{
    return (struct proposal_actor){ .name = str_c(officers[k]),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-4"),
                                    .ip = STR("::1") };
}

static struct order_cause cause_of(int k)
{
    return (struct order_cause){ .actor = str_c(officers[k]), .source = STR("page") };
}

static int desk_of(const struct walk_order *x)
{
    for (int k = 0; k < WALK_DESKS; k++)
        if (strcmp(x->agency, agencies[k]) == 0)
            return k;
    test_fail(__FILE__, __LINE__, "no desk of %s", x->agency);
}

static struct shift shift_now(struct walk *w, int k)
{
    struct shift s;
    struct err e = { .code = ERR_NONE };

    check_ok(shift_load(&w->c->till, str_c(w->desks[k].shift), w->a, &s, &e), e);
    return s;
}

/* What the shift answers for is what was seen to happen. */
static void shift_compare(struct walk *w, int k)
{
    const struct walk_desk *d = &w->desks[k];
    const struct shift s = shift_now(w, k);

    if (s.cash_vnd != d->cash_vnd || s.deposited_vnd != d->brought_vnd)
        walk_fail(w, "desk %d: took %lld, brought %lld, and it was %lld, %lld", k,
                  (long long)s.cash_vnd, (long long)s.deposited_vnd, (long long)d->cash_vnd,
                  (long long)d->brought_vnd);
}

/* False: no shift; it may have begun all the same when the process died. */
static bool shift_begin(struct walk *w, int k)
{
    const struct proposal_actor by = officer(k);
    struct shift s;
    struct err e = { .code = ERR_NONE };
    result r;

    if (w->desks[k].shift[0] != '\0')
        return true;
    r = shift_open(&w->c->till, str_c(agencies[k]), STR("Quầy 1"), FLOAT_VND, &by, w->a, &s, &e);
    walk_must(w, r, true, &e);
    if (r.failed && shift_load_officer(&w->c->till, by.name, w->a, &s, &e).failed)
        return false;
    w->desks[k] = (struct walk_desk){ 0 };
    (void)snprintf(w->desks[k].shift, sizeof(w->desks[k].shift), "%.*s", STR_ARG(s.id));
    return true;
}

static struct counter_ask ask_any(struct walk *w, const struct walk_order *x, int k)
{
    const int64_t in_vnd = x->m.captured_vnd - x->m.excess_refunded_vnd;
    const int64_t due_vnd = x->m.total_vnd > in_vnd ? x->m.total_vnd - in_vnd : 0;
    struct counter_ask ask = { .order_id = str_c(x->id),
                               .shift_id = str_c(w->desks[k].shift),
                               .method = walk_chance(w, 75) ? COUNTER_CASH : COUNTER_TRANSFER,
                               .received_vnd = due_vnd,
                               .key = str_fmt(w->a, "k%lld", (long long)w->step),
                               .confirmed = walk_chance(w, 40) };

    if (walk_chance(w, 40))
        ask.received_vnd += walk_below(w, 100000) - 2000; /* change, or too little */
    if (ask.method == COUNTER_TRANSFER)
        ask.bank_ref = str_fmt(w->a, "CT%lld", (long long)w->step);
    return ask;
}

/* The same key until it is answered: money is taken once (I9). */
static bool take_once(struct walk *w, const struct counter_ask *ask, int k,
                      struct counter_taken *out)
{
    const struct order_cause by = cause_of(k);
    struct err e = { .code = ERR_NONE };
    result r = counter_take(&w->c->till, ask, &by, w->a, out, &e);

    walk_told(w, r, &e);
    w->fault = FAULT_NONE;
    if (w->hit)
        r = counter_take(&w->c->till, ask, &by, w->a, out, &e);
    return !r.failed && out->beside.n == 0;
}

void walk_desk_take(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    const int k = desk_of(x);
    const enum order_state was = model_state(&x->m);
    struct counter_taken taken;

    if (x->m.attempt_count > MODEL_ATTEMPTS - 4 || !shift_begin(w, k))
        return;
    const struct counter_ask ask = ask_any(w, x, k);
    const bool ready = w->desks[k].proposal[0] == '\0';

    walk_note(w, " %d (%s) %s %lld", (int)(x - w->orders), order_state_name(was),
              counter_method_name(ask.method), (long long)ask.received_vnd);
    w->desk_account = ask.method == COUNTER_CASH ? 1140 : 1120;
    if (take_once(w, &ask, k, &taken)) {
        if (!ready || taken.received_vnd - taken.change_vnd != taken.amount_vnd)
            walk_fail(w, "taken, and may not be");
        if (ask.method == COUNTER_CASH)
            w->desks[k].cash_vnd += taken.amount_vnd;
    }
    walk_sync(w, x, MAY_CAPTURE);
    shift_compare(w, k);
}

void walk_desk_bring(struct walk *w)
{
    const int k = (int)walk_below(w, WALK_DESKS);
    struct walk_desk *d = &w->desks[k];
    const struct proposal_actor by = officer(k);
    struct err e = { .code = ERR_NONE };

    if (d->shift[0] == '\0')
        return;
    const struct shift s = shift_now(w, k);
    const int64_t left_vnd = shift_left_vnd(&s);
    const int64_t vnd = walk_chance(w, 10) ? left_vnd + 1 : 1 + walk_below(w, left_vnd + 1);
    const struct str slip = str_fmt(w->a, "S%lld", (long long)w->step);
    const bool ok = vnd <= left_vnd && d->proposal[0] == '\0';

    walk_note(w, " %d: %lld of %lld", k, (long long)vnd, (long long)left_vnd);
    walk_must(w, shift_deposit(&w->c->till, s.id, vnd, slip, &by, w->a, &e), ok, &e);
    w->fault = FAULT_NONE;
    if (ok) { /* the same slip again, as from a form that was sent twice, changes nothing */
        check_ok(shift_deposit(&w->c->till, s.id, vnd, slip, &by, w->a, &e), e);
        d->brought_vnd += vnd;
        w->brought_vnd += vnd;
    }
    shift_compare(w, k);
}

static void shift_end(struct walk *w, int k)
{
    const struct shift s = shift_now(w, k);

    if (s.state == SHIFT_CLOSED) {
        w->over_vnd += s.over_vnd;
        w->desks[k] = (struct walk_desk){ 0 };
    } else {
        (void)snprintf(w->desks[k].proposal, sizeof(w->desks[k].proposal), "%.*s",
                       STR_ARG(s.state == SHIFT_COUNTED ? s.proposal_id : STR("")));
    }
}

static void count_decide(struct walk *w, int k)
{
    const int64_t kind = walk_below(w, 6);
    const struct proposal_actor by = officer(kind == 0 ? k : (k + 1) % WALK_DESKS);
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(proposal_load(&w->c->till, str_c(w->desks[k].proposal), w->a, &p, &e), e);
    const struct proposal_decision d = { .id = p.id,
                                         .verdict =
                                             kind < 4 ? PROPOSAL_APPROVED : PROPOSAL_REJECTED,
                                         .hash = p.hash,
                                         .remark = STR("counted again") };

    walk_note(w, " %d: decided %d", k, (int)kind);
    walk_must(w, proposal_decide(&w->c->till, &d, &by, w->a, &p, &e), kind != 0, &e);
    shift_end(w, k);
}

/* Counted rightly it closes; with a difference another person looks at it first. */
void walk_desk_count(struct walk *w)
{
    const int k = (int)walk_below(w, WALK_DESKS);
    const struct proposal_actor by = officer(k);
    struct shift_count c = { .shift_id = str_c(w->desks[k].shift), .remark = STR("as counted") };
    struct shift s;
    struct err e = { .code = ERR_NONE };

    if (w->desks[k].shift[0] == '\0')
        return;
    if (w->desks[k].proposal[0] != '\0') {
        count_decide(w, k);
        return;
    }
    s = shift_now(w, k);
    c.total_vnd = shift_drawer_vnd(&s);
    if (walk_chance(w, 50))
        c.total_vnd += walk_below(w, 20000) - 10000;
    if (c.total_vnd < 0)
        c.total_vnd = 0;
    walk_note(w, " %d: %lld of %lld", k, (long long)c.total_vnd, (long long)shift_drawer_vnd(&s));
    walk_must(w, shift_close(&w->c->till, &c, &by, w->a, &s, &e), true, &e);
    shift_end(w, k);
}
