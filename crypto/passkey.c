/*
 * Security: the attacker sends bytes of his own for a ceremony that was never held, replays an old
 * one, relays one that was held for another site, or copied an authenticator. Promised: challenge,
 * origin, relying party, presence and verification of the user are compared before a signature is
 * believed; the algorithm is the registered key's. Sizes are bounded before libfido2 parses
 * anything. Deliberately not done: attestation, which would tell the maker of the authenticator.
 */
#include "crypto/passkey.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <openssl/crypto.h>
#include <pthread.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/secret.h"

#define FLAG_PRESENT    0x01 /* Level 2, 6.1 */
#define FLAG_VERIFIED   0x04
#define FLAG_CREDENTIAL 0x40
#define FLAG_EXTENSIONS 0x80
#define CBOR_DEPTH_MAX  4
#define CBOR_ITEMS_MAX  16 /* a key has five members */

static pthread_once_t fido_once = PTHREAD_ONCE_INIT;

static void fido_start(void)
{
    fido_init(0);
}

static void cred_close(fido_cred_t **c)
{
    fido_cred_free(c);
}

static void assert_close(fido_assert_t **a)
{
    fido_assert_free(a);
}

static result refuse(struct err *e, const char *why)
{
    return fail(e, ERR_BAD_SIGNATURE, "passkey: %s", why);
}

bool passkey_site_of(struct arena *a, struct str issuer, struct passkey_site *out)
{
    struct str scheme, rest, host, path;

    if (!str_cut(issuer, ':', &scheme, &rest) || !str_starts(rest, STR("//")))
        return false;
    rest = str_from(rest, 2);
    if (!str_cut(rest, '/', &host, &path))
        host = rest;
    out->origin = str_fmt(a, "%.*s://%.*s", STR_ARG(scheme), STR_ARG(host));
    (void)str_cut(host, ':', &host, &path);
    out->id = host;
    /* A browser takes names only: digits and dots are an address, a bracket begins one. */
    return host.n > 0 && host.p[0] != '[' && !str_all_in(host, "0123456789.");
}

static result client_data_read(struct str bytes, struct json **out, struct err *e)
{
    if (bytes.n == 0 || bytes.n > PASSKEY_CLIENT_DATA_MAX)
        return refuse(e, "client data of an impossible size");
    if (json_read(bytes, out, NULL).failed || !json_is_object(*out))
        return refuse(e, "client data that are none");
    return OK;
}

static struct str text_of(const struct json *o, const char *name)
{
    struct str text = STR("");

    (void)json_str(json_member(o, name), &text);
    return text;
}

result passkey_challenge(struct arena *a, struct str client_data, struct str *challenge,
                         struct err *e)
{
    DEFER(json_close) struct json *o = NULL;

    TRY(client_data_read(client_data, &o, e));
    *challenge = str_dup(a, text_of(o, "challenge"));
    return OK;
}

/* Level 2, 7.1 steps 7 to 10 and 7.2 steps 11 to 14. */
static result client_data_check(const struct passkey_site *site, const char *type,
                                struct str challenge, struct str client_data, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    bool crossed = false;

    must(challenge.n > 0);
    TRY(client_data_read(client_data, &o, e));
    if (!str_is(text_of(o, "type"), type))
        return refuse(e, "another ceremony");
    if (!secret_equal(text_of(o, "challenge"), challenge))
        return refuse(e, "another challenge");
    if (!str_eq(text_of(o, "origin"), site->origin))
        return refuse(e, "another origin");
    if (json_bool(json_member(o, "crossOrigin"), &crossed) && crossed)
        return refuse(e, "inside another site's page");
    return OK;
}

/* Steps over one CBOR item (RFC 8949 3). The parser beneath libfido2 reserves what an item claims
 * to hold before it looks for it: here a claim has to be there. */
static bool cbor_skip(struct str *s, int depth)
{
    const unsigned first = s->n > 0 ? (unsigned char)s->p[0] : 0xFFU;
    const unsigned major = first >> 5, info = first & 31U;
    const size_t more = info < 24 ? 0 : (size_t)1 << (info - 24); /* bytes of the number */
    size_t number = info;

    if (s->n == 0 || depth == 0 || info > 26 || s->n - 1 < more)
        return false;
    for (size_t i = 0; i < more; i++)
        number = (i == 0 ? 0 : number << 8) | (unsigned char)s->p[1 + i];
    *s = str_from(*s, 1 + more);
    if (major == 0 || major == 1 || major == 7)
        return true;
    if (major == 2 || major == 3) {
        if (number > s->n)
            return false;
        *s = str_from(*s, number);
        return true;
    }
    if ((major != 4 && major != 5) || number > CBOR_ITEMS_MAX)
        return false;
    for (size_t i = 0; i < number * (major == 5 ? 2 : 1); i++)
        if (!cbor_skip(s, depth - 1))
            return false;
    return true;
}

/* Level 2, 6.1: a credential and extensions follow as the flags say, and nothing else. */
static bool auth_data_is_whole(struct str auth_data)
{
    const unsigned flags = (unsigned char)auth_data.p[DIGEST_BYTES];
    struct str rest = str_from(auth_data, DIGEST_BYTES + 5);

    if ((flags & FLAG_CREDENTIAL) != 0) {
        size_t id_bytes;

        if (rest.n < 18)
            return false;
        id_bytes = (size_t)(unsigned char)rest.p[16] << 8 | (unsigned char)rest.p[17];
        if (id_bytes > PASSKEY_ID_MAX || rest.n - 18 < id_bytes)
            return false;
        rest = str_from(rest, 18 + id_bytes);
        if (!cbor_skip(&rest, CBOR_DEPTH_MAX))
            return false;
    }
    if ((flags & FLAG_EXTENSIONS) != 0 && !cbor_skip(&rest, CBOR_DEPTH_MAX))
        return false;
    return rest.n == 0;
}

static result auth_data_check(const struct passkey_site *site, struct str auth_data, struct err *e)
{
    const struct digest site_digest = digest_sha256(site->id);

    if (auth_data.n < DIGEST_BYTES + 5 || auth_data.n > PASSKEY_AUTH_DATA_MAX)
        return refuse(e, "authenticator data of an impossible size");
    if (!secret_equal(str_sub(auth_data, 0, DIGEST_BYTES), digest_str(&site_digest)))
        return refuse(e, "another relying party");
    if ((auth_data.p[DIGEST_BYTES] & FLAG_PRESENT) == 0 ||
        (auth_data.p[DIGEST_BYTES] & FLAG_VERIFIED) == 0)
        return refuse(e, "the user was not verified");
    if (!auth_data_is_whole(auth_data))
        return refuse(e, "authenticator data that are none");
    return OK;
}

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)s.p;
}

/* libfido2 refuses authenticator data whose key is of another algorithm than it was told. */
static bool cred_read(fido_cred_t *c, int alg, const struct passkey_site *site, struct arena *a,
                      struct str auth_data)
{
    return fido_cred_set_type(c, alg) == FIDO_OK &&
           fido_cred_set_rp(c, str_cstr(a, site->id), NULL) == FIDO_OK &&
           fido_cred_set_authdata_raw(c, bytes_of(auth_data), auth_data.n) == FIDO_OK &&
           fido_cred_id_len(c) > 0 && fido_cred_id_len(c) <= PASSKEY_ID_MAX &&
           fido_cred_pubkey_len(c) > 0;
}

result passkey_made(struct arena *a, const struct passkey_site *site, struct str challenge,
                    const struct passkey_proof *proof, struct passkey *out, struct err *e)
{
    static const int algs[] = { COSE_ES256, COSE_RS256, COSE_EDDSA };

    (void)pthread_once(&fido_once, fido_start);
    TRY(client_data_check(site, "webauthn.create", challenge, proof->client_data, e));
    TRY(auth_data_check(site, proof->auth_data, e));
    for (size_t i = 0; i < LEN(algs); i++) {
        DEFER(cred_close) fido_cred_t *c = fido_cred_new();

        must(c != NULL);
        if (!cred_read(c, algs[i], site, a, proof->auth_data))
            continue;
        *out = (struct passkey){
            .id = str_dup(a, str_of(fido_cred_id_ptr(c), fido_cred_id_len(c))),
            .key = str_dup(a, str_of(fido_cred_pubkey_ptr(c), fido_cred_pubkey_len(c))),
            .alg = algs[i],
            .count = fido_cred_sigcount(c),
        };
        return OK;
    }
    return refuse(e, "no key of a kind that is taken");
}

static int verify_es256(const fido_assert_t *t, struct str key)
{
    es256_pk_t *pk = es256_pk_new();
    int r;

    must(pk != NULL);
    r = es256_pk_from_ptr(pk, key.p, key.n);
    if (r == FIDO_OK)
        r = fido_assert_verify(t, 0, COSE_ES256, pk);
    es256_pk_free(&pk);
    return r;
}

static int verify_rs256(const fido_assert_t *t, struct str key)
{
    rs256_pk_t *pk = rs256_pk_new();
    int r;

    must(pk != NULL);
    r = rs256_pk_from_ptr(pk, key.p, key.n);
    if (r == FIDO_OK)
        r = fido_assert_verify(t, 0, COSE_RS256, pk);
    rs256_pk_free(&pk);
    return r;
}

static int verify_eddsa(const fido_assert_t *t, struct str key)
{
    eddsa_pk_t *pk = eddsa_pk_new();
    int r;

    must(pk != NULL);
    r = eddsa_pk_from_ptr(pk, key.p, key.n);
    if (r == FIDO_OK)
        r = fido_assert_verify(t, 0, COSE_EDDSA, pk);
    eddsa_pk_free(&pk);
    return r;
}

static bool assert_read(fido_assert_t *t, struct arena *a, const struct passkey_site *site,
                        const struct passkey_proof *p)
{
    return fido_assert_set_count(t, 1) == FIDO_OK &&
           fido_assert_set_rp(t, str_cstr(a, site->id)) == FIDO_OK &&
           fido_assert_set_up(t, FIDO_OPT_TRUE) == FIDO_OK &&
           fido_assert_set_uv(t, FIDO_OPT_TRUE) == FIDO_OK &&
           fido_assert_set_clientdata(t, bytes_of(p->client_data), p->client_data.n) == FIDO_OK &&
           fido_assert_set_authdata_raw(t, 0, bytes_of(p->auth_data), p->auth_data.n) == FIDO_OK &&
           fido_assert_set_sig(t, 0, bytes_of(p->signature), p->signature.n) == FIDO_OK;
}

result passkey_shown(struct arena *a, const struct passkey_site *site, struct str challenge,
                     const struct passkey *key, const struct passkey_proof *proof, int64_t *count,
                     struct err *e)
{
    DEFER(assert_close) fido_assert_t *t = fido_assert_new();
    int r;

    must(t != NULL);
    (void)pthread_once(&fido_once, fido_start);
    TRY(client_data_check(site, "webauthn.get", challenge, proof->client_data, e));
    TRY(auth_data_check(site, proof->auth_data, e));
    if (proof->signature.n == 0 || proof->signature.n > PASSKEY_SIGNATURE_MAX)
        return refuse(e, "a signature of an impossible size");
    if (!assert_read(t, a, site, proof))
        return refuse(e, "an assertion that is none");
    r = key->alg == COSE_ES256   ? verify_es256(t, key->key)
        : key->alg == COSE_RS256 ? verify_rs256(t, key->key)
        : key->alg == COSE_EDDSA ? verify_eddsa(t, key->key)
                                 : FIDO_ERR_UNSUPPORTED_ALGORITHM;
    if (r != FIDO_OK)
        return refuse(e, "the signature is not the key's");
    *count = fido_assert_sigcount(t, 0);
    return OK;
}
