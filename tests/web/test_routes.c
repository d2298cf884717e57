#include "web/route_row.h"

#include <stdio.h>

#include "base/json.h"
#include "tests/test.h"

static struct str read_file(const char *path)
{
    struct buf b = buf_make(test_arena(), 1 << 22);
    char part[4096];
    size_t n;
    FILE *f =
        fopen(str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_source(), path)), "rb");

    check(f != NULL);
    while ((n = fread(part, 1, sizeof(part), f)) > 0)
        buf_put(&b, str_of(part, n));
    (void)fclose(f);
    return buf_str(&b);
}

TEST(the_committed_page_of_routes_is_the_table)
{
    struct buf b = buf_make(test_arena(), 1 << 20);

    routes_print(&b);
    check_same(read_file("docs/routes.md"), buf_str(&b));
}

TEST(the_table_is_one_that_the_router_takes)
{
    struct route_table *table;
    struct err e;
    size_t n;
    const struct route *routes = routes_all(&n);

    check_ok(route_table_open(routes, n, &table, &e), e);
    route_table_close(&table);
}

TEST(whatever_changes_something_in_a_browser_needs_the_forms_token)
{
    size_t n;
    const struct route *routes = routes_all(&n);

    for (size_t i = 0; i < n; i++) {
        const struct route_row *row = routes[i].own;
        const bool is_protocol = str_is(str_c(row->path), "/authorize") ||
                                 str_is(str_c(row->path), "/logout"); /* decide by themselves */

        if (row->method == METHOD_POST && row->face == FACE_PAGE && !is_protocol)
            check(row->csrf != CSRF_NONE);
        if (row->csrf != CSRF_NONE)
            check(row->method == METHOD_POST && routes[i].body_bytes_max > 0);
    }
}

TEST(what_waits_on_national_systems_is_not_in_the_fast_pool)
{
    static const char *const slow[] = { "/login/vneid/start",
                                        "/login/vneid/callback",
                                        "/pay/{token}/start",
                                        "/pay/{token}/return",
                                        "/DvcPayment/Confirm",
                                        "/finance/{date}/fetch",
                                        "/logout",
                                        "/signed-out",
                                        "/sign-out" };
    size_t n;
    const struct route *routes = routes_all(&n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < LEN(slow); k++)
            if (routes[i].method != METHOD_OPTIONS && str_is(str_c(routes[i].pattern), slow[k]))
                check_int(routes[i].pool, ROUTE_SLOW);
}

/* Who calls there proves it to caller_check(), which may fetch keys from the caller's own host. */
TEST(what_asks_a_client_for_its_proof_is_not_in_the_fast_pool)
{
    size_t n, found = 0;
    const struct route *routes = routes_all(&n);

    for (size_t i = 0; i < n; i++) {
        const struct route_row *row = routes[i].own;

        if (row->face != FACE_OAUTH || row->method != METHOD_POST || row->who != WHO_ANYONE)
            continue;
        check(routes[i].pool == ROUTE_SLOW || routes[i].pool == ROUTE_NEAR);
        found++;
    }
    check(found >= 7);
}

/* Two addresses of one handler wait for the same. */
TEST(a_handler_is_in_the_same_pool_at_each_of_its_addresses)
{
    static const char *const pairs[][2] = {
        { "/authorize", "/oauth2/authorize" },
        { "/token", "/oauth2/token" },
        { "/userinfo", "/oauth2/userinfo" },
    };
    size_t n;
    const struct route *routes = routes_all(&n);

    for (size_t p = 0; p < LEN(pairs); p++)
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < n; k++)
                if (str_is(str_c(routes[i].pattern), pairs[p][0]) &&
                    str_is(str_c(routes[k].pattern), pairs[p][1]) &&
                    routes[i].method == routes[k].method)
                    check_int(routes[k].pool, routes[i].pool);
}
