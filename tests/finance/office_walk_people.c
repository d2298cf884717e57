/* Steps of the walk: two officers and an approver work on what was found. */
#include <stdlib.h>

#include "finance/run.h"
#include "payments/proposal.h"
#include "tests/finance/office_walk.h"
#include "tests/payments/peek.h"

static struct proposal_actor person(struct office_walk *w, int *who)
{
    static const char *const names[] = { "staff:an", "staff:binh", "staff:chi" };

    *who = office_walk_below(w, LEN(names));
    return (struct proposal_actor){ .name = str_c(names[*who]),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-7"),
                                    .ip = STR("203.0.113.9") };
}

/* One that is not closed, by what does not hang on random names; false: there is none. */
static bool pick(struct office_walk *w, struct exception *out)
{
    struct arena *a = test_arena();
    struct str all =
                   peek_text(a, "SELECT id FROM reconcile_exception WHERE state <> 'resolved' AND "
                                "stage <> 'closed' ORDER BY day, class, line, ours_vnd, "
                                "theirs_vnd, first_seen_ms, seen_ms, owner, stage LIMIT 400"),
               id;
    struct err e = { 0 };
    int count = 0, at;

    for (size_t i = 0; i < all.n; i++)
        count += all.p[i] == '\n';
    if (count == 0)
        return false;
    at = office_walk_below(w, count);
    for (int i = 0; i <= at; i++)
        check(str_next(&all, '\n', &id));
    check_ok(exception_load(&w->c->till, id, a, out, &e), e);
    return true;
}

/* A refusal is for a reason that people are told. */
static void told(struct office_walk *w, result r, const struct err *e)
{
    office_walk_note(w, r.failed ? ": %s" : ": ok", err_name(e->code));
    if (r.failed && (e->code == ERR_INTERNAL || e->code == ERR_STORE))
        office_walk_fail(w, "%s %s: %s", err_name(e->code), e->field, e->detail);
}

static struct exception again(struct office_walk *w, struct str id)
{
    struct exception x;
    struct err e = { 0 };

    check_ok(exception_load(&w->c->till, id, test_arena(), &x, &e), e);
    return x;
}

void office_walk_assign(struct office_walk *w)
{
    struct exception x;
    struct err e = { 0 };
    int who;
    const struct proposal_actor by = person(w, &who);
    const bool stale = office_walk_below(w, 5) == 0, release = office_walk_below(w, 6) == 0;
    result r;

    if (!pick(w, &x))
        return;
    office_walk_note(w, "%d %s %s of %.*s", who, release ? "releases" : "takes",
                     match_name(x.class), STR_ARG(x.day));
    if (release)
        r = exception_release(&w->c->till, x.id, &by, test_arena(), &e);
    else
        r = exception_assign(&w->c->till, x.id, by.name, stale ? STR("staff:gone") : x.owner, &by,
                             test_arena(), &e);
    told(w, r, &e);
    /* Of two who take it at once the second is told. */
    if (!release && stale && !r.failed && !str_eq(x.owner, by.name))
        office_walk_fail(w, "taken from somebody unseen");
    if (!release && !r.failed && !str_eq(again(w, x.id).owner, by.name))
        office_walk_fail(w, "assigned, and not the owner");
}

void office_walk_carry(struct office_walk *w)
{
    struct exception x;
    struct err e = { 0 };
    int who;
    struct proposal_actor by = person(w, &who);
    const struct date on = date_add_days(w->days[w->today].date, office_walk_below(w, 100) - 3);
    result r;

    if (!pick(w, &x))
        return;
    if (x.owner.n > 0 && office_walk_below(w, 4) > 0)
        by.name = x.owner;
    office_walk_note(w, "%d carries %s of %.*s to %.*s", who, match_name(x.class), STR_ARG(x.day),
                     STR_ARG(date_iso(test_arena(), on)));
    r = exception_carry(&w->c->till, x.id, on, STR("asked the portal"), &by, test_arena(), &e);
    told(w, r, &e);
    if (!r.failed && !str_eq(x.owner, by.name))
        office_walk_fail(w, "carried by another than its owner");
    if (!r.failed && str_cmp(date_iso(test_arena(), on), x.day) <= 0)
        office_walk_fail(w, "carried to its own day");
}

/* Only what was executed may be closed so. */
void office_walk_close_one(struct office_walk *w)
{
    struct exception x;
    struct err e = { 0 };
    int who;
    const struct proposal_actor by = person(w, &who);
    result r;

    if (!pick(w, &x))
        return;
    office_walk_note(w, "%d closes %s of %.*s", who, match_name(x.class), STR_ARG(x.day));
    r = exception_close(&w->c->till, x.id, STR("done"), &by, test_arena(), &e);
    told(w, r, &e);
    if (!r.failed && x.stage != EXCEPTION_EXECUTED)
        office_walk_fail(w, "closed by one person alone");
}

static struct run_view day_of(struct office_walk *w, int day)
{
    const struct run_key k = { STR(SETTLEMENT_PROVIDER), w->c->till.account, w->days[day].date };
    struct run_view v;
    struct err e = { 0 };

    check_ok(run_load(&w->office, &k, test_arena(), &v, &e), e);
    return v;
}

/* Somebody answers for all that is open on the day. */
static void carry_all(struct office_walk *w, const struct run_view *v,
                      const struct proposal_actor *by)
{
    const struct date on = date_add_days(w->days[w->today].date, 20);

    for (size_t i = 0; i < v->outcome.exception_count; i++) {
        const struct exception *x = &v->outcome.exceptions[i];
        struct err e = { 0 };
        if (!exception_is_open(x->stage))
            continue;
        (void)exception_assign(&w->c->till, x->id, by->name, x->owner, by, test_arena(), &e).failed;
        (void)exception_carry(&w->c->till, x->id, on, STR("asked"), by, test_arena(), &e).failed;
    }
}

/* I11, and every exception owned: a day that is not ready is not even submitted. */
void office_walk_submit(struct office_walk *w)
{
    const int day = office_walk_below(w, w->today + 1);
    struct run_view v = day_of(w, day);
    struct run_ask ask = { v.run.key, v.run.manifest_hash, STR("looked at") };
    const bool stale = office_walk_below(w, 6) == 0;
    struct proposal p;
    struct err e = { 0 };
    int who;
    const struct proposal_actor by = person(w, &who);
    result r;

    if (v.bar == RUN_BAR_EXCEPTION && office_walk_below(w, 3) > 0) {
        carry_all(w, &v, &by);
        v = day_of(w, day);
    }
    if (stale)
        ask.manifest_hash = STR("what was shown before");
    office_walk_note(w, "%d %s day %d", who, v.run.state == RUN_CLOSED ? "reopens" : "submits",
                     day);
    r = v.run.state == RUN_CLOSED ? run_reopen(&w->office, &ask, &by, test_arena(), &p, &e)
                                  : run_submit(&w->office, &ask, &by, test_arena(), &p, &e);
    told(w, r, &e);
    if (!r.failed && (stale || (v.run.state != RUN_CLOSED && v.bar != RUN_MAY_CLOSE)))
        office_walk_fail(w, "submitted: %s", stale ? "another outcome" : run_bar_name(v.bar));
}

/* I14: by another, and of what was shown. */
void office_walk_decide(struct office_walk *w)
{
    struct proposal *all, p;
    size_t count;
    struct err e = { 0 };
    int who;
    const struct proposal_actor by = person(w, &who);
    result r;

    check_ok(proposal_list(&w->c->till, PROPOSAL_OPEN, STR(""), 1, test_arena(), &all, &count, &e),
             e);
    if (count == 0)
        return;
    const bool stale = office_walk_below(w, 6) == 0, no = office_walk_below(w, 5) == 0;
    const struct proposal_decision d = { .id = all[0].id,
                                         .verdict = no ? PROPOSAL_REJECTED : PROPOSAL_APPROVED,
                                         .hash = stale ? STR("another") : all[0].hash,
                                         .remark = STR("seen") };
    office_walk_note(w, "%d %s %s", who, no ? "rejects" : "approves",
                     proposal_kind_name(all[0].kind));
    r = proposal_decide(&w->c->till, &d, &by, test_arena(), &p, &e);
    told(w, r, &e);
    if (!r.failed && (stale || str_eq(by.name, all[0].maker)))
        office_walk_fail(w, "decided %s", stale ? "on something else" : "by its maker");
}
