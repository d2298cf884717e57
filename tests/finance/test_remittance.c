/* Into the state budget: sums, two persons, and refunds before, between and after. */
#include <pthread.h>

#include "base/json.h"
#include "finance/exception.h"
#include "finance/remittance.h"
#include "payments/ledger.h"
#include "payments/refund_order.h"
#include "payments/refund_rules.h"
#include "tests/finance/vault.h"
#include "tests/fixture.h"

#define BUDGET (COUNTER_ORDER - COUNTER_RETAINED)

static int64_t balance(int account)
{
    return counter_balance(vault(), account);
}

/* ---- refunds ---- */

static struct refund asked(const struct order *o, int64_t vnd)
{
    const struct proposal_actor by = vault_person("staff:an");
    struct refund_request rq = { .order_id = o->id,
                                 .amount_vnd = vnd,
                                 .reason = STR("wrong_fee"),
                                 .remark = STR("as the dossier says"),
                                 .payee = { STR("Nguyễn Thị Hòa"), STR("VCB"),
                                            STR("0011001234567") } };
    struct order now;
    struct refund r;
    struct err e = { 0 };

    check_ok(order_load(&vault()->till, o->id, STR(""), test_arena(), &now, &e), e);
    rq.available_vnd = order_available_vnd(&now);
    check_ok(refund_request(&vault()->till, &rq, &by, "page", test_arena(), &r, &e), e);
    return r;
}

static void refund_approve(const struct refund *r)
{
    struct err e = { 0 };

    check_ok(vault_decide(r->proposal_id, PROPOSAL_APPROVED, "staff:binh", &e), e);
}

static result order_out(const struct refund *r, struct refund *x, struct err *e)
{
    const struct order_cause by = { .actor = STR("staff:an"), .source = STR("page") };

    return refund_order_make(&vault()->till, r->id, &by, test_arena(), x, e);
}

static void refund_paid(const struct refund *r)
{
    const struct order_cause by = { .actor = STR("staff:an"), .source = STR("page") };
    const struct refund_word w = { REFUND_EV_PAID, STR("FT26327001"), STR("") };
    struct refund x;
    struct err e = { 0 };

    check_ok(refund_settle(&vault()->till, r->id, &w, &by, test_arena(), &x, &e), e);
    check_int(x.state, REFUND_SUCCEEDED);
}

/* Asked, approved, ordered and paid. */
static void refunded(const struct order *o, int64_t vnd, enum refund_route want, int account)
{
    const struct refund r = asked(o, vnd);
    struct refund x;
    struct err e = { 0 };

    check_int(r.route, want);
    if (want != REFUND_BY_TREASURY)
        check_int((int)r.account, account);
    refund_approve(&r);
    check_ok(order_out(&r, &x, &e), e);
    refund_paid(&r);
    counter_books_hold(vault());
}

/* ---- remittances ---- */

TEST_STORE(what_was_collected_and_settled_is_remitted_to_the_dong)
{
    struct order o[3];
    struct remittance r;
    struct remittance_line *lines;
    struct err e = { 0 };
    size_t count;
    int64_t sum_vnd = 0;

    for (int i = 0; i < 3; i++)
        o[i] = vault_paid_order("H56.14");
    vault_settle(o, 2);
    r = vault_draft();
    check_int(r.total_vnd, 2 * BUDGET);
    check_int(r.retained_vnd, 2 * COUNTER_RETAINED);
    check_ok(remittance_lines(&r, test_arena(), &lines, &count, &e), e);
    for (size_t i = 0; i < count; i++) {
        sum_vnd += lines[i].amount_vnd;
        check_int(lines[i].orders, 2);
        check_str(lines[i].chapter, "426");
    }
    check_int(sum_vnd, r.total_vnd);
    counter_books_hold(vault());
    vault_draft_fails(ERR_NOT_FOUND); /* it is claimed */
    r = vault_submit(&r);
    vault_approve(r.proposal_id);
    r = vault_send(&r);
    check_str(vault_attempt(vault_reference(&o[0])).remitted_day, "");
    check_int(balance(2110), 3 * COUNTER_LE_PHI);
    r = vault_confirm(&r);
    check_str(vault_attempt(vault_reference(&o[0])).remitted_day, "2026-11-24");
    check_str(vault_attempt(vault_reference(&o[2])).remitted_day, "");
    check_int(balance(2110), COUNTER_LE_PHI);
    check_int(balance(2120), BUDGET - COUNTER_LE_PHI);
    check_int(balance(2130), COUNTER_RETAINED);
    check_int(balance(1120), 0);
    check_int(balance(1110), COUNTER_ORDER);
    counter_books_hold(vault());
    vault_draft_fails(ERR_NOT_FOUND);
}

TEST_STORE(it_takes_two_and_exactly_what_was_seen)
{
    const struct order o = vault_paid_order("H56.14");
    const struct proposal_actor by = vault_person("staff:an");
    struct remittance r, x;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    check_fails(remittance_move(&vault_office, r.id, REMITTANCE_EV_SEND, &by, test_arena(), &x, &e),
                e, ERR_WRONG_STATE);
    r = vault_submit(&r);
    check_fails(remittance_renew(&vault_office, r.id, &by, test_arena(), &x, &e), e,
                ERR_WRONG_STATE);
    check_fails(
        remittance_move(&vault_office, r.id, REMITTANCE_EV_CANCEL, &by, test_arena(), &x, &e), e,
        ERR_WRONG_STATE);
    check_fails(vault_decide(r.proposal_id, PROPOSAL_APPROVED, "staff:an", &e), e,
                ERR_SELF_APPROVAL);
    vault_tamper("UPDATE remittance SET treasury = treasury || 'x'");
    check_fails(vault_decide(r.proposal_id, PROPOSAL_APPROVED, "staff:binh", &e), e,
                ERR_BROKEN_CHAIN);
    vault_tamper("UPDATE remittance SET treasury = substr(treasury, 1, length(treasury) - 1)");
    check_ok(vault_decide(r.proposal_id, PROPOSAL_REJECTED, "staff:binh", &e), e);
    check_ok(remittance_load(&vault_office, r.id, test_arena(), &x, &e), e);
    check_int(x.state, REMITTANCE_DRAFT);
    check_str(x.proposal_id, "");
    r = vault_submit(&r);
    vault_approve(r.proposal_id);
    check_ok(remittance_move(&vault_office, r.id, REMITTANCE_EV_RECALL, &by, test_arena(), &x, &e),
             e);
    check_int(x.state, REMITTANCE_DRAFT);
    check_ok(remittance_move(&vault_office, r.id, REMITTANCE_EV_CANCEL, &by, test_arena(), &x, &e),
             e);
    counter_books_hold(vault());
    check_int(vault_draft().total_vnd, BUDGET); /* its claim was given up */
}

TEST_STORE(a_confirmation_names_the_total_and_counts_once)
{
    const struct order o = vault_paid_order("H56.14");
    const struct proposal_actor by = vault_person("staff:an"), told = vault_person("system");
    struct remittance_word w = { .event = REMITTANCE_EV_CONFIRM,
                                 .number = STR("KB-1"),
                                 .day = vault_monday };
    struct remittance r, x;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    r = vault_submit(&r);
    vault_approve(r.proposal_id);
    w.amount_vnd = r.total_vnd;
    check_fails(remittance_settle(&vault_office, r.id, &w, &told, test_arena(), &x, &e), e,
                ERR_WRONG_STATE);
    r = vault_send(&r);
    w.amount_vnd++;
    check_fails(remittance_settle(&vault_office, r.id, &w, &told, test_arena(), &x, &e), e,
                ERR_BUSINESS_RULE);
    check_str(str_c(e.field), "amount_vnd");
    w.amount_vnd--;
    w.number = STR(" ");
    check_fails(remittance_settle(&vault_office, r.id, &w, &told, test_arena(), &x, &e), e,
                ERR_INVALID);
    w = (struct remittance_word){ .event = REMITTANCE_EV_REFUSE, .why = STR("sai chương") };
    check_ok(remittance_settle(&vault_office, r.id, &w, &told, test_arena(), &x, &e), e);
    check_int(x.state, REMITTANCE_DRAFT);
    check_str(x.failure, "sai chương");
    counter_books_hold(vault());
    check_ok(remittance_renew(&vault_office, r.id, &by, test_arena(), &x, &e), e);
    r = vault_submit(&x);
    vault_approve(r.proposal_id);
    r = vault_send(&r);
    r = vault_confirm(&r);
    x = vault_confirm(&r);
    check_str(x.treasury_ref, str_cstr(test_arena(), r.treasury_ref));
    check_int(balance(1120), 0);
    w = (struct remittance_word){ REMITTANCE_EV_CONFIRM, STR("KB-2"), vault_monday, r.total_vnd,
                                  STR("") };
    check_fails(remittance_settle(&vault_office, r.id, &w, &told, test_arena(), &x, &e), e,
                ERR_WRONG_STATE);
    counter_books_hold(vault());
}

TEST_STORE(one_number_of_the_treasury_confirms_one_slip)
{
    const struct order o = vault_paid_order("H56.14"), p = vault_paid_order("H56.15");
    const struct proposal_actor by = vault_person("staff:an"), told = vault_person("system");
    const struct remittance_period of = { STR("H56.15"), vault_monday, vault_monday };
    const struct order both[] = { o, p };
    struct remittance_word w = { .event = REMITTANCE_EV_CONFIRM, .day = vault_monday };
    struct remittance first, *list, x;
    struct err e = { 0 };
    size_t count;

    vault_settle(both, 2);
    first = vault_remit();
    check_ok(remittance_draft(&vault_office, &of, &by, test_arena(), &list, &count, &e), e);
    check_str(list[0].agency_id, "H56.15");
    x = vault_submit(&list[0]);
    vault_approve(x.proposal_id);
    x = vault_send(&x);
    w.number = first.treasury_ref;
    w.amount_vnd = x.total_vnd;
    check_fails(remittance_settle(&vault_office, x.id, &w, &told, test_arena(), &x, &e), e,
                ERR_CONFLICT);
    check_str(str_c(e.field), "number");
}

static result word(struct str id, struct remittance_word w, const char *who, struct proposal *p,
                   struct err *e)
{
    const struct proposal_actor by = vault_person(who);

    return remittance_propose_word(&vault_office, id, &w, STR("theo chứng từ"), &by, test_arena(),
                                   p, e);
}

TEST_STORE(what_a_person_read_of_the_treasury_takes_another_person)
{
    const struct order o = vault_paid_order("H56.14");
    const struct proposal_actor by = vault_person("staff:an");
    static const char *const wrong[] = { "",        " ",       "KB",    "KB1",
                                         "kb-1234", "KB-ABCD", "-1234", "1234-",
                                         "KB 1234", "KB_1234", "=KB12" };
    struct remittance_word w = { .event = REMITTANCE_EV_CONFIRM,
                                 .number = STR("KB-2026/11"),
                                 .day = vault_monday };
    struct proposal p, other;
    struct remittance r, x;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    r = vault_submit(&r);
    vault_approve(r.proposal_id);
    w.amount_vnd = r.total_vnd;
    check_fails(word(r.id, w, "staff:an", &p, &e), e, ERR_WRONG_STATE);
    r = vault_send(&r);
    check_fails(remittance_settle(&vault_office, r.id, &w, &by, test_arena(), &x, &e), e,
                ERR_FORBIDDEN);
    for (size_t i = 0; i < LEN(wrong); i++) {
        struct remittance_word bad = w;

        bad.number = str_c(wrong[i]);
        check_fails(word(r.id, bad, "staff:an", &p, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "number");
    }
    w.amount_vnd++;
    check_fails(word(r.id, w, "staff:an", &p, &e), e, ERR_BUSINESS_RULE);
    w.amount_vnd--;
    check_ok(word(r.id, w, "staff:an", &p, &e), e);
    check_int(balance(1120), r.total_vnd + r.retained_vnd);
    check_fails(word(r.id, w, "staff:chi", &other, &e), e, ERR_CONFLICT);
    check_fails(vault_decide(p.id, PROPOSAL_APPROVED, "staff:an", &e), e, ERR_SELF_APPROVAL);
    check_ok(vault_decide(p.id, PROPOSAL_REJECTED, "staff:binh", &e), e);
    check_ok(remittance_load(&vault_office, r.id, test_arena(), &x, &e), e);
    check_int(x.state, REMITTANCE_SENT);
    check_ok(word(r.id, w, "staff:an", &p, &e), e);
    vault_approve(p.id);
    check_ok(remittance_load(&vault_office, r.id, test_arena(), &x, &e), e);
    check_int(x.state, REMITTANCE_CONFIRMED);
    check_str(x.treasury_ref, "KB-2026/11");
    check_int(balance(1120), 0);
    counter_books_hold(vault());
}

TEST_STORE(a_word_of_the_treasury_about_another_slip_than_was_seen_is_stale)
{
    const struct order o = vault_paid_order("H56.14");
    struct remittance_word w = { .event = REMITTANCE_EV_CONFIRM,
                                 .number = STR("KB-2026/12"),
                                 .day = vault_monday };
    const struct proposal_actor by = vault_person("staff:an");
    struct remittance_ask ask = { STR("0000"), STR("as collected") };
    struct proposal p;
    struct remittance r, x;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    check_fails(remittance_submit(&vault_office, r.id, &ask, &by, test_arena(), &x, &e), e,
                ERR_STALE);
    check_str(str_c(e.field), "document");
    r = vault_submit(&r);
    vault_approve(r.proposal_id);
    r = vault_send(&r);
    w.amount_vnd = r.total_vnd;
    check_ok(word(r.id, w, "staff:an", &p, &e), e);
    w = (struct remittance_word){ .event = REMITTANCE_EV_REFUSE, .why = STR("sai chương") };
    check_ok(remittance_settle(&vault_office, r.id, &w, &by, test_arena(), &x, &e), e);
    check_fails(vault_decide(p.id, PROPOSAL_APPROVED, "staff:binh", &e), e, ERR_WRONG_STATE);
    counter_books_hold(vault());
}

TEST_STORE(a_refund_goes_back_from_where_the_money_is)
{
    const struct order before = vault_paid_order("H56.14"), settled = vault_paid_order("H56.14");
    const struct order remitted = vault_paid_order("H56.14");
    const struct order both[] = { settled, remitted };

    refunded(&before, 1000, REFUND_BY_BANK, 1110);
    vault_settle(both, 2);
    refunded(&settled, 1000, REFUND_BY_BANK, 1120);
    (void)vault_remit();
    refunded(&remitted, 1000, REFUND_BY_TREASURY, 0);
    refunded(&settled, 1000, REFUND_BY_TREASURY, 0);
    check_int(balance(1120), 0);
    check_int(balance(1150), 0);
    check_int(balance(2140), 0);
}

TEST_STORE(what_was_reserved_before_stays_out_and_goes_by_the_bank)
{
    const struct order o = vault_paid_order("H56.14");
    struct remittance r;
    struct refund f, x;
    struct err e = { 0 };

    vault_settle(&o, 1);
    f = asked(&o, 100000);
    r = vault_remit();
    check_int(r.total_vnd + r.retained_vnd, COUNTER_ORDER - 100000);
    check_int(balance(1120), 100000);
    refund_approve(&f);
    check_ok(order_out(&f, &x, &e), e);
    check_int(x.route, REFUND_BY_BANK);
    refund_paid(&f);
    check_int(balance(1120), 0);
    counter_books_hold(vault());
}

TEST_STORE(what_was_not_refunded_after_all_is_remitted_later)
{
    const struct order o = vault_paid_order("H56.14");
    struct remittance r;
    struct refund f;
    struct err e = { 0 };

    vault_settle(&o, 1);
    f = asked(&o, 100000);
    r = vault_remit();
    check_ok(vault_decide(f.proposal_id, PROPOSAL_REJECTED, "staff:binh", &e), e);
    const struct remittance rest = vault_remit();
    check_int(r.total_vnd + r.retained_vnd + rest.total_vnd + rest.retained_vnd, COUNTER_ORDER);
    check_int(balance(1120), 0);
    counter_books_hold(vault());
}

TEST_STORE(a_refund_between_draft_and_approval_makes_the_draft_stale)
{
    const struct order o = vault_paid_order("H56.14");
    const struct proposal_actor by = vault_person("staff:an");
    struct remittance r, x;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    r = vault_submit(&r);
    (void)asked(&o, 1000);
    check_fails(vault_decide(r.proposal_id, PROPOSAL_APPROVED, "staff:binh", &e), e, ERR_STALE);
    check_ok(vault_decide(r.proposal_id, PROPOSAL_WITHDRAWN, "staff:an", &e), e);
    const struct remittance_ask again = { remittance_digest(&r, test_arena()), STR("again") };

    check_fails(remittance_submit(&vault_office, r.id, &again, &by, test_arena(), &x, &e), e,
                ERR_STALE);
    check_ok(remittance_renew(&vault_office, r.id, &by, test_arena(), &x, &e), e);
    check_int(x.total_vnd + x.retained_vnd, COUNTER_ORDER - 1000);
    x = vault_submit(&x);
    vault_approve(x.proposal_id);
    counter_books_hold(vault());
}

TEST_STORE(a_refund_of_money_on_its_way_waits_for_the_treasury)
{
    const struct order o = vault_paid_order("H56.14");
    struct remittance r;
    struct refund f, x;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    r = vault_submit(&r);
    vault_approve(r.proposal_id);
    f = asked(&o, 1000);
    check_int(f.route, REFUND_BY_TREASURY);
    refund_approve(&f);
    check_fails(order_out(&f, &x, &e), e, ERR_WRONG_STATE);
    check_str(str_c(e.field), "route");
    r = vault_send(&r);
    (void)vault_confirm(&r);
    check_ok(order_out(&f, &x, &e), e);
    refund_paid(&f);
    counter_books_hold(vault());
}

TEST_STORE(a_day_that_was_opened_again_makes_the_draft_stale)
{
    const struct order o = vault_paid_order("H56.14");
    struct remittance r;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    r = vault_submit(&r);
    vault_open_again();
    check_fails(vault_decide(r.proposal_id, PROPOSAL_APPROVED, "staff:binh", &e), e, ERR_STALE);
    vault_post();
    vault_approve(r.proposal_id);
    counter_books_hold(vault());
}

/* ---- races ---- */

struct race {
    struct str proposal_id;
    const struct refund_request *rq;
    struct err refund, approval;
};

static void *race_refund(void *arg)
{
    struct race *k = arg;
    const struct proposal_actor by = vault_person("staff:chi");
    struct arena *a = arena_open((size_t)1 << 20);
    struct refund r;

    (void)refund_request(&vault()->till, k->rq, &by, "page", a, &r, &k->refund).failed;
    arena_close(&a);
    return NULL;
}

static void *race_approve(void *arg)
{
    struct race *k = arg;
    const struct proposal_actor by = vault_person("staff:binh");
    struct arena *a = arena_open((size_t)1 << 20);
    struct proposal p;
    struct proposal_decision d = { .id = k->proposal_id, .verdict = PROPOSAL_APPROVED };

    if (!proposal_load(&vault()->till, k->proposal_id, a, &p, &k->approval).failed) {
        d.hash = p.hash;
        (void)proposal_decide(&vault()->till, &d, &by, a, &p, &k->approval).failed;
    }
    arena_close(&a);
    return NULL;
}

TEST_STORE(a_remittance_and_a_refund_at_once_never_send_the_same_money_twice)
{
    const struct order o = vault_paid_order("H56.14");
    struct refund_request rq = { .order_id = o.id,
                                 .amount_vnd = COUNTER_ORDER,
                                 .available_vnd = COUNTER_ORDER,
                                 .reason = STR("wrong_fee"),
                                 .remark = STR("as the dossier says"),
                                 .payee = { STR("Nguyễn Thị Hòa"), STR("VCB"),
                                            STR("0011001234567") } };
    struct remittance r;
    struct race k = { .rq = &rq };
    struct refund *list;
    struct err e = { 0 };
    pthread_t threads[2];
    size_t count;

    vault_settle(&o, 1);
    r = vault_draft();
    r = vault_submit(&r);
    k.proposal_id = r.proposal_id;
    check_int(pthread_create(&threads[0], NULL, race_refund, &k), 0);
    check_int(pthread_create(&threads[1], NULL, race_approve, &k), 0);
    for (int i = 0; i < 2; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    check_int(k.refund.code, ERR_NONE);
    check_ok(refund_list_order(&vault()->till, &o, test_arena(), &list, &count, &e), e);
    check_int(count, 1);
    if (k.approval.code == ERR_NONE)
        check_int(list[0].route, REFUND_BY_TREASURY);
    else {
        check_int(k.approval.code, ERR_STALE);
        check_int(list[0].route, REFUND_BY_BANK);
    }
    counter_books_hold(vault());
}

/* ---- the treasury's file ---- */

static struct remittance_matched told_by_file(struct str number, int64_t vnd)
{
    const struct date tuesday = date_add_days(vault_monday, 1);
    struct day_file f = day_file_make(tuesday, 2);
    struct settlement_line *l = day_file_add(&f, STR("KB-77"), number, vnd);
    struct remittance_matched m;
    struct intake_result r;
    struct err e = { 0 };

    l->treasury_status = STR("SENT_SUCCESS");
    counter_forward(vault(), 86400);
    check_ok(intake_take(&vault()->till, f.day, STR("k"), day_file_print(&f, SETTLEMENT_BJ1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(!r.quarantined);
    check_ok(remittance_match(&vault_office, STR("PP"), STR(DAY_FILE_ACCOUNT), tuesday, &m, &e), e);
    return m;
}

/* What the treasury received is not what was sent: somebody answers for it, once. */
static void differs_shown(const struct remittance *r, int64_t more_vnd)
{
    const struct exception_filter q = { .tab = -1, .age = -1, .class = STR("TRS_AMT"), .most = 10 };
    struct remittance_matched m;
    struct exception *list;
    struct err e = { 0 };
    size_t count;

    check_ok(remittance_match(&vault_office, STR("PP"), STR(DAY_FILE_ACCOUNT),
                              date_add_days(vault_monday, 1), &m, &e),
             e);
    check_ok(exception_list(&vault()->till, &q, test_arena(), &list, &count, NULL, &e), e);
    check_int(count, more_vnd != 0);
    if (count == 0)
        return;
    check_same(list[0].reference, r->id);
    check_str(list[0].portal_txn, "KB-77");
    check_str(list[0].agency_id, "H56.14");
    check_int(list[0].difference_vnd, -more_vnd);
    check_int(list[0].stage, EXCEPTION_OPEN);
}

static void treasury_tells(int64_t more_vnd, bool confirms)
{
    const struct order o = vault_paid_order("H56.14");
    struct remittance_matched m;
    struct remittance r, x;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    r = vault_submit(&r);
    vault_approve(r.proposal_id);
    r = vault_send(&r);
    m = told_by_file(r.number, r.total_vnd + more_vnd);
    check_int(m.confirmed, confirms ? 1 : 0);
    check_int(m.differs, confirms ? 0 : 1);
    check_ok(remittance_load(&vault_office, r.id, test_arena(), &x, &e), e);
    check_int(x.state, confirms ? REMITTANCE_CONFIRMED : REMITTANCE_SENT);
    if (confirms)
        check_str(x.treasury_ref, "KB-77");
    differs_shown(&r, more_vnd);
    counter_books_hold(vault());
}

TEST_STORE(the_treasurys_file_confirms_a_slip_by_number_and_total)
{
    treasury_tells(0, true);
}

TEST_STORE(the_treasurys_file_with_another_sum_confirms_nothing)
{
    treasury_tells(1, false);
}

/* ---- paper ---- */

TEST_STORE(the_slip_prints_the_same_bytes_and_only_its_own_total)
{
    const struct order o = vault_paid_order("H56.14");
    struct remittance r;
    struct str one, two;
    struct err e = { 0 };

    vault_settle(&o, 1);
    r = vault_draft();
    for (int form = REMITTANCE_PDF; form <= REMITTANCE_XLSX; form++) {
        check_ok(remittance_print(&r, (enum remittance_form)form, test_arena(), &one, &e), e);
        check_ok(remittance_print(&r, (enum remittance_form)form, test_arena(), &two, &e), e);
        check(str_eq(one, two));
        check(one.n > 100);
    }
    check_ok(remittance_print(&r, REMITTANCE_PDF, test_arena(), &one, &e), e);
    check(str_starts(one, STR("%PDF-")));
    check_ok(remittance_print(&r, REMITTANCE_CSV, test_arena(), &one, &e), e);
    check(str_has(one, str_fmt(test_arena(), ",%lld\r\n", (long long)r.total_vnd)));
    r.total_vnd++;
    check_fails(remittance_print(&r, REMITTANCE_PDF, test_arena(), &one, &e), e, ERR_BROKEN_CHAIN);
}

TEST_STORE(books_tell_a_remittance_that_is_not_its_journal)
{
    static const char *const ways[][2] = {
        { "UPDATE remittance SET total_vnd = total_vnd + 1",
          "UPDATE remittance SET total_vnd = total_vnd - 1" },
        { "UPDATE remittance_item SET vnd = vnd + 1 WHERE account = 2110",
          "UPDATE remittance_item SET vnd = vnd - 1 WHERE account = 2110" },
        { "UPDATE remittance SET proposal_id = 'x' || proposal_id",
          "UPDATE remittance SET proposal_id = substr(proposal_id, 2)" },
        { "UPDATE remittance SET id = id || 'x'", NULL },
    };
    const struct order o = vault_paid_order("H56.14");
    struct ledger_report report;
    struct err e = { 0 };

    vault_settle(&o, 1);
    (void)vault_remit();
    counter_books_hold(vault());
    for (size_t i = 0; i < LEN(ways); i++) {
        vault_tamper(ways[i][0]);
        check_fails(ledger_verify(vault()->till.store, &report, &e), e, ERR_BROKEN_CHAIN);
        if (ways[i][1] != NULL) {
            vault_tamper(ways[i][1]);
            counter_books_hold(vault());
        }
    }
}

/* Every pair of the table, and no other. */
TEST(the_table_of_states_is_complete)
{
    enum remittance_state next;
    int moves = 0;

    for (int s = 0; s < REMITTANCE_STATE_COUNT; s++)
        for (int ev = 0; ev < REMITTANCE_EV_COUNT; ev++)
            moves +=
                remittance_move_find((enum remittance_state)s, (enum remittance_event)ev, &next);
    check_int(moves, 10);
    check(!remittance_move_find(REMITTANCE_CONFIRMED, REMITTANCE_EV_REFUSE, &next));
    check(!remittance_move_find(REMITTANCE_CANCELLED, REMITTANCE_EV_RENEW, &next));
    check(!remittance_move_find(REMITTANCE_DRAFT, REMITTANCE_EV_SEND, &next));
}

/* ---- treasury and refunds ---- */

TEST_STORE(money_at_the_treasury_comes_back_by_its_order)
{
    const struct order o = vault_paid_order("H56.14");
    DEFER(json_close) struct json *doc = NULL;
    struct refund r, x;
    struct json *lines;
    struct str s, pdf;
    int64_t sum_vnd = 0, vnd;
    struct err e = { .code = ERR_NONE };

    vault_settle(&o, 1);
    (void)vault_remit();
    r = asked(&o, COUNTER_ORDER);
    check_int(r.route, REFUND_BY_TREASURY);
    refund_approve(&r);
    check_ok(order_out(&r, &x, &e), e);
    check_int(counter_journals(vault(), &o, "J6t"), 1);
    check_int(balance(1150), COUNTER_ORDER);
    check_ok(json_read(x.document, &doc, &e), e);
    check(json_str(json_member(doc, "form"), &s));
    check_str(s, "C1-04/NS");
    lines = json_member(doc, "lines");
    check_int(json_count(lines), 2);
    for (size_t i = 0; i < 2; i++) {
        check(json_int(json_member(json_at(lines, i), "refund_vnd"), &vnd));
        sum_vnd += vnd;
        check(json_str(json_member(json_at(lines, i), "chapter"), &s));
        check_str(s, "426");
    }
    check_int(sum_vnd, COUNTER_ORDER);
    check(json_int(json_member(doc, "total_vnd"), &vnd));
    check_int(vnd, COUNTER_ORDER);
    check_ok(refund_order_pdf(&vault()->till, &x, test_arena(), &pdf, &e), e);
    check(str_starts(pdf, STR("%PDF-")));
    refund_paid(&r);
    check_int(counter_journals(vault(), &o, "J6u"), 1);
    check_int(balance(1150), 0);
    check_int(balance(2140), 0);
    counter_books_hold(vault());
}

TEST_STORE(a_fee_without_a_budget_row_has_no_treasury_order)
{
    const struct order o = vault_paid_order("H56.14");
    struct refund r, x;
    struct err e = { .code = ERR_NONE };

    vault_settle(&o, 1);
    (void)vault_remit();
    r = asked(&o, 1000);
    refund_approve(&r);
    counter_forward(vault(), -400LL * 86400); /* before the rows of budget.csv begin */
    check_fails(order_out(&r, &x, &e), e, ERR_CONFIG);
    check_ok(refund_load(&vault()->till, r.id, STR(""), test_arena(), &x, &e), e);
    check_int(x.state, REFUND_APPROVED);
}

TEST_STORE(money_that_moved_on_is_not_approved)
{
    const struct order o = vault_paid_order("H56.14");
    const struct order_cause by = { .actor = STR("staff:an"), .source = STR("page") };
    struct refund r, second, x;
    struct err e = { .code = ERR_NONE };

    r = asked(&o, 1000);
    vault_settle(&o, 1);
    check_fails(vault_decide(r.proposal_id, PROPOSAL_APPROVED, "staff:binh", &e), e, ERR_STALE);
    check_str(str_c(e.field), "route");
    check_ok(vault_decide(r.proposal_id, PROPOSAL_WITHDRAWN, "staff:an", &e), e);
    second = asked(&o, 1000);
    refund_approve(&second);
    vault_open_again();
    check_fails(order_out(&second, &x, &e), e, ERR_STALE);
    check_ok(refund_cancel(&vault()->till, second.id, &by, test_arena(), &x, &e), e);
    check_int(x.state, REFUND_CANCELLED);
    counter_books_hold(vault());
}

static void test_shell(struct str command)
{
    check_int(system(str_cstr(test_arena(), command)), 0);
}

TEST(the_tables_of_the_budget_refuse_what_is_not_in_force)
{
    static const char *const bad[] = {
        "H56.14,*,700,2716,38,KBNN,2026-01-01,",           /* a district's, after 2025 */
        "H56.14,*,700,2716,38,KBNN,2025-01-01,2026-01-01", /* on its last day */
        "H56.14,*,990,2716,38,KBNN,2026-01-01,",           "H56.14,*,4x6,2716,38,KBNN,2026-01-01,",
        "H56.14,*,426,2716,38,Another,2026-01-01,",
    };
    struct arena *a = test_arena();
    struct refund_rules *rules = NULL;
    struct err e = { 0 };
    const struct str folder = str_fmt(a, "%s/refunds", test_folder());

    test_shell(str_fmt(a, "mkdir -p %.*s && cp %s/conf/refunds/*.csv %.*s", STR_ARG(folder),
                       test_source(), STR_ARG(folder)));
    test_shell(str_fmt(a,
                       "printf 'name,code,account,bank,valid_from,valid_to\\n"
                       "KBNN,1,7111,,2020-01-01,\\n' > %.*s/treasuries.csv",
                       STR_ARG(folder)));
    for (size_t i = 0; i <= LEN(bad); i++) {
        const char *row = i < LEN(bad) ? bad[i] : "H56.14,*,700,2716,38,KBNN,2025-01-01,2025-12-31";

        test_shell(str_fmt(a,
                           "printf 'agency,fee,chapter,sub_item,locality,treasury,valid_from,"
                           "valid_to\\n%s\\n' > %.*s/budget.csv",
                           row, STR_ARG(folder)));
        if (i < LEN(bad))
            check_fails(refund_rules_open(folder, &rules, &e), e, ERR_CONFIG);
        else
            check_ok(refund_rules_open(folder, &rules, &e), e);
        refund_rules_close(&rules);
    }
}
