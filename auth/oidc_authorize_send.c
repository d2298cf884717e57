/*
 * Security: the attacker wants a code carried elsewhere, or mixes up providers at the client.
 * Promised: the address is the one that was checked and nothing else; iss stands in every answer,
 * errors too; a JWT answer is for one client, for minutes, signed with the algorithm it registered.
 * Why something was refused is never sent: only the name that the specifications give it.
 */
#include "auth/oidc_authorize_send.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"

#define JARM_LIFE_S 600 /* JWT Secured Authorization Response Mode 2.1: at most ten minutes */

static void field_put(struct authorize_reply *out, const char *name, struct str value)
{
    if (value.n == 0)
        return;
    must(out->field_count < AUTHORIZE_FIELDS_MAX);
    out->fields[out->field_count++] = (struct pair){ str_c(name), value };
}

/* The answer's fields as claims of one token, which takes their place. */
static result fields_sign(struct auth *au, struct arena *a, const struct client *client,
                          struct authorize_reply *out, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *claims = json_object();
    struct str token;

    for (size_t i = 0; i < out->field_count; i++)
        json_put_str(claims, str_cstr(a, out->fields[i].name), out->fields[i].value);
    json_put_str(claims, "aud", client->id);
    json_put_int(claims, "iat", clock_now_s(au->clock));
    json_put_int(claims, "exp", clock_now_s(au->clock) + JARM_LIFE_S);
    TRY(keyring_active(au->keys, (enum key_alg)client->response_alg, &key, e));
    TRY(token_sign(a, key, NULL, claims, &token, e));
    out->field_count = 0;
    field_put(out, "response", token);
    return OK;
}

result authorize_send(struct auth *au, struct arena *a, const struct client *client,
                      const struct oidc_request *rq, struct pair first, struct authorize_reply *out,
                      struct err *e)
{
    const bool posted = rq->mode == REQUEST_FORM_POST || rq->mode == REQUEST_FORM_POST_JWT;
    struct str form;

    must(rq->redirect_uri.n > 0);
    out->field_count = 0;
    out->fields[out->field_count++] = first;
    field_put(out, "state", rq->state);
    field_put(out, "iss", au->conf->service.issuer);
    if (rq->mode == REQUEST_QUERY_JWT || rq->mode == REQUEST_FORM_POST_JWT)
        TRY(fields_sign(au, a, client, out, e));
    out->kind = posted ? AUTHORIZE_FORM_POST : AUTHORIZE_REDIRECT;
    out->url = rq->redirect_uri;
    if (posted)
        return OK;
    form = auth_form(a, out->fields, out->field_count);
    out->url = str_fmt(a, "%.*s%c%.*s", STR_ARG(rq->redirect_uri),
                       str_has(rq->redirect_uri, STR("?")) ? '&' : '?', STR_ARG(form));
    return OK;
}

result authorize_send_error(struct auth *au, struct arena *a, const struct client *client,
                            const struct oidc_request *rq, const struct err *why,
                            struct authorize_reply *out, struct err *e)
{
    const struct pair first = { STR("error"), str_c(err_oauth(why->code)) };

    out->error = *why;
    return authorize_send(au, a, client, rq, first, out, e);
}
