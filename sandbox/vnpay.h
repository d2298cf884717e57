/*
 * vnpay.h - the simulated VNPAY (API 2.1.0): what it knows of payments, and what it says.
 *
 * Addresses below /vnpay: paymentv2/vpcpay.html (the payer comes with a signed address),
 * merchant_webapi/api/transaction (querydr, refund); the IPN goes to <motcua>/vnpay/ipn as agreed
 * with the merchant. All strings that are signed are put together here, apart from motcua's own
 * client, so that a misunderstanding shows. Truth is journalled (data/vnpay.jsonl).
 *
 * Amounts are whole dong here and hundredths on the wire. Thread rule: any thread.
 */
#ifndef SANDBOX_VNPAY_H
#define SANDBOX_VNPAY_H

#include "base/base.h"
#include "sandbox/fault.h"

#define VNPAY_REFUNDS_MAX 16

struct vnpay_refund {
    struct str request, type, number; /* vnp_RequestId; "02" full, "03" partial; ours */
    int64_t amount_vnd, at_ms;
    int64_t wait_ms; /* 05 so long, then 06 so long, then what it ends as */
    bool rejected;   /* ends as 09 */
};

struct vnpay_txn {
    struct str reference, info, return_url, created, expires; /* as the merchant sent them */
    int64_t amount_vnd;
    struct str token;  /* of the page where it is paid */
    struct str number; /* vnp_TransactionNo */
    struct str bank;
    struct str code, status; /* vnp_ResponseCode, vnp_TransactionStatus; empty: waiting */
    int64_t opened_ms, ended_ms;
    int64_t reversed_ms; /* 0: the money stays */
    struct str told;     /* of its end by IPN: "", "confirmed", "lost", "spoiled" */
    struct str told_reversed;
    struct vnpay_refund refunds[VNPAY_REFUNDS_MAX];
    size_t refund_count;
};

struct sandbox;
struct vnpay_truth;
struct clock;
struct json;
struct secret;
struct pair;

MUST_USE result vnpay_truth_open(const char *path, const struct clock *clock,
                                 struct vnpay_truth **out, struct err *e);
void vnpay_truth_close(struct vnpay_truth **v);
/* The payment of that address: a new one, or the same again; ERR_CONFLICT: the reference was used
 * for another. */
MUST_USE result vnpay_add(struct vnpay_truth *v, const struct vnpay_txn *in, struct vnpay_txn *out,
                          struct err *e);
bool vnpay_find(struct vnpay_truth *v, struct str reference, struct vnpay_txn *out);
bool vnpay_find_token(struct vnpay_truth *v, struct str token, struct vnpay_txn *out);
size_t vnpay_list(struct vnpay_truth *v, struct arena *a, struct vnpay_txn **out);
/* Changes a row under the lock, and writes it down when `edit` does not fail. */
typedef result vnpay_edit(struct vnpay_txn *t, void *arg, struct err *e);
MUST_USE result vnpay_change(struct vnpay_truth *v, struct str reference, vnpay_edit *edit,
                             void *arg, struct vnpay_txn *out, struct err *e);
struct json *vnpay_json(const struct vnpay_txn *t); /* caller owns */

struct str vnpay_status(const struct vnpay_txn *t, int64_t now_ms);
struct str vnpay_refund_status(const struct vnpay_refund *r, int64_t now_ms);
int64_t vnpay_refunded_vnd(const struct vnpay_txn *t, int64_t now_ms); /* but for those rejected */

/* vnpay_sign.c: the query without its signature, as VNPAY signs it: fields that begin with "vnp_",
 * without the signature and empty ones, sorted, form-encoded, HMAC-SHA-512 in lower-case hex. */
MUST_USE result vnpay_sign_form(struct arena *a, const struct secret *secret,
                                const struct pair *fields, size_t n, struct str *query,
                                struct str *hash, struct err *e);

/* vnpay_ipn.c: the end of a payment, its reversal, and a late success. */
enum vnpay_news { VNPAY_ENDED, VNPAY_REVERSED, VNPAY_LATE };
void vnpay_tell(struct sandbox *sb, const struct vnpay_txn *t, enum vnpay_news news,
                int64_t wait_ms, const struct fault_set *set);
void vnpay_untold_take_up(struct sandbox *sb); /* of an earlier run */
/* What IPN and return say: at most VNPAY_NEWS_FIELDS fields. */
#define VNPAY_NEWS_FIELDS 12
size_t vnpay_news_fields(struct sandbox *sb, struct arena *a, const struct vnpay_txn *t,
                         struct str status, int64_t more_vnd, struct pair *out);

#endif
