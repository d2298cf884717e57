/*
 * csv_record.h - a row of a table, read as a payment or as a line.
 *
 * Amounts are dong: digits, with '-' before them, or as people group them (base/money.h). Times are
 * local: yyyy-MM-dd, dd/MM/yyyy or yyyyMMdd, with or without a time of day behind, or RFC 3339. A
 * cell that is there and cannot be read makes the row wrong: nothing is guessed. No column, or an
 * empty cell, is unknown; an amount must be there.
 */
#ifndef RECON_CSV_RECORD_H
#define RECON_CSV_RECORD_H

#include "recon/csv_map.h"
#include "recon/match.h"

struct csv_record {
    enum settlement_kind kind;
    bool success, returned, has_fee;
    int64_t amount_vnd, fee_vnd, net_vnd;
    int64_t time_ms;            /* 0: unknown */
    struct str text[CSV_ROLES]; /* as they are in the row */
};

/* What is wrong with a row that csv_next found right. */
struct csv_fault {
    const char *why; /* English */
    int64_t column;  /* from 1, in bytes */
};

bool csv_record_read(const struct csv_layout *at, const struct csv_row *row, struct csv_record *out,
                     struct csv_fault *fault);
/* The same but for the texts, which are not touched: they are most of the time. */
bool csv_record_numbers(const struct csv_layout *at, const struct csv_row *row,
                        struct csv_record *out, struct csv_fault *fault);
bool csv_read_time(struct str s, int64_t *ms);

/* Views for the engine; texts stay those of the record. */
struct match_ours csv_record_ours(const struct csv_record *r, int64_t id);
struct settlement_line csv_record_line(const struct csv_record *r, int64_t n);

#endif
