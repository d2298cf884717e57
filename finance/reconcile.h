/*
 * reconcile.h - does the money captured here agree with the portal's file of the day?
 *
 * A day is one provider, one collection account, one local business day (UTC+7): the key of its
 * files. Its captures are those of the channels that the source settles (finance/source.h); a till
 * without an office knows the portal only. Every line of the accepted file and every capture of the
 * day ends matched or in exactly one exception, whose class is a row of match.def. Amounts are
 * compared exactly. The equation
 *
 *     captured - file - sum of the exceptions' differences = residual
 *
 * is computed from sums that do not know each other; any residual but 0 is no result
 * ("incomplete"). A line paid there for a reference not captured here is first asked about by
 * QUERY, so that a lost CONFIRM is healed before the verdict.
 *
 * Each run leaves its outcome: canonical JSON with inputs, rule set, counts and sums, from which
 * the manifest of the closed day is made (finance/manifest.h). The same cut gives the same bytes. A
 * day that is closed keeps what it has (finance/run.h).
 */
#ifndef FINANCE_RECONCILE_H
#define FINANCE_RECONCILE_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/bridge.h"
#include "finance/exception.h"
#include "finance/intake.h"
#include "payments/till.h"
#include "recon/match.h"

#define RECONCILE_SHOWN_MAX 500 /* exceptions of a day that are loaded at once */

/* In the order in which they win (Formance): the first that applies. */
enum reconcile_verdict {
    RECONCILE_NO_VERDICT, /* no file yet */
    RECONCILE_INCOMPLETE,
    RECONCILE_BREAKS,
    RECONCILE_WITH_WARNINGS,
    RECONCILE_WITH_PENDING,
    RECONCILE_RECONCILED,
    RECONCILE_VERDICT_COUNT
};
struct reconcile_day {
    struct date day;
    enum reconcile_verdict verdict;
    struct str reason; /* incomplete: "no_file", "quarantined", "gap", "residual"; else empty */
    int64_t captured_vnd, captured_count; /* here */
    int64_t file_vnd, file_count;         /* there; lines */
    int64_t matched_vnd, matched_count;   /* OK and OK_W; amounts of ours */
    int64_t residual_vnd;
    int64_t open_count; /* exceptions that are not resolved; all, also those not loaded */
    int64_t difference_vnd;
    struct exception *exceptions; /* not resolved, most urgent first; reconcile_day only */
    size_t exception_count;
    struct settlement_file *files; /* newest first; reconcile_day only */
    size_t file_list_count;
    struct str manifest, manifest_hash; /* of the outcome; empty: no run yet */
    struct str file_sha256;             /* of the file that was matched */
    struct bridge bridge;               /* of the last run; zeros before */
    int64_t run_ms;
};

/* Matches the day with its accepted file and stores the outcome. May ask QUERY (network). A day
 * without an accepted file is ERR_NOT_FOUND; a closed one stays as it is. */
MUST_USE result reconcile_key_run(const struct till *t, const struct settlement_key *k,
                                  struct arena *a, struct reconcile_day *out, struct err *e);
/* The same of the portal's account. */
MUST_USE result reconcile_run(const struct till *t, struct date day, struct arena *a,
                              struct reconcile_day *out, struct err *e);
/* What a run of these inputs would leave, as our side was known at the cut: the bytes of its
 * outcome. Changes nothing. ERR_NOT_FOUND: no such file. */
MUST_USE result reconcile_again(const struct till *t, const struct settlement_key *k,
                                struct str file_sha256, int64_t cut_ms, struct arena *a,
                                struct str *outcome, struct err *e);
/* Newest first: days that have a file or captures; `most` at most. */
MUST_USE result reconcile_days(const struct till *t, size_t most, struct arena *a,
                               struct reconcile_day **out, size_t *count, struct err *e);
/* One day as it stands; a day about which nothing is known has no verdict and zeros. */
MUST_USE result reconcile_key_day(const struct till *t, const struct settlement_key *k,
                                  struct arena *a, struct reconcile_day *out, struct err *e);
MUST_USE result reconcile_day(const struct till *t, struct date day, struct arena *a,
                              struct reconcile_day *out, struct err *e);

enum reconcile_verdict reconcile_verdict_read(struct str name); /* of a row */
const char *reconcile_verdict_name(enum reconcile_verdict v);   /* "none", "incomplete", ... */

#endif
