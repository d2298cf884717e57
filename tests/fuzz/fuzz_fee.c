/* Fee tables: a table that is taken prices every fee without contradicting itself. */
/* rooms: base crypto conf paper store http payments */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/bill.h"
#include "payments/fee_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void price(const struct fee_table *t, struct str agency, struct str fee, struct arena *a)
{
    static const struct str categories[] = { { "poor", 4 } };

    for (int level = 0; level < 3; level++) {
        const struct fee_case c = { .agency_id = agency,
                                    .received_on = { 2026, 11, 23 },
                                    .channel = (enum fee_channel)(level & 1),
                                    .level = level,
                                    .categories = categories,
                                    .category_count = 1 };
        const struct fee_item item = { .fee = fee, .quantity = 3, .base_vnd = 1000000007 };
        struct fee_line line;
        struct bill b = { .lines = &line, .count = 1 };

        if (!fee_price(t, &c, &item, a, &line, NULL).failed)
            must(!bill_sum(&b, a, NULL).failed && line.net_vnd >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(64u << 20);
    struct fee_table *t = NULL;
    struct json *catalogue;

    if (n <= 65536 && !fee_table_read(str_of(bytes, n), "f", &t, NULL, NULL).failed) {
        for (size_t i = 0; i < t->fee_count && i < 20; i++)
            for (size_t k = 0; k < t->agency_count && k < 5; k++)
                price(t, t->agencies[k].agency.id, t->fees[i].code, a);
        catalogue = fee_catalogue(t, (struct date){ 2026, 11, 23 }, STR(""), STR(""));
        json_close(&catalogue);
        fee_table_close(&t);
    }
    arena_close(&a);
    return 0;
}
