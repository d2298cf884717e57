/*
 * Security: the attacker holds an enterprise account that is no longer theirs to use. Promised: the
 * register is asked at each sign-in (cached for business.cache_s at most), it fails closed, and
 * what a status allows is a dated table. Each question is in the audit log, with the code as keyed
 * index, and neither code nor name is kept in kv.
 */
#include "auth/business.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/record.h"
#include "auth/registry.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/idno.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "conf/status.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "http/client.h"
#include "store/kv.h"

#define BUSINESS_BREAKER_FAILURES 5
#define BUSINESS_BREAKER_OPEN_MS  5000
#define BUSINESS_TOKEN_BYTES_MAX  4096
#define BUSINESS_TOKEN_LEAST_S    30 /* a token that ends sooner is asked for anew */
#define BUSINESS_ARENA_BYTES      ((size_t)1024 * 1024)

struct business {
    const struct conf *conf;
    struct partner *service, *tokens;
    struct secret secret;
    struct arena *arena;
    struct statuses *statuses;

    pthread_mutex_t lock; /* the token; never held over a call */
    char token[BUSINESS_TOKEN_BYTES_MAX];
    size_t token_bytes;
    int64_t token_until_ms; /* monotonic */
};

static const struct record_field verdict_fields[] = {
    RECORD(struct business_answer, pay_only),
    RECORD(struct business_answer, warn),
};

static result connect_to(const struct conf *c, struct str url, struct partner **out, struct err *e)
{
    const struct partner_config pc = {
        .name = "business",
        .base_url = url,
        .connect_ms = c->business.timeout_ms,
        .total_ms = c->business.timeout_ms,
        .answer_bytes_max = LIMIT_UPSTREAM_BYTES,
        .ca_file = c->business.ca_file,
        .breaker_failures = BUSINESS_BREAKER_FAILURES,
        .breaker_open_ms = BUSINESS_BREAKER_OPEN_MS,
    };

    return partner_open(&pc, out, e);
}

static result business_connect(struct business *b, struct err *e)
{
    const struct conf *c = b->conf;

    TRY(auth_secret(c->business.client_secret_file, &b->secret, e));
    TRY(statuses_load(b->arena, c->business.status_file, &b->statuses, e));
    TRY(connect_to(c, c->business.url, &b->service, e));
    return connect_to(c, c->business.token_url, &b->tokens, e);
}

result business_open(const struct conf *c, struct business **out, struct err *e)
{
    struct business *b = calloc(1, sizeof(*b));

    must(b != NULL);
    must(pthread_mutex_init(&b->lock, NULL) == 0);
    b->conf = c;
    b->arena = arena_open(BUSINESS_ARENA_BYTES);
    *out = b;
    if (!business_connect(b, e).failed)
        return OK;
    business_close(out);
    return (result){ true };
}

void business_close(struct business **b)
{
    if (*b == NULL)
        return;
    partner_close(&(*b)->service);
    partner_close(&(*b)->tokens);
    secret_wipe(&(*b)->secret);
    explicit_bzero((*b)->token, sizeof((*b)->token));
    arena_close(&(*b)->arena);
    (void)pthread_mutex_destroy(&(*b)->lock);
    free(*b);
    *b = NULL;
}

static struct str token_have(struct business *b, struct arena *a)
{
    struct str token = STR("");

    must(pthread_mutex_lock(&b->lock) == 0);
    if (b->token_bytes > 0 && clock_monotonic_ms() < b->token_until_ms)
        token = str_dup(a, str_of(b->token, b->token_bytes));
    must(pthread_mutex_unlock(&b->lock) == 0);
    return token;
}

static void token_set(struct business *b, struct str token, int64_t for_s)
{
    must(token.n <= sizeof(b->token));
    must(pthread_mutex_lock(&b->lock) == 0);
    if (token.n > 0)
        memcpy(b->token, token.p, token.n);
    b->token_bytes = token.n;
    b->token_until_ms = clock_monotonic_ms() + (for_s - BUSINESS_TOKEN_LEAST_S) * 1000;
    must(pthread_mutex_unlock(&b->lock) == 0);
}

static result token_fetch(struct business *b, struct arena *a, struct str *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    const struct str user = str_fmt(a, "%.*s:%.*s", STR_ARG(b->conf->business.client_id),
                                    STR_ARG(secret_str(&b->secret)));
    const struct pair headers[] = {
        { STR("Authorization"), str_cat(a, STR("Basic "), base64_encode(a, user)) },
    };
    const struct call call = { .method = METHOD_POST,
                               .path = b->conf->business.token_url,
                               .headers = headers,
                               .header_count = 1,
                               .content_type = STR("application/x-www-form-urlencoded"),
                               .body = STR("grant_type=client_credentials"),
                               .repeatable = true };
    struct answer answer;
    struct str token;
    int64_t life_s = 0;

    TRY(partner_call(b->tokens, &call, a, &answer, e));
    if (answer.status != 200 || json_read(answer.body, &o, e).failed ||
        json_need_str(o, "access_token", BUSINESS_TOKEN_BYTES_MAX, &token, e).failed ||
        json_want_int(o, "expires_in", 0, INT32_MAX, &life_s, e).failed)
        return fail(e, ERR_UPSTREAM_DOWN, "business register: no token, status %d", answer.status);
    *out = str_dup(a, token);
    token_set(b, *out, life_s);
    return OK;
}

static result record_get(struct business *b, struct arena *a, struct str code, struct str token,
                         struct answer *out, struct err *e)
{
    const struct pair headers[] = {
        { STR("Authorization"), str_cat(a, STR("Bearer "), token) },
        { STR("Accept"), STR("application/json") },
    };
    const struct call call = { .method = METHOD_GET,
                               .path = str_fmt(a, "%.*s/chiTietDoanhNghiep?msdn=%.*s",
                                               STR_ARG(b->conf->business.url),
                                               STR_ARG(percent_encode(a, code))),
                               .headers = headers,
                               .header_count = LEN(headers),
                               .repeatable = true };

    return partner_call(b->service, &call, a, out, e);
}

static result business_ask(struct business *b, struct arena *a, struct str code,
                           struct business_record *out, struct err *e)
{
    const bool lgsp = str_is(b->conf->business.shape, "lgsp");
    struct str token = token_have(b, a);
    const bool old = token.n > 0;
    struct answer answer;

    if (!old)
        TRY(token_fetch(b, a, &token, e));
    TRY(record_get(b, a, code, token, &answer, e));
    if (answer.status == 401 && old) { /* taken back before its time */
        token_set(b, STR(""), 0);
        TRY(token_fetch(b, a, &token, e));
        TRY(record_get(b, a, code, token, &answer, e));
    }
    if (answer.status != 200)
        return fail(e, ERR_UPSTREAM_DOWN, "business register: status %d", answer.status);
    return business_read(a, lgsp, answer.body, out, e);
}

static result status_check(struct auth *au, const struct business_record *r,
                           struct business_answer *out, bool *known, struct err *e)
{
    const struct status s = status_find(au->business->statuses, r->status, clock_today(au->clock));

    *known = s.known;
    if (s.rule == STATUS_REFUSE)
        return fail(e, ERR_BUSINESS_STATUS, "business register: status %.*s", STR_ARG(s.code));
    out->pay_only = s.rule == STATUS_PAY_ONLY;
    out->warn = s.rule == STATUS_WARN;
    return OK;
}

struct status business_status(const struct auth *au, struct str code)
{
    return status_find(au->business->statuses, code, clock_today(au->clock));
}

static result query_record(struct auth *au, const struct visit *v,
                           const struct business_question *q, struct registry_query query,
                           struct err *e)
{
    query.purpose = q->purpose;
    query.client_id = q->client_id;
    /* By keyed index: a household's code is its owner's own number. */
    query.subject = seal_index(v->arena, au->seal, STR("idno"), q->code);
    return registry_record(au, v, &query, e);
}

result business_ask_now(struct auth *au, const struct visit *v, const struct business_question *q,
                        struct business_record *record, struct business_answer *out, struct err *e)
{
    struct registry_query asked = { .action = "business.query", .ref = random_uuid(v->arena) };
    struct registry_query answered = { .action = "business.answer", .ref = asked.ref };
    struct err why = { 0 };
    bool known = true, failed;

    *record = (struct business_record){ 0 };
    TRY(query_record(au, v, q, asked, e));
    failed =
        registry_spend(au, v->arena, "business", au->conf->business.budget_per_min, &why).failed ||
        business_ask(au->business, v->arena, q->code, record, &why).failed ||
        business_match(v->arena, q, record, &why).failed ||
        status_check(au, record, out, &known, &why).failed;
    answered.outcome = failed ? err_name(why.code) : "MATCH";
    answered.more = json_object();
    json_put_bool(answered.more, "status_known", known);
    TRY(query_record(au, v, q, answered, e));
    if (failed && why.code == ERR_UPSTREAM_BAD)
        why.code = ERR_UPSTREAM_DOWN;
    return failed ? fail(e, why.code, "%s", why.detail) : OK;
}

static struct str cache_key(struct auth *au, struct arena *a, const struct business_question *q)
{
    struct str key = STR("");

    if (utf8_key(a, q->name, &key, NULL).failed)
        key = STR("");
    return str_cat(a, STR("business:"),
                   seal_index(a, au->seal, STR("business.cache"),
                              str_fmt(a, "%.*s|%.*s|%.*s", STR_ARG(q->code), STR_ARG(q->number),
                                      STR_ARG(key))));
}

result business_check(struct auth *au, const struct visit *v, const struct business_question *q,
                      struct business_answer *out, struct err *e)
{
    const int64_t cache_s = au->conf->business.cache_s;
    const struct str key = cache_key(au, v->arena, q);
    struct business_question asked = *q;
    struct business_answer verdict = { 0 };
    struct taxcode code;
    struct str raw;
    bool found = false;

    if (taxcode_read(q->code, clock_today(au->clock).y, &code, NULL).failed)
        return fail(e, ERR_BUSINESS_UNKNOWN, "no valid enterprise code");
    asked.code = str_c(code.text);
    if (cache_s > 0)
        TRY(kv_get(au->kv, v->arena, key, &found, &raw, e));
    if (found) {
        TRY(record_read(v->arena, verdict_fields, LEN(verdict_fields), raw, &verdict, e));
    } else {
        TRY(business_ask_now(au, v, &asked, arena_new(v->arena, struct business_record), &verdict,
                             e));
        if (cache_s > 0)
            TRY(kv_put(au->kv, key,
                       record_print(v->arena, verdict_fields, LEN(verdict_fields), &verdict),
                       cache_s, e));
    }
    *out = verdict;
    return OK;
}
