#include "tests/payments/vnpay_gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/json.h"
#include "crypto/partner.h"
#include "http/client.h"
#include "http/form.h"

struct gateway gateway;

static struct vnpay *client;

struct secret gateway_secret(const char *text)
{
    struct secret s = { .n = 0 };
    struct err e;

    check_ok(secret_set(&s, str_c(text), &e), e);
    return s;
}

static struct str text_of(const struct json *o, const char *name)
{
    struct str s = { "", 0 };

    (void)json_str(json_member(o, name), &s);
    return s;
}

struct str gateway_or(const char *given, struct str else_)
{
    return given != NULL ? str_c(given) : else_;
}

/* A reply as VNPAY signs it; a refund's signature ends before the promotion. */
static struct str reply(const struct json *rq, struct arena *a)
{
    static const char *const names[] = {
        "vnp_ResponseId", "vnp_Command",       "vnp_ResponseCode",    "vnp_Message",
        "vnp_TmnCode",    "vnp_TxnRef",        "vnp_Amount",          "vnp_BankCode",
        "vnp_PayDate",    "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
        "vnp_OrderInfo",  "vnp_PromotionCode", "vnp_PromotionAmount"
    };
    const struct str command = text_of(rq, "vnp_Command");
    const struct secret s = gateway_secret(gateway.forged ? "guess" : GATEWAY_SECRET);
    const bool query = str_is(command, "querydr") && gateway.query_code != NULL;
    const struct str fields[LEN(names)] = {
        STR("0123456789abcdef"),
        gateway_or(gateway.command, command),
        gateway_or(query ? gateway.query_code : gateway.code, STR("00")),
        STR("Success"),
        gateway_or(gateway.tmn, STR(GATEWAY_TMN)),
        gateway_or(gateway.reference, text_of(rq, "vnp_TxnRef")),
        gateway_or(gateway.amount, str_i64(a, gateway.vnd * 100)),
        STR("NCB"),
        STR("20261123090500"),
        STR("14226112"),
        gateway_or(gateway.type, STR("01")),
        gateway_or(gateway.status, STR("00")),
        text_of(rq, "vnp_OrderInfo"),
        STR(""),
        STR("")
    };
    const size_t n = str_is(command, "refund") ? 13 : LEN(names);
    DEFER(json_close) struct json *o = json_object();
    struct str hash;
    struct err e;

    for (size_t i = 0; i < n; i++)
        json_put_str(o, names[i], fields[i]);
    check_ok(partner_joined_sign(a, fields, n, &s, &hash, &e), e);
    json_put_str(o, "vnp_SecureHash", hash);
    return json_print(a, o);
}

result gateway_serve(void *self, struct str body, struct arena *a, struct answer *out,
                     struct err *e)
{
    DEFER(json_close) struct json *rq = NULL;

    (void)self;
    gateway.calls++;
    check(body.n < sizeof(gateway.last));
    memcpy(gateway.last, body.p, body.n);
    gateway.last[body.n] = '\0';
    if (gateway.down)
        return fail(e, ERR_UPSTREAM_DOWN, "timeout");
    check_ok(json_read(body, &rq, e), *e);
    *out = (struct answer){ .status = 200, .body = reply(rq, a) };
    return OK;
}

struct vnpay_config gateway_settings(void)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/vnpay", test_folder()));
    FILE *f = fopen(path, "w");

    check(f != NULL);
    check(fputs(GATEWAY_SECRET "\n", f) >= 0);
    check(fclose(f) == 0);
    check(chmod(path, 0600) == 0);
    return (struct vnpay_config){ .pay_url = STR(GATEWAY_PAGE),
                                  .pay_origins = STR("http://127.0.0.1:8090"),
                                  .tmn_code = STR(GATEWAY_TMN),
                                  .secret_file = str_c(path),
                                  .server_ip = STR("203.0.113.1"),
                                  .pay_ttl_s = 900,
                                  .timeout_ms = 10000 };
}

static void gateway_end(void)
{
    vnpay_close(&client);
}

struct vnpay *gateway_client(void)
{
    const struct vnpay_config c = gateway_settings();
    struct err e;

    if (client == NULL) {
        check_ok(vnpay_open_over(&c, gateway_serve, NULL, &client, &e), e);
        (void)atexit(gateway_end);
    }
    memset(&gateway, 0, sizeof(gateway));
    return client;
}

struct counter *gateway_counter(void)
{
    struct counter *c = counter_open();

    c->till.vnpay = gateway_client();
    gateway.vnd = COUNTER_ORDER;
    return c;
}

struct str gateway_start(struct counter *c, const struct order *o)
{
    struct attempt_way way;
    struct attempt *all;
    size_t n;
    struct err e = { .code = ERR_NONE };

    check_ok(
        attempt_start(&c->till, o, counter_by("vnpay"), counter_cause(), test_arena(), &way, &e),
        e);
    check(way.redirect);
    check(str_starts(way.url, STR(GATEWAY_PAGE "?vnp_Amount=57800000&")));
    check_ok(attempt_list(&c->till, o, test_arena(), &all, &n, &e), e);
    return all[n - 1].reference;
}

void gateway_ask(struct counter *c, struct str reference)
{
    struct err e = { .code = ERR_NONE };

    check_ok(attempt_ask(&c->till, reference, counter_cause(), &e), e);
}

struct str gateway_ipn_query(struct str reference, struct gateway_ipn with)
{
    const struct secret s = gateway_secret(with.secret != NULL ? with.secret : GATEWAY_SECRET);
    const struct partner_field fields[] = {
        { STR("vnp_TmnCode"), gateway_or(with.tmn, STR(GATEWAY_TMN)) },
        { STR("vnp_Amount"), gateway_or(with.amount, STR("57800000")) },
        { STR("vnp_BankCode"), STR("NCB") },
        { STR("vnp_OrderInfo"), STR("Thanh toan ho so") },
        { STR("vnp_PayDate"), STR("20261123090500") },
        { STR("vnp_TransactionNo"), gateway_or(with.txn, STR("14226112")) },
        { STR("vnp_ResponseCode"), gateway_or(with.code, STR("00")) },
        { STR("vnp_TransactionStatus"), gateway_or(with.status, STR("00")) },
        { STR("vnp_TxnRef"), reference },
    };
    struct str form, hash;
    struct err e;

    check_ok(partner_form_sign(test_arena(), fields, LEN(fields), &s, &form, &hash, &e), e);
    return str_fmt(test_arena(), "%.*s&vnp_SecureHash=%.*s", STR_ARG(form), STR_ARG(hash));
}

struct vnpay_reply gateway_ipn(struct counter *c, struct str query)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(1024 * 1024);
    struct vnpay_reply out;
    struct form form;
    struct err why;
    const bool whole = !form_read(a, query, &form, NULL).failed;

    vnpay_notice_take(&c->till, whole ? &form : NULL, query, STR("203.0.113.9"), STR("rq"), a, &out,
                      &why);
    out.body = str_dup(test_arena(), out.body);
    return out;
}
