/*
 * sheet_pack.h - text as a spreadsheet: a row for each line, cells between '|', an empty line ends
 * a sheet, three sheets. Checksums of an archive keep mutations out of its parts; so a fresh one is
 * made of mutated cells.
 */
#ifndef TESTS_FUZZ_SHEET_PACK_H
#define TESTS_FUZZ_SHEET_PACK_H

#include <zip.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define SHEET_PACK_ROWS 200
#define SHEET_PACK_ALL  3

static void part_add(zip_t *z, const char *name, struct str text)
{
    zip_source_t *part = zip_source_buffer(z, text.p, text.n, 0);
    const zip_int64_t i = zip_file_add(z, name, part, 0);

    must(i >= 0);
    must(zip_set_file_compression(z, (zip_uint64_t)i, ZIP_CM_STORE, 0) == 0);
}

static void cell_put(struct buf *b, struct str cell)
{
    buf_puts(b, "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    for (size_t i = 0; i < cell.n; i++) {
        const unsigned char c = (unsigned char)cell.p[i];

        if (c == '<' || c == '&' || (c < ' ' && c != '\t'))
            buf_putc(b, '_'); /* XML is fuzz_sheet's and fuzz_xml's */
        else
            buf_putc(b, cell.p[i]);
    }
    buf_puts(b, "</t></is></c>");
}

static struct str sheet_of(struct arena *a, struct str *rest)
{
    struct buf b = buf_make(a, 1u << 19);
    struct str line, cell;

    buf_puts(&b, "<worksheet><sheetData>");
    for (int row = 0; row < SHEET_PACK_ROWS && str_next(rest, '\n', &line); row++) {
        if (line.n == 0)
            break;
        buf_puts(&b, "<row>");
        for (int k = 0; k < 100 && str_next(&line, '|', &cell); k++)
            cell_put(&b, cell);
        buf_puts(&b, "</row>");
    }
    buf_puts(&b, "</sheetData></worksheet>");
    return buf_str(&b);
}

static struct str sheet_pack(struct arena *a, struct str text)
{
    zip_source_t *file = zip_source_buffer_create(NULL, 0, 0, NULL);
    static const char *const names[SHEET_PACK_ALL] = { "xl/s1", "xl/s2", "xl/s3" };
    zip_t *z;
    struct str out;

    must(file != NULL);
    zip_source_keep(file);
    z = zip_open_from_source(file, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    must(z != NULL);
    part_add(
        z, "xl/workbook.xml",
        STR("<workbook xmlns:r=\"u:r\"><sheets><sheet name=\"a\" r:id=\"1\"/><sheet name=\"b\" "
            "r:id=\"2\"/><sheet name=\"c\" r:id=\"3\"/></sheets></workbook>"));
    part_add(z, "xl/_rels/workbook.xml.rels",
             STR("<Relationships><Relationship Id=\"1\" Target=\"s1\"/><Relationship Id=\"2\" "
                 "Target=\"s2\"/><Relationship Id=\"3\" Target=\"s3\"/></Relationships>"));
    for (int i = 0; i < SHEET_PACK_ALL; i++)
        part_add(z, names[i], sheet_of(a, &text));
    must(zip_close(z) == 0);
    must(zip_source_open(file) == 0 && zip_source_seek(file, 0, SEEK_END) == 0);
    out.n = (size_t)zip_source_tell(file);
    out.p = arena_alloc(a, out.n);
    must(zip_source_seek(file, 0, SEEK_SET) == 0);
    must(zip_source_read(file, (void *)(uintptr_t)out.p, out.n) == (zip_int64_t)out.n);
    (void)zip_source_close(file);
    zip_source_free(file);
    return out;
}

#endif
