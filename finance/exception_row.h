/*
 * exception_row.h - rows of reconcile_exception, for the files of this room.
 */
#ifndef FINANCE_EXCEPTION_ROW_H
#define FINANCE_EXCEPTION_ROW_H

#include "finance/exception.h"

struct sql;
struct sql_rows;

/* The columns of exception_by_id, in their order. ERR_STORE: a class or stage that is none. */
MUST_USE result exception_row_read(const struct sql_rows *rows, struct arena *a,
                                   struct exception *out, struct err *e);
/* Its cause from who acts: remark as it was written. */
struct exception_cause exception_cause_make(const struct till *t, const struct proposal_actor *by,
                                            struct str remark);
/* ERR_INVALID "remark": empty or too long. */
MUST_USE result exception_remark_check(struct str remark, struct err *e);
/* Resolves it when it was paid there and not here, and is captured here since to the dong. */
MUST_USE result exception_explain_captured(struct sql *db, struct str id, int64_t now_ms,
                                           struct arena *a, bool *explained, struct err *e);

/* What a file tells that no run finds. */
struct exception_news {
    const char *source; /* "statement", "treasury", "damage" */
    struct str provider, account;
    struct date day;
    enum match_class class;
    struct str reference, portal_txn, agency_id; /* empty: unknown */
    int64_t file_n, line;
    int64_t ours_vnd, theirs_vnd;
};
/* On the list once, however often it is told. A bank's credit that is there already by the bank's
 * own message is not told again. */
MUST_USE result exception_tell(struct sql *db, const struct exception_news *n, int64_t now_ms,
                               struct arena *a, struct err *e);
/* It is known now what that number, or reference, is about: explains what is open. */
MUST_USE result exception_known(struct sql *db, const char *source, struct str name, int64_t now_ms,
                                struct arena *a, struct err *e);

#endif
