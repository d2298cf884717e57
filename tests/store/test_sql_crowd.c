/* Many threads, other processes, and connections that break. */
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "store/sql.h"
#include "tests/fixture.h"
#include "tests/store/raw.h"
#include "tests/store/sample.h"

#define THREADS 16
#define TIMES   25

/* Threads. */

struct crew {
    struct sql_pool *pool;
    sql_work *work;
    int64_t slots_seen;
    pthread_mutex_t mutex;
    int failures;
};

static void *hand(void *arg)
{
    struct crew *c = arg;
    struct err e = { .code = ERR_NONE };

    for (int i = 0; i < TIMES; i++) {
        if (!sql_transact(c->pool, c->work, c, &e).failed)
            continue;
        (void)pthread_mutex_lock(&c->mutex);
        (void)fprintf(stderr, "%s %s\n", err_name(e.code), e.detail);
        c->failures++;
        (void)pthread_mutex_unlock(&c->mutex);
    }
    return NULL;
}

static void crew_run(struct crew *c)
{
    pthread_t threads[THREADS];

    (void)pthread_mutex_init(&c->mutex, NULL);
    for (int i = 0; i < THREADS; i++)
        check_int(pthread_create(&threads[i], NULL, hand, c), 0);
    for (int i = 0; i < THREADS; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    (void)pthread_mutex_destroy(&c->mutex);
    check_int(c->failures, 0);
}

static result take_one(struct sql *db, void *arg, struct err *e)
{
    struct crew *c = arg;

    check(sql_slot(db) >= 0 && sql_slot(db) < 4);
    (void)__atomic_or_fetch(&c->slots_seen, INT64_C(1) << sql_slot(db), __ATOMIC_RELAXED);
    return head_take_unread(db, NULL, e);
}

TEST_STORE(many_threads_count_without_losing_one)
{
    const struct sql_config config = fixture_sql_config();
    struct crew c = { .pool = fixture_pool(), .work = take_one };
    struct err e = { .code = ERR_NONE };
    int count = 1;

    check_ok(sql_transact(c.pool, heads_make, &count, &e), e);
    crew_run(&c);
    check_int(raw_int(&config, "SELECT seq FROM audit_head WHERE slot = 0"), THREADS * TIMES);
    check(c.slots_seen > 0);
}

/* Returns when it holds the row: what is not read may not have been waited for. */
static result head_hold(struct sql *db, int slot, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;

    TRY(sql_find(db, SQL_AUDIT_HEAD_TAKE, &r, e, sql_i(slot), sql_i(1)));
    return sql_one(r, e);
}

struct long_work {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool inside, leave;
    struct sql_pool *pool;
    int write;
};

static result stay(struct sql *db, void *arg, struct err *e)
{
    struct long_work *w = arg;

    if (w->write)
        TRY(head_hold(db, 0, e));
    (void)pthread_mutex_lock(&w->mutex);
    w->inside = true;
    (void)pthread_cond_broadcast(&w->changed);
    while (!w->leave)
        (void)pthread_cond_wait(&w->changed, &w->mutex);
    (void)pthread_mutex_unlock(&w->mutex);
    return OK;
}

static void *stay_in_thread(void *arg)
{
    struct long_work *w = arg;
    struct err e = { .code = ERR_NONE };

    check_ok(w->write ? sql_transact(w->pool, stay, w, &e) : sql_read(w->pool, stay, w, &e), e);
    return NULL;
}

static pthread_t long_work_begin(struct long_work *w)
{
    pthread_t t;

    (void)pthread_mutex_init(&w->mutex, NULL);
    (void)pthread_cond_init(&w->changed, NULL);
    check_int(pthread_create(&t, NULL, stay_in_thread, w), 0);
    (void)pthread_mutex_lock(&w->mutex);
    while (!w->inside)
        (void)pthread_cond_wait(&w->changed, &w->mutex);
    (void)pthread_mutex_unlock(&w->mutex);
    return t;
}

static void long_work_end(struct long_work *w, pthread_t t)
{
    (void)pthread_mutex_lock(&w->mutex);
    w->leave = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->mutex);
    check_int(pthread_join(t, NULL), 0);
}

TEST_STORE(who_waits_too_long_for_a_connection_is_told_so)
{
    struct sql_config c = fixture_sql_config();
    struct long_work w = { .inside = false };
    struct err e = { .code = ERR_NONE };
    pthread_t t;

    (void)fixture_pool();
    c.connections_max = 1;
    c.wait_ms = 50;
    check_ok(sql_open(&c, &w.pool, &e), e);
    t = long_work_begin(&w);
    check_fails(sql_ping(w.pool, &e), e, ERR_BUSY);
    long_work_end(&w, t);
    check_ok(sql_ping(w.pool, &e), e);
    sql_close(&w.pool);
}

TEST_STORE(who_waits_too_long_for_a_lock_of_another_process_is_told_so)
{
    struct sql_config c = fixture_sql_config();
    struct sql_pool *other DEFER(sql_close) = NULL;
    struct long_work w = { .pool = fixture_pool(), .write = true };
    struct err e = { .code = ERR_NONE };
    int count = 1;
    pthread_t t;

    check_ok(sql_transact(w.pool, heads_make, &count, &e), e);
    c.wait_ms = 50;
    check_ok(sql_open(&c, &other, &e), e);
    t = long_work_begin(&w);
    check_fails(sql_transact(other, head_take_unread, NULL, &e), e, ERR_BUSY);
    check_ok(sql_ping(other, &e), e); /* reading goes on beside a writer */
    long_work_end(&w, t);
    check_ok(sql_transact(other, head_take_unread, NULL, &e), e);
}

/* Engines apart. */

TEST(sqlite_keeps_its_file_to_itself_and_writes_through)
{
    const struct sql_config c = fixture_sql_config();
    struct stat st;

    (void)fixture_pool();
    check_int(stat(str_cstr(test_arena(), c.target), &st), 0);
    check_int(st.st_mode & 0777, 0600);
    check_str(raw_text(&c, "PRAGMA journal_mode"), "wal");
}

/* Another process: opens the database when it is told to, closes it, and says by its status how
 * many heads it saw. Forked before anything is open, so that it inherits no locks. */
struct visitor {
    pid_t pid;
    int go[2];
};

static void visitor_begin(struct visitor *v, const struct sql_config *c)
{
    char told;

    check_int(pipe(v->go), 0);
    v->pid = fork();
    check(v->pid >= 0);
    if (v->pid != 0)
        return;
    (void)close(v->go[1]);
    if (read(v->go[0], &told, 1) != 1)
        _exit(100);
    _exit((int)raw_int(c, "SELECT COUNT(*) FROM audit_head"));
}

static void visitor_goes(const struct visitor *v, int heads)
{
    int status = 0;

    check_int(write(v->go[1], "", 1), 1);
    check_int(waitpid(v->pid, &status, 0), v->pid);
    check(WIFEXITED(status));
    check_int(WEXITSTATUS(status), heads);
}

static result read_inside(struct sql *db, void *pool, struct err *e)
{
    (void)db;
    return sql_ping(pool, e); /* takes a second connection, which opens the file again */
}

/* A process that closes any descriptor of a file loses all its locks on it. Without ours, the last
 * visitor takes the log of changes away as its own, and what is written after that is lost. */
TEST(sqlite_keeps_its_locks_when_a_connection_opens_late)
{
    const struct sql_config c = fixture_sql_config();
    struct visitor first, second;
    struct err e = { .code = ERR_NONE };
    int heads = 3;

    visitor_begin(&first, &c);
    visitor_begin(&second, &c);
    (void)fixture_pool();
    check_ok(sql_read(fixture_pool(), read_inside, fixture_pool(), &e), e);
    visitor_goes(&first, 0);
    check_ok(sql_transact(fixture_pool(), heads_make, &heads, &e), e);
    visitor_goes(&second, heads);
}

static struct sql_pool *killable(struct sql_config *c)
{
    struct err e = { .code = ERR_NONE };
    struct sql_pool *p = NULL;
    int applied;

    *c = (struct sql_config){ .postgresql = true, .connections_max = 2, .wait_ms = 5000 };
    c->target = str_fmt(test_arena(), "%.*s application_name=sql-%d", STR_ARG(test_postgresql()),
                        (int)getpid());
    check_ok(sql_open(c, &p, &e), e);
    check_ok(migrate_up(p, &fixture_clock, &applied, &e), e);
    return p;
}

/* Ends the connections of this test's killable() only: others use the same server. */
static void kill_connections(const struct sql_config *killer)
{
    check(raw_int(killer,
                  str_cstr(test_arena(),
                           str_fmt(test_arena(),
                                   "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                   " WHERE application_name = 'sql-%d'",
                                   (int)getpid()))) >= 1);
}

static struct sql_config killer(void)
{
    return (struct sql_config){ .postgresql = true, .target = test_postgresql() };
}

TEST(postgresql_connections_killed_at_rest_are_reopened)
{
    const struct sql_config k = killer();
    struct sql_config c;
    struct sql_pool *p DEFER(sql_close) = killable(&c);
    struct err e = { .code = ERR_NONE };
    struct sample s = sample_make(1);

    kill_connections(&k);
    check_ok(sql_transact(p, sample_insert, &s, &e), e);
    kill_connections(&k);
    check_ok(sql_read(p, sample_load, &s, &e), e);
}

/* A server's socket is put at `path`, or one that takes connections and never says a word. */
static void socket_put(const char *path, const char *of_server)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd;

    (void)unlink(path);
    if (of_server != NULL) {
        check_int(symlink(of_server, path), 0);
        return;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(snprintf(at.sun_path, sizeof(at.sun_path), "%s", path) < (int)sizeof(at.sun_path));
    check_int(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    check_int(listen(fd, 16), 0);
}

TEST(a_postgresql_server_that_hangs_is_not_waited_for_again_and_again)
{
    const struct sql_config k = killer();
    const struct str port = raw_text(&k, "SHOW port");
    struct str folders = raw_text(&k, "SHOW unix_socket_directories"), folder;
    const char *path = str_cstr(
        test_arena(), str_fmt(test_arena(), "%s/.s.PGSQL.%.*s", test_folder(), STR_ARG(port)));
    struct sql_config c = { .postgresql = true, .connections_max = 2, .wait_ms = 500 };
    struct sql_pool *p DEFER(sql_close) = NULL;
    struct err e = { .code = ERR_NONE };
    int64_t start_ms;

    check(str_next(&folders, ',', &folder));
    socket_put(path, str_cstr(test_arena(), str_fmt(test_arena(), "%.*s/.s.PGSQL.%.*s",
                                                    STR_ARG(folder), STR_ARG(port))));
    c.target = str_fmt(test_arena(), "%.*s host=%s connect_timeout=2 application_name=sql-%d",
                       STR_ARG(test_postgresql()), test_folder(), (int)getpid());
    check_ok(sql_open(&c, &p, &e), e);
    socket_put(path, NULL);
    kill_connections(&k);
    start_ms = clock_monotonic_ms();
    check_fails(sql_ping(p, &e), e, ERR_STORE);
    check(clock_monotonic_ms() - start_ms < 4000); /* one connection in vain takes two seconds */
}

/* Two threads each take a row, meet, and want the other's. */
struct crossing {
    struct sql_pool *pool;
    pthread_barrier_t meeting;
    int64_t runs;
};

struct crosser {
    struct crossing *crossing;
    int64_t row;
    bool met;
};

static result take_crosswise(struct sql *db, void *arg, struct err *e)
{
    struct crosser *c = arg;

    (void)__atomic_add_fetch(&c->crossing->runs, 1, __ATOMIC_RELAXED);
    TRY(head_hold(db, (int)c->row, e));
    if (!c->met)
        (void)pthread_barrier_wait(&c->crossing->meeting);
    c->met = true;
    return head_hold(db, 1 - (int)c->row, e);
}

static void *cross(void *arg)
{
    struct crosser *c = arg;
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(c->crossing->pool, take_crosswise, c, &e), e);
    return NULL;
}

TEST(a_postgresql_deadlock_is_run_again)
{
    const struct sql_config k = killer();
    struct sql_config config;
    struct sql_pool *p DEFER(sql_close) = killable(&config);
    struct crossing meet = { .pool = p };
    struct crosser c[2] = { { &meet, 0, false }, { &meet, 1, false } };
    struct err e = { .code = ERR_NONE };
    pthread_t threads[2];
    int count = 2;

    check_ok(sql_transact(p, heads_make, &count, &e), e);
    (void)pthread_barrier_init(&meet.meeting, NULL, 2);
    for (int i = 0; i < 2; i++)
        check_int(pthread_create(&threads[i], NULL, cross, &c[i]), 0);
    for (int i = 0; i < 2; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&meet.meeting);
    check_int(meet.runs, 3);
    check_int(raw_int(&k, "SELECT SUM(seq) FROM audit_head"), 4);
}

struct killed {
    struct sql_config killer;
    int runs;
    struct sample first, second;
};

static result killed_halfway(struct sql *db, void *arg, struct err *e)
{
    struct killed *k = arg;

    TRY(sample_insert(db, &k->first, e));
    if (k->runs++ == 0)
        kill_connections(&k->killer);
    return sample_insert(db, &k->second, e);
}

TEST(a_postgresql_transaction_killed_halfway_is_run_again_from_its_start)
{
    struct killed k = { .killer = killer(), .first = sample_make(1), .second = sample_make(2) };
    struct sql_config c;
    struct sql_pool *p DEFER(sql_close) = killable(&c);
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(p, killed_halfway, &k, &e), e);
    check_int(k.runs, 2);
    check_int(raw_int(&k.killer, "SELECT COUNT(*) FROM audit_log"), 2);
}

static result killed_at_its_end(struct sql *db, void *arg, struct err *e)
{
    struct killed *k = arg;

    k->runs++;
    TRY(sample_insert(db, &k->first, e));
    TRY(sample_load(db, &k->first, e)); /* so that nothing but the COMMIT is left to be sent */
    kill_connections(&k->killer);
    return OK;
}

static result killed_before_anything_is_read(struct sql *db, void *arg, struct err *e)
{
    struct killed *k = arg;

    TRY(sample_insert(db, &k->first, e));
    if (k->runs++ == 0)
        kill_connections(&k->killer);
    return OK;
}

TEST(a_postgresql_transaction_that_was_killed_before_its_commit_is_run_again)
{
    struct killed k = { .killer = killer(), .first = sample_make(1) };
    struct sql_config c;
    struct sql_pool *p DEFER(sql_close) = killable(&c);
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(p, killed_before_anything_is_read, &k, &e), e);
    check_int(k.runs, 2);
    check_int(raw_int(&k.killer, "SELECT COUNT(*) FROM audit_log"), 1);
}

TEST(a_postgresql_commit_of_unknown_outcome_is_not_repeated)
{
    struct killed k = { .killer = killer(), .first = sample_make(1) };
    struct sql_config c;
    struct sql_pool *p DEFER(sql_close) = killable(&c);
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(p, killed_at_its_end, &k, &e), e, ERR_STORE);
    check(str_has(str_c(e.detail), STR("outcome unknown")));
    check_int(k.runs, 1);
    check_ok(sql_ping(p, &e), e);
}
