#include "sandbox/dossiers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox/journal.h"

#define DOSSIERS_ARENA_BYTES (64L * 1024 * 1024)
#define DOSSIERS_MAX         50000

const struct procedure procedures[] = {
#define PROCEDURE(code, text, items) { code, text, items },
#include "sandbox/procedure.def"
#undef PROCEDURE
};
const size_t procedure_count = LEN(procedures);

struct dossiers {
    pthread_mutex_t lock;
    struct arena *arena;
    const struct clock *clock;
    struct journal *journal;
    struct dossier *rows;
    size_t n;
};

const struct procedure *procedure_find(struct str code)
{
    for (size_t i = 0; i < procedure_count; i++)
        if (str_is(code, procedures[i].code))
            return &procedures[i];
    return NULL;
}

static struct dossier *row_find(struct dossiers *d, struct str code)
{
    for (size_t i = 0; i < d->n; i++)
        if (str_eq(d->rows[i].code, code))
            return &d->rows[i];
    return NULL;
}

static result opened_replay(struct dossiers *d, const struct json *line, struct str code,
                            int64_t at_ms, struct err *e)
{
    struct str sub, procedure;
    if (d->n == DOSSIERS_MAX)
        return fail(e, ERR_BUSY, "more than %d dossiers", DOSSIERS_MAX);
    TRY(json_need_str(line, "sub", 255, &sub, e));
    TRY(json_need_str(line, "procedure", 64, &procedure, e));
    d->rows[d->n++] = (struct dossier){ .code = str_dup(d->arena, code),
                                        .sub = str_dup(d->arena, sub),
                                        .procedure = str_dup(d->arena, procedure),
                                        .payment = STR(""),
                                        .opened_ms = at_ms };
    return OK;
}

static result line_replay(void *self, const struct json *line, struct err *e)
{
    struct dossiers *d = self;
    struct str code, payment = STR("");
    int64_t at_ms = 0;

    TRY(json_need_str(line, "code", 64, &code, e));
    TRY(json_need_int(line, "at_ms", 0, INT64_MAX, &at_ms, e));
    TRY(json_want_str(line, "payment", 64, &payment, e));
    if (!payment.n)
        return opened_replay(d, line, code, at_ms, e);
    struct dossier *row = row_find(d, code);
    if (!row)
        return fail(e, ERR_CONFIG, "dossiers.jsonl: a payment before its dossier");
    row->payment = str_dup(d->arena, payment);
    row->payments++;
    return OK;
}

/* Lock held. */
static result line_apply(struct dossiers *d, struct json *line, struct err *e)
{
    DEFER(json_close) struct json *own = json_copy(line);
    TRY(journal_add(d->journal, line, e));
    return line_replay(d, own, e);
}

result dossiers_open(const char *path, const struct clock *clock, struct dossiers **out,
                     struct err *e)
{
    struct dossiers *d = calloc(1, sizeof(*d));
    must(d != NULL);
    must(pthread_mutex_init(&d->lock, NULL) == 0);
    d->arena = arena_open(DOSSIERS_ARENA_BYTES);
    d->rows = arena_array(d->arena, struct dossier, DOSSIERS_MAX);
    d->clock = clock;
    if (journal_open(path, d, line_replay, &d->journal, e).failed) {
        dossiers_close(&d);
        return (result){ true };
    }
    *out = d;
    return OK;
}

void dossiers_close(struct dossiers **d)
{
    if (!*d)
        return;
    journal_close(&(*d)->journal);
    arena_close(&(*d)->arena);
    pthread_mutex_destroy(&(*d)->lock);
    free(*d);
    *d = NULL;
}

static struct str code_make(struct dossiers *d, int64_t now_ms)
{
    struct date day = clock_local(now_ms).date;
    int64_t start_ms = clock_day_start_ms(day);
    int number = 1;
    for (size_t i = 0; i < d->n; i++)
        number += d->rows[i].opened_ms >= start_ms;
    return str_fmt(d->arena, DOSSIER_AGENCY "-%02d%02d%02d-%04d", day.y % 100, day.m, day.d,
                   number);
}

result dossier_add(struct dossiers *d, struct str sub, const struct procedure *p,
                   struct dossier *out, struct err *e)
{
    int64_t now_ms = clock_now_ms(d->clock);
    pthread_mutex_lock(&d->lock);
    struct json *line = json_object();
    json_put_str(line, "code", code_make(d, now_ms));
    json_put_int(line, "at_ms", now_ms);
    json_put_str(line, "sub", sub);
    json_put_str(line, "procedure", str_c(p->code));
    result r = line_apply(d, line, e);
    if (!r.failed)
        *out = d->rows[d->n - 1];
    pthread_mutex_unlock(&d->lock);
    return r;
}

bool dossier_find(struct dossiers *d, struct str sub, struct str code, struct dossier *out)
{
    pthread_mutex_lock(&d->lock);
    struct dossier *row = row_find(d, code);
    bool own = row && str_eq(row->sub, sub);
    if (own)
        *out = *row;
    pthread_mutex_unlock(&d->lock);
    return own;
}

size_t dossier_list(struct dossiers *d, struct arena *a, struct str sub, struct dossier **out)
{
    size_t n = 0;
    pthread_mutex_lock(&d->lock);
    *out = arena_array(a, struct dossier, d->n + 1);
    for (size_t i = 0; i < d->n; i++)
        if (str_eq(d->rows[i].sub, sub))
            (*out)[n++] = d->rows[i];
    pthread_mutex_unlock(&d->lock);
    return n;
}

result dossier_pay(struct dossiers *d, struct str code, struct str payment, struct err *e)
{
    struct json *line = json_object();
    json_put_str(line, "code", code);
    json_put_int(line, "at_ms", clock_now_ms(d->clock));
    json_put_str(line, "payment", payment);
    pthread_mutex_lock(&d->lock);
    result r = line_apply(d, line, e);
    pthread_mutex_unlock(&d->lock);
    return r;
}
