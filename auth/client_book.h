/*
 * client_book.h - inside auth only: what a process knows of all clients, so that each endpoint
 * finds its caller without a query.
 *
 * A page is an immutable table of every client, parsed once, counted, and replaced whole when the
 * number of the last change (client_version) moved. It is compared at most every CLIENT_FRESH_MS,
 * and at once after a change by this process; so a client that another process removed works here
 * for that long and no longer. When the store does not answer, and the page is older than that,
 * there is no page: nobody gets in. A client whose stored document cannot be read is as if it were
 * not there, and client_verify_all() names it.
 *
 * Thread rule: any thread; a page is borrowed until client_page_release().
 */
#ifndef AUTH_CLIENT_BOOK_H
#define AUTH_CLIENT_BOOK_H

#include "auth/auth.h"
#include "auth/client.h"

struct client_entry {
    struct client client;                                       /* lives as long as the page */
    struct str secret_hash, old_secret_hash, registration_hash; /* empty: none */
    int64_t old_secret_until_ms, tokens_from_s;
    bool broken; /* only id and fault are there */
    char fault[48];
};

struct client_page;

MUST_USE struct client_book *client_book_open(void);
void client_book_close(struct client_book **b); /* nobody may hold a page */
MUST_USE result client_book_take(struct auth *au, struct client_page **out, struct err *e);
/* The same for who needs one client: when it is not there, the store is asked again, at most ten
 * times a second, so that a client that was just added is known. */
MUST_USE result client_book_take_with(struct auth *au, struct str id, struct client_page **out,
                                      struct err *e);
void client_page_release(struct client_page **p); /* DEFER(client_page_release) */
/* The next taker looks into the store. */
void client_book_forget(struct auth *au);

size_t client_page_count(const struct client_page *p);
const struct client_entry *client_page_at(const struct client_page *p, size_t i); /* by id */
/* NULL: unknown or broken. Disabled ones are found. */
const struct client_entry *client_page_find(const struct client_page *p, struct str id);

#endif
