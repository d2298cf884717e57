/* Steps of the walk: payers, the portal, the clock and files. */
#include <stdio.h>

#include "crypto/digest.h"
#include "finance/run.h"
#include "payments/fee.h"
#include "tests/finance/office_walk.h"

#define DAY_MS 86400000LL
#define LINES  26 /* of a file: room for what is planted beside */

static bool chance(struct office_walk *w, int percent)
{
    return office_walk_below(w, 100) < percent;
}

static struct str account_of(const struct office_walk *w, struct str agency_id, struct date day)
{
    struct fee_agency agency;
    struct err e = { 0 };

    check_ok(fee_agency_find(w->c->fees, agency_id, day, &agency, &e), e);
    return agency.account;
}

/* The portal's line for what it has. */
static void line_put(struct office_walk *w, const struct walked_pay *p, struct str agency_id)
{
    struct day_file *f = &w->days[p->day].file;
    struct settlement_line *l =
        day_file_add(f, str_c(counter_deal(w->c, p->reference)->txn), p->reference, p->vnd);

    l->account = account_of(w, agency_id, f->day);
    l->body = agency_id;
    l->txn_at_ms = p->at_ms;
    l->treasury_status = STR("SENT_SUCCESS");
}

static void ask(struct office_walk *w, struct str reference)
{
    struct err e = { 0 };

    check_ok(attempt_ask(&w->c->till, reference, counter_cause(), &e), e);
}

/* Somebody pays; we may hear of it at once, later by QUERY, or never be paid at all. */
static void step_pay(struct office_walk *w)
{
    struct walked_pay *p = &w->pays[w->pay_count];
    struct order_request rq = counter_request();
    const int how = office_walk_below(w, 10);
    struct order o;

    if (w->days[w->today].file.count >= LINES || w->pay_count == OFFICE_WALK_PAYS)
        return;
    w->c->clock.fixed_ms += 1000 * (1 + office_walk_below(w, 600));
    if (clock_local(w->c->clock.fixed_ms).date.d != w->days[w->today].date.d) {
        w->c->clock.fixed_ms -= 600000;
        return;
    }
    rq.agency_id = chance(w, 50) ? STR("H56.14") : STR("H56.15");
    rq.received_on = w->days[w->today].date;
    rq.reference = str_fmt(test_arena(), "%.*s-W-%05d", STR_ARG(rq.agency_id), w->pay_count);
    o = counter_order_for(w->c, &rq);
    *p = (struct walked_pay){ .reference = counter_start(w->c, &o),
                              .order = o.id,
                              .day = w->today,
                              .there = how < 9,
                              .here = how < 7,
                              .vnd = o.bill.total_vnd,
                              .at_ms = w->c->clock.fixed_ms };
    office_walk_note(w, "pay %d: %s", w->pay_count,
                     p->here    ? "captured"
                     : p->there ? "not heard of"
                                : "not paid");
    w->pay_count++;
    if (!p->there)
        return;
    counter_pay(w->c, p->reference);
    (void)snprintf(counter_deal(w->c, p->reference)->time, 16, "%.*s",
                   STR_ARG(clock_stamp14(test_arena(), p->at_ms)));
    if (p->here)
        ask(w, p->reference);
    line_put(w, p, rq.agency_id);
}

static void step_ask(struct office_walk *w)
{
    for (int i = 0; i < w->pay_count; i++) {
        struct walked_pay *p = &w->pays[i];
        if (!p->there || p->here || !chance(w, 30))
            continue;
        ask(w, p->reference);
        p->here = true;
        office_walk_note(w, "heard of %d", i);
        return;
    }
}

static void step_midnight(struct office_walk *w)
{
    if (w->today + 1 == OFFICE_WALK_DAYS || chance(w, 40))
        return;
    w->today++;
    w->c->clock.fixed_ms = clock_day_start_ms(w->days[w->today].date) + 3600000;
    office_walk_note(w, "day %d begins", w->today);
}

/* The portal's file of a day is not what it should be. */
static void step_plant(struct office_walk *w)
{
    const int day = office_walk_below(w, w->today + 1);
    struct day_file *f = &w->days[day].file;
    struct settlement_line *l, *other;
    const int what = office_walk_below(w, 8);

    if (f->count == 0 || f->count + 2 >= DAY_FILE_LINES)
        return;
    l = &f->lines[office_walk_below(w, (int)f->count)];
    office_walk_note(w, "plant %d on line %lld of day %d", what, (long long)l->n, day);
    if (what == 0)
        l->gross_vnd += chance(w, 50) ? 500 : -500;
    if (what == 1)
        l->success = !l->success, l->code = l->success ? STR("00") : STR("05");
    if (what == 2)
        l->merchant_ref = STR("");
    if (what == 3)
        l->portal_txn = str_fmt(test_arena(), "OTHER%lld", (long long)w->step);
    if (what == 4)
        (void)day_file_add(f, l->portal_txn, l->merchant_ref, l->gross_vnd);
    if (what == 5)
        (void)day_file_add(f, str_fmt(test_arena(), "XX%lld", (long long)w->step),
                           str_fmt(test_arena(), "STRANGER%lld", (long long)w->step), 7000);
    if (what == 6)
        day_file_add(f, STR(""), STR(""), 55)->kind = SETTLEMENT_ADJUST;
    if (what == 7) {
        const struct settlement_line was = *l;
        other = day_file_add(f, str_fmt(test_arena(), "RV%lld", (long long)w->step),
                             was.merchant_ref, was.gross_vnd);
        other->kind = SETTLEMENT_REVERSAL;
        other->original_ref = was.portal_txn;
    }
}

static struct str agency_of(struct office_walk *w, const struct walked_pay *p)
{
    struct order o;
    struct err e = { 0 };

    check_ok(order_load(&w->c->till, p->order, STR(""), test_arena(), &o, &e), e);
    return o.agency_id;
}

/* The portal mends its file: it holds what was paid. */
static void step_mend(struct office_walk *w)
{
    const int day = office_walk_below(w, w->today + 1);
    struct day_file *f = &w->days[day].file;

    f->count = 0;
    for (int i = 0; i < w->pay_count; i++)
        if (w->pays[i].day == day && w->pays[i].there)
            line_put(w, &w->pays[i], agency_of(w, &w->pays[i]));
    office_walk_note(w, "day %d is mended", day);
}

static int64_t moved_vnd(const struct day_file *f)
{
    int64_t vnd = 0;

    for (size_t i = 0; i < f->count; i++)
        vnd += settlement_moved_vnd(&f->lines[i]);
    return vnd;
}

/* What a run may have found out by QUERY. */
static void hear(struct office_walk *w)
{
    for (int i = 0; i < w->pay_count; i++)
        if (w->pays[i].there && !w->pays[i].here)
            w->pays[i].here = counter_attempt(w->c, w->pays[i].reference) == ATTEMPT_CAPTURED;
}

static struct str outcome(struct office_walk *w, int day)
{
    struct reconcile_day d;
    struct err e = { 0 };

    check_ok(reconcile_day(&w->c->till, w->days[day].date, test_arena(), &d, &e), e);
    return d.manifest;
}

static void accepted(struct office_walk *w, int day, const struct intake_result *r,
                     const struct day_file *f)
{
    struct walked_day *x = &w->days[day];

    /* One in a poorer form that says the same is kept aside. */
    if (r->file.state == SETTLEMENT_SUPERSEDED)
        return;
    x->taken = r->file.revision;
    x->form = r->file.form;
    x->sha256 = str_dup(test_arena(), r->file.sha256);
    x->early = w->today == day;
    x->moved_vnd = moved_vnd(f);
    x->lines = (int64_t)f->count;
    x->file.opening_vnd = f->opening_vnd;
}

static struct day_file file_now(struct office_walk *w, int day, enum settlement_form form)
{
    const struct walked_day *x = &w->days[day], *before = day > 0 ? &w->days[day - 1] : NULL;
    struct day_file f = x->file;

    f.revision = x->taken + 1;
    if (before != NULL && before->taken > 0) {
        f.opening_vnd = day_file_closing_vnd(&before->file);
        if (before->form == SETTLEMENT_MC1)
            f.previous = before->sha256;
    }
    if (form == SETTLEMENT_MC1 || form == SETTLEMENT_XLSX || f.count == 0)
        return f;
    for (size_t i = 0; i < f.count; i++) /* these have no columns for them */
        f.lines[i].currency = STR("");
    return f;
}

static bool is_closed(struct office_walk *w, int day)
{
    const struct run_key k = { STR(SETTLEMENT_PROVIDER), w->c->till.account, w->days[day].date };
    struct run_view v;
    struct err e = { 0 };

    check_ok(run_load(&w->office, &k, test_arena(), &v, &e), e);
    return v.run.state == RUN_CLOSED || v.run.state == RUN_AWAITING_APPROVAL;
}

static void step_file(struct office_walk *w)
{
    static const enum settlement_form forms[] = { SETTLEMENT_MC1, SETTLEMENT_FW1, SETTLEMENT_BJ1,
                                                  SETTLEMENT_XLSX };
    const int back = office_walk_below(w, 4), day = w->today - back < 0 ? 0 : w->today - back;
    const enum settlement_form form = forms[office_walk_below(w, LEN(forms))];
    struct day_file f = file_now(w, day, form);
    const bool wrong = chance(w, 15);
    const struct str before = outcome(w, day);
    struct intake_result r;
    struct err e = { 0 };

    if (is_closed(w, day)) /* it would be kept, and the day would not change */
        return;
    w->c->clock.fixed_ms += 60000;
    f.more_gross_vnd = wrong ? 1 : 0;
    office_walk_note(w, "file of day %d, %s%s", day, settlement_form_name(form),
                     wrong ? ", with a wrong total" : "");
    check_ok(intake_take(&w->c->till, f.day, STR("f"), day_file_print(&f, form), STR("staff:an"),
                         test_arena(), &r, &e),
             e);
    hear(w);
    office_walk_note(w, ": %s",
                     r.known         ? "known"
                     : r.quarantined ? "quarantined"
                                     : settlement_state_name(r.file.state));
    if (wrong && !r.quarantined && form != SETTLEMENT_FW1) /* whose totals are a count */
        office_walk_fail(w, "a wrong total was believed");
    if (r.quarantined && !str_eq(outcome(w, day), before))
        office_walk_fail(w, "a quarantined file changed the day");
    if (!r.quarantined && !r.known)
        accepted(w, day, &r, &f);
    else if (r.known && !r.quarantined)
        w->days[day].early = w->days[day].early && w->today == day;
}

/* I13: the same cut gives the same bytes. */
static void step_run(struct office_walk *w)
{
    const int day = office_walk_below(w, w->today + 1);
    struct reconcile_day first, again;
    struct err e = { 0 };

    if (w->days[day].taken == 0)
        return;
    office_walk_note(w, "run day %d twice", day);
    check_ok(reconcile_run(&w->c->till, w->days[day].date, test_arena(), &first, &e), e);
    hear(w);
    check_ok(reconcile_run(&w->c->till, w->days[day].date, test_arena(), &again, &e), e);
    if (!str_eq(first.manifest, again.manifest))
        office_walk_fail(w, "the same cut, other bytes:\n%.*s\n%.*s", STR_ARG(first.manifest),
                         STR_ARG(again.manifest));
}

void office_walk_step(struct office_walk *w)
{
    static void (*const steps[])(struct office_walk *) = {
        step_pay,           step_pay,           step_pay,
        step_pay,           step_ask,           step_midnight,
        step_plant,         step_mend,          step_file,
        step_file,          step_run,           office_walk_assign,
        office_walk_assign, office_walk_carry,  office_walk_close_one,
        office_walk_submit, office_walk_submit, office_walk_decide,
        office_walk_decide,
    };
    const int which = office_walk_below(w, LEN(steps));

    w->step++;
    w->log[w->step % OFFICE_WALK_LOG][0] = '\0';
    w->steps_of[which]++;
    w->c->clock.fixed_ms += 1000;
    steps[which](w);
}
