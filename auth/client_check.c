/*
 * Security: the attacker, or a mistaken operator, registers a client that is weaker than its
 * profile says: a fapi2 client with a shared secret, an open redirect, private keys in a public
 * set. Promised: what contradicts a profile is refused when it is registered and again at every
 * start (FAPI 2.0 Security Profile 5.3.2.1, RFC 9700, OIDC Core 8.1). Deliberately not done:
 * wildcards, address normalisation, ports that may differ on loopback, custom URI schemes.
 */
#include <string.h>

#include "auth/client_metadata.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "crypto/certificate.h"
#include "crypto/keyring.h"

#define NAME_BYTES_MAX  200
#define WORDS_BYTES_MAX 1000

static const char id_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char scope_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.: ";
static const char host_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.:- ";
static const char agency_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. ";

static result bad(const char *field, const char *why, struct err *e)
{
    return fail_field(e, ERR_INVALID, field, "%s", why);
}

/* ---- addresses ---- */

struct str client_uri_host(struct str uri)
{
    struct str scheme, rest, host;
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

static bool is_loopback(struct str host)
{
    return str_is(host, "127.0.0.1") || str_is(host, "[::1]") || str_is(host, "localhost");
}

/* http_ok: on loopback only. */
static result uri_check(struct str uri, bool http_ok, const char *field, struct err *e)
{
    const struct str host = client_uri_host(uri);

    if (uri.n > CLIENT_URI_BYTES_MAX || !uri_bytes_ok(uri) || host.n == 0)
        return bad(field, "not an absolute address without fragment", e);
    if (str_starts(uri, STR("https://")))
        return OK;
    if (str_starts(uri, STR("http://")) && is_loopback(host))
        return http_ok ? OK : bad(field, "http on loopback is for native applications only", e);
    return bad(field, "neither https nor http on loopback", e);
}

static result uris_check(const struct str *uris, size_t n, bool http_ok, const char *field,
                         struct err *e)
{
    must(n <= CLIENT_URIS_MAX);
    for (size_t i = 0; i < n; i++)
        TRY(uri_check(uris[i], http_ok, field, e));
    return OK;
}

static result addresses_check(const struct client *c, bool simulated, struct err *e)
{
    const struct {
        struct str uri;
        const char *field;
    } rows[] = {
        { c->jwks_uri, "jwks_uri" },
        { c->sector_uri, "sector_identifier_uri" },
        { c->backchannel_logout_uri, "backchannel_logout_uri" },
        { c->ciba_notify_uri, "backchannel_client_notification_endpoint" },
        { c->initiate_uri, "initiate_login_uri" },
        { c->home_uri, "client_uri" },
        { c->policy_uri, "policy_uri" },
        { c->tos_uri, "tos_uri" },
    };

    TRY(uris_check(c->redirect_uris, c->redirect_count, simulated || c->native, "redirect_uris",
                   e));
    TRY(uris_check(c->post_logout_uris, c->post_logout_count, simulated || c->native,
                   "post_logout_redirect_uris", e));
    for (size_t i = 0; i < LEN(rows); i++)
        if (rows[i].uri.n > 0)
            TRY(uri_check(rows[i].uri, simulated, rows[i].field, e));
    return OK;
}

/* OIDC Core 8.1: without a list of its own, the addresses must agree about the sector. */
static result sector_check(const struct client *c, struct err *e)
{
    if (c->sector.n == 0 || c->sector.n > CLIENT_URI_BYTES_MAX || !uri_bytes_ok(c->sector))
        return bad("sector", "not a host name", e);
    if (c->public_subject || c->sector_given.n > 0 || c->sector_uri.n > 0)
        return OK;
    for (size_t i = 1; i < c->redirect_count; i++)
        if (!str_eq(client_uri_host(c->redirect_uris[i]), c->sector))
            return bad("sector_identifier_uri", "redirect_uris have several hosts", e);
    return OK;
}

/* ---- words and names ---- */

static bool name_ok(struct str s)
{
    return s.n > 0 && s.n <= NAME_BYTES_MAX && utf8_is_text(s);
}

static result words_check(const struct client *c, struct err *e)
{
    struct str rest = c->resources, one;

    if (c->id.n < 3 || c->id.n > 64 || !str_all_in(c->id, id_letters))
        return bad("client_id", "3 to 64 of a-z 0-9 -", e);
    if (!name_ok(c->name_vi) || !name_ok(c->name_en))
        return bad("client_name", "empty, too long, or not text", e);
    if (c->scopes.n > WORDS_BYTES_MAX || !str_all_in(c->scopes, scope_letters))
        return bad("scope", "not a space-separated list of names", e);
    if (c->agencies.n > WORDS_BYTES_MAX || !str_all_in(c->agencies, agency_letters))
        return bad("agencies", "not a list of agency ids", e);
    if (c->hosts.n > WORDS_BYTES_MAX || !str_all_in(c->hosts, host_letters))
        return bad("hosts", "not a list of host names in lower case", e);
    if (c->contacts.n > WORDS_BYTES_MAX || !utf8_is_text(c->contacts))
        return bad("contacts", "too long, or not text", e);
    while (str_next(&rest, ' ', &one))
        if (one.n > 0 && (client_uri_host(one).n == 0 || !uri_bytes_ok(one)))
            return bad("resources", "not absolute addresses without fragment", e);
    return OK;
}

/* ---- grants ---- */

#define GRANT_CIBA   "urn:openid:params:grant-type:ciba"
#define GRANT_DEVICE "urn:ietf:params:oauth:grant-type:device_code"

static result grants_check(const struct client *c, struct err *e)
{
    static const char *const known[] = { "authorization_code", "refresh_token",
                                         "client_credentials", GRANT_DEVICE, GRANT_CIBA };
    const bool people = client_may_grant(c, "authorization_code") ||
                        client_may_grant(c, GRANT_DEVICE) || client_may_grant(c, GRANT_CIBA);
    struct str rest = c->grants, grant;

    while (str_next(&rest, ' ', &grant)) {
        bool found = grant.n == 0;

        for (size_t i = 0; i < LEN(known); i++)
            found = found || str_is(grant, known[i]);
        if (grant.n > 0 && c->grants_most.n > 0 && !client_list_has(c->grants_most, grant))
            return bad("grant_types", "more than the invitation allows", e);
        if (!found)
            return bad("grant_types", "an unknown grant", e);
    }
    if (client_may_grant(c, "authorization_code") && c->redirect_count == 0)
        return bad("redirect_uris", "none, but codes are to be sent", e);
    if (client_may_grant(c, "refresh_token") && !people)
        return bad("grant_types", "refresh_token without a grant that makes one", e);
    if (c->way == CLIENT_WAY_NONE &&
        (client_may_grant(c, "client_credentials") || client_may_grant(c, GRANT_CIBA)))
        return bad("grant_types", "a grant that a public client cannot have", e);
    if (c->ciba_ping && (!client_may_grant(c, GRANT_CIBA) || c->ciba_notify_uri.n == 0))
        return bad("backchannel_client_notification_endpoint", "missing for mode ping", e);
    return OK;
}

/* ---- keys ---- */

static result jwks_check(const struct client *c, struct err *e)
{
    DEFER(json_close) struct json *document = NULL;
    DEFER(key_set_close) struct key_set *keys = NULL;
    struct err why = { .code = ERR_NONE };

    if (json_read(c->jwks, &document, NULL).failed || !json_is_object(document))
        return bad("jwks", "not a JWK set", e);
    if (key_set_read_registered(document, &keys, &why).failed)
        return bad("jwks", why.detail, e);
    return OK;
}

/* RFC 8705 2.1.2: exactly one says which certificate is the client's. */
static result certificate_check(const struct client *c, struct err *e)
{
    const struct {
        const char *member;
        struct str name;
    } names[] = {
        { "tls_client_auth_subject_dn", c->tls_subject }, { "tls_client_auth_san_dns", c->tls_dns },
        { "tls_client_auth_san_uri", c->tls_uri },        { "tls_client_auth_san_ip", c->tls_ip },
        { "tls_client_auth_san_email", c->tls_email },
    };
    size_t given = 0;

    for (size_t i = 0; i < LEN(names); i++) {
        if (names[i].name.n > CLIENT_URI_BYTES_MAX || !utf8_is_text(names[i].name))
            return bad(names[i].member, "too long, or not text", e);
        given += names[i].name.n > 0;
        if (given > 1)
            return bad(names[i].member, "a second name of the certificate", e);
    }
    if (c->way == CLIENT_WAY_TLS && given == 0)
        return bad("tls_client_auth_subject_dn", "missing for tls_client_auth", e);
    if (str_has(c->tls_dns, STR("*")))
        return bad("tls_client_auth_san_dns", "stands for more than one", e);
    if (c->tls_ip.n > 0 && !certificate_is_address(c->tls_ip))
        return bad("tls_client_auth_san_ip", "no IP address", e);
    return OK;
}

static result keys_check(const struct client *c, struct err *e)
{
    const bool any = c->jwks.n > 0 || c->jwks_uri.n > 0;

    if (c->jwks.n > 0 && c->jwks_uri.n > 0)
        return bad("jwks", "and jwks_uri: one of the two", e);
    if (c->jwks.n > 0)
        TRY(jwks_check(c, e));
    if ((c->way == CLIENT_WAY_PRIVATE_KEY || c->way == CLIENT_WAY_TLS_SELF) && !any)
        return bad("jwks",
                   "missing for this token_endpoint_auth_method: public keys here, or in jwks_uri",
                   e);
    TRY(certificate_check(c, e));
    if (c->signed_request_only && !any)
        return bad("jwks", "missing for require_signed_request_object", e);
    if (c->dpop_bound && c->tls_bound)
        return bad("dpop_bound_access_tokens", "tokens are bound to one thing", e);
    return OK;
}

/* ---- profiles ---- */

static result fapi2_algs_check(const struct client *c, struct err *e)
{
    if (c->id_token_alg == KEY_RS256)
        return bad("id_token_signed_response_alg", "RS256 in profile fapi2", e);
    if (c->userinfo_alg == KEY_RS256)
        return bad("userinfo_signed_response_alg", "RS256 in profile fapi2", e);
    if (c->response_alg == KEY_RS256)
        return bad("authorization_signed_response_alg", "RS256 in profile fapi2", e);
    if (c->request_alg == KEY_RS256)
        return bad("request_object_signing_alg", "RS256 in profile fapi2", e);
    if (c->auth_alg == KEY_RS256)
        return bad("token_endpoint_auth_signing_alg", "RS256 in profile fapi2", e);
    return OK;
}

static result fapi2_check(const struct client *c, struct err *e)
{
    if (c->way == CLIENT_WAY_NONE || c->way == CLIENT_WAY_SECRET)
        return bad("token_endpoint_auth_method", "profile fapi2: private_key_jwt or TLS", e);
    if (!c->par_only)
        return bad("require_pushed_authorization_requests", "profile fapi2 needs it", e);
    if (!c->pkce_only)
        return bad("require_pkce", "profile fapi2 needs it", e);
    if (!c->dpop_bound && !c->tls_bound)
        return bad("dpop_bound_access_tokens", "profile fapi2: tokens are bound", e);
    return fapi2_algs_check(c, e);
}

static result compat_check(const struct client *c, struct err *e)
{
    if (c->way != CLIENT_WAY_SECRET)
        return bad("token_endpoint_auth_method", "profile dvcqg-compat: a secret", e);
    if (c->par_only)
        return bad("require_pushed_authorization_requests", "not in profile dvcqg-compat", e);
    if (c->signed_request_only)
        return bad("require_signed_request_object", "not in profile dvcqg-compat", e);
    return OK;
}

static result profile_check(const struct client *c, struct err *e)
{
    switch (c->profile) {
    case CLIENT_FAPI2:
        return fapi2_check(c, e);
    case CLIENT_DVCQG_COMPAT:
        return compat_check(c, e);
    case CLIENT_OIDC:
        break;
    }
    if (c->way == CLIENT_WAY_NONE && !c->pkce_only)
        return bad("require_pkce", "a public client needs it", e);
    return OK;
}

/* From require to skip; who is laxer than the installation would let pass whom it does not. */
static result register_check(const struct auth *au, const struct client *c, struct err *e)
{
    const struct client plain = client_defaults(au, c->profile);

    if (c->register_policy > plain.register_policy)
        return bad("register_policy", "laxer than person.policy", e);
    return OK;
}

result client_check(const struct auth *au, const struct client *c, struct err *e)
{
    const bool simulated = str_is(au->conf->service.national_systems, "simulated");

    TRY(words_check(c, e));
    TRY(addresses_check(c, simulated, e));
    TRY(sector_check(c, e));
    TRY(grants_check(c, e));
    TRY(keys_check(c, e));
    TRY(register_check(au, c, e));
    return profile_check(c, e);
}
