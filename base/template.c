#include "base/template.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"

enum node_kind { NODE_TEXT, NODE_VALUE, NODE_SECTION, NODE_INVERTED, NODE_PART };

struct node {
    enum node_kind kind;
    struct str text;    /* literal text, or the name in the tag */
    struct str indent;  /* of a part that stands alone on its line */
    struct node *first; /* of what a section holds */
    struct node *next;
};

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    struct str name; /* of the template, for errors */
    struct str text;
    size_t at;
    struct str open, close; /* delimiters */
    int depth;
    struct {
        struct node *section; /* NULL for the whole template */
        struct node **last;   /* where the next node goes */
    } levels[LIMIT_TEMPLATE_DEPTH + 1];
};

struct tag {
    size_t start, end; /* with its delimiters */
    char sigil;        /* 0 for a value */
    struct str content;
};

static result refuse(const struct reader *r, size_t at, const char *why, struct err *e)
{
    int line = 1;

    for (size_t i = 0; i < at; i++)
        line += r->text.p[i] == '\n';
    return fail(e, ERR_INTERNAL, "template %.*s:%d: %s", STR_ARG(r->name), line, why);
}

static size_t find(struct str text, size_t from, struct str part)
{
    for (size_t i = from; i + part.n <= text.n; i++)
        if (str_eq(str_sub(text, i, part.n), part))
            return i;
    return text.n;
}

static struct node *add(struct reader *r, enum node_kind kind, struct str text)
{
    struct node *n = arena_new(r->arena, struct node);

    n->kind = kind;
    n->text = text;
    *r->levels[r->depth].last = n;
    r->levels[r->depth].last = &n->next;
    return n;
}

static void add_text(struct reader *r, size_t from, size_t to)
{
    if (to > from)
        (void)add(r, NODE_TEXT, str_sub(r->text, from, to - from));
}

static bool is_name(struct str s)
{
    return s.n > 0 && str_all_in(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "_-./");
}

/* Of "<% %>=": what follows the first =, up to the close delimiter. */
static bool set_delimiters(struct reader *r, struct str content)
{
    struct str body = str_trim(content), open, close;
    size_t space = 0;

    if (!str_ends(body, STR("=")))
        return false;
    body = str_trim(str_sub(body, 0, body.n - 1));
    while (space < body.n && body.p[space] != ' ' && body.p[space] != '\t')
        space++;
    open = str_sub(body, 0, space);
    close = str_trim(str_from(body, space));
    if (open.n == 0 || close.n == 0 || str_find(close, ' ') < close.n ||
        str_find(body, '=') < body.n)
        return false;
    r->open = open;
    r->close = close;
    return true;
}

static result read_tag(const struct reader *r, size_t start, struct tag *tag, struct err *e)
{
    const size_t body = start + r->open.n;
    const size_t end = find(r->text, body, r->close);
    struct str content;

    if (end == r->text.n)
        return refuse(r, start, "a tag without an end", e);
    content = str_sub(r->text, body, end - body);
    *tag = (struct tag){ .start = start, .end = end + r->close.n, .content = content };
    if (content.n > 0 && content.p[0] == '!') {
        tag->sigil = '!';
        return OK;
    }
    content = str_trim(content);
    if (content.n > 0 && str_all_in(str_sub(content, 0, 1), "#^/>={&")) {
        tag->sigil = content.p[0];
        content = str_trim(str_from(content, 1));
    }
    tag->content = content;
    if (tag->sigil == '{' || tag->sigil == '&')
        return refuse(r, start, "values are always escaped: there is no raw form", e);
    if (tag->sigil != '=' && !is_name(content))
        return refuse(r, start, "not a name", e);
    return OK;
}

/* A tag with nothing but white space around it takes its whole line along; values never do. */
static bool stands_alone(const struct reader *r, const struct tag *tag, size_t *from, size_t *to)
{
    size_t a = tag->start, b = tag->end;

    while (a > 0 && (r->text.p[a - 1] == ' ' || r->text.p[a - 1] == '\t'))
        a--;
    while (b < r->text.n && (r->text.p[b] == ' ' || r->text.p[b] == '\t'))
        b++;
    if (tag->sigil == 0 || (a > 0 && r->text.p[a - 1] != '\n'))
        return false;
    if (str_starts(str_from(r->text, b), STR("\r\n")))
        b++;
    if (b < r->text.n && r->text.p[b] != '\n')
        return false;
    *from = a;
    *to = b < r->text.n ? b + 1 : b;
    return true;
}

static result open_section(struct reader *r, const struct tag *tag, struct err *e)
{
    struct node *n;

    if (r->depth == LIMIT_TEMPLATE_DEPTH)
        return refuse(r, tag->start, "sections too deep", e);
    n = add(r, tag->sigil == '#' ? NODE_SECTION : NODE_INVERTED, tag->content);
    r->depth++;
    r->levels[r->depth].section = n;
    r->levels[r->depth].last = &n->first;
    return OK;
}

static result close_section(struct reader *r, const struct tag *tag, struct err *e)
{
    if (r->depth == 0 || !str_eq(r->levels[r->depth].section->text, tag->content))
        return refuse(r, tag->start, "an end without its section", e);
    r->depth--;
    return OK;
}

static result use_tag(struct reader *r, const struct tag *tag, struct str indent, struct err *e)
{
    switch (tag->sigil) {
    case '!':
        return OK;
    case '=':
        return set_delimiters(r, tag->content) ? OK : refuse(r, tag->start, "bad delimiters", e);
    case '#':
    case '^':
        return open_section(r, tag, e);
    case '/':
        return close_section(r, tag, e);
    case '>':
        add(r, NODE_PART, tag->content)->indent = indent;
        return OK;
    default:
        (void)add(r, NODE_VALUE, tag->content);
        return OK;
    }
}

static result read_next(struct reader *r, size_t start, struct err *e)
{
    struct str indent = { NULL, 0 };
    struct tag tag;
    size_t from, to;

    TRY(read_tag(r, start, &tag, e));
    from = tag.start;
    to = tag.end;
    if (stands_alone(r, &tag, &from, &to))
        indent = str_sub(r->text, from, tag.start - from);
    add_text(r, r->at, from);
    r->at = to;
    return use_tag(r, &tag, indent, e);
}

static result read_template(struct arena *a, struct str name, struct str text, struct node **out,
                            struct err *e)
{
    struct node *first = NULL;
    struct reader r = { .arena = a, .name = name, .text = text, .open = STR("{{") };
    size_t start;

    r.close = STR("}}");
    r.levels[0].last = &first;
    while ((start = find(r.text, r.at, r.open)) < r.text.n)
        TRY(read_next(&r, start, e));
    add_text(&r, r.at, r.text.n);
    if (r.depth > 0)
        return refuse(&r, r.text.n, "a section without an end", e);
    *out = first;
    return OK;
}

/* ---- rendering ---- */

struct part { /* a template that was read, indented as it is used */
    struct str name, indent;
    struct node *first;
    struct part *next;
};

struct context {
    const struct json *value;
    const struct context *outer;
};

struct render {
    const struct template_source *source;
    const struct template_words *words;
    struct buf *out;
    struct part *parts;
    int depth; /* of parts within parts */
};

void template_put_escaped(struct buf *out, struct str s)
{
    size_t from = 0;

    for (size_t i = 0; i < s.n; i++) {
        const char *escaped = s.p[i] == '&'    ? "&amp;"
                              : s.p[i] == '<'  ? "&lt;"
                              : s.p[i] == '>'  ? "&gt;"
                              : s.p[i] == '"'  ? "&quot;"
                              : s.p[i] == '\'' ? "&#39;"
                                               : NULL;

        if (escaped != NULL) {
            buf_put(out, str_sub(s, from, i - from));
            buf_puts(out, escaped);
            from = i + 1;
        }
    }
    buf_put(out, str_from(s, from));
}

/* The first part of a dotted name is looked for outwards; the rest only in what was found. */
static const struct json *value_find(const struct context *c, struct str name)
{
    struct str rest = name, part = { NULL, 0 };
    struct json *v = NULL;

    if (str_is(name, "."))
        return c->value;
    (void)str_next(&rest, '.', &part);
    while (c != NULL && !json_lookup(c->value, part, &v))
        c = c->outer;
    if (c == NULL)
        return NULL;
    while (v != NULL && str_next(&rest, '.', &part))
        if (!json_lookup(v, part, &v))
            return NULL;
    return v;
}

/* The shortest of two forms that reads as the same number. */
static void put_real(struct buf *out, double real)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%.15g", real);
    if (strtod(text, NULL) < real || strtod(text, NULL) > real)
        (void)snprintf(text, sizeof(text), "%.17g", real);
    buf_puts(out, text);
}

static void put_value(struct buf *out, const struct json *v)
{
    struct str s;
    int64_t n;
    double real;
    bool b;

    if (json_str(v, &s))
        template_put_escaped(out, s);
    else if (json_int(v, &n))
        buf_int(out, n);
    else if (json_decimal(v, &real))
        put_real(out, real);
    else if (json_bool(v, &b))
        buf_puts(out, b ? "true" : "false");
}

static void render_value(struct render *r, struct str name, const struct context *c)
{
    struct str key, text;

    if (r->words == NULL || !str_starts(name, STR("t."))) {
        put_value(r->out, value_find(c, name));
        return;
    }
    key = str_from(name, 2);
    template_put_escaped(r->out, r->words->find(r->words->self, key, &text) ? text : key);
}

static bool is_empty(const struct json *v)
{
    struct str s;
    bool b;

    if (v == NULL || (json_bool(v, &b) && !b) || (json_str(v, &s) && s.n == 0))
        return true;
    return json_is_array(v) && json_count(v) == 0;
}

static result render_nodes(struct render *r, const struct node *n, const struct context *c,
                           struct err *e);

static result render_section(struct render *r, const struct node *n, const struct context *c,
                             struct err *e)
{
    const struct json *v = value_find(c, n->text);
    const size_t count = json_is_array(v) ? json_count(v) : 1;
    struct str so_far;

    if (is_empty(v))
        return OK;
    for (size_t i = 0; i < count; i++) {
        const struct context inner = { json_is_array(v) ? json_at(v, i) : v, c };

        TRY(render_nodes(r, n->first, &inner, e));
        TRY(buf_end(r->out, &so_far, e)); /* no long list after the buffer is full */
    }
    return OK;
}

static struct str indented(struct arena *a, struct str text, struct str indent)
{
    struct buf b = buf_make(a, SIZE_MAX / 4);
    struct str line;

    if (indent.n == 0)
        return text;
    while (text.n > 0) {
        line = str_sub(text, 0, str_find(text, '\n') + 1);
        buf_put(&b, indent);
        buf_put(&b, line);
        text = str_from(text, line.n);
    }
    return buf_str(&b);
}

static result part_find(struct render *r, const struct node *n, struct node **first, struct err *e)
{
    struct arena *a = r->out->arena;
    struct part *p = r->parts;
    struct str text;

    while (p != NULL && !(str_eq(p->name, n->text) && str_eq(p->indent, n->indent)))
        p = p->next;
    if (p == NULL) {
        p = arena_new(a, struct part);
        p->name = n->text;
        p->indent = n->indent;
        if (r->source->find(r->source->self, n->text, &text))
            TRY(read_template(a, n->text, indented(a, text, n->indent), &p->first, e));
        p->next = r->parts;
        r->parts = p;
    }
    *first = p->first;
    return OK;
}

static result render_part(struct render *r, const struct node *n, const struct context *c,
                          struct err *e)
{
    struct node *first;

    if (r->depth == LIMIT_TEMPLATE_DEPTH)
        return fail(e, ERR_INTERNAL, "template %.*s: parts too deep", STR_ARG(n->text));
    TRY(part_find(r, n, &first, e));
    r->depth++;
    TRY(render_nodes(r, first, c, e));
    r->depth--;
    return OK;
}

static result render_node(struct render *r, const struct node *n, const struct context *c,
                          struct err *e)
{
    switch (n->kind) {
    case NODE_TEXT:
        buf_put(r->out, n->text);
        return OK;
    case NODE_VALUE:
        render_value(r, n->text, c);
        return OK;
    case NODE_SECTION:
        return render_section(r, n, c, e);
    case NODE_INVERTED:
        return is_empty(value_find(c, n->text)) ? render_nodes(r, n->first, c, e) : OK;
    case NODE_PART:
        return render_part(r, n, c, e);
    }
    return OK;
}

static result render_nodes(struct render *r, const struct node *n, const struct context *c,
                           struct err *e)
{
    for (; n != NULL; n = n->next)
        TRY(render_node(r, n, c, e));
    return OK;
}

result template_render(const struct template_source *source, const struct template_words *words,
                       struct str name, const struct json *data, struct buf *out, struct err *e)
{
    struct render r = { .source = source, .words = words, .out = out };
    const struct context c = { .value = data };
    struct node *first;
    struct str text;

    if (!source->find(source->self, name, &text))
        return fail(e, ERR_INTERNAL, "template %.*s: absent", STR_ARG(name));
    TRY(read_template(out->arena, name, text, &first, e));
    TRY(render_nodes(&r, first, &c, e));
    return buf_end(out, &text, e);
}

/* ---- checking ---- */

static result check_parts(const struct template_source *source, const struct node *n, struct err *e)
{
    struct str text;

    for (; n != NULL; n = n->next) {
        TRY(check_parts(source, n->first, e));
        if (n->kind == NODE_PART && !source->find(source->self, n->text, &text))
            return fail(e, ERR_NOT_FOUND, "template %.*s: absent", STR_ARG(n->text));
    }
    return OK;
}

result template_check(const struct template_source *source, struct str name, struct arena *a,
                      struct err *e)
{
    struct node *first;
    struct str text;

    if (!source->find(source->self, name, &text))
        return fail(e, ERR_NOT_FOUND, "template %.*s: absent", STR_ARG(name));
    TRY(read_template(a, name, text, &first, e));
    return check_parts(source, first, e);
}
