/*
 * forged.h - tokens that nobody may take: each is what an attacker makes of a good token of the
 * same claims, without the private key or with a header that asks the verifier for something.
 *
 *     const struct forged_from from = { .key = key, .claims = STR("{...}"), .typ = "JWT" };
 *     for (size_t i = 0; i < forged_count(); i++)
 *         refused(forged_token(i, &from), forged_name(i));
 *
 * Take it wherever a JWT comes in: client assertions, request objects, ID token hints, access
 * tokens. forged_good() is the good token, so that a test can show that its claims are accepted.
 */
#ifndef TESTS_FORGED_H
#define TESTS_FORGED_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "tests/test.h"

struct forged_from {
    const struct key *key; /* private, with its id: whom the verifier believes */
    struct str claims;     /* an object, not empty, that the verifier takes */
    const char *typ;       /* that the verifier takes */
};

enum forged_by {
    FORGED_KEY,      /* the right key */
    FORGED_OTHER,    /* the attacker's key of the same kind */
    FORGED_NONE,     /* the empty signature */
    FORGED_JUNK,     /* some bytes */
    FORGED_MAC_PEM,  /* HS256, secret: the public key as PEM */
    FORGED_MAC_LINE, /* the same without the last line end */
    FORGED_MAC_DER,  /* secret: the public key as DER */
    FORGED_MAC_JWK,  /* secret: the public key as published */
    FORGED_MAC_ID,   /* secret: the key's id */
    FORGED_MAC_EMPTY /* secret: nothing */
};

/* alg: text of the member's value, NULL: the key's name, "": no member. kid: the same. */
struct forged_row {
    const char *name;
    enum forged_by by;
    const char *alg, *kid, *more; /* more: further members, each beginning with a comma */
    const char *body;             /* put behind the opening brace of the claims */
};

static const struct forged_row forged_rows[] = {
    { "HMAC with the public PEM", FORGED_MAC_PEM, "\"HS256\"", NULL, "", "" },
    { "HMAC with the public PEM, no kid", FORGED_MAC_PEM, "\"HS256\"", "", "", "" },
    { "HMAC with the PEM without line end", FORGED_MAC_LINE, "\"HS256\"", NULL, "", "" },
    { "HMAC with the public DER", FORGED_MAC_DER, "\"HS256\"", NULL, "", "" },
    { "HMAC with the public JWK", FORGED_MAC_JWK, "\"HS256\"", NULL, "", "" },
    { "HMAC with the kid", FORGED_MAC_ID, "\"HS256\"", NULL, "", "" },
    { "HMAC with no secret", FORGED_MAC_EMPTY, "\"HS256\"", NULL, "", "" },
    { "HMAC named as the key's algorithm", FORGED_MAC_PEM, NULL, NULL, "", "" },
    { "HMAC in small letters", FORGED_MAC_PEM, "\"hs256\"", NULL, "", "" },
    { "none", FORGED_NONE, "\"none\"", NULL, "", "" },
    { "none, no kid", FORGED_NONE, "\"none\"", "", "", "" },
    { "None", FORGED_NONE, "\"None\"", NULL, "", "" },
    { "NONE with bytes", FORGED_JUNK, "\"NONE\"", NULL, "", "" },
    { "nOnE, rightly signed", FORGED_KEY, "\"nOnE\"", NULL, "", "" },
    { "no signature", FORGED_NONE, NULL, NULL, "", "" },
    { "any bytes as signature", FORGED_JUNK, NULL, NULL, "", "" },
    { "another's signature", FORGED_OTHER, NULL, NULL, "", "" },
    { "no alg", FORGED_KEY, "", NULL, "", "" },
    { "alg null", FORGED_KEY, "null", NULL, "", "" },
    { "alg empty", FORGED_KEY, "\"\"", NULL, "", "" },
    { "alg a number", FORGED_KEY, "256", NULL, "", "" },
    { "alg a list", FORGED_KEY, "[\"ES256\",\"RS256\",\"PS256\"]", NULL, "", "" },
    { "alg of another size", FORGED_KEY, "\"ES384\"", NULL, "", "" },
    { "alg of another curve", FORGED_KEY, "\"ES256K\"", NULL, "", "" },
    { "alg of an encryption", FORGED_KEY, "\"dir\"", NULL, "", "" },
    { "alg twice", FORGED_KEY, NULL, NULL, ",\"alg\":\"none\"", "" },
    { "kid twice", FORGED_KEY, NULL, NULL, ",\"kid\":\"x\"", "" },
    { "crit", FORGED_KEY, NULL, NULL, ",\"crit\":[\"exp\"]", "" },
    { "crit empty", FORGED_KEY, NULL, NULL, ",\"crit\":[]", "" },
    { "crit null", FORGED_KEY, NULL, NULL, ",\"crit\":null", "" },
    { "zip", FORGED_KEY, NULL, NULL, ",\"zip\":\"DEF\"", "" },
    { "b64 false", FORGED_KEY, NULL, NULL, ",\"b64\":false", "" },
    { "b64 false and crit", FORGED_KEY, NULL, NULL, ",\"b64\":false,\"crit\":[\"b64\"]", "" },
    { "nested", FORGED_KEY, NULL, NULL, ",\"cty\":\"JWT\"", "" },
    { "kid a path", FORGED_KEY, NULL, "\"../../../../dev/null\"", "", "" },
    { "kid an absolute path", FORGED_MAC_EMPTY, "\"HS256\"", "\"/dev/null\"", "", "" },
    { "kid with SQL", FORGED_KEY, NULL, "\"x' UNION SELECT 'AAAA\"", "", "" },
    { "kid with a command", FORGED_KEY, NULL, "\"x|/bin/id\"", "", "" },
    { "kid empty", FORGED_KEY, NULL, "\"\"", "", "" },
    { "kid a number", FORGED_KEY, NULL, "0", "", "" },
    { "kid a list", FORGED_KEY, NULL, "[]", "", "" },
    { "kid with NUL", FORGED_KEY, NULL, "\"a\\u0000b\"", "", "" },
    { "jku", FORGED_OTHER, NULL, NULL, ",\"jku\":\"http://127.0.0.1:1/jwks\"", "" },
    { "x5u", FORGED_OTHER, NULL, NULL, ",\"x5u\":\"file:///etc/passwd\"", "" },
    { "x5c", FORGED_OTHER, NULL, NULL, ",\"x5c\":[\"MIIB\"]", "" },
    { "jku, no kid", FORGED_OTHER, NULL, "", ",\"jku\":\"https://[::1]/\"", "" },
    { "jwk", FORGED_OTHER, NULL, NULL, NULL, "" }, /* NULL: the attacker's own key */
    { "jwk, no kid", FORGED_OTHER, NULL, "", NULL, "" },
    { "jwk a secret", FORGED_MAC_EMPTY, "\"HS256\"", NULL, ",\"jwk\":{\"kty\":\"oct\",\"k\":\"\"}",
      "" },
    { "claim twice", FORGED_KEY, NULL, NULL, "", "\"z\":1,\"z\":2," },
    { "issuer twice", FORGED_KEY, NULL, NULL, "", "\"iss\":\"x\",\"sub\":\"y\",\"aud\":\"z\"," },
    { "claims broken", FORGED_KEY, NULL, NULL, "", "," },
    { "claims not UTF-8", FORGED_KEY, NULL, NULL, "", "\"z\":\"\xc0\xaf\"," },
    { "claims with NUL", FORGED_KEY, NULL, NULL, "", "\"z\":\"\\u0000\"," },
};

/* What is done to the good token's text. */
static const char *const forged_cuts[] = { "padded",        "a space before", "a line end after",
                                           "a fourth part", "two parts",      "five parts",
                                           "empty",         "dots",           "over 8 KiB",
                                           "deep claims",   "claims changed" };

__attribute__((unused)) static inline size_t forged_count(void)
{
    return LEN(forged_rows) + LEN(forged_cuts);
}

__attribute__((unused)) static inline const char *forged_name(size_t i)
{
    return i < LEN(forged_rows) ? forged_rows[i].name : forged_cuts[i - LEN(forged_rows)];
}

/* The attacker's own key, of the kind that is attacked; made once for each. */
__attribute__((unused)) static inline const struct key *forged_other(enum key_alg alg)
{
    static struct key others[KEY_EDDSA + 1];
    struct err e = { .code = ERR_NONE };
    EVP_PKEY *pkey = NULL;

    if (others[alg].pkey == NULL) {
        if (alg == KEY_EDDSA)
            pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        else
            check_ok(key_generate(alg, &pkey, &e), e);
        check_ok(key_make(&others[alg], pkey, alg, true, &e), e);
    }
    return &others[alg];
}

__attribute__((unused)) static inline struct str forged_signed(const struct key *key,
                                                               struct str text)
{
    struct str sig = { 0 };
    struct err e = { .code = ERR_NONE };

    check_ok(key_sign(key, test_arena(), text, &sig, &e), e);
    return sig;
}

__attribute__((unused)) static inline struct str forged_public(const struct key *key, bool pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    struct str out;
    long n;

    check((pem ? PEM_write_bio_PUBKEY(bio, key->pkey) : i2d_PUBKEY_bio(bio, key->pkey)) == 1);
    n = BIO_get_mem_data(bio, &text);
    out = str_dup(test_arena(), str_of(text, (size_t)n));
    (void)BIO_free(bio);
    return out;
}

__attribute__((unused)) static inline struct str forged_jwk(const struct key *key)
{
    DEFER(json_close) struct json *jwk = key_jwk(key, test_arena());

    return json_print(test_arena(), jwk);
}

__attribute__((unused)) static inline struct str forged_mac(const struct key *key,
                                                            enum forged_by by, struct str text)
{
    struct str secret = by == FORGED_MAC_ID      ? str_of(key->id, key->id_n)
                        : by == FORGED_MAC_JWK   ? forged_jwk(key)
                        : by == FORGED_MAC_EMPTY ? STR("")
                                                 : forged_public(key, by != FORGED_MAC_DER);
    struct digest mac;

    if (by == FORGED_MAC_LINE)
        secret.n--;
    if (secret.n == 0)
        secret = STR("\0"); /* the same to HMAC, which fills its key up with zeros */
    mac = digest_hmac(secret, text);
    return str_dup(test_arena(), digest_str(&mac));
}

__attribute__((unused)) static inline struct str forged_join(struct str head, struct str body)
{
    return str_fmt(test_arena(), "%.*s.%.*s", STR_ARG(base64url_encode(test_arena(), head)),
                   STR_ARG(base64url_encode(test_arena(), body)));
}

__attribute__((unused)) static inline struct str forged_head(const struct forged_row *r,
                                                             const struct forged_from *from)
{
    struct arena *a = test_arena();
    struct str head = str_fmt(a, "{\"typ\":\"%s\"", from->typ);

    if (r->alg == NULL)
        head = str_fmt(a, "%.*s,\"alg\":\"%s\"", STR_ARG(head), key_alg_name(from->key->alg));
    else if (*r->alg != '\0')
        head = str_fmt(a, "%.*s,\"alg\":%s", STR_ARG(head), r->alg);
    if (r->kid == NULL)
        head =
            str_fmt(a, "%.*s,\"kid\":\"%.*s\"", STR_ARG(head), (int)from->key->id_n, from->key->id);
    else if (*r->kid != '\0')
        head = str_fmt(a, "%.*s,\"kid\":%s", STR_ARG(head), r->kid);
    if (r->more == NULL)
        return str_fmt(a, "%.*s,\"jwk\":%.*s}", STR_ARG(head),
                       STR_ARG(forged_jwk(forged_other(from->key->alg))));
    return str_fmt(a, "%.*s%s}", STR_ARG(head), r->more);
}

__attribute__((unused)) static inline struct str forged_row_token(const struct forged_row *r,
                                                                  const struct forged_from *from)
{
    const struct str body =
        str_fmt(test_arena(), "{%s%.*s", r->body, (int)from->claims.n - 1, from->claims.p + 1);
    const struct str text = forged_join(forged_head(r, from), body);
    struct str sig = STR("");

    if (r->by == FORGED_KEY)
        sig = forged_signed(from->key, text);
    else if (r->by == FORGED_OTHER)
        sig = forged_signed(forged_other(from->key->alg), text);
    else if (r->by == FORGED_JUNK)
        sig = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    else if (r->by != FORGED_NONE)
        sig = forged_mac(from->key, r->by, text);
    return str_fmt(test_arena(), "%.*s.%.*s", STR_ARG(text),
                   STR_ARG(base64url_encode(test_arena(), sig)));
}

__attribute__((unused)) static inline struct str forged_good(const struct forged_from *from)
{
    static const struct forged_row good = { "good", FORGED_KEY, NULL, NULL, "", "" };

    return forged_row_token(&good, from);
}

__attribute__((unused)) static inline struct str forged_filled(const struct forged_from *from,
                                                               const char *with, size_t times)
{
    struct forged_row r = { "", FORGED_KEY, NULL, NULL, "", NULL };
    struct str fill = STR("\"z\":");

    for (size_t i = 0; i < times; i++)
        fill = str_cat(test_arena(), fill, str_c(with));
    for (size_t i = 0; *with == '[' && i < times; i++)
        fill = str_cat(test_arena(), fill, STR("]"));
    r.body = str_fmt(test_arena(), "%.*s,", STR_ARG(fill)).p;
    return forged_row_token(&r, from);
}

/* The good token with other claims under its signature. */
__attribute__((unused)) static inline struct str forged_changed(const struct forged_from *from)
{
    struct str good = forged_good(from), part[3];
    struct forged_row r = { "", FORGED_KEY, NULL, NULL, "", "\"z\":1," };
    struct str other = forged_row_token(&r, from), rest[3];

    for (int i = 0; i < 3; i++)
        check(str_next(&good, '.', &part[i]) && str_next(&other, '.', &rest[i]));
    return str_fmt(test_arena(), "%.*s.%.*s.%.*s", STR_ARG(part[0]), STR_ARG(rest[1]),
                   STR_ARG(part[2]));
}

__attribute__((unused)) static inline struct str forged_token(size_t i,
                                                              const struct forged_from *from)
{
    struct arena *a = test_arena();
    struct str good, head, rest;

    check(i < forged_count());
    if (i < LEN(forged_rows))
        return forged_row_token(&forged_rows[i], from);
    good = forged_good(from);
    check(str_cut(good, '.', &head, &rest));
    switch (i - LEN(forged_rows)) {
    case 0:
        return str_cat(a, good, STR("="));
    case 1:
        return str_cat(a, STR(" "), good);
    case 2:
        return str_cat(a, good, STR("\n"));
    case 3:
        return str_cat(a, good, STR(".AAAA"));
    case 4:
        return rest;
    case 5:
        return str_fmt(a, "%.*s.AAAA.%.*s", STR_ARG(head), STR_ARG(good));
    case 6:
        return STR("");
    case 7:
        return STR("..");
    case 8:
        return forged_filled(from, "1111111111", 900);
    case 9:
        return forged_filled(from, "[", 600);
    default:
        return forged_changed(from);
    }
}

#endif
