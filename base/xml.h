/*
 * xml.h - the only door to libxml2: small messages of the national systems.
 *
 * Reading never touches the network, loads nothing, and refuses any document type declaration, and
 * with it every entity but the five of XML itself. The text is UTF-8 whatever its declaration says
 * (some gateways relabel what they do not recode). Depth is limited to 256, size to LIMIT_XML_BYTES
 * unless a larger limit is given. Elements are found by local name, since gateways rename prefixes
 * and namespaces. Writing escapes. Error details tell the place of a mistake, never the text.
 *
 * Thread rule: a document may be read by many threads; nothing else is shared.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/base.h"

struct buf;
struct xml;      /* a document */
struct xml_node; /* an element, owned by its document */

MUST_USE result xml_read(struct str text, struct xml **doc, struct err *e); /* ERR_MALFORMED */
MUST_USE result xml_read_max(struct str text, size_t bytes_max, struct xml **doc, struct err *e);
void xml_close(struct xml **doc); /* DEFER(xml_close) */
struct xml_node *xml_root(const struct xml *doc);

struct str xml_name(const struct xml_node *n);  /* local name */
struct str xml_space(const struct xml_node *n); /* namespace URI, or empty */
/* First child element with that local name; "a/b/c" walks down, by the first of each name; NULL
 * when absent, or when n is NULL. */
struct xml_node *xml_find(const struct xml_node *n, const char *path);
struct xml_node *xml_next(const struct xml_node *n);  /* next sibling element with the same name */
struct xml_node *xml_first(const struct xml_node *n); /* first child element */
struct xml_node *xml_sibling(const struct xml_node *n); /* next sibling element of any name */
/* The element's own text, trimmed, without that of elements in it; n may be NULL. */
struct str xml_text(struct arena *a, const struct xml_node *n);
/* The attribute with that local name, or empty; n may be NULL. */
struct str xml_attr(struct arena *a, const struct xml_node *n, const char *name);

/* Escaped; characters that XML cannot hold become U+FFFD. s is valid UTF-8. */
void xml_put_text(struct buf *b, struct str s);
void xml_put_element(struct buf *b, const char *name, struct str s); /* <name>escaped</name> */

#endif
