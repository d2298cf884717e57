#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "conf/table.h"

/* Calls back for each section and for each of its rows, in the table's order. */
struct printer {
    void (*section)(struct buf *out, const struct conf_section *section);
    void (*row)(struct buf *out, const struct conf *c, size_t row);
    void (*end)(struct buf *out);
};

static void print_with(const struct printer *p, const struct conf *c, struct buf *out)
{
    size_t row = 0;

    for (size_t i = 0; i < conf_section_count; i++) {
        p->section(out, &conf_sections[i]);
        for (; row < CONF_ROWS && strcmp(conf_rows[row].section, conf_sections[i].name) == 0; row++)
            p->row(out, c, row);
        p->end(out);
    }
    must(row == CONF_ROWS);
}

static void end_with_line(struct buf *out)
{
    buf_putc(out, '\n');
}

/* ---- effective settings ---- */

static void effective_section(struct buf *out, const struct conf_section *section)
{
    buf_fmt(out, "[%s]\n", section->name);
}

static void effective_row(struct buf *out, const struct conf *c, size_t row)
{
    const void *field = conf_field(c, row);

    buf_fmt(out, "%s =", conf_rows[row].name);
    if (conf_rows[row].kind == CONF_INT)
        buf_fmt(out, " %lld", (long long)*(const int64_t *)field);
    else if (conf_rows[row].kind == CONF_BOOL)
        buf_puts(out, *(const bool *)field ? " true" : " false");
    else if (((const struct str *)field)->n > 0)
        buf_fmt(out, " %.*s", STR_ARG(*(const struct str *)field));
    buf_putc(out, '\n');
}

void conf_print(const struct conf *c, struct buf *out)
{
    static const struct printer p = { effective_section, effective_row, end_with_line };

    print_with(&p, c, out);
}

/* ---- the sample ---- */

static void sample_section(struct buf *out, const struct conf_section *section)
{
    buf_fmt(out, "\n# %s\n[%s]\n\n", section->help, section->name);
}

static void put_choices(struct buf *out, const char *choices, const char *before,
                        const char *between)
{
    struct str rest = str_c(choices), choice;

    for (bool first = true; str_next(&rest, '|', &choice); first = false)
        buf_fmt(out, "%s%s%.*s", first ? "" : between, before, STR_ARG(choice));
}

static void sample_row(struct buf *out, const struct conf *c, size_t row)
{
    const struct conf_row *about = &conf_rows[row];

    (void)c;
    buf_fmt(out, "# %s", about->help);
    if (about->kind == CONF_INT)
        buf_fmt(out, "; from %lld to %lld", (long long)about->least, (long long)about->most);
    if (about->kind == CONF_ONE_OF) {
        buf_puts(out, "; one of ");
        put_choices(out, about->choices, "", ", ");
    }
    buf_fmt(out, "\n#%s =%s%s\n", about->name, about->value[0] == '\0' ? "" : " ", about->value);
}

static void end_without(struct buf *out)
{
    (void)out;
}

void conf_print_sample(struct buf *out)
{
    static const struct printer p = { sample_section, sample_row, end_without };

    buf_puts(out, "# Every setting of motcua with its default. To change one, remove the # before\n"
                  "# its name. Any of them may come from the environment instead, as\n"
                  "# MOTCUA_SECTION_NAME. Relative paths start at the folder of this file.\n");
    print_with(&p, NULL, out);
}

/* ---- the reference ---- */

static void reference_section(struct buf *out, const struct conf_section *section)
{
    buf_fmt(out, "\n## %s: %s\n\n| setting | default | allowed | meaning |\n|---|---|---|---|\n",
            section->name, section->help);
}

/* Text in a cell of a Markdown table. */
static void put_cell(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '<')
            buf_puts(out, "&lt;");
        else if (*text == '|')
            buf_puts(out, "\\|");
        else
            buf_putc(out, *text);
}

static void reference_row(struct buf *out, const struct conf *c, size_t row)
{
    static const char *const allowed[] = {
        [CONF_BOOL] = "true, false", [CONF_TEXT] = "text", [CONF_PATH] = "path"
    };
    const struct conf_row *about = &conf_rows[row];

    (void)c;
    buf_fmt(out, "| `%s` | ", about->name);
    if (about->value[0] != '\0')
        buf_fmt(out, "`%s`", about->value);
    buf_puts(out, " | ");
    if (about->kind == CONF_INT)
        buf_fmt(out, "%lld to %lld", (long long)about->least, (long long)about->most);
    else if (about->kind == CONF_ONE_OF)
        put_choices(out, about->choices, "", ", ");
    else
        buf_puts(out, allowed[about->kind]);
    buf_puts(out, " | ");
    put_cell(out, about->help);
    buf_puts(out, " |\n");
}

void conf_print_reference(struct buf *out)
{
    static const struct printer p = { reference_section, reference_row, end_without };

    buf_puts(
        out,
        "# Settings\n\n"
        "This page is generated from `conf/conf.def`; a test keeps the two equal. A setting\n"
        "comes from the table's default, then the configuration file (`[section]` and\n"
        "`name = value` lines), then the environment (`MOTCUA_SECTION_NAME`). An unknown or\n"
        "repeated name or a value that is not allowed refuses to start, and every mistake is\n"
        "reported. Relative paths start at the folder of the configuration file, or at `./var`\n"
        "without one.\n");
    print_with(&p, NULL, out);
}
