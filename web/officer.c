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

struct nav_row {
    const char *group, *tab, *path, *text; /* group alone: its pages follow */
    enum staff_role least;
};
static const struct nav_row nav[] = {
#define GROUP(text)                 { text, NULL, NULL, NULL, STAFF_VIEWER },
#define PAGE(tab, path, text, role) { NULL, tab, path, text, STAFF_##role },
#include "web/nav.def"
#undef GROUP
#undef PAGE
};

static bool is_served(const char *path)
{
    size_t n;
    const struct route *routes = routes_all(&n);

    for (size_t i = 0; i < n; i++) {
        const struct route_row *row = routes[i].own;

        if (row->method == METHOD_GET && str_is(str_c(row->path), path))
            return true;
    }
    return false;
}

/* Auditors read the audit log, and so do administrators, but not those between them. */
static bool may_open(const struct ctx *c, const struct nav_row *row)
{
    if (row->least == STAFF_AUDITOR)
        return !staff_may_audit(&c->staff, NULL).failed;
    return !staff_may(&c->staff, row->least, NULL).failed;
}

static struct json *nav_page(const struct ctx *c, const struct nav_row *row, const char *tab)
{
    struct json *o = json_object();

    json_put_str(o, "path", str_c(row->path));
    json_put_str(o, "text", view_text(c, row->text));
    json_put_bool(o, "here", str_is(str_c(tab), row->tab));
    return o;
}

void officer_put_tabs(const struct ctx *c, struct json *data, const char *tab)
{
    struct json *groups = json_array(), *group = NULL, *pages = NULL;

    for (size_t i = 0; i < LEN(nav); i++) {
        if (nav[i].group != NULL) {
            group = json_object();
            pages = json_array();
            json_put_str(group, "group",
                         nav[i].group[0] == '\0' ? STR("") : view_text(c, nav[i].group));
            json_put_bool(group, "at", false);
            json_put(group, "pages", pages);
            json_add(groups, group);
        } else if (is_served(nav[i].path) && may_open(c, &nav[i])) {
            json_add(pages, nav_page(c, &nav[i], tab));
            if (str_is(str_c(tab), nav[i].tab))
                json_put_bool(group, "at", true);
        }
    }
    json_put(data, "nav", groups);
    json_put_bool(data, "workplace", true);
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

struct str officer_who(const struct ctx *c, struct str actor)
{
    struct str name;

    if (str_starts(actor, STR("staff:")))
        return str_from(actor, STR("staff:").n);
    if (str_starts(actor, STR("citizen:")))
        return view_text(c, "actor.citizen");
    if (!str_starts(actor, STR("client:")))
        return catalog_find(view_catalog(c), str_cat(c->arena, STR("actor."), actor), &name)
                   ? name
                   : actor;
    name = str_from(actor, STR("client:").n);
    return view_fill(c, "actor.client", &name, 1);
}
