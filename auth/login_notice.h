/*
 * login_notice.h - telling the installation's own notifier that somebody signed in from a browser
 * not seen before, so that it can write to the person (docs/sign_in_notice.md).
 *
 * A thin event is posted as JSON to auth.notify_url: who (pairwise for this receiver), when, which
 * browser, towards which portal. No name, number or address: the notifier knows its own people. The
 * header X-Motcua-Signature is "sha256=" and the hexadecimal HMAC-SHA-256 of the body under the
 * secret in auth.notify_key_file.
 */
#ifndef AUTH_LOGIN_NOTICE_H
#define AUTH_LOGIN_NOTICE_H

#include "auth/outgoing.h"

/* For outgoing_send(). ERR_CONFIG: the key's file cannot be read. */
MUST_USE result login_notice_send(struct auth *au, struct arena *a, const struct outgoing *o,
                                  struct outgoing_verdict *out, struct err *e);
/* The receiver's name for an account. */
struct str login_notice_account(const struct auth *au, struct arena *a, struct str account);

#endif
