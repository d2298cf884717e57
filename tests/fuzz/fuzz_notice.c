/* CONFIRM, and the portal's replies: what is not signed by the secret is never taken. */
/* rooms: base crypto conf paper store http payments */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "payments/notice.h"
#include "payments/portal.h"
#include "payments/portal_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The one message of the corpus that is signed. */
#define SIGNED "0ce5659b6ac8cec32d23044217972b6f6f6a0a65f5c02d322b9e7706ed75e3d2"

/* Hosts have no case (RFC 3986 6.2.2.1), and nothing may follow that would make another host of it.
 */
static bool is_at_portal(struct str url)
{
    const struct str origin = STR("https://pay.example");

    return str_eq_nocase(str_sub(url, 0, origin.n), origin) &&
           (url.n == origin.n || str_all_in(str_sub(url, origin.n, 1), "/?#:"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(64u << 20);
    struct portal p = { .pay_origins = STR("https://pay.example") };
    const struct str body = str_of(bytes, n);
    struct secret secret = { .n = 0 };
    struct portal_answer got;
    struct notice notice;

    must(!secret_set(&secret, STR("bi-mat-thu-nghiem"), NULL).failed);
    if (n <= 65536) {
        if (!notice_read(body, &secret, a, &notice, NULL).failed)
            must(str_is(notice.hash, SIGNED) && notice.amount_vnd == 150000);
        portal_read_init(&p, 200, body, a, &got);
        must((got.result == PORTAL_OK) == (got.pay_url.n > 0));
        must(got.result != PORTAL_OK || is_at_portal(got.pay_url));
        portal_read_query(&p, 200, body, STR("R"), a, &got);
        must(got.state != PORTAL_PAID || (got.amount_vnd > 0 && got.currency.n > 0));
        (void)portal_may_send_to(body, STR("https://pay.example"));
    }
    arena_close(&a);
    return 0;
}
