/*
 * The order to treasury or bank. Attacker: whoever would have another sum paid than was approved;
 * promise: its lines are the parts that were approved, its total is their sum and the refund's
 * amount, and it is made once.
 */
#include "payments/refund_order.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/words.h"
#include "payments/fee.h"
#include "payments/refund_row.h"
#include "payments/refund_rules.h"
#include "store/sql.h"

struct ordering {
    const struct till *t;
    struct str id;
    const struct order_cause *cause;
    struct arena *a;
    struct refund *out;
    struct order o;
    struct attempt at;
    struct date today;
};

static const struct fee_line *line_of(const struct order *o, struct str fee)
{
    for (size_t i = 0; i < o->bill.count; i++)
        if (str_eq(o->bill.lines[i].fee, fee))
            return &o->bill.lines[i];
    return NULL;
}

/* What was paid of that fee: the lines of the bill that name it. */
static int64_t paid_vnd(const struct order *o, struct str fee)
{
    int64_t sum_vnd = 0;

    for (size_t i = 0; i < o->bill.count; i++)
        if (str_eq(o->bill.lines[i].fee, fee))
            sum_vnd += o->bill.lines[i].net_vnd;
    return sum_vnd;
}

static void put_budget(struct json *one, const struct refund_budget *b, const struct ordering *k)
{
    const struct date paid = clock_local(k->at.captured_ms).date;

    json_put_str(one, "sub_item", b->sub_item);
    json_put_str(one, "chapter", b->chapter);
    json_put_str(one, "locality", b->locality);
    json_put_str(one, "treasury", b->treasury);
    json_put_int(one, "budget_year", paid.y);
}

/* One line for each fee, whatever accounts of ours its parts came from. */
static result line_put(struct json *list, const struct ordering *k, struct str fee, int64_t vnd,
                       struct err *e)
{
    const struct fee_line *l = line_of(&k->o, fee);
    struct json *one = json_object();
    struct refund_budget b;

    json_add(list, one);
    json_put_str(one, "fee", fee);
    json_put_str(one, "content", l != NULL ? l->name_vi : STR("Tiền nộp thừa"));
    json_put_int(one, "paid_vnd", l != NULL ? paid_vnd(&k->o, fee) : vnd);
    json_put_int(one, "refund_vnd", vnd);
    if (k->out->route != REFUND_BY_TREASURY)
        return OK;
    if (!refund_budget_find(k->t->refunds, k->o.agency_id, fee, k->today, &b))
        return fail(e, ERR_CONFIG, "no row of budget.csv for %.*s of %.*s", STR_ARG(fee),
                    STR_ARG(k->o.agency_id));
    put_budget(one, &b, k);
    return OK;
}

static result lines_make(struct sql *db, const struct ordering *k, struct json *list,
                         int64_t *total_vnd, struct err *e)
{
    struct ledger_split *parts;
    size_t count;

    *total_vnd = 0;
    TRY(refund_parts_find(db, k->out, k->a, &parts, &count, e));
    for (size_t i = 0; i < count; i++) {
        int64_t vnd = 0;

        if (parts[i].amount_vnd == 0)
            continue; /* counted with another of its fee */
        for (size_t j = i; j < count; j++)
            if (str_eq(parts[j].fee, parts[i].fee)) {
                vnd += parts[j].amount_vnd;
                if (j > i)
                    parts[j].amount_vnd = 0;
            }
        TRY(line_put(list, k, parts[i].fee, vnd, e));
        *total_vnd += vnd;
    }
    return OK;
}

static result body_put(struct json *o, const struct ordering *k, struct err *e)
{
    struct fee_agency agency;
    struct json *body = json_object();
    struct refund_reason reason;

    json_put(o, "body", body);
    TRY(fee_agency_find(k->t->fees, k->o.agency_id, k->o.received_on, &agency, e));
    json_put_str(body, "name", agency.name_vi);
    json_put_str(body, "tax_code", agency.tax_code);
    json_put_str(body, "address", agency.address);
    json_put_str(body, "account", agency.account);
    json_put_str(o, "reason",
                 refund_reason_find(k->t->refunds, k->out->reason,
                                    clock_local(k->out->created_ms).date, &reason)
                     ? reason.name_vi
                     : k->out->reason);
    return OK;
}

static result document_make(struct sql *db, const struct ordering *k, struct str *out,
                            struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct json *lines = json_array();
    int64_t total_vnd;

    json_put(o, "lines", lines);
    json_put_str(o, "form",
                 k->out->route == REFUND_BY_TREASURY ? STR("C1-04/NS") : STR("transfer"));
    json_put_str(o, "number", k->out->reference);
    json_put_str(o, "date", date_iso(k->a, k->today));
    json_put_str(o, "dossier", k->o.reference);
    json_put_str(o, "paid_on", date_iso(k->a, clock_local(k->at.captured_ms).date));
    json_put_str(o, "paid_as", k->at.portal_txn);
    TRY(body_put(o, k, e));
    TRY(lines_make(db, k, lines, &total_vnd, e));
    if (total_vnd != k->out->amount_vnd)
        return fail(e, ERR_INTERNAL, "refund %.*s: its lines are not its amount",
                    STR_ARG(k->out->id));
    json_put_int(o, "total_vnd", total_vnd);
    json_put_str(o, "words",
                 words_vnd(k->a, total_vnd, (struct words_style){ .chan = k->t->words_chan }));
    *out = json_print_canonical(k->a, o);
    return OK;
}

static result order_out(struct sql *db, void *arg, struct err *e)
{
    struct ordering *k = arg;
    struct refund *r = k->out;
    enum ledger_account account;
    bool gone;

    TRY(refund_take(db, k->t, k->id, k->a, &k->o, r, &k->at, e));
    if (r->state != REFUND_APPROVED || r->route == REFUND_BY_CHANNEL)
        return fail(e, ERR_WRONG_STATE, "refund is %s, by %s", refund_state_name(r->state),
                    refund_route_name(r->route));
    TRY(refund_is_gone(db, &k->o, r->amount_vnd - r->excess_vnd, true, k->a, &gone, e));
    if (k->at.state != ATTEMPT_CAPTURED || refund_route_of(&k->at, gone, &account) != r->route ||
        account != r->account)
        return fail_field(e, ERR_STALE, "route", "the money has moved on");
    if (gone && k->at.remitted_day.n == 0)
        return fail_field(e, ERR_WRONG_STATE, "route", "the treasury has not confirmed it yet");
    /* The random end of its id: short enough to be typed, and unique within the day. */
    r->reference = str_fmt(k->a, "HT%.*s%.*s", STR_ARG(date_compact(k->a, k->today)),
                           STR_ARG(str_upper(k->a, str_from(r->id, r->id.n - 8))));
    r->sent_time = clock_stamp14(k->a, clock_now_ms(k->t->clock));
    TRY(document_make(db, k, &r->document, e));
    return refund_step(db, k->t, &k->o, r, REFUND_EV_ORDER, k->cause, k->a, e);
}

result refund_order_make(const struct till *t, struct str id, const struct order_cause *cause,
                         struct arena *a, struct refund *out, struct err *e)
{
    struct ordering k = {
        .t = t, .id = id, .cause = cause, .a = a, .out = out, .today = clock_today(t->clock)
    };

    return sql_transact(t->store, order_out, &k, e);
}
