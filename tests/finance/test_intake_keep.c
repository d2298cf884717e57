/* What is kept of a file: its bytes, its release by two, and files found in a folder. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "finance/exception.h"
#include "finance/intake_fetch.h"
#include "finance/intake_keep.h"
#include "finance/intake_release.h"
#include "finance/reconcile.h"
#include "tests/finance/day_file.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

static const struct date monday = { 2026, 11, 23 };

static struct source_book book;
static struct conf settings;
static struct office office_open_here;

static struct office *desk(void)
{
    struct counter *c = counter_open();
    struct err e = { 0 };

    if (office_open_here.till != NULL)
        return &office_open_here;
    c->till.account = STR(DAY_FILE_ACCOUNT);
    counter_forward(c, 86400); /* the day is over */
    settings.portal.account = STR(DAY_FILE_ACCOUNT);
    settings.portal.settlement_form = STR("mc1");
    settings.jobs.settlement_at = STR("06:00");
    settings.jobs.settlement = true;
    check_ok(office_open(&settings, &c->till, NULL, &office_open_here, &e), e);
    book = *office_open_here.sources;
    return &office_open_here;
}

static struct day_file sample(void)
{
    struct day_file f = day_file_make(monday, 1);

    (void)day_file_add(&f, STR("GD1"), STR("REF1"), 578000);
    (void)day_file_add(&f, STR("GD2"), STR("REF2"), 28000);
    (void)day_file_add(&f, STR("GD2"), STR("REF2"), 28000); /* two that are alike stay two */
    return f;
}

static struct intake_result take(struct str bytes)
{
    const struct intake_file in = { .source = source_find(desk()->sources, STR("PP"), monday),
                                    .day = monday,
                                    .name = STR("a.mc1"),
                                    .bytes = bytes,
                                    .jws = STR(""),
                                    .actor = STR("staff:1") };
    struct intake_result r;
    struct err e = { 0 };

    check_ok(intake_file(desk(), &in, test_arena(), &r, &e), e);
    return r;
}

struct heard {
    int64_t lines, damaged, vnd, damaged_line;
};

static result hear(void *arg, const struct settlement_line *l, struct err *e)
{
    struct heard *h = arg;

    (void)e;
    h->lines++;
    h->vnd += l->gross_vnd;
    return OK;
}

static result hear_damage(void *arg, int64_t n, const struct settlement_fault *f, struct err *e)
{
    struct heard *h = arg;

    (void)e;
    check(f->code != NULL);
    h->damaged++;
    h->damaged_line = n;
    return OK;
}

static struct heard lines_of(int64_t file_n)
{
    struct heard h = { 0 };
    const struct intake_lines in = {
        .file_n = file_n, .sink = hear, .damage = hear_damage, .arg = &h
    };
    struct err e = { 0 };

    check_ok(intake_read_lines(desk(), &in, &e), e);
    return h;
}

/* A long file: more than one piece. */
static struct str long_text(void)
{
    struct buf b = buf_make(test_arena(), 4 << 20);
    const char *line = "0002"
                       "0210"
                       "3713.0.1234567.00000 "
                       "000000"
                       "000000001000"
                       "GD                                      "
                       "REF                 "
                       "090500"
                       "1123"
                       "1123"
                       "0001"
                       "970415"
                       "000001"
                       "00"
                       "00"
                       "TERMINAL"
                       "                              "
                       "                                                            ";

    check_int((int64_t)strlen(line), 239);
    buf_puts(&b, "0001970415231126\n");
    for (int i = 0; i < 4000; i++)
        buf_fmt(&b, "%s\n", line);
    buf_puts(&b, "0009000004000CREATOR             100000231126\n");
    return buf_str(&b);
}

TEST_STORE(the_bytes_of_a_file_are_kept_and_read_as_they_came)
{
    struct str bytes = long_text(), part;
    const struct intake_result r = take(bytes);
    struct err e = { 0 };
    struct heard h;

    check_str(r.file.faults, "");
    check(!r.quarantined);
    h = lines_of(r.file.n);
    check_int(h.lines, 4000);
    check_int(h.vnd, 4000000);
    check_ok(intake_read_bytes(desk(), &r.file, 17, 239, test_arena(), &part, &e), e);
    check_same(part, str_sub(bytes, 17, 239));
    check_ok(
        intake_read_bytes(desk(), &r.file, INTAKE_PIECE_BYTES - 5, 300, test_arena(), &part, &e),
        e); /* over the border of two pieces */
    check_same(part, str_sub(bytes, INTAKE_PIECE_BYTES - 5, 300));
    check_ok(intake_read_bytes(desk(), &r.file, (int64_t)bytes.n - 3, 300, test_arena(), &part, &e),
             e);
    check_same(part, str_from(bytes, bytes.n - 3));
    check_fails(intake_read_bytes(desk(), &r.file, 0, INTAKE_RAW_MAX + 1, test_arena(), &part, &e),
                e, ERR_INVALID);
}

TEST_STORE(every_form_is_read_again_from_what_was_kept)
{
    static const enum settlement_form forms[] = { SETTLEMENT_BJ1, SETTLEMENT_FW1, SETTLEMENT_XLSX,
                                                  SETTLEMENT_MC1 };
    const struct day_file f = sample();

    for (size_t i = 0; i < LEN(forms); i++) {
        const struct intake_result r = take(day_file_print(&f, forms[i]));
        const struct heard h = lines_of(r.file.n);

        check(!r.quarantined);
        check_int(h.lines, 3);
        check_int(h.vnd, 578000 + 28000 + 28000);
        check_int(h.damaged, 0);
    }
}

/* The second line loses its kind: the file contradicts itself, and two lines can be read. */
static struct str damaged(void)
{
    const struct day_file f = sample();
    struct str s = day_file_print(&f, SETTLEMENT_MC1);
    char *p = (char *)(uintptr_t)str_dup(test_arena(), s).p;
    char *second = memmem(p, s.n, "D|2|PAY", 7);

    check(second != NULL);
    memcpy(second, "D|2|PAX", 7);
    return str_of(p, s.n);
}

static const struct proposal_actor maker = { { "staff:lan", 9 }, INT64_MAX, { "", 0 }, { "", 0 } };
static const struct proposal_actor checker = {
    { "staff:binh", 10 }, INT64_MAX, { "", 0 }, { "", 0 }
};

static size_t exceptions_of(const char *class, struct exception *first)
{
    const struct exception_filter q = { .tab = -1, .age = -1, .class = str_c(class), .most = 10 };
    struct exception *list;
    struct err e = { 0 };
    size_t count;

    check_ok(exception_list(desk()->till, &q, test_arena(), &list, &count, NULL, &e), e);
    if (count > 0)
        *first = list[0];
    return count;
}

TEST_STORE(two_persons_release_a_file_and_what_is_damaged_is_told)
{
    const struct intake_result r = take(damaged());
    struct proposal_decision d = { .verdict = PROPOSAL_APPROVED, .remark = STR("") };
    struct proposal_actor low = checker;
    struct exception x;
    struct settlement_file now;
    struct proposal p, decided;
    struct err e = { 0 };
    struct heard h;
    bool did;

    check(r.quarantined);
    check_fails(intake_release(desk(), r.file.n, STR(""), &maker, &p, test_arena(), &e), e,
                ERR_INVALID);
    e = (struct err){ 0 };
    check_ok(intake_release(desk(), r.file.n, STR("hỏng một dòng"), &maker, &p, test_arena(), &e),
             e);
    check(str_has(p.content, STR("\"lines_damaged\":1,\"lines_readable\":2")));
    check(p.amount_vnd > 0); /* what the file moves */
    low.limit_vnd = p.amount_vnd - 1;
    d.id = p.id;
    d.hash = p.hash;
    check_fails(proposal_decide(desk()->till, &d, &low, test_arena(), &decided, &e), e,
                ERR_OVER_LIMIT);
    e = (struct err){ 0 };
    check_fails(proposal_decide(desk()->till, &d, &maker, test_arena(), &decided, &e), e,
                ERR_SELF_APPROVAL);
    e = (struct err){ 0 };
    check_ok(proposal_decide(desk()->till, &d, &checker, test_arena(), &decided, &e), e);
    check_ok(intake_load(desk(), r.file.n, test_arena(), &now, &e), e);
    check_int(now.state, SETTLEMENT_ACCEPTED);
    check_str(now.released_by, "staff:binh");
    h = lines_of(r.file.n);
    check_int(h.lines, 2);
    check_int(h.damaged, 1);
    check_int(h.damaged_line, 2);
    check_int(exceptions_of("COR", &x), 1); /* and somebody has to answer for that line */
    check_int(x.line, 2);
    check_int(x.file_n, r.file.n);
    check_int(x.stage, EXCEPTION_OPEN);
    check_ok(intake_run_due(desk(), &did, &e), e);
    check(did);
    check_ok(intake_run_due(desk(), &did, &e), e);
    check(!did);
    check_int(exceptions_of("COR", &x), 1); /* a run does not take it away */
    check_int(x.stage, EXCEPTION_OPEN);
    check_fails(intake_release(desk(), r.file.n, STR("nữa"), &maker, &p, test_arena(), &e), e,
                ERR_WRONG_STATE);
}

TEST_STORE(what_was_accepted_gives_way_to_a_released_file)
{
    const struct day_file f = sample();
    struct intake_result good, bad;
    struct proposal p, decided;
    struct proposal_decision d = { .verdict = PROPOSAL_APPROVED };
    struct settlement_file now;
    struct err e = { 0 };

    good = take(day_file_print(&f, SETTLEMENT_MC1));
    bad = take(damaged());
    check(!good.quarantined && bad.quarantined);
    check_ok(intake_release(desk(), bad.file.n, STR("x"), &maker, &p, test_arena(), &e), e);
    d.id = p.id;
    d.hash = p.hash;
    check_ok(proposal_decide(desk()->till, &d, &checker, test_arena(), &decided, &e), e);
    check_ok(intake_load(desk(), good.file.n, test_arena(), &now, &e), e);
    check_int(now.state, SETTLEMENT_SUPERSEDED);
}

TEST_STORE(a_file_of_which_no_line_can_be_read_is_not_released)
{
    const struct intake_result r = take(STR("H|MC2|PP\nrubbish\n"));
    struct proposal p;
    struct err e = { 0 };

    check(r.quarantined);
    check_fails(intake_release(desk(), r.file.n, STR("x"), &maker, &p, test_arena(), &e), e,
                ERR_BUSINESS_RULE);
    e = (struct err){ 0 };
    check_fails(intake_release(desk(), 4711, STR("x"), &maker, &p, test_arena(), &e), e,
                ERR_NOT_FOUND);
}

TEST_STORE(a_day_without_its_file_is_missed_once_its_deadline_has_passed)
{
    const struct day_file f = sample();
    struct file_missing *list;
    struct err e = { 0 };
    size_t n;

    check_ok(file_missing_list(desk(), test_arena(), &list, &n, &e), e);
    check_int((int64_t)n, 1);
    check(date_cmp(list[0].day, monday) == 0 && list[0].is_late);
    (void)take(day_file_print(&f, SETTLEMENT_MC1));
    check_ok(file_missing_list(desk(), test_arena(), &list, &n, &e), e);
    check_int((int64_t)n, 0);
    counter_forward(counter_open(), 2 * 86400 - 4 * 3600); /* Thursday 05:00 */
    check_ok(file_missing_list(desk(), test_arena(), &list, &n, &e), e);
    check_int((int64_t)n, 2);
    check(list[0].is_late && !list[1].is_late);
}

/* A watched folder. */

static void put(const char *folder, const char *name, struct str bytes)
{
    char path[600];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    check(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fclose(f) == 0);
}

static bool is_there(const char *folder, const char *name)
{
    char path[600];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return lstat(path, &st) == 0;
}

static const char *inbox(void)
{
    static char path[300];
    struct source_book *b = (struct source_book *)(uintptr_t)desk()->sources;

    (void)snprintf(path, sizeof(path), "%s/inbox", test_folder());
    (void)mkdir(path, 0700);
    b->rows[0].watch_dir = path;
    return path;
}

TEST_STORE(a_watched_folder_is_emptied_into_done_and_refused)
{
    const struct day_file f = sample();
    const char *folder = inbox();
    struct err e = { 0 };
    bool did;

    put(folder, "a.mc1", day_file_print(&f, SETTLEMENT_MC1));
    put(folder, "b.mc1", damaged());
    put(folder, "c.bin", STR("\x01\x02"));
    put(folder, "d.mc1.part", STR("H|MC1"));
    put(folder, "e.mc1", STR(""));
    check(symlink("/etc/passwd", str_cstr(test_arena(), str_fmt(test_arena(), "%s/z", folder))) ==
          0);
    for (int i = 0; i < 4; i++) {
        check_ok(intake_watch(desk(), &did, &e), e);
        check(did);
    }
    check_ok(intake_watch(desk(), &did, &e), e);
    check(!did);
    check(is_there(folder, "done/a.mc1") && is_there(folder, "refused/b.mc1"));
    check(is_there(folder, "refused/c.bin") && is_there(folder, "refused/e.mc1"));
    check(is_there(folder, "d.mc1.part") && is_there(folder, "z") && !is_there(folder, "a.mc1"));
}

TEST_STORE(who_dies_between_taking_and_moving_takes_nothing_twice)
{
    const struct day_file f = sample();
    const char *folder = inbox();
    struct intake_query q = { .most = 10 };
    struct settlement_file *list;
    struct err e = { 0 };
    size_t n;
    bool did;

    (void)take(day_file_print(&f, SETTLEMENT_MC1)); /* taken, and then killed */
    put(folder, "a.mc1", day_file_print(&f, SETTLEMENT_MC1));
    check_ok(intake_watch(desk(), &did, &e), e);
    check(did && is_there(folder, "done/a.mc1"));
    check_ok(intake_list(desk(), &q, test_arena(), &list, &n, &e), e);
    check_int((int64_t)n, 1);
}

TEST_STORE(what_has_just_changed_is_left_alone)
{
    const struct day_file f = sample();
    const char *folder = inbox();
    struct err e = { 0 };
    bool did;

    settings.finance.watch_stable_s = 10;
    put(folder, "a.mc1", day_file_print(&f, SETTLEMENT_MC1));
    check_ok(intake_watch(desk(), &did, &e), e);
    check(!did && is_there(folder, "a.mc1"));
}

TEST(the_states_of_a_file_are_those_of_the_table)
{
    enum settlement_action action;
    enum settlement_state to;
    int moves = 0;

    for (int s = 0; s < SETTLEMENT_STATE_COUNT; s++)
        for (int ev = 0; ev < SETTLEMENT_EV_COUNT; ev++)
            moves +=
                settlement_next((enum settlement_state)s, (enum settlement_event)ev, &to, &action);
    check_int(moves, 7);
    check(settlement_next(SETTLEMENT_QUARANTINED, SETTLEMENT_EV_RELEASE, &to, &action));
    check(to == SETTLEMENT_ACCEPTED && action == SETTLEMENT_DO_RUN);
    check(!settlement_next(SETTLEMENT_ACCEPTED, SETTLEMENT_EV_RELEASE, &to, &action));
    check(!settlement_next(SETTLEMENT_SUPERSEDED, SETTLEMENT_EV_GOOD, &to, &action));
}
