/*
 * Attacker: a file made to hide a difference, and our own mistakes. Promise: the verdict follows
 * from an equation whose three sides are summed apart, over our side as it was frozen; a run that
 * dies changes nothing; the same cut gives the same manifest. Deliberately not done: postings and
 * resolutions, which want two persons.
 */
#include "finance/reconcile.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/reconcile_row.h"
#include "finance/run_row.h"
#include "payments/attempt.h"

static const char *const verdict_names[RECONCILE_VERDICT_COUNT] = {
    "none",      "incomplete", "breaks", "reconciled_with_warnings", "reconciled_with_pending",
    "reconciled"
};

const char *reconcile_verdict_name(enum reconcile_verdict v)
{
    return verdict_names[v];
}

static struct settlement_key key_of(const struct reconcile_run *r, struct date day)
{
    return (struct settlement_key){ r->key.provider, r->key.account, day };
}

static result beside_find(struct sql *db, struct reconcile_run *r, int days, int64_t *file_n,
                          struct err *e)
{
    const struct settlement_key key = key_of(r, date_add_days(r->day, days));
    struct settlement_kept kept;
    bool found;

    TRY(settlement_find_at(db, &key, r->cut_ms, r->a, &found, &kept, e));
    *file_n = found ? kept.file_n : 0;
    return OK;
}

result reconcile_inputs(struct sql *db, struct reconcile_run *r, struct err *e)
{
    const struct settlement_key key = key_of(r, r->day);
    bool found;

    if (r->file_sha256.n > 0)
        TRY(settlement_find(db, &key, r->file_sha256, r->a, &found, &r->file, e));
    else
        TRY(settlement_find_accepted(db, &key, r->a, &found, &r->file, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no accepted settlement file");
    TRY(beside_find(db, r, -1, &r->before_n, e));
    TRY(beside_find(db, r, 1, &r->after_n, e));
    return settlement_has_gap(db, &r->file, r->cut_ms, r->a, &r->gap, e);
}

static result inputs_find(struct sql *db, void *arg, struct err *e)
{
    return reconcile_inputs(db, arg, e);
}

/* A lost CONFIRM: the file says paid, we do not. What QUERY cannot tell stays an exception. */
static result heal(struct reconcile_run *r, struct err *e)
{
    const struct order_cause cause = { .actor = STR("system"), .source = STR("settlement") };

    for (size_t i = 0; i < r->doubt_count; i++) {
        struct err why = { 0 };
        if (attempt_ask(r->t, r->doubts[i], &cause, &why).failed && why.code == ERR_STORE)
            return fail(e, why.code, "%s", why.detail);
    }
    return OK;
}

static result freeze(struct sql *db, void *arg, struct err *e)
{
    TRY(reconcile_inputs(db, arg, e)); /* another file may have been accepted meanwhile */
    return reconcile_freeze(db, arg, e);
}

static result close_run(struct sql *db, void *arg, struct err *e)
{
    struct reconcile_run *r = arg;

    arena_reset(r->page);
    return reconcile_close(db, r, e);
}

static result begin(struct sql *db, void *arg, struct err *e)
{
    struct reconcile_run *r = arg;

    TRY(settlement_number(db, "run", &r->run_n, e));
    return run_begin(db, r->t, &r->key, &r->go, r->a, e);
}

static result run(struct reconcile_run *r, struct err *e)
{
    r->cut_ms = clock_now_ms(r->t->clock);
    TRY(sql_read(r->t->store, inputs_find, r, e));
    TRY(sql_transact(r->t->store, begin, r, e));
    if (!r->go)
        return OK;
    r->cut_ms = clock_now_ms(r->t->clock);
    TRY(sql_read(r->t->store, freeze, r, e));
    if (r->doubt_count > 0) {
        TRY(heal(r, e));
        r->asked = true;
        r->cut_ms = clock_now_ms(r->t->clock);
        TRY(sql_read(r->t->store, freeze, r, e));
    }
    return sql_transact(r->t->store, close_run, r, e);
}

static void run_close_engine(struct reconcile_run *r)
{
    match_close(&r->engine);
}

static const struct office *office_of(const struct till *t)
{
    return t->above != NULL ? t->above->office : NULL;
}

void reconcile_channels(const struct till *t, const struct settlement_key *k,
                        struct str out[SOURCE_CHANNELS_MAX])
{
    const struct office *f = office_of(t);
    const struct source *s =
        f != NULL ? source_by_key(f->sources, k->provider, k->account, k->day) : NULL;

    for (size_t i = 0; i < SOURCE_CHANNELS_MAX; i++)
        out[i] = s != NULL && i < s->channel_count ? s->channels[i] : STR("");
    if (s == NULL)
        out[0] = STR("portal"); /* a till without an office: the portal's file alone */
}

static void source_look(struct reconcile_run *r)
{
    const struct settlement_key key = key_of(r, r->day);
    const struct office *f = office_of(r->t);
    struct buf foreign = buf_make(r->a, 1024);
    const struct source *other;

    buf_putc(&foreign, ',');
    reconcile_channels(r->t, &key, r->channels);
    for (size_t i = 0; f != NULL && (other = source_each(f->sources, r->day, i)) != NULL; i++)
        if (str_eq(other->provider, r->key.provider) && str_eq(other->account, r->key.account))
            r->source = other;
        else if (source_is_run(other))
            for (size_t k = 0; k < other->channel_count; k++)
                buf_fmt(&foreign, "%.*s,", STR_ARG(other->channels[k]));
    r->foreign = buf_str(&foreign);
    r->is_merchant = r->source != NULL && r->source->is_merchant;
}

static struct reconcile_run run_make(const struct till *t, const struct settlement_key *k,
                                     struct arena *own, struct arena *page)
{
    struct reconcile_run r = {
        .t = t,
        .key = { k->provider, k->account, k->day },
        .day = k->day,
        .a = own,
        .page = page,
        .rules = { .provider = k->provider, .account = k->account, .day = k->day },
    };

    source_look(&r);
    return r;
}

static struct settlement_key portal_key(const struct till *t, struct date day)
{
    return (struct settlement_key){ STR(SOURCE_PORTAL), t->account, day };
}

result reconcile_key_run(const struct till *t, const struct settlement_key *k, struct arena *a,
                         struct reconcile_day *out, struct err *e)
{
    DEFER(arena_close) struct arena *own = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close) struct arena *page = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(run_close_engine) struct reconcile_run r = run_make(t, k, own, page);

    TRY(run(&r, e));
    return reconcile_key_day(t, k, a, out, e);
}

result reconcile_run(const struct till *t, struct date day, struct arena *a,
                     struct reconcile_day *out, struct err *e)
{
    const struct settlement_key key = portal_key(t, day);

    return reconcile_key_run(t, &key, a, out, e);
}

struct again {
    struct reconcile_run *r;
    struct str outcome;
};

static result outcome_of(struct sql *db, void *arg, struct err *e)
{
    struct again *g = arg;

    return reconcile_outcome(db, g->r, &g->outcome, e);
}

result reconcile_again(const struct till *t, const struct settlement_key *k, struct str file_sha256,
                       int64_t cut_ms, struct arena *a, struct str *outcome, struct err *e)
{
    DEFER(arena_close) struct arena *own = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close) struct arena *page = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(run_close_engine) struct reconcile_run r = run_make(t, k, own, page);
    struct again g = { .r = &r };

    r.cut_ms = cut_ms;
    r.asked = true;
    r.file_sha256 = file_sha256;
    TRY(sql_read(t->store, freeze, &r, e));
    TRY(sql_transact(t->store, outcome_of, &g, e));
    *outcome = str_dup(a, g.outcome);
    return OK;
}
