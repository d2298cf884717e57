#include "conf/conf.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/file.h"
#include "conf/table.h"

#define FILE_BYTES_MAX (256u * 1024)
#define NO_ROW         CONF_ROWS

extern char **environ;

/* ---- values ---- */

static bool is_choice(const char *choices, struct str value)
{
    struct str rest = str_c(choices), choice;

    while (str_next(&rest, '|', &choice))
        if (str_eq(choice, value))
            return true;
    return false;
}

/* The folder is free of symbolic links, so that its ".." is what its text says. */
static struct str absolute(struct arena *a, struct str folder, struct str path)
{
    if (path.n == 0 || path.p[0] == '/')
        return str_dup(a, path);
    while (str_starts(path, STR("../")) || str_starts(path, STR("./"))) {
        if (path.p[1] == '.')
            while (folder.n > 0 && folder.p[--folder.n] != '/')
                ;
        path = str_from(path, path.p[1] == '.' ? 3 : 2);
    }
    return str_fmt(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path));
}

static void set_int(struct conf_reader *r, size_t row, int64_t *field, struct str value)
{
    const struct conf_row *about = &conf_rows[row];
    int64_t n;

    if (!str_to_i64(value, &n))
        conf_mistake(r, row, "must be a whole number");
    else if (n < about->least || n > about->most)
        conf_mistake(r, row, "must be from %lld to %lld", (long long)about->least,
                     (long long)about->most);
    else
        *field = n;
}

static void set_bool(struct conf_reader *r, size_t row, bool *field, struct str value)
{
    if (!str_is(value, "true") && !str_is(value, "false"))
        conf_mistake(r, row, "must be true or false");
    else
        *field = str_is(value, "true");
}

static void set_text(struct conf_reader *r, size_t row, struct str *field, struct str value)
{
    const struct conf_row *about = &conf_rows[row];

    if (!utf8_is_text(value))
        conf_mistake(r, row, "must be UTF-8 text without control characters");
    else if (about->kind == CONF_ONE_OF && !is_choice(about->choices, value))
        conf_mistake(r, row, "must be one of %s", about->choices);
    else if (about->kind == CONF_PATH)
        *field = absolute(r->arena, r->conf.folder, value);
    else
        *field = str_dup(r->arena, value);
}

static void set(struct conf_reader *r, size_t row, struct str value)
{
    void *field = (char *)&r->conf + conf_rows[row].offset;

    r->origins[row].wrong = false;
    if (conf_rows[row].kind == CONF_INT)
        set_int(r, row, field, value);
    else if (conf_rows[row].kind == CONF_BOOL)
        set_bool(r, row, field, value);
    else
        set_text(r, row, field, value);
}

static void set_defaults(struct conf_reader *r)
{
    for (size_t i = 0; i < CONF_ROWS; i++)
        set(r, i, str_c(conf_rows[i].value));
    must(r->count == 0); /* conf.def keeps its own bounds */
}

/* ---- the file ---- */

struct line {
    int number;
    struct str section; /* a known one, or empty */
    bool skip;          /* its section is unknown, which was reported */
};

static void line_mistake(struct conf_reader *r, const struct line *at, const char *what)
{
    r->count++;
    buf_fmt(r->mistakes, "%s:%d: %s\n", r->path, at->number, what);
}

static bool is_section(struct str name)
{
    for (size_t i = 0; i < conf_section_count; i++)
        if (str_is(name, conf_sections[i].name))
            return true;
    return false;
}

static size_t row_find(struct str section, struct str name)
{
    size_t i = 0;

    while (i < CONF_ROWS &&
           !(str_is(section, conf_rows[i].section) && str_is(name, conf_rows[i].name)))
        i++;
    return i;
}

/* Names are repeated in mistakes only when they look like names. */
static struct str shown(struct str name)
{
    if (name.n > 48 || !str_all_in(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789_"))
        return STR("?");
    return name;
}

static void read_section(struct conf_reader *r, struct line *at, struct str text)
{
    const struct str name = str_trim(str_sub(text, 1, text.n - 2));

    at->skip = text.n < 2 || text.p[text.n - 1] != ']' || !is_section(name);
    at->section = name;
    if (text.n < 2 || text.p[text.n - 1] != ']')
        line_mistake(r, at, "a section reads [name]");
    else if (at->skip)
        line_mistake(r, at,
                     str_cstr(r->arena, str_fmt(r->arena, "there is no section [%.*s]",
                                                STR_ARG(shown(name)))));
}

static void read_setting(struct conf_reader *r, const struct line *at, struct str name,
                         struct str value)
{
    const size_t row = row_find(at->section, name);

    if (row == NO_ROW) {
        line_mistake(r, at,
                     str_cstr(r->arena, str_fmt(r->arena, "there is no setting %.*s.%.*s",
                                                STR_ARG(at->section), STR_ARG(shown(name)))));
        return;
    }
    if (r->origins[row].source == CONF_FROM_FILE) {
        r->count++;
        buf_fmt(r->mistakes, "%s:%d: %s.%s was already set in line %d\n", r->path, at->number,
                conf_rows[row].section, conf_rows[row].name, r->origins[row].line);
        return;
    }
    r->origins[row].source = CONF_FROM_FILE;
    r->origins[row].line = at->number;
    set(r, row, value);
}

static void read_line(struct conf_reader *r, struct line *at, struct str text)
{
    struct str name, value;

    if (text.n == 0 || text.p[0] == '#')
        return;
    if (text.p[0] == '[') {
        read_section(r, at, text);
        return;
    }
    if (at->skip)
        return;
    if (!str_cut(text, '=', &name, &value))
        line_mistake(r, at, "neither [section] nor name = value");
    else if (at->section.n == 0)
        line_mistake(r, at, "a setting before the first [section]");
    else
        read_setting(r, at, str_trim(name), str_trim(value));
}

static void read_text(struct conf_reader *r, struct str text)
{
    struct line at = { .number = 0 };
    struct str line;

    while (str_next(&text, '\n', &line)) {
        at.number++;
        read_line(r, &at, str_trim(line));
    }
}

static void read_file(struct conf_reader *r)
{
    struct err why = { 0 };
    struct str text;

    if (!conf_file_load(r->arena, r->path, FILE_BYTES_MAX, &text, &why).failed) {
        read_text(r, text);
        return;
    }
    r->count++;
    buf_fmt(r->mistakes, "%s: %s\n", r->path, why.detail);
}

/* ---- the environment ---- */

static size_t variable_find(struct arena *a, struct str name)
{
    size_t i = 0;

    while (i < CONF_ROWS && !str_eq(conf_variable(a, i), name))
        i++;
    return i;
}

/* MOTCUA_STORE_ENGIN would otherwise leave the facts in a place that nobody meant. */
static bool is_of_a_section(struct arena *a, struct str name)
{
    for (size_t i = 0; i < conf_section_count; i++)
        if (str_starts(name, str_upper(a, str_fmt(a, "MOTCUA_%s_", conf_sections[i].name))))
            return true;
    return false;
}

static void read_variable(struct conf_reader *r, struct str name, struct str value)
{
    const size_t row = variable_find(r->arena, name);

    if (row != NO_ROW) {
        r->origins[row].source = CONF_FROM_ENVIRONMENT;
        set(r, row, str_trim(value));
    } else if (is_of_a_section(r->arena, name)) {
        r->count++;
        buf_fmt(r->mistakes, "%.*s: there is no such setting\n", STR_ARG(shown(name)));
    }
}

static void read_environment(struct conf_reader *r)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        struct str name, value;

        if (str_cut(str_c(*entry), '=', &name, &value) && str_starts(name, STR("MOTCUA_")))
            read_variable(r, name, value);
    }
}

/* ---- the whole ---- */

static struct str parent(struct arena *a, const char *path)
{
    struct str folder = str_c(path);

    while (folder.n > 0 && folder.p[folder.n - 1] != '/')
        folder.n--;
    return folder.n == 0 ? STR(".") : str_dup(a, folder);
}

static result find_folder(struct arena *a, const char *path, struct str *folder, struct err *e)
{
    char real[PATH_MAX];
    const struct str start = path == NULL ? STR(".") : parent(a, path);

    if (realpath(str_cstr(a, start), real) == NULL)
        return fail(e, ERR_CONFIG, "folder of the configuration file: %s", strerror(errno));
    *folder = str_fmt(a, "%s%s", str_is(str_c(real), "/") ? "" : real, path == NULL ? "/var" : "");
    return OK;
}

result conf_load(struct arena *a, const char *path, struct conf *out, struct buf *mistakes,
                 struct err *e)
{
    struct conf_reader *r = arena_new(a, struct conf_reader);

    r->arena = a;
    r->path = path;
    r->mistakes = mistakes;
    if (find_folder(a, path, &r->conf.folder, e).failed) {
        buf_fmt(mistakes, "%s: there is no such folder\n", path == NULL ? "." : path);
        return fail(e, ERR_CONFIG, "no folder of the configuration");
    }
    set_defaults(r);
    if (path != NULL)
        read_file(r);
    read_environment(r);
    conf_rules(r);
    if (r->count > 0)
        return fail(e, ERR_CONFIG, "%d mistakes in the configuration", r->count);
    *out = r->conf;
    return OK;
}
