/*
 * vietqr.h - the text of a VietQR symbol: a bank transfer that a banking app fills in by itself
 * (NAPAS IBFT, EMVCo QR code specification for payment systems, merchant-presented mode).
 *
 * Fields are id, two digits of length, value; the last is a CRC-16 over everything before it. With
 * an amount the symbol is dynamic ("12"), without one static ("11"). Only ASCII is written, since
 * lengths are counted in characters and readers disagree on anything else.
 */
#ifndef PAYMENTS_VIETQR_H
#define PAYMENTS_VIETQR_H

#include "base/base.h"

struct vietqr {
    struct str bin;     /* of the beneficiary's bank: 6 digits */
    struct str account; /* account or card number: 1 to 19 letters and digits */
    bool card;          /* the number is a card's */
    int64_t amount_vnd; /* 0: the payer types it */
    struct str bill;    /* each of these at most 25 printable ASCII characters, or empty */
    struct str reference;
    struct str terminal;
    struct str purpose; /* what the bank statement will show */
};

/* ERR_INVALID names the field. */
MUST_USE result vietqr_make(struct arena *a, const struct vietqr *q, struct str *out,
                            struct err *e);
/* CRC-16/CCITT-FALSE: polynomial 0x1021, initial 0xFFFF; of "123456789" it is 0x29B1. */
uint16_t vietqr_crc(struct str s);

#endif
