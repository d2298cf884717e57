/*
 * csv_form.h - how a bank's own table is read: which column is what, and how its cells are written.
 *
 *     {"separator": ";",             one of , ; | or a tab; absent: the one of the header line
 *      "quote": "\"",                another ASCII sign, or "" for none
 *      "header": true, "skip_top": 0, "skip_bottom": 0,     lines above, rows at the end
 *      "columns": {
 *        "reference": {"header": "Mã tham chiếu",  or "column": 3, from 1
 *                      "trim": true, "case": "upper" | "lower", "skip": ["-", "N/A"],
 *                      "regex": "PAY([0-9A-Z]+)", "default": "...",
 *                      "codes": {"01": "H37.12", ...}},     texts only: what is written, what it is
 *        "currency": {"constant": "VND"},                   texts only: no column, always this
 *        "amount": {"column": 2, "thousands": ".", "decimal": ",", "factor": 1000, "divisor": 1,
 *                   "sign": "plain" | "reverse" | "refund"},
 *        "time": {"header": "Ngày", "format": "dd/MM/yyyy HH:mm:ss"},   local; or "rfc3339"
 *        "status": {"header": "KQ", "success": ["OK"], "failure": ["KO"]},
 *        "kind": {"header": "D/C", "words": {"PAY": ["C"], "REFUND": ["D"]}}}}
 *
 * Roles are those of csv_map.h. Line ends and tabs within a cell are spaces; it is trimmed (unless
 * trim is false); what is one of `skip` is empty then; the regular expression (POSIX extended, of
 * bytes) takes its first group, or all that it matches, and a cell that it does not match makes the
 * row wrong; then capitals; then codes; what is empty in the end takes the default. Amount, time,
 * status and kind must not be empty when they have a column. Amounts are exact: a fraction of a
 * dong makes the row wrong. Words and codes are compared as they are; one that is not listed makes
 * the row wrong. "refund": below zero is a REFUND of the amount.
 *
 * Regular expressions are bounded so that none of them takes long: CSV_REGEX_BYTES, at most 8
 * repetitions, none of a group, counts up to 99, no back references, cells up to CSV_CELL_BYTES.
 */
#ifndef RECON_CSV_FORM_H
#define RECON_CSV_FORM_H

#include "recon/csv_record.h"

struct json;

#define CSV_REGEX_BYTES 200
#define CSV_CELL_BYTES  1000 /* of a cell that has a column of the map */
#define CSV_WORDS_MAX   16
#define CSV_CODES_MAX   500
#define CSV_SKIP_MAX    20 /* lines above, rows at the end */

enum csv_why {
    CSV_RIGHT,
#define CSV_WHY(name, text) CSV_WHY_##name,
#include "recon/csv_why.def"
#undef CSV_WHY
};
const char *csv_why_text(enum csv_why why); /* English, for the operator */
const char *csv_why_name(enum csv_why why); /* "AMOUNT" */

enum csv_case { CSV_AS_IS, CSV_UPPER, CSV_LOWER };
enum csv_sign { CSV_PLAIN, CSV_REVERSE, CSV_REFUND };

struct csv_words {
    struct str list[CSV_WORDS_MAX];
    size_t count;
};

struct csv_code {
    struct str written, meant;
};

struct csv_rule {
    struct csv_column column; /* neither header nor position: no column */
    struct str constant;      /* without a column; empty: none */
    bool keep_space;
    enum csv_case letters;
    struct csv_words skip;
    struct str regex;    /* empty: none */
    struct str fallback; /* "default" */
    struct csv_code *codes;
    size_t code_count; /* 0: what is written is meant */
    char decimal, thousands;
    int64_t factor, divisor;
    enum csv_sign sign;
    struct str format; /* of time */
};

struct csv_form {
    char separator; /* 0: csv_separator_of */
    char quote;     /* 0: none */
    bool no_header;
    int skip_top, skip_bottom;
    struct csv_rule rules[CSV_ROLES];
    struct csv_words success, failure, kinds[SETTLEMENT_KIND_COUNT];
};

/* Strict: unknown members and whatever contradicts itself are refused, with the member's path as
 * the field ("amount.factor"). ERR_INVALID, ERR_UNKNOWN_FIELD. Texts are copied into the arena. */
MUST_USE result csv_form_read(const struct json *o, struct arena *a, struct csv_form *out,
                              struct err *e);

/* The same, ready for rows: regular expressions compiled. One thread at a time. */
struct csv_cells;
MUST_USE result csv_cells_open(const struct csv_form *f, struct csv_cells **out, struct err *e);
void csv_cells_close(struct csv_cells **c); /* DEFER */
/* Where the columns are; the first row when there is no header. ERR_INVALID, field: role. */
MUST_USE result csv_cells_layout(struct csv_cells *c, const struct csv_row *header, struct err *e);
/* One row. Texts of *out live until the next one; fault->why may be such a text as well, *cell is
 * what is wrong, as it is in the file. */
bool csv_cells_read(struct csv_cells *c, const struct csv_row *row, struct csv_record *out,
                    struct csv_fault *fault, struct str *cell);
/* All cells of a row, each with why it is wrong, and as it is in the file. NULL, or what is wrong
 * with the row as a whole: no cell is told then. Texts live until the next row. */
const char *csv_cells_look(struct csv_cells *c, const struct csv_row *row, struct csv_record *out,
                           enum csv_why why[CSV_ROLES], struct str raw[CSV_ROLES]);

#endif
