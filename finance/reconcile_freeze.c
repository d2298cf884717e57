/*
 * Both sides on their way into the engine. Attacker: a payment that happens while a run is under
 * way; promise: everything is read under one snapshot and as it was known at the cut, and only
 * once: what one side lacks is then asked for by its key, so that a day costs what its rows cost
 * and memory is the engine's.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/office.h"
#include "finance/reconcile_row.h"
#include "payments/fee.h"
#include "recon/match_known.h"

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

/* Keys that are asked for by one statement. */
#define KEYS 32
struct keys {
    struct str keys[KEYS];
    bool paid[KEYS]; /* by a line that says so */
    size_t count;
};

struct freezing {
    struct sql *db;
    struct reconcile_run *r;
    int64_t id;
    struct flag *flags; /* by reference */
    size_t flag_count;
    struct agency_account *agencies;
    size_t agency_count;
    struct match_known *known; /* of what the engine has */
    struct keys named, numbered, bare;
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

static result ours_put(struct freezing *z, struct match_ours *o, struct str order_id, struct err *e)
{
    struct arena *a = z->r->page;

    o->id = z->id++;
    o->order = str_cat(a, str_cat(a, o->body, STR("/")), order_id);
    o->account = account_of(z, o->body);
    return match_ours(z->r->engine, o, e);
}

/* What desks took is in no source's file; a file may name a transfer that they took, or what was
 * assigned: those are in the day only when it does. */
static result day_add(struct freezing *z, const struct sql_rows *rows, struct err *e)
{
    const int64_t channel = sql_int(rows, 5); /* 0 of the source, 1 others, 2 counter */
    struct arena *a = z->r->page;
    struct match_ours o = { .reference = sql_text(rows, 0, a),
                            .body = sql_text(rows, 1, a),
                            .portal_txn = sql_text(rows, 3, a),
                            .amount_vnd = sql_int(rows, 4),
                            .day = z->r->day,
                            .captured = true,
                            .in_day = true };
    const struct flag *f = NULL;

    if (channel != 0 && !match_known_line(z->known, o.portal_txn, channel == 2))
        return OK;
    if (z->flag_count > 0)
        f = bsearch(&o.reference, z->flags, z->flag_count, sizeof(z->flags[0]), flag_order);
    o.late = f != NULL && f->late;
    o.twice = f != NULL && f->twice;
    z->r->other_vnd += channel != 0 ? o.amount_vnd : 0;
    z->r->captured_vnd += o.amount_vnd;
    z->r->captured_count++;
    return ours_put(z, &o, sql_text(rows, 2, a), e);
}

static result day_read(struct freezing *z, struct err *e)
{
    const struct str *c = z->r->channels;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool row;

    TRY(sql_walk(z->db, SQL_RECONCILE_OURS_DAY, &rows, e, sql_t(date_iso(z->r->a, z->r->day)),
                 sql_i(z->r->cut_ms), sql_t(c[0]), sql_t(c[1]), sql_t(c[2]), sql_t(c[3]),
                 sql_t(z->r->foreign)));
    for (int64_t n = 1;; n++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            return OK;
        TRY(day_add(z, rows, e));
        if (n % PAGE_ROWS == 0)
            arena_reset(z->r->page);
    }
}

/* Of the payments that were not added yet. Columns: reference, agency, order, portal_txn, amount,
 * captured, portal_day. */
static result other_add(struct freezing *z, const struct sql_rows *rows, struct err *e)
{
    struct arena *a = z->r->page;
    struct match_ours o = { .reference = sql_text(rows, 0, a),
                            .body = sql_text(rows, 1, a),
                            .portal_txn = sql_text(rows, 3, a),
                            .amount_vnd = sql_int(rows, 4),
                            .captured = sql_int(rows, 5) != 0 };

    if (match_known_ours(z->known, o.reference))
        return OK;
    (void)date_read(sql_text(rows, 6, a), &o.day);
    return ours_put(z, &o, sql_text(rows, 2, a), e);
}

/* A line paid there for a payment that is not paid here: QUERY may know. */
static void doubt_add(struct freezing *z, const struct sql_rows *rows)
{
    const struct str reference = sql_text(rows, 0, z->r->page);
    struct reconcile_run *r = z->r;

    for (size_t i = 0; i < z->named.count; i++)
        if (z->named.paid[i] && str_eq(z->named.keys[i], reference) &&
            r->doubt_count < RECONCILE_DOUBTS_MAX) {
            r->doubts[r->doubt_count++] = str_dup(r->a, reference);
            return;
        }
}

static result found_read(struct freezing *z, struct sql_rows *rows, bool doubts, struct err *e)
{
    bool row;

    for (;;) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            return OK;
        if (doubts && sql_int(rows, 7) != 0)
            doubt_add(z, rows);
        TRY(other_add(z, rows, e));
    }
}

/* All places of a statement are filled: with what is asked for already, where there are too few. */
static size_t keys_bind(const struct keys *k, struct sql_param *to)
{
    for (size_t i = 0; i < KEYS; i++)
        to[i] = sql_t(k->keys[i < k->count ? i : 0]);
    return KEYS;
}

/* What the file names by reference and is no capture of the day. */
static result named_ask(struct freezing *z, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct sql_param p[2 + KEYS] = { sql_i(z->r->cut_ms), sql_t(date_iso(z->r->page, z->r->day)) };

    if (z->named.count == 0)
        return OK;
    TRY(sql_find_n(z->db, SQL_RECONCILE_OURS_NAMED, p, 2 + keys_bind(&z->named, p + 2), &rows, e));
    TRY(found_read(z, rows, true, e));
    z->named.count = 0;
    return OK;
}

/* The same found by the portal's number, of the line itself or of the payment that it undoes, where
 * the reference tells nothing. A counter's numbers are a bank's: only a line without a reference
 * may mean them. */
static result numbered_ask(struct freezing *z, struct keys *k, bool counters, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct sql_param p[4 + KEYS] = { sql_i(z->r->cut_ms), sql_t(date_iso(z->r->page, z->r->day)),
                                     sql_i(counters ? 1 : 0), sql_t(z->r->foreign) };

    if (k->count == 0)
        return OK;
    TRY(sql_find_n(z->db, SQL_RECONCILE_OURS_NUMBERED, p, 4 + keys_bind(k, p + 4), &rows, e));
    TRY(found_read(z, rows, false, e));
    k->count = 0;
    return OK;
}

/* The engine holds the text. */
static bool key_add(struct keys *k, struct str key, bool paid)
{
    k->paid[k->count] = paid;
    k->keys[k->count++] = key;
    return k->count == KEYS;
}

static result lack_take(void *arg, const struct match_lack *l, struct err *e)
{
    struct freezing *z = arg;
    const struct settlement_line *line = &l->line;
    const bool bare = line->merchant_ref.n == 0;

    if (l->ours && !bare &&
        key_add(&z->named, line->merchant_ref, line->kind == SETTLEMENT_PAY && line->success))
        TRY(named_ask(z, e));
    if ((l->ours || l->number) && line->portal_txn.n > 0 &&
        key_add(bare ? &z->bare : &z->numbered, line->portal_txn, false))
        TRY(numbered_ask(z, bare ? &z->bare : &z->numbered, bare, e));
    if (line->original_ref.n > 0 && key_add(&z->bare, line->original_ref, false))
        TRY(numbered_ask(z, &z->bare, true, e));
    arena_reset(z->r->page);
    return OK;
}

static result others_read(struct freezing *z, struct err *e)
{
    TRY(match_lacking(z->known, lack_take, z, e));
    TRY(named_ask(z, e));
    TRY(numbered_ask(z, &z->numbered, false, e));
    return numbered_ask(z, &z->bare, true, e);
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

static result lines_read(struct freezing *z, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool row;

    TRY(sql_walk(z->db, SQL_RECONCILE_LINES, &rows, e, sql_i(z->r->file.file_n)));
    for (int64_t n = 1;; n++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            return OK;
        const struct settlement_line l = line_of(rows, z->r->page);
        const struct match_line m = { .line = &l };
        TRY(match_line(z->r->engine, &m, e));
        if (n % PAGE_ROWS == 0)
            arena_reset(z->r->page);
    }
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

static void known_close(struct freezing *z)
{
    match_known_close(&z->known);
}

static result sides_read(struct freezing *z, struct err *e)
{
    TRY(lines_read(z, e));
    TRY(day_read(z, e));
    TRY(others_read(z, e));
    return refunds_read(z, e);
}

result reconcile_freeze(struct sql *db, struct reconcile_run *r, struct err *e)
{
    DEFER(arena_close) struct arena *flags = arena_open(FLAG_BYTES);
    DEFER(known_close) struct freezing z = { .db = db, .r = r };

    match_close(&r->engine); /* of an attempt that a lost connection ended, or before QUERY */
    arena_reset(r->page);
    r->captured_vnd = r->captured_count = r->other_vnd = 0;
    r->doubt_count = 0;
    z.agencies = arena_array(r->a, struct agency_account, AGENCIES);
    rules_make(r);
    TRY(match_open(&r->rules, r->file.file.lines, &r->engine, e));
    z.known = match_known_open(r->engine);
    TRY(flags_read(&z, flags, e));
    TRY(sides_read(&z, e));
    if (r->doubt_count > 0 && !r->asked)
        return OK;
    return match_run(r->engine, RUN_THREADS, &r->result, e);
}
