/*
 * xml.h - the only door to libxml2: small messages of the national systems.
 *
 * Reading never touches the network, loads no DTD, and refuses a document that declares entities.
 * Elements are found by local name, since gateways rename prefixes and namespaces. Writing escapes.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/base.h"

struct buf;
struct xml;      /* a document */
struct xml_node; /* an element, owned by its document */

MUST_USE result xml_read(struct str text, struct xml **doc, struct err *e); /* ERR_MALFORMED */
void xml_close(struct xml **doc);                                           /* DEFER(xml_close) */
struct xml_node *xml_root(const struct xml *doc);

struct str xml_name(const struct xml_node *n);  /* local name */
struct str xml_space(const struct xml_node *n); /* namespace URI, or empty */
/* First child element with that local name; "a/b/c" walks down; NULL when absent. */
struct xml_node *xml_find(const struct xml_node *n, const char *path);
struct xml_node *xml_next(const struct xml_node *n);  /* next sibling element with the same name */
struct xml_node *xml_first(const struct xml_node *n); /* first child element */
struct xml_node *xml_sibling(const struct xml_node *n); /* next sibling element of any name */
struct str xml_text(struct arena *a, const struct xml_node *n); /* trimmed; n may be NULL */
struct str xml_attr(struct arena *a, const struct xml_node *n, const char *name);

void xml_put_text(struct buf *b, struct str s);                      /* escaped */
void xml_put_element(struct buf *b, const char *name, struct str s); /* <name>escaped</name> */

#endif
