/*
 * Attacker: whoever answers in the partner's place, and a partner that was taken over. Promise: the
 * host's key is one that the known-hosts file names; nothing but a key logs us in; an answer is
 * bounded in bytes and time. Deliberately not done: learning a host's key at the first meeting.
 */
#include "http/sftp.h"

#include <curl/curl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct incoming {
    char *p;
    size_t n, max;
    bool over;
};

static void curl_end(CURL **c)
{
    curl_easy_cleanup(*c);
}

static size_t take(char *bytes, size_t size, size_t count, void *arg)
{
    struct incoming *in = arg;
    const size_t n = size * count;

    if (n > in->max - in->n) {
        in->over = true;
        return 0;
    }
    memcpy(in->p + in->n, bytes, n);
    in->n += n;
    return n;
}

static void set(CURL *c, CURLoption option, const char *value)
{
    must(curl_easy_setopt(c, option, value) == CURLE_OK);
}

static void set_long(CURL *c, CURLoption option, int64_t value)
{
    must(curl_easy_setopt(c, option, (long)value) == CURLE_OK);
}

static void prepare(CURL *c, const struct sftp_file *f, struct arena *a, struct incoming *in)
{
    set(c, CURLOPT_URL, str_cstr(a, f->url));
    set(c, CURLOPT_PROTOCOLS_STR, "sftp");
    set(c, CURLOPT_PROXY, "");
    set(c, CURLOPT_USERNAME, str_cstr(a, f->user));
    set_long(c, CURLOPT_SSH_AUTH_TYPES, CURLSSH_AUTH_PUBLICKEY);
    set(c, CURLOPT_SSH_PRIVATE_KEYFILE, f->key_file);
    set(c, CURLOPT_SSH_KNOWNHOSTS, f->known_hosts_file);
    set_long(c, CURLOPT_NOSIGNAL, 1);
    set_long(c, CURLOPT_CONNECTTIMEOUT_MS, f->connect_ms);
    set_long(c, CURLOPT_TIMEOUT_MS, f->total_ms);
    must(curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) == CURLE_OK);
    must(curl_easy_setopt(c, CURLOPT_WRITEDATA, in) == CURLE_OK);
}

static result key_check(const char *path, struct err *e)
{
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return fail(e, ERR_CONFIG, "the private key of sftp is not there");
    if ((st.st_mode & 077) != 0)
        return fail(e, ERR_CONFIG, "the private key of sftp may be read by others");
    return OK;
}

result sftp_get(const struct sftp_file *f, struct arena *a, struct str *out, struct err *e)
{
    DEFER(curl_end) CURL *c = curl_easy_init();
    struct incoming in = { .max = f->bytes_max };
    CURLcode code;

    must(c != NULL);
    TRY(key_check(f->key_file, e));
    in.p = arena_alloc(a, f->bytes_max + 1); /* address space: pages come as they are written */
    prepare(c, f, a, &in);
    code = curl_easy_perform(c);
    if (in.over)
        return fail(e, ERR_UPSTREAM_BAD, "sftp: more than %zu bytes", f->bytes_max);
    if (code == CURLE_REMOTE_FILE_NOT_FOUND)
        return fail(e, ERR_NOT_FOUND, "sftp: no such file");
    if (code != CURLE_OK)
        return fail(e, ERR_UPSTREAM_DOWN, "sftp: %s", curl_easy_strerror(code));
    *out = str_of(in.p, in.n);
    return OK;
}
