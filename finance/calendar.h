/*
 * calendar.h - on which days banks and the treasury work.
 *
 * A calendar has the days of the week that are off, holidays, and make-up days: days off on which
 * work is done after all (Labour Code 2019 art. 112; the swaps are announced each year). Files of
 * conf/calendar, one a calendar:
 *
 *     {"id": "vn", "name_vi": "...", "name_en": "...", "weekend": ["sat", "sun"],
 *      "days": [{"date": "2026-01-01", "kind": "holiday", "name_vi": "...", "name_en": "...",
 *                "basis": "...", "sample": true}]}
 *
 * kind is "holiday" or "work" (a make-up day). Read strictly: an unknown member, a day named twice
 * or a holiday on a day off are mistakes. Pure; immutable after reading; any thread.
 */
#ifndef FINANCE_CALENDAR_H
#define FINANCE_CALENDAR_H

#include "base/base.h"
#include "base/clock.h"

struct json;

#define CALENDAR_DAYS_MAX 1000

struct calendar_day {
    struct date date;
    bool work; /* a make-up day; else a holiday */
    struct str name_vi, name_en, basis;
    bool sample; /* to try the service with: not checked against the announcement */
};

struct calendar {
    struct str id, name_vi, name_en;
    unsigned weekend;          /* bit 0 Monday ... bit 6 Sunday */
    struct calendar_day *days; /* by date */
    size_t day_count;
};

/* Texts are copied into the arena. ERR_INVALID and the like, with the field. */
MUST_USE result calendar_read(const struct json *o, struct arena *a, struct calendar *out,
                              struct err *e);

int calendar_weekday(struct date d); /* 0 Monday ... 6 Sunday */
bool calendar_is_business_day(const struct calendar *c, struct date d);
/* The n-th business day after d (n 0: d itself, or the first one after it). */
struct date calendar_next(const struct calendar *c, struct date d, int n);
/* What is special about the day; NULL: nothing. */
const struct calendar_day *calendar_find(const struct calendar *c, struct date d);

#endif
