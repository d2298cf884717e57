/*
 * The books: trial balance of a span, statements of accounts, journals with their hashes. Nothing
 * can be changed here; proving them is started from here (web/progress.h).
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/fee.h"
#include "payments/ledger_view.h"
#include "web/officer.h"
#include "web/progress.h"
#include "web/table.h"
#include "web/view.h"

#define HASH_SHOWN 12

static struct str account_name(struct ctx *c, int account)
{
    return officer_text(c, "ledger.account.", str_i64(c->arena, account));
}

static result choose_agency(struct ctx *c, size_t filter, struct table_choices *list, struct err *e)
{
    const struct date today = clock_local(c->now_ms).date;
    struct fee_agency agency;

    (void)filter;
    (void)e;
    for (size_t i = 0; fee_agency_at(c->app->fees, i, today, &agency); i++)
        table_choice(list, agency.id, view_either(c, agency.name_vi, agency.name_en));
    return OK;
}

/* ---- trial balance ---- */

enum { COL_ACCOUNT, COL_NAME, COL_SIDE, COL_OPENING, COL_DEBIT, COL_CREDIT, COL_CLOSING };
static const struct table_column balance_columns[] = {
    [COL_ACCOUNT] = { .name = "account", .text = "books.account", .kind = TABLE_LINK },
    [COL_NAME] = { .name = "name", .text = "books.name", .kind = TABLE_TEXT, .wraps = true },
    [COL_SIDE] = { .name = "side", .text = "books.side", .kind = TABLE_TEXT, .wide_only = true },
    [COL_OPENING] = { .name = "opening", .text = "books.opening", .kind = TABLE_MONEY },
    [COL_DEBIT] = { .name = "debit", .text = "books.debit", .kind = TABLE_MONEY },
    [COL_CREDIT] = { .name = "credit", .text = "books.credit", .kind = TABLE_MONEY },
    [COL_CLOSING] = { .name = "closing", .text = "books.closing", .kind = TABLE_MONEY },
};
enum { BY_SPAN, BY_AGENCY, BY_KIND };
static const struct table_filter balance_filters[] = {
    [BY_SPAN] = { .name = "day", .text = "books.day", .kind = TABLE_BY_DAYS },
    [BY_AGENCY] = { .name = "agency", .text = "txn.agency", .kind = TABLE_BY_CHOICE },
};

struct balances {
    struct ledger_balance *before, *until;
    size_t n;
};

static struct date day_of(struct str iso, struct date otherwise)
{
    struct date day;

    return date_read(iso, &day) && date_is_valid(day) ? day : otherwise;
}

/* Both sides of a span; before it nothing was posted where it is open. */
static result balances_read(struct ctx *c, const struct table_query *q, struct balances *b,
                            struct err *e)
{
    const struct table_value *span = &q->values[BY_SPAN];
    const struct str agency = q->values[BY_AGENCY].text;
    const struct date first = { 1, 1, 2 }, today = clock_local(c->now_ms).date;
    const struct date from = day_of(span->from_day, first), until = day_of(span->to_day, today);
    size_t n;

    TRY(ledger_trial_balance(c->app->stores.sql, agency, date_add_days(from, -1), c->arena,
                             &b->before, &n, e));
    TRY(ledger_trial_balance(c->app->stores.sql, agency, until, c->arena, &b->until, &b->n, e));
    must(n == b->n);
    return OK;
}

static struct str statement_url(struct ctx *c, const struct table_query *q, int account)
{
    const struct table_value *span = &q->values[BY_SPAN];

    return str_fmt(c->arena, "/finance/ledger/%d?all=1%s%.*s%s%.*s%s%.*s", account,
                   span->from_ms > 0 ? "&day_from=" : "",
                   STR_ARG(span->from_ms > 0 ? span->from_day : STR("")),
                   span->to_ms < INT64_MAX ? "&day_to=" : "",
                   STR_ARG(span->to_ms < INT64_MAX ? span->to_day : STR("")),
                   q->values[BY_AGENCY].is_set ? "&agency=" : "",
                   STR_ARG(q->values[BY_AGENCY].text));
}

static result find_balances(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                            struct err *e)
{
    int64_t after = 0;
    struct balances b;

    TRY(balances_read(c, q, &b, e));
    if (q->after.n > 0 && !str_to_i64(q->after, &after))
        return fail_field(e, ERR_INVALID, "after", "no account");
    for (size_t i = 0; i < b.n; i++) {
        const struct ledger_balance *x = &b.until[i], *y = &b.before[i];
        struct table_row *row;

        if (x->account <= after)
            continue;
        row = table_row(rows, str_i64(c->arena, x->account));
        if (row == NULL)
            return OK;
        table_link(row, COL_ACCOUNT, str_i64(c->arena, x->account),
                   statement_url(c, q, x->account));
        table_text(row, COL_NAME, account_name(c, x->account));
        table_text(row, COL_SIDE,
                   view_text(c, x->account / 1000 == 2 || x->account == LEDGER_9101
                                    ? "books.normal_credit"
                                    : "books.normal_debit"));
        table_number(row, COL_OPENING, y->balance_vnd);
        table_number(row, COL_DEBIT, x->debit_vnd - y->debit_vnd);
        table_number(row, COL_CREDIT, x->credit_vnd - y->credit_vnd);
        table_number(row, COL_CLOSING, x->balance_vnd);
    }
    return OK;
}

static result sum_balances(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                           struct err *e)
{
    int64_t debit_vnd = 0, credit_vnd = 0;
    struct balances b;

    TRY(balances_read(c, q, &b, e));
    for (size_t i = 0; i < b.n; i++) {
        debit_vnd += b.until[i].debit_vnd - b.before[i].debit_vnd;
        credit_vnd += b.until[i].credit_vnd - b.before[i].credit_vnd;
    }
    totals->count = (int64_t)b.n;
    table_sum(totals, COL_DEBIT, debit_vnd);
    table_sum(totals, COL_CREDIT, credit_vnd);
    return OK;
}

static const struct table balances = { .name = "trial_balance",
                                       .title = "books.balance",
                                       .columns = balance_columns,
                                       .column_count = LEN(balance_columns),
                                       .filters = balance_filters,
                                       .filter_count = LEN(balance_filters),
                                       .rows = find_balances,
                                       .totals = sum_balances,
                                       .choose = choose_agency };

/* GET /finance/ledger */
result page_ledger(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct table_page page = {
        .table = &balances, .tab = "ledger", .page = "finance_ledger", .data = data
    };

    TRY(progress_put(c, data, "ledger.verify", e));
    return table_answer(c, rq, rs, &page, e);
}

/* POST /finance/ledger/verify */
result ledger_verify_start(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq;
    return progress_start(c, rs, "ledger.verify", e);
}

/* ---- statements and journals ---- */

enum { ENT_AT, ENT_JOURNAL, ENT_KIND, ENT_DAY, ENT_AGENCY, ENT_ORDER, ENT_DEBIT, ENT_CREDIT };
static const struct table_column statement_columns[] = {
    [ENT_AT] = { .name = "at", .text = "books.at", .kind = TABLE_TIME },
    [ENT_JOURNAL] = { .name = "journal", .text = "books.journal", .kind = TABLE_LINK },
    [ENT_KIND] = { .name = "kind", .text = "books.kind", .kind = TABLE_TEXT },
    [ENT_DAY] = { .name = "day", .text = "books.day", .kind = TABLE_DAY },
    [ENT_AGENCY] = { .name = "agency", .text = "txn.agency", .kind = TABLE_TEXT },
    [ENT_ORDER] = { .name = "order", .text = "books.order", .kind = TABLE_LINK, .wide_only = true },
    [ENT_DEBIT] = { .name = "debit", .text = "books.debit", .kind = TABLE_MONEY },
    [ENT_CREDIT] = { .name = "credit", .text = "books.credit", .kind = TABLE_MONEY },
};
enum { JRN_AT, JRN_JOURNAL, JRN_KIND, JRN_DAY, JRN_AGENCY, JRN_ORDER, JRN_TOTAL, JRN_HASH };
static const struct table_column journal_columns[] = {
    [JRN_AT] = { .name = "at", .text = "books.at", .kind = TABLE_TIME, .sortable = true },
    [JRN_JOURNAL] = { .name = "journal", .text = "books.journal", .kind = TABLE_LINK },
    [JRN_KIND] = { .name = "kind", .text = "books.kind", .kind = TABLE_TEXT },
    [JRN_DAY] = { .name = "day", .text = "books.day", .kind = TABLE_DAY },
    [JRN_AGENCY] = { .name = "agency", .text = "txn.agency", .kind = TABLE_TEXT },
    [JRN_ORDER] = { .name = "order", .text = "books.order", .kind = TABLE_LINK, .wide_only = true },
    [JRN_TOTAL] = { .name = "total", .text = "books.total", .kind = TABLE_MONEY },
    [JRN_HASH] = { .name = "hash", .text = "books.hash", .kind = TABLE_TEXT, .wide_only = true },
};
static const struct table_filter entry_filters[] = {
    [BY_SPAN] = { .name = "day", .text = "books.posted", .kind = TABLE_BY_DAYS },
    [BY_AGENCY] = { .name = "agency", .text = "txn.agency", .kind = TABLE_BY_CHOICE },
    [BY_KIND] = { .name = "kind",
                  .text = "books.kind",
                  .kind = TABLE_BY_TEXT,
                  .hint = "books.kind_hint" },
};

static bool place_read(struct str text, struct ledger_place *out)
{
    struct str at, slot, n, rest, line;

    return str_cut(text, '_', &at, &rest) && str_cut(rest, '_', &slot, &rest) &&
           str_cut(rest, '_', &n, &rest) && str_cut(rest, '_', &line, &out->agency_id) &&
           str_to_i64(at, &out->at_ms) && str_to_i64(slot, &out->slot) && str_to_i64(n, &out->n) &&
           str_to_i64(line, &out->line);
}

static struct str place_text(struct ctx *c, const struct ledger_place *p)
{
    return str_fmt(c->arena, "%lld_%lld_%lld_%lld_%.*s", (long long)p->at_ms, (long long)p->slot,
                   (long long)p->n, (long long)p->line, STR_ARG(p->agency_id));
}

static struct ledger_question question_of(const struct table_query *q)
{
    const int *account = q->user;
    struct ledger_question out = { .agency_id = q->values[BY_AGENCY].text,
                                   .kind = q->values[BY_KIND].text,
                                   .from_ms = q->values[BY_SPAN].from_ms,
                                   .to_ms = q->values[BY_SPAN].to_ms,
                                   .account = *account,
                                   .ascending = !q->descending };

    out.has_after = q->after.n > 0 && place_read(q->after, &out.after);
    return out;
}

static struct str journal_url(struct ctx *c, const struct ledger_place *p)
{
    return str_fmt(c->arena, "/finance/journals/%.*s_%lld_%lld", STR_ARG(p->agency_id),
                   (long long)p->slot, (long long)p->n);
}

static void put_entry(struct ctx *c, struct table_row *row, const struct ledger_entry *x)
{
    table_time(row, ENT_AT, x->place.at_ms);
    table_link(row, ENT_JOURNAL, x->source, journal_url(c, &x->place));
    table_text(row, ENT_KIND, x->kind);
    table_day(row, ENT_DAY, x->day);
    table_text(row, ENT_AGENCY, x->place.agency_id);
    table_link(row, ENT_ORDER, x->order_id,
               str_cat(c->arena, STR("/finance/orders/"), x->order_id));
}

static result find_entries(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                           struct err *e)
{
    const struct ledger_question question = question_of(q);
    struct ledger_entry *list;
    size_t n;

    TRY(ledger_view(&c->app->till, &question, q->most, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct table_row *row = table_row(rows, place_text(c, &list[i].place));

        put_entry(c, row, &list[i]);
        if (question.account == 0) {
            table_number(row, JRN_TOTAL, list[i].total_vnd);
            table_text(row, JRN_HASH, str_sub(list[i].hash, 0, HASH_SHOWN));
        } else
            table_number(row, list[i].line.side == LEDGER_DEBIT ? ENT_DEBIT : ENT_CREDIT,
                         list[i].line.amount_vnd);
    }
    return OK;
}

static result sum_entries(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                          struct err *e)
{
    const struct ledger_question question = question_of(q);
    struct ledger_turnover sums;

    TRY(ledger_view_sums(&c->app->till, &question, &sums, e));
    totals->count = sums.count;
    if (question.account == 0)
        table_sum(totals, JRN_TOTAL, sums.debit_vnd);
    else {
        table_sum(totals, ENT_DEBIT, sums.debit_vnd);
        table_sum(totals, ENT_CREDIT, sums.credit_vnd);
    }
    return OK;
}

static const struct table statement = { .name = "account_statement",
                                        .title = "books.statement",
                                        .columns = statement_columns,
                                        .column_count = LEN(statement_columns),
                                        .filters = entry_filters,
                                        .filter_count = LEN(entry_filters),
                                        .rows = find_entries,
                                        .totals = sum_entries,
                                        .choose = choose_agency };
static const struct table journals = { .name = "journals",
                                       .title = "books.journals",
                                       .columns = journal_columns,
                                       .column_count = LEN(journal_columns),
                                       .filters = entry_filters,
                                       .filter_count = LEN(entry_filters),
                                       .sort = "-at",
                                       .rows = find_entries,
                                       .totals = sum_entries,
                                       .choose = choose_agency };

/* GET /finance/ledger/{account} */
result page_ledger_account(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct table_page page = { .table = &statement, .tab = "ledger", .page = "list", .data = data };
    int64_t account;
    int code;

    if (!str_to_i64(request_param(rq, "account"), &account) || account < 1000 || account > 9999 ||
        ledger_account_name((int)account) == NULL)
        return fail(e, ERR_NOT_FOUND, "no such account");
    code = (int)account;
    page.user = &code;
    json_put_str(data, "lead",
                 str_fmt(c->arena, "%d · %.*s", code, STR_ARG(account_name(c, code))));
    return table_answer(c, rq, rs, &page, e);
}

/* GET /finance/journals */
result page_journals(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    int whole = 0;
    const struct table_page page = { .table = &journals, .tab = "journals", .user = &whole };

    return table_answer(c, rq, rs, &page, e);
}

static void put_lines(struct ctx *c, struct json *o, const struct ledger_line *lines, size_t n)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        const bool debit = lines[i].side == LEDGER_DEBIT;
        struct json *row = json_object();

        json_put_str(row, "account", str_i64(c->arena, lines[i].account));
        json_put_str(row, "name", account_name(c, lines[i].account));
        json_put_str(row, "fee", lines[i].fee);
        json_put_str(row, "debit", STR(""));
        json_put_str(row, "credit", STR(""));
        view_put_money(c, row, debit ? "debit" : "credit", lines[i].amount_vnd);
        json_add(rows, row);
    }
    json_put(o, "postings", rows);
}

static bool journal_place(struct str text, struct ledger_place *out)
{
    struct str rest, slot, n;

    return str_cut(text, '_', &out->agency_id, &rest) && str_cut(rest, '_', &slot, &n) &&
           str_to_i64(slot, &out->slot) && str_to_i64(n, &out->n);
}

/* GET /finance/journals/{id} */
result page_journal(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct ledger_place place = { 0 };
    struct ledger_line *lines;
    struct ledger_entry x;
    size_t n;

    if (!journal_place(request_param(rq, "id"), &place))
        return fail(e, ERR_NOT_FOUND, "no such journal");
    TRY(ledger_view_one(&c->app->till, &place, c->arena, &x, &lines, &n, e));
    json_put_str(data, "source", x.source);
    json_put_str(data, "kind", x.kind);
    json_put_str(data, "day", x.day);
    json_put_str(data, "at", clock_vn(c->arena, x.place.at_ms));
    json_put_str(data, "agency", x.place.agency_id);
    json_put_int(data, "slot", x.place.slot);
    json_put_int(data, "n", x.place.n);
    json_put_str(data, "order", x.order_id);
    json_put_str(data, "corrects", x.corrects);
    json_put_str(data, "hash", x.hash);
    json_put_str(data, "prev_hash", x.prev_hash);
    view_put_money(c, data, "total", x.total_vnd);
    put_lines(c, data, lines, n);
    officer_put_tabs(c, data, "journals");
    return view_page(c, rq, rs, "finance_journal", "books.journal", data, e);
}
