/* What providers tell of payments: POST /DvcPayment/Confirm of the payment portal, GET /vnpay/ipn
 * of VNPAY. payments/notice.h and vnpay_notice.h decide. */
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/notice.h"
#include "payments/transfer.h"
#include "payments/vnpay_notice.h"
#include "web/view.h"

result portal_confirm(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct notice_reply reply;
    struct err why = { 0 };

    (void)e;
    notice_take(&c->app->till, rq->body, c->visit.ip, c->visit.request_id, c->arena, &reply, &why);
    if (why.code != ERR_NONE)
        log_err("notice.refused", &why);
    view_json_text(rs, reply.status, "application/json", reply.body);
    return OK;
}

result vnpay_ipn(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct vnpay_reply reply;
    struct err why = { 0 };
    struct form form;
    const bool whole = !form_query(rq, &form, NULL).failed;

    (void)e;
    vnpay_notice_take(&c->app->till, whole ? &form : NULL, rq->query, c->visit.ip,
                      c->visit.request_id, c->arena, &reply, &why);
    if (why.code != ERR_NONE)
        log_err("vnpay.refused", &why);
    view_json_text(rs, 200, "application/json", reply.body);
    return OK;
}

/* Anything but 200 makes the bank tell again. */
result bank_transfer(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    enum transfer_outcome outcome;
    struct json *o;

    TRY(transfer_notice_take(&c->app->till, rq->body, request_header(rq, "X-Signature"), c->arena,
                             &outcome, e));
    o = json_object();
    json_put_str(o, "status", str_c(transfer_outcome_name(outcome)));
    view_json(c, rs, 200, o);
    return OK;
}
