/*
 * Verified messages of any provider. Attacker: whoever can make a provider send, repeat or withhold
 * messages, and whoever holds one provider's key and names another's reference; promise: a message
 * is evidence and a question, never money, is written once however often it comes, and has no say
 * about another channel's attempt. The quarantine is bounded, so that a flood fills no disk.
 */
#include "payments/notice_record.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "payments/attempt_row.h"
#include "payments/order_row.h"
#include "store/sql.h"

#define QUARANTINE_DAY_MAX 1000 /* rows a day and process: a flood is counted, not stored */
#define QUARANTINE_BYTES   2048
#define QUARANTINE_KEEP_MS (365 * 86400000LL)
#define QUARANTINE_PURGE   8

struct recording {
    const struct till *t;
    const struct notice_facts *facts;
    struct order_cause *cause;
    struct arena *a;
    struct notice_outcome *out;
};

static result known_ask(struct sql *db, const struct attempt *at, struct str hash, bool *known,
                        struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_ORDER_EVENT_KNOWN, &rows, e, sql_t(at->agency_id), sql_t(at->order_id),
                 sql_i(at->n), sql_t(str_c(attempt_event_name(ATTEMPT_EV_NOTICED))), sql_t(hash)));
    TRY(sql_one(rows, e));
    *known = sql_int(rows, 0) > 0;
    return OK;
}

static result known_find(struct sql *db, struct recording *k, struct attempt *at, struct err *e)
{
    const struct str hash = order_evidence_hash(k->cause, k->a);

    k->out->known = false;
    TRY(attempt_heard_read(db, at, k->a, e));
    for (size_t i = 0; i < at->heard->count; i++)
        k->out->known = k->out->known || str_eq(hash, at->heard->hashes[i]);
    if (k->out->known || at->heard->count < ATTEMPT_HEARD_MAX)
        return OK;
    return known_ask(db, at, hash, &k->out->known, e);
}

/* What a human should look at; empty when everything fits. */
static struct str mismatch_of(const struct notice_facts *f, const struct attempt *at)
{
    if (!str_is(f->currency, "VND"))
        return STR("CUR");
    if (f->amount_vnd != at->amount_vnd)
        return STR("AMT");
    if (at->state != ATTEMPT_CAPTURED)
        return STR("");
    if (!f->paid)
        return STR("STA");
    /* One reference, two transactions: the payer's bank paid twice. */
    return str_eq(f->txn, at->portal_txn) ? STR("") : STR("DUP_PAY");
}

static result hear(struct sql *db, void *arg, struct order *o, struct attempt *at, struct err *e)
{
    struct recording *k = arg;
    struct notice_outcome *out = k->out;

    out->at = *at;
    if (!str_is(out->at.channel, k->facts->channel))
        return fail(e, ERR_NOT_FOUND, "a reference of another channel");
    out->mismatch = mismatch_of(k->facts, &out->at);
    out->wrong = str_is(out->mismatch, "AMT") || str_is(out->mismatch, "CUR");
    k->cause->mismatch = out->mismatch;
    TRY(known_find(db, k, at, e));
    if (!out->known)
        TRY(attempt_step(db, k->t, o, at, ATTEMPT_EV_NOTICED, k->cause, k->a, e));
    out->at = *at;
    return OK;
}

static result record(struct sql *db, void *arg, struct err *e)
{
    struct recording *k = arg;
    struct attempt at;
    struct order o;

    TRY(attempt_take(db, k->t, k->facts->reference, k->a, &o, &at, e));
    return hear(db, k, &o, &at, e);
}

static void outcome_count(const struct till *t, const struct notice_outcome *out)
{
    if (out->wrong)
        t->counts->notice_mismatch++;
    else if (out->known)
        t->counts->notice_repeat++;
    else
        t->counts->notice_ok++;
}

result notice_record(const struct till *t, const struct notice_facts *facts,
                     struct order_cause *cause, struct arena *a, struct notice_outcome *out,
                     struct err *e)
{
    struct recording k = { t, facts, cause, a, out };

    TRY(sql_transact(t->store, record, &k, e));
    outcome_count(t, out);
    return OK;
}

/* It fits, and the attempt is asked about anyhow, soon or later: should we end before it is
 * recorded, nothing was promised yet, the provider says it again, and the question is still put. */
static bool may_ask_first(const struct notice_facts *f, const struct attempt *at)
{
    return str_is(at->channel, f->channel) && attempt_is_live(at->state) && at->query_next_ms > 0 &&
           channel_can(at->channel, CHANNEL_ASKS) && mismatch_of(f, at).n == 0;
}

result notice_record_and_ask(const struct till *t, const struct notice_facts *facts,
                             struct order_cause *cause, struct arena *a, struct notice_outcome *out,
                             struct err *e)
{
    struct order_cause heard = *cause;
    struct recording k = { t, facts, &heard, a, out };
    const struct attempt_prelude first = { hear, &k };
    struct attempt at;

    TRY(attempt_load(t, facts->reference, a, &at, e));
    if (may_ask_first(facts, &at)) {
        TRY(attempt_ask_known(t, &at, &first, cause, a, e));
        outcome_count(t, out);
        return OK;
    }
    TRY(notice_record(t, facts, cause, a, out, e));
    return out->wrong ? OK : notice_ask(t, out, cause, a, e);
}

result notice_ask(const struct till *t, const struct notice_outcome *was, struct order_cause *cause,
                  struct arena *a, struct err *e)
{
    struct channel_answer answer;

    if (was->at.state == ATTEMPT_CAPTURED)
        return OK;
    cause->mismatch = (struct str){ "", 0 };
    return attempt_ask_for(t, was->at.reference, false, cause, a, &answer, e);
}

struct isolating {
    const struct till *t;
    struct str body, reason, ip, request_id;
    struct arena *a;
};

static result quarantine_put(struct sql *db, void *arg, struct err *e)
{
    const struct isolating *q = arg;
    const int64_t now_ms = clock_now_ms(q->t->clock);
    const struct str id = random_id(q->a, "qua_", now_ms);
    const struct str kept = str_sub(q->body, 0, QUARANTINE_BYTES);

    TRY(sql_run(db, SQL_NOTICE_QUARANTINE_PURGE, e,
                sql_t(random_id(q->a, "qua_", now_ms - QUARANTINE_KEEP_MS)),
                sql_i(QUARANTINE_PURGE)));
    return sql_run(db, SQL_NOTICE_QUARANTINE, e, sql_t(id), sql_i(now_ms), sql_t(q->reason),
                   sql_t(q->ip), sql_t(q->request_id),
                   sql_t(digest_hex(q->a, digest_sha256(q->body))), sql_i((int64_t)q->body.n),
                   sql_b(seal_put(q->a, q->t->seal, str_cat(q->a, STR("quarantine:"), id), kept)));
}

void notice_quarantine(const struct till *t, struct str body, enum err_code why, struct str ip,
                       struct str request_id, struct arena *a)
{
    struct till_counts *c = t->counts;
    const int64_t day = clock_now_ms(t->clock) / 86400000;
    struct isolating q = { t, body, str_c(err_name(why)), ip, request_id, a };

    if (atomic_exchange(&c->quarantine_day, day) != day)
        c->quarantine_today = 0;
    if (atomic_fetch_add(&c->quarantine_today, 1) >= QUARANTINE_DAY_MAX)
        return;
    if (!sql_transact(t->store, quarantine_put, &q, NULL).failed)
        c->quarantined++;
}
