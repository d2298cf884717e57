/*
 * webhook.h - telling one-stop systems what happened to their payments, for sure and at least once.
 *
 * An event is a row written in the transaction of what happened, one for each enabled endpoint of
 * the client that wants its type (webhook.def). It is thin: type, id, which resource, when;
 * nobody's name and no amount, so that a receiver asks the interface for the present truth. The
 * order of arrival is not the order of events.
 *
 * Posted by a job with header Motcua-Signature: t=<seconds>,v1=<hex>, HMAC-SHA-256 of "<t>.<body>"
 * with the endpoint's secret; after a rotation a second v1 by the secret before, until that one is
 * over. Any 2xx is success; otherwise again after 60 s, 5 min, 1 h, 1 d and 2 d, then "failed".
 * Every sending leaves a row of webhook_attempt: status, duration, error, never a body.
 * "will_not_send": the endpoint is disabled or gone, or its address is allowed no more. Rows go
 * after 30 days, in bounded pieces with new results.
 *
 * Addresses are https, public when connected to (http/guard.h), and allowed by the caller, who
 * knows what the client has registered; loopback only in a simulated installation.
 */
#ifndef PAYMENTS_WEBHOOK_H
#define PAYMENTS_WEBHOOK_H

#include "base/base.h"
#include "payments/order.h"
#include "payments/till.h"

#define WEBHOOK_ENDPOINTS_MAX 10 /* of a client */
#define WEBHOOK_LIST_MAX      101
#define WEBHOOK_TRIES_MAX     6
#define WEBHOOK_ATTEMPTS_MAX  20 /* shown */

struct sql;

/* The hooks: a step from one state to another, told to the order's client. Within the caller's
 * transaction. What webhook.def does not list is not told. */
MUST_USE result webhook_step(struct sql *db, const struct till *t, const struct order *o,
                             const char *from, const char *to, struct arena *a, struct err *e);
struct webhook_subject {
    struct str agency_id, client_id;
    const char *resource; /* "refund" or "receipt" */
    struct str id;
};
MUST_USE result webhook_step_of(struct sql *db, const struct till *t,
                                const struct webhook_subject *s, const char *from, const char *to,
                                struct arena *a, struct err *e);
/* The type that a step is told as, or NULL; and all types by number, NULL after the last. */
const char *webhook_type(const char *resource, const char *from, const char *to);
const char *webhook_type_at(size_t i);

struct webhook_endpoint {
    struct str id, client_id, url;
    struct str events; /* space-separated types; empty: all */
    bool enabled;
    struct str secret, old_secret; /* opened; old one empty when it is over */
    int64_t old_until_ms;
    int64_t created_ms, updated_ms;
};
/* In the caller's transaction. Fills in id, secret (shown once) and times. ERR_INVALID, field
 * "events": no such type; ERR_BUSINESS_RULE: WEBHOOK_ENDPOINTS_MAX. */
MUST_USE result webhook_add(struct sql *db, const struct till *t, struct webhook_endpoint *w,
                            struct arena *a, struct err *e);
/* A fresh secret in w->secret; the one before signs too for keep_s more. */
MUST_USE result webhook_rotate(struct sql *db, const struct till *t, struct webhook_endpoint *w,
                               int64_t keep_s, struct arena *a, struct err *e);
/* A disabled one is sent nothing; what waits for it will not be sent. ERR_NOT_FOUND, as below. */
MUST_USE result webhook_enable(const struct till *t, struct str client_id, struct str id,
                               bool enabled, struct err *e);
MUST_USE result webhook_remove(const struct till *t, struct str client_id, struct str id,
                               struct err *e);
/* client_id empty: any client's. */
MUST_USE result webhook_load(const struct till *t, struct str client_id, struct str id,
                             struct arena *a, struct webhook_endpoint *out, struct err *e);
MUST_USE result webhook_list(const struct till *t, struct str client_id, struct arena *a,
                             struct webhook_endpoint **out, size_t *count, struct err *e);

struct webhook_delivery {
    struct str id, endpoint_id, client_id, event_id, type, resource, resource_id, state;
    int64_t tries, due_ms, created_ms, done_ms;
};
struct webhook_filter {
    struct str client_id, state, endpoint_id, type, resource_id, id; /* empty: any */
    int64_t before_ms;                                               /* newest first */
    struct str before_id;
};
MUST_USE result webhook_deliveries(const struct till *t, const struct webhook_filter *f,
                                   size_t most, struct arena *a, struct webhook_delivery **out,
                                   size_t *count, struct err *e);
struct webhook_attempt {
    int64_t n, at_ms, took_ms, status;
    struct str failure;
    bool by_hand;
};
/* The newest first. */
MUST_USE result webhook_attempts(const struct till *t, struct str delivery_id, struct arena *a,
                                 struct webhook_attempt **out, size_t *count, struct err *e);
/* Sends one once more, now, whatever became of it before. client_id empty: any. ERR_NOT_FOUND. */
MUST_USE result webhook_retry(const struct till *t, struct str client_id, struct str id,
                              struct err *e);

/* Sends one row that is due; *did tells whether there was any. SLOW: it waits on others. */
struct webhook_ways {
    /* Whether the client may (still) have events posted there. */
    bool (*may)(void *arg, struct arena *a, struct str client_id, struct str url);
    void *arg;
    bool loopback_ok; /* a simulated installation */
};
MUST_USE result webhook_send(const struct till *t, const struct webhook_ways *ways, bool *did,
                             struct err *e);
/* Value of the header; old_secret may be empty. */
struct str webhook_signature(struct arena *a, int64_t at_s, struct str body, struct str secret,
                             struct str old_secret);

#endif
