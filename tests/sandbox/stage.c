#include "tests/sandbox/stage.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "http/form.h"

const char *stage_now;

static void sleep_ms(long ms)
{
    struct timespec t = { ms / 1000, (ms % 1000) * 1000000L };
    nanosleep(&t, NULL);
}

static void file_put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    check(fd >= 0);
    check(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static int program_start(const char *const *arguments)
{
    const char *argv[32] = { MOTCUA_BIN "/motcua-sandbox" };
    size_t n = 1;
    while (arguments[n - 1]) {
        argv[n] = arguments[n - 1];
        n++;
    }
    int pid = fork();
    check(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that fails leaves nothing behind */
        dup2(null, STDOUT_FILENO);
        if (!getenv("STAGE_LOG"))
            dup2(null, STDERR_FILENO);
        execv(argv[0], (char *const *)(void *)argv);
        _exit(127);
    }
    return pid;
}

int stage_run(const char *const *arguments)
{
    int status = 0, pid = program_start(arguments);
    check(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void stage_boot(struct stage *s)
{
    struct arena *a = test_arena();
    struct answer answer;
    const char *const arguments[] = {
        "--listen",
        str_cstr(a, str_fmt(a, "127.0.0.1:%d", s->port)),
        "--motcua",
        str_cstr(a, s->motcua),
        "--secrets",
        str_cstr(a, str_cat(a, s->folder, STR("/secrets"))),
        "--data",
        str_cstr(a, str_cat(a, s->folder, STR("/data"))),
        "--seeds",
        str_cstr(a, str_fmt(a, "%s/sandbox", test_source())),
        stage_now ? "--now" : NULL,
        stage_now,
        NULL,
    };
    s->pid = program_start(arguments);
    const struct call call = { .method = METHOD_GET, .path = STR("/healthz") };
    for (int i = 0; i < 400; i++) {
        if (!partner_call(s->partner, &call, a, &answer, NULL).failed)
            return;
        check(waitpid(s->pid, NULL, WNOHANG) == 0);
        sleep_ms(25);
    }
    test_fail(__FILE__, __LINE__, "the sandbox does not answer");
}

void stage_start(struct stage *s, struct str motcua, const char *partner_code, const char *secret)
{
    static const char *const names[] = { "vneid",        "person", "person_api_key",
                                         "business",     "portal", "demo_portal",
                                         "demo_onestop", "vnpay",  "bank" };
    static bool client;
    struct arena *a = test_arena();
    struct err e = { 0 };

    if (!client)
        check_ok(client_start(&e), e);
    client = true;
    s->port = test_port();
    s->motcua = motcua;
    s->folder = str_fmt(a, "%s/stage-%d", test_folder(), s->port);
    s->origin = str_fmt(a, "http://127.0.0.1:%d", s->port);
    check(mkdir(str_cstr(a, s->folder), 0700) == 0);
    check(mkdir(str_cstr(a, str_cat(a, s->folder, STR("/secrets"))), 0700) == 0);
    for (size_t i = 0; i < LEN(names); i++) {
        struct str path = str_fmt(a, "%.*s/secrets/%s", STR_ARG(s->folder), names[i]);
        struct str value = str_fmt(a, "secret-of-%s\n", names[i]);
        bool portal = strcmp(names[i], "portal") == 0;
        file_put(str_cstr(a, path), portal ? (secret ? secret : STAGE_SECRET) : str_cstr(a, value));
    }
    if (partner_code)
        setenv("MOTCUA_PORTAL_PARTNER_CODE", partner_code, 1);
    else
        unsetenv("MOTCUA_PORTAL_PARTNER_CODE");
    const struct partner_config c = { .name = "sandbox",
                                      .base_url = s->origin,
                                      .connect_ms = 2000,
                                      .total_ms = 20000,
                                      .answer_bytes_max = 4 << 20,
                                      .breaker_failures = 1000000,
                                      .breaker_open_ms = 1 };
    check_ok(partner_open(&c, &s->partner, &e), e);
    stage_boot(s);
}

static void program_stop(struct stage *s)
{
    int status = 0;
    check(kill(s->pid, SIGTERM) == 0);
    check(waitpid(s->pid, &status, 0) == s->pid);
    check(WIFEXITED(status));
    check_int(WEXITSTATUS(status), 0);
}

void stage_stop(struct stage *s)
{
    program_stop(s);
    partner_close(&s->partner);
}

void stage_restart(struct stage *s)
{
    program_stop(s);
    stage_boot(s);
}

struct answer stage_call(struct stage *s, enum method m, struct str path,
                         const char *const *headers, const char *type, struct str body)
{
    struct pair pairs[8];
    struct err e = { 0 };
    struct answer answer = { 0 };
    size_t n = 0;

    for (; headers && headers[n]; n++) {
        check(n < LEN(pairs));
        check(str_cut(str_c(headers[n]), ':', &pairs[n].name, &pairs[n].value));
        pairs[n].value = str_trim(pairs[n].value);
    }
    const struct call call = { .method = m,
                               .path = path,
                               .headers = pairs,
                               .header_count = n,
                               .content_type = str_c(type),
                               .body = body };
    check_ok(partner_call(s->partner, &call, test_arena(), &answer, &e), e);
    return answer;
}

struct answer stage_get(struct stage *s, struct str path)
{
    return stage_call(s, METHOD_GET, path, NULL, NULL, STR(""));
}

struct json *stage_json(struct answer a)
{
    struct json *doc = NULL;
    struct err e = { 0 };
    check_ok(json_read(a.body, &doc, &e), e);
    return doc;
}

struct str stage_text(const struct json *o, const char *path)
{
    struct str rest = str_c(path), name, text = STR("");
    int64_t n = 0;
    while (str_next(&rest, '/', &name)) {
        o = str_to_i64(name, &n) ? json_at(o, (size_t)n)
                                 : json_member(o, str_cstr(test_arena(), name));
        if (!o)
            test_fail(__FILE__, __LINE__, "no member %s", path);
    }
    if (json_int(o, &n))
        return str_i64(test_arena(), n);
    check(json_str(o, &text));
    return str_dup(test_arena(), text);
}

struct str form_body_of(const char *const *pairs)
{
    struct pair fields[16];
    size_t n = 0;
    for (; pairs[2 * n]; n++)
        fields[n] = (struct pair){ str_c(pairs[2 * n]), str_c(pairs[2 * n + 1]) };
    return str_from(url_with(test_arena(), STR(""), fields, n), 1);
}

struct str joined_hash(struct str joined)
{
    return digest_hex(test_arena(), digest_sha256(joined));
}

struct str init_body(const char *reference, int64_t vnd, const char *payer_id, const char *secret)
{
    struct arena *a = test_arena();
    struct str hash =
        joined_hash(str_fmt(a,
                            "INIT|1.0.6|DT01|%s|%lld|PAY|1|1|vi-VN|VND|PAYMENT|Nop le phi ho so %s|"
                            "20261006143000|203.113.1.9|%s",
                            reference, (long long)vnd, reference, secret));
    return str_fmt(
        a,
        "{\"LoaiBanTin\":\"INIT\",\"PhienBan\":\"1.0.6\",\"MaDoiTac\":\"DT01\",\"MaThamChieu\":"
        "\"%s\",\"SoTien\":\"%lld\",\"LoaiHinhThanhToan\":\"PAY\",\"MaKenhThanhToan\":\"1\","
        "\"MaThietBi\":\"1\",\"NgonNgu\":\"vi-VN\",\"MaTienTe\":\"VND\",\"MaNganHang\":\"PAYMENT\","
        "\"ThongTinGiaoDich\":\"Nop le phi ho so %s\",\"ThoiGianGD\":\"20261006143000\",\"Ip\":"
        "\"203.113.1.9\",\"MaXacThuc\":\"%.*s\",\"ThongTinBienLai\":{\"MaDichVu\":\"2\",\"MaHoSo\":"
        "\"H56.14-261006-0001\",\"MaTTHC\":\"2.000635.000.00.00.H56\",\"MaDonVi\":\"H56.14\","
        "\"TenDonVi\":\"UBND thử\",\"TKThuHuong\":\"3713.0.1234567.00000\",\"MaNHThuHuong\":"
        "\"KBNN2011\",\"HoTenNguoiNop\":\"Nguyễn Văn Thử\",\"SoCMNDNguoiNop\":\"%s\",\"PhiLePhi\":"
        "[{\"LoaiPhiLePhi\":\"2\",\"MaPhiLePhi\":\"x\",\"TenPhiLePhi\":\"Lệ phí\",\"SoTien\":"
        "\"%lld\"}]}}",
        reference, (long long)vnd, reference, STR_ARG(hash), payer_id, (long long)vnd);
}

struct str query_body(const char *kind, const char *reference, const char *time, const char *secret)
{
    struct arena *a = test_arena();
    struct str hash =
        joined_hash(str_fmt(a, "%s|1.0.6|DT01|%s|%s|%s", kind, reference, time, secret));
    return str_fmt(a,
                   "{\"LoaiBanTin\":\"%s\",\"PhienBan\":\"1.0.6\",\"MaDoiTac\":\"DT01\","
                   "\"MaThamChieu\":\"%s\",\"ThoiGianGD\":\"%s\",\"MaXacThuc\":\"%.*s\"}",
                   kind, reference, time, STR_ARG(hash));
}

struct str stage_init(struct stage *s, const char *reference, int64_t vnd, const char *payer_id)
{
    struct answer a = stage_call(s, METHOD_POST, STR("/pp"), NULL, "application/json",
                                 init_body(reference, vnd, payer_id, STAGE_SECRET));
    check_int(a.status, 200);
    struct json *wrapper = stage_json(a), *message = NULL;
    struct err e = { 0 };
    check_str(stage_text(wrapper, "error_code"), "0");
    check_ok(json_read(stage_text(wrapper, "message"), &message, &e), e);
    struct str url = stage_text(message, "UrlThanhToan");
    json_close(&message);
    json_close(&wrapper);
    check(str_starts(url, s->origin));
    return str_from(url, s->origin.n);
}

void stage_pay(struct stage *s, const char *reference, const char *fault)
{
    struct arena *a = test_arena();
    const char *const headers[] = {
        str_cstr(a, str_fmt(a, "X-Sandbox-Fault: %s", fault ? fault : "")), NULL
    };
    struct answer answer =
        stage_call(s, METHOD_POST, str_fmt(a, "/admin/transactions/%s/pay", reference),
                   fault ? headers : NULL, "application/json", STR("{}"));
    check_int(answer.status, 200);
}
