/*
 * Security: the attacker guesses codes, or has seen one over a shoulder. Promised: a code is
 * compared in constant time with each of the three that may be taken, and never with one of a step
 * that has been used. Deliberately not done here: counting tries and remembering the step (auth).
 */
#include "crypto/otp.h"

#include <liboath/oath.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/str.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#define OTP_STEPS_ASIDE 1 /* RFC 6238 5.2: clocks of telephones drift */

static pthread_once_t oath_once = PTHREAD_ONCE_INIT;

static void oath_start(void)
{
    must(oath_init() == OATH_OK);
}

struct str otp_secret_make(struct arena *a)
{
    unsigned char bytes[OTP_SECRET_BYTES];
    struct str secret;

    random_fill(bytes, sizeof(bytes));
    secret = str_dup(a, str_of(bytes, sizeof(bytes)));
    explicit_bzero(bytes, sizeof(bytes));
    return secret;
}

struct str otp_secret_text(struct arena *a, struct str secret)
{
    char *text = NULL;
    size_t n = 0;
    struct str out;

    must(secret.n > 0);
    must(oath_base32_encode(secret.p, secret.n, &text, &n) == OATH_OK);
    while (n > 0 && text[n - 1] == '=')
        n--;
    out = str_dup(a, str_of(text, n));
    explicit_bzero(text, n);
    free(text);
    return out;
}

struct str otp_uri(struct arena *a, struct str service, struct str account, struct str secret)
{
    const struct str issuer = percent_encode(a, service);

    return str_fmt(a,
                   "otpauth://totp/%.*s:%.*s?secret=%.*s&issuer=%.*s&algorithm=SHA1&digits=%d"
                   "&period=%d",
                   STR_ARG(issuer), STR_ARG(percent_encode(a, account)),
                   STR_ARG(otp_secret_text(a, secret)), STR_ARG(issuer), OTP_DIGITS, OTP_STEP_S);
}

bool otp_is(struct str secret, struct str code, int64_t now_s, int64_t after_step, int64_t *step)
{
    const int64_t now_step = now_s / OTP_STEP_S;
    int64_t hit = -1;

    must(secret.n > 0);
    (void)pthread_once(&oath_once, oath_start);
    if (code.n != OTP_DIGITS || !str_digits(code))
        return false;
    for (int64_t s = now_step - OTP_STEPS_ASIDE; s <= now_step + OTP_STEPS_ASIDE; s++) {
        char right[OTP_DIGITS + 1];

        must(oath_totp_generate(secret.p, secret.n, (time_t)(s * OTP_STEP_S), OTP_STEP_S, 0,
                                OTP_DIGITS, right) == OATH_OK);
        if (secret_equal(code, str_of(right, OTP_DIGITS)) && s > after_step)
            hit = s;
        explicit_bzero(right, sizeof(right));
    }
    if (hit < 0)
        return false;
    *step = hit;
    return true;
}
