/*
 * Officers, as administrators see and handle them: auth/staff_request.h says what one may do alone.
 * Making an account or changing one needs a fresh second factor.
 */
#include "auth/staff_request.h"

#include "auth/staff_invite.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "http/form.h"
#include "web/page_admin.h"

static void put_roles(struct ctx *c, struct json *data, int chosen)
{
    struct json *rows = json_array();

    for (int r = 0; r < STAFF_ROLE_COUNT; r++) {
        struct json *row = json_object();

        json_put_str(row, "value", str_c(staff_role_name((enum staff_role)r)));
        json_put_str(row, "text", admin_role_text(c, r));
        json_put_bool(row, "chosen", r == chosen);
        json_add(rows, row);
    }
    json_put(data, "roles", rows);
}

static const char *state_of(const struct ctx *c, const struct staff *s)
{
    if (s->disabled)
        return "admin.state_disabled";
    if (staff_is_unused(&c->app->auth, s))
        return "admin.state_unused";
    if (s->invited)
        return "admin.state_invited";
    return s->has_otp ? "admin.state_open" : "admin.state_no_factor";
}

static struct json *staff_row(struct ctx *c, const struct staff *s)
{
    struct json *row = json_object();
    const bool closed = s->disabled || staff_is_unused(&c->app->auth, s);

    json_put_str(row, "name", s->name);
    json_put_str(row, "display_name", s->display_name);
    json_put_str(row, "role", admin_role_text(c, (int)s->role));
    json_put_str(row, "state", view_text(c, state_of(c, s)));
    json_put_str(row, "look", closed ? STR("bad") : s->has_otp ? STR("good") : STR("warn"));
    /* Until then it is the day from which the time of not being used counts. */
    json_put_str(row, "used",
                 s->used_ms > s->created_ms ? clock_vn(c->arena, s->used_ms) : STR("–"));
    return row;
}

static result put_requests(struct ctx *c, struct json *data, struct err *e)
{
    struct json *rows = json_array();
    struct staff_request *list;
    size_t n;

    json_put(data, "requests", rows);
    TRY(staff_requests(&c->app->auth, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const struct staff_request *r = &list[i];
        struct json *row = json_object();

        json_put_str(row, "id", r->id);
        json_put_str(row, "name", r->name);
        json_put_str(row, "act",
                     view_text(c, str_cstr(c->arena, str_fmt(c->arena, "admin.act.%s",
                                                             staff_act_name(r->act)))));
        if (r->act == STAFF_ACT_ROLE)
            json_put_str(row, "role", admin_role_text(c, (int)r->role));
        json_put_str(row, "made_by", r->made_by);
        json_put_str(row, "made", clock_vn(c->arena, r->made_ms));
        json_put_bool(row, "may_confirm",
                      !str_eq(r->made_by, c->staff.name) && !str_eq(r->name, c->staff.name));
        json_add(rows, row);
    }
    return OK;
}

/* The link is shown by this answer and never again. */
static void put_link(struct ctx *c, struct json *data, struct str token)
{
    if (token.n > 0)
        json_put_str(data, "link",
                     str_fmt(c->arena, "%.*s/staff/invitation/%.*s",
                             STR_ARG(c->app->conf.service.issuer), STR_ARG(token)));
}

struct told {
    const struct err *why; /* what was wrong, or NULL */
    struct str link;       /* token of an invitation just made, or empty */
    bool waits;            /* for another administrator */
};

static void put_told(struct ctx *c, struct json *data, const struct told *t)
{
    if (t->why != NULL)
        json_put_str(data, "message", admin_mistake(c, t->why));
    if (t->waits)
        json_put_str(data, "waits", view_text(c, "admin.waits"));
    put_link(c, data, t->link);
    admin_put_fresh(c, data);
}

static result show_list(struct ctx *c, struct request *rq, struct response *rs,
                        const struct told *t, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    struct staff *list;
    size_t n;

    json_put(data, "staff_rows", rows);
    put_told(c, data, t);
    put_roles(c, data, STAFF_OFFICER);
    TRY(staff_list(&c->app->auth, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(rows, staff_row(c, &list[i]));
    TRY(put_requests(c, data, e));
    TRY(view_page(c, rq, rs, "admin_staff", "admin.staff", data, e));
    if (t->why != NULL)
        view_status(rs, err_status(t->why->code));
    return OK;
}

/* GET /admin/staff */
result page_admin_staff(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_list(c, rq, rs, &(const struct told){ .waits = false }, e);
}

/* An account without a password, its invitation, and what a second administrator has to confirm. */
static result add(struct ctx *c, const struct request *rq, struct told *out, struct err *e)
{
    static const char *const fields[] = { "csrf", "name", "display_name", "role", "code", NULL };
    struct auth *au = &c->app->auth;
    struct staff staff = { .invited = true };
    struct staff_request request = { .act = STAFF_ACT_ROLE };
    struct staff_done done = { .waits = false };
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "name", 64, &staff.name, e));
    TRY(form_need(&form, "display_name", 200, &staff.display_name, e));
    if (!staff_role_find(form_get(&form, "role"), &request.role))
        return fail_field(e, ERR_INVALID, "role", "no such role");
    TRY(admin_prove(c, &form, e));
    /* Nobody is an administrator before a second one agrees. */
    staff.role = request.role == STAFF_ADMINISTRATOR ? STAFF_VIEWER : request.role;
    request.name = staff.name;
    TRY(staff_add(au, &c->visit, &staff, NULL, e));
    if (request.role == STAFF_ADMINISTRATOR)
        TRY(staff_ask(au, &c->visit, &request, &done, e));
    out->waits = done.waits;
    return staff_invite(au, &c->visit, staff.name, &out->link, e);
}

/* POST /admin/staff */
result admin_staff_add(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct told t = { .waits = false };
    struct err why = { 0 };

    if (add(c, rq, &t, &why).failed) {
        if (!admin_is_mistake(&why)) {
            *e = why;
            return (result){ true };
        }
        log_err("admin.refused", &why);
        t.why = &why;
    }
    return show_list(c, rq, rs, &t, e);
}

static result show_officer(struct ctx *c, struct request *rq, struct response *rs,
                           const struct told *t, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct staff s;
    bool found;

    TRY(staff_find(&c->app->auth, c->arena, request_param(rq, "name"), &found, &s, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no such staff account");
    put_told(c, data, t);
    put_roles(c, data, (int)s.role);
    json_put(data, "officer", staff_row(c, &s));
    json_put_bool(data, "disabled", s.disabled || staff_is_unused(&c->app->auth, &s));
    json_put_bool(data, "own", str_eq(s.name, c->staff.name));
    json_put_bool(data, "takes_two", s.role == STAFF_ADMINISTRATOR);
    json_put_bool(data, "has_factor", s.has_otp);
    json_put_str(data, "created", clock_vn(c->arena, s.created_ms));
    json_put_str(data, "audit_url",
                 url_with(c->arena, STR("/admin/audit"),
                          (const struct pair[]){
                              { STR("by"), STR("subject") },
                              { STR("value"), str_cat(c->arena, STR("staff:"), s.name) } },
                          2));
    TRY(view_page(c, rq, rs, "admin_officer", "admin.officer", data, e));
    if (t->why != NULL)
        view_status(rs, err_status(t->why->code));
    return OK;
}

/* GET /admin/staff/{name} */
result page_admin_officer(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_officer(c, rq, rs, &(const struct told){ .waits = false }, e);
}

static result act(struct ctx *c, const struct request *rq, struct told *out, struct err *e)
{
    static const char *const fields[] = { "csrf", "act", "role", "code", NULL };
    struct staff_request request = { .name = request_param(rq, "name") };
    struct staff_done done;
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    if (!staff_act_find(form_get(&form, "act"), &request.act))
        return fail_field(e, ERR_INVALID, "act", "no such act");
    if (request.act == STAFF_ACT_ROLE && !staff_role_find(form_get(&form, "role"), &request.role))
        return fail_field(e, ERR_INVALID, "role", "no such role");
    TRY(admin_prove(c, &form, e));
    TRY(staff_ask(&c->app->auth, &c->visit, &request, &done, e));
    out->waits = done.waits;
    out->link = done.invitation;
    return OK;
}

/* POST /admin/staff/{name} */
result admin_staff_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct told t = { .waits = false };
    struct err why = { 0 };

    if (act(c, rq, &t, &why).failed) {
        if (!admin_is_mistake(&why)) {
            *e = why;
            return (result){ true };
        }
        log_err("admin.refused", &why);
        t.why = &why;
    }
    return show_officer(c, rq, rs, &t, e);
}

static result answer(struct ctx *c, const struct request *rq, struct told *out, struct err *e)
{
    static const char *const fields[] = { "csrf", "answer", "code", NULL };
    const struct str id = request_param(rq, "id");
    struct staff_done done;
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(admin_prove(c, &form, e));
    if (str_is(form_get(&form, "answer"), "no"))
        return staff_withdraw(&c->app->auth, &c->visit, id, e);
    if (!str_is(form_get(&form, "answer"), "yes"))
        return fail_field(e, ERR_INVALID, "answer", "yes or no");
    TRY(staff_confirm(&c->app->auth, &c->visit, id, &done, e));
    out->link = done.invitation;
    return OK;
}

/* POST /admin/staff/requests/{id} */
result admin_staff_request(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct told t = { .waits = false };
    struct err why = { 0 };

    if (answer(c, rq, &t, &why).failed) {
        if (!admin_is_mistake(&why)) {
            *e = why;
            return (result){ true };
        }
        log_err("admin.refused", &why);
        t.why = &why;
    }
    return show_list(c, rq, rs, &t, e);
}
