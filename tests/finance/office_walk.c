/* The walk's world, and what must hold in it. */
#include "tests/finance/office_walk.h"
#include "tests/finance/residuals.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keyring.h"
#include "payments/ledger.h"
#include "store/audit.h"
#include "tests/payments/peek.h"

#define ACCOUNT "3713.0.1234567.00000"

static const struct date first_day = { 2026, 10, 5 };

uint64_t office_walk_random(struct office_walk *w)
{
    uint64_t z = (w->rng += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int office_walk_below(struct office_walk *w, int n)
{
    return (int)(office_walk_random(w) % (uint64_t)n);
}

void office_walk_note(struct office_walk *w, const char *fmt, ...)
{
    char *line = w->log[w->step % OFFICE_WALK_LOG];
    const size_t n = strlen(line);
    va_list va;

    va_start(va, fmt);
    (void)vsnprintf(line + n, sizeof(w->log[0]) - n, fmt, va);
    va_end(va);
}

void office_walk_fail(struct office_walk *w, const char *fmt, ...)
{
    char text[2048];
    va_list va;

    va_start(va, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, va);
    va_end(va);
    for (int64_t i = w->step >= OFFICE_WALK_LOG ? w->step - OFFICE_WALK_LOG + 1 : 1; i <= w->step;
         i++)
        (void)fprintf(stderr, "%6lld %s\n", (long long)i, w->log[i % OFFICE_WALK_LOG]);
    test_fail(__FILE__, __LINE__, "seed %llu step %lld: %s", (unsigned long long)w->seed,
              (long long)w->step, text);
}

struct office_walk *office_walk_open(uint64_t seed)
{
    static struct office_walk walk;
    struct office_walk *w = &walk;
    struct buf mistakes = buf_make(test_arena(), 4096);
    const char *keys = str_cstr(test_arena(), str_fmt(test_arena(), "%s/keys", test_folder()));
    struct str kid;
    struct err e = { 0 };

    *w = (struct office_walk){ .c = counter_open(), .seed = seed, .rng = seed };
    w->c->till.account = STR(ACCOUNT);
    check_ok(conf_load(test_arena(), NULL, &w->conf, &mistakes, &e), e);
    w->conf.finance.sources_dir = w->conf.finance.calendar_dir = STR("");
    w->conf.finance.reports_dir = STR("");
    w->conf.finance.accounts_dir = STR("");
    check_ok(keyring_make_key(keys, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
    check_ok(keyring_open(keys, &w->keys, &e), e);
    check_ok(office_open(&w->conf, &w->c->till, w->keys, &w->office, &e), e);
    for (int i = 0; i < OFFICE_WALK_DAYS; i++) {
        w->days[i].date = date_add_days(first_day, i);
        w->days[i].file = day_file_make(w->days[i].date, 100 + i);
    }
    w->c->clock.fixed_ms = clock_day_start_ms(first_day) + 8 * 3600000LL;
    return w;
}

void office_walk_close(struct office_walk *w)
{
    peek_close();
    office_close(&w->office);
    keyring_close(&w->keys);
}

static void same(struct office_walk *w, int day, const char *what, int64_t got, int64_t want)
{
    if (got != want)
        office_walk_fail(w, "day %d: %s is %lld, not %lld", day, what, (long long)got,
                         (long long)want);
}

/* Payments that the portal has and that we know of, by the portal's own day. */
static int64_t captured_vnd(const struct office_walk *w, int day, int64_t *count)
{
    int64_t vnd = 0;

    *count = 0;
    for (int i = 0; i < w->pay_count; i++) {
        const struct walked_pay *p = &w->pays[i];
        if (p->day != day || !p->here)
            continue;
        vnd += p->vnd;
        ++*count;
    }
    return vnd;
}

/* I11 and I12, from rows that the verdict was not made of. */
static void day_prove(struct office_walk *w, int day)
{
    const struct walked_day *x = &w->days[day];
    struct reconcile_day d;
    struct err e = { 0 };
    int64_t rows[4], count, captured;
    const struct str at = date_iso(test_arena(), x->date);

    check_ok(reconcile_day(&w->c->till, x->date, test_arena(), &d, &e), e);
    if (x->taken == 0) {
        same(w, day, "a verdict without a file", d.manifest_hash.n > 0, 0);
        return;
    }
    peek_row(str_cstr(test_arena(),
                      str_fmt(test_arena(),
                              "SELECT COUNT(*), COALESCE(SUM(difference_vnd), 0), "
                              "COALESCE(SUM(CASE WHEN line > 0 AND class <> 'OK_W' THEN 1 ELSE 0 "
                              "END), 0), COUNT(*) - COUNT(DISTINCT id) FROM reconcile_exception "
                              "WHERE day = '%.*s' AND state <> 'resolved'",
                              STR_ARG(at))),
             rows, 4);
    same(w, day, "the file's sum", d.file_vnd, x->moved_vnd);
    same(w, day, "the file's lines", d.file_count, x->lines);
    same(w, day, "I11: captured - file - differences", d.captured_vnd - d.file_vnd - rows[1], 0);
    same(w, day, "I11: residual", d.residual_vnd, 0);
    same(w, day, "the sum of differences", d.difference_vnd, rows[1]);
    captured = captured_vnd(w, day, &count);
    if (d.captured_count == count) /* else it was captured since the run */
        same(w, day, "captured", d.captured_vnd, captured);
    else if (d.captured_count > count)
        office_walk_fail(w, "day %d: more captures than payments", day);
    same(w, day, "I12: lines that are nowhere", d.file_count - d.matched_count - rows[2], 0);
    same(w, day, "I13: ids that are two", rows[3], 0);
}

/* I13: each open one is in one age; I14: nobody approved what they had proposed. */
static void people_prove(struct office_walk *w)
{
    struct exception_ages ages;
    int64_t count = 0, open;
    struct err e = { 0 };

    check_ok(exception_ages(&w->c->till, &ages, &e), e);
    for (int class = 0; class < MATCH_COUNT; class ++)
        for (int age = 0; age < EXCEPTION_AGE_COUNT; age++)
            count += ages.count[class][age];
    open = peek_int("SELECT COUNT(*) FROM reconcile_exception WHERE stage NOT IN ('closed', "
                    "'auto_resolved')");
    same(w, -1, "I13: open ones by age", count, open);
    same(w, -1, "I14: approvals by their makers",
         peek_int("SELECT COUNT(*) FROM proposal WHERE state = 'approved' AND decided_by = maker"),
         0);
}

void office_walk_prove(struct office_walk *w, bool whole)
{
    struct ledger_report report;
    struct residual left;
    int64_t rows;
    struct err e = { 0 };

    for (int day = 0; day <= w->today; day++)
        day_prove(w, day);
    people_prove(w);
    if ((whole || w->step % 16 == 0) && !residuals_hold(&w->office, &left))
        office_walk_fail(w, "%d: the books have %lld, behind it stand %lld", left.account,
                         (long long)left.books_vnd, (long long)left.listed_vnd);
    if (!whole)
        return;
    if (ledger_verify(w->c->till.store, &report, &e).failed)
        office_walk_fail(w, "the books: %s", e.detail);
    if (audit_verify(w->c->till.store, &rows, &e).failed)
        office_walk_fail(w, "the audit chain: %s", e.detail);
}

struct str office_walk_figures(struct office_walk *w, struct arena *a)
{
    struct buf b = buf_make(a, (size_t)8 << 20);

    for (int day = 0; day <= w->today; day++) {
        struct reconcile_day d;
        struct err e = { 0 };
        check_ok(reconcile_day(&w->c->till, w->days[day].date, a, &d, &e), e);
        buf_fmt(&b, "%d %s %lld %lld %lld %lld %lld %lld %lld\n", day,
                reconcile_verdict_name(d.verdict), (long long)d.captured_vnd,
                (long long)d.captured_count, (long long)d.file_vnd, (long long)d.file_count,
                (long long)d.matched_count, (long long)d.difference_vnd, (long long)d.open_count);
    }
    buf_put(&b, peek_text(a, "SELECT day, class, state, stage, owner, line, ours_vnd, theirs_vnd, "
                             "first_seen_ms, seen_ms FROM reconcile_exception ORDER BY day, class, "
                             "line, ours_vnd, theirs_vnd, state, stage, owner, first_seen_ms, "
                             "seen_ms"));
    buf_put(&b,
            peek_text(a, "SELECT kind, state, amount_vnd, maker, decided_by FROM proposal ORDER "
                         "BY kind, made_ms, amount_vnd, state"));
    buf_put(&b,
            peek_text(a, "SELECT day, state, form, revision, lines FROM settlement_file ORDER BY "
                         "day, received_ms, form, revision, state, lines"));
    check(!b.overflow);
    return buf_str(&b);
}
