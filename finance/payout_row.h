/*
 * payout_row.h - rows of payouts, for the files of this room.
 */
#ifndef FINANCE_PAYOUT_ROW_H
#define FINANCE_PAYOUT_ROW_H

#include "finance/payout.h"
#include "store/sql.h"

MUST_USE result payout_read(struct sql_rows *rows, struct arena *a, struct payout *out,
                            struct err *e);
/* All rows of a statement that gives payouts, `most` at most. */
MUST_USE result payout_read_all(struct sql_rows *rows, size_t most, struct arena *a,
                                struct payout **out, size_t *count, struct err *e);
/* "po12.H56.14" */
bool payout_id_read(struct str id, struct str *agency_id, int64_t *n);
/* Confirms one that is open; *done false when somebody was faster. */
MUST_USE result payout_confirm_in(struct sql *db, const struct office *f, const struct payout *p,
                                  const struct payout_word *w, struct str by, struct arena *a,
                                  bool *done, struct err *e);

/* Items of the payments that the day's accepted file settles by their references; with the number
 * of payouts held, so that nothing else settles meanwhile. */
MUST_USE result payout_settle(struct sql *db, const struct payout_day *d, int64_t payout_n,
                              struct err *e);

#endif
