/*
 * Patterns of one shape ("/a/{x}" and "/a/{y}") are one place in the table with a route for each
 * method. Places are sorted so that a literal segment comes before a parameter at the same depth:
 * the first place that matches is the most specific one, and owns the path.
 */
#include "http/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "http/request.h"

#define SEGMENTS_MAX 12
#define ALLOW_BYTES  64

static const char *const names[METHOD_COUNT] = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"
};

struct segment {
    struct str text; /* literal, or the parameter's name */
    bool param;
};

struct place {
    struct segment segments[SEGMENTS_MAX];
    size_t count;
    const struct route *by_method[METHOD_COUNT];
};

struct route_table {
    struct place *places;
    size_t count;
};

const char *method_name(enum method m)
{
    must(m < METHOD_COUNT);
    return names[m];
}

bool method_find(struct str name, enum method *out)
{
    for (int m = 0; m < METHOD_COUNT; m++) {
        if (!str_is(name, names[m]))
            continue;
        *out = (enum method)m;
        return true;
    }
    return false;
}

/* "/a/b" is two segments, "/" one empty one. False: too many, or no '/' at the start. */
static bool path_cut(struct str path, struct segment *out, size_t *count)
{
    size_t n = 0;
    struct str head;

    if (path.n == 0 || path.p[0] != '/')
        return false;
    path = (struct str){ path.p + 1, path.n - 1 };
    while (str_next(&path, '/', &head)) {
        if (n == SEGMENTS_MAX)
            return false;
        out[n++] = (struct segment){ .text = head };
    }
    *count = n;
    return true;
}

static bool segment_read(struct segment *s, bool only)
{
    const struct str t = s->text;

    if (t.n == 0)
        return only;
    if (str_is(t, ".") || str_is(t, ".."))
        return false;
    if (t.p[0] != '{')
        return str_find(t, '{') == t.n && str_find(t, '}') == t.n;
    s->param = true;
    s->text = t.n > 2 ? str_sub(t, 1, t.n - 2) : STR("");
    return t.n > 2 && str_find(t, '}') == t.n - 1;
}

static bool pattern_read(const char *pattern, struct place *out)
{
    size_t params = 0;

    if (!path_cut(str_c(pattern), out->segments, &out->count))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        if (!segment_read(&out->segments[i], out->count == 1))
            return false;
        params += out->segments[i].param;
    }
    return params <= LEN(((struct request *)NULL)->params);
}

/* 0 for one shape; parameter names do not matter. */
static int place_cmp(const void *x, const void *y)
{
    const struct place *a = x, *b = y;

    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct segment *s = &a->segments[i], *t = &b->segments[i];
        const int order = s->param || t->param ? s->param - t->param : str_cmp(s->text, t->text);

        if (order != 0)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

static struct place *place_same(struct route_table *t, const struct place *p)
{
    for (size_t i = 0; i < t->count; i++)
        if (place_cmp(&t->places[i], p) == 0)
            return &t->places[i];
    t->places[t->count] = *p;
    return &t->places[t->count++];
}

result route_table_open(const struct route *routes, size_t n, struct route_table **out,
                        struct err *e)
{
    DEFER(route_table_close) struct route_table *t = calloc(1, sizeof(*t));

    must(t != NULL);
    t->places = calloc(n + 1, sizeof(*t->places));
    must(t->places != NULL);
    for (size_t i = 0; i < n; i++) {
        const struct route *r = &routes[i];
        struct place read = { .count = 0 }, *p;

        must(r->method < METHOD_COUNT);
        if (r->method == METHOD_HEAD || !pattern_read(r->pattern, &read))
            return fail(e, ERR_CONFIG, "route %s %s", names[r->method], r->pattern);
        p = place_same(t, &read);
        if (p->by_method[r->method] != NULL)
            return fail(e, ERR_CONFIG, "route %s %s twice", names[r->method], r->pattern);
        p->by_method[r->method] = r;
    }
    qsort(t->places, t->count, sizeof(*t->places), place_cmp);
    *out = t;
    t = NULL;
    return OK;
}

void route_table_close(struct route_table **t)
{
    if (*t == NULL)
        return;
    free((*t)->places);
    free(*t);
    *t = NULL;
}

static bool place_matches(const struct place *p, const struct segment *path, size_t count)
{
    if (p->count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct segment *s = &p->segments[i];

        if (s->param ? path[i].text.n == 0 : !str_eq(s->text, path[i].text))
            return false;
    }
    return true;
}

static struct str allowed(struct arena *a, const struct place *p)
{
    struct buf b = buf_make(a, ALLOW_BYTES);

    for (int m = 0; m < METHOD_COUNT; m++) {
        const bool here = p->by_method[m == METHOD_HEAD ? METHOD_GET : m] != NULL;

        if (here && b.n > 0)
            buf_puts(&b, ", ");
        if (here)
            buf_puts(&b, names[m]);
    }
    return buf_str(&b);
}

/* Named by the route's own pattern: another method may call the segment differently. */
static result params_read(const struct route *r, const struct segment *path, struct request *rq,
                          struct err *e)
{
    struct place own = { .count = 0 };

    must(pattern_read(r->pattern, &own));
    rq->param_count = 0;
    for (size_t i = 0; i < own.count; i++) {
        struct pair *p = &rq->params[rq->param_count];

        if (!own.segments[i].param)
            continue;
        p->name = own.segments[i].text;
        if (!percent_decode(rq->arena, path[i].text, &p->value) || !utf8_is_text(p->value))
            return fail(e, ERR_NOT_FOUND, "segment %zu cannot be decoded", i);
        rq->param_count++;
    }
    return OK;
}

result route_find(const struct route_table *t, struct request *rq, const struct route **out,
                  struct str *allow, struct err *e)
{
    const enum method m = rq->method == METHOD_HEAD ? METHOD_GET : rq->method;
    const struct place *p = t->places, *end = t->places + t->count;
    struct segment path[SEGMENTS_MAX];
    size_t count;

    if (!path_cut(rq->path, path, &count))
        return fail(e, ERR_NOT_FOUND, "path");
    for (size_t i = 0; i < count; i++)
        if (str_is(path[i].text, ".") || str_is(path[i].text, ".."))
            return fail(e, ERR_NOT_FOUND, "dots in the path");
    while (p < end && !place_matches(p, path, count))
        p++;
    if (p == end)
        return fail(e, ERR_NOT_FOUND, "no such path");
    if (p->by_method[m] == NULL) {
        *allow = allowed(rq->arena, p);
        return fail(e, ERR_METHOD, "%s", names[rq->method]);
    }
    TRY(params_read(p->by_method[m], path, rq, e));
    *out = p->by_method[m];
    return OK;
}
