/*
 * history.h - what the audit log says about a person, for that person: sign-ins and who refused
 * them (Decree 333/2026 art. 16.6), and who asked the registers about them, why and with what
 * outcome (Law 91/2025/QH15 art. 4: the right to know).
 *
 * Pages of HISTORY_ROWS, the newest first, no older than HISTORY_DAYS. A page ends at a mark, from
 * which the next one goes on; a mark is a place in the log and tells nothing.
 */
#ifndef AUTH_HISTORY_H
#define AUTH_HISTORY_H

#include "auth/auth.h"

#define HISTORY_ROWS 30
#define HISTORY_DAYS 400 /* thirteen months */

struct account;

enum history_kind {
    HISTORY_IN,      /* signed in */
    HISTORY_PORTAL,  /* a portal was told who is signed in */
    HISTORY_OUT,     /* signed out */
    HISTORY_REFUSED, /* an attempt that a register or VNeID refused */
    HISTORY_FAILED,  /* an attempt that did not get through */
    HISTORY_PERSON,  /* the population database was asked */
    HISTORY_BUSINESS /* the business register was asked */
};

const char *history_kind_name(enum history_kind kind); /* "in", "portal", "out" ... */

struct history_row {
    enum history_kind kind;
    int64_t at_ms;
    struct str ip, agent; /* may be empty */
    struct str client_id; /* which portal, or empty */
    struct str why;       /* REFUSED, FAILED: an error's name; OUT: as session_why_name() */
    struct str purpose;   /* PERSON, BUSINESS: "login", "mandate" ... */
    struct str outcome;   /* the same: "MATCH", an error's name; empty: none was recorded */
};

struct history {
    struct history_row *rows;
    size_t count;
    struct str next; /* the mark of the next page; empty: there is none */
};

/* `mark` empty: the newest. ERR_INVALID: it is no mark. */
MUST_USE result history_sign_ins(struct auth *au, struct arena *a, struct str account,
                                 struct str mark, struct history *out, struct err *e);
MUST_USE result history_registers(struct auth *au, struct arena *a, const struct account *acc,
                                  struct str mark, struct history *out, struct err *e);

#endif
