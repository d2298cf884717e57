/* Reading exceptions: lists with filters, what closing a day asks, ages, history. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/exception.h"
#include "finance/exception_row.h"
#include "store/sql.h"

#define HISTORY_MAX 1000
#define DAY_MS      ((int64_t)86400 * 1000)

static const char *const tab_names[EXCEPTION_TAB_COUNT] = { "mismatch", "unidentified", "refund",
                                                            "doubt" };
static const char *const age_names[EXCEPTION_AGE_COUNT] = { "0-1", "2-7", "8-30", "over-30" };
/* From so many days on it is in the next bucket. */
static const int64_t age_days[EXCEPTION_AGE_COUNT - 1] = { 2, 8, 31 };

const char *exception_tab_name(enum exception_tab t)
{
    return tab_names[t];
}

const char *exception_age_name(enum exception_age g)
{
    return age_names[g];
}

enum exception_age exception_age(int64_t first_seen_ms, int64_t now_ms)
{
    int g = 0;

    while (g < EXCEPTION_AGE_OLD && first_seen_ms <= now_ms - age_days[g] * DAY_MS)
        g++;
    return (enum exception_age)g;
}

enum exception_tab exception_tab_of(enum match_class c)
{
    static const struct {
        const char *class;
        enum exception_tab tab;
    } others[] = {
        { "MIS_OURS", EXCEPTION_TAB_UNIDENTIFIED },
        { "UNKEY", EXCEPTION_TAB_UNIDENTIFIED },
        { "AMB", EXCEPTION_TAB_UNIDENTIFIED },
        { "AMT_MORE", EXCEPTION_TAB_REFUND },
        { "DUP_PAY", EXCEPTION_TAB_REFUND },
        { "LATE", EXCEPTION_TAB_REFUND },
        { "REF_UNM", EXCEPTION_TAB_REFUND },
        { "REF_AMT", EXCEPTION_TAB_REFUND },
        { "MIS_THEIRS", EXCEPTION_TAB_DOUBT },
        { "STA", EXCEPTION_TAB_DOUBT },
        { "REV", EXCEPTION_TAB_DOUBT },
        { "DUP_FILE", EXCEPTION_TAB_DOUBT },
        { "SIGN", EXCEPTION_TAB_DOUBT },
        { "CUR", EXCEPTION_TAB_DOUBT },
    };

    for (size_t i = 0; i < LEN(others); i++)
        if (strcmp(others[i].class, match_name(c)) == 0)
            return others[i].tab;
    return EXCEPTION_TAB_MISMATCH;
}

struct listing {
    const struct till *t;
    const struct exception_filter *f;
    struct arena *a;
    struct exception *list;
    size_t count, most;
    struct exception_sum *total;
};

#define STAGE_PARAMS EXCEPTION_STAGE_COUNT
#define WHERE_PARAMS (STAGE_PARAMS + 13)

/* ",MIS_OURS,UNKEY,": classes of the tab, or the one that is asked for. */
static struct str classes_make(const struct exception_filter *f, struct arena *a)
{
    struct str all = STR(",");

    if (f->class.n > 0)
        return str_fmt(a, ",%.*s,", STR_ARG(f->class));
    if (f->tab < 0)
        return STR("");
    for (int c = 0; c < MATCH_COUNT; c++)
        if ((int)exception_tab_of((enum match_class)c) == f->tab)
            all = str_fmt(a, "%.*s%s,", STR_ARG(all), match_name((enum match_class)c));
    return all;
}

static void stages_put(const struct exception_filter *f, struct sql_param *p)
{
    for (int s = 0; s < STAGE_PARAMS; s++) {
        const char *name = exception_stage_name((enum exception_stage)s);
        const bool in = f->stage.n > 0
                            ? str_is(f->stage, name)
                            : f->closed_too || exception_is_open((enum exception_stage)s);

        p[s] = sql_t(str_c(in ? name : "-"));
    }
}

static void where_put(const struct listing *l, struct sql_param *p)
{
    const struct exception_filter *f = l->f;
    const int64_t now_ms = clock_now_ms(l->t->clock);
    const bool aged = f->age >= 0;
    size_t n = STAGE_PARAMS;

    stages_put(f, p);
    p[n++] = sql_t(classes_make(f, l->a));
    p[n++] = sql_t(f->dossier);
    p[n++] = sql_t(f->txn);
    p[n++] = sql_t(f->procedure);
    p[n++] = sql_t(f->owner);
    p[n++] = sql_t(f->day_from);
    p[n++] = sql_t(f->day_to);
    p[n++] =
        sql_i(aged && f->age < EXCEPTION_AGE_OLD ? now_ms - age_days[f->age] * DAY_MS : INT64_MIN);
    p[n++] = sql_i(aged && f->age > 0 ? now_ms - age_days[f->age - 1] * DAY_MS : INT64_MAX);
    p[n++] = sql_i(f->min_vnd);
    p[n++] = sql_i(f->max_vnd > 0 ? f->max_vnd : INT64_MAX);
    p[n++] = sql_t(f->provider);
    p[n++] = sql_t(f->account);
    must(n == WHERE_PARAMS);
}

static result total_read(struct sql *db, struct listing *l, const struct sql_param *p,
                         struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    if (l->total == NULL)
        return OK;
    TRY(sql_find_n(db, SQL_EXCEPTION_LIST_TOTAL, p, WHERE_PARAMS, &rows, e));
    TRY(sql_one(rows, e));
    *l->total = (struct exception_sum){ sql_int(rows, 0), sql_int(rows, 1) };
    return OK;
}

static result list(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    struct sql_param p[WHERE_PARAMS + 2];
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    where_put(l, p);
    p[WHERE_PARAMS] = sql_t(l->f->after);
    p[WHERE_PARAMS + 1] = sql_i((int64_t)l->most);
    l->count = 0;
    TRY(sql_find_n(db, SQL_EXCEPTION_LIST, p, LEN(p), &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return total_read(db, l, p, e);
        TRY(exception_row_read(rows, l->a, &l->list[l->count++], e));
    }
}

result exception_list(const struct till *t, const struct exception_filter *f, struct arena *a,
                      struct exception **out, size_t *count, struct exception_sum *total,
                      struct err *e)
{
    struct listing l = { .t = t, .f = f, .a = a, .most = f->most, .total = total };

    if (l.most == 0 || l.most > EXCEPTION_LIST_MAX)
        l.most = EXCEPTION_LIST_MAX;
    l.list = arena_array(a, struct exception, l.most);
    TRY(sql_read(t->store, list, &l, e));
    *out = l.list;
    *count = l.count;
    return OK;
}

result exception_tally(struct sql *db, const struct exception_scope *s, struct exception_tally *out,
                       struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(1 << 16);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    enum match_class class;
    bool more;

    *out = (struct exception_tally){ 0 };
    TRY(sql_find(db, SQL_EXCEPTION_TALLY, &rows, e, sql_t(s->provider), sql_t(s->account),
                 sql_t(s->day)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (!match_find(sql_text(rows, 0, a), &class))
            return fail(e, ERR_STORE, "a class that match.def does not have");
        out->found[class] = (struct exception_sum){ sql_int(rows, 1), sql_int(rows, 2) };
        out->open[class] = (struct exception_sum){ sql_int(rows, 3), sql_int(rows, 4) };
        out->open_count += sql_int(rows, 3);
        out->uncarried_count += sql_int(rows, 5);
        out->proposed_count += sql_int(rows, 6);
    }
}

struct ageing {
    const struct till *t;
    struct exception_ages *out;
};

static result ages(struct sql *db, void *arg, struct err *e)
{
    const struct ageing *g = arg;
    const int64_t now_ms = clock_now_ms(g->t->clock);
    DEFER(arena_close) struct arena *a = arena_open(1 << 16);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    enum match_class class;
    bool more;

    *g->out = (struct exception_ages){ 0 };
    TRY(sql_find(db, SQL_EXCEPTION_AGES, &rows, e, sql_i(now_ms - age_days[0] * DAY_MS),
                 sql_i(now_ms - age_days[1] * DAY_MS), sql_i(now_ms - age_days[2] * DAY_MS)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (!match_find(sql_text(rows, 0, a), &class))
            return fail(e, ERR_STORE, "a class that match.def does not have");
        g->out->count[class][sql_int(rows, 1)] = sql_int(rows, 2);
        g->out->value_vnd[class][sql_int(rows, 1)] = sql_int(rows, 3);
    }
}

result exception_ages(const struct till *t, struct exception_ages *out, struct err *e)
{
    struct ageing g = { t, out };

    return sql_read(t->store, ages, &g, e);
}

struct telling {
    const struct exception *x;
    struct arena *a;
    struct exception_history *list;
    size_t count;
};

static result history(struct sql *db, void *arg, struct err *e)
{
    struct telling *h = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    h->list[0] = (struct exception_history){ .at_ms = h->x->first_seen_ms,
                                             .event = STR("found"),
                                             .from = STR(""),
                                             .to = STR("open"),
                                             .actor = STR("system"),
                                             .remark = STR("") };
    h->count = 1;
    TRY(sql_find(db, SQL_EXCEPTION_EVENT_LIST, &rows, e, sql_t(h->x->id), sql_i(HISTORY_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        h->list[h->count++] = (struct exception_history){ .seq = sql_int(rows, 0),
                                                          .at_ms = sql_int(rows, 1),
                                                          .event = sql_text(rows, 2, h->a),
                                                          .from = sql_text(rows, 3, h->a),
                                                          .to = sql_text(rows, 4, h->a),
                                                          .actor = sql_text(rows, 5, h->a),
                                                          .remark = sql_text(rows, 6, h->a),
                                                          .proposal_id = sql_text(rows, 7, h->a) };
    }
}

result exception_history(const struct till *t, const struct exception *x, struct arena *a,
                         struct exception_history **out, size_t *count, struct err *e)
{
    struct telling h = { .x = x, .a = a };

    h.list = arena_array(a, struct exception_history, HISTORY_MAX + 1);
    TRY(sql_read(t->store, history, &h, e));
    *out = h.list;
    *count = h.count;
    return OK;
}
