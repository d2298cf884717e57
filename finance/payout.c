/*
 * What was paid over. Attacker: a file that claims more, or the same twice, than was captured, and
 * an officer who confirms money that did not arrive; promise: an item is a capture that a line of
 * the accepted file agrees with to the dong, each capture is settled once, journals are the sums of
 * the items, and a confirmation names the very amount. Deliberately not done: finding out why less
 * arrived; that is an exception of a person.
 */
#include "finance/payout.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/exception_row.h"
#include "finance/payout_row.h"
#include "payments/fee.h"
#include "payments/ledger.h"
#include "store/audit.h"

#define AGENCIES_MAX 10000

struct posting_day {
    const struct office *f;
    const struct payout_day *d;
    struct str day;
    struct arena *a;
    int64_t n, revision;
};

static result standing_check(struct sql *db, struct posting_day *k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_PAYOUT_STANDING, &rows, e, sql_t(k->d->provider), sql_t(k->d->account),
                 sql_t(k->day)));
    TRY(sql_one(rows, e));
    if (sql_int(rows, 2) > 0)
        return fail(e, ERR_CONFLICT, "payouts of %.*s stand", STR_ARG(k->day));
    k->revision = sql_int(rows, 1) + 1;
    return OK;
}

static result number_take(struct sql *db, int64_t *n, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find_plain(db, SQL_PAYOUT_NUMBER, &rows, e));
    TRY(sql_one(rows, e));
    *n = sql_int(rows, 0);
    return OK;
}

static result items_insert(struct sql *db, const struct posting_day *k, struct err *e)
{
    static const enum sql_query passes[] = { SQL_PAYOUT_ITEM_NUMBERS, SQL_PAYOUT_ITEM_REFUNDS,
                                             SQL_PAYOUT_ITEM_REVERSALS };

    TRY(payout_settle(db, k->d, k->n, e));
    for (size_t i = 0; i < LEN(passes); i++)
        TRY(sql_run(db, passes[i], e, sql_i(k->n), sql_t(k->d->provider), sql_t(k->d->account),
                    sql_t(k->day)));
    return sql_run(db, SQL_PAYOUT_MAKE, e, sql_i(k->n), sql_t(k->d->provider), sql_t(k->d->account),
                   sql_t(k->day), sql_i(k->revision), sql_i(clock_now_ms(k->f->till->clock)));
}

static result journal_post(struct sql *db, const struct posting_day *k, struct ledger_journal *j,
                           struct err *e)
{
    if (j->count == 0)
        return OK;                           /* as much was netted as paid */
    j->day = clock_today(k->f->till->clock); /* the books of the day itself are closed */
    return ledger_post(db, clock_now_ms(k->f->till->clock), j, k->a, e);
}

static struct str source_of(const char *what, const struct payout *p, struct arena *a)
{
    return str_fmt(a, "%s:%.*s:%lld", what, STR_ARG(p->provider), (long long)p->n);
}

/* J3 and J3b of one body. */
static result one_post(struct sql *db, const struct posting_day *k, const struct payout *p,
                       struct err *e)
{
    struct ledger_journal *j = arena_new(k->a, struct ledger_journal);
    struct fee_agency agency;
    struct err unknown = { 0 };

    if (!fee_agency_find(k->f->till->fees, p->agency_id, k->d->day, &agency, &unknown).failed)
        TRY(sql_run(db, SQL_PAYOUT_BENEFICIARY, e, sql_t(p->agency_id), sql_i(p->n),
                    sql_t(agency.account)));
    *j = ledger_journal_make(p->agency_id, "J3", source_of("payout", p, k->a));
    ledger_put_settled(j, p->gross_vnd - p->returned_vnd, p->fee_vnd);
    TRY(journal_post(db, k, j, e));
    *j = ledger_journal_make(p->agency_id, "J3b", source_of("payout_fee", p, k->a));
    ledger_put_fee_invoiced(j, p->invoiced_vnd);
    return journal_post(db, k, j, e);
}

static result payouts_of(struct sql *db, const struct posting_day *k, struct payout **out,
                         size_t *count, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_PAYOUT_POSTED, &rows, e, sql_i(k->n)));
    return payout_read_all(rows, AGENCIES_MAX, k->a, out, count, e);
}

result payout_post(struct sql *db, const struct office *f, const struct payout_day *d,
                   struct arena *a, int64_t *count, struct err *e)
{
    struct posting_day k = { .f = f, .d = d, .day = date_iso(a, d->day), .a = a };
    struct payout *list;
    size_t n;

    TRY(standing_check(db, &k, e));
    TRY(number_take(db, &k.n, e));
    TRY(items_insert(db, &k, e));
    TRY(payouts_of(db, &k, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        TRY(one_post(db, &k, &list[i], e));
    *count = (int64_t)n;
    return sql_run(db, SQL_PAYOUT_CONFIRM_AGAIN, e, sql_i(k.n));
}

static result one_reverse(struct sql *db, const struct posting_day *k, const struct payout *p,
                          const char *what, struct err *e)
{
    struct ledger_journal *of = arena_new(k->a, struct ledger_journal);
    struct ledger_journal *j = arena_new(k->a, struct ledger_journal);
    struct err none = { 0 };

    if (ledger_find(db, p->agency_id, source_of(what, p, k->a), k->a, of, &none).failed)
        return none.code == ERR_NOT_FOUND ? OK : fail(e, none.code, "%s", none.detail);
    *j =
        ledger_journal_make(p->agency_id, "J11",
                            source_of(str_cstr(k->a, str_fmt(k->a, "%s_reversed", what)), p, k->a));
    ledger_put_reverse(j, of);
    return journal_post(db, k, j, e);
}

result payout_reverse(struct sql *db, const struct office *f, const struct payout_day *d,
                      struct arena *a, int64_t *count, struct err *e)
{
    const struct posting_day k = { .f = f, .d = d, .day = date_iso(a, d->day), .a = a };
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct payout *list;
    size_t n;

    TRY(sql_find(db, SQL_PAYOUT_DAY_STANDING, &rows, e, sql_t(d->provider), sql_t(d->account),
                 sql_t(k.day)));
    TRY(payout_read_all(rows, AGENCIES_MAX, a, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        TRY(one_reverse(db, &k, &list[i], "payout", e));
        TRY(one_reverse(db, &k, &list[i], "payout_fee", e));
    }
    *count = (int64_t)n;
    if (n == 0)
        return OK;
    TRY(sql_run(db, SQL_PAYOUT_ITEM_DROP, e, sql_i(list[0].n)));
    return sql_run(db, SQL_PAYOUT_REVERSE, e, sql_i(list[0].n),
                   sql_i(clock_now_ms(f->till->clock)));
}

result payout_confirm_in(struct sql *db, const struct office *f, const struct payout *p,
                         const struct payout_word *w, struct str by, struct arena *a, bool *done,
                         struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const int64_t now_ms = clock_now_ms(f->till->clock);
    const struct audit_event ev = {
        .actor = by, .action = STR("payout.confirmed"), .subject = p->id, .detail = detail
    };
    int64_t changed;

    TRY(sql_run_count(db, SQL_PAYOUT_CONFIRM, &changed, e, sql_t(p->agency_id), sql_i(p->n),
                      sql_t(w->number), sql_t(date_iso(a, w->day)), sql_t(by), sql_i(now_ms)));
    *done = changed == 1;
    if (!*done)
        return OK;
    json_put_str(detail, "number", w->number);
    json_put_int(detail, "amount_vnd", w->amount_vnd);
    TRY(exception_known(db, "statement", w->number, now_ms, a, e));
    return audit_append(db, now_ms, &ev, e);
}

struct confirming {
    const struct office *f;
    struct str id;
    const struct payout_word *w;
    const struct proposal_actor *by;
    struct arena *a;
    struct payout *out;
};

static result take(struct sql *db, struct confirming *k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct str agency_id;
    int64_t n;

    if (!payout_id_read(k->id, &agency_id, &n))
        return fail(e, ERR_NOT_FOUND, "no such payout");
    TRY(sql_find(db, SQL_PAYOUT_TAKE, &rows, e, sql_t(agency_id), sql_i(n)));
    TRY(sql_one(rows, e));
    return payout_read(rows, k->a, k->out, e);
}

static result confirm(struct sql *db, void *arg, struct err *e)
{
    struct confirming *k = arg;
    bool done;

    TRY(take(db, k, e));
    if (k->w->amount_vnd != k->out->net_vnd)
        return fail_field(e, ERR_BUSINESS_RULE, "amount_vnd", "not what should arrive");
    if (k->out->state == PAYOUT_CONFIRMED && str_eq(k->out->bank_ref, k->w->number))
        return OK;
    if (k->out->state != PAYOUT_OPEN)
        return fail(e, ERR_WRONG_STATE, "payout is %s", payout_state_name(k->out->state));
    TRY(payout_confirm_in(db, k->f, k->out, k->w, k->by->name, k->a, &done, e));
    return take(db, k, e);
}

result payout_confirm(const struct office *f, struct str id, const struct payout_word *w,
                      const struct proposal_actor *by, struct arena *a, struct payout *out,
                      struct err *e)
{
    struct confirming k = { f, id, w, by, a, out };

    if (str_trim(w->number).n == 0 || w->number.n > 64)
        return fail_field(e, ERR_INVALID, "number", "1 to 64 bytes");
    if (!date_is_valid(w->day) || date_cmp(w->day, clock_today(f->till->clock)) > 0)
        return fail_field(e, ERR_INVALID, "day", "a day that is not in the future");
    return sql_transact(f->till->store, confirm, &k, e);
}
