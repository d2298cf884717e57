/* The four forms of a day: empty, full, chained, and with every mismatch planted. */
#include "base/clock.h"
#include "paper/sheet.h"
#include "tests/sandbox/stage.h"

#define LINES_MAX 64

static const struct str nowhere = { "http://127.0.0.1:9", 18 };

/* What all four forms hold. */
struct movement {
    struct str txn, reference, amount, type;
};
struct movements {
    struct movement rows[LINES_MAX];
    size_t n;
};

/* Ten in the morning of that day, so that no test meets a midnight. */
static void settlement_stage(struct stage *s)
{
    stage_now = "20261123100000";
    stage_start(s, nowhere, NULL, NULL);
}

static struct str day(int days)
{
    return date_compact(test_arena(), date_add_days((struct date){ 2026, 11, 23 }, days));
}

static struct str file_get(struct stage *s, int days, const char *form)
{
    struct answer a =
        stage_get(s, str_fmt(test_arena(), "/pp/settlement/%.*s.%s", STR_ARG(day(days)), form));
    check_int(a.status, 200);
    return a.body;
}

static struct str field(struct str line, size_t at)
{
    struct str piece = STR("");
    for (size_t i = 0; i <= at; i++)
        check(str_next(&line, '|', &piece));
    return piece;
}

static struct movements mc1_read(struct str file)
{
    struct movements m = { .n = 0 };
    struct str line;
    while (str_next(&file, '\n', &line))
        if (str_starts(line, STR("D|")))
            m.rows[m.n++] = (struct movement){ field(line, 3), field(line, 4), field(line, 11),
                                               field(line, 2) };
    return m;
}

static struct movements fw1_read(struct str file)
{
    struct movements m = { .n = 0 };
    struct str line;
    while (str_next(&file, '\n', &line)) {
        if (!str_starts(line, STR("0002")))
            continue;
        check_int(line.n, 239);
        struct str amount = str_sub(line, 35, 12);
        int64_t vnd = 0;
        check(str_to_i64(amount, &vnd));
        bool reversal = str_is(str_sub(line, 4, 4), "0420");
        struct str processing = str_sub(line, 29, 6);
        m.rows[m.n++] = (struct movement){
            str_trim(str_sub(line, 87, 20)),
            str_trim(str_sub(line, 47, 40)),
            str_i64(test_arena(), vnd),
            reversal                       ? STR("REVERSAL")
            : str_is(processing, "200000") ? STR("REFUND")
            : str_is(processing, "020000") ? STR("ADJUST")
                                           : STR("PAY"),
        };
    }
    return m;
}

static struct movements bj1_read(struct str file)
{
    struct movements m = { .n = 0 };
    struct err e = { 0 };
    struct json *root = NULL;
    check_ok(json_read(file, &root, &e), e);
    struct json *rows = json_member(root, "transactions");
    int64_t sum_vnd = 0, vnd = 0;
    for (size_t i = 0; i < json_count(rows); i++) {
        struct json *row = json_at(rows, i);
        struct str type, rest;
        check(str_cut(stage_text(row, "remark"), ' ', &type, &rest));
        m.rows[m.n++] = (struct movement){ stage_text(row, "transId"), stage_text(row, "toKhaiId"),
                                           stage_text(row, "amount"), type };
        check(json_int(json_member(row, "amount"), &vnd));
        sum_vnd += vnd;
    }
    check_same(stage_text(root, "totalTransaction"), str_i64(test_arena(), (int64_t)m.n));
    check_same(stage_text(root, "totalAmount"), str_i64(test_arena(), sum_vnd));
    json_close(&root);
    return m;
}

static result sheet_line(void *user, const struct sheet_row *row, struct err *e)
{
    struct movements *m = user;
    struct arena *a = test_arena();
    (void)e;
    if (!str_is(row->name, "D") || row->row == 1)
        return OK;
    check_int(row->n, 21);
    m->rows[m->n++] = (struct movement){ str_dup(a, row->cells[2]), str_dup(a, row->cells[3]),
                                         str_dup(a, row->cells[10]), str_dup(a, row->cells[1]) };
    return OK;
}

static struct movements xlsx_read(struct str file)
{
    struct movements m = { .n = 0 };
    struct err e = { 0 };
    const struct sheet_bounds bounds = { 3, 64 << 20 };
    check_ok(sheet_read(file, bounds, sheet_line, &m, &e), e);
    return m;
}

static void same_movements(const struct movements *x, const struct movements *y)
{
    check_int(x->n, y->n);
    for (size_t i = 0; i < x->n; i++) {
        check_same(x->rows[i].txn, y->rows[i].txn);
        check_same(x->rows[i].reference, y->rows[i].reference);
        check_same(x->rows[i].amount, y->rows[i].amount);
        check_same(x->rows[i].type, y->rows[i].type);
    }
}

static void forms_agree(struct stage *s, int days, size_t lines)
{
    struct movements mc1 = mc1_read(file_get(s, days, "mc1"));
    struct movements fw1 = fw1_read(file_get(s, days, "fw1"));
    struct movements bj1 = bj1_read(file_get(s, days, "bj1"));
    struct movements xlsx = xlsx_read(file_get(s, days, "xlsx"));
    check_int(mc1.n, lines);
    same_movements(&fw1, &mc1);
    same_movements(&bj1, &mc1);
    same_movements(&xlsx, &mc1);
}

static void pay(struct stage *s, const char *reference, int64_t vnd, const char *fault)
{
    stage_init(s, reference, vnd, "001087123456");
    stage_pay(s, reference, fault);
}

/* Every digest and sum of an MC1 file, computed anew. */
static void mc1_check(struct str file)
{
    struct arena *a = test_arena();
    struct str rest = file, line, chain = STR("");
    int64_t count = 0, gross = 0, net = 0, vnd = 0, opening = 0;

    check(str_next(&rest, '\n', &line) && str_starts(line, STR("H|MC1|PP|")));
    check(str_to_i64(field(line, 10), &opening));
    while (str_next(&rest, '\n', &line) && str_starts(line, STR("D|"))) {
        struct str last = field(line, 22);
        chain =
            str_sub(joined_hash(str_cat(a, chain, str_sub(line, 0, line.n - last.n - 1))), 0, 16);
        check_same(last, chain);
        count++;
        check_same(field(line, 1), str_i64(a, count));
        check(str_to_i64(field(line, 11), &vnd));
        gross += vnd;
        check(str_to_i64(field(line, 13), &vnd));
        net += vnd;
    }
    check(str_starts(line, STR("T|")));
    check_same(field(line, 1), str_i64(a, count));
    check_same(field(line, 5), str_i64(a, gross));
    check_same(field(line, 7), str_i64(a, net));
    check_same(field(line, 8), str_i64(a, opening + net));
    check_same(field(line, 9), joined_hash(str_of(file.p, (size_t)(line.p - file.p))));
}

TEST(a_day_without_payments_is_a_valid_empty_file_in_every_form)
{
    struct stage s;
    settlement_stage(&s);
    forms_agree(&s, 0, 0);
    mc1_check(file_get(&s, 0, "mc1"));
    mc1_check(file_get(&s, -30, "mc1"));
    check_int(stage_get(&s, STR("/pp/settlement/20251231.mc1")).status, 404);
    check_int(stage_get(&s, STR("/pp/settlement/20260230.mc1")).status, 404);
    check_int(stage_get(&s, STR("/pp/settlement/20260301.doc")).status, 404);
    stage_stop(&s);
}

TEST(all_forms_carry_the_same_movements)
{
    struct stage s;
    settlement_stage(&s);
    pay(&s, "HS1", 8000, NULL);
    pay(&s, "HS2", 2147483648, NULL);
    pay(&s, "HS3", 25000, "portal_pay_twice");
    stage_init(&s, "HS4", 1000, "001087123456"); /* never paid: not in the file */
    forms_agree(&s, 0, 4);
    mc1_check(file_get(&s, 0, "mc1"));
    stage_stop(&s);
}

TEST(each_file_names_the_digest_and_the_balance_of_the_day_before)
{
    struct stage s;
    struct str line, rest, number, before;
    int64_t seq = 0, seq_before = 0;
    settlement_stage(&s);
    pay(&s, "HS1", 8000, NULL);
    struct str first = file_get(&s, 0, "mc1");
    /* A reversal a day later makes the next day's file not empty. */
    pay(&s, "HS2", 9000, "portal_reversed=1");
    first = file_get(&s, 0, "mc1");
    struct str second = file_get(&s, 1, "mc1");
    forms_agree(&s, 1, 1);
    check_str(mc1_read(second).rows[0].type, "REVERSAL");
    mc1_check(second);
    rest = second;
    check(str_next(&rest, '\n', &line));
    check_same(field(line, 8), joined_hash(first));
    check_str(field(line, 10), "17000");
    number = field(line, 6);
    rest = first;
    check(str_next(&rest, '\n', &line));
    before = field(line, 6);
    check(str_to_i64(number, &seq) && str_to_i64(before, &seq_before));
    check_int(seq, seq_before + 1);
    stage_stop(&s);
}

TEST(planted_mismatches_are_in_every_form)
{
    static const struct {
        const char *fault;
        size_t lines;      /* of one payment of 8,000 */
        const char *holds; /* in the MC1 file */
    } cases[] = {
        { "settle_mis_ours", 2, "|LAHS" },
        { "settle_mis_theirs", 0, "" },
        { "settle_amt_less=500", 1, "|7500|" },
        { "settle_amt_more=500", 1, "|8500|" },
        { "settle_sta", 1, "|FAILED|05|" },
        { "settle_dup_file", 2, "D|2|PAY|PP" },
        { "settle_acc", 1, "|9999.0.0000000" },
        { "settle_agy", 1, "|H56.99|" },
        { "settle_cur", 1, "|USD|" },
        { "settle_ref_unm", 2, "|REFUND|RF" },
        { "settle_rev", 2, "|REVERSAL|RV" },
        { "settle_fee=1100", 1, "|8000|1100|6900|" },
        { "settle_trs", 1, "|NOT_SENT|" },
        { "settle_unkey", 2, "|ADJUST||||" },
        { "settle_sign", 1, "|-8000|" },
        { "settle_split", 2, "|4000|" },
        { "settle_amb", 2, "|PAY||||" },
        { "settle_ver", 1, "H|MC9|" },
        { "settle_cor", 1, "|0000000000000000" },
        { "settle_date", 0, "" },
    };
    for (size_t i = 0; i < LEN(cases); i++) {
        struct stage s;
        settlement_stage(&s);
        pay(&s, "HS1", 8000, cases[i].fault);
        struct str file = file_get(&s, 0, "mc1");
        if (!str_has(file, str_c(cases[i].holds)) && cases[i].holds[0])
            test_fail(__FILE__, __LINE__, "%s: %.*s", cases[i].fault, STR_ARG(file));
        forms_agree(&s, 0, cases[i].lines);
        if (str_is(str_c(cases[i].fault), "settle_date"))
            forms_agree(&s, 1, 1);
        stage_stop(&s);
    }
}

TEST(a_mismatch_planted_later_changes_the_file_and_its_chain)
{
    struct stage s;
    settlement_stage(&s);
    pay(&s, "HS1", 8000, NULL);
    struct str before = file_get(&s, 0, "mc1");
    struct answer a =
        stage_call(&s, METHOD_POST, STR("/admin/transactions/HS1/mismatch"), NULL,
                   "application/json", STR("{\"fault\":\"settle_amt_less\",\"arg\":1}"));
    check_int(a.status, 200);
    struct str after = file_get(&s, 0, "mc1");
    check(!str_eq(before, after) && str_has(after, STR("|7999|")));
    mc1_check(after);
    check_int(stage_call(&s, METHOD_POST, STR("/admin/transactions/HS1/mismatch"), NULL,
                         "application/json", STR("{\"fault\":\"vneid_down\"}"))
                  .status,
              400);
    stage_stop(&s);
}

TEST(the_treasury_lists_only_what_was_sent_to_it)
{
    struct stage s;
    settlement_stage(&s);
    pay(&s, "HS1", 8000, NULL);
    pay(&s, "HS2", 9000, "settle_trs");
    pay(&s, "HS3", 7000, "settle_trs_amt=100");
    DEFER(json_close) struct json *o = NULL;
    struct err e = { 0 };
    check_ok(json_read(file_get(&s, 0, "kj1"), &o, &e), e);
    check_str(stage_text(o, "totalTransaction"), "2");
    check_str(stage_text(o, "totalAmount"), "14900");
    stage_stop(&s);
}
