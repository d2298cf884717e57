#include "web/input.h"

#include "base/err.h"
#include "base/str.h"

result input_date(struct str text, const char *field, struct date *out, struct err *e)
{
    struct date day;

    if (text.n != 10 || text.p[4] != '-' || !date_read(text, &day) || !date_is_valid(day))
        return fail_field(e, ERR_INVALID, field, "not a date yyyy-mm-dd");
    *out = day;
    return OK;
}
