/*
 * Money at a desk. Attacker: two officers with one order, a form that is sent twice, an officer who
 * enters a transfer that was counted already, a payer who pays at the desk what is being paid on
 * the telephone; promise: the order's row is taken first, so that one of several wins; change is
 * what was handed over less what is due and never below zero; a key takes once; a bank's number
 * counts once. Deliberately not done: asking the bank whether a transfer arrived; its file tells.
 */
#include "payments/counter.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/random.h"
#include "payments/attempt.h"
#include "payments/attempt_row.h"
#include "payments/order_row.h"
#include "store/audit.h"
#include "store/sql.h"

#define KEY_BYTES_MAX 64
#define ORDER_TAKES   100
#define CHANNEL_NAME  "counter"

static const char *const method_names[] = { "cash", "transfer", "exempt" };

const char *counter_method_name(enum counter_method m)
{
    return method_names[m];
}

bool counter_method_find(struct str name, enum counter_method *out)
{
    for (size_t i = 0; i < LEN(method_names); i++) {
        if (str_is(name, method_names[i])) {
            *out = (enum counter_method)i;
            return true;
        }
    }
    return false;
}

const char *counter_status(const struct order *o)
{
    if (o->reserved_vnd > 0)
        return "refunding";
    switch (o->state) {
    case ORDER_OPEN:
    case ORDER_UNDERPAID:
        return "due";
    case ORDER_PAID:
    case ORDER_OVERPAID:
        return "collected";
    case ORDER_EXEMPT:
        return "exempt";
    case ORDER_REFUNDED:
        return "refunded";
    default:
        return "closed";
    }
}

struct taking {
    const struct till *t;
    const struct counter_ask *ask;
    const struct order_cause *by;
    struct arena *a;
    struct counter_taken *out;
    struct order o;
    struct shift shift;
    struct attempt *live; /* that may still be paid */
    size_t live_count;
    bool asked; /* they were asked about */
    bool look;  /* only looks */
};

static result ask_check(const struct counter_ask *ask, struct err *e)
{
    const bool transfer = ask->method == COUNTER_TRANSFER;

    if (ask->received_vnd < 0 || ask->received_vnd > MONEY_MAX_VND / 2)
        return fail_field(e, ERR_INVALID, "received_vnd", "not an amount");
    if (transfer != (ask->bank_ref.n > 0) || ask->bank_ref.n > COUNTER_BANK_REF_BYTES_MAX ||
        !utf8_is_text(ask->bank_ref))
        return fail_field(e, ERR_INVALID, "bank_reference", "of a transfer: 1 to %d bytes",
                          COUNTER_BANK_REF_BYTES_MAX);
    if (ask->key.n == 0 || ask->key.n > KEY_BYTES_MAX || !utf8_is_text(ask->key))
        return fail_field(e, ERR_INVALID, "key", "1 to %d bytes", KEY_BYTES_MAX);
    return OK;
}

static void row_read(struct sql_rows *rows, struct arena *a, struct counter_taken *out)
{
    *out = (struct counter_taken){ .order_id = sql_text(rows, 0, a),
                                   .attempt_n = sql_int(rows, 1),
                                   .shift_id = sql_text(rows, 2, a),
                                   .amount_vnd = sql_int(rows, 4),
                                   .received_vnd = sql_int(rows, 5),
                                   .change_vnd = sql_int(rows, 6),
                                   .bank_ref = sql_text(rows, 7, a),
                                   .taken_by = sql_text(rows, 8, a),
                                   .at_ms = sql_int(rows, 9),
                                   .reference = sql_text(rows, 10, a),
                                   .agency_id = sql_text(rows, 11, a) };
    (void)counter_method_find(sql_text(rows, 3, a), &out->method);
}

/* The same form again tells what it did; another with its key is a mistake. */
static result key_known(struct sql *db, struct taking *k, bool *known, struct err *e)
{
    const struct counter_ask *ask = k->ask;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct counter_taken was;

    TRY(sql_find(db, SQL_SHIFT_TAKE_OF_KEY, &rows, e, sql_t(ask->shift_id), sql_t(ask->key)));
    TRY(sql_next(rows, known, e));
    if (!*known)
        return OK;
    row_read(rows, k->a, &was);
    if (!str_eq(was.order_id, ask->order_id) || was.method != ask->method ||
        was.received_vnd != ask->received_vnd || !str_eq(was.bank_ref, ask->bank_ref))
        return fail(e, ERR_KEY_REUSED, "this key took something else");
    *k->out = was;
    k->out->repeated = true;
    return OK;
}

/* Whether the same money was counted when the bank told of it. */
static result bank_check(struct sql *db, const struct taking *k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    if (k->ask->method != COUNTER_TRANSFER)
        return OK;
    TRY(sql_find(db, SQL_SHIFT_TRANSFER_KNOWN, &rows, e, sql_t(k->ask->bank_ref)));
    TRY(sql_one(rows, e));
    return sql_int(rows, 0) == 0
               ? OK
               : fail_field(e, ERR_CONFLICT, "bank_reference", "counted when the bank told of it");
}

static result amounts_check(struct taking *k, struct err *e)
{
    const struct counter_ask *ask = k->ask;
    const int64_t due_vnd = order_due_vnd(&k->o);
    struct counter_taken *out = k->out;

    if (ask->due_vnd != 0 && ask->due_vnd != due_vnd)
        return fail_field(e, ERR_STALE, "due_vnd", "%lld is due", (long long)due_vnd);
    if (ask->received_vnd < due_vnd)
        return fail_field(e, ERR_BUSINESS_RULE, "received_vnd", "%lld is due", (long long)due_vnd);
    if (ask->method == COUNTER_TRANSFER && ask->received_vnd != due_vnd)
        return fail_field(e, ERR_BUSINESS_RULE, "received_vnd", "a transfer has no change");
    out->amount_vnd = due_vnd;
    out->received_vnd = ask->received_vnd;
    out->change_vnd = ask->received_vnd - due_vnd;
    return OK;
}

static result shift_check(const struct taking *k, struct err *e)
{
    const struct shift *s = &k->shift;

    if (s->state != SHIFT_OPEN)
        return fail(e, ERR_WRONG_STATE, "shift is %s", shift_state_name(s->state));
    if (!str_eq(s->agency_id, k->o.agency_id))
        return fail(e, ERR_FORBIDDEN, "the order is another agency's");
    if (str_starts(k->by->actor, STR("staff:")) && !str_eq(k->by->actor, s->officer))
        return fail(e, ERR_FORBIDDEN, "another officer's shift");
    return OK;
}

static result live_find(struct sql *db, struct taking *k, int64_t *n, struct err *e)
{
    struct attempt *all;
    size_t count;

    k->live_count = 0;
    TRY(attempts_find(db, &k->o, k->a, &all, &count, e));
    for (size_t i = 0; i < count; i++)
        if (attempt_is_live(all[i].state))
            all[k->live_count++] = all[i];
    k->live = all;
    *n = (int64_t)count + 1;
    return OK;
}

static struct str evidence_make(const struct taking *k)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "shift", k->shift.id);
    json_put_str(o, "desk", k->shift.desk);
    json_put_str(o, "method", str_c(method_names[k->ask->method]));
    json_put_int(o, "received_vnd", k->out->received_vnd);
    json_put_int(o, "change_vnd", k->out->change_vnd);
    json_put_str(o, "bank_reference", k->ask->bank_ref);
    return json_print_canonical(k->a, o);
}

static result row_put(struct sql *db, const struct taking *k, struct err *e)
{
    const struct counter_taken *x = k->out;
    const bool cash = x->method == COUNTER_CASH;
    int64_t added, changed;

    TRY(sql_run_count(db, SQL_SHIFT_TAKE_INSERT, &added, e, sql_t(x->agency_id), sql_t(x->order_id),
                      sql_i(x->attempt_n), sql_t(x->shift_id), sql_t(k->ask->key),
                      sql_t(str_c(method_names[x->method])), sql_i(x->amount_vnd),
                      sql_i(x->received_vnd), sql_i(x->change_vnd), sql_t(x->bank_ref),
                      sql_t(x->taken_by), sql_i(x->at_ms)));
    if (added != 1) /* the key was looked for before, with the shift's row taken */
        return fail_field(e, ERR_CONFLICT, "bank_reference", "was taken before");
    TRY(sql_run_count(db, SQL_SHIFT_ADD, &changed, e, sql_t(x->agency_id), sql_t(x->shift_id),
                      sql_i(cash ? x->amount_vnd : 0), sql_i(cash ? 0 : x->amount_vnd)));
    return changed == 1 ? OK : fail(e, ERR_RETRY, "shift changed meanwhile");
}

static result capture(struct sql *db, struct taking *k, struct err *e)
{
    struct counter_taken *x = k->out;
    struct order_cause cause = *k->by;
    struct attempt at = { .agency_id = x->agency_id,
                          .order_id = x->order_id,
                          .n = x->attempt_n,
                          .reference = random_id(k->a, "ctr_", x->at_ms),
                          .state = ATTEMPT_NONE,
                          .channel = STR(CHANNEL_NAME),
                          .info = str_c(method_names[x->method]),
                          .amount_vnd = x->amount_vnd,
                          .init_time = clock_stamp14(k->a, x->at_ms),
                          .created_ms = x->at_ms };

    TRY(order_step(db, k->t, &k->o, ORDER_EV_ATTEMPTED, &cause, k->a, e));
    TRY(attempt_step(db, k->t, &k->o, &at, ATTEMPT_EV_CREATED, &cause, k->a, e));
    TRY(attempt_step(db, k->t, &k->o, &at, ATTEMPT_EV_SENT, &cause, k->a, e));
    cause.evidence = evidence_make(k);
    at.portal_txn = x->bank_ref.n > 0 ? x->bank_ref : at.reference;
    at.portal_time = at.init_time;
    at.captured_vnd = x->amount_vnd;
    return attempt_step(db, k->t, &k->o, &at, ATTEMPT_EV_PAID, &cause, k->a, e);
}

static result audit_put(struct sql *db, const struct taking *k, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct counter_taken *x = k->out;
    const struct audit_event ev = { .actor = k->by->actor,
                                    .action = STR("counter.taken"),
                                    .subject = x->order_id,
                                    .request_id = k->by->request_id,
                                    .ip = k->by->ip,
                                    .detail = detail };

    json_put_str(detail, "shift", x->shift_id);
    json_put_str(detail, "method", str_c(method_names[x->method]));
    json_put_int(detail, "amount_vnd", x->amount_vnd);
    json_put_int(detail, "received_vnd", x->received_vnd);
    json_put_int(detail, "change_vnd", x->change_vnd);
    return audit_append(db, x->at_ms, &ev, e);
}

/* Nothing to pay: the bill itself says so, nobody at a desk does. */
static result exempt_check(const struct taking *k, struct err *e)
{
    if (k->o.state != ORDER_EXEMPT)
        return fail(e, ERR_WRONG_STATE, "order is %s", order_state_name(k->o.state));
    if (k->ask->received_vnd != 0)
        return fail_field(e, ERR_BUSINESS_RULE, "received_vnd", "nothing is due");
    return OK;
}

static result take(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    const struct counter_ask *ask = k->ask;
    bool known;
    int64_t n;

    k->live_count = 0;
    *k->out = (struct counter_taken){ .order_id = ask->order_id,
                                      .shift_id = ask->shift_id,
                                      .bank_ref = ask->bank_ref,
                                      .method = ask->method,
                                      .taken_by = k->by->actor,
                                      .at_ms = clock_now_ms(k->t->clock) };
    TRY(order_take(db, k->t, k->o.agency_id, ask->order_id, k->a, &k->o, e));
    TRY(shift_take(db, ask->shift_id, k->a, &k->shift, e));
    TRY(key_known(db, k, &known, e));
    if (known)
        return OK;
    k->out->agency_id = k->o.agency_id;
    k->out->reference = k->o.reference;
    TRY(shift_check(k, e));
    if (ask->method == COUNTER_EXEMPT)
        return exempt_check(k, e);
    TRY(order_may_pay(&k->o, k->out->at_ms, e));
    TRY(amounts_check(k, e));
    TRY(bank_check(db, k, e));
    TRY(live_find(db, k, &n, e));
    if (k->live_count > 0 && (!k->asked || k->look || !ask->confirmed))
        return OK;
    k->out->attempt_n = n;
    if (k->look)
        return OK;
    TRY(row_put(db, k, e));
    TRY(capture(db, k, e));
    return audit_put(db, k, e);
}

/* What may still be paid elsewhere is asked about, once; then the order is looked at again. */
static result go(struct taking *k, struct err *e)
{
    const struct till *t = k->t;

    TRY(ask_check(k->ask, e));
    TRY(order_load(t, k->ask->order_id, STR(""), k->a, &k->o, e));
    TRY(sql_transact(t->store, take, k, e));
    if (k->live_count > 0) {
        for (size_t i = 0; i < k->live_count; i++) {
            struct channel_answer answer;

            TRY(attempt_ask_for(t, k->live[i].reference, false, k->by, k->a, &answer, e));
        }
        k->asked = true;
        TRY(sql_transact(t->store, take, k, e));
    }
    if (k->live_count > 0 && (k->look || !k->ask->confirmed))
        k->out->beside = k->live[0].channel;
    else if (!k->look && !k->out->repeated && k->ask->method != COUNTER_EXEMPT)
        t->counts->captured_total++;
    return OK;
}

result counter_preview(const struct till *t, const struct counter_ask *ask,
                       const struct order_cause *by, struct arena *a, struct counter_taken *out,
                       struct err *e)
{
    struct taking k = { .t = t, .ask = ask, .by = by, .a = a, .out = out, .look = true };

    return go(&k, e);
}

result counter_take(const struct till *t, const struct counter_ask *ask,
                    const struct order_cause *by, struct arena *a, struct counter_taken *out,
                    struct err *e)
{
    struct taking k = { .t = t, .ask = ask, .by = by, .a = a, .out = out };

    return go(&k, e);
}

struct listing {
    enum sql_query query;
    struct sql_param params[3];
    size_t param_count;
    struct arena *a;
    struct counter_taken *rows;
    size_t count, most;
};

static result list_read(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find_n(db, l->query, l->params, l->param_count, &rows, e));
    for (l->count = 0; l->count < l->most; l->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        row_read(rows, l->a, &l->rows[l->count]);
    }
    return OK;
}

static result list_load(const struct till *t, struct listing *l, struct counter_taken **out,
                        size_t *count, struct err *e)
{
    l->rows = arena_array(l->a, struct counter_taken, l->most + 1);
    TRY(sql_read(t->store, list_read, l, e));
    *out = l->rows;
    *count = l->count;
    return OK;
}

result counter_takes(const struct till *t, struct str shift_id, size_t most, struct arena *a,
                     struct counter_taken **out, size_t *count, struct err *e)
{
    struct listing l = { .query = SQL_SHIFT_TAKES,
                         .params = { sql_t(shift_id), sql_i((int64_t)most) },
                         .param_count = 2,
                         .a = a,
                         .most = most };

    return list_load(t, &l, out, count, e);
}

result counter_takes_of(const struct till *t, const struct order *o, struct arena *a,
                        struct counter_taken **out, size_t *count, struct err *e)
{
    struct listing l = { .query = SQL_SHIFT_TAKES_OF_ORDER,
                         .params = { sql_t(o->agency_id), sql_t(o->id), sql_i(ORDER_TAKES) },
                         .param_count = 3,
                         .a = a,
                         .most = ORDER_TAKES };

    return list_load(t, &l, out, count, e);
}
