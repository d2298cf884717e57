#include "base/template.h"

#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "tests/test.h"

#define PAGE_BYTES_MAX (1u << 20)

/* ---- what the tests are written in ---- */

/* A template "page" and an object of parts. */
struct pages {
    struct str page;
    const struct json *parts;
};

static bool page_find(const void *self, struct str name, struct str *text)
{
    const struct pages *p = self;
    struct json *part;

    if (str_is(name, "page")) {
        *text = p->page;
        return true;
    }
    return json_lookup(p->parts, name, &part) && json_str(part, text);
}

static bool word_find(const void *self, struct str key, struct str *text)
{
    (void)self;
    if (!str_is(key, "pay.title"))
        return false;
    *text = STR("Nộp <phí>");
    return true;
}

static result render(struct str page, const struct json *parts, const struct json *data,
                     struct str *out, struct err *e)
{
    const struct pages pages = { page, parts };
    const struct template_source source = { page_find, &pages };
    const struct template_words words = { word_find, NULL };
    struct buf b = buf_make(test_arena(), PAGE_BYTES_MAX);

    TRY(template_render(&source, &words, STR("page"), data, &b, e));
    *out = buf_str(&b);
    return OK;
}

static struct json *read_json(const char *text)
{
    struct json *v = NULL;
    struct err e;

    check_ok(json_read(str_c(text), &v, &e), e);
    return v;
}

static void gives(const char *page, const char *parts, const char *data, const char *want)
{
    DEFER(json_close) struct json *p = read_json(parts);
    DEFER(json_close) struct json *d = read_json(data);
    struct str got;
    struct err e;

    check_ok(render(str_c(page), p, d, &got, &e), e);
    check_str(got, want);
}

static void refused(const char *page, const char *why)
{
    DEFER(json_close) struct json *empty = read_json("{}");
    struct str got;
    struct err e = { 0 };

    check_fails(render(str_c(page), empty, empty, &got, &e), e, ERR_INTERNAL);
    check_str(str_c(e.detail), why);
}

/* ---- the cases of the specification ---- */

static struct str file_text(const char *name)
{
    char *p = arena_alloc(test_arena(), PAGE_BYTES_MAX);
    char path[512];
    FILE *f;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/tests/base/mustache/%s.json", test_source(), name);
    f = fopen(path, "r");
    check(f != NULL);
    n = fread(p, 1, PAGE_BYTES_MAX, f);
    check(fclose(f) == 0);
    return str_of(p, n);
}

static bool has_raw_form(struct str page, const struct json *parts)
{
    struct str name, text;
    struct json *part;

    if (str_has(page, STR("{{{")) || str_has(page, STR("{{&")))
        return true;
    for (size_t i = 0; json_each(parts, i, &name, &part); i++)
        if (json_str(part, &text) && has_raw_form(text, NULL))
            return true;
    return false;
}

/* Returns whether the case was one of the raw forms, which must not parse. */
static bool case_holds(const struct json *spec)
{
    const struct json *parts = json_member(spec, "partials");
    struct str name, page, want, got;
    struct err e = { 0 };

    check(json_str(json_member(spec, "name"), &name));
    check(json_str(json_member(spec, "template"), &page));
    check(json_str(json_member(spec, "expected"), &want));
    if (has_raw_form(page, parts)) {
        check_fails(render(page, parts, json_member(spec, "data"), &got, &e), e, ERR_INTERNAL);
        return true;
    }
    if (render(page, parts, json_member(spec, "data"), &got, &e).failed)
        test_fail(__FILE__, __LINE__, "%.*s: %s", STR_ARG(name), e.detail);
    if (!str_eq(got, want))
        test_fail(__FILE__, __LINE__, "%.*s: '%.*s', not '%.*s'", STR_ARG(name), STR_ARG(got),
                  STR_ARG(want));
    return false;
}

static void spec_holds(const char *file, size_t count, size_t raw_count)
{
    struct json *spec = NULL;
    const struct json *tests;
    size_t raw = 0;
    struct err e;

    check_ok(json_read(file_text(file), &spec, &e), e);
    tests = json_member(spec, "tests");
    check_int(json_count(tests), count);
    for (size_t i = 0; i < json_count(tests); i++)
        raw += case_holds(json_at(tests, i));
    check_int(raw, raw_count);
    json_close(&spec);
}

TEST(spec_comments)
{
    spec_holds("comments", 12, 0);
}

TEST(spec_delimiters)
{
    spec_holds("delimiters", 14, 0);
}

TEST(spec_interpolation)
{
    spec_holds("interpolation", 42, 20);
}

TEST(spec_inverted)
{
    spec_holds("inverted", 22, 0);
}

TEST(spec_partials)
{
    spec_holds("partials", 12, 1);
}

TEST(spec_sections)
{
    spec_holds("sections", 34, 2);
}

/* ---- our own ---- */

TEST(there_is_no_raw_form)
{
    static const char why[] = "template page:2: values are always escaped: there is no raw form";

    refused("\n{{{a}}}", why);
    refused("\n{{&a}}", why);
    refused("\n{{& a }}", why);
    refused("\n{{=<% %>=}}<%&a%>", why);
    refused("\n{{=<% %>=}}<%{a}%>", why);
    refused("\n{{#no}}{{&a}}{{/no}}", why); /* also where nothing would be printed */
}

TEST(every_character_that_html_knows_is_escaped)
{
    gives("<a title='{{a}}'>", "{}", "{\"a\":\"&<>\\\"'é\"}",
          "<a title='&amp;&lt;&gt;&quot;&#39;é'>");
    gives("{{a}}", "{}", "{\"a\":\"plain\"}", "plain");
}

TEST(what_does_not_parse_tells_its_line)
{
    refused("\n\n{{a", "template page:3: a tag without an end");
    refused("{{#a}}", "template page:1: a section without an end");
    refused("\n{{/a}}", "template page:2: an end without its section");
    refused("{{#a}}{{^b}}{{/a}}{{/b}}", "template page:1: an end without its section");
    refused("{{}}", "template page:1: not a name");
    refused("{{ }}", "template page:1: not a name");
    refused("{{a b}}", "template page:1: not a name");
    refused("{{<a}}", "template page:1: not a name");
    refused("{{$a}}", "template page:1: not a name");
    refused("{{#}}", "template page:1: not a name");
    refused("{{=a=}}", "template page:1: bad delimiters");
    refused("{{= a b c =}}", "template page:1: bad delimiters");
    refused("{{=a b}}", "template page:1: bad delimiters");
    refused("{{==}}", "template page:1: bad delimiters");
}

TEST(depth_has_an_end)
{
    struct buf b = buf_make(test_arena(), PAGE_BYTES_MAX);

    for (int i = 0; i < LIMIT_TEMPLATE_DEPTH; i++)
        buf_puts(&b, "{{#a}}");
    for (int i = 0; i < LIMIT_TEMPLATE_DEPTH; i++)
        buf_puts(&b, "{{/a}}");
    gives(str_cstr(test_arena(), buf_str(&b)), "{}", "{}", "");
    b = buf_make(test_arena(), PAGE_BYTES_MAX);
    for (int i = 0; i < LIMIT_TEMPLATE_DEPTH + 1; i++)
        buf_puts(&b, "{{#a}}");
    refused(str_cstr(test_arena(), buf_str(&b)), "template page:1: sections too deep");
}

TEST(a_part_that_includes_itself_without_end_fails)
{
    DEFER(json_close) struct json *parts = read_json("{\"p\":\"{{>p}}\"}");
    struct str got;
    struct err e;

    check_fails(render(STR("{{>p}}"), parts, NULL, &got, &e), e, ERR_INTERNAL);
    check_str(str_c(e.detail), "template p: parts too deep");
}

TEST(parts_beside_each_other_are_no_depth)
{
    struct buf b = buf_make(test_arena(), PAGE_BYTES_MAX);

    for (int i = 0; i < LIMIT_TEMPLATE_DEPTH + 1; i++)
        buf_puts(&b, "{{>p}}");
    gives(str_cstr(test_arena(), buf_str(&b)), "{\"p\":\"x\"}", "{}", "xxxxxxxxxxxxxxxxx");
}

TEST(a_mistake_in_a_part_names_the_part)
{
    DEFER(json_close) struct json *parts = read_json("{\"p\":\"\\n{{{a}}}\"}");
    struct str got;
    struct err e;

    check_fails(render(STR("{{>p}}"), parts, NULL, &got, &e), e, ERR_INTERNAL);
    check_str(str_c(e.detail), "template p:2: values are always escaped: there is no raw form");
}

TEST(a_part_is_indented_and_the_values_in_it_are_not)
{
    gives(" {{>p}}\n", "{\"p\":\"|\\n{{a}}\\n|\\n\"}", "{\"a\":\"<\\n->\"}",
          " |\n &lt;\n-&gt;\n |\n");
    gives("{{#l}}\n  {{>p}}\n{{/l}}\n{{>p}}\n", "{\"p\":\"- {{.}}\\n\"}", "{\"l\":[1,2]}",
          "  - 1\n  - 2\n- \n");
}

TEST(words_are_found_by_the_rest_of_the_name)
{
    gives("{{t.pay.title}} {{t.pay.other}}", "{}", "{\"t\":{\"pay\":{\"other\":\"data\"}}}",
          "Nộp &lt;phí&gt; pay.other");
    gives("{{#a}}{{t.pay.title}}{{/a}}{{x.t.pay}}", "{}", "{\"a\":{}}", "Nộp &lt;phí&gt;");
}

TEST(without_words_t_is_a_name_like_any_other)
{
    DEFER(json_close) struct json *data = read_json("{\"t\":{\"a\":\"x\"}}");
    const struct pages pages = { STR("{{t.a}}"), NULL };
    const struct template_source source = { page_find, &pages };
    struct buf b = buf_make(test_arena(), PAGE_BYTES_MAX);
    struct err e;

    check_ok(template_render(&source, NULL, STR("page"), data, &b, &e), e);
    check_str(buf_str(&b), "x");
}

TEST(an_empty_text_is_empty_and_zero_is_not)
{
    gives("{{#a}}[{{a}}]{{/a}}{{^a}}none{{/a}}", "{}", "{\"a\":\"\"}", "none");
    gives("{{#a}}[{{a}}]{{/a}}{{^a}}none{{/a}}", "{}", "{\"a\":0}", "[0]");
    gives("{{#a}}[{{a}}]{{/a}}{{^a}}none{{/a}}", "{}", "{\"a\":{}}", "[]");
}

TEST(a_null_hides_what_is_outside)
{
    gives("{{#o}}[{{a}}]{{/o}}", "{}", "{\"a\":\"outer\",\"o\":{\"a\":null}}", "[]");
    gives("{{#o}}[{{a}}]{{/o}}", "{}", "{\"a\":\"outer\",\"o\":{\"b\":1}}", "[outer]");
}

TEST(objects_and_lists_print_as_nothing_and_numbers_short)
{
    gives("[{{o}}{{l}}]{{r}} {{i}} {{b}} {{f}}", "{}",
          "{\"o\":{\"a\":1},\"l\":[1],\"r\":0.1,\"i\":-9007199254740991,\"b\":true,\"f\":1e300}",
          "[]0.1 -9007199254740991 true 1e+300");
}

TEST(a_page_larger_than_its_buffer_fails_and_stops_early)
{
    const struct pages pages = { STR("{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}x"
                                     "{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}"),
                                 NULL };
    const struct template_source source = { page_find, &pages };
    struct json *data = json_object(), *list = json_array();
    struct buf b = buf_make(test_arena(), 100);
    struct err e;

    for (int i = 0; i < 1000; i++)
        json_add_int(list, i);
    json_put(data, "l", list);
    check_fails(template_render(&source, NULL, STR("page"), data, &b, &e), e, ERR_TOO_LARGE);
    json_close(&data);
}

TEST(checking_finds_what_rendering_might_not_reach)
{
    DEFER(json_close) struct json *parts = read_json("{\"p\":\"x\"}");
    struct pages pages = { STR("{{#a}}{{>p}}{{/a}}"), parts };
    const struct template_source source = { page_find, &pages };
    struct err e = { 0 };

    check_ok(template_check(&source, STR("page"), test_arena(), &e), e);
    pages.page = STR("{{#a}}{{>q}}{{/a}}");
    check_fails(template_check(&source, STR("page"), test_arena(), &e), e, ERR_NOT_FOUND);
    pages.page = STR("{{a");
    check_fails(template_check(&source, STR("page"), test_arena(), &e), e, ERR_INTERNAL);
    check_fails(template_check(&source, STR("absent"), test_arena(), &e), e, ERR_NOT_FOUND);
}

TEST(a_template_that_is_not_there_fails)
{
    const struct pages pages = { STR(""), NULL };
    const struct template_source source = { page_find, &pages };
    struct buf b = buf_make(test_arena(), 100);
    struct err e;

    check_fails(template_render(&source, NULL, STR("absent"), NULL, &b, &e), e, ERR_INTERNAL);
}
