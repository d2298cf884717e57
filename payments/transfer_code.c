/*
 * The code of a payment in a narrative. Attacker: a payer who mistypes, a bank that rewrites, and
 * whoever tries codes; promise: what is read was made by us or passes for it with 1 : 36 at every
 * place, and 2^55 codes make trying pointless; two different codes in one narrative are none.
 */
#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/random.h"
#include "payments/transfer.h"

#define PREFIX       "MTC"
#define PREFIX_BYTES 3
#define RANDOM_BYTES (TRANSFER_CODE_BYTES - PREFIX_BYTES - 1)
#define MODULUS      36

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int value_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

/* ISO 7064, hybrid system MOD 37,36: the running product before the check character. */
static int product_of(const char *text, size_t n)
{
    int p = MODULUS;

    for (size_t i = 0; i < n; i++) {
        p = (p + value_of(text[i])) % MODULUS;
        p = (p == 0 ? MODULUS : p) * 2 % (MODULUS + 1);
    }
    return p;
}

struct str transfer_code_make(struct arena *a)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    unsigned char dice[RANDOM_BYTES];
    char text[TRANSFER_CODE_BYTES] = { 'M', 'T', 'C' };
    char check = 'O';

    /* The check character, too, must be one that is not mistaken. */
    while (check == 'O' || check == 'I' || check == 'L' || check == 'U') {
        random_fill(dice, sizeof(dice));
        for (size_t i = 0; i < sizeof(dice); i++)
            text[PREFIX_BYTES + i] = letters[dice[i] & 31];
        check = alphabet[(MODULUS + 1 - product_of(text, sizeof(text) - 1)) % MODULUS];
    }
    text[sizeof(text) - 1] = check;
    return str_dup(a, str_of(text, sizeof(text)));
}

bool transfer_code_is(struct str code)
{
    if (code.n != TRANSFER_CODE_BYTES || !str_starts(code, STR(PREFIX)) ||
        !str_all_in(code, letters))
        return false;
    return (product_of(code.p, code.n - 1) + value_of(code.p[code.n - 1])) % MODULUS == 1;
}

/* As it was meant: the letters that are not used are digits that were misread. */
static bool code_at(struct str key, size_t at, char text[TRANSFER_CODE_BYTES])
{
    if (key.n - at < TRANSFER_CODE_BYTES)
        return false;
    for (size_t i = 0; i < TRANSFER_CODE_BYTES; i++) {
        const char c = key.p[at + i];

        text[i] = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
    }
    return transfer_code_is(str_of(text, TRANSFER_CODE_BYTES));
}

bool transfer_code_find(struct arena *a, struct str narrative, struct str *code)
{
    char text[TRANSFER_CODE_BYTES];
    struct str key;

    *code = (struct str){ "", 0 };
    if (!utf8_is_valid(narrative) || utf8_key(a, narrative, &key, NULL).failed)
        return false;
    for (size_t at = 0; at + TRANSFER_CODE_BYTES <= key.n; at++) {
        if (!code_at(key, at, text))
            continue;
        if (code->n > 0 && !str_eq(*code, str_of(text, sizeof(text))))
            return false;
        *code = str_dup(a, str_of(text, sizeof(text)));
    }
    return code->n > 0;
}
