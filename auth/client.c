/*
 * Security: the attacker registers nothing, but guesses ids and secrets at the endpoints for
 * machines and offers redirect addresses that look like registered ones. Promised: secrets are
 * compared as SHA-256 in constant time with the same work for unknown clients (a 256-bit random
 * secret needs no slow hash), addresses byte for byte (RFC 9700 4.1.3); whoever is removed or
 * disabled is out at once, tokens included. Deliberately not done: bringing back what a removed
 * client was.
 */
#include "auth/client.h"

#include "auth/client_book.h"
#include "auth/client_metadata.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "store/audit.h"
#include "store/sql.h"

#define CLIENT_SECRET_BITS      256
#define CLIENT_SECRET_BYTES_MIN 32

bool client_list_has(struct str list, struct str word)
{
    struct str head;

    while (str_next(&list, ' ', &head))
        if (head.n > 0 && str_eq(head, word))
            return true;
    return false;
}

bool client_may_scope(const struct client *c, struct str scope)
{
    return client_list_has(c->scopes, scope);
}

bool client_may_grant(const struct client *c, const char *grant)
{
    return client_list_has(c->grants, str_c(grant));
}

static bool uri_in(const struct str *uris, size_t n, struct str uri)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(uris[i], uri))
            return true;
    return false;
}

bool client_may_redirect(const struct client *c, struct str uri)
{
    return uri_in(c->redirect_uris, c->redirect_count, uri);
}

bool client_may_post_logout(const struct client *c, struct str uri)
{
    return uri_in(c->post_logout_uris, c->post_logout_count, uri);
}

bool client_may_agency(const struct client *c, struct str agency_id)
{
    return c->agencies.n == 0 || client_list_has(c->agencies, agency_id);
}

/* One byte as it can be read on a page: '/' or %20, or where there is none. */
static struct str byte_at(struct arena *a, struct str s, size_t at)
{
    if (at >= s.n)
        return STR("its end");
    if (s.p[at] > ' ' && s.p[at] <= '~')
        return str_fmt(a, "'%c'", s.p[at]);
    return str_fmt(a, "%%%02X", (unsigned char)s.p[at]);
}

static size_t same_bytes(struct str x, struct str y)
{
    size_t n = 0;

    while (n < x.n && n < y.n && x.p[n] == y.p[n])
        n++;
    return n;
}

struct str client_redirect_difference(struct arena *a, const struct client *c, struct str uri)
{
    size_t best = 0, same = 0;

    if (client_may_redirect(c, uri))
        return STR("");
    if (c->redirect_count == 0)
        return STR("no redirect address is registered");
    for (size_t i = 0; i < c->redirect_count; i++) {
        const size_t n = same_bytes(c->redirect_uris[i], uri);

        if (n > same) {
            best = i;
            same = n;
        }
    }
    return str_fmt(a, "byte %zu: %.*s is registered, here is %.*s; registered: %.*s", same + 1,
                   STR_ARG(byte_at(a, c->redirect_uris[best], same)),
                   STR_ARG(byte_at(a, uri, same)), STR_ARG(c->redirect_uris[best]));
}

struct str client_name(const struct client *c, struct str language)
{
    return str_is(language, "en") ? c->name_en : c->name_vi;
}

/* ---- writing ---- */

/* One change of one client: a statement of its own, and what all of them have. */
struct client_write {
    result (*run)(struct sql *db, const struct client_write *w, int64_t *changed, struct err *e);
    const char *action; /* in the audit log */
    const struct visit *visit;
    struct str id, document, profile;
    bool has_secret;
    struct digest secret_hash;
    const struct client_pass *pass; /* of an invited one; else NULL */
    int64_t now_ms;
    int64_t until_ms; /* how long the old secret is taken */
    bool disabled;
};

static result invite_use(struct sql *db, const struct client_write *w, struct err *e)
{
    int64_t used = 0;

    if (w->pass == NULL)
        return OK;
    TRY(sql_run_count(db, SQL_CLIENT_INVITE_USE, &used, e, sql_b(w->pass->invite_hash),
                      sql_i(w->now_ms)));
    return used == 1 ? OK : fail(e, ERR_BAD_TOKEN, "invitation: used up, too old, or none");
}

static result run_add(struct sql *db, const struct client_write *w, int64_t *changed, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find_plain(db, SQL_CLIENT_COUNT, &rows, e));
    TRY(sql_one(rows, e));
    if (sql_int(rows, 0) >= CLIENTS_MAX)
        return fail(e, ERR_TOO_MANY, "there are %d clients", CLIENTS_MAX);
    TRY(invite_use(db, w, e));
    TRY(sql_run_count(db, SQL_CLIENT_INSERT, changed, e, sql_t(w->id),
                      w->has_secret ? sql_b(digest_str(&w->secret_hash)) : sql_null(),
                      w->pass != NULL ? sql_b(w->pass->registration_hash) : sql_null(),
                      sql_t(w->profile), sql_t(w->document), sql_i(w->now_ms / 1000),
                      sql_i(w->now_ms)));
    if (*changed == 0)
        return fail_field(e, ERR_CONFLICT, "client_id", "client %.*s exists", STR_ARG(w->id));
    return OK;
}

static result run_change(struct sql *db, const struct client_write *w, int64_t *changed,
                         struct err *e)
{
    return sql_run_count(db, SQL_CLIENT_UPDATE, changed, e, sql_t(w->id), sql_t(w->profile),
                         sql_t(w->document), sql_i(w->now_ms));
}

static result run_secret(struct sql *db, const struct client_write *w, int64_t *changed,
                         struct err *e)
{
    return sql_run_count(db, SQL_CLIENT_UPDATE_SECRET, changed, e, sql_t(w->id),
                         sql_b(digest_str(&w->secret_hash)), sql_i(w->until_ms), sql_i(w->now_ms));
}

/* A token of this very second counts as made before: the next second is the first good one. */
static result run_disable(struct sql *db, const struct client_write *w, int64_t *changed,
                          struct err *e)
{
    return sql_run_count(db, SQL_CLIENT_UPDATE_DISABLED, changed, e, sql_t(w->id),
                         sql_i(w->disabled), sql_i(w->now_ms / 1000 + 1), sql_i(w->now_ms));
}

static result run_remove(struct sql *db, const struct client_write *w, int64_t *changed,
                         struct err *e)
{
    return sql_run_count(db, SQL_CLIENT_DELETE, changed, e, sql_t(w->id));
}

static result client_write(struct sql *db, void *arg, struct err *e)
{
    const struct client_write *w = arg;
    const struct audit_event ev =
        auth_event(w->visit, auth_actor(w->visit), w->action, w->id, NULL);
    int64_t changed = 0;

    TRY(sql_run_plain(db, SQL_CLIENT_VERSION_NEXT, e));
    TRY(w->run(db, w, &changed, e));
    if (changed == 0)
        return fail(e, ERR_NOT_FOUND, "no such client");
    return audit_append(db, w->now_ms, &ev, e);
}

static result write_now(struct auth *au, struct client_write *w, struct err *e)
{
    const result r = sql_transact(au->sql, client_write, w, e);

    client_book_forget(au);
    return r;
}

static struct str client_document(struct arena *a, const struct client *c)
{
    DEFER(json_close) struct json *o = client_print(c);

    return json_print(a, o);
}

static result secret_make(const struct visit *v, struct str *secret, struct digest *hash,
                          struct err *e)
{
    if (secret->n == 0)
        *secret = random_token(v->arena, CLIENT_SECRET_BITS);
    if (secret->n < CLIENT_SECRET_BYTES_MIN || secret->n > CLIENT_URI_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "secret", "shorter than %d or too long",
                          CLIENT_SECRET_BYTES_MIN);
    *hash = digest_sha256(*secret);
    return OK;
}

static void client_fill(struct client *c)
{
    if (c->scopes.n == 0)
        c->scopes = STR("openid profile");
    if (c->grants.n == 0)
        c->grants = STR("authorization_code");
    if (c->has_secret && c->way == CLIENT_WAY_NONE)
        c->way = CLIENT_WAY_SECRET;
    if (c->way == CLIENT_WAY_NONE)
        c->pkce_only = true;
    if (c->way != CLIENT_WAY_PRIVATE_KEY)
        c->auth_alg = -1;
    client_settle(c);
}

/* Subjects stay when addresses move: where our operator has looked at them. Whoever registers alone
 * could name another portal's address first, and move to an own one with that portal's subjects. */
static void sector_pin(struct client *c)
{
    if (c->sector_given.n == 0 && c->sector.n > 0 && c->sector_uri.n == 0)
        c->sector_given = c->sector;
}

result client_add(struct auth *au, const struct visit *v, struct client *c, struct str *secret,
                  struct err *e)
{
    return client_add_invited(au, v, c, NULL, secret, e);
}

result client_add_invited(struct auth *au, const struct visit *v, struct client *c,
                          const struct client_pass *pass, struct str *secret, struct err *e)
{
    struct client_write w = { .run = run_add,
                              .action = pass == NULL ? "client.add" : "client.register",
                              .visit = v,
                              .pass = pass };

    if (pass == NULL)
        sector_pin(c);
    client_fill(c);
    TRY(client_check(au, c, e));
    c->created_ms = c->updated_ms = w.now_ms = clock_now_ms(au->clock);
    w.id = c->id;
    w.profile = str_c(client_profile_name(c->profile));
    w.document = client_document(v->arena, c);
    w.has_secret = c->has_secret;
    if (c->has_secret)
        TRY(secret_make(v, secret, &w.secret_hash, e));
    return write_now(au, &w, e);
}

result client_change(struct auth *au, const struct visit *v, struct client *c, struct err *e)
{
    struct client_write w = { .run = run_change, .action = "client.change", .visit = v };
    struct client old;

    client_settle(c);
    TRY(client_check(au, c, e));
    TRY(client_load_any(au, v->arena, c->id, &old, e));
    if (c->has_secret && !old.has_secret)
        return fail_field(e, ERR_INVALID, "token_endpoint_auth_method",
                          "this client has no secret: make one first");
    w.now_ms = clock_now_ms(au->clock);
    w.id = c->id;
    w.profile = str_c(client_profile_name(c->profile));
    w.document = client_document(v->arena, c);
    return write_now(au, &w, e);
}

result client_secret_new(struct auth *au, const struct visit *v, struct str id, int64_t keep_s,
                         struct str *secret, struct err *e)
{
    struct client_write w = { .run = run_secret, .action = "client.secret", .visit = v, .id = id };

    w.now_ms = clock_now_ms(au->clock);
    w.until_ms = keep_s > 0 ? w.now_ms + keep_s * 1000 : 0;
    TRY(secret_make(v, secret, &w.secret_hash, e));
    return write_now(au, &w, e);
}

result client_disable(struct auth *au, const struct visit *v, struct str id, bool disabled,
                      struct err *e)
{
    struct client_write w = { .run = run_disable,
                              .action = disabled ? "client.disable" : "client.enable",
                              .visit = v,
                              .id = id,
                              .disabled = disabled };

    w.now_ms = clock_now_ms(au->clock);
    return write_now(au, &w, e);
}

result client_remove(struct auth *au, const struct visit *v, struct str id, struct err *e)
{
    struct client_write w = { .run = run_remove, .action = "client.remove", .visit = v, .id = id };

    w.now_ms = clock_now_ms(au->clock);
    return write_now(au, &w, e);
}

/* ---- reading ---- */

result client_load_any(struct auth *au, struct arena *a, struct str id, struct client *out,
                       struct err *e)
{
    DEFER(client_page_release) struct client_page *page = NULL;
    const struct client_entry *en;

    TRY(client_book_take_with(au, id, &page, e));
    en = client_page_find(page, id);
    if (en == NULL)
        return fail(e, ERR_NOT_FOUND, "no such client");
    *out = client_copy(a, &en->client);
    return OK;
}

result client_load(struct auth *au, struct arena *a, struct str id, struct client *out,
                   struct err *e)
{
    struct client c;

    TRY(client_load_any(au, a, id, &c, e));
    if (c.disabled)
        return fail(e, ERR_NOT_FOUND, "the client is disabled");
    *out = c;
    return OK;
}

result client_token_check(struct auth *au, struct str id, int64_t issued_s, struct err *e)
{
    DEFER(client_page_release) struct client_page *page = NULL;
    const struct client_entry *en;

    TRY(client_book_take_with(au, id, &page, e));
    en = client_page_find(page, id);
    if (en == NULL || en->client.disabled)
        return fail(e, ERR_BAD_TOKEN, "its client is removed or disabled");
    if (issued_s < en->tokens_from_s)
        return fail(e, ERR_BAD_TOKEN, "made before its client was disabled or registered");
    return OK;
}

result client_asks(struct auth *au, struct str id, bool *asks, struct err *e)
{
    DEFER(client_page_release) struct client_page *page = NULL;
    const struct client_entry *en;

    TRY(client_book_take_with(au, id, &page, e));
    en = client_page_find(page, id);
    *asks = en != NULL && en->client.asks_consent;
    return OK;
}

/* Both hashes are compared whatever there is, a missing one with zeros, which no text has. */
static bool secret_fits(const struct client_entry *en, struct str secret, int64_t now_ms)
{
    const struct digest given = digest_sha256(secret);
    const struct digest nobody = { { 0 } };
    struct str now = digest_str(&nobody), old = digest_str(&nobody);
    bool fits, fits_old;

    if (en != NULL && en->secret_hash.n == DIGEST_BYTES)
        now = en->secret_hash;
    if (en != NULL && en->old_secret_hash.n == DIGEST_BYTES && now_ms < en->old_secret_until_ms)
        old = en->old_secret_hash;
    fits = secret_equal(digest_str(&given), now);
    fits_old = secret_equal(digest_str(&given), old);
    return fits || fits_old;
}

result client_authenticate(struct auth *au, struct arena *a, struct str id, struct str secret,
                           struct client *out, struct err *e)
{
    DEFER(client_page_release) struct client_page *page = NULL;
    const struct client_entry *en;
    bool fits;

    TRY(client_book_take_with(au, id, &page, e));
    en = client_page_find(page, id);
    fits = secret_fits(en, secret, clock_now_ms(au->clock));
    if (en != NULL && en->client.way == CLIENT_WAY_NONE)
        fits = secret.n == 0;
    else if (en != NULL && en->client.way != CLIENT_WAY_SECRET)
        fits = false;
    if (en == NULL || en->client.disabled || !fits)
        return fail(e, ERR_BAD_CLIENT, "client authentication failed");
    *out = client_copy(a, &en->client);
    return OK;
}

result client_list(struct auth *au, struct arena *a, struct client **list, size_t *count,
                   struct err *e)
{
    DEFER(client_page_release) struct client_page *page = NULL;
    struct client *all;
    size_t n = 0;

    TRY(client_book_take(au, &page, e));
    all = arena_array(a, struct client, client_page_count(page));
    for (size_t i = 0; i < client_page_count(page); i++)
        if (!client_page_at(page, i)->broken)
            all[n++] = client_copy(a, &client_page_at(page, i)->client);
    *list = all;
    *count = n;
    return OK;
}

result client_signing_check(struct auth *au, const struct client *c, struct err *e)
{
    const struct {
        int alg;
        const char *field;
    } rows[] = {
        { c->redirect_count > 0 ? c->id_token_alg : -1, "id_token_signed_response_alg" },
        { c->userinfo_alg, "userinfo_signed_response_alg" },
    };

    for (size_t i = 0; i < LEN(rows); i++) {
        DEFER(key_release) struct key *key = NULL;

        if (rows[i].alg >= 0 &&
            keyring_active(au->keys, (enum key_alg)rows[i].alg, &key, NULL).failed)
            return fail_field(e, ERR_INVALID, rows[i].field, "no active key: motcua keys make");
    }
    return OK;
}

result client_verify_all(struct auth *au, struct err *e)
{
    DEFER(client_page_release) struct client_page *page = NULL;
    struct err why = { .code = ERR_NONE };

    TRY(client_book_take(au, &page, e));
    for (size_t i = 0; i < client_page_count(page); i++) {
        const struct client_entry *en = client_page_at(page, i);

        if (en->broken)
            return fail_field(e, ERR_CONFIG, en->fault, "client %.*s: cannot be read",
                              STR_ARG(en->client.id));
        if (client_check(au, &en->client, &why).failed ||
            client_signing_check(au, &en->client, &why).failed)
            return fail_field(e, ERR_CONFIG, why.field, "client %.*s: %s", STR_ARG(en->client.id),
                              why.detail);
    }
    return OK;
}
