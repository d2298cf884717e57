/*
 * The sieve's steps; sieve_row.h tells what they share.
 *
 * A processor waits a hundred times longer for memory than for a comparison. So nothing is looked
 * up while files are read: rows are only appended to their parts, and a part with its index is
 * small enough to stay near the core that matches it.
 */
#include "recon/sieve.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "recon/sieve_row.h"

#define HUGE_PAGE  ((size_t)2 << 20)
#define LIST_FIRST 1024
#define PART_BYTES (1LL << 19) /* of ours: some five thousand rows */
#define PARTS_MAX  4096

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

static int number_order(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void sieve_sort(struct sieve_places *p)
{
    if (p->count > 0)
        qsort(p->list, p->count, sizeof *p->list, number_order);
}

bool sieve_has(const struct sieve_places *sorted, uint64_t value)
{
    return sorted->count > 0 &&
           bsearch(&value, sorted->list, sorted->count, sizeof value, number_order) != NULL;
}

static void wrong_put(struct sieve_thread *t, const struct csv_row *row, uint64_t place,
                      const struct csv_fault *fault)
{
    const struct str shown = str_sub(row->text, 0, SIEVE_SHOWN);

    if (t->wrong_count == t->wrong_room) {
        t->wrong_room = t->wrong_room > 0 ? t->wrong_room * 2 : LIST_FIRST;
        t->wrongs = reallocarray(t->wrongs, t->wrong_room, sizeof *t->wrongs);
        must(t->wrongs != NULL);
    }
    struct sieve_wrong *w = &t->wrongs[t->wrong_count++];
    *w = (struct sieve_wrong){ .place = place,
                               .why = fault->why,
                               .column = (uint32_t)fault->column,
                               .shown = (uint32_t)shown.n };
    memcpy(w->bytes, shown.p, shown.n);
}

static void row_take(struct sieve_thread *t, const struct csv_row *row, uint64_t place)
{
    struct sieve *s = t->s;
    const struct csv_layout *at = &s->job->files[t->file].layout;
    const enum sieve_side side = t->file == 0 ? SIEVE_OURS : SIEVE_THEIRS;
    struct csv_record r; /* no texts */
    struct csv_fault fault;
    struct sieve_view v;

    if (!csv_record_numbers(at, row, &r, &fault)) {
        wrong_put(t, row, place, &fault);
        return;
    }
    if (side == SIEVE_OURS)
        t->ours_vnd += sieve_moved(&r);
    sieve_look(s, &r, at, row, &v);
    t->told[side] |= v.told;
    if (!v.has_key) {
        sieve_put(&t->left[side], place);
        return;
    }
    const bool named = side == SIEVE_OURS && s->names_matter;
    sieve_add(t, side, &v, named ? sieve_number_hash(csv_layout_text(at, row, CSV_TXN)) : 0, place);
}

/* Takes the next piece, in turn; NULL when none is left or all is to be given up. */
static struct sieve_piece *piece_next(struct sieve *s)
{
    const size_t i = atomic_fetch_add(&s->next, 1);
    const bool over = i >= s->piece_count || atomic_load(&s->give_up) || atomic_load(&s->saw_quote);

    return over ? NULL : &s->pieces[i];
}

static void *read_step(void *thread)
{
    struct sieve_thread *t = thread;
    struct sieve *s = t->s;
    struct sieve_piece *p;

    while (!t->failed && (p = piece_next(s)) != NULL) {
        t->file = p->file;
        t->failed = sieve_piece_read(t, p, row_take, &t->err).failed;
        const int64_t done = atomic_fetch_add(&s->done_bytes, p->to - p->from) + p->to - p->from;
        if (s->job->progress != NULL && t == &s->threads[0])
            s->job->progress(s->job->arg, done);
    }
    if (t->failed)
        atomic_store(&s->give_up, true);
    return NULL;
}

result sieve_parallel(struct sieve *s, sieve_step *step, struct err *e)
{
    pthread_t ids[SIEVE_THREADS_MAX];
    int started = 1;

    atomic_store(&s->next, 0);
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

static void sieve_free(struct sieve **sieve)
{
    struct sieve *s = *sieve;

    sieve_parts_free(s);
    for (int i = 0; i < s->job->threads; i++) {
        struct sieve_thread *t = &s->threads[i];
        free(t->buffer);
        free(t->scratch);
        free(t->wrongs);
        free(t->wanted.list);
        for (int side = 0; side < SIEVE_SIDES; side++) {
            free((void *)t->ends[side]);
            free(t->left[side].list);
        }
    }
    free(s->names.list);
    free(s->pieces);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

static void *zeroed(size_t count, size_t bytes)
{
    void *p = calloc(count > 0 ? count : 1, bytes);

    must(p != NULL);
    return p;
}

static struct sieve *sieve_make(const struct sieve_job *job, const struct sieve_way *way)
{
    struct sieve *s = zeroed(1, sizeof *s);
    int64_t pieces = 0;

    s->job = job;
    s->way = *way;
    for (size_t i = 0; i < job->file_count; i++) {
        pieces += job->files[i].bytes / SIEVE_PIECE + 1;
        s->all_bytes += job->files[i].bytes;
    }
    s->pieces = zeroed((size_t)pieces, sizeof *s->pieces);
    for (s->parts = 1;
         s->parts < PARTS_MAX && job->files[0].bytes / PART_BYTES > (int64_t)s->parts;)
        s->parts *= 2;
    s->names_matter = job->files[0].layout.at[CSV_TXN] >= 0;
    random_fill(s->numbers, sizeof s->numbers);
    (void)pthread_mutex_init(&s->lock, NULL);
    for (int i = 0; i < job->threads; i++) {
        struct sieve_thread *t = &s->threads[i];
        t->s = s;
        t->buffer = zeroed((size_t)SIEVE_PIECE + SIEVE_TAIL + SIEVE_SLACK, 1);
        t->scratch = zeroed(LIMIT_SETTLEMENT_LINE + SIEVE_SLACK, 1);
        for (int side = 0; side < SIEVE_SIDES; side++)
            t->ends[side] = zeroed(s->parts, sizeof *t->ends[side]);
    }
    return s;
}

/* A column that one side never tells is not compared. */
static void way_learn(const struct sieve *s, struct sieve_way *way)
{
    uint32_t told[SIEVE_SIDES] = { 0, 0 };

    way->careful |= atomic_load(&s->saw_quote);
    if (atomic_load(&s->saw_quote))
        return; /* not all was read */
    for (int i = 0; i < s->job->threads; i++)
        for (int side = 0; side < SIEVE_SIDES; side++)
            told[side] |= s->threads[i].told[side];
    way->compares &= told[SIEVE_OURS] & told[SIEVE_THEIRS];
}

/* Pairs whose number a line left over names are left over too. */
static result names_find(struct sieve *s, struct err *e)
{
    TRY(sieve_tell(s, e));
    for (int i = 0; i < s->job->threads; i++)
        for (size_t k = 0; k < s->threads[i].wanted.count; k++)
            sieve_put(&s->names, s->threads[i].wanted.list[k]);
    sieve_sort(&s->names);
    return sieve_parallel(s, sieve_parts_name, e);
}

static result sums_make(const struct sieve *s, struct sieve_result *out, struct err *e)
{
    __int128_t vnd = 0;

    for (int i = 0; i < s->job->threads; i++) {
        out->pairs += s->threads[i].pairs;
        vnd += s->threads[i].ours_vnd;
    }
    if (vnd > INT64_MAX / 8)
        return fail(e, ERR_TOO_LARGE, "a sum that is too large");
    out->pairs_vnd = (int64_t)vnd;
    return OK;
}

/* *again: nothing of it can be believed, and `way` tells how it must be done. */
static result steps(struct sieve *s, struct sieve_way *way, bool *again, struct sieve_result *out,
                    struct err *e)
{
    TRY(sieve_cut(s, e));
    TRY(sieve_parallel(s, read_step, e));
    way_learn(s, way);
    *again = way->careful != s->way.careful || way->compares != s->way.compares;
    if (*again)
        return OK;
    sieve_lines_number(s);
    TRY(sieve_parallel(s, sieve_parts_match, e));
    if (s->names_matter)
        TRY(names_find(s, e));
    sieve_parts_free(s);
    s->tells_ours = true;
    TRY(sieve_tell(s, e));
    TRY(sieve_tell_wrong(s, out, e));
    return sums_make(s, out, e);
}

static struct sieve_way first_way(const struct sieve_job *job)
{
    static const enum csv_role optional[] = { CSV_TXN, CSV_TIME, CSV_ACCOUNT, CSV_BODY, CSV_FEE };
    struct sieve_way way = { 0 };

    for (size_t i = 0; i < LEN(optional); i++) {
        bool theirs = false;
        for (size_t k = 1; k < job->file_count; k++)
            theirs |= job->files[k].layout.at[optional[i]] >= 0;
        if (theirs && job->files[0].layout.at[optional[i]] >= 0)
            way.compares |= 1U << optional[i];
    }
    return way;
}

/* Files are believed to be plain until they turn out otherwise; then they are read once more. */
result sieve_run(const struct sieve_job *job, struct sieve_result *out, struct err *e)
{
    struct sieve_way way = first_way(job);
    bool again = true;
    int64_t bytes = 0;

    must(job->file_count > 1 && job->file_count <= SIEVE_FILES_MAX);
    must(job->threads > 0 && job->threads <= SIEVE_THREADS_MAX);
    for (size_t i = 0; i < job->file_count; i++)
        bytes += job->files[i].bytes;
    if (bytes > SIEVE_BYTES_MAX)
        return fail(e, ERR_TOO_LARGE, "more than %lld bytes", SIEVE_BYTES_MAX);
    while (again) {
        DEFER(sieve_free) struct sieve *s = sieve_make(job, &way);
        *out = (struct sieve_result){ 0 };
        TRY(steps(s, &way, &again, out, e));
    }
    return OK;
}
