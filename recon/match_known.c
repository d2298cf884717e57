/* Tables of keys: places by hash, each compared with the text itself before it counts. */
#include "recon/match_known.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "recon/match_row.h"

#define SLOTS_LEAST ((size_t)1024)

struct slot {
    uint32_t hash, place; /* of the row, from 1; 0: free */
};

struct table {
    struct slot *slots;
    size_t size; /* a power of two, at least twice of what is in it */
    size_t count;
    size_t seen; /* rows of the engine that were looked at */
};

struct match_known {
    const struct match *m;
    struct table ours, lines;
};

struct match_known *match_known_open(const struct match *m)
{
    struct match_known *k = calloc(1, sizeof(*k));

    must(k != NULL);
    k->m = m;
    return k;
}

void match_known_close(struct match_known **k)
{
    if (*k == NULL)
        return;
    free((*k)->ours.slots);
    free((*k)->lines.slots);
    free(*k);
    *k = NULL;
}

static void slot_put(struct table *t, struct slot s)
{
    size_t i = s.hash & (t->size - 1);

    while (t->slots[i].place != 0)
        i = (i + 1) & (t->size - 1);
    t->slots[i] = s;
}

static void table_grow(struct table *t, size_t rows)
{
    struct table larger = { .size = SLOTS_LEAST, .count = t->count, .seen = t->seen };

    while (larger.size < 2 * rows)
        larger.size *= 2;
    if (larger.size <= t->size)
        return;
    larger.slots = calloc(larger.size, sizeof(struct slot));
    must(larger.slots != NULL);
    for (size_t i = 0; i < t->size; i++)
        if (t->slots[i].place != 0)
            slot_put(&larger, t->slots[i]);
    free(t->slots);
    *t = larger;
}

/* The upper half: the engine's parts are made of it too, and nothing here needs another. */
static uint32_t half(uint64_t hash)
{
    return (uint32_t)(hash >> 32) ^ (uint32_t)hash;
}

static void ours_take_in(struct match_known *k)
{
    struct table *t = &k->ours;

    if (t->seen == k->m->ours_count)
        return;
    table_grow(t, t->count + k->m->ours_count - t->seen);
    for (; t->seen < k->m->ours_count; t->seen++) {
        const struct ours_row *u = match_ours_at(k->m, t->seen);
        if (u->kind != MATCH_PAYMENT || u->n[OURS_REFERENCE] == 0)
            continue;
        slot_put(t, (struct slot){ half(u->hash), (uint32_t)t->seen + 1 });
        t->count++;
    }
}

static void lines_take_in(struct match_known *k)
{
    struct table *t = &k->lines;

    if (t->seen == k->m->line_count)
        return;
    table_grow(t, t->count + k->m->line_count - t->seen);
    for (; t->seen < k->m->line_count; t->seen++) {
        const struct str txn = match_line_text(match_line_at(k->m, t->seen), LINE_TXN);
        if (txn.n == 0)
            continue;
        slot_put(t, (struct slot){ half(match_hash(txn)), (uint32_t)t->seen + 1 });
        t->count++;
    }
}

static const struct ours_row *ours_find(struct match_known *k, struct str reference, uint64_t hash)
{
    struct table *t = &k->ours;

    ours_take_in(k);
    if (t->size == 0 || reference.n == 0)
        return NULL;
    for (size_t i = half(hash) & (t->size - 1); t->slots[i].place != 0;
         i = (i + 1) & (t->size - 1)) {
        const struct ours_row *u;
        if (t->slots[i].hash != half(hash))
            continue;
        u = match_ours_at(k->m, t->slots[i].place - 1);
        if (str_eq(match_ours_text(u, OURS_REFERENCE), reference))
            return u;
    }
    return NULL;
}

bool match_known_ours(struct match_known *k, struct str reference)
{
    return ours_find(k, reference, match_hash(reference)) != NULL;
}

bool match_known_line(struct match_known *k, struct str portal_txn, bool bare)
{
    const uint32_t hash = half(match_hash(portal_txn));
    struct table *t = &k->lines;

    lines_take_in(k);
    if (t->size == 0 || portal_txn.n == 0)
        return false;
    for (size_t i = hash & (t->size - 1); t->slots[i].place != 0; i = (i + 1) & (t->size - 1)) {
        const struct line_row *l;
        if (t->slots[i].hash != hash)
            continue;
        l = match_line_at(k->m, t->slots[i].place - 1);
        if (str_eq(match_line_text(l, LINE_TXN), portal_txn) && (!bare || l->len[LINE_REF] == 0))
            return true;
    }
    return false;
}

static bool lacks(struct match_known *k, const struct line_row *l, struct match_lack *out)
{
    const struct str reference = match_line_text(l, LINE_REF), txn = match_line_text(l, LINE_TXN);
    const struct ours_row *u = ours_find(k, reference, l->hash);
    const struct str ours_txn = u != NULL ? match_ours_text(u, OURS_TXN) : STR("");

    out->ours = u == NULL;
    out->number = txn.n > 0 && !str_eq(txn, ours_txn);
    if (!out->ours && !out->number && l->len[LINE_ORIGINAL] == 0)
        return false;
    out->line = (struct settlement_line){ .n = l->n,
                                          .kind = (enum settlement_kind)l->kind,
                                          .success = l->success,
                                          .merchant_ref = reference,
                                          .portal_txn = txn,
                                          .original_ref = match_line_text(l, LINE_ORIGINAL) };
    return true;
}

result match_lacking(struct match_known *k, match_lack_sink *sink, void *arg, struct err *e)
{
    for (size_t i = 0; i < k->m->line_count; i++) {
        struct match_lack lack;
        if (lacks(k, match_line_at(k->m, i), &lack))
            TRY(sink(arg, &lack, e));
    }
    return OK;
}
