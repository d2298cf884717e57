#include "tests/finance/exceptions.h"

#include "finance/reconcile.h"
#include "store/sql.h"
#include "tests/finance/residuals.h"
#include "tests/fixture.h"

const struct date case_monday = { 2026, 11, 23 };
struct office case_office;
struct conf case_settings;

struct counter *case_desk(void)
{
    struct counter *c = counter_open();
    struct err e = { .code = ERR_NONE };

    c->till.account = STR(DAY_FILE_ACCOUNT);
    case_settings.jobs.settlement_at = STR("06:00");
    case_settings.portal.account = c->till.account;
    if (c->till.above == NULL)
        check_ok(office_open(&case_settings, &c->till, NULL, &case_office, &e), e);
    return c;
}

const struct office *case_room(void)
{
    (void)case_desk();
    return &case_office;
}

struct proposal_actor case_person(const char *name)
{
    return (struct proposal_actor){ .name = str_c(name),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-7"),
                                    .ip = STR("203.0.113.9") };
}

void case_books_hold(void)
{
    struct ledger_report r;
    struct err e = { .code = ERR_NONE };

    check_ok(ledger_verify(case_desk()->till.store, &r, &e), e);
    check_residuals(case_room());
}

struct order case_ordered(void)
{
    static int n;
    struct order_request rq = counter_request();

    rq.reference = str_fmt(test_arena(), "H56.14-261123-%04d", ++n);
    return counter_order_for(case_desk(), &rq);
}

struct str case_captured(struct order *o)
{
    struct err e = { .code = ERR_NONE };
    struct str reference;

    *o = case_ordered();
    reference = counter_start(case_desk(), o);
    counter_pay(case_desk(), reference);
    check_ok(attempt_ask(&case_desk()->till, reference, counter_cause(), &e), e);
    return reference;
}

void case_take(struct day_file *f)
{
    struct intake_result r;
    struct err e = { .code = ERR_NONE };

    if (case_desk()->clock.fixed_ms < FIXTURE_NOW_MS + CASE_DAY_MS)
        counter_forward(case_desk(), 86400);
    check_ok(intake_take(&case_desk()->till, f->day, STR("f"), day_file_print(f, SETTLEMENT_MC1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(!r.quarantined);
}

struct exception case_only(const char *class)
{
    const struct exception_filter f = {
        .tab = -1, .age = -1, .closed_too = true, .class = str_c(class)
    };
    struct exception *list;
    struct err e = { .code = ERR_NONE };
    size_t count;

    check_ok(exception_list(&case_desk()->till, &f, test_arena(), &list, &count, NULL, &e), e);
    check_int(count, 1);
    return count == 1 ? list[0] : (struct exception){ .id = STR("-") };
}

struct exception case_seen(struct str id)
{
    struct exception x;
    struct err e = { .code = ERR_NONE };

    check_ok(exception_load(&case_desk()->till, id, test_arena(), &x, &e), e);
    return x;
}

const char *case_stage_of(struct str id)
{
    return exception_stage_name(case_seen(id).stage);
}

struct exception_draft case_draft(enum exception_action act)
{
    return (struct exception_draft){ .action = act, .remark = STR("as the statement says") };
}

struct exception_preview case_previewed(struct str id, const struct exception_draft *d)
{
    const struct proposal_actor an = case_person("staff:an");
    struct exception_preview p;
    struct err e = { .code = ERR_NONE };

    check_ok(exception_preview(case_room(), id, d, &an, test_arena(), &p, &e), e);
    return p;
}

struct proposal case_proposed(struct str id, const struct exception_draft *d)
{
    const struct exception_preview shown = case_previewed(id, d);
    const struct proposal_actor an = case_person("staff:an");
    struct proposal p = { 0 };
    struct err e = { .code = ERR_NONE };

    check_ok(exception_propose(case_room(), id, d, shown.hash, &an, test_arena(), &p, &e), e);
    return p;
}

result case_decide(const struct proposal *p, enum proposal_state verdict, const char *who,
                   struct err *e)
{
    const struct proposal_actor by = case_person(who);
    const struct proposal_decision d = {
        .id = p->id, .verdict = verdict, .hash = p->hash, .remark = STR("looked at it")
    };
    struct proposal out;

    return proposal_decide(&case_desk()->till, &d, &by, test_arena(), &out, e);
}

void case_approve(const struct proposal *p)
{
    struct err e = { .code = ERR_NONE };

    check_ok(case_decide(p, PROPOSAL_APPROVED, "staff:binh", &e), e);
    case_books_hold();
}

enum err_code case_refused(const struct proposal *p, enum proposal_state verdict, const char *who)
{
    struct err e = { .code = ERR_NONE };

    check(case_decide(p, verdict, who, &e).failed);
    return e.code;
}

int64_t case_posted(const struct exception_preview *p, const char *journal, int account, int side)
{
    int64_t vnd = 0;

    for (size_t i = 0; i < p->posting_count; i++)
        if (str_is(p->postings[i].journal, journal) && (int)p->postings[i].p.account == account &&
            (int)p->postings[i].p.side == side)
            vnd += p->postings[i].p.amount_vnd;
    return vnd;
}

/* A line of CASE_STRANGE dong that nothing here explains. */
struct exception case_strange(struct day_file *f, int64_t amount_vnd)
{
    *f = day_file_make(case_monday, 1);
    (void)day_file_add(f, STR("PP-STRANGE-1"), STR("NOT-OURS-1"), amount_vnd);
    case_take(f);
    return case_only("MIS_OURS");
}

void case_run_again(void)
{
    struct reconcile_day d;
    struct err e = { .code = ERR_NONE };

    check_ok(reconcile_run(&case_desk()->till, case_monday, test_arena(), &d, &e), e);
    check_int(d.residual_vnd, 0);
}
