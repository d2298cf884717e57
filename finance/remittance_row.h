/*
 * remittance_row.h - rows of remittances and their documents, for the files of this room.
 */
#ifndef FINANCE_REMITTANCE_ROW_H
#define FINANCE_REMITTANCE_ROW_H

#include "finance/remittance.h"
#include "payments/ledger.h"
#include "store/sql.h"

#define REMITTANCE_PARTS_MAX 200 /* of (account, fee): what one journal can hold */

struct remittance_part {
    struct ledger_split split;
    int64_t orders;
};

/* Until the end of the transaction. ERR_NOT_FOUND. */
MUST_USE result remittance_take(struct sql *db, struct str id, struct arena *a,
                                struct remittance *out, struct err *e);
MUST_USE result remittance_insert(struct sql *db, const struct remittance *r, struct arena *a,
                                  struct err *e);
MUST_USE result remittance_parts(struct sql *db, const struct remittance *r, struct arena *a,
                                 struct remittance_part **out, size_t *count, struct err *e);
/* Fills in document, total_vnd and retained_vnd from the parts, whose fees all belong to
 * r->treasury on `today`. */
MUST_USE result remittance_document(struct sql *db, const struct office *f, struct date today,
                                    struct arena *a, struct remittance *r, struct err *e);
/* The only writer of the state: row, history and audit. Updates *r. */
MUST_USE result remittance_step(struct sql *db, const struct office *f, struct remittance *r,
                                enum remittance_event ev, const struct proposal_actor *by,
                                struct str detail, struct arena *a, struct err *e);

#endif
