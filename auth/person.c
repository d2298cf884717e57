/*
 * Security: the attacker signs in upstream with data that is not (or no longer) theirs, or makes
 * the register unreachable. Promised: under `require` no register, no sign-in; a fault is never
 * taken for an answer in either direction; every question is in the audit log before it is asked
 * (Decree on data sharing: who, unit, time, request code, subject, purpose); the cache says only
 * that a digest matched, so it cannot be read back into a person. Deliberately not done: caching a
 * "no", since the person may just have had the record corrected.
 */
#include "auth/person.h"

#include <stdlib.h>

#include "auth/record.h"
#include "auth/registry.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "crypto/partner.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "http/client.h"
#include "store/kv.h"

#define PERSON_BREAKER_FAILURES 5
#define PERSON_BREAKER_OPEN_MS  5000

struct person {
    struct partner *partner;
    struct secret secret, api_key;
};

struct seen {
    int64_t at_ms;
    struct str ref;
};

static const char *const operation_names[] = { "lookup", "verify", "death" };

static const struct record_field seen_fields[] = {
    RECORD(struct seen, at_ms),
    RECORD(struct seen, ref),
};

static result person_connect(const struct conf *c, struct person *p, struct err *e)
{
    const struct partner_config pc = {
        .name = "person",
        .base_url = c->person.url,
        .connect_ms = c->person.timeout_ms,
        .total_ms = c->person.timeout_ms,
        .answer_bytes_max = LIMIT_XML_BYTES,
        .ca_file = c->person.ca_file,
        .breaker_failures = PERSON_BREAKER_FAILURES,
        .breaker_open_ms = PERSON_BREAKER_OPEN_MS,
    };

    TRY(auth_secret(c->person.secret_file, &p->secret, e));
    TRY(auth_secret(c->person.api_key_file, &p->api_key, e));
    return partner_open(&pc, &p->partner, e);
}

result person_open(const struct conf *c, struct person **out, struct err *e)
{
    struct person *p;

    *out = NULL;
    if (str_is(c->person.policy, "skip") && c->person.secret_file.n == 0)
        return OK; /* an installation without the register */
    p = calloc(1, sizeof(*p));
    must(p != NULL);
    *out = p;
    if (!person_connect(c, p, e).failed)
        return OK;
    person_close(out);
    return (result){ true };
}

void person_close(struct person **p)
{
    if (*p == NULL)
        return;
    partner_close(&(*p)->partner);
    secret_wipe(&(*p)->secret);
    secret_wipe(&(*p)->api_key);
    free(*p);
    *p = NULL;
}

static struct str subject_index(struct auth *au, struct arena *a, const struct person_question *q)
{
    return seal_index(a, au->seal, STR("idno"), q->number.n > 0 ? q->number : q->old_card);
}

static struct str cache_key(struct auth *au, struct arena *a, const struct person_question *q)
{
    struct str key = STR("");

    if (utf8_key(a, q->name, &key, NULL).failed)
        key = STR("");
    return str_cat(
        a, STR("person:"),
        seal_index(a, au->seal, STR("person.cache"),
                   str_fmt(a, "%.*s|%.*s|%.*s|%.*s", STR_ARG(q->number), STR_ARG(q->old_card),
                           STR_ARG(key), STR_ARG(date_compact(a, q->birth)))));
}

static result cache_find(struct auth *au, struct arena *a, struct str key, bool *found,
                         struct person_answer *out, struct err *e)
{
    struct seen seen;
    struct str raw;

    *found = false;
    if (au->conf->person.cache_s == 0)
        return OK;
    TRY(kv_get(au->kv, a, key, found, &raw, e));
    if (!*found)
        return OK;
    TRY(record_read(a, seen_fields, LEN(seen_fields), raw, &seen, e));
    *out = (struct person_answer){ .checked = true, .at_ms = seen.at_ms, .ref = seen.ref };
    return OK;
}

static result cache_put(struct auth *au, struct arena *a, struct str key,
                        const struct person_answer *answer, struct err *e)
{
    const struct seen seen = { answer->at_ms, answer->ref };

    if (au->conf->person.cache_s == 0)
        return OK;
    return kv_put(au->kv, key, record_print(a, seen_fields, LEN(seen_fields), &seen),
                  au->conf->person.cache_s, e);
}

static result query_record(struct auth *au, const struct visit *v, const struct person_request *rq,
                           const char *action, const char *outcome, struct err *e)
{
    const struct person_question *q = rq->question;
    const struct conf *c = au->conf;
    struct json *more = json_object();
    const struct registry_query query = { .action = action,
                                          .purpose = q->purpose,
                                          .client_id = q->client_id,
                                          .subject = subject_index(au, v->arena, q),
                                          .ref = rq->code,
                                          .outcome = outcome,
                                          .more = more };

    json_put_str(more, "operation", str_c(operation_names[rq->operation]));
    json_put_str(more, "unit", c->person.xroad_client);
    json_put_str(more, "service", c->person.service_code);
    json_put_str(more, "officer",
                 seal_index(v->arena, au->seal, STR("idno"), c->person.officer_id));
    return registry_record(au, v, &query, e);
}

static result person_post(struct auth *au, struct arena *a, struct str xml, struct answer *out,
                          struct err *e)
{
    const struct conf *c = au->conf;
    const int64_t now_ms = clock_now_ms(au->clock);
    const struct pair headers[] = {
        { STR("Timestamp"), str_i64(a, now_ms) },
        { STR("Authorization"),
          partner_gateway_basic(a, c->person.url, c->person.user, now_ms, &au->person->secret) },
        { STR("X-Road-Client"), c->person.xroad_client },
        { STR("ApiKey"), secret_str(&au->person->api_key) },
        { STR("SOAPAction"), STR("\"\"") },
    };
    const struct call call = { .method = METHOD_POST,
                               .path = c->person.url,
                               .headers = headers,
                               .header_count = LEN(headers),
                               .content_type = STR("application/xml"),
                               .body = xml,
                               .repeatable = true };

    return partner_call(au->person->partner, &call, a, out, e);
}

static result person_call(struct auth *au, struct arena *a, const struct person_request *rq,
                          struct str *body, struct err *e)
{
    const struct conf *c = au->conf;
    struct answer answer;
    struct str xml;

    if (au->person == NULL)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: not connected");
    TRY(registry_spend(au, a, "person", c->person.budget_per_min, e));
    TRY(person_request_print(a, c, rq, &xml, e));
    TRY(person_post(au, a, xml, &answer, e));
    if (answer.status != 200)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: status %d", answer.status);
    *body = answer.body;
    return OK;
}

/* What an answer means for the question, by operation. */
static result answer_judge(struct arena *a, const struct person_request *rq, struct str body,
                           struct person_record *out, struct err *e)
{
    bool yes;

    if (rq->operation == PERSON_LOOKUP) {
        TRY(person_read(a, body, out, e));
        return person_match(a, rq->question, out, e);
    }
    TRY(person_verdict_read(a, body, &yes, e));
    if (rq->operation == PERSON_VERIFY && !yes)
        return fail(e, ERR_PERSON_MISMATCH, "population database: not confirmed");
    if (rq->operation == PERSON_DEATH && yes)
        return fail(e, ERR_PERSON_DECEASED, "population database: recorded as dead");
    return OK;
}

static bool is_technical(enum err_code code)
{
    return code == ERR_UPSTREAM_DOWN || code == ERR_UPSTREAM_BAD;
}

/* One question, recorded before and after. */
static result person_ask(struct auth *au, const struct visit *v, const struct person_request *rq,
                         struct person_record *out, struct err *e)
{
    struct err why = { 0 };
    struct str body;
    bool failed;

    TRY(query_record(au, v, rq, "person.query", NULL, e));
    failed = person_call(au, v->arena, rq, &body, &why).failed ||
             answer_judge(v->arena, rq, body, out, &why).failed;
    TRY(query_record(au, v, rq, "person.answer", failed ? err_name(why.code) : "MATCH", e));
    if (!failed)
        return OK;
    /* Whatever kept the answer from us, it says nothing about the person. */
    if (is_technical(why.code))
        why.code = ERR_UPSTREAM_DOWN;
    return fail_field(e, why.code, why.field, "%s", why.detail);
}

static result person_fresh(struct auth *au, const struct visit *v, const struct person_question *q,
                           struct person_answer *out, struct err *e)
{
    const bool verify = str_is(au->conf->person.operation, "verify");
    const struct person_request first = { .question = q,
                                          .operation = verify ? PERSON_VERIFY : PERSON_LOOKUP,
                                          .code = random_uuid(v->arena) };
    const struct person_request second = { .question = q,
                                           .operation = PERSON_DEATH,
                                           .code = random_uuid(v->arena) };
    struct person_record record = { 0 };

    TRY(person_ask(au, v, &first, &record, e));
    if (verify)
        TRY(person_ask(au, v, &second, &record, e));
    *out = (struct person_answer){ .checked = true,
                                   .at_ms = clock_now_ms(au->clock),
                                   .ref = first.code,
                                   .sex = record.sex,
                                   .address = record.address };
    return cache_put(au, v->arena, cache_key(au, v->arena, q), out, e);
}

/* The stricter of what the installation and the portal ask for. */
static enum person_policy policy_find(const struct auth *au, const struct person_question *q)
{
    const struct str set = au->conf->person.policy;
    const enum person_policy own = str_is(set, "require")  ? PERSON_REQUIRE
                                   : str_is(set, "prefer") ? PERSON_PREFER
                                                           : PERSON_BY_SETTING;

    return q->policy > own ? q->policy : own;
}

result person_check(struct auth *au, const struct visit *v, const struct person_question *q,
                    struct person_answer *out, struct err *e)
{
    const enum person_policy policy = policy_find(au, q);
    const bool prefer = policy == PERSON_PREFER;
    struct person_answer answer = { 0 };
    struct err why = { 0 };
    bool found;

    if (policy == PERSON_BY_SETTING) { /* the setting says skip, and the portal does not mind */
        *out = answer;
        return OK;
    }
    if ((q->number.n == 0 && q->old_card.n == 0) || q->name.n == 0 || q->birth.y == 0) {
        if (!prefer)
            return fail(e, ERR_PERSON_UNKNOWN, "no number, name or birth to ask with");
        *out = (struct person_answer){ .degraded = true };
        return OK;
    }
    TRY(cache_find(au, v->arena, cache_key(au, v->arena, q), &found, &answer, e));
    if (!found && person_fresh(au, v, q, &answer, &why).failed) {
        if (!prefer || why.code != ERR_UPSTREAM_DOWN)
            return fail_field(e, why.code, why.field, "%s", why.detail);
        answer = (struct person_answer){ .degraded = true };
    }
    *out = answer;
    return OK;
}
