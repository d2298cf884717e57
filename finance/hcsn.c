#include "finance/hcsn.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/dated.h"
#include "payments/ledger.h"

struct hcsn_row {
    int64_t account;
    struct str code, name_vi, name_en;
    struct date from, to;
};

struct hcsn_map {
    struct hcsn_row *rows;
    size_t count;
};

static bool is_account(int64_t n)
{
    static const int64_t chart[] = {
#define ACCOUNT(code, side, name) code,
#include "payments/account.def"
#undef ACCOUNT
    };

    for (size_t i = 0; i < LEN(chart); i++)
        if (chart[i] == n)
            return true;
    return false;
}

static result row_add(struct hcsn_map *m, const struct dated *d, const struct dated_row *row,
                      struct err *e)
{
    struct hcsn_row x = { .code = row->cells[1],
                          .name_vi = row->cells[2],
                          .name_en = row->cells[3],
                          .from = row->from,
                          .to = row->to };

    if (!str_to_i64(row->cells[0], &x.account) || !is_account(x.account))
        return fail(e, ERR_CONFIG, "%s:%d: no account of these books", d->name, d->line);
    if (!str_is(x.code, "-") && (!str_digits(x.code) || x.code.n < 3 || x.code.n > 6))
        return fail(e, ERR_CONFIG, "%s:%d: 3 to 6 digits, or -", d->name, d->line);
    if (!str_is(x.code, "-") && (x.name_vi.n == 0 || x.name_en.n == 0))
        return fail(e, ERR_CONFIG, "%s:%d: both names", d->name, d->line);
    for (size_t i = 0; i < m->count; i++)
        if (m->rows[i].account == x.account && date_cmp(m->rows[i].from, x.to) <= 0 &&
            date_cmp(x.from, m->rows[i].to) <= 0)
            return fail(e, ERR_CONFIG, "%s:%d: the account is taken on these days", d->name,
                        d->line);
    m->rows[m->count++] = x;
    return OK;
}

result hcsn_open(const char *folder, struct arena *a, struct hcsn_map **out, struct err *e)
{
    const char *path = str_cstr(a, str_fmt(a, "%s/hcsn.csv", folder));
    struct hcsn_map *m = arena_new(a, struct hcsn_map);
    struct dated_row row;
    struct dated d;
    bool found = true;

    TRY(dated_open(a, path, "account,hcsn,name_vi,name_en,valid_from,valid_to", &d, e));
    m->rows = arena_array(a, struct hcsn_row, dated_rows_max(&d) + 1);
    while (found) {
        TRY(dated_next(&d, &row, &found, e));
        if (found)
            TRY(row_add(m, &d, &row, e));
    }
    *out = m;
    return OK;
}

static const struct hcsn_row *row_of(const struct hcsn_map *m, int64_t account, struct date on)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->rows[i].account == account && dated_holds(m->rows[i].from, m->rows[i].to, on))
            return &m->rows[i];
    return NULL;
}

static struct hcsn_balance *balance_of(struct hcsn_balance *list, size_t *n,
                                       const struct hcsn_row *row)
{
    const struct str code = row == NULL ? STR("") : row->code;

    for (size_t i = 0; i < *n; i++)
        if (str_eq(list[i].code, code))
            return &list[i];
    list[*n] = (struct hcsn_balance){ .code = code };
    if (row != NULL) {
        list[*n].name_vi = row->name_vi;
        list[*n].name_en = row->name_en;
    }
    return &list[(*n)++];
}

static int by_code(const void *a, const void *b)
{
    const struct hcsn_balance *x = a, *y = b;

    return str_cmp(x->code, y->code);
}

/* A balance stands on one side. */
static void side_set(int64_t net_vnd, int64_t *debit_vnd, int64_t *credit_vnd)
{
    *debit_vnd = net_vnd > 0 ? net_vnd : 0;
    *credit_vnd = net_vnd < 0 ? -net_vnd : 0;
}

static void add(struct hcsn_balance *b, const struct ledger_balance *before,
                const struct ledger_balance *until, struct arena *a)
{
    const int64_t debit_vnd = until->debit_vnd - before->debit_vnd;
    const int64_t credit_vnd = until->credit_vnd - before->credit_vnd;
    const int64_t opening_vnd =
        b->opening_debit_vnd - b->opening_credit_vnd + before->debit_vnd - before->credit_vnd;

    b->ours = b->ours.n == 0 ? str_fmt(a, "%d", until->account)
                             : str_fmt(a, "%.*s, %d", STR_ARG(b->ours), until->account);
    b->debit_vnd += debit_vnd;
    b->credit_vnd += credit_vnd;
    side_set(opening_vnd, &b->opening_debit_vnd, &b->opening_credit_vnd);
    side_set(opening_vnd + b->debit_vnd - b->credit_vnd, &b->closing_debit_vnd,
             &b->closing_credit_vnd);
}

result hcsn_balances(const struct office *f, struct str agency_id, struct date from, struct date to,
                     struct arena *a, struct hcsn_balance **out, size_t *count, struct err *e)
{
    struct ledger_balance *before, *until;
    struct hcsn_balance *list;
    size_t n, ignored;

    *count = 0;
    if (f->accounts == NULL)
        return fail(e, ERR_CONFIG, "finance.accounts_dir is not set");
    TRY(ledger_trial_balance(f->till->store, agency_id, date_add_days(from, -1), a, &before,
                             &ignored, e));
    TRY(ledger_trial_balance(f->till->store, agency_id, to, a, &until, &n, e));
    list = arena_array(a, struct hcsn_balance, n + 1);
    for (size_t i = 0; i < n; i++)
        if (until[i].debit_vnd != 0 || until[i].credit_vnd != 0)
            add(balance_of(list, count, row_of(f->accounts, until[i].account, to)), &before[i],
                &until[i], a);
    qsort(list, *count, sizeof *list, by_code);
    *out = list;
    return OK;
}
