/*
 * The proxies that stand in front of motcua, with the samples of deploy/ as they are: only paths,
 * ports and the name are put in. A chain of root, intermediate and leaf is made for the test.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/codec.h"
#include "http/client.h"
#include "tests/http/site.h"
#include "tests/test.h"

#define HIDDEN "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define POST   "POST /echo HTTP/1.1\r\nHost: localhost\r\n"

enum proxy { NGINX, HAPROXY };

static struct site site;
static struct {
    pid_t pid;
    int tls_port, plain_port;
    bool certificates; /* with the lines that the samples tell for clients' certificates */
} front;
static struct err e;

static const char *in_folder(const char *name)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
}

static pid_t start(const char *const *argv)
{
    const pid_t pid = fork();

    check(pid >= 0);
    if (pid == 0) {
        (void)!freopen(in_folder("log"), "a", stderr);
        (void)!freopen("/dev/null", "a", stdout);
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

static void run(const char *const *argv)
{
    int status = -1;

    check(waitpid(start(argv), &status, 0) > 0);
    check_int(status, 0);
}

static struct str file_read(const char *path)
{
    struct buf b = buf_make(test_arena(), 1 << 20);
    char piece[4096];
    FILE *f = fopen(path, "r");
    size_t n;

    check(f != NULL);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_put(&b, str_of(piece, n));
    (void)fclose(f);
    return buf_str(&b);
}

static void file_write(const char *path, struct str text)
{
    FILE *f = fopen(path, "w");

    check(f != NULL);
    check_int(fwrite(text.p, 1, text.n, f), text.n);
    check(fclose(f) == 0);
}

static void chain_make(void)
{
    static const char script[] =
        "set -e; cd \"$1\"\n"
        "new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'\n"
        "openssl req -x509 $new -keyout ca.key -out ca.pem -days 30 -subj '/CN=Test root'\n"
        "openssl req $new -keyout mid.key -out mid.csr -subj '/CN=Test intermediate'\n"
        "openssl req -x509 $new -keyout other.key -out other.pem -days 30 -subj '/CN=Test root'\n"
        "printf 'basicConstraints=critical,CA:TRUE,pathlen:0\\nkeyUsage=keyCertSign\\n' > mid.ext\n"
        "openssl x509 -req -in mid.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 "
        "-extfile mid.ext -out mid.pem\n"
        "openssl req $new -keyout key.pem -out leaf.csr -subj '/CN=localhost'\n"
        "printf 'basicConstraints=CA:FALSE\\nsubjectAltName=DNS:localhost\\n' > leaf.ext\n"
        "openssl x509 -req -in leaf.csr -CA mid.pem -CAkey mid.key -CAcreateserial -days 30 "
        "-extfile leaf.ext -out leaf.pem\n"
        "cat leaf.pem mid.pem > chain.pem; cat chain.pem key.pem > site.pem\n"
        "openssl req $new -keyout client.key -out client.csr -subj '/CN=A client'\n"
        "openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 "
        "-out client.pem\n"
        "openssl x509 -in client.pem -outform DER -out client.der\n"
        "openssl x509 -in other.pem -outform DER -out other.der\n";

    run((const char *const[]){ "sh", "-c", script, "sh", test_folder(), NULL });
}

static bool reachable(int port)
{
    const struct sockaddr_in at = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)port),
                                    .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const bool ok = connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;

    (void)close(fd);
    return ok;
}

struct put_in {
    const char *sample;
    struct str own;
};

/* Every occurrence of each; the sample must hold it. */
static struct str substituted(struct str text, const struct put_in *p)
{
    for (; p->sample != NULL; p++) {
        struct buf b = buf_make(test_arena(), 1 << 20);
        const struct str s = str_c(p->sample);

        check(str_has(text, s));
        for (size_t i = 0; i < text.n;) {
            const bool here = str_starts(str_from(text, i), s);

            buf_put(&b, here ? p->own : str_sub(text, i, 1));
            i += here ? s.n : 1;
        }
        text = buf_str(&b);
    }
    return text;
}

static struct str port_text(const char *fmt_before, int port, const char *after)
{
    return str_fmt(test_arena(), "%s127.0.0.1:%d%s", fmt_before, port, after);
}

static struct str nginx_with_certificates(struct str text)
{
    const struct put_in rows[] = {
        { "proxy_set_header Client-Cert \"\";", STR("") },
        { "proxy_set_header Client-Cert-Verified \"\";", STR("") },
        { "/etc/motcua/tls/client-ca.pem", str_c(in_folder("ca.pem")) },
        { "#     ssl_client_certificate", STR("ssl_client_certificate") },
        { "#     ssl_verify_client", STR("ssl_verify_client") },
        { "#     proxy_set_header Client-Cert", STR("proxy_set_header Client-Cert") },
        { NULL, { NULL, 0 } },
    };

    return front.certificates ? substituted(text, rows) : text;
}

static struct str haproxy_with_certificates(struct str text)
{
    const struct put_in rows[] = {
        { "#     ca-file", STR("#") },
        { "alpn h2,http/1.1",
          str_fmt(test_arena(),
                  "alpn h2,http/1.1 ca-file %s verify optional ca-ignore-err all "
                  "crt-ignore-err all",
                  in_folder("ca.pem")) },
        { "#     http-request set-header", STR("http-request set-header") },
        { NULL, { NULL, 0 } },
    };

    return front.certificates ? substituted(text, rows) : text;
}

static void nginx_start(bool tcp, int upstream_port)
{
    const struct put_in rows[] = {
        { "motcua.example", STR("localhost") },
        { "user www-data;", geteuid() == 0 ? STR("user root;") : STR("") },
        { "/run/nginx.pid", str_c(in_folder("nginx.pid")) },
        { "/var/log/nginx/error.log", str_c(in_folder("nginx.log")) },
        { "/etc/motcua/tls/chain.pem", str_c(in_folder("chain.pem")) },
        { "/etc/motcua/tls/key.pem", str_c(in_folder("key.pem")) },
        { "listen 443", port_text("listen ", front.tls_port, "") },
        { "listen 80", port_text("listen ", front.plain_port, "") },
        { "worker_processes auto", STR("worker_processes 1") },
        { "server unix:/run/motcua/http.sock;",
          tcp ? STR("") : str_fmt(test_arena(), "server unix:%s;", in_folder("http.sock")) },
        { "# server 127.0.0.1:8080;", tcp ? port_text("server ", upstream_port, ";") : STR("") },
        { "server_tokens off;",
          str_fmt(test_arena(),
                  "server_tokens off; client_body_temp_path %s; proxy_temp_path %s;"
                  "fastcgi_temp_path %s; uwsgi_temp_path %s; scgi_temp_path %s;",
                  in_folder("t1"), in_folder("t2"), in_folder("t3"), in_folder("t4"),
                  in_folder("t5")) },
        { NULL, { NULL, 0 } },
    };
    const struct str sample = file_read(
        str_cstr(test_arena(), str_fmt(test_arena(), "%s/deploy/nginx.conf", test_source())));

    file_write(in_folder("nginx.conf"), nginx_with_certificates(substituted(sample, rows)));
    front.pid = start((const char *const[]){ "/usr/sbin/nginx", "-e", in_folder("nginx.log"), "-p",
                                             test_folder(), "-c", in_folder("nginx.conf"), "-g",
                                             "daemon off;", NULL });
}

static void haproxy_start(bool tcp, int upstream_port)
{
    const struct put_in rows[] = {
        { "motcua.example", STR("localhost") },
        { "/etc/motcua/tls/site.pem", str_c(in_folder("site.pem")) },
        { "bind :443", port_text("bind ", front.tls_port, "") },
        { "bind :80", port_text("bind ", front.plain_port, "") },
        { "    server motcua unix@/run/motcua/http.sock",
          tcp ? STR("    #")
              : str_fmt(test_arena(), "    server motcua unix@%s", in_folder("http.sock")) },
        { "# server motcua 127.0.0.1:8080",
          tcp ? port_text("server motcua ", upstream_port, "") : STR("#") },
        { NULL, { NULL, 0 } },
    };
    const struct str sample = file_read(
        str_cstr(test_arena(), str_fmt(test_arena(), "%s/deploy/haproxy.cfg", test_source())));

    file_write(in_folder("haproxy.cfg"), haproxy_with_certificates(substituted(sample, rows)));
    front.pid = start(
        (const char *const[]){ "/usr/sbin/haproxy", "-db", "-f", in_folder("haproxy.cfg"), NULL });
}

/* Ends with the test even when a check fails. */
static void front_stop(void)
{
    if (front.pid > 0) {
        (void)kill(front.pid, SIGTERM);
        (void)waitpid(front.pid, NULL, 0);
    }
    front.pid = 0;
}

static void stand_open(enum proxy proxy, bool tcp)
{
    struct server_config c = site_config(&site);

    check_ok(client_start(&e), e);
    chain_make();
    c.trusted_proxies = tcp ? STR("127.0.0.1") : STR("unix");
    if (!tcp)
        c.listen = str_fmt(test_arena(), "unix:%s", in_folder("http.sock"));
    site_open_with(&site, &c);
    front.tls_port = test_port();
    front.plain_port = test_port();
    (void)atexit(front_stop);
    if (proxy == NGINX)
        nginx_start(tcp, server_port(site.server));
    else
        haproxy_start(tcp, server_port(site.server));
    for (int i = 0; i < 200 && !reachable(front.tls_port); i++)
        (void)usleep(20000);
    check(reachable(front.tls_port));
    (void)usleep(100000); /* HAProxy's first health check */
    (void)atomic_exchange(&site.served, 0);
}

static void stand_close(void)
{
    front_stop();
    site_close(&site);
    client_end();
}

/* -- over TLS, with the chain verified --------------------------------------------------------- */

static CURL *tls_open(void)
{
    CURL *curl = curl_easy_init();

    check(curl != NULL);
    check(curl_easy_setopt(curl, CURLOPT_CAINFO, in_folder("ca.pem")) == CURLE_OK);
    check(curl_easy_setopt(curl, CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4) == CURLE_OK);
    check(curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK);
    check(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK);
    check(curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L) == CURLE_OK);
    return curl;
}

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    buf_put(arg, str_of(data, size * n));
    return size * n;
}

static CURLcode fetch(CURL *curl, const char *host, const char *path, struct str *out)
{
    struct buf b = buf_make(test_arena(), 1 << 20);
    const struct str url = str_fmt(test_arena(), "https://%s:%d%s", host, front.tls_port, path);
    CURLcode code;

    check(curl_easy_setopt(curl, CURLOPT_URL, str_cstr(test_arena(), url)) == CURLE_OK);
    check(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK);
    check(curl_easy_setopt(curl, CURLOPT_WRITEDATA, &b) == CURLE_OK);
    code = curl_easy_perform(curl);
    *out = buf_str(&b);
    return code;
}

/* The handler sees TLS, the client's address and source port, and an id of the proxy's. */
static void expect_client_seen(CURL *curl)
{
    struct str body;
    long port = 0;

    check_int(fetch(curl, "localhost", "/who", &body), CURLE_OK);
    check(curl_easy_getinfo(curl, CURLINFO_LOCAL_PORT, &port) == CURLE_OK);
    check(str_starts(body, str_fmt(test_arena(), "ip=127.0.0.1 port=%ld https=1 id=", port)));
    check(!str_has(body, STR("forged")));
}

static void expect_strangers_refused(void)
{
    CURL *curl = tls_open();
    struct str body;

    check(fetch(curl, "127.0.0.1", "/who", &body) != CURLE_OK); /* not the name's */
    check(curl_easy_setopt(curl, CURLOPT_CAINFO, in_folder("other.pem")) == CURLE_OK);
    check_int(fetch(curl, "localhost", "/who", &body), CURLE_PEER_FAILED_VERIFICATION);
    check(curl_easy_setopt(curl, CURLOPT_CAINFO, in_folder("ca.pem")) == CURLE_OK);
    check(curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                           (long)CURL_SSLVERSION_TLSv1_0 | (long)CURL_SSLVERSION_MAX_TLSv1_1) ==
          CURLE_OK);
    check(fetch(curl, "localhost", "/who", &body) != CURLE_OK);
    curl_easy_cleanup(curl);
    check_int(atomic_load(&site.served), 0);
}

static void expect_forgery_useless(void)
{
    static const char *const forged[] = { "Forwarded: for=203.0.113.9;proto=http",
                                          "forwarded: for=\"",
                                          "X-Forwarded-For: 203.0.113.9",
                                          "X-Forwarded-Proto: http",
                                          "X-Forwarded-Port: 1",
                                          "X-Request-Id: forged" };
    CURL *curl = tls_open();
    struct curl_slist *all = NULL;

    for (size_t i = 0; i < LEN(forged); i++) {
        struct curl_slist *one = curl_slist_append(NULL, forged[i]);

        check(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, one) == CURLE_OK);
        expect_client_seen(curl);
        curl_slist_free_all(one);
        all = curl_slist_append(all, forged[i]);
    }
    check(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, all) == CURLE_OK);
    expect_client_seen(curl);
    curl_easy_cleanup(curl);
    curl_slist_free_all(all);
}

/* Our own client through the proxy: the intermediate is part of what the proxy sends. */
static void expect_partner_works(void)
{
    const struct partner_config c = {
        .name = "front",
        .base_url = str_fmt(test_arena(), "https://localhost:%d", front.tls_port),
        .connect_ms = 2000,
        .total_ms = 4000,
        .answer_bytes_max = 100000,
        .ca_file = str_c(in_folder("ca.pem")),
    };
    struct partner_config stranger = c;
    const struct call call = { .method = METHOD_POST,
                               .path = STR("/echo"),
                               .content_type = STR("text/plain"),
                               .body = STR("over TLS") };
    struct answer out;
    struct partner *p;

    check_ok(partner_open(&c, &p, &e), e);
    check_ok(partner_call(p, &call, test_arena(), &out, &e), e);
    check_str(out.body, "over TLS");
    partner_close(&p);
    stranger.ca_file = STR("");
    check_ok(partner_open(&stranger, &p, &e), e);
    check_fails(partner_call(p, &call, test_arena(), &out, &e), e, ERR_UPSTREAM_DOWN);
    partner_close(&p);
}

/* -- what is hidden in a request stays hidden -------------------------------------------------- */

static struct str tls_ask(struct str bytes)
{
    struct buf b = buf_make(test_arena(), 1 << 20);
    CURL *curl = tls_open();
    char piece[4096];
    size_t n = 0;
    curl_socket_t fd;

    check(curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK);
    check(curl_easy_setopt(curl, CURLOPT_URL,
                           str_cstr(test_arena(), str_fmt(test_arena(), "https://localhost:%d",
                                                          front.tls_port))) == CURLE_OK);
    check_int(curl_easy_perform(curl), CURLE_OK);
    check(curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK);
    check_int(curl_easy_send(curl, bytes.p, bytes.n, &n), CURLE_OK);
    check_int(n, bytes.n);
    for (CURLcode code = CURLE_AGAIN; code == CURLE_AGAIN || code == CURLE_OK;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        code = curl_easy_recv(curl, piece, sizeof(piece), &n);
        if (code == CURLE_OK && n == 0)
            break;
        if (code == CURLE_OK)
            buf_put(&b, str_of(piece, n));
        else if (code == CURLE_AGAIN && poll(&p, 1, 300) <= 0)
            break;
    }
    curl_easy_cleanup(curl);
    return b.p == NULL ? STR("") : buf_str(&b);
}

/* A proxy may read a doubtful request in one way or refuse it; it must not be that the server finds
 * a request which the proxy does not know of. Then more would be served than was answered, and the
 * next client would get the answer that is left over. */
static void expect_nothing_smuggled(void)
{
    static const struct {
        const char *p;
        size_t n;
    } cases[] = {
#define CASE(text) { (text), sizeof(text) - 1 }
        CASE(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\nTransfer-Encoding:\x0b"
                  "chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\nTransfer_Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST
             "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 0\r\nContent-Length: 47\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 47\r\nContent-Length: 0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 0, 47\r\n\r\n" HIDDEN),
        CASE(POST
             "Content-Length: 47\r\nX: y\0\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "X: y\0\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "X: y\r\nTransfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "X: y\0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: +47\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 18446744073709551663\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 0\0 47\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked\r\n\r\n0;\nGET /smuggled HTTP/1.1\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\nab\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked\r\n\r\n2\r\nab0\r\n\r\n" HIDDEN),
        CASE(POST
             "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nContent-Length: 47\r\n\r\n" HIDDEN),
        CASE("POST /echo HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n"
             "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 47\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
             "Content-Length: 47\r\n\r\n" HIDDEN),
        CASE("GET /hello%0d%0aX:%20y HTTP/1.1\r\nHost: localhost\r\n\r\n" HIDDEN),
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        CURL *curl = tls_open();
        struct str answer;
        int served;

        (void)atomic_exchange(&site.served, 0);
        answer = tls_ask(str_of(cases[i].p, cases[i].n));
        served = atomic_load(&site.served);
        if (served > wire_count(answer, "HTTP/1.1 200"))
            test_fail(__FILE__, __LINE__, "case %zu: %d served: %.*s", i, served, STR_ARG(answer));
        expect_client_seen(curl); /* and nobody gets another's answer */
        curl_easy_cleanup(curl);
    }
}

static void whole_story(enum proxy proxy, bool tcp)
{
    CURL *curl;
    struct str a;

    stand_open(proxy, tcp);
    expect_strangers_refused();
    curl = tls_open();
    expect_client_seen(curl);
    expect_client_seen(curl);
    curl_easy_cleanup(curl);
    expect_forgery_useless();
    expect_partner_works();
    expect_nothing_smuggled();
    a = wire_ask(front.plain_port, STR("GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    check_int(wire_status(a), 301);
    check(str_has(str_lower(test_arena(), a), STR("location: https://localhost/who\r\n")));
    stand_close();
}

TEST(nginx_over_a_unix_socket)
{
    whole_story(NGINX, false);
}

TEST(nginx_over_tcp)
{
    whole_story(NGINX, true);
}

TEST(haproxy_over_a_unix_socket)
{
    whole_story(HAPROXY, false);
}

TEST(haproxy_over_tcp)
{
    whole_story(HAPROXY, true);
}

/* -- clients' certificates --------------------------------------------------------------------- */

static void expect_certificate(const char *name, const char *forged, bool verified)
{
    CURL *curl = tls_open();
    struct curl_slist *headers = forged == NULL ? NULL : curl_slist_append(NULL, forged);
    struct str body, der = STR("");

    if (name != NULL) {
        const char *pem = in_folder(str_cstr(test_arena(), str_fmt(test_arena(), "%s.pem", name)));
        const char *key = in_folder(str_cstr(test_arena(), str_fmt(test_arena(), "%s.key", name)));

        check(curl_easy_setopt(curl, CURLOPT_SSLCERT, pem) == CURLE_OK);
        check(curl_easy_setopt(curl, CURLOPT_SSLKEY, key) == CURLE_OK);
        der = file_read(in_folder(str_cstr(test_arena(), str_fmt(test_arena(), "%s.der", name))));
    }
    check(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK);
    check_int(fetch(curl, "localhost", "/certificate", &body), CURLE_OK);
    check_same(body, str_fmt(test_arena(), "verified=%d %.*s", verified,
                             STR_ARG(base64_encode(test_arena(), der))));
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
}

static void certificates_pass(enum proxy proxy)
{
    front.certificates = true;
    stand_open(proxy, false);
    expect_certificate("client", NULL, true);
    expect_certificate("other", NULL, false); /* its own: no chain */
    expect_certificate(NULL, NULL, false);
    expect_certificate(NULL, "Client-Cert: :AQIDBA==:", false);
    expect_certificate("other", "Client-Cert-Verified: SUCCESS", false);
    stand_close();
}

TEST(nginx_tells_the_clients_certificate)
{
    certificates_pass(NGINX);
}

TEST(haproxy_tells_the_clients_certificate)
{
    certificates_pass(HAPROXY);
}

static void certificates_stay(enum proxy proxy)
{
    stand_open(proxy, false);
    expect_certificate(NULL, "Client-Cert: :AQIDBA==:", false);
    expect_certificate(NULL, "client-cert: %00", false);
    stand_close();
}

TEST(nginx_as_it_is_passes_no_certificate_on)
{
    certificates_stay(NGINX);
}

TEST(haproxy_as_it_is_passes_no_certificate_on)
{
    certificates_stay(HAPROXY);
}
