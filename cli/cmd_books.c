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

result cmd_ledger_verify(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    struct ledger_report report;

    TRY(cli_open_stores(cli, &stores, e));
    TRY(ledger_verify(stores.sql, &report, e));
    (void)printf("the books are whole: %lld journals, %lld postings, %lld orders, %lld attempts, "
                 "%lld receipts\n",
                 (long long)report.journals, (long long)report.postings, (long long)report.orders,
                 (long long)report.attempts, (long long)report.receipts);
    return OK;
}

result cmd_ledger_balance(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    struct ledger_balance *accounts;
    struct date day;
    size_t count;

    TRY(read_day(cli, 0, &day, e));
    TRY(cli_open_stores(cli, &stores, e));
    TRY(ledger_trial_balance(stores.sql, STR(""), day, cli->arena, &accounts, &count, e));
    (void)printf("%-4s  %18s  %18s  %18s  %s\n", "", "debit", "credit", "balance", "account");
    for (size_t i = 0; i < count; i++)
        (void)printf("%d  %18lld  %18lld  %18lld  %.*s\n", accounts[i].account,
                     (long long)accounts[i].debit_vnd, (long long)accounts[i].credit_vnd,
                     (long long)accounts[i].balance_vnd, STR_ARG(accounts[i].name));
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
