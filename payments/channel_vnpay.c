/*
 * VNPAY as a channel. The payment URL is made here without a call, so VNPAY knows a reference only
 * once the payer has opened it: before vnp_ExpireDate "not found" is no news. TransactionStatus:
 * 00 paid, 01 under way, 02 failed, 04 debited and reversed, 07 suspected fraud (both for a human);
 * 05, 06 and 09 tell of a refund, so the payment itself had succeeded.
 */
#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/random.h"
#include "http/form.h"
#include "payments/attempt.h"
#include "payments/channel.h"
#include "payments/order.h"
#include "payments/portal.h"
#include "payments/vnpay.h"

static bool is_enabled(const struct till *t)
{
    return t->vnpay != NULL;
}

static int64_t timeout_ms(const struct till *t)
{
    return vnpay_timeout_ms(t->vnpay);
}

static result prepare(const struct till *t, const struct order *o, struct attempt *at,
                      struct arena *a, struct err *e)
{
    (void)t;
    (void)e;
    at->reference = portal_make_reference(a, o->reference, at->n);
    at->info = str_cat(a, STR("Thanh toan ho so "), o->reference);
    return OK;
}

static struct str request_id_make(struct arena *a)
{
    unsigned char bytes[16];

    random_fill(bytes, sizeof(bytes));
    return hex_encode(a, str_of(bytes, sizeof(bytes)));
}

static result start(const struct till *t, const struct order *o, const struct attempt *at,
                    struct arena *a, struct channel_answer *out, struct err *e)
{
    const struct pair back[] = { { STR("MaThamChieu"), at->reference } };
    int64_t created_ms = at->created_ms, until_ms;

    (void)clock_read_stamp14(at->init_time, &created_ms);
    until_ms = created_ms + vnpay_pay_ttl_s(t->vnpay) * 1000;
    until_ms = until_ms < o->expires_ms ? until_ms : o->expires_ms;
    const struct vnpay_pay in = {
        .reference = at->reference,
        .amount_vnd = at->amount_vnd,
        .info = at->info,
        .create = at->init_time,
        .expire = clock_stamp14(a, until_ms),
        .payer_ip = at->payer_ip,
        .return_url = url_with(a, str_cat(a, t->issuer, STR("/pay/return")), back, 1),
        .english = str_is(o->locale, "en"),
    };

    *out = (struct channel_answer){ .result = CHANNEL_OK };
    return vnpay_pay_url(t->vnpay, &in, a, &out->pay_url, e);
}

static void evidence_make(const struct vnpay_answer *in, struct arena *a,
                          struct channel_answer *out)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "vnp_ResponseCode", in->code);
    json_put_str(o, "vnp_TransactionType", in->type);
    json_put_str(o, "vnp_TransactionStatus", in->status);
    json_put_int(o, "amount_vnd", in->amount_vnd);
    json_put_str(o, "vnp_TransactionNo", in->txn);
    json_put_str(o, "vnp_BankCode", in->bank);
    json_put_str(o, "vnp_PayDate", in->time);
    out->evidence = json_print_canonical(a, o);
}

static struct channel_answer answer_make(const struct vnpay_answer *in, struct arena *a)
{
    struct channel_answer out = { .result = CHANNEL_OK,
                                  .code = in->code,
                                  .amount_vnd = in->amount_vnd,
                                  .currency = STR("VND"),
                                  .txn = in->txn,
                                  .bank = in->bank,
                                  .time = in->time };

    if (in->result != VNPAY_OK)
        channel_no_answer(&out, in->code);
    else
        evidence_make(in, a, &out);
    return out;
}

/* What the status of a payment says; false: nothing that we know. */
static bool status_read(const struct vnpay_answer *in, const struct attempt *at,
                        enum channel_state *out)
{
    static const struct {
        const char *status;
        enum channel_state state;
    } known[] = {
        { "00", CHANNEL_PAID },     { "01", CHANNEL_PENDING }, { "02", CHANNEL_UNPAID },
        { "04", CHANNEL_REVERSED }, { "07", CHANNEL_HELD },
    };

    for (size_t i = 0; i < LEN(known); i++) {
        if (str_is(in->status, known[i].status)) {
            *out = known[i].state;
            return true;
        }
    }
    if (!str_is(in->status, "05") && !str_is(in->status, "06") && !str_is(in->status, "09"))
        return false;
    /* A refund that we know of leaves the capture as it is. One of money that we never had is for a
     * human. */
    *out = at->state == ATTEMPT_CAPTURED ? CHANNEL_PAID : CHANNEL_REVERSED;
    return true;
}

/* querydr tells of the latest request, which may be a refund (full, or of a part). */
static bool tells_of_refund(const struct vnpay_answer *in)
{
    return str_is(in->type, "02") || str_is(in->type, "03");
}

/* That it succeeded is no news of a capture. Without one the money came and went, which is for a
 * human; it is never what was asked for. */
static void refund_told(const struct attempt *at, struct channel_answer *out)
{
    if (at->state == ATTEMPT_CAPTURED)
        out->amount_vnd = at->amount_vnd; /* the refund's stands there */
    else
        out->state = CHANNEL_REVERSED;
}

static bool may_still_be_opened(const struct till *t, const struct attempt *at)
{
    int64_t created_ms = at->created_ms;

    (void)clock_read_stamp14(at->init_time, &created_ms);
    return clock_now_ms(t->clock) < created_ms + vnpay_pay_ttl_s(t->vnpay) * 1000;
}

static result ask(const struct till *t, const struct attempt *at, struct arena *a,
                  struct channel_answer *out, struct err *e)
{
    const struct vnpay_ask in = { .request_id = request_id_make(a),
                                  .now = clock_stamp14(a, clock_now_ms(t->clock)),
                                  .reference = at->reference,
                                  .info = at->info,
                                  .created = at->init_time };
    struct vnpay_answer got;

    TRY(vnpay_query(t->vnpay, &in, a, &got, e));
    *out = answer_make(&got, a);
    if (got.result != VNPAY_OK)
        return OK;
    if (str_is(got.code, "91"))
        out->state = may_still_be_opened(t, at) ? CHANNEL_PENDING : CHANNEL_NOT_FOUND;
    else if (!str_is(got.code, "00") || !status_read(&got, at, &out->state))
        channel_no_answer(out, got.code);
    else if (tells_of_refund(&got) && out->state == CHANNEL_PAID)
        refund_told(at, out);
    return OK;
}

static result refund(const struct till *t, const struct channel_refund *r, struct arena *a,
                     struct channel_answer *out, struct err *e)
{
    const struct vnpay_back in = { .ask = { .request_id = r->reference,
                                            .now = r->time,
                                            .reference = r->paid->reference,
                                            .info = r->info,
                                            .created = r->paid->init_time },
                                   .amount_vnd = r->amount_vnd,
                                   .full = r->amount_vnd == r->paid->captured_vnd,
                                   .txn = r->paid->portal_txn,
                                   .by = r->by };
    static const char *const refusals[] = { "02", "03", "91", "95", "97" };
    struct vnpay_answer got;

    if (r->amount_vnd > r->paid->captured_vnd)
        return fail_field(e, ERR_INVALID, "amount_vnd", "more than was captured");
    TRY(vnpay_refund(t->vnpay, &in, a, &got, e));
    *out = answer_make(&got, a);
    if (got.result != VNPAY_OK)
        return OK;
    out->state = CHANNEL_PENDING;
    if (str_is(got.code, "94")) /* the same request came before: it is under way */
        return OK;
    for (size_t i = 0; i < LEN(refusals); i++)
        if (str_is(got.code, refusals[i]))
            out->result = CHANNEL_REFUSED;
    if (out->result == CHANNEL_OK && !str_is(got.code, "00"))
        channel_no_answer(out, got.code); /* 99 and what is not documented */
    else if (str_is(got.status, "09"))
        out->state = CHANNEL_UNPAID;
    return OK;
}

/* querydr has one answer for payment and refund: the type tells which, and the amount whether it is
 * this one. 05 and 06 (sent to the bank) are under way. */
static result refund_ask(const struct till *t, const struct channel_refund *r, struct arena *a,
                         struct channel_answer *out, struct err *e)
{
    const struct vnpay_ask in = { .request_id = request_id_make(a),
                                  .now = clock_stamp14(a, clock_now_ms(t->clock)),
                                  .reference = r->paid->reference,
                                  .info = r->info,
                                  .created = r->paid->init_time };
    struct vnpay_answer got;

    TRY(vnpay_query(t->vnpay, &in, a, &got, e));
    *out = answer_make(&got, a);
    if (got.result != VNPAY_OK)
        return OK;
    out->state = CHANNEL_NOT_FOUND;
    if (!str_is(got.code, "00") && !str_is(got.code, "91"))
        channel_no_answer(out, got.code);
    else if (!tells_of_refund(&got) || got.amount_vnd != r->amount_vnd)
        return OK;
    else if (str_is(got.status, "00"))
        out->state = CHANNEL_PAID;
    else if (str_is(got.status, "05") || str_is(got.status, "06"))
        out->state = CHANNEL_PENDING;
    else if (str_is(got.status, "09") || str_is(got.status, "02"))
        out->state = CHANNEL_UNPAID;
    else
        channel_no_answer(out, got.status);
    return OK;
}

const struct channel_calls channel_vnpay = { .is_enabled = is_enabled,
                                             .prepare = prepare,
                                             .start = start,
                                             .ask = ask,
                                             .refund = refund,
                                             .refund_ask = refund_ask,
                                             .timeout_ms = timeout_ms };
