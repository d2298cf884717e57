/* Where one arrives without a portal. */
#include "auth/account.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "web/view.h"

static result put_account(struct ctx *c, struct json *data, struct err *e)
{
    struct account account;

    TRY(account_load(&c->app->auth, c->arena, c->session.account, &account, e));
    json_put_str(data, "level_text",
                 view_text(c, c->session.level == 2 ? "home.level_2" : "home.level_1"));
    if (account.checked || c->session.degraded)
        json_put_str(data, "checked_text",
                     view_text(c, account.checked ? "home.checked_yes" : "home.checked_no"));
    return OK;
}

result page_home(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    if (c->signed_in)
        TRY(put_account(c, data, e));
    return view_page(c, rq, rs, "home", "home.title", data, e);
}
