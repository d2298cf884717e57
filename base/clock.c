#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "base/str.h"

#define SECOND_MS 1000LL
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define LOCAL_MS  (7 * HOUR_MS)

/* Days of 400, 100 and 4 Gregorian years, and from 1 March of the year 0 to 1970-01-01. */
#define DAYS_400Y  146097
#define DAYS_100Y  36524
#define DAYS_4Y    1461
#define EPOCH_DAYS 719468

static int64_t system_now_ms(const struct clock *c)
{
    struct timespec t;

    (void)c;
    must(clock_gettime(CLOCK_REALTIME, &t) == 0);
    return (int64_t)t.tv_sec * SECOND_MS + t.tv_nsec / 1000000;
}

static int64_t fixed_now_ms(const struct clock *c)
{
    return c->fixed_ms;
}

struct clock clock_system(void)
{
    return (struct clock){ .now_ms = system_now_ms };
}

struct clock clock_fixed(int64_t now_ms)
{
    return (struct clock){ .now_ms = fixed_now_ms, .fixed_ms = now_ms };
}

static int64_t floor_div(int64_t n, int64_t by)
{
    return n / by - (n % by < 0);
}

static int64_t floor_rest(int64_t n, int64_t by)
{
    return n % by < 0 ? n % by + by : n % by;
}

int64_t clock_now_ms(const struct clock *c)
{
    return c->now_ms(c);
}

int64_t clock_now_s(const struct clock *c)
{
    return floor_div(clock_now_ms(c), SECOND_MS);
}

int64_t clock_monotonic_ms(void)
{
    struct timespec t;

    must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (int64_t)t.tv_sec * SECOND_MS + t.tv_nsec / 1000000;
}

/* Counting years from March puts the leap day last, so that the months before it always have the
 * same lengths: 31 30 31 30 31, twice, and 31: (153 m + 2) / 5 days lie before month m. */
static int64_t days_from_date(struct date d)
{
    const int64_t year = d.m > 2 ? d.y : (int64_t)d.y - 1;
    const int month = d.m > 2 ? d.m - 3 : d.m + 9;
    const int64_t era = floor_div(year, 400);
    const int64_t of_era = year - era * 400;
    const int64_t of_year = (153 * month + 2) / 5 + d.d - 1;

    return era * DAYS_400Y + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

static struct date date_from_days(int64_t days)
{
    const int64_t since = days + EPOCH_DAYS;
    const int64_t era = floor_div(since, DAYS_400Y);
    const int64_t day = since - era * DAYS_400Y;
    /* Without the leap days passed, every year has 365 days. */
    const int64_t year =
        (day - day / (DAYS_4Y - 1) + day / DAYS_100Y - day / (DAYS_400Y - 1)) / 365;
    const int64_t of_year = day - (year * 365 + year / 4 - year / 100);
    const int64_t month = (5 * of_year + 2) / 153;
    const int m = (int)(month < 10 ? month + 3 : month - 9);

    return (struct date){ .y = (int)(era * 400 + year + (m <= 2)),
                          .m = m,
                          .d = (int)(of_year - (153 * month + 2) / 5 + 1) };
}

/* The offset is added after the split, where it cannot overflow. */
static struct local_time split(int64_t ms, int64_t offset_ms)
{
    const int64_t moved = floor_rest(ms, DAY_MS) + offset_ms;
    const int64_t days = floor_div(ms, DAY_MS) + floor_div(moved, DAY_MS);
    const int64_t rest = floor_rest(moved, DAY_MS);

    return (struct local_time){ .date = date_from_days(days),
                                .hour = (int)(rest / HOUR_MS),
                                .minute = (int)(rest / MINUTE_MS % 60),
                                .second = (int)(rest / SECOND_MS % 60),
                                .ms = (int)(rest % SECOND_MS) };
}

static int64_t join(struct local_time t, int64_t offset_ms)
{
    return days_from_date(t.date) * DAY_MS + t.hour * HOUR_MS + t.minute * MINUTE_MS +
           t.second * SECOND_MS + t.ms - offset_ms;
}

struct local_time clock_local(int64_t ms)
{
    return split(ms, LOCAL_MS);
}

struct date clock_today(const struct clock *c)
{
    return clock_local(clock_now_ms(c)).date;
}

int64_t clock_from_local(struct local_time t)
{
    must(date_is_valid(t.date));
    return join(t, LOCAL_MS);
}

int64_t clock_day_start_ms(struct date d)
{
    return clock_from_local((struct local_time){ .date = d });
}

static int month_days(int y, int m)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

    return days[m - 1] + (m == 2 && leap);
}

bool date_is_valid(struct date d)
{
    return d.y >= 1 && d.y <= 9999 && d.m >= 1 && d.m <= 12 && d.d >= 1 &&
           d.d <= month_days(d.y, d.m);
}

int date_cmp(struct date a, struct date b)
{
    if (a.y != b.y)
        return a.y < b.y ? -1 : 1;
    if (a.m != b.m)
        return a.m < b.m ? -1 : 1;
    return (a.d > b.d) - (a.d < b.d);
}

struct date date_add_days(struct date d, int days)
{
    must(date_is_valid(d));
    return date_from_days(days_from_date(d) + days);
}

int date_age_years(struct date born, struct date on)
{
    must(born.m >= 0 && born.m <= 12);
    if (born.m == 0)
        born.m = 12;
    if (born.d == 0)
        born.d = month_days(born.y, born.m);
    return on.y - born.y - (on.m < born.m || (on.m == born.m && on.d < born.d));
}

struct str clock_stamp14(struct arena *a, int64_t ms)
{
    const struct local_time t = clock_local(ms);

    return str_fmt(a, "%04d%02d%02d%02d%02d%02d", t.date.y, t.date.m, t.date.d, t.hour, t.minute,
                   t.second);
}

struct str clock_rfc3339(struct arena *a, int64_t ms)
{
    const struct local_time t = clock_local(ms);

    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d+07:00", t.date.y, t.date.m, t.date.d, t.hour,
                   t.minute, t.second);
}

size_t clock_rfc3339_utc_put(char out[CLOCK_TEXT_BYTES], int64_t ms)
{
    const struct local_time t = split(ms, 0);
    const int n = snprintf(out, CLOCK_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.date.y,
                           t.date.m, t.date.d, t.hour, t.minute, t.second, t.ms);

    must(n > 0 && n < CLOCK_TEXT_BYTES);
    return (size_t)n;
}

struct str clock_rfc3339_utc(struct arena *a, int64_t ms)
{
    char text[CLOCK_TEXT_BYTES];

    return str_dup(a, str_of(text, clock_rfc3339_utc_put(text, ms)));
}

struct str clock_vn(struct arena *a, int64_t ms)
{
    const struct local_time t = clock_local(ms);

    return str_fmt(a, "%02d/%02d/%04d %02d:%02d:%02d", t.date.d, t.date.m, t.date.y, t.hour,
                   t.minute, t.second);
}

struct str clock_http(struct arena *a, int64_t ms)
{
    /* The first day of 1970 was a Thursday. */
    static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    const struct local_time t = split(ms, 0);
    const int64_t day = floor_div(ms, DAY_MS);

    return str_fmt(a, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[floor_rest(day, 7)], t.date.d,
                   months[t.date.m - 1], t.date.y, t.hour, t.minute, t.second);
}

struct str date_iso(struct arena *a, struct date d)
{
    if (d.m == 0)
        return str_fmt(a, "%04d", d.y);
    if (d.d == 0)
        return str_fmt(a, "%04d-%02d", d.y, d.m);
    return str_fmt(a, "%04d-%02d-%02d", d.y, d.m, d.d);
}

struct str date_vn(struct arena *a, struct date d)
{
    if (d.m == 0)
        return str_fmt(a, "%04d", d.y);
    if (d.d == 0)
        return str_fmt(a, "%02d/%04d", d.m, d.y);
    return str_fmt(a, "%02d/%02d/%04d", d.d, d.m, d.y);
}

struct str date_compact(struct arena *a, struct date d)
{
    return str_fmt(a, "%04d%02d%02d", d.y, d.m, d.m == 0 ? 0 : d.d);
}

/* The parts of a printed time, in the letters of its pattern. */
struct parts {
    int y, M, d, h, m, s;
};

static int *part(struct parts *p, char letter)
{
    switch (letter) {
    case 'y':
        return &p->y;
    case 'M':
        return &p->M;
    case 'd':
        return &p->d;
    case 'h':
        return &p->h;
    case 'm':
        return &p->m;
    case 's':
        return &p->s;
    default:
        return NULL;
    }
}

/* Reads text that follows a pattern to the letter: y M d h m s stand for one digit each, anything
 * else for itself. */
static bool parts_read(struct str s, const char *pattern, struct parts *out)
{
    const struct str p = str_c(pattern);
    struct parts got = { 0 };

    if (s.n != p.n)
        return false;
    for (size_t i = 0; i < p.n; i++) {
        int *number = part(&got, p.p[i]);

        if (number == NULL && s.p[i] != p.p[i])
            return false;
        if (number == NULL)
            continue;
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *number = *number * 10 + (s.p[i] - '0');
    }
    *out = got;
    return true;
}

bool date_read(struct str s, struct date *out)
{
    static const char *const patterns[] = { "yyyyMMdd", "yyyy-MM-dd", "dd/MM/yyyy",
                                            "yyyy",     "yyyy-MM",    "MM/yyyy" };
    struct parts p = { 0 };
    struct date d;
    size_t i = 0;

    while (i < LEN(patterns) && !parts_read(s, patterns[i], &p))
        i++;
    if (i == LEN(patterns))
        return false;
    d = (struct date){ p.y, p.M, p.d };
    if (d.m == 0 && d.d != 0)
        return false;
    if (!date_is_valid((struct date){ d.y, d.m == 0 ? 1 : d.m, d.d == 0 ? 1 : d.d }))
        return false;
    *out = d;
    return true;
}

static bool instant(struct parts p, int64_t offset_ms, int64_t *ms)
{
    const struct local_time t = {
        .date = { p.y, p.M, p.d }, .hour = p.h, .minute = p.m, .second = p.s
    };

    if (!date_is_valid(t.date) || t.hour > 23 || t.minute > 59 || t.second > 59)
        return false;
    *ms = join(t, offset_ms);
    return true;
}

bool clock_read_stamp14(struct str s, int64_t *ms)
{
    struct parts p;

    return parts_read(s, "yyyyMMddhhmmss", &p) && instant(p, LOCAL_MS, ms);
}

/* ".123456" at the head of s: one digit at least; the rest of s is left in it. */
static bool fraction_read(struct str *s, int *ms)
{
    size_t n = 1;
    int scale = 100;

    *ms = 0;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9') {
        *ms += (s->p[n] - '0') * scale;
        scale /= 10;
        n++;
    }
    *s = str_from(*s, n);
    return n > 1;
}

static bool offset_read(struct str s, int64_t *offset_ms)
{
    struct parts p;

    if (str_eq_nocase(s, STR("Z"))) {
        *offset_ms = 0;
        return true;
    }
    if (!parts_read(str_from(s, 1), "hh:mm", &p) || p.h > 23 || p.m > 59)
        return false;
    *offset_ms = (p.h * HOUR_MS + p.m * MINUTE_MS) * (s.p[0] == '-' ? -1 : 1);
    return s.p[0] == '+' || s.p[0] == '-';
}

bool clock_read_rfc3339(struct str s, int64_t *ms)
{
    struct str rest = str_from(s, 19);
    struct parts p, time;
    int64_t offset_ms;
    int64_t whole;
    int fraction = 0;

    if (s.n < 20 || (s.p[10] != 'T' && s.p[10] != 't'))
        return false;
    if (!parts_read(str_sub(s, 0, 10), "yyyy-MM-dd", &p) ||
        !parts_read(str_sub(s, 11, 8), "hh:mm:ss", &time))
        return false;
    p.h = time.h;
    p.m = time.m;
    p.s = time.s;
    if (rest.p[0] == '.' && !fraction_read(&rest, &fraction))
        return false;
    if (!offset_read(rest, &offset_ms) || !instant(p, offset_ms, &whole))
        return false;
    *ms = whole + fraction;
    return true;
}
