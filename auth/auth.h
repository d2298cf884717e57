/*
 * auth.h - the room's context: what every file of auth/ works with.
 *
 * One `struct auth` serves the whole process. The stores, keys and settings belong to the caller
 * and must outlive it; the three national systems (vneid, person, business) and the table of
 * clients are opened and closed here. Immutable after auth_open(): any thread may use it.
 *
 * `struct visit` is what the edge knows about one request; auth never sees the request itself.
 * Everything that a function returns lives in visit.arena unless its header says otherwise.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/base.h"

struct business;
struct client_book;
struct client_keys;
struct clock;
struct conf;
struct keyring;
struct kv;
struct person;
struct seal;
struct sql_pool;
struct vneid;

struct auth {
    const struct conf *conf;
    const struct clock *clock;
    struct sql_pool *sql;
    struct kv *kv;
    const struct seal *seal;
    struct keyring *keys;
    /* Opened by auth_open. */
    struct vneid *vneid;
    struct person *person;
    struct business *business;
    struct client_book *clients;
    struct client_keys *client_keys;
};

struct visit {
    struct arena *arena;   /* the request's: clean, dies after the answer */
    struct str request_id; /* goes into the audit log with ip and port */
    struct str ip;
    int64_t port;       /* the client's source port, 0 when unknown */
    struct str officer; /* the staff account that asks, or empty: actor of audit rows */
    struct str agent;   /* User-Agent, shortened: for the person's own list of sign-ins */
};

/* What an endpoint for machines (token, PAR, introspection, revocation, userinfo, fee interface)
 * needs to know of a request: parameters and the three ways to prove something with it. */
struct form;
struct api_call {
    const struct form *body;  /* NULL: none */
    struct str authorization; /* the header's value, or empty */
    struct str dpop;          /* the DPoP header's value, or empty */
    size_t dpop_count;        /* how many DPoP headers there were: more than one is refused */
    struct str certificate; /* DER of the client's certificate, told by a trusted proxy; or empty */
    bool certificate_trusted; /* the proxy checked its chain, too */
    struct str method, url;   /* of this request as we publish it: htm and htu of RFC 9449 */
};

/* Fill in the first six members; the rest is opened from conf. ERR_CONFIG: a secret file that
 * cannot be read, an address that may not be called. client_start() (http/client.h) comes before.
 */
MUST_USE result auth_open(struct auth *au, struct err *e);
void auth_close(struct auth *au); /* what it opened only; accepts a half-opened one */

/* One row of the audit log in a transaction of its own: actor, action and subject as in
 * store/audit.h; detail may be NULL and stays the caller's. */
struct json;
struct audit_event;
MUST_USE result auth_audit(struct auth *au, const struct visit *v, struct str actor,
                           const char *action, struct str subject, const struct json *detail,
                           struct err *e);
/* The same as a value, for a row in the caller's transaction (audit_append). */
struct audit_event auth_event(const struct visit *v, struct str actor, const char *action,
                              struct str subject, const struct json *detail);
/* The name under which a bearer value (cookie, code, state) is kept: base64url of its SHA-256, so
 * that a reader of the store holds nothing that opens a door. `kind` and ':' come before it. */
struct str auth_key(struct arena *a, const char *kind, struct str value);
/* Who changes something: "staff:<name>" of visit.officer, or "system". */
struct str auth_actor(const struct visit *v);
/* A setting that names a secret's file. ERR_CONFIG. */
struct secret;
MUST_USE result auth_secret(struct str path, struct secret *out, struct err *e);
/* name=value&..., percent-encoded; pairs without a value are left out. */
struct pair;
struct str auth_form(struct arena *a, const struct pair *fields, size_t n);

#endif
