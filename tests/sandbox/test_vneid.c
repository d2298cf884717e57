/* VNeID as an OpenID provider: refusals first, then the whole way, then every spoiled token. */
#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/sandbox/stage.h"

#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" /* RFC 7636 appendix B */
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define FORM      "application/x-www-form-urlencoded"

static const struct str motcua_url = { "http://127.0.0.1:9", 18 };

static struct str authorize_path(const char *persona, const char *redirect)
{
    return str_fmt(test_arena(),
                   "/vneid/authorize?response_type=code&client_id=motcua&scope=openid&state=st&"
                   "nonce=no&code_challenge=" CHALLENGE "&code_challenge_method=S256&"
                   "redirect_uri=%s&persona=%s",
                   redirect, persona);
}

#define CALLBACK "http%3A%2F%2F127.0.0.1%3A9%2Flogin%2Fvneid%2Fcallback"

static struct str code_get(struct stage *s, const char *persona)
{
    struct answer a = stage_get(s, authorize_path(persona, CALLBACK));
    struct str head, code, rest;
    check_int(a.status, 303);
    check(str_starts(a.location, STR("http://127.0.0.1:9/login/vneid/callback?code=")));
    check(str_cut(a.location, '=', &head, &rest));
    check(str_cut(rest, '&', &code, &rest));
    check_str(rest, "state=st");
    return code;
}

static struct answer token_get(struct stage *s, struct str code, const char *secret,
                               const char *verifier, const char *fault)
{
    const char *const fields[] = { "grant_type",
                                   "authorization_code",
                                   "code",
                                   str_cstr(test_arena(), code),
                                   "client_id",
                                   "motcua",
                                   "client_secret",
                                   secret,
                                   "redirect_uri",
                                   "http://127.0.0.1:9/login/vneid/callback",
                                   "code_verifier",
                                   verifier,
                                   NULL };
    const char *const headers[] = {
        str_cstr(test_arena(), str_fmt(test_arena(), "X-Sandbox-Fault: %s", fault)), NULL
    };
    return stage_call(s, METHOD_POST, STR("/vneid/token"), fault[0] ? headers : NULL, FORM,
                      form_body_of(fields));
}

static struct json *userinfo_get(struct stage *s, struct str access)
{
    const char *const headers[] = { str_cstr(test_arena(),
                                             str_fmt(test_arena(), "Authorization: Bearer %.*s",
                                                     STR_ARG(access))),
                                    NULL };
    struct answer a = stage_call(s, METHOD_GET, STR("/vneid/userinfo"), headers, NULL, STR(""));
    check_int(a.status, 200);
    return stage_json(a);
}

static struct json *sign_in(struct stage *s, const char *persona)
{
    struct answer a = token_get(s, code_get(s, persona), "secret-of-vneid", VERIFIER, "");
    check_int(a.status, 200);
    DEFER(json_close) struct json *tokens = stage_json(a);
    return userinfo_get(s, stage_text(tokens, "access_token"));
}

static result verify(struct stage *s, struct str token, struct json **claims, struct err *e)
{
    DEFER(json_close) struct json *jwks = stage_json(stage_get(s, STR("/vneid/jwks")));
    DEFER(key_set_close) struct key_set *keys = NULL;
    const struct token_expect expect = {
        .issuer = str_cat(test_arena(), s->origin, STR("/vneid")),
        .audience = STR("motcua"),
        .now_s = time(NULL),
        .skew_s = 10,
    };
    TRY(key_set_read(jwks, &keys, e));
    return token_verify(test_arena(), keys, token, &expect, claims, e);
}

TEST(a_wrong_redirect_secret_verifier_or_second_use_is_refused)
{
    struct stage s;
    stage_start(&s, motcua_url, NULL, NULL);
    check_int(stage_get(&s, authorize_path("thu", "http%3A%2F%2Fevil.example%2F")).status, 400);
    check_int(token_get(&s, code_get(&s, "thu"), "wrong", VERIFIER, "").status, 401);
    check_int(token_get(&s, code_get(&s, "thu"), "secret-of-vneid", "another", "").status, 400);
    struct str code = code_get(&s, "thu");
    check_int(token_get(&s, code, "secret-of-vneid", VERIFIER, "").status, 200);
    check_int(token_get(&s, code, "secret-of-vneid", VERIFIER, "").status, 400);
    check_int(stage_get(&s, STR("/vneid/userinfo")).status, 401);
    stage_stop(&s);
}

TEST(the_person_may_refuse)
{
    struct stage s;
    stage_start(&s, motcua_url, NULL, NULL);
    struct answer a = stage_get(&s, authorize_path("tuchoi", CALLBACK));
    check_int(a.status, 303);
    check(str_ends(a.location, STR("?error=access_denied&state=st")));
    stage_stop(&s);
}

TEST(the_page_offers_every_person_and_takes_the_choice)
{
    struct stage s;
    stage_start(&s, motcua_url, NULL, NULL);
    struct answer a = stage_get(&s, authorize_path("", CALLBACK));
    check_int(a.status, 200);
    check(str_has(a.body, STR("Mô phỏng / simulated")));
    DEFER(json_close) struct json *doc = stage_json(stage_get(&s, STR("/admin/people")));
    struct json *people = json_member(doc, "people");
    check(json_count(people) >= 32);
    for (size_t i = 0; i < json_count(people); i++) {
        struct str handle = stage_text(json_at(people, i), "handle");
        check(str_has(a.body, str_fmt(test_arena(), "value=\"%.*s\"", STR_ARG(handle))));
    }
    const char *const fields[] = { "request",
                                   str_cstr(test_arena(), str_from(authorize_path("", CALLBACK),
                                                                   strlen("/vneid/authorize?"))),
                                   "persona", "hhen", NULL };
    a = stage_call(&s, METHOD_POST, STR("/vneid/authorize"), NULL, FORM, form_body_of(fields));
    check_int(a.status, 303);
    check(str_has(a.location, STR("?code=")));
    const char *const foreign[] = { "Sec-Fetch-Site: cross-site", NULL };
    a = stage_call(&s, METHOD_POST, STR("/vneid/authorize"), foreign, FORM, form_body_of(fields));
    check_int(a.status, 403);
    stage_stop(&s);
}

TEST(the_id_token_verifies_and_its_acr_is_one_whatever_the_level)
{
    struct stage s;
    struct err e = { 0 };
    stage_start(&s, motcua_url, NULL, NULL);
    struct answer a = token_get(&s, code_get(&s, "thu"), "secret-of-vneid", VERIFIER, "");
    DEFER(json_close) struct json *tokens = stage_json(a);
    DEFER(json_close) struct json *claims = NULL;
    check_ok(verify(&s, stage_text(tokens, "id_token"), &claims, &e), e);
    check_str(stage_text(claims, "nonce"), "no");
    check_str(stage_text(claims, "acr"), "1");
    check_str(stage_text(claims, "preferred_username"), "001087123456");
    DEFER(json_close) struct json *info = userinfo_get(&s, stage_text(tokens, "access_token"));
    check_same(stage_text(info, "sub"), stage_text(claims, "sub"));
    check_str(stage_text(info, "IAL"), "2");
    check_str(stage_text(info, "loAs/0/level"), "2");
    stage_stop(&s);
}

TEST(each_spoiled_id_token_fails_its_check)
{
    static const struct {
        const char *fault;
        bool verifies; /* wrong nonce is the client's own comparison */
    } cases[] = {
        { "vneid_wrong_aud", false }, { "vneid_wrong_iss", false }, { "vneid_wrong_sig", false },
        { "vneid_alg_none", false },  { "vneid_expired", false },   { "vneid_wrong_nonce", true },
    };
    struct stage s;
    stage_start(&s, motcua_url, NULL, NULL);
    for (size_t i = 0; i < LEN(cases); i++) {
        struct err e = { 0 };
        DEFER(json_close) struct json *claims = NULL;
        struct answer a =
            token_get(&s, code_get(&s, "thu"), "secret-of-vneid", VERIFIER, cases[i].fault);
        DEFER(json_close) struct json *tokens = stage_json(a);
        bool good = !verify(&s, stage_text(tokens, "id_token"), &claims, &e).failed;
        if (good != cases[i].verifies)
            test_fail(__FILE__, __LINE__, "%s", cases[i].fault);
        if (good)
            check(!str_is(stage_text(claims, "nonce"), "no"));
    }
    stage_stop(&s);
}

TEST(the_conformance_persona_has_every_claim)
{
    static const char *const names[] = {
        "sub",
        "TechID",
        "LoaiTaiKhoan",
        "HoVaTen",
        "SoDinhDanh",
        "SoCMND",
        "HoChieu",
        "MaBHXH",
        "MaSoThue",
        "NgayThangNamSinh",
        "GioiTinh",
        "DiaChi",
        "ThuDienTu",
        "SoDienThoai",
        "QuocTich",
        "loginIdp",
        "IAL",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "zoneinfo",
        "locale",
        "address/formatted",
        "address/street_address",
        "address/locality",
        "address/region",
        "address/postal_code",
        "address/country",
        "loAs/0/claim",
        "loAs/0/level",
        "loAs/0/src",
        "loAs/0/validDate",
        "loAs/0/expired_date",
    };
    struct stage s;
    stage_start(&s, motcua_url, NULL, NULL);
    DEFER(json_close) struct json *info = sign_in(&s, "conformance");
    for (size_t i = 0; i < LEN(names); i++)
        check(stage_text(info, names[i]).n > 0);
    check(str_has(stage_text(info, "logoutUri"), STR("?token=")));
    check(str_has(stage_text(info, "userProfileUri"), STR("?token=")));
    stage_stop(&s);
}

TEST(accounts_of_firms_and_organisations_have_no_level)
{
    struct stage s;
    stage_start(&s, motcua_url, NULL, NULL);
    DEFER(json_close) struct json *firm = sign_in(&s, "congty");
    check_str(stage_text(firm, "LoaiTaiKhoan"), "2");
    check_str(stage_text(firm, "MaSoDoanhNghiep"), "9900000016");
    check_str(stage_text(firm, "TenDoanhNghiep"), "Công ty TNHH Thử Nghiệm Một");
    check(json_member(firm, "IAL") == NULL && json_member(firm, "loAs") == NULL);
    DEFER(json_close) struct json *organisation = sign_in(&s, "tochuc");
    check_str(stage_text(organisation, "LoaiTaiKhoan"), "3");
    stage_stop(&s);
}
