/* Reports of supervision on the command line, and dossiers that the one-stop system tells of. */
#include <stdio.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/cli.h"
#include "conf/file.h"
#include "finance/report_dossier.h"
#include "finance/report_file.h"
#include "finance/report_kept.h"

#define DAYS_FIRST     30
#define FILE_BYTES_MAX ((size_t)64 << 20)

static result option_day(const struct cli *cli, const char *name, struct date otherwise,
                         struct date *out, struct err *e)
{
    const char *text = cli_option(cli, name, 0);

    *out = otherwise;
    if (text != NULL && !date_read(str_c(text), out))
        return fail_field(e, ERR_INVALID, name, "not a date yyyy-mm-dd");
    return OK;
}

static result by_read(const struct cli *cli, struct report_query *q, struct err *e)
{
    const char *by = cli_option(cli, "--by", 0);

    for (enum report_by i = REPORT_BY_DAY; i <= REPORT_BY_KIND; i++)
        if (report_has_by(q->name, i)) {
            q->by = i;
            break;
        }
    if (by != NULL && !report_by_find(str_c(by), &q->by))
        return fail_field(e, ERR_INVALID, "--by", "day, agency, channel, procedure or kind");
    return OK;
}

static result query_read(struct cli *cli, struct report_query *q, struct err *e)
{
    const char *language = cli_option(cli, "--language", 0);
    const struct date today = clock_today(&cli->clock);

    *q = (struct report_query){ .agency = str_c(cli_option(cli, "--agency", 0)),
                                .procedure = str_c(cli_option(cli, "--procedure", 0)),
                                .language = str_c(language != NULL ? language : "vi") };
    TRY(cli_need_word(cli, 0, "NAME", &q->name, e));
    TRY(option_day(cli, "--to", today, &q->to, e));
    TRY(option_day(cli, "--from", date_add_days(q->to, 1 - DAYS_FIRST), &q->from, e));
    return by_read(cli, q, e);
}

result cmd_reports_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const char *form_name = cli_option(cli, "--form", 0);
    enum report_form form = REPORT_CSV;
    struct report_query q;
    struct report_table table;
    struct str bytes;

    TRY(query_read(cli, &q, e));
    if (form_name != NULL && !report_form_find(str_c(form_name), &form))
        return fail_field(e, ERR_INVALID, "--form", "json, csv, xlsx, pdf, svg or png");
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(report_make(&app->office, &q, cli->arena, &table, e));
    const struct report_print print = { .table = &table,
                                        .query = &q,
                                        .texts = str_is(q.language, "en") ? app->en : app->vi,
                                        .made_ms = clock_now_ms(&cli->clock) };

    TRY(report_file(&print, form, cli->arena, &bytes, e));
    cli_print(bytes);
    return OK;
}

static void kept_print(struct cli *cli, const struct report_kept *k)
{
    (void)printf("%-5s %.*s  revision %lld  %.*s  %.*s  %.*s\n", report_kept_kind_name(k->kind),
                 STR_ARG(date_iso(cli->arena, k->from)), (long long)k->revision,
                 STR_ARG(clock_rfc3339(cli->arena, k->made_ms)), STR_ARG(k->made_by),
                 STR_ARG(k->sha256));
}

result cmd_reports_make(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const char *by = cli_option(cli, "--by", 0);
    enum report_kept_kind kind;
    struct report_kept kept;
    struct str word, text;
    struct date day;

    TRY(cli_need_word(cli, 0, "day|month", &word, e));
    TRY(cli_need_word(cli, 1, "yyyy-mm-dd", &text, e));
    if (!report_kept_kind_find(word, &kind) || !date_read(text, &day))
        return fail(e, ERR_INVALID, "day or month, and a day of it");
    if (by == NULL)
        return fail_field(e, ERR_INVALID, "by", "whose name it is made in");
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(cli_need_officer(cli, app, str_c(by), e));
    TRY(report_kept_make(&app->office, kind, day, str_cat(cli->arena, STR("staff:"), str_c(by)),
                         cli->arena, &kept, e));
    kept_print(cli, &kept);
    return OK;
}

result cmd_reports_kept(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct report_kept *list;
    struct date from, to;
    size_t n;

    TRY(option_day(cli, "--to", clock_today(&cli->clock), &to, e));
    TRY(option_day(cli, "--from", date_add_days(to, -REPORT_DAYS_MAX), &from, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(report_kept_list(&app->till, from, to, cli->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        kept_print(cli, &list[i]);
    return OK;
}

result cmd_reports_import(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct dossier *list;
    struct str path, file;
    size_t n;

    TRY(cli_need_word(cli, 0, "FILE", &path, e));
    TRY(conf_file_load(cli->arena, str_cstr(cli->arena, path), FILE_BYTES_MAX, &file, e));
    TRY(dossiers_read(file, str_c(cli_option(cli, "--agency", 0)), cli->arena, &list, &n, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(dossiers_keep(&app->till, list, n, e));
    (void)printf("%zu dossiers\n", n);
    return OK;
}
