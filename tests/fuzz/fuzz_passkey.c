/* Passkeys: whatever a page sends, nothing is believed that the recorded keys did not sign. */
/* rooms: base crypto */
#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/passkey.h"
#include "tests/ceremony.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct str decoded(struct arena *a, const char *text)
{
    struct str bytes = { 0 };

    must(base64url_decode(a, str_c(text), &bytes));
    return bytes;
}

static void try_shown(struct arena *a, const struct passkey_site *site,
                      const struct passkey_proof *p)
{
    for (size_t i = 0; i < LEN(ceremonies); i++) {
        const struct ceremony *c = &ceremonies[i];
        const struct passkey_proof made = { decoded(a, c->made_client_data),
                                            decoded(a, c->made_auth_data), STR("") };
        struct passkey key;
        int64_t count;

        must(!passkey_made(a, site, str_c(c->made_challenge), &made, &key, NULL).failed);
        if (!passkey_shown(a, site, str_c(c->shown_challenge), &key, p, &count, NULL).failed)
            must(str_eq(p->client_data, decoded(a, c->shown_client_data)) &&
                 str_eq(p->auth_data, decoded(a, c->shown_auth_data)));
    }
}

/* First letter, then client data, authenticator data and signature, each to the end of a line. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(1u << 20);
    struct str rest = str_of(bytes, n);
    struct passkey_proof p = { .signature = STR("") };
    struct passkey_site site;
    struct passkey key;
    struct str challenge;

    must(passkey_site_of(a, STR(CEREMONY_ISSUER), &site));
    rest = str_from(rest, n > 0 ? 1 : 0);
    if (str_cut(rest, '\n', &p.client_data, &rest) &&
        !passkey_challenge(a, p.client_data, &challenge, NULL).failed) {
        p.auth_data = rest;
        for (size_t i = 0; i < LEN(ceremonies); i++)
            (void)!passkey_made(a, &site, str_c(ceremonies[i].made_challenge), &p, &key, NULL)
                .failed;
        if (n > 0 && bytes[0] == 's')
            for (size_t at = 0; at < rest.n; at++)
                if (rest.p[at] == '\n') {
                    p.auth_data = str_sub(rest, 0, at);
                    p.signature = str_from(rest, at + 1);
                    try_shown(a, &site, &p);
                    break;
                }
    }
    arena_close(&a);
    return 0;
}
