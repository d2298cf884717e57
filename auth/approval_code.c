/*
 * Security: the attacker guesses the code of a request that somebody else made. Promised: 34 bits
 * from the system's generator, each letter equally likely. Deliberately not done here: counting
 * guesses (approval.c).
 */
#include "auth/approval_code.h"

#include "base/str.h"
#include "crypto/random.h"

#define CODE_LETTERS 8

static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ"; /* RFC 8628 6.1: no words, no look-alikes */

/* Eight letters, each equally likely: a byte that would favour some is drawn again. */
struct str approval_code_draw(struct arena *a)
{
    const size_t n = sizeof(letters) - 1;
    char code[CODE_LETTERS];

    for (size_t i = 0; i < CODE_LETTERS;) {
        unsigned char byte;

        random_fill(&byte, 1);
        if (byte < 256 / n * n)
            code[i++] = letters[byte % n];
    }
    return str_dup(a, str_of(code, CODE_LETTERS));
}

struct str approval_code_read(struct arena *a, struct str typed)
{
    char code[CODE_LETTERS];
    size_t n = 0;

    for (size_t i = 0; i < typed.n; i++) {
        const char c = typed.p[i];

        if (c == '-' || c == ' ')
            continue;
        if (n == CODE_LETTERS)
            return STR("");
        code[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return n == CODE_LETTERS ? str_dup(a, str_of(code, n)) : STR("");
}

struct str approval_code(struct arena *a, struct str typed)
{
    const struct str code = approval_code_read(a, typed);

    return code.n == 0 ? code : str_fmt(a, "%.4s-%.4s", code.p, code.p + 4);
}
