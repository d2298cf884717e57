/*
 * notice_record.h - what every provider's message has in common once it is verified: it is compared
 * with the attempt, recorded once as evidence, and makes the provider be asked. What does not
 * verify goes into a bounded quarantine.
 */
#ifndef PAYMENTS_NOTICE_RECORD_H
#define PAYMENTS_NOTICE_RECORD_H

#include "base/err.h"
#include "payments/attempt.h"
#include "payments/till.h"

/* What a verified message says. */
struct notice_facts {
    const char *channel; /* whose it is: another channel's attempt is ERR_NOT_FOUND */
    struct str reference;
    int64_t amount_vnd; /* 0: none that could be right */
    struct str currency, txn;
    bool paid; /* it says so; believed is only the answer to a question */
};

struct notice_outcome {
    struct attempt at;   /* after it */
    struct str mismatch; /* class of what does not fit, or empty */
    bool wrong;          /* it is about another amount or currency */
    bool known;          /* the same message came before: nothing was written */
};

/* Commits it. cause->evidence is the message in canonical JSON; cause->mismatch is set here.
 * Counts. ERR_NOT_FOUND: no such attempt. */
MUST_USE result notice_record(const struct till *t, const struct notice_facts *facts,
                              struct order_cause *cause, struct arena *a,
                              struct notice_outcome *out, struct err *e);
/* Asks the provider about what was recorded, unless it is captured already. Network. */
MUST_USE result notice_ask(const struct till *t, const struct notice_outcome *was,
                           struct order_cause *cause, struct arena *a, struct err *e);
/* Both, unless it is wrong; network. Of an attempt that is asked about anyhow the question comes
 * first and one transaction records the message and what was answered: returns OK only after that.
 */
MUST_USE result notice_record_and_ask(const struct till *t, const struct notice_facts *facts,
                                      struct order_cause *cause, struct arena *a,
                                      struct notice_outcome *out, struct err *e);
/* Kept for the operator, as long as it is not a flood; failing to keep it changes no answer. */
void notice_quarantine(const struct till *t, struct str body, enum err_code why, struct str ip,
                       struct str request_id, struct arena *a);

#endif
