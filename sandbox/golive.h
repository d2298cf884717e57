/*
 * golive.h - the go-live check: is a portal ready to be trusted with sign-ins?
 *
 * The sandbox plays an OpenID provider of its own, issuer <sandbox>/golive, and a browser. The
 * developer lets the portal under test use that issuer, with any client id and secret, and names
 * the address where its sign-in begins and a page that shows who is signed in. Then each row of
 * golive.def is one sign-in; in most of them one thing is wrong, and whoever is signed in after it
 * has been let in by a mistake. The person of a round has a name that nobody else has: when that
 * name stands on the portal's page, the round was accepted.
 *
 * One check at a time. Nothing here is a part of motcua; the sandbox listens on loopback only.
 */
#ifndef SANDBOX_GOLIVE_H
#define SANDBOX_GOLIVE_H

#include "sandbox/sandbox.h"

enum golive_round {
#define ROUND(name, want, source) GOLIVE_##name,
#include "sandbox/golive.def"
#undef ROUND
    GOLIVE_COUNT
};

struct golive;                         /* one for the process */
void golive_open(struct golive **out); /* its keys are made when first needed */
void golive_close(struct golive **g);

/* One round as the provider sees it; kept in kv under its code. */
struct golive_ask {
    struct str client_id, redirect_uri, state, nonce, challenge;
};
struct golive_code {
    enum golive_round round;
    struct golive_ask ask;
    struct str name; /* of this round's person */
};

struct str golive_issuer(const struct sandbox *sb, struct arena *a);
/* What a round's authorization answers with; *code is empty where the round sends an error. */
MUST_USE result golive_code_make(struct sandbox *sb, struct arena *a, const struct golive_code *c,
                                 struct str *code, struct err *e);
/* The parameters that a pushed request stands for; ERR_NOT_FOUND. */
MUST_USE result golive_pushed(struct sandbox *sb, struct arena *a, struct str request_uri,
                              struct form *out, struct err *e);
/* The check that is under way; false: another one is. */
bool golive_begin(struct golive *g);
void golive_end(struct golive *g);

/* What the developer tells. */
struct golive_portal {
    struct str start_url; /* begins a sign-in by redirecting to the provider */
    struct str page_url;  /* shows who is signed in; empty: where the callback leads */
};
struct golive_result {
    bool ran;        /* the round got as far as it should */
    bool accepted;   /* its person stands on the portal's page */
    int status;      /* of the portal's last answer */
    struct str note; /* key of a text, or empty */
};
struct golive_report {
    struct golive_result rounds[GOLIVE_COUNT];
    bool sends_state, sends_nonce, sends_pkce; /* in each of its requests */
    size_t passed;
};
bool golive_passed(const struct golive_report *r, enum golive_round round);
const char *golive_name(enum golive_round round);
bool golive_wants_accept(enum golive_round round);
const char *golive_source(enum golive_round round);
/* Runs every round. ERR_INVALID: an address that is none, or a start that leads elsewhere. */
MUST_USE result golive_run(struct sandbox *sb, struct arena *a, const struct golive_portal *p,
                           struct golive_report *out, struct err *e);

#endif
