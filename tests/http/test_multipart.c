#include "http/multipart.h"

#include "tests/test.h"

#define TYPE STR("multipart/form-data; boundary=\"x;1\"")

static result read_body(struct str body, struct multipart *m, struct err *e)
{
    return multipart_read(test_arena(), TYPE, body, m, e);
}

TEST(an_uploaded_file_keeps_its_bytes)
{
    static const char bytes[] =
        "--x;1\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n"
        "--x;1\r\nContent-Disposition: form-data; name=\"file\"; "
        "filename=\"a;b.txt\"\r\nContent-Type: text/plain\r\n\r\n"
        "H|MC1\r\n--x;\0\xff\r\n--x;1--\r\n";
    struct multipart m;
    struct err e;

    check_ok(read_body(str_of(bytes, sizeof(bytes) - 1), &m, &e), e);
    check_int(m.count, 2);
    check_str(multipart_find(&m, "csrf")->bytes, "abc");
    check_str(multipart_find(&m, "file")->file_name, "a;b.txt");
    check_str(multipart_find(&m, "file")->content_type, "text/plain");
    check_same(multipart_find(&m, "file")->bytes, str_of("H|MC1\r\n--x;\0\xff", 13));
    check(multipart_find(&m, "other") == NULL);
}

TEST(a_malformed_upload_is_refused)
{
    static const char *const bodies[] = {
        "",
        "--x;1",
        "--x;1\r\n",
        "--x;1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc",
        "--x;1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc\r\n--x;1",
        "--x;1\r\nContent-Disposition: form-data; name=\"a\"\r\nabc\r\n--x;1--",
        "--x;1\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nabc\r\n--x;1--",
        "--x;1\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x;1--",
        "--x;1\r\nContent-Type: text/plain\r\n\r\nabc\r\n--x;1--",
        "--x;1\r\nContent-Disposition: form-data; name=\"a\"\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nabc\r\n--x;1--",
        "--x;1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc\r\n"
        "--x;1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc\r\n--x;1--",
        "--x;1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc\r\n--x;1--more",
        "preamble\r\n--x;1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc\r\n--x;1--",
    };
    struct multipart m;
    struct err e;

    for (size_t i = 0; i < LEN(bodies); i++)
        check_fails(read_body(str_c(bodies[i]), &m, &e), e, ERR_MALFORMED);
}

TEST(another_content_type_is_refused)
{
    static const char *const types[] = { "", "application/x-www-form-urlencoded",
                                         "multipart/form-data", "multipart/mixed; boundary=x" };
    struct multipart m;
    struct err e;

    for (size_t i = 0; i < LEN(types); i++)
        check_fails(multipart_read(test_arena(), str_c(types[i]), STR("--x--"), &m, &e), e,
                    ERR_MEDIA_TYPE);
}
