/* Processes that die, meet, or find the disk full between a file and its closed day: whoever comes
 * next goes on, and nothing is lost or there twice. */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"
#include "tests/finance/closing.h"
#include "tests/fixture.h"

#define PAID  20
#define KILLS 12

static const struct date monday = { 2026, 11, 23 };

/* The portal's file, from what it remembers of each payment; one is unknown to us. */
static struct day_file file_of_day(struct counter *c)
{
    struct day_file f = day_file_make(monday, 1);

    for (size_t i = 0; i < *c->deal_count; i++)
        (void)day_file_add(&f, str_c(c->deals[i].txn), str_c(c->deals[i].reference), COUNTER_ORDER);
    (void)day_file_add(&f, STR("PP-STRANGE"), STR("UNKNOWN-1"), 1000);
    return f;
}

static bool is_told(const struct err *e)
{
    return e->code == ERR_CONFLICT || e->code == ERR_WRONG_STATE || e->code == ERR_STALE;
}

/* Of two at once one has it, and the other is told. */
static void allowed(result r, const struct err *e)
{
    if (r.failed && !is_told(e))
        test_fail(__FILE__, __LINE__, "%s %s: %s", err_name(e->code), e->field, e->detail);
}

static void strange_carried(void)
{
    const struct proposal_actor an = case_person("staff:an");
    const struct exception x = case_only("MIS_OURS");
    struct err e = { .code = ERR_NONE };

    if (x.owner.n == 0)
        allowed(exception_assign(&case_desk()->till, x.id, an.name, STR(""), &an, test_arena(), &e),
                &e);
    if (x.break_on.n == 0)
        allowed(exception_carry(&case_desk()->till, x.id, date_add_days(monday, 10),
                                STR("chờ tra soát"), &an, test_arena(), &e),
                &e);
}

static void day_submitted(const struct run_view *v)
{
    const struct proposal_actor an = case_person("staff:an");
    const struct run_ask ask = { closing_key(monday), v->run.manifest_hash, STR("đã kiểm tra") };
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    allowed(run_submit(closing_room(), &ask, &an, test_arena(), &p, &e), &e);
}

static void day_approved(const struct run_view *v)
{
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    check_ok(proposal_load(&case_desk()->till, v->run.proposal_id, test_arena(), &p, &e), e);
    allowed(case_decide(&p, PROPOSAL_APPROVED, "staff:binh", &e), &e);
}

/* What officers do from the file to the closed day, from wherever it stands. */
static void day_worked(void)
{
    struct counter *c = case_desk();
    const struct day_file f = file_of_day(c);
    struct intake_result r;
    struct run_view v;
    struct err e = { .code = ERR_NONE };

    (void)closing_room();
    counter_forward(c, 86400);
    allowed(intake_take(&c->till, monday, STR("f"), day_file_print(&f, SETTLEMENT_MC1),
                        STR("staff:1"), test_arena(), &r, &e),
            &e);
    for (int i = 0; i < 4; i++) {
        v = closing_shown(monday);
        if (v.run.state == RUN_REVIEW && v.bar == RUN_BAR_EXCEPTION)
            strange_carried();
        else if (v.run.state == RUN_REVIEW)
            day_submitted(&v);
        else if (v.run.state == RUN_AWAITING_APPROVAL)
            day_approved(&v);
    }
}

/* A process of its own: `work`, after it has told that it is there. Waits to be killed when
 * `killed`. */
static pid_t process(void (*work)(void), bool killed)
{
    const pid_t pid = fork();

    check(pid >= 0);
    if (pid > 0)
        return pid;
    (void)case_desk();
    (*counter_open()->children)++;
    work();
    while (killed)
        (void)pause();
    _exit(0);
}

static void ended_well(pid_t pid)
{
    int status;

    check(waitpid(pid, &status, 0) == pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void payments_made(void)
{
    struct day_file f = day_file_make(monday, 1);

    for (int i = 0; i < PAID; i++)
        (void)closing_paid(&f);
}

/* Payments of the day, made by a process that has ended. */
static struct counter *world(void)
{
    struct counter *c = counter_share();

    (void)test_folder();
    if (strcmp(test_engine(), "postgresql") == 0)
        (void)test_postgresql();
    closing_key_make();
    ended_well(process(payments_made, false));
    *c->children = 0;
    return c;
}

/* As if nothing had happened in between. */
static void all_is_there_once(void)
{
    struct counter *c = case_desk();
    struct manifest_report report;
    struct err e = { .code = ERR_NONE };
    const struct run_view v = closing_shown(monday);

    check_int(v.run.state, RUN_CLOSED);
    check_int(v.outcome.file_count, PAID + 1);
    check_int(v.outcome.matched_count, PAID);
    check_int(v.outcome.bridge.residual_vnd, 0);
    check_int(counter_rows("settlement_file"), 1);
    check_int(counter_rows("settlement_line"), PAID + 1);
    check_int(counter_rows("reconcile_exception"), 1);
    check_int(counter_rows("run_day"), 1);
    check_int(counter_rows("payout"), 1);
    check_int(counter_rows("payout_item"), PAID);
    check_int(counter_balance(c, 1110), 0);
    check_int(counter_balance(c, 1120), (int64_t)PAID * COUNTER_ORDER);
    check_ok(manifest_verify(closing_room(), monday, monday, test_arena(), &report, &e), e);
    check_int(report.checked, 1);
    check(closing_comes_out_the_same(monday));
    case_books_hold();
}

static void kill_one(struct counter *c, unsigned longer)
{
    const int before = *c->children;
    unsigned char chance[2];
    int status;
    const pid_t pid = process(day_worked, true);

    random_fill(chance, sizeof(chance));
    for (int i = 0; i < 4000 && *c->children == before; i++)
        (void)usleep(5000);
    (void)usleep(((unsigned)chance[0] << 8 | chance[1]) * longer / 2);
    check(kill(pid, SIGKILL) == 0);
    check(waitpid(pid, &status, 0) == pid);
    check(WIFSIGNALED(status)); /* and did not fail a check before */
}

TEST_STORE(killed_at_any_moment_a_day_goes_on_to_its_end)
{
    struct counter *c = world();

    for (unsigned i = 1; i <= KILLS; i++)
        kill_one(c, i);
    day_worked();
    all_is_there_once();
}

TEST_STORE(of_processes_at_one_day_one_closes_it)
{
    pid_t pids[3];

    (void)world();
    for (size_t i = 0; i < LEN(pids); i++)
        pids[i] = process(day_worked, false);
    for (size_t i = 0; i < LEN(pids); i++)
        ended_well(pids[i]);
    day_worked();
    all_is_there_once();
}

/* No file of this process may grow: as if the disk were full. */
static void no_room(void)
{
    const struct rlimit none = { 4096, 4096 };
    struct counter *c = case_desk();
    const struct day_file f = file_of_day(c);
    const struct str bytes = day_file_print(&f, SETTLEMENT_MC1);
    struct intake_result r;
    struct err e = { .code = ERR_NONE };

    counter_forward(c, 86400);
    check(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    check_int(setrlimit(RLIMIT_FSIZE, &none), 0);
    check_fails(
        intake_take(&c->till, monday, STR("f"), bytes, STR("staff:1"), test_arena(), &r, &e), e,
        ERR_STORE);
}

TEST(a_full_disk_is_told_and_loses_nothing)
{
    (void)world();
    ended_well(process(no_room, false));
    (void)case_desk();
    check_int(counter_rows("settlement_line"), 0);
    day_worked();
    all_is_there_once();
}
