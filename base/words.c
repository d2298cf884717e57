#include "base/words.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"

#define BILLION  1000000000ULL
#define TEXT_MAX 1024 /* the longest number of 64 bits needs some 250 bytes */
#define THOUSAND 1000

/* Words go out one by one, with a space between. */
struct speech {
    struct buf b;
    struct words_style style;
};

static const char *const digits_vi[] = { "không", "một", "hai", "ba",  "bốn",
                                         "năm",   "sáu", "bảy", "tám", "chín" };

static void say(struct speech *to, const char *word)
{
    if (to->b.n > 0)
        buf_putc(&to->b, ' ');
    buf_puts(&to->b, word);
}

/* The last digit sounds different after tens: mốt, tư, lăm. */
static const char *unit_word(unsigned tens, unsigned unit)
{
    if (unit == 5 && tens > 0)
        return "lăm";
    if (unit == 1 && tens > 1)
        return "mốt";
    if (unit == 4 && tens > 1)
        return "tư";
    return digits_vi[unit];
}

/* 1 to 999. In full: with "không trăm" for the hundreds that are not there. */
static void say_group(struct speech *to, unsigned n, bool full)
{
    const unsigned hundreds = n / 100;
    const unsigned tens = n / 10 % 10;
    const unsigned unit = n % 10;

    if (hundreds > 0 || full) {
        say(to, digits_vi[hundreds]);
        say(to, "trăm");
    }
    if (tens == 0 && unit > 0 && (hundreds > 0 || full))
        say(to, to->style.south_le ? "lẻ" : "linh");
    if (tens == 1)
        say(to, "mười");
    if (tens > 1) {
        say(to, digits_vi[tens]);
        say(to, "mươi");
    }
    if (unit > 0)
        say(to, unit_word(tens, unit));
}

/* Below a billion. `full`: something was said before, so the first group is not the leading one. */
static void say_below_billion(struct speech *to, unsigned n, bool full)
{
    const struct {
        unsigned group;
        const char *name;
    } groups[] = {
        { n / 1000000, "triệu" },
        { n / THOUSAND % THOUSAND, to->style.south_ngan ? "ngàn" : "nghìn" },
        { n % THOUSAND, NULL },
    };

    for (size_t i = 0; i < LEN(groups); i++) {
        if (groups[i].group == 0)
            continue;
        say_group(to, groups[i].group, full);
        if (groups[i].name != NULL)
            say(to, groups[i].name);
        full = true;
    }
}

/* "tỷ" is said once for each power of a billion: 10^18 is "một tỷ tỷ". */
static void say_number(struct speech *to, uint64_t n)
{
    const unsigned parts[] = { (unsigned)(n / BILLION / BILLION), (unsigned)(n / BILLION % BILLION),
                               (unsigned)(n % BILLION) };
    bool full = false;

    if (n == 0)
        say(to, digits_vi[0]);
    for (size_t i = 0; i < LEN(parts); i++) {
        if (parts[i] == 0)
            continue;
        say_below_billion(to, parts[i], full);
        for (size_t j = i + 1; j < LEN(parts); j++)
            say(to, "tỷ");
        full = true;
    }
}

static uint64_t magnitude(int64_t n)
{
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

struct str words_number(struct arena *a, int64_t n, struct words_style style)
{
    struct speech to = { .b = buf_make(a, TEXT_MAX), .style = style };

    if (n < 0)
        say(&to, "âm");
    /* The sign is no leading group: the number after it starts anew. */
    say_number(&to, magnitude(n));
    must(!to.b.overflow);
    return buf_str(&to.b);
}

static struct str capital(struct arena *a, struct str s)
{
    struct str rest = s;

    (void)utf8_next(&rest);
    return str_cat(a, utf8_upper(a, str_sub(s, 0, s.n - rest.n)), rest);
}

struct str words_vnd(struct arena *a, int64_t vnd, struct words_style style)
{
    const bool chan = style.chan && vnd != 0 && vnd % THOUSAND == 0;
    const struct str unit = chan ? STR(" đồng chẵn") : STR(" đồng");

    return capital(a, str_cat(a, words_number(a, vnd, style), unit));
}

/* 1 to 999. */
static void say_group_en(struct speech *to, unsigned n)
{
    static const char *const small[] = {
        "",         "one",     "two",     "three",     "four",     "five",    "six",
        "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"
    };
    static const char *const tens[] = { "",      "",      "twenty",  "thirty", "forty",
                                        "fifty", "sixty", "seventy", "eighty", "ninety" };
    const unsigned below = n % 100;

    if (n >= 100) {
        say(to, small[n / 100]);
        say(to, "hundred");
    }
    if (below >= 20) {
        say(to, tens[below / 10]);
        if (below % 10 > 0) {
            buf_putc(&to->b, '-');
            buf_puts(&to->b, small[below % 10]);
        }
    } else if (below > 0) {
        say(to, small[below]);
    }
}

struct str words_vnd_en(struct arena *a, int64_t vnd)
{
    static const char *const names[] = { "quintillion", "quadrillion", "trillion", "billion",
                                         "million",     "thousand",    NULL };
    struct speech to = { .b = buf_make(a, TEXT_MAX) };
    uint64_t power = BILLION * BILLION;

    if (vnd < 0)
        say(&to, "minus");
    if (vnd == 0)
        say(&to, "zero");
    for (size_t i = 0; i < LEN(names); i++, power /= THOUSAND) {
        const unsigned group = (unsigned)(magnitude(vnd) / power % THOUSAND);

        if (group == 0)
            continue;
        say_group_en(&to, group);
        if (names[i] != NULL)
            say(&to, names[i]);
    }
    say(&to, "dong");
    must(!to.b.overflow);
    return capital(a, buf_str(&to.b));
}
