#include "tests/auth/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "auth/client_metadata.h"
#include "base/clock.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"
#include "crypto/token.h"
#include "http/client.h"
#include "http/server.h"

static struct {
    struct auth auth;
    struct conf conf;
    struct seal *seal;
    struct keyring *keys, *upstream_keys, *foreign_keys;
    struct server *server;
    const struct clock *clock;
    struct upstream up;
} w;

enum {
    ROUTE_DISCOVERY,
    ROUTE_JWKS,
    ROUTE_TOKEN,
    ROUTE_USERINFO,
    ROUTE_DANCU,
    ROUTE_DKKD_TOKEN,
    ROUTE_DKKD,
    ROUTE_RECEIVER
};
static const int places[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
static const struct route routes[] = {
    { METHOD_GET, "/vneid/.well-known/openid-configuration", ROUTE_FAST, 0, &places[0] },
    { METHOD_GET, "/vneid/jwks", ROUTE_FAST, 0, &places[1] },
    { METHOD_POST, "/vneid/token", ROUTE_FAST, 20000, &places[2] },
    { METHOD_GET, "/vneid/userinfo", ROUTE_FAST, 0, &places[3] },
    { METHOD_POST, "/dancu", ROUTE_FAST, 20000, &places[4] },
    { METHOD_POST, "/dkkd/token", ROUTE_FAST, 20000, &places[5] },
    { METHOD_GET, "/dkkd/chiTietDoanhNghiep", ROUTE_FAST, 0, &places[6] },
    { METHOD_POST, "/receiver", ROUTE_FAST, 20000, &places[7] },
};

static void json_answer(struct response *rs, int status, struct str body)
{
    response_body(rs, status, "application/json", body);
}

static struct str origin(struct arena *a)
{
    return str_fmt(a, "http://127.0.0.1:%d", server_port(w.server));
}

static struct str or_else(struct str s, struct str other)
{
    return s.n > 0 ? s : other;
}

static void discovery(struct response *rs)
{
    struct arena *a = rs->arena;
    const struct str at = str_cat(a, origin(a), STR("/vneid"));

    w.up.discovery_calls++;
    if (w.up.discovery_down) {
        json_answer(rs, 503, STR("{}"));
        return;
    }
    json_answer(rs, 200,
                str_fmt(a,
                        "{\"issuer\":\"%.*s\",\"authorization_endpoint\":\"%.*s\","
                        "\"token_endpoint\":\"%.*s/token\",\"userinfo_endpoint\":\"%.*s/userinfo\","
                        "\"jwks_uri\":\"%.*s/jwks\",\"end_session_endpoint\":\"%.*s/logout\"}",
                        STR_ARG(at),
                        STR_ARG(or_else(w.up.authorize_url, str_cat(a, at, STR("/auth")))),
                        STR_ARG(at), STR_ARG(at), STR_ARG(at), STR_ARG(at)));
}

static void jwks(struct response *rs)
{
    DEFER(json_close)
    struct json *set = keyring_jwks(w.up.jwks_foreign ? w.foreign_keys : w.upstream_keys);

    w.up.jwks_calls++;
    json_answer(rs, w.up.jwks_down ? 404 : 200, json_print(rs->arena, set));
}

static struct str id_token(struct arena *a)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *o = json_object();
    const int64_t now_s = clock_now_s(w.clock);
    struct err e = { 0 };
    struct json *amr = NULL;
    struct str token;

    json_put_str(o, "iss", or_else(w.up.id_iss, str_cat(a, origin(a), STR("/vneid"))));
    json_put_str(o, "aud", or_else(w.up.id_aud, STR("motcua")));
    json_put_str(o, "sub", or_else(w.up.id_sub, STR("vneid-1")));
    json_put_str(o, "nonce", or_else(w.up.id_nonce, w.up.nonce));
    json_put_int(o, "iat", now_s);
    json_put_int(o, "exp", now_s + 300);
    if (w.up.auth_time_s > 0)
        json_put_int(o, "auth_time", w.up.auth_time_s);
    if (w.up.amr.n > 0)
        must(!json_read(w.up.amr, &amr, &e).failed);
    json_put(o, "amr", amr);
    must(!keyring_active(w.up.foreign_key ? w.foreign_keys : w.upstream_keys, KEY_RS256, &key, &e)
              .failed);
    must(!token_sign(a, key, NULL, o, &token, &e).failed);
    return token;
}

static void token(struct request *rq, struct response *rs)
{
    struct arena *a = rs->arena;
    struct form *f = arena_new(a, struct form);
    struct err e = { 0 };
    struct str challenge;

    w.up.token_calls++;
    if (w.up.token_status != 200) {
        json_answer(rs, w.up.token_status, w.up.token_error);
        return;
    }
    must(!form_body(rq, f, &e).failed);
    challenge = digest_base64url(a, digest_sha256(form_get(f, "code_verifier")));
    if (!str_eq(challenge, w.up.challenge) || !str_is(form_get(f, "code"), "the-code") ||
        !str_is(form_get(f, "client_id"), "motcua") ||
        !str_is(form_get(f, "client_secret"), WORLD_SECRET))
        json_answer(rs, 400, STR("{\"error\":\"invalid_grant\"}"));
    else
        json_answer(rs, 200,
                    str_fmt(a,
                            "{\"access_token\":\"up\",\"token_type\":\"Bearer\",\"id_token\":"
                            "\"%.*s\"}",
                            STR_ARG(id_token(a))));
}

static void userinfo(struct request *rq, struct response *rs)
{
    if (str_is(request_header(rq, "Authorization"), "Bearer up"))
        json_answer(rs, 200, w.up.userinfo);
    else
        json_answer(rs, 401, STR("{}"));
}

static const char citizen[] =
    "<Envelope><Body><CongdanCollection><CongDan><SoDinhDanh>" WORLD_NUMBER "</SoDinhDanh>"
    "<HoVaTen><Ho/><ChuDem/><Ten>NGUYỄN VĂN THỬ</Ten></HoVaTen><GioiTinh>1</GioiTinh>"
    "<NgayThangNamSinh><NgayThangNam>19870201</NgayThangNam></NgayThangNamSinh>"
    "<ThuongTru><ChiTiet>Số 1</ChiTiet></ThuongTru></CongDan></CongdanCollection></Body>"
    "</Envelope>";

static const char verdict[] =
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>"
    "<c:CongdanCollection xmlns:c=\"http://www.mic.gov.vn/dancu/1.0\"><KetQuaXacThuc><TonTai>%s"
    "</TonTai></KetQuaXacThuc></c:CongdanCollection></s:Body></s:Envelope>";

static void dancu(struct request *rq, struct response *rs)
{
    w.up.population_calls++;
    w.up.population_request = str_dup(test_arena(), rq->body);
    w.up.population_authorization = str_dup(test_arena(), request_header(rq, "Authorization"));
    if (w.up.verdict_yes.n > 0 && !str_has(rq->body, STR("TraCuu")))
        response_body(
            rs, w.up.population_status, "text/xml",
            str_fmt(test_arena(), verdict, str_has(rq->body, w.up.verdict_yes) ? "true" : "false"));
    else
        response_body(rs, w.up.population_status, "text/xml",
                      or_else(w.up.population, str_c(citizen)));
}

static void dkkd(struct request *rq, struct response *rs)
{
    w.up.business_calls++;
    if (!str_is(request_header(rq, "Authorization"), "Bearer firm"))
        json_answer(rs, 401, STR("{}"));
    else
        json_answer(rs, w.up.business_status, w.up.business);
}

static void receiver(struct request *rq, struct response *rs)
{
    w.up.receiver_calls++;
    w.up.receiver_body = str_dup(test_arena(), rq->body);
    w.up.receiver_signature = str_dup(test_arena(), request_header(rq, "X-Motcua-Signature"));
    response_body(rs, w.up.receiver_status, "text/plain", STR("heard"));
}

struct str world_receiver(void)
{
    return str_cat(test_arena(), origin(test_arena()), STR("/receiver"));
}

static void serve(void *app, const struct route *route, struct request *rq, struct response *rs)
{
    const int *place = route->own;

    (void)app;
    switch (*place) {
    case ROUTE_DISCOVERY:
        discovery(rs);
        break;
    case ROUTE_JWKS:
        jwks(rs);
        break;
    case ROUTE_TOKEN:
        token(rq, rs);
        break;
    case ROUTE_USERINFO:
        userinfo(rq, rs);
        break;
    case ROUTE_DANCU:
        dancu(rq, rs);
        break;
    case ROUTE_RECEIVER:
        receiver(rq, rs);
        break;
    case ROUTE_DKKD_TOKEN:
        json_answer(rs, 200, STR("{\"access_token\":\"firm\",\"expires_in\":3600}"));
        break;
    default:
        dkkd(rq, rs);
    }
}

static void refuse(void *app, struct request *rq, enum err_code code, struct response *rs)
{
    (void)app, (void)rq;
    response_body(rs, err_status(code), "text/plain", STR("refused"));
}

static void server_start(void)
{
    static struct clock system;
    struct server_config c = { .listen = STR("127.0.0.1:0"),
                               .fast_workers = 1,
                               .slow_workers = 1,
                               .queue_max = 16,
                               .connections_max = 64,
                               .idle_ms = 10000,
                               .deadline_ms = 10000,
                               .drain_ms = 1000,
                               .clock = &system,
                               .routes = routes,
                               .route_count = LEN(routes),
                               .serve = serve,
                               .refuse = refuse };
    struct err e = { 0 };

    system = clock_system();
    check_ok(server_open(&c, &w.server, &e), e);
}

static struct str file_of(const char *name, const char *text)
{
    const struct str path = str_fmt(test_arena(), "%s/%s", test_folder(), name);
    FILE *f = fopen(str_cstr(test_arena(), path), "w");

    check(f != NULL);
    (void)fputs(text, f);
    (void)fclose(f);
    check(chmod(str_cstr(test_arena(), path), 0600) == 0);
    return path;
}

static void conf_make(void)
{
    struct arena *a = test_arena();
    struct buf mistakes = buf_make(a, 4096);
    struct err e = { 0 };

    check_ok(conf_load(a, NULL, &w.conf, &mistakes, &e), e);
    w.conf.service.issuer = STR("https://id.example.vn");
    w.conf.vneid.issuer = str_cat(a, origin(a), STR("/vneid"));
    w.conf.vneid.client_secret_file = file_of("vneid", WORLD_SECRET "\n");
    w.conf.person.url = str_cat(a, origin(a), STR("/dancu"));
    w.conf.person.secret_file = file_of("person", "khoa-thu-nghiem\n");
    w.conf.person.api_key_file = file_of("api_key", "khoa-api\n");
    w.conf.business.url = str_cat(a, origin(a), STR("/dkkd"));
    w.conf.business.token_url = str_cat(a, origin(a), STR("/dkkd/token"));
    w.conf.business.client_secret_file = file_of("business", "khoa-doanh-nghiep\n");
    w.conf.business.status_file = str_fmt(a, "%s/conf/status/tax_status.csv", test_source());
    w.conf.business.shape = STR("lgsp");
}

static struct keyring *keys_make(const char *name, enum key_alg alg)
{
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
    struct keyring *ring = NULL;
    struct err e = { 0 };
    struct str kid;

    check_ok(keyring_make_key(dir, alg, KEY_ACTIVE, test_arena(), &kid, &e), e);
    check_ok(keyring_open(dir, &ring, &e), e);
    return ring;
}

static void world_end(void)
{
    auth_close(&w.auth);
    server_stop(w.server);
    server_close(&w.server);
    seal_close(&w.seal);
    keyring_close(&w.keys);
    keyring_close(&w.upstream_keys);
    keyring_close(&w.foreign_keys);
    client_end();
}

static void upstream_reset(void)
{
    w.up = (struct upstream){
        .token_status = 200,
        .population_status = 200,
        .business_status = 200,
        .receiver_status = 200,
        .userinfo = STR("{\"sub\":\"vneid-1\",\"TechID\":\"TECH-1\",\"LoaiTaiKhoan\":\"1\","
                        "\"HoVaTen\":\"Nguyễn Văn Thử\",\"SoDinhDanh\":\"" WORLD_NUMBER "\","
                        "\"NgayThangNamSinh\":\"19870201\",\"GioiTinh\":\"1\",\"DiaChi\":\"Số 1\","
                        "\"ThuDienTu\":\"thu@example.vn\",\"SoDienThoai\":\"0900000001\","
                        "\"logoutUri\":\"https://x.example/?token=bi-mat\","
                        "\"loAs\":[{\"claim\":\"SoDinhDanh\",\"level\":\"2\"}],\"IAL\":\"2\"}"),
        .business = STR("{\"GetEntCert\":[]}"),
    };
}

struct auth *world(struct sql_pool *pool, struct kv *kv, const struct clock *clock)
{
    const char *seal = str_cstr(test_arena(), str_fmt(test_arena(), "%s/seal", test_folder()));
    struct err e = { 0 };

    if (w.auth.sql != NULL)
        return &w.auth;
    upstream_reset();
    w.clock = clock;
    check_ok(client_start(&e), e);
    server_start();
    conf_make();
    w.keys = keys_make("keys", KEY_ES256);
    check_ok(seal_make_file(seal, &e), e);
    check_ok(seal_open(seal, &w.seal, &e), e);
    w.auth = (struct auth){
        .conf = &w.conf, .clock = clock, .sql = pool, .kv = kv, .seal = w.seal, .keys = w.keys
    };
    check_ok(auth_open(&w.auth, &e), e);
    (void)atexit(world_end);
    return &w.auth;
}

struct upstream *upstream(void)
{
    return &w.up;
}

struct conf *world_conf(void)
{
    return &w.conf;
}

struct visit world_visit(void)
{
    return (struct visit){
        .arena = test_arena(), .request_id = STR("test"), .ip = STR("203.0.113.7"), .port = 40001
    };
}

struct client world_client(struct auth *au)
{
    const struct visit v = world_visit();
    struct str secret = STR(WORLD_SECRET);
    struct client c = client_defaults(au, CLIENT_OIDC);
    struct err e = { 0 };

    c.id = STR("portal");
    c.name_vi = STR("Cổng thử");
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    c.post_logout_uris[c.post_logout_count++] = STR(WORLD_GOODBYE);
    c.scopes = STR("openid profile email phone address vn_id vn_profile payments:write");
    c.grants = STR("authorization_code client_credentials");
    c.id_token_alg = c.response_alg =
        KEY_ES256; /* world() has no RSA key of its own: they take their time */
    check_ok(client_add(au, &v, &c, &secret, &e), e);
    return c;
}

struct form world_form(const char *text)
{
    struct form f;
    struct err e = { 0 };

    check_ok(form_read(test_arena(), str_c(text), &f, &e), e);
    return f;
}

struct form world_query(struct str url)
{
    return world_form(str_cstr(test_arena(), str_from(url, str_find(url, '?') + 1)));
}

struct login world_sent(struct auth *au, const struct login_ask *ask, struct str *browser)
{
    const struct visit v = world_visit();
    struct err e = { 0 };
    struct login l;
    struct form query;
    struct str url;

    if (w.upstream_keys == NULL) /* RSA keys take their time: only for tests that sign in */
        w.upstream_keys = keys_make("upstream", KEY_RS256);
    if ((w.up.foreign_key || w.up.jwks_foreign) && w.foreign_keys == NULL)
        w.foreign_keys = keys_make("foreign", KEY_RS256);
    check_ok(login_start(au, &v, ask, &l, browser, &e), e);
    check_ok(login_send(au, &v, &l, &url, &e), e);
    query = world_query(url);
    check_same(form_get(&query, "state"), l.id);
    w.up.nonce = form_get(&query, "nonce");
    w.up.challenge = form_get(&query, "code_challenge");
    return l;
}

struct form world_callback(const struct login *l)
{
    return world_form(
        str_cstr(test_arena(), str_fmt(test_arena(), "code=the-code&state=%.*s", STR_ARG(l->id))));
}

struct login_done world_login(struct auth *au)
{
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct err e = { 0 };
    struct login_done done;
    struct str browser;
    const struct login l = world_sent(au, &ask, &browser);
    const struct form query = world_callback(&l);

    check_ok(login_return(au, &v, &query, browser, STR(""), &done, &e), e);
    return done;
}
