/*
 * Attacker: another local account that reads keys, or puts its own in their place. Promise: what
 * is loaded was readable and writable by its owner only, judged on the opened file, so that nothing
 * can be exchanged between the look and the read. Not done: encryption of key files; whoever runs
 * the service must be able to read them unattended.
 */
#include "crypto/private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

static void fd_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static result owner_only(const struct stat *st, const char *path, struct err *e)
{
    if ((st->st_mode & 077) != 0)
        return fail(e, ERR_CONFIG, "%s: mode %04o lets others in", path,
                    (unsigned)(st->st_mode & 07777));
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return fail(e, ERR_CONFIG, "%s: belongs to another user", path);
    return OK;
}

result private_read(const char *path, void *p, size_t max_bytes, size_t *n, struct err *e)
{
    DEFER(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    size_t got = 0;

    if (fd < 0 || fstat(fd, &st) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(e, ERR_CONFIG, "%s: not a file", path);
    TRY(owner_only(&st, path, e));
    if (st.st_size < 0 || (size_t)st.st_size > max_bytes)
        return fail(e, ERR_CONFIG, "%s: over %zu bytes", path, max_bytes);
    while (got < (size_t)st.st_size) {
        const ssize_t r = read(fd, (char *)p + got, (size_t)st.st_size - got);

        if (r <= 0)
            return fail(e, ERR_CONFIG, "%s: not read to its end", path);
        got += (size_t)r;
    }
    *n = got;
    return OK;
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.n > 0) {
        const ssize_t w = write(fd, bytes.p, bytes.n);

        if (w <= 0)
            return false;
        bytes = (struct str){ bytes.p + w, bytes.n - (size_t)w };
    }
    return fsync(fd) == 0;
}

/* The folder that a path names a file in; its entries are synced apart from the file's bytes. */
static result folder_open(const char *path, int *fd, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";

    if (slash != NULL) {
        const size_t n = slash == path ? 1 : (size_t)(slash - path);

        memcpy(folder, path, n); /* shorter than a draft's path, which fits */
        folder[n] = '\0';
    }
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? OK : fail(e, ERR_CONFIG, "%s: %s", folder, strerror(errno));
}

/* link() refuses to replace what is there; rename() replaces in one step. */
static bool publish(const char *draft, const char *path, bool replace)
{
    if (replace)
        return rename(draft, path) == 0;
    if (link(draft, path) != 0)
        return false;
    (void)unlink(draft);
    return true;
}

result private_write(const char *path, struct str bytes, bool replace, struct err *e)
{
    DEFER(fd_close) int folder = -1;
    char draft[PATH_MAX];
    const int n = snprintf(draft, sizeof(draft), "%s.draft", path);
    bool written;

    if (n < 0 || (size_t)n >= sizeof(draft))
        return fail(e, ERR_CONFIG, "path too long");
    TRY(folder_open(path, &folder, e));
    (void)unlink(draft); /* left by a crash */
    {
        DEFER(fd_close) int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (fd < 0)
            return fail(e, ERR_CONFIG, "%s: %s", draft, strerror(errno));
        written = write_all(fd, bytes);
    }
    /* What was sealed with a key must not outlive it: the name is on the disk before anybody knows
     * of it. */
    if (written && publish(draft, path, replace) && fsync(folder) == 0)
        return OK;
    (void)fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno)).failed;
    (void)unlink(draft);
    return (result){ true };
}

result private_folder(const char *dir, bool make, struct err *e)
{
    struct stat st;

    if (make && mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(e, ERR_CONFIG, "%s: %s", dir, strerror(errno));
    if (stat(dir, &st) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", dir, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(e, ERR_CONFIG, "%s: not a folder", dir);
    return owner_only(&st, dir, e);
}
