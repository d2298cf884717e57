/*
 * Security: the attacker listens at the receiver or forges events to it. Promised: the event names
 * nobody (a pairwise digest), and is signed with a key that the receiver shares. Deliberately not
 * done: encryption beyond TLS; address or place of the browser.
 */
#include "auth/login_notice.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "crypto/secret.h"

struct str login_notice_account(const struct auth *au, struct arena *a, struct str account)
{
    return seal_index(a, au->seal, STR("sub:notify"), account);
}

result login_notice_send(struct auth *au, struct arena *a, const struct outgoing *o,
                         struct outgoing_verdict *out, struct err *e)
{
    DEFER(secret_wipe) struct secret key = { 0 };
    DEFER(json_close) struct json *event = json_object();
    struct outgoing_post post = { .url = au->conf->auth.notify_url,
                                  .content_type = STR("application/json"),
                                  .by_operator = true };

    *out = (struct outgoing_verdict){ .untold = true };
    if (post.url.n == 0) /* switched off meanwhile */
        return OK;
    TRY(auth_secret(au->conf->auth.notify_key_file, &key, e));
    json_put_str(event, "type", STR("sign_in.new_agent"));
    json_put_str(event, "id", o->id);
    json_put_str(event, "account", login_notice_account(au, a, o->account));
    json_put_str(event, "at", clock_rfc3339(a, o->created_ms));
    json_put_str(event, "agent", o->agent);
    json_put_str(event, "portal", o->client_id);
    post.body = json_print(a, event);
    post.signature =
        str_cat(a, STR("sha256="), digest_hex(a, digest_hmac(secret_str(&key), post.body)));
    outgoing_post(au, a, &post, out);
    return OK;
}
