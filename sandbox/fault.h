/*
 * fault.h - the switches by which the simulated systems fail on purpose (fault.def).
 *
 * A switch acts when it is named in the request's X-Sandbox-Fault header ("name" or
 * "name=argument", comma-separated), in the `fault` column of the person concerned, or by a row
 * that was set through /admin: for one person, one payment reference, a count of times, a rate, or
 * any mix of these. Thread rule: any thread.
 */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include "base/base.h"

enum fault {
#define FAULT(name, system, kind, arg) FAULT_##name,
#include "sandbox/fault.def"
#undef FAULT
    FAULT_COUNT
};

enum fault_system {
    FAULT_OF_VNEID,
    FAULT_OF_PERSON,
    FAULT_OF_BUSINESS,
    FAULT_OF_PORTAL,
    FAULT_OF_CONFIRM,
    FAULT_OF_SETTLEMENT,
    FAULT_OF_VNPAY,
    FAULT_OF_IPN,
    FAULT_OF_BANK
};

struct fault_set {
    bool on[FAULT_COUNT];
    int64_t arg[FAULT_COUNT];
};

struct fault_row {
    int64_t id;
    enum fault fault;
    char person[32];    /* a 12-digit number, or empty: anyone */
    char reference[64]; /* a payment reference, or empty: any */
    int64_t count;      /* times left; -1 without end */
    int64_t rate_ppm;   /* 1,000,000: always */
    int64_t arg;
};

struct fault_where {
    enum fault_system system;
    struct str header; /* X-Sandbox-Fault of the request */
    struct str person; /* 12-digit number, when known */
    struct str always; /* the person's own switch, from people.csv */
    struct str reference;
};

struct catalog;
struct faults;
struct response;
struct json;

void faults_open(struct faults **out);
void faults_close(struct faults **f);
bool fault_find(struct str name, enum fault *out);
const char *fault_name(enum fault fault);
enum fault_system fault_system(enum fault fault);
int64_t fault_arg(enum fault fault); /* the default argument */

/* Adds to `set` what acts here and now; counts it down. */
void fault_draw(struct faults *f, const struct fault_where *where, struct fault_set *set);
/* SLOW sleeps. DOWN, ERROR and GARBAGE fill in the answer: true, and the caller returns. */
bool fault_answer(const struct fault_set *set, enum fault_system system, struct response *rs);
void fault_pause(int64_t ms); /* at most a minute */

/* Sets a row: its id, or 0 when there are too many. */
int64_t fault_put(struct faults *f, const struct fault_row *row);
bool fault_drop(struct faults *f, int64_t id);
void fault_clear(struct faults *f);
struct json *fault_list(struct faults *f); /* rows that are set; caller owns */
struct json *fault_known(const struct catalog *words, struct arena *a); /* all; caller owns */

#endif
