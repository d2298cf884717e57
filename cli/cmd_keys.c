/* Signing keys, and the keys that seal personal data. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/cli.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"

/* Those that --alg names, or `otherwise`. */
static result algs_read(const struct cli *cli, unsigned otherwise, unsigned *algs, struct err *e)
{
    const char *word = cli_option(cli, "--alg", 0);
    enum key_alg alg = KEY_ES256;

    *algs = otherwise;
    if (cli_word(cli, 0) != NULL)
        return fail_field(e, ERR_INVALID, cli_word(cli, 0), "takes options only, such as --alg");
    if (word == NULL)
        return cli_flag(cli, "--alg") ? fail_field(e, ERR_INVALID, "alg", "no value") : OK;
    if (!key_alg_by_name(str_c(word), &alg) || alg == KEY_EDDSA)
        return fail_field(e, ERR_INVALID, "alg", "not ES256, RS256 or PS256");
    *algs = KEY_BIT(alg);
    return OK;
}

static const char *keys_dir(const struct cli *cli)
{
    return str_cstr(cli->arena, cli->conf.crypto.keys_dir);
}

static result make_pair(struct cli *cli, enum key_alg alg, struct err *e)
{
    const enum key_state states[] = { KEY_ACTIVE, KEY_NEXT };
    struct str kid;

    for (size_t i = 0; i < LEN(states); i++) {
        TRY(keyring_make_key(keys_dir(cli), alg, states[i], cli->arena, &kid, e));
        (void)printf("%s %s %.*s\n", key_state_name(states[i]), key_alg_name(alg), STR_ARG(kid));
    }
    return OK;
}

/* What a folder has already; none where there is no folder yet. */
static unsigned algs_there(struct cli *cli)
{
    struct keyring *ring = NULL;
    unsigned algs = 0;

    if (keyring_open(keys_dir(cli), &ring, NULL).failed)
        return 0;
    algs = keyring_algs(ring);
    keyring_close(&ring);
    return algs;
}

result cmd_keys_make(struct cli *cli, struct err *e)
{
    const unsigned both = KEY_BIT(KEY_ES256) | KEY_BIT(KEY_RS256);
    unsigned algs;

    TRY(algs_read(cli, both, &algs, e));
    TRY(cli_load_conf(cli, e));
    if (algs == both && algs_there(cli) != both && (algs_there(cli) & both) != 0)
        algs &= ~algs_there(cli); /* an older installation gets what it lacks */
    for (int alg = KEY_ES256; alg <= KEY_PS256; alg++)
        if ((algs & KEY_BIT(alg)) != 0)
            TRY(make_pair(cli, (enum key_alg)alg, e));
    return OK;
}

static const char *when(struct cli *cli, int64_t ms)
{
    return str_cstr(cli->arena, clock_rfc3339(cli->arena, ms));
}

static void entry_print(struct cli *cli, const struct key_entry *k)
{
    const int64_t since = k->since_ms, every_s = cli->conf.crypto.rotate_days * 86400;

    (void)printf("%-7s %s %.*s since %s", key_state_name(k->state), key_alg_name(k->alg),
                 STR_ARG(k->id), when(cli, since));
    if (k->state == KEY_NEXT)
        (void)printf(", may sign from %s",
                     when(cli, since + cli->conf.crypto.publish_ahead_s * 1000));
    else if (k->state == KEY_RETIRED)
        (void)printf(", goes with the first rotation after %s",
                     when(cli, since + cli->conf.crypto.keep_retired_s * 1000));
    else if (every_s > 0)
        (void)printf(", next rotation %s", when(cli, since + every_s * 1000));
    else
        (void)printf(", next rotation by command");
    (void)printf("\n");
}

result cmd_keys_list(struct cli *cli, struct err *e)
{
    struct key_entry *list = NULL;
    size_t n = 0;

    TRY(cli_load_conf(cli, e));
    TRY(keyring_list(keys_dir(cli), cli->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        entry_print(cli, &list[i]);
    return OK;
}

static result rotate(struct cli *cli, enum key_alg alg, struct err *e)
{
    const struct rotation r = {
        .alg = alg,
        .now_ms = clock_now_ms(&cli->clock),
        .keep_s = cli->conf.crypto.keep_retired_s,
        .ahead_s = cli_flag(cli, "--now") ? 0 : cli->conf.crypto.publish_ahead_s,
    };
    bool moved = false;

    TRY(keyring_rotate(keys_dir(cli), &r, &moved, e));
    (void)printf("%s: %s\n", key_alg_name(alg),
                 moved ? "rotated" : "had no next key; it has one now, and nothing else changed");
    return OK;
}

result cmd_keys_rotate(struct cli *cli, struct err *e)
{
    struct keyring *ring = NULL;
    unsigned algs;

    TRY(algs_read(cli, 0, &algs, e));
    TRY(cli_load_conf(cli, e));
    if (algs == 0) {
        TRY(keyring_open(keys_dir(cli), &ring, e));
        algs = keyring_algs(ring);
        keyring_close(&ring);
    }
    for (int alg = KEY_ES256; alg <= KEY_PS256; alg++)
        if ((algs & KEY_BIT(alg)) != 0)
            TRY(rotate(cli, (enum key_alg)alg, e));
    return OK;
}

result cmd_seal_make(struct cli *cli, struct err *e)
{
    TRY(cli_load_conf(cli, e));
    return seal_make_file(str_cstr(cli->arena, cli->conf.crypto.seal_file), e);
}

result cmd_seal_add(struct cli *cli, struct err *e)
{
    TRY(cli_load_conf(cli, e));
    return seal_add_key(str_cstr(cli->arena, cli->conf.crypto.seal_file), e);
}
