/*
 * The table in the process: buckets to find an entry by its key, and a heap to find the one that
 * ends first. One mutex guards both; nothing is done under it but copying.
 *
 * With a journal each change is in the file before it is made here, under the same lock: whoever
 * got an answer finds it after a restart. What is dropped for want of room, and what has ended, is
 * not in it; a restart may bring the former back.
 *
 * A table that holds little of what it once held becomes smaller, and what it no longer needs goes
 * back to the system: memory follows what is live, not the busiest hour.
 *
 * Strangers choose parts of keys, so buckets are chosen by a keyed hash: nobody can aim at one.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "store/kv_engine.h"
#include "store/kv_journal.h"

#define SEED_BYTES     16
#define FIRST_SIZE     256
#define SHRINK_WHEN    8 /* so many times more room than entries: never at once after growing */
#define COUNTER_BYTES  24
#define BYTES_PER_NODE (sizeof(struct node) + 2 * sizeof(struct node *)) /* bucket and heap */

struct node {
    struct node *next; /* in its bucket */
    uint64_t hash;
    int64_t end_ms;
    size_t place; /* in the heap */
    size_t key_n, value_n;
    char bytes[]; /* key, value */
};

struct table {
    pthread_mutex_t mutex;
    const struct clock *clock;
    char seed[SEED_BYTES];
    struct node **buckets; /* `size` of them, a power of two */
    struct node **heap;    /* room for `size` */
    size_t size, count;
    size_t used_bytes, bytes_max;
    bool has_shrunk;            /* and the system was not yet given anything back */
    struct kv_journal *journal; /* NULL: the table ends with the process */
};

static struct str key_of(const struct node *n)
{
    return str_of(n->bytes, n->key_n);
}

static struct str value_of(const struct node *n)
{
    return str_of(n->bytes + n->key_n, n->value_n);
}

static size_t bytes_of(size_t key_n, size_t value_n)
{
    return BYTES_PER_NODE + key_n + value_n;
}

/* The heap: each node ends no later than the two below it. */

static void heap_set(struct table *t, size_t place, struct node *n)
{
    t->heap[place] = n;
    n->place = place;
}

static void heap_rise(struct table *t, struct node *n)
{
    size_t at = n->place;

    while (at > 0 && t->heap[(at - 1) / 2]->end_ms > n->end_ms) {
        heap_set(t, at, t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(t, at, n);
}

static void heap_sink(struct table *t, struct node *n)
{
    size_t at = n->place;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < t->count && t->heap[child + 1]->end_ms < t->heap[child]->end_ms)
            child++;
        if (child >= t->count || t->heap[child]->end_ms >= n->end_ms)
            break;
        heap_set(t, at, t->heap[child]);
        at = child;
    }
    heap_set(t, at, n);
}

static void node_end_at(struct table *t, struct node *n, int64_t end_ms)
{
    n->end_ms = end_ms;
    heap_rise(t, n);
    heap_sink(t, n);
}

/* The buckets. */

static uint64_t word_at(const char *p, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return word;
}

static uint64_t turned(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void mix(uint64_t v[4], int rounds)
{
    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = turned(v[1], 13) ^ v[0];
        v[3] = turned(v[3], 16) ^ v[2];
        v[0] = turned(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = turned(v[1], 17) ^ v[2];
        v[3] = turned(v[3], 21) ^ v[0];
        v[2] = turned(v[2], 32);
    }
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
static uint64_t hash_of(const struct table *t, struct str key)
{
    const uint64_t k0 = word_at(t->seed, 8), k1 = word_at(t->seed + 8, 8);
    uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                      k1 ^ 0x7465646279746573 };
    size_t at = 0;
    uint64_t word;

    for (; key.n - at >= 8; at += 8) {
        word = word_at(key.p + at, 8);
        v[3] ^= word;
        mix(v, 2);
        v[0] ^= word;
    }
    word = (uint64_t)key.n << 56 | word_at(key.p + at, key.n - at);
    v[3] ^= word;
    mix(v, 2);
    v[0] ^= word;
    v[2] ^= 0xff;
    mix(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct node **bucket(struct table *t, uint64_t hash)
{
    return &t->buckets[hash & (t->size - 1)];
}

static struct node *node_find(struct table *t, struct str key, uint64_t hash)
{
    for (struct node *n = *bucket(t, hash); n != NULL; n = n->next)
        if (n->hash == hash && str_eq(key_of(n), key))
            return n;
    return NULL;
}

static void *array_make(size_t count)
{
    void *p = calloc(count, sizeof(struct node *));

    must(p != NULL);
    return p;
}

static void table_resize(struct table *t, size_t size)
{
    struct node **heap = array_make(size);

    if (t->count > 0)
        memcpy(heap, t->heap, t->count * sizeof(*heap));
    free(t->heap);
    free(t->buckets);
    t->heap = heap;
    t->buckets = array_make(size);
    t->size = size;
    for (size_t i = 0; i < t->count; i++) {
        struct node **b = bucket(t, heap[i]->hash);

        heap[i]->next = *b;
        *b = heap[i];
    }
}

/* Entries hold codes and sessions: what is dropped is wiped. */
static void node_drop(struct table *t, struct node *n)
{
    struct node **link = bucket(t, n->hash);
    struct node *last = t->heap[t->count - 1];

    while (*link != n)
        link = &(*link)->next;
    *link = n->next;
    t->count--;
    if (last != n) {
        heap_set(t, n->place, last);
        heap_rise(t, last);
        heap_sink(t, last);
    }
    t->used_bytes -= bytes_of(n->key_n, n->value_n);
    explicit_bzero(n->bytes, n->key_n + n->value_n);
    free(n);
}

static void drop_ended(struct table *t, int64_t now_ms)
{
    while (t->count > 0 && t->heap[0]->end_ms <= now_ms)
        node_drop(t, t->heap[0]);
    while (t->size > FIRST_SIZE && t->count < t->size / SHRINK_WHEN) {
        table_resize(t, t->size / 2);
        t->has_shrunk = true;
    }
}

/* Before the change: what cannot be written does not happen. */
static result note(struct table *t, enum kv_change_kind kind, const struct kv_question *q,
                   int64_t end_ms, struct err *e)
{
    const struct kv_change c = { .kind = kind,
                                 .key = q->key,
                                 .value = kind == KV_CHANGE_PUT ? q->value : STR(""),
                                 .end_ms = end_ms };

    return t->journal == NULL ? OK : kv_journal_add(t->journal, &c, e);
}

/* Replaces what is there. The caller's value may be that of the old entry: copied first. */
static result node_put(struct table *t, const struct kv_question *q, uint64_t hash, int64_t end_ms,
                       struct err *e)
{
    const size_t need = bytes_of(q->key.n, q->value.n);
    struct node *old = node_find(t, q->key, hash);
    struct node *n;

    if (need > t->bytes_max)
        return fail(e, ERR_TOO_LARGE, "an entry of %zu bytes in a table of %zu", need,
                    t->bytes_max);
    TRY(note(t, KV_CHANGE_PUT, q, end_ms, e));
    n = malloc(sizeof(*n) + q->key.n + q->value.n);
    must(n != NULL);
    *n = (struct node){ .hash = hash, .key_n = q->key.n, .value_n = q->value.n };
    memcpy(n->bytes, q->key.p, q->key.n);
    if (q->value.n > 0)
        memcpy(n->bytes + q->key.n, q->value.p, q->value.n);
    if (old != NULL)
        node_drop(t, old);
    while (need > t->bytes_max - t->used_bytes)
        node_drop(t, t->heap[0]);
    if (t->count == t->size)
        table_resize(t, t->size * 2);
    n->next = *bucket(t, hash);
    *bucket(t, hash) = n;
    t->used_bytes += need;
    n->end_ms = end_ms;
    n->place = t->count++;
    heap_rise(t, n);
    return OK;
}

static result node_read(const struct node *n, struct arena *a, struct str *value, struct err *e)
{
    TRY(arena_may(a, n->value_n, e));
    *value = str_dup(a, value_of(n));
    return OK;
}

/* A counter is its decimal text, as in Redis, so that it can be read like any value. */
static result count_up(struct table *t, const struct kv_question *q, uint64_t hash, int64_t end_ms,
                       struct kv_answer *an, struct err *e)
{
    const struct node *n = node_find(t, q->key, hash);
    struct kv_question next = *q;
    char text[COUNTER_BYTES];
    int64_t count = 0;

    if (n != NULL && (!str_to_i64(value_of(n), &count) || count == INT64_MAX))
        return fail(e, ERR_STORE, "counting what is no counter");
    if (n != NULL)
        end_ms = n->end_ms;
    an->count = count + 1;
    next.value = str_of(text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)an->count));
    return node_put(t, &next, hash, end_ms, e);
}

static result answer(struct table *t, const struct kv_question *q, struct kv_answer *an,
                     struct err *e)
{
    const int64_t now_ms = clock_now_ms(t->clock);
    const int64_t end_ms = now_ms + q->ttl_s * 1000;
    const uint64_t hash = hash_of(t, q->key);
    struct node *n;

    drop_ended(t, now_ms);
    n = node_find(t, q->key, hash);
    an->yes = n != NULL;
    switch (q->op) {
    case KV_PUT:
        return node_put(t, q, hash, end_ms, e);
    case KV_ADD:
        an->yes = n == NULL;
        return n == NULL ? node_put(t, q, hash, end_ms, e) : OK;
    case KV_SWAP:
        an->yes = n != NULL && str_eq(value_of(n), q->expected);
        return an->yes ? node_put(t, q, hash, end_ms, e) : OK;
    case KV_COUNT:
        return count_up(t, q, hash, end_ms, an, e);
    case KV_GET:
        return n == NULL ? OK : node_read(n, q->arena, &an->value, e);
    case KV_TAKE:
        if (n != NULL)
            TRY(node_read(n, q->arena, &an->value, e));
        break;
    case KV_TOUCH:
        if (n == NULL)
            return OK;
        TRY(note(t, KV_CHANGE_END, q, end_ms, e));
        node_end_at(t, n, end_ms);
        return OK;
    default:
        must(q->op == KV_DROP);
    }
    if (n == NULL)
        return OK;
    TRY(note(t, KV_CHANGE_DROP, q, 0, e));
    node_drop(t, n);
    return OK;
}

/* The journal at the start, in order. */
static void play(void *table, const struct kv_change *c)
{
    struct table *t = table;
    const struct kv_question q = { .key = c->key, .value = c->value };
    const uint64_t hash = hash_of(t, c->key);
    struct node *n = node_find(t, c->key, hash);

    if (c->kind == KV_CHANGE_PUT)
        (void)node_put(t, &q, hash, c->end_ms, NULL).failed; /* the table may be smaller now */
    else if (n != NULL && c->kind == KV_CHANGE_DROP)
        node_drop(t, n);
    else if (n != NULL)
        node_end_at(t, n, c->end_ms);
}

static result rewrite(struct table *t, struct err *e)
{
    TRY(kv_journal_begin(t->journal, e));
    for (size_t i = 0; i < t->count; i++) {
        const struct node *n = t->heap[i];
        const struct kv_change c = { KV_CHANGE_PUT, key_of(n), value_of(n), n->end_ms };

        TRY(kv_journal_put(t->journal, &c, e));
    }
    return kv_journal_end(t->journal, e);
}

/* A rewrite that fails (the disk is full) leaves the old file, which goes on. */
static void keep_short(struct table *t)
{
    if (t->journal != NULL && kv_journal_is_long(t->journal, t->used_bytes) &&
        rewrite(t, NULL).failed)
        kv_journal_cancel(t->journal);
}

static result memory_ask(void *state, const struct kv_question *q, struct kv_answer *an,
                         struct err *e)
{
    struct table *t = state;
    bool has_shrunk;
    result r;

    if (q->op == KV_PING)
        return OK;
    must(pthread_mutex_lock(&t->mutex) == 0);
    r = answer(t, q, an, e);
    keep_short(t);
    has_shrunk = t->has_shrunk;
    t->has_shrunk = false;
    must(pthread_mutex_unlock(&t->mutex) == 0);
    if (has_shrunk) /* the allocator keeps freed pages between others in use for ever */
        (void)malloc_trim(0);
    return r;
}

static void memory_close(void *state);

static result journal_open(struct table *t, const char *path, struct err *e)
{
    TRY(kv_journal_open(path, play, t, &t->journal, e));
    drop_ended(t, clock_now_ms(t->clock));
    return rewrite(t, e); /* what has ended while nobody served is not kept */
}

static result memory_open(const struct kv_config *c, struct arena *a, void **state, struct err *e)
{
    struct table *t;

    if (c->memory_bytes_max == 0)
        return fail(e, ERR_CONFIG, "a table of no bytes");
    must(c->clock != NULL);
    t = arena_new(a, struct table);
    must(pthread_mutex_init(&t->mutex, NULL) == 0);
    random_fill(t->seed, SEED_BYTES);
    t->clock = c->clock;
    t->bytes_max = c->memory_bytes_max;
    table_resize(t, FIRST_SIZE);
    if (c->memory_file.n > 0 && journal_open(t, str_cstr(a, c->memory_file), e).failed) {
        memory_close(t);
        return (result){ true };
    }
    *state = t;
    return OK;
}

static void memory_close(void *state)
{
    struct table *t = state;

    kv_journal_close(&t->journal);
    while (t->count > 0)
        node_drop(t, t->heap[t->count - 1]);
    free(t->heap);
    free(t->buckets);
    (void)pthread_mutex_destroy(&t->mutex);
}

const struct kv_engine kv_engine_memory = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .ask = memory_ask,
};
