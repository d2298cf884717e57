/* The same movements give the same outcome, however and whenever they come. */
#include <stdio.h>
#include <string.h>

#include "tests/finance/day_file.h"
#include "tests/finance/month_take.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"
#include "tests/store/raw.h"

#define DAYS  6
#define PAID  14
#define LINES 256

static const struct date last = { 2026, 10, DAYS };

/* What of a day must not depend on the order of lines: everything but the lines' numbers. */
static struct str figures(struct date day)
{
    const struct reconcile_day d = month_outcome(day);
    struct buf b = buf_make(test_arena(), (size_t)1 << 20);

    for (size_t i = 0; i < d.exception_count; i++) {
        const struct exception *x = &d.exceptions[i];
        buf_fmt(&b, "%.*s %s %.*s %.*s %lld %lld %lld\n", STR_ARG(x->id), match_name(x->class),
                STR_ARG(x->reference), STR_ARG(x->portal_txn), (long long)x->ours_vnd,
                (long long)x->theirs_vnd, (long long)x->difference_vnd);
    }
    return str_fmt(test_arena(), "%s %lld %lld %lld %lld %lld %lld %lld\n%.*s",
                   reconcile_verdict_name(d.verdict), (long long)d.captured_vnd,
                   (long long)d.captured_count, (long long)d.file_vnd, (long long)d.file_count,
                   (long long)d.matched_vnd, (long long)d.matched_count, (long long)d.residual_vnd,
                   STR_ARG(month_sorted(buf_str(&b))));
}

/* Everything, to the byte: with the manifest. */
static struct str all_of(struct date day)
{
    const struct reconcile_day d = month_outcome(day);

    check(d.manifest.n > 0);
    return str_fmt(test_arena(), "%.*s%.*s\n%.*s", STR_ARG(figures(day)), STR_ARG(d.manifest),
                   STR_ARG(month_found(&d)));
}

static const struct json *good_file(const struct month_world *w, const char *form, int day)
{
    const struct json *files = month_files(w, form), *found = NULL;

    for (size_t i = 0; i < json_count(files); i++)
        if (month_day(json_at(files, i)).d == day && month_day(json_at(files, i)).m == 10 &&
            str_is(month_text(json_at(files, i), "expect"), "accepted"))
            found = json_at(files, i);
    check(found != NULL);
    return found;
}

static void take_good(const struct month_world *w, int day)
{
    const struct intake_result r = month_take(w, "mc1", good_file(w, "mc1", day));

    if (r.quarantined)
        test_fail(__FILE__, __LINE__, "day %d: %.*s", day, STR_ARG(r.file.faults));
}

static struct str line_number(struct str line, int64_t n)
{
    struct str letter, number;

    check(str_next(&line, '|', &letter) && str_next(&line, '|', &number));
    return str_fmt(test_arena(), "D|%lld|%.*s", (long long)n, STR_ARG(line));
}

static struct str head_revision(struct str line, int64_t revision)
{
    struct buf b = buf_make(test_arena(), 1024);
    struct str cell;

    for (int i = 0; str_next(&line, '|', &cell); i++)
        buf_fmt(&b, "%s%.*s", i > 0 ? "|" : "",
                STR_ARG(i == 7 ? str_i64(test_arena(), revision) : cell));
    return buf_str(&b);
}

/* The file with its lines in another order (0: backwards; else by that step), as a new revision. */
static struct str shuffled(struct str mc1, size_t step, int64_t revision)
{
    struct str lines[LINES], head = STR(""), end = STR(""), line;
    struct buf b = buf_make(test_arena(), (size_t)1 << 20);
    size_t n = 0;

    while (str_next(&mc1, '\n', &line) && line.n > 0) {
        if (line.p[0] == 'H')
            head = line;
        else if (line.p[0] == 'T')
            end = line;
        else
            lines[n++] = line;
        check(n < LINES);
    }
    buf_fmt(&b, "%.*s\n", STR_ARG(head_revision(head, revision)));
    for (size_t i = 0; i < n; i++) {
        const size_t at = step == 0 ? n - 1 - i : i * step % n;
        buf_fmt(&b, "%.*s\n", STR_ARG(line_number(lines[at], (int64_t)i + 1)));
    }
    buf_fmt(&b, "%.*s\n", STR_ARG(end));
    return day_file_resign(buf_str(&b));
}

static struct intake_result take_bytes(struct str bytes)
{
    struct intake_result r;
    struct err e = { 0 };

    counter_forward(counter_open(), 3600);
    check_ok(intake_take(&counter_open()->till, last, STR("f"), bytes, STR("staff:1"), test_arena(),
                         &r, &e),
             e);
    if (r.quarantined)
        test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(r.file.faults));
    return r;
}

static size_t lines_of(struct str mc1)
{
    size_t n = 0;

    for (size_t i = 1; i < mc1.n; i++)
        n += mc1.p[i] == 'D' && mc1.p[i - 1] == '\n';
    return n;
}

static bool is_coprime(size_t a, size_t b)
{
    while (b != 0) {
        const size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a == 1;
}

TEST_STORE(lines_in_any_order_give_the_same_outcome)
{
    const struct month_world *w = month_paid(21, DAYS, PAID);
    const struct json *file = good_file(w, "mc1", DAYS);
    const struct str bytes =
        month_bytes(w, str_fmt(test_arena(), "mc1/%.*s", STR_ARG(month_text(file, "file"))));
    int64_t revision = 1;
    struct str first;

    for (int day = 1; day <= DAYS; day++)
        take_good(w, day);
    month_check(w, "mc1", last);
    first = figures(last);
    check(lines_of(bytes) > PAID);
    for (size_t step = 0; step < 12; step++) {
        if (step == 1 || (step > 0 && !is_coprime(step, lines_of(bytes))))
            continue;
        (void)take_bytes(shuffled(bytes, step, ++revision));
        check_same(figures(last), first);
    }
    check(revision > 3);
}

/* A revision that says something else, and one that takes it back: ids stay, and so do figures. */
TEST_STORE(what_a_revision_took_back_was_never_there)
{
    const struct month_world *w = month_paid(22, DAYS, PAID);
    const struct json *file = good_file(w, "mc1", DAYS);
    const struct str bytes =
        month_bytes(w, str_fmt(test_arena(), "mc1/%.*s", STR_ARG(month_text(file, "file"))));
    struct day_file empty = day_file_make(last, 0);
    struct str first, line, head = bytes, cell;

    for (int day = 1; day <= DAYS; day++)
        take_good(w, day);
    first = figures(last);
    check(str_next(&head, '\n', &line));
    for (int i = 0; str_next(&line, '|', &cell); i++) {
        if (i == 6)
            check(str_to_i64(cell, &empty.seq));
        if (i == 8)
            empty.previous = str_dup(test_arena(), cell);
        if (i == 10)
            check(str_to_i64(cell, &empty.opening_vnd));
    }
    empty.account = "3713.0.1234567.00000";
    empty.revision = 2;
    (void)take_bytes(day_file_print(&empty, SETTLEMENT_MC1)); /* nothing was paid at all */
    check(!str_eq(figures(last), first));
    (void)take_bytes(shuffled(bytes, 0, 3));
    check_same(figures(last), first);
}

/* What came in, taken out again: as if no file had ever come. */
static void forget_files(void)
{
    static const char *const tables[] = {
        "settlement_line", "settlement_file",     "reconcile_found",
        "reconcile_run",   "reconcile_exception", "exception_event",
    };
    const struct sql_config c = fixture_sql_config();

    for (size_t i = 0; i < LEN(tables); i++)
        raw_run(&c, str_cstr(test_arena(), str_fmt(test_arena(), "DELETE FROM %s", tables[i])));
}

static void run_all(void)
{
    struct reconcile_day d;
    struct err e = { 0 };

    for (int day = 1; day <= DAYS; day++)
        check_ok(reconcile_run(&counter_open()->till, (struct date){ 2026, 10, day }, test_arena(),
                               &d, &e),
                 e);
}

static void take_late(const struct month_world *w, int day, int hour)
{
    const struct json *file = good_file(w, "mc1", day);
    struct counter *c = counter_open();
    struct intake_result r;
    struct err e = { 0 };

    c->clock.fixed_ms = clock_day_start_ms(date_add_days(last, 2)) + hour * INT64_C(3600000);
    check_ok(intake_take(&c->till, month_day(file), month_text(file, "file"),
                         month_bytes(w, str_fmt(test_arena(), "mc1/%.*s",
                                                STR_ARG(month_text(file, "file")))),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(!r.quarantined);
}

/* All files, each in its own night or all too late; then all days at one instant after the last of
 * any order, since what is known at the cut is part of what a run says. */
static void arrive(const struct month_world *w, const int *order, bool late)
{
    for (int i = 0; i < DAYS; i++)
        if (late)
            take_late(w, order[i], i);
        else
            take_good(w, order[i]);
    counter_open()->clock.fixed_ms = clock_day_start_ms(date_add_days(last, 3));
    run_all(); /* the chain of manifests, day by day */
}

/* In time or late the figures are the same; late, in any order, every byte. What was still open at
 * the end of a day is told by its bridge, so that late files do show there. */
TEST_STORE(files_in_any_order_of_arrival_give_the_same_days_to_the_byte)
{
    static const int orders[][DAYS] = {
        { 1, 2, 3, 4, 5, 6 }, { 1, 2, 3, 4, 5, 6 }, { 6, 5, 4, 3, 2, 1 }, { 3, 1, 6, 2, 5, 4 }
    };
    const struct month_world *w = month_paid(23, DAYS, PAID);
    struct str in_time[DAYS + 1], late[DAYS + 1];

    for (size_t i = 0; i < LEN(orders); i++) {
        if (i > 0)
            forget_files();
        arrive(w, orders[i], i > 0);
        for (int d = 1; d <= DAYS; d++) {
            const struct date day = { 2026, 10, d };

            month_check(w, "mc1", day);
            if (i == 0)
                in_time[d] = figures(day);
            if (i == 1)
                late[d] = all_of(day);
            check_same(figures(day), in_time[d]);
            if (i > 0)
                check_same(all_of(day), late[d]);
        }
    }
}

TEST_STORE(the_same_cut_run_again_gives_the_same_bytes)
{
    const struct month_world *w = month_paid(24, DAYS, PAID);
    struct str first[DAYS + 1];

    for (int day = 1; day <= DAYS; day++)
        take_good(w, day);
    run_all();
    for (int day = 1; day <= DAYS; day++)
        first[day] = all_of((struct date){ 2026, 10, day });
    for (int again = 0; again < 2; again++) {
        for (int day = 1; day <= DAYS; day++)
            check(month_take(w, "mc1", good_file(w, "mc1", day)).known);
        run_all();
        for (int day = 1; day <= DAYS; day++)
            check_same(all_of((struct date){ 2026, 10, day }), first[day]);
    }
}
