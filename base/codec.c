/*
 * Encoded text comes from strangers: tokens, digests, forms. What is promised: one text for the
 * same bytes (base64: RFC 4648 3.5, no stray low bits), so that nothing that is compared, counted
 * or remembered by its text has a second spelling. Hexadecimal digits of either case are the one
 * exception, for the sake of the portals' digests. None of this is constant in time.
 */
#include "base/codec.h"

#include "base/arena.h"
#include "base/str.h"

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static unsigned byte_at(struct str s, size_t i)
{
    return (unsigned char)s.p[i];
}

struct str hex_encode(struct arena *a, struct str bytes)
{
    char *p = arena_alloc(a, arena_times(bytes.n, 2));

    for (size_t i = 0; i < bytes.n; i++) {
        p[2 * i] = hex_lower[byte_at(bytes, i) >> 4];
        p[2 * i + 1] = hex_lower[byte_at(bytes, i) & 15];
    }
    return str_of(p, bytes.n * 2);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that two digits at s.p[i] mean, or -1. */
static int hex_pair(struct str s, size_t i)
{
    const int high = i + 1 < s.n ? hex_digit(s.p[i]) : -1;
    const int low = i + 1 < s.n ? hex_digit(s.p[i + 1]) : -1;

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool hex_decode(struct arena *a, struct str text, struct str *bytes)
{
    char *p;

    if (text.n % 2 != 0)
        return false;
    p = arena_alloc(a, text.n / 2);
    for (size_t i = 0; i < text.n / 2; i++) {
        const int byte = hex_pair(text, 2 * i);

        if (byte < 0)
            return false;
        p[i] = (char)byte;
    }
    *bytes = str_of(p, text.n / 2);
    return true;
}

/* Three bytes are four digits; one or two left over are two or three digits. */
static struct str encode64(struct arena *a, struct str bytes, const char *digits)
{
    char *p = arena_alloc(a, arena_times(bytes.n / 3 + 1, 4));
    unsigned held = 0;
    unsigned bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        held = (held << 8 | byte_at(bytes, i)) & 0xFFFF;
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            p[n++] = digits[held >> bits & 63];
        }
    }
    if (bits > 0)
        p[n++] = digits[held << (6 - bits) & 63];
    return str_of(p, n);
}

static int digit64(char c, const char *digits)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == digits[62])
        return 62;
    return c == digits[63] ? 63 : -1;
}

static bool decode64(struct arena *a, struct str text, const char *digits, struct str *bytes)
{
    unsigned held = 0;
    unsigned bits = 0;
    size_t n = 0;
    char *p;

    if (text.n % 4 == 1)
        return false;
    p = arena_alloc(a, text.n / 4 * 3 + 2);
    for (size_t i = 0; i < text.n; i++) {
        const int digit = digit64(text.p[i], digits);

        if (digit < 0)
            return false;
        held = (held << 6 | (unsigned)digit) & 0xFFFF;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            p[n++] = (char)(held >> bits & 255);
        }
    }
    if ((held & ((1U << bits) - 1)) != 0) /* stray low bits */
        return false;
    *bytes = str_of(p, n);
    return true;
}

struct str base64_encode(struct arena *a, struct str bytes)
{
    struct str text = encode64(a, bytes, base64_digits);
    char *p = (char *)(uintptr_t)text.p; /* ours, and with room for the padding */

    while (text.n % 4 != 0)
        p[text.n++] = '=';
    return text;
}

bool base64_decode(struct arena *a, struct str text, struct str *bytes)
{
    if (text.n % 4 != 0)
        return false;
    for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    return decode64(a, text, base64_digits, bytes);
}

struct str base64url_encode(struct arena *a, struct str bytes)
{
    return encode64(a, bytes, base64url_digits);
}

bool base64url_decode(struct arena *a, struct str text, struct str *bytes)
{
    return decode64(a, text, base64url_digits, bytes);
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

struct str percent_encode(struct arena *a, struct str bytes)
{
    char *p = arena_alloc(a, arena_times(bytes.n, 3));
    size_t n = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        if (is_unreserved(bytes.p[i])) {
            p[n++] = bytes.p[i];
            continue;
        }
        p[n++] = '%';
        p[n++] = hex_upper[byte_at(bytes, i) >> 4];
        p[n++] = hex_upper[byte_at(bytes, i) & 15];
    }
    return str_of(p, n);
}

static bool decode_percent(struct arena *a, struct str text, char space, struct str *bytes)
{
    char *p = arena_alloc(a, text.n);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        int c = (unsigned char)text.p[i];

        if (c == '%') {
            c = hex_pair(text, i + 1);
            i += 2;
        } else if (c == space) {
            c = ' ';
        }
        if (c <= 0) /* no byte, or NUL */
            return false;
        p[n++] = (char)c;
    }
    *bytes = str_of(p, n);
    return true;
}

bool percent_decode(struct arena *a, struct str text, struct str *bytes)
{
    return decode_percent(a, text, ' ', bytes);
}

bool form_decode(struct arena *a, struct str text, struct str *bytes)
{
    return decode_percent(a, text, '+', bytes);
}
