/*
 * Money that arrives at the bank. Attacker: a payer who writes another's code, pays another amount
 * or pays twice; a bank that tells the same credit by file and by message, or twice at once;
 * whoever posts to the address of notifications. Promise: a credit counts once, for what it is, on
 * the account that was shown; what cannot be told is kept sealed and moves nothing here; only who
 * holds the bank's secret can notify. Deliberately not done: guessing by amount and time.
 */
#include "payments/transfer.h"

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "payments/attempt.h"
#include "payments/attempt_row.h"
#include "recon/settlement.h"
#include "store/sql.h"

#define TEXT_BYTES_MAX      100
#define NARRATIVE_BYTES_MAX 1000

struct recognising {
    const struct till *t;
    const struct transfer *in;
    struct order_cause cause;
    struct arena *a;
    enum transfer_outcome out;
    int64_t again_n; /* of the attempt that a second transfer with one code makes */
};

static result transfer_check(const struct transfer *in, struct err *e)
{
    if (in->account.n == 0 || in->account.n > TEXT_BYTES_MAX || !utf8_is_text(in->account))
        return fail_field(e, ERR_INVALID, "account", "empty, too long or not text");
    if (in->bank_txn.n == 0 || in->bank_txn.n > TEXT_BYTES_MAX || !utf8_is_text(in->bank_txn))
        return fail_field(e, ERR_INVALID, "transaction", "empty, too long or not text");
    if (in->bank.n > TEXT_BYTES_MAX || !utf8_is_text(in->bank))
        return fail_field(e, ERR_INVALID, "bank", "too long or not text");
    if (in->amount_vnd <= 0 || in->amount_vnd > MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "amount_vnd", "not an amount");
    if (in->narrative.n > NARRATIVE_BYTES_MAX || !utf8_is_valid(in->narrative))
        return fail_field(e, ERR_INVALID, "narrative", "too long or not text");
    return OK;
}

/* The first to tell of it has the row; its sums say whether it is the same credit. */
static result row_put(struct sql *db, struct recognising *k, const char *source, bool *mine,
                      struct err *e)
{
    const struct transfer *in = k->in;
    const struct str place =
        str_fmt(k->a, "transfer:%.*s:%.*s", STR_ARG(in->account), STR_ARG(in->bank_txn));
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t changed;

    TRY(sql_run_count(db, SQL_TRANSFER_INSERT, &changed, e, sql_t(in->account), sql_t(in->bank_txn),
                      sql_t(in->bank), sql_i(in->amount_vnd), sql_t(in->currency), sql_i(in->at_ms),
                      sql_i(clock_now_ms(k->t->clock)), sql_t(str_c(source)),
                      sql_b(seal_put(k->a, k->t->seal, place, in->narrative))));
    *mine = changed == 1;
    if (*mine)
        return OK;
    TRY(sql_find(db, SQL_TRANSFER_FIND, &rows, e, sql_t(in->account), sql_t(in->bank_txn)));
    TRY(sql_one(rows, e));
    if (sql_int(rows, 0) != in->amount_vnd)
        return fail_field(e, ERR_CONFLICT, "amount_vnd", "told before with another amount");
    return OK;
}

/* A second transfer with one code: a payment of its own, with a reference of its own. */
static result again_make(struct sql *db, struct recognising *k, struct order *o, struct attempt *at,
                         struct err *e)
{
    const int64_t now_ms = clock_now_ms(k->t->clock);

    *at = (struct attempt){ .agency_id = o->agency_id,
                            .order_id = o->id,
                            .n = k->again_n,
                            .reference = transfer_code_make(k->a),
                            .state = ATTEMPT_NONE,
                            .channel = at->channel,
                            .account = at->account,
                            .info = at->reference, /* what the payer wrote */
                            .amount_vnd = k->in->amount_vnd,
                            .init_time = clock_stamp14(k->a, now_ms),
                            .created_ms = now_ms };
    TRY(attempt_step(db, k->t, o, at, ATTEMPT_EV_CREATED, &k->cause, k->a, e));
    return attempt_step(db, k->t, o, at, ATTEMPT_EV_SENT, &k->cause, k->a, e);
}

static void evidence_make(struct recognising *k, struct str code)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "account", k->in->account);
    json_put_str(o, "transaction", k->in->bank_txn);
    json_put_int(o, "amount_vnd", k->in->amount_vnd);
    json_put_str(o, "time", clock_stamp14(k->a, k->in->at_ms));
    json_put_str(o, "code", code);
    k->cause.evidence = json_print_canonical(k->a, o);
}

/* The attempt that the code is of, with its order taken. None: a code that is none of ours, or was
 * shown for another account, or has brought so many transfers that a human should look. */
static result meant_take(struct sql *db, struct recognising *k, struct str code, struct order *o,
                         struct attempt *at, bool *found, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct attempt *all;
    size_t count;

    *found = !attempt_take(db, k->t, code, k->a, o, at, &why).failed;
    if (!*found && why.code != ERR_NOT_FOUND) {
        if (e != NULL)
            *e = why;
        return (result){ true };
    }
    *found = *found && str_is(at->channel, "vietqr") && str_eq(at->account, k->in->account);
    if (!*found || at->captured_ms == 0)
        return OK;
    TRY(attempts_find(db, o, k->a, &all, &count, e));
    k->again_n = (int64_t)count + 1;
    *found = k->again_n <= ATTEMPTS_MAX;
    return OK;
}

static result capture(struct sql *db, struct recognising *k, struct str code, struct order *o,
                      struct attempt *at, struct err *e)
{
    evidence_make(k, code);
    if (at->captured_ms > 0)
        TRY(again_make(db, k, o, at, e));
    at->portal_txn = k->in->bank_txn;
    at->bank = k->in->bank;
    at->portal_time = clock_stamp14(k->a, k->in->at_ms);
    at->captured_vnd = k->in->amount_vnd;
    at->failure = (struct str){ "", 0 };
    TRY(attempt_step(db, k->t, o, at, ATTEMPT_EV_PAID, &k->cause, k->a, e));
    return sql_run(db, SQL_TRANSFER_CAPTURED, e, sql_t(k->in->account), sql_t(k->in->bank_txn),
                   sql_t(at->agency_id), sql_t(at->order_id), sql_i(at->n));
}

/* An officer took it already, by the bank's number. */
static result taken_at_desk(struct sql *db, const struct recognising *k, bool *taken, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SHIFT_TAKES_BANK, &rows, e, sql_t(k->in->bank_txn)));
    TRY(sql_one(rows, e));
    *taken = sql_int(rows, 0) > 0;
    return OK;
}

static result recognise(struct sql *db, void *arg, struct err *e)
{
    struct recognising *k = arg;
    struct attempt at;
    struct order o;
    struct str code;
    bool mine, found, taken;

    TRY(row_put(db, k, k->cause.source.p, &mine, e));
    k->out = mine ? TRANSFER_UNRECOGNISED : TRANSFER_KNOWN;
    if (!mine || !str_is(k->in->currency, "VND") ||
        !transfer_code_find(k->a, k->in->narrative, &code))
        return OK;
    TRY(meant_take(db, k, code, &o, &at, &found, e));
    if (!found)
        return OK;
    TRY(taken_at_desk(db, k, &taken, e)); /* of the same order: its row is locked by now */
    if (taken)
        return OK;
    /* From here on all of it is done or nothing, whatever it fails of. */
    TRY(capture(db, k, code, &o, &at, e));
    k->out = TRANSFER_CAPTURED;
    return OK;
}

result transfer_recognise(const struct till *t, const struct transfer *in, const char *source,
                          struct arena *a, enum transfer_outcome *out, struct err *e)
{
    struct recognising k = {
        .t = t, .in = in, .cause = { .actor = STR("bank"), .source = str_c(source) }, .a = a
    };

    TRY(transfer_check(in, e));
    TRY(sql_transact(t->store, recognise, &k, e));
    if (k.out == TRANSFER_CAPTURED)
        t->counts->captured_total++;
    *out = k.out;
    return OK;
}

result transfer_recognise_line(const struct till *t, const struct settlement_line *l,
                               struct arena *a, struct err *e)
{
    const struct transfer in = { .account = l->account.n > 0 ? l->account : t->vietqr_account,
                                 .bank_txn = l->portal_txn,
                                 .bank = l->bank,
                                 .amount_vnd = l->gross_vnd,
                                 .currency = l->currency.n > 0 ? l->currency : STR("VND"),
                                 .at_ms = l->txn_at_ms,
                                 .narrative = l->narrative };
    enum transfer_outcome out;
    struct str code;

    if (t->vietqr_account.n == 0 || l->kind != SETTLEMENT_PAY || !l->success ||
        !transfer_code_find(a, l->narrative, &code))
        return OK;
    return transfer_recognise(t, &in, "settlement", a, &out, e);
}

const char *transfer_outcome_name(enum transfer_outcome o)
{
    static const char *const names[] = { "captured", "known", "unrecognised" };

    return names[o];
}

static result notice_read(struct str body, struct arena *a, struct transfer *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str time;

    TRY(json_read(body, &o, e));
    if (!json_is_object(o))
        return fail(e, ERR_MALFORMED, "not an object");
    TRY(json_need_str(o, "account", TEXT_BYTES_MAX, &out->account, e));
    TRY(json_need_str(o, "transaction", TEXT_BYTES_MAX, &out->bank_txn, e));
    TRY(json_need_int(o, "amount_vnd", 1, MONEY_MAX_VND, &out->amount_vnd, e));
    TRY(json_need_str(o, "currency", 3, &out->currency, e));
    TRY(json_need_str(o, "time", 14, &time, e));
    TRY(json_want_str(o, "bank", TEXT_BYTES_MAX, &out->bank, e));
    TRY(json_need_str(o, "narrative", NARRATIVE_BYTES_MAX, &out->narrative, e));
    if (!clock_read_stamp14(time, &out->at_ms))
        return fail_field(e, ERR_INVALID, "time", "not yyyyMMddHHmmss");
    out->account = str_dup(a, out->account);
    out->bank_txn = str_dup(a, out->bank_txn);
    out->currency = str_dup(a, out->currency);
    out->bank = str_dup(a, out->bank);
    out->narrative = str_dup(a, out->narrative);
    return OK;
}

result transfer_notice_take(const struct till *t, struct str body, struct str signature,
                            struct arena *a, enum transfer_outcome *out, struct err *e)
{
    struct transfer in = { .bank = STR("") };

    if (t->bank_secret == NULL)
        return fail(e, ERR_NOT_FOUND, "no bank notifies here");
    if (!secret_equal(digest_hex(a, digest_hmac(secret_str(t->bank_secret), body)), signature))
        return fail(e, ERR_BAD_SIGNATURE, "notification of a bank");
    TRY(notice_read(body, a, &in, e));
    return transfer_recognise(t, &in, "bank_notice", a, out, e);
}
