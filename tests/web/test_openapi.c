/* The document of /v1 and the tables it is made of. */
#include "web/openapi.h"

#include <stdio.h>

#include "base/json.h"
#include "tests/test.h"
#include "web/api.h"

/* Whoever adds a route of /v1 reads here what is still to be written. */
TEST(every_route_of_the_interface_has_its_operation)
{
    const struct route *routes;
    size_t n, missing = 0;

    routes = routes_all(&n);
    for (size_t i = 0; i < n; i++) {
        const struct route_row *row = routes[i].own;

        if (!openapi_has(row) || api_operation_find(row->method, row->path) != NULL)
            continue;
        (void)fprintf(
            stderr,
            "%s %s: web/api.def has no OPERATION for it. Add one with its SCHEMAs, and use "
            "api_may, api_body or api_query, and api_send (web/api.h) in its handler.\n",
            method_name(row->method), row->path);
        missing++;
    }
    check_int(missing, 0);
}

TEST(every_operation_has_its_route)
{
    const struct api_operation *ops;
    const struct route *routes;
    size_t n, m;

    ops = api_operations(&n);
    routes = routes_all(&m);
    for (size_t i = 0; i < n; i++) {
        const struct route_row *row = NULL;

        for (size_t k = 0; k < m; k++) {
            const struct route_row *one = routes[k].own;

            if (api_is_of_route(&ops[i], one->method, one->path))
                row = one;
        }
        check(row != NULL && openapi_has(row));
        check((row->who == WHO_CLIENT) == (ops[i].scope[0] != '\0'));
        check(ops[i].once == API_NO || ops[i].method == METHOD_POST);
    }
}

static void schema_check(const char *name)
{
    if (!str_is(str_c(name), "none"))
        check(api_schema_find(name) != NULL);
}

TEST(every_schema_that_is_named_exists_once)
{
    const struct api_operation *ops;
    const struct api_schema *s;
    size_t n;

    ops = api_operations(&n);
    for (size_t i = 0; i < n; i++) {
        schema_check(ops[i].query);
        schema_check(ops[i].request);
        schema_check(ops[i].response);
        for (size_t k = 0; k < i; k++)
            check(!str_is(str_c(ops[i].id), ops[k].id));
    }
    s = api_schemas(&n);
    for (size_t i = 0; i < n; i++) {
        check(api_schema_find(s[i].name) == &s[i]);
        for (size_t k = 0; k < s[i].count; k++) {
            const struct api_member *m = &s[i].members[k];

            check(m->en[0] != '\0' && m->vi[0] != '\0');
            if (m->kind == API_OBJECT || m->kind == API_LIST)
                check(api_schema_find(m->of) != NULL);
        }
    }
}

static result check_text(const char *schema, const char *text, bool is_answer, struct err *e)
{
    DEFER(json_close) struct json *v = NULL;

    check_ok(json_read(str_c(text), &v, e), *e);
    return api_check(api_schema_find(schema), v, is_answer, e);
}

TEST(a_value_that_is_not_as_described_is_refused_by_its_name)
{
    static const struct {
        const char *schema, *text;
        enum err_code code;
        const char *field;
    } cases[] = {
        { "payment_item", "{}", ERR_INVALID, "fee" },
        { "payment_item", "{\"fee\":null}", ERR_INVALID, "fee" },
        { "payment_item", "{\"fee\":7}", ERR_INVALID, "fee" },
        { "payment_item", "{\"fee\":\"\"}", ERR_INVALID, "fee" },
        { "payment_item", "{\"fee\":\"a\",\"more\":1}", ERR_UNKNOWN_FIELD, "more" },
        { "payment_item", "{\"fee\":\"a\",\"quantity\":0}", ERR_INVALID, "quantity" },
        { "payment_item", "{\"fee\":\"a\",\"quantity\":\"1\"}", ERR_INVALID, "quantity" },
        { "payment_item", "{\"fee\":\"a\",\"quantity\":1.5}", ERR_INVALID, "quantity" },
        { "payment_item", "{\"fee\":\"a\",\"base_vnd\":-1}", ERR_INVALID, "base_vnd" },
        { "payment_item", "{\"fee\":\"a\",\"base_vnd\":9007199254740992}", ERR_INVALID,
          "base_vnd" },
        { "payment_item", "{\"fee\":\"a\",\"base_vnd\":\"1e3\"}", ERR_INVALID, "base_vnd" },
        { "payment_item", "{\"fee\":\"a\",\"base_vnd\":\"007\"}", ERR_INVALID, "base_vnd" },
        { "payment_item", "{\"fee\":\"a\",\"event_on\":\"2026-02-30\"}", ERR_INVALID, "event_on" },
        { "payment_item", "{\"fee\":\"a\",\"area\":\"moon\"}", ERR_INVALID, "area" },
        { "payment_query", "{\"created_from\":\"yesterday\"}", ERR_INVALID, "created_from" },
        { "webhook_request", "{\"url\":\"https://a/\",\"events\":[1]}", ERR_INVALID, "events" },
    };
    struct err e;

    for (size_t i = 0; i < LEN(cases); i++) {
        check_fails(check_text(cases[i].schema, cases[i].text, false, &e), e, cases[i].code);
        check_str(str_c(e.field), cases[i].field);
    }
}

TEST(money_is_a_number_or_digits_in_a_request_and_a_number_in_an_answer)
{
    static const char number[] = "{\"fee\":\"a\",\"base_vnd\":9007199254740991}";
    static const char digits[] = "{\"fee\":\"a\",\"base_vnd\":\"9007199254740991\"}";
    struct err e;

    check_ok(check_text("payment_item", number, false, &e), e);
    check_ok(check_text("payment_item", digits, false, &e), e);
    check_ok(check_text("payment_item", number, true, &e), e);
    check_fails(check_text("payment_item", digits, true, &e), e, ERR_INVALID);
}

TEST(metadata_is_a_bounded_map_of_texts)
{
    static const char head[] = "{\"reference\":\"r\",\"agency_id\":\"a\",\"procedure\":\"p\","
                               "\"metadata\":";
    static const char *const bad[] = { "[]}", "{\"a\":1}}", "{\"a b\":\"c\"}}", "{\"\":\"c\"}}" };
    struct arena *a = test_arena();
    struct str many = STR("{\"k0\":\"v\"");
    struct err e;

    for (size_t i = 0; i < LEN(bad); i++) {
        check_fails(check_text("payment_request",
                               str_cstr(a, str_cat(a, str_c(head), str_c(bad[i]))), false, &e),
                    e, ERR_INVALID);
        check_str(str_c(e.field), "metadata");
    }
    for (int i = 1; i < 20; i++)
        many = str_fmt(a, "%.*s,\"k%d\":\"v\"", STR_ARG(many), i);
    check_ok(check_text("payment_request", str_cstr(a, str_fmt(a, "%s%.*s}}", head, STR_ARG(many))),
                        false, &e),
             e);
    check_fails(check_text("payment_request",
                           str_cstr(a, str_fmt(a, "%s%.*s,\"k\":\"v\"}}", head, STR_ARG(many))),
                           false, &e),
                e, ERR_INVALID);
}
