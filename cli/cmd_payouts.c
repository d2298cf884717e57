/* motcua payouts: what sources paid over, and which payments were in it. */
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "finance/payout.h"

static struct json *payout_json(const struct payout *p, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", p->id);
    json_put_str(o, "agency_id", p->agency_id);
    json_put_str(o, "provider", p->provider);
    json_put_str(o, "account", p->account);
    json_put_str(o, "day", date_iso(a, p->day));
    json_put_int(o, "revision", p->revision);
    json_put_str(o, "state", str_c(payout_state_name(p->state)));
    json_put_int(o, "payments", p->payments);
    json_put_int(o, "gross_vnd", p->gross_vnd);
    json_put_int(o, "returned_vnd", p->returned_vnd);
    json_put_int(o, "fee_vnd", p->fee_vnd);
    json_put_int(o, "invoiced_vnd", p->invoiced_vnd);
    json_put_int(o, "net_vnd", p->net_vnd);
    json_put_str(o, "bank_reference", p->bank_ref);
    json_put_str(o, "bank_day", p->bank_day);
    json_put_str(o, "posted", clock_rfc3339(a, p->posted_ms));
    return o;
}

static void print_row(struct cli *cli, const struct payout *p)
{
    (void)printf("%.*s  %.*s  %.*s  %s  %lld  %lld  %.*s\n", STR_ARG(p->id),
                 STR_ARG(date_iso(cli->arena, p->day)), STR_ARG(p->provider),
                 payout_state_name(p->state), (long long)p->payments, (long long)p->net_vnd,
                 STR_ARG(p->bank_ref));
}

static result filter_read(const struct cli *cli, struct payout_filter *f, struct err *e)
{
    enum payout_state state;

    *f = (struct payout_filter){ .agency_id = str_c(cli_option(cli, "--agency", 0)),
                                 .state = str_c(cli_option(cli, "--state", 0)),
                                 .most = PAYOUT_LIST_MAX };
    if (f->state.n > 0 && !payout_state_find(f->state, &state))
        return fail_field(e, ERR_INVALID, "state", "no such state");
    TRY(cli_day(cli_option(cli, "--from", 0), "--from", &f->from, e));
    return cli_day(cli_option(cli, "--to", 0), "--to", &f->to, e);
}

result cmd_payouts_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *rows = json_array();
    struct payout_filter f;
    struct payout *list;
    size_t count;

    TRY(filter_read(cli, &f, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(payout_list(&app->office, &f, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++) {
        json_add(rows, payout_json(&list[i], cli->arena));
        if (!cli_flag(cli, "--json"))
            print_row(cli, &list[i]);
    }
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
    return OK;
}

static struct json *item_json(const struct payout_item *i)
{
    struct json *o = json_object();

    json_put_int(o, "line", i->line);
    json_put_str(o, "what", i->what);
    json_put_str(o, "reference", i->reference);
    json_put_str(o, "transaction", i->portal_txn);
    json_put_str(o, "dossier", i->dossier);
    json_put_str(o, "order", i->order_id);
    json_put_int(o, "amount_vnd", i->vnd);
    json_put_int(o, "fee_vnd", i->fee_vnd);
    json_put_str(o, "settled_day", i->settled_day);
    json_put_str(o, "remitted_day", i->remitted_day);
    return o;
}

/* All movements, page by page. */
static result items_put(struct cli *cli, const struct office *f, const struct payout *p,
                        struct json *rows, struct err *e)
{
    struct payout_item *items;
    int64_t after = 0;
    size_t count;

    do {
        TRY(payout_items(f, p, after, PAYOUT_LIST_MAX, cli->arena, &items, &count, e));
        for (size_t i = 0; i < count; i++) {
            json_add(rows, item_json(&items[i]));
            if (!cli_flag(cli, "--json"))
                (void)printf("%6lld  %lld  %.*s  %.*s  %.*s\n", (long long)items[i].line,
                             (long long)items[i].vnd, STR_ARG(items[i].reference),
                             STR_ARG(items[i].dossier), STR_ARG(items[i].what));
        }
        after = count > 0 ? items[count - 1].line : after;
    } while (count == PAYOUT_LIST_MAX);
    return OK;
}

result cmd_payouts_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *o = NULL;
    struct json *rows;
    struct payout p;
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(payout_load(&app->office, id, cli->arena, &p, e));
    o = payout_json(&p, cli->arena);
    rows = json_array();
    json_put(o, "items", rows);
    if (!cli_flag(cli, "--json"))
        print_row(cli, &p);
    TRY(items_put(cli, &app->office, &p, rows, e));
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, o);
    return OK;
}
