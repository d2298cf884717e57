/*
 * kv_engine.h - what kv.c asks of an engine; for this room only. One question, one answer, one
 * atomic step. Keys and values are checked already.
 */
#ifndef STORE_KV_ENGINE_H
#define STORE_KV_ENGINE_H

#include "store/kv.h"

#define KV_KEY_BYTES_MAX    200
#define KV_VALUE_BYTES_MAX  (64 * 1024)
#define KV_PREFIX_BYTES_MAX 32

enum kv_op {
    KV_PING,
    KV_PUT,
    KV_ADD,
    KV_GET,
    KV_TAKE,
    KV_SWAP,
    KV_DROP,
    KV_TOUCH,
    KV_COUNT,
    KV_OPS
};

struct kv_question {
    enum kv_op op;
    struct str key;
    struct str value;
    struct str expected; /* KV_SWAP */
    int64_t ttl_s;
    struct arena *arena; /* for the value of KV_GET and KV_TAKE */
};

struct kv_answer {
    bool yes;         /* added, found, swapped */
    struct str value; /* KV_GET, KV_TAKE */
    int64_t count;    /* KV_COUNT */
};

struct kv_engine {
    const char *name;
    result (*open)(const struct kv_config *c, struct arena *a, void **state, struct err *e);
    void (*close)(void *state);
    result (*ask)(void *state, const struct kv_question *q, struct kv_answer *an, struct err *e);
};

extern const struct kv_engine kv_engine_memory;
extern const struct kv_engine kv_engine_redis;

#endif
