/* motcua runs: days of sources, what was closed, and whether it still says the same. */
#include <stdio.h>

#include "auth/staff.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "finance/manifest.h"
#include "finance/run.h"
#include "finance/source.h"

static result day_read(const char *text, const char *field, struct date *out, struct err *e)
{
    return text != NULL && date_read(str_c(text), out) && date_is_valid(*out)
               ? OK
               : fail_field(e, ERR_INVALID, field, "not a date yyyy-mm-dd");
}

/* --from and --to; without them the last 31 days. */
static result span_read(const struct cli *cli, struct date *from, struct date *to, struct err *e)
{
    const char *since = cli_option(cli, "--from", 0), *until = cli_option(cli, "--to", 0);

    *to = clock_today(&cli->clock);
    if (until != NULL)
        TRY(day_read(until, "--to", to, e));
    *from = date_add_days(*to, -31);
    return since != NULL ? day_read(since, "--from", from, e) : OK;
}

static result key_read(const struct cli *cli, const struct app *app, struct run_key *k,
                       struct err *e)
{
    const struct source *s;
    struct str id, day;

    TRY(cli_need_word(cli, 0, "source", &id, e));
    TRY(cli_need_word(cli, 1, "date", &day, e));
    TRY(day_read(str_cstr(cli->arena, day), "date", &k->day, e));
    s = source_find(app->office.sources, id, k->day);
    if (s == NULL)
        return fail_field(e, ERR_NOT_FOUND, "source", "no such source");
    k->provider = s->provider;
    k->account = s->account;
    return OK;
}

result cmd_runs_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct run_square *list;
    struct date from, to;
    size_t count;

    TRY(span_read(cli, &from, &to, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(run_squares(&app->office, from, to, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++)
        (void)printf("%.*s %-8.*s %lld %-18s %-24s %lld of %lld matched, %lld open\n",
                     STR_ARG(date_iso(cli->arena, list[i].key.day)), STR_ARG(list[i].key.provider),
                     (long long)list[i].revision, run_state_name(list[i].state),
                     reconcile_verdict_name(list[i].verdict), (long long)list[i].matched_count,
                     (long long)list[i].file_count, (long long)list[i].open_count);
    return OK;
}

static void bridge_print(const struct bridge *b, struct arena *a)
{
    const struct {
        const char *name;
        int64_t vnd;
    } rows[] = {
        { "opening", b->opening_vnd },
        { "captured", b->captured_vnd },
        { "refunds", -b->refunds_vnd },
        { "payouts", -b->payouts_vnd },
        { "fees", -b->fees_vnd },
        { "other", b->other_vnd },
        { "closing, ours", b->closing_vnd },
        { "closing, theirs", b->theirs_closing_vnd },
        { "difference", b->difference_vnd },
    };

    for (size_t i = 0; i < LEN(rows); i++)
        (void)printf("%-28s %18lld\n", rows[i].name, (long long)rows[i].vnd);
    for (size_t i = 0; i < b->count; i++) {
        const struct bridge_line *l = &b->lines[i];
        const struct str name =
            str_fmt(a, "%s %.*s %.*s", bridge_item_name(l->item), STR_ARG(l->class),
                    STR_ARG(l->day.y > 0 ? date_iso(a, l->day) : STR("")));

        (void)printf("  %-26.*s %18lld\n", STR_ARG(name), (long long)l->vnd);
    }
    (void)printf("%-28s %18lld\n", "residual", (long long)b->residual_vnd);
}

result cmd_runs_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct run_view v;
    struct run_key k;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(key_read(cli, app, &k, e));
    TRY(run_load(&app->office, &k, cli->arena, &v, e));
    (void)printf("state      %s, revision %lld\n", run_state_name(v.run.state),
                 (long long)v.run.revision);
    (void)printf("verdict    %s %.*s\n", reconcile_verdict_name(v.outcome.verdict),
                 STR_ARG(v.outcome.reason));
    (void)printf("outcome    %.*s\n", STR_ARG(v.run.manifest_hash));
    (void)printf("barred by  %s\n", run_bar_name(v.bar));
    bridge_print(&v.outcome.bridge, cli->arena);
    return OK;
}

typedef result ask_work(const struct office *f, const struct run_ask *ask,
                        const struct proposal_actor *by, struct arena *a, struct proposal *out,
                        struct err *e);

static result ask(struct cli *cli, ask_work *work, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct run_ask what = { 0 };
    struct proposal_actor by;
    struct proposal p;
    struct str hash;

    TRY(cli_need_word(cli, 2, "hash", &hash, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(key_read(cli, app, &what.key, e));
    TRY(cli_need_actor(cli, app, &by, e));
    what.manifest_hash = hash;
    what.remark =
        str_c(cli_option(cli, "--remark", 0) != NULL ? cli_option(cli, "--remark", 0) : "");
    TRY(work(&app->office, &what, &by, cli->arena, &p, e));
    (void)printf("%.*s: another person decides\n", STR_ARG(p.id));
    return OK;
}

result cmd_runs_submit(struct cli *cli, struct err *e)
{
    return ask(cli, run_submit, e);
}

result cmd_runs_reopen(struct cli *cli, struct err *e)
{
    return ask(cli, run_reopen, e);
}

result cmd_runs_match(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct proposal_actor by; /* a run may take back what waits for approval */
    struct reconcile_day day;
    struct run_key k;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(key_read(cli, app, &k, e));
    TRY(cli_need_actor(cli, app, &by, e));
    const struct settlement_key key = { k.provider, k.account, k.day };

    TRY(reconcile_key_run(&app->till, &key, cli->arena, &day, e));
    (void)printf("%s, %lld open\n", reconcile_verdict_name(day.verdict), (long long)day.open_count);
    return OK;
}

/* Without a day: the chain of all that was closed. With one: its inputs are matched again. */
result cmd_runs_verify(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct manifest_report report;
    struct manifest_check check;
    struct date from = { 2000, 1, 1 }, to = { 9999, 12, 31 };
    struct run_key k;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(manifest_verify(&app->office, from, to, cli->arena, &report, e));
    (void)printf("%lld manifests are whole\n", (long long)report.checked);
    if (cli_word(cli, 0) == NULL)
        return OK;
    TRY(key_read(cli, app, &k, e));
    TRY(manifest_check(&app->office, &k, cli->arena, &check, e));
    if (!check.is_same)
        return fail(e, ERR_BROKEN_CHAIN, "run again, the day is not what was closed");
    (void)printf("run again, every byte is the same\n");
    return OK;
}
