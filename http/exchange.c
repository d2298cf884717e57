/*
 * Attacker: anyone who can send bytes to the listener. Promise: a handler sees only requests that
 * passed the gate, with a whole body within its route's limit; memory is bounded before it is
 * taken and wiped when it is given back; every stage but a running handler has an end in time. Not
 * done: stopping a handler that runs too long. Its own time-outs (store, partners) bound it, and
 * its late answer is still the true one; only a request that waited in a queue past its deadline is
 * answered 503 unserved.
 */
#include "http/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"

#define BODY_FIRST_BYTES  4096
#define LARGE_BODY_BYTES  (1024 * 1024)
#define SEND_BYTES_PER_MS 16 /* a client that reads more slowly is cut off */
#define OVER_BYTES_MAX    65536
#define REQUEST_ID_BYTES  64
#define LINE_BYTES        80
#define ANSWER_HEAD_BYTES 4096

struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    struct arena *arena;
    struct request rq;
    struct response rs;
    const struct route *route;
    const char *uri_at; /* where the target lies, for the gate */
    const char *last_line_at, *head_end;
    bool trailer, data_seen;
    size_t uri_bytes;
    struct str uri; /* a copy; empty when it is too long */
    int64_t start_us, deadline_ms;
    struct MHD_Response *answer; /* ready to be sent */
    unsigned char *body;
    size_t body_bytes, body_cap, body_max;
    size_t over_bytes; /* of a body over its limit: counted, not kept */
    bool crowded;      /* over the limit of all large bodies, not its own */
    bool head_read, answered;
};

int64_t exchange_monotonic_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* -- the connection ---------------------------------------------------------------------------- */

static int64_t head_until_ms(const struct server *s)
{
    return exchange_monotonic_us() / 1000 + s->config.idle_ms + s->config.deadline_ms;
}

static void peer_open(struct server *s, struct MHD_Connection *connection, struct peer **out)
{
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct peer *p = calloc(1, sizeof(*p));

    must(p != NULL && fd != NULL);
    p->fd = fd->connect_fd;
    atomic_store(&p->until_ms, head_until_ms(s));
    (void)pthread_mutex_lock(&s->peers_lock);
    p->older = s->peers;
    if (p->older != NULL)
        p->older->newer = p;
    s->peers = p;
    (void)pthread_mutex_unlock(&s->peers_lock);
    atomic_fetch_add(&s->peer_count, 1);
    *out = p;
}

static void peer_close(struct server *s, struct peer *p)
{
    (void)pthread_mutex_lock(&s->peers_lock);
    if (p->older != NULL)
        p->older->newer = p->newer;
    if (p->newer != NULL)
        p->newer->older = p->older;
    else
        s->peers = p->older;
    (void)pthread_mutex_unlock(&s->peers_lock);
    atomic_fetch_sub(&s->peer_count, 1);
    free(p);
}

void exchange_peer(void *cls, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        struct peer *p;

        peer_open(cls, connection, &p);
        *socket_context = p;
    } else if (*socket_context != NULL) {
        struct server *s = cls;
        const struct peer *p = *socket_context;
        int unread = 0;

        if (p->refused || (ioctl(p->fd, FIONREAD, &unread) == 0 && unread > 0))
            linger_add(&s->lingering, p->fd, exchange_monotonic_us() / 1000);
        peer_close(s, *socket_context);
        *socket_context = NULL;
    }
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    must(info != NULL && info->socket_context != NULL);
    return info->socket_context;
}

/* -- begin and end ----------------------------------------------------------------------------- */

void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct server *s = cls;
    struct exchange *x = calloc(1, sizeof(*x));
    struct peer *p = peer_of(connection);

    must(x != NULL);
    x->server = s;
    x->connection = connection;
    x->arena = arena_open_clean(LIMIT_ARENA_REQUEST_BYTES);
    x->uri_at = uri;
    x->uri_bytes = strlen(uri);
    if (x->uri_bytes <= LIMIT_URI_BYTES)
        x->uri = str_dup(x->arena, str_of(uri, x->uri_bytes));
    x->start_us = exchange_monotonic_us();
    x->deadline_ms = x->start_us / 1000 + s->config.deadline_ms;
    x->rq.arena = x->arena;
    x->rq.id = x->rq.path = x->rq.query = x->rq.body = x->rq.ip = STR("");
    x->rq.start_ms = clock_now_ms(s->config.clock);
    x->rs.arena = x->arena;
    atomic_store(&p->until_ms, x->deadline_ms);
    atomic_store(&p->busy, true);
    atomic_fetch_add(&s->exchange_count, 1);
    return x;
}

static int64_t large_bytes(size_t cap)
{
    return cap > LARGE_BODY_BYTES ? (int64_t)cap : 0;
}

static void body_free(struct exchange *x)
{
    if (x->body != NULL)
        explicit_bzero(x->body, x->body_cap);
    free(x->body);
    atomic_fetch_sub(&x->server->large_bytes, large_bytes(x->body_cap));
    x->body = NULL;
    x->body_cap = 0;
}

void exchange_end(void *cls, struct MHD_Connection *connection, void **con_cls,
                  enum MHD_RequestTerminationCode why)
{
    struct server *s = cls;
    struct exchange *x = *con_cls;
    struct peer *p = peer_of(connection);

    (void)why;
    if (x == NULL)
        return;
    if (x->answered && s->config.answered != NULL)
        s->config.answered(s->config.app, &x->rq, &x->rs, exchange_monotonic_us() - x->start_us);
    if (x->answer != NULL)
        MHD_destroy_response(x->answer);
    body_free(x);
    arena_close(&x->arena);
    free(x);
    *con_cls = NULL;
    atomic_store(&p->until_ms, head_until_ms(s));
    atomic_store(&p->busy, false);
    atomic_fetch_sub(&s->exchange_count, 1);
}

/* -- the answer -------------------------------------------------------------------------------- */

static void answer_make(struct exchange *x)
{
    struct response *rs = &x->rs;
    enum MHD_Result ok = MHD_YES;

    must(rs->status >= 200 && rs->status <= 599 && x->answer == NULL);
    x->answer = MHD_create_response_from_buffer(rs->body.n, (void *)(uintptr_t)rs->body.p,
                                                MHD_RESPMEM_PERSISTENT);
    must(x->answer != NULL);
    if (atomic_load(&x->server->stopping))
        rs->close = true;
    for (size_t i = 0; i < rs->header_count && ok == MHD_YES; i++)
        if (rs->headers[i].value.n > 0)
            ok = MHD_add_response_header(x->answer, rs->headers[i].name,
                                         str_cstr(x->arena, rs->headers[i].value));
    if (rs->close && ok == MHD_YES)
        ok = MHD_add_response_header(x->answer, "Connection", "close");
    must(ok == MHD_YES);
}

static enum MHD_Result answer_send(struct exchange *x)
{
    const int64_t time_ms =
        x->server->config.deadline_ms + (int64_t)(x->rs.body.n / SEND_BYTES_PER_MS);

    atomic_store(&peer_of(x->connection)->until_ms, exchange_monotonic_us() / 1000 + time_ms);
    x->answered = true;
    return MHD_queue_response(x->connection, (unsigned)x->rs.status, x->answer);
}

static void refuse_fill(struct exchange *x, enum err_code code)
{
    struct response *rs = &x->rs;

    x->server->config.refuse(x->server->config.app, &x->rq, code, rs);
    if (code == ERR_BUSY)
        response_header_set(rs, "Retry-After", STR("1"));
}

static enum MHD_Result refuse(struct exchange *x, enum err_code code, bool close)
{
    refuse_fill(x, code);
    x->rs.close = x->rs.close || close;
    peer_of(x->connection)->refused = close;
    answer_make(x);
    return answer_send(x);
}

/* -- the head ---------------------------------------------------------------------------------- */

struct collect {
    struct exchange *x;
    struct gate_head *head;
};

static enum MHD_Result line_collect(void *cls, enum MHD_ValueKind kind, const char *name,
                                    size_t name_n, const char *value, size_t value_n)
{
    struct gate_head *h = ((struct collect *)cls)->head;

    (void)kind;
    h->line_total++;
    if (h->line_count < LIMIT_HEADER_COUNT)
        h->lines[h->line_count++] = (struct pair){ { name, name_n }, { value, value_n } };
    return MHD_YES;
}

/* The library shows the head's last line again as a trailer when the last chunk came in pieces. */
static enum MHD_Result trailer_note(void *cls, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct exchange *x = cls;

    (void)kind, (void)value;
    x->trailer = x->trailer || name != x->last_line_at;
    return MHD_YES;
}

static bool id_is_plain(struct str id)
{
    return id.n > 0 && id.n <= REQUEST_ID_BYTES &&
           str_all_in(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.-");
}

static void id_make(struct exchange *x)
{
    struct server *s = x->server;
    const uint64_t n = atomic_fetch_add(&s->id_next, 1);

    x->rq.id = str_fmt(x->arena, "%016llx%08llx", (unsigned long long)s->id_first,
                       (unsigned long long)(n & 0xffffffff));
}

/* Lines outlive the connection's memory: a worker reads them while it may be cleared. */
static void request_fill(struct exchange *x, const struct gate_head *h)
{
    struct request *rq = &x->rq;
    const size_t mark = str_find(x->uri, '?');

    rq->path = str_sub(x->uri, 0, mark);
    rq->query = mark < x->uri.n ? str_from(x->uri, mark + 1) : STR("");
    for (size_t i = 0; i < h->line_count; i++)
        rq->headers[i] = (struct pair){ str_dup(x->arena, h->lines[i].name),
                                        str_dup(x->arena, str_trim(h->lines[i].value)) };
    rq->header_count = h->line_count;
    (void)method_find(h->method, &rq->method);
}

static result origin_read(struct exchange *x, struct err *e)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr unknown = { .sa_family = AF_UNIX };
    const struct sockaddr *sa = info == NULL ? &unknown : info->client_addr;
    bool trusted;

    TRY(proxy_apply(&x->server->proxies, sa, &x->rq, &trusted, e));
    if (trusted && id_is_plain(request_header(&x->rq, "X-Request-Id")))
        x->rq.id = request_header(&x->rq, "X-Request-Id");
    return OK;
}

/* What the library keeps in the connection's memory for a line or a cookie beside its text. */
static size_t kept_bytes(const struct pair *line)
{
    size_t bytes = LINE_BYTES;

    if (!str_eq_nocase(line->name, STR("Cookie")))
        return bytes;
    for (size_t i = 0; i < line->value.n; i++)
        bytes += line->value.p[i] == ';' ? LINE_BYTES + 1 : 1; /* it keeps a copy, cut in pieces */
    return bytes + LINE_BYTES;
}

/* The answer's head shares that memory, and the library closes silently where it does not fit. */
static result room_check(const struct gate_head *h, struct err *e)
{
    const size_t head = (size_t)(gate_head_end(h) - h->method.p);
    size_t bytes = head + ANSWER_HEAD_BYTES;

    for (size_t i = 0; i < h->line_count; i++)
        bytes += kept_bytes(&h->lines[i]);
    if (head > LIMIT_HEADER_BYTES || bytes > CONNECTION_MEMORY_BYTES)
        return fail(e, ERR_HEADERS_LARGE, "head of %zu bytes", head);
    return OK;
}

static result head_check(struct exchange *x, const struct gate_head *h, struct gate_body *body,
                         struct err *e)
{
    if (x->uri.p == NULL)
        return fail(e, ERR_URI_TOO_LONG, "%zu bytes", x->uri_bytes);
    TRY(gate_check_uri(x->uri, e));
    TRY(gate_check(h, body, e));
    TRY(room_check(h, e));
    request_fill(x, h);
    return origin_read(x, e);
}

static bool large_fits(struct server *s, int64_t bytes)
{
    return bytes <= s->config.large_bodies_bytes_max - atomic_load(&s->large_bytes);
}

/* 413 before the body is read; the connection closes, for the body would follow. */
static result body_expect(struct exchange *x, const struct gate_body *body, struct err *e)
{
    const int64_t max = x->route->body_bytes_max;

    if (body->bytes > max || (body->chunked && max == 0))
        return fail(e, ERR_TOO_LARGE, "body over %lld bytes", (long long)max);
    if (body->bytes > LARGE_BODY_BYTES && !large_fits(x->server, body->bytes))
        return fail(e, ERR_BUSY, "too many large bodies");
    x->body_max = (size_t)max;
    return OK;
}

static enum MHD_Result head_read(struct exchange *x, const char *method, const char *version)
{
    struct gate_head h = { .method = str_c(method),
                           .uri = { x->uri_at, x->uri_bytes },
                           .version = str_c(version) };
    struct collect c = { x, &h };
    struct gate_body body = { false, 0 };
    struct str allow = STR("");
    struct err e = { .code = ERR_NONE };

    x->head_read = true;
    id_make(x);
    (void)MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, line_collect, &c);
    if (head_check(x, &h, &body, &e).failed)
        return refuse(x, e.code, true);
    x->last_line_at = h.lines[h.line_count - 1].name.p;
    x->head_end = gate_head_end(&h);
    if (route_find(x->server->routes, &x->rq, &x->route, &allow, &e).failed) {
        if (allow.n > 0)
            response_header(&x->rs, "Allow", allow);
        return refuse(x, e.code, body.chunked || body.bytes > 0);
    }
    if (body_expect(x, &body, &e).failed)
        return refuse(x, e.code, true);
    return MHD_YES;
}

/* -- the body ---------------------------------------------------------------------------------- */

/* Grows by doubling, so that memory follows what was sent, not what was announced. Only
 * who drives the library takes memory, one at a time, so that nobody comes between look and take.
 */
static bool body_grow(struct exchange *x, size_t need)
{
    size_t cap = x->body_cap > 0 ? x->body_cap : BODY_FIRST_BYTES;
    unsigned char *p;

    while (cap < need)
        cap *= 2;
    if (!large_fits(x->server, large_bytes(cap)))
        return false;
    atomic_fetch_add(&x->server->large_bytes, large_bytes(cap));
    p = malloc(cap);
    must(p != NULL);
    if (x->body_bytes > 0)
        memcpy(p, x->body, x->body_bytes);
    body_free(x);
    x->body = p;
    x->body_cap = cap;
    return true;
}

static bool is_chunked(const struct exchange *x)
{
    return request_header(&x->rq, "Transfer-Encoding").n > 0;
}

/* The library takes no answer while a body is coming in: a chunked one that is over the limit is
 * read on for a while to be answered 413 at its end, and cut off when it goes on. */
static enum MHD_Result body_read(struct exchange *x, const char *data, size_t *n)
{
    const size_t need = x->body_bytes + *n;

    if (!gate_data_is_plain(data, x->head_end, is_chunked(x), !x->data_seen))
        return MHD_NO;
    x->data_seen = true;
    if (need <= x->body_max && need > x->body_cap && !body_grow(x, need))
        x->crowded = true;
    if (need > x->body_max || x->crowded) {
        x->body_max = 0; /* whatever follows is over it too */
        x->over_bytes += *n;
        *n = 0;
        return x->over_bytes > OVER_BYTES_MAX ? MHD_NO : MHD_YES;
    }
    memcpy(x->body + x->body_bytes, data, *n);
    x->body_bytes = need;
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result body_end(struct exchange *x)
{
    const enum pool_queue queue = x->route->pool == ROUTE_FAST ? POOL_FAST : POOL_SLOW;

    if (x->over_bytes > 0)
        return refuse(x, x->crowded ? ERR_BUSY : ERR_TOO_LARGE, true);
    (void)MHD_get_connection_values(x->connection, MHD_FOOTER_KIND, trailer_note, x);
    if (x->trailer)
        return refuse(x, ERR_MALFORMED, true); /* trailers: nobody asked for any */
    x->rq.body = str_of(x->body == NULL ? (const unsigned char *)"" : x->body, x->body_bytes);
    if (x->route->pool == ROUTE_INLINE) {
        x->server->config.serve(x->server->config.app, x->route, &x->rq, &x->rs);
        answer_make(x);
        return answer_send(x);
    }
    if (x->server->pool == NULL) /* its body came when the service had stopped */
        return refuse(x, ERR_BUSY, true);
    atomic_store(&peer_of(x->connection)->until_ms, INT64_MAX);
    MHD_suspend_connection(x->connection);
    if (pool_put(x->server->pool, queue, x->route->pool == ROUTE_NEAR, x))
        return MHD_YES;
    refuse_fill(x, ERR_BUSY);
    answer_make(x);
    MHD_resume_connection(x->connection);
    return MHD_YES;
}

void exchange_work(void *exchange)
{
    struct exchange *x = exchange;
    const struct server_config *c = &x->server->config;

    if (exchange_monotonic_us() / 1000 > x->deadline_ms)
        refuse_fill(x, ERR_BUSY);
    else
        c->serve(c->app, x->route, &x->rq, &x->rs);
    answer_make(x);
    MHD_resume_connection(x->connection);
}

enum MHD_Result exchange_read(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **con_cls)
{
    struct exchange *x = *con_cls;

    (void)cls, (void)connection, (void)url;
    if (x == NULL)
        return MHD_NO;
    if (!x->head_read)
        return head_read(x, method, version);
    if (*upload_data_size > 0)
        return body_read(x, upload_data, upload_data_size);
    return x->answer != NULL ? answer_send(x) : body_end(x);
}
