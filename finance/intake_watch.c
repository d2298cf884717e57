/*
 * Attacker: whoever may write into a folder that is watched. Promise: only regular files of that
 * folder are read, none through a link; what is still being written is left alone; every file is
 * moved once its outcome is kept, so that dying at any step takes nothing twice and loses nothing.
 * Deliberately not done: cleaning done/ and refused/, which are the operator's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/detached_file.h"
#include "finance/intake_fetch.h"

static void fd_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static void dir_close(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

static bool is_candidate(const char *name)
{
    struct str s = str_c(name);

    return s.n > 0 && s.p[0] != '.' && !str_ends(s, STR(".part")) && !str_ends(s, STR(".tmp")) &&
           !str_ends(s, STR(".jws"));
}

static bool is_stable(const struct stat *st, int64_t before_ms)
{
    const int64_t changed_ms =
        (int64_t)st->st_ctim.tv_sec * 1000 + (int64_t)st->st_ctim.tv_nsec / 1000000;

    return S_ISREG(st->st_mode) && changed_ms <= before_ms;
}

/* The first file, by name, whose writer is done with it. */
static bool choose(int dir, int64_t before_ms, struct arena *a, const char **out)
{
    DEFER(dir_close) DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const struct dirent *entry;
    struct stat st;

    *out = NULL;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (!is_candidate(entry->d_name) || (*out != NULL && strcmp(entry->d_name, *out) >= 0) ||
            fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !is_stable(&st, before_ms))
            continue;
        *out = str_cstr(a, str_c(entry->d_name));
    }
    return *out != NULL;
}

static result bytes_read(int fd, char *p, size_t n, struct err *e)
{
    for (size_t have = 0; have < n;) {
        const ssize_t got = read(fd, p + have, n - have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail_field(e, ERR_INVALID, "file", "it changed while it was read");
        have += (size_t)got;
    }
    return OK;
}

/* Read, not mapped: whoever cuts a mapped file short kills who reads it. */
static result load(int dir, const char *name, struct arena *a, struct str *bytes, struct err *e)
{
    DEFER(fd_close)
    const int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *p;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return fail_field(e, ERR_INVALID, "file", "cannot be read");
    if (st.st_size == 0)
        return fail_field(e, ERR_INVALID, "file", "empty");
    if (st.st_size > LIMIT_SETTLEMENT_BYTES)
        return fail_field(e, ERR_TOO_LARGE, "file", "%lld bytes", (long long)st.st_size);
    p = arena_alloc(a, (size_t)st.st_size);
    TRY(bytes_read(fd, p, (size_t)st.st_size, e));
    *bytes = str_of(p, (size_t)st.st_size);
    return OK;
}

static struct str signature_read(int dir, const char *name, struct arena *a)
{
    char text[DETACHED_FILE_BYTES];
    DEFER(fd_close)
    const int fd = openat(dir, str_cstr(a, str_fmt(a, "%s.jws", name)),
                          O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    const ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

    return n > 0 ? str_dup(a, str_of(text, (size_t)n)) : STR("");
}

/* yyyyMMdd in the name of a file that tells no day itself. */
static struct date day_of_name(struct str name)
{
    struct date d;

    for (size_t i = 0; i + 8 <= name.n; i++)
        if (str_digits(str_sub(name, i, 8)) && date_read(str_sub(name, i, 8), &d) &&
            date_is_valid(d))
            return d;
    return (struct date){ 0 };
}

static result move(int dir, const char *name, const char *to, struct err *e)
{
    char there[512];

    if (mkdirat(dir, to, 0750) != 0 && errno != EEXIST)
        return fail(e, ERR_IO, "watched folder: cannot make %s", to);
    (void)snprintf(there, sizeof(there), "%s/%s", to, name);
    if (renameat(dir, name, dir, there) != 0 && errno != ENOENT)
        return fail(e, ERR_IO, "watched folder: cannot move to %s", to);
    return OK;
}

/* Whether the failure is the file's own: anything else is tried again. */
static bool is_refusal(const struct err *e)
{
    return e->code == ERR_INVALID || e->code == ERR_TOO_LARGE || e->code == ERR_MALFORMED;
}

static result take(const struct office *f, const struct source *s, int dir, const char *name,
                   bool *good, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close)
    struct arena *big = arena_open((size_t)LIMIT_SETTLEMENT_BYTES + LIMIT_ARENA_REQUEST_BYTES);
    struct intake_file in = { .source = s, .name = str_c(name), .actor = STR("system") };
    struct intake_result taken;
    struct err why = { 0 };

    if (load(dir, name, big, &in.bytes, &why).failed)
        return is_refusal(&why) ? OK : fail(e, why.code, "%s", why.detail);
    in.jws = s->alg == SOURCE_UNSIGNED ? STR("") : signature_read(dir, name, a);
    if (intake_file(f, &in, a, &taken, &why).failed && is_refusal(&why)) {
        in.day = day_of_name(in.name);
        if (in.day.y == 0)
            return OK;
        in.source = source_find(f->sources, s->id, in.day); /* with the map of that day */
        if (in.source == NULL)
            return OK;
        why = (struct err){ 0 };
        if (intake_file(f, &in, a, &taken, &why).failed && is_refusal(&why))
            return OK;
    }
    if (why.code != ERR_NONE)
        return fail(e, why.code, "%s", why.detail);
    *good = !taken.quarantined;
    return OK;
}

static result folder_look(const struct office *f, const struct source *s, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_REQUEST_BYTES);
    DEFER(fd_close) const int dir = open(s->watch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct clock real = clock_system(); /* of the file system's times */
    const char *name;
    bool good = false;

    if (dir < 0)
        return fail(e, ERR_CONFIG, "source %.*s: watched folder: %s", STR_ARG(s->id),
                    strerror(errno));
    if (flock(dir, LOCK_EX | LOCK_NB) != 0)
        return OK; /* another process is at it */
    if (!choose(dir, clock_now_ms(&real) - f->conf->finance.watch_stable_s * 1000, a, &name))
        return OK;
    *did = true;
    TRY(take(f, s, dir, name, &good, e));
    if (s->alg != SOURCE_UNSIGNED)
        TRY(move(dir, str_cstr(a, str_fmt(a, "%s.jws", name)), good ? "done" : "refused", e));
    return move(dir, name, good ? "done" : "refused", e);
}

result intake_watch(const struct office *f, bool *did, struct err *e)
{
    const struct date today = clock_today(f->till->clock);
    struct err first = { 0 };
    const struct source *s;

    *did = false;
    for (size_t i = 0; (s = source_each(f->sources, today, i)) != NULL && !*did; i++) {
        struct err why = { 0 };

        if (s->watch_dir != NULL && folder_look(f, s, did, &why).failed && first.code == ERR_NONE)
            first = why;
    }
    return first.code == ERR_NONE ? OK : fail(e, first.code, "%s", first.detail);
}
