/* The string that VNPAY signs of a form, put together from its documentation and not from motcua's
 * client of it. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "crypto/partner.h"
#include "http/form.h"
#include "sandbox/vnpay.h"

#define QUERY_BYTES_MAX 16384

static void encode(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '*';
        if (plain)
            buf_putc(b, (char)c);
        else if (c == ' ')
            buf_putc(b, '+');
        else
            buf_fmt(b, "%%%02X", (unsigned)c);
    }
}

static int order(const void *x, const void *y)
{
    const struct pair *const *a = x, *const *b = y;

    return str_cmp((*a)->name, (*b)->name);
}

static bool is_signed(const struct pair *p)
{
    return p->value.n > 0 && str_starts(p->name, STR("vnp_")) &&
           !str_is(p->name, "vnp_SecureHash") && !str_is(p->name, "vnp_SecureHashType");
}

result vnpay_sign_form(struct arena *a, const struct secret *secret, const struct pair *fields,
                       size_t n, struct str *query, struct str *hash, struct err *e)
{
    const struct pair *sorted[LIMIT_FORM_FIELDS];
    struct buf b = buf_make(a, QUERY_BYTES_MAX);
    size_t count = 0;

    must(n <= LEN(sorted));
    for (size_t i = 0; i < n; i++)
        if (is_signed(&fields[i]))
            sorted[count++] = &fields[i];
    qsort(sorted, count, sizeof(sorted[0]), order);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(&b, '&');
        encode(&b, sorted[i]->name);
        buf_putc(&b, '=');
        encode(&b, sorted[i]->value);
    }
    TRY(buf_end(&b, query, e));
    return partner_joined_sign(a, query, 1, secret, hash, e); /* one field: the HMAC by itself */
}
