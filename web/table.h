/*
 * table.h - the one facility for lists of the workplace: a list is declared as data, and its page,
 * filter form, saved filters, totals, links and files (CSV, XLSX, PDF) come from here.
 *
 * To add a list: static const columns and filters, a struct table, a function that finds rows for a
 * query, one that sums the whole filter, and a handler that calls table_answer():
 *
 *     enum { COL_ID, COL_STATE, COL_MADE, COL_AMOUNT };
 *     static const struct table_column columns[] = {
 *         [COL_ID] = { .name = "id", .text = "thing.id", .kind = TABLE_LINK },
 *         [COL_STATE] = { .name = "state", .text = "thing.state", .kind = TABLE_STATE },
 *         [COL_MADE] = { .name = "made", .text = "thing.made", .kind = TABLE_TIME,
 *                        .sortable = true },
 *         [COL_AMOUNT] = { .name = "amount", .text = "thing.amount", .kind = TABLE_MONEY },
 *     };
 *     static const struct table_filter filters[] = {
 *         { .name = "state", .text = "thing.state", .kind = TABLE_BY_CHOICE,
 *           .choices = "open closed", .choice_text = "thing.state." },
 *         { .name = "made", .text = "thing.made", .kind = TABLE_BY_DAYS },
 *     };
 *     static const struct table things = { .name = "things", .title = "thing.list",
 *         .columns = columns, .column_count = LEN(columns), .filters = filters,
 *         .filter_count = LEN(filters), .sort = "-made", .rows = find_things,
 *         .totals = sum_things };
 *
 *     result page_things(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
 *     {
 *         struct table_page page = { .table = &things, .tab = "things" };
 *         return table_answer(c, rq, rs, &page, e);
 *     }
 *
 * The query string is the list's whole state, so it can be kept as a bookmark: the filters by their
 * names (ranges: <name>_from and <name>_to), sort=<column> or sort=-<column>, after=<place>,
 * as=csv|xlsx|pdf. Anything else in it is refused, but for the names in table_page.keep.
 *
 * Files hold the whole filter, not the page, up to TABLE_FILE_ROWS; beyond that the officer is told
 * to narrow the filter and nothing is sent: a part must never pass for the whole. Each file is
 * written down in the audit log before it is made. Cells of CSV that a spreadsheet would take for a
 * formula (= + - @, tab, carriage return) get an apostrophe; numbers are plain numbers.
 *
 * Columns below the officer's role are on neither page nor file. Personal columns are masked on
 * both (web/personal.h), unless personal_may_see() of the role.
 *
 * Rows are asked for page by page by place (keyset), never by OFFSET; `c->arena` is then a page's
 * own arena, and what rows need is in it.
 */
#ifndef WEB_TABLE_H
#define WEB_TABLE_H

#include "auth/staff.h"
#include "base/clock.h"
#include "web/route_row.h"

#define TABLE_COLUMNS_MAX 24
#define TABLE_FILTERS_MAX 16
#define TABLE_ROWS_SHOWN  50
#define TABLE_FILE_ROWS   20000 /* XLSX and CSV */
#define TABLE_PDF_ROWS    2000  /* about 70 pages */

enum table_kind {
    TABLE_TEXT,
    TABLE_MONEY, /* 1.234.567 đ */
    TABLE_COUNT,
    TABLE_DAY,
    TABLE_TIME,  /* at UTC+7; the zone is told below the table */
    TABLE_STATE, /* word, icon and colour */
    TABLE_LINK   /* text that leads on; the first one of a row is its heading */
};

struct table_column {
    const char *name; /* in sort= and as the head of machine-readable files */
    const char *text; /* key of its head */
    enum table_kind kind;
    enum staff_role least; /* who sees it; left out: everybody */
    bool personal;         /* masked */
    bool sortable;
    bool wide_only; /* left out on a telephone; rows are cards there */
    bool wraps;     /* long text */
};

enum table_filter_kind {
    TABLE_BY_TEXT,   /* without case and marks: values[].key; values[].text as it was typed */
    TABLE_BY_CHOICE, /* values[].text is one of the choices or empty */
    TABLE_BY_DAYS,   /* from and to, both included */
    TABLE_BY_AMOUNT, /* least and most, both included */
    TABLE_BY_OWNER   /* "me", "none" or a name: values[].text is "staff:<name>", "-" or empty */
};

struct table_filter {
    const char *name;
    const char *text; /* key of its label */
    enum table_filter_kind kind;
    const char *choices;     /* "open closed"; NULL: table.choose tells them */
    const char *choice_text; /* prefix of the keys of their words: "order.state." */
    const char *hint;        /* key of what stands below the field, or NULL */
};

/* What was asked for by one filter. Ranges that were left open reach to the ends: 0 and INT64_MAX,
 * "0000-00-00" and "9999-12-31". */
struct table_value {
    bool is_set;
    struct str text, key;
    struct str from_day, to_day; /* YYYY-MM-DD */
    int64_t from_ms, to_ms;      /* from <= t < to */
    int64_t least_vnd, most_vnd;
};

struct table;
struct table_query {
    const struct table *table;
    struct table_value values[TABLE_FILTERS_MAX]; /* in the order of the filters */
    size_t sort;                                  /* number of a column */
    bool descending;
    struct str after; /* place of the last row before these, as table_row() was told; or empty */
    size_t most;      /* rows wanted: no more are taken */
    void *user;       /* of table_page */
};

enum table_look { TABLE_PLAIN, TABLE_GOOD, TABLE_WARN, TABLE_BAD };

struct table_rows; /* rows under construction */
struct table_row;
/* The next row; `after` is its place for the rows that follow, printable and without '&'. NULL when
 * there are as many as were asked for. */
struct table_row *table_row(struct table_rows *rows, struct str after);
/* Cells; those that are not set show a dash. Texts live in c->arena or longer. */
void table_text(struct table_row *row, size_t column, struct str text);
void table_link(struct table_row *row, size_t column, struct str text, struct str url);
void table_number(struct table_row *row, size_t column, int64_t n);   /* money and counts */
void table_day(struct table_row *row, size_t column, struct str iso); /* empty: not set */
void table_time(struct table_row *row, size_t column, int64_t ms);    /* 0: not set */
void table_state(struct table_row *row, size_t column, enum table_look look, struct str word);
/* A tick box before its heading, of the form table_page.picks: field `name`, value 1. Not in files.
 */
void table_pick(struct table_row *row, struct str name);
void table_mark(struct table_row *row, enum table_look look); /* a bar before the whole row */

struct table_totals {
    int64_t count;
    bool at_least; /* there are more: the count was bounded */
    struct {
        bool is_set;
        int64_t n;
    } columns[TABLE_COLUMNS_MAX];
};

void table_sum(struct table_totals *totals, size_t column, int64_t n);

typedef result table_rows_fn(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                             struct err *e);
typedef result table_totals_fn(struct ctx *c, const struct table_query *q,
                               struct table_totals *totals, struct err *e);
struct table_choices; /* of one filter, under construction */
void table_choice(struct table_choices *list, struct str value, struct str word);
typedef result table_choose_fn(struct ctx *c, size_t filter, struct table_choices *list,
                               struct err *e);

struct table {
    const char *name;  /* of files and saved filters: [a-z_] */
    const char *title; /* key: of page and files */
    const struct table_column *columns;
    size_t column_count;
    const struct table_filter *filters;
    size_t filter_count;
    const char *sort; /* when nothing was asked: "made" or "-made"; NULL: as the rows come */
    table_rows_fn *rows;
    table_totals_fn *totals; /* NULL: none are shown */
    table_choose_fn *choose;
    const char *empty; /* key of what is said when nothing is found; NULL: table.none */
};

/* How a handler shows its list. A page of its own includes {{>table}} where the list belongs and
 * finds it in data.table; page NULL is the list alone. */
struct table_page {
    const struct table *table;
    const char *tab;         /* officer_put_tabs */
    const char *page;        /* web/page/<page>.html, or NULL */
    struct json *data;       /* for it; stays the caller's; or NULL */
    void *user;              /* for rows, totals and choose */
    const char *picks;       /* id of the page's form that tick boxes belong to, or NULL */
    const char *const *keep; /* further names in the query, NULL-terminated, or NULL */
};
/* The page, or the file that was asked for. Mistakes in a filter are told beside its field, and the
 * list is then empty. */
MUST_USE result table_answer(struct ctx *c, struct request *rq, struct response *rs,
                             const struct table_page *page, struct err *e);

#endif
