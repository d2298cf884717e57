/*
 * POST /v1/fee-quotes. Attacker: a client that asks for prices of a level that its visitor has not
 * proven; promise: the level is that of the citizen's own token. A quote is its client's alone.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/quote.h"
#include "web/api.h"
#include "web/api_payment.h"
#include "web/fee_text.h"
#include "web/view.h"

/* POST /v1/fee-quotes */
result api_quote_make(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct payment_body asked = { 0 };
    struct quote quote;

    if (access_need_scope(&c->access, "quotes", NULL).failed)
        TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(payment_read_case(c, body, &asked, e));
    if (asked.subject.code != ERR_NONE) {
        *e = asked.subject;
        return (result){ true };
    }
    TRY(quote_make(&c->app->till, &asked.order, c->arena, &quote, e));
    return api_send(c, rq, rs, fee_quote_json(c->app, &quote, c->arena), e);
}
