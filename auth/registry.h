/*
 * registry.h - what asking either national register has in common: a budget, and a record of who
 * asked about whom, for whose service, and why (Decree 278/2025; domain.md of the registers: who,
 * unit, time, request code, subject, purpose).
 *
 * A question is in the audit log before it is asked, and its outcome after. The person it was about
 * may see both.
 */
#ifndef AUTH_REGISTRY_H
#define AUTH_REGISTRY_H

#include "auth/auth.h"

struct json;

struct registry_query {
    const char *action;   /* "person.query", "person.answer", "business.query" ... */
    const char *purpose;  /* "login", "mandate" */
    struct str client_id; /* the portal for whose sign-in; empty: our own pages */
    struct str subject;   /* keyed index of the number asked about */
    struct str ref;       /* request code, also sent to the register; or empty */
    const char *outcome;  /* name of an error code, "MATCH", or NULL: not yet known */
    struct json *more;    /* members to be added, taken; or NULL */
};

MUST_USE result registry_record(struct auth *au, const struct visit *v,
                                const struct registry_query *q, struct err *e);
/* Counts one question. ERR_UPSTREAM_DOWN when the minute's budget is spent: whoever may do without
 * the register does, and nobody floods it. */
MUST_USE result registry_spend(struct auth *au, struct arena *a, const char *name, int64_t per_min,
                               struct err *e);

#endif
