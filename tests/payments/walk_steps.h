/*
 * walk_steps.h - what the files of steps share: the log, the dice, and what must come of a call.
 */
#ifndef TESTS_PAYMENTS_WALK_STEPS_H
#define TESTS_PAYMENTS_WALK_STEPS_H

#include "tests/payments/walk.h"

void walk_note(struct walk *w, const char *fmt, ...) PRINTF(2, 3); /* adds to the step's line */
bool walk_chance(struct walk *w, int percent);
/* Notes the outcome of a call; what is an error at any time, or tells a secret, ends the test. */
void walk_told(struct walk *w, result r, const struct err *e);
/* The same, and unless a fault happened it is known whether it succeeds. */
void walk_must(struct walk *w, result r, bool ok, const struct err *e);
struct walk_order *walk_pick(struct walk *w);
/* -1: none, in that channel (NULL: any). */
int walk_pick_attempt(struct walk *w, const struct walk_order *x, const char *channel);
bool walk_disputed(const struct walk_order *x);

void walk_refund(struct walk *w);
void walk_refund_on(struct walk *w);
void walk_reverse(struct walk *w);

/* Of wide walks. */
void walk_vnpay_open(struct walk *w);
void walk_vnpay_close(struct walk *w);
void walk_vnpay_truth(struct walk *w, const struct walk_order *x, const struct attempt *at);
void walk_vnpay_payer(struct walk *w);
void walk_vnpay_ipn(struct walk *w);
void walk_desk_take(struct walk *w);
void walk_desk_bring(struct walk *w);
void walk_desk_count(struct walk *w);

#endif
