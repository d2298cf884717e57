/*
 * Attacker: uploads a spreadsheet that is a bomb, cut short, or not one. Promise: bounded memory
 * and work, by counting what really comes out of the archive and not what its headers say; no file
 * name inside is ever used outside; no entity is expanded. A part is scanned for its rows and these
 * are parsed in batches, since a whole sheet as a tree would need many times its size.
 */
#include "paper/sheet.h"

#include <string.h>
#include <zip.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xml.h"

#define ROOT_BYTES    8192
#define BATCH_BYTES   (64 * 1024)
#define SCRATCH_BYTES (64 * 1024 * 1024) /* a batch, and the texts of one row, never half full */
#define NAMES_BYTES   (8 * 1024 * 1024)  /* names in a workbook part, and a window */
#define ROWS_MAX      1048576            /* of the format */
#define BLOCK_TEXTS   4096
#define BLOCKS_MAX    1024 /* 4 million shared texts */

_Static_assert(ROOT_BYTES * 2 + BATCH_BYTES + SHEET_ROW_BYTES <= LIMIT_XML_BYTES,
               "a batch is parsed as one document");

/* The archive, and the texts that its cells refer to. */
struct book {
    zip_t *zip;
    struct sheet_bounds bounds;
    size_t inflated_bytes;
    struct arena *kept;
    struct arena *scratch; /* one batch */
    struct str *blocks[BLOCKS_MAX];
    size_t texts;
};

/* One part of the archive, read for its elements of one name. */
struct part {
    struct book *book;
    zip_file_t *file;
    char *p; /* SHEET_ROW_BYTES, a window on the inflated bytes */
    size_t n, at;
    bool ended;
    struct str root, root_name; /* start tag and name, prefix included */
    struct str begin, end;      /* "<row" and "</row", with the root's prefix */
};

static void zip_end(zip_t **z)
{
    if (*z != NULL)
        zip_discard(*z);
}

static void part_close(struct part *p)
{
    if (p->file != NULL)
        (void)zip_fclose(p->file);
}

static result inflate(struct book *b, zip_file_t *f, struct str room, size_t *got, struct err *e)
{
    const zip_int64_t n = zip_fread(f, (void *)room.p, room.n);

    if (n < 0)
        return fail(e, ERR_MALFORMED, "spreadsheet: a part is damaged");
    b->inflated_bytes += (size_t)n;
    if (b->inflated_bytes > b->bounds.inflated_max_bytes)
        return fail(e, ERR_TOO_LARGE, "spreadsheet inflates over %zu bytes",
                    b->bounds.inflated_max_bytes);
    *got = (size_t)n;
    return OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* More bytes into the window. Markup declarations are refused where they come in. */
static result part_fill(struct part *p, struct err *e)
{
    size_t got = 0, from;

    memmove(p->p, p->p + p->at, p->n - p->at);
    p->n -= p->at;
    p->at = 0;
    if (p->n == SHEET_ROW_BYTES)
        return fail(e, ERR_TOO_LARGE, "spreadsheet: a row over %d bytes", SHEET_ROW_BYTES);
    TRY(inflate(p->book, p->file, (struct str){ p->p + p->n, SHEET_ROW_BYTES - p->n }, &got, e));
    from = p->n > 0 ? p->n - 1 : 0;
    p->n += got;
    p->ended = got == 0;
    if (str_has(str_of(p->p + from, p->n - from), STR("<!")))
        return fail(e, ERR_MALFORMED, "spreadsheet: a comment or document type");
    return OK;
}

static struct str window(const struct part *p)
{
    return str_of(p->p + p->at, p->n - p->at);
}

/* Where `part` begins in s, or s.n. */
static size_t place_of(struct str s, struct str part)
{
    const char *at = s.n < part.n ? NULL : memmem(s.p, s.n, part.p, part.n);

    return at == NULL ? s.n : (size_t)(at - s.p);
}

/* The length of the tag that s begins with; 0 when it does not end in s. */
static size_t tag_bytes(struct str s)
{
    char quote = '\0';

    for (size_t i = 0; i < s.n; i++) {
        if (quote != '\0')
            quote = s.p[i] == quote ? '\0' : quote;
        else if (s.p[i] == '"' || s.p[i] == '\'')
            quote = s.p[i];
        else if (s.p[i] == '>')
            return i + 1;
    }
    return 0;
}

/* The length of the element that s begins with; 0 when it does not end in s. */
static size_t element_bytes(const struct part *p, struct str s)
{
    const size_t tag = tag_bytes(s);
    size_t at;

    if (tag == 0 || s.p[tag - 2] == '/')
        return tag;
    at = tag + place_of(str_from(s, tag), p->end) + p->end.n;
    while (at < s.n && is_space(s.p[at]))
        at++;
    return at < s.n && s.p[at] == '>' ? at + 1 : 0;
}

/* Where the next element begins; s.n when it is not in s. */
static size_t element_find(const struct part *p, struct str s)
{
    size_t at = place_of(s, p->begin);

    while (at < s.n) {
        const char after = at + p->begin.n < s.n ? s.p[at + p->begin.n] : ' ';

        if (is_space(after) || after == '>' || after == '/')
            return at;
        at += p->begin.n;
        at += place_of(str_from(s, at), p->begin);
    }
    return s.n;
}

/* Slice of the window with the next element; empty at the part's end. */
static result element_next(struct part *p, struct str *out, struct err *e)
{
    for (;;) {
        const struct str s = window(p);
        const size_t begin = element_find(p, s);
        const size_t n = begin < s.n ? element_bytes(p, str_from(s, begin)) : 0;

        if (n > 0) {
            *out = str_sub(s, begin, n);
            p->at += begin + n;
            return OK;
        }
        if (p->ended && begin < s.n)
            return fail(e, ERR_MALFORMED, "spreadsheet: a part ends in the middle");
        *out = str_sub(s, 0, 0);
        if (p->ended)
            return OK;
        /* What cannot be the beginning of an element any more makes room. */
        p->at += begin < s.n ? begin : s.n - (s.n < p->begin.n ? s.n : p->begin.n);
        TRY(part_fill(p, e));
    }
}

/* Reads up to the root's start tag, whose declarations every batch needs. */
static result root_read(struct part *p, const char *root_name, struct err *e)
{
    struct str s, name, prefix, local;
    size_t at, n;

    do
        TRY(part_fill(p, e));
    while (!p->ended && p->n < ROOT_BYTES);
    s = str_sub(window(p), 0, ROOT_BYTES);
    at = str_find(s, '<');
    if (str_starts(str_from(s, at), STR("<?")))
        at += 2 + str_find(str_from(s, at + 2), '<');
    n = tag_bytes(str_from(s, at));
    if (n < 3)
        return fail(e, ERR_MALFORMED, "spreadsheet: a part without a root");
    p->root = str_dup(p->book->kept, str_sub(s, at, n));
    name = str_sub(p->root, 1, n - 2);
    for (n = 0; n < name.n && !is_space(name.p[n]) && name.p[n] != '/'; n++)
        ;
    name.n = n;
    p->root_name = local = name;
    prefix = (struct str){ name.p, 0 };
    if (str_cut(name, ':', &prefix, &local))
        prefix.n++;
    if (!str_is(local, root_name))
        return fail(e, ERR_MALFORMED, "spreadsheet: a part is not a %s", root_name);
    p->begin = str_fmt(p->book->kept, "<%.*s", STR_ARG(prefix));
    p->end = str_fmt(p->book->kept, "</%.*s", STR_ARG(prefix));
    p->at = p->root.p[p->root.n - 2] == '/' ? p->n : at + p->root.n;
    return OK;
}

static result part_open(struct book *b, struct str name, struct part *p, struct err *e)
{
    const zip_int64_t i = zip_name_locate(b->zip, str_cstr(b->kept, name), 0);

    *p = (struct part){ .book = b };
    if (i >= 0)
        p->file = zip_fopen_index(b->zip, (zip_uint64_t)i, 0);
    if (p->file == NULL)
        return fail(e, ERR_MALFORMED, "spreadsheet: a part is missing or closed");
    return OK;
}

/* Opens a part to walk its elements of one name below a root of another. */
static result walk_open(struct part *p, const char *root, const char *element, struct err *e)
{
    p->p = arena_alloc(p->book->kept, SHEET_ROW_BYTES);
    TRY(root_read(p, root, e));
    p->begin = str_cat(p->book->kept, p->begin, str_c(element));
    p->end = str_cat(p->book->kept, p->end, str_c(element));
    return OK;
}

/* The next elements as one document; NULL at the part's end. Resets the scratch arena. */
static result batch_next(struct part *p, struct xml **doc, struct err *e)
{
    struct buf b;
    struct str element = { 0 }, text = { 0 };
    size_t count = 0;

    arena_reset(p->book->scratch);
    b = buf_make(p->book->scratch, LIMIT_XML_BYTES);
    buf_put(&b, p->root);
    while (b.n < BATCH_BYTES) {
        TRY(element_next(p, &element, e));
        if (element.n == 0)
            break;
        buf_put(&b, element);
        count++;
    }
    *doc = NULL;
    if (count == 0)
        return OK;
    buf_fmt(&b, "</%.*s>", STR_ARG(p->root_name));
    TRY(buf_end(&b, &text, e));
    return xml_read(text, doc, e);
}

/* The text of an <si> or <is>: one <t>, or the runs of a rich text. xml_text trims, so where a run
 * says that its spaces count, one space joins it to its neighbour. Phonetic hints are left out. */
static struct str text_of(struct arena *a, const struct xml_node *n)
{
    struct xml_node *run = xml_find(n, "r");
    struct buf b = buf_make(a, SHEET_ROW_BYTES);
    bool kept = false, first = true;

    if (run == NULL)
        return xml_text(a, xml_find(n, "t"));
    for (; run != NULL; run = xml_next(run)) {
        const struct xml_node *t = xml_find(run, "t");
        const bool keeps = str_is(xml_attr(a, t, "space"), "preserve");

        if (!first && (kept || keeps))
            buf_putc(&b, ' ');
        buf_put(&b, xml_text(a, t));
        kept = keeps;
        first = false;
    }
    return str_trim(buf_str(&b));
}

static result text_keep(struct book *b, struct str text, struct err *e)
{
    const size_t block = b->texts / BLOCK_TEXTS;

    if (block == BLOCKS_MAX)
        return fail(e, ERR_TOO_LARGE, "spreadsheet: too many texts");
    TRY(arena_may(b->kept, text.n + 2 * BLOCK_TEXTS * sizeof(text), e));
    if (b->blocks[block] == NULL)
        b->blocks[block] = arena_array(b->kept, struct str, BLOCK_TEXTS);
    b->blocks[block][b->texts % BLOCK_TEXTS] = str_dup(b->kept, text);
    b->texts++;
    return OK;
}

static result texts_read(struct book *b, struct err *e)
{
    DEFER(part_close) struct part p = { 0 };

    if (zip_name_locate(b->zip, "xl/sharedStrings.xml", 0) < 0)
        return OK; /* texts stand in their cells */
    TRY(part_open(b, STR("xl/sharedStrings.xml"), &p, e));
    TRY(walk_open(&p, "sst", "si", e));
    for (;;) {
        DEFER(xml_close) struct xml *doc = NULL;

        TRY(batch_next(&p, &doc, e));
        if (doc == NULL)
            return OK;
        for (const struct xml_node *n = xml_first(xml_root(doc)); n != NULL; n = xml_sibling(n)) {
            arena_reset(b->scratch);
            TRY(text_keep(b, text_of(b->scratch, n), e));
        }
    }
}

/* "AB12" -> 27; -1 when it is no place. */
static int column_of(struct str place)
{
    int column = 0;
    size_t i = 0;

    for (; i < place.n && i < 4 && place.p[i] >= 'A' && place.p[i] <= 'Z'; i++)
        column = column * 26 + (place.p[i] - 'A' + 1);
    return i > 0 && str_digits(str_from(place, i)) ? column - 1 : -1;
}

static result cell_text(struct book *b, const struct xml_node *c, struct str *out, struct err *e)
{
    const struct str type = xml_attr(b->scratch, c, "t");
    int64_t i;

    if (str_is(type, "inlineStr")) {
        *out = text_of(b->scratch, xml_find(c, "is"));
        return OK;
    }
    *out = xml_text(b->scratch, xml_find(c, "v"));
    if (!str_is(type, "s") || out->n == 0)
        return OK;
    if (!str_to_i64(*out, &i) || i < 0 || (size_t)i >= b->texts)
        return fail(e, ERR_MALFORMED, "spreadsheet: a cell refers to no text");
    *out = b->blocks[(size_t)i / BLOCK_TEXTS][(size_t)i % BLOCK_TEXTS];
    return OK;
}

static result row_read(struct book *b, const struct xml_node *n, struct sheet_row *row,
                       struct str *cells, struct err *e)
{
    const struct str number = xml_attr(b->scratch, n, "r");
    int64_t r = (int64_t)row->row + 1;

    if ((number.n > 0 && !str_to_i64(number, &r)) || r <= (int64_t)row->row || r > ROWS_MAX)
        return fail(e, ERR_MALFORMED, "spreadsheet: rows out of order");
    row->row = (size_t)r;
    row->n = 0;
    memset(cells, 0, SHEET_COLUMNS_MAX * sizeof(*cells));
    for (const struct xml_node *c = xml_find(n, "c"); c != NULL; c = xml_next(c)) {
        const struct str place = xml_attr(b->scratch, c, "r");
        const int column = place.n == 0 ? (int)row->n : column_of(place);

        if (column < (int)row->n)
            return fail(e, ERR_MALFORMED, "spreadsheet: cells out of order in row %zu", row->row);
        if (column >= SHEET_COLUMNS_MAX)
            return fail(e, ERR_TOO_LARGE, "spreadsheet: over %d columns", SHEET_COLUMNS_MAX);
        TRY(cell_text(b, c, &cells[column], e));
        row->n = (size_t)column + 1;
    }
    return OK;
}

/* Where a reader's rows go. */
struct sink {
    sheet_row_fn *fn;
    void *user;
};

static result sheet_walk(struct book *b, struct str path, struct sheet_row row, struct sink sink,
                         struct err *e)
{
    DEFER(part_close) struct part p = { 0 };
    struct str cells[SHEET_COLUMNS_MAX];

    TRY(part_open(b, path, &p, e));
    TRY(walk_open(&p, "worksheet", "row", e));
    row.cells = cells;
    for (;;) {
        DEFER(xml_close) struct xml *doc = NULL;

        TRY(batch_next(&p, &doc, e));
        if (doc == NULL)
            return OK;
        for (const struct xml_node *n = xml_first(xml_root(doc)); n != NULL; n = xml_sibling(n)) {
            arena_reset(b->scratch);
            TRY(row_read(b, n, &row, cells, e));
            if (row.n > 0)
                TRY(sink.fn(sink.user, &row, e));
        }
    }
}

/* A whole small part as a document. */
static result small_read(struct book *b, struct str name, struct xml **doc, struct err *e)
{
    DEFER(part_close) struct part p = { 0 };
    char *bytes = arena_alloc(b->scratch, LIMIT_XML_BYTES + 1);
    size_t n = 0, got = 1;

    TRY(part_open(b, name, &p, e));
    while (got > 0 && n <= LIMIT_XML_BYTES) {
        TRY(inflate(b, p.file, str_of(bytes + n, LIMIT_XML_BYTES + 1 - n), &got, e));
        n += got;
    }
    return xml_read(str_of(bytes, n), doc, e);
}

/* The part that a relation of the workbook points at, from the archive's root. */
static result target_find(struct book *b, const struct xml *relations, struct str id,
                          struct str *path, struct err *e)
{
    const struct xml_node *n = xml_find(xml_root(relations), "Relationship");

    arena_reset(b->scratch);
    for (; n != NULL; n = xml_next(n)) {
        const struct str target = xml_attr(b->scratch, n, "Target");

        if (!str_eq(xml_attr(b->scratch, n, "Id"), id))
            continue;
        *path = str_starts(target, STR("/")) ? str_dup(b->kept, str_from(target, 1))
                                             : str_cat(b->kept, STR("xl/"), target);
        return OK;
    }
    return fail(e, ERR_MALFORMED, "spreadsheet: a sheet has no part");
}

static result book_walk(struct book *b, struct sink sink, struct err *e)
{
    DEFER(xml_close) struct xml *workbook = NULL;
    DEFER(xml_close) struct xml *relations = NULL;
    const struct xml_node *n;

    TRY(small_read(b, STR("xl/workbook.xml"), &workbook, e));
    TRY(small_read(b, STR("xl/_rels/workbook.xml.rels"), &relations, e));
    TRY(texts_read(b, e));
    n = xml_find(xml_root(workbook), "sheets/sheet");
    if (n == NULL)
        return fail(e, ERR_MALFORMED, "spreadsheet: no sheet");
    for (size_t i = 0; n != NULL && i < b->bounds.sheets_max; n = xml_next(n), i++) {
        struct sheet_row row = { .sheet = i };
        struct str path = { 0 };

        TRY(arena_may(b->kept, NAMES_BYTES, e)); /* a workbook may name thousands */
        row.name = xml_attr(b->kept, n, "name");
        TRY(target_find(b, relations, xml_attr(b->kept, n, "id"), &path, e));
        TRY(sheet_walk(b, path, row, sink, e));
    }
    return OK;
}

static result archive_open(struct str file, zip_t **out, struct err *e)
{
    zip_source_t *source;
    zip_error_t why;

    zip_error_init(&why);
    source = zip_source_buffer_create(file.p, file.n, 0, &why);
    must(source != NULL);
    *out = zip_open_from_source(source, ZIP_RDONLY, &why);
    if (*out == NULL)
        zip_source_free(source);
    zip_error_fini(&why);
    if (*out == NULL)
        return fail(e, ERR_MALFORMED, "spreadsheet: not a whole archive");
    if (zip_get_num_entries(*out, 0) > SHEET_ENTRIES_MAX)
        return fail(e, ERR_TOO_LARGE, "spreadsheet: over %d parts", SHEET_ENTRIES_MAX);
    return OK;
}

result sheet_read(struct str file, struct sheet_bounds bounds, sheet_row_fn *fn, void *user,
                  struct err *e)
{
    DEFER(arena_close) struct arena *kept = arena_open(SHEET_TEXT_BYTES);
    DEFER(arena_close) struct arena *scratch = arena_open(SCRATCH_BYTES);
    DEFER(zip_end) zip_t *zip = NULL;
    struct book b = { .bounds = bounds, .kept = kept, .scratch = scratch };

    must(fn != NULL && bounds.sheets_max > 0 && bounds.inflated_max_bytes > 0);
    if (file.n == 0)
        return fail(e, ERR_MALFORMED, "spreadsheet: empty");
    TRY(archive_open(file, &zip, e));
    b.zip = zip;
    return book_walk(&b, (struct sink){ fn, user }, e);
}
