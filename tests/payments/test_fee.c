/* Fee tables: what each item costs on the day before, at and after each date; and every mistake
 * that a table may hold. */
#include <string.h>

#include "base/json.h"
#include "payments/fee.h"
#include "tests/test.h"

static struct fee_table *tables(void)
{
    static struct fee_table *t;
    struct arena *a = test_arena();
    struct buf mistakes = buf_make(a, 65536);
    struct err e = { .code = ERR_NONE };

    if (t == NULL &&
        fee_table_open(str_cstr(a, str_fmt(a, "%s/conf/fees", test_source())), &t, &mistakes, &e)
            .failed)
        test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(buf_str(&mistakes)));
    return t;
}

struct pricing {
    const char *agency, *fee, *on;
    enum fee_channel channel;
    int level;
    const char *category[2];
    int64_t quantity, base_vnd;
    const char *area, *event_on;
    const char *used; /* kind of asset whose grant of the year is gone */
    bool nobody;      /* no citizen is known */
    int64_t gross_vnd, net_vnd;
    const char *reduction;
    int end;
};

static struct date day(const char *text)
{
    struct date d = { 0, 0, 0 };

    check(text == NULL || date_read(str_c(text), &d));
    return d;
}

static result price(const struct pricing *p, struct fee_line *l, struct err *e)
{
    struct str categories[2];
    size_t n = 0;

    while (n < 2 && p->category[n] != NULL) {
        categories[n] = str_c(p->category[n]);
        n++;
    }
    const struct str used = str_c(p->used);
    const struct fee_case c = { .agency_id = str_c(p->agency),
                                .citizen_known = !p->nobody,
                                .used = &used,
                                .used_count = p->used != NULL,
                                .received_on = day(p->on),
                                .channel = p->channel,
                                .level = p->level,
                                .categories = categories,
                                .category_count = n };
    const struct fee_item item = { .fee = str_c(p->fee),
                                   .quantity = p->quantity > 0 ? p->quantity : 1,
                                   .base_vnd = p->base_vnd,
                                   .area = str_c(p->area),
                                   .event_on = day(p->event_on) };

    return fee_price(tables(), &c, &item, test_arena(), l, e);
}

static void price_check(const struct pricing *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct fee_line l;
        struct err e = { .code = ERR_NONE };

        check_ok(price(&rows[i], &l, &e), e);
        if (l.gross_vnd != rows[i].gross_vnd || l.net_vnd != rows[i].net_vnd ||
            !str_is(l.reduction_id, rows[i].reduction != NULL ? rows[i].reduction : ""))
            test_fail(__FILE__, __LINE__, "row %zu %s %s: gross %lld net %lld by %.*s", i,
                      rows[i].fee, rows[i].on, (long long)l.gross_vnd, (long long)l.net_vnd,
                      STR_ARG(l.reduction_id));
        check_int(l.gross_vnd - l.reduction_vnd, l.net_vnd);
        check_int(l.retained_vnd + l.budget_vnd, l.net_vnd);
        check(l.kind == FEE_PHI || l.retained_vnd == 0);
        check(l.explain_count > 0);
    }
}

/* .end: so that a short row still names a member. */
#define ROW(...)                                                                                   \
    {                                                                                              \
        __VA_ARGS__, .end = 0                                                                      \
    }

TEST(an_identity_card_follows_both_circulars_by_date)
{
    static const struct pricing rows[] = {
        ROW("H56.14", "id_card_change", "2025-07-01", FEE_COUNTER, 0, .gross_vnd = 50000,
            .net_vnd = 25000, .reduction = "tt64-2025.id_card"),
        ROW("H56.14", "id_card_change", "2026-08-14", FEE_ONLINE, 2, .gross_vnd = 50000,
            .net_vnd = 25000, .reduction = "tt64-2025.id_card"),
        ROW("H56.14", "id_card_change", "2026-08-15", FEE_ONLINE, 2, .gross_vnd = 50000,
            .net_vnd = 0, .reduction = "tt117-2026.4"),
        ROW("H56.14", "id_card_change", "2026-08-15", FEE_ONLINE, 1, .gross_vnd = 50000,
            .net_vnd = 25000, .reduction = "tt64-2025.id_card"),
        ROW("H56.14", "id_card_change", "2026-08-15", FEE_COUNTER, 2, .gross_vnd = 50000,
            .net_vnd = 25000, .reduction = "tt64-2025.id_card"),
        ROW("H56.14", "id_card_change", "2026-12-31", FEE_ONLINE, 1, .gross_vnd = 50000,
            .net_vnd = 25000, .reduction = "tt64-2025.id_card"),
        ROW("H56.14", "id_card_change", "2027-01-01", FEE_ONLINE, 1, .gross_vnd = 50000,
            .net_vnd = 50000),
        ROW("H56.14", "id_card_change", "2027-02-28", FEE_ONLINE, 2, .gross_vnd = 50000,
            .net_vnd = 0, .reduction = "tt117-2026.4"),
        ROW("H56.14", "id_card_change", "2027-03-01", FEE_ONLINE, 2, .gross_vnd = 50000,
            .net_vnd = 50000),
        ROW("H56.14", "id_card_reissue", "2027-03-01", FEE_ONLINE, 2, .gross_vnd = 70000,
            .net_vnd = 70000),
        ROW("H56.14", "id_card_reissue", "2026-11-23", FEE_COUNTER, 0, .gross_vnd = 70000,
            .net_vnd = 35000, .reduction = "tt64-2025.id_card"),
    };

    price_check(rows, LEN(rows));
}

TEST(an_extract_costs_per_copy_and_nothing_with_level_two)
{
    static const struct pricing rows[] = {
        ROW("H56.14", "civil_extract", "2026-11-23", FEE_COUNTER, 2, .quantity = 3,
            .gross_vnd = 24000, .net_vnd = 24000),
        ROW("H56.14", "civil_extract", "2026-11-23", FEE_ONLINE, 1, .quantity = 3,
            .gross_vnd = 24000, .net_vnd = 24000),
        ROW("H56.14", "civil_extract", "2026-11-23", FEE_ONLINE, 2, .quantity = 3,
            .gross_vnd = 24000, .net_vnd = 0, .reduction = "tt117-2026.2"),
    };

    price_check(rows, LEN(rows));
}

TEST(a_province_has_its_own_rates)
{
    static const struct pricing rows[] = {
        ROW("H26.01", "marital_status", "2026-11-23", FEE_ONLINE, 2, .gross_vnd = 3000,
            .net_vnd = 3000),
        ROW("H56.14", "marital_status", "2026-11-23", FEE_ONLINE, 2, .gross_vnd = 15000,
            .net_vnd = 15000),
        ROW("H56.14", "marital_status", "2026-11-23", FEE_ONLINE, 2, .category = { "poor" },
            .gross_vnd = 15000, .net_vnd = 0, .reduction = "law97-2015.priority"),
    };

    price_check(rows, LEN(rows));
}

TEST(a_late_birth_is_free_for_sixty_days)
{
    static const struct pricing rows[] = {
        ROW("H26.01", "birth_late", "2026-11-23", FEE_ONLINE, 2, .event_on = "2026-09-24",
            .gross_vnd = 0, .net_vnd = 0),
        ROW("H26.01", "birth_late", "2026-11-23", FEE_ONLINE, 2, .event_on = "2026-09-23",
            .gross_vnd = 5000, .net_vnd = 5000),
        ROW("H26.01", "birth_late", "2026-11-23", FEE_ONLINE, 2, .gross_vnd = 5000,
            .net_vnd = 5000),
        ROW("H26.01", "birth_late", "2026-11-23", FEE_ONLINE, 2, .category = { "disabled" },
            .gross_vnd = 5000, .net_vnd = 0, .reduction = "law97-2015.priority"),
    };

    price_check(rows, LEN(rows));
}

TEST(a_household_business_is_free_online_in_hanoi_from_its_date)
{
    static const struct pricing rows[] = {
        ROW("H26.01", "household_business", "2026-07-25", FEE_COUNTER, 0, .gross_vnd = 100000,
            .net_vnd = 100000),
        ROW("H26.01", "household_business", "2026-07-25", FEE_ONLINE, 0, .gross_vnd = 0,
            .net_vnd = 0),
    };
    const struct pricing before = ROW("H26.01", "household_business", "2026-07-24", FEE_ONLINE, 0);
    struct fee_line l;
    struct err e = { .code = ERR_NONE };

    price_check(rows, LEN(rows));
    check_fails(price(&before, &l, &e), e, ERR_BUSINESS_RULE);
}

TEST(a_land_transfer_is_a_rate_with_a_ceiling_and_depends_on_the_area)
{
    static const struct pricing rows[] = {
        ROW("H26.01", "land_appraisal", "2026-11-23", FEE_ONLINE, 2, .base_vnd = 1000000000,
            .gross_vnd = 1500000, .net_vnd = 1500000),
        ROW("H26.01", "land_appraisal", "2026-11-23", FEE_ONLINE, 2, .base_vnd = 3333333333,
            .gross_vnd = 5000000, .net_vnd = 5000000),
        ROW("H26.01", "land_appraisal", "2026-11-23", FEE_ONLINE, 2, .base_vnd = 9000000000000000,
            .gross_vnd = 5000000, .net_vnd = 5000000),
        ROW("H26.01", "land_change", "2026-11-23", FEE_ONLINE, 2, .gross_vnd = 28000,
            .net_vnd = 28000),
        ROW("H26.01", "land_change", "2026-11-23", FEE_ONLINE, 2, .area = "other",
            .gross_vnd = 14000, .net_vnd = 14000),
        ROW("H26.02", "land_change", "2026-11-23", FEE_ONLINE, 2, .gross_vnd = 14000,
            .net_vnd = 14000),
        ROW("H26.01", "registration_land", "2026-11-23", FEE_COUNTER, 2, .base_vnd = 2000000000,
            .gross_vnd = 10000000, .net_vnd = 10000000),
        ROW("H26.01", "registration_land", "2026-11-23", FEE_ONLINE, 2,
            .category = { "seller_integrated" }, .base_vnd = 2000000000, .gross_vnd = 10000000,
            .net_vnd = 9000000, .reduction = "tt117-2026.1"),
        ROW("H26.01", "registration_land", "2026-11-23", FEE_ONLINE, 2,
            .category = { "seller_integrated" }, .used = "land", .base_vnd = 2000000000,
            .gross_vnd = 10000000, .net_vnd = 10000000),
        ROW("H26.01", "registration_land", "2026-11-23", FEE_ONLINE, 2,
            .category = { "seller_integrated" }, .used = "car", .base_vnd = 2000000000,
            .gross_vnd = 10000000, .net_vnd = 9000000, .reduction = "tt117-2026.1"),
        ROW("H26.01", "registration_land", "2026-11-23", FEE_ONLINE, 2,
            .category = { "seller_integrated" }, .nobody = true, .base_vnd = 2000000000,
            .gross_vnd = 10000000, .net_vnd = 10000000),
        ROW("H26.01", "registration_land", "2026-11-23", FEE_ONLINE, 2, .base_vnd = 2000000000,
            .gross_vnd = 10000000, .net_vnd = 10000000),
        ROW("H26.01", "registration_land", "2026-11-23", FEE_ONLINE, 2,
            .category = { "seller_integrated" }, .base_vnd = 40000000000, .gross_vnd = 200000000,
            .net_vnd = 188300000, .reduction = "tt117-2026.1"),
    };

    price_check(rows, LEN(rows));
}

TEST(a_first_certificate_is_free_for_rural_and_poor)
{
    static const struct pricing rows[] = {
        ROW("H26.01", "land_first", "2026-11-23", FEE_ONLINE, 1, .gross_vnd = 25000,
            .net_vnd = 25000),
        ROW("H26.02", "land_first", "2026-11-23", FEE_ONLINE, 1, .gross_vnd = 10000,
            .net_vnd = 10000),
        ROW("H26.01", "land_first_house", "2026-11-23", FEE_ONLINE, 1, .gross_vnd = 100000,
            .net_vnd = 100000),
        ROW("H26.02", "land_first_house", "2026-11-23", FEE_ONLINE, 1, .category = { "rural" },
            .gross_vnd = 50000, .net_vnd = 0, .reduction = "hn06-2020.rural_poor"),
    };

    price_check(rows, LEN(rows));
}

TEST(a_fire_design_is_clamped_before_and_after_the_preference)
{
    static const struct pricing rows[] = {
        /* 67 ppm of 1 bn = 67,000: below the floor */
        ROW("G01.56", "fire_design", "2026-11-23", FEE_COUNTER, 2, .base_vnd = 1000000000,
            .gross_vnd = 500000, .net_vnd = 500000),
        ROW("G01.56", "fire_design", "2026-11-23", FEE_ONLINE, 2, .base_vnd = 1000000000,
            .gross_vnd = 500000, .net_vnd = 250000, .reduction = "tt117-2026.10"),
        ROW("G01.56", "fire_design", "2026-11-23", FEE_ONLINE, 2, .base_vnd = 100000000000,
            .gross_vnd = 6700000, .net_vnd = 3350000, .reduction = "tt117-2026.10"),
        ROW("G01.56", "fire_design", "2026-11-23", FEE_ONLINE, 2, .base_vnd = 9000000000000,
            .gross_vnd = 150000000, .net_vnd = 75000000, .reduction = "tt117-2026.10"),
        ROW("G01.56", "fire_design", "2027-03-01", FEE_ONLINE, 2, .base_vnd = 9000000000000,
            .gross_vnd = 150000000, .net_vnd = 150000000),
    };

    price_check(rows, LEN(rows));
}

TEST(an_expired_rate_does_not_fire)
{
    static const struct pricing rows[] = {
        ROW("G01.56", "driving_licence", "2025-12-31", FEE_ONLINE, 1, .gross_vnd = 115000,
            .net_vnd = 115000),
        ROW("G01.56", "driving_licence", "2026-01-01", FEE_ONLINE, 1, .gross_vnd = 135000,
            .net_vnd = 135000),
        ROW("G01.56", "driving_licence", "2025-12-31", FEE_COUNTER, 1, .gross_vnd = 135000,
            .net_vnd = 135000),
        ROW("G01.56", "driving_licence", "2026-11-23", FEE_ONLINE, 2, .gross_vnd = 135000,
            .net_vnd = 0, .reduction = "tt117-2026.6"),
        ROW("G01.56", "criminal_record", "2026-05-01", FEE_ONLINE, 1,
            .category = { "vneid_filing" }, .gross_vnd = 200000, .net_vnd = 0,
            .reduction = "tt29-2026.vneid"),
        ROW("G01.56", "criminal_record", "2027-01-01", FEE_ONLINE, 1,
            .category = { "vneid_filing" }, .gross_vnd = 200000, .net_vnd = 200000),
        ROW("G01.56", "secured_transaction", "2026-11-23", FEE_ONLINE, 2, .gross_vnd = 80000,
            .net_vnd = 40000, .reduction = "tt117-2026.9"),
        ROW("G01.56", "passport", "2026-11-23", FEE_ONLINE, 2, .gross_vnd = 200000, .net_vnd = 0,
            .reduction = "tt117-2026.8"),
        ROW("G01.56", "residence", "2026-11-23", FEE_ONLINE, 1, .gross_vnd = 10000,
            .net_vnd = 10000),
    };

    price_check(rows, LEN(rows));
}

TEST(the_same_case_gives_the_same_line_and_says_why)
{
    const struct pricing p = ROW("H56.14", "id_card_change", "2026-11-23", FEE_ONLINE, 1);
    struct fee_line x, y;
    struct err e = { .code = ERR_NONE };
    bool told = false;

    check_ok(price(&p, &x, &e), e);
    check_ok(price(&p, &y, &e), e);
    check_int(x.explain_count, y.explain_count);
    for (size_t i = 0; i < x.explain_count; i++) {
        check_same(x.explain[i].rule, y.explain[i].rule);
        check_int(x.explain[i].reason, y.explain[i].reason);
        check_same(x.explain[i].detail, y.explain[i].detail);
        check(x.explain[i].basis.n > 0);
        told = told || (str_is(x.explain[i].rule, "tt117-2026.4") && !x.explain[i].applied &&
                        x.explain[i].reason == FEE_WHY_LEVEL && str_is(x.explain[i].detail, "2"));
    }
    check(told);
}

TEST(odd_items_are_refused_by_field)
{
    static const struct {
        struct pricing p;
        const char *field;
    } cases[] = {
        { ROW("H56.14", "no_such_fee", "2026-11-23", FEE_ONLINE, 0), "fee" },
        { ROW("H99.99", "passport", "2026-11-23", FEE_ONLINE, 0), "agency_id" },
        { ROW("H26.01", "land_appraisal", "2026-11-23", FEE_ONLINE, 0), "base_vnd" },
        { ROW("H56.14", "passport", "2026-11-23", FEE_ONLINE, 0, .quantity = 100001), "quantity" },
        { ROW("H56.14", "passport", "2026-11-23", FEE_ONLINE, 0, .base_vnd = -1), "base_vnd" },
        { ROW("H56.14", "passport", "2026-11-23", FEE_ONLINE, 0, .area = "moon"), "area" },
        { ROW("H26.01", "birth_late", "2026-11-23", FEE_ONLINE, 0, .event_on = "2026-11-24"),
          "event_on" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct fee_line l;
        struct err e = { .code = ERR_NONE };

        check_fails(price(&cases[i].p, &l, &e), e, ERR_INVALID);
        check_str(str_c(e.field), cases[i].field);
    }
}

/* A good small table, and what spoils it. */
#define FEES         "\"fees\":[{\"code\":\"x\",\"kind\":\"le_phi\",\"name_vi\":\"X\",\"name_en\":\"X\"}]"
#define RULE(more)   "{\"fee\":\"x\",\"authority\":\"A\",\"basis\":\"B\",\"id\":\"r1\"," more "}"
#define TABLE(rules) "{" FEES ",\"rules\":[" rules "]}"
#define SALARY(id, more)                                                                           \
    "{\"id\":\"" id "\",\"amount_vnd\":1000,\"authority\":\"A\",\"basis\":\"B\"," more "}"

TEST(mistakes_in_a_table_are_named)
{
    static const struct {
        const char *text, *mistake;
    } cases[] = {
        { "{", "t.json: : " },
        { "{\"fee\":[]}", "t.json: fee: " },
        { "{\"fees\":{}}", "t.json: fees: not a list" },
        { "{\"fees\":[1]}", "t.json: fees[0]: not an object" },
        { "{\"fees\":[{\"code\":\"a b\",\"kind\":\"phi\"}]}", "t.json: fees[0].code: " },
        { "{\"fees\":[{\"code\":\"a\",\"kind\":\"tax\"}]}", "t.json: fees[0].kind: " },
        { TABLE(RULE("\"amount_vnd\":1")), "t.json: rules[0].from: missing" },
        { TABLE(RULE("\"from\":\"2026-02-30\",\"amount_vnd\":1")), "t.json: rules[0].from: " },
        { TABLE(RULE("\"from\":\"2026-01-01\"")), "t.json: rules[0].amount_vnd: either" },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1,\"rate_ppm\":1")),
          "t.json: rules[0].amount_vnd: either" },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":-1")),
          "t.json: rules[0].amount_vnd: " },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1,\"surprise\":1")),
          "t.json: rules[0].surprise: " },
        { TABLE(RULE("\"from\":\"2026-01-02\",\"to\":\"2026-01-01\",\"amount_vnd\":1")),
          "t.json: rules[0].to: before from" },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1,\"retained_ppm\":1")),
          "t.json: r1.retained_ppm: le phi goes" },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1,\"channels\":[\"post\"]")),
          "t.json: rules[0].channels: " },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1,\"round\":\"even\"")),
          "t.json: rules[0].round: none of" },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1,\"round_to_vnd\":0")),
          "t.json: rules[0].round_to_vnd: " },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1,\"sample\":[\"all\"]")),
          "t.json: rules[0].sample: " },
        { "{\"base_salaries\":[" SALARY("s", "\"from\":\"2026-01-01\"") "," SALARY(
              "s2", "\"from\":\"2026-06-01\"") "]}",
          "t.json: base_salaries[1].from: another base salary" },
        { "{\"base_salaries\":[" SALARY(
              "s", "\"from\":\"2026-01-01\",\"to\":\"2026-01-02\"") "," SALARY("s",
                                                                               "\"from\":\"2026-06-"
                                                                               "01\"") "]}",
          "t.json: base_salaries[1].id: used twice" },
        { "{" FEES ",\"preferences\":[{\"id\":\"p\",\"fees\":[\"x\"],\"from\":\"2026-01-01\","
          "\"reduction_ppm\":1,\"reduction_most_salaries\":5,\"authority\":\"A\",\"basis\":\"B\"}]"
          "}",
          "t.json: p.reduction_most_salaries: no base salary" },
        { "{\"rules\":[" RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1") "]}",
          "t.json: r1.fee: no such fee" },
        { TABLE(RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1") "," RULE(
              "\"from\":\"2026-01-01\",\"amount_vnd\":1")),
          "t.json: rules[1].id: used twice" },
        { TABLE("{\"fee\":\"x\",\"authority\":\"A\",\"basis\":\"B\",\"id\":\"r0\",\"from\":"
                "\"2025-01-01\",\"to\":\"2026-01-01\",\"amount_vnd\":2}," RULE(
                    "\"from\":\"2026-01-01\",\"amount_vnd\":1")),
          "t.json: r1.from: another rule holds" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct fee_table *t = NULL;
        struct buf mistakes = buf_make(test_arena(), 8192);
        struct err e = { .code = ERR_NONE };

        check_fails(fee_table_read(str_c(cases[i].text), "t.json", &t, &mistakes, &e), e,
                    ERR_CONFIG);
        if (!str_has(buf_str(&mistakes), str_c(cases[i].mistake)))
            test_fail(__FILE__, __LINE__, "case %zu: %.*s", i, STR_ARG(buf_str(&mistakes)));
    }
}

TEST(two_rules_that_follow_each_other_are_fine)
{
    struct fee_table *t = NULL;
    struct err e = { .code = ERR_NONE };

    check_ok(fee_table_read(
                 STR(TABLE("{\"fee\":\"x\",\"authority\":\"A\",\"basis\":\"B\",\"id\":\"r0\","
                           "\"from\":\"2025-01-01\",\"to\":\"2025-12-31\",\"amount_vnd\":2}," RULE(
                               "\"from\":\"2026-01-01\",\"amount_vnd\":1"))),
                 "t.json", &t, NULL, &e),
             e);
    fee_table_close(&t);
}

TEST(the_catalogue_shows_rates_and_basis_of_the_day)
{
    struct json *o =
        fee_catalogue(tables(), day("2026-11-23"), STR("38"), STR("2.000889.000.00.00.H56"));
    struct json *fees = json_member(o, "fees"), *rules;
    struct str basis;

    check_int(json_count(fees), 2);
    rules = json_member(json_at(fees, 0), "rules");
    check_int(json_count(rules), 1);
    check(json_str(json_member(json_at(rules, 0), "basis"), &basis));
    check(basis.n > 0);
    json_close(&o);
}

TEST(the_procedures_of_the_demo_have_their_default_fees)
{
    static const struct {
        const char *procedure;
        size_t count;
    } rows[] = {
        { "2.000889.000.00.00.H56", 2 }, { "1.004873.000.00.00.H56", 1 },
        { "2.000635.000.00.00.H56", 1 }, { "1.001193.000.00.00.H56", 1 },
        { "2.001610.000.00.00.H56", 1 },
    };

    for (size_t i = 0; i < LEN(rows); i++) {
        const struct fee_case c = { .agency_id = STR("H56.14"),
                                    .procedure = str_c(rows[i].procedure),
                                    .received_on = { 2026, 11, 23 },
                                    .channel = FEE_COUNTER };
        struct fee_item *items;
        struct fee_line l;
        size_t count;
        struct err e = { .code = ERR_NONE };

        check_ok(fee_default_items(tables(), &c, test_arena(), &items, &count, &e), e);
        check_int(count, rows[i].count);
        for (size_t k = 0; k < count; k++) {
            check_ok(fee_price(tables(), &c, &items[k], test_arena(), &l, &e), e);
            check(l.net_vnd > 0);
        }
    }
}

/* Circular 117/2026 art. 2(2): one preference only, the largest, wherever it stands in the table.
 */
TEST(the_single_largest_preference_is_taken_in_any_order)
{
#define CUT(id, ppm)                                                                               \
    "{\"id\":\"" id "\",\"fees\":[\"x\"],\"from\":\"2026-01-01\",\"reduction_ppm\":" ppm           \
    ",\"authority\":\"A\",\"basis\":\"B\"}"
#define AGENCY                                                                                     \
    "\"agencies\":[{\"id\":\"A1\",\"from\":\"2026-01-01\",\"place\":\"01\",\"area\":\"ward\","     \
    "\"name_vi\":\"A\",\"name_en\":\"A\",\"tax_code\":\"1\",\"address\":\"A\",\"account\":\"1\","  \
    "\"account_name\":\"A\",\"bank\":\"B\"}]"
#define WITH(cuts)                                                                                 \
    "{" FEES "," AGENCY                                                                            \
    ",\"rules\":[" RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1000") "],\"preferences\":[" cuts  \
                                                                       "]}"
    static const struct {
        const char *text, *taken;
        int64_t net_vnd;
    } rows[] = {
        { WITH(CUT("half", "500000") "," CUT("fifth", "200000")), "half", 500 },
        { WITH(CUT("fifth", "200000") "," CUT("half", "500000")), "half", 500 },
        { WITH(CUT("one", "500000") "," CUT("two", "500000")), "one", 500 },
        { WITH(CUT("a", "100000") "," CUT("b", "300000") "," CUT("c", "200000")), "b", 700 },
    };

    for (size_t i = 0; i < LEN(rows); i++) {
        const struct fee_case c = { .agency_id = STR("A1"), .received_on = { 2026, 11, 23 } };
        const struct fee_item item = { .fee = STR("x"), .quantity = 1 };
        struct fee_table *t = NULL;
        struct fee_line l;
        struct err e = { .code = ERR_NONE };

        check_ok(fee_table_read(str_c(rows[i].text), "t.json", &t, NULL, &e), e);
        check_ok(fee_price(t, &c, &item, test_arena(), &l, &e), e);
        check_str(l.reduction_id, rows[i].taken);
        check_int(l.net_vnd, rows[i].net_vnd);
        fee_table_close(&t);
    }
}

TEST(whether_a_fee_is_paid_back_stands_on_the_line)
{
    const struct pricing kept = ROW("H26.01", "household_business", "2026-11-23", FEE_COUNTER, 0);
    const struct pricing back = ROW("H56.14", "passport", "2026-11-23", FEE_COUNTER, 0);
    struct fee_line l;
    struct err e = { .code = ERR_NONE };

    check_ok(price(&kept, &l, &e), e);
    check(!l.refundable);
    check_ok(price(&back, &l, &e), e);
    check(l.refundable);
}

/* A small table around one rule and its preferences. */
static struct fee_table *small(const char *text)
{
    struct fee_table *t = NULL;
    struct buf mistakes = buf_make(test_arena(), 8192);
    struct err e = { .code = ERR_NONE };

    if (fee_table_read(str_c(text), "t.json", &t, &mistakes, &e).failed)
        test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(buf_str(&mistakes)));
    return t;
}

static struct fee_line small_line(const struct fee_table *t, const char *on, int64_t base_vnd)
{
    const struct fee_case c = {
        .agency_id = STR("A1"), .received_on = day(on), .citizen_known = true, .level = 2
    };
    const struct fee_item item = { .fee = STR("x"), .quantity = 1, .base_vnd = base_vnd };
    struct fee_line l;
    struct err e = { .code = ERR_NONE };

    check_ok(fee_price(t, &c, &item, test_arena(), &l, &e), e);
    return l;
}

TEST(a_ratio_is_of_the_new_base_when_the_base_is_amended)
{
    struct fee_table *t = small("{" FEES "," AGENCY ",\"rules\":[" RULE(
        "\"from\":\"2026-01-01\",\"to\":\"2026-06-30\",\"amount_vnd\":"
        "1000") ",{\"fee\":\"x\",\"authority\":\"A\",\"basis\":\"B\","
                "\"id\":\"r2\",\"from\":"
                "\"2026-07-01\",\"amount_vnd\":3001}],\"preferences\":"
                "[" CUT("half", "500000") "]}");

    check_int(small_line(t, "2026-06-30", 0).net_vnd, 500);
    check_int(small_line(t, "2026-07-01", 0).net_vnd, 1500); /* 1500.5 is cut, halves up */
    fee_table_close(&t);
}

/* Of 1000 half is 500, but no less than 700; the least of the rule itself is of what is not
 * reduced. */
TEST(what_a_preference_leaves_is_never_below_its_own_least)
{
#define HALF                                                                                       \
    "{\"id\":\"half\",\"fees\":[\"x\"],\"from\":\"2026-01-01\",\"reduction_ppm\":500000%s,"        \
    "\"authority\":\"A\",\"basis\":\"B\"}"
    static const struct {
        const char *more;
        int64_t net_vnd;
    } rows[] = {
        { "", 500 },
        { ",\"net_least_vnd\":700", 700 },
        { ",\"net_least_vnd\":500", 500 },
        { ",\"net_least_vnd\":2000", 1000 }, /* a preference makes nothing dearer */
        { ",\"net_most_vnd\":400", 400 },
    };

    for (size_t i = 0; i < LEN(rows); i++) {
        struct arena *a = test_arena();
        struct fee_table *t =
            small(str_cstr(a, str_fmt(a,
                                      "{" FEES "," AGENCY ",\"rules\":[" RULE(
                                          "\"from\":\"2026-01-01\",\"amount_vnd\":1000,\"least_"
                                          "vnd\":900") "],\"preferences\":[" HALF "]}",
                                      rows[i].more)));

        check_int(small_line(t, "2026-02-01", 0).net_vnd, rows[i].net_vnd);
        fee_table_close(&t);
    }
}

TEST(the_narrowest_rule_is_taken_in_any_order)
{
#define WIDE RULE("\"from\":\"2026-01-01\",\"amount_vnd\":1000")
#define NARROW                                                                                     \
    "{\"fee\":\"x\",\"authority\":\"A\",\"basis\":\"B\",\"id\":\"r2\",\"from\":\"2026-01-01\","    \
    "\"places\":[\"01\"],\"amount_vnd\":300}"
    struct fee_table *first = small("{" FEES "," AGENCY ",\"rules\":[" WIDE "," NARROW "]}");
    struct fee_table *last = small("{" FEES "," AGENCY ",\"rules\":[" NARROW "," WIDE "]}");

    check_int(small_line(first, "2026-02-01", 0).net_vnd, 300);
    check_int(small_line(last, "2026-02-01", 0).net_vnd, 300);
    fee_table_close(&first);
    fee_table_close(&last);
}

TEST(amounts_are_rounded_as_the_rule_says)
{
    static const struct {
        const char *round;
        int64_t base_vnd, net_vnd;
    } rows[] = {
        { "", 1499, 1 },
        { "", 1500, 2 },
        { ",\"round_to_vnd\":1000", 1499000, 1000 },
        { ",\"round_to_vnd\":1000", 1500000, 2000 },
        { ",\"round_to_vnd\":1000,\"round\":\"down\"", 1999000, 1000 },
        { ",\"round_to_vnd\":1000,\"round\":\"up\"", 1001000, 2000 },
        { ",\"round_to_vnd\":1000,\"round\":\"up\"", 2000000, 2000 },
        /* the clamp has the last word */
        { ",\"round_to_vnd\":1000,\"round\":\"up\",\"most_vnd\":1500", 1001000, 1500 },
        { ",\"round_to_vnd\":1000,\"round\":\"down\",\"least_vnd\":700", 800000, 700 },
    };

    for (size_t i = 0; i < LEN(rows); i++) {
        struct fee_table *t = small(str_cstr(
            test_arena(), str_fmt(test_arena(),
                                  "{" FEES "," AGENCY ",\"rules\":[{\"id\":\"r\",\"fee\":\"x\","
                                  "\"authority\":\"A\",\"basis\":\"B\",\"from\":\"2026-01-01\","
                                  "\"rate_ppm\":1000%s}]}",
                                  rows[i].round)));

        check_int(small_line(t, "2026-02-01", rows[i].base_vnd).net_vnd, rows[i].net_vnd);
        fee_table_close(&t);
    }
}

TEST(a_cap_in_base_salaries_follows_the_salary_of_the_day)
{
    struct fee_table *t = small("{" FEES "," AGENCY ",\"base_salaries\":[" SALARY(
        "s1",
        "\"from\":\"2026-01-01\",\"to\":\"2026-06-30\"") ",{\"id\":\"s2\",\"amount_vnd\":1500,"
                                                         "\"authority\":\"A\",\"basis\":\"B\","
                                                         "\"from\":"
                                                         "\"2026-07-01\",\"to\":\"2026-07-31\"}],"
                                                         "\"rules\":[" RULE(
                                                             "\"from\":\"2026-01-01\",\"amount_"
                                                             "vnd\":100000") "],\"preferences\":[{"
                                                                             "\"id\":\"p\","
                                                                             "\"fees\":[\"x\"],"
                                                                             "\"from\":\"2026-01-"
                                                                             "01\","
                                                                             "\"reduction_ppm\":"
                                                                             "500000,\"reduction_"
                                                                             "most_salaries\":5,"
                                                                             "\"once_a_year\":"
                                                                             "\"land\","
                                                                             "\"authority\":\"A\","
                                                                             "\"basis\":\"B\"}]}");
    struct fee_line l;

    check_int(small_line(t, "2026-06-30", 0).reduction_vnd, 5000);
    check_int(small_line(t, "2026-07-01", 0).reduction_vnd, 7500);
    l = small_line(t, "2026-08-01", 0); /* no salary is known: the preference cannot be given */
    check_int(l.reduction_vnd, 0);
    check_int(l.explain[l.explain_count - 1].reason, FEE_WHY_SALARY);
    check_str(small_line(t, "2026-06-30", 0).quota, "land");
    fee_table_close(&t);
}

TEST(a_renewed_table_holds_from_then_on_and_a_bad_one_changes_nothing)
{
    struct fee_table *t = small("{" FEES "," AGENCY ",\"rules\":[" RULE(
        "\"from\":\"2026-01-01\",\"amount_vnd\":1000") "]}");
    const struct fee_line before = small_line(t, "2026-02-01", 0);
    struct err e = { .code = ERR_NONE };

    check_fails(fee_table_renew(t, STR("{\"rules\":[{}]}"), 7, NULL, &e), e, ERR_CONFIG);
    check_int(fee_table_version(t), 0);
    check_int(small_line(t, "2026-02-01", 0).net_vnd, 1000);
    check_ok(fee_table_renew(t,
                             STR("{" FEES "," AGENCY ",\"rules\":[" RULE(
                                 "\"from\":\"2026-01-01\",\"amount_vnd\":2000") "]}"),
                             7, NULL, &e),
             e);
    check_int(fee_table_version(t), 7);
    check_int(small_line(t, "2026-02-01", 0).net_vnd, 2000);
    check_str(before.fee, "x"); /* slices of the old rows are still good */
    fee_table_close(&t);
}

/* A cheap sequence of numbers that is the same in each run. */
static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 20;
}

/* Of any case: never negative, parts add up, more value or quantity never costs less, and the same
 * case costs the same; up to the largest amounts. */
TEST(properties_of_every_fee_under_random_cases)
{
    static const char *const agencies[] = { "H56.14", "H56.15", "H26.01", "H26.02", "G01.56" };
    static const char *const categories[] = { "poor", "rural", "seller_integrated",
                                              "vneid_filing" };
    static const char *const fees[] = {
        "id_card_change", "civil_extract",  "registration_land", "registration_car_again",
        "fire_design",    "land_appraisal", "birth_late",        "secured_transaction",
    };
    static const int64_t values[] = { 1, 999, 1000000007, 9007199254740991 };
    uint64_t seed = 20261123;
    size_t priced = 0;

    for (int i = 0; i < 4000; i++) {
        struct pricing p = { .agency = agencies[next(&seed) % LEN(agencies)],
                             .fee = fees[next(&seed) % LEN(fees)],
                             .on = next(&seed) % 2 == 0 ? "2026-11-23" : "2027-03-01",
                             .channel = (enum fee_channel)(next(&seed) % 2),
                             .level = (int)(next(&seed) % 3),
                             .category = { categories[next(&seed) % LEN(categories)] },
                             .quantity = (int64_t)(next(&seed) % 100000) + 1,
                             .base_vnd = values[next(&seed) % LEN(values)] };
        struct fee_line x, y, more;
        struct err e = { .code = ERR_NONE };

        if (price(&p, &x, &e).failed) {
            check(e.code == ERR_BUSINESS_RULE || e.code == ERR_INVALID);
            continue;
        }
        priced++;
        check_ok(price(&p, &y, &e), e);
        check_int(x.net_vnd, y.net_vnd);
        check(x.net_vnd >= 0 && x.reduction_vnd >= 0 && x.retained_vnd >= 0 && x.budget_vnd >= 0);
        check_int(x.gross_vnd - x.reduction_vnd, x.net_vnd);
        check_int(x.retained_vnd + x.budget_vnd, x.net_vnd);
        p.quantity = p.quantity < 100000 ? p.quantity + 1 : p.quantity;
        if (!price(&p, &more, &e).failed)
            check(more.gross_vnd >= x.gross_vnd && more.net_vnd >= x.net_vnd);
        p.base_vnd = 9007199254740992;
        check_fails(price(&p, &more, &e), e, ERR_INVALID);
    }
    check(priced > 1000);
}
