/* System, portal or bank, and treasury beside each other, per payment of a day. */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/threeway.h"
#include "http/form.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

enum {
    COL_DOSSIER,
    COL_REFERENCE,
    COL_AGENCY,
    COL_SYSTEM,
    COL_BANK_CODE,
    COL_BANK,
    COL_TREASURY_CODE,
    COL_TREASURY,
    COL_STATUS
};
static const struct table_column columns[] = {
    [COL_DOSSIER] = { .name = "dossier", .text = "threeway.dossier", .kind = TABLE_LINK },
    [COL_REFERENCE] = { .name = "reference",
                        .text = "threeway.reference",
                        .kind = TABLE_TEXT,
                        .wide_only = true },
    [COL_AGENCY] = { .name = "agency",
                     .text = "threeway.agency",
                     .kind = TABLE_TEXT,
                     .wide_only = true },
    [COL_SYSTEM] = { .name = "system", .text = "threeway.system", .kind = TABLE_MONEY },
    [COL_BANK_CODE] = { .name = "nh", .text = "threeway.bank_code", .kind = TABLE_STATE },
    [COL_BANK] = { .name = "bank", .text = "threeway.bank", .kind = TABLE_MONEY },
    [COL_TREASURY_CODE] = { .name = "kb", .text = "threeway.treasury_code", .kind = TABLE_STATE },
    [COL_TREASURY] = { .name = "treasury", .text = "threeway.treasury", .kind = TABLE_MONEY },
    [COL_STATUS] = { .name = "treasury_ref",
                     .text = "threeway.treasury_ref",
                     .kind = TABLE_TEXT,
                     .wide_only = true },
};

enum { BY_DAY, BY_ONLY };
static const struct table_filter filters[] = {
    [BY_DAY] = { .name = "day",
                 .text = "threeway.day",
                 .kind = TABLE_BY_DAYS,
                 .hint = "threeway.day_hint" },
    [BY_ONLY] = { .name = "only",
                  .text = "threeway.only",
                  .kind = TABLE_BY_CHOICE,
                  .choices = "differences",
                  .choice_text = "threeway.only_" },
};

/* One day: the first of the range, or yesterday. */
static struct threeway_query query_of(const struct ctx *c, const struct table_query *q)
{
    struct threeway_query t = { .day = date_add_days(clock_local(c->now_ms).date, -1),
                                .differences = q->values[BY_ONLY].text.n > 0,
                                .after = q->after,
                                .most = q->most };
    struct date day;

    if (q->values[BY_DAY].is_set && date_read(q->values[BY_DAY].from_day, &day) &&
        date_is_valid(day))
        t.day = day;
    return t;
}

static void put_code(struct ctx *c, struct table_row *row, size_t column, enum threeway_code code)
{
    static const enum table_look looks[] = { TABLE_WARN, TABLE_GOOD, TABLE_BAD, TABLE_BAD };

    table_state(
        row, column, looks[code],
        str_fmt(c->arena, "%s %.*s", threeway_code_name(code),
                STR_ARG(officer_text(c, "threeway.code.", str_c(threeway_code_name(code))))));
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const struct threeway_query t = query_of(c, q);
    struct threeway_row *list;
    size_t n;

    TRY(threeway_rows(&c->app->office, &t, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const struct threeway_row *r = &list[i];
        struct table_row *row = table_row(rows, r->reference);

        if (row == NULL)
            return OK;
        table_link(row, COL_DOSSIER, r->dossier,
                   str_cat(c->arena, STR("/finance/orders/"), r->order_id));
        table_text(row, COL_REFERENCE, r->reference);
        table_text(row, COL_AGENCY, r->agency_id);
        table_number(row, COL_SYSTEM, r->system_vnd);
        put_code(c, row, COL_BANK_CODE, r->bank);
        table_number(row, COL_BANK, r->bank_vnd);
        put_code(c, row, COL_TREASURY_CODE, r->treasury);
        table_number(row, COL_TREASURY, r->treasury_vnd);
        if (r->treasury_ref.n > 0)
            table_text(row, COL_STATUS, r->treasury_ref);
    }
    return OK;
}

static result sum_rows(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                       struct err *e)
{
    const struct threeway_query t = query_of(c, q);
    struct threeway_sums s;

    TRY(threeway_sums(&c->app->office, &t, c->arena, &s, e));
    totals->count = s.count;
    table_sum(totals, COL_SYSTEM, s.vnd);
    table_sum(totals, COL_BANK, s.bank_vnd);
    table_sum(totals, COL_TREASURY, s.treasury_vnd);
    return OK;
}

static const struct table threeway = { .name = "threeway",
                                       .title = "threeway.title",
                                       .columns = columns,
                                       .column_count = LEN(columns),
                                       .filters = filters,
                                       .filter_count = LEN(filters),
                                       .rows = find_rows,
                                       .totals = sum_rows };

/* GET /finance/threeway */
result page_threeway(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct table_page page = { .table = &threeway, .tab = "threeway" };

    return table_answer(c, rq, rs, &page, e);
}
