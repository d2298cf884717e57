/*
 * Incremental update of the files that libharu writes: plain cross-reference table, no object
 * streams, one catalogue, pages in one flat tree. Anything else is refused rather than guessed at.
 */
#include "paper/pdf_sign.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"

#define ADDED_BYTES   8192 /* beside the place of the signature */
#define RANGE_BYTES   60   /* room for the four numbers */
#define OBJECTS_ADDED 4

struct update {
    struct str pdf;
    struct arena *a;
    struct buf out;
    int64_t root, info, size, page, xref_at; /* numbers of objects; offset */
    struct str trailer;                      /* its dictionary */
    struct {
        int64_t number;
        size_t at;
    } entries[OBJECTS_ADDED];
    size_t entry_count;
};

static size_t last_of(struct str s, struct str part)
{
    for (size_t i = s.n < part.n ? 0 : s.n - part.n + 1; i > 0; i--)
        if (str_eq(str_sub(s, i - 1, part.n), part))
            return i - 1;
    return s.n;
}

static size_t first_of(struct str s, struct str part)
{
    const char *p = s.n == 0 ? NULL : memmem(s.p, s.n, part.p, part.n);

    return p == NULL ? s.n : (size_t)(p - s.p);
}

/* The number that follows a name, or -1. */
static int64_t number_after(struct str s, struct str name)
{
    const size_t at = first_of(s, name);
    struct str rest = str_from(s, at + name.n);
    int64_t n;
    size_t digits = 0;

    if (at == s.n)
        return -1;
    while (rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\n' || rest.p[0] == '['))
        rest = str_from(rest, 1);
    while (digits < rest.n && rest.p[digits] >= '0' && rest.p[digits] <= '9')
        digits++;
    return digits > 0 && str_to_i64(str_sub(rest, 0, digits), &n) ? n : -1;
}

/* The dictionary of an object, from << to the last >> before endobj. */
static result object_find(const struct update *u, int64_t number, struct str *out, struct err *e)
{
    const struct str head = str_fmt(u->a, "\n%lld 0 obj", (long long)number);
    const size_t at = first_of(u->pdf, head);
    struct str body = str_from(u->pdf, at + head.n);
    size_t end = first_of(body, STR("endobj"));
    size_t open;

    body = str_sub(body, 0, end);
    open = first_of(body, STR("<<"));
    end = last_of(body, STR(">>"));
    if (number <= 0 || at == u->pdf.n || open >= end || end == body.n)
        return fail(e, ERR_MALFORMED, "pdf: object %lld is not there", (long long)number);
    *out = str_sub(body, open, end - open); /* without the closing >> */
    return OK;
}

static result trailer_find(struct update *u, struct err *e)
{
    const size_t at = last_of(u->pdf, STR("trailer"));
    const struct str rest = str_from(u->pdf, at);
    struct str root, pages;

    u->root = number_after(rest, STR("/Root"));
    u->info = number_after(rest, STR("/Info"));
    u->size = number_after(rest, STR("/Size"));
    u->xref_at = number_after(rest, STR("startxref"));
    if (at == u->pdf.n || u->size <= 0 || u->xref_at <= 0 || (size_t)u->xref_at >= u->pdf.n)
        return fail(e, ERR_MALFORMED, "pdf: no trailer");
    TRY(object_find(u, u->root, &root, e));
    TRY(object_find(u, number_after(root, STR("/Pages")), &pages, e));
    u->page = number_after(pages, STR("/Kids"));
    return OK;
}

static void object_begin(struct update *u, int64_t number)
{
    u->entries[u->entry_count].number = number;
    u->entries[u->entry_count++].at = u->pdf.n + u->out.n;
    buf_fmt(&u->out, "%lld 0 obj\n", (long long)number);
}

/* UTF-16 in hexadecimal digits: what every reader shows as it is. */
static void text_put(struct buf *b, struct str s)
{
    buf_puts(b, "<FEFF");
    while (s.n > 0) {
        const uint32_t c = utf8_next(&s);

        if (c < 0x10000)
            buf_fmt(b, "%04X", c);
        else
            buf_fmt(b, "%04X%04X", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + (c & 0x3ff));
    }
    buf_putc(b, '>');
}

static result leads_put(struct update *u, struct err *e)
{
    const int64_t field = u->size;
    struct str catalogue, page;

    TRY(object_find(u, u->root, &catalogue, e));
    TRY(object_find(u, u->page, &page, e));
    if (str_has(catalogue, STR("/AcroForm")) || str_has(page, STR("/Annots")))
        return fail(e, ERR_MALFORMED, "pdf: has forms already");
    object_begin(u, u->root);
    buf_put(&u->out, catalogue);
    buf_fmt(&u->out, "/AcroForm <</Fields [%lld 0 R] /SigFlags 3>>\n>>\nendobj\n",
            (long long)field);
    object_begin(u, u->page);
    buf_put(&u->out, page);
    buf_fmt(&u->out, "/Annots [%lld 0 R]\n>>\nendobj\n", (long long)field);
    object_begin(u, field);
    /* Hidden is not: printed (4) and locked (128), of no size. */
    buf_fmt(&u->out,
            "<</Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /F 132 /Rect [0 0 0 0] "
            "/P %lld 0 R /V %lld 0 R>>\nendobj\n",
            (long long)u->page, (long long)field + 1);
    return OK;
}

struct place {
    size_t range_at, open_at, close_at; /* of the numbers; of < ; behind > */
};

static struct place signature_put(struct update *u, const struct pdf_sign_meta *m, size_t der_max)
{
    const struct str stamp = clock_stamp14(u->a, m->at_ms);
    struct place p;

    object_begin(u, u->size + 1);
    buf_puts(&u->out,
             "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached\n/Name ");
    text_put(&u->out, m->name);
    buf_puts(&u->out, "\n/Reason ");
    text_put(&u->out, m->reason);
    buf_fmt(&u->out, "\n/M (D:%.*s+07'00')\n/ByteRange [", STR_ARG(stamp));
    p.range_at = u->pdf.n + u->out.n;
    for (int i = 0; i < RANGE_BYTES; i++)
        buf_putc(&u->out, ' ');
    buf_puts(&u->out, "]\n/Contents ");
    p.open_at = u->pdf.n + u->out.n;
    buf_putc(&u->out, '<');
    for (size_t i = 0; i < 2 * der_max; i++)
        buf_putc(&u->out, '0');
    buf_putc(&u->out, '>');
    p.close_at = u->pdf.n + u->out.n;
    buf_puts(&u->out, "\n>>\nendobj\n");
    return p;
}

static int entry_order(const void *x, const void *y)
{
    const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

    return a < b ? -1 : a > b;
}

static void table_put(struct update *u)
{
    const size_t at = u->pdf.n + u->out.n;

    qsort(u->entries, u->entry_count, sizeof(u->entries[0]), entry_order);
    buf_puts(&u->out, "xref\n");
    for (size_t i = 0; i < u->entry_count; i++)
        buf_fmt(&u->out, "%lld 1\n%010zu 00000 n \n", (long long)u->entries[i].number,
                u->entries[i].at);
    buf_fmt(&u->out, "trailer\n<<\n/Root %lld 0 R\n", (long long)u->root);
    if (u->info > 0)
        buf_fmt(&u->out, "/Info %lld 0 R\n", (long long)u->info);
    buf_fmt(&u->out, "/Size %lld\n/Prev %lld\n>>\nstartxref\n%zu\n%%%%EOF\n",
            (long long)u->size + 2, (long long)u->xref_at, at);
}

static void parts_set(struct pdf_signing *s, struct place p)
{
    s->parts[0] = str_sub(s->bytes, 0, p.open_at);
    s->parts[1] = str_from(s->bytes, p.close_at);
}

result pdf_sign_prepare(struct str pdf, const struct pdf_sign_meta *m, size_t der_max,
                        struct arena *a, struct pdf_signing *out, struct err *e)
{
    struct update u = { .pdf = pdf,
                        .a = a,
                        .out = buf_make(a, ADDED_BYTES + 2 * der_max + m->name.n * 4) };
    struct str added, range;
    struct place p;

    TRY(trailer_find(&u, e));
    TRY(leads_put(&u, e));
    p = signature_put(&u, m, der_max);
    table_put(&u);
    TRY(buf_end(&u.out, &added, e));
    out->bytes = str_cat(a, pdf, added);
    parts_set(out, p);
    range = str_fmt(a, "0 %zu %zu %zu", p.open_at, p.close_at, out->bytes.n - p.close_at);
    must(range.n <= RANGE_BYTES);
    memcpy((char *)(uintptr_t)out->bytes.p + p.range_at, range.p, range.n);
    return OK;
}

void pdf_sign_fill(struct pdf_signing *s, struct str der, struct arena *a)
{
    const struct str digits = hex_encode(a, der);

    must(digits.n + 2 <= (size_t)(s->parts[1].p - s->parts[0].p) - s->parts[0].n);
    memcpy((char *)(uintptr_t)s->parts[0].p + s->parts[0].n + 1, digits.p, digits.n);
}

/* The four numbers of the last ByteRange. */
static bool range_read(struct str pdf, struct place *p)
{
    const struct str name = STR("/ByteRange [");
    struct str list = str_from(pdf, last_of(pdf, name) + name.n);
    struct str word;
    int64_t n[4];
    size_t i = 0;

    list = str_trim(str_sub(list, 0, str_find(list, ']')));
    while (i < LEN(n) && str_next(&list, ' ', &word))
        if (!str_to_i64(word, &n[i++]))
            return false;
    if (i != LEN(n) || list.n > 0 || n[0] != 0 || n[1] <= 0 || n[2] <= n[1] + 1 ||
        (size_t)n[2] > pdf.n || (size_t)n[3] != pdf.n - (size_t)n[2])
        return false;
    p->open_at = (size_t)n[1];
    p->close_at = (size_t)n[2];
    return pdf.p[p->open_at] == '<' && pdf.p[p->close_at - 1] == '>';
}

/* The length that the DER itself tells: what follows in its place is filling. */
static size_t der_length(struct str der)
{
    const unsigned char *p = (const unsigned char *)der.p;

    if (der.n < 4 || p[0] != 0x30)
        return 0;
    if (p[1] == 0x82)
        return 4 + ((size_t)p[2] << 8 | p[3]);
    return p[1] == 0x81 ? 3 + (size_t)p[2] : 0;
}

static bool is_filling(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\0')
            return false;
    return true;
}

result pdf_sign_find(struct str pdf, struct arena *a, struct pdf_signing *out, struct err *e)
{
    struct place p = { 0 };
    struct str all;
    size_t n;

    if (!range_read(pdf, &p))
        return fail(e, ERR_BAD_SIGNATURE, "pdf: no signature over the whole file");
    if (!hex_decode(a, str_sub(pdf, p.open_at + 1, p.close_at - p.open_at - 2), &all))
        return fail(e, ERR_BAD_SIGNATURE, "pdf: no signature");
    n = der_length(all);
    if (n == 0 || n > all.n || !is_filling(str_from(all, n)))
        return fail(e, ERR_BAD_SIGNATURE, "pdf: no signature");
    out->bytes = pdf;
    parts_set(out, p);
    out->der = str_sub(all, 0, n);
    return OK;
}
