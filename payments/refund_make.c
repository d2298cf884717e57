/*
 * Asking for a refund, and the decision on it. Attacker: an officer or a portal that asks for more
 * than there is, twice at once, with an old screen, or for what the law keeps; promise: the amount
 * is reserved under the order's lock or nothing happens, and who approves approves these very
 * parts, route and payee, though the payee is only seen masked.
 */
#include "payments/refund.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "payments/attempt_row.h"
#include "payments/fee.h"
#include "payments/order_row.h"
#include "payments/refund_row.h"
#include "payments/refund_rules.h"
#include "store/sql.h"

#define NAME_BYTES_MAX    200
#define BANK_BYTES_MAX    64
#define ACCOUNT_BYTES_MAX 34

struct making {
    const struct till *t;
    const struct refund_request *rq;
    const struct proposal_actor *by;
    const char *source;
    struct arena *a;
    struct refund *out;
    struct order o;
    struct attempt at;
    struct ledger_split *parts;
    size_t part_count;
};

/* The capture that is meant: the newest one that can give back so much, unless it is named. */
static result attempt_choose(struct sql *db, struct making *m, struct err *e)
{
    struct attempt *list;
    size_t count;
    int64_t taken_vnd, open;
    bool captured = false, busy = false;

    TRY(attempts_find(db, &m->o, m->a, &list, &count, e));
    for (size_t i = count; i-- > 0;) {
        if (list[i].state != ATTEMPT_CAPTURED ||
            (m->rq->attempt_n > 0 && list[i].n != m->rq->attempt_n))
            continue;
        captured = true;
        TRY(refund_taken(db, &list[i], &taken_vnd, &open, e));
        busy = busy || open > 0;
        m->at = list[i];
        if (open == 0 && list[i].captured_vnd - taken_vnd >= m->rq->amount_vnd)
            return OK;
    }
    if (m->rq->attempt_n > 0 && !captured)
        return fail_field(e, ERR_INVALID, "attempt", "not a capture of this order");
    if (!captured)
        return fail(e, ERR_WRONG_STATE, "nothing was captured");
    if (busy)
        return fail(e, ERR_CONFLICT, "a refund of it is under way");
    return fail_field(e, ERR_BUSINESS_RULE, "amount_vnd", "more than was captured at once");
}

static result reason_check(const struct making *m, struct err *e)
{
    const struct date today = clock_today(m->t->clock);
    const bool touches_bill = m->rq->amount_vnd > order_held_vnd(&m->o);
    struct refund_reason reason;

    if (!refund_reason_find(m->t->refunds, m->rq->reason, today, &reason))
        return fail_field(e, ERR_INVALID, "reason", "not a reason in force");
    if (!touches_bill || reason.rule == REFUND_ANY)
        return OK;
    if (reason.rule == REFUND_EXCESS)
        return fail_field(e, ERR_BUSINESS_RULE, "reason", "only what was not applied to the bill");
    for (size_t i = 0; i < m->o.bill.count; i++)
        if (m->o.bill.lines[i].net_vnd > 0 &&
            !fee_is_refundable(m->t->fees, m->o.bill.lines[i].basis))
            return fail_field(e, ERR_BUSINESS_RULE, "reason", "%.*s is kept when refused",
                              STR_ARG(m->o.bill.lines[i].fee));
    return OK;
}

static bool is_text(struct str s, size_t most)
{
    return str_trim(s).n > 0 && s.n <= most && utf8_is_text(s);
}

static result payee_check(const struct refund_payee *p, enum refund_route route, struct err *e)
{
    const bool none = p->name.n == 0 && p->bank.n == 0 && p->account.n == 0;

    if (none && route == REFUND_BY_CHANNEL)
        return OK;
    if (!is_text(p->name, NAME_BYTES_MAX))
        return fail_field(e, ERR_INVALID, "payee_name", "who gets it");
    if (!is_text(p->bank, BANK_BYTES_MAX))
        return fail_field(e, ERR_INVALID, "payee_bank", "at which bank");
    if (p->account.n < 6 || p->account.n > ACCOUNT_BYTES_MAX ||
        !str_all_in(p->account, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        return fail_field(e, ERR_INVALID, "payee_account", "6 to 34 letters and digits");
    return OK;
}

/* Enough to recognise it, too little to use it. */
static struct str payee_mask(struct arena *a, const struct refund_payee *p)
{
    if (p->account.n == 0)
        return (struct str){ "", 0 };
    return str_fmt(a, "%.*s •••%.*s", STR_ARG(p->bank),
                   STR_ARG(str_from(p->account, p->account.n - 3)));
}

static struct str payee_seal(const struct making *m, struct str id)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "name", m->rq->payee.name);
    json_put_str(o, "bank", m->rq->payee.bank);
    json_put_str(o, "account", m->rq->payee.account);
    return seal_put(m->a, m->t->seal, str_cat(m->a, STR("refund.payee:"), id), json_print(m->a, o));
}

static result parts_make(struct sql *db, struct making *m, struct err *e)
{
    const int64_t held_vnd = order_held_vnd(&m->o);
    const int64_t excess_vnd = m->rq->amount_vnd < held_vnd ? m->rq->amount_vnd : held_vnd;
    struct ledger_split *left, *shares;
    size_t count;

    m->out->excess_vnd = excess_vnd;
    TRY(ledger_left(db, m->o.agency_id, m->o.id, m->a, &left, &count, e));
    shares = arena_array(m->a, struct ledger_split, count + 1);
    m->parts = arena_array(m->a, struct ledger_split, count + 1);
    if (excess_vnd > 0)
        m->parts[m->part_count++] =
            (struct ledger_split){ .account = LEDGER_2150, .amount_vnd = excess_vnd };
    if (m->rq->amount_vnd == excess_vnd)
        return OK;
    ledger_share(left, count, m->rq->amount_vnd - excess_vnd, shares);
    for (size_t i = 0; i < count; i++)
        if (shares[i].amount_vnd > 0)
            m->parts[m->part_count++] = shares[i];
    return OK;
}

static struct json *parts_json(const struct ledger_split *parts, size_t count)
{
    struct json *list = json_array();

    for (size_t i = 0; i < count; i++) {
        struct json *one = json_object();

        json_put_int(one, "account", parts[i].account);
        json_put_str(one, "fee", parts[i].fee);
        json_put_int(one, "amount_vnd", parts[i].amount_vnd);
        json_add(list, one);
    }
    return list;
}

/* What is decided on. The digest of the sealed payee ties the whole of it to the hash without
 * telling it. */
static struct str content_make(const struct refund *r, struct str dossier,
                               const struct ledger_split *parts, size_t count, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "order", r->order_id);
    json_put_str(o, "dossier", dossier);
    json_put_int(o, "attempt", r->attempt_n);
    json_put_int(o, "amount_vnd", r->amount_vnd);
    json_put_int(o, "excess_vnd", r->excess_vnd);
    json_put(o, "parts", parts_json(parts, count));
    json_put_str(o, "reason", r->reason);
    json_put_str(o, "route", str_c(refund_route_name(r->route)));
    json_put_int(o, "account", r->account);
    json_put_str(o, "payee", r->payee_shown);
    json_put_str(o, "payee_digest", digest_hex(a, digest_sha256(r->payee_sealed)));
    return json_print_canonical(a, o);
}

static void refund_fill(struct making *m)
{
    struct refund *r = m->out;
    const int64_t now_ms = clock_now_ms(m->t->clock);

    r->agency_id = m->o.agency_id;
    r->id = random_id(m->a, "rfd_", now_ms);
    r->order_id = m->o.id;
    r->attempt_n = m->at.n;
    r->amount_vnd = m->rq->amount_vnd;
    r->reason = m->rq->reason;
    r->payee_sealed = payee_seal(m, r->id);
    r->payee_shown = payee_mask(m->a, &m->rq->payee);
    r->maker = m->by->name;
    r->channel = m->at.channel;
    r->created_ms = r->updated_ms = now_ms;
    r->client_id = m->o.client_id;
    r->dossier = m->o.reference;
}

static result checks(struct sql *db, struct making *m, struct err *e)
{
    const int64_t available_vnd = order_available_vnd(&m->o);

    if (m->rq->client_id.n > 0 && !str_eq(m->rq->client_id, m->o.client_id))
        return fail(e, ERR_NOT_FOUND, "no such order");
    if (m->rq->available_vnd != available_vnd)
        return fail_field(e, ERR_STALE, "refund_amount_available", "it is another amount now");
    if (m->rq->amount_vnd <= 0 || m->rq->amount_vnd > available_vnd)
        return fail_field(e, ERR_BUSINESS_RULE, "amount_vnd", "not within what is available");
    TRY(reason_check(m, e));
    return attempt_choose(db, m, e);
}

static result propose(struct sql *db, struct making *m, struct err *e)
{
    struct proposal p = { .agency_id = m->out->agency_id,
                          .kind = PROPOSAL_REFUND,
                          .subject = m->out->id,
                          .content =
                              content_make(m->out, m->o.reference, m->parts, m->part_count, m->a),
                          .amount_vnd = m->out->amount_vnd,
                          .remark = m->rq->remark };

    TRY(proposal_make(db, m->t, &p, m->by, m->a, e));
    m->out->proposal_id = p.id;
    m->out->hash = p.hash;
    return OK;
}

static struct order_cause cause_of(const struct proposal_actor *by, const char *source)
{
    return (struct order_cause){
        .actor = by->name, .source = str_c(source), .request_id = by->request_id, .ip = by->ip
    };
}

result refund_make(struct sql *db, const struct till *t, const struct refund_request *rq,
                   const struct proposal_actor *by, const char *source, struct arena *a,
                   struct refund *out, struct err *e)
{
    struct making m = { .t = t, .rq = rq, .by = by, .source = source, .a = a, .out = out };
    const struct order_cause cause = cause_of(by, source);
    struct order seen;
    bool gone;

    *out = (struct refund){ .state = REFUND_NONE };
    TRY(order_find(db, t, rq->order_id, a, &seen, e));
    TRY(order_take(db, t, seen.agency_id, seen.id, a, &m.o, e));
    TRY(checks(db, &m, e));
    TRY(parts_make(db, &m, e));
    TRY(refund_is_gone(db, &m.o, rq->amount_vnd - out->excess_vnd, false, a, &gone, e));
    out->route = refund_route_of(&m.at, gone, &out->account);
    TRY(payee_check(&rq->payee, out->route, e));
    refund_fill(&m);
    TRY(propose(db, &m, e));
    out->state = REFUND_REQUESTED;
    TRY(refund_insert(db, out, m.parts, m.part_count, e));
    out->state = REFUND_NONE;
    return refund_step(db, t, &m.o, out, REFUND_EV_REQUEST, &cause, a, e);
}

struct requesting {
    const struct till *t;
    const struct refund_request *rq;
    const struct proposal_actor *by;
    const char *source;
    struct arena *a;
    struct refund *out;
};

static result request(struct sql *db, void *arg, struct err *e)
{
    const struct requesting *k = arg;

    return refund_make(db, k->t, k->rq, k->by, k->source, k->a, k->out, e);
}

result refund_request(const struct till *t, const struct refund_request *rq,
                      const struct proposal_actor *by, const char *source, struct arena *a,
                      struct refund *out, struct err *e)
{
    struct requesting k = { t, rq, by, source, a, out };

    return sql_transact(t->store, request, &k, e);
}

/* Where the money is now must still be where it was when it was looked at. */
static result route_check(struct sql *db, const struct order *o, const struct refund *r,
                          const struct attempt *at, struct arena *a, struct err *e)
{
    enum ledger_account account;
    bool gone;

    if (at->state != ATTEMPT_CAPTURED)
        return fail(e, ERR_WRONG_STATE, "its capture was undone");
    TRY(refund_is_gone(db, o, r->amount_vnd - r->excess_vnd, true, a, &gone, e));
    if (refund_route_of(at, gone, &account) != r->route || account != r->account)
        return fail_field(e, ERR_STALE, "route", "the money has moved on");
    return OK;
}

/* A limit is of what leaves one order, however many refunds it is cut into. */
static result limit_check(const struct order *o, const struct proposal_actor *by, struct err *e)
{
    const int64_t leaves_vnd = o->refunded_vnd + o->reserved_vnd;

    return leaves_vnd <= by->limit_vnd
               ? OK
               : fail(e, ERR_OVER_LIMIT, "%lld of the order, over the limit of %lld",
                      (long long)leaves_vnd, (long long)by->limit_vnd);
}

result refund_decided(struct sql *db, const struct till *t, const struct proposal *p,
                      const struct proposal_actor *by, struct arena *a, struct err *e)
{
    const struct order_cause cause = cause_of(by, "decision");
    const enum refund_event event = p->state == PROPOSAL_APPROVED   ? REFUND_EV_APPROVE
                                    : p->state == PROPOSAL_REJECTED ? REFUND_EV_REJECT
                                                                    : REFUND_EV_CANCEL;
    struct ledger_split *parts;
    struct attempt at;
    struct refund r;
    struct order o;
    size_t count;

    TRY(refund_take(db, t, p->subject, a, &o, &r, &at, e));
    TRY(refund_parts_find(db, &r, a, &parts, &count, e));
    if (!str_eq(r.proposal_id, p->id) ||
        !str_eq(content_make(&r, o.reference, parts, count, a), p->content))
        return fail(e, ERR_BROKEN_CHAIN, "refund %.*s was altered", STR_ARG(r.id));
    if (r.state != REFUND_REQUESTED)
        return fail(e, ERR_WRONG_STATE, "refund is %s", refund_state_name(r.state));
    if (event == REFUND_EV_APPROVE) {
        TRY(limit_check(&o, by, e));
        TRY(route_check(db, &o, &r, &at, a, e));
    }
    return refund_step(db, t, &o, &r, event, &cause, a, e);
}
