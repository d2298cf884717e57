#include "finance/report_kept.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "finance/report_file.h"
#include "finance/report_rules.h"
#include "store/sql.h"

static const char *const names[] = { [REPORT_OF_DAY] = "day", [REPORT_OF_MONTH] = "month" };

const char *report_kept_kind_name(enum report_kept_kind k)
{
    return names[k];
}

bool report_kept_kind_find(struct str name, enum report_kept_kind *out)
{
    for (size_t i = 0; i < LEN(names); i++)
        if (str_is(name, names[i])) {
            *out = (enum report_kept_kind)i;
            return true;
        }
    return false;
}

static void period_of(enum report_kept_kind kind, struct date day, struct date *from,
                      struct date *to)
{
    *from = *to = day;
    if (kind == REPORT_OF_DAY)
        return;
    from->d = 1;
    *to = (struct date){ day.m == 12 ? day.y + 1 : day.y, day.m == 12 ? 1 : day.m + 1, 1 };
    *to = date_add_days(*to, -1);
}

/* Every report in its first breakdown; collections in all of them. */
static result tables_put(const struct office *f, struct report_query q, struct json *tables,
                         struct arena *a, struct err *e)
{
    for (size_t i = 0; report_name_at(i) != NULL; i++) {
        q.name = str_c(report_name_at(i));
        for (enum report_by by = REPORT_BY_DAY; by <= REPORT_BY_KIND; by++) {
            struct report_table table;

            if (!report_has_by(q.name, by))
                continue;
            q.by = by;
            TRY(report_make(f, &q, a, &table, e));
            json_put(tables, str_cstr(a, str_fmt(a, "%s_%s", table.name, report_by_name(by))),
                     report_json(&table, a));
        }
    }
    return OK;
}

static result body_make(const struct office *f, struct report_kept *k, struct arena *a,
                        struct err *e)
{
    const struct report_query q = { .from = k->from, .to = k->to, .language = STR("vi") };
    DEFER(json_close) struct json *o = json_object();
    struct json *tables = json_object();
    struct report_rules rules;

    json_put(o, "tables", tables);
    TRY(report_rules_on(f->reports, k->to, &rules, e));
    json_put_str(o, "kind", str_c(names[k->kind]));
    json_put_str(o, "from", date_iso(a, k->from));
    json_put_str(o, "to", date_iso(a, k->to));
    json_put_str(o, "rules", rules.source);
    TRY(tables_put(f, q, tables, a, e));
    k->body = json_print_canonical(a, o);
    k->sha256 = digest_hex(a, digest_sha256(k->body));
    return OK;
}

static result keep(struct sql *db, void *arg, struct err *e)
{
    struct report_kept *k = arg;
    DEFER(arena_close) struct arena *a = arena_open(4096);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    const struct str from = date_iso(a, k->from);

    TRY(sql_find(db, SQL_REPORT_KEPT_NEXT, &rows, e, sql_t(str_c(names[k->kind])), sql_t(from)));
    TRY(sql_one(rows, e));
    k->revision = sql_int(rows, 0);
    return sql_run(db, SQL_REPORT_KEPT_INSERT, e, sql_t(str_c(names[k->kind])), sql_t(from),
                   sql_t(date_iso(a, k->to)), sql_i(k->revision), sql_i(k->made_ms),
                   sql_t(k->made_by), sql_t(k->body), sql_t(k->sha256));
}

result report_kept_make(const struct office *f, enum report_kept_kind kind, struct date day,
                        struct str by, struct arena *a, struct report_kept *out, struct err *e)
{
    struct report_kept k = { .kind = kind, .made_by = by, .made_ms = clock_now_ms(f->till->clock) };

    period_of(kind, day, &k.from, &k.to);
    if (date_cmp(k.to, clock_today(f->till->clock)) >= 0)
        return fail_field(e, ERR_INVALID, "day", "the period is not over");
    TRY(body_make(f, &k, a, e));
    TRY(sql_transact(f->till->store, keep, &k, e));
    *out = k;
    return OK;
}

struct looking {
    enum report_kept_kind kind;
    struct date from, to;
    int64_t revision;
    struct arena *a;
    struct report_kept *list;
    size_t count, most;
    enum sql_query query;
};

static result row_read(struct sql_rows *rows, struct arena *a, struct report_kept *k, struct err *e)
{
    *k = (struct report_kept){ .revision = sql_int(rows, 3),
                               .made_ms = sql_int(rows, 4),
                               .made_by = sql_text(rows, 5, a),
                               .sha256 = sql_text(rows, 6, a),
                               .body = sql_text(rows, 7, a) };
    if (!report_kept_kind_find(sql_text(rows, 0, a), &k->kind) ||
        !date_read(sql_text(rows, 1, a), &k->from) || !date_read(sql_text(rows, 2, a), &k->to))
        return fail(e, ERR_STORE, "a kept report of no kind or day");
    return OK;
}

static result one_read(struct sql *db, void *arg, struct err *e)
{
    struct looking *l = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REPORT_KEPT_ONE, &rows, e, sql_t(str_c(names[l->kind])),
                 sql_t(date_iso(l->a, l->from)), sql_i(l->revision)));
    TRY(sql_one(rows, e));
    return row_read(rows, l->a, l->list, e);
}

result report_kept_load(const struct till *t, enum report_kept_kind kind, struct date from,
                        int64_t revision, struct arena *a, struct report_kept *out, struct err *e)
{
    struct report_kept k;
    struct looking l = { .kind = kind, .from = from, .revision = revision, .a = a, .list = &k };

    TRY(sql_read(t->store, one_read, &l, e));
    if (!str_eq(k.sha256, digest_hex(a, digest_sha256(k.body))))
        return fail(e, ERR_BROKEN_CHAIN, "report %s %lld is not what was kept", names[kind],
                    (long long)k.revision);
    *out = k;
    return OK;
}

static result list_read(struct sql *db, void *arg, struct err *e)
{
    struct looking *l = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_REPORT_KEPT_LIST, &rows, e, sql_t(date_iso(l->a, l->from)),
                 sql_t(date_iso(l->a, l->to)), sql_i(REPORT_KEPT_LIST_MAX)));
    for (l->count = 0; l->count < REPORT_KEPT_LIST_MAX; l->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        TRY(row_read(rows, l->a, &l->list[l->count], e));
    }
    return OK;
}

result report_kept_list(const struct till *t, struct date from, struct date to, struct arena *a,
                        struct report_kept **out, size_t *count, struct err *e)
{
    struct looking l = { .from = from, .to = to, .a = a };

    l.list = arena_array(a, struct report_kept, REPORT_KEPT_LIST_MAX);
    TRY(sql_read(t->store, list_read, &l, e));
    *out = l.list;
    *count = l.count;
    return OK;
}

static bool is_time(const struct conf *c, struct local_time now)
{
    int64_t h = 0, m = 0;
    struct str hour, minute;

    return str_cut(c->finance.report_at, ':', &hour, &minute) && str_to_i64(hour, &h) &&
           str_to_i64(minute, &m) && now.hour * 60 + now.minute >= h * 60 + m;
}

static result once(const struct office *f, enum report_kept_kind kind, struct date day, bool *did,
                   struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct err why = { .code = ERR_NONE };
    struct report_kept k;
    struct date from, to;

    period_of(kind, day, &from, &to);
    if (!report_kept_load(f->till, kind, from, 0, a, &k, &why).failed)
        return OK;
    if (why.code != ERR_NOT_FOUND)
        return fail(e, why.code, "%s", why.detail);
    *did = true;
    return report_kept_make(f, kind, day, STR("system"), a, &k, e);
}

result report_kept_due(const struct office *f, bool *did, struct err *e)
{
    const struct local_time now = clock_local(clock_now_ms(f->till->clock));
    const struct date yesterday = date_add_days(now.date, -1);

    *did = false;
    if (!is_time(f->conf, now))
        return OK;
    TRY(once(f, REPORT_OF_DAY, yesterday, did, e));
    if (now.date.d == 1)
        TRY(once(f, REPORT_OF_MONTH, yesterday, did, e));
    return OK;
}
