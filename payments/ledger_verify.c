/*
 * Proving the books: everything that can be computed from the rows again is, and compared.
 * Attacker: whoever changed, removed or added a row; promise: the first thing that does not hold is
 * named.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/ledger.h"
#include "payments/ledger_row.h"
#include "store/sql.h"

#define PAGE_JOURNALS 500
#define VERIFY_BYTES  (64 << 20)
#define HEADS_MAX     100000

struct head {
    struct str agency_id;
    int64_t slot, n, rows;
    struct str hash;
};

struct verifying {
    struct ledger_report report;
    struct arena *a, *page;
    struct head *heads;
    size_t head_count;
};

/* Journals of one chain, as their rows come by. */
struct walking {
    struct verifying *v;
    const struct head *head;
    struct ledger_journal *j;
    struct ledger_place at;
    struct str hash;      /* stored with the journal under way */
    struct str last_hash; /* of the journal before it */
    int64_t total_vnd;
    int64_t n; /* the last whole journal */
};

static result broken(const struct walking *w, const char *why, struct err *e)
{
    return fail(e, ERR_BROKEN_CHAIN, "journal %.*s/%lld/%lld: %s", STR_ARG(w->head->agency_id),
                (long long)w->head->slot, (long long)w->at.n, why);
}

static result journal_end(struct walking *w, struct err *e)
{
    struct str hash;
    int64_t total_vnd;

    if (w->at.n == 0)
        return OK;
    if (w->at.n != w->n + 1)
        return broken(w, "one before it is missing", e);
    if (ledger_journal_check(w->j, &total_vnd, NULL).failed || total_vnd != w->total_vnd)
        return broken(w, "does not balance", e);
    if (!str_eq(w->at.prev_hash, w->last_hash))
        return broken(w, "does not follow the one before it", e);
    TRY(ledger_journal_hash(w->j, &w->at, w->v->page, &hash, e));
    if (!str_eq(hash, w->hash))
        return broken(w, "was altered", e);
    w->last_hash = str_dup(w->v->a, hash);
    w->n = w->at.n;
    w->v->report.journals++;
    w->v->report.postings += (int64_t)w->j->count;
    return OK;
}

static result journal_begin(struct walking *w, struct sql_rows *rows, struct err *e)
{
    struct arena *a = w->v->page;

    w->at = (struct ledger_place){ .slot = sql_int(rows, 1),
                                   .n = sql_int(rows, 2),
                                   .at_ms = sql_int(rows, 9),
                                   .prev_hash = sql_text(rows, 11, a) };
    *w->j = (struct ledger_journal){ .agency_id = sql_text(rows, 0, a),
                                     .kind = sql_text(rows, 3, a),
                                     .source = sql_text(rows, 4, a),
                                     .order_id = sql_text(rows, 5, a),
                                     .attempt_n = sql_int(rows, 6),
                                     .corrects = sql_text(rows, 8, a) };
    w->total_vnd = sql_int(rows, 10);
    w->hash = sql_text(rows, 12, a);
    if (!date_read(sql_text(rows, 7, a), &w->j->day))
        return broken(w, "has no day", e);
    return OK;
}

static result posting_add(struct walking *w, struct sql_rows *rows, struct err *e)
{
    const int64_t account = sql_int(rows, 14);

    if (sql_is_null(rows, 13))
        return broken(w, "has no postings", e);
    if (sql_int(rows, 13) != (int64_t)w->j->count + 1 || w->j->count == LEDGER_POSTINGS_MAX)
        return broken(w, "a posting is missing", e);
    w->j->postings[w->j->count++] =
        (struct ledger_posting){ .account = (enum ledger_account)account,
                                 .side = (enum ledger_side)sql_int(rows, 15),
                                 .amount_vnd = sql_int(rows, 16),
                                 .fee = sql_text(rows, 17, w->v->page) };
    return OK;
}

static result page_walk(struct sql *db, struct walking *w, int64_t to, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    const struct head *h = w->head;
    bool more;

    w->at.n = 0;
    TRY(sql_find(db, SQL_LEDGER_WALK, &rows, e, sql_t(h->agency_id), sql_i(h->slot), sql_i(w->n),
                 sql_i(to)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return journal_end(w, e);
        if (sql_int(rows, 2) != w->at.n) {
            TRY(journal_end(w, e));
            TRY(journal_begin(w, rows, e));
        }
        TRY(posting_add(w, rows, e));
    }
}

static result chain_walk(struct sql *db, struct verifying *v, const struct head *h, struct err *e)
{
    struct walking w = { .v = v, .head = h, .last_hash = STR("") };

    w.j = arena_new(v->a, struct ledger_journal);
    while (w.n < h->n) {
        const int64_t before = w.n;
        const int64_t to = w.n + PAGE_JOURNALS < h->n ? w.n + PAGE_JOURNALS : h->n;

        arena_reset(v->page);
        TRY(page_walk(db, &w, to, e));
        if (w.n != to || w.n == before) {
            w.at.n = w.n + 1;
            return broken(&w, "is missing", e);
        }
    }
    w.at.n = h->n;
    if (!str_eq(w.last_hash, h->hash))
        return broken(&w, "is not the head of its chain", e);
    return h->rows == h->n ? OK : broken(&w, "is not the last of its chain", e);
}

static result heads_read(struct sql *db, struct verifying *v, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find_plain(db, SQL_LEDGER_HEADS, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (v->head_count == HEADS_MAX)
            return fail(e, ERR_TOO_LARGE, "more than %d chains", HEADS_MAX);
        v->heads[v->head_count++] = (struct head){ .agency_id = sql_text(rows, 0, v->a),
                                                   .slot = sql_int(rows, 1),
                                                   .n = sql_int(rows, 2),
                                                   .hash = sql_text(rows, 3, v->a),
                                                   .rows = sql_int(rows, 4) };
    }
}

/* Statements that find what must not exist: the agency and what it is about. */
static result nothing_found(struct sql *db, enum sql_query q, const char *why, struct arena *a,
                            struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find_plain(db, q, &rows, e));
    TRY(sql_next(rows, &more, e));
    if (!more)
        return OK;
    return fail(e, ERR_BROKEN_CHAIN, "%s: %.*s %.*s", why, STR_ARG(sql_text(rows, 0, a)),
                STR_ARG(sql_text(rows, 1, a)));
}

static result rows_check(struct sql *db, struct verifying *v, struct err *e)
{
    static const struct {
        enum sql_query q;
        const char *why;
    } checks[] = {
        { SQL_LEDGER_ORPHANS, "journal without a chain" },
        { SQL_LEDGER_BAD_CAPTURES, "attempt that is not captured by exactly one journal" },
        { SQL_LEDGER_BAD_SUMS, "order whose sums are not those of its lines and attempts" },
        { SQL_LEDGER_BAD_ORDERS, "order whose state and sums are not those of its journals" },
        { SQL_LEDGER_BAD_SPLITS, "capture that is not split as its lines" },
        { SQL_LEDGER_BAD_REVERSALS, "capture that was undone without two persons" },
        { SQL_LEDGER_BAD_CLEARING, "clearing or dispute with a residual" },
        { SQL_LEDGER_BAD_CLEARED, "money at a provider that is not captured less paid over" },
        { SQL_LEDGER_STRAY_LOSSES, "loss that two persons did not decide" },
        { SQL_LEDGER_BAD_CARRIES, "money carried out and never in" },
        { SQL_LEDGER_BAD_DESKS, "desk whose money is not that of its attempts and slips" },
        { SQL_LEDGER_BAD_PAYOUTS, "payout that is not what its journals say" },
        { SQL_LEDGER_BAD_PAYOUT_SUMS, "payout that is not the sum of its items" },
        { SQL_LEDGER_BAD_PAYOUT_ITEMS, "settled payment that is none" },
        { SQL_LEDGER_STRAY_PAYOUTS, "settlement without a payout" },
        { SQL_LEDGER_BAD_REMITTANCES, "remittance that is not what its journals say" },
        { SQL_LEDGER_STRAY_REMITTANCES, "money remitted without a remittance" },
        { SQL_LEDGER_BAD_CLAIMS, "order that is remitted twice" },
        { SQL_LEDGER_NO_HISTORY, "order or attempt without a history" },
        { SQL_LEDGER_BAD_RECEIPTS, "paid order without its receipts" },
        { SQL_LEDGER_RECEIPT_GAPS, "receipt numbers with a gap" },
    };
    DEFER(sql_end) struct sql_rows *rows = NULL;

    for (size_t i = 0; i < LEN(checks); i++)
        TRY(nothing_found(db, checks[i].q, checks[i].why, v->a, e));
    TRY(sql_find_plain(db, SQL_LEDGER_COUNTS, &rows, e));
    TRY(sql_one(rows, e));
    v->report.orders = sql_int(rows, 0);
    v->report.attempts = sql_int(rows, 1);
    v->report.receipts = sql_int(rows, 2);
    if (sql_int(rows, 3) != 0)
        return fail(e, ERR_BROKEN_CHAIN, "receipts without a row of numbers");
    return OK;
}

static result verify(struct sql *db, void *arg, struct err *e)
{
    struct verifying *v = arg;

    v->report = (struct ledger_report){ 0 };
    v->head_count = 0;
    TRY(heads_read(db, v, e));
    for (size_t i = 0; i < v->head_count; i++)
        TRY(chain_walk(db, v, &v->heads[i], e));
    TRY(ledger_replay(db, v->page, e));
    return rows_check(db, v, e);
}

result ledger_verify(struct sql_pool *p, struct ledger_report *out, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open((size_t)1 << 30);
    DEFER(arena_close) struct arena *page = arena_open(VERIFY_BYTES);
    struct verifying v = { .a = a, .page = page };

    v.heads = arena_array(a, struct head, HEADS_MAX);
    TRY(sql_read(p, verify, &v, e));
    *out = v.report;
    return OK;
}
