/*
 * receipt.h - electronic receipts of Decree 254/2026 art. 22-29 and Circular 91/2026.
 *
 * One receipt for the phi and one for the le phi of a paid order; nothing for 0. Form EBL01 (no
 * face value), serial YYT and two letters, number from 1 without gaps for each (agency, form,
 * serial, year), taken in the transaction that captures the money. Nothing is edited or deleted:
 * states are issued, notified (an error was notified) and replaced. What is printed is frozen in
 * the row; the payer's part is sealed.
 */
#ifndef PAYMENTS_RECEIPT_H
#define PAYMENTS_RECEIPT_H

#include "base/base.h"
#include "base/clock.h"
#include "payments/fee.h"
#include "payments/order.h"
#include "payments/till.h"

struct sql;

struct receipt_line {
    struct str name_vi, name_en;
    int64_t quantity, net_vnd;
    struct str basis_text;
};

struct receipt {
    struct str agency_id;
    struct str id;   /* "rct_...": /receipts/{id} */
    struct str code; /* of /verify/{code} */
    struct str order_id, reference;
    struct str procedure_name;
    enum fee_kind kind;
    struct str form, serial;
    int64_t number;
    struct str number_text; /* 7 digits */
    int64_t amount_vnd;
    struct str words; /* the amount in words */
    int64_t issued_ms;
    struct str state; /* "issued", "notified", "replaced" */
    struct str body_name, body_tax_code, body_address;
    struct str portal_txn;
    struct receipt_line *lines;
    size_t line_count;
    struct payer payer;
};

/* What the public page behind the QR code shows: no personal data. */
struct receipt_public {
    struct str form, serial, number_text, body_name, body_tax_code, state;
    enum fee_kind kind;
    int64_t amount_vnd;
    struct date issued_on;
};

/* Receipts of one order, phi first. */
MUST_USE result receipt_list(const struct till *t, const struct order *o, struct arena *a,
                             struct receipt **out, size_t *count, struct err *e);
MUST_USE result receipt_load(const struct till *t, struct str id, struct arena *a,
                             struct receipt *out, struct err *e); /* ERR_NOT_FOUND */
/* A4 page, Vietnamese with English below, fonts embedded, QR to <issuer>/verify/<code>. The same
 * receipt gives the same content. */
MUST_USE result receipt_pdf(const struct till *t, const struct receipt *r, struct arena *a,
                            struct str *pdf, struct err *e);
/* ERR_NOT_FOUND for any code that is not one of ours. */
MUST_USE result receipt_verify(const struct till *t, struct str code, struct arena *a,
                               struct receipt_public *out, struct err *e);
struct str receipt_url(const struct till *t, const struct receipt *r, struct arena *a);

/* Takes the numbers and stores the receipts of a captured order, within that transaction. */
MUST_USE result receipt_issue(struct sql *db, const struct till *t, const struct order *o,
                              struct str portal_txn, struct arena *a, struct err *e);
/* The money behind them was taken back, or carried to a corrected order: there is no cancelling
 * (Circular 91/2026 art. 20), so that they are notified as wrong; the next receipt_issue of the
 * order replaces them. */
MUST_USE result receipt_undo(struct sql *db, const struct till *t, const struct order *o,
                             struct arena *a, struct err *e);

#endif
