#include "http/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/str.h"
#include "http/exchange.h"

/* Alone in what gate.h relies on: how this version of the library cuts a head into pieces. */
#define LIBRARY_VERSION "0.9.75"
#define TICK_MS_MAX     250
#define FULL_TICK_MS    10
/* The largest settlement file, while it is copied into twice the memory, and another. */
#define LARGE_BODIES_BYTES_MAX (2 * LIMIT_SETTLEMENT_BYTES)
#define QUIET_TICKS            5 /* this many looks in a row without a sign of work */
#define QUIET_TICK_MS          10

static void wake(int fd)
{
    const uint64_t one = 1;

    if (write(fd, &one, sizeof(one)) < 0)
        return; /* full: it is awake */
}

static void look_wake(void *server)
{
    wake(((const struct server *)server)->look_fd);
}

/* -- whoever looks for work (http/pool.h) -------------------------------------------------------
 */

static bool accept_one(struct server *s)
{
    struct sockaddr_storage from = { .ss_family = AF_UNIX };
    socklen_t bytes = sizeof(from);
    const int fd =
        accept4(s->listener.fd, (struct sockaddr *)&from, &bytes, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return errno == ECONNABORTED || errno == EINTR;
    if (s->listener.path[0] != '\0') { /* an unbound client has no address */
        from.ss_family = AF_UNIX;
        bytes = sizeof(struct sockaddr_un);
    }
    (void)MHD_add_connection(s->daemon, fd, (struct sockaddr *)&from,
                             bytes); /* closes on failure */
    return true;
}

static bool is_full(const struct server *s)
{
    return atomic_load(&s->peer_count) >= s->config.connections_max;
}

/* Until the library has to see to its time-outs, or there is room again. */
static int look_ms(const struct server *s, bool accepts)
{
    const int most = accepts || atomic_load(&s->stopping) ? TICK_MS_MAX : FULL_TICK_MS;
    unsigned long long library_ms = 0;

    if (MHD_get_timeout(s->daemon, &library_ms) != MHD_YES || library_ms > (unsigned)most)
        return most;
    return (int)library_ms;
}

static void look(void *server, bool wait)
{
    struct server *s = server;
    const bool accepts = !atomic_load(&s->deaf) && !is_full(s) &&
                         exchange_monotonic_us() / 1000 >= s->accept_after_ms;
    struct pollfd fds[3] = { { .fd = s->library_fd, .events = POLLIN },
                             { .fd = s->look_fd, .events = POLLIN },
                             { .fd = accepts ? s->listener.fd : -1, .events = POLLIN } };
    uint64_t count;

    if (poll(fds, LEN(fds), wait ? look_ms(s, accepts) : 0) > 0) {
        if (fds[1].revents != 0 && read(s->look_fd, &count, sizeof(count)) < 0)
            count = 0;                             /* another one read it */
        if (fds[2].revents != 0 && !accept_one(s)) /* out of descriptors: let some close */
            s->accept_after_ms = exchange_monotonic_us() / 1000 + FULL_TICK_MS;
    }
    if (atomic_load(&s->stopping) && !atomic_load(&s->deaf)) {
        while (accept_one(s)) /* those whom the kernel has promised a connection */
            ;
        atomic_store(&s->deaf, true);
    }
    (void)MHD_run_wait(s->daemon, 0);
}

/* -- the thread that keeps time -----------------------------------------------------------------
 */

/* Cuts off whoever is past its time: the library then sees the end of the connection. The lock
 * keeps the descriptor from being closed, and another from taking its number, meanwhile. */
static void peers_cut(struct server *s)
{
    const int64_t now_ms = exchange_monotonic_us() / 1000;

    (void)pthread_mutex_lock(&s->peers_lock);
    for (struct peer *p = s->peers; p != NULL; p = p->older) {
        if (p->cut || now_ms <= atomic_load(&p->until_ms))
            continue;
        p->cut = true;
        (void)shutdown(p->fd, SHUT_RDWR);
    }
    (void)pthread_mutex_unlock(&s->peers_lock);
}

static int tick_ms(const struct server *s)
{
    const int64_t least =
        s->config.idle_ms < s->config.deadline_ms ? s->config.idle_ms : s->config.deadline_ms;

    return (int)(least / 4 < 10 ? 10 : least / 4 > TICK_MS_MAX ? TICK_MS_MAX : least / 4);
}

static void *time_run(void *arg)
{
    struct server *s = arg;
    const int tick = tick_ms(s);
    int64_t next_ms = 0, now_ms = exchange_monotonic_us() / 1000;

    while (!atomic_load(&s->stopping)) {
        const bool lingering = linger_read(&s->lingering, now_ms) > 0;
        struct pollfd stop = { .fd = s->wake_fd, .events = POLLIN };

        (void)poll(&stop, 1, lingering ? FULL_TICK_MS : tick);
        now_ms = exchange_monotonic_us() / 1000;
        if (now_ms < next_ms)
            continue;
        peers_cut(s);
        pool_nudge(s->pool);
        next_ms = now_ms + tick;
    }
    return NULL;
}

/* -- open -------------------------------------------------------------------------------------- */

static result daemon_open(struct server *s, struct err *e)
{
    const unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    const unsigned idle_s = (unsigned)((s->config.idle_ms + 999) / 1000);

    if (!str_is(str_c(MHD_get_version()), LIBRARY_VERSION))
        return fail(e, ERR_CONFIG, "libmicrohttpd %s: only " LIBRARY_VERSION " is known to be safe",
                    MHD_get_version());
    s->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_read, s, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_end, s, MHD_OPTION_NOTIFY_CONNECTION, exchange_peer,
        s, MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)s->config.connections_max + 64, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_END);
    if (s->daemon == NULL)
        return fail(e, ERR_IO, "the HTTP library did not start");
    s->library_fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return OK;
}

static result threads_open(struct server *s, struct err *e)
{
    const struct pool_plan plan = {
        .workers = { s->config.fast_workers, s->config.slow_workers },
        .queue_max = s->config.queue_max,
        .run = exchange_work,
        .look = look,
        .wake = look_wake,
        .arg = s,
    };

    TRY(daemon_open(s, e));
    TRY(pool_open(&plan, &s->pool, e));
    if (pthread_create(&s->time_thread, NULL, time_run, s) != 0)
        return fail(e, ERR_IO, "no thread to keep time");
    s->timed = true;
    return OK;
}

static struct server *server_new(const struct server_config *c)
{
    struct server *s = calloc(1, sizeof(*s));

    must(s != NULL && c->serve != NULL && c->refuse != NULL && c->clock != NULL);
    must(c->fast_workers > 0 && c->slow_workers > 0 && c->queue_max > 0);
    must(c->idle_ms > 0 && c->deadline_ms > 0 && c->connections_max > 0);
    s->config = *c;
    if (c->large_bodies_bytes_max == 0)
        s->config.large_bodies_bytes_max = LARGE_BODIES_BYTES_MAX;
    s->listener.fd = -1;
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->look_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(s->wake_fd >= 0 && s->look_fd >= 0);
    must(pthread_mutex_init(&s->peers_lock, NULL) == 0);
    linger_open(&s->lingering);
    must(getrandom(&s->id_first, sizeof(s->id_first), 0) == (ssize_t)sizeof(s->id_first));
    return s;
}

result server_open(const struct server_config *c, struct server **out, struct err *e)
{
    DEFER(server_close) struct server *s = server_new(c);

    TRY(proxy_list_read(c->trusted_proxies, &s->proxies, e));
    TRY(route_table_open(c->routes, c->route_count, &s->routes, e));
    TRY(listen_open(c->listen, proxy_list_empty(&s->proxies), &s->listener, e));
    TRY(threads_open(s, e));
    *out = s;
    s = NULL;
    return OK;
}

int server_port(const struct server *s)
{
    return s->listener.port;
}

/* -- stop -------------------------------------------------------------------------------------- */

/* Whether a connection has a request under way, or bytes of one that the library has not read. An
 * idle one is told that nothing more will be read, so that it closes. */
static bool peers_busy(struct server *s)
{
    bool busy = false;

    (void)pthread_mutex_lock(&s->peers_lock);
    for (struct peer *p = s->peers; p != NULL; p = p->older) {
        int unread = 0;

        if (atomic_load(&p->busy) || (ioctl(p->fd, FIONREAD, &unread) == 0 && unread > 0)) {
            busy = true;
        } else if (!p->cut) {
            p->cut = true;
            (void)shutdown(p->fd, SHUT_RD);
        }
    }
    (void)pthread_mutex_unlock(&s->peers_lock);
    return busy || atomic_load(&s->exchange_count) > 0;
}

static void drain(struct server *s, int64_t ms)
{
    const int64_t end_ms = exchange_monotonic_us() / 1000 + ms;
    int quiet = 0;

    while (quiet < QUIET_TICKS && exchange_monotonic_us() / 1000 < end_ms) {
        (void)poll(NULL, 0, QUIET_TICK_MS);
        if (s->pool == NULL) /* nobody else does */
            look(s, false);
        peers_cut(s);
        (void)linger_read(&s->lingering, exchange_monotonic_us() / 1000);
        quiet = peers_busy(s) ? 0 : quiet + 1;
    }
}

/* The library stops the process when it is stopped with a connection suspended: the workers end
 * first, and what they resumed is given a moment to be taken up. */
void server_stop(struct server *s)
{
    must(!s->stopped);
    s->stopped = true;
    atomic_store(&s->stopping, true);
    wake(s->wake_fd);
    if (s->timed)
        (void)pthread_join(s->time_thread, NULL);
    while (s->pool != NULL && !atomic_load(&s->deaf)) {
        look_wake(s);
        pool_nudge(s->pool);
        (void)poll(NULL, 0, 1);
    }
    listen_close(&s->listener);
    if (s->pool != NULL)
        drain(s, s->config.drain_ms);
    pool_close(&s->pool);
    if (s->daemon != NULL) {
        drain(s, 20L * QUIET_TICK_MS * QUIET_TICKS);
        MHD_stop_daemon(s->daemon);
    }
    s->daemon = NULL;
}

void server_close(struct server **s)
{
    struct server *q = *s;

    if (q == NULL)
        return;
    if (!q->stopped)
        server_stop(q);
    route_table_close(&q->routes);
    linger_close(&q->lingering);
    (void)pthread_mutex_destroy(&q->peers_lock);
    (void)close(q->wake_fd);
    (void)close(q->look_fd);
    free(q);
    *s = NULL;
}
