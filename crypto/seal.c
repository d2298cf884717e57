/*
 * Attacker: reads a stolen database or backup, or writes rows of it. Promise: without the key file
 * a sealed value says nothing but its length; a value that was changed, cut, or moved to another
 * place does not open. Each key of the file is only a root: what encrypts and what indexes are
 * derived from it by HMAC under different names, so neither use weakens the other.
 *
 * Nonces are random (96 bits): keep one key below 2^32 values, NIST SP 800-38D 8.3, and add a key
 * long before. The index is deterministic by design: equal values at one place are seen to be
 * equal, and whoever holds the key file can try all numbers. It hangs on the first key for good,
 * since stored indexes cannot be recomputed without opening every row: the first line stays.
 */
#include "crypto/seal.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/context.h"
#include "crypto/digest.h"
#include "crypto/private.h"
#include "crypto/random.h"

#define KEYS_MAX    100
#define NONCE_BYTES 12
#define TAG_BYTES   16
#define FRAME_BYTES (1 + NONCE_BYTES + TAG_BYTES)
#define LINE_CHARS  64
#define FILE_BYTES  (KEYS_MAX * (LINE_CHARS + 1))

struct seal {
    struct digest index;          /* derived from the first key */
    struct digest keys[KEYS_MAX]; /* derived; key number i + 1 */
    size_t n;
};

struct key_file {
    char text[FILE_BYTES];
    size_t n;
};

static void key_file_wipe(struct key_file *f)
{
    OPENSSL_cleanse(f, sizeof(*f));
}

void seal_close(struct seal **s)
{
    if (*s == NULL)
        return;
    OPENSSL_cleanse(*s, sizeof(**s));
    free(*s);
    *s = NULL;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Not base/codec: its arena would keep the key. */
static bool line_read(struct str line, struct digest *root)
{
    if (line.n != LINE_CHARS)
        return false;
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        const int high = hex_value(line.p[2 * i]), low = hex_value(line.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        root->bytes[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static result keys_read(struct str text, const char *path, struct seal *s, struct err *e)
{
    struct str line;
    struct digest root;

    if (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    while (str_next(&text, '\n', &line)) {
        if (s->n == KEYS_MAX)
            return fail(e, ERR_CONFIG, "%s: over %d keys", path, KEYS_MAX);
        if (!line_read(line, &root))
            return fail(e, ERR_CONFIG, "%s: line %zu is not 64 hexadecimal digits", path, s->n + 1);
        if (s->n == 0)
            s->index = digest_hmac(digest_str(&root), STR("motcua seal index 1"));
        s->keys[s->n++] = digest_hmac(digest_str(&root), STR("motcua seal aes-256-gcm 1"));
        OPENSSL_cleanse(&root, sizeof(root));
    }
    return s->n > 0 ? OK : fail(e, ERR_CONFIG, "%s: no key", path);
}

result seal_open(const char *path, struct seal **out, struct err *e)
{
    DEFER(key_file_wipe) struct key_file f = { 0 };
    DEFER(seal_close) struct seal *s = calloc(1, sizeof(*s));

    must(s != NULL);
    TRY(private_read(path, f.text, sizeof(f.text), &f.n, e));
    TRY(keys_read(str_of(f.text, f.n), path, s, e));
    *out = s;
    s = NULL;
    return OK;
}

static void line_make(struct key_file *f)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char root[DIGEST_BYTES];

    must(f->n + LINE_CHARS + 1 <= sizeof(f->text));
    random_fill(root, sizeof(root));
    for (size_t i = 0; i < sizeof(root); i++) {
        f->text[f->n++] = digits[root[i] >> 4];
        f->text[f->n++] = digits[root[i] & 15];
    }
    f->text[f->n++] = '\n';
    OPENSSL_cleanse(root, sizeof(root));
}

result seal_make_file(const char *path, struct err *e)
{
    DEFER(key_file_wipe) struct key_file f = { 0 };

    line_make(&f);
    return private_write(path, str_of(f.text, f.n), false, e);
}

result seal_add_key(const char *path, struct err *e)
{
    DEFER(key_file_wipe) struct key_file f = { 0 };
    DEFER(seal_close) struct seal *s = NULL;

    TRY(seal_open(path, &s, e)); /* a file with a fault is not made longer */
    if (s->n == KEYS_MAX)
        return fail(e, ERR_CONFIG, "%s: %d keys already", path, KEYS_MAX);
    TRY(private_read(path, f.text, sizeof(f.text), &f.n, e));
    if (f.text[f.n - 1] != '\n')
        f.text[f.n++] = '\n';
    line_make(&f);
    return private_write(path, str_of(f.text, f.n), true, e);
}

struct str seal_put(struct arena *a, const struct seal *s, struct str place, struct str plain)
{
    const size_t n = FRAME_BYTES + plain.n;
    unsigned char *out = arena_alloc(a, n);
    EVP_CIPHER_CTX *c = context_cipher();
    int done = 0;

    must(plain.n <= INT_MAX - FRAME_BYTES && place.n > 0 && place.n <= INT_MAX);
    out[0] = (unsigned char)s->n;
    random_fill(out + 1, NONCE_BYTES);
    must(EVP_EncryptInit_ex2(c, context_aes256gcm(), s->keys[s->n - 1].bytes, out + 1, NULL) == 1);
    must(EVP_EncryptUpdate(c, NULL, &done, out, 1) == 1); /* the key number is bound as well */
    must(EVP_EncryptUpdate(c, NULL, &done, (const unsigned char *)place.p, (int)place.n) == 1);
    if (plain.n > 0)
        must(EVP_EncryptUpdate(c, out + 1 + NONCE_BYTES, &done, (const unsigned char *)plain.p,
                               (int)plain.n) == 1);
    must(EVP_EncryptFinal_ex(c, out + n - TAG_BYTES, &done) == 1);
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, out + n - TAG_BYTES) == 1);
    return str_of(out, n);
}

result seal_get(struct arena *a, const struct seal *s, struct str place, struct str sealed,
                struct str *plain, struct err *e)
{
    const unsigned char *in = (const unsigned char *)sealed.p;
    EVP_CIPHER_CTX *c = context_cipher();
    unsigned char tag[TAG_BYTES];
    unsigned char *out;
    size_t n;
    int done = 0;

    must(place.n > 0 && place.n <= INT_MAX);
    if (sealed.n < FRAME_BYTES || sealed.n > INT_MAX)
        return fail(e, ERR_CRYPTO, "sealed value of %zu bytes", sealed.n);
    if (in[0] == 0 || in[0] > s->n)
        return fail(e, ERR_CRYPTO, "sealed with key %d of %zu", in[0], s->n);
    n = sealed.n - FRAME_BYTES;
    out = arena_alloc(a, n);
    memcpy(tag, in + sealed.n - TAG_BYTES, TAG_BYTES);
    must(EVP_DecryptInit_ex2(c, context_aes256gcm(), s->keys[in[0] - 1].bytes, in + 1, NULL) == 1);
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1);
    must(EVP_DecryptUpdate(c, NULL, &done, in, 1) == 1);
    must(EVP_DecryptUpdate(c, NULL, &done, (const unsigned char *)place.p, (int)place.n) == 1);
    if (n > 0)
        must(EVP_DecryptUpdate(c, out, &done, in + 1 + NONCE_BYTES, (int)n) == 1);
    if (EVP_DecryptFinal_ex(c, out + n, &done) != 1) {
        OPENSSL_cleanse(out, n); /* unauthenticated text goes to nobody */
        return fail(e, ERR_CRYPTO, "sealed value altered, or from another place");
    }
    *plain = str_of(out, n);
    return OK;
}

struct str seal_index(struct arena *a, const struct seal *s, struct str place, struct str plain)
{
    const struct digest of_place = digest_hmac(digest_str(&s->index), place);

    return digest_base64url(a, digest_hmac(digest_str(&of_place), plain));
}
