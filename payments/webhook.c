/*
 * Events and their endpoints. Attacker: a client that wants another's events, or more of a payment
 * than its id; one who reads the store and wants to forge events. Promised: an event goes to
 * endpoints of the order's own client, holds no personal data, and secrets are sealed at rest.
 */
#include "payments/webhook.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "store/sql.h"

#define KEEP_MS     (30 * 86400000LL)
#define SECRET_BITS 256

static const struct {
    const char *resource, *from, *to, *type;
} hooks[] = {
#define HOOK(resource, from, to, type) { #resource, from, to, type },
#include "payments/webhook.def"
#undef HOOK
};

const char *webhook_type_at(size_t i)
{
    return i < LEN(hooks) ? hooks[i].type : NULL;
}

const char *webhook_type(const char *resource, const char *from, const char *to)
{
    if (str_is(str_c(from), to))
        return NULL;
    for (size_t i = 0; i < LEN(hooks); i++)
        if (str_is(str_c(resource), hooks[i].resource) && str_is(str_c(to), hooks[i].to) &&
            (str_is(str_c(from), hooks[i].from) || str_is(STR("*"), hooks[i].from)))
            return hooks[i].type;
    return NULL;
}

result webhook_step_of(struct sql *db, const struct till *t, const struct webhook_subject *s,
                       const char *from, const char *to, struct arena *a, struct err *e)
{
    const char *type = webhook_type(s->resource, from, to);
    const int64_t now_ms = clock_now_ms(t->clock);

    if (type == NULL)
        return OK;
    return sql_run(db, SQL_WEBHOOK_PUT, e, sql_t(random_id(a, "evt_", now_ms)), sql_t(s->client_id),
                   sql_t(s->agency_id), sql_t(str_c(type)), sql_t(str_c(s->resource)), sql_t(s->id),
                   sql_i(now_ms));
}

result webhook_step(struct sql *db, const struct till *t, const struct order *o, const char *from,
                    const char *to, struct arena *a, struct err *e)
{
    const struct webhook_subject s = { o->agency_id, o->client_id, "payment", o->id };

    if (o->no_endpoints)
        return OK;
    return webhook_step_of(db, t, &s, from, to, a, e);
}

/* Endpoints. */

static bool is_type(struct str word)
{
    for (size_t i = 0; i < LEN(hooks); i++)
        if (str_is(word, hooks[i].type))
            return true;
    return false;
}

static result events_check(struct str events, struct err *e)
{
    struct str word;

    while (str_next(&events, ' ', &word))
        if (word.n > 0 && !is_type(word))
            return fail_field(e, ERR_INVALID, "events", "no such type");
    return OK;
}

static struct str secret_place(struct arena *a, struct str id)
{
    return str_cat(a, STR("webhook.secret:"), id);
}

static struct str secret_make(struct arena *a)
{
    return str_cat(a, STR("whsec_"), random_token(a, SECRET_BITS));
}

static result room_check(struct sql *db, struct str client_id, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_WEBHOOK_ENDPOINT_COUNT, &rows, e, sql_t(client_id)));
    TRY(sql_one(rows, e));
    return sql_int(rows, 0) < WEBHOOK_ENDPOINTS_MAX
               ? OK
               : fail(e, ERR_BUSINESS_RULE, "the client has %d endpoints", WEBHOOK_ENDPOINTS_MAX);
}

result webhook_add(struct sql *db, const struct till *t, struct webhook_endpoint *w,
                   struct arena *a, struct err *e)
{
    const int64_t now_ms = clock_now_ms(t->clock);

    TRY(events_check(w->events, e));
    TRY(room_check(db, w->client_id, e));
    w->id = random_id(a, "whe_", now_ms);
    w->secret = secret_make(a);
    w->enabled = true;
    w->created_ms = w->updated_ms = now_ms;
    return sql_run(db, SQL_WEBHOOK_ENDPOINT_INSERT, e, sql_t(w->id), sql_t(w->client_id),
                   sql_t(w->url), sql_t(w->events),
                   sql_b(seal_put(a, t->seal, secret_place(a, w->id), w->secret)),
                   sql_b((struct str){ "", 0 }), sql_i(now_ms));
}

static result changed_check(int64_t changed, struct err *e)
{
    return changed == 1 ? OK : fail(e, ERR_NOT_FOUND, "no such endpoint");
}

result webhook_rotate(struct sql *db, const struct till *t, struct webhook_endpoint *w,
                      int64_t keep_s, struct arena *a, struct err *e)
{
    const int64_t now_ms = clock_now_ms(t->clock);
    int64_t changed;

    w->secret = secret_make(a);
    w->old_until_ms = now_ms + keep_s * 1000;
    w->updated_ms = now_ms;
    TRY(sql_run_count(db, SQL_WEBHOOK_ENDPOINT_SET_SECRET, &changed, e, sql_t(w->id),
                      sql_t(w->client_id),
                      sql_b(seal_put(a, t->seal, secret_place(a, w->id), w->secret)),
                      sql_i(w->old_until_ms), sql_i(now_ms)));
    return changed_check(changed, e);
}

struct changing {
    const struct till *t;
    struct str client_id, id;
    bool removes, enables;
};

static result change(struct sql *db, void *arg, struct err *e)
{
    const struct changing *c = arg;
    const int64_t now_ms = clock_now_ms(c->t->clock);
    int64_t changed;

    if (c->removes)
        TRY(sql_run_count(db, SQL_WEBHOOK_ENDPOINT_REMOVE, &changed, e, sql_t(c->id),
                          sql_t(c->client_id)));
    else
        TRY(sql_run_count(db, SQL_WEBHOOK_ENDPOINT_SET_STATE, &changed, e, sql_t(c->id),
                          sql_t(c->client_id), sql_t(c->enables ? STR("enabled") : STR("disabled")),
                          sql_i(now_ms)));
    TRY(changed_check(changed, e));
    if (c->enables)
        return OK;
    return sql_run(db, SQL_WEBHOOK_DROP_WAITING, e, sql_t(c->id), sql_i(now_ms),
                   sql_i(now_ms + KEEP_MS));
}

result webhook_enable(const struct till *t, struct str client_id, struct str id, bool enabled,
                      struct err *e)
{
    struct changing c = { .t = t, .client_id = client_id, .id = id, .enables = enabled };

    return sql_transact(t->store, change, &c, e);
}

result webhook_remove(const struct till *t, struct str client_id, struct str id, struct err *e)
{
    struct changing c = { .t = t, .client_id = client_id, .id = id, .removes = true };

    return sql_transact(t->store, change, &c, e);
}

struct finding {
    const struct till *t;
    struct str client_id, id;
    struct arena *a;
    struct webhook_endpoint *list;
    size_t count;
};

static result endpoint_read(const struct sql_rows *rows, const struct finding *f,
                            struct webhook_endpoint *w, struct err *e)
{
    struct arena *a = f->a;

    *w = (struct webhook_endpoint){ .id = sql_text(rows, 0, a),
                                    .client_id = sql_text(rows, 1, a),
                                    .url = sql_text(rows, 2, a),
                                    .events = sql_text(rows, 3, a),
                                    .enabled = str_is(sql_text(rows, 4, a), "enabled"),
                                    .old_until_ms = sql_int(rows, 7),
                                    .created_ms = sql_int(rows, 8),
                                    .updated_ms = sql_int(rows, 9) };
    TRY(seal_get(a, f->t->seal, secret_place(a, w->id), sql_bytes(rows, 5, a), &w->secret, e));
    if (w->old_until_ms <= clock_now_ms(f->t->clock))
        return OK;
    return seal_get(a, f->t->seal, secret_place(a, w->id), sql_bytes(rows, 6, a), &w->old_secret,
                    e);
}

static result one_find(struct sql *db, void *arg, struct err *e)
{
    struct finding *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_WEBHOOK_ENDPOINT_FIND, &rows, e, sql_t(f->id)));
    TRY(sql_one(rows, e));
    TRY(endpoint_read(rows, f, f->list, e));
    if (f->client_id.n > 0 && !str_eq(f->client_id, f->list->client_id))
        return fail(e, ERR_NOT_FOUND, "endpoint of another client");
    return OK;
}

result webhook_load(const struct till *t, struct str client_id, struct str id, struct arena *a,
                    struct webhook_endpoint *out, struct err *e)
{
    struct webhook_endpoint w;
    struct finding f = { .t = t, .client_id = client_id, .id = id, .a = a, .list = &w };

    TRY(sql_read(t->store, one_find, &f, e));
    *out = w;
    return OK;
}

static result all_find(struct sql *db, void *arg, struct err *e)
{
    struct finding *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    f->count = 0;
    TRY(sql_find(db, SQL_WEBHOOK_ENDPOINT_LIST, &rows, e, sql_t(f->client_id),
                 sql_i(WEBHOOK_LIST_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || f->count == WEBHOOK_LIST_MAX)
            return OK;
        TRY(endpoint_read(rows, f, &f->list[f->count++], e));
    }
}

result webhook_list(const struct till *t, struct str client_id, struct arena *a,
                    struct webhook_endpoint **out, size_t *count, struct err *e)
{
    struct finding f = { .t = t, .client_id = client_id, .a = a };

    f.list = arena_array(a, struct webhook_endpoint, WEBHOOK_LIST_MAX);
    TRY(sql_read(t->store, all_find, &f, e));
    *out = f.list;
    *count = f.count;
    return OK;
}
