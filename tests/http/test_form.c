#include "http/form.h"

#include "tests/test.h"

static struct err e;
static struct form f;

TEST(doubtful_forms_are_refused)
{
    static const struct {
        const char *text;
        enum err_code code;
    } bad[] = {
        { "a=1&a=2", ERR_MALFORMED },    { "a=1&%61=2", ERR_MALFORMED },
        { "a&a", ERR_MALFORMED },        { "=1", ERR_MALFORMED },
        { "a=%", ERR_MALFORMED },        { "a=%4", ERR_MALFORMED },
        { "a=%zz", ERR_MALFORMED },      { "a=%00", ERR_MALFORMED },
        { "%00=a", ERR_MALFORMED },      { "a=%01", ERR_MALFORMED },
        { "a=%7f", ERR_MALFORMED },      { "a=%1b[0m", ERR_MALFORMED },
        { "a=%ff", ERR_NOT_UTF8 },       { "a=%c0%80", ERR_NOT_UTF8 },
        { "a=%ed%a0%80", ERR_NOT_UTF8 }, { "a\xff=1", ERR_NOT_UTF8 },
    };

    for (size_t i = 0; i < LEN(bad); i++)
        check_fails(form_read(test_arena(), str_c(bad[i].text), &f, &e), e, bad[i].code);
}

TEST(forms_have_limits)
{
    struct buf b = buf_make(test_arena(), 1 << 20);

    for (int i = 0; i < LIMIT_FORM_FIELDS; i++)
        buf_fmt(&b, "f%d=%d&", i, i);
    check_ok(form_read(test_arena(), buf_str(&b), &f, &e), e);
    check_int(f.count, LIMIT_FORM_FIELDS);
    buf_puts(&b, "more=1");
    check_fails(form_read(test_arena(), buf_str(&b), &f, &e), e, ERR_TOO_LARGE);
    while (b.n <= LIMIT_FORM_BYTES)
        buf_puts(&b, "0123456789");
    check_fails(form_read(test_arena(), buf_str(&b), &f, &e), e, ERR_TOO_LARGE);
}

TEST(fields_are_decoded)
{
    check_ok(form_read(test_arena(), STR("name=Nguy%E1%BB%85n+An&empty=&flag&eq=a=b&nl=a%0D%0Ab"),
                       &f, &e),
             e);
    check_int(f.count, 5);
    check_str(form_get(&f, "name"), "Nguy\xe1\xbb\x85n An");
    check_str(form_get(&f, "empty"), "");
    check(form_has(&f, "empty") && form_has(&f, "flag") && !form_has(&f, "Name"));
    check_str(form_get(&f, "eq"), "a=b");
    check_str(form_get(&f, "nl"), "a\r\nb");
    check_ok(form_read(test_arena(), STR(""), &f, &e), e);
    check_int(f.count, 0);
}

TEST(needed_fields_are_named_when_missing)
{
    struct str v = STR("untouched");

    check_ok(form_read(test_arena(), STR("a=123&b="), &f, &e), e);
    check_fails(form_need(&f, "c", 10, &v, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "c");
    check_fails(form_need(&f, "b", 10, &v, &e), e, ERR_INVALID);
    check_fails(form_need(&f, "a", 2, &v, &e), e, ERR_INVALID);
    check_str(v, "untouched");
    check_ok(form_need(&f, "a", 3, &v, &e), e);
    check_str(v, "123");
}

TEST(unasked_fields_are_named)
{
    static const char *const names[] = { "a", "b", NULL };

    check_ok(form_read(test_arena(), STR("b=1&a=2"), &f, &e), e);
    check_ok(form_only(&f, names, &e), e);
    check_ok(form_read(test_arena(), STR("b=1&isAdmin=2"), &f, &e), e);
    check_fails(form_only(&f, names, &e), e, ERR_UNKNOWN_FIELD);
    check_str(str_c(e.field), "isAdmin");
}

TEST(bodies_need_their_content_type)
{
    struct request rq = { .arena = test_arena(), .body = STR("a=1"), .query = STR("b=2") };

    check_fails(form_body(&rq, &f, &e), e, ERR_MEDIA_TYPE);
    rq.headers[0] = (struct pair){ STR("Content-Type"), STR("text/plain") };
    rq.header_count = 1;
    check_fails(form_body(&rq, &f, &e), e, ERR_MEDIA_TYPE);
    rq.headers[0].value = STR("application/x-www-form-urlencodedx");
    check_fails(form_body(&rq, &f, &e), e, ERR_MEDIA_TYPE);
    rq.headers[0].value = STR("Application/X-WWW-Form-Urlencoded ; charset=UTF-8");
    check_ok(form_body(&rq, &f, &e), e);
    check_str(form_get(&f, "a"), "1");
    check_ok(form_query(&rq, &f, &e), e);
    check_str(form_get(&f, "b"), "2");
}

TEST(urls_grow_by_encoded_fields)
{
    const struct pair fields[] = { { STR("state"), STR("a&b=c #\xc4\x91") },
                                   { STR("x"), STR("") } };
    const char *tail = "state=a%26b%3Dc%20%23%C4%91&x=";
    static const struct {
        const char *url, *with;
    } urls[] = {
        { "https://a/cb", "https://a/cb?" },
        { "https://a/cb?", "https://a/cb?" },
        { "https://a/cb?k=1", "https://a/cb?k=1&" },
        { "https://a/cb?k=1&", "https://a/cb?k=1&" },
    };

    for (size_t i = 0; i < LEN(urls); i++)
        check_same(url_with(test_arena(), str_c(urls[i].url), fields, 2),
                   str_fmt(test_arena(), "%s%s", urls[i].with, tail));
    check_str(url_with(test_arena(), STR("https://a/cb"), fields, 0), "https://a/cb");
}
