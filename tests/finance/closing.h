/*
 * closing.h - days that two persons close, on the office of exceptions.h, for tests.
 */
#ifndef TESTS_FINANCE_CLOSING_H
#define TESTS_FINANCE_CLOSING_H

#include "finance/manifest.h"
#include "finance/run.h"
#include "tests/finance/exceptions.h"

/* Makes the key that signs; before processes that share it are forked. */
void closing_key_make(void);
/* case_room with that key. */
const struct office *closing_room(void);
/* Of the portal, or of closing_source. */
extern const struct source *closing_source;
struct run_key closing_key(struct date day);
struct run_view closing_shown(struct date day);
/* A payment of `f->day` and its line. */
struct str closing_paid(struct day_file *f);
/* Carried by staff:an, or accepted by two persons. */
void closing_carry(struct str id, struct date day);
void closing_accept(struct str id);
/* One submits, another approves. */
void closing_close(struct date day);
struct manifest closing_manifest(struct date day);
bool closing_comes_out_the_same(struct date day);
/* The file of the day after, in its chain. */
struct day_file closing_follow(const struct day_file *before);

#endif
