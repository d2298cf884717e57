/* The steps of the random walk: what people, providers and clocks do, and what must come of it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "payments/idempotency.h"
#include "payments/ledger.h"
#include "payments/poll.h"
#include "payments/transfer.h"
#include "store/sql.h"
#include "tests/payments/walk_steps.h"

#define ACCOUNT "113366668888"
#define RECENT  24 /* orders that most steps are about */

void walk_note(struct walk *w, const char *fmt, ...)
{
    char *line = w->log[w->step % WALK_LOG];
    const size_t n = strlen(line);
    va_list va;

    va_start(va, fmt);
    (void)vsnprintf(line + n, sizeof(w->log[0]) - n, fmt, va);
    va_end(va);
}

bool walk_chance(struct walk *w, int percent)
{
    return walk_below(w, 100) < percent;
}

/* What a refusal says goes to logs. */
void walk_told(struct walk *w, result r, const struct err *e)
{
    static const char *const secrets[] = { "038190000001", "0011001234567", COUNTER_SECRET,
                                           "Nguyễn" };

    walk_note(w, r.failed ? " -> %s" : " -> ok", err_name(e->code));
    if (!r.failed)
        return;
    for (size_t i = 0; i < LEN(secrets); i++)
        if (str_has(str_c(e->detail), str_c(secrets[i])))
            walk_fail(w, "an error tells %s", secrets[i]);
    if (e->code == ERR_INTERNAL || e->code == ERR_BROKEN_CHAIN || (e->code == ERR_STORE && !w->hit))
        walk_fail(w, "%s %s: %s", err_name(e->code), e->field, e->detail);
}

/* Without a fault the outcome is known. */
void walk_must(struct walk *w, result r, bool ok, const struct err *e)
{
    walk_told(w, r, e);
    if (!w->hit && r.failed == ok)
        walk_fail(w, "%s: %s %s: %s", ok ? "was to succeed" : "was to fail",
                  r.failed ? err_name(e->code) : "ok", r.failed ? e->field : "",
                  r.failed ? e->detail : "");
}

/* One that background work may have changed is looked at first. */
struct walk_order *walk_pick(struct walk *w)
{
    const int recent = w->count < RECENT ? w->count : RECENT;
    struct walk_order *x = &w->orders[w->count - 1 - (int)walk_below(w, recent)];

    if (walk_chance(w, 5))
        x = &w->orders[walk_below(w, w->count)];
    if (x->synced < w->polled)
        walk_sync(w, x, MAY_CAPTURE | MAY_WITHDRAW | MAY_REFUND);
    return x;
}

int walk_pick_attempt(struct walk *w, const struct walk_order *x, const char *channel)
{
    for (int tries = 0; tries < 4 && x->m.attempt_count > 0; tries++) {
        const int i = (int)walk_below(w, x->m.attempt_count);

        if (channel == NULL || strcmp(x->channel[i], channel) == 0)
            return i;
    }
    return -1;
}

static bool is_portal(const struct walk_order *x, int i)
{
    return i >= 0 && strcmp(x->channel[i], "portal") == 0;
}

/* Orders. */

struct making {
    struct walk *w;
    struct order_request rq;
    struct order out;
    struct walk_order *of; /* superseded by the new one, or NULL */
};

static result supersede(struct sql *db, struct making *m, struct arena *a, struct err *e)
{
    struct order old;

    TRY(order_take(db, &m->w->c->till, str_c(m->of->agency), str_c(m->of->id), a, &old, e));
    return order_supersede(db, &m->w->c->till, &old, &m->out, counter_cause(), a, e);
}

static result make(struct sql *db, void *arg, struct arena *a, struct idempotency_reply *out,
                   struct err *e)
{
    struct making *m = arg;

    TRY(order_create(db, &m->w->c->till, &m->rq, a, &m->out, e));
    if (m->of != NULL)
        TRY(supersede(db, m, a, e));
    out->status = 201;
    out->body = str_dup(a, m->out.id);
    return OK;
}

static struct order_request request_any(struct walk *w)
{
    static const char *const agencies[] = { "H56.14", "H56.15", "H26.01" };
    static const char *const categories[] = { "poor_household", "elderly" };
    struct order_request rq = counter_request();
    const int64_t kind = walk_below(w, 6);

    rq.agency_id = str_c(agencies[walk_below(w, LEN(agencies))]);
    rq.reference = str_fmt(w->a, "%.*s-%lld", STR_ARG(rq.agency_id), (long long)w->step);
    rq.level = (int)walk_below(w, 3);
    if (kind == 1)
        rq.procedure = STR("1.004873.000.00.00.H56");
    if (kind == 2) {
        rq.channel = FEE_COUNTER;
        rq.level = 0;
    }
    if (kind == 3)
        rq.procedure = STR("2.000635.000.00.00.H56");
    if (kind == 4) {
        rq.categories = arena_new(w->a, struct str);
        *(struct str *)(uintptr_t)(const void *)rq.categories =
            str_c(categories[walk_below(w, LEN(categories))]);
        rq.category_count = 1;
    }
    if (kind == 5) {
        struct fee_item *items = arena_array(w->a, struct fee_item, 2);

        rq.procedure = STR("2.000635.000.00.00.H56");
        items[0] =
            (struct fee_item){ .fee = STR("civil_extract"), .quantity = 1 + walk_below(w, 5) };
        rq.items = items;
        rq.item_count = 1;
    }
    return rq;
}

static void keep(char *to, size_t room, struct str s)
{
    check(s.n < room);
    memcpy(to, s.p, s.n);
    to[s.n] = '\0';
}

static void order_add(struct walk *w, struct str id, struct walk_order *of)
{
    struct walk_order *x = &w->orders[w->count];
    struct order o;
    struct err e = { .code = ERR_NONE };

    check(w->count < WALK_ORDERS);
    check_ok(order_load(&w->c->till, id, STR(""), w->a, &o, &e), e);
    memset(x, 0, sizeof(*x));
    keep(x->id, sizeof(x->id), id);
    keep(x->agency, sizeof(x->agency), o.agency_id);
    keep(x->dossier, sizeof(x->dossier), o.reference);
    model_assess(&x->m, o.bill.total_vnd, o.bill.reduction_vnd);
    w->count++;
    if (of != NULL)
        model_supersede(&of->m, &x->m);
    walk_sync(w, x, MAY_CREATE);
    if (of != NULL)
        walk_sync(w, of, MAY_SUPERSEDE);
}

/* The same call until it is answered: one key, one order, however often the process died (I9). */
static bool make_once(struct walk *w, struct making *m, struct err *e)
{
    DEFER(json_close) struct json *body = json_object();
    struct idempotency_reply first, again;
    result r = { true };

    json_put_int(body, "step", w->step);
    const struct idempotency_call call = { .agency_id = m->rq.agency_id,
                                           .client_id = STR("demo-onestop"),
                                           .path = STR("/v1/payments"),
                                           .key = str_i64(w->a, w->step),
                                           .body = body };

    for (int tries = 0; tries < 3 && r.failed; tries++) {
        r = idempotency_run(&w->c->till, &call, make, m, w->a, &first, e);
        if (r.failed && !w->hit)
            break;
    }
    walk_told(w, r, e);
    if (r.failed)
        return false;
    w->fault = FAULT_NONE;
    order_add(w, first.body, m->of);
    if (walk_chance(w, 50)) {
        check_ok(idempotency_run(&w->c->till, &call, make, m, w->a, &again, e), *e);
        check(again.replayed);
        check_int(again.status, first.status);
        check_same(again.body, first.body);
    }
    if (walk_chance(w, 20)) {
        json_put_int(body, "other", 1);
        check_fails(idempotency_run(&w->c->till, &call, make, m, w->a, &again, e), *e,
                    ERR_KEY_REUSED);
    }
    return true;
}

static void do_create(struct walk *w)
{
    struct making m = { .w = w, .rq = request_any(w) };
    struct err e = { .code = ERR_NONE };

    walk_note(w, " %.*s %.*s", STR_ARG(m.rq.agency_id), STR_ARG(m.rq.procedure));
    if (!make_once(w, &m, &e) && e.code != ERR_INVALID && e.code != ERR_BUSINESS_RULE)
        walk_fail(w, "no order: %s %s %s", err_name(e.code), e.field, e.detail);
}

static bool has_live(const struct walk_order *x)
{
    for (int i = 0; i < x->m.attempt_count; i++)
        if (attempt_is_live(x->m.attempts[i].state))
            return true;
    return false;
}

bool walk_disputed(const struct walk_order *x)
{
    for (int i = 0; i < x->m.attempt_count; i++)
        if (x->m.attempts[i].disputed)
            return true;
    return false;
}

static void do_supersede(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    struct making m = { .w = w, .rq = request_any(w), .of = x };
    const enum order_state was = model_state(&x->m);
    struct err e = { .code = ERR_NONE };
    const bool may = (was == ORDER_OPEN || was == ORDER_UNDERPAID || was == ORDER_PAID ||
                      was == ORDER_OVERPAID || was == ORDER_EXEMPT) &&
                     !has_live(x) && !walk_disputed(x) && x->m.reserved_vnd == 0 &&
                     x->m.refunded_vnd == x->m.excess_refunded_vnd;

    if (walk_chance(w, 60))
        return;
    m.rq.agency_id = str_c(x->agency);
    m.rq.reference = str_c(x->dossier);
    walk_note(w, " of %d", (int)(x - w->orders));
    if (!make_once(w, &m, &e)) {
        if (may && e.code != ERR_INVALID && e.code != ERR_BUSINESS_RULE)
            walk_fail(w, "not superseded: %s %s %s", err_name(e.code), e.field, e.detail);
        walk_sync(w, x, 0);
    } else if (!may) {
        walk_fail(w, "superseded, and may not be");
    }
}

static void do_cancel(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    struct err e = { .code = ERR_NONE };
    const enum order_state was = model_state(&x->m);
    const bool live = has_live(x);

    if (walk_chance(w, 50))
        return;
    walk_note(w, " %d (%s)", (int)(x - w->orders), order_state_name(was));
    const result r = order_cancel(&w->c->till, str_c(x->id), counter_cause(), &e);

    if (live)
        walk_told(w, r, &e);
    else
        walk_must(w, r, was == ORDER_OPEN || was == ORDER_CANCELLED, &e);
    walk_sync(w, x, MAY_CAPTURE | MAY_WITHDRAW);
    if (!r.failed && model_state(&x->m) != ORDER_CANCELLED)
        walk_fail(w, "cancelled, and is %s", order_state_name(model_state(&x->m)));
}

/* Attempts. */

static void do_start(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    const struct order o = walk_load(w, x);
    const enum order_state was = model_state(&x->m);
    struct attempt_choice choice = *counter_by(walk_chance(w, 60) ? "portal" : "vietqr");
    struct attempt_way way;
    struct err e = { .code = ERR_NONE };

    if (x->m.attempt_count > MODEL_ATTEMPTS - 6)
        return;
    if (w->wide && walk_chance(w, 30))
        choice.channel = STR("vnpay");
    choice.confirmed = walk_chance(w, 30);
    w->c->init = walk_chance(w, 50) ? INIT_WRAPPED : (enum counter_init)walk_below(w, 8);
    walk_note(w, " %d (%s) by %.*s, init %d", (int)(x - w->orders), order_state_name(was),
              STR_ARG(choice.channel), (int)w->c->init);
    const result r = attempt_start(&w->c->till, &o, &choice, counter_cause(), w->a, &way, &e);

    if (was != ORDER_OPEN && was != ORDER_UNDERPAID)
        walk_must(w, r, false, &e);
    else
        walk_told(w, r, &e);
    walk_sync(w, x, MAY_CAPTURE);
    /* At most one that may still be paid in each channel. */
    for (int i = 0; i < x->m.attempt_count; i++)
        for (int k = 0; k < i; k++)
            if (attempt_is_live(x->m.attempts[i].state) &&
                attempt_is_live(x->m.attempts[k].state) &&
                strcmp(x->channel[i], x->channel[k]) == 0)
                walk_fail(w, "order %d: two live attempts in one channel", (int)(x - w->orders));
}

static void do_payer(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    const int i = walk_pick_attempt(w, x, "portal");
    struct deal *d = i < 0 ? NULL : counter_deal(w->c, str_c(x->refs[i]));

    if (d == NULL || d->state == 1)
        return;
    walk_note(w, " %d.%d", (int)(x - w->orders), i + 1);
    if (walk_chance(w, 65)) {
        d->state = 1;
        (void)snprintf(d->txn, sizeof(d->txn), "GD%lld", (long long)w->step);
    } else {
        d->state = 4;
    }
    walk_note(w, d->state == 1 ? " pays" : " fails");
}

static void network_any(struct walk *w)
{
    w->c->query_down = walk_chance(w, 15);
    w->c->query_amount_more = walk_chance(w, 5) ? 1 : 0;
    w->c->query_currency = walk_chance(w, 4) ? "USD" : "VND";
}

static bool network_is_well(const struct walk *w)
{
    return !w->c->query_down && w->c->query_amount_more == 0 && w->c->query_currency[0] == 'V';
}

/* When the portal has the money and says so, it is ours after this step. */
static void paid_is_captured(struct walk *w, const struct walk_order *x, int i)
{
    const struct deal *d = counter_deal(w->c, str_c(x->refs[i]));

    if (d != NULL && d->state == 1 && network_is_well(w) && !w->hit &&
        x->m.attempts[i].state != ATTEMPT_CAPTURED && x->m.attempts[i].state != ATTEMPT_REVERSED)
        walk_fail(w, "order %d.%d: paid, asked about, and not captured", (int)(x - w->orders),
                  i + 1);
}

static void do_confirm(struct walk *w)
{
    static const struct confirm odd[] = { { .secret = "guess" },     { .amount = "1" },
                                          { .currency = "USD" },     { .partner = "KHAC" },
                                          { .txn = "ANOTHER" },      { .code = "04" },
                                          { .amount = "9999999999" } };
    struct walk_order *x = walk_pick(w), *y = walk_pick(w);
    const int i = walk_pick_attempt(w, x, "portal");
    const int64_t kind = walk_below(w, 20);
    struct confirm with = { 0 };
    struct str body;
    struct notice_reply reply;
    bool flipped = false;
    struct err why = { .code = ERR_NONE };

    if (i < 0)
        return;
    if (kind < (int64_t)LEN(odd))
        with = odd[kind];
    network_any(w);
    body = counter_confirm_body(w->c, str_c(x->refs[i]), with);
    /* A bit is flipped on its way; the name of an empty field may be lost, and it is empty still.
     */
    if (kind == 10 && counter_deal(w->c, str_c(x->refs[i])) != NULL &&
        counter_deal(w->c, str_c(x->refs[i]))->txn[0] != '\0') {
        char *p = arena_alloc(w->a, body.n);

        memcpy(p, body.p, body.n);
        p[walk_below(w, (int64_t)body.n)] ^= 1;
        flipped = true;
        body = str_of(p, body.n);
    }
    const bool forged = kind == 0 || kind == 3 || flipped;
    const int times = walk_chance(w, 25) ? 3 : 1;

    walk_note(w, " %d.%d kind %d x%d%s", (int)(x - w->orders), i + 1, (int)kind, times,
              network_is_well(w) ? "" : " in bad weather");
    for (int n = 0; n < times; n++)
        notice_take(&w->c->till, body, STR("198.51.100.1"), STR("rq"), w->a, &reply, &why);
    walk_note(w, reply.accepted ? " 00" : " 99");
    if (forged && reply.accepted)
        walk_fail(w, "a forged notice was believed");
    walk_sync(w, x, forged ? 0 : MAY_CAPTURE);
    if (y != x)
        walk_sync(w, y, 0);
    if (kind > 10 && times == 1)
        paid_is_captured(w, x, i);
}

static void do_ask(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    const int i = walk_pick_attempt(w, x, NULL);
    struct err e = { .code = ERR_NONE };

    if (i < 0)
        return;
    network_any(w);
    walk_note(w, " %d.%d (%s)%s", (int)(x - w->orders), i + 1,
              attempt_state_name(x->m.attempts[i].state),
              network_is_well(w) ? "" : " in bad weather");
    walk_must(w, attempt_ask(&w->c->till, str_c(x->refs[i]), counter_cause(), &e), true, &e);
    walk_sync(w, x, MAY_CAPTURE);
    if (is_portal(x, i))
        paid_is_captured(w, x, i);
}

static void do_return(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    const struct order o = walk_load(w, x);
    enum order_state state;
    struct err e = { .code = ERR_NONE };

    network_any(w);
    walk_note(w, " %d", (int)(x - w->orders));
    walk_must(w, attempt_return(&w->c->till, &o, counter_cause(), w->a, &state, &e), true, &e);
    walk_sync(w, x, MAY_CAPTURE);
}

static void do_transfer(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    const int i = walk_pick_attempt(w, x, "vietqr");
    const int64_t before = x->m.captured_vnd;
    struct transfer in = { .account = STR(ACCOUNT), .bank = STR("CTG"), .currency = STR("VND") };
    enum transfer_outcome out = TRANSFER_UNRECOGNISED;
    struct err e = { .code = ERR_NONE };

    if (i < 0 || x->m.attempt_count > MODEL_ATTEMPTS - 4)
        return;
    const bool repeat = w->transfers > 0 && walk_chance(w, 15);
    const bool odd = walk_chance(w, 10);
    const int64_t due = x->m.total_vnd > 0 ? x->m.total_vnd : 1000;

    in.at_ms = w->c->clock.fixed_ms;
    in.narrative = odd ? STR("ung ho") : str_fmt(w->a, "MBVCB %s", x->refs[i]);
    in.amount_vnd = walk_chance(w, 50)   ? due
                    : walk_chance(w, 60) ? 1 + walk_below(w, due)
                                         : due + walk_below(w, due);
    in.bank_txn = str_fmt(w->a, "FT%lld", (long long)w->step);
    walk_note(w, " %d.%d %lld%s", (int)(x - w->orders), i + 1, (long long)in.amount_vnd,
              repeat ? " twice" : "");
    result r = transfer_recognise(&w->c->till, &in, "bank_notice", w->a, &out, &e);

    walk_told(w, r, &e);
    if (!w->hit && (r.failed || out != (odd ? TRANSFER_UNRECOGNISED : TRANSFER_CAPTURED)))
        walk_fail(w, "a transfer that is %s", transfer_outcome_name(out));
    w->fault = FAULT_NONE;
    if (repeat || w->hit) { /* a bank that got no answer says it again */
        check_ok(transfer_recognise(&w->c->till, &in, "bank_notice", w->a, &out, &e), e);
        check(w->hit || out == TRANSFER_KNOWN);
    }
    w->transfers++;
    walk_sync(w, x, MAY_CAPTURE);
    if (x->m.captured_vnd != before + (odd ? 0 : in.amount_vnd))
        walk_fail(w, "a transfer of %lld made %lld of %lld", (long long)in.amount_vnd,
                  (long long)x->m.captured_vnd, (long long)before);
}

/* Background work. */

static void poll_some(struct walk *w, int most)
{
    static result (*const jobs[])(const struct till *, bool *,
                                  struct err *) = { poll_attempt, poll_expiry, refund_poll };
    struct err e = { .code = ERR_NONE };
    bool did;

    for (size_t k = 0; k < LEN(jobs); k++) {
        for (int i = 0; i < most; i++) {
            w->c->clock.fixed_ms++; /* no two are due at the same moment */
            const result r = jobs[k](&w->c->till, &did, &e);

            if (r.failed)
                walk_must(w, r, true, &e);
            if (r.failed || !did)
                break;
        }
    }
}

static void do_poll(struct walk *w)
{
    network_any(w);
    w->polled = w->step;
    poll_some(w, 6);
    for (int i = w->count > RECENT ? w->count - RECENT : 0; i < w->count; i++)
        if (walk_chance(w, 25))
            walk_sync(w, &w->orders[i], MAY_CAPTURE | MAY_WITHDRAW | MAY_REFUND);
}

static void do_clock(struct walk *w)
{
    static const int64_t steps_s[] = { 1, 5, 15, 60, 900, 3600, 7200, 86400, 259200 };
    const int64_t s = steps_s[walk_below(w, walk_chance(w, 10) ? 9 : 7)];

    walk_note(w, " +%lld s", (long long)s);
    counter_forward(w->c, s);
}

struct step {
    const char *name;
    int weight;
    void (*run)(struct walk *w);
};

static const struct step steps[] = {
    { "create", 10, do_create },
    { "start", 16, do_start },
    { "payer", 12, do_payer },
    { "confirm", 12, do_confirm },
    { "ask", 8, do_ask },
    { "return", 4, do_return },
    { "transfer", 10, do_transfer },
    { "poll", 4, do_poll },
    { "clock", 5, do_clock },
    { "refund", 8, walk_refund },
    { "refund on", 14, walk_refund_on },
    { "reverse", 7, walk_reverse },
    { "cancel", 3, do_cancel },
    { "supersede", 3, do_supersede },
};

static const struct step wide_steps[] = {
    { "vnpay", 14, walk_vnpay_payer }, { "ipn", 10, walk_vnpay_ipn },
    { "desk", 12, walk_desk_take },    { "bring", 5, walk_desk_bring },
    { "count", 4, walk_desk_count },
};

static void fault_any(struct walk *w)
{
    w->hit = false;
    w->fault = FAULT_NONE;
    w->fault_tx = (int)walk_below(w, 3);
    w->fault_statement = (int)walk_below(w, 30);
    const enum walk_fault f = (enum walk_fault)(1 + walk_below(w, 4));

    if (walk_chance(w, 8))
        w->fault = f;
}

static int weight_of(const struct step *all, size_t count)
{
    int sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += all[i].weight;
    return sum;
}

static const struct step *step_any(struct walk *w)
{
    const int narrow = weight_of(steps, LEN(steps));
    const int sum = narrow + (w->wide ? weight_of(wide_steps, LEN(wide_steps)) : 0);
    int64_t dice = walk_below(w, sum);
    const struct step *s = dice < narrow ? steps : wide_steps;

    if (w->count == 0)
        return steps;
    for (dice -= dice < narrow ? 0 : narrow; dice >= s->weight; s++)
        dice -= s->weight;
    return s;
}

void walk_step(struct walk *w)
{
    w->step++;
    w->log[w->step % WALK_LOG][0] = '\0';
    arena_reset(w->a);
    w->c->clock.fixed_ms += 1 + walk_below(w, 5000);
    fault_any(w);
    const struct step *s = step_any(w);

    walk_note(w, "%s%s", w->fault == FAULT_NONE ? "" : "! ", s->name);
    s->run(w);
    w->fault = FAULT_NONE;
}

/* I16: when all is well again, what the portal has is what is here. */
void walk_settle(struct walk *w)
{
    struct err e = { .code = ERR_NONE };

    w->fault = FAULT_NONE;
    w->hit = false;
    w->c->query_down = false;
    w->c->query_amount_more = 0;
    w->c->query_currency = "VND";
    for (int i = 0; i < w->count; i++) {
        struct walk_order *x = &w->orders[i];

        arena_reset(w->a);
        for (int k = 0; k < x->m.attempt_count; k++)
            if (is_portal(x, k))
                check_ok(attempt_ask(&w->c->till, str_c(x->refs[k]), counter_cause(), &e), e);
        walk_sync(w, x, MAY_CAPTURE | MAY_WITHDRAW | MAY_REFUND);
        for (int k = 0; k < x->m.attempt_count; k++)
            if (is_portal(x, k))
                paid_is_captured(w, x, k);
    }
}
