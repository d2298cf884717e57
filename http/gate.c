/*
 * Attacker: anyone who can send bytes to the listener, perhaps through a proxy that reads them
 * differently. Promise: a head that passes has one meaning only; the body's length is known without
 * doubt. Not done: repairing. A doubtful request is never mended, not even where RFC 9112 allows it
 * (a repeated equal Content-Length, folding, bare LF, absolute-form targets).
 */
#include "http/gate.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

#define TOKEN                                                                                      \
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                          \
    "abcdefghijklmnopqrstuvwxyz"
#define HOST                                                                                       \
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"                               \
    "-._~:[]"
#define CHUNK_LINE_MAX 18 /* 16 digits, CRLF */

bool gate_is_token(struct str s)
{
    return s.n > 0 && str_all_in(s, TOKEN);
}

result gate_check_uri(struct str uri, struct err *e)
{
    if (uri.n > LIMIT_URI_BYTES)
        return fail(e, ERR_URI_TOO_LONG, "%zu bytes", uri.n);
    if (uri.n == 0 || uri.p[0] != '/')
        return fail(e, ERR_MALFORMED, "target is not a path");
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] <= ' ' || uri.p[i] > '~' || uri.p[i] == '#')
            return fail(e, ERR_MALFORMED, "byte %d in the target", (unsigned char)uri.p[i]);
    if (str_has(uri, STR("%00")))
        return fail(e, ERR_MALFORMED, "%%00 in the target");
    return OK;
}

/* Whether the pieces of the head stand side by side: CRLF after each line and nothing between. */
static bool layout_is_plain(const struct gate_head *h)
{
    const char *at = h->method.p + h->method.n + 1;

    if (h->uri.p != at || h->version.p != h->uri.p + h->uri.n + 1)
        return false;
    at = h->version.p + h->version.n;
    for (size_t i = 0; i < h->line_count; i++) {
        const struct pair *l = &h->lines[i];
        const char *colon = l->name.p + l->name.n;

        if (l->name.p != at + 2 || l->value.p <= colon)
            return false;
        for (const char *p = colon + 1; p < l->value.p; p++)
            if (*p != ' ' && *p != '\t')
                return false;
        at = l->value.p + l->value.n;
    }
    return memcmp(at, "\0\0\0", 4) == 0; /* CRLF and the CRLF of the empty line */
}

static result line_check(const struct pair *l, struct err *e)
{
    if (!gate_is_token(l->name))
        return fail(e, ERR_MALFORMED, "header name is not a token");
    for (size_t i = 0; i < l->value.n; i++) {
        const unsigned char c = (unsigned char)l->value.p[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return fail(e, ERR_MALFORMED, "byte %d in a header", c);
    }
    return OK;
}

/* The one line of that name; ERR_MALFORMED when there are more. */
static result only_line(const struct gate_head *h, const char *name, const struct pair **out,
                        struct err *e)
{
    *out = NULL;
    for (size_t i = 0; i < h->line_count; i++) {
        if (!str_eq_nocase(h->lines[i].name, str_c(name)))
            continue;
        if (*out != NULL)
            return fail(e, ERR_MALFORMED, "%s more than once", name);
        *out = &h->lines[i];
    }
    return OK;
}

static result host_check(const struct gate_head *h, struct err *e)
{
    const struct pair *host;
    struct str value;

    TRY(only_line(h, "Host", &host, e));
    if (host == NULL)
        return fail(e, ERR_MALFORMED, "no Host");
    value = str_trim(host->value);
    if (value.n == 0 || value.n > 255 || !str_all_in(value, HOST))
        return fail(e, ERR_MALFORMED, "bad Host");
    return OK;
}

static result length_check(const struct gate_head *h, struct gate_body *out, struct err *e)
{
    const struct pair *length, *coding;
    struct gate_body body = { false, 0 };

    TRY(only_line(h, "Content-Length", &length, e));
    TRY(only_line(h, "Transfer-Encoding", &coding, e));
    if (length != NULL && coding != NULL)
        return fail(e, ERR_MALFORMED, "Content-Length with Transfer-Encoding");
    if (coding != NULL) {
        if (!str_is(coding->value, "chunked"))
            return fail(e, ERR_MALFORMED, "Transfer-Encoding is not chunked");
        if (!str_is(h->version, "HTTP/1.1"))
            return fail(e, ERR_MALFORMED, "Transfer-Encoding in HTTP/1.0");
        body.chunked = true;
    }
    if (length != NULL && (!str_digits(length->value) || !str_to_i64(length->value, &body.bytes)))
        return fail(e, ERR_MALFORMED, "bad Content-Length");
    *out = body;
    return OK;
}

result gate_check(const struct gate_head *h, struct gate_body *out, struct err *e)
{
    enum method method;

    if (h->line_total > h->line_count)
        return fail(e, ERR_HEADERS_LARGE, "%zu header lines", h->line_total);
    if (!str_is(h->version, "HTTP/1.1") && !str_is(h->version, "HTTP/1.0"))
        return fail(e, ERR_MALFORMED, "HTTP version");
    for (size_t i = 0; i < h->line_count; i++)
        TRY(line_check(&h->lines[i], e));
    if (!layout_is_plain(h))
        return fail(e, ERR_MALFORMED, "bare LF, folding, NUL or stray space in the head");
    TRY(host_check(h, e));
    TRY(length_check(h, out, e));
    if (!method_find(h->method, &method))
        return fail(e, ERR_METHOD, "method");
    return OK;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

const char *gate_head_end(const struct gate_head *h)
{
    const struct pair *last = &h->lines[h->line_count - 1];

    must(h->line_count > 0);
    return last->value.p + last->value.n + 4;
}

/* Backwards from the data, over "7\r\n", to what stands before it. NULL when that is not there. */
static const char *size_start(const char *data)
{
    const char *p = data - 2;

    if (*p != '\r')
        return NULL;
    while (is_hex(p[-1]))
        if (data - --p > CHUNK_LINE_MAX)
            return NULL;
    return *p == '\r' ? NULL : p;
}

/* The library keeps what it has not yet passed on at the head's end: data that is not behind a size
 * stands there, because the size came, and was cleared away, earlier. */
bool gate_data_is_plain(const char *data, const char *head_end, bool chunked, bool first)
{
    const char *size;

    if (data == head_end)
        return true;
    if (!chunked || data[-1] != '\n')
        return !first && !chunked;
    size = size_start(data);
    if (size == NULL)
        return false;
    if (size == head_end)
        return true;
    return !first && size[-1] == '\n' && (size - 1 == head_end || size[-2] == '\r');
}
