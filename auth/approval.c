/*
 * Security: the attacker runs a kiosk of their own and has a victim approve it (RFC 8628 5.4),
 * guesses user codes, polls with somebody else's code, or approves from a telephone that was left
 * signed in. Promised: codes have 34 bits, live ten minutes, and an account has ten tries in a
 * quarter of an hour, right or wrong, since a kiosk of one's own gives right ones; whoever approves
 * was authenticated within five minutes, at the level asked for; what is asked of one person is
 * shown to no other, and no more than some at once and in an hour, so that nobody says yes to have
 * peace; the grant is given once, and a second taker takes everything back. Bearer
 * values are kept as digests, the client's ping token sealed. Deliberately not done: approving for
 * an organisation.
 */
#include "auth/approval.h"

#include "auth/account.h"
#include "auth/acr.h"
#include "auth/approval_code.h"
#include "auth/claims.h"
#include "auth/outgoing.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "store/audit.h"
#include "store/kv.h"
#include "store/sql.h"

#define BEARER_BITS      256
#define BEARER_BYTES_MAX 128
#define CODE_TRIES       5 /* fresh codes, should one be taken */
#define GUESSES_MOST     10
#define GUESSES_FOR_S    900
#define SLOWER_S         5 /* RFC 8628 3.5 */
#define PURGE_ROWS       20
#define HOUR_MS          (3600LL * 1000)
#define KEEP_MS          HOUR_MS

static const struct {
    enum approval_state state;
    enum approval_event event;
    enum approval_state next;
    enum approval_action action;
} table[] = {
#define APPROVAL(s, ev, next, action)                                                              \
    { APPROVAL_##s, APPROVAL_EV_##ev, APPROVAL_##next, APPROVAL_DO_##action },
#include "auth/approval.def"
#undef APPROVAL
};

static const char *const state_names[] = { "WAITING", "APPROVED", "DENIED", "TAKEN" };
_Static_assert(LEN(state_names) == APPROVAL_STATE_COUNT, "a name for each state");

bool approval_next(enum approval_state s, enum approval_event ev, enum approval_state *next,
                   enum approval_action *action)
{
    for (size_t i = 0; i < LEN(table); i++) {
        if (table[i].state == s && table[i].event == ev) {
            *next = table[i].next;
            *action = table[i].action;
            return true;
        }
    }
    return false;
}

const char *approval_state_name(enum approval_state s)
{
    must(s < APPROVAL_STATE_COUNT);
    return state_names[s];
}

static struct str digest_of(struct arena *a, struct str value)
{
    return digest_base64url(a, digest_sha256(value));
}

static struct str notify_place(struct arena *a, struct str id)
{
    return str_cat(a, STR("approval.notify/"), id);
}

struct making {
    struct auth *auth;
    const struct visit *visit;
    struct approval *approval;
    struct str bearer;
    struct str code; /* digest, or empty */
    bool made;
};

/* A person is not asked without end, whoever asks. Rows stay longer than the hour (KEEP_MS). */
static result person_spared(struct sql *db, const struct making *m, struct err *e)
{
    const struct approval *ap = m->approval;
    const struct conf *c = m->auth->conf;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_run(db, SQL_APPROVAL_HOLD_PERSON, e, sql_t(ap->person)));
    TRY(sql_find(db, SQL_APPROVAL_ASKED, &rows, e, sql_t(ap->person), sql_i(ap->created_ms),
                 sql_i(ap->created_ms - HOUR_MS)));
    TRY(sql_one(rows, e));
    if (sql_int(rows, 0) >= c->auth.ciba_open_max)
        return fail(e, ERR_ASKED_TOO_OFTEN, "approval: %lld wait for this person's answer",
                    (long long)sql_int(rows, 0));
    if (sql_int(rows, 1) >= c->auth.ciba_hour_max)
        return fail(e, ERR_ASKED_TOO_OFTEN, "approval: this person was asked %lld times in an hour",
                    (long long)sql_int(rows, 1));
    return OK;
}

static result approval_insert(struct sql *db, void *arg, struct err *e)
{
    struct making *m = arg;
    const struct approval *ap = m->approval;
    struct arena *a = m->visit->arena;
    const struct str notify = str_fmt(a, "%.*s %.*s", STR_ARG(ap->notify), STR_ARG(m->bearer));
    const struct str sealed = seal_put(a, m->auth->seal, notify_place(a, ap->id), notify);
    const struct audit_event ev =
        auth_event(m->visit, str_cat(a, STR("client:"), ap->client_id), "approval.asked",
                   str_cat(a, STR("approval:"), ap->id), NULL);
    int64_t changed;

    if (ap->person.n > 0)
        TRY(person_spared(db, m, e));
    TRY(sql_run(db, SQL_APPROVAL_PURGE, e, sql_i(ap->created_ms - KEEP_MS), sql_i(PURGE_ROWS)));
    TRY(sql_run_count(db, SQL_APPROVAL_INSERT, &changed, e, sql_t(ap->id), sql_t(str_c(ap->kind)),
                      sql_t(ap->client_id), sql_t(m->code), sql_t(ap->person), sql_t(ap->scope),
                      sql_t(ap->resources), sql_i(ap->acr), sql_t(ap->binding),
                      ap->notify.n == 0 ? sql_null() : sql_b(sealed), sql_i(ap->created_ms),
                      sql_i(ap->expires_ms)));
    m->made = changed == 1;
    return m->made ? audit_append(db, ap->created_ms, &ev, e) : OK;
}

result approval_make(struct auth *au, const struct visit *v, struct approval *ap,
                     struct str *bearer, struct str *user_code, struct err *e)
{
    const bool device = str_is(str_c(ap->kind), "device");
    struct making m = { .auth = au, .visit = v, .approval = ap, .code = STR("") };
    struct str code = STR("");

    *bearer = random_token(v->arena, BEARER_BITS);
    m.bearer = *bearer;
    ap->id = digest_of(v->arena, *bearer);
    ap->state = APPROVAL_WAITING;
    ap->created_ms = clock_now_ms(au->clock);
    for (int i = 0; i < CODE_TRIES && !m.made; i++) {
        if (device) {
            code = approval_code_draw(v->arena);
            m.code = digest_of(v->arena, code);
        }
        TRY(sql_transact(au->sql, approval_insert, &m, e));
    }
    if (!m.made)
        return fail(e, ERR_RETRY, "approval: no free code");
    if (device)
        *user_code = approval_code(v->arena, code);
    return OK;
}

static result row_read(struct auth *au, struct arena *a, struct sql_rows *rows,
                       struct approval *out, struct err *e)
{
    const struct str state = sql_text(rows, 2, a);
    struct str notify;

    *out = (struct approval){ .id = sql_text(rows, 0, a),
                              .kind = str_cstr(a, sql_text(rows, 1, a)),
                              .client_id = sql_text(rows, 3, a),
                              .person = sql_text(rows, 4, a),
                              .scope = sql_text(rows, 5, a),
                              .resources = sql_text(rows, 6, a),
                              .acr = (int)sql_int(rows, 7),
                              .binding = sql_text(rows, 8, a),
                              .allowed = sql_text(rows, 10, a),
                              .created_ms = sql_int(rows, 11),
                              .expires_ms = sql_int(rows, 12) };
    while (out->state < APPROVAL_STATE_COUNT && !str_is(state, state_names[out->state]))
        out->state++;
    must(out->state < APPROVAL_STATE_COUNT);
    out->notify = out->ping_id = STR("");
    if (sql_is_null(rows, 9))
        return OK;
    TRY(seal_get(a, au->seal, notify_place(a, out->id), sql_bytes(rows, 9, a), &notify, e));
    return str_cut(notify, ' ', &out->notify, &out->ping_id)
               ? OK
               : fail(e, ERR_INTERNAL, "approval: no ping token");
}

struct finding {
    struct auth *auth;
    struct arena *arena;
    struct str key; /* id, digest of a code, or index of a person */
    int64_t now_ms;
    struct approval *list;
    size_t count;
    bool found;
    struct str id;
};

static result find_one(struct sql *db, void *arg, struct err *e)
{
    struct finding *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_APPROVAL_LOAD, &rows, e, sql_t(f->key)));
    TRY(sql_next(rows, &f->found, e));
    return f->found ? row_read(f->auth, f->arena, rows, f->list, e) : OK;
}

static result approval_get(struct auth *au, struct arena *a, struct str id, bool *found,
                           struct approval *out, struct err *e)
{
    struct finding f = { .auth = au, .arena = a, .key = id, .list = out };

    TRY(sql_read(au->sql, find_one, &f, e));
    *found = f.found;
    return OK;
}

result approval_load(struct auth *au, struct arena *a, struct str id, struct approval *out,
                     struct err *e)
{
    struct approval ap;
    bool found;

    TRY(approval_get(au, a, id, &found, &ap, e));
    if (!found || ap.expires_ms <= clock_now_ms(au->clock))
        return fail(e, ERR_NOT_FOUND, "approval: unknown or over its time");
    *out = ap;
    return OK;
}

static result find_code(struct sql *db, void *arg, struct err *e)
{
    struct finding *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_APPROVAL_BY_CODE, &rows, e, sql_t(f->key), sql_i(f->now_ms)));
    TRY(sql_next(rows, &f->found, e));
    if (f->found)
        f->id = sql_text(rows, 0, f->arena);
    return OK;
}

result approval_find(struct auth *au, const struct visit *v, const struct session *s,
                     struct str user_code, struct approval *out, struct err *e)
{
    const struct str guesses = str_cat(v->arena, STR("guesses:"), s->account);
    struct finding f = { .auth = au, .arena = v->arena, .now_ms = clock_now_ms(au->clock) };
    int64_t count;

    TRY(kv_count(au->kv, guesses, GUESSES_FOR_S, &count, e));
    if (count > GUESSES_MOST)
        return fail(e, ERR_TOO_MANY, "approval: too many codes by one account");
    f.key = digest_of(v->arena, approval_code_read(v->arena, user_code));
    TRY(sql_read(au->sql, find_code, &f, e));
    if (!f.found)
        return fail_field(e, ERR_NOT_FOUND, "user_code", "unknown or over its time");
    return approval_load(au, v->arena, f.id, out, e);
}

static result find_all(struct sql *db, void *arg, struct err *e)
{
    struct finding *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    f->count = 0;
    TRY(sql_find(db, SQL_APPROVAL_OF_PERSON, &rows, e, sql_t(f->key), sql_i(f->now_ms),
                 sql_i(APPROVAL_LIST_MAX)));
    TRY(sql_next(rows, &more, e));
    while (more) {
        TRY(row_read(f->auth, f->arena, rows, &f->list[f->count++], e));
        TRY(sql_next(rows, &more, e));
    }
    return OK;
}

/* A client that was closed or has left waits for nothing. */
static result is_asking(struct auth *au, struct arena *a, const struct approval *ap, bool *asking,
                        struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct client c;

    *asking = !client_load(au, a, ap->client_id, &c, &why).failed;
    return *asking || why.code == ERR_NOT_FOUND ? OK : fail(e, why.code, "%s", why.detail);
}

result approval_list(struct auth *au, struct arena *a, const struct session *s,
                     struct approval **list, size_t *count, struct err *e)
{
    struct finding f = { .auth = au,
                         .arena = a,
                         .key = s->id_index,
                         .now_ms = clock_now_ms(au->clock),
                         .list = arena_array(a, struct approval, APPROVAL_LIST_MAX) };
    bool asking;

    if (s->id_index.n > 0)
        TRY(sql_read(au->sql, find_all, &f, e));
    *list = f.list;
    *count = 0;
    for (size_t i = 0; i < f.count; i++) {
        TRY(is_asking(au, a, &f.list[i], &asking, e));
        if (asking)
            f.list[(*count)++] = f.list[i];
    }
    return OK;
}

result approval_check(struct auth *au, const struct session *s, const struct approval *ap,
                      struct err *e)
{
    const int64_t age_s = clock_now_s(au->clock) - s->auth_time_s;
    const int64_t most_s = ap->acr >= ACR_EVER_FRESH ? ACR_FRESH_S : APPROVAL_FRESH_S;

    if (ap->person.n > 0 && !secret_equal(ap->person, s->id_index))
        return fail(e, ERR_NOT_FOUND, "approval: asked of somebody else");
    if (s->pay_only)
        return fail(e, ERR_BUSINESS_STATUS, "its status allows paying only");
    if (s->acr < ap->acr || age_s > most_s)
        return fail(e, ERR_WEAK_SIGN_IN, "approval: signed in too long ago or too weakly");
    return OK;
}

/* A session for the device: it ends by itself, or when the person ends it. */
static result grant_make(struct auth *au, const struct visit *v, const struct session *s,
                         const struct approval *ap, struct grant *out, struct err *e)
{
    const struct session_proof proof = { s->auth_time_s, s->acr, s->amr };
    const int64_t now_s = clock_now_s(au->clock);
    struct session own;
    struct account account;
    struct client client;
    struct str unused;

    TRY(client_load(au, v->arena, ap->client_id, &client, e));
    TRY(account_load(au, v->arena, s->account, &account, e));
    TRY(session_make(au, v, &account, &proof, &own, &unused, e));
    TRY(session_join(au, v, &own, client.id, claims_sub(au, v->arena, &client, s->account), STR(""),
                     e));
    *out = (struct grant){ .id = grant_new_id(v->arena),
                           .client_id = client.id,
                           .scope = ap->scope,
                           .resources = ap->resources,
                           .account = s->account,
                           .sid = own.sid,
                           .amr = own.amr,
                           .kind = own.kind,
                           .level = own.level,
                           .acr = acr_at_age(own.acr, now_s - own.auth_time_s),
                           .auth_time_s = own.auth_time_s,
                           .made_s = now_s };
    return OK;
}

struct moving {
    struct auth *auth;
    const struct visit *visit;
    const struct approval *approval;
    enum approval_state next;
    struct str allowed;
    struct str actor;
    const char *action; /* of the audit row */
    bool notify;
};

static result approval_move(struct sql *db, void *arg, struct err *e)
{
    const struct moving *m = arg;
    const struct approval *ap = m->approval;
    struct arena *a = m->visit->arena;
    const int64_t now_ms = clock_now_ms(m->auth->clock);
    const struct outgoing ping = { .kind = "ping", .client_id = ap->client_id, .sid = ap->id };
    const struct audit_event ev =
        auth_event(m->visit, m->actor, m->action, str_cat(a, STR("approval:"), ap->id), NULL);
    int64_t changed;

    TRY(sql_run_count(db, SQL_APPROVAL_MOVE, &changed, e, sql_t(ap->id),
                      sql_t(str_c(state_names[ap->state])), sql_t(str_c(state_names[m->next])),
                      sql_t(m->allowed)));
    if (changed != 1)
        return fail(e, ERR_WRONG_STATE, "approval: moved meanwhile");
    if (m->notify)
        TRY(outgoing_put(db, a, &ping, now_ms, e));
    return audit_append(db, now_ms, &ev, e);
}

result approval_answer(struct auth *au, const struct visit *v, const struct session *s,
                       const struct approval *ap, bool yes, struct err *e)
{
    const enum approval_event ev = yes ? APPROVAL_EV_APPROVE : APPROVAL_EV_DENY;
    struct moving m = { .auth = au,
                        .visit = v,
                        .approval = ap,
                        .allowed = STR(""),
                        .actor = str_cat(v->arena, STR("citizen:"), s->account),
                        .action = yes ? "approval.given" : "approval.denied",
                        .notify = ap->notify.n > 0 };
    enum approval_action action;
    struct grant g;

    TRY(approval_check(au, s, ap, e));
    if (!approval_next(ap->state, ev, &m.next, &action))
        return fail(e, ERR_WRONG_STATE, "approval: answered otherwise");
    if (action == APPROVAL_DO_NONE)
        return OK;
    if (yes) {
        TRY(grant_make(au, v, s, ap, &g, e));
        m.allowed = grant_print(v->arena, &g);
    }
    return sql_transact(au->sql, approval_move, &m, e);
}

/* RFC 8628 3.5: whoever asks too soon waits longer from now on. */
static result interval_check(struct auth *au, struct arena *a, struct str id, struct err *e)
{
    const struct str slower = str_cat(a, STR("slower:"), id);
    const struct str asked = str_cat(a, STR("polled:"), id);
    int64_t times = 0;
    struct str text;
    bool found, added;

    TRY(kv_get(au->kv, a, slower, &found, &text, e));
    if (found && !str_to_i64(text, &times))
        return fail(e, ERR_INTERNAL, "approval: no count");
    TRY(kv_add(au->kv, asked, STR("1"), APPROVAL_INTERVAL_S + times * SLOWER_S, &added, e));
    if (added)
        return OK;
    TRY(kv_put(au->kv, slower, str_i64(a, times + 1), APPROVAL_TTL_S, e));
    return fail(e, ERR_SLOW_DOWN, "approval: asked again too soon");
}

static result taken_back(struct auth *au, struct arena *a, const struct approval *ap, struct err *e)
{
    struct grant g;

    TRY(grant_read(a, ap->allowed, &g, e));
    TRY(grant_revoke(au, a, g.id, e));
    return fail(e, ERR_BAD_GRANT, "approval: taken before");
}

static result grant_give(struct auth *au, const struct visit *v, const struct approval *ap,
                         struct grant *out, struct err *e)
{
    const struct moving m = { .auth = au,
                              .visit = v,
                              .approval = ap,
                              .next = APPROVAL_TAKEN,
                              .allowed = ap->allowed,
                              .actor = str_cat(v->arena, STR("client:"), ap->client_id),
                              .action = "approval.taken" };
    struct err why = { .code = ERR_NONE };

    if (sql_transact(au->sql, approval_move, (void *)(uintptr_t)&m, &why).failed) {
        if (why.code == ERR_WRONG_STATE) /* two at once: neither may keep it */
            return taken_back(au, v->arena, ap, e);
        return fail(e, why.code, "%s", why.detail);
    }
    return grant_read(v->arena, ap->allowed, out, e);
}

result approval_take(struct auth *au, const struct visit *v, const char *kind, struct str bearer,
                     const struct client *c, struct grant *out, struct err *e)
{
    enum approval_action action;
    enum approval_state next;
    struct approval ap;
    bool found = false;

    if (bearer.n <= BEARER_BYTES_MAX)
        TRY(approval_get(au, v->arena, digest_of(v->arena, bearer), &found, &ap, e));
    if (!found || !str_is(str_c(ap.kind), kind) || !str_eq(ap.client_id, c->id))
        return fail(e, ERR_BAD_GRANT, "approval: unknown, or of another client");
    if (ap.expires_ms <= clock_now_ms(au->clock))
        return fail(e, ERR_EXPIRED, "approval: over its time");
    must(approval_next(ap.state, APPROVAL_EV_POLL, &next, &action));
    if (action == APPROVAL_DO_REVOKE)
        return taken_back(au, v->arena, &ap, e);
    TRY(interval_check(au, v->arena, ap.id, e));
    if (action == APPROVAL_DO_WAIT)
        return fail(e, ERR_PENDING, "approval: not answered yet");
    if (action == APPROVAL_DO_REFUSE)
        return fail(e, ERR_DENIED, "approval: the person said no");
    return grant_give(au, v, &ap, out, e);
}
