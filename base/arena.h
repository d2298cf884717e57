/*
 * arena.h - memory with one owner and one end.
 *
 * One arena serves one request or job; all it hands out dies together when it is reset or closed.
 * What must outlive it is copied explicitly into its owner's arena. Memory is zeroed and aligned
 * for any type. Allocation cannot fail: at the cap, or when the system has no memory, the process
 * stops (must), so anything sized by a stranger is asked for with arena_may() first.
 *
 * A clean arena wipes every byte on reset and close; use it where secrets pass.
 * AddressSanitizer sees released and never-handed-out bytes as poisoned.
 * Thread rule: one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

struct arena *arena_open(size_t cap_bytes);
struct arena *arena_open_clean(size_t cap_bytes);
void arena_reset(struct arena *a);  /* all memory back, first block kept */
void arena_close(struct arena **a); /* DEFER(arena_close); accepts NULL */

void *arena_alloc(struct arena *a, size_t bytes);
void *arena_copy(struct arena *a, const void *from, size_t bytes);
/* Whether so many bytes, allocated at once, still fit below the cap; ERR_TOO_LARGE otherwise. */
MUST_USE result arena_may(const struct arena *a, size_t bytes, struct err *e);
size_t arena_used_bytes(const struct arena *a);

#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc((a), arena_times((count), sizeof(type))))
size_t arena_times(size_t count, size_t bytes); /* overflow stops the process */

#endif
