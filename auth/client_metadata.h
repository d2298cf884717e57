/*
 * client_metadata.h - the registered document of a client: reading, printing, describing it, from
 * the rows of client.def.
 *
 * Members of a wrong type, words that a row does not list, and lists that are too long are
 * ERR_INVALID with the member's name. A member that is null counts as absent; an absent one gets
 * the profile's default. Strings live in the arena given.
 */
#ifndef AUTH_CLIENT_METADATA_H
#define AUTH_CLIENT_METADATA_H

#include "auth/auth.h"
#include "auth/client.h"

struct buf;
struct json;

enum client_kind {
    CLIENT_KIND_URIS,     /* JSON list of addresses */
    CLIENT_KIND_NAME,     /* text for people */
    CLIENT_KIND_TEXT,     /* one string */
    CLIENT_KIND_URI,      /* one address */
    CLIENT_KIND_WORDS,    /* words in one string */
    CLIENT_KIND_LIST,     /* JSON list of words */
    CLIENT_KIND_RESPONSE, /* response_types, which follow from the grants */
    CLIENT_KIND_CHOICE,   /* one of the row's words; kept as its place */
    CLIENT_KIND_BOOL,
    CLIENT_KIND_ALG, /* enum key_alg, -1: none */
    CLIENT_KIND_ACR, /* default_acr_values */
    CLIENT_KIND_WAY, /* token_endpoint_auth_method */
    CLIENT_KIND_JWKS
};

/* What a field is about; the page shows one after the other. */
enum client_theme {
    CLIENT_THEME_ADDRESSES,
    CLIENT_THEME_PROOF,
    CLIENT_THEME_TOKENS,
    CLIENT_THEME_DATA,
    CLIENT_THEME_PEOPLE,
    CLIENT_THEMES
};

struct client_field {
    const char *name;
    const char *option; /* of the command line; "" none */
    enum client_kind kind;
    bool own; /* our operator's, never of a registration request */
    enum client_theme theme;
    size_t offset, bytes;
    const char *silent[3]; /* default, by enum client_profile */
    const char *words;
    const char *help;
};

enum client_source {
    CLIENT_FROM_STORE,   /* also the command line: unknown members are ERR_UNKNOWN_FIELD */
    CLIENT_FROM_REQUEST, /* RFC 7591 2: unknown members, and rows marked OWN, are ignored */
};

const struct client_field *client_fields(size_t *count);
const struct client_field *client_field_by_option(struct str option); /* NULL: none */
/* What a command line says, as the JSON that belongs there; NULL: it cannot be one. The caller
 * owns it. */
struct json *client_field_value(const struct client_field *f, struct str text);

bool client_profile_find(struct str word, enum client_profile *out);
const char *client_profile_name(enum client_profile p);
const char *client_way_name(const struct client *c);

/* The defaults of a profile, without id and names. */
struct client client_defaults(const struct auth *au, enum client_profile p);
/* Defaults, then the document, then client_settle(). id, secret and times are the caller's. */
MUST_USE result client_read(const struct auth *au, struct arena *a, enum client_profile p,
                            const struct json *document, enum client_source from,
                            struct client *out, struct err *e);
/* What follows from the rest: names, sector, has_secret, PKCE of public clients. */
void client_settle(struct client *c);
/* Who follows person.policy has no register_policy in it, and goes on following. The caller's. */
struct json *client_print(const struct client *c);
/* Copies with all its texts into the arena. */
struct client client_copy(struct arena *a, const struct client *c);
/* The rules: forms of addresses, and what a profile allows. ERR_INVALID names the member. */
MUST_USE result client_check(const struct auth *au, const struct client *c, struct err *e);
/* Scheme-less host of an address; empty when there is none to trust. */
struct str client_uri_host(struct str uri);
void client_print_reference(struct buf *out); /* docs/clients.md */

#endif
