/*
 * Security: the attacker reads the short-lived store, where refresh tokens of people who have left
 * would tell who uses what, and when. Promised: what a session held goes with it. Which portal an
 * entry belongs to does not stand in the list: digests only. Deliberately not done: holding codes,
 * which live a minute, and marks of revocation, which must outlast a session that a store which
 * cannot be reached still shows.
 */
#include "auth/session_holds.h"

#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "store/kv.h"

#define HOLD_ROUNDS_MAX 128 /* one of those who write at once succeeds in each */

static struct str held_key(struct arena *a, struct str sid)
{
    return str_fmt(a, "held:%.*s", STR_ARG(sid));
}

static result keys_drop(struct auth *au, struct str keys, struct err *e)
{
    struct str key;

    while (str_next(&keys, ' ', &key))
        if (key.n > 0)
            TRY(kv_drop(au->kv, key, e));
    return OK;
}

/* What is held from now on, the newest last; *lost is what there is no room for. */
static struct str held_with(struct arena *a, struct str old, struct str keys, struct str *lost)
{
    struct str rest = old, oldest;

    while (rest.n + 1 + keys.n > SESSION_HOLD_BYTES_MAX && str_next(&rest, ' ', &oldest))
        ;
    *lost = str_sub(old, 0, old.n - rest.n);
    return rest.n == 0 ? keys : str_fmt(a, "%.*s %.*s", STR_ARG(rest), STR_ARG(keys));
}

result session_hold(struct auth *au, struct arena *a, struct str sid, struct str keys,
                    struct err *e)
{
    const struct str name = held_key(a, sid);
    const int64_t ttl_s = au->conf->auth.session_max_s;
    struct str old, lost;
    bool found, done = false;

    must(sid.n > 0 && keys.n > 0 && keys.n < SESSION_HOLD_BYTES_MAX);
    for (int round = 0; round < HOLD_ROUNDS_MAX; round++) {
        lost = STR("");
        TRY(kv_get(au->kv, a, name, &found, &old, e));
        if (found)
            TRY(kv_swap(au->kv, name, old, held_with(a, old, keys, &lost), ttl_s, &done, e));
        else
            TRY(kv_add(au->kv, name, keys, ttl_s, &done, e));
        if (done)
            return keys_drop(au, lost, e);
    }
    return fail(e, ERR_BUSY, "too many tokens of one session at once");
}

result session_let_go(struct auth *au, struct arena *a, struct str sid, struct err *e)
{
    struct str held;
    bool found;

    TRY(kv_take(au->kv, a, held_key(a, sid), &found, &held, e));
    return found ? keys_drop(au, held, e) : OK;
}
