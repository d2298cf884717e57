/* Registered portals and systems. */
#include <stdio.h>

#include "auth/client.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/cli.h"
#include "crypto/secret.h"

static struct str option(const struct cli *cli, const char *name)
{
    return str_c(cli_option(cli, name, 0));
}

static result read_uris(const struct cli *cli, const char *name, struct str *uris, size_t *count,
                        struct err *e)
{
    const char *uri;

    for (*count = 0; (uri = cli_option(cli, name, (int)*count)) != NULL; (*count)++) {
        if (*count == CLIENT_URIS_MAX)
            return fail_field(e, ERR_INVALID, name, "more than %d", CLIENT_URIS_MAX);
        uris[*count] = str_c(uri);
    }
    return OK;
}

result cmd_client_add(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(secret_wipe) struct secret given = { 0 };
    const char *file = cli_option(cli, "--secret-file", 0);
    const struct visit visit = cli_visit(cli);
    struct client client = { .has_secret = !cli_flag(cli, "--public") };
    struct str secret = STR("");

    TRY(cli_need_word(cli, 0, "ID", &client.id, e));
    client.name_vi = option(cli, "--name-vi").n > 0 ? option(cli, "--name-vi") : client.id;
    client.name_en = option(cli, "--name-en").n > 0 ? option(cli, "--name-en") : client.name_vi;
    client.scopes = option(cli, "--scopes");
    client.grants = option(cli, "--grants");
    TRY(read_uris(cli, "--redirect", client.redirect_uris, &client.redirect_count, e));
    TRY(read_uris(cli, "--post-logout", client.post_logout_uris, &client.post_logout_count, e));
    if (file != NULL) {
        TRY(secret_load(&given, file, e));
        secret = secret_str(&given);
    }
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_add(&app->auth, &visit, &client, &secret, e));
    (void)printf("client %.*s\n", STR_ARG(client.id));
    if (file == NULL && client.has_secret)
        (void)printf("secret %.*s\n", STR_ARG(secret));
    return OK;
}

result cmd_client_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct client *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_list(&app->auth, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++)
        (void)printf("%.*s | %.*s | %.*s | %.*s\n", STR_ARG(list[i].id), STR_ARG(list[i].name_vi),
                     STR_ARG(list[i].grants), STR_ARG(list[i].scopes));
    return OK;
}

result cmd_client_remove(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return client_remove(&app->auth, &visit, id, e);
}
