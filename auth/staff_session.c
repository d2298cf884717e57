/*
 * Security: the attacker reads the short-lived store, finds a browser that was left alone, or keeps
 * a session of an account that was closed. Promised: the store holds digests of cookies only; idle
 * and absolute limits hold on the server; a session is checked against the account's epoch at each
 * use, so any change of the account ends it at once. Deliberately not done: binding to an address.
 */
#include "auth/staff_session.h"

#include "auth/record.h"
#include "auth/staff_account.h"
#include "auth/staff_limit.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "store/kv.h"
#include "store/sql.h"

#define STAFF_TOKEN_BITS 256
#define STAFF_TOKEN_MAX  64

struct kept {
    struct str name, csrf;
    int64_t created_ms, seen_ms, factor_ms, epoch;
    bool administrator; /* a role that changes ends the session */
};

static const struct record_field kept_fields[] = {
    RECORD(struct kept, name),      RECORD(struct kept, csrf),  RECORD(struct kept, created_ms),
    RECORD(struct kept, seen_ms),   RECORD(struct kept, epoch), RECORD(struct kept, administrator),
    RECORD(struct kept, factor_ms),
};

static struct str kept_print(const struct visit *v, const struct kept *k)
{
    return record_print(v->arena, kept_fields, LEN(kept_fields), k);
}

static int64_t idle_s(const struct auth *au, const struct kept *k)
{
    const int64_t admin_s = au->conf->auth.staff_admin_idle_s;
    const int64_t all_s = au->conf->auth.staff_idle_s;

    return k->administrator && admin_s < all_s ? admin_s : all_s;
}

static int64_t kept_ttl_s(const struct auth *au, const struct kept *k)
{
    const int64_t left_s =
        au->conf->auth.staff_max_s - (clock_now_ms(au->clock) - k->created_ms) / 1000;

    return left_s < idle_s(au, k) ? left_s : idle_s(au, k);
}

static struct staff_session session_of(const struct kept *k, const struct staff *s, struct str key)
{
    return (struct staff_session){ .name = s->name,
                                   .display_name = s->display_name,
                                   .role = s->role,
                                   .csrf = k->csrf,
                                   .created_ms = k->created_ms,
                                   .factor_ms = k->factor_ms,
                                   .key = key };
}

struct used {
    const struct staff_account *account;
    int64_t now_ms;
};

static result used_update(struct sql *db, void *arg, struct err *e)
{
    const struct used *u = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_STAFF_USED, &changed, e, sql_t(u->account->staff.name),
                      sql_i(u->now_ms), sql_i(u->account->epoch)));
    if (changed == 0)
        return fail(e, ERR_BAD_PASSWORD, "the account changed during the sign-in");
    return OK;
}

result staff_session_make(struct auth *au, const struct visit *v,
                          const struct staff_account *account, bool factor,
                          struct staff_signed *out, struct err *e)
{
    const int64_t now_ms = clock_now_ms(au->clock);
    const struct str cookie = random_token(v->arena, STAFF_TOKEN_BITS);
    const struct str key = auth_key(v->arena, "staff", cookie);
    struct used used = { account, now_ms };
    const struct kept k = { .name = account->staff.name,
                            .csrf = random_token(v->arena, 128),
                            .created_ms = now_ms,
                            .seen_ms = now_ms,
                            .factor_ms = factor ? now_ms : 0,
                            .epoch = account->epoch,
                            .administrator = account->staff.role == STAFF_ADMINISTRATOR };

    TRY(sql_transact(au->sql, used_update, &used, e));
    TRY(staff_limit_audit(au, v, account->staff.name, "staff.ok", e));
    TRY(kv_put(au->kv, key, kept_print(v, &k), kept_ttl_s(au, &k), e));
    *out = (struct staff_signed){ session_of(&k, &account->staff, key), cookie };
    return OK;
}

static bool kept_is_over(const struct auth *au, const struct kept *k)
{
    const int64_t now_ms = clock_now_ms(au->clock);

    return now_ms - k->seen_ms >= idle_s(au, k) * 1000 ||
           now_ms - k->created_ms >= au->conf->auth.staff_max_s * 1000;
}

static result kept_find(struct auth *au, const struct visit *v, struct str key, bool *found,
                        struct kept *out, struct err *e)
{
    struct str raw;
    bool saved;

    TRY(kv_get(au->kv, v->arena, key, found, &raw, e));
    if (!*found)
        return OK;
    /* One of a version that kept it otherwise is over too. */
    *found = !record_read(v->arena, kept_fields, LEN(kept_fields), raw, out, NULL).failed &&
             !kept_is_over(au, out);
    if (!*found)
        return kv_drop(au->kv, key, e);
    if (clock_now_ms(au->clock) - out->seen_ms < idle_s(au, out) * 1000 / 16)
        return OK;
    out->seen_ms = clock_now_ms(au->clock);
    /* Swapped, not put: a session that was ended meanwhile stays ended. Of two requests at once one
     * swap is enough. */
    return kv_swap(au->kv, key, raw, kept_print(v, out), kept_ttl_s(au, out), &saved, e);
}

result staff_find_session(struct auth *au, const struct visit *v, struct str token, bool *found,
                          struct staff_session *out, struct err *e)
{
    const struct str key = auth_key(v->arena, "staff", token);
    struct staff_account account;
    struct kept k;

    *found = false;
    if (token.n == 0 || token.n > STAFF_TOKEN_MAX)
        return OK;
    TRY(kept_find(au, v, key, found, &k, e));
    if (!*found)
        return OK;
    TRY(staff_account_find(au, v->arena, k.name, found, &account, e));
    *found = *found && !account.staff.disabled && account.epoch == k.epoch;
    if (!*found)
        return kv_drop(au->kv, key, e);
    *out = session_of(&k, &account.staff, key);
    return OK;
}

result staff_session_prove(struct auth *au, const struct visit *v, struct staff_session *s,
                           struct err *e)
{
    struct str raw;
    struct kept k;
    bool found, saved;

    TRY(kv_get(au->kv, v->arena, s->key, &found, &raw, e));
    if (!found)
        return fail(e, ERR_NOT_SIGNED_IN, "the session ended meanwhile");
    TRY(record_read(v->arena, kept_fields, LEN(kept_fields), raw, &k, e));
    k.factor_ms = k.seen_ms = clock_now_ms(au->clock);
    TRY(kv_swap(au->kv, s->key, raw, kept_print(v, &k), kept_ttl_s(au, &k), &saved, e));
    if (!saved)
        return fail(e, ERR_RETRY, "the session was used at the same time");
    s->factor_ms = k.factor_ms;
    return OK;
}

result staff_sign_out(struct auth *au, const struct visit *v, const struct staff_session *s,
                      struct err *e)
{
    TRY(kv_drop(au->kv, s->key, e));
    return staff_limit_audit(au, v, s->name, "staff.out", e);
}

bool staff_csrf_is(const struct staff_session *s, struct str given)
{
    return secret_equal(s->csrf, given);
}

result staff_may(const struct staff_session *s, enum staff_role least, struct err *e)
{
    if (s->role < least)
        return fail(e, ERR_FORBIDDEN, "needs the role %s", staff_role_name(least));
    return OK;
}

result staff_may_audit(const struct staff_session *s, struct err *e)
{
    if (s->role != STAFF_AUDITOR && s->role != STAFF_ADMINISTRATOR)
        return fail(e, ERR_FORBIDDEN, "needs the role auditor or administrator");
    return OK;
}
