/*
 * sample.h - rows to work on: one of the audit log has numbers, texts and bytes, and a head of its
 * chains is counted up and locked by UPDATE ... RETURNING. All but sample_make are sql_work.
 */
#ifndef TESTS_STORE_SAMPLE_H
#define TESTS_STORE_SAMPLE_H

#include "base/base.h"
#include "store/sql.h"

#define NONE       ((struct str){ NULL, 0 })
#define HASH_BYTES 32
#define HASH       STR("0123456789abcdef0123456789abcdef")

struct sample {
    int64_t slot, seq, at_ms, port;
    struct str actor, detail, hash;
};

struct sample sample_make(int64_t seq);
result sample_insert(struct sql *db, void *sample, struct err *e);
/* Reads the row of sample->slot and seq back into *sample. */
result sample_load(struct sql *db, void *sample, struct err *e);
/* Heads numbered from 0, as many as the int that count points to. */
result heads_make(struct sql *db, void *count, struct err *e);
/* Takes head 0 and leaves the row unread: it is changed all the same. */
result head_take_unread(struct sql *db, void *unused, struct err *e);

#endif
