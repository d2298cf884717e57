/*
 * response.h - the answer under construction. Bodies are borrowed from the request's arena or from
 * storage that lives as long as the program.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/base.h"
#include "base/limits.h"

#define RESPONSE_HEADERS_MAX 32

struct response {
    struct arena *arena; /* the request's */
    int status;
    struct {
        const char *name; /* static */
        struct str value;
    } headers[RESPONSE_HEADERS_MAX];
    size_t header_count;
    struct str body;
    bool close; /* end the connection after this answer */
};

/* name is a literal; a value with control characters stops the process: callers pass checked text.
 */
void response_header(struct response *rs, const char *name, struct str value);
void response_header_set(struct response *rs, const char *name, struct str value); /* replaces */
void response_body(struct response *rs, int status, const char *content_type, struct str body);
void response_redirect(struct response *rs, struct str location); /* 303: RFC 9700 4.12 */

struct cookie_out {
    const char *name;
    struct str value;
    int64_t max_age_s; /* 0: for the browser's session; -1: remove */
    bool secure;
    bool strict;      /* SameSite=Strict, else Lax */
    const char *path; /* NULL: "/" */
};
void response_cookie(struct response *rs, const struct cookie_out *c); /* always HttpOnly */
bool cookie_is_plain(struct str value); /* cookie-octets only: RFC 6265 4.1.1 */

#endif
