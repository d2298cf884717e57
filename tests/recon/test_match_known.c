/* What lines still lack, and what is asked for by key: beside a list that is searched from end to
 * end. */
#include "base/str.h"
#include "recon/match_known.h"
#include "tests/test.h"

#define ITEMS 3000

static struct match *engine(void)
{
    static const struct match_rules rules = { .provider = { "PP", 2 } };
    struct match *m = NULL;
    struct err e = { 0 };

    check_ok(match_open(&rules, ITEMS, &m, &e), e);
    return m;
}

static void ours_put(struct match *m, struct str reference, struct str txn)
{
    static int64_t id;
    const struct match_ours o = {
        .id = id++, .reference = reference, .portal_txn = txn, .amount_vnd = 1, .captured = true
    };
    struct err e = { 0 };

    check_ok(match_ours(m, &o, &e), e);
}

static void line_put(struct match *m, struct str reference, struct str txn, struct str original)
{
    static int64_t n;
    const struct settlement_line l = { .n = ++n,
                                       .merchant_ref = reference,
                                       .portal_txn = txn,
                                       .original_ref = original,
                                       .gross_vnd = 1,
                                       .success = true };
    const struct match_line in = { .line = &l };
    struct err e = { 0 };

    check_ok(match_line(m, &in, &e), e);
}

struct told {
    struct match_known *known;
    struct match *engine;
    size_t count;
    struct match_lack lacks[8];
    bool adds; /* the payment that each line names */
};

static result tell(void *arg, const struct match_lack *l, struct err *e)
{
    struct told *t = arg;

    (void)e;
    check(t->count < LEN(t->lacks));
    t->lacks[t->count++] = *l;
    if (t->adds && !match_known_ours(t->known, l->line.merchant_ref))
        ours_put(t->engine, l->line.merchant_ref, l->line.portal_txn);
    return OK;
}

TEST(a_line_lacks_a_payment_or_a_number_or_names_what_it_undoes)
{
    DEFER(match_close) struct match *m = engine();
    DEFER(match_known_close) struct match_known *k = match_known_open(m);
    struct told t = { .known = k, .engine = m };
    struct err e = { 0 };

    ours_put(m, STR("R1"), STR("T1"));
    ours_put(m, STR("R2"), STR("T2"));
    line_put(m, STR("R1"), STR("T1"), STR(""));
    line_put(m, STR("R1"), STR(""), STR("")); /* says nothing else */
    line_put(m, STR("R2"), STR("T9"), STR(""));
    line_put(m, STR("R3"), STR("T3"), STR(""));
    line_put(m, STR(""), STR("T1"), STR(""));
    line_put(m, STR("R1"), STR("T1"), STR("T8"));
    check_ok(match_lacking(k, tell, &t, &e), e);
    check_int((int64_t)t.count, 4);
    check(!t.lacks[0].ours && t.lacks[0].number);
    check_str(t.lacks[0].line.merchant_ref, "R2");
    check(t.lacks[1].ours && t.lacks[1].number);
    check_str(t.lacks[1].line.merchant_ref, "R3");
    check(t.lacks[1].line.success && t.lacks[1].line.kind == SETTLEMENT_PAY);
    check(t.lacks[2].ours && t.lacks[2].number);
    check_str(t.lacks[2].line.portal_txn, "T1");
    check(!t.lacks[3].ours && !t.lacks[3].number);
    check_str(t.lacks[3].line.original_ref, "T8");
}

TEST(a_payment_that_is_added_on_the_way_counts_for_the_lines_that_follow)
{
    DEFER(match_close) struct match *m = engine();
    DEFER(match_known_close) struct match_known *k = match_known_open(m);
    struct told t = { .known = k, .engine = m, .adds = true };
    struct err e = { 0 };

    line_put(m, STR("R1"), STR("T1"), STR(""));
    line_put(m, STR("R1"), STR("T1"), STR(""));
    line_put(m, STR("R2"), STR("T2"), STR(""));
    check_ok(match_lacking(k, tell, &t, &e), e);
    check_int((int64_t)t.count, 2);
    check(match_known_ours(k, STR("R2")) && !match_known_ours(k, STR("R3")));
}

TEST(refunds_and_empty_keys_are_never_known)
{
    DEFER(match_close) struct match *m = engine();
    DEFER(match_known_close) struct match_known *k = match_known_open(m);
    const struct match_ours refund = { .kind = MATCH_REFUND, .reference = STR("R1") };
    struct err e = { 0 };

    check(!match_known_ours(k, STR("")) && !match_known_line(k, STR(""), false));
    check_ok(match_ours(m, &refund, &e), e);
    ours_put(m, STR(""), STR("T1"));
    line_put(m, STR("R1"), STR(""), STR(""));
    check(!match_known_ours(k, STR("R1")) && !match_known_ours(k, STR("")));
    check(!match_known_line(k, STR(""), false) && !match_known_line(k, STR("R1"), false));
}

TEST(numbers_are_found_by_lines_with_and_without_a_reference)
{
    DEFER(match_close) struct match *m = engine();
    DEFER(match_known_close) struct match_known *k = match_known_open(m);

    line_put(m, STR("R1"), STR("T1"), STR(""));
    check(match_known_line(k, STR("T1"), false) && !match_known_line(k, STR("T1"), true));
    line_put(m, STR(""), STR("T1"), STR("")); /* added after a question */
    check(match_known_line(k, STR("T1"), true) && !match_known_line(k, STR("T2"), false));
}

TEST(thousands_of_keys_are_told_apart)
{
    DEFER(match_close) struct match *m = engine();
    DEFER(match_known_close) struct match_known *k = match_known_open(m);

    for (int i = 0; i < ITEMS; i++) {
        ours_put(m, str_fmt(test_arena(), "R%d", 2 * i), STR(""));
        line_put(m, STR("x"), str_fmt(test_arena(), "T%d", 2 * i), STR(""));
        if (i % 500 == 0) /* tables grow with something in them */
            check(match_known_ours(k, STR("R0")) && match_known_line(k, STR("T0"), false));
    }
    for (int i = 0; i < 2 * ITEMS; i++) {
        check(match_known_ours(k, str_fmt(test_arena(), "R%d", i)) == (i % 2 == 0));
        check(match_known_line(k, str_fmt(test_arena(), "T%d", i), false) == (i % 2 == 0));
    }
}
