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

static void padded(uint64_t *to, size_t words, struct str s)
{
    char bytes[SIEVE_KEY] = { 0 };

    must(s.n <= words * 8 && words * 8 <= sizeof bytes);
    memcpy(bytes, s.p, s.n);
    memcpy(to, bytes, words * 8);
}

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
static uint32_t word_add(struct sieve *s, const uint64_t *text, uint64_t hash)
{
    uint32_t number = 0;

    (void)pthread_mutex_lock(&s->lock);
    for (uint64_t i = hash & (SIEVE_WORD_SLOTS - 1);; i = (i + 1) & (SIEVE_WORD_SLOTS - 1)) {
        struct sieve_word *w = &s->words[i];
        number = atomic_load_explicit(&w->number, memory_order_relaxed);
        if (number != 0 && memcmp(w->text, text, SIEVE_WORD_BYTES) == 0)
            break;
        if (number == 0) {
            if (s->word_count == SIEVE_WORDS)
                break;
            memcpy(w->text, text, SIEVE_WORD_BYTES);
            number = ++s->word_count;
            atomic_store_explicit(&w->number, number, memory_order_release);
            break;
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
    return number;
}

/* False: too long, or one word too many. */
static bool word_number(struct sieve *s, struct str text, uint16_t *out)
{
    uint64_t word[SIEVE_WORD_BYTES / 8];
    uint32_t number;

    *out = 0;
    if (text.n == 0)
        return true;
    if (text.n > SIEVE_WORD_BYTES)
        return false;
    padded(word, LEN(word), text);
    const uint64_t hash = sieve_hash(word);
    for (uint64_t i = hash & (SIEVE_WORD_SLOTS - 1);; i = (i + 1) & (SIEVE_WORD_SLOTS - 1)) {
        const struct sieve_word *w = &s->words[i];
        number = atomic_load_explicit(&w->number, memory_order_acquire);
        if (number == 0) {
            number = word_add(s, word, hash);
            break;
        }
        if (((w->text[0] ^ word[0]) | (w->text[1] ^ word[1]) | (w->text[2] ^ word[2])) == 0)
            break;
    }
    *out = (uint16_t)number;
    return number != 0;
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

struct sieve_view sieve_look(struct sieve *s, const struct csv_record *r)
{
    const struct str key = r->text[CSV_REFERENCE], currency = r->text[CSV_CURRENCY];
    struct sieve_view v;
    bool plain =
        r->kind == SETTLEMENT_PAY && r->success && (currency.n == 0 || str_is(currency, "VND"));

    v.has_key = key.n > 0 && key.n <= SIEVE_KEY;
    if (v.has_key)
        padded(v.key, LEN(v.key), key);
    v.txn = r->text[CSV_TXN].n > 0 ? sieve_text_hash(r->text[CSV_TXN]) : 0;
    v.original = r->text[CSV_ORIGINAL].n > 0 ? sieve_text_hash(r->text[CSV_ORIGINAL]) : 0;
    v.account = v.body = 0;
    plain &= money_look(r, &v.money);
    plain &= fee_look(r, &v.fee_vnd);
    plain &= !s->has_account || word_number(s, r->text[CSV_ACCOUNT], &v.account);
    plain &= !s->has_body || word_number(s, r->text[CSV_BODY], &v.body);
    if (!plain)
        v.money |= SIEVE_ODD;
    return v;
}
