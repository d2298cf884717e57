/*
 * What is kept is read far more often than anything else, so it is printed and read here without
 * building a tree: members in the table's order, nothing between them, as base/json would print it.
 */
#include "auth/record.h"

#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define RECORD_TEXT_BYTES_MAX 32768 /* a pending authorization request is the longest */
#define ESCAPED_BYTES         6     /* \u00XX */
#define INT_BYTES             24

static const char hex_digits[] = "0123456789ABCDEF";

/* Letters that stand after a backslash, and what they mean. */
static const char letters[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t";

/* Printing. */

static size_t field_bytes_most(const struct record_field *f, const char *p)
{
    struct str s = { 0 };

    if (f->kind == RECORD_STR)
        memcpy(&s, p, sizeof(s));
    return strlen(f->name) + sizeof(",\"\":\"\"") + INT_BYTES + s.n * ESCAPED_BYTES;
}

static char *text_put(char *to, const char *p, size_t n)
{
    if (n > 0)
        memcpy(to, p, n);
    return to + n;
}

static char *escaped_put(char *to, char c)
{
    const char *at = c == '\0' ? NULL : strchr(meanings, c);

    *to++ = '\\';
    if (at != NULL) {
        *to++ = letters[at - meanings];
        return to;
    }
    to = text_put(to, "u00", 3);
    *to++ = hex_digits[(unsigned char)c >> 4];
    *to++ = hex_digits[(unsigned char)c & 15];
    return to;
}

static bool is_plain(char c)
{
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

static char *string_put(char *to, struct str s)
{
    *to++ = '"';
    for (size_t i = 0; i < s.n; i++)
        if (is_plain(s.p[i]))
            *to++ = s.p[i];
        else
            to = escaped_put(to, s.p[i]);
    *to++ = '"';
    return to;
}

static char *int_put(char *to, int64_t n)
{
    char digits[INT_BYTES];
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        digits[--at] = '-';
    return text_put(to, digits + at, sizeof(digits) - at);
}

static char *value_put(char *to, const struct record_field *f, const char *p)
{
    struct str s;
    int64_t big;
    int small;

    switch (f->kind) {
    case RECORD_STR:
        memcpy(&s, p, sizeof(s));
        return string_put(to, s);
    case RECORD_INT:
        memcpy(&small, p, sizeof(small));
        return int_put(to, small);
    case RECORD_INT64:
        memcpy(&big, p, sizeof(big));
        return int_put(to, big);
    case RECORD_BOOL:
        break;
    }
    return *(const bool *)p ? text_put(to, "true", 4) : text_put(to, "false", 5);
}

struct str record_print(struct arena *a, const struct record_field *fields, size_t n,
                        const void *from)
{
    size_t most = sizeof("}");
    char *start, *to;

    must(n > 0);
    for (size_t i = 0; i < n; i++)
        most += field_bytes_most(&fields[i], (const char *)from + fields[i].at);
    start = to = arena_alloc(a, most);
    for (size_t i = 0; i < n; i++) {
        to = text_put(to, i == 0 ? "{\"" : ",\"", 2);
        to = text_put(to, fields[i].name, strlen(fields[i].name));
        to = text_put(to, "\":", 2);
        to = value_put(to, &fields[i], (const char *)from + fields[i].at);
    }
    *to++ = '}';
    return str_of(start, (size_t)(to - start));
}

/* Reading: each takes what it expects from the front of *text, or says no. */

static bool skip(struct str *text, const char *p, size_t n)
{
    if (!str_starts(*text, str_of(p, n)))
        return false;
    *text = str_from(*text, n);
    return true;
}

static int hex_value(char c)
{
    const char *at = c == '\0' ? NULL : strchr(hex_digits, c);

    return at == NULL ? -1 : (int)(at - hex_digits);
}

static bool escaped_take(struct str *text, char *out)
{
    const char *at;
    int high, low;

    if (text->n < 2)
        return false;
    at = text->p[1] == '\0' ? NULL : strchr(letters, text->p[1]);
    if (at != NULL) {
        *out = meanings[at - letters];
        *text = str_from(*text, 2);
        return true;
    }
    if (text->n < ESCAPED_BYTES || !str_starts(*text, STR("\\u00")))
        return false;
    high = hex_value(text->p[4]);
    low = hex_value(text->p[5]);
    if (high < 0 || high > 1 || low < 0)
        return false;
    *out = (char)(high << 4 | low);
    *text = str_from(*text, ESCAPED_BYTES);
    return true;
}

static bool string_take(struct arena *a, struct str *text, struct str *out)
{
    struct str raw;
    size_t n = 0;
    char *p;

    if (!skip(text, "\"", 1))
        return false;
    while (n < text->n && text->p[n] != '"')
        n += text->p[n] == '\\' ? 2 : 1;
    if (n >= text->n)
        return false;
    raw = str_sub(*text, 0, n);
    *text = str_from(*text, n + 1);
    p = arena_alloc(a, n); /* what was escaped is shorter */
    for (n = 0; raw.n > 0; n++) {
        if (is_plain(raw.p[0])) {
            p[n] = raw.p[0];
            raw = str_from(raw, 1);
        } else if (!escaped_take(&raw, &p[n])) {
            return false;
        }
    }
    *out = str_of(p, n);
    return n <= RECORD_TEXT_BYTES_MAX;
}

static bool int_take(struct str *text, int64_t *out)
{
    size_t n = 0;

    while (n < text->n && (text->p[n] == '-' || (text->p[n] >= '0' && text->p[n] <= '9')))
        n++;
    if (!str_to_i64(str_sub(*text, 0, n), out))
        return false;
    *text = str_from(*text, n);
    return true;
}

static bool value_take(struct arena *a, struct str *text, const struct record_field *f, char *to)
{
    struct str s;
    int64_t n;
    int small;

    switch (f->kind) {
    case RECORD_STR:
        if (!string_take(a, text, &s))
            return false;
        memcpy(to, &s, sizeof(s));
        return true;
    case RECORD_INT:
        if (!int_take(text, &n) || n < INT_MIN || n > INT_MAX)
            return false;
        small = (int)n;
        memcpy(to, &small, sizeof(small));
        return true;
    case RECORD_INT64:
        if (!int_take(text, &n))
            return false;
        memcpy(to, &n, sizeof(n));
        return true;
    case RECORD_BOOL:
        break;
    }
    *(bool *)to = skip(text, "true", 4);
    return *(bool *)to || skip(text, "false", 5);
}

static bool field_take(struct arena *a, struct str *text, const struct record_field *f, bool first,
                       char *to)
{
    return skip(text, first ? "{\"" : ",\"", 2) && skip(text, f->name, strlen(f->name)) &&
           skip(text, "\":", 2) && value_take(a, text, f, to);
}

result record_read(struct arena *a, const struct record_field *fields, size_t n, struct str text,
                   void *to, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (!field_take(a, &text, &fields[i], i == 0, (char *)to + fields[i].at))
            return fail(e, ERR_INTERNAL, "record: no valid %s", fields[i].name);
    return str_is(text, "}") ? OK : fail(e, ERR_INTERNAL, "record: more than its members");
}
