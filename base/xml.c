#include "base/xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"

/* UTF-8 is checked before; what the declaration says is ignored. */
#define OPTIONS                                                                                    \
    (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC |            \
     XML_PARSE_COMPACT)

static void library_open(void)
{
    xmlInitParser();
}

static xmlNodePtr of(const struct xml_node *n)
{
    return (xmlNodePtr)n;
}

static struct xml_node *out_of(xmlNodePtr n)
{
    return (struct xml_node *)n;
}

static void context_close(xmlParserCtxtPtr *c)
{
    if (*c != NULL)
        xmlFreeParserCtxt(*c); /* accepts no NULL */
}

static void doc_close(xmlDocPtr *doc)
{
    if (*doc != NULL)
        xmlFreeDoc(*doc);
}

/* Called at <!DOCTYPE name, before anything in it is read. */
static void refuse_doctype(void *context, const xmlChar *name, const xmlChar *external,
                           const xmlChar *system)
{
    xmlParserCtxtPtr c = context;

    (void)name;
    (void)external;
    (void)system;
    c->_private = c; /* a mark: anything but NULL */
    xmlStopParser(c);
}

static result parse(struct str text, xmlDocPtr *out, struct err *e)
{
    DEFER(context_close) xmlParserCtxtPtr c = xmlNewParserCtxt();
    DEFER(doc_close) xmlDocPtr doc = NULL;
    const xmlError *why;

    must(c != NULL);
    c->sax->internalSubset = refuse_doctype;
    c->sax->externalSubset = NULL;
    doc = xmlCtxtReadMemory(c, text.p, (int)text.n, NULL, "UTF-8", OPTIONS);
    if (c->_private != NULL)
        return fail(e, ERR_MALFORMED, "xml: a document type declaration");
    why = xmlCtxtGetLastError(c);
    if (doc == NULL || !c->wellFormed || !c->nsWellFormed || xmlDocGetRootElement(doc) == NULL)
        return fail(e, ERR_MALFORMED, "xml: line %d, reason %d", why == NULL ? 0 : why->line,
                    why == NULL ? 0 : why->code);
    *out = doc;
    doc = NULL;
    return OK;
}

result xml_read_max(struct str text, size_t bytes_max, struct xml **doc, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    xmlDocPtr read;

    must(bytes_max <= INT32_MAX);
    must(pthread_once(&once, library_open) == 0);
    if (text.n > bytes_max)
        return fail(e, ERR_TOO_LARGE, "xml of %zu bytes", text.n);
    if (text.n == 0)
        return fail(e, ERR_MALFORMED, "xml: empty");
    if (!utf8_is_valid(text))
        return fail(e, ERR_MALFORMED, "xml: not UTF-8");
    TRY(parse(text, &read, e));
    *doc = (struct xml *)read;
    return OK;
}

result xml_read(struct str text, struct xml **doc, struct err *e)
{
    return xml_read_max(text, LIMIT_XML_BYTES, doc, e);
}

void xml_close(struct xml **doc)
{
    xmlDocPtr d = (xmlDocPtr)*doc;

    doc_close(&d);
    *doc = NULL;
}

struct xml_node *xml_root(const struct xml *doc)
{
    return out_of(xmlDocGetRootElement((xmlDocPtr)doc));
}

struct str xml_name(const struct xml_node *n)
{
    return str_c((const char *)of(n)->name);
}

struct str xml_space(const struct xml_node *n)
{
    return of(n)->ns == NULL ? (struct str){ NULL, 0 } : str_c((const char *)of(n)->ns->href);
}

static struct xml_node *element_from(xmlNodePtr n)
{
    while (n != NULL && n->type != XML_ELEMENT_NODE)
        n = n->next;
    return out_of(n);
}

struct xml_node *xml_first(const struct xml_node *n)
{
    return n == NULL ? NULL : element_from(of(n)->children);
}

struct xml_node *xml_sibling(const struct xml_node *n)
{
    return n == NULL ? NULL : element_from(of(n)->next);
}

struct xml_node *xml_next(const struct xml_node *n)
{
    struct xml_node *next = xml_sibling(n);

    while (next != NULL && !str_eq(xml_name(next), xml_name(n)))
        next = xml_sibling(next);
    return next;
}

static struct xml_node *child_find(const struct xml_node *n, struct str name)
{
    struct xml_node *child = xml_first(n);

    while (child != NULL && !str_eq(xml_name(child), name))
        child = xml_sibling(child);
    return child;
}

struct xml_node *xml_find(const struct xml_node *n, const char *path)
{
    struct str rest = str_c(path), name;

    while (n != NULL && str_next(&rest, '/', &name))
        n = child_find(n, name);
    return (struct xml_node *)n;
}

static struct str texts(struct arena *a, xmlNodePtr n)
{
    struct buf b = buf_make(a, SIZE_MAX / 4);

    for (; n != NULL; n = n->next)
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE)
            buf_put(&b, str_c((const char *)n->content));
    return buf_str(&b);
}

struct str xml_text(struct arena *a, const struct xml_node *n)
{
    return n == NULL ? (struct str){ NULL, 0 } : str_trim(texts(a, of(n)->children));
}

struct str xml_attr(struct arena *a, const struct xml_node *n, const char *name)
{
    const xmlAttr *attr = n == NULL ? NULL : of(n)->properties;

    while (attr != NULL && !str_is(str_c((const char *)attr->name), name))
        attr = attr->next;
    return attr == NULL ? (struct str){ NULL, 0 } : texts(a, attr->children);
}

#define REPLACEMENT "\xef\xbf\xbd"

/* U+FFFE or U+FFFF is at the head of s: XML has no place for them. */
static bool is_no_character(struct str s)
{
    return str_starts(s, STR("\xef\xbf\xbe")) || str_starts(s, STR("\xef\xbf\xbf"));
}

/* What stands for a byte, or NULL when it stands for itself. */
static const char *escaped(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\r':
        return "&#13;"; /* readers would make it a line feed */
    case '\t':
    case '\n':
        return NULL;
    default:
        return c >= 0 && c < ' ' ? REPLACEMENT : NULL;
    }
}

void xml_put_text(struct buf *b, struct str s)
{
    size_t from = 0;

    for (size_t i = 0; i < s.n; i++) {
        const bool none = is_no_character(str_from(s, i));
        const char *instead = none ? REPLACEMENT : escaped(s.p[i]);

        if (instead == NULL)
            continue;
        buf_put(b, str_sub(s, from, i - from));
        buf_puts(b, instead);
        from = i + (none ? sizeof(REPLACEMENT) - 1 : 1);
    }
    buf_put(b, str_from(s, from));
}

void xml_put_element(struct buf *b, const char *name, struct str s)
{
    buf_fmt(b, "<%s>", name);
    xml_put_text(b, s);
    buf_fmt(b, "</%s>", name);
}
