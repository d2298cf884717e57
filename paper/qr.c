#include "paper/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xml.h"

#define SVG_BYTES (1024 * 1024) /* 177 rows of at most 89 runs of 20 characters fit twice */

static void code_close(QRcode **c)
{
    QRcode_free(*c); /* accepts NULL */
}

result qr_make(struct arena *a, struct str text, struct qr *out, struct err *e)
{
    DEFER(code_close) QRcode *code = NULL;
    unsigned char *modules;
    size_t n;

    if (text.n == 0 || text.n > QR_TEXT_BYTES || memchr(text.p, '\0', text.n) != NULL)
        return fail(e, ERR_INVALID, "text of %zu bytes for a QR symbol", text.n);
    code = QRcode_encodeString(str_cstr(a, text), 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL)
        return fail(e, ERR_INTERNAL, "QR symbol: error %d", errno);
    n = (size_t)code->width * (size_t)code->width;
    modules = arena_alloc(a, n);
    for (size_t i = 0; i < n; i++)
        modules[i] = code->data[i] & 1; /* the other bits say what the module is for */
    *out = (struct qr){ .width = (size_t)code->width, .modules = modules };
    return OK;
}

bool qr_dark(const struct qr *q, size_t x, size_t y)
{
    must(x < q->width && y < q->width);
    return q->modules[y * q->width + x] != 0;
}

/* A path of dark runs: far smaller than a square for each module. */
static void runs_put(struct buf *b, const struct qr *q, size_t y)
{
    size_t x = 0;

    while (x < q->width) {
        size_t end = x;

        while (end < q->width && qr_dark(q, end, y))
            end++;
        if (end > x)
            buf_fmt(b, "M%zu %zuh%zuv1h-%zuz", x + QR_QUIET, y + QR_QUIET, end - x, end - x);
        x = end + 1;
    }
}

struct str qr_svg(struct arena *a, const struct qr *q, struct str title)
{
    struct buf b = buf_make(a, SVG_BYTES);
    const size_t side = q->width + 2 * (size_t)QR_QUIET;
    struct str svg = { 0 };

    buf_fmt(&b,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %zu %zu\" role=\"img\" "
            "shape-rendering=\"crispEdges\"><title>",
            side, side);
    xml_put_text(&b, title);
    buf_fmt(&b, "</title><rect width=\"%zu\" height=\"%zu\" fill=\"#fff\"/><path d=\"", side, side);
    for (size_t y = 0; y < q->width; y++)
        runs_put(&b, q, y);
    buf_puts(&b, "\"/></svg>");
    must(!buf_end(&b, &svg, NULL).failed);
    return svg;
}
