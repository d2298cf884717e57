#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "http/proxy.h"

#define BACKLOG 1024

struct endpoint {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un un;
    } at;
    socklen_t bytes;
    bool loopback;
};

static result unix_read(struct str path, struct endpoint *out, struct err *e)
{
    struct sockaddr_un *un = &out->at.un;

    if (path.n == 0 || path.n >= sizeof(un->sun_path))
        return fail(e, ERR_CONFIG, "listen: path of %zu bytes", path.n);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path.p, path.n);
    out->bytes = sizeof(*un);
    out->loopback = true;
    return OK;
}

static result tcp_read(struct str address, struct endpoint *out, struct err *e)
{
    size_t colon = address.n;
    struct str ip, port;
    struct proxy_address a;
    int64_t n;

    while (colon > 0 && address.p[colon - 1] != ':')
        colon--;
    port = str_from(address, colon);
    ip = str_sub(address, 0, colon > 0 ? colon - 1 : 0);
    if (str_starts(ip, STR("[")) && str_ends(ip, STR("]")))
        ip = str_sub(ip, 1, ip.n - 2);
    if (!proxy_address_read(ip, &a) || !str_digits(port) || !str_to_i64(port, &n) || n > 65535)
        return fail(e, ERR_CONFIG, "listen: %.*s", STR_ARG(address));
    out->loopback = proxy_address_is_loopback(&a);
    if (str_find(ip, ':') == ip.n) {
        out->at.v4.sin_family = AF_INET;
        out->at.v4.sin_port = htons((uint16_t)n);
        memcpy(&out->at.v4.sin_addr, a.bytes + 12, 4);
        out->bytes = sizeof(out->at.v4);
        return OK;
    }
    out->at.v6.sin6_family = AF_INET6;
    out->at.v6.sin6_port = htons((uint16_t)n);
    memcpy(&out->at.v6.sin6_addr, a.bytes, 16);
    out->bytes = sizeof(out->at.v6);
    return OK;
}

/* A socket file left by a process that is gone refuses connections. */
static void stale_remove(const struct sockaddr_un *un)
{
    struct stat st;
    int fd;

    if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 && errno == ECONNREFUSED)
        (void)unlink(un->sun_path);
    (void)close(fd);
}

static result bound(int fd, const struct endpoint *at, struct listener *l, struct err *e)
{
    const int on = 1;
    struct endpoint got = { .bytes = sizeof(got.at) };

    if (at->at.any.sa_family == AF_UNIX)
        stale_remove(&at->at.un);
    else
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (at->at.any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, &at->at.any, at->bytes) != 0)
        return fail(e, ERR_IO, "listen: bind: %s", strerror(errno));
    if (at->at.any.sa_family == AF_UNIX)
        (void)snprintf(l->path, sizeof(l->path), "%s", at->at.un.sun_path);
    if (l->path[0] != '\0' && chmod(l->path, 0660) != 0)
        return fail(e, ERR_IO, "listen: chmod: %s", strerror(errno));
    if (listen(fd, BACKLOG) != 0 || getsockname(fd, &got.at.any, &got.bytes) != 0)
        return fail(e, ERR_IO, "listen: %s", strerror(errno));
    if (got.at.any.sa_family == AF_INET)
        l->port = ntohs(got.at.v4.sin_port);
    else if (got.at.any.sa_family == AF_INET6)
        l->port = ntohs(got.at.v6.sin6_port);
    return OK;
}

result listen_open(struct str address, bool loopback_only, struct listener *out, struct err *e)
{
    struct endpoint at = { .bytes = 0 };
    struct listener l = { .fd = -1 };

    if (str_starts(address, STR("unix:")))
        TRY(unix_read(str_from(address, 5), &at, e));
    else
        TRY(tcp_read(address, &at, e));
    if (loopback_only && !at.loopback)
        return fail(e, ERR_CONFIG, "listen beyond loopback without a trusted proxy");
    l.loopback = at.loopback;
    l.fd = socket(at.at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l.fd < 0)
        return fail(e, ERR_IO, "listen: socket: %s", strerror(errno));
    if (bound(l.fd, &at, &l, e).failed) {
        listen_close(&l);
        return (result){ true };
    }
    *out = l;
    return OK;
}

void listen_close(struct listener *l)
{
    if (l->fd < 0)
        return;
    (void)close(l->fd);
    l->fd = -1;
    if (l->path[0] != '\0')
        (void)unlink(l->path);
}
