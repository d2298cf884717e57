/* Settings and routes, printed; and the check of everything before a start. */
#include <stdio.h>

#include "auth/client.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "store/kv.h"
#include "store/migrate.h"
#include "store/sql.h"
#include "web/route_row.h"

static result print(struct buf *b, struct err *e)
{
    struct str text;

    TRY(buf_end(b, &text, e));
    cli_print(text);
    return OK;
}

result cmd_conf_print(struct cli *cli, struct err *e)
{
    struct buf b = buf_make(cli->arena, LIMIT_PAGE_BYTES);

    TRY(cli_load_conf(cli, e));
    conf_print(&cli->conf, &b);
    return print(&b, e);
}

result cmd_conf_sample(struct cli *cli, struct err *e)
{
    struct buf b = buf_make(cli->arena, LIMIT_PAGE_BYTES);

    conf_print_sample(&b);
    return print(&b, e);
}

result cmd_conf_reference(struct cli *cli, struct err *e)
{
    struct buf b = buf_make(cli->arena, LIMIT_PAGE_BYTES);

    conf_print_reference(&b);
    return print(&b, e);
}

result cmd_routes(struct cli *cli, struct err *e)
{
    struct buf b = buf_make(cli->arena, LIMIT_PAGE_BYTES);

    routes_print(&b);
    return print(&b, e);
}

result cmd_migrate(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    int applied;

    TRY(cli_open_stores(cli, &stores, e));
    TRY(migrate_up(stores.sql, &cli->clock, &applied, e));
    (void)printf("%d migrations applied\n", applied);
    return OK;
}

result cmd_check(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(migrate_check(stores.sql, e));
    TRY(client_verify_all(&app->auth, e));
    TRY(sql_check_queries(stores.sql, e));
    TRY(kv_ping(stores.kv, e));
    (void)printf(
        "settings, keys, fee tables, sources of files, clients, %s, %s and schema are good\n",
        sql_engine(stores.sql), kv_engine(stores.kv));
    return OK;
}
