/*
 * table.h - conf.def as rows, for the files of this room.
 *
 * A reader holds what is known while a configuration is read: the values so far, where each came
 * from, and the list of mistakes. conf_rules() adds those that only show between settings.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include "base/base.h"
#include "conf/conf.h"

enum conf_kind { CONF_INT, CONF_BOOL, CONF_TEXT, CONF_PATH, CONF_ONE_OF };

enum {
#define SECTION(s, help)
#define INT(s, name, value, least, most, help) CONF_ROW_##s##_##name,
#define BOOL(s, name, value, help)             CONF_ROW_##s##_##name,
#define TEXT(s, name, value, help)             CONF_ROW_##s##_##name,
#define PATH(s, name, value, help)             CONF_ROW_##s##_##name,
#define ONE_OF(s, name, value, choices, help)  CONF_ROW_##s##_##name,
#define END(s)
#include "conf/conf.def"
#undef SECTION
#undef INT
#undef BOOL
#undef TEXT
#undef PATH
#undef ONE_OF
#undef END
    CONF_ROWS
};

struct conf_row {
    const char *section;
    const char *name;
    enum conf_kind kind;
    size_t offset;     /* of the field in struct conf */
    const char *value; /* the default, as it would stand in a file */
    int64_t least, most;
    const char *choices; /* "a|b" */
    const char *help;
};

struct conf_section {
    const char *name;
    const char *help;
};

extern const struct conf_row conf_rows[CONF_ROWS];
extern const struct conf_section conf_sections[];
extern const size_t conf_section_count;

enum conf_source { CONF_FROM_DEFAULT, CONF_FROM_FILE, CONF_FROM_ENVIRONMENT };

struct conf_reader {
    struct arena *arena;
    struct conf conf;
    const char *path; /* of the file, as it was given; NULL: none */
    struct buf *mistakes;
    int count; /* of mistakes */
    struct {
        enum conf_source source;
        int line;
        bool wrong; /* already reported: no rule needs to look at it */
    } origins[CONF_ROWS];
};

/* Values never appear in a mistake: they may be secrets that were put in the wrong place. */
void conf_mistake(struct conf_reader *r, size_t row, const char *fmt, ...) PRINTF(3, 4);
const void *conf_field(const struct conf *c, size_t row);
struct str conf_variable(struct arena *a, size_t row); /* MOTCUA_SECTION_NAME */
void conf_rules(struct conf_reader *r);

#endif
