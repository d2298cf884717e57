/*
 * clock.h - instants and calendar days.
 *
 * An instant is milliseconds since 1970 UTC in an int64_t named *_ms; it is what is stored. Days
 * and printed times are those of Asia/Ho_Chi_Minh, fixed at UTC+7 without summer time (in force
 * since 1975). A `struct clock` is passed to whoever needs the time so that tests can set it;
 * nothing else asks the system. Thread rule: a clock may be read by any thread.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

struct clock {
    int64_t (*now_ms)(const struct clock *); /* wall clock */
    int64_t fixed_ms;                        /* used by clock_fixed */
};

struct date {
    int y, m, d; /* m or d 0: unknown (year-only and month-only births) */
};

struct local_time {
    struct date date;
    int hour, minute, second, ms;
};

struct clock clock_system(void);
struct clock clock_fixed(int64_t now_ms);
int64_t clock_now_ms(const struct clock *c);
int64_t clock_now_s(const struct clock *c);
int64_t clock_monotonic_ms(void); /* for durations and deadlines only */

struct local_time clock_local(int64_t ms);      /* UTC+7 */
struct date clock_today(const struct clock *c); /* UTC+7 */
/* Both want a full date that exists (must). */
int64_t clock_from_local(struct local_time t); /* to an instant */
int64_t clock_day_start_ms(struct date d);     /* 00:00 UTC+7 of that day */

bool date_is_valid(struct date d); /* full date that exists, years 1 to 9999 */
int date_cmp(struct date a, struct date b);
struct date date_add_days(struct date d, int days);
int date_age_years(struct date born, struct date on); /* unknown day or month counts as its last */

/* Printing; all into the arena. Instants of the years 1 to 9999 keep these widths. */
struct str clock_stamp14(struct arena *a, int64_t ms);     /* 20261123140509, UTC+7: ThoiGianGD */
struct str clock_rfc3339(struct arena *a, int64_t ms);     /* 2026-11-23T14:05:09+07:00 */
struct str clock_rfc3339_utc(struct arena *a, int64_t ms); /* 2026-11-23T07:05:09.123Z */
struct str clock_vn(struct arena *a, int64_t ms);          /* 23/11/2026 14:05:09 */
struct str clock_http(struct arena *a, int64_t ms);        /* RFC 9110 IMF-fixdate */
struct str date_iso(struct arena *a, struct date d);       /* 2026-11-23, 2026-11, 2026 */
struct str date_vn(struct arena *a, struct date d);        /* 23/11/2026, 11/2026, 2026 */
struct str date_compact(struct arena *a, struct date d);   /* 20261123; unknown parts 00 */

/* The same as clock_rfc3339_utc for those without an arena (the log); returns the length. */
#define CLOCK_TEXT_BYTES 96
size_t clock_rfc3339_utc_put(char out[CLOCK_TEXT_BYTES], int64_t ms);

/* Parsing; whole slice, existing dates only. date_read takes yyyyMMdd, yyyy-MM-dd, dd/MM/yyyy, and
 * with unknown parts yyyy, yyyy-MM, MM/yyyy or zeros (yyyy0000, 00/MM/yyyy). stamp14 is
 * yyyyMMddHHmmss with a 24-hour clock. RFC 3339 wants its offset; finer than milliseconds is cut,
 * and second 60 is refused. */
bool date_read(struct str s, struct date *out);
bool clock_read_stamp14(struct str s, int64_t *ms);
bool clock_read_rfc3339(struct str s, int64_t *ms);

#endif
