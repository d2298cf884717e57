/*
 * listen.h - the listening socket: TCP over IPv4 or IPv6, or a unix socket.
 */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/base.h"

struct listener {
    int fd;
    int port; /* bound; 0 for a unix socket */
    bool loopback;
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* of a unix socket, or empty */
};

/* ERR_CONFIG: not an address; ERR_IO: cannot be bound. A socket file that nobody listens on any
 * more is replaced; the file is for its owner and group (0660). With loopback_only, an address
 * beyond loopback is ERR_CONFIG. */
MUST_USE result listen_open(struct str address, bool loopback_only, struct listener *out,
                            struct err *e);
void listen_close(struct listener *l); /* removes the socket file; may be called twice */

#endif
