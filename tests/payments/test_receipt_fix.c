/* Wrong receipts, the day's summary, and ranges of numbers. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "payments/order_row.h"
#include "payments/proposal.h"
#include "payments/receipt_fix.h"
#include "payments/receipt_range.h"
#include "payments/receipt_summary.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

static const struct proposal_actor maker = { .name = { "staff:lap", 9 }, .limit_vnd = INT64_MAX };
static const struct proposal_actor checker = { .name = { "staff:duyet", 11 },
                                               .limit_vnd = INT64_MAX };

static struct receipt *paid_receipts(struct counter *c, struct order *o)
{
    struct err e = { .code = ERR_NONE };
    struct receipt *all;
    struct str ref;
    size_t count;

    *o = counter_order(c);
    ref = counter_start(c, o);
    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_ok(receipt_list(&c->till, o, test_arena(), &all, &count, &e), e);
    check_int(count, 2);
    return all;
}

static struct receipt loaded(struct counter *c, struct str id)
{
    struct receipt r;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_load(&c->till, id, test_arena(), &r, &e), e);
    return r;
}

static struct proposal proposed(struct counter *c, const struct receipt_fix *fix)
{
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_fix_propose(&c->till, fix, &maker, test_arena(), &p, &e), e);
    return p;
}

static void approve(struct counter *c, const struct proposal *p)
{
    const struct proposal_decision d = { .id = p->id,
                                         .verdict = PROPOSAL_APPROVED,
                                         .hash = p->hash };
    struct proposal out;
    struct err e = { .code = ERR_NONE };

    check_ok(proposal_decide(&c->till, &d, &checker, test_arena(), &out, &e), e);
}

static void refused(struct counter *c, const struct receipt_fix *fix, enum err_code code)
{
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_fails(receipt_fix_propose(&c->till, fix, &maker, test_arena(), &p, &e), e, code);
}

TEST_STORE(an_error_in_the_text_is_notified_and_makes_no_new_receipt)
{
    struct counter *c = counter_open();
    struct order o;
    struct receipt *r = paid_receipts(c, &o);
    const struct receipt_fix fix = { .receipt_id = r[0].id, .reason = STR("Sai tên người nộp") };
    const struct proposal p = proposed(c, &fix);
    const struct proposal_decision own = { .id = p.id,
                                           .verdict = PROPOSAL_APPROVED,
                                           .hash = p.hash };
    struct proposal out;
    struct err e = { .code = ERR_NONE };

    check_int(p.kind, PROPOSAL_RECEIPT_NOTICE);
    check_str(loaded(c, r[0].id).state, "issued"); /* by one person nothing happens */
    check_fails(proposal_decide(&c->till, &own, &maker, test_arena(), &out, &e), e,
                ERR_SELF_APPROVAL);
    approve(c, &p);
    check_str(loaded(c, r[0].id).state, "notified");
    check_int(counter_receipts(c, &o), 2);
    refused(c, &fix, ERR_WRONG_STATE);
    counter_books_hold(c);
}

TEST_STORE(a_wrong_amount_is_replaced_and_both_stay)
{
    struct counter *c = counter_open();
    struct order o;
    struct receipt *r = paid_receipts(c, &o), old, fresh;
    /* With the other receipt it would be more than was received. */
    const int64_t less[] = { 500000 }, more[] = { COUNTER_PHI + 1 }, same[] = { COUNTER_PHI };
    const int64_t none[] = { 0 }, two[] = { 1, 2 };
    struct receipt_fix fix = { .receipt_id = r[0].id,
                               .fault = RECEIPT_FAULT_AMOUNT,
                               .reason = STR("Sai số tiền"),
                               .line_vnd = more,
                               .line_count = 1 };
    struct receipt_public shown;
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    refused(c, &fix, ERR_INVALID);
    fix.line_vnd = same;
    refused(c, &fix, ERR_INVALID);
    fix.line_vnd = none;
    refused(c, &fix, ERR_INVALID);
    fix.line_vnd = two;
    fix.line_count = 2;
    refused(c, &fix, ERR_INVALID);
    fix.line_vnd = less;
    fix.line_count = 1;
    p = proposed(c, &fix);
    check_int(p.kind, PROPOSAL_RECEIPT_REPLACEMENT);
    refused(c, &fix, ERR_CONFLICT);
    approve(c, &p);
    refused(c, &fix, ERR_WRONG_STATE); /* what was replaced is not replaced again */
    old = loaded(c, r[0].id);
    check_str(old.state, "replaced");
    check_int(old.amount_vnd, COUNTER_PHI);
    fresh = loaded(c, old.replaced_by);
    check_str(fresh.state, "issued");
    check_int(fresh.amount_vnd, 500000);
    check_str(fresh.words, "Năm trăm nghìn đồng chẵn");
    check_int(fresh.number, 3);
    check_int(fresh.revision, 1);
    check_same(fresh.replaces, old.id);
    check_same(fresh.old.number_text, old.number_text);
    check_same(fresh.payer.name, old.payer.name);
    check_ok(receipt_verify(&c->till, old.code, test_arena(), &shown, &e), e);
    check_str(shown.state, "replaced");
    check_same(shown.replacement.number_text, fresh.number_text);
    counter_books_hold(c);
}

struct racing {
    struct counter *c;
    const struct order *o;
    const struct proposal *p;
    pthread_t checker;
    _Atomic bool began, decided;
    bool too_early;
};

static void *decide_meanwhile(void *arg)
{
    struct racing *r = arg;

    while (!r->began)
        ;
    approve(r->c, r->p);
    r->decided = true;
    return NULL;
}

/* The order is somebody's for a while, such as that of a capture that is taken back. */
static result order_hold(struct sql *db, void *arg, struct err *e)
{
    const struct timespec while_ = { .tv_nsec = 400 * 1000000L };
    struct racing *r = arg;
    struct order o;

    TRY(order_take(db, &r->c->till, r->o->agency_id, r->o->id, test_arena(), &o, e));
    r->began = true;
    (void)nanosleep(&while_, NULL);
    r->too_early = r->decided;
    return OK;
}

TEST_STORE(a_receipt_is_not_replaced_while_its_order_is_being_changed)
{
    struct counter *c = counter_open();
    struct order o;
    const int64_t less[] = { 500000 };
    struct receipt *all = paid_receipts(c, &o);
    const struct receipt_fix fix = { .receipt_id = all[0].id,
                                     .fault = RECEIPT_FAULT_AMOUNT,
                                     .reason = STR("Sai số tiền"),
                                     .line_vnd = less,
                                     .line_count = 1 };
    const struct proposal p = proposed(c, &fix);
    struct racing r = { .c = c, .o = &o, .p = &p };
    struct err e = { .code = ERR_NONE };

    check(pthread_create(&r.checker, NULL, decide_meanwhile, &r) == 0);
    check_ok(sql_transact(c->till.store, order_hold, &r, &e), e);
    check(pthread_join(r.checker, NULL) == 0);
    check(!r.too_early);
    check(r.decided);
    check_str(loaded(c, all[0].id).state, "replaced");
}

TEST_STORE(a_tax_code_that_is_right_needs_no_replacement)
{
    struct counter *c = counter_open();
    struct order o;
    struct receipt *r = paid_receipts(c, &o);
    struct receipt_fix fix = { .receipt_id = r[0].id,
                               .fault = RECEIPT_FAULT_TAX_CODE,
                               .reason = STR("Sai mã số thuế") };

    refused(c, &fix, ERR_BUSINESS_RULE);
    fix.reason = STR("");
    refused(c, &fix, ERR_INVALID);
    fix.receipt_id = STR("rct_none");
    refused(c, &fix, ERR_NOT_FOUND);
}

static bool sum_up(struct counter *c)
{
    struct err e = { .code = ERR_NONE };
    bool did;

    check_ok(receipt_summary_due(&c->till, &did, &e), e);
    return did;
}

static struct receipt_summary *summaries(struct counter *c, struct date day, size_t want)
{
    struct receipt_summary *list;
    struct err e = { .code = ERR_NONE };
    size_t count;

    check_ok(receipt_summary_list(&c->till, day, test_arena(), &list, &count, &e), e);
    check_int(count, want);
    return list;
}

TEST_STORE(each_receipt_stands_in_one_summary_of_its_day)
{
    const struct date day = { 2026, 11, 23 };
    struct counter *c = counter_open();
    struct receipt_summary_line *lines;
    struct receipt_summary *s, one;
    struct order o;
    struct receipt *r = paid_receipts(c, &o);
    struct receipt_fix fix = { .receipt_id = r[0].id, .reason = STR("Sai tên") };
    struct proposal p = proposed(c, &fix);
    struct err e = { .code = ERR_NONE };
    struct str csv, xlsx;
    int64_t open, left_s;
    size_t count;

    approve(c, &p);
    check(!sum_up(c)); /* in the morning */
    check_ok(receipt_summary_open(&c->till, &open, &left_s, &e), e);
    check_int(open, 1);
    check_int(left_s, 15 * 3600);
    c->clock.fixed_ms = clock_from_local((struct local_time){ day, 23, 30, 0, 0 });
    check(sum_up(c));
    check(!sum_up(c));
    s = summaries(c, day, 1);
    check_int(s[0].lines, 3);
    check_int(s[0].total_vnd, COUNTER_ORDER);
    check_int(s[0].signed_ms, 0); /* no key here */
    check_int(s[0].xml.n, 0);
    check_ok(receipt_summary_load(&c->till, s[0].agency_id, day, 1, test_arena(), &one, &e), e);
    check(str_has(one.xml, STR("<MaSoThue>2800000027</MaSoThue>")));
    check(!str_has(one.xml, STR("Nguyễn Thị Hòa")));
    check_fails(receipt_summary_load(&c->till, s[0].agency_id, day, 2, test_arena(), &one, &e), e,
                ERR_NOT_FOUND);
    check_ok(receipt_summary_lines(&c->till, &s[0], test_arena(), &lines, &count, &e), e);
    check_str(lines[0].number_text, "0000001");
    check_str(lines[0].status, "Mới");
    check_str(lines[2].status, "Giải trình");
    check_str(lines[2].explanation, "Sai tên");
    check_ok(receipt_summary_csv(&c->till, &s[0], test_arena(), &csv, &e), e);
    check(str_has(csv, STR("\"EBL01\",\"26TAA\",\"0000002\",\"23/11/2026\"")));
    check_ok(receipt_summary_xlsx(&c->till, &s[0], test_arena(), &xlsx, &e), e);
    check(str_starts(xlsx, STR("PK")));
    (void)paid_receipts(c, &o); /* at half past eleven: a supplement after midnight */
    check(!sum_up(c));
    counter_forward(c, 1800);
    check(sum_up(c));
    check(!sum_up(c));
    s = summaries(c, day, 2);
    check_int(s[1].n, 2);
    check_int(s[1].lines, 2);
    check_ok(receipt_summary_open(&c->till, &open, &left_s, &e), e);
    check_int(open, 2);
    check_int(left_s, 0);
    check_ok(receipt_summary_sent(&c->till, &s[0], &e), e);
    check_ok(receipt_summary_ack(&c->till, &s[0], STR("staff:lap"), &e), e);
    check_fails(receipt_summary_ack(&c->till, &s[0], STR("staff:lap"), &e), e, ERR_WRONG_STATE);
    check_ok(receipt_summary_ack(&c->till, &s[1], STR("staff:lap"), &e), e);
    check_ok(receipt_summary_open(&c->till, &open, &left_s, &e), e);
    check_int(open, 0);
}

TEST_STORE(a_delegate_uses_its_ranges_in_order_and_then_the_bodys_numbers)
{
    const struct receipt_unit unit = { .agency_id = STR("H56.14"),
                                       .unit = STR("demo-onestop"),
                                       .name = STR("Bưu điện (mẫu)"),
                                       .address = STR("Số 1, phố Mẫu"),
                                       .document = STR("12/UQ-TTPVHCC ngày 01/11/2026") };
    struct counter *c = counter_open();
    struct receipt_range g;
    struct order o;
    struct receipt *r = paid_receipts(c, &o); /* 1 and 2: before the delegation */
    struct err e = { .code = ERR_NONE };
    int64_t units;

    check_int(r[0].delegate_name.n, 0);
    check_fails(receipt_range_split(&c->till, unit.agency_id, unit.unit, 3, test_arena(), &g, &e),
                e, ERR_NOT_FOUND);
    check_ok(receipt_unit_put(&c->till, &unit, &e), e);
    check_fails(receipt_range_split(&c->till, unit.agency_id, unit.unit, 0, test_arena(), &g, &e),
                e, ERR_INVALID);
    check_ok(receipt_range_split(&c->till, unit.agency_id, unit.unit, 3, test_arena(), &g, &e), e);
    check_int(g.first, 3);
    check_int(g.last, 5);
    check_ok(receipt_range_split(&c->till, unit.agency_id, unit.unit, 2, test_arena(), &g, &e), e);
    check_int(g.first, 6);
    counter_books_hold(c);
    for (int64_t n = 3; n < 7; n += 2) {
        r = paid_receipts(c, &o);
        check_int(r[0].number, n);
        check_int(r[1].number, n + 1);
        check_str(r[0].delegate_name, "Bưu điện (mẫu)");
        counter_books_hold(c);
    }
    check_ok(receipt_range_short(&c->till, &units, &e), e);
    check_int(units, 0); /* four of five */
    r = paid_receipts(c, &o);
    check_int(r[0].number, 7);
    check_int(r[1].number, 8); /* used up: the body's own next one */
    check_ok(receipt_range_short(&c->till, &units, &e), e);
    check_int(units, 1);
    counter_books_hold(c);
}
