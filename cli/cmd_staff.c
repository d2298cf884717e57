/* Accounts of officers. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/staff_factor.h"
#include "auth/staff_invite.h"
#include "base/err.h"
#include "base/json.h"
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

static result print_invitation(struct app *app, const struct visit *v, struct str name,
                               struct err *e)
{
    struct str token;

    TRY(staff_invite(&app->auth, v, name, &token, e));
    (void)printf("invitation %.*s/staff/invitation/%.*s\n", STR_ARG(app->conf.service.issuer),
                 STR_ARG(token));
    return OK;
}

result cmd_staff_add(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(secret_wipe) struct secret password = { 0 };
    const char *role = cli_option(cli, "--role", 0);
    const char *display = cli_option(cli, "--display", 0);
    const struct visit visit = cli_visit(cli);
    const bool invited = cli_flag(cli, "--invite");
    struct staff staff = { .role = STAFF_VIEWER };

    TRY(cli_need_word(cli, 0, "NAME", &staff.name, e));
    staff.display_name = display != NULL ? str_c(display) : staff.name;
    if (role != NULL && !staff_role_find(str_c(role), &staff.role))
        return fail_field(e, ERR_INVALID, "--role", "no such role");
    if (!invited)
        TRY(read_password(cli, &password, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(staff_add(&app->auth, &visit, &staff, invited ? NULL : &password, e));
    (void)printf("staff %.*s, %s\n", STR_ARG(staff.name), staff_role_name(staff.role));
    return invited ? print_invitation(app, &visit, staff.name, e) : OK;
}

result cmd_staff_invite(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str name;

    TRY(cli_need_word(cli, 0, "NAME", &name, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return print_invitation(app, &visit, name, e);
}

result cmd_staff_role(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str name, role_word;
    enum staff_role role;

    TRY(cli_need_word(cli, 0, "NAME", &name, e));
    TRY(cli_need_word(cli, 1, "ROLE", &role_word, e));
    if (!staff_role_find(role_word, &role))
        return fail_field(e, ERR_INVALID, "ROLE", "no such role");
    TRY(cli_open_app(cli, &stores, &app, e));
    return staff_set_role(&app->auth, &visit, name, role, e);
}

result cmd_staff_otp(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct staff_otp otp;
    struct str name;

    TRY(cli_need_word(cli, 0, "NAME", &name, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(staff_otp_make(&app->auth, &visit, name, &otp, e));
    (void)printf("secret %.*s\nuri %.*s\n", STR_ARG(otp.secret), STR_ARG(otp.uri));
    return OK;
}

result cmd_staff_reset(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str name;

    TRY(cli_need_word(cli, 0, "NAME", &name, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return staff_factor_reset(&app->auth, &visit, name, e);
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

static void print_json(struct cli *cli, const struct auth *au, const struct staff *list, size_t n)
{
    DEFER(json_close) struct json *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "name", list[i].name);
        json_put_str(row, "display_name", list[i].display_name);
        json_put_str(row, "role", str_c(staff_role_name(list[i].role)));
        json_put_bool(row, "disabled", list[i].disabled);
        json_put_bool(row, "unused", staff_is_unused(au, &list[i]));
        json_put_bool(row, "invited", list[i].invited);
        json_put_bool(row, "second_factor", list[i].has_otp);
        json_put_str(row, "last_used", clock_rfc3339(cli->arena, list[i].used_ms));
        json_add(rows, row);
    }
    cli_print(json_print(cli->arena, rows));
    cli_print(STR("\n"));
}

static void print_row(const struct auth *au, const struct staff *s)
{
    (void)printf("%.*s | %.*s | %s%s%s%s%s\n", STR_ARG(s->name), STR_ARG(s->display_name),
                 staff_role_name(s->role), s->has_otp ? "" : " | no second factor",
                 s->invited ? " | invited" : "", staff_is_unused(au, s) ? " | unused" : "",
                 s->disabled ? " | disabled" : "");
}

result cmd_staff_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct staff *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(staff_list(&app->auth, cli->arena, &list, &count, e));
    if (cli_flag(cli, "--json")) {
        print_json(cli, &app->auth, list, count);
        return OK;
    }
    for (size_t i = 0; i < count; i++)
        print_row(&app->auth, &list[i]);
    return OK;
}
