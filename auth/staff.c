/*
 * Security: the attacker guesses passwords, tries to learn which names exist, or locks officers out
 * on purpose. Promised: argon2id with the same work for unknown names; one answer for every reason;
 * failures are counted by (name, network), so a stranger's failures pause the stranger; a session
 * is checked against the account at each use, so disabling works at once. Deliberately not done
 * here: second factors (auth/factor, later), so passwords follow the rule for accounts without one.
 */
#include "auth/staff.h"

#include <arpa/inet.h>
#include <string.h>

#include "auth/record.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "store/audit.h"
#include "store/kv.h"
#include "store/sql.h"

#define STAFF_LIST_MAX   1000
#define STAFF_TOKEN_BITS 256
#define STAFF_TOKEN_MAX  64

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
static const char *const role_names[] = { "viewer", "officer", "approver", "administrator" };

struct kept {
    struct str name, csrf;
    int64_t created_ms, seen_ms, password_ms;
};

static const struct record_field kept_fields[] = {
    RECORD(struct kept, name),    RECORD(struct kept, csrf),        RECORD(struct kept, created_ms),
    RECORD(struct kept, seen_ms), RECORD(struct kept, password_ms),
};

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

static bool name_ok(struct str name)
{
    return name.n >= 3 && name.n <= 64 && str_all_in(name, name_letters);
}

static result password_check(const struct secret *password, struct err *e)
{
    const struct str s = secret_str(password);
    bool small = false, capital = false, digit = false, other = false;

    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];

        small |= c >= 'a' && c <= 'z';
        capital |= c >= 'A' && c <= 'Z';
        digit |= c >= '0' && c <= '9';
        other |= !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
    }
    if (s.n < STAFF_PASSWORD_BYTES_MIN)
        return fail_field(e, ERR_INVALID, "password", "shorter than %d", STAFF_PASSWORD_BYTES_MIN);
    if (!small || !capital || !digit || !other)
        return fail_field(e, ERR_INVALID, "password", "lacks a class of characters");
    return OK;
}

struct staff_write {
    const struct staff *staff;
    const struct visit *visit;
    struct str name, password;
    const char *action;
    bool disabled;
    int64_t now_ms;
};

static result staff_changed(struct sql *db, const struct staff_write *w, struct err *e)
{
    const struct audit_event ev = auth_event(
        w->visit, STR("system"), w->action, str_cat(w->visit->arena, STR("staff:"), w->name), NULL);

    return audit_append(db, w->now_ms, &ev, e);
}

static result staff_insert(struct sql *db, void *arg, struct err *e)
{
    const struct staff_write *w = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_STAFF_INSERT, &changed, e, sql_t(w->name),
                      sql_t(w->staff->display_name), sql_t(str_c(staff_role_name(w->staff->role))),
                      sql_t(w->password), sql_i(w->now_ms)));
    if (changed == 0)
        return fail_field(e, ERR_CONFLICT, "name", "the name is taken");
    return staff_changed(db, w, e);
}

result staff_add(struct auth *au, const struct visit *v, const struct staff *s,
                 const struct secret *password, struct err *e)
{
    struct staff_write w = { .staff = s,
                             .visit = v,
                             .name = s->name,
                             .action = "staff.add",
                             .now_ms = clock_now_ms(au->clock) };

    if (!name_ok(s->name))
        return fail_field(e, ERR_INVALID, "name", "3 to 64 of a-z 0-9 . -");
    if (s->display_name.n == 0 || s->display_name.n > 200 || !utf8_is_text(s->display_name))
        return fail_field(e, ERR_INVALID, "display_name", "empty, too long, or not text");
    TRY(password_check(password, e));
    TRY(password_hash(v->arena, password, &w.password, e));
    return sql_transact(au->sql, staff_insert, &w, e);
}

static result password_update(struct sql *db, void *arg, struct err *e)
{
    const struct staff_write *w = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_STAFF_SET_PASSWORD, &changed, e, sql_t(w->name), sql_t(w->password),
                      sql_i(w->now_ms)));
    if (changed == 0)
        return fail(e, ERR_NOT_FOUND, "no such staff account");
    return staff_changed(db, w, e);
}

result staff_set_password(struct auth *au, const struct visit *v, struct str name,
                          const struct secret *password, struct err *e)
{
    struct staff_write w = {
        .visit = v, .name = name, .action = "staff.password", .now_ms = clock_now_ms(au->clock)
    };

    TRY(password_check(password, e));
    TRY(password_hash(v->arena, password, &w.password, e));
    return sql_transact(au->sql, password_update, &w, e);
}

static result disabled_update(struct sql *db, void *arg, struct err *e)
{
    const struct staff_write *w = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_STAFF_SET_DISABLED, &changed, e, sql_t(w->name), sql_i(w->disabled)));
    if (changed == 0)
        return fail(e, ERR_NOT_FOUND, "no such staff account");
    return staff_changed(db, w, e);
}

result staff_set_disabled(struct auth *au, const struct visit *v, struct str name, bool disabled,
                          struct err *e)
{
    struct staff_write w = { .visit = v,
                             .name = name,
                             .action = disabled ? "staff.disable" : "staff.enable",
                             .disabled = disabled,
                             .now_ms = clock_now_ms(au->clock) };

    return sql_transact(au->sql, disabled_update, &w, e);
}

struct staff_read {
    struct arena *arena;
    struct str name;
    struct staff *list;
    size_t n;
    struct str password; /* of the last row */
};

static result staff_row(const struct sql_rows *rows, struct staff_read *r, struct err *e)
{
    struct staff *s = &r->list[r->n];

    s->name = sql_text(rows, 0, r->arena);
    s->display_name = sql_text(rows, 1, r->arena);
    if (!staff_role_find(sql_text(rows, 2, r->arena), &s->role))
        return fail(e, ERR_STORE, "staff: unknown role");
    r->password = sql_text(rows, 3, r->arena);
    s->disabled = sql_int(rows, 4) != 0;
    s->created_ms = sql_int(rows, 5);
    s->password_ms = sql_int(rows, 6);
    r->n++;
    return OK;
}

static result staff_load_one(struct sql *db, void *arg, struct err *e)
{
    struct staff_read *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    r->n = 0;
    TRY(sql_find(db, SQL_STAFF_LOAD, &rows, e, sql_t(r->name)));
    TRY(sql_next(rows, &more, e));
    return more ? staff_row(rows, r, e) : OK;
}

static result staff_load_all(struct sql *db, void *arg, struct err *e)
{
    struct staff_read *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    r->n = 0;
    TRY(sql_find_plain(db, SQL_STAFF_LIST, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || r->n == STAFF_LIST_MAX)
            return OK;
        TRY(staff_row(rows, r, e));
    }
}

result staff_list(struct auth *au, struct arena *a, struct staff **list, size_t *count,
                  struct err *e)
{
    struct staff_read r = { .arena = a, .list = arena_array(a, struct staff, STAFF_LIST_MAX) };

    TRY(sql_read(au->sql, staff_load_all, &r, e));
    *list = r.list;
    *count = r.n;
    return OK;
}

/* The network an address belongs to: /24 or /64, since that is what one attacker easily has. */
static struct str network_of(struct arena *a, struct str ip)
{
    const char *text = str_cstr(a, ip);
    unsigned char bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1)
        return str_fmt(a, "%d.%d.%d", bytes[0], bytes[1], bytes[2]);
    if (inet_pton(AF_INET6, text, bytes) == 1)
        return str_fmt(a, "%02x%02x:%02x%02x:%02x%02x:%02x%02x", bytes[0], bytes[1], bytes[2],
                       bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
    return ip;
}

static struct str pair_of(const struct visit *v, struct str name)
{
    return str_fmt(v->arena, "%.*s|%.*s", STR_ARG(str_sub(name, 0, 64)),
                   STR_ARG(network_of(v->arena, v->ip)));
}

static result pause_check(struct auth *au, const struct visit *v, struct str name, struct err *e)
{
    struct str ignored;
    bool found;

    TRY(kv_get(au->kv, v->arena, auth_key(v->arena, "staffpause", pair_of(v, name)), &found,
               &ignored, e));
    if (found)
        return fail(e, ERR_TOO_MANY, "staff sign-in: paused after failures");
    return OK;
}

static result sign_in_audit(struct auth *au, const struct visit *v, struct str name,
                            const char *action, struct err *e)
{
    /* What was typed may be a password in the wrong field: only a possible name is written down. */
    const struct str shown = name_ok(name) ? name : STR("?");

    return auth_audit(au, v, str_cat(v->arena, STR("staff:"), shown), action, STR("staff"), NULL,
                      e);
}

static result failure_count(struct auth *au, const struct visit *v, struct str name, struct err *e)
{
    const int64_t pause_s = au->conf->auth.staff_pause_s;
    const struct str pair = pair_of(v, name);
    int64_t count;

    TRY(sign_in_audit(au, v, name, "staff.refused", e));
    TRY(kv_count(au->kv, auth_key(v->arena, "stafffail", pair), pause_s, &count, e));
    if (count >= au->conf->auth.staff_fail_max) {
        TRY(kv_put(au->kv, auth_key(v->arena, "staffpause", pair), STR("1"), pause_s, e));
        TRY(kv_drop(au->kv, auth_key(v->arena, "stafffail", pair), e));
    }
    return fail(e, ERR_BAD_PASSWORD, "staff sign-in refused");
}

static int64_t kept_ttl_s(const struct auth *au, const struct kept *k)
{
    const int64_t left_s =
        au->conf->auth.staff_max_s - (clock_now_ms(au->clock) - k->created_ms) / 1000;
    const int64_t idle_s = au->conf->auth.staff_idle_s;

    return left_s < idle_s ? left_s : idle_s;
}

static result staff_enter(struct auth *au, const struct visit *v, const struct staff *s,
                          struct staff_session *out, struct str *token, struct err *e)
{
    const int64_t now_ms = clock_now_ms(au->clock);
    const struct str cookie = random_token(v->arena, STAFF_TOKEN_BITS);
    const struct kept k = { .name = s->name,
                            .csrf = random_token(v->arena, 128),
                            .created_ms = now_ms,
                            .seen_ms = now_ms,
                            .password_ms = s->password_ms };
    const struct str key = auth_key(v->arena, "staff", cookie);

    TRY(sign_in_audit(au, v, s->name, "staff.ok", e));
    TRY(kv_put(au->kv, key, record_print(v->arena, kept_fields, LEN(kept_fields), &k),
               kept_ttl_s(au, &k), e));
    *out = (struct staff_session){ s->name, s->display_name, s->role, k.csrf, now_ms, key };
    *token = cookie;
    return OK;
}

result staff_sign_in(struct auth *au, const struct visit *v, struct str name,
                     const struct secret *password, struct staff_session *out, struct str *token,
                     struct err *e)
{
    struct staff s = { 0 };
    struct staff_read r = { .arena = v->arena,
                            .name = name_ok(name) ? name : STR("-"),
                            .list = &s };
    bool right;

    TRY(pause_check(au, v, name, e));
    TRY(sql_read(au->sql, staff_load_one, &r, e));
    right = password_is(password, r.n == 1 ? r.password : STR(""));
    if (!right || r.n != 1 || s.disabled)
        return failure_count(au, v, name, e);
    TRY(kv_drop(au->kv, auth_key(v->arena, "stafffail", pair_of(v, name)), e));
    return staff_enter(au, v, &s, out, token, e);
}

static bool kept_is_over(const struct auth *au, const struct kept *k)
{
    const int64_t now_ms = clock_now_ms(au->clock);

    return now_ms - k->seen_ms >= au->conf->auth.staff_idle_s * 1000 ||
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
    TRY(record_read(v->arena, kept_fields, LEN(kept_fields), raw, out, e));
    *found = !kept_is_over(au, out);
    if (!*found)
        return kv_drop(au->kv, key, e);
    if (clock_now_ms(au->clock) - out->seen_ms < au->conf->auth.staff_idle_s * 1000 / 16)
        return OK;
    out->seen_ms = clock_now_ms(au->clock);
    /* Swapped, not put: a session that was ended meanwhile stays ended. Of two requests at once one
     * swap is enough. */
    return kv_swap(au->kv, key, raw, record_print(v->arena, kept_fields, LEN(kept_fields), out),
                   kept_ttl_s(au, out), &saved, e);
}

result staff_find_session(struct auth *au, const struct visit *v, struct str token, bool *found,
                          struct staff_session *out, struct err *e)
{
    const struct str key = auth_key(v->arena, "staff", token);
    struct staff s = { 0 };
    struct staff_read r = { .arena = v->arena, .list = &s };
    struct kept k;

    *found = false;
    if (token.n == 0 || token.n > STAFF_TOKEN_MAX)
        return OK;
    TRY(kept_find(au, v, key, found, &k, e));
    if (!*found)
        return OK;
    r.name = k.name;
    TRY(sql_read(au->sql, staff_load_one, &r, e));
    *found = r.n == 1 && !s.disabled && s.password_ms == k.password_ms;
    if (!*found)
        return kv_drop(au->kv, key, e);
    *out = (struct staff_session){ s.name, s.display_name, s.role, k.csrf, k.created_ms, key };
    return OK;
}

result staff_sign_out(struct auth *au, const struct visit *v, const struct staff_session *s,
                      struct err *e)
{
    TRY(kv_drop(au->kv, s->key, e));
    return sign_in_audit(au, v, s->name, "staff.out", e);
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
