/*
 * input.h - values that several handlers read in the same way.
 */
#ifndef WEB_INPUT_H
#define WEB_INPUT_H

#include "base/clock.h"

/* A full date yyyy-mm-dd that exists; ERR_INVALID names the field. */
MUST_USE result input_date(struct str text, const char *field, struct date *out, struct err *e);

#endif
