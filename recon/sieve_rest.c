/*
 * Reading again the rows that the engine is to judge. On a day that mostly agrees they are few, and
 * still there may be some on each page, so what lies between neighbours is read along with them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "recon/sieve_row.h"

#define FIRST_BYTES 512 /* nearly every row is shorter */
#define GAP         ((int64_t)1 << 14)
#define STRETCHES   16 /* of the files, for a thread each */

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

static int64_t line_of(const struct sieve_piece *p, uint64_t place)
{
    return p->lines + (int64_t)(place & (((uint64_t)1 << 20) - 1));
}

/* What of the files lies in the thread's buffer. */
struct window {
    int64_t from, to; /* in all files; of one file only */
};

/* Where a window that begins at a place may end: behind the last of its near neighbours. */
static int64_t window_end(const uint64_t *places, size_t count, int64_t file_end)
{
    const int64_t from = place_at(places[0]);
    int64_t to = from + FIRST_BYTES;

    for (size_t i = 1; i < count; i++) {
        const int64_t next = place_at(places[i]);
        if (next >= file_end || next - to > GAP || next + FIRST_BYTES - from > SIEVE_PIECE)
            break;
        to = next + FIRST_BYTES;
    }
    return to < file_end ? to : file_end;
}

/* The first of these places, from what has been read before if that is enough. */
static result row_read(struct sieve_thread *t, struct window *w, const uint64_t *places,
                       size_t count, struct csv_row *row, struct err *e)
{
    const struct sieve_piece *p = piece_of(t->s, places[0]);
    const struct sieve_file *f = &t->s->job->files[p->file];
    const int64_t at = place_at(places[0]), file_end = p->base + f->bytes;
    int64_t to = window_end(places, count, file_end);

    t->file = p->file;
    for (bool last = false;; last = true, to = at + SIEVE_TAIL) {
        if (at < w->from || at >= w->to || last) {
            to = to < file_end ? to : file_end;
            const ssize_t got = pread(f->fd, t->buffer, (size_t)(to - at), at - p->base);
            if (got <= 0)
                return fail(e, ERR_IO, "a file cannot be read again");
            *w = (struct window){ at, at + got };
        }
        const struct str bytes = str_of(t->buffer + (at - w->from), (size_t)(w->to - at));
        struct csv_reader r = csv_begin(bytes, f->separator, t->scratch);
        r.whole = w->to >= file_end;
        if (csv_next(&r, row))
            return OK;
        if (last)
            return fail(e, ERR_IO, "a file changed while it was read");
    }
}

static result row_tell(struct sieve_thread *t, const struct csv_row *row, int64_t n, struct err *e)
{
    struct sieve *s = t->s;
    const struct sieve_file *f = &s->job->files[t->file];
    struct csv_fault fault;
    struct csv_record r;
    result done;

    if (!csv_record_read(&f->layout, row, &r, &fault))
        return fail(e, ERR_IO, "a file changed while it was read");
    const struct match_ours ours = csv_record_ours(&r, n);
    const struct settlement_line line = csv_record_line(&r, n);
    const struct match_line in = {
        .line = &line, .file = (int)t->file - 1, .returned = r.returned, .batch = r.text[CSV_BATCH]
    };
    if (t->file == 0)
        t->ours_vnd -= sieve_moved(&r);
    if (t->file > 0 && s->names_matter) {
        sieve_put(&t->wanted, sieve_number_hash(r.text[CSV_TXN]));
        sieve_put(&t->wanted, sieve_number_hash(r.text[CSV_ORIGINAL]));
    }
    (void)pthread_mutex_lock(&s->lock);
    done = t->file == 0 ? match_ours(s->job->match, &ours, e) : match_line(s->job->match, &in, e);
    (void)pthread_mutex_unlock(&s->lock);
    return done;
}

/* Of all threads' places those of a stretch of the files, sorted. */
static void stretch_collect(const struct sieve *s, int64_t from, int64_t to,
                            struct sieve_places *out)
{
    out->count = 0;
    for (int i = 0; i < s->job->threads; i++) {
        for (int side = s->tells_ours ? SIEVE_OURS : SIEVE_THEIRS; side < SIEVE_SIDES; side++) {
            const struct sieve_places *left = &s->threads[i].left[side];
            for (size_t k = 0; k < left->count; k++)
                if (place_at(left->list[k]) >= from && place_at(left->list[k]) < to)
                    sieve_put(out, left->list[k]);
        }
    }
    sieve_sort(out);
}

static result stretch_tell(struct sieve_thread *t, const struct sieve_places *places, struct err *e)
{
    struct window w = { 0, 0 };
    struct csv_row row;

    for (size_t i = 0; i < places->count; i++) {
        const uint64_t place = places->list[i];
        TRY(row_read(t, &w, &places->list[i], places->count - i, &row, e));
        TRY(row_tell(t, &row, line_of(piece_of(t->s, place), place), e));
    }
    return OK;
}

static void *tell_step(void *thread)
{
    struct sieve_thread *t = thread;
    struct sieve *s = t->s;
    struct sieve_places places = { 0 };
    size_t i;

    while (!t->failed && (i = atomic_fetch_add(&s->next, 1)) < STRETCHES) {
        const int64_t width = s->all_bytes / STRETCHES + 1;
        stretch_collect(s, width * (int64_t)i, width * (int64_t)(i + 1), &places);
        t->failed = stretch_tell(t, &places, &t->err).failed;
    }
    free(places.list);
    return NULL;
}

result sieve_tell(struct sieve *s, struct err *e)
{
    TRY(sieve_parallel(s, tell_step, e));
    for (int i = 0; i < s->job->threads; i++)
        s->threads[i].left[SIEVE_THEIRS].count = 0;
    return OK;
}

static int wrong_order(const void *a, const void *b)
{
    const struct sieve_wrong *x = a, *y = b;

    return (x->place > y->place) - (x->place < y->place);
}

static result wrong_tell(struct sieve *s, const struct sieve_wrong *w, struct sieve_result *out,
                         struct err *e)
{
    const struct sieve_piece *p = piece_of(s, w->place);
    const struct sieve_bad b = { .file = p->file,
                                 .line = line_of(p, w->place),
                                 .column = w->column,
                                 .why = w->why,
                                 .bytes = str_of(w->bytes, w->shown) };

    out->bad_ours += p->file == 0 ? 1 : 0;
    out->bad_theirs += p->file == 0 ? 0 : 1;
    return s->job->bad(s->job->arg, &b, e);
}

static void free_wrongs(struct sieve_wrong **all)
{
    free(*all);
}

result sieve_tell_wrong(struct sieve *s, struct sieve_result *out, struct err *e)
{
    size_t count = 0, at = 0;

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
    qsort(all, count, sizeof *all, wrong_order);
    for (size_t i = 0; i < count; i++)
        TRY(wrong_tell(s, &all[i], out, e));
    return OK;
}
