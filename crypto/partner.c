/*
 * Attacker: forges or alters a message of a national system on its way. Promise: whoever does not
 * hold the shared secret cannot make a message whose signature we accept; comparison takes the same
 * time wherever the first difference is. The schemes are the partners' own: plain SHA-256 with the
 * secret last (not HMAC), so field borders are guarded here by refusing the separator inside a
 * field. Not done: freshness and replay; the orders themselves remember what they have seen.
 */
#include "crypto/partner.h"

#include <openssl/crypto.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/secret.h"

result partner_hash(struct arena *a, const struct str *fields, size_t count,
                    const struct secret *secret, struct str *hex, struct err *e)
{
    DEFER(digest_close) struct digest_run *run = digest_begin();

    must(count > 0 && secret->n > 0);
    for (size_t i = 0; i < count; i++) {
        if (str_find(fields[i], '|') != fields[i].n)
            return fail(e, ERR_INVALID, "separator inside signed field %zu", i + 1);
        digest_add(run, fields[i]);
        digest_add(run, STR("|"));
    }
    digest_add(run, secret_str(secret));
    *hex = digest_hex(a, digest_sum(run));
    return OK;
}

result partner_check(struct arena *a, const struct str *fields, size_t count,
                     const struct secret *secret, struct str hex, struct err *e)
{
    struct str want;

    if (partner_hash(a, fields, count, secret, &want, e).failed)
        return fail(e, ERR_BAD_SIGNATURE, "separator inside a signed field");
    if (!secret_equal(want, hex))
        return fail(e, ERR_BAD_SIGNATURE, "partner signature does not match");
    return OK;
}

struct str partner_gateway_basic(struct arena *a, struct str url, struct str user,
                                 int64_t timestamp_ms, const struct secret *secret)
{
    DEFER(digest_close) struct digest_run *run = digest_begin();
    struct str pair;

    must(secret->n > 0);
    digest_add(run, url);
    digest_add(run, user);
    digest_add(run, str_i64(a, timestamp_ms));
    digest_add(run, secret_str(secret));
    pair =
        str_fmt(a, "%.*s:%.*s", STR_ARG(user), 2 * DIGEST_BYTES, digest_hex(a, digest_sum(run)).p);
    return str_cat(a, STR("Basic "), base64_encode(a, pair));
}
