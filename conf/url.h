/*
 * url.h - the forms of addresses that settings may have.
 *
 * Stricter than RFC 3986: http or https, lower case, with a host, without user information and
 * without a fragment, printable ASCII only.
 */
#ifndef CONF_URL_H
#define CONF_URL_H

#include "base/base.h"

struct host {
    struct str name; /* of [::1] what is between the brackets */
    int port;        /* 0: not given */
    bool is_name;    /* not an address in digits */
    bool loopback;   /* localhost, 127.0.0.0/8, ::1 */
};

struct url {
    bool secure; /* https */
    bool loopback;
    bool has_query;
    struct host host;
    struct str path; /* from its slash, or empty */
};

bool host_read(struct str text, bool port_needed, struct host *out); /* host[:port] */
bool url_read(struct str text, struct url *out);

#endif
