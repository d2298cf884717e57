/*
 * staff_request.h - what an administrator does to another account.
 *
 * Nobody acts on his own account here. What touches an administrator's account, or makes somebody
 * an administrator, takes two: it becomes a request, which another administrator confirms within
 * STAFF_REQUEST_TTL_S. Everything else is done at once. The command line of the machine is not
 * bound by this: it makes the first administrator.
 */
#ifndef AUTH_STAFF_REQUEST_H
#define AUTH_STAFF_REQUEST_H

#include "auth/staff.h"

#define STAFF_REQUEST_TTL_S (3 * 86400)
#define STAFF_REQUESTS_MAX  100

enum staff_act {
    STAFF_ACT_ROLE,
    STAFF_ACT_DISABLE,
    STAFF_ACT_ENABLE,
    STAFF_ACT_INVITE,
    STAFF_ACT_RESET,
    STAFF_ACT_COUNT
};

struct staff_request {
    struct str id, name, made_by;
    enum staff_act act;
    enum staff_role role; /* of STAFF_ACT_ROLE */
    int64_t made_ms;
};

struct staff_done {
    bool waits;            /* for another administrator */
    struct str invitation; /* token of STAFF_ACT_INVITE, when done */
};

const char *staff_act_name(enum staff_act act);
bool staff_act_find(struct str name, enum staff_act *out);

/* visit.officer asks for act (and role) on name. ERR_FORBIDDEN: the own account; ERR_NOT_FOUND. */
MUST_USE result staff_ask(struct auth *au, const struct visit *v, const struct staff_request *r,
                          struct staff_done *out, struct err *e);
MUST_USE result staff_requests(struct auth *au, struct arena *a, struct staff_request **list,
                               size_t *count, struct err *e);
/* visit.officer confirms, or withdraws. ERR_FORBIDDEN: who asked, or whom it is about, confirms;
 * ERR_NOT_FOUND: it is done, withdrawn or too old. */
MUST_USE result staff_confirm(struct auth *au, const struct visit *v, struct str id,
                              struct staff_done *out, struct err *e);
MUST_USE result staff_withdraw(struct auth *au, const struct visit *v, struct str id,
                               struct err *e);

#endif
