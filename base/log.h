/*
 * log.h - JSON lines on one descriptor, one line per write(2).
 *
 *     log_line(LOG_INFO, "request", log_str("method", m), log_int("status", 200));
 *
 * Every line carries time (UTC, milliseconds), level, event and, when the thread serves one, the
 * request id. Field values are escaped and cut at 512 bytes. There is no conversion for secrets,
 * and personal data does not belong here at all. Only edges log: the request loop, the job loop,
 * the command line. Thread rule: any thread; lines never interleave.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"
#include "base/err.h"

struct log_field {
    const char *name;
    enum { LOG_FIELD_STR, LOG_FIELD_INT } kind;
    struct str s;
    int64_t i;
};

void log_open(int fd, enum log_level least); /* before the first thread; default: stderr, INFO */
void log_level_set(enum log_level least);
bool log_level_find(struct str name, enum log_level *out); /* "debug" "info" "warn" "error" */
void log_request_set(struct str request_id); /* this thread; the empty slice ends it; copied */

#define log_line(level, event, ...)                                                                \
    log_fields((level), (event), (const struct log_field[]){ __VA_ARGS__ },                        \
               LEN(((const struct log_field[]){ __VA_ARGS__ })))
#define log_event(level, event) log_fields((level), (event), NULL, 0)
void log_fields(enum log_level level, const char *event, const struct log_field *fields, size_t n);

struct log_field log_str(const char *name, struct str value);
struct log_field log_int(const char *name, int64_t value);
/* One line for a failure, at the level that err.def gives its code. */
void log_err(const char *event, const struct err *e);

#endif
