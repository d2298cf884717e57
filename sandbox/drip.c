#include "sandbox/drip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define DRIP_BYTES_MAX 400 /* of a body; at the default pause that takes 20 seconds */

static bool address_read(struct str base_url, struct sockaddr_in *out)
{
    struct str rest = str_from(base_url, sizeof("http://") - 1), host, port;
    int64_t number = 0;
    char text[INET_ADDRSTRLEN];

    if (!str_starts(base_url, STR("http://")) || !str_cut(rest, ':', &host, &port) ||
        !str_to_i64(port, &number) || number < 1 || number > 65535 || host.n >= sizeof(text))
        return false;
    snprintf(text, sizeof(text), "%.*s", STR_ARG(host));
    *out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)number) };
    return inet_pton(AF_INET, text, &out->sin_addr) == 1;
}

void drip_post(struct str base_url, const char *path, struct str body, int64_t pause_ms)
{
    struct timespec pause = { pause_ms / 1000, (long)(pause_ms % 1000) * 1000000L };
    struct sockaddr_in to;
    char head[256];
    int fd = address_read(base_url, &to) ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;

    if (fd < 0)
        return;
    int n = snprintf(head, sizeof(head),
                     "POST %s HTTP/1.1\r\nHost: motcua\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     path, body.n);
    bool open = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
                send(fd, head, (size_t)n, MSG_NOSIGNAL) == n;
    for (size_t i = 0; open && i < body.n && i < DRIP_BYTES_MAX; i++) {
        open = send(fd, body.p + i, 1, MSG_NOSIGNAL) == 1;
        nanosleep(&pause, NULL);
    }
    close(fd);
}
