/*
 * Sending events. Attacker: one who registers an address inside our own network, answers never or
 * with megabytes, or replays an event to the receiver. Promised: https and public addresses only
 * (loopback in a simulated installation), no redirects, limits of time and size; a time in what is
 * signed; a silent receiver is asked about one event a minute and holds up nobody else.
 * Deliberately not done: exactly once, and order.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "http/client.h"
#include "payments/webhook.h"
#include "store/sql.h"

#define POST_CONNECT_MS   2000
#define POST_TOTAL_MS     5000
#define POST_ANSWER_BYTES 65536
#define SILENT_MS         60000
#define KEEP_MS           (30 * 86400000LL)
#define PURGE_ROWS        8

struct sending {
    const struct till *t;
    const struct webhook_ways *ways;
    struct arena *a;
    bool found;
    struct webhook_delivery row;
    bool by_hand;
    /* what came of it */
    bool arrived, silent, unwanted;
    int64_t began_ms, took_ms, status;
    struct str failure;
};

static result look(struct sql *db, void *arg, struct err *e)
{
    struct sending *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_WEBHOOK_DUE, &rows, e, sql_i(clock_now_ms(s->t->clock))));
    return sql_next(rows, &s->found, e);
}

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct sending *s = arg;
    struct arena *a = s->a;
    const int64_t now_ms = clock_now_ms(s->t->clock);
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_WEBHOOK_CLAIM, &rows, e, sql_i(now_ms),
                 sql_i(now_ms + s->t->lease_s * 1000)));
    TRY(sql_next(rows, &s->found, e));
    if (!s->found)
        return OK;
    s->row = (struct webhook_delivery){ .id = sql_text(rows, 0, a),
                                        .endpoint_id = sql_text(rows, 1, a),
                                        .client_id = sql_text(rows, 2, a),
                                        .event_id = sql_text(rows, 3, a),
                                        .type = sql_text(rows, 4, a),
                                        .resource = sql_text(rows, 5, a),
                                        .resource_id = sql_text(rows, 6, a),
                                        .tries = sql_int(rows, 7),
                                        .created_ms = sql_int(rows, 9) };
    s->by_hand = sql_int(rows, 8) != 0;
    return OK;
}

static struct str event_print(const struct sending *s)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "id", s->row.event_id);
    json_put_str(o, "type", s->row.type);
    json_put_str(o, "created", clock_rfc3339(s->a, s->row.created_ms));
    json_put_str(o, "resource", s->row.resource);
    json_put_str(o, "resource_id", s->row.resource_id);
    return json_print(s->a, o);
}

static struct str mark(struct arena *a, struct str signed_text, struct str secret)
{
    return str_cat(a, STR(",v1="), digest_hex(a, digest_hmac(secret, signed_text)));
}

struct str webhook_signature(struct arena *a, int64_t at_s, struct str body, struct str secret,
                             struct str old_secret)
{
    const struct str text = str_fmt(a, "%lld.%.*s", (long long)at_s, STR_ARG(body));
    const struct str head = str_fmt(a, "t=%lld", (long long)at_s);
    const struct str marks = mark(a, text, secret);

    return str_cat(a, str_cat(a, head, marks),
                   old_secret.n > 0 ? mark(a, text, old_secret) : STR(""));
}

static void post(struct sending *s, const struct webhook_endpoint *w)
{
    const size_t scheme = str_starts(w->url, STR("https://")) ? 8 : 7;
    const size_t path = scheme + str_find(str_from(w->url, scheme), '/');
    const struct partner_config config = { .name = "webhook",
                                           .base_url = str_sub(w->url, 0, path),
                                           .connect_ms = POST_CONNECT_MS,
                                           .total_ms = POST_TOTAL_MS,
                                           .answer_bytes_max = POST_ANSWER_BYTES,
                                           .guarded = true,
                                           .guard_loopback_ok = s->ways->loopback_ok };
    struct pair header = { .name = STR("Motcua-Signature") };
    struct call call = { .method = METHOD_POST,
                         .path = str_from(w->url, path),
                         .headers = &header,
                         .header_count = 1,
                         .content_type = STR("application/json"),
                         .body = event_print(s) };
    DEFER(partner_close) struct partner *partner = NULL;
    struct err why = { .code = ERR_NONE };
    struct answer answer;

    header.value = webhook_signature(s->a, s->began_ms / 1000, call.body, w->secret, w->old_secret);
    if (partner_open(&config, &partner, &why).failed ||
        partner_call(partner, &call, s->a, &answer, &why).failed) {
        s->failure = str_c(err_name(why.code));
        s->silent = why.code == ERR_UPSTREAM_DOWN;
        return;
    }
    s->status = answer.status;
    s->arrived = answer.status >= 200 && answer.status < 300;
    s->silent = answer.status >= 500;
}

/* Whether there is still an endpoint that it may go to. */
static result wanted(struct sending *s, struct webhook_endpoint *w, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    const bool failed =
        webhook_load(s->t, s->row.client_id, s->row.endpoint_id, s->a, w, &why).failed;

    if (failed && why.code != ERR_NOT_FOUND) {
        *e = why;
        return (result){ true };
    }
    s->unwanted =
        failed || !w->enabled || !s->ways->may(s->ways->arg, s->a, s->row.client_id, w->url);
    s->failure = s->unwanted ? STR("ADDRESS") : STR("");
    return OK;
}

static int64_t again_ms(int64_t tries)
{
    static const int64_t after_s[] = { 60, 300, 3600, 86400, 172800 };

    must(tries >= 1 && tries < WEBHOOK_TRIES_MAX);
    return after_s[tries - 1] * 1000;
}

static result settle(struct sql *db, void *arg, struct err *e)
{
    const struct sending *s = arg;
    const struct webhook_delivery *d = &s->row;
    const int64_t now_ms = clock_now_ms(s->t->clock);
    const bool over = s->arrived || s->unwanted || d->tries >= WEBHOOK_TRIES_MAX;
    const struct str state = s->arrived    ? STR("succeeded")
                             : s->unwanted ? STR("will_not_send")
                                           : STR("failed");

    TRY(sql_run(db, SQL_WEBHOOK_PURGE, e, sql_i(now_ms), sql_i(PURGE_ROWS)));
    TRY(sql_run(db, SQL_WEBHOOK_ATTEMPT_INSERT, e, sql_t(d->id), sql_i(d->tries),
                sql_i(s->began_ms), sql_i(s->took_ms), sql_i(s->status), sql_t(s->failure),
                sql_i(s->by_hand)));
    if (over)
        TRY(sql_run(db, SQL_WEBHOOK_DONE, e, sql_t(d->id), sql_i(d->tries), sql_t(state),
                    sql_i(now_ms), sql_i(now_ms + KEEP_MS)));
    else
        TRY(sql_run(db, SQL_WEBHOOK_AGAIN, e, sql_t(d->id), sql_i(d->tries),
                    sql_i(now_ms + again_ms(d->tries))));
    if (!s->silent)
        return OK;
    return sql_run(db, SQL_WEBHOOK_POSTPONE, e, sql_t(d->endpoint_id), sql_i(now_ms + SILENT_MS));
}

result webhook_send(const struct till *t, const struct webhook_ways *ways, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    struct sending s = { .t = t, .ways = ways, .a = a };
    struct webhook_endpoint w;
    int64_t began_ms;

    TRY(sql_read(t->store, look, &s, e));
    if (s.found)
        TRY(sql_transact(t->store, claim, &s, e));
    *did = s.found;
    if (!s.found)
        return OK;
    s.began_ms = clock_now_ms(t->clock);
    began_ms = clock_monotonic_ms();
    TRY(wanted(&s, &w, e));
    if (!s.unwanted)
        post(&s, &w);
    s.took_ms = clock_monotonic_ms() - began_ms;
    return sql_transact(t->store, settle, &s, e);
}
