/* System, portal and treasury beside each other. */
#include "finance/threeway.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "store/sql.h"

#define WINDOW_DAYS 14
#define PAGE_ROWS   500
#define ROWS_MAX    5000

static const char *const code_names[THREEWAY_CODE_COUNT] = { "00", "01", "02", "03" };

const char *threeway_code_name(enum threeway_code c)
{
    return code_names[c];
}

struct comparing {
    const struct office *f;
    const struct threeway_query *q;
    struct str day, last_day, treasury, after;
    bool bank_file, treasury_file;
    struct arena *a;
    struct threeway_row *list;
    size_t count, most;
    bool more;
    size_t begun; /* of this page */
    struct str begun_after;
};

static enum threeway_code code_of(int64_t system_vnd, int64_t side_vnd, bool file)
{
    if (side_vnd == 0)
        return file ? THREEWAY_EXTRA : THREEWAY_NOT_YET;
    return side_vnd == system_vnd ? THREEWAY_MATCH : THREEWAY_DIFFERS;
}

static void row_read(struct sql_rows *rows, const struct comparing *k, struct threeway_row *r)
{
    struct arena *a = k->a;

    *r = (struct threeway_row){ .reference = sql_text(rows, 0, a),
                                .dossier = sql_text(rows, 1, a),
                                .agency_id = sql_text(rows, 2, a),
                                .order_id = sql_text(rows, 3, a),
                                .portal_txn = sql_text(rows, 4, a),
                                .system_vnd = sql_int(rows, 5),
                                .bank_vnd = sql_int(rows, 6),
                                .treasury_vnd = sql_int(rows, 7),
                                .treasury_status = sql_text(rows, 8, a),
                                .treasury_ref = sql_text(rows, 9, a),
                                .remitted_day = sql_text(rows, 10, a) };
    r->bank = code_of(r->system_vnd, r->bank_vnd, k->bank_file);
    r->treasury = code_of(r->system_vnd, r->treasury_vnd, k->treasury_file);
    if (r->treasury == THREEWAY_MATCH && r->treasury_status.n > 0 &&
        !str_is(r->treasury_status, "SENT_SUCCESS"))
        r->treasury = THREEWAY_DIFFERS;
}

static bool is_wanted(const struct comparing *k, const struct threeway_row *r)
{
    return !k->q->differences || r->bank != THREEWAY_MATCH || r->treasury != THREEWAY_MATCH;
}

static result files_find(struct sql *db, struct comparing *k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_THREEWAY_FILES, &rows, e, sql_t(k->day), sql_t(k->treasury)));
    TRY(sql_one(rows, e));
    k->bank_file = sql_int(rows, 0) > 0;
    k->treasury_file = sql_int(rows, 1) > 0;
    return OK;
}

static result page_find(struct sql *db, void *arg, struct err *e)
{
    struct comparing *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    size_t seen = 0;
    bool row;

    k->count = k->begun; /* tried again from there */
    k->after = k->begun_after;
    TRY(files_find(db, k, e));
    TRY(sql_find(db, SQL_THREEWAY_PAGE, &rows, e, sql_t(k->day), sql_t(k->last_day),
                 sql_t(k->treasury), sql_t(k->after), sql_t(k->q->agency_id), sql_i(PAGE_ROWS)));
    for (; k->count < k->most; seen++) {
        struct threeway_row r;

        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        row_read(rows, k, &r);
        k->after = r.reference;
        if (is_wanted(k, &r))
            k->list[k->count++] = r;
    }
    k->more = seen == PAGE_ROWS;
    return OK;
}

static struct comparing begin(const struct office *f, const struct threeway_query *q,
                              struct arena *a)
{
    struct comparing k = { .f = f, .q = q, .a = a, .after = q->after, .more = true };
    const struct source *s;

    k.day = date_iso(a, q->day);
    k.last_day = date_iso(a, date_add_days(q->day, WINDOW_DAYS));
    k.treasury = STR("");
    for (size_t i = 0; f->sources != NULL && (s = source_each(f->sources, q->day, i)) != NULL; i++)
        if (s->role == SOURCE_TREASURY)
            k.treasury = s->provider;
    return k;
}

result threeway_rows(const struct office *f, const struct threeway_query *q, struct arena *a,
                     struct threeway_row **out, size_t *count, struct err *e)
{
    struct comparing k = begin(f, q, a);

    k.most = q->most < ROWS_MAX ? q->most : ROWS_MAX;
    k.list = arena_array(a, struct threeway_row, k.most + 1);
    while (k.more && k.count < k.most) {
        k.begun = k.count;
        k.begun_after = k.after;
        TRY(sql_read(f->till->store, page_find, &k, e));
    }
    *out = k.list;
    *count = k.count;
    return OK;
}

static result row_add(struct threeway_sums *s, const struct threeway_row *r, struct err *e)
{
    s->count++;
    s->bank_count += r->bank_vnd > 0;
    s->treasury_count += r->treasury_vnd > 0;
    s->bank_codes[r->bank]++;
    s->treasury_codes[r->treasury]++;
    TRY(money_add(s->vnd, r->system_vnd, &s->vnd, e));
    TRY(money_add(s->bank_vnd, r->bank_vnd, &s->bank_vnd, e));
    return money_add(s->treasury_vnd, r->treasury_vnd, &s->treasury_vnd, e);
}

result threeway_sums(const struct office *f, const struct threeway_query *q, struct arena *a,
                     struct threeway_sums *out, struct err *e)
{
    DEFER(arena_close) struct arena *even = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close) struct arena *odd = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct comparing k = begin(f, q, a);

    *out = (struct threeway_sums){ 0 };
    k.after = STR("");
    for (int i = 0; k.more; i++) {
        k.a = i % 2 == 0 ? even : odd;
        arena_reset(k.a); /* where the rows go on is in the other one */
        k.most = PAGE_ROWS;
        k.begun = 0;
        k.begun_after = k.after;
        k.list = arena_array(k.a, struct threeway_row, PAGE_ROWS + 1);
        TRY(sql_read(f->till->store, page_find, &k, e));
        for (size_t r = 0; r < k.count; r++)
            TRY(row_add(out, &k.list[r], e));
    }
    return OK;
}
