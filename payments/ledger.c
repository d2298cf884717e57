/*
 * Journals. Attacker: whoever can write to the store; promise: a journal that was posted cannot be
 * changed, removed or posted twice without ledger_verify saying so. Deliberately not done: the
 * chain's heads are not signed by a party outside the store.
 */
#include "payments/ledger.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "payments/ledger_row.h"
#include "store/sql.h"

static const struct {
    int code;
    enum ledger_side side;
    const char *name;
} chart[] = {
#define ACCOUNT(code, side, name) { code, LEDGER_##side, name },
#include "payments/account.def"
#undef ACCOUNT
};

const char *ledger_account_name(int code)
{
    for (size_t i = 0; i < LEN(chart); i++)
        if (chart[i].code == code)
            return chart[i].name;
    return NULL;
}

result ledger_journal_check(const struct ledger_journal *j, int64_t *total_vnd, struct err *e)
{
    int64_t sum_vnd[2] = { 0, 0 };

    for (size_t i = 0; i < j->count; i++) {
        const struct ledger_posting *p = &j->postings[i];

        if (p->amount_vnd <= 0 || ledger_account_name((int)p->account) == NULL)
            return fail(e, ERR_INTERNAL, "journal %.*s: bad posting", STR_ARG(j->source));
        TRY(money_add(sum_vnd[p->side], p->amount_vnd, &sum_vnd[p->side], e));
    }
    if (sum_vnd[LEDGER_DEBIT] != sum_vnd[LEDGER_CREDIT] || sum_vnd[LEDGER_DEBIT] == 0)
        return fail(e, ERR_INTERNAL, "journal %.*s does not balance", STR_ARG(j->source));
    *total_vnd = sum_vnd[LEDGER_DEBIT];
    return OK;
}

result ledger_journal_hash(const struct ledger_journal *j, const struct ledger_place *at,
                           struct arena *a, struct str *hash, struct err *e)
{
    struct buf b = buf_make(a, 64 * 1024);
    struct str text;

    buf_fmt(&b, "%.*s|%lld|%lld|%.*s|%.*s|%.*s|%lld|%.*s|%.*s|%lld|%.*s\n", STR_ARG(j->agency_id),
            (long long)at->slot, (long long)at->n, STR_ARG(j->kind), STR_ARG(j->source),
            STR_ARG(j->order_id), (long long)j->attempt_n, STR_ARG(date_iso(a, j->day)),
            STR_ARG(j->corrects), (long long)at->at_ms, STR_ARG(at->prev_hash));
    for (size_t i = 0; i < j->count; i++)
        buf_fmt(&b, "%d|%d|%lld|%.*s\n", (int)j->postings[i].account, (int)j->postings[i].side,
                (long long)j->postings[i].amount_vnd, STR_ARG(j->postings[i].fee));
    TRY(buf_end(&b, &text, e));
    *hash = digest_hex(a, digest_sha256(text));
    return OK;
}

/* Takes the chain's head row, which also keeps other writers of this chain waiting. */
static result head_find(struct sql *db, struct str agency_id, struct ledger_place *at,
                        struct arena *a, bool *found, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_LEDGER_HEAD_TAKE, &rows, e, sql_t(agency_id), sql_i(at->slot)));
    TRY(sql_next(rows, found, e));
    if (!*found)
        return OK;
    at->n = sql_int(rows, 0);
    at->prev_hash = sql_text(rows, 1, a);
    return OK;
}

static result head_take(struct sql *db, struct str agency_id, struct ledger_place *at,
                        struct arena *a, struct err *e)
{
    bool found;

    at->slot = sql_slot(db);
    TRY(head_find(db, agency_id, at, a, &found, e));
    if (found)
        return OK;
    TRY(sql_run(db, SQL_LEDGER_HEAD_MAKE, e, sql_t(agency_id), sql_i(at->slot)));
    TRY(head_find(db, agency_id, at, a, &found, e));
    return found ? OK : fail(e, ERR_STORE, "a chain of %.*s has no head", STR_ARG(agency_id));
}

static result postings_insert(struct sql *db, const struct ledger_journal *j,
                              const struct ledger_place *at, struct err *e)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct ledger_posting *p = &j->postings[i];

        TRY(sql_put(db, SQL_LEDGER_POSTING_INSERT, e, sql_t(j->agency_id), sql_i(at->slot),
                    sql_i(at->n), sql_i((int64_t)i + 1), sql_i(p->account), sql_i(p->side),
                    sql_i(p->amount_vnd), sql_t(p->fee)));
    }
    return OK;
}

result ledger_post(struct sql *db, int64_t now_ms, const struct ledger_journal *j, struct arena *a,
                   struct err *e)
{
    struct ledger_place at = { .at_ms = now_ms };
    int64_t total_vnd;
    struct str hash;

    TRY(ledger_journal_check(j, &total_vnd, e));
    TRY(head_take(db, j->agency_id, &at, a, e));
    TRY(ledger_journal_hash(j, &at, a, &hash, e));
    TRY(sql_put(db, SQL_LEDGER_JOURNAL_INSERT, e, sql_t(j->agency_id), sql_i(at.slot), sql_i(at.n),
                sql_t(j->kind), sql_t(j->source), sql_t(j->order_id), sql_i(j->attempt_n),
                sql_t(date_iso(a, j->day)), sql_t(j->corrects), sql_i(now_ms), sql_i(total_vnd),
                sql_t(at.prev_hash), sql_t(hash)));
    TRY(postings_insert(db, j, &at, e));
    return sql_run(db, SQL_LEDGER_HEAD_SET, e, sql_t(j->agency_id), sql_i(at.slot), sql_t(hash));
}

static result journal_read(struct sql_rows *rows, struct arena *a, struct ledger_journal *out,
                           struct err *e)
{
    bool more;

    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return out->count > 0 ? OK : fail(e, ERR_NOT_FOUND, "no such journal");
        if (out->count == LEDGER_POSTINGS_MAX || !date_read(sql_text(rows, 3, a), &out->day))
            return fail(e, ERR_STORE, "journal %.*s: unreadable", STR_ARG(out->source));
        out->kind = sql_text(rows, 0, a);
        out->order_id = sql_text(rows, 1, a);
        out->attempt_n = sql_int(rows, 2);
        out->corrects = sql_text(rows, 4, a);
        out->postings[out->count++] =
            (struct ledger_posting){ .account = (enum ledger_account)sql_int(rows, 5),
                                     .side = (enum ledger_side)sql_int(rows, 6),
                                     .amount_vnd = sql_int(rows, 7),
                                     .fee = sql_text(rows, 8, a) };
    }
}

result ledger_find(struct sql *db, struct str agency_id, struct str source, struct arena *a,
                   struct ledger_journal *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    *out = (struct ledger_journal){ .agency_id = agency_id, .source = source };
    TRY(sql_find(db, SQL_LEDGER_BY_SOURCE, &rows, e, sql_t(agency_id), sql_t(source)));
    return journal_read(rows, a, out, e);
}

result ledger_left(struct sql *db, struct str agency_id, struct str order_id, struct arena *a,
                   struct ledger_split **out, size_t *count, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *out = arena_array(a, struct ledger_split, LEDGER_POSTINGS_MAX);
    TRY(sql_find(db, SQL_LEDGER_LEFT, &rows, e, sql_t(agency_id), sql_t(order_id)));
    for (*count = 0;; (*count)++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (*count == LEDGER_POSTINGS_MAX || sql_int(rows, 2) < 0)
            return fail(e, ERR_BROKEN_CHAIN, "order %.*s: its books are wrong", STR_ARG(order_id));
        (*out)[*count] = (struct ledger_split){ .account = (enum ledger_account)sql_int(rows, 0),
                                                .fee = sql_text(rows, 1, a),
                                                .amount_vnd = sql_int(rows, 2) };
    }
}

struct balance_reading {
    struct str agency_id, until; /* the day, or empty: until_ms */
    int64_t until_ms;
    struct ledger_balance *rows;
};

static result balances_read(struct sql *db, void *arg, struct err *e)
{
    struct balance_reading *b = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    if (b->until.n > 0)
        TRY(sql_find(db, SQL_LEDGER_BALANCES, &rows, e, sql_t(b->agency_id), sql_t(b->until)));
    else
        TRY(sql_find(db, SQL_LEDGER_BALANCES_AT, &rows, e, sql_t(b->agency_id),
                     sql_i(b->until_ms)));
    for (;;) {
        size_t i = 0;

        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        while (i < LEN(chart) && chart[i].code != sql_int(rows, 0))
            i++;
        if (i == LEN(chart))
            return fail(e, ERR_BROKEN_CHAIN, "account %d is not in the chart",
                        (int)sql_int(rows, 0));
        b->rows[i].debit_vnd = sql_int(rows, 1);
        b->rows[i].credit_vnd = sql_int(rows, 2);
    }
}

static result balances_make(struct sql_pool *p, struct balance_reading *b, struct arena *a,
                            struct ledger_balance **out, size_t *count, struct err *e)
{
    b->rows = arena_array(a, struct ledger_balance, LEN(chart));
    TRY(sql_read(p, balances_read, b, e));
    for (size_t i = 0; i < LEN(chart); i++) {
        const int64_t debit_vnd = b->rows[i].debit_vnd - b->rows[i].credit_vnd;

        b->rows[i].account = chart[i].code;
        b->rows[i].name = str_c(chart[i].name);
        b->rows[i].balance_vnd = chart[i].side == LEDGER_DEBIT ? debit_vnd : -debit_vnd;
    }
    *out = b->rows;
    *count = LEN(chart);
    return OK;
}

result ledger_trial_balance(struct sql_pool *p, struct str agency_id, struct date until,
                            struct arena *a, struct ledger_balance **out, size_t *count,
                            struct err *e)
{
    struct balance_reading b = { .agency_id = agency_id, .until = date_iso(a, until) };

    return balances_make(p, &b, a, out, count, e);
}

result ledger_trial_balance_at(struct sql_pool *p, struct str agency_id, int64_t until_ms,
                               struct arena *a, struct ledger_balance **out, size_t *count,
                               struct err *e)
{
    struct balance_reading b = { .agency_id = agency_id, .until_ms = until_ms };

    return balances_make(p, &b, a, out, count, e);
}
