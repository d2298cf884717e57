/* Reports of money: sums of report_sum, grouped once more as was asked. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/report_row.h"
#include "payments/ledger.h"
#include "store/sql.h"

/* What is done with collected money and does not change what was collected. */
static bool is_collecting(struct str kind)
{
    static const char *const others[] = { "J3",  "J3b", "J4",  "J4b", "J5",
                                          "J5R", "J6",  "J6R", "J6t", "J6u" };

    for (size_t i = 0; i < LEN(others); i++)
        if (str_is(kind, others[i]))
            return false;
    return true;
}

static bool is_payout(struct str kind)
{
    return str_is(kind, "J6") || str_is(kind, "J6u") || str_is(kind, "J6R");
}

struct move {
    struct str key, kind, channel;
    int account;
    int64_t vnd; /* credit - debit */
};
typedef void move_fn(void *user, const struct move *m);

struct reading {
    const struct report_query *q;
    struct arena *a;
    enum sql_query query;
    move_fn *take;
    void *user;
};

static result moves_read(struct sql *db, void *arg, struct err *e)
{
    const struct reading *r = arg;
    const struct report_query *q = r->q;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, r->query, &rows, e, sql_t(date_iso(r->a, q->from)),
                 sql_t(date_iso(r->a, q->to)), sql_t(q->agency), sql_t(q->procedure)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        const struct move m = { .key = sql_text(rows, 0, r->a),
                                .kind = sql_text(rows, 1, r->a),
                                .account = (int)sql_int(rows, 2),
                                .channel = sql_text(rows, 3, r->a),
                                .vnd = sql_int(rows, 4) };

        r->take(r->user, &m);
    }
}

/* ---- collections ---- */

enum { C_KEY, C_NAME, C_LE_PHI, C_PHI_BUDGET, C_PHI_KEPT, C_HELD, C_COLLECTED, C_PAID_BACK, C_NET };

/* The first two columns differ by breakdown, the others do not. */
#define MONEY_COLUMNS                                                                              \
    { "le_phi", REPORT_MONEY }, { "phi_budget", REPORT_MONEY }, { "phi_kept", REPORT_MONEY },      \
        { "held", REPORT_MONEY }, { "collected", REPORT_MONEY }, { "paid_back", REPORT_MONEY },    \
    {                                                                                              \
        "net", REPORT_MONEY                                                                        \
    }
static const struct report_column by_day[] = { { "day", REPORT_DAY },
                                               { "weekday", REPORT_WORD },
                                               MONEY_COLUMNS };
static const struct report_column by_agency[] = { { "agency", REPORT_TEXT },
                                                  { "agency_name", REPORT_TEXT },
                                                  MONEY_COLUMNS };
static const struct report_column by_channel[] = { { "code", REPORT_TEXT },
                                                   { "channel", REPORT_WORD },
                                                   MONEY_COLUMNS };
static const struct report_column by_procedure[] = { { "procedure", REPORT_TEXT },
                                                     { "procedure_name", REPORT_TEXT },
                                                     MONEY_COLUMNS };
static const struct report_column by_kind[] = { { "code", REPORT_TEXT },
                                                { "kind", REPORT_WORD },
                                                { "collected", REPORT_MONEY },
                                                { "share", REPORT_RATE } };
static const struct report_column *const money_columns[] = { [REPORT_BY_DAY] = by_day,
                                                             [REPORT_BY_AGENCY] = by_agency,
                                                             [REPORT_BY_CHANNEL] = by_channel,
                                                             [REPORT_BY_PROCEDURE] = by_procedure };

static const enum sql_query queries[] = { [REPORT_BY_DAY] = SQL_REPORT_MONEY_DAY,
                                          [REPORT_BY_AGENCY] = SQL_REPORT_MONEY_AGENCY,
                                          [REPORT_BY_CHANNEL] = SQL_REPORT_MONEY_CHANNEL,
                                          [REPORT_BY_PROCEDURE] = SQL_REPORT_MONEY_PROCEDURE };

struct collecting {
    const struct office *f;
    const struct report_query *q;
    struct report_rows *r;
};

static result moves(const struct office *f, enum sql_query query, struct collecting *c,
                    move_fn *take, struct err *e)
{
    struct reading r = { .q = c->q, .a = c->r->a, .query = query, .take = take, .user = c };

    return sql_read(f->till->store, moves_read, &r, e);
}

static struct str key_of(const struct report_query *q, const struct move *m)
{
    if (m->key.n > 0)
        return m->key;
    return q->by == REPORT_BY_CHANNEL ? STR("none") : STR("-");
}

/* Rows are found again by going back from the last: keys come mostly in order, or are few. */
static struct report_cell *row_of(struct collecting *c, struct str key)
{
    struct report_table *t = c->r->table;
    struct report_cell *row;

    for (size_t i = t->row_count; i-- > 0;)
        if (str_eq(t->cells[i * t->column_count].text, key))
            return &t->cells[i * t->column_count];
    row = report_rows_next(c->r);
    row[C_KEY].text = key;
    if (c->q->by == REPORT_BY_AGENCY)
        row[C_NAME].text = report_agency_name(c->f, c->q, key);
    else if (c->q->by == REPORT_BY_PROCEDURE)
        row[C_NAME].text = report_procedure_name(c->f, c->q, key);
    else
        row[C_NAME].text = key;
    return row;
}

static void put(struct report_cell *row, const struct move *m)
{
    if (is_payout(m->kind)) {
        row[C_PAID_BACK].n -= m->vnd;
        row[C_NET].n += m->vnd;
        return;
    }
    row[m->account == LEDGER_2110   ? C_LE_PHI
        : m->account == LEDGER_2120 ? C_PHI_BUDGET
        : m->account == LEDGER_2130 ? C_PHI_KEPT
                                    : C_HELD]
        .n += m->vnd;
    row[C_COLLECTED].n += m->vnd;
    row[C_NET].n += m->vnd;
}

static void collect(void *user, const struct move *m)
{
    struct collecting *c = user;

    if (m->account == LEDGER_2140 ? is_payout(m->kind) : is_collecting(m->kind))
        put(row_of(c, key_of(c->q, m)), m);
}

static int weekday_of(struct date d)
{
    /* 1970-01-01 was a Thursday; 0 is Sunday. */
    const int64_t days = clock_day_start_ms(d) / 86400000 + 1;

    return (int)((days + 4) % 7);
}

/* Every day of the period has its row, in order. */
static void days_fill(struct collecting *c)
{
    static const char *const names[] = { "sunday",   "monday", "tuesday", "wednesday",
                                         "thursday", "friday", "saturday" };
    struct date d = c->q->from;

    for (; date_cmp(d, c->q->to) <= 0; d = date_add_days(d, 1))
        row_of(c, date_iso(c->r->a, d))[C_NAME].text = str_c(names[weekday_of(d)]);
}

static result kinds_put(const struct report_rows *of, struct report_rows *r, struct err *e)
{
    static const struct {
        const char *name;
        size_t column;
    } kinds[] = { { "le_phi", C_LE_PHI },
                  { "phi_budget", C_PHI_BUDGET },
                  { "phi_kept", C_PHI_KEPT },
                  { "held", C_HELD } };
    const struct report_table *t = of->table;
    int64_t all_vnd = 0;

    TRY(report_rows_end(of, e));
    for (size_t i = 0; i < t->row_count; i++)
        all_vnd += report_cell(t, i, C_COLLECTED)->n;
    for (size_t k = 0; k < LEN(kinds); k++) {
        struct report_cell *row = report_rows_next(r);

        row[0].text = row[1].text = str_c(kinds[k].name);
        for (size_t i = 0; i < t->row_count; i++)
            row[2].n += report_cell(t, i, kinds[k].column)->n;
        row[3].n = report_rate(row[2].n, all_vnd, 100);
    }
    report_rows_total(r);
    return OK;
}

result report_collections(const struct office *f, const struct report_query *q,
                          struct report_rows *r, struct err *e)
{
    struct report_query day = *q;
    struct report_table whole;
    struct report_rows rows;
    struct collecting c = { .f = f, .q = q, .r = r };

    if (q->by != REPORT_BY_KIND) {
        report_rows_begin(r, r->table, "collections", money_columns[q->by], C_NET + 1, r->a);
        if (q->by == REPORT_BY_DAY)
            days_fill(&c);
        TRY(moves(f, queries[q->by], &c, collect, e));
        report_rows_total(r);
        return OK;
    }
    day.by = REPORT_BY_DAY;
    c = (struct collecting){ .f = f, .q = &day, .r = &rows };
    report_rows_begin(&rows, &whole, "collections", by_day, C_NET + 1, r->a);
    TRY(moves(f, SQL_REPORT_MONEY_DAY, &c, collect, e));
    report_rows_begin(r, r->table, "collections", by_kind, LEN(by_kind), r->a);
    return kinds_put(&rows, r, e);
}

/* ---- counter against online ---- */

enum { D_AGENCY, D_NAME, D_COUNTER, D_ONLINE, D_COUNTER_VND, D_ONLINE_VND, D_SHARE, D_SHARE_VND };
static const struct report_column desks[] = {
    [D_AGENCY] = { "agency", REPORT_TEXT },
    [D_NAME] = { "agency_name", REPORT_TEXT },
    [D_COUNTER] = { "counter_count", REPORT_COUNT },
    [D_ONLINE] = { "online_count", REPORT_COUNT },
    [D_COUNTER_VND] = { "counter_vnd", REPORT_MONEY },
    [D_ONLINE_VND] = { "online_vnd", REPORT_MONEY },
    [D_SHARE] = { "online_share", REPORT_RATE },
    [D_SHARE_VND] = { "online_share_vnd", REPORT_RATE },
};

static void desk_money(void *user, const struct move *m)
{
    if (!is_collecting(m->kind) || m->account == LEDGER_2140)
        return;
    row_of(user, m->key)[str_is(m->channel, "counter") ? D_COUNTER_VND : D_ONLINE_VND].n += m->vnd;
}

static result desk_counts(struct sql *db, void *arg, struct err *e)
{
    struct collecting *c = arg;
    const struct report_query *q = c->q;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_REPORT_WAIT_DESKS, &rows, e, sql_t(date_iso(c->r->a, q->from)),
                 sql_t(date_iso(c->r->a, q->to)), sql_t(q->agency), sql_t(q->procedure)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        struct report_cell *row = row_of(c, sql_text(rows, 0, c->r->a));

        row[str_is(sql_text(rows, 1, c->r->a), "counter") ? D_COUNTER : D_ONLINE].n +=
            sql_int(rows, 2);
    }
}

result report_counter(const struct office *f, const struct report_query *q, struct report_rows *r,
                      struct err *e)
{
    struct report_query agencies = *q;
    struct collecting c = { .f = f, .q = &agencies, .r = r };

    agencies.by = REPORT_BY_AGENCY;
    report_rows_begin(r, r->table, "counter", desks, LEN(desks), r->a);
    TRY(moves(f, SQL_REPORT_MONEY_DESK, &c, desk_money, e));
    TRY(sql_read(f->till->store, desk_counts, &c, e));
    report_rows_total(r);
    for (size_t i = 0; i < r->table->row_count; i++) {
        struct report_cell *row = &r->table->cells[i * LEN(desks)];

        row[D_SHARE].n = report_rate(row[D_ONLINE].n, row[D_ONLINE].n + row[D_COUNTER].n, 100);
        row[D_SHARE_VND].n =
            report_rate(row[D_ONLINE_VND].n, row[D_ONLINE_VND].n + row[D_COUNTER_VND].n, 100);
    }
    return OK;
}

/* ---- time to capture ---- */

enum { W_STEP, W_COUNT, W_SHARE, W_UP_TO };
static const struct report_column steps[] = { [W_STEP] = { "step", REPORT_WORD },
                                              [W_COUNT] = { "count", REPORT_COUNT },
                                              [W_SHARE] = { "share", REPORT_RATE },
                                              [W_UP_TO] = { "up_to", REPORT_RATE } };

struct stepping {
    const struct report_query *q;
    struct arena *a;
    int64_t n[REPORT_STEPS];
};

/* A desk takes no time: whoever pays there is not waiting for a provider. */
static result steps_read(struct sql *db, void *arg, struct err *e)
{
    struct stepping *s = arg;
    const struct report_query *q = s->q;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_REPORT_WAIT_STEPS, &rows, e, sql_t(date_iso(s->a, q->from)),
                 sql_t(date_iso(s->a, q->to)), sql_t(q->agency), sql_t(q->procedure)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        must(sql_int(rows, 0) >= 0 && sql_int(rows, 0) < REPORT_STEPS);
        s->n[sql_int(rows, 0)] = sql_int(rows, 1);
    }
}

result report_capture(const struct office *f, const struct report_query *q, struct report_rows *r,
                      struct err *e)
{
    static const char *const names[REPORT_STEPS] = { "s10",   "s30",   "min1", "min5",
                                                     "min15", "hour1", "day1", "more" };
    struct stepping s = { .q = q, .a = r->a };
    int64_t all = 0, so_far = 0;

    report_rows_begin(r, r->table, "capture", steps, LEN(steps), r->a);
    TRY(sql_read(f->till->store, steps_read, &s, e));
    for (size_t i = 0; i < REPORT_STEPS; i++)
        all += s.n[i];
    for (size_t i = 0; i < REPORT_STEPS; i++) {
        struct report_cell *row = report_rows_next(r);

        so_far += s.n[i];
        row[W_STEP].text = str_c(names[i]);
        row[W_COUNT].n = s.n[i];
        row[W_SHARE].n = report_rate(s.n[i], all, 100);
        row[W_UP_TO].n = report_rate(so_far, all, 100);
    }
    report_rows_total(r);
    return OK;
}
