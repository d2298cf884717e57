/* Dates and instants: what is read exists, and reads the same after it was printed. */
/* rooms: base */
#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_date(struct arena *a, struct str s)
{
    struct date d;
    struct date again;

    if (!date_read(s, &d))
        return;
    must(d.y >= 1 && d.y <= 9999 && d.m >= 0 && d.m <= 12);
    must(date_read(date_iso(a, d), &again) && date_cmp(d, again) == 0);
    must(date_read(date_vn(a, d), &again) && date_cmp(d, again) == 0);
    must(date_read(date_compact(a, d), &again) && date_cmp(d, again) == 0);
    must(date_age_years(d, d) <= 0);
    if (date_is_valid(d))
        must(date_cmp(clock_local(clock_day_start_ms(d)).date, d) == 0);
}

static void check_instant(struct arena *a, struct str s)
{
    int64_t ms, again;

    if (clock_read_stamp14(s, &ms))
        must(str_eq(clock_stamp14(a, ms), s));
    if (!clock_read_rfc3339(s, &ms))
        return;
    /* An offset may carry an instant past the years that have four digits. */
    if (ms > clock_day_start_ms((struct date){ 1, 1, 3 }) &&
        ms < clock_day_start_ms((struct date){ 9999, 12, 30 }))
        must(clock_read_rfc3339(clock_rfc3339_utc(a, ms), &again) && again == ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(1 << 20);
    struct str s = str_of(bytes, n);
    int64_t ms = 0;

    check_date(a, s);
    check_instant(a, s);
    for (size_t i = 0; i < n && i < sizeof(ms); i++)
        ms = (int64_t)((uint64_t)ms << 8 | bytes[i]);
    must(clock_local(ms).ms == ((ms % 1000) + 1000) % 1000);
    must(clock_http(a, ms).n > 0 && clock_vn(a, ms).n > 0);
    arena_close(&a);
    return 0;
}
