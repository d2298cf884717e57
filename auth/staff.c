/*
 * Security: the attacker is an officer who wants more than the account allows. Promised: a role, a
 * password or a closed account counts from the next request on, since each change raises the
 * account's epoch and ends its sessions. Deliberately not done here: who may call this (the edge
 * asks for an administrator, the command line for the machine's own rights).
 */
#include "auth/staff.h"

#include "auth/staff_account.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/password.h"
#include "store/sql.h"

static const char *const role_names[] = { "viewer",    "auditor",  "officer",
                                          "treasurer", "approver", "administrator" };

_Static_assert(LEN(role_names) == STAFF_ROLE_COUNT, "a name for each role");

const char *staff_role_name(enum staff_role r)
{
    must(r < LEN(role_names));
    return role_names[r];
}

bool staff_role_find(struct str name, enum staff_role *out)
{
    for (size_t i = 0; i < LEN(role_names); i++) {
        if (str_is(name, role_names[i])) {
            *out = (enum staff_role)i;
            return true;
        }
    }
    return false;
}

struct staff_new {
    const struct staff *staff;
    struct str password;
};

static result staff_insert(struct sql *db, const struct staff_change *c, int64_t *changed,
                           struct err *e)
{
    const struct staff_new *n = c->own;

    TRY(sql_run_count(db, SQL_STAFF_INSERT, changed, e, sql_t(c->name),
                      sql_t(n->staff->display_name), sql_t(str_c(staff_role_name(n->staff->role))),
                      sql_t(n->password), sql_i(c->now_ms)));
    if (*changed == 0)
        return fail_field(e, ERR_CONFLICT, "name", "the name is taken");
    if (n->password.n == 0)
        return OK;
    return sql_run(db, SQL_STAFF_PASSWORD_INSERT, e, sql_t(c->name), sql_t(n->password),
                   sql_i(c->now_ms));
}

static result staff_check(const struct staff *s, struct err *e)
{
    if (!staff_name_ok(s->name))
        return fail_field(e, ERR_INVALID, "name", "3 to 64 of a-z 0-9 . -");
    if (s->display_name.n == 0 || s->display_name.n > 200 || !utf8_is_text(s->display_name))
        return fail_field(e, ERR_INVALID, "display_name", "empty, too long, or not text");
    return OK;
}

static struct json *role_detail(enum staff_role role)
{
    struct json *detail = json_object();

    json_put_str(detail, "role", str_c(staff_role_name(role)));
    return detail;
}

result staff_add(struct auth *au, const struct visit *v, const struct staff *s,
                 const struct secret *password, struct err *e)
{
    DEFER(json_close) struct json *detail = role_detail(s->role);
    struct staff_new made = { .staff = s };
    struct staff_change c = { .auth = au,
                              .visit = v,
                              .name = s->name,
                              .action = "staff.add",
                              .detail = detail,
                              .write = staff_insert,
                              .own = &made };
    struct staff_account taken = { 0 };
    bool found;

    TRY(staff_check(s, e));
    TRY(staff_account_find(au, v->arena, s->name, &found, &taken, e));
    if (found)
        return fail_field(e, ERR_CONFLICT, "name", "the name is taken");
    if (password != NULL) {
        TRY(staff_password_check(au, v, s->name, staff_factor_is_required(au, &taken), password,
                                 e));
        TRY(password_hash(v->arena, password, &made.password, e));
    }
    return staff_change(&c, e);
}

static result password_update(struct sql *db, const struct staff_change *c, int64_t *changed,
                              struct err *e)
{
    const struct str *encoded = c->own;

    return staff_password_write(db, c->name, *encoded, c->now_ms, changed, e);
}

result staff_set_password(struct auth *au, const struct visit *v, struct str name,
                          const struct secret *password, struct err *e)
{
    struct str encoded = { 0 };
    struct staff_change c = { .auth = au,
                              .visit = v,
                              .name = name,
                              .action = "staff.password",
                              .write = password_update,
                              .own = &encoded };
    struct staff_account account;
    bool found;

    TRY(staff_account_find(au, v->arena, name, &found, &account, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no such staff account");
    TRY(staff_password_check(
        au, v, name, account.staff.has_otp || staff_factor_is_required(au, &account), password, e));
    TRY(password_hash(v->arena, password, &encoded, e));
    return staff_change(&c, e);
}

static result disabled_update(struct sql *db, const struct staff_change *c, int64_t *changed,
                              struct err *e)
{
    const bool *disabled = c->own;

    return sql_run_count(db, SQL_STAFF_SET_DISABLED, changed, e, sql_t(c->name), sql_i(*disabled),
                         sql_i(c->now_ms));
}

result staff_set_disabled(struct auth *au, const struct visit *v, struct str name, bool disabled,
                          struct err *e)
{
    struct staff_change c = { .auth = au,
                              .visit = v,
                              .name = name,
                              .action = disabled ? "staff.disable" : "staff.enable",
                              .write = disabled_update,
                              .own = &disabled };

    return staff_change(&c, e);
}

static result role_update(struct sql *db, const struct staff_change *c, int64_t *changed,
                          struct err *e)
{
    const enum staff_role *role = c->own;

    return sql_run_count(db, SQL_STAFF_SET_ROLE, changed, e, sql_t(c->name),
                         sql_t(str_c(staff_role_name(*role))));
}

result staff_set_role(struct auth *au, const struct visit *v, struct str name, enum staff_role role,
                      struct err *e)
{
    DEFER(json_close) struct json *detail = role_detail(role);
    struct staff_change c = { .auth = au,
                              .visit = v,
                              .name = name,
                              .action = "staff.role",
                              .detail = detail,
                              .write = role_update,
                              .own = &role };

    return staff_change(&c, e);
}
