/* Fee tables published by two persons: what is proposed, who decides, and what never changes. */
#include "base/json.h"
#include "payments/fee_table.h"
#include "payments/fee_version.h"
#include "tests/payments/counter.h"

static const struct proposal_actor maker = {
    { "staff:lan", 9 }, INT64_MAX, { "rq", 2 }, { "", 0 }
};
static const struct proposal_actor checker = {
    { "staff:minh", 10 }, INT64_MAX, { "rq", 2 }, { "", 0 }
};

static struct json *shipped(void)
{
    struct json *all;
    struct str text;
    struct err e = { .code = ERR_NONE };

    check_ok(
        fee_text_load(str_cstr(test_arena(), str_fmt(test_arena(), "%s/conf/fees", test_source())),
                      test_arena(), &text, NULL, &e),
        e);
    check_ok(json_read(text, &all, &e), e);
    return all;
}

static struct json *rule_of(const char *id, const char *fee, const char *from, int64_t amount_vnd)
{
    struct json *r = json_object();

    json_put_str(r, "id", str_c(id));
    json_put_str(r, "fee", str_c(fee));
    json_put_str(r, "from", str_c(from));
    json_put_int(r, "amount_vnd", amount_vnd);
    json_put_str(r, "authority", STR("Bộ Tài chính"));
    json_put_str(r, "basis", STR("Thông tư 1/2027/TT-BTC"));
    return r;
}

/* The rule of that id in the document. */
static struct json *rule_find(const struct json *all, const char *id)
{
    const struct json *rules = json_member(all, "rules");

    for (size_t i = 0; i < json_count(rules); i++) {
        struct str s;

        if (json_str(json_member(json_at(rules, i), "id"), &s) && str_is(s, id))
            return json_at(rules, i);
    }
    test_fail(__FILE__, __LINE__, "no rule %s", id);
    return NULL;
}

/* The passport costs `amount_vnd` from that day on; the rate before ends the day before. */
static struct str passport(const char *until, const char *from, int64_t amount_vnd)
{
    struct json *all = shipped();
    struct str text;

    json_put_str(rule_find(all, "tt25-2021.passport"), "to", str_c(until));
    json_add(json_member(all, "rules"), rule_of("tt1-2027.passport", "passport", from, amount_vnd));
    text = json_print_canonical(test_arena(), all);
    json_close(&all);
    return text;
}

static result propose(struct counter *c, struct str tables, bool is_correction,
                      struct proposal *out, struct err *e)
{
    const struct fee_publication pub = { tables, STR("Thông tư 1/2027"), is_correction };

    return fee_version_propose(&c->till, &pub, &maker, NULL, test_arena(), out, e);
}

static result decide(struct counter *c, const struct proposal *p, enum proposal_state verdict,
                     const struct proposal_actor *by, struct err *e)
{
    const struct proposal_decision d = { p->id, verdict, p->hash, STR("xem rồi") };
    struct proposal out;

    return proposal_decide(&c->till, &d, by, test_arena(), &out, e);
}

static int64_t passport_on(struct counter *c, struct date on)
{
    const struct fee_case k = { .agency_id = STR("G01.56"), .received_on = on };
    const struct fee_item item = { .fee = STR("passport"), .quantity = 1 };
    struct fee_line l;
    struct err e = { .code = ERR_NONE };

    check_ok(fee_price(c->till.fees, &k, &item, test_arena(), &l, &e), e);
    return l.net_vnd;
}

static bool follows(struct counter *c)
{
    struct err e = { .code = ERR_NONE };
    bool changed;

    check_ok(fee_version_follow(&c->till, c->fees, &changed, &e), e);
    return changed;
}

TEST_STORE(a_version_holds_once_another_person_has_approved_it)
{
    struct counter *c = counter_open();
    const struct date later = { 2027, 1, 1 }, before = { 2026, 12, 31 };
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check(!follows(c));
    check_ok(propose(c, passport("2026-12-31", "2027-01-01", 250000), false, &p, &e), e);
    check(
        str_has(p.content, STR("rule tt1-2027.passport (from 2027-01-01): passport: 250000 VND")));
    check(str_has(p.content, STR("was (from 2021-05-22)")));
    check(!follows(c));
    check_fails(decide(c, &p, PROPOSAL_APPROVED, &maker, &e), e, ERR_SELF_APPROVAL);
    check(!follows(c));
    check_ok(decide(c, &p, PROPOSAL_APPROVED, &checker, &e), e);
    check_int(passport_on(c, later), 200000);
    check(follows(c));
    check(!follows(c));
    check_int(fee_table_version(c->fees), 1);
    check_int(passport_on(c, later), 250000);
    check_int(passport_on(c, before), 200000);
}

TEST_STORE(what_was_rejected_never_holds)
{
    struct counter *c = counter_open();
    struct fee_version *all;
    size_t count;
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(propose(c, passport("2026-12-31", "2027-01-01", 1), false, &p, &e), e);
    check_ok(decide(c, &p, PROPOSAL_REJECTED, &checker, &e), e);
    check(!follows(c));
    check_ok(fee_version_list(&c->till, 10, test_arena(), &all, &count, &e), e);
    check_int(count, 1);
    check_str(all[0].state, "rejected");
    check_str(all[0].decided_by, "staff:minh");
}

TEST_STORE(the_past_stays_as_it_was_unless_it_is_corrected)
{
    static const struct {
        const char *until, *from;
        bool allowed;
    } rows[] = {
        { "2026-11-22", "2026-11-23", true }, /* today is the 23rd */
        { "2026-11-21", "2026-11-23", false },
        { "2026-11-21", "2026-11-22", false },
        { "2020-01-01", "2027-01-01", false }, /* before its own first day: a mistake */
    };
    struct counter *c = counter_open();

    for (size_t i = 0; i < LEN(rows); i++) {
        const struct str tables = passport(rows[i].until, rows[i].from, 250000);
        struct proposal p;
        struct err e = { .code = ERR_NONE };

        if (!rows[i].allowed) {
            check(propose(c, tables, false, &p, &e).failed);
            check_int(e.code, i == 3 ? ERR_CONFIG : ERR_BUSINESS_RULE);
            check(propose(c, tables, true, &p, &e).failed == (i == 3));
        } else {
            check_ok(propose(c, tables, false, &p, &e), e);
        }
        if (i != 3)
            check_ok(decide(c, &p, PROPOSAL_WITHDRAWN, &maker, &e), e);
    }
}

/* A rate in force gets another amount, its id and days staying. */
TEST_STORE(an_amount_in_force_cannot_be_changed_in_place)
{
    struct counter *c = counter_open();
    struct json *all = shipped();
    struct str text;
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    json_put_int(rule_find(all, "tt25-2021.passport"), "amount_vnd", 100);
    text = json_print_canonical(test_arena(), all);
    json_close(&all);
    check_fails(propose(c, text, false, &p, &e), e, ERR_BUSINESS_RULE);
    check_ok(propose(c, text, true, &p, &e), e);
    check(str_has(p.content, STR("\"correction\":true")));
    check_ok(decide(c, &p, PROPOSAL_APPROVED, &checker, &e), e);
    check(follows(c));
    check_int(passport_on(c, (struct date){ 2026, 11, 23 }), 100);
}

TEST_STORE(what_became_the_past_while_it_waited_is_refused)
{
    struct counter *c = counter_open();
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(propose(c, passport("2026-11-23", "2026-11-24", 250000), false, &p, &e), e);
    counter_forward(c, 3 * 86400);
    check_fails(decide(c, &p, PROPOSAL_APPROVED, &checker, &e), e, ERR_BUSINESS_RULE);
    check(!follows(c));
}

TEST_STORE(one_proposal_is_open_and_bad_or_equal_tables_are_none)
{
    struct counter *c = counter_open();
    struct json *same = shipped();
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_fails(propose(c, STR("{\"rules\":[{}]}"), false, &p, &e), e, ERR_CONFIG);
    check_fails(propose(c, json_print_canonical(test_arena(), same), false, &p, &e), e,
                ERR_BUSINESS_RULE);
    json_close(&same);
    check_ok(propose(c, passport("2026-12-31", "2027-01-01", 1), false, &p, &e), e);
    check_fails(propose(c, passport("2026-12-31", "2027-01-01", 2), false, &p, &e), e,
                ERR_CONFLICT);
}
