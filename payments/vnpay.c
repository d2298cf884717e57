/*
 * The client of VNPAY. Attacker: anyone between us and VNPAY, whoever can put bytes into a reply or
 * into a query string, and a payer who edits the address of the payment page. Promise: nothing that
 * could be read two ways is signed; no message is believed without its signature, compared in
 * constant time, and none about another terminal or transaction; an amount is divided by a hundred
 * once, here, and one that is no whole dong is no amount. Deliberately not done: a message's
 * freshness, since none moves money by itself, and retries, which are the attempt's business.
 */
#include "payments/vnpay.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/partner.h"
#include "crypto/secret.h"
#include "http/client.h"
#include "http/form.h"
#include "payments/portal.h"

#define VERSION     "2.1.0"
#define REQUEST_MAX 32
#define TMN_MAX     50
#define JOINED_MAX  16
#define HUNDREDTHS  100
#define LETTERS     "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct vnpay {
    struct secret secret;
    struct vnpay_config c;
    struct partner *partner; /* NULL over another wire */
    vnpay_send *send;
    void *self;
};

static result send_http(void *self, struct str body, struct arena *a, struct answer *out,
                        struct err *e)
{
    const struct vnpay *v = self;
    const struct call c = { .method = METHOD_POST,
                            .path = STR(""),
                            .content_type = STR("application/json; charset=utf-8"),
                            .body = body };

    return partner_call(v->partner, &c, a, out, e);
}

static result vnpay_make(const struct vnpay_config *c, struct vnpay **out, struct err *e)
{
    DEFER(vnpay_close) struct vnpay *v = calloc(1, sizeof(*v));
    DEFER(arena_close) struct arena *a = arena_open(64 * 1024);

    must(v != NULL);
    TRY(secret_load(&v->secret, str_cstr(a, c->secret_file), e));
    if (c->tmn_code.n == 0 || c->tmn_code.n > TMN_MAX || !str_all_in(c->tmn_code, LETTERS))
        return fail(e, ERR_CONFIG, "vnpay: tmn_code is letters and digits");
    if (!portal_may_send_to(c->pay_url, c->pay_origins))
        return fail(e, ERR_CONFIG, "vnpay: pay_url is not at one of pay_origins");
    v->c = *c;
    *out = v;
    v = NULL;
    return OK;
}

result vnpay_open_over(const struct vnpay_config *c, vnpay_send *send, void *self,
                       struct vnpay **out, struct err *e)
{
    TRY(vnpay_make(c, out, e));
    (*out)->send = send;
    (*out)->self = self;
    return OK;
}

result vnpay_open(const struct vnpay_config *c, struct vnpay **out, struct err *e)
{
    DEFER(vnpay_close) struct vnpay *v = NULL;
    const struct partner_config partner = { .name = "vnpay",
                                            .base_url = c->api_url,
                                            .connect_ms = c->timeout_ms / 2 + 1,
                                            .total_ms = c->timeout_ms,
                                            .answer_bytes_max = LIMIT_UPSTREAM_BYTES,
                                            .ca_file = c->ca_file,
                                            .breaker_failures = 10,
                                            .breaker_open_ms = 5000 };

    TRY(vnpay_make(c, &v, e));
    TRY(partner_open(&partner, &v->partner, e));
    v->send = send_http;
    v->self = v;
    *out = v;
    v = NULL;
    return OK;
}

void vnpay_close(struct vnpay **v)
{
    if (*v == NULL)
        return;
    if ((*v)->partner != NULL)
        partner_close(&(*v)->partner);
    secret_wipe(&(*v)->secret);
    free(*v);
    *v = NULL;
}

int64_t vnpay_timeout_ms(const struct vnpay *v)
{
    return v->c.timeout_ms;
}

int64_t vnpay_pay_ttl_s(const struct vnpay *v)
{
    return v->c.pay_ttl_s;
}

static result stamp_check(struct str s, const char *name, struct err *e)
{
    return s.n == 14 && str_digits(s) ? OK : fail_field(e, ERR_INVALID, name, "not 14 digits");
}

/* What goes into a signature and onto a bank's screen. */
static result text_check(struct str s, const char *name, struct err *e)
{
    if (s.n == 0 || s.n > VNPAY_TEXT_MAX)
        return fail_field(e, ERR_INVALID, name, "empty or too long");
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '|')
            return fail_field(e, ERR_INVALID, name, "not ASCII, or a separator");
    return OK;
}

static result reference_check(struct str s, struct err *e)
{
    if (s.n == 0 || s.n > VNPAY_REFERENCE_MAX || !str_all_in(s, LETTERS "-._"))
        return fail_field(e, ERR_INVALID, "vnp_TxnRef", "not a reference");
    return OK;
}

static result amount_put(struct arena *a, int64_t vnd, struct str *out, struct err *e)
{
    if (vnd <= 0 || vnd > MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "vnp_Amount", "not an amount");
    *out = str_i64(a, vnd * HUNDREDTHS);
    return OK;
}

/* 0: absent, negative, over our limit, or a fraction of a dong. */
static int64_t amount_get(struct str s)
{
    int64_t n = 0;

    if (!str_digits(s) || !str_to_i64(s, &n) || n % HUNDREDTHS != 0 ||
        n / HUNDREDTHS > MONEY_MAX_VND)
        return 0;
    return n / HUNDREDTHS;
}

static result pay_check(const struct vnpay_pay *in, struct err *e)
{
    TRY(reference_check(in->reference, e));
    TRY(text_check(in->info, "vnp_OrderInfo", e));
    TRY(stamp_check(in->create, "vnp_CreateDate", e));
    TRY(stamp_check(in->expire, "vnp_ExpireDate", e));
    TRY(text_check(in->return_url, "vnp_ReturnUrl", e));
    return text_check(in->payer_ip, "vnp_IpAddr", e);
}

result vnpay_pay_url(const struct vnpay *v, const struct vnpay_pay *in, struct arena *a,
                     struct str *url, struct err *e)
{
    struct str amount, form, hash;

    TRY(pay_check(in, e));
    TRY(amount_put(a, in->amount_vnd, &amount, e));
    const struct partner_field fields[] = {
        { STR("vnp_Version"), STR(VERSION) },
        { STR("vnp_Command"), STR("pay") },
        { STR("vnp_TmnCode"), v->c.tmn_code },
        { STR("vnp_Amount"), amount },
        { STR("vnp_CurrCode"), STR("VND") },
        { STR("vnp_TxnRef"), in->reference },
        { STR("vnp_OrderInfo"), in->info },
        { STR("vnp_OrderType"), STR("other") },
        { STR("vnp_Locale"), in->english ? STR("en") : STR("vn") },
        { STR("vnp_ReturnUrl"), in->return_url },
        { STR("vnp_IpAddr"), in->payer_ip },
        { STR("vnp_CreateDate"), in->create },
        { STR("vnp_ExpireDate"), in->expire },
    };

    TRY(partner_form_sign(a, fields, LEN(fields), &v->secret, &form, &hash, e));
    *url = str_fmt(a, "%.*s?%.*s&vnp_SecureHash=%.*s", STR_ARG(v->c.pay_url), STR_ARG(form),
                   STR_ARG(hash));
    if (!portal_may_send_to(*url, v->c.pay_origins))
        return fail(e, ERR_INVALID, "a payment URL that browsers would not take");
    return OK;
}

static result ask_check(const struct vnpay_ask *in, struct err *e)
{
    if (in->request_id.n == 0 || in->request_id.n > REQUEST_MAX ||
        !str_all_in(in->request_id, LETTERS))
        return fail_field(e, ERR_INVALID, "vnp_RequestId", "not 1 to 32 letters and digits");
    TRY(reference_check(in->reference, e));
    TRY(text_check(in->info, "vnp_OrderInfo", e));
    TRY(stamp_check(in->created, "vnp_TransactionDate", e));
    return stamp_check(in->now, "vnp_CreateDate", e);
}

static result body_make(const struct vnpay *v, const char *const *names, const struct str *fields,
                        size_t count, struct arena *a, struct str *body, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct str hash;

    TRY(partner_joined_sign(a, fields, count, &v->secret, &hash, e));
    for (size_t i = 0; i < count; i++)
        json_put_str(o, names[i], fields[i]);
    json_put_str(o, "vnp_SecureHash", hash);
    *body = json_print(a, o);
    return OK;
}

result vnpay_query_body(const struct vnpay *v, const struct vnpay_ask *in, struct arena *a,
                        struct str *body, struct err *e)
{
    static const char *const names[] = { "vnp_RequestId",  "vnp_Version", "vnp_Command",
                                         "vnp_TmnCode",    "vnp_TxnRef",  "vnp_TransactionDate",
                                         "vnp_CreateDate", "vnp_IpAddr",  "vnp_OrderInfo" };
    const struct str fields[LEN(names)] = { in->request_id, STR(VERSION),   STR("querydr"),
                                            v->c.tmn_code,  in->reference,  in->created,
                                            in->now,        v->c.server_ip, in->info };

    TRY(ask_check(in, e));
    return body_make(v, names, fields, LEN(names), a, body, e);
}

result vnpay_refund_body(const struct vnpay *v, const struct vnpay_back *in, struct arena *a,
                         struct str *body, struct err *e)
{
    static const char *const names[] = {
        "vnp_RequestId",       "vnp_Version",  "vnp_Command",    "vnp_TmnCode",
        "vnp_TransactionType", "vnp_TxnRef",   "vnp_Amount",     "vnp_TransactionNo",
        "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate", "vnp_IpAddr",
        "vnp_OrderInfo"
    };
    struct str amount;

    TRY(ask_check(&in->ask, e));
    TRY(text_check(in->by, "vnp_CreateBy", e));
    TRY(amount_put(a, in->amount_vnd, &amount, e));
    if (in->txn.n > 0 && (in->txn.n > REQUEST_MAX || !str_all_in(in->txn, LETTERS)))
        return fail_field(e, ERR_INVALID, "vnp_TransactionNo", "not a number of VNPAY");
    const struct str fields[LEN(names)] = { in->ask.request_id,
                                            STR(VERSION),
                                            STR("refund"),
                                            v->c.tmn_code,
                                            in->full ? STR("02") : STR("03"),
                                            in->ask.reference,
                                            amount,
                                            in->txn.n > 0 ? in->txn : STR("0"),
                                            in->ask.created,
                                            in->by,
                                            in->ask.now,
                                            v->c.server_ip,
                                            in->ask.info };

    return body_make(v, names, fields, LEN(names), a, body, e);
}

static void no_answer(struct vnpay_answer *out, struct str why)
{
    *out = (struct vnpay_answer){ .result = VNPAY_NO_ANSWER, .code = why };
}

/* A member as text, whether it was sent as a string or as a number; absent is empty. */
static bool member_text(const struct json *o, const char *name, struct arena *a, struct str *out)
{
    const struct json *v = json_member(o, name);
    int64_t n;

    *out = (struct str){ "", 0 };
    if (v == NULL)
        return true;
    if (json_int(v, &n))
        *out = str_i64(a, n);
    else if (!json_str(v, out) || out->n > VNPAY_TEXT_MAX || !utf8_is_text(*out))
        return false;
    *out = str_dup(a, *out);
    return true;
}

enum reply_field {
    REPLY_ID,
    REPLY_COMMAND,
    REPLY_CODE,
    REPLY_MESSAGE,
    REPLY_TMN,
    REPLY_REFERENCE,
    REPLY_AMOUNT,
    REPLY_BANK,
    REPLY_TIME,
    REPLY_TXN,
    REPLY_TYPE,
    REPLY_STATUS,
    REPLY_INFO,
    REPLY_REFUND_COUNT, /* a refund's reply ends here */
    REPLY_PROMOTION = REPLY_REFUND_COUNT,
    REPLY_PROMOTION_AMOUNT,
    REPLY_QUERY_COUNT
};

/* The fields in the order in which they are signed; false: not text, or not signed by VNPAY. */
static bool reply_read(const struct vnpay *v, const struct json *root, bool query, struct arena *a,
                       struct str fields[REPLY_QUERY_COUNT])
{
    static const char *const names[REPLY_QUERY_COUNT] = {
        "vnp_ResponseId", "vnp_Command",       "vnp_ResponseCode",    "vnp_Message",
        "vnp_TmnCode",    "vnp_TxnRef",        "vnp_Amount",          "vnp_BankCode",
        "vnp_PayDate",    "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
        "vnp_OrderInfo",  "vnp_PromotionCode", "vnp_PromotionAmount"
    };
    const size_t count = query ? REPLY_QUERY_COUNT : REPLY_REFUND_COUNT;
    struct str hash;

    for (size_t i = 0; i < REPLY_QUERY_COUNT; i++)
        if (!member_text(root, names[i], a, &fields[i]))
            return false;
    return member_text(root, "vnp_SecureHash", a, &hash) &&
           !partner_joined_check(a, fields, count, &v->secret, hash, NULL).failed;
}

void vnpay_read(const struct vnpay *v, int status, struct str body, const char *command,
                struct str reference, struct arena *a, struct vnpay_answer *out)
{
    DEFER(json_close) struct json *root = NULL;
    struct str f[REPLY_QUERY_COUNT];

    if (status != 200) {
        no_answer(out, str_fmt(a, "http_%d", status));
        return;
    }
    if (json_read(body, &root, NULL).failed || !json_is_object(root)) {
        no_answer(out, STR("malformed"));
        return;
    }
    if (!reply_read(v, root, str_is(str_c(command), "querydr"), a, f)) {
        no_answer(out, STR("unsigned"));
        return;
    }
    if (!str_is(f[REPLY_COMMAND], command) || !str_eq(f[REPLY_TMN], v->c.tmn_code) ||
        !str_eq(f[REPLY_REFERENCE], reference) || f[REPLY_CODE].n == 0 || f[REPLY_CODE].n > 10) {
        no_answer(out, STR("not_ours"));
        return;
    }
    *out = (struct vnpay_answer){ .result = VNPAY_OK,
                                  .code = f[REPLY_CODE],
                                  .type = f[REPLY_TYPE],
                                  .status = f[REPLY_STATUS],
                                  .amount_vnd = amount_get(f[REPLY_AMOUNT]),
                                  .txn = f[REPLY_TXN],
                                  .bank = f[REPLY_BANK],
                                  .time = f[REPLY_TIME] };
}

static void call(struct vnpay *v, struct str body, const char *command, struct str reference,
                 struct arena *a, struct vnpay_answer *out)
{
    struct answer answer;

    if (v->send(v->self, body, a, &answer, NULL).failed)
        no_answer(out, STR("no_answer"));
    else
        vnpay_read(v, answer.status, answer.body, command, reference, a, out);
}

result vnpay_query(struct vnpay *v, const struct vnpay_ask *in, struct arena *a,
                   struct vnpay_answer *out, struct err *e)
{
    struct str body;

    TRY(vnpay_query_body(v, in, a, &body, e));
    call(v, body, "querydr", in->reference, a, out);
    return OK;
}

result vnpay_refund(struct vnpay *v, const struct vnpay_back *in, struct arena *a,
                    struct vnpay_answer *out, struct err *e)
{
    struct str body;

    TRY(vnpay_refund_body(v, in, a, &body, e));
    call(v, body, "refund", in->ask.reference, a, out);
    return OK;
}

result vnpay_read_notice(const struct vnpay *v, const struct form *form, struct arena *a,
                         struct vnpay_notice *out, struct err *e)
{
    struct partner_field fields[PARTNER_FIELDS_MAX];
    struct str currency = form_get(form, "vnp_CurrCode");
    size_t count = 0;

    for (size_t i = 0; i < form->count; i++) {
        const struct pair *p = &form->fields[i];

        if (str_is(p->name, "vnp_SecureHash") || str_is(p->name, "vnp_SecureHashType") ||
            !str_starts(p->name, STR("vnp_")))
            continue;
        if (count == LEN(fields))
            return fail(e, ERR_BAD_SIGNATURE, "too many fields");
        fields[count++] = (struct partner_field){ p->name, p->value };
    }
    TRY(partner_form_check(a, fields, count, &v->secret, form_get(form, "vnp_SecureHash"), e));
    if (!str_eq(form_get(form, "vnp_TmnCode"), v->c.tmn_code))
        return fail_field(e, ERR_INVALID, "vnp_TmnCode", "another terminal");
    if (currency.n > 0 && !str_is(currency, "VND"))
        return fail_field(e, ERR_INVALID, "vnp_CurrCode", "not dong");
    *out = (struct vnpay_notice){ .code = form_get(form, "vnp_ResponseCode"),
                                  .status = form_get(form, "vnp_TransactionStatus"),
                                  .txn = form_get(form, "vnp_TransactionNo"),
                                  .bank = form_get(form, "vnp_BankCode"),
                                  .time = form_get(form, "vnp_PayDate"),
                                  .info = form_get(form, "vnp_OrderInfo"),
                                  .amount_vnd = amount_get(form_get(form, "vnp_Amount")) };
    TRY(form_need(form, "vnp_TxnRef", VNPAY_REFERENCE_MAX, &out->reference, e));
    out->paid = str_is(out->code, "00") && (out->status.n == 0 || str_is(out->status, "00"));
    return OK;
}
