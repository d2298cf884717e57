/*
 * Security: the attacker knows the password, has seen a code, or reads the database. Promised: the
 * secret is sealed to its account; a code counts once and within 90 seconds (RFC 6238 5.2);
 * recovery codes have 50 random bits, count once, and are kept as keyed digests, which a copy of
 * the database does not let guess; new ones are made for who has just shown the factor.
 * Deliberately not done here: counting tries (staff_limit.h).
 */
#include "auth/staff_factor.h"

#include "auth/staff_account.h"
#include "auth/staff_sign_in.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/otp.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "store/audit.h"
#include "store/sql.h"

#define RECOVERY_LETTERS 10

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static struct str otp_place(const struct visit *v, struct str name)
{
    return str_cat(v->arena, STR("staff.otp/"), name);
}

static struct str recovery_digest(struct auth *au, const struct visit *v, struct str name,
                                  struct str code)
{
    return seal_index(v->arena, au->seal, str_cat(v->arena, STR("staff.recovery/"), name), code);
}

/* As it is kept: capitals, without what was put between (telephones show six digits in two halves),
 * and digits for the letters that look like them. */
static struct str plain_code(const struct visit *v, struct str typed)
{
    char *p = arena_array(v->arena, char, typed.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < typed.n; i++) {
        char c = typed.p[i];

        if (c == '-' || c == ' ')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c == 'O')
            c = '0';
        if (c == 'I' || c == 'L')
            c = '1';
        p[n++] = c;
    }
    return str_of(p, n);
}

static struct str recovery_random(const struct visit *v)
{
    unsigned char bytes[RECOVERY_LETTERS];
    char letters[RECOVERY_LETTERS];

    random_fill(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        letters[i] = crockford[bytes[i] % 32];
    return str_fmt(v->arena, "%.5s-%.5s", letters, letters + 5);
}

struct factor_new {
    struct str sealed;
    int64_t step, epoch;
    struct staff_recovery recovery;
    size_t recovery_count;
};

static result recovery_write(struct sql *db, const struct staff_change *c,
                             const struct factor_new *n, struct err *e)
{
    TRY(sql_run(db, SQL_STAFF_RECOVERY_DROP, e, sql_t(c->name)));
    for (size_t i = 0; i < n->recovery_count; i++)
        TRY(sql_run(db, SQL_STAFF_RECOVERY_INSERT, e, sql_t(c->name),
                    sql_t(recovery_digest(c->auth, c->visit, c->name,
                                          plain_code(c->visit, n->recovery.codes[i])))));
    return OK;
}

static result otp_write(struct sql *db, const struct staff_change *c, int64_t *changed,
                        struct err *e)
{
    const struct factor_new *n = c->own;

    TRY(sql_run_count(db, SQL_STAFF_SET_OTP, changed, e, sql_t(c->name), sql_b(n->sealed),
                      sql_i(n->step), sql_i(c->now_ms)));
    return *changed == 0 ? OK : recovery_write(db, c, n, e);
}

static result enrol_write(struct sql *db, const struct staff_change *c, int64_t *changed,
                          struct err *e)
{
    const struct factor_new *n = c->own;

    TRY(sql_run_count(db, SQL_STAFF_ENROL_OTP, changed, e, sql_t(c->name), sql_b(n->sealed),
                      sql_i(n->step), sql_i(c->now_ms), sql_i(n->epoch)));
    if (*changed == 0)
        return fail(e, ERR_BAD_PASSWORD, "staff: the account changed during the sign-in");
    return recovery_write(db, c, n, e);
}

static void recovery_fill(const struct visit *v, struct factor_new *n)
{
    n->recovery_count = STAFF_RECOVERY_COUNT;
    for (size_t i = 0; i < n->recovery_count; i++)
        n->recovery.codes[i] = recovery_random(v);
}

static struct staff_change change_of(struct auth *au, const struct visit *v, struct str name,
                                     const char *action)
{
    return (struct staff_change){ .auth = au, .visit = v, .name = name, .action = action };
}

static struct staff_otp otp_texts(struct auth *au, const struct visit *v, struct str name,
                                  struct str secret)
{
    return (struct staff_otp){ otp_secret_text(v->arena, secret),
                               otp_uri(v->arena, au->conf->service.name_vi, name, secret) };
}

result staff_otp_make(struct auth *au, const struct visit *v, struct str name,
                      struct staff_otp *out, struct err *e)
{
    const struct str secret = otp_secret_make(v->arena);
    struct staff_change c = change_of(au, v, name, "staff.otp");
    const struct factor_new n = { .sealed =
                                      seal_put(v->arena, au->seal, otp_place(v, name), secret) };

    c.write = otp_write;
    c.own = &n;
    TRY(staff_change(&c, e));
    *out = otp_texts(au, v, name, secret);
    return OK;
}

static result factor_drop(struct sql *db, const struct staff_change *c, int64_t *changed,
                          struct err *e)
{
    TRY(sql_run_count(db, SQL_STAFF_DROP_FACTOR, changed, e, sql_t(c->name)));
    TRY(sql_run(db, SQL_STAFF_PASSKEY_DROP, e, sql_t(c->name)));
    return sql_run(db, SQL_STAFF_RECOVERY_DROP, e, sql_t(c->name));
}

result staff_factor_reset(struct auth *au, const struct visit *v, struct str name, struct err *e)
{
    struct staff_change c = change_of(au, v, name, "staff.factor_reset");

    c.write = factor_drop;
    return staff_change(&c, e);
}

static result recovery_replace(struct sql *db, const struct staff_change *c, int64_t *changed,
                               struct err *e)
{
    TRY(sql_run_count(db, SQL_STAFF_CHANGED, changed, e, sql_t(c->name)));
    return *changed == 0 ? OK : recovery_write(db, c, c->own, e);
}

result staff_recovery_make(struct auth *au, const struct visit *v, const struct staff_session *s,
                           struct staff_recovery *out, struct err *e)
{
    struct staff_change c = change_of(au, v, s->name, "staff.recovery_new");
    struct factor_new n = { .step = 0 };

    if (!staff_is_fresh(au, s))
        return fail(e, ERR_FORBIDDEN, "recovery codes without a fresh second factor");
    recovery_fill(v, &n);
    c.write = recovery_replace;
    c.own = &n;
    TRY(staff_change(&c, e));
    *out = n.recovery;
    return OK;
}

struct str staff_otp_pending(struct auth *au, const struct visit *v, struct str name)
{
    return seal_put(v->arena, au->seal, otp_place(v, name), otp_secret_make(v->arena));
}

result staff_otp_show(struct auth *au, const struct visit *v, struct str name, struct str sealed,
                      struct staff_otp *out, struct err *e)
{
    struct str secret;

    TRY(seal_get(v->arena, au->seal, otp_place(v, name), sealed, &secret, e));
    *out = otp_texts(au, v, name, secret);
    return OK;
}

result staff_otp_enrol(struct auth *au, const struct visit *v, const struct staff_enrol *how,
                       struct staff_recovery *out, struct err *e)
{
    struct staff_change c = change_of(au, v, how->name, "staff.enrol");
    struct factor_new n = { .sealed = how->sealed, .epoch = how->epoch };
    struct str secret;

    TRY(seal_get(v->arena, au->seal, otp_place(v, how->name), how->sealed, &secret, e));
    if (!otp_is(secret, plain_code(v, how->code), clock_now_s(au->clock), 0, &n.step))
        return fail(e, ERR_BAD_PASSWORD, "staff: the code is not of the new secret");
    recovery_fill(v, &n);
    c.write = enrol_write;
    c.own = &n;
    TRY(staff_change(&c, e));
    *out = n.recovery;
    return OK;
}

struct take {
    struct auth *auth;
    const struct visit *visit;
    const struct staff_account *account;
    struct str digest;
    int64_t step, now_ms;
};

static result step_take(struct sql *db, void *arg, struct err *e)
{
    const struct take *t = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_STAFF_TAKE_STEP, &changed, e, sql_t(t->account->staff.name),
                      sql_i(t->step), sql_i(t->account->epoch)));
    if (changed == 0)
        return fail(e, ERR_BAD_PASSWORD, "staff: the code was taken before");
    return OK;
}

static result recovery_take(struct sql *db, void *arg, struct err *e)
{
    const struct take *t = arg;
    const struct str subject = staff_subject(t->visit, t->account->staff.name);
    const struct audit_event ev =
        auth_event(t->visit, subject, "staff.recovery_used", subject, NULL);
    int64_t changed;

    TRY(sql_run_count(db, SQL_STAFF_RECOVERY_TAKE, &changed, e, sql_t(t->account->staff.name),
                      sql_t(t->digest), sql_i(t->now_ms)));
    if (changed == 0)
        return fail(e, ERR_BAD_PASSWORD, "staff: no such recovery code");
    return audit_append(db, t->now_ms, &ev, e);
}

result staff_code_take(struct auth *au, const struct visit *v, const struct staff_account *a,
                       struct str code, struct err *e)
{
    const struct str plain = plain_code(v, code);
    struct take t = { .auth = au, .visit = v, .account = a, .now_ms = clock_now_ms(au->clock) };
    struct str secret;

    if (plain.n == RECOVERY_LETTERS) {
        t.digest = recovery_digest(au, v, a->staff.name, plain);
        return sql_transact(au->sql, recovery_take, &t, e);
    }
    if (a->otp_sealed.n == 0)
        return fail(e, ERR_BAD_PASSWORD, "staff: no codes are enrolled");
    TRY(seal_get(v->arena, au->seal, otp_place(v, a->staff.name), a->otp_sealed, &secret, e));
    if (!otp_is(secret, plain, clock_now_s(au->clock), a->otp_step, &t.step))
        return fail(e, ERR_BAD_PASSWORD, "staff: the code is not of this time");
    return sql_transact(au->sql, step_take, &t, e);
}
