/* Values of headers: cookies, preferences, and what a trusted proxy says about the client. */
/* rooms: base http */
#include <netinet/in.h>

#include "base/arena.h"
#include "base/str.h"
#include "http/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_forwarded(struct request *rq, struct str name)
{
    const struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct proxy_list l;
    struct proxy_address ip;
    bool trusted;

    rq->headers[0].name = name;
    must(!proxy_list_read(STR("127.0.0.1,10.0.0.0/8"), &l, NULL).failed);
    if (proxy_apply(&l, (const struct sockaddr *)&at, rq, &trusted, NULL).failed)
        return;
    must(trusted && proxy_address_read(rq->ip, &ip));
    must(rq->port >= 0 && rq->port <= 65535);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(1 << 20);
    struct request rq = { .arena = a, .headers = { { STR("Cookie"), str_of(bytes, n) } } };
    struct proxy_list l;

    rq.header_count = 1;
    must(request_cookie(&rq, "a").n <= n);
    rq.headers[0].name = STR("Accept");
    (void)request_wants_json(&rq);
    rq.headers[0].name = STR("Accept-Language");
    must(request_language(&rq).n == 2);
    check_forwarded(&rq, STR("Forwarded"));
    check_forwarded(&rq, STR("X-Forwarded-For"));
    (void)proxy_list_read(str_of(bytes, n), &l, NULL);
    arena_close(&a);
    return 0;
}
