#include "conf/table.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

const struct conf_row conf_rows[CONF_ROWS] = {
#define AT(s, name) offsetof(struct conf, s.name)
#define SECTION(s, help)
#define INT(s, name, value, least, most, help)                                                     \
    { #s, #name, CONF_INT, AT(s, name), #value, least, most, "", help },
#define BOOL(s, name, value, help) { #s, #name, CONF_BOOL, AT(s, name), #value, 0, 0, "", help },
#define TEXT(s, name, value, help) { #s, #name, CONF_TEXT, AT(s, name), value, 0, 0, "", help },
#define PATH(s, name, value, help) { #s, #name, CONF_PATH, AT(s, name), value, 0, 0, "", help },
#define ONE_OF(s, name, value, choices, help)                                                      \
    { #s, #name, CONF_ONE_OF, AT(s, name), value, 0, 0, choices, help },
#define END(s)
#include "conf/conf.def"
#undef SECTION
#undef INT
#undef BOOL
#undef TEXT
#undef PATH
#undef ONE_OF
#undef END
};

const struct conf_section conf_sections[] = {
#define SECTION(s, help) { #s, help },
#define INT(s, name, value, least, most, help)
#define BOOL(s, name, value, help)
#define TEXT(s, name, value, help)
#define PATH(s, name, value, help)
#define ONE_OF(s, name, value, choices, help)
#define END(s)
#include "conf/conf.def"
#undef SECTION
#undef INT
#undef BOOL
#undef TEXT
#undef PATH
#undef ONE_OF
#undef END
};
const size_t conf_section_count = LEN(conf_sections);

struct str conf_variable(struct arena *a, size_t row)
{
    must(row < CONF_ROWS);
    return str_upper(a, str_fmt(a, "MOTCUA_%s_%s", conf_rows[row].section, conf_rows[row].name));
}

const void *conf_field(const struct conf *c, size_t row)
{
    must(row < CONF_ROWS);
    return (const char *)c + conf_rows[row].offset;
}

void conf_mistake(struct conf_reader *r, size_t row, const char *fmt, ...)
{
    va_list va;

    must(row < CONF_ROWS);
    r->origins[row].wrong = true;
    r->count++;
    if (r->origins[row].source == CONF_FROM_FILE)
        buf_fmt(r->mistakes, "%s:%d: ", r->path, r->origins[row].line);
    else if (r->origins[row].source == CONF_FROM_ENVIRONMENT)
        buf_fmt(r->mistakes, "%.*s: ", STR_ARG(conf_variable(r->arena, row)));
    buf_fmt(r->mistakes, "%s.%s ", conf_rows[row].section, conf_rows[row].name);
    va_start(va, fmt);
    buf_vfmt(r->mistakes, fmt, va);
    va_end(va);
    buf_putc(r->mistakes, '\n');
}
