/*
 * Attacker: whoever answers in a provider's place. Promise: TLS to the configured host (plain http
 * on loopback only) or a host key that is known, a bounded answer, one process at a time; what
 * comes is judged as any file.
 */
#include "finance/intake_fetch.h"

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/detached_file.h"
#include "crypto/secret.h"
#include "finance/intake_row.h"
#include "http/client.h"
#include "http/sftp.h"

#define FETCH_TOTAL_MS 120000 /* the largest file over a slow line */
#define AGAIN_MS       900000

struct fetching {
    const struct office *f;
    const struct source *s;
    struct arena *a; /* of what comes */
    size_t bytes_max;
};

/* "https://host:port" and what follows it. */
static void url_cut(struct str url, struct str *origin, struct str *path)
{
    const size_t scheme = str_starts(url, STR("https://")) ? 8 : 7;
    const size_t host = str_find(str_from(url, scheme), '/');

    *origin = str_sub(url, 0, scheme + host);
    *path = str_from(url, scheme + host);
}

static result https_call(const struct fetching *g, struct partner *p, struct str path,
                         struct answer *out, struct err *e)
{
    DEFER(secret_wipe) struct secret secret = { .n = 0 };
    struct pair header = { STR("Authorization"), STR("") };
    struct call call = { .method = METHOD_GET, .path = path, .repeatable = true };

    if (g->s->fetch.credentials_file != NULL) {
        TRY(secret_load(&secret, g->s->fetch.credentials_file, e));
        header.value = str_cat(g->a, STR("Basic "), base64_encode(g->a, secret_str(&secret)));
        call.headers = &header;
        call.header_count = 1;
    }
    return partner_call(p, &call, g->a, out, e);
}

static result https_get(const struct fetching *g, struct str url, struct str *out, struct err *e)
{
    DEFER(partner_close) struct partner *p = NULL;
    struct partner_config config = { .name = "settlement",
                                     .connect_ms = g->f->conf->portal.timeout_ms,
                                     .total_ms = FETCH_TOTAL_MS,
                                     .answer_bytes_max = (int64_t)g->bytes_max,
                                     .ca_file = str_c(g->s->fetch.ca_file) };
    struct answer answer;
    struct str path;

    url_cut(url, &config.base_url, &path);
    TRY(partner_open(&config, &p, e));
    TRY(https_call(g, p, path, &answer, e));
    if (answer.status == 404)
        return fail(e, ERR_NOT_FOUND, "source %.*s: no file", STR_ARG(g->s->id));
    if (answer.status != 200)
        return fail(e, answer.status >= 500 ? ERR_UPSTREAM_DOWN : ERR_UPSTREAM_BAD,
                    "source %.*s: status %d", STR_ARG(g->s->id), answer.status);
    *out = answer.body;
    return OK;
}

static result get(const struct fetching *g, struct str url, struct str *out, struct err *e)
{
    const struct sftp_file file = { .url = url,
                                    .user = g->s->fetch.user,
                                    .key_file = g->s->fetch.credentials_file,
                                    .known_hosts_file = g->s->fetch.known_hosts_file,
                                    .connect_ms = g->f->conf->portal.timeout_ms,
                                    .total_ms = FETCH_TOTAL_MS,
                                    .bytes_max = g->bytes_max };

    return g->s->fetch.way == SOURCE_SFTP ? sftp_get(&file, g->a, out, e)
                                          : https_get(g, url, out, e);
}

static struct str last_part(struct str url)
{
    struct str rest = url, part = url;

    while (str_next(&rest, '/', &part))
        ;
    return str_sub(part, 0, str_find(part, '?'));
}

result intake_fetch(const struct office *f, const struct intake_ask *ask, struct arena *a,
                    struct intake_result *out, struct err *e)
{
    DEFER(arena_close)
    struct arena *big = arena_open((size_t)LIMIT_SETTLEMENT_BYTES + LIMIT_ARENA_JOB_BYTES);
    DEFER(arena_close) struct arena *small = arena_open(LIMIT_ARENA_REQUEST_BYTES);
    const struct source *s = ask->source;
    struct fetching g = { f, s, big, (size_t)LIMIT_SETTLEMENT_BYTES };
    struct intake_file in = { .source = s, .day = ask->day, .jws = STR(""), .actor = ask->actor };
    struct str url;

    if (s->fetch.way == SOURCE_NOT_FETCHED)
        return fail(e, ERR_NOT_FOUND, "source %.*s is not fetched", STR_ARG(s->id));
    url = source_url(s, ask->day, a);
    in.name = last_part(url);
    TRY(get(&g, url, &in.bytes, e));
    if (in.bytes.n == 0)
        return fail(e, ERR_UPSTREAM_BAD, "source %.*s: an empty file", STR_ARG(s->id));
    if (s->alg != SOURCE_UNSIGNED) {
        g.a = small;
        g.bytes_max = DETACHED_FILE_BYTES;
        TRY(get(&g, str_cat(a, url, STR(".jws")), &in.jws, e));
    }
    return intake_file(f, &in, a, out, e);
}

struct claim {
    struct settlement_key key;
    struct arena *a;
    int64_t now_ms;
    bool wanted, mine;
};

static result is_wanted(struct sql *db, void *arg, struct err *e)
{
    struct claim *k = arg;
    struct settlement_kept kept;
    bool found;

    TRY(settlement_find_accepted(db, &k->key, k->a, &found, &kept, e));
    k->wanted = !found || (settlement_is_early(&kept.file) && k->now_ms >= kept.file.day_end_ms);
    return OK;
}

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct claim *k = arg;
    int64_t changed = 0;

    TRY(sql_run_count(db, SQL_SETTLEMENT_FETCH_CLAIM, &changed, e, sql_t(k->key.provider),
                      sql_t(k->key.account), sql_t(date_iso(k->a, k->key.day)),
                      sql_i(k->now_ms + AGAIN_MS), sql_i(k->now_ms)));
    k->mine = changed > 0;
    return OK;
}

static result day_try(const struct office *f, const struct source *s, struct date day, bool *did,
                      struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    const struct intake_ask ask = { s, day, STR("system") };
    struct claim k = {
        { s->provider, s->account, day }, a, clock_now_ms(f->till->clock), false, false
    };
    struct intake_result taken;

    TRY(sql_read(f->till->store, is_wanted, &k, e));
    if (!k.wanted)
        return OK;
    TRY(sql_transact(f->till->store, claim, &k, e));
    if (!k.mine)
        return OK;
    *did = true;
    return intake_fetch(f, &ask, a, &taken, e);
}

/* The newest day of the source whose time has come; false: none within a month. */
static bool day_due(const struct source *s, int64_t now_ms, struct date *day)
{
    struct date d = source_day_of(s, now_ms);

    for (int i = 0; i < 31; i++, d = source_day_before(s, d)) {
        if (source_fetch_at(s, d) <= now_ms) {
            *day = d;
            return true;
        }
    }
    return false;
}

result intake_due(const struct office *f, bool *did, struct err *e)
{
    const int64_t now_ms = clock_now_ms(f->till->clock);
    const struct date today = clock_local(now_ms).date;
    const struct source *s;
    struct err first = { 0 };
    struct date day;

    *did = false;
    for (size_t i = 0; (s = source_each(f->sources, today, i)) != NULL && !*did; i++) {
        struct err why = { 0 };

        if (s->fetch.way == SOURCE_NOT_FETCHED || !s->expected || !day_due(s, now_ms, &day))
            continue;
        if (day_try(f, s, day, did, &why).failed && first.code == ERR_NONE)
            first = why; /* one provider that is down keeps no other from being asked */
    }
    return first.code == ERR_NONE ? OK : fail(e, first.code, "%s", first.detail);
}
