/*
 * Captures that are taken back. Attacker: an officer who makes money disappear, a message that says
 * so; promise: it takes two persons, the second approves what the first saw, and the books show the
 * money as disputed in between. Deliberately not done: finding out who is right.
 */
#include "payments/reversal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/attempt_row.h"
#include "payments/channel.h"
#include "payments/ledger.h"
#include "payments/order_row.h"
#include "store/sql.h"

static struct str content_make(const struct attempt *at, const struct order *o, struct arena *a)
{
    DEFER(json_close) struct json *c = json_object();

    json_put_str(c, "reference", at->reference);
    json_put_str(c, "dossier", o->reference);
    json_put_str(c, "order", o->id);
    json_put_int(c, "attempt", at->n);
    json_put_str(c, "channel", at->channel);
    json_put_str(c, "transaction", at->portal_txn);
    json_put_int(c, "amount_vnd", at->captured_vnd);
    return json_print_canonical(a, c);
}

static struct order_cause cause_make(const struct proposal *p, const struct proposal_actor *by)
{
    return (struct order_cause){ .actor = by->name,
                                 .source = STR("proposal"),
                                 .request_id = by->request_id,
                                 .ip = by->ip,
                                 .proposal_id = p->id,
                                 .evidence = p->content,
                                 .account = LEDGER_1180 };
}

static struct str source_make(const char *what, const struct proposal *p, struct arena *a)
{
    return str_fmt(a, "%s:%.*s", what, STR_ARG(p->id));
}

static result dispute_post(struct sql *db, const struct till *t, const struct proposal *p,
                           const struct attempt *at, struct arena *a, struct err *e)
{
    struct ledger_journal *j = arena_new(a, struct ledger_journal);
    const int64_t now_ms = clock_now_ms(t->clock);
    const struct channel *channel;

    TRY(channel_of(at, &channel, e));
    *j = ledger_journal_make(at->agency_id, "J8", source_make("dispute", p, a));
    j->order_id = at->order_id;
    j->attempt_n = at->n;
    j->day = clock_local(now_ms).date;
    ledger_put_disputed(j, channel_account(channel, at), at->captured_vnd);
    return ledger_post(db, now_ms, j, a, e);
}

static result may_reverse(const struct order *o, const struct attempt *at, struct err *e)
{
    if (at->state != ATTEMPT_CAPTURED)
        return fail(e, ERR_WRONG_STATE, "attempt is %s", attempt_state_name(at->state));
    if (o->reserved_vnd > 0 || o->refunded_vnd > 0 || o->state == ORDER_SUPERSEDED)
        return fail(e, ERR_WRONG_STATE, "its order is refunded or superseded");
    return OK;
}

result reversal_propose_in(struct sql *db, const struct till *t, struct str reference,
                           struct str remark, const struct proposal_actor *by, struct arena *a,
                           struct proposal *out, struct err *e)
{
    struct order_cause cause;
    struct attempt at;
    struct order o;

    /* Read first and taken afterwards: proposals are locked before orders. */
    TRY(attempt_find(db, reference, a, &at, e));
    TRY(order_find(db, t, at.order_id, a, &o, e));
    TRY(may_reverse(&o, &at, e));
    *out = (struct proposal){ .agency_id = at.agency_id,
                              .kind = PROPOSAL_REVERSAL,
                              .subject = at.reference,
                              .content = content_make(&at, &o, a),
                              .amount_vnd = at.captured_vnd,
                              .remark = remark };
    TRY(proposal_make(db, t, out, by, a, e));
    TRY(attempt_take(db, t, reference, a, &o, &at, e));
    TRY(may_reverse(&o, &at, e));
    cause = cause_make(out, by);
    TRY(attempt_step(db, t, &o, &at, ATTEMPT_EV_DISPUTED, &cause, a, e));
    return dispute_post(db, t, out, &at, a, e);
}

struct proposing {
    const struct till *t;
    struct str reference, remark;
    const struct proposal_actor *by;
    struct arena *a;
    struct proposal *out;
};

static result propose(struct sql *db, void *arg, struct err *e)
{
    const struct proposing *p = arg;

    return reversal_propose_in(db, p->t, p->reference, p->remark, p->by, p->a, p->out, e);
}

result reversal_propose(const struct till *t, struct str reference, struct str remark,
                        const struct proposal_actor *by, struct arena *a, struct proposal *out,
                        struct err *e)
{
    struct proposing p = { t, reference, remark, by, a, out };

    return sql_transact(t->store, propose, &p, e);
}

static result dispute_undo(struct sql *db, const struct till *t, const struct proposal *p,
                           const struct proposal_actor *by, struct arena *a, struct err *e)
{
    struct ledger_journal *of = arena_new(a, struct ledger_journal);
    struct ledger_journal *j = arena_new(a, struct ledger_journal);
    const struct order_cause cause = cause_make(p, by);
    const int64_t now_ms = clock_now_ms(t->clock);
    struct err why = { .code = ERR_NONE };
    struct attempt at;
    struct order o;

    /* Proposed without a dispute: there is nothing to undo. */
    if (ledger_find(db, p->agency_id, source_make("dispute", p, a), a, of, &why).failed)
        return why.code == ERR_NOT_FOUND ? OK : fail(e, why.code, "%s", why.detail);
    TRY(attempt_take(db, t, p->subject, a, &o, &at, e));
    TRY(attempt_step(db, t, &o, &at, ATTEMPT_EV_UNDISPUTED, &cause, a, e));
    *j = ledger_journal_make(p->agency_id, "J8R", source_make("undispute", p, a));
    j->day = clock_local(now_ms).date;
    ledger_put_reverse(j, of);
    return ledger_post(db, now_ms, j, a, e);
}

result reversal_decided(struct sql *db, const struct till *t, const struct proposal *p,
                        const struct proposal_actor *by, struct arena *a, struct err *e)
{
    const struct order_cause cause = cause_make(p, by);
    struct attempt at;
    struct order o;

    if (p->state != PROPOSAL_APPROVED)
        return dispute_undo(db, t, p, by, a, e);
    TRY(attempt_take(db, t, p->subject, a, &o, &at, e));
    TRY(may_reverse(&o, &at, e));
    return attempt_step(db, t, &o, &at, ATTEMPT_EV_REVERSED, &cause, a, e);
}

result reversal_is_open(struct sql *db, struct str agency_id, struct str order_id, bool *open,
                        struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_LEDGER_DISPUTED, &rows, e, sql_t(agency_id), sql_t(order_id)));
    TRY(sql_one(rows, e));
    *open = sql_int(rows, 0) != 0;
    return OK;
}
