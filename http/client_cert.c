#include "http/client_cert.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----\n"
#define PEM_END   "-----END CERTIFICATE-----"

static result header_once(const struct request *rq, const char *name, struct str *out,
                          struct err *e)
{
    size_t n = 0;

    for (size_t i = 0; i < rq->header_count; i++) {
        if (!str_eq_nocase(rq->headers[i].name, str_c(name)))
            continue;
        *out = rq->headers[i].value;
        n++;
    }
    return n <= 1 ? OK : fail(e, ERR_MALFORMED, "%s twice", name);
}

/* One certificate: what is between the lines, joined. */
static bool pem_decode(struct arena *a, struct str text, struct str *der)
{
    struct buf b = buf_make(a, LIMIT_HEADER_BYTES);
    struct str rest = text, line;

    if (!str_starts(rest, STR(PEM_BEGIN)))
        return false;
    rest = str_from(rest, sizeof(PEM_BEGIN) - 1);
    while (str_next(&rest, '\n', &line)) {
        if (!str_is(line, PEM_END)) {
            buf_put(&b, line);
            continue;
        }
        return (rest.n == 0 || str_is(rest, "\n")) && !b.overflow &&
               base64_decode(a, buf_str(&b), der);
    }
    return false;
}

result client_cert_read(struct request *rq, struct err *e)
{
    struct str value = STR(""), verified = STR(""), der = STR(""), pem;
    bool good;

    TRY(header_once(rq, "Client-Cert", &value, e));
    TRY(header_once(rq, "Client-Cert-Verified", &verified, e));
    if (value.n == 0)
        return OK;
    if (value.p[0] == ':')
        good = value.n > 2 && value.p[value.n - 1] == ':' &&
               base64_decode(rq->arena, str_sub(value, 1, value.n - 2), &der);
    else
        good = percent_decode(rq->arena, value, &pem) && pem_decode(rq->arena, pem, &der);
    if (!good || der.n == 0)
        return fail(e, ERR_MALFORMED, "Client-Cert");
    rq->certificate = der;
    rq->certificate_verified = str_is(verified, "SUCCESS");
    return OK;
}
