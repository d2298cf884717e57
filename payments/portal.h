/*
 * portal.h - the client of the National Centralized Payment Portal: INIT, QUERY, GET_BILL.
 *
 * JSON over HTTPS POST; MaXacThuc is lower-case hex SHA-256 over the fields and the secret joined
 * by
 * '|' (crypto/partner.h). Amounts are decimal strings of dong, times yyyyMMddHHmmss in UTC+7 with a
 * 24-hour clock. A field that would hold '|' or a control character is refused, since the hash
 * would be ambiguous. Text is NFC before it is hashed and sent.
 *
 * Replies come in two forms, wrapped {"error_code":"0","message":"<JSON in a string>"} and bare
 * {"MaLoi":"00",..}; both are read. Only a whole, well-formed, sensible reply is believed; all else
 * is PORTAL_NO_ANSWER.
 *
 * Thread rule: any thread.
 */
#ifndef PAYMENTS_PORTAL_H
#define PAYMENTS_PORTAL_H

#include "base/base.h"
#include "payments/bill.h"

struct conf;
struct portal;
struct secret;

enum portal_result {
    PORTAL_OK,
    PORTAL_REFUSED,  /* a definite no, in a believable reply */
    PORTAL_NO_ANSWER /* time-out, 5xx, nonsense: what happened there is unknown */
};
enum portal_state { PORTAL_PAID = 1, PORTAL_PENDING = 3, PORTAL_FAILED = 4, PORTAL_NOT_FOUND = 0 };

struct portal_config {
    struct str url, partner_code, version;
    struct str pay_origins; /* comma-separated; https but for loopback */
    struct str secret_file, ca_file;
    int64_t timeout_ms;
};

struct portal_init {
    struct str reference;
    int64_t amount_vnd;
    struct str info; /* ThongTinGiaoDich */
    struct str time; /* ThoiGianGD, 14 digits: stored before it is sent */
    struct str payer_ip;
    struct str dossier, procedure, procedure_name;
    const struct fee_agency *agency;
    struct str payer_name, payer_id, payer_address; /* empty fields are sent empty */
    const struct bill *bill;                        /* its total is the amount */
};

struct portal_answer {
    enum portal_result result;
    struct str code;         /* MaLoi, or a short word of ours */
    struct str pay_url;      /* INIT: checked against pay_origins */
    enum portal_state state; /* QUERY */
    int64_t amount_vnd;
    struct str currency, txn, bank, time;
    struct str evidence; /* canonical JSON of the fields above */
};

MUST_USE result portal_open(const struct portal_config *c, struct portal **out, struct err *e);
/* The same over another wire than HTTP, for tests and simulation. send() answers a request body as
 * partner_call() would. */
struct answer;
typedef result portal_send(void *self, struct str body, struct arena *a, struct answer *out,
                           struct err *e);
MUST_USE result portal_open_over(const struct portal_config *c, portal_send *send, void *self,
                                 struct portal **out, struct err *e);
void portal_close(struct portal **p);
struct str portal_partner_code(const struct portal *p);
const struct secret *portal_secret(const struct portal *p);
int64_t portal_timeout_ms(const struct portal *p);

/* Failure means that the request could not be made at all (a field is refused: ERR_INVALID); the
 * outcome of a call that was made is in the answer. */
MUST_USE result portal_init(struct portal *p, const struct portal_init *in, struct arena *a,
                            struct portal_answer *out, struct err *e);
MUST_USE result portal_query(struct portal *p, struct str reference, struct str init_time,
                             struct arena *a, struct portal_answer *out, struct err *e);
/* The portal's own receipt. ERR_UPSTREAM_BAD when it is not a PDF, ERR_UPSTREAM_DOWN. */
MUST_USE result portal_bill(struct portal *p, struct str reference, struct str init_time,
                            struct arena *a, struct str *pdf, struct err *e);

/* Request bodies and reply readers by themselves, for the vectors and for fuzzing. */
MUST_USE result portal_init_body(const struct portal *p, const struct portal_init *in,
                                 struct arena *a, struct str *body, struct err *e);
MUST_USE result portal_query_body(const struct portal *p, const char *kind, struct str reference,
                                  struct str init_time, struct arena *a, struct str *body,
                                  struct err *e);
void portal_read_init(const struct portal *p, int status, struct str body, struct arena *a,
                      struct portal_answer *out);
void portal_read_query(const struct portal *p, int status, struct str body, struct str reference,
                       struct arena *a, struct portal_answer *out);
/* https, or http on loopback; its origin is one of the comma-separated list. */
bool portal_may_send_to(struct str url, struct str pay_origins);
/* Alphanumeric: the dossier code without other characters, then the attempt and random letters;
 * at most 50. */
struct str portal_make_reference(struct arena *a, struct str dossier, int64_t n);

#endif
