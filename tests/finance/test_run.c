/* The machine of a day: every pair of state and event, and what takes two persons. */
#include <pthread.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "crypto/keyring.h"
#include "finance/manifest.h"
#include "finance/run.h"
#include "payments/ledger.h"
#include "store/sql_engine.h"
#include "tests/finance/day_file.h"
#include "tests/finance/residuals.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

static const struct date monday = { 2026, 11, 23 };
static struct keyring *keys;
static struct office office;
static struct conf settings;

static const struct proposal_actor an = { .name = { "staff:an", 8 }, .limit_vnd = INT64_MAX };
static const struct proposal_actor binh = { .name = { "staff:binh", 10 }, .limit_vnd = INT64_MAX };

/* An office over the fixture's till, with a signing key; the days are over. */
static struct counter *opened(void)
{
    struct counter *c = counter_open();
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/keys", test_folder()));
    struct str kid;
    struct err e = { 0 };

    c->till.account = STR(DAY_FILE_ACCOUNT);
    if (c->clock.fixed_ms < FIXTURE_NOW_MS + 86400000LL)
        counter_forward(c, 5 * 86400);
    if (keys == NULL) {
        check_ok(keyring_make_key(dir, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
        check_ok(keyring_open(dir, &keys, &e), e);
    }
    settings.portal.account = STR(DAY_FILE_ACCOUNT);
    settings.portal.settlement_form = STR("mc1");
    settings.jobs.settlement_at = STR("06:00");
    if (office.till == NULL)
        check_ok(office_open(&settings, &c->till, keys, &office, &e), e);
    return c;
}

static struct run_key key_of(struct date day)
{
    return (struct run_key){ STR(SETTLEMENT_PROVIDER), STR(DAY_FILE_ACCOUNT), day };
}

static void take(const struct day_file *f)
{
    struct intake_result r;
    struct err e = { 0 };

    check_ok(intake_take(&opened()->till, f->day, STR("f"), day_file_print(f, SETTLEMENT_MC1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(!r.quarantined);
}

static struct day_file follow(const struct day_file *before)
{
    struct day_file f = day_file_make(date_add_days(before->day, 1), before->seq + 1);

    f.opening_vnd = day_file_closing_vnd(before);
    f.previous = digest_hex(test_arena(), digest_sha256(day_file_print(before, SETTLEMENT_MC1)));
    return f;
}

static struct run_view shown(struct date day)
{
    const struct run_key k = key_of(day);
    struct run_view v;
    struct err e = { 0 };

    check_ok(run_load(&office, &k, test_arena(), &v, &e), e);
    return v;
}

static result submit(struct date day, struct str hash, const struct proposal_actor *by,
                     struct proposal *p, struct err *e)
{
    const struct run_ask ask = { key_of(day), hash, STR("đã kiểm tra") };

    return run_submit(&office, &ask, by, test_arena(), p, e);
}

static struct proposal submitted(struct date day)
{
    struct proposal p;
    struct err e = { 0 };

    check_ok(submit(day, shown(day).run.manifest_hash, &an, &p, &e), e);
    return p;
}

static result decide(const struct proposal *p, enum proposal_state verdict,
                     const struct proposal_actor *by, struct err *e)
{
    const struct proposal_decision d = { p->id, verdict, p->hash, STR("đúng") };
    struct proposal out;

    return proposal_decide(office.till, &d, by, test_arena(), &out, e);
}

static void closed(struct date day)
{
    const struct proposal p = submitted(day);
    struct err e = { 0 };

    check_ok(decide(&p, PROPOSAL_APPROVED, &binh, &e), e);
    check_int(shown(day).run.state, RUN_CLOSED);
}

static struct manifest manifest_of(struct date day)
{
    const struct run_key k = key_of(day);
    struct manifest m;
    struct err e = { 0 };

    check_ok(manifest_load(&office, &k, 0, test_arena(), &m, &e), e);
    return m;
}

static result verify(struct manifest_report *r, struct err *e)
{
    const struct date from = { 2026, 1, 1 }, to = { 2027, 1, 1 };

    return manifest_verify(&office, from, to, test_arena(), r, e);
}

TEST(only_listed_pairs_are_steps)
{
    static const struct {
        enum run_state from;
        enum run_event ev;
        enum run_state to;
    } want[] = {
        { RUN_NONE, RUN_EV_FILE, RUN_OPEN },
        { RUN_OPEN, RUN_EV_START, RUN_MATCHING },
        { RUN_MATCHING, RUN_EV_START, RUN_MATCHING },
        { RUN_REVIEW, RUN_EV_START, RUN_MATCHING },
        { RUN_MATCHING, RUN_EV_SAME, RUN_REVIEW },
        { RUN_MATCHING, RUN_EV_CHANGED, RUN_REVIEW },
        { RUN_REVIEW, RUN_EV_SAME, RUN_REVIEW },
        { RUN_REVIEW, RUN_EV_CHANGED, RUN_REVIEW },
        { RUN_REVIEW, RUN_EV_SUBMIT, RUN_AWAITING_APPROVAL },
        { RUN_AWAITING_APPROVAL, RUN_EV_REJECT, RUN_REVIEW },
        { RUN_AWAITING_APPROVAL, RUN_EV_WITHDRAW, RUN_REVIEW },
        { RUN_AWAITING_APPROVAL, RUN_EV_APPROVE, RUN_CLOSED },
        { RUN_AWAITING_APPROVAL, RUN_EV_START, RUN_AWAITING_APPROVAL },
        { RUN_AWAITING_APPROVAL, RUN_EV_SAME, RUN_AWAITING_APPROVAL },
        { RUN_AWAITING_APPROVAL, RUN_EV_CHANGED, RUN_REVIEW },
        { RUN_CLOSED, RUN_EV_START, RUN_CLOSED },
        { RUN_CLOSED, RUN_EV_REOPEN, RUN_REOPENED },
    };

    for (int s = 0; s < RUN_STATE_COUNT; s++)
        for (int ev = 0; ev < RUN_EV_COUNT; ev++) {
            enum run_action action;
            enum run_state to;
            size_t i = 0;

            while (i < LEN(want) && ((int)want[i].from != s || (int)want[i].ev != ev))
                i++;
            check_int(run_next((enum run_state)s, (enum run_event)ev, &to, &action), i < LEN(want));
            if (i < LEN(want))
                check_int(to, want[i].to);
        }
}

TEST_STORE(a_day_goes_from_its_file_to_its_signed_end)
{
    const struct day_file f = day_file_make(monday, 1);
    struct manifest_report report;
    struct run_view v;
    struct err e = { 0 };

    take(&f);
    v = shown(monday);
    check_int(v.run.state, RUN_REVIEW);
    check_int(v.run.revision, 1);
    check_int(v.bar, RUN_MAY_CLOSE);
    check_same(v.run.manifest_hash, v.outcome.manifest_hash);
    closed(monday);
    v = shown(monday);
    check_same(v.run.submitted_by, an.name);
    check_same(v.run.closed_by, binh.name);
    check(v.run.is_signed);
    check_int(v.step_count, 5);
    check_same(v.steps[4].event, STR("approve"));
    const struct manifest m = manifest_of(monday);
    check(str_has(m.bytes, STR("\"revision\":1")));
    check(str_has(m.bytes, STR("\"previous\":\"\"")));
    check_ok(verify(&report, &e), e);
    check_int(report.checked, 1);
}

TEST_STORE(nobody_closes_a_day_alone)
{
    const struct day_file f = day_file_make(monday, 1);
    struct err e = { 0 };

    take(&f);
    const struct proposal p = submitted(monday);
    check_fails(decide(&p, PROPOSAL_APPROVED, &an, &e), e, ERR_SELF_APPROVAL);
    check_int(shown(monday).run.state, RUN_AWAITING_APPROVAL);
}

TEST_STORE(what_was_rejected_or_withdrawn_is_submitted_anew)
{
    const struct day_file f = day_file_make(monday, 1);
    struct proposal p;
    struct err e = { 0 };

    take(&f);
    p = submitted(monday);
    check_ok(decide(&p, PROPOSAL_REJECTED, &binh, &e), e);
    check_int(shown(monday).run.state, RUN_REVIEW);
    p = submitted(monday);
    check_ok(decide(&p, PROPOSAL_WITHDRAWN, &an, &e), e);
    check_int(shown(monday).run.state, RUN_REVIEW);
    closed(monday);
}

TEST_STORE(only_what_was_shown_is_submitted)
{
    const struct day_file f = day_file_make(monday, 1);
    struct proposal p;
    struct err e = { 0 };

    take(&f);
    check_fails(submit(monday, STR("0000"), &an, &p, &e), e, ERR_STALE);
    check_str(str_c(e.field), "hash");
    check_int(shown(monday).run.state, RUN_REVIEW);
}

TEST_STORE(a_day_is_submitted_once)
{
    const struct day_file f = day_file_make(monday, 1);
    struct proposal p;
    struct err e = { 0 };

    take(&f);
    (void)submitted(monday);
    check_fails(submit(monday, shown(monday).run.manifest_hash, &binh, &p, &e), e, ERR_WRONG_STATE);
}

TEST_STORE(a_file_that_changes_the_outcome_takes_the_submission_back)
{
    struct day_file f = day_file_make(monday, 1);
    struct err e = { 0 };

    take(&f);
    const struct proposal p = submitted(monday);
    f.revision = 2;
    (void)day_file_add(&f, STR("T-1"), STR("REF-1"), 1000);
    take(&f);
    check_int(shown(monday).run.state, RUN_REVIEW);
    check_fails(decide(&p, PROPOSAL_APPROVED, &binh, &e), e, ERR_WRONG_STATE);
    check_int(shown(monday).run.state, RUN_REVIEW);
}

TEST_STORE(the_same_file_again_leaves_the_submission)
{
    const struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;
    struct err e = { 0 };

    take(&f);
    const struct proposal p = submitted(monday);
    check_ok(reconcile_run(office.till, monday, test_arena(), &d, &e), e);
    check_int(shown(monday).run.state, RUN_AWAITING_APPROVAL);
    check_ok(decide(&p, PROPOSAL_APPROVED, &binh, &e), e);
}

TEST_STORE(an_exception_that_nobody_owns_bars_the_day)
{
    struct day_file f = day_file_make(monday, 1);
    struct run_view v;
    struct proposal p;
    struct err e = { 0 };

    (void)day_file_add(&f, STR("T-1"), STR("REF-1"), 1000);
    take(&f);
    v = shown(monday);
    check_int(v.bar, RUN_BAR_EXCEPTION);
    check_fails(submit(monday, v.run.manifest_hash, &an, &p, &e), e, ERR_BUSINESS_RULE);
    check_str(str_c(e.field), "exceptions");
    const struct str id = v.outcome.exceptions[0].id;
    check_ok(exception_assign(office.till, id, an.name, STR(""), &an, test_arena(), &e), e);
    check_int(shown(monday).bar, RUN_BAR_EXCEPTION);
    check_ok(exception_carry(office.till, id, date_add_days(monday, 10), STR("chờ ngân hàng"), &an,
                             test_arena(), &e),
             e);
    closed(monday);
}

TEST_STORE(a_missing_file_and_an_earlier_open_day_bar_the_day)
{
    const struct day_file first = day_file_make(monday, 1), next = follow(&first),
                          third = follow(&next);

    take(&first);
    take(&third);
    check_int(shown(third.day).bar, RUN_BAR_CHAIN);
    check_int(shown(next.day).bar, RUN_BAR_NO_FILE);
    take(&next);
    check_int(shown(next.day).bar, RUN_BAR_CHAIN); /* monday is still open */
    closed(monday);
    closed(next.day);
    check_int(shown(third.day).bar, RUN_MAY_CLOSE);
}

TEST_STORE(a_closed_day_keeps_what_it_has_and_tells_of_a_newer_file)
{
    struct day_file f = day_file_make(monday, 1);
    struct str before;

    take(&f);
    closed(monday);
    before = manifest_of(monday).bytes;
    f.revision = 2;
    (void)day_file_add(&f, STR("T-1"), STR("REF-1"), 1000);
    take(&f);
    const struct run_view v = shown(monday);
    check_int(v.run.state, RUN_CLOSED);
    check(v.file_is_newer);
    check_int(v.outcome.file_count, 0);
    check_same(manifest_of(monday).bytes, before);
}

static struct proposal reopen_asked(struct date day)
{
    const struct run_ask ask = { key_of(day), shown(day).run.manifest_hash, STR("tệp sửa đổi") };
    struct proposal p;
    struct err e = { 0 };

    check_ok(run_reopen(&office, &ask, &an, test_arena(), &p, &e), e);
    return p;
}

TEST_STORE(two_persons_open_a_closed_day_as_a_new_revision)
{
    const struct day_file f = day_file_make(monday, 1);
    struct manifest_report report;
    struct reconcile_day d;
    struct run_view v;
    struct err e = { 0 };

    take(&f);
    closed(monday);
    const struct proposal p = reopen_asked(monday);
    check_fails(decide(&p, PROPOSAL_APPROVED, &an, &e), e, ERR_SELF_APPROVAL);
    check_int(shown(monday).run.state, RUN_CLOSED);
    check_ok(decide(&p, PROPOSAL_APPROVED, &binh, &e), e);
    v = shown(monday);
    check_int(v.run.state, RUN_OPEN);
    check_int(v.run.revision, 2);
    check_int(v.revision_count, 1);
    check_int(v.revisions[0].state, RUN_REOPENED);
    check_ok(reconcile_run(office.till, monday, test_arena(), &d, &e), e);
    counter_forward(opened(), 1);
    closed(monday);
    check(str_has(manifest_of(monday).bytes, STR("\"revision\":2")));
    check_ok(verify(&report, &e), e);
    check_int(report.checked, 2);
}

TEST_STORE(only_a_closed_day_is_opened_again)
{
    const struct day_file f = day_file_make(monday, 1);
    const struct run_ask ask = { key_of(monday), STR("x"), STR("vì sao") };
    struct proposal p;
    struct err e = { 0 };

    take(&f);
    check_fails(run_reopen(&office, &ask, &an, test_arena(), &p, &e), e, ERR_WRONG_STATE);
}

/* One byte of what is kept, changed behind our back. */
static result script(struct sql *db, void *arg, struct err *e)
{
    return sql_script(db, str_c(arg), e);
}

static void tamper(const char *statement)
{
    struct err e = { 0 };

    check_ok(sql_transact(fixture_pool(), script, (void *)(uintptr_t)statement, &e), e);
}

TEST_STORE(a_changed_byte_of_a_manifest_is_found)
{
    static const char *const changes[] = {
        "UPDATE run_day SET manifest = REPLACE(manifest, '\"lines\":0', '\"lines\":1')",
        "UPDATE run_day SET manifest_hash = '0' || SUBSTR(manifest_hash, 2) || '1'",
        "UPDATE run_day SET signature = SUBSTR(signature, 1, LENGTH(signature) - 4) || 'AAAA'",
        "UPDATE run_day SET revision = 7",
    };
    const struct day_file f = day_file_make(monday, 1);
    struct manifest_report report;
    struct err e = { 0 };

    take(&f);
    closed(monday);
    check_ok(verify(&report, &e), e);
    for (size_t i = 0; i < LEN(changes); i++) {
        struct run_view v = shown(monday);
        tamper(changes[i]);
        check_fails(verify(&report, &e), e, ERR_BROKEN_CHAIN);
        check(report.why.n > 0);
        (void)v;
        e = (struct err){ 0 };
    }
}

/* A ring without the key that signed. */
static void keys_renewed(void)
{
    static struct keyring *later;
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/later", test_folder()));
    struct str kid;
    struct err e = { 0 };

    if (later == NULL) {
        check_ok(keyring_make_key(dir, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
        check_ok(keyring_open(dir, &later, &e), e);
    }
    office.keys = later;
}

TEST_STORE(a_manifest_outlives_the_key_that_signed_it)
{
    static const char *const changes[] = {
        "UPDATE run_day SET signer = ''",
        "UPDATE run_day SET signer = '{}'",
        "DELETE FROM audit_log WHERE action = 'run.signed'",
    };
    const struct day_file f = day_file_make(monday, 1);
    struct manifest_report report;
    struct str signer;
    struct err e = { 0 };

    take(&f);
    closed(monday);
    signer = manifest_of(monday).signer;
    keys_renewed();
    check_ok(verify(&report, &e), e);
    check_int(report.checked, 1);
    for (size_t i = 0; i < LEN(changes); i++) {
        tamper(changes[i]);
        check_fails(verify(&report, &e), e, ERR_BROKEN_CHAIN);
        check_str(report.why, "is not signed by us");
        e = (struct err){ 0 };
        if (i < 2)
            tamper(
                str_cstr(test_arena(), str_fmt(test_arena(), "UPDATE run_day SET signer = '%.*s'",
                                               STR_ARG(signer))));
    }
    office.keys = keys;
}

TEST_STORE(a_day_that_was_taken_out_of_the_chain_is_found)
{
    const struct day_file first = day_file_make(monday, 1), next = follow(&first);
    struct manifest_report report;
    struct err e = { 0 };

    take(&first);
    take(&next);
    closed(monday);
    closed(next.day);
    check(str_has(manifest_of(next.day).bytes, manifest_of(monday).hash));
    check_ok(verify(&report, &e), e);
    check_int(report.checked, 2);
    tamper("DELETE FROM run_day WHERE day = '2026-11-23'");
    check_fails(verify(&report, &e), e, ERR_BROKEN_CHAIN);
    check_same(report.day, STR("2026-11-24"));
}

/* Two officers at the same time: exactly one of them has it. */
struct racer {
    const struct proposal *p;
    const struct proposal_actor *by;
    struct str hash;
    bool done;
};

static void *approves(void *arg)
{
    struct racer *r = arg;
    struct err e = { 0 };

    r->done = !decide(r->p, PROPOSAL_APPROVED, r->by, &e).failed;
    return NULL;
}

static void *submits(void *arg)
{
    struct racer *r = arg;
    struct proposal p;
    struct err e = { 0 };

    r->done = !submit(monday, r->hash, r->by, &p, &e).failed;
    return NULL;
}

static int race(void *(*run)(void *), struct racer racers[2])
{
    pthread_t threads[2];

    for (size_t i = 0; i < 2; i++)
        check_int(pthread_create(&threads[i], NULL, run, &racers[i]), 0);
    for (size_t i = 0; i < 2; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    return racers[0].done + racers[1].done;
}

TEST_STORE(of_two_who_submit_and_of_two_who_approve_one_has_it)
{
    static const struct proposal_actor chi = { .name = { "staff:chi", 9 }, .limit_vnd = INT64_MAX };
    const struct day_file f = day_file_make(monday, 1);
    struct racer racers[2] = { { .by = &an }, { .by = &binh } };

    take(&f);
    racers[0].hash = racers[1].hash = shown(monday).run.manifest_hash;
    check_int(race(submits, racers), 1);
    struct proposal p;
    struct err e = { 0 };
    check_ok(proposal_load(office.till, shown(monday).run.proposal_id, test_arena(), &p, &e), e);
    racers[0] = (struct racer){ .p = &p, .by = str_eq(p.maker, an.name) ? &binh : &an };
    racers[1] = (struct racer){ .p = &p, .by = &chi };
    check_int(race(approves, racers), 1);
    check_int(shown(monday).run.state, RUN_CLOSED);
}

TEST_STORE(a_month_shows_each_day_once)
{
    struct day_file f = day_file_make(monday, 1);
    const struct date from = { 2026, 11, 1 }, to = { 2026, 11, 30 };
    struct run_square *list;
    size_t count;
    struct err e = { 0 };

    (void)day_file_add(&f, STR("T-1"), STR("REF-1"), 1000);
    take(&f);
    check_ok(run_squares(&office, from, to, test_arena(), &list, &count, &e), e);
    check_int(count, 1);
    check_int(list[0].state, RUN_REVIEW);
    check_int(list[0].verdict, RECONCILE_BREAKS);
    check_int(list[0].open_count, 1);
    check_int(list[0].open_vnd, 1000);
    check_int(list[0].file_count, 1);
}

TEST_STORE(a_closed_day_comes_out_the_same_when_it_is_run_again)
{
    struct day_file f = day_file_make(monday, 1);
    const struct run_key k = key_of(monday);
    struct manifest_check check_again;
    struct err e = { 0 };

    take(&f);
    closed(monday);
    counter_forward(opened(), 86400);
    check_ok(manifest_check(&office, &k, test_arena(), &check_again, &e), e);
    check(check_again.is_same);
    f.revision = 2;
    (void)day_file_add(&f, STR("T-1"), STR("REF-1"), 1000);
    take(&f); /* a later file changes nothing of it */
    check_ok(manifest_check(&office, &k, test_arena(), &check_again, &e), e);
    check(check_again.is_same);
    tamper("UPDATE settlement_file SET lines = lines + 1");
    check_ok(manifest_check(&office, &k, test_arena(), &check_again, &e), e);
    check(!check_again.is_same);
}

/* A payment of monday and its line. */
static void paid(struct day_file *f)
{
    struct counter *c = counter_open();
    struct order_request rq = counter_request();
    struct err e = { 0 };

    rq.reference = str_fmt(test_arena(), "H56.14-261123-%04zu", f->count + 1);
    const struct order o = counter_order_for(c, &rq);
    const struct str reference = counter_start(c, &o);
    counter_pay(c, reference);
    check_ok(attempt_ask(&c->till, reference, counter_cause(), &e), e);
    (void)day_file_add(f, str_c(counter_deal(c, reference)->txn), reference, o.bill.total_vnd);
    f->lines[f->count - 1].fee_vnd = 1100;
}

static void books_broken(const char *why)
{
    struct ledger_report report;
    struct err e = { 0 };

    check_fails(ledger_verify(fixture_pool(), &report, &e), e, ERR_BROKEN_CHAIN);
    if (!str_has(str_c(e.detail), str_c(why)))
        test_fail(__FILE__, __LINE__, "%s: %s", why, e.detail);
}

/* A journal whose hash is right, and which nothing explains. */
static result post_stray(struct sql *db, void *arg, struct err *e)
{
    struct ledger_journal *j = arg;

    return ledger_post(db, FIXTURE_NOW_MS, j, test_arena(), e);
}

TEST_STORE(books_of_a_closed_day_hold_and_tell_what_was_changed)
{
    static const struct {
        const char *spoil, *mend, *why;
    } ways[] = {
        { "UPDATE posting SET amount_vnd = amount_vnd - 7 WHERE account IN (1110, 1120) AND EXISTS "
          "(SELECT 1 FROM journal j WHERE j.agency_id = posting.agency_id AND j.slot = "
          "posting.slot "
          "AND j.n = posting.journal_n AND j.kind = 'J3')",
          "UPDATE posting SET amount_vnd = amount_vnd + 7 WHERE account IN (1110, 1120) AND EXISTS "
          "(SELECT 1 FROM journal j WHERE j.agency_id = posting.agency_id AND j.slot = "
          "posting.slot "
          "AND j.n = posting.journal_n AND j.kind = 'J3')",
          "balance" },
        { "UPDATE payout_item SET vnd = vnd - 7", "UPDATE payout_item SET vnd = vnd + 7",
          "that is not captured less paid over" },
        { "UPDATE payout SET gross_vnd = gross_vnd - 7, net_vnd = net_vnd - 7",
          "UPDATE payout SET gross_vnd = gross_vnd + 7, net_vnd = net_vnd + 7", "payout that is" },
    };
    struct counter *c = counter_open();
    struct day_file f = day_file_make(monday, 1);
    struct ledger_journal j = ledger_journal_make(STR("H56.14"), "J3", STR("payout:PP:99"));
    struct err e = { 0 };

    paid(&f);
    paid(&f);
    paid(&f);
    f.count--; /* the third is not in it: carried, and still on 1110 */
    const int64_t left_vnd = f.lines[2].gross_vnd;
    take(&f);
    const struct str id = shown(monday).outcome.exceptions[0].id;
    check_ok(exception_assign(office.till, id, an.name, STR(""), &an, test_arena(), &e), e);
    check_ok(exception_carry(office.till, id, date_add_days(monday, 10), STR("chờ tệp"), &an,
                             test_arena(), &e),
             e);
    closed(monday);
    check_int(counter_balance(c, 1110), left_vnd);
    check_int(counter_balance(c, 6110), 2 * 1100);
    counter_books_hold(c);
    check_residuals(&(struct office){ .till = &c->till });
    for (size_t i = 0; i < LEN(ways); i++) {
        tamper(ways[i].spoil);
        books_broken(ways[i].why);
        tamper(ways[i].mend);
        counter_books_hold(c);
        check_residuals(&(struct office){ .till = &c->till });
    }
    j.day = monday;
    ledger_put_settled(&j, 1, 0);
    check_ok(sql_transact(fixture_pool(), post_stray, &j, &e), e);
    books_broken("H56.14 cleared");
}

TEST_STORE(a_write_off_that_nobody_decided_is_told)
{
    struct counter *c = counter_open();
    struct ledger_journal j = ledger_journal_make(STR("H56.14"), "J10", STR("write_off:x|1"));
    struct err e = { 0 };

    counter_books_hold(c);
    check_residuals(&(struct office){ .till = &c->till });
    j.day = monday;
    ledger_put_written_off(&j, LEDGER_1110, 5);
    check_ok(sql_transact(fixture_pool(), post_stray, &j, &e), e);
    books_broken("two persons did not decide");
}
