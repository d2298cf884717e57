/*
 * motcua reconcile: takes or fetches a day's settlement file and says how the day stands; or, on a
 * bare machine, files against files (reconcile_files.h).
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/reconcile_files.h"
#include "finance/intake_fetch.h"
#include "finance/reconcile.h"

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* Mapped, not read: a month's file is larger than an arena. */
static result map_file(const char *path, struct str *bytes, struct err *e)
{
    DEFER(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *p;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return fail_field(e, ERR_INVALID, "FILE", "%s cannot be read or is empty", path);
    if (st.st_size > LIMIT_SETTLEMENT_BYTES)
        return fail_field(e, ERR_TOO_LARGE, "FILE", "%lld bytes", (long long)st.st_size);
    p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return fail_field(e, ERR_IO, "FILE", "%s cannot be mapped", path);
    *bytes = str_of(p, (size_t)st.st_size);
    return OK;
}

static void unmap_file(struct str *bytes)
{
    if (bytes->n > 0)
        (void)munmap((void *)(uintptr_t)bytes->p, bytes->n);
}

static void print_day(const struct reconcile_day *d)
{
    (void)printf("captured   %18lld dong  %lld payments\n", (long long)d->captured_vnd,
                 (long long)d->captured_count);
    (void)printf("in file    %18lld dong  %lld lines\n", (long long)d->file_vnd,
                 (long long)d->file_count);
    (void)printf("matched    %18lld dong  %lld\n", (long long)d->matched_vnd,
                 (long long)d->matched_count);
    (void)printf("exceptions %18lld dong  %lld\n", (long long)d->difference_vnd,
                 (long long)d->open_count);
    (void)printf("residual   %18lld dong\n", (long long)d->residual_vnd);
    for (size_t i = 0; i < d->exception_count; i++) {
        const struct exception *x = &d->exceptions[i];

        (void)printf("  %-10s line %lld  %.*s  ours %lld  theirs %lld\n", match_name(x->class),
                     (long long)x->line, STR_ARG(x->reference), (long long)x->ours_vnd,
                     (long long)x->theirs_vnd);
    }
    (void)printf("verdict    %s %.*s\n", reconcile_verdict_name(d->verdict), STR_ARG(d->reason));
}

static result take(struct cli *cli, const struct app *app, struct date day,
                   struct intake_result *out, struct err *e)
{
    const char *path = cli_word(cli, 1);
    const struct source *portal = source_find(app->office.sources, STR(SOURCE_PORTAL), day);
    const struct intake_ask ask = { portal, day, STR("system") };
    struct intake_file in = {
        .source = portal, .day = day, .jws = STR(""), .actor = STR("system")
    };
    DEFER(unmap_file) struct str bytes = { 0 };

    if (portal == NULL)
        return fail(e, ERR_NOT_FOUND, "no source " SOURCE_PORTAL " on that day");
    if (path == NULL)
        return intake_fetch(&app->office, &ask, cli->arena, out, e);
    TRY(map_file(path, &bytes, e));
    in.name = str_c(path);
    in.bytes = bytes;
    return intake_file(&app->office, &in, cli->arena, out, e);
}

result cmd_reconcile(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct intake_result taken;
    struct str text;
    struct date day;

    if (cli_option(cli, "--ours", 0) != NULL)
        return reconcile_files(cli, e);
    TRY(cli_need_word(cli, 0, "date", &text, e));
    if (!date_read(text, &day) && cli_word(cli, 1) != NULL)
        return reconcile_files(cli, e);
    if (!date_read(text, &day) || !date_is_valid(day))
        return fail_field(e, ERR_INVALID, "date", "not a date yyyy-mm-dd");
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(take(cli, app, day, &taken, e));
    if (taken.quarantined) {
        (void)printf("%.*s\n", STR_ARG(taken.file.faults));
        return fail(e, ERR_BUSINESS_RULE, "the file is quarantined");
    }
    print_day(taken.day);
    if (taken.day->open_count > 0 || taken.day->verdict != RECONCILE_RECONCILED)
        return fail(e, ERR_BUSINESS_RULE, "the day is not reconciled");
    return OK;
}
