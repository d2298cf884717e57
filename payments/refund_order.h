/*
 * refund_order.h - the document by which money goes back where no channel pays it back: C1-04/NS to
 * the treasury (Decree 347/2025, appendix I), or a transfer order to the bank of the collection
 * account.
 *
 * As data it is canonical JSON, made once, when the refund goes to MANUAL, and kept with it:
 *
 *   {"form":"C1-04/NS","number":"…","date":"2026-11-23","dossier":"…","receipt_day":"…",
 *    "body":{"name","tax_code","address"},"treasury":"…","reason":"…",
 *    "lines":[{"content","fee","sub_item","chapter","locality","treasury","budget_year",
 *              "paid_vnd","refund_vnd"}],"total_vnd":…,"words":"…"}
 *
 * total_vnd is the refund's amount and the sum of the lines, or nothing is made. The payee is not
 * part of it: the page that is printed opens it from its seal.
 */
#ifndef PAYMENTS_REFUND_ORDER_H
#define PAYMENTS_REFUND_ORDER_H

#include "payments/refund.h"

/* An approved refund by bank or treasury becomes MANUAL. ERR_WRONG_STATE: by a channel, or not
 * approved; with field "route": the treasury has not confirmed that it has the money; ERR_STALE
 * "route": the money has moved on; ERR_CONFIG: a fee without a row in conf/refunds/budget.csv. */
MUST_USE result refund_order_make(const struct till *t, struct str id,
                                  const struct order_cause *cause, struct arena *a,
                                  struct refund *out, struct err *e);
/* On paper, A4, with the payee opened. ERR_NOT_FOUND: none was made. */
MUST_USE result refund_order_pdf(const struct till *t, const struct refund *r, struct arena *a,
                                 struct str *pdf, struct err *e);

#endif
