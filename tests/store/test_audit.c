#include "store/audit.h"

#include <pthread.h>
#include <stdio.h>

#include "base/json.h"
#include "tests/fixture.h"
#include "tests/store/raw.h"

#define ROWS    6
#define THREADS 8
#define TIMES   10
#define NOW     FIXTURE_NOW_MS

static struct err e;

static struct audit_event event(const char *action)
{
    return (struct audit_event){ .actor = STR("staff:an"),
                                 .action = str_c(action),
                                 .subject = STR("order:1"),
                                 .request_id = STR("r1"),
                                 .ip = STR("192.0.2.7"),
                                 .port = 50123 };
}

/* One thread alone is always given slot 0. */
static struct sql_config six_rows(void)
{
    struct json *detail DEFER(json_close) = json_object();

    json_put_str(detail, "to", STR("Hu\u1ebf"));
    json_put_int(detail, "amount_vnd", 12000);
    for (int i = 0; i < ROWS; i++) {
        struct audit_event ev = event("order.paid");

        ev.detail = i % 2 == 0 ? detail : NULL;
        check_ok(audit_write(fixture_pool(), NOW + i, &ev, &e), e);
    }
    return fixture_sql_config();
}

static void check_verifies(int64_t want)
{
    int64_t rows = -1;

    check_ok(audit_verify(fixture_pool(), &rows, &e), e);
    check_int(rows, want);
}

TEST_STORE(an_empty_log_verifies)
{
    check_verifies(0);
}

TEST_STORE(what_was_written_verifies_and_reads_back)
{
    const struct sql_config c = six_rows();

    check_verifies(ROWS);
    check_str(raw_text(&c, "SELECT detail FROM audit_log WHERE seq = 1"),
              "{\"amount_vnd\":12000,\"to\":\"Hu\u1ebf\"}");
    check_str(raw_text(&c, "SELECT detail FROM audit_log WHERE seq = 2"), "");
    check_str(raw_text(&c, "SELECT actor FROM audit_log WHERE seq = 3"), "staff:an");
    check_int(raw_int(&c, "SELECT port FROM audit_log WHERE seq = 3"), 50123);
    check_int(raw_int(&c, "SELECT at_ms FROM audit_log WHERE seq = 3"), NOW + 2);
}

/* Computed apart from this program:
 * (head -c32 /dev/zero; printf '%s' '<canonical JSON>') | sha256sum. */
TEST_STORE(the_hash_is_of_the_row_before_and_canonical_json)
{
    const struct sql_config c = fixture_sql_config();
    struct audit_event ev = event("login.ok");

    check_ok(audit_write(fixture_pool(), NOW, &ev, &e), e);
    check_str(raw_text(&c, c.postgresql ? "SELECT encode(hash, 'hex') FROM audit_log"
                                        : "SELECT lower(hex(hash)) FROM audit_log"),
              "6edc54f36cfbdccb1acc38948456fccbece076e7e757626dfcd63f7829a05ede");
}

#define EIGHTFOLD                                                                                  \
    "UPDATE audit_log SET detail = detail || detail || detail || detail || detail || "             \
    "detail || detail || detail WHERE seq = 3;"

/* More than a verifier has memory for. */
TEST_STORE(a_text_grown_without_measure_is_found_at_its_row)
{
    const struct sql_config c = six_rows();
    int64_t rows;

    raw_run(&c, "UPDATE audit_log SET detail = "
                "'0123456789012345678901234567890123456789012345678901234567890123' WHERE seq = "
                "3;" EIGHTFOLD EIGHTFOLD EIGHTFOLD EIGHTFOLD EIGHTFOLD EIGHTFOLD);
    check_fails(audit_verify(fixture_pool(), &rows, &e), e, ERR_BROKEN_CHAIN);
    check(str_has(str_c(e.detail), STR("row 3: is longer than any")));
}

TEST_STORE(every_kind_of_tampering_is_found_at_its_row)
{
    static const struct {
        const char *statements;
        const char *where;
    } cases[] = {
        { "UPDATE audit_log SET actor = 'staff:be' WHERE seq = 2", "row 2:" },
        { "UPDATE audit_log SET action = 'order.void' WHERE seq = 1", "row 1:" },
        { "UPDATE audit_log SET subject = 'order:2' WHERE seq = 6", "row 6:" },
        { "UPDATE audit_log SET request_id = '' WHERE seq = 3", "row 3:" },
        { "UPDATE audit_log SET ip = '192.0.2.8' WHERE seq = 4", "row 4:" },
        { "UPDATE audit_log SET port = port + 1 WHERE seq = 4", "row 4:" },
        { "UPDATE audit_log SET at_ms = at_ms - 1 WHERE seq = 5", "row 5:" },
        { "UPDATE audit_log SET detail = '' WHERE seq = 3", "row 3:" },
        { "UPDATE audit_log SET hash = (SELECT hash FROM audit_log WHERE seq = 1) WHERE seq = 2",
          "row 2:" },
        /* removed: the first, one in the middle, the last */
        { "DELETE FROM audit_log WHERE seq = 1", "row 1: is missing" },
        { "DELETE FROM audit_log WHERE seq = 3", "row 3: is missing" },
        { "DELETE FROM audit_log WHERE seq = 6", "row 6: is missing" },
        { "DELETE FROM audit_log", "row 1: is missing" },
        /* removed, and the gap closed */
        { "DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = 3 WHERE seq = 4;"
          "UPDATE audit_log SET seq = 4 WHERE seq = 5; UPDATE audit_log SET seq = 5 WHERE seq = 6",
          "row 3: does not match" },
        /* reordered */
        { "UPDATE audit_log SET seq = 1000 WHERE seq = 2; UPDATE audit_log SET seq = 2 WHERE seq = "
          "3;"
          "UPDATE audit_log SET seq = 3 WHERE seq = 1000",
          "row 2: does not match" },
        /* inserted: at the end, in the middle, into a chain of its own */
        { "INSERT INTO audit_log SELECT slot, 7, at_ms, actor, action, subject, request_id, ip, "
          "port, detail, hash FROM audit_log WHERE seq = 6",
          "row 7: is not known to the head" },
        { "UPDATE audit_log SET seq = seq + 1000 WHERE seq >= 4;"
          "UPDATE audit_log SET seq = seq - 999 WHERE seq >= 1000;"
          "INSERT INTO audit_log SELECT slot, 4, at_ms, actor, action, subject, request_id, ip, "
          "port, detail, hash FROM audit_log WHERE seq = 3; UPDATE audit_head SET seq = 7",
          "row 4: does not match" },
        { "INSERT INTO audit_log SELECT 9, 1, at_ms, actor, action, subject, request_id, ip, port, "
          "detail, hash FROM audit_log WHERE seq = 1",
          "chain 9, row 1: the chain has no head" },
        { "UPDATE audit_log SET slot = 9; UPDATE audit_head SET slot = 9",
          "chain 9, row 1: does not match" },
        /* the head */
        { "DELETE FROM audit_head", "the chain has no head" },
        { "UPDATE audit_head SET seq = 7", "row 7: is missing at the end" },
        { "UPDATE audit_head SET seq = 5", "row 6: is not known to the head" },
        { "DELETE FROM audit_log WHERE seq = 6; UPDATE audit_head SET seq = 5",
          "row 6: the head is not of the row before" },
    };
    const struct sql_config c = six_rows();
    int64_t rows;

    raw_run(&c, "CREATE TABLE kept_log AS SELECT * FROM audit_log;"
                "CREATE TABLE kept_head AS SELECT * FROM audit_head");
    for (size_t i = 0; i < LEN(cases); i++) {
        raw_run(&c, cases[i].statements);
        check_fails(audit_verify(fixture_pool(), &rows, &e), e, ERR_BROKEN_CHAIN);
        if (!str_has(str_c(e.detail), str_c(cases[i].where)))
            test_fail(__FILE__, __LINE__, "%s: %s", cases[i].statements, e.detail);
        raw_run(&c, "DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM kept_log;"
                    "DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept_head");
        check_verifies(ROWS);
    }
}

TEST(a_text_that_is_none_is_found_in_sqlite)
{
    const struct sql_config c = six_rows();
    int64_t rows;

    raw_run(&c, "UPDATE audit_log SET actor = CAST(X'FF' AS TEXT) WHERE seq = 2");
    check_fails(audit_verify(fixture_pool(), &rows, &e), e, ERR_BROKEN_CHAIN);
    check(str_has(str_c(e.detail), STR("row 2: holds no text")));
}

TEST_STORE(events_that_are_none_are_refused)
{
    struct json *list DEFER(json_close) = json_array();
    struct audit_event cases[] = { event(""),         event("Login.OK"), event("login ok"),
                                   event("login.ok"), event("login.ok"), event("login.ok"),
                                   event("login.ok"), event("login.ok"), event("login.ok"),
                                   event("login.ok") };
    const enum err_code codes[] = { ERR_INTERNAL,  ERR_INTERNAL, ERR_INTERNAL, ERR_INTERNAL,
                                    ERR_INTERNAL,  ERR_INTERNAL, ERR_NOT_UTF8, ERR_TOO_LARGE,
                                    ERR_TOO_LARGE, ERR_TOO_LARGE };

    cases[3].actor = STR("");
    cases[4].port = 65536;
    cases[5].detail = list;
    cases[6].subject = STR("\xff");
    cases[7].request_id = str_fmt(test_arena(), "%0300000d", 0);
    cases[8].subject = cases[9].actor = str_fmt(test_arena(), "%01025d", 0);
    for (size_t i = 0; i < LEN(cases); i++)
        check_fails(audit_write(fixture_pool(), NOW, &cases[i], &e), e, codes[i]);
    check_verifies(0);
}

static result append_then_give_up(struct sql *db, void *arg, struct err *why)
{
    const struct audit_event ev = event("login.ok");

    (void)arg;
    TRY(audit_append(db, NOW, &ev, why));
    TRY(audit_append(db, NOW, &ev, why));
    return fail(why, ERR_BUSINESS_RULE, "no");
}

TEST_STORE(events_of_a_transaction_that_fails_never_happened)
{
    check_fails(sql_transact(fixture_pool(), append_then_give_up, NULL, &e), e, ERR_BUSINESS_RULE);
    check_verifies(0);
    (void)six_rows();
    check_fails(sql_transact(fixture_pool(), append_then_give_up, NULL, &e), e, ERR_BUSINESS_RULE);
    check_verifies(ROWS);
}

static void *write_in_thread(void *arg)
{
    struct err why = { .code = ERR_NONE };

    for (int i = 0; i < TIMES; i++) {
        const struct audit_event ev = event("login.ok");

        check_ok(audit_write(arg, NOW, &ev, &why), why);
    }
    return NULL;
}

/* Two pools stand for two processes: their slot numbers are the same, and so are their chains. */
TEST_STORE(writers_of_two_processes_share_the_chains)
{
    const struct sql_config c = fixture_sql_config();
    struct sql_pool *other DEFER(sql_close) = NULL;
    pthread_t threads[THREADS];

    (void)fixture_pool();
    check_ok(sql_open(&c, &other, &e), e);
    for (int i = 0; i < THREADS; i++)
        check_int(
            pthread_create(&threads[i], NULL, write_in_thread, i % 2 == 0 ? fixture_pool() : other),
            0);
    for (int i = 0; i < THREADS; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    check_verifies(THREADS * TIMES);
}
