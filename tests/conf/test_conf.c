#include "conf/conf.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/file.h"
#include "tests/test.h"

#define TEXT_BYTES_MAX (256u * 1024)

/* ---- what the tests are written in ---- */

static const char *file_make(const char *text)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/m.conf", test_folder()));
    FILE *f = fopen(path, "w");

    check(f != NULL);
    check(fputs(text, f) >= 0);
    check(fclose(f) == 0);
    return path;
}

static void read_good(const char *text, struct conf *c)
{
    struct buf mistakes = buf_make(test_arena(), TEXT_BYTES_MAX);
    struct err e = { 0 };

    if (conf_load(test_arena(), file_make(text), c, &mistakes, &e).failed)
        test_fail(__FILE__, __LINE__, "%s\n%.*s", text, STR_ARG(buf_str(&mistakes)));
    check_str(buf_str(&mistakes), "");
}

/* The mistakes, without the folder of the file. */
static struct str read_bad(const char *text)
{
    const char *path = file_make(text);
    struct buf mistakes = buf_make(test_arena(), TEXT_BYTES_MAX);
    struct buf out = buf_make(test_arena(), TEXT_BYTES_MAX);
    struct conf c = { .kv.connections = 77 };
    struct str rest, line;
    struct err e = { 0 };

    check_fails(conf_load(test_arena(), path, &c, &mistakes, &e), e, ERR_CONFIG);
    check_int(c.kv.connections, 77); /* untouched */
    rest = buf_str(&mistakes);
    while (str_next(&rest, '\n', &line) && line.n > 0) {
        buf_put(&out, str_starts(line, str_c(path)) ? str_from(line, strlen(path) - 6) : line);
        buf_putc(&out, '\n');
    }
    return buf_str(&out);
}

static struct str setting(const char *section, const char *name, const char *value)
{
    return str_fmt(test_arena(), "[%s]\n%s = %s\n", section, name, value);
}

static void refused(const char *section, const char *name, const char *value, const char *why)
{
    const struct str got = read_bad(str_cstr(test_arena(), setting(section, name, value)));
    const struct str want = str_fmt(test_arena(), "m.conf:2: %s.%s %s\n", section, name, why);

    check_same(got, want);
}

static struct str printed(const struct conf *c)
{
    struct buf out = buf_make(test_arena(), TEXT_BYTES_MAX);

    conf_print(c, &out);
    return buf_str(&out);
}

/* ---- the form of the file ---- */

TEST(every_mistake_is_reported_with_its_line)
{
    check_str(read_bad("name = early\n"
                       "[store]\n"
                       "engine = oracle\n"
                       "connections = 0\n"
                       "# a comment\n"
                       "wait_ms = 10\n"
                       "wait_ms = 20\n"
                       "\n"
                       "nonsense\n"
                       "colour = red\n"
                       "[stare]\n"
                       "engine = not looked at\n"
                       "[kv\n"
                       "[jobs]\n"
                       "settlement = yes\n"
                       "lease_s = 5x\n"
                       "<b>Hoà = 1\n"),
              "m.conf:1: a setting before the first [section]\n"
              "m.conf:3: store.engine must be one of sqlite|postgresql\n"
              "m.conf:4: store.connections must be from 1 to 128\n"
              "m.conf:7: store.wait_ms was already set in line 6\n"
              "m.conf:9: neither [section] nor name = value\n"
              "m.conf:10: there is no setting store.colour\n"
              "m.conf:11: there is no section [stare]\n"
              "m.conf:13: a section reads [name]\n"
              "m.conf:15: jobs.settlement must be true or false\n"
              "m.conf:16: jobs.lease_s must be a whole number\n"
              "m.conf:17: there is no setting jobs.?\n");
}

TEST(a_file_that_cannot_be_read_is_a_mistake)
{
    struct buf mistakes = buf_make(test_arena(), TEXT_BYTES_MAX);
    const char *absent = str_cstr(test_arena(), str_fmt(test_arena(), "%s/no", test_folder()));
    struct conf c;
    struct err e;

    check_fails(conf_load(test_arena(), absent, &c, &mistakes, &e), e, ERR_CONFIG);
    check(str_has(buf_str(&mistakes), STR("/no: No such file")));
    check_fails(conf_load(test_arena(), test_folder(), &c, &mistakes, &e), e, ERR_CONFIG);
    check(str_has(buf_str(&mistakes), STR(": not a file")));
    check_fails(conf_load(test_arena(), "/no/such/folder/m.conf", &c, &mistakes, &e), e,
                ERR_CONFIG);
    check(str_has(buf_str(&mistakes), STR("there is no such folder")));
}

TEST(text_must_be_utf8_without_control_characters)
{
    refused("service", "name_vi", "a\xff", "must be UTF-8 text without control characters");
    refused("service", "name_vi", "a\x01z", "must be UTF-8 text without control characters");
    refused("service", "emblem_file", "a\x7f", "must be UTF-8 text without control characters");
}

TEST(a_mistake_never_repeats_the_value)
{
    const struct str got = read_bad("[store]\npostgresql = host=db password=s3cr3t\n"
                                    "[kv]\nengine = s3cr3t\nconnections = s3cr3t\n");

    check(str_has(got, STR("store.postgresql must hold no password")));
    check(!str_has(got, STR("s3cr3t")));
}

TEST(sections_may_return_and_spaces_and_returns_do_not_matter)
{
    struct conf c;

    read_good("  [ kv ]\r\n  connections=9\r\n[store]\nwait_ms\t=\t99  \n[kv]\ntimeout_ms = 10\n"
              "# end",
              &c);
    check_int(c.kv.connections, 9);
    check_int(c.store.wait_ms, 99);
    check_int(c.kv.timeout_ms, 10);
}

TEST(a_value_may_hold_an_equals_sign)
{
    struct conf c;

    read_good("[store]\npostgresql = host=/tmp port=5433\n", &c);
    check_str(c.store.postgresql, "host=/tmp port=5433");
}

/* ---- every row of the table ---- */

static void bound_holds(const char *section, const char *name, int64_t least, int64_t most)
{
    const struct str why =
        str_fmt(test_arena(), "must be from %lld to %lld", (long long)least, (long long)most);
    const char *below = str_cstr(test_arena(), str_i64(test_arena(), least - 1));
    const char *above = str_cstr(test_arena(), str_i64(test_arena(), most + 1));

    check(least <= most);
    check(str_has(read_bad(str_cstr(test_arena(), setting(section, name, below))), why));
    check(str_has(read_bad(str_cstr(test_arena(), setting(section, name, above))), why));
    refused(section, name, "", "must be a whole number");
    refused(section, name, "1.5", "must be a whole number");
    refused(section, name, "99999999999999999999", "must be a whole number");
}

static int64_t int_read(const char *section, const char *name, int64_t n, size_t offset)
{
    const char *value = str_cstr(test_arena(), str_i64(test_arena(), n));
    struct conf c;

    /* The idle time of a session may not pass its whole: move that out of the way. */
    read_good(str_cstr(test_arena(),
                       str_fmt(test_arena(), "%.*s%s", STR_ARG(setting(section, name, value)),
                               strcmp(name, "session_max_s") == 0    ? "session_idle_s = 60\n"
                               : strcmp(name, "session_idle_s") == 0 ? "session_max_s = 604800\n"
                                                                     : "")),
              &c);
    return *(const int64_t *)((const char *)&c + offset);
}

TEST(every_bound_is_kept)
{
#define SECTION(s, help)
#define INT(s, name, value, least, most, help)                                                     \
    bound_holds(#s, #name, least, most);                                                           \
    check_int(int_read(#s, #name, least, offsetof(struct conf, s.name)), least);                   \
    check_int(int_read(#s, #name, most, offsetof(struct conf, s.name)), most);
#define BOOL(s, name, value, help)
#define TEXT(s, name, value, help)
#define PATH(s, name, value, help)
#define ONE_OF(s, name, value, choices, help)
#define END(s)
#include "conf/conf.def"
#undef INT
#undef BOOL
#undef ONE_OF
}

static void choices_hold(const char *section, const char *name, const char *choices)
{
    const struct str why = str_fmt(test_arena(), "must be one of %s", choices);
    struct str rest = str_c(choices), choice;

    refused(section, name, "", str_cstr(test_arena(), why));
    refused(section, name, "other", str_cstr(test_arena(), why));
    refused(section, name, choices, str_cstr(test_arena(), why));
    while (str_next(&rest, '|', &choice)) {
        struct buf mistakes = buf_make(test_arena(), TEXT_BYTES_MAX);
        const char *value = str_cstr(test_arena(), choice);
        struct conf c;
        struct err e;

        /* It may ask for other settings, but is itself right. */
        if (conf_load(test_arena(),
                      file_make(str_cstr(test_arena(), setting(section, name, value))), &c,
                      &mistakes, &e)
                .failed)
            check(!str_has(buf_str(&mistakes), STR("must be one of")));
    }
}

static void bool_holds(const char *section, const char *name)
{
    refused(section, name, "", "must be true or false");
    refused(section, name, "1", "must be true or false");
    refused(section, name, "True", "must be true or false");
}

TEST(every_choice_and_every_switch_is_kept)
{
#define INT(s, name, value, least, most, help)
#define BOOL(s, name, value, help)            bool_holds(#s, #name);
#define ONE_OF(s, name, value, choices, help) choices_hold(#s, #name, choices);
#include "conf/conf.def"
#undef SECTION
#undef INT
#undef BOOL
#undef TEXT
#undef PATH
#undef ONE_OF
#undef END
}

/* ---- the environment ---- */

TEST(the_environment_comes_after_the_file)
{
    const char *path = file_make("[kv]\nconnections = 9\n[service]\nname_vi = Từ tệp\n");
    struct buf mistakes = buf_make(test_arena(), TEXT_BYTES_MAX);
    struct conf c;
    struct err e;

    check(setenv("MOTCUA_KV_CONNECTIONS", "11", 1) == 0);
    check_ok(conf_load(test_arena(), path, &c, &mistakes, &e), e);
    check_int(c.kv.connections, 11);
    check_str(c.service.name_vi, "Từ tệp");
}

TEST(a_mistake_in_the_environment_names_the_variable)
{
    check(setenv("MOTCUA_KV_CONNECTIONS", "0", 1) == 0);
    check(setenv("MOTCUA_KV_REDIS", "redis", 1) == 0);
    check(setenv("MOTCUA_TEST_ANYTHING", "no section of that name", 1) == 0);
    check_str(read_bad("[kv]\nconnections = 9\n"),
              "MOTCUA_KV_CONNECTIONS: kv.connections must be from 1 to 128\n"
              "MOTCUA_KV_REDIS: kv.redis must be host:port, [v6]:port or unix:/path\n");
    check(unsetenv("MOTCUA_KV_CONNECTIONS") == 0);
    check(unsetenv("MOTCUA_KV_REDIS") == 0);
    check(setenv("MOTCUA_STORE_ENGIN", "postgresql", 1) == 0);
    check_str(read_bad(""), "MOTCUA_STORE_ENGIN: there is no such setting\n");
}

/* ---- paths ---- */

TEST(relative_paths_start_at_the_folder_of_the_file)
{
    char real[PATH_MAX];
    struct conf c;

    check(realpath(test_folder(), real) != NULL);
    read_good("[crypto]\nkeys_dir = a/../b\nseal_file = /abs/./x\n"
              "[kv]\nredis_password_file = ./../y\n",
              &c);
    check_str(c.folder, real);
    check_same(c.crypto.keys_dir, str_fmt(test_arena(), "%s/a/../b", real));
    check_str(c.crypto.seal_file, "/abs/./x");
    check_same(c.store.sqlite_file, str_fmt(test_arena(), "%s/motcua.db", real));
    check_str(c.service.emblem_file, "");
    *strrchr(real, '/') = '\0';
    check_same(c.kv.redis_password_file, str_fmt(test_arena(), "%s/y", real));
    check_same(c.payments.fees_dir, str_fmt(test_arena(), "%s/conf/fees", real));
}

TEST(without_a_file_paths_start_at_var)
{
    struct buf mistakes = buf_make(test_arena(), TEXT_BYTES_MAX);
    char here[PATH_MAX];
    struct conf c;
    struct err e;

    check(getcwd(here, sizeof(here)) != NULL);
    check_ok(conf_load(test_arena(), NULL, &c, &mistakes, &e), e);
    check_same(c.folder, str_fmt(test_arena(), "%s/var", here));
    check_same(c.store.sqlite_file, str_fmt(test_arena(), "%s/var/motcua.db", here));
    check_same(c.payments.places_dir, str_fmt(test_arena(), "%s/conf/places", here));
}

TEST(more_parents_than_there_are_end_at_the_root)
{
    struct conf c;

    read_good("[crypto]\nkeys_dir = ../../../../../../../../../../../../../../../../keys\n", &c);
    check_str(c.crypto.keys_dir, "/keys");
}

/* ---- what goes with what ---- */

TEST(the_issuer_is_an_https_url_without_a_slash_at_its_end)
{
    static const char *const bad[] = { "",
                                       "motcua.example.vn",
                                       "ftp://motcua.example.vn",
                                       "https://",
                                       "https://user@motcua.example.vn",
                                       "https://motcua.example.vn#a",
                                       "https://motcua.example.vn:0",
                                       "https://motcua.example.vn:65536",
                                       "https://motcua.example.vn:",
                                       "https://mot cua.vn",
                                       "https://motcua..vn",
                                       "https://[::1",
                                       "https://[::g]",
                                       "https://1.2.3",
                                       "HTTPS://motcua.example.vn" };
    static const char *const plain[] = { "http://motcua.example.vn", "http://127.0.0.1.example.vn",
                                         "http://10.0.0.1:8080", "http://localhost.example.vn",
                                         "http://[::2]:80" };
    static const char *const good[] = { "https://motcua.example.vn",
                                        "https://motcua.example.vn:8443/dangnhap",
                                        "http://localhost:8080", "http://127.9.9.9",
                                        "http://[::1]:8080" };
    struct conf c;

    for (size_t i = 0; i < LEN(bad); i++)
        refused("service", "issuer", bad[i], "must be a URL, https://host[:port][/path]");
    for (size_t i = 0; i < LEN(plain); i++)
        refused("service", "issuer", plain[i],
                "must be https; http is for loopback addresses only");
    refused("service", "issuer", "https://a.vn/", "must have no query and no slash at the end");
    refused("service", "issuer", "https://a.vn?x=1", "must have no query and no slash at the end");
    for (size_t i = 0; i < LEN(good); i++) {
        read_good(str_cstr(test_arena(), setting("service", "issuer", good[i])), &c);
        check_str(c.service.issuer, good[i]);
    }
}

TEST(listening_beyond_loopback_needs_trusted_proxies)
{
    static const char *const bad[] = { "",       "8080",     ":8080",     "localhost:8080",
                                       "[::1]",  "1.2.3.4",  "1.2.3.4:x", "1.2.3.4:99999",
                                       "unix:x", "[::1]8080" };
    static const char *const good[] = { "127.0.0.1:1", "[::1]:65535", "unix:/run/motcua.sock" };
    static const char *const open[] = { "0.0.0.0:80", "[::]:80", "10.1.2.3:8080" };
    struct conf c;

    for (size_t i = 0; i < LEN(bad); i++)
        refused("http", "listen", bad[i], "must be address:port, [v6]:port or unix:/path");
    for (size_t i = 0; i < LEN(good); i++)
        read_good(str_cstr(test_arena(), setting("http", "listen", good[i])), &c);
    for (size_t i = 0; i < LEN(open); i++) {
        refused("http", "listen", open[i],
                "is not a loopback address, which needs http.trusted_proxies");
        read_good(str_cstr(test_arena(),
                           str_fmt(test_arena(), "%.*strusted_proxies = 10.0.0.0/8, ::1,unix\n",
                                   STR_ARG(setting("http", "listen", open[i])))),
                  &c);
    }
}

TEST(trusted_proxies_are_addresses_or_blocks)
{
    static const char *const bad[] = { "proxy",    "10.0.0.1/33", "10.0.0.1,",   "::1/129",
                                       "10.0.0/8", "10.0.0.1/",   "10.0.0.1/-1", "unix:/x" };

    for (size_t i = 0; i < LEN(bad); i++)
        refused("http", "trusted_proxies", bad[i],
                "must be addresses or CIDR blocks, or unix, separated by commas");
}

TEST(the_redis_address_has_a_port_or_a_path)
{
    static const char *const bad[] = {
        "", "redis", "redis:", ":6379", "redis://redis:6379", "unix:redis.sock", "a b:6379"
    };
    static const char *const good[] = { "redis:6379", "10.0.0.1:6379", "[::1]:6379",
                                        "unix:/run/redis.sock" };
    struct conf c;

    for (size_t i = 0; i < LEN(bad); i++)
        refused("kv", "redis", bad[i], "must be host:port, [v6]:port or unix:/path");
    for (size_t i = 0; i < LEN(good); i++)
        read_good(str_cstr(test_arena(), setting("kv", "redis", good[i])), &c);
}

TEST(the_store_needs_its_address_and_no_password)
{
    static const char *const secret[] = { "host=db password=x", "host=db PassWord = x",
                                          "postgresql://motcua:x@db/motcua",
                                          "postgres://motcua:x@db" };
    static const char *const good[] = { "host=/tmp passfile=/run/secrets/pg",
                                        "postgresql://motcua@db:5432/motcua",
                                        "postgresql://db:5432/motcua?passfile=/a:b@c" };
    struct conf c;

    check_str(read_bad("[store]\nengine = postgresql\n"),
              "store.postgresql is needed when store.engine is postgresql\n");
    check_str(read_bad("[store]\nsqlite_file =\n"),
              "m.conf:2: store.sqlite_file is needed when store.engine is sqlite\n");
    for (size_t i = 0; i < LEN(secret); i++)
        refused("store", "postgresql", secret[i],
                "must hold no password: name a passfile in it instead");
    for (size_t i = 0; i < LEN(good); i++)
        read_good(str_cstr(test_arena(), setting("store", "postgresql", good[i])), &c);
}

TEST(payment_origins_are_https_but_for_loopback)
{
    static const char *const bad[] = { "",
                                       "pay.example.vn",
                                       "https://pay.example.vn/",
                                       "https://pay.example.vn?a",
                                       "https://a.vn,",
                                       "https://a.vn https://b.vn" };
    struct conf c;

    for (size_t i = 0; i < LEN(bad); i++)
        refused("portal", "pay_origins", bad[i],
                "must be origins, https://host[:port], separated by commas");
    refused("portal", "pay_origins", "https://a.vn, http://b.vn",
            "must be https; http is for loopback addresses only");
    read_good("[portal]\npay_origins = https://a.vn:8443, http://[::1]:8090\n", &c);
}

#define REAL_VNEID    "[vneid]\nissuer = https://sso.example.vn\n"
#define REAL_PERSON   "[person]\nurl = http://gateway.example.vn/dancu\n"
#define REAL_BUSINESS "[business]\nurl = https://b.example.vn\ntoken_url = https://b.example.vn/t\n"
#define REAL_PORTAL                                                                                \
    "[portal]\nurl = https://p.example.vn\nsettlement_url = https://p.example.vn/s\n"              \
    "pay_origins = https://p.example.vn\n"
#define REAL "[service]\nnational_systems = real\n"

TEST(real_national_systems_are_never_loopback_addresses)
{
    struct conf c;

    check_str(read_bad(REAL),
              "portal.pay_origins is a loopback address, but service.national_systems is real\n"
              "vneid.issuer is a loopback address, but service.national_systems is real\n"
              "person.url is a loopback address, but service.national_systems is real\n"
              "business.url is a loopback address, but service.national_systems is real\n"
              "business.token_url is a loopback address, but service.national_systems is real\n"
              "portal.url is a loopback address, but service.national_systems is real\n"
              "portal.settlement_url is a loopback address, but service.national_systems is "
              "real\n");
    read_good(REAL REAL_VNEID REAL_PERSON REAL_BUSINESS REAL_PORTAL, &c);
    check_str(read_bad(REAL REAL_PERSON REAL_BUSINESS REAL_PORTAL
                       "[vneid]\nissuer = http://sso.example.vn\ntoken_url = http://localhost/t\n"),
              "m.conf:13: vneid.issuer must be https when service.national_systems is real\n"
              "m.conf:14: vneid.token_url is a loopback address, but service.national_systems is "
              "real\n");
}

TEST(without_discovery_the_endpoints_are_needed)
{
    struct conf c;

    check_str(read_bad("[vneid]\ndiscover = false\ntoken_url = x\n"),
              "vneid.authorize_url is needed when vneid.discover is false\n"
              "vneid.jwks_url is needed when vneid.discover is false\n"
              "m.conf:3: vneid.token_url must be a URL, https://host[:port][/path]\n");
    read_good("[vneid]\ndiscover = false\nauthorize_url = https://a.vn/a\ntoken_url = "
              "https://a.vn/t\njwks_url = https://a.vn/k\n",
              &c);
}

TEST(small_forms_are_kept)
{
    static const char *const times[] = { "", "6:00", "24:00", "06:60", "06.00", "0a:00", "06:000" };
    static const char *const letters[] = { "", "A", "AAA", "aa", "A1", "Đ" };
    struct conf c;

    for (size_t i = 0; i < LEN(times); i++)
        refused("jobs", "settlement_at", times[i], "must be a time of day, HH:MM");
    for (size_t i = 0; i < LEN(letters); i++)
        refused("payments", "receipt_serial_letters", letters[i],
                "must be two capital letters A to Z");
    refused("auth", "session_idle_s", "28801", "must not be more than auth.session_max_s");
    refused("service", "name_vi", "", "must not be empty");
    refused("crypto", "seal_file", "", "must not be empty");
    read_good("[jobs]\nsettlement_at = 23:59\n[payments]\nreceipt_serial_letters = ZZ\n", &c);
}

/* ---- printing ---- */

TEST(what_is_printed_reads_the_same_again)
{
    struct conf c, again;

    read_good("[service]\nname_vi = Một cửa\n[kv]\nconnections = 9\n[jobs]\nsettlement = false\n",
              &c);
    check(str_has(printed(&c), STR("[kv]\nengine = memory\n")));
    check(str_has(printed(&c), STR("\nconnections = 9\n")));
    check(str_has(printed(&c), STR("\nsettlement = false\n")));
    read_good(str_cstr(test_arena(), printed(&c)), &again);
    check_same(printed(&again), printed(&c));
}

/* The committed file is what the table generates; MOTCUA_ACCEPT in the environment rewrites it. */
static void committed(const char *name, struct str want)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_source(), name));
    struct str got;
    struct err e;

    if (getenv("MOTCUA_ACCEPT") != NULL) {
        FILE *f = fopen(path, "w");

        check(f != NULL);
        check(fwrite(want.p, 1, want.n, f) == want.n);
        check(fclose(f) == 0);
    }
    check_ok(conf_file_load(test_arena(), path, TEXT_BYTES_MAX, &got, &e), e);
    check_same(got, want);
}

TEST(the_committed_sample_is_the_table)
{
    struct buf out = buf_make(test_arena(), TEXT_BYTES_MAX);

    conf_print_sample(&out);
    committed("conf/motcua.conf", buf_str(&out));
}

TEST(the_committed_reference_is_the_table)
{
    struct buf out = buf_make(test_arena(), TEXT_BYTES_MAX);

    conf_print_reference(&out);
    committed("docs/settings.md", buf_str(&out));
}

/* The sample with every setting's # removed. */
static const char *sample_in_use(void)
{
    struct buf sample = buf_make(test_arena(), TEXT_BYTES_MAX);
    struct buf out = buf_make(test_arena(), TEXT_BYTES_MAX);
    struct str rest, line;

    conf_print_sample(&sample);
    rest = buf_str(&sample);
    while (str_next(&rest, '\n', &line)) {
        buf_put(&out,
                line.n > 1 && line.p[0] == '#' && line.p[1] != ' ' ? str_from(line, 1) : line);
        buf_putc(&out, '\n');
    }
    return str_cstr(test_arena(), buf_str(&out));
}

TEST(the_sample_holds_the_defaults)
{
    struct buf sample = buf_make(test_arena(), TEXT_BYTES_MAX);
    struct conf empty, commented, in_use;

    conf_print_sample(&sample);
    read_good("", &empty);
    read_good(str_cstr(test_arena(), buf_str(&sample)), &commented);
    read_good(sample_in_use(), &in_use);
    check_same(printed(&commented), printed(&empty));
    check_same(printed(&in_use), printed(&empty));
}
