/*
 * Security: the attacker reads the short-lived store, plants a cookie before sign-in, or keeps a
 * token after sign-out. Promised: the store holds digests of cookies only; each sign-in has a fresh
 * cookie, whatever the browser brought; idle and absolute limits hold on the server; tokens of an
 * ended session fail, since their sid is gone; a session that was ended where this store could not
 * be reached is found out at its next use that counts, and swept. Deliberately not done: binding to
 * an IP address, which breaks mobile networks.
 */
#include "auth/session.h"

#include "auth/account.h"
#include "auth/claims.h"
#include "auth/client.h"
#include "auth/record.h"
#include "auth/session_holds.h"
#include "auth/session_rows.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "store/kv.h"

#define SESSION_TOKEN_BITS 256
#define SESSION_TOKEN_MAX  64

static const struct record_field session_fields[] = {
    RECORD(struct session, sid),         RECORD(struct session, account),
    RECORD(struct session, kind),        RECORD(struct session, level),
    RECORD(struct session, checked),     RECORD(struct session, degraded),
    RECORD(struct session, pay_only),    RECORD(struct session, id_index),
    RECORD(struct session, amr),         RECORD(struct session, csrf),
    RECORD(struct session, auth_time_s), RECORD(struct session, created_ms),
    RECORD(struct session, seen_ms),     RECORD(struct session, acr),
};

static const struct record_field sid_fields[] = {
    RECORD(struct session_sid, account),
    RECORD(struct session_sid, level),
    RECORD(struct session_sid, key),
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

static struct session session_of(const struct auth *au, const struct account *acc,
                                 const struct session_proof *proof)
{
    const int64_t now_ms = clock_now_ms(au->clock);

    return (struct session){
        .account = acc->id,
        .kind = (int)acc->kind,
        .level = acc->level,
        .acr = proof != NULL ? proof->acr : acc->level,
        .checked = acc->checked,
        .degraded = acc->degraded,
        .pay_only = acc->pay_only,
        .id_index = acc->id_index,
        .amr = proof != NULL && proof->amr.n > 0 ? proof->amr : STR("fed"),
        .auth_time_s = proof != NULL ? proof->auth_time_s : now_ms / 1000,
        .created_ms = now_ms,
        .seen_ms = now_ms,
    };
}

static int64_t session_due_ms(const struct auth *au, const struct session *s)
{
    const int64_t idle_ms = s->seen_ms + au->conf->auth.session_idle_s * 1000;
    const int64_t most_ms = s->created_ms + au->conf->auth.session_max_s * 1000;

    return idle_ms < most_ms ? idle_ms : most_ms;
}

static struct str cookie_make(const struct visit *v, struct session *s)
{
    const struct str cookie = random_token(v->arena, SESSION_TOKEN_BITS);

    s->csrf = random_token(v->arena, 128);
    s->key = auth_key(v->arena, "session", cookie);
    s->raw = session_print(v->arena, s);
    return cookie;
}

/* The copy that requests ask for. */
static result session_keep(struct auth *au, const struct visit *v, const struct session *s,
                           struct err *e)
{
    const struct session_sid by_sid = { .account = s->account, .level = s->level, .key = s->key };

    TRY(kv_put(au->kv, sid_key(v->arena, s->sid),
               record_print(v->arena, sid_fields, LEN(sid_fields), &by_sid),
               au->conf->auth.session_max_s, e));
    return kv_put(au->kv, s->key, s->raw, session_ttl_s(au, s), e);
}

/* The sid first: whoever makes a refresh token now finds it gone, or is found by the second. */
static result copy_drop(struct auth *au, struct arena *a, struct str sid, struct str key,
                        struct err *e)
{
    TRY(kv_drop(au->kv, sid_key(a, sid), e));
    TRY(session_let_go(au, a, sid, e));
    return key.n > 0 ? kv_drop(au->kv, key, e) : OK;
}

/* First the copies, then their rows: a row that is gone can lead to no copy. */
static result gone_drop(struct auth *au, struct arena *a, const struct session_work *w,
                        struct err *e)
{
    for (size_t i = 0; i < w->gone_count; i++)
        TRY(copy_drop(au, a, w->gone[i].sid, w->gone[i].kept_as, e));
    return OK;
}

static result session_begin(struct auth *au, const struct visit *v, struct session *s,
                            struct str client_id, struct str *token, struct err *e)
{
    struct session_work w = { .auth = au, .visit = v, .session = s, .client_id = client_id };

    s->sid = random_token(v->arena, 128);
    *token = cookie_make(v, s);
    w.due_ms = session_due_ms(au, s);
    TRY(session_rows_waiting(&w, e));
    TRY(gone_drop(au, v->arena, &w, e));
    TRY(session_rows_add(&w, e));
    return session_keep(au, v, s, e);
}

result session_make(struct auth *au, const struct visit *v, const struct account *acc,
                    const struct session_proof *proof, struct session *out, struct str *token,
                    struct err *e)
{
    *out = session_of(au, acc, proof);
    return session_begin(au, v, out, STR(""), token, e);
}

/* The same sid under a new cookie; *live false: it ended meanwhile, and nothing was kept. */
static result session_again(struct auth *au, const struct visit *v, struct session *s,
                            struct str client_id, bool *live, struct str *token, struct err *e)
{
    struct session_work w = { .auth = au, .visit = v, .session = s, .client_id = client_id };
    const struct str old_key = s->key;

    *token = cookie_make(v, s);
    w.due_ms = session_due_ms(au, s);
    TRY(kv_drop(au->kv, old_key, e));
    TRY(session_rows_renew(&w, e));
    *live = w.changed;
    if (!w.changed)
        return OK;
    TRY(session_keep(au, v, s, e));
    /* Who ended it since has dropped a copy that was not there yet. */
    TRY(session_rows_seen(&w, e));
    *live = w.changed;
    return w.changed ? OK : copy_drop(au, v->arena, s->sid, s->key, e);
}

result session_enter(struct auth *au, const struct visit *v, const struct session_entry *entry,
                     struct session *out, struct str *token, struct err *e)
{
    struct session s = session_of(au, entry->account, entry->proof);
    struct session old;
    bool found, live = false;

    TRY(session_find(au, v, entry->old_token, &found, &old, e));
    if (found && !str_eq(old.account, s.account))
        TRY(session_end_as(au, v, &old, SESSION_REPLACED, e));
    if (found && str_eq(old.account, s.account)) {
        s.sid = old.sid;
        s.key = old.key;
        TRY(session_again(au, v, &s, entry->client_id, &live, token, e));
    }
    if (!live)
        TRY(session_begin(au, v, &s, entry->client_id, token, e));
    *out = s;
    return OK;
}

result session_turn(struct auth *au, const struct visit *v, struct session *s, struct str *token,
                    struct err *e)
{
    bool live;

    TRY(session_again(au, v, s, STR(""), &live, token, e));
    return live ? OK : fail(e, ERR_NOT_SIGNED_IN, "the session ended meanwhile");
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
    if (record_read(a, session_fields, LEN(session_fields), s.raw, &s, NULL).failed) {
        *found = false; /* of a version that kept it otherwise: signed out, not stuck */
        return kv_drop(au->kv, key, e);
    }
    if (session_is_over(au, &s)) {
        *found = false;
        return session_end_as(au, &(struct visit){ .arena = a }, &s, SESSION_EXPIRED, e);
    }
    *out = s;
    return OK;
}

/* It is in use: tells the row, which says whether it still lives. */
static result session_use(struct auth *au, const struct visit *v, struct session *s, bool *live,
                          struct err *e)
{
    struct session_work w = { .auth = au, .visit = v, .session = s };
    bool saved;

    s->seen_ms = clock_now_ms(au->clock);
    w.due_ms = session_due_ms(au, s);
    TRY(session_rows_seen(&w, e));
    *live = w.changed;
    return w.changed ? session_save(au, v->arena, s, &saved, e)
                     : session_end_as(au, v, s, SESSION_EXPIRED, e);
}

static result session_visit(struct auth *au, const struct visit *v, struct str key, bool *found,
                            struct session *out, struct err *e)
{
    TRY(session_read(au, v->arena, key, found, out, e));
    /* Once in a while is enough to know that it is in use. */
    if (!*found ||
        clock_now_ms(au->clock) - out->seen_ms < au->conf->auth.session_idle_s * 1000 / 16)
        return OK;
    return session_use(au, v, out, found, e);
}

result session_find(struct auth *au, const struct visit *v, struct str token, bool *found,
                    struct session *out, struct err *e)
{
    *found = false;
    if (token.n == 0 || token.n > SESSION_TOKEN_MAX)
        return OK;
    return session_visit(au, v, auth_key(v->arena, "session", token), found, out, e);
}

result session_use_by_sid(struct auth *au, const struct visit *v, struct str sid, bool *found,
                          struct err *e)
{
    struct session_sid by_sid;
    struct session s;

    TRY(session_by_sid(au, v->arena, sid, found, &by_sid, e));
    return *found ? session_visit(au, v, by_sid.key, found, &s, e) : OK;
}

result session_add_client(struct auth *au, const struct visit *v, struct session *s,
                          struct str client_id, struct err *e)
{
    struct client c;

    TRY(client_load(au, v->arena, client_id, &c, e));
    return session_join(au, v, s, client_id, claims_sub(au, v->arena, &c, s->account), STR(""), e);
}

result session_end_as(struct auth *au, const struct visit *v, const struct session *s,
                      enum session_why why, struct err *e)
{
    struct session_ending w = { .auth = au,
                                .visit = v,
                                .sid = s->sid,
                                .actor = why == SESSION_EXPIRED ? STR("system") : STR(""),
                                .why = why };

    TRY(session_rows_end(&w, e));
    /* Ours may be old: another tab has a newer cookie. */
    if (w.ended && !str_eq(w.kept_as, s->key))
        TRY(kv_drop(au->kv, w.kept_as, e));
    return copy_drop(au, v->arena, s->sid, s->key, e);
}

result session_end(struct auth *au, const struct visit *v, const struct session *s, struct err *e)
{
    return session_end_as(au, v, s, SESSION_LEFT, e);
}

result session_end_by(struct auth *au, const struct visit *v, struct str sid, struct str account,
                      enum session_why why, struct str actor, struct err *e)
{
    struct session_ending w = {
        .auth = au, .visit = v, .sid = sid, .account = account, .actor = actor, .why = why
    };

    if (sid.n == 0 || sid.n > SESSION_TOKEN_MAX)
        return fail(e, ERR_NOT_FOUND, "no such session");
    TRY(session_rows_end(&w, e));
    if (!w.ended)
        return fail(e, ERR_NOT_FOUND, "no such session, or of another account");
    return copy_drop(au, v->arena, sid, w.kept_as, e);
}

result session_sweep(struct auth *au, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    const struct visit nobody = { .arena = a };
    struct session_work w = { .auth = au, .visit = &nobody };

    TRY(session_rows_waiting(&w, e));
    *did = w.over || w.gone_count > 0;
    if (!*did)
        return OK;
    TRY(gone_drop(au, a, &w, e));
    return session_rows_sweep(&w, e);
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
    *found = !record_read(a, sid_fields, LEN(sid_fields), raw, out, NULL).failed;
    return OK;
}
