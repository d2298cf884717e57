#include "http/request.h"

#include "tests/test.h"

static struct request with(const char *name, const char *value)
{
    return (struct request){ .arena = test_arena(),
                             .headers = { { str_c(name), str_c(value) } },
                             .header_count = 1 };
}

TEST(headers_are_found_in_any_case_and_first)
{
    struct request rq = with("X-One", "1");

    rq.headers[rq.header_count++] = (struct pair){ STR("x-one"), STR("2") };
    check_str(request_header(&rq, "x-ONE"), "1");
    check_str(request_header(&rq, "x-on"), "");
}

TEST(cookies_are_found_by_exact_name)
{
    static const struct {
        const char *line, *name, *value;
    } cases[] = {
        { "a=1", "a", "1" },
        { "a=1; b=2", "b", "2" },
        { "a=1;b=2", "b", "2" },
        { "a=\"quoted\"", "a", "quoted" },
        { "a=b=c", "a", "b=c" },
        { "a=first; a=second", "a", "first" },
        { "a=", "a", "" },
        { "A=1", "a", "" },
        { "xa=1", "a", "" },
        { "__Host-a=1", "a", "" },
        { "a", "a", "" },
        { "", "a", "" },
        { ";;; =1; a=2", "a", "2" },
        { "=; =", "", "" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct request rq = with("Cookie", cases[i].line);

        check_str(request_cookie(&rq, cases[i].name), cases[i].value);
    }
}

TEST(cookies_that_could_not_be_set_again_are_not_there)
{
    static const char *const odd[] = {
        "a=\xff\xfe", "a=\xe1\xbb\x99", "a=x y", "a=x\ty", "a=x\\y", "a=x,y", "a=x\"y", "a=\"x\"\"",
    };

    for (size_t i = 0; i < LEN(odd); i++) {
        struct request rq = with("Cookie", odd[i]);

        check_str(request_cookie(&rq, "a"), "");
        rq.headers[0].value = str_cat(test_arena(), str_c(odd[i]), STR("; a=good"));
        check_str(request_cookie(&rq, "a"), "good");
    }
}

TEST(cookies_may_come_in_several_lines)
{
    struct request rq = with("Cookie", "a=1");

    rq.headers[rq.header_count++] = (struct pair){ STR("cookie"), STR("b=2") };
    check_str(request_cookie(&rq, "b"), "2");
}

TEST(json_is_answered_to_those_who_prefer_it)
{
    static const struct {
        const char *accept;
        bool json;
    } cases[] = {
        { "", false },
        { "*/*", false },
        { "application/json", true },
        { "Application/JSON", true },
        { "application/problem+json", true },
        { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false },
        { "application/json, text/html;q=0.9", true },
        { "application/json;q=0.5, text/html", false },
        { "application/json;q=0", false },
        { "application/json;q=abc", false },
        { "application/json;q=0.1, text/html;q=0.099", true },
        { "text/html, application/json", false },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct request rq = with("Accept", cases[i].accept);

        if (request_wants_json(&rq) != cases[i].json)
            test_fail(__FILE__, __LINE__, "%s", cases[i].accept);
    }
}

TEST(vietnamese_unless_english_ranks_higher)
{
    static const char *const cases[][2] = {
        { "", "vi" },
        { "en", "en" },
        { "en-US,en;q=0.9", "en" },
        { "vi,en;q=0.9", "vi" },
        { "en,vi;q=0.9", "en" },
        { "en;q=0.8,vi;q=0.9", "vi" },
        { "vi,en", "vi" },
        { "en,vi", "en" },
        { "fr-FR,fr", "vi" },
        { "fr,en;q=0.1", "en" },
        { "en;q=0", "vi" },
        { "*", "vi" },
        { "eng", "vi" },
        { "EN-gb", "en" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct request rq = with("Accept-Language", cases[i][0]);

        check_str(request_language(&rq), cases[i][1]);
    }
}
