#include "web/route_row.h"

#include "base/buf.h"
#include "base/err.h"

static const struct route_row rows[] = {
#define ROUTE(method, path, handler, who, csrf, bytes, rate, pool, face, purpose)                  \
    { path,        handler,     METHOD_##method,                                                   \
      WHO_##who,   CSRF_##csrf, RATE_##rate,                                                       \
      FACE_##face, purpose,     { #who, #csrf, #rate, #pool, #face } },
#include "web/routes.def"
#undef ROUTE
};

static const int64_t body_bytes[] = {
#define ROUTE(method, path, handler, who, csrf, bytes, rate, pool, face, purpose) bytes,
#include "web/routes.def"
#undef ROUTE
};

static const enum route_pool pools[] = {
#define ROUTE(method, path, handler, who, csrf, bytes, rate, pool, face, purpose) ROUTE_##pool,
#include "web/routes.def"
#undef ROUTE
};

static struct route routes[LEN(rows)];

const struct route *routes_all(size_t *count)
{
    for (size_t i = 0; i < LEN(rows); i++)
        routes[i] = (struct route){ .method = rows[i].method,
                                    .pattern = rows[i].path,
                                    .pool = pools[i],
                                    .body_bytes_max = body_bytes[i],
                                    .own = &rows[i] };
    *count = LEN(rows);
    return routes;
}

void routes_print(struct buf *out)
{
    buf_puts(out, "# Routes\n\nPrinted from `web/routes.def`, which says what the columns mean.\n\n"
                  "| route | purpose | who | csrf | rate | pool | errors | body, bytes |\n"
                  "|---|---|---|---|---|---|---|--:|\n");
    for (size_t i = 0; i < LEN(rows); i++) {
        const struct route_row *r = &rows[i];

        buf_fmt(out, "| %s `%s` | %s | %s | %s | %s | %s | %s | %lld |\n", method_name(r->method),
                r->path, r->purpose, r->words[0], r->words[1], r->words[2], r->words[3],
                r->words[4], (long long)body_bytes[i]);
    }
}
