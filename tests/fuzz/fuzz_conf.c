/* Configuration: it either has a mistake to show or prints to a file that reads the same. */
/* rooms: base conf */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"

#define TEXT_BYTES_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool load(struct arena *a, struct str text, struct conf *c)
{
    const int fd = memfd_create("conf", MFD_CLOEXEC);
    struct buf mistakes = buf_make(a, TEXT_BYTES_MAX);
    struct err e = { 0 };
    char path[64];
    bool failed;

    must(fd >= 0);
    must(text.n == 0 || pwrite(fd, text.p, text.n, 0) == (ssize_t)text.n);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    failed = conf_load(a, path, c, &mistakes, &e).failed;
    must(failed == (mistakes.n > 0));
    must(!failed || e.code == ERR_CONFIG);
    must(close(fd) == 0);
    return !failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(64u << 20);
    struct buf first = buf_make(a, TEXT_BYTES_MAX), second = buf_make(a, TEXT_BYTES_MAX);
    struct conf c;

    if (n <= 65536 && load(a, str_of(bytes, n), &c)) {
        conf_print(&c, &first);
        must(load(a, buf_str(&first), &c));
        conf_print(&c, &second);
        must(str_eq(buf_str(&first), buf_str(&second)));
    }
    arena_close(&a);
    return 0;
}
