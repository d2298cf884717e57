/* POST /DvcPayment/Confirm: the payment portal tells; payments/notice.h decides. */
#include "base/log.h"
#include "payments/notice.h"
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
