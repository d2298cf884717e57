/*
 * idno.h - the numbers by which the State knows persons and businesses.
 *
 * Personal identification number: 12 digits PPP G YY RRRRRR, no check digit (Law 26/2023 art. 12,
 * Decree 137/2015 art. 13): place of birth registration, century and sex, birth year, 6 free
 * digits. Tax code (mã số thuế, mã số doanh nghiệp): 10 digits with a mod-11 check digit, 13 with
 * the number of a dependent unit, or 12 when it is a person's own number (Circular 86/2024,
 * 90/2026). Which place a PPP names is a dated table: conf/place.h.
 */
#ifndef BASE_IDNO_H
#define BASE_IDNO_H

#include "base/base.h"

struct idno {
    char text[13]; /* 12 digits and NUL */
    int place;     /* PPP: province or country of birth registration */
    int birth_year;
    bool female;
};

enum taxcode_kind { TAXCODE_ENTITY, TAXCODE_UNIT, TAXCODE_PERSON };

struct taxcode {
    enum taxcode_kind kind;
    char text[15]; /* "0314409058" or "0314409058-002" or 12 digits: the form that is sent */
};

/* Spaces between ASCII digits are forgiven. `year_now` bounds the birth year. ERR_INVALID, field
 * "id". */
MUST_USE result idno_read(struct str s, int year_now, struct idno *out, struct err *e);
/* Spaces and dots are forgiven; a unit may come with its dash or without. ERR_INVALID, field
 * "tax_code". */
MUST_USE result taxcode_read(struct str s, int year_now, struct taxcode *out, struct err *e);
/* The check digit of nine digits, or -1 where none exists (sum mod 11 = 0). */
int taxcode_check_digit(struct str nine_digits);
bool idno_is_old_card(struct str s); /* 9 digits: a number of the former identity card */
bool idno_is_passport(struct str s); /* [A-Z][0-9]{7,8} */

#endif
