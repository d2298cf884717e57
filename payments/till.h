/*
 * till.h - what the room works with: its store, keys, clock, fee tables and the payment portal.
 *
 * One till per process, opened at start, immutable afterwards; any thread. Every operation of this
 * room takes it first.
 */
#ifndef PAYMENTS_TILL_H
#define PAYMENTS_TILL_H

#include <stdatomic.h>

#include "base/base.h"

struct clock;
struct conf;
struct seal;
struct sql_pool;
struct fee_table;
struct refund_rules;
struct portal;
struct proposal_above;
struct secret;
struct vnpay;

/* Counters since start, for /metrics. */
struct till_counts {
    _Atomic int64_t notice_ok;       /* verified and recorded */
    _Atomic int64_t notice_repeat;   /* duplicates of what was known */
    _Atomic int64_t notice_refused;  /* wrong hash, malformed, unknown reference */
    _Atomic int64_t notice_mismatch; /* verified, but another partner, amount or currency */
    _Atomic int64_t query_total, query_failed;
    _Atomic int64_t captured_total;
    _Atomic int64_t quarantine_day, quarantine_today;
    _Atomic int64_t quarantined; /* stored; past the day's cap only counted */
};

struct till {
    struct sql_pool *store;
    const struct seal *seal;
    const struct clock *clock;
    const struct fee_table *fees;
    struct refund_rules *refunds;
    struct portal *portal;
    struct vnpay *vnpay;                   /* NULL: payers may not choose it */
    struct str vietqr_bin, vietqr_account; /* where transfers go; empty: not offered */
    struct secret *bank_secret;            /* of the bank's notifications; NULL: it sends none */
    struct str issuer;                     /* of next_url and of the receipt's QR code */
    struct str account;                    /* collection account the portal settles to */
    int64_t order_ttl_s, quote_ttl_s;
    int64_t query_first_s, query_horizon_s;
    int64_t lease_s;
    struct str receipt_form;       /* "EBL01" */
    struct str receipt_letters;    /* "AA" */
    struct str receipt_keys_dir;   /* <agency>.pem: receipt_sign.h */
    int64_t summary_before_s;      /* how long before midnight the day is summed up */
    struct str receipt_trust_file; /* authorities of their certificates; need not be there */
    bool words_chan;
    const struct proposal_above *above; /* proposal.h; NULL: no office stands on this till */
    struct till_counts *counts;
};

/* Opens the clients of the providers with their secrets. Everything given must outlive the till. */
MUST_USE result till_open(const struct conf *c, struct sql_pool *store, const struct seal *seal,
                          const struct clock *clock, const struct fee_table *fees, struct till *out,
                          struct err *e);
void till_close(struct till *t); /* DEFER(till_close) */

#endif
