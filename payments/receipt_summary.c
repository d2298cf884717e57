/*
 * The day's summary. Attacker: a receipt that the tax authority never hears of, or hears of twice;
 * promise: taking receipts into a summary and storing its file is one transaction, each stands in
 * exactly one, and a day stays open until somebody says by name that it was confirmed. Deliberately
 * not done: sending; no interface of the authority is known.
 */
#include "payments/receipt_summary.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "payments/receipt_report.h"
#include "store/sql.h"

#define DAY_MS 86400000LL

struct summing {
    const struct till *t;
    struct arena *a;
    struct str agency_id;
    struct date day;
    bool made;
    const struct receipt_summary *one;
    struct str by;
    struct receipt_summary *list;
    size_t count;
    int64_t n, until_ms, first_ms, open, left_s;
};

static result take(struct sql *db, const struct summing *s, const struct receipt_summary *m,
                   struct err *e)
{
    const int64_t from_ms = clock_day_start_ms(s->day);
    int64_t receipts, notices;

    TRY(sql_run_count(db, SQL_RECEIPT_REPORT_TAKE, &receipts, e, sql_t(m->agency_id),
                      sql_i(from_ms), sql_i(from_ms + DAY_MS), sql_t(m->day), sql_i(m->n),
                      sql_i(RECEIPT_SUMMARY_LINES_MAX / 2)));
    return sql_run_count(db, SQL_RECEIPT_REPORT_TAKE_NOTICES, &notices, e, sql_t(m->agency_id),
                         sql_i(from_ms), sql_i(from_ms + DAY_MS), sql_t(m->day), sql_i(m->n),
                         sql_i(RECEIPT_SUMMARY_LINES_MAX / 2));
}

static result number_find(struct sql *db, struct receipt_summary *m, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_REPORT_NUMBER, &rows, e, sql_t(m->agency_id), sql_t(m->day)));
    TRY(sql_one(rows, e));
    m->n = sql_int(rows, 0);
    return OK;
}

static result make(struct sql *db, void *arg, struct err *e)
{
    struct summing *s = arg;
    struct receipt_summary m = { .agency_id = s->agency_id,
                                 .day = date_iso(s->a, s->day),
                                 .made_ms = clock_now_ms(s->t->clock) };
    struct receipt_report report;

    TRY(number_find(db, &m, e));
    TRY(take(db, s, &m, e));
    TRY(receipt_report_read(db, s->t, &m, s->a, &report, e));
    s->made = report.count > 0;
    if (!s->made)
        return OK;
    m.lines = (int64_t)report.count;
    m.total_vnd = report.total_vnd;
    TRY(receipt_report_xml(s->t, &report, s->a, &m, e));
    m.sha256 = digest_hex(s->a, digest_sha256(m.xml));
    return sql_run(db, SQL_RECEIPT_REPORT_INSERT, e, sql_t(m.agency_id), sql_t(m.day), sql_i(m.n),
                   sql_i(m.made_ms), sql_i(m.lines), sql_i(m.total_vnd), sql_t(m.xml),
                   sql_t(m.sha256), sql_i(m.signed_ms));
}

result receipt_summary_make(const struct till *t, struct str agency_id, struct date day,
                            struct arena *a, bool *made, struct err *e)
{
    struct summing s = { .t = t, .a = a, .agency_id = agency_id, .day = day };

    TRY(sql_transact(t->store, make, &s, e));
    *made = s.made;
    return OK;
}

static result first_find(struct sql *db, struct summing *s, enum sql_query query, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found;

    TRY(sql_find(db, query, &rows, e, sql_i(s->until_ms)));
    TRY(sql_next(rows, &found, e));
    if (!found || s->made)
        return OK;
    s->made = true;
    s->agency_id = sql_text(rows, 0, s->a);
    s->first_ms = sql_int(rows, 1);
    return OK;
}

static result due_find(struct sql *db, void *arg, struct err *e)
{
    struct summing *s = arg;

    s->made = false;
    TRY(first_find(db, s, SQL_RECEIPT_UNREPORTED, e));
    return first_find(db, s, SQL_RECEIPT_NOTICE_UNREPORTED, e);
}

result receipt_summary_due(const struct till *t, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    const int64_t now_ms = clock_now_ms(t->clock);
    const int64_t today_ms = clock_day_start_ms(clock_local(now_ms).date);
    const bool evening = now_ms >= today_ms + DAY_MS - t->summary_before_s * 1000;
    struct summing s = { .t = t, .a = a, .until_ms = evening ? today_ms + DAY_MS : today_ms };
    bool made = false;

    /* Today's first summary is made once, in the evening; what comes after it waits for midnight,
     * so that the last half hour does not make a summary for each payment. */
    TRY(sql_read(t->store, due_find, &s, e));
    if (s.made && s.first_ms >= today_ms) {
        struct receipt_summary *today;
        size_t count;

        TRY(receipt_summary_list(t, clock_local(now_ms).date, a, &today, &count, e));
        for (size_t i = 0; i < count; i++)
            if (str_eq(today[i].agency_id, s.agency_id))
                s.made = false;
    }
    if (s.made)
        TRY(receipt_summary_make(t, s.agency_id, clock_local(s.first_ms).date, a, &made, e));
    *did = made;
    return OK;
}

static struct receipt_summary row_read(struct sql_rows *rows, struct arena *a)
{
    return (struct receipt_summary){ .agency_id = sql_text(rows, 0, a),
                                     .day = sql_text(rows, 1, a),
                                     .n = sql_int(rows, 2),
                                     .made_ms = sql_int(rows, 3),
                                     .lines = sql_int(rows, 4),
                                     .total_vnd = sql_int(rows, 5),
                                     .sha256 = sql_text(rows, 6, a),
                                     .signed_ms = sql_int(rows, 7),
                                     .sent_ms = sql_int(rows, 8),
                                     .tries = sql_int(rows, 9),
                                     .acked_ms = sql_int(rows, 10),
                                     .acked_by = sql_text(rows, 11, a),
                                     .xml = sql_text(rows, 12, a) };
}

static result list_read(struct sql *db, void *arg, struct err *e)
{
    struct summing *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_RECEIPT_REPORT_LIST, &rows, e, sql_t(date_iso(s->a, s->day)),
                 sql_i(RECEIPT_SUMMARY_LIST_MAX)));
    for (s->count = 0; s->count < RECEIPT_SUMMARY_LIST_MAX; s->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        s->list[s->count] = row_read(rows, s->a);
    }
    return OK;
}

result receipt_summary_list(const struct till *t, struct date day, struct arena *a,
                            struct receipt_summary **out, size_t *count, struct err *e)
{
    struct summing s = { .t = t, .a = a, .day = day };

    s.list = arena_array(a, struct receipt_summary, RECEIPT_SUMMARY_LIST_MAX);
    TRY(sql_read(t->store, list_read, &s, e));
    *out = s.list;
    *count = s.count;
    return OK;
}

static result one_read(struct sql *db, void *arg, struct err *e)
{
    struct summing *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_REPORT_ONE, &rows, e, sql_t(s->agency_id),
                 sql_t(date_iso(s->a, s->day)), sql_i(s->n)));
    TRY(sql_one(rows, e));
    *s->list = row_read(rows, s->a);
    return OK;
}

result receipt_summary_load(const struct till *t, struct str agency_id, struct date day, int64_t n,
                            struct arena *a, struct receipt_summary *out, struct err *e)
{
    struct summing s = { .t = t, .a = a, .agency_id = agency_id, .day = day, .n = n, .list = out };

    return sql_read(t->store, one_read, &s, e);
}

static result sent(struct sql *db, void *arg, struct err *e)
{
    const struct summing *s = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_RECEIPT_REPORT_SENT, &changed, e, sql_t(s->one->agency_id),
                      sql_t(s->one->day), sql_i(s->one->n), sql_i(clock_now_ms(s->t->clock))));
    return changed == 1 ? OK : fail(e, ERR_NOT_FOUND, "no such summary");
}

result receipt_summary_sent(const struct till *t, const struct receipt_summary *one, struct err *e)
{
    struct summing s = { .t = t, .one = one };

    return sql_transact(t->store, sent, &s, e);
}

static result ack(struct sql *db, void *arg, struct err *e)
{
    const struct summing *s = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_RECEIPT_REPORT_ACK, &changed, e, sql_t(s->one->agency_id),
                      sql_t(s->one->day), sql_i(s->one->n), sql_i(clock_now_ms(s->t->clock)),
                      sql_t(s->by)));
    return changed == 1 ? OK : fail(e, ERR_WRONG_STATE, "no such summary, or confirmed already");
}

result receipt_summary_ack(const struct till *t, const struct receipt_summary *one, struct str by,
                           struct err *e)
{
    struct summing s = { .t = t, .one = one, .by = by };

    must(by.n > 0);
    return sql_transact(t->store, ack, &s, e);
}

static result open_read(struct sql *db, void *arg, struct err *e)
{
    struct summing *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct date day = clock_today(s->t->clock), oldest;

    TRY(sql_find_plain(db, SQL_RECEIPT_REPORT_OPEN, &rows, e));
    TRY(sql_one(rows, e));
    s->open = sql_int(rows, 0) + sql_int(rows, 2);
    if (sql_int(rows, 2) > 0)
        day = clock_local(sql_int(rows, 3)).date;
    if (date_read(sql_text(rows, 1, s->a), &oldest) && date_cmp(oldest, day) < 0)
        day = oldest;
    s->left_s = (clock_day_start_ms(day) + DAY_MS - clock_now_ms(s->t->clock)) / 1000;
    return OK;
}

result receipt_summary_open(const struct till *t, int64_t *count, int64_t *left_s, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(4096);
    struct summing s = { .t = t, .a = a };

    TRY(sql_read(t->store, open_read, &s, e));
    *count = s.open;
    *left_s = s.left_s;
    return OK;
}
