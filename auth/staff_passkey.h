/*
 * staff_passkey.h - an officer's passkeys: a key in a telephone or a token, unlocked by a finger or
 * a PIN, that signs for this site only. It stands for both factors, so it signs in by itself.
 *
 * A challenge has 256 random bits, is kept for PASSKEY_TTL_S, and is taken once. Registering needs
 * a session; a reset of the second factor removes all passkeys. Browsers have them for sites with a
 * name only: passkey_is_offered().
 */
#ifndef AUTH_STAFF_PASSKEY_H
#define AUTH_STAFF_PASSKEY_H

#include "auth/staff_sign_in.h"

#define PASSKEY_TTL_S     300
#define PASSKEYS_MAX      20 /* of one officer */
#define PASSKEY_LABEL_MAX 100
#define PASSKEY_TEXT_MAX  4096 /* base64url of what a page sends */

struct staff_passkey {
    struct str id; /* base64url */
    struct str label;
    int64_t created_ms, used_ms; /* used_ms 0: never */
};
/* What the page got from navigator.credentials, base64url. */
struct staff_ceremony {
    struct str id, client_data, auth_data, signature; /* id, signature: of an assertion */
    struct str label;                                 /* of a registration */
};

bool passkey_is_offered(const struct auth *au, struct arena *a, struct str *rp_id);
/* For a page that asks: name is whose, to register; or empty, to sign in. */
MUST_USE result staff_passkey_ask(struct auth *au, const struct visit *v, struct str name,
                                  struct str *challenge, struct err *e);
MUST_USE result staff_passkey_list(struct auth *au, struct arena *a, struct str name,
                                   struct staff_passkey *list, size_t *count, struct err *e);
/* visit.officer's own. ERR_BAD_SIGNATURE; ERR_CONFLICT: registered already; ERR_TOO_MANY. */
MUST_USE result staff_passkey_add(struct auth *au, const struct visit *v,
                                  const struct staff_ceremony *c, struct err *e);
MUST_USE result staff_passkey_remove(struct auth *au, const struct visit *v, struct str id,
                                     struct err *e);
/* ERR_BAD_PASSWORD for every reason alike; ERR_TOO_MANY during a pause. */
MUST_USE result staff_passkey_sign_in(struct auth *au, const struct visit *v,
                                      const struct staff_ceremony *c, struct staff_entry *out,
                                      struct err *e);

#endif
