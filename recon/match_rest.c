/*
 * Passes 3 to 7 over what the groups have left, and what is absent there.
 *
 * This is one thread's work: what is left is little on a day that mostly agrees, and here lines may
 * compete for the same payment, which the fixed order of the lines decides.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "recon/match_row.h"

#define TRIES_MAX                                                                                  \
    1000 /* payments of one amount that are looked at; more are no "one candidate"                 \
          */

/* Rows of ours, sorted by one of their texts. */
struct ours_index {
    struct ours_row **rows;
    size_t count;
    enum ours_text text;
};

/* Lines that are left, in the order of match_line_cmp. */
struct left {
    struct match *m;
    struct line_row **lines;
    size_t count;
    struct ours_index by_txn; /* captured payments that some line left names by number */
};

/* The index to sort by, for qsort_r. */
static int index_order(const void *a, const void *b, void *arg)
{
    const struct ours_index *x = arg;
    const struct ours_row *p = *(struct ours_row *const *)a, *q = *(struct ours_row *const *)b;
    int c = str_cmp(match_ours_text(p, x->text), match_ours_text(q, x->text));

    c = c != 0 ? c
               : str_cmp(match_ours_text(p, OURS_REFERENCE), match_ours_text(q, OURS_REFERENCE));
    return c != 0 ? c : (p->id > q->id) - (p->id < q->id);
}

/* The first row whose text is not less than `key`. */
static size_t index_from(const struct ours_index *x, struct str key)
{
    size_t from = 0, to = x->count;

    while (from < to) {
        const size_t at = from + (to - from) / 2;
        if (str_cmp(match_ours_text(x->rows[at], x->text), key) < 0)
            from = at + 1;
        else
            to = at;
    }
    return from;
}

/* Rows with exactly this text: where they begin, and how many. */
static size_t index_find(const struct ours_index *x, struct str key, size_t *from)
{
    size_t n = 0;

    *from = index_from(x, key);
    while (key.n > 0 && *from + n < x->count &&
           str_eq(match_ours_text(x->rows[*from + n], x->text), key))
        n++;
    return n;
}

typedef bool wanted(const struct ours_row *u, const void *arg);

static struct ours_index index_make(struct match *m, enum ours_text text, wanted *want,
                                    const void *arg)
{
    struct ours_index x = { .text = text };
    size_t at = 0;

    for (size_t i = 0; i < m->ours_count; i++) {
        const struct ours_row *u = match_ours_at(m, i);
        x.count += u->n[text] > 0 && want(u, arg) ? 1 : 0;
    }
    x.rows = arena_array(m->a, struct ours_row *, x.count + 1);
    for (size_t i = 0; i < m->ours_count; i++) {
        struct ours_row *u = match_ours_at(m, i);
        if (u->n[text] > 0 && want(u, arg))
            x.rows[at++] = u;
    }
    qsort_r(x.rows, x.count, sizeof *x.rows, index_order, &x);
    return x;
}

static int line_order(const void *a, const void *b)
{
    return match_line_cmp(*(struct line_row *const *)a, *(struct line_row *const *)b);
}

/* Lines without a reference get here which of several equal ones they are; those with one know. */
static void occurrences(struct left *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct line_row *l = f->lines[i];
        const struct line_row *before = i > 0 ? f->lines[i - 1] : NULL;
        bool same = before != NULL && before->len[LINE_REF] == 0 && l->kind == before->kind &&
                    str_eq(match_line_text(l, LINE_TXN), match_line_text(before, LINE_TXN)) &&
                    (l->len[LINE_TXN] > 0 || l->gross_vnd == before->gross_vnd);
        if (l->len[LINE_REF] == 0)
            l->occurrence = same ? before->occurrence + 1 : 1;
    }
}

static struct left left_find(struct match *m)
{
    struct left f = { .m = m };
    size_t at = 0;

    for (size_t i = 0; i < m->line_count; i++)
        f.count += match_line_at(m, i)->class == MATCH_OPEN ? 1 : 0;
    f.lines = arena_array(m->a, struct line_row *, f.count + 1);
    for (size_t i = 0; i < m->line_count; i++) {
        struct line_row *l = match_line_at(m, i);
        if (l->class == MATCH_OPEN)
            f.lines[at++] = l;
    }
    qsort(f.lines, f.count, sizeof *f.lines, line_order);
    occurrences(&f);
    return f;
}

/* Numbers that lines name, sorted: only payments of ours with one of them are worth an index. */
struct names {
    struct str *list;
    size_t count;
};

static int text_order(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool is_named(const struct ours_row *u, const void *arg)
{
    const struct names *n = arg;
    struct str txn = match_ours_text(u, OURS_TXN);

    return u->kind == MATCH_PAYMENT && u->captured &&
           bsearch(&txn, n->list, n->count, sizeof *n->list, text_order) != NULL;
}

static void name_add(struct names *n, struct str txn)
{
    if (txn.n > 0)
        n->list[n->count++] = txn;
}

static void index_txns(struct left *f)
{
    struct names n = { arena_array(f->m->a, struct str, f->count * 2 + 1), 0 };

    for (size_t i = 0; i < f->count; i++) {
        name_add(&n, match_line_text(f->lines[i], LINE_TXN));
        name_add(&n, match_line_text(f->lines[i], LINE_ORIGINAL));
    }
    qsort(n.list, n.count, sizeof *n.list, text_order);
    if (n.count > 0)
        f->by_txn = index_make(f->m, OURS_TXN, is_named, &n);
    else
        f->by_txn = (struct ours_index){ .text = OURS_TXN };
}

/* Pass 3: a payment line whose reference is not ours. */
static void txn_match(struct left *f, struct line_row *l)
{
    size_t from;
    const size_t n = index_find(&f->by_txn, match_line_text(l, LINE_TXN), &from);
    struct ours_row *u = n == 1 ? f->by_txn.rows[from] : NULL;
    enum match_class class;

    if (n > 1)
        match_line_end(l, MATCH_AMB, 3, NULL);
    if (u == NULL || u->named || u->taken)
        return;
    class = match_pair(f->m, l, u);
    match_line_end(l, class == MATCH_OK ? MATCH_OK_W : class, 3, u);
}

/* Lines that are no payments and that no refund of ours explains. */
static enum match_class other_class(const struct line_row *l)
{
    if (!l->success)
        return MATCH_OK; /* nothing was moved */
    if (match_is_foreign(l))
        return MATCH_CUR;
    if (l->kind == SETTLEMENT_FEE || l->kind == SETTLEMENT_ADJUST)
        return MATCH_UNKEY;
    if (l->gross_vnd < 0)
        return MATCH_SIGN;
    if (l->occurrence > 1 && l->len[LINE_TXN] > 0)
        return MATCH_DUP_FILE;
    return l->kind == SETTLEMENT_REVERSAL ? MATCH_REV : MATCH_REF_UNM;
}

static void other_end(struct left *f, struct line_row *l)
{
    enum match_class class = other_class(l);
    size_t from;

    if (class == MATCH_REV && (l->ours == NULL || !l->ours->captured)) {
        const size_t n = index_find(&f->by_txn, match_line_text(l, LINE_ORIGINAL), &from);
        l->ours = n == 1 ? f->by_txn.rows[from] : NULL;
        class = l->ours != NULL ? MATCH_REV : MATCH_MIS_OURS;
    }
    match_line_end(l, class, l->ours != NULL ? 4 : 0, NULL);
}

static bool is_refund(const struct ours_row *u, const void *arg)
{
    (void)arg;
    return u->kind == MATCH_REFUND;
}

static bool gives_back(const struct line_row *l)
{
    return l->kind == SETTLEMENT_REFUND || l->kind == SETTLEMENT_REVERSAL;
}

/* The refund of ours that the line is, by one of its keys: the only one that nothing has taken, or
 * the only such one of the same amount. */
static struct ours_row *refund_find(const struct ours_index *x, const struct line_row *l,
                                    enum line_text key, bool *several)
{
    struct ours_row *equal = NULL, *any = NULL;
    size_t from, equals = 0, all = 0;
    const size_t n = index_find(x, match_line_text(l, key), &from);

    for (size_t i = from; i < from + n; i++) {
        struct ours_row *u = x->rows[i];
        if (u->taken)
            continue;
        all++;
        any = u;
        if (u->amount_vnd == l->gross_vnd) {
            equals++;
            equal = u;
        }
    }
    *several = equals > 1 || (equals == 0 && all > 1);
    return equals == 1 ? equal : all == 1 ? any : NULL;
}

/* Pass 4, the strongest key over all lines first; successes before failures, since a reference that
 * failed may have been tried again. */
static void refunds_match(struct left *f)
{
    static const struct {
        enum ours_text ours;
        enum line_text line;
    } keys[] = { { OURS_TXN, LINE_TXN },
                 { OURS_REFERENCE, LINE_REF },
                 { OURS_ORIGINAL, LINE_ORIGINAL },
                 { OURS_ORIGINAL_REF, LINE_REF } };

    for (size_t k = 0; k < LEN(keys) * 2; k++) {
        const bool success = k < LEN(keys);
        const enum line_text key = keys[k % LEN(keys)].line;
        const struct ours_index x = index_make(f->m, keys[k % LEN(keys)].ours, is_refund, NULL);
        for (size_t i = 0; i < f->count && x.count > 0; i++) {
            struct line_row *l = f->lines[i];
            bool several;
            if (!gives_back(l) || l->class != MATCH_OPEN || l->success != success)
                continue;
            struct ours_row *u = refund_find(&x, l, key, &several);
            if (u != NULL)
                match_line_end(l, match_refund_pair(f->m, l, u), 4, u);
            else if (several && success)
                match_line_end(l, MATCH_AMB, 4, NULL);
        }
    }
}

static bool is_free(const struct ours_row *u, const void *arg)
{
    (void)arg;
    return u->kind == MATCH_PAYMENT && u->captured && !u->named && !u->taken;
}

static struct str batch_of(const struct line_row *l)
{
    struct str batch = match_line_text(l, LINE_BATCH);

    batch = batch.n > 0 ? batch : match_line_text(l, LINE_REF);
    return batch.n > 0 ? batch : match_line_text(l, LINE_TXN);
}

static bool may_be_batch(const struct line_row *l)
{
    return l->class == MATCH_OPEN && l->success && l->gross_vnd > 0 && !match_is_foreign(l) &&
           (l->kind == SETTLEMENT_PAY || l->kind == SETTLEMENT_ADJUST);
}

static int batch_order(const void *a, const void *b)
{
    const struct line_row *x = *(struct line_row *const *)a, *y = *(struct line_row *const *)b;
    const int c = str_cmp(batch_of(x), batch_of(y));

    return c != 0 ? c : match_line_cmp(x, y);
}

/* One batch: all agree, or none does. A batch of one payment and one line is no batch but a pair
 * under another name, and ends the same way. */
static void batch_end(struct line_row **l, size_t lines, struct ours_row **u, size_t ours)
{
    int64_t apart_vnd = 0;
    enum match_class class;

    for (size_t i = 0; i < lines; i++)
        apart_vnd -= l[i]->moved_vnd;
    for (size_t i = 0; i < ours; i++)
        apart_vnd += match_ours_moved(u[i]);
    class = apart_vnd == 0 ? MATCH_OK : MATCH_SPLIT;
    for (size_t i = 0; i < lines; i++)
        match_line_end(l[i], class, 5, NULL);
    for (size_t i = 0; i < ours; i++) {
        u[i]->taken = true;
        u[i]->class = (int8_t) class;
        u[i]->pass = 5;
    }
}

static void batches_match(struct left *f)
{
    const struct ours_index x = index_make(f->m, OURS_BATCH, is_free, NULL);
    struct line_row **l = arena_array(f->m->a, struct line_row *, f->count + 1);
    size_t count = 0;

    if (x.count == 0)
        return;
    for (size_t i = 0; i < f->count; i++)
        if (may_be_batch(f->lines[i]) && batch_of(f->lines[i]).n > 0)
            l[count++] = f->lines[i];
    qsort(l, count, sizeof *l, batch_order);
    for (size_t i = 0, end; i < count; i = end) {
        size_t from;
        const size_t n = index_find(&x, batch_of(l[i]), &from);
        for (end = i + 1; end < count && str_eq(batch_of(l[end]), batch_of(l[i])); end++)
            ;
        if (n > 0)
            batch_end(&l[i], end - i, &x.rows[from], n);
    }
}

static enum match_class stray_class(const struct line_row *l)
{
    if (l->len[LINE_REF] + l->len[LINE_TXN] == 0)
        return MATCH_UNKEY;
    if (l->occurrence > 1)
        return MATCH_DUP_FILE;
    if (l->gross_vnd < 0)
        return MATCH_SIGN;
    return match_is_foreign(l) ? MATCH_CUR : MATCH_MIS_OURS;
}

/* Pass 6. */
static void code_propose(const struct ours_index *x, struct line_row *l)
{
    size_t from;

    if (index_find(x, match_line_text(l, LINE_CODE), &from) == 1) {
        l->candidate = x->rows[from];
        l->pass = 6;
    }
}

static int by_amount(const void *a, const void *b)
{
    const struct ours_row *x = *(struct ours_row *const *)a, *y = *(struct ours_row *const *)b;

    if (x->amount_vnd != y->amount_vnd)
        return x->amount_vnd < y->amount_vnd ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static bool may_be(const struct match *m, const struct line_row *l, const struct ours_row *u)
{
    struct str ours = match_ours_text(u, OURS_ACCOUNT);
    struct str theirs = match_line_text(l, LINE_ACCOUNT);

    ours = ours.n > 0 ? ours : m->rules.account;
    if (ours.n > 0 && theirs.n > 0 && !str_eq(ours, theirs))
        return false;
    return m->rules.window_days == 0 || l->day == 0 || u->day == 0 ||
           abs(l->day - u->day) <= m->rules.window_days;
}

/* Pass 7: rows are free payments sorted by amount. Two are enough to know that it is not one. */
static struct ours_row *amount_find(const struct match *m, struct ours_row **rows, size_t count,
                                    const struct line_row *l)
{
    struct ours_row *found = NULL;
    size_t from = 0, to = count, tries = 0;

    while (from < to) {
        const size_t at = from + (to - from) / 2;
        if (rows[at]->amount_vnd < l->gross_vnd)
            from = at + 1;
        else
            to = at;
    }
    for (; from < count && rows[from]->amount_vnd == l->gross_vnd; from++) {
        if (++tries > TRIES_MAX)
            return NULL;
        if (!may_be(m, l, rows[from]))
            continue;
        if (found != NULL)
            return NULL;
        found = rows[from];
    }
    return found;
}

static void amounts_propose(struct left *f, struct ours_row **rows, size_t count)
{
    struct ours_row **twice = arena_array(f->m->a, struct ours_row *, f->count + 1);
    size_t twices = 0;

    qsort(rows, count, sizeof *rows, by_amount);
    for (size_t i = 0; i < f->count; i++) {
        struct line_row *l = f->lines[i];
        if (l->class != MATCH_OPEN || !may_be_batch(l) || l->candidate != NULL)
            continue;
        struct ours_row *u = amount_find(f->m, rows, count, l);
        if (u == NULL)
            continue;
        if (u->courted)
            twice[twices++] = u; /* two lines want it: it is nobody's */
        u->courted = true;
        l->candidate = u;
        l->pass = 7;
    }
    for (size_t i = 0; i < twices; i++)
        twice[i]->courted = false;
    for (size_t i = 0; i < f->count; i++) {
        struct line_row *l = f->lines[i];
        if (l->pass == 7 && l->class == MATCH_OPEN && !l->candidate->courted) {
            l->candidate = NULL;
            l->pass = 0;
        }
    }
}

/* Passes 6 and 7, which leave the class as it is: a candidate is for the officer. */
static void propose(struct left *f)
{
    const struct ours_index by_code = index_make(f->m, OURS_CODE, is_free, NULL);
    struct ours_row **rows = arena_array(f->m->a, struct ours_row *, f->m->ours_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < f->m->ours_count; i++) {
        struct ours_row *u = match_ours_at(f->m, i);
        if (is_free(u, NULL))
            rows[count++] = u;
    }
    for (size_t i = 0; i < f->count; i++)
        if (f->lines[i]->class == MATCH_OPEN)
            code_propose(&by_code, f->lines[i]);
    amounts_propose(f, rows, count);
}

static void lines_end(struct left *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct line_row *l = f->lines[i];
        if (l->class != MATCH_OPEN)
            continue;
        if (l->kind == SETTLEMENT_PAY)
            match_line_end(l, stray_class(l), l->pass, NULL);
        else
            other_end(f, l);
    }
}

/* What is ours and counts, and no line has taken. */
static void absent_end(struct match *m)
{
    for (size_t i = 0; i < m->ours_count; i++) {
        struct ours_row *u = match_ours_at(m, i);
        if (!u->in_day || !u->captured || u->taken || u->named)
            continue;
        u->class = u->elsewhere              ? MATCH_DATE
                   : u->kind == MATCH_REFUND ? MATCH_REF_UNM
                                             : MATCH_MIS_THEIRS;
    }
}

result match_rest(struct match *m, struct err *e)
{
    struct left f = left_find(m);

    (void)e;
    index_txns(&f);
    for (size_t i = 0; i < f.count; i++)
        if (f.lines[i]->kind == SETTLEMENT_PAY)
            txn_match(&f, f.lines[i]);
    refunds_match(&f);
    batches_match(&f);
    propose(&f);
    lines_end(&f);
    absent_end(m);
    return OK;
}
