/*
 * threeway.h - one dossier, three columns: what this system captured, what the portal or bank says,
 * what the treasury says.
 *
 * Rows are the captures of one local day. Their codes are relative to the system's amount:
 *     00 not yet    no file of that side names it, and its file of the day is not there
 *     01 match      the same amount
 *     02 differs    another amount, or the treasury says it was not sent
 *     03 extra      the side's file of the day is there and does not name it
 * The portal's and bank's lines are those of accepted files that are no treasury's, the treasury's
 * those of sources of that role (finance/source.h), of the day or within 14 days after it.
 */
#ifndef FINANCE_THREEWAY_H
#define FINANCE_THREEWAY_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/office.h"

enum threeway_code {
    THREEWAY_NOT_YET,
    THREEWAY_MATCH,
    THREEWAY_DIFFERS,
    THREEWAY_EXTRA,
    THREEWAY_CODE_COUNT
};

struct threeway_row {
    struct str reference, dossier, agency_id, order_id, portal_txn;
    int64_t system_vnd, bank_vnd, treasury_vnd; /* 0: not named */
    enum threeway_code bank, treasury;
    struct str treasury_ref, treasury_status; /* as its file says, or empty */
    struct str remitted_day;
};

struct threeway_query {
    struct date day;
    bool differences;     /* only rows whose codes are not both 01 */
    struct str agency_id; /* empty: any */
    struct str after;     /* reference of the last row seen, or empty */
    size_t most;
};
/* By reference. */
MUST_USE result threeway_rows(const struct office *f, const struct threeway_query *q,
                              struct arena *a, struct threeway_row **out, size_t *count,
                              struct err *e);

struct threeway_sums {
    int64_t count, vnd; /* of the system */
    int64_t bank_count, bank_vnd, treasury_count, treasury_vnd;
    int64_t bank_codes[THREEWAY_CODE_COUNT], treasury_codes[THREEWAY_CODE_COUNT];
};
/* Of the whole query; `after` and `most` do not count. */
MUST_USE result threeway_sums(const struct office *f, const struct threeway_query *q,
                              struct arena *a, struct threeway_sums *out, struct err *e);

const char *threeway_code_name(enum threeway_code c); /* "00" */

#endif
