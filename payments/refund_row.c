/*
 * Rows of refunds. The payee leaves the store sealed; see refund_payee().
 */
#include "payments/refund_row.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "payments/attempt_row.h"
#include "payments/order_row.h"
#include "store/sql.h"

#define EVIDENCE_BYTES_MAX 4096
#define HISTORY_MAX        1000

static bool route_find(struct str name, enum refund_route *out)
{
    for (int i = 0; i < REFUND_ROUTE_COUNT; i++)
        if (str_is(name, refund_route_name((enum refund_route)i))) {
            *out = (enum refund_route)i;
            return true;
        }
    return false;
}

static result row_read(struct sql_rows *rows, struct arena *a, struct refund *out, struct err *e)
{
    *out = (struct refund){ .agency_id = sql_text(rows, 0, a),
                            .id = sql_text(rows, 1, a),
                            .order_id = sql_text(rows, 2, a),
                            .attempt_n = sql_int(rows, 3),
                            .amount_vnd = sql_int(rows, 6),
                            .excess_vnd = sql_int(rows, 7),
                            .account = (enum ledger_account)sql_int(rows, 8),
                            .reason = sql_text(rows, 9, a),
                            .payee_sealed = sql_bytes(rows, 10, a),
                            .payee_shown = sql_text(rows, 11, a),
                            .maker = sql_text(rows, 12, a),
                            .proposal_id = sql_text(rows, 13, a),
                            .channel = sql_text(rows, 14, a),
                            .reference = sql_text(rows, 15, a),
                            .sent_time = sql_text(rows, 16, a),
                            .txn = sql_text(rows, 17, a),
                            .failure = sql_text(rows, 18, a),
                            .document = sql_text(rows, 19, a),
                            .created_ms = sql_int(rows, 20),
                            .updated_ms = sql_int(rows, 21),
                            .next_ms = sql_int(rows, 22),
                            .tries = sql_int(rows, 23),
                            .client_id = sql_text(rows, 24, a),
                            .dossier = sql_text(rows, 25, a) };
    if (!refund_state_find(sql_text(rows, 4, a), &out->state) ||
        !route_find(sql_text(rows, 5, a), &out->route))
        return fail(e, ERR_STORE, "refund %.*s: unreadable row", STR_ARG(out->id));
    return OK;
}

result refund_find(struct sql *db, struct str id, struct arena *a, struct refund *out,
                   struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REFUND_BY_ID, &rows, e, sql_t(id)));
    TRY(sql_one(rows, e));
    return row_read(rows, a, out, e);
}

static result attempt_of(struct sql *db, const struct order *o, int64_t n, struct arena *a,
                         struct attempt *out, struct err *e)
{
    struct attempt *list;
    size_t count;

    TRY(attempts_find(db, o, a, &list, &count, e));
    for (size_t i = 0; i < count; i++)
        if (list[i].n == n) {
            *out = list[i];
            return OK;
        }
    return fail(e, ERR_STORE, "refund of an attempt that is not there");
}

result refund_take(struct sql *db, const struct till *t, struct str id, struct arena *a,
                   struct order *o, struct refund *out, struct attempt *at, struct err *e)
{
    TRY(refund_find(db, id, a, out, e));
    TRY(order_take(db, t, out->agency_id, out->order_id, a, o, e));
    TRY(refund_find(db, id, a, out, e)); /* as it is under the lock */
    return attempt_of(db, o, out->attempt_n, a, at, e);
}

result refund_insert(struct sql *db, const struct refund *r, const struct ledger_split *parts,
                     size_t count, struct err *e)
{
    TRY(sql_run(db, SQL_REFUND_INSERT, e, sql_t(r->agency_id), sql_t(r->id), sql_t(r->order_id),
                sql_i(r->attempt_n), sql_t(str_c(refund_state_name(r->state))),
                sql_t(str_c(refund_route_name(r->route))), sql_i(r->amount_vnd),
                sql_i(r->excess_vnd), sql_i(r->account), sql_t(r->reason), sql_b(r->payee_sealed),
                sql_t(r->payee_shown), sql_t(r->maker), sql_t(r->proposal_id), sql_t(r->channel),
                sql_i(r->created_ms)));
    for (size_t i = 0; i < count; i++)
        TRY(sql_run(db, SQL_REFUND_LINE_INSERT, e, sql_t(r->agency_id), sql_t(r->id),
                    sql_i((int64_t)i + 1), sql_i(parts[i].account), sql_t(parts[i].fee),
                    sql_i(parts[i].amount_vnd)));
    return OK;
}

result refund_save(struct sql *db, const struct refund *r, enum refund_state from, struct err *e)
{
    int64_t changed;

    TRY(sql_run_count(db, SQL_REFUND_SAVE, &changed, e, sql_t(r->agency_id), sql_t(r->id),
                      sql_t(str_c(refund_state_name(r->state))), sql_t(r->reference),
                      sql_t(r->sent_time), sql_t(r->txn), sql_t(r->failure), sql_t(r->document),
                      sql_i(r->updated_ms), sql_i(r->next_ms), sql_i(r->tries),
                      sql_t(str_c(refund_state_name(from)))));
    if (changed != 1)
        return fail(e, ERR_RETRY, "refund %.*s changed meanwhile", STR_ARG(r->id));
    return OK;
}

static result seq_take(struct sql *db, const struct refund *r, int64_t *seq, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REFUND_EVENT_NEXT, &rows, e, sql_t(r->agency_id), sql_t(r->id)));
    TRY(sql_one(rows, e));
    *seq = sql_int(rows, 0);
    return OK;
}

result refund_note(struct sql *db, const struct till *t, const struct refund *r,
                   const char *const *event_from_to, struct str mismatch,
                   const struct order_cause *cause, struct arena *a, struct err *e)
{
    const struct str evidence = utf8_cut(cause->evidence, EVIDENCE_BYTES_MAX);
    int64_t seq;

    TRY(seq_take(db, r, &seq, e));
    return sql_run(db, SQL_REFUND_EVENT_INSERT, e, sql_t(r->agency_id), sql_t(r->id), sql_i(seq),
                   sql_i(clock_now_ms(t->clock)), sql_t(str_c(event_from_to[0])),
                   sql_t(str_c(event_from_to[1])), sql_t(str_c(event_from_to[2])),
                   sql_t(cause->actor), sql_t(cause->source), sql_t(mismatch), sql_t(evidence),
                   sql_t(evidence.n > 0 ? digest_hex(a, digest_sha256(cause->evidence))
                                        : (struct str){ "", 0 }));
}

result refund_taken(struct sql *db, const struct attempt *at, int64_t *amount_vnd, int64_t *open,
                    struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REFUND_TAKEN, &rows, e, sql_t(at->agency_id), sql_t(at->order_id),
                 sql_i(at->n)));
    TRY(sql_one(rows, e));
    *amount_vnd = sql_int(rows, 0);
    *open = sql_int(rows, 1);
    return OK;
}

result refund_is_gone(struct sql *db, const struct order *o, int64_t applied_vnd, bool reserved,
                      struct arena *a, bool *gone, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct ledger_split *left;
    int64_t here_vnd = 0;
    size_t count;

    TRY(sql_run(db, SQL_REFUND_LOCK_REMITTANCES, e, sql_t(o->agency_id), sql_t(o->id)));
    TRY(sql_find(db, SQL_REFUND_REMITTED, &rows, e, sql_t(o->agency_id), sql_t(o->id)));
    TRY(sql_one(rows, e));
    TRY(ledger_left(db, o->agency_id, o->id, a, &left, &count, e));
    for (size_t i = 0; i < count; i++)
        here_vnd += left[i].amount_vnd;
    here_vnd -= sql_int(rows, 0);
    *gone = applied_vnd > 0 && here_vnd < (reserved ? 0 : applied_vnd);
    return OK;
}

result refund_parts_find(struct sql *db, const struct refund *r, struct arena *a,
                         struct ledger_split **out, size_t *count, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct ledger_split *list = arena_array(a, struct ledger_split, LEDGER_POSTINGS_MAX);
    bool more;

    TRY(sql_find(db, SQL_REFUND_LINES, &rows, e, sql_t(r->agency_id), sql_t(r->id)));
    for (*count = 0; *count < LEDGER_POSTINGS_MAX; (*count)++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        list[*count] = (struct ledger_split){ .account = (enum ledger_account)sql_int(rows, 0),
                                              .fee = sql_text(rows, 1, a),
                                              .amount_vnd = sql_int(rows, 2) };
    }
    *out = list;
    return OK;
}

struct reading {
    const struct till *t;
    enum sql_query query;
    struct sql_param params[6];
    size_t param_count;
    struct arena *a;
    struct refund *list;
    size_t count, most;
};

static result read_list(struct sql *db, void *arg, struct err *e)
{
    struct reading *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    k->count = 0;
    TRY(sql_find_n(db, k->query, k->params, k->param_count, &rows, e));
    while (k->count < k->most) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        TRY(row_read(rows, k->a, &k->list[k->count++], e));
    }
    return OK;
}

result refund_load(const struct till *t, struct str id, struct str client_id, struct arena *a,
                   struct refund *out, struct err *e)
{
    struct reading k = { .query = SQL_REFUND_BY_ID,
                         .params = { sql_t(id) },
                         .param_count = 1,
                         .a = a,
                         .list = out,
                         .most = 1 };

    TRY(sql_read(t->store, read_list, &k, e));
    if (k.count == 0 || (client_id.n > 0 && !str_eq(client_id, out->client_id)))
        return fail(e, ERR_NOT_FOUND, "no such refund");
    return OK;
}

result refund_list(const struct till *t, const struct refund_filter *f, struct arena *a,
                   struct refund **out, size_t *count, struct err *e)
{
    struct refund last = { .created_ms = INT64_MAX };
    struct reading k = { .query = SQL_REFUND_LIST, .param_count = 6, .a = a };

    if (f->before.n > 0)
        TRY(refund_load(t, f->before, f->client_id, a, &last, e));
    k.most = f->most < REFUND_LIST_MAX ? f->most : REFUND_LIST_MAX;
    k.list = arena_array(a, struct refund, k.most + 1);
    k.params[0] = sql_t(f->client_id);
    k.params[1] = sql_t(f->state);
    k.params[2] = sql_t(f->dossier);
    k.params[3] = sql_i(last.created_ms);
    k.params[4] = sql_t(f->before);
    k.params[5] = sql_i((int64_t)k.most);
    TRY(sql_read(t->store, read_list, &k, e));
    *out = k.list;
    *count = k.count;
    return OK;
}

result refund_list_order(const struct till *t, const struct order *o, struct arena *a,
                         struct refund **out, size_t *count, struct err *e)
{
    struct reading k = { .query = SQL_REFUND_BY_ORDER,
                         .params = { sql_t(o->agency_id), sql_t(o->id), sql_i(REFUND_LIST_MAX) },
                         .param_count = 3,
                         .a = a,
                         .most = REFUND_LIST_MAX };

    k.list = arena_array(a, struct refund, REFUND_LIST_MAX);
    TRY(sql_read(t->store, read_list, &k, e));
    *out = k.list;
    *count = k.count;
    return OK;
}

struct summing {
    struct arena *a;
    struct refund_total *out;
};

static result sum_up(struct sql *db, void *arg, struct err *e)
{
    struct summing *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    enum refund_state s;
    bool more;

    TRY(sql_find_plain(db, SQL_REFUND_TOTALS, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (!refund_state_find(sql_text(rows, 0, k->a), &s))
            return fail(e, ERR_STORE, "refund in a state that refund.def does not have");
        k->out[s] = (struct refund_total){ sql_int(rows, 1), sql_int(rows, 2) };
    }
}

result refund_totals(const struct till *t, struct refund_total *out, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(65536);
    struct summing k = { a, out };

    for (int i = 0; i < REFUND_STATE_COUNT; i++)
        out[i] = (struct refund_total){ 0 };
    return sql_read(t->store, sum_up, &k, e);
}

struct looking {
    const struct refund *r;
    struct arena *a;
    struct ledger_split *parts;
    struct refund_history *history;
    size_t count;
};

static result read_parts(struct sql *db, void *arg, struct err *e)
{
    struct looking *k = arg;

    return refund_parts_find(db, k->r, k->a, &k->parts, &k->count, e);
}

result refund_parts(const struct till *t, const struct refund *r, struct arena *a,
                    struct ledger_split **out, size_t *count, struct err *e)
{
    struct looking k = { .r = r, .a = a };

    TRY(sql_read(t->store, read_parts, &k, e));
    *out = k.parts;
    *count = k.count;
    return OK;
}

static result read_history(struct sql *db, void *arg, struct err *e)
{
    struct looking *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_REFUND_EVENTS, &rows, e, sql_t(k->r->agency_id), sql_t(k->r->id)));
    for (k->count = 0; k->count < HISTORY_MAX; k->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        k->history[k->count] = (struct refund_history){ .seq = sql_int(rows, 0),
                                                        .at_ms = sql_int(rows, 1),
                                                        .event = sql_text(rows, 2, k->a),
                                                        .from = sql_text(rows, 3, k->a),
                                                        .to = sql_text(rows, 4, k->a),
                                                        .actor = sql_text(rows, 5, k->a),
                                                        .source = sql_text(rows, 6, k->a),
                                                        .mismatch = sql_text(rows, 7, k->a),
                                                        .evidence = sql_text(rows, 8, k->a) };
    }
    return OK;
}

result refund_history(const struct till *t, const struct refund *r, struct arena *a,
                      struct refund_history **out, size_t *count, struct err *e)
{
    struct looking k = { .r = r, .a = a };

    k.history = arena_array(a, struct refund_history, HISTORY_MAX);
    TRY(sql_read(t->store, read_history, &k, e));
    *out = k.history;
    *count = k.count;
    return OK;
}

static struct str member_copy(const struct json *o, const char *name, struct arena *a)
{
    struct str s;

    return json_str(json_member(o, name), &s) ? str_dup(a, s) : (struct str){ "", 0 };
}

result refund_payee(const struct till *t, const struct refund *r, struct arena *a,
                    struct refund_payee *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str plain;

    TRY(seal_get(a, t->seal, str_cat(a, STR("refund.payee:"), r->id), r->payee_sealed, &plain, e));
    TRY(json_read(plain, &o, e));
    out->name = member_copy(o, "name", a);
    out->bank = member_copy(o, "bank", a);
    out->account = member_copy(o, "account", a);
    return OK;
}
