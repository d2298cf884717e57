/* Answers cases on its standard input, a line of JSON each, by a line of JSON each. The first line
 * names the file with VNPAY's secret. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/vietqr.h"
#include "payments/vnpay.h"

#define PAGE "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"

static result send_nothing(void *self, struct str body, struct arena *a, struct answer *out,
                           struct err *e)
{
    (void)self;
    (void)body;
    (void)a;
    (void)out;
    return fail(e, ERR_UPSTREAM_DOWN, "no network here");
}

static struct str text(const struct json *o, const char *name)
{
    struct str s = { "", 0 };

    (void)json_str(json_member(o, name), &s);
    return s;
}

static int64_t number(const struct json *o, const char *name)
{
    int64_t n = 0;

    (void)json_int(json_member(o, name), &n);
    return n;
}

static struct str pay(const struct vnpay *v, const struct json *o, struct arena *a)
{
    const struct vnpay_pay in = { .reference = text(o, "reference"),
                                  .amount_vnd = number(o, "amount"),
                                  .info = text(o, "info"),
                                  .create = text(o, "create"),
                                  .expire = text(o, "expire"),
                                  .payer_ip = text(o, "ip"),
                                  .return_url = text(o, "return_url"),
                                  .english = str_is(text(o, "locale"), "en") };
    struct str url;

    return vnpay_pay_url(v, &in, a, &url, NULL).failed ? STR("refused") : url;
}

static struct str ipn(const struct vnpay *v, const struct json *o, struct arena *a)
{
    struct vnpay_notice n;
    struct form form;

    if (form_read(a, text(o, "query"), &form, NULL).failed ||
        vnpay_read_notice(v, &form, a, &n, NULL).failed)
        return STR("refused");
    return str_fmt(a, "%.*s %lld %s", STR_ARG(n.reference), (long long)n.amount_vnd,
                   n.paid ? "paid" : "not paid");
}

static struct str vietqr(const struct json *o, struct arena *a)
{
    const bool card = text(o, "card").n > 0;
    const struct vietqr in = { .bin = text(o, "bin"),
                               .account = card ? text(o, "card") : text(o, "account"),
                               .card = card,
                               .amount_vnd = number(o, "amount"),
                               .bill = text(o, "bill"),
                               .purpose = text(o, "purpose") };
    struct str out;

    return vietqr_make(a, &in, &out, NULL).failed ? STR("refused") : out;
}

static void answer(const struct vnpay *v, struct str line)
{
    DEFER(arena_close) struct arena *a = arena_open(1024 * 1024);
    DEFER(json_close) struct json *o = NULL, *out = json_object();
    struct str kind, said;

    must(!json_read(line, &o, NULL).failed);
    kind = text(o, "kind");
    said = str_is(kind, "pay") ? pay(v, o, a) : str_is(kind, "ipn") ? ipn(v, o, a) : vietqr(o, a);
    json_put_str(out, "said", said);
    said = json_print(a, out);
    must(printf("%.*s\n", STR_ARG(said)) > 0);
}

int main(void)
{
    static char line[65536];
    DEFER(vnpay_close) struct vnpay *v = NULL;
    struct err e = { .code = ERR_NONE };

    must(fgets(line, sizeof(line), stdin) != NULL);
    const struct vnpay_config c = { .pay_url = STR(PAGE),
                                    .pay_origins = STR("https://sandbox.vnpayment.vn"),
                                    .tmn_code = STR("MOTCUA01"),
                                    .secret_file = str_trim(str_c(line)),
                                    .server_ip = STR("203.0.113.1"),
                                    .pay_ttl_s = 900,
                                    .timeout_ms = 1000 };

    if (vnpay_open_over(&c, send_nothing, NULL, &v, &e).failed) {
        fprintf(stderr, "%s\n", e.detail);
        return 1;
    }
    while (fgets(line, sizeof(line), stdin) != NULL)
        answer(v, str_trim(str_c(line)));
    return 0;
}
