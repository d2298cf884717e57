/*
 * receipt.h - electronic receipts of Decree 254/2026 art. 22-29 and Circular 91/2026.
 *
 * One receipt for the phi and one for the le phi of a paid order; nothing for 0. Form EBL01 (no
 * face value), serial YYT and two letters, number from 1 without gaps for each (agency, form,
 * serial, year), taken in the transaction that captures the money; a delegated unit takes from its
 * own ranges (receipt_range.h). Nothing is edited or deleted: states are issued, notified (an error
 * was notified) and replaced (receipt_fix.h). What is printed is frozen in the row; the payer's
 * part is sealed. The body signs afterwards (receipt_sign.h): a missing certificate delays that,
 * never a capture.
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

/* As a receipt is named on another. */
struct receipt_ref {
    struct str form, serial, number_text; /* empty: none */
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
    struct str method; /* how that came, as channel_method() says it; read only */
    struct receipt_line *lines;
    size_t line_count;
    struct payer payer;
    int64_t revision;                           /* 0: the first of its kind for the order */
    struct str replaces, replaced_by;           /* ids, or empty */
    struct receipt_ref old;                     /* of `replaces` */
    struct str delegate_name, delegate_address; /* who issued it in the body's name, or empty */
    int64_t signed_ms;                          /* 0: its signature is pending */
};

/* What the public page behind the QR code shows: no personal data. */
struct receipt_public {
    struct str form, serial, number_text, body_name, body_tax_code, state;
    enum fee_kind kind;
    int64_t amount_vnd;
    struct date issued_on;
    struct str id;
    int64_t signed_ms;                /* 0: signature pending */
    struct str signer, signer_serial; /* subject and number of the certificate */
    int64_t signer_until_ms;
    struct str xml_sha256, pdf_sha256;
    struct receipt_ref replacement; /* what took its place, or empty */
    struct str replacement_code;
};

/* Receipts of one order, phi first. */
MUST_USE result receipt_list(const struct till *t, const struct order *o, struct arena *a,
                             struct receipt **out, size_t *count, struct err *e);
MUST_USE result receipt_load(const struct till *t, struct str id, struct arena *a,
                             struct receipt *out, struct err *e); /* ERR_NOT_FOUND */
/* A4 page, Vietnamese with English below, fonts embedded, QR to <issuer>/verify/<code>. The same
 * receipt gives the same content. It says when and by whom it is signed, or that it is not. */
struct receipt_mark {
    int64_t at_ms; /* 0: not signed */
    struct str signer;
};
MUST_USE result receipt_pdf(const struct till *t, const struct receipt *r,
                            const struct receipt_mark *mark, struct arena *a, struct str *pdf,
                            struct err *e);
/* All that E4 of Decree 254/2026 lists, unsigned; namespace RECEIPT_SPACE. */
#define RECEIPT_SPACE "urn:motcua:bien-lai:1"
MUST_USE result receipt_xml(const struct till *t, const struct receipt *r, int64_t signed_ms,
                            struct arena *a, struct str *xml, struct err *e);
/* ERR_NOT_FOUND for any code that is not one of ours. */
MUST_USE result receipt_verify(const struct till *t, struct str code, struct arena *a,
                               struct receipt_public *out, struct err *e);
/* The code of the receipt whose signed XML or PDF has this SHA-256; ERR_NOT_FOUND. */
MUST_USE result receipt_find_file(const struct till *t, struct str sha256, struct arena *a,
                                  struct str *code, struct err *e);
struct str receipt_number_text(struct arena *a, int64_t number); /* 7 digits */
struct str receipt_url(const struct till *t, const struct receipt *r, struct arena *a);

/* Takes the numbers and stores the receipts of a captured order, within that transaction. */
MUST_USE result receipt_issue(struct sql *db, const struct till *t, struct order *o,
                              struct str portal_txn, struct arena *a, struct err *e);
/* The money behind them was taken back, or carried to a corrected order: there is no cancelling
 * (Circular 91/2026 art. 20), so that they are notified as wrong; the next receipt_issue of the
 * order replaces them. */
MUST_USE result receipt_undo(struct sql *db, const struct till *t, const struct order *o,
                             struct arena *a, struct err *e);
/* Stores one that takes the place of `old`, with the next number and today's serial: lines, amount
 * and body are r's. r->id, code, number and serial are filled in. */
MUST_USE result receipt_issue_again(struct sql *db, const struct till *t, const struct receipt *old,
                                    struct receipt *r, struct arena *a, struct err *e);
/* Within a transaction: loads one. */
MUST_USE result receipt_find(struct sql *db, const struct till *t, struct str id, struct arena *a,
                             struct receipt *out, struct err *e);

#endif
