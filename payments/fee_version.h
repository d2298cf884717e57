/*
 * fee_version.h - fee tables published by two persons, as versions in the store over the shipped
 * folder conf/fees.
 *
 * A version is all tables as one canonical JSON text. Who publishes proposes it (kind FEE_TABLE,
 * subject FEE_VERSION_SUBJECT, so that one is open at a time); its content tells the hash and what
 * was added, changed and removed against what is in force. Another person's approval makes it
 * active; every process follows within its poll (fee_version_follow), without a restart.
 *
 * A table cannot change the past: what begins, ends or changes does so today or later, in Vietnam,
 * both when it is proposed and when it is approved. A correction, which the content says, may.
 */
#ifndef PAYMENTS_FEE_VERSION_H
#define PAYMENTS_FEE_VERSION_H

#include "payments/fee.h"
#include "payments/proposal.h"

struct buf;
struct fee_rows;

#define FEE_VERSION_SUBJECT   "fee-tables"
#define FEE_VERSION_BYTES_MAX (4 << 20)

struct fee_publication {
    struct str tables;  /* of fee_text_load */
    struct str remark;  /* of the proposal: which decision is carried out */
    bool is_correction; /* it changes what has been in force */
};

/* Proposes it. ERR_CONFIG: mistakes in the tables, appended to `mistakes` (may be NULL);
 * ERR_BUSINESS_RULE: it changes the past (a line each in `mistakes`), or nothing at all;
 * ERR_TOO_LARGE; ERR_CONFLICT: another one is open. */
MUST_USE result fee_version_propose(const struct till *t, const struct fee_publication *pub,
                                    const struct proposal_actor *by, struct buf *mistakes,
                                    struct arena *a, struct proposal *out, struct err *e);

/* What differs, for people: {"added":[..],"changed":[..],"removed":[..]}, a text each, and how many
 * of them touch the past. Caller closes. */
struct json *fee_version_diff(const struct fee_rows *old, const struct fee_rows *fresh,
                              struct date today, struct buf *past, size_t *past_count,
                              struct arena *a);

/* Brings the table to the version in force, if that is another one. *changed says so. ERR_STORE,
 * ERR_CONFIG: it stays as it was. */
MUST_USE result fee_version_follow(const struct till *t, struct fee_table *table, bool *changed,
                                   struct err *e);

struct fee_version {
    int64_t n;
    struct str sha256, state; /* "open", "active", "rejected" */
    struct str made_by, decided_by;
    int64_t made_ms, decided_ms;
};
/* Newest first. */
MUST_USE result fee_version_list(const struct till *t, size_t most, struct arena *a,
                                 struct fee_version **out, size_t *count, struct err *e);

#endif
