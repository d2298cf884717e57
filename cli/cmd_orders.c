/* motcua orders: what an order owes, received and went through; and asking about an attempt. */
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "payments/attempt.h"
#include "payments/order.h"
#include "payments/reversal.h"

struct shown {
    struct order o;
    struct attempt *attempts;
    struct order_history *history;
    size_t attempt_count, history_count;
};

static result shown_load(const struct till *t, struct str word, struct arena *a, struct shown *s,
                         struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct attempt at;

    if (order_load(t, word, STR(""), a, &s->o, &why).failed) {
        if (why.code != ERR_NOT_FOUND)
            return fail(e, why.code, "%s", why.detail);
        TRY(attempt_load(t, word, a, &at, e));
        TRY(order_load(t, at.order_id, STR(""), a, &s->o, e));
    }
    TRY(attempt_list(t, &s->o, a, &s->attempts, &s->attempt_count, e));
    return order_history(t, &s->o, a, &s->history, &s->history_count, e);
}

static struct json *attempts_json(const struct shown *s)
{
    struct json *list = json_array();

    for (size_t i = 0; i < s->attempt_count; i++) {
        const struct attempt *at = &s->attempts[i];
        struct json *o = json_object();

        json_put_int(o, "n", at->n);
        json_put_str(o, "reference", at->reference);
        json_put_str(o, "channel", at->channel);
        json_put_str(o, "state", str_c(attempt_state_name(at->state)));
        json_put_int(o, "amount_vnd", at->amount_vnd);
        json_put_int(o, "captured_vnd", at->captured_vnd);
        json_put_str(o, "transaction", at->portal_txn);
        json_put_str(o, "failure", at->failure);
        json_add(list, o);
    }
    return list;
}

static struct json *history_json(const struct shown *s, struct arena *a)
{
    struct json *list = json_array();

    for (size_t i = 0; i < s->history_count; i++) {
        const struct order_history *h = &s->history[i];
        struct json *o = json_object();

        json_put_int(o, "seq", h->seq);
        json_put_str(o, "at", clock_vn(a, h->at_ms));
        json_put_int(o, "attempt", h->attempt_n);
        json_put_str(o, "event", h->event);
        json_put_str(o, "from", h->from);
        json_put_str(o, "to", h->to);
        json_put_str(o, "source", h->source);
        json_put_str(o, "mismatch", h->mismatch);
        json_add(list, o);
    }
    return list;
}

static void print_json(const struct shown *s, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "id", s->o.id);
    json_put_str(o, "agency_id", s->o.agency_id);
    json_put_str(o, "reference", s->o.reference);
    json_put_str(o, "procedure", s->o.procedure);
    json_put_str(o, "state", str_c(order_state_name(s->o.state)));
    json_put_int(o, "total_vnd", s->o.bill.total_vnd);
    json_put_int(o, "due_vnd", order_due_vnd(&s->o));
    json_put_int(o, "captured_vnd", s->o.captured_vnd);
    json_put_int(o, "held_vnd", order_held_vnd(&s->o));
    json_put_int(o, "reserved_vnd", s->o.reserved_vnd);
    json_put_int(o, "refunded_vnd", s->o.refunded_vnd);
    json_put_int(o, "carried_vnd", s->o.carried_vnd);
    json_put_str(o, "superseded_by", s->o.superseded_by);
    json_put(o, "attempts", attempts_json(s));
    json_put(o, "history", history_json(s, a));
    cli_print(str_cat(a, json_print(a, o), STR("\n")));
}

static void print_text(const struct shown *s, struct arena *a)
{
    (void)printf("%.*s  %.*s  %.*s  %s\n", STR_ARG(s->o.id), STR_ARG(s->o.agency_id),
                 STR_ARG(s->o.reference), order_state_name(s->o.state));
    (void)printf("total %lld  due %lld  captured %lld  held %lld  reserved %lld  refunded %lld\n",
                 (long long)s->o.bill.total_vnd, (long long)order_due_vnd(&s->o),
                 (long long)s->o.captured_vnd, (long long)order_held_vnd(&s->o),
                 (long long)s->o.reserved_vnd, (long long)s->o.refunded_vnd);
    if (s->o.superseded_by.n > 0)
        (void)printf("superseded by %.*s\n", STR_ARG(s->o.superseded_by));
    for (size_t i = 0; i < s->attempt_count; i++)
        (void)printf("attempt %lld  %.*s  %.*s  %s  %lld of %lld  %.*s\n",
                     (long long)s->attempts[i].n, STR_ARG(s->attempts[i].reference),
                     STR_ARG(s->attempts[i].channel), attempt_state_name(s->attempts[i].state),
                     (long long)s->attempts[i].captured_vnd, (long long)s->attempts[i].amount_vnd,
                     STR_ARG(s->attempts[i].failure));
    for (size_t i = 0; i < s->history_count; i++) {
        const struct order_history *h = &s->history[i];
        const struct str at = clock_vn(a, h->at_ms);

        (void)printf("%4lld  %.*s  %lld  %.*s: %.*s -> %.*s  %.*s  %.*s\n", (long long)h->seq,
                     STR_ARG(at), (long long)h->attempt_n, STR_ARG(h->event), STR_ARG(h->from),
                     STR_ARG(h->to), STR_ARG(h->source), STR_ARG(h->mismatch));
    }
}

static result show(struct cli *cli, const struct app *app, struct str word, struct err *e)
{
    struct shown s;

    TRY(shown_load(&app->till, word, cli->arena, &s, e));
    if (cli_flag(cli, "--json"))
        print_json(&s, cli->arena);
    else
        print_text(&s, cli->arena);
    return OK;
}

result cmd_orders_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct str word;

    TRY(cli_need_word(cli, 0, "ID", &word, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return show(cli, app, word, e);
}

result cmd_orders_query(struct cli *cli, struct err *e)
{
    const struct order_cause cause = { .actor = STR("system"), .source = STR("cli") };
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct str reference;

    TRY(cli_need_word(cli, 0, "REFERENCE", &reference, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(attempt_ask(&app->till, reference, &cause, e));
    return show(cli, app, reference, e);
}

result cmd_orders_reverse(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct str reason = str_trim(str_c(cli_option(cli, "--reason", 0)));
    struct proposal_actor actor;
    struct proposal p;
    struct str reference;

    TRY(cli_need_word(cli, 0, "REFERENCE", &reference, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(cli_need_actor(cli, app, &actor, e));
    TRY(reversal_propose(&app->till, reference, reason, &actor, cli->arena, &p, e));
    if (cli_flag(cli, "--json")) {
        DEFER(json_close) struct json *o = json_object();

        json_put_str(o, "proposal", p.id);
        json_put_str(o, "hash", p.hash);
        json_put_int(o, "amount_vnd", p.amount_vnd);
        cli_print(str_cat(cli->arena, json_print(cli->arena, o), STR("\n")));
        return OK;
    }
    (void)printf("proposal %.*s, hash %.*s: another person approves it on /finance/approvals\n",
                 STR_ARG(p.id), STR_ARG(p.hash));
    return OK;
}
