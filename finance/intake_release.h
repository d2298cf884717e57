/*
 * intake_release.h - a quarantined file that two persons want all the same.
 *
 * One officer proposes, with a reason, what was shown: the file by its digest, and its faults.
 * Another approves it; then its lines that can be read are matched, and those that cannot become
 * COR exceptions (intake_keep.h). A file that was accepted for the day before gives way. The day
 * is reconciled in the background (intake_run_due).
 */
#ifndef FINANCE_INTAKE_RELEASE_H
#define FINANCE_INTAKE_RELEASE_H

#include "finance/intake.h"
#include "payments/proposal.h"

/* ERR_NOT_FOUND; ERR_WRONG_STATE: not quarantined; ERR_BUSINESS_RULE: not even one line can be
 * read; ERR_INVALID "remark"; ERR_CONFLICT: proposed already. */
MUST_USE result intake_release(const struct office *f, int64_t file_n, struct str remark,
                               const struct proposal_actor *by, struct proposal *out,
                               struct arena *a, struct err *e);

#endif
