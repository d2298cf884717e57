/* Administrators' first page. What a page of theirs does is in page_admin_*.c. */
#include "web/page_admin.h"

#include "auth/staff_sign_in.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"

struct str admin_role_text(const struct ctx *c, int role)
{
    return view_text(c, str_cstr(c->arena, str_fmt(c->arena, "staff.role.%s",
                                                   staff_role_name((enum staff_role)role))));
}

struct str admin_home(enum staff_role role)
{
    return role == STAFF_ADMINISTRATOR ? STR("/admin")
           : role == STAFF_AUDITOR     ? STR("/admin/audit")
                                       : STR("/finance");
}

void admin_put_fresh(const struct ctx *c, struct json *data)
{
    json_put_bool(data, "need_code", !staff_is_fresh(&c->app->auth, &c->staff));
}

result admin_prove(struct ctx *c, const struct form *form, struct err *e)
{
    struct str code;

    if (staff_is_fresh(&c->app->auth, &c->staff))
        return OK;
    TRY(form_need(form, "code", STAFF_CODE_BYTES_MAX, &code, e));
    return staff_prove(&c->app->auth, &c->visit, &c->staff, code, e);
}

bool admin_is_mistake(const struct err *why)
{
    return why->code == ERR_INVALID || why->code == ERR_CONFLICT || why->code == ERR_FORBIDDEN ||
           why->code == ERR_BAD_PASSWORD || why->code == ERR_TOO_MANY ||
           why->code == ERR_UNKNOWN_FIELD;
}

struct str admin_mistake(const struct ctx *c, const struct err *why)
{
    const struct str text =
        view_text(c, why->code == ERR_BAD_PASSWORD ? "staff.code_wrong" : err_text(why->code));

    return why->field[0] == '\0' ? text : str_fmt(c->arena, "%.*s (%s)", STR_ARG(text), why->field);
}

/* GET /admin */
result page_admin(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put_bool(data, "administrator", c->staff.role == STAFF_ADMINISTRATOR);
    return view_page(c, rq, rs, "admin", "admin.title", data, e);
}
