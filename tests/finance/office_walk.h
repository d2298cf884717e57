/*
 * office_walk.h - a random walk through an officer's days: payments, files of every form that come
 * early, late, twice, wrong or revised, runs, exceptions that people work on, days that are closed
 * and opened again; and what must hold after every step.
 *
 *     struct office_walk *w = office_walk_open(seed);
 *     office_walk_step(w) ... office_walk_prove(w, false)
 *
 * What the portal did is kept beside it, as files that are written by tests/finance/day_file.h. A
 * step whose outcome would hang on a random name chooses by numbers instead, so that the same seed
 * gives the same figures on both engines (office_walk_figures).
 */
#ifndef TESTS_FINANCE_OFFICE_WALK_H
#define TESTS_FINANCE_OFFICE_WALK_H

#include "conf/conf.h"
#include "finance/office.h"
#include "finance/reconcile.h"
#include "tests/finance/day_file.h"
#include "tests/payments/counter.h"

#define OFFICE_WALK_DAYS 24
#define OFFICE_WALK_PAYS 400
#define OFFICE_WALK_LOG  120

struct walked_pay {
    struct str reference, order;
    int day;    /* index; of the file that has it */
    bool there; /* the portal has the money */
    bool here;  /* so do we, as far as the walk knows */
    int64_t vnd, at_ms;
};

struct walked_day {
    struct date date;
    struct day_file file;     /* as the portal would write it now */
    int64_t taken;            /* revision of the last file that was accepted; 0: none */
    bool early;               /* it came before its day was over */
    int64_t moved_vnd, lines; /* of that file */
    enum settlement_form form;
    struct str sha256; /* of its bytes, when it was MC1 */
};

struct office_walk {
    struct counter *c;
    struct conf conf;
    struct office office;
    struct keyring *keys;
    uint64_t seed, rng;
    struct walked_pay pays[OFFICE_WALK_PAYS];
    int pay_count, today;
    struct walked_day days[OFFICE_WALK_DAYS];
    int64_t step;
    int64_t steps_of[32];
    char log[OFFICE_WALK_LOG][200];
};

struct office_walk *office_walk_open(uint64_t seed);
void office_walk_close(struct office_walk *w);
void office_walk_step(struct office_walk *w);
/* I11 to I14 of everything that is there; whole: the chains of books and audit, too. */
void office_walk_prove(struct office_walk *w, bool whole);
/* Days, exceptions and proposals without random names. */
struct str office_walk_figures(struct office_walk *w, struct arena *a);

uint64_t office_walk_random(struct office_walk *w);
int office_walk_below(struct office_walk *w, int n);
void office_walk_note(struct office_walk *w, const char *fmt, ...) PRINTF(2, 3);
_Noreturn void office_walk_fail(struct office_walk *w, const char *fmt, ...) PRINTF(2, 3);

/* Steps by which people work on what was found: office_walk_people.c. */
void office_walk_assign(struct office_walk *w);
void office_walk_carry(struct office_walk *w);
void office_walk_close_one(struct office_walk *w);
void office_walk_submit(struct office_walk *w); /* or asks for a closed day to be opened again */
void office_walk_decide(struct office_walk *w);

#endif
