/*
 * form.h - names and values of a query string or an application/x-www-form-urlencoded body.
 *
 * Strict: at most LIMIT_FORM_FIELDS, valid UTF-8, no control characters but tab and line ends, no
 * repeated name (RFC 6749 3.1: parameters must not be sent more than once).
 */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "base/base.h"
#include "base/limits.h"
#include "http/request.h"

struct form {
    struct pair fields[LIMIT_FORM_FIELDS];
    size_t count;
};

MUST_USE result form_read(struct arena *a, struct str text, struct form *out, struct err *e);
MUST_USE result form_query(const struct request *rq, struct form *out, struct err *e);
/* Checks the content type too: ERR_MEDIA_TYPE. */
MUST_USE result form_body(const struct request *rq, struct form *out, struct err *e);
struct str form_get(const struct form *f, const char *name); /* empty when absent */
bool form_has(const struct form *f, const char *name);
MUST_USE result form_need(const struct form *f, const char *name, size_t bytes_max, struct str *out,
                          struct err *e); /* ERR_INVALID names the field */
/* ERR_UNKNOWN_FIELD naming the first field that is not in the NULL-terminated list. */
MUST_USE result form_only(const struct form *f, const char *const *names, struct err *e);
/* Appends name=value, percent-encoded, with the '&' or '?' that is needed. */
struct str url_with(struct arena *a, struct str url, const struct pair *fields, size_t n);

#endif
