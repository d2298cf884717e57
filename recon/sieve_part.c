/*
 * Parts: rows whose references have the same hash in some bits, of both sides, so that a part can
 * be matched alone, by one thread, within a core's cache.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "recon/sieve_row.h"

#define BLOCK_PAGES ((size_t)512)
#define BLOCK       (BLOCK_PAGES * SIEVE_PAGE)
#define SLOTS_FIRST 64
#define ROWS_AHEAD  4 /* where the part's row after next will go is asked for */

/* A reference of ours; two of them with one hash are both in doubt. */
struct sieve_slot {
    struct sieve_row *ours;
    const struct sieve_row *line; /* agrees, and was the first with this reference */
};
static const struct sieve_row doubt = {
    0
}; /* as a line: there is another row with this reference */

static struct sieve_row *page_new(struct sieve_thread *t, struct sieve_page *before)
{
    if (t->block_count == 0 || t->block_used == BLOCK_PAGES) {
        t->blocks = reallocarray((void *)t->blocks, t->block_count + 1, sizeof *t->blocks);
        must(t->blocks != NULL);
        t->blocks[t->block_count++] = sieve_alloc(BLOCK);
        t->block_used = 0;
    }
    struct sieve_page *p = &t->blocks[t->block_count - 1][t->block_used++];
    p->before = before;
    return p->rows;
}

/* The page that ends at or behind a place where a row goes. */
static struct sieve_page *page_of(struct sieve_row *end)
{
    return end != NULL ? (struct sieve_page *)((uintptr_t)(end - 1) & ~(uintptr_t)(SIEVE_PAGE - 1))
                       : NULL;
}

void sieve_add(struct sieve_thread *t, enum sieve_side side, const struct sieve_view *v,
               uint32_t txn, uint64_t place)
{
    struct sieve_row **end = &t->ends[side][v->key >> 32 & (t->s->parts - 1)];

    if ((uintptr_t)*end % SIEVE_PAGE == 0) /* the page is full, or there is none yet */
        *end = page_new(t, page_of(*end));
    struct sieve_row *r = (*end)++;
    __builtin_prefetch(r + ROWS_AHEAD, 1);
    r->whole[0] = v->odd ? place : v->whole[0]; /* what is odd is like nothing else */
    r->whole[1] = v->odd ? place : v->whole[1];
    r->key = (uint32_t)v->key;
    r->txn = txn;
    r->place = place;
}

void sieve_parts_free(struct sieve *s)
{
    for (int i = 0; i < s->job->threads; i++) {
        struct sieve_thread *t = &s->threads[i];
        for (size_t k = 0; k < t->block_count; k++)
            sieve_release(t->blocks[k], BLOCK);
        free((void *)t->blocks);
        free(t->slots);
        t->blocks = NULL;
        t->slots = NULL;
        t->block_count = 0;
    }
}

typedef void row_visit(struct sieve_thread *t, struct sieve_row *r);

static void rows_visit(struct sieve_thread *t, enum sieve_side side, size_t part, row_visit *visit)
{
    for (int i = 0; i < t->s->job->threads; i++) {
        struct sieve_row *end = t->s->threads[i].ends[side][part];
        for (struct sieve_page *p = page_of(end); p != NULL; p = p->before) {
            for (struct sieve_row *r = p->rows; r < end; r++)
                visit(t, r);
            end = p->before != NULL ? p->before->rows + SIEVE_PAGE_ROWS : NULL;
        }
    }
}

static size_t rows_count(const struct sieve *s, enum sieve_side side, size_t part)
{
    size_t count = 0;

    for (int i = 0; i < s->job->threads; i++) {
        const struct sieve_row *end = s->threads[i].ends[side][part];
        const struct sieve_page *last = page_of(s->threads[i].ends[side][part]);
        if (last == NULL)
            continue;
        count += (size_t)(end - last->rows);
        for (const struct sieve_page *p = last->before; p != NULL; p = p->before)
            count += SIEVE_PAGE_ROWS;
    }
    return count;
}

/* The slot of a reference, or the free one where it belongs. */
static struct sieve_slot *slot_find(const struct sieve_thread *t, uint32_t key)
{
    size_t i = key & (t->slot_count - 1);

    while (t->slots[i].ours != NULL && t->slots[i].ours->key != key)
        i = (i + 1) & (t->slot_count - 1);
    return &t->slots[i];
}

static void ours_visit(struct sieve_thread *t, struct sieve_row *r)
{
    struct sieve_slot *slot = slot_find(t, r->key);

    if (slot->ours == NULL) {
        slot->ours = r;
        return;
    }
    slot->line = &doubt;
    sieve_put(&t->left[SIEVE_OURS], r->place);
}

static void line_visit(struct sieve_thread *t, struct sieve_row *r)
{
    struct sieve_slot *slot = slot_find(t, r->key);
    const struct sieve_row *u = slot->ours;

    if (u != NULL && slot->line == NULL && u->whole[0] == r->whole[0] &&
        u->whole[1] == r->whole[1]) {
        slot->line = r;
        return;
    }
    if (slot->line != NULL && slot->line != &doubt)
        sieve_put(&t->left[SIEVE_THEIRS], slot->line->place);
    if (u != NULL)
        slot->line = &doubt;
    sieve_put(&t->left[SIEVE_THEIRS], r->place);
}

/* Empty, with at least as many slots again as there will be references. */
static void slots_clear(struct sieve_thread *t, size_t part)
{
    const size_t rows = rows_count(t->s, SIEVE_OURS, part);
    size_t slots = SLOTS_FIRST;

    while (slots < rows * 2)
        slots *= 2;
    if (slots > t->slot_room) {
        free(t->slots);
        t->slots = malloc(slots * sizeof *t->slots);
        must(t->slots != NULL);
        t->slot_room = slots;
    }
    t->slot_count = slots;
    memset(t->slots, 0, slots * sizeof *t->slots);
}

static void part_match(struct sieve_thread *t, size_t part)
{
    slots_clear(t, part);
    rows_visit(t, SIEVE_OURS, part, ours_visit);
    rows_visit(t, SIEVE_THEIRS, part, line_visit);
    for (size_t i = 0; i < t->slot_count; i++) {
        struct sieve_row *u = t->slots[i].ours;
        const struct sieve_row *line = t->slots[i].line;
        if (u == NULL)
            continue;
        if (line == NULL || line == &doubt) {
            sieve_put(&t->left[SIEVE_OURS], u->place);
            continue;
        }
        t->pairs++;
        u->whole[0] = line->place;
        u->place |= SIEVE_PAIR;
    }
}

void *sieve_parts_match(void *thread)
{
    struct sieve_thread *t = thread;
    size_t part;

    while ((part = atomic_fetch_add(&t->s->next, 1)) < t->s->parts)
        part_match(t, part);
    return NULL;
}

static void named_visit(struct sieve_thread *t, struct sieve_row *r)
{
    if ((r->place & SIEVE_PAIR) == 0 || r->txn == 0 || !sieve_has(&t->s->names, r->txn))
        return;
    t->pairs--;
    sieve_put(&t->left[SIEVE_OURS], r->place & ~SIEVE_PAIR);
    sieve_put(&t->left[SIEVE_THEIRS], r->whole[0]);
}

void *sieve_parts_name(void *thread)
{
    struct sieve_thread *t = thread;
    size_t part;

    while ((part = atomic_fetch_add(&t->s->next, 1)) < t->s->parts)
        rows_visit(t, SIEVE_OURS, part, named_visit);
    return NULL;
}
