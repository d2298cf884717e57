/* Cutting files into pieces, and reading a piece row by row. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "recon/sieve_row.h"

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
                (struct sieve_piece){ i, at, to, base, at == f->from && !s->way.careful, 0 };
        }
        base += f->bytes;
        if (s->way.careful && first < s->piece_count)
            TRY(pieces_align(s, first, e));
    }
    return OK;
}

void sieve_lines_number(struct sieve *s)
{
    int64_t next = 0;

    for (size_t i = 0; i < s->piece_count && !s->way.careful; i++) {
        struct sieve_piece *p = &s->pieces[i];
        if (i == 0 || p->file != s->pieces[i - 1].file)
            next = s->job->files[p->file].line;
        const int64_t lines = p->lines;
        p->lines = next;
        next += lines;
    }
}

static result bytes_read(int fd, char *to, int64_t from, size_t want, size_t *got, struct err *e)
{
    *got = 0;
    while (*got < want) {
        const ssize_t n = pread(fd, to + *got, want - *got, from + (int64_t)*got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(e, ERR_IO, "a file cannot be read: %s", strerror(errno));
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return OK;
}

/* Lines that begin before `to`: blank ones that were passed behind it are the next piece's. */
static int64_t lines_before(const struct csv_reader *r, const char *to)
{
    int64_t lines = r->line - 1;

    for (const char *s = to - 1; s < r->at - 1; s++)
        lines -= *s == '\n' ? 1 : 0;
    return lines;
}

/* A row that nothing ends within the longest that a row may be. */
static void endless_row(struct sieve_thread *t, struct csv_reader *r, uint64_t place,
                        sieve_each *each)
{
    const struct csv_row row = {
        .text = { r->at, 40 }, .fault = "a row that is too long", .column = 1, .line = r->line
    };

    r->line++;
    r->at = r->end;
    each(t, &row, place);
}

/* The last row is longer than most: all that may belong to it. *more: there was some. */
static result tail_read(struct sieve_thread *t, const struct sieve_piece *p, struct csv_reader *r,
                        bool *more, struct err *e)
{
    const struct sieve_file *f = &t->s->job->files[p->file];
    const int64_t start = p->at_row ? p->from : p->from - 1;
    const size_t have = (size_t)(r->end - t->buffer);
    const size_t most = (size_t)(p->to - start) + SIEVE_TAIL;
    size_t got = 0;

    if (have < most)
        TRY(bytes_read(f->fd, t->buffer + have, start + (int64_t)have, most - have, &got, e));
    r->end += got;
    r->whole = r->end - t->buffer + start >= f->bytes;
    *more = got > 0;
    return OK;
}

static uint64_t place_of(const struct sieve_piece *p, int64_t at, int64_t line)
{
    return (uint64_t)(p->base + at + 1) << 20 | (uint64_t)(line - 1);
}

result sieve_piece_read(struct sieve_thread *t, struct sieve_piece *p, sieve_each *each,
                        struct err *e)
{
    const struct sieve_file *f = &t->s->job->files[p->file];
    const int64_t start = p->at_row ? p->from : p->from - 1; /* is the byte before a line end? */
    size_t got;
    struct csv_row row;
    bool more;

    TRY(bytes_read(f->fd, t->buffer, start, (size_t)(p->to - start) + SIEVE_ROW, &got, e));
    if (start + (int64_t)got < p->to)
        return fail(e, ERR_IO, "a file became shorter while it was read");
    struct csv_reader r = csv_begin(str_of(t->buffer, got), f->separator, t->scratch);
    const char *to = t->buffer + (p->to - start);
    r.whole = start + (int64_t)got >= f->bytes;
    if (!p->at_row) {
        const char *end = memchr(t->buffer, '\n', got);
        r.at = end != NULL ? end + 1 : r.end;
    }
    while (r.at < to) {
        if (!csv_next(&r, &row)) {
            TRY(tail_read(t, p, &r, &more, e));
            if (more)
                continue;
            if (r.at < to && !r.whole)
                endless_row(t, &r, place_of(p, start + (r.at - t->buffer), r.line), each);
            break;
        }
        if (r.saw_quote && !t->s->way.careful) {
            atomic_store(&t->s->saw_quote, true);
            return OK;
        }
        if (row.text.p >= to) {
            r.at = row.text.p;
            r.line = row.line;
            break;
        }
        each(t, &row, place_of(p, start + (row.text.p - t->buffer), row.line));
    }
    if (!t->s->way.careful)
        p->lines = r.at > to ? lines_before(&r, to) : r.line - 1;
    return OK;
}
