/* The document. Security: public; it tells what anyone may read in the tables, and nothing of this
 * installation but its own address. */
#include "web/openapi.h"

#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "web/api.h"
#include "web/view.h"

#define MONEY_PATTERN "^(0|[1-9][0-9]{0,15})$"

bool openapi_has(const struct route_row *row)
{
    return row->face == FACE_API && str_starts(str_c(row->path), STR("/v1/"));
}

static struct json *typed(const char *type)
{
    struct json *o = json_object();

    json_put_str(o, "type", str_c(type));
    return o;
}

static struct json *ref(struct arena *a, const char *kind, const char *name)
{
    struct json *o = json_object();

    json_put_str(o, "$ref", str_fmt(a, "#/components/%s/%s", kind, name));
    return o;
}

static struct json *text_schema(const char *format, const struct api_member *m)
{
    struct json *o = typed("string");

    if (format != NULL)
        json_put_str(o, "format", str_c(format));
    if (m->least > 0)
        json_put_int(o, "minLength", m->least);
    if (m->most > 0)
        json_put_int(o, "maxLength", m->most);
    return o;
}

static struct json *integer_schema(int64_t least, int64_t most)
{
    struct json *o = typed("integer");

    json_put_int(o, "minimum", least);
    if (most > 0)
        json_put_int(o, "maximum", most);
    return o;
}

/* Requests may write money as text, since not every language has integers of 53 bits. */
static struct json *money_schema(bool is_answer)
{
    struct json *number = integer_schema(0, MONEY_MAX_VND);
    struct json *text, *both, *o;

    if (is_answer)
        return number;
    text = typed("string");
    json_put_str(text, "pattern", STR(MONEY_PATTERN));
    both = json_array();
    json_add(both, number);
    json_add(both, text);
    o = json_object();
    json_put(o, "oneOf", both);
    return o;
}

static struct json *choice_schema(const char *of)
{
    struct json *o = typed("string"), *list = json_array();
    struct str words = str_c(of), word;

    while (str_next(&words, '|', &word))
        json_add_str(list, word);
    json_put(o, "enum", list);
    return o;
}

static struct json *list_schema(struct json *items, int64_t most)
{
    struct json *o = typed("array");

    json_put(o, "items", items);
    if (most > 0)
        json_put_int(o, "maxItems", most);
    return o;
}

static struct json *map_schema(const struct api_member *m)
{
    struct json *o = typed("object"), *value = typed("string"), *name = json_object();

    json_put_int(value, "maxLength", 500);
    json_put_str(name, "pattern", STR("^[A-Za-z0-9_.-]{1,40}$"));
    json_put(o, "additionalProperties", value);
    json_put(o, "propertyNames", name);
    if (m->most > 0)
        json_put_int(o, "maxProperties", m->most);
    return o;
}

static struct json *member_schema(const struct api_member *m, bool is_answer, struct arena *a)
{
    switch (m->kind) {
    case API_INT:
        return integer_schema(m->least, m->most);
    case API_MONEY:
        return money_schema(is_answer);
    case API_BOOL:
        return typed("boolean");
    case API_DATE:
        return text_schema("date", m);
    case API_TIME:
        return text_schema("date-time", m);
    case API_URI:
        return text_schema("uri", m);
    case API_CHOICE:
        return choice_schema(m->of);
    case API_OBJECT:
        return ref(a, "schemas", m->of);
    case API_LIST:
        return list_schema(ref(a, "schemas", m->of), m->most);
    case API_WORDS:
        return list_schema(typed("string"), m->most);
    case API_MAP:
        return map_schema(m);
    case API_TEXT:
        break;
    }
    return text_schema(NULL, m);
}

/* Whether a schema is sent rather than received: then money is a number, and what is not listed
 * does not come today but may one day. */
static bool in_request(const char *name)
{
    const struct api_operation *ops;
    size_t n;

    ops = api_operations(&n);
    for (size_t i = 0; i < n; i++) {
        const struct api_schema *s = api_schema_find(ops[i].request);

        if (str_is(str_c(name), ops[i].request))
            return true;
        for (size_t k = 0; s != NULL && k < s->count; k++)
            if ((s->members[k].kind == API_LIST || s->members[k].kind == API_OBJECT) &&
                str_is(str_c(name), s->members[k].of))
                return true;
    }
    return false;
}

static struct json *file_schema(const struct api_schema *s)
{
    struct json *o = typed("string");

    json_put_str(o, "description", str_c(s->en));
    json_put_str(o, "format", STR("binary"));
    return o;
}

static struct json *schema_json(const struct api_schema *s, struct arena *a)
{
    const bool is_request = in_request(s->name);
    struct json *o, *all, *needed;

    if (api_file_type(s->name) != NULL)
        return file_schema(s);
    o = typed("object");
    all = json_object();
    needed = json_array();
    json_put_str(o, "description", str_c(s->en));
    for (size_t i = 0; i < s->count; i++) {
        struct json *one = member_schema(&s->members[i], !is_request, a);

        json_put_str(one, "description", str_c(s->members[i].en));
        json_put(all, s->members[i].name, one);
        if (s->members[i].is_needed)
            json_add_str(needed, str_c(s->members[i].name));
    }
    json_put(o, "properties", all);
    if (json_count(needed) > 0)
        json_put(o, "required", needed);
    else
        json_close(&needed);
    if (is_request)
        json_put_bool(o, "additionalProperties", false);
    return o;
}

static struct json *problem_schema(void)
{
    static const char *const texts[] = {
        "type", "title", "detail", "instance", "code", "request_id"
    };
    struct json *o = typed("object"), *all = json_object(), *needed = json_array();

    json_put_str(o, "description",
                 STR("Problem details (RFC 9457) in the language of the request"));
    for (size_t i = 0; i < LEN(texts); i++) {
        json_put(all, texts[i], typed("string"));
        json_add_str(needed, str_c(texts[i]));
    }
    json_put(all, "status", integer_schema(400, 599));
    json_add_str(needed, STR("status"));
    json_put(all, "field", typed("string"));
    json_put(o, "properties", all);
    json_put(o, "required", needed);
    return o;
}

static struct json *parameter(const char *name, const char *in, bool is_needed, const char *help,
                              struct json *schema)
{
    struct json *o = json_object();

    json_put_str(o, "name", str_c(name));
    json_put_str(o, "in", str_c(in));
    json_put_bool(o, "required", is_needed);
    json_put_str(o, "description", str_c(help));
    json_put(o, "schema", schema);
    return o;
}

static void put_path_parameters(struct json *list, const char *path, struct arena *a)
{
    struct str rest = str_c(path), head;

    while (str_next(&rest, '{', &head) && rest.n > 0) {
        const struct str name = str_sub(rest, 0, str_find(rest, '}'));

        json_add(list,
                 parameter(str_cstr(a, name), "path", true, "Of the resource", typed("string")));
    }
}

static struct json *key_schema(void)
{
    struct json *o = typed("string");

    json_put_str(o, "pattern", STR("^[!-~]{1,255}$"));
    return o;
}

static struct json *parameters(const struct api_operation *op, struct arena *a)
{
    const struct api_schema *query = api_schema_find(op->query);
    struct json *list = json_array();

    put_path_parameters(list, op->path, a);
    for (size_t i = 0; query != NULL && i < query->count; i++)
        json_add(list, parameter(query->members[i].name, "query", query->members[i].is_needed,
                                 query->members[i].en, member_schema(&query->members[i], true, a)));
    if (op->once != API_NO)
        json_add(list, parameter("Idempotency-Key", "header", op->once == API_MUST,
                                 "The same key and body get the same answer for seven days",
                                 key_schema()));
    if (op->method == METHOD_GET)
        json_add(list,
                 parameter("If-None-Match", "header", false,
                           "ETag of an answer: 304 when it is still the same", typed("string")));
    return list;
}

static struct json *content(const char *type, struct json *schema)
{
    struct json *o = json_object(), *one = json_object();

    json_put(one, "schema", schema);
    json_put(o, type, one);
    return o;
}

/* A body in its own form: JSON, or a file. */
static struct json *body_content(const char *schema, struct arena *a)
{
    const char *type = api_file_type(schema);

    return content(type != NULL ? type : "application/json", ref(a, "schemas", schema));
}

static struct json *answers(const struct api_operation *op, struct arena *a)
{
    struct json *o = json_object(), *good = json_object();

    json_put_str(good, "description", str_c(op->en));
    json_put(good, "content", body_content(op->response, a));
    json_put(o, str_cstr(a, str_i64(a, op->status)), good);
    if (op->method == METHOD_GET && !str_is(str_c(op->scope), "")) {
        struct json *same = json_object();

        json_put_str(same, "description", STR("Not changed since the given ETag"));
        json_put(o, "304", same);
    }
    json_put(o, "default", ref(a, "responses", "Problem"));
    return o;
}

static struct json *security(const char *scope)
{
    struct json *list = json_array();

    if (scope[0] != '\0') {
        struct json *one = json_object(), *scopes = json_array();

        json_add_str(scopes, str_c(scope));
        json_put(one, "oauth2", scopes);
        json_add(list, one);
    }
    return list;
}

static struct json *operation_json(const struct api_operation *op, struct arena *a)
{
    struct json *o = json_object(), *body;

    json_put_str(o, "operationId", str_c(op->id));
    json_put_str(o, "summary", str_c(op->en));
    json_put(o, "security", security(op->scope));
    json_put(o, "parameters", parameters(op, a));
    if (api_schema_find(op->request) != NULL) {
        body = json_object();
        json_put_bool(body, "required", !str_is(str_c(op->request), "nothing"));
        json_put(body, "content", body_content(op->request, a));
        json_put(o, "requestBody", body);
    }
    json_put(o, "responses", answers(op, a));
    return o;
}

static struct json *missing_json(const struct route_row *row)
{
    struct json *o = json_object(), *all = json_object(), *any = json_object();

    json_put_str(any, "description", STR("Not described yet"));
    json_put(all, "default", any);
    json_put_str(o, "summary", str_c(row->purpose));
    json_put_bool(o, "x-missing", true);
    json_put(o, "responses", all);
    return o;
}

static void path_put(struct json *paths, const char *name, enum method method, struct json *what,
                     struct arena *a)
{
    struct json *path = json_member(paths, name);

    if (path == NULL) {
        path = json_object();
        json_put(paths, name, path);
    }
    json_put(path, str_cstr(a, str_lower(a, str_c(method_name(method)))), what);
}

static struct json *paths_json(struct arena *a)
{
    struct json *paths = json_object();
    const struct api_operation *ops;
    const struct route *routes;
    size_t n, count;

    ops = api_operations(&count);
    routes = routes_all(&n);
    for (size_t i = 0; i < n; i++) {
        const struct route_row *row = routes[i].own;

        if (!openapi_has(row))
            continue;
        if (api_operation_find(row->method, row->path) == NULL)
            path_put(paths, row->path, row->method, missing_json(row), a);
        for (size_t k = 0; k < count; k++)
            if (api_is_of_route(&ops[k], row->method, row->path))
                path_put(paths, ops[k].path, row->method, operation_json(&ops[k], a), a);
    }
    return paths;
}

static struct json *scopes_json(void)
{
    struct json *o = json_object();
    const struct api_operation *ops;
    size_t n;

    ops = api_operations(&n);
    for (size_t i = 0; i < n; i++)
        if (ops[i].scope[0] != '\0' && json_member(o, ops[i].scope) == NULL)
            json_put_str(o, ops[i].scope, str_c(ops[i].en));
    return o;
}

static struct json *security_json(struct arena *a, struct str issuer)
{
    struct json *o = json_object(), *scheme = typed("oauth2"), *flows = json_object(),
                *flow = json_object();

    json_put_str(flow, "tokenUrl", str_cat(a, issuer, STR("/token")));
    json_put(flow, "scopes", scopes_json());
    json_put(flows, "clientCredentials", flow);
    json_put(scheme, "flows", flows);
    json_put(o, "oauth2", scheme);
    return o;
}

static struct json *components_json(struct arena *a, struct str issuer)
{
    struct json *o = json_object(), *all = json_object(), *responses = json_object(),
                *problem = json_object();
    const struct api_schema *s;
    size_t n;

    s = api_schemas(&n);
    for (size_t i = 0; i < n; i++)
        json_put(all, s[i].name, schema_json(&s[i], a));
    json_put(all, "problem", problem_schema());
    json_put_str(problem, "description", STR("What is wrong; `type` leads to its explanation"));
    json_put(problem, "content", content("application/problem+json", ref(a, "schemas", "problem")));
    json_put(responses, "Problem", problem);
    json_put(o, "schemas", all);
    json_put(o, "responses", responses);
    json_put(o, "securitySchemes", security_json(a, issuer));
    return o;
}

struct json *openapi_json(struct arena *a, struct str issuer)
{
    struct json *o = json_object(), *info = json_object(), *servers = json_array(),
                *server = json_object();

    json_put_str(o, "openapi", STR("3.1.0"));
    json_put_str(info, "title", STR("motcua: fees, payments, receipts"));
    json_put_str(info, "version", STR("1"));
    json_put_str(info, "description",
                 STR("Times are RFC 3339 at +07:00; money is in dong. Lists go newest first by "
                     "cursor. Errors are problem details (RFC 9457)."));
    json_put(o, "info", info);
    json_put_str(server, "url", issuer);
    json_add(servers, server);
    json_put(o, "servers", servers);
    json_put(o, "paths", paths_json(a));
    json_put(o, "components", components_json(a, issuer));
    return o;
}

/* GET /v1/openapi.json */
result api_openapi(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq;
    (void)e;
    view_json(c, rs, 200, openapi_json(c->arena, c->app->conf.service.issuer));
    return OK;
}
