/*
 * What follows a capture. Attacker: a portal that answers with something else than a receipt;
 * promise: only a PDF is kept, sealed, with its digest, and once.
 */
#include "payments/outbox.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "payments/attempt.h"
#include "payments/channel.h"
#include "store/sql.h"

struct delivery {
    const struct till *t;
    struct arena *a;
    bool found;
    struct str agency_id, id, kind, subject;
    int64_t tries;
    struct str pdf;      /* what was fetched */
    const char *failure; /* NULL: done */
    bool last;           /* not tried again */
};

result outbox_put(struct sql *db, struct str agency_id, const char *kind, struct str subject,
                  int64_t now_ms, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(4096);

    return sql_put(db, SQL_OUTBOX_INSERT, e, sql_t(agency_id), sql_t(random_id(a, "out_", now_ms)),
                   sql_t(str_c(kind)), sql_t(subject), sql_i(now_ms));
}

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct delivery *d = arg;
    const int64_t now_ms = clock_now_ms(d->t->clock);
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_OUTBOX_CLAIM, &rows, e, sql_i(now_ms),
                 sql_i(now_ms + d->t->lease_s * 1000)));
    TRY(sql_next(rows, &d->found, e));
    if (!d->found)
        return OK;
    d->agency_id = sql_text(rows, 0, d->a);
    d->id = sql_text(rows, 1, d->a);
    d->kind = sql_text(rows, 2, d->a);
    d->subject = sql_text(rows, 3, d->a);
    d->tries = sql_int(rows, 4);
    return OK;
}

static result bill_save(struct sql *db, const struct delivery *d, struct err *e)
{
    const struct str place = str_cat(d->a, STR("portal_bill:"), d->subject);

    return sql_run(db, SQL_OUTBOX_BILL_INSERT, e, sql_t(d->agency_id), sql_t(d->subject),
                   sql_i(clock_now_ms(d->t->clock)), sql_t(digest_hex(d->a, digest_sha256(d->pdf))),
                   sql_i((int64_t)d->pdf.n), sql_b(seal_put(d->a, d->t->seal, place, d->pdf)));
}

static result finish(struct sql *db, void *arg, struct err *e)
{
    const struct delivery *d = arg;
    const int64_t now_ms = clock_now_ms(d->t->clock);
    /* A minute, and twice as long each time: the tenth comes after eight hours. */
    const int64_t again_ms = now_ms + (60000LL << (d->tries < 10 ? d->tries - 1 : 9));

    if (d->failure != NULL)
        return sql_run(db, SQL_OUTBOX_AGAIN, e, sql_t(d->agency_id), sql_t(d->id),
                       sql_t(d->last ? STR("dead") : STR("waiting")), sql_i(again_ms),
                       sql_t(str_c(d->failure)));
    TRY(bill_save(db, d, e));
    return sql_run(db, SQL_OUTBOX_DONE, e, sql_t(d->agency_id), sql_t(d->id));
}

static result bill_fetch(struct delivery *d, struct err *e)
{
    const struct channel *ch;
    struct attempt at;

    if (!str_is(d->kind, "portal_bill"))
        return fail(e, ERR_INTERNAL, "outbox kind %.*s", STR_ARG(d->kind));
    TRY(attempt_load(d->t, d->subject, d->a, &at, e));
    TRY(channel_of(&at, &ch, e));
    if (ch->calls->bill == NULL || !ch->calls->is_enabled(d->t))
        return fail(e, ERR_UPSTREAM_DOWN, "channel %s gives no bill", ch->name);
    return ch->calls->bill(d->t, &at, d->a, &d->pdf, e);
}

result outbox_deliver(const struct till *t, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    struct delivery d = { .t = t, .a = a };
    struct err why = { .code = ERR_NONE };

    TRY(sql_transact(t->store, claim, &d, e));
    *did = d.found;
    if (!d.found)
        return OK;
    if (bill_fetch(&d, &why).failed) {
        d.failure = err_name(why.code);
        d.last = d.tries >= OUTBOX_TRIES_MAX;
    }
    return sql_transact(t->store, finish, &d, e);
}
