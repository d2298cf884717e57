/* The population database: gateway header, order of elements, and what the register answers. */
#include <time.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "base/xml.h"
#include "crypto/digest.h"
#include "tests/sandbox/stage.h"

struct asked {
    const char *operation, *number, *key, *birth; /* birth: yyyy or yyyyMMdd */
};

static const struct str nowhere = { "http://127.0.0.1:9", 18 };

static struct str envelope(const struct asked *q)
{
    struct str birth = str_c(q->birth);
    const char *tag = birth.n == 4 ? "Nam" : "NgayThangNam";
    return str_fmt(test_arena(),
                   "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">"
                   "<soapenv:Body><dan:%s xmlns:dan=\"http://dancuquocgia.bca\">"
                   "<dan:MaYeuCau>y1</dan:MaYeuCau><dan:MaDVC>d</dan:MaDVC>"
                   "<dan:MaTichHop>037</dan:MaTichHop><dan:MaCanBo>001087123456</dan:MaCanBo>"
                   "<dan:SoDinhDanh>%s</dan:SoDinhDanh><dan:HoVaTen>%s</dan:HoVaTen>"
                   "<dan:NgayThangNamSinh><dan:%s>%s</dan:%s></dan:NgayThangNamSinh>"
                   "</dan:%s></soapenv:Body></soapenv:Envelope>",
                   q->operation, q->number, q->key, tag, q->birth, tag, q->operation);
}

/* The header made here, not by crypto/partner: Basic user:sha256hex(url + user + time + secret). */
static struct answer post(struct stage *s, struct str body, int64_t off_s, const char *secret,
                          const char *fault)
{
    struct arena *a = test_arena();
    struct str stamp = str_i64(a, ((int64_t)time(NULL) + off_s) * 1000);
    struct str hash = joined_hash(
        str_fmt(a, "%.*s/dancumotcua%.*s%s", STR_ARG(s->origin), STR_ARG(stamp), secret));
    struct str basic = base64_encode(a, str_fmt(a, "motcua:%.*s", STR_ARG(hash)));
    const char *const headers[] = {
        str_cstr(a, str_cat(a, STR("Timestamp: "), stamp)),
        str_cstr(a, str_cat(a, STR("Authorization: Basic "), basic)),
        "X-Road-Client: VN/GOV/H56/motcua",
        "ApiKey: secret-of-person_api_key",
        str_cstr(a, str_fmt(a, "X-Sandbox-Fault: %s", fault)),
        NULL,
    };
    return stage_call(s, METHOD_POST, STR("/dancu"), headers, "application/xml", body);
}

static struct answer ask(struct stage *s, const struct asked *q, const char *fault)
{
    return post(s, envelope(q), 0, "secret-of-person", fault);
}

static const struct asked thu = { "TraCuuThongTinCongDan", "001087123456", "NGUYENVANTHU",
                                  "19870201" };

TEST(a_wrong_gateway_header_is_refused)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    check_int(post(&s, envelope(&thu), 0, "another", "").status, 401);
    check_int(post(&s, envelope(&thu), -400, "secret-of-person", "").status, 401);
    check_int(post(&s, envelope(&thu), 400, "secret-of-person", "").status, 401);
    check_int(
        stage_call(&s, METHOD_POST, STR("/dancu"), NULL, "application/xml", envelope(&thu)).status,
        401);
    check_int(ask(&s, &thu, "").status, 200);
    stage_stop(&s);
}

TEST(elements_out_of_order_and_names_that_are_no_keys_are_soap_faults)
{
    static const struct asked cases[] = {
        { "TraCuuThongTinCongDan", "001087123456", "NGUYEN VAN THU", "19870201" },
        { "TraCuuThongTinCongDan", "001087123456", "Nguyễn Văn Thử", "19870201" },
        { "TraCuuThongTinCongDan", "001087123456", "", "19870201" },
        { "TraCuuThongTinCongDan", "001087123456", "NGUYENVANTHU", "1987020" },
        { "KhongCoThaoTac", "001087123456", "NGUYENVANTHU", "19870201" },
    };
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    for (size_t i = 0; i < LEN(cases); i++) {
        struct answer a = ask(&s, &cases[i], "");
        check_int(a.status, 500);
        check(str_has(a.body, STR("<faultcode>soapenv:Client</faultcode>")));
    }
    struct str swapped = STR("<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\">"
                             "<e:Body><d:TraCuuThongTinCongDan xmlns:d=\"http://dancuquocgia.bca\">"
                             "<d:MaDVC>d</d:MaDVC><d:MaYeuCau>y</d:MaYeuCau>"
                             "</d:TraCuuThongTinCongDan></e:Body></e:Envelope>");
    check_int(post(&s, swapped, 0, "secret-of-person", "").status, 500);
    check_int(post(&s, STR("not xml"), 0, "secret-of-person", "").status, 500);
    stage_stop(&s);
}

TEST(not_found_is_an_answer_without_a_record)
{
    static const struct asked cases[] = {
        { "TraCuuThongTinCongDan", "001087123456", "NGUYENVANKHAC", "19870201" },
        { "TraCuuThongTinCongDan", "001087123456", "NGUYENVANTHU", "19870202" },
        { "TraCuuThongTinCongDan", "001087999999", "NGUYENVANTHU", "19870201" },
        { "TraCuuThongTinCongDan", "092078000162", "CAOVANVANG", "19780909" },
    };
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    for (size_t i = 0; i < LEN(cases); i++) {
        struct answer a = ask(&s, &cases[i], "");
        check_int(a.status, 200);
        check(str_has(a.body, STR("CongdanCollection")));
        check(!str_has(a.body, STR("<CongDan>")));
    }
    stage_stop(&s);
}

/* VNeID and the register tell the same person in different spellings; the key makes them equal. */
TEST(everyone_whom_the_register_knows_is_found_by_key_and_birth)
{
    struct stage s;
    size_t found = 0;
    stage_start(&s, nowhere, NULL, NULL);
    DEFER(json_close) struct json *doc = stage_json(stage_get(&s, STR("/admin/people")));
    struct json *people = json_member(doc, "people");
    for (size_t i = 0; i < json_count(people); i++) {
        struct json *p = json_at(people, i);
        struct str key, handle = stage_text(p, "handle"), born = stage_text(p, "born");
        struct err e = { 0 };
        if (stage_text(p, "fault").n || str_is(handle, "vang") || str_is(handle, "lech") ||
            str_is(handle, "ngay"))
            continue;
        check_ok(utf8_key(test_arena(), stage_text(p, "name"), &key, &e), e);
        if (!str_is(str_sub(born, 6, 2), "00"))
            born = str_sub(born, 0, 8);
        else
            born = str_sub(born, 0, 4);
        const struct asked q = { "TraCuuThongTinCongDan",
                                 str_cstr(test_arena(), stage_text(p, "number")),
                                 str_cstr(test_arena(), key), str_cstr(test_arena(), born) };
        struct answer a = ask(&s, &q, "");
        check_int(a.status, 200);
        if (!str_has(a.body, STR("<CongDan>")))
            test_fail(__FILE__, __LINE__, "%.*s is not found", STR_ARG(handle));
        found++;
    }
    check(found >= 30);
    stage_stop(&s);
}

TEST(the_record_holds_the_whole_name_in_ten_and_a_year_where_no_more_is_known)
{
    static const struct asked thanh = { "TraCuuThongTinCongDan", "037153000257", "PHAMTHITHANH",
                                        "1953" };
    struct stage s;
    struct err e = { 0 };
    stage_start(&s, nowhere, NULL, NULL);
    DEFER(xml_close) struct xml *doc = NULL;
    check_ok(xml_read(ask(&s, &thanh, "").body, &doc, &e), e);
    struct xml_node *record = xml_find(xml_root(doc), "Body/CongdanCollection/CongDan");
    check(record != NULL);
    check_str(xml_text(test_arena(), xml_find(record, "HoVaTen/Ten")), "Phạm Thị Thanh");
    check_str(xml_text(test_arena(), xml_find(record, "HoVaTen/Ho")), "");
    check_str(xml_text(test_arena(), xml_find(record, "NgayThangNamSinh/Nam")), "1953");
    check(xml_find(record, "NgayThangNamSinh/NgayThangNam") == NULL);
    check_str(xml_text(test_arena(), xml_find(record, "GioiTinh")), "2");
    stage_stop(&s);
}

TEST(the_yes_no_operation_and_the_state_of_the_dead)
{
    static const struct asked yes = { "XacThucThongTinCongDan", "001087123456", "NGUYENVANTHU",
                                      "19870201" };
    static const struct asked no = { "XacThucThongTinCongDan", "001087123456", "NGUYENVANSAI",
                                     "19870201" };
    static const struct asked dead = { "TraCuuThongTinCongDan", "031050000151", "DOVANMAT",
                                       "19500808" };
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    check(str_has(ask(&s, &yes, "").body, STR("<TonTai>true</TonTai>")));
    check(str_has(ask(&s, &no, "").body, STR("<TonTai>false</TonTai>")));
    check(str_has(ask(&s, &dead, "").body, STR("<TinhTrang>DA_CHET</TinhTrang>")));
    check(!str_has(ask(&s, &thu, "").body, STR("<TinhTrang>")));
    stage_stop(&s);
}

TEST(technical_faults_never_look_like_an_answer)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct answer a = ask(&s, &thu, "person_fault");
    check_int(a.status, 500);
    check(str_has(a.body, STR("<faultcode>soapenv:Server</faultcode>")));
    a = ask(&s, &thu, "person_wrapper");
    check_int(a.status, 200);
    check(str_has(a.body, STR("\"error_code\":\"99\"")));
    check_int(ask(&s, &thu, "person_down").status, 503);
    check_int(ask(&s, &thu, "person_error").status, 500);
    check(!str_has(ask(&s, &thu, "person_garbage").body, STR("CongdanCollection")));
    check(!str_has(ask(&s, &thu, "person_unknown").body, STR("<CongDan>")));
    stage_stop(&s);
}
