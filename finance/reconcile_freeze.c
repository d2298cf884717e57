/*
 * Both sides on their way into the engine. Attacker: a payment that happens while a run is under
 * way; promise: everything is read under one snapshot and as it was known at the cut, in pages, so
 * that memory is the engine's and grows with nothing else.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/office.h"
#include "finance/reconcile_row.h"
#include "payments/fee.h"

#define PAGE_ROWS   5000
#define AGENCIES    256 /* whose accounts are remembered; more are looked up each time */
#define RUN_THREADS 2
#define FLAG_BYTES  (256 * 1024 * 1024)

struct flag {
    struct str reference;
    bool late, twice;
};

struct agency_account {
    struct str agency_id, account;
};

struct freezing {
    struct sql *db;
    struct reconcile_run *r;
    int64_t id;
    struct flag *flags; /* by reference */
    size_t flag_count;
    struct agency_account *agencies;
    size_t agency_count;
};

static result flags_count(struct freezing *z, struct sql_rows *rows, struct arena *a, bool keep,
                          struct err *e)
{
    bool more;

    z->flag_count = 0;
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        const struct str reference = sql_text(rows, 0, a);
        const bool late = str_is(sql_text(rows, 1, a), "LATE");
        struct flag *last = z->flag_count > 0 ? &z->flags[z->flag_count - 1] : NULL;
        if (keep && (last == NULL || !str_eq(last->reference, reference)))
            z->flags[z->flag_count++] = (struct flag){ reference, late, !late };
        else if (keep)
            last->late |= late, last->twice |= !late;
        else
            z->flag_count++;
    }
}

static result flags_walk(struct freezing *z, struct arena *a, bool keep, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    const int64_t since_ms = clock_day_start_ms(date_add_days(z->r->day, -1));

    TRY(sql_find(z->db, SQL_RECONCILE_OURS_FLAGGED, &rows, e, sql_t(date_iso(a, z->r->day)),
                 sql_i(since_ms), sql_i(z->r->cut_ms)));
    return flags_count(z, rows, a, keep, e);
}

static int flag_order(const void *reference, const void *f)
{
    return str_cmp(*(const struct str *)reference, ((const struct flag *)f)->reference);
}

static int flags_order(const void *a, const void *b)
{
    return str_cmp(((const struct flag *)a)->reference, ((const struct flag *)b)->reference);
}

/* Counted first, since there may be many. */
static result flags_read(struct freezing *z, struct arena *a, struct err *e)
{
    TRY(flags_walk(z, z->r->page, false, e));
    arena_reset(z->r->page);
    z->flags = arena_array(a, struct flag, z->flag_count + 1);
    TRY(flags_walk(z, a, true, e));
    qsort(z->flags, z->flag_count, sizeof(z->flags[0]), flags_order);
    return OK;
}

/* Each agency has a beneficiary account of its own, and one file holds them all. */
static struct str account_of(struct freezing *z, struct str agency_id)
{
    struct str account = z->r->key.account;
    struct fee_agency agency;

    if (z->r->is_merchant)
        return account;
    for (size_t i = 0; i < z->agency_count; i++)
        if (str_eq(z->agencies[i].agency_id, agency_id))
            return z->agencies[i].account;
    if (!fee_agency_find(z->r->t->fees, agency_id, z->r->day, &agency, NULL).failed)
        account = agency.account;
    if (z->agency_count < AGENCIES)
        z->agencies[z->agency_count++] =
            (struct agency_account){ str_dup(z->r->a, agency_id), str_dup(z->r->a, account) };
    return account;
}

/* Columns: reference, agency, order, portal_txn, amount, captured, in_day, portal_day. The engine
 * hands the order's place back with each outcome. */
static result ours_add(struct freezing *z, const struct sql_rows *rows, struct err *e)
{
    struct arena *a = z->r->page;
    const struct str reference = sql_text(rows, 0, a), agency_id = sql_text(rows, 1, a);
    const struct flag *f = NULL;
    struct match_ours o = {
        .id = z->id++,
        .reference = reference,
        .portal_txn = sql_text(rows, 3, a),
        .order = str_cat(a, str_cat(a, agency_id, STR("/")), sql_text(rows, 2, a)),
        .account = account_of(z, agency_id),
        .body = agency_id,
        .amount_vnd = sql_int(rows, 4),
        .captured = sql_int(rows, 5) != 0,
        .in_day = sql_int(rows, 6) != 0,
    };

    (void)date_read(sql_text(rows, 7, a), &o.day);
    if (o.in_day && z->flag_count > 0)
        f = bsearch(&reference, z->flags, z->flag_count, sizeof(z->flags[0]), flag_order);
    o.late = f != NULL && f->late;
    o.twice = f != NULL && f->twice;
    if (o.in_day) {
        z->r->captured_vnd += o.amount_vnd;
        z->r->captured_count++;
    }
    return match_ours(z->r->engine, &o, e);
}

static result day_page(struct freezing *z, struct str *after, bool *more, struct err *e)
{
    const struct str *c = z->r->channels;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count = 0;
    bool row;

    TRY(sql_find(z->db, SQL_RECONCILE_OURS_DAY, &rows, e, sql_t(date_iso(z->r->page, z->r->day)),
                 sql_i(z->r->cut_ms), sql_i(z->r->file.file_n), sql_t(*after), sql_i(PAGE_ROWS),
                 sql_t(c[0]), sql_t(c[1]), sql_t(c[2]), sql_t(c[3]), sql_t(z->r->foreign)));
    for (;; count++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        *after = sql_text(rows, 0, z->r->page);
        if (sql_int(rows, 6) == 0)
            continue;
        z->r->other_vnd += sql_int(rows, 8) != 0 ? sql_int(rows, 4) : 0;
        TRY(ours_add(z, rows, e));
    }
    *more = count == PAGE_ROWS;
    return OK;
}

static result day_read(struct freezing *z, struct err *e)
{
    struct str after = STR("");
    bool more = true;

    while (more) {
        after = str_dup(z->r->a, after);
        arena_reset(z->r->page);
        TRY(day_page(z, &after, &more, e));
    }
    return OK;
}

/* What the file names by reference and is no capture of the day; several lines may name one. */
static result named_page(struct freezing *z, struct str *after, bool *more, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count = 0;
    bool row;

    TRY(sql_find(z->db, SQL_RECONCILE_OURS_NAMED, &rows, e, sql_i(z->r->file.file_n),
                 sql_t(date_iso(z->r->page, z->r->day)), sql_i(z->r->cut_ms), sql_t(*after),
                 sql_i(PAGE_ROWS)));
    for (;; count++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        const struct str reference = sql_text(rows, 0, z->r->page);
        if (str_eq(reference, *after))
            continue;
        *after = reference;
        TRY(ours_add(z, rows, e));
    }
    *more = count == PAGE_ROWS;
    return OK;
}

static result named_read(struct freezing *z, struct err *e)
{
    struct str after = STR("");
    bool more = true;

    while (more) {
        after = str_dup(z->r->a, after);
        arena_reset(z->r->page);
        TRY(named_page(z, &after, &more, e));
    }
    return OK;
}

static result numbered_read(struct freezing *z, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool row;

    TRY(sql_find(z->db, SQL_RECONCILE_OURS_NUMBERED, &rows, e, sql_i(z->r->file.file_n),
                 sql_t(date_iso(z->r->a, z->r->day)), sql_i(z->r->cut_ms), sql_t(z->r->foreign)));
    for (int64_t n = 1;; n++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            return OK;
        TRY(ours_add(z, rows, e));
        if (n % PAGE_ROWS == 0)
            arena_reset(z->r->page);
    }
}

static result refund_add(struct freezing *z, const struct sql_rows *rows, struct err *e)
{
    struct arena *a = z->r->page;
    const struct match_ours o = {
        .id = z->id++,
        .kind = MATCH_REFUND,
        .reference = sql_text(rows, 0, a),
        .order = str_cat(a, str_cat(a, sql_text(rows, 1, a), STR("/")), sql_text(rows, 2, a)),
        .portal_txn = sql_text(rows, 3, a),
        .amount_vnd = sql_int(rows, 4),
        .original = sql_text(rows, 5, a),
        .original_ref = sql_text(rows, 6, a),
        .day = z->r->day,
        .captured = true,
        .in_day = true,
    };

    z->r->captured_vnd -= o.amount_vnd;
    z->r->captured_count++;
    return match_ours(z->r->engine, &o, e);
}

static result refunds_read(struct freezing *z, struct err *e)
{
    const struct str *c = z->r->channels;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool row;

    TRY(sql_find(z->db, SQL_RECONCILE_OURS_REFUNDS, &rows, e, sql_t(date_iso(z->r->a, z->r->day)),
                 sql_i(z->r->cut_ms), sql_t(c[0]), sql_t(c[1]), sql_t(c[2]), sql_t(c[3])));
    for (int64_t n = 1;; n++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            return OK;
        TRY(refund_add(z, rows, e));
        if (n % PAGE_ROWS == 0)
            arena_reset(z->r->page);
    }
}

static struct settlement_line line_of(const struct sql_rows *rows, struct arena *a)
{
    return (struct settlement_line){
        .n = sql_int(rows, 0),
        .kind = (enum settlement_kind)sql_int(rows, 1),
        .portal_txn = sql_text(rows, 2, a),
        .merchant_ref = sql_text(rows, 3, a),
        .original_ref = sql_text(rows, 4, a),
        .dossier = sql_text(rows, 5, a),
        .account = sql_text(rows, 6, a),
        .body = sql_text(rows, 7, a),
        .bank = sql_text(rows, 8, a),
        .gross_vnd = sql_int(rows, 9),
        .fee_vnd = sql_int(rows, 10),
        .net_vnd = sql_int(rows, 11),
        .has_fee = sql_int(rows, 10) != 0 || sql_int(rows, 11) != 0, /* see settlement.h */
        .currency = sql_text(rows, 12, a),
        .success = sql_int(rows, 13) != 0,
        .txn_at_ms = sql_int(rows, 15),
        .treasury_status = sql_text(rows, 16, a),
    };
}

static result lines_page(struct freezing *z, int64_t *after, bool *more, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count = 0;
    bool row;

    TRY(sql_find(z->db, SQL_RECONCILE_LINE_PAGE, &rows, e, sql_i(z->r->file.file_n), sql_i(*after),
                 sql_i(PAGE_ROWS)));
    for (;; count++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        const struct settlement_line l = line_of(rows, z->r->page);
        const struct match_line m = { .line = &l };
        *after = l.n;
        TRY(match_line(z->r->engine, &m, e));
    }
    *more = count == PAGE_ROWS;
    return OK;
}

static result lines_read(struct freezing *z, struct err *e)
{
    int64_t after = 0;
    bool more = true;

    while (more) {
        arena_reset(z->r->page);
        TRY(lines_page(z, &after, &more, e));
    }
    return OK;
}

/* The newest day whose money had to be with the treasury when the file was made: a working day
 * later (T+1), and that one was over. What came in afterwards the file cannot know. */
static struct date treasury_due(const struct calendar *c, int64_t received_ms)
{
    const struct date made = clock_local(received_ms).date;
    struct date day = date_add_days(made, -1);

    for (int i = 0; i < CALENDAR_DAYS_MAX && date_cmp(calendar_next(c, day, 1), made) >= 0; i++)
        day = date_add_days(day, -1);
    return day;
}

/* What the source's own settings say of this day; none: fees and the treasury are not judged. */
static void rules_make(struct reconcile_run *r)
{
    const struct source *s = r->source;
    const struct source_tariff *t = s != NULL ? source_tariff_of(s, r->day) : NULL;

    if (s != NULL)
        r->rules.treasury_due = treasury_due(s->calendar, r->file.file.received_ms);
    if (t == NULL)
        return;
    r->tariff = (struct match_tariff){ .fixed_vnd = t->flat_vnd,
                                       .rate_ppm = t->rate_ppm,
                                       .least_vnd = t->least_vnd,
                                       .most_vnd = t->most_vnd };
    r->rules.tariff = &r->tariff;
    r->rules.tariff_count = 1;
}

result reconcile_freeze(struct sql *db, struct reconcile_run *r, struct err *e)
{
    DEFER(arena_close) struct arena *flags = arena_open(FLAG_BYTES);
    struct freezing z = { .db = db, .r = r };

    match_close(&r->engine); /* of an attempt that a lost connection ended */
    r->captured_vnd = r->captured_count = r->other_vnd = 0;
    z.agencies = arena_array(r->a, struct agency_account, AGENCIES);
    rules_make(r);
    TRY(match_open(&r->rules, r->file.file.lines, &r->engine, e));
    TRY(flags_read(&z, flags, e));
    TRY(day_read(&z, e));
    TRY(named_read(&z, e));
    TRY(numbered_read(&z, e));
    TRY(refunds_read(&z, e));
    TRY(lines_read(&z, e));
    return match_run(r->engine, RUN_THREADS, &r->result, e);
}
