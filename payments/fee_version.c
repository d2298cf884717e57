/*
 * Publishing fee tables. Attacker: an officer who wants a rate of their own, or one that reaches
 * back to bills already paid; promise: two persons, the second on the hash of the very tables and
 * with the list of what differs; tables that contradict themselves are not even proposed; what was
 * in force stays as it was unless the proposal says that it corrects it. Deliberately not done:
 * judging whether a rate is the one of the decision that it names.
 */
#include "payments/fee_version.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "payments/fee_table.h"
#include "store/sql.h"

struct version_row {
    struct fee_version v;
    struct str tables;
};

static result version_load(struct sql *db, int64_t n, struct arena *a, struct version_row *out,
                           struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_FEE_VERSION_LOAD, &rows, e, sql_i(n)));
    TRY(sql_one(rows, e));
    *out = (struct version_row){ .v = { .n = sql_int(rows, 0),
                                        .sha256 = sql_text(rows, 1, a),
                                        .state = sql_text(rows, 3, a) },
                                 .tables = sql_text(rows, 2, a) };
    if (!str_eq(digest_hex(a, digest_sha256(out->tables)), out->v.sha256))
        return fail(e, ERR_BROKEN_CHAIN, "fee tables %lld were altered", (long long)n);
    return OK;
}

/* The number in a row, or 0 when there is none. */
static result number_find(struct sql *db, enum sql_query q, int64_t *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *out = 0;
    TRY(sql_find_plain(db, q, &rows, e));
    TRY(sql_next(rows, &more, e));
    if (more)
        *out = sql_int(rows, 0);
    return OK;
}

static size_t diff_count(const struct json *diff)
{
    return json_count(json_member(diff, "added")) + json_count(json_member(diff, "changed")) +
           json_count(json_member(diff, "removed"));
}

/* What people decide on: numbers, hash, and what differs. */
static result content_make(const struct till *t, const struct fee_publication *pub,
                           struct buf *mistakes, struct arena *a, struct json **out, struct err *e)
{
    DEFER(fee_rows_close) struct fee_rows *fresh = NULL;
    const struct fee_rows *now = fee_rows_of(t->fees);
    size_t past;

    TRY(fee_rows_read(pub->tables, "tables", &fresh, mistakes, e));
    *out = fee_version_diff(now, fresh, clock_today(t->clock), mistakes, &past, a);
    json_put_int(*out, "replaces", now->version);
    json_put_str(*out, "sha256", digest_hex(a, digest_sha256(pub->tables)));
    json_put_bool(*out, "correction", pub->is_correction);
    if (past > 0 && !pub->is_correction)
        return fail_field(e, ERR_BUSINESS_RULE, "tables", "%zu rows change the past", past);
    if (diff_count(*out) == 0)
        return fail_field(e, ERR_BUSINESS_RULE, "tables", "nothing differs");
    return OK;
}

struct proposing {
    const struct till *t;
    const struct fee_publication *pub;
    const struct proposal_actor *by;
    struct json *content;
    struct arena *a;
    struct proposal *out;
};

static result propose(struct sql *db, void *arg, struct err *e)
{
    const struct proposing *k = arg;
    int64_t n;

    TRY(number_find(db, SQL_FEE_VERSION_LAST, &n, e));
    json_put_int(k->content, "version", n + 1);
    *k->out = (struct proposal){ .kind = PROPOSAL_FEE_TABLE,
                                 .agency_id = STR(""),
                                 .subject = STR(FEE_VERSION_SUBJECT),
                                 .content = json_print_canonical(k->a, k->content),
                                 .remark = k->pub->remark };
    TRY(proposal_make(db, k->t, k->out, k->by, k->a, e));
    return sql_run(db, SQL_FEE_VERSION_INSERT, e, sql_i(n + 1),
                   sql_t(digest_hex(k->a, digest_sha256(k->pub->tables))), sql_t(k->pub->tables),
                   sql_t(k->by->name), sql_i(k->out->made_ms));
}

result fee_version_propose(const struct till *t, const struct fee_publication *pub,
                           const struct proposal_actor *by, struct buf *mistakes, struct arena *a,
                           struct proposal *out, struct err *e)
{
    DEFER(json_close) struct json *content = NULL;

    if (pub->tables.n > FEE_VERSION_BYTES_MAX)
        return fail_field(e, ERR_TOO_LARGE, "tables", "more than %d bytes", FEE_VERSION_BYTES_MAX);
    TRY(content_make(t, pub, mistakes, a, &content, e));

    struct proposing k = { t, pub, by, content, a, out };

    return sql_transact(t->store, propose, &k, e);
}

/* Again at the time of the decision: days have passed, and another version may be in force. */
static result may_activate(struct sql *db, const struct till *t, const struct version_row *row,
                           const struct json *content, struct arena *a, struct err *e)
{
    DEFER(fee_rows_close) struct fee_rows *fresh = NULL;
    DEFER(json_close) struct json *diff = NULL;
    int64_t active, replaces = -1;
    bool is_correction = false;
    size_t past;

    (void)json_int(json_member(content, "replaces"), &replaces);
    (void)json_bool(json_member(content, "correction"), &is_correction);
    TRY(number_find(db, SQL_FEE_VERSION_ACTIVE, &active, e));
    if (active != replaces)
        return fail_field(e, ERR_STALE, "replaces", "version %lld is in force", (long long)active);
    TRY(fee_rows_read(row->tables, "tables", &fresh, NULL, e));
    if (active != fee_table_version(t->fees)) /* this process has not followed yet */
        return fail(e, ERR_RETRY, "version %lld is not in use here yet", (long long)active);
    diff = fee_version_diff(fee_rows_of(t->fees), fresh, clock_today(t->clock), NULL, &past, a);
    return past == 0 || is_correction
               ? OK
               : fail_field(e, ERR_BUSINESS_RULE, "tables", "%zu rows change the past", past);
}

result fee_table_decided(struct sql *db, const struct till *t, const struct proposal *p,
                         const struct proposal_actor *by, struct arena *a, struct err *e)
{
    DEFER(arena_close) struct arena *own = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(json_close) struct json *content = NULL;
    struct version_row row;
    struct str sha256 = STR("");
    int64_t n = 0, changed;
    const bool approved = p->state == PROPOSAL_APPROVED;

    (void)a;
    TRY(json_read(p->content, &content, e));
    (void)json_int(json_member(content, "version"), &n);
    (void)json_str(json_member(content, "sha256"), &sha256);
    TRY(version_load(db, n, own, &row, e));
    if (!str_eq(sha256, row.v.sha256))
        return fail(e, ERR_BROKEN_CHAIN, "fee tables %lld are not those proposed", (long long)n);
    if (approved)
        TRY(may_activate(db, t, &row, content, own, e));
    TRY(sql_run_count(db, SQL_FEE_VERSION_DECIDE, &changed, e, sql_i(n),
                      sql_t(approved ? STR("active") : STR("rejected")), sql_t(by->name),
                      sql_i(p->decided_ms)));
    return changed == 1 ? OK : fail(e, ERR_WRONG_STATE, "fee tables were decided on already");
}

struct following {
    struct fee_table *table;
    bool changed;
};

static result follow(struct sql *db, void *arg, struct err *e)
{
    struct following *f = arg;
    DEFER(arena_close) struct arena *a = NULL;
    struct version_row row;
    int64_t n;

    TRY(number_find(db, SQL_FEE_VERSION_ACTIVE, &n, e));
    if (n == 0 || n == fee_table_version(f->table))
        return OK;
    a = arena_open(LIMIT_ARENA_JOB_BYTES);
    TRY(version_load(db, n, a, &row, e));
    TRY(fee_table_renew(f->table, row.tables, n, NULL, e));
    f->changed = true;
    return OK;
}

result fee_version_follow(const struct till *t, struct fee_table *table, bool *changed,
                          struct err *e)
{
    struct following f = { table, false };

    TRY(sql_read(t->store, follow, &f, e));
    *changed = f.changed;
    return OK;
}

struct listing {
    struct arena *a;
    struct fee_version *list;
    size_t count, most;
};

static result list(struct sql *db, void *arg, struct err *e)
{
    struct listing *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    k->count = 0;
    TRY(sql_find(db, SQL_FEE_VERSION_LIST, &rows, e, sql_i((int64_t)k->most)));
    while (k->count < k->most) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        k->list[k->count++] = (struct fee_version){ .n = sql_int(rows, 0),
                                                    .sha256 = sql_text(rows, 1, k->a),
                                                    .state = sql_text(rows, 3, k->a),
                                                    .made_by = sql_text(rows, 4, k->a),
                                                    .made_ms = sql_int(rows, 5),
                                                    .decided_by = sql_text(rows, 6, k->a),
                                                    .decided_ms = sql_int(rows, 7) };
    }
    return OK;
}

result fee_version_list(const struct till *t, size_t most, struct arena *a,
                        struct fee_version **out, size_t *count, struct err *e)
{
    struct listing k = { a, arena_array(a, struct fee_version, most + 1), 0, most };

    TRY(sql_read(t->store, list, &k, e));
    *out = k.list;
    *count = k.count;
    return OK;
}
