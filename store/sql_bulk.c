/* Rows in bulk: PostgreSQL's COPY in binary, or one prepared INSERT. */
#include "store/sql_bulk.h"

#include <endian.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/sql_engine.h"

#define BUFFER_BYTES (256 * 1024)
#define COPY_HEAD    "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0" /* signature, flags, extension */
#define COPY_HEAD_N  19

struct sql_bulk {
    struct sql *db;
    enum sql_query insert;
    bool copying;
    int64_t rows;
    char *buffer;
    size_t n;
};

/* "INSERT INTO t (a, b) VALUES ($1, $2);" gives "COPY t (a, b) FROM STDIN (FORMAT binary)". */
static result copy_make(struct arena *a, enum sql_query q, struct str *out, struct err *e)
{
    const struct sql_statement *s = sql_statement(q);
    const struct str text = str_trim(s->text);
    const size_t head = strlen("INSERT INTO ");
    size_t values = head;

    while (values < text.n && !str_eq(str_sub(text, values, 7), STR("VALUES ")))
        values++;
    if (!str_eq(str_sub(text, 0, head), STR("INSERT INTO ")) || values >= text.n ||
        str_has(text, STR("ON CONFLICT")) || str_has(text, STR("RETURNING")))
        return fail(e, ERR_INTERNAL, "%s: not an insert of plain rows", s->name);
    *out = str_fmt(a, "COPY %.*s FROM STDIN (FORMAT binary)",
                   STR_ARG(str_trim(str_sub(text, head, values - head))));
    return OK;
}

static result flush(struct sql_bulk *b, struct err *e)
{
    const size_t n = b->n;

    b->n = 0;
    return n == 0 ? OK : b->db->pool->engine->copy_put(b->db, str_of(b->buffer, n), e);
}

static result put(struct sql_bulk *b, const void *bytes, size_t n, struct err *e)
{
    if (b->n + n > BUFFER_BYTES)
        TRY(flush(b, e));
    if (n > BUFFER_BYTES)
        return b->db->pool->engine->copy_put(b->db, str_of(bytes, n), e);
    memcpy(b->buffer + b->n, bytes, n);
    b->n += n;
    return OK;
}

static result value_put(struct sql_bulk *b, const struct sql_param *p, struct err *e)
{
    const uint64_t number = htobe64((uint64_t)p->i);
    const bool is_int = p->kind == SQL_PARAM_INT;
    const size_t n = is_int ? sizeof(number) : p->s.n;
    const uint32_t length = htobe32(p->kind == SQL_PARAM_NULL ? UINT32_MAX : (uint32_t)n);

    TRY(put(b, &length, sizeof(length), e));
    if (p->kind == SQL_PARAM_NULL || n == 0)
        return OK;
    return put(b, is_int ? (const void *)&number : p->s.p, n, e);
}

static result row_put(struct sql_bulk *b, const struct sql_param *params, size_t n, struct err *e)
{
    const uint16_t fields = htobe16((uint16_t)n);

    TRY(put(b, &fields, sizeof(fields), e));
    for (size_t i = 0; i < n; i++)
        TRY(value_put(b, &params[i], e));
    return OK;
}

bool sql_bulk_streams(const struct sql_pool *p)
{
    return p->engine->copy_begin != NULL;
}

result sql_bulk_begin(struct sql *db, enum sql_query insert, struct arena *a, struct sql_bulk **out,
                      struct err *e)
{
    struct sql_bulk *b = arena_new(a, struct sql_bulk);
    struct str copy;

    *b = (struct sql_bulk){ .db = db, .insert = insert };
    TRY(copy_make(a, insert, &copy, e));
    if (db->pool->engine->copy_begin != NULL) {
        TRY(sql_puts_write(db, e));
        b->buffer = arena_alloc(a, BUFFER_BYTES);
        TRY(sql_noted(db, db->pool->engine->copy_begin(db, str_cstr(a, copy), e), e));
        b->copying = true;
        *out = b;
        return put(b, COPY_HEAD, COPY_HEAD_N, e);
    }
    *out = b;
    return OK;
}

result sql_bulk_row_n(struct sql_bulk *b, const struct sql_param *params, size_t n, struct err *e)
{
    b->rows++;
    if (!b->copying)
        return sql_run_n(b->db, b->insert, params, n, NULL, e);
    TRY(sql_noted(b->db, sql_params_check(&b->db->rows[b->insert], params, n, e), e));
    return sql_noted(b->db, row_put(b, params, n, e), e);
}

static result copy_end(struct sql_bulk *b, struct err *e)
{
    const uint16_t end = UINT16_MAX;

    TRY(put(b, &end, sizeof(end), e));
    TRY(flush(b, e));
    b->copying = false;
    return b->db->pool->engine->copy_end(b->db, true, e);
}

result sql_bulk_end(struct sql_bulk **b, int64_t *rows, struct err *e)
{
    struct sql_bulk *own = *b;

    if (own->copying)
        TRY(sql_noted(own->db, copy_end(own, e), e));
    *rows = own->rows;
    *b = NULL;
    return OK;
}

void sql_bulk_drop(struct sql_bulk **b)
{
    struct sql_bulk *own = *b;
    struct err why = { .code = ERR_NONE };

    *b = NULL;
    if (own == NULL)
        return;
    if (own->copying)
        (void)sql_noted(own->db, own->db->pool->engine->copy_end(own->db, false, &why), &why);
    (void)sql_noted(own->db, fail(&why, ERR_STORE, "rows in bulk were given up"), &why);
}
