/* Calendars in JSON: read whole or refused with the field; each day has one answer. */
/* rooms: base crypto conf paper store http recon payments finance */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(16u << 20);
    struct json *o = NULL;
    struct calendar c;
    struct err e = { 0 };

    if (!json_read(str_of(bytes, n), &o, &e).failed) {
        if (calendar_read(o, a, &c, &e).failed) {
            must(e.code != ERR_NONE);
        } else {
            must(c.id.n > 0 && c.day_count <= CALENDAR_DAYS_MAX);
            for (size_t i = 0; i < c.day_count; i++)
                must(date_is_valid(c.days[i].date) &&
                     calendar_is_business_day(&c, c.days[i].date) == c.days[i].work);
        }
    }
    json_close(&o);
    arena_close(&a);
    return 0;
}
