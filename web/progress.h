/*
 * progress.h - pages of long work: the page that starts it answers at once with one that tells how
 * far it is and looks again by itself; leaving it changes nothing.
 *
 * To add a kind: a row in progress.def, its function (any file of web), texts work.<kind> in both
 * catalogues, and a form whose handler calls progress_start(). Jobs run it (progress_due).
 */
#ifndef WEB_PROGRESS_H
#define WEB_PROGRESS_H

#include "finance/work.h"
#include "web/route_row.h"

struct json;

/* Queues it, or finds the one under way; redirects to its page. */
MUST_USE result progress_start(struct ctx *c, struct response *rs, const char *kind, struct err *e);
/* data.progress: the newest of the kind, when there is one: id, look, word, ended. */
MUST_USE result progress_put(struct ctx *c, struct json *data, const char *kind, struct err *e);

/* One piece of work of the queue, by a job. */
MUST_USE result progress_due(const struct app *app, bool *did, struct err *e);

/* What a function of progress.def is given. */
struct progress {
    const struct app *app;
    struct arena *arena;
    const struct work *work;
};
MUST_USE result progress_tell(const struct progress *p, int64_t done, int64_t total, struct err *e);
/* *word: what came of it, a key of the catalogues and a count: "books.proved 1234". */
typedef result progress_fn(const struct progress *p, struct str *word, struct err *e);

#endif
