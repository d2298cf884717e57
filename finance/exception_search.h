/*
 * exception_search.h - what helps to find out what an exception is about: the line of the file,
 * what the payer's bank wrote, and payments that it could be for, each with the reason why.
 *
 * Nothing here decides: that amount, account and time agree is a proposal at most (pass 7 of the
 * rule set). Narratives are sealed, shown to officers only, and erased when they are not needed any
 * more.
 */
#ifndef FINANCE_EXCEPTION_SEARCH_H
#define FINANCE_EXCEPTION_SEARCH_H

#include "base/base.h"
#include "finance/exception.h"
#include "finance/office.h"
#include "recon/settlement.h"

#define EXCEPTION_CANDIDATES_MAX 50

enum exception_reason {
    EXCEPTION_BY_DOSSIER, /* its code is in the line or the narrative */
    EXCEPTION_BY_CODE,    /* one character of the payment's code is wrong */
    EXCEPTION_BY_AMOUNT,  /* exactly this is due */
    EXCEPTION_BY_UNIQUE,  /* and it is the only one in the window: pass 7 */
    EXCEPTION_BY_NAME     /* asked for by the payer's name */
};
struct exception_candidate {
    struct str order_id, agency_id, dossier;
    struct str payer_name; /* in the clear: shown masked */
    int64_t due_vnd, made_ms;
    enum exception_reason reason;
};

/* *found false: its file has no line of it. */
MUST_USE result exception_line(const struct office *f, const struct exception *x, struct arena *a,
                               struct settlement_line *out, bool *found, struct err *e);
/* Empty: none was told, or it was erased. */
MUST_USE result exception_narrative(const struct office *f, const struct exception *x,
                                    struct arena *a, struct str *out, struct err *e);
/* Best reason first. `asked`, unless empty: what an officer looks for instead, an amount, a dossier
 * code or a name without regard to case and marks (names among the newest payments that wait). */
MUST_USE result exception_candidates(const struct office *f, const struct exception *x,
                                     struct str narrative, struct str asked, struct arena *a,
                                     struct exception_candidate **out, size_t *count,
                                     struct err *e);
/* Credits that banks told of and no payment explains become exceptions, class MIS_OURS, source
 * "bank_notice", once each. *did: there was one; a job. */
MUST_USE result exception_take_transfers(const struct office *f, bool *did, struct err *e);
/* Erases narratives of movements older than so many days that no open exception needs. */
MUST_USE result exception_narratives_purge(const struct office *f, int64_t keep_days, bool *did,
                                           struct err *e);

const char *exception_reason_name(enum exception_reason r); /* text "exception.reason.<name>" */

#endif
