/* What endpoints for machines are told of a request. */
#include "web/call.h"

#include "auth/dpop.h"
#include "crypto/seal.h"
#include "http/form.h"
#include "tests/test.h"

static struct {
    struct app app;
    struct route_row row;
    struct request rq;
    struct response rs;
    struct ctx c;
    struct clock clock;
} t;

static void request(enum method method, const char *path)
{
    t.clock = clock_fixed(1795399200000);
    t.app.conf.service.issuer = STR("https://id.example.vn");
    t.app.conf.auth.dpop_nonce = STR("off");
    t.app.auth = (struct auth){ .conf = &t.app.conf, .clock = &t.clock };
    t.rq = (struct request){ .arena = test_arena(), .method = method, .path = str_c(path) };
    t.rs = (struct response){ .arena = test_arena() };
    t.c = (struct ctx){ .app = &t.app, .arena = test_arena(), .row = &t.row };
}

static void header(const char *name, const char *value)
{
    t.rq.headers[t.rq.header_count++] = (struct pair){ str_c(name), str_c(value) };
}

static struct str answered(const char *name)
{
    for (size_t i = 0; i < t.rs.header_count; i++)
        if (str_is(str_c(t.rs.headers[i].name), name))
            return t.rs.headers[i].value;
    return STR("");
}

TEST(the_address_is_the_published_one_whatever_a_proxy_says)
{
    struct api_call call;

    request(METHOD_POST, "/token");
    header("Host", "10.0.0.7:8080");
    header("X-Forwarded-Host", "evil.example");
    header("X-Forwarded-Proto", "http");
    t.rq.query = STR("a=b");
    call = call_make(&t.c, &t.rq, &t.rs);
    check_str(call.url, "https://id.example.vn/token");
    check_str(call.method, "POST");
    check(call.body == NULL);
    check_int(call.dpop_count, 0);
}

TEST(each_proof_is_counted_however_it_is_spelled)
{
    struct api_call call;

    request(METHOD_GET, "/userinfo");
    header("DPoP", "one");
    call = call_make(&t.c, &t.rq, &t.rs);
    check_int(call.dpop_count, 1);
    check_str(call.dpop, "one");
    header("dpop", "two");
    header("DPOP", "");
    check_int(call_make(&t.c, &t.rq, &t.rs).dpop_count, 3);
}

TEST(a_form_is_one_by_its_type_alone)
{
    static const struct {
        const char *type;
        bool form;
    } cases[] = { { "application/x-www-form-urlencoded", true },
                  { "Application/X-WWW-Form-UrlEncoded; charset=UTF-8", true },
                  { "application/x-www-form-urlencoded-more", false },
                  { "application/json", false },
                  { "", false } };
    struct api_call call;
    struct form form;
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(cases); i++) {
        request(METHOD_POST, "/token");
        header("Content-Type", cases[i].type);
        t.rq.body = STR("a=b");
        check_int(call_has_form(&t.rq), cases[i].form);
        check_int(call_read(&t.c, &t.rq, &t.rs, &form, &call, &e).failed, !cases[i].form);
    }
}

TEST(a_nonce_is_told_only_where_one_is_wanted)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/seal", test_folder()));
    struct seal *seal = NULL;
    struct err e = { 0 };

    request(METHOD_POST, "/token");
    (void)call_make(&t.c, &t.rq, &t.rs);
    check_int(answered("DPoP-Nonce").n, 0);
    check_ok(seal_make_file(path, &e), e);
    check_ok(seal_open(path, &seal, &e), e);
    t.app.auth.seal = seal;
    t.app.conf.auth.dpop_nonce = STR("on");
    (void)call_make(&t.c, &t.rq, &t.rs);
    (void)call_make(&t.c, &t.rq, &t.rs); /* once, whoever asks again */
    check_int(t.rs.header_count, 1);
    check_same(answered("DPoP-Nonce"), dpop_nonce(&t.app.auth, test_arena()));
    seal_close(&seal);
}
