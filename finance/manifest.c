/*
 * Attacker: whoever would have a closed day say something else, and can write to the database.
 * Promise: a changed byte, a day left out and a revision put in its place are found with the
 * published keys alone; by a key that is published no longer, with the audit log (manifest.h).
 */
#include "finance/manifest.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/detached.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "finance/run_row.h"

#define PAGE_ROWS 100

/* Of the nearest earlier day that was closed by then; empty: there was none. */
static result before_find(struct sql *db, const struct run_key *k, int64_t by_ms, struct arena *a,
                          struct str *hash, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_RUN_CLOSED_BEFORE, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_t(date_iso(a, k->day)), sql_i(by_ms)));
    TRY(sql_next(rows, &more, e));
    *hash = more ? sql_text(rows, 0, a) : STR("");
    return OK;
}

static result assemble(struct str outcome, struct str previous, int64_t revision, struct arena *a,
                       struct str *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;

    TRY(json_read(outcome, &o, e));
    json_put_str(o, "previous", previous);
    json_put_int(o, "revision", revision);
    *out = json_print_canonical(a, o);
    return OK;
}

result manifest_make(struct sql *db, const struct run_row *r, struct str outcome, struct arena *a,
                     struct str *out, struct err *e)
{
    struct str previous;

    TRY(before_find(db, &r->run.key, r->run.closed_ms, a, &previous, e));
    return assemble(outcome, previous, r->run.revision, a, out, e);
}

struct loading {
    const struct run_key *k;
    int64_t revision;
    struct arena *a;
    struct manifest *out;
};

static result load(struct sql *db, void *arg, struct err *e)
{
    struct loading *l = arg;
    struct run_row *rows;
    size_t count;

    TRY(run_row_list(db, l->k, l->a, &rows, &count, e));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].closed_hash.n == 0 || (l->revision > 0 && rows[i].run.revision != l->revision))
            continue;
        *l->out =
            (struct manifest){ rows[i].closed_manifest, rows[i].closed_hash,  rows[i].signature,
                               rows[i].signer,          rows[i].run.revision, rows[i].run.cut_ms };
        return OK;
    }
    return fail(e, ERR_NOT_FOUND, "no such day was closed");
}

result manifest_load(const struct office *f, const struct run_key *k, int64_t revision,
                     struct arena *a, struct manifest *out, struct err *e)
{
    struct loading l = { k, revision, a, out };

    return sql_read(f->till->store, load, &l, e);
}

/* Which file it was made from, and what it follows. */
static result inputs_read(struct str bytes, struct arena *a, struct str *sha256,
                          struct str *previous, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct json *file = NULL;

    TRY(json_read(bytes, &o, e));
    TRY(json_want_object(o, "file", &file, e));
    TRY(json_need_str(file, "sha256", 64, sha256, e));
    TRY(json_need_str(o, "previous", 64, previous, e));
    *sha256 = str_dup(a, *sha256);
    *previous = str_dup(a, *previous);
    return OK;
}

result manifest_check(const struct office *f, const struct run_key *k, struct arena *a,
                      struct manifest_check *out, struct err *e)
{
    const struct settlement_key key = { k->provider, k->account, k->day };
    struct str sha256, previous, outcome;
    struct manifest m;

    TRY(manifest_load(f, k, 0, a, &m, e));
    TRY(inputs_read(m.bytes, a, &sha256, &previous, e));
    TRY(reconcile_again(f->till, &key, sha256, m.cut_ms, a, &outcome, e));
    TRY(assemble(outcome, previous, m.revision, a, &out->bytes, e));
    out->is_same = str_eq(out->bytes, m.bytes);
    return OK;
}

struct checking {
    const struct office *f;
    struct key_set *keys;
    struct str from, to;
    struct arena *a, *page;
    struct str day, provider, account; /* of the last row */
    int64_t revision;
    struct manifest_report *report;
};

static result broken(struct checking *c, const char *why, struct err *e)
{
    c->report->source = str_cat(c->a, str_cat(c->a, c->provider, STR("/")), c->account);
    c->report->day = c->day;
    c->report->revision = c->revision;
    c->report->why = str_c(why);
    return fail(e, ERR_BROKEN_CHAIN, "%.*s %.*s revision %lld: %s", STR_ARG(c->provider),
                STR_ARG(c->day), (long long)c->revision, why);
}

static result chain_check(struct sql *db, struct checking *c, int64_t closed_ms,
                          struct str previous, struct err *e)
{
    struct run_key k = { c->provider, c->account, { 0 } };
    struct str hash;

    must(date_read(c->day, &k.day));
    TRY(before_find(db, &k, closed_ms, c->page, &hash, e));
    return str_eq(hash, previous) ? OK : broken(c, "does not follow the day before it", e);
}

struct json *manifest_signed(struct str hash, struct str thumbprint)
{
    struct json *o = json_object();

    json_put_str(o, "manifest", hash);
    json_put_str(o, "key", thumbprint);
    return o;
}

/* By a key that left the ring: the one that the audit log names for this very manifest. */
static result kept_check(struct sql *db, struct checking *c, const struct manifest *m,
                         struct err *e)
{
    DEFER(json_close) struct json *detail = NULL;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct run_key k = { c->provider, c->account, { 0 } };
    struct str thumbprint;
    bool found;

    must(date_read(c->day, &k.day));
    TRY(detached_verify_kept(c->page, m->signer, MANIFEST_TYP, m->bytes, m->signature, &thumbprint,
                             e));
    detail = manifest_signed(m->hash, thumbprint);
    TRY(sql_find(db, SQL_RUN_SIGNED, &rows, e, sql_t(run_subject(c->page, &k)),
                 sql_t(json_print_canonical(c->page, detail))));
    TRY(sql_next(rows, &found, e));
    return found ? OK : fail(e, ERR_BAD_TOKEN, "nobody recorded that key");
}

static result signature_check(struct sql *db, struct checking *c, const struct manifest *m,
                              struct err *e)
{
    struct err why = { 0 };

    if (!detached_verify(c->page, c->keys, MANIFEST_TYP, m->bytes, m->signature, &why).failed)
        return OK;
    why = (struct err){ 0 };
    if (m->signer.n > 0 && !kept_check(db, c, m, &why).failed)
        return OK;
    return why.code == ERR_NONE || why.code == ERR_BAD_TOKEN ? broken(c, "is not signed by us", e)
                                                             : fail(e, why.code, "%s", why.detail);
}

static result row_check(struct sql *db, struct checking *c, const struct manifest *m,
                        int64_t closed_ms, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct err why = { 0 };
    struct str previous = { 0 }, day = { 0 };
    int64_t revision = 0;

    if (!str_eq(digest_hex(c->page, digest_sha256(m->bytes)), m->hash))
        return broken(c, "was altered", e);
    TRY(signature_check(db, c, m, e));
    if (json_read(m->bytes, &o, &why).failed || json_want_str(o, "day", 10, &day, &why).failed ||
        json_want_int(o, "revision", 1, INT64_MAX, &revision, &why).failed ||
        json_want_str(o, "previous", 64, &previous, &why).failed)
        return broken(c, "is no manifest", e);
    if (!str_eq(day, c->day) || revision != c->revision)
        return broken(c, "is of another day or revision", e);
    return chain_check(db, c, closed_ms, previous, e);
}

static result page_check(struct sql *db, struct checking *c, bool *more, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count = 0;
    bool row;

    TRY(sql_find(db, SQL_RUN_DAY_SPAN, &rows, e, sql_t(c->from), sql_t(c->to), sql_t(c->day),
                 sql_t(c->provider), sql_t(c->account), sql_i(c->revision), sql_i(PAGE_ROWS)));
    for (;; count++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        c->provider = sql_text(rows, 0, c->a);
        c->account = sql_text(rows, 1, c->a);
        c->day = sql_text(rows, 2, c->a);
        c->revision = sql_int(rows, 3);
        arena_reset(c->page);
        const struct manifest m = { sql_text(rows, 5, c->page),
                                    sql_text(rows, 6, c->page),
                                    sql_text(rows, 7, c->page),
                                    sql_text(rows, 10, c->page),
                                    c->revision,
                                    0 };
        if (m.signature.n == 0)
            continue; /* under way */
        TRY(row_check(db, c, &m, sql_int(rows, 8), e));
        c->report->checked++;
    }
    *more = count == PAGE_ROWS;
    return OK;
}

static result check_all(struct sql *db, void *arg, struct err *e)
{
    struct checking *c = arg;
    bool more = true;

    *c->report = (struct manifest_report){ .why = STR("") };
    c->day = c->provider = c->account = STR("");
    c->revision = 0;
    while (more)
        TRY(page_check(db, c, &more, e));
    return OK;
}

result manifest_verify(const struct office *f, struct date from, struct date to, struct arena *a,
                       struct manifest_report *out, struct err *e)
{
    DEFER(arena_close) struct arena *page = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(key_set_close) struct key_set *keys = NULL;
    struct checking c = { .f = f, .a = a, .page = page, .report = out };

    if (f->keys == NULL)
        return fail(e, ERR_CONFIG, "no keys to check manifests with");
    keys = keyring_public(f->keys);
    c.keys = keys;
    c.from = date_iso(a, from);
    c.to = date_iso(a, to);
    return sql_read(f->till->store, check_all, &c, e);
}
