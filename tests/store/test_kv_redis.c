/* A Redis that misbehaves: a script of connections, each with what it answers before it ends. */
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "store/kv.h"
#include "tests/fixture.h"

#define CONNECTIONS_MAX 4
#define ANSWERS_MAX     4
#define TIMEOUT_MS      300

struct fake {
    /* A NULL answer ends the connection at once; "" reads the question and never answers. */
    const char *answers[CONNECTIONS_MAX][ANSWERS_MAX];
    struct sockaddr_un address;
    pthread_t thread;
    int listener;
    int accepted;
    char asked[4096];
    pthread_mutex_t mutex;
};

static struct err e;

static void remember(struct fake *f, const char *text, size_t n)
{
    const size_t used = strlen(f->asked);

    (void)snprintf(f->asked + used, sizeof(f->asked) - used, "%.*s", (int)n, text);
}

/* One read is one question: they are short. */
static void serve(struct fake *f, int fd, const char *const *answers)
{
    char text[1024];

    for (int i = 0; i < ANSWERS_MAX && answers[i] != NULL; i++) {
        const ssize_t n = read(fd, text, sizeof(text));

        if (n <= 0)
            return;
        remember(f, text, (size_t)n);
        if (answers[i][0] == '\0')
            (void)usleep(2 * TIMEOUT_MS * 1000);
        else if (strcmp(answers[i], "cut") == 0)
            return;
        else
            check(write(fd, answers[i], strlen(answers[i])) > 0);
    }
}

static void *serve_all(void *arg)
{
    struct fake *f = arg;

    for (;;) {
        const int fd = accept(f->listener, NULL, NULL);

        if (fd < 0)
            return NULL;
        if (f->accepted < CONNECTIONS_MAX)
            serve(f, fd, f->answers[f->accepted]);
        f->accepted++;
        (void)close(fd);
    }
}

static void fake_begin(struct fake *f)
{
    f->address.sun_family = AF_UNIX;
    (void)snprintf(f->address.sun_path, sizeof(f->address.sun_path), "%s/redis", test_folder());
    f->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    check(f->listener >= 0);
    check_int(bind(f->listener, (struct sockaddr *)&f->address, sizeof(f->address)), 0);
    check_int(listen(f->listener, 8), 0);
    check_int(pthread_create(&f->thread, NULL, serve_all, f), 0);
}

static void fake_end(struct fake *f)
{
    (void)shutdown(f->listener, SHUT_RDWR);
    check_int(pthread_join(f->thread, NULL), 0);
    (void)close(f->listener);
}

static struct kv *client(const struct fake *f, struct str password)
{
    const struct kv_config c = {
        .redis = true,
        .address = str_fmt(test_arena(), "unix:%s", f->address.sun_path),
        .password = password,
        .timeout_ms = TIMEOUT_MS,
        .connections_max = 1,
    };
    struct kv *k = NULL;

    check_ok(kv_open(&c, &k, &e), e);
    return k;
}

static result get(struct kv *k, struct str *value)
{
    bool found;

    return kv_get(k, test_arena(), STR("a:1"), &found, value, &e);
}

TEST(a_connection_ended_at_rest_is_reopened_before_anything_is_asked)
{
    struct fake f = { .answers = { { ":1\r\n" }, { ":2\r\n" } } };
    struct kv *k;
    int64_t count;

    fake_begin(&f);
    k = client(&f, STR(""));
    check_ok(kv_count(k, STR("a:1"), 60, &count, &e), e);
    (void)usleep(50000); /* the end of the connection has arrived */
    check_ok(kv_count(k, STR("a:1"), 60, &count, &e), e);
    check_int(count, 2);
    kv_close(&k);
    fake_end(&f);
    check_int(f.accepted, 2);
}

TEST(what_is_safe_to_repeat_is_asked_again_when_the_connection_breaks)
{
    struct fake f = { .answers = { { "cut" }, { "$3\r\none\r\n" } } };
    struct str value = { NULL, 0 };
    struct kv *k;

    fake_begin(&f);
    k = client(&f, STR(""));
    check_ok(get(k, &value), e);
    check_str(value, "one");
    kv_close(&k);
    fake_end(&f);
}

TEST(what_may_have_happened_is_not_asked_again)
{
    struct fake f = { .answers = { { "cut" }, { ":1\r\n" } } };
    struct kv *k;
    int64_t count = 0;

    fake_begin(&f);
    k = client(&f, STR(""));
    check_fails(kv_count(k, STR("a:1"), 60, &count, &e), e, ERR_STORE);
    check_int(count, 0);
    check_ok(kv_count(k, STR("a:1"), 60, &count, &e), e);
    check_int(count, 1);
    kv_close(&k);
    fake_end(&f);
    check_int(f.accepted, 2);
}

TEST(a_primary_that_became_a_replica_is_left)
{
    struct fake f = { .answers = { { "-READONLY You can't write against a read only replica.\r\n" },
                                   { ":1\r\n" } } };
    struct kv *k;
    int64_t count = 0;

    fake_begin(&f);
    k = client(&f, STR(""));
    check_ok(kv_count(k, STR("a:1"), 60, &count, &e), e);
    check_int(count, 1);
    kv_close(&k);
    fake_end(&f);
}

TEST(a_server_that_says_nothing_is_not_waited_for_long)
{
    struct fake f = { .answers = { { "" } } };
    struct kv *k;
    bool added;
    int64_t before_ms;

    fake_begin(&f);
    k = client(&f, STR(""));
    before_ms = clock_monotonic_ms();
    check_fails(kv_add(k, STR("a:1"), STR("x"), 60, &added, &e), e, ERR_STORE);
    check(clock_monotonic_ms() - before_ms < 2 * TIMEOUT_MS);
    kv_close(&k);
    fake_end(&f);
}

TEST(error_texts_that_quote_arguments_are_not_passed_on)
{
    struct fake f = { .answers = { { "-ERR unknown command, with args: `a:1` `secret`\r\n" } } };
    struct kv *k;

    fake_begin(&f);
    k = client(&f, STR(""));
    check_fails(kv_put(k, STR("a:1"), STR("secret"), 60, &e), e, ERR_STORE);
    check(str_has(str_c(e.detail), STR("ERR")));
    check(!str_has(str_c(e.detail), STR("secret")));
    kv_close(&k);
    fake_end(&f);
}

TEST(an_answer_of_an_unknown_kind_is_refused)
{
    struct fake f = { .answers = { { "*1\r\n:1\r\n" } } };
    struct str value = { NULL, 0 };
    struct kv *k;

    fake_begin(&f);
    k = client(&f, STR(""));
    check_fails(get(k, &value), e, ERR_STORE);
    kv_close(&k);
    fake_end(&f);
}

TEST(the_password_is_given_first_and_never_told)
{
    struct fake f = { .answers = { { "+OK\r\n", "+PONG\r\n" } } };
    struct fake refuses = { .answers = { { "-WRONGPASS invalid password s3cret\r\n" } } };
    struct kv_config c = { .redis = true, .timeout_ms = TIMEOUT_MS, .connections_max = 1 };
    struct kv *k;

    fake_begin(&f);
    k = client(&f, STR("s3cret"));
    check_ok(kv_ping(k, &e), e);
    kv_close(&k);
    fake_end(&f);
    check(str_starts(str_c(f.asked), STR("*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n")));
    check_int(unlink(f.address.sun_path), 0);

    fake_begin(&refuses);
    c.address = str_fmt(test_arena(), "unix:%s", refuses.address.sun_path);
    c.password = STR("s3cret");
    check_fails(kv_open(&c, &k, &e), e, ERR_STORE);
    check(!str_has(str_c(e.detail), STR("s3cret")));
    fake_end(&refuses);
}

TEST(bad_addresses_are_refused)
{
    static const struct {
        const char *address;
        enum err_code code;
    } cases[] = {
        { "", ERR_CONFIG },
        { "localhost", ERR_CONFIG },
        { ":6379", ERR_CONFIG },
        { "host:", ERR_CONFIG },
        { "host:0", ERR_CONFIG },
        { "host:65536", ERR_CONFIG },
        { "host:6379x", ERR_CONFIG },
        { "unix:here", ERR_CONFIG },
        { "unix:/nowhere/at/all", ERR_STORE },
        { "[::1]:1", ERR_STORE },
        { "127.0.0.1:1", ERR_STORE },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct kv_config c = { .redis = true,
                                     .address = str_c(cases[i].address),
                                     .timeout_ms = TIMEOUT_MS,
                                     .connections_max = 1 };
        struct kv *k = NULL;

        check_fails(kv_open(&c, &k, &e), e, cases[i].code);
        check(k == NULL);
    }
}
