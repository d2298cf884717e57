/* How errors are told, in each face of the route table. */
#include "web/view.h"

#include "base/catalog.h"
#include "base/embed.h"
#include "base/json.h"
#include "tests/test.h"

extern const struct embed_set web_texts;

struct telling {
    struct app app;
    struct route_row row;
    struct request rq;
    struct response rs;
    struct ctx c;
};

static struct catalog *catalog(const char *file)
{
    struct catalog *c;
    struct str text;
    struct err e;

    check(embed_find(&web_texts, str_c(file), &text));
    check_ok(catalog_read(text, &c, &e), e);
    return c;
}

static struct telling *tell(enum route_face face, enum err_code code)
{
    struct telling *t = arena_new(test_arena(), struct telling);
    const struct err e = { .code = code, .field = "amount", .detail = "only for the log" };

    t->app.vi = catalog("vi.txt");
    t->app.en = catalog("en.txt");
    t->row.face = face;
    t->rq.arena = t->rs.arena = test_arena();
    t->c = (struct ctx){ .app = &t->app,
                         .arena = test_arena(),
                         .row = &t->row,
                         .language = STR("vi"),
                         .visit = { .request_id = STR("r-1") } };
    view_error(&t->c, &t->rq, &t->rs, &e);
    catalog_close(&t->app.vi); /* a reload, before the answer is sent */
    catalog_close(&t->app.en);
    return t;
}

static struct str header(const struct response *rs, const char *name)
{
    for (size_t i = 0; i < rs->header_count; i++)
        if (str_is(str_c(rs->headers[i].name), name))
            return rs->headers[i].value;
    return STR("");
}

TEST(an_error_outlives_the_texts_that_it_was_told_from)
{
    static const enum route_face faces[] = { FACE_PAGE, FACE_API, FACE_OAUTH, FACE_PLAIN };

    for (size_t i = 0; i < LEN(faces); i++) {
        const struct telling *t = tell(faces[i], ERR_NOT_FOUND);

        check_int(t->rs.status, err_status(ERR_NOT_FOUND));
        check(t->rs.body.n > 0 && str_find(t->rs.body, '\0') == t->rs.body.n);
        check(!str_has(t->rs.body, STR("only for the log")));
    }
}

TEST(problem_details_name_code_field_and_request)
{
    const struct telling *t = tell(FACE_API, ERR_INVALID);
    struct json *body;
    struct str text;
    struct err e;
    int64_t status;

    check_str(header(&t->rs, "Content-Type"), "application/problem+json");
    check_ok(json_read(t->rs.body, &body, &e), e);
    check(json_str(json_member(body, "type"), &text));
    check_str(text, "/errors/invalid"); /* the issuer of the test is empty */
    check(json_str(json_member(body, "code"), &text));
    check_str(text, "invalid");
    check(json_str(json_member(body, "field"), &text));
    check_str(text, "amount");
    check(json_str(json_member(body, "request_id"), &text));
    check_str(text, "r-1");
    check(json_int(json_member(body, "status"), &status));
    check_int(status, err_status(ERR_INVALID));
    json_close(&body);
}

static struct str challenge(enum route_face face, enum err_code code)
{
    return header(&tell(face, code)->rs, "WWW-Authenticate");
}

#define ALGS "algs=\"ES256 PS256 EdDSA\""

TEST(who_has_no_token_is_told_which_kind_is_wanted)
{
    check_str(challenge(FACE_API, ERR_NOT_SIGNED_IN), "Bearer realm=\"motcua\", DPoP " ALGS);
    check_str(challenge(FACE_API, ERR_BAD_TOKEN),
              "Bearer realm=\"motcua\", error=\"invalid_token\", DPoP " ALGS);
    check_str(challenge(FACE_API, ERR_SCOPE),
              "Bearer realm=\"motcua\", error=\"insufficient_scope\", DPoP " ALGS);
    check_str(challenge(FACE_API, ERR_BAD_PROOF),
              "DPoP realm=\"motcua\", error=\"invalid_dpop_proof\", " ALGS);
    check_str(challenge(FACE_API, ERR_INVALID), "");
    check_str(challenge(FACE_PAGE, ERR_NOT_SIGNED_IN), "");
}

TEST(who_comes_too_often_or_too_early_is_told_when_to_come_back)
{
    check_str(header(&tell(FACE_PAGE, ERR_TOO_MANY)->rs, "Retry-After"), "60");
    check_str(header(&tell(FACE_API, ERR_BUSY)->rs, "Retry-After"), "5");
    check_str(header(&tell(FACE_PLAIN, ERR_STORE)->rs, "Retry-After"), "5");
    check_str(header(&tell(FACE_PAGE, ERR_NOT_FOUND)->rs, "Retry-After"), "");
}
