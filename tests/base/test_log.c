#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

static int ends[2];

static void pipe_open(enum log_level least)
{
    check(pipe(ends) == 0);
    check(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    log_open(ends[1], least);
}

/* What one read(2) finds in the pipe, which is one line for one write(2) when it is read at once.
 */
static struct str pipe_read(void)
{
    char *p = arena_alloc(test_arena(), 65536);
    const ssize_t n = read(ends[0], p, 65536);

    return str_of(p, n < 0 ? 0 : (size_t)n);
}

static void pipe_close(void)
{
    log_open(STDERR_FILENO, LOG_INFO);
    log_request_set(STR(""));
    close(ends[0]);
    close(ends[1]);
}

/* The line without its time: {"time":"2026-11-23T07:05:09.123Z",... */
static struct str line(void)
{
    const struct str all = pipe_read();

    check(str_starts(all, STR("{\"time\":\"")));
    check_str(str_sub(all, 32, 3), "Z\",");
    check(str_ends(all, STR("}\n")));
    check_int(str_find(all, '\n'), all.n - 1);
    return str_sub(all, 35, all.n - 35 - 2);
}

TEST(a_line_says_level_event_and_fields)
{
    pipe_open(LOG_INFO);
    log_line(LOG_WARN, "request", log_str("method", STR("GET")), log_int("status", -200));
    check_str(line(),
              "\"level\":\"warn\",\"event\":\"request\",\"method\":\"GET\",\"status\":-200");
    log_event(LOG_INFO, "ready");
    check_str(line(), "\"level\":\"info\",\"event\":\"ready\"");
    pipe_close();
}

TEST(a_value_cannot_end_its_string_or_its_line)
{
    const struct {
        struct str value;
        const char *shown;
    } cases[] = {
        { STR("a\"},{\"level\":\"error"), "a\\\"},{\\\"level\\\":\\\"error" },
        { STR("back\\slash"), "back\\\\slash" },
        { STR("x\r\n{}\t"), "x\\u000d\\n{}\\u0009" },
        { STR("nul\0\x1f\x7f\xc2\x85"), "nul\\u0000\\u001f\\u007f\\u0085" },
        { STR("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029" },
        { STR("Hòa \xf0\x9f\x98\x80"), "Hòa \xf0\x9f\x98\x80" },
    };

    pipe_open(LOG_INFO);
    for (size_t i = 0; i < LEN(cases); i++) {
        log_line(LOG_INFO, "e", log_str("v", cases[i].value));
        check_str(line(), str_cstr(test_arena(), str_fmt(test_arena(),
                                                         "\"level\":\"info\",\"event\":\"e\","
                                                         "\"v\":\"%s\"",
                                                         cases[i].shown)));
    }
    pipe_close();
}

#define R "\xef\xbf\xbd"
TEST(what_is_not_utf8_is_replaced)
{
    const struct {
        struct str value;
        const char *shown;
    } cases[] = {
        { STR("\xff"), R },
        { STR("a\xc3"), "a" R },
        { STR("\xc0\xaf"), R R },             /* overlong slash */
        { STR("\xed\xa0\x80"), R R R },       /* surrogate */
        { STR("\xf4\x90\x80\x80"), R R R R }, /* above U+10FFFF */
        { STR("\xe1\xbb\"x"), R R "\\\"x" },  /* a quote inside a broken letter */
    };

    pipe_open(LOG_INFO);
    for (size_t i = 0; i < LEN(cases); i++) {
        log_line(LOG_INFO, "e", log_str("v", cases[i].value));
        check_same(line(), str_fmt(test_arena(), "\"level\":\"info\",\"event\":\"e\",\"v\":\"%s\"",
                                   cases[i].shown));
    }
    pipe_close();
}

TEST(a_long_value_is_cut_at_a_character_border)
{
    char value[600];
    struct str text;

    pipe_open(LOG_INFO);
    memset(value, 'x', sizeof(value));
    memcpy(value + 510, "ế", 3); /* would end at byte 513 */
    log_line(LOG_INFO, "e", log_str("v", str_of(value, sizeof(value))), log_int("after", 1));
    text = line();
    check(str_ends(text, STR("xxx\",\"after\":1")));
    check(!str_has(text, STR("ế")));
    check_int(text.n, strlen("\"level\":\"info\",\"event\":\"e\",\"v\":\"\",\"after\":1") + 510);
    pipe_close();
}

TEST(a_line_that_is_too_long_loses_whole_fields_and_says_so)
{
    struct log_field fields[40];
    char value[512];
    struct str text;

    pipe_open(LOG_INFO);
    memset(value, '\n', sizeof(value)); /* twice as long once escaped */
    for (size_t i = 0; i < LEN(fields); i++)
        fields[i] = log_str("v", str_of(value, sizeof(value)));
    log_fields(LOG_INFO, "e", fields, LEN(fields));
    text = line();
    check(str_ends(text, STR("\\n\",\"cut\":true")));
    check(text.n > 15000);
    pipe_close();
}

static void *other_thread(void *unused)
{
    (void)unused;
    log_event(LOG_INFO, "other");
    return NULL;
}

TEST(the_request_id_is_of_the_thread_until_it_is_taken_back)
{
    char id[] = "r-1";
    pthread_t thread;

    pipe_open(LOG_INFO);
    log_request_set(str_c(id));
    memset(id, 'x', 3); /* it was copied */
    log_event(LOG_INFO, "e");
    check_str(line(), "\"level\":\"info\",\"event\":\"e\",\"request\":\"r-1\"");
    check(pthread_create(&thread, NULL, other_thread, NULL) == 0);
    check(pthread_join(thread, NULL) == 0);
    check_str(line(), "\"level\":\"info\",\"event\":\"other\"");
    log_request_set(STR(""));
    log_event(LOG_INFO, "e");
    check_str(line(), "\"level\":\"info\",\"event\":\"e\"");
    pipe_close();
}

TEST(what_is_below_the_level_is_not_written)
{
    enum log_level level = LOG_ERROR;

    pipe_open(LOG_WARN);
    log_event(LOG_INFO, "e");
    check_str(pipe_read(), "");
    check(!log_level_find(STR("loud"), &level));
    check_int(level, LOG_ERROR);
    check(log_level_find(STR("debug"), &level));
    log_level_set(level);
    log_event(LOG_DEBUG, "e");
    check_str(line(), "\"level\":\"debug\",\"event\":\"e\"");
    pipe_close();
}

TEST(a_failure_is_logged_at_the_level_of_its_code)
{
    struct err e;

    pipe_open(LOG_INFO);
    check(fail_field(&e, ERR_STORE, "order", "no \"answer\"").failed);
    log_err("failed", &e);
    check_str(line(), "\"level\":\"error\",\"event\":\"failed\",\"code\":\"STORE\","
                      "\"field\":\"order\",\"detail\":\"no \\\"answer\\\"\"");
    pipe_close();
}

#define WRITERS 4
#define LINES   50

static void *write_lines(void *name)
{
    for (int i = 0; i < LINES; i++)
        log_line(LOG_INFO, "e", log_str("v", str_c(name)));
    return NULL;
}

/* Lines of some 500 bytes from four threads: less than the pipe holds. */
TEST(lines_of_many_threads_never_interleave)
{
    static char names[WRITERS][200];
    pthread_t threads[WRITERS];
    struct str rest, one;
    int lines = 0;

    pipe_open(LOG_INFO);
    for (int i = 0; i < WRITERS; i++) {
        memset(names[i], 'a' + i, sizeof(names[i]) - 1);
        check(pthread_create(&threads[i], NULL, write_lines, names[i]) == 0);
    }
    for (int i = 0; i < WRITERS; i++)
        check(pthread_join(threads[i], NULL) == 0);
    rest = pipe_read();
    while (str_next(&rest, '\n', &one) && one.n > 0) {
        const struct str value = str_sub(one, one.n - 201, 199);

        check(str_starts(one, STR("{\"time\":\"")));
        check(str_all_in(value, str_cstr(test_arena(), str_sub(value, 0, 1))));
        lines++;
    }
    check_int(lines, WRITERS * LINES);
    pipe_close();
}
