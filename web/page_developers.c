/* The reference of the fee interface for whoever builds a one-stop system: the tables of
 * web/api.def in words, in both languages. */
#include "base/json.h"
#include "base/str.h"
#include "payments/webhook.h"
#include "web/api.h"
#include "web/openapi.h"
#include "web/view.h"

static struct str kind_text(struct ctx *c, const struct api_member *m)
{
    static const char *const keys[] = {
        [API_TEXT] = "api.text", [API_INT] = "api.int",       [API_MONEY] = "api.money",
        [API_BOOL] = "api.bool", [API_DATE] = "api.date",     [API_TIME] = "api.time",
        [API_URI] = "api.uri",   [API_CHOICE] = "api.choice", [API_OBJECT] = "api.object",
        [API_LIST] = "api.list", [API_WORDS] = "api.words",   [API_MAP] = "api.map",
    };

    return view_text(c, keys[m->kind]);
}

static struct json *member_json(struct ctx *c, const struct api_member *m)
{
    struct json *o = json_object();

    json_put_str(o, "name", str_c(m->name));
    json_put_str(o, "kind", kind_text(c, m));
    json_put_bool(o, "needed", m->is_needed);
    if (m->kind == API_OBJECT || m->kind == API_LIST)
        json_put_str(o, "schema", str_c(m->of));
    if (m->kind == API_CHOICE)
        json_put_str(o, "words", str_c(m->of));
    json_put_str(o, "help", view_either(c, str_c(m->vi), str_c(m->en)));
    return o;
}

static struct json *schemas_json(struct ctx *c)
{
    struct json *list = json_array();
    const struct api_schema *s;
    size_t n;

    s = api_schemas(&n);
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object(), *members = json_array();

        for (size_t k = 0; k < s[i].count; k++)
            json_add(members, member_json(c, &s[i].members[k]));
        json_put_str(o, "name", str_c(s[i].name));
        json_put_str(o, "help", view_either(c, str_c(s[i].vi), str_c(s[i].en)));
        json_put_bool(o, "has_members", s[i].count > 0);
        json_put(o, "members", members);
        json_add(list, o);
    }
    return list;
}

static void put_schema(struct json *o, const char *member, const char *name)
{
    if (api_schema_find(name) != NULL)
        json_put_str(o, member, str_c(name));
}

static struct json *operation_row(struct ctx *c, const struct api_operation *op)
{
    struct json *o = json_object();

    json_put_str(o, "id", str_c(op->id));
    json_put_str(o, "method", str_c(method_name(op->method)));
    json_put_str(o, "path", str_c(op->path));
    json_put_str(o, "help", view_either(c, str_c(op->vi), str_c(op->en)));
    if (op->scope[0] != '\0')
        json_put_str(o, "scope", str_c(op->scope));
    put_schema(o, "query", op->query);
    put_schema(o, "request", op->request);
    put_schema(o, "response", op->response);
    json_put_int(o, "status", op->status);
    if (op->once != API_NO)
        json_put_str(o, "once",
                     view_text(c, op->once == API_MUST ? "api.once_must" : "api.once_may"));
    return o;
}

/* GET /developers/api */
result page_developers_api(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *list = json_array(), *types = json_array();
    const struct api_operation *ops;
    size_t n;

    ops = api_operations(&n);
    for (size_t i = 0; i < n; i++)
        json_add(list, operation_row(c, &ops[i]));
    for (size_t i = 0; webhook_type_at(i) != NULL; i++)
        json_add_str(types, str_c(webhook_type_at(i)));
    json_put(data, "operations", list);
    json_put(data, "schemas", schemas_json(c));
    json_put(data, "types", types);
    return view_page(c, rq, rs, "developers_api", "api.title", data, e);
}
