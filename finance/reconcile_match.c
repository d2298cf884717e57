/*
 * The passes: by reference and transaction, by reference, by transaction, and for reversals by what
 * they undo. Promise: each line ends in one class and each capture of the day is used once; a
 * payment is never matched by its amount alone, and money has no tolerance.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "finance/reconcile_row.h"
#include "payments/fee.h"

#define PAGE_LINES 1000
#define ID_DIGITS  32

/* One outcome: of a line, of ours, or of both. */
struct outcome {
    enum match_class class;
    const struct reconcile_line *line; /* NULL: absent there */
    const struct reconcile_ours *ours; /* NULL: not ours */
    bool takes;                        /* this outcome is the one that uses our capture */
};

struct page {
    struct sql *db;
    struct reconcile_run *r;
    struct reconcile_line *lines;
    size_t count;
};

/* Stable over runs, and not of the class: the payment itself where there is one of ours, else the
 * keys of the line and which of several equal ones it is. */
static struct str id_make(struct reconcile_run *r, const struct outcome *o)
{
    const struct reconcile_line *l = o->line;
    struct str day = date_iso(r->page, r->day), text;

    if (o->takes)
        text = str_fmt(r->page, "P|%.*s", STR_ARG(o->ours->reference));
    else
        text = str_fmt(r->page, "L|%s|%.*s|%.*s|%lld|%lld", settlement_kind_name(l->kind),
                       STR_ARG(l->merchant_ref), STR_ARG(l->portal_txn),
                       l->merchant_ref.n + l->portal_txn.n > 0 ? 0 : (long long)l->gross_vnd,
                       (long long)r->walk.same);
    text = str_fmt(r->page, "%s|%.*s|%.*s|%.*s", SETTLEMENT_PROVIDER, STR_ARG(r->t->account),
                   STR_ARG(day), STR_ARG(text));
    return str_sub(digest_hex(r->page, digest_sha256(text)), 0, ID_DIGITS);
}

static struct str either(struct str a, struct str b)
{
    return a.n > 0 ? a : b;
}

static result outcome_put(struct page *p, struct outcome o, struct err *e)
{
    static const struct reconcile_line no_line;
    static const struct reconcile_ours no_ours;
    const struct reconcile_line *l = o.line != NULL ? o.line : &no_line;
    const struct reconcile_ours *u = o.ours != NULL ? o.ours : &no_ours;
    const int64_t ours_vnd = o.takes && u->in_day ? u->amount_vnd : 0;

    if (o.class == MATCH_OK || o.class == MATCH_OK_W) {
        p->r->walk.matched_count++;
        p->r->walk.matched_vnd += ours_vnd;
    }
    if (o.class == MATCH_OK)
        return OK;
    return sql_run(
        p->db, SQL_RECONCILE_FOUND_INSERT, e, sql_i(p->r->run_n), sql_t(id_make(p->r, &o)),
        sql_t(str_c(match_name(o.class))), sql_i(match_priority(o.class)),
        sql_t(either(u->reference, l->merchant_ref)), sql_t(either(l->portal_txn, u->portal_txn)),
        sql_t(either(u->dossier, l->dossier)), sql_t(u->agency_id), sql_t(u->order_id), sql_i(l->n),
        sql_i(ours_vnd), sql_i(l->moved_vnd), sql_i(ours_vnd - l->moved_vnd));
}

static bool is_foreign(const struct reconcile_line *l)
{
    return l->currency.n > 0 && !str_is(l->currency, "VND");
}

static bool is_other_day(const struct page *p, const struct reconcile_line *l,
                         const struct reconcile_ours *u)
{
    return !str_eq(date_iso(p->r->page, clock_local(l->txn_at_ms).date), u->portal_day);
}

/* Whether the money went to the body that it was asked for. Each agency has a beneficiary account
 * of its own, and one file holds them all; a form without the column says nothing. */
static bool is_other_account(const struct page *p, const struct reconcile_line *l,
                             const struct reconcile_ours *u)
{
    struct fee_agency agency;
    struct str expected = p->r->t->account;

    if (l->account.n == 0)
        return false;
    if (!fee_agency_find(p->r->t->fees, u->agency_id, p->r->day, &agency, NULL).failed)
        expected = agency.account;
    return !str_eq(l->account, expected);
}

/* A payment line and the attempt of ours that it is about. */
static enum match_class pair_class(const struct page *p, const struct reconcile_line *l,
                                   const struct reconcile_ours *u)
{
    const bool other_txn =
        l->portal_txn.n > 0 && u->portal_txn.n > 0 && !str_eq(l->portal_txn, u->portal_txn);

    if (!u->captured && !l->success)
        return MATCH_OK; /* both say that nothing was paid */
    if (l->gross_vnd < 0)
        return MATCH_SIGN;
    if (is_foreign(l))
        return MATCH_CUR;
    if (!u->captured || !l->success)
        return MATCH_STA;
    if (is_other_account(p, l, u))
        return MATCH_ACC;
    if (l->gross_vnd != u->amount_vnd)
        return l->gross_vnd < u->amount_vnd ? MATCH_AMT_LESS : MATCH_AMT_MORE;
    if (u->twice)
        return MATCH_DUP_PAY;
    if (!u->in_day)
        return MATCH_DATE;
    if (u->late)
        return MATCH_LATE;
    return other_txn || !str_eq(either(l->merchant_ref, u->reference), u->reference) ||
                   is_other_day(p, l, u)
               ? MATCH_OK_W
               : MATCH_OK;
}

/* By the portal's number, for a line whose reference is not ours. */
struct by_txn {
    int64_t count; /* 2: or more */
    bool taken;
    struct reconcile_ours ours;
};

static struct reconcile_ours ours_read(const struct sql_rows *rows, struct arena *a)
{
    return (struct reconcile_ours){
        .reference = sql_text(rows, 0, a),
        .agency_id = sql_text(rows, 1, a),
        .order_id = sql_text(rows, 2, a),
        .portal_txn = sql_text(rows, 3, a),
        .amount_vnd = sql_int(rows, 4),
        .captured = sql_int(rows, 5) != 0,
        .in_day = sql_int(rows, 6) != 0,
        .portal_day = sql_text(rows, 7, a),
        .late = sql_int(rows, 8) != 0,
        .twice = sql_int(rows, 9) != 0,
        .dossier = sql_text(rows, 10, a),
    };
}

static result find_by_txn(struct page *p, struct str txn, struct by_txn *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *out = (struct by_txn){ 0 };
    if (txn.n == 0)
        return OK;
    TRY(sql_find(p->db, SQL_RECONCILE_OURS_BY_TXN, &rows, e, sql_i(p->r->run_n), sql_t(txn),
                 sql_i(p->r->file.file_n)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        out->count++;
        out->ours = ours_read(rows, p->r->page);
        out->taken = sql_int(rows, 11) != 0;
    }
}

static enum match_class stray_class(const struct page *p, const struct reconcile_line *l)
{
    if (l->merchant_ref.n + l->portal_txn.n == 0)
        return MATCH_UNKEY;
    if (p->r->walk.same > 1)
        return MATCH_DUP_FILE;
    if (l->gross_vnd < 0)
        return MATCH_SIGN;
    return is_foreign(l) ? MATCH_CUR : MATCH_MIS_OURS;
}

/* A payment line whose reference is not ours. */
static result stray_match(struct page *p, const struct reconcile_line *l, struct err *e)
{
    struct by_txn found;

    TRY(find_by_txn(p, l->portal_txn, &found, e));
    if (found.count > 1)
        return outcome_put(p, (struct outcome){ MATCH_AMB, l, NULL, false }, e);
    if (found.count == 1 && !found.taken) {
        TRY(sql_run(p->db, SQL_RECONCILE_OURS_TAKE, e, sql_i(p->r->run_n),
                    sql_t(found.ours.reference), sql_i(l->n)));
        return outcome_put(p,
                           (struct outcome){ pair_class(p, l, &found.ours) == MATCH_OK
                                                 ? MATCH_OK_W
                                                 : pair_class(p, l, &found.ours),
                                             l, &found.ours, true },
                           e);
    }
    return outcome_put(p, (struct outcome){ stray_class(p, l), l, NULL, false }, e);
}

static result reversal_match(struct page *p, const struct reconcile_line *l, struct err *e)
{
    struct by_txn found = { 0 };
    const struct reconcile_ours *u = l->known && l->ours.captured ? &l->ours : NULL;

    if (u == NULL) {
        TRY(find_by_txn(p, l->original_ref, &found, e));
        u = found.count == 1 ? &found.ours : NULL;
    }
    return outcome_put(p, (struct outcome){ u != NULL ? MATCH_REV : MATCH_MIS_OURS, l, u, false },
                       e);
}

/* Lines that are no payments. */
static result other_match(struct page *p, const struct reconcile_line *l, struct err *e)
{
    const struct reconcile_ours *u = l->known ? &l->ours : NULL;
    struct outcome o = { MATCH_REF_UNM, l, u, false };

    if (!l->success)
        o.class = MATCH_OK; /* nothing was moved */
    else if (is_foreign(l))
        o.class = MATCH_CUR;
    else if (l->kind == SETTLEMENT_FEE || l->kind == SETTLEMENT_ADJUST)
        o.class = MATCH_UNKEY;
    else if (l->gross_vnd < 0)
        o.class = MATCH_SIGN;
    else if (p->r->walk.same > 1 && l->portal_txn.n > 0)
        o.class = MATCH_DUP_FILE;
    else if (l->kind == SETTLEMENT_REVERSAL)
        return reversal_match(p, l, e);
    return outcome_put(p, o, e);
}

static int fitness(const struct reconcile_line *l)
{
    return (l->success ? 8 : 0) + (str_eq(l->portal_txn, l->ours.portal_txn) ? 4 : 0) +
           (l->gross_vnd == l->ours.amount_vnd ? 2 : 0) + (is_foreign(l) ? 0 : 1);
}

/* The line of a reference that is the payment we know; NULL when none is a payment. */
static const struct reconcile_line *best_of(const struct reconcile_line *l, size_t count)
{
    const struct reconcile_line *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (l[i].kind == SETTLEMENT_PAY && (best == NULL || fitness(&l[i]) > fitness(best)))
            best = &l[i];
    return best;
}

/* Several payments, none of which is ours by number or amount. */
static bool is_split(const struct reconcile_line *l, size_t count,
                     const struct reconcile_line *best)
{
    bool several = false;

    if (best == NULL || !best->known || !best->ours.captured || !best->success)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (l[i].kind != SETTLEMENT_PAY || !l[i].success)
            continue;
        if (l[i].gross_vnd == best->ours.amount_vnd || l[i].gross_vnd < 0 ||
            str_eq(l[i].portal_txn, best->ours.portal_txn))
            return false;
        several |= !str_eq(l[i].portal_txn, best->portal_txn);
    }
    return several;
}

/* A payment line beside the one that is our payment. */
static enum match_class rest_class(const struct page *p, const struct reconcile_line *l, bool split)
{
    if (!l->success)
        return MATCH_OK;
    if (l->gross_vnd < 0)
        return MATCH_SIGN;
    if (is_foreign(l))
        return MATCH_CUR;
    if (split)
        return MATCH_SPLIT;
    return str_eq(l->portal_txn, p->r->walk.group_txn) ? MATCH_DUP_FILE : MATCH_DUP_PAY;
}

static bool same_keys(const struct reconcile_walk *w, const struct reconcile_line *l)
{
    return w->n > 0 && w->kind == (int64_t)l->kind && str_eq(w->ref, l->merchant_ref) &&
           str_eq(w->txn, l->portal_txn) &&
           (l->merchant_ref.n + l->portal_txn.n > 0 || w->gross_vnd == l->gross_vnd);
}

static void walk_on(struct reconcile_walk *w, const struct reconcile_line *l)
{
    w->same = same_keys(w, l) ? w->same + 1 : 1;
    w->ref = l->merchant_ref;
    w->txn = l->portal_txn;
    w->kind = l->kind;
    w->gross_vnd = l->gross_vnd;
    w->n = l->n;
}

/* All lines of one reference, or one line without a reference, or the rest of a group that was too
 * long for a page. */
static result group_match(struct page *p, const struct reconcile_line *l, size_t count,
                          struct err *e)
{
    struct reconcile_walk *w = &p->r->walk;
    const struct reconcile_line *best = w->in_group ? NULL : best_of(l, count);
    const bool split = is_split(l, count, best);

    if (best != NULL)
        w->group_txn = best->portal_txn;
    for (size_t i = 0; i < count; i++) {
        walk_on(w, &l[i]);
        if (l[i].kind != SETTLEMENT_PAY)
            TRY(other_match(p, &l[i], e));
        else if (!l[i].known)
            TRY(stray_match(p, &l[i], e));
        else if (&l[i] == best)
            TRY(outcome_put(
                p,
                (struct outcome){ split ? MATCH_SPLIT : pair_class(p, &l[i], &l[i].ours), &l[i],
                                  &l[i].ours, true },
                e));
        else
            TRY(outcome_put(
                p, (struct outcome){ rest_class(p, &l[i], split), &l[i], &l[i].ours, false }, e));
    }
    return OK;
}

static void line_read(const struct sql_rows *rows, struct arena *a, struct reconcile_line *out)
{
    *out = (struct reconcile_line){
        .n = sql_int(rows, 0),
        .kind = (enum settlement_kind)sql_int(rows, 1),
        .portal_txn = sql_text(rows, 2, a),
        .merchant_ref = sql_text(rows, 3, a),
        .original_ref = sql_text(rows, 4, a),
        .dossier = sql_text(rows, 5, a),
        .account = sql_text(rows, 6, a),
        .gross_vnd = sql_int(rows, 7),
        .moved_vnd = sql_int(rows, 8),
        .currency = sql_text(rows, 9, a),
        .success = sql_int(rows, 10) != 0,
        .txn_at_ms = sql_int(rows, 11),
        .known = !sql_is_null(rows, 12),
    };
    if (!out->known)
        return;
    out->ours = (struct reconcile_ours){
        .reference = sql_text(rows, 12, a),
        .agency_id = sql_text(rows, 13, a),
        .order_id = sql_text(rows, 14, a),
        .portal_txn = sql_text(rows, 15, a),
        .amount_vnd = sql_int(rows, 16),
        .captured = sql_int(rows, 17) != 0,
        .in_day = sql_int(rows, 18) != 0,
        .portal_day = sql_text(rows, 19, a),
        .late = sql_int(rows, 20) != 0,
        .twice = sql_int(rows, 21) != 0,
        .dossier = sql_text(rows, 22, a),
    };
}

static result page_read(struct page *p, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    const struct reconcile_walk *w = &p->r->walk;
    bool more;

    TRY(sql_find(p->db, SQL_RECONCILE_LINE_PAGE, &rows, e, sql_i(p->r->run_n),
                 sql_i(p->r->file.file_n), sql_t(w->ref), sql_t(w->txn), sql_i(w->kind),
                 sql_i(w->gross_vnd), sql_i(w->n), sql_i(PAGE_LINES)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        line_read(rows, p->r->page, &p->lines[p->count++]);
    }
}

static size_t group_end(const struct page *p, size_t from)
{
    size_t end = from + 1;

    while (p->lines[from].merchant_ref.n > 0 && end < p->count &&
           str_eq(p->lines[end].merchant_ref, p->lines[from].merchant_ref))
        end++;
    return end;
}

static void walk_keep(struct reconcile_run *r)
{
    r->walk.ref = str_dup(r->a, r->walk.ref);
    r->walk.txn = str_dup(r->a, r->walk.txn);
    r->walk.group_txn = str_dup(r->a, r->walk.group_txn);
}

result reconcile_match_lines(struct sql *db, struct reconcile_run *r, struct err *e)
{
    struct page p = { db, r, arena_array(r->page, struct reconcile_line, PAGE_LINES), 0 };
    struct reconcile_walk *w = &r->walk;
    bool full;

    TRY(page_read(&p, e));
    full = p.count == PAGE_LINES;
    for (size_t i = 0, end; i < p.count; i = end) {
        const bool keyed = p.lines[i].merchant_ref.n > 0;
        end = group_end(&p, i);
        if (full && end == p.count && i > 0 && keyed)
            break; /* it may go on: read again as the first of the next page */
        w->in_group = w->in_group && i == 0 && str_eq(w->ref, p.lines[i].merchant_ref);
        TRY(group_match(&p, &p.lines[i], end - i, e));
        w->in_group = full && end == p.count && keyed;
    }
    w->ended = !full;
    walk_keep(r);
    return OK;
}

result reconcile_match_absent(struct sql *db, struct reconcile_run *r, bool *more, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct page p = { .db = db, .r = r };
    struct str last = r->walk.absent;
    int64_t count = 0;
    bool row;

    TRY(sql_find(db, SQL_RECONCILE_OURS_ABSENT, &rows, e, sql_i(r->run_n), sql_i(r->file.file_n),
                 sql_i(r->before_n), sql_i(r->after_n), sql_t(last), sql_i(PAGE_LINES)));
    for (;; count++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        const struct reconcile_ours u = ours_read(rows, r->page);
        const bool elsewhere = sql_int(rows, 11) != 0;
        TRY(outcome_put(
            &p, (struct outcome){ elsewhere ? MATCH_DATE : MATCH_MIS_THEIRS, NULL, &u, true }, e));
        last = u.reference;
    }
    *more = count == PAGE_LINES;
    r->walk.absent = str_dup(r->a, last);
    return OK;
}
