/* Mandates, for officers. Names and numbers of people are not printed: ids are enough to act on. */
#include <stdio.h>

#include "auth/mandate.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/cli.h"

static void print_mandate(struct cli *cli, const struct mandate *m)
{
    struct arena *a = cli->arena;
    const struct str from = date_iso(a, clock_local(m->from_ms).date);
    const struct str until = date_iso(a, clock_local(m->until_ms - 1).date);

    (void)printf("%.*s | %s | %.*s | %.*s to %.*s | limit %lld\n", STR_ARG(m->id),
                 mandate_state_name(m->state), STR_ARG(m->powers), STR_ARG(from), STR_ARG(until),
                 (long long)m->amount_limit_vnd);
}

result cmd_mandate_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct mandate *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(mandate_list_all(&app->auth, &visit, &list, &count, e));
    for (size_t i = 0; i < count; i++)
        print_mandate(cli, &list[i]);
    return OK;
}

result cmd_mandate_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct mandate_past *past;
    struct mandate m;
    struct str id;
    size_t count;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(mandate_load(&app->auth, &visit, id, &m, e));
    print_mandate(cli, &m);
    (void)printf("organisation %.*s\ngiver %.*s\nreceiver %.*s\nfunctions %.*s\n",
                 STR_ARG(m.organisation), STR_ARG(m.giver), STR_ARG(m.receiver_account),
                 STR_ARG(m.functions));
    TRY(mandate_history(&app->auth, cli->arena, id, &past, &count, e));
    for (size_t i = 0; i < count; i++)
        (void)printf("%.*s %.*s by %.*s\n", STR_ARG(clock_rfc3339(cli->arena, past[i].at_ms)),
                     STR_ARG(past[i].state), STR_ARG(past[i].role));
    return OK;
}

result cmd_mandate_revoke(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return mandate_revoke_by_staff(&app->auth, &visit, STR("system"), id, e);
}
