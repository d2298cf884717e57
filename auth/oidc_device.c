/*
 * Security: the attacker asks for many codes, or for more than a client may have. Promised: the
 * client authenticates where it has something to do so with; scopes are those registered; what a
 * code opens is decided by the person who types it (auth/approval.h).
 */
#include "auth/oidc_device.h"

#include "auth/acr.h"
#include "auth/caller.h"
#include "auth/claims.h"
#include "auth/oidc_remote.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "http/form.h"

#define SCOPE_BYTES_MAX    1000
#define RESOURCE_BYTES_MAX 1000

static result scope_read(struct arena *a, const struct client *c, struct str asked, struct str *out,
                         struct err *e)
{
    struct str rest = asked, word, scope = STR("");

    if (asked.n > SCOPE_BYTES_MAX)
        return fail_field(e, ERR_BAD_SCOPE, "scope", "too long");
    while (str_next(&rest, ' ', &word))
        if (word.n > 0 && claims_scope_known(word) && client_may_scope(c, word) &&
            !client_list_has(scope, word))
            scope = scope.n == 0 ? word : str_fmt(a, "%.*s %.*s", STR_ARG(scope), STR_ARG(word));
    if (!client_list_has(scope, STR("openid")))
        return fail_field(e, ERR_BAD_SCOPE, "scope", "without openid");
    *out = scope;
    return OK;
}

result oidc_remote_read(struct auth *au, const struct visit *v, const struct api_call *call,
                        const char *grant, struct client *client, struct approval *out,
                        struct err *e)
{
    const struct form *f = call->body;
    const struct str resource = form_get(f, "resource");
    int first = 0;

    TRY(caller_check(au, v, call, client, e));
    if (!client_may_grant(client, grant) || client->acting == CLIENT_ACTING_MUST)
        return fail(e, ERR_UNAUTHORIZED_CLIENT, "not registered for this grant");
    if (form_has(f, "request"))
        return fail_field(e, ERR_REQUEST_OBJECT, "request", "not supported here");
    TRY(scope_read(v->arena, client, form_get(f, "scope"), &out->scope, e));
    if (resource.n > RESOURCE_BYTES_MAX ||
        (resource.n > 0 && !client_list_has(client->resources, resource)))
        return fail_field(e, ERR_BAD_TARGET, "resource", "not registered");
    out->resources = resource;
    (void)acr_set(form_get(f, "acr_values"), false, &first);
    out->acr = first > client->acr_least ? first : client->acr_least;
    out->client_id = client->id;
    out->person = STR("");
    out->binding = STR("");
    out->notify = STR("");
    out->expires_ms = clock_now_ms(au->clock) + APPROVAL_TTL_S * 1000;
    return OK;
}

result oidc_device_start(struct auth *au, const struct visit *v, const struct api_call *call,
                         struct str *json, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    const struct str page = str_cat(v->arena, au->conf->service.issuer, STR("/device"));
    struct approval ap = { .kind = "device" };
    struct str bearer, code = STR("");
    struct client client = { 0 };

    TRY(oidc_remote_read(au, v, call, DEVICE_GRANT, &client, &ap, e));
    TRY(caller_pace(au, v, &client, e));
    TRY(approval_make(au, v, &ap, &bearer, &code, e));
    json_put_str(o, "device_code", bearer);
    json_put_str(o, "user_code", code);
    json_put_str(o, "verification_uri", page);
    json_put_str(o, "verification_uri_complete",
                 str_fmt(v->arena, "%.*s?user_code=%.*s", STR_ARG(page), STR_ARG(code)));
    json_put_int(o, "expires_in", APPROVAL_TTL_S);
    json_put_int(o, "interval", APPROVAL_INTERVAL_S);
    *json = json_print(v->arena, o);
    return OK;
}
