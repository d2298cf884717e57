/*
 * otp.h - time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 seconds), by liboath.
 *
 * A secret is OTP_SECRET_BYTES random bytes. A code is taken of the present time step, the one
 * before and the one after; whoever checks remembers the step of the last code taken, so that each
 * counts once. liboath is told the time, never asks for it.
 */
#ifndef CRYPTO_OTP_H
#define CRYPTO_OTP_H

#include "base/base.h"

#define OTP_SECRET_BYTES 20 /* RFC 4226 4: 160 bits */
#define OTP_STEP_S       30
#define OTP_DIGITS       6

struct str otp_secret_make(struct arena *a);
/* Base 32 of RFC 4648, upper case, no padding: what is typed where no picture can be read. */
struct str otp_secret_text(struct arena *a, struct str secret);
/* otpauth://totp/...: what applications on telephones read from a QR symbol. */
struct str otp_uri(struct arena *a, struct str service, struct str account, struct str secret);
/* Whether the code belongs to one of the three steps around now that is later than after_step.
 * *step, set only then, is which. Takes the same time for each wrong code of OTP_DIGITS digits. */
bool otp_is(struct str secret, struct str code, int64_t now_s, int64_t after_step, int64_t *step);

#endif
