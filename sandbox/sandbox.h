/*
 * sandbox.h - one process that plays the national systems, for development and tests.
 *
 * Everything that a handler needs hangs on `struct sandbox`, made once by main.c. What is read at
 * the start never changes; what changes (faults, the portal's truth, notices, dossiers) keeps its
 * own lock. The sandbox never sees a real person: its people are in people.csv.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/catalog.h"
#include "base/clock.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/secret.h"
#include "http/client.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"

struct kv;
struct keyring;
struct people;
struct firms;
struct faults;
struct portal;
struct notices;
struct dossiers;
struct golive;
struct errands;
struct vnpay_truth;
struct bank;

struct sandbox {
    struct arena *arena; /* what is read at the start */
    struct conf conf;    /* the names by which motcua knows its partners: the table's defaults */
    struct clock clock;
    struct str listen;    /* host:port */
    struct str origin;    /* http://host:port */
    struct str motcua;    /* base URL of motcua, without a slash at the end */
    const char *data_dir; /* keys and journals */
    struct secret vneid, person, person_api_key, business, portal_secret;
    struct secret demo_portal, demo_onestop, vnpay_secret, bank_secret;
    struct catalog *vi, *en;
    struct people *people;
    struct firms *firms;
    struct faults *faults;
    struct keyring *keys; /* RS256 keys of the simulated VNeID */
    struct kv *kv;        /* codes, tokens and demo sessions */
    struct portal *portal;
    struct notices *notices;
    struct vnpay_truth *vnpay;
    struct bank *bank;
    struct errands *errands;
    struct dossiers *dossiers;
    struct golive *golive;
    struct partner *to_motcua;
};

extern const struct embed_set sandbox_pages, sandbox_texts, sandbox_static;

/* The rows of routes.def. */
struct route_own {
    result (*serve)(struct sandbox *, struct request *, struct response *, struct err *);
    bool json; /* errors are answered as JSON, else as a page */
    bool form; /* a browser's form: requests of other sites are refused */
};
extern const struct route sandbox_routes[];
extern const size_t sandbox_route_count;

#define ROUTE(method, pattern, pool, body_max, handler, answers, form, purpose)                    \
    result handler(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e);
#include "sandbox/routes.def"
#undef ROUTE

/* serve.c: what the HTTP server calls. `app` is the struct sandbox. */
void sandbox_serve(void *app, const struct route *route, struct request *rq, struct response *rs);
void sandbox_refuse(void *app, struct request *rq, enum err_code code, struct response *rs);

#endif
