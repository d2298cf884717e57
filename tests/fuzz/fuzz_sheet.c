/* Spreadsheets: whatever the archive holds, reading ends within its bounds, rows come in order. */
/* rooms: base paper */
#include <zip.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "paper/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct last {
    size_t sheet, row, seen;
};

static result look(void *user, const struct sheet_row *row, struct err *e)
{
    struct last *last = user;

    must(row->n > 0 && row->n <= SHEET_COLUMNS_MAX);
    must(last->seen == 0 || row->sheet > last->sheet || row->row > last->row);
    for (size_t i = 0; i < row->n; i++)
        must(row->cells[i].n == 0 || utf8_is_valid(row->cells[i]));
    *last = (struct last){ row->sheet, row->row, last->seen + 1 };
    return last->seen < 10000 ? OK : fail(e, ERR_TOO_LARGE, "enough");
}

static void part_add(zip_t *z, const char *name, struct str text)
{
    zip_source_t *part = zip_source_buffer(z, text.p, text.n, 0);
    const zip_int64_t i = zip_file_add(z, name, part, 0);

    must(i >= 0);
    must(zip_set_file_compression(z, (zip_uint64_t)i, ZIP_CM_STORE, 0) == 0);
}

/* Checksums of an archive keep mutations out of its parts, so parts are put in fresh ones. */
static struct str archive(struct arena *a, struct str sheet, struct str texts)
{
    zip_source_t *file = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *z;
    struct str out;

    must(file != NULL);
    zip_source_keep(file);
    z = zip_open_from_source(file, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    must(z != NULL);
    part_add(z, "xl/workbook.xml",
             STR("<workbook xmlns:r=\"u:r\"><sheets><sheet name=\"a\" r:id=\"1\"/></sheets>"
                 "</workbook>"));
    part_add(z, "xl/_rels/workbook.xml.rels",
             STR("<Relationships><Relationship Id=\"1\" Target=\"s\"/></Relationships>"));
    part_add(z, "xl/s", sheet);
    if (texts.n > 0)
        part_add(z, "xl/sharedStrings.xml", texts);
    must(zip_close(z) == 0);
    must(zip_source_open(file) == 0 && zip_source_seek(file, 0, SEEK_END) == 0);
    out.n = (size_t)zip_source_tell(file);
    out.p = arena_alloc(a, out.n);
    must(zip_source_seek(file, 0, SEEK_SET) == 0);
    must(zip_source_read(file, (void *)out.p, out.n) == (zip_int64_t)out.n);
    (void)zip_source_close(file);
    zip_source_free(file);
    return out;
}

/* An archive, or a sheet's part and, after the byte 1, that of the shared texts. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(16u << 20);
    struct str file = str_of(bytes, n);
    struct last last = { 0 };
    struct err e = { 0 };

    if (n > 0 && n <= 65536 && bytes[0] != 'P')
        file =
            archive(a, str_sub(file, 0, str_find(file, 1)), str_from(file, str_find(file, 1) + 1));
    if (sheet_read(file, (struct sheet_bounds){ 3, 1u << 20 }, look, &last, &e).failed)
        must(e.code == ERR_MALFORMED || e.code == ERR_TOO_LARGE);
    arena_close(&a);
    return 0;
}
