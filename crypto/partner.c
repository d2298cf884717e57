/*
 * Attacker: forges or alters a message of a national system on its way. Promise: whoever does not
 * hold the shared secret cannot make a message whose signature we accept; comparison takes the same
 * time wherever the first difference is. The schemes are the partners' own: plain SHA-256 with the
 * secret last (not HMAC), so field borders are guarded here by refusing the separator inside a
 * field. Not done: freshness and replay; the orders themselves remember what they have seen.
 */
#include "crypto/partner.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/secret.h"

#define FORM_BYTES_MAX 8192 /* a payment URL */

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

static int by_name(const void *x, const void *y)
{
    return str_cmp(((const struct partner_field *)x)->name,
                   ((const struct partner_field *)y)->name);
}

/* application/x-www-form-urlencoded as browsers write it: percent_encode but for space, '*', '~'.
 */
static void form_put(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            c == '*' || c == '-' || c == '.' || c == '_')
            buf_putc(b, c);
        else if (c == ' ')
            buf_putc(b, '+');
        else
            buf_fmt(b, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static struct str hmac_sha512(struct arena *a, const struct secret *secret, struct str text)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    must(HMAC(EVP_sha512(), secret->bytes, (int)secret->n, (const unsigned char *)text.p, text.n,
              mac, &n) != NULL);
    return hex_encode(a, str_of(mac, n));
}

result partner_form_sign(struct arena *a, const struct partner_field *fields, size_t count,
                         const struct secret *secret, struct str *form, struct str *hex,
                         struct err *e)
{
    struct partner_field sorted[PARTNER_FIELDS_MAX];
    struct buf b = buf_make(a, FORM_BYTES_MAX);
    struct str text;

    must(count > 0 && count <= PARTNER_FIELDS_MAX && secret->n > 0);
    for (size_t i = 0; i < count; i++)
        sorted[i] = fields[i];
    qsort(sorted, count, sizeof(sorted[0]), by_name);
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].value.n == 0)
            continue;
        buf_puts(&b, b.n > 0 ? "&" : "");
        form_put(&b, sorted[i].name);
        buf_putc(&b, '=');
        form_put(&b, sorted[i].value);
    }
    TRY(buf_end(&b, &text, e));
    *form = text;
    *hex = hmac_sha512(a, secret, text);
    return OK;
}

result partner_form_check(struct arena *a, const struct partner_field *fields, size_t count,
                          const struct secret *secret, struct str hex, struct err *e)
{
    struct str form, want;

    if (count == 0 || count > PARTNER_FIELDS_MAX ||
        partner_form_sign(a, fields, count, secret, &form, &want, NULL).failed)
        return fail(e, ERR_BAD_SIGNATURE, "no form that could be signed");
    if (!secret_equal(want, hex))
        return fail(e, ERR_BAD_SIGNATURE, "partner signature does not match");
    return OK;
}

result partner_joined_sign(struct arena *a, const struct str *fields, size_t count,
                           const struct secret *secret, struct str *hex, struct err *e)
{
    struct buf b = buf_make(a, FORM_BYTES_MAX);
    struct str text;

    must(count > 0 && secret->n > 0);
    for (size_t i = 0; i < count; i++) {
        if (str_find(fields[i], '|') != fields[i].n)
            return fail(e, ERR_INVALID, "separator inside signed field %zu", i + 1);
        buf_puts(&b, i > 0 ? "|" : "");
        buf_put(&b, fields[i]);
    }
    TRY(buf_end(&b, &text, e));
    *hex = hmac_sha512(a, secret, text);
    return OK;
}

result partner_joined_check(struct arena *a, const struct str *fields, size_t count,
                            const struct secret *secret, struct str hex, struct err *e)
{
    struct str want;

    if (partner_joined_sign(a, fields, count, secret, &want, NULL).failed)
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
