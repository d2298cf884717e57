/*
 * receipt_range.h - receipts that others issue in a body's name (Decree 254/2026 art. 4(6), 25).
 *
 * A unit is a client of ours, such as a one-stop system, that a written delegation lets collect for
 * the body: its receipts carry its name and address beside the body's. It may be given ranges of
 * the body's numbers, split off from those that nobody has used yet; it uses them in ascending
 * order, one after the other. When they are used up its receipts take the body's own next numbers:
 * a capture never waits for a range. From nine tenths on an alarm asks for a new one. Ranges end
 * with their year.
 */
#ifndef PAYMENTS_RECEIPT_RANGE_H
#define PAYMENTS_RECEIPT_RANGE_H

#include "payments/receipt.h"

#define RECEIPT_RANGE_MAX      100000 /* numbers in one */
#define RECEIPT_RANGE_LIST_MAX 1000
#define RECEIPT_NUMBER_LAST    99999999 /* 8 digits: Decree 254/2026 art. 23(2) */

struct receipt_unit {
    struct str agency_id, unit;
    struct str name, address;
    struct str document; /* number and date of the written delegation */
};
/* Enters a unit or changes it; receipts keep what they were issued with. ERR_INVALID names the
 * field. */
MUST_USE result receipt_unit_put(const struct till *t, const struct receipt_unit *u, struct err *e);

struct receipt_range {
    struct str agency_id, form, serial;
    struct str unit; /* empty: all that the body takes by itself, beside the ranges */
    int64_t year, first, last;
    int64_t used; /* numbers given out */
    int64_t left; /* to be given out this year */
    int64_t gaps; /* given out without a receipt: 0; ledger_verify proves which */
};
/* Splits the body's next `count` numbers of this year off for the unit. ERR_INVALID "count";
 * ERR_NOT_FOUND: no such unit. */
MUST_USE result receipt_range_split(const struct till *t, struct str agency_id, struct str unit,
                                    int64_t count, struct arena *a, struct receipt_range *out,
                                    struct err *e);
/* Those of a year and agency (empty: of all), the bodies' own first. It counts the year's receipts
 * by their numbers. */
MUST_USE result receipt_range_list(const struct till *t, int64_t year, struct str agency_id,
                                   struct arena *a, struct receipt_range **out, size_t *count,
                                   struct err *e);
/* How many units have used nine tenths of their numbers of this year, or more. */
MUST_USE result receipt_range_short(const struct till *t, int64_t *units, struct err *e);

#endif
