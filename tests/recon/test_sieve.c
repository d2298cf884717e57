/*
 * The sieve beside the engine that is given everything, and the engine beside a matcher that is
 * slow and was written apart from it, over thousands of small random days.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "recon/csv_record.h"
#include "recon/sieve.h"
#include "tests/test.h"

#define ROWS_MAX  24
#define FILES_MAX 4
#define HEADER                                                                                     \
    "kind,reference,portal_txn,original_ref,amount,fee,status,paid_at,currency,account,agency\n"

static uint64_t seed = 1;

static unsigned pick(unsigned n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(seed >> 33) % n;
}

/* Few words, so that rows meet; most of the time the plain one. */
static const char *word(const char *const *words, unsigned n, unsigned plain_of_100)
{
    return pick(100) < plain_of_100 ? words[0] : words[pick(n)];
}

static struct str row_make(bool ours)
{
    static const char *const kinds[] = { "PAY", "REFUND", "REVERSAL", "FEE", "ADJUST" };
    static const char *const statuses[] = { "SUCCESS", "FAILED", "REFUNDED", "paid" };
    static const char *const amounts[] = { "100", "200", "300", "-100", "100000000000000" };
    static const char *const fees[] = { "11", "", "22", "-1" };
    static const char *const days[] = { "2026-11-23 08:00:00", "2026-11-23", "", "24/11/2026 23:59",
                                        "2026-11-22T23:59:59" };
    static const char *const currencies[] = { "VND", "", "USD" };
    static const char *const accounts[] = { "A1", "", "A2", "an account with a very long name" };
    static const char *const bad[] = { "garbage\n", "PAY,R1,T1,,1O0,,SUCCESS,,,,\n",
                                       "PAY,R1,T1,,100,,SURE,,,,\n",
                                       "PAY,R1,T1,,100,,SUCCESS,2026-02-30,,,\n",
                                       "PAY,R\xff,T1,,100,,SUCCESS,,,,\n" };
    char reference[64] = "", txn[16] = "", original[16] = "";
    const char *quote = pick(40) == 0 ? "\"" : "";

    if (pick(40) == 0)
        return str_c(bad[pick(LEN(bad))]);
    if (pick(12) != 0)
        (void)snprintf(reference, sizeof reference, "%s%u",
                       pick(20) == 0 ? "a-reference-that-is-too-long-" : "R", pick(8));
    if (pick(3) != 0)
        (void)snprintf(txn, sizeof txn, "T%u", pick(8));
    if (pick(4) == 0)
        (void)snprintf(original, sizeof original, "T%u", pick(8));
    return str_fmt(test_arena(), "%s,%s%s%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n",
                   word(kinds, ours ? 2 : LEN(kinds), 85), quote, reference, quote, txn, original,
                   word(amounts, LEN(amounts), 70), word(fees, LEN(fees), 80),
                   word(statuses, LEN(statuses), 80), word(days, LEN(days), 70),
                   word(currencies, LEN(currencies), 80), word(accounts, LEN(accounts), 80),
                   word(accounts, LEN(accounts), 85));
}

struct day {
    struct str ours[ROWS_MAX], theirs[ROWS_MAX];
    size_t ours_count, theirs_count;
};

static struct day day_make(void)
{
    struct day d = { .ours_count = pick(ROWS_MAX), .theirs_count = pick(ROWS_MAX) };

    for (size_t i = 0; i < d.ours_count; i++)
        d.ours[i] = row_make(true);
    for (size_t i = 0; i < d.theirs_count; i++)
        d.theirs[i] = pick(3) == 0 || d.ours_count == 0 ? row_make(false)
                                                        : d.ours[pick((unsigned)d.ours_count)];
    return d;
}

static struct sieve_file file_open(const char *name, const struct str *rows, size_t count,
                                   struct str *text)
{
    const struct csv_map map = { 0 };
    static char scratch[LIMIT_SETTLEMENT_LINE];
    struct buf b = buf_make(test_arena(), 1 << 22);
    struct str path = str_fmt(test_arena(), "%s/%s", test_folder(), name);
    struct csv_row row;
    struct err e = { 0 };

    buf_puts(&b, HEADER);
    for (size_t i = 0; i < count; i++)
        buf_put(&b, rows[i]);
    *text = buf_str(&b);
    struct sieve_file f = { .fd = open(str_cstr(test_arena(), path), O_RDWR | O_CREAT | O_TRUNC,
                                       0600),
                            .bytes = (int64_t)text->n,
                            .separator = ',' };
    check(f.fd >= 0 && write(f.fd, text->p, text->n) == (ssize_t)text->n);
    struct csv_reader r = csv_begin(*text, ',', scratch);
    check(csv_next(&r, &row));
    check_ok(csv_layout_make(&map, &row, &f.layout, &e), e);
    f.from = r.at - text->p;
    f.line = r.line;
    return f;
}

struct told {
    struct buf text;
    bool places; /* with files and lines */
    int64_t bad;
};

static result hear(void *arg, const struct match_outcome *o, struct err *e)
{
    struct told *t = arg;

    (void)e;
    buf_fmt(&t->text, "%s %d %d %lld %.*s/%.*s/%.*s %lld %lld %lld", match_name(o->class), o->pass,
            o->takes, (long long)o->occurrence, STR_ARG(o->ours.reference),
            STR_ARG(o->theirs.merchant_ref), STR_ARG(o->theirs.portal_txn), (long long)o->ours_vnd,
            (long long)o->theirs_vnd, (long long)o->candidate_id);
    if (t->places)
        buf_fmt(&t->text, " %d:%lld %lld", o->file, (long long)o->line, (long long)o->ours_id);
    buf_putc(&t->text, '\n');
    return OK;
}

static result hear_bad(void *arg, const struct sieve_bad *b, struct err *e)
{
    struct told *t = arg;

    (void)e;
    t->bad++;
    if (t->places)
        buf_fmt(&t->text, "COR %zu:%lld:%lld %s %.*s\n", b->file, (long long)b->line,
                (long long)b->column, b->why, STR_ARG(b->bytes));
    return OK;
}

/* Ours and theirs in `files` files by the sieve. */
static struct str sieved(const struct day *d, size_t files, int threads, bool places,
                         struct match_result *r)
{
    DEFER(match_close) struct match *m = NULL;
    const struct match_rules rules = { 0 };
    struct sieve_file f[FILES_MAX + 1];
    struct told t = { .text = buf_make(test_arena(), 1 << 20), .places = places };
    struct sieve_job job = { f, files + 1, threads, NULL, hear_bad, NULL, &t };
    struct sieve_result s;
    struct str text;
    struct err e = { 0 };

    f[0] = file_open("ours", d->ours, d->ours_count, &text);
    for (size_t i = 0; i < files; i++) {
        const size_t from = d->theirs_count * i / files, to = d->theirs_count * (i + 1) / files;
        f[i + 1] = file_open("theirs", &d->theirs[from], to - from, &text);
        check_int(unlink(str_cstr(test_arena(), str_fmt(test_arena(), "%s/theirs", test_folder()))),
                  0);
    }
    check_ok(match_open(&rules, 0, &m, &e), e);
    job.match = m;
    check_ok(sieve_run(&job, &s, &e), e);
    check_ok(match_run(m, threads, r, &e), e);
    check_ok(match_each(m, hear, &t, &e), e);
    check_int(r->residual_vnd, 0);
    check_int(s.bad_ours + s.bad_theirs, t.bad);
    /* I12: each line is matched, an exception or quarantined. */
    check_int(r->line_count + s.pairs + s.bad_theirs, (int64_t)d->theirs_count);
    int64_t lines = 0;
    for (int c = 0; c < MATCH_COUNT; c++)
        lines += r->classes[c].lines;
    check_int(lines, r->line_count);
    r->classes[MATCH_OK].count += s.pairs;
    r->matched_vnd += s.pairs_vnd;
    for (size_t i = 0; i <= files; i++)
        (void)close(f[i].fd);
    return buf_str(&t.text);
}

static void rows_load(struct match *m, struct told *t, const struct sieve_file *f, size_t n,
                      struct str text)
{
    static char scratch[LIMIT_SETTLEMENT_LINE];
    struct csv_reader r = csv_begin(text, ',', scratch);
    struct csv_record record;
    struct csv_fault fault;
    struct csv_row row;
    struct err e = { 0 };

    check(csv_next(&r, &row));
    while (csv_next(&r, &row)) {
        if (!csv_record_read(&f->layout, &row, &record, &fault)) {
            const struct sieve_bad b = { n, row.line, fault.column, fault.why,
                                         str_sub(row.text, 0, 40) };
            check_ok(hear_bad(t, &b, &e), e);
            continue;
        }
        const struct match_ours ours = csv_record_ours(&record, row.line);
        const struct settlement_line line = csv_record_line(&record, row.line);
        const struct match_line in = { .line = &line,
                                       .file = (int)n - 1,
                                       .returned = record.returned };
        check_ok(n == 0 ? match_ours(m, &ours, &e) : match_line(m, &in, &e), e);
    }
}

/* The same by the engine alone. */
static struct str matched(const struct day *d, struct match_result *r)
{
    DEFER(match_close) struct match *m = NULL;
    const struct match_rules rules = { 0 };
    struct told t = { .text = buf_make(test_arena(), 1 << 20), .places = true };
    struct str text;
    struct err e = { 0 };

    check_ok(match_open(&rules, 0, &m, &e), e);
    for (size_t n = 0; n < 2; n++) {
        const struct sieve_file f = n == 0 ? file_open("ours", d->ours, d->ours_count, &text)
                                           : file_open("theirs", d->theirs, d->theirs_count, &text);
        rows_load(m, &t, &f, n, text);
        (void)close(f.fd);
    }
    check_ok(match_run(m, 1, r, &e), e);
    check_ok(match_each(m, hear, &t, &e), e);
    return buf_str(&t.text);
}

TEST(the_sieve_answers_as_the_engine_that_is_given_everything)
{
    for (int i = 0; i < 1500; i++) {
        struct match_result by_sieve, by_engine;
        seed = (uint64_t)i + 1;
        const struct day d = day_make();
        const struct str want = matched(&d, &by_engine);
        check_same(sieved(&d, 1, 1 + i % 3, true, &by_sieve), want);
        check_int(by_sieve.classes[MATCH_OK].count, by_engine.classes[MATCH_OK].count);
        check_int(by_sieve.matched_vnd, by_engine.matched_vnd);
        arena_reset(test_arena());
    }
}

TEST(order_files_and_threads_change_nothing)
{
    for (int i = 0; i < 400; i++) {
        struct match_result r;
        seed = (uint64_t)i + 100000;
        struct day d = day_make();
        const struct str want = sieved(&d, 1, 1, false, &r);
        for (size_t k = d.theirs_count; k > 1; k--) {
            const size_t other = pick((unsigned)k);
            const struct str kept = d.theirs[k - 1];
            d.theirs[k - 1] = d.theirs[other];
            d.theirs[other] = kept;
        }
        check_same(sieved(&d, 1, 2, false, &r), want);
        check_same(sieved(&d, 3, 4, false, &r), want);
        arena_reset(test_arena());
    }
}

/* Rows until there are several pieces, some with line ends between quotes, and some much longer
 * than what is read behind a piece at first. */
TEST(rows_over_the_borders_of_pieces_are_whole)
{
    struct buf ours = buf_make(test_arena(), 1 << 23), theirs = buf_make(test_arena(), 1 << 23);

    for (size_t quoted = 0; quoted < 2; quoted++) {
        struct match_result r;
        ours.n = theirs.n = 0;
        for (int i = 0; i < 60000; i++) {
            const int width = i % 2000 == 0 ? 30000 : 0; /* of an account that only they tell */
            buf_fmt(&ours, "PAY,R%d,T%d,,100,,SUCCESS,,,,\n", i, i);
            buf_fmt(&theirs, "PAY,R%d,T%d,%s%s%s,%d,,SUCCESS,,,%0*d,\n", i, i,
                    quoted && i % 7 == 0 ? "\"x" : "", quoted && i % 7 == 0 ? "\n\"\"" : "",
                    quoted && i % 7 == 0 ? "\"" : "", i % 1000 == 999 ? 101 : 100, width, 7);
        }
        struct day d = { .ours = { buf_str(&ours) }, .theirs = { buf_str(&theirs) } };
        d.ours_count = d.theirs_count = 1;
        DEFER(match_close) struct match *m = NULL;
        const struct match_rules rules = { 0 };
        struct told t = { .text = buf_make(test_arena(), 1 << 20) };
        struct sieve_file f[2];
        struct sieve_job job = { f, 2, 2, NULL, hear_bad, NULL, &t };
        struct sieve_result s;
        struct str text;
        struct err e = { 0 };
        f[0] = file_open("ours", d.ours, 1, &text);
        f[1] = file_open("theirs", d.theirs, 1, &text);
        check_ok(match_open(&rules, 0, &m, &e), e);
        job.match = m;
        check_ok(sieve_run(&job, &s, &e), e);
        check_ok(match_run(m, 2, &r, &e), e);
        check_int(s.pairs + r.classes[MATCH_OK].count, 59940);
        check_int(r.classes[MATCH_AMT_MORE].count, 60);
        check_int(s.pairs + r.line_count, 60000);
        check_int(t.bad, 0);
        (void)close(f[0].fd);
        (void)close(f[1].fd);
    }
}

/* They fill two columns that ours leave empty in each row, and ours a third; then only here and
 * there, which the engine judges. */
TEST(columns_that_one_side_never_fills_are_not_compared)
{
    for (int some = 0; some < 2; some++) {
        struct buf ours = buf_make(test_arena(), 1 << 16), theirs = buf_make(test_arena(), 1 << 16);
        DEFER(match_close) struct match *m = NULL;
        const struct match_rules rules = { 0 };
        struct told t = { .text = buf_make(test_arena(), 1 << 16) };
        struct sieve_file f[2];
        struct sieve_job job = { f, 2, 2, NULL, hear_bad, NULL, &t };
        struct match_result r;
        struct sieve_result s;
        struct str text;
        struct err e = { 0 };
        for (int i = 0; i < 100; i++) {
            buf_fmt(&ours, "PAY,R%d,,,100,%s,SUCCESS,,,A1,\n", i, some && i % 10 == 0 ? "5" : "");
            buf_fmt(&theirs, "PAY,R%d,T%d,,100,5,SUCCESS,,,,\n", i, i);
        }
        const struct str ours_text = buf_str(&ours), theirs_text = buf_str(&theirs);
        f[0] = file_open("ours", &ours_text, 1, &text);
        f[1] = file_open("theirs", &theirs_text, 1, &text);
        check_ok(match_open(&rules, 0, &m, &e), e);
        job.match = m;
        check_ok(sieve_run(&job, &s, &e), e);
        check_ok(match_run(m, 2, &r, &e), e);
        check_int(s.pairs, some ? 10 : 100);
        check_int(s.pairs_vnd, s.pairs * 100);
        check_int(r.matched_count, 100 - s.pairs);
        check_int(r.classes[MATCH_OK].count, 100 - s.pairs);
        (void)close(f[0].fd);
        (void)close(f[1].fd);
    }
}

/* The slow matcher: payments and payment lines of one day, by the words of the rules. */
struct simple {
    const char *ref, *txn;
    int64_t vnd;
    bool good; /* captured, or success */
    enum match_class class;
    bool used, done;
};

static bool same(const char *a, const char *b)
{
    return a[0] != '\0' && str_is(str_c(a), b);
}

static int order(const struct simple *a, const struct simple *b)
{
    int c = str_cmp(str_c(a->ref), str_c(b->ref));

    c = c != 0 ? c : str_cmp(str_c(a->txn), str_c(b->txn));
    c = c != 0 ? c : (a->vnd > b->vnd) - (a->vnd < b->vnd);
    return c != 0 ? c : a->good - b->good;
}

static int order_q(const void *a, const void *b)
{
    return order(a, b);
}

static enum match_class pair_of(const struct simple *u, const struct simple *l, bool by_ref)
{
    if (!u->good && !l->good)
        return MATCH_OK;
    if (u->good != l->good)
        return MATCH_STA;
    if (u->vnd != l->vnd)
        return l->vnd < u->vnd ? MATCH_AMT_LESS : MATCH_AMT_MORE;
    return by_ref && (u->txn[0] == '\0' || l->txn[0] == '\0' || same(u->txn, l->txn)) ? MATCH_OK
                                                                                      : MATCH_OK_W;
}

static int score(const struct simple *u, const struct simple *l)
{
    return l->good * 4 + str_is(str_c(u->txn), l->txn) * 2 + (u->vnd == l->vnd);
}

/* All lines of a payment's reference; lines are sorted. */
static void slow_group(struct simple *u, struct simple *lines, size_t n)
{
    struct simple *best = NULL;
    bool near = false, others = false;

    for (size_t i = 0; i < n; i++)
        if (same(lines[i].ref, u->ref) && (best == NULL || score(u, &lines[i]) > score(u, best)))
            best = &lines[i];
    if (best == NULL)
        return;
    u->used = true;
    for (size_t i = 0; i < n; i++) {
        const struct simple *l = &lines[i];
        if (!same(l->ref, u->ref) || !l->good)
            continue;
        near |= l->vnd == u->vnd || str_is(str_c(l->txn), u->txn);
        others |= !str_is(str_c(l->txn), best->txn);
    }
    const bool split = u->good && best->good && others && !near;
    for (size_t i = 0; i < n; i++) {
        struct simple *l = &lines[i];
        if (!same(l->ref, u->ref))
            continue;
        l->done = true;
        l->class = l == best                          ? (split ? MATCH_SPLIT : pair_of(u, l, true))
                   : !l->good                         ? MATCH_OK
                   : split                            ? MATCH_SPLIT
                   : str_is(str_c(l->txn), best->txn) ? MATCH_DUP_FILE
                                                      : MATCH_DUP_PAY;
    }
}

static void slow_stray(struct simple *l, size_t before_n, const struct simple *before,
                       struct simple *ours, size_t n)
{
    struct simple *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if (!ours[i].good || !same(ours[i].txn, l->txn))
            continue;
        count++;
        found = &ours[i];
    }
    if (count == 1 && !found->used) {
        found->used = true;
        l->class = pair_of(found, l, false);
        return;
    }
    l->class = l->ref[0] == '\0' && l->txn[0] == '\0' ? MATCH_UNKEY : MATCH_MIS_OURS;
    for (size_t i = 0; i < before_n && l->class == MATCH_MIS_OURS; i++)
        if (str_is(str_c(before[i].ref), l->ref) && str_is(str_c(before[i].txn), l->txn))
            l->class = MATCH_DUP_FILE;
    if (count > 1)
        l->class = MATCH_AMB;
}

static void slow_match(struct simple *ours, size_t n, struct simple *lines, size_t k,
                       int64_t counts[MATCH_COUNT])
{
    qsort(lines, k, sizeof *lines, order_q);
    for (size_t i = 0; i < n; i++) {
        size_t namesakes = 0;
        for (size_t j = 0; j < n; j++)
            namesakes += same(ours[j].ref, ours[i].ref);
        if (namesakes == 1)
            slow_group(&ours[i], lines, k);
        for (size_t j = 0; j < k && namesakes > 1; j++) {
            if (!same(lines[j].ref, ours[i].ref))
                continue;
            lines[j].done = true;
            lines[j].class = lines[j].good ? MATCH_AMB : MATCH_OK;
        }
    }
    for (size_t i = 0; i < k; i++)
        if (!lines[i].done)
            slow_stray(&lines[i], i, lines, ours, n);
    for (size_t i = 0; i < k; i++)
        counts[lines[i].class]++;
    for (size_t i = 0; i < n; i++)
        counts[MATCH_MIS_THEIRS] += ours[i].good && !ours[i].used;
}

static struct simple simple_make(void)
{
    static const char *const refs[] = { "", "R1", "R2", "R3", "R4" };
    static const char *const txns[] = { "", "T1", "T2", "T3", "T4" };

    return (struct simple){ .ref = refs[pick(LEN(refs))],
                            .txn = txns[pick(LEN(txns))],
                            .vnd = 100 + pick(3),
                            .good = pick(4) != 0 };
}

TEST(a_slow_matcher_written_apart_agrees)
{
    for (int round = 0; round < 5000; round++) {
        DEFER(match_close) struct match *m = NULL;
        const struct match_rules rules = { 0 };
        struct simple ours[6], lines[8];
        int64_t counts[MATCH_COUNT] = { 0 };
        struct match_result r;
        struct err e = { 0 };
        seed = (uint64_t)round + 7000000;
        const size_t n = pick(7), k = pick(9);

        check_ok(match_open(&rules, 0, &m, &e), e);
        for (size_t i = 0; i < n; i++) {
            ours[i] = simple_make();
            const struct match_ours u = { .id = (int64_t)i,
                                          .reference = str_c(ours[i].ref),
                                          .portal_txn = str_c(ours[i].txn),
                                          .amount_vnd = ours[i].vnd,
                                          .captured = ours[i].good,
                                          .in_day = ours[i].good };
            check_ok(match_ours(m, &u, &e), e);
        }
        for (size_t i = 0; i < k; i++) {
            lines[i] = simple_make();
            const struct settlement_line l = { .n = (int64_t)i + 1,
                                               .merchant_ref = str_c(lines[i].ref),
                                               .portal_txn = str_c(lines[i].txn),
                                               .gross_vnd = lines[i].vnd,
                                               .success = lines[i].good };
            const struct match_line in = { .line = &l };
            check_ok(match_line(m, &in, &e), e);
        }
        check_ok(match_run(m, 2, &r, &e), e);
        slow_match(ours, n, lines, k, counts);
        for (int c = 0; c < MATCH_COUNT; c++)
            if (r.classes[c].count != counts[c])
                test_fail(__FILE__, __LINE__, "round %d, %s: %lld instead of %lld", round,
                          match_name((enum match_class)c), (long long)r.classes[c].count,
                          (long long)counts[c]);
        check_int(r.residual_vnd, 0);
    }
}
