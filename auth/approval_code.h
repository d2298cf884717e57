/*
 * approval_code.h - what a person types to find the request of a kiosk (RFC 8628 6.1): eight of 20
 * consonants, in any case, with or without dash and spaces; shown as XXXX-XXXX.
 */
#ifndef AUTH_APPROVAL_CODE_H
#define AUTH_APPROVAL_CODE_H

#include "base/base.h"

struct str approval_code_draw(struct arena *a); /* a fresh one, without the dash */
/* What was typed, without the dash; empty when it cannot be a code. */
struct str approval_code_read(struct arena *a, struct str typed);
/* The same as the device shows it; empty when it cannot be a code. */
struct str approval_code(struct arena *a, struct str typed);

#endif
