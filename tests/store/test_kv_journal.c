#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/kv.h"
#include "tests/fixture.h"

static struct err e;

static const char *file(void)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/kv.journal", test_folder()));
}

static result try_table(struct kv **k)
{
    const struct kv_config c = { .memory_bytes_max = (size_t)16 << 20,
                                 .memory_file = str_c(file()),
                                 .clock = &fixture_clock };

    return kv_open(&c, k, &e);
}

static struct kv *table(void)
{
    struct kv *k = NULL;

    check_ok(try_table(&k), e);
    return k;
}

static const char *value(struct kv *k, const char *key)
{
    struct str v;
    bool found;

    check_ok(kv_get(k, test_arena(), str_c(key), &found, &v, &e), e);
    return found ? str_cstr(test_arena(), v) : "";
}

static off_t size(void)
{
    struct stat st;

    check(stat(file(), &st) == 0);
    return st.st_size;
}

/* A process that does something with the table and is gone without a word. */
static void in_a_process_that_is_killed(void (*work)(struct kv *))
{
    pid_t pid;
    int status;

    (void)file(); /* the folder is the parent's */
    pid = fork();
    check(pid >= 0);
    if (pid == 0) {
        work(table());
        (void)kill(getpid(), SIGKILL);
    }
    check(waitpid(pid, &status, 0) == pid);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void each_way_of_changing(struct kv *k)
{
    int64_t count;
    bool yes;
    struct str v;

    check_ok(kv_put(k, STR("a:put"), STR("one"), 60, &e), e);
    check_ok(kv_put(k, STR("a:put"), STR("two"), 60, &e), e);
    check_ok(kv_add(k, STR("a:guard"), STR(""), 60, &yes, &e), e);
    check_ok(kv_put(k, STR("a:taken"), STR("code"), 60, &e), e);
    check_ok(kv_take(k, test_arena(), STR("a:taken"), &yes, &v, &e), e);
    check_ok(kv_put(k, STR("a:dropped"), STR("x"), 60, &e), e);
    check_ok(kv_drop(k, STR("a:dropped"), &e), e);
    check_ok(kv_put(k, STR("a:moved"), STR("from"), 60, &e), e);
    check_ok(kv_swap(k, STR("a:moved"), STR("from"), STR("to"), 60, &yes, &e), e);
    check_ok(kv_put(k, STR("a:touched"), STR("t"), 5, &e), e);
    check_ok(kv_touch(k, STR("a:touched"), 60, &yes, &e), e);
    for (int i = 0; i < 3; i++)
        check_ok(kv_count(k, STR("a:count"), 60, &count, &e), e);
    check_ok(kv_put(k, STR("a:short"), STR("s"), 5, &e), e);
}

TEST(what_was_answered_is_there_after_a_kill)
{
    struct kv *k DEFER(kv_close) = NULL;
    struct stat st;
    int64_t count;
    bool added;

    in_a_process_that_is_killed(each_way_of_changing);
    check(stat(file(), &st) == 0 && (st.st_mode & 0777) == 0600);
    fixture_clock.fixed_ms += 6000;
    k = table();
    check(strcmp(value(k, "a:put"), "two") == 0);
    check(strcmp(value(k, "a:moved"), "to") == 0);
    check(strcmp(value(k, "a:touched"), "t") == 0);
    check(strcmp(value(k, "a:taken"), "") == 0);   /* a code works once */
    check(strcmp(value(k, "a:dropped"), "") == 0); /* an ended session stays ended */
    check(strcmp(value(k, "a:short"), "") == 0);   /* its time went on */
    check_ok(kv_add(k, STR("a:guard"), STR(""), 60, &added, &e), e);
    check(!added); /* a replay is still one */
    check_ok(kv_count(k, STR("a:count"), 60, &count, &e), e);
    check_int(count, 4);
    fixture_clock.fixed_ms += 55000;
    check(strcmp(value(k, "a:put"), "") == 0); /* and its end is where it was */
}

static void two_entries(struct kv *k)
{
    check_ok(kv_put(k, STR("a:first"), STR("1"), 60, &e), e);
    check_ok(kv_put(k, STR("a:second"), STR("2"), 60, &e), e);
}

TEST(a_torn_last_record_is_no_record_at_whatever_byte_it_is_torn)
{
    struct kv *k = NULL;
    off_t whole;

    in_a_process_that_is_killed(two_entries);
    whole = size();
    for (off_t cut = 1; cut < 30; cut++) {
        (void)unlink(file());
        in_a_process_that_is_killed(two_entries);
        check_int(size(), whole);
        check(truncate(file(), whole - cut) == 0);
        k = table();
        check(strcmp(value(k, "a:first"), "1") == 0);
        check(strcmp(value(k, "a:second"), "") == 0);
        check_ok(kv_put(k, STR("a:third"), STR("3"), 60, &e), e); /* and it goes on behind it */
        kv_close(&k);
        k = table();
        check(strcmp(value(k, "a:third"), "3") == 0);
        kv_close(&k);
    }
}

static void damage(off_t at)
{
    const int fd = open(file(), O_RDWR | O_CLOEXEC);
    char byte;

    check(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte = (char)(byte ^ 0x20);
    check(pwrite(fd, &byte, 1, at) == 1);
    (void)close(fd);
}

TEST(a_damaged_record_is_not_believed_and_ends_the_file)
{
    struct kv *k DEFER(kv_close) = NULL;

    in_a_process_that_is_killed(two_entries);
    damage(size() - 1); /* the value of the second */
    k = table();
    check(strcmp(value(k, "a:first"), "1") == 0);
    check(strcmp(value(k, "a:second"), "") == 0);
}

TEST(the_file_stays_in_proportion_to_what_is_live)
{
    struct kv *k DEFER(kv_close) = table();
    const struct str text = str_of(arena_alloc(test_arena(), 1000), 1000);
    off_t most = 0;
    int64_t count;

    check_ok(kv_put(k, STR("a:kept"), STR("kept"), 86400, &e), e);
    for (int i = 0; i < 20000; i++) { /* 20 MB of changes */
        char key[20];

        (void)snprintf(key, sizeof(key), "a:%d", i);
        check_ok(kv_put(k, str_c(key), text, 5, &e), e);
        check_ok(kv_count(k, STR("a:count"), 86400, &count, &e), e);
        if (i % 100 == 0)
            fixture_clock.fixed_ms += 1000;
        most = size() > most ? size() : most;
    }
    check(most < 5 << 20);
    kv_close(&k);
    k = table();
    check(strcmp(value(k, "a:kept"), "kept") == 0);
    check(strcmp(value(k, "a:count"), "20000") == 0);
    fixture_clock.fixed_ms += 10000;
    kv_close(&k);
    k = table();
    check(size() < 1000); /* a start leaves out what has ended */
}

TEST(a_second_process_is_told_and_changes_nothing)
{
    struct kv *k DEFER(kv_close) = table();
    struct kv *second = NULL;

    check_ok(kv_put(k, STR("a:one"), STR("1"), 60, &e), e);
    check_fails(try_table(&second), e, ERR_CONFIG);
    check(str_has(str_c(e.detail), STR("another process")));
    check_ok(kv_put(k, STR("a:two"), STR("2"), 60, &e), e);
    kv_close(&k);
    k = table();
    check(strcmp(value(k, "a:one"), "1") == 0 && strcmp(value(k, "a:two"), "2") == 0);
}

TEST(a_file_that_others_may_read_or_that_is_not_ours_is_refused_and_left_alone)
{
    struct kv *k = NULL;
    FILE *f = fopen(file(), "w");

    check(f != NULL && fputs("a long enough text of somebody else\n", f) >= 0 && fclose(f) == 0);
    check(chmod(file(), 0600) == 0);
    check_fails(try_table(&k), e, ERR_CONFIG);
    check_int(size(), 36);
    check(chmod(file(), 0640) == 0);
    check_fails(try_table(&k), e, ERR_CONFIG);
    check(str_has(str_c(e.detail), STR("by others")));
    check(unlink(file()) == 0 && symlink("/dev/null", file()) == 0);
    check_fails(try_table(&k), e, ERR_CONFIG);
}
