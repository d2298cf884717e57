#include "store/audit.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "store/sql_engine.h"

#define LINE_ARENA_BYTES  ((size_t)16 << 20)  /* a row and its JSON, every byte escaped */
#define LINES_ARENA_BYTES ((size_t)256 << 20) /* of one transaction */
#define PAGE_ROWS         200
#define NAME_BYTES_MAX    1024 /* of actor and subject: PostgreSQL indexes no more than 2704 */
#define ACTION_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_."

static const char chain_start[DIGEST_BYTES]; /* the hash before the first row: zeros */

/* A row as it is hashed. */
struct line {
    int64_t slot, seq, at_ms;
    struct audit_event event; /* without its detail */
    struct str detail;        /* canonical JSON, or empty */
};

static bool is_text(const struct line *l)
{
    const struct audit_event *ev = &l->event;

    return utf8_is_valid(ev->actor) && utf8_is_valid(ev->action) && utf8_is_valid(ev->subject) &&
           utf8_is_valid(ev->request_id) && utf8_is_valid(ev->ip) && utf8_is_valid(l->detail);
}

static size_t text_bytes(const struct line *l)
{
    const struct audit_event *ev = &l->event;

    return ev->actor.n + ev->action.n + ev->subject.n + ev->request_id.n + ev->ip.n + l->detail.n;
}

/* The detail goes in as the text it is kept as: nothing is read back into JSON to verify it. */
static struct digest line_hash(const struct line *l, struct str before, struct arena *a)
{
    const struct audit_event *ev = &l->event;
    struct json *o DEFER(json_close) = json_object();

    json_put_int(o, "slot", l->slot);
    json_put_int(o, "seq", l->seq);
    json_put_int(o, "at_ms", l->at_ms);
    json_put_str(o, "actor", ev->actor);
    json_put_str(o, "action", ev->action);
    json_put_str(o, "subject", ev->subject);
    json_put_str(o, "request_id", ev->request_id);
    json_put_str(o, "ip", ev->ip);
    json_put_int(o, "port", ev->port);
    json_put_str(o, "detail", l->detail);
    return digest_sha256(str_cat(a, before, json_print_canonical(a, o)));
}

/* Appending. */

/* The rows of a transaction under way, written together at its end. */
struct waiting {
    struct line line;
    struct waiting *next;
};

struct queue {
    struct waiting *first, *last;
    int64_t count;
};

static result head_take(struct sql *db, int64_t count, int64_t *seq, struct str *before,
                        bool *found, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;

    TRY(sql_find(db, SQL_AUDIT_HEAD_TAKE, &r, e, sql_i(sql_slot(db)), sql_i(count)));
    TRY(sql_next(r, found, e));
    if (!*found)
        return OK;
    *seq = sql_int(r, 0) - count;
    *before = sql_bytes(r, 1, db->last_arena);
    return OK;
}

/* *seq: the number of the last row that is there. */
static result head_take_or_make(struct sql *db, int64_t count, int64_t *seq, struct str *before,
                                struct err *e)
{
    bool found;

    TRY(head_take(db, count, seq, before, &found, e));
    if (found)
        return OK;
    TRY(sql_run(db, SQL_AUDIT_HEAD_INSERT, e, sql_i(sql_slot(db)),
                sql_b(str_of(chain_start, DIGEST_BYTES))));
    TRY(head_take(db, count, seq, before, &found, e));
    return found ? OK : fail(e, ERR_STORE, "audit chain %d has no head", sql_slot(db));
}

static result event_check(const struct audit_event *ev, struct err *e)
{
    if (ev->actor.n == 0 || ev->action.n == 0 || !str_all_in(ev->action, ACTION_CHARACTERS))
        return fail(e, ERR_INTERNAL, "an audit event without actor or action");
    if (ev->actor.n > NAME_BYTES_MAX || ev->subject.n > NAME_BYTES_MAX)
        return fail(e, ERR_TOO_LARGE, "an audit event whose names have %zu and %zu bytes",
                    ev->actor.n, ev->subject.n);
    if (ev->port < 0 || ev->port > UINT16_MAX)
        return fail(e, ERR_INTERNAL, "an audit event from port %lld", (long long)ev->port);
    if (ev->detail != NULL && !json_is_object(ev->detail))
        return fail(e, ERR_INTERNAL, "an audit event whose detail is no object");
    return OK;
}

static result line_save(struct sql *db, const struct line *l, struct str hash, struct err *e)
{
    const struct audit_event *ev = &l->event;

    return sql_put(db, SQL_AUDIT_LOG_INSERT, e, sql_i(l->slot), sql_i(l->seq), sql_i(l->at_ms),
                   sql_t(ev->actor), sql_t(ev->action), sql_t(ev->subject), sql_t(ev->request_id),
                   sql_t(ev->ip), sql_i(ev->port), sql_t(l->detail), sql_b(hash));
}

static result queue_save(struct sql *db, void *arg, struct err *e)
{
    const struct queue *q = arg;
    struct str before;
    int64_t seq = 0;

    TRY(head_take_or_make(db, q->count, &seq, &before, e));
    for (struct waiting *w = q->first; w != NULL; w = w->next) {
        struct digest *hash = arena_new(db->last_arena, struct digest);

        w->line.seq = ++seq;
        *hash = line_hash(&w->line, before, db->last_arena);
        before = digest_str(hash);
        TRY(line_save(db, &w->line, before, e));
    }
    return sql_run(db, SQL_AUDIT_HEAD_SAVE, e, sql_i(sql_slot(db)), sql_b(before));
}

static void line_own(struct line *l, struct arena *a)
{
    struct str *const texts[] = { &l->event.actor, &l->event.action, &l->event.subject,
                                  &l->event.request_id, &l->event.ip };

    for (size_t i = 0; i < LEN(texts); i++)
        *texts[i] = str_dup(a, *texts[i]);
    l->event.detail = NULL;
}

static void queue_join(struct sql *db, const struct line *l)
{
    struct waiting *w = arena_new(db->last_arena, struct waiting);
    struct queue *q = db->last_arg;

    if (db->last == NULL) {
        q = arena_new(db->last_arena, struct queue);
        db->last = queue_save;
        db->last_arg = q;
    }
    w->line = *l;
    line_own(&w->line, db->last_arena);
    if (q->first == NULL)
        q->first = w;
    else
        q->last->next = w;
    q->last = w;
    q->count++;
}

result audit_append(struct sql *db, int64_t now_ms, const struct audit_event *ev, struct err *e)
{
    struct line l = { .slot = sql_slot(db), .at_ms = now_ms, .event = *ev };

    TRY(event_check(ev, e));
    if (db->last_arena == NULL)
        db->last_arena = arena_open(LINES_ARENA_BYTES);
    if (ev->detail != NULL)
        l.detail = json_print_canonical(db->last_arena, ev->detail);
    if (!is_text(&l))
        return fail(e, ERR_NOT_UTF8, "an audit event");
    if (text_bytes(&l) > LIMIT_JSON_BYTES)
        return fail(e, ERR_TOO_LARGE, "an audit event of %zu bytes", text_bytes(&l));
    queue_join(db, &l);
    return OK;
}

struct writing {
    int64_t now_ms;
    const struct audit_event *event;
};

static result write_alone(struct sql *db, void *arg, struct err *e)
{
    const struct writing *w = arg;

    return audit_append(db, w->now_ms, w->event, e);
}

result audit_write(struct sql_pool *p, int64_t now_ms, const struct audit_event *ev, struct err *e)
{
    struct writing w = { now_ms, ev };

    return sql_transact(p, write_alone, &w, e);
}

/* Verifying. */

struct chain {
    int64_t slot, seq;       /* of the head */
    int64_t verified;        /* number of the last good row */
    char hash[DIGEST_BYTES]; /* and its hash */
    struct digest head;
};

static result broken(const struct chain *c, const char *how, struct err *e)
{
    return fail(e, ERR_BROKEN_CHAIN, "audit chain %lld, row %lld: %s", (long long)c->slot,
                (long long)c->verified + 1, how);
}

static struct line line_read(const struct sql_rows *r, int64_t slot, struct arena *a)
{
    return (struct line){ .slot = slot,
                          .seq = sql_int(r, 0),
                          .at_ms = sql_int(r, 1),
                          .event = { .actor = sql_text(r, 2, a),
                                     .action = sql_text(r, 3, a),
                                     .subject = sql_text(r, 4, a),
                                     .request_id = sql_text(r, 5, a),
                                     .ip = sql_text(r, 6, a),
                                     .port = sql_int(r, 7) },
                          .detail = sql_text(r, 8, a) };
}

/* All columns but the numbers. */
static size_t row_bytes(const struct sql_rows *r)
{
    static const int columns[] = { 2, 3, 4, 5, 6, 8, 9 };
    size_t n = 0;

    for (size_t i = 0; i < LEN(columns); i++)
        n += sql_length(r, columns[i]);
    return n;
}

static result line_verify(struct chain *c, const struct sql_rows *r, struct arena *a, struct err *e)
{
    struct digest hash;
    struct line l;

    if (sql_int(r, 0) != c->verified + 1)
        return broken(c, "is missing", e);
    if (sql_int(r, 0) > c->seq)
        return broken(c, "is not known to the head", e);
    if (row_bytes(r) > LIMIT_JSON_BYTES + DIGEST_BYTES)
        return broken(c, "is longer than any that was written", e);
    l = line_read(r, c->slot, a);
    if (!is_text(&l))
        return broken(c, "holds no text", e);
    hash = line_hash(&l, str_of(c->hash, DIGEST_BYTES), a);
    if (!str_eq(digest_str(&hash), sql_bytes(r, 9, a)))
        return broken(c, "does not match its hash", e);
    memcpy(c->hash, hash.bytes, DIGEST_BYTES);
    c->verified = l.seq;
    return OK;
}

static result page_verify(struct sql *db, struct chain *c, bool *more, struct arena *a,
                          struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;

    TRY(sql_find(db, SQL_AUDIT_LOG_PAGE, &r, e, sql_i(c->slot), sql_i(c->verified),
                 sql_i(PAGE_ROWS)));
    for (int i = 0; i < PAGE_ROWS; i++) {
        TRY(sql_next(r, more, e));
        if (!*more)
            return OK;
        TRY(line_verify(c, r, a, e));
        arena_reset(a);
    }
    return OK;
}

static result chain_verify(struct sql *db, struct chain *c, struct err *e)
{
    struct arena *a DEFER(arena_close) = arena_open(LINE_ARENA_BYTES);
    bool more = true;

    while (more)
        TRY(page_verify(db, c, &more, a, e));
    if (c->verified < c->seq)
        return broken(c, "is missing at the end", e);
    if (memcmp(c->hash, c->head.bytes, DIGEST_BYTES) != 0)
        return broken(c, "the head is not of the row before", e);
    return OK;
}

/* A chain whose head was removed. */
static result strays_verify(struct sql *db, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;
    bool stray;

    TRY(sql_find_plain(db, SQL_AUDIT_LOG_STRAY, &r, e));
    TRY(sql_next(r, &stray, e));
    if (stray)
        return fail(e, ERR_BROKEN_CHAIN, "audit chain %lld, row %lld: the chain has no head",
                    (long long)sql_int(r, 0), (long long)sql_int(r, 1));
    return OK;
}

static result head_read(const struct sql_rows *r, struct chain *c, struct arena *a, struct err *e)
{
    *c = (struct chain){ .slot = sql_int(r, 0), .seq = sql_int(r, 1) };
    if (sql_length(r, 2) != DIGEST_BYTES)
        return broken(c, "the head holds no hash", e);
    memcpy(c->head.bytes, sql_bytes(r, 2, a).p, DIGEST_BYTES);
    return OK;
}

static result verify(struct sql *db, void *arg, struct err *e)
{
    struct arena *a DEFER(arena_close) = arena_open(LINE_ARENA_BYTES);
    struct sql_rows *r DEFER(sql_end) = NULL;
    int64_t *rows = arg;
    struct chain c;
    bool more;

    *rows = 0;
    TRY(strays_verify(db, e));
    TRY(sql_find_plain(db, SQL_AUDIT_HEAD_LIST, &r, e));
    TRY(sql_next(r, &more, e));
    while (more) {
        TRY(head_read(r, &c, a, e));
        TRY(chain_verify(db, &c, e));
        *rows += c.verified;
        TRY(sql_next(r, &more, e));
    }
    return OK;
}

result audit_verify(struct sql_pool *p, int64_t *rows, struct err *e)
{
    int64_t counted = 0;

    TRY(sql_read(p, verify, &counted, e));
    *rows = counted;
    return OK;
}
