/* rooms: base crypto conf store http auth */
/* An authorization request: whatever it says, nothing is sent to an address that is not registered,
 * and every answer to the client carries iss. */
#include <stdlib.h>
#include <unistd.h>

#include "auth/client.h"
#include "auth/client_book.h"
#include "auth/oidc_authorize.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"
#include "http/form.h"
#include "store/kv.h"
#include "store/migrate.h"
#include "store/sql.h"

#define RETURN_TO "https://portal.example.vn/callback"

static struct auth auth;
static struct conf conf;
static struct clock now;

static void stores_open(struct arena *a)
{
    const struct sql_config sc = { .target = STR(":memory:"),
                                   .connections_max = 1,
                                   .wait_ms = 1000 };
    const struct kv_config kc = { .memory_bytes_max = (size_t)1 << 20, .clock = &now };
    char folder[] = "/tmp/fuzz_authorize_XXXXXX";
    struct str kid, path;
    struct seal *seal;
    int applied;

    must(mkdtemp(folder) != NULL);
    path = str_fmt(a, "%s/seal", folder);
    must(!sql_open(&sc, &auth.sql, NULL).failed);
    must(!migrate_up(auth.sql, &now, &applied, NULL).failed);
    must(!kv_open(&kc, &auth.kv, NULL).failed);
    must(!seal_make_file(str_cstr(a, path), NULL).failed);
    must(!seal_open(str_cstr(a, path), &seal, NULL).failed);
    must(unlink(str_cstr(a, path)) == 0);
    auth.seal = seal;
    must(!keyring_make_key(folder, KEY_ES256, KEY_ACTIVE, a, &kid, NULL).failed);
    must(!keyring_open(folder, &auth.keys, NULL).failed);
    (void)unlink(str_cstr(a, str_fmt(a, "%s/%.*s.active.pem", folder, STR_ARG(kid))));
    (void)rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct arena *a = arena_open((size_t)4 << 20);
    const struct visit v = { .arena = a, .request_id = STR("fuzz"), .ip = STR("203.0.113.7") };
    struct client c = { .id = STR("portal"),
                        .profile = CLIENT_OIDC,
                        .name_vi = STR("Portal"),
                        .redirect_uris = { STR(RETURN_TO) },
                        .redirect_count = 1 };
    struct str none = STR("");

    (void)argc, (void)argv;
    now = clock_fixed(1795399200000);
    conf.service.issuer = STR("https://id.example.vn");
    conf.auth.login_ttl_s = 900;
    conf.person.policy = STR("require");
    conf.service.national_systems = STR("simulated");
    auth.conf = &conf;
    auth.clock = &now;
    stores_open(a);
    auth.clients = client_book_open();
    must(!client_add(&auth, &v, &c, &none, NULL).failed);
    arena_close(&a);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_open((size_t)8 << 20);
    const struct visit v = { .arena = a, .request_id = STR("fuzz"), .ip = STR("203.0.113.7") };
    struct form *f = arena_new(a, struct form);
    struct authorize_reply *r = arena_new(a, struct authorize_reply);
    struct err e = { .code = ERR_NONE };

    if (!form_read(a, str_of(p, n), f, &e).failed &&
        !oidc_authorize(&auth, &v, f, NULL, r, &e).failed) {
        must(r->kind == AUTHORIZE_PAGE || r->kind == AUTHORIZE_SIGN_IN ||
             str_eq(r->url, STR(RETURN_TO)) || str_starts(r->url, STR(RETURN_TO "?")));
        if (r->kind == AUTHORIZE_REDIRECT)
            must(str_has(r->url, STR("iss=https%3A%2F%2Fid.example.vn")) ||
                 str_has(r->url, STR("response=eyJ"))); /* signed, with iss in it */
        must(r->kind != AUTHORIZE_PAGE || r->url.n == 0);
    }
    arena_close(&a);
    return 0;
}
