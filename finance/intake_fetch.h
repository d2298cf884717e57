/*
 * intake_fetch.h - files that we go for: fetched on the source's calendar, or found in a folder.
 */
#ifndef FINANCE_INTAKE_FETCH_H
#define FINANCE_INTAKE_FETCH_H

#include "finance/intake.h"

struct intake_ask {
    const struct source *source;
    struct date day;
    struct str actor;
};

/* Fetches the file of the day, and <url>.jws where the source signs, and takes it. ERR_NOT_FOUND:
 * there is none for the day, or the source is not fetched; ERR_UPSTREAM_DOWN, ERR_UPSTREAM_BAD. */
MUST_USE result intake_fetch(const struct office *f, const struct intake_ask *ask, struct arena *a,
                             struct intake_result *out, struct err *e);
/* Background: for each source that is fetched, once the time of its newest day has come and its
 * file is not there: one process fetches it, and tries again after 15 minutes. Older days that are
 * missing are shown (file_missing_list) and fetched by hand. Fails as intake_fetch does. */
MUST_USE result intake_due(const struct office *f, bool *did, struct err *e);

/* Background: one file of a watched folder (source.watch_dir). A file is taken when it has
 * not changed for finance.watch_stable_s; names that begin with a dot or end in .part, .tmp or .jws
 * are not looked at. Its day is the one that it tells, else yyyyMMdd in its name. Afterwards it is
 * moved to done/ or, quarantined or unreadable, to refused/. Taken before it is moved: whoever dies
 * in between finds its bytes known and moves it then. */
MUST_USE result intake_watch(const struct office *f, bool *did, struct err *e);

#endif
