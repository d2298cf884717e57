/*
 * app.h - what a running motcua consists of, and one request's view of it.
 *
 * struct app is one generation: settings, keys, texts, fee tables, partners. It is immutable. A
 * reload (SIGHUP) opens a new generation beside the old one and swaps; requests under way keep the
 * generation they began with, and the last of them closes it. Stores outlive generations.
 *
 * struct site is the process: the stores and the present generation. Thread rule: any thread.
 */
#ifndef WEB_APP_H
#define WEB_APP_H

#include <pthread.h>

#include "auth/access.h"
#include "auth/auth.h"
#include "auth/session.h"
#include "auth/staff_session.h"
#include "base/catalog.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "finance/office.h"
#include "http/request.h"
#include "http/response.h"
#include "payments/fee.h"
#include "payments/till.h"

struct stores {
    struct sql_pool *sql;
    struct kv *kv;
};

struct app {
    struct arena *arena; /* of the settings */
    struct conf conf;
    const struct clock *clock;
    struct stores stores;
    struct keyring *keys;
    struct seal *seal;
    struct fee_table *fees;
    struct catalog *vi, *en;
    struct str emblem;      /* the file's bytes, or empty */
    bool https;             /* the issuer's scheme: secure cookies, HSTS */
    struct str form_action; /* origins that a form may lead to: content security policy */
    struct auth auth;
    struct till till;
    struct office office;
    int uses; /* guarded by site.lock */
};

/* mistakes may be NULL; see conf_load. The stores are borrowed. */
MUST_USE result app_open(const char *conf_path, const struct stores *stores,
                         const struct clock *clock, struct buf *mistakes, struct app **out,
                         struct err *e);
void app_close(struct app **a); /* DEFER(app_close); accepts half-opened */
/* Opens the stores that the settings name. Only who serves takes kv.memory_file: a command beside
 * it has a table of its own, which is empty. */
MUST_USE result stores_open(const struct conf *c, const struct clock *clock, bool is_serving,
                            struct stores *out, struct err *e);
void stores_close(struct stores *s);

/* Brings the fee tables to the version in force (payments/fee_version.h), in this generation. */
MUST_USE result app_follow_fees(const struct app *a, bool *changed, struct err *e);

struct str app_origin(struct str url); /* scheme://host[:port] of an address */

struct site {
    pthread_mutex_t lock;
    struct app *now;
    struct stores stores;
    const struct clock *clock;
    const char *conf_path;
};

struct app *site_take(struct site *s); /* the present generation, kept until site_release */
void site_release(struct site *s, struct app *a);
/* Keeps the old generation when the new one cannot be opened. */
MUST_USE result site_reload(struct site *s, struct buf *mistakes, struct err *e);

/* One request, as handlers see it. */
struct ctx {
    struct app *app;
    struct arena *arena; /* the request's */
    const struct route_row *row;
    int64_t now_ms;
    struct str language; /* "vi" or "en" */
    struct visit visit;
    bool signed_in; /* a citizen's session */
    struct session session;
    bool is_staff;
    struct staff_session staff;
    struct access access; /* of routes for CLIENT */
    struct str form_csrf; /* of forms for visitors without a session */
    /* The way back to the portal that sent the visitor, for pages that tell an error; or empty. */
    struct str portal_url, portal_name;
    struct str hint; /* for whoever builds a portal, on an error page of a simulation; or empty */
};

#endif
