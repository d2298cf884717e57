#include "tests/finance/vault.h"

#include <stdlib.h>

#include "conf/conf.h"
#include "tests/fixture.h"

struct office vault_office;
const struct date vault_monday = { 2026, 11, 23 };

struct counter *vault(void)
{
    static struct conf conf; /* the portal is the only source */
    struct counter *c = counter_open();
    struct err e = { 0 };

    c->till.account = STR(DAY_FILE_ACCOUNT);
    conf.portal.account = STR(DAY_FILE_ACCOUNT);
    conf.portal.settlement_form = STR("mc1");
    conf.jobs.settlement_at = STR("06:00");
    if (c->till.above == NULL) {
        check_ok(office_open(&conf, &c->till, NULL, &vault_office, &e), e);
    }
    return c;
}

struct proposal_actor vault_person(const char *name)
{
    return (struct proposal_actor){ .name = str_c(name),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-3"),
                                    .ip = STR("203.0.113.9") };
}

struct order vault_paid_order(const char *agency)
{
    static int n;
    struct counter *c = vault();
    struct order_request rq = counter_request();
    struct err e = { 0 };

    rq.reference = str_fmt(test_arena(), "H56.14-261123-%04d", ++n);
    rq.agency_id = str_c(agency);
    const struct order o = counter_order_for(c, &rq);
    const struct str reference = counter_start(c, &o);
    counter_pay(c, reference);
    check_ok(attempt_ask(&c->till, reference, counter_cause(), &e), e);
    check_int(counter_attempt(c, reference), ATTEMPT_CAPTURED);
    return o;
}

struct str vault_reference(const struct order *o)
{
    struct attempt *list;
    struct err e = { 0 };
    size_t count;

    check_ok(attempt_list(&vault()->till, o, test_arena(), &list, &count, &e), e);
    check(count > 0);
    return list[0].reference;
}

struct attempt vault_attempt(struct str reference)
{
    struct attempt at;
    struct err e = { 0 };

    check_ok(attempt_load(&vault()->till, reference, test_arena(), &at, &e), e);
    return at;
}

struct act {
    result (*what)(struct sql *, const struct office *, const struct payout_day *, struct arena *,
                   int64_t *, struct err *);
};

static result act_run(struct sql *db, void *arg, struct err *e)
{
    const struct act *k = arg;
    const struct payout_day day = { STR("PP"), STR(DAY_FILE_ACCOUNT), vault_monday };
    int64_t count;

    return k->what(db, &vault_office, &day, test_arena(), &count, e);
}

static void act(struct act k)
{
    struct err e = { 0 };

    check_ok(sql_transact(vault()->till.store, act_run, &k, &e), e);
}

void vault_open_again(void)
{
    act((struct act){ payout_reverse });
}

void vault_post(void)
{
    act((struct act){ payout_post });
}

void vault_settle(const struct order *orders, size_t count)
{
    struct day_file f = day_file_make(vault_monday, 1);
    struct intake_result r;
    struct err e = { 0 };

    for (size_t i = 0; i < count; i++) {
        const struct attempt at = vault_attempt(vault_reference(&orders[i]));
        day_file_add(&f, at.portal_txn, at.reference, at.captured_vnd)->account = STR("");
    }
    if (vault()->clock.fixed_ms < clock_day_start_ms(f.day) + 86400000LL)
        counter_forward(vault(), 86400);
    check_ok(intake_take(&vault()->till, f.day, STR("f"), day_file_print(&f, SETTLEMENT_MC1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(!r.quarantined);
    vault_post();
}

static struct remittance_period period(void)
{
    return (struct remittance_period){ STR("H56.14"), vault_monday, vault_monday };
}

struct remittance vault_draft(void)
{
    const struct proposal_actor by = vault_person("staff:an");
    const struct remittance_period p = period();
    struct remittance *list;
    struct err e = { 0 };
    size_t count;

    (void)vault();
    check_ok(remittance_draft(&vault_office, &p, &by, test_arena(), &list, &count, &e), e);
    check_int(count, 1);
    check_int(list[0].state, REMITTANCE_DRAFT);
    return list[0];
}

void vault_draft_fails(enum err_code want)
{
    const struct proposal_actor by = vault_person("staff:an");
    const struct remittance_period p = period();
    struct remittance *list;
    struct err e = { 0 };
    size_t count;

    check_fails(remittance_draft(&vault_office, &p, &by, test_arena(), &list, &count, &e), e, want);
}

struct remittance vault_submit(const struct remittance *r)
{
    const struct proposal_actor by = vault_person("staff:an");
    struct remittance x;
    struct err e = { 0 };

    const struct remittance_ask ask = { remittance_digest(r, test_arena()), STR("as collected") };

    check_ok(remittance_submit(&vault_office, r->id, &ask, &by, test_arena(), &x, &e), e);
    check(x.proposal_id.n > 0);
    return x;
}

result vault_decide(struct str proposal_id, enum proposal_state verdict, const char *who,
                    struct err *e)
{
    const struct proposal_actor by = vault_person(who);
    struct proposal_decision d = { .id = proposal_id, .verdict = verdict, .remark = STR("seen") };
    struct proposal p;

    TRY(proposal_load(&vault()->till, proposal_id, test_arena(), &p, e));
    d.hash = p.hash;
    return proposal_decide(&vault()->till, &d, &by, test_arena(), &p, e);
}

void vault_approve(struct str proposal_id)
{
    struct err e = { 0 };

    check_ok(vault_decide(proposal_id, PROPOSAL_APPROVED, "staff:binh", &e), e);
}

struct remittance vault_send(const struct remittance *r)
{
    const struct proposal_actor by = vault_person("staff:an");
    struct remittance x;
    struct err e = { 0 };

    check_ok(remittance_move(&vault_office, r->id, REMITTANCE_EV_SEND, &by, test_arena(), &x, &e),
             e);
    check_int(x.state, REMITTANCE_SENT);
    return x;
}

struct remittance vault_confirm(const struct remittance *r)
{
    const struct proposal_actor by = vault_person("system"); /* its file */
    const struct remittance_word w = { .event = REMITTANCE_EV_CONFIRM,
                                       .number = str_fmt(test_arena(), "KB-%lld", (long long)r->n),
                                       .day = date_add_days(vault_monday, 1),
                                       .amount_vnd = r->total_vnd };
    struct remittance x;
    struct err e = { 0 };

    check_ok(remittance_settle(&vault_office, r->id, &w, &by, test_arena(), &x, &e), e);
    check_int(x.state, REMITTANCE_CONFIRMED);
    return x;
}

struct remittance vault_remit(void)
{
    struct remittance r = vault_draft();

    r = vault_submit(&r);
    vault_approve(r.proposal_id);
    r = vault_send(&r);
    return vault_confirm(&r);
}

/* Statements that the program does not have, by the databases' own shells. */
void vault_tamper(const char *statement)
{
    struct arena *a = test_arena();
    struct str command;

    if (str_is(str_c(test_engine()), "postgresql"))
        command = str_fmt(a, "psql -q -v ON_ERROR_STOP=1 \"%.*s\" -c \"%s\" >/dev/null",
                          STR_ARG(test_postgresql()), statement);
    else
        command = str_fmt(a, "sqlite3 %s/fixture.db \"%s\"", test_folder(), statement);
    if (system(str_cstr(a, command)) != 0)
        test_fail(__FILE__, __LINE__, "%s", statement);
}
