/*
 * journal.h - facts that outlive the process, one JSON line each, appended and never changed.
 *
 * A last line that was cut off by a crash is dropped at the next start. Thread rule: appending from
 * any thread, a line is one write.
 */
#ifndef SANDBOX_JOURNAL_H
#define SANDBOX_JOURNAL_H

#include "base/base.h"

struct journal;
struct json;

/* Calls `each` for every line that is there, in order; its failure ends the opening. */
MUST_USE result journal_open(const char *path, void *self,
                             result (*each)(void *self, const struct json *line, struct err *e),
                             struct journal **out, struct err *e);
void journal_close(struct journal **j);
/* Takes the line. ERR_IO. */
MUST_USE result journal_add(struct journal *j, struct json *line, struct err *e);

#endif
