/* Reading payouts. */
#include "finance/payout_row.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define ITEMS_MAX 10000

static const char *const state_names[PAYOUT_STATE_COUNT] = { "open", "confirmed", "reversed" };

const char *payout_state_name(enum payout_state s)
{
    return state_names[s];
}

bool payout_state_find(struct str name, enum payout_state *out)
{
    for (size_t i = 0; i < PAYOUT_STATE_COUNT; i++)
        if (str_is(name, state_names[i])) {
            *out = (enum payout_state)i;
            return true;
        }
    return false;
}

bool payout_id_read(struct str id, struct str *agency_id, int64_t *n)
{
    const size_t dot = str_find(id, '.');

    if (!str_starts(id, STR("po")) || dot >= id.n || dot < 3)
        return false;
    *agency_id = str_from(id, dot + 1);
    return agency_id->n > 0 && str_to_i64(str_sub(id, 2, dot - 2), n) && *n > 0;
}

result payout_read(struct sql_rows *rows, struct arena *a, struct payout *out, struct err *e)
{
    *out = (struct payout){ .agency_id = sql_text(rows, 0, a),
                            .n = sql_int(rows, 1),
                            .provider = sql_text(rows, 2, a),
                            .account = sql_text(rows, 3, a),
                            .beneficiary = sql_text(rows, 5, a),
                            .revision = sql_int(rows, 6),
                            .payments = sql_int(rows, 8),
                            .gross_vnd = sql_int(rows, 9),
                            .returns = sql_int(rows, 10),
                            .returned_vnd = sql_int(rows, 11),
                            .fee_vnd = sql_int(rows, 12),
                            .invoiced_vnd = sql_int(rows, 13),
                            .net_vnd = sql_int(rows, 14),
                            .posted_ms = sql_int(rows, 15),
                            .bank_ref = sql_text(rows, 16, a),
                            .bank_day = sql_text(rows, 17, a),
                            .confirmed_by = sql_text(rows, 18, a),
                            .confirmed_ms = sql_int(rows, 19),
                            .reversed_ms = sql_int(rows, 20) };
    out->id = str_fmt(a, "po%lld.%.*s", (long long)out->n, STR_ARG(out->agency_id));
    if (!date_read(sql_text(rows, 4, a), &out->day) ||
        !payout_state_find(sql_text(rows, 7, a), &out->state))
        return fail(e, ERR_STORE, "payout %.*s: unreadable row", STR_ARG(out->id));
    return OK;
}

result payout_read_all(struct sql_rows *rows, size_t most, struct arena *a, struct payout **out,
                       size_t *count, struct err *e)
{
    size_t room = 16;
    bool more;

    *out = arena_array(a, struct payout, room);
    for (*count = 0;; (*count)++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (*count == most)
            return fail(e, ERR_TOO_LARGE, "more than %zu payouts", most);
        if (*count == room) {
            struct payout *larger = arena_array(a, struct payout, 4 * room);
            for (size_t i = 0; i < room; i++)
                larger[i] = (*out)[i];
            *out = larger;
            room *= 4;
        }
        TRY(payout_read(rows, a, &(*out)[*count], e));
    }
}

struct reading {
    const struct payout_filter *q;
    struct str from, to, agency_id;
    int64_t n;
    struct arena *a;
    struct payout *list;
    size_t count, most;
};

static result list_read(struct sql *db, void *arg, struct err *e)
{
    struct reading *k = arg;
    const struct payout_filter *q = k->q;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_PAYOUT_LIST, &rows, e, sql_i(q->before_n > 0 ? q->before_n : INT64_MAX),
                 sql_t(q->before_agency), sql_t(q->agency_id), sql_t(q->provider), sql_t(q->state),
                 sql_t(k->from), sql_t(k->to), sql_i((int64_t)k->most)));
    return payout_read_all(rows, k->most, k->a, &k->list, &k->count, e);
}

result payout_list(const struct office *f, const struct payout_filter *q, struct arena *a,
                   struct payout **out, size_t *count, struct err *e)
{
    struct reading k = { .q = q,
                         .from = q->from.y > 0 ? date_iso(a, q->from) : STR(""),
                         .to = q->to.y > 0 ? date_iso(a, q->to) : STR("9999-12-31"),
                         .a = a,
                         .most = q->most < PAYOUT_LIST_MAX ? q->most : PAYOUT_LIST_MAX };

    TRY(sql_read(f->till->store, list_read, &k, e));
    *out = k.list;
    *count = k.count;
    return OK;
}

struct summing {
    const struct payout_filter *q;
    struct str from, to;
    struct payout_sums *out;
};

static result sums_read(struct sql *db, void *arg, struct err *e)
{
    struct summing *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_PAYOUT_SUMS, &rows, e, sql_t(k->q->agency_id), sql_t(k->q->provider),
                 sql_t(k->q->state), sql_t(k->from), sql_t(k->to)));
    TRY(sql_one(rows, e));
    *k->out = (struct payout_sums){ sql_int(rows, 0), sql_int(rows, 1), sql_int(rows, 2),
                                    sql_int(rows, 3), sql_int(rows, 4), sql_int(rows, 5) };
    return OK;
}

result payout_sums(const struct office *f, const struct payout_filter *q, struct arena *a,
                   struct payout_sums *out, struct err *e)
{
    struct summing k = { .q = q,
                         .from = q->from.y > 0 ? date_iso(a, q->from) : STR(""),
                         .to = q->to.y > 0 ? date_iso(a, q->to) : STR("9999-12-31"),
                         .out = out };

    return sql_read(f->till->store, sums_read, &k, e);
}

static result one_read(struct sql *db, void *arg, struct err *e)
{
    struct reading *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_PAYOUT_LOAD, &rows, e, sql_t(k->agency_id), sql_i(k->n)));
    TRY(sql_one(rows, e));
    return payout_read(rows, k->a, k->list, e);
}

result payout_load(const struct office *f, struct str id, struct arena *a, struct payout *out,
                   struct err *e)
{
    struct reading k = { .a = a, .list = out };

    if (!payout_id_read(id, &k.agency_id, &k.n))
        return fail(e, ERR_NOT_FOUND, "no such payout");
    return sql_read(f->till->store, one_read, &k, e);
}

struct items_reading {
    const struct payout *p;
    int64_t after;
    struct arena *a;
    struct payout_item *list;
    size_t count, most;
};

static result items_read(struct sql *db, void *arg, struct err *e)
{
    struct items_reading *k = arg;
    struct arena *a = k->a;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_PAYOUT_ITEMS, &rows, e, sql_i(k->p->n), sql_t(k->p->agency_id),
                 sql_i(k->after), sql_i((int64_t)k->most)));
    for (k->count = 0; k->count < k->most; k->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        k->list[k->count] =
            (struct payout_item){ .reference = sql_text(rows, 0, a),
                                  .dossier = sql_text(rows, 1, a),
                                  .order_id = sql_text(rows, 2, a),
                                  .portal_txn = sql_text(rows, 3, a),
                                  .what = sql_text(rows, 4, a),
                                  .attempt_n = sql_int(rows, 5),
                                  .vnd = sql_int(rows, 6),
                                  .fee_vnd = sql_int(rows, 7),
                                  .line = sql_int(rows, 8),
                                  .deducted = sql_int(rows, 9) != 0,
                                  .settled_day = k->p->bank_day.n > 0 ? k->p->bank_day
                                                                      : date_iso(a, k->p->day),
                                  .remitted_day = sql_text(rows, 10, a) };
    }
    return OK;
}

result payout_items(const struct office *f, const struct payout *p, int64_t after, size_t most,
                    struct arena *a, struct payout_item **out, size_t *count, struct err *e)
{
    struct items_reading k = {
        .p = p, .after = after, .a = a, .most = most < ITEMS_MAX ? most : ITEMS_MAX
    };

    k.list = arena_array(a, struct payout_item, k.most + 1);
    TRY(sql_read(f->till->store, items_read, &k, e));
    *out = k.list;
    *count = k.count;
    return OK;
}
