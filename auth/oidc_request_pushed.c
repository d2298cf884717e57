/*
 * Security: the attacker guesses or has seen a request_uri, or lets a link scanner use up the
 * victim's. Promised (RFC 9126 4, RFC 9700): it ends within minutes and serves its own client
 * alone. It is used up when the authorization is complete and not when a page is loaded, then for
 * good: the mark outlives every sign-in that began with it.
 */
#include "auth/oidc_request.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "store/kv.h"

static struct str kept_under(struct arena *a, const char *kind, struct str digest)
{
    return str_fmt(a, "%s:%.*s", kind, STR_ARG(digest));
}

result request_keep_pushed(struct auth *au, struct arena *a, struct str request_uri,
                           struct oidc_request *rq, struct err *e)
{
    rq->pushed = digest_base64url(a, digest_sha256(request_uri));
    return kv_put(au->kv, kept_under(a, "par", rq->pushed), request_print(au, a, rq),
                  au->conf->auth.par_ttl_s, e);
}

result request_pushed(struct auth *au, struct arena *a, const struct client *client,
                      struct str request_uri, struct oidc_request *out, struct err *e)
{
    const struct str digest = digest_base64url(a, digest_sha256(request_uri));
    struct str raw, mark;
    bool found, used;

    TRY(kv_get(au->kv, a, kept_under(a, "par_used", digest), &used, &mark, e));
    if (used)
        return fail_field(e, ERR_BAD_REQUEST_URI, "request_uri", "used before");
    TRY(kv_get(au->kv, a, kept_under(a, "par", digest), &found, &raw, e));
    if (!found)
        return fail_field(e, ERR_BAD_REQUEST_URI, "request_uri", "unknown, or too old");
    TRY(request_parse(au, a, raw, out, e));
    if (!str_eq(out->client_id, client->id))
        return fail_field(e, ERR_BAD_REQUEST_URI, "request_uri", "of another client");
    return OK;
}

result request_complete(struct auth *au, struct arena *a, const struct oidc_request *rq,
                        struct err *e)
{
    /* A sign-in, and a question after it, may begin at the last moment of the reference's life. */
    const int64_t ttl_s = au->conf->auth.par_ttl_s + 4 * au->conf->auth.login_ttl_s;
    bool added;

    if (rq->pushed.n == 0)
        return OK;
    TRY(kv_add(au->kv, kept_under(a, "par_used", rq->pushed), STR("1"), ttl_s, &added, e));
    if (!added)
        return fail_field(e, ERR_BAD_REQUEST_URI, "request_uri", "used before");
    return OK;
}
