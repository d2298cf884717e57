#include "base/catalog.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"

#define TEXT_BYTES_MAX  (1024u * 1024)
#define ARENA_BYTES_MAX (16u * 1024 * 1024)

struct entry {
    struct str key, text;
    int line;
};

struct catalog {
    struct arena *arena;
    struct entry *entries; /* sorted by key */
    size_t n;
};

static int entry_cmp(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    const int order = str_cmp(x->key, y->key);

    return order != 0 ? order : x->line - y->line;
}

static result read_entry(struct str line, int number, struct entry *out, struct err *e)
{
    struct str key, text;

    if (!str_cut(line, '=', &key, &text))
        return fail(e, ERR_MALFORMED, "line %d: not key = text", number);
    key = str_trim(key);
    text = str_trim(text);
    if (key.n == 0 ||
        !str_all_in(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"))
        return fail(e, ERR_MALFORMED, "line %d: not a key", number);
    if (text.n == 0)
        return fail(e, ERR_MALFORMED, "line %d: no text", number);
    if (!utf8_is_text(text))
        return fail(e, ERR_NOT_UTF8, "line %d", number);
    *out = (struct entry){ key, text, number };
    return OK;
}

static size_t line_count(struct str text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static result read_entries(struct catalog *c, struct str text, struct err *e)
{
    struct str line;

    c->entries = arena_array(c->arena, struct entry, line_count(text));
    for (int number = 1; str_next(&text, '\n', &line); number++) {
        line = str_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        TRY(read_entry(line, number, &c->entries[c->n], e));
        c->n++;
    }
    qsort(c->entries, c->n, sizeof(c->entries[0]), entry_cmp);
    for (size_t i = 1; i < c->n; i++)
        if (str_eq(c->entries[i - 1].key, c->entries[i].key))
            return fail(e, ERR_MALFORMED, "line %d: the key of line %d", c->entries[i].line,
                        c->entries[i - 1].line);
    return OK;
}

result catalog_read(struct str text, struct catalog **out, struct err *e)
{
    DEFER(catalog_close) struct catalog *c = NULL;
    struct arena *a;

    if (text.n > TEXT_BYTES_MAX || line_count(text) > ARENA_BYTES_MAX / 2 / sizeof(struct entry))
        return fail(e, ERR_TOO_LARGE, "catalogue of %zu bytes", text.n);
    a = arena_open(ARENA_BYTES_MAX);
    c = arena_new(a, struct catalog);
    c->arena = a;
    TRY(read_entries(c, str_dup(a, text), e));
    *out = c;
    c = NULL;
    return OK;
}

void catalog_close(struct catalog **c)
{
    if (*c != NULL) {
        struct arena *a = (*c)->arena; /* the catalogue itself lies in it */

        arena_close(&a);
    }
    *c = NULL;
}

bool catalog_find(const struct catalog *c, struct str key, struct str *text)
{
    size_t low = 0, high = c->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = str_cmp(c->entries[middle].key, key);

        if (order == 0) {
            *text = c->entries[middle].text;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

struct str catalog_text(const struct catalog *c, struct str key)
{
    struct str text;

    return catalog_find(c, key, &text) ? text : key;
}

/* {0} to {9}, when there is such an argument. */
static bool is_slot(struct str s, size_t n)
{
    return s.n >= 3 && s.p[0] == '{' && s.p[1] >= '0' && s.p[1] <= '9' && s.p[2] == '}' &&
           (size_t)(s.p[1] - '0') < n;
}

struct str catalog_fill(struct arena *a, const struct catalog *c, struct str key,
                        const struct str *args, size_t n)
{
    struct str text = catalog_text(c, key);
    struct buf b = buf_make(a, SIZE_MAX / 4);

    while (text.n > 0) {
        const bool slot = is_slot(text, n);

        if (slot)
            buf_put(&b, args[text.p[1] - '0']);
        else
            buf_putc(&b, text.p[0]);
        text = str_from(text, slot ? 3 : 1);
    }
    return buf_str(&b);
}

size_t catalog_count(const struct catalog *c)
{
    return c->n;
}

struct str catalog_key_at(const struct catalog *c, size_t i)
{
    must(i < c->n);
    return c->entries[i].key;
}
