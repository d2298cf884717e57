/* Receipts of all bodies as a list, and whose numbers are used how far, without a gap. */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/receipt_range.h"
#include "payments/receipt_search.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

#define YEARS_SHOWN 3

enum {
    COL_NUMBER,
    COL_FORM,
    COL_KIND,
    COL_STATE,
    COL_ISSUED,
    COL_DOSSIER,
    COL_AMOUNT,
    COL_SIGNED,
    COL_AGENCY,
    COL_UNIT,
    COL_TRANSACTION
};
static const struct table_column columns[] = {
    [COL_NUMBER] = { .name = "number", .text = "verify.number", .kind = TABLE_LINK },
    [COL_FORM] = { .name = "form", .text = "receipts.form", .kind = TABLE_TEXT, .wide_only = true },
    [COL_KIND] = { .name = "kind", .text = "verify.kind", .kind = TABLE_TEXT },
    [COL_STATE] = { .name = "state", .text = "verify.state", .kind = TABLE_STATE },
    [COL_ISSUED] = { .name = "issued",
                     .text = "verify.issued",
                     .kind = TABLE_TIME,
                     .sortable = true },
    [COL_DOSSIER] = { .name = "dossier", .text = "receipts.dossier", .kind = TABLE_LINK },
    [COL_AMOUNT] = { .name = "amount", .text = "verify.amount", .kind = TABLE_MONEY },
    [COL_SIGNED] = { .name = "signed", .text = "receipts.signed", .kind = TABLE_TIME },
    [COL_AGENCY] = { .name = "agency", .text = "verify.agency", .kind = TABLE_TEXT, .wraps = true },
    [COL_UNIT] = { .name = "unit",
                   .text = "receipts.delegate",
                   .kind = TABLE_TEXT,
                   .wide_only = true,
                   .wraps = true },
    [COL_TRANSACTION] = { .name = "transaction",
                          .text = "txn.transaction",
                          .kind = TABLE_TEXT,
                          .wide_only = true },
};

enum { BY_NUMBER, BY_STATE, BY_KIND, BY_AGENCY, BY_ISSUED, BY_AMOUNT };
static const struct table_filter filters[] = {
    [BY_NUMBER] = { .name = "q",
                    .text = "receipts.search",
                    .kind = TABLE_BY_TEXT,
                    .hint = "txn.number_hint" },
    [BY_STATE] = { .name = "state",
                   .text = "verify.state",
                   .kind = TABLE_BY_CHOICE,
                   .choices = "issued notified replaced",
                   .choice_text = "receipts.state." },
    [BY_KIND] = { .name = "kind",
                  .text = "verify.kind",
                  .kind = TABLE_BY_CHOICE,
                  .choices = "phi le_phi",
                  .choice_text = "receipts.kind." },
    [BY_AGENCY] = { .name = "agency", .text = "verify.agency", .kind = TABLE_BY_CHOICE },
    [BY_ISSUED] = { .name = "issued", .text = "verify.issued", .kind = TABLE_BY_DAYS },
    [BY_AMOUNT] = { .name = "amount", .text = "verify.amount", .kind = TABLE_BY_AMOUNT },
};

static struct receipt_search search_of(const struct table_query *q)
{
    const struct str kind = q->values[BY_KIND].text;
    struct receipt_search s = { .what = q->values[BY_NUMBER].text,
                                .state = q->values[BY_STATE].text,
                                .agency_id = q->values[BY_AGENCY].text,
                                .from_ms = q->values[BY_ISSUED].from_ms,
                                .to_ms = q->values[BY_ISSUED].to_ms,
                                .least_vnd = q->values[BY_AMOUNT].least_vnd,
                                .most_vnd = q->values[BY_AMOUNT].most_vnd,
                                .descending = q->descending };
    struct str at;

    if (kind.n > 0)
        s.kind = str_is(kind, "phi") ? FEE_PHI : FEE_LE_PHI;
    s.has_after = str_cut(q->after, '.', &at, &s.after_id) && str_to_i64(at, &s.after_ms);
    return s;
}

static void put_row(struct ctx *c, struct table_row *row, const struct receipt_hit *h)
{
    table_link(row, COL_NUMBER,
               str_fmt(c->arena, "%.*s-%.*s", STR_ARG(h->serial), STR_ARG(h->number_text)),
               str_cat(c->arena, STR("/finance/receipts/"), h->id));
    table_text(row, COL_FORM, h->form);
    table_text(row, COL_KIND, view_kind(c, h->kind));
    table_state(row, COL_STATE, str_is(h->state, "issued") ? TABLE_GOOD : TABLE_WARN,
                officer_text(c, "receipts.state.", h->state));
    table_time(row, COL_ISSUED, h->issued_ms);
    table_link(row, COL_DOSSIER, h->reference,
               str_cat(c->arena, STR("/finance/orders/"), h->order_id));
    table_number(row, COL_AMOUNT, h->amount_vnd);
    table_time(row, COL_SIGNED, h->signed_ms);
    table_text(row, COL_AGENCY, h->body_name);
    if (h->delegate_name.n > 0)
        table_text(row, COL_UNIT, h->delegate_name);
    table_text(row, COL_TRANSACTION, h->portal_txn);
    if (h->signed_ms == 0)
        table_mark(row, TABLE_WARN);
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const struct receipt_search s = search_of(q);
    struct receipt_hit *list;
    size_t n;

    TRY(receipt_search(&c->app->till, &s, q->most, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        put_row(c,
                table_row(rows, str_fmt(c->arena, "%lld.%.*s", (long long)list[i].issued_ms,
                                        STR_ARG(list[i].id))),
                &list[i]);
    return OK;
}

static result sum_rows(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                       struct err *e)
{
    const struct receipt_search s = search_of(q);
    struct receipt_sums sums;

    TRY(receipt_search_sums(&c->app->till, &s, &sums, e));
    totals->count = sums.count;
    table_sum(totals, COL_AMOUNT, sums.amount_vnd);
    return OK;
}

static result choose(struct ctx *c, size_t filter, struct table_choices *list, struct err *e)
{
    const struct date today = clock_local(c->now_ms).date;
    struct fee_agency agency;

    (void)filter;
    (void)e;
    for (size_t i = 0; fee_agency_at(c->app->fees, i, today, &agency); i++)
        table_choice(list, agency.id, view_either(c, agency.name_vi, agency.name_en));
    return OK;
}

static const struct table receipts = { .name = "receipts",
                                       .title = "receipts.title",
                                       .columns = columns,
                                       .column_count = LEN(columns),
                                       .filters = filters,
                                       .filter_count = LEN(filters),
                                       .sort = "-issued",
                                       .rows = find_rows,
                                       .totals = sum_rows,
                                       .choose = choose };

/* GET /finance/receipts */
result page_receipts(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct table_page page = { .table = &receipts, .tab = "receipts" };

    return table_answer(c, rq, rs, &page, e);
}

/* ---- numbers ---- */

enum {
    RANGE_AGENCY,
    RANGE_UNIT,
    RANGE_FORM,
    RANGE_SERIAL,
    RANGE_FIRST,
    RANGE_LAST,
    RANGE_USED,
    RANGE_LEFT,
    RANGE_GAPS,
    RANGE_STATE
};
static const struct table_column range_columns[] = {
    [RANGE_AGENCY] = { .name = "agency", .text = "verify.agency", .kind = TABLE_LINK },
    [RANGE_UNIT] = { .name = "unit", .text = "receipts.unit", .kind = TABLE_TEXT },
    [RANGE_FORM] = { .name = "form", .text = "receipts.form", .kind = TABLE_TEXT },
    [RANGE_SERIAL] = { .name = "serial", .text = "receipts.serial", .kind = TABLE_TEXT },
    [RANGE_FIRST] = { .name = "first", .text = "receipts.first", .kind = TABLE_TEXT },
    [RANGE_LAST] = { .name = "last", .text = "receipts.last", .kind = TABLE_TEXT },
    [RANGE_USED] = { .name = "used", .text = "receipts.used", .kind = TABLE_COUNT },
    [RANGE_LEFT] = { .name = "left", .text = "receipts.left", .kind = TABLE_COUNT },
    [RANGE_GAPS] = { .name = "gaps", .text = "receipts.gaps", .kind = TABLE_COUNT },
    [RANGE_STATE] = { .name = "state", .text = "verify.state", .kind = TABLE_STATE },
};
enum { RANGES_BY_YEAR, RANGES_BY_AGENCY };
static const struct table_filter range_filters[] = {
    [RANGES_BY_YEAR] = { .name = "year", .text = "receipts.year", .kind = TABLE_BY_CHOICE },
    [RANGES_BY_AGENCY] = { .name = "agency", .text = "verify.agency", .kind = TABLE_BY_CHOICE },
};

static result ranges_of(struct ctx *c, const struct table_query *q, struct receipt_range **list,
                        size_t *n, struct err *e)
{
    int64_t year = clock_local(c->now_ms).date.y;

    (void)str_to_i64(q->values[RANGES_BY_YEAR].text, &year);
    return receipt_range_list(&c->app->till, year, q->values[RANGES_BY_AGENCY].text, c->arena, list,
                              n, e);
}

/* A unit's numbers come to an end: nine tenths are used. */
static bool is_short(const struct receipt_range *g)
{
    return g->unit.n > 0 && g->used * 10 >= (g->last - g->first + 1) * 9;
}

static void put_range(struct ctx *c, struct table_row *row, const struct receipt_range *g)
{
    const struct date day = { (int)g->year, 12, 31 };
    const char *word = g->gaps != 0  ? "receipts.range.gaps"
                       : is_short(g) ? "receipts.range.short"
                                     : "receipts.range.whole";
    struct fee_agency agency;
    struct err none;

    table_link(row, RANGE_AGENCY,
               fee_agency_find(c->app->fees, g->agency_id, day, &agency, &none).failed
                   ? g->agency_id
                   : view_either(c, agency.name_vi, agency.name_en),
               str_fmt(c->arena,
                       "/finance/receipts?agency=%.*s&issued_from=%lld-01-01&issued_to=%lld-12-31",
                       STR_ARG(g->agency_id), (long long)g->year, (long long)g->year));
    table_text(row, RANGE_UNIT, g->unit.n > 0 ? g->unit : view_text(c, "receipts.own"));
    table_text(row, RANGE_FORM, g->form);
    table_text(row, RANGE_SERIAL, g->serial);
    table_text(row, RANGE_FIRST, receipt_number_text(c->arena, g->first));
    table_text(row, RANGE_LAST, receipt_number_text(c->arena, g->last));
    table_number(row, RANGE_USED, g->used);
    table_number(row, RANGE_LEFT, g->left);
    table_number(row, RANGE_GAPS, g->gaps);
    table_state(row, RANGE_STATE,
                g->gaps != 0  ? TABLE_BAD
                : is_short(g) ? TABLE_WARN
                              : TABLE_GOOD,
                view_text(c, word));
}

static result range_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                         struct err *e)
{
    struct receipt_range *list;
    int64_t from = 0;
    size_t n;

    TRY(ranges_of(c, q, &list, &n, e));
    (void)str_to_i64(q->after, &from);
    for (size_t i = (size_t)from; i < n && i < (size_t)from + q->most; i++)
        put_range(c, table_row(rows, str_fmt(c->arena, "%zu", i + 1)), &list[i]);
    return OK;
}

static result range_sums(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                         struct err *e)
{
    struct receipt_range *list;
    int64_t used = 0, gaps = 0;
    size_t n;

    TRY(ranges_of(c, q, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        used += list[i].used;
        gaps += list[i].gaps < 0 ? -list[i].gaps : list[i].gaps;
    }
    totals->count = (int64_t)n;
    table_sum(totals, RANGE_USED, used);
    table_sum(totals, RANGE_GAPS, gaps);
    return OK;
}

static result range_choose(struct ctx *c, size_t filter, struct table_choices *list, struct err *e)
{
    const int year = clock_local(c->now_ms).date.y;

    if (filter == RANGES_BY_AGENCY)
        return choose(c, filter, list, e);
    for (int i = 0; i < YEARS_SHOWN; i++) {
        const struct str text = str_i64(c->arena, year - i);

        table_choice(list, text, text);
    }
    return OK;
}

static const struct table ranges = { .name = "ranges",
                                     .title = "nav.ranges",
                                     .columns = range_columns,
                                     .column_count = LEN(range_columns),
                                     .filters = range_filters,
                                     .filter_count = LEN(range_filters),
                                     .rows = range_rows,
                                     .totals = range_sums,
                                     .choose = range_choose,
                                     .empty = "receipts.no_numbers" };

/* Numbers begin anew with the year: which serial the next has, and that ranges end with theirs. */
static struct str next_year(struct ctx *c)
{
    const int year = clock_local(c->now_ms).date.y + 1;
    const struct str parts[] = { str_i64(c->arena, year),
                                 str_fmt(c->arena, "%02dT%.*s", year % 100,
                                         STR_ARG(c->app->till.receipt_letters)) };

    return view_fill(c, "receipts.next_year", parts, LEN(parts));
}

/* GET /finance/ranges */
result page_ranges(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct table_page page = { .table = &ranges, .tab = "ranges", .data = data };

    json_put_str(data, "lead", next_year(c));
    return table_answer(c, rq, rs, &page, e);
}
