/*
 * libharu calls an error handler and goes on; the handler here keeps the first error and nothing
 * is jumped over, so that every arena and handle above is released in its usual way.
 */
#include "paper/pdf.h"

#include <hpdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "paper/pdf_font.h"
#include "paper/qr.h"

#define PT_PER_MM      (72.0 / 25.4)
#define LINE_HEIGHT    1.35
#define ASCENT         1.0 /* of the letter size, from the line's top to its base: room for Ậ Ỗ */
#define TEXT_BYTES     (16 * 1024)
#define SCRATCH_BYTES  (16 * 1024 * 1024)
#define DOCUMENT_BYTES (32 * 1024 * 1024)
#define PAGES_MAX      500

struct pdf {
    HPDF_Doc doc;
    HPDF_Page page;
    HPDF_Font fonts[2];           /* regular, bold */
    bool used[2][PDF_FONT_CODES]; /* letters drawn in each */
    size_t pages;
    bool wide;
    struct arena *scratch;
    bool failed;
    struct err why;
};

static void note(HPDF_STATUS code, HPDF_STATUS detail, void *user)
{
    struct pdf *p = user;

    if (!p->failed)
        p->failed = fail(&p->why, ERR_INTERNAL, "libhpdf %04lx, %lu", (unsigned long)code,
                         (unsigned long)detail)
                        .failed;
}

static void note_err(struct pdf *p, const struct err *e)
{
    if (!p->failed)
        p->why = *e;
    p->failed = true;
}

void pdf_close(struct pdf **p)
{
    if (*p == NULL)
        return;
    if ((*p)->doc != NULL)
        HPDF_Free((*p)->doc);
    arena_close(&(*p)->scratch);
    free(*p);
    *p = NULL;
}

/* The library's own table from codes back to letters is one that readers reject (a cidrange where a
 * bfrange belongs); with it, nothing could be searched, copied or read aloud. Codes are UTF-16, so
 * ours is the identity; a range must not leave its high byte, and a block has at most 100. */
static void to_unicode(struct pdf *p, HPDF_Font font)
{
    HPDF_Dict map = HPDF_DictStream_New(p->doc->mmgr, p->doc->xref);
    struct buf b = buf_make(p->scratch, TEXT_BYTES);

    buf_puts(&b, "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
                 "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
                 "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
                 "1 begincodespacerange <0000> <FFFF> endcodespacerange\n");
    for (unsigned high = 0; high < 256; high++) {
        if (high % 64 == 0)
            buf_puts(&b, "64 beginbfrange\n");
        buf_fmt(&b, "<%02X00> <%02XFF> <%02X00>\n", high, high, high);
        if (high % 64 == 63)
            buf_puts(&b, "endbfrange\n");
    }
    buf_puts(&b, "endcmap CMapName currentdict /CMap defineresource pop end end\n");
    must(!b.overflow);
    if (map == NULL)
        return;
    map->filter = HPDF_STREAM_FILTER_FLATE_DECODE;
    (void)HPDF_Stream_WriteStr(map->stream, str_cstr(p->scratch, buf_str(&b)));
    (void)HPDF_Dict_Add(font, "ToUnicode", map);
}

/* A letter such as ấ is drawn from â and an acute, and â from a and a circumflex; the library
 * embeds the parts of a letter that was asked for, but not the parts of those parts, and a part
 * that got in that way is never looked into again. So every letter that may be a part is asked for
 * first. */
static void parts_embed(HPDF_Font font)
{
    static const char vietnamese[] = "AEIOUYaeiouyƠơƯưẠạẢảẸẹẺẻẼẽỈỉỊịỌọỎỏỤụỦủỲỳỴỵỶỷỸỹ";
    char letter[3] = { 0 };

    for (unsigned c = 0xC0; c < 0x180; c++) { /* Latin-1 and Extended-A, where other names live */
        letter[0] = (char)(0xC0 | c >> 6);
        letter[1] = (char)(0x80 | (c & 0x3F));
        (void)HPDF_Font_TextWidth(font, (const HPDF_BYTE *)letter, 2);
    }
    (void)HPDF_Font_TextWidth(font, (const HPDF_BYTE *)vietnamese, sizeof(vietnamese) - 1);
}

static result font_load(struct pdf *p, const char *dir, size_t which, struct err *e)
{
    static const char *const files[] = { "DejaVuSans.ttf", "DejaVuSans-Bold.ttf" };
    const char *path = str_cstr(p->scratch, str_fmt(p->scratch, "%s/%s", dir, files[which]));
    const char *name = HPDF_LoadTTFontFromFile(p->doc, path, HPDF_TRUE);

    if (name != NULL)
        p->fonts[which] = HPDF_GetFont(p->doc, name, "UTF-8");
    if (p->fonts[which] == NULL)
        return fail(e, ERR_CONFIG, "%s: no typeface (%s)", path, p->why.detail);
    parts_embed(p->fonts[which]);
    to_unicode(p, p->fonts[which]);
    return OK;
}

static void info_put(struct pdf *p, HPDF_InfoType type, struct str text)
{
    if (text.n > 0)
        (void)HPDF_SetInfoAttr(p->doc, type, str_cstr(p->scratch, text));
}

static void meta_put(struct pdf *p, const struct pdf_meta *meta)
{
    const struct local_time t = clock_local(meta->made_ms);
    const HPDF_Date made = { t.date.y, t.date.m, t.date.d, t.hour, t.minute, t.second, '+', 7, 0 };

    info_put(p, HPDF_INFO_TITLE, meta->title);
    info_put(p, HPDF_INFO_SUBJECT, meta->subject);
    info_put(p, HPDF_INFO_AUTHOR, meta->author);
    (void)HPDF_SetInfoDateAttr(p->doc, HPDF_INFO_CREATION_DATE, made);
    (void)HPDF_SetInfoDateAttr(p->doc, HPDF_INFO_MOD_DATE, made);
    if (meta->language.n > 0) /* the library has no call for it, but its dictionary takes it */
        (void)HPDF_Dict_Add(
            p->doc->catalog, "Lang",
            HPDF_String_New(p->doc->mmgr, str_cstr(p->scratch, meta->language), NULL));
}

static result document_open(struct pdf *p, const struct pdf_meta *meta, struct err *e)
{
    const char *dir = meta->font_dir != NULL ? meta->font_dir : PDF_FONT_DIR;

    p->doc = HPDF_New(note, p);
    if (p->doc == NULL)
        return fail(e, ERR_INTERNAL, "libhpdf does not start");
    (void)HPDF_SetCompressionMode(p->doc, HPDF_COMP_ALL);
    (void)HPDF_UseUTFEncodings(p->doc);
    (void)HPDF_SetCurrentEncoder(p->doc, "UTF-8");
    for (size_t i = 0; i < LEN(p->fonts); i++)
        TRY(font_load(p, dir, i, e));
    meta_put(p, meta);
    pdf_page(p);
    return OK;
}

result pdf_open(const struct pdf_meta *meta, struct pdf **out, struct err *e)
{
    DEFER(pdf_close) struct pdf *p = calloc(1, sizeof(*p));

    must(p != NULL);
    p->wide = meta->wide;
    p->scratch = arena_open(SCRATCH_BYTES);
    TRY(document_open(p, meta, e));
    arena_reset(p->scratch);
    *out = p;
    p = NULL;
    return OK;
}

void pdf_page(struct pdf *p)
{
    if (p->pages == PAGES_MAX) {
        note_err(p, &(struct err){ .code = ERR_TOO_LARGE, .detail = "too many pages" });
        return;
    }
    p->page = HPDF_AddPage(p->doc);
    if (p->page == NULL)
        return;
    p->pages++;
    (void)HPDF_Page_SetSize(p->page, HPDF_PAGE_SIZE_A4,
                            p->wide ? HPDF_PAGE_LANDSCAPE : HPDF_PAGE_PORTRAIT);
}

static HPDF_REAL x_pt(double x_mm)
{
    return (HPDF_REAL)(x_mm * PT_PER_MM);
}

/* Ours counts down from the top, the format's up from the bottom. */
static HPDF_REAL y_pt(const struct pdf *p, double y_mm)
{
    return HPDF_Page_GetHeight(p->page) - (HPDF_REAL)(y_mm * PT_PER_MM);
}

/* Text in the one form that the typeface has a letter for. False: nothing is drawn. */
static bool text_read(struct pdf *p, struct str text, struct str *out)
{
    struct err e = { 0 };
    result r = OK;

    arena_reset(p->scratch);
    if (text.n > TEXT_BYTES)
        r = fail(&e, ERR_TOO_LARGE, "text of %zu bytes on a page", text.n);
    else if (!utf8_is_valid(text))
        r = fail(&e, ERR_NOT_UTF8, "text on a page");
    else
        r = utf8_nfc(p->scratch, text, out, &e);
    if (r.failed)
        note_err(p, &e);
    return !p->failed && p->page != NULL;
}

static double width_pt(struct pdf *p, struct pdf_style style, struct str text)
{
    const HPDF_TextWidth w =
        HPDF_Font_TextWidth(p->fonts[style.bold], (const HPDF_BYTE *)text.p, (HPDF_UINT)text.n);

    return w.width * style.size_pt / 1000.0;
}

static void letters_note(struct pdf *p, bool bold, struct str text)
{
    while (text.n > 0) {
        const uint32_t c = utf8_next(&text);

        if (c < PDF_FONT_CODES)
            p->used[bold][c] = true;
    }
}

/* One line of text that was read; y_mm is its top. */
static void line_draw(struct pdf *p, struct pdf_style style, struct pdf_box box, struct str text)
{
    double x_mm = box.x_mm;

    if (text.n == 0)
        return;
    if (style.align != PDF_LEFT) {
        const double rest_mm = box.w_mm - width_pt(p, style, text) / PT_PER_MM;

        x_mm += style.align == PDF_RIGHT ? rest_mm : rest_mm / 2;
    }
    letters_note(p, style.bold, text);
    (void)HPDF_Page_BeginText(p->page);
    (void)HPDF_Page_SetFontAndSize(p->page, p->fonts[style.bold], (HPDF_REAL)style.size_pt);
    (void)HPDF_Page_TextOut(p->page, x_pt(x_mm),
                            y_pt(p, box.y_mm) - (HPDF_REAL)(style.size_pt * ASCENT),
                            str_cstr(p->scratch, text));
    (void)HPDF_Page_EndText(p->page);
}

void pdf_text(struct pdf *p, struct pdf_style style, struct pdf_box box, struct str text)
{
    struct str line;

    if (text_read(p, text, &line))
        line_draw(p, style, box, line);
}

double pdf_text_width_mm(struct pdf *p, struct pdf_style style, struct str text)
{
    struct str line;

    return text_read(p, text, &line) ? width_pt(p, style, line) / PT_PER_MM : 0;
}

/* How many bytes of s the first character has; s is valid and not empty. */
static size_t character_bytes(struct str s)
{
    size_t n = 1;

    while (n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* The part of a word that fits: at least one character, or a narrow box would never end. */
static size_t word_fits(struct pdf *p, struct pdf_style style, double w_pt, struct str word)
{
    size_t n = character_bytes(word);

    while (n < word.n) {
        const size_t more = n + character_bytes(str_from(word, n));

        if (width_pt(p, style, str_sub(word, 0, more)) > w_pt)
            break;
        n = more;
    }
    return n;
}

/* Cuts the next line from a text without line feeds. */
static struct str line_cut(struct pdf *p, struct pdf_style style, double w_pt, struct str *rest)
{
    size_t n = 0;
    struct str line;

    while (n < rest->n) {
        const size_t from = n == 0 ? 0 : n + 1;
        const size_t end = from + str_find(str_from(*rest, from), ' ');

        if (width_pt(p, style, str_sub(*rest, 0, end)) > w_pt)
            break;
        n = end;
    }
    if (n == 0)
        n = word_fits(p, style, w_pt, str_sub(*rest, 0, str_find(*rest, ' ')));
    line = str_sub(*rest, 0, n);
    *rest = str_from(*rest, n);
    while (rest->n > 0 && rest->p[0] == ' ')
        *rest = str_from(*rest, 1);
    return line;
}

static double paragraph(struct pdf *p, struct pdf_style style, struct pdf_box box, struct str text,
                        bool draw)
{
    const double line_mm = style.size_pt * LINE_HEIGHT / PT_PER_MM;
    const double top_mm = box.y_mm;
    struct str rest, line;
    int lines = 0;

    if (!text_read(p, text, &text))
        return 0;
    while (str_next(&text, '\n', &rest)) {
        rest = str_trim(rest);
        do {
            line = rest.n > 0 ? line_cut(p, style, box.w_mm * PT_PER_MM, &rest) : rest;
            box.y_mm = top_mm + lines++ * line_mm;
            if (draw)
                line_draw(p, style, box, line);
        } while (rest.n > 0);
    }
    return lines * line_mm;
}

double pdf_paragraph(struct pdf *p, struct pdf_style style, struct pdf_box box, struct str text)
{
    return paragraph(p, style, box, text, true);
}

double pdf_paragraph_height_mm(struct pdf *p, struct pdf_style style, double w_mm, struct str text)
{
    return paragraph(p, style, (struct pdf_box){ .w_mm = w_mm }, text, false);
}

void pdf_line(struct pdf *p, struct pdf_box from_to, double width)
{
    if (p->failed)
        return;
    (void)HPDF_Page_SetLineWidth(p->page, (HPDF_REAL)width);
    (void)HPDF_Page_MoveTo(p->page, x_pt(from_to.x_mm), y_pt(p, from_to.y_mm));
    (void)HPDF_Page_LineTo(p->page, x_pt(from_to.x_mm + from_to.w_mm),
                           y_pt(p, from_to.y_mm + from_to.h_mm));
    (void)HPDF_Page_Stroke(p->page);
}

static void rectangle(struct pdf *p, struct pdf_box box)
{
    (void)HPDF_Page_Rectangle(p->page, x_pt(box.x_mm), y_pt(p, box.y_mm + box.h_mm), x_pt(box.w_mm),
                              x_pt(box.h_mm));
}

void pdf_frame(struct pdf *p, struct pdf_box box, double width)
{
    if (p->failed)
        return;
    (void)HPDF_Page_SetLineWidth(p->page, (HPDF_REAL)width);
    rectangle(p, box);
    (void)HPDF_Page_Stroke(p->page);
}

void pdf_fill(struct pdf *p, struct pdf_box box, double grey)
{
    if (p->failed)
        return;
    (void)HPDF_Page_SetGrayFill(p->page, (HPDF_REAL)grey);
    rectangle(p, box);
    (void)HPDF_Page_Fill(p->page);
    (void)HPDF_Page_SetGrayFill(p->page, 0);
}

/* The dark runs of one row; a rectangle each leaves no hair lines between modules. */
static void row_draw(struct pdf *p, struct pdf_box box, const struct qr *q, size_t y)
{
    const double module_mm = box.w_mm / (double)(q->width + 2 * (size_t)QR_QUIET);
    size_t x = 0;

    while (x < q->width) {
        size_t end = x;

        while (end < q->width && qr_dark(q, end, y))
            end++;
        if (end > x)
            rectangle(p, (struct pdf_box){ box.x_mm + module_mm * (double)(x + QR_QUIET),
                                           box.y_mm + module_mm * (double)(y + QR_QUIET),
                                           module_mm * (double)(end - x), module_mm });
        x = end + 1;
    }
}

void pdf_symbol(struct pdf *p, struct pdf_box box, const struct qr *q)
{
    if (p->failed)
        return;
    for (size_t y = 0; y < q->width; y++)
        row_draw(p, box, q, y);
    (void)HPDF_Page_Fill(p->page);
}

static result stream_read(struct pdf *p, struct arena *a, struct str *out, struct err *e)
{
    const HPDF_UINT32 size = HPDF_GetStreamSize(p->doc);
    HPDF_UINT32 left = size;
    HPDF_BYTE *bytes;

    if (size == 0 || size > DOCUMENT_BYTES)
        return fail(e, ERR_TOO_LARGE, "document of %u bytes", size);
    TRY(arena_may(a, size, e));
    bytes = arena_alloc(a, size);
    (void)HPDF_ResetStream(p->doc);
    (void)HPDF_ReadFromStream(p->doc, bytes, &left);
    if (left != size)
        return fail(e, ERR_INTERNAL, "document of %u bytes, %u read", size, left);
    *out = str_of(bytes, size);
    return OK;
}

result pdf_write(struct pdf *p, struct arena *a, struct str *out, struct err *e)
{
    for (size_t i = 0; i < LEN(p->fonts) && !p->failed; i++)
        pdf_font_trim(p->doc, p->fonts[i], p->used[i]);
    if (!p->failed)
        (void)HPDF_SaveToStream(p->doc);
    if (p->failed) {
        if (e != NULL)
            *e = p->why;
        return (result){ true };
    }
    return stream_read(p, a, out, e);
}
