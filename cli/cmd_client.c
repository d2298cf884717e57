/* Registered portals and systems. */
#include <stdio.h>

#include "auth/client.h"
#include "auth/client_keys.h"
#include "auth/client_metadata.h"
#include "auth/client_register.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/cli.h"
#include "crypto/secret.h"

static struct str option(const struct cli *cli, const char *name)
{
    return str_c(cli_option(cli, name, 0));
}

static void close_file(FILE **f)
{
    if (*f != NULL)
        (void)fclose(*f);
}

static result read_file(struct cli *cli, const char *path, const char *field, struct str *out,
                        struct err *e)
{
    DEFER(close_file) FILE *f = fopen(path, "rb");
    char *p = arena_alloc(cli->arena, LIMIT_JSON_BYTES);
    size_t n;

    if (f == NULL)
        return fail_field(e, ERR_INVALID, field, "cannot be opened");
    n = fread(p, 1, LIMIT_JSON_BYTES, f);
    if (ferror(f) != 0 || n == LIMIT_JSON_BYTES)
        return fail_field(e, ERR_INVALID, field, "cannot be read, or is too long");
    *out = str_of(p, n);
    return OK;
}

/* The option's values as one text; repetitions are joined by spaces. */
static result option_text(struct cli *cli, const struct client_field *f, struct str *out,
                          struct err *e)
{
    struct str text = option(cli, f->option);
    const char *more;

    if (f->kind == CLIENT_KIND_JWKS)
        return read_file(cli, cli_option(cli, f->option, 0), f->option, out, e);
    for (int i = 1; (more = cli_option(cli, f->option, i)) != NULL; i++)
        text = str_fmt(cli->arena, "%.*s %s", STR_ARG(text), more);
    *out = text;
    return OK;
}

/* Puts what the options say into the document; an empty value takes a member away. */
static result options_put(struct cli *cli, struct json *document, struct err *e)
{
    size_t n;
    const struct client_field *fields = client_fields(&n);

    for (size_t i = 0; i < n; i++) {
        struct json *value;
        struct str text;

        if (fields[i].option[0] == '\0' || cli_option(cli, fields[i].option, 0) == NULL)
            continue;
        TRY(option_text(cli, &fields[i], &text, e));
        if (text.n == 0) {
            json_put_null(document, fields[i].name);
            continue;
        }
        value = client_field_value(&fields[i], text);
        if (value == NULL)
            return fail_field(e, ERR_INVALID, fields[i].option, "not a value of its kind");
        json_put(document, fields[i].name, value);
    }
    if (cli_flag(cli, "--public"))
        json_put_str(document, "token_endpoint_auth_method", STR("none"));
    return OK;
}

static result option_profile(const struct cli *cli, enum client_profile *profile, struct err *e)
{
    const struct str word = option(cli, "--profile");

    if (word.n > 0 && !client_profile_find(word, profile))
        return fail_field(e, ERR_INVALID, "--profile", "fapi2, oidc or dvcqg-compat");
    return OK;
}

result cmd_client_add(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(secret_wipe) struct secret given = { 0 };
    DEFER(json_close) struct json *document = json_object();
    const char *file = cli_option(cli, "--secret-file", 0);
    const struct visit visit = cli_visit(cli);
    enum client_profile profile = CLIENT_FAPI2;
    struct str secret = STR(""), id;
    struct client client;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(option_profile(cli, &profile, e));
    TRY(options_put(cli, document, e));
    if (json_member(document, "client_name") == NULL)
        json_put_str(document, "client_name", id);
    if (file != NULL) {
        TRY(secret_load(&given, file, e));
        secret = secret_str(&given);
    }
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_read(&app->auth, cli->arena, profile, document, CLIENT_FROM_STORE, &client, e));
    client.id = id;
    TRY(client_signing_check(&app->auth, &client, e));
    TRY(client_sector_verify(&app->auth, cli->arena, &client, e));
    TRY(client_add(&app->auth, &visit, &client, &secret, e));
    (void)printf("client %.*s\n", STR_ARG(client.id));
    if (file == NULL && client.has_secret)
        (void)printf("secret %.*s\n", STR_ARG(secret));
    return OK;
}

/* As registered, with what the document does not hold. */
static struct json *describe(struct arena *a, const struct client *c)
{
    struct json *o = client_print(c);

    json_put_str(o, "client_id", c->id);
    json_put_str(o, "profile", str_c(client_profile_name(c->profile)));
    json_put_str(o, "sector", c->sector);
    json_put_bool(o, "disabled", c->disabled);
    json_put_str(o, "created", clock_rfc3339(a, c->created_ms));
    json_put_str(o, "updated", clock_rfc3339(a, c->updated_ms));
    return o;
}

result cmd_client_list(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *all = json_array();
    struct client *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_list(&app->auth, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++) {
        if (cli_flag(cli, "--json"))
            json_add(all, describe(cli->arena, &list[i]));
        else
            (void)printf("%.*s | %s%s | %.*s | %.*s | %.*s\n", STR_ARG(list[i].id),
                         client_profile_name(list[i].profile),
                         list[i].disabled ? " (disabled)" : "", STR_ARG(list[i].name_vi),
                         STR_ARG(list[i].grants), STR_ARG(list[i].scopes));
    }
    if (cli_flag(cli, "--json"))
        (void)printf("%.*s\n", STR_ARG(json_print(cli->arena, all)));
    return OK;
}

static void print_lines(struct arena *a, const struct json *o)
{
    struct json *value;
    struct str name, text;

    for (size_t i = 0; json_each(o, i, &name, &value); i++) {
        if (!json_str(value, &text))
            text = json_print(a, value);
        (void)printf("%.*s: %.*s\n", STR_ARG(name), STR_ARG(text));
    }
}

result cmd_client_show(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *o = NULL;
    struct client client;
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_load_any(&app->auth, cli->arena, id, &client, e));
    o = describe(cli->arena, &client);
    if (cli_flag(cli, "--json"))
        (void)printf("%.*s\n", STR_ARG(json_print(cli->arena, o)));
    else
        print_lines(cli->arena, o);
    return OK;
}

result cmd_client_change(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *document = NULL;
    const struct visit visit = cli_visit(cli);
    struct client old, client;
    enum client_profile profile;
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_load_any(&app->auth, cli->arena, id, &old, e));
    profile = old.profile;
    TRY(option_profile(cli, &profile, e));
    document = client_print(&old);
    TRY(options_put(cli, document, e));
    TRY(client_read(&app->auth, cli->arena, profile, document, CLIENT_FROM_STORE, &client, e));
    client.id = id;
    /* Citizens' subjects stay, although the host moved. */
    if (!str_eq(client.sector, old.sector) && option(cli, "--sector-uri").n == 0 &&
        option(cli, "--sector").n == 0)
        client.sector_given = old.sector;
    TRY(client_signing_check(&app->auth, &client, e));
    TRY(client_sector_verify(&app->auth, cli->arena, &client, e));
    return client_change(&app->auth, &visit, &client, e);
}

result cmd_client_remove(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return client_remove(&app->auth, &visit, id, e);
}

static result set_disabled(struct cli *cli, bool disabled, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return client_disable(&app->auth, &visit, id, disabled, e);
}

result cmd_client_disable(struct cli *cli, struct err *e)
{
    return set_disabled(cli, true, e);
}

result cmd_client_enable(struct cli *cli, struct err *e)
{
    return set_disabled(cli, false, e);
}

result cmd_client_secret(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(secret_wipe) struct secret given = { 0 };
    const char *file = cli_option(cli, "--secret-file", 0);
    const struct visit visit = cli_visit(cli);
    struct str secret = STR(""), id;
    int64_t keep_s = 0;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    if (option(cli, "--keep-s").n > 0 && (!str_to_i64(option(cli, "--keep-s"), &keep_s) ||
                                          keep_s < 0 || keep_s > (int64_t)30 * 86400))
        return fail_field(e, ERR_INVALID, "--keep-s", "seconds, 30 days at most");
    if (file != NULL) {
        TRY(secret_load(&given, file, e));
        secret = secret_str(&given);
    }
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_secret_new(&app->auth, &visit, id, keep_s, &secret, e));
    if (file == NULL)
        (void)printf("secret %.*s\n", STR_ARG(secret));
    return OK;
}

/* Its rules, its keys where they are fetched, and whether an address is one of its own. */
result cmd_client_check(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(key_set_close) struct key_set *keys = NULL;
    const struct str uri = option(cli, "--redirect");
    struct str id, difference = STR("");
    struct client client;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_load_any(&app->auth, cli->arena, id, &client, e));
    if (uri.n > 0)
        difference = client_redirect_difference(cli->arena, &client, uri);
    if (difference.n > 0)
        return fail_field(e, ERR_BAD_REDIRECT, "redirect_uris", "%.*s", STR_ARG(difference));
    TRY(client_check(&app->auth, &client, e));
    if (client.jwks.n > 0 || client.jwks_uri.n > 0)
        TRY(client_keys_find(&app->auth, cli->arena, &client, STR(""), &keys, e));
    (void)printf("client %.*s%s: its settings%s%s are good\n", STR_ARG(id),
                 client.disabled ? " (disabled)" : "", keys != NULL ? ", keys" : "",
                 uri.n > 0 ? ", this address" : "");
    return OK;
}

result cmd_client_invite(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct client_invite invite = { .note = option(cli, "--note"),
                                    .profile = CLIENT_FAPI2,
                                    .scopes = option(cli, "--scopes"),
                                    .grants = option(cli, "--grants"),
                                    .name = option(cli, "--name"),
                                    .uses = 1 };
    struct date until = date_add_days(clock_today(&cli->clock), 7);
    struct str token;

    TRY(option_profile(cli, &invite.profile, e));
    if (invite.scopes.n == 0)
        invite.scopes = STR("openid profile");
    if (option(cli, "--uses").n > 0 && !str_to_i64(option(cli, "--uses"), &invite.uses))
        return fail_field(e, ERR_INVALID, "--uses", "not a number");
    if (option(cli, "--expires").n > 0 &&
        (!date_read(option(cli, "--expires"), &until) || !date_is_valid(until)))
        return fail_field(e, ERR_INVALID, "--expires", "not a day, yyyy-mm-dd");
    invite.expires_ms = clock_day_start_ms(date_add_days(until, 1));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_invite_make(&app->auth, &visit, &invite, &token, e));
    (void)printf("invitation %.*s\n", STR_ARG(token));
    return OK;
}

result cmd_client_invitations(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct client_invite_row *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(client_invite_list(&app->auth, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++) {
        const struct client_invite *one = &list[i].invite;

        (void)printf("%.*s %lld until %.*s %s | %.*s%s%.*s%s%.*s | %.*s\n", STR_ARG(list[i].id),
                     (long long)one->uses,
                     STR_ARG(date_iso(cli->arena, clock_local(one->expires_ms - 1).date)),
                     client_profile_name(one->profile), STR_ARG(one->scopes),
                     one->grants.n > 0 ? "; grants " : "", STR_ARG(one->grants),
                     one->name.n > 0 ? "; name " : "", STR_ARG(one->name), STR_ARG(one->note));
    }
    return OK;
}

result cmd_client_uninvite(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit visit = cli_visit(cli);
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return client_invite_end(&app->auth, &visit, id, e);
}

result cmd_client_fields(struct cli *cli, struct err *e)
{
    struct buf b = buf_make(cli->arena, LIMIT_PAGE_BYTES);
    struct str text;

    client_print_reference(&b);
    TRY(buf_end(&b, &text, e));
    cli_print(text);
    return OK;
}
