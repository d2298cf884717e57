/* motcua exceptions: what did not agree, who has it, and proposals in the name of an officer. */
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "conf/conf.h"
#include "finance/exception_action.h"

static struct json *exception_json(const struct exception *x, int64_t now_ms, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", x->id);
    json_put_str(o, "provider", x->provider);
    json_put_str(o, "account", x->account);
    json_put_str(o, "day", x->day);
    json_put_str(o, "class", str_c(match_name(x->class)));
    json_put_int(o, "priority", x->priority);
    json_put_str(o, "state", str_c(exception_state_name(x->state)));
    json_put_str(o, "stage", str_c(exception_stage_name(x->stage)));
    json_put_str(o, "age", str_c(exception_age_name(exception_age(x->first_seen_ms, now_ms))));
    json_put_str(o, "reference", x->reference);
    json_put_str(o, "transaction", x->portal_txn);
    json_put_str(o, "dossier", x->dossier);
    json_put_str(o, "order", x->order_id);
    json_put_int(o, "line", x->line);
    json_put_int(o, "ours_vnd", x->ours_vnd);
    json_put_int(o, "theirs_vnd", x->theirs_vnd);
    json_put_int(o, "difference_vnd", x->difference_vnd);
    json_put_str(o, "owner", x->owner);
    json_put_str(o, "remark", x->remark);
    json_put_str(o, "break_on", x->break_on);
    json_put_str(o, "action", x->action);
    json_put_str(o, "proposal", x->proposal_id);
    json_put_bool(o, "raised", x->raised_ms > 0);
    json_put_str(o, "first_seen", clock_rfc3339(a, x->first_seen_ms));
    return o;
}

static struct exception_filter filter_of(const struct cli *cli)
{
    return (struct exception_filter){ .tab = -1,
                                      .age = -1,
                                      .closed_too = cli_flag(cli, "--all"),
                                      .class = str_c(cli_option(cli, "--class", 0)),
                                      .stage = str_c(cli_option(cli, "--stage", 0)),
                                      .owner = str_c(cli_option(cli, "--owner", 0)),
                                      .dossier = str_c(cli_option(cli, "--dossier", 0)),
                                      .after = str_c(cli_option(cli, "--after", 0)),
                                      .most = EXCEPTION_LIST_MAX };
}

result cmd_exceptions_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *rows = json_array();
    const struct exception_filter f = filter_of(cli);
    enum exception_stage stage;
    struct exception *list;
    size_t count;

    if (f.stage.n > 0 && !exception_stage_find(f.stage, &stage))
        return fail_field(e, ERR_INVALID, "stage", "no such stage");
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(exception_list(&app->till, &f, cli->arena, &list, &count, NULL, e));
    for (size_t i = 0; i < count; i++) {
        const struct exception *x = &list[i];

        json_add(rows, exception_json(x, clock_now_ms(app->clock), cli->arena));
        if (!cli_flag(cli, "--json"))
            (void)printf("%.*s  %.*s  %s  %s  %lld  %.*s  %.*s\n", STR_ARG(x->id), STR_ARG(x->day),
                         match_name(x->class), exception_stage_name(x->stage),
                         (long long)x->difference_vnd, STR_ARG(x->dossier), STR_ARG(x->owner));
    }
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
    return OK;
}

static struct json *history_json(const struct exception_history *h, struct arena *a)
{
    struct json *o = json_object();

    json_put_int(o, "seq", h->seq);
    json_put_str(o, "at", clock_rfc3339(a, h->at_ms));
    json_put_str(o, "event", h->event);
    json_put_str(o, "from", h->from);
    json_put_str(o, "to", h->to);
    json_put_str(o, "actor", h->actor);
    json_put_str(o, "remark", h->remark);
    json_put_str(o, "proposal", h->proposal_id);
    return o;
}

result cmd_exceptions_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *o = NULL;
    struct json *rows = NULL;
    struct exception_history *list;
    struct exception x;
    struct str id;
    size_t count;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(exception_load(&app->till, id, cli->arena, &x, e));
    TRY(exception_history(&app->till, &x, cli->arena, &list, &count, e));
    o = exception_json(&x, clock_now_ms(app->clock), cli->arena);
    rows = json_array();
    json_put(o, "history", rows);
    for (size_t i = 0; i < count; i++)
        json_add(rows, history_json(&list[i], cli->arena));
    cli_print_json(cli, o);
    return OK;
}

#define CSV_BYTES_MAX ((size_t)1 << 20)

static void close_file(FILE **f)
{
    if (*f != NULL)
        (void)fclose(*f);
}

static result csv_read(struct cli *cli, const char *path, struct str *out, struct err *e)
{
    DEFER(close_file) FILE *f = fopen(path, "rb");
    char *p = arena_alloc(cli->arena, CSV_BYTES_MAX);
    size_t n;

    if (f == NULL)
        return fail(e, ERR_NOT_FOUND, "cannot open %s", path);
    n = fread(p, 1, CSV_BYTES_MAX, f);
    if (ferror(f) || n == CSV_BYTES_MAX)
        return fail(e, ERR_TOO_LARGE, "%s cannot be read or is too large", path);
    *out = str_of(p, n);
    return OK;
}

result cmd_exceptions_propose(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct proposal_actor actor;
    struct exception_fault faults[EXCEPTION_FAULTS_MAX];
    struct str file, csv;
    size_t proposed, count;

    TRY(cli_need_word(cli, 0, "FILE", &file, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(cli_need_actor(cli, app, &actor, e));
    TRY(csv_read(cli, str_cstr(cli->arena, file), &csv, e));
    TRY(exception_propose_csv(&app->office, csv, &actor, &proposed, faults, &count, e));
    for (size_t i = 0; i < count; i++)
        (void)printf("line %lld: %s: %s\n", (long long)faults[i].line, faults[i].field,
                     err_name(faults[i].code));
    if (count > 0)
        return fail_field(e, ERR_INVALID, "file", "%zu mistakes, nothing was proposed", count);
    (void)printf("proposed %zu\n", proposed);
    return OK;
}
