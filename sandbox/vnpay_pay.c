/*
 * The payment page of VNPAY: the signed address, the choice, and the way back. A second click finds
 * the payment over and is only sent back.
 */
#include "base/money.h"
#include "base/words.h"
#include "sandbox/page.h"
#include "sandbox/vnpay.h"

#define HUNDREDTHS 100
#define VERSION    "2.1.0"

static const char *const banks[] = { "NCB", "VCB", "BIDV", "MB" };

static const struct choice {
    const char *name, *code, *status;
} choices[] = {
    { "pay", "00", "00" },
    { "fail", "51", "02" },   /* not enough money */
    { "cancel", "24", "02" }, /* by the payer */
    { "expire", "11", "02" },
};
#define CHOICE_EXPIRE (&choices[3])

static void draw(struct sandbox *sb, const struct request *rq, enum fault_system system,
                 struct str reference, struct fault_set *set)
{
    const struct fault_where w = { .system = system,
                                   .header = request_header(rq, "X-Sandbox-Fault"),
                                   .person = STR(""),
                                   .always = STR(""),
                                   .reference = reference };

    fault_draw(sb->faults, &w, set);
}

static result amount_read(const struct form *f, int64_t *vnd, struct err *e)
{
    if (!str_to_i64(form_get(f, "vnp_Amount"), vnd) || *vnd <= 0 || *vnd % HUNDREDTHS != 0)
        return fail_field(e, ERR_INVALID, "vnp_Amount", "not whole dong times a hundred");
    *vnd /= HUNDREDTHS;
    return OK;
}

/* The address as VNPAY documents it; nothing of it is believed before its signature. */
static result address_read(struct sandbox *sb, struct request *rq, struct vnpay_txn *t,
                           struct err *e)
{
    struct str query, hash;
    struct form f;
    int64_t at_ms;

    TRY(form_query(rq, &f, e));
    TRY(vnpay_sign_form(rq->arena, &sb->vnpay_secret, f.fields, f.count, &query, &hash, e));
    if (!secret_equal(hash, form_get(&f, "vnp_SecureHash")))
        return fail(e, ERR_BAD_SIGNATURE, "vnp_SecureHash");
    if (!str_is(form_get(&f, "vnp_Version"), VERSION) ||
        !str_is(form_get(&f, "vnp_Command"), "pay"))
        return fail_field(e, ERR_INVALID, "vnp_Command", "not a payment of " VERSION);
    if (!str_eq(form_get(&f, "vnp_TmnCode"), sb->conf.vnpay.tmn_code))
        return fail_field(e, ERR_INVALID, "vnp_TmnCode", "no such merchant");
    if (!str_is(form_get(&f, "vnp_CurrCode"), "VND"))
        return fail_field(e, ERR_INVALID, "vnp_CurrCode", "not VND");
    TRY(amount_read(&f, &t->amount_vnd, e));
    TRY(form_need(&f, "vnp_TxnRef", 100, &t->reference, e));
    TRY(form_need(&f, "vnp_OrderInfo", 255, &t->info, e));
    TRY(form_need(&f, "vnp_ReturnUrl", 255, &t->return_url, e));
    TRY(form_need(&f, "vnp_CreateDate", 14, &t->created, e));
    TRY(form_need(&f, "vnp_ExpireDate", 14, &t->expires, e));
    if (!form_get(&f, "vnp_IpAddr").n || !form_get(&f, "vnp_OrderType").n)
        return fail_field(e, ERR_INVALID, "vnp_IpAddr", "missing");
    if (!clock_read_stamp14(t->created, &at_ms) || !clock_read_stamp14(t->expires, &at_ms))
        return fail_field(e, ERR_INVALID, "vnp_ExpireDate", "not yyyyMMddHHmmss");
    return OK;
}

static bool is_over_time(const struct sandbox *sb, const struct vnpay_txn *t)
{
    int64_t until_ms = 0;

    return clock_read_stamp14(t->expires, &until_ms) && clock_now_ms(&sb->clock) > until_ms;
}

static result return_url(struct sandbox *sb, struct arena *a, const struct vnpay_txn *t,
                         struct str *url, struct err *e)
{
    struct pair fields[VNPAY_NEWS_FIELDS];
    const size_t n = vnpay_news_fields(sb, a, t, t->status, 0, fields);
    struct str query, hash;
    const char *join = str_find(t->return_url, '?') == t->return_url.n ? "?" : "&";

    TRY(vnpay_sign_form(a, &sb->vnpay_secret, fields, n, &query, &hash, e));
    *url = str_fmt(a, "%.*s%s%.*s&vnp_SecureHash=%.*s", STR_ARG(t->return_url), join,
                   STR_ARG(query), STR_ARG(hash));
    return OK;
}

struct ending {
    const struct choice *choice;
    struct str bank;
    const struct fault_set *set;
    int64_t now_ms;
};

static result end(struct vnpay_txn *t, void *arg, struct err *e)
{
    const struct ending *x = arg;
    const bool paid = x->choice == &choices[0];

    if (t->code.n)
        return fail(e, ERR_WRONG_STATE, "over already");
    t->code = str_c(x->choice->code);
    t->status = str_c(x->choice->status);
    if (paid && x->set->on[FAULT_vnpay_suspected])
        t->code = t->status = STR("07");
    t->bank = x->bank;
    t->ended_ms = x->now_ms;
    if (paid && x->set->on[FAULT_vnpay_reversed])
        t->reversed_ms = x->now_ms + 1000 * x->set->arg[FAULT_vnpay_reversed];
    return OK;
}

static result finish(struct sandbox *sb, struct request *rq, const struct choice *choice,
                     struct str bank, struct vnpay_txn *t, struct err *e)
{
    struct fault_set set = { 0 };
    struct ending x = { choice, bank, &set, clock_now_ms(&sb->clock) };

    draw(sb, rq, FAULT_OF_VNPAY, t->reference, &set);
    draw(sb, rq, FAULT_OF_IPN, t->reference, &set);
    TRY(vnpay_change(sb->vnpay, t->reference, end, &x, t, e));
    vnpay_tell(sb, t, VNPAY_ENDED, 0, &set);
    if (t->reversed_ms)
        vnpay_tell(sb, t, VNPAY_REVERSED, t->reversed_ms - x.now_ms, &set);
    if (!str_is(t->code, "00") && set.on[FAULT_vnpay_late_success])
        vnpay_tell(sb, t, VNPAY_LATE, set.arg[FAULT_vnpay_late_success], &set);
    return OK;
}

static struct json *banks_make(void)
{
    struct json *list = json_array();

    for (size_t i = 0; i < LEN(banks); i++) {
        struct json *o = json_object();
        json_put_str(o, "code", str_c(banks[i]));
        json_put_bool(o, "chosen", i == 0);
        json_add(list, o);
    }
    return list;
}

static result show(struct sandbox *sb, struct request *rq, struct response *rs,
                   const struct vnpay_txn *t, struct err *e)
{
    const bool en = str_is(page_language(rq), "en");
    struct str back = STR("");
    struct json *data;

    if (t->code.n)
        TRY(return_url(sb, rq->arena, t, &back, e));
    data = json_object();
    json_put_str(data, "token", t->token);
    json_put_str(data, "reference", t->reference);
    json_put_str(data, "info", t->info);
    json_put_str(data, "amount", money_print(rq->arena, t->amount_vnd));
    json_put_str(data, "words",
                 en ? words_vnd_en(rq->arena, t->amount_vnd)
                    : words_vnd(rq->arena, t->amount_vnd, (struct words_style){ .chan = true }));
    json_put_bool(data, "waiting", !t->code.n);
    json_put_bool(data, "paid", str_is(t->code, "00"));
    json_put_bool(data, "failed", t->code.n && !str_is(t->code, "00"));
    json_put_str(data, "return_url", back);
    json_put(data, "banks", banks_make());
    const struct page p = { .status = 200, .name = "vnpay", .title = "title.vnpay", .data = data };
    return page_show(sb, rq, rs, &p, e);
}

result vnpay_open_page(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct fault_set set = { 0 };
    struct vnpay_txn in = { 0 }, t;

    TRY(address_read(sb, rq, &in, e));
    in.token = in.number = in.bank = in.code = in.status = in.told = in.told_reversed = STR("");
    draw(sb, rq, FAULT_OF_VNPAY, in.reference, &set);
    if (fault_answer(&set, FAULT_OF_VNPAY, rs))
        return OK;
    TRY(vnpay_add(sb->vnpay, &in, &t, e));
    if (!t.code.n && is_over_time(sb, &t))
        TRY(finish(sb, rq, CHOICE_EXPIRE, STR(""), &t, e));
    return show(sb, rq, rs, &t, e);
}

result vnpay_page(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct vnpay_txn t;

    if (!vnpay_find_token(sb->vnpay, request_param(rq, "token"), &t))
        return fail(e, ERR_NOT_FOUND, "pay page");
    return show(sb, rq, rs, &t, e);
}

result vnpay_choose(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    const struct choice *choice = NULL;
    struct str bank = STR(""), url;
    struct vnpay_txn t;
    struct form f;

    if (!vnpay_find_token(sb->vnpay, request_param(rq, "token"), &t))
        return fail(e, ERR_NOT_FOUND, "pay page");
    TRY(form_body(rq, &f, e));
    for (size_t i = 0; i < LEN(choices); i++)
        if (str_is(form_get(&f, "choice"), choices[i].name))
            choice = &choices[i];
    for (size_t i = 0; i < LEN(banks); i++)
        if (str_is(form_get(&f, "bank"), banks[i]))
            bank = str_c(banks[i]);
    if (choice == NULL)
        return fail_field(e, ERR_INVALID, "choice", "pay, fail, cancel or expire");
    if (!bank.n)
        return fail_field(e, ERR_INVALID, "bank", "not offered");
    if (!t.code.n)
        TRY(finish(sb, rq, is_over_time(sb, &t) ? CHOICE_EXPIRE : choice, bank, &t, e));
    TRY(return_url(sb, rq->arena, &t, &url, e));
    response_redirect(rs, url);
    return OK;
}

result vnpay_transactions(struct sandbox *sb, struct request *rq, struct response *rs,
                          struct err *e)
{
    struct json *root = json_object(), *list = json_array();
    struct vnpay_txn *rows;
    const size_t n = vnpay_list(sb->vnpay, rq->arena, &rows);

    (void)e;
    for (size_t i = 0; i < n; i++)
        json_add(list, vnpay_json(&rows[i]));
    json_put(root, "transactions", list);
    page_json(rq, rs, 200, root);
    return OK;
}
