/*
 * What each action on an exception posts. Attacker: an officer who wants money to go elsewhere than
 * was shown, or to go twice; promise: everything goes through the functions that keep the books
 * (orders, reversals, movements once by their key), and what was posted is read back from the
 * ledger, not remembered. Deliberately not done: paying anybody; refunds have their own way.
 */
#include "finance/exception_do.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/source.h"
#include "payments/assign.h"
#include "payments/attempt_row.h"
#include "payments/fee.h"
#include "payments/order_row.h"
#include "payments/refund_row.h"
#include "payments/reversal.h"
#include "store/sql.h"

#define HEADS_MAX 4096
#define NOON_MS   ((int64_t)43200 * 1000)

/* How far the chains of this writer had come. */
struct heads {
    struct str agency_id[HEADS_MAX];
    int64_t n[HEADS_MAX];
    size_t count;
};

static result heads_read(struct sql *db, struct arena *a, struct heads **out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct heads *h = arena_new(a, struct heads);
    bool more;

    *out = h;
    TRY(sql_find(db, SQL_LEDGER_SLOT_HEADS, &rows, e, sql_i(sql_slot(db))));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (h->count == HEADS_MAX)
            return fail(e, ERR_TOO_LARGE, "more than %d chains", HEADS_MAX);
        h->agency_id[h->count] = sql_text(rows, 0, a);
        h->n[h->count++] = sql_int(rows, 1);
    }
}

static int64_t head_of(const struct heads *h, struct str agency_id)
{
    for (size_t i = 0; i < h->count; i++)
        if (str_eq(h->agency_id[i], agency_id))
            return h->n[i];
    return 0;
}

struct collecting {
    struct exception_posting *list;
    size_t count;
    struct arena *a;
};

static result postings_since(struct sql *db, struct collecting *c, struct str agency_id,
                             int64_t since, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_LEDGER_SINCE, &rows, e, sql_t(agency_id), sql_i(sql_slot(db)),
                 sql_i(since)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (c->count == EXCEPTION_POSTINGS_MAX)
            return fail(e, ERR_TOO_LARGE, "more than %d postings", EXCEPTION_POSTINGS_MAX);
        c->list[c->count++] = (struct exception_posting){
            .agency_id = agency_id,
            .journal = sql_text(rows, 0, c->a),
            .order_id = sql_text(rows, 1, c->a),
            .p = { .account = (enum ledger_account)sql_int(rows, 2),
                   .side = (enum ledger_side)sql_int(rows, 3),
                   .amount_vnd = sql_int(rows, 4),
                   .fee = sql_text(rows, 5, c->a) },
        };
    }
}

static result postings_collect(struct sql *db, const struct heads *before, struct collecting *c,
                               struct err *e)
{
    struct heads *after;

    TRY(heads_read(db, c->a, &after, e));
    for (size_t i = 0; i < after->count; i++) {
        const int64_t since = head_of(before, after->agency_id[i]);

        if (after->n[i] > since)
            TRY(postings_since(db, c, after->agency_id[i], since, e));
    }
    return OK;
}

static struct order_cause cause_make(const struct exception_doing *k)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "exception", k->x->id);
    json_put_str(o, "transaction", k->x->portal_txn);
    json_put_int(o, "amount_vnd", k->x->theirs_vnd);
    return (struct order_cause){ .actor = k->checker->name,
                                 .source = STR("proposal"),
                                 .request_id = k->checker->request_id,
                                 .ip = k->checker->ip,
                                 .proposal_id = k->proposal_id,
                                 .evidence = json_print_canonical(k->a, o) };
}

/* When it moved: the line says so; noon of the day otherwise. */
static result moved_at(struct sql *db, const struct exception *x, struct date day, int64_t *at_ms,
                       struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found = false;

    *at_ms = clock_day_start_ms(day) + NOON_MS;
    if (x->line == 0)
        return OK;
    TRY(sql_find(db, SQL_EXCEPTION_LINE, &rows, e, sql_i(x->file_n), sql_i(x->line)));
    TRY(sql_next(rows, &found, e));
    if (found && sql_int(rows, 15) > 0)
        *at_ms = sql_int(rows, 15);
    return OK;
}

/* Where money of this stream is: with whom it is cleared, or on the bank account. */
static enum ledger_account account_of(const struct exception_doing *k, struct date day)
{
    const struct source *s = source_by_key(k->f->sources, k->x->provider, k->x->account, day);

    return str_is(k->x->source, "bank_notice") || (s != NULL && s->role == SOURCE_BANK)
               ? LEDGER_1120
               : LEDGER_1110;
}

/* `part`: empty for the whole movement. */
static result movement_make(struct sql *db, const struct exception_doing *k, const char *part,
                            struct assign_movement *out, struct err *e)
{
    const struct exception *x = k->x;
    struct str name = x->portal_txn.n > 0 ? x->portal_txn : x->id;
    struct date day = { 0 };

    if (!date_read(x->day, &day))
        return fail(e, ERR_STORE, "exception %.*s has no day", STR_ARG(x->id));
    *out = (struct assign_movement){
        .key = str_fmt(k->a, "%.*s|%.*s%s", STR_ARG(x->account), STR_ARG(name), part),
        .txn = str_fmt(k->a, "%.*s%s", STR_ARG(name), part),
        .bank = x->provider,
        .at = account_of(k, day),
    };
    return moved_at(db, x, day, &out->at_ms, e);
}

/* Journals are unique within one body's books only, and an exception may be reopened: what became
 * of a movement is decided once, whole or in parts, in whosever books. what: "came" or "lost". */
static result movement_claim(struct sql *db, const struct exception_doing *k, const char *what,
                             const struct assign_movement *m, struct err *e)
{
    int64_t changed = 0;

    TRY(sql_run_count(db, SQL_EXCEPTION_MOVEMENT_CLAIM, &changed, e,
                      sql_t(str_fmt(k->a, "%s:%.*s", what, STR_ARG(m->key))), sql_t(k->x->id),
                      sql_i(clock_now_ms(k->f->till->clock))));
    return changed == 1 ? OK : fail(e, ERR_CONFLICT, "that movement was decided about before");
}

static result do_assign(struct sql *db, const struct exception_doing *k, struct err *e)
{
    const struct order_cause cause = cause_make(k);
    const size_t count = k->d->target_count;
    struct assign_movement m;

    TRY(movement_make(db, k, "", &m, e));
    TRY(movement_claim(db, k, "came", &m, e));
    TRY(assign_is_free(db, &m, e)); /* each part has a number of its own */
    for (size_t i = 0; i < count; i++) {
        TRY(movement_make(db, k, count == 1 ? "" : str_cstr(k->a, str_fmt(k->a, "/%zu", i + 1)), &m,
                          e));
        TRY(assign_capture(db, k->f->till, &m, k->d->targets[i].id, k->d->targets[i].amount_vnd,
                           true, &cause, k->a, e));
    }
    return OK;
}

/* Whose books it is in: as the exception says, else as the officer does. */
static result body_of(const struct exception_doing *k, struct str *agency_id, struct err *e)
{
    struct fee_agency agency;

    *agency_id = k->x->agency_id.n > 0    ? k->x->agency_id
                 : k->d->target_count > 0 ? k->d->targets[0].id
                                          : STR("");
    if (agency_id->n == 0 ||
        fee_agency_find(k->f->till->fees, *agency_id, clock_today(k->f->till->clock), &agency, NULL)
            .failed)
        return fail_field(e, ERR_INVALID, "target", "whose money it is");
    return OK;
}

static result do_return(struct sql *db, const struct exception_doing *k, struct err *e)
{
    struct assign_movement m;
    struct str agency_id;

    TRY(body_of(k, &agency_id, e));
    TRY(movement_make(db, k, "", &m, e));
    TRY(movement_claim(db, k, "came", &m, e));
    if (k->x->class != MATCH_DUP_FILE) /* which is the second of a capture */
        TRY(assign_is_free(db, &m, e));
    TRY(assign_hold(db, k->f->till, &m, agency_id, k->x->theirs_vnd, k->a, e));
    return assign_sent_back(db, k->f->till, &m, agency_id, k->x->theirs_vnd, k->a, e);
}

/* The reversal's own two persons are this proposal's. */
static result do_reverse(struct sql *db, const struct exception_doing *k, struct err *e)
{
    struct proposal p, out;

    if (k->x->reference.n == 0)
        return fail(e, ERR_BUSINESS_RULE, "no payment of ours to take back");
    TRY(reversal_propose_in(db, k->f->till, k->x->reference, k->d->remark, k->maker, k->a, &p, e));
    const struct proposal_decision yes = {
        .id = p.id, .verdict = PROPOSAL_APPROVED, .hash = p.hash, .remark = k->d->remark
    };

    return proposal_decide_in(db, k->f->till, &yes, k->checker, k->a, &out, e);
}

static result do_collect(struct sql *db, const struct exception_doing *k, struct err *e)
{
    const struct order_cause cause = cause_make(k);
    struct assign_movement m;

    if (k->x->theirs_vnd <= 0)
        return fail(e, ERR_BUSINESS_RULE, "nothing arrived");
    TRY(do_reverse(db, k, e));
    TRY(movement_make(db, k, "/short", &m, e));
    return assign_capture(db, k->f->till, &m, k->x->order_id, k->x->theirs_vnd, false, &cause, k->a,
                          e);
}

static result do_excess(struct sql *db, const struct exception_doing *k, struct err *e)
{
    const struct order_cause cause = cause_make(k);
    struct assign_movement m;

    if (k->x->difference_vnd >= 0 || k->x->order_id.n == 0)
        return fail(e, ERR_BUSINESS_RULE, "no excess over a payment of ours");
    TRY(movement_make(db, k, "/more", &m, e));
    return assign_capture(db, k->f->till, &m, k->x->order_id, -k->x->difference_vnd, false, &cause,
                          k->a, e);
}

/* It was asked for and decided on its own way: this only tells that it is the answer. */
static result do_refund(struct sql *db, const struct exception_doing *k, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct refund r;

    if (refund_find(db, k->d->targets[0].id, k->a, &r, &why).failed && why.code != ERR_NOT_FOUND)
        return fail(e, why.code, "%s", why.detail);
    if (why.code == ERR_NOT_FOUND || !str_eq(r.order_id, k->x->order_id))
        return fail_field(e, ERR_INVALID, "target", "not a refund of this order");
    if (!refund_is_open(r.state) && r.state != REFUND_SUCCEEDED)
        return fail_field(e, ERR_WRONG_STATE, "target", "that refund is %s",
                          refund_state_name(r.state));
    return OK;
}

static result do_reclass(struct sql *db, const struct exception_doing *k, struct err *e)
{
    const struct order_cause cause = cause_make(k);
    struct order o, successor;

    if (k->x->order_id.n == 0)
        return fail(e, ERR_BUSINESS_RULE, "no order of ours");
    TRY(order_take(db, k->f->till, k->x->agency_id, k->x->order_id, k->a, &o, e));
    TRY(order_take(db, k->f->till, k->x->agency_id, k->d->targets[0].id, k->a, &successor, e));
    return order_supersede(db, k->f->till, &o, &successor, &cause, k->a, e);
}

static result do_loss(struct sql *db, const struct exception_doing *k, struct err *e)
{
    struct assign_movement m;
    struct str agency_id;

    if (k->x->difference_vnd <= 0)
        return fail(e, ERR_BUSINESS_RULE, "nothing is missing");
    TRY(body_of(k, &agency_id, e));
    TRY(movement_make(db, k, "", &m, e));
    TRY(movement_claim(db, k, "lost", &m, e));
    return k->d->action == EXCEPTION_DO_CHARGE
               ? assign_charged(db, k->f->till, &m, agency_id, k->x->difference_vnd, k->a, e)
               : assign_written_off(db, k->f->till, &m, agency_id, k->x->difference_vnd, k->a, e);
}

static result act(struct sql *db, const struct exception_doing *k, struct err *e)
{
    switch (k->d->action) {
    case EXCEPTION_DO_ASSIGN:
        return do_assign(db, k, e);
    case EXCEPTION_DO_RETURN:
        return do_return(db, k, e);
    case EXCEPTION_DO_REVERSE:
        return do_reverse(db, k, e);
    case EXCEPTION_DO_COLLECT:
        return do_collect(db, k, e);
    case EXCEPTION_DO_EXCESS:
        return do_excess(db, k, e);
    case EXCEPTION_DO_REFUND:
        return do_refund(db, k, e);
    case EXCEPTION_DO_RECLASS:
        return do_reclass(db, k, e);
    case EXCEPTION_DO_CHARGE:
    case EXCEPTION_DO_WRITE_OFF:
        return do_loss(db, k, e);
    case EXCEPTION_DO_REQUEST:
    case EXCEPTION_DO_ACCEPT:
    case EXCEPTION_ACTION_COUNT:
        break;
    }
    return OK;
}

result exception_do(struct sql *db, const struct exception_doing *k, struct exception_posting **out,
                    size_t *count, struct err *e)
{
    struct collecting c = { .a = k->a };
    struct heads *before;

    c.list = arena_array(k->a, struct exception_posting, EXCEPTION_POSTINGS_MAX);
    TRY(heads_read(db, k->a, &before, e));
    TRY(act(db, k, e));
    TRY(postings_collect(db, before, &c, e));
    *out = c.list;
    *count = c.count;
    return OK;
}

static struct json *targets_json(const struct exception_draft *d)
{
    struct json *list = json_array();

    for (size_t i = 0; i < d->target_count; i++) {
        struct json *one = json_object();

        json_put_str(one, "id", d->targets[i].id);
        json_put_int(one, "amount_vnd", d->targets[i].amount_vnd);
        json_add(list, one);
    }
    return list;
}

static struct json *postings_json(const struct exception_posting *p, size_t count)
{
    struct json *list = json_array();

    for (size_t i = 0; i < count; i++) {
        struct json *one = json_object();

        json_put_str(one, "agency", p[i].agency_id);
        json_put_str(one, "journal", p[i].journal);
        json_put_str(one, "order", p[i].order_id);
        json_put_int(one, "account", p[i].p.account);
        json_put_str(one, "side", p[i].p.side == LEDGER_DEBIT ? STR("debit") : STR("credit"));
        json_put_int(one, "amount_vnd", p[i].p.amount_vnd);
        json_put_str(one, "fee", p[i].p.fee);
        json_add(list, one);
    }
    return list;
}

struct str exception_content(const struct exception *x, const struct exception_draft *d,
                             const struct exception_posting *postings, size_t count,
                             struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "exception", x->id);
    json_put_str(o, "class", str_c(match_name(x->class)));
    json_put_str(o, "action", str_c(exception_action_name(d->action)));
    json_put_str(o, "provider", x->provider);
    json_put_str(o, "bank_account", x->account);
    json_put_str(o, "day", x->day);
    json_put_str(o, "reference", x->reference);
    json_put_str(o, "transaction", x->portal_txn);
    json_put_str(o, "dossier", x->dossier);
    json_put_int(o, "ours_vnd", x->ours_vnd);
    json_put_int(o, "theirs_vnd", x->theirs_vnd);
    json_put_int(o, "difference_vnd", x->difference_vnd);
    json_put(o, "targets", targets_json(d));
    json_put(o, "postings", postings_json(postings, count));
    return json_print_canonical(a, o);
}
