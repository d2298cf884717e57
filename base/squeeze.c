#include "base/squeeze.h"

#include <zlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define PLAIN_MAX ((size_t)16 << 20)
#define LEVEL     3 /* half the time of the default level, and a tenth more bytes */

struct str squeeze_close(struct arena *a, struct str plain)
{
    uLongf n;
    Bytef *out;

    must(plain.n <= PLAIN_MAX);
    n = compressBound((uLong)plain.n);
    out = arena_alloc(a, n);
    must(compress2(out, &n, (const Bytef *)plain.p, (uLong)plain.n, LEVEL) == Z_OK);
    return str_of(out, n);
}

result squeeze_open(struct arena *a, struct str squeezed, size_t plain_bytes, struct str *out,
                    struct err *e)
{
    uLongf n = (uLongf)plain_bytes;
    Bytef *to;

    if (plain_bytes > PLAIN_MAX)
        return fail(e, ERR_MALFORMED, "squeezed: too large");
    to = arena_alloc(a, plain_bytes + 1);
    if (uncompress(to, &n, (const Bytef *)squeezed.p, (uLong)squeezed.n) != Z_OK ||
        n != plain_bytes)
        return fail(e, ERR_MALFORMED, "squeezed: damaged");
    *out = str_of(to, plain_bytes);
    return OK;
}
