/*
 * settlement.h - what the simulated portal says about one local day (UTC+7), from its own truth.
 *
 * settlement_day_make() lists the lines of the day, in order of time, with the planted mismatches
 * applied; four writers put the same lines into MC1, FW1, BJ1 and XLSX, and KJ1 is the Treasury's
 * view. Amounts: gross is the amount moved, never negative unless planted; net is signed (PAY
 * gross - fee, REFUND and REVERSAL -gross, FEE -fee, ADJUST gross); sums are of the columns as
 * written; closing = opening + sum of net, and is the next day's opening. Files are numbered by day
 * from 1 January 2026 and each holds the SHA-256 of the MC1 file of the day before.
 */
#ifndef SANDBOX_SETTLEMENT_H
#define SANDBOX_SETTLEMENT_H

#include "base/base.h"
#include "base/clock.h"
#include "crypto/digest.h"

struct sandbox;
struct buf;

enum settle_type { SETTLE_PAY, SETTLE_REFUND, SETTLE_REVERSAL, SETTLE_FEE, SETTLE_ADJUST };

struct settle_line {
    enum settle_type type;
    struct str txn, reference, original, dossier, procedure, body, account, bank;
    int64_t gross_vnd, fee_vnd, net_vnd;
    const char *currency, *status, *code; /* "VND"; "SUCCESS" "00" or "FAILED" "05" */
    int64_t at_ms;
    struct str treasury_ref;
    const char *treasury_status; /* SENT_SUCCESS SENT_FAIL NOT_SENT */
    struct str narrative;      /* JSON forms: what stands in place of type and dossier, or empty */
    int64_t treasury_less_vnd; /* planted: what the Treasury's file has less */
    bool corrupt;              /* planted: wrong chain digest */
    size_t tag;                /* of month.h: what is planted here, or 0 */
};

struct settle_day {
    struct date date;
    int64_t seq;
    struct settle_line *lines;
    size_t n;
    int64_t opening_vnd;
    int64_t revision;     /* 0: the first */
    int64_t made_ms;      /* 0: half an hour after the day's end */
    struct digest before; /* of the MC1 file of the day before */
    bool wrong_total, wrong_before, replayed, unknown_version; /* planted: CTL SEQ REP VER */
};

/* ERR_NOT_FOUND for days before the first. Days to come have files too: what is known of them, such
 * as a reversal that a switch has planned. */
MUST_USE result settlement_day_make(struct sandbox *sb, struct arena *a, struct date d,
                                    struct settle_day *out, struct err *e);
const char *settle_type_name(enum settle_type t);
int64_t settle_closing_vnd(const struct settle_day *day);
/* What the line adds to the balance. */
int64_t settle_net_vnd(const struct settle_line *l);
/* By time, then by the portal's number. */
void settle_sort(struct settle_day *day);

void settlement_mc1(struct sandbox *sb, struct arena *a, const struct settle_day *day,
                    struct buf *out);
/* The cells of MC1, for XLSX: header 10 (without H), line 21 (without D and chain), trailer 8. */
#define SETTLE_HEADER_CELLS  10
#define SETTLE_LINE_CELLS    21
#define SETTLE_TRAILER_CELLS 8
void settlement_header(struct sandbox *sb, struct arena *a, const struct settle_day *day,
                       struct str *cells);
void settlement_line(struct arena *a, const struct settle_day *day, size_t i, struct str *cells);
void settlement_trailer(struct arena *a, const struct settle_day *day, struct str *cells);

MUST_USE result settlement_fw1(struct arena *a, const struct settle_day *day, struct buf *out,
                               struct err *e);
void settlement_json(struct arena *a, const struct settle_day *day, bool treasury, struct buf *out);
MUST_USE result settlement_xlsx(struct sandbox *sb, struct arena *a, const struct settle_day *day,
                                struct str *out, struct err *e);

#endif
