/*
 * business.h - asking the national business registration database who may act for an enterprise.
 *
 * Two forms of answer (ngsp, lgsp) become one record. Several legal representatives are normal. A
 * person represents when their number is among the representatives' papers; where the register's
 * form has no numbers, the name key must be equal. What a status allows is the dated table of
 * conf/status.h. OAuth client credentials; the token is kept in memory until it ends.
 * Thread rule: any thread; blocks on the network.
 */
#ifndef AUTH_BUSINESS_H
#define AUTH_BUSINESS_H

#include "auth/auth.h"
#include "conf/status.h"

#define BUSINESS_REPRESENTATIVES_MAX 32

struct business_record {
    struct str code; /* enterprise code = tax code, as the register writes it */
    struct str name;
    struct str status;      /* code where the form has one, else empty */
    struct str status_text; /* as the register writes it */
    struct str address;
    struct {
        struct str name;
        struct str number; /* empty in the ngsp form */
    } representatives[BUSINESS_REPRESENTATIVES_MAX];
    size_t count;
};

struct business_question {
    struct str code;         /* 10 or 12 digits, or 13 with the dash */
    struct str number, name; /* of the person who signs in */
    const char *purpose;     /* "login": into the audit log */
    struct str client_id;    /* for whose sign-in; or empty */
};

struct business_answer {
    bool pay_only; /* the status allows paying debts, nothing else */
    bool warn;     /* allowed, with a remark to the person */
};

MUST_USE result business_open(const struct conf *c, struct business **out, struct err *e);
void business_close(struct business **b);

/* ERR_BUSINESS_UNKNOWN, ERR_BUSINESS_STATUS, ERR_NOT_REPRESENTATIVE, ERR_UPSTREAM_DOWN. */
MUST_USE result business_check(struct auth *au, const struct visit *v,
                               const struct business_question *q, struct business_answer *out,
                               struct err *e);

/* The same, asked now whatever the cache holds; q->code as taxcode_read() writes it. *record is
 * what the register says about the enterprise, also with ERR_NOT_REPRESENTATIVE and
 * ERR_BUSINESS_STATUS; record->code is empty when it said nothing. */
MUST_USE result business_ask_now(struct auth *au, const struct visit *v,
                                 const struct business_question *q, struct business_record *record,
                                 struct business_answer *out, struct err *e);

/* What the dated table says today of a status; its names live as long as `au`. */
struct status business_status(const struct auth *au, struct str code);

/* Bytes of an answer with HTTP status 200. ERR_BUSINESS_UNKNOWN: no such enterprise;
 * ERR_UPSTREAM_DOWN: anything that is not an answer of that form. */
MUST_USE result business_read(struct arena *a, bool lgsp, struct str body,
                              struct business_record *out, struct err *e);
/* ERR_NOT_REPRESENTATIVE; ERR_UPSTREAM_DOWN when the record is of another enterprise. q->code as
 * taxcode_read() writes it. */
MUST_USE result business_match(struct arena *a, const struct business_question *q,
                               const struct business_record *r, struct err *e);

#endif
