/*
 * Security: the attacker passes another token of ours off as a logout token, or the other way
 * round. Promised: typ logout+jwt, the one event, no nonce, one audience, two minutes of life.
 */
#include "auth/logout_notice.h"

#include "auth/client.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/token.h"
#include "http/request.h"
#include "store/sql.h"

#define LOGOUT_EVENT "http://schemas.openid.net/event/backchannel-logout"

result logout_token_make(struct auth *au, struct arena *a, const struct client *c,
                         const struct outgoing *o, struct str *token, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *claims = json_object();
    struct json *events = json_object();
    const int64_t now_s = clock_now_s(au->clock);

    json_put_str(claims, "iss", au->conf->service.issuer);
    json_put_str(claims, "aud", c->id);
    json_put_int(claims, "iat", now_s);
    json_put_int(claims, "exp", now_s + LOGOUT_TOKEN_TTL_S);
    json_put_str(claims, "jti", random_token(a, 128));
    json_put(events, LOGOUT_EVENT, json_object());
    json_put(claims, "events", events);
    json_put_str(claims, "sub", o->sub);
    json_put_str(claims, "sid", o->sid);
    TRY(keyring_active(au->keys, (enum key_alg)c->id_token_alg, &key, e));
    return token_sign(a, key, "logout+jwt", claims, token, e);
}

result logout_notice_send(struct auth *au, struct arena *a, const struct outgoing *o,
                          struct outgoing_verdict *out, struct err *e)
{
    struct outgoing_post post = { .content_type = STR("application/x-www-form-urlencoded") };
    struct pair field = { .name = STR("logout_token") };
    struct client c;

    *out = (struct outgoing_verdict){ .untold = true };
    if (client_load(au, a, o->client_id, &c, e).failed)
        return e->code == ERR_NOT_FOUND ? OK : (result){ true };
    if (c.backchannel_logout_uri.n == 0)
        return OK;
    TRY(logout_token_make(au, a, &c, o, &field.value, e));
    post.url = c.backchannel_logout_uri;
    post.body = auth_form(a, &field, 1);
    outgoing_post(au, a, &post, out);
    return OK;
}

result logout_notice_put(struct sql *db, struct arena *a, struct str sid, struct str account,
                         int64_t now_ms, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_SESSION_CLIENT_LIST, &rows, e, sql_t(sid)));
    TRY(sql_next(rows, &more, e));
    while (more) {
        const struct outgoing o = { .kind = "logout",
                                    .client_id = sql_text(rows, 0, a),
                                    .account = account,
                                    .sid = sid,
                                    .sub = sql_text(rows, 1, a) };

        TRY(outgoing_put(db, a, &o, now_ms, e));
        TRY(sql_next(rows, &more, e));
    }
    return OK;
}
