/*
 * Security: the attacker reads the database, finds an old link, or opens one at the same time as
 * its owner. Promised: digests are kept; the link is deleted in the transaction that sets the
 * password, so of two only one succeeds; a closed account does not open by it. Deliberately not
 * done: sending it (whoever makes it hands it over).
 */
#include "auth/staff_invite.h"

#include "auth/staff_account.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "store/sql.h"

#define INVITATION_BITS 256
#define TOKEN_MAX       64

static struct str digest_of(const struct visit *v, struct str token)
{
    return digest_base64url(v->arena, digest_sha256(token));
}

static result invitation_write(struct sql *db, const struct staff_change *c, int64_t *changed,
                               struct err *e)
{
    const struct str *digest = c->own;
    const int64_t ttl_ms = c->auth->conf->auth.staff_invitation_ttl_s * 1000;

    TRY(sql_run_count(db, SQL_STAFF_CHANGED, changed, e, sql_t(c->name)));
    if (*changed == 0)
        return OK;
    TRY(sql_run(db, SQL_STAFF_INVITATION_PURGE, e, sql_i(c->now_ms)));
    TRY(sql_run(db, SQL_STAFF_INVITATION_DROP, e, sql_t(c->name)));
    return sql_run(db, SQL_STAFF_INVITATION_INSERT, e, sql_t(*digest), sql_t(c->name),
                   sql_t(auth_actor(c->visit)), sql_i(c->now_ms + ttl_ms));
}

result staff_invite(struct auth *au, const struct visit *v, struct str name, struct str *token,
                    struct err *e)
{
    const struct str made = random_token(v->arena, INVITATION_BITS);
    const struct str digest = digest_of(v, made);
    struct staff_change c = { .auth = au,
                              .visit = v,
                              .name = name,
                              .action = "staff.invite",
                              .write = invitation_write,
                              .own = &digest };

    TRY(staff_change(&c, e));
    *token = made;
    return OK;
}

struct invitation {
    struct arena *arena;
    struct str digest, name;
    int64_t expires_ms;
    bool found;
};

static result invitation_load(struct sql *db, void *arg, struct err *e)
{
    struct invitation *i = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_STAFF_INVITATION_LOAD, &rows, e, sql_t(i->digest)));
    TRY(sql_next(rows, &i->found, e));
    if (!i->found)
        return OK;
    i->name = sql_text(rows, 0, i->arena);
    i->expires_ms = sql_int(rows, 1);
    return OK;
}

static result account_invited(struct auth *au, const struct visit *v, struct str token, bool *found,
                              struct staff_account *out, struct err *e)
{
    struct invitation i = { .arena = v->arena, .digest = digest_of(v, token) };

    *found = false;
    if (token.n == 0 || token.n > TOKEN_MAX)
        return OK;
    TRY(sql_read(au->sql, invitation_load, &i, e));
    if (!i.found || i.expires_ms <= clock_now_ms(au->clock))
        return OK;
    TRY(staff_account_find(au, v->arena, i.name, found, out, e));
    *found = *found && !out->staff.disabled;
    return OK;
}

result staff_invitation_find(struct auth *au, const struct visit *v, struct str token, bool *found,
                             struct staff *out, struct err *e)
{
    struct staff_account account;

    TRY(account_invited(au, v, token, found, &account, e));
    if (*found)
        *out = account.staff;
    return OK;
}

struct acceptance {
    struct str digest, password;
};

static result acceptance_write(struct sql *db, const struct staff_change *c, int64_t *changed,
                               struct err *e)
{
    const struct acceptance *a = c->own;

    TRY(sql_run_count(db, SQL_STAFF_INVITATION_TAKE, changed, e, sql_t(a->digest),
                      sql_i(c->now_ms)));
    if (*changed == 0)
        return fail(e, ERR_NOT_FOUND, "the invitation is used up");
    /* Also ends the time of not being used: whoever invites wants the account to open. */
    TRY(sql_run(db, SQL_STAFF_TOUCH, e, sql_t(c->name), sql_i(c->now_ms)));
    return staff_password_write(db, c->name, a->password, c->now_ms, changed, e);
}

result staff_accept(struct auth *au, const struct visit *v, struct str token,
                    const struct secret *password, struct err *e)
{
    struct acceptance a = { .digest = digest_of(v, token) };
    struct visit own = *v;
    struct staff_change c = {
        .auth = au, .visit = &own, .action = "staff.accept", .write = acceptance_write, .own = &a
    };
    struct staff_account account;
    bool found;

    TRY(account_invited(au, v, token, &found, &account, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no such invitation");
    TRY(staff_password_check(au, v, account.staff.name,
                             account.staff.has_otp || staff_factor_is_required(au, &account),
                             password, e));
    TRY(password_hash(v->arena, password, &a.password, e));
    c.name = own.officer = account.staff.name;
    return staff_change(&c, e);
}
