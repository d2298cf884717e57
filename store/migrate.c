#include "store/migrate.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "store/sql_engine.h"

#define WORK_ARENA_BYTES ((size_t)4 << 20)
#define BUSY_ATTEMPTS    20 /* times wait_ms: somebody else's long migration is waited for */

extern const struct embed_set schema_files;

/* The one table that no migration makes: name of the file, SHA-256 of its text in hexadecimal, when
 * it was applied. */
static const char record_table[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                                   "name TEXT NOT NULL PRIMARY KEY,"
                                   "digest TEXT NOT NULL,"
                                   "applied_ms BIGINT NOT NULL);";

struct change {
    const struct embedded *file;
    const struct clock *clock;
    struct arena *arena;
    bool applied;
};

static result digest_same(struct str name, struct str recorded, struct str found, struct err *e)
{
    if (!str_eq(recorded, found))
        return fail(e, ERR_CONFIG, "migration %.*s was edited after it was applied", STR_ARG(name));
    return OK;
}

static result apply(struct sql *db, void *arg, struct err *e)
{
    struct change *c = arg;
    const struct str digest = digest_hex(c->arena, digest_sha256(c->file->bytes));
    struct sql_rows *r DEFER(sql_end) = NULL;
    bool recorded;

    c->applied = false;
    TRY(sql_lock(db, e));
    TRY(sql_script(db, str_c(record_table), e));
    TRY(sql_find(db, SQL_MIGRATION_LOAD, &r, e, sql_t(c->file->name)));
    TRY(sql_next(r, &recorded, e));
    if (recorded)
        return digest_same(c->file->name, sql_text(r, 0, c->arena), digest, e);
    sql_end(&r);
    TRY(sql_script(db, c->file->bytes, e));
    TRY(sql_run(db, SQL_MIGRATION_INSERT, e, sql_t(c->file->name), sql_t(digest),
                sql_i(clock_now_ms(c->clock))));
    c->applied = true;
    return OK;
}

static result apply_waiting(struct sql_pool *p, struct change *c, struct err *e)
{
    struct err why = { .code = ERR_NONE };

    for (int i = 0; i < BUSY_ATTEMPTS; i++) {
        if (!sql_transact(p, apply, c, &why).failed)
            return OK;
        if (why.code != ERR_BUSY)
            break;
    }
    if (why.code == ERR_CONFIG) /* it names the migration already */
        return fail(e, why.code, "%s", why.detail);
    return fail(e, why.code, "migration %.*s: %s", STR_ARG(c->file->name), why.detail);
}

result migrate_up_set(struct sql_pool *p, const struct embed_set *set, const struct clock *clock,
                      int *applied, struct err *e)
{
    struct arena *a DEFER(arena_close) = arena_open(WORK_ARENA_BYTES);
    int count = 0;

    for (size_t i = 0; i < set->n; i++) {
        struct change c = { .file = &set->files[i], .clock = clock, .arena = a };

        TRY(apply_waiting(p, &c, e));
        count += c.applied ? 1 : 0;
    }
    TRY(migrate_check_set(p, set, e));
    *applied = count;
    return OK;
}

struct inspection {
    const struct embed_set *set;
    struct arena *arena;
};

/* Both lists are sorted by name (bytewise: the names are ASCII digits and lower case). */
static result compare(struct sql *db, void *arg, struct err *e)
{
    const struct inspection *c = arg;
    struct sql_rows *r DEFER(sql_end) = NULL;
    size_t i = 0;
    bool more;

    TRY(sql_find_plain(db, SQL_MIGRATION_LIST, &r, e));
    TRY(sql_next(r, &more, e));
    for (; more; i++) {
        const struct str name = sql_text(r, 0, c->arena);
        const struct embedded *file = i < c->set->n ? &c->set->files[i] : NULL;

        if (file == NULL || str_cmp(name, file->name) < 0)
            return fail(e, ERR_CONFIG, "the schema has migration %.*s, unknown to this program",
                        STR_ARG(name));
        if (!str_eq(name, file->name))
            break;
        TRY(digest_same(name, sql_text(r, 1, c->arena),
                        digest_hex(c->arena, digest_sha256(file->bytes)), e));
        TRY(sql_next(r, &more, e));
    }
    if (i < c->set->n)
        return fail(e, ERR_CONFIG, "migration %.*s is missing: run motcua migrate",
                    STR_ARG(c->set->files[i].name));
    return OK;
}

result migrate_check_set(struct sql_pool *p, const struct embed_set *set, struct err *e)
{
    struct arena *a DEFER(arena_close) = arena_open(WORK_ARENA_BYTES);
    struct inspection c = { set, a };
    struct err why = { .code = ERR_NONE };

    if (!sql_read(p, compare, &c, &why).failed)
        return OK;
    if (why.code != ERR_STORE || sql_ping(p, e).failed)
        return fail(e, why.code, "%s", why.detail);
    /* The database answers, so what failed is the statement: there is no such table yet. */
    return fail(e, ERR_CONFIG, "no migration was ever applied: run motcua migrate");
}

result migrate_up(struct sql_pool *p, const struct clock *clock, int *applied, struct err *e)
{
    return migrate_up_set(p, &schema_files, clock, applied, e);
}

result migrate_check(struct sql_pool *p, struct err *e)
{
    return migrate_check_set(p, &schema_files, e);
}
