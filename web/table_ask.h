/*
 * table_ask.h - inside web/table* only: what was asked for, rows and totals as they were found, and
 * how a cell reads.
 */
#ifndef WEB_TABLE_ASK_H
#define WEB_TABLE_ASK_H

#include "base/base.h"
#include "http/form.h"
#include "web/table.h"

enum table_as { TABLE_AS_PAGE, TABLE_AS_CSV, TABLE_AS_XLSX, TABLE_AS_PDF };

struct table_ask {
    const struct table_page *page;
    struct str path;
    struct form form;
    enum table_as as;
    struct table_query query;
    bool is_wrong[TABLE_FILTERS_MAX]; /* what was typed is no value of this filter */
    bool has_mistake, has_filter;
};

/* ERR_UNKNOWN_FIELD: a name that is no filter's; ERR_MALFORMED. Wrong values are no errors. */
MUST_USE result table_ask_read(struct ctx *c, const struct request *rq,
                               const struct table_page *page, struct table_ask *out, struct err *e);
/* The list as it is, but for one name; an empty value leaves it out. Changing anything but `after`
 * goes back to the first page. */
struct str table_ask_url(struct ctx *c, const struct table_ask *ask, const char *name,
                         struct str value);
/* The filters alone, as a saved filter keeps them: "?state=open&sort=-made". */
struct str table_ask_kept(struct ctx *c, const struct table_ask *ask);
/* "Trạng thái: đang mở; Ngày: 01/11/2026 - ..." or the text of "everything". */
MUST_USE result table_ask_words(struct ctx *c, const struct table_ask *ask, struct str *out,
                                struct err *e);
/* One filter's value in words; empty when it is not set. */
MUST_USE result table_value_words(struct ctx *c, const struct table_ask *ask, size_t filter,
                                  struct str *out, struct err *e);

struct table_choices {
    struct {
        struct str value, word;
    } list[200];
    size_t n;
};
MUST_USE result table_choices_find(struct ctx *c, const struct table_page *page, size_t filter,
                                   struct table_choices *out, struct err *e);

struct table_cell {
    bool is_set;
    enum table_look look;
    int64_t n;
    struct str text, url;
};
struct table_row {
    struct str after, pick;
    enum table_look look;
    struct table_cell cells[TABLE_COLUMNS_MAX];
};
struct table_rows {
    struct arena *arena;
    struct table_row *list;
    size_t n, most;
};
MUST_USE result table_rows_find(struct ctx *c, const struct table_query *q, struct table_rows *out,
                                struct err *e);
/* Which columns this officer sees, in order; their number. */
size_t table_columns_seen(const struct ctx *c, const struct table *t,
                          size_t seen[TABLE_COLUMNS_MAX]);
/* As people read it: "1.234.567 đ", "23/11/2026", masked where it has to be; "–" when not set. */
struct str table_cell_words(const struct ctx *c, const struct table_column *column,
                            const struct table_cell *cell);
/* As programs read it: digits, YYYY-MM-DD, YYYY-MM-DD HH:MM:SS; empty when not set. */
struct str table_cell_plain(const struct ctx *c, const struct table_column *column,
                            const struct table_cell *cell);
bool table_is_number(enum table_kind kind);

/* The whole filter as a file. *too_many: it has more rows than such a file may, nothing was made.
 */
MUST_USE result table_file(struct ctx *c, struct response *rs, const struct table_ask *ask,
                           bool *too_many, struct err *e);
/* A list on paper; words: for each row one for each column, the row of totals last. */
struct table_pdf {
    struct str title, filter, officer;
    size_t columns, rows;
    const struct str *heads, *words;
    const bool *is_number;
    bool has_total;
    int64_t made_ms;
};
MUST_USE result table_pdf_make(struct ctx *c, const struct table_pdf *t, struct arena *a,
                               struct str *out, struct err *e);

#endif
