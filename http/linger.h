/*
 * linger.h - connections that we have ended while the other side is still sending (RFC 9112 9.6).
 *
 * Closing a socket with unread bytes resets the connection, and the refusal that was just sent is
 * lost on its way. So our direction is ended, what still comes in is thrown away for a moment, and
 * only then is the socket closed. Thread rule: any thread.
 */
#ifndef HTTP_LINGER_H
#define HTTP_LINGER_H

#include <pthread.h>

#include "base/base.h"

#define LINGER_MAX     64   /* more are closed at once */
#define LINGER_TIME_MS 2000 /* at most, each */

struct linger_list {
    pthread_mutex_t lock;
    struct {
        int fd;
        int64_t until_ms;
    } at[LINGER_MAX];
    size_t count;
};

void linger_open(struct linger_list *l);
void linger_add(struct linger_list *l, int fd, int64_t now_ms); /* fd stays the caller's */
size_t linger_read(struct linger_list *l, int64_t now_ms);      /* a round; how many are left */
void linger_close(struct linger_list *l);

#endif
