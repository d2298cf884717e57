/*
 * payments.c - what bench/payments.sh needs beside motcua: orders that wait for their notice, a
 * payment portal that answers at once, and the portal's notices themselves.
 *
 *     bench_payments prepare CONF ORDERS FILE   makes orders sent to the portal; a CONFIRM a line
 *     bench_payments portal PORT                answers INIT, QUERY (paid) and GET_BILL
 *     bench_payments load PORT FILE SKIP CLIENTS SECONDS
 *         posts the lines from SKIP on over CLIENTS connections, one request each at a time; prints
 *         "replies accepted per_second p50_ms p99_ms"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/partner.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "payments/attempt.h"
#include "payments/order.h"
#include "payments/portal.h"
#include "payments/till.h"
#include "store/sql.h"

#define AMOUNT       "578000"
#define PROCEDURE    "2.000889.000.00.00.H56"
#define THREADS      8
#define TOGETHER     50 /* orders of one transaction */
#define ARENA_BYTES  ((size_t)64 << 20)
#define BUFFER_BYTES 16384
#define CLIENTS_MAX  256

static _Noreturn void die(const char *what, const struct err *e)
{
    (void)fprintf(stderr, "payments: %s: %s\n", what,
                  e != NULL ? e->detail : strerror(errno)); /* NOLINT: ends here */
    exit(1);
}

static void need(bool fine, const char *what)
{
    if (!fine)
        die(what, NULL);
}

/* Preparing. */

struct preparing {
    struct till till;
    struct clock clock;
    struct fee_agency *agencies;
    size_t agency_count;
    FILE *out;
    pthread_mutex_t lock;
    _Atomic int64_t next;
    int64_t last;
};

struct batch {
    struct preparing *p;
    int64_t first;
    size_t count;
    struct order *orders;
    struct arena *a;
};

static result orders_make(struct sql *db, void *arg, struct err *e)
{
    struct batch *b = arg;
    const struct preparing *p = b->p;
    const int64_t now_ms = clock_now_ms(&p->clock);

    for (size_t i = 0; i < b->count; i++) {
        const int64_t n = b->first + (int64_t)i;
        const struct str agency = p->agencies[(size_t)n % p->agency_count].id;
        const struct order_request rq = {
            .client_id = STR("demo-onestop"),
            .agency_id = agency,
            .reference = str_fmt(b->a, "%.*s-261123-%07lld", STR_ARG(agency), (long long)n),
            .procedure = STR(PROCEDURE),
            .received_on = clock_local(now_ms).date,
            .channel = FEE_ONLINE,
            .payer = { STR("Nguyễn Thị Hòa"), STR("038190000001"), STR("Phường Hạc Thành") },
            .subject = STR("acc_bench"),
            .level = 2,
            .request_id = STR("bench"),
            .ip = STR("127.0.0.1")
        };

        TRY(order_create(db, &p->till, &rq, b->a, &b->orders[i], e));
    }
    return OK;
}

static struct str confirm_make(const struct preparing *p, struct str reference, struct arena *a)
{
    static const char *const names[] = { "LoaiBanTin",      "MaLoi",      "MaDoiTac",
                                         "MaThamChieu",     "SoTien",     "MaTienTe",
                                         "MaGiaoDich",      "MaNganHang", "ThoiGianGD",
                                         "ThongTinGiaoDich" };
    const struct str fields[LEN(names)] = {
        STR("CONFIRM"),        STR("00"),     portal_partner_code(p->till.portal), reference,
        STR(AMOUNT),           STR("VND"),    str_cat(a, STR("GD"), reference),    STR("VCB"),
        STR("20261123090500"), STR("Nop phi")
    };
    DEFER(json_close) struct json *o = json_object();
    struct str hash;
    struct err e;

    if (partner_hash(a, fields, LEN(fields), portal_secret(p->till.portal), &hash, &e).failed)
        die("hash", &e);
    for (size_t i = 0; i < LEN(names); i++)
        json_put_str(o, names[i], fields[i]);
    json_put_str(o, "MaXacThuc", hash);
    return json_print(a, o);
}

static void attempt_make(struct preparing *p, const struct order *o, struct arena *a)
{
    const struct attempt_choice choice = { .channel = STR("portal"), .payer_ip = STR("127.0.0.1") };
    const struct order_cause cause = { .actor = STR("citizen:acc_bench"), .source = STR("page") };
    struct attempt_way way;
    struct attempt *all;
    struct str body;
    size_t count;
    struct err e;

    if (attempt_start(&p->till, o, &choice, &cause, a, &way, &e).failed ||
        attempt_list(&p->till, o, a, &all, &count, &e).failed)
        die("attempt", &e);
    must(count == 1 && way.redirect);
    body = confirm_make(p, all[0].reference, a);
    (void)pthread_mutex_lock(&p->lock);
    need(fprintf(p->out, "%.*s\n", STR_ARG(body)) > 0, "write");
    (void)pthread_mutex_unlock(&p->lock);
}

static void *prepare_some(void *arg)
{
    struct preparing *p = arg;
    DEFER(arena_close) struct arena *a = arena_open(ARENA_BYTES);

    for (;;) {
        const int64_t first = atomic_fetch_add(&p->next, TOGETHER);
        struct batch b = { .p = p, .first = first, .a = a };
        struct err e;

        if (first >= p->last)
            return NULL;
        arena_reset(a);
        b.count = (size_t)(p->last - first < TOGETHER ? p->last - first : TOGETHER);
        b.orders = arena_array(a, struct order, TOGETHER);
        if (sql_transact(p->till.store, orders_make, &b, &e).failed)
            die("orders", &e);
        for (size_t i = 0; i < b.count; i++)
            attempt_make(p, &b.orders[i], a);
    }
}

static void till_make(struct preparing *p, const char *conf_path, struct arena *a)
{
    struct conf *c = arena_new(a, struct conf);
    struct buf mistakes = buf_make(a, 65536);
    struct sql_config store = { .postgresql = true, .connections_max = THREADS };
    struct seal *seal;
    struct fee_table *fees;
    struct sql_pool *pool;
    struct err e = { .code = ERR_NONE };

    if (conf_load(a, conf_path, c, &mistakes, &e).failed)
        die("settings", &e);
    store.target = c->store.postgresql;
    store.wait_ms = c->store.wait_ms;
    if (seal_open(str_cstr(a, c->crypto.seal_file), &seal, &e).failed ||
        fee_table_open(str_cstr(a, c->payments.fees_dir), &fees, &mistakes, &e).failed ||
        sql_open(&store, &pool, &e).failed ||
        till_open(c, pool, seal, &p->clock, fees, &p->till, &e).failed)
        die("till", &e);
    fee_agencies(fees, clock_today(&p->clock), a, &p->agencies, &p->agency_count);
}

static int prepare(const char *conf_path, const char *orders, const char *path)
{
    DEFER(arena_close) struct arena *a = arena_open(ARENA_BYTES);
    struct preparing p = { .clock = clock_system(), .last = strtoll(orders, NULL, 10) };
    pthread_t threads[THREADS];

    (void)pthread_mutex_init(&p.lock, NULL);
    till_make(&p, conf_path, a);
    need((p.out = fopen(path, "w")) != NULL, path);
    for (int i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, prepare_some, &p) == 0, "thread");
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    need(fclose(p.out) == 0, path);
    return 0; /* the process ends: nothing is closed one by one */
}

/* A connection that reads whole HTTP messages, at both ends. */

struct line {
    int fd;
    size_t n;
    char in[BUFFER_BYTES];
    int64_t sent_us;
};

static int64_t now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void no_delay(int fd)
{
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
}

static struct sockaddr_in here(const char *port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)strtol(port, NULL, 10)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* What fits a socket's buffer is written whole. */
static void write_all(int fd, const char *p, size_t n)
{
    need(write(fd, p, n) == (ssize_t)n, "write");
}

/* False: the other side is gone. */
static bool line_read(struct line *l)
{
    const ssize_t n = read(l->fd, l->in + l->n, sizeof(l->in) - 1 - l->n);

    if (n <= 0)
        return false;
    l->n += (size_t)n;
    l->in[l->n] = '\0';
    return true;
}

/* The body of a message that is there as a whole, else NULL. */
static const char *line_body(const struct line *l, size_t *whole)
{
    const char *end = strstr(l->in, "\r\n\r\n");
    const char *length = strcasestr(l->in, "\r\nContent-Length:");

    if (end == NULL || length == NULL || length > end)
        return NULL;
    *whole = (size_t)(end + 4 - l->in) + strtoul(length + 17, NULL, 10);
    return l->n >= *whole ? end + 4 : NULL;
}

/* The portal. It keeps nothing: every reference was paid with what all orders cost. */

static struct str member(const char *body, const char *name)
{
    const char *p = strstr(body, name);

    if (p == NULL)
        return (struct str){ "", 0 };
    p = strchr(p + strlen(name), ':');
    p = p != NULL ? strchr(p, '"') : NULL;
    return p != NULL ? str_of(p + 1, strcspn(p + 1, "\"")) : (struct str){ "", 0 };
}

static void portal_answer(const struct line *l, const char *body)
{
    const struct str kind = member(body, "\"LoaiBanTin\""), ref = member(body, "\"MaThamChieu\"");
    char answer[1024], whole[2048];
    int n;

    if (str_is(kind, "INIT"))
        (void)snprintf(answer, sizeof(answer),
                       "{\"MaLoi\":\"00\",\"UrlThanhToan\":\"http://127.0.0.1:8090/pp/%.*s\"}",
                       STR_ARG(ref));
    else if (str_is(kind, "QUERY"))
        (void)snprintf(answer, sizeof(answer),
                       "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"1\",\"SoTien\":\"" AMOUNT "\","
                       "\"MaTienTe\":\"VND\",\"MaGiaoDich\":\"GD%.*s\",\"MaNganHang\":\"VCB\","
                       "\"ThoiGianGD\":\"20261123090500\"}",
                       STR_ARG(ref));
    else
        (void)snprintf(answer, sizeof(answer), "%%PDF-1.4 bench");
    n = snprintf(
        whole, sizeof(whole),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(answer), answer);
    write_all(l->fd, whole, (size_t)n);
}

static void line_watch(int poll, struct line *l)
{
    struct epoll_event want = { .events = EPOLLIN, .data.ptr = l };

    no_delay(l->fd);
    need(epoll_ctl(poll, EPOLL_CTL_ADD, l->fd, &want) == 0, "epoll");
}

static void portal_serve(struct line *l)
{
    const char *body;
    size_t whole;

    if (!line_read(l)) {
        (void)close(l->fd);
        free(l);
        return;
    }
    body = line_body(l, &whole);
    if (body == NULL)
        return;
    portal_answer(l, body);
    l->n = 0; /* nobody sends a second question before the first answer */
}

static int portal(const char *port)
{
    const struct sockaddr_in at = here(port);
    const int door = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    struct epoll_event got[64], want = { .events = EPOLLIN, .data.ptr = NULL };

    (void)setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    need(bind(door, (const struct sockaddr *)&at, sizeof(at)) == 0 && listen(door, 128) == 0 &&
             epoll_ctl(poll, EPOLL_CTL_ADD, door, &want) == 0,
         "listen");
    for (;;) {
        const int n = epoll_wait(poll, got, LEN(got), -1);

        for (int i = 0; i < n; i++) {
            struct line *l = got[i].data.ptr;

            if (l != NULL) {
                portal_serve(l);
                continue;
            }
            l = calloc(1, sizeof(*l));
            must(l != NULL);
            l->fd = accept(door, NULL, NULL);
            need(l->fd >= 0, "accept");
            line_watch(poll, l);
        }
    }
}

/* Notices. */

struct loading {
    FILE *in;
    struct line lines[CLIENTS_MAX];
    int poll, clients, under_way;
    int64_t until_us;
    int64_t *taken_us;
    size_t replies, accepted, room;
};

/* False: there is nothing left to send, or no time. */
static bool notice_send(struct loading *g, struct line *l)
{
    char body[4096], whole[8192];
    int n;

    if (now_us() >= g->until_us || fgets(body, sizeof(body), g->in) == NULL)
        return false;
    body[strcspn(body, "\n")] = '\0';
    n = snprintf(whole, sizeof(whole),
                 "POST /DvcPayment/Confirm HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
    l->sent_us = now_us();
    write_all(l->fd, whole, (size_t)n);
    g->under_way++;
    return true;
}

static void reply_note(struct loading *g, const struct line *l, const char *body)
{
    if (g->replies == g->room) {
        g->room = g->room * 2 + 4096;
        g->taken_us = realloc(g->taken_us, g->room * sizeof(*g->taken_us));
        must(g->taken_us != NULL);
    }
    g->taken_us[g->replies++] = now_us() - l->sent_us;
    if (strstr(body, "\"MaLoi\":\"00\"") != NULL)
        g->accepted++;
    g->under_way--;
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void load_report(struct loading *g, int64_t start_us, int64_t end_us)
{
    if (g->replies == 0)
        die("no reply", NULL);
    qsort(g->taken_us, g->replies, sizeof(*g->taken_us), by_size);
    printf("%zu %zu %.0f %.2f %.2f\n", g->replies, g->accepted,
           (double)g->accepted * 1e6 / (double)(end_us - start_us),
           (double)g->taken_us[g->replies / 2] / 1000,
           (double)g->taken_us[g->replies * 99 / 100] / 1000);
}

static void load_run(struct loading *g)
{
    struct epoll_event got[64];

    for (int i = 0; i < g->clients; i++)
        (void)notice_send(g, &g->lines[i]);
    while (g->under_way > 0) {
        const int n = epoll_wait(g->poll, got, LEN(got), 30000);

        need(n > 0, "no answer for half a minute");
        for (int i = 0; i < n; i++) {
            struct line *l = got[i].data.ptr;
            const char *body;
            size_t whole;

            need(line_read(l), "motcua closed a connection");
            body = line_body(l, &whole);
            if (body == NULL)
                continue;
            reply_note(g, l, body);
            l->n = 0;
            (void)notice_send(g, l);
        }
    }
}

static int load(const char *port, const char *path, const char *skip, char *const rest[])
{
    static struct loading g;
    const struct sockaddr_in at = here(port);
    char line[4096];
    int64_t start_us;

    g.clients = (int)strtol(rest[0], NULL, 10);
    must(g.clients > 0 && g.clients <= CLIENTS_MAX);
    need((g.in = fopen(path, "r")) != NULL, path);
    for (int64_t left = strtoll(skip, NULL, 10); left > 0; left--)
        need(fgets(line, sizeof(line), g.in) != NULL, "fewer orders than are to be skipped");
    g.poll = epoll_create1(0);
    for (int i = 0; i < g.clients; i++) {
        g.lines[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        need(connect(g.lines[i].fd, (const struct sockaddr *)&at, sizeof(at)) == 0, "connect");
        line_watch(g.poll, &g.lines[i]);
    }
    start_us = now_us();
    g.until_us = start_us + strtoll(rest[1], NULL, 10) * 1000000;
    load_run(&g);
    load_report(&g, start_us, now_us());
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 5 && strcmp(argv[1], "prepare") == 0)
        return prepare(argv[2], argv[3], argv[4]);
    if (argc == 3 && strcmp(argv[1], "portal") == 0)
        return portal(argv[2]);
    if (argc == 7 && strcmp(argv[1], "load") == 0)
        return load(argv[2], argv[3], argv[4], argv + 5);
    (void)fputs("payments prepare CONF ORDERS FILE | portal PORT | load PORT FILE SKIP CLIENTS "
                "SECONDS\n",
                stderr);
    return 2;
}
