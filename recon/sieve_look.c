/* A row as the sieve compares it. Whatever does not fit is odd, and left to the engine. */
#include <string.h>

#include "base/str.h"
#include "recon/sieve_row.h"

#define DAY_MS   86400000LL
#define LOCAL_MS (7 * 3600000LL)

struct sums {
    __uint128_t a, b;
};

static inline void word_add(const struct sieve *s, struct sums *h, size_t word, uint64_t value)
{
    h->a += s->numbers[0][word] * value;
    h->b += s->numbers[1][word] * value;
}

/* Inlined, so that the sums stay in registers. Eight bytes are taken at once and those behind the
 * text cut off: a text lies in a buffer of the sieve, which has room behind its end (SIEVE_SLACK).
 * False: too long. */
static inline __attribute__((always_inline)) bool text_add(const struct sieve *s, struct sums *h,
                                                           size_t word, struct str text)
{
    size_t left = text.n;
    uint64_t value;

    if (text.n > SIEVE_TEXT)
        return false;
    for (; left >= 8; left -= 8, text.p += 8) {
        memcpy(&value, text.p, sizeof value);
        word_add(s, h, word++, value);
    }
    if (left > 0) {
        memcpy(&value, text.p, sizeof value);
        word_add(s, h, word, value & (((uint64_t)1 << left * 8) - 1)); /* first byte lowest */
    }
    return true;
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/* Two numbers with one hash bring a pair more before the engine, which compares them. */
uint32_t sieve_number_hash(struct str s)
{
    uint64_t h = s.n;

    if (s.n == 0)
        return 0;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(h >> 32) | 1;
}

int64_t sieve_moved(const struct csv_record *r)
{
    return r->returned ? 0 : r->amount_vnd;
}

static bool compares(const struct sieve *s, enum csv_role r)
{
    return (s->way.compares >> r & 1) != 0;
}

/* Money, day and whether it was given back. */
static void numbers_add(const struct sieve *s, struct sums *h, const struct csv_record *r)
{
    const bool fee = compares(s, CSV_FEE) && r->has_fee;
    const bool dated = compares(s, CSV_TIME) && r->time_ms > 0;
    const uint64_t day = dated ? (uint64_t)((r->time_ms + LOCAL_MS) / DAY_MS) : 0;

    word_add(s, h, SIEVE_AMOUNT, (uint64_t)r->amount_vnd);
    word_add(s, h, SIEVE_DAY, day << 2 | (r->returned ? 2 : 0) | (fee ? 1 : 0));
    if (fee)
        word_add(s, h, SIEVE_FEE, (uint64_t)r->fee_vnd);
}

void sieve_look(const struct sieve *s, const struct csv_record *r, const struct csv_layout *at,
                const struct csv_row *row, struct sieve_view *v)
{
    static const struct {
        enum csv_role role;
        enum sieve_word word;
    } texts[] = { { CSV_TXN, SIEVE_TXN },
                  { CSV_ACCOUNT, SIEVE_ACCOUNT },
                  { CSV_BODY, SIEVE_BODY } };
    const struct str key = csv_layout_text(at, row, CSV_REFERENCE),
                     currency = csv_layout_text(at, row, CSV_CURRENCY);
    struct sums h = { s->numbers[0][SIEVE_ONE], s->numbers[1][SIEVE_ONE] };

    v->has_key = key.n > 0 && text_add(s, &h, SIEVE_KEY, key);
    v->key = (uint64_t)(h.a >> 64);
    v->odd = r->kind != SETTLEMENT_PAY || !r->success || r->amount_vnd < 0 ||
             (currency.n > 0 && !str_is(currency, "VND"));
    v->told = (r->has_fee ? 1U << CSV_FEE : 0) | (r->time_ms > 0 ? 1U << CSV_TIME : 0);
    numbers_add(s, &h, r);
    for (size_t i = 0; i < LEN(texts); i++) {
        const struct str text = csv_layout_text(at, row, texts[i].role);
        if (text.n == 0 || !compares(s, texts[i].role))
            continue;
        v->odd |= !text_add(s, &h, texts[i].word, text);
        v->told |= 1U << texts[i].role;
    }
    v->whole[0] = (uint64_t)(h.a >> 64);
    v->whole[1] = (uint64_t)(h.b >> 64);
}
