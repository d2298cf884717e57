/* The ledger and the audit log. */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "cli/cli.h"
#include "payments/ledger.h"
#include "store/audit.h"

static result read_day(const struct cli *cli, int n, struct date *day, struct err *e)
{
    const char *word = cli_word(cli, n);

    *day = clock_today(&cli->clock);
    if (word != NULL && (!date_read(str_c(word), day) || !date_is_valid(*day)))
        return fail_field(e, ERR_INVALID, "date", "not a date yyyy-mm-dd");
    return OK;
}

static void report_print(const struct ledger_report *r, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_bool(o, "whole", true);
    json_put_int(o, "journals", r->journals);
    json_put_int(o, "postings", r->postings);
    json_put_int(o, "orders", r->orders);
    json_put_int(o, "attempts", r->attempts);
    json_put_int(o, "receipts", r->receipts);
    cli_print(str_cat(a, json_print(a, o), STR("\n")));
}

result cmd_ledger_verify(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    struct ledger_report report;

    TRY(cli_open_stores(cli, &stores, e));
    TRY(ledger_verify(stores.sql, &report, e));
    if (cli_flag(cli, "--json")) {
        report_print(&report, cli->arena);
        return OK;
    }
    (void)printf("the books are whole: %lld journals, %lld postings, %lld orders, %lld attempts, "
                 "%lld receipts\n",
                 (long long)report.journals, (long long)report.postings, (long long)report.orders,
                 (long long)report.attempts, (long long)report.receipts);
    return OK;
}

static void balances_print_json(const struct ledger_balance *b, size_t count, struct arena *a)
{
    DEFER(json_close) struct json *list = json_array();

    for (size_t i = 0; i < count; i++) {
        struct json *o = json_object();

        json_put_int(o, "account", b[i].account);
        json_put_str(o, "name", b[i].name);
        json_put_int(o, "debit_vnd", b[i].debit_vnd);
        json_put_int(o, "credit_vnd", b[i].credit_vnd);
        json_put_int(o, "balance_vnd", b[i].balance_vnd);
        json_add(list, o);
    }
    cli_print(str_cat(a, json_print(a, list), STR("\n")));
}

static void balances_print(const struct ledger_balance *b, size_t count)
{
    (void)printf("%-4s  %18s  %18s  %18s  %s\n", "", "debit", "credit", "balance", "account");
    for (size_t i = 0; i < count; i++)
        (void)printf("%d  %18lld  %18lld  %18lld  %.*s\n", b[i].account, (long long)b[i].debit_vnd,
                     (long long)b[i].credit_vnd, (long long)b[i].balance_vnd, STR_ARG(b[i].name));
}

result cmd_ledger_balance(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    const char *at = cli_option(cli, "--at", 0), *agency = cli_option(cli, "--agency", 0);
    const struct str agency_id = agency != NULL ? str_c(agency) : STR("");
    struct ledger_balance *accounts;
    struct date day;
    size_t count;
    int64_t ms = 0;

    if (at != NULL && !clock_read_rfc3339(str_c(at), &ms))
        return fail_field(e, ERR_INVALID, "at", "not an instant yyyy-mm-ddThh:mm:ss+07:00");
    TRY(read_day(cli, 0, &day, e));
    TRY(cli_open_stores(cli, &stores, e));
    if (at != NULL)
        TRY(ledger_trial_balance_at(stores.sql, agency_id, ms, cli->arena, &accounts, &count, e));
    else
        TRY(ledger_trial_balance(stores.sql, agency_id, day, cli->arena, &accounts, &count, e));
    if (cli_flag(cli, "--json"))
        balances_print_json(accounts, count, cli->arena);
    else
        balances_print(accounts, count);
    return OK;
}

result cmd_audit_verify(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    int64_t rows;

    TRY(cli_open_stores(cli, &stores, e));
    TRY(audit_verify(stores.sql, &rows, e));
    (void)printf("the audit log is whole: %lld rows\n", (long long)rows);
    return OK;
}
