/*
 * officer.h - an officer of the tests: an account, its telephone, and ways to sign in.
 */
#ifndef TESTS_AUTH_OFFICER_H
#define TESTS_AUTH_OFFICER_H

#include "auth/staff_sign_in.h"
#include "tests/test.h"

#define OFFICER_PASSWORD "Mat-khau-2026!"
#define OFFICER_HOME     "203.0.113.7"

/* An account with OFFICER_PASSWORD and no second factor. */
void officer_add(struct auth *au, const char *name, enum staff_role role);
struct visit officer_visit(const char *ip);
/* The password step; ERR_NONE and *out, or why not. */
enum err_code officer_try(struct auth *au, const char *name, const char *password, const char *ip,
                          struct staff_entry *out);
/* Enrols the account's telephone: its secret in base 32. */
struct str officer_phone(struct auth *au, const char *name);
/* What the telephone shows `steps` half minutes from now. */
struct str officer_code(struct auth *au, struct str phone, int steps);
struct staff_attempt officer_attempt(struct auth *au, const struct staff_entry *entry);
enum err_code officer_try_code(struct auth *au, const struct staff_attempt *t, struct str code,
                               const char *ip, struct staff_entry *out);
bool officer_is_inside(struct auth *au, struct str token, struct staff_session *out);

#endif
