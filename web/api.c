/*
 * The table of /v1, and whether values are as it says. Attacker: a client that sends what nobody
 * asked for. Promised: a body or query that passes has no member that is not listed, and each of
 * the listed kind and size; an answer that leaves tells no member that is not listed either.
 */
#include "web/api.h"

#include "auth/client.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "web/input.h"
#include "web/view.h"

#define MAP_NAME_BYTES  40
#define MAP_VALUE_BYTES 500
#define MAP_LETTERS     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#define WORD_BYTES      64
#define TIME_BYTES      40

#define OPERATION(method, path, id, scope, query, request, status, response, once, en, vi)
#define SCHEMA(name, en, vi) static const struct api_member members_##name[] = { { 0 },
#define MEMBER(name, kind, need, least, most, of, en, vi)                                          \
    { #name, API_##kind, API_##need == API_MUST, least, most, of, en, vi },
#define END(name)                                                                                  \
    }                                                                                              \
    ;
#include "web/api.def"
#undef SCHEMA
#undef MEMBER
#undef END

static const struct api_schema schemas[] = {
#define SCHEMA(name, en, vi) { #name, en, vi, members_##name + 1, LEN(members_##name) - 1 },
#define MEMBER(name, kind, need, least, most, of, en, vi)
#define END(name)
#include "web/api.def"
#undef SCHEMA
#undef MEMBER
#undef END
#undef OPERATION
};

static const struct api_operation operations[] = {
#define SCHEMA(name, en, vi)
#define MEMBER(name, kind, need, least, most, of, en, vi)
#define END(name)
#define OPERATION(method, path, id, scope, query, request, status, response, once, en, vi)         \
    { METHOD_##method, path, #id, scope, #query, #request, #response, status, API_##once, en, vi },
#include "web/api.def"
#undef SCHEMA
#undef MEMBER
#undef END
#undef OPERATION
};

const struct api_schema *api_schemas(size_t *count)
{
    *count = LEN(schemas);
    return schemas;
}

const struct api_operation *api_operations(size_t *count)
{
    *count = LEN(operations);
    return operations;
}

const struct api_schema *api_schema_find(const char *name)
{
    for (size_t i = 0; i < LEN(schemas); i++)
        if (str_is(str_c(name), schemas[i].name))
            return &schemas[i];
    return NULL;
}

const struct api_operation *api_operation_find(enum method method, const char *path)
{
    for (size_t i = 0; i < LEN(operations); i++)
        if (operations[i].method == method && str_is(str_c(path), operations[i].path))
            return &operations[i];
    return NULL;
}

bool api_is_of_route(const struct api_operation *op, enum method method, const char *path)
{
    const struct str whole = str_c(op->path), tail = str_sub(whole, whole.n - 4, whole.n);
    const bool is_file = str_is(tail, ".pdf") || str_is(tail, ".xml");

    return op->method == method && str_is(is_file ? str_sub(whole, 0, whole.n - 4) : whole, path);
}

const char *api_file_type(const char *schema)
{
    static const char *const types[][2] = { { "bytes", "application/octet-stream" },
                                            { "pdf", "application/pdf" },
                                            { "xml", "application/xml" } };

    for (size_t i = 0; i < LEN(types); i++)
        if (str_is(str_c(schema), types[i][0]))
            return types[i][1];
    return NULL;
}

static result bad(const struct api_member *m, const char *why, struct err *e)
{
    return fail_field(e, ERR_INVALID, m->name, "%s: %s", m->name, why);
}

static result check_text(const struct api_member *m, struct str text, struct err *e)
{
    if ((int64_t)text.n < m->least || (m->most > 0 && (int64_t)text.n > m->most))
        return bad(m, "too short or too long", e);
    return utf8_is_text(text) ? OK : bad(m, "not a line of text", e);
}

static result check_choice(const struct api_member *m, struct str text, struct err *e)
{
    struct str words = str_c(m->of), word;

    while (str_next(&words, '|', &word))
        if (str_eq(word, text))
            return OK;
    return bad(m, "none of the words", e);
}

static result check_time(const struct api_member *m, struct str text, struct err *e)
{
    int64_t ms;

    return text.n <= TIME_BYTES && clock_read_rfc3339(text, &ms) ? OK : bad(m, "not a time", e);
}

/* The kinds that are texts, and those that a query writes as text. */
static result check_word(const struct api_member *m, struct str text, struct err *e)
{
    struct date day;
    int64_t n;

    switch (m->kind) {
    case API_DATE:
        return input_date(text, m->name, &day, e);
    case API_TIME:
        return check_time(m, text, e);
    case API_CHOICE:
        return check_choice(m, text, e);
    case API_INT:
        if (!str_to_i64(text, &n) || n < m->least || (m->most > 0 && n > m->most))
            return bad(m, "not a number, or out of range", e);
        return OK;
    case API_MONEY:
        if (money_read_wire(text, &n, NULL).failed || n > MONEY_MAX_VND)
            return bad(m, "not an amount", e);
        return OK;
    default:
        return check_text(m, text, e);
    }
}

bool api_money(const struct json *v, int64_t *out)
{
    struct str text;

    if (json_str(v, &text))
        return !money_read_wire(text, out, NULL).failed && *out <= MONEY_MAX_VND;
    return json_int(v, out) && *out >= 0 && *out <= MONEY_MAX_VND;
}

struct str api_text(const struct json *o, const char *name)
{
    struct str s;

    return json_str(json_member(o, name), &s) ? s : STR("");
}

void api_put_text(struct json *o, const char *name, struct str text)
{
    if (text.n > 0)
        json_put_str(o, name, text);
}

void api_put_time(const struct ctx *c, struct json *o, const char *name, int64_t at_ms)
{
    if (at_ms > 0)
        json_put_str(o, name, clock_rfc3339(c->arena, at_ms));
}

static result check_number(const struct api_member *m, const struct json *v, bool is_answer,
                           struct err *e)
{
    const bool is_money = m->kind == API_MONEY;
    struct str text;
    int64_t n;

    if (is_money && !(is_answer && json_str(v, &text)))
        return api_money(v, &n) ? OK : bad(m, "not an amount", e);
    if (!json_int(v, &n) || n < m->least || (m->most > 0 && n > m->most))
        return bad(m, "not a number, or out of range", e);
    return OK;
}

static result check_map(const struct api_member *m, const struct json *v, struct err *e)
{
    struct json *one;
    struct str name, text;
    size_t i = 0;

    if (!json_is_object(v))
        return bad(m, "not an object", e);
    for (; json_each(v, i, &name, &one); i++) {
        if (name.n < 1 || name.n > MAP_NAME_BYTES || !str_all_in(name, MAP_LETTERS))
            return bad(m, "a name of other letters, or too long", e);
        if (!json_str(one, &text) || text.n > MAP_VALUE_BYTES || !utf8_is_text(text))
            return bad(m, "a value that is no text, or too long", e);
    }
    return m->most > 0 && (int64_t)i > m->most ? bad(m, "too many", e) : OK;
}

static result check_list(const struct api_member *m, const struct json *v, bool is_answer,
                         struct err *e)
{
    struct str text;

    if (!json_is_array(v) || (m->most > 0 && (int64_t)json_count(v) > m->most))
        return bad(m, "not a list, or too long", e);
    for (size_t i = 0; i < json_count(v); i++) {
        const struct json *one = json_at(v, i);

        if (m->kind == API_WORDS && (!json_str(one, &text) || (!is_answer && text.n > WORD_BYTES)))
            return bad(m, "not a list of texts", e);
        if (m->kind == API_LIST && !json_is_object(one))
            return bad(m, "an item is not an object", e);
        if (m->kind == API_LIST)
            TRY(api_check(api_schema_find(m->of), one, is_answer, e));
    }
    return OK;
}

static result check_member(const struct api_member *m, const struct json *v, bool is_answer,
                           struct err *e)
{
    struct str text;
    bool flag;

    switch (m->kind) {
    case API_INT:
    case API_MONEY:
        return check_number(m, v, is_answer, e);
    case API_BOOL:
        return json_bool(v, &flag) ? OK : bad(m, "neither true nor false", e);
    case API_OBJECT:
        if (!json_is_object(v))
            return bad(m, "not an object", e);
        return api_check(api_schema_find(m->of), v, is_answer, e);
    case API_LIST:
    case API_WORDS:
        return check_list(m, v, is_answer, e);
    case API_MAP:
        return check_map(m, v, e);
    default:
        return json_str(v, &text) ? check_word(m, text, e) : bad(m, "not a text", e);
    }
}

static const struct api_member *member_find(const struct api_schema *s, struct str name)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_is(name, s->members[i].name))
            return &s->members[i];
    return NULL;
}

static result unknown(struct str name, struct err *e)
{
    char field[48];
    const size_t n = name.n < sizeof(field) - 1 ? name.n : sizeof(field) - 1;

    for (size_t i = 0; i < n; i++)
        field[i] = name.p[i] > ' ' && name.p[i] < 0x7f ? name.p[i] : '?';
    field[n] = '\0';
    return fail_field(e, ERR_UNKNOWN_FIELD, field, "not a member");
}

result api_check(const struct api_schema *s, const struct json *value, bool is_answer,
                 struct err *e)
{
    struct json *one;
    struct str name;

    must(s != NULL);
    if (!json_is_object(value))
        return fail(e, ERR_MALFORMED, "not an object");
    for (size_t i = 0; json_each(value, i, &name, &one); i++)
        if (member_find(s, name) == NULL)
            return unknown(name, e);
    for (size_t i = 0; i < s->count; i++) {
        const struct json *v = json_member(value, s->members[i].name);

        if (v != NULL)
            TRY(check_member(&s->members[i], v, is_answer, e));
        else if (s->members[i].is_needed)
            return bad(&s->members[i], "missing", e);
    }
    return OK;
}

static result operation_of(const struct ctx *c, const struct api_operation **out, struct err *e)
{
    *out = api_operation_find(c->row->method, c->row->path);
    return *out != NULL
               ? OK
               : fail(e, ERR_INTERNAL, "web/api.def has no OPERATION for %s", c->row->path);
}

result api_may(const struct ctx *c, struct err *e)
{
    const struct api_operation *op;

    TRY(operation_of(c, &op, e));
    return access_need_scope(&c->access, op->scope, e);
}

static result client_of(struct ctx *c, struct str agency_id, bool *may, struct err *e)
{
    struct client client;

    TRY(client_load(&c->app->auth, c->arena, c->access.client_id, &client, e));
    *may = client_may_agency(&client, agency_id);
    return OK;
}

result api_agency(struct ctx *c, struct str agency_id, struct err *e)
{
    bool may;

    TRY(client_of(c, agency_id, &may, e));
    return may ? OK : fail_field(e, ERR_FORBIDDEN, "agency_id", "not registered for this agency");
}

result api_see(struct ctx *c, struct str agency_id, struct err *e)
{
    bool may;

    TRY(client_of(c, agency_id, &may, e));
    return may ? OK : fail(e, ERR_NOT_FOUND, "of another agency");
}

struct proposal_actor api_actor(const struct ctx *c)
{
    return (struct proposal_actor){ .name = str_cat(c->arena, STR("client:"), c->access.client_id),
                                    .limit_vnd = c->app->conf.payments.approve_approver_vnd,
                                    .request_id = c->visit.request_id,
                                    .ip = c->visit.ip };
}

static bool is_json(const struct request *rq)
{
    const struct str type = request_header(rq, "Content-Type");

    return str_eq_nocase(str_trim(str_sub(type, 0, str_find(type, ';'))), STR("application/json"));
}

result api_body(const struct ctx *c, const struct request *rq, struct json **body, struct err *e)
{
    const struct api_operation *op;

    TRY(operation_of(c, &op, e));
    if (rq->body.n == 0 && str_is(str_c(op->request), "nothing")) {
        *body = json_object();
        return OK;
    }
    if (!is_json(rq))
        return fail(e, ERR_MEDIA_TYPE, "not application/json");
    TRY(json_read(rq->body, body, e));
    return api_check(api_schema_find(op->request), *body, false, e);
}

result api_query(const struct ctx *c, const struct request *rq, struct form *out, struct err *e)
{
    const struct api_operation *op;
    const struct api_schema *s;

    TRY(operation_of(c, &op, e));
    s = api_schema_find(op->query);
    must(s != NULL);
    TRY(form_query(rq, out, e));
    for (size_t i = 0; i < out->count; i++) {
        const struct api_member *m = member_find(s, out->fields[i].name);

        if (m == NULL)
            return unknown(out->fields[i].name, e);
        if (out->fields[i].value.n > 0)
            TRY(check_word(m, out->fields[i].value, e));
    }
    return OK;
}

int64_t api_time_ms(const struct form *query, const char *name, int64_t otherwise)
{
    int64_t ms;

    return clock_read_rfc3339(form_get(query, name), &ms) ? ms : otherwise;
}

int64_t api_money_of(const struct form *query, const char *name, int64_t otherwise)
{
    int64_t vnd;

    return money_read_wire(form_get(query, name), &vnd, NULL).failed ? otherwise : vnd;
}

/* What leaves is as the document says. The name of the member goes to the log, not to the client.
 */
static result answer_check(const struct api_operation *op, const struct json *body, struct err *e)
{
    struct err why = { .code = ERR_NONE };

    if (!api_check(api_schema_find(op->response), body, true, &why).failed)
        return OK;
    return fail(e, ERR_INTERNAL, "answer of %s: %s, %s", op->id, why.field, why.detail);
}

result api_reply(const struct ctx *c, struct json *body, struct arena *a,
                 struct idempotency_reply *out, struct err *e)
{
    DEFER(json_close) struct json *taken = body;
    const struct api_operation *op;

    TRY(operation_of(c, &op, e));
    TRY(answer_check(op, taken, e));
    out->status = op->status;
    out->body = json_print(a, taken);
    return OK;
}
