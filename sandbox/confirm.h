/*
 * confirm.h - one CONFIRM message: made, spoiled as the switches say, posted, its answer checked.
 */
#ifndef SANDBOX_CONFIRM_H
#define SANDBOX_CONFIRM_H

#include "base/base.h"
#include "sandbox/fault.h"

struct sandbox;

struct notice {
    struct str reference;
    size_t capture; /* or NOTICE_OF_FAILURE */
    int64_t due_ms; /* monotonic */
    int tries;
    char late_bank[16]; /* not empty: no message but the late success of a payment */
    struct fault_set set;
};

enum confirm_outcome { CONFIRM_DONE, CONFIRM_AGAIN };

enum confirm_outcome confirm_send(struct sandbox *sb, struct notice *n);

#endif
