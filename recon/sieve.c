/*
 * The sieve's steps; sieve_row.h tells what they share.
 *
 * A processor waits a hundred times longer for memory than for a comparison, so lines are compared
 * in batches: what each needs is asked for (prefetched) while the others are read, and a payment of
 * ours lies in one line of the cache with its key.
 */
#include "recon/sieve.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "recon/sieve_row.h"

#define HUGE_PAGE  ((size_t)2 << 20)
#define LIST_FIRST 1024

/* Straight from the system: it is zero already, and can lie on huge pages, which saves most of the
 * faults and of the misses in the table of pages. */
void *sieve_alloc(size_t bytes)
{
    const size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    char *p =
        mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    must(p != MAP_FAILED);
    const size_t before = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0)
        (void)munmap(p, before);
    if (before < HUGE_PAGE)
        (void)munmap(p + before + whole, HUGE_PAGE - before);
    (void)madvise(p + before, whole, MADV_HUGEPAGE);
    return p + before;
}

void sieve_release(void *p, size_t bytes)
{
    if (p != NULL)
        (void)munmap(p, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
}

void sieve_put(struct sieve_places *p, uint64_t value)
{
    if (p->count == p->room) {
        p->room = p->room > 0 ? p->room * 2 : LIST_FIRST;
        p->list = reallocarray(p->list, p->room, sizeof *p->list);
        must(p->list != NULL);
    }
    p->list[p->count++] = value;
}

struct sieve_record *sieve_record_at(const struct sieve *s, uint64_t number)
{
    return &s->segments[number / SIEVE_SEGMENT][number % SIEVE_SEGMENT];
}

/* Takes the next piece, in turn; NULL when none is left or all is to be given up. */
static struct sieve_piece *piece_next(struct sieve *s, size_t end)
{
    const size_t i = atomic_fetch_add(&s->next, 1);

    return i < end && !atomic_load(&s->give_up) && !atomic_load(&s->saw_quote) ? &s->pieces[i]
                                                                               : NULL;
}

static void pieces_read(struct sieve_thread *t, size_t end, sieve_row *each)
{
    struct sieve *s = t->s;
    struct sieve_piece *p;

    while (!t->failed && (p = piece_next(s, end)) != NULL) {
        t->file = p->file;
        t->failed = sieve_piece_read(t, p, each, &t->err).failed;
        const int64_t done = atomic_fetch_add(&s->done_bytes, p->to - p->from) + p->to - p->from;
        if (s->job->progress != NULL && t == &s->threads[0])
            s->job->progress(s->job->arg, done);
    }
    if (t->failed)
        atomic_store(&s->give_up, true);
}

static void wrong_put(struct sieve_thread *t, uint64_t place, const struct csv_fault *fault)
{
    if (t->wrong_count == t->wrong_room) {
        t->wrong_room = t->wrong_room > 0 ? t->wrong_room * 2 : LIST_FIRST;
        t->wrongs = reallocarray(t->wrongs, t->wrong_room, sizeof *t->wrongs);
        must(t->wrongs != NULL);
    }
    t->wrongs[t->wrong_count++] =
        (struct sieve_wrong){ place, (uint32_t)fault->column, fault->why };
}

static struct sieve_record *record_new(struct sieve_thread *t)
{
    struct sieve *s = t->s;

    if (t->segment == NULL || *t->segment_count == SIEVE_SEGMENT) {
        const size_t i = atomic_fetch_add(&s->segment_count, 1);
        must(i < s->segments_max);
        t->segment = sieve_alloc(SIEVE_SEGMENT * sizeof(struct sieve_record));
        s->segments[i] = t->segment;
        t->segment_count = &s->segment_counts[i];
    }
    return &t->segment[(*t->segment_count)++];
}

static void records_add(struct sieve_thread *t)
{
    for (size_t i = 0; i < t->waiting_count; i++) {
        struct sieve_view *v = &t->waiting[i].view;
        sieve_words(t->s, v);
        struct sieve_record *to = record_new(t);
        memcpy(to->key, v->key, sizeof to->key);
        to->money = v->money;
        to->txn = v->txn;
        to->fee_vnd = v->fee_vnd;
        to->account = v->number[SIEVE_ACCOUNT];
        to->body = v->number[SIEVE_BODY];
        to->place = t->waiting[i].place;
    }
    t->waiting_count = 0;
}

/* Step 1: our rows become records. Those that could agree with no line are told the engine, and
 * stand in the way of others with their key all the same. */
static void ours_row(struct sieve_thread *t, const struct csv_row *row, uint64_t place)
{
    const struct sieve_file *f = &t->s->job->files[0];
    struct csv_record r;
    struct csv_fault fault;

    if (!csv_record_read(&f->layout, row, &r, &fault)) {
        wrong_put(t, place, &fault);
        return;
    }
    struct sieve_waiting *w = &t->waiting[t->waiting_count];
    sieve_look(t->s, &r, &w->view);
    w->place = place;
    if (!w->view.has_key)
        sieve_put(&t->ours, place);
    else if (++t->waiting_count == SIEVE_BATCH)
        records_add(t);
}

static void *ours_step(void *thread)
{
    struct sieve_thread *t = thread;

    pieces_read(t, t->s->ours_pieces, ours_row);
    records_add(t);
    return NULL;
}

static bool same_key(const uint64_t *a, const uint64_t *b)
{
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2])) == 0;
}

/* Step 2. Two of ours with one key are both in doubt; the first stays to be found. */
static void index_put(struct sieve *s, uint64_t number, uint64_t hash)
{
    struct sieve_record *r = sieve_record_at(s, number);
    const uint64_t tag = hash >> 32;

    for (uint64_t i = hash & s->slot_mask;; i = (i + 1) & s->slot_mask) {
        uint64_t slot = 0;
        if (atomic_compare_exchange_strong(&s->slots[i], &slot, tag << 32 | (number + 1)))
            return;
        struct sieve_record *other = sieve_record_at(s, (slot & UINT32_MAX) - 1);
        if (slot >> 32 == tag && same_key(other->key, r->key)) {
            atomic_fetch_or(&other->taken, SIEVE_DOUBT);
            atomic_fetch_or(&r->taken, SIEVE_DOUBT);
            return;
        }
    }
}

static void *index_step(void *thread)
{
    struct sieve_thread *t = thread;
    struct sieve *s = t->s;
    size_t i;

    while ((i = atomic_fetch_add(&s->next, 1)) < atomic_load(&s->segment_count)) {
        const size_t count = s->segment_counts[i];
        uint64_t hashes[SIEVE_BATCH];
        for (size_t from = 0; from < count; from += SIEVE_BATCH) {
            const size_t n = count - from < SIEVE_BATCH ? count - from : SIEVE_BATCH;
            for (size_t k = 0; k < n; k++) {
                hashes[k] = sieve_hash(s->segments[i][from + k].key);
                __builtin_prefetch((void *)&s->slots[hashes[k] & s->slot_mask], 1);
            }
            for (size_t k = 0; k < n; k++)
                index_put(s, i * SIEVE_SEGMENT + from + k, hashes[k]);
        }
    }
    return NULL;
}

/* Unknown days, numbers, accounts, bodies and fees are no difference. */
static bool agrees(const struct sieve_record *r, const struct sieve_view *v)
{
    const uint64_t apart = r->money ^ v->money;
    const bool day = (apart & SIEVE_DAY_MASK) == 0 || (r->money & SIEVE_DAY_MASK) == 0 ||
                     (v->money & SIEVE_DAY_MASK) == 0;

    return day && (apart & ~SIEVE_DAY_MASK) == 0 && ((r->money | v->money) & SIEVE_ODD) == 0 &&
           (r->txn == v->txn || r->txn == 0 || v->txn == 0) &&
           (r->account == v->number[SIEVE_ACCOUNT] || r->account == 0 ||
            v->number[SIEVE_ACCOUNT] == 0) &&
           (r->body == v->number[SIEVE_BODY] || r->body == 0 || v->number[SIEVE_BODY] == 0) &&
           (r->fee_vnd == v->fee_vnd || r->fee_vnd == SIEVE_NO_FEE || v->fee_vnd == SIEVE_NO_FEE);
}

static void line_left(struct sieve_thread *t, const struct sieve_view *v, uint64_t place)
{
    sieve_put(&t->lines, place);
    if (v->txn != 0)
        sieve_put(&t->wanted, v->txn);
    if (v->original != 0)
        sieve_put(&t->wanted, v->original);
}

/* The first line that agrees is kept in the record; any other row puts the pair in doubt, so what
 * is in doubt does not depend on which came first. */
static void line_compare(struct sieve_thread *t, const struct sieve_waiting *w)
{
    struct sieve_record *r = w->found;
    uint64_t nobody = 0;

    if (r == NULL) {
        line_left(t, &w->view, w->place);
        return;
    }
    if (agrees(r, &w->view) && atomic_compare_exchange_strong(&r->taken, &nobody, w->place))
        return;
    atomic_fetch_or(&r->taken, SIEVE_DOUBT);
    line_left(t, &w->view, w->place);
}

static struct sieve_record *key_find(const struct sieve *s, const uint64_t *key, uint64_t hash,
                                     bool only_ask)
{
    for (uint64_t i = hash & s->slot_mask;; i = (i + 1) & s->slot_mask) {
        const uint64_t slot = atomic_load_explicit(&s->slots[i], memory_order_relaxed);
        if (slot == 0)
            return NULL;
        if (slot >> 32 != hash >> 32)
            continue;
        struct sieve_record *r = sieve_record_at(s, (slot & UINT32_MAX) - 1);
        if (only_ask || same_key(r->key, key))
            return r;
    }
}

static void batch_end(struct sieve_thread *t)
{
    struct sieve_waiting *list = t->waiting;

    for (size_t i = 0; i < t->waiting_count; i++) {
        const struct sieve_record *r = key_find(t->s, list[i].view.key, list[i].hash, true);
        if (r != NULL)
            __builtin_prefetch(r, 1);
    }
    for (size_t i = 0; i < t->waiting_count; i++)
        list[i].found = key_find(t->s, list[i].view.key, list[i].hash, false);
    for (size_t i = 0; i < t->waiting_count; i++)
        sieve_words(t->s, &list[i].view);
    for (size_t i = 0; i < t->waiting_count; i++)
        line_compare(t, &list[i]);
    t->waiting_count = 0;
}

static void line_row(struct sieve_thread *t, const struct csv_row *row, uint64_t place)
{
    struct sieve_waiting *w = &t->waiting[t->waiting_count];
    struct csv_record r;
    struct csv_fault fault;

    if (!csv_record_read(&t->s->job->files[t->file].layout, row, &r, &fault)) {
        wrong_put(t, place, &fault);
        return;
    }
    sieve_look(t->s, &r, &w->view);
    w->place = place;
    if (!w->view.has_key) {
        line_left(t, &w->view, place);
        return;
    }
    w->hash = sieve_hash(w->view.key);
    __builtin_prefetch((void *)&t->s->slots[w->hash & t->s->slot_mask]);
    if (++t->waiting_count == SIEVE_BATCH)
        batch_end(t);
}

/* Step 3. */
static void *lines_step(void *thread)
{
    struct sieve_thread *t = thread;

    pieces_read(t, t->s->piece_count, line_row);
    batch_end(t);
    return NULL;
}

static int number_order(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static bool is_wanted(const struct sieve *s, uint64_t txn)
{
    return txn != 0 && s->names.count > 0 &&
           bsearch(&txn, s->names.list, s->names.count, sizeof txn, number_order) != NULL;
}

/* Step 4: a payment that exactly one line agrees with, and that no row left over names, is done. */
static void record_sweep(struct sieve_thread *t, const struct sieve_record *r)
{
    const uint64_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
    const uint64_t line = taken & ~SIEVE_DOUBT;

    if (taken == line && line != 0 && !is_wanted(t->s, r->txn)) {
        t->pairs++;
        if ((r->money & SIEVE_RETURNED) == 0)
            t->pairs_vnd += (int64_t)(r->money >> SIEVE_AMOUNT_SHIFT);
        return;
    }
    sieve_put(&t->ours, r->place);
    if (line != 0)
        sieve_put(&t->lines, line);
}

static void *sweep_step(void *thread)
{
    struct sieve_thread *t = thread;
    struct sieve *s = t->s;
    size_t i;

    while ((i = atomic_fetch_add(&s->next, 1)) < atomic_load(&s->segment_count)) {
        const size_t count = s->segment_counts[i];
        for (size_t k = 0; k < count; k++)
            record_sweep(t, &s->segments[i][k]);
    }
    return NULL;
}

result sieve_parallel(struct sieve *s, sieve_step *step, size_t from, struct err *e)
{
    pthread_t ids[SIEVE_THREADS_MAX];
    int started = 1;

    atomic_store(&s->next, from);
    while (started < s->job->threads &&
           pthread_create(&ids[started], NULL, step, &s->threads[started]) == 0)
        started++;
    (void)step(&s->threads[0]); /* this thread works too, also when no other could be started */
    for (int i = 1; i < started; i++)
        (void)pthread_join(ids[i], NULL);
    for (int i = 0; i < s->job->threads; i++) {
        if (s->threads[i].failed) {
            *e = s->threads[i].err;
            return (result){ true };
        }
    }
    return OK;
}

static void index_make(struct sieve *s)
{
    const size_t records = atomic_load(&s->segment_count) * SIEVE_SEGMENT;
    size_t slots = 1024;

    while (slots < records + records / 2)
        slots *= 2;
    s->slots = sieve_alloc(slots * sizeof *s->slots);
    s->slot_mask = slots - 1;
}

static void names_make(struct sieve *s)
{
    if (s->job->files[0].layout.at[CSV_TXN] < 0)
        return; /* ours have none, so nothing can be named */
    for (int i = 0; i < s->job->threads; i++)
        for (size_t k = 0; k < s->threads[i].wanted.count; k++)
            sieve_put(&s->names, s->threads[i].wanted.list[k]);
    if (s->names.count > 0)
        qsort(s->names.list, s->names.count, sizeof(uint64_t), number_order);
}

static void records_free(struct sieve *s)
{
    for (size_t i = 0; i < atomic_load(&s->segment_count); i++)
        sieve_release(s->segments[i], SIEVE_SEGMENT * sizeof(struct sieve_record));
    sieve_release((void *)s->slots, (s->slot_mask + 1) * sizeof *s->slots);
    s->slots = NULL;
    atomic_store(&s->segment_count, 0);
}

static void sieve_free(struct sieve **sieve)
{
    struct sieve *s = *sieve;

    records_free(s);
    for (int i = 0; i < s->job->threads; i++) {
        struct sieve_thread *t = &s->threads[i];
        free(t->buffer);
        free(t->scratch);
        free(t->lines.list);
        free(t->ours.list);
        free(t->wrongs);
        free(t->wanted.list);
    }
    free(s->names.list);
    free(s->pieces);
    free(s->segments);
    free(s->segment_counts);
    sieve_release(s->words, SIEVE_WORD_SLOTS * sizeof *s->words);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

static void *zeroed(size_t count, size_t bytes)
{
    void *p = calloc(count > 0 ? count : 1, bytes);

    must(p != NULL);
    return p;
}

static bool both_tell(const struct sieve_job *job, enum csv_role role)
{
    bool theirs = false;

    for (size_t i = 1; i < job->file_count; i++)
        theirs |= job->files[i].layout.at[role] >= 0;
    return theirs && job->files[0].layout.at[role] >= 0;
}

static struct sieve *sieve_make(const struct sieve_job *job, bool careful)
{
    struct sieve *s = zeroed(1, sizeof *s);
    int64_t pieces = 0;

    s->job = job;
    s->careful = careful;
    for (size_t i = 0; i < job->file_count; i++)
        pieces += job->files[i].bytes / SIEVE_PIECE + 1;
    s->pieces = zeroed((size_t)pieces, sizeof *s->pieces);
    /* A row of ours has two bytes at least; each thread may leave a segment unfilled. */
    s->segments_max = (size_t)(job->files[0].bytes / 2) / SIEVE_SEGMENT + (size_t)job->threads + 1;
    s->segments = zeroed(s->segments_max, sizeof *s->segments);
    s->segment_counts = zeroed(s->segments_max, sizeof *s->segment_counts);
    s->compares[SIEVE_ACCOUNT] = both_tell(job, CSV_ACCOUNT);
    s->compares[SIEVE_BODY] = both_tell(job, CSV_BODY);
    s->words = sieve_alloc(SIEVE_WORD_SLOTS * sizeof *s->words);
    (void)pthread_mutex_init(&s->lock, NULL);
    for (int i = 0; i < job->threads; i++) {
        s->threads[i].s = s;
        s->threads[i].buffer = zeroed((size_t)SIEVE_PIECE + SIEVE_TAIL + SIEVE_SLACK + 1, 1);
        s->threads[i].scratch = zeroed(LIMIT_SETTLEMENT_LINE + SIEVE_SLACK, 1);
    }
    return s;
}

static result steps(struct sieve *s, struct sieve_result *out, struct err *e)
{
    TRY(sieve_cut(s, e));
    TRY(sieve_parallel(s, ours_step, 0, e));
    index_make(s);
    TRY(sieve_parallel(s, index_step, 0, e));
    TRY(sieve_parallel(s, lines_step, s->ours_pieces, e));
    if (atomic_load(&s->saw_quote))
        return OK; /* nothing of it can be believed */
    names_make(s);
    TRY(sieve_parallel(s, sweep_step, 0, e));
    records_free(s);
    for (int i = 0; i < s->job->threads; i++) {
        out->pairs += s->threads[i].pairs;
        out->pairs_vnd += s->threads[i].pairs_vnd;
    }
    return sieve_rest(s, out, e);
}

/* Without quotes every line end ends a row, and pieces can be cut anywhere. Whether there are any
 * is known when all is read: then it is read again, cut with care. */
result sieve_run(const struct sieve_job *job, struct sieve_result *out, struct err *e)
{
    bool again;

    must(job->file_count > 1 && job->file_count <= SIEVE_FILES_MAX);
    must(job->threads > 0 && job->threads <= SIEVE_THREADS_MAX);
    {
        DEFER(sieve_free) struct sieve *s = sieve_make(job, false);
        *out = (struct sieve_result){ 0 };
        TRY(steps(s, out, e));
        again = atomic_load(&s->saw_quote);
    }
    if (again) {
        DEFER(sieve_free) struct sieve *s = sieve_make(job, true);
        *out = (struct sieve_result){ 0 };
        TRY(steps(s, out, e));
    }
    return OK;
}
