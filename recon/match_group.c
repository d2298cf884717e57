/*
 * Passes 1 and 2: all lines of one reference beside the payment of ours that has it.
 *
 * Groups are independent of each other, so rows are parted by the hash of their reference into
 * parts that fit a processor's cache, and each thread takes the next part until none is left.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "recon/match_row.h"

#define PART_ITEMS    4096
#define PART_BITS_MAX 14
#define THREADS_MAX   64

/* Rows by part: part p is rows[ends[p - 1]] to rows[ends[p]]. */
struct parts {
    void **rows;
    size_t *ends;
};

struct work {
    struct match *m;
    struct parts lines, ours;
    size_t part_count;
    atomic_size_t next;
};

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_text(const struct line_row *a, const struct line_row *b, enum line_text t)
{
    return str_cmp(match_line_text(a, t), match_line_text(b, t));
}

int match_line_cmp(const struct line_row *a, const struct line_row *b)
{
    int c = by_text(a, b, LINE_REF);

    c = c != 0 ? c : by_text(a, b, LINE_TXN);
    c = c != 0 ? c : by_number(a->kind, b->kind);
    c = c != 0 ? c : by_number(a->gross_vnd, b->gross_vnd);
    c = c != 0 ? c : by_number(a->success, b->success);
    c = c != 0 ? c : by_number(a->returned, b->returned);
    c = c != 0 ? c : by_number(a->txn_at_ms, b->txn_at_ms);
    c = c != 0 ? c : by_number(a->fee_vnd, b->fee_vnd);
    for (int t = LINE_ORIGINAL; c == 0 && t < LINE_TEXTS; t++)
        c = by_text(a, b, (enum line_text)t);
    c = c != 0 ? c : by_number(a->unsent, b->unsent);
    c = c != 0 ? c : by_number(a->has_fee, b->has_fee);
    c = c != 0 ? c : by_number(a->net_vnd, b->net_vnd);
    c = c != 0 ? c : by_number(a->file, b->file);
    return c != 0 ? c : by_number(a->n, b->n);
}

static int line_order(const void *a, const void *b)
{
    const struct line_row *x = *(struct line_row *const *)a, *y = *(struct line_row *const *)b;

    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : match_line_cmp(x, y);
}

static int ours_order(const void *a, const void *b)
{
    const struct ours_row *x = *(struct ours_row *const *)a, *y = *(struct ours_row *const *)b;
    int c = str_cmp(match_ours_text(x, OURS_REFERENCE), match_ours_text(y, OURS_REFERENCE));

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return c != 0 ? c : by_number(x->id, y->id);
}

bool match_is_foreign(const struct line_row *l)
{
    struct str currency = match_line_text(l, LINE_CURRENCY);

    return currency.n > 0 && !str_is(currency, "VND");
}

static bool differs(struct str a, struct str b)
{
    return a.n > 0 && b.n > 0 && !str_eq(a, b);
}

static int days_apart(const struct line_row *l, const struct ours_row *u)
{
    return l->day > 0 && u->day > 0 ? abs(l->day - u->day) : 0;
}

/* The money went to the body that it was asked for: each has a beneficiary account of its own, and
 * one file holds them all. */
static bool is_other_account(const struct match *m, const struct line_row *l,
                             const struct ours_row *u)
{
    struct str want = match_ours_text(u, OURS_ACCOUNT);

    return differs(want.n > 0 ? want : m->rules.account, match_line_text(l, LINE_ACCOUNT));
}

/* False: there is nothing to hold the line's fee against. */
static bool fee_expected(const struct match *m, const struct line_row *l, const struct ours_row *u,
                         int64_t *fee_vnd)
{
    const struct match_rules *r = &m->rules;
    int64_t share_vnd;

    *fee_vnd = u->fee_vnd;
    if (u->has_fee)
        return true;
    for (size_t i = 0; i < r->tariff_count; i++) {
        const struct match_tariff *t = &r->tariff[i];
        if ((t->bank.n > 0 && !str_eq(t->bank, match_line_text(l, LINE_BANK))) ||
            l->gross_vnd < t->from_vnd)
            continue;
        if (money_rate(l->gross_vnd, t->rate_ppm, &share_vnd, NULL).failed ||
            money_add(t->fixed_vnd, share_vnd, fee_vnd, NULL).failed)
            return false;
        *fee_vnd = *fee_vnd < t->least_vnd ? t->least_vnd : *fee_vnd;
        *fee_vnd = t->most_vnd > 0 && *fee_vnd > t->most_vnd ? t->most_vnd : *fee_vnd;
        return true;
    }
    return false;
}

static bool is_other_fee(const struct match *m, const struct line_row *l, const struct ours_row *u)
{
    int64_t want_vnd, apart_vnd;

    if (!l->has_fee || !fee_expected(m, l, u, &want_vnd))
        return false;
    apart_vnd = l->fee_vnd - want_vnd;
    return (apart_vnd < 0 ? -apart_vnd : apart_vnd) > m->rules.fee_tolerance_vnd;
}

/* Money agrees: what is still to be told. */
static enum match_class pair_remark(const struct match *m, const struct line_row *l,
                                    const struct ours_row *u)
{
    const int apart = days_apart(l, u);

    if (u->twice)
        return MATCH_DUP_PAY;
    if (differs(match_ours_text(u, OURS_BODY), match_line_text(l, LINE_BODY)))
        return MATCH_AGY;
    if (!u->in_day || (m->rules.window_days > 0 && apart > m->rules.window_days))
        return MATCH_DATE;
    if (u->late)
        return MATCH_LATE;
    if (l->unsent && l->day > 0 && l->day <= m->treasury_due)
        return MATCH_TRS;
    if (is_other_fee(m, l, u))
        return MATCH_FEE;
    return apart > 0 || differs(match_ours_text(u, OURS_TXN), match_line_text(l, LINE_TXN)) ||
                   differs(match_ours_text(u, OURS_REFERENCE), match_line_text(l, LINE_REF))
               ? MATCH_OK_W
               : MATCH_OK;
}

enum match_class match_pair(const struct match *m, const struct line_row *l,
                            const struct ours_row *u)
{
    if (!u->captured && !l->success)
        return MATCH_OK; /* both say that nothing was paid */
    if (l->gross_vnd < 0)
        return MATCH_SIGN;
    if (match_is_foreign(l))
        return MATCH_CUR;
    if (!u->captured || !l->success || u->returned != l->returned)
        return MATCH_STA;
    if (is_other_account(m, l, u))
        return MATCH_ACC;
    if (l->gross_vnd != u->amount_vnd)
        return l->gross_vnd < u->amount_vnd ? MATCH_AMT_LESS : MATCH_AMT_MORE;
    return pair_remark(m, l, u);
}

enum match_class match_refund_pair(const struct match *m, const struct line_row *l,
                                   const struct ours_row *u)
{
    const int apart = days_apart(l, u);

    if (!u->captured && !l->success)
        return MATCH_OK;
    if (l->gross_vnd < 0)
        return MATCH_SIGN;
    if (match_is_foreign(l))
        return MATCH_CUR;
    if (u->captured != l->success)
        return MATCH_STA;
    if (l->gross_vnd != u->amount_vnd)
        return MATCH_REF_AMT;
    if (!u->in_day || (m->rules.window_days > 0 && apart > m->rules.window_days))
        return MATCH_DATE;
    return apart > 0 ? MATCH_OK_W : MATCH_OK;
}

void match_line_end(struct line_row *l, enum match_class class, int pass, struct ours_row *takes)
{
    must(l->class == MATCH_OPEN);
    l->class = (int8_t) class;
    l->pass = (uint8_t)pass;
    if (takes != NULL) {
        must(!takes->taken);
        takes->taken = true;
        l->ours = takes;
        l->takes = true;
    }
}

static bool same_txn(const struct line_row *a, struct str txn)
{
    return str_eq(match_line_text(a, LINE_TXN), txn);
}

static int fitness(const struct line_row *l, const struct ours_row *u)
{
    return (l->success ? 8 : 0) + (same_txn(l, match_ours_text(u, OURS_TXN)) ? 4 : 0) +
           (l->gross_vnd == u->amount_vnd ? 2 : 0) + (match_is_foreign(l) ? 0 : 1);
}

/* The line of a reference that is the payment we know; NULL when none is a payment. */
static struct line_row *best_of(struct line_row **l, size_t count, const struct ours_row *u)
{
    struct line_row *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (l[i]->kind == SETTLEMENT_PAY && (best == NULL || fitness(l[i], u) > fitness(best, u)))
            best = l[i];
    return best;
}

/* Several payments, none of which is ours by number or amount. */
static bool is_split(struct line_row **l, size_t count, const struct line_row *best,
                     const struct ours_row *u)
{
    bool several = false;

    if (!u->captured || !best->success)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (l[i]->kind != SETTLEMENT_PAY || !l[i]->success)
            continue;
        if (l[i]->gross_vnd == u->amount_vnd || l[i]->gross_vnd < 0 ||
            same_txn(l[i], match_ours_text(u, OURS_TXN)))
            return false;
        several |= !same_txn(l[i], match_line_text(best, LINE_TXN));
    }
    return several;
}

/* A payment line beside the one that is our payment. */
static enum match_class rest_class(const struct line_row *l, const struct line_row *best,
                                   bool split)
{
    if (!l->success)
        return MATCH_OK;
    if (l->gross_vnd < 0)
        return MATCH_SIGN;
    if (match_is_foreign(l))
        return MATCH_CUR;
    if (split)
        return MATCH_SPLIT;
    return same_txn(l, match_line_text(best, LINE_TXN)) ? MATCH_DUP_FILE : MATCH_DUP_PAY;
}

/* The first that passes 1 and 2 know of each line; others than payments wait for their pass. */
static void group_match(const struct match *m, struct line_row **l, size_t count,
                        struct ours_row *u)
{
    struct line_row *best = best_of(l, count, u);
    bool split;

    for (size_t i = 0; i < count; i++)
        l[i]->ours = u;
    if (best == NULL)
        return;
    u->named = true;
    split = is_split(l, count, best, u);
    for (size_t i = 0; i < count; i++) {
        const int pass = same_txn(l[i], match_ours_text(u, OURS_TXN)) ? 1 : 2;
        if (l[i] == best)
            match_line_end(l[i], split ? MATCH_SPLIT : match_pair(m, l[i], u), pass, u);
        else if (l[i]->kind == SETTLEMENT_PAY)
            match_line_end(l[i], rest_class(l[i], best, split), pass, NULL);
    }
}

/* Which of several lines with the same kind and keys each is. */
static void occurrences(struct line_row **l, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const bool same =
            i > 0 && l[i]->kind == l[i - 1]->kind && by_text(l[i], l[i - 1], LINE_TXN) == 0;
        l[i]->occurrence = same ? l[i - 1]->occurrence + 1 : 1;
    }
}

/* Two payments of ours with one reference: which one a line means cannot be told. */
static void ambiguous(struct line_row **l, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (l[i]->kind == SETTLEMENT_PAY)
            match_line_end(l[i], l[i]->success ? MATCH_AMB : MATCH_OK, 2, NULL);
}

static bool has_reference(const struct ours_row *u, const struct line_row *l)
{
    return u->hash == l->hash &&
           str_eq(match_ours_text(u, OURS_REFERENCE), match_line_text(l, LINE_REF));
}

static void part_match(const struct match *m, struct line_row **l, size_t lines,
                       struct ours_row **u, size_t ours)
{
    size_t k = 0;

    qsort(l, lines, sizeof(struct line_row *), line_order);
    qsort(u, ours, sizeof(struct ours_row *), ours_order);
    for (size_t i = 0, end; i < lines; i = end) {
        size_t same = 0;
        for (end = i + 1;
             end < lines && l[end]->hash == l[i]->hash && by_text(l[end], l[i], LINE_REF) == 0;)
            end++;
        while (k < ours && (u[k]->hash < l[i]->hash ||
                            (u[k]->hash == l[i]->hash && !has_reference(u[k], l[i]) &&
                             str_cmp(match_ours_text(u[k], OURS_REFERENCE),
                                     match_line_text(l[i], LINE_REF)) < 0)))
            k++;
        while (k + same < ours && has_reference(u[k + same], l[i]))
            same++;
        occurrences(&l[i], end - i);
        if (same == 1)
            group_match(m, &l[i], end - i, u[k]);
        else if (same > 1)
            ambiguous(&l[i], end - i);
    }
}

static size_t part_from(const struct parts *p, size_t part)
{
    return part > 0 ? p->ends[part - 1] : 0;
}

static void *thread_run(void *arg)
{
    struct work *w = arg;
    size_t p;

    while ((p = atomic_fetch_add(&w->next, 1)) < w->part_count) {
        const size_t l = part_from(&w->lines, p), u = part_from(&w->ours, p);
        part_match(w->m, (struct line_row **)&w->lines.rows[l], w->lines.ends[p] - l,
                   (struct ours_row **)&w->ours.rows[u], w->ours.ends[p] - u);
    }
    return NULL;
}

/* A row belongs to the part that the highest bits of its hash name; NULL: to none. */
typedef void *row_at(const struct match *m, size_t i, uint64_t *hash);

static void *line_with_reference(const struct match *m, size_t i, uint64_t *hash)
{
    struct line_row *l = match_line_at(m, i);

    *hash = l->hash;
    return l->len[LINE_REF] > 0 ? l : NULL;
}

static void *payment_with_reference(const struct match *m, size_t i, uint64_t *hash)
{
    struct ours_row *u = match_ours_at(m, i);

    *hash = u->hash;
    return u->kind == MATCH_PAYMENT && u->n[OURS_REFERENCE] > 0 ? u : NULL;
}

static struct parts part_rows(const struct match *m, size_t count, int bits, row_at *at)
{
    const size_t parts = (size_t)1 << bits;
    struct parts p = { arena_array(m->a, void *, count + 1), arena_array(m->a, size_t, parts + 1) };
    uint64_t hash;

    for (size_t i = 0; i < count; i++)
        if (at(m, i, &hash) != NULL)
            p.ends[bits > 0 ? hash >> (64 - bits) : 0]++;
    for (size_t i = 0, from = 0; i < parts; i++) {
        const size_t n = p.ends[i];
        p.ends[i] = from;
        from += n;
    }
    for (size_t i = 0; i < count; i++) {
        void *row = at(m, i, &hash);
        if (row != NULL)
            p.rows[p.ends[bits > 0 ? hash >> (64 - bits) : 0]++] = row;
    }
    return p;
}

result match_groups(struct match *m, int threads, struct err *e)
{
    struct work w = { .m = m };
    pthread_t ids[THREADS_MAX];
    int bits = 0, started = 0;

    (void)e;
    while (bits < PART_BITS_MAX && (m->line_count + m->ours_count) >> bits > PART_ITEMS)
        bits++;
    w.part_count = (size_t)1 << bits;
    w.lines = part_rows(m, m->line_count, bits, line_with_reference);
    w.ours = part_rows(m, m->ours_count, bits, payment_with_reference);
    while (started < threads - 1 && pthread_create(&ids[started], NULL, thread_run, &w) == 0)
        started++;
    (void)thread_run(&w); /* this thread works too, also when no other could be started */
    for (int i = 0; i < started; i++)
        (void)pthread_join(ids[i], NULL);
    return OK;
}
