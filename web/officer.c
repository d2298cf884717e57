#include "web/officer.h"

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "web/view.h"

struct proposal_actor officer_actor(const struct ctx *c)
{
    int64_t limit_vnd = 0;

    if (c->staff.role >= STAFF_APPROVER)
        limit_vnd = c->app->conf.payments.approve_approver_vnd;
    else if (c->staff.role == STAFF_TREASURER)
        limit_vnd = c->app->conf.payments.approve_treasurer_vnd;
    return (struct proposal_actor){ .name = str_cat(c->arena, STR("staff:"), c->staff.name),
                                    .limit_vnd = limit_vnd,
                                    .request_id = c->visit.request_id,
                                    .ip = c->visit.ip };
}

struct order_cause officer_cause(const struct ctx *c)
{
    return (struct order_cause){ .actor = str_cat(c->arena, STR("staff:"), c->staff.name),
                                 .source = STR("page"),
                                 .request_id = c->visit.request_id,
                                 .ip = c->visit.ip };
}

result officer_may_decide(const struct ctx *c, struct err *e)
{
    return staff_may(&c->staff, STAFF_TREASURER, e);
}

void officer_put_tabs(const struct ctx *c, struct json *data, const char *tab)
{
    json_put_bool(data, str_cstr(c->arena, str_fmt(c->arena, "at_%s", tab)), true);
}

bool officer_is_mistake(const struct err *why)
{
    switch (why->code) {
    case ERR_INVALID:
    case ERR_BUSINESS_RULE:
    case ERR_SELF_APPROVAL:
    case ERR_OVER_LIMIT:
    case ERR_CONFLICT:
    case ERR_WRONG_STATE:
    case ERR_STALE:
    case ERR_FORBIDDEN:
        return true;
    default:
        return false;
    }
}

void officer_put_mistake(const struct ctx *c, struct json *data, const struct err *why)
{
    const struct str field = str_c(why->field);
    struct str text;

    if (why->code == ERR_NONE)
        return;
    text = view_text(c, err_text(why->code));
    if (field.n > 0)
        text = str_fmt(c->arena, "%.*s (%.*s)", STR_ARG(text),
                       STR_ARG(officer_text(c, "refund.field.", field)));
    json_put_str(data, "message", text);
}

struct str officer_text(const struct ctx *c, const char *prefix, struct str name)
{
    return view_text(c, str_cstr(c->arena, str_fmt(c->arena, "%s%.*s", prefix, STR_ARG(name))));
}
