/*
 * The fee tables from the command line. A proposal is made in the name of an officer's account; the
 * approval of another is given on the pages, after their sign-in.
 */
#include <stdio.h>

#include "auth/staff.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "cli/cli.h"
#include "payments/fee_version.h"
#include "payments/quote.h"
#include "web/fee_text.h"

#define CATEGORIES_MAX 16

static result read_day(const struct cli *cli, const char *word, struct date *day, struct err *e)
{
    *day = clock_today(&cli->clock);
    if (word != NULL && (!date_read(str_c(word), day) || !date_is_valid(*day)))
        return fail_field(e, ERR_INVALID, "date", "not a date yyyy-mm-dd");
    return OK;
}

/* "file: row.field: why", a line each. */
static void print_mistakes(struct cli *cli, struct str lines, bool good)
{
    DEFER(json_close) struct json *o = json_object();
    struct json *list;
    struct str line;

    if (!cli_flag(cli, "--json")) {
        if (lines.n > 0)
            (void)fwrite(lines.p, 1, lines.n, stderr);
        return;
    }
    list = json_array();
    while (str_next(&lines, '\n', &line))
        if (line.n > 0)
            json_add_str(list, line);
    json_put_bool(o, "good", good);
    json_put(o, "mistakes", list);
    cli_print_json(cli, o);
}

result cmd_fees_check(struct cli *cli, struct err *e)
{
    DEFER(fee_table_close) struct fee_table *fees = NULL;
    struct buf mistakes = buf_make(cli->arena, LIMIT_PAGE_BYTES);
    const char *path = cli_word(cli, 0);
    result r;

    if (path == NULL) {
        TRY(cli_load_conf(cli, e));
        path = str_cstr(cli->arena, cli->conf.payments.fees_dir);
    }
    r = fee_table_open(path, &fees, &mistakes, e);
    print_mistakes(cli, buf_str(&mistakes), !r.failed);
    TRY(r);
    if (!cli_flag(cli, "--json"))
        (void)printf("the fee tables are good\n");
    return OK;
}

/* What the running processes price by: the version in force, else the shipped folder. */
static result open_fees(struct cli *cli, struct stores *stores, struct app **out, struct err *e)
{
    bool changed;

    TRY(cli_open_app(cli, stores, out, e));
    return app_follow_fees(*out, &changed, e);
}

static void print_rules(const struct json *fee)
{
    const struct json *rules = json_member(fee, "rules");
    struct str name = STR("");

    (void)json_str(json_member(fee, "name_vi"), &name);
    for (size_t i = 0; i < json_count(rules); i++) {
        const struct json *rule = json_at(rules, i);
        struct str id = STR(""), basis = STR("");
        int64_t vnd = 0, ppm = 0;

        (void)json_str(json_member(rule, "id"), &id);
        (void)json_str(json_member(rule, "basis"), &basis);
        if (json_int(json_member(rule, "rate_ppm"), &ppm))
            (void)printf("%-32.*s %10lld ppm  %.*s (%.*s)\n", STR_ARG(id), (long long)ppm,
                         STR_ARG(name), STR_ARG(basis));
        else if (json_int(json_member(rule, "amount_vnd"), &vnd))
            (void)printf("%-32.*s %10lld VND  %.*s (%.*s)\n", STR_ARG(id), (long long)vnd,
                         STR_ARG(name), STR_ARG(basis));
    }
}

result cmd_fees_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *catalogue = NULL;
    const struct json *fees;
    struct date day;

    TRY(read_day(cli, cli_word(cli, 0), &day, e));
    TRY(open_fees(cli, &stores, &app, e));
    catalogue = fee_catalogue(app->fees, day, STR(""), STR(""));
    if (cli_flag(cli, "--json")) {
        cli_print_json(cli, catalogue);
        return OK;
    }
    (void)printf("version %lld\n", (long long)fee_table_version(app->fees));
    fees = json_member(catalogue, "fees");
    for (size_t i = 0; i < json_count(fees); i++)
        print_rules(json_at(fees, i));
    return OK;
}

static result publish(struct cli *cli, struct app *app, const char *path,
                      const struct proposal_actor *by, struct proposal *out, struct err *e)
{
    struct buf mistakes = buf_make(cli->arena, LIMIT_PAGE_BYTES);
    struct fee_publication pub = { .remark = str_c(cli_option(cli, "--remark", 0)),
                                   .is_correction = cli_flag(cli, "--correction") };
    result r = fee_text_load(path, cli->arena, &pub.tables, &mistakes, e);

    if (!r.failed)
        r = fee_version_propose(&app->till, &pub, by, &mistakes, cli->arena, out, e);
    if (r.failed)
        print_mistakes(cli, buf_str(&mistakes), false);
    return r;
}

result cmd_fees_publish(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct proposal_actor by;
    struct proposal p;
    struct str path;

    TRY(cli_need_word(cli, 0, "FILE", &path, e));
    TRY(open_fees(cli, &stores, &app, e));
    TRY(cli_need_actor(cli, app, &by, e));
    TRY(publish(cli, app, str_cstr(cli->arena, path), &by, &p, e));
    if (cli_flag(cli, "--json")) {
        DEFER(json_close) struct json *o = json_object();
        struct json *content = NULL;

        TRY(json_read(p.content, &content, e));
        json_put_str(o, "proposal", p.id);
        json_put_str(o, "hash", p.hash);
        json_put(o, "content", content);
        cli_print_json(cli, o);
        return OK;
    }
    (void)printf("proposal %.*s, hash %.*s: another person approves it on /finance/approvals\n",
                 STR_ARG(p.id), STR_ARG(p.hash));
    return OK;
}

static result number_option(const struct cli *cli, const char *name, int64_t least, int64_t most,
                            int64_t *out, struct err *e)
{
    const char *text = cli_option(cli, name, 0);

    if (text == NULL)
        return OK;
    if (!str_to_i64(str_c(text), out) || *out < least || *out > most)
        return fail_field(e, ERR_INVALID, name, "not a number from %lld to %lld", (long long)least,
                          (long long)most);
    return OK;
}

struct asked {
    struct order_request rq;
    struct fee_item *items;
    struct str categories[CATEGORIES_MAX];
};

/* Quantity and value go to each of the procedure's fees, unless --fee names one. */
static result items_read(struct cli *cli, const struct app *app, struct asked *q, struct err *e)
{
    const struct fee_case c = { .procedure = q->rq.procedure, .received_on = q->rq.received_on };
    const char *fee = cli_option(cli, "--fee", 0);
    int64_t quantity = 1, base_vnd = 0;
    size_t n = 1;

    TRY(number_option(cli, "--quantity", 1, 100000, &quantity, e));
    TRY(number_option(cli, "--base", 0, MONEY_MAX_VND, &base_vnd, e));
    if (fee != NULL) {
        q->items = arena_new(cli->arena, struct fee_item);
        q->items[0].fee = str_c(fee);
    } else {
        TRY(fee_default_items(app->fees, &c, cli->arena, &q->items, &n, e));
    }
    for (size_t i = 0; i < n; i++) {
        q->items[i].quantity = quantity;
        q->items[i].base_vnd = base_vnd;
    }
    q->rq.items = q->items;
    q->rq.item_count = n;
    return OK;
}

static result case_read(struct cli *cli, const struct app *app, struct asked *q, struct err *e)
{
    const struct str channel = str_c(cli_option(cli, "--channel", 0));
    int64_t level = 0;

    TRY(cli_need_word(cli, 0, "PROCEDURE", &q->rq.procedure, e));
    q->rq.agency_id = str_c(cli_option(cli, "--agency", 0));
    TRY(read_day(cli, cli_option(cli, "--on", 0), &q->rq.received_on, e));
    if (channel.n > 0 && !str_is(channel, "online") && !str_is(channel, "counter"))
        return fail_field(e, ERR_INVALID, "channel", "neither online nor counter");
    q->rq.channel = str_is(channel, "counter") ? FEE_COUNTER : FEE_ONLINE;
    TRY(number_option(cli, "--level", 0, 2, &level, e));
    q->rq.level = (int)level;
    while (q->rq.category_count < CATEGORIES_MAX) {
        const char *one = cli_option(cli, "--category", (int)q->rq.category_count);

        if (one == NULL)
            break;
        q->categories[q->rq.category_count++] = str_c(one);
    }
    q->rq.categories = q->categories;
    return items_read(cli, app, q, e);
}

static void quote_print(struct cli *cli, const struct app *app, const struct quote *q)
{
    for (size_t i = 0; i < q->bill.count; i++) {
        const struct fee_line *l = &q->bill.lines[i];

        (void)printf("%12lld  %.*s (%.*s)\n", (long long)l->net_vnd, STR_ARG(l->name_vi),
                     STR_ARG(l->basis_text));
        for (size_t k = 0; k < l->explain_count; k++)
            (void)printf("%14s%s %.*s: %.*s\n", "", l->explain[k].applied ? "+" : "-",
                         STR_ARG(l->explain[k].rule),
                         STR_ARG(fee_why_text(app->en, &l->explain[k], cli->arena)));
    }
    (void)printf("%12lld  in all\n", (long long)q->total_vnd);
    for (size_t i = 0; i < q->saving_count; i++)
        (void)printf("%12lld  less with level %d: %.*s\n", (long long)q->savings[i].saved_vnd,
                     q->savings[i].level, STR_ARG(q->savings[i].reduction_text));
}

result cmd_fees_quote(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *o = NULL;
    struct asked asked = { .items = NULL };
    struct quote q;

    TRY(open_fees(cli, &stores, &app, e));
    TRY(case_read(cli, app, &asked, e));
    TRY(quote_price(&app->till, &asked.rq, cli->arena, &q, e));
    if (cli_flag(cli, "--json")) {
        o = fee_quote_json(app, &q, cli->arena);
        cli_print_json(cli, o);
        return OK;
    }
    quote_print(cli, app, &q);
    return OK;
}
