#include "http/route.h"

#include "http/request.h"
#include "tests/test.h"

static const struct route routes[] = {
    { METHOD_GET, "/", ROUTE_INLINE, 0, "home" },
    { METHOD_GET, "/pay/{token}", ROUTE_FAST, 0, "pay" },
    { METHOD_POST, "/pay/{token}/start", ROUTE_SLOW, 10, "start" },
    { METHOD_GET, "/pay/done", ROUTE_FAST, 0, "done" },
    { METHOD_POST, "/pay/{other}", ROUTE_FAST, 10, "post" },
    { METHOD_GET, "/{x}/{y}/z", ROUTE_FAST, 0, "xyz" },
    { METHOD_GET, "/a/{y}/z", ROUTE_FAST, 0, "ayz" },
    { METHOD_GET, "/a/b/{z}", ROUTE_FAST, 0, "abz" },
    { METHOD_GET, "/dir/", ROUTE_FAST, 0, "never" },
};

static struct err e;

static result open_one(const char *pattern)
{
    const struct route r = { METHOD_GET, pattern, ROUTE_FAST, 0, NULL };
    struct route_table *t = NULL;
    const result out = route_table_open(&r, 1, &t, &e);

    route_table_close(&t);
    return out;
}

TEST(bad_patterns_refuse_to_start)
{
    static const char *const bad[] = { "",
                                       "pay",
                                       "/a//b",
                                       "/a/",
                                       "/{}",
                                       "/{a",
                                       "/a}",
                                       "/a{b}",
                                       "/{a}b",
                                       "/./a",
                                       "/a/..",
                                       "/{a}{b}",
                                       "/1/2/3/4/5/6/7/8/9/10/11/12/13",
                                       "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}" };

    for (size_t i = 0; i < LEN(bad); i++)
        check_fails(open_one(bad[i]), e, ERR_CONFIG);
    check_ok(open_one("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}"), e);
}

TEST(repeated_routes_refuse_to_start)
{
    const struct route twice[] = { { METHOD_GET, "/a/{x}", ROUTE_FAST, 0, NULL },
                                   { METHOD_GET, "/a/{y}", ROUTE_FAST, 0, NULL } };
    const struct route head[] = { { METHOD_HEAD, "/a", ROUTE_FAST, 0, NULL } };
    struct route_table *t = NULL;

    check_fails(route_table_open(twice, 2, &t, &e), e, ERR_CONFIG);
    check_fails(route_table_open(head, 1, &t, &e), e, ERR_CONFIG); /* GET's handler answers it */
}

struct ask {
    enum method method;
    const char *path;
    enum err_code code;
    const char *found; /* own, or Allow with ERR_METHOD */
    const char *param; /* the first's value */
};

TEST(each_path_finds_its_route)
{
    static const struct ask asks[] = {
        { METHOD_GET, "/", ERR_NONE, "home", "" },
        { METHOD_HEAD, "/", ERR_NONE, "home", "" },
        { METHOD_GET, "/pay/abc", ERR_NONE, "pay", "abc" },
        { METHOD_GET, "/pay/done", ERR_NONE, "done", "" },
        { METHOD_POST, "/pay/abc", ERR_NONE, "post", "abc" },
        { METHOD_GET, "/pay/a%2Fb%20c", ERR_NONE, "pay", "a/b c" },
        { METHOD_GET, "/pay/%c4%91", ERR_NONE, "pay", "\xc4\x91" },
        { METHOD_POST, "/pay/x/start", ERR_NONE, "start", "x" },
        { METHOD_GET, "/a/b/z", ERR_NONE, "abz", "z" },
        { METHOD_GET, "/a/q/z", ERR_NONE, "ayz", "q" },
        { METHOD_GET, "/q/b/z", ERR_NONE, "xyz", "q" },
        { METHOD_GET, "", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "pay/abc", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "//", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay//start", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "//pay/abc", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/.", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/..", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/abc/", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/PAY/abc", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/%", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/%zz", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/%00", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/%0a", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/pay/%ff", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/p%61y/abc", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14", ERR_NOT_FOUND, NULL, NULL },
        { METHOD_DELETE, "/pay/abc", ERR_METHOD, "GET, HEAD, POST", NULL },
        { METHOD_GET, "/pay/x/start", ERR_METHOD, "POST", NULL },
        { METHOD_POST, "/pay/done", ERR_METHOD, "GET, HEAD", NULL },
        { METHOD_OPTIONS, "/", ERR_METHOD, "GET, HEAD", NULL },
    };
    struct route_table *t = NULL;

    check_ok(route_table_open(routes, LEN(routes) - 1, &t, &e), e);
    for (size_t i = 0; i < LEN(asks); i++) {
        struct request rq = { .arena = test_arena(),
                              .method = asks[i].method,
                              .path = str_c(asks[i].path) };
        const struct route *found = NULL;
        struct str allow = STR("");
        const bool failed = route_find(t, &rq, &found, &allow, &e).failed;

        if (failed != (asks[i].code != ERR_NONE) || (failed && e.code != asks[i].code))
            test_fail(__FILE__, __LINE__, "%s", asks[i].path);
        if (asks[i].code == ERR_METHOD)
            check_str(allow, asks[i].found);
        if (failed)
            continue;
        check_str(str_c(found->own), asks[i].found);
        check_str(rq.param_count > 0 ? rq.params[0].value : STR(""), asks[i].param);
    }
    route_table_close(&t);
}

TEST(parameters_bear_the_names_of_their_own_route)
{
    struct request rq = { .arena = test_arena(), .method = METHOD_POST, .path = STR("/pay/7") };
    const struct route *found;
    struct route_table *t = NULL;
    struct str allow;

    check_ok(route_table_open(routes, LEN(routes) - 1, &t, &e), e);
    check_ok(route_find(t, &rq, &found, &allow, &e), e);
    check_str(request_param(&rq, "other"), "7");
    check_str(request_param(&rq, "token"), "");
    route_table_close(&t);
}

TEST(methods_are_named_exactly)
{
    enum method m;

    check(!method_find(STR("get"), &m));
    check(!method_find(STR("PATCH"), &m));
    check(!method_find(STR(""), &m));
    for (int i = 0; i < METHOD_COUNT; i++) {
        check(method_find(str_c(method_name((enum method)i)), &m));
        check_int(m, i);
    }
}
