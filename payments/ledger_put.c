/*
 * The postings of each event, as in the table of ledger.h. Promise: each function puts as much on
 * one side as on the other; a share of a bill is never negative and never more than is left.
 */
#include "payments/ledger.h"

#include "base/str.h"

struct ledger_journal ledger_journal_make(struct str agency_id, const char *kind, struct str source)
{
    return (struct ledger_journal){ .agency_id = agency_id, .kind = str_c(kind), .source = source };
}

void ledger_put(struct ledger_journal *j, enum ledger_account account, enum ledger_side side,
                int64_t amount_vnd, struct str fee)
{
    must(amount_vnd >= 0 && j->count < LEDGER_POSTINGS_MAX);
    if (amount_vnd > 0)
        j->postings[j->count++] = (struct ledger_posting){ account, side, amount_vnd, fee };
}

void ledger_put_assess(struct ledger_journal *j, const struct bill *b)
{
    ledger_put(j, LEDGER_1130, LEDGER_DEBIT, b->total_vnd, STR(""));
    ledger_put(j, LEDGER_9100, LEDGER_DEBIT, b->reduction_vnd, STR(""));
    ledger_put(j, LEDGER_2100, LEDGER_CREDIT, b->total_vnd, STR(""));
    ledger_put(j, LEDGER_9101, LEDGER_CREDIT, b->reduction_vnd, STR(""));
}

void ledger_put_withdraw(struct ledger_journal *j, const struct bill *b)
{
    ledger_put(j, LEDGER_2100, LEDGER_DEBIT, b->total_vnd, STR(""));
    ledger_put(j, LEDGER_9101, LEDGER_DEBIT, b->reduction_vnd, STR(""));
    ledger_put(j, LEDGER_1130, LEDGER_CREDIT, b->total_vnd, STR(""));
    ledger_put(j, LEDGER_9100, LEDGER_CREDIT, b->reduction_vnd, STR(""));
}

/* Law 97/2015 art. 14(4): each fee is accounted for separately. */
void ledger_put_capture(struct ledger_journal *j, const struct bill *b, enum ledger_account from,
                        int64_t held_vnd)
{
    must(held_vnd >= 0 && held_vnd <= b->total_vnd);
    ledger_put(j, from, LEDGER_DEBIT, b->total_vnd - held_vnd, STR(""));
    ledger_put(j, LEDGER_2150, LEDGER_DEBIT, held_vnd, STR(""));
    ledger_put(j, LEDGER_2100, LEDGER_DEBIT, b->total_vnd, STR(""));
    ledger_put(j, LEDGER_1130, LEDGER_CREDIT, b->total_vnd, STR(""));
    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &b->lines[i];

        if (l->kind == FEE_LE_PHI) {
            ledger_put(j, LEDGER_2110, LEDGER_CREDIT, l->net_vnd, l->fee);
        } else {
            ledger_put(j, LEDGER_2120, LEDGER_CREDIT, l->budget_vnd, l->fee);
            ledger_put(j, LEDGER_2130, LEDGER_CREDIT, l->retained_vnd, l->fee);
        }
    }
}

static void put_pair(struct ledger_journal *j, enum ledger_account debit,
                     enum ledger_account credit, int64_t amount_vnd)
{
    ledger_put(j, debit, LEDGER_DEBIT, amount_vnd, STR(""));
    ledger_put(j, credit, LEDGER_CREDIT, amount_vnd, STR(""));
}

void ledger_put_held(struct ledger_journal *j, enum ledger_account from, int64_t amount_vnd)
{
    put_pair(j, from, LEDGER_2150, amount_vnd);
}

void ledger_put_deposit(struct ledger_journal *j, int64_t amount_vnd)
{
    put_pair(j, LEDGER_1120, LEDGER_1140, amount_vnd);
}

/* A side below zero turns over: more was netted than paid. */
static void put_signed(struct ledger_journal *j, enum ledger_account account, enum ledger_side side,
                       int64_t vnd)
{
    if (vnd < 0)
        side = side == LEDGER_DEBIT ? LEDGER_CREDIT : LEDGER_DEBIT;
    ledger_put(j, account, side, vnd < 0 ? -vnd : vnd, STR(""));
}

void ledger_put_settled(struct ledger_journal *j, int64_t amount_vnd, int64_t fee_vnd)
{
    put_signed(j, LEDGER_1120, LEDGER_DEBIT, amount_vnd - fee_vnd);
    ledger_put(j, LEDGER_6110, LEDGER_DEBIT, fee_vnd, STR(""));
    put_signed(j, LEDGER_1110, LEDGER_CREDIT, amount_vnd);
}

void ledger_put_fee_invoiced(struct ledger_journal *j, int64_t fee_vnd)
{
    put_pair(j, LEDGER_6110, LEDGER_2190, fee_vnd);
}

static int64_t parts_put(struct ledger_journal *j, enum ledger_side side,
                         const struct ledger_split *parts, size_t count)
{
    int64_t sum_vnd = 0;

    for (size_t i = 0; i < count; i++) {
        ledger_put(j, parts[i].account, side, parts[i].amount_vnd, parts[i].fee);
        sum_vnd += parts[i].amount_vnd;
    }
    return sum_vnd;
}

void ledger_put_remitted(struct ledger_journal *j, const struct ledger_split *parts, size_t count)
{
    const int64_t sum_vnd = parts_put(j, LEDGER_DEBIT, parts, count);

    ledger_put(j, LEDGER_1120, LEDGER_CREDIT, sum_vnd, STR(""));
}

void ledger_put_reserved(struct ledger_journal *j, const struct ledger_split *parts, size_t count,
                         int64_t held_vnd)
{
    const int64_t sum_vnd = parts_put(j, LEDGER_DEBIT, parts, count);

    ledger_put(j, LEDGER_2150, LEDGER_DEBIT, held_vnd, STR(""));
    ledger_put(j, LEDGER_2140, LEDGER_CREDIT, sum_vnd + held_vnd, STR(""));
}

static enum ledger_side other_side(enum ledger_side side)
{
    return side == LEDGER_DEBIT ? LEDGER_CREDIT : LEDGER_DEBIT;
}

void ledger_put_reverse(struct ledger_journal *j, const struct ledger_journal *of)
{
    j->corrects = of->source;
    j->order_id = of->order_id;
    j->attempt_n = of->attempt_n;
    for (size_t i = 0; i < of->count; i++) {
        const struct ledger_posting *p = &of->postings[i];

        ledger_put(j, p->account, other_side(p->side), p->amount_vnd, p->fee);
    }
}

static bool is_part(enum ledger_account account)
{
    return account == LEDGER_2110 || account == LEDGER_2120 || account == LEDGER_2130;
}

void ledger_put_ordered(struct ledger_journal *j, const struct ledger_journal *reserve)
{
    int64_t sum_vnd = 0;

    for (size_t i = 0; i < reserve->count; i++) {
        const struct ledger_posting *p = &reserve->postings[i];

        if (p->side != LEDGER_DEBIT || !is_part(p->account))
            continue;
        ledger_put(j, p->account, LEDGER_CREDIT, p->amount_vnd, p->fee);
        sum_vnd += p->amount_vnd;
    }
    ledger_put(j, LEDGER_1150, LEDGER_DEBIT, sum_vnd, STR(""));
}

void ledger_put_refunded(struct ledger_journal *j, enum ledger_account from, int64_t amount_vnd)
{
    put_pair(j, LEDGER_2140, from, amount_vnd);
}

void ledger_put_unidentified(struct ledger_journal *j, enum ledger_account at, int64_t amount_vnd)
{
    put_pair(j, at, LEDGER_2160, amount_vnd);
}

void ledger_put_sent_back(struct ledger_journal *j, enum ledger_account at, int64_t amount_vnd)
{
    put_pair(j, LEDGER_2160, at, amount_vnd);
}

void ledger_put_disputed(struct ledger_journal *j, enum ledger_account at, int64_t amount_vnd)
{
    put_pair(j, LEDGER_1180, at, amount_vnd);
}

void ledger_put_taken_back(struct ledger_journal *j, const struct ledger_split *parts, size_t count,
                           enum ledger_account to, int64_t amount_vnd)
{
    const int64_t total_vnd = parts_put(j, LEDGER_DEBIT, parts, count);
    const int64_t rest_vnd = total_vnd - amount_vnd;

    ledger_put(j, LEDGER_1130, LEDGER_DEBIT, total_vnd, STR(""));
    ledger_put(j, LEDGER_2100, LEDGER_CREDIT, total_vnd, STR(""));
    ledger_put(j, to, LEDGER_CREDIT, amount_vnd, STR(""));
    ledger_put(j, LEDGER_2150, rest_vnd > 0 ? LEDGER_CREDIT : LEDGER_DEBIT,
               rest_vnd > 0 ? rest_vnd : -rest_vnd, STR(""));
}

void ledger_put_unheld(struct ledger_journal *j, enum ledger_account to, int64_t amount_vnd)
{
    put_pair(j, LEDGER_2150, to, amount_vnd);
}

void ledger_put_written_off(struct ledger_journal *j, enum ledger_account what, int64_t amount_vnd)
{
    must(what == LEDGER_1130 || what == LEDGER_1180 || what == LEDGER_1110);
    put_pair(j, LEDGER_6120, what, amount_vnd);
}

/* What the parts up to one get together is rounded down, so that the roundings never add up. */
void ledger_share(const struct ledger_split *left, size_t count, int64_t amount_vnd,
                  struct ledger_split *out)
{
    __extension__ typedef __int128 wide;
    int64_t sum_vnd = 0, before_vnd = 0, given_vnd = 0;

    for (size_t i = 0; i < count; i++)
        sum_vnd += left[i].amount_vnd;
    must(amount_vnd >= 0 && amount_vnd <= sum_vnd);
    for (size_t i = 0; i < count; i++) {
        before_vnd += left[i].amount_vnd;
        const int64_t upto_vnd =
            sum_vnd == 0 ? 0 : (int64_t)((wide)amount_vnd * before_vnd / sum_vnd);

        out[i] = left[i];
        out[i].amount_vnd = upto_vnd - given_vnd;
        given_vnd = upto_vnd;
    }
}

int64_t ledger_total_vnd(const struct ledger_journal *j)
{
    int64_t sum_vnd = 0;

    for (size_t i = 0; i < j->count; i++)
        if (j->postings[i].side == LEDGER_DEBIT)
            sum_vnd += j->postings[i].amount_vnd;
    return sum_vnd;
}
