/*
 * reconcile_row.h - a run under way, for the files of this room.
 *
 * Our side and the lines of the file are read in pages under one snapshot and given to the engine
 * (recon/match.h); what it finds is written in the one transaction that ends the run, so that a run
 * that dies leaves the day as it was, and two runs do not meet.
 */
#ifndef FINANCE_RECONCILE_ROW_H
#define FINANCE_RECONCILE_ROW_H

#include "finance/bridge.h"
#include "finance/intake_row.h"
#include "finance/reconcile.h"
#include "finance/run.h"
#include "recon/match.h"

#define RECONCILE_DOUBTS_MAX 50 /* QUERY calls of one run; each may take the portal's time-out */

struct reconcile_run {
    const struct till *t;
    struct run_key key;
    struct date day;                          /* of the key */
    const struct source *source;              /* on that day; NULL: of no office */
    struct str channels[SOURCE_CHANNELS_MAX]; /* whose captures it settles; unused: empty */
    struct str foreign;                       /* ",vnpay,": those of the other sources */
    bool is_merchant;                         /* the account is no body's */
    struct arena *a;                          /* of the run */
    struct arena *page;                       /* of a page */
    int64_t run_n;
    int64_t cut_ms;         /* our side as it was known then */
    bool go;                /* the day is not closed */
    struct str file_sha256; /* empty: the accepted one */
    struct settlement_kept file;
    int64_t before_n, after_n; /* files of the days beside it, or 0 */
    bool gap;

    struct match *engine;
    struct match_rules rules;
    struct match_tariff tariff; /* of the source on the day; rules may point to it */
    struct match_result result;
    struct str doubts[RECONCILE_DOUBTS_MAX]; /* paid there and not captured here */
    size_t doubt_count;
    bool asked;                           /* about them: what is in doubt now is so for good */
    int64_t captured_vnd, captured_count; /* here; summed as it was read */
    int64_t other_vnd;                    /* of it, by channels that are not on 1110 */
};

/* What the run is made from, as it was known at the cut: the file, and those beside it. */
MUST_USE result reconcile_inputs(struct sql *db, struct reconcile_run *r, struct err *e);
/* Reads both sides into the engine; in sql_read. Then runs it, unless there are doubts to be asked
 * about first. */
MUST_USE result reconcile_freeze(struct sql *db, struct reconcile_run *r, struct err *e);
/* The statement of the day, from what the run has found. */
MUST_USE result bridge_make(struct sql *db, const struct reconcile_run *r, struct bridge *out,
                            struct err *e);
/* Verdict, outcome and exceptions; ends the run. */
MUST_USE result reconcile_close(struct sql *db, struct reconcile_run *r, struct err *e);
/* The outcome alone; leaves nothing. */
MUST_USE result reconcile_outcome(struct sql *db, struct reconcile_run *r, struct str *outcome,
                                  struct err *e);

#endif
