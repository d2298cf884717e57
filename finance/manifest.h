/*
 * manifest.h - what a closed day says for ever: canonical JSON, chained and signed.
 *
 * The outcome of the run (finance/reconcile.h: inputs with SHA-256, rules, counts, sums, classes,
 * digest of the exceptions, bridge, verdict) with its revision and the hash of the manifest of the
 * day before of the same source, so that nothing can be left out or put in between. It depends on
 * neither when nor by whom it was made. The signature is a detached JWS of the service's ES256 key
 * (crypto/detached.h); the published JWK set is enough to check it.
 *
 * Keys leave the ring long before ten years are over. So the public key is kept beside each
 * signature, and trusted for that one manifest only where the audit log recorded, in the
 * transaction that closed the day, the key's thumbprint (RFC 7638) with the manifest's hash
 * (run.signed). What is trusted then is the audit log: prove it first (audit_verify), and keep
 * its heads elsewhere. A key of the ring needs none of this.
 */
#ifndef FINANCE_MANIFEST_H
#define FINANCE_MANIFEST_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/office.h"

struct json;
struct key_set;
struct run_key;
struct run_row;
struct sql;

#define MANIFEST_TYP "motcua-manifest"

/* Of the revision that is being closed, with its row taken. */
MUST_USE result manifest_make(struct sql *db, const struct run_row *r, struct str outcome,
                              struct arena *a, struct str *out, struct err *e);

/* What the audit log keeps of a signature: hash of the manifest, thumbprint of the key. */
struct json *manifest_signed(struct str hash, struct str thumbprint);

struct manifest {
    struct str bytes, hash, signature;
    struct str signer; /* public JWK */
    int64_t revision;
    int64_t cut_ms; /* our side as it was known then */
};
/* revision 0: the newest that was closed. ERR_NOT_FOUND: none was. */
MUST_USE result manifest_load(const struct office *f, const struct run_key *k, int64_t revision,
                              struct arena *a, struct manifest *out, struct err *e);

struct manifest_check {
    bool is_same;     /* every byte */
    struct str bytes; /* as they come out now */
};
/* Matches the inputs of the newest closed revision again, as they were known then, and compares
 * with what was closed. Changes nothing. ERR_NOT_FOUND: none was closed, or its file is gone. */
MUST_USE result manifest_check(const struct office *f, const struct run_key *k, struct arena *a,
                               struct manifest_check *out, struct err *e);

struct manifest_report {
    int64_t checked;
    struct str source, day; /* of the first that does not hold */
    int64_t revision;
    struct str why; /* empty: all hold */
};
/* Every closed revision of the days from..to: bytes against hash and signature, revision against
 * row, and `previous` against the manifests of the day before. ERR_BROKEN_CHAIN, with *out. */
MUST_USE result manifest_verify(const struct office *f, struct date from, struct date to,
                                struct arena *a, struct manifest_report *out, struct err *e);

#endif
