#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

static void fd_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static result read_all(int fd, char *p, size_t n, struct err *e)
{
    while (n > 0) {
        const ssize_t got = read(fd, p, n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(e, ERR_IO, "reading: %s", got < 0 ? strerror(errno) : "it shrank");
        p += got;
        n -= (size_t)got;
    }
    return OK;
}

result conf_file_load(struct arena *a, const char *path, size_t bytes_max, struct str *out,
                      struct err *e)
{
    /* O_NONBLOCK: a pipe in the file's place is refused below instead of waited for. */
    DEFER(fd_close) const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    char *p;

    if (fd < 0 || fstat(fd, &about) != 0)
        return fail(e, ERR_IO, "%s", strerror(errno));
    if (!S_ISREG(about.st_mode))
        return fail(e, ERR_IO, "not a file");
    if ((uint64_t)about.st_size > bytes_max)
        return fail(e, ERR_TOO_LARGE, "larger than %zu bytes", bytes_max);
    TRY(arena_may(a, (size_t)about.st_size + 1, e));
    p = arena_alloc(a, (size_t)about.st_size + 1);
    TRY(read_all(fd, p, (size_t)about.st_size, e));
    *out = str_of(p, (size_t)about.st_size);
    return OK;
}
