/*
 * The library embeds the shapes of the letters that a document uses, but writes the width and the
 * shape's number of all that the typeface has. Both tables are the library's own objects, reached
 * by its headers; where one is not as expected it stays as it is, which costs bytes and nothing
 * else.
 */
#include "paper/pdf_font.h"

#define SHAPES_BYTES (2 * (HPDF_UINT)PDF_FONT_CODES) /* two for each code, high byte first */

/* [code [width] code [width]...] */
static void widths_trim(HPDF_Doc doc, HPDF_FontDef def, HPDF_Dict cid, const bool *used)
{
    HPDF_Array widths = HPDF_Array_New(doc->mmgr);

    if (widths == NULL)
        return;
    for (int code = 0; code < PDF_FONT_CODES; code++) {
        HPDF_Array one;

        if (!used[code])
            continue;
        one = HPDF_Array_New(doc->mmgr);
        (void)HPDF_Array_AddNumber(widths, code);
        (void)HPDF_Array_Add(widths, one);
        (void)HPDF_Array_AddNumber(one, HPDF_TTFontDef_GetCharWidth(def, (HPDF_UINT16)code));
    }
    (void)HPDF_Dict_Add(cid, "W", widths);
}

static void shapes_trim(HPDF_Dict cid, const bool *used)
{
    const HPDF_Dict map = HPDF_Dict_GetItem(cid, "CIDToGIDMap", HPDF_OCLASS_DICT);
    HPDF_UINT at = 0;

    if (map == NULL || map->stream == NULL || map->stream->type != HPDF_STREAM_MEMORY ||
        map->stream->size < SHAPES_BYTES - 2 || map->stream->size > SHAPES_BYTES)
        return;
    for (HPDF_UINT i = 0; i < HPDF_MemStream_GetBufCount(map->stream); i++) {
        HPDF_UINT n = 0;
        HPDF_BYTE *bytes = HPDF_MemStream_GetBufPtr(map->stream, i, &n);

        for (HPDF_UINT k = 0; k < n && at + k < map->stream->size; k++)
            if (!used[(at + k) / 2])
                bytes[k] = 0;
        at += n;
    }
}

void pdf_font_trim(HPDF_Doc doc, HPDF_Font font, const bool used[PDF_FONT_CODES])
{
    const HPDF_FontAttr attr = font->attr;

    if (attr == NULL || attr->descendant_font == NULL || attr->fontdef == NULL)
        return;
    widths_trim(doc, attr->fontdef, attr->descendant_font, used);
    shapes_trim(attr->descendant_font, used);
}
