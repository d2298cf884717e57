/* motcua webhooks: where events go, how deliveries went, and sending one again. No secrets. */
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "payments/webhook.h"

#define DELIVERIES_SHOWN 100

static void endpoint_print(struct cli *cli, const struct webhook_endpoint *w, struct json *rows)
{
    struct json *o = json_object();

    json_put_str(o, "id", w->id);
    json_put_str(o, "client_id", w->client_id);
    json_put_str(o, "url", w->url);
    json_put_str(o, "events", w->events);
    json_put_bool(o, "enabled", w->enabled);
    json_put_str(o, "created", clock_rfc3339(cli->arena, w->created_ms));
    json_add(rows, o);
    if (!cli_flag(cli, "--json"))
        (void)printf("%.*s  %.*s  %s  %.*s  %.*s\n", STR_ARG(w->id), STR_ARG(w->client_id),
                     w->enabled ? "enabled" : "disabled", STR_ARG(w->url), STR_ARG(w->events));
}

result cmd_webhooks_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *rows = json_array();
    struct webhook_endpoint *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(webhook_list(&app->till, str_c(cli_option(cli, "--client", 0)), cli->arena, &list, &count,
                     e));
    for (size_t i = 0; i < count; i++)
        endpoint_print(cli, &list[i], rows);
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
    return OK;
}

static void delivery_print(struct cli *cli, const struct webhook_delivery *d, struct json *rows)
{
    struct json *o = json_object();

    json_put_str(o, "id", d->id);
    json_put_str(o, "endpoint_id", d->endpoint_id);
    json_put_str(o, "client_id", d->client_id);
    json_put_str(o, "type", d->type);
    json_put_str(o, "resource_id", d->resource_id);
    json_put_str(o, "state", d->state);
    json_put_int(o, "tries", d->tries);
    json_put_str(o, "created", clock_rfc3339(cli->arena, d->created_ms));
    json_add(rows, o);
    if (!cli_flag(cli, "--json"))
        (void)printf("%.*s  %.*s  %.*s  %.*s  %.*s  %.*s  tries %lld\n", STR_ARG(d->id),
                     STR_ARG(clock_vn(cli->arena, d->created_ms)), STR_ARG(d->client_id),
                     STR_ARG(d->state), STR_ARG(d->type), STR_ARG(d->resource_id),
                     (long long)d->tries);
}

result cmd_webhooks_deliveries(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *rows = json_array();
    const struct webhook_filter f = { .client_id = str_c(cli_option(cli, "--client", 0)),
                                      .state = str_c(cli_option(cli, "--state", 0)),
                                      .before_ms = INT64_MAX };
    struct webhook_delivery *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(webhook_deliveries(&app->till, &f, DELIVERIES_SHOWN, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++)
        delivery_print(cli, &list[i], rows);
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
    return OK;
}

result cmd_webhooks_retry(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(webhook_retry(&app->till, STR(""), id, e));
    return auth_audit(&app->auth, &visit, auth_actor(&visit), "webhook.again", id, NULL, e);
}
