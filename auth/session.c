/*
 * Security: the attacker reads the short-lived store, plants a cookie before sign-in, or keeps a
 * token after sign-out. Promised: the store holds digests of cookies only; each sign-in has a fresh
 * cookie and sid, whatever the browser brought; idle and absolute limits hold on the server;
 * tokens of an ended session fail, since their sid is gone. Deliberately not done: binding to an
 * IP address, which breaks mobile networks.
 */
#include "auth/session.h"

#include "auth/account.h"
#include "auth/client.h"
#include "auth/record.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "store/kv.h"

#define SESSION_TOKEN_BITS 256
#define SESSION_TOKEN_MAX  64

static const struct record_field session_fields[] = {
    RECORD(struct session, sid),        RECORD(struct session, account),
    RECORD(struct session, kind),       RECORD(struct session, level),
    RECORD(struct session, degraded),   RECORD(struct session, pay_only),
    RECORD(struct session, id_index),   RECORD(struct session, amr),
    RECORD(struct session, csrf),       RECORD(struct session, auth_time_s),
    RECORD(struct session, created_ms), RECORD(struct session, seen_ms),
    RECORD(struct session, clients),    RECORD(struct session, acr),
};

static const struct record_field sid_fields[] = {
    RECORD(struct session_sid, account),
    RECORD(struct session_sid, level),
};

static struct str session_print(struct arena *a, const struct session *s)
{
    return record_print(a, session_fields, LEN(session_fields), s);
}

/* How long the entry may still live: the idle limit, but never past the absolute one. */
static int64_t session_ttl_s(const struct auth *au, const struct session *s)
{
    const int64_t left_s =
        au->conf->auth.session_max_s - (clock_now_ms(au->clock) - s->created_ms) / 1000;
    const int64_t idle_s = au->conf->auth.session_idle_s;

    return left_s < idle_s ? left_s : idle_s;
}

static struct str sid_key(struct arena *a, struct str sid)
{
    return str_fmt(a, "sid:%.*s", STR_ARG(sid));
}

result session_make(struct auth *au, const struct visit *v, const struct account *acc,
                    const struct session_proof *proof, struct session *out, struct str *token,
                    struct err *e)
{
    const int64_t now_ms = clock_now_ms(au->clock);
    const struct str cookie = random_token(v->arena, SESSION_TOKEN_BITS);
    const struct session_sid by_sid = { .account = acc->id, .level = acc->level };
    struct session s = {
        .sid = random_token(v->arena, 128),
        .account = acc->id,
        .kind = (int)acc->kind,
        .level = acc->level,
        .acr = proof != NULL ? proof->acr : acc->level,
        .degraded = acc->degraded,
        .pay_only = acc->pay_only,
        .id_index = acc->id_index,
        .amr = proof != NULL && proof->amr.n > 0 ? proof->amr : STR("fed"),
        .csrf = random_token(v->arena, 128),
        .auth_time_s = proof != NULL ? proof->auth_time_s : now_ms / 1000,
        .created_ms = now_ms,
        .seen_ms = now_ms,
        .key = auth_key(v->arena, "session", cookie),
    };

    s.raw = session_print(v->arena, &s);
    TRY(kv_put(au->kv, sid_key(v->arena, s.sid),
               record_print(v->arena, sid_fields, LEN(sid_fields), &by_sid),
               au->conf->auth.session_max_s, e));
    TRY(kv_put(au->kv, s.key, s.raw, session_ttl_s(au, &s), e));
    *out = s;
    *token = cookie;
    return OK;
}

static bool session_is_over(const struct auth *au, const struct session *s)
{
    const int64_t now_ms = clock_now_ms(au->clock);

    return now_ms - s->seen_ms >= au->conf->auth.session_idle_s * 1000 ||
           now_ms - s->created_ms >= au->conf->auth.session_max_s * 1000;
}

/* Stores a changed session; a concurrent change, or an end, wins over ours. */
static result session_save(struct auth *au, struct arena *a, struct session *s, bool *saved,
                           struct err *e)
{
    const struct str raw = session_print(a, s);

    TRY(kv_swap(au->kv, s->key, s->raw, raw, session_ttl_s(au, s), saved, e));
    if (*saved)
        s->raw = raw;
    return OK;
}

static result session_read(struct auth *au, struct arena *a, struct str key, bool *found,
                           struct session *out, struct err *e)
{
    struct session s = { .key = key };

    TRY(kv_get(au->kv, a, key, found, &s.raw, e));
    if (!*found)
        return OK;
    TRY(record_read(a, session_fields, LEN(session_fields), s.raw, &s, e));
    if (session_is_over(au, &s)) {
        *found = false;
        return session_end(au, &(struct visit){ .arena = a }, &s, e);
    }
    *out = s;
    return OK;
}

result session_find(struct auth *au, const struct visit *v, struct str token, bool *found,
                    struct session *out, struct err *e)
{
    const int64_t now_ms = clock_now_ms(au->clock);
    bool saved;

    *found = false;
    if (token.n == 0 || token.n > SESSION_TOKEN_MAX)
        return OK;
    TRY(session_read(au, v->arena, auth_key(v->arena, "session", token), found, out, e));
    /* Once in a while is enough to know that it is in use. */
    if (!*found || now_ms - out->seen_ms < au->conf->auth.session_idle_s * 1000 / 16)
        return OK;
    out->seen_ms = now_ms;
    return session_save(au, v->arena, out, &saved, e);
}

static size_t words_count(struct str words)
{
    struct str head;
    size_t n = 0;

    while (str_next(&words, ' ', &head))
        n += head.n > 0;
    return n;
}

result session_add_client(struct auth *au, const struct visit *v, struct session *s,
                          struct str client_id, struct err *e)
{
    for (int attempt = 0; attempt < 5; attempt++) {
        bool found, saved;

        if (client_list_has(s->clients, client_id) ||
            words_count(s->clients) >= SESSION_CLIENTS_MAX)
            return OK;
        s->clients = s->clients.n == 0
                         ? client_id
                         : str_fmt(v->arena, "%.*s %.*s", STR_ARG(s->clients), STR_ARG(client_id));
        TRY(session_save(au, v->arena, s, &saved, e));
        if (saved)
            return OK;
        TRY(session_read(au, v->arena, s->key, &found, s, e));
        if (!found)
            return fail(e, ERR_NOT_SIGNED_IN, "the session ended meanwhile");
    }
    return fail(e, ERR_RETRY, "session: too many changes at once");
}

result session_end(struct auth *au, const struct visit *v, const struct session *s, struct err *e)
{
    TRY(kv_drop(au->kv, sid_key(v->arena, s->sid), e));
    return kv_drop(au->kv, s->key, e);
}

bool session_csrf_is(const struct session *s, struct str given)
{
    return secret_equal(s->csrf, given);
}

result session_by_sid(struct auth *au, struct arena *a, struct str sid, bool *found,
                      struct session_sid *out, struct err *e)
{
    struct str raw;

    *found = false;
    if (sid.n == 0 || sid.n > SESSION_TOKEN_MAX)
        return OK;
    TRY(kv_get(au->kv, a, sid_key(a, sid), found, &raw, e));
    if (!*found)
        return OK;
    return record_read(a, sid_fields, LEN(sid_fields), raw, out, e);
}
