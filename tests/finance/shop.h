/*
 * shop.h - days of payments in the database, through the product's own doors, and their list in the
 * columns of ours.csv, for motcua-sandbox month --ours.
 */
#ifndef TESTS_FINANCE_SHOP_H
#define TESTS_FINANCE_SHOP_H

#include "tests/payments/counter.h"

struct shop {
    struct counter *c;
    struct buf ours; /* ours.csv */
    uint64_t rng;
    int count;
};

struct shop *shop_open(uint64_t seed);
/* So many payments between 8 and 20 o'clock of that day; most are captured, some wait or failed,
 * some come after their order was cancelled, some pay an order twice. Moves the clock. */
void shop_day(struct shop *s, struct date day, int payments);
/* Where ours.csv was written. */
const char *shop_ours(struct shop *s);

#endif
