/*
 * mutant.h - whether this run is broken in one place.
 *
 * tests/payments/mutants.mjs puts this above the files of a copy in which it has planted its
 * faults, all of them at once, and compiles that copy; MOTCUA_MUTANT in the environment of a test
 * then names the one that is awake. No file of the product includes it, so that no build of the
 * product holds any fault.
 */
#ifndef TESTS_PAYMENTS_MUTANTS_MUTANT_H
#define TESTS_PAYMENTS_MUTANTS_MUTANT_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool mutant_is(const char *name)
{
    const char *awake = getenv("MOTCUA_MUTANT");

    return awake != NULL && strcmp(awake, name) == 0;
}

#endif
