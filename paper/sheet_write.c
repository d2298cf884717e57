/*
 * The library writes to a named file only; the name given to it is that of a file in memory, so
 * that no table of payments is ever left in a temporary folder under a name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "paper/sheet.h"

#define SCRATCH_BYTES (1024 * 1024)
#define FILE_BYTES    (256 * 1024 * 1024)
#define EXACT_INT_MAX 999999999999999 /* spreadsheet programs keep 15 digits */
#define COLUMN_CHARS  20

struct sheet {
    int fd;
    lxw_workbook *book;
    lxw_worksheet *tab;
    lxw_format *bold;
    lxw_row_t row;
    lxw_col_t column;
    struct arena *scratch;
    bool failed;
    struct err why;
};

static void note(struct sheet *s, enum err_code code, const char *why)
{
    if (!s->failed)
        s->failed = fail(&s->why, code, "spreadsheet: %s", why).failed;
}

static void note_library(struct sheet *s, lxw_error rc)
{
    if (rc == LXW_NO_ERROR)
        return;
    note(s,
         rc == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED || rc == LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE
             ? ERR_TOO_LARGE
             : ERR_INTERNAL,
         lxw_strerror(rc));
}

void sheet_close(struct sheet **s)
{
    if (*s == NULL)
        return;
    if ((*s)->book != NULL)
        (void)workbook_close((*s)->book);
    if ((*s)->fd >= 0)
        (void)close((*s)->fd);
    arena_close(&(*s)->scratch);
    free(*s);
    *s = NULL;
}

static void title_put(struct sheet *s, struct str title, int64_t made_ms)
{
    lxw_doc_properties properties = { 0 };

    properties.title = (char *)str_cstr(s->scratch, title);
    properties.created = (time_t)(made_ms / 1000);
    note_library(s, workbook_set_properties(s->book, &properties));
}

result sheet_open(struct str title, int64_t made_ms, struct sheet **out, struct err *e)
{
    DEFER(sheet_close) struct sheet *s = calloc(1, sizeof(*s));
    lxw_workbook_options options = { .constant_memory = LXW_TRUE };
    char path[64];

    must(s != NULL);
    must(made_ms > 0); /* the library would take 0 for "now" */
    s->scratch = arena_open(SCRATCH_BYTES);
    s->fd = memfd_create("sheet", MFD_CLOEXEC);
    if (s->fd < 0)
        return fail(e, ERR_IO, "spreadsheet: %s", strerror(errno));
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
    s->book = workbook_new_opt(path, &options);
    if (s->book == NULL)
        return fail(e, ERR_INTERNAL, "spreadsheet: the library does not start");
    s->bold = workbook_add_format(s->book);
    must(s->bold != NULL);
    format_set_bold(s->bold);
    title_put(s, title, made_ms);
    *out = s;
    s = NULL;
    return OK;
}

static void text_put(struct sheet *s, struct str text, lxw_format *format)
{
    if (s->failed)
        return;
    must(s->tab != NULL);
    arena_reset(s->scratch);
    if (!utf8_is_valid(text))
        note(s, ERR_NOT_UTF8, "a text is not UTF-8");
    else if (text.n > SCRATCH_BYTES / 2)
        note(s, ERR_TOO_LARGE, "a text is too long");
    else /* never worksheet_write(): this call makes a text of anything */
        note_library(s, worksheet_write_string(s->tab, s->row, s->column,
                                               str_cstr(s->scratch, text), format));
    s->column++;
}

void sheet_tab(struct sheet *s, struct str name, const struct str *heads, size_t count)
{
    if (s->failed)
        return;
    arena_reset(s->scratch);
    must(count > 0 && count <= SHEET_COLUMNS_MAX);
    if (!utf8_is_valid(name) || name.n == 0 || name.n > 31 * 4 ||
        workbook_validate_sheet_name(s->book, str_cstr(s->scratch, name)) != LXW_NO_ERROR) {
        note(s, ERR_INVALID, "name of a tab");
        return;
    }
    s->tab = workbook_add_worksheet(s->book, str_cstr(s->scratch, name));
    must(s->tab != NULL);
    s->row = 0;
    s->column = 0;
    note_library(s, worksheet_set_column(s->tab, 0, (lxw_col_t)(count - 1), COLUMN_CHARS, NULL));
    worksheet_freeze_panes(s->tab, 1, 0);
    for (size_t i = 0; i < count; i++)
        text_put(s, heads[i], s->bold);
    sheet_next(s);
}

void sheet_text(struct sheet *s, struct str text)
{
    text_put(s, text, NULL);
}

void sheet_int(struct sheet *s, int64_t n)
{
    char digits[24];

    if (s->failed)
        return;
    must(s->tab != NULL);
    if (n > EXACT_INT_MAX || n < -EXACT_INT_MAX) {
        (void)snprintf(digits, sizeof(digits), "%lld", (long long)n);
        text_put(s, str_c(digits), NULL);
        return;
    }
    note_library(s, worksheet_write_number(s->tab, s->row, s->column, (double)n, NULL));
    s->column++;
}

void sheet_next(struct sheet *s)
{
    s->row++;
    s->column = 0;
}

static result file_read(int fd, struct arena *a, struct str *out, struct err *e)
{
    struct stat st;
    char *bytes;
    size_t n = 0;

    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return fail(e, ERR_IO, "spreadsheet: nothing was written");
    if (st.st_size > FILE_BYTES)
        return fail(e, ERR_TOO_LARGE, "spreadsheet of %lld bytes", (long long)st.st_size);
    TRY(arena_may(a, (size_t)st.st_size, e));
    bytes = arena_alloc(a, (size_t)st.st_size);
    while (n < (size_t)st.st_size) {
        const ssize_t got = pread(fd, bytes + n, (size_t)st.st_size - n, (off_t)n);

        if (got <= 0)
            return fail(e, ERR_IO, "spreadsheet: %s", strerror(errno));
        n += (size_t)got;
    }
    *out = str_of(bytes, n);
    return OK;
}

result sheet_write(struct sheet *s, struct arena *a, struct str *out, struct err *e)
{
    must(s->book != NULL && (s->tab != NULL || s->failed));
    note_library(s, workbook_close(s->book));
    s->book = NULL; /* it is gone with that call */
    if (s->failed) {
        if (e != NULL)
            *e = s->why;
        return (result){ true };
    }
    return file_read(s->fd, a, out, e);
}
