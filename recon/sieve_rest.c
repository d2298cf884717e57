/*
 * Cutting files into pieces, and reading again, one by one, the rows that the engine is to judge.
 * Each is read where it begins: on a day that mostly agrees they are few.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "recon/sieve_row.h"

#define FIRST_BYTES 512 /* nearly every row is shorter */
#define SHOWN_BYTES 40

/* Careful: the first row of each piece, told by reading all rows of the file in turn. Mapped for so
 * long, and given back piece by piece. */
static result pieces_align(struct sieve *s, size_t first, struct err *e)
{
    const struct sieve_file *f = &s->job->files[s->pieces[first].file];
    struct csv_row row;
    size_t p = first;
    char *all =
        f->bytes > 0 ? mmap(NULL, (size_t)f->bytes, PROT_READ, MAP_PRIVATE, f->fd, 0) : NULL;

    if (all == NULL || all == MAP_FAILED)
        return f->bytes > 0 ? fail(e, ERR_IO, "a file cannot be mapped") : OK;
    struct csv_reader r = csv_begin(str_of(all + f->from, (size_t)(f->bytes - f->from)),
                                    f->separator, s->threads[0].scratch);
    while (p < s->piece_count && csv_next(&r, &row)) {
        const int64_t at = row.text.p - all;
        while (p < s->piece_count && s->pieces[p].to <= at) {
            if (!s->pieces[p].at_row)
                s->pieces[p].from = s->pieces[p].to; /* no row begins in it */
            p++;
        }
        if (p < s->piece_count && !s->pieces[p].at_row) {
            s->pieces[p].from = at;
            s->pieces[p].at_row = true;
            s->pieces[p].lines = f->line + row.line - 1;
            (void)madvise(all, (size_t)(at & ~(SIEVE_PIECE - 1)), MADV_DONTNEED);
        }
    }
    for (; p < s->piece_count; p++)
        if (!s->pieces[p].at_row)
            s->pieces[p].from = s->pieces[p].to;
    (void)munmap(all, (size_t)f->bytes);
    return OK;
}

result sieve_cut(struct sieve *s, struct err *e)
{
    int64_t base = 0;

    for (size_t i = 0; i < s->job->file_count; i++) {
        const struct sieve_file *f = &s->job->files[i];
        const size_t first = s->piece_count;
        for (int64_t at = f->from; at < f->bytes; at += SIEVE_PIECE) {
            const int64_t to = at + SIEVE_PIECE < f->bytes ? at + SIEVE_PIECE : f->bytes;
            s->pieces[s->piece_count++] =
                (struct sieve_piece){ i, at, to, base, at == f->from && !s->careful, 0 };
        }
        base += f->bytes;
        if (base > SIEVE_BYTES_MAX)
            return fail(e, ERR_TOO_LARGE, "more than %lld bytes", SIEVE_BYTES_MAX);
        if (i == 0)
            s->ours_pieces = s->piece_count;
        if (s->careful && first < s->piece_count)
            TRY(pieces_align(s, first, e));
    }
    return OK;
}

/* From lines in each piece to the number of its first line. */
static void lines_number(struct sieve *s)
{
    int64_t next = 0;

    for (size_t i = 0; i < s->piece_count && !s->careful; i++) {
        struct sieve_piece *p = &s->pieces[i];
        if (i == 0 || p->file != s->pieces[i - 1].file)
            next = s->job->files[p->file].line;
        const int64_t lines = p->lines;
        p->lines = next;
        next += lines;
    }
}

static int64_t place_at(uint64_t place)
{
    return (int64_t)(place >> 20) - 1;
}

/* The piece that a place lies in: the last that does not begin behind it. */
static const struct sieve_piece *piece_of(const struct sieve *s, uint64_t place)
{
    size_t from = 0, to = s->piece_count;

    while (to - from > 1) {
        const size_t at = from + (to - from) / 2;
        if (s->pieces[at].base + s->pieces[at].from <= place_at(place))
            from = at;
        else
            to = at;
    }
    return &s->pieces[from];
}

struct again {
    size_t file;
    int64_t line;
    struct csv_row row;
};

/* The row at a place, in the thread's buffer. */
static result row_read(struct sieve_thread *t, uint64_t place, struct again *out, struct err *e)
{
    const struct sieve_piece *p = piece_of(t->s, place);
    const struct sieve_file *f = &t->s->job->files[p->file];
    const int64_t at = place_at(place) - p->base;

    out->file = p->file;
    out->line = p->lines + (int64_t)(place & (((uint64_t)1 << 20) - 1));
    for (size_t want = FIRST_BYTES;; want = SIEVE_TAIL) {
        const ssize_t got = pread(f->fd, t->buffer, want, at);
        if (got <= 0)
            return fail(e, ERR_IO, "a file cannot be read again");
        struct csv_reader r = csv_begin(str_of(t->buffer, (size_t)got), f->separator, t->scratch);
        r.whole = at + got >= f->bytes;
        if (csv_next(&r, &out->row))
            return OK;
        if (want == SIEVE_TAIL) { /* without an end: told as it is */
            out->row.text = str_of(t->buffer, (size_t)got);
            return OK;
        }
    }
}

static int number_order(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static result row_tell(struct sieve_thread *t, const struct again *g, struct err *e)
{
    struct sieve *s = t->s;
    const struct sieve_file *f = &s->job->files[g->file];
    struct csv_record r;
    struct csv_fault fault;
    result done;

    if (!csv_record_read(&f->layout, &g->row, &r, &fault))
        return fail(e, ERR_IO, "a file changed while it was read");
    const struct match_ours ours = csv_record_ours(&r, g->line);
    const struct settlement_line line = csv_record_line(&r, g->line);
    const struct match_line in = {
        .line = &line, .file = (int)g->file - 1, .returned = r.returned, .batch = r.text[CSV_BATCH]
    };
    (void)pthread_mutex_lock(&s->lock);
    done = g->file == 0 ? match_ours(s->job->match, &ours, e) : match_line(s->job->match, &in, e);
    (void)pthread_mutex_unlock(&s->lock);
    return done;
}

/* In the order of places: neighbours share what the system has read. */
static result places_tell(struct sieve_thread *t, struct sieve_places *list, struct err *e)
{
    struct again g;

    if (list->count > 0)
        qsort(list->list, list->count, sizeof *list->list, number_order);
    for (size_t i = 0; i < list->count; i++) {
        TRY(row_read(t, list->list[i], &g, e));
        TRY(row_tell(t, &g, e));
    }
    return OK;
}

static void *tell_step(void *thread)
{
    struct sieve_thread *t = thread;

    t->failed =
        places_tell(t, &t->ours, &t->err).failed || places_tell(t, &t->lines, &t->err).failed;
    return NULL;
}

static int wrong_order(const void *a, const void *b)
{
    const struct sieve_wrong *x = a, *y = b;

    return (x->place > y->place) - (x->place < y->place);
}

static result wrongs_tell(struct sieve *s, struct sieve_wrong *all, size_t count,
                          struct sieve_result *out, struct err *e)
{
    struct again g;

    if (count > 0)
        qsort(all, count, sizeof *all, wrong_order);
    for (size_t i = 0; i < count; i++) {
        TRY(row_read(&s->threads[0], all[i].place, &g, e));
        const struct sieve_bad b = { .file = g.file,
                                     .line = g.line,
                                     .column = all[i].column,
                                     .why = all[i].why,
                                     .bytes = str_sub(g.row.text, 0, SHOWN_BYTES) };
        out->bad_ours += g.file == 0 ? 1 : 0;
        out->bad_theirs += g.file == 0 ? 0 : 1;
        TRY(s->job->bad(s->job->arg, &b, e));
    }
    return OK;
}

static void free_wrongs(struct sieve_wrong **all)
{
    free(*all);
}

result sieve_rest(struct sieve *s, struct sieve_result *out, struct err *e)
{
    size_t count = 0, at = 0;

    lines_number(s);
    TRY(sieve_parallel(s, tell_step, 0, e));
    for (int i = 0; i < s->job->threads; i++)
        count += s->threads[i].wrong_count;
    DEFER(free_wrongs) struct sieve_wrong *all = calloc(count + 1, sizeof *all);
    must(all != NULL);
    for (int i = 0; i < s->job->threads; i++) {
        const struct sieve_thread *t = &s->threads[i];
        if (t->wrong_count > 0)
            memcpy(all + at, t->wrongs, t->wrong_count * sizeof *all);
        at += t->wrong_count;
    }
    return wrongs_tell(s, all, count, out, e);
}
