/*
 * cli.h - what the commands share: arguments, settings, stores, and how an error is told.
 *
 * Each command is a function named in command.def. It returns failure with an err; main() prints it
 * and exits with 1 (2 for wrong arguments). Output for people goes to standard output.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/base.h"
#include "base/clock.h"
#include "payments/proposal.h"
#include "web/app.h"

struct json;

struct cli {
    struct arena *arena;
    struct clock clock;
    const char *conf_path; /* NULL: defaults and environment */
    char **args;           /* after the command's name */
    int arg_count;
    bool is_serving;  /* `serve`: takes what one process has at a time */
    struct conf conf; /* after cli_load_conf */
};

#define COMMAND(name, function, arguments, help) result function(struct cli *cli, struct err *e);
#include "cli/command.def"
#undef COMMAND

/* Settings; every mistake is printed to standard error. */
MUST_USE result cli_load_conf(struct cli *cli, struct err *e);
/* Settings and stores. */
MUST_USE result cli_open_stores(struct cli *cli, struct stores *out, struct err *e);
/* Settings, stores, and everything that serves requests. Mistakes are printed. */
MUST_USE result cli_open_app(struct cli *cli, struct stores *stores, struct app **out,
                             struct err *e);
struct visit cli_visit(const struct cli *cli); /* for the audit log: the command line */

/* The n-th argument that is no option, from 0; NULL when absent. */
const char *cli_word(const struct cli *cli, int n);
/* The value of `--name value`; NULL when absent. `nth` counts repetitions from 0. */
const char *cli_option(const struct cli *cli, const char *name, int nth);
bool cli_flag(const struct cli *cli, const char *name);
MUST_USE result cli_need_word(const struct cli *cli, int n, const char *what, struct str *out,
                              struct err *e);
/* Who proposes, of option --by: an open account that may work with money. ERR_INVALID,
 * ERR_NOT_FOUND, ERR_FORBIDDEN, all of field "by". */
MUST_USE result cli_need_officer(struct cli *cli, struct app *app, struct str name, struct err *e);
/* The same as an actor of proposals, from option --by; the audit log tells the user of the system,
 * in place of a request: "command line, OS user 0, signed in as 1000". */
MUST_USE result cli_need_actor(struct cli *cli, struct app *app, struct proposal_actor *out,
                               struct err *e);
/* yyyy-mm-dd; text NULL leaves *out as it is. ERR_INVALID names the field. */
MUST_USE result cli_day(const char *text, const char *field, struct date *out, struct err *e);
void cli_print(struct str text); /* to standard output */
void cli_print_json(struct cli *cli, const struct json *o);

#endif
