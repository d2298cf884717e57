/*
 * exchange.h - one request and its answer, and the connection it came by. Private to the room.
 *
 *     head complete -> gate -> route -> body -> INLINE: serve
 *                                            -> others: suspend, queue, worker serves, resume
 *                                            -> answer sent -> memory back
 *
 * The thread that drives the library owns an exchange, except between its being put into a queue
 * and the connection's being resumed, when the worker does.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/gate.h"
#include "http/linger.h"
#include "http/listen.h"
#include "http/pool.h"
#include "http/proxy.h"
#include "http/server.h"

#define CONNECTION_MEMORY_BYTES                                                                    \
    (24 * 1024) /* the head, what the library makes of it, the answer's */

/* A connection, for as long as it is open. */
struct peer {
    struct peer *older, *newer; /* of all open ones; under server.peers_lock */
    int fd;
    bool cut;     /* shut down by us; under server.peers_lock */
    bool refused; /* with a body still to come */
    atomic_bool busy;
    _Atomic int64_t until_ms; /* monotonic: cut it then */
};

struct server {
    struct server_config config;
    struct proxy_list proxies;
    struct route_table *routes;
    struct listener listener;
    struct pool *pool;
    struct MHD_Daemon *daemon;
    int library_fd; /* ready when the library has work */
    int64_t accept_after_ms;
    atomic_bool deaf; /* nobody is accepted any more */
    pthread_t time_thread;
    bool timed; /* the thread runs */
    bool stopped;
    int wake_fd; /* of the thread that keeps time */
    int look_fd; /* of whoever looks */
    atomic_bool stopping;
    struct linger_list lingering;
    pthread_mutex_t peers_lock;
    struct peer *peers;
    atomic_int peer_count;
    atomic_int exchange_count;
    _Atomic int64_t large_bytes; /* memory of bodies over LARGE_BODY_BYTES */
    uint64_t id_first;
    _Atomic uint64_t id_next;
};

int64_t exchange_monotonic_us(void);
/* The library's callbacks; `cls` is the server. */
void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_read(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **con_cls);
void exchange_end(void *cls, struct MHD_Connection *connection, void **con_cls,
                  enum MHD_RequestTerminationCode why);
void exchange_peer(void *cls, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode what);
void exchange_work(void *exchange); /* a pool's job */

#endif
