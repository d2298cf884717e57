/*
 * kv.h - what may expire: sign-in attempts, codes, sessions, replay guards, counters, caches.
 *
 * Two engines with one behaviour: a table in the process, or Redis. Every entry has a time to live.
 * Keys are "<kind>:<id>", at most 200 bytes; values at most 64 KiB. Operations are atomic.
 * The table in the process outlives it (kill -9, a restart) where it has a file; one process then
 * has the file at a time. Redis keeps what it is told to keep (deploy/).
 * A failure (ERR_STORE, ERR_BUSY) of kv_add, kv_take, kv_swap or kv_count leaves open whether it
 * happened; none of them is repeated behind the caller's back. A full table in the process forgets
 * entries early, also replay guards: it serves one machine, and its cap is a setting.
 * Thread rule: any thread.
 */
#ifndef STORE_KV_H
#define STORE_KV_H

#include "base/base.h"

struct kv;
struct clock;

struct kv_config {
    bool redis;
    struct str address;  /* "unix:/path" or "host:port" */
    struct str password; /* empty: none */
    struct str prefix;   /* before every key, where several installations share one Redis */
    int64_t timeout_ms;
    int connections_max;
    size_t memory_bytes_max;   /* in-process table: past it the entry nearest its end is dropped */
    struct str memory_file;    /* in-process table: its journal, or empty (store/kv_journal.h) */
    const struct clock *clock; /* in-process table: so that tests can let entries expire */
};

MUST_USE result kv_open(const struct kv_config *c, struct kv **out, struct err *e);
void kv_close(struct kv **k);
const char *kv_engine(const struct kv *k); /* "memory" or "redis" */
MUST_USE result kv_ping(struct kv *k, struct err *e);

MUST_USE result kv_put(struct kv *k, struct str key, struct str value, int64_t ttl_s,
                       struct err *e);
/* Only when the key is absent; *added tells. Replay guards. */
MUST_USE result kv_add(struct kv *k, struct str key, struct str value, int64_t ttl_s, bool *added,
                       struct err *e);
MUST_USE result kv_get(struct kv *k, struct arena *a, struct str key, bool *found,
                       struct str *value, struct err *e);
/* Reads and removes in one step: whoever takes a code is the only one. */
MUST_USE result kv_take(struct kv *k, struct arena *a, struct str key, bool *found,
                        struct str *value, struct err *e);
/* Replaces the value only while it still equals `expected`; the time to live restarts. */
MUST_USE result kv_swap(struct kv *k, struct str key, struct str expected, struct str value,
                        int64_t ttl_s, bool *swapped, struct err *e);
MUST_USE result kv_drop(struct kv *k, struct str key, struct err *e);
MUST_USE result kv_touch(struct kv *k, struct str key, int64_t ttl_s, bool *found, struct err *e);
/* Adds one to a counter that starts at 0 and lives ttl_s from its first count. */
MUST_USE result kv_count(struct kv *k, struct str key, int64_t ttl_s, int64_t *count,
                         struct err *e);

#endif
