/*
 * Two persons about an exception. Attacker: a maker who shows one thing and has another done, a
 * checker who is the maker, two of either at once, a later file that makes it all pointless;
 * promise: what is approved is what was shown, to the posting, or nothing happens; it happens once,
 * in the approval's transaction. Deliberately not done: knowing who holds which role; that is
 * auth's, and web asks it at every request.
 */
#include "finance/exception_action.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "finance/exception_do.h"
#include "finance/exception_row.h"
#include "payments/attempt.h"
#include "store/sql.h"

enum action_end { ENDS_CLOSES, ENDS_AWAITS };

static const struct {
    const char *name, *classes;
    enum action_end end;
    enum exception_need need;
} actions[] = {
#define ACTION(code, name, end, need, classes)                                                     \
    [EXCEPTION_DO_##code] = { name, classes, ENDS_##end, EXCEPTION_NEEDS_##need },
#include "finance/exception_action.def"
#undef ACTION
};

const char *exception_action_name(enum exception_action act)
{
    return actions[act].name;
}

enum exception_need exception_action_need(enum exception_action act)
{
    return actions[act].need;
}

bool exception_action_find(struct str name, enum exception_action *out)
{
    for (size_t i = 0; i < EXCEPTION_ACTION_COUNT; i++) {
        if (str_is(name, actions[i].name)) {
            *out = (enum exception_action)i;
            return true;
        }
    }
    return false;
}

static bool is_for(enum exception_action act, enum match_class class)
{
    const char *name = match_name(class), *at = actions[act].classes;
    const size_t n = strlen(name);

    while ((at = strstr(at, name)) != NULL) {
        if (at[-1] == ' ' && at[n] == ' ')
            return true;
        at += n;
    }
    return false;
}

static bool may_be_proposed(const struct exception *x)
{
    return x->state != EXCEPTION_RESOLVED &&
           (x->stage == EXCEPTION_OPEN || x->stage == EXCEPTION_ASSIGNED ||
            x->stage == EXCEPTION_REOPENED);
}

/* What exception_do would refuse whatever the officer writes is not offered at all. */
static bool is_possible(enum exception_action act, const struct exception *x)
{
    switch (act) {
    case EXCEPTION_DO_CHARGE:
    case EXCEPTION_DO_WRITE_OFF:
        return x->difference_vnd > 0;
    case EXCEPTION_DO_REVERSE:
        return x->reference.n > 0;
    case EXCEPTION_DO_COLLECT:
        return x->reference.n > 0 && x->theirs_vnd > 0;
    case EXCEPTION_DO_EXCESS:
        return x->difference_vnd < 0 && x->order_id.n > 0;
    case EXCEPTION_DO_REFUND:
    case EXCEPTION_DO_RECLASS:
        return x->order_id.n > 0;
    default:
        return true;
    }
}

bool exception_may(enum exception_action act, const struct exception *x)
{
    return is_for(act, x->class) && may_be_proposed(x) && is_possible(act, x);
}

static result orders_check(const struct exception *x, const struct exception_draft *d,
                           struct err *e)
{
    int64_t sum_vnd = 0;

    for (size_t i = 0; i < d->target_count; i++) {
        if (d->targets[i].amount_vnd <= 0)
            return fail_field(e, ERR_INVALID, "amount_vnd", "each order gets something");
        TRY(money_add(sum_vnd, d->targets[i].amount_vnd, &sum_vnd, e));
    }
    if (sum_vnd != x->theirs_vnd)
        return fail_field(e, ERR_INVALID, "amount_vnd", "%lld of %lld", (long long)sum_vnd,
                          (long long)x->theirs_vnd);
    return OK;
}

result exception_draft_check(const struct exception *x, const struct exception_draft *d,
                             struct err *e)
{
    const enum exception_need need = actions[d->action].need;
    const size_t least = need == EXCEPTION_NEEDS_NOTHING || need == EXCEPTION_NEEDS_BODY ? 0 : 1;
    const size_t most = need == EXCEPTION_NEEDS_NOTHING  ? 0
                        : need == EXCEPTION_NEEDS_ORDERS ? EXCEPTION_TARGETS_MAX
                                                         : 1;

    TRY(exception_remark_check(d->remark, e));
    if (!is_for(d->action, x->class))
        return fail_field(e, ERR_INVALID, "action", "not for this class");
    if (d->target_count < least || d->target_count > most)
        return fail_field(e, ERR_INVALID, "target", "%zu to %zu of them", least, most);
    for (size_t i = 0; i < d->target_count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(d->targets[i].id, d->targets[j].id))
                return fail_field(e, ERR_INVALID, "target", "named twice");
    return need == EXCEPTION_NEEDS_ORDERS ? orders_check(x, d, e) : OK;
}

static int64_t amount_of(const struct exception *x, const struct exception_draft *d)
{
    const int64_t difference_vnd = x->difference_vnd < 0 ? -x->difference_vnd : x->difference_vnd;

    switch (d->action) {
    case EXCEPTION_DO_REVERSE:
    case EXCEPTION_DO_COLLECT:
    case EXCEPTION_DO_RECLASS:
        return x->ours_vnd > difference_vnd ? x->ours_vnd : difference_vnd;
    default:
        return difference_vnd;
    }
}

struct rehearsing {
    const struct office *f;
    struct str id;
    const struct exception_draft *d;
    const struct proposal_actor *by;
    struct arena *a;
    struct exception_preview *out;
    bool done;
};

/* Ends in an error whatever happens, so that nothing of it stays. */
static result rehearse(struct sql *db, void *arg, struct err *e)
{
    static const struct proposal_actor checker = { .name = { "staff:?", 7 },
                                                   .limit_vnd = INT64_MAX };
    struct rehearsing *r = arg;
    struct exception_preview *p = r->out;
    const struct exception_doing k = {
        .f = r->f, .x = &p->x, .d = r->d, .maker = r->by, .checker = &checker, .a = r->a
    };

    r->done = false;
    TRY(exception_take(db, r->id, r->a, &p->x, e));
    TRY(exception_draft_check(&p->x, r->d, e));
    if (!may_be_proposed(&p->x))
        return fail(e, ERR_WRONG_STATE, "exception is %s", exception_stage_name(p->x.stage));
    TRY(exception_do(db, &k, &p->postings, &p->posting_count, e));
    p->content = exception_content(&p->x, r->d, p->postings, p->posting_count, r->a);
    p->hash = digest_hex(r->a, digest_sha256(p->content));
    p->amount_vnd = amount_of(&p->x, r->d);
    r->done = true;
    return fail(e, ERR_DENIED, "a rehearsal");
}

result exception_preview(const struct office *f, struct str id, const struct exception_draft *d,
                         const struct proposal_actor *by, struct arena *a,
                         struct exception_preview *out, struct err *e)
{
    struct rehearsing r = { f, id, d, by, a, out, false };
    struct err why = { .code = ERR_NONE };

    *out = (struct exception_preview){ 0 };
    must(sql_transact(f->till->store, rehearse, &r, &why).failed);
    if (r.done && why.code == ERR_DENIED)
        return OK;
    if (e != NULL)
        *e = why;
    return (result){ true };
}

struct proposing {
    const struct office *f;
    const struct exception_draft *d;
    const struct exception_preview *shown;
    const struct proposal_actor *by;
    struct arena *a;
    struct proposal *out;
};

static struct proposal proposal_of(const struct proposing *p)
{
    return (struct proposal){ .agency_id = p->shown->x.agency_id,
                              .kind = PROPOSAL_EXCEPTION,
                              .subject = p->shown->x.id,
                              .content = p->shown->content,
                              .amount_vnd = p->shown->amount_vnd,
                              .remark = p->d->remark };
}

static result propose_one(struct sql *db, const struct proposing *p, struct err *e)
{
    const struct till *t = p->f->till;
    struct exception_cause cause = exception_cause_make(t, p->by, p->d->remark);
    struct exception x;

    *p->out = proposal_of(p);
    TRY(proposal_make(db, t, p->out, p->by, p->a, e));
    TRY(exception_take(db, p->shown->x.id, p->a, &x, e));
    if (x.stage == EXCEPTION_OPEN || x.stage == EXCEPTION_REOPENED) {
        x.owner = p->by->name;
        TRY(exception_step(db, &x, EXCEPTION_EV_ASSIGN, &cause, p->a, e));
    }
    if (!str_eq(x.owner, p->by->name))
        return fail_field(e, ERR_CONFLICT, "owner", "it is another's");
    if (x.state == EXCEPTION_RESOLVED || x.class != p->shown->x.class ||
        x.difference_vnd != p->shown->x.difference_vnd)
        return fail_field(e, ERR_STALE, "hash", "it changed meanwhile");
    x.action = str_c(actions[p->d->action].name);
    cause.proposal_id = p->out->id;
    return exception_step(db, &x, EXCEPTION_EV_PROPOSE, &cause, p->a, e);
}

result exception_propose_in(struct sql *db, const struct office *f,
                            const struct exception_preview *shown, const struct exception_draft *d,
                            const struct proposal_actor *by, struct arena *a, struct proposal *out,
                            struct err *e)
{
    const struct proposing p = { f, d, shown, by, a, out };

    return propose_one(db, &p, e);
}

static result propose(struct sql *db, void *arg, struct err *e)
{
    return propose_one(db, arg, e);
}

result exception_propose(const struct office *f, struct str id, const struct exception_draft *d,
                         struct str hash, const struct proposal_actor *by, struct arena *a,
                         struct proposal *out, struct err *e)
{
    struct exception_preview shown;
    struct proposing p = { f, d, &shown, by, a, out };

    TRY(exception_preview(f, id, d, by, a, &shown, e));
    if (!str_eq(hash, shown.hash))
        return fail_field(e, ERR_STALE, "hash", "not what was shown");
    return sql_transact(f->till->store, propose, &p, e);
}

/* The draft, as the proposal holds it. */
static result draft_read(const struct proposal *p, struct arena *a, struct exception_draft *out,
                         struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct exception_target *targets;
    struct json *list;
    struct str action;
    size_t count;

    TRY(json_read(p->content, &o, e));
    list = json_member(o, "targets");
    count = json_count(list);
    *out = (struct exception_draft){ .remark = p->remark, .target_count = count };
    if (!json_str(json_member(o, "action"), &action) ||
        !exception_action_find(action, &out->action) || count > EXCEPTION_TARGETS_MAX)
        return fail(e, ERR_BROKEN_CHAIN, "proposal %.*s is unreadable", STR_ARG(p->id));
    targets = arena_array(a, struct exception_target, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct json *one = json_at(list, i);

        if (!json_str(json_member(one, "id"), &targets[i].id) ||
            !json_int(json_member(one, "amount_vnd"), &targets[i].amount_vnd))
            return fail(e, ERR_BROKEN_CHAIN, "proposal %.*s is unreadable", STR_ARG(p->id));
        targets[i].id = str_dup(a, targets[i].id);
    }
    out->targets = targets;
    return OK;
}

static result not_done(struct sql *db, const struct proposal *p, struct exception *x,
                       struct exception_cause *cause, struct arena *a, struct err *e)
{
    TRY(exception_step(db, x,
                       p->state == PROPOSAL_REJECTED ? EXCEPTION_EV_REJECT : EXCEPTION_EV_WITHDRAW,
                       cause, a, e));
    if (x->state != EXCEPTION_RESOLVED)
        return OK;
    cause->remark = STR(""); /* what made it pointless needs nobody any more */
    return exception_step(db, x, EXCEPTION_EV_EXPLAIN, cause, a, e);
}

static result execute(struct sql *db, const struct exception_doing *k, const struct proposal *p,
                      struct exception *x, const struct exception_cause *cause, struct err *e)
{
    struct exception_posting *postings;
    size_t count;

    if (x->state == EXCEPTION_RESOLVED)
        return fail(e, ERR_WRONG_STATE, "explained meanwhile: there is nothing left to do");
    TRY(exception_step(db, x, EXCEPTION_EV_APPROVE, cause, k->a, e));
    TRY(exception_do(db, k, &postings, &count, e));
    if (!str_eq(exception_content(x, k->d, postings, count, k->a), p->content))
        return fail_field(e, ERR_STALE, "hash", "it would do something else now");
    TRY(exception_step(db, x, EXCEPTION_EV_EXECUTE, cause, k->a, e));
    return actions[k->d->action].end == ENDS_CLOSES
               ? exception_step(db, x, EXCEPTION_EV_CLOSE, cause, k->a, e)
               : OK;
}

result exception_decided(struct sql *db, const struct office *f, const struct proposal *p,
                         const struct proposal_actor *by, struct arena *a, struct err *e)
{
    struct exception_cause cause = exception_cause_make(f->till, by, p->decision_remark);
    const struct proposal_actor maker = {
        .name = p->maker, .limit_vnd = INT64_MAX, .request_id = by->request_id, .ip = by->ip
    };
    struct exception_draft d;
    struct exception x;

    cause.proposal_id = p->id;
    TRY(exception_take(db, p->subject, a, &x, e));
    if (x.stage != EXCEPTION_PROPOSED || !str_eq(x.proposal_id, p->id))
        return fail(e, ERR_WRONG_STATE, "exception is %s", exception_stage_name(x.stage));
    if (p->state != PROPOSAL_APPROVED)
        return not_done(db, p, &x, &cause, a, e);
    TRY(draft_read(p, a, &d, e));

    const struct exception_doing k = { f, &x, &d, &maker, by, p->id, a };

    return execute(db, &k, p, &x, &cause, e);
}

struct noting {
    const struct till *t;
    struct str id;
    struct exception_cause cause;
    struct arena *a;
};

static result note_asked(struct sql *db, void *arg, struct err *e)
{
    const struct noting *n = arg;
    struct exception x;

    bool explained;

    TRY(exception_take(db, n->id, n->a, &x, e));
    TRY(exception_step(db, &x, EXCEPTION_EV_ASK, &n->cause, n->a, e));
    return exception_explain_captured(db, n->id, n->cause.now_ms, n->a, &explained, e);
}

result exception_ask(const struct office *f, struct str id, const struct proposal_actor *by,
                     struct arena *a, bool *captured, struct err *e)
{
    const struct till *t = f->till;
    const struct order_cause cause = {
        .actor = by->name, .source = STR("page"), .request_id = by->request_id, .ip = by->ip
    };
    struct noting n = { t, id, exception_cause_make(t, by, STR("")), a };
    struct exception x;
    struct attempt at;

    TRY(exception_load(t, id, a, &x, e));
    if (x.reference.n == 0 || !exception_is_open(x.stage))
        return fail(e, ERR_WRONG_STATE, "nothing to ask about");
    TRY(attempt_ask(t, x.reference, &cause, e));
    TRY(attempt_load(t, x.reference, a, &at, e));
    *captured = at.captured_ms > 0;
    return sql_transact(t->store, note_asked, &n, e);
}
