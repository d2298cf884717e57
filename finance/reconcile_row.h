/*
 * reconcile_row.h - a run under way, for the files of this room.
 *
 * A run freezes our side first (reconcile_ours), then walks the lines of the file in pages, one
 * transaction each, and last the captures that no line named. What it finds is staged under its own
 * number and becomes the day's exceptions in one transaction at its end, so that a run that dies
 * leaves the day as it was, and two runs do not meet.
 */
#ifndef FINANCE_RECONCILE_ROW_H
#define FINANCE_RECONCILE_ROW_H

#include "finance/intake_row.h"
#include "finance/reconcile.h"

/* Our attempt, as it was frozen. */
struct reconcile_ours {
    struct str reference, agency_id, order_id, portal_txn, portal_day, dossier;
    int64_t amount_vnd;
    bool captured; /* else: known, and not paid as far as we know */
    bool in_day;   /* counts for the captures of this day */
    bool late, twice;
};

struct reconcile_line {
    int64_t n, gross_vnd, moved_vnd, txn_at_ms;
    enum settlement_kind kind;
    struct str portal_txn, merchant_ref, original_ref, dossier, account, currency;
    bool success;
    bool known; /* ours is there, by merchant_ref */
    struct reconcile_ours ours;
};

/* How far the pages have come; copied before each, since a transaction may be tried again. */
struct reconcile_walk {
    struct str ref, txn; /* of the last line that is done */
    int64_t kind, gross_vnd, n;
    bool ended;
    int64_t same;         /* lines so far with the keys of the last one: its occurrence */
    bool in_group;        /* the reference goes on over the border of a page */
    struct str group_txn; /* of the line that took the payment */
    int64_t matched_vnd, matched_count;
    struct str absent; /* second part: last reference that is done */
};

struct reconcile_run {
    const struct till *t;
    struct date day;
    struct arena *a;    /* of the run */
    struct arena *page; /* of a page */
    int64_t run_n;
    int64_t cut_ms; /* our side as it was known then */
    bool go;        /* the day is not closed */
    struct settlement_kept file;
    int64_t before_n, after_n; /* files of the days beside it, or 0 */
    bool gap;
    struct reconcile_walk walk;
};

/* Matches the next page; walk.ended at the end. */
MUST_USE result reconcile_match_lines(struct sql *db, struct reconcile_run *r, struct err *e);
/* The same for captures that no line names. */
MUST_USE result reconcile_match_absent(struct sql *db, struct reconcile_run *r, bool *more,
                                       struct err *e);
/* Verdict, manifest and exceptions; ends the run. */
MUST_USE result reconcile_close(struct sql *db, struct reconcile_run *r, struct err *e);

#endif
