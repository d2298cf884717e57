/*
 * counter.h - a till on the fixture's store, with the payment portal simulated over memory.
 *
 *     struct counter *c = counter_open();    one for the whole test; fee tables of conf/fees
 *     struct order o = counter_order(c);     578.000 đ: phi 550.000, le phi 28.000
 *     struct str ref = counter_start(c, &o); INIT done, payer at the portal
 *     counter_pay(c, ref); ... counter_confirm(c, ref, "00")
 */
#ifndef TESTS_PAYMENTS_COUNTER_H
#define TESTS_PAYMENTS_COUNTER_H

#include <pthread.h>

#include "base/clock.h"
#include "payments/attempt.h"
#include "payments/notice.h"
#include "payments/order.h"
#include "payments/portal.h"
#include "payments/till.h"
#include "tests/test.h"

#define COUNTER_SECRET   "bi-mat-thu-nghiem"
#define COUNTER_DEALS    32768
#define COUNTER_ORDER    578000
#define COUNTER_PHI      550000
#define COUNTER_LE_PHI   28000
#define COUNTER_RETAINED 495000

enum counter_init {
    INIT_WRAPPED,
    INIT_BARE,
    INIT_LOST,       /* never arrives */
    INIT_LOST_AFTER, /* committed there, answer lost */
    INIT_500_AFTER,
    INIT_REFUSED,
    INIT_FOREIGN_URL,
    INIT_GARBAGE
};

/* What the portal knows of one reference. */
struct deal {
    char reference[64], init_time[16], amount[24], info[128], ip[64];
    int state; /* 1 paid, 3 waiting, 4 failed */
    int inits, queries;
    char txn[32];
    char time[16]; /* when it was paid there; empty: 20261123090500 */
};

struct counter {
    struct till till;
    struct clock clock;
    struct seal *seal;
    struct fee_table *fees;
    pthread_mutex_t lock;
    enum counter_init init;
    bool query_down;
    int64_t query_amount_more; /* QUERY answers a larger amount */
    const char *query_currency;
    bool bill_is_html;
    int calls;
    char last_body[16384];
    struct deal *deals; /* shared with children that a test forks */
    size_t *deal_count;
    _Atomic int *children; /* that are at work */
};

struct counter *counter_open(void);
struct counter *counter_share(void); /* before a fork: the portal outlives the child */
struct order_request counter_request(void);
struct order counter_order(struct counter *c);
struct order counter_order_for(struct counter *c, const struct order_request *rq);
struct str counter_start(struct counter *c, const struct order *o); /* the reference */
struct deal *counter_deal(struct counter *c, struct str reference);
void counter_pay(struct counter *c, struct str reference);
void counter_fail(struct counter *c, struct str reference);
/* Two persons take a capture back. */
result counter_reverse(struct counter *c, struct str reference, struct err *e);
void counter_forward(struct counter *c, int64_t seconds);

struct confirm {
    const char *code, *partner, *amount, *currency, *txn, *time;
    const char *secret;
};
/* What the portal would post; fields that are NULL are the right ones. */
struct str counter_confirm_body(struct counter *c, struct str reference, struct confirm with);
struct notice_reply counter_confirm(struct counter *c, struct str reference, struct confirm with);

enum order_state counter_state(struct counter *c, const struct order *o);
enum attempt_state counter_attempt(struct counter *c, struct str reference);
int64_t counter_journals(struct counter *c, const struct order *o, const char *kind);
size_t counter_receipts(struct counter *c, const struct order *o);
struct str counter_method_said(struct counter *c, const struct order *o); /* by receipts */
int64_t counter_events(struct counter *c, const struct order *o);
bool counter_has_mismatch(struct counter *c, const struct order *o, const char *mismatch);
int64_t counter_balance(struct counter *c, int account);
int64_t counter_rows(const char *table);    /* that a table has, by the database's own shell */
void counter_books_hold(struct counter *c); /* ledger_verify */
const struct order_cause *counter_cause(void);
/* The payer at 203.0.113.7 chose this channel. */
const struct attempt_choice *counter_by(const char *channel);

#endif
