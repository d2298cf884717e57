/*
 * multipart.h - files that people upload: multipart/form-data (RFC 7578, RFC 2046 5.1).
 *
 * Strict: at most MULTIPART_PARTS parts, each with a Content-Disposition form-data name; no
 * repeated name, no nested multipart, no transfer encoding; the closing boundary is required and
 * nothing may follow it but white space. The bytes of a part are borrowed from the body.
 */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include "base/base.h"

#define MULTIPART_PARTS 8

struct part {
    struct str name;
    struct str file_name;    /* as sent, quoted-pair undone; for showing only, never for a path */
    struct str content_type; /* or empty */
    struct str bytes;
};

struct multipart {
    struct part parts[MULTIPART_PARTS];
    size_t count;
};

/* content_type: the request's header. ERR_MEDIA_TYPE when it is not multipart/form-data with a
 * boundary; ERR_MALFORMED otherwise. */
MUST_USE result multipart_read(struct arena *a, struct str content_type, struct str body,
                               struct multipart *out, struct err *e);
const struct part *multipart_find(const struct multipart *m, const char *name); /* NULL: absent */

#endif
