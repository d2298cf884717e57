/*
 * Security: the attacker registers nothing, but guesses ids and secrets at the token endpoint and
 * offers redirect addresses that look like registered ones. Promised: secrets are compared as
 * SHA-256 in constant time with the same work for unknown clients (a 256-bit random secret needs no
 * slow hash), addresses byte for byte (RFC 9700 4.1.3). Deliberately not done: wildcards, address
 * normalisation, ports that may differ on loopback.
 */
#include "auth/client.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "store/audit.h"
#include "store/sql.h"

#define CLIENT_SECRET_BITS      256
#define CLIENT_SECRET_BYTES_MIN 32
#define CLIENT_LIST_MAX         1000
#define CLIENT_WORDS_BYTES_MAX  1000

static const char id_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char scope_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.: ";

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

struct str client_name(const struct client *c, struct str language)
{
    return str_is(language, "en") ? c->name_en : c->name_vi;
}

/* The authority of an http(s) address without its port; empty when there is none to trust. */
static struct str uri_host(struct str uri)
{
    struct str scheme, rest, host = uri;
    size_t end = 0;

    if (!str_cut(uri, ':', &scheme, &rest) || !str_starts(rest, STR("//")))
        return STR("");
    rest = str_from(rest, 2);
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    host = str_sub(rest, 0, end);
    if (str_has(host, STR("@")))
        return STR("");
    if (str_starts(host, STR("[")))
        return str_sub(host, 0, str_find(host, ']') + 1);
    return str_sub(host, 0, str_find(host, ':'));
}

static bool uri_bytes_ok(struct str uri)
{
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] <= ' ' || uri.p[i] > '~' || strchr("#\\<>\"{}|^`", uri.p[i]) != NULL)
            return false;
    return true;
}

static result uri_check(struct str uri, const char *field, struct err *e)
{
    const struct str host = uri_host(uri);
    const bool loopback =
        str_is(host, "127.0.0.1") || str_is(host, "[::1]") || str_is(host, "localhost");

    if (uri.n > CLIENT_URI_BYTES_MAX || !uri_bytes_ok(uri) || host.n == 0)
        return fail_field(e, ERR_INVALID, field, "not an absolute address without fragment");
    if (str_starts(uri, STR("https://")) || (str_starts(uri, STR("http://")) && loopback))
        return OK;
    return fail_field(e, ERR_INVALID, field, "neither https nor http on loopback");
}

static result uris_check(const struct str *uris, size_t n, const char *field, struct err *e)
{
    if (n > CLIENT_URIS_MAX)
        return fail_field(e, ERR_INVALID, field, "more than %d addresses", CLIENT_URIS_MAX);
    for (size_t i = 0; i < n; i++)
        TRY(uri_check(uris[i], field, e));
    return OK;
}

static void client_defaults(struct client *c)
{
    if (c->scopes.n == 0)
        c->scopes = STR("openid profile");
    if (c->grants.n == 0)
        c->grants = STR("authorization_code");
    if (c->name_en.n == 0)
        c->name_en = c->name_vi;
    if (c->sector.n == 0)
        c->sector = c->redirect_count > 0 ? uri_host(c->redirect_uris[0]) : c->id;
}

static bool name_ok(struct str s)
{
    return s.n > 0 && s.n <= 200 && utf8_is_text(s);
}

static result grants_check(const struct client *c, struct err *e)
{
    struct str rest = c->grants, grant;

    while (str_next(&rest, ' ', &grant))
        if (!str_is(grant, "authorization_code") && !str_is(grant, "client_credentials"))
            return fail_field(e, ERR_INVALID, "grants", "an unknown grant");
    if (client_may_grant(c, "authorization_code") && c->redirect_count == 0)
        return fail_field(e, ERR_INVALID, "redirect_uris", "none, but codes are to be sent");
    if (client_may_grant(c, "client_credentials") && !c->has_secret)
        return fail_field(e, ERR_INVALID, "grants", "client_credentials without a secret");
    return OK;
}

static result client_check(const struct client *c, struct err *e)
{
    if (c->id.n < 3 || c->id.n > 64 || !str_all_in(c->id, id_letters))
        return fail_field(e, ERR_INVALID, "id", "3 to 64 of a-z 0-9 -");
    if (!name_ok(c->name_vi) || !name_ok(c->name_en))
        return fail_field(e, ERR_INVALID, "name", "empty, too long, or not text");
    if (c->scopes.n > CLIENT_WORDS_BYTES_MAX || !str_all_in(c->scopes, scope_letters))
        return fail_field(e, ERR_INVALID, "scopes", "not a space-separated list of names");
    TRY(uris_check(c->redirect_uris, c->redirect_count, "redirect_uris", e));
    TRY(uris_check(c->post_logout_uris, c->post_logout_count, "post_logout_uris", e));
    if (c->sector.n > CLIENT_URI_BYTES_MAX || !uri_bytes_ok(c->sector))
        return fail_field(e, ERR_INVALID, "sector", "not a host name");
    return grants_check(c, e);
}

struct client_write {
    const struct client *client;
    const struct visit *visit;
    struct digest secret_hash;
};

static result uris_insert(struct sql *db, const struct client *c, const char *use, struct err *e)
{
    const bool redirect = str_is(str_c(use), "redirect");
    const struct str *uris = redirect ? c->redirect_uris : c->post_logout_uris;
    const size_t n = redirect ? c->redirect_count : c->post_logout_count;

    for (size_t i = 0; i < n; i++)
        TRY(sql_run(db, SQL_CLIENT_URI_INSERT, e, sql_t(c->id), sql_t(str_c(use)),
                    sql_i((int64_t)i), sql_t(uris[i])));
    return OK;
}

static result client_insert(struct sql *db, void *arg, struct err *e)
{
    const struct client_write *w = arg;
    const struct client *c = w->client;
    const struct audit_event ev = auth_event(w->visit, STR("system"), "client.add", c->id, NULL);
    int64_t changed;

    TRY(sql_run_count(
        db, SQL_CLIENT_INSERT, &changed, e, sql_t(c->id), sql_t(c->name_vi), sql_t(c->name_en),
        c->has_secret ? sql_b(digest_str(&w->secret_hash)) : sql_null(), sql_t(c->scopes),
        sql_t(c->grants), sql_t(c->sector), sql_t(STR("oidc")), sql_i(c->created_ms)));
    if (changed == 0)
        return fail_field(e, ERR_CONFLICT, "id", "client %.*s exists", STR_ARG(c->id));
    TRY(uris_insert(db, c, "redirect", e));
    TRY(uris_insert(db, c, "post_logout", e));
    return audit_append(db, c->created_ms, &ev, e);
}

result client_add(struct auth *au, const struct visit *v, struct client *c, struct str *secret,
                  struct err *e)
{
    struct client_write w = { .client = c, .visit = v };

    client_defaults(c);
    TRY(client_check(c, e));
    c->created_ms = clock_now_ms(au->clock);
    if (c->has_secret) {
        if (secret->n == 0)
            *secret = random_token(v->arena, CLIENT_SECRET_BITS);
        if (secret->n < CLIENT_SECRET_BYTES_MIN || secret->n > CLIENT_URI_BYTES_MAX)
            return fail_field(e, ERR_INVALID, "secret", "shorter than %d or too long",
                              CLIENT_SECRET_BYTES_MIN);
        w.secret_hash = digest_sha256(*secret);
    }
    return sql_transact(au->sql, client_insert, &w, e);
}

struct client_found {
    struct arena *arena;
    struct str id;
    struct client client;
    struct str secret_hash; /* empty: none */
};

static result uris_load(struct sql *db, struct client_found *f, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct client *c = &f->client;
    bool more;

    TRY(sql_find(db, SQL_CLIENT_URIS, &rows, e, sql_t(f->id)));
    for (;;) {
        struct str uri;

        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        uri = sql_text(rows, 1, f->arena);
        if (!str_is(sql_text(rows, 0, f->arena), "redirect")) {
            must(c->post_logout_count < CLIENT_URIS_MAX);
            c->post_logout_uris[c->post_logout_count++] = uri;
        } else {
            must(c->redirect_count < CLIENT_URIS_MAX);
            c->redirect_uris[c->redirect_count++] = uri;
        }
    }
}

static result client_find(struct sql *db, void *arg, struct err *e)
{
    struct client_found *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found;

    f->client = (struct client){ 0 };
    TRY(sql_find(db, SQL_CLIENT_LOAD, &rows, e, sql_t(f->id)));
    TRY(sql_next(rows, &found, e));
    if (!found) {
        TRY(uris_load(db, f, e)); /* the same statements as for a known one */
        return fail(e, ERR_NOT_FOUND, "no such client");
    }
    f->client.id = sql_text(rows, 0, f->arena);
    f->client.name_vi = sql_text(rows, 1, f->arena);
    f->client.name_en = sql_text(rows, 2, f->arena);
    f->client.has_secret = !sql_is_null(rows, 3);
    f->secret_hash = sql_bytes(rows, 3, f->arena);
    f->client.scopes = sql_text(rows, 4, f->arena);
    f->client.grants = sql_text(rows, 5, f->arena);
    f->client.sector = sql_text(rows, 6, f->arena);
    f->client.profile = CLIENT_OIDC;
    f->client.way = f->client.has_secret ? CLIENT_WAY_SECRET : CLIENT_WAY_NONE;
    f->client.userinfo_alg = -1;
    f->client.created_ms = sql_int(rows, 8);
    return uris_load(db, f, e);
}

result client_load(struct auth *au, struct arena *a, struct str id, struct client *out,
                   struct err *e)
{
    struct client_found f = { .arena = a, .id = id };

    if (id.n < 3 || id.n > 64 || !str_all_in(id, id_letters))
        return fail(e, ERR_NOT_FOUND, "not a client id");
    TRY(sql_read(au->sql, client_find, &f, e));
    *out = f.client;
    return OK;
}

result client_authenticate(struct auth *au, struct arena *a, struct str id, struct str secret,
                           struct client *out, struct err *e)
{
    struct client_found f = { .arena = a, .id = id };
    const struct digest given = digest_sha256(secret);
    const struct digest nobody = { { 0 } };
    bool known, same;

    /* A name that cannot exist is looked up all the same, so that it takes as long. */
    if (id.n == 0 || id.n > 64 || !str_all_in(id, id_letters))
        f.id = STR("-");
    known = !sql_read(au->sql, client_find, &f, e).failed;
    if (!known && (e == NULL || e->code != ERR_NOT_FOUND))
        return (result){ true };
    if (!known || f.secret_hash.n != DIGEST_BYTES)
        f.secret_hash = digest_str(&nobody);
    same = secret_equal(digest_str(&given), f.secret_hash);
    if (known && !f.client.has_secret)
        same = secret.n == 0;
    if (!known || !same)
        return fail(e, ERR_BAD_CLIENT, "client authentication failed");
    *out = f.client;
    return OK;
}

struct client_all {
    struct arena *arena;
    struct client *list;
    size_t n;
};

static result client_find_all(struct sql *db, void *arg, struct err *e)
{
    struct client_all *all = arg;
    struct str ids[CLIENT_LIST_MAX];
    DEFER(sql_end) struct sql_rows *rows = NULL;
    size_t n = 0;
    bool more = true;

    TRY(sql_find_plain(db, SQL_CLIENT_IDS, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || n == CLIENT_LIST_MAX)
            break;
        ids[n++] = sql_text(rows, 0, all->arena);
    }
    all->list = arena_array(all->arena, struct client, n);
    for (all->n = 0; all->n < n; all->n++) {
        struct client_found f = { .arena = all->arena, .id = ids[all->n] };

        TRY(client_find(db, &f, e));
        all->list[all->n] = f.client;
    }
    return OK;
}

result client_list(struct auth *au, struct arena *a, struct client **list, size_t *count,
                   struct err *e)
{
    struct client_all all = { .arena = a };

    TRY(sql_read(au->sql, client_find_all, &all, e));
    *list = all.list;
    *count = all.n;
    return OK;
}

struct client_gone {
    struct str id;
    const struct visit *visit;
    int64_t now_ms;
};

static result client_delete(struct sql *db, void *arg, struct err *e)
{
    const struct client_gone *g = arg;
    const struct audit_event ev = auth_event(g->visit, STR("system"), "client.remove", g->id, NULL);
    int64_t changed;

    TRY(sql_run(db, SQL_CLIENT_URI_DELETE, e, sql_t(g->id)));
    TRY(sql_run_count(db, SQL_CLIENT_DELETE, &changed, e, sql_t(g->id)));
    if (changed == 0)
        return fail(e, ERR_NOT_FOUND, "no such client");
    return audit_append(db, g->now_ms, &ev, e);
}

result client_remove(struct auth *au, const struct visit *v, struct str id, struct err *e)
{
    struct client_gone g = { .id = id, .visit = v, .now_ms = clock_now_ms(au->clock) };

    return sql_transact(au->sql, client_delete, &g, e);
}
