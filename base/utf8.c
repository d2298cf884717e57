/*
 * Names come from portals, cards and people's keyboards, and decide whether somebody is taken for
 * the person in the population database. What is promised: text that does not decode is refused and
 * never repaired; two names whose letters all fall away (another script) have no key and are never
 * the same. What is not: a key match alone proves nobody's identity, since Hoa, Hòa and Hóa share
 * one key.
 */
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define GRAVE      0x0300
#define ACUTE      0x0301
#define CIRCUMFLEX 0x0302
#define TILDE      0x0303
#define BREVE      0x0306
#define HOOK       0x0309
#define HORN       0x031B
#define DOT_BELOW  0x0323
#define D_STROKE   0x0110
#define d_STROKE   0x0111

/* The bytes that follow the first one, or -1 where none may start so. */
static int tail_count(unsigned char first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xC2 && first <= 0xDF)
        return 1;
    if (first >= 0xE0 && first <= 0xEF)
        return 2;
    return first >= 0xF0 && first <= 0xF4 ? 3 : -1;
}

uint32_t utf8_next(struct str *s)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    const unsigned char first = s->n > 0 ? (unsigned char)s->p[0] : 0;
    const int tail = tail_count(first);
    uint32_t c = tail <= 0 ? first : first & (0x3FU >> tail);

    must(s->n > 0);
    for (int i = 1; i <= tail; i++) {
        const unsigned char byte = (size_t)i < s->n ? (unsigned char)s->p[i] : 0;

        c = byte >> 6 == 2 ? c << 6 | (byte & 0x3F) : UTF8_BAD;
        if (c == UTF8_BAD)
            break;
    }
    if (tail < 0 || c < least[tail] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        *s = str_from(*s, 1);
        return UTF8_BAD;
    }
    *s = str_from(*s, (size_t)tail + 1);
    return c;
}

static void put_code(struct buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(b, (char)c);
        return;
    }
    if (c < 0x800) {
        buf_putc(b, (char)(0xC0 | c >> 6));
    } else {
        if (c < 0x10000) {
            buf_putc(b, (char)(0xE0 | c >> 12));
        } else {
            buf_putc(b, (char)(0xF0 | c >> 18));
            buf_putc(b, (char)(0x80 | (c >> 12 & 0x3F)));
        }
        buf_putc(b, (char)(0x80 | (c >> 6 & 0x3F)));
    }
    buf_putc(b, (char)(0x80 | (c & 0x3F)));
}

/* Nearly all that is asked about is printable ASCII: eight bytes at a time of it are passed over.
 */
static struct str plain_skip(struct str s)
{
    const uint64_t each = 0x0101010101010101ULL, high = each << 7;
    uint64_t w, del;

    for (; s.n >= sizeof(w); s = str_of(s.p + sizeof(w), s.n - sizeof(w))) {
        memcpy(&w, s.p, sizeof(w));
        del = w ^ each * 0x7F;
        if (((w | (w - each * 0x20) | (del - each)) & high) != 0)
            break; /* a byte above 0x7E, below 0x20, or 0x7F; or perhaps none */
    }
    return s;
}

bool utf8_is_valid(struct str s)
{
    for (s = plain_skip(s); s.n > 0;) {
        const uint32_t c = utf8_next(&s);

        if (c == UTF8_BAD || c == 0)
            return false;
    }
    return true;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool utf8_is_text(struct str s)
{
    for (s = plain_skip(s); s.n > 0;) {
        const uint32_t c = utf8_next(&s);

        if (c == UTF8_BAD || is_control(c))
            return false;
    }
    return true;
}

size_t utf8_count(struct str s)
{
    size_t n = 0;

    for (; s.n > 0; n++)
        (void)utf8_next(&s);
    return n;
}

static result normalize(struct arena *a, uninorm_t form, struct str s, struct str *out,
                        struct err *e)
{
    uint8_t *made;
    size_t n = 0;
    result fits;

    if (!utf8_is_valid(s))
        return fail(e, ERR_NOT_UTF8, "%zu bytes of text", s.n);
    if (s.n == 0) {
        *out = s;
        return OK;
    }
    made = u8_normalize(form, (const uint8_t *)s.p, s.n, NULL, &n);
    if (made == NULL)
        return fail(e, ERR_TOO_LARGE, "normalizing %zu bytes", s.n);
    fits = arena_may(a, n, e);
    if (!fits.failed)
        *out = str_dup(a, str_of(made, n));
    free(made);
    return fits;
}

result utf8_nfc(struct arena *a, struct str s, struct str *out, struct err *e)
{
    return normalize(a, UNINORM_NFC, s, out, e);
}

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

static bool is_zero_width(uint32_t c)
{
    return (c >= 0x200B && c <= 0x200D) || c == 0xFEFF;
}

/* Before the normalization, so that a letter and its mark meet when a zero-width one stood between
 * them. Writes no more bytes than it reads. */
result utf8_tidy(struct arena *a, struct str s, struct str *out, struct err *e)
{
    struct buf b = buf_make(a, s.n);
    bool gap = false;

    if (!utf8_is_valid(s))
        return fail(e, ERR_NOT_UTF8, "%zu bytes of text", s.n);
    TRY(arena_may(a, 4 * s.n, e)); /* a buf doubles as it grows */
    while (s.n > 0) {
        const uint32_t c = utf8_next(&s);

        if (is_zero_width(c))
            continue;
        if (is_space(c)) {
            gap = true;
            continue;
        }
        if (gap && b.n > 0)
            buf_putc(&b, ' ');
        gap = false;
        put_code(&b, c);
    }
    return utf8_nfc(a, buf_str(&b), out, e);
}

/* Eth and African D look like Đ and are typed for it. */
static uint32_t without_look_alike(uint32_t c)
{
    if (c == 0x00D0 || c == 0x0189)
        return D_STROKE;
    return c == 0x00F0 ? d_STROKE : c;
}

/* New style puts the tone of oa, oe, uy on the second vowel: oà; old style on the first: òa. Where
 * nothing follows, both are in use for the same name. */
struct tone_pair {
    uint32_t first, second; /* new style, lower case */
    uint32_t old_first, old_second;
};

static const struct tone_pair tone_pairs[] = {
    { 'o', 0x00E0, 0x00F2, 'a' }, { 'o', 0x00E1, 0x00F3, 'a' }, { 'o', 0x1EA3, 0x1ECF, 'a' },
    { 'o', 0x00E3, 0x00F5, 'a' }, { 'o', 0x1EA1, 0x1ECD, 'a' }, { 'o', 0x00E8, 0x00F2, 'e' },
    { 'o', 0x00E9, 0x00F3, 'e' }, { 'o', 0x1EBB, 0x1ECF, 'e' }, { 'o', 0x1EBD, 0x00F5, 'e' },
    { 'o', 0x1EB9, 0x1ECD, 'e' }, { 'u', 0x1EF3, 0x00F9, 'y' }, { 'u', 0x00FD, 0x00FA, 'y' },
    { 'u', 0x1EF7, 0x1EE7, 'y' }, { 'u', 0x1EF9, 0x0169, 'y' }, { 'u', 0x1EF5, 0x1EE5, 'y' },
};

static const struct tone_pair *tone_pair_find(uint32_t first, uint32_t second)
{
    const uint32_t x = uc_tolower(first);
    const uint32_t y = uc_tolower(second);

    for (size_t i = 0; i < LEN(tone_pairs); i++)
        if (tone_pairs[i].first == x && tone_pairs[i].second == y)
            return &tone_pairs[i];
    return NULL;
}

/* A mark that did not compose belongs to the vowel before it, which then is no plain pair. */
static bool goes_on(struct str rest)
{
    const uint32_t c = rest.n == 0 ? ' ' : utf8_next(&rest);

    return uc_is_general_category(c, UC_LETTER) || uc_is_general_category(c, UC_MARK);
}

static uint32_t in_case_of(uint32_t model, uint32_t c)
{
    return uc_toupper(model) == model ? uc_toupper(c) : c;
}

/* Writes the pair at the head of *s in the old style; false when none is there. */
static bool put_old_style(struct buf *b, uint32_t before, struct str *s)
{
    struct str rest = *s;
    const uint32_t first = utf8_next(&rest);
    const uint32_t second = rest.n == 0 ? 0 : utf8_next(&rest);
    const struct tone_pair *pair = tone_pair_find(first, second);

    if (pair == NULL || before == 'q' || before == 'Q' || goes_on(rest))
        return false;
    put_code(b, in_case_of(first, pair->old_first));
    put_code(b, in_case_of(second, pair->old_second));
    *s = rest;
    return true;
}

/* No letter needs more bytes in the old style than its pair had, nor does Đ. */
result utf8_exact(struct arena *a, struct str s, struct str *out, struct err *e)
{
    uint32_t before = 0;
    struct str tidy;
    struct buf b;

    TRY(utf8_tidy(a, s, &tidy, e));
    TRY(arena_may(a, 4 * tidy.n, e));
    b = buf_make(a, tidy.n);
    while (tidy.n > 0) {
        if (put_old_style(&b, before, &tidy)) {
            before = 0;
            continue;
        }
        before = utf8_next(&tidy);
        put_code(&b, without_look_alike(before));
    }
    return buf_end(&b, out, e);
}

result utf8_key(struct arena *a, struct str s, struct str *out, struct err *e)
{
    struct str apart;
    struct buf b;

    TRY(normalize(a, UNINORM_NFD, s, &apart, e));
    TRY(arena_may(a, 4 * apart.n, e));
    b = buf_make(a, apart.n);
    while (apart.n > 0) {
        uint32_t c = without_look_alike(utf8_next(&apart));

        if (c == D_STROKE || c == d_STROKE)
            c = 'D';
        if (c >= 'a' && c <= 'z')
            c -= 'a' - 'A';
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            buf_putc(&b, (char)c);
    }
    return buf_end(&b, out, e);
}

enum utf8_match utf8_match(struct arena *a, struct str x, struct str y)
{
    struct str x_form, y_form;

    if (utf8_exact(a, x, &x_form, NULL).failed || utf8_exact(a, y, &y_form, NULL).failed)
        return UTF8_DIFFERENT;
    if (str_eq(x_form, y_form))
        return UTF8_EXACT;
    if (utf8_key(a, x, &x_form, NULL).failed || utf8_key(a, y, &y_form, NULL).failed)
        return UTF8_DIFFERENT;
    return x_form.n > 0 && str_eq(x_form, y_form) ? UTF8_SAME_KEY : UTF8_DIFFERENT;
}

struct str utf8_upper(struct arena *a, struct str s)
{
    struct buf b = buf_make(a, 3 * s.n);

    while (s.n > 0) {
        const struct str at = s;
        const uint32_t c = utf8_next(&s);

        if (c == UTF8_BAD)
            buf_put(&b, str_sub(at, 0, 1));
        else
            put_code(&b, uc_toupper(c));
    }
    return buf_str(&b);
}

struct str utf8_cut(struct str s, size_t bytes_max)
{
    size_t n = bytes_max;

    if (s.n <= bytes_max)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return str_sub(s, 0, n);
}

/* One letter with the marks that follow it, taken apart into what is compared first, second, third:
 * the letter of the alphabet, the tone, the case. */
struct letter {
    uint32_t alphabet;
    uint32_t tone;
    bool upper;
};

static uint32_t tone_rank(uint32_t mark)
{
    static const uint32_t tones[] = { GRAVE, HOOK, TILDE, ACUTE, DOT_BELOW };

    for (uint32_t i = 0; i < LEN(tones); i++)
        if (tones[i] == mark)
            return i + 1;
    return 0;
}

static uint32_t quality_rank(uint32_t mark)
{
    if (mark == BREVE)
        return 1;
    if (mark == CIRCUMFLEX)
        return 2;
    return mark == HORN ? 3 : 0;
}

static void add_mark(struct letter *l, uint32_t mark)
{
    const uint32_t quality = quality_rank(mark);
    const uint32_t tone = tone_rank(mark);

    if (quality > 0)
        l->alphabet |= quality;
    else
        l->tone += tone > 0 ? tone : mark;
}

/* Spaces, then signs, digits, the letters of the alphabet, all other scripts. */
static uint32_t base_rank(uint32_t lower)
{
    const uint32_t kind = 1U << 27;

    if (lower == ' ')
        return 0;
    if (lower >= 'a' && lower <= 'z')
        return 3 * kind + lower * 4;
    if (lower >= '0' && lower <= '9')
        return 2 * kind + lower * 4;
    return (lower < 0x80 ? 1 : 4) * kind + lower * 4;
}

static struct letter letter_of(uint32_t c)
{
    struct letter l = { 0 };
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    uint32_t marks[8];
    size_t n = 0;

    c = without_look_alike(c);
    /* One step of decomposition splits off the last mark, so that the base comes out at the end. */
    while (n < LEN(marks) && uc_canonical_decomposition(c, parts) == 2) {
        marks[n++] = parts[1];
        c = parts[0];
    }
    l.upper = uc_tolower(c) != c;
    c = uc_tolower(c);
    l.alphabet = c == d_STROKE ? base_rank('d') | 1 : base_rank(c);
    for (size_t i = 0; i < n; i++)
        add_mark(&l, marks[i]);
    return l;
}

static struct letter letter_next(struct str *s)
{
    const uint32_t first = utf8_next(s);
    struct letter l = letter_of(first == UTF8_BAD ? 0xFFFD : first);

    while (s->n > 0) {
        struct str rest = *s;
        const uint32_t c = utf8_next(&rest);

        if (c == UTF8_BAD || !uc_is_general_category(c, UC_MARK))
            break;
        add_mark(&l, c);
        *s = rest;
    }
    return l;
}

int utf8_collate(struct str x, struct str y)
{
    int tones = 0;
    int cases = 0;

    while (x.n > 0 && y.n > 0) {
        const struct letter a = letter_next(&x);
        const struct letter b = letter_next(&y);

        if (a.alphabet != b.alphabet)
            return a.alphabet < b.alphabet ? -1 : 1;
        if (tones == 0)
            tones = (a.tone > b.tone) - (a.tone < b.tone);
        if (cases == 0)
            cases = a.upper - b.upper;
    }
    if (x.n != y.n && (x.n == 0 || y.n == 0))
        return x.n == 0 ? -1 : 1;
    return tones != 0 ? tones : cases;
}
