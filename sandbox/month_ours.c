/* What motcua has: invented, or read from the columns of ours.csv. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "sandbox/csv.h"
#include "sandbox/month.h"

#define DAY_MS       86400000LL
#define PER_DAY      40
#define NO_LINE_DAY  10 /* index: nothing is paid */
#define ONE_LINE_DAY 17
#define TEXT_MAX     255

static const char *const state_names[] = { "captured", "waiting", "failed" };
static const char columns[] = "kind,reference,portal_txn,original,order,dossier,procedure,body,"
                              "account,bank,amount_vnd,state,at,late,twice\n";

static struct month_pay *ours_add(struct month *m)
{
    if (m->ours_count == m->ours_room) {
        const size_t room = m->ours_room == 0 ? 4096 : m->ours_room * 2;
        struct month_pay *more = arena_array(m->a, struct month_pay, room);
        if (m->ours_count > 0)
            memcpy(more, m->ours, m->ours_count * sizeof(*more));
        m->ours = more;
        m->ours_room = room;
    }
    return &m->ours[m->ours_count++];
}

static struct str txn_make(struct month *m, int64_t at_ms)
{
    struct str stamp = clock_stamp14(m->a, at_ms);

    return str_fmt(m->a, "PP%.*s%08zu", 6, stamp.p + 2, m->ours_count);
}

/* Where procedures are handled, and to which account each is paid: conf/fees of the samples. */
static void place_choose(struct month *m, struct month_pay *p)
{
    static const struct {
        const char *body, *account;
    } places[] = { { "H56.14", "3713.0.1234567.00000" }, { "H56.15", "3713.0.1234568.00000" } };
    static const char *const banks[] = { "VCB", "CTG", "BIDV", "AGRB", "TCB" };
    static const char *const procedures[] = { "2.000889", "1.004227", "1.001193" };
    const size_t i = (size_t)month_below(m, LEN(places));

    p->body = str_c(places[i].body);
    p->account = str_c(places[i].account);
    p->bank = str_c(banks[month_below(m, LEN(banks))]);
    p->procedure = str_c(procedures[month_below(m, LEN(procedures))]);
}

static struct month_pay *pay_invent(struct month *m, int64_t at_ms)
{
    struct month_pay *p = ours_add(m);
    const struct date d = clock_local(at_ms).date;

    *p = (struct month_pay){ .original = STR(""), .at_ms = at_ms };
    place_choose(m, p);
    p->amount_vnd = month_below(m, 20) == 0 ? 2147483648 + month_below(m, 1000000)
                                            : 1000 * (8 + month_below(m, 600));
    p->order = str_fmt(m->a, "O%08zu", m->ours_count);
    p->dossier = str_fmt(m->a, "%.*s-%02d%02d%02d-%05zu", STR_ARG(p->body), d.y % 100, d.m, d.d,
                         m->ours_count);
    p->reference = str_fmt(m->a, "MC%02d%02d%02d%08zu", d.y % 100, d.m, d.d, m->ours_count);
    p->txn = txn_make(m, at_ms);
    return p;
}

/* The second attempt of the order that the last one paid. */
static void twice_invent(struct month *m)
{
    const struct month_pay first = m->ours[m->ours_count - 1];
    struct month_pay *p = pay_invent(m, first.at_ms + 61000);
    const struct str reference = p->reference, txn = p->txn;
    const int64_t at_ms = p->at_ms;

    *p = first;
    p->reference = reference;
    p->txn = txn;
    p->at_ms = at_ms;
    p->twice = true;
}

static void refund_invent(struct month *m, int64_t at_ms)
{
    const size_t i = (size_t)month_below(m, (int64_t)m->ours_count);
    const struct month_pay paid = m->ours[i];
    struct month_pay *p;

    if (paid.refund || paid.refunded || paid.state != MONTH_CAPTURED ||
        paid.at_ms > at_ms - 3600000)
        return;
    m->ours[i].refunded = true;
    p = ours_add(m);
    *p = paid;
    p->refund = true;
    p->late = p->twice = false;
    p->at_ms = at_ms;
    p->original = paid.txn;
    p->txn = str_cat(m->a, STR("RF"), txn_make(m, at_ms));
    p->amount_vnd = month_below(m, 2) == 0 ? paid.amount_vnd : paid.amount_vnd / 2;
}

/* Seconds of the day, of offices and of evenings. */
static int64_t time_choose(struct month *m, size_t day)
{
    return clock_day_start_ms(month_date(m, day)) + 1000 * (21600 + month_below(m, 61200));
}

static void day_invent(struct month *m, size_t day)
{
    const int64_t count = day == NO_LINE_DAY    ? 0
                          : day == ONE_LINE_DAY ? 1
                          : day + 1 == m->days  ? 5
                                                : PER_DAY * m->scale - month_below(m, 10);

    for (int64_t i = 0; i < count; i++) {
        struct month_pay *p = pay_invent(m, time_choose(m, day));
        const int64_t dice = count < 10 ? 99 : month_below(m, 40);
        if (dice == 0)
            p->late = true;
        else if (dice == 1)
            p->state = MONTH_WAITING, p->txn = STR("");
        else if (dice == 2)
            p->state = MONTH_FAILED, p->txn = STR("");
        else if (dice == 3)
            twice_invent(m);
        else if (dice == 4)
            refund_invent(m, time_choose(m, day));
        else if (dice == 5) /* two payers, the same amount, the same second */
            pay_invent(m, p->at_ms)->amount_vnd = m->ours[m->ours_count - 2].amount_vnd;
    }
}

void month_invent(struct month *m)
{
    for (size_t day = 0; day < m->days; day++)
        day_invent(m, day);
}

static result row_take(struct month *m, const struct csv *c, struct err *e)
{
    struct month_pay p = { .refund = str_is(csv_get(c, "kind"), "refund") };
    struct str *const texts[] = { &p.reference, &p.txn,  &p.original, &p.order, &p.dossier,
                                  &p.procedure, &p.body, &p.account,  &p.bank };
    static const char *const names[] = { "reference", "portal_txn", "original", "order", "dossier",
                                         "procedure", "body",       "account",  "bank" };
    const struct str state = csv_get(c, "state");

    for (size_t i = 0; i < LEN(texts); i++)
        *texts[i] = str_dup(m->a, csv_get(c, names[i]));
    if (!str_to_i64(csv_get(c, "amount_vnd"), &p.amount_vnd) ||
        !clock_read_rfc3339(csv_get(c, "at"), &p.at_ms))
        return fail(e, ERR_CONFIG, "ours: line %d: amount_vnd or at", c->line);
    while (p.state < LEN(state_names) && !str_is(state, state_names[p.state]))
        p.state++;
    if (p.state == LEN(state_names))
        return fail(e, ERR_CONFIG, "ours: line %d: state", c->line);
    p.late = str_is(csv_get(c, "late"), "1");
    p.twice = str_is(csv_get(c, "twice"), "1");
    *ours_add(m) = p;
    return OK;
}

result month_load(struct month *m, const char *path, struct err *e)
{
    struct csv c;
    bool found;

    TRY(csv_open(&c, m->a, path, e));
    for (;;) {
        TRY(csv_read(&c, &found, e));
        if (!found)
            return OK;
        TRY(row_take(m, &c, e));
    }
}

static void row_put(struct buf *b, struct arena *a, const struct month_pay *p)
{
    const struct str cells[] = {
        p->refund ? STR("refund") : STR("payment"),
        p->reference,
        p->txn,
        p->original,
        p->order,
        p->dossier,
        p->procedure,
        p->body,
        p->account,
        p->bank,
        str_i64(a, p->amount_vnd),
        str_c(state_names[p->state]),
        clock_rfc3339(a, p->at_ms),
        p->late ? STR("1") : STR("0"),
        p->twice ? STR("1") : STR("0"),
    };

    for (size_t i = 0; i < LEN(cells); i++) {
        if (i > 0)
            buf_putc(b, ',');
        buf_put(b, cells[i]);
    }
    buf_putc(b, '\n');
}

result month_ours_write(struct month *m, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open((size_t)LIMIT_SETTLEMENT_BYTES * 8);
    struct buf b = buf_make(a, (size_t)LIMIT_SETTLEMENT_BYTES * 4);

    buf_puts(&b, columns);
    for (size_t i = 0; i < m->ours_count; i++)
        row_put(&b, a, &m->ours[i]);
    return month_put(m, STR("ours.csv"), buf_str(&b), e);
}
