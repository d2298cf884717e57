/*
 * Security: the attacker registers a client, or has altered what a store keeps of one. Promised: a
 * member of a wrong type or with an unlisted word never becomes a default, and what a request may
 * not say is not read from it. Deliberately not done here: what goes with what (client_check.c).
 */
#include "auth/client_metadata.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"

#define FIELD_BYTES_MAX 8192 /* a JWK set of a few keys; anything else is far shorter */
#define LIST_MAX        64

static const struct client_field fields[] = {
#define ANY false
#define OWN true
#define FIELD(name, member, kind, option, who, theme, fapi2, oidc, compat, words, help)            \
    { name,                                                                                        \
      option,                                                                                      \
      CLIENT_KIND_##kind,                                                                          \
      who,                                                                                         \
      CLIENT_THEME_##theme,                                                                        \
      offsetof(struct client, member),                                                             \
      sizeof(((struct client *)NULL)->member),                                                     \
      { fapi2, oidc, compat },                                                                     \
      words,                                                                                       \
      help },
#include "auth/client.def"
#undef FIELD
#undef ANY
#undef OWN
};

/* A list of addresses is followed by its count. */
static_assert(offsetof(struct client, redirect_count) ==
                  offsetof(struct client, redirect_uris) + sizeof(struct str) * CLIENT_URIS_MAX,
              "redirect_count follows redirect_uris");
static_assert(offsetof(struct client, post_logout_count) ==
                  offsetof(struct client, post_logout_uris) + sizeof(struct str) * CLIENT_URIS_MAX,
              "post_logout_count follows post_logout_uris");

static const char *const profiles[] = { "fapi2", "oidc", "dvcqg-compat" };

const struct client_field *client_fields(size_t *count)
{
    *count = LEN(fields);
    return fields;
}

const struct client_field *client_field_by_option(struct str option)
{
    for (size_t i = 0; i < LEN(fields); i++)
        if (option.n > 0 && str_is(option, fields[i].option))
            return &fields[i];
    return NULL;
}

bool client_profile_find(struct str word, enum client_profile *out)
{
    for (size_t i = 0; i < LEN(profiles); i++) {
        if (!str_is(word, profiles[i]))
            continue;
        *out = (enum client_profile)i;
        return true;
    }
    return false;
}

const char *client_profile_name(enum client_profile p)
{
    must((size_t)p < LEN(profiles));
    return profiles[p];
}

/* ---- members, whatever their kind ---- */

static void *place(struct client *c, const struct client_field *f)
{
    return (char *)c + f->offset;
}

static const void *place_of(const struct client *c, const struct client_field *f)
{
    return (const char *)c + f->offset;
}

static struct str text_of(const struct client *c, const struct client_field *f)
{
    must(f->bytes == sizeof(struct str));
    return *(const struct str *)place_of(c, f);
}

/* Enumerations, booleans and numbers. */
static int64_t number_of(const struct client *c, const struct client_field *f)
{
    if (f->bytes == sizeof(bool))
        return *(const bool *)place_of(c, f);
    must(f->bytes == sizeof(int));
    return *(const int *)place_of(c, f);
}

static void number_set(struct client *c, const struct client_field *f, int n)
{
    if (f->bytes == sizeof(bool)) {
        *(bool *)place(c, f) = n != 0;
        return;
    }
    must(f->bytes == sizeof(int));
    *(int *)place(c, f) = n;
}

/* The place of a word among those of a row; -1: it is none. */
static int word_find(const char *words, struct str word)
{
    struct str rest = str_c(words), one;

    for (int i = 0; str_next(&rest, '|', &one); i++)
        if (str_eq(one, word))
            return i;
    return -1;
}

static struct str word_at(const char *words, int64_t n)
{
    struct str rest = str_c(words), one = STR("");

    for (int64_t i = 0; i <= n; i++)
        must(str_next(&rest, '|', &one));
    return one;
}

static int alg_find(struct str word)
{
    enum key_alg alg;

    return key_alg_by_name(word, &alg) ? (int)alg : -1;
}

/* ---- reading ---- */

static result wrong(const struct client_field *f, const char *why, struct err *e)
{
    return fail_field(e, ERR_INVALID, f->name, "%s", why);
}

static result read_text(const struct client_field *f, struct arena *a, const struct json *v,
                        struct str *out, struct err *e)
{
    struct str s;

    if (!json_str(v, &s))
        return wrong(f, "not a string", e);
    if (s.n > FIELD_BYTES_MAX)
        return wrong(f, "too long", e);
    *out = str_dup(a, s);
    return OK;
}

/* Words of a list, or of one string, joined by single spaces; each once. */
static result read_words(const struct client_field *f, struct arena *a, const struct json *v,
                         struct str *out, struct err *e)
{
    struct buf b = buf_make(a, FIELD_BYTES_MAX);

    if (!json_is_array(v) || json_count(v) > LIST_MAX)
        return wrong(f, "not a list, or too long", e);
    for (size_t i = 0; i < json_count(v); i++) {
        struct str s;

        if (!json_str(json_at(v, i), &s) || s.n == 0 || str_has(s, STR(" ")))
            return wrong(f, "not a list of words", e);
        if (f->words[0] != '\0' && word_find(f->words, s) < 0)
            return wrong(f, "a word that is not supported", e);
        if (client_list_has(buf_str(&b), s))
            continue;
        if (b.n > 0)
            buf_putc(&b, ' ');
        buf_put(&b, s);
    }
    if (b.overflow)
        return wrong(f, "too long", e);
    *out = str_dup(a, buf_str(&b));
    return OK;
}

static result read_uris(const struct client_field *f, struct arena *a, const struct json *v,
                        struct client *c, struct err *e)
{
    struct str *uris = place(c, f);
    size_t *count = (size_t *)(void *)((char *)place(c, f) + f->bytes);

    if (!json_is_array(v) || json_count(v) > CLIENT_URIS_MAX)
        return wrong(f, "not a list of addresses, or too many", e);
    for (*count = 0; *count < json_count(v); (*count)++)
        TRY(read_text(f, a, json_at(v, *count), &uris[*count], e));
    return OK;
}

static result read_choice(const struct client_field *f, const struct json *v, struct client *c,
                          struct err *e)
{
    struct str s;
    int n;

    if (!json_str(v, &s))
        return wrong(f, "not a string", e);
    n = word_find(f->words, s);
    if (n >= 0 && f->kind == CLIENT_KIND_ALG)
        n = alg_find(s);
    if (n < 0)
        return wrong(f, "a word that is not supported", e);
    number_set(c, f, n);
    return OK;
}

static result read_way(const struct client_field *f, const struct json *v, struct client *c,
                       struct err *e)
{
    static const enum client_way ways[] = { CLIENT_WAY_NONE,   CLIENT_WAY_SECRET,
                                            CLIENT_WAY_SECRET, CLIENT_WAY_PRIVATE_KEY,
                                            CLIENT_WAY_TLS,    CLIENT_WAY_TLS_SELF };
    struct str s;
    int n;

    if (!json_str(v, &s))
        return wrong(f, "not a string", e);
    n = word_find(f->words, s);
    if (n < 0)
        return wrong(f, "a word that is not supported", e);
    c->way = ways[n];
    c->secret_by_post = str_is(s, "client_secret_post");
    return OK;
}

static result read_acr(const struct client_field *f, const struct json *v, struct client *c,
                       struct err *e)
{
    if (!json_is_array(v) || json_count(v) > 4)
        return wrong(f, "not a list, or too long", e);
    c->acr_least = 0;
    for (size_t i = 0; i < json_count(v); i++) {
        struct str s;
        int n;

        if (!json_str(json_at(v, i), &s) || (n = word_find(f->words, s)) < 0)
            return wrong(f, "a word that is not supported", e);
        if (c->acr_least == 0 || n + 1 < c->acr_least)
            c->acr_least = n + 1; /* any of them will do: the least counts */
    }
    return OK;
}

static result read_jwks(const struct client_field *f, struct arena *a, const struct json *v,
                        struct client *c, struct err *e)
{
    if (!json_is_object(v))
        return wrong(f, "not a JWK set", e);
    c->jwks = json_print(a, v);
    return c->jwks.n <= FIELD_BYTES_MAX ? OK : wrong(f, "too long", e);
}

static result read_bool(const struct client_field *f, const struct json *v, struct client *c,
                        struct err *e)
{
    bool b;

    if (!json_bool(v, &b))
        return wrong(f, "neither true nor false", e);
    number_set(c, f, b);
    return OK;
}

static result read_member(const struct client_field *f, struct arena *a, const struct json *v,
                          struct client *c, struct err *e)
{
    struct str ignored;

    switch (f->kind) {
    case CLIENT_KIND_URIS:
        return read_uris(f, a, v, c, e);
    case CLIENT_KIND_LIST:
        return read_words(f, a, v, place(c, f), e);
    case CLIENT_KIND_RESPONSE:
        return read_words(f, a, v, &ignored, e);
    case CLIENT_KIND_CHOICE:
    case CLIENT_KIND_ALG:
        return read_choice(f, v, c, e);
    case CLIENT_KIND_BOOL:
        return read_bool(f, v, c, e);
    case CLIENT_KIND_ACR:
        return read_acr(f, v, c, e);
    case CLIENT_KIND_WAY:
        return read_way(f, v, c, e);
    case CLIENT_KIND_JWKS:
        return read_jwks(f, a, v, c, e);
    case CLIENT_KIND_NAME:
    case CLIENT_KIND_TEXT:
    case CLIENT_KIND_URI:
    case CLIENT_KIND_WORDS:
        break;
    }
    return read_text(f, a, v, place(c, f), e);
}

static result only_known(const struct json *document, struct err *e)
{
    struct str name;
    struct json *v;

    for (size_t i = 0; json_each(document, i, &name, &v); i++) {
        bool known = false;

        for (size_t j = 0; j < LEN(fields); j++)
            known = known || str_is(name, fields[j].name);
        if (!known)
            return fail_field(e, ERR_UNKNOWN_FIELD, "client", "a member that no client has");
    }
    return OK;
}

/* FAPI 2.0 wants bound tokens, either way: who says "by certificate" need not refuse the other. */
static void settle_binding(const struct json *document, struct client *c)
{
    if (c->tls_bound && json_member(document, "dpop_bound_access_tokens") == NULL)
        c->dpop_bound = false;
}

result client_read(const struct auth *au, struct arena *a, enum client_profile p,
                   const struct json *document, enum client_source from, struct client *out,
                   struct err *e)
{
    struct client c = client_defaults(au, p);

    if (!json_is_object(document))
        return fail_field(e, ERR_INVALID, "client", "not a JSON object");
    if (from == CLIENT_FROM_STORE)
        TRY(only_known(document, e));
    for (size_t i = 0; i < LEN(fields); i++) {
        const struct json *v = json_member(document, fields[i].name);

        if (v != NULL && !(fields[i].own && from == CLIENT_FROM_REQUEST))
            TRY(read_member(&fields[i], a, v, &c, e));
    }
    c.register_own = from == CLIENT_FROM_STORE && json_member(document, "register_policy") != NULL;
    if (c.auth_alg >= 0 && c.way != CLIENT_WAY_PRIVATE_KEY)
        return fail_field(e, ERR_INVALID, "token_endpoint_auth_signing_alg",
                          "without private_key_jwt");
    settle_binding(document, &c);
    if (c.way == CLIENT_WAY_NONE && json_member(document, "require_pkce") == NULL)
        c.pkce_only = true;
    client_settle(&c);
    *out = c;
    return OK;
}

/* ---- defaults ---- */

static int register_policy_word(const struct auth *au)
{
    return word_find("require|prefer|skip", au->conf->person.policy);
}

static void default_set(struct client *c, const struct client_field *f, const char *word)
{
    const struct str s = str_c(word);

    if (f->kind == CLIENT_KIND_ALG)
        number_set(c, f, alg_find(s)); /* -1: none */
    if (s.n == 0)
        return;
    switch (f->kind) {
    case CLIENT_KIND_WORDS:
    case CLIENT_KIND_LIST:
        *(struct str *)place(c, f) = s;
        break;
    case CLIENT_KIND_CHOICE:
        number_set(c, f, word_find(f->words, s));
        break;
    case CLIENT_KIND_BOOL:
        number_set(c, f, s.p[0] == 't');
        break;
    case CLIENT_KIND_WAY:
        c->way = str_is(s, "private_key_jwt") ? CLIENT_WAY_PRIVATE_KEY : CLIENT_WAY_SECRET;
        c->secret_by_post = str_is(s, "client_secret_post");
        break;
    default:
        break;
    }
}

struct client client_defaults(const struct auth *au, enum client_profile p)
{
    struct client c = { .profile = p };
    const int policy = register_policy_word(au);

    must((size_t)p < LEN(profiles));
    for (size_t i = 0; i < LEN(fields); i++)
        default_set(&c, &fields[i], fields[i].silent[p]);
    c.register_policy = policy < 0 ? CLIENT_REGISTER_REQUIRE : (enum client_register)policy;
    c.has_secret = c.way == CLIENT_WAY_SECRET;
    return c;
}

void client_settle(struct client *c)
{
    if (c->name_en.n == 0)
        c->name_en = c->name_vi;
    c->has_secret = c->way == CLIENT_WAY_SECRET;
    if (c->sector_given.n > 0)
        c->sector = c->sector_given;
    else if (c->sector_uri.n > 0)
        c->sector = client_uri_host(c->sector_uri);
    else if (c->redirect_count > 0)
        c->sector = client_uri_host(c->redirect_uris[0]);
    else
        c->sector = c->id;
}

/* ---- printing ---- */

const char *client_way_name(const struct client *c)
{
    static const char *const names[] = { "none", "client_secret_basic", "private_key_jwt",
                                         "tls_client_auth", "self_signed_tls_client_auth" };

    must((size_t)c->way < LEN(names));
    return c->way == CLIENT_WAY_SECRET && c->secret_by_post ? "client_secret_post" : names[c->way];
}

static struct json *words_json(struct str words)
{
    struct json *list = json_array();
    struct str one;

    while (str_next(&words, ' ', &one))
        if (one.n > 0)
            json_add_str(list, one);
    return list;
}

static struct json *uris_json(const struct client *c, const struct client_field *f)
{
    const struct str *uris = place_of(c, f);
    const size_t count = *(const size_t *)(const void *)((const char *)place_of(c, f) + f->bytes);
    struct json *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_add_str(list, uris[i]);
    return list;
}

static void print_text(struct json *o, const char *name, struct str s)
{
    if (s.n > 0)
        json_put_str(o, name, s);
}

static void print_list(struct json *o, const char *name, struct str words)
{
    if (words.n > 0)
        json_put(o, name, words_json(words));
}

static void print_member(struct json *o, const struct client *c, const struct client_field *f)
{
    struct json *keys = NULL;

    switch (f->kind) {
    case CLIENT_KIND_URIS:
        json_put(o, f->name, uris_json(c, f));
        break;
    case CLIENT_KIND_LIST:
        print_list(o, f->name, text_of(c, f));
        break;
    case CLIENT_KIND_RESPONSE:
        json_put(o, f->name,
                 words_json(client_may_grant(c, "authorization_code") ? STR("code") : STR("")));
        break;
    case CLIENT_KIND_CHOICE:
        json_put_str(o, f->name, word_at(f->words, number_of(c, f)));
        break;
    case CLIENT_KIND_ALG:
        if (number_of(c, f) >= 0)
            json_put_str(o, f->name, str_c(key_alg_name((enum key_alg)number_of(c, f))));
        break;
    case CLIENT_KIND_BOOL:
        json_put_bool(o, f->name, number_of(c, f) != 0);
        break;
    case CLIENT_KIND_ACR:
        if (c->acr_least > 0)
            json_put(o, f->name, words_json(word_at(f->words, c->acr_least - 1)));
        break;
    case CLIENT_KIND_WAY:
        json_put_str(o, f->name, str_c(client_way_name(c)));
        break;
    case CLIENT_KIND_JWKS:
        if (c->jwks.n > 0 && !json_read(c->jwks, &keys, NULL).failed)
            json_put(o, f->name, keys);
        break;
    default:
        print_text(o, f->name, text_of(c, f));
        break;
    }
}

struct json *client_print(const struct client *c)
{
    struct json *o = json_object();

    for (size_t i = 0; i < LEN(fields); i++) {
        /* Who follows the installation's policy goes on following it. */
        if (fields[i].offset == offsetof(struct client, register_policy) && !c->register_own)
            continue;
        print_member(o, c, &fields[i]);
    }
    return o;
}

struct client client_copy(struct arena *a, const struct client *c)
{
    struct client out = *c;

    for (size_t i = 0; i < LEN(fields); i++) {
        struct str *s = place(&out, &fields[i]);
        const size_t n = fields[i].bytes / sizeof(*s);

        if (fields[i].bytes < sizeof(*s))
            continue;
        for (size_t j = 0; j < n; j++)
            if (s[j].n > 0)
                s[j] = str_dup(a, s[j]);
    }
    out.id = str_dup(a, c->id);
    out.sector = str_dup(a, c->sector);
    return out;
}

/* ---- the command line, and the page ---- */

struct json *client_field_value(const struct client_field *f, struct str text)
{
    struct json *o = json_object(), *v = NULL;

    switch (f->kind) {
    case CLIENT_KIND_URIS:
    case CLIENT_KIND_LIST:
    case CLIENT_KIND_RESPONSE:
    case CLIENT_KIND_ACR:
        json_put(o, "v", words_json(text));
        break;
    case CLIENT_KIND_BOOL:
        if (str_is(text, "true") || str_is(text, "false"))
            json_put_bool(o, "v", str_is(text, "true"));
        break;
    case CLIENT_KIND_JWKS:
        if (!json_read(text, &v, NULL).failed)
            json_put(o, "v", v);
        break;
    default:
        json_put_str(o, "v", text);
        break;
    }
    v = json_member(o, "v") == NULL ? NULL : json_copy(json_member(o, "v"));
    json_close(&o);
    return v;
}

static void print_words(struct buf *out, const char *words, char between)
{
    struct str rest = str_c(words), one;
    bool first = true;

    while (str_next(&rest, between, &one)) {
        if (one.n == 0)
            continue;
        buf_fmt(out, first ? "`%.*s`" : " `%.*s`", STR_ARG(one));
        first = false;
    }
}

static void print_defaults(struct buf *out, const struct client_field *f)
{
    for (size_t p = 0; p < LEN(profiles); p++) {
        print_words(out, f->silent[p], ' ');
        buf_puts(out, " | ");
    }
}

void client_print_reference(struct buf *out)
{
    buf_puts(out,
             "# Clients\n\nGenerated from `auth/client.def`. To write this page anew:\n"
             "`MOTCUA_WRITE_DOCS=1 ctest --test-dir build/debug -R auth/client_metadata`.\n\n"
             "What is registered of a portal or system: by `motcua client add ID --profile P ...` "
             "with the options of the\ntable, or at `POST /register` in the same names (RFC 7591). "
             "Rows marked * are set by the operator only.\n`motcua client change ID ...` takes the "
             "same options. Lists are words separated by spaces, addresses are\nrepeated options, "
             "`--jwks-file` names a file.\n\n"
             "| member | option | fapi2 | oidc | dvcqg-compat | values | what |\n"
             "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < LEN(fields); i++) {
        const struct client_field *f = &fields[i];

        buf_fmt(out, "| `%s`%s | %s%s%s | ", f->name, f->own ? " *" : "", f->option[0] ? "`" : "",
                f->option, f->option[0] ? "`" : "");
        print_defaults(out, f);
        print_words(out, f->words, '|');
        buf_fmt(out, " | %s |\n", f->help);
    }
}
