/*
 * Security: the attacker pushes in another client's name, or without the key that the tokens are to
 * be bound to. Promised (RFC 9126; FAPI 2.0 SP 5.3.2.2): only an authenticated client pushes; the
 * reference has 256 random bits and is kept as a digest; everything is checked here already, so
 * that a client learns of its mistakes from us and not through a citizen's browser. A DPoP proof,
 * or dpop_jkt, binds the code to come to that key.
 */
#include "auth/caller.h"
#include "auth/dpop.h"
#include "auth/oidc_request.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "http/form.h"

#define REQUEST_URI_BITS 256

/* The parameters: those of the body, or those that the client signed. */
static result parameters(struct auth *au, struct arena *a, const struct client *c,
                         const struct form *body, const struct form **out, bool *is_signed,
                         struct err *e)
{
    struct form *within;

    *out = body;
    *is_signed = form_has(body, "request");
    if (!*is_signed)
        return OK;
    within = arena_new(a, struct form);
    *out = within;
    return request_read_object(au, a, c, form_get(body, "request"), within, e);
}

static result key_bind(struct auth *au, const struct visit *v, const struct api_call *call,
                       struct oidc_request *rq, struct err *e)
{
    struct str jkt;

    if (call->dpop_count == 0)
        return OK;
    TRY(dpop_check(au, v, call, STR(""), STR(""), &jkt, e));
    if (rq->jkt.n > 0 && !str_eq(rq->jkt, jkt))
        return fail_field(e, ERR_INVALID, "dpop_jkt", "not the key of the proof");
    rq->jkt = jkt;
    return OK;
}

static result push_read(struct auth *au, const struct visit *v, const struct api_call *call,
                        struct oidc_request *rq, struct err *e)
{
    const struct form *form;
    struct client client;
    bool is_signed;

    TRY(caller_check(au, v, call, &client, e));
    TRY(caller_pace(au, v, &client, e));
    must(call->body != NULL);
    if (form_has(call->body, "request_uri"))
        return fail_field(e, ERR_INVALID, "request_uri", "a reference cannot be pushed");
    TRY(parameters(au, v->arena, &client, call->body, &form, &is_signed, e));
    TRY(request_read(au, v->arena, &client, form, rq, e));
    rq->is_signed = is_signed;
    TRY(request_check_way(&client, rq, true, e));
    return key_bind(au, v, call, rq, e);
}

result request_push(struct auth *au, const struct visit *v, const struct api_call *call,
                    struct str *json, struct err *e)
{
    DEFER(json_close) struct json *answer = json_object();
    const int64_t ttl_s = au->conf->auth.par_ttl_s;
    struct arena *a = v->arena;
    struct oidc_request rq;
    struct str uri;

    TRY(push_read(au, v, call, &rq, e));
    uri = str_cat(a, STR(REQUEST_URI_PREFIX), random_token(a, REQUEST_URI_BITS));
    TRY(request_keep_pushed(au, a, uri, &rq, e));
    json_put_str(answer, "request_uri", uri);
    json_put_int(answer, "expires_in", ttl_s);
    *json = json_print(a, answer);
    return OK;
}
