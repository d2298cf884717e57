/*
 * approval.h - a sign-in that one device asks for and a person approves on another: what device
 * authorization (RFC 8628, kiosks) and CIBA (counters) have in common.
 *
 * States and events are the table approval.def. The device holds a bearer value (device_code,
 * auth_req_id), kept as digest; the person finds the request by the code that stands on the
 * device's screen, or among those that are asked of them. Whoever approves has been authenticated
 * within APPROVAL_FRESH_S, as strongly as was asked; approval makes a session of its own, so that
 * leaving the phone does not end the kiosk, and ending it in the list of sessions does.
 */
#ifndef AUTH_APPROVAL_H
#define AUTH_APPROVAL_H

#include "auth/auth.h"
#include "auth/client.h"
#include "auth/grant.h"
#include "auth/session.h"

#define APPROVAL_TTL_S      600
#define APPROVAL_INTERVAL_S 5
#define APPROVAL_FRESH_S    300 /* an older sign-in is asked for anew */
#define APPROVAL_LIST_MAX   20

enum approval_state {
    APPROVAL_WAITING,
    APPROVAL_APPROVED,
    APPROVAL_DENIED,
    APPROVAL_TAKEN,
    APPROVAL_STATE_COUNT
};
enum approval_event {
    APPROVAL_EV_APPROVE,
    APPROVAL_EV_DENY,
    APPROVAL_EV_POLL,
    APPROVAL_EVENT_COUNT
};
enum approval_action {
    APPROVAL_DO_NONE,
    APPROVAL_DO_NOTIFY,
    APPROVAL_DO_WAIT,
    APPROVAL_DO_GIVE,
    APPROVAL_DO_REFUSE,
    APPROVAL_DO_REVOKE
};

struct approval {
    struct str id;    /* digest: its name on our pages; opens nothing */
    const char *kind; /* "device" or "ciba" */
    enum approval_state state;
    struct str client_id, scope, resources;
    struct str person;  /* ciba: keyed index of whom it is asked */
    struct str binding; /* ciba: what stands on the device that asks */
    struct str notify;  /* ciba: token with which the client is pinged, or empty */
    struct str ping_id; /* the auth_req_id that the ping tells; not for pages */
    int acr;            /* 0: any */
    struct str allowed; /* printed grant once approved; not for pages */
    int64_t created_ms, expires_ms;
};

/* Fills in id, state and created_ms; expires_ms is the caller's. *bearer is what the device polls
 * with; *user_code, of "device", what the person types (auth/approval_code.h).
 * ERR_ASKED_TOO_OFTEN: auth.ciba_open_max requests wait for the person's answer already, or
 * auth.ciba_hour_max were made within an hour, whoever made them. */
MUST_USE result approval_make(struct auth *au, const struct visit *v, struct approval *ap,
                              struct str *bearer, struct str *user_code, struct err *e);
/* ERR_NOT_FOUND: unknown or over its time. */
MUST_USE result approval_load(struct auth *au, struct arena *a, struct str id, struct approval *out,
                              struct err *e);
/* What a person typed: any case, with or without the dash and spaces. ERR_NOT_FOUND; ERR_TOO_MANY
 * after ten of one account in a quarter of an hour. */
MUST_USE result approval_find(struct auth *au, const struct visit *v, const struct session *s,
                              struct str user_code, struct approval *out, struct err *e);
/* What waits for the session's person, the soonest to end first; at most APPROVAL_LIST_MAX. What a
 * client asked that is gone since is left out. */
MUST_USE result approval_list(struct auth *au, struct arena *a, const struct session *s,
                              struct approval **list, size_t *count, struct err *e);
/* Whether the session may answer: ERR_NOT_FOUND when it is asked of somebody else; ERR_WEAK_SIGN_IN
 * when the person has to sign in anew first (with level ap->acr); ERR_BUSINESS_STATUS. */
MUST_USE result approval_check(struct auth *au, const struct session *s, const struct approval *ap,
                               struct err *e);
/* The answer. ERR_WRONG_STATE: answered otherwise, or over. */
MUST_USE result approval_answer(struct auth *au, const struct visit *v, const struct session *s,
                                const struct approval *ap, bool yes, struct err *e);
/* A poll of the token endpoint. ERR_PENDING, ERR_SLOW_DOWN, ERR_EXPIRED, ERR_DENIED, ERR_BAD_GRANT
 * (unknown, of another client, taken before). */
MUST_USE result approval_take(struct auth *au, const struct visit *v, const char *kind,
                              struct str bearer, const struct client *c, struct grant *out,
                              struct err *e);

bool approval_next(enum approval_state s, enum approval_event ev, enum approval_state *next,
                   enum approval_action *action);
const char *approval_state_name(enum approval_state s);

#endif
