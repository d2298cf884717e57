/*
 * Security: the attacker puts anything into the claims parameter: depth, length, wrong types, or a
 * wish for a level that would quietly be dropped. Promised: what is kept has the shape of OIDC Core
 * 5.5 (an unknown shape is refused, not guessed); an essential acr that names no level of ours is
 * refused at once instead of being forgotten. Which claims the client may have is decided where
 * they are told (auth/claims.h).
 */
#include "auth/acr.h"
#include "auth/claims.h"
#include "auth/oidc_request.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

#define CLAIMS_PER_PLACE_MAX 100
#define VALUE_BYTES_MAX      200
#define VALUES_MAX           16

static result shape(struct err *e)
{
    return fail_field(e, ERR_INVALID, "claims", "not the shape of OIDC Core 5.5");
}

/* One claim's member: null, or an object with essential, value, values. */
static result claim_check(const struct json *want, struct err *e)
{
    bool essential;

    if (want == NULL)
        return OK;
    if (!json_is_object(want))
        return shape(e);
    if (json_member(want, "essential") != NULL &&
        !json_bool(json_member(want, "essential"), &essential))
        return shape(e);
    if (json_member(want, "values") != NULL &&
        (!json_is_array(json_member(want, "values")) ||
         json_count(json_member(want, "values")) > VALUES_MAX))
        return shape(e);
    return OK;
}

/* verified_claims (OpenID Connect for Identity Assurance) is an object or a list of them. */
static result place_check(const struct json *place, struct err *e)
{
    struct str name;
    struct json *want;

    if (!json_is_object(place))
        return shape(e);
    for (size_t i = 0; json_each(place, i, &name, &want); i++) {
        if (i >= CLAIMS_PER_PLACE_MAX)
            return fail_field(e, ERR_INVALID, "claims", "too many");
        if (str_is(name, "verified_claims")) {
            if (!json_is_object(want) && !json_is_array(want))
                return shape(e);
            continue;
        }
        TRY(claim_check(json_member(place, name.p), e));
    }
    return OK;
}

static result acr_name_read(const struct json *v, bool compat, unsigned *set, int *first,
                            struct err *e)
{
    struct str name;
    int level;

    if (!json_str(v, &name) || name.n > VALUE_BYTES_MAX)
        return shape(e);
    level = acr_read(name, compat);
    if (level == 0)
        return OK;
    if (*first == 0)
        *first = level;
    *set |= 1U << level;
    return OK;
}

static result acr_want(const struct json *want, bool compat, struct oidc_request *rq, struct err *e)
{
    const struct json *one = json_member(want, "value"), *all = json_member(want, "values");
    bool essential = false;
    unsigned set = 0;
    int first = 0;

    TRY(json_want_bool(want, "essential", &essential, e));
    if (one == NULL && json_count(all) == 0)
        return OK; /* it is always told */
    if (one != NULL)
        TRY(acr_name_read(one, compat, &set, &first, e));
    for (size_t i = 0; i < json_count(all); i++)
        TRY(acr_name_read(json_at(all, i), compat, &set, &first, e));
    if (essential && set == 0)
        return fail_field(e, ERR_UNMET_AUTH, "claims", "an essential acr that we do not know");
    if (essential)
        rq->acr_essential = set;
    else
        rq->acr_voluntary |= set;
    if (rq->acr_first == 0)
        rq->acr_first = first;
    return OK;
}

static result sub_want(struct arena *a, const struct json *want, struct oidc_request *rq,
                       struct err *e)
{
    const struct json *value = json_member(want, "value");
    struct str sub;

    if (value == NULL)
        return OK;
    if (!json_str(value, &sub) || sub.n == 0 || sub.n > VALUE_BYTES_MAX)
        return shape(e);
    if (rq->hint_sub.n > 0 && !str_eq(rq->hint_sub, sub))
        return fail_field(e, ERR_INVALID, "claims", "sub is not that of id_token_hint");
    rq->hint_sub = str_dup(a, sub);
    return OK;
}

static result place_take(struct json *o, const char *name, struct json *kept, struct err *e)
{
    const struct json *place = json_member(o, name);

    if (place == NULL)
        return OK;
    TRY(place_check(place, e));
    json_put(kept, name, json_copy(place));
    return OK;
}

result request_read_claims(struct arena *a, struct str text, bool compat, struct oidc_request *rq,
                           struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    DEFER(json_close) struct json *kept = json_object();
    const struct json *id_token;

    if (text.n > REQUEST_CLAIMS_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "claims", "longer than %d", REQUEST_CLAIMS_BYTES_MAX);
    if (json_read(text, &o, NULL).failed || !json_is_object(o))
        return fail_field(e, ERR_INVALID, "claims", "no JSON object");
    TRY(place_take(o, "userinfo", kept, e));
    TRY(place_take(o, "id_token", kept, e));
    id_token = json_member(kept, "id_token");
    if (json_is_object(json_member(id_token, "acr")))
        TRY(acr_want(json_member(id_token, "acr"), compat, rq, e));
    if (json_is_object(json_member(id_token, "sub")))
        TRY(sub_want(a, json_member(id_token, "sub"), rq, e));
    rq->claims = json_print(a, kept);
    return OK;
}

/* Told with every sign-in, or about it. */
static bool is_always_told(struct str name)
{
    static const char *const names[] = { "sub", "acr", "amr", "auth_time", "sid" };

    for (size_t i = 0; i < LEN(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

static bool scope_tells(struct str scopes, struct str claim)
{
    for (size_t i = 0; i < claims_scope_count; i++)
        if (client_list_has(scopes, str_c(claims_scopes[i].name)) &&
            client_list_has(str_c(claims_scopes[i].claims), claim))
            return true;
    return false;
}

struct names {
    struct arena *arena;
    const struct client *client;
    struct str scopes, list;
};

static void names_add(struct names *n, const struct json *claims)
{
    struct str name;
    struct json *want;

    for (size_t i = 0; json_each(claims, i, &name, &want); i++)
        if (!is_always_told(name) && claims_may(n->client, name) && !scope_tells(n->scopes, name) &&
            !client_list_has(n->list, name))
            n->list = n->list.n == 0
                          ? str_dup(n->arena, name)
                          : str_fmt(n->arena, "%.*s %.*s", STR_ARG(n->list), STR_ARG(name));
}

struct str request_claim_names(struct arena *a, const struct client *client,
                               const struct oidc_request *rq)
{
    static const char *const places[] = { "userinfo", "id_token" };
    DEFER(json_close) struct json *o = NULL;
    struct names n = { .arena = a, .client = client, .scopes = rq->scope, .list = STR("") };

    if (rq->claims.n == 0 || json_read(rq->claims, &o, NULL).failed)
        return n.list;
    for (size_t i = 0; i < LEN(places); i++) {
        const struct json *place = json_member(o, places[i]);
        const struct json *verified = json_member(place, "verified_claims");

        names_add(&n, place);
        if (json_is_object(verified))
            names_add(&n, json_member(verified, "claims"));
        for (size_t k = 0; k < json_count(verified); k++)
            names_add(&n, json_member(json_at(verified, k), "claims"));
    }
    return n.list;
}
