/* motcua refunds: what is being paid back, and what became of it. The payee stays masked. */
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "payments/refund.h"

static struct json *refund_json(const struct refund *r, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", r->id);
    json_put_str(o, "agency_id", r->agency_id);
    json_put_str(o, "order", r->order_id);
    json_put_str(o, "dossier", r->dossier);
    json_put_int(o, "attempt", r->attempt_n);
    json_put_str(o, "state", str_c(refund_state_name(r->state)));
    json_put_int(o, "amount_vnd", r->amount_vnd);
    json_put_int(o, "excess_vnd", r->excess_vnd);
    json_put_str(o, "route", str_c(refund_route_name(r->route)));
    json_put_int(o, "account", r->account);
    json_put_str(o, "reason", r->reason);
    json_put_str(o, "payee", r->payee_shown);
    json_put_str(o, "maker", r->maker);
    json_put_str(o, "proposal", r->proposal_id);
    json_put_str(o, "reference", r->reference);
    json_put_str(o, "transaction", r->txn);
    json_put_str(o, "failure", r->failure);
    json_put_str(o, "made", clock_rfc3339(a, r->created_ms));
    json_put_str(o, "updated", clock_rfc3339(a, r->updated_ms));
    return o;
}

static void print_row(const struct refund *r)
{
    (void)printf("%.*s  %s  %lld  %s  %.*s  %.*s\n", STR_ARG(r->id), refund_state_name(r->state),
                 (long long)r->amount_vnd, refund_route_name(r->route), STR_ARG(r->dossier),
                 STR_ARG(r->reason));
}

result cmd_refunds_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *rows = json_array();
    struct refund_filter f = { .state = str_c(cli_option(cli, "--state", 0)),
                               .dossier = str_c(cli_option(cli, "--dossier", 0)),
                               .before = str_c(cli_option(cli, "--before", 0)),
                               .most = REFUND_LIST_MAX };
    enum refund_state state;
    struct refund *list;
    size_t count;

    if (f.state.n > 0 && !refund_state_find(f.state, &state))
        return fail_field(e, ERR_INVALID, "state", "no such state");
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(refund_list(&app->till, &f, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++) {
        json_add(rows, refund_json(&list[i], cli->arena));
        if (!cli_flag(cli, "--json"))
            print_row(&list[i]);
    }
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
    return OK;
}

static void history_put(struct cli *cli, struct json *rows, const struct refund_history *h)
{
    struct json *o = json_object();

    json_put_int(o, "seq", h->seq);
    json_put_str(o, "at", clock_rfc3339(cli->arena, h->at_ms));
    json_put_str(o, "event", h->event);
    json_put_str(o, "from", h->from);
    json_put_str(o, "to", h->to);
    json_put_str(o, "actor", h->actor);
    json_put_str(o, "source", h->source);
    json_put_str(o, "mismatch", h->mismatch);
    json_add(rows, o);
}

result cmd_refunds_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *o = NULL;
    struct json *rows = json_array();
    struct refund_history *history;
    struct refund r;
    struct str id;
    size_t count;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(refund_load(&app->till, id, STR(""), cli->arena, &r, e));
    TRY(refund_history(&app->till, &r, cli->arena, &history, &count, e));
    o = refund_json(&r, cli->arena);
    json_put(o, "history", rows);
    for (size_t i = 0; i < count; i++)
        history_put(cli, rows, &history[i]);
    if (cli_flag(cli, "--json")) {
        cli_print_json(cli, o);
        return OK;
    }
    print_row(&r);
    for (size_t i = 0; i < count; i++)
        (void)printf("%4lld  %.*s  %.*s: %.*s -> %.*s  %.*s  %.*s\n", (long long)history[i].seq,
                     STR_ARG(clock_vn(cli->arena, history[i].at_ms)), STR_ARG(history[i].event),
                     STR_ARG(history[i].from), STR_ARG(history[i].to), STR_ARG(history[i].actor),
                     STR_ARG(history[i].mismatch));
    return OK;
}
