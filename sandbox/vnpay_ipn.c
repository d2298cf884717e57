/* The IPN: GET <motcua>/vnpay/ipn, repeated until RspCode is 00 or 02. */
#include "base/log.h"
#include "http/form.h"
#include "sandbox/errand.h"
#include "sandbox/sandbox.h"
#include "sandbox/vnpay.h"

#define IPN_ARENA_BYTES (4L * 1024 * 1024)
#define COPIES_MAX      100
#define HUNDREDTHS      100

static void arena_end(struct arena **a)
{
    arena_close(a);
}

size_t vnpay_news_fields(struct sandbox *sb, struct arena *a, const struct vnpay_txn *t,
                         struct str status, int64_t more_vnd, struct pair *out)
{
    const bool paid = str_is(t->code, "00") || str_is(t->code, "07");
    const struct pair fields[] = {
        { STR("vnp_TmnCode"), sb->conf.vnpay.tmn_code },
        { STR("vnp_Amount"), str_i64(a, (t->amount_vnd + more_vnd) * HUNDREDTHS) },
        { STR("vnp_BankCode"), t->bank },
        { STR("vnp_BankTranNo"), paid ? str_cat(a, STR("VNP"), t->number) : STR("") },
        { STR("vnp_CardType"), paid ? STR("ATM") : STR("") },
        { STR("vnp_PayDate"), clock_stamp14(a, t->ended_ms) },
        { STR("vnp_OrderInfo"), t->info },
        { STR("vnp_TransactionNo"), t->number },
        { STR("vnp_ResponseCode"), t->code },
        { STR("vnp_TransactionStatus"), status },
        { STR("vnp_TxnRef"), t->reference },
    };

    for (size_t i = 0; i < LEN(fields); i++)
        out[i] = fields[i];
    return LEN(fields);
}

/* RspCode, or empty: no answer that could be read. */
static struct str ipn_send(struct sandbox *sb, struct arena *a, struct str path)
{
    const struct call call = { .method = METHOD_GET, .path = path };
    DEFER(json_close) struct json *o = NULL;
    struct answer answer;
    struct str code;

    if (partner_call(sb->to_motcua, &call, a, &answer, NULL).failed || answer.status != 200 ||
        json_read(answer.body, &o, NULL).failed || !json_str(json_member(o, "RspCode"), &code))
        return STR("");
    return str_dup(a, code);
}

struct told {
    bool reversed;
    struct str how;
};

static result told_put(struct vnpay_txn *t, void *arg, struct err *e)
{
    const struct told *told = arg;

    (void)e;
    *(told->reversed ? &t->told_reversed : &t->told) = told->how;
    return OK;
}

static bool told(struct sandbox *sb, const struct errand *one, struct str how)
{
    struct told what = { one->kind == VNPAY_REVERSED, how };
    struct err e = { 0 };
    struct vnpay_txn t;

    if (vnpay_change(sb->vnpay, one->about, told_put, &what, &t, &e).failed)
        log_err("vnpay.told", &e);
    return true;
}

static result late_succeed(struct vnpay_txn *t, void *arg, struct err *e)
{
    if (str_is(t->code, "00"))
        return fail(e, ERR_WRONG_STATE, "paid already");
    t->code = t->status = STR("00");
    t->told = STR("");
    t->ended_ms = *(const int64_t *)arg;
    return OK;
}

static bool late(struct sandbox *sb, const struct errand *one)
{
    const struct fault_set none = { 0 };
    int64_t now_ms = clock_now_ms(&sb->clock);
    struct vnpay_txn t;

    if (!vnpay_change(sb->vnpay, one->about, late_succeed, &now_ms, &t, NULL).failed)
        vnpay_tell(sb, &t, VNPAY_ENDED, 0, &none);
    return true;
}

static result ipn_path(struct sandbox *sb, struct arena *a, const struct errand *one,
                       struct str *path, struct err *e)
{
    DEFER(secret_wipe) struct secret wrong = { 0 };
    const bool forged = one->set.on[FAULT_ipn_forged];
    struct pair fields[VNPAY_NEWS_FIELDS];
    struct str query, hash;
    struct vnpay_txn t;
    size_t n;

    must(vnpay_find(sb->vnpay, one->about, &t));
    n = vnpay_news_fields(sb, a, &t, one->kind == VNPAY_REVERSED ? STR("04") : t.status,
                          one->set.on[FAULT_ipn_amount] ? one->set.arg[FAULT_ipn_amount] : 0,
                          fields);
    TRY(secret_set(&wrong, STR("not-the-shared-secret"), e));
    TRY(vnpay_sign_form(a, forged ? &wrong : &sb->vnpay_secret, fields, n, &query, &hash, e));
    *path = str_fmt(a, "/vnpay/ipn?%.*s&vnp_SecureHash=%.*s", STR_ARG(query), STR_ARG(hash));
    return OK;
}

static bool ipn_run(struct sandbox *sb, struct errand *one)
{
    DEFER(arena_end) struct arena *a = arena_open(IPN_ARENA_BYTES);
    const struct fault_set *set = &one->set;
    int64_t copies = set->on[FAULT_ipn_duplicated] ? set->arg[FAULT_ipn_duplicated] : 1;
    struct str path, code = STR("");

    if (one->kind == VNPAY_LATE)
        return late(sb, one);
    if (set->on[FAULT_ipn_lost])
        return told(sb, one, STR("lost"));
    if (ipn_path(sb, a, one, &path, NULL).failed)
        return told(sb, one, STR("spoiled"));
    for (int64_t i = 0; i < copies && i < COPIES_MAX; i++)
        code = ipn_send(sb, a, path);
    if (set->on[FAULT_ipn_forged] || set->on[FAULT_ipn_amount])
        return told(sb, one, STR("spoiled"));
    return (str_is(code, "00") || str_is(code, "02")) && told(sb, one, STR("confirmed"));
}

void vnpay_tell(struct sandbox *sb, const struct vnpay_txn *t, enum vnpay_news news,
                int64_t wait_ms, const struct fault_set *set)
{
    struct errand one = {
        .run = ipn_run, .about = t->reference, .kind = (int)news, .wait_ms = wait_ms, .set = *set
    };

    if (set->on[FAULT_ipn_delayed])
        one.wait_ms += set->arg[FAULT_ipn_delayed];
    if (set->on[FAULT_ipn_reordered] && news == VNPAY_ENDED) {
        one.wait_ms += set->arg[FAULT_ipn_reordered];
        one.held = true;
    }
    errand_put(sb->errands, &one);
}

void vnpay_untold_take_up(struct sandbox *sb)
{
    DEFER(arena_end) struct arena *a = arena_open(512L * 1024 * 1024);
    const int64_t now_ms = clock_now_ms(&sb->clock);
    const struct fault_set none = { 0 };
    struct vnpay_txn *rows;
    const size_t n = vnpay_list(sb->vnpay, a, &rows);

    for (size_t i = 0; i < n; i++) {
        const int64_t wait_ms = rows[i].reversed_ms - now_ms;

        if (rows[i].ended_ms && !rows[i].told.n)
            vnpay_tell(sb, &rows[i], VNPAY_ENDED, 0, &none);
        if (rows[i].reversed_ms && !rows[i].told_reversed.n)
            vnpay_tell(sb, &rows[i], VNPAY_REVERSED, wait_ms > 0 ? wait_ms : 0, &none);
    }
}
