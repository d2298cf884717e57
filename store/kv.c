#include "store/kv.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/kv_engine.h"

#define KV_ARENA_BYTES ((size_t)4 << 20)
#define TTL_S_MAX      (INT64_C(400) * 24 * 3600) /* what must last longer is a fact: store/sql.h */

struct kv {
    const struct kv_engine *engine;
    struct arena *arena;
    void *state;
};

result kv_open(const struct kv_config *c, struct kv **out, struct err *e)
{
    struct kv *k DEFER(kv_close) = NULL;
    struct arena *a;

    if (c->prefix.n > KV_PREFIX_BYTES_MAX)
        return fail(e, ERR_CONFIG, "a key prefix of %zu bytes", c->prefix.n);
    a = arena_open_clean(KV_ARENA_BYTES); /* it holds the password */
    k = arena_new(a, struct kv);
    k->arena = a;
    k->engine = c->redis ? &kv_engine_redis : &kv_engine_memory;
    TRY(k->engine->open(c, a, &k->state, e));
    *out = k;
    k = NULL;
    return OK;
}

void kv_close(struct kv **k)
{
    struct arena *a;

    if (*k == NULL)
        return;
    a = (*k)->arena;
    if ((*k)->state != NULL)
        (*k)->engine->close((*k)->state);
    arena_close(&a);
    *k = NULL;
}

const char *kv_engine(const struct kv *k)
{
    return k->engine->name;
}

/* The kind is the program's own; the rest may come from a stranger. Neither is quoted: an id may be
 * a session's. */
static result question_check(const struct kv_question *q, struct err *e)
{
    const bool lives = q->op != KV_GET && q->op != KV_TAKE && q->op != KV_DROP && q->op != KV_PING;

    if (q->op == KV_PING)
        return OK;
    if (str_find(q->key, ':') == 0 || str_find(q->key, ':') == q->key.n)
        return fail(e, ERR_INTERNAL, "a key without its kind");
    if (q->key.n > KV_KEY_BYTES_MAX)
        return fail(e, ERR_TOO_LARGE, "a key of %zu bytes", q->key.n);
    if (q->value.n > KV_VALUE_BYTES_MAX || q->expected.n > KV_VALUE_BYTES_MAX)
        return fail(e, ERR_TOO_LARGE, "a value of %zu bytes", q->value.n);
    if (lives && (q->ttl_s < 1 || q->ttl_s > TTL_S_MAX))
        return fail(e, ERR_INTERNAL, "a time to live of %lld s", (long long)q->ttl_s);
    return OK;
}

static result ask(struct kv *k, struct kv_question q, struct kv_answer *an, struct err *e)
{
    *an = (struct kv_answer){ .yes = false };
    TRY(question_check(&q, e));
    return k->engine->ask(k->state, &q, an, e);
}

result kv_ping(struct kv *k, struct err *e)
{
    struct kv_answer an;

    return ask(k, (struct kv_question){ .op = KV_PING }, &an, e);
}

result kv_put(struct kv *k, struct str key, struct str value, int64_t ttl_s, struct err *e)
{
    struct kv_answer an;

    return ask(k, (struct kv_question){ .op = KV_PUT, .key = key, .value = value, .ttl_s = ttl_s },
               &an, e);
}

result kv_add(struct kv *k, struct str key, struct str value, int64_t ttl_s, bool *added,
              struct err *e)
{
    struct kv_answer an;

    TRY(ask(k, (struct kv_question){ .op = KV_ADD, .key = key, .value = value, .ttl_s = ttl_s },
            &an, e));
    *added = an.yes;
    return OK;
}

static result read_value(struct kv *k, struct kv_question q, bool *found, struct str *value,
                         struct err *e)
{
    struct kv_answer an;

    TRY(ask(k, q, &an, e));
    *found = an.yes;
    if (an.yes)
        *value = an.value;
    return OK;
}

result kv_get(struct kv *k, struct arena *a, struct str key, bool *found, struct str *value,
              struct err *e)
{
    return read_value(k, (struct kv_question){ .op = KV_GET, .key = key, .arena = a }, found, value,
                      e);
}

result kv_take(struct kv *k, struct arena *a, struct str key, bool *found, struct str *value,
               struct err *e)
{
    return read_value(k, (struct kv_question){ .op = KV_TAKE, .key = key, .arena = a }, found,
                      value, e);
}

result kv_swap(struct kv *k, struct str key, struct str expected, struct str value, int64_t ttl_s,
               bool *swapped, struct err *e)
{
    const struct kv_question q = {
        .op = KV_SWAP, .key = key, .expected = expected, .value = value, .ttl_s = ttl_s
    };
    struct kv_answer an;

    TRY(ask(k, q, &an, e));
    *swapped = an.yes;
    return OK;
}

result kv_drop(struct kv *k, struct str key, struct err *e)
{
    struct kv_answer an;

    return ask(k, (struct kv_question){ .op = KV_DROP, .key = key }, &an, e);
}

result kv_touch(struct kv *k, struct str key, int64_t ttl_s, bool *found, struct err *e)
{
    struct kv_answer an;

    TRY(ask(k, (struct kv_question){ .op = KV_TOUCH, .key = key, .ttl_s = ttl_s }, &an, e));
    *found = an.yes;
    return OK;
}

result kv_count(struct kv *k, struct str key, int64_t ttl_s, int64_t *count, struct err *e)
{
    struct kv_answer an;

    TRY(ask(k, (struct kv_question){ .op = KV_COUNT, .key = key, .ttl_s = ttl_s }, &an, e));
    *count = an.count;
    return OK;
}
