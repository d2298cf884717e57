/*
 * The symbol of a payment by transfer, for whoever may see the bill.
 */
#include "base/err.h"
#include "paper/qr.h"
#include "payments/attempt.h"
#include "payments/channel.h"
#include "web/onlooker.h"
#include "web/page_pay.h"
#include "web/view.h"

#define SCALE 8 /* pixels a module: some 400 in all */

static result symbol_find(struct ctx *c, const struct order *o, struct qr *q, struct err *e)
{
    const struct channel *ch;
    struct attempt *all;
    struct str text;
    size_t n;

    TRY(attempt_list(&c->app->till, o, c->arena, &all, &n, e));
    while (n > 0 &&
           !(attempt_is_live(all[n - 1].state) && channel_can(all[n - 1].channel, CHANNEL_QR)))
        n--;
    if (n == 0)
        return fail(e, ERR_NOT_FOUND, "nothing to scan");
    TRY(channel_of(&all[n - 1], &ch, e));
    if (!ch->calls->is_enabled(&c->app->till))
        return fail(e, ERR_NOT_FOUND, "the channel is off");
    TRY(ch->calls->qr(&c->app->till, &all[n - 1], c->arena, &text, e));
    return qr_make(c->arena, text, q, e);
}

result pay_symbol(struct ctx *c, struct response *rs, const struct order *o, bool svg,
                  struct err *e)
{
    struct qr q;

    TRY(symbol_find(c, o, &q, e));
    if (svg)
        response_body(rs, 200, "image/svg+xml", qr_svg(c->arena, &q, view_text(c, "pay.qr.title")));
    else
        response_body(rs, 200, "image/png", qr_png(c->arena, &q, SCALE));
    return OK;
}

static result answer(struct ctx *c, const struct request *rq, struct response *rs, bool svg,
                     struct err *e)
{
    struct onlooker who;
    struct order order;

    TRY(order_load_token(&c->app->till, request_param(rq, "token"), c->arena, &order, e));
    TRY(onlooker_find(c, &order, &who, e));
    TRY(order_may_see(&order, c->session.account, who.id_index, e));
    return pay_symbol(c, rs, &order, svg, e);
}

/* GET /pay/{token}/qr.png */
result pay_qr_png(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return answer(c, rq, rs, false, e);
}

/* GET /pay/{token}/qr.svg */
result pay_qr_svg(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return answer(c, rq, rs, true, e);
}
