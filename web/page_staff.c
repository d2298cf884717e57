/* Officers sign in with a local account: auth/staff.h. */
#include "auth/staff.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "web/view.h"

static result show_form(struct ctx *c, struct request *rq, struct response *rs, struct str name,
                        const char *message, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put_str(data, "name", name);
    if (message != NULL)
        json_put_str(data, "message", view_text(c, message));
    return view_page(c, rq, rs, "staff_sign_in", "staff.title", data, e);
}

result page_staff_in(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    if (c->is_staff) {
        view_redirect(rs, STR("/finance"));
        return OK;
    }
    return show_form(c, rq, rs, STR(""), NULL, e);
}

/* POST /staff/sign-in: what is wrong is told on the form; it never says which of the two it was. */
result staff_enter(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "name", "password", NULL };
    DEFER(secret_wipe) struct secret password = { 0 };
    struct staff_session session;
    struct err why = { 0 };
    struct str name, typed, token;
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "name", 64, &name, e));
    TRY(form_need(&form, "password", 200, &typed, e));
    TRY(secret_set(&password, typed, e));
    if (!staff_sign_in(&c->app->auth, &c->visit, name, &password, &session, &token, &why).failed) {
        view_cookie(c, rs, STAFF_COOKIE, token, 0);
        view_redirect(rs, STR("/finance"));
        return OK;
    }
    if (why.code != ERR_BAD_PASSWORD && why.code != ERR_TOO_MANY) {
        *e = why;
        return (result){ true };
    }
    log_err("staff.refused", &why);
    TRY(show_form(c, rq, rs, name, err_text(why.code), e));
    view_status(rs, err_status(why.code));
    return OK;
}

result staff_leave(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq;
    TRY(staff_sign_out(&c->app->auth, &c->visit, &c->staff, e));
    view_cookie(c, rs, STAFF_COOKIE, STR(""), -1);
    view_redirect(rs, STR("/staff/sign-in"));
    return OK;
}
