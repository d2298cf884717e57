/* A row as the sieve compares it. Whatever does not fit is odd, and left to the engine. */
#include <string.h>

#include "base/str.h"
#include "recon/sieve_row.h"

#define DAY_MS   86400000LL
#define LOCAL_MS (7 * 3600000LL)

static uint64_t mixed(uint64_t a, uint64_t b)
{
    const __uint128_t product = (__uint128_t)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Only finds: what is found is compared byte for byte. */
uint64_t sieve_hash(const uint64_t key[SIEVE_KEY / 8])
{
    return mixed(mixed(key[0] ^ 0xa0761d6478bd642fULL, key[1] ^ 0xe7037ed1a0b428dbULL) ^
                     0x8ebc6af09c88c6e3ULL,
                 key[2] ^ 0x589965cc75374cc3ULL);
}

/* All bytes are taken at once and those behind the text cut off: a text lies in a buffer of the
 * sieve, which has room behind its end (SIEVE_SLACK). */
static void padded(uint64_t to[SIEVE_KEY / 8], struct str s)
{
    must(s.n <= SIEVE_KEY);
    memcpy(to, s.p, SIEVE_KEY);
    for (size_t i = 0; i < SIEVE_KEY / 8; i++) {
        const size_t n = s.n > i * 8 ? s.n - i * 8 : 0;
        if (n < 8)
            to[i] &= ((uint64_t)1 << n * 8) - 1; /* the first byte is the lowest */
    }
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/* Two numbers with one hash would only be told as the same number of a pair that agrees in
 * reference and money, once in 2^64 pairs; never as the same payment. */
uint64_t sieve_text_hash(struct str s)
{
    uint64_t h = s.n ^ 0x9e3779b97f4a7c15ULL, word;

    for (size_t i = 0; i < s.n; i += 8) {
        word = 0;
        memcpy(&word, s.p + i, s.n - i < 8 ? s.n - i : 8);
        h = mixed(h ^ word, 0xa0761d6478bd642fULL) + word;
    }
    h = mixed(h, 0xe7037ed1a0b428dbULL);
    return h != 0 ? h : 1;
}

/* The number of a word that is new; 0: too many. */
static uint32_t word_add(struct sieve *s, const uint64_t *text, uint64_t slot)
{
    uint32_t number = 0;

    (void)pthread_mutex_lock(&s->lock);
    for (uint64_t i = slot;; i = (i + 1) & (SIEVE_WORD_SLOTS - 1)) {
        struct sieve_word *w = &s->words[i];
        number = atomic_load_explicit(&w->number, memory_order_relaxed);
        if (number != 0 && memcmp(w->text, text, SIEVE_KEY) == 0)
            break;
        if (number == 0) {
            if (s->word_count == SIEVE_WORDS)
                break;
            memcpy(w->text, text, SIEVE_KEY);
            number = ++s->word_count;
            atomic_store_explicit(&w->number, number, memory_order_release);
            break;
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
    return number;
}

/* False: too long. */
static bool word_look(const struct sieve *s, struct str text, enum sieve_kind kind,
                      struct sieve_view *v)
{
    v->word[kind][0] = 0;
    if (text.n == 0 || !s->compares[kind])
        return true;
    if (text.n > SIEVE_KEY)
        return false;
    padded(v->word[kind], text);
    v->slot[kind] = sieve_hash(v->word[kind]) & (SIEVE_WORD_SLOTS - 1);
    __builtin_prefetch(&s->words[v->slot[kind]]);
    return true;
}

void sieve_words(struct sieve *s, struct sieve_view *v)
{
    for (int k = 0; k < SIEVE_KINDS; k++) {
        const uint64_t *word = v->word[k];
        uint32_t number = 0;
        v->number[k] = 0;
        if (word[0] == 0)
            continue;
        for (uint64_t i = v->slot[k];; i = (i + 1) & (SIEVE_WORD_SLOTS - 1)) {
            const struct sieve_word *w = &s->words[i];
            number = atomic_load_explicit(&w->number, memory_order_acquire);
            if (number == 0)
                number = word_add(s, word, v->slot[k]);
            else if (((w->text[0] ^ word[0]) | (w->text[1] ^ word[1]) | (w->text[2] ^ word[2])) !=
                     0)
                continue;
            break;
        }
        v->number[k] = (uint16_t)number;
        if (number == 0)
            v->money |= SIEVE_ODD; /* one word too many: the engine compares it */
    }
}

static bool money_look(const struct csv_record *r, uint64_t *out)
{
    const int64_t day = r->time_ms > 0 ? (r->time_ms + LOCAL_MS) / DAY_MS : 0;

    *out = r->returned ? (uint64_t)SIEVE_RETURNED : 0;
    if (r->amount_vnd < 0 || r->amount_vnd > SIEVE_AMOUNT_MAX || day > 0xffff)
        return false;
    *out |= (uint64_t)day << SIEVE_DAY_SHIFT | (uint64_t)r->amount_vnd << SIEVE_AMOUNT_SHIFT;
    return true;
}

static bool fee_look(const struct csv_record *r, uint32_t *out)
{
    *out = SIEVE_NO_FEE;
    if (!r->has_fee)
        return true;
    if (r->fee_vnd < 0 || r->fee_vnd >= SIEVE_NO_FEE)
        return false;
    *out = (uint32_t)r->fee_vnd;
    return true;
}

void sieve_look(const struct sieve *s, const struct csv_record *r, struct sieve_view *v)
{
    const struct str key = r->text[CSV_REFERENCE], currency = r->text[CSV_CURRENCY];
    bool plain =
        r->kind == SETTLEMENT_PAY && r->success && (currency.n == 0 || str_is(currency, "VND"));

    v->has_key = key.n > 0 && key.n <= SIEVE_KEY;
    if (v->has_key)
        padded(v->key, key);
    v->txn = r->text[CSV_TXN].n > 0 ? sieve_text_hash(r->text[CSV_TXN]) : 0;
    v->original = r->text[CSV_ORIGINAL].n > 0 ? sieve_text_hash(r->text[CSV_ORIGINAL]) : 0;
    plain &= money_look(r, &v->money);
    plain &= fee_look(r, &v->fee_vnd);
    plain &= word_look(s, r->text[CSV_ACCOUNT], SIEVE_ACCOUNT, v);
    plain &= word_look(s, r->text[CSV_BODY], SIEVE_BODY, v);
    if (!plain)
        v->money |= SIEVE_ODD;
}
