/*
 * What goes into a statement and what comes out of its rows, whichever the engine.
 */
#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "store/sql_engine.h"

/* Parameters. */

struct sql_param sql_i(int64_t i)
{
    return (struct sql_param){ .kind = SQL_PARAM_INT, .i = i };
}

struct sql_param sql_t(struct str text)
{
    return (struct sql_param){ .kind = SQL_PARAM_TEXT, .s = text };
}

struct sql_param sql_b(struct str bytes)
{
    return (struct sql_param){ .kind = SQL_PARAM_BYTES, .s = bytes };
}

struct sql_param sql_null(void)
{
    return (struct sql_param){ .kind = SQL_PARAM_NULL };
}

struct sql_param sql_t_or_null(struct str text)
{
    return text.n == 0 ? sql_null() : sql_t(text);
}

/* PostgreSQL keeps nothing but UTF-8 without NUL in a text; SQLite would keep any bytes. */
result sql_params_check(const struct sql_rows *r, const struct sql_param *params, size_t n,
                        struct err *e)
{
    if (n > LIMIT_SQL_PARAMS)
        return fail(e, ERR_INTERNAL, "%s: %zu parameters", sql_rows_name(r), n);
    for (size_t i = 0; i < n; i++) {
        if (params[i].kind != SQL_PARAM_TEXT && params[i].kind != SQL_PARAM_BYTES)
            continue;
        if (params[i].s.n > LIMIT_SQL_TEXT_BYTES)
            return fail(e, ERR_TOO_LARGE, "%s: $%zu has %zu bytes", sql_rows_name(r), i + 1,
                        params[i].s.n);
        if (params[i].kind == SQL_PARAM_TEXT && !utf8_is_valid(params[i].s))
            return fail(e, ERR_NOT_UTF8, "%s: $%zu is no text", sql_rows_name(r), i + 1);
    }
    return OK;
}

/* Columns. */

static struct sql_param cell(const struct sql_rows *r, int column)
{
    must(r->on_row);
    must(column >= 0 && column < r->db->pool->engine->columns(r));
    return r->db->pool->engine->cell(r, column);
}

int64_t sql_int(const struct sql_rows *rows, int column)
{
    const struct sql_param c = cell(rows, column);

    must(c.kind == SQL_PARAM_INT || c.kind == SQL_PARAM_NULL);
    return c.i;
}

struct str sql_text(const struct sql_rows *rows, int column, struct arena *a)
{
    const struct sql_param c = cell(rows, column);

    must(c.kind == SQL_PARAM_TEXT || c.kind == SQL_PARAM_NULL);
    return c.kind == SQL_PARAM_NULL ? (struct str){ NULL, 0 } : str_dup(a, c.s);
}

struct str sql_bytes(const struct sql_rows *rows, int column, struct arena *a)
{
    const struct sql_param c = cell(rows, column);

    must(c.kind == SQL_PARAM_BYTES || c.kind == SQL_PARAM_NULL);
    return c.kind == SQL_PARAM_NULL ? (struct str){ NULL, 0 } : str_dup(a, c.s);
}

size_t sql_length(const struct sql_rows *rows, int column)
{
    const struct sql_param c = cell(rows, column);

    must(c.kind != SQL_PARAM_INT);
    return c.s.n;
}

bool sql_is_null(const struct sql_rows *rows, int column)
{
    return cell(rows, column).kind == SQL_PARAM_NULL;
}
