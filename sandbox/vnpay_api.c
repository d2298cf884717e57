/*
 * merchant_webapi/api/transaction: querydr and refund. Each message and each answer is signed over
 * its fields joined by '|', in the orders below. Codes: 00, 02 no such merchant, 03 malformed, 91
 * no such payment, 94 the request came before, 95 the payment itself failed or less is left, 97
 * signature. A refund that was taken is 05, then 06, then 00 or 09, as querydr tells.
 */
#include "crypto/partner.h"
#include "crypto/random.h"
#include "sandbox/page.h"
#include "sandbox/vnpay.h"

#define HUNDREDTHS     100
#define REFUND_WAIT_MS 300
#define TEXT_BYTES     255

static const char *const query_names[] = { "vnp_RequestId",  "vnp_Version", "vnp_Command",
                                           "vnp_TmnCode",    "vnp_TxnRef",  "vnp_TransactionDate",
                                           "vnp_CreateDate", "vnp_IpAddr",  "vnp_OrderInfo" };
static const char *const refund_names[] = {
    "vnp_RequestId",       "vnp_Version",  "vnp_Command",    "vnp_TmnCode",
    "vnp_TransactionType", "vnp_TxnRef",   "vnp_Amount",     "vnp_TransactionNo",
    "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate", "vnp_IpAddr",
    "vnp_OrderInfo"
};
static const char *const answer_names[] = {
    "vnp_ResponseId", "vnp_Command",       "vnp_ResponseCode",    "vnp_Message",
    "vnp_TmnCode",    "vnp_TxnRef",        "vnp_Amount",          "vnp_BankCode",
    "vnp_PayDate",    "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
    "vnp_OrderInfo",  "vnp_PromotionCode", "vnp_PromotionAmount"
};
#define REFUND_ANSWER_FIELDS 13 /* without the promotion */

struct asked {
    bool refund;
    struct str request, tmn, reference, date, info, type, amount, number;
    int64_t amount_vnd;
};

struct said {
    const char *code;
    struct str amount, bank, time, number, type, status;
};

static struct str field(const struct json *o, const char *name)
{
    struct str s;

    return json_str(json_member(o, name), &s) && s.n <= TEXT_BYTES ? s : STR("");
}

static bool is_signed(struct sandbox *sb, struct arena *a, const struct json *o, bool refund)
{
    const char *const *names = refund ? refund_names : query_names;
    const size_t n = refund ? LEN(refund_names) : LEN(query_names);
    struct str fields[LEN(refund_names)], hash;

    for (size_t i = 0; i < n; i++)
        fields[i] = field(o, names[i]);
    return !partner_joined_sign(a, fields, n, &sb->vnpay_secret, &hash, NULL).failed &&
           secret_equal(hash, field(o, "vnp_SecureHash"));
}

/* NULL, or the code that refuses it. */
static const char *asked_read(struct sandbox *sb, struct arena *a, const struct json *o,
                              struct asked *q)
{
    const struct str command = field(o, "vnp_Command");
    int64_t hundredths = 0;

    q->refund = str_is(command, "refund");
    q->request = field(o, "vnp_RequestId");
    q->tmn = field(o, "vnp_TmnCode");
    q->reference = field(o, "vnp_TxnRef");
    q->date = field(o, "vnp_TransactionDate");
    q->info = field(o, "vnp_OrderInfo");
    q->type = field(o, "vnp_TransactionType");
    q->number = field(o, "vnp_TransactionNo");
    if (!q->refund && !str_is(command, "querydr"))
        return "03";
    if (!is_signed(sb, a, o, q->refund))
        return "97";
    if (!str_eq(q->tmn, sb->conf.vnpay.tmn_code))
        return "02";
    if (!q->request.n || q->request.n > 32 || !q->info.n || q->date.n != 14 ||
        field(o, "vnp_CreateDate").n != 14 || !str_is(field(o, "vnp_Version"), "2.1.0"))
        return "03";
    if (!q->refund)
        return NULL;
    if (!str_to_i64(field(o, "vnp_Amount"), &hundredths) || hundredths <= 0 ||
        hundredths % HUNDREDTHS != 0 || (!str_is(q->type, "02") && !str_is(q->type, "03")))
        return "03";
    q->amount_vnd = hundredths / HUNDREDTHS;
    return NULL;
}

static void answer(struct sandbox *sb, struct request *rq, struct response *rs,
                   const struct asked *q, const struct said *w)
{
    struct arena *a = rq->arena;
    const struct str fields[LEN(answer_names)] = { random_token(a, 128),
                                                   q->refund ? STR("refund") : STR("querydr"),
                                                   str_c(w->code),
                                                   STR("simulated"),
                                                   sb->conf.vnpay.tmn_code,
                                                   q->reference,
                                                   w->amount,
                                                   w->bank,
                                                   w->time,
                                                   w->number,
                                                   w->type,
                                                   w->status,
                                                   q->info,
                                                   STR(""),
                                                   STR("") };
    const size_t n = q->refund ? REFUND_ANSWER_FIELDS : LEN(answer_names);
    struct json *o = json_object();
    struct str hash = STR("");

    /* A field with a separator is answered unsigned, and so not believed. */
    if (partner_joined_sign(a, fields, n, &sb->vnpay_secret, &hash, NULL).failed)
        hash = STR("");
    for (size_t i = 0; i < n; i++)
        json_put_str(o, answer_names[i], fields[i]);
    json_put_str(o, "vnp_SecureHash", hash);
    page_json(rq, rs, 200, o);
}

static struct said refuse(const char *code)
{
    const struct str none = STR("");

    return (struct said){ code, none, none, none, none, none, none };
}

static struct said said_refund(struct arena *a, const struct vnpay_txn *t, int64_t now_ms)
{
    const struct vnpay_refund *r = &t->refunds[t->refund_count - 1];

    return (struct said){ "00",
                          str_i64(a, r->amount_vnd * HUNDREDTHS),
                          t->bank,
                          clock_stamp14(a, r->at_ms),
                          r->number,
                          r->type,
                          vnpay_refund_status(r, now_ms) };
}

/* The newest thing that is known of a payment: a refund of it, or itself. */
static struct said query(struct sandbox *sb, struct arena *a, const struct vnpay_txn *t,
                         const struct fault_set *set)
{
    const int64_t now_ms = clock_now_ms(&sb->clock);
    const struct str status = vnpay_status(t, now_ms);
    int64_t vnd = t->amount_vnd;

    if (t->refund_count > 0 && !str_is(status, "04"))
        return said_refund(a, t, now_ms);
    if (set->on[FAULT_vnpay_query_amount])
        vnd += set->arg[FAULT_vnpay_query_amount];
    return (struct said){ "00",
                          str_i64(a, vnd * HUNDREDTHS),
                          t->bank,
                          t->ended_ms ? clock_stamp14(a, t->ended_ms) : STR(""),
                          t->number,
                          STR("01"),
                          set->on[FAULT_vnpay_pending] ? STR("01") : status };
}

struct refunding {
    const struct asked *q;
    const struct fault_set *set;
    int64_t now_ms;
    const char *code; /* what refuses it */
};

static result refund_add(struct vnpay_txn *t, void *arg, struct err *e)
{
    struct refunding *x = arg;
    const int64_t left_vnd = t->amount_vnd - vnpay_refunded_vnd(t, x->now_ms);
    const bool full = x->q->amount_vnd == t->amount_vnd;

    x->code = "95";
    for (size_t i = 0; i < t->refund_count; i++)
        if (str_eq(t->refunds[i].request, x->q->request))
            x->code = "94";
    if (str_is(str_c(x->code), "94") || !str_is(vnpay_status(t, x->now_ms), "00") ||
        x->q->amount_vnd > left_vnd || full != str_is(x->q->type, "02") ||
        t->refund_count == VNPAY_REFUNDS_MAX)
        return fail(e, ERR_WRONG_STATE, "refused");
    t->refunds[t->refund_count++] =
        (struct vnpay_refund){ .request = x->q->request,
                               .type = x->q->type,
                               .number = STR(""),
                               .amount_vnd = x->q->amount_vnd,
                               .at_ms = x->now_ms,
                               .wait_ms = x->set->on[FAULT_vnpay_refund_slow]
                                              ? x->set->arg[FAULT_vnpay_refund_slow]
                                              : REFUND_WAIT_MS,
                               .rejected = x->set->on[FAULT_vnpay_refund_rejected] };
    return OK;
}

static struct said refund(struct sandbox *sb, struct request *rq, const struct asked *q,
                          const struct fault_set *set)
{
    struct refunding x = { q, set, clock_now_ms(&sb->clock), "99" };
    struct err e = { 0 };
    struct vnpay_txn t;

    if (set->on[FAULT_vnpay_refund_refused])
        return refuse(str_cstr(
            rq->arena, str_fmt(rq->arena, "%02d", (int)set->arg[FAULT_vnpay_refund_refused])));
    if (vnpay_change(sb->vnpay, q->reference, refund_add, &x, &t, &e).failed)
        return refuse(e.code == ERR_NOT_FOUND ? "91" : x.code);
    return said_refund(rq->arena, &t, x.now_ms);
}

result vnpay_api(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct fault_set set = { 0 };
    struct vnpay_txn t;
    struct asked q;
    struct said w;

    TRY(json_read(rq->body, &o, e));
    const char *bad = asked_read(sb, rq->arena, o, &q);
    const struct fault_where where = { .system = FAULT_OF_VNPAY,
                                       .header = request_header(rq, "X-Sandbox-Fault"),
                                       .person = STR(""),
                                       .always = STR(""),
                                       .reference = q.reference };
    fault_draw(sb->faults, &where, &set);
    if (fault_answer(&set, FAULT_OF_VNPAY, rs))
        return OK;
    if (bad != NULL)
        w = refuse(bad);
    else if (!vnpay_find(sb->vnpay, q.reference, &t) || !str_eq(t.created, q.date))
        w = refuse("91");
    else
        w = q.refund ? refund(sb, rq, &q, &set) : query(sb, rq->arena, &t, &set);
    if (q.refund && set.on[FAULT_vnpay_refund_lost]) { /* done, and the answer is lost */
        response_body(rs, 500, "text/plain", STR("simulated: internal error\n"));
        return OK;
    }
    answer(sb, rq, rs, &q, &w);
    return OK;
}
