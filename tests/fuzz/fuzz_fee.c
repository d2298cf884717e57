/* Fee tables: a table that is taken prices every fee without contradicting itself. */
/* rooms: base crypto conf paper store http payments */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/bill.h"
#include "payments/fee_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* What an order keeps of the explanation reads back. */
static void explain_again(const struct fee_line *line, struct arena *a)
{
    struct json *list = fee_explain_json(line);
    struct fee_line back = { .fee = line->fee };

    must(!fee_explain_read(json_print(a, list), &back, a, NULL).failed);
    must(back.explain_count == line->explain_count);
    json_close(&list);
}

static void price(const struct fee_table *t, struct str agency, struct str fee, struct arena *a)
{
    static const struct str categories[] = { { "poor", 4 }, { "seller_integrated", 17 } };

    for (int level = 0; level < 3; level++) {
        const struct fee_case c = { .agency_id = agency,
                                    .received_on = { 2026, 11, 23 },
                                    .channel = (enum fee_channel)(level & 1),
                                    .level = level,
                                    .categories = categories,
                                    .category_count = 2,
                                    .citizen_known = level == 2 };
        const struct fee_item item = { .fee = fee,
                                       .quantity = level == 1 ? 100000 : 3,
                                       .base_vnd = level == 0 ? 1000000007 : 9007199254740991 };
        struct fee_line line;
        struct bill b = { .lines = &line, .count = 1 };

        if (!fee_price(t, &c, &item, a, &line, NULL).failed) {
            must(!bill_sum(&b, a, NULL).failed && line.net_vnd >= 0);
            explain_again(&line, a);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(64u << 20);
    struct fee_table *t = NULL;
    const struct fee_rows *rows;
    struct json *catalogue;

    if (n <= 65536 && !fee_table_read(str_of(bytes, n), "f", &t, NULL, NULL).failed) {
        rows = fee_rows_of(t);
        for (size_t i = 0; i < rows->fee_count && i < 20; i++)
            for (size_t k = 0; k < rows->agency_count && k < 5; k++)
                price(t, rows->agencies[k].agency.id, rows->fees[i].code, a);
        catalogue = fee_catalogue(t, (struct date){ 2026, 11, 23 }, STR(""), STR(""));
        json_close(&catalogue);
        fee_table_close(&t);
    }
    arena_close(&a);
    return 0;
}
