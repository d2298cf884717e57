/*
 * Attacker: whoever answers in the portal's place. Promise: TLS to the configured host (plain http
 * on loopback only), a bounded answer, one process at a time; what comes is judged as any file.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "finance/intake.h"
#include "finance/intake_row.h"
#include "http/client.h"

#define FETCH_TOTAL_MS 120000 /* the largest file over a slow line */
#define AGAIN_MS       900000

static result open_partner(const struct conf *c, struct partner **out, struct err *e)
{
    const struct partner_config p = {
        .name = "settlement",
        .base_url = c->portal.settlement_url,
        .connect_ms = c->portal.timeout_ms,
        .total_ms = FETCH_TOTAL_MS,
        .answer_bytes_max = LIMIT_SETTLEMENT_BYTES,
        .ca_file = c->portal.ca_file,
    };

    return partner_open(&p, out, e);
}

result intake_fetch(const struct till *t, const struct conf *c, struct date day, struct str actor,
                    struct arena *a, struct intake_result *out, struct err *e)
{
    DEFER(arena_close)
    struct arena *big = arena_open((size_t)LIMIT_SETTLEMENT_BYTES + LIMIT_ARENA_JOB_BYTES);
    DEFER(partner_close) struct partner *p = NULL;
    struct str name =
        str_fmt(a, "%.*s.%.*s", STR_ARG(date_compact(a, day)), STR_ARG(c->portal.settlement_form));
    const struct call call = { .method = METHOD_GET,
                               .path = str_cat(a, STR("/"), name),
                               .repeatable = true };
    struct answer answer;

    TRY(open_partner(c, &p, e));
    TRY(partner_call(p, &call, big, &answer, e));
    if (answer.status == 404)
        return fail(e, ERR_NOT_FOUND, "no settlement file %.*s", STR_ARG(name));
    if (answer.status != 200)
        return fail(e, answer.status >= 500 ? ERR_UPSTREAM_DOWN : ERR_UPSTREAM_BAD,
                    "settlement file %.*s: status %d", STR_ARG(name), answer.status);
    if (answer.body.n == 0)
        return fail(e, ERR_UPSTREAM_BAD, "settlement file %.*s is empty", STR_ARG(name));
    return intake_take(t, day, name, answer.body, actor, a, out, e);
}

struct claim {
    const struct till *t;
    struct date day;
    struct arena *a;
    int64_t now_ms;
    bool wanted, mine;
};

static result is_wanted(struct sql *db, void *arg, struct err *e)
{
    struct claim *k = arg;
    struct settlement_kept kept;
    bool found;

    TRY(settlement_find_accepted(db, k->t, k->day, k->a, &found, &kept, e));
    k->wanted = !found || settlement_is_early(&kept.file);
    return OK;
}

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct claim *k = arg;
    int64_t changed = 0;

    TRY(sql_run_count(db, SQL_SETTLEMENT_FETCH_CLAIM, &changed, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                      sql_t(k->t->account), sql_t(date_iso(k->a, k->day)),
                      sql_i(k->now_ms + AGAIN_MS), sql_i(k->now_ms)));
    k->mine = changed > 0;
    return OK;
}

static bool is_time(const struct conf *c, struct local_time now)
{
    int64_t h = 0, m = 0;
    struct str hour, minute;

    return str_cut(c->jobs.settlement_at, ':', &hour, &minute) && str_to_i64(hour, &h) &&
           str_to_i64(minute, &m) && now.hour * 60 + now.minute >= h * 60 + m;
}

result intake_due(const struct till *t, const struct conf *c, bool *did, struct err *e)
{
    const struct local_time now = clock_local(clock_now_ms(t->clock));
    struct intake_result taken;

    *did = false;
    if (!c->jobs.settlement || !is_time(c, now))
        return OK;
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct claim k = { t, date_add_days(now.date, -1), a, clock_now_ms(t->clock), false, false };

    TRY(sql_read(t->store, is_wanted, &k, e));
    if (!k.wanted)
        return OK;
    TRY(sql_transact(t->store, claim, &k, e));
    if (!k.mine)
        return OK;
    *did = true;
    return intake_fetch(t, c, k.day, STR("system"), a, &taken, e);
}
