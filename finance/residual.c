#include "finance/residual.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/source.h"
#include "payments/ledger.h"
#include "store/sql.h"

#define CHAINS_MAX 4096
#define SLACK_MS   86400000 /* their clock and ours do not agree on which day it is */

static const struct {
    int account;
    int sign; /* of debit less credit */
    enum sql_query sums, rows;
} equations[] = {
    [RESIDUAL_CLEARING] = { LEDGER_1110, 1, SQL_RESIDUAL_CLEARING_SUMS, SQL_RESIDUAL_CLEARING },
    [RESIDUAL_REFUNDS] = { LEDGER_2140, -1, SQL_RESIDUAL_REFUNDS_SUMS, SQL_RESIDUAL_REFUNDS },
    [RESIDUAL_HELD] = { LEDGER_2150, -1, SQL_RESIDUAL_HELD_SUMS, SQL_RESIDUAL_HELD },
    [RESIDUAL_UNIDENTIFIED] = { LEDGER_2160, -1, SQL_RESIDUAL_OVER_SUMS, SQL_RESIDUAL_OVER },
};
_Static_assert(LEN(equations) == RESIDUAL_COUNT, "an equation for each kind");

struct reading {
    const struct office *f;
    struct arena *a;
    int64_t portal_ms, vnpay_ms; /* from when on days are open */
    struct residual *out;
    enum residual_kind kind;
    const struct residual_place *after;
    struct residual_row *rows;
    size_t most, count;
};

int residual_account(enum residual_kind kind)
{
    return equations[kind].account;
}

bool residual_find(struct str account, enum residual_kind *out)
{
    int64_t n;

    if (!str_to_i64(account, &n))
        return false;
    for (int k = 0; k < RESIDUAL_COUNT; k++) {
        if (equations[k].account == n) {
            *out = (enum residual_kind)k;
            return true;
        }
    }
    return false;
}

/* ---- from the books ---- */

static void balance_add(struct reading *r, int64_t account, int64_t debit_vnd)
{
    for (int k = 0; k < RESIDUAL_COUNT; k++)
        if (equations[k].account == account)
            r->out[k].books_vnd += equations[k].sign * debit_vnd;
}

static result sums_take(struct reading *r, struct sql_rows *rows, struct err *e)
{
    bool more;

    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        balance_add(r, sql_int(rows, 0), sql_int(rows, 1));
    }
}

struct chain {
    struct str agency_id;
    int64_t slot, n;
};

static result chains_read(struct sql *db, struct reading *r, struct chain **out, size_t *count,
                          struct err *e)
{
    struct chain *list = arena_array(r->a, struct chain, CHAINS_MAX);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_RESIDUAL_BEHIND, &rows, e, sql_i(CHAINS_MAX)));
    for (*count = 0; *count < CHAINS_MAX; (*count)++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        list[*count] =
            (struct chain){ sql_text(rows, 0, r->a), sql_int(rows, 1), sql_int(rows, 2) };
    }
    *out = list;
    return OK;
}

static result books_read(struct sql *db, struct reading *r, struct err *e)
{
    DEFER(sql_end) struct sql_rows *kept = NULL;
    struct chain *list;
    size_t n;

    TRY(sql_find_plain(db, SQL_RESIDUAL_BALANCES, &kept, e));
    TRY(sums_take(r, kept, e));
    TRY(chains_read(db, r, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        DEFER(sql_end) struct sql_rows *tail = NULL;

        TRY(sql_find(db, SQL_RESIDUAL_TAIL, &tail, e, sql_t(list[i].agency_id), sql_i(list[i].slot),
                     sql_i(list[i].n)));
        TRY(sums_take(r, tail, e));
    }
    return OK;
}

/* ---- from the rows ---- */

/* 0: no day of the channel was ever closed, or no file settles it. */
static result open_since(struct sql *db, const struct reading *r, struct str channel, int64_t *ms,
                         struct err *e)
{
    const struct date today = clock_today(r->f->till->clock);
    const struct source *s =
        r->f->sources == NULL ? NULL : source_of_channel(r->f->sources, channel, today);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct date open, closed;
    int64_t to_ms;

    *ms = 0;
    if (s == NULL)
        return OK;
    TRY(sql_find(db, SQL_RESIDUAL_OPEN_DAY, &rows, e, sql_t(s->provider), sql_t(s->account)));
    TRY(sql_one(rows, e));
    if (!date_read(sql_text(rows, 1, r->a), &closed))
        return OK;
    if (!date_read(sql_text(rows, 0, r->a), &open) || date_cmp(open, closed) > 0)
        open = source_day_after(s, closed);
    source_day_span(s, open, ms, &to_ms);
    *ms -= SLACK_MS;
    return OK;
}

static result bounds_read(struct sql *db, struct reading *r, struct err *e)
{
    TRY(open_since(db, r, STR("portal"), &r->portal_ms, e));
    return open_since(db, r, STR("vnpay"), &r->vnpay_ms, e);
}

static int64_t since(const struct reading *r)
{
    return r->portal_ms < r->vnpay_ms ? r->portal_ms : r->vnpay_ms;
}

static result listed_read(struct sql *db, struct reading *r, enum residual_kind k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct residual *one = &r->out[k];

    if (k == RESIDUAL_CLEARING)
        TRY(sql_find(db, equations[k].sums, &rows, e, sql_i(since(r)), sql_i(r->portal_ms),
                     sql_i(r->vnpay_ms)));
    else
        TRY(sql_find_plain(db, equations[k].sums, &rows, e));
    TRY(sql_one(rows, e));
    one->account = equations[k].account;
    one->count = sql_int(rows, 0);
    one->listed_vnd = sql_int(rows, 1);
    one->left_vnd = one->books_vnd - one->listed_vnd;
    return OK;
}

static result all_read(struct sql *db, void *arg, struct err *e)
{
    struct reading *r = arg;

    for (int k = 0; k < RESIDUAL_COUNT; k++)
        r->out[k] = (struct residual){ 0 };
    TRY(books_read(db, r, e));
    TRY(bounds_read(db, r, e));
    for (int k = 0; k < RESIDUAL_COUNT; k++)
        TRY(listed_read(db, r, (enum residual_kind)k, e));
    return OK;
}

result residual_read(const struct office *f, struct residual out[RESIDUAL_COUNT], struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct reading r = { .f = f, .a = a, .out = out };

    return sql_read(f->till->store, all_read, &r, e);
}

static result rows_start(struct sql *db, const struct reading *r, struct sql_rows **rows,
                         struct err *e)
{
    const int64_t after_ms = r->after->key.n > 0 ? r->after->at_ms : -1;

    if (r->kind == RESIDUAL_CLEARING)
        return sql_find(db, equations[r->kind].rows, rows, e, sql_i(since(r)), sql_i(r->portal_ms),
                        sql_i(r->vnpay_ms), sql_i(after_ms), sql_t(r->after->key),
                        sql_i((int64_t)r->most));
    return sql_find(db, equations[r->kind].rows, rows, e, sql_i(after_ms), sql_t(r->after->key),
                    sql_i((int64_t)r->most));
}

static result rows_read(struct sql *db, void *arg, struct err *e)
{
    struct reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(bounds_read(db, r, e));
    TRY(rows_start(db, r, &rows, e));
    for (r->count = 0; r->count < r->most; r->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        r->rows[r->count] = (struct residual_row){ .what = sql_text(rows, 0, r->a),
                                                   .agency_id = sql_text(rows, 1, r->a),
                                                   .order_id = sql_text(rows, 2, r->a),
                                                   .name = sql_text(rows, 3, r->a),
                                                   .vnd = sql_int(rows, 4),
                                                   .at_ms = sql_int(rows, 5) };
    }
    return OK;
}

result residual_rows(const struct office *f, enum residual_kind kind,
                     const struct residual_place *after, size_t most, struct arena *a,
                     struct residual_row **out, size_t *count, struct err *e)
{
    struct reading r = { .f = f, .a = a, .kind = kind, .after = after, .most = most };

    r.rows = arena_array(a, struct residual_row, most + 1);
    TRY(sql_read(f->till->store, rows_read, &r, e));
    *out = r.rows;
    *count = r.count;
    return OK;
}
