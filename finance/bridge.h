/*
 * bridge.h - from what our books say is held at a provider to what the provider says.
 *
 *     opening + captured - refunds - payouts - fees +- other = closing      per our books (1110)
 *     difference = closing per our books - closing per the provider's file
 *     difference - sum of the lines = residual                              0, or nothing is closed
 *
 * The sums do not know each other: books from postings, the provider's figures from the head and
 * the end of the file, lines from exceptions, payouts, files and captures by their day there. What
 * happened at a provider before its first file is one line of its own.
 *
 * Everything is read as it was known at the cut of the run, and what goes on from day to day is
 * taken from the bridge of the run before, so that the same cut gives the same statement for ever.
 * An exception of an earlier day is carried while it is open; afterwards its difference stays in
 * "decided" until a posting takes it away. Payouts leave the books on the day they are posted.
 *
 * Postings on 1110 that belong to no attempt name their source in `source` of the journal:
 * "<what>:<provider>:..." or "<what>:<account>|..."; those of an attempt are told by its channel,
 * those of channel "assigned" by its bank, which is the provider.
 */
#ifndef FINANCE_BRIDGE_H
#define FINANCE_BRIDGE_H

#include "base/base.h"
#include "base/clock.h"
#include "payments/till.h"

struct json;

enum bridge_item {
    BRIDGE_EXCEPTION, /* open, of this day */
    BRIDGE_CARRIED,   /* open, of an earlier day */
    BRIDGE_IN_TIME,   /* captured there on a day, posted here on another */
    BRIDGE_PAID_OUT,  /* left our books by J3, and the provider's balance does not show it */
    BRIDGE_FEES,      /* taken by the provider, not yet in our books */
    BRIDGE_BEFORE,    /* what the provider held before its first file */
    BRIDGE_ELSEWHERE, /* in its files, and on another account of our books */
    BRIDGE_DECIDED,   /* differences of earlier days that are open no more, less what was posted */
    BRIDGE_ITEM_COUNT
};

/* One item, one day, one class; exceptions one by one are finance/exception.h's. */
struct bridge_line {
    enum bridge_item item;
    struct str class; /* of exceptions, or empty */
    struct date day;  /* of exceptions; y 0: of all days up to this one */
    int64_t count;    /* 0: not counted */
    int64_t vnd;      /* what it adds to our figure over theirs */
};

#define BRIDGE_LINES_MAX 1000

struct bridge {
    bool has_balances; /* the form names opening and closing; else both are summed from movements */
    int64_t opening_vnd, captured_vnd, refunds_vnd, payouts_vnd, fees_vnd, other_vnd, closing_vnd;
    int64_t theirs_opening_vnd, theirs_moved_vnd, theirs_fees_vnd, theirs_closing_vnd;
    int64_t difference_vnd, explained_vnd, residual_vnd;
    struct bridge_line *lines;
    size_t count;
};

struct json *bridge_json(const struct bridge *b, struct arena *a); /* caller closes */
/* Of an outcome or a manifest; false: it has none. */
bool bridge_read(struct str outcome, struct arena *a, struct bridge *out);
const char *bridge_item_name(enum bridge_item i); /* "carried" */

#endif
