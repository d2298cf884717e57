/* The business register: client credentials, both forms, every status. */
#include "tests/sandbox/stage.h"

static const struct str nowhere = { "http://127.0.0.1:9", 18 };

static struct answer token_ask(struct stage *s, const char *secret)
{
    const char *const fields[] = { "grant_type", "client_credentials", "client_id",
                                   "motcua",     "client_secret",      secret,
                                   NULL };
    return stage_call(s, METHOD_POST, STR("/dkkd/token"), NULL, "application/x-www-form-urlencoded",
                      form_body_of(fields));
}

static struct json *firm_ask(struct stage *s, const char *path, const char *code)
{
    DEFER(json_close) struct json *token = stage_json(token_ask(s, "secret-of-business"));
    struct str bearer = stage_text(token, "access_token");
    const char *const headers[] = { str_cstr(test_arena(),
                                             str_fmt(test_arena(), "Authorization: Bearer %.*s",
                                                     STR_ARG(bearer))),
                                    NULL };
    struct answer a = stage_call(s, METHOD_GET, str_fmt(test_arena(), "%smsdn=%s", path, code),
                                 headers, NULL, STR(""));
    check_int(a.status, 200);
    return stage_json(a);
}

#define NGSP "/dkkd/chiTietDoanhNghiep?"
#define LGSP "/dkkd/lgsp/chiTietDoanhNghiep?"

TEST(without_token_or_with_a_wrong_secret_nothing_is_told)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    check_int(token_ask(&s, "wrong").status, 401);
    check_int(stage_get(&s, STR(NGSP "msdn=9900000016")).status, 401);
    const char *const headers[] = { "Authorization: Bearer made-up", NULL };
    check_int(
        stage_call(&s, METHOD_GET, STR(NGSP "msdn=9900000016"), headers, NULL, STR("")).status,
        401);
    stage_stop(&s);
}

TEST(one_representative_is_an_object_and_several_are_an_array_in_the_ngsp_form)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    DEFER(json_close) struct json *one = firm_ask(&s, NGSP, "9900000016");
    check_str(stage_text(one, "data/MainInformation/NAME"), "Công ty TNHH Thử Nghiệm Một");
    check_str(stage_text(one, "data/MainInformation/ENTERPRISE_GDT_CODE"), "9900000016");
    check_str(stage_text(one, "data/Representatives/FULL_NAME"), "Huỳnh Văn Đại");
    check(stage_text(one, "data/HOAdress/AddressFullText").n > 0);
    DEFER(json_close) struct json *three = firm_ask(&s, NGSP, "9900000023");
    check(json_is_array(json_member(json_member(three, "data"), "Representatives")));
    check_int(json_count(json_member(json_member(three, "data"), "Representatives")), 3);
    check_str(stage_text(three, "data/Representatives/1/FULL_NAME"), "Dương Thị Đồng");
    stage_stop(&s);
}

TEST(the_lgsp_form_names_papers_and_status)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    DEFER(json_close) struct json *o = firm_ask(&s, LGSP, "9900000023");
    check_str(stage_text(o, "GetEntCert/0/MaSoDoanhNghiep"), "9900000023");
    check_int(json_count(json_member(json_at(json_member(o, "GetEntCert"), 0), "DaiDienPhapLuat")),
              3);
    check_str(stage_text(o, "GetEntCert/0/DaiDienPhapLuat/1/ThongTinCaNhan/0/SoGiayChungThuc"),
              "079182000307");
    DEFER(json_close)
    struct json *by_query = firm_ask(&s, "/dkkd/chiTietDoanhNghiep?shape=lgsp&", "9900000016");
    check_str(stage_text(by_query, "GetEntCert/0/TenTiengViet"), "Công ty TNHH Thử Nghiệm Một");
    stage_stop(&s);
}

TEST(every_status_has_a_firm_and_units_and_households_are_there)
{
    static const struct {
        const char *code, *status;
    } cases[] = {
        { "9900000016", "00" },   { "9900000030", "01" },     { "9900000048", "02" },
        { "9900000055", "03" },   { "9900000062", "04" },     { "9900000087", "05" },
        { "9900000094", "06" },   { "9900000104", "07" },     { "9900000111", "09" },
        { "9900000136", "10" },   { "9900000016-001", "00" }, { "9900000016002", "05" },
        { "086079000318", "00" },
    };
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    for (size_t i = 0; i < LEN(cases); i++) {
        DEFER(json_close) struct json *o = firm_ask(&s, LGSP, cases[i].code);
        check_str(stage_text(o, "GetEntCert/0/TinhTrangPhapLy/0/MaTinhTrangPhapLy"),
                  cases[i].status);
    }
    stage_stop(&s);
}

TEST(an_unknown_code_is_an_empty_answer_in_both_forms)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    DEFER(json_close) struct json *ngsp = firm_ask(&s, NGSP, "9900000999");
    check(json_is_object(ngsp) && json_member(ngsp, "data") == NULL);
    DEFER(json_close) struct json *lgsp = firm_ask(&s, LGSP, "9900000999");
    check(json_is_array(json_member(lgsp, "GetEntCert")));
    check_int(json_count(json_member(lgsp, "GetEntCert")), 0);
    stage_stop(&s);
}
