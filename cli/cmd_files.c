/* Files of sources: what was taken, what is missing, and taking one. */
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/cli.h"
#include "conf/file.h"
#include "finance/intake_fetch.h"

#define LIST_MOST 200

static struct json *file_make(struct arena *a, const struct settlement_file *f)
{
    struct json *o = json_object();

    json_put_int(o, "n", f->n);
    json_put_str(o, "source", f->source_id);
    json_put_str(o, "day", date_iso(a, f->day));
    json_put_str(o, "name", f->name);
    json_put_str(o, "form", str_c(settlement_form_name(f->form)));
    json_put_str(o, "state", str_c(settlement_state_name(f->state)));
    json_put_int(o, "revision", f->revision);
    json_put_int(o, "lines", f->lines);
    json_put_int(o, "gross_vnd", f->gross_vnd);
    json_put_str(o, "sha256", f->sha256);
    json_put_str(o, "received", clock_rfc3339(a, f->received_ms));
    json_put_str(o, "faults", f->faults);
    json_put_str(o, "released_by", f->released_by);
    return o;
}

static void file_print(struct cli *cli, const struct settlement_file *f)
{
    DEFER(json_close) struct json *o = file_make(cli->arena, f);

    cli_print(str_cat(cli->arena, json_print(cli->arena, o), STR("\n")));
}

result cmd_files_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const char *state = cli_option(cli, "--state", 0);
    struct intake_query q = { .most = LIST_MOST, .has_state = state != NULL };
    struct settlement_file *list;
    size_t n;

    if (state != NULL && !settlement_state_find(str_c(state), &q.state))
        return fail_field(e, ERR_INVALID, "state", "no such state");
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(intake_list(&app->office, &q, cli->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        file_print(cli, &list[i]);
    return OK;
}

/* Non-zero when one is late, for whoever watches. */
result cmd_files_missing(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct file_missing *list;
    bool late = false;
    size_t n;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(file_missing_list(&app->office, cli->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        late |= list[i].is_late;
        (void)printf("%.*s %.*s %s, deadline %.*s\n", STR_ARG(list[i].source->id),
                     STR_ARG(date_iso(cli->arena, list[i].day)),
                     list[i].is_late ? "missing" : "due",
                     STR_ARG(clock_rfc3339(cli->arena, list[i].deadline_ms)));
    }
    return late ? fail(e, ERR_BUSINESS_RULE, "a file is missing") : OK;
}

static result source_of(const struct cli *cli, const struct app *app, struct intake_file *in,
                        struct err *e)
{
    const char *day = cli_option(cli, "--day", 0);
    struct str id;

    TRY(cli_need_word(cli, 0, "source", &id, e));
    if (day != NULL && (!date_read(str_c(day), &in->day) || !date_is_valid(in->day)))
        return fail_field(e, ERR_INVALID, "day", "not a date yyyy-mm-dd");
    in->source =
        source_find(app->office.sources, id, day != NULL ? in->day : clock_today(&cli->clock));
    return in->source != NULL ? OK : fail_field(e, ERR_INVALID, "source", "no such source");
}

result cmd_files_take(struct cli *cli, struct err *e)
{
    DEFER(arena_close)
    struct arena *big = arena_open((size_t)LIMIT_SETTLEMENT_BYTES + LIMIT_ARENA_REQUEST_BYTES);
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const char *signature = cli_option(cli, "--signature", 0);
    struct intake_file in = { .jws = STR(""), .actor = STR("system") };
    struct intake_result taken;
    struct str path;

    TRY(cli_need_word(cli, 1, "file", &path, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(source_of(cli, app, &in, e));
    TRY(conf_file_load(big, str_cstr(cli->arena, path), (size_t)LIMIT_SETTLEMENT_BYTES, &in.bytes,
                       e));
    if (signature != NULL)
        TRY(conf_file_load(cli->arena, signature, LIMIT_TOKEN_BYTES, &in.jws, e));
    in.name = path;
    TRY(intake_file(&app->office, &in, cli->arena, &taken, e));
    file_print(cli, &taken.file);
    return taken.quarantined ? fail(e, ERR_BUSINESS_RULE, "the file is quarantined") : OK;
}
