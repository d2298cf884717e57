/*
 * What the bank's statement says arrived. Attacker: chance, two payouts of one amount; promise:
 * only equal sums confirm, and only where nothing else has the same sum. What nothing explains is
 * an exception (MIS_OURS) until a payout of a day that is closed later does.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/exception_row.h"
#include "finance/payout_row.h"

#define WINDOW_DAYS 14 /* how long after its day the money of a payout may arrive */
#define CREDITS_MAX 2000
#define WAITING_MAX 2000
#define STRAY_DAYS  50 /* statements that are looked at again at once */

struct credit {
    struct str number, account;
    int64_t n, vnd, file_n;
    bool used;
};

struct matching {
    const struct office *f;
    const struct payout_day *s;
    struct payout_matched *out;
    struct arena *a;
    struct credit *credits;
    size_t credit_count;
    struct payout *waiting;
    size_t waiting_count;
    bool *taken;
};

static result credits_read(struct sql *db, struct matching *m, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    m->credits = arena_array(m->a, struct credit, CREDITS_MAX);
    TRY(sql_find(db, SQL_PAYOUT_CREDITS, &rows, e, sql_t(m->s->provider), sql_t(m->s->account),
                 sql_t(date_iso(m->a, m->s->day)), sql_i(CREDITS_MAX)));
    for (m->credit_count = 0; m->credit_count < CREDITS_MAX; m->credit_count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        struct credit *c = &m->credits[m->credit_count];
        *c = (struct credit){ .n = sql_int(rows, 0),
                              .number = sql_text(rows, 1, m->a),
                              .vnd = sql_int(rows, 2),
                              .account = sql_text(rows, 3, m->a),
                              .file_n = sql_int(rows, 4) };
        if (c->account.n == 0)
            c->account = m->s->account;
        if (c->number.n == 0)
            c->number = str_fmt(m->a, "%.*s/%.*s/%lld", STR_ARG(m->s->account),
                                STR_ARG(date_iso(m->a, m->s->day)), (long long)c->n);
    }
    return OK;
}

static result waiting_read(struct sql *db, struct matching *m, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_PAYOUT_WAITING, &rows, e, sql_t(date_iso(m->a, m->s->day)),
                 sql_t(date_iso(m->a, date_add_days(m->s->day, -WINDOW_DAYS))),
                 sql_i(WAITING_MAX)));
    TRY(payout_read_all(rows, WAITING_MAX, m->a, &m->waiting, &m->waiting_count, e));
    m->taken = arena_array(m->a, bool, m->waiting_count + 1);
    return OK;
}

static result take_one(struct sql *db, struct matching *m, size_t i, struct str number,
                       struct err *e)
{
    const struct payout_word w = { .number = number,
                                   .day = m->s->day,
                                   .amount_vnd = m->waiting[i].net_vnd };
    bool done;

    TRY(payout_confirm_in(db, m->f, &m->waiting[i], &w, STR("system"), m->a, &done, e));
    m->taken[i] = true;
    m->out->confirmed += done;
    return OK;
}

/* Whether the money of a payout arrives on that account. */
static bool goes_to(const struct matching *m, size_t i, struct str account)
{
    return !m->taken[i] &&
           (str_eq(m->waiting[i].beneficiary, account) || str_eq(m->waiting[i].account, account));
}

/* What a credit may be: payouts `first` to `last` of those that go to its account. */
struct range {
    size_t first, last, found;
};

enum pass {
    ONE,   /* a single payout */
    DAY,   /* all payouts of one posting */
    RANGE, /* payouts of days that follow each other */
    PASSES
};

static bool may_follow(const struct matching *m, size_t first, size_t i, enum pass pass)
{
    return pass == RANGE || (pass == DAY && m->waiting[i].n == m->waiting[first].n);
}

/* All that explain the amount; *r is the last of them. */
static void explain(const struct matching *m, const struct credit *c, enum pass pass,
                    struct range *r)
{
    for (size_t first = 0; first < m->waiting_count; first++) {
        int64_t vnd = 0;

        for (size_t i = first; i < m->waiting_count && vnd < c->vnd; i++) {
            if (!goes_to(m, i, c->account) || !goes_to(m, first, c->account))
                continue;
            if (i > first && !may_follow(m, first, i, pass))
                break;
            vnd += m->waiting[i].net_vnd;
            if (vnd == c->vnd)
                *r = (struct range){ first, i, r->found + 1 };
        }
    }
}

static size_t alike(const struct matching *m, const struct credit *c)
{
    size_t n = 0;

    for (size_t k = 0; k < m->credit_count; k++)
        n += !m->credits[k].used && m->credits[k].vnd == c->vnd &&
             str_eq(m->credits[k].account, c->account);
    return n;
}

static result pass_run(struct sql *db, struct matching *m, enum pass pass, struct err *e)
{
    for (size_t i = 0; i < m->credit_count; i++) {
        struct credit *c = &m->credits[i];
        struct range r = { .found = 0 };

        if (c->used)
            continue;
        explain(m, c, pass, &r);
        if (r.found == 0 || r.found != alike(m, c))
            continue; /* nothing, or nobody knows which */
        c->used = true;
        for (size_t k = r.first; k <= r.last; k++)
            if (goes_to(m, k, c->account))
                TRY(take_one(db, m, k, c->number, e));
    }
    return OK;
}

/* What is left for one account on both sides, if it is the same: several lines for one payout. */
static result rest(struct sql *db, struct matching *m, const struct credit *of, struct err *e)
{
    const struct str account = of->account;
    const struct str number = of->number;
    int64_t arrived_vnd = 0, waited_vnd = 0;

    for (size_t i = 0; i < m->credit_count; i++)
        if (!m->credits[i].used && str_eq(m->credits[i].account, account))
            arrived_vnd += m->credits[i].vnd;
    for (size_t i = 0; i < m->waiting_count; i++)
        waited_vnd += goes_to(m, i, account) ? m->waiting[i].net_vnd : 0;
    if (arrived_vnd != waited_vnd)
        return OK;
    for (size_t i = 0; i < m->credit_count; i++)
        if (str_eq(m->credits[i].account, account))
            m->credits[i].used = true;
    for (size_t i = 0; i < m->waiting_count; i++)
        if (goes_to(m, i, account))
            TRY(take_one(db, m, i, number, e));
    return OK;
}

/* A credit that is no payout and no payer's transfer. */
static result unknown_tell(struct sql *db, const struct matching *m, const struct credit *c,
                           struct err *e)
{
    const struct exception_news news = { .source = "statement",
                                         .provider = m->s->provider,
                                         .account = m->s->account,
                                         .day = m->s->day,
                                         .class = MATCH_MIS_OURS,
                                         .reference = STR(""),
                                         .portal_txn = c->number,
                                         .agency_id = STR(""),
                                         .file_n = c->file_n,
                                         .line = c->n,
                                         .theirs_vnd = c->vnd };

    return exception_tell(db, &news, clock_now_ms(m->f->till->clock), m->a, e);
}

static result match(struct sql *db, void *arg, struct err *e)
{
    struct matching *m = arg;

    *m->out = (struct payout_matched){ 0 };
    arena_reset(m->a);
    TRY(credits_read(db, m, e));
    TRY(waiting_read(db, m, e));
    for (int pass = 0; pass < PASSES; pass++)
        TRY(pass_run(db, m, (enum pass)pass, e));
    for (size_t i = 0; i < m->credit_count; i++)
        if (!m->credits[i].used)
            TRY(rest(db, m, &m->credits[i], e));
    for (size_t i = 0; i < m->credit_count; i++) {
        if (m->credits[i].used)
            continue;
        m->out->unmatched++;
        TRY(unknown_tell(db, m, &m->credits[i], e));
    }
    return OK;
}

result payout_match_stray(struct sql *db, const struct office *f, struct arena *a, struct err *e)
{
    DEFER(arena_close) struct arena *own = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct payout_day days[STRAY_DAYS];
    struct payout_matched out;
    size_t count = 0;
    bool more = true;

    TRY(sql_find(db, SQL_EXCEPTION_STATEMENTS, &rows, e, sql_i(STRAY_DAYS)));
    while (more && count < STRAY_DAYS) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        days[count] = (struct payout_day){ sql_text(rows, 0, a), sql_text(rows, 1, a), { 0 } };
        must(date_read(sql_text(rows, 2, a), &days[count++].day));
    }
    sql_end(&rows);
    for (size_t i = 0; i < count; i++) {
        struct matching m = { .f = f, .s = &days[i], .out = &out, .a = own };
        TRY(match(db, &m, e));
    }
    return OK;
}

result payout_match(const struct office *f, const struct payout_day *statement,
                    struct payout_matched *out, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct matching m = { .f = f, .s = statement, .out = out, .a = a };

    return sql_transact(f->till->store, match, &m, e);
}
