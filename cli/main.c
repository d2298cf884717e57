/*
 * motcua - sign-in and fee payment of the one-stop public services. See command.def.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "auth/client_metadata.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/cli.h"
#include "http/client.h"

struct command {
    const char *name;
    result (*run)(struct cli *cli, struct err *e);
    const char *arguments;
    const char *help;
};

static const struct command commands[] = {
#define COMMAND(name, function, arguments, help) { name, function, arguments, help },
#include "cli/command.def"
#undef COMMAND
};

static int print_help(FILE *to)
{
    (void)fprintf(to, "usage: motcua [--conf FILE] COMMAND\n\n");
    for (size_t i = 0; i < LEN(commands); i++)
        (void)fprintf(to, "  %s%s%s\n        %s\n", commands[i].name,
                      commands[i].arguments[0] != '\0' ? " " : "", commands[i].arguments,
                      commands[i].help);
    return to == stdout ? 0 : 2;
}

/* In one line: after the whole list nobody would see what was wrong. */
static int print_unknown(int argc, char **argv)
{
    (void)fprintf(stderr, "motcua: no such command:");
    for (int i = 0; i < argc; i++)
        (void)fprintf(stderr, " %s", argv[i]);
    (void)fprintf(stderr, "; motcua --help lists them\n");
    return 2;
}

/* Whether the arguments begin with the words of a command's name; *words counts them. */
static bool is_command(const struct command *c, int argc, char **argv, int *words)
{
    struct str rest = str_c(c->name);
    struct str word;
    int n = 0;

    while (str_next(&rest, ' ', &word))
        if (n >= argc || !str_eq(word, str_c(argv[n++])))
            return false;
    *words = n;
    return true;
}

/* Whether a command's arguments name the option: "[--role viewer|officer]", "[--public]", "--by T",
 * which must be given; METADATA names all of auth/client.def. */
static bool find_option(const struct command *c, const char *arg, bool *takes_value)
{
    struct str rest = str_c(c->arguments);
    struct str word;

    while (str_next(&rest, ' ', &word)) {
        const size_t end = str_find(word, ']');

        if (str_is(word, arg)) {
            *takes_value = true;
            return true;
        }
        if (!str_starts(word, STR("[--")) || !str_eq(str_sub(word, 1, end - 1), str_c(arg)))
            continue;
        *takes_value = end == word.n;
        return true;
    }
    *takes_value = true;
    return str_has(str_c(c->arguments), STR("METADATA")) &&
           client_field_by_option(str_c(arg)) != NULL;
}

/* A mistyped option must not pass for none: the account would get another role. */
static result check_options(const struct command *c, const struct cli *cli, struct err *e)
{
    for (int i = 0; i < cli->arg_count; i++) {
        bool takes_value = false;

        if (strncmp(cli->args[i], "--", 2) != 0)
            continue;
        if (!find_option(c, cli->args[i], &takes_value))
            return fail_field(e, ERR_INVALID, cli->args[i], "no such option");
        if (takes_value && ++i == cli->arg_count)
            return fail_field(e, ERR_INVALID, cli->args[i - 1], "has no value");
    }
    return OK;
}

static int run(struct cli *cli, int argc, char **argv)
{
    struct err e = { 0 };
    int words;

    for (size_t i = 0; i < LEN(commands); i++) {
        if (!is_command(&commands[i], argc, argv, &words))
            continue;
        cli->args = argv + words;
        cli->arg_count = argc - words;
        if (!check_options(&commands[i], cli, &e).failed && !commands[i].run(cli, &e).failed)
            return 0;
        (void)fprintf(stderr, "motcua %s: %s%s%s: %s\n", commands[i].name, err_name(e.code),
                      e.field[0] != '\0' ? " " : "", e.field, e.detail);
        return e.code == ERR_INVALID ? 2 : 1;
    }
    return argc > 0 ? print_unknown(argc, argv) : print_help(stderr);
}

int main(int argc, char **argv)
{
    DEFER(arena_close) struct arena *arena = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    struct cli cli = { .arena = arena, .clock = clock_system() };
    struct err e = { 0 };
    int first = 1, status;

    (void)signal(SIGPIPE, SIG_IGN);
    if (argc > 2 && strcmp(argv[1], "--conf") == 0) {
        cli.conf_path = argv[2];
        first = 3;
    }
    if (first < argc && (strcmp(argv[first], "--help") == 0 || strcmp(argv[first], "-h") == 0 ||
                         (strcmp(argv[first], "help") == 0 && first + 1 == argc)))
        return print_help(stdout);
    if (client_start(&e).failed) {
        (void)fprintf(stderr, "motcua: %s\n", e.detail);
        return 1;
    }
    status = run(&cli, argc - first, argv + first);
    client_end();
    return status;
}
