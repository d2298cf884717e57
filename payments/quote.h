/*
 * quote.h - what a dossier would cost, promised for a while: kept under an id, so that the order
 * that names it costs the same or is refused; and what a higher identity level would save.
 */
#ifndef PAYMENTS_QUOTE_H
#define PAYMENTS_QUOTE_H

#include "payments/bill.h"
#include "payments/order.h"

#define QUOTE_LEVEL_MOST 2

/* What one line would cost less for a citizen of that level. */
struct quote_saving {
    struct str fee, name_vi, name_en;
    int level;
    int64_t saved_vnd;                       /* > 0 */
    struct str reduction_id, reduction_text; /* the preference that would apply */
};

struct quote {
    struct str id;              /* "quo_..." */
    struct order_request order; /* agency, procedure, day, channel, items, categories, citizen */
    struct bill bill;
    struct str bill_hash; /* hexadecimal */
    int64_t total_vnd, created_ms, expires_ms;
    struct quote_saving *savings;
    size_t saving_count;
    int64_t saved_vnd; /* their sum */
};

/* Prices and keeps it: own transaction. client_id is who asks. Errors as bill_make's, and
 * ERR_INVALID "procedure". Quotes that ended a week ago are purged in passing. */
MUST_USE result quote_make(const struct till *t, const struct order_request *rq, struct arena *a,
                           struct quote *out, struct err *e);
/* Prices without keeping: for pages and the command line. id is empty. Without client_id a level is
 * that of an assumed citizen who has used nothing of what is granted once a year. */
MUST_USE result quote_price(const struct till *t, const struct order_request *rq, struct arena *a,
                            struct quote *out, struct err *e);
/* Of that client, whether or not it has ended; bill and savings are not filled in. ERR_NOT_FOUND.
 */
MUST_USE result quote_load(const struct till *t, struct str id, struct str client_id,
                           struct arena *a, struct quote *out, struct err *e);
/* Whether an order made by it costs what was promised: ERR_STALE, field "quote_id", when it has
 * ended or prices have changed. */
MUST_USE result quote_check(const struct quote *q, const struct order *o, int64_t now_ms,
                            struct arena *a, struct err *e);

/* What a citizen of the highest level would save on this bill; none for who has that level. The
 * case is that of the bill. */
MUST_USE result quote_savings(const struct till *t, const struct order_request *rq,
                              const struct bill *b, struct arena *a, struct quote_saving **out,
                              size_t *count, struct err *e);
/* The same for an order as it was made, within what it was priced from; none for an order from
 * before. */
MUST_USE result quote_savings_of(const struct till *t, const struct order *o, struct arena *a,
                                 struct quote_saving **out, size_t *count, struct err *e);

#endif
