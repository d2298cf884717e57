/*
 * model.h - what orders, attempts, refunds and books must be, as arithmetic: no SQL, no tables of
 * moves, and nothing of payments/ but its names of states.
 *
 * A driver tells it facts (money arrived, a refund was asked for, a capture was taken back) and
 * then compares what is stored with what follows here. The state of an order is not stepped: it
 * follows from its sums and from two facts, whether its bill is assessed and whether it was
 * applied.
 */
#ifndef TESTS_PAYMENTS_MODEL_H
#define TESTS_PAYMENTS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "payments/attempt.h"
#include "payments/order.h"
#include "payments/refund.h"

#define MODEL_ATTEMPTS 24
#define MODEL_REFUNDS  24

struct model_attempt {
    enum attempt_state state;
    int64_t captured_vnd;
    int account; /* 1110, 1120 or 1140 */
    bool disputed;
};

struct model_refund {
    enum refund_state state;
    int64_t vnd, excess_vnd;
    int account;
    bool reserved, paid; /* where its money is now */
};

struct model_order {
    int64_t total_vnd, reduction_vnd;
    bool exempt, assessed, applied, superseded;
    enum order_state ended; /* CANCELLED or EXPIRED, while not assessed */
    int64_t captured_vnd, refunded_vnd, reserved_vnd;
    int64_t excess_refunded_vnd, excess_reserved_vnd, carried_vnd;
    struct model_attempt attempts[MODEL_ATTEMPTS];
    struct model_refund refunds[MODEL_REFUNDS];
    int attempt_count, refund_count;
};

/* Balances of one order's journals, each on its account's normal side. */
struct model_books {
    int64_t a1110, a1120, a1130, a1140, a1180, a1190, a2100, bill, a2140, a2150, a9100, a9101;
};

void model_assess(struct model_order *o, int64_t total_vnd, int64_t reduction_vnd);
void model_withdraw(struct model_order *o, enum order_state ended);
void model_capture(struct model_order *o, struct model_attempt *at, int64_t vnd);
void model_reserve(struct model_order *o, struct model_refund *r);
void model_release(struct model_order *o, struct model_refund *r);
void model_pay(struct model_order *o, struct model_refund *r);
void model_return(struct model_order *o, struct model_refund *r);
void model_lose(struct model_order *o, struct model_attempt *at);
void model_supersede(struct model_order *o, struct model_order *successor);

enum order_state model_state(const struct model_order *o);
int64_t model_held(const struct model_order *o);
int64_t model_available(const struct model_order *o);
struct model_books model_books_of(const struct model_order *o);
/* I4 and I7 of the model itself; NULL when it holds. */
const char *model_broken(const struct model_order *o);

#endif
