/*
 * What is planted. Each payment gets one line that agrees with it, or what a row of the table below
 * does instead; whoever adds a row adds to the truth what must be found.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sandbox/month.h"

#include <string.h>

#define DAY_MS    86400000LL
#define ALL       MONTH_ALL
#define CELLED    MONTH_CELLED
#define WITH_BODY (MONTH_CELLED | MONTH_BIT(MONTH_FW1))

struct spot {
    struct month *m;
    size_t day;
    struct month_pay *p;
};

static struct month_found *found_add(struct spot *s, const char *class, int64_t ours_vnd,
                                     int64_t theirs_vnd)
{
    struct month *m = s->m;
    struct month_found *f;

    if (m->found_count == m->found_room) {
        const size_t room = m->found_room == 0 ? 1024 : m->found_room * 2;
        struct month_found *more = arena_array(m->a, struct month_found, room);
        if (m->found_count > 0)
            memcpy(more, m->found, m->found_count * sizeof(*more));
        m->found = more;
        m->found_room = room;
    }
    f = &m->found[m->found_count++];
    *f = (struct month_found){ .class = class,
                               .day = s->day,
                               .reference = s->p->reference,
                               .txn = s->p->txn,
                               .ours_vnd = ours_vnd,
                               .theirs_vnd = theirs_vnd,
                               .forms = ALL,
                               .otherwise_vnd = theirs_vnd };
    return f;
}

static int64_t moved_vnd(const struct settle_line *l)
{
    if (!str_is(str_c(l->status), "SUCCESS") || !str_is(str_c(l->currency), "VND"))
        return 0;
    return l->type == SETTLE_PAY || l->type == SETTLE_ADJUST ? l->gross_vnd
           : l->type == SETTLE_FEE                           ? 0
                                                             : -l->gross_vnd;
}

/* A line, and what must be said about it. */
static struct month_found *line_found(struct spot *s, struct settle_line l, const char *class,
                                      int64_t ours_vnd)
{
    struct month_found *f = found_add(s, class, ours_vnd, moved_vnd(&l));

    f->reference = l.reference;
    f->txn = l.txn;
    l.tag = s->m->found_count;
    month_line(s->m, s->day, &l);
    return f;
}

static struct settle_line line_of(struct spot *s)
{
    return month_line_of(s->m, s->p);
}

static void equal_line(struct spot *s)
{
    const struct settle_line l = line_of(s);

    month_line(s->m, s->day, &l);
}

static struct str with(struct spot *s, const char *before)
{
    return str_cat(s->m->a, str_c(before), s->p->txn);
}

static void plant_mis_ours(struct spot *s)
{
    struct settle_line l = line_of(s);

    equal_line(s);
    l.reference = str_cat(s->m->a, STR("LA"), l.reference);
    l.txn = with(s, "X");
    l.dossier = STR("");
    l.at_ms += 1000;
    line_found(s, l, "MIS_OURS", 0);
}

static void plant_mis_theirs(struct spot *s)
{
    found_add(s, "MIS_THEIRS", s->p->amount_vnd, 0);
}

static void plant_less(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.gross_vnd -= 1 + month_below(s->m, 999);
    line_found(s, l, "AMT_LESS", s->p->amount_vnd);
}

static void plant_more(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.gross_vnd += 1 + month_below(s->m, 999);
    line_found(s, l, "AMT_MORE", s->p->amount_vnd);
}

static void plant_failed(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.status = "FAILED";
    l.code = "05";
    line_found(s, l, "STA", s->p->amount_vnd);
}

static void plant_line_twice(struct spot *s)
{
    equal_line(s);
    line_found(s, line_of(s), "DUP_FILE", 0);
}

static void plant_paid_twice(struct spot *s)
{
    struct settle_line l = line_of(s);

    equal_line(s);
    l.txn = str_cat(s->m->a, l.txn, STR("Z"));
    l.at_ms += 60000;
    line_found(s, l, "DUP_PAY", 0);
}

static void plant_account(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.account = STR("9999.0.0000000.00000");
    line_found(s, l, "ACC", s->p->amount_vnd)->forms = WITH_BODY;
}

static void plant_body(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.body = STR("H56.99");
    line_found(s, l, "AGY", s->p->amount_vnd)->forms = WITH_BODY;
}

static void plant_currency(struct spot *s)
{
    struct settle_line l = line_of(s);
    struct month_found *f;

    l.currency = "USD";
    f = line_found(s, l, "CUR", s->p->amount_vnd);
    f->forms = CELLED;
    f->otherwise_vnd = s->p->amount_vnd;
}

static void plant_minus(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.gross_vnd = -l.gross_vnd;
    line_found(s, l, "SIGN", s->p->amount_vnd);
}

static void plant_fee(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.fee_vnd = 1100;
    line_found(s, l, "FEE", s->p->amount_vnd)->forms = CELLED;
}

static void plant_not_sent(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.treasury_status = month_below(s->m, 2) == 0 ? "NOT_SENT" : "SENT_FAIL";
    l.treasury_ref = STR("");
    line_found(s, l, "TRS", s->p->amount_vnd)->forms = CELLED | MONTH_BIT(MONTH_BJ1);
}

static void plant_refund(struct spot *s)
{
    struct settle_line l = line_of(s);

    equal_line(s);
    l.type = SETTLE_REFUND;
    l.original = l.txn;
    l.txn = with(s, "RF");
    l.gross_vnd = 1000;
    l.at_ms += 2000;
    line_found(s, l, "REF_UNM", 0);
}

static void plant_reversal(struct spot *s)
{
    struct settle_line l = line_of(s);

    equal_line(s);
    l.type = SETTLE_REVERSAL;
    l.original = l.txn;
    l.txn = with(s, "RV");
    l.at_ms += 2000;
    line_found(s, l, "REV", 0);
}

/* Two equal ones: both are there, and both stay. */
static void plant_keyless(struct spot *s)
{
    struct settle_line l = line_of(s);

    equal_line(s);
    l.type = SETTLE_ADJUST;
    l.reference = l.txn = l.dossier = l.original = STR("");
    l.gross_vnd = 55 + month_below(s->m, 1000);
    line_found(s, l, "UNKEY", 0);
    line_found(s, l, "UNKEY", 0);
}

static void plant_fee_line(struct spot *s)
{
    struct settle_line l = line_of(s);

    equal_line(s);
    l.type = SETTLE_FEE;
    l.reference = l.txn = l.dossier = l.original = STR("");
    l.gross_vnd = 0;
    l.fee_vnd = 22000;
    l.at_ms = clock_day_start_ms(month_date(s->m, s->day)) + DAY_MS - 1000; /* the last line */
    line_found(s, l, "UNKEY", 0)->forms = ALL & ~MONTH_BIT(MONTH_FW1);
}

static void plant_halves(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.gross_vnd = s->p->amount_vnd / 2;
    l.txn = str_cat(s->m->a, s->p->txn, STR("A"));
    line_found(s, l, "SPLIT", s->p->amount_vnd);
    l.gross_vnd = s->p->amount_vnd - l.gross_vnd;
    l.txn = str_cat(s->m->a, s->p->txn, STR("B"));
    line_found(s, l, "SPLIT", 0);
}

static void plant_mistyped(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.reference = str_cat(s->m->a, STR("SAI"), l.reference);
    line_found(s, l, "OK_W", s->p->amount_vnd)->reference = s->p->reference;
}

static void plant_no_reference(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.reference = STR("");
    line_found(s, l, "OK_W", s->p->amount_vnd)->reference = s->p->reference;
}

static void plant_other_txn(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.txn = with(s, "N");
    line_found(s, l, "OK_W", s->p->amount_vnd);
}

static void plant_other_time(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.at_ms -= DAY_MS;
    line_found(s, l, "OK_W", s->p->amount_vnd);
}

/* Settled with the next day: told by both days. */
static void plant_slip(struct spot *s)
{
    struct settle_line l = line_of(s);

    found_add(s, "DATE", s->p->amount_vnd, 0);
    s->day++;
    line_found(s, l, "DATE", 0);
}

static void plant_waiting(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.txn = str_cat(s->m->a, STR("PW"), s->p->reference);
    l.treasury_ref = str_cat(s->m->a, STR("KB"), l.txn);
    line_found(s, l, "STA", 0);
}

static void plant_failed_first(struct spot *s)
{
    struct settle_line l = line_of(s);

    equal_line(s);
    l.status = "FAILED";
    l.code = "05";
    l.txn = with(s, "F");
    l.at_ms -= 60000;
    month_line(s->m, s->day, &l);
}

static void plant_refund_absent(struct spot *s)
{
    found_add(s, "REF_UNM", -s->p->amount_vnd, 0);
}

static void plant_refund_amount(struct spot *s)
{
    struct settle_line l = line_of(s);

    l.gross_vnd -= 500;
    line_found(s, l, "REF_AMT", -s->p->amount_vnd);
}

enum prey { CAPTURE, WAITING, REFUND };

static const struct {
    void (*plant)(struct spot *s);
    enum prey prey;
} plants[] = {
    { plant_mis_ours, CAPTURE },     { plant_mis_theirs, CAPTURE },
    { plant_less, CAPTURE },         { plant_more, CAPTURE },
    { plant_failed, CAPTURE },       { plant_waiting, WAITING },
    { plant_line_twice, CAPTURE },   { plant_paid_twice, CAPTURE },
    { plant_account, CAPTURE },      { plant_body, CAPTURE },
    { plant_slip, CAPTURE },         { plant_currency, CAPTURE },
    { plant_refund, CAPTURE },       { plant_reversal, CAPTURE },
    { plant_fee, CAPTURE },          { plant_not_sent, CAPTURE },
    { plant_keyless, CAPTURE },      { plant_fee_line, CAPTURE },
    { plant_minus, CAPTURE },        { plant_halves, CAPTURE },
    { plant_mistyped, CAPTURE },     { plant_no_reference, CAPTURE },
    { plant_other_txn, CAPTURE },    { plant_other_time, CAPTURE },
    { plant_failed_first, CAPTURE }, { plant_refund_absent, REFUND },
    { plant_refund_amount, REFUND },
};

static bool is_prey(const struct month_pay *p, enum prey prey)
{
    if (p->used || p->late || p->twice || p->refunded)
        return false;
    if (prey == REFUND)
        return p->refund && p->state == MONTH_CAPTURED && p->amount_vnd > 500;
    return !p->refund && p->state == (prey == WAITING ? MONTH_WAITING : MONTH_CAPTURED);
}

/* The payments of one day. */
struct herd {
    struct month_pay **list;
    size_t count;
};

static struct month_pay *prey_find(struct month *m, const struct herd *h, enum prey prey)
{
    const size_t start = h->count > 0 ? (size_t)month_below(m, (int64_t)h->count) : 0;

    for (size_t i = 0; i < h->count; i++) {
        struct month_pay *p = h->list[(start + i) % h->count];
        if (is_prey(p, prey))
            return p;
    }
    return NULL;
}

/* Another number of which nobody can say whose it is: only where our side is invented. */
static void ambiguous_plant(struct month *m, size_t day, const struct herd *h)
{
    struct spot s = { m, day, NULL };
    struct month_pay *one = prey_find(m, h, CAPTURE), *two;
    struct settle_line l;

    if (one == NULL)
        return;
    one->used = true;
    two = prey_find(m, h, CAPTURE);
    if (two == NULL)
        return;
    two->used = true;
    two->txn = one->txn;
    s.p = one;
    l = line_of(&s);
    l.reference = str_cat(m->a, STR("AI"), l.reference);
    line_found(&s, l, "AMB", 0);
    plant_mis_theirs(&s);
    s.p = two;
    plant_mis_theirs(&s);
}

/* What is left agrees, or tells by itself what it is. */
static void rest_put(struct month *m, size_t day, const struct herd *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct spot s = { m, day, h->list[i] };
        if (s.p->used || s.p->state == MONTH_WAITING)
            continue;
        if (s.p->state == MONTH_FAILED) {
            struct settle_line l = line_of(&s);
            l.status = "FAILED";
            l.code = "05";
            l.txn = str_cat(m->a, STR("PF"), s.p->reference);
            month_line(m, day, &l);
        } else if (s.p->late || s.p->twice) {
            line_found(&s, line_of(&s), s.p->twice ? "DUP_PAY" : "LATE", s.p->amount_vnd);
        } else {
            equal_line(&s);
        }
    }
}

/* Each row of the table comes to each seventh day and, by chance, to others; every tenth day is
 * clean, and so is what lies beyond the month. */
static void day_plant(struct month *m, size_t day, const struct herd *h, bool invented)
{
    const bool clean = day % 10 == 4 || day + 1 == m->days || h->count < 10;

    for (size_t i = 0; i < LEN(plants) && !clean; i++) {
        int64_t times = (day % 7 == i % 7 ? m->scale : 0) + (month_below(m, 8) == 0 ? 1 : 0);
        for (; times > 0; times--) {
            struct spot s = { m, day, prey_find(m, h, plants[i].prey) };
            if (s.p == NULL)
                break;
            s.p->used = true;
            plants[i].plant(&s);
        }
    }
    if (!clean && invented && day % 7 == 5)
        ambiguous_plant(m, day, h);
    rest_put(m, day, h);
}

static struct herd herd_make(struct month *m, size_t day)
{
    struct herd h = { arena_array(m->a, struct month_pay *, m->ours_count + 1), 0 };

    for (size_t i = 0; i < m->ours_count; i++)
        if (month_day_of(m, m->ours[i].at_ms) == (int)day)
            h.list[h.count++] = &m->ours[i];
    return h;
}

/* Lines take their places in the files, and the truth takes their numbers. */
static void day_number(struct month *m, size_t day)
{
    struct settle_day *d = &m->day[day];

    settle_sort(d);
    for (size_t i = 0; i < d->n; i++) {
        d->lines[i].net_vnd = settle_net_vnd(&d->lines[i]);
        if (d->lines[i].tag > 0)
            m->found[d->lines[i].tag - 1].line = i + 1;
    }
}

void month_plant(struct month *m, bool invented)
{
    for (size_t day = 0; day < m->days; day++) {
        const struct herd h = herd_make(m, day);
        day_plant(m, day, &h, invented);
    }
    for (size_t day = 0; day < m->days; day++)
        day_number(m, day);
}
