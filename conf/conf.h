/*
 * conf.h - every setting, from one table (conf/conf.def).
 *
 * Order: the table's default, then the file, then the environment (MOTCUA_<SECTION>_<NAME>). The
 * file has [section] lines and `name = value` lines; an unknown section or name, a value out of
 * bounds, or a repeated name refuses to start, and every mistake is reported, with line numbers,
 * not just the first. Secrets are never values: settings that end in _file name a file readable by
 * its owner only. Relative paths are relative to the folder of the configuration file.
 *
 * A struct conf is immutable after reading; a reload makes a new one.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/base.h"

struct buf;

struct conf {
#define SECTION(s, help)                       struct {
#define INT(s, name, value, least, most, help) int64_t name;
#define BOOL(s, name, value, help)             bool name;
#define TEXT(s, name, value, help)             struct str name;
#define PATH(s, name, value, help)             struct str name;
#define ONE_OF(s, name, value, choices, help)  struct str name;
#define END(s)                                                                                     \
    }                                                                                              \
    s;
#include "conf/conf.def"
#undef SECTION
#undef INT
#undef BOOL
#undef TEXT
#undef PATH
#undef ONE_OF
#undef END
    struct str folder; /* of the configuration file; relative paths start here */
};

/* path NULL: defaults and environment only. All mistakes are appended to `mistakes`, a line each;
 * ERR_CONFIG when there is any. Slices live in the arena. */
MUST_USE result conf_load(struct arena *a, const char *path, struct conf *out, struct buf *mistakes,
                          struct err *e);
void conf_print(const struct conf *c, struct buf *out); /* effective settings, file syntax */
void conf_print_sample(struct buf *out);                /* conf/motcua.conf, from the table */
void conf_print_reference(struct buf *out);             /* docs/settings.md, from the table */

#endif
