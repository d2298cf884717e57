/*
 * Attacker: whoever can read or change rows of the store. Promise: what is kept is sealed, and a
 * piece moved to another file, another place or damaged does not open. Deliberately not done:
 * hiding how large a file is.
 */
#include "finance/intake_keep.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/squeeze.h"
#include "base/str.h"
#include "crypto/seal.h"
#include "finance/intake_row.h"
#include "store/sql.h"

#define PIECES_AT_ONCE   8
#define PIECE_WORK_BYTES ((size_t)8 * INTAKE_PIECE_BYTES)

static struct str place(struct arena *a, struct str sha256, int64_t piece)
{
    return str_fmt(a, "settlement_piece/%.*s/%lld", STR_ARG(sha256), (long long)piece);
}

struct keeping {
    const struct till *t;
    int64_t file_n, piece; /* piece: the next one */
    struct str sha256, rest;
    struct arena *a;
};

static result pieces_insert(struct sql *db, void *arg, struct err *e)
{
    const struct keeping *k = arg;
    struct str rest = k->rest;

    arena_reset(k->a);
    TRY(settlement_hold(db, k->file_n, e));
    for (int64_t i = k->piece; i < k->piece + PIECES_AT_ONCE && rest.n > 0; i++) {
        struct str plain = str_sub(rest, 0, INTAKE_PIECE_BYTES);
        struct str sealed =
            seal_put(k->a, k->t->seal, place(k->a, k->sha256, i), squeeze_close(k->a, plain));

        TRY(sql_run(db, SQL_SETTLEMENT_PIECE_INSERT, e, sql_i(k->file_n), sql_i(i),
                    sql_i((int64_t)plain.n), sql_b(sealed)));
        rest = str_from(rest, plain.n);
    }
    return OK;
}

result intake_keep(const struct till *t, int64_t file_n, struct str sha256, struct str bytes,
                   int64_t *pieces, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(PIECES_AT_ONCE * PIECE_WORK_BYTES);
    struct keeping k = { t, file_n, 0, sha256, bytes, a };

    while (k.rest.n > 0) {
        TRY(sql_transact(t->store, pieces_insert, &k, e));
        k.rest = str_from(k.rest, (size_t)PIECES_AT_ONCE * INTAKE_PIECE_BYTES);
        k.piece += PIECES_AT_ONCE;
    }
    *pieces = (int64_t)((bytes.n + INTAKE_PIECE_BYTES - 1) / INTAKE_PIECE_BYTES);
    return OK;
}

/* Reading, piece by piece. */
struct pieces {
    const struct till *t;
    struct sql *db; /* NULL: a transaction of its own for each piece */
    struct settlement_kept file;
    struct arena *a; /* of the piece that is open */
    int64_t next;
    struct str open; /* what is left of it */
};

static result piece_load(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct pieces *p = arg;
    struct str squeezed;
    int64_t bytes;

    arena_reset(p->a);
    TRY(sql_find(db, SQL_SETTLEMENT_PIECE_LOAD, &rows, e, sql_i(p->file.file_n), sql_i(p->next)));
    TRY(sql_one(rows, e));
    bytes = sql_int(rows, 0);
    if (bytes < 1 || bytes > INTAKE_PIECE_BYTES)
        return fail(e, ERR_STORE, "a piece of %lld bytes", (long long)bytes);
    TRY(seal_get(p->a, p->t->seal, place(p->a, p->file.file.sha256, p->next),
                 sql_bytes(rows, 1, p->a), &squeezed, e));
    return squeeze_open(p->a, squeezed, (size_t)bytes, &p->open, e);
}

static result piece_next(struct pieces *p, struct err *e)
{
    TRY(p->db != NULL ? piece_load(p->db, p, e) : sql_read(p->t->store, piece_load, p, e));
    p->next++;
    return OK;
}

static result pull(void *arg, char *room, size_t n, size_t *got, struct err *e)
{
    struct pieces *p = arg;

    if (p->open.n == 0 && p->next < p->file.pieces)
        TRY(piece_next(p, e));
    *got = p->open.n < n ? p->open.n : n;
    if (*got > 0)
        memcpy(room, p->open.p, *got);
    p->open = str_from(p->open, *got);
    return OK;
}

/* A spreadsheet is put together: its directory is at its end. */
static result whole(struct pieces *p, struct arena *a, struct str *out, struct err *e)
{
    char *bytes = arena_alloc(a, (size_t)p->file.file.bytes + 1);
    size_t n = 0, got = 1;

    while (n < (size_t)p->file.file.bytes && got > 0) {
        TRY(pull(p, bytes + n, (size_t)p->file.file.bytes - n, &got, e));
        n += got;
    }
    *out = str_of(bytes, n);
    return OK;
}

static result pieces_open(struct pieces *p, struct sql *db, int64_t file_n, struct arena *a,
                          struct err *e)
{
    bool found;

    TRY(settlement_find_number(db, file_n, a, &found, &p->file, e));
    return found ? OK : fail(e, ERR_NOT_FOUND, "no file %lld", (long long)file_n);
}

/* The map of the file's source as it was on the file's day. */
static result map_find(const struct office *f, const struct settlement_file *file,
                       const struct csv_form **out, struct err *e)
{
    const struct source *s;

    if (file->form != SETTLEMENT_CSV)
        return OK;
    s = f->sources == NULL ? NULL : source_find(f->sources, file->source_id, file->day);
    if (s == NULL || s->map == NULL)
        return fail(e, ERR_STORE, "source %.*s has no map for the day of the file %.*s",
                    STR_ARG(file->source_id), STR_ARG(file->sha256));
    *out = s->map;
    return OK;
}

static result lines_read(const struct office *f, struct pieces *p, const struct intake_lines *in,
                         bool released, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close)
    struct arena *big = arena_open((size_t)LIMIT_SETTLEMENT_BYTES + LIMIT_ARENA_JOB_BYTES);
    struct settlement_input input = { .pull = pull,
                                      .pull_arg = p,
                                      .sink = in->sink,
                                      .damage = in->damage,
                                      .arg = in->arg,
                                      .released = released };
    struct settlement_head head;
    struct settlement_faults *faults = arena_new(a, struct settlement_faults);

    if (p->file.file.form == SETTLEMENT_XLSX) {
        TRY(whole(p, big, &input.bytes, e));
        input.pull = NULL;
    }
    TRY(map_find(f, &p->file.file, &input.map, e));
    TRY(settlement_read_input(&input, a, &head, faults, e));
    if ((faults->total > 0 && !input.released) ||
        (input.map != NULL && !str_eq(head.content, p->file.content)))
        return fail(e, ERR_STORE, "the kept file %.*s reads no longer as it did",
                    STR_ARG(p->file.file.sha256));
    return OK;
}

static bool is_released(const struct pieces *p)
{
    return p->file.file.released_by.n > 0;
}

struct opening {
    struct pieces *p;
    int64_t file_n;
    struct arena *a;
};

static result open_work(struct sql *db, void *arg, struct err *e)
{
    const struct opening *o = arg;

    return pieces_open(o->p, db, o->file_n, o->a, e);
}

result intake_read_lines(const struct office *f, const struct intake_lines *in, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close) struct arena *piece = arena_open(PIECE_WORK_BYTES);
    struct pieces p = { .t = f->till, .a = piece };
    struct opening o = { &p, in->file_n, a };

    TRY(sql_read(f->till->store, open_work, &o, e));
    return lines_read(f, &p, in, is_released(&p), e);
}

result intake_read_lines_in(struct sql *db, const struct office *f, const struct intake_lines *in,
                            struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close) struct arena *piece = arena_open(PIECE_WORK_BYTES);
    struct pieces p = { .t = f->till, .db = db, .a = piece };

    TRY(pieces_open(&p, db, in->file_n, a, e));
    return lines_read(f, &p, in, is_released(&p), e);
}

result intake_try_lines_in(struct sql *db, const struct office *f, const struct intake_lines *in,
                           struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close) struct arena *piece = arena_open(PIECE_WORK_BYTES);
    struct pieces p = { .t = f->till, .db = db, .a = piece };

    TRY(pieces_open(&p, db, in->file_n, a, e));
    return lines_read(f, &p, in, true, e);
}

result intake_read_bytes(const struct office *f, const struct settlement_file *file, int64_t offset,
                         size_t n, struct arena *a, struct str *out, struct err *e)
{
    DEFER(arena_close) struct arena *piece = arena_open(PIECE_WORK_BYTES);
    struct pieces p = { .t = f->till, .a = piece };
    struct opening o = { &p, file->n, a };
    char *bytes;
    size_t have = 0, got = 1;

    TRY(sql_read(f->till->store, open_work, &o, e));
    if (offset < 0 || n > INTAKE_RAW_MAX)
        return fail_field(e, ERR_INVALID, "offset", "below 0, or too many bytes");
    p.next = offset / INTAKE_PIECE_BYTES;
    if (p.next < p.file.pieces) {
        TRY(piece_next(&p, e));
        p.open = str_from(p.open, (size_t)(offset % INTAKE_PIECE_BYTES));
    }
    bytes = arena_alloc(a, n + 1);
    while (have < n && got > 0) {
        TRY(pull(&p, bytes + have, n - have, &got, e));
        have += got;
    }
    *out = str_of(bytes, have);
    return OK;
}
