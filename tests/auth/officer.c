#include "tests/auth/officer.h"

#include <liboath/oath.h>
#include <stdlib.h>

#include "base/clock.h"
#include "crypto/otp.h"
#include "crypto/secret.h"
#include "tests/auth/world.h"

static struct secret secret_of(const char *text)
{
    struct secret s = { .n = 0 };
    struct err e = { 0 };

    check_ok(secret_set(&s, str_c(text), &e), e);
    return s;
}

struct visit officer_visit(const char *ip)
{
    struct visit v = world_visit();

    v.ip = str_c(ip);
    return v;
}

void officer_add(struct auth *au, const char *name, enum staff_role role)
{
    const struct visit v = world_visit();
    const struct secret right = secret_of(OFFICER_PASSWORD);
    const struct staff s = { .name = str_c(name), .display_name = STR("Cán bộ"), .role = role };
    struct err e = { 0 };

    check_ok(staff_add(au, &v, &s, &right, &e), e);
}

enum err_code officer_try(struct auth *au, const char *name, const char *password, const char *ip,
                          struct staff_entry *out)
{
    const struct visit v = officer_visit(ip);
    const struct secret given = secret_of(password);
    struct err e = { 0 };

    (void)!staff_sign_in(au, &v, str_c(name), &given, out, &e).failed;
    return e.code;
}

struct str officer_phone(struct auth *au, const char *name)
{
    const struct visit v = world_visit();
    struct staff_otp otp;
    struct err e = { 0 };

    check_ok(staff_otp_make(au, &v, str_c(name), &otp, &e), e);
    return otp.secret;
}

struct str officer_code(struct auth *au, struct str phone, int steps)
{
    char *bytes = NULL, code[OTP_DIGITS + 1];
    size_t n = 0;

    check_int(oath_base32_decode(phone.p, phone.n, &bytes, &n), OATH_OK);
    check_int(oath_totp_generate(bytes, n, (time_t)(clock_now_s(au->clock) + steps * OTP_STEP_S),
                                 OTP_STEP_S, 0, OTP_DIGITS, code),
              OATH_OK);
    free(bytes);
    return str_dup(test_arena(), str_c(code));
}

struct staff_attempt officer_attempt(struct auth *au, const struct staff_entry *entry)
{
    const struct visit v = world_visit();
    struct staff_attempt t = { .step = STAFF_STEP_IN };
    struct err e = { 0 };
    bool found;

    check_ok(staff_attempt_find(au, &v, entry->attempt, &found, &t, &e), e);
    check(found);
    return t;
}

enum err_code officer_try_code(struct auth *au, const struct staff_attempt *t, struct str code,
                               const char *ip, struct staff_entry *out)
{
    const struct visit v = officer_visit(ip);
    struct err e = { 0 };

    (void)!staff_step_code(au, &v, t, code, out, &e).failed;
    return e.code;
}

bool officer_is_inside(struct auth *au, struct str token, struct staff_session *out)
{
    const struct visit v = world_visit();
    struct err e = { 0 };
    bool found;

    check_ok(staff_find_session(au, &v, token, &found, out, &e), e);
    return found;
}
