/*
 * Security: the attacker holds a token of a grant that was taken back. Promised: once
 * grant_revoke() has returned, every check of every process says so, for longer than any token of
 * the grant lives. The mark holds no personal data.
 */
#include "auth/grant.h"

#include "auth/record.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "store/kv.h"

static const struct record_field fields[] = {
    RECORD(struct grant, id),        RECORD(struct grant, client_id),
    RECORD(struct grant, scope),     RECORD(struct grant, redirect_uri),
    RECORD(struct grant, challenge), RECORD(struct grant, nonce),
    RECORD(struct grant, account),   RECORD(struct grant, sid),
    RECORD(struct grant, amr),       RECORD(struct grant, kind),
    RECORD(struct grant, level),     RECORD(struct grant, acr),
    RECORD(struct grant, claims),    RECORD(struct grant, auth_time_s),
    RECORD(struct grant, resources), RECORD(struct grant, jkt),
    RECORD(struct grant, acting),    RECORD(struct grant, acting_role),
    RECORD(struct grant, mandate),   RECORD(struct grant, x5t),
    RECORD(struct grant, made_s),
};

struct str grant_new_id(struct arena *a)
{
    return str_cat(a, STR("gr_"), random_token(a, 128));
}

struct str grant_print(struct arena *a, const struct grant *g)
{
    return record_print(a, fields, LEN(fields), g);
}

result grant_read(struct arena *a, struct str text, struct grant *out, struct err *e)
{
    return record_read(a, fields, LEN(fields), text, out, e);
}

result grant_keep(struct auth *au, struct arena *a, const char *kind, struct str value,
                  const struct grant *g, int64_t ttl_s, struct err *e)
{
    return kv_put(au->kv, auth_key(a, kind, value), grant_print(a, g), ttl_s, e);
}

result grant_find(struct auth *au, struct arena *a, const char *kind, struct str value, bool *found,
                  struct grant *out, struct err *e)
{
    struct str text;

    TRY(kv_get(au->kv, a, auth_key(a, kind, value), found, &text, e));
    return *found ? grant_read(a, text, out, e) : OK;
}

result grant_revoke(struct auth *au, struct arena *a, struct str grant_id, struct err *e)
{
    const struct conf *c = au->conf;

    /* A refresh token ends with its session, and an access token may be made at the last moment. */
    return kv_put(au->kv, auth_key(a, "revoked", grant_id), STR("1"),
                  c->auth.session_max_s + c->auth.access_ttl_s + c->auth.clock_skew_s + 1, e);
}

result grant_is_revoked(struct auth *au, struct arena *a, struct str grant_id, bool *revoked,
                        struct err *e)
{
    struct str ignored;

    return kv_get(au->kv, a, auth_key(a, "revoked", grant_id), revoked, &ignored, e);
}
