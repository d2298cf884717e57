/*
 * Attacker: whoever stands between us and a partner, or has taken the partner over: wants calls to
 * go elsewhere, to be read, or to exhaust us. Promise: certificates and host names are verified
 * always; a call goes to the partner's origin and nowhere else; an answer is bounded in bytes and
 * time; a guarded partner is never an address of our own networks. Not done: pinning a partner's
 * key (its ca_file does that job).
 */
#include "http/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "base/waiting.h"
#include "http/guard.h"

#define PARTNER_BYTES_MAX 65536
#define IDLE_MAX          32  /* kept-alive handles of one partner */
#define ATTEMPTS_MAX      3   /* of one call */
#define RETRY_PAUSE_MS    50  /* before the first retry, doubled before the next */
#define RETRY_COST        10  /* a retry costs as much as ten good calls bring in */
#define BUDGET_MAX        100 /* ten retries */

struct partner {
    struct arena *arena;
    struct partner_config config;
    struct str origin; /* "https://host:port" of base_url, as written there */
    const char *ca_file, *cert_file, *key_file;
    pthread_mutex_t lock; /* for all below */
    CURL *idle[IDLE_MAX];
    size_t idle_count;
    int budget;
    int failures; /* in a row */
    int64_t open_until_ms;
    bool trying; /* one call finds out whether the partner is back */
};

/* Body of an answer while it comes in; outside the arena, since growing leaves copies. */
struct body {
    char *p;
    size_t n, cap, max;
    bool over;
};

struct attempt {
    CURL *curl;
    CURLcode code;
    int64_t status;
    struct body body;
    bool head_whole; /* libcurl takes a head that breaks off for one that has ended */
};

result client_start(struct err *e)
{
    const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    return code == CURLE_OK ? OK : fail(e, ERR_INTERNAL, "libcurl: %s", curl_easy_strerror(code));
}

void client_end(void)
{
    curl_global_cleanup();
}

/* -- the partner ------------------------------------------------------------------------------- */

static void url_part_free(char **part)
{
    curl_free(*part);
}

static void url_free(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void list_free(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static bool is_loopback_name(const char *host)
{
    const struct str h = str_c(host);

    return str_eq_nocase(h, STR("localhost")) || str_is(h, "[::1]") ||
           (str_starts(h, STR("127.")) && str_all_in(h, "0123456789."));
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return true;
}

/* Scheme and authority, as far as the path, query or fragment. */
static struct str origin_of(struct str url)
{
    size_t i = 0;

    while (i < url.n && url.p[i] != ':')
        i++;
    i += 3;
    while (i < url.n && strchr("/?#", url.p[i]) == NULL)
        i++;
    return str_sub(url, 0, i);
}

static result base_url_check(const struct partner_config *c, struct arena *a, struct err *e)
{
    DEFER(url_free) CURLU *url = curl_url();
    DEFER(url_part_free) char *scheme = NULL;
    DEFER(url_part_free) char *host = NULL;

    must(url != NULL);
    if (!is_plain(c->base_url) || str_find(c->base_url, '?') < c->base_url.n ||
        str_find(c->base_url, '#') < c->base_url.n ||
        curl_url_set(url, CURLUPART_URL, str_cstr(a, c->base_url), CURLU_DISALLOW_USER) !=
            CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return fail(e, ERR_CONFIG, "%s: not an address: %.*s", c->name, STR_ARG(c->base_url));
    if (strcmp(scheme, "https") != 0 && !(strcmp(scheme, "http") == 0 && is_loopback_name(host)))
        return fail(e, ERR_CONFIG, "%s: neither https nor loopback", c->name);
    return OK;
}

static const char *file_name(struct arena *a, struct str path)
{
    return path.n == 0 ? NULL : str_cstr(a, path);
}

result partner_open(const struct partner_config *c, struct partner **out, struct err *e)
{
    DEFER(partner_close) struct partner *p = calloc(1, sizeof(*p));

    must(p != NULL && c->connect_ms > 0 && c->total_ms > 0 && c->answer_bytes_max > 0);
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    p->arena = arena_open(PARTNER_BYTES_MAX);
    TRY(base_url_check(c, p->arena, e));
    p->config = *c;
    p->config.name = str_cstr(p->arena, str_c(c->name));
    p->config.base_url = str_dup(p->arena, c->base_url);
    while (str_ends(p->config.base_url, STR("/")))
        p->config.base_url.n--; /* "https://host/" and "/path" are one slash */
    p->origin = origin_of(p->config.base_url);
    p->ca_file = file_name(p->arena, c->ca_file);
    p->cert_file = file_name(p->arena, c->cert_file);
    p->key_file = file_name(p->arena, c->key_file);
    p->budget = BUDGET_MAX;
    *out = p;
    p = NULL;
    return OK;
}

void partner_close(struct partner **p)
{
    struct partner *q = *p;

    if (q == NULL)
        return;
    for (size_t i = 0; i < q->idle_count; i++)
        curl_easy_cleanup(q->idle[i]);
    (void)pthread_mutex_destroy(&q->lock);
    arena_close(&q->arena);
    free(q);
    *p = NULL;
}

static CURL *curl_take(struct partner *p)
{
    CURL *curl = NULL;

    (void)pthread_mutex_lock(&p->lock);
    if (p->idle_count > 0)
        curl = p->idle[--p->idle_count];
    (void)pthread_mutex_unlock(&p->lock);
    if (curl == NULL)
        curl = curl_easy_init();
    must(curl != NULL);
    return curl;
}

static void curl_give(struct partner *p, CURL *curl)
{
    curl_easy_reset(curl); /* connections stay */
    (void)pthread_mutex_lock(&p->lock);
    if (p->idle_count < IDLE_MAX) {
        p->idle[p->idle_count++] = curl;
        curl = NULL;
    }
    (void)pthread_mutex_unlock(&p->lock);
    curl_easy_cleanup(curl);
}

/* -- breaker and budget ------------------------------------------------------------------------ */

static result breaker_may(struct partner *p, struct err *e)
{
    bool closed = true;

    (void)pthread_mutex_lock(&p->lock);
    if (p->config.breaker_failures > 0 && p->failures >= p->config.breaker_failures) {
        closed = !p->trying && clock_monotonic_ms() >= p->open_until_ms;
        p->trying = p->trying || closed;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return closed ? OK : fail(e, ERR_UPSTREAM_DOWN, "%s: not called, was down", p->config.name);
}

static void breaker_note(struct partner *p, bool good)
{
    (void)pthread_mutex_lock(&p->lock);
    p->trying = false;
    p->failures = good ? 0 : p->failures + (p->failures < INT32_MAX);
    if (!good)
        p->open_until_ms = clock_monotonic_ms() + p->config.breaker_open_ms;
    if (good && p->budget < BUDGET_MAX)
        p->budget++;
    (void)pthread_mutex_unlock(&p->lock);
}

static bool budget_take(struct partner *p)
{
    bool may;

    (void)pthread_mutex_lock(&p->lock);
    may = p->budget >= RETRY_COST;
    if (may)
        p->budget -= RETRY_COST;
    (void)pthread_mutex_unlock(&p->lock);
    return may;
}

/* -- one attempt ------------------------------------------------------------------------------- */

static size_t body_take(char *data, size_t size, size_t count, void *arg)
{
    struct body *b = arg;
    const size_t n = size * count;

    if (n > b->max - b->n) {
        b->over = true;
        return 0;
    }
    if (n > b->cap - b->n) {
        size_t cap = b->cap > 0 ? b->cap : 4096;

        while (cap - b->n < n)
            cap *= 2;
        b->p = realloc(b->p, cap);
        must(b->p != NULL);
        b->cap = cap;
    }
    memcpy(b->p + b->n, data, n);
    b->n += n;
    return n;
}

static size_t head_take(char *line, size_t size, size_t count, void *arg)
{
    struct attempt *t = arg;
    const size_t n = size * count;

    t->head_whole = n > 0 && n <= 2 && line[n - 1] == '\n';
    return n;
}

static void attempt_end(struct attempt *t)
{
    if (t->body.p != NULL)
        explicit_bzero(t->body.p, t->body.cap);
    free(t->body.p);
    t->body = (struct body){ .p = NULL };
}

static void set(CURL *curl, CURLoption option, const char *value)
{
    if (value != NULL)
        must(curl_easy_setopt(curl, option, value) == CURLE_OK);
}

static void set_long(CURL *curl, CURLoption option, int64_t value)
{
    must(curl_easy_setopt(curl, option, (long)value) == CURLE_OK);
}

/* Called with what the name resolved to, for each address that is tried: nothing can change between
 * the look and the connection. */
static curl_socket_t guard_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    const struct partner *p = arg;

    if (purpose != CURLSOCKTYPE_IPCXN ||
        (!guard_is_public(&to->addr) &&
         !(p->config.guard_loopback_ok && guard_is_loopback(&to->addr))))
        return CURL_SOCKET_BAD;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void options_set(const struct partner *p, const struct call *c, CURL *curl)
{
    set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    set(curl, CURLOPT_PROXY, "");
    set(curl, CURLOPT_USERAGENT, "motcua");
    if (p->ca_file != NULL) { /* these alone, not the system's folder beside them */
        set(curl, CURLOPT_CAINFO, p->ca_file);
        must(curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK);
    }
    if (p->config.guarded) {
        must(curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, guard_open) == CURLE_OK);
        must(curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, p) == CURLE_OK);
    }
    set(curl, CURLOPT_SSLCERT, p->cert_file);
    set(curl, CURLOPT_SSLKEY, p->key_file);
    set_long(curl, CURLOPT_SSL_VERIFYPEER, 1);
    set_long(curl, CURLOPT_SSL_VERIFYHOST, 2);
    set_long(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_long(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set_long(curl, CURLOPT_FOLLOWLOCATION, 0);
    set_long(curl, CURLOPT_NOSIGNAL, 1);
    set_long(curl, CURLOPT_MAXCONNECTS, 1);
    set_long(curl, CURLOPT_FRESH_CONNECT, !c->repeatable);
    set_long(curl, CURLOPT_CONNECTTIMEOUT_MS, p->config.connect_ms);
}

static void method_set(const struct call *c, CURL *curl)
{
    if (c->method == METHOD_HEAD)
        set_long(curl, CURLOPT_NOBODY, 1);
    if (c->body.n > 0 || c->method == METHOD_POST || c->method == METHOD_PUT) {
        must(curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.n) ==
             CURLE_OK);
        set(curl, CURLOPT_POSTFIELDS, c->body.n > 0 ? c->body.p : "");
    }
    if (c->method != METHOD_HEAD)
        set(curl, CURLOPT_CUSTOMREQUEST, method_name(c->method));
}

static void attempt_run(const struct partner *p, const struct call *c, const char *url,
                        struct curl_slist *headers, struct attempt *t)
{
    long status = 0;

    t->head_whole = false;
    options_set(p, c, t->curl);
    method_set(c, t->curl);
    set(t->curl, CURLOPT_URL, url);
    must(curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK);
    must(curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, head_take) == CURLE_OK);
    must(curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t) == CURLE_OK);
    must(curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, body_take) == CURLE_OK);
    must(curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, &t->body) == CURLE_OK);
    t->body.max = (size_t)p->config.answer_bytes_max;
    waiting_tell();
    t->code = curl_easy_perform(t->curl);
    if (t->code == CURLE_OK && !t->head_whole && t->body.n == 0)
        t->code = CURLE_GOT_NOTHING;
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    t->status = status;
}

static bool is_failure(const struct attempt *t)
{
    return t->code != CURLE_OK || (t->status >= 502 && t->status <= 504);
}

/* Whether another attempt is allowed and there is time for it; waits before it. */
static bool may_repeat(struct partner *p, const struct call *c, const struct attempt *t, int number,
                       int64_t until_ms)
{
    const int64_t pause_ms = (int64_t)RETRY_PAUSE_MS << number;
    const struct timespec pause = { pause_ms / 1000, pause_ms % 1000 * 1000000 };

    if (!c->repeatable || t->body.over || number + 1 >= ATTEMPTS_MAX ||
        clock_monotonic_ms() + pause_ms >= until_ms || !budget_take(p))
        return false;
    (void)nanosleep(&pause, NULL);
    return true;
}

static void attempts(struct partner *p, const struct call *c, const char *url,
                     struct curl_slist *headers, struct attempt *t)
{
    const int64_t until_ms = clock_monotonic_ms() + p->config.total_ms;

    for (int number = 0;; number++) {
        const int64_t left_ms = until_ms - clock_monotonic_ms();

        curl_easy_reset(t->curl);
        set_long(t->curl, CURLOPT_TIMEOUT_MS, left_ms > 0 ? left_ms : 1);
        attempt_run(p, c, url, headers, t);
        if (!is_failure(t) || !may_repeat(p, c, t, number, until_ms))
            return;
        attempt_end(t);
    }
}

/* -- a call ------------------------------------------------------------------------------------ */

static result url_make(const struct partner *p, struct str path, struct arena *a, const char **out,
                       struct err *e)
{
    const bool absolute = str_starts(path, p->origin);
    const struct str rest = absolute ? str_from(path, p->origin.n) : path;

    if (!is_plain(path) || str_find(path, '#') < path.n ||
        (rest.n > 0 && rest.p[0] != '/' && rest.p[0] != '?'))
        return fail(e, ERR_INVALID, "%s: path leads elsewhere", p->config.name);
    *out = str_cstr(a, str_cat(a, absolute ? p->origin : p->config.base_url, rest));
    return OK;
}

static result header_add(struct str name, struct str value, struct arena *a,
                         struct curl_slist **list, struct err *e)
{
    struct curl_slist *longer;
    const char *form = value.n > 0 ? "%.*s: %.*s" : "%.*s;%.*s"; /* libcurl's way to say empty */

    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
            return fail(e, ERR_INVALID, "control character in a header");
    if (!is_plain(name) || name.n == 0 || str_find(name, ':') < name.n)
        return fail(e, ERR_INVALID, "name of a header");
    longer = curl_slist_append(*list, str_cstr(a, str_fmt(a, form, STR_ARG(name), STR_ARG(value))));
    must(longer != NULL);
    *list = longer;
    return OK;
}

static result headers_make(const struct call *c, struct arena *a, struct curl_slist **list,
                           struct err *e)
{
    struct curl_slist *first = curl_slist_append(NULL, "Expect:"); /* never wait for 100 */

    must(first != NULL);
    *list = first;
    if (c->content_type.n > 0)
        TRY(header_add(STR("Content-Type"), c->content_type, a, list, e));
    else
        must(curl_slist_append(*list, "Content-Type:") != NULL);
    for (size_t i = 0; i < c->header_count; i++)
        TRY(header_add(c->headers[i].name, c->headers[i].value, a, list, e));
    return OK;
}

#define COOKIE_LINES_MAX 64

static struct str cookies_of(CURL *curl, struct arena *a)
{
    struct curl_header *h = NULL;
    struct str all = STR("");

    for (size_t i = 0; i < COOKIE_LINES_MAX; i++) {
        if (curl_easy_header(curl, "Set-Cookie", i, CURLH_HEADER, -1, &h) != CURLHE_OK)
            break;
        if (all.n + strlen(h->value) <= LIMIT_URI_BYTES)
            all = str_fmt(a, "%.*s%s%s", STR_ARG(all), all.n > 0 ? "\n" : "", h->value);
    }
    return all;
}

static result answer_make(const struct partner *p, const struct attempt *t, struct arena *a,
                          struct answer *out, struct err *e)
{
    struct curl_header *location = NULL;
    const char *type = NULL;
    struct str head = STR(""), rest;

    if (t->body.over)
        return fail(e, ERR_UPSTREAM_BAD, "%s: answer over %lld bytes", p->config.name,
                    (long long)p->config.answer_bytes_max);
    if (t->code != CURLE_OK)
        return fail(e, ERR_UPSTREAM_DOWN, "%s: %s", p->config.name, curl_easy_strerror(t->code));
    if (arena_may(a, t->body.n + LIMIT_URI_BYTES, NULL).failed)
        return fail(e, ERR_UPSTREAM_BAD, "%s: no room for %zu bytes", p->config.name, t->body.n);
    (void)curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_header(t->curl, "Location", 0, CURLH_HEADER, -1, &location);
    head = str_c(type);
    (void)str_cut(head, ';', &head, &rest);
    out->status = (int)t->status;
    out->content_type = str_lower(a, str_trim(str_sub(head, 0, 255)));
    out->body = str_dup(a, str_of(t->body.p, t->body.n));
    out->location = STR("");
    if (location != NULL && strlen(location->value) <= LIMIT_URI_BYTES / 2)
        out->location = str_dup(a, str_c(location->value));
    out->cookies = cookies_of(t->curl, a); /* last: libcurl has one header to lend */
    return OK;
}

result partner_call(struct partner *p, const struct call *c, struct arena *a, struct answer *out,
                    struct err *e)
{
    DEFER(list_free) struct curl_slist *headers = NULL;
    DEFER(attempt_end) struct attempt t = { .code = CURLE_OK };
    const char *url;
    result r;

    TRY(url_make(p, c->path, a, &url, e));
    TRY(headers_make(c, a, &headers, e));
    TRY(breaker_may(p, e));
    t.curl = curl_take(p);
    attempts(p, c, url, headers, &t);
    breaker_note(p, !is_failure(&t) && !t.body.over);
    r = answer_make(p, &t, a, out, e);
    curl_give(p, t.curl);
    return r;
}
