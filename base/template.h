/*
 * template.h - pages from .html files, in the syntax of Mustache, always escaped.
 *
 *     {{name}}  {{a.b}}  {{.}}            a value, HTML-escaped
 *     {{#list}}..{{/list}}                for each item, or once when true, or inside an object
 *     {{^list}}..{{/list}}                when absent, false or empty
 *     {{>part}}                           another template; recursion is bounded
 *     {{!comment}}   {{=<% %>=}}          comment, set delimiters
 *
 * There is deliberately no raw form: {{{name}}} and {{&name}} are parse errors, so a page cannot
 * forget to escape. What is not HTML (URLs in attributes) must be made safe by whoever fills it in.
 * Lambdas and inheritance are not supported. All else is Mustache's own specification, whose cases
 * are tests. Empty, for a section, is an empty list or text; objects and lists print as nothing.
 *
 * Rendering reads templates each time and keeps what it needs in the arena of `out`.
 */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include "base/base.h"

struct buf;
struct json;

struct template_source {
    /* The text of a named template, or false. */
    bool (*find)(const void *self, struct str name, struct str *text);
    const void *self;
};

struct template_words {
    /* The text of {{t.key}}: everything after "t." is the key. False falls back to the key. */
    bool (*find)(const void *self, struct str key, struct str *text);
    const void *self;
};

/* Renders template `name` with `data` into `out`. ERR_INTERNAL for a template that does not parse;
 * ERR_TOO_LARGE past the buffer's maximum. */
MUST_USE result template_render(const struct template_source *source,
                                const struct template_words *words, struct str name,
                                const struct json *data, struct buf *out, struct err *e);
/* Whether template `name` parses and every part it includes exists. ERR_INTERNAL, ERR_NOT_FOUND */
MUST_USE result template_check(const struct template_source *source, struct str name,
                               struct arena *a, struct err *e);
void template_put_escaped(struct buf *out, struct str s); /* & < > " ' */

#endif
