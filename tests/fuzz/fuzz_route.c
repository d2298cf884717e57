/* Paths: whatever comes, one route or none; a parameter is text, never empty. */
/* rooms: base http */
#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct route routes[] = {
    { METHOD_GET, "/", ROUTE_FAST, 0, NULL },
    { METHOD_GET, "/a", ROUTE_FAST, 0, NULL },
    { METHOD_POST, "/a/{x}", ROUTE_FAST, 9, NULL },
    { METHOD_GET, "/a/b", ROUTE_FAST, 0, NULL },
    { METHOD_GET, "/{x}/b/{y}", ROUTE_FAST, 0, NULL },
    { METHOD_GET, "/{x}/{y}/{z}/{w}", ROUTE_FAST, 0, NULL },
};

static void check_found(const struct request *rq, const struct route *r)
{
    must(r >= routes && r < routes + LEN(routes));
    for (size_t i = 0; i < rq->param_count; i++) {
        must(rq->params[i].value.n > 0);
        must(utf8_is_text(rq->params[i].value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(1 << 20);
    struct request rq = { .arena = a, .path = str_of(bytes, n) };
    struct route_table *t = NULL;

    must(!route_table_open(routes, LEN(routes), &t, NULL).failed);
    for (int m = 0; m < METHOD_COUNT; m++) {
        const struct route *found = NULL;
        struct str allow = STR("");

        rq.method = (enum method)m;
        if (!route_find(t, &rq, &found, &allow, NULL).failed)
            check_found(&rq, found);
    }
    route_table_close(&t);
    arena_close(&a);
    return 0;
}
