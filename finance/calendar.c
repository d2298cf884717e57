/* Days on which banks and the treasury work; see calendar.h. */
#include "finance/calendar.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"

#define ID_BYTES_MAX 60
/* More days off in a row than any holiday has: beyond, the calendar itself is wrong. */
#define LOOK_DAYS_MAX 366

static const char *const weekdays[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

int calendar_weekday(struct date d)
{
    /* 1970-01-01 was a Thursday. */
    const int64_t days = (clock_day_start_ms(d) + (int64_t)7 * 3600 * 1000) / 86400000;

    return (int)(((days + 3) % 7 + 7) % 7);
}

static int day_order(const void *x, const void *y)
{
    const struct calendar_day *a = x, *b = y;

    return date_cmp(a->date, b->date);
}

const struct calendar_day *calendar_find(const struct calendar *c, struct date d)
{
    const struct calendar_day want = { .date = d };

    return c->day_count == 0 ? NULL
                             : bsearch(&want, c->days, c->day_count, sizeof(c->days[0]), day_order);
}

bool calendar_is_business_day(const struct calendar *c, struct date d)
{
    const struct calendar_day *special = calendar_find(c, d);

    return special != NULL ? special->work : ((c->weekend >> calendar_weekday(d)) & 1u) == 0;
}

struct date calendar_next(const struct calendar *c, struct date d, int n)
{
    int looked = 0;

    if (n == 0)
        while (!calendar_is_business_day(c, d) && looked++ < LOOK_DAYS_MAX)
            d = date_add_days(d, 1);
    for (; n > 0; n--) {
        looked = 0;
        do
            d = date_add_days(d, 1);
        while (!calendar_is_business_day(c, d) && looked++ < LOOK_DAYS_MAX);
    }
    return d;
}

static result text_need(const struct json *o, const char *name, struct arena *a, struct str *out,
                        struct err *e)
{
    struct str s;

    TRY(json_need_str(o, name, LIMIT_NAME_BYTES, &s, e));
    if (s.n == 0 || !utf8_is_text(s))
        return fail_field(e, ERR_INVALID, name, "empty or not text");
    *out = str_dup(a, s);
    return OK;
}

static result weekend_read(const struct json *o, unsigned *out, struct err *e)
{
    struct json *list;

    TRY(json_need_array(o, "weekend", 6, &list, e));
    for (size_t i = 0; i < json_count(list); i++) {
        struct str s = STR("");
        size_t k = 0;

        if (!json_str(json_at(list, i), &s))
            return fail_field(e, ERR_INVALID, "weekend", "item %zu is not a name", i);
        while (k < LEN(weekdays) && !str_is(s, weekdays[k]))
            k++;
        if (k == LEN(weekdays))
            return fail_field(e, ERR_INVALID, "weekend", "item %zu is none of mon ... sun", i);
        *out |= 1u << k;
    }
    return OK;
}

static result day_read(const struct json *o, struct arena *a, struct calendar_day *out,
                       struct err *e)
{
    static const char *const members[] = { "date",  "kind",   "name_vi", "name_en",
                                           "basis", "sample", NULL };
    struct str date, kind;

    TRY(json_only(o, members, e));
    TRY(json_need_str(o, "date", 10, &date, e));
    if (date.n != 10 || !date_read(date, &out->date) || !date_is_valid(out->date))
        return fail_field(e, ERR_INVALID, "date", "not a date yyyy-MM-dd");
    TRY(json_need_str(o, "kind", 10, &kind, e));
    out->work = str_is(kind, "work");
    if (!out->work && !str_is(kind, "holiday"))
        return fail_field(e, ERR_INVALID, "kind", "neither holiday nor work");
    TRY(text_need(o, "name_vi", a, &out->name_vi, e));
    TRY(text_need(o, "name_en", a, &out->name_en, e));
    TRY(text_need(o, "basis", a, &out->basis, e));
    return json_want_bool(o, "sample", &out->sample, e);
}

static result days_check(const struct calendar *c, struct err *e)
{
    for (size_t i = 0; i < c->day_count; i++) {
        const struct calendar_day *d = &c->days[i];
        const bool off = ((c->weekend >> calendar_weekday(d->date)) & 1u) != 0;

        if (i > 0 && date_cmp(d->date, c->days[i - 1].date) == 0)
            return fail_field(e, ERR_INVALID, "days", "%04d-%02d-%02d is named twice", d->date.y,
                              d->date.m, d->date.d);
        if (d->work != off)
            return fail_field(e, ERR_INVALID, "days", "%04d-%02d-%02d is so without being named",
                              d->date.y, d->date.m, d->date.d);
    }
    return OK;
}

result calendar_read(const struct json *o, struct arena *a, struct calendar *out, struct err *e)
{
    static const char *const members[] = { "id", "name_vi", "name_en", "weekend", "days", NULL };
    struct calendar c = { .weekend = 0 };
    struct json *list;

    if (!json_is_object(o))
        return fail(e, ERR_INVALID, "not an object");
    TRY(json_only(o, members, e));
    TRY(text_need(o, "id", a, &c.id, e));
    if (c.id.n > ID_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "id", "too long");
    TRY(text_need(o, "name_vi", a, &c.name_vi, e));
    TRY(text_need(o, "name_en", a, &c.name_en, e));
    TRY(weekend_read(o, &c.weekend, e));
    TRY(json_need_array(o, "days", CALENDAR_DAYS_MAX, &list, e));
    c.day_count = json_count(list);
    c.days = arena_array(a, struct calendar_day, c.day_count + 1);
    for (size_t i = 0; i < c.day_count; i++)
        TRY(day_read(json_at(list, i), a, &c.days[i], e));
    qsort(c.days, c.day_count, sizeof(c.days[0]), day_order);
    TRY(days_check(&c, e));
    *out = c;
    return OK;
}
