/*
 * Rows, states and documents of remittances. Attacker: whoever would have the paper say another sum
 * than its lines; promise: totals are added up from the claims, and a document whose lines are not
 * its total is not made.
 */
#include "finance/remittance_row.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "base/words.h"
#include "crypto/digest.h"
#include "payments/fee.h"
#include "payments/fee_table.h"
#include "payments/refund_rules.h"
#include "store/audit.h"

#define CLAIMS_PAGE 5000
#define HISTORY_MAX 1000

static const char *const state_names[REMITTANCE_STATE_COUNT] = { "none", "draft",     "approved",
                                                                 "sent", "confirmed", "cancelled" };
static const char *const event_names[REMITTANCE_EV_COUNT] = {
    "draft", "renew", "submit", "approve", "reject", "cancel", "send", "recall", "confirm", "refuse"
};
static const struct {
    enum remittance_state from;
    enum remittance_event event;
    enum remittance_state to;
} moves[] = {
#define MOVE(from, event, to) { REMITTANCE_##from, REMITTANCE_EV_##event, REMITTANCE_##to },
#include "finance/remittance.def"
#undef MOVE
};

const char *remittance_state_name(enum remittance_state s)
{
    return state_names[s];
}

const char *remittance_event_name(enum remittance_event ev)
{
    return event_names[ev];
}

bool remittance_state_find(struct str name, enum remittance_state *out)
{
    for (size_t i = 0; i < REMITTANCE_STATE_COUNT; i++)
        if (str_is(name, state_names[i])) {
            *out = (enum remittance_state)i;
            return true;
        }
    return false;
}

bool remittance_move_find(enum remittance_state s, enum remittance_event ev,
                          enum remittance_state *next)
{
    for (size_t i = 0; i < LEN(moves); i++)
        if (moves[i].from == s && moves[i].event == ev) {
            *next = moves[i].to;
            return true;
        }
    return false;
}

static result row_read(struct sql_rows *rows, struct arena *a, struct remittance *out,
                       struct err *e)
{
    *out = (struct remittance){ .agency_id = sql_text(rows, 0, a),
                                .n = sql_int(rows, 1),
                                .id = sql_text(rows, 2, a),
                                .number = sql_text(rows, 3, a),
                                .treasury = sql_text(rows, 4, a),
                                .total_vnd = sql_int(rows, 8),
                                .retained_vnd = sql_int(rows, 9),
                                .document = sql_text(rows, 10, a),
                                .maker = sql_text(rows, 11, a),
                                .proposal_id = sql_text(rows, 12, a),
                                .treasury_ref = sql_text(rows, 13, a),
                                .remitted_day = sql_text(rows, 14, a),
                                .failure = sql_text(rows, 15, a),
                                .created_ms = sql_int(rows, 16),
                                .updated_ms = sql_int(rows, 17),
                                .sent_ms = sql_int(rows, 18) };
    if (!date_read(sql_text(rows, 5, a), &out->from) ||
        !date_read(sql_text(rows, 6, a), &out->to) ||
        !remittance_state_find(sql_text(rows, 7, a), &out->state))
        return fail(e, ERR_STORE, "remittance %.*s: unreadable row", STR_ARG(out->id));
    return OK;
}

result remittance_take(struct sql *db, struct str id, struct arena *a, struct remittance *out,
                       struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REMITTANCE_TAKE, &rows, e, sql_t(id)));
    TRY(sql_one(rows, e));
    return row_read(rows, a, out, e);
}

result remittance_insert(struct sql *db, const struct remittance *r, struct arena *a, struct err *e)
{
    return sql_run(db, SQL_REMITTANCE_INSERT, e, sql_t(r->agency_id), sql_i(r->n), sql_t(r->id),
                   sql_t(r->number), sql_t(r->treasury), sql_t(date_iso(a, r->from)),
                   sql_t(date_iso(a, r->to)), sql_t(str_c(remittance_state_name(r->state))),
                   sql_i(r->total_vnd), sql_i(r->retained_vnd), sql_t(r->document), sql_t(r->maker),
                   sql_i(r->created_ms));
}

result remittance_parts(struct sql *db, const struct remittance *r, struct arena *a,
                        struct remittance_part **out, size_t *count, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *out = arena_array(a, struct remittance_part, REMITTANCE_PARTS_MAX);
    TRY(sql_find(db, SQL_REMITTANCE_ITEM_SUMS, &rows, e, sql_i(r->n), sql_t(r->agency_id)));
    for (*count = 0;; (*count)++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (*count == REMITTANCE_PARTS_MAX)
            return fail(e, ERR_TOO_LARGE, "more than %d fees", REMITTANCE_PARTS_MAX);
        (*out)[*count] =
            (struct remittance_part){ .split = { .account = (enum ledger_account)sql_int(rows, 0),
                                                 .fee = sql_text(rows, 1, a),
                                                 .amount_vnd = sql_int(rows, 3) },
                                      .orders = sql_int(rows, 2) };
    }
}

static result claims_page(struct sql *db, const struct remittance *r, struct arena *page,
                          struct digest_run *run, struct str *after, bool *more, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count = 0;
    struct str order, account, fee;
    int64_t after_account = 0;
    struct str after_order = STR(""), after_fee = STR(""), rest;
    bool row;

    if (after->n > 0) {
        (void)str_cut(*after, '|', &after_order, &rest);
        (void)str_cut(rest, '|', &account, &after_fee);
        (void)str_to_i64(account, &after_account);
    }
    TRY(sql_find(db, SQL_REMITTANCE_ITEM_PAGE, &rows, e, sql_i(r->n), sql_t(r->agency_id),
                 sql_t(after_order), sql_i(after_account), sql_t(after_fee), sql_i(CLAIMS_PAGE)));
    for (;; count++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        order = sql_text(rows, 0, page);
        fee = sql_text(rows, 2, page);
        *after = str_fmt(page, "%.*s|%lld|%.*s", STR_ARG(order), (long long)sql_int(rows, 1),
                         STR_ARG(fee));
        digest_add(run, str_fmt(page, "%.*s|%lld\n", STR_ARG(*after), (long long)sql_int(rows, 3)));
    }
    *more = count == CLAIMS_PAGE;
    return OK;
}

/* One digest of what it is made of, so that the document stays small and still fixes each order. */
static result claims_digest(struct sql *db, const struct remittance *r, struct arena *a,
                            struct str *hex, struct err *e)
{
    DEFER(digest_close) struct digest_run *run = digest_begin();
    DEFER(arena_close) struct arena *even = arena_open((size_t)16 << 20);
    DEFER(arena_close) struct arena *odd = arena_open((size_t)16 << 20);
    struct str after = STR("");
    bool more = true;

    for (int i = 0; more; i++) {
        struct arena *page = i % 2 == 0 ? even : odd;

        arena_reset(page); /* `after` is still in the other one */
        TRY(claims_page(db, r, page, run, &after, &more, e));
    }
    *hex = digest_hex(a, digest_sum(run));
    return OK;
}

static struct str fee_name(const struct office *f, struct str fee)
{
    const struct fee_name *n = fee_name_find(fee_rows_of(f->till->fees), fee);

    return n != NULL ? n->name_vi : fee;
}

static result payer_put(struct json *o, const struct office *f, const struct remittance *r,
                        struct date today, struct err *e)
{
    struct json *payer = json_object();
    struct fee_agency agency;

    json_put(o, "payer", payer);
    TRY(fee_agency_find(f->till->fees, r->agency_id, today, &agency, e));
    json_put_str(payer, "id", agency.id);
    json_put_str(payer, "name", agency.name_vi);
    json_put_str(payer, "tax_code", agency.tax_code);
    json_put_str(payer, "address", agency.address);
    json_put_str(payer, "account", agency.account);
    json_put_str(payer, "bank", agency.bank);
    return OK;
}

static result treasury_put(struct json *o, const struct office *f, const struct remittance *r,
                           struct date today, struct err *e)
{
    struct json *one = json_object();
    struct refund_treasury t;

    json_put(o, "treasury", one);
    if (!refund_treasury_find(f->till->refunds, r->treasury, today, &t))
        return fail(e, ERR_CONFIG, "no row of treasuries.csv for %.*s", STR_ARG(r->treasury));
    json_put_str(one, "name", t.name);
    json_put_str(one, "code", t.code);
    json_put_str(one, "account", t.account);
    json_put_str(one, "bank", t.bank);
    return OK;
}

static result line_put(struct json *list, const struct office *f, const struct remittance *r,
                       const struct remittance_part *p, struct date today, struct err *e)
{
    struct json *one = json_object();
    struct refund_budget b;

    json_add(list, one);
    if (!refund_budget_find(f->till->refunds, r->agency_id, p->split.fee, today, &b))
        return fail(e, ERR_CONFIG, "no row of budget.csv for %.*s of %.*s", STR_ARG(p->split.fee),
                    STR_ARG(r->agency_id));
    json_put_str(one, "content", fee_name(f, p->split.fee));
    json_put_str(one, "fee", p->split.fee);
    json_put_str(one, "chapter", b.chapter);
    json_put_str(one, "sub_item", b.sub_item);
    json_put_str(one, "locality", b.locality);
    json_put_int(one, "orders", p->orders);
    json_put_int(one, "amount_vnd", p->split.amount_vnd);
    return OK;
}

static void retained_put(struct json *list, const struct office *f, const struct remittance_part *p)
{
    struct json *one = json_object();

    json_put_str(one, "content", fee_name(f, p->split.fee));
    json_put_str(one, "fee", p->split.fee);
    json_put_int(one, "amount_vnd", p->split.amount_vnd);
    json_add(list, one);
}

static result sums_put(struct sql *db, struct json *o, const struct office *f, struct date today,
                       struct arena *a, struct remittance *r, struct err *e)
{
    struct json *lines = json_array(), *retained = json_array();
    struct remittance_part *parts;
    size_t count;

    json_put(o, "lines", lines);
    json_put(o, "retained", retained);
    r->total_vnd = r->retained_vnd = 0;
    TRY(remittance_parts(db, r, a, &parts, &count, e));
    if (count == 0)
        return fail(e, ERR_NOT_FOUND, "nothing is left to remit");
    for (size_t i = 0; i < count; i++) {
        int64_t *sum_vnd = parts[i].split.account == LEDGER_2130 ? &r->retained_vnd : &r->total_vnd;

        TRY(money_add(*sum_vnd, parts[i].split.amount_vnd, sum_vnd, e));
        if (sum_vnd == &r->total_vnd)
            TRY(line_put(lines, f, r, &parts[i], today, e));
        else
            retained_put(retained, f, &parts[i]);
    }
    json_put_int(o, "total_vnd", r->total_vnd);
    json_put_int(o, "retained_vnd", r->retained_vnd);
    return OK;
}

result remittance_document(struct sql *db, const struct office *f, struct date today,
                           struct arena *a, struct remittance *r, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct str claims;

    json_put_str(o, "form", STR("C1-02/NS"));
    json_put_str(o, "number", r->number);
    json_put_str(o, "date", date_iso(a, today));
    json_put_str(o, "from", date_iso(a, r->from));
    json_put_str(o, "to", date_iso(a, r->to));
    TRY(payer_put(o, f, r, today, e));
    TRY(treasury_put(o, f, r, today, e));
    TRY(sums_put(db, o, f, today, a, r, e));
    json_put_str(o, "words",
                 words_vnd(a, r->total_vnd, (struct words_style){ .chan = f->till->words_chan }));
    TRY(claims_digest(db, r, a, &claims, e));
    json_put_str(o, "claims_sha256", claims);
    r->document = json_print_canonical(a, o);
    return OK;
}

static result event_put(struct sql *db, const struct office *f, const struct remittance *r,
                        enum remittance_event ev, enum remittance_state from,
                        const struct proposal_actor *by, struct str detail, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t seq;

    TRY(sql_find(db, SQL_REMITTANCE_EVENT_NEXT, &rows, e, sql_t(r->agency_id), sql_i(r->n)));
    TRY(sql_one(rows, e));
    seq = sql_int(rows, 0);
    return sql_run(db, SQL_REMITTANCE_EVENT_INSERT, e, sql_t(r->agency_id), sql_i(r->n), sql_i(seq),
                   sql_i(clock_now_ms(f->till->clock)), sql_t(str_c(event_names[ev])),
                   sql_t(str_c(state_names[from])), sql_t(str_c(state_names[r->state])),
                   sql_t(by->name), sql_t(detail));
}

static result audit_put(struct sql *db, const struct office *f, const struct remittance *r,
                        enum remittance_event ev, const struct proposal_actor *by, struct arena *a,
                        struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event event = { .actor = by->name,
                                       .action = str_fmt(a, "remittance.%s", event_names[ev]),
                                       .subject = r->id,
                                       .request_id = by->request_id,
                                       .ip = by->ip,
                                       .detail = detail };

    json_put_str(detail, "number", r->number);
    json_put_int(detail, "total_vnd", r->total_vnd);
    json_put_int(detail, "retained_vnd", r->retained_vnd);
    return audit_append(db, clock_now_ms(f->till->clock), &event, e);
}

result remittance_step(struct sql *db, const struct office *f, struct remittance *r,
                       enum remittance_event ev, const struct proposal_actor *by, struct str detail,
                       struct arena *a, struct err *e)
{
    const enum remittance_state from = r->state;
    int64_t changed;

    if (!remittance_move_find(from, ev, &r->state)) {
        r->state = from;
        return fail(e, ERR_WRONG_STATE, "remittance is %s", state_names[from]);
    }
    r->updated_ms = clock_now_ms(f->till->clock);
    TRY(sql_run_count(db, SQL_REMITTANCE_SAVE, &changed, e, sql_t(r->agency_id), sql_i(r->n),
                      sql_t(str_c(state_names[r->state])), sql_i(r->total_vnd),
                      sql_i(r->retained_vnd), sql_t(r->document), sql_t(r->maker),
                      sql_t(r->proposal_id), sql_t(r->treasury_ref), sql_t(r->remitted_day),
                      sql_t(r->failure), sql_i(r->updated_ms), sql_i(r->sent_ms),
                      sql_t(str_c(state_names[from]))));
    if (changed != 1)
        return fail(e, ERR_RETRY, "remittance %.*s changed meanwhile", STR_ARG(r->id));
    TRY(event_put(db, f, r, ev, from, by, detail, e));
    return audit_put(db, f, r, ev, by, a, e);
}

struct reading {
    const struct remittance_filter *q;
    struct str id, before;
    int64_t before_ms;
    struct arena *a;
    struct remittance *list;
    size_t count, most;
};

static result one_read(struct sql *db, void *arg, struct err *e)
{
    struct reading *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REMITTANCE_BY_ID, &rows, e, sql_t(k->id)));
    TRY(sql_one(rows, e));
    return row_read(rows, k->a, k->list, e);
}

result remittance_load(const struct office *f, struct str id, struct arena *a,
                       struct remittance *out, struct err *e)
{
    struct reading k = { .id = id, .a = a, .list = out };

    return sql_read(f->till->store, one_read, &k, e);
}

static result list_read(struct sql *db, void *arg, struct err *e)
{
    struct reading *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_REMITTANCE_LIST, &rows, e, sql_i(k->before_ms), sql_t(k->before),
                 sql_t(k->q->agency_id), sql_t(k->q->state), sql_i((int64_t)k->most)));
    for (k->count = 0; k->count < k->most; k->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        TRY(row_read(rows, k->a, &k->list[k->count], e));
    }
    return OK;
}

result remittance_list(const struct office *f, const struct remittance_filter *q, struct arena *a,
                       struct remittance **out, size_t *count, struct err *e)
{
    struct remittance last = { .created_ms = INT64_MAX };
    struct reading k = { .q = q, .before = q->before, .a = a };

    if (q->before.n > 0)
        TRY(remittance_load(f, q->before, a, &last, e));
    k.before_ms = last.created_ms;
    k.most = q->most < REMITTANCE_LIST_MAX ? q->most : REMITTANCE_LIST_MAX;
    k.list = arena_array(a, struct remittance, k.most + 1);
    TRY(sql_read(f->till->store, list_read, &k, e));
    *out = k.list;
    *count = k.count;
    return OK;
}

struct history_reading {
    const struct remittance *r;
    struct arena *a;
    struct remittance_history *list;
    size_t count;
};

static result history_read(struct sql *db, void *arg, struct err *e)
{
    struct history_reading *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_REMITTANCE_EVENTS, &rows, e, sql_t(k->r->agency_id), sql_i(k->r->n)));
    for (k->count = 0; k->count < HISTORY_MAX; k->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        k->list[k->count] = (struct remittance_history){ .seq = sql_int(rows, 0),
                                                         .at_ms = sql_int(rows, 1),
                                                         .event = sql_text(rows, 2, k->a),
                                                         .from = sql_text(rows, 3, k->a),
                                                         .to = sql_text(rows, 4, k->a),
                                                         .actor = sql_text(rows, 5, k->a),
                                                         .detail = sql_text(rows, 6, k->a) };
    }
    return OK;
}

result remittance_history(const struct office *f, const struct remittance *r, struct arena *a,
                          struct remittance_history **out, size_t *count, struct err *e)
{
    struct history_reading k = { .r = r, .a = a };

    k.list = arena_array(a, struct remittance_history, HISTORY_MAX);
    TRY(sql_read(f->till->store, history_read, &k, e));
    *out = k.list;
    *count = k.count;
    return OK;
}
