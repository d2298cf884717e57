#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"

static void print_mistakes(const struct buf *mistakes)
{
    if (mistakes->n > 0) /* else it may have no bytes at all */
        (void)fwrite(mistakes->p, 1, mistakes->n, stderr);
}

result cli_load_conf(struct cli *cli, struct err *e)
{
    struct buf mistakes = buf_make(cli->arena, LIMIT_PAGE_BYTES);
    const result r = conf_load(cli->arena, cli->conf_path, &cli->conf, &mistakes, e);

    print_mistakes(&mistakes);
    return r;
}

result cli_open_stores(struct cli *cli, struct stores *out, struct err *e)
{
    TRY(cli_load_conf(cli, e));
    return stores_open(&cli->conf, &cli->clock, cli->is_serving, out, e);
}

result cli_open_app(struct cli *cli, struct stores *stores, struct app **out, struct err *e)
{
    struct buf mistakes = buf_make(cli->arena, LIMIT_PAGE_BYTES);
    result r;

    TRY(cli_open_stores(cli, stores, e));
    r = app_open(cli->conf_path, stores, &cli->clock, &mistakes, out, e);
    print_mistakes(&mistakes);
    return r;
}

struct visit cli_visit(const struct cli *cli)
{
    return (struct visit){ .arena = cli->arena,
                           .request_id = STR("command-line"),
                           .ip = STR("127.0.0.1") };
}

/* Options that stand alone; all others take the next argument. */
static bool is_flag(const char *arg)
{
    static const char *const flags[] = { "--public", "--json", "--invite",
                                         "--now",    "--make", "--correction" };

    for (size_t i = 0; i < LEN(flags); i++)
        if (strcmp(arg, flags[i]) == 0)
            return true;
    return false;
}

const char *cli_word(const struct cli *cli, int n)
{
    for (int i = 0; i < cli->arg_count; i++) {
        if (strncmp(cli->args[i], "--", 2) == 0)
            i += is_flag(cli->args[i]) ? 0 : 1;
        else if (n-- == 0)
            return cli->args[i];
    }
    return NULL;
}

const char *cli_option(const struct cli *cli, const char *name, int nth)
{
    for (int i = 0; i + 1 < cli->arg_count; i++)
        if (strcmp(cli->args[i], name) == 0 && nth-- == 0)
            return cli->args[i + 1];
    return NULL;
}

bool cli_flag(const struct cli *cli, const char *name)
{
    for (int i = 0; i < cli->arg_count; i++)
        if (strcmp(cli->args[i], name) == 0)
            return true;
    return false;
}

result cli_need_word(const struct cli *cli, int n, const char *what, struct str *out, struct err *e)
{
    const char *word = cli_word(cli, n);

    if (word == NULL)
        return fail_field(e, ERR_INVALID, what, "missing argument");
    *out = str_c(word);
    return OK;
}

result cli_need_officer(struct cli *cli, struct app *app, struct str name, struct err *e)
{
    struct staff staff;
    bool found;

    if (name.n == 0)
        return fail_field(e, ERR_INVALID, "by", "who proposes it: --by NAME");
    TRY(staff_find(&app->auth, cli->arena, name, &found, &staff, e));
    if (!found || staff.disabled)
        return fail_field(e, ERR_NOT_FOUND, "by", "there is no open staff account of that name");
    return staff.role >= STAFF_OFFICER
               ? OK
               : fail_field(e, ERR_FORBIDDEN, "by",
                            "that account is %s: an officer at least proposes this",
                            staff_role_name(staff.role));
}

/* Whom the system knows at the keyboard: the user of the process, and who signed in, which sudo
 * does not change. */
static struct str os_user(struct arena *a)
{
    FILE *f = fopen("/proc/self/loginuid", "re");
    unsigned long login = UINT32_MAX; /* nobody */

    if (f != NULL) {
        if (fscanf(f, "%lu", &login) != 1)
            login = UINT32_MAX;
        (void)fclose(f);
    }
    if (login == UINT32_MAX)
        return str_fmt(a, "command line, OS user %lu", (unsigned long)getuid());
    return str_fmt(a, "command line, OS user %lu, signed in as %lu", (unsigned long)getuid(),
                   login);
}

result cli_need_actor(struct cli *cli, struct app *app, struct proposal_actor *out, struct err *e)
{
    const char *name = cli_option(cli, "--by", 0);

    TRY(cli_need_officer(cli, app, str_c(name != NULL ? name : ""), e));
    *out = (struct proposal_actor){ .name = str_cat(cli->arena, STR("staff:"), str_c(name)),
                                    .request_id = os_user(cli->arena) };
    return OK;
}

result cli_day(const char *text, const char *field, struct date *out, struct err *e)
{
    return text == NULL || (date_read(str_c(text), out) && date_is_valid(*out))
               ? OK
               : fail_field(e, ERR_INVALID, field, "not a date yyyy-mm-dd");
}

void cli_print(struct str text)
{
    (void)fwrite(text.p, 1, text.n, stdout);
}

void cli_print_json(struct cli *cli, const struct json *o)
{
    cli_print(str_cat(cli->arena, json_print(cli->arena, o), STR("\n")));
}
