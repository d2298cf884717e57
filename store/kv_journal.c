/*
 * Security: the attacker reads or replaces the file. Promised: it is made for its owner only, and
 * one that others may read is refused; what it holds opens no door (kv keeps digests of bearer
 * values). A damaged end is cut off, so after a loss of power a change of the last moments may be
 * undone: what may be used once lives for seconds only.
 */
#include "store/kv_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "store/kv_engine.h"

#define MAGIC           "motcua kv 1\n"
#define MAGIC_BYTES     (sizeof(MAGIC) - 1)
#define HEAD_BYTES      12
#define CHECK_BYTES     8
#define BODY_HEAD_BYTES 11
#define BODY_BYTES_MAX  (BODY_HEAD_BYTES + KV_KEY_BYTES_MAX + KV_VALUE_BYTES_MAX)
#define GROWTH          4
#define SPARE_BYTES     ((off_t)1 << 20) /* a small file is not worth a rewrite */
#define OPEN_ATTEMPTS   3

struct kv_journal {
    char *path, *new_path;
    int fd, new_fd;
    off_t bytes; /* all good records */
    bool is_broken;
    char record[HEAD_BYTES + BODY_BYTES_MAX];
};

/* Records. */

static void put_number(char *p, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (char)(unsigned char)(n >> (8 * i));
}

static uint64_t get_number(const char *p, size_t bytes)
{
    uint64_t n = 0;

    for (size_t i = 0; i < bytes; i++)
        n |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return n;
}

static size_t record_make(struct kv_journal *j, const struct kv_change *c)
{
    char *body = j->record + HEAD_BYTES;
    const size_t n = BODY_HEAD_BYTES + c->key.n + c->value.n;
    struct digest d;

    must(c->key.n <= KV_KEY_BYTES_MAX && c->value.n <= KV_VALUE_BYTES_MAX);
    body[0] = (char)c->kind;
    put_number(body + 1, c->key.n, 2);
    put_number(body + 3, (uint64_t)c->end_ms, 8);
    memcpy(body + BODY_HEAD_BYTES, c->key.p, c->key.n);
    if (c->value.n > 0)
        memcpy(body + BODY_HEAD_BYTES + c->key.n, c->value.p, c->value.n);
    d = digest_sha256(str_of(body, n));
    put_number(j->record, n, 4);
    memcpy(j->record + 4, d.bytes, CHECK_BYTES);
    return HEAD_BYTES + n;
}

static bool body_read(const char *body, size_t n, struct kv_change *c)
{
    const size_t key_n = (size_t)get_number(body + 1, 2);

    if (body[0] < KV_CHANGE_PUT || body[0] > KV_CHANGE_END || key_n > KV_KEY_BYTES_MAX ||
        BODY_HEAD_BYTES + key_n > n || n - BODY_HEAD_BYTES - key_n > KV_VALUE_BYTES_MAX)
        return false;
    *c = (struct kv_change){
        .kind = (enum kv_change_kind)body[0],
        .key = str_of(body + BODY_HEAD_BYTES, key_n),
        .value = str_of(body + BODY_HEAD_BYTES + key_n, n - BODY_HEAD_BYTES - key_n),
        .end_ms = (int64_t)get_number(body + 3, 8),
    };
    return true;
}

/* False at the end of the file, and at a record that is none. */
static bool record_read(struct kv_journal *j, FILE *f, struct kv_change *c)
{
    char *body = j->record + HEAD_BYTES;
    struct digest d;
    size_t n;

    if (fread(j->record, 1, HEAD_BYTES, f) != HEAD_BYTES)
        return false;
    n = (size_t)get_number(j->record, 4);
    if (n < BODY_HEAD_BYTES || n > BODY_BYTES_MAX || fread(body, 1, n, f) != n)
        return false;
    d = digest_sha256(str_of(body, n));
    if (memcmp(d.bytes, j->record + 4, CHECK_BYTES) != 0 || !body_read(body, n, c))
        return false;
    j->bytes += (off_t)(HEAD_BYTES + n);
    return true;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        const ssize_t done = write(fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* Opening. */

static void close_stream(FILE **f)
{
    if (*f != NULL)
        (void)fclose(*f);
}

/* Whether the file that was opened and locked is still the one of that name: its last owner may
 * have put a rewritten one in its place meanwhile. */
static bool is_same_file(const struct kv_journal *j)
{
    struct stat opened, named;

    return fstat(j->fd, &opened) == 0 && stat(j->path, &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static result lock(struct kv_journal *j, struct err *e)
{
    for (int i = 0; i < OPEN_ATTEMPTS; i++) {
        j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (j->fd < 0)
            return fail(e, ERR_CONFIG, "kv.memory_file: %s", strerror(errno));
        if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
            return fail(e, ERR_CONFIG,
                        "kv.memory_file is in use: another process serves with these settings "
                        "(several need kv.engine redis)");
        if (is_same_file(j))
            return OK;
        (void)close(j->fd);
        j->fd = -1;
    }
    return fail(e, ERR_CONFIG, "kv.memory_file is replaced again and again");
}

static result privacy_check(const struct kv_journal *j, off_t *bytes, struct err *e)
{
    struct stat st;

    if (fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return fail(e, ERR_CONFIG, "kv.memory_file is no file");
    if ((st.st_mode & 077) != 0)
        return fail(e, ERR_CONFIG, "kv.memory_file may be read by others: chmod 600");
    *bytes = st.st_size;
    return OK;
}

static result play_back(struct kv_journal *j, kv_change_sink *sink, void *table, struct err *e)
{
    const int copy = fcntl(j->fd, F_DUPFD_CLOEXEC, 0);
    DEFER(close_stream) FILE *f = copy < 0 ? NULL : fdopen(copy, "rb");
    char magic[MAGIC_BYTES];
    struct kv_change c;

    if (f == NULL || fseek(f, 0, SEEK_SET) != 0)
        return fail(e, ERR_CONFIG, "kv.memory_file: %s", strerror(errno));
    if (fread(magic, 1, MAGIC_BYTES, f) != MAGIC_BYTES || memcmp(magic, MAGIC, MAGIC_BYTES) != 0)
        return fail(e, ERR_CONFIG, "kv.memory_file is no file of ours");
    j->bytes = MAGIC_BYTES;
    while (record_read(j, f, &c))
        sink(table, &c);
    explicit_bzero(j->record, sizeof(j->record));
    if (ftruncate(j->fd, j->bytes) != 0)
        return fail(e, ERR_CONFIG, "kv.memory_file: %s", strerror(errno));
    return OK;
}

result kv_journal_open(const char *path, kv_change_sink *sink, void *table, struct kv_journal **out,
                       struct err *e)
{
    struct kv_journal *j DEFER(kv_journal_close) = calloc(1, sizeof(*j));
    off_t bytes;

    must(j != NULL);
    j->fd = j->new_fd = -1;
    must(asprintf(&j->path, "%s", path) > 0 && asprintf(&j->new_path, "%s.new", path) > 0);
    TRY(lock(j, e));
    TRY(privacy_check(j, &bytes, e));
    /* Shorter than its first line: it was being made when the process died. */
    if (bytes < (off_t)MAGIC_BYTES &&
        (ftruncate(j->fd, 0) != 0 || !write_all(j->fd, MAGIC, MAGIC_BYTES)))
        return fail(e, ERR_CONFIG, "kv.memory_file cannot be written: %s", strerror(errno));
    TRY(play_back(j, sink, table, e));
    *out = j;
    j = NULL;
    return OK;
}

void kv_journal_close(struct kv_journal **p)
{
    struct kv_journal *j = *p;

    if (j == NULL)
        return;
    kv_journal_cancel(j);
    if (j->fd >= 0)
        (void)close(j->fd);
    free(j->path);
    free(j->new_path);
    explicit_bzero(j->record, sizeof(j->record));
    free(j);
    *p = NULL;
}

/* Writing. */

result kv_journal_add(struct kv_journal *j, const struct kv_change *c, struct err *e)
{
    const size_t n = record_make(j, c);

    if (j->is_broken)
        return fail(e, ERR_STORE, "kv.memory_file could not be written and not be mended");
    if (write_all(j->fd, j->record, n)) {
        j->bytes += (off_t)n;
        return OK;
    }
    j->is_broken = ftruncate(j->fd, j->bytes) != 0; /* a part of a record hides what follows */
    return fail(e, ERR_STORE, "kv.memory_file cannot be written");
}

bool kv_journal_is_long(const struct kv_journal *j, size_t live_bytes)
{
    return j->bytes > SPARE_BYTES + GROWTH * (off_t)live_bytes;
}

void kv_journal_cancel(struct kv_journal *j)
{
    if (j->new_fd < 0)
        return;
    (void)close(j->new_fd);
    (void)unlink(j->new_path);
    j->new_fd = -1;
}

result kv_journal_begin(struct kv_journal *j, struct err *e)
{
    must(j->new_fd < 0);
    (void)unlink(j->new_path); /* of a process that died */
    j->new_fd = open(j->new_path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (j->new_fd >= 0 && flock(j->new_fd, LOCK_EX | LOCK_NB) == 0 &&
        write_all(j->new_fd, MAGIC, MAGIC_BYTES))
        return OK;
    kv_journal_cancel(j);
    return fail(e, ERR_STORE, "kv.memory_file cannot be rewritten: %s", strerror(errno));
}

result kv_journal_put(struct kv_journal *j, const struct kv_change *c, struct err *e)
{
    const size_t n = record_make(j, c);

    return write_all(j->new_fd, j->record, n)
               ? OK
               : fail(e, ERR_STORE, "kv.memory_file cannot be rewritten");
}

result kv_journal_end(struct kv_journal *j, struct err *e)
{
    const off_t bytes = lseek(j->new_fd, 0, SEEK_END);

    /* Else a loss of power may leave the name on a file that holds nothing yet, or nothing but
     * zeros, with which no process would start. */
    if (bytes < 0 || fdatasync(j->new_fd) != 0 || rename(j->new_path, j->path) != 0)
        return fail(e, ERR_STORE, "kv.memory_file cannot be replaced: %s", strerror(errno));
    (void)close(j->fd);
    j->fd = j->new_fd;
    j->new_fd = -1;
    j->bytes = bytes;
    j->is_broken = false;
    return OK;
}
