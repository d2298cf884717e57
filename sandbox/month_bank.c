/*
 * The bank's and the treasury's side of the month. On each working day the portal pays out, to each
 * collection account, what the files since its last payout hold; one payout of the month is short.
 * Payers' transfers bring the code of a payment, a broken one, or none.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/month.h"

#define DAY_MS       86400000LL
#define ACCOUNTS_MAX 16
#define TRANSFERS    4
#define QR_ACCOUNT   "113366668888"
#define SHORT_DAY    12 /* from this one on, the first payout lacks SHORT_VND */
#define SHORT_VND    20000
#define FILE_BYTES   ((size_t)LIMIT_SETTLEMENT_BYTES)

/* Monday to Friday; the months that are made here have their holidays in nobody's way. */
static bool is_working(struct date d)
{
    const int64_t days = clock_day_start_ms(d) / DAY_MS + 1; /* UTC+7 begins before midnight UTC */
    const int64_t weekday = (days + 4) % 7;                  /* 0: Sunday */

    return weekday != 0 && weekday != 6;
}

/* ISO 7064, MOD 37,36 */
static char check_character(const char *text, size_t n)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    int p = 36;

    for (size_t i = 0; i < n; i++) {
        const char c = text[i];
        p = (p + (c <= '9' ? c - '0' : c - 'A' + 10)) % 36;
        p = (p == 0 ? 36 : p) * 2 % 37;
    }
    return alphabet[(37 - p) % 36];
}

static struct str code_make(struct month *m)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char text[15] = { 'M', 'T', 'C' };

    do {
        for (size_t i = 3; i < 14; i++)
            text[i] = letters[month_below(m, 32)];
        text[14] = check_character(text, 14);
    } while (text[14] == 'O' || text[14] == 'I' || text[14] == 'L' || text[14] == 'U');
    return str_dup(m->a, str_of(text, sizeof(text)));
}

static int64_t paid_vnd(const struct settle_line *l)
{
    return str_is(str_c(l->status), "SUCCESS") && str_is(str_c(l->currency), "VND") ? l->net_vnd
                                                                                    : 0;
}

static size_t accounts_find(const struct month *m, struct str *accounts)
{
    size_t n = 0;

    for (size_t i = 0; i < m->ours_count; i++) {
        size_t k = 0;
        while (k < n && !str_eq(accounts[k], m->ours[i].account))
            k++;
        if (k == n && n < ACCOUNTS_MAX)
            accounts[n++] = m->ours[i].account;
    }
    return n;
}

static void payout_add(struct month *m, size_t first, size_t last, size_t day, struct str account)
{
    struct month_credit *c = &m->credits[m->credit_count];
    bool shortened = day >= SHORT_DAY;

    *c = (struct month_credit){ true, day, first, last, .account = account, .code = STR("") };
    for (size_t i = 0; i < m->credit_count; i++)
        shortened = shortened && m->credits[i].due_vnd == m->credits[i].paid_vnd;
    for (size_t d = first; d <= last; d++)
        for (size_t i = 0; i < m->day[d].n; i++)
            if (str_eq(m->day[d].lines[i].account, account))
                c->due_vnd += paid_vnd(&m->day[d].lines[i]);
    c->paid_vnd = c->due_vnd - (shortened ? SHORT_VND : 0);
    c->txn = str_fmt(m->a, "PO%.*s%02zu", STR_ARG(date_compact(m->a, month_date(m, day))),
                     m->credit_count % 100);
    c->narrative = str_fmt(m->a, "PP THANH TOAN %.*s NGAY %.*s DEN %.*s", STR_ARG(account),
                           STR_ARG(date_compact(m->a, month_date(m, first))),
                           STR_ARG(date_compact(m->a, month_date(m, last))));
    if (c->paid_vnd > SHORT_VND)
        m->credit_count++;
}

static void transfer_add(struct month *m, size_t day, int64_t i)
{
    struct month_credit *c = &m->credits[m->credit_count++];
    struct str code = code_make(m);

    *c = (struct month_credit){ .day = day, .account = STR(QR_ACCOUNT), .code = code };
    c->txn = str_fmt(m->a, "FT%.*s%03lld", STR_ARG(date_compact(m->a, month_date(m, day))),
                     (long long)i);
    c->paid_vnd = 1000 * (10 + month_below(m, 500));
    if (i == 0) { /* two characters changed places: no code at all */
        c->narrative = str_fmt(m->a, "MBVCB.%lld.%.*s%c%c CHUYEN TIEN", (long long)i, 13, code.p,
                               code.p[14], code.p[13]);
        c->code = code.p[13] == code.p[14] ? code : STR("");
    } else if (i == 1) {
        c->narrative = STR("NOP LE PHI HO SO");
        c->code = STR("");
    } else {
        c->narrative = str_fmt(m->a, "MBVCB.%lld.%.*s CHUYEN TIEN", (long long)i, STR_ARG(code));
    }
}

static void day_plan(struct month *m, const struct str *accounts, size_t count, size_t day,
                     size_t *first)
{
    if (is_working(month_date(m, day))) {
        for (size_t i = 0; i < count && day > *first; i++)
            payout_add(m, *first, day - 1, day, accounts[i]);
        *first = day > *first ? day : *first;
    }
    for (int64_t i = 0; i < TRANSFERS; i++)
        transfer_add(m, day, i);
}

static struct settle_day statement_make(const struct month *m, struct arena *a, size_t day)
{
    struct settle_day d = { .date = month_date(m, day), .seq = m->day[day].seq };

    d.lines = arena_array(a, struct settle_line, m->credit_count + 1);
    for (size_t i = 0; i < m->credit_count; i++) {
        const struct month_credit *c = &m->credits[i];
        if (c->day != day)
            continue;
        d.lines[d.n] = (struct settle_line){ .type = SETTLE_PAY,
                                             .txn = c->txn,
                                             .reference = STR(""),
                                             .account = c->account,
                                             .gross_vnd = c->paid_vnd,
                                             .currency = "VND",
                                             .status = "SUCCESS",
                                             .code = "00",
                                             .treasury_status = "NOT_SENT",
                                             .narrative = c->narrative };
        d.lines[d.n].at_ms = clock_day_start_ms(d.date) + 28800000 + (int64_t)d.n * 60000;
        d.n++;
    }
    return d;
}

static result day_write(struct month *m, struct arena *a, size_t day, struct err *e)
{
    const struct settle_day d = statement_make(m, a, day);
    const struct str stamp = date_compact(a, month_date(m, day));
    struct buf bank = buf_make(a, FILE_BYTES), treasury = buf_make(a, FILE_BYTES);
    struct str bytes;

    settlement_json(a, &d, false, &bank);
    TRY(buf_end(&bank, &bytes, e));
    TRY(month_put(m, str_fmt(a, "bank/%.*s.bj1", STR_ARG(stamp)), bytes, e));
    settlement_json(a, &m->day[day], true, &treasury);
    TRY(buf_end(&treasury, &bytes, e));
    return month_put(m, str_fmt(a, "treasury/%.*s.kj1", STR_ARG(stamp)), bytes, e);
}

result month_bank_write(struct month *m, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(FILE_BYTES * 8);
    struct str accounts[ACCOUNTS_MAX];
    const size_t count = accounts_find(m, accounts);
    size_t first = 0;

    m->credits = arena_array(m->a, struct month_credit, m->days * (ACCOUNTS_MAX + TRANSFERS));
    for (size_t day = 0; day < m->days; day++)
        day_plan(m, accounts, count, day, &first);
    for (size_t day = 0; day < m->days; day++) {
        arena_reset(a);
        TRY(day_write(m, a, day, e));
    }
    return OK;
}
