/* Signing keys, and the key that seals personal data. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/cli.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"

static result read_alg(const struct cli *cli, enum key_alg *alg, struct err *e)
{
    static const char *const names[] = { "ES256", "RS256", "PS256" };
    const char *word = cli_word(cli, 0);

    *alg = KEY_ES256;
    for (size_t i = 0; word != NULL && i < LEN(names); i++)
        if (str_is(str_c(word), names[i])) {
            *alg = (enum key_alg)i;
            return OK;
        }
    if (word != NULL)
        return fail_field(e, ERR_INVALID, "algorithm", "not ES256, RS256 or PS256");
    return OK;
}

result cmd_keys_make(struct cli *cli, struct err *e)
{
    const enum key_state states[] = { KEY_ACTIVE, KEY_NEXT };
    enum key_alg alg;
    struct str kid;

    TRY(read_alg(cli, &alg, e));
    TRY(cli_load_conf(cli, e));
    for (size_t i = 0; i < LEN(states); i++) {
        TRY(keyring_make_key(str_cstr(cli->arena, cli->conf.crypto.keys_dir), alg, states[i],
                             cli->arena, &kid, e));
        (void)printf("%s %.*s\n", states[i] == KEY_ACTIVE ? "active" : "next", STR_ARG(kid));
    }
    return OK;
}

result cmd_keys_rotate(struct cli *cli, struct err *e)
{
    enum key_alg alg;

    TRY(read_alg(cli, &alg, e));
    TRY(cli_load_conf(cli, e));
    return keyring_rotate(str_cstr(cli->arena, cli->conf.crypto.keys_dir), alg,
                          clock_now_ms(&cli->clock), cli->conf.crypto.keep_retired_s, e);
}

result cmd_seal_make(struct cli *cli, struct err *e)
{
    TRY(cli_load_conf(cli, e));
    return seal_make_file(str_cstr(cli->arena, cli->conf.crypto.seal_file), e);
}
