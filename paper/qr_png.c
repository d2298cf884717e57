/*
 * A symbol as PNG (ISO/IEC 15948): one bit of grey a pixel, rows without filter, and a zlib stream
 * of stored blocks (RFC 1951 3.2.4), since a symbol is a few kilobytes either way.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "paper/qr.h"

#define SCALE_MAX   32
#define STORED_MAX  65535
#define CHUNK_EXTRA 12 /* length, name, checksum */

static uint32_t crc_of(struct str s)
{
    uint32_t crc = 0xFFFFFFFF;

    for (size_t i = 0; i < s.n; i++) {
        crc ^= (unsigned char)s.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}

static uint32_t adler_of(struct str s)
{
    uint32_t one = 1, two = 0;

    for (size_t i = 0; i < s.n; i++) {
        one = (one + (unsigned char)s.p[i]) % 65521;
        two = (two + one) % 65521;
    }
    return two << 16 | one;
}

static void put_u32(struct buf *b, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_putc(b, (char)(n >> shift & 0xFF));
}

static void put_chunk(struct buf *b, const char *name, struct str data)
{
    size_t from;

    put_u32(b, (uint32_t)data.n);
    from = b->n;
    buf_puts(b, name);
    buf_put(b, data);
    put_u32(b, crc_of(str_from(buf_str(b), from)));
}

/* A pixel row of modules y, each byte eight pixels, 1 is white; the filter's byte first. */
static void put_row(struct buf *b, const struct qr *q, size_t scale, size_t y)
{
    const size_t side = (q->width + 2 * QR_QUIET) * scale;
    unsigned byte = 0;

    buf_putc(b, 0);
    for (size_t x = 0; x < (side + 7) / 8 * 8; x++) {
        const size_t module = x / scale - QR_QUIET; /* the quiet zone wraps around: too large */
        const bool dark = x < side && y < q->width && module < q->width && qr_dark(q, module, y);

        byte = byte << 1 | (dark ? 0U : 1U);
        if (x % 8 == 7) {
            buf_putc(b, (char)(byte & 0xFF));
            byte = 0;
        }
    }
}

static struct str rows_make(struct arena *a, const struct qr *q, size_t scale, size_t side)
{
    struct buf b = buf_make(a, side * (1 + (side + 7) / 8));

    for (size_t y = 0; y < side; y++)
        put_row(&b, q, scale, y / scale - QR_QUIET);
    return buf_str(&b);
}

static struct str zlib_make(struct arena *a, struct str data)
{
    struct buf b = buf_make(a, data.n + 5 * (data.n / STORED_MAX + 1) + 6);
    const uint32_t sum = adler_of(data);

    buf_putc(&b, 0x78);
    buf_putc(&b, 0x01);
    while (data.n > 0) {
        const struct str part = str_sub(data, 0, STORED_MAX);

        data = str_from(data, part.n);
        buf_putc(&b, data.n == 0 ? 1 : 0);
        buf_putc(&b, (char)(part.n & 0xFF));
        buf_putc(&b, (char)(part.n >> 8));
        buf_putc(&b, (char)(~part.n & 0xFF));
        buf_putc(&b, (char)(~part.n >> 8 & 0xFF));
        buf_put(&b, part);
    }
    put_u32(&b, sum);
    return buf_str(&b);
}

struct str qr_png(struct arena *a, const struct qr *q, size_t scale)
{
    const size_t side = (q->width + 2 * QR_QUIET) * scale;
    struct buf head = buf_make(a, 16), out;
    struct str pixels;

    must(scale > 0 && scale <= SCALE_MAX);
    pixels = zlib_make(a, rows_make(a, q, scale, side));
    put_u32(&head, (uint32_t)side);
    put_u32(&head, (uint32_t)side);
    buf_put(&head, str_of("\1\0\0\0\0", 5)); /* 1 bit, grey, deflate, no filter, not interlaced */
    out = buf_make(a, 8 + 3 * CHUNK_EXTRA + 13 + pixels.n);
    buf_put(&out, str_of("\x89PNG\r\n\x1A\n", 8));
    put_chunk(&out, "IHDR", buf_str(&head));
    put_chunk(&out, "IDAT", pixels);
    put_chunk(&out, "IEND", STR(""));
    return buf_str(&out);
}
