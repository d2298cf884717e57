/*
 * staff_account.h - inside auth/staff* only: an account with its secrets, and what all changes of
 * accounts share.
 */
#ifndef AUTH_STAFF_ACCOUNT_H
#define AUTH_STAFF_ACCOUNT_H

#include "auth/staff.h"

struct sql;
struct json;

struct staff_account {
    struct staff staff;
    struct str password;   /* encoded; empty: none */
    struct str otp_sealed; /* empty: none */
    int64_t otp_step, epoch;
    bool factor_due;
};

bool staff_name_ok(struct str name);
/* An unknown or impossible name is *found false. */
MUST_USE result staff_account_find(struct auth *au, struct arena *a, struct str name, bool *found,
                                   struct staff_account *out, struct err *e);

/* One change in a transaction with its audit row: `write` says how many accounts it changed, and
 * none is ERR_NOT_FOUND. */
struct staff_change {
    struct auth *auth;
    const struct visit *visit;
    struct str name;
    const char *action; /* of the audit row; subject "staff:<name>" */
    const struct json *detail;
    result (*write)(struct sql *db, const struct staff_change *c, int64_t *changed, struct err *e);
    const void *own; /* of the writer */
    int64_t now_ms;
};
MUST_USE result staff_change(struct staff_change *c, struct err *e);

/* The rules for new passwords. `second_factor`: the account cannot be entered by it alone. */
MUST_USE result staff_password_check(struct auth *au, const struct visit *v, struct str name,
                                     bool second_factor, const struct secret *password,
                                     struct err *e);
/* Whether accounts without a second factor must enrol one. */
bool staff_factor_is_required(const struct auth *au, const struct staff_account *a);
/* In the caller's transaction: the password, and the memory of the last ten. */
MUST_USE result staff_password_write(struct sql *db, struct str name, struct str encoded,
                                     int64_t now_ms, int64_t *changed, struct err *e);
struct str staff_subject(const struct visit *v, struct str name);

#endif
