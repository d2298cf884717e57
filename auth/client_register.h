/*
 * client_register.h - clients that register themselves (RFC 7591), and keep their registration in
 * order (RFC 7592). Closed unless auth.registration says otherwise.
 *
 * Whoever has an invitation (initial access token: 256 random bits, kept as SHA-256, for some uses
 * and until some day) registers a client of the invitation's profile, within its scopes and
 * grant_types, and by its name where it has one; later changes keep to that. The
 * answer holds a registration access token for that one client; we keep its digest. What is marked
 * OWN in client.def is never taken from a request, and stays when one changes the rest.
 */
#ifndef AUTH_CLIENT_REGISTER_H
#define AUTH_CLIENT_REGISTER_H

#include "auth/auth.h"
#include "auth/client.h"

struct json;

struct client_invite {
    struct str note; /* for whom */
    enum client_profile profile;
    struct str scopes; /* the most it may ask for */
    struct str grants; /* the most grant_types it may register, then and later; empty: any */
    struct str name;   /* its client_name, then and later; empty: as it says */
    int64_t uses;      /* 1 to 1000 */
    int64_t expires_ms;
};

/* One that is open. Its id is a name for our operator: it opens nothing. */
struct client_invite_row {
    struct str id;
    struct client_invite invite; /* uses: that are left */
    int64_t created_ms;
};
#define CLIENT_INVITE_LIST_MAX 200
/* The newest first; *list in the arena. */
MUST_USE result client_invite_list(struct auth *au, struct arena *a,
                                   struct client_invite_row **list, size_t *count, struct err *e);
/* Takes one back. Audited as "client.uninvite". ERR_NOT_FOUND: none of that id is open. */
MUST_USE result client_invite_end(struct auth *au, const struct visit *v, struct str id,
                                  struct err *e);
MUST_USE result client_invite_make(struct auth *au, const struct visit *v,
                                   const struct client_invite *i, struct str *token, struct err *e);

/* `authorization` is the header's value; `document` the request's JSON; *json the answer's.
 * ERR_NOT_FOUND: registration is closed; ERR_BAD_TOKEN: no such invitation or client, or not its
 * token; ERR_BAD_METADATA, ERR_BAD_REDIRECT name the member. */
MUST_USE result client_register(struct auth *au, const struct visit *v, struct str authorization,
                                const struct json *document, struct str *json, struct err *e);
MUST_USE result client_registered(struct auth *au, const struct visit *v, struct str authorization,
                                  struct str id, struct str *json, struct err *e);
MUST_USE result client_register_change(struct auth *au, const struct visit *v,
                                       struct str authorization, struct str id,
                                       const struct json *document, struct str *json,
                                       struct err *e);
MUST_USE result client_register_remove(struct auth *au, const struct visit *v,
                                       struct str authorization, struct str id, struct err *e);

/* OIDC Registration 5: what is at sector_identifier_uri lists every redirect address. Fetched with
 * the guard of http/guard.h. ERR_INVALID names sector_identifier_uri. OK when there is none. */
MUST_USE result client_sector_verify(struct auth *au, struct arena *a, const struct client *c,
                                     struct err *e);

#endif
