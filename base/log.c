/*
 * A line is made on the stack and leaves by one write(2), so that a reader of the pipe or file sees
 * whole lines. The mutex is for pipes: the kernel keeps only the first PIPE_BUF bytes of a write
 * together, and a full pipe takes part of a line.
 *
 * Values come from strangers (a path, a header): nothing in them may end a line, close a string or
 * make the line something else than UTF-8.
 */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"

#define LINE_BYTES       16384
#define TAIL_BYTES       16 /* ,"cut":true}\n */
#define VALUE_BYTES      512
#define REQUEST_ID_BYTES 64

struct line {
    char p[LINE_BYTES];
    size_t n;
    bool full;
};

static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_least = LOG_INFO;
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local char request_id[REQUEST_ID_BYTES];
static _Thread_local size_t request_id_n;

static const char *const level_names[] = { "debug", "info", "warn", "error" };
_Static_assert(LEN(level_names) == LOG_ERROR + 1, "one name for each level");

void log_open(int fd, enum log_level least)
{
    atomic_store(&log_fd, fd);
    log_level_set(least);
}

void log_level_set(enum log_level least)
{
    atomic_store(&log_least, (int)least);
}

bool log_level_find(struct str name, enum log_level *out)
{
    for (size_t i = 0; i < LEN(level_names); i++) {
        if (str_is(name, level_names[i])) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_request_set(struct str id)
{
    const struct str kept = utf8_cut(id, sizeof(request_id));

    if (kept.n > 0)
        memcpy(request_id, kept.p, kept.n);
    request_id_n = kept.n;
}

static void put(struct line *l, struct str s)
{
    if (l->full || s.n > LINE_BYTES - TAIL_BYTES - l->n) {
        l->full = true;
        return;
    }
    memcpy(l->p + l->n, s.p, s.n);
    l->n += s.n;
}

static void put_control(struct line *l, uint32_t c)
{
    char escape[16];
    const int n = snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);

    put(l, str_of(escape, (size_t)n));
}

/* One character of at most four bytes; `raw` are its bytes, or the bytes that are none. */
static void put_char(struct line *l, uint32_t c, struct str raw)
{
    if (c == UTF8_BAD)
        put(l, STR("\xEF\xBF\xBD"));
    else if (c == '"')
        put(l, STR("\\\""));
    else if (c == '\\')
        put(l, STR("\\\\"));
    else if (c == '\n')
        put(l, STR("\\n"));
    else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029)
        put_control(l, c);
    else
        put(l, raw);
}

static void put_value(struct line *l, struct str s)
{
    size_t taken = 0;

    put(l, STR("\""));
    while (s.n > 0) {
        const struct str at = s;
        const uint32_t c = utf8_next(&s);
        const size_t n = at.n - s.n;

        if (taken + n > VALUE_BYTES)
            break;
        taken += n;
        put_char(l, c, str_sub(at, 0, n));
    }
    put(l, STR("\""));
}

static void put_name(struct line *l, const char *name)
{
    put(l, l->n == 1 ? STR("") : STR(","));
    put_value(l, str_c(name));
    put(l, STR(":"));
}

/* A field that no longer fits is left out whole: the line stays JSON. */
static void put_field(struct line *l, const struct log_field *f)
{
    const size_t before = l->n;
    char digits[24];

    put_name(l, f->name);
    if (f->kind == LOG_FIELD_INT)
        put(l, str_of(digits, (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)f->i)));
    else
        put_value(l, f->s);
    if (l->full)
        l->n = before;
}

static void put_time(struct line *l)
{
    const struct clock system = clock_system();
    char text[CLOCK_TEXT_BYTES];

    put_name(l, "time");
    put_value(l, str_of(text, clock_rfc3339_utc_put(text, clock_now_ms(&system))));
}

static void end_line(struct line *l)
{
    const struct str tail = l->full ? STR(",\"cut\":true}\n") : STR("}\n");

    memcpy(l->p + l->n, tail.p, tail.n);
    l->n += tail.n;
}

/* A log that cannot be written has no one to tell: the rest of the line is given up. */
static void write_line(const struct line *l)
{
    const int fd = atomic_load(&log_fd);
    size_t done = 0;

    (void)pthread_mutex_lock(&writing);
    while (done < l->n) {
        const ssize_t n = write(fd, l->p + done, l->n - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    (void)pthread_mutex_unlock(&writing);
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    struct line l;
    const int errno_before = errno;

    must((size_t)level < LEN(level_names));
    if ((int)level < atomic_load(&log_least))
        return;
    l.n = 0;
    l.full = false;
    put(&l, STR("{"));
    put_time(&l);
    put_field(&l, &(struct log_field){ .name = "level", .s = str_c(level_names[level]) });
    put_field(&l, &(struct log_field){ .name = "event", .s = str_c(event) });
    if (request_id_n > 0)
        put_field(&l, &(struct log_field){ .name = "request", .s = { request_id, request_id_n } });
    for (size_t i = 0; i < n; i++)
        put_field(&l, &fields[i]);
    end_line(&l);
    write_line(&l);
    errno = errno_before;
}

struct log_field log_str(const char *name, struct str value)
{
    return (struct log_field){ .name = name, .kind = LOG_FIELD_STR, .s = value };
}

struct log_field log_int(const char *name, int64_t value)
{
    return (struct log_field){ .name = name, .kind = LOG_FIELD_INT, .i = value };
}

void log_err(const char *event, const struct err *e)
{
    log_line(err_level(e->code), event, log_str("code", str_c(err_name(e->code))),
             log_str("field", str_c(e->field)), log_str("detail", str_c(e->detail)));
}
