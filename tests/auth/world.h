/*
 * world.h - everything around auth/: stores, keys, settings, and the national systems played by a
 * server in the test's own process, whose answers the test bends.
 *
 *     struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
 *
 * upstream() is what the played systems answer; it starts as an upstream that works, with one
 * citizen of level 2 whom the population database confirms.
 */
#ifndef TESTS_AUTH_WORLD_H
#define TESTS_AUTH_WORLD_H

#include "auth/auth.h"
#include "auth/client.h"
#include "auth/login.h"
#include "http/form.h"
#include "tests/test.h"

#define WORLD_NUMBER  "001087123456"
#define WORLD_SECRET  "mot-bi-mat-du-dai-cho-cac-bai-thu"
#define WORLD_RETURN  "https://portal.example.vn/callback"
#define WORLD_GOODBYE "https://portal.example.vn/bye"

struct upstream {
    struct str userinfo;                         /* JSON of userinfo */
    struct str id_sub, id_iss, id_aud, id_nonce; /* empty: as they should be */
    int64_t auth_time_s;                         /* 0: left out */
    struct str amr;                              /* JSON of the ID token's amr, or empty */
    int token_status;                            /* 200 */
    struct str token_error;                      /* body of another status */
    bool discovery_down, foreign_key;
    bool jwks_down, jwks_foreign; /* no key set; one that lists the other key instead */
    struct str authorize_url;     /* empty: as it should be */
    struct str nonce, challenge;  /* of the last address the browser was sent to */

    int population_status;  /* 200 */
    struct str population;  /* XML; empty: the record of the citizen */
    struct str verdict_yes; /* the yes/no operation that says yes, the other says no; or empty */
    int business_status;    /* 200 */
    struct str business;    /* JSON */

    int receiver_status; /* 200: of a portal that is told things at world_receiver() */
    int receiver_calls;
    struct str receiver_body, receiver_signature; /* of the last call */

    int discovery_calls, jwks_calls, token_calls, population_calls, business_calls;
    struct str population_request; /* the last one's body and headers */
    struct str population_authorization;
};

struct auth *world(struct sql_pool *pool, struct kv *kv, const struct clock *clock);
struct upstream *upstream(void);
struct str world_receiver(void); /* http://127.0.0.1:.../receiver */
struct conf *world_conf(void);   /* the settings of world(), to be bent before or between calls */
struct visit world_visit(void);
/* "portal", profile oidc, with secret, every scope and both grants. */
struct client world_client(struct auth *au);
/* The query of an address, parsed. */
struct form world_query(struct str url);
struct form world_form(const char *text);

/* A whole sign-in with the citizen as the upstream now is; ends the test when it fails. */
struct login_done world_login(struct auth *au);
/* The same step by step: the started and sent sign-in, and its callback. */
struct login world_sent(struct auth *au, const struct login_ask *ask, struct str *browser);
struct form world_callback(const struct login *l);

#endif
