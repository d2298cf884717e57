#include "store/audit_view.h"

#include "store/audit.h"
#include "tests/fixture.h"

static struct err e;

static void put(const char *actor, const char *subject, int64_t at_ms)
{
    const struct audit_event ev = { .actor = str_c(actor),
                                    .action = STR("test.row"),
                                    .subject = str_c(subject),
                                    .ip = STR("203.0.113.7"),
                                    .port = 4711 };

    check_ok(audit_write(fixture_pool(), at_ms, &ev, &e), e);
}

static size_t seen(const struct audit_query *q, struct audit_row **rows)
{
    size_t n;

    check_ok(audit_view(fixture_pool(), test_arena(), q, rows, &n, &e), e);
    return n;
}

TEST_STORE(rows_are_found_by_time_by_whom_and_about_what)
{
    struct audit_query q = { .before = audit_place_at(5000), .rows_max = 10 };
    struct audit_row *rows;

    put("staff:an", "client:a", 1000);
    put("staff:binh", "client:a", 2000);
    put("staff:an", "client:b", 3000);
    put("staff:an", "client:a", 5000);
    check_int(seen(&q, &rows), 3);
    check_int(rows[0].place.at_ms, 3000);
    check_str(rows[0].subject, "client:b");
    check_int(rows[0].port, 4711);
    q.actor = STR("staff:an");
    check_int(seen(&q, &rows), 2);
    q.actor = STR("staff:a");
    check_int(seen(&q, &rows), 0);
    q.actor = STR("");
    q.subject = STR("client:a");
    check_int(seen(&q, &rows), 2);
    check_str(rows[0].actor, "staff:binh");
    q.from_ms = 1001;
    check_int(seen(&q, &rows), 1);
}

TEST_STORE(pages_neither_repeat_nor_miss_a_row_of_one_instant)
{
    struct audit_query q = { .before = audit_place_at(2000), .rows_max = 3 };
    struct audit_row *rows;
    int64_t last_seq = 100;
    size_t all = 0, n;

    for (int i = 0; i < 8; i++)
        put("staff:an", "client:a", 1000);
    while ((n = seen(&q, &rows)) > 0) {
        for (size_t i = 0; i < n; i++) {
            check(rows[i].place.slot != q.before.slot || rows[i].place.seq < last_seq);
            last_seq = rows[i].place.seq;
        }
        all += n;
        q.before = rows[n - 1].place;
        put("staff:an", "client:a", 3000); /* written meanwhile */
    }
    check_int(all, 8);
}
