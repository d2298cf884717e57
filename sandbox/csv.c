#include "sandbox/csv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"

#define CSV_FILE_BYTES (1024 * 1024)

static void file_close(FILE **f)
{
    if (*f)
        fclose(*f);
}

result file_load(struct arena *a, const char *path, size_t bytes_max, struct str *out,
                 struct err *e)
{
    DEFER(file_close) FILE *f = fopen(path, "rb");
    if (!f)
        return fail(e, ERR_IO, "%s: %s", path, strerror(errno));
    struct buf b = buf_make(a, bytes_max);
    char piece[4096];
    size_t n = 0;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_put(&b, str_of(piece, n));
    if (ferror(f))
        return fail(e, ERR_IO, "%s: cannot be read", path);
    return buf_end(&b, out, e);
}

/* One cell; *more tells whether the row goes on. False: a quote is not closed. */
static bool cell_next(struct csv *c, struct str *cell, bool *more)
{
    struct buf b = buf_make(c->arena, CSV_FILE_BYTES);
    bool quoted = c->rest.n > 0 && c->rest.p[0] == '"';
    size_t i = quoted ? 1 : 0;
    for (; i < c->rest.n; i++) {
        char ch = c->rest.p[i];
        if (quoted && ch == '"') {
            quoted = i + 1 < c->rest.n && c->rest.p[i + 1] == '"';
            if (!quoted)
                continue;
            i++;
        } else if (!quoted && (ch == ',' || ch == '\n')) {
            break;
        }
        buf_putc(&b, ch);
    }
    *more = i < c->rest.n && c->rest.p[i] == ',';
    c->rest = str_from(c->rest, i + 1);
    *cell = buf_str(&b);
    return !quoted;
}

result csv_read(struct csv *c, bool *found, struct err *e)
{
    *found = c->rest.n > 0;
    if (!*found)
        return OK;
    c->line++;
    bool more = true;
    size_t n = 0;
    while (more) {
        if (n == CSV_COLUMNS_MAX || !cell_next(c, &c->cells[n], &more))
            return fail(e, ERR_CONFIG, "seed line %d: not a row", c->line);
        n++;
    }
    if (c->columns && n != c->columns)
        return fail(e, ERR_CONFIG, "seed line %d: %zu cells, not %zu", c->line, n, c->columns);
    c->columns = n;
    return OK;
}

result csv_open(struct csv *c, struct arena *a, const char *path, struct err *e)
{
    bool found = false;
    *c = (struct csv){ .arena = a };
    TRY(file_load(a, path, CSV_FILE_BYTES, &c->rest, e));
    if (!utf8_is_valid(c->rest))
        return fail(e, ERR_CONFIG, "%s: not UTF-8", path);
    TRY(csv_read(c, &found, e));
    if (!found)
        return fail(e, ERR_CONFIG, "%s: empty", path);
    memcpy(c->names, c->cells, sizeof(c->names));
    return OK;
}

struct str csv_get(const struct csv *c, const char *name)
{
    for (size_t i = 0; i < c->columns; i++)
        if (str_is(c->names[i], name))
            return c->cells[i];
    const bool column_is_there = false;
    must(column_is_there);
    return STR("");
}
