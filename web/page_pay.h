/*
 * page_pay.h - what the pages of one bill share: for who signed in, and for who typed its code.
 */
#ifndef WEB_PAGE_PAY_H
#define WEB_PAGE_PAY_H

#include "payments/order.h"
#include "web/onlooker.h"

struct json;

/* The bill's page. *o is as it is when it was shown. */
MUST_USE result pay_show(struct ctx *c, struct request *rq, struct response *rs, struct order *o,
                         const struct onlooker *who, struct err *e);
/* The form of channels was sent. */
MUST_USE result pay_begin(struct ctx *c, struct request *rq, struct response *rs, struct order *o,
                          const struct onlooker *who, struct err *e);
/* The symbol of a payment by transfer. ERR_NOT_FOUND: none is under way. */
MUST_USE result pay_symbol(struct ctx *c, struct response *rs, const struct order *o, bool svg,
                           struct err *e);
struct order_cause pay_cause(const struct ctx *c); /* this visitor, by a page */

/* Before the bill is shown: where the citizen's level makes it cheaper, it is priced anew, and the
 * page says so ("cheaper"); where it makes it dearer, the page asks first ("dearer"). */
MUST_USE result pay_price_follow(struct ctx *c, struct json *data, struct order *o,
                                 const struct onlooker *who, struct err *e);
/* *told false: the price for this citizen is not the one that the page told. */
MUST_USE result pay_price_told(struct ctx *c, const struct order *o, const struct onlooker *who,
                               bool *told, struct err *e);

/* Whether this browser proved that it knows the bill's code (page_pay_code.c). */
MUST_USE result pay_code_holds(struct ctx *c, const struct request *rq, const struct order *o,
                               bool *holds, struct err *e);

#endif
