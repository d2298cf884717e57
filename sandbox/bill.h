/*
 * bill.h - GET_BILL: the portal's own receipt of a payment, as PDF.
 */
#ifndef SANDBOX_BILL_H
#define SANDBOX_BILL_H

#include "base/base.h"

struct txn;

MUST_USE result bill_write(struct arena *a, const struct txn *t, struct str *pdf, struct err *e);

#endif
