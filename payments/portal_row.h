/*
 * portal_row.h - what portal.c and portal_read.c share.
 */
#ifndef PAYMENTS_PORTAL_ROW_H
#define PAYMENTS_PORTAL_ROW_H

#include "crypto/secret.h"
#include "payments/portal.h"

struct partner;

struct portal {
    struct secret secret;
    struct str partner_code, version, pay_origins;
    int64_t timeout_ms;
    struct partner *partner; /* NULL over another wire */
    portal_send *send;
    void *self;
};

void portal_no_answer(struct portal_answer *out, struct str why);

#endif
