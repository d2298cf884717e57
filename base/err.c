#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    int status;
    const char *oauth;
    const char *text;
    enum log_level level;
} errors[] = {
#define ERR(code, status, oauth, text, level) { #code, status, oauth, text, LOG_##level },
#include "base/err.def"
#undef ERR
};
_Static_assert(LEN(errors) == ERR_COUNT, "one row for each error code");

static void record(struct err *e, enum err_code code, const char *field, const char *fmt,
                   va_list va)
{
    if (e == NULL)
        return;
    e->code = code;
    (void)snprintf(e->field, sizeof(e->field), "%s", field);
    (void)vsnprintf(e->detail, sizeof(e->detail), fmt, va);
}

result fail(struct err *e, enum err_code code, const char *detail_fmt, ...)
{
    va_list va;

    must(code > ERR_NONE && code < ERR_COUNT);
    va_start(va, detail_fmt);
    record(e, code, "", detail_fmt, va);
    va_end(va);
    return (result){ true };
}

result fail_field(struct err *e, enum err_code code, const char *field, const char *detail_fmt, ...)
{
    va_list va;

    must(code > ERR_NONE && code < ERR_COUNT);
    va_start(va, detail_fmt);
    record(e, code, field, detail_fmt, va);
    va_end(va);
    return (result){ true };
}

int err_status(enum err_code code)
{
    must(code < ERR_COUNT);
    return errors[code].status;
}

const char *err_oauth(enum err_code code)
{
    must(code < ERR_COUNT);
    return errors[code].oauth;
}

const char *err_text(enum err_code code)
{
    must(code < ERR_COUNT);
    return errors[code].text;
}

const char *err_name(enum err_code code)
{
    must(code < ERR_COUNT);
    return errors[code].name;
}

enum log_level err_level(enum err_code code)
{
    must(code < ERR_COUNT);
    return errors[code].level;
}
