#include "crypto/otp.h"

#include "tests/test.h"

#define SECRET STR("12345678901234567890") /* of RFC 6238, appendix B */

TEST(the_published_vectors_hold)
{
    /* The last six of the eight digits that the RFC prints. */
    static const struct {
        int64_t now_s;
        const char *code;
    } vectors[] = {
        { 59, "287082" },         { 1111111109, "081804" }, { 1111111111, "050471" },
        { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" },
    };

    for (size_t i = 0; i < LEN(vectors); i++) {
        int64_t step = 0;

        check(otp_is(SECRET, str_c(vectors[i].code), vectors[i].now_s, 0, &step));
        check_int(step, vectors[i].now_s / OTP_STEP_S);
    }
}

TEST(a_code_is_good_one_step_around_and_no_further)
{
    const int64_t now_s = 1234567890;
    int64_t step = -7;

    check(!otp_is(SECRET, STR("005924"), now_s + 2 * OTP_STEP_S, 0, &step));
    check(!otp_is(SECRET, STR("005924"), now_s - 2 * OTP_STEP_S, 0, &step));
    check_int(step, -7);
    check(otp_is(SECRET, STR("005924"), now_s + OTP_STEP_S, 0, &step));
    check(otp_is(SECRET, STR("005924"), now_s - OTP_STEP_S, 0, &step));
    check_int(step, now_s / OTP_STEP_S);
}

TEST(a_step_that_was_used_is_over)
{
    const int64_t now_s = 1234567890;
    int64_t step = 0;

    check(!otp_is(SECRET, STR("005924"), now_s, now_s / OTP_STEP_S, &step));
    check(!otp_is(SECRET, STR("005924"), now_s, now_s / OTP_STEP_S + 1, &step));
    check(otp_is(SECRET, STR("005924"), now_s, now_s / OTP_STEP_S - 1, &step));
}

TEST(what_is_no_code_is_refused)
{
    static const char *const bad[] = { "",       "5924",   "00592",  "0059240",
                                       "005925", "00592a", " 05924", "-05924" };
    int64_t step;

    for (size_t i = 0; i < LEN(bad); i++)
        check(!otp_is(SECRET, str_c(bad[i]), 1234567890, 0, &step));
    check(!otp_is(STR("12345678901234567891"), STR("005924"), 1234567890, 0, &step));
}

TEST(telephones_can_read_it)
{
    struct arena *a = test_arena();

    check_str(otp_secret_text(a, SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    check_str(otp_secret_text(a, STR("1")), "GE");
    check_str(otp_uri(a, STR("Một cửa"), STR("an.nguyen"), SECRET),
              "otpauth://totp/M%E1%BB%99t%20c%E1%BB%ADa:an.nguyen"
              "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=M%E1%BB%99t%20c%E1%BB%ADa"
              "&algorithm=SHA1&digits=6&period=30");
    check_int(otp_secret_make(a).n, OTP_SECRET_BYTES);
    check(!str_eq(otp_secret_make(a), otp_secret_make(a)));
}
