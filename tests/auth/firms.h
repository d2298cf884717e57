/*
 * firms.h - people and firms for the tests of acting for somebody else.
 *
 *     firm_is("9900000016", "00", REP_THU "," REP_DAI);   what the business register now says
 *     struct account thu = firm_person("T1", WORLD_NUMBER, "Nguyễn Văn Thử");
 */
#ifndef TESTS_AUTH_FIRMS_H
#define TESTS_AUTH_FIRMS_H

#include "auth/account.h"
#include "tests/auth/world.h"

#define FIRM_CODE "9900000016"
#define FIRM_NAME "Công ty TNHH Thử Nghiệm Một"
#define THU_NAME  "Nguyễn Văn Thử"
#define DAI       "079080000296"
#define DAI_NAME  "Huỳnh Văn Đại"
#define DONG      "079182000307"
#define DONG_NAME "Dương Thị Đồng"
#define REP(name, number)                                                                          \
    "{\"ThongTinCaNhan\":[{\"HoVaTen\":\"" name "\",\"SoGiayChungThuc\":\"" number "\"}]}"
#define REP_THU  REP(THU_NAME, WORLD_NUMBER)
#define REP_DAI  REP(DAI_NAME, DAI)
#define REP_DONG REP(DONG_NAME, DONG)

/* The form with numbers (lgsp). */
static inline void firm_is(const char *code, const char *status, const char *people)
{
    upstream()->business =
        str_fmt(test_arena(),
                "{\"GetEntCert\":[{\"MaSoDoanhNghiep\":\"%s\",\"TenTiengViet\":\"" FIRM_NAME
                "\",\"TinhTrangPhapLy\":[{\"MaTinhTrangPhapLy\":\"%s\"}],"
                "\"DiaChiTruSo\":[{\"DiaChiDayDu\":\"Số 1, Khu mô phỏng\"}],"
                "\"DaiDienPhapLuat\":[%s]}]}",
                code, status, people);
}

static inline struct account firm_account(struct auth *au, const struct vneid_claims *c)
{
    const struct visit v = world_visit();
    const struct account_seen seen = { .claims = c, .checked = true, .checked_ms = 7 };
    struct account acc;
    struct err e = { 0 };

    check_ok(account_save(au, &v, &seen, &acc, &e), e);
    return acc;
}

static inline struct account firm_person(struct auth *au, const char *tech_id, const char *number,
                                         const char *name)
{
    const struct vneid_claims c = { .sub = str_c(tech_id),
                                    .tech_id = str_c(tech_id),
                                    .kind = VNEID_CITIZEN,
                                    .level = 2,
                                    .name = str_c(name),
                                    .number = str_c(number) };

    return firm_account(au, &c);
}

#endif
