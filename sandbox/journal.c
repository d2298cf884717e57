#include "sandbox/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

#define LINE_BYTES (64 * 1024)

struct journal {
    int fd;
};

static void file_close(FILE **f)
{
    if (*f)
        fclose(*f);
}

static result line_replay(struct str text, void *self,
                          result (*each)(void *, const struct json *, struct err *), struct err *e)
{
    DEFER(json_close) struct json *line = NULL;
    TRY(json_read(text, &line, e));
    return each(self, line, e);
}

/* *whole_bytes is where the last whole line ends. */
static result journal_replay(FILE *f, void *self,
                             result (*each)(void *, const struct json *, struct err *),
                             long *whole_bytes, struct err *e)
{
    static _Thread_local char line[LINE_BYTES];
    while (fgets(line, sizeof(line), f)) {
        size_t n = strlen(line);
        if (n == 0 || line[n - 1] != '\n')
            break;
        TRY(line_replay(str_of(line, n - 1), self, each, e));
        *whole_bytes = ftell(f);
    }
    return OK;
}

result journal_open(const char *path, void *self,
                    result (*each)(void *self, const struct json *line, struct err *e),
                    struct journal **out, struct err *e)
{
    long whole_bytes = 0;
    DEFER(file_close) FILE *f = fopen(path, "rb");
    if (f)
        TRY(journal_replay(f, self, each, &whole_bytes, e));
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, whole_bytes) != 0) {
        if (fd >= 0)
            close(fd);
        return fail(e, ERR_IO, "%s: %s", path, strerror(errno));
    }
    struct journal *j = calloc(1, sizeof(*j));
    must(j != NULL);
    j->fd = fd;
    *out = j;
    return OK;
}

void journal_close(struct journal **j)
{
    if (*j)
        close((*j)->fd);
    free(*j);
    *j = NULL;
}

static void arena_end(struct arena **a)
{
    arena_close(a);
}

result journal_add(struct journal *j, struct json *line, struct err *e)
{
    DEFER(arena_end) struct arena *a = arena_open(8L * LINE_BYTES);
    struct str text = str_cat(a, json_print(a, line), STR("\n"));
    json_close(&line);
    if (text.n >= LINE_BYTES)
        return fail(e, ERR_TOO_LARGE, "journal line");
    if (write(j->fd, text.p, text.n) != (ssize_t)text.n)
        return fail(e, ERR_IO, "journal: %s", strerror(errno));
    return OK;
}
