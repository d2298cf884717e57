/*
 * vnpay.h - the client of VNPAY, API 2.1.0: payment URL, IPN, querydr, refund.
 *
 * The payment URL and the IPN are forms: empty fields left out, sorted, form-encoded, HMAC-SHA-512
 * (crypto/partner.h). querydr and refund are JSON over HTTPS POST whose signature is an
 * HMAC-SHA-512 over fields joined by '|'; a field that would hold '|' is refused. Amounts travel as
 * dong times 100 and are whole dong on this side of the header. Times are yyyyMMddHHmmss in UTC+7,
 * 24 hours.
 *
 * A reply is believed only whole, with its signature right and about our terminal and transaction;
 * all else is VNPAY_NO_ANSWER. Opened once, immutable; any thread.
 */
#ifndef PAYMENTS_VNPAY_H
#define PAYMENTS_VNPAY_H

#include "base/base.h"

struct answer;
struct call;
struct form;
struct secret;
struct vnpay;

#define VNPAY_REFERENCE_MAX 100
#define VNPAY_TEXT_MAX      255

struct vnpay_config {
    struct str pay_url, api_url;
    struct str pay_origins; /* comma-separated; https but for loopback */
    struct str tmn_code, secret_file, ca_file;
    struct str server_ip;
    int64_t pay_ttl_s, timeout_ms;
};

/* ERR_CONFIG: pay_url does not lead to one of pay_origins; a code that is none. */
MUST_USE result vnpay_open(const struct vnpay_config *c, struct vnpay **out, struct err *e);
/* The same over another wire than HTTP, for tests: send() answers a body as partner_call() would.
 */
typedef result vnpay_send(void *self, struct str body, struct arena *a, struct answer *out,
                          struct err *e);
MUST_USE result vnpay_open_over(const struct vnpay_config *c, vnpay_send *send, void *self,
                                struct vnpay **out, struct err *e);
void vnpay_close(struct vnpay **v);
int64_t vnpay_timeout_ms(const struct vnpay *v);
int64_t vnpay_pay_ttl_s(const struct vnpay *v);

struct vnpay_pay {
    struct str reference;      /* vnp_TxnRef: letters, digits, '-', '.' or '_' */
    int64_t amount_vnd;        /* > 0 */
    struct str info;           /* vnp_OrderInfo: ASCII without '|', at most 255 bytes */
    struct str create, expire; /* 14 digits */
    struct str payer_ip;       /* the payer's; empty is ERR_INVALID: ours would be a lie */
    struct str return_url;
    bool english;
};
MUST_USE result vnpay_pay_url(const struct vnpay *v, const struct vnpay_pay *in, struct arena *a,
                              struct str *url, struct err *e);

/* Who and when of a message to the API; request_id is new for each querydr, and a refund's own. */
struct vnpay_ask {
    struct str request_id; /* letters and digits, at most 32 */
    struct str now;        /* vnp_CreateDate of the message */
    struct str reference, info;
    struct str created; /* vnp_TransactionDate: vnp_CreateDate of the payment, as it was sent */
};
struct vnpay_back { /* a refund */
    struct vnpay_ask ask;
    int64_t amount_vnd;
    bool full;
    struct str txn; /* vnp_TransactionNo, or empty */
    struct str by;  /* vnp_CreateBy */
};

enum vnpay_result {
    VNPAY_OK,
    VNPAY_NO_ANSWER /* time-out, 5xx, nonsense, a signature that is not right */
};
/* What a reply says, in VNPAY's codes. Texts that are absent are empty. */
struct vnpay_answer {
    enum vnpay_result result;
    struct str code;    /* vnp_ResponseCode; of NO_ANSWER a short word of ours */
    struct str type;    /* vnp_TransactionType: 01 payment, 02 full refund, 03 partial */
    struct str status;  /* vnp_TransactionStatus */
    int64_t amount_vnd; /* 0: absent, or no whole dong */
    struct str txn, bank, time;
};

/* Failure means that the request could not be made (a field is refused: ERR_INVALID). */
MUST_USE result vnpay_query(struct vnpay *v, const struct vnpay_ask *in, struct arena *a,
                            struct vnpay_answer *out, struct err *e);
MUST_USE result vnpay_refund(struct vnpay *v, const struct vnpay_back *in, struct arena *a,
                             struct vnpay_answer *out, struct err *e);

/* An IPN, or the query of the return URL, with its signature verified. */
struct vnpay_notice {
    struct str reference, code, status, txn, bank, time, info;
    int64_t amount_vnd; /* 0: no whole dong */
    bool paid;          /* both codes 00 */
};
/* ERR_BAD_SIGNATURE; ERR_INVALID: signed, but another terminal or without what is needed. */
MUST_USE result vnpay_read_notice(const struct vnpay *v, const struct form *form, struct arena *a,
                                  struct vnpay_notice *out, struct err *e);

/* Bodies and readers by themselves, for the vectors, the oracle and fuzzing. */
MUST_USE result vnpay_query_body(const struct vnpay *v, const struct vnpay_ask *in, struct arena *a,
                                 struct str *body, struct err *e);
MUST_USE result vnpay_refund_body(const struct vnpay *v, const struct vnpay_back *in,
                                  struct arena *a, struct str *body, struct err *e);
void vnpay_read(const struct vnpay *v, int status, struct str body, const char *command,
                struct str reference, struct arena *a, struct vnpay_answer *out);

#endif
