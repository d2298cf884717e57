/*
 * mandate.h - a representative lets another person act for the organisation.
 *
 * Given by a person who represents the organisation on a ground of their own (auth/organisation.h)
 * to a person named by number and name; counts after that person, signed in with identity level 2,
 * has accepted it, on its days (Asia/Ho_Chi_Minh), within its powers and its amount limit. Both see
 * it and its history, and either ends it, as does any other representative of the organisation. It
 * ends by itself with its last day, and with the ground of its giver. Nobody gives one to
 * themselves. States, events and actions are the table mandate.def; mandate_step() is the only
 * writer. Every step is a row of its history and of the audit log.
 *
 * Number and name of the receiver are sealed; the receiver finds it by keyed digest, and only under
 * the same name, so that a mistyped number tells a stranger nothing.
 */
#ifndef AUTH_MANDATE_H
#define AUTH_MANDATE_H

#include "auth/account.h"
#include "auth/auth.h"
#include "base/clock.h"

#define MANDATE_LIST_MAX        100
#define MANDATE_STEPS_MAX       20
#define MANDATE_FUNCTIONS_MAX   20
#define MANDATE_AMOUNT_VND_MOST INT64_C(1000000000000)
#define MANDATE_YEARS_MOST      5

enum mandate_state {
    MANDATE_GIVEN,
    MANDATE_ACCEPTED,
    MANDATE_DECLINED,
    MANDATE_REVOKED,
    MANDATE_EXPIRED,
    MANDATE_STATE_COUNT
};
enum mandate_event {
    MANDATE_EV_ACCEPT,
    MANDATE_EV_DECLINE,
    MANDATE_EV_REVOKE,
    MANDATE_EV_EXPIRE,
    MANDATE_EV_LOSE,
    MANDATE_EVENT_COUNT
};
enum mandate_action { MANDATE_DO_NOTHING, MANDATE_DO_START, MANDATE_DO_CLOSE, MANDATE_DO_END };

struct mandate {
    struct str id;           /* "mnd_..." */
    struct str organisation; /* "org_..." */
    struct str giver;        /* account of the representative */
    struct str receiver_index;
    struct str number, name;     /* the receiver's, as the giver wrote them */
    struct str receiver_account; /* empty: has not answered */
    enum mandate_state state;
    struct str powers;         /* space-separated: sign_in (to portals), bills (see), pay */
    struct str functions;      /* [a-z0-9._-]{1,64}, space-separated, told to portals; empty: all */
    int64_t amount_limit_vnd;  /* of one payment; 0: none */
    int64_t from_ms, until_ms; /* until: exclusive */
    int64_t given_ms;
};

struct mandate_ask {
    struct str organisation;
    struct str number, name;
    struct str powers, functions;
    int64_t amount_limit_vnd;
    struct date from, until; /* both days included */
};

/* ERR_FORBIDDEN: level 1. ERR_INVALID names the field (number, name, powers, functions, limit,
 * from, until; many: auth.mandates_open_max are open); `number` also when it is the giver's own.
 * Errors of organisation_ground(). */
MUST_USE result mandate_give(struct auth *au, const struct visit *v, const struct account *giver,
                             const struct mandate_ask *ask, struct mandate *out, struct err *e);
/* One whose last day is over has expired by now. ERR_NOT_FOUND. */
MUST_USE result mandate_load(struct auth *au, const struct visit *v, struct str id,
                             struct mandate *out, struct err *e);

/* The receiver's answer. ERR_NOT_FOUND: of another person; ERR_FORBIDDEN: level 1; ERR_WRONG_STATE.
 */
MUST_USE result mandate_answer(struct auth *au, const struct visit *v, const struct account *who,
                               int level, struct str id, bool accepted, struct err *e);
/* By giver, receiver, or whoever else represents the organisation. ERR_NOT_FOUND: of none of them.
 */
MUST_USE result mandate_revoke(struct auth *au, const struct visit *v, const struct account *who,
                               struct str id, struct err *e);
/* By an officer, on the command line: another process, so that what acts by it is stopped by
 * acting_tend() of those that serve. `actor` goes to the audit log. */
MUST_USE result mandate_revoke_by_staff(struct auth *au, const struct visit *v, struct str actor,
                                        struct str id, struct err *e);
/* All that this person gave for the organisation end: their own ground is gone. */
MUST_USE result mandate_lose(struct auth *au, const struct visit *v, struct str organisation,
                             struct str giver, struct err *e);
/* Expires one that is due. *did false: there was none. */
MUST_USE result mandate_expire_next(struct auth *au, const struct visit *v, bool *did,
                                    struct err *e);
/* Ends one whose giver's own ground is gone: what mandate_lose() could not finish. */
MUST_USE result mandate_lose_next(struct auth *au, const struct visit *v, bool *did, struct err *e);

/* Accepted ones, then those that wait for an answer, then ended ones, each newest first (list_all:
 * newest first); MANDATE_LIST_MAX at most; *list in the arena. */
MUST_USE result mandate_list_received(struct auth *au, const struct visit *v,
                                      const struct account *who, struct mandate **list,
                                      size_t *count, struct err *e);
/* Of an organisation, as `who` may see them: all while their own ground holds (the register may be
 * asked), else those that they gave. */
MUST_USE result mandate_list_given(struct auth *au, const struct visit *v,
                                   const struct account *who, struct str organisation,
                                   struct mandate **list, size_t *count, struct err *e);
MUST_USE result mandate_list_all(struct auth *au, const struct visit *v, struct mandate **list,
                                 size_t *count, struct err *e);

struct mandate_past {
    struct str state, role; /* as stored: "accepted"; "giver" "receiver" "representative" ... */
    int64_t at_ms;
};
MUST_USE result mandate_history(struct auth *au, struct arena *a, struct str id,
                                struct mandate_past **list, size_t *count, struct err *e);

/* Moves and stores, with its row of history and of the audit log. ERR_WRONG_STATE: not listed, or
 * moved meanwhile. `role` and `actor`: who did it. */
struct mandate_move {
    enum mandate_event event;
    const char *role;
    struct str actor;
    struct str receiver_account; /* of ACCEPT and DECLINE */
};
MUST_USE result mandate_step(struct auth *au, const struct visit *v, struct mandate *m,
                             const struct mandate_move *move, enum mandate_action *action,
                             struct err *e);
/* The table alone; false: not listed. */
bool mandate_next(enum mandate_state s, enum mandate_event ev, enum mandate_state *next,
                  enum mandate_action *action);
const char *mandate_state_name(enum mandate_state s); /* "given", as stored */
const char *mandate_event_name(enum mandate_event ev);
const char *mandate_action_name(enum mandate_action action);

bool mandate_is_live(const struct mandate *m, int64_t now_ms); /* accepted, and one of its days */

#endif
