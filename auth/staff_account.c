/*
 * Security: the attacker reads the database, or is an officer who wants a password that is easy to
 * remember. Promised: passwords are argon2id and one-time secrets sealed to their account; a new
 * password follows the rules of security level 3; no change is without its audit row. Deliberately
 * not done here: deciding who may change an account (web, cli).
 */
#include "auth/staff_account.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "store/audit.h"
#include "store/sql.h"

#define STAFF_LIST_MAX 1000

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";

bool staff_name_ok(struct str name)
{
    return name.n >= 3 && name.n <= 64 && str_all_in(name, name_letters);
}

struct str staff_subject(const struct visit *v, struct str name)
{
    return str_cat(v->arena, STR("staff:"), name);
}

static result account_row(const struct sql_rows *rows, struct arena *a, struct staff_account *out,
                          struct err *e)
{
    struct staff_account s = {
        .staff = { .name = sql_text(rows, 0, a),
                   .display_name = sql_text(rows, 1, a),
                   .disabled = sql_int(rows, 4) != 0,
                   .created_ms = sql_int(rows, 5),
                   .password_ms = sql_int(rows, 6),
                   .used_ms = sql_int(rows, 7),
                   .recovery_left = (int)sql_int(rows, 13) },
        .password = sql_text(rows, 3, a),
        .epoch = sql_int(rows, 8),
        .factor_due = sql_int(rows, 9) != 0,
        .otp_sealed = sql_bytes(rows, 10, a),
        .otp_step = sql_int(rows, 11),
    };

    if (!staff_role_find(sql_text(rows, 2, a), &s.staff.role))
        return fail(e, ERR_STORE, "staff: unknown role");
    s.staff.invited = s.password.n == 0;
    s.staff.has_otp = s.otp_sealed.n > 0;
    *out = s;
    return OK;
}

struct account_read {
    struct arena *arena;
    struct str name;
    struct staff_account one;
    struct staff *list;
    size_t n;
};

static result load_one(struct sql *db, void *arg, struct err *e)
{
    struct account_read *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    r->n = 0;
    TRY(sql_find(db, SQL_STAFF_LOAD, &rows, e, sql_t(r->name)));
    TRY(sql_next(rows, &more, e));
    if (!more)
        return OK;
    r->n = 1;
    return account_row(rows, r->arena, &r->one, e);
}

result staff_account_find(struct auth *au, struct arena *a, struct str name, bool *found,
                          struct staff_account *out, struct err *e)
{
    struct account_read r = { .arena = a, .name = staff_name_ok(name) ? name : STR("-") };

    TRY(sql_read(au->sql, load_one, &r, e));
    *found = r.n == 1;
    *out = r.one;
    return OK;
}

result staff_find(struct auth *au, struct arena *a, struct str name, bool *found, struct staff *out,
                  struct err *e)
{
    struct staff_account account;

    TRY(staff_account_find(au, a, name, found, &account, e));
    *out = account.staff;
    return OK;
}

static result load_all(struct sql *db, void *arg, struct err *e)
{
    struct account_read *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    r->n = 0;
    TRY(sql_find_plain(db, SQL_STAFF_LIST, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || r->n == STAFF_LIST_MAX)
            return OK;
        TRY(account_row(rows, r->arena, &r->one, e));
        r->list[r->n++] = r->one.staff;
    }
}

result staff_list(struct auth *au, struct arena *a, struct staff **list, size_t *count,
                  struct err *e)
{
    struct account_read r = { .arena = a, .list = arena_array(a, struct staff, STAFF_LIST_MAX) };

    TRY(sql_read(au->sql, load_all, &r, e));
    *list = r.list;
    *count = r.n;
    return OK;
}

bool staff_is_unused(const struct auth *au, const struct staff *s)
{
    return clock_now_ms(au->clock) - s->used_ms >= au->conf->auth.staff_unused_days * 86400000;
}

bool staff_factor_is_required(const struct auth *au, const struct staff_account *a)
{
    return a->factor_due || str_is(au->conf->auth.staff_second_factor, "require");
}

static result change_run(struct sql *db, void *arg, struct err *e)
{
    struct staff_change *c = arg;
    const struct audit_event ev = auth_event(c->visit, auth_actor(c->visit), c->action,
                                             staff_subject(c->visit, c->name), c->detail);
    int64_t changed = 0;

    TRY(c->write(db, c, &changed, e));
    if (changed == 0)
        return fail(e, ERR_NOT_FOUND, "no such staff account");
    return audit_append(db, c->now_ms, &ev, e);
}

result staff_change(struct staff_change *c, struct err *e)
{
    c->now_ms = clock_now_ms(c->auth->clock);
    return sql_transact(c->auth->sql, change_run, c, e);
}

static result classes_check(struct str s, struct err *e)
{
    bool small = false, capital = false, digit = false, other = false;

    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];

        small |= c >= 'a' && c <= 'z';
        capital |= c >= 'A' && c <= 'Z';
        digit |= c >= '0' && c <= '9';
        other |= !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
    }
    if (!small || !capital || !digit || !other)
        return fail_field(e, ERR_INVALID, "password", "lacks a class of characters");
    return OK;
}

struct old_passwords {
    struct arena *arena;
    struct str name, list[STAFF_PASSWORDS_KEPT];
    size_t n;
};

static result old_load(struct sql *db, void *arg, struct err *e)
{
    struct old_passwords *o = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    o->n = 0;
    TRY(sql_find(db, SQL_STAFF_PASSWORD_LIST, &rows, e, sql_t(o->name),
                 sql_i(STAFF_PASSWORDS_KEPT)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || o->n == LEN(o->list))
            return OK;
        o->list[o->n++] = sql_text(rows, 0, o->arena);
    }
}

result staff_password_check(struct auth *au, const struct visit *v, struct str name,
                            bool second_factor, const struct secret *password, struct err *e)
{
    const struct str s = secret_str(password);
    const size_t least = second_factor ? STAFF_PASSWORD_BYTES_MIN : STAFF_PASSWORD_BYTES_MIN_SOLE;
    struct old_passwords old = { .arena = v->arena, .name = name };

    if (s.n < least)
        return fail_field(e, ERR_INVALID, "password", "shorter than %zu", least);
    if (!second_factor)
        TRY(classes_check(s, e));
    if (str_has(str_lower(v->arena, s), name))
        return fail_field(e, ERR_INVALID, "password", "holds the account's name");
    TRY(sql_read(au->sql, old_load, &old, e));
    for (size_t i = 0; i < old.n; i++) {
        bool same;

        TRY(password_check(password, old.list[i], &same, e));
        if (same)
            return fail_field(e, ERR_INVALID, "password", "one of the last %d",
                              STAFF_PASSWORDS_KEPT);
    }
    return OK;
}

result staff_password_write(struct sql *db, struct str name, struct str encoded, int64_t now_ms,
                            int64_t *changed, struct err *e)
{
    TRY(sql_run_count(db, SQL_STAFF_SET_PASSWORD, changed, e, sql_t(name), sql_t(encoded),
                      sql_i(now_ms)));
    if (*changed == 0)
        return OK;
    TRY(sql_run(db, SQL_STAFF_PASSWORD_INSERT, e, sql_t(name), sql_t(encoded), sql_i(now_ms)));
    return sql_run(db, SQL_STAFF_PASSWORD_FORGET, e, sql_t(name), sql_i(STAFF_PASSWORDS_KEPT));
}
