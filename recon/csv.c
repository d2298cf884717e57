/*
 * Attacker: whoever writes a file that is compared with ours. Promised: no byte is read outside the
 * given ones, no row is dropped silently, and one bad row does not take others with it.
 *
 * Sixteen bytes are looked at together; only separators, line ends and quotes are visited. A row
 * with a quote, and the last bytes, take the slow way, which decides what is right.
 */
#include "recon/csv.h"

#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 16

struct csv_reader csv_begin(struct str bytes, char separator, char *scratch)
{
    return (struct csv_reader){ .at = bytes.p,
                                .end = bytes.p + bytes.n,
                                .separator = separator,
                                .quote = '"',
                                .whole = true,
                                .line = 1,
                                .scratch = scratch };
}

struct str csv_skip_bom(struct str bytes)
{
    return str_starts(bytes, STR("\xEF\xBB\xBF")) ? str_from(bytes, 3) : bytes;
}

char csv_separator_of(struct str bytes)
{
    static const char separators[] = { ',', ';', '\t', '|' };
    struct str first = str_sub(bytes, 0, str_find(bytes, '\n'));
    size_t counts[sizeof separators] = { 0 }, best = 0;

    for (size_t i = 0; i < first.n; i++)
        for (size_t k = 0; k < sizeof separators; k++)
            counts[k] += first.p[i] == separators[k] ? 1 : 0;
    for (size_t k = 1; k < sizeof separators; k++)
        best = counts[k] > counts[best] ? k : best;
    return separators[best];
}

static void blame(struct csv_row *row, const char *at, const char *why)
{
    if (row->fault == NULL) {
        row->fault = why;
        row->column = at - row->text.p + 1;
    }
}

static void field_add(struct csv_row *row, const char *from, size_t n)
{
    if (row->count < CSV_FIELDS_MAX)
        row->fields[row->count++] = str_of(from, n);
    else
        blame(row, from, "too many fields");
}

static bool is_quote(const struct csv_reader *r, char c)
{
    return c == r->quote && c != '\0';
}

/* What lies between the quotes, with doubled ones undone; NULL: no quote closes it. */
static const char *quoted_field(const struct csv_reader *r, struct csv_row *row, const char *at,
                                char **free_from)
{
    char *out = *free_from;
    const char *s = at + 1;
    size_t n = 0;

    for (; s < r->end && s - row->text.p < LIMIT_SETTLEMENT_LINE; s++) {
        if (is_quote(r, *s) && (s + 1 == r->end || !is_quote(r, s[1]))) {
            *free_from = out + n;
            field_add(row, out, n);
            return s + 1;
        }
        s += is_quote(r, *s) ? 1 : 0;
        out[n++] = *s;
    }
    return NULL;
}

static const char *bare_field(const struct csv_reader *r, struct csv_row *row, const char *at)
{
    const char *s = at;

    for (; s < r->end && *s != '\n' && *s != r->separator; s++)
        if (is_quote(r, *s))
            blame(row, s, "a quote inside a field");
    field_add(row, at, (size_t)(s - at) - (s > at && s[-1] == '\r' && s < r->end && *s == '\n'));
    return s;
}

/* Behind a closing quote only a separator or a line end is right. */
static const char *quoted_end(const struct csv_reader *r, struct csv_row *row, const char *s)
{
    if (s + 1 < r->end && s[0] == '\r' && s[1] == '\n')
        return s + 1;
    if (s < r->end && *s != r->separator && *s != '\n')
        blame(row, s, "text behind a closing quote");
    while (s < r->end && *s != r->separator && *s != '\n')
        s++;
    return s;
}

/* The end of the row that begins at row->text.p: its line end, or the end of all. */
static const char *slow_row(const struct csv_reader *r, struct csv_row *row)
{
    const char *s = row->text.p, *line_end;
    char *free_from = r->scratch;

    row->count = 0;
    for (;;) {
        const char *field = s;
        const char *closed =
            s < r->end && is_quote(r, *s) ? quoted_field(r, row, s, &free_from) : NULL;
        if (closed != NULL) {
            s = quoted_end(r, row, closed);
        } else if (s < r->end && is_quote(r, *s)) {
            if (!r->whole && r->end - row->text.p <= LIMIT_SETTLEMENT_LINE)
                return r->end; /* what closes it may come yet */
            blame(row, field, "a quote that is not closed");
            line_end = memchr(s, '\n', (size_t)(r->end - s));
            return line_end != NULL ? line_end : r->end;
        } else {
            s = bare_field(r, row, s);
        }
        if (s >= r->end || *s == '\n')
            return s;
        s++;
    }
}

#ifdef __SSE2__
/* NULL: the slow way. *high tells whether a byte beyond ASCII, or a NUL, may be in the row. */
static const char *fast_row(const struct csv_reader *r, struct csv_row *row, bool *high)
{
    const __m128i sep = _mm_set1_epi8(r->separator), lf = _mm_set1_epi8('\n'),
                  quote = _mm_set1_epi8(r->quote), zero = _mm_setzero_si128();
    const char *s = row->text.p, *field = s;
    int count = 0;
    unsigned odd = 0;

    for (; r->end - s >= BLOCK; s += BLOCK) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);
        const __m128i is_lf = _mm_cmpeq_epi8(v, lf);
        const __m128i hit =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, sep), is_lf), _mm_cmpeq_epi8(v, quote));
        odd |= (unsigned)_mm_movemask_epi8(_mm_or_si128(v, _mm_cmpeq_epi8(v, zero)));
        for (unsigned m = (unsigned)_mm_movemask_epi8(hit); m != 0; m &= m - 1) {
            const char *at = s + __builtin_ctz(m);
            if (*at == r->quote || count == CSV_FIELDS_MAX)
                return NULL;
            row->fields[count++] = (struct str){ field, (size_t)(at - field) };
            field = at + 1;
            if (*at == '\n') {
                struct str *last = &row->fields[count - 1];
                last->n -= last->n > 0 && at[-1] == '\r' ? 1 : 0;
                row->count = count;
                *high = odd != 0;
                return at;
            }
        }
    }
    return NULL;
}
#else
static const char *fast_row(const struct csv_reader *r, struct csv_row *row, bool *high)
{
    (void)r;
    (void)row;
    (void)high;
    return NULL;
}
#endif

static void text_check(struct csv_row *row)
{
    struct str left = row->text;

    if (left.n > LIMIT_SETTLEMENT_LINE)
        blame(row, left.p, "a row that is too long");
    if (row->fault != NULL)
        return;
    if (left.n > 0 && memchr(left.p, 0, left.n) != NULL) {
        blame(row, memchr(left.p, 0, left.n), "a NUL byte");
        return;
    }
    while (left.n > 0) {
        const char *at = left.p;
        if (utf8_next(&left) == UTF8_BAD) {
            blame(row, at, "not UTF-8");
            return;
        }
    }
}

static void lines_pass(struct csv_reader *r, const char *end)
{
    for (const char *s = r->at; s < end && (s = memchr(s, '\n', (size_t)(end - s))) != NULL; s++)
        r->line++;
}

static void blank_lines_pass(struct csv_reader *r)
{
    for (; r->at < r->end; r->line++) {
        if (*r->at == '\n')
            r->at++;
        else if (r->end - r->at > 1 && r->at[0] == '\r' && r->at[1] == '\n')
            r->at += 2;
        else
            return;
    }
}

bool csv_next(struct csv_reader *r, struct csv_row *row)
{
    bool odd = true, fast;
    const char *end;

    if (r->at < r->end && (*r->at == '\n' || *r->at == '\r'))
        blank_lines_pass(r);
    if (r->at >= r->end)
        return false;
    row->line = r->line;
    row->separator = r->separator;
    row->text.p = r->at;
    row->fault = NULL;
    end = fast_row(r, row, &odd);
    fast = end != NULL;
    if (!fast) {
        end = slow_row(r, row);
        if (end == r->end && !r->whole)
            return false;
    }
    row->text.n = (size_t)(end - r->at);
    row->text.n -= row->text.n > 0 && end[-1] == '\r' && end < r->end ? 1 : 0;
    if (!fast)
        r->saw_quote |= r->quote != '\0' && memchr(row->text.p, r->quote, row->text.n) != NULL;
    if (odd || !fast || row->text.n > LIMIT_SETTLEMENT_LINE)
        text_check(row);
    if (fast)
        r->line++;
    else
        lines_pass(r, end < r->end ? end + 1 : end);
    r->at = end < r->end ? end + 1 : end;
    return true;
}
