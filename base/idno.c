/*
 * Numbers typed by people or sent by portals. What is promised: only ASCII digits count, so that a
 * number has one spelling, and what is read is what is sent on. What is deliberately not done: a
 * personal number carries no check digit and proves nothing; whether it belongs to anybody is for
 * the population database to say. Numbers never go into an error's detail.
 */
#include "base/idno.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

#define ID_DIGITS     12
#define ENTITY_DIGITS 10
#define UNIT_DIGITS   13
#define TEXT_MAX      40 /* digits with a space after each, and more: nobody types that */

/* The character at the head of s is a space: ASCII, or the no-break one that documents put between
 * groups of digits. Returns its bytes. */
static size_t space_at(struct str s)
{
    if (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        return 1;
    return str_starts(s, STR("\xC2\xA0")) ? 2 : 0;
}

/* Copies s without spaces, and without `other` characters, into out; false when it is too long. */
static bool compact(struct str s, const char *other, char out[TEXT_MAX], size_t *n)
{
    *n = 0;
    while (s.n > 0) {
        const size_t space = space_at(s);

        if (space > 0) {
            s = str_from(s, space);
            continue;
        }
        if (s.p[0] == '\0' || strchr(other, s.p[0]) == NULL) {
            if (*n == TEXT_MAX)
                return false;
            out[(*n)++] = s.p[0];
        }
        s = str_from(s, 1);
    }
    return true;
}

static int number(struct str digits)
{
    int n = 0;

    for (size_t i = 0; i < digits.n; i++)
        n = n * 10 + (digits.p[i] - '0');
    return n;
}

result idno_read(struct str s, int year_now, struct idno *out, struct err *e)
{
    struct idno id = { 0 };
    char text[TEXT_MAX];
    struct str digits;
    size_t n;
    int century;

    if (!compact(s, "", text, &n) || n != ID_DIGITS || !str_digits(str_of(text, n)))
        return fail_field(e, ERR_INVALID, "id", "not 12 digits");
    digits = str_of(text, n);
    century = number(str_sub(digits, 3, 1));
    id.place = number(str_sub(digits, 0, 3));
    id.female = century % 2 == 1;
    id.birth_year = 1900 + 100 * (century / 2) + number(str_sub(digits, 4, 2));
    if (id.birth_year > year_now)
        return fail_field(e, ERR_INVALID, "id", "born after this year");
    memcpy(id.text, text, ID_DIGITS);
    *out = id;
    return OK;
}

int taxcode_check_digit(struct str nine_digits)
{
    static const int weights[] = { 31, 29, 23, 19, 17, 13, 7, 5, 3 };
    int sum = 0;

    if (nine_digits.n != LEN(weights) || !str_digits(nine_digits))
        return -1;
    for (size_t i = 0; i < LEN(weights); i++)
        sum += weights[i] * (nine_digits.p[i] - '0');
    return sum % 11 == 0 ? -1 : 10 - sum % 11;
}

static bool entity_is_valid(struct str ten_digits)
{
    const int check = taxcode_check_digit(str_sub(ten_digits, 0, 9));

    return check >= 0 && check == ten_digits.p[9] - '0' &&
           !str_is(str_sub(ten_digits, 2, 7), "0000000");
}

/* The dash stands before a unit's number or nowhere: "0314409058-02" lacks a digit, and is not the
 * twelve digits of a person. */
static bool dash_is_right(struct str s)
{
    const size_t at = str_find(s, '-');

    if (at == s.n)
        return true;
    return at == ENTITY_DIGITS && s.n == UNIT_DIGITS + 1 && str_find(str_from(s, at + 1), '-') == 3;
}

static result bad_taxcode(struct err *e, const char *why)
{
    return fail_field(e, ERR_INVALID, "tax_code", "%s", why);
}

static result person_read(struct str digits, int year_now, struct err *e)
{
    struct idno id;

    return idno_read(digits, year_now, &id, NULL).failed ? bad_taxcode(e, "no personal number")
                                                         : OK;
}

/* A business, or with three digits more its dependent unit. */
static result business_read(struct str digits, struct err *e)
{
    if (digits.n != ENTITY_DIGITS && digits.n != UNIT_DIGITS)
        return bad_taxcode(e, "not 10, 12 or 13 digits");
    if (!entity_is_valid(digits))
        return bad_taxcode(e, "check digit");
    return str_is(str_from(digits, ENTITY_DIGITS), "000") ? bad_taxcode(e, "unit 000") : OK;
}

result taxcode_read(struct str s, int year_now, struct taxcode *out, struct err *e)
{
    struct taxcode code = { .kind = TAXCODE_ENTITY };
    char dashed[TEXT_MAX];
    char text[TEXT_MAX];
    size_t n;

    if (!compact(s, ".", dashed, &n) || !dash_is_right(str_of(dashed, n)) ||
        !compact(str_of(dashed, n), "-", text, &n) || !str_digits(str_of(text, n)))
        return bad_taxcode(e, "not digits");
    if (n == ID_DIGITS) {
        TRY(person_read(str_of(text, n), year_now, e));
        code.kind = TAXCODE_PERSON;
    } else {
        TRY(business_read(str_of(text, n), e));
    }
    memcpy(code.text, text, n < UNIT_DIGITS ? n : ENTITY_DIGITS);
    if (n == UNIT_DIGITS) {
        code.kind = TAXCODE_UNIT;
        code.text[ENTITY_DIGITS] = '-';
        memcpy(code.text + ENTITY_DIGITS + 1, text + ENTITY_DIGITS, UNIT_DIGITS - ENTITY_DIGITS);
    }
    *out = code;
    return OK;
}

bool idno_is_old_card(struct str s)
{
    return s.n == 9 && str_digits(s);
}

bool idno_is_passport(struct str s)
{
    return (s.n == 8 || s.n == 9) && s.p[0] >= 'A' && s.p[0] <= 'Z' && str_digits(str_from(s, 1));
}
