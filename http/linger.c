#include "http/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define READS_MAX 16 /* of one connection in a round */

void linger_open(struct linger_list *l)
{
    must(pthread_mutex_init(&l->lock, NULL) == 0);
}

void linger_add(struct linger_list *l, int fd, int64_t now_ms)
{
    (void)pthread_mutex_lock(&l->lock);
    if (l->count < LINGER_MAX) {
        const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

        if (own >= 0) {
            (void)shutdown(own, SHUT_WR);
            l->at[l->count].fd = own;
            l->at[l->count].until_ms = now_ms + LINGER_TIME_MS;
            l->count++;
        }
    }
    (void)pthread_mutex_unlock(&l->lock);
}

/* False when the other side has ended as well. */
static bool read_away(int fd)
{
    char nothing[16384];
    ssize_t n = 1;

    for (int i = 0; i < READS_MAX && n > 0; i++)
        n = recv(fd, nothing, sizeof(nothing), MSG_DONTWAIT);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

size_t linger_read(struct linger_list *l, int64_t now_ms)
{
    size_t kept = 0;

    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count; i++) {
        if (now_ms < l->at[i].until_ms && read_away(l->at[i].fd))
            l->at[kept++] = l->at[i];
        else
            (void)close(l->at[i].fd);
    }
    l->count = kept;
    (void)pthread_mutex_unlock(&l->lock);
    return kept;
}

void linger_close(struct linger_list *l)
{
    (void)linger_read(l, INT64_MAX);
    (void)pthread_mutex_destroy(&l->lock);
}
