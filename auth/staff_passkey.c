/*
 * Security: the attacker replays a ceremony, mixes one officer's challenge with another's key, or
 * copied an authenticator. Promised: a challenge is taken once, and only for what it was made for;
 * a key signs in the account that registered it; a counter that does not go up refuses.
 * Deliberately not done: closing an account whose authenticator seems copied (the row is in the
 * audit log).
 */
#include "auth/staff_passkey.h"

#include "auth/staff_account.h"
#include "auth/staff_limit.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "crypto/passkey.h"
#include "crypto/random.h"
#include "store/kv.h"
#include "store/sql.h"

#define CHALLENGE_BITS 256

bool passkey_is_offered(const struct auth *au, struct arena *a, struct str *rp_id)
{
    struct passkey_site site;

    if (!passkey_site_of(a, au->conf->service.issuer, &site))
        return false;
    *rp_id = site.id;
    return true;
}

/* What a challenge was made for: an officer's name, or a sign-in. */
static struct str purpose_of(const struct visit *v, struct str name)
{
    return name.n > 0 ? str_cat(v->arena, STR("add:"), name) : STR("enter");
}

result staff_passkey_ask(struct auth *au, const struct visit *v, struct str name,
                         struct str *challenge, struct err *e)
{
    const struct str made = random_token(v->arena, CHALLENGE_BITS);

    TRY(kv_put(au->kv, auth_key(v->arena, "staffpk", made), purpose_of(v, name), PASSKEY_TTL_S, e));
    *challenge = made;
    return OK;
}

struct read {
    struct arena *arena;
    struct str id, name;
    struct staff_passkey *list;
    struct passkey key; /* of the last row */
    size_t n;
};

static void row_read(const struct sql_rows *rows, struct read *r)
{
    r->name = sql_text(rows, 1, r->arena);
    r->key = (struct passkey){ .key = sql_bytes(rows, 3, r->arena),
                               .alg = sql_int(rows, 4),
                               .count = sql_int(rows, 5) };
    r->list[r->n++] = (struct staff_passkey){ .id = sql_text(rows, 0, r->arena),
                                              .label = sql_text(rows, 2, r->arena),
                                              .created_ms = sql_int(rows, 6),
                                              .used_ms = sql_int(rows, 7) };
}

static result list_read(struct sql *db, void *arg, struct err *e)
{
    struct read *r = arg;
    const struct str name = r->name;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    r->n = 0;
    TRY(sql_find(db, SQL_STAFF_PASSKEY_LIST, &rows, e, sql_t(name)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || r->n == PASSKEYS_MAX)
            return OK;
        row_read(rows, r);
    }
}

result staff_passkey_list(struct auth *au, struct arena *a, struct str name,
                          struct staff_passkey *list, size_t *count, struct err *e)
{
    struct read r = { .arena = a, .name = name, .list = list };

    TRY(sql_read(au->sql, list_read, &r, e));
    *count = r.n;
    return OK;
}

static result one_read(struct sql *db, void *arg, struct err *e)
{
    struct read *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    r->n = 0;
    TRY(sql_find(db, SQL_STAFF_PASSKEY_LOAD, &rows, e, sql_t(r->id)));
    TRY(sql_next(rows, &more, e));
    if (more)
        row_read(rows, r);
    return OK;
}

/* The ceremony as bytes, and its challenge taken: whoever comes second has none. */
static result ceremony_take(struct auth *au, const struct visit *v, const struct staff_ceremony *c,
                            struct str purpose, struct passkey_proof *out, struct str *challenge,
                            struct err *e)
{
    struct passkey_proof p = { .signature = STR("") };
    struct str kept;
    bool found;

    if (c->client_data.n > PASSKEY_TEXT_MAX || c->auth_data.n > PASSKEY_TEXT_MAX ||
        c->signature.n > PASSKEY_TEXT_MAX ||
        !base64url_decode(v->arena, c->client_data, &p.client_data) ||
        !base64url_decode(v->arena, c->auth_data, &p.auth_data) ||
        !base64url_decode(v->arena, c->signature, &p.signature))
        return fail(e, ERR_BAD_SIGNATURE, "passkey: no base64url");
    TRY(passkey_challenge(v->arena, p.client_data, challenge, e));
    TRY(kv_take(au->kv, v->arena, auth_key(v->arena, "staffpk", *challenge), &found, &kept, e));
    if (!found || !str_eq(kept, purpose))
        return fail(e, ERR_BAD_SIGNATURE, "passkey: nobody asked for this");
    *out = p;
    return OK;
}

struct addition {
    const struct passkey *key;
    struct str id, label;
};

static result passkey_insert(struct sql *db, const struct staff_change *c, int64_t *changed,
                             struct err *e)
{
    const struct addition *n = c->own;

    TRY(sql_run_count(db, SQL_STAFF_PASSKEY_INSERT, changed, e, sql_t(n->id), sql_t(c->name),
                      sql_t(n->label), sql_b(n->key->key), sql_i(n->key->alg), sql_i(n->key->count),
                      sql_i(c->now_ms)));
    return *changed == 0 ? fail(e, ERR_CONFLICT, "the passkey is registered") : OK;
}

result staff_passkey_add(struct auth *au, const struct visit *v, const struct staff_ceremony *c,
                         struct err *e)
{
    struct staff_passkey list[PASSKEYS_MAX];
    struct passkey_site site;
    struct passkey_proof proof;
    struct passkey key;
    struct addition n = { .key = &key, .label = str_trim(c->label) };
    struct staff_change change = { .auth = au,
                                   .visit = v,
                                   .name = v->officer,
                                   .action = "staff.passkey_add",
                                   .write = passkey_insert,
                                   .own = &n };
    struct str challenge;
    size_t count;

    must(v->officer.n > 0);
    if (n.label.n == 0 || n.label.n > PASSKEY_LABEL_MAX || !utf8_is_text(n.label))
        return fail_field(e, ERR_INVALID, "label", "empty, too long, or not text");
    if (!passkey_site_of(v->arena, au->conf->service.issuer, &site))
        return fail(e, ERR_BAD_SIGNATURE, "passkey: the issuer has no name");
    TRY(ceremony_take(au, v, c, purpose_of(v, v->officer), &proof, &challenge, e));
    TRY(passkey_made(v->arena, &site, challenge, &proof, &key, e));
    TRY(staff_passkey_list(au, v->arena, v->officer, list, &count, e));
    if (count == PASSKEYS_MAX)
        return fail(e, ERR_TOO_MANY, "passkeys of one officer");
    n.id = base64url_encode(v->arena, key.id);
    return staff_change(&change, e);
}

static result passkey_delete(struct sql *db, const struct staff_change *c, int64_t *changed,
                             struct err *e)
{
    const struct str *id = c->own;

    TRY(sql_run_count(db, SQL_STAFF_PASSKEY_REMOVE, changed, e, sql_t(*id), sql_t(c->name)));
    if (*changed == 0)
        return OK;
    return sql_run_count(db, SQL_STAFF_CHANGED, changed, e, sql_t(c->name)); /* sessions end */
}

result staff_passkey_remove(struct auth *au, const struct visit *v, struct str id, struct err *e)
{
    struct staff_change c = { .auth = au,
                              .visit = v,
                              .name = v->officer,
                              .action = "staff.passkey_remove",
                              .write = passkey_delete,
                              .own = &id };

    must(v->officer.n > 0);
    return staff_change(&c, e);
}

struct use {
    struct str id;
    int64_t count, now_ms, changed;
};

static result use_write(struct sql *db, void *arg, struct err *e)
{
    struct use *u = arg;

    return sql_run_count(db, SQL_STAFF_PASSKEY_USE, &u->changed, e, sql_t(u->id), sql_i(u->count),
                         sql_i(u->now_ms));
}

/* The account whose key made the ceremony; ERR_BAD_SIGNATURE for every reason why none did. */
static result holder_find(struct auth *au, const struct visit *v, const struct staff_ceremony *c,
                          struct read *r, struct err *e)
{
    struct use use = { .id = c->id, .now_ms = clock_now_ms(au->clock) };
    struct passkey_site site;
    struct passkey_proof proof;
    struct str challenge;

    if (!passkey_site_of(v->arena, au->conf->service.issuer, &site))
        return fail(e, ERR_BAD_SIGNATURE, "passkey: the issuer has no name");
    TRY(ceremony_take(au, v, c, purpose_of(v, STR("")), &proof, &challenge, e));
    TRY(sql_read(au->sql, one_read, r, e));
    if (r->n == 0)
        return fail(e, ERR_BAD_SIGNATURE, "passkey: nobody's");
    TRY(passkey_shown(v->arena, &site, challenge, &r->key, &proof, &use.count, e));
    TRY(sql_transact(au->sql, use_write, &use, e));
    if (use.changed == 0) {
        TRY(staff_limit_audit(au, v, r->name, "staff.passkey_copied", e));
        return fail(e, ERR_BAD_SIGNATURE, "passkey: the counter went back");
    }
    return OK;
}

result staff_passkey_sign_in(struct auth *au, const struct visit *v, const struct staff_ceremony *c,
                             struct staff_entry *out, struct err *e)
{
    struct staff_passkey row;
    struct read r = { .arena = v->arena, .id = str_sub(c->id, 0, PASSKEY_TEXT_MAX), .list = &row };
    struct err why = { 0 };

    /* Counted for the key, not for a name: nobody else can use up its tries. */
    TRY(staff_limit_try(au, v, STAFF_LIMIT_CODE, r.id, e));
    if (holder_find(au, v, c, &r, &why).failed) {
        if (why.code != ERR_BAD_SIGNATURE) {
            *e = why;
            return (result){ true };
        }
        TRY(staff_limit_audit(au, v, r.n > 0 ? r.name : STR("?"), "staff.passkey_refused", e));
        TRY(staff_limit_failed(au, v, STAFF_LIMIT_CODE, r.id, e));
        return fail(e, ERR_BAD_PASSWORD, "staff sign-in: refused");
    }
    TRY(staff_limit_forget(au, v, STAFF_LIMIT_CODE, r.id, e));
    return staff_enter_with(au, v, r.name, out, e);
}
