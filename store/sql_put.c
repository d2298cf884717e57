/*
 * Rows that may be written late: what a transaction puts into a table waits until a statement names
 * one of the tables that rows wait for, or until the end, and is then written with all its like in
 * one statement. Tables are written in the order in which they were first put into, so that what is
 * referred to stands before what refers to it.
 */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/sql_engine.h"

#define LISTS_MAX   16 /* statements of one connection that may let rows wait */
#define ROWS_MAX    512
#define BYTES_MAX   ((size_t)4 << 20) /* waiting at a time; one row may be longer */
#define ARENA_BYTES ((size_t)256 << 20)

struct row {
    struct row *next;
    struct sql_param *params;
};

/* Of one statement: what it inserts into, who names that, and the rows that wait. */
struct list {
    enum sql_query query;
    struct str table;
    size_t params;      /* of each row */
    signed char *named; /* by each statement: 1 or -1; 0 is not known yet */
    struct row *first, *last;
    size_t count;
    bool used;         /* by this transaction */
    struct list *next; /* put into after this one */
};

struct sql_puts {
    struct list lists[LISTS_MAX];
    size_t known;
    struct list *first, *last; /* those that this transaction has put into */
    size_t count;
    struct arena *a; /* of the rows; made on demand */
};

static bool is_word(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool has_word(struct str text, struct str word)
{
    const char *at = text.p, *const end = text.p + text.n;

    while ((at = memmem(at, (size_t)(end - at), word.p, word.n)) != NULL) {
        const char *after = at + word.n;

        if ((at == text.p || !is_word(at[-1])) && (after == end || !is_word(*after)))
            return true;
        at = after;
    }
    return false;
}

/* "INSERT INTO t (a, b) VALUES ($1, $2);" gives "t". */
static result table_read(enum sql_query q, struct str *out, struct err *e)
{
    const struct sql_statement *s = sql_statement(q);
    const struct str text = str_trim(s->text), head = STR("INSERT INTO ");

    if (!str_starts(text, head) || !str_has(text, STR("VALUES (")) ||
        str_has(text, STR("ON CONFLICT")) || str_has(text, STR("RETURNING")))
        return fail(e, ERR_INTERNAL, "%s: not an insert of plain rows", s->name);
    *out = str_sub(text, head.n, str_find(str_sub(text, head.n, text.n), ' '));
    return OK;
}

struct sql_puts *sql_puts_make(struct arena *a)
{
    struct sql_puts *p = arena_new(a, struct sql_puts);

    for (size_t i = 0; i < LISTS_MAX; i++)
        p->lists[i].named = arena_array(a, signed char, SQL_QUERY_COUNT);
    return p;
}

void sql_puts_close(struct sql_puts *p)
{
    arena_close(&p->a);
}

/* NULL: there are too many already. */
static result list_find(struct sql_puts *p, enum sql_query q, struct list **out, struct err *e)
{
    struct list *l;

    *out = NULL;
    for (size_t i = 0; i < p->known; i++)
        if (p->lists[i].query == q) {
            *out = &p->lists[i];
            return OK;
        }
    if (p->known == LISTS_MAX)
        return OK;
    l = &p->lists[p->known];
    TRY(table_read(q, &l->table, e));
    l->query = q;
    p->known++;
    *out = l;
    return OK;
}

static result list_write(struct sql *db, struct list *l, struct arena *a, struct err *e)
{
    struct sql_param *params = arena_array(a, struct sql_param, l->count * l->params);
    size_t at = 0;

    if (l->count == 0)
        return OK;
    for (const struct row *row = l->first; row != NULL; row = row->next, at += l->params)
        memcpy(params + at, row->params, l->params * sizeof(*params));
    return db->pool->engine->post_many(&db->rows[l->query], params, l->params, l->count, a, e);
}

static void rows_drop(struct sql_puts *p)
{
    for (struct list *l = p->first; l != NULL; l = l->next) {
        l->first = l->last = NULL;
        l->count = 0;
    }
    p->count = 0;
    if (p->a != NULL)
        arena_reset(p->a);
}

void sql_puts_drop(struct sql *db)
{
    struct sql_puts *p = db->puts;

    rows_drop(p);
    for (struct list *l = p->first; l != NULL; l = l->next)
        l->used = false;
    p->first = p->last = NULL;
}

result sql_puts_write(struct sql *db, struct err *e)
{
    struct sql_puts *p = db->puts;
    result r = OK;

    if (p->count == 0)
        return OK;
    for (struct list *l = p->first; l != NULL && !r.failed; l = l->next)
        r = list_write(db, l, p->a, e);
    rows_drop(p);
    return sql_noted(db, r, e);
}

result sql_puts_write_for(struct sql *db, enum sql_query q, struct err *e)
{
    for (struct list *l = db->puts->first; l != NULL; l = l->next) {
        if (l->named[q] == 0)
            l->named[q] = has_word(sql_statement(q)->text, l->table) ? 1 : -1;
        if (l->count > 0 && l->named[q] > 0)
            return sql_puts_write(db, e);
    }
    return OK;
}

static void row_join(struct sql_puts *p, struct list *l, const struct sql_param *params, size_t n)
{
    struct row *row = arena_new(p->a, struct row);

    row->params = arena_array(p->a, struct sql_param, n);
    for (size_t i = 0; i < n; i++) {
        row->params[i] = params[i];
        row->params[i].s = str_dup(p->a, params[i].s);
    }
    if (l->first == NULL)
        l->first = row;
    else
        l->last->next = row;
    l->last = row;
    l->params = n;
    l->count++;
    if (!l->used) {
        l->used = true;
        l->next = NULL;
        if (p->first == NULL)
            p->first = l;
        else
            p->last->next = l;
        p->last = l;
    }
    p->count++;
}

static result put(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                  struct err *e)
{
    struct sql_puts *p = db->puts;
    struct list *l;

    if (db->why.code != ERR_NONE)
        return fail(e, db->why.code, "%s", db->why.detail);
    TRY(sql_params_check(&db->rows[q], params, n, e));
    TRY(list_find(p, q, &l, e));
    if (l == NULL)
        return sql_run_n(db, q, params, n, NULL, e);
    if (p->count == ROWS_MAX || (p->a != NULL && arena_used_bytes(p->a) > BYTES_MAX))
        TRY(sql_puts_write(db, e));
    if (p->a == NULL)
        p->a = arena_open(ARENA_BYTES);
    row_join(p, l, params, n);
    return OK;
}

result sql_put_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                 struct err *e)
{
    struct err own;

    must(q < SQL_QUERY_COUNT);
    if (db->pool->engine->post_many == NULL)
        return sql_run_n(db, q, params, n, NULL, e);
    if (e == NULL)
        e = &own;
    return sql_noted(db, put(db, q, params, n, e), e);
}
