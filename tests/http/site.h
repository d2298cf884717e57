/*
 * site.h - a server in the test's own process, and raw sockets to speak to it.
 *
 * Routes: GET /hello (inline), GET /who (what the server knows of its client), GET|POST /echo (body
 * up to 1000 bytes), POST /large (body up to 12 MB; answers its length), GET /slow?ms=N (slow
 * pool), GET /items/{id}, GET /items/new, GET /status/{code}, GET /bytes/{n}, GET /smuggled,
 * GET /heavy (3.5 KiB of headers), /flaky.
 */
#ifndef TESTS_HTTP_SITE_H
#define TESTS_HTTP_SITE_H

#include <stdatomic.h>

#include "http/server.h"

struct site {
    struct server *server;
    atomic_int served, smuggled, refused, answered;
    atomic_int last_status;
    atomic_int flaky; /* this many calls of /flaky answer 503 */
};

struct server_config site_config(struct site *site);
void site_open(struct site *site); /* on 127.0.0.1, any port */
void site_open_with(struct site *site, const struct server_config *c);
void site_close(struct site *site);

int wire_connect(int port);
int wire_connect_unix(const char *path);
void wire_send(int fd, struct str bytes);
/* Everything until the other end closes, or until `ms` have passed without a byte. */
struct str wire_read(int fd, int ms);
bool wire_closed(int fd, int ms); /* the other end has closed, or does within ms */
/* One connection: send, read for a while, close. */
struct str wire_ask(int port, struct str bytes);
int wire_status(struct str answer);                  /* of the first answer, 0 when there is none */
int wire_count(struct str answer, const char *text); /* how often text occurs */

#endif
