/*
 * What the treasury's file says of slips and of orders to pay back. Attacker: a file that confirms
 * another sum; promise: a slip is confirmed by its own total only, and what differs is counted and
 * left to a person as an exception (TRS_AMT).
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/exception_row.h"
#include "finance/remittance_row.h"
#include "payments/refund.h"

#define TOLD_MAX 2000

struct told {
    struct str id, number;
    int64_t vnd, file_n, line;
};

struct telling {
    const struct office *f;
    struct str provider, account;
    struct date day;
    struct arena *a;
    enum sql_query query;
    struct told *list;
    size_t count;
};

static result told_find(struct sql *db, void *arg, struct err *e)
{
    struct telling *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, k->query, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_t(date_iso(k->a, k->day)), sql_i(TOLD_MAX)));
    for (k->count = 0; k->count < TOLD_MAX; k->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        k->list[k->count] =
            (struct told){ .id = sql_text(rows, 0, k->a), .number = sql_text(rows, 1, k->a) };
        if (k->query != SQL_REMITTANCE_TOLD)
            continue;
        k->list[k->count].vnd = sql_int(rows, 2);
        k->list[k->count].file_n = sql_int(rows, 3);
        k->list[k->count].line = sql_int(rows, 4);
    }
    return OK;
}

/* What a person has to look at is no reason to stop; a store that does not answer is. */
static result count_in(result r, struct err *why, struct remittance_matched *out, bool refund,
                       struct err *e)
{
    if (!r.failed) {
        if (refund)
            out->refunded++;
        else
            out->confirmed++;
        return OK;
    }
    if (why->code == ERR_STORE || why->code == ERR_BUSY || why->code == ERR_INTERNAL)
        return fail(e, why->code, "%s", why->detail);
    out->differs++;
    return OK;
}

/* Which slip differs from its line, or agrees with it at last. */
struct wording {
    const struct telling *k;
    const struct told *t;
    const struct remittance *r;
    bool differs;
};

static result word_keep(struct sql *db, void *arg, struct err *e)
{
    const struct wording *w = arg;
    const struct telling *k = w->k;
    const int64_t now_ms = clock_now_ms(k->f->till->clock);
    const struct exception_news news = { .source = "treasury",
                                         .provider = k->provider,
                                         .account = k->account,
                                         .day = k->day,
                                         .class = MATCH_TRS_AMT,
                                         .reference = w->t->id,
                                         .portal_txn = w->t->number,
                                         .agency_id = w->r->agency_id,
                                         .file_n = w->t->file_n,
                                         .line = w->t->line,
                                         .ours_vnd = w->r->total_vnd,
                                         .theirs_vnd = w->t->vnd };

    return w->differs ? exception_tell(db, &news, now_ms, k->a, e)
                      : exception_known(db, "treasury", w->t->id, now_ms, k->a, e);
}

static result word_tell(const struct telling *k, const struct told *t, bool failed,
                        const struct err *why, struct err *e)
{
    struct remittance r;
    struct wording w = { k, t, &r, failed };

    if (failed && (why->code != ERR_BUSINESS_RULE || !str_is(str_c(why->field), "amount_vnd")))
        return OK;
    TRY(remittance_load(k->f, t->id, k->a, &r, e));
    return sql_transact(k->f->till->store, word_keep, &w, e);
}

static result slips(struct telling *k, struct remittance_matched *out, struct err *e)
{
    const struct proposal_actor by = { .name = STR("system") };

    k->query = SQL_REMITTANCE_TOLD;
    TRY(sql_read(k->f->till->store, told_find, k, e));
    for (size_t i = 0; i < k->count; i++) {
        const struct remittance_word w = { .event = REMITTANCE_EV_CONFIRM,
                                           .number = k->list[i].number,
                                           .day = k->day,
                                           .amount_vnd = k->list[i].vnd };
        struct err why = { .code = ERR_NONE };
        struct remittance r;

        const result said = remittance_settle(k->f, k->list[i].id, &w, &by, k->a, &r, &why);
        TRY(count_in(said, &why, out, false, e));
        TRY(word_tell(k, &k->list[i], said.failed, &why, e));
    }
    return OK;
}

static result refunds(struct telling *k, struct remittance_matched *out, struct err *e)
{
    const struct order_cause cause = { .actor = STR("system"), .source = STR("settlement") };

    k->query = SQL_REMITTANCE_REFUNDS_TOLD;
    TRY(sql_read(k->f->till->store, told_find, k, e));
    for (size_t i = 0; i < k->count; i++) {
        const struct refund_word w = { .event = REFUND_EV_PAID, .number = k->list[i].number };
        struct err why = { .code = ERR_NONE };
        struct refund r;

        TRY(count_in(refund_settle(k->f->till, k->list[i].id, &w, &cause, k->a, &r, &why), &why,
                     out, true, e));
    }
    return OK;
}

result remittance_match(const struct office *f, struct str provider, struct str account,
                        struct date day, struct remittance_matched *out, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct telling k = { .f = f, .provider = provider, .account = account, .day = day, .a = a };

    *out = (struct remittance_matched){ 0 };
    k.list = arena_array(a, struct told, TOLD_MAX);
    TRY(slips(&k, out, e));
    return refunds(&k, out, e);
}
