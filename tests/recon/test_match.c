/* The engine: each class and each pass once, what must never be matched, and the equation always.
 */
#include "recon/match.h"
#include "tests/test.h"

#define AMOUNT 150000
#define DAY_MS 86400000LL
#define NOON   1795417200000LL /* 2026-11-23 14:00 UTC+7 */

static const struct date monday = { 2026, 11, 23 };

/* One payment of ours and the line that agrees with it; a case then bends them, or adds more. */
struct scene {
    struct match_rules rules;
    struct match_ours ours[8];
    struct settlement_line lines[8];
    struct match_line more[8];
    size_t ours_count, line_count;
};

static struct match_ours payment(const char *reference, const char *txn)
{
    return (struct match_ours){ .reference = str_c(reference),
                                .portal_txn = str_c(txn),
                                .amount_vnd = AMOUNT,
                                .day = monday,
                                .captured = true,
                                .in_day = true };
}

static struct settlement_line paid(const char *reference, const char *txn)
{
    return (struct settlement_line){ .merchant_ref = str_c(reference),
                                     .portal_txn = str_c(txn),
                                     .gross_vnd = AMOUNT,
                                     .success = true,
                                     .txn_at_ms = NOON };
}

static struct scene scene(void)
{
    return (struct scene){ .rules = { .provider = STR("PP"), .account = STR("A1"), .day = monday },
                           .ours = { payment("R1", "T1") },
                           .lines = { paid("R1", "T1") },
                           .ours_count = 1,
                           .line_count = 1 };
}

static struct match_ours *add_ours(struct scene *s, struct match_ours o)
{
    s->ours[s->ours_count] = o;
    return &s->ours[s->ours_count++];
}

static struct settlement_line *add_line(struct scene *s, struct settlement_line l)
{
    s->lines[s->line_count] = l;
    return &s->lines[s->line_count++];
}

struct told {
    struct buf classes;
    const struct match_rules *rules;
    struct match_outcome last;
    int64_t difference_vnd;
};

static result hear(void *arg, const struct match_outcome *o, struct err *e)
{
    struct told *t = arg;

    (void)e;
    buf_fmt(&t->classes, "%s ", match_name(o->class));
    check_int(o->difference_vnd, o->ours_vnd - o->theirs_vnd);
    t->difference_vnd += o->difference_vnd;
    t->last = *o;
    return OK;
}

static struct match_result run(const struct scene *s, struct told *t)
{
    DEFER(match_close) struct match *m = NULL;
    struct match_result r;
    struct err e = { 0 };

    *t = (struct told){ .classes = buf_make(test_arena(), 4096), .rules = &s->rules };
    check_ok(match_open(&s->rules, 8, &m, &e), e);
    for (size_t i = 0; i < s->ours_count; i++) {
        struct match_ours o = s->ours[i];
        o.id = (int64_t)i;
        check_ok(match_ours(m, &o, &e), e);
    }
    for (size_t i = 0; i < s->line_count; i++) {
        struct settlement_line l = s->lines[i];
        struct match_line in = s->more[i];
        l.n = (int64_t)i + 1;
        in.line = &l;
        check_ok(match_line(m, &in, &e), e);
    }
    check_ok(match_run(m, 2, &r, &e), e);
    check_ok(match_each(m, hear, t, &e), e);
    check_int(r.residual_vnd, 0);
    check_int(r.ours_vnd - r.theirs_vnd, t->difference_vnd);
    int64_t lines = 0;
    for (int c = 0; c < MATCH_COUNT; c++)
        lines += r.classes[c].lines;
    check_int(lines, (int64_t)s->line_count); /* I12 */
    return r;
}

typedef void bend(struct scene *s);

static void nothing(struct scene *s)
{
    (void)s;
}

static void less(struct scene *s)
{
    s->lines[0].gross_vnd--;
}

static void more(struct scene *s)
{
    s->lines[0].gross_vnd++;
}

static void failed_there(struct scene *s)
{
    s->lines[0].success = false;
}

static void failed_here(struct scene *s)
{
    s->ours[0].captured = s->ours[0].in_day = false;
}

static void failed_both(struct scene *s)
{
    failed_there(s);
    failed_here(s);
}

static void absent_there(struct scene *s)
{
    s->line_count = 0;
}

static void elsewhere(struct scene *s)
{
    s->line_count = 0;
    s->ours[0].elsewhere = true;
}

static void stranger(struct scene *s)
{
    add_line(s, paid("R9", "T9"))->gross_vnd = 7000;
}

static void line_twice(struct scene *s)
{
    add_line(s, s->lines[0]);
}

static void stranger_twice(struct scene *s)
{
    stranger(s);
    add_line(s, s->lines[1]);
}

static void paid_twice(struct scene *s)
{
    add_line(s, paid("R1", "T2"));
}

static void order_twice(struct scene *s)
{
    s->ours[0].twice = true;
}

static void account(struct scene *s)
{
    s->lines[0].account = STR("A2");
}

static void account_of_body(struct scene *s)
{
    s->ours[0].account = STR("A2");
    account(s);
}

static void body(struct scene *s)
{
    s->ours[0].body = STR("H1");
    s->lines[0].body = STR("H2");
}

static void currency(struct scene *s)
{
    s->lines[0].currency = STR("USD");
}

static void minus(struct scene *s)
{
    s->lines[0].gross_vnd = -AMOUNT;
}

static void late(struct scene *s)
{
    s->ours[0].late = true;
}

static void other_cut(struct scene *s)
{
    s->ours[0].in_day = false;
}

static void day_before(struct scene *s)
{
    s->lines[0].txn_at_ms -= DAY_MS;
}

static void week_before(struct scene *s)
{
    s->rules.window_days = 3;
    s->lines[0].txn_at_ms -= 7 * DAY_MS;
}

static void number_alone(struct scene *s)
{
    s->lines[0].merchant_ref = STR("MISTYPED");
}

static void reference_alone(struct scene *s)
{
    s->lines[0].portal_txn = STR("OTHER");
}

static void number_of_two(struct scene *s)
{
    add_ours(s, payment("R2", "T1"));
    number_alone(s);
}

static void reference_of_two(struct scene *s)
{
    add_ours(s, payment("R1", "T2"));
}

static void halves(struct scene *s)
{
    s->lines[0].gross_vnd = 1000;
    s->lines[0].portal_txn = STR("TA");
    add_line(s, paid("R1", "TB"))->gross_vnd = AMOUNT - 1000;
}

static void keyless(struct scene *s)
{
    add_line(s, paid("", ""))->kind = SETTLEMENT_ADJUST;
}

static void keyless_payments(struct scene *s)
{
    add_line(s, paid("", ""))->gross_vnd = 55;
    add_line(s, paid("", ""))->gross_vnd = 55;
}

static void refund_there(struct scene *s)
{
    struct settlement_line *l = add_line(s, paid("R1", "F1"));

    l->kind = SETTLEMENT_REFUND;
    l->gross_vnd = 1000;
    l->original_ref = STR("T1");
}

static void refund_here(struct scene *s)
{
    add_ours(s, (struct match_ours){ .kind = MATCH_REFUND,
                                     .reference = STR("H1"),
                                     .original = STR("T1"),
                                     .amount_vnd = 1000,
                                     .day = monday,
                                     .captured = true,
                                     .in_day = true });
}

static void refund_both(struct scene *s)
{
    refund_there(s);
    refund_here(s);
}

static void refund_less(struct scene *s)
{
    refund_both(s);
    s->lines[1].gross_vnd = 999;
}

static void refund_failed(struct scene *s)
{
    refund_both(s);
    s->lines[1].success = false;
}

static void refund_twice(struct scene *s)
{
    refund_both(s);
    add_line(s, s->lines[1]);
}

static void refunds_alike(struct scene *s)
{
    refund_both(s);
    refund_here(s);
    s->ours[2].reference = STR("H2");
}

static void reversal(struct scene *s)
{
    add_line(s, paid("", "V1"))->kind = SETTLEMENT_REVERSAL;
    s->lines[1].original_ref = STR("T1");
}

static void foreign_reversal(struct scene *s)
{
    reversal(s);
    s->lines[1].original_ref = STR("T9");
}

static void returned_there(struct scene *s)
{
    s->more[0].returned = true;
}

static void returned_both(struct scene *s)
{
    s->more[0].returned = true;
    s->ours[0].returned = true;
}

/* A bank's own row first, then everybody's. */
static const struct match_tariff tariff[] = {
    { .bank = { "VCB", 3 }, .fixed_vnd = 500 },
    { .from_vnd = 100000, .fixed_vnd = 1100, .rate_ppm = 2000, .most_vnd = 1200 }
};

static void fee_right(struct scene *s)
{
    s->rules.tariff = tariff;
    s->rules.tariff_count = LEN(tariff);
    s->lines[0].has_fee = true;
    s->lines[0].fee_vnd = 1200; /* 1100 + 0.2 % of 150000, at most 1200 */
}

static void fee_wrong(struct scene *s)
{
    fee_right(s);
    s->lines[0].fee_vnd = 1201;
}

static void fee_tolerated(struct scene *s)
{
    fee_wrong(s);
    s->rules.fee_tolerance_vnd = 1;
}

static void fee_of_bank(struct scene *s)
{
    fee_right(s);
    s->lines[0].bank = STR("VCB");
}

static void fee_of_ours(struct scene *s)
{
    fee_right(s);
    s->ours[0].has_fee = true;
    s->ours[0].fee_vnd = 1199;
}

static void unsent(struct scene *s)
{
    s->rules.treasury_due = monday;
    s->lines[0].treasury_status = STR("NOT_SENT");
}

static void unsent_yet(struct scene *s)
{
    unsent(s);
    s->rules.treasury_due.d--;
}

static void batch(struct scene *s)
{
    s->ours[0].batch = STR("B1");
    add_ours(s, payment("R2", "T2"))->batch = STR("B1");
    s->lines[0] = paid("B1", "");
    s->lines[0].gross_vnd = 2 * AMOUNT;
}

static void batch_short(struct scene *s)
{
    batch(s);
    s->lines[0].gross_vnd--;
}

static void batch_in_parts(struct scene *s)
{
    s->ours[0].batch = STR("B1");
    s->lines[0] = paid("", "X1");
    s->lines[0].gross_vnd = 1000;
    add_line(s, paid("", "X2"))->gross_vnd = AMOUNT - 1000;
    s->more[0].batch = s->more[1].batch = STR("B1");
}

static void retried(struct scene *s)
{
    add_line(s, paid("R1", "T0"))->success = false;
}

static const struct {
    const char *sentence;
    bend *bend;
    const char *classes; /* without OK, in the order in which they are told */
    int64_t matched;
} cases[] = {
    { "equal", nothing, "", 1 },
    { "less there", less, "AMT_LESS ", 0 },
    { "more there", more, "AMT_MORE ", 0 },
    { "failed there", failed_there, "STA ", 0 },
    { "failed here", failed_here, "STA ", 0 },
    { "failed on both sides", failed_both, "", 1 },
    { "absent there", absent_there, "MIS_THEIRS ", 0 },
    { "in the file of the next day", elsewhere, "DATE ", 0 },
    { "unknown here", stranger, "MIS_OURS ", 1 },
    { "one line twice", line_twice, "DUP_FILE ", 1 },
    { "a stranger's line twice", stranger_twice, "MIS_OURS DUP_FILE ", 1 },
    { "one reference paid twice", paid_twice, "DUP_PAY ", 1 },
    { "one order paid twice", order_twice, "DUP_PAY ", 0 },
    { "another account", account, "ACC ", 0 },
    { "the account of its body", account_of_body, "", 1 },
    { "another body", body, "AGY ", 0 },
    { "another currency", currency, "CUR ", 0 },
    { "an amount below zero", minus, "SIGN ", 0 },
    { "paid late", late, "LATE ", 0 },
    { "of another day's captures", other_cut, "DATE ", 0 },
    { "another day's time", day_before, "OK_W ", 1 },
    { "a time beyond the window", week_before, "DATE ", 0 },
    { "by its number alone", number_alone, "OK_W ", 1 },
    { "by its reference alone", reference_alone, "OK_W ", 1 },
    { "a number of two payments", number_of_two, "MIS_THEIRS MIS_THEIRS AMB ", 0 },
    { "a reference of two payments", reference_of_two, "MIS_THEIRS MIS_THEIRS AMB ", 0 },
    { "in two halves", halves, "SPLIT SPLIT ", 0 },
    { "an adjustment", keyless, "UNKEY ", 1 },
    { "two payments without keys", keyless_payments, "UNKEY UNKEY ", 1 },
    { "a refund that nobody asked for", refund_there, "REF_UNM ", 1 },
    { "a refund without a line", refund_here, "REF_UNM ", 1 },
    { "a refund on both sides", refund_both, "", 2 },
    { "a refund of less", refund_less, "REF_AMT ", 1 },
    { "a refund that failed there", refund_failed, "STA ", 1 },
    { "a refund's line twice", refund_twice, "DUP_FILE ", 2 },
    { "two refunds alike, one line", refunds_alike, "REF_UNM REF_UNM AMB ", 1 },
    { "reversed", reversal, "REV ", 1 },
    { "another's reversal", foreign_reversal, "MIS_OURS ", 1 },
    { "returned there", returned_there, "STA ", 0 },
    { "returned on both sides", returned_both, "", 1 },
    { "the fee of the tariff", fee_right, "", 1 },
    { "another fee", fee_wrong, "FEE ", 0 },
    { "a fee within the tolerance", fee_tolerated, "", 1 },
    { "another bank's fee", fee_of_bank, "FEE ", 0 },
    { "not the fee that is expected", fee_of_ours, "FEE ", 0 },
    { "not at the treasury", unsent, "TRS ", 0 },
    { "not at the treasury yet", unsent_yet, "", 1 },
    { "a batch of two", batch, "", 3 },
    { "a batch that falls short", batch_short, "SPLIT SPLIT SPLIT ", 0 },
    { "one payment in parts of a batch", batch_in_parts, "", 3 },
    { "failed before it succeeded", retried, "", 2 },
};

TEST(each_class_is_told_and_the_equation_holds)
{
    for (size_t i = 0; i < LEN(cases); i++) {
        struct scene s = scene();
        struct told t;

        cases[i].bend(&s);
        const struct match_result r = run(&s, &t);
        if (!str_is(buf_str(&t.classes), cases[i].classes) || r.matched_count != cases[i].matched)
            test_fail(__FILE__, __LINE__, "%s: %.*s, %lld matched", cases[i].sentence,
                      STR_ARG(buf_str(&t.classes)), (long long)r.matched_count);
    }
}

TEST(amount_account_and_day_only_propose)
{
    struct scene s = scene();
    struct told t;

    s.rules.window_days = 2;
    s.lines[0] = paid("MISTYPED", "T9");
    check_int(run(&s, &t).matched_count, 0);
    check_str(buf_str(&t.classes), "MIS_OURS MIS_THEIRS ");
    s.ours_count = 0;
    (void)run(&s, &t);
    check_int(t.last.candidate_id, MATCH_NONE);
    s.ours_count = 1;
    s.ours[0].elsewhere = true; /* so that the line is told last */
    s.ours[0].day.d = 20;
    (void)run(&s, &t);
    check_int(t.last.candidate_id, MATCH_NONE); /* beyond the window */
}

/* Keeps what it is told about the only line. */
static result hear_line(void *arg, const struct match_outcome *o, struct err *e)
{
    (void)e;
    if (o->line == 1)
        *(struct match_outcome *)arg = *o;
    return OK;
}

static struct match_outcome line_outcome(const struct scene *s)
{
    DEFER(match_close) struct match *m = NULL;
    struct match_outcome o = { 0 };
    struct match_result r;
    struct err e = { 0 };

    check_ok(match_open(&s->rules, 8, &m, &e), e);
    for (size_t i = 0; i < s->ours_count; i++) {
        struct match_ours u = s->ours[i];
        u.id = (int64_t)i + 10;
        check_ok(match_ours(m, &u, &e), e);
    }
    for (size_t i = 0; i < s->line_count; i++) {
        struct settlement_line l = s->lines[i];
        struct match_line in = s->more[i];
        l.n = (int64_t)i + 1;
        in.line = &l;
        check_ok(match_line(m, &in, &e), e);
    }
    check_ok(match_run(m, 1, &r, &e), e);
    check_ok(match_each(m, hear_line, &o, &e), e);
    o.theirs = (struct settlement_line){ 0 }; /* its texts end with the engine */
    return o;
}

TEST(a_candidate_is_one_that_nobody_else_wants_and_nothing_has_taken)
{
    struct scene s = scene();

    s.lines[0] = paid("MISTYPED", "T9");
    check_int(line_outcome(&s).candidate_id, 10);
    check_int(line_outcome(&s).pass, 7);
    add_ours(&s, payment("R2", "T2")); /* as good */
    check_int(line_outcome(&s).candidate_id, MATCH_NONE);
    s.ours_count = 1;
    add_line(&s, paid("MISTYPED2", "T8")); /* two lines want it */
    check_int(line_outcome(&s).candidate_id, MATCH_NONE);
    add_line(&s, paid("MISTYPED3", "T7")); /* and three */
    check_int(line_outcome(&s).candidate_id, MATCH_NONE);
    s.line_count = 1;
    s.lines[0].account = STR("A9");
    check_int(line_outcome(&s).candidate_id, MATCH_NONE);
    s.lines[0].account = STR("");
    add_line(&s, paid("R1", "T1")); /* it has its own line */
    check_int(line_outcome(&s).candidate_id, MATCH_NONE);
}

TEST(a_code_in_the_narrative_proposes_and_matches_nothing)
{
    struct scene s = scene();

    s.ours[0].code = STR("C1");
    add_ours(&s, payment("R2", "T2"));
    s.lines[0] = paid("", "");
    s.more[0].code = STR("C1");
    const struct match_outcome o = line_outcome(&s);
    check_int(o.class, MATCH_UNKEY);
    check_int(o.pass, 6);
    check_int(o.candidate_id, 10);
    check(!o.takes);
}

TEST(ids_are_of_the_keys_and_not_of_the_class)
{
    struct scene s = scene();
    struct told t;

    less(&s);
    (void)run(&s, &t);
    const struct str less_id = match_id(test_arena(), &s.rules, &t.last);
    s.line_count = 0;
    (void)run(&s, &t);
    check_int(t.last.class, MATCH_MIS_THEIRS);
    check_same(match_id(test_arena(), &s.rules, &t.last), less_id);
    check_int(less_id.n, 32);
    s.rules.day.d++;
    check(!str_eq(match_id(test_arena(), &s.rules, &t.last), less_id));
}

TEST(what_cannot_be_an_amount_or_an_id_is_refused)
{
    DEFER(match_close) struct match *m = NULL;
    const struct match_rules rules = { 0 };
    struct match_ours o = payment("R1", "T1");
    struct settlement_line l = paid("R1", "T1");
    const struct match_line in = { .line = &l };
    struct err e = { 0 };

    check_fails(match_open(&rules, MATCH_ITEMS_MAX + 1LL, &m, &e), e, ERR_TOO_LARGE);
    check_ok(match_open(&rules, 0, &m, &e), e);
    o.id = -1;
    check_fails(match_ours(m, &o, &e), e, ERR_INVALID);
    o.id = 0;
    o.amount_vnd = INT64_MIN;
    check_fails(match_ours(m, &o, &e), e, ERR_INVALID);
    l.gross_vnd = INT64_MAX;
    check_fails(match_line(m, &in, &e), e, ERR_INVALID);
    l.gross_vnd = AMOUNT;
    l.narrative = str_of(arena_alloc(test_arena(), MATCH_TEXT_MAX + 1), MATCH_TEXT_MAX + 1);
    check_fails(match_line(m, &in, &e), e, ERR_TOO_LARGE);
}
