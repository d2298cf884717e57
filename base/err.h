/*
 * err.h - why something failed.
 *
 * An error has a code (err.def: status, OAuth name, text key, log level), the name of the offending
 * field if there is one, and a detail. Code and field reach the user, in the user's language; the
 * detail goes to the log only, and must hold no personal data and no secret.
 *
 * Libraries never log: they fill in an err and return failure; the edge (request loop, job loop,
 * command line) logs once. fail() is the only way to originate a failure.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

enum err_code {
#define ERR(code, status, oauth, text, level) ERR_##code,
#include "base/err.def"
#undef ERR
    ERR_COUNT
};

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct err {
    enum err_code code;
    char field[48];   /* the offending field's wire name, or empty; shown to the user */
    char detail[192]; /* log only */
};

/* Records the failure and returns it: `return fail(e, ERR_NOT_FOUND, "order %.*s", STR_ARG(id));`.
 * A null e is allowed: the caller only wants to know whether. */
MUST_USE result fail(struct err *e, enum err_code code, const char *detail_fmt, ...) PRINTF(3, 4);

/* The same for a field of the input: `return fail_field(e, ERR_INVALID, "amount", "not a number")`.
 */
MUST_USE result fail_field(struct err *e, enum err_code code, const char *field,
                           const char *detail_fmt, ...) PRINTF(4, 5);

int err_status(enum err_code code);        /* HTTP status */
const char *err_oauth(enum err_code code); /* OAuth error name */
const char *err_text(enum err_code code);  /* key into the message catalogues */
const char *err_name(enum err_code code);  /* "NOT_FOUND": stable, for logs and problem details */
enum log_level err_level(enum err_code code);

#endif
