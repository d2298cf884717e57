/*
 * Redis, through hiredis: a bounded pool of connections, one command or one script for each
 * question, so that each is atomic.
 *
 * What is asked twice with the same outcome (put, get, drop, touch, ping) is asked again when the
 * connection breaks. The others are not: nobody knows whether the first one happened. Error texts
 * of Redis may quote arguments, so only their first word is passed on.
 */
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/waiting.h"
#include "store/kv_engine.h"
#include "store/seats.h"

#define CONNECTIONS_MAX 1024
#define FULL_KEY_BYTES  (KV_PREFIX_BYTES_MAX + KV_KEY_BYTES_MAX)
#define ERROR_BYTES     32

struct pool {
    struct seats *free;
    redisContext **links; /* NULL: not open */
    int count;
    const char *host; /* or the path of a socket, then port is 0 */
    int port;
    struct str password;
    struct str prefix;
    int64_t timeout_ms;
};

static const char swap_script[] = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
                                  "redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1";
/* The life starts with the first count and is not prolonged by the others. */
static const char count_script[] =
    "local n = redis.call('INCR', KEYS[1]) "
    "if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n";

/* hiredis writes to sockets that may be gone, and a library does not change what signals do: this
 * thread holds SIGPIPE back meanwhile. */
struct hush {
    sigset_t before;
};

static struct hush hush_begin(void)
{
    struct hush h;
    sigset_t pipe;

    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    must(pthread_sigmask(SIG_BLOCK, &pipe, &h.before) == 0);
    return h;
}

static void hush_end(const struct hush *h)
{
    const struct timespec now = { 0, 0 };
    sigset_t pipe;

    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    if (!sigismember(&h->before, SIGPIPE))
        (void)sigtimedwait(&pipe, NULL, &now);
    must(pthread_sigmask(SIG_SETMASK, &h->before, NULL) == 0);
}

/* Connections. */

static void link_close(redisContext **link)
{
    if (*link != NULL)
        redisFree(*link);
    *link = NULL;
}

static void reply_close(redisReply **r)
{
    if (*r != NULL)
        freeReplyObject(*r);
    *r = NULL;
}

static result sign_on(const struct pool *p, redisContext *link, struct err *e)
{
    redisReply *r DEFER(reply_close) = NULL;

    if (p->password.n == 0)
        return OK;
    r = redisCommand(link, "AUTH %b", p->password.p, p->password.n);
    if (r == NULL)
        return fail(e, ERR_STORE, "Redis: no answer to AUTH");
    if (r->type == REDIS_REPLY_ERROR)
        return fail(e, ERR_STORE, "Redis refuses the password");
    return OK;
}

/* Called with SIGPIPE held back. */
static result link_open(const struct pool *p, redisContext **link, struct err *e)
{
    const struct timeval limit = { p->timeout_ms / 1000,
                                   (suseconds_t)(p->timeout_ms % 1000) * 1000 };
    redisContext *l DEFER(link_close) = p->port == 0
                                            ? redisConnectUnixWithTimeout(p->host, limit)
                                            : redisConnectWithTimeout(p->host, p->port, limit);

    must(l != NULL);
    if (l->err != 0)
        return fail(e, ERR_STORE, "cannot connect to Redis: %s", l->errstr);
    if (redisSetTimeout(l, limit) != REDIS_OK)
        return fail(e, ERR_STORE, "Redis: no time limit: %s", l->errstr);
    TRY(sign_on(p, l, e));
    *link = l;
    l = NULL;
    return OK;
}

/* Between questions nothing may come in; what does is the end of the connection. */
static bool is_stale(const redisContext *link)
{
    struct pollfd fd = { .fd = link->fd, .events = POLLIN };

    return poll(&fd, 1, 0) != 0;
}

/* Questions. */

static redisReply *command(redisContext *link, const struct kv_question *q, struct str k)
{
    const long long ttl_s = q->ttl_s;

    switch (q->op) {
    case KV_PUT:
        return redisCommand(link, "SET %b %b EX %lld", k.p, k.n, q->value.p, q->value.n, ttl_s);
    case KV_ADD:
        return redisCommand(link, "SET %b %b NX EX %lld", k.p, k.n, q->value.p, q->value.n, ttl_s);
    case KV_GET:
        return redisCommand(link, "GET %b", k.p, k.n);
    case KV_TAKE:
        return redisCommand(link, "GETDEL %b", k.p, k.n);
    case KV_SWAP:
        return redisCommand(link, "EVAL %s 1 %b %b %b %lld", swap_script, k.p, k.n, q->expected.p,
                            q->expected.n, q->value.p, q->value.n, ttl_s);
    case KV_DROP:
        return redisCommand(link, "DEL %b", k.p, k.n);
    case KV_TOUCH:
        return redisCommand(link, "EXPIRE %b %lld", k.p, k.n, ttl_s);
    case KV_COUNT:
        return redisCommand(link, "EVAL %s 1 %b %lld", count_script, k.p, k.n, ttl_s);
    default:
        must(q->op == KV_PING);
        return redisCommand(link, "PING");
    }
}

static result understand(const struct kv_question *q, const redisReply *r, struct kv_answer *an,
                         struct err *e)
{
    switch (r->type) {
    case REDIS_REPLY_INTEGER:
        an->count = r->integer;
        an->yes = r->integer > 0;
        return OK;
    case REDIS_REPLY_NIL:
        an->yes = false;
        return OK;
    case REDIS_REPLY_STATUS:
        an->yes = true;
        return OK;
    case REDIS_REPLY_STRING:
        TRY(arena_may(q->arena, r->len, e));
        an->yes = true;
        an->value = str_dup(q->arena, str_of(r->str, r->len));
        return OK;
    default:
        return fail(e, ERR_STORE, "Redis: an answer of type %d", r->type);
    }
}

/* What was asked was not done, and this connection will not do: it has become a replica, or is
 * not ready yet. */
static bool is_elsewhere(struct str error)
{
    return str_starts(error, STR("READONLY")) || str_starts(error, STR("LOADING")) ||
           str_starts(error, STR("MASTERDOWN")) || str_starts(error, STR("NOAUTH"));
}

static bool is_repeatable(enum kv_op op)
{
    return op == KV_PING || op == KV_PUT || op == KV_GET || op == KV_DROP || op == KV_TOUCH;
}

/* *again: the question may be put once more, on a new connection. */
static result ask_link(struct pool *p, redisContext **link, const struct kv_question *q,
                       struct kv_answer *an, bool *again, struct err *e)
{
    redisReply *r DEFER(reply_close) = NULL;
    char text[FULL_KEY_BYTES];
    struct str first, rest;

    *again = false;
    if (*link != NULL && is_stale(*link))
        link_close(link);
    if (*link == NULL)
        TRY(link_open(p, link, e));
    if (p->prefix.n > 0)
        memcpy(text, p->prefix.p, p->prefix.n);
    if (q->key.n > 0)
        memcpy(text + p->prefix.n, q->key.p, q->key.n);
    r = command(*link, q, str_of(text, p->prefix.n + q->key.n));
    if (r == NULL) {
        const result lost = fail(e, ERR_STORE, "Redis: %s", (*link)->errstr);

        *again = is_repeatable(q->op);
        link_close(link);
        return lost;
    }
    if (r->type != REDIS_REPLY_ERROR)
        return understand(q, r, an, e);
    first = str_of(r->str, r->len);
    *again = is_elsewhere(first);
    if (*again)
        link_close(link);
    (void)str_cut(first, ' ', &first, &rest);
    return fail(e, ERR_STORE, "Redis: %.*s", STR_ARG(str_sub(first, 0, ERROR_BYTES)));
}

static result redis_ask(void *state, const struct kv_question *q, struct kv_answer *an,
                        struct err *e)
{
    struct pool *p = state;
    struct hush h;
    bool again;
    int seat;
    result r;

    waiting_tell();
    TRY(seats_take(p->free, p->timeout_ms, &seat, e));
    h = hush_begin();
    r = ask_link(p, &p->links[seat], q, an, &again, e);
    if (r.failed && again)
        r = ask_link(p, &p->links[seat], q, an, &again, e);
    hush_end(&h);
    seats_leave(p->free, seat);
    return r;
}

static result address_read(struct str address, struct arena *a, struct pool *p, struct err *e)
{
    struct str host = address;
    int64_t port = 0;

    if (str_starts(address, STR("unix:/"))) {
        p->host = str_cstr(a, str_from(address, 5));
        return OK;
    }
    while (host.n > 0 && host.p[host.n - 1] != ':') /* the last colon: IPv6 has more */
        host.n--;
    if (host.n < 2 || !str_to_i64(str_from(address, host.n), &port) || port < 1 || port > 65535)
        return fail(e, ERR_CONFIG, "the Redis address is neither host:port nor unix:/path");
    host.n--;
    if (host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = str_sub(host, 1, host.n - 2);
    p->host = str_cstr(a, host);
    p->port = (int)port;
    return OK;
}

static result redis_open(const struct kv_config *c, struct arena *a, void **state, struct err *e)
{
    struct pool *p = arena_new(a, struct pool);
    struct hush h;
    result opened;

    TRY(address_read(c->address, a, p, e));
    if (c->connections_max < 1 || c->connections_max > CONNECTIONS_MAX)
        return fail(e, ERR_CONFIG, "%d connections", c->connections_max);
    if (c->timeout_ms < 1)
        return fail(e, ERR_CONFIG, "a timeout of %lld ms", (long long)c->timeout_ms);
    p->count = c->connections_max;
    p->links = arena_array(a, redisContext *, (size_t)p->count);
    p->password = str_dup(a, c->password);
    p->prefix = str_dup(a, c->prefix);
    p->timeout_ms = c->timeout_ms;
    h = hush_begin();
    opened = link_open(p, &p->links[0], e); /* a wrong address is told now */
    hush_end(&h);
    TRY(opened);
    p->free = seats_open(a, p->count);
    *state = p;
    return OK;
}

static void redis_close(void *state)
{
    struct pool *p = state;

    for (int i = 0; i < p->count; i++)
        link_close(&p->links[i]);
    seats_close(&p->free);
}

const struct kv_engine kv_engine_redis = {
    .name = "redis",
    .open = redis_open,
    .close = redis_close,
    .ask = redis_ask,
};
