/*
 * vnpay_gateway.h - VNPAY, simulated over memory: it signs, and says what a test tells it to say.
 *
 *     struct counter *c = gateway_counter();   a till whose payers may choose VNPAY
 *     gateway.status = "02";                   of the next answers
 *     gateway_ask(c, gateway_start(c, &o));
 *     gateway_ipn(c, gateway_ipn_query(reference, (struct gateway_ipn){ .code = "24" }));
 */
#ifndef TESTS_PAYMENTS_VNPAY_GATEWAY_H
#define TESTS_PAYMENTS_VNPAY_GATEWAY_H

#include "crypto/secret.h"
#include "payments/vnpay.h"
#include "payments/vnpay_notice.h"
#include "tests/payments/counter.h"

#define GATEWAY_SECRET "TESTSECRET0123456789ABCDEF"
#define GATEWAY_TMN    "MOTCUA01"
#define GATEWAY_PAGE   "http://127.0.0.1:8090/vnpay/paymentv2/vpcpay.html"

/* What the gateway says to the next questions. */
extern struct gateway {
    bool down, forged;
    const char *code, *type, *status, *tmn, *reference, *command, *amount;
    const char *query_code; /* instead of `code`, to querydr */
    int64_t vnd;            /* times 100 unless `amount` is given */
    int calls;
    char last[4096];
} gateway;

struct counter *gateway_counter(void);
struct vnpay *gateway_client(void); /* and forgets what it was told to say */
struct vnpay_config gateway_settings(void);
struct str gateway_or(const char *given, struct str else_); /* NULL: the other */
struct secret gateway_secret(const char *text);
result gateway_serve(void *self, struct str body, struct arena *a, struct answer *out,
                     struct err *e);
struct str gateway_start(struct counter *c, const struct order *o); /* the reference */
void gateway_ask(struct counter *c, struct str reference);

struct gateway_ipn { /* fields that are NULL are the right ones of COUNTER_ORDER */
    const char *code, *status, *amount, *secret, *txn, *tmn;
};
struct str gateway_ipn_query(struct str reference, struct gateway_ipn with);
struct vnpay_reply gateway_ipn(struct counter *c, struct str query);

#endif
