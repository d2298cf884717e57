/*
 * vault.h - a counter whose captures are settled and remitted as an office does it, for tests.
 */
#ifndef TESTS_FINANCE_VAULT_H
#define TESTS_FINANCE_VAULT_H

#include "finance/payout.h"
#include "finance/remittance.h"
#include "payments/refund.h"
#include "tests/finance/day_file.h"
#include "tests/payments/counter.h"

extern struct office vault_office;
extern const struct date vault_monday; /* the fixture's day */

struct counter *vault(void); /* with vault_office on it */
struct proposal_actor vault_person(const char *name);
/* An order of the agency that was paid through the portal. */
struct order vault_paid_order(const char *agency);
struct str vault_reference(const struct order *o); /* of its first attempt */
struct attempt vault_attempt(struct str reference);
/* The file of monday names all these orders, and the day is closed: what was captured is settled.
 */
void vault_settle(const struct order *orders, size_t count);
void vault_open_again(void); /* the day */
void vault_post(void);       /* closed again */
/* Drafted for H56.14 by staff:an; or expects a failure. */
struct remittance vault_draft(void);
void vault_draft_fails(enum err_code want);
struct remittance vault_submit(const struct remittance *r);
result vault_decide(struct str proposal_id, enum proposal_state verdict, const char *who,
                    struct err *e);
void vault_approve(struct str proposal_id); /* by staff:binh */
struct remittance vault_send(const struct remittance *r);
struct remittance vault_confirm(const struct remittance *r);
/* From draft to confirmed. */
struct remittance vault_remit(void);
void vault_tamper(const char *statement);

#endif
