#include "http/response.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

static struct response new_response(void)
{
    return (struct response){ .arena = test_arena() };
}

static struct str header(const struct response *rs, const char *name)
{
    for (size_t i = 0; i < rs->header_count; i++)
        if (str_eq_nocase(str_c(rs->headers[i].name), str_c(name)))
            return rs->headers[i].value;
    return STR("(none)");
}

static void with_line_end(void)
{
    struct response rs = new_response();

    response_header(&rs, "Location", STR("/a\r\nSet-Cookie: b=c"));
}

static void with_odd_cookie(void)
{
    struct response rs = new_response();
    const struct cookie_out c = { .name = "a", .value = STR("b; Domain=x") };

    response_cookie(&rs, &c);
}

static bool stops(void (*fn)(void))
{
    const pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        (void)close(2);
        fn();
        _exit(0);
    }
    check(waitpid(pid, &status, 0) == pid);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

TEST(a_header_with_a_line_end_stops_the_process)
{
    check(stops(with_line_end));
    check(stops(with_odd_cookie));
}

TEST(bodies_and_redirects_set_their_headers_once)
{
    struct response rs = new_response();

    response_body(&rs, 200, "text/plain", STR("a"));
    response_body(&rs, 201, "text/html", STR("b"));
    check_int(rs.status, 201);
    check_int(rs.header_count, 1);
    check_str(header(&rs, "content-type"), "text/html");
    response_redirect(&rs, STR("/next"));
    check_int(rs.status, 303);
    check_str(header(&rs, "Location"), "/next");
    check_int(rs.body.n, 0);
}

TEST(setting_replaces_and_adding_repeats)
{
    struct response rs = new_response();

    response_header(&rs, "X-A", STR("1"));
    response_header(&rs, "X-B", STR("2"));
    response_header(&rs, "x-a", STR("3"));
    check_int(rs.header_count, 3);
    response_header_set(&rs, "X-A", STR("4"));
    check_int(rs.header_count, 2);
    check_str(header(&rs, "x-a"), "4");
    check_str(header(&rs, "x-b"), "2");
}

TEST(cookies_are_always_http_only)
{
    static const struct {
        struct cookie_out c;
        const char *line;
    } cases[] = {
        { { .name = "__Host-s", .value = { "v", 1 }, .secure = true },
          "__Host-s=v; Path=/; HttpOnly; Secure; SameSite=Lax" },
        { { .name = "s", .value = { "v", 1 }, .max_age_s = 60, .strict = true, .path = "/staff" },
          "s=v; Path=/staff; Max-Age=60; HttpOnly; SameSite=Strict" },
        { { .name = "s", .value = { "", 0 }, .max_age_s = -1 },
          "s=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct response rs = new_response();

        response_cookie(&rs, &cases[i].c);
        check_str(header(&rs, "Set-Cookie"), cases[i].line);
    }
}
