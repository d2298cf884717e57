/*
 * intake_row.h - rows of files, for the files of this room.
 */
#ifndef FINANCE_INTAKE_ROW_H
#define FINANCE_INTAKE_ROW_H

#include "finance/intake.h"
#include "store/sql.h"

struct settlement_kept {
    struct settlement_file file;
    int64_t file_n;
    bool has_chain;
    int64_t seq, opening_vnd, closing_vnd, moved_vnd;
    struct str content, previous;
    int64_t pieces;
};

/* Each: *found false when there is none. */
MUST_USE result settlement_find(struct sql *db, const struct settlement_key *k, struct str sha256,
                                struct arena *a, bool *found, struct settlement_kept *out,
                                struct err *e);
MUST_USE result settlement_find_number(struct sql *db, int64_t file_n, struct arena *a, bool *found,
                                       struct settlement_kept *out, struct err *e);
MUST_USE result settlement_find_accepted(struct sql *db, const struct settlement_key *k,
                                         struct arena *a, bool *found, struct settlement_kept *out,
                                         struct err *e);
/* What was accepted at that instant. */
MUST_USE result settlement_find_at(struct sql *db, const struct settlement_key *k, int64_t at_ms,
                                   struct arena *a, bool *found, struct settlement_kept *out,
                                   struct err *e);
/* Of the key's source, whatever its day. */
MUST_USE result settlement_find_seq(struct sql *db, const struct settlement_key *k, int64_t seq,
                                    struct arena *a, bool *found, struct settlement_kept *out,
                                    struct err *e);
/* Keeps a file that is being taken until the end of the transaction. ERR_CONFLICT: another process
 * took it over. */
MUST_USE result settlement_hold(struct sql *db, int64_t file_n, struct err *e);
/* Newest first. */
MUST_USE result settlement_find_all(struct sql *db, const struct settlement_key *k, size_t most,
                                    struct arena *a, struct settlement_file **out, size_t *count,
                                    struct err *e);
MUST_USE result settlement_number(struct sql *db, const char *kind, int64_t *n, struct err *e);
MUST_USE result settlement_row_next(struct sql_rows *rows, struct arena *a, bool *found,
                                    struct settlement_kept *out, struct err *e);

/* Whether it came before its day was over: what it lacks may still have happened. */
bool settlement_is_early(const struct settlement_file *f);
/* Whether the file before it in the sequence was missing at that instant, although some earlier one
 * was there. */
MUST_USE result settlement_has_gap(struct sql *db, const struct settlement_kept *k, int64_t at_ms,
                                   struct arena *a, bool *gap, struct err *e);

/* Lines into the store, in groups; a sink of settlement.h. */
struct intake_batch;
MUST_USE result intake_batch_open(struct sql_pool *store, int64_t file_n, struct intake_batch **out,
                                  struct err *e);
/* Within the caller's transaction. */
MUST_USE result intake_batch_open_in(struct sql *db, int64_t file_n, struct intake_batch **out,
                                     struct err *e);
/* The same as they come: the connection is for them alone until intake_batch_end. */
MUST_USE result intake_stream_open(struct sql *db, int64_t file_n, struct intake_batch **out,
                                   struct err *e);
MUST_USE result intake_batch_take(void *batch, const struct settlement_line *l, struct err *e);
MUST_USE result intake_batch_end(struct intake_batch *b, struct err *e);
void intake_batch_close(struct intake_batch **b); /* DEFER(intake_batch_close) */

#endif
