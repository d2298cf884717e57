/*
 * vnpay_notice.h - IPN: VNPAY tells what became of a payment.
 *
 * As CONFIRM (notice.h): verified in constant time, compared, committed as evidence, then VNPAY is
 * asked by querydr, and only its answer moves money. One about captured money that was taken back
 * (vnp_TransactionStatus 04), when querydr says so too, is a reversal proposed by "system" with its
 * money in dispute (reversal.h), once. The answer goes out after the commit:
 *   00 recorded   01 no such payment   02 settled before   04 another amount
 *   97 signature not right   99 anything else (VNPAY sends again)
 */
#ifndef PAYMENTS_VNPAY_NOTICE_H
#define PAYMENTS_VNPAY_NOTICE_H

#include "payments/till.h"

struct form;

struct vnpay_reply {
    struct str body; /* {"RspCode":"00","Message":"Confirm Success"}; status 200 always */
    struct str code;
};

/* Serves GET /vnpay/ipn; `form` is NULL when the query could not be read, and `query` is kept when
 * it is not believed. Never fails: the reason is left in `why` for the log. May call VNPAY: SLOW
 * pool. Where the channel is off: 99. */
void vnpay_notice_take(const struct till *t, const struct form *form, struct str query,
                       struct str ip, struct str request_id, struct arena *a,
                       struct vnpay_reply *out, struct err *why);

#endif
