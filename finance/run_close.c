/*
 * Attacker: an officer who would close a day over money that does not agree, or have another
 * approve something else than was shown; promise: what is asked when a day is submitted is asked
 * again, with the day locked, when it is approved, and the manifest is written and signed in that
 * transaction. Deliberately not done: judging whether an exception is carried for a good reason.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/detached.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "finance/exception.h"
#include "finance/intake_row.h"
#include "finance/manifest.h"
#include "finance/payout.h"
#include "finance/run_row.h"
#include "store/audit.h"

static result is_chain_broken(struct sql *db, const struct run_key *k, struct arena *a,
                              bool *broken, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_RUN_DAY_BEFORE, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_t(date_iso(a, k->day))));
    TRY(sql_next(rows, &more, e));
    *broken = more && !str_is(sql_text(rows, 0, a), "closed");
    return OK;
}

static bool has_file(const struct reconcile_day *d)
{
    for (size_t i = 0; i < d->file_list_count; i++)
        if (d->files[i].state == SETTLEMENT_ACCEPTED)
            return str_eq(d->files[i].sha256, d->file_sha256) && !settlement_is_early(&d->files[i]);
    return false;
}

result run_guard(struct sql *db, const struct office *f, const struct run_key *k, struct arena *a,
                 struct reconcile_day *outcome, enum run_bar *bar, struct err *e)
{
    const struct exception_scope scope = { k->provider, k->account, date_iso(a, k->day) };
    const struct settlement_key key = { k->provider, k->account, k->day };
    struct exception_tally tally;
    bool broken;

    TRY(reconcile_day_in(db, f->till, &key, a, outcome, e));
    TRY(is_chain_broken(db, k, a, &broken, e));
    TRY(exception_tally(db, &scope, &tally, e));
    *bar = !has_file(outcome)                         ? RUN_BAR_NO_FILE
           : broken || str_is(outcome->reason, "gap") ? RUN_BAR_CHAIN
           : outcome->verdict == RECONCILE_INCOMPLETE || outcome->residual_vnd != 0 ||
                   outcome->bridge.residual_vnd != 0
               ? RUN_BAR_RESIDUAL
           : tally.uncarried_count > 0 || tally.proposed_count > 0 ? RUN_BAR_EXCEPTION
                                                                   : RUN_MAY_CLOSE;
    return OK;
}

struct asking {
    const struct office *f;
    const struct run_ask *ask;
    const struct proposal_actor *by;
    enum proposal_kind kind;
    struct arena *a;
    struct proposal *out;
};

static result guard_pass(struct sql *db, const struct office *f, const struct run_key *k,
                         struct arena *a, struct reconcile_day *outcome, struct err *e)
{
    enum run_bar bar;

    TRY(run_guard(db, f, k, a, outcome, &bar, e));
    return bar == RUN_MAY_CLOSE
               ? OK
               : fail_field(e, ERR_BUSINESS_RULE, run_bar_name(bar), "the day cannot be closed");
}

static result shown_check(const struct run_ask *ask, struct str hash, struct err *e)
{
    return str_eq(ask->manifest_hash, hash)
               ? OK
               : fail_field(e, ERR_STALE, "hash", "the day is another one than was shown");
}

static struct str content_make(const struct run_row *r, const struct reconcile_day *d,
                               struct str hash, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "source", r->run.key.provider);
    json_put_str(o, "day", date_iso(a, r->run.key.day));
    json_put_int(o, "revision", r->run.revision);
    json_put_str(o, "manifest", hash);
    if (d != NULL) {
        json_put_str(o, "verdict", str_c(reconcile_verdict_name(d->verdict)));
        json_put_int(o, "captured_vnd", d->captured_vnd);
        json_put_int(o, "file_vnd", d->file_vnd);
        json_put_int(o, "difference_vnd", d->difference_vnd);
        json_put_int(o, "open_count", d->open_count);
    }
    return json_print_canonical(a, o);
}

/* What may be lost by a wrong decision: what is open or was accepted, or has to be paid over anew.
 */
static result stake_read(struct sql *db, const struct asking *q, int64_t *stake_vnd, struct err *e)
{
    const struct run_key *k = &q->ask->key;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, q->kind == PROPOSAL_RUN_CLOSE ? SQL_EXCEPTION_STAKE : SQL_PAYOUT_DAY_STAKE,
                 &rows, e, sql_t(k->provider), sql_t(k->account), sql_t(date_iso(q->a, k->day))));
    TRY(sql_one(rows, e));
    *stake_vnd = sql_int(rows, 0);
    return OK;
}

static result propose(struct sql *db, const struct asking *q, const struct run_row *r,
                      const struct reconcile_day *d, struct str hash, struct err *e)
{
    int64_t stake_vnd;

    TRY(stake_read(db, q, &stake_vnd, e));
    *q->out = (struct proposal){ .agency_id = STR(""),
                                 .kind = q->kind,
                                 .subject = run_subject(q->a, &r->run.key),
                                 .content = content_make(r, d, hash, q->a),
                                 .amount_vnd = stake_vnd,
                                 .remark = q->ask->remark };
    return proposal_make(db, q->f->till, q->out, q->by, q->a, e);
}

static result submit(struct sql *db, void *arg, struct err *e)
{
    struct asking *q = arg;
    struct run_cause cause = { q->by->name, STR(""), clock_now_ms(q->f->till->clock) };
    struct reconcile_day d;
    enum run_action action;
    enum run_state to;
    struct run_row r;

    TRY(run_row_find(db, &q->ask->key, true, q->a, &r, e));
    if (!run_next(r.run.state, RUN_EV_SUBMIT, &to, &action))
        return fail(e, ERR_WRONG_STATE, "the day is %s", run_state_name(r.run.state));
    TRY(shown_check(q->ask, r.run.manifest_hash, e));
    TRY(guard_pass(db, q->f, &q->ask->key, q->a, &d, e));
    TRY(propose(db, q, &r, &d, r.run.manifest_hash, e));
    r.run.proposal_id = q->out->id;
    r.run.submitted_by = q->by->name;
    cause.detail = q->out->id;
    return run_step(db, &r, RUN_EV_SUBMIT, &cause, &action, q->a, e);
}

result run_submit(const struct office *f, const struct run_ask *ask,
                  const struct proposal_actor *by, struct arena *a, struct proposal *out,
                  struct err *e)
{
    struct asking q = { f, ask, by, PROPOSAL_RUN_CLOSE, a, out };

    return sql_transact(f->till->store, submit, &q, e);
}

static result reopen(struct sql *db, void *arg, struct err *e)
{
    struct asking *q = arg;
    struct run_row r;

    TRY(run_row_find(db, &q->ask->key, true, q->a, &r, e));
    if (r.run.state != RUN_CLOSED)
        return fail(e, ERR_WRONG_STATE, "the day is %s", run_state_name(r.run.state));
    TRY(shown_check(q->ask, r.run.manifest_hash, e));
    return propose(db, q, &r, NULL, r.closed_hash, e);
}

result run_reopen(const struct office *f, const struct run_ask *ask,
                  const struct proposal_actor *by, struct arena *a, struct proposal *out,
                  struct err *e)
{
    struct asking q = { f, ask, by, PROPOSAL_RUN_REOPEN, a, out };

    return sql_transact(f->till->store, reopen, &q, e);
}

/* The day and the hash that a proposal is about. */
static result subject_read(const struct proposal *p, struct arena *a, struct run_key *k,
                           struct str *hash, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str kind, rest, day = STR("");

    TRY(json_read(p->content, &o, e));
    TRY(json_want_str(o, "manifest", 64, hash, e));
    *hash = str_dup(a, *hash);
    if (!str_cut(p->subject, ':', &kind, &rest) || !str_cut(rest, '/', &k->provider, &rest) ||
        !str_cut(rest, '/', &k->account, &day) || !date_read(day, &k->day))
        return fail(e, ERR_INTERNAL, "a proposal about no day");
    return OK;
}

static result sign(struct sql *db, const struct office *f, struct run_row *r, struct str by,
                   struct arena *a, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *detail = NULL;
    struct audit_event ev = { .actor = by, .action = STR("run.signed") };

    if (f->keys == NULL)
        return fail(e, ERR_CONFIG, "no key signs manifests");
    TRY(keyring_active(f->keys, KEY_ES256, &key, e));
    TRY(detached_sign(a, key, MANIFEST_TYP, r->closed_manifest, &r->signature, e));
    r->signer = detached_key(a, key);
    detail = manifest_signed(r->closed_hash, key_id(key));
    ev.subject = run_subject(a, &r->run.key);
    ev.detail = detail;
    return audit_append(db, clock_now_ms(f->till->clock), &ev, e);
}

static result approve(struct sql *db, const struct office *f, struct run_row *r,
                      const struct proposal *p, const struct run_cause *cause, struct arena *a,
                      struct err *e)
{
    const struct payout_day paid = { r->run.key.provider, r->run.key.account, r->run.key.day };
    enum run_action action;
    struct reconcile_day d;
    int64_t payouts;

    TRY(guard_pass(db, f, &r->run.key, a, &d, e));
    TRY(payout_post(db, f, &paid, a, &payouts, e));
    TRY(payout_match_stray(db, f, a, e));
    r->run.closed_ms = cause->now_ms;
    TRY(manifest_make(db, r, d.manifest, a, &r->closed_manifest, e));
    r->closed_hash = digest_hex(a, digest_sha256(r->closed_manifest));
    TRY(sign(db, f, r, cause->actor, a, e));
    r->run.closed_by = p->decided_by;
    return run_step(db, r, RUN_EV_APPROVE, cause, &action, a, e);
}

result run_close_decided(struct sql *db, const struct office *f, const struct proposal *p,
                         const struct proposal_actor *by, struct arena *a, struct err *e)
{
    const struct run_cause cause = { by->name, p->id, clock_now_ms(f->till->clock) };
    enum run_action action;
    struct str hash = { 0 };
    struct run_key k;
    struct run_row r;

    TRY(subject_read(p, a, &k, &hash, e));
    TRY(run_row_find(db, &k, true, a, &r, e));
    if (!str_eq(r.run.proposal_id, p->id) || !str_eq(r.run.manifest_hash, hash))
        return fail_field(e, ERR_STALE, "hash", "the day is another one than was submitted");
    if (p->state == PROPOSAL_APPROVED)
        return approve(db, f, &r, p, &cause, a, e);
    return run_step(db, &r, p->state == PROPOSAL_REJECTED ? RUN_EV_REJECT : RUN_EV_WITHDRAW, &cause,
                    &action, a, e);
}

result run_reopen_decided(struct sql *db, const struct office *f, const struct proposal *p,
                          const struct proposal_actor *by, struct arena *a, struct err *e)
{
    const struct run_cause cause = { by->name, p->id, clock_now_ms(f->till->clock) };
    struct str hash = { 0 };
    enum run_action action;
    struct run_row r, next;
    int64_t reversed;
    struct run_key k;

    if (p->state != PROPOSAL_APPROVED)
        return OK;
    TRY(subject_read(p, a, &k, &hash, e));
    TRY(run_row_find(db, &k, true, a, &r, e));
    if (!str_eq(r.closed_hash, hash))
        return fail_field(e, ERR_STALE, "hash", "the day is another one than was shown");
    TRY(payout_reverse(db, f, &(struct payout_day){ k.provider, k.account, k.day }, a, &reversed,
                       e));
    TRY(run_step(db, &r, RUN_EV_REOPEN, &cause, &action, a, e));
    TRY(run_row_insert(db, &k, r.run.revision + 1, cause.now_ms, a, e));
    TRY(run_row_find(db, &k, true, a, &next, e));
    next.run.state = RUN_NONE;
    return run_step(db, &next, RUN_EV_FILE, &cause, &action, a, e);
}
