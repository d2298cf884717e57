/*
 * Security: the attacker guesses passwords and codes, tries to learn which names exist, replays a
 * code, or stops between the steps. Promised: argon2id with the same work for unknown names; one
 * answer for every reason; a right password alone opens nothing where a second factor is asked for;
 * an attempt belongs to one browser, ends after a few wrong codes, and with any change of the
 * account. Deliberately not done: telling the officer by mail of a sign-in from a new place.
 */
#include "auth/staff_sign_in.h"

#include "auth/record.h"
#include "auth/staff_account.h"
#include "auth/staff_limit.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "store/kv.h"

#define ATTEMPT_BITS 256
#define TOKEN_MAX    64

struct kept {
    struct str name, sealed; /* base64url */
    int step;
    int64_t epoch;
    bool factor;
};

static const struct record_field kept_fields[] = {
    RECORD(struct kept, name),  RECORD(struct kept, sealed), RECORD(struct kept, step),
    RECORD(struct kept, epoch), RECORD(struct kept, factor),
};

static struct str tries_key(const struct visit *v, const struct staff_attempt *t)
{
    return auth_key(v->arena, "stafftries", t->key);
}

static result attempt_make(struct auth *au, const struct visit *v, const struct kept *k,
                           struct staff_entry *out, struct err *e)
{
    const struct str token = random_token(v->arena, ATTEMPT_BITS);

    TRY(kv_put(au->kv, auth_key(v->arena, "staffstep", token),
               record_print(v->arena, kept_fields, LEN(kept_fields), k), STAFF_STEP_TTL_S, e));
    out->step = (enum staff_step)k->step;
    out->attempt = token;
    return OK;
}

static bool password_is_due(const struct auth *au, const struct staff *s)
{
    const int64_t age_ms = clock_now_ms(au->clock) - s->password_ms;

    return s->role == STAFF_ADMINISTRATOR &&
           age_ms >= au->conf->auth.staff_admin_password_days * 86400000;
}

/* What is still asked for, or a session. */
static result advance(struct auth *au, const struct visit *v, const struct staff_account *a,
                      bool factor, struct staff_entry *out, struct err *e)
{
    struct kept k = { .name = a->staff.name, .epoch = a->epoch, .factor = factor };

    if (!factor && a->staff.has_otp) {
        k.step = STAFF_STEP_CODE;
        return attempt_make(au, v, &k, out, e);
    }
    if (!factor && staff_factor_is_required(au, a)) {
        k.step = STAFF_STEP_ENROL;
        k.sealed = base64url_encode(v->arena, staff_otp_pending(au, v, a->staff.name));
        return attempt_make(au, v, &k, out, e);
    }
    if (password_is_due(au, &a->staff)) {
        k.step = STAFF_STEP_PASSWORD;
        return attempt_make(au, v, &k, out, e);
    }
    out->step = STAFF_STEP_IN;
    return staff_session_make(au, v, a, factor, &out->in, e);
}

static result refuse(struct auth *au, const struct visit *v, enum staff_limit kind, struct str name,
                     struct err *e)
{
    const bool is_code = kind == STAFF_LIMIT_CODE;

    TRY(staff_limit_audit(au, v, name, is_code ? "staff.code_refused" : "staff.refused", e));
    TRY(staff_limit_failed(au, v, kind, name, e));
    return fail(e, ERR_BAD_PASSWORD, "staff sign-in: refused");
}

result staff_sign_in(struct auth *au, const struct visit *v, struct str name,
                     const struct secret *password, struct staff_entry *out, struct err *e)
{
    struct staff_entry entry = { .step = STAFF_STEP_CODE };
    struct staff_account account;
    bool found, right;

    TRY(staff_limit_try(au, v, STAFF_LIMIT_PASSWORD, name, e));
    TRY(staff_account_find(au, v->arena, name, &found, &account, e));
    TRY(password_check(password, found ? account.password : STR(""), &right, e));
    if (!right || !found || account.staff.disabled || staff_is_unused(au, &account.staff))
        return refuse(au, v, STAFF_LIMIT_PASSWORD, name, e);
    TRY(staff_limit_forget(au, v, STAFF_LIMIT_PASSWORD, name, e));
    TRY(advance(au, v, &account, false, &entry, e));
    *out = entry;
    return OK;
}

result staff_attempt_find(struct auth *au, const struct visit *v, struct str token, bool *found,
                          struct staff_attempt *out, struct err *e)
{
    const struct str key = auth_key(v->arena, "staffstep", token);
    struct staff_attempt t = { .key = key };
    struct staff_account account;
    struct str raw;
    struct kept k;

    *found = false;
    if (token.n == 0 || token.n > TOKEN_MAX)
        return OK;
    TRY(kv_get(au->kv, v->arena, key, found, &raw, e));
    if (!*found)
        return OK;
    *found = !record_read(v->arena, kept_fields, LEN(kept_fields), raw, &k, NULL).failed;
    if (!*found) /* of a version that kept it otherwise */
        return kv_drop(au->kv, key, e);
    TRY(staff_account_find(au, v->arena, k.name, found, &account, e));
    *found = *found && !account.staff.disabled && account.epoch == k.epoch;
    if (!*found)
        return kv_drop(au->kv, key, e);
    must(base64url_decode(v->arena, k.sealed, &t.sealed));
    t.name = k.name;
    t.step = (enum staff_step)k.step;
    t.epoch = k.epoch;
    t.factor = k.factor;
    *out = t;
    return OK;
}

result staff_attempt_show(struct auth *au, const struct visit *v, const struct staff_attempt *t,
                          struct staff_otp *out, struct err *e)
{
    if (t->step != STAFF_STEP_ENROL)
        return fail(e, ERR_WRONG_STATE, "staff attempt: not at the step of enrolment");
    return staff_otp_show(au, v, t->name, t->sealed, out, e);
}

/* Counts a try of this attempt and of the name before the code is looked at. */
static result try_begin(struct auth *au, const struct visit *v, const struct staff_attempt *t,
                        enum staff_step step, struct err *e)
{
    int64_t count;

    if (t->step != step)
        return fail(e, ERR_WRONG_STATE, "staff attempt: another step");
    TRY(staff_limit_try(au, v, STAFF_LIMIT_CODE, t->name, e));
    TRY(kv_count(au->kv, tries_key(v, t), STAFF_STEP_TTL_S, &count, e));
    if (count >= STAFF_STEP_TRIES) /* right or wrong, it is the last one */
        TRY(kv_drop(au->kv, t->key, e));
    if (count > STAFF_STEP_TRIES)
        return fail(e, ERR_BAD_PASSWORD, "staff attempt: too many codes");
    return OK;
}

/* The account as it is now; whoever changed it meanwhile ended the attempt. */
static result account_again(struct auth *au, const struct visit *v, const struct staff_attempt *t,
                            struct staff_account *out, struct err *e)
{
    bool found;

    TRY(staff_account_find(au, v->arena, t->name, &found, out, e));
    if (!found || out->staff.disabled)
        return fail(e, ERR_BAD_PASSWORD, "staff attempt: the account is closed");
    return OK;
}

static result try_right(struct auth *au, const struct visit *v, const struct staff_attempt *t,
                        struct err *e)
{
    TRY(kv_drop(au->kv, t->key, e));
    TRY(kv_drop(au->kv, tries_key(v, t), e));
    return staff_limit_forget(au, v, STAFF_LIMIT_CODE, t->name, e);
}

result staff_step_code(struct auth *au, const struct visit *v, const struct staff_attempt *t,
                       struct str code, struct staff_entry *out, struct err *e)
{
    struct staff_entry entry = { .step = STAFF_STEP_CODE };
    struct staff_account account;
    struct err why = { 0 };

    TRY(try_begin(au, v, t, STAFF_STEP_CODE, e));
    TRY(account_again(au, v, t, &account, e));
    if (account.epoch != t->epoch)
        return fail(e, ERR_BAD_PASSWORD, "staff attempt: the account changed");
    if (staff_code_take(au, v, &account, code, &why).failed) {
        if (why.code == ERR_BAD_PASSWORD)
            return refuse(au, v, STAFF_LIMIT_CODE, t->name, e);
        *e = why;
        return (result){ true };
    }
    TRY(try_right(au, v, t, e));
    TRY(advance(au, v, &account, true, &entry, e));
    *out = entry;
    return OK;
}

result staff_step_enrol(struct auth *au, const struct visit *v, const struct staff_attempt *t,
                        struct str code, struct staff_entry *out, struct err *e)
{
    const struct staff_enrol how = {
        .name = t->name, .sealed = t->sealed, .code = code, .epoch = t->epoch
    };
    struct staff_entry entry = { .step = STAFF_STEP_ENROL };
    struct staff_account account;
    struct visit own = *v;
    struct err why = { 0 };

    own.officer = t->name;
    TRY(try_begin(au, v, t, STAFF_STEP_ENROL, e));
    if (staff_otp_enrol(au, &own, &how, &entry.recovery, &why).failed) {
        if (why.code == ERR_BAD_PASSWORD)
            return refuse(au, v, STAFF_LIMIT_CODE, t->name, e);
        *e = why;
        return (result){ true };
    }
    TRY(try_right(au, v, t, e));
    TRY(account_again(au, v, t, &account, e));
    TRY(advance(au, v, &account, true, &entry, e));
    *out = entry;
    return OK;
}

result staff_step_password(struct auth *au, const struct visit *v, const struct staff_attempt *t,
                           const struct secret *password, struct staff_entry *out, struct err *e)
{
    struct visit own = *v;
    struct staff_entry entry = { .step = STAFF_STEP_PASSWORD };
    struct staff_account account;

    own.officer = t->name;
    if (t->step != STAFF_STEP_PASSWORD)
        return fail(e, ERR_WRONG_STATE, "staff attempt: another step");
    TRY(account_again(au, v, t, &account, e));
    if (account.epoch != t->epoch)
        return fail(e, ERR_BAD_PASSWORD, "staff attempt: the account changed");
    TRY(staff_set_password(au, &own, t->name, password, e));
    TRY(kv_drop(au->kv, t->key, e));
    TRY(account_again(au, v, t, &account, e));
    TRY(advance(au, v, &account, t->factor, &entry, e));
    *out = entry;
    return OK;
}

result staff_change_password(struct auth *au, const struct visit *v,
                             const struct staff_own_password *how, struct err *e)
{
    struct staff_account account;
    bool found, right;

    TRY(staff_limit_try(au, v, STAFF_LIMIT_PASSWORD, how->name, e));
    TRY(staff_account_find(au, v->arena, how->name, &found, &account, e));
    TRY(password_check(how->was, found ? account.password : STR(""), &right, e));
    if (!right || !found)
        return refuse(au, v, STAFF_LIMIT_PASSWORD, how->name, e);
    TRY(staff_limit_forget(au, v, STAFF_LIMIT_PASSWORD, how->name, e));
    return staff_set_password(au, v, how->name, how->is, e);
}

bool staff_is_fresh(const struct auth *au, const struct staff_session *s)
{
    return s->factor_ms > 0 && clock_now_ms(au->clock) - s->factor_ms < STAFF_FRESH_S * 1000;
}

result staff_prove(struct auth *au, const struct visit *v, struct staff_session *s, struct str code,
                   struct err *e)
{
    struct staff_account account;
    struct err why = { 0 };
    bool found;

    TRY(staff_limit_try(au, v, STAFF_LIMIT_CODE, s->name, e));
    TRY(staff_account_find(au, v->arena, s->name, &found, &account, e));
    if (!found)
        return fail(e, ERR_NOT_SIGNED_IN, "the account is gone");
    if (staff_code_take(au, v, &account, code, &why).failed) {
        if (why.code == ERR_BAD_PASSWORD)
            return refuse(au, v, STAFF_LIMIT_CODE, s->name, e);
        *e = why;
        return (result){ true };
    }
    TRY(staff_limit_forget(au, v, STAFF_LIMIT_CODE, s->name, e));
    return staff_session_prove(au, v, s, e);
}

result staff_enter_with(struct auth *au, const struct visit *v, struct str name,
                        struct staff_entry *out, struct err *e)
{
    struct staff_entry entry = { .step = STAFF_STEP_CODE };
    struct staff_account account;
    bool found;

    TRY(staff_account_find(au, v->arena, name, &found, &account, e));
    if (!found || account.staff.disabled || account.staff.invited ||
        staff_is_unused(au, &account.staff))
        return fail(e, ERR_BAD_PASSWORD, "staff sign-in: refused");
    TRY(advance(au, v, &account, true, &entry, e));
    *out = entry;
    return OK;
}
