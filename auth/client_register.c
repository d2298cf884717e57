/*
 * Security: the attacker has an invitation, or a registration access token of its own, and wants
 * more than it was invited to: another profile, more scopes, somebody else's sector or client, our
 * server as its browser. Promised: profile and scopes are the invitation's; what only our operator
 * may say is not read; a sector is proved by where codes are sent or by its own list; addresses
 * that are fetched are guarded; tokens are kept as digests and compared in constant time; an
 * invitation is used in the transaction that makes the client. Deliberately not done: software
 * statements (nobody's signature on them is believed here), and showing a secret a second time.
 */
#include "auth/client_register.h"

#include "auth/client_book.h"
#include "auth/client_keys.h"
#include "auth/client_metadata.h"
#include "auth/oidc_ciba.h"
#include "auth/oidc_device.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "http/guard.h"
#include "store/audit.h"
#include "store/sql.h"

#define TOKEN_BITS      256
#define TOKEN_BYTES_MAX 200
#define NOTE_BYTES_MAX  200
#define USES_MAX        1000
#define SECTOR_MS       3000
#define SECTOR_BYTES    (64 * 1024)

/* ---- invitations ---- */

struct invite_write {
    const struct client_invite *invite;
    const struct visit *visit;
    struct digest hash;
    int64_t now_ms;
};

static result invite_insert(struct sql *db, void *arg, struct err *e)
{
    const struct invite_write *w = arg;
    const struct client_invite *i = w->invite;
    const struct audit_event ev = auth_event(w->visit, STR("system"), "client.invite",
                                             str_c(client_profile_name(i->profile)), NULL);

    TRY(sql_run(db, SQL_CLIENT_INVITE_PURGE, e, sql_i(w->now_ms)));
    TRY(sql_run(db, SQL_CLIENT_INVITE_INSERT, e, sql_b(digest_str(&w->hash)), sql_t(i->note),
                sql_t(str_c(client_profile_name(i->profile))), sql_t(i->scopes), sql_i(i->uses),
                sql_i(w->now_ms), sql_i(i->expires_ms), sql_t(i->grants), sql_t(i->name)));
    return audit_append(db, w->now_ms, &ev, e);
}

static result grants_known(struct str grants, struct err *e)
{
    const struct client_field *f = client_field_by_option(STR("--grants"));
    struct str word, rest, one;

    must(f != NULL);
    while (str_next(&grants, ' ', &word)) {
        bool known = word.n == 0;

        for (rest = str_c(f->words); !known && str_next(&rest, '|', &one);)
            known = str_eq(word, one);
        if (!known)
            return fail_field(e, ERR_INVALID, "grants", "no grant type that is supported");
    }
    return OK;
}

result client_invite_make(struct auth *au, const struct visit *v, const struct client_invite *i,
                          struct str *token, struct err *e)
{
    struct invite_write w = { .invite = i, .visit = v, .now_ms = clock_now_ms(au->clock) };
    const struct str made = random_token(v->arena, TOKEN_BITS);

    if (i->uses < 1 || i->uses > USES_MAX)
        return fail_field(e, ERR_INVALID, "uses", "1 to %d", USES_MAX);
    if (i->expires_ms <= w.now_ms)
        return fail_field(e, ERR_INVALID, "expires", "over already");
    if (i->note.n > NOTE_BYTES_MAX || !utf8_is_text(i->note))
        return fail_field(e, ERR_INVALID, "note", "too long, or not text");
    if (i->name.n > NOTE_BYTES_MAX || !utf8_is_text(i->name))
        return fail_field(e, ERR_INVALID, "name", "too long, or not text");
    TRY(grants_known(i->grants, e));
    w.hash = digest_sha256(made);
    TRY(sql_transact(au->sql, invite_insert, &w, e));
    *token = made;
    return OK;
}

struct invite_found {
    struct arena *arena;
    struct digest hash;
    int64_t now_ms;
    struct str profile, scopes, grants, name;
};

static result invite_find(struct sql *db, void *arg, struct err *e)
{
    struct invite_found *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found;

    TRY(sql_find(db, SQL_CLIENT_INVITE_LOAD, &rows, e, sql_b(digest_str(&f->hash)),
                 sql_i(f->now_ms)));
    TRY(sql_next(rows, &found, e));
    if (!found)
        return fail(e, ERR_BAD_TOKEN, "invitation: used up, too old, or none");
    f->profile = sql_text(rows, 0, f->arena);
    f->scopes = sql_text(rows, 1, f->arena);
    f->grants = sql_text(rows, 2, f->arena);
    f->name = sql_text(rows, 3, f->arena);
    return OK;
}

/* ---- requests ---- */

static result bearer_read(struct str authorization, struct str *token, struct err *e)
{
    struct str scheme, rest;

    if (!str_cut(authorization, ' ', &scheme, &rest) || !str_eq_nocase(scheme, STR("Bearer")) ||
        rest.n == 0 || rest.n > TOKEN_BYTES_MAX)
        return fail(e, ERR_BAD_TOKEN, "registration: no bearer token");
    *token = rest;
    return OK;
}

static result open_check(const struct auth *au, struct err *e)
{
    return au->conf->auth.registration ? OK : fail(e, ERR_NOT_FOUND, "registration is closed");
}

/* As RFC 7591 3.2.2 names what is wrong. */
static result told(const struct err *why, struct err *e)
{
    const bool redirect = str_is(str_c(why->field), "redirect_uris");

    if (why->code != ERR_INVALID && why->code != ERR_UNKNOWN_FIELD)
        return fail_field(e, why->code, why->field, "%s", why->detail);
    return fail_field(e, redirect ? ERR_BAD_REDIRECT : ERR_BAD_METADATA, why->field, "%s",
                      why->detail);
}

static result scopes_within(struct str asked, struct str most, struct err *e)
{
    struct str rest = asked, word;

    while (str_next(&rest, ' ', &word))
        if (word.n > 0 && !client_list_has(most, word))
            return fail_field(e, ERR_INVALID, "scope", "more than the invitation allows");
    return OK;
}

result client_sector_verify(struct auth *au, struct arena *a, const struct client *c, struct err *e)
{
    const struct guard_fetch f = {
        .url = c->sector_uri,
        .loopback_ok = str_is(au->conf->service.national_systems, "simulated"),
        .total_ms = SECTOR_MS,
        .bytes_max = SECTOR_BYTES,
    };
    DEFER(json_close) struct json *list = NULL;
    struct str body, one;

    if (c->sector_uri.n == 0)
        return OK;
    if (guard_get(&f, a, &body, NULL).failed || json_read(body, &list, NULL).failed ||
        !json_is_array(list))
        return fail_field(e, ERR_INVALID, "sector_identifier_uri", "answers no list");
    for (size_t i = 0; i < c->redirect_count; i++) {
        bool found = false;

        for (size_t j = 0; j < json_count(list) && !found; j++)
            found = json_str(json_at(list, j), &one) && str_eq(one, c->redirect_uris[i]);
        if (!found)
            return fail_field(e, ERR_INVALID, "sector_identifier_uri",
                              "does not list redirect address %zu", i + 1);
    }
    return OK;
}

/* The host of a redirect address proves a sector only where codes are sent there (CIBA 1.0 4). */
static result sector_proved(const struct client *c, struct err *e)
{
    const bool elsewhere = client_may_grant(c, DEVICE_GRANT) || client_may_grant(c, CIBA_GRANT);

    if (elsewhere && c->redirect_count > 0 && c->sector_uri.n == 0 && c->sector_given.n == 0)
        return fail_field(e, ERR_INVALID, "sector_identifier_uri", "missing for these grant_types");
    return OK;
}

/* A name that was given is the only one, in each language. */
static result name_keep(struct client *c, struct str name, struct err *e)
{
    if (name.n == 0)
        return OK;
    if (c->name_vi.n > 0 && !str_eq(c->name_vi, name))
        return fail_field(e, ERR_INVALID, "client_name", "not the invitation's");
    if (c->name_en.n > 0 && !str_eq(c->name_en, name))
        return fail_field(e, ERR_INVALID, "client_name#en", "not the invitation's");
    c->name_vi = c->name_en = name;
    c->name_fixed = true;
    return OK;
}

/* What cannot be decided from the document alone. */
static result outside_check(struct auth *au, struct arena *a, const struct client *c, struct err *e)
{
    DEFER(key_set_close) struct key_set *keys = NULL;

    TRY(client_check(au, c, e));
    TRY(client_signing_check(au, c, e));
    TRY(sector_proved(c, e));
    TRY(client_sector_verify(au, a, c, e));
    if (c->jwks_uri.n > 0 && client_keys_find(au, a, c, STR(""), &keys, NULL).failed)
        return fail_field(e, ERR_INVALID, "jwks_uri", "answers no set of public keys");
    return OK;
}

static struct str answer(struct auth *au, struct arena *a, const struct client *c,
                         struct str registration, struct str secret)
{
    DEFER(json_close) struct json *o = client_print(c);

    json_put_str(o, "client_id", c->id);
    json_put_int(o, "client_id_issued_at", c->created_ms / 1000);
    if (secret.n > 0) {
        json_put_str(o, "client_secret", secret);
        json_put_int(o, "client_secret_expires_at", 0);
    }
    json_put_str(o, "registration_access_token", registration);
    json_put_str(
        o, "registration_client_uri",
        str_fmt(a, "%.*s/register/%.*s", STR_ARG(au->conf->service.issuer), STR_ARG(c->id)));
    return json_print(a, o);
}

static result document_read(struct auth *au, struct arena *a, const struct json *document,
                            const struct invite_found *f, struct client *out, struct err *e)
{
    enum client_profile profile;

    if (!json_is_object(document))
        return fail_field(e, ERR_INVALID, "client", "not a JSON object");
    if (json_member(document, "software_statement") != NULL)
        return fail_field(e, ERR_INVALID, "software_statement", "none is believed here");
    if (!client_profile_find(f->profile, &profile))
        return fail(e, ERR_BAD_TOKEN, "invitation: of an unknown profile");
    TRY(client_read(au, a, profile, document, CLIENT_FROM_REQUEST, out, e));
    if (json_member(document, "scope") == NULL)
        out->scopes = f->scopes;
    out->grants_most = f->grants;
    TRY(name_keep(out, f->name, e));
    return scopes_within(out->scopes, f->scopes, e);
}

result client_register(struct auth *au, const struct visit *v, struct str authorization,
                       const struct json *document, struct str *json, struct err *e)
{
    struct invite_found f = { .arena = v->arena, .now_ms = clock_now_ms(au->clock) };
    const struct str registration = random_token(v->arena, TOKEN_BITS);
    const struct digest registration_hash = digest_sha256(registration);
    const struct client_pass pass = { digest_str(&f.hash), digest_str(&registration_hash) };
    struct err why = { .code = ERR_NONE };
    struct str token, secret = STR("");
    struct client c;

    TRY(open_check(au, e));
    TRY(bearer_read(authorization, &token, e));
    f.hash = digest_sha256(token);
    TRY(sql_read(au->sql, invite_find, &f, e));
    if (document_read(au, v->arena, document, &f, &c, &why).failed)
        return told(&why, e);
    c.id = str_lower(v->arena, random_id(v->arena, "dyn-", f.now_ms));
    if (c.name_vi.n == 0)
        c.name_vi = c.id;
    client_settle(&c);
    if (outside_check(au, v->arena, &c, &why).failed ||
        client_add_invited(au, v, &c, &pass, &secret, &why).failed)
        return told(&why, e);
    *json = answer(au, v->arena, &c, registration, secret);
    return OK;
}

/* ---- RFC 7592 ---- */

/* Whose token it is. Unknown clients compare with zeros, which no text has. */
static result owner_find(struct auth *au, struct arena *a, struct str authorization, struct str id,
                         struct str *token, struct client *out, struct err *e)
{
    DEFER(client_page_release) struct client_page *page = NULL;
    const struct digest nobody = { { 0 } };
    struct str hash = digest_str(&nobody);
    const struct client_entry *en;
    struct digest given;

    TRY(open_check(au, e));
    TRY(bearer_read(authorization, token, e));
    TRY(client_book_take(au, &page, e));
    en = client_page_find(page, id);
    if (en != NULL && en->registration_hash.n == DIGEST_BYTES)
        hash = en->registration_hash;
    given = digest_sha256(*token);
    if (!secret_equal(digest_str(&given), hash) || en == NULL || en->client.disabled)
        return fail(e, ERR_BAD_TOKEN, "registration: no such client, or not its token");
    *out = client_copy(a, &en->client);
    return OK;
}

result client_registered(struct auth *au, const struct visit *v, struct str authorization,
                         struct str id, struct str *json, struct err *e)
{
    struct client c;
    struct str token;

    TRY(owner_find(au, v->arena, authorization, id, &token, &c, e));
    *json = answer(au, v->arena, &c, token, STR(""));
    return OK;
}

/* RFC 7592 2.2: names its client, leaves out what we decide. */
static result change_check(const struct json *document, const struct client *old, struct err *e)
{
    static const char *const ours[] = { "registration_access_token", "registration_client_uri",
                                        "client_secret_expires_at", "client_id_issued_at" };
    struct str id;

    if (!json_is_object(document))
        return fail_field(e, ERR_INVALID, "client", "not a JSON object");
    if (!json_str(json_member(document, "client_id"), &id) || !str_eq(id, old->id))
        return fail_field(e, ERR_INVALID, "client_id", "not this client's");
    for (size_t i = 0; i < LEN(ours); i++)
        if (json_member(document, ours[i]) != NULL)
            return fail_field(e, ERR_INVALID, ours[i], "is not a client's to say");
    if (json_member(document, "software_statement") != NULL)
        return fail_field(e, ERR_INVALID, "software_statement", "none is believed here");
    return OK;
}

/* The request's members, and the operator's as they were. */
static struct json *merged(const struct json *document, const struct client *old)
{
    DEFER(json_close) struct json *kept = client_print(old);
    struct json *o = json_object();
    size_t n;
    const struct client_field *fields = client_fields(&n);

    for (size_t i = 0; i < n; i++) {
        const struct json *v = json_member(fields[i].own ? kept : document, fields[i].name);

        if (v != NULL)
            json_put(o, fields[i].name, json_copy(v));
    }
    return o;
}

static result change(struct auth *au, const struct visit *v, const struct json *document,
                     const struct client *old, struct client *out, struct err *e)
{
    DEFER(json_close) struct json *all = NULL;
    struct client checked;
    struct str secret;

    TRY(change_check(document, old, e));
    if (json_member(document, "client_secret") != NULL) {
        if (!json_str(json_member(document, "client_secret"), &secret) ||
            client_authenticate(au, v->arena, old->id, secret, &checked, NULL).failed)
            return fail_field(e, ERR_INVALID, "client_secret", "not this client's");
    }
    all = merged(document, old);
    TRY(client_read(au, v->arena, old->profile, all, CLIENT_FROM_STORE, out, e));
    out->id = old->id;
    out->created_ms = old->created_ms;
    TRY(name_keep(out, old->name_fixed ? old->name_vi : STR(""), e));
    if (out->name_vi.n == 0)
        out->name_vi = out->id;
    client_settle(out);
    if (json_member(document, "scope") == NULL)
        out->scopes = old->scopes;
    TRY(scopes_within(out->scopes, old->scopes, e));
    TRY(outside_check(au, v->arena, out, e));
    return client_change(au, v, out, e);
}

result client_register_change(struct auth *au, const struct visit *v, struct str authorization,
                              struct str id, const struct json *document, struct str *json,
                              struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct client old, c;
    struct str token;

    TRY(owner_find(au, v->arena, authorization, id, &token, &old, e));
    if (change(au, v, document, &old, &c, &why).failed)
        return told(&why, e);
    *json = answer(au, v->arena, &c, token, STR(""));
    return OK;
}

result client_register_remove(struct auth *au, const struct visit *v, struct str authorization,
                              struct str id, struct err *e)
{
    struct client c;
    struct str token;

    TRY(owner_find(au, v->arena, authorization, id, &token, &c, e));
    return client_remove(au, v, id, e);
}
