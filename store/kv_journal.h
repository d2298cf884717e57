/*
 * kv_journal.h - the file that lets the in-process table outlive its process; for kv_memory only.
 *
 * Each change is appended with one write(2) before it is answered. That is enough to survive the
 * end of the process at any moment (kill -9), not a loss of power: nothing is synced. At the start
 * the changes are played back in order; a record that is cut off or damaged ends the file, and it
 * goes on from there. When the file has grown to a multiple of what is live it is rewritten. One
 * process has it at a time. Mode 0600: it holds what the table holds.
 *
 * Record: 4 bytes length of the body, 8 bytes of the body's SHA-256; body: 1 byte kind, 2 bytes
 * length of the key, 8 bytes end in ms since 1970 UTC, key, value. Numbers are little-endian.
 * Thread rule: the caller's lock.
 */
#ifndef STORE_KV_JOURNAL_H
#define STORE_KV_JOURNAL_H

#include "base/base.h"

struct kv_journal;

enum kv_change_kind { KV_CHANGE_PUT = 1, KV_CHANGE_DROP, KV_CHANGE_END };

struct kv_change {
    enum kv_change_kind kind;
    struct str key, value; /* value of PUT only */
    int64_t end_ms;        /* of PUT and END */
};

typedef void kv_change_sink(void *table, const struct kv_change *c);

/* Opens or makes it and plays it back. ERR_CONFIG: another process has it, it is no journal, or it
 * cannot be opened. */
MUST_USE result kv_journal_open(const char *path, kv_change_sink *sink, void *table,
                                struct kv_journal **out, struct err *e);
void kv_journal_close(struct kv_journal **j);
/* ERR_STORE: it could not be written; then nothing has changed in the file. */
MUST_USE result kv_journal_add(struct kv_journal *j, const struct kv_change *c, struct err *e);
/* Whether it has grown enough for a rewrite, when so many bytes of keys and values are live. */
bool kv_journal_is_long(const struct kv_journal *j, size_t live_bytes);
/* A rewrite: begin, one put for each live entry, end. On failure the old file goes on. */
MUST_USE result kv_journal_begin(struct kv_journal *j, struct err *e);
MUST_USE result kv_journal_put(struct kv_journal *j, const struct kv_change *c, struct err *e);
MUST_USE result kv_journal_end(struct kv_journal *j, struct err *e);
void kv_journal_cancel(struct kv_journal *j);

#endif
