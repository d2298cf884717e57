/*
 * The handle of the fee tables, and the files that they come from. Promise: who reads sees one
 * reading or the next, never parts of two; a reading that holds a mistake replaces nothing.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/fee_read.h"
#include "payments/fee_table.h"

#define FILE_BYTES_MAX (4 << 20)
#define FILES_MAX      64

const struct fee_rows *fee_rows_of(const struct fee_table *t)
{
    return atomic_load_explicit(&((struct fee_table *)(uintptr_t)t)->now, memory_order_acquire);
}

int64_t fee_table_version(const struct fee_table *t)
{
    return fee_rows_of(t)->version;
}

void fee_rows_close(struct fee_rows **r)
{
    struct arena *a = *r != NULL ? (*r)->arena : NULL;

    *r = NULL;
    arena_close(&a);
}

static struct fee_table *table_make(struct fee_rows *rows)
{
    struct fee_table *t = calloc(1, sizeof(*t));

    must(t != NULL);
    must(pthread_mutex_init(&t->lock, NULL) == 0);
    atomic_store(&t->now, rows);
    return t;
}

void fee_table_close(struct fee_table **p)
{
    struct fee_table *t = *p;
    struct fee_rows *rows = t != NULL ? atomic_load(&t->now) : NULL;

    while (rows != NULL) {
        struct fee_rows *older = rows->older;

        fee_rows_close(&rows);
        rows = older;
    }
    if (t != NULL)
        (void)pthread_mutex_destroy(&t->lock);
    free(t);
    *p = NULL;
}

/* Those that nobody can hold any more: a request ends within seconds, a job within minutes. */
static void retired_drop(struct fee_rows *now, int64_t now_ms)
{
    for (struct fee_rows *keep = now; keep->older != NULL;) {
        struct fee_rows *old = keep->older;

        if (now_ms - old->retired_ms < FEE_RETIRED_MS) {
            keep = old;
            continue;
        }
        keep->older = old->older;
        fee_rows_close(&old);
    }
}

result fee_table_renew(struct fee_table *t, struct str json, int64_t version, struct buf *mistakes,
                       struct err *e)
{
    const int64_t now_ms = clock_monotonic_ms();
    struct fee_rows *fresh, *old;

    TRY(fee_rows_read(json, "published", &fresh, mistakes, e));
    fresh->version = version;
    (void)pthread_mutex_lock(&t->lock);
    old = atomic_load(&t->now);
    old->retired_ms = now_ms;
    fresh->older = old;
    atomic_store_explicit(&t->now, fresh, memory_order_release);
    retired_drop(fresh, now_ms);
    (void)pthread_mutex_unlock(&t->lock);
    return OK;
}

result fee_rows_read(struct str json, const char *file, struct fee_rows **out, struct buf *mistakes,
                     struct err *e)
{
    struct fee_reader r = fee_reader_make(mistakes);
    DEFER(fee_rows_close) struct fee_rows *rows = r.t;

    fee_reader_take(&r, str_c(file), json);
    TRY(fee_reader_end(&r, e));
    *out = rows;
    rows = NULL;
    return OK;
}

result fee_table_read(struct str json, const char *file, struct fee_table **out,
                      struct buf *mistakes, struct err *e)
{
    struct fee_rows *rows;

    TRY(fee_rows_read(json, file, &rows, mistakes, e));
    *out = table_make(rows);
    return OK;
}

static void file_close(FILE **f)
{
    if (*f != NULL)
        (void)fclose(*f);
}

static result file_read(struct arena *a, const char *path, struct str *out, struct err *e)
{
    DEFER(file_close) FILE *f = fopen(path, "rb");
    char *bytes = arena_alloc(a, FILE_BYTES_MAX + 1);

    if (f == NULL)
        return fail(e, ERR_CONFIG, "cannot read %s", path);
    out->n = fread(bytes, 1, FILE_BYTES_MAX + 1, f);
    out->p = bytes;
    if (ferror(f) || out->n > FILE_BYTES_MAX)
        return fail(e, ERR_CONFIG, "%s cannot be read or is too large", path);
    return OK;
}

/* What is done with each file of a folder, in the order of their names. */
typedef result file_work(void *arg, struct str name, struct str text, struct err *e);

static int is_json(const struct dirent *d)
{
    return str_ends(str_c(d->d_name), STR(".json")) && d->d_name[0] != '.';
}

static result names_walk(const char *dir, struct dirent **names, int n, file_work *work, void *arg,
                         struct err *e)
{
    if (n > FILES_MAX)
        return fail(e, ERR_CONFIG, "more than %d fee tables in %s", FILES_MAX, dir);
    for (int i = 0; i < n; i++) {
        DEFER(arena_close) struct arena *a = arena_open(FILE_BYTES_MAX + (1 << 20));
        struct str text;

        TRY(file_read(a, str_cstr(a, str_fmt(a, "%s/%s", dir, names[i]->d_name)), &text, e));
        TRY(work(arg, str_c(names[i]->d_name), text, e));
    }
    return n > 0 ? OK : fail(e, ERR_CONFIG, "no fee tables in %s", dir);
}

/* Each file of a folder, or the one file. */
static result files_walk(const char *path, file_work *work, void *arg, struct err *e)
{
    struct dirent **names = NULL;
    struct stat st;
    int n;
    result done;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        DEFER(arena_close) struct arena *a = arena_open(FILE_BYTES_MAX + (1 << 20));
        const char *slash = strrchr(path, '/');
        struct str text;

        TRY(file_read(a, path, &text, e));
        return work(arg, str_c(slash != NULL ? slash + 1 : path), text, e);
    }
    n = scandir(path, &names, is_json, alphasort);
    if (n < 0)
        return fail(e, ERR_CONFIG, "cannot read folder %s", path);
    done = names_walk(path, names, n, work, arg, e);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return done;
}

static result rows_take(void *arg, struct str name, struct str text, struct err *e)
{
    (void)e;
    fee_reader_take(arg, name, text);
    return OK;
}

result fee_table_open(const char *path, struct fee_table **out, struct buf *mistakes, struct err *e)
{
    struct fee_reader r = fee_reader_make(mistakes);
    DEFER(fee_rows_close) struct fee_rows *rows = r.t;

    TRY(files_walk(path, rows_take, &r, e));
    TRY(fee_reader_end(&r, e));
    *out = table_make(rows);
    rows = NULL;
    return OK;
}

struct merging {
    struct json *all;
    struct buf *mistakes;
};

static result text_merge(void *arg, struct str name, struct str text, struct err *e)
{
    const struct merging *m = arg;
    DEFER(json_close) struct json *root = NULL;
    struct json *value;
    struct str member;

    if (json_read(text, &root, e).failed || !json_is_object(root)) {
        if (m->mistakes != NULL)
            buf_fmt(m->mistakes, "%.*s: not a JSON object: %s\n", STR_ARG(name), e->detail);
        return fail(e, ERR_CONFIG, "%.*s is not a JSON object", STR_ARG(name));
    }
    for (size_t i = 0; json_each(root, i, &member, &value); i++) {
        char key[32];
        struct json *list;

        if (member.n >= sizeof(key))
            return fail(e, ERR_CONFIG, "%.*s: a member that is unknown", STR_ARG(name));
        memcpy(key, member.p, member.n);
        key[member.n] = '\0';
        if (json_member(m->all, key) == NULL)
            json_put(m->all, key, json_array());
        list = json_member(m->all, key);
        if (!json_is_array(value))
            return fail(e, ERR_CONFIG, "%.*s: %s is not a list", STR_ARG(name), key);
        for (size_t k = 0; k < json_count(value); k++)
            json_add(list, json_copy(json_at(value, k)));
    }
    return OK;
}

result fee_text_load(const char *path, struct arena *a, struct str *out, struct buf *mistakes,
                     struct err *e)
{
    DEFER(json_close) struct json *all = json_object();
    struct merging m = { all, mistakes };

    TRY(files_walk(path, text_merge, &m, e));
    *out = json_print_canonical(a, all);
    return OK;
}
