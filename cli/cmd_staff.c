/* Accounts of officers. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/staff.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/cli.h"
#include "crypto/secret.h"

/* A password that is typed does not show: the terminal is quiet while the line is read. */
static char *read_line(char *line, int size)
{
    struct termios shown, quiet;
    const bool typed = tcgetattr(STDIN_FILENO, &shown) == 0;
    char *read;

    if (typed) {
        quiet = shown;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        (void)fputs("Password: ", stderr);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    read = fgets(line, size, stdin);
    if (typed) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        (void)fputc('\n', stderr);
    }
    return read;
}

static result read_password(const struct cli *cli, struct secret *password, struct err *e)
{
    const char *file = cli_option(cli, "--password-file", 0);
    char line[200];
    result r;

    if (file != NULL)
        return secret_load(password, file, e);
    if (read_line(line, sizeof(line)) == NULL)
        return fail_field(e, ERR_INVALID, "password", "nothing on standard input");
    line[strcspn(line, "\r\n")] = '\0';
    r = secret_set(password, str_c(line), e);
    explicit_bzero(line, sizeof(line));
    return r;
}

result cmd_staff_add(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(secret_wipe) struct secret password = { 0 };
    const char *role = cli_option(cli, "--role", 0);
    const char *display = cli_option(cli, "--display", 0);
    const struct visit visit = cli_visit(cli);
    struct staff staff = { .role = STAFF_VIEWER };

    TRY(cli_need_word(cli, 0, "NAME", &staff.name, e));
    staff.display_name = display != NULL ? str_c(display) : staff.name;
    if (role != NULL && !staff_role_find(str_c(role), &staff.role))
        return fail_field(e, ERR_INVALID, "--role", "no such role");
    TRY(read_password(cli, &password, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(staff_add(&app->auth, &visit, &staff, &password, e));
    (void)printf("staff %.*s, %s\n", STR_ARG(staff.name), staff_role_name(staff.role));
    return OK;
}

result cmd_staff_password(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(secret_wipe) struct secret password = { 0 };
    const struct visit visit = cli_visit(cli);
    struct str name;

    TRY(cli_need_word(cli, 0, "NAME", &name, e));
    TRY(read_password(cli, &password, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return staff_set_password(&app->auth, &visit, name, &password, e);
}

static result set_disabled(struct cli *cli, bool disabled, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str name;

    TRY(cli_need_word(cli, 0, "NAME", &name, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return staff_set_disabled(&app->auth, &visit, name, disabled, e);
}

result cmd_staff_disable(struct cli *cli, struct err *e)
{
    return set_disabled(cli, true, e);
}

result cmd_staff_enable(struct cli *cli, struct err *e)
{
    return set_disabled(cli, false, e);
}

result cmd_staff_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct staff *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(staff_list(&app->auth, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++)
        (void)printf("%.*s | %.*s | %s%s\n", STR_ARG(list[i].name), STR_ARG(list[i].display_name),
                     staff_role_name(list[i].role), list[i].disabled ? " | disabled" : "");
    return OK;
}
