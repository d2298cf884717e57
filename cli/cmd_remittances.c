/* motcua remittances: slips C1-02/NS into the state budget, in the name of an officer; another
 * person approves on the pages. */
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "cli/cli.h"
#include "finance/remittance.h"

static struct json *remittance_json(const struct remittance *r, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", r->id);
    json_put_str(o, "number", r->number);
    json_put_str(o, "agency_id", r->agency_id);
    json_put_str(o, "treasury", r->treasury);
    json_put_str(o, "from", date_iso(a, r->from));
    json_put_str(o, "to", date_iso(a, r->to));
    json_put_str(o, "state", str_c(remittance_state_name(r->state)));
    json_put_int(o, "total_vnd", r->total_vnd);
    json_put_int(o, "retained_vnd", r->retained_vnd);
    json_put_str(o, "maker", r->maker);
    json_put_str(o, "proposal", r->proposal_id);
    json_put_str(o, "treasury_reference", r->treasury_ref);
    json_put_str(o, "remitted_day", r->remitted_day);
    json_put_str(o, "failure", r->failure);
    json_put_str(o, "made", clock_rfc3339(a, r->created_ms));
    return o;
}

static void print_row(const struct remittance *r)
{
    (void)printf("%.*s  %.*s  %.*s  %s  %lld  %.*s\n", STR_ARG(r->id), STR_ARG(r->number),
                 STR_ARG(r->agency_id), remittance_state_name(r->state), (long long)r->total_vnd,
                 STR_ARG(r->treasury_ref));
}

static void list_print(struct cli *cli, const struct remittance *list, size_t count)
{
    DEFER(json_close) struct json *rows = json_array();

    for (size_t i = 0; i < count; i++) {
        json_add(rows, remittance_json(&list[i], cli->arena));
        if (!cli_flag(cli, "--json"))
            print_row(&list[i]);
    }
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
}

static void one_print(struct cli *cli, const struct remittance *r)
{
    DEFER(json_close) struct json *o = remittance_json(r, cli->arena);

    if (cli_flag(cli, "--json"))
        cli_print_json(cli, o);
    else
        print_row(r);
}

result cmd_remittances_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct remittance_filter f = { .agency_id = str_c(cli_option(cli, "--agency", 0)),
                                         .state = str_c(cli_option(cli, "--state", 0)),
                                         .before = str_c(cli_option(cli, "--before", 0)),
                                         .most = REMITTANCE_LIST_MAX };
    enum remittance_state state;
    struct remittance *list;
    size_t count;

    if (f.state.n > 0 && !remittance_state_find(f.state, &state))
        return fail_field(e, ERR_INVALID, "state", "no such state");
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(remittance_list(&app->office, &f, cli->arena, &list, &count, e));
    list_print(cli, list, count);
    return OK;
}

static result lines_put(struct cli *cli, const struct remittance *r, struct json *rows,
                        struct err *e)
{
    struct remittance_line *lines;
    size_t count;

    TRY(remittance_lines(r, cli->arena, &lines, &count, e));
    for (size_t i = 0; i < count; i++) {
        const struct remittance_line *l = &lines[i];
        struct json *o = json_object();

        json_put_str(o, "content", l->content);
        json_put_str(o, "fee", l->fee);
        json_put_str(o, "chapter", l->chapter);
        json_put_str(o, "sub_item", l->sub_item);
        json_put_str(o, "locality", l->locality);
        json_put_int(o, "orders", l->orders);
        json_put_int(o, "amount_vnd", l->amount_vnd);
        json_add(rows, o);
        if (!cli_flag(cli, "--json"))
            (void)printf("  %.*s  %.*s  %.*s  %lld  %.*s\n", STR_ARG(l->chapter),
                         STR_ARG(l->sub_item), STR_ARG(l->locality), (long long)l->amount_vnd,
                         STR_ARG(l->content));
    }
    return OK;
}

static result history_put(struct cli *cli, const struct office *f, const struct remittance *r,
                          struct json *rows, struct err *e)
{
    struct remittance_history *list;
    size_t count;

    TRY(remittance_history(f, r, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++) {
        const struct remittance_history *h = &list[i];
        struct json *o = json_object();

        json_put_int(o, "seq", h->seq);
        json_put_str(o, "at", clock_rfc3339(cli->arena, h->at_ms));
        json_put_str(o, "event", h->event);
        json_put_str(o, "from", h->from);
        json_put_str(o, "to", h->to);
        json_put_str(o, "actor", h->actor);
        json_add(rows, o);
        if (!cli_flag(cli, "--json"))
            (void)printf("%4lld  %.*s  %.*s: %.*s -> %.*s  %.*s\n", (long long)h->seq,
                         STR_ARG(clock_vn(cli->arena, h->at_ms)), STR_ARG(h->event),
                         STR_ARG(h->from), STR_ARG(h->to), STR_ARG(h->actor));
    }
    return OK;
}

result cmd_remittances_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *o = NULL;
    struct json *lines, *history;
    struct remittance r;
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(remittance_load(&app->office, id, cli->arena, &r, e));
    o = remittance_json(&r, cli->arena);
    lines = json_array();
    history = json_array();
    json_put(o, "lines", lines);
    json_put(o, "history", history);
    if (!cli_flag(cli, "--json"))
        print_row(&r);
    TRY(lines_put(cli, &r, lines, e));
    TRY(history_put(cli, &app->office, &r, history, e));
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, o);
    return OK;
}

/* ---- in the name of an officer ---- */

result cmd_remittances_draft(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct remittance_period p = { 0 };
    struct proposal_actor by;
    struct remittance *list;
    struct str from, to;
    size_t count;

    TRY(cli_need_word(cli, 0, "AGENCY", &p.agency_id, e));
    TRY(cli_need_word(cli, 1, "FROM", &from, e));
    TRY(cli_need_word(cli, 2, "TO", &to, e));
    TRY(cli_day(from.p, "from", &p.from, e));
    TRY(cli_day(to.p, "to", &p.to, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(cli_need_actor(cli, app, &by, e));
    TRY(remittance_draft(&app->office, &p, &by, cli->arena, &list, &count, e));
    list_print(cli, list, count);
    return OK;
}

/* One slip and who acts on it. */
struct acting {
    struct stores stores;
    struct app *app;
    struct proposal_actor by;
    struct str id;
};

static void acting_close(struct acting *k)
{
    app_close(&k->app);
    stores_close(&k->stores);
}

static result acting_open(struct cli *cli, struct acting *k, struct err *e)
{
    TRY(cli_need_word(cli, 0, "ID", &k->id, e));
    TRY(cli_open_app(cli, &k->stores, &k->app, e));
    return cli_need_actor(cli, k->app, &k->by, e);
}

result cmd_remittances_submit(struct cli *cli, struct err *e)
{
    DEFER(acting_close) struct acting k = { 0 };
    const struct remittance_ask ask = { .document_sha256 = str_c(cli_option(cli, "--document", 0)),
                                        .remark = str_c(cli_option(cli, "--remark", 0)) };
    struct remittance r;

    TRY(acting_open(cli, &k, e));
    TRY(remittance_submit(&k.app->office, k.id, &ask, &k.by, cli->arena, &r, e));
    one_print(cli, &r);
    return OK;
}

result cmd_remittances_send(struct cli *cli, struct err *e)
{
    DEFER(acting_close) struct acting k = { 0 };
    struct remittance r;

    TRY(acting_open(cli, &k, e));
    TRY(remittance_move(&k.app->office, k.id, REMITTANCE_EV_SEND, &k.by, cli->arena, &r, e));
    one_print(cli, &r);
    return OK;
}

/* --refused WHY, or what the treasury confirmed. */
static result word_read(const struct cli *cli, struct remittance_word *w, struct err *e)
{
    const char *amount = cli_option(cli, "--amount", 0), *why = cli_option(cli, "--refused", 0);

    *w = (struct remittance_word){ .event =
                                       why != NULL ? REMITTANCE_EV_REFUSE : REMITTANCE_EV_CONFIRM,
                                   .number = str_c(cli_option(cli, "--number", 0)),
                                   .why = str_c(why) };
    if (why != NULL)
        return OK;
    TRY(cli_day(cli_option(cli, "--day", 0), "--day", &w->day, e));
    if (amount == NULL || money_read_wire(str_c(amount), &w->amount_vnd, NULL).failed)
        return fail_field(e, ERR_INVALID, "--amount", "an amount in dong");
    return OK;
}

/* What was read on paper takes another person. */
static result word_propose(struct cli *cli, const struct acting *k, const struct remittance_word *w,
                           struct err *e)
{
    const struct str remark = str_c(cli_option(cli, "--remark", 0));
    struct remittance r;
    struct proposal p;

    TRY(remittance_propose_word(&k->app->office, k->id, w, remark, &k->by, cli->arena, &p, e));
    TRY(remittance_load(&k->app->office, k->id, cli->arena, &r, e));
    r.proposal_id = p.id;
    one_print(cli, &r);
    return OK;
}

result cmd_remittances_settle(struct cli *cli, struct err *e)
{
    DEFER(acting_close) struct acting k = { 0 };
    struct remittance_word w;
    struct remittance r;

    TRY(word_read(cli, &w, e));
    TRY(acting_open(cli, &k, e));
    if (w.event == REMITTANCE_EV_CONFIRM)
        return word_propose(cli, &k, &w, e);
    TRY(remittance_settle(&k.app->office, k.id, &w, &k.by, cli->arena, &r, e));
    one_print(cli, &r);
    return OK;
}

result cmd_remittances_print(struct cli *cli, struct err *e)
{
    static const char *const names[] = {
        [REMITTANCE_PDF] = "pdf", [REMITTANCE_CSV] = "csv", [REMITTANCE_XLSX] = "xlsx"
    };
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const char *wanted = cli_option(cli, "--form", 0);
    struct remittance r;
    struct str id, bytes;
    size_t form = 0;

    while (wanted != NULL && form < LEN(names) && !str_is(str_c(wanted), names[form]))
        form++;
    if (form == LEN(names))
        return fail_field(e, ERR_INVALID, "form", "pdf, csv or xlsx");
    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(remittance_load(&app->office, id, cli->arena, &r, e));
    TRY(remittance_print(&r, (enum remittance_form)form, cli->arena, &bytes, e));
    cli_print(bytes);
    return OK;
}
