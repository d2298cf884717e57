/* Every dated rule and preference of the shipped tables on the days around its dates, for one case
 * that meets each condition but the date. */
#include "payments/fee.h"
#include "tests/test.h"

static const struct {
    const char *agency, *fee;
    enum fee_channel channel;
    int level;
    const char *category;
    int64_t base_vnd;
    const char *on;
    int64_t net_vnd; /* -1: no rate is in force; -2: the agency was not there yet */
    const char *reduction;
} rows[] = {
    /* Circular 73/2024, from 21/10/2024; 64/2025 from 1/7/2025 to 31/12/2026 */
    { "H56.14", "id_card_change", FEE_COUNTER, 0, NULL, 0, "2025-06-30", -2, "" },
    { "H56.14", "id_card_change", FEE_COUNTER, 0, NULL, 0, "2025-07-01", 25000,
      "tt64-2025.id_card" },
    { "H56.14", "id_card_change", FEE_COUNTER, 0, NULL, 0, "2025-07-02", 25000,
      "tt64-2025.id_card" },
    { "H56.14", "id_card_reissue", FEE_ONLINE, 1, NULL, 0, "2026-12-30", 35000,
      "tt64-2025.id_card" },
    { "H56.14", "id_card_reissue", FEE_ONLINE, 1, NULL, 0, "2026-12-31", 35000,
      "tt64-2025.id_card" },
    { "H56.14", "id_card_reissue", FEE_ONLINE, 1, NULL, 0, "2027-01-01", 70000, "" },
    /* Circular 117/2026, 15/8/2026 to 28/2/2027: each of its points */
    { "H56.14", "id_card_change", FEE_ONLINE, 2, NULL, 0, "2026-08-14", 25000,
      "tt64-2025.id_card" },
    { "H56.14", "id_card_change", FEE_ONLINE, 2, NULL, 0, "2026-08-15", 0, "tt117-2026.4" },
    { "H56.14", "id_card_change", FEE_ONLINE, 2, NULL, 0, "2026-08-16", 0, "tt117-2026.4" },
    { "H56.14", "id_card_change", FEE_ONLINE, 2, NULL, 0, "2027-02-27", 0, "tt117-2026.4" },
    { "H56.14", "id_card_change", FEE_ONLINE, 2, NULL, 0, "2027-02-28", 0, "tt117-2026.4" },
    { "H56.14", "id_card_change", FEE_ONLINE, 2, NULL, 0, "2027-03-01", 50000, "" },
    { "H56.14", "civil_extract", FEE_ONLINE, 2, NULL, 0, "2026-08-14", 8000, "" },
    { "H56.14", "civil_extract", FEE_ONLINE, 2, NULL, 0, "2026-08-15", 0, "tt117-2026.2" },
    { "H56.14", "civil_extract", FEE_ONLINE, 2, NULL, 0, "2027-02-28", 0, "tt117-2026.2" },
    { "H56.14", "civil_extract", FEE_ONLINE, 2, NULL, 0, "2027-03-01", 8000, "" },
    { "G01.56", "residence", FEE_ONLINE, 2, NULL, 0, "2026-08-14", 10000, "" },
    { "G01.56", "residence", FEE_ONLINE, 2, NULL, 0, "2026-08-15", 0, "tt117-2026.3" },
    { "G01.56", "residence", FEE_COUNTER, 2, NULL, 0, "2026-08-15", 20000, "" },
    { "G01.56", "residence", FEE_ONLINE, 2, NULL, 0, "2027-02-28", 0, "tt117-2026.3" },
    { "G01.56", "residence", FEE_ONLINE, 2, NULL, 0, "2027-03-01", 10000, "" },
    { "G01.56", "criminal_record", FEE_ONLINE, 2, NULL, 0, "2026-08-14", 200000, "" },
    { "G01.56", "criminal_record", FEE_ONLINE, 2, NULL, 0, "2026-08-15", 0, "tt117-2026.5" },
    { "G01.56", "criminal_record", FEE_ONLINE, 2, NULL, 0, "2027-02-28", 0, "tt117-2026.5" },
    { "G01.56", "criminal_record", FEE_ONLINE, 2, NULL, 0, "2027-03-01", 200000, "" },
    { "G01.56", "driving_licence", FEE_ONLINE, 2, NULL, 0, "2026-08-14", 135000, "" },
    { "G01.56", "driving_licence", FEE_ONLINE, 2, NULL, 0, "2026-08-15", 0, "tt117-2026.6" },
    { "G01.56", "driving_licence", FEE_ONLINE, 2, NULL, 0, "2027-02-28", 0, "tt117-2026.6" },
    { "G01.56", "driving_licence", FEE_ONLINE, 2, NULL, 0, "2027-03-01", 135000, "" },
    { "G01.56", "vehicle_registration_change", FEE_ONLINE, 2, NULL, 0, "2026-08-14", 50000, "" },
    { "G01.56", "vehicle_registration_change", FEE_ONLINE, 2, NULL, 0, "2026-08-15", 0,
      "tt117-2026.7" },
    { "G01.56", "vehicle_registration_temporary", FEE_ONLINE, 2, NULL, 0, "2027-02-28", 0,
      "tt117-2026.7" },
    { "G01.56", "vehicle_registration_temporary", FEE_ONLINE, 2, NULL, 0, "2027-03-01", 50000, "" },
    { "G01.56", "passport", FEE_ONLINE, 2, NULL, 0, "2026-08-14", 200000, "" },
    { "G01.56", "passport", FEE_ONLINE, 2, NULL, 0, "2026-08-15", 0, "tt117-2026.8" },
    { "G01.56", "passport", FEE_ONLINE, 1, NULL, 0, "2026-08-15", 200000, "" },
    { "G01.56", "passport", FEE_ONLINE, 2, NULL, 0, "2027-02-28", 0, "tt117-2026.8" },
    { "G01.56", "passport", FEE_ONLINE, 2, NULL, 0, "2027-03-01", 200000, "" },
    { "G01.56", "secured_transaction", FEE_ONLINE, 2, NULL, 0, "2026-08-14", 80000, "" },
    { "G01.56", "secured_transaction", FEE_ONLINE, 2, NULL, 0, "2026-08-15", 40000,
      "tt117-2026.9" },
    { "G01.56", "secured_transaction", FEE_ONLINE, 2, NULL, 0, "2027-02-28", 40000,
      "tt117-2026.9" },
    { "G01.56", "secured_transaction", FEE_ONLINE, 2, NULL, 0, "2027-03-01", 80000, "" },
    { "G01.56", "fire_design", FEE_ONLINE, 2, NULL, 9000000000000, "2026-08-14", 150000000, "" },
    { "G01.56", "fire_design", FEE_ONLINE, 2, NULL, 9000000000000, "2026-08-15", 75000000,
      "tt117-2026.10" },
    { "G01.56", "fire_design", FEE_ONLINE, 2, NULL, 9000000000000, "2027-02-28", 75000000,
      "tt117-2026.10" },
    { "G01.56", "fire_design", FEE_ONLINE, 2, NULL, 9000000000000, "2027-03-01", 150000000, "" },
    { "H26.01", "registration_land", FEE_ONLINE, 2, "seller_integrated", 2000000000, "2026-08-14",
      10000000, "" },
    { "H26.01", "registration_land", FEE_ONLINE, 2, "seller_integrated", 2000000000, "2026-08-15",
      9000000, "tt117-2026.1" },
    { "H26.01", "registration_land", FEE_ONLINE, 1, "seller_integrated", 2000000000, "2026-08-15",
      10000000, "" },
    { "H26.01", "registration_land", FEE_ONLINE, 2, "seller_integrated", 2000000000, "2027-02-28",
      9000000, "tt117-2026.1" },
    { "H26.01", "registration_land", FEE_ONLINE, 2, "seller_integrated", 2000000000, "2027-03-01",
      10000000, "" },
    { "G01.56", "registration_car_again", FEE_ONLINE, 2, "seller_integrated", 500000000,
      "2026-08-14", 10000000, "" },
    { "G01.56", "registration_car_again", FEE_ONLINE, 2, "seller_integrated", 500000000,
      "2026-08-15", 5000000, "tt117-2026.1-car" },
    /* half of 40,000,000 is more than 5 x 2,340,000 */
    { "G01.56", "registration_car_again", FEE_ONLINE, 2, "seller_integrated", 2000000000,
      "2026-08-15", 28300000, "tt117-2026.1-car" },
    { "G01.56", "registration_car_again", FEE_ONLINE, 2, "seller_integrated", 500000000,
      "2027-03-01", 10000000, "" },
    { "G01.56", "registration_motorbike_again", FEE_ONLINE, 2, "seller_integrated", 30000000,
      "2026-08-14", 300000, "" },
    { "G01.56", "registration_motorbike_again", FEE_ONLINE, 2, "seller_integrated", 30000000,
      "2026-08-15", 0, "tt117-2026.1-motorbike" },
    { "G01.56", "registration_motorbike_again", FEE_ONLINE, 2, "seller_integrated", 30000000,
      "2027-03-01", 300000, "" },
    /* Circular 29/2026: VNeID filing, 1/4/2026 to 31/12/2026 */
    { "G01.56", "criminal_record", FEE_ONLINE, 1, "vneid_filing", 0, "2026-03-31", 200000, "" },
    { "G01.56", "criminal_record", FEE_ONLINE, 1, "vneid_filing", 0, "2026-04-01", 0,
      "tt29-2026.vneid" },
    { "G01.56", "criminal_record", FEE_COUNTER, 1, "vneid_filing", 0, "2026-04-02", 200000, "" },
    { "G01.56", "criminal_record", FEE_ONLINE, 1, "vneid_filing", 0, "2026-12-31", 0,
      "tt29-2026.vneid" },
    { "G01.56", "criminal_record", FEE_ONLINE, 1, "vneid_filing", 0, "2027-01-01", 200000, "" },
    /* Circular 63/2023: online, until 31/12/2025 */
    { "G01.56", "driving_licence", FEE_ONLINE, 1, NULL, 0, "2025-12-30", 115000, "" },
    { "G01.56", "driving_licence", FEE_ONLINE, 1, NULL, 0, "2025-12-31", 115000, "" },
    { "G01.56", "driving_licence", FEE_ONLINE, 1, NULL, 0, "2026-01-01", 135000, "" },
    /* Resolution 78/2026 of Hanoi, from 25/7/2026 */
    { "H26.01", "household_business", FEE_ONLINE, 1, NULL, 0, "2026-07-24", -1, "" },
    { "H26.01", "household_business", FEE_ONLINE, 1, NULL, 0, "2026-07-25", 0, "" },
    { "H26.01", "household_business", FEE_COUNTER, 1, NULL, 0, "2026-07-26", 100000, "" },
};

static struct fee_table *tables(void)
{
    struct arena *a = test_arena();
    struct fee_table *t = NULL;
    struct err e = { .code = ERR_NONE };

    check_ok(fee_table_open(str_cstr(a, str_fmt(a, "%s/conf/fees", test_source())), &t, NULL, &e),
             e);
    return t;
}

TEST(each_fixture_on_the_days_around_its_dates)
{
    struct fee_table *t = tables();

    for (size_t i = 0; i < LEN(rows); i++) {
        const struct str category = str_c(rows[i].category);
        struct fee_case c = { .agency_id = str_c(rows[i].agency),
                              .channel = rows[i].channel,
                              .level = rows[i].level,
                              .categories = &category,
                              .category_count = rows[i].category != NULL,
                              .citizen_known = true };
        const struct fee_item item = { .fee = str_c(rows[i].fee),
                                       .quantity = 1,
                                       .base_vnd = rows[i].base_vnd };
        struct fee_line l;
        struct err e = { .code = ERR_NONE };

        check(date_read(str_c(rows[i].on), &c.received_on));
        if (rows[i].net_vnd < 0) {
            check_fails(fee_price(t, &c, &item, test_arena(), &l, &e), e,
                        rows[i].net_vnd == -1 ? ERR_BUSINESS_RULE : ERR_INVALID);
            continue;
        }
        check_ok(fee_price(t, &c, &item, test_arena(), &l, &e), e);
        if (l.net_vnd != rows[i].net_vnd || !str_is(l.reduction_id, rows[i].reduction))
            test_fail(__FILE__, __LINE__, "row %zu %s %s: net %lld by %.*s", i, rows[i].fee,
                      rows[i].on, (long long)l.net_vnd, STR_ARG(l.reduction_id));
    }
    fee_table_close(&t);
}
