/*
 * A list of blocks, newest first; allocation moves a mark forward in the newest. Blocks double up
 * to a mebibyte so that a small request costs one block. The very first block survives a reset.
 *
 * A thread keeps a few first blocks that it is done with for its next arenas: they are too large
 * for what malloc keeps at hand, and each would make it tidy up all that was freed.
 */
#include "base/arena.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define poison(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define GAP            16 /* between allocations, so that a small overrun is seen */
#else
#define poison(p, n)   ((void)(p), (void)(n))
#define unpoison(p, n) ((void)(p), (void)(n))
#define GAP            0
#endif

#define FIRST_BLOCK_BYTES 8192
#define BLOCK_BYTES_MAX   (1024 * 1024)
#ifdef ARENA_ASAN
#define SPARES_MAX 0 /* what is used after its arena is seen */
#else
#define SPARES_MAX 4
#endif

struct block {
    struct block *older;
    size_t bytes; /* usable, after this header */
    size_t used;
    _Alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *newest;
    size_t used_bytes; /* over all blocks */
    size_t cap_bytes;
    bool clean;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;
static _Thread_local struct block *spares; /* first blocks that nobody has */
static _Thread_local int spare_count;

static void spares_free(void *first)
{
    struct block *b = first;

    while (b != NULL) {
        struct block *older = b->older;

        free(b);
        b = older;
    }
}

static void key_make(void)
{
    must(pthread_key_create(&at_thread_end, spares_free) == 0);
}

static void spare_put(struct block *b)
{
    if (spare_count >= SPARES_MAX) {
        free(b);
        return;
    }
    must(pthread_once(&once, key_make) == 0);
    b->older = spares;
    spares = b;
    spare_count++;
    must(pthread_setspecific(at_thread_end, spares) == 0);
}

static struct block *spare_take(void)
{
    struct block *b = spares;

    spares = b->older;
    spare_count--;
    must(pthread_setspecific(at_thread_end, spares) == 0);
    b->older = NULL;
    return b;
}

static struct block *block_open(size_t bytes, struct block *older)
{
    struct block *b = malloc(sizeof(*b) + bytes);

    must(b != NULL);
    b->older = older;
    b->bytes = bytes;
    b->used = 0;
    poison(b->data, b->bytes);
    return b;
}

static void block_empty(struct block *b, bool clean)
{
    unpoison(b->data, b->bytes);
    if (clean)
        explicit_bzero(b->data, b->used);
    b->used = 0;
}

static struct arena *open_with(size_t cap_bytes, bool clean)
{
    struct arena *a = malloc(sizeof(*a));

    must(a != NULL);
    must(cap_bytes > 0);
    *a = (struct arena){ .cap_bytes = cap_bytes, .clean = clean };
    a->newest = spares != NULL ? spare_take() : block_open(FIRST_BLOCK_BYTES, NULL);
    return a;
}

struct arena *arena_open(size_t cap_bytes)
{
    return open_with(cap_bytes, false);
}

struct arena *arena_open_clean(size_t cap_bytes)
{
    return open_with(cap_bytes, true);
}

void arena_reset(struct arena *a)
{
    while (a->newest->older != NULL) {
        struct block *b = a->newest;

        a->newest = b->older;
        block_empty(b, a->clean);
        free(b);
    }
    block_empty(a->newest, a->clean);
    poison(a->newest->data, a->newest->bytes);
    a->used_bytes = 0;
}

void arena_close(struct arena **a)
{
    if (*a == NULL)
        return;
    arena_reset(*a);
    unpoison((*a)->newest->data, (*a)->newest->bytes);
    spare_put((*a)->newest);
    free(*a);
    *a = NULL;
}

static size_t rounded(size_t bytes)
{
    const size_t align = _Alignof(max_align_t);

    must(bytes <= SIZE_MAX - align - GAP);
    return (bytes + GAP + align - 1) / align * align;
}

static struct block *block_for(struct arena *a, size_t need)
{
    size_t bytes = a->newest->bytes * 2;

    if (bytes > BLOCK_BYTES_MAX)
        bytes = BLOCK_BYTES_MAX;
    if (bytes < need)
        bytes = need;
    a->newest = block_open(bytes, a->newest);
    return a->newest;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    const size_t need = rounded(bytes);
    struct block *b = a->newest;
    void *p;

    must(need <= a->cap_bytes && a->used_bytes <= a->cap_bytes - need);
    if (b->bytes - b->used < need)
        b = block_for(a, need);
    p = b->data + b->used;
    b->used += need;
    a->used_bytes += need;
    unpoison(p, bytes);
    memset(p, 0, bytes);
    return p;
}

void *arena_copy(struct arena *a, const void *from, size_t bytes)
{
    void *p = arena_alloc(a, bytes);

    if (bytes > 0)
        memcpy(p, from, bytes);
    return p;
}

result arena_may(const struct arena *a, size_t bytes, struct err *e)
{
    if (bytes > a->cap_bytes || rounded(bytes) > a->cap_bytes - a->used_bytes)
        return fail(e, ERR_TOO_LARGE, "%zu bytes beside %zu of %zu", bytes, a->used_bytes,
                    a->cap_bytes);
    return OK;
}

size_t arena_used_bytes(const struct arena *a)
{
    return a->used_bytes;
}

size_t arena_times(size_t count, size_t bytes)
{
    size_t product;

    must(!__builtin_mul_overflow(count, bytes, &product));
    return product;
}
