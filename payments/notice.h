/*
 * notice.h - CONFIRM: the payment portal tells what became of a transaction.
 *
 * A notice is a hint. Its hash is verified in constant time, then partner, reference, amount and
 * currency are compared with the attempt, then the portal is asked by QUERY, and only QUERY's word
 * moves money. A notice that does not verify changes nothing but counters and the quarantine; a
 * failure only leads to QUERY; late and contradicting ones are kept as evidence.
 */
#ifndef PAYMENTS_NOTICE_H
#define PAYMENTS_NOTICE_H

#include "base/base.h"
#include "payments/till.h"

struct secret;

struct notice {
    struct str kind, code, partner, reference, amount, currency, txn, bank, time, info, hash;
    int64_t amount_vnd;
};

struct notice_reply {
    int status;      /* HTTP: 200 always; MaLoi tells */
    struct str body; /* JSON {MaLoi, MoTaLoi, MaDoiTac, MaThamChieu, ThoiGianGD, MaXacThuc} */
    bool accepted;   /* MaLoi 00 */
};

/* Serves POST /DvcPayment/Confirm. Replies 00 when verified and recorded, also for repeats, and
 * only after commit; 99 otherwise, with the reason left in `why` for the log. Never fails. May call
 * QUERY: SLOW pool. MaXacThuc of the reply is over MaLoi|MoTaLoi|MaDoiTac|MaThamChieu|ThoiGianGD.
 */
void notice_take(const struct till *t, struct str body, struct str ip, struct str request_id,
                 struct arena *a, struct notice_reply *out, struct err *why);

/* Parses and verifies; no store. ERR_MALFORMED, ERR_INVALID, ERR_BAD_SIGNATURE. */
MUST_USE result notice_read(struct str body, const struct secret *secret, struct arena *a,
                            struct notice *out, struct err *e);

#endif
