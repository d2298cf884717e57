/* The command: from its words to the files of a month. */
#include "sandbox/month.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/sandbox.h"

#define MONTH_ARENA_BYTES (4096L * 1024 * 1024)
#define PATH_BYTES        1024
#define DAY_MS            86400000LL

struct words {
    const char *seed, *month, *out, *scale, *ours;
};

static const char usage[] =
    "usage: motcua-sandbox month --seed N --month 2026-10 --out DIR [--scale K] [--ours FILE]\n"
    "Writes a month of settlement files with every mismatch planted, and the truth about them.\n";

/* splitmix64 */
static uint64_t next(struct month *m)
{
    uint64_t z = m->rng += 0x9E3779B97F4A7C15U;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

int64_t month_below(struct month *m, int64_t n)
{
    return (int64_t)(next(m) % (uint64_t)n);
}

const char *month_form_name(enum month_form f)
{
    static const char *const names[] = { "mc1", "fw1", "bj1", "xlsx", "csv" };
    return names[f];
}

struct date month_date(const struct month *m, size_t day)
{
    return m->day[day].date;
}

int month_day_of(const struct month *m, int64_t at_ms)
{
    const int64_t start_ms = clock_day_start_ms(m->day[0].date);

    if (at_ms < start_ms)
        return -1;
    return at_ms >= start_ms + (int64_t)m->days * DAY_MS ? (int)m->days
                                                         : (int)((at_ms - start_ms) / DAY_MS);
}

struct settle_line *month_line(struct month *m, size_t day, const struct settle_line *l)
{
    struct settle_day *d = &m->day[day];

    if (d->n == m->room[day]) {
        const size_t room = m->room[day] == 0 ? 64 : m->room[day] * 2;
        struct settle_line *more = arena_array(m->a, struct settle_line, room);
        if (d->n > 0)
            memcpy(more, d->lines, d->n * sizeof(*more));
        d->lines = more;
        m->room[day] = room;
    }
    d->lines[d->n] = *l;
    return &d->lines[d->n++];
}

struct settle_line month_line_of(struct month *m, const struct month_pay *p)
{
    return (struct settle_line){
        .type = p->refund ? SETTLE_REFUND : SETTLE_PAY,
        .txn = p->txn,
        .reference = p->reference,
        .original = p->original,
        .dossier = p->dossier,
        .procedure = p->procedure,
        .body = p->body,
        .account = p->account,
        .bank = p->bank,
        .gross_vnd = p->amount_vnd,
        .currency = "VND",
        .status = "SUCCESS",
        .code = "00",
        .at_ms = p->at_ms,
        .treasury_ref = str_cat(m->a, STR("KB"), p->txn),
        .treasury_status = "SENT_SUCCESS",
    };
}

static result folders_make(struct month *m, struct str name, struct err *e)
{
    char path[PATH_BYTES];

    for (size_t i = 0; i <= name.n; i++) {
        if (i > 0 && i < name.n && name.p[i] != '/')
            continue;
        if (i == name.n)
            return OK;
        snprintf(path, sizeof(path), "%s/%.*s", m->out, (int)i, name.p);
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return fail(e, ERR_IO, "%s: %s", path, strerror(errno));
    }
    return OK;
}

result month_put(struct month *m, struct str name, struct str bytes, struct err *e)
{
    char path[PATH_BYTES];
    FILE *f;
    bool good;

    TRY(folders_make(m, name, e));
    snprintf(path, sizeof(path), "%s/%.*s", m->out, STR_ARG(name));
    f = fopen(path, "wb");
    if (f == NULL)
        return fail(e, ERR_IO, "%s: %s", path, strerror(errno));
    good = fwrite(bytes.p, 1, bytes.n, f) == bytes.n;
    good = fclose(f) == 0 && good;
    return good ? OK : fail(e, ERR_IO, "%s: not written", path);
}

static bool words_read(int argc, char **argv, struct words *w)
{
    struct {
        const char *name;
        const char **value;
    } const known[] = { { "--seed", &w->seed },
                        { "--month", &w->month },
                        { "--out", &w->out },
                        { "--scale", &w->scale },
                        { "--ours", &w->ours } };

    for (int i = 0; i < argc; i += 2) {
        bool found = false;
        for (size_t k = 0; k < LEN(known) && i + 1 < argc; k++) {
            if (strcmp(argv[i], known[k].name) != 0)
                continue;
            *known[k].value = argv[i + 1];
            found = true;
        }
        if (!found)
            return false;
    }
    return w->month != NULL && w->out != NULL;
}

static bool calendar_make(struct month *m, const char *text)
{
    struct str year, number;
    int64_t y = 0, n = 0;

    if (!str_cut(str_c(text), '-', &year, &number) || !str_to_i64(year, &y) ||
        !str_to_i64(number, &n) || y < 2026 || y > 9000 || n < 1 || n > 12)
        return false;
    m->year = (int)y;
    m->number = (int)n;
    for (struct date d = { m->year, m->number, 1 };; d = date_add_days(d, 1)) {
        m->day[m->days++].date = d;
        if (d.m != m->number)
            return true;
    }
}

static bool plan_read(struct month *m, const struct words *w)
{
    int64_t seed = 1;

    m->scale = 1;
    m->out = w->out;
    if (!calendar_make(m, w->month) || (w->seed && !str_to_i64(str_c(w->seed), &seed)) ||
        (w->scale && !str_to_i64(str_c(w->scale), &m->scale)))
        return false;
    m->seed = m->rng = (uint64_t)seed;
    return seed >= 0 && m->scale >= 1 && m->scale <= 10000;
}

static result month_make(struct month *m, const char *ours, struct err *e)
{
    if (ours != NULL)
        TRY(month_load(m, ours, e));
    else
        month_invent(m);
    month_plant(m, ours == NULL);
    TRY(month_ours_write(m, e));
    TRY(month_files_write(m, e));
    TRY(month_bank_write(m, e));
    return month_truth_write(m, e);
}

static result run(struct month *m, const char *ours, struct err *e)
{
    struct buf mistakes = buf_make(m->a, LIMIT_PAGE_BYTES);

    if (mkdir(m->out, 0755) != 0 && errno != EEXIST)
        return fail(e, ERR_IO, "%s: %s", m->out, strerror(errno));
    TRY(conf_load(m->a, NULL, &m->sb->conf, &mistakes, e));
    return month_make(m, ours, e);
}

int month_main(int argc, char **argv)
{
    struct sandbox sb = { 0 };
    struct month m = { .sb = &sb };
    struct words w = { 0 };
    struct err e = { 0 };
    bool failed;

    if (!words_read(argc, argv, &w) || !plan_read(&m, &w)) {
        fputs(usage, stderr);
        return 2;
    }
    m.a = arena_open(MONTH_ARENA_BYTES);
    failed = run(&m, w.ours, &e).failed;
    if (failed)
        fprintf(stderr, "motcua-sandbox month: %s\n", e.detail);
    else
        printf("%s: %zu days, %zu of ours, %zu planted\n", m.out, m.days, m.ours_count,
               m.found_count);
    arena_close(&m.a);
    return failed ? 1 : 0;
}
