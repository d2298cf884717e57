/* Tokens: whatever is presented, no claims come out but of a token that the key signed. */
/* rooms: base crypto */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/keyring.h"
#include "crypto/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The key of RFC 7515 A.3, whose one published token is in the corpus; no other can be signed. */
static const char jwks[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
                           "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                           "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

static struct key_set *keys_read(void)
{
    struct json *text = NULL;
    struct key_set *set = NULL;

    must(!json_read(str_c(jwks), &text, NULL).failed);
    must(!key_set_read(text, &set, NULL).failed);
    json_close(&text);
    return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct key_set *keys;
    const struct token_expect expect = {
        .issuer = STR("joe"), .audience = STR("portal"), .now_s = 1300819000, .skew_s = 10
    };
    const struct token_proof_expect window = { .now_s = 1562262616, .past_s = 60, .future_s = 10 };
    struct token_proof proof = { 0 };
    struct arena *a = arena_open(1u << 20);
    struct json *claims = NULL;
    struct json *set = NULL;
    struct key_set *theirs = NULL;
    struct err e = { 0 };

    if (keys == NULL)
        keys = keys_read();
    must(token_verify(a, keys, str_of(bytes, n), &expect, &claims, &e).failed);
    must(e.code == ERR_BAD_TOKEN && claims == NULL);
    /* A proof may be good: it carries its own key, which is then named. */
    must(token_verify_proof(a, str_of(bytes, n), &window, &proof, &e).failed ||
         proof.thumbprint.n == 43);
    json_close(&proof.claims);
    /* The other thing that strangers send to this room: a set of keys. */
    if (!json_read(str_of(bytes, n), &set, NULL).failed && !key_set_read(set, &theirs, NULL).failed)
        must(key_set_count(theirs) > 0);
    key_set_close(&theirs);
    if (set != NULL && !key_set_read_registered(set, &theirs, NULL).failed)
        must(key_set_count(theirs) > 0);
    key_set_close(&theirs);
    json_close(&set);
    arena_close(&a);
    return 0;
}
