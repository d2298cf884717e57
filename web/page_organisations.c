/* For whom the signed-in person may act, and what the register says of it. */
#include "auth/acting.h"
#include "auth/business.h"
#include "auth/organisation.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "web/view.h"

#define CODE_BYTES_MAX 40

static struct str role_text(const struct ctx *c, const struct acting *a)
{
    return view_text(c, str_cstr(c->arena, str_cat(c->arena, STR("organisation.role."), a->role)));
}

static void put_until(const struct ctx *c, struct json *o, const struct acting *a)
{
    if (a->valid_until_ms > 0)
        json_put_str(o, "until", date_vn(c->arena, clock_local(a->valid_until_ms - 1).date));
}

static struct json *organisation_json(struct ctx *c, const struct acting *a)
{
    const struct status s = business_status(&c->app->auth, a->status);
    struct json *o = json_object();

    json_put_str(o, "id", a->organisation);
    json_put_str(o, "name", a->name);
    json_put_str(o, "code", a->code);
    json_put_str(o, "role_text", role_text(c, a));
    json_put_str(o, "checked", clock_vn(c->arena, a->checked_ms));
    if (s.known)
        json_put_str(o, "status_text", view_either(c, s.name_vi, s.name_en));
    json_put_bool(o, "pay_only", a->pay_only);
    json_put_bool(o, "warn", s.known && s.rule == STATUS_WARN);
    json_put_bool(o, "own", a->mandate.n == 0);
    json_put_bool(o, "may_leave", str_is(a->role, "legal_representative"));
    put_until(c, o, a);
    return o;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, struct json *data,
                   struct err *e)
{
    struct acting *list = arena_array(c->arena, struct acting, ACTING_MAX);
    struct json *items = json_array();
    const bool citizen = c->session.kind == VNEID_CITIZEN;
    bool incomplete;
    size_t n;

    json_put(data, "organisations", items);
    TRY(acting_list(&c->app->auth, &c->visit, &c->session, NULL, list, &n, &incomplete, e));
    for (size_t i = 0; i < n; i++)
        json_add(items, organisation_json(c, &list[i]));
    json_put_bool(data, "incomplete", incomplete);
    json_put_bool(data, "may_claim", citizen && c->session.level == 2);
    json_put_bool(data, "need_level", citizen && c->session.level < 2);
    json_put_bool(data, "at_organisations", true);
    return view_page(c, rq, rs, "organisations", "organisation.title", data, e);
}

/* GET /me/organisations; ?told= after a change. */
result page_organisations(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct form query;
    struct str told;

    TRY(form_query(rq, &query, e));
    told = form_get(&query, "told");
    if (str_is(told, "claimed") || str_is(told, "left")) {
        json_put_str(data, "message",
                     view_text(c, str_is(told, "claimed") ? "organisation.told.claimed"
                                                          : "organisation.told.left"));
        json_put_str(data, "message_look", STR("good"));
    }
    return show(c, rq, rs, data, e);
}

/* What the person can do something about is told on the page itself. */
static bool is_verdict(enum err_code code)
{
    return code == ERR_INVALID || code == ERR_BUSINESS_UNKNOWN || code == ERR_BUSINESS_STATUS ||
           code == ERR_NOT_REPRESENTATIVE || code == ERR_UPSTREAM_DOWN;
}

/* POST /me/organisations */
result organisation_add(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "code", NULL };
    DEFER(json_close) struct json *data = json_object();
    struct organisation org;
    struct account acc;
    struct err why = { .code = ERR_NONE };
    struct form form;
    struct str code;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "code", CODE_BYTES_MAX, &code, e));
    TRY(account_load(&c->app->auth, c->arena, c->session.account, &acc, e));
    if (!organisation_claim(&c->app->auth, &c->visit, &acc, c->session.level, code, &org, &why)
             .failed) {
        view_redirect(rs, STR("/me/organisations?told=claimed"));
        return OK;
    }
    if (!is_verdict(why.code))
        return fail_field(e, why.code, why.field, "%s", why.detail);
    json_put_str(data, "message", view_text(c, err_text(why.code)));
    json_put_str(data, "message_look", STR("bad"));
    json_put_bool(data, "by_name",
                  why.code == ERR_NOT_REPRESENTATIVE &&
                      !str_is(c->app->conf.business.shape, "lgsp"));
    json_put_str(data, "typed", code);
    TRY(show(c, rq, rs, data, e));
    view_status(rs, err_status(why.code));
    return OK;
}

/* POST /me/organisations/{id}/leave */
result organisation_end(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    TRY(acting_leave(&c->app->auth, &c->visit, c->session.account, request_param(rq, "id"), e));
    view_redirect(rs, STR("/me/organisations?told=left"));
    return OK;
}
