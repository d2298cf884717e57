/*
 * Attacker: reads logs, core files or freed memory, or measures how long a comparison takes.
 * Promise: a secret sits in its own type, is wiped when it leaves scope, comes from a file that
 * only its owner may read, and is compared without branching on its bytes. Not done: locking pages
 * in memory (swap is the operator's to encrypt or turn off).
 */
#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "crypto/private.h"

void secret_wipe(struct secret *s)
{
    if (s != NULL)
        OPENSSL_cleanse(s, sizeof(*s));
}

result secret_set(struct secret *s, struct str bytes, struct err *e)
{
    if (bytes.n > sizeof(s->bytes))
        return fail(e, ERR_TOO_LARGE, "secret over %zu bytes", sizeof(s->bytes));
    secret_wipe(s);
    if (bytes.n > 0)
        memcpy(s->bytes, bytes.p, bytes.n);
    s->n = bytes.n;
    return OK;
}

struct page {
    char bytes[4096];
};

static void page_wipe(struct page *p)
{
    OPENSSL_cleanse(p, sizeof(*p));
}

result secret_load(struct secret *s, const char *path, struct err *e)
{
    DEFER(page_wipe) struct page page = { 0 };
    struct str line;
    size_t n;

    TRY(private_read(path, page.bytes, sizeof(page.bytes), &n, e));
    line = str_of(page.bytes, n);
    line = str_sub(line, 0, str_find(line, '\n'));
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n == 0)
        return fail(e, ERR_CONFIG, "%s: its first line is empty", path);
    if (line.n > sizeof(s->bytes))
        return fail(e, ERR_CONFIG, "%s: over %zu bytes", path, sizeof(s->bytes));
    return secret_set(s, line, e);
}

bool secret_equal(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

struct str secret_str(const struct secret *s)
{
    must(s->n <= sizeof(s->bytes));
    return str_of(s->bytes, s->n);
}
