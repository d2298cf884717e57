/* The lines of a day out of the portal's truth, and GET /pp/settlement/<yyyyMMdd>.<form>. */
#include "sandbox/settlement.h"

#include <stdlib.h>

#include "base/limits.h"
#include "sandbox/page.h"
#include "sandbox/portal.h"

#define LINES_PER_CAPTURE_MAX 8 /* the line, and what can be planted beside it */
#define DAY_MS                86400000LL
#define FILE_ARENA_BYTES      (2048L * 1024 * 1024)

static const struct date first_day = { 2026, 1, 1 };

struct draft {
    struct arena *a;
    struct settle_day *day;
    const struct txn *t;
};

const char *settle_type_name(enum settle_type t)
{
    static const char *const names[] = { "PAY", "REFUND", "REVERSAL", "FEE", "ADJUST" };
    return names[t];
}

int64_t settle_net_vnd(const struct settle_line *l)
{
    switch (l->type) {
    case SETTLE_REFUND:
    case SETTLE_REVERSAL:
        return -l->gross_vnd;
    case SETTLE_FEE:
        return -l->fee_vnd;
    case SETTLE_ADJUST:
        return l->gross_vnd;
    default:
        return l->gross_vnd - l->fee_vnd;
    }
}

static struct settle_line *line_add(struct draft *d, const struct settle_line *l)
{
    struct settle_line *own = &d->day->lines[d->day->n++];

    *own = *l;
    own->net_vnd = settle_net_vnd(own);
    return own;
}

static bool planted(const struct draft *d, enum fault f)
{
    return d->t->mismatch.on[f];
}

static struct settle_line line_of(struct draft *d, const struct capture *c)
{
    const struct txn *t = d->t;
    return (struct settle_line){
        .type = SETTLE_PAY,
        .txn = c->txn,
        .reference = t->reference,
        .original = STR(""),
        .dossier = t->dossier,
        .procedure = t->procedure,
        .body = t->body,
        .account = t->account,
        .bank = c->bank,
        .gross_vnd = t->amount_vnd,
        .currency = "VND",
        .status = "SUCCESS",
        .code = "00",
        .at_ms = c->at_ms,
        .treasury_ref = str_cat(d->a, STR("KB"), c->txn),
        .treasury_status = "SENT_SUCCESS",
    };
}

/* Mismatches inside the line. */
static void line_spoil(const struct draft *d, struct settle_line *l)
{
    const int64_t *arg = d->t->mismatch.arg;
    if (planted(d, FAULT_settle_amt_less))
        l->gross_vnd -= arg[FAULT_settle_amt_less];
    if (planted(d, FAULT_settle_amt_more))
        l->gross_vnd += arg[FAULT_settle_amt_more];
    if (planted(d, FAULT_settle_fee))
        l->fee_vnd = arg[FAULT_settle_fee];
    if (planted(d, FAULT_settle_sign))
        l->gross_vnd = -l->gross_vnd;
    if (planted(d, FAULT_settle_sta))
        l->status = "FAILED", l->code = "05";
    if (planted(d, FAULT_settle_acc))
        l->account = STR("9999.0.0000000.00000");
    if (planted(d, FAULT_settle_agy))
        l->body = STR("H56.99");
    if (planted(d, FAULT_settle_cur))
        l->currency = "USD";
    if (planted(d, FAULT_settle_trs))
        l->treasury_status = "NOT_SENT", l->treasury_ref = STR("");
    if (planted(d, FAULT_settle_trs_amt))
        l->treasury_less_vnd = arg[FAULT_settle_trs_amt];
    l->corrupt = planted(d, FAULT_settle_cor);
}

/* Lines beside the line. */
static void companions_add(struct draft *d, const struct settle_line *l)
{
    struct settle_line other = *l;
    if (planted(d, FAULT_settle_dup_file))
        line_add(d, l);
    other.txn = str_cat(d->a, STR("X"), l->txn);
    other.at_ms = l->at_ms + 1;
    if (planted(d, FAULT_settle_mis_ours)) {
        other.reference = str_cat(d->a, STR("LA"), l->reference);
        other.dossier = STR("");
        line_add(d, &other);
    }
    if (planted(d, FAULT_settle_amb)) {
        other.reference = other.txn = other.dossier = STR("");
        line_add(d, &other);
    }
    other = *l;
    other.original = l->txn;
    other.at_ms = l->at_ms + 2;
    if (planted(d, FAULT_settle_ref_unm)) {
        other.type = SETTLE_REFUND;
        other.txn = str_cat(d->a, STR("RF"), l->txn);
        line_add(d, &other);
    }
    if (planted(d, FAULT_settle_rev)) {
        other.type = SETTLE_REVERSAL;
        other.txn = str_cat(d->a, STR("RV"), l->txn);
        line_add(d, &other);
    }
    if (planted(d, FAULT_settle_unkey)) {
        other.type = SETTLE_ADJUST;
        other.txn = other.reference = other.original = other.dossier = STR("");
        line_add(d, &other);
    }
}

static void pay_add(struct draft *d, const struct capture *c)
{
    struct settle_line l = line_of(d, c);
    if (planted(d, FAULT_settle_mis_theirs))
        return;
    line_spoil(d, &l);
    if (planted(d, FAULT_settle_split)) {
        struct settle_line half = l;
        half.gross_vnd = l.gross_vnd / 2;
        half.txn = str_cat(d->a, l.txn, STR("A"));
        line_add(d, &half);
        half.gross_vnd = l.gross_vnd - l.gross_vnd / 2;
        half.txn = str_cat(d->a, l.txn, STR("B"));
        line_add(d, &half);
    } else {
        line_add(d, &l);
    }
    companions_add(d, &l);
}

static void reversal_add(struct draft *d, const struct capture *c)
{
    struct settle_line l = line_of(d, c);
    l.type = SETTLE_REVERSAL;
    l.original = c->txn;
    l.txn = str_cat(d->a, STR("RV"), c->txn);
    l.at_ms = c->reversed_ms;
    line_add(d, &l);
}

static void capture_add(struct draft *d, const struct capture *c)
{
    int64_t start_ms = clock_day_start_ms(d->day->date), end_ms = start_ms + DAY_MS;
    int64_t at_ms = c->at_ms + (planted(d, FAULT_settle_date) ? DAY_MS : 0);

    if (at_ms >= start_ms && at_ms < end_ms) {
        pay_add(d, c);
        d->day->wrong_total |= planted(d, FAULT_settle_ctl);
        d->day->wrong_before |= planted(d, FAULT_settle_seq);
        d->day->replayed |= planted(d, FAULT_settle_rep);
        d->day->unknown_version |= planted(d, FAULT_settle_ver);
    }
    if (c->reversed_ms >= start_ms && c->reversed_ms < end_ms)
        reversal_add(d, c);
}

static int line_order(const void *x, const void *y)
{
    const struct settle_line *a = x, *b = y;
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    const int by_txn = str_cmp(a->txn, b->txn);
    return by_txn != 0 ? by_txn : (a->tag > b->tag) - (a->tag < b->tag);
}

void settle_sort(struct settle_day *day)
{
    if (day->n > 1)
        qsort(day->lines, day->n, sizeof(*day->lines), line_order);
}

static void lines_make(struct arena *a, const struct txn *rows, size_t n, struct settle_day *day)
{
    size_t captures = 0;
    for (size_t i = 0; i < n; i++)
        captures += rows[i].capture_count;
    day->n = 0;
    day->lines = arena_array(a, struct settle_line, captures * LINES_PER_CAPTURE_MAX + 1);
    for (size_t i = 0; i < n; i++) {
        struct draft d = { a, day, &rows[i] };
        for (size_t k = 0; k < rows[i].capture_count; k++)
            capture_add(&d, &rows[i].captures[k]);
    }
    must(day->n <= captures * LINES_PER_CAPTURE_MAX);
    settle_sort(day);
}

int64_t settle_closing_vnd(const struct settle_day *day)
{
    int64_t vnd = day->opening_vnd;
    for (size_t i = 0; i < day->n; i++)
        vnd += day->lines[i].net_vnd;
    return vnd;
}

static void arena_end(struct arena **a)
{
    arena_close(a);
}

/* No day before has lines. */
static struct date first_paid(const struct sandbox *sb, const struct txn *rows, size_t n)
{
    int64_t ms = portal_opened_ms(sb->portal);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rows[i].capture_count; k++)
            ms = rows[i].captures[k].at_ms < ms ? rows[i].captures[k].at_ms : ms;
    return clock_local(ms).date;
}

/* Walks all days from the first: each file holds the digest of the one before. */
result settlement_day_make(struct sandbox *sb, struct arena *a, struct date d,
                           struct settle_day *out, struct err *e)
{
    DEFER(arena_end) struct arena *scratch = arena_open(LIMIT_SETTLEMENT_BYTES * 4);
    struct settle_day day = { .date = first_day, .seq = 1 };
    struct txn *rows;
    size_t n = portal_list(sb->portal, a, &rows);
    const struct date opened = first_paid(sb, rows, n);

    if (!date_is_valid(d) || date_cmp(d, first_day) < 0)
        return fail(e, ERR_NOT_FOUND, "no such settlement day");
    for (; date_cmp(day.date, d) < 0; day.date = date_add_days(day.date, 1), day.seq++) {
        arena_reset(scratch);
        struct buf b = buf_make(scratch, LIMIT_SETTLEMENT_BYTES);
        lines_make(scratch, rows, date_cmp(day.date, opened) < 0 ? 0 : n, &day);
        settlement_mc1(sb, scratch, &day, &b);
        day.opening_vnd = settle_closing_vnd(&day);
        day.before = digest_sha256(buf_str(&b));
        day.wrong_total = day.wrong_before = day.replayed = day.unknown_version = false;
    }
    lines_make(a, rows, n, &day);
    *out = day;
    return OK;
}

static result file_write(struct sandbox *sb, struct request *rq, struct response *rs, struct date d,
                         struct str form, struct err *e)
{
    DEFER(arena_end) struct arena *a = arena_open(FILE_ARENA_BYTES);
    struct buf b = buf_make(a, LIMIT_SETTLEMENT_BYTES);
    const char *type = "text/plain; charset=utf-8";
    struct settle_day day;
    struct str bytes;

    TRY(settlement_day_make(sb, a, d, &day, e));
    if (str_is(form, "xlsx")) {
        TRY(settlement_xlsx(sb, a, &day, &bytes, e));
        buf_put(&b, bytes);
        type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    } else if (str_is(form, "mc1")) {
        settlement_mc1(sb, a, &day, &b);
    } else if (str_is(form, "fw1")) {
        TRY(settlement_fw1(a, &day, &b, e));
    } else {
        settlement_json(a, &day, str_is(form, "kj1"), &b);
        type = "application/json";
    }
    TRY(buf_end(&b, &bytes, e));
    /* Made outside the request's arena, for its size; what does not fit there is refused. */
    TRY(arena_may(rq->arena, bytes.n, e));
    response_body(rs, 200, type, str_dup(rq->arena, bytes));
    return OK;
}

result settlement_show(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const forms[] = { "mc1", "fw1", "bj1", "kj1", "xlsx" };
    struct str name, form;
    struct date d;

    if (!str_cut(request_param(rq, "file"), '.', &name, &form) || name.n != 8 ||
        !date_read(name, &d))
        return fail(e, ERR_NOT_FOUND, "settlement file");
    for (size_t i = 0; i < LEN(forms); i++)
        if (str_is(form, forms[i]))
            return file_write(sb, rq, rs, d, form, e);
    return fail(e, ERR_NOT_FOUND, "settlement form");
}
