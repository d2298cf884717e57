/*
 * portal.h - the truth of the simulated payment portal: every transaction and what became of it.
 *
 * Tests compare motcua with this truth. It is journalled (data/portal.jsonl) and read again at the
 * start. Texts of a transaction live as long as the process; what callers get are copies of the
 * row. Thread rule: any thread.
 */
#ifndef SANDBOX_PORTAL_H
#define SANDBOX_PORTAL_H

#include "base/base.h"
#include "sandbox/fault.h"

#define PORTAL_CAPTURES_MAX 4

enum txn_state { TXN_WAITING, TXN_PAID, TXN_FAILED, TXN_CANCELLED };

struct capture {
    struct str txn;  /* MaGiaoDich */
    struct str bank; /* MaNganHang */
    int64_t at_ms;
    int64_t reversed_ms; /* 0: the money stayed */
    struct str notice;   /* "": not yet; "confirmed", "lost", "spoiled" */
};

struct txn {
    /* as INIT said */
    struct str reference, partner, info, init_time, dossier, procedure, body, body_name;
    struct str account, account_bank, payer_name, payer_id, payer_address;
    struct str lines; /* PhiLePhi, JSON text */
    int64_t amount_vnd;
    /* ours */
    struct str token; /* of the pay page */
    int64_t created_ms;
    enum txn_state state;
    int64_t ended_ms; /* failed or cancelled at */
    struct capture captures[PORTAL_CAPTURES_MAX];
    size_t capture_count;
    struct fault_set mismatch; /* SETTLEMENT switches planted here */
};

struct portal;
struct json;
struct clock;

MUST_USE result portal_open(const char *path, const struct clock *clock, struct portal **out,
                            struct err *e);
void portal_close(struct portal **p);
int64_t portal_opened_ms(const struct portal *p); /* the first start ever: its day has seq 1 */

/* A new transaction; the same again when every field is the same; ERR_CONFLICT otherwise. */
MUST_USE result portal_add(struct portal *p, const struct txn *in, struct txn *out, struct err *e);
bool portal_find(struct portal *p, struct str reference, struct txn *out);
bool portal_find_token(struct portal *p, struct str token, struct txn *out);
/* All rows, in the order of INIT. */
size_t portal_list(struct portal *p, struct arena *a, struct txn **out);

/* The payer's money arrived, for the first time when `already` is 0. ERR_WRONG_STATE when it has
 * been paid another number of times: two clicks pay once. */
MUST_USE result portal_capture(struct portal *p, struct str reference, struct str bank,
                               size_t already, struct txn *out, struct err *e);
/* The same, as if it had been so long ago: for days that are over before a test begins. */
MUST_USE result portal_capture_ago(struct portal *p, struct str reference, struct str bank,
                                   int64_t ago_ms, struct txn *out, struct err *e);
/* ERR_WRONG_STATE when it has been paid. */
MUST_USE result portal_end(struct portal *p, struct str reference, enum txn_state state,
                           struct txn *out, struct err *e);
MUST_USE result portal_reverse(struct portal *p, struct str reference, size_t capture,
                               int64_t at_ms, struct err *e);
MUST_USE result portal_mismatch(struct portal *p, struct str reference, enum fault fault,
                                int64_t arg, struct err *e);
/* What became of the CONFIRM of a capture: "confirmed", "lost", "spoiled". */
MUST_USE result portal_noticed(struct portal *p, struct str reference, size_t capture,
                               const char *how, struct err *e);
const char *txn_state_name(enum txn_state s);
struct json *txn_json(const struct txn *t); /* for the API; caller owns */

#endif
