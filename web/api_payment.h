/*
 * api_payment.h - the request of POST /v1/payments, read, and a payment as the interface tells it.
 */
#ifndef WEB_API_PAYMENT_H
#define WEB_API_PAYMENT_H

#include "base/err.h"
#include "base/limits.h"
#include "payments/order.h"
#include "payments/quote.h"
#include "web/route_row.h"

struct json;
struct receipt;

#define API_CATEGORIES_MAX 16

struct payment_body {
    struct order_request order;
    struct err subject; /* why the citizen's token is not believed */
    struct fee_item items[LIMIT_ORDER_LINES];
    struct str categories[API_CATEGORIES_MAX];
    const struct json *metadata; /* in the body, or NULL */
    struct str replaces;         /* id of the payment that it corrects, or empty */
    struct quote quote;          /* by which it is asked for; id empty: by none */
};

/* From a body that api_body has checked. Texts point into it. ERR_FORBIDDEN, ERR_INVALID. */
MUST_USE result payment_read(struct ctx *c, const struct json *body, struct payment_body *out,
                             struct err *e);
/* The part that is priced: schema `fee_quote_request`. The same errors. */
MUST_USE result payment_read_case(struct ctx *c, const struct json *body, struct payment_body *out,
                                  struct err *e);
/* As schema `payment`: *out is the caller's. A fresh order has no attempts yet; `metadata` may be
 * NULL. */
struct json *payment_json(const struct till *t, const struct order *o, const struct json *metadata,
                          struct arena *a);
/* Adds attempts, receipts, refunds and settlement. */
MUST_USE result payment_put_rest(struct ctx *c, struct json *body, const struct order *o,
                                 struct err *e);

/* As schema `receipt_brief`. */
struct json *payment_receipt_json(struct ctx *c, const struct receipt *r);

#endif
