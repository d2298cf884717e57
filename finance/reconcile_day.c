/* Days as they stand, for the finance officer: what the last run left. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/exception_row.h"
#include "finance/intake_row.h"
#include "finance/reconcile.h"
#include "finance/run_row.h"

#define FILES_SHOWN_MAX 20

struct viewing {
    const struct till *t;
    struct str provider, account;
    struct arena *a;
    struct reconcile_day day;
    struct reconcile_day *days;
    size_t most, count;
};

enum reconcile_verdict reconcile_verdict_read(struct str name)
{
    for (int i = 0; i < RECONCILE_VERDICT_COUNT; i++)
        if (str_is(name, reconcile_verdict_name((enum reconcile_verdict)i)))
            return (enum reconcile_verdict)i;
    return RECONCILE_NO_VERDICT;
}

static result run_read(struct sql *db, struct viewing *v, bool *found, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct date day = v->day.day;

    TRY(sql_find(db, SQL_RECONCILE_RUN_LAST, &rows, e, sql_t(v->provider), sql_t(v->account),
                 sql_t(date_iso(v->a, day))));
    TRY(sql_next(rows, found, e));
    if (*found)
        v->day = (struct reconcile_day){
            .day = day,
            .verdict = reconcile_verdict_read(sql_text(rows, 0, v->a)),
            .reason = sql_text(rows, 1, v->a),
            .captured_vnd = sql_int(rows, 2),
            .captured_count = sql_int(rows, 3),
            .file_vnd = sql_int(rows, 4),
            .file_count = sql_int(rows, 5),
            .matched_vnd = sql_int(rows, 6),
            .matched_count = sql_int(rows, 7),
            .difference_vnd = sql_int(rows, 8),
            .residual_vnd = sql_int(rows, 9),
            .open_count = sql_int(rows, 10),
            .manifest = sql_text(rows, 11, v->a),
            .manifest_hash = sql_text(rows, 12, v->a),
            .run_ms = sql_int(rows, 13),
            .file_sha256 = sql_text(rows, 15, v->a),
        };
    if (*found)
        (void)bridge_read(v->day.manifest, v->a, &v->day.bridge);
    return OK;
}

static result captured_read(struct sql *db, struct viewing *v, struct err *e)
{
    const struct settlement_key key = { v->provider, v->account, v->day.day };
    struct str c[SOURCE_CHANNELS_MAX];
    DEFER(sql_end) struct sql_rows *rows = NULL;

    reconcile_channels(v->t, &key, c);
    TRY(sql_find(db, SQL_RECONCILE_CAPTURED_SUM, &rows, e, sql_t(date_iso(v->a, v->day.day)),
                 sql_t(c[0]), sql_t(c[1]), sql_t(c[2]), sql_t(c[3])));
    TRY(sql_one(rows, e));
    v->day.captured_vnd = sql_int(rows, 0);
    v->day.captured_count = sql_int(rows, 1);
    return OK;
}

static result day_read(struct sql *db, struct viewing *v, struct date day, struct err *e)
{
    const struct settlement_key key = { v->provider, v->account, day };
    struct settlement_file *files;
    size_t count;
    bool found;

    v->day = (struct reconcile_day){ .day = day };
    TRY(run_read(db, v, &found, e));
    TRY(settlement_find_all(db, &key, FILES_SHOWN_MAX, v->a, &files, &count, e));
    v->day.files = files;
    v->day.file_list_count = count;
    if (found)
        return OK;
    v->day.reason = count > 0 ? STR("quarantined") : STR("no_file");
    v->day.verdict = count > 0 ? RECONCILE_INCOMPLETE : RECONCILE_NO_VERDICT;
    return captured_read(db, v, e);
}

static result exceptions_read(struct sql *db, struct viewing *v, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct reconcile_day *d = &v->day;
    bool more;

    d->exceptions = arena_array(v->a, struct exception, RECONCILE_SHOWN_MAX);
    TRY(sql_find(db, SQL_EXCEPTION_OF_DAY, &rows, e, sql_t(v->provider), sql_t(v->account),
                 sql_t(date_iso(v->a, d->day)), sql_i(RECONCILE_SHOWN_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        TRY(exception_row_read(rows, v->a, &d->exceptions[d->exception_count++], e));
    }
}

static result one_day(struct sql *db, void *arg, struct err *e)
{
    struct viewing *v = arg;

    TRY(day_read(db, v, v->day.day, e));
    return exceptions_read(db, v, e);
}

static struct viewing viewing_make(const struct till *t, const struct settlement_key *k,
                                   struct arena *a)
{
    return (struct viewing){ t, k->provider, k->account, a, { .day = k->day }, NULL, 0, 0 };
}

result reconcile_day_in(struct sql *db, const struct till *t, const struct settlement_key *k,
                        struct arena *a, struct reconcile_day *out, struct err *e)
{
    struct viewing v = viewing_make(t, k, a);

    TRY(one_day(db, &v, e));
    *out = v.day;
    return OK;
}

result reconcile_day(const struct till *t, struct date day, struct arena *a,
                     struct reconcile_day *out, struct err *e)
{
    const struct settlement_key key = { STR(SOURCE_PORTAL), t->account, day };

    return reconcile_key_day(t, &key, a, out, e);
}

result reconcile_key_day(const struct till *t, const struct settlement_key *k, struct arena *a,
                         struct reconcile_day *out, struct err *e)
{
    struct viewing v = viewing_make(t, k, a);

    TRY(sql_read(t->store, one_day, &v, e));
    *out = v.day;
    return OK;
}

static result day_before(struct sql *db, struct viewing *v, struct str *day, bool *found,
                         struct date *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECONCILE_DAY_BEFORE, &rows, e, sql_t(v->provider), sql_t(v->account),
                 sql_t(*day)));
    TRY(sql_one(rows, e));
    *day = sql_text(rows, 0, v->a);
    *found = date_read(*day, out) && date_is_valid(*out);
    return OK;
}

static result many_days(struct sql *db, void *arg, struct err *e)
{
    struct viewing *v = arg;
    struct str day = STR("9999-12-31");
    struct date d;
    bool found = true;

    for (v->count = 0; v->count < v->most; v->count++) {
        TRY(day_before(db, v, &day, &found, &d, e));
        if (!found)
            return OK;
        TRY(day_read(db, v, d, e));
        v->days[v->count] = v->day;
    }
    return OK;
}

result reconcile_days(const struct till *t, size_t most, struct arena *a,
                      struct reconcile_day **out, size_t *count, struct err *e)
{
    struct viewing v = {
        .t = t, .provider = STR(SOURCE_PORTAL), .account = t->account, .a = a, .most = most
    };

    v.days = arena_array(a, struct reconcile_day, most);
    TRY(sql_read(t->store, many_days, &v, e));
    *out = v.days;
    *count = v.count;
    return OK;
}
