/*
 * guard.h - calls to addresses that strangers name: a client's key set, its list of addresses.
 *
 * Against a server that is made to call its own networks (SSRF): https only, one attempt, no
 * redirects, few bytes, little time, and no connection to an address that is private, link-local,
 * shared, multicast or of any other special use (IANA's registries of RFC 6890), checked on the
 * very address that is connected to, after the name was resolved. Thread rule: any thread.
 */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "base/base.h"

struct sockaddr;

struct guard_fetch {
    struct str url;
    bool loopback_ok; /* http, and addresses of this machine: installations that simulate */
    int64_t total_ms, bytes_max;
};

/* A GET that wants JSON. ERR_INVALID: no such address; ERR_UPSTREAM_DOWN: no whole answer;
 * ERR_UPSTREAM_BAD: over the limit, or another status than 200. */
MUST_USE result guard_get(const struct guard_fetch *f, struct arena *a, struct str *body,
                          struct err *e);
bool guard_is_public(const struct sockaddr *sa);
bool guard_is_loopback(const struct sockaddr *sa);

#endif
